"""Library -> the README's index between its markers."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from notepress.config import load_config
from notepress.errors import ExitCode, InputError
from notepress.index import difference, index
from notepress.inline import Inline, literal, parse_inline
from notepress.model import Chapter, Library, Note, Status
from notepress.naming import pdf_name
from notepress.notes import load_library
from notepress.project import Config, Index, Project

EMPTY = "<!-- index:start -->\n<!-- index:end -->\n"
PROJECT = Project(root=Path("/nowhere"), config=Config(), configured=True)
BASE = "https://github.com/WangWeiqiang/Foundations-of-LLMs-notes/blob/main/"

BEFORE = """\
# 笔记

前言。

<!-- index:start -->
旧的目录
<!-- index:end -->

尾声  \n"""
CHAPTER = "%E7%AC%AC%E4%B8%80%E7%AB%A0%20" + quote("语言模型基础")
AFTER = f"""\
# 笔记

前言。

<!-- index:start -->
1. [序](output/{quote("序")}.pdf)

### [第一章 语言模型基础](output/{CHAPTER}.pdf)

1. [n 阶 - 理想](output/{CHAPTER}/n%20{quote("阶")}%20-%20{quote("理想")}.pdf)
2. 注意力机制(_Attention_) - 开启上帝视角（撰写中）
3. [A\\_B \\[x\\](y)](output/{CHAPTER}/A_B%20%5Bx%5D%28y%29.pdf)

### 第二章

1. 待写（撰写中）

陆续更新
<!-- index:end -->

尾声  \n"""
FILES = {
    "notes.yaml": "title: 书\n",
    "notes/序.md": "# 序\n",
    "notes/01-基础/chapter.yaml": "title: 第一章 语言模型基础\n",
    "notes/01-基础/01.md": "---\ntitle: n 阶\nsubtitle: 理想\n---\n",
    "notes/01-基础/02.md": "---\ntitle: 草稿\nstatus: draft\n---\n",
    "notes/01-基础/03.md": "---\ntitle: 注意力机制(_Attention_)\nsubtitle: 开启上帝视角\nstatus: planned\n---\n",
    "notes/01-基础/04.md": "---\ntitle: 'A_B [x](y)'\n---\n",
    "notes/02-架构/chapter.yaml": "title: 第二章\n",
    "notes/02-架构/01.md": "---\ntitle: 待写\nstatus: planned\n---\n",
    "notes/03-草稿/01.md": "---\ntitle: 全是草稿\nstatus: draft\n---\n",
}
PLAIN = [
    *"ab中（(）)[]|\\!<>&#~+-.1 %？:\n",
    "<img src=x onerror=alert(1)>",
    "&amp;",
    "1. ",
    "](x)",
    "😀",
    "<!-- index:end -->",
]
plain_titles = st.lists(st.sampled_from(PLAIN), min_size=1, max_size=8).map("".join)
marked_titles = st.lists(st.sampled_from([*"ab中 ()", "*", "_", "**", "`", "``", "\\"]), min_size=1, max_size=12).map(
    "".join
)
paths = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


def note(title: Inline, **fields: object) -> Note:
    """Return a published note."""
    values: dict[str, object] = {
        "source": "notes/a/x.md",
        "number": "1.1",
        "title": title,
        "subtitle": None,
        "abstract": None,
        "status": Status.PUBLISHED,
        "date": None,
        "tags": (),
        "pdf": f"output/第一章/{pdf_name(title.plain)}.pdf",
        "markdown": "",
        "headline": None,
        "diagnostics": (),
    }
    return Note(**(values | fields))  # type: ignore[arg-type]


def library(*notes: Note, title: str = "第一章") -> Library:
    """Return a library of one chapter."""
    chapter = Chapter(
        title=parse_inline(title), number=1, folder="notes/a", pdf=f"output/{pdf_name(title)}.pdf", notes=notes
    )
    return Library(chapters=(chapter,), book_pdf=None, diagnostics=())


def block(found: Library, project: Project = PROJECT, pages: dict[str, int] | None = None) -> str:
    """Return what stands between the markers."""
    text = index(found, project, EMPTY, pages or {})
    start, end = EMPTY.splitlines()
    assert text.startswith(f"{start}\n")
    assert text.endswith(f"{end}\n")
    return text.removeprefix(f"{start}\n").removesuffix(f"{end}\n")


def showing(**index_keys: object) -> Project:
    """Return a project with keys of `index:`."""
    return replace(PROJECT, config=Config(index=Index.model_validate(index_keys)))


def parse(markdown: str) -> list[Token]:
    """Parse as GitHub does: CommonMark, tables, strikethrough and dollar math."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    parser.use(dollarmath_plugin, allow_space=False, allow_digits=False, double_inline=False)
    return parser.parse(markdown)


