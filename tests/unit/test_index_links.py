"""The README's links: correct in CommonMark for every title an author may choose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from notepress.index import END, START, index
from notepress.inline import literal, parse_inline
from notepress.model import Chapter, Library, Note, Status
from notepress.naming import pdf_name
from notepress.project import Config, Index, Project

README = f"# 标题\n\n前言\n\n{START}\n旧\n{END}\n\n后记\n"
PIECES = [*"中文 ()[]<>|\\`*_#%&$~!:/?\"'\n😀aA1.-+", "<img onerror>", "](x)", "$x$"]
AWKWARD = st.lists(st.sampled_from(PIECES), max_size=12).map("".join).filter(lambda text: bool(text.strip()))


def note(title: str, *, status: Status = Status.PUBLISHED) -> Note:
    """Return a note whose title is taken literally."""
    name = pdf_name(title)
    return Note(
        source=f"notes/a/{name}.md",
        number="1.1",
        title=literal(" ".join(title.split())),
        subtitle=None,
        abstract=None,
        status=status,
        date="2026-01-07",
        tags=(),
        pdf=f"output/第一章 语言模型基础/{name}.pdf",
        markdown="",
        headline=None,
        diagnostics=(),
    )


def library(*notes: Note) -> Library:
    """Return a library of one chapter."""
    chapter = Chapter(
        title=literal("第一章 语言模型基础"), number=1, folder="notes/a", pdf="output/第一章 语言模型基础.pdf", notes=notes
    )
    return Library(chapters=(chapter,), book_pdf=None, diagnostics=())


def project(**index_options: object) -> Project:
    """Return a configured project; no file of it is read."""
    return Project(root=Path("/nowhere"), config=Config(index=Index.model_validate(index_options)), configured=True)


def items(readme: str) -> list[list[Token]]:
    """Return the inline tokens of each list item, as CommonMark reads them."""
    tokens = MarkdownIt("commonmark").parse(readme)
    return [tokens[at + 2].children or [] for at, token in enumerate(tokens) if token.type == "list_item_open"]


@given(titles=st.lists(AWKWARD, min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_every_title_is_one_item_whose_link_opens_its_pdf(titles: list[str]) -> None:
    """Whatever the title, the README gets exactly one item, showing that title and linking that PDF."""
    notes = [note(title) for title in titles]
    found = items(index(library(*notes), project(), README, {}))
    assert len(found) == len(notes)
    for tokens, expected in zip(found, notes, strict=True):
        links = [str(token.attrs["href"]) for token in tokens if token.type == "link_open"]
        assert [unquote(link) for link in links] == [expected.pdf]
        assert "".join(token.content for token in tokens) == expected.title.plain


@given(title=AWKWARD)
@settings(max_examples=100, deadline=None)
def test_a_planned_note_has_no_link_and_is_marked(title: str) -> None:
    """A planned note is one item without a link that says it is being written."""
    found = items(index(library(note(title, status=Status.PLANNED)), project(), README, {}))
    assert len(found) == 1
    assert not [token for token in found[0] if token.type == "link_open"]
    assert "".join(token.content for token in found[0]).endswith("（撰写中）")


def test_base_url_links_decode_to_the_published_path() -> None:
    """With index.base_url, a link is that address followed by the path below the output folder."""
    base = "https://github.com/WangWeiqiang/Foundations-of-LLMs-notes/blob/main/"
    one = replace(note("x"), title=parse_inline("循环神经网络(RNN)"), subtitle=parse_inline("前事不忘后事之师"))
    one = replace(one, pdf=f"output/第一章 语言模型基础/{pdf_name(one.full_title)}.pdf")
    (tokens,) = items(index(library(one), project(base_url=base), README, {}))
    (link,) = [str(token.attrs["href"]) for token in tokens if token.type == "link_open"]
    assert unquote(link) == base + "第一章 语言模型基础/循环神经网络(RNN) - 前事不忘后事之师.pdf"


def test_the_rest_of_the_readme_is_untouched_and_a_second_run_changes_nothing() -> None:
    """The index changes only what lies between its markers, also with CRLF, and is idempotent."""
    for readme in (README, README.replace("\n", "\r\n")):
        once = index(library(note("甲")), project(), readme, {})
        assert once.split(START)[0] == readme.split(START)[0]
        assert once.split(END)[1] == readme.split(END)[1]
        assert index(library(note("甲")), project(), once, {}) == once
        assert ("\r\n" in once) == ("\r\n" in readme)


def test_more_notes_are_promised_only_while_one_is_planned() -> None:
    """陆续更新 is the last line of the index exactly while a note is planned."""
    planned = index(library(note("甲"), note("乙", status=Status.PLANNED)), project(), README, {})
    assert planned.split(END)[0].rstrip().endswith("陆续更新")
    assert "陆续更新" not in index(library(note("甲")), project(), README, {})
