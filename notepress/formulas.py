"""Formulas as authors write them -> TeX that amsmath accepts, line for line.

Authors see their formulas in previews made by MathJax or KaTeX, which forgive much that TeX does not. What they show,
a note gets: `definitions` makes what a formula defines hold for the rest of the note, `tidying` mends the structure,
templates/mathcompat.tex has the commands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .definitions import END, Known, own_name, own_names
from .errors import Diagnostic, error, warning
from .forbidden import find_forbidden
from .latex import escape, escape_uri
from .mathrows import shaped
from .mathtokens import Environment, Item, UnbalancedError, Written, parse, tokens, written
from .model import Formula, Kind
from .tidying import OUTER, Found, Place, rows, tidy

# Browsers measure in pixels of 1/96 inch; a bp is 1/72.
_PIXELS = re.compile(
    r"(\\\\[ \t]*\[|\\(?:[hv]space\*?|raisebox|rule)[ \t]*\{|\\(?:kern|hskip)[ \t]*)(-?\d+\.?\d*)[ \t]*px"
)


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
    made = tuple(_prepare(number, formula, note) for number, formula in enumerate(formulas))
    definitions = " ".join(" ".join(note.known.written).split())
    return Prepared(
        formulas=made,
        rejected=frozenset(note.rejected),
        definitions=definitions,
        diagnostics=tuple(note.diagnostics),
    )


def _prepare(number: int, formula: Formula, note: _Note) -> Formula:
    flat = _uncommented(formula, note)
    before, count = note.known.state(), len(note.known.written)
    renamed = own_names(flat, note.known)
    if (bad := find_forbidden(renamed)) is not None:
        # Nothing that it defines may come back elsewhere.
        note.known.go_back(before)
        line = formula.line + "".join(renamed[:bad]).count("\n")
        note.diagnostics.append(
            error(
                "forbidden-command",
                f"{renamed[bad]} is not allowed in a formula",
                hint="a formula may not read, write, run programs or change TeX itself",
                **_where(note, line, renamed[bad]),
            )
        )
        note.rejected.add(number)
        return formula
    try:
        items = parse(renamed)
    except UnbalancedError:
        # `structure` finds the place and names it.
        return replace(formula, tex=_unbroken("".join(renamed)))
    found = Found()
    arity = {own_name(command): count for command, count in note.known.arity.items()}
    kind, made = _shaped(formula.kind, items, Place(found=found, arity=arity), note)
    for lonely in found.lonely:
        line = formula.line + max(formula.source[: formula.source.find(lonely)].count("\n"), 0)
        note.diagnostics.append(
            warning(
                "unpaired-delimiter",
                f"{lonely} without its other half in this row or cell",
                hint="write \\left. or \\right. where no delimiter is wanted",
                **_where(note, line, lonely),
            )
        )
    defines = " ".join("".join(note.known.written[count:]).split())
    return replace(formula, kind=kind, tex=_unbroken(written(made)), defines=defines)


def _uncommented(formula: Formula, note: _Note) -> list[str]:
    """Drop comments, which in one line with what follows the formula would hide it."""
    out: list[str] = []
    flat = tokens(_PIXELS.sub(lambda match: f"{match[1]}{float(match[2]) * 0.75:g}bp", formula.tex))
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
        line = formula.line + "".join(flat[:here]).count("\n")
        end = here
        while end < len(flat) and "\n" not in flat[end]:
            end += 1
        if "".join(flat[here + 1 : end]).strip() or (out and out[-1].isdigit()):
            note.diagnostics.append(
                warning(
                    "comment-in-math",
                    "% hides the rest of its line of the formula",
                    hint="write \\% for a percent sign",
                    **_where(note, line, "%"),
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
        names = {"aligned": "align*", "split": "align*", "gathered": "gather*"} if tagged else {}
        name = names.get(alone.name, alone.name)
        if name == "prooftree":
            return Kind.ENVIRONMENT, [*definitions, *body]
        if name in OUTER:
            outer = _outer(Environment(name, alone.body), place)
            return Kind.ENVIRONMENT, [*tidy(definitions, place), *body[: bare[0]], *outer, *body[bare[0] + 1 :]]
    made = tidy(items, place)
    return _display(made, place, note)


def _display(made: list[Item], place: Place, note: _Note) -> tuple[Kind, list[Item]]:
    """Set a display that is no environment of its own: with rows, a tag or a number where it has them."""
    if "&" in made or "\\\\" in made:
        name = "aligned" if "&" in made else "gathered"
        made = shaped(name, made)
    labels = [label for label in place.found.labels if label[label.index("{") + 1 : -1] in note.referenced]
    tag, rest = place.found.tags[:1], place.found.tags[1:]
    extra = [Written(f"\\quad({more[more.index('{') + 1 : -1]})") for more in rest]
    end = [*extra, *[Written(part) for part in (*tag, *labels[:1])]]
    if labels and not tag:
        return Kind.ENVIRONMENT, [Written("\\begin{equation}"), *made, *end, Written("\\end{equation}")]
    return Kind.DISPLAY, [*made, *end]


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


def _where(note: _Note, line: int, token: str) -> dict[str, object]:
    """Return the fields of a diagnostic that say where a token of a formula stands."""
    excerpt = note.lines[line - 1] if 0 < line <= len(note.lines) else ""
    return {"file": note.file, "line": line, "column": excerpt.find(token) + 1 or None, "excerpt": excerpt}
