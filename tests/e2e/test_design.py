"""What pages look like, as far as a program can tell: nothing leaves them, parts begin where they should."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import pytest

from tests.e2e.conftest import once
from tests.e2e.repo import PNG, Repo, Rich
from tests.e2e.test_pdf import flat, labels, page_of

pytestmark = pytest.mark.tex

NOTE = "第一章 起步/基础(Basics) - 从 n 到一.pdf"
BOOK = "测试之书.pdf"
PHONE = (91.0, 182.0)
# A wide table, a formula as wide as the text of A4, a long row of headings, and a figure, with its caption below it,
# after a table on a page whose top another figure has taken.
CROWDED = (
    "# 拥挤\n\n开头。\n\n"
    + "| " + " | ".join(f"很长的表头{n}" for n in range(7)) + " |\n" + "|--" * 7 + "|\n"
    + "| " + " | ".join(f"第{n}格的字" for n in range(7)) + " |\n\n"
    + "$$\n\\begin{aligned}\n" + " &+ ".join(f"\\alpha_{{{n}}} x^{{{n}}}" for n in range(11))
    + "\n\\end{aligned}\n$$ {#eq-wide}\n\n见@eq-wide。\n\n"
    + "\n\n".join(f"{'#' * (2 + n % 3)} 标题{n}" for n in range(60))
    + "\n\n末尾的字。\n\n" + "占满这一页的字。" * 480
    + "\n\n![图甲](figure.png){width=60% height=7cm}\n\n" + "图甲之后的字。" * 40
    + "\n\n| 甲 | 乙 |\n|--|--|\n" + "| 一 | 二 |\n" * 14
    + "\n![图乙](figure.png){width=60% height=9cm}\n\n尾声。\n"
)  # fmt: skip

# A formula within a sentence, and a table for which there is not enough room on the page.
SPACED = (
    "# 间距\n\n甲上的字：\n\n$$\nx+y,\n$$\n\n乙下的字。\n\n" + "满" * 38 * 27 + "\n\n"
    + "| 头 | 数 |\n|--|--|\n" + "".join(f"| 行{n} | {n} |\n" for n in range(12))
)  # fmt: skip

NAMES = [a + b for a in "甲乙丙丁" for b in "甲乙丙丁戊己庚辛壬癸"]
# Headings with a box, a table, a line below them, and boxes with a table, as many as it takes for the foot of some page
# to come anywhere in them.
LONELY = "# 孤行\n\n" + "".join(
    f"## 框{n}题\n\n::: {{#def-{k}}}\n框{n}首，{'字' * 40}。\n\n$$\nx=1\n$$\n\n框{n}末。\n:::\n\n"
    f"## 表{n}题\n\n| 表{n}首 | 数 | 列 |\n|--|--|--|\n" + "| 一 | 二 | 三 |\n" * 4 + "\n"
    f"::: {{#exm-{k}}}\n例{n}首。\n\n| 例{n}头 | 数 |\n|--|--|\n" + "| 一 | 二 |\n" * 4 + f"| 例{n}尾 | 二 |\n\n"
    + f": 例{n}表 {{#tbl-{k}}}\n\n" * (k % 2) + f"例{n}末。\n:::\n\n## 行{n}题\n\n一行。\n\n" + "填\n\n" * (k % 7)
    for k, n in enumerate(NAMES)
)  # fmt: skip
# Boxes with a table, a long one and short ones, below paragraphs of three lines: no page may end within those, so that
# a box may begin while the page, which is more than full, is not done yet.
BOXED = "# 框表\n\n" + "".join(
    f"{'段' * 38 * 3}\n\n::: {{#exm-t{k}}}\n首。\n\n| 头 | 数 |\n|--|--|\n" + "| 一 | 二 |\n" * (24 if k == 0 else 4)
    + f"\n: 表 {{#tbl-t{k}}}\n\n例{n}末。\n\n例{n}完。\n:::\n\n" + "填\n\n" * (k % 7)
    for k, n in enumerate(NAMES)
)  # fmt: skip
# Dots and dashes next to marks that close or open, anywhere in a line.
MARKS = "# 标点\n\n" + "".join(
    f"{'字' * n}{marks}{'后文' * 6}\n\n"
    for marks in ("吃……”。", "吃……。”", "吃……，", "吃——）", "吃“……", "吃（——", "吃：“……”", "吃**……**”", "吃“**……**")
    for n in range(20, 40)
)
# A table of three columns, the last much wider than a telephone.
MEANINGS = (
    "# 记号\n\n| 记号 | 形状 | 含义 |\n|--|--|--|\n| 记 | 形 | " + "这一栏说的是它的含义" * 3 + " |\n\n气温 −5 度。\n"
)

# Two formulas in a row, the first with a matrix, wider than a telephone, and one wider than any page.
FORMULAS = (
    "# 公式\n\n短：\n\n$$\n\\text{短} = 1\n$$\n\n长：\n\n"
    "$$\n\\text{甲} = \\begin{pmatrix} 1 & 0 \\\\ 0 & 1 \\end{pmatrix} + x + y + z,\\qquad "
    "\\text{乙} = a + b + c + d + e + f + \\text{末}\n$$ {#eq-row}\n\n"
    "$$\n\\text{丙} = " + " + ".join(f"x_{{{n}}}" for n in range(60)) + " = \\text{尾}\n$$ {#eq-long}\n\n见@eq-long。\n"
)
# Paragraphs of every length from less than a line to more than two, on paper and on a telephone.
LINES = "# 末行\n\n" + "\n\n".join("字" * n + "。" for n in range(20, 80)) + "\n"
# One hanzi longer than a line of a telephone, beside the number of the note.
LONG = "一二三四五六七八九十天地"


@dataclass(frozen=True, slots=True)
class Word:
    """A word on a page (from 0), its box in points from the upper left corner, and the size of the page."""

    page: int
    left: float
    top: float
    right: float
    bottom: float
    width: float
    height: float
    text: str


def words(pdf: Path) -> Iterator[Word]:
    """Yield the words of a PDF with their places."""
    command = ["pdftotext", "-bbox", str(pdf), "-"]
    page, size = -1, (0.0, 0.0)
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        numbers = [float(number) for number in re.findall(r'="([\d.-]+)"', line)]
        if "<page" in line:
            page, size = page + 1, (numbers[0], numbers[1])
        elif "<word" in line:
            left, top, right, bottom = numbers
            text = re.sub(r"<[^>]*>", "", line).strip()
            yield Word(page, left, top, right, bottom, *size, text)


def crowded(folder: Path) -> Repo:
    """Build the crowded note, for the screen and for a telephone."""
    repo = Repo(folder).write("crowded.md", CROWDED).write("spaced.md", SPACED).write("figure.png", PNG)
    repo.write("lonely.md", LONELY).write("boxed.md", BOXED).write("meanings.md", MEANINGS)
    repo.write("lines.md", LINES).write("marks.md", MARKS).write("formulas.md", FORMULAS)
    assert repo.build().diagnostics == ()
    assert repo.build(theme="phone").diagnostics == ()
    return repo


@pytest.mark.parametrize("name", ["拥挤.pdf", "phone/拥挤.pdf"])
def test_nothing_leaves_the_page(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """Wide tables and formulas are made to fit, rows of headings break, and figures stand where there is room."""
    repo = once(tmp_path_factory, "crowded", crowded)
    found = list(words(repo.output(name)))
    outside = [w for w in found if w.left < 0 or w.top < 0 or w.right > w.width or w.bottom > w.height]
    assert outside == []
    text = "".join(word.text for word in found)
    for expected in ("标题0", "标题59", "末尾的字", "第6格的字", "图甲", "图乙", "尾声"):
        assert expected in text


@pytest.mark.parametrize("name", ["间距.pdf", "phone/间距.pdf"])
def test_a_formula_stands_in_the_middle_of_its_sentence(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """As much space is above a formula as below it, and the sentence that goes on after it is not indented."""
    repo = once(tmp_path_factory, "crowded", crowded)
    found = list(words(repo.output(name)))
    above = next(word for word in found if word.text.startswith("甲上"))
    formula = next(word for word in found if word.text.startswith("𝑥"))
    below = next(word for word in found if word.text.startswith("乙下"))
    assert (formula.bottom - above.bottom) == pytest.approx(below.bottom - formula.bottom, abs=4)
    assert above.left - below.left == pytest.approx(21, abs=1)


@pytest.mark.parametrize("name", ["拥挤.pdf", "phone/拥挤.pdf"])
def test_the_number_of_a_formula_stands_at_the_right_edge(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """Also where the formula is scaled to the page, and its number has a line below it."""
    repo = once(tmp_path_factory, "crowded", crowded)
    found = list(words(repo.output(name)))
    number = next(word for word in found if word.text == "(1)")
    margin = min(word.left for word in found)
    assert number.width - number.right == pytest.approx(margin, abs=1)


@pytest.mark.parametrize("name", ["公式.pdf", "phone/公式.pdf"])
def test_a_formula_wider_than_the_page_becomes_lines(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """Formulas in a row part at the space between them; none is scaled, or runs off; the number is at the edge."""
    repo = once(tmp_path_factory, "crowded", crowded)
    found = list(words(repo.output(name)))
    place = {char: word for word in found for char in "短甲乙末丙尾" if char in word.text}
    sizes = [word.bottom - word.top for word in place.values()]
    assert max(sizes) - min(sizes) < 0.1
    narrow = name.startswith("phone/")
    assert (place["甲"].bottom < place["乙"].top) == narrow
    assert place["丙"].bottom < place["尾"].top
    margin = min(word.left for word in found)
    assert max(word.right for word in found) <= found[0].width - margin + 1
    numbers = [word for word in found if word.text in ("(1)", "(2)")]
    assert [round(word.right - word.width + margin) for word in numbers] == [0, 0]
    assert numbers[0].bottom > place["末"].top


def test_a_table_of_less_than_half_a_page_is_not_broken(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where a page has too little room for a small table, the table goes to the next one."""
    repo = once(tmp_path_factory, "crowded", crowded)
    found = list(words(repo.output("间距.pdf")))
    rows = {word.page for word in found if word.text.startswith(("头", "行"))}
    assert rows == {1}
    assert max(word.page for word in found if "满" in word.text) == 0


