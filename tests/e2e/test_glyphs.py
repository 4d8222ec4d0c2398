"""Characters: what is written is drawn, and copying gives back what was written, wherever it stands."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import pytest

from notepress.errors import ExitCode
from tests.e2e.conftest import once
from tests.e2e.repo import Repo

pytestmark = pytest.mark.tex

# Rows 16 to 87 of GB 2312, five places of row 55 being empty.
HANZI = "".join(
    bytes([row, cell]).decode("gb2312")
    for row in range(0xB0, 0xF8)
    for cell in range(0xA1, 0xFF)
    if (row, cell) < (0xD7, 0xFA) or row > 0xD7
)
SYMBOLS = (
    "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
    "ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩⅪⅫⅰⅱⅲⅳⅴⅵⅶⅷⅸⅹ",
    "≤≥≠≈∈∉⊂⊆∪∩∀∃∞∂∇√∑∏∫±×÷−·",
    "省略……破折——“双引”‘单引’，“逗引”。”‘’",
    "「角」『双』《书》〈单〉【方】（圆）、，。；：！？",
    "★☆■□●○◆◇▲△▼▽⇒→←↑↓⇔↔✓✗✔✘",
    "℃℉№‰°′″§¶†‡€£¥￥㎡",
    "─│├└┌┐",
    "αβγδεζηθικλμνξοπρςστυφχψω",
    "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ",
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "𝒜𝔸𝖾𝜃𝐱ℝℕℤ₀₁₂⁴½",
    "😀✅🙂𠮷㎏々〇",
)
WIDTH = 20
# The page without its head and foot.
TEXT_AREA = ("-x", "0", "-y", "70", "-W", "595", "-H", "690")
PIECES = tuple(HANZI[at : at + WIDTH] for at in range(0, len(HANZI), WIDTH)) + SYMBOLS


def each(before: str, after: str, between: str = "\n\n") -> str:
    """Return all pieces in one context."""
    return between.join(f"{before}{piece}{after}" for piece in PIECES)


CONTEXTS = {
    "正文": each("", ""),
    "粗体": each("**", "**"),
    "楷体": each("*", "*"),
    "粗楷": each("***", "***"),
    "标题": each("### ", "\n\n¦"),
    "代码": "```\n" + "\n".join(PIECES) + "\n```",
    "行内": each("`", "`"),
    "表格": "| |\n|--|\n" + each("| ", " |", "\n"),
    "脚注": "脚注[^1]\n\n[^1]: 注\n\n" + each("    ", ""),
    "列表": each("- ", "", "\n"),
}
# What stands in a context besides the pieces.
EXTRA = {"列表": "•", "标题": "¦"}
RULES = """\
---
title: 标题，“引号”①……
subtitle: 副题——𠮷
abstract: 摘要，“好”😀 a\u202eb。
---

## 二级，“引号”

AA他说，“你好”。English（中文）English，abc；x。（中）“好”$x$，`code`，**粗**。**“粗体”**，*楷*。“*楷*”结BB

AA“中文引号”，"English quotes"，是"阈"字，it's don’t -- --- \\`\\` '' ?\\` !\\` << >> fi ffi fl \\~ \\\\ \\^ \\_BB

AAHe said “hello” to John’s dog.BB

AA行中
间，后
abc 和。
下BB

AA零\u200b宽\ufeff序\u00ad软\u202e向\u0007控\u2028行 é 名\u3000字BB

AA$中文$ $a，b（c）$BB

AA水 H₂O，音标 [ˈlæŋɡwɪdʒ]，拼音 lǖ。BB

AA👨‍👩‍👧👍🏽🇨🇳1️⃣❤️BB

AA\U0002a6a5BB

