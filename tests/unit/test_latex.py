"""Text and titles -> LaTeX that can't break out of its place."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notepress.inline import literal, parse_inline
from notepress.latex import Latex, escape, escape_uri, inline_to_latex

SPECIAL = "\\{}$&#%_^~"
KNOWN = re.compile(r"\\(?:textbackslash|textasciicircum|textasciitilde)\{\}|\\[{}$&#%_]")
PRINTS = {"\\textbackslash{}": "\\", "\\textasciicircum{}": "^", "\\textasciitilde{}": "~"}
hostile = st.text(st.sampled_from(SPECIAL + "ab中\n\t\0\x1b\x7f\u0085 ") | st.characters(), max_size=30)


def printed(latex: str) -> str:
    """Return what TeX would print for escaped text."""
    return KNOWN.sub(lambda m: PRINTS.get(m[0], m[0][-1]), latex)


@settings(max_examples=300, deadline=None)
@given(hostile)
def test_no_special_character_survives(text: str) -> None:
    """With the known escapes taken away, nothing is left that TeX would obey."""
    rest = KNOWN.sub("", escape(text))
    assert not set(rest) & set(SPECIAL)


@settings(max_examples=300, deadline=None)
@given(hostile)
def test_no_control_character_survives(text: str) -> None:
    """Escaped text has no control character, line break or half a surrogate: it is one line of UTF-8."""
    escaped = escape(text)
    assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in escaped)
    assert escaped.encode().decode() == escaped


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from(SPECIAL + "ab中，() -'`\"<>|@!?"), max_size=30))
def test_text_is_printed_as_it_was(text: str) -> None:
    """Every printable character of the text comes out as itself."""
    assert printed(escape(text)) == text


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        (r"\input{/etc/passwd}", r"\textbackslash{}input\{/etc/passwd\}"),
        ("100% of A_B & C #1 ~ ^", r"100\% of A\_B \& C \#1 \textasciitilde{} \textasciicircum{}"),
        ("^^5cinput", r"\textasciicircum{}\textasciicircum{}5cinput"),
        ("a\nb\tc", "a b c"),
        ("中文\0字", "中文字"),
    ],
)
def test_known_escapes(text: str, latex: str) -> None:
    """The escapes are the ones every TeX user knows."""
    assert escape(text) == latex


@pytest.mark.parametrize(
    ("title", "latex"),
    [
        ("注意力(_Attention_)", r"注意力(\emph{Attention})"),
        ("**重点**", r"\textbf{重点}"),
        ("***两者***", r"\textbf{\emph{两者}}"),
        ("平方 $x^2$", r"平方 \(x^2\)"),
        ("`a_b`", r"\texttt{a\_b}"),
        ("A_B & 100%", r"A\_B \& 100\%"),
        ("[x](y)", "[x](y)"),
    ],
)
def test_title_keeps_its_markup_and_nothing_more(title: str, latex: str) -> None:
    """Emphasis, code and math of a title become LaTeX; all else is text."""
    assert inline_to_latex(parse_inline(title)) == latex


def test_space_between_hanzi_is_kept() -> None:
    """A plain space between hanzi is dropped by xeCJK, but in a title the author meant it."""
    assert inline_to_latex(literal("语言 模型 LLM 基础")) == r"语言\ 模型 LLM 基础"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*"ab中_*`\\{}%#&^~ ", "**", "\\input{x}", "%\n"]), max_size=12).map("".join))
def test_title_without_math_gives_only_our_own_commands(title: str) -> None:
    """Braces balance and every command in the LaTeX of a title is one of ours."""
    rest = KNOWN.sub("", inline_to_latex(parse_inline(title)))
    rest = rest.replace("\\emph", "").replace("\\textbf", "").replace("\\texttt", "").replace("\\ ", "")
    assert "\\" not in rest
    assert not set(rest) & set("$&#%_^~")
    assert rest.count("{") == rest.count("}")


@pytest.mark.parametrize("formula", [r"a\)\input{x}\(b", "a}\\input{x}{b", r"\)\par", "x%", "{"])
def test_formula_of_a_title_stays_inside_its_math(formula: str) -> None:
    r"""A title's formula can neither close its `\(…\)`, nor its group, nor comment out what follows."""
    latex = str(inline_to_latex(parse_inline(f"题 ${formula}$ 末")))
    inside = re.fullmatch(r"题 \\\((.*)\\\) 末", latex)
    body = inside[1] if inside else ""
    assert not re.search(r"\\\(|\\\)|(?<!\\)%", body)
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", body):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0
    assert latex.endswith(" 末")


def test_uri_keeps_its_percent_signs() -> None:
    r"""A percent-encoded address reaches \href as it is."""
    assert escape_uri("notepress:a%20b.md#c") == r"notepress:a\%20b.md\#c"


def test_latex_is_markup_to_jinja() -> None:
    """A template prints LaTeX made here without escaping it a second time."""
    assert Latex(r"\emph{x}").__html__() == r"\emph{x}"
