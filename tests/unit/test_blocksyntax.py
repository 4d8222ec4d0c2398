"""Boxes of many dialects -> fenced divs, and from which line of the note each line came."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notepress.blocksyntax import Arranged, arrange
from notepress.callouts import BLOCK, KINDS
from notepress.resources import resource_folder

DIV = re.compile(r"^[- >]*:{3,} (?P<attributes>\{.*\})$")
LINES = (
    *("", "文字", "  两格", "    四格", "        八格", "\t制表", "- 列表", "1. 编号", "> 引用", "> > 深"),
    *("!!! note", '??? "标题"', '    !!! warning "内"', '=== "C++"', '    === "Go"', "> [!tip] 题", "> > [!note]-"),
    *(":::", ":::: tip 题", "::: {.callout-note}", "```", "    ```", "> ```", "{% note info %}", "{% endnote %}"),
)
notes = st.lists(st.sampled_from(LINES), max_size=25).map("\n".join)


def boxes(markdown: str) -> list[tuple[int, str, str]]:
    """Return line, kind and title of each box."""
    arranged = arrange(markdown, file="a.md").markdown.split("\n")
    found = []
    for number, line in enumerate(arranged):
        if (match := DIV.match(line)) and "kind=" in line:
            attributes = match["attributes"]
            title = arranged[number + 1].lstrip(" >") if "titled=1" in attributes else ""
            at, kind = re.search(r"at=(\d+)", attributes), re.search(r"kind=(\w+)", attributes)
            assert at
            assert kind
            found.append((int(at[1]), kind[1], title))
    return found


@settings(max_examples=400, deadline=None)
@given(notes)
def test_every_line_keeps_its_number_and_its_text(markdown: str) -> None:
    """Each line of the note is in the result once under its number, with all its text unless it is a box's mark."""
    arranged = arrange(markdown, file="a.md")
    lines = arranged.markdown.split("\n")
    came = arranged.lines or tuple(range(1, len(lines) + 1))
    assert len(came) == len(lines)
    assert list(came) == sorted(came)
    assert set(came) == set(range(1, markdown.count("\n") + 2))
    for number, line in enumerate(markdown.split("\n"), 1):
        words = re.findall("[\u4e00-\u9fff]+|[-+.0-9]+ ", line)
        made = "\n".join(text for text, n in zip(lines, came, strict=True) if n == number)
        assert all(word.strip() in made for word in words)


@settings(max_examples=400, deadline=None)
@given(notes)
def test_every_box_that_is_opened_is_closed(markdown: str) -> None:
    """Fences come in pairs from the outside in, so that no box swallows what stands after it."""
    # Code may hold anything, and what opens in a quote ends with it.
    arranged = arrange(re.sub("[`>]", "", markdown), file="a.md").markdown
    opened: list[str] = []
    for line in arranged.split("\n"):
        fence = re.match(r"[ >]*(:{10,})(.*)$", line)
        if not fence:
            continue
        if fence[2].strip():
            assert not opened or len(fence[1]) < len(opened[-1])
            opened.append(fence[1])
        else:
            assert opened.pop() == fence[1]
    assert opened == []


