"""How an edited note begins: as far as it stayed the same, up to a place between two blocks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from notepress.ahead import Opening, Sources
from notepress.documents import TexDocument
from notepress.model import SourceMap

HEAD = "\\title{%@3}\n\n%@1\n"
BLOCKS = (
    "%@4\n文字。\n\n",
    "%@=5\n\n\\section{节}\n\n",
    "\\begin{npblock}\n\n%@6\n文字。\n\n\\end{npblock}\n\n",
    "空\n\n",
)


def _document(body: str) -> TexDocument:
    return TexDocument(
        latex=HEAD + body,
        body_line=HEAD.count("\n") + 1,
        source_map=SourceMap(file="a.md", marks=()),
        formulas=(),
        spans=(),
        source="",
        attachments=(),
        files={},
    )


def _expected(before: str, now: str) -> Opening | None:
    return Opening.expected(_document(before), Sources(latex=HEAD + now, files={}))


def test_a_note_is_expected_to_begin_as_it_did_up_to_the_block_that_was_edited() -> None:
    """The block of the edit is left out whole, and so is everything inside the environment it stands in."""
    same = "%@1\n甲\n\n%@3\n乙\n\n"
    found = _expected(same + "%@5\n丙\n", same + "%@5\n丁\n")
    assert found
    assert found.latex == HEAD + same
    inside = same + "%@5\n丙\n\n\\begin{npblock}\n\n%@7\n"
    found = _expected(inside + "戊\n\n\\end{npblock}\n", inside + "己\n\n\\end{npblock}\n")
    assert found
    assert found.latex == HEAD + same


def test_a_note_that_changed_before_its_first_block_has_no_opening() -> None:
    """Marks in the title are none of the body; where nothing of that stayed the same, nothing is expected."""
    assert _expected("%@1\n甲\n", "%@1\n乙\n") is None
    now = Sources(latex="\\title{%@3!}\n\n%@1\n" + "\n%@1\n甲\n", files={})
    assert Opening.expected(_document("%@1\n甲\n"), now) is None


@given(
    st.lists(st.sampled_from(BLOCKS)), st.lists(st.sampled_from(BLOCKS)), st.lists(st.sampled_from(BLOCKS), min_size=1)
)
def test_the_rest_has_what_the_opening_has_not_at_the_same_lines(
    same: list[str], old: list[str], new: list[str]
) -> None:
    """TeX reads every character once, in order, and finds each of the rest in the line where the whole has it."""
    now = Sources(latex=HEAD + "".join(same + new), files={"figures.tex": b""})
    opening = Opening.expected(_document("".join(same + old)), now)
    if not opening:
        return
    rest = opening.rest(now)
    assert rest is not None
    skipped = opening.latex.count("\n")
    lines = rest.split("\n")
    assert lines[:skipped] == ["%"] * skipped
    assert lines[skipped:] == now.latex.split("\n")[skipped:]
    assert opening.latex + "\n".join(lines[skipped:]) == now.latex
    assert opening.latex.count("\\begin") == opening.latex.count("\\end")


def test_another_beginning_or_another_file_is_not_gone_on_to() -> None:
    """What TeX has read already has to be the same, the figures and labels it knows included."""
    same = "%@1\n甲\n\n%@3\n乙\n\n"
    files = {"figures.tex": b"1"}
    opening = Opening.expected(_document(same + "%@5\n丙\n"), Sources(latex=HEAD + same + "%@5\n丁\n", files=files))
    assert opening
    assert opening.rest(Sources(latex=HEAD + same + "戊", files=files))
    assert opening.rest(Sources(latex=HEAD + same + "戊", files={"figures.tex": b"2"})) is None
    assert opening.rest(Sources(latex=HEAD + same + "戊", files={})) is None
    assert opening.rest(Sources(latex=HEAD + same.replace("甲", "己") + "戊", files=files)) is None
