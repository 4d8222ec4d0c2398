"""Text and titles -> LaTeX that can't break out of its place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from .forbidden import find_forbidden
from .inline import Inline, Kind
from .mathtokens import tokens

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
}
_TABLE = str.maketrans(_ESCAPES)
_HANZI = "[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]"
# xeCJK drops a space between two hanzi, which in a running text is a line break; in a title it is meant.
_MEANT_SPACE = re.compile(rf"(?<={_HANZI}) (?={_HANZI})")


class Latex(str):
    """LaTeX source that was made here; templates print it as it is and escape everything else."""

    __slots__ = ()

    def __html__(self) -> str:
        """Tell Jinja2 that this is markup already."""
        return str(self)


def escape(text: str) -> Latex:
    """Escape plain text: every special character printed as itself, control characters dropped."""
    kept = "".join(
        " " if char in "\n\r\t" else char
        for char in text
        if char in "\n\r\t" or unicodedata.category(char) not in {"Cc", "Cs"}
    )
    return Latex(kept.translate(_TABLE))


def stays_inside(formula: str) -> bool:
    """Say whether a formula can't end its own math, comment out what follows, or ask TeX for what no formula may."""
    if find_forbidden(tokens(formula)) is not None:
        return False
    depth = 0
    for token in re.findall(r"\\.|[{}%$]|\\$", formula, re.DOTALL):
        if token in {"\\(", "\\)", "\\[", "\\]", "%", "$", "\\"}:
            return False
        depth += {"{": 1, "}": -1}.get(token, 0)
        if depth < 0:
            return False
    return depth == 0


def inline_to_latex(title: Inline | Latex, formulas: Iterator[str] | None = None) -> Latex:
    """Return a title with its emphasis, code and formulas, or what `formulas` has in place of each of these."""
    if isinstance(title, Latex):
        return title
    parts = []
    for span in title.spans:
        if span.kind is Kind.MATH and formulas is not None:
            tex = next(formulas)
        elif span.kind is Kind.MATH and stays_inside(span.text):
            tex = f"\\({span.text}\\)"
        elif span.kind is Kind.MATH:
            tex = escape(f"${span.text}$")
        elif span.kind is Kind.CODE:
            tex = f"\\texttt{{{escape(span.text)}}}"
        else:
            tex = _MEANT_SPACE.sub(r"\\ ", escape(span.text))
        if span.emphasis:
            tex = f"\\emph{{{tex}}}"
        if span.strong:
            tex = f"\\textbf{{{tex}}}"
        parts.append(tex)
    return Latex("".join(parts))


def escape_uri(uri: str) -> Latex:
    r"""Escape a percent-encoded address for \href, which keeps `\%` as `%`."""
    return Latex(uri.replace("%", r"\%").replace("#", r"\#"))
