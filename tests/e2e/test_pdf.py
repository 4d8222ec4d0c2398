"""What a reader meets in the PDFs: metadata, outline, labels, contents, links, fonts and text."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

import pikepdf
import pytest

from tests.e2e.repo import Repo, Rich

pytestmark = pytest.mark.tex

NOTE = "第一章 起步/基础(Basics) - 从 n 到一.pdf"
PICTURE = "第一章 起步/图片.pdf"
LINKS = "二/链接.pdf"
CHAPTER = "第一章 起步.pdf"
BOOK = "测试之书.pdf"
ALL = (NOTE, PICTURE, LINKS, "二/草稿.pdf", CHAPTER, "二.pdf", BOOK)

Tree = list[tuple[str, "Tree"]]
SECTIONS: Tree = [("开头", [("细节", [])]), ("结尾", [])]
NOTES_OF_ONE: Tree = [("1.1 基础(Basics) - 从 n 到一", SECTIONS), ("1.2 图片", [])]
NOTES_OF_TWO: Tree = [("2.1 链接", [("目标", [])])]
# The note's number of each line: its title and its sections.
CONTENTS_OF_ONE = ["1.1", "1.1", "1.1", "1.2"]
CONTENTS_OF_TWO = ["2.1", "2.1"]


def tree(items: list[pikepdf.OutlineItem]) -> Tree:
    """Return titles and what is nested below them."""
    return [(item.title, tree(list(item.children))) for item in items]


def flat(items: list[pikepdf.OutlineItem]) -> list[pikepdf.OutlineItem]:
    """Return all bookmarks in reading order."""
    return [found for item in items for found in (item, *flat(list(item.children)))]


def page_of(pdf: pikepdf.Pdf, destination: pikepdf.Object | None) -> int:
    """Return the page (from 0) that an array, or the name of one, leads to."""
    if isinstance(destination, pikepdf.String):
        destination = pikepdf.NameTree(pdf.Root.Names.Dests)[str(destination)]
    assert isinstance(destination, pikepdf.Array)
    return next(n for n, page in enumerate(pdf.pages) if page.objgen == destination[0].objgen)


def labels(pdf: pikepdf.Pdf) -> list[str]:
    """Return what a viewer shows as page numbers."""
    return [page.label for page in pdf.pages]


def links(repo: Repo, name: str, pdf: pikepdf.Pdf) -> Iterator[tuple[int, str, pikepdf.Object]]:
    """Yield page (from 0), the words under it and the action of every link."""
    for number, page in enumerate(pdf.pages, 1):
        height = float(page.mediabox[3])
        for annotation in page.obj.get("/Annots", pikepdf.Array()):
            left, bottom, right, top = (float(side) for side in annotation.Rect)
            # Smaller than the link, or the neighbours of its first and last character would be in it.
            box = {"-x": left + 2, "-y": height - top + 1, "-W": right - left - 4, "-H": top - bottom - 2}
            area = [word for key, value in box.items() for word in (key, str(round(value)))]
            words = repo.pdf_text(name, "-f", str(number), "-l", str(number), *area)
            yield number - 1, re.sub(r"\s+", "", words), annotation.A


def link(repo: Repo, name: str, pdf: pikepdf.Pdf, words: str) -> pikepdf.Object:
    """Return the action of the link with these words."""
    return next(action for _, text, action in links(repo, name, pdf) if text == words)


def page_text(repo: Repo, name: str, page: int) -> str:
    """Return the text of a page (from 0) without spaces."""
    return re.sub(r"\s+", "", repo.pdf_text(name, "-f", str(page + 1), "-l", str(page + 1)))


@pytest.mark.parametrize(
    ("name", "title", "subject", "keywords"),
    [
        (NOTE, "基础(Basics) - 从 n 到一", "一句话摘要。", "概率, 语言模型"),
        (CHAPTER, "第一章 起步", "原书", None),
        (BOOK, "测试之书", "原书", None),
    ],
)
def test_metadata_says_what_the_document_is(
    rich: Rich, name: str, title: str, subject: str, keywords: str | None
) -> None:
    """Title, author, subject, keywords and language are there, in the Info dictionary as in XMP."""
    with pikepdf.open(rich.repo.output(name)) as pdf:
        info = {key: pdf.docinfo.get(f"/{key}") for key in ("Title", "Author", "Subject", "Keywords")}
        found = {key: None if value is None else str(value) for key, value in info.items()}
        assert found == {"Title": title, "Author": "张三", "Subject": subject, "Keywords": keywords}
        assert str(pdf.Root.Lang) == "zh-CN"
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as xmp:
            assert xmp["dc:title"] == title
            assert list(xmp["dc:creator"]) == ["张三"]
            assert xmp["dc:description"] == subject
            assert "zh-CN" in xmp["dc:language"]


@pytest.mark.parametrize("name", ALL)
def test_no_pdf_holds_the_time_or_place_of_its_making(rich: Rich, name: str) -> None:
    """Dates come from the note or not at all, and no path of this machine gets in."""
    content = rich.repo.output(name).read_bytes()
    assert str(rich.repo.root).encode() not in content
    with pikepdf.open(rich.repo.output(name)) as pdf:
        assert str(pdf.docinfo.get("/CreationDate", "")) == ("D:20260107000000Z" if name == NOTE else "")
        assert "/ModDate" not in pdf.docinfo


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (NOTE, SECTIONS),
        (CHAPTER, NOTES_OF_ONE),
        ("二.pdf", NOTES_OF_TWO),
        (BOOK, [("第一章 起步", NOTES_OF_ONE), ("二", NOTES_OF_TWO), ("制作说明", [])]),
    ],
)
def test_outline_is_nested_as_the_headings_are(rich: Rich, name: str, expected: Tree) -> None:
    """Bookmarks show sections in notes, notes in chapters and chapters in the book, as plain text."""
    with pikepdf.open(rich.repo.output(name)) as pdf, pdf.open_outline() as outline:
        assert tree(list(outline.root)) == expected


def test_a_book_opens_with_the_bookmarks_of_chapters_and_notes(rich: Rich) -> None:
    """What is below the notes is folded, so that a reader sees the whole book at once."""
    with pikepdf.open(rich.repo.output(BOOK)) as pdf, pdf.open_outline() as outline:
        chapters = [item for item in outline.root if item.children]
        notes = [item for chapter in chapters for item in chapter.children]
        assert not any(chapter.is_closed for chapter in chapters)
        assert all(note.is_closed for note in notes if note.children)


@pytest.mark.parametrize("name", [NOTE, CHAPTER, BOOK])
def test_bookmarks_land_on_the_page_of_their_heading(rich: Rich, name: str) -> None:
    """A click on a bookmark shows the page where its words stand."""
    with pikepdf.open(rich.repo.output(name)) as pdf, pdf.open_outline() as outline:
        for item in flat(list(outline.root)):
            heading = re.sub(r"^\d\.\d ", "", item.title).partition(" - ")[0].replace(" ", "")
            place = item.destination
            assert isinstance(place, pikepdf.Object)
            assert heading in page_text(rich.repo, name, page_of(pdf, place)), item.title


def test_page_labels_stay_the_same_wherever_a_note_is_joined(rich: Rich) -> None:
    """Pages of a note are 1.1–1 and so on in its own PDF, the chapter and the book; fronts count in roman."""
    with (
        pikepdf.open(rich.repo.output(NOTE)) as note,
        pikepdf.open(rich.repo.output(PICTURE)) as picture,
        pikepdf.open(rich.repo.output(CHAPTER)) as chapter,
        pikepdf.open(rich.repo.output(BOOK)) as book,
    ):
        own = labels(note)
        assert own == [f"1.1–{number}" for number in range(1, len(own) + 1)]
        assert len(own) >= 2
        assert labels(picture) == ["1.2–1"]
        assert labels(chapter) == ["1–i", *own, "1.2–1"]
        assert labels(book) == ["i", "ii", *labels(chapter), "2–i", "2.1–1", "末–i"]


@pytest.mark.parametrize("name", [NOTE, CHAPTER, BOOK])
def test_foot_of_every_page_of_a_note_reads_its_label(rich: Rich, name: str) -> None:
    """What is printed at the foot is what the viewer calls the page."""
    with pikepdf.open(rich.repo.output(name)) as pdf:
        numbered = [(page, label) for page, label in enumerate(labels(pdf)) if "." in label]
        assert numbered != []
        for page, label in numbered:
            assert page_text(rich.repo, name, page).endswith(label)


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        (CHAPTER, CONTENTS_OF_ONE),
        # The contents of the book list notes, those of each chapter their sections too.
        (BOOK, [*dict.fromkeys([*CONTENTS_OF_ONE, *CONTENTS_OF_TWO]), *CONTENTS_OF_ONE, *CONTENTS_OF_TWO]),
    ],
)
def test_contents_lines_lead_to_the_page_they_print(rich: Rich, name: str, printed: list[str]) -> None:
    """Each line of the contents is a jump to the page whose label it prints; sections print the last part of it."""
    seen: list[str] = []
    with pikepdf.open(rich.repo.output(name)) as pdf:
        names = labels(pdf)
        for page, words, action in links(rich.repo, name, pdf):
            label = re.search(r"(?:(\d\.\d)–)?(\d+)$", words)
            if "." in names[page] or not label:
                continue
            assert str(action.S) == "/GoTo"
            seen.append(label[1] or seen[-1])
            assert names[page_of(pdf, action.D)] == f"{seen[-1]}–{label[2]}"
    assert seen == printed


def test_chapter_lines_of_the_book_lead_to_the_chapters(rich: Rich) -> None:
    """A chapter's line in the contents of the book jumps to its title page."""
    with pikepdf.open(rich.repo.output(BOOK)) as pdf:
        found = {words: labels(pdf)[page_of(pdf, action.D)] for page, words, action in links(rich.repo, BOOK, pdf)
                 if labels(pdf)[page] == "ii" and "–" not in words}  # fmt: skip
    assert found == {"第一章起步": "1–i", "二": "2–i"}


