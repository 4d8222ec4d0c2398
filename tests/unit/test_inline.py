"""The inline Markdown of titles."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notepress.inline import Inline, Kind, Span, literal, parse_inline


def text(content: str, *, emphasis: bool = False, strong: bool = False) -> Span:
    """Return a span of text."""
    return Span(Kind.TEXT, content, emphasis, strong)


@pytest.mark.parametrize(
    ("title", "spans"),
    [
        ("注意力机制(_Attention_)", [text("注意力机制("), text("Attention", emphasis=True), text(")")]),
        ("**重点** 与 *强调*", [text("重点", strong=True), text(" 与 "), text("强调", emphasis=True)]),
        ("***两者***", [text("两者", emphasis=True, strong=True)]),
        ("**a _b_**", [text("a ", strong=True), text("b", emphasis=True, strong=True)]),
        ("从 $x^2$ 到 $y_i$", [text("从 "), Span(Kind.MATH, "x^2"), text(" 到 "), Span(Kind.MATH, "y_i")]),
        ("函数 `a_b*c`", [text("函数 "), Span(Kind.CODE, "a_b*c")]),
        ("_a `b`_", [text("a ", emphasis=True), Span(Kind.CODE, "b", True)]),
        ("`$x$`", [Span(Kind.CODE, "$x$")]),
    ],
)
def test_emphasis_code_and_math_are_markup(title: str, spans: list[Span]) -> None:
    """Emphasis, code and formulas of a title are what CommonMark says."""
    assert list(parse_inline(title).spans) == spans


@pytest.mark.parametrize(
    "title",
    [
        "A_B 与 C_D",
        "snake_case_name",
        "2 * 3 * 4",
        "[x](y)",
        "![x](y)",
        "<img src=x onerror=alert(1)>",
        "<b>粗</b>",
        "<https://example.org>",
        "https://example.org",
        "~~删除~~",
        "==标记==",
        "# 不是标题",
        "1. 不是列表",
        "- 不是列表",
        "> 不是引文",
        "| a | b |",
        "100% & #1 ~ ^ { }",
        "$5 和 $6",
        "价格 $5",
        "$ x $",
        "一个 ` 反引号",
        "AT&T",
        "结尾的反斜杠\\",
        "\\input{x}",
        "[^1]",
        "[[链接]]",
        ":smile:",
    ],
)
def test_everything_else_is_plain_characters(title: str) -> None:
    """Links, images, HTML, blocks and half a formula are text, character for character."""
    assert parse_inline(title) == literal(title)


@pytest.mark.parametrize(
    ("title", "plain"), [(r"\*星\*", "*星*"), (r"\$5 \$", "$5 $"), ("a&amp;b", "a&b"), (r"\_a\_", "_a_")]
)
def test_escape_gives_the_bare_character(title: str, plain: str) -> None:
    """A backslash or an entity is how an author asks for the character itself."""
    assert parse_inline(title) == literal(plain)


@pytest.mark.parametrize("title", ["两\n行", "两\r\n行", "两\t行", "  两  行 "])
def test_line_breaks_become_single_spaces(title: str) -> None:
    """A title is one line with no space at its ends."""
    assert parse_inline(title).plain == "两 行"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*"ab中_*`$\\<>[]()!#&~ ", "**", "&lt;", "\n"]), max_size=14).map("".join))
def test_no_title_is_lost_or_broken(title: str) -> None:
    """Any title parses; no span is empty, none holds a line break, and no letter disappears."""
    inline = parse_inline(title)
    assert all(span.text for span in inline.spans)
    assert "\n" not in inline.plain
    assert [c for c in inline.plain if c in "ab中"] == [c for c in title if c in "ab中"]


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=20))
def test_literal_is_its_text(content: str) -> None:
    """A file name that serves as a title is never read as Markdown."""
    assert literal(content).plain == content
    assert all(span.kind is Kind.TEXT for span in literal(content).spans)


def test_empty_title_has_no_spans() -> None:
    """Nothing in, nothing out."""
    assert parse_inline("") == literal("") == Inline(())
