"""Formulas as authors write them -> TeX that amsmath accepts, line for line."""

from __future__ import annotations

import re
from dataclasses import replace
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notepress.dialect import CLOSE, OPEN, protect
from notepress.errors import Severity
from notepress.formulas import Prepared, _prepare, prepare
from notepress.latex import escape
from notepress.model import Formula, Kind
from notepress.placing import place_formulas

PIECES = (
    *(
        "a",
        "b_1",
        "x^2",
        "中文",
        "\n",
        "\n\n",
        " ",
        "&",
        "\\\\",
        "\\\\[2pt]",
        "[c]",
        "{",
        "}",
        "{x}",
        "#1",
        "%",
        "% b\n",
        "'",
    ),
    *(
        "\\frac12",
        "\\frac",
        "\\sqrt",
        "\\mathcal",
        "\\left(",
        "\\right)",
        "\\limits",
        "\\text{甲_乙}",
        "_",
        "^",
        "\\quad",
        "\\[",
    ),
    *(
        "\\begin{align}",
        "\\end{align}",
        "\\begin{cases}",
        "\\end{cases}",
        "\\begin{array}{c}",
        "\\end{array}",
        "\\tag{1}",
    ),
    *(
        "\\label{l}",
        "\\notag",
        "\\newcommand{\\foo}[1]{#1}",
        "\\foo",
        "\\def\\b#1{c}",
        "\\b",
        "\\let\\c=\\d",
        "＝",
        "😀",
        "$",
    ),
)
# A definition is renamed each time; a script of nothing is refused by previews as well, and left to TeX.
UNREADABLE = ("\\newcommand{\\foo}[1]{#1}", "\\foo", "\\def\\b#1{c}", "\\b", "\\let\\c=\\d", "_", "^")
sources = st.lists(st.sampled_from(PIECES), max_size=16).map("".join)
kinds = st.sampled_from([Kind.INLINE, Kind.DISPLAY])


def made(tex: str, kind: Kind = Kind.DISPLAY) -> Prepared:
    """Prepare one formula that begins in the first line of its note."""
    return prepare([Formula(kind=kind, tex=tex, source=tex, line=1, column=1)], markdown=tex, file="a.md")


def display(tex: str) -> str:
    """Return what TeX gets for a display."""
    return made(tex).formulas[0].tex


def inline(tex: str) -> str:
    """Return what TeX gets for a formula in text."""
    return made(tex, Kind.INLINE).formulas[0].tex


def in_note(markdown: str) -> list[str]:
    """Return what TeX gets for all formulas of a note."""
    found = protect(markdown, file="a.md").formulas
    return [formula.tex for formula in prepare(found, markdown=markdown, file="a.md").formulas]


def depth(tex: str) -> int | None:
    """Return how many braces stay open; None where one is closed too early."""
    level = 0
    for token in re.findall(r"\\.|[{}]", tex, re.DOTALL):
        level += {"{": 1, "}": -1}.get(token, 0)
        if level < 0:
            return None
    return level


@settings(max_examples=500, deadline=None)
@given(sources, kinds)
def test_no_line_of_a_formula_moves(tex: str, kind: Kind) -> None:
    """A formula has as many lines as its source, so that TeX's line is the author's."""
    assert made(tex, kind).formulas[0].tex.count("\n") == tex.count("\n")


@settings(max_examples=300, deadline=None)
@given(sources, kinds)
def test_braces_that_balance_still_do(tex: str, kind: Kind) -> None:
    """No brace is added or dropped alone."""
    # A comment may hide a brace, and what is refused is shown.
    if depth(re.sub(r"%[^\n]*", "", tex)) == 0 and "%" not in tex:
        assert depth(made(tex, kind).formulas[0].tex) == 0


@settings(max_examples=300, deadline=None)
@given(sources)
def test_a_display_holds_no_blank_line(tex: str) -> None:
    """TeX ends a formula at a blank line, so there never is one, neither in a formula nor in its source in a box."""
    result = made(tex, Kind.DISPLAY)
    shown, _ = place_formulas(f"{OPEN}0{CLOSE}", result.formulas, result.rejected)
    assert not re.search(r"\n[ \t]*\n", shown)


