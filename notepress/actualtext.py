"""Kerned punctuation, copied in the order of the text. `Pdf -> Pdf`, in place.

A Chinese mark is drawn in a full square of which half is empty, and typography takes the empty half back: in ，“ or
“$x$ or abc（ two squares overlap. Readers that sort text by its place (pdftotext, MuPDF) then take them for two lines
and swap them. Such a run is marked with the text it stands for (/ActualText: ISO 32000-1, 14.9.4), and read as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pikepdf import Array, Object, Pdf

from .pdf import page_content, page_fonts
from .tounicode import Characters

# xdvipdfmx writes glyphs as four hexadecimal digits each, in strings with movements between them, in thousandths of
# the font's size: `[<5b7e9652e6b2>1000<f73143162e99>]TJ`. Where the font or much of the place changes, it begins anew,
# at a place relative to where the last such text began: `]TJ /F7 10.5 Tf 23.678 0 Td[<0091>]TJ`. Heights are rounded,
# so that the same line may be .001 higher.
_GLYPH = rb"[0-9a-f]{4}"
_FONT = rb"/(?P<%b>F\d+) (?P<%b>[\d.]+) Tf\b"
_KERN = rb">(?P<kern>\d{3,}(?:\.\d+)?)<"
_AGAIN = rb">\]TJ (?:" + _FONT % (b"name", b"size") + rb" )?(?P<move>[\d.]+) (?:0|-?\.00\d) Td\[<"
_JOINT = re.compile(_KERN + b"|" + _AGAIN)
_ANY_JOINT = re.sub(rb"\?P<\w+>", b"?:", _KERN + b"|" + _AGAIN)
_RUN = re.compile(
    _FONT % (b"name", b"size") + rb"|(?P<run>" + _GLYPH + rb"(?:(?:" + _ANY_JOINT + rb")" + _GLYPH + rb")+)"
)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """A glyph of a run, its font, and what stands between it and the next; None after the last."""

    glyph: bytes
    font: PageFont
    size: float
    joint: re.Match[bytes] | None
    punctuation: bool


_UNKNOWN = PageFont(characters={}, widths={}, default_width=0.0, punctuation=frozenset())


def mark_kerned_punctuation(pdf: Pdf, maps: Mapping[tuple[int, int], Characters]) -> None:
    """Mark every run of glyphs that overlap and have Chinese punctuation among them.

    `maps` are the characters of each font by its object. A page without such a run stays as it is.
    """
    known: dict[tuple[int, int], PageFont] = {}
    for page in pdf.pages:
        fonts = {}
        for name, font in page_fonts(page):
            if font.objgen in maps:
                if font.objgen not in known:
                    known[font.objgen] = _page_font(font, maps[font.objgen])
                fonts[name] = known[font.objgen]
        before = page_content(page)
        after = mark_content(before, fonts)
        if after != before:
            page.obj.Contents = pdf.make_stream(after)


def mark_content(content: bytes, fonts: Mapping[bytes, PageFont]) -> bytes:
    """Return the content of a page with its runs marked; what is drawn stays the same."""
    font, size = _UNKNOWN, 0.0

    def mark(match: re.Match[bytes]) -> bytes:
        nonlocal font, size
        run = match["run"]
        if run is None:
            font, size = fonts.get(match["name"], _UNKNOWN), float(match["size"])
            return match[0]
        shown, at = [], 0
        for joint in _JOINT.finditer(run):
            shown.append(_shown(run[at : joint.start()], font, size, joint))
            if joint["name"]:
                font, size = fonts.get(joint["name"], _UNKNOWN), float(joint["size"])
            at = joint.end()
        shown.append(_shown(run[at:], font, size, None))
        if not any(one.punctuation for one in shown):
            return run
        # Where the text began that the run is the end of, and how wide it is up to the run.
        before = content[content.rfind(b"[", 0, match.start()) + 1 : match.start()]
        return b"".join(_marked(shown, _width(before, shown[0].font)))

    # A run at the edge of a string leaves an empty one.
    return _RUN.sub(mark, content).replace(b"[<>]TJ", b"")


def _shown(glyph: bytes, font: PageFont, size: float, joint: re.Match[bytes] | None) -> _Shown:
    return _Shown(glyph=glyph, font=font, size=size, joint=joint, punctuation=glyph in font.punctuation)


def _marked(shown: list[_Shown], width: float) -> Iterator[bytes]:
    """Write a run again, with marks around each part of it that overlaps and has punctuation."""
    start = 0
    for index, one in enumerate(shown):
        width += _advance(one.glyph, one.font)
        if one.joint is None:
            overlaps = False
        elif one.joint["kern"]:
            overlaps, width = True, width - float(one.joint["kern"])
        else:
            overlaps, width = width * one.size / 1000 > float(one.joint["move"]) + one.size / 100, 0.0
        if overlaps and (one.punctuation or shown[index + 1].punctuation):
            continue
        part = shown[start : index + 1]
        start = index + 1
        drawn = b"".join(other.glyph + (other.joint[0] if other.joint else b"") for other in part[:-1]) + one.glyph
        if len(part) > 1:
            text = "".join(other.font.characters.get(int(other.glyph, 16), "") for other in part)
            actual = text.encode("utf-16-be").hex().upper().encode("ascii")
            drawn = b">]TJ /Span<</ActualText<FEFF%b>>>BDC [<%b>]TJ EMC [<" % (actual, drawn)
        yield drawn
        yield one.joint[0] if one.joint else b""


def _advance(glyph: bytes, font: PageFont) -> float:
    return font.widths.get(int(glyph, 16), font.default_width)


def _width(text: bytes, font: PageFont) -> float:
    """Return how wide strings and movements are together, in thousandths of the font's size."""
    width = 0.0
    for digits, movement in _PART.findall(text):
        if movement:
            width -= float(movement)
        width += sum(_advance(digits[at : at + 4], font) for at in range(0, len(digits), 4))
    return width


def _is_punctuation(text: str) -> bool:
    """Say whether text is of the punctuation that Chinese typography kerns."""
    return any(
        "\u2010" <= char <= "\u2027" or "\u3000" <= char <= "\u303f" or "\uff00" <= char <= "\uff65" or char == "·"
        for char in text
    )


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
        punctuation=frozenset(b"%04x" % cid for cid, text in characters.items() if _is_punctuation(text)),
    )
