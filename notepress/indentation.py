"""The beginning of a line: how far it is indented, and in how many quotes it stands."""

from __future__ import annotations

import re

_QUOTE_MARK = re.compile(r"[ \t]*> ?")


def width(line: str) -> int:
    """Return the columns of white space that a line begins with (CommonMark 2.2: tabs stop at every fourth)."""
    column = 0
    for char in line:
        if char == "\t":
            column += 4 - column % 4
        elif char == " ":
            column += 1
        else:
            break
    return column


def quoted(prefix: str, rest: str, most: int) -> tuple[str, str]:
    """Move marks of quotes from a line's text to its prefix, until that has as many as asked for."""
    begin = 0
    for _ in range(most - prefix.count(">")):
        match = _QUOTE_MARK.match(rest, begin)
        if not match:
            break
        begin = match.end()
    return prefix + rest[:begin], rest[begin:]


def outdented(line: str, columns: int) -> str:
    """Return a line that is indented by some columns less."""
    text = line.lstrip(" \t")
    return " " * (width(line) - columns) + text