@settings(max_examples=300, deadline=None)
@example(["\\left(", "\\sqrt", "$", "\\sqrt", "&"])
@example(["&", "\\mathcal", "\\left("])
@given(st.lists(st.sampled_from([p for p in PIECES if p not in UNREADABLE]), max_size=12))
def test_a_mended_display_needs_no_mending(pieces: list[str]) -> None:
    """What has been mended stays as it is."""
    once = made("".join(pieces)).formulas[0]
    if once.kind is Kind.DISPLAY and "\\rejectedmath" not in once.tex:
        twice = display(once.tex)
        assert display(twice) == twice


@pytest.mark.parametrize("name", ["align", "align*", "gather", "equation", "eqnarray", "multline"])
@pytest.mark.parametrize(("before", "after"), [("$$", "$$"), ("$$\n", "\n$$"), ("", ""), ("\\[", "\\]")])
def test_an_environment_that_is_a_display_is_not_put_into_another(name: str, before: str, after: str) -> None:
    """$$ around align, which TeX rejects, is dropped: the environment is the display."""
    (tex,) = in_note(f"{before}\\begin{{{name}}}a\\end{{{name}}}{after}")
    assert tex.strip("%\n ") == f"\\begin{{{name}}}a\\end{{{name}}}"


@pytest.mark.parametrize("name", ["align", "align*", "gather", "equation", "multline", "split"])
def test_an_environment_inside_a_formula_becomes_its_inner_form(name: str) -> None:
    """Beside other math, align is written aligned: previews accept what TeX does not."""
    assert re.fullmatch(
        r"x = \\begin\{(aligned|gathered)\}a\\end\{\1\}", display(f"x = \\begin{{{name}}}a\\end{{{name}}}")
    )


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"x_\mathcal X", r"x_{\mathcal X}"),
        (r"A^\mathrm T", r"A^{\mathrm T}"),
        (r"x_\frac12", r"x_{\frac12}"),
        (r"\sqrt\frac12", r"\sqrt{\frac12}"),
        (r"\sqrt[n]\frac ab", r"\sqrt[n]{\frac ab}"),
        (r"\operatorname*{a}_\mathbf x", r"\operatorname*{a}_{\mathbf x}"),
        (r"\hat\mathbf x", r"\hat{\mathbf x}"),
        (r"\frac\partial{\partial x}", r"\frac\partial{\partial x}"),
        (r"\sum_\limits{i}^n", r"\sum\limits_{i}^n"),
        (r"\quad奇函数", r"\quad 奇函数"),
        (r"\mathop\lim\limits_{x}", r"\mathop{\lim}\limits_{x}"),
        (r"\underline\lim a", r"\underline{\lim} a"),
        (r"\frac\alpha\beta", r"\frac\alpha\beta"),
        (r"x\_{1}\_2", r"x_{1}\_2"),
        (r"x^\* \* y", r"x^* * y"),
        (r"\\{1,2\\} \\ a", r"\{1,2\} \;\allowbreak  a"),
        (r"{a\\b}^{c\\d}", r"{a\;b}^{c\;d}"),
        (r"\boxed{a\\b}\substack{a\\b}\foo{a\\b}", r"\boxed{a\;b}\substack{a\\b}\foo{a\\b}"),
        (r"\newcommand{\x}[1]{a\\#1}", r"\npcommand{\npmathx}[1]{a\\#1} "),
        (r"a&lt;b&gt;c&nbsp;d", r"a<b>c~d"),
        (r"\not\!p \not \in A", r"\not p \not\in A"),
        (r"\mathrm{d\theta}", r"\mathrm{d{\npgreek{\symup}{\theta}}}"),
        (r"\mathrm\Delta G", r"\mathrm{\npgreek{\symup}{\Delta}} G"),
        (r"{\rm a\Omega}\Omega", r"{\rm a{\npgreek{\symup}{\Omega}}}\Omega"),
        (r"\mathbf{\Sigma}", r"\mathbf{\Sigma}"),
        (r"\ce{N2 ->[高温][催化剂] NH3}", r"\ce{N2 ->[\text{高温}][\text{催化剂}] NH3}"),
        (r"\ce{CH#CH, CuSO4·5H2O}", r"\ce{CH\bond{3}CH, CuSO4*5H2O}"),
        (r"\ce{$甲$ ->[{热}] A}", r"\ce{$甲$ ->[{热}] A}"),
        (r"a＝b＋１", "a=b+1"),
        (r"\left（a\right）", r"\left(a\right)"),
        ("a，b（c）", "a，b（c）"),
        (r"😀①é", r"\text{😀}\text{①}\text{é}"),
        (r"x^'", "x'"),
        (r"\text{a_b $x_\mathcal X$}", r"\text{a\_b $x_{\mathcal X}$}"),
        (r"\[ a \] \( b \)", " a   b "),
        ("#A", r"\#A"),
        (r"\color{#0f0}x", r"\color[HTML]{00FF00}x"),
        (r"\color{rgb(255, 0,1)}x", r"\color[RGB]{255,0,1}x"),
        (r"\fcolorbox{#f00}{red}{x}", r"\fcolorbox[HTML]{FF0000}{\npcolor{red}}{x}"),
        (r"\colorbox{red}{甲 $x_\mathcal X$}", r"\colorbox{\npcolor{red}}{甲 $x_{\mathcal X}$}"),
        ("{a % b\nc}", "{a \nc}"),
        (r"\def\bb#1{\boldsymbol{#1}}", r"\gdef\npmathbb#1{\boldsymbol{#1}} "),
        (r"\unicode{x263A}", r"\text{☺}"),
        (r"\ce{SO4^2- + 2H+}", r"\ce{SO4^2- + 2H+}"),
        (r"\pu{1.5 kg m^2}", r"\pu{1.5\,kg\,m^2}"),
        (r"\cases{a&b\cr c&d}", r"\begin{cases}a&b\cr c&d\end{cases}"),
        (r"a\hspace{10px}\text{10px}", r"a\hspace{7.5bp}\text{10px}"),
        (r"\verb|a_b|", r"\text{\ttfamily a\_b}"),
        (r"a \tag{1}", r"a \quad(1)"),
        (r"a % b", "a "),
        ("a % b\nc", "a \nc"),
        (r"\begin{align}a&=b\end{align}", r"\begin{aligned}a&=b\end{aligned}"),
    ],
)
def test_what_previews_forgive_is_mended(tex: str, expected: str) -> None:
    """A formula in text means to TeX what it means to MathJax or KaTeX."""
    assert inline(tex) == expected


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"a \\ b", r"\begin{gathered}a \\ b\end{gathered}"),
        (r"a &= b \\ &= c", r"\begin{aligned}a &= b \\ &= c\end{aligned}"),
        (r"\begin{aligned}a\\ \end{aligned}", r"\begin{aligned}a \end{aligned}"),
        (r"\begin{aligned}a\\ [b]\end{aligned}", r"\begin{aligned}a\\{} [b]\end{aligned}"),
        (r"\begin{aligned}a\\[2pt] b\end{aligned}", r"\begin{aligned}a\\[2pt] b\end{aligned}"),
        (r"\begin{array}{c}a&b\end{array}", r"\begin{array}{c*{1}{c}}a&b\end{array}"),
        (r"\begin{array}{}a&b\end{array}", r"\begin{array}{*{2}{l}}a&b\end{array}"),
        (r"\begin{array}{c:X}a&b\end{array}", r"\begin{array}{c|c}a&b\end{array}"),
        (r"\begin{gathered}a&b\end{gathered}", r"\begin{aligned}a&b\end{aligned}"),
        (r"\begin{alignat}a&=b&c&=d\end{alignat}", r"\begin{alignat}{2}a&=b&c&=d\end{alignat}"),
        (r"\begin{equation}a\\b\end{equation}", r"\begin{equation}\begin{gathered}a\\b\end{gathered}\end{equation}"),
        (r"x=\begin{aligned}a\tag{1}\end{aligned}", r"x=\begin{aligned}a\end{aligned}\tag{1}"),
        (r"\begin{aligned}a\tag{1}\\b\tag{2}\end{aligned}", r"\begin{align*}a\tag{1}\\b\tag{2}\end{align*}"),
        (r"\begin{numcases}{f=}a&b\\c&d\end{numcases}", r"{f=}\begin{cases}a&b\\c&d\end{cases}"),
        (r"a \label{l}", "a "),
        (r"a\newline b", r"\begin{gathered}a\\ b\end{gathered}"),
        (
            r"\begin{subequations}\label{s}\begin{align}a\\b\end{align}\end{subequations}",
            r"\begin{subequations}\label{s}\begin{align}a\\b\end{align}\end{subequations}",
        ),
        ("a" + r"\\a" * 30, r"\begin{gather*}a" + r"\\a" * 30 + r"\end{gather*}"),
        (r"a\tag{1}" + r"\\&a" * 30, r"\begin{align*}a" + r"\\&a" * 30 + r"\tag{1}\end{align*}"),
        (r"\begin{split}a" + r"\\&a" * 30 + r"\end{split}", r"\begin{align*}a" + r"\\&a" * 30 + r"\end{align*}"),
        (
            r"f=\begin{cases}a" + r"\\a" * 30 + r"\end{cases}",
            r"\npfit{f=\begin{cases}a" + r"\\a" * 30 + r"\end{cases}}",
        ),
    ],
)
def test_a_display_gets_the_environment_it_needs(tex: str, expected: str) -> None:
    """Rows, columns, tags and numbers stand where amsmath takes them."""
    assert display(tex) == expected


