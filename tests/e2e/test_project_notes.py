"""The repository's own notes: all listed, in order, under their names; the written ones are really written."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import pytest

from notepress.config import load_config
from notepress.model import Chapter, Library, Note, Status
from notepress.notes import load_library
from tests.e2e.repo import CHECKOUT

# Title and name of the PDF as the README's index promises them, per chapter.
CHAPTERS = {
    "第一章 语言模型基础": [
        ("n 阶马尔可夫假设 - 理想与近似", "n 阶马尔可夫假设 - 理想与近似"),
        ("极大似然估计 - 从数据到洞见", "极大似然估计"),
        ("前馈神经网络(FNN) - 高效但健忘的机器", "前馈神经网络（FNN） - 高效但健忘的机器"),
        ("循环神经网络(RNN) - 前事不忘后事之师", "循环神经网络(RNN) - 前事不忘后事之师"),
        ("解构 RNN 语言模型 - 溺爱与纠偏如何取舍", "解构RNN语言模型"),
        ("注意力机制(Attention) - 开启上帝视角", "注意力机制 - 开启上帝视角"),
        ("全连接前馈层(FFL) - 模型的知识大脑", "全连接前馈网络 - 模型的知识大脑"),
        ("层正则化 - 驯服神经网络的艺术", "层正则化 - 驯服神经网络的艺术"),
        ("残差连接 - 不忘初心的深度捷径", "残差连接 - 不忘初心的深度捷径"),
        ("Transformer 架构下语言模型的训练和推演", "Transformer架构下语言模型的训练与推演"),
        ("贪心搜索还是波束搜索 - 解码策略对决", "贪心搜索还是波束搜索 - 解码策略对决"),
        ("随机采样 - 语言的艺术与逻辑", "随机采样 - 语言的艺术与逻辑"),
    ],
    "第二章 大语言模型架构": [
        ("Transformer 三大架构比较", "Transformer 三大架构"),
        ("注意力矩阵与掩码机制", "注意力矩阵与掩码机制"),
        ("BERT 模型架构解析", "BERT 模型架构解析"),
    ],
}
HANZI = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
# About four pages: less is a sketch, not an explanation.
FEWEST_HANZI = 2000


@pytest.fixture(scope="module")
def library() -> Library:
    """The notes of this repository."""
    return load_library(load_config(CHECKOUT))


def published() -> list[Note]:
    """Return the notes that the index links to."""
    return [note for note in load_library(load_config(CHECKOUT)).notes() if note.status is Status.PUBLISHED]


def chapter(library: Library, title: str) -> Chapter:
    """Return a chapter by its title."""
    return next(chapter for chapter in library.chapters if chapter.title.plain == title)


def test_chapters_are_those_of_the_index_in_order(library: Library) -> None:
    """The repository has the two chapters of its index, and both have a PDF of their title."""
    assert [chapter.title.plain for chapter in library.chapters] == list(CHAPTERS)
    assert [chapter.pdf for chapter in library.chapters] == [f"output/{title}.pdf" for title in CHAPTERS]


@pytest.mark.parametrize("title", CHAPTERS)
def test_notes_are_those_of_the_index_in_order(library: Library, title: str) -> None:
    """Every note of the index is there, in its order, with its title and the name of its PDF."""
    found = [(note.full_title, PurePosixPath(note.pdf).stem) for note in chapter(library, title).notes]
    assert found == CHAPTERS[title]


@pytest.mark.parametrize("title", CHAPTERS)
def test_notes_are_numbered_as_in_the_index(library: Library, title: str) -> None:
    """A note's number is its chapter's and its place there."""
    here = chapter(library, title)
    assert [note.number for note in here.notes] == [f"{here.number}.{place + 1}" for place in range(len(here.notes))]


def test_attention_is_emphasised_in_its_title(library: Library) -> None:
    """The English name in the title of note 1.6 stands in emphasis, as in the index."""
    spans = chapter(library, "第一章 语言模型基础").notes[5].title.spans
    assert [span.text for span in spans if span.emphasis] == ["Attention"]


def test_own_notes_have_no_mistake_in_front_matter_or_names(library: Library) -> None:
    """Loading the repository's notes reports nothing."""
    assert [d for note in library.notes() for d in note.diagnostics] == []


def test_something_is_published() -> None:
    """The index links to some notes; otherwise the next test would say nothing."""
    assert published() != []


@pytest.mark.parametrize("note", published(), ids=lambda note: Path(note.source).stem)
def test_published_note_is_really_written(note: Note) -> None:
    """A note that the index links to explains its subject in over 2,000 hanzi."""
    assert len(HANZI.findall(note.markdown)) > FEWEST_HANZI
