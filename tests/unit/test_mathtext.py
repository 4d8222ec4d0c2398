"""Formulas in headings -> text for bookmarks, which know no TeX."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from notepress.model import Body

Convert = Callable[[str], Body]


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("$6N$", "6N"),
        (r"$\sqrt{d_k}$", "√(dₖ)"),
        (r"$\sqrt 2$", r"$\sqrt 2$"),
        (r"$\sqrt{n}$", "√n"),
        (r"$\frac{1}{n+1}$", "1/(n + 1)"),
        ("$10^{-9}$", "10⁻⁹"),
        (r"$\boldsymbol{h}_t$", "hₜ"),
        (r"$\mathbb{R}^{d\times d}$", "ℝ^(d × d)"),
        (r"$W_Q$", "W_Q"),
        (r"$\begin{pmatrix}a\\b\end{pmatrix}$", r"$\begin{pmatrix}a\\b\end{pmatrix}$"),
    ],
)
def test_a_formula_in_a_heading_is_text_in_its_bookmark(converted: Convert, formula: str, text: str) -> None:
    """What Unicode can say is said in it; anything else stays as it was typed. The heading itself has the formula."""
    body = converted(f"# 题\n\n## 关于 {formula} 的话\n\n正文。\n")
    assert body.headings[-1].text == f"关于 {text} 的话"
    assert body.formulas[0].source == formula