# Formulas that define, use what others define, have labels, or are told of.
SHARING = (
    "x_1",
    "\\foo a",
    "\\def\\foo{b}",
    "\\let\\bar\\foo",
    "a\\label{l}",
    "a＼label{l}",
    "\\eqref{l}",
    "a % b\n+c",
    "\\input{x}",
    "\\frac12",
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(SHARING), kinds)))
def test_what_was_prepared_before_is_no_other_for_it(pieces: list[tuple[str, Kind]]) -> None:
    """A formula that was met before, in this note or another, becomes what it would have become alone."""
    found = [Formula(kind=kind, tex=tex, source=tex, line=n, column=1) for n, (tex, kind) in enumerate(pieces, 1)]
    markdown = "\n".join(tex for tex, _ in pieces)
    with mock.patch("notepress.formulas._remembered", _prepare):
        fresh = prepare(found, markdown=markdown, file="a.md")
    prepare([replace(one, line=1) for one in reversed(found)], markdown="", file="b.md")
    assert prepare(found, markdown=markdown, file="a.md") == fresh


def test_a_display_that_is_referred_to_has_a_number() -> None:
    """A label gives a display a number where something refers to it."""
    first, second = in_note("$$a\\label{l}$$\n\n见 $\\eqref{l}$")
    assert (first, second) == (r"\begin{equation}a\label{l}\end{equation}", r"\eqref{l}")


