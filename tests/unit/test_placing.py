"""Formulas in their places, and what follows them."""

from __future__ import annotations

import pytest

from notepress.dialect import CLOSE, OPEN
from notepress.model import Formula, Kind
from notepress.placing import place_formulas

GOES_ON = r"\]\npcontinues"


def placed(source: str, following: str, kind: Kind = Kind.DISPLAY) -> str:
    """Return a formula and what follows it as TeX gets them."""
    formula = Formula(kind=kind, tex=source.strip("$"), source=source, line=1, column=1)
    latex, spans = place_formulas(f"{OPEN}0{CLOSE}{following}", (formula,))
    # What is put after a formula is no part of it: an error there is not the formula's.
    assert latex[: spans[0].end].endswith(formula.tex + (r"\]" if kind is Kind.DISPLAY else r"\)"))
    return latex


@pytest.mark.parametrize("source", ["$$a,$$", "$$a，\n$$", "$$a; $$", "$$\\begin{aligned}a,\\end{aligned}$$"])
@pytest.mark.parametrize("following", ["\n\n%@3\n其中", "\n\n其中", f"\n\n%@3\n{OPEN}"])
def test_a_paragraph_goes_on_after_a_formula_that_ends_in_a_comma(source: str, following: str) -> None:
    """A sentence that a formula interrupts is one paragraph, so what follows the formula is not indented."""
    assert GOES_ON in placed(source, following)


@pytest.mark.parametrize(
    ("source", "following", "kind"),
    [
        ("$$a.$$", "\n\n其中", Kind.DISPLAY),
        ("$$a,b$$", "\n\n其中", Kind.DISPLAY),
        ("$$a,$$", "，其中", Kind.DISPLAY),
        ("$$a,$$", "\n\n%@3\n\\section{其中}", Kind.DISPLAY),
        ("$$a,$$", "\n\n\\begin{itemize}", Kind.DISPLAY),
        ("$a,$", "\n\n其中", Kind.INLINE),
    ],
)
def test_anything_else_begins_as_it_does(source: str, following: str, kind: Kind) -> None:
    """A formula that ends its sentence ends the paragraph; headings, lists and text beside it are as ever."""
    assert r"\npcontinues" not in placed(source, following, kind)


@pytest.mark.parametrize(
    ("tex", "opening"),
    [
        ("a+" * 40 + "b", r"\nplongdisplay{"),
        ("a+" * 40 + r"\tag{1}", r"\nplongdisplay{"),
        ("a+" * 40 + r"\begin{pmatrix}a&b\\c&d\end{pmatrix}", r"\nplongdisplay{"),
        ("a+" * 20 + "b", r"\npmediumdisplay{"),
        ("a+b", r"\["),
        (r"a\\" * 40, r"\["),
        (r"\begin{aligned}" + "a&+" * 40 + r"\end{aligned}", r"\["),
    ],
)
def test_a_long_display_may_become_lines(tex: str, opening: str) -> None:
    """One line that may be wider than the page is left to TeX to break; what has rows of its own stays a display."""
    formula = Formula(kind=Kind.DISPLAY, tex=tex, source=f"$${tex}$$", line=1, column=1)
    assert place_formulas(f"{OPEN}0{CLOSE}", (formula,))[0].startswith(opening)


def test_the_source_of_a_rejected_formula_can_be_broken() -> None:
    """Source has few spaces, and a line without any would run off the page."""
    formula = Formula(kind=Kind.INLINE, tex="a" * 100, source="a" * 100, line=1, column=1)
    assert place_formulas(f"{OPEN}0{CLOSE}", (formula,), {0})[0].count(r"\codebreak{}") == 2
