"""How long a note takes to read."""

from __future__ import annotations

import pytest

from notepress.model import Body, Formula, Kind, SourceMap
from notepress.reading import reading_minutes


def body(latex: str, *kinds: Kind) -> Body:
    """Return a converted note with formulas of these kinds."""
    formulas = tuple(Formula(kind=kind, tex="x", source="$x$", line=1, column=1) for kind in kinds)
    return Body(
        latex=latex,
        source_map=SourceMap(file="a.md", marks=()),
        formulas=formulas,
        rejected=frozenset(),
        literal=frozenset(),
        definitions="",
        titles=(),
        headings=(),
        attachments=(),
        inputs={},
        links=(),
        diagnostics=(),
    )


@pytest.mark.parametrize(
    ("latex", "kinds", "minutes"),
    [
        ("", (), 1),
        ("字" * 300, (), 1),
        ("字" * 301, (), 2),
        ("字" * 3000, (), 10),
        ("𠀀" * 600, (), 2),
        ("word " * 300, (), 2),
        ("", (Kind.INLINE,) * 120, 2),
        ("", (Kind.DISPLAY, Kind.ENVIRONMENT) * 5, 2),
        ("\\begin{notefigure}\n\\end{notefigure}\n" * 6, (), 2),
        ("\\begin{nptrial}\n\\end{nptrial}\n" * 6, (), 2),
        ("\\begin{npmeasure}{3}\n\\end{npmeasure}\n" * 6, (), 2),
    ],
)
def test_minutes_grow_with_what_there_is_to_read(latex: str, kinds: tuple[Kind, ...], minutes: int) -> None:
    """300 hanzi or 150 words are a minute; formulas, figures and tables take their time, and no note takes none."""
    assert reading_minutes(body(latex, *kinds)) == minutes


def test_commands_and_marks_are_not_read() -> None:
    """What only TeX reads costs a reader no time."""
    assert reading_minutes(body("%@=12\n\\textbf{\\begin{itemize}\\item \\end{itemize}}\n" * 1000)) == 1
