"""Labels and numbers of display formulas."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notepress.dialect import protect
from notepress.equations import in_line, number_formulas
from notepress.formulas import prepare
from notepress.model import Formula, Kind


def formula(tex: str, label: str, kind: Kind = Kind.DISPLAY) -> Formula:
    """Return a formula of which only what TeX gets matters."""
    return Formula(kind=kind, tex=tex, source=tex, line=1, column=1, label=label)


def numbers(*equations: tuple[str, bool, str]) -> list[str]:
    """Return the numbers of formulas given as (TeX, numbers itself, label)."""
    found = number_formulas(
        formula(tex, label, Kind.ENVIRONMENT if own else Kind.DISPLAY) for tex, own, label in equations
    )
    return [numbered.number for numbered in found]


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
    markdown = "$$\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}$$ {#eq-a}\n"
    found = prepare(protect(markdown, file="n.md").formulas, markdown=markdown, file="n.md").formulas
    (numbered,) = number_formulas(found)
    assert numbered.formula.kind is Kind.DISPLAY
    assert "\\begin{aligned}" in numbered.formula.tex


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
    (numbered,) = number_formulas([formula(tex, "eq-a")])
    assert numbered.formula.tex.count("\n") == tex.count("\n")
    visible = [line.replace("\\%", "").partition("%")[0] for line in numbered.formula.tex.split("\n")]
    assert any("\\eqnumber{1}" in line for line in visible)


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        ("x", r"\displaystyle x"),
        (r"x \tag{1}", r"\displaystyle x \quad (\text{1})"),
        (r"x \tag*{甲}", r"\displaystyle x \quad \text{甲}"),
        (r"\begin{align*}a&=b\\c&=d\nonumber\end{align*}", r"\displaystyle \begin{aligned}a&=b\\c&=d\end{aligned}"),
        (r"\begin{equation}\label{a}x\end{equation}", r"\displaystyle \begin{gathered}x\end{gathered}"),
    ],
)
def test_a_display_without_room_is_set_in_the_line(tex: str, expected: str) -> None:
    """In the cell of a table a display looks like one; its tag stands behind it, its number has no place."""
    formula = Formula(kind=Kind.DISPLAY, tex=tex, source=f"$${tex}$$", line=1, column=1)
    assert in_line(formula) == replace(formula, kind=Kind.INLINE, tex=expected)
