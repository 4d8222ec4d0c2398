"""Where a character that no font has was written."""

from __future__ import annotations

import pytest

from notepress.dialect import protect
from notepress.signs import find_sign


@pytest.mark.parametrize(
    ("char", "line", "column"),
    [
        ("龘", 2, 1),
        ("\U0001d6e5", 4, 6),
        ("\U0001d4b6", 5, 4),
        ("\u25b1", 6, 2),
        ("\x02", 1, None),
    ],
)
def test_a_sign_is_found_as_itself_or_as_its_command(char: str, line: int, column: int | None) -> None:
    """A glyph that a command printed is reported where that command stands, and at line 1 only where nothing tells."""
    text = "甲\n龘\n\n$x = \\varDelta$\n$x \\mathcal{a}$\n$\\parallelogram$"
    place = find_sign(char, protect(text, file="a.md").formulas, text.split("\n"))
    assert (place.line, place.column) == (line, column)
