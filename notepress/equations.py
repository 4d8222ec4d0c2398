r"""Labels and numbers of display formulas: `$$ … $$ {#eq-x}` (Quarto's syntax) -> `\tag` with a number known now.

Numbers are given out here, while the note is converted, so that a reference is right in TeX's first pass whether the
formula stands before or after it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace

from .addresses import dest_name
from .model import Formula, Kind

_LABEL = re.compile(r"[ \t]*\{[ \t]*#(eq-[^\s{}#]+)[^{}\n]*\}")
_TAG = re.compile(r"\\tag(\*?)[ \t]*\{")
_NUMBER = re.compile(r"\\eqnumber\{(\d+)\}\{(\\eqdest\{[^{}]*\}\{[^{}]*\})\}")
_UNNUMBERED = re.compile(r"\\(?:tag\*?[ \t]*\{|notag\b|nonumber\b)")
# An outer environment counts one for all of it, or one for each row.
_OUTER = re.compile(r"\s*\\begin\{(?P<name>equation|multline|align|alignat|flalign|gather|eqnarray|subequations)\}")
_REFERENCE = re.compile(r"\\(?P<command>eqref|ref)\s*\{\s*(?P<ident>[^{}]*?)\s*\}")
# Environments that are displays of their own, and those that stand inside one.
_INNER = {
    "align": "aligned",
    "gather": "gathered",
    "multline": "gathered",
    "eqnarray": "aligned",
    "flalign": "aligned",
    "equation": "gathered",
}
_ONE_NUMBER = ("equation", "multline")
_STEP = re.compile(r"\\\\|\\begin\{\w+\*?\}|\\end\{\w+\*?\}|\\[^A-Za-z]|[{}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """A formula with its tag; `number` is what a reference shows between parentheses, "" without a label."""

    formula: Formula
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a reference in a formula leads: a command that waits for what is shown, and the number."""

    opening: str
    number: str


def find_label(text: str, end: int) -> re.Match[str] | None:
    """Return the label that follows a formula on its last line; group 1 is the id."""
    return _LABEL.match(text, end)


def number_formulas(formulas: Iterable[Formula]) -> tuple[Numbered, ...]:
    r"""Number the labelled formulas of a note, ready for TeX, from 1 on, in step with those that LaTeX itself numbers.

    An author's `\tag` stays as it is, and is what references show. No formula gets more lines.
    """
    count = 0
    found = []
    for given in formulas:
        if not given.label:
            count += _numbers_taken(given.tex) if given.kind is Kind.ENVIRONMENT else 0
            found.append(Numbered(formula=given, number=""))
            continue
        formula = _with_one_number(given)
        target = rf"\eqdest{{{dest_name(formula.label)}}}{{{_height(formula.tex)}}}"
        if tag := _TAG.search(formula.tex):
            tex = formula.tex[: tag.end()] + target + formula.tex[tag.end() :]
            number = _argument(formula.tex, tag.end())
        else:
            count += 1
            # On the last line that is no comment, so that no line is added.
            tex = _append(formula.tex, rf"\eqnumber{{{count}}}{{{target}}}")
            number = str(count)
        found.append(Numbered(formula=replace(formula, tex=tex), number=number))
    return tuple(found)


def own_destinations(numbers: Mapping[str, str]) -> dict[str, Destination]:
    """Return where references to the ids of the note itself lead; what has no number is not among them."""
    return {
        ident: Destination(opening=rf"\placelink{{{dest_name(ident)}}}", number=number)
        for ident, number in numbers.items()
        if number
    }


def references_in(formulas: Iterable[Formula], own: Container[str]) -> list[str]:
    r"""Return the ids that formulas name in `\ref` and `\eqref` and that neither `own` nor a `\label` has."""
    texts = [formula.tex for formula in formulas if "ref" in formula.tex]
    found = [match["ident"] for tex in texts for match in _REFERENCE.finditer(tex)]
    named = [ident for ident in dict.fromkeys(found) if ident not in own]
    if not named:
        return []
    return [ident for ident in named if not any(rf"\label{{{ident}}}" in formula.tex for formula in formulas)]


def refer(formula: Formula, places: Mapping[str, Destination]) -> Formula:
    r"""Make links of `\eqref{eq-x}` in a formula where the id has a place; LaTeX's own labels are left to LaTeX."""
    if "ref" not in formula.tex:
        return formula

    def link(match: re.Match[str]) -> str:
        if not (place := places.get(match["ident"])):
            return match[0]
        shown = f"({place.number})" if match["command"] == "eqref" else place.number
        # Lines stay lines.
        lines = "\n" * match[0].count("\n")
        return rf"\text{{{place.opening}{{{shown}}}}}{lines}"

    return replace(formula, tex=_REFERENCE.sub(link, formula.tex))


