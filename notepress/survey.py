"""Note -> its formulas ready for TeX and its text ready for convert.lua; and the ids that it defines.

What a note's ids are and how they are numbered is known by reading it just as a conversion reads it, and no further:
another note that refers to one of them then shows the very number that this one prints.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from typing import Any

from .attributelists import plain_attributes
from .blocksyntax import Arranged, arrange
from .definitions import PREFIX
from .destinations import plain_sizes
from .dialect import Protected, protect
from .equations import Numbered, number_formulas
from .errors import Diagnostic, NoteError
from .fences import plain_infos
from .formulas import Prepared, prepare
from .htmltables import whole_tables
from .latex import escape
from .looselines import tighten
from .model import Formula, Note
from .placing import place_formulas
from .sitecode import fence_code
from .sites import Settled, settle_tags
from .structure import check_structure
from .titles import title_formulas

Ask = Callable[[Mapping[str, Any]], dict[str, Any]]

LINK = re.compile(r"\\NPlink\{(\d+)\}\{")
IMAGE = re.compile(r"\\NPimage(\[[^\]]*\])?\{(\d+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A note as far as Python reads it: `written` are its formulas as the author wrote them, `tight` its text.

    `titles` are the numbers of the formulas in title, subtitle and abstract.
    """

    protected: Protected
    written: tuple[Formula, ...]
    titles: tuple[int, ...]
    prepared: Prepared
    numbered: tuple[Numbered, ...]
    tight: str
    settled: Settled
    arranged: Arranged


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """An id of a note: `number` is what references show, for a section "" and its `title` in LaTeX."""

    ident: str
    number: str
    title: str = ""


def read_note(note: Note) -> Read:
    """Take the formulas out of a note, make TeX of them and number them; bring the text into CommonMark's words."""
    protected = protect(fence_code(note.markdown), file=note.source)
    written, titles = title_formulas(note, protected.formulas)
    prepared = prepare(written, markdown=note.file_text, file=note.source)
    tight = tighten(whole_tables(protected.markdown))
    settled = settle_tags(plain_sizes(tight), file=note.source, written=note.markdown)
    plain, lines = plain_attributes(settled.markdown, settled.lines)
    return Read(
        protected=protected,
        written=written,
        titles=titles,
        prepared=prepared,
        numbered=number_formulas(prepared.formulas),
        tight=tight,
        settled=settled,
        arranged=arrange(plain_infos(plain), file=note.source, lines=lines),
    )


def request_of(read: Read, note: Note) -> dict[str, Any]:
    """Return what convert.lua has to know of a note."""
    return {
        "text": read.arranged.markdown,
        "lines": read.arranged.lines,
        "formulas": [formula.source for formula in read.protected.formulas],
        "equations": [
            {"ident": n.formula.label, "line": n.formula.line, "number": n.number}
            for n in read.numbered
            if n.formula.label
        ],
        "headline": note.headline or 0,
    }


def answer_to(request: Mapping[str, Any], note: Note, ask: Ask) -> dict[str, Any]:
    """Return what convert.lua makes of a note; a failure is one of the note's."""
    try:
        return ask(request)
    except NoteError as problem:
        found = (replace(d, file=note.source, line=d.line or 1) for d in problem.diagnostics)
        raise NoteError(*found) from problem


def survey_note(note: Note, ask: Ask) -> tuple[Label, ...]:
    """Return the ids that a note defines, sorted, numbered as a conversion would; raises NoteError as it does."""
    read = read_note(note)
    answer = answer_to({**request_of(read, note), "survey": True}, note, ask)
    unsound = unsound_formulas(read.written, frozenset(), note)
    formulas = tuple(n.formula for n in read.numbered)
    rejected = read.prepared.rejected | frozenset(unsound)

    def title(latex: str) -> str:
        placed, _ = place_formulas(" ".join(unlinked(latex, answer).split()), formulas, rejected)
        return read.prepared.definitions + placed if f"\\{PREFIX}" in placed else placed

    labels = answer["labels"] or ()
    return tuple(Label(ident=o["ident"], number=o["number"], title=title(o.get("title") or "")) for o in labels)


def unsound_formulas(formulas: tuple[Formula, ...], literal: Set[int], note: Note) -> dict[int, tuple[Diagnostic, ...]]:
    """Return what is wrong with the formulas, by number, whose braces or environments don't match."""
    lines = note.file_text.split("\n")
    checked = ((n, check_structure(f, lines, file=note.source)) for n, f in enumerate(formulas) if n not in literal)
    return {number: problems for number, problems in checked if problems}


def unlinked(latex: str, answer: Mapping[str, Any]) -> str:
    """Return some LaTeX of an answer for a place whose lines are links themselves and have no images."""
    images = answer["images"]
    latex = IMAGE.sub(lambda m: str(escape(images[int(m[2]) - 1].get("alt") or "")), latex)
    return LINK.sub(lambda _: r"\brokenlink{", latex)
