"""Commands that TeX seems to lack are marked, and the marks go without a trace."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notepress.doubts import with_doubts, without_doubts
from notepress.lint import Vocabulary, vocabulary
from notepress.model import Formula, Kind

KNOWN = Vocabulary(commands=frozenset({"\\sqrt", "\\left", "\\right", "\\let"}), environments=frozenset())


def marked(tex: str, known: Vocabulary = KNOWN) -> str:
    """Return a formula with its marks."""
    return with_doubts(Formula(kind=Kind.INLINE, tex=tex, source=f"${tex}$", line=1, column=1), known).tex


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        ("x_1\\foo_2", "x_1\\npdoubt\\foo_2"),
        ("\\sqrt\\foo", "\\sqrt{\\npdoubtful\\foo}"),
        ("\\left\\foo x\\right)", "\\left\\foo x\\right)"),
        ("\\let\\npmathx=\\foo", "\\let\\npmathx=\\foo"),
        ("a % \\foo\n\\npmathbar", "a % \\foo\n\\npmathbar"),
        ("\\\\foo", "\\\\foo"),
    ],
)
def test_only_what_nobody_defines_is_marked(tex: str, expected: str) -> None:
    """A mark is no argument by itself and takes no delimiter's place; what the note defines needs none."""
    assert marked(tex) == expected
    assert without_doubts(expected) == tex


def test_where_nobody_can_know_nothing_is_marked() -> None:
    """A project with packages of its own may define anything."""
    assert marked("\\foo", Vocabulary(commands=None, environments=None)) == "\\foo"


@given(st.lists(st.sampled_from(["\\foo", "\\alpha", "{", "}", "x", " ", "_", "\\sqrt", "\\left", "\n"])))
def test_marks_change_nothing_else(parts: list[str]) -> None:
    """A marked formula without its marks is the formula, line for line."""
    tex = "".join(parts)
    assert without_doubts(marked(tex, vocabulary())) == tex
