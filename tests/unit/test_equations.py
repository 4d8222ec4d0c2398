"""Labels and numbers of display formulas."""

from __future__ import annotations

import pytest

from notepress.dialect import Kind, protect
from notepress.equations import Equation, number_equations


def numbers(*equations: tuple[str, bool, str]) -> list[str]:
    """Return the numbers of formulas given as (TeX, numbers itself, label)."""
    found = number_equations(Equation(tex=tex, environment=own, label=label) for tex, own, label in equations)
    return [formula.number for formula in found]


def test_a_label_behind_a_formula_is_a_part_of_it() -> None:
    """No reader of Markdown sees the braces, and the text keeps its lines."""
    protected = protect("a\n$$\nx\n$$ {#eq-a}\nb {#eq-b}\n", file="n.md")
    assert [formula.label for formula in protected.formulas] == ["eq-a"]
    assert protected.formulas[0].source.endswith("$$ {#eq-a}")
    assert protected.markdown.count("\n") == 5
    assert "eq-a" not in protected.markdown
    assert "b {#eq-b}" in protected.markdown


def test_one_label_is_one_number() -> None:
    """The rows of an `align` with a label share one number, so it becomes `aligned`."""
    (formula,) = protect("$$\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}$$ {#eq-a}\n", file="n.md").formulas
    assert formula.kind is Kind.DISPLAY
    assert "\\begin{aligned}" in formula.tex


def test_numbers_run_on_over_those_that_latex_gives() -> None:
    """An environment that numbers its rows takes as many numbers as it shows."""
    rows = "\\begin{align}a &= {b \\\\ c} \\\\ d &= e \\notag \\\\ f &= g\\end{align}"
    assert numbers(("x", False, "eq-a"), (rows, True, ""), ("y", False, "eq-b")) == ["1", "", "4"]
    starred = "\\begin{align*}a \\\\ b\\end{align*}"
    assert numbers((starred, True, ""), ("y", False, "eq-b")) == ["", "1"]
    assert numbers(("\\begin{equation}a\\end{equation}", True, ""), ("y", False, "eq-b")) == ["", "2"]


def test_the_tag_of_the_author_is_what_references_show() -> None:
    r"""A formula with \tag takes no other number, whatever braces its tag has."""
    assert numbers(("x \\tag{1.\\text{a}}", False, "eq-a"), ("y", False, "eq-b")) == ["1.\\text{a}", "1"]


@pytest.mark.parametrize("tex", ["x", "\nx\n", "\nx % comment\n", "\nx\n% comment\n%\n", "x \\% y"])
def test_a_number_adds_no_line_and_meets_no_comment(tex: str) -> None:
    """The lines of a formula are the note's, and a comment does not swallow its number."""
    (formula,) = number_equations([Equation(tex=tex, environment=False, label="eq-a")])
    assert formula.tex.count("\n") == tex.count("\n")
    visible = [line.replace("\\%", "").partition("%")[0] for line in formula.tex.split("\n")]
    assert any("\\eqnumber{1}" in line for line in visible)