def shown(inline: Token) -> str:
    """Return the text a reader sees."""
    return "".join(child.content for child in inline.children or [])


def link(inline: Token) -> str | None:
    """Return the decoded target of an inline token that is nothing but one link; None where there is no link."""
    children = inline.children or []
    targets = [str(child.attrs["href"]) for child in children if child.type == "link_open"]
    if not targets:
        return None
    [target] = targets
    assert children[0].type == "link_open"
    assert children[-1].type == "link_close"
    return unquote(target, errors="strict")


def items(markdown: str) -> list[Token]:
    """Return the inline token of each list item; the block holds headings and flat lists, nothing else."""
    tokens = parse(markdown)
    kinds = {token.type for token in tokens}
    assert kinds <= {
        *("ordered_list_open", "ordered_list_close", "list_item_open", "list_item_close"),
        *("heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline"),
    }
    inlines = [t for before, t in pairwise(tokens) if before.level == 2 and t.type == "inline"]
    assert len(inlines) == sum(token.type == "list_item_open" for token in tokens)
    return inlines


def write(root: Path, files: dict[str, str]) -> None:
    """Write the files of a project."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")


def fresh(root: Path, readme: str, pages: dict[str, int] | None = None) -> str:
    """Return the README of the project in a folder."""
    project = load_config(root)
    return index(load_library(project), project, readme, pages or {})


def test_readme_before_becomes_readme_after(tmp_path: Path) -> None:
    """A small library gives exactly this README: chapters, links, planned notes, no drafts, the last line."""
    write(tmp_path, FILES)
    assert fresh(tmp_path, BEFORE) == AFTER


def test_bad_input_33_second_run_changes_nothing(tmp_path: Path) -> None:
    """The index of an up-to-date README is the README, byte for byte."""
    write(tmp_path, FILES)
    assert fresh(tmp_path, AFTER) == AFTER
    assert difference(AFTER, AFTER) == ""


def test_difference_shows_what_would_change() -> None:
    """`index --check` prints the lines that differ."""
    shown_lines = difference(BEFORE, AFTER).splitlines()
    assert "-旧的目录" in shown_lines
    assert "+1. 待写（撰写中）" in shown_lines


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("final", [True, False])
def test_bad_input_33_outside_the_markers_not_a_byte_changes(newline: str, final: bool) -> None:
    """Text around the markers keeps its line ends, trailing spaces, form feeds and missing final newline."""
    before = "\ufeff# 题  \n\n\tx\x0c\u2028y\n<!-- index:start -->  \n".replace("\n", newline)
    after = "<!-- index:end -->\n\n  尾声 ".replace("\n", newline) + (newline if final else "")
    result = index(library(note(literal("题"))), PROJECT, f"{before}旧{newline}{after}", {})
    assert result.startswith(before)
    assert result.endswith(newline + after)
    inside = result.removeprefix(before).removesuffix(after)
    assert "旧" not in inside
    assert inside.count("\n") == inside.count(newline)
    assert index(library(note(literal("题"))), PROJECT, result, {}) == result


@pytest.mark.parametrize(
    ("readme", "words"),
    [
        ("# 没有\n", "no index markers"),
        ("", "no index markers"),
        (EMPTY + "\n" + EMPTY, "2 ×"),
        ("<!-- index:end -->\n\n<!-- index:start -->\n", "before"),
        ("<!-- index:start -->\n", "0 ×"),
        ("<!-- index:end -->\n", "0 ×"),
        ("<!-- index:start -->\n" + EMPTY, "2 ×"),
        (f"```\n{EMPTY}```\n", "no index markers"),
        ("写 <!-- index:start --> 和 <!-- index:end -->\n", "no index markers"),
    ],
)
def test_bad_input_33_missing_or_ambiguous_markers_are_an_error(readme: str, words: str) -> None:
    """Where the index belongs nowhere, or in two places, the README is not touched and the reason is told."""
    with pytest.raises(InputError) as caught:
        index(library(note(literal("题"))), PROJECT, readme, {})
    assert caught.value.exit_code is ExitCode.BAD_INPUT
    [found] = caught.value.diagnostics
    assert (found.code, found.file) == ("index-markers", "README.md")
    assert words in found.message
    assert found.hint


def test_bad_input_33_a_bom_hides_no_marker() -> None:
    """A README that begins with a BOM and a marker has that marker, and keeps its BOM."""
    result = index(library(note(literal("题"))), PROJECT, f"\ufeff{EMPTY}", {})
    assert result.startswith("\ufeff<!-- index:start -->\n### [第一章]")


def test_bad_input_33_second_pair_is_reported_at_its_line() -> None:
    """The line of the error is that of the marker which is one too many."""
    with pytest.raises(InputError) as caught:
        index(library(note(literal("题"))), PROJECT, f"{EMPTY}\n{EMPTY}", {})
    assert caught.value.diagnostics[0].line == 4


@pytest.mark.parametrize(
    "code",
    [
        f"```html\n{EMPTY}```\n",
        f"~~~\n{EMPTY}~~~\n",
        f"````md\n```sh\nx\n```\n{EMPTY}````\n",
        f"````md\n```html\n{EMPTY}```\n````\n",
        f"~~~\n```\n{EMPTY}~~~\n",
        f"```\n~~~\n{EMPTY}```\n",
        "文\n\n    <!-- index:start -->\n    <!-- index:end -->\n",
        "```一行里的代码``` 不是围栏\n",
    ],
    ids=["backticks", "tildes", "outer", "inner", "mixed", "mixed-other", "indented", "inline"],
)
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_marker_inside_code_is_only_an_example(code: str, before: bool) -> None:
    """A README may explain the markers in code of any form; only the real pair counts, the code stays."""
    readme = f"{code}\n{EMPTY}" if before else f"{EMPTY}\n{code}"
    result = index(library(note(literal("题"))), PROJECT, readme, {})
    filled = EMPTY.replace("\n", f"\n{block(library(note(literal('题'))))}", 1)
    assert result == (f"{code}\n{filled}" if before else f"{filled}\n{code}")


@settings(max_examples=60, deadline=None)
@given(st.lists(plain_titles, min_size=1, max_size=3), st.booleans())
@example(["](x)\n# h\n- a | b"], False)
@example(["[x](y)", "a | b", "甲\n乙\n\n# 丙", "<img src=x onerror=alert(1)>", "<!-- index:end -->"], False)
@example(["1. a", "+ b", "# c", "- - -"], True)
def test_bad_input_32_any_title_is_exactly_one_item_with_its_text(titles: list[str], planned: bool) -> None:
    """Brackets, pipes, HTML, newlines and list markers in a title never break the README or get lost."""
    parsed = [parse_inline(title) for title in titles]
    notes = [
        note(title, status=Status.PLANNED if planned else Status.PUBLISHED) for title in parsed if title.plain.strip()
    ]
    found = items(block(library(*notes)).removesuffix("\n陆续更新\n"))
    assert [shown(item) for item in found] == [n.full_title + ("（撰写中）" if planned else "") for n in notes]
    assert [link(item) for item in found] == [None if planned else n.pdf for n in notes]


@settings(max_examples=200, deadline=None)
@given(marked_titles)
@example("注意力*Attention*机制")
@example("**a _b_ c**")
@example("_a `b` c_")
@example("*a***b**")
@example("*a`b`*")
@example("_a **b** c_")
def test_title_with_markup_shows_the_text_of_the_title(title: str) -> None:
    """However emphasis, strong and code of a title nest, the README shows its words and no stray marker."""
    parsed = parse_inline(title)
    if parsed.plain.strip():
        [item] = items(block(library(note(parsed))))
        assert shown(item) == parsed.plain


@pytest.mark.parametrize(
    ("title", "kinds"),
    [
        ("注意力机制(_Attention_)", ["em_open"]),
        ("**重点**", ["strong_open"]),
        ("***两者***", ["em_open", "strong_open"]),
        ("函数 `f(x)`", ["code_inline"]),
        ("平方 $x^2$", ["math_inline"]),
        ("A_B、2 * 3 * 4、$5", []),
    ],
)
def test_markup_of_a_title_is_kept(title: str, kinds: list[str]) -> None:
    """What is emphasised, code or math in the title is so in the README, and nothing else."""
    [item] = items(block(library(note(parse_inline(title)))))
    found = [
        t.type for t in item.children or [] if t.type not in ("text", "link_open") and not t.type.endswith("_close")
    ]
    assert sorted(found) == sorted(kinds)


@pytest.mark.parametrize(
    "formula", ["a<b>c", "<img src=x onerror=alert(1)>", "[0,1]", "x \\in [0,1)", "](x", "a|b", "x_1 + y_2"]
)
def test_formula_in_a_title_stays_one_formula_in_one_link(formula: str) -> None:
    """Brackets and HTML inside a formula neither end the link nor become tags, with or without dollar math."""
    markdown = block(library(note(parse_inline(f"题 ${formula}$ 与 $y$"))))
    [item] = items(markdown)
    assert [t.type for t in item.children or []].count("math_inline") == 2
    assert link(item) is not None
    [_, plain] = [t for t in MarkdownIt("commonmark").parse(markdown) if t.type == "inline"]
    assert {t.type for t in plain.children or []} == {"text", "link_open", "link_close"}


@settings(max_examples=60, deadline=None)
@given(paths)
@example("循环神经网络(RNN) - 前事不忘后事之师")
@example("a)b(c [d] <e> 100% #f ?g \\h `i` \"j\" 'k' ~l &amp;")
def test_bad_input_27_link_decodes_to_the_path_of_the_pdf(name: str) -> None:
    """Whatever a PDF is called, a CommonMark reader that follows the link finds that file."""
    pdf = f"output/{name}.pdf"
    [item] = items(block(library(note(literal("题"), pdf=pdf))))
    assert link(item) == pdf


@settings(max_examples=50, deadline=None)
@given(plain_titles, st.booleans())
@example("C #", True)
@example("C #", False)
def test_any_chapter_title_is_one_heading_with_its_text(title: str, planned: bool) -> None:
    """A chapter's heading says what its title says, with a link or without."""
    parsed = parse_inline(title)
    if not parsed.plain.strip():
        return
    status = Status.PLANNED if planned else Status.PUBLISHED
    tokens = parse(block(library(note(literal("题"), status=status), title=title)))
    assert [t.tag for t in tokens if t.type == "heading_open"] == ["h3"]
    assert shown(tokens[1]) == parsed.plain
    assert link(tokens[1]) == (None if planned else f"output/{pdf_name(title)}.pdf")


