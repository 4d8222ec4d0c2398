r"""What is wrong with formulas is found without TeX, at its very place, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notepress.dialect import protect
from notepress.errors import Diagnostic, Severity
from notepress.lint import Vocabulary, extended, lint, vocabulary


def linted(markdown: str, known: Vocabulary | None = None) -> tuple[Diagnostic, ...]:
    """Return what is said of a note."""
    return lint(markdown, protect(markdown, file="a.md").formulas, known or vocabulary(), file="a.md")


def places(markdown: str) -> list[tuple[str, int | None, int | None]]:
    """Return code, line and column of each finding."""
    return [(d.code, d.line, d.column) for d in linted(markdown)]


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("前文 $x$ 与 $x + \\alhpa$", [("undefined-command", 1, 15)]),
        ("$$\na\n+ \\alhpa\n$$\n", [("undefined-command", 3, 3)]),
        ("$\\alhpa$ 和 $\\alhpa$", [("undefined-command", 1, 2), ("undefined-command", 1, 13)]),
        ("> 引文\n> $$\n> a \\alhpa\n> $$", [("undefined-command", 3, 5)]),
        ("$$\n\\begin{algin}\na\n\\end{algin}\n$$", [("undefined-environment", 2, 1)]),
        ("$$\n\\frac{1}{2\n$$", [("unbalanced-braces", 2, 9)]),
        ("$a}$", [("unbalanced-braces", 1, 3)]),
        ("$$\n\\begin{aligned}\na\n$$", [("unmatched-environment", 2, 1)]),
        ("$$ a \\end{aligned} $$", [("unmatched-environment", 1, 6)]),
        ("$$\\begin{pmatrix}a\\end{bmatrix}$$", [("unmatched-environment", 1, 3)]),
        ("$$\\begin{aligned}{a\\end{aligned}$$", [("unbalanced-braces", 1, 18)]),
        ("$$a\\label{x}$$\n\n$$b\\label{x}$$", [("duplicate-label", 3, 4)]),
        ("见 $\\eqref{x}$", [("undefined-reference", 1, 4)]),
    ],
)
def test_mistake_is_found_at_its_place(markdown: str, expected: list[tuple[str, int, int]]) -> None:
    """Each kind of mistake is reported once, at line and column of the Markdown."""
    assert places(markdown) == expected


@pytest.mark.parametrize(
    "markdown",
    [
        r"$\{ a \}$, $\text{若 $a$ 则}$, $50\%$, $a \\ b$",
        "$$\na % {\n+ b\n$$",
        r"$\quad奇函数$",
        r"$\left( a$, $\left\{ a \right.$",
        r"$\lt \R \bm{x}$",
        r"$\begin{bf}x\end{bf}$",
        r"$\newcommand{\foo}{x}\foo$ 与 $\foo$",
        "$$\\begin{array}{}a & b\\end{array}$$",
        "$$a\\label{x}$$ 见 $\\eqref{x}$",
        "`$\\alhpa$` 与 \\$\\alhpa\\$",
    ],
)
def test_what_is_no_mistake_is_not_reported(markdown: str) -> None:
    """Escaped braces, comments, commands glued to hanzi, macros of the note, code: none of them is a finding."""
    assert linted(markdown) == ()


def test_finding_says_what_to_do() -> None:
    """An unknown command is an error with its line, and with the command that was probably meant."""
    found = linted("令 $\\alhpa$。")[0]
    assert found.severity is Severity.ERROR
    assert found.excerpt == "令 $\\alhpa$。"
    assert found.hint == "did you mean \\alpha?"


def test_definitions_of_a_template_are_known() -> None:
    """Commands and environments that a project's templates define are no mistakes of its notes."""
    text = r"""
        \newcommand{\foo}{x} \def\fooo{y} \DeclareMathOperator*{\foooo}{z}
        \newenvironment{fooenv}{}{} \let\qux=\alpha
    """
    known = extended(vocabulary(), text)
    assert linted("$\\foo\\fooo\\foooo\\qux\\begin{fooenv}\\end{fooenv}$", known) == ()
    assert [d.code for d in linted("$\\fooooo$", known)] == ["undefined-command"]


def test_without_a_vocabulary_no_name_is_unknown() -> None:
    """Where nobody can say what TeX knows, only what does not match is reported."""
    nothing = Vocabulary(commands=None, environments=None)
    assert [d.code for d in linted("$\\alhpa$ $a}$", nothing)] == ["unbalanced-braces"]


groups = st.recursive(
    st.sampled_from(["a", r"\{", r"\alpha ", r"\\", "字"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda parts: "{" + "".join(parts) + "}"),
        st.lists(inner, max_size=4).map(lambda parts: r"\begin{cases}" + "".join(parts) + r"\end{cases}"),
    ),
    max_leaves=20,
)


@given(groups)
def test_whatever_matches_is_left_alone(tex: str) -> None:
    """Groups and environments that are nested properly are no finding, however deep."""
    assert linted(f"$$\n{tex}\n$$") == ()


@given(groups, st.sampled_from(["{", "}"]), st.data())
def test_one_brace_too_many_is_always_found(tex: str, brace: str, data: st.DataObject) -> None:
    """Wherever a brace too many is put, exactly one mistake is reported, inside the formula."""
    # Behind a hanzi no backslash or name can be torn apart.
    place = data.draw(st.sampled_from([0, len(tex), *(i for i in range(1, len(tex)) if tex[i - 1] == "字")]))
    found = linted(f"$$\nx{tex[:place]}{brace}{tex[place:]}\n$$")
    assert [d.code in {"unbalanced-braces", "unmatched-environment"} for d in found] == [True]
    assert found[0].line == 2
