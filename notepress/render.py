"""Body -> TexDocument: fills the templates. Runs Jinja2, sandboxed.

Every value a template prints is escaped unless it is `Latex`, so no title, author or file name can break
out of its place. Delimiters are chosen so that a template is still readable, and lintable, as LaTeX.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .addresses import note_address
from .characters import EMOJI_PARTS, INVISIBLE, LINE_ENDS
from .errors import InputError, error
from .figures import PDF as FIGURES_PDF
from .figures import SUFFIX as FIGURE_SUFFIX
from .fontset import FontSet
from .glossary import GlossarySection
from .inline import Inline, parse_inline
from .latex import Latex, escape, escape_uri, inline_to_latex
from .model import (
    Attachment,
    Body,
    Chapter,
    Drawings,
    Landmark,
    Note,
    Preamble,
    SourceMap,
    Status,
    TexDocument,
)
from .placing import place_formulas, placeholder
from .project import Project
from .quotes import mark_latin_quotes
from .reading import reading_minutes
from .resources import resource_folder
from .themes import theme_file

_BODY = "%@body"
# What every document begins with.
PACKAGES, FORMAT, DRIVER = "preamble.tex.j2", "format.tex.j2", "driver.tex.j2"
# The rows of the cover's drawing.
_FEWEST_LETTERS, _MOST_LETTERS = 7, 12
FONT_RUN, FONT_NOTES = "fontrun.tex.j2", "fontnotes.tex.j2"
GLOSSARY_TEMPLATE = "glossary.tex.j2"
GLOSSARY_TITLE = "术语表"
# What its page labels begin with, and its address, which no folder of notes can have.
GLOSSARY_LABEL, GLOSSARY_SOURCE = "术语–", "glossary/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Renderer:
    """What every document of a build shares; `templates` are the files that documents are made from, by name.

    `look` is what the template of the theme sets and defines.
    """

    project: Project
    fonts: FontSet
    templates: Mapping[str, bytes]
    environment: ImmutableSandboxedEnvironment
    look: Any

    @property
    def two_sided(self) -> bool:
        """Whether left and right pages differ, so that what begins, begins on a right-hand page."""
        return bool(self.look.two_sided)


def make_renderer(project: Project, fonts: FontSet) -> Renderer:
    """Return a renderer with the templates as they are now: the project's own before the built-in ones.

    Read once, so that what a document is made from is what its fingerprint says, whatever is saved meanwhile.
    """
    templates = {name: path.read_bytes() for name, path in template_files(project).items()}
    environment = _environment(templates)
    name = theme_file(project.config.theme)
    with _mistakes_in(name):
        look = environment.get_template(name).module
    return Renderer(project=project, fonts=fonts, templates=templates, environment=environment, look=look)


# How a title is written: with its formulas or, where TeX rejects one, with their sources.
Titled = Callable[[Inline], Latex]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of a table of contents; `depth` 0 is the outermost, `page` what the page's foot reads."""

    depth: int
    number: str
    title: Latex
    page: str
    uri: Latex


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What stands in a note's figures' and formulas' places.

    `drawings` is None where no figure is drawn; the `undrawn` have a box, by name and source; the `rejected` formulas
    their source in a box.
    """

    drawings: Drawings | None = None
    undrawn: tuple[Attachment, ...] = ()
    rejected: frozenset[int] = frozenset()


def render(body: Body, shown: Shown, note: Note, chapter: Chapter, shared: Renderer) -> TexDocument:
    """Put a note's body into the note template; raises InputError for a template's mistake."""
    drawn = shown.drawings.drawings if shown.drawings else ()
    figures = [rf"\npdrawn{{{d.name}}}{{{d.page}}}{{{d.depth}pt}}" for d in drawn]
    figures += [rf"\npundrawn{{{a.name}}}{{{escape(a.source)}}}" for a in shown.undrawn]
    values = {
        "note": _note_values(note, body.titles),
        "minutes": reading_minutes(body),
        "running": inline_to_latex(chapter.title) or escape(shared.project.title),
        "body": Latex("\n".join([*figures, _BODY, body.latex])),
    }
    latex, spans = place_formulas(_fill("note.tex.j2", values, shared), body.formulas, shown.rejected)
    # A character for a character, so nothing moves.
    latex = mark_latin_quotes(latex)
    begin = latex.index(f"\n{_BODY}\n") + len(_BODY) + 2
    return TexDocument(
        latex=latex,
        body_line=latex.count("\n", 0, begin) + 1,
        source_map=body.source_map,
        formulas=body.formulas,
        spans=spans,
        source=note.text or note.markdown,
        attachments=tuple(a for a in body.attachments if not a.name.endswith(FIGURE_SUFFIX)),
        files={FIGURES_PDF: shown.drawings.pdf} if shown.drawings else {},
    )


def render_preamble(shared: Renderer) -> Preamble:
    """Return what stands before every document; raises InputError for a template's mistake."""
    return Preamble(
        packages=_fill(PACKAGES, {}, shared),
        format=_fill(FORMAT, {}, shared),
        font_run=_fill(FONT_RUN, {}, shared),
        font_notes=_fill(FONT_NOTES, {}, shared),
        driver=_fill(DRIVER, {}, shared),
    )


