"""Note -> Body: Markdown to LaTeX with a source map. Runs pandoc."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .attributelists import plain_attributes
from .bibliography import EMPTY_SHELF, Entry, Shelf, find_mentions, unreadable_entry
from .blocksyntax import Arranged, arrange
from .destinations import plain_sizes
from .dialect import protect
from .equations import Numbered, in_line, number_formulas, refer
from .errors import Diagnostic, NoteError, Severity
from .fences import plain_infos
from .footnotes import check_footnotes
from .formulas import prepare
from .htmltables import whole_tables
from .images import Attached, Beside, attach, short_target
from .latex import escape, escape_uri
from .links import NoteLink, resolve_link
from .looselines import tighten
from .mentions import unknown_mentions
from .model import Body, Formula, Heading, Mark, Note, SourceMap, make_term
from .names import NO_NAMES, Names
from .pictures import PictureStore
from .placing import place_formulas
from .sitecode import fence_code
from .sites import settle_tags
from .structure import check_structure
from .titles import title_formulas
from .wikilinks import Vault, resolve_file, resolve_name

Ask = Callable[[Mapping[str, Any]], dict[str, Any]]

_MARKER = re.compile(r"^\s*%@(=?)(\d+)$")
_LINK = re.compile(r"\\NPlink\{(\d+)\}\{")
_IMAGE = re.compile(r"\\NPimage(\[[^\]]*\])?\{(\d+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a note may refer to: the project's root, its other notes by source path, its bibliographies.

    `pictures` makes images fit; `names` knows what notes and files are called where a link is no path.
    """

    root: Path
    notes: Mapping[str, Note]
    pictures: PictureStore
    shelf: Shelf = EMPTY_SHELF
    names: Names = NO_NAMES


def convert(note: Note, around: Surroundings, ask: Ask) -> Body:
    """Convert a note; `ask` sends a request to convert.lua. Raises NoteError where pandoc fails."""
    protected = protect(fence_code(note.markdown), file=note.source)
    written, titles = title_formulas(note, protected.formulas)
    prepared = prepare(written, markdown=note.text or note.markdown, file=note.source)
    numbered = number_formulas(prepared.formulas)
    tight = tighten(whole_tables(protected.markdown))
    settled = settle_tags(plain_sizes(tight), file=note.source, written=note.markdown)
    plain, lines = plain_attributes(settled.markdown, settled.lines)
    arranged = arrange(plain_infos(plain), file=note.source, lines=lines)
    mentions = find_mentions(note.markdown)
    entries = around.shelf.entries(mentions, note.bibliography)
    answer = _answer(_request(arranged, protected.formulas, numbered, note) | _works(entries, around.shelf), note, ask)
    attached = _attached(answer, note, around)
    links = [_link_to(link, note, around) for link in answer["links"] or ()]
    latex = _resolved(answer, attached, links)
    numbers = {label["ident"]: label["number"] for label in answer["labels"] or ()}
    in_cells = frozenset(answer["in_cells"] or ())
    formulas = tuple(
        refer(in_line(n.formula) if number in in_cells else n.formula, numbers) for number, n in enumerate(numbered)
    )
    in_place, _ = place_formulas(latex, formulas)
    # What looks like a formula in code, in an address or in HTML is none.
    literal = frozenset(answer["literal"] or ())
    unsound = _unsound(written, literal, note)
    return Body(
        latex=latex,
        source_map=SourceMap(file=note.source, marks=_marks(in_place)),
        formulas=formulas,
        rejected=prepared.rejected | frozenset(unsound),
        literal=literal,
        titles=titles,
        definitions=prepared.definitions,
        headings=tuple(Heading(**{**h, "latex": _unlinked(h["latex"], answer)}) for h in answer["headings"] or ()),
        attachments=tuple(part.attachment for part in attached if part.attachment),
        inputs={label: value for part in attached for label, value in part.inputs.items()} | _called(answer, around),
        links=tuple(link.source for link in links if link.source),
        diagnostics=(
            *protected.diagnostics,
            *unsound.values(),
            *prepared.diagnostics,
            *settled.diagnostics,
            *arranged.diagnostics,
            *check_footnotes(tight, file=note.source, markdown=note.markdown),
            *(_notice(note, notice) for notice in answer["notices"] or ()),
            *_mentioned(answer, numbers, entries, note, around),
            *(diagnostic for image in attached for diagnostic in image.diagnostics),
            *(diagnostic for link in links for diagnostic in link.diagnostics),
        ),
        cited=around.shelf.digests(mentions, note.bibliography),
        terms=tuple(make_term(term) for term in answer["terms"] or ()),
    )


def _attached(answer: Mapping[str, Any], note: Note, around: Surroundings) -> tuple[Attached, ...]:
    place = Beside(note=note.source, root=around.root, pictures=around.pictures)
    found = []
    for number, image in enumerate(answer["images"] or (), 1):
        target = resolve_file(image, note, around.names) if image["named"] else image["target"]
        found.append(attach(target, number, image.get("line"), place))
    return tuple(found)


