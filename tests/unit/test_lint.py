r"""What is wrong with formulas is found without TeX, at its very place, and nothing else is."""

from __future__ import annotations

import pytest

from notepress.dialect import protect
from notepress.errors import Diagnostic, Severity
from notepress.formulas import prepare
from notepress.lint import Vocabulary, extended, lint, vocabulary


def linted(markdown: str, known: Vocabulary | None = None) -> tuple[Diagnostic, ...]:
    """Return what is said of a note."""
    formulas = prepare(protect(markdown, file="a.md").formulas, markdown=markdown, file="a.md").formulas
    return lint(markdown, formulas, known or vocabulary(), file="a.md")


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
        ("$$a\\label{x}$$\n\n$$b\\label{x}$$ $\\eqref{x}$", [("duplicate-label", 3, 4)]),
        ("见 $\\eqref{x}$", [("undefined-reference", 1, 11)]),
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
    """Where nobody can say what TeX knows, only labels are looked at."""
    nothing = Vocabulary(commands=None, environments=None)
    assert [d.code for d in linted("$\\alhpa$ $\\eqref{x}$", nothing)] == ["undefined-reference"]
