"""Formulas as authors write them -> TeX that amsmath accepts, line for line.

Authors see their formulas in previews made by MathJax or KaTeX, which forgive much that TeX does not. What they show,
a note gets: `definitions` makes what a formula defines hold for the rest of the note, `tidying` mends the structure,
templates/mathcompat.tex has the commands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import unescape

from .definitions import END, Known, own_name, own_names
from .errors import Diagnostic, error, warning
from .forbidden import find_forbidden
from .latex import escape, escape_uri
from .mathrows import shaped
from .mathtokens import Environment, Group, Item, Numbered, UnbalancedError, Written, numbered, parse, tokens, written
from .model import Formula, Kind
from .placing import place_in_source
from .tidying import OUTER, Found, Place, rows, tidy

_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|le|ge|ne|times|minus|#\d{1,6}|#x[0-9A-Fa-f]{1,5});")
_DELIMITERS = frozenset(("\\left", "\\right"))
# A display of more rows may be higher than what is left of a page, or than a page.
_MANY_ROWS = 25
# Environments that are a box, and those with the same rows that a page may end in.
_BREAKABLE = {"aligned": "align*", "split": "align*", "alignedat": "alignat*", "gathered": "gather*"}
# Browsers measure in pixels of 1/96 inch; a bp is 1/72.
# Full-width twins of what TeX obeys. Made plain before anything is looked for, so that no command hides behind one.
_ACTIVE = {ord("＼"): "\\", ord("＾"): "^"}
_PIXELS = re.compile(
    r"(\\\\[ \t]*\[|\\(?:[hv]space\*?|raisebox|rule)[ \t]*\{|\\(?:kern|hskip)[ \t]*)(-?\d+\.?\d*)[ \t]*px"
)
# What became of formulas, for all notes of a process: by kind and source, and the labels that are referred to. Each
# operation on a dictionary is atomic, and it does not matter which of two threads remembers the same.
_REMEMBERED: dict[tuple[Kind, str, frozenset[str] | None], tuple[Kind, str]] = {}
_MOST_REMEMBERED = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A note's formulas for TeX, in order, and what its formulas define, for parts that are set elsewhere.

    The `rejected` ones, by number, ask for what no formula may do.
    """

    formulas: tuple[Formula, ...]
    rejected: frozenset[int]
    definitions: str
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Note:
    """What the formulas of a note share."""

    file: str
    lines: Sequence[str]
    referenced: frozenset[str]
    known: Known
    diagnostics: list[Diagnostic]
    rejected: set[int]


def prepare(formulas: Iterable[Formula], *, markdown: str, file: str) -> Prepared:
    """Make TeX of all formulas of a note; every one keeps its number of lines."""
    referenced = re.findall(r"\\(?:eq)?ref\s*\{([^{}]*)\}", markdown)
    note = _Note(
        file=file,
        lines=markdown.split("\n"),
        referenced=frozenset(referenced),
        known=Known(),
        diagnostics=[],
        rejected=set(),
    )
    made = tuple(_remembered(number, formula, note) for number, formula in enumerate(formulas))
    definitions = " ".join(" ".join(note.known.written).split())
    return Prepared(
        formulas=made,
        rejected=frozenset(note.rejected),
        definitions=definitions,
        diagnostics=tuple(note.diagnostics),
    )


def _remembered(number: int, formula: Formula, note: _Note) -> Formula:
    """Prepare a formula, or take what became of the same one, as most signs of a note stand in it many times.

    Only of one that neither defines anything nor can use what another has defined, and about which nothing was said.
    """
    if note.known:
        return _prepare(number, formula, note)
    key = (formula.kind, formula.tex, note.referenced if "label" in formula.tex else None)
    if found := _REMEMBERED.get(key):
        kind, tex = found
        return replace(formula, kind=kind, tex=tex)
    said = len(note.diagnostics)
    made = _prepare(number, formula, note)
    if not note.known and len(note.diagnostics) == said and number not in note.rejected:
        if len(_REMEMBERED) >= _MOST_REMEMBERED:
            _REMEMBERED.clear()
        _REMEMBERED[key] = made.kind, made.tex
    return made


