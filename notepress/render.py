"""Body -> TexDocument: a note in its template; and what stands before every document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .documents import Drawings, Preamble, TexDocument
from .figures import SUFFIX as FIGURE_SUFFIX
from .figures import drawing_files, figure_commands, figures_document
from .latex import Latex, escape, inline_to_latex
from .model import Attachment, Body, Chapter, Note, Status
from .placing import place_formulas, placeholder
from .quotes import mark_latin_quotes
from .reading import reading_minutes
from .templating import Renderer, fill

_BODY = "%@body"
# What every document begins with.
PACKAGES, FORMAT, DRIVER = "preamble.tex.j2", "format.tex.j2", "driver.tex.j2"
FONT_RUN, FONT_NOTES = "fontrun.tex.j2", "fontnotes.tex.j2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What stands in a note's figures' and formulas' places.

    `drawings` is None where no figure is drawn yet; the `undrawn`, which TeX rejects, have a box, by name and source;
    the `rejected` formulas their source in a box.
    """

    drawings: Drawings | None = None
    undrawn: tuple[Attachment, ...] = ()
    rejected: frozenset[int] = frozenset()


def render(body: Body, shown: Shown, note: Note, chapter: Chapter, shared: Renderer) -> TexDocument:
    """Put a note's body into the note template; raises InputError for a template's mistake."""
    others = tuple(a for a in body.attachments if not a.name.endswith(FIGURE_SUFFIX))
    figures = tuple(a for a in body.attachments if a not in others and a not in shown.undrawn)
    undrawn = [rf"\npundrawn{{{a.name}}}{{{escape(a.source)}}}" for a in shown.undrawn]
    to_draw = bool(figures and not shown.drawings)
    values = {
        "note": _note_values(note, body.titles),
        "minutes": reading_minutes(body),
        "running": inline_to_latex(chapter.title) or escape(shared.project.title),
        # The figures' pages are made before the first page of the note is full.
        "body": Latex("\n".join([*figure_commands(figures), *undrawn, _BODY, body.latex])),
    }
    latex, spans = place_formulas(fill("note.tex.j2", values, shared), body.formulas, shown.rejected)
    # A character for a character, so nothing moves.
    latex = mark_latin_quotes(latex)
    begin = latex.index(f"\n{_BODY}\n") + len(_BODY) + 2
    return TexDocument(
        latex=latex,
        body_line=latex.count("\n", 0, begin) + 1,
        source_map=body.source_map,
        formulas=body.formulas,
        spans=spans,
        source=note.file_text,
        attachments=others,
        files=drawing_files(shown.drawings) if shown.drawings else {},
        drawn_first=figures_document(figures, body.source_map.file) if to_draw else None,
    )


def render_preamble(shared: Renderer) -> Preamble:
    """Return what stands before every document; raises InputError for a template's mistake."""
    return Preamble(
        packages=fill(PACKAGES, {}, shared),
        format=fill(FORMAT, {}, shared),
        font_run=fill(FONT_RUN, {}, shared),
        font_notes=fill(FONT_NOTES, {}, shared),
        driver=fill(DRIVER, {}, shared),
    )


def _note_values(note: Note, titles: Sequence[int]) -> dict[str, Any]:
    formulas = map(placeholder, titles)
    return {
        "number": note.number,
        "title": inline_to_latex(note.title, formulas),
        "subtitle": note.subtitle and inline_to_latex(note.subtitle, formulas),
        "abstract": note.abstract and inline_to_latex(note.abstract, formulas),
        "date": note.date,
        "draft": note.status is Status.DRAFT,
    }
