"""Which formulas are given up where TeX rejects some, or does not come to an end."""

from __future__ import annotations

from notepress.documents import TexDocument
from notepress.errors import error
from notepress.findings import Finding
from notepress.model import Formula, Kind, SourceMap
from notepress.salvage import MOST_STOPS, endless, may_go_on


def document(*formulas: str) -> TexDocument:
    """Return a document with one formula a line."""
    made = tuple(
        Formula(kind=Kind.INLINE, tex=tex, source=f"${tex}$", line=line, column=1)
        for line, tex in enumerate(formulas, 1)
    )
    return TexDocument(
        latex="",
        body_line=1,
        source_map=SourceMap(file="a.md", marks=()),
        formulas=made,
        spans=(),
        source="\n".join(f.source for f in made),
        attachments=(),
        files={},
    )


def stop(formula: int | None) -> list[Finding]:
    """Return what the log of a run says that was stopped."""
    return [Finding(diagnostic=error("time-limit", "TeX did not finish", file="a.tikz"), formula=formula)]


def test_a_macro_that_never_ends_is_given_up_wherever_it_is_used() -> None:
    """After two formulas with it the others are not tried; a macro that did end, and its definition, stay."""
    made = document(
        r"\gdef\npmathx{\npmathx}\gdef\npmathok{1}",
        r"\npmathok",
        r"\npmathx+\npmathok",
        r"2\npmathx-\npmathok",
        r"3\npmathx",
        r"\npmathok\npmathxy",
    )
    assert endless([2], made) == {}
    found = endless([2, 3], made)
    assert list(found) == [4]
    assert (found[4].message, found[4].line) == ("\\x does not seem to end", 5)


def test_a_note_that_never_ends_is_given_up_in_the_end() -> None:
    """Each stop costs the whole time limit: a few are worth it, one outside of formulas is not."""
    stopped: list[int] = []
    found = [may_go_on(stop(number), set(), stopped) for number in range(MOST_STOPS)]
    assert found == [*[True] * (MOST_STOPS - 1), False]
    assert not may_go_on(stop(None), set(), [])
    assert may_go_on(stop(None), {"a.tikz"}, [])
    assert may_go_on([], set(), stopped)
