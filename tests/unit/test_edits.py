"""After a save a browser shows the page on which something changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from notepress.documents import Landmark
from notepress.edits import Edit, find_edit, page_of

TEXT = "# 题\n\n一\n\n## 节\n\n二\n"


def mark(line: int, page: int) -> Landmark:
    """Return a heading at a line, on a page from 0."""
    return Landmark(level=2, text="节", latex="节", ident="x", line=line, page=page)


def test_the_first_changed_line_counts() -> None:
    """Changed, added, removed, at the beginning or at the end: the line is one of the new text."""
    assert find_edit(TEXT, TEXT.replace("二", "三")) == Edit(line=7, lines=8)
    assert find_edit(TEXT, TEXT.replace("一", "零\n一").replace("二", "三")) == Edit(line=3, lines=9)
    assert find_edit(TEXT, "新\n" + TEXT).line == 1
    assert find_edit(TEXT, TEXT + "尾\n") == Edit(line=8, lines=9)
    assert find_edit(TEXT, TEXT.removesuffix("二\n")) == Edit(line=7, lines=7)


def test_the_page_is_that_of_the_section() -> None:
    """A line under a heading is on its page; in a section of several pages, as far down as in the text."""
    marks = (mark(1, 0), mark(100, 4), mark(200, 4), mark(300, 9))
    at = [page_of(Edit(line=line, lines=400), marks, 12) for line in (1, 50, 99, 100, 150, 200, 250, 300, 400)]
    assert at == [1, 3, 5, 5, 5, 5, 7, 10, 12]


def test_a_note_without_headings_is_measured_as_a_whole() -> None:
    """Half way down the text is half way through the pages."""
    assert [page_of(Edit(line=line, lines=100), (), 5) for line in (1, 50, 100)] == [1, 3, 5]


@given(
    st.text(alphabet="ab\n", max_size=12),
    st.text(alphabet="ab\n", max_size=12),
    st.lists(st.tuples(st.integers(1, 20), st.integers(0, 9)), max_size=4),
    st.integers(1, 10),
)
def test_any_edit_has_a_page(before: str, now: str, marks: list[tuple[int, int]], pages: int) -> None:
    """The line is in the text and the page in the PDF, also where the headings are those of an older text."""
    edit = find_edit(before, now)
    assert 1 <= edit.line <= edit.lines
    assert 1 <= page_of(edit, tuple(mark(line, page) for line, page in marks), pages) <= pages