def _link_to(link: Mapping[str, Any], note: Note, around: Surroundings) -> NoteLink:
    if link.get("named"):
        return resolve_name(link, note, Vault(notes=around.notes, names=around.names))
    return resolve_link(link["target"], note, around.notes, around.root, link.get("line"))


def _called(answer: Mapping[str, Any], around: Surroundings) -> dict[str, str]:
    """Return the names by which a note calls others, with the digest of what they mean today."""
    named = (
        one["target"].split("#")[0] for one in (*(answer["links"] or ()), *(answer["images"] or ())) if one.get("named")
    )
    return {f"name:{name}": around.names.digest(name) for name in named if name}


def _request(
    arranged: Arranged, formulas: Sequence[Formula], numbered: Sequence[Numbered], note: Note
) -> dict[str, Any]:
    """Return what convert.lua has to know of a note."""
    return {
        "text": arranged.markdown,
        "lines": arranged.lines,
        "formulas": [formula.source for formula in formulas],
        "equations": [
            {"ident": n.formula.label, "line": n.formula.line, "number": n.number} for n in numbered if n.formula.label
        ],
        "headline": note.headline or 0,
    }


def _works(entries: Sequence[Entry], shelf: Shelf) -> dict[str, Any]:
    """Return what convert.lua has to know of the works that a note cites."""
    if not entries:
        return {}
    return {"strings": shelf.strings, "references": [{"key": e.key, "text": e.text} for e in entries]}


def _answer(request: Mapping[str, Any], note: Note, ask: Ask) -> dict[str, Any]:
    """Return what convert.lua makes of a note; a failure is one of the note's."""
    try:
        return ask(request)
    except NoteError as problem:
        found = (replace(d, file=note.source, line=d.line or 1) for d in problem.diagnostics)
        raise NoteError(*found) from problem


def _mentioned(
    answer: Mapping[str, Any], numbers: Mapping[str, str], entries: Sequence[Entry], note: Note, around: Surroundings
) -> Iterator[Diagnostic]:
    """Report what a note refers to and nobody knows, and what pandoc could not read of the works it cites."""
    if unknown := answer["unknown"]:
        keys = around.shelf.keys(note.bibliography)
        yield from unknown_mentions(unknown, sorted(numbers), keys, note, around.notes.values())
    yield from (unreadable_entry(entries, problem) for problem in answer["unreadable"] or ())


def _resolved(answer: Mapping[str, Any], attached: Sequence[Attached], links: Sequence[NoteLink]) -> str:
    """Return the LaTeX with its images and links in the places that convert.lua left for them."""
    images = answer["images"]
    latex = _IMAGE.sub(
        lambda m: _image(attached[int(m[2]) - 1], m[1] or "", images[int(m[2]) - 1]), str(answer["latex"])
    )
    return _LINK.sub(lambda m: _link(links[int(m[1]) - 1].uri), latex)


def _unlinked(latex: str, answer: Mapping[str, Any]) -> str:
    """Return the LaTeX of a heading for contents, whose lines are links themselves and have no images."""
    images = answer["images"]
    latex = _IMAGE.sub(lambda m: str(escape(images[int(m[2]) - 1].get("alt") or "")), latex)
    return _LINK.sub(lambda _: _link(None), latex)


def _unsound(formulas: tuple[Formula, ...], literal: Set[int], note: Note) -> dict[int, Diagnostic]:
    """Return what is wrong with the formulas, by number, whose braces or environments don't match."""
    lines = (note.text or note.markdown).split("\n")
    checked = ((n, check_structure(f, lines, file=note.source)) for n, f in enumerate(formulas) if n not in literal)
    return {number: problem for number, problem in checked if problem}


def _marks(latex: str) -> tuple[Mark, ...]:
    marks = []
    for number, line in enumerate(latex.split("\n"), 1):
        if match := _MARKER.match(line):
            marks.append(Mark(number + 1, int(match[2]), not match[1]))
    return tuple(marks)


def _image(attached: Attached, options: str, image: Mapping[str, Any]) -> str:
    attachment = attached.attachment
    if attachment is None:
        return rf"\missingimage{{{escape(image.get('alt') or '')}}}{{{escape(short_target(image['target']))}}}"
    command = r"\notetikz" if attachment.name.endswith(".tikz") else r"\noteimage"
    return f"{command}{options}{{{attachment.name}}}"


def _link(uri: str | None) -> str:
    return rf"\notelink{{{escape_uri(uri)}}}{{" if uri else r"\brokenlink{"


def _notice(note: Note, notice: Mapping[str, Any]) -> Diagnostic:
    line, words = notice.get("line"), notice.get("words")
    text = note.markdown.split("\n")[line - 1] if line and words else ""
    column = text.find(words) + 1 if words else 0
    return Diagnostic(
        severity=Severity(notice["severity"]),
        code=notice["code"],
        message=notice["message"],
        file=note.source,
        line=line,
        column=column or None,
        excerpt=text if column else None,
        hint=notice.get("hint"),
    )