@pytest.mark.parametrize(
    ("markdown", "kind", "title"),
    [
        ("> [!NOTE]\n> a", "note", "注"),
        ("> [!caution]\n> a", "warning", "小心"),
        ("> [!info]- 折叠 **粗**\n> a", "note", "折叠 **粗**"),
        ("> [!FAQ]+\n> a", "question", "常见问题"),
        ("> [!自定义]\n> a", "note", "自定义"),
        ("- > [!tip] 题\n  > a", "tip", "题"),
        ("!!! note\n    a", "note", "注"),
        ('!!! warning "标题 $x$"\n    a', "warning", "标题 $x$"),
        ('!!! note ""\n    a', "note", ""),
        ('!!! tip inline end "题"\n    a', "tip", "题"),
        ("??? note\n    a", "note", "注"),
        ('???+ "答案"\n    a', "note", "答案"),
        ("!!! 自定义\n  两格", "note", "自定义"),
        ('=== "C++"\n    a', "tab", "C++"),
        ("::: tip\na\n:::", "tip", "提示"),
        (":::warning 小心\na\n:::", "warning", "小心"),
        (":::note[标题]\na\n:::", "note", "标题"),
        (':::note{title="题"}\na\n:::', "note", "题"),
        ("::: details 点开看\na\n:::", "note", "点开看"),
        ('::: {.callout-tip title="题"}\na\n:::', "tip", "题"),
        ("::: {.callout-important}\n## 题\n:::", "important", "重要"),
        ("{% note success %}\na\n{% endnote %}", "tip", "成功"),
        ("{% note info::题 %}\na\n{% endnote %}", "note", "题"),
        ('{% hint style="danger" %}\na\n{% endhint %}', "danger", "危险"),
        ("{{< hint warning >}}\na\n{{< /hint >}}", "warning", "警告"),
        ("!> 要紧\n还有", "important", "重要"),
        ("?> 提示", "tip", "提示"),
        ("<aside>\n💡 文\n</aside>", "note", ""),
        ('<TabItem value="a" label="苹果">\n\n文\n\n</TabItem>', "tab", "苹果"),
        ("{% note blue 'fas fa-bell' modern %}\na\n{% endnote %}", "note", "注"),
        ("{% note red no-icon 题 %}\na\n{% endnote %}", "danger", "题"),
        ("{% folding cyan open, 题 %}\na\n{% endfolding %}", "note", "题"),
        ('{{< admonition type=warning title="题" open=false >}}\na\n{{< /admonition >}}', "warning", "题"),
        ('{{< spoiler text="题" >}}\na\n{{< /spoiler >}}', "note", "题"),
        ("{% tab 题@code %}\na\n{% endtab %}", "tab", "题"),
        ('!!! note "1. 不是列表"\n    a', "note", "1\\. 不是列表"),
        ('!!! note "# 不是标题"\n    a', "note", "\\# 不是标题"),
    ],
)
def test_a_box_has_a_kind_and_a_title(markdown: str, kind: str, title: str) -> None:
    """What the dialects call a box becomes one, with its own title or the usual one of its name (BAD_INPUT 22)."""
    assert boxes(f"前文\n\n{markdown}\n\n后文") == [(3, kind, title)]


@pytest.mark.parametrize(
    "markdown",
    [
        "!!! 注意看这里",
        "???",
        "!!!",
        "`!!! note`",
        "```\n!!! note\n    a\n::: tip\n> [!note]\n```",
        "> 引用\n> [!note] 不在开头",
        "{% note 没有结束 %}",
        "{% raw %}\na\n{% endraw %}",
        "===\n===",
        "文字\n===",
        ":::",
        "a ::: b",
        "!>紧挨着",
        "> [!](a)",
        "[!note]",
    ],
)
def test_what_only_looks_like_a_box_stays(markdown: str) -> None:
    """Exclamation marks, code, setext headings and unfinished tags are text, and left exactly as they are."""
    assert arrange(markdown, file="a.md").markdown == markdown


def test_what_is_indented_in_a_box_is_not_code() -> None:
    """The content of an admonition moves left by its indentation, and what is nested deeper by as much more."""
    note = '!!! note\n    段\n\n        代码\n\n    !!! tip "内"\n\t\t深\n\n    - 项\n\n      项内\n后文\n'
    arranged = arrange(note, file="a.md")
    lines = set(zip(arranged.lines, arranged.markdown.split("\n"), strict=True))
    assert {(2, "段"), (4, "    代码"), (7, "深"), (9, "- 项"), (11, "  项内"), (12, "后文")} <= lines


@pytest.mark.parametrize("text", ["> 引用", "> > 深", "```\n    > 代码\n    ```", "- > 项"])
def test_a_quote_in_a_box_does_not_end_it(text: str) -> None:
    """What is indented is in the box, whatever it begins with."""
    note = f"!!! note\n    {text}\n    尾\n后文"
    assert arrange(note, file="a.md").markdown.split("\n")[-2:] == [":" * 43, "后文"]


