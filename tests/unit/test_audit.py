"""What did not arrive is named at its line, and nothing else is."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest

from notepress.audit import audit
from notepress.dialect import protect
from notepress.model import Note

MakeNote = Callable[..., Note]
LINES = ("第一段写的是线性代数的基本概念。", "第二段讨论概率论与数理统计。", "第三段回到优化方法。")


def lines_of(make_note: MakeNote, markdown: str, printed: str) -> list[int | None]:
    """Return the lines at which something is reported lost."""
    return [d.line for d in audit(make_note(markdown=markdown), (), printed, frozenset())]


def test_nothing_is_said_where_all_arrived(make_note: MakeNote) -> None:
    """Order, spaces and line breaks of the page do not count."""
    assert lines_of(make_note, "\n\n".join(LINES), " ".join(reversed(LINES)).replace("段", "\n段")) == []


@pytest.mark.parametrize("lost", range(3))
def test_a_lost_paragraph_is_named_at_its_line(make_note: MakeNote, lost: int) -> None:
    """The line is the one whose text stands nowhere in the pages, although others share letters with it."""
    printed = "".join(line for index, line in enumerate(LINES) if index != lost)
    assert lines_of(make_note, "\n\n".join(LINES), printed) == [2 * lost + 1]


def test_a_single_lost_letter_is_named_at_its_line(make_note: MakeNote) -> None:
    """One rare hanzi without a glyph is a loss."""
    markdown = "平常的字。\n\n其中有罕见的𠮷字。"
    assert lines_of(make_note, markdown, markdown.replace("𠮷", "")) == [3]


@pytest.mark.parametrize("mark", [*"，：；（）！？…／\u3000", "", "か\u3099", "ｶ，ﾞ", "⽔", "金", "㈱", "ﬁ", "𝐀"])
def test_what_is_the_same_in_another_form_is_not_missed(make_note: MakeNote, mark: str) -> None:
    """Wide and narrow, composed and not, a radical and its hanzi: pages may show the other (Unicode, NFKC)."""
    text = f"词{mark}语 wide{mark}word"
    for printed in (text, *(unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD"))):
        assert lines_of(make_note, text, printed) == []


def test_a_line_that_was_reported_already_is_not_reported_again(make_note: MakeNote) -> None:
    """What a missing glyph or a comment in a formula has said is enough."""
    assert audit(make_note(markdown="罕见的𠮷字"), (), "罕见的字", frozenset({1})) == ()


@pytest.mark.parametrize(
    "unseen",
    [
        "<!-- 作者的\n注释 -->",
        "%%不给人看的话%%",
        '<span title="提示语">正文</span>',
        "![图的名字](图片/曲线.png)",
        "[正文](其他/笔记.md)",
        "[标签]: 路径/文件.md",
        "```语言\n正文\n```",
        "$正文\\label{标签}$",
        "{% post_link 文件名 正文 %}",
        "{% comment %}不印{% endcomment %}",
    ],
)
def test_what_is_not_meant_for_the_page_is_not_missed(make_note: MakeNote, unseen: str) -> None:
    """Comments, addresses, attributes and names of labels are no text."""
    assert lines_of(make_note, unseen, "正文") == []


@pytest.mark.parametrize("tag", ["{% tabs 标题 %}", '{{< x title="标题" >}}', "{% note info 标题 %}"])
def test_a_lost_title_of_a_tag_is_named_at_its_line(make_note: MakeNote, tag: str) -> None:
    """What a tag says to readers is text of the note as any other."""
    assert lines_of(make_note, f"正文\n\n{tag}", "正文") == [3]


def test_a_lost_word_is_named_at_its_line(make_note: MakeNote) -> None:
    """A Latin word that stands nowhere in the pages is a loss, torn at the end of a line or not."""
    markdown = "用 PyTorch 训练。\n\n用 TensorFlow 训练。\n"
    found = audit(make_note(markdown=markdown), (), "用 PyTor-\nch 训练。用训练。", frozenset())
    assert [(d.line, d.message) for d in found] == [(3, "“TensorFlow” did not arrive in the PDF")]


def test_a_word_that_a_foot_tears_has_arrived(make_note: MakeNote) -> None:
    """A word over several pages stands in their text in pieces, with feet between; one that lost its half is missed."""
    word = "".join(chr(ord("a") + pow(3, n, 211) % 26) for n in range(200))
    note = make_note(markdown=f"{word}\n")
    torn = f"{word[:70]}\n正文 foot\n{word[70:]}"
    assert audit(note, (), torn, frozenset()) == ()
    assert [d.line for d in audit(note, (), word[:70], frozenset())] == [1]


@pytest.mark.parametrize(
    "markup",
    [
        "!!! warning inline end",
        "> [!important] 正文",
        "::: details",
        "正文 :smile: 正文",
        "见 @vaswani2017 与 [@fig-attention]",
        "![](a.png){width=50% height=auto}",
        "正文&nbsp;&emsp;&#8212;正文",
        "[TOC]",
        "{% codeblock lang:python %}\n{% endcodeblock %}",
        "[正文](a.md){ .button .primary }",
        '<a href="https://a.b/"><span class="invisible">https://</span></a>',
        "\\newpage",
        '```python title="abcd"\n```',
        "[正文][label]",
        "正文[^footnote]",
        '<img src="curve.png" alt="curve">',
        "$\\alpha_{train}$ 与 $$\n\\beta_{test}\n$$",
    ],
)
def test_words_of_markup_are_not_missed(make_note: MakeNote, markup: str) -> None:
    """Names of boxes, keys, attributes, entities and TeX are no text."""
    note = make_note(markdown=f"{markup}\n")
    formulas = protect(note.markdown, file=note.source).formulas
    assert audit(note, formulas, "正文见与图名" * 4, frozenset()) == ()
