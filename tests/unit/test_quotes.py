"""Latin and Chinese quotation marks are told apart by their neighbours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notepress.quotes import LATIN_MARKS, as_written, mark_latin_quotes

# Latin marks as < > for double and ( ) for single ones, to read the table.
SHOWN = str.maketrans(LATIN_MARKS, "()<>")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("他说“你好”。", "他说“你好”。"),
        ("He said “hi” and ‘yes’.", "He said <hi> and (yes)."),
        ("don’t, students’ work", "don)t, students) work"),
        ("他说don’t", "他说don)t"),
        ("用 “attention” 机制", "用 “attention” 机制"),
        ("“Attention”：论文", "“Attention”：论文"),
        ("use “注意力” here", "use “注意力” here"),
        ("“你说‘hi’吗”", "“你说‘hi’吗”"),
        ("它的“it’s”", "它的“it)s”"),
        ("\\textbf{“Hello”} world", "\\textbf{<Hello>} world"),
        ("中文。\n\n“Quote” in English.", "中文。\n\n<Quote> in English."),
        ("中文\\emph{“强调”}中文", "中文\\emph{“强调”}中文"),
        ("%@12\n“Well,” she said", "%@12\n<Well,> she said"),
        ("“一段未完", "“一段未完"),
    ],
)
def test_neighbours_decide(text: str, shown: str) -> None:
    """A pair is Latin where no hanzi is in it or beside it; ’ in a word is an apostrophe."""
    assert mark_latin_quotes(text).translate(SHOWN) == shown


@given(st.text(st.sampled_from("“”‘’ab 中，\n\\{}%@1"), max_size=60))
def test_only_the_kind_of_a_mark_changes(text: str) -> None:
    """Length, lines and all other characters stay, and what was written can be had again."""
    marked = mark_latin_quotes(text)
    assert as_written(marked) == text
    assert all(a == b or a in "“”‘’" for a, b in zip(text, marked, strict=True))
