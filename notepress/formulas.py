"""Formulas as authors write them -> TeX that amsmath accepts, line for line.

Authors see their formulas in previews made by MathJax or KaTeX, which forgive much that TeX does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_ENVIRONMENTS = "equation|align|alignat|flalign|gather|multline|eqnarray|math|displaymath"


class Kind(StrEnum):
    """How a formula is set."""

    INLINE = "inline"
    DISPLAY = "display"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula: `tex` is what stands between its delimiters, `source` the characters of the file from `line` on."""

    kind: Kind
    tex: str
    source: str
    line: int


def prepare(formula: Formula) -> Formula:
    """Make a formula that authors of MathJax write acceptable to amsmath; lines stay lines."""
    if formula.kind is Kind.INLINE:
        return formula
    tex, source, line = formula.tex, formula.source, formula.line
    # A blank line ends a formula in TeX; a comment line keeps the count and does not.
    tex = re.sub(r"\n[ \t]*(?=\n)", "\n%", tex)
    # KaTeX and MathJax count the columns themselves when the argument is empty.
    tex = re.sub(r"\\begin\{array\}[ \t]*\{[ \t]*\}", r"\\begin{array}{*{10}{l}}", tex)
    outer = re.fullmatch(rf"\s*\\begin\{{((?:{_ENVIRONMENTS})\*?)\}}(.*)\\end\{{\1\}}\s*", tex, re.DOTALL)
    if outer and f"\\begin{{{outer[1]}}}" not in outer[2]:
        return Formula(Kind.ENVIRONMENT, tex, source, line)
    for name, inner in (
        ("align", "aligned"),
        ("gather", "gathered"),
        ("eqnarray", "aligned"),
        ("flalign", "aligned"),
        ("equation", "gathered"),
    ):
        tex = re.sub(rf"\\(begin|end)\{{{name}\*?\}}", rf"\\\1{{{inner}}}", tex)
    return Formula(Kind.DISPLAY, tex, source, line)