AA……与——和·BB
"""
# Long enough for fifty lines; every third character is a mark that may not stand at an edge of a line.
LINES = "".join(
    f"{a}{b}，“{c}”。（{a}）《{b}》、{c}！" for a, b, c in zip(HANZI[::3], HANZI[1::3], HANZI[2::3], strict=False)
)[:2000]
NEVER_FIRST = "，。、；：！？）》】〉」』”’"
NEVER_LAST = "（《【〈「『“‘"


@dataclass(frozen=True, slots=True)
class Made:
    """The project of this file and what the only build said."""

    repo: Repo
    exit_code: ExitCode
    found: tuple[tuple[str, str, int | None, int | None, str, str], ...]


def _build(folder: Path) -> Made:
    repo = Repo(folder).write("规则.md", RULES).write("禁则.md", f"# 禁则\n\n{LINES}\n")
    for name, text in CONTEXTS.items():
        repo.write(f"{name}.md", f"# {name}\n\n{text}\n")
    result = repo.build()
    found = tuple(
        (Path(d.file or "").stem, d.code, d.line, d.column, d.message, d.hint or "") for d in result.diagnostics
    )
    return Made(repo, result.exit_code, found)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """All characters in all contexts, and the rules of Chinese typography, built once; only to be looked at."""
    return once(tmp_path_factory, "characters", _build)


def passage(made: Made, start: str) -> str:
    """Return the passage of the rules that begins with some words, in one line, its marks AA and BB left out."""
    name = next(path for path in made.repo.pdfs() if path.startswith("标题，"))
    text = made.repo.pdf_text(name, *TEXT_AREA)
    passages = [re.sub(r"\s*\n\s*", "", found).strip() for found in re.findall(r"AA(.*?)BB", text, re.DOTALL)]
    return next(found for found in passages if found.startswith(start))


def differences(expected: str, actual: str) -> list[str]:
    """Return where two texts differ, each place with its code points."""
    if len(expected) != len(actual):
        at = next((i for i, (a, b) in enumerate(zip(expected, actual, strict=False)) if a != b), 0)
        return [f"{len(expected)} characters, {len(actual)} copied: {expected[at : at + 9]!r} {actual[at : at + 9]!r}"]
    pairs = zip(expected, actual, strict=True)
    return [f"{a} U+{ord(a):04X} is copied as {b} U+{ord(b):04X}" for a, b in pairs if a != b]


def test_all_of_gb2312_is_tested() -> None:
    """The national standard has 6,763 hanzi."""
    assert len(set(HANZI)) == len(HANZI) == 6763


@pytest.mark.parametrize("context", CONTEXTS)
def test_bad_input_02_every_character_is_copied_as_it_was_written(made: Made, context: str) -> None:
    """6,763 hanzi and the common symbols come back code point by code point, in whatever context."""
    text = made.repo.pdf_text(f"{context}.pdf", *TEXT_AREA)
    # The title block stands above the first piece.
    words = re.sub(r"\s+", "", text)
    words = re.sub(EXTRA[context], "", words[words.index(PIECES[0]) :]) if context in EXTRA else words
    assert differences("".join(PIECES), words[words.index(PIECES[0]) :]) == []


def test_bad_input_01_emoji_are_drawn_or_named(made: Made) -> None:
    """Emoji of one code point are drawn; of a sequence every picture is, and what a screen would join is said."""
    assert "👨👩👧👍🏽🇨🇳" in re.sub(r"\s", "", passage(made, "👨"))
    assert re.search(r"1\s*\u20e3\s*❤", passage(made, "👨"))


def test_bad_input_01_strict_makes_no_pdf_of_an_emoji_that_no_font_has(repo: Repo) -> None:
    """A character without a glyph is a warning with its place and code point; with --strict there is no PDF."""
    repo.write("a.md", "# 甲\n\n文字 \U0001fae8 完。\n")
    result = repo.build(strict=True)
    (only,) = result.diagnostics
    assert (only.code, only.line, only.column, result.exit_code) == ("missing-glyph", 3, 4, ExitCode.NOTE_ERROR)
    assert "U+1FAE8" in only.message
    assert repo.pdfs() == {}


def test_bad_input_03_rare_hanzi_is_drawn_or_named_with_a_package(made: Made) -> None:
    """A character of Extension B that no font here has is named with code point, line and column."""
    missing = [d for d in made.found if d[1] == "missing-glyph"]
    if any(Path("/usr/share/fonts").rglob("HanaMinB.ttf")):
        assert missing == []
        assert passage(made, "\U0002a6a5")
        return
    assert [(d[0], d[2], d[3]) for d in missing] == [("规则", RULES.split("\n").index("AA\U0002a6a5BB") + 1, 3)]
    assert "U+2A6A5" in missing[0][4]
    run = made.repo.cli("check", "规则.md")
    assert "apt-get install fonts-hanazono" in run.stdout + run.stderr


def test_bad_input_03_nothing_but_that_hanzi_is_missing(made: Made) -> None:
    """No other character of any context lacks a glyph."""
    assert [d for d in made.found if d[1] == "missing-glyph" and "U+2A6A5" not in d[4]] == []
    assert made.exit_code is ExitCode.OK


def test_bad_input_04_dots_and_dashes_are_what_they_were(made: Made) -> None:
    """…… is copied as two U+2026, —— as two U+2014, · as U+00B7."""
    assert passage(made, "…") == "……与——和·"


def test_bad_input_05_invisible_characters_are_left_out(made: Made) -> None:
    """Zero-width space, byte order mark, soft hyphen, bidirectional override, controls: gone, and nothing is turned."""
    text = unicodedata.normalize("NFC", passage(made, "零"))
    # What a full-width space is copied as depends on the reader.
    assert re.sub(r"[ \u3000]", "", text) == "零宽序软向控行é名字"


def test_bad_input_05_invisible_characters_are_reported(made: Made) -> None:
    """`check` names each of them with its line and column."""
    printed = made.repo.cli("check", "规则.md").stdout + made.repo.cli("check", "规则.md").stderr
    line = next(number for number, text in enumerate(RULES.split("\n"), 1) if text.startswith("AA零"))
    columns = {"U+200B": 4, "U+FEFF": 6, "U+00AD": 8, "U+202E": 10, "U+0007": 12, "U+2028": 14}
    for code, column in columns.items():
        assert f"规则.md:{line}:{column}: warning: invisible character {code}" in printed


def test_bad_input_06_quotes_stand_the_right_way_round(made: Made) -> None:
    """Chinese and straight quotes, apostrophes and TeX's ligatures are copied as typed, in the order they stand."""
    expected = '“中文引号”，"English quotes"，是"阈"字，it\'s don’t -- --- `` \'\' ?` !` << >> fi ffi fl ~ \\ ^ _'
    assert passage(made, "“中文").replace(" ", "") == expected.replace(" ", "")