@pytest.mark.parametrize("base", [BASE, BASE.rstrip("/")])
def test_base_url_leads_to_the_published_pdf(tmp_path: Path, base: str) -> None:
    """With index.base_url a link leads to the file below that address, without the name of the output folder."""
    write(
        tmp_path,
        {
            "notes.yaml": f"index: {{base_url: '{base}'}}\n",
            "notes/01/chapter.yaml": "title: 第一章 语言模型基础\n",
            "notes/01/04.md": "---\ntitle: 循环神经网络(RNN)\nsubtitle: 前事不忘后事之师\n---\n",
        },
    )
    markdown = fresh(tmp_path, EMPTY).removeprefix("<!-- index:start -->\n").removesuffix("<!-- index:end -->\n")
    [item] = items(markdown)
    assert link(item) == f"{BASE}第一章 语言模型基础/循环神经网络(RNN) - 前事不忘后事之师.pdf"
    assert link(parse(markdown)[1]) == f"{BASE}第一章 语言模型基础.pdf"


@pytest.mark.parametrize(
    "base", ["https://example.org/我的 笔记/", "https://example.org/a(b/", "https://example.org/a%20b/"]
)
def test_base_url_is_a_link_however_it_is_written(base: str) -> None:
    """An address pasted from a browser, encoded or not, gives working links and is not encoded twice."""
    [item] = items(block(library(note(literal("题"))), showing(base_url=base)))
    assert link(item) == unquote(base) + "第一章/题.pdf"


