"""Note -> Body: Markdown to LaTeX with a source map. Runs pandoc."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .bibliography import EMPTY_SHELF, Entry, Shelf, find_mentions, unreadable_entry
from .elsewhere import crossed, described, find_all, foreign_mentions
from .equations import in_line, own_destinations, refer
from .errors import Diagnostic, Severity
from .footnotes import check_footnotes
from .images import Attached, Beside, attach, short_target
from .labels import NO_LABELS, Found, Labels
from .latex import escape, escape_uri
from .links import NoteLink, resolve_link
from .mentions import unknown_mentions
from .model import Body, Heading, Mark, Note, SourceMap, make_term
from .names import NO_NAMES, Names
from .pictures import PictureStore
from .placing import place_formulas
from .survey import IMAGE, LINK, Ask, answer_to, read_note, request_of, unlinked, unsound_formulas
from .wikilinks import Vault, resolve_file, resolve_name

_MARKER = re.compile(r"^\s*%@(=?)(\d+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a note may refer to: the project's root, its other notes by source path, its bibliographies.

    `pictures` makes images fit; `names` knows what notes and files are called where a link is no path, `labels` which
    ids the other notes define.
    """

    root: Path
    notes: Mapping[str, Note]
    pictures: PictureStore
    shelf: Shelf = EMPTY_SHELF
    names: Names = NO_NAMES
    labels: Labels = NO_LABELS


def convert(note: Note, around: Surroundings, ask: Ask) -> Body:
    """Convert a note; `ask` sends a request to convert.lua. Raises NoteError where pandoc fails."""
    read = read_note(note)
    prepared, numbered = read.prepared, read.numbered
    mentions = find_mentions(note.markdown)
    entries = around.shelf.entries(mentions, note.bibliography)
    request = request_of(read, note) | _works(entries, around.shelf)
    answer, named = _answered(request, foreign_mentions(mentions, note), note, around, ask)
    attached = _attached(answer, note, around)
    links = [_link_to(link, note, around) for link in answer["links"] or ()]
    latex = _resolved(answer, attached, links)
    numbers = {label["ident"]: label["number"] for label in answer["labels"] or ()}
    elsewhere = crossed(answer, [n.formula for n in numbered], named, around.labels, note)
    places = {**own_destinations(numbers), **elsewhere.places}
    in_cells = frozenset(answer["in_cells"] or ())
    formulas = tuple(
        refer(in_line(n.formula) if number in in_cells else n.formula, places) for number, n in enumerate(numbered)
    )
    in_place, _ = place_formulas(latex, formulas)
    # What looks like a formula in code, in an address or in HTML is none.
    literal = frozenset(answer["literal"] or ())
    unsound = unsound_formulas(read.written, literal, note)
    return Body(
        latex=latex,
        source_map=SourceMap(file=note.source, marks=_marks(in_place)),
        formulas=formulas,
        rejected=prepared.rejected | frozenset(unsound),
        literal=literal,
        titles=read.titles,
        definitions=prepared.definitions,
        headings=tuple(Heading(**{**h, "latex": unlinked(h["latex"], answer)}) for h in answer["headings"] or ()),
        attachments=tuple(part.attachment for part in attached if part.attachment),
        inputs={
            **{label: value for part in attached for label, value in part.inputs.items()},
            **_called(answer, around),
            **elsewhere.inputs,
        },
        links=(*(link.source for link in links if link.source), *elsewhere.links),
        diagnostics=(
            *read.protected.diagnostics,
            *(problem for problems in unsound.values() for problem in problems),
            *prepared.diagnostics,
            *read.settled.diagnostics,
            *read.arranged.diagnostics,
            *check_footnotes(read.tight, file=note.source, markdown=note.markdown),
            *(_notice(note, notice) for notice in answer["notices"] or ()),
            *_mentioned(answer, numbers, entries, note, around),
            *elsewhere.diagnostics,
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


def _works(entries: Sequence[Entry], shelf: Shelf) -> dict[str, Any]:
    """Return what convert.lua has to know of the works that a note cites."""
    if not entries:
        return {}
    return {"strings": shelf.strings, "references": [{"key": e.key, "text": e.text} for e in entries]}


def _answered(
    request: Mapping[str, Any], foreign: Sequence[str], note: Note, around: Surroundings, ask: Ask
) -> tuple[dict[str, Any], dict[str, Found]]:
    """Return convert.lua's answer, and what it was told of the ids of other notes."""
    named = find_all(foreign, around.labels)
    answer = answer_to({**request, "elsewhere": described(named, note)}, note, ask)
    # What looked like an id of the note stood in code: another one may have it.
    missed = [one["key"] for one in answer["unknown"] or () if one["kind"] == "reference" and one["key"] not in foreign]
    more = {ident: found for ident, found in find_all(missed, around.labels).items() if ident not in named}
    if more:
        named |= more
        answer = answer_to({**request, "elsewhere": described(named, note)}, note, ask)
    return answer, named


def _mentioned(
    answer: Mapping[str, Any], numbers: Mapping[str, str], entries: Sequence[Entry], note: Note, around: Surroundings
) -> Iterator[Diagnostic]:
    """Report what a note refers to and nobody knows, and what pandoc could not read of the works it cites."""
    if unknown := answer["unknown"]:
        keys = around.shelf.keys(note.bibliography)
        # The search for ids of other notes is for those that may be meant.
        lost = any(one["kind"] == "reference" for one in unknown)
        idents = dict.fromkeys([*sorted(numbers), *(around.labels.known() if lost else ())])
        yield from unknown_mentions(unknown, idents, keys, note, around.notes.values())
    yield from (unreadable_entry(entries, problem) for problem in answer["unreadable"] or ())


def _resolved(answer: Mapping[str, Any], attached: Sequence[Attached], links: Sequence[NoteLink]) -> str:
    """Return the LaTeX with its images and links in the places that convert.lua left for them."""
    images = answer["images"]
    latex = IMAGE.sub(
        lambda m: _image(attached[int(m[2]) - 1], m[1] or "", images[int(m[2]) - 1]), str(answer["latex"])
    )
    return LINK.sub(lambda m: _link(links[int(m[1]) - 1].uri), latex)


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
