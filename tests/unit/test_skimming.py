"""What `check` leaves out of a note before it is read: nothing that anything could be said of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from notepress.blocksyntax import arrange
from notepress.convert import Surroundings, convert
from notepress.dialect import protect
from notepress.frontmatter import parse_note
from notepress.looselines import tighten
from notepress.pandoc import Pandoc
from notepress.pictures import PictureStore
from notepress.skimming import skimmed
from tests.conftest import BARE

FOLDER = Path(__file__).parents[1]
NOTES = sorted([*(FOLDER / "golden").glob("*.md"), *(FOLDER / "broken").glob("*.md")])


def skim(markdown: str) -> str:
    """Return what is left of a note."""
    return skimmed(arrange(tighten(protect(markdown, file="a.md").markdown), file="a.md").markdown)


@pytest.mark.parametrize("case", NOTES, ids=lambda case: case.stem)
def test_the_same_is_said(case: Path, pandoc: Pandoc, pictures: PictureStore, tmp_path: Path) -> None:
    """What is said of a note that was skimmed is what is said of all of it."""
    note = replace(BARE, source=case.name, markdown=parse_note(case.read_bytes(), file=case.name).markdown)
    around = Surroundings(root=tmp_path, notes={case.name: note}, pictures=pictures)
    whole = convert(note, around, lambda request: pandoc.ask({**request, "unwritten": True}))
    short = convert(note, around, lambda r: pandoc.ask({**r, "text": skimmed(r["text"]), "unwritten": True}))
    assert (short.diagnostics, short.terms, short.literal) == (whole.diagnostics, whole.terms, whole.literal)


@pytest.mark.parametrize(
    "text",
    [
        "一段话，**粗的**，$x$，没有别的。",
        "**问题**\u3000为什么？",
        "第一行，\n第二行 $$\na\n$$ 完。",
        "A paragraph of words.",
    ],
)
def test_words_are_left_out(text: str) -> None:
    """A paragraph of words and formulas has a letter for each of its lines, wherever it stands."""
    x = "\n".join("x" * len(text.split("\n")))
    assert skim(f"{text}\n") == f"{x}\n"
    assert skim(f"# 题\n{text}\n\n- 项\n") == f"# 题\n{x}\n\n- 项\n"


@pytest.mark.parametrize(
    "text",
    [
        "见[这里](a.md)。",
        "见@fig-x。",
        "![图](a.png)",
        "脚注[^1]。",
        "`code` 里的",
        "<b>粗</b>",
        "看 https://a.example/b",
        "**困惑度**（perplexity）",
        "词\n---",
        "- 项",
        "> 引",
        "1. 项",
        "    缩进",
        "甲 | 乙\n--|--",
        "```text\n\n词\n\n```",
        "<!--\n\n词\n\n-->",
    ],
)
def test_what_may_need_a_word_stays(text: str) -> None:
    """What may hold a link, a note, HTML, code, a term or a structure is read as it is."""
    assert skimmed(f"{text}\n") == f"{text}\n"
