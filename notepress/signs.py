"""A printed character -> where in the note it was written, as itself or as a command of a formula."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from .model import Formula
from .placing import SourcePlace, place_in_source


def find_sign(char: str, formulas: Iterable[Formula], lines: Sequence[str]) -> SourcePlace:
    """Return the first place of a character in the lines of a note; where nothing tells, its first line."""
    for number, text in enumerate(lines, 1):
        if char in text:
            return SourcePlace(line=number, column=text.index(char) + 1, excerpt=text)
    if word := unicodedata.name(char, "").rpartition(" ")[2]:
        # MATHEMATICAL ITALIC CAPITAL DELTA is \Delta or \varDelta, MATHEMATICAL SCRIPT SMALL A an a in \mathcal.
        pattern = rf"\\(?:math|sym|bold|bm)[a-z]*\W+{word}" if len(word) == 1 else rf"\\[a-z]*{re.escape(word)}[a-z]*"
        for formula in formulas:
            if match := re.search(pattern, formula.source, re.IGNORECASE):
                return place_in_source(formula, formula.source[: match.end()], match[0], lines)
    return SourcePlace(line=1, column=None, excerpt=None)
