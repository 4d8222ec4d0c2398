"""File names of PDFs and of sources."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notepress.naming import pdf_name, portability_problem, without_number

FORBIDDEN = set('"*/:<>?\\|')
DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{digit}" for name in ("com", "lpt") for digit in range(10))}
PIECES = [
    "CON",
    "aux",
    "nul.",
    "-",
    ".",
    " ",
    "/",
    "\\",
    "..",
    "\n",
    "\0",
    "\u200b",
    "\u202e",
    "e",
    "\u0301",
    "阶",
    "😀",
]
titles = st.lists(st.sampled_from(PIECES) | st.characters(), max_size=12).map("".join) | st.builds(
    lambda start, char, times: start + char * times,
    st.sampled_from(["", "-", "CON.", "a"]),
    st.sampled_from(["a", "阶", "😀", ". ", "-"]),
    st.integers(60, 300),
)


@settings(max_examples=300, deadline=None)
@given(titles)
@example("-" * 230)
@example("CON." + "a" * 226)
@example("e\u200b\u0301")
def test_name_is_safe_on_every_file_system(title: str) -> None:
    """Any title gives a name that Windows, macOS and Linux accept and that stays in its folder."""
    name = pdf_name(title)
    assert name
    assert len(name.encode()) <= 230
    assert not FORBIDDEN & set(name)
    assert not any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in name)
    assert name.split(".")[0].rstrip(" ").lower() not in DEVICES
    assert name == name.strip(" .")
    assert not name.startswith("-")


@settings(max_examples=300, deadline=None)
@given(titles)
@example("-" * 230)
@example("e\u200b\u0301")
def test_name_of_a_name_is_itself(title: str) -> None:
    """Naming is idempotent, so a name taken from a PDF and put into `file:` finds the same PDF."""
    assert pdf_name(pdf_name(title)) == pdf_name(title)


@settings(max_examples=100, deadline=None)
@given(titles)
def test_name_does_not_depend_on_normalisation(title: str) -> None:
    """The same title typed on a Mac and on Linux names the same PDF."""
    forms = {pdf_name(unicodedata.normalize(form, title)) for form in ("NFC", "NFD")}
    assert len(forms) == 1
    assert unicodedata.is_normalized("NFC", forms.pop())


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("循环神经网络(RNN) - 前事不忘后事之师", "循环神经网络(RNN) - 前事不忘后事之师"),
        ("n 阶马尔可夫假设 - 理想与近似", "n 阶马尔可夫假设 - 理想与近似"),
        ("A/B 测试: 为什么?", "A／B 测试： 为什么？"),
        ("../../etc/passwd", "／..／etc／passwd"),
        ("多\n行\t标题", "多行标题"),
        ("100% & #1 ~ ^ {x}", "100% & #1 ~ ^ {x}"),
        ("CON", "_CON"),
        ("con.pdf", "_con.pdf"),
        ("CONTENTS", "CONTENTS"),
        ("-rf", "_-rf"),
        ("结尾...", "结尾"),
        ("", "_"),
        ("...", "_"),
    ],
)
def test_name_stays_readable(title: str, name: str) -> None:
    """What is legal everywhere stays as it is; the rest is replaced by its look-alike."""
    if "\n" in title:
        # Either is readable, but words must not be lost.
        assert pdf_name(title).replace(" ", "") == name
    else:
        assert pdf_name(title) == name


def test_long_title_is_cut_between_characters() -> None:
    """A title beyond the limit keeps its beginning and ends in a whole character."""
    name = pdf_name("阶" * 200)
    assert set(name) == {"阶"}
    assert 220 <= len(name.encode()) <= 230


@pytest.mark.parametrize(
    "name",
    [
        "CON.md",
        "con.md",
        "Aux.notes.md",
        "LPT1.md",
        "LPT².md",
        "conin$.md",
        "a?.md",
        "a:b.md",
        "a*.md",
        "a|b.md",
        "<a>.md",
        'a"b.md',
        "a\\b.md",
        "a .md",
        "a..md",
        unicodedata.normalize("NFD", "é.md"),
        "a\nb.md",
        "\udcc4\udce3.md",
    ],
)
def test_bad_input_28_name_that_would_not_survive_a_checkout_is_reported(name: str) -> None:
    """A source that another system could not check out, or would rename, has a problem that can be told."""
    assert portability_problem(name)


@pytest.mark.parametrize(
    "name",
    [
        "空 格.md",
        "100%.md",
        "#1.md",
        "(a).md",
        "[a].md",
        "a_b~c'd.md",
        "😀.md",
        "-a.md",
        "CONTENTS.md",
        "a.b.md",
        "é.md",
    ],
)
def test_bad_input_27_unusual_but_legal_name_is_no_problem(name: str) -> None:
    """Characters every file system allows are not complained about."""
    assert portability_problem(name) is None


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("04-循环神经网络", "循环神经网络"),
        ("01_intro", "intro"),
        ("3. 引言", "引言"),
        ("2、方法", "方法"),
        ("1.2 小节", "小节"),
        ("01-2024年总结", "2024年总结"),
        ("2024年总结", "2024年总结"),
        ("3D图形", "3D图形"),
        ("n阶", "n阶"),
        ("10", "10"),
        ("01-", "01-"),
        ("3.14", "3.14"),
        ("2026-01-07", "2026-01-07"),
        ("2026-01-07 读书笔记", "2026-01-07 读书笔记"),
    ],
)
def test_only_a_sorting_number_is_dropped(name: str, title: str) -> None:
    """The number that orders a file is no part of its title; a date, a year or a number of the title is."""
    assert without_number(name) == title