def test_a_definition_holds_for_later_formulas_under_a_name_of_its_own() -> None:
    r"""\foo of one formula is known to the next, and \par of a note is never TeX's."""
    texs = in_note(r"$\newcommand{\foo}[1]{\mathbf{#1}}\foo a$ $x_\foo b$ $\def\par{p}\par$ $\let\eps\varepsilon\eps$")
    assert texs == [
        r"\npcommand{\npmathfoo}[1]{\mathbf{#1}} \npmathfoo a",
        r"x_{\npmathfoo b}",
        r"\gdef\npmathpar{p} \npmathpar",
        r"\global\let\npmatheps=\varepsilon \npmatheps",
    ]


def test_a_definition_may_use_what_it_replaces() -> None:
    r"""In \renewcommand{\vec}, \vec is the one before."""
    assert inline(r"\renewcommand{\vec}[1]{\mathbf{\vec{#1}}}") == r"\npcommand{\npmathvec}[1]{\mathbf{\vec{#1}}} "


def test_a_formula_of_definitions_alone_is_no_display() -> None:
    """A block that only defines leaves no gap."""
    assert made(r"\newcommand{\R}{x}").formulas[0].kind is Kind.ENVIRONMENT


@pytest.mark.parametrize(
    "tex",
    [
        *(
            r"\input{/etc/passwd}",
            r"\special{pdf:x}",
            r"\openin1=x",
            r"\write18{id}",
            r"\immediate\write1{x}",
            "^^5cinput x",
            "＼input{x}",
            "＾＾5cinput x",
            "^＾5cinput x",
        ),
        *(
            r"\csname input\endcsname",
            r"\catcode`\|=0",
            r"\begin{input}{x}\end{input}",
            r"\usepackage{x}",
            r"\directlua{x}",
        ),
        *(
            r"\def\x{\input}\x",
            r"\let\x=\input \x{y}",
            r"\begin\x",
            r"\href{run:x}{a}",
            r"\href{file:///x}{a}",
            r"\read1 to\x",
        ),
        *(
            r"\global\advance\count0 1",
            r"\expandafter\def\csname x\endcsname{}",
            r"\newcommand{a}{b}",
            r"\text{\input x}",
            r"\newcommand{\x}[1][\input{y}]{#1}",
            r"\def\x\endcsname{a}",
        ),
        *(r"\aftergroup\input", r"\everypar{x}", r"\font\x=y", r"\makeatletter", r"\scantokens{x}", r"\def~{x}"),
    ],
)
def test_bad_input_34_35_36_what_no_formula_may_do_never_gets_to_tex(tex: str) -> None:
    """Files, programs and TeX's own settings are out of reach; the source stands in a box, the error at its place."""
    result = prepare(
        [Formula(kind=Kind.INLINE, tex=tex, source=f"${tex}$", line=2, column=1)], markdown=f"文\n${tex}$", file="a.md"
    )
    assert [(d.severity, d.code, d.line) for d in result.diagnostics] == [(Severity.ERROR, "forbidden-command", 2)]
    assert result.diagnostics[0].column
    assert result.rejected == {0}
    shown, _ = place_formulas(f"{OPEN}0{CLOSE}", result.formulas, result.rejected)
    assert shown == f"\\rejectedmath{{{escape(f'${tex}$')}}}"


