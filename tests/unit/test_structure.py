"""A formula that would swallow its neighbours is found without TeX, at the very brace."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notepress.dialect import protect
from notepress.errors import Diagnostic
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


def all_found(tex: str) -> list[tuple[str, int | None, int | None]]:
    """Return code, line and column of all that is wrong with a formula."""
    lines = ["", *f"文：$${tex}$$".split("\n")]
    return [(d.code, d.line, d.column) for d in check_structure(formula(tex), lines, file="a.md")]


def found(tex: str) -> tuple[str, int | None, int | None] | None:
    """Return code, line and column of the first thing that is wrong with a formula."""
    return next(iter(all_found(tex)), None)


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


@pytest.mark.parametrize(
    ("tex", "places"),
    [
        ("a} + b}", [(2, 6), (2, 11)]),
        ("\\frac{a}{b + \\sqrt{c", [(2, 23), (2, 13)]),
        ("\\begin{aligned}\na}\n\\end{align}", [(3, 2), (4, 1)]),
        ("{\\begin{cases}}\\end{cases}", [(2, 19)]),
        ("{\\begin{cases}a}b\\end{cases}}", [(2, 20)]),
        ("{\\begin{cases}a{b\\end{cases}}", [(2, 22)]),
    ],
)
def test_each_of_several_mistakes_has_its_place(tex: str, places: list[tuple[int, int]]) -> None:
    """Two tokens without their counterparts are two mistakes; what is only left of one is none."""
    assert [(line, column) for _, line, column in all_found(tex)] == places


def checked(markdown: str) -> list[Diagnostic]:
    """Return what is said of the formulas of a note."""
    found = (check_structure(f, markdown.split("\n"), file="a.md") for f in protect(markdown, file="a.md").formulas)
    return [problem for problems in found for problem in problems]


@pytest.mark.parametrize(
    ("markdown", "code", "line", "column"),
    [
        ("$$\n\\frac{1}{2\n$$", "unbalanced-braces", 2, 9),
        ("> $a}$", "unbalanced-braces", 1, 5),
        ("$$\n\\begin{aligned}\na\n$$", "unbalanced-environment", 2, 1),
        ("$$ a \\end{aligned} $$", "unbalanced-environment", 1, 6),
        ("$$\\begin{pmatrix}a\\end{bmatrix}$$", "unbalanced-environment", 1, 19),
    ],
)
def test_mistake_is_found_at_its_place(markdown: str, code: str, line: int, column: int) -> None:
    """Each kind of mistake is reported once, at line and column of the Markdown."""
    assert [(d.code, d.line, d.column) for d in checked(markdown)] == [(code, line, column)]


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
    assert checked(f"$$\n{tex}\n$$") == []


@given(groups, st.sampled_from(["{", "}"]), st.data())
def test_one_brace_too_many_is_always_found(tex: str, brace: str, data: st.DataObject) -> None:
    """Wherever a brace too many is put, exactly one mistake is reported, inside the formula."""
    # Behind a hanzi no backslash or name can be torn apart.
    place = data.draw(st.sampled_from([0, len(tex), *(i for i in range(1, len(tex)) if tex[i - 1] == "字")]))
    found = checked(f"$$\nx{tex[:place]}{brace}{tex[place:]}\n$$")
    assert [d.code in {"unbalanced-braces", "unbalanced-environment"} for d in found] == [True]
    assert found[0].line == 2
