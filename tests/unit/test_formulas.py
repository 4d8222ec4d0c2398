"""Formulas as authors write them -> TeX that amsmath accepts, line for line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notepress.dialect import protect
from notepress.formulas import Formula, Kind, prepare


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["a", "\n", " ", "\n\n", "\\\\", "&"]), max_size=20).map("".join))
def test_a_formula_holds_no_blank_line(tex: str) -> None:
    """TeX ends a formula at a blank line, so display math never has one inside."""
    made = prepare(Formula(Kind.DISPLAY, tex, tex, 1)).tex
    assert not re.search(r"\n[ \t]*\n", made)
    assert made.count("\n") == tex.count("\n")


@pytest.mark.parametrize("name", ["align", "align*", "gather", "equation", "eqnarray", "multline", "alignat*"])
@pytest.mark.parametrize(("before", "after"), [("$$", "$$"), ("$$\n", "\n$$"), ("", ""), ("\\[", "\\]")])
def test_an_environment_that_is_a_display_is_not_put_into_another(name: str, before: str, after: str) -> None:
    """$$ around align, which TeX rejects, is dropped: the environment is the display."""
    (formula,) = protect(f"{before}\\begin{{{name}}}a\\end{{{name}}}{after}", file="a.md").formulas
    formula = prepare(formula)
    assert formula.kind is Kind.ENVIRONMENT
    assert formula.tex.lstrip("%\n").rstrip() == f"\\begin{{{name}}}a\\end{{{name}}}"


@pytest.mark.parametrize("name", ["align", "align*", "gather", "eqnarray", "equation"])
def test_an_environment_inside_a_formula_becomes_its_inner_form(name: str) -> None:
    """Beside other math, align is written aligned: previews accept what TeX does not."""
    (formula,) = protect(f"$$x = \\begin{{{name}}}a\\end{{{name}}}$$", file="a.md").formulas
    formula = prepare(formula)
    assert formula.kind is Kind.DISPLAY
    assert re.fullmatch(r"x = \\begin\{(aligned|gathered)\}a\\end\{\1\}", formula.tex)