def render_chapter_front(
    chapter: Chapter, entries: tuple[Entry, ...], shared: Renderer, title: Titled = inline_to_latex
) -> TexDocument:
    """Return the title page and contents of a chapter."""
    values = {"title": title(chapter.title), "number": str(chapter.number), "entries": entries}
    return _front("chapter.tex.j2", values, shared)


def render_book_front(entries: tuple[Entry, ...], shared: Renderer, title: Titled = inline_to_latex) -> TexDocument:
    """Return the cover and contents of the book."""
    name = parse_inline(shared.project.title)
    values = {"title": title(name), "entries": entries, "letters": _cover_letters(name)}
    return _front("book.tex.j2", values, shared)


def _cover_letters(title: Inline) -> tuple[str, ...]:
    """Return the characters for the cover's drawing: those of the title, as often as it takes, and not too many."""
    letters = [char for char in title.plain if char.isalnum()] or ["·"]
    return tuple(islice(cycle(letters), min(max(len(letters), _FEWEST_LETTERS), _MOST_LETTERS)))


def render_colophon(notes: tuple[Note, ...], shared: Renderer, title: Titled = inline_to_latex) -> TexDocument:
    """Return the book's last page, which says how it was made; `notes` are those that are in it."""
    dates = sorted(note.date for note in notes if note.date)
    name = title(parse_inline(shared.project.title))
    return _front("colophon.tex.j2", {"title": name, "count": len(notes), "dates": dates[:1] + dates[1:][-1:]}, shared)


def render_glossary(sections: tuple[GlossarySection, ...], shared: Renderer) -> TexDocument:
    """Return the glossary of the book."""
    return _front(
        GLOSSARY_TEMPLATE, {"sections": [_section_values(s) for s in sections], "label": GLOSSARY_LABEL}, shared
    )


def _section_values(section: GlossarySection) -> dict[str, Any]:
    entries = [
        {
            "english": Latex(entry.english.latex),
            "chinese": Latex(entry.chinese.latex),
            "abbreviation": Latex(entry.abbreviation.latex),
            "places": [
                {"page": page_label(note, placed.page), "uri": _uri(note, placed.term.ident)}
                for note, placed in entry.places
            ],
        }
        for entry in section.entries
    ]
    return {"letter": section.letter, "entries": entries}


def glossary_entry() -> Entry:
    """Return the contents line of the glossary in the book."""
    uri = escape_uri(note_address(GLOSSARY_SOURCE))
    return Entry(depth=0, number="", title=escape(GLOSSARY_TITLE), page=f"{GLOSSARY_LABEL}1", uri=uri)