@pytest.mark.parametrize(
    ("name", "words", "target", "there"),
    [
        (NOTE, "另一篇", PICTURE, "图下的字"),
        (NOTE, "下一章", LINKS, "到了"),
        (PICTURE, "细节", NOTE, "细节在后面的页上"),
        (LINKS, "基础", NOTE, "普通文字"),
        (LINKS, "结尾", NOTE, "请看另一篇"),
        (CHAPTER, "下一章", LINKS, "到了"),
        ("二.pdf", "基础", NOTE, "普通文字"),
    ],
)
def test_link_to_a_note_of_another_pdf_opens_its_file(
    rich: Rich, name: str, words: str, target: str, there: str
) -> None:
    """The file is given relative to this one, exists, and opens at the page that the link asks for."""
    with pikepdf.open(rich.repo.output(name)) as pdf:
        action = link(rich.repo, name, pdf, words)
        assert str(action.S) == "/GoToR"
        path = posixpath.normpath(posixpath.join(posixpath.dirname(name), str(action.F.UF)))
        assert path == target
        with pikepdf.open(rich.repo.output(path)) as other:
            named = isinstance(action.D, pikepdf.String)
            page = page_of(other, action.D) if named else int(action.D[0])
            assert there in page_text(rich.repo, path, page)


@pytest.mark.parametrize(
    ("name", "words", "label", "there"),
    [
        (CHAPTER, "另一篇", "1.2–1", "图下的字"),
        (CHAPTER, "细节", None, "细节在后面的页上"),
        (LINKS, "目标", "2.1–1", "到了"),
        ("二.pdf", "目标", "2.1–1", "到了"),
        (BOOK, "下一章", "2.1–1", "到了"),
        (BOOK, "基础", "1.1–1", "普通文字"),
        (BOOK, "结尾", None, "请看另一篇"),
        (BOOK, "目标", "2.1–1", "到了"),
    ],
)
def test_link_to_a_note_of_the_same_pdf_jumps_inside(
    rich: Rich, name: str, words: str, label: str | None, there: str
) -> None:
    """In a chapter and in the book links between notes go to the page where the other's words stand."""
    with pikepdf.open(rich.repo.output(name)) as pdf:
        action = link(rich.repo, name, pdf, words)
        assert str(action.S) == "/GoTo"
        page = page_of(pdf, action.D)
        assert label in {None, labels(pdf)[page]}
        assert there in page_text(rich.repo, name, page)


