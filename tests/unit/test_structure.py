"""A formula that would swallow its neighbours is found without TeX, at the very brace."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notepress.model import Formula, Kind
from notepress.structure import check_structure

pieces = st.recursive(
    st.sampled_from(["a", "\\alpha ", "\\{", "\\}", "\\\\", "\n", " ", "% }{\n", "\\href{a%20b}", "\\verb|{|"]),
    lambda inner: st.one_of(
        inner.map(lambda text: f"{{{text}}}"),
        inner.map(lambda text: f"\\begin{{cases}}{text}\\end{{cases}}"),
        st.lists(inner, max_size=3).map("".join),
    ),
)


def formula(tex: str) -> Formula:
    """Return a display that begins in the second line of its note, behind two characters."""
    return Formula(kind=Kind.DISPLAY, tex=tex, source=f"$${tex}$$", line=2, column=3)


def found(tex: str) -> tuple[str, int | None, int | None] | None:
    """Return code, line and column of what is wrong with a formula."""
    lines = ["", *f"文：$${tex}$$".split("\n")]
    problem = check_structure(formula(tex), lines, file="a.md")
    return (problem.code, problem.line, problem.column) if problem else None


@given(pieces)
def test_what_matches_is_never_reported(tex: str) -> None:
    """Escaped braces and braces in comments are no braces."""
    assert found(tex) is None


@given(pieces, pieces)
def test_a_brace_without_its_own_is_reported_at_its_line(before: str, after: str) -> None:
    """Whatever stands around it, the line is that of the brace."""
    problem = found(f"{before}\n}}{after}")
    assert problem is not None
    assert problem[:2] == ("unbalanced-braces", 3 + before.count("\n"))


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        ("\\frac{1}{2", ("unbalanced-braces", 2, 13)),
        ("a}", ("unbalanced-braces", 2, 6)),
        ("\n\\begin{cases}\na", ("unbalanced-environment", 3, 1)),
        ("\\begin{cases}\n  \\end{matrix}", ("unbalanced-environment", 3, 3)),
        ("{\\begin{cases}}\\end{cases}", ("unbalanced-environment", 2, 19)),
    ],
)
def test_the_place_is_exact(tex: str, expected: tuple[str, int, int]) -> None:
    """Line and column are those of the brace or command in the note."""
    assert found(tex) == expected
