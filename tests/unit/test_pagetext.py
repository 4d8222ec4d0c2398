"""The text of pages is that of their glyphs, in the order in which they are drawn."""

from __future__ import annotations

from pikepdf import Array, Dictionary, Name, Object, Pdf

from notepress.actualtext import PageFont, mark_content
from notepress.pagetext import page_text
from notepress.pdf import Drawn, read_drawn

PDF = Pdf.new()
HAN = PDF.make_indirect(Dictionary(Type=Name.Font))
LATIN = PDF.make_indirect(Dictionary(Type=Name.Font))
MAPS = {HAN.objgen: {1: "，", 0xD842: "字", 0xDFB7: "体"}, LATIN.objgen: {0x41: "A", 0x42: "fi"}}
FONTS: dict[bytes, Object] = {b"F1": HAN, b"F2": LATIN, b"F3": PDF.make_indirect(Dictionary(Type=Name.Font))}


def text(*contents: bytes) -> str:
    """Return the text of pages that draw this."""
    return page_text([Drawn(content=content, fonts=FONTS) for content in contents], MAPS)


def test_glyphs_are_read_by_the_font_that_they_are_drawn_with() -> None:
    """Strings in brackets with movements between them, several fonts, several pages."""
    assert text(b"/F1 9 Tf [<d842>-20<dfb70001>]TJ /F2 9.5 Tf 3 0 Td[<0041>]TJ", b"/F2 9 Tf [<0042>]TJ") == "字体，Afi"


def test_numbers_of_glyphs_are_no_utf_16() -> None:
    """Two glyphs whose numbers would be halves of one character stay two."""
    assert text(b"/F1 9 Tf [<d842dfb7>]TJ") == "字体"


def test_what_no_map_knows_is_no_text() -> None:
    """A font without a map, a glyph without a character, a string before any font, what is no string of glyphs."""
    assert text(b"[<0041>]TJ /F3 9 Tf [<0041>]TJ /F9 9 Tf [<0041>]TJ /F2 9 Tf [<0043>]TJ <41> <00414> <>") == ""


def test_marks_change_nothing_of_the_text() -> None:
    """The text that a run is marked with is no glyph: pages may be read before they are marked."""
    content = b"/F1 9 Tf 0 0 Td[<d842>500<0001>]TJ"
    cjk = PageFont(characters=MAPS[HAN.objgen], widths={}, default_width=1000.0, punctuation=frozenset({b"0001"}))
    marked = mark_content(content, {b"F1": cjk})
    assert b"ActualText" in marked
    assert text(marked) == text(content) == "字，"


def test_all_streams_of_a_page_are_read() -> None:
    """A page may have its content in pieces, and none."""
    pdf = Pdf.new()
    for contents in (None, pdf.make_stream(b"q"), Array([pdf.make_stream(b"q"), pdf.make_stream(b"Q")])):
        pdf.add_blank_page()
        if contents is not None:
            pdf.pages[-1].obj.Contents = contents
    assert [read_drawn(page).content for page in pdf.pages] == [b"", b"q", b"q\nQ"]