def chapter_entry(chapter: Chapter, title: Titled = inline_to_latex) -> Entry:
    """Return the contents line of a chapter in the book."""
    uri = escape_uri(note_address(chapter.folder))
    return Entry(depth=0, number="", title=title(chapter.title), page="", uri=uri)


def note_entries(
    note: Note, landmarks: tuple[Landmark, ...], depth: int, title: Titled = inline_to_latex
) -> tuple[Entry, ...]:
    """Return the contents lines of a note: its title and its sections."""
    shown = title(note.title)
    if note.subtitle:
        shown = Latex(rf"{shown}\quad{{\kaishu {title(note.subtitle)}}}")
    first = Entry(depth=depth, number=note.number, title=shown, page=page_label(note, 0), uri=_uri(note))
    sections = (
        Entry(
            depth=depth + 1,
            number="",
            title=Latex(mark.latex),
            page=page_label(note, mark.page),
            uri=_uri(note, mark.ident),
        )
        for mark in landmarks
        if mark.level == 1
    )
    return (first, *sections)


def _uri(note: Note, ident: str = "") -> Latex:
    return escape_uri(note_address(note.source, ident))


def page_label(note: Note, page: int) -> str:
    """Return what the foot of a note's page reads: 1.4–5 is page 5 of note 4 in chapter 1."""
    return f"{note.number}–{page + 1}"


def template_files(project: Project) -> dict[str, Path]:
    """Return the files that documents are made from, by name; the project's own win over the built-in ones."""
    found: dict[str, Path] = {}
    for folder in (resource_folder() / "templates", project.root / "templates"):
        found |= {path.name: path for path in sorted(folder.glob("*")) if path.is_file()}
    return found


def _front(template: str, values: Mapping[str, Any], shared: Renderer) -> TexDocument:
    latex = mark_latin_quotes(_fill(template, values, shared))
    nowhere = SourceMap(file=template, marks=())
    return TexDocument(
        latex=latex, body_line=1, source_map=nowhere, formulas=(), spans=(), source="", attachments=(), files={}
    )


def _fill(template: str, values: Mapping[str, Any], shared: Renderer) -> str:
    config = shared.project.config
    common = {
        "theme": config.theme,
        "look": shared.look,
        "paper": config.paper,
        "links": config.links,
        "author": config.author,
        "book": config,
        "fonts": shared.fonts,
        "invisible": (*INVISIBLE, *EMOJI_PARTS),
        "line_ends": LINE_ENDS,
    }
    with _mistakes_in(template):
        return shared.environment.get_template(template).render({**common, **values})


@contextmanager
def _mistakes_in(template: str) -> Iterator[None]:
    """Raise InputError for a mistake in a template."""
    try:
        yield
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as problem:
        name = getattr(problem, "name", None) or template
        raise InputError(
            error(
                "template",
                f"{type(problem).__name__}: {problem}",
                file=f"templates/{name}",
                line=getattr(problem, "lineno", None),
            )
        ) from problem


def _environment(templates: Mapping[str, bytes]) -> ImmutableSandboxedEnvironment:
    texts = {name: content.decode("utf-8", "replace") for name, content in templates.items()}
    environment = ImmutableSandboxedEnvironment(
        loader=DictLoader(texts),
        undefined=StrictUndefined,
        block_start_string="((*",
        block_end_string="*))",
        variable_start_string="(((",
        variable_end_string=")))",
        comment_start_string="((=",
        comment_end_string="=))",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # Only switched on so that macros return markup that is not escaped twice; `finalize` does the escaping.
        autoescape=True,
        finalize=_finalize,
    )
    environment.filters["latex"] = Latex
    environment.filters["inline"] = inline_to_latex
    return environment


def _finalize(value: object) -> object:
    """Escape whatever a template prints, unless it was made as LaTeX: a `Latex`, or what a macro returns."""
    if isinstance(value, Inline):
        return inline_to_latex(value)
    return value if hasattr(value, "__html__") else escape(str(value))


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