def test_no_internal_address_is_left(rich: Rich) -> None:
    """No link of any PDF still has the address that only the build understands."""
    left = []
    for name in ALL:
        with pikepdf.open(rich.repo.output(name)) as pdf:
            actions = [a.A for page in pdf.pages for a in page.obj.get("/Annots", pikepdf.Array())]
            left += [str(a.URI) for a in actions if "/URI" in a and str(a.URI).startswith("notepress:")]
    assert left == []


@pytest.mark.parametrize("name", ALL)
def test_every_font_is_embedded(rich: Rich, name: str) -> None:
    """A PDF prints the same everywhere, because it needs no font of the machine."""
    fonts = rich.repo.pdf_fonts(name)
    assert fonts != {}
    assert set(fonts.values()) == {"yes"}


@pytest.mark.parametrize("face", ["Serif.*Bold", "Kai", "Sans.*Bold", "Mono", "Pagella-?Math"])
def test_emphasis_headings_and_code_have_faces_of_their_own(rich: Rich, face: str) -> None:
    """Bold is really bold, emphasis is Kai, headings are sans, code is monospaced, formulas use the math font."""
    assert [name for name in rich.repo.pdf_fonts(NOTE) if re.search(face, name)] != []


@pytest.mark.parametrize("name", [NOTE, BOOK])
@pytest.mark.parametrize(
    "words",
    [
        "普通文字，加粗的字。后文，强调的字，两者兼有，行内代码",
        "省略……破折——完。",
        "列表甲",
        "列表乙",
        "引文丙",
        "表头丁",
        "单元戊",
        "函数己",
        "注释庚",
        "脚注辛。",
        "第15段。概率与统计的基本概念需要反复练习。",
    ],
)
def test_text_is_copied_out_as_it_was_written(rich: Rich, name: str, words: str) -> None:
    """Every kind of content is in the PDF, with the code points of the note."""
    assert words in rich.repo.pdf_words(name)


@pytest.mark.parametrize("symbol", "①②③Ⅰ★■→≤≥∈√")
def test_symbols_in_text_are_drawn_and_copied(rich: Rich, symbol: str) -> None:
    """Symbols that Chinese authors type in running text keep their code points."""
    assert symbol in rich.repo.pdf_words(NOTE)


def test_title_block_shows_title_subtitle_abstract_author_and_date(rich: Rich) -> None:
    """The first page says what the front matter says."""
    first = page_text(rich.repo, NOTE, 0)
    for words in ("第一章起步", "基础(Basics)", "到一", "一句话摘要。", "张三", "2026-01-07"):
        assert words in first


def test_cover_names_book_author_and_source(rich: Rich) -> None:
    """The cover of the book shows title, subtitle, author and the book that the notes explain."""
    cover = page_text(rich.repo, BOOK, 0)
    for words in ("测试之书", "副题", "张三", "原书", "李四"):
        assert words in cover


def test_image_is_in_the_pdf(rich: Rich) -> None:
    """The picture of a note is really embedded."""
    with pikepdf.open(rich.repo.output(PICTURE)) as pdf:
        assert [image for page in pdf.pages for image in page.get_images()] != []
