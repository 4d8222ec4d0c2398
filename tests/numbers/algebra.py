"""The mathematics that many notes share, written as it is defined: slow, plain, for lists of a few numbers."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable

Vector = list[float]
Matrix = list[Vector]


def dot(a: Vector, b: Vector) -> float:
    """Inner product."""
    return sum(x * y for x, y in zip(a, b, strict=True))


def plus(a: Vector, b: Vector) -> Vector:
    """Sum of two vectors."""
    return [x + y for x, y in zip(a, b, strict=True)]


def transposed(m: Matrix) -> Matrix:
    """Rows become columns."""
    return [list(column) for column in zip(*m, strict=True)]


def times(a: Matrix, b: Matrix) -> Matrix:
    """Matrix product."""
    columns = transposed(b)
    return [[dot(row, column) for column in columns] for row in a]


def applied(m: Matrix, x: Vector) -> Vector:
    """Matrix times column vector."""
    return [dot(row, x) for row in m]


def row_times(x: Vector, m: Matrix) -> Vector:
    """Row vector times matrix."""
    return times([x], m)[0]


def outer(a: Vector, b: Vector) -> Matrix:
    """Column times row."""
    return [[x * y for y in b] for x in a]


def softmax(z: Vector) -> Vector:
    """Exponentials divided by their sum; the largest score is taken off all of them first, and minus infinity is 0."""
    powers = [math.exp(x - max(z)) for x in z]
    return [x / sum(powers) for x in powers]


def logistic(x: float) -> float:
    """The sigmoid function 1/(1 + e^-x)."""
    return 1 / (1 + math.exp(-x))


def entropy(p: Iterable[float]) -> float:
    """Entropy in nats."""
    return -sum(x * math.log(x) for x in p if x > 0)


def divergence(p: Iterable[float], q: Iterable[float]) -> float:
    """Kullback-Leibler divergence of p from q in nats; terms with p = 0 count nothing."""
    return sum(a * math.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)


def slope(f: Callable[[float], float], at: float, step: float) -> float:
    """Derivative of a function, measured by moving its argument up and down."""
    return (f(at + step) - f(at - step)) / (2 * step)


def single(x: float) -> float:
    """The nearest single-precision number."""
    return float(struct.unpack("f", struct.pack("f", x))[0])
