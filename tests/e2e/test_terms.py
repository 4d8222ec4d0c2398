"""The glossary of a book: what it says, where it leads, and when it is set anew."""

from __future__ import annotations

import re

import pytest
from pikepdf import Array, Name, Pdf

from notepress.check import check_notes
from notepress.config import load_config
from notepress.errors import Diagnostic, Severity
from notepress.pdf import links
from tests.e2e.repo import CHECKOUT, Repo, Result, Rich

pytestmark = pytest.mark.tex

FILLING = "\n\n".join(f"第{number}段。" + "概率与统计的基本概念需要反复练习。" * 8 for number in range(1, 16))
FIRST = f"""\
# 甲

这个量叫做**困惑度**（perplexity），“引号”，**后面**（after）的**隐藏状态**（hidden state）
都要折行，折行，折行，**折行**（line break）。

{FILLING}

最后才有**Top-$k$ 采样**（top-$k$ sampling）。
"""
SECOND = (
    "# 乙\n\n| 术语 |\n|--|\n| **长短期记忆网络**（long short-term memory，LSTM） |\n\n又见**困惑度**（Perplexity）。\n"
)
NOTES = {
    "notes/01-一/01-first.md": FIRST,
    "notes/02-二/01-second.md": SECOND,
    "notes/02-二/02-none.md": "# 丙\n\n没有术语。\n",
    "notes/02-二/03-draft.md": "---\nstatus: draft\n---\n\n# 丁\n\n**草稿**（perplexity）\n",
}
# What the glossary says, in order: translation with abbreviation, term, pages.
ENTRIES = (
    "A after 后面 1.1–1 H hidden state 隐藏状态 1.1–1 L line break 折行 1.1–1 "
    "long short-term memory（LSTM） 长短期记忆网络 2.1–1 P perplexity 困惑度 1.1–1, 2.1–1 "
    "T top-k sampling Top-k 采样 1.1–2"
)


@pytest.fixture
def repo(repo: Repo) -> Repo:
    """Return a project whose notes define terms."""
    repo.write("notes.yaml", "title: 书\n")
    for path, text in NOTES.items():
        repo.write(path, text)
    return repo


def squeezed(text: str) -> str:
    """Return text without spaces and with plain letters for those of formulas."""
    return re.sub(r"\s+", "", text).replace("𝑘", "k")


def worth_saying(found: tuple[Diagnostic, ...]) -> list[tuple[str, str | None, int | None]]:
    """Return code and place of what is not only for information."""
    return [(d.code, d.file, d.line) for d in found if d.severity is not Severity.INFO]


def words_of(repo: Repo, pdf: str) -> list[tuple[str, list[float]]]:
    """Return each word of a PDF with its box, to a hundredth of a point."""
    found = re.findall(r"<word (.*?)>(.*?)</word>", repo.pdf_text(pdf, "-bbox"))
    return [(word, [round(float(n), 2) for n in re.findall(r'"([\d.]+)"', box)]) for box, word in found]