@pytest.mark.parametrize("name", ["孤行.pdf", "phone/孤行.pdf"])
def test_what_belongs_together_is_not_parted_by_a_page(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """A heading stays with the box or table below it, has room for lines, and a table in a box is whole."""
    repo = once(tmp_path_factory, "crowded", crowded)
    found = list(words(repo.output(name)))
    marks = re.compile(r"[框表行例][甲乙丙丁戊己庚辛壬癸]{2}[题首头尾末表]")
    places = {match[0]: word for word in found if (match := marks.search(word.text))}
    # Every second table in a box has a caption.
    assert len(places) == len(NAMES) * 10 + len(NAMES) // 2
    for k, n in enumerate(NAMES):
        captioned = [("例{}表", "例{}头")] * (k % 2)
        for first, second in (("框{}题", "框{}首"), ("表{}题", "表{}首"), ("例{}头", "例{}尾"), *captioned):
            assert places[first.format(n)].page == places[second.format(n)].page, (first, n)
    foot = max(word.bottom for word in found if not re.search(r"\d–", word.text))
    assert min(foot - word.bottom for key, word in places.items() if key.startswith("行")) > 2 * 18


@pytest.mark.parametrize("name", ["末行.pdf", "phone/末行.pdf"])
def test_no_paragraph_ends_with_a_line_of_one_hanzi(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """The last line of a paragraph has at least two hanzi."""
    repo = once(tmp_path_factory, "crowded", crowded)
    lines = [word.text for word in words(repo.output(name)) if "字" in word.text]
    assert sum(line.count("字") for line in lines) == sum(range(20, 80))
    assert min(line.count("字") for line in lines) == 2


def test_text_after_a_table_in_a_box_is_indented(tmp_path_factory: pytest.TempPathFactory) -> None:
    """All paragraphs after a table in a box begin alike, wherever the box stands, and however long it is."""
    repo = once(tmp_path_factory, "crowded", crowded)
    found = [word for word in words(repo.output("框表.pdf")) if re.match(r"例..[末完]", word.text)]
    assert len(found) == 2 * len(NAMES)
    assert len({round(word.left) for word in found}) == 1


@pytest.mark.parametrize("name", ["标点.pdf", "phone/标点.pdf"])
def test_no_line_begins_with_what_closes_or_ends_with_what_opens(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    """Lines may break before and after dots and dashes, but not within them and not between them and another mark."""
    repo = once(tmp_path_factory, "crowded", crowded)
    command = ["pdftotext", "-layout", str(repo.output(name)), "-"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    broken = [line.strip() for line in lines if re.match(r"\s*(?:[”。，）]|([…—])(?!\1))", line)]
    opened = [line.strip() for line in lines if re.search(r"[“（]$|(?<!…)…$|(?<!—)—$", line)]
    assert sum(line.strip().startswith(("……", "——")) for line in lines) > 0
    assert broken + opened == []


def test_a_meaning_on_a_telephone_is_a_paragraph(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Few columns are not made small for the sake of one that can have lines; the type is that of any table."""
    repo = once(tmp_path_factory, "crowded", crowded)
    sizes = {
        name: max(word.bottom - word.top for word in words(repo.output(name)) if word.text == "形状")
        for name in ("phone/记号.pdf", "记号.pdf")
    }
    assert sizes["phone/记号.pdf"] == pytest.approx(sizes["记号.pdf"], rel=0.01)


def test_a_minus_stands_close_to_its_number(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The font of the numbers draws it: one of the hanzi would be as wide as they are, with a space behind it."""
    repo = once(tmp_path_factory, "crowded", crowded)
    assert [word.text for word in words(repo.output("记号.pdf")) if "5" in word.text] == ["−5"]


def test_a_page_for_a_telephone_is_as_narrow_as_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Text of the usual size on a page of 91 mm is large where the page fills a screen of 70 mm."""
    repo = once(tmp_path_factory, "crowded", crowded)
    with pikepdf.open(repo.output("phone/拥挤.pdf")) as pdf:
        size = tuple(round(float(side) * 25.4 / 72) for side in pdf.pages[0].mediabox[2:])
    assert size == PHONE


@pytest.fixture(scope="session")
def printed(rich: Rich, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """The rich project with a build for print beside the one for the screen; only to be looked at."""

    def make(folder: Path) -> Repo:
        repo = rich.repo.copy_to(folder)
        before = repo.pdfs()
        result = repo.build(theme="print")
        assert {note.passes for note in result.report.notes if note.pdf} == {1}
        assert not result.report.index_written
        assert {name: repo.pdfs()[name] for name in before} == before
        return repo

    return once(tmp_path_factory, "printed", make, bare=True)


def test_switching_themes_rebuilds_nothing(printed: Repo, tmp_path: Path) -> None:
    """Each theme knows what it has built, and neither takes the other's PDFs for orphans."""
    repo = printed.copy_to(tmp_path / "copy")
    times = repo.times()
    for theme in (None, "print", "screen"):
        result = repo.build(theme=theme)
        assert (result.rebuilt, result.rejoined, result.report.removed) == (set(), set(), ())
    assert repo.times() == times
    assert "up to date" in repo.cli("pdf", "--theme", "print").stdout
    # A theme is an input of its own PDFs alone.
    result = repo.write("templates/theme-print.tex.j2", "((* set two_sided = true *))").build(theme="screen")
    assert result.rebuilt == set()


def test_every_part_begins_on_a_right_hand_page(printed: Repo) -> None:
    """In print, notes and chapters begin on odd pages of the book; labels and bookmarks are as on the screen."""
    with pikepdf.open(printed.output(f"print/{BOOK}")) as book, book.open_outline() as outline:
        names = labels(book)
        assert [page % 2 for page, name in enumerate(names) if re.search(r"–(1|i)$", name)] == [0] * 6
        for item in flat(list(outline.root)):
            if match := re.match(r"\d\.\d", item.title):
                assert isinstance(item.destination, pikepdf.Array)
                assert names[page_of(book, item.destination)] == f"{match[0]}–1"


def test_print_is_two_sided_and_black(printed: Repo) -> None:
    """Margins and feet are mirrored, and nothing asks for a colour, links included."""
    path = printed.output(f"print/{NOTE}")
    found = list(words(path))
    lefts = [min(word.left for word in found if word.page == page) for page in (0, 1)]
    feet = [word for word in found if re.fullmatch(r"1\.1–[12]", word.text)]
    assert lefts[0] + 5 < lefts[1]
    assert feet[0].left > feet[0].width / 2 > feet[1].right
    with pikepdf.open(path) as pdf:
        for page in pdf.pages:
            for step in pikepdf.parse_content_stream(page, "rg RG"):
                assert len({str(part) for part in step.operands}) == 1


def test_no_hanzi_of_a_title_is_alone_in_a_line(repo: Repo) -> None:
    """A title that is a little longer than a line is two lines of some length; a short one stays one line."""
    repo.write("甲.md", f"# {LONG}\n\n话。\n").write("乙.md", "# 乙的标题\n\n话。\n")
    assert repo.build(theme="phone").diagnostics == ()
    title = [word for word in words(repo.output(f"phone/{LONG}.pdf")) if word.bottom - word.top > 16]
    last = "".join(word.text for word in title if word.top > title[0].bottom)
    assert len(last) > 2
    assert LONG.endswith(last)
    short = [word for word in words(repo.output("phone/乙的标题.pdf")) if word.bottom - word.top > 16]
    assert len({round(word.top) for word in short}) == 1


def test_no_line_ends_with_the_scheme_of_an_address(repo: Repo) -> None:
    """An address breaks wherever a line ends, except where nothing but `https:` would stay in it."""
    lines = "".join(f"{'字' * n}<https://example.org/index/language-unsupervised/>\n\n" for n in range(8, 22))
    assert repo.write("甲.md", f"# 甲\n\n{lines}").build(theme="phone").diagnostics == ()
    found = [word.text for word in words(repo.output("phone/甲.pdf"))]
    assert any("https://" in text for text in found)
    assert [text for text in found if text.endswith("https:")] == []


def test_heads_and_feet_are_in_no_link(repo: Repo) -> None:
    """A link that goes on on the next page leaves out the foot of its page and the head of the next one."""
    repo.write("甲.md", f"# 甲\n\n[{'话' * 38 * 90}](https://example.org)\n").build()
    path = repo.output("甲.pdf")
    lines = [word for word in words(path) if word.text.startswith("话话")]
    with pikepdf.open(path) as pdf:
        for number, page in enumerate(pdf.pages):
            own = [line for line in lines if line.page == number]
            boxes = [annotation.Rect for annotation in page.obj.get("/Annots", [])]
            assert len(boxes) == len(own)
            assert min(float(box[1]) for box in boxes) > own[0].height - own[-1].bottom - 6
            assert max(float(box[3]) for box in boxes) < own[0].height - own[0].top + 6
    assert number == 2


def test_title_block_says_how_long_it_takes(rich: Rich) -> None:
    """Under the title stand author, date and the estimated time of reading."""
    first = re.sub(r"\s+", "", rich.repo.pdf_text(NOTE, "-l", "1"))
    assert re.search(r"张三·2026-01-07·约\d+分钟", first)


def test_colophon_names_fonts_and_notes(rich: Rich) -> None:
    """The book's last page says what it was made with, and of how many notes."""
    text = rich.repo.pdf_words(BOOK)
    for said in ("制作说明", "收入笔记3篇", "NotoSerif", "TeXGyrePagella"):
        assert said in text[text.rindex("制作说明") :]


def test_the_parts_of_a_broken_box_look_like_the_whole(repo: Repo) -> None:
    """What breaks across pages keeps its rule and its ground, and gets none that it does not have."""
    long = "长长的话。" * 400
    repo.write("甲.md", f"# 甲\n\n::: {{.proof}}\n{long}\n:::\n\n::: {{.theorem}}\n{long}\n:::\n").build()
    with pikepdf.open(repo.output("甲.pdf")) as pdf:
        pages = [page.Contents.read_bytes() for page in pdf.pages]
    filled = [re.findall(rb"([\d. ]+ (?:rg|g))  (?:[\d.-]+ ){4}re  f", page) for page in pages]
    # The proof, which fills the first page and more, has none; of the theorem every part has ground and rule.
    assert filled[0] == []
    assert [len(page) for page in filled[1:]] == [2] * (len(pages) - 1)
    assert len({tuple(page) for page in filled[1:]}) == 1
