"""Kerned punctuation, copied in the order of the text. `Pdf -> Pdf`, in place.

A Chinese mark is drawn in a full square of which half is empty, and typography takes the empty half back: in ，“ or
“$x$ or abc（ two squares overlap. Readers that sort text by its place (pdftotext, MuPDF) then take them for two lines
and swap them. Such a run is marked with the text it stands for (/ActualText: ISO 32000-1, 14.9.4), and read as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pikepdf import Array, Object, Pdf

from .pdf import Drawn
from .tounicode import Characters

# xdvipdfmx writes glyphs as four hexadecimal digits each, in strings with movements between them, in thousandths of
# the font's size: `[<5b7e9652e6b2>1000<f73143162e99>]TJ`. Where the font or much of the place changes, it begins anew,
# at a place relative to where the last such text began: `]TJ /F7 10.5 Tf 23.678 0 Td[<0091>]TJ`. Heights are rounded,
# so that the same line may be .001 higher.
_DIGITS = 4
_FONT = rb"/(F\d+) ([\d.]+) Tf\b"
_KERN = rb"(\d{3,}(?:\.\d+)?)<"
_AGAIN = rb"\]TJ (?:" + _FONT + rb" )?([\d.]+) (?:0|-?\.00\d) Td\[<"
# What stands between two glyphs, or a change of the font alone. What it looks back at comes after the first character,
# because patterns that begin with one are searched for ten times as fast.
_JOINT = re.compile(rb">(?<=[0-9a-f]{4}>)(?:" + _KERN + rb"|" + _AGAIN + rb")(?=[0-9a-f]{4})|" + _FONT)
# The punctuation that Chinese typography kerns.
_PUNCTUATION = re.compile("[\u2010-\u2027\u3000-\u303f\uff00-\uff65·]")
_PART = re.compile(rb"<([0-9a-f]*)>?|(-?[\d.]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFont:
    """A font of a page: the characters of its glyphs, and their widths in thousandths of its size.

    `punctuation` are the glyphs of Chinese punctuation, as they are written.
    """

    characters: Characters
    widths: Mapping[int, float]
    default_width: float
    punctuation: frozenset[bytes]


_UNKNOWN = PageFont(characters={}, widths={}, default_width=0.0, punctuation=frozenset())


def mark_kerned_punctuation(pdf: Pdf, pages: Iterable[Drawn], maps: Mapping[tuple[int, int], Characters]) -> None:
    """Mark every run of glyphs that overlap and have Chinese punctuation among them.

    `pages` are what the pages of the PDF draw, `maps` the characters of each font by its object. A page without such
    a run stays as it is.
    """
    known: dict[tuple[int, int], PageFont] = {}
    for page, drawn in zip(pdf.pages, pages, strict=True):
        fonts = {}
        for name, font in drawn.fonts.items():
            if font.objgen in maps:
                if font.objgen not in known:
                    known[font.objgen] = _page_font(font, maps[font.objgen])
                fonts[name] = known[font.objgen]
        after = mark_content(drawn.content, fonts)
        if after != drawn.content:
            page.obj.Contents = pdf.make_stream(after)


def mark_content(content: bytes, fonts: Mapping[bytes, PageFont]) -> bytes:
    """Return the content of a page with its runs marked; what is drawn stays the same."""
    parts, done = [], 0
    for start, end, text in _runs(content, fonts):
        actual = text.encode("utf-16-be").hex().upper().encode("ascii")
        parts += [content[done:start], b">]TJ /Span<</ActualText<FEFF%b>>>BDC [<" % actual]
        parts += [content[start:end], b">]TJ EMC [<"]
        done = end
    # A run at the edge of a string leaves an empty one.
    return b"".join([*parts, content[done:]]).replace(b"[<>]TJ", b"")


def _runs(content: bytes, fonts: Mapping[bytes, PageFont]) -> Iterator[tuple[int, int, str]]:
    """Yield where each run begins and ends, and its text."""
    begin, end, text = 0, 0, ""
    for joint, before, after in _overlaps(content, fonts):
        if joint.start() != end:
            if end:
                yield begin, end, text
            begin = joint.start() - _DIGITS
            text = before.characters.get(int(content[begin : joint.start()], 16), "")
        end = joint.end() + _DIGITS
        text += after.characters.get(int(content[joint.end() : end], 16), "")
    if end:
        yield begin, end, text


def _overlaps(content: bytes, fonts: Mapping[bytes, PageFont]) -> Iterator[tuple[re.Match[bytes], PageFont, PageFont]]:
    """Yield what stands between two glyphs that overlap, of which one is punctuation, and the fonts of the two."""
    font, size = _UNKNOWN, b"0"
    for joint in _JOINT.finditer(content):
        kern, name, new_size, move, other, other_size = joint.groups()
        if other:
            font, size = fonts.get(other, _UNKNOWN), other_size
            continue
        before, points = font, size
        if name:
            font, size = fonts.get(name, _UNKNOWN), new_size
        start, end = joint.span()
        marks = (
            content[start - _DIGITS : start] in before.punctuation or content[end : end + _DIGITS] in font.punctuation
        )
        if marks and (kern or _reaches(content, start, before, float(points), float(move))):
            yield joint, before, font


def _reaches(content: bytes, end: int, font: PageFont, size: float, move: float) -> bool:
    """Say whether a text that ends at `end` of the content is wider than the `move` from its beginning to the next."""
    text = content[content.rfind(b"[", 0, end) + 1 : end]
    return _width(text, font) * size / 1000 > move + size / 100


def _width(text: bytes, font: PageFont) -> float:
    """Return how wide strings and movements are together, in thousandths of the font's size."""
    width, of, default = 0.0, font.widths.get, font.default_width
    for digits, movement in _PART.findall(text):
        if movement:
            width -= float(movement)
        width += sum([of(int(digits[at : at + _DIGITS], 16), default) for at in range(0, len(digits), _DIGITS)])
    return width


def _page_font(font: Object, characters: Characters) -> PageFont:
    descendant = font.DescendantFonts[0]
    widths: dict[int, float] = {}
    # ISO 32000-1, 9.7.4.3: `first [width width …]` or `first last width`.
    values = iter(list(descendant.get("/W", Array())))
    for first in values:
        second = next(values)
        if isinstance(second, Array):
            widths |= {int(first) + step: float(width) for step, width in enumerate(second)}
        else:
            widths |= dict.fromkeys(range(int(first), int(second) + 1), float(next(values)))
    return PageFont(
        characters=characters,
        widths=widths,
        default_width=float(descendant.get("/DW", 1000)),
        punctuation=frozenset(b"%04x" % cid for cid, text in characters.items() if _PUNCTUATION.search(text)),
    )