def test_glossary_names_every_term_and_leads_to_it(repo: Repo) -> None:
    """It follows the last chapter, with labels, bookmark and contents line, and each page number jumps to the term."""
    assert worth_saying(repo.build().diagnostics) == []
    with Pdf.open(repo.output("书.pdf")) as book:
        # After it comes the colophon.
        last = len(book.pages) - 1
        labels = book.Root.PageLabels.Nums
        assert [labels[-4], str(labels[-3].P), labels[-3].S] == [last - 1, "术语–", Name.D]
        with book.open_outline() as outline:
            bookmark = outline.root[-2]
            assert bookmark.title == "术语表"
            assert isinstance(bookmark.destination, Array)
            assert bookmark.destination[0].objgen == book.pages[last - 1].obj.objgen
        numbers = {page.obj.objgen: index for index, page in enumerate(book.pages)}
        found = [(page, numbers[a.A.D[0].objgen], a.A.D) for page, a in links(book) if Name.GoTo == a.A.S]
        contents = [target for page, target, _ in found if page == 1]
        jumps = [(target, float(place[3])) for page, target, place in found if page == last - 1]
        heights = [float(page.MediaBox[3]) for page in book.pages]
    assert contents[-1] == last - 1
    glossary = squeezed(repo.pdf_text("书.pdf", "-f", str(last), "-l", str(last), "-raw"))
    assert glossary == squeezed(f"术语表 {ENTRIES} 术语–1")
    defined = ("（after", "（hidden", "（line", "（long", "（perplexity", "（Perplexity", "（top")
    for (target, top), first in zip(jumps, defined, strict=True):
        page = repo.pdf_text("书.pdf", "-bbox", "-f", str(target + 1), "-l", str(target + 1))
        boxes = re.findall(r'yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)">([^<]*)', page)
        y_min = min(float(box[0]) for box in boxes if first in box[2])
        assert 0 < y_min - (heights[target] - top) < 40, first
    assert "术语表" not in repo.pdf_words("一.pdf") + repo.pdf_words("二.pdf")
    # A box or a special in front of a term would widen the marks around it, and could not break before it.
    before = words_of(repo, "一/甲.pdf")
    macros = (CHECKOUT / "templates/macros.tex").read_text("utf-8")
    without = re.sub(r"(?m)^(\\newcommand\{\\termdest\}\[1\]).*$", r"\1{}", macros)
    assert without != macros
    repo.write("templates/macros.tex", without).build("notes/01-一")
    assert words_of(repo, "一/甲.pdf") == before


def fronts(repo: Repo) -> set[str]:
    """Return the title pages and glossaries in the cache: each that is set is a new file."""
    return repo.files(".notepress/fronts/*.pdf")


def step(repo: Repo, path: str, old: str, new: str) -> tuple[Result, int]:
    """Change a note, build, and return the result and how many fronts were set."""
    before = fronts(repo)
    result = repo.replace(path, old, new).build()
    return result, len(fronts(repo) - before)


def test_glossary_is_set_anew_only_if_a_term_or_its_page_changed(repo: Repo) -> None:
    """Another text costs its note and the joining; a term that moves, comes or goes costs the glossary as well."""
    first, second = "notes/01-一/01-first.md", "notes/02-二/01-second.md"
    repo.build()
    edited, set_anew = step(repo, first, "最后才有", "终于才有")
    assert (edited.rebuilt, edited.rejoined, set_anew) == ({"01-first"}, {"一", "书"}, 0)
    other, set_anew = step(repo, first, "（after）", "（afterwards）")
    # Neither another note nor contents: only the glossary.
    assert (other.rebuilt, other.rejoined, set_anew) == ({"01-first"}, {"一", "书"}, 1)
    moved, set_anew = step(repo, second, "又见", FILLING + "\n\n又见")
    assert (moved.rebuilt, moved.rejoined, set_anew) == ({"01-second"}, {"二", "书"}, 1)
    assert "困惑度 1.1–1, 2.1–2" in repo.pdf_text("书.pdf", "-raw")
    clash, _ = step(repo, second, "Perplexity", "confusion")
    assert worth_saying(clash.diagnostics) == [("term-conflict", second, 37)]
    assert worth_saying(repo.build().diagnostics) == [("term-conflict", second, 37)]
    assert worth_saying(check_notes(load_config(repo.root), ())) == [("term-conflict", second, 37)]
    pages = clash.report.book.pages if clash.report.book else 0
    for path in (first, second):
        repo.write(path, (repo.root / path).read_text("utf-8").replace("（", " （"))
    gone = repo.build()
    assert gone.report.book is not None
    assert gone.report.book.pages == pages - 1
    assert "术语表" not in repo.pdf_words("书.pdf")


def test_book_without_terms_has_no_glossary(rich: Rich) -> None:
    """Neither page nor contents line is there for a glossary that nobody needs."""
    assert "术语" not in rich.repo.pdf_words("测试之书.pdf")
