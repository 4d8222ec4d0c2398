"""What is said about characters that nobody sees or that no font has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notepress.characters import INVISIBLE, check_characters, describe, missing_characters
from notepress.fontpackages import PACKAGES, glyph_hint


@pytest.mark.parametrize("code", [first for first, _ in INVISIBLE] + [0x85, 0x2028, 0x2029])
def test_an_invisible_character_is_named_with_its_place(code: int) -> None:
    """Line and column of the first one, and its code point."""
    found = list(check_characters(f"甲\n乙{chr(code)}丙{chr(code)}\n", "a.md"))
    assert [(d.code, d.file, d.line, d.column) for d in found] == [("invisible-character", "a.md", 2, 2)]
    assert f"U+{code:04X}" in found[0].message


@pytest.mark.parametrize("sequence", ["👨‍👩‍👧", "👍🏽", "🇨🇳", "1️⃣", "❤️‍🔥"])
def test_a_sequence_that_print_takes_apart_is_said(sequence: str) -> None:
    """It is no warning, for every part is drawn."""
    (found,) = check_characters(f"文字{sequence}。", "a.md")
    assert (found.severity, found.code, found.column) == ("info", "emoji-sequence", 3)


def test_invisible_characters_of_titles_are_named() -> None:
    """Front matter is no part of the text; a character that both have is named where the text has it."""
    found = list(check_characters("甲\u200b", "a.md", ["题\u202e\u200b"]))
    assert [(d.line, d.column, d.message.split()[2]) for d in found] == [(1, None, "U+202E"), (1, 2, "U+200B")]


@given(st.text(st.characters(categories=("L", "N", "P", "Zs")), max_size=40))
def test_ordinary_text_is_left_alone(text: str) -> None:
    """Letters, figures, punctuation and spaces of any script give no word."""
    assert list(check_characters(text, "a.md")) == []


def test_a_lost_character_is_named() -> None:
    """U+FFFD is seen, but says that something else stood there."""
    assert [d.code for d in check_characters("模\ufffd", "a.md")] == ["replacement-character"]


def test_missing_characters_are_named_once_with_their_place() -> None:
    """What is left out or only chooses a form is not missing."""
    text = "好\n\U00030000\u200b❤\ufe0f\U00030000"
    found = list(missing_characters(text, {ord("好"), ord("❤")}, glyph_hint))
    assert [(char, line, column) for char, line, column, _ in found] == [("\U00030000", 2, 1)]
    assert "fonts-babelstone-han" in found[0][3]


def test_hints_name_a_package_only_where_it_helps() -> None:
    """An icon of one font and an emoji that is too new are for words; what nobody knows has no package."""
    assert "fonts-hanazono" in glyph_hint(0x2A6A5)
    assert "icon" in glyph_hint(0xE000)
    assert "words" in glyph_hint(0x1FAE8)
    assert "apt-get" not in glyph_hint(0x0E01)


def test_ranges_of_packages_are_in_order() -> None:
    """The first that fits is the only one that does."""
    assert all(first <= last for first, last, _ in PACKAGES)


def test_describe_says_code_point_and_name() -> None:
    """Also where Unicode gives no name."""
    assert (describe("\u202e"), describe("\x07")) == ("U+202E RIGHT-TO-LEFT OVERRIDE", "U+0007")
