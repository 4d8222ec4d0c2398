"""Natural order of Chinese file names."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notepress.ordering import natural_key, parse_numeral

DIGITS = "零一二三四五六七八九"
PIECES = [
    "第",
    "一",
    "二",
    "十",
    "百",
    "章",
    "0",
    "1",
    "2",
    "10",
    "0" * 3,
    "a",
    "A",
    "é",
    "e\u0301",
    "ß",
    "ﬁ",
    "-",
    " ",
    "",
]
names = st.lists(st.sampled_from(PIECES) | st.characters(exclude_categories=["Cs"]), max_size=6).map("".join)


def numeral(value: int) -> str:
    """Write a number below ten thousand the way a Chinese book counts its chapters."""
    written, pending = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // unit % 10
        if digit:
            written += ("零" if pending and written else "") + DIGITS[digit] + name
        pending = not digit
    return written.removeprefix("一") if 10 <= value < 20 else written


@pytest.mark.parametrize(
    "ordered",
    [
        ["n 阶 2", "n 阶 9", "n 阶 10", "n 阶 100"],
        ["第一章", "第二章", "第三章", "第九章", "第十章", "第十一章", "第十二章", "第二十章", "第一百章"],
        ["第1章", "第二章", "第3章", "第十章", "第11章"],
        ["第九讲 甲", "第十讲 乙", "第十一讲 丙"],
        ["1-9", "1-10", "2-1"],
        ["01-甲", "2-乙", "03-丙", "10-丁"],
        ["第９章", "第１０章"],
        ["a1b2", "a1b10", "a2b1"],
        ["Apple", "banana", "Cherry"],
    ],
)
def test_names_sort_as_a_reader_counts(ordered: list[str]) -> None:
    """Numbers in names count as numbers, Chinese ones too, and case does not matter."""
    backwards = ordered[::-1]
    assert sorted(backwards, key=natural_key) == ordered


def test_numeral_inside_a_title_is_a_word() -> None:
    """一元 and 二元 are words, not the numbers one and two."""
    assert natural_key("一元模型")[0] == (1, 0, "一元模型")


@settings(max_examples=100, deadline=None)
@given(st.lists(names, max_size=8), st.randoms())
def test_order_does_not_depend_on_where_it_starts(found: list[str], random: object) -> None:
    """Any listing of a folder sorts to the same sequence: the order is total."""
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    normal = [unicodedata.normalize("NFC", n) for n in sorted(shuffled, key=natural_key)]
    assert normal == [unicodedata.normalize("NFC", n) for n in sorted(found, key=natural_key)]


@settings(max_examples=100, deadline=None)
@given(names, names)
def test_keys_are_equal_only_for_the_same_name(left: str, right: str) -> None:
    """Two names that differ in more than normalisation never tie."""
    same = unicodedata.normalize("NFC", left) == unicodedata.normalize("NFC", right)
    assert (natural_key(left) == natural_key(right)) is same


@settings(max_examples=100, deadline=None)
@given(names)
def test_order_is_independent_of_normalisation(name: str) -> None:
    """A name from a Mac (NFD) sorts exactly where its twin from Linux (NFC) does."""
    assert natural_key(unicodedata.normalize("NFD", name)) == natural_key(unicodedata.normalize("NFC", name))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("零", 0),
        ("一", 1),
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("二十三", 23),
        ("两百", 200),
        ("一百零三", 103),
        ("一百一十", 110),
        ("一千零二十", 1020),
        ("二〇", 20),
        ("二〇二六", 2026),
        ("九千九百九十九", 9999),
    ],
)
def test_numeral_has_its_value(written: str, value: int) -> None:
    """Numerals read as a Chinese reader reads them."""
    assert parse_numeral(written) == value


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 9999))
def test_every_numeral_below_ten_thousand_is_read_back(value: int) -> None:
    """Whatever chapter number is written out, its value comes back."""
    assert parse_numeral(numeral(value)) == value


def test_chapters_one_to_a_hundred_are_in_order() -> None:
    """第一章 to 第一百章 sort like 1 to 100."""
    keys = [natural_key(f"第{numeral(n)}章 标题") for n in range(1, 101)]
    assert all(a < b for a, b in pairwise(keys))