def test_bad_input_06_quotes_are_as_wide_as_their_script(made: Made) -> None:
    """English quotes and apostrophes are set by the Latin font, so no gap is beside them."""
    assert passage(made, "He") == "He said “hello” to John’s dog."


def test_bad_input_07_emphasis_has_every_shape(made: Made, tmp_path: Path) -> None:
    """Bold, Kai and bold Kai are there, and TeX replaces no shape by another."""
    run = made.repo.copy_to(tmp_path / "copy", built=False)
    for name in CONTEXTS:
        run.delete(f"{name}.md")
    run.write(
        "形.md",
        "# 形 *楷* `码`\n\n**粗** *楷* ***两者*** **`粗码`** *`楷码`*\n\n"
        "## *楷* **粗**\n\n| *a楷* | **b粗** |\n|--|--|\n",
    )
    run.cli("pdf", "形.md", "--keep-work", str(tmp_path / "kept"))
    (log,) = (tmp_path / "kept").glob("*/note.log")
    assert "Font Warning" not in log.read_text("utf-8", errors="replace")
    assert any(font.startswith("FandolKai") for font in run.pdf_fonts("形 楷 码.pdf"))


def test_bad_input_08_a_line_break_between_hanzi_is_no_space(made: Made) -> None:
    """中⏎文 has none, 中⏎abc one, and none is beside a mark."""
    assert passage(made, "行") == "行中间，后 abc 和。下"


def test_bad_input_09_no_line_begins_or_ends_with_the_wrong_mark(made: Made) -> None:
    """，。）】 never begin a line and （【“ never end one."""
    lines = [line.strip() for line in made.repo.pdf_text("禁则.pdf", "-layout", *TEXT_AREA).splitlines()]
    lines = [line for line in lines if len(line) > 1]
    assert len(lines) > 30
    assert [line for line in lines if line[0] in NEVER_FIRST] == []
    assert [line for line in lines if line[-1] in NEVER_LAST] == []


def test_kerned_punctuation_is_copied_in_order(made: Made) -> None:
    """Marks that share a square with each other, with Latin text, a formula, code or another font keep their place."""
    expected = "他说，“你好”。English（中文）English，abc；x。（中）“好”𝑥，code，粗。“粗体”，楷。“楷”结"
    assert passage(made, "他").replace(" ", "") == expected


def test_hanzi_and_marks_in_formulas_are_copied(made: Made) -> None:
    """$中文$ and $a，b（c）$ are there."""
    assert passage(made, "中文 ").replace(" ", "") == "中文𝑎，𝑏（𝑐）"


def test_letters_that_text_fonts_lack_stand_in_their_words(made: Made) -> None:
    """Phonetics, pinyin and small figures have a font of their own and no gap beside them."""
    assert passage(made, "水") == "水 H₂O，音标 [ˈlæŋɡwɪdʒ]，拼音 lǖ。"


def test_titles_are_copied_and_kept_as_they_were_written(made: Made) -> None:
    """The title block, the outline and the metadata have the characters of the front matter."""
    name = next(path for path in made.repo.pdfs() if path.startswith("标题，"))
    words = made.repo.pdf_words(name)
    for text in ("标题，“引号”①……", "副题——𠮷", "摘要，“好”😀ab。", "二级，“引号”"):
        assert text in words
    with pikepdf.open(made.repo.output(name)) as pdf, pdf.open_outline() as outline:
        assert str(pdf.docinfo.Title).startswith("标题，“引号”①……")
        assert outline.root[0].title == "二级，“引号”"


def test_copied_order_is_marked_without_breaking_the_file(made: Made) -> None:
    """Every PDF is sound, and its marked content is nested as it should be."""
    for name in made.repo.pdfs():
        with pikepdf.open(made.repo.output(name)) as pdf:
            assert pdf.check_pdf_syntax() == []
            for page in pdf.pages:
                operators = [str(one.operator) for one in pikepdf.parse_content_stream(page)]
                assert operators.count("BDC") == operators.count("EMC")


def test_every_font_has_a_map(made: Made) -> None:
    """No font is left to what a reader happens to know of its encoding."""
    for name in made.repo.pdfs():
        with pikepdf.open(made.repo.output(name)) as pdf:
            fonts = [o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Subtype") == "/Type0"]
            assert [str(font.BaseFont) for font in fonts if "/ToUnicode" not in font] == []
