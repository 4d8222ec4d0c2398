"""What is remembered of a finished PDF."""

from __future__ import annotations

from notepress.documents import Landmark
from notepress.finish import _landmark
from notepress.model import Heading


def test_a_heading_that_says_the_same_three_times_is_kept_once() -> None:
    """The headings of all notes stay in memory; their words stay as they are, and what is equal is one string."""
    same, latex, ident = ("".join(["目", "标"]) for _ in range(3))
    heading = Heading(level=1, text=same, latex=latex, ident=ident, line=3)
    mark = _landmark(heading, 2)
    assert mark == Landmark(level=1, text="目标", latex="目标", ident="目标", line=3, page=2)
    assert mark.text is mark.latex is mark.ident
    other = _landmark(Heading(level=2, text="n 元", latex="$n$ 元", ident="n-元", line=1), 0)
    assert (other.text, other.latex, other.ident) == ("n 元", "$n$ 元", "n-元")