@pytest.mark.parametrize(
    ("tex", "code", "line"),
    [("a\n\\left(b", "unpaired-delimiter", 2), ("a\nb % c\nd", "comment-in-math", 2), ("100%", "comment-in-math", 1)],
)
def test_what_is_mended_by_guess_or_hidden_is_said(tex: str, code: str, line: int) -> None:
    """Where a preview would complain or drop something, the note's line is named."""
    found = made(tex).diagnostics
    assert [(d.code, d.line) for d in found] == [(code, line)]


def test_it_is_said_at_the_very_token() -> None:
    """Of several delimiters and percent signs in a line, the one that is meant is named, in its column."""
    source = "$\\left(a\\right)$ $\\%5%$ $\\left(a\\right)\\\\\\left[b$ $\\input\\input x$"
    found = prepare(protect(source, file="a.md").formulas, markdown=source, file="a.md").diagnostics
    assert [(d.code, d.column) for d in found] == [
        ("comment-in-math", source.index("5%") + 2),
        ("unpaired-delimiter", source.index("\\left[") + 1),
        ("forbidden-command", source.index("\\input") + 1),
    ]


def test_unbalanced_braces_are_left_to_tex() -> None:
    """A formula with a brace too many is not touched: TeX names the place."""
    assert inline(r"\frac{1}{2") == r"\frac{1}{2"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("\\boldsymbol{1}", "\\boldsymbol{{\\symbf{1}}}"),
        ("\\bm 0", "\\bm {\\symbf{0}}"),
        ("\\boldsymbol{x_2\\hspace{1em}}", "\\boldsymbol{x_{\\symbf{2}}\\hspace{1em}}"),
    ],
)
def test_bold_digits_are_bold(source: str, expected: str) -> None:
    """Bold letters are italic, which digits are not: they are upright and bold, once."""
    assert display(source) == expected
    assert display(expected) == expected
