r"""What a note names that other notes of its project define: `@fig-x`, `\eqref{eq-x}` -> links with number and place.

A note depends on the ids it names, and on nothing else of other notes: the label `ref:fig-x` of a fingerprint has the
digest of what the reference shows, "" where nothing has the id, so that the note is built again when something gets it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .bibliography import find_mentions
from .equations import Destination, references_in
from .errors import Diagnostic, warning
from .labels import Found, Labels, Target, cuts, is_ident, may_define
from .latex import escape_uri
from .links import link_path
from .mentions import place_of_mention
from .model import Formula, Note
from .placing import place_in_source


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossed:
    """What comes of a note's references to others: where those in formulas lead, and the notes that they lead to.

    `inputs` are the digests of what is named, by the label of a fingerprint.
    """

    places: Mapping[str, Destination]
    links: tuple[str, ...]
    inputs: Mapping[str, str]
    diagnostics: tuple[Diagnostic, ...]


def foreign_mentions(mentions: Iterable[str], note: Note) -> tuple[str, ...]:
    """Return the mentions that look like ids and that the note itself hardly defines."""
    named = [mention for mention in mentions if is_ident(mention)]
    own = frozenset(may_define(note.markdown)) if named else frozenset()
    return tuple(mention for mention in named if not any(cut in own for cut in cuts(mention)))


def find_all(mentions: Iterable[str], labels: Labels) -> dict[str, Found]:
    """Return what mentions name in other notes, by id."""
    return {found.ident: found for mention in mentions if (found := labels.find(mention))}


def described(named: Mapping[str, Found], note: Note) -> list[dict[str, str]]:
    """Return what convert.lua has to know of ids in other notes."""
    nearest = {ident: found.nearest(note.source) for ident, found in named.items()}
    return [
        {
            "ident": ident,
            "uri": str(escape_uri(target.uri)),
            "place": target.note.number,
            "number": target.label.number,
            "title": target.label.title,
        }
        for ident, target in nearest.items()
    ]


def crossed(
    answer: Mapping[str, Any], formulas: Sequence[Formula], named: Mapping[str, Found], labels: Labels, note: Note
) -> Crossed:
    r"""Return what comes of the references of a note to others; `named` are those that convert.lua was told of.

    In formulas `\ref` and `\eqref` lead to what has a number; a section has none.
    """
    own = {label["ident"]: label["number"] for label in answer["labels"] or ()}
    in_formulas = references_in(formulas, own)
    numbered = {
        ident: found
        for ident in in_formulas
        if (found := labels.find(ident)) and found.ident == ident and found.nearest(note.source).label.number
    }
    used = {one["ident"]: named[one["ident"]] for one in answer["crossed"] or ()} | numbered
    mentions = [m for m in find_mentions(note.markdown) if is_ident(m) and not any(cut in own for cut in cuts(m))]
    targets = [found.nearest(note.source) for found in used.values()]
    return Crossed(
        places={ident: _destination(found.nearest(note.source)) for ident, found in numbered.items()},
        links=tuple(dict.fromkeys(target.note.source for target in targets)),
        inputs={f"ref:{mention}": labels.digest(mention) for mention in (*mentions, *in_formulas)},
        diagnostics=tuple(_ambiguities(answer["crossed"] or (), formulas, used, note)),
    )


def _destination(target: Target) -> Destination:
    """Return how a formula refers to an id of another note; an author's tag stands for itself."""
    number, place = target.label.number, target.note.number
    opening = rf"\notelink{{{escape_uri(target.uri)}}}"
    return Destination(opening=opening, number=f"{place}-{number}" if number.isdigit() else number)


def _ambiguities(
    mentions: Iterable[Mapping[str, Any]], formulas: Sequence[Formula], used: Mapping[str, Found], note: Note
) -> Iterator[Diagnostic]:
    """Report each reference to an id that several other notes have, at its place."""
    several = {ident: found for ident, found in used.items() if len(found.targets) > 1}
    if not several:
        return
    lines = note.markdown.split("\n")
    for one in mentions:
        if one["ident"] in several:
            yield _ambiguous(several[one["ident"]], note, **place_of_mention(one["ident"], one["line"], note))
    for formula in formulas:
        for ident, end in _uses(formula, several):
            place = place_in_source(formula, formula.tex[:end], ident, lines)
            where = {"line": place.line, "column": place.column, "excerpt": place.excerpt}
            yield _ambiguous(several[ident], note, **where)


def _uses(formula: Formula, named: Mapping[str, Found]) -> Iterator[tuple[str, int]]:
    for ident in named if "ref" in formula.tex else ():
        at = formula.tex.find(f"{{{ident}}}")
        if at >= 0:
            yield ident, at + 1 + len(ident)


def _ambiguous(found: Found, note: Note, **where: object) -> Diagnostic:
    meant = found.nearest(note.source)
    others = [target for target in found.targets if target is not meant]
    names = ", ".join(target.note.source for target in found.targets)
    link = f"[text]({link_path(others[0].note.source, note)}#{found.ident})"
    return warning(
        "ambiguous-reference",
        f"several notes have the id `{found.ident}`: {names}",
        file=note.source,
        hint=f"it leads to {meant.note.source}, the nearest; give each an id of its own, or write a link: {link}",
        **where,
    )
