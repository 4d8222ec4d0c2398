"""What exports of note apps and blogs bring: attribute lists, sizes of images, tables with blank lines, TOML."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from notepress.attributelists import plain_attributes
from notepress.destinations import plain_sizes
from notepress.dialect import protect
from notepress.frontmatter import parse_note
from notepress.htmltables import whole_tables
from notepress.model import Kind, Note


@pytest.mark.parametrize(
    ("markdown", "made"),
    [
        ("*强调*{: .red}", "*强调*{.red}"),
        ("# 题 {: #id}", "# 题 {#id}"),
        ("# 题\n{: #id}", "# 题 {#id}\n"),
        ("![图](a.png)\n{: width=300}", "![图](a.png){width=300}\n"),
        ("文\n{: .lead}", "文\n"),
        ("文\n{: #id}", '文\n<a id="id"></a>'),
        ("- 项 {: .x}", "- 项"),
        ("文\n{: .notice--info}", "::: info\n文\n:::"),
        ("> 文\n{: .prompt-tip }\n尾", "> [!tip]\n> 文\n\n尾"),
        ("{: .note }\n> 文", "> [!note]\n> 文"),
        ("{: .warning }\n文\n文\n\n尾", "::: warning\n文\n文\n:::\n\n尾"),
        ("{::comment}\n藏\n{:/comment}\n文", "\n\n\n文"),
        ("{::nomarkdown}文{:/}", "文"),
        ("`{: .x}` 与 {: 不是 } 与 {:}", "`{: .x}` 与 {: 不是 } 与 {:}"),
        ("```\n*a*{: .x}\n```", "```\n*a*{: .x}\n```"),
    ],
)
def test_a_list_of_attributes_is_what_it_does(markdown: str, made: str) -> None:
    """Names become places, classes that are boxes become boxes, looks go; what is no list of attributes is text."""
    text, lines = plain_attributes(markdown)
    assert text == made
    assert len(lines or text.split("\n")) == len(text.split("\n"))


def test_lines_of_a_box_come_from_those_of_the_note() -> None:
    """What a class adds belongs to the line of its block, also where lines were added before."""
    assert plain_attributes("文\n{: .tip}\n尾") == ("::: tip\n文\n:::\n尾", (1, 1, 2, 3))
    assert plain_attributes("文\n{: .tip}\n尾", (4, 4, 5))[1] == (4, 4, 4, 5)


@pytest.mark.parametrize(
    ("markdown", "made"),
    [
        ("![图](a.png =300x200)", '![图](a.png){width="300" height="200"}'),
        ("![图](a.png#pic_center =300x)", '![图](a.png#pic_center){width="300"}'),
        ("![图](a.png =x200)", '![图](a.png){height="200"}'),
        ("![图](a.png ':size=50%')", '![图](a.png){width="50%"}'),
        ("![图](a.png ':size=30x20 :class=x')", '![图](a.png){width="30" height="20"}'),
        ("![图](a.png ':class=x')", "![图](a.png)"),
        ("![图](a.png '题')", "![图](a.png '题')"),
        ("[文](a.md =3x3)", "[文](a.md =3x3)"),
        ("`![图](a.png =3x3)`", "`![图](a.png =3x3)`"),
    ],
)
def test_sizes_behind_an_address_are_attributes(markdown: str, made: str) -> None:
    """CommonMark would take such an image for text."""
    assert plain_sizes(markdown) == made


def test_a_table_with_blank_lines_has_no_code_by_indentation() -> None:
    """Its tags begin their lines; fenced code in it and other tables stay as they are."""
    table = "<table>\n    <tr>\n\n      字</td>\n\n```\n    <td>\n```\n    </tr>\n</table>"
    assert whole_tables(table) == "<table>\n<tr>\n\n字</td>\n\n```\n    <td>\n```\n</tr>\n</table>"
    other = "<table>\n    <tr>\n</table>\n\n    <td>"
    assert whole_tables(other) == other
    code = f"```\n{table.replace('```', '~~~')}\n```"
    assert whole_tables(code) == code


@pytest.mark.parametrize(
    ("style", "made"),
    [
        ("<style scoped>\n  a {\n  }\n\n  b {}\n</style>", "\n" * 5),
        ("<style>\n\n</style>", "<style></style>\n\n"),
        ("<style>\na {}\n</style>", "<style>\na {}\n</style>"),
    ],
)
def test_no_style_is_code(style: str, made: str) -> None:
    """What only looks like code because of a blank line is gone; one that is HTML anyhow is left to be reported."""
    assert whole_tables(f"<div>\n{style}\n文") == f"<div>\n{made}\n文"


@pytest.mark.parametrize(
    ("markdown", "kind", "tex", "column"),
    [
        ("行 {{< katex >}}\\pi{{< /katex >}}", Kind.INLINE, "\\pi", 3),
        ("{{< katex display >}}\nx\n{{< /katex >}}", Kind.DISPLAY, "\nx\n", 1),
        ("{% math %}\nx\n{% endmath %}", Kind.DISPLAY, "\nx\n", 1),
        ("{% math %}x{% endmath %}", Kind.INLINE, "x", 1),
        ("行 ![公式](https://www.zhihu.com/equation?tex=%5Cfrac%7B1%7D%7B2%7D)", Kind.INLINE, "\\frac{1}{2}", 3),
        ('<img src="https://www.zhihu.com/equation?tex=a+%2B+b%5C%5C" alt="x">', Kind.DISPLAY, "a + b", 1),
        ("行 ![[公式]](https://latex.codecogs.com/gif.latex?x)", Kind.INLINE, "x", 3),
    ],
)
def test_formulas_of_sites_are_formulas(markdown: str, kind: Kind, tex: str, column: int) -> None:
    """What stands between tags, and what a site drew from its address, is set as any other formula."""
    protected = protect(markdown, file="甲.md")
    assert [(f.kind, f.tex, f.column) for f in protected.formulas] == [(kind, tex, column)]
    assert protected.markdown.count("\n") == markdown.count("\n")
    assert re.sub("[\ufdd0-\ufdd2\\d.]", "", protected.markdown).strip() in ("", "行")


def test_front_matter_may_be_toml() -> None:
    """Between lines of + stand the same keys; their lines are blank in the text."""
    note = parse_note('+++\ntitle = "题"\ndate = 2023-01-02\n[params]\nx = 1\n+++\n\n文\n'.encode(), file="甲.md")
    assert (note.front.title, note.diagnostics, note.lines["title"]) == ("题", (), 2)
    assert note.markdown == "\n" * 7 + "文\n"


@pytest.mark.parametrize("after", ["", "\n\n# 题\n\n文\n", "文\n"])
@pytest.mark.parametrize("before", ["", "---\ntitle: 题\n---\n", "+++\ntitle = '题'\n+++\n", "---\n---\n", "\n"])
def test_a_note_knows_what_an_editor_shows_of_it(make_note: Callable[..., Note], before: str, after: str) -> None:
    """Though its text is kept once, and there the front matter is blank, the file is known to the letter."""
    written = before + after or "\n"
    parsed = parse_note(written.encode(), file="甲.md")
    assert make_note(markdown=parsed.markdown, top=parsed.top).file_text == written.rstrip("\n") + "\n"


def test_broken_toml_is_named_at_its_line() -> None:
    """The note is built all the same."""
    note = parse_note("+++\ntitle = 题\n+++\n文\n".encode(), file="甲.md")
    assert [(d.code, d.line) for d in note.diagnostics] == [("toml-syntax", 2)]
    assert note.markdown.strip() == "文"
    assert parse_note("+++\n文\n".encode(), file="甲.md").markdown == "+++\n文\n"


@pytest.mark.parametrize(
    "before",
    ["[toc]\n\n", "@[TOC](目录)\n", "<!-- 藏 -->\n", '<a name="x"></a>\n', '<a name="x"></a><br />\n', "{:toc}\n"],
)
def test_what_nobody_sees_does_not_come_before_the_headline(before: str) -> None:
    """The heading that is the first thing to be read opens the note, and is not printed twice."""
    note = parse_note(f"{before}# 题\n\n文\n".encode(), file="甲.md")
    assert (note.heading, note.headline) == ("题", before.count("\n") + 1)


def test_a_comment_in_code_between_tags_is_no_title() -> None:
    """Code of sites is code before titles are looked for; a place in a heading is no part of its text."""
    note = parse_note('{% codeblock %}\n# 注\n{% endcodeblock %}\n# <a name="x"></a>题\n'.encode(), file="甲.md")
    assert (note.heading, note.headline) == ("题", None)
