"""What copying from a PDF gives: the characters of the note that was typeset. `Pdf -> Pdf`, in place.

xdvipdfmx maps each glyph back to one of the characters that the font draws with it. Where there are several (… and ⋯,
① and ➀, 一 and the radical ⼀) it takes the last, whatever was written, and a font of the kind Adobe-GB1 gets no map
at all. Here the text of the document decides. Where one glyph stands for two characters of the same document, both are
copied as the one that it has more often: a map knows glyphs, not places.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from pikepdf import Dictionary, Name, Object, Pdf

from .glyphs import Glyphs

# A map of a PDF: CID -> text.
Characters = dict[int, str]

_SECTION = re.compile(rb"beginbf(char|range)\s(.*?)endbf\1", re.DOTALL)
_TOKEN = re.compile(rb"<([0-9A-Fa-f\s]*)>|([\[\]])")
_HEADER = (
    "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapName /Adobe-Identity-UCS def\n"
    "/CMapType 2 def\n/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
    "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
)
_FOOTER = "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
# More lines than this in one section are against the CMap specification (Adobe technical note 5014).
_MOST = 100
# Letters that fonts join; copied, they are the letters again.
_LIGATURES = dict(zip(range(0xFB00, 0xFB07), ("ff", "fi", "fl", "ffi", "ffl", "ſt", "st"), strict=True))
_LIGATURE = re.compile("[\ufb00-\ufb06]")
# Radicals and Kangxi radicals; compatibility ideographs; letterlike Å, Ω, K; presentation forms.
_COMPATIBLE = ((0x2E80, 0x2FDF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F), (0x2126, 0x212B), (0xFE30, 0xFE4F))
# The bits that are set in a byte, from the highest.
_SET_BITS = tuple(tuple(bit for bit in range(8) if byte & 0x80 >> bit) for byte in range(256))


def parse_cmap(cmap: bytes) -> Characters:
    """Return the map of a ToUnicode stream; raises ValueError for what is none (ISO 32000-1, 9.10.3)."""
    found: Characters = {}
    for kind, section in _SECTION.findall(cmap):
        values = _values(section)
        for first in values:
            low = _number(first)
            if kind == b"char":
                found[low] = _text(next(values, None))
                continue
            high, target = _number(next(values, None)), next(values, None)
            if isinstance(target, list):
                found |= {low + step: _text(one) for step, one in enumerate(target[: high - low + 1])}
            else:
                text = _text(target)
                found |= {low + step: text[:-1] + chr(ord(text[-1]) + step) for step in range(high - low + 1)}
    return found


def write_cmap(characters: Mapping[int, str]) -> bytes:
    """Return the ToUnicode stream of a map, the same for the same map."""
    lines = [f"<{cid:04X}> <{text.encode('utf-16-be').hex().upper()}>\n" for cid, text in sorted(characters.items())]
    parts = [lines[start : start + _MOST] for start in range(0, len(lines), _MOST)]
    sections = [f"{len(part)} beginbfchar\n{''.join(part)}endbfchar\n" for part in parts]
    return "".join((_HEADER, *sections, _FOOTER)).encode("ascii")


def choose(codes: tuple[int, ...], was: str, counts: Mapping[str, int], *, math: bool) -> str:
    """Return which of the characters that share a glyph is meant; `counts` says how often the text has each.

    Of characters that the text has, the most frequent; of those that it has not, because TeX made them, what
    formulas mean stays, and text has the plain one: no compatibility form or radical, and the lowest code point.
    """
    # Most glyphs stand for one character, and there are a thousand in a note.
    if len(codes) == 1:
        return chr(codes[0])

    def rank(code: int) -> tuple[bool, int, bool, bool, int]:
        count = counts.get(chr(code), 0)
        return _invisible(code), -count, _compatibility(code), math and chr(code) != was, code

    return chr(min(codes, key=rank))


def repair_to_unicode(pdf: Pdf, text: str, find: Callable[[str], Glyphs | None]) -> dict[tuple[int, int], Characters]:
    """Give every font the map that the text asks for; returns the maps by the font's object.

    `find` returns the glyphs of a font by its PostScript name. A font that is not known keeps its map.
    """
    counts = Counter(text)
    maps = {}
    for font in pdf.objects:
        if not isinstance(font, Dictionary) or font.get("/Subtype") != Name.Type0:
            continue
        before = parse_cmap(font.ToUnicode.read_bytes()) if Name.ToUnicode in font else {}
        glyphs = find(str(font.DescendantFonts[0].BaseFont).partition("+")[2])
        after = _repaired(before, glyphs, font, counts)
        if after != before:
            # Not written into the old stream: a figure's font and the note's may share it.
            font.ToUnicode = pdf.make_stream(write_cmap(after))
        maps[font.objgen] = after
    return maps


def _repaired(before: Characters, glyphs: Glyphs | None, font: Object, counts: Mapping[str, int]) -> Characters:
    if glyphs is None:
        return {cid: _plain(text, counts) for cid, text in before.items()}
    after = {}
    # 0 is what a missing character looks like.
    for cid in sorted({*before, *_embedded(font)} - {0}):
        was = before.get(cid, "")
        codes = glyphs.characters(cid)
        meant = choose(codes, was, counts, math=glyphs.math) if codes else was
        if meant:
            after[cid] = _plain(meant, counts)
    return after


def _plain(text: str, counts: Mapping[str, int]) -> str:
    """Take ligatures apart, unless the text itself has them."""
    if not _LIGATURE.search(text):
        return text
    return "".join(char if counts.get(char) else _LIGATURES.get(ord(char), char) for char in text)


def _embedded(font: Object) -> Iterator[int]:
    """Yield the CIDs that a subset has, from the bits of its CIDSet."""
    descriptor = font.DescendantFonts[0].FontDescriptor
    if Name.CIDSet in descriptor:
        for byte in re.finditer(rb"[^\0]", descriptor.CIDSet.read_bytes(), re.DOTALL):
            first = byte.start() * 8
            yield from [first + bit for bit in _SET_BITS[byte[0][0]]]


def _compatibility(code: int) -> bool:
    """Say whether a character is there only for other encodings or as a part of a dictionary."""
    return any(first <= code <= last for first, last in _COMPATIBLE) or code == 0x0387


def _invisible(code: int) -> bool:
    """Say whether nobody could have meant to copy it: the soft hyphen, and spaces that only look like one."""
    return code in {0x00A0, 0x00AD, 0x200B, 0x2010, 0x2011}


def _values(section: bytes) -> Iterator[bytes | list[bytes]]:
    """Yield the strings of a section, those in brackets as a list."""
    inside: list[bytes] | None = None
    for digits, bracket in _TOKEN.findall(section):
        if bracket == b"[":
            inside = []
        elif bracket == b"]":
            yield inside or []
            inside = None
        elif inside is None:
            yield digits
        else:
            inside.append(digits)


def _number(value: bytes | list[bytes] | None) -> int:
    if not isinstance(value, bytes):
        raise ValueError("a ToUnicode map has no code where one must be")
    return int(value, 16)


def _text(value: bytes | list[bytes] | None) -> str:
    if not isinstance(value, bytes) or not value:
        raise ValueError("a ToUnicode map has no text where one must be")
    return bytes.fromhex(value.decode("ascii")).decode("utf-16-be", "replace")
