"""How long a note takes to read, from what it is made of."""

from __future__ import annotations

import math
import re

from .model import Body, Kind

# Hanzi a minute of somebody who follows an argument; novels are read half as fast again.
HANZI = 300
# Words a minute of other languages, at the same pace.
WORDS = 150
# Seconds for what is looked at rather than read: a symbol in the text, a formula to be checked, a figure, a table.
SYMBOL, DISPLAY, FIGURE, TABLE = 1, 12, 20, 20

_HANZI = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
_WORD = re.compile("[A-Za-z\u00c0-\u024f]{2,}")
_TABLE = re.compile(r"\\begin\{np(?:trial|measure)\}")
# Marks of the source map, then commands with the names they begin and end.
_COMMAND = re.compile(r"%@=?\d+|\\(?:begin|end)\{[^}]*\}|\\[A-Za-z]+")


def reading_minutes(body: Body) -> int:
    """Return the minutes, at least one, that a converted note takes to read; formulas count by their kind."""
    text = _COMMAND.sub(" ", body.latex)
    displays = sum(formula.kind is not Kind.INLINE for formula in body.formulas)
    seconds = (
        len(_HANZI.findall(text)) * 60 / HANZI
        + len(_WORD.findall(text)) * 60 / WORDS
        + (len(body.formulas) - displays) * SYMBOL
        + displays * DISPLAY
        + body.latex.count(r"\begin{notefigure}") * FIGURE
        # The rows of a table are set twice (see lua/tables.lua), and their words have counted twice.
        + len(_TABLE.findall(body.latex)) * TABLE
    )
    return max(1, math.ceil(seconds / 60))
