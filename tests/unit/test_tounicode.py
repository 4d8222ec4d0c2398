"""ToUnicode maps: read, written, and set right by the text."""

from __future__ import annotations

from array import array
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, Object, Pdf

from notepress.glyphs import Glyphs
from notepress.tounicode import choose, parse_cmap, repair_to_unicode, write_cmap

ELLIPSIS, ONE, RADICAL = (0x2026, 0x22EF), (0x2460, 0x2780), (0x2F00, 0x4E00)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4)


def glyphs(characters: dict[int, tuple[int, ...]], *, math: bool = False) -> Glyphs:
    """Return the glyphs of a font that draws these."""
    pairs = sorted(cid << 21 | code for cid, codes in characters.items() for code in codes)
    return Glyphs(math=math, pairs=array("Q", pairs))


def pdf_with_font(cmap: bytes | None, *, cids: bytes = b"") -> tuple[Pdf, Object]:
    """Return a PDF with one font, its map and the bits of what it embeds."""
    pdf = Pdf.new()
    descriptor = Dictionary(Type=Name.FontDescriptor)
    if cids:
        descriptor.CIDSet = pdf.make_stream(cids)
    descendant = pdf.make_indirect(Dictionary(Type=Name.Font, BaseFont=Name("/ABCDEF+Face"), FontDescriptor=descriptor))
    font = Dictionary(Type=Name.Font, Subtype=Name.Type0, DescendantFonts=Array([descendant]))
    if cmap is not None:
        font.ToUnicode = pdf.make_stream(cmap)
    return pdf, pdf.make_indirect(font)


@given(st.dictionaries(st.integers(0, 0xFFFF), TEXT, max_size=250))
def test_a_map_that_was_written_is_read_as_it_was(characters: dict[int, str]) -> None:
    """Whatever the glyphs and texts, surrogates and hundreds of lines included."""
    assert parse_cmap(write_cmap(characters)) == characters


@given(st.dictionaries(st.integers(0, 0xFFFF), TEXT, max_size=250))
def test_no_section_is_longer_than_the_specification_allows(characters: dict[int, str]) -> None:
    """A section has at most 100 lines, and says how many."""
    lines = write_cmap(characters).decode().split("\n")
    for at, line in enumerate(lines):
        if line.endswith("beginbfchar"):
            end = lines.index("endbfchar", at)
            assert int(line.split()[0]) == end - at - 1 <= 100


def test_ranges_are_read_as_xdvipdfmx_and_others_write_them() -> None:
    """A range counts up from one text, across surrogates too, or lists its texts."""
    ranges = b"2 beginbfrange\n<0001> <0003> <D83DDC67>\n<0010> <0011> [<0066> <00660069>]\nendbfrange\n"
    assert parse_cmap(ranges) == {1: "👧", 2: "👨", 3: "👩", 0x10: "f", 0x11: "fi"}


@pytest.mark.parametrize("cmap", [b"beginbfchar <0001> endbfchar", b"beginbfrange <0001> [<0041>] <0041> endbfrange"])
def test_a_broken_map_is_refused(cmap: bytes) -> None:
    """Half a line is no map."""
    with pytest.raises(ValueError, match="ToUnicode"):
        parse_cmap(cmap)


@pytest.mark.parametrize(
    ("codes", "text", "meant"),
    [
        (ELLIPSIS, "省略…", "…"),
        (ELLIPSIS, "向量 ⋯", "⋯"),
        (ONE, "步骤➀", "➀"),
        (ONE, "步骤①", "①"),
        (RADICAL, "部首⼀", "⼀"),
        ((0x91D1, 0xF90A), "", "金"),
        ((0x2D, 0xAD), "a\u00adb", "-"),
        ((0x03A9, 0x2126), "", "Ω"),
    ],
)
def test_the_text_decides_what_a_glyph_means(codes: tuple[int, ...], text: str, meant: str) -> None:
    """The character that the text has is meant; where it has none of them, the plain one."""
    assert choose(codes, chr(codes[-1]), Counter(text), math=False) == meant


def test_of_two_characters_of_a_text_the_frequent_one_is_meant() -> None:
    """A map knows glyphs, not places: the documented limit."""
    assert choose(ELLIPSIS, "⋯", Counter("……⋯"), math=False) == "…"
    assert choose(ELLIPSIS, "⋯", Counter("…⋯⋯"), math=False) == "⋯"


def test_in_formulas_what_tex_meant_stays() -> None:
    r"""\cdot is no character of the note; the font for formulas keeps its dot."""
    assert choose((0xB7, 0x22C5), "⋅", Counter(r"$a \cdot b$"), math=True) == "⋅"


@given(st.sets(st.integers(0x20, 0xFFFF).filter(lambda code: not 0xD800 <= code < 0xE000), min_size=1), TEXT)
def test_what_is_chosen_is_one_of_the_characters(codes: set[int], text: str) -> None:
    """No character is made up, and one that the text alone has is never passed over for one that it has not."""
    meant = choose(tuple(codes), "", Counter(text), math=False)
    assert ord(meant) in codes
    written = [code for code in codes if chr(code) in text and code not in {0xA0, 0xAD, 0x200B, 0x2010, 0x2011}]
    assert not written or meant in text


def test_a_map_is_repaired_and_returned() -> None:
    """The stream and what is returned say the same; glyphs that are in no cmap keep their text."""
    pdf, font = pdf_with_font(write_cmap({7: "⋯", 8: "x", 9: "字"}))
    maps = repair_to_unicode(pdf, "省略…", lambda _: glyphs({7: ELLIPSIS, 9: (0x5B57,)}))
    assert maps[font.objgen] == parse_cmap(font.ToUnicode.read_bytes()) == {7: "…", 8: "x", 9: "字"}


def test_a_font_without_a_map_gets_one() -> None:
    """For the glyphs that it embeds, and not for the one of a missing character."""
    pdf, font = pdf_with_font(None, cids=bytes([0b1000_0001, 0b0100_0000]))
    repair_to_unicode(pdf, "", lambda _: glyphs({0: (0x20,), 7: (0x4E00,), 9: (0x4E8C,), 11: (0x4E09,)}))
    assert parse_cmap(font.ToUnicode.read_bytes()) == {7: "一", 9: "二"}


def test_fonts_are_asked_for_by_their_name_without_the_tag_of_the_subset() -> None:
    """A font that nobody knows keeps what it has, but its ligatures are letters."""
    pdf, font = pdf_with_font(write_cmap({1: "\ufb00i", 2: "⋯"}))
    asked: list[str] = []
    repair_to_unicode(pdf, "", asked.append)
    assert asked == ["Face"]
    assert parse_cmap(font.ToUnicode.read_bytes()) == {1: "ffi", 2: "⋯"}


def test_a_map_that_is_right_is_left_alone() -> None:
    """The bytes of a stream change only where its map does."""
    cmap = b"1 beginbfchar\n<0001> <0041>\nendbfchar\n"
    pdf, font = pdf_with_font(cmap)
    repair_to_unicode(pdf, "A", lambda _: glyphs({1: (0x41,)}))
    assert font.ToUnicode.read_bytes() == cmap