def in_line(formula: Formula) -> Formula:
    r"""Return a display as a formula in a line that looks like it, for places that have no room for displays.

    A tag stands behind it as text; a number has no place there.
    """
    if formula.kind is Kind.INLINE:
        return formula
    tex = _NUMBER.sub(r"\\quad(\\text{\2\1})", formula.tex)
    while tag := _TAG.search(tex):
        text = _argument(tex, tag.end())
        shown = rf"\text{{{text}}}" if tag[1] else rf"(\text{{{text}}})"
        tex = f"{tex[: tag.start()]}\\quad {shown}{tex[tag.end() + len(text) + 1 :]}"
    tex = re.sub(r"\\label\s*\{[^{}]*\}|\\(?:nonumber|notag)(?![A-Za-z])", "", tex)
    for name, inner in _INNER.items():
        tex = re.sub(rf"\\(begin|end)\{{{name}(?:at)?\*?\}}(?:\{{\d+\}})?", rf"\\\1{{{inner}}}", tex)
    return replace(formula, kind=Kind.INLINE, tex=rf"\displaystyle {tex}")


def _with_one_number(formula: Formula) -> Formula:
    """One label is one number, also for the rows of an `align`."""
    if formula.kind is not Kind.ENVIRONMENT or _TAG.search(formula.tex):
        return formula
    tex = re.sub(r"\\begin\{alignat\*?\}\s*\{\d+\}", r"\\begin{aligned}", formula.tex)
    tex = re.sub(r"\\end\{alignat\*?\}", r"\\end{aligned}", tex)
    # Rows of an inner environment can't be told to have no number.
    tex = re.sub(r"\\(?:nonumber|notag)(?![A-Za-z])", "", tex)
    for name, inner in _INNER.items():
        tex = re.sub(rf"\\(begin|end)\{{{name}\*?\}}", rf"\\\1{{{inner}}}", tex)
    return replace(formula, kind=Kind.DISPLAY, tex=tex)


def _append(tex: str, addition: str) -> str:
    lines = tex.split("\n")
    last = next((n for n in range(len(lines) - 1, -1, -1) if lines[n].strip() and not lines[n].startswith("%")), 0)
    # A comment at the end of the line would swallow what follows; the end of a comment's line is free.
    if re.search(r"(?<!\\)(?:\\\\)*%", lines[last]) and last + 1 < len(lines):
        last += 1
    lines[last] = addition + lines[last] if lines[last].startswith("%") else lines[last].rstrip() + addition
    return "\n".join(lines)


def _height(tex: str) -> str:
    """Return about how far a formula's top is above the line of its number, in lines of text."""
    return f"{1.2 + 0.6 * tex.count(chr(92) * 2):.3g}"


def _argument(tex: str, start: int) -> str:
    depth = 0
    for place in range(start, len(tex)):
        escaped = place > 0 and tex[place - 1] == "\\"
        if tex[place] == "}" and not escaped:
            if depth == 0:
                return tex[start:place]
            depth -= 1
        elif tex[place] == "{" and not escaped:
            depth += 1
    return tex[start:]


def _numbers_taken(tex: str) -> int:
    """Return how many numbers LaTeX gives to the rows of an environment."""
    outer = _OUTER.match(tex)
    if not outer:
        return 0
    if outer["name"] == "subequations":
        return 1
    if outer["name"] in _ONE_NUMBER:
        return 0 if _UNNUMBERED.search(tex) else 1
    inside = tex[outer.end() : tex.rindex("\\end{")]
    return sum(1 for row in _rows(inside) if row.strip() and not _UNNUMBERED.search(row))


def _rows(inside: str) -> list[str]:
    r"""Split at the `\\` that stand in no group and no inner environment."""
    rows, depth, here = [], 0, 0
    for step in _STEP.finditer(inside):
        if step[0] == "\\\\" and depth == 0:
            rows.append(inside[here : step.start()])
            here = step.end()
        elif step[0] == "{" or step[0].startswith("\\begin"):
            depth += 1
        elif step[0] == "}" or step[0].startswith("\\end"):
            depth -= 1
    return [*rows, inside[here:]]
