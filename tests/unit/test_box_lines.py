"""Boxes of many dialects become divs, and every line still knows where it came from."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notepress.blocksyntax import Arranged, arrange

fragments = st.lists(
    st.sampled_from(
        ["!!! note", '    !!! tip "题"', "??? info", '=== "签"', "::: warning", ":::", "> [!note] 题", "> 内", "文字",
         "    缩进", "        更深", "", "- 项", "```", "    ```", "{% note %}", "{% endnote %}", "> > [!tip]"]
    ),
    max_size=14,
).map("\n".join)  # fmt: skip


def origins(arranged: Arranged) -> list[tuple[int, str]]:
    """Return each line of the result with the line of the note it came from."""
    lines = arranged.markdown.split("\n")
    return list(zip(arranged.lines or range(1, len(lines) + 1), lines, strict=True))


@settings(max_examples=300, deadline=None)
@given(fragments)
def test_every_hanzi_stays_at_its_line(markdown: str) -> None:
    """Whatever a note holds, its text is kept and its lines are known: titles move at most to their own line."""
    source = markdown.split("\n")
    for number, line in origins(arrange(markdown, file="a.md")):
        for char in re.findall("[内文字缩进更深项]", line):
            assert char in source[number - 1]
    kept = "".join(line for _, line in origins(arrange(markdown, file="a.md")))
    for char in "内文字缩进更深项":
        assert kept.count(char) == markdown.count(char)


@pytest.mark.parametrize(
    "markdown",
    [
        "普通的文字\n\n- 列表\n\n> 引用",
        "a != b\n\n=====\n\n???",
        "!!!",
        "文字\n\n??? \n\n文字",
        "```\n!!! note\n    代码\n```",
    ],
)
def test_what_is_no_box_is_untouched(markdown: str) -> None:
    """Plain text, headings and code stay as they are."""
    assert arrange(markdown, file="a.md").markdown == markdown


def test_a_container_without_its_end_is_reported() -> None:
    """The line is where it begins."""
    found = arrange("文字\n\n::: tip\n内容", file="a.md").diagnostics
    assert [(d.code, d.line) for d in found] == [("unclosed-block", 3)]