def test_base_url_drops_the_configured_output_folder() -> None:
    """The folder that is published is the output folder, whatever it is called."""
    project = replace(PROJECT, config=Config(output="build/pdf", index=Index(base_url="https://x.org")))
    [item] = items(block(library(note(literal("题"), pdf="build/pdf/output/题.pdf")), project))
    assert link(item) == "https://x.org/output/题.pdf"


def test_last_line_stands_only_while_a_note_is_planned() -> None:
    """陆续更新 ends the index while something is still to come, and goes with the last planned note."""
    done, coming = note(literal("已写")), note(literal("待写"), status=Status.PLANNED)
    assert block(library(coming, done)).endswith("\n\n陆续更新\n")
    assert "陆续更新" not in block(library(done))


def test_drafts_are_not_listed() -> None:
    """A draft is in no list, and a chapter of drafts has no heading."""
    draft = note(literal("草稿"), status=Status.DRAFT)
    assert [shown(item) for item in items(block(library(draft, note(literal("正式")))))] == ["正式"]
    assert block(library(draft)).strip() == ""


def test_chapter_with_nothing_published_has_no_link() -> None:
    """A chapter's link appears with its PDF, that is with its first published note."""
    planned = note(literal("待写"), status=Status.PLANNED)
    assert block(library(planned)).startswith("### 第一章\n")
    assert block(library(planned, note(literal("已写")))).startswith("### [第一章](output/")


