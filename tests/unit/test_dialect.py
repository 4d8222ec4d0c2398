"""Markdown -> protected Markdown and its formulas, line for line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notepress.dialect import CLOSE, FILLER, JOINER, OPEN, Protected, protect
from notepress.errors import Severity

PLACEHOLDER = re.compile(rf"{OPEN}(\d+){CLOSE}(?:\n[ \t>]*{FILLER}\1\.\d+{CLOSE})*")
FRAGMENTS = (
    *(
        "$",
        "$$",
        "\n",
        "\n\n",
        "`",
        "```\n",
        "~~~\n",
        "> ",
        "- ",
        "1. ",
        "# ",
        "  ",
        " ",
        "\\",
        "\\$",
        "a_1",
        "中文",
        "。",
    ),
    *(
        "**",
        "~~",
        "{",
        "}",
        "|",
        "\\begin{align}",
        "\\end{align}",
        "\\[",
        "\\]",
        "\\(",
        "\\)",
        "<!--",
        "-->",
        "&",
        "% ",
    ),
)
notes = st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join)


def taken(markdown: str) -> list[str]:
    """Return what TeX gets of each formula."""
    return [formula.tex for formula in protect(markdown, file="a.md").formulas]


def unprotected(protected: Protected) -> str:
    """Put the formulas back where their placeholders stand."""
    text = PLACEHOLDER.sub(lambda m: protected.formulas[int(m[1])].source, protected.markdown)
    return text.replace(JOINER, "")


@settings(max_examples=300, deadline=None)
@given(notes)
def test_no_line_moves(markdown: str) -> None:
    """The protected note has as many lines as the note, so that a line number means the same in both."""
    assert protect(markdown, file="a.md").markdown.count("\n") == markdown.count("\n")


@settings(max_examples=300, deadline=None)
@given(notes)
def test_nothing_is_lost_or_added(markdown: str) -> None:
    """Every character of the note is either in the protected text or in a formula, in its old place."""
    assert unprotected(protect(markdown, file="a.md")) == markdown


@settings(max_examples=200, deadline=None)
@given(notes)
def test_a_formula_knows_its_line(markdown: str) -> None:
    """The first line of a formula is to be found in the line of the note that it names."""
    lines = markdown.split("\n")
    for formula in protect(markdown, file="a.md").formulas:
        assert formula.source.split("\n")[0] in lines[formula.line - 1]


@settings(max_examples=200, deadline=None)
@given(notes, st.sampled_from(["```", "~~~", "````python"]), st.sampled_from(["", "> ", "- "]))
def test_code_is_never_searched(inside: str, fence: str, container: str) -> None:
    """A formula in a fenced code block is code: nothing in it changes."""
    inside = inside.replace("`", "").replace("~", "").replace("\n", f"\n{container.replace('-', ' ')}")
    tail = container.replace("-", " ") + fence.rstrip("python")
    markdown = f"{container}{fence}\n{container.replace('-', ' ')}{inside}\n{tail}\n"
    protected = protect(markdown, file="a.md")
    assert (unprotected(protected), protected.formulas) == (markdown, ())


@pytest.mark.parametrize(
    "markdown",
    [
        "`$x$`",
        "`` ` $x$ ``",
        "`a\n$x$`",
        "``$$x$$``",
        "C:\\\\(x86) D:\\\\[a]",
        "```\n$$\nx\n$$\n```",
        "```\n$x$",
        "> ```\n> $x$\n> ```",
        "- ```\n  $x$\n  ```",
        "<!-- $x$ -->",
        "<!--\n$$\nx\n$$\n-->",
        r"\$x\$",
        r"\$x$",
        "价格 $5 和 $6",
        "$5 和 $6，共 $11",
        "$HOME 与 $PATH 变量",
        "$ 中文 $",
        "$x$5",
        "$x",
        "$",
        "$$$$",
        "$ $",
        "$a\n\nb$",
    ],
)
def test_a_dollar_that_is_no_formula_stays(markdown: str) -> None:
    """Code, comments, escaped dollars and prices are text, and are left exactly as they are."""
    protected = protect(markdown, file="a.md")
    assert (protected.markdown, protected.formulas) == (markdown, ())


@pytest.mark.parametrize(
    ("markdown", "tex"),
    [
        ("$x$", ["x"]),
        ("中$x$文", ["x"]),
        ("$ x $", ["x"]),
        ("$a\nb$", ["a\nb"]),
        (r"$5\$$", [r"5\$"]),
        (r"\\$x$", ["x"]),
        (r"\$5 与 $x$", ["x"]),
        ("$ x$ $x $ $ a_1$ 与 $\\sin x $", ["x", "x", "a_1", "\\sin x"]),
        ("echo $MY_VAR and $x$", ["x"]),
        ("$x\\ $ $y$", ["x\\ ", "y"]),
        ("$$\\ce{A $\\underset{\\text{甲}}{B}$}$$", ["\\ce{A $\\underset{\\text{甲}}{B}$}"]),
        ("$$\n\\begin{numcases}{f=}a&$b$\\end{numcases}\n$$", ["\n\\begin{numcases}{f=}a&$b$\\end{numcases}\n"]),
        ("$$\na $b$\nc\n$$ $x$", ["\na $b$\nc\n", "x"]),
        ("- \\begin{cases}\n  a\n  \\end{cases}", ["\\begin{cases}\n  a\n  \\end{cases}"]),
        ("写作 \\begin{pmatrix}a\\end{pmatrix} 与 $x$", ["x"]),
        ("$" + "a+" * 1500 + "b$", ["a+" * 1500 + "b"]),
        ("`a` $x$ `b`", ["x"]),
        ("价格 $5 和 $6，其中 $x$ 是数量", ["x"]),
        ("约 $5，而 $x$ 与 $y$", ["x", "y"]),
        ("要 $5 和 $6 的，$x$个", ["x"]),
        ("$5元$", ["5元"]),
        (r"$\text{100%} \frac{5%}{6 % }$ $\href{a%b}{c}$", [r"\text{100\%} \frac{5\%}{6 \% }", r"\href{a%b}{c}"]),
        ("$5% { %}\n}$", ["5% { %}\n}"]),
        (r"\(x\) 与 \[y\]", ["x", "y"]),
        ("$$x$$", ["x"]),
        ("字$$x$$字$y$", ["x", "y"]),
        ("<!-- $x$ --> $y$", ["y"]),
        ("```\n$x$\n```\n$y$", ["y"]),
        ("$中文$ $a，b（c）$", ["中文", "a，b（c）"]),
        (r"$\text{当且仅当}_1$", [r"\text{当且仅当}_1"]),
        ("甲\\\\(x+y\\\\)乙 \\\\[\nz\\\\\nw\n\\\\]", ["x+y", "\nz\\\\\nw\n"]),
        (
            "$\\colorbox{red}{甲 $x$}$ $$\\fcolorbox{red}{blue}{$y$}$$",
            ["\\colorbox{red}{甲 $x$}", "\\fcolorbox{red}{blue}{$y$}"],
        ),
    ],
)
def test_what_is_a_formula(markdown: str, tex: list[str]) -> None:
    """Dollars and the delimiters of TeX make formulas, also against hanzi and beside prices."""
    assert taken(markdown) == tex


@pytest.mark.parametrize(
    "line",
    [
        "- a",
        "+ b",
        "* c",
        "1. d",
        "1) d",
        "> e",
        "= f",
        "---",
        "===",
        "| g | h |",
        "    i",
        "% j",
        "_k_ *l*",
        "[^1]: m",
    ],
)
def test_a_line_of_a_formula_is_never_markdown(line: str) -> None:
    """A line inside $$ that looks like a list, a quote, a heading or a table is a line of the formula."""
    protected = protect(f"$$\na\n{line}\nb\n$$\n", file="a.md")
    assert [formula.tex for formula in protected.formulas] == [f"\na\n{line}\nb\n"]
    assert re.fullmatch(rf"(?:[ \t]*{OPEN}0{CLOSE}|[ \t]*{FILLER}0\.\d{CLOSE}|\n)+", protected.markdown)


def test_the_marks_of_a_quote_are_no_part_of_its_formula() -> None:
    """In a quote, the > of each line belongs to the quote; a > in the formula stays."""
    protected = protect("> $$\n> a > b\n> > c\n> $$\n> 后文\n", file="a.md")
    assert [formula.tex.split() for formula in protected.formulas] == [["a", ">", "b", ">", "c"]]
    assert [line[0] for line in protected.markdown.splitlines()] == [">"] * 5


def test_a_blank_line_in_a_formula_is_a_warning_and_no_end() -> None:
    """A blank line inside $$ is reported at the formula, which is still typeset whole."""
    protected = protect("文\n\n$$\na\n\nb\n$$\n", file="a.md")
    assert [(d.severity, d.code, d.line) for d in protected.diagnostics] == [
        (Severity.WARNING, "blank-line-in-math", 3)
    ]
    assert [re.findall("[ab]", formula.tex) for formula in protected.formulas] == [["a", "b"]]


@pytest.mark.parametrize(
    "between", ["# 标题\n", "```\n$$\n```\n", "~~~\ncode\n~~~\n", "之后的文字 **照旧**。\n", "文字\n\n- 列表\n"]
)
def test_an_unclosed_formula_swallows_nothing(between: str) -> None:
    """A $$ that is never closed is one error at its line; what follows is read as if it were not there."""
    protected = protect(f"开头\n\n$$ a = b\n\n{between}\n$x$ 与\n\n$$\ny\n$$\n", file="a.md")
    assert [(d.severity, d.code, d.line, d.column) for d in protected.diagnostics] == [
        (Severity.ERROR, "unclosed-math", 3, 1)
    ]
    assert [formula.tex.strip() for formula in protected.formulas] == ["x", "y"]
    assert between in protected.markdown.replace(JOINER, "")


def test_an_unclosed_formula_at_the_end_is_reported_there() -> None:
    """The error stands at the line and column of the dollars, with the line and what to do."""
    protected = protect("$$x$$ 文\n\n尾 $$ a\n", file="笔记.md")
    (found,) = protected.diagnostics
    assert (found.file, found.line, found.column, found.excerpt) == ("笔记.md", 3, 3, "尾 $$ a")
    assert found.hint
    assert [formula.tex for formula in protected.formulas] == ["x"]


def test_the_characters_used_inside_cannot_be_smuggled_in() -> None:
    """A note that holds the placeholder characters itself gets no formula of another place."""
    protected = protect(f"$x$ {OPEN}0{CLOSE} {FILLER}0.1{CLOSE} a{JOINER}b", file="a.md")
    assert len(PLACEHOLDER.findall(protected.markdown)) == 1
    assert FILLER not in protected.markdown
    assert JOINER not in protected.markdown


@pytest.mark.parametrize("text", ["气温，**−5** 度", "他说：**→看这里** 再说", "写成 **5×**，再算"])
def test_a_delimiter_between_two_signs_needs_no_help(text: str) -> None:
    """Arrows and mathematical signs are punctuation to Markdown; a character in between would keep emphasis off."""
    assert protect(text, file="a.md").markdown == text