def test_a_box_in_a_list_stays_there() -> None:
    """The end of a box stands at its own column, so that it does not end the list around it."""
    arranged = arrange("1. 甲\n\n    !!! tip\n        乙\n\n2. 丙\n", file="a.md").markdown.split("\n")
    assert arranged[-4:] == ["    " + ":" * 43, "", "2. 丙", ""]


def test_code_that_is_never_closed_ends_with_its_box() -> None:
    """A fence without an end inside a box hides nothing of what comes after the box."""
    assert boxes('!!! note\n    ```\n    a\n\n后文\n\n!!! tip "乙"\n    b\n') == [(1, "note", "注"), (7, "tip", "乙")]


def test_a_container_that_is_never_closed_is_reported() -> None:
    """A ::: without an end goes on to the end of the note, as in the preview, and is named at its line."""
    arranged = arrange("文\n\n::: tip\n内\n", file="笔记.md")
    assert [(d.code, d.file, d.line) for d in arranged.diagnostics] == [("unclosed-block", "笔记.md", 3)]


def test_deep_nesting_ends() -> None:
    """Boxes nested deeper than fences can tell apart are text."""
    note = "\n".join("    " * depth + f'!!! note "{depth}"' for depth in range(200))
    assert len(boxes(note)) == 40


def test_many_boxes_one_after_another_are_all_boxes() -> None:
    """A quote ends at a blank line, and the callout in it: nothing piles up."""
    assert len(boxes("> [!note] 题\n> 文\n\n" * 100)) == 100


def test_time_grows_with_the_length() -> None:
    """Twice the note takes about twice the time: no part of it is read again for every box."""
    part = '!!! note "甲"\n    乙\n\n    > [!tip]\n    > 丙\n\n' + "文字文字文字\n" * 20 + "{% note %}\n\n"

    def seconds(repeat: int) -> float:
        note = part * repeat
        started = time.process_time()
        arrange(note, file="a.md")
        return time.process_time() - started

    assert min(seconds(2000) / seconds(500) for _ in range(3)) < 10


def test_every_kind_has_a_colour() -> None:
    """The template knows each kind that a name can have."""
    style = (resource_folder() / "templates" / "style.tex.j2").read_text("utf-8")
    assert [kind for kind, _ in KINDS.values() if kind != BLOCK and f'"{kind}": "' not in style] == []


fragments = st.lists(
    st.sampled_from(
        ["!!! note", '    !!! tip "题"', "??? info", '=== "签"', "::: warning", ":::", "> [!note] 题", "> 内", "文字",
         "    缩进", "        更深", "", "- 项", "```", "    ```", "{% note %}", "{% endnote %}", "> > [!tip]"]
    ),
    max_size=14,
).map("\n".join)  # fmt: skip


def origins(arranged: Arranged) -> list[tuple[int, str]]:
    """Return each line of the result with the line of the note it came from."""
    lines = arranged.markdown.split("\n")
    return list(zip(arranged.lines or range(1, len(lines) + 1), lines, strict=True))


@settings(max_examples=300, deadline=None)
@given(fragments)
def test_every_hanzi_stays_at_its_line(markdown: str) -> None:
    """Whatever a note holds, its text is kept and its lines are known: titles move at most to their own line."""
    source = markdown.split("\n")
    for number, line in origins(arrange(markdown, file="a.md")):
        for char in re.findall("[内文字缩进更深项]", line):
            assert char in source[number - 1]
    kept = "".join(line for _, line in origins(arrange(markdown, file="a.md")))
    for char in "内文字缩进更深项":
        assert kept.count(char) == markdown.count(char)


@pytest.mark.parametrize(
    "markdown",
    [
        "普通的文字\n\n- 列表\n\n> 引用",
        "a != b\n\n=====\n\n???",
        "!!!",
        "文字\n\n??? \n\n文字",
        "```\n!!! note\n    代码\n```",
    ],
)
def test_what_is_no_box_is_untouched(markdown: str) -> None:
    """Plain text, headings and code stay as they are."""
    assert arrange(markdown, file="a.md").markdown == markdown


