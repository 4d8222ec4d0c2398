"""Overlapping punctuation is marked with its text; what is drawn stays the same."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from notepress.actualtext import PageFont, mark_content

COMMA, OPEN, HAN = b"0001", b"0002", b"0003"
CJK = PageFont(
    characters={1: "，", 2: "“", 3: "字"}, widths={}, default_width=1000.0, punctuation=frozenset({COMMA, OPEN})
)
LATIN = PageFont(characters={0x41: "A"}, widths={0x41: 600.0}, default_width=500.0, punctuation=frozenset())
FONTS = {b"F1": CJK, b"F2": LATIN}
MARK = re.compile(rb" ?/Span<</ActualText<FEFF([0-9A-F]*)>>>BDC | ?EMC ?")
# Movements far to the right or left and none at all.
PIECE = st.one_of(st.sampled_from([COMMA, OPEN, HAN]), st.sampled_from([b">500<", b">1000<", b">-250<", b">99<"]))


def marked(content: bytes) -> list[str]:
    """Return the texts that a content is marked with."""
    return [
        bytes.fromhex(m[1].decode()).decode("utf-16-be") for m in MARK.finditer(mark_content(content, FONTS)) if m[1]
    ]


def drawn(content: bytes) -> bytes:
    """Return what a content draws: without marks, and with strings that were cut joined again."""
    without = MARK.sub(b"", content).replace(b"[<>]TJ", b"")
    return re.sub(rb"\]TJ *\[", b"", without).replace(b"><", b"").replace(b"<>", b"")


def test_two_marks_that_share_a_square_are_one_text() -> None:
    """Each run is marked by itself; hanzi around it are not in it."""
    content = b"BT /F1 10 Tf 0 0 Td[<00030001>1000<00020003>-20<0003>]TJ ET"
    assert marked(content) == ["，“"]
    assert drawn(mark_content(content, FONTS)) == drawn(content)


def test_a_mark_under_a_letter_of_another_font_is_one_text_with_it() -> None:
    """The square of ， reaches under A, which begins 5 points after it; heights are rounded."""
    for height in (b"0", b".001", b"-.001"):
        content = b"/F1 10 Tf 0 0 Td[<00030001>]TJ /F2 10 Tf 15 " + height + b" Td[<00410041>]TJ"
        assert marked(content) == ["，A"]


def test_a_run_is_one_text_as_long_as_each_of_its_glyphs_overlaps_the_next() -> None:
    """Over a change of the font as well; where two do not overlap, or neither is punctuation, another run begins."""
    chain = b"/F1 10 Tf 0 0 Td[<0003>500<0001>500<0002>]TJ /F2 10 Tf 15 0 Td[<0041>500<0041>]TJ"
    assert marked(chain) == ["字，“A"]
    assert marked(b"/F1 10 Tf 0 0 Td[<00010001>500<00020001>500<0003>]TJ") == ["，“", "，字"]
    assert marked(b"/F1 10 Tf 0 0 Td[<0003>500<0001>]TJ 80 0 Td[<0001>500<0002>]TJ") == ["字，", "，“"]


def test_a_text_is_as_wide_as_its_glyphs_less_what_they_were_moved_together() -> None:
    """Four squares of 10 points, moved together by 10 in all, reach as far as 30."""
    text = b"/F1 10 Tf 0 0 Td[<0003>250<0003>250<0003>500<0001>]TJ /F2 10 Tf %b 0 Td[<00410041>]TJ"
    assert marked(text % b"29") == ["字，A"]
    assert marked(text % b"30") == ["字，"]


def test_what_does_not_overlap_is_left_alone() -> None:
    """Full squares, another line, a cell further right, kerned letters: no mark, not a byte changed."""
    for content in (
        b"/F1 10 Tf 0 0 Td[<00030001>]TJ /F2 10 Tf 20 0 Td[<0041>]TJ",
        b"/F1 10 Tf 0 0 Td[<0001>]TJ 0 -17 Td[<0002>]TJ",
        b"/F1 10 Tf 0 0 Td[<0001>]TJ 80 0 Td[<0002>]TJ",
        b"/F1 10 Tf 0 0 Td[<00010002>]TJ",
        b"/F2 10 Tf 0 0 Td[<0041>500<0041>]TJ",
        b"/F9 10 Tf 0 0 Td[<0001>500<0002>]TJ",
    ):
        assert mark_content(content, FONTS) == content


@given(st.lists(PIECE, min_size=1, max_size=12))
def test_nothing_is_drawn_otherwise(pieces: list[bytes]) -> None:
    """Whatever glyphs and movements: the same in the same order, and every mark is closed."""
    content = b"/F1 10 Tf 0 0 Td[<" + HAN + b"".join(pieces) + HAN + b">]TJ"
    content = re.sub(rb">(-?\d+)<(?=>)", rb">\1", content).replace(b"<>", b"")
    result = mark_content(content, FONTS)
    assert drawn(result) == drawn(content)
    assert result.count(b"BDC") == result.count(b"EMC")