def _prepare(number: int, formula: Formula, note: _Note) -> Formula:
    flat = _uncommented(formula, note)
    before, count = note.known.state(), len(note.known.written)
    renamed = own_names(flat, note.known)
    if (bad := find_forbidden(renamed)) is not None:
        # Nothing that it defines may come back elsewhere.
        note.known.go_back(before)
        note.diagnostics.append(
            error(
                "forbidden-command",
                f"{renamed[bad]} is not allowed in a formula",
                hint="a formula may not read, write, run programs or change TeX itself",
                **_where(note, formula, renamed[: bad + 1]),
            )
        )
        note.rejected.add(number)
        return formula
    try:
        items = parse(numbered(renamed, _DELIMITERS) if "\\left" in renamed or "\\right" in renamed else renamed)
    except UnbalancedError:
        # `structure` finds the place and names it.
        return replace(formula, tex=_unbroken("".join(renamed)))
    found = Found()
    arity = {own_name(command): count for command, count in note.known.arity.items()}
    kind, made = _shaped(formula.kind, items, Place(found=found, arity=arity), note)
    for lonely in found.lonely:
        assert isinstance(lonely, Numbered)
        note.diagnostics.append(
            warning(
                "unpaired-delimiter",
                f"{lonely} without its other half in this row or cell",
                hint="write \\left. or \\right. where no delimiter is wanted",
                **_where(note, formula, renamed[: lonely.number + 1]),
            )
        )
    defines = " ".join("".join(note.known.written[count:]).split())
    return replace(formula, kind=kind, tex=_unbroken(written(made)), defines=defines)


def _uncommented(formula: Formula, note: _Note) -> list[str]:
    """Drop comments, which in one line with what follows the formula would hide it."""
    out: list[str] = []
    tex = formula.tex.translate(_ACTIVE)
    if "&" in tex and ";" in tex:
        # Pages of HTML want these in formulas as well.
        tex = _ENTITY.sub(lambda match: "~" if match[0] == "&nbsp;" else unescape(match[0]), tex)
    flat = tokens(_PIXELS.sub(lambda match: f"{match[1]}{float(match[2]) * 0.75:g}bp", tex))
    here = 0
    while here < len(flat):
        if flat[here] == "\\href" and flat[here + 1 : here + 2] == ["{"] and "}" in flat[here:]:
            # In an address, % and # are letters.
            end = flat.index("}", here)
            out += ["\\href", "{", *tokens(escape_uri("".join(flat[here + 2 : end]))), "}"]
            here = end + 1
            continue
        if flat[here] == "\\verb" and here + 1 < len(flat) and flat[here + 1] in flat[here + 2 :]:
            end = flat.index(flat[here + 1], here + 2)
            out.append(Written(f"\\text{{\\ttfamily {escape(''.join(flat[here + 2 : end]))}}}"))
            here = end + 1
            continue
        if flat[here] != "%":
            out.append(flat[here])
            here += 1
            continue
        end = here
        while end < len(flat) and "\n" not in flat[end]:
            end += 1
        if "".join(flat[here + 1 : end]).strip() or (out and out[-1].isdigit()):
            note.diagnostics.append(
                warning(
                    "comment-in-math",
                    "% hides the rest of its line of the formula",
                    hint="write \\% for a percent sign",
                    **_where(note, formula, flat[: here + 1]),
                )
            )
        here = end
    return out


def _shaped(kind: Kind, items: tuple[Item, ...], place: Place, note: _Note) -> tuple[Kind, list[Item]]:
    """Choose how a formula is displayed, and mend what is in it."""
    definitions, body = _leading_definitions(items)
    if definitions and not written(body).strip():
        return Kind.ENVIRONMENT, [*tidy(definitions, place), *body]
    if kind is Kind.INLINE:
        made = tidy(items, place)
        made = [Written("\\;\\allowbreak ") if item == "\\\\" else item for item in made]
        tags = [Written(f"\\quad({tag[tag.index('{') + 1 : -1]})") for tag in place.found.tags]
        return kind, [*made, *tags]
    bare = [at for at, item in enumerate(body) if not (isinstance(item, str) and item.isspace())]
    alone = body[bare[0]] if len(bare) == 1 else None
    if isinstance(alone, Environment):
        tagged = re.search(r"\\(?:tag|label)\b", written(alone.body))
        high = alone.body.count("\\\\") > _MANY_ROWS
        name = _BREAKABLE.get(alone.name, alone.name) if tagged or high else alone.name
        if name == "prooftree":
            return Kind.ENVIRONMENT, [*definitions, *body]
        if name == "subequations":
            parts = [part for item in alone.body for part in _subequation(item, place)]
            labels = [Written(label) for label in place.found.labels]
            return Kind.ENVIRONMENT, [*tidy(definitions, place), Environment(name, (*labels, *parts))]
        if name in OUTER:
            outer = _outer(Environment(name, alone.body), place)
            return Kind.ENVIRONMENT, [*tidy(definitions, place), *body[: bare[0]], *outer, *body[bare[0] + 1 :]]
    made = tidy(items, place)
    return _display(made, place, note)