@pytest.mark.parametrize(
    ("show", "details"),
    [
        ([], ""),
        (["date"], " — 2026-01-07"),
        (["abstract"], " — 一句 *摘要* A_B"),
        (["pages"], " — 9 页"),
        (["pages", "date"], " — 9 页，2026-01-07"),
    ],
)
def test_details_follow_the_link_in_the_order_asked_for(show: list[str], details: str) -> None:
    """index.show adds date, abstract and pages, each where it is known, as text."""
    known = note(literal("题"), date="2026-01-07", abstract=parse_inline(r"一句 \*摘要\* A_B"))
    unknown = note(literal("无"), source="notes/a/y.md")
    found = items(block(library(known, unknown), showing(show=show), {"notes/a/x.md": 9}))
    assert [shown(item) for item in found] == [f"题{details}", "无"]


def test_details_of_a_planned_note_follow_its_mark() -> None:
    """A planned note has no pages and no link, but may have an abstract."""
    planned = note(literal("题"), status=Status.PLANNED, abstract=literal("摘要"))
    assert block(library(planned), showing(show=["abstract"])).splitlines()[2] == "1. 题（撰写中） — 摘要"


def test_project_may_bring_its_own_template(tmp_path: Path) -> None:
    """templates/index.md.j2 of the project replaces the form of the list, not where it stands."""
    write(tmp_path, {"notes/a.md": "# 题\n", "notes.yaml": "", "templates/index.md.j2": "{{ sections | length }} 章\n"})
    assert fresh(tmp_path, EMPTY) == EMPTY.replace("\n", "\n1 章\n", 1)
