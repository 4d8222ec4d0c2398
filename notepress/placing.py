r"""Formulas -> their places in the LaTeX of a note, each as itself or, where TeX rejects it, as its source in a box.

The converter leaves a placeholder for each formula, so nothing between the note and TeX can change it, and it is known
to the character where each stands. Either form has as many lines as the formula has in the note: no line moves.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from .addresses import dest_name
from .definitions import PREFIX
from .dialect import CLOSE, OPEN
from .documents import Anchors, FormulaSpan
from .latex import escape
from .model import Body, Formula, Kind, Wording

_PLACEHOLDER = re.compile(f"{OPEN}(\\d+){CLOSE}")
# A display whose sentence goes on, as its last mark says, and after it the beginning of a paragraph: text or a formula.
_GOES_ON = re.compile(r"[,，;；]\s*(?:\\end\{[^{}]*\}\s*)*(?:\$\$|\\\])?\s*(?:\{#[^{}]*\})?\s*")
_TEXT_FOLLOWS = re.compile(rf"\n\n(?:%@=?\d+\n)*(?:{OPEN}|[^\W\d_]|[(（“])")
# What a display has that can't become lines of a paragraph: rows of its own; those of a matrix stay together.
_OF_ROWS = re.compile(r"&|\\\\|\\(?:begin|label|newline|cr)(?![A-Za-z])")
_MATRIX = re.compile(r"\\begin\{([pbBvV]?matrix\*?|smallmatrix|cases)\}(?:(?!\\begin).)*?\\end\{\1\}", re.S)
_COMMAND = re.compile(r"\\[A-Za-z]+|[{}\s^_]")
# What a display is called that may be wider than a line, from so many signs on, commands counted as one: of a page, or
# of a telephone. TeX sets these twice, to measure them.
_LONG = ((60, r"\nplongdisplay{"), (35, r"\npmediumdisplay{"))
# Source is broken after so many signs without a space.
_UNBROKEN = re.compile(r"(\S{40})(?=\S)")
_DELIMITERS = {Kind.INLINE: ("\\(", "\\)"), Kind.DISPLAY: ("\\[", "\\]"), Kind.ENVIRONMENT: ("", "")}


def placeholder(number: int) -> str:
    """Return what stands for a formula in LaTeX that the converter did not make."""
    return f"{OPEN}{number}{CLOSE}"


def place_formulas(
    latex: str, formulas: tuple[Formula, ...], rejected: Set[int] = frozenset()
) -> tuple[str, tuple[FormulaSpan, ...]]:
    """Put formulas in place of their placeholders, `rejected` ones as their source; say where they stand now."""
    parts: list[str] = []
    spans: list[FormulaSpan] = []
    here = length = 0
    for match in _PLACEHOLDER.finditer(latex):
        number = int(match[1])
        formula = formulas[number]
        before = latex[here : match.start()]
        # What it defines is no part of what is wrong with it: without that, each use would be an error.
        made = formula.defines + _in_box(formula) if number in rejected else _as_math(formula)
        begin = length + len(before)
        spans.append(FormulaSpan(begin, begin + len(made), number))
        parts += [before, made]
        length = begin + len(made)
        here = match.end()
        if _goes_on(formula) and _TEXT_FOLLOWS.match(latex, here):
            parts.append(r"\npcontinues")
            length += len(parts[-1])
    return "".join([*parts, latex[here:]]), tuple(spans)


def placed_anchors(body: Body, rejected: Set[int]) -> Anchors:
    """Return a note's headings and terms with formulas in place, ready for parts where its own commands are unknown."""

    def placed(wording: Wording) -> Wording:
        return replace(wording, latex=_elsewhere(wording.latex, body, rejected))

    return Anchors(
        headings=tuple(replace(h, latex=_elsewhere(h.latex, body, rejected)) for h in body.headings),
        terms=tuple(
            replace(t, chinese=placed(t.chinese), english=placed(t.english), abbreviation=placed(t.abbreviation))
            for t in body.terms
        ),
    )


def _elsewhere(latex: str, body: Body, rejected: Set[int]) -> str:
    """Return some LaTeX of a note with its formulas in place and, where these need them, its definitions."""
    placed, _ = place_formulas(latex, body.formulas, rejected)
    return body.definitions + placed if f"\\{PREFIX}" in placed else placed


def _goes_on(formula: Formula) -> bool:
    """Say whether a display ends within a sentence, so that the paragraph after it is none of its own."""
    last = max(formula.source.rfind(mark) for mark in ",，;；")
    return formula.kind is not Kind.INLINE and last >= 0 and _GOES_ON.fullmatch(formula.source, last) is not None


def _as_math(formula: Formula) -> str:
    opening, closing = _DELIMITERS[formula.kind]
    if formula.kind is Kind.DISPLAY and (command := _long_line(formula.tex)):
        opening, closing = command, "}"
    return f"{opening}{formula.tex}{closing}"


def _long_line(tex: str) -> str | None:
    """Return the command for a display that is one line and may be too wide; None for any other."""
    if len(tex) <= _LONG[-1][0] or _OF_ROWS.search(_MATRIX.sub("", tex)):
        return None
    signs = len(_COMMAND.sub("", tex)) + tex.count("\\")
    return next((command for least, command in _LONG if signs > least), None)


def _in_box(formula: Formula) -> str:
    if formula.kind is Kind.INLINE:
        # A line without anything on it would end the paragraph.
        lines = [_source_line(line) if line.strip() else "%" for line in formula.source.split("\n")]
        return r"\rejectedmath{" + "\n".join(lines) + "}"
    lines = [_source_line(line.strip()) for line in formula.source.split("\n")]
    if formula.label:
        # What refers to it leads here.
        lines[0] = rf"\linedest{{{dest_name(formula.label)}}}{lines[0]}"
    return r"\rejecteddisplay{" + "\n".join(rf"\rejectedline{{{line}}}" for line in lines) + "}"


def _source_line(line: str) -> str:
    """Return a line of a formula's source for print; TeX would not break it where it has no spaces."""
    return r"\codebreak{}".join(escape(piece) for piece in _UNBROKEN.sub("\\1\0", line).split("\0"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePlace:
    """A place in the note: line and column from 1, None where the column can't be told, and the text of the line."""

    line: int
    column: int | None
    excerpt: str | None


def place_in_source(formula: Formula, before: str, token: str, lines: Sequence[str]) -> SourcePlace:
    """Say where in the note `token` is that ends `before`, the beginning of what TeX got of a formula.

    `lines` are those of the note. Clean-up may have changed a formula, but not its lines, nor the order of its tokens.
    """
    row = before.count("\n")
    line = formula.line + row
    excerpt = lines[line - 1] if line <= len(lines) else None
    start = formula.column - 1 if row == 0 else 0
    column = _nth(excerpt or "", token, before.rpartition("\n")[2].count(token), start) if token else None
    if column is None and row == 0:
        column = formula.column
    return SourcePlace(line=line, column=column, excerpt=excerpt)


def _nth(line: str, token: str, count: int, start: int) -> int | None:
    """Return the column of the `count`-th `token` from `start` on."""
    at = start - 1
    for _ in range(count):
        at = line.find(token, at + 1)
        if at < 0:
            return None
    return at + 1 if count else None
