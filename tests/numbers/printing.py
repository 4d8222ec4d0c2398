"""How the notes print numbers. What is printed is compared as text, so places and signs count."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

# What stands between the entries of a vector, and between numbers in a sentence.
THIN, SPACED = r",\,", r",\ "


def places(digits: int) -> Callable[[float], str]:
    """A form of numbers: always this many decimal places."""
    return lambda x: f"{x:.{digits}f}"


def plain(x: float) -> str:
    """A short decimal: no trailing zeros, no rounding noise, no minus zero."""
    return f"{round(x, 9) + 0.0:g}"


def whole_or_four(x: float) -> str:
    """A whole number bare, any other with four places."""
    return f"{x:.0f}" if math.isclose(x, round(x), abs_tol=1e-12) else f"{x:.4f}"


def scientific(x: float, digits: int = 2) -> str:
    r"""A number as ``1.25\times10^{9}``, with this many places in front of the power."""
    mantissa, exponent = f"{x:.{digits}e}".split("e")
    return rf"{mantissa}\times10^{{{int(exponent)}}}"


FOUR = places(4)


def joined(values: Iterable[float], sign: str = THIN, form: Callable[[float], str] = FOUR) -> str:
    """Numbers of one form with a sign between them."""
    return sign.join(map(form, values))


def vector(values: Iterable[float], sign: str = THIN, form: Callable[[float], str] = FOUR) -> str:
    """The same in parentheses."""
    return f"({joined(values, sign, form)})"


def bare(values: Iterable[float]) -> str:
    """A vector in parentheses whose whole numbers have no places."""
    return vector(values, form=whole_or_four)