def test_a_container_without_its_end_is_reported() -> None:
    """The line is where it begins."""
    found = arrange("文字\n\n::: tip\n内容", file="a.md").diagnostics
    assert [(d.code, d.line) for d in found] == [("unclosed-block", 3)]


@pytest.mark.parametrize(
    ("markdown", "kind", "title"),
    [
        ("<details>\n<summary>题 <b>粗</b></summary>\n\na\n</details>", "note", "题 <b>粗</b>"),
        ("<details open><summary>题</summary>\na\n</details>", "note", "题"),
        ("<DETAILS>\n<summary>\n题\n</summary>\na\n</DETAILS>", "note", "题"),
        ("<details>\na\n</details>", "note", "详情"),
        ("> <details>\n> <summary>\n> 题\n> </summary>\n> a\n> </details>", "note", "题"),
    ],
)
def test_details_of_html_are_a_box(markdown: str, kind: str, title: str) -> None:
    """`<details>` on a line of its own is a box with Markdown in it, and its summary the title."""
    assert boxes(f"前文\n\n{markdown}\n\n后文") == [(3, kind, title)]


def test_a_hint_ends_with_its_paragraph() -> None:
    """What Docsify marks is a paragraph at its beginning, and nothing after a blank line."""
    text = ":" * 43
    assert arrange("!> 甲\n乙\n\n丙", file="a.md").markdown.split("\n")[1:] == ["重要", "", "甲", "乙", text, "", "丙"]
    assert arrange("文\n!> 在段中", file="a.md").markdown == "文\n!> 在段中"


@pytest.mark.parametrize(
    ("opening", "said"),
    [
        ("{% blockquote 霍尔, 论文 https://a.b 原文 %}", "霍尔, 论文，[原文](https://a.b)"),
        ("{% blockquote @某人 https://a.b %}", "@某人，<https://a.b>"),
        ('{{< quote author="某人" source="书" >}}', "某人，书"),
        ("{% blockquote %}", None),
        ("{% pullquote right %}", None),
        ("{% tabs 组名, 2 %}", "组名"),
    ],
)
def test_who_said_it_and_what_it_is_called_is_kept(opening: str, said: str | None) -> None:
    """The author of a quote and the name of a group of tabs are the title of their div; words for looks are not."""
    name = opening.split()[1]
    ending = f"{{{{< /{name} >}}}}" if "{{" in opening else f"{{% end{name} %}}"
    made = arrange(f"{opening}\n甲\n{ending}", file="a.md").markdown.split("\n")
    assert made[1:3] == ([said, ""] if said else ["甲", ":" * 43])


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("<center>\n文\n</center>", r"^:{10,} \{\.center at=1\}\n文\n:{10,}$"),
        (
            '<div align="center">\n    <img src="a.png">\n</div>',
            r'^:{10,} \{\.center at=1\}\n<img src="a.png">\n:{10,}$',
        ),
        ("<p align=center>\n文\n</p>", r"^:{10,} \{\.center at=1\}\n文\n:{10,}$"),
        (
            "<div style='text-align: center'>\n<div>\n文\n</div>\n尾\n</div>",
            r"^:{10,} \{\.center at=1\}\n<div>\n文\n</div>\n尾\n:{10,}$",
        ),
    ],
)
def test_what_html_centres_is_markdown(markdown: str, expected: str) -> None:
    """Lines that centre what stands between them are a div, and end where they say, also around another div."""
    assert re.match(expected, arrange(markdown, file="a.md").markdown)


@pytest.mark.parametrize(
    "markdown",
    [
        "<details>\n没有结束",
        "<div>\n文\n</div>",
        "```\n<details>\n</details>\n```",
        "<details><summary>一</summary>同一行</details>",
        "<center>同一行</center>",
        "文 <center>\n文\n</center>",
    ],
)
def test_other_html_is_left_to_the_reader(markdown: str) -> None:
    """What never ends, is on one line or means nothing is not rewritten."""
    assert arrange(markdown, file="a.md").markdown == markdown