def _display(made: list[Item], place: Place, note: _Note) -> tuple[Kind, list[Item]]:
    """Set a display that is no environment of its own: with rows, a tag or a number where it has them."""
    breakable = made.count("\\\\") > _MANY_ROWS
    if "&" in made or "\\\\" in made:
        name = "aligned" if "&" in made else "gathered"
        made = shaped(_BREAKABLE[name] if breakable else name, made)
    elif _rows_within(made) > _MANY_ROWS:
        made = [Written("\\npfit{"), *made, Written("}")]
    labels = [label for label in place.found.labels if label[label.index("{") + 1 : -1] in note.referenced]
    tag, rest = place.found.tags[:1], place.found.tags[1:]
    extra = [Written(f"\\quad({more[more.index('{') + 1 : -1]})") for more in rest]
    end = [*extra, *[Written(part) for part in (*tag, *labels[:1])]]
    if breakable:
        # The number, if it has one, is that of the last row.
        first = made[0]
        assert isinstance(first, Environment)
        return Kind.ENVIRONMENT, [replace(first, body=(*first.body, *end)), *made[1:]]
    if labels and not tag:
        return Kind.ENVIRONMENT, [Written("\\begin{equation}"), *made, *end, Written("\\end{equation}")]
    return Kind.DISPLAY, [*made, *end]


def _rows_within(items: Sequence[Item]) -> int:
    """Return how many rows the highest environment has."""
    found = 0
    for item in items:
        if isinstance(item, Group | Environment):
            found = max(found, item.body.count("\\\\"), _rows_within(item.body))
    return found


def _outer(item: Environment, place: Place) -> list[Item]:
    """Mend an environment that is the whole display."""
    name = item.name.lstrip("x")
    if name in {"equation", "equation*", "math", "displaymath", "math*", "displaymath*"}:
        name = {"math": "equation*", "displaymath": "equation*"}.get(name.rstrip("*"), name)
        made = tidy(item.body, Place(found=place.found, arity=place.arity))
        if "&" in made or "\\\\" in made:
            made = shaped("aligned" if "&" in made else "gathered", made)
        end = [Written(part) for part in (*place.found.tags[:1], *place.found.labels[:1])]
        return [Environment(name, (*made, *end))]
    columns = max((row.count("&") for row in _cells(item.body)), default=0)
    if name.rstrip("*") == "eqnarray" and columns > 2:
        name = "align" + "*" * name.endswith("*")
    return rows(Environment(name, item.body), replace(place, numbered=True))


def _subequation(item: Item, place: Place) -> list[Item]:
    """Mend a part of subequations, which are displays themselves; anything else in them becomes one."""
    if isinstance(item, Environment):
        return _outer(item, place) if item.name in OUTER else _outer(Environment("equation", (item,)), place)
    # A label that stands between them; its braces are the next item.
    return [item] if isinstance(item, Group) or item == "\\label" or str(item).isspace() else []


def _cells(body: Sequence[Item]) -> list[list[Item]]:
    out: list[list[Item]] = [[]]
    for item in body:
        if item == "\\\\":
            out.append([])
        else:
            out[-1].append(item)
    return out


def _leading_definitions(items: tuple[Item, ...]) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """Split off the definitions that a formula begins with."""
    end = here = 0
    while here < len(items) and isinstance(item := items[here], str):
        if isinstance(item, Written) and item.startswith(("\\gdef", "\\xdef", "\\np", "\\global")):
            while items[here] is not END:
                here += 1
            end = here + 1
        elif not item.isspace():
            break
        here += 1
    return items[:end], items[end:]


def _unbroken(tex: str) -> str:
    """Give an empty line the % that keeps TeX from ending the formula there."""
    return re.sub(r"\n[ \t]*(?=\n)", "\n%", tex)


def _where(note: _Note, formula: Formula, read: Sequence[str]) -> dict[str, object]:
    """Return the fields of a diagnostic that say where the last of some tokens stands, with which a formula begins."""
    # A character for a character, so nothing moves.
    formula = replace(formula, source=formula.source.translate(_ACTIVE))
    place = place_in_source(formula, "".join(read), read[-1], [line.translate(_ACTIVE) for line in note.lines])
    excerpt = note.lines[place.line - 1] if 0 < place.line <= len(note.lines) else ""
    return {"file": note.file, "line": place.line, "column": place.column, "excerpt": excerpt}
