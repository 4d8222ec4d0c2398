"""Characters are looked up in the fonts of the place where they stand, and only where they are printed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notepress.coverage import Characters, Coverage, character_ranges
from notepress.dialect import protect
from notepress.fontpackages import glyph_hint
from notepress.printed import missing_glyphs

HANZI = character_ranges(range(0x4E00, 0x9FFF))
GREEK = character_ranges(range(0x370, 0x400))
BOXES = character_ranges(range(0x2500, 0x2580))
COVERED = Coverage(text=(HANZI,), code=(HANZI, BOXES), math=(HANZI, GREEK))


def found(markdown: str) -> list[tuple[str, int | None, int | None]]:
    """Return code, line and column of each finding, in the order of the text."""
    formulas = protect(markdown, file="a.md").formulas
    missing = missing_glyphs(markdown, formulas, COVERED, glyph_hint, file="a.md")
    return [(d.code, d.line, d.column) for d in missing]


@pytest.mark.parametrize(
    ("markdown", "place"),
    [
        ("字\n字α", (2, 2)),
        ("$α$ α", (1, 5)),
        ("```\n│\n```\n\n字│", (5, 2)),
        ("$字│$", (1, 3)),
        ("`│` │", (1, 5)),
    ],
)
def test_character_needs_a_font_of_its_place(markdown: str, place: tuple[int, int]) -> None:
    """Greek is there in formulas only, boxes in code only: elsewhere they are missing, and located."""
    assert found(markdown) == [("missing-glyph", *place)]


@pytest.mark.parametrize(
    "markdown",
    [
        "<!-- α -->",
        "[字](α.md)",
        "![](图α.png){#α}",
        "[字]: https://a.b/α",
        '<span title="α">字</span>',
        "```\n│字\n```",
        "`│`",
        "$α$",
        "字\ufe0f",
    ],
)
def test_what_is_not_printed_needs_no_font(markdown: str) -> None:
    """Comments, addresses and tags are not printed; code and formulas have fonts of their own."""
    assert found(markdown) == []


def test_character_that_is_missing_twice_is_reported_once() -> None:
    """The first place counts, whatever stands there."""
    assert found("`α` α") == [("missing-glyph", 1, 2)]


@given(st.sets(st.integers(0, 300)))
def test_ranges_hold_the_same_characters(codes: set[int]) -> None:
    """Ranges say the same of every code point as the set they were made from."""
    ranges = character_ranges(codes)
    assert {code for code in range(-1, 302) if code in ranges} == codes
    assert isinstance(ranges, Characters)
