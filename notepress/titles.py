"""The formulas in a note's title, subtitle and abstract -> formulas with a place, as those of its text have."""

from __future__ import annotations

from collections.abc import Sequence

from .inline import Kind as SpanKind
from .model import Formula, Kind, Note


def title_formulas(note: Note, others: Sequence[Formula]) -> tuple[tuple[Formula, ...], tuple[int, ...]]:
    """Return all formulas of a note, those of its titles last, and the numbers of these, in the order of the titles.

    `others` are the formulas of its text. One that stands in the heading that is the title is one of them already.
    """
    found = list(others)
    known = {(formula.line, formula.column): number for number, formula in enumerate(others)}
    lines = note.file_text.split("\n")
    numbers: list[int] = []
    for name, part in (("title", note.title), ("subtitle", note.subtitle), ("abstract", note.abstract)):
        line, column = note.lines.get(name, 1), 0
        for span in part.spans if part else ():
            if span.kind is not SpanKind.MATH:
                continue
            source = f"${span.text}$"
            line, column = _place(lines, source, line, column)
            formula = Formula(kind=Kind.INLINE, tex=span.text, source=source, line=line, column=max(column, 1))
            numbers.append(known.setdefault((formula.line, formula.column), len(found)))
            if numbers[-1] == len(found):
                found.append(formula)
    return tuple(found), tuple(numbers)


def _place(lines: Sequence[str], source: str, line: int, column: int) -> tuple[int, int]:
    """Return line and column of a formula from a place on; YAML may have folded a text over several lines."""
    for number in range(line, min(line + 20, len(lines) + 1)):
        at = lines[number - 1].find(source, column if number == line else 0)
        if at >= 0:
            return number, at + 1
    return line, column
