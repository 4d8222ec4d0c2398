"""Kerned punctuation, copied in the order of the text. `Pdf -> Pdf`, in place.

Two marks in a row, as in ，“ or 。”, share one square of the line: the second is drawn half a square or more to the
left of where the first ends. Readers that sort text by its place (pdftotext, MuPDF) then take them for two lines and
swap them. Such a run is marked with the text it stands for (/ActualText: ISO 32000-1, 14.9.4), and read as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pikepdf import Array, Dictionary, Name, Object, Pdf

from .tounicode import Characters

# In thousandths of the font's size: from a tenth on, pdftotext ends a word.
_OVERLAP = 100
# What xdvipdfmx writes: the choice of a font, and text as hexadecimal strings between movements.
_OPERATOR = re.compile(rb"/(F\d+) [\d.]+ Tf\b|\[((?:<[0-9A-Fa-f]+>|-?[\d.]+)+)\]TJ")
_PART = re.compile(rb"<([0-9A-Fa-f]+)>|(-?[\d.]+)")
# A movement of a tenth or more to the left.
_KERNED = re.compile(rb">\d{3,}(?:\.\d+)?<")
_DIGITS = 4

# A glyph in hexadecimal digits, or a movement.
_Part = bytes | float


def mark_kerned_punctuation(pdf: Pdf, maps: Mapping[tuple[int, int], Characters]) -> None:
    """Mark every run of glyphs that overlap and have Chinese punctuation among them.

    `maps` are the characters of each font by its object. A page without such a run stays as it is.
    """
    for page in pdf.pages:
        fonts = {
            str(name)[1:]: maps[font.objgen]
            for name, font in page.obj.get("/Resources", Dictionary()).get("/Font", Dictionary()).items()
            if font.objgen in maps
        }
        before = _content(page.obj)
        after = mark_content(before, fonts)
        if after != before:
            page.obj.Contents = pdf.make_stream(after)


def mark_content(content: bytes, fonts: Mapping[str, Characters]) -> bytes:
    """Return the content of a page with its runs marked; what is drawn stays the same."""
    if not _KERNED.search(content):
        return content
    pieces: list[bytes] = []
    here = 0
    characters: Characters = {}
    for match in _OPERATOR.finditer(content):
        if match[1]:
            characters = fonts.get(match[1].decode("ascii"), {})
        elif _KERNED.search(match[2]):
            pieces += [content[here : match.start()], _marked(match[2], characters)]
            here = match.end()
    return b"".join((*pieces, content[here:]))


def _marked(array: bytes, characters: Characters) -> bytes:
    pieces = []
    for parts in _runs(list(_parts(array))):
        shown = b"[" + _written(parts) + b"]TJ"
        text = "".join(characters.get(int(part, 16), "") for part in parts if isinstance(part, bytes))
        if _overlaps(parts) and any(map(_punctuation, text)):
            actual = text.encode("utf-16-be").hex().upper().encode("ascii")
            shown = b" /Span<</ActualText<FEFF" + actual + b">>>BDC " + shown + b" EMC "
        pieces.append(shown)
    return b"".join(pieces)


def _runs(parts: list[_Part]) -> Iterator[list[_Part]]:
    """Split text into runs of glyphs that overlap and what stands between these."""
    run: list[_Part] = []
    for index, part in enumerate(parts):
        starts = isinstance(part, bytes) and _is_kern(parts, index + 1)
        if starts and not (run and _is_kern(parts, index - 1)):
            if run:
                yield run
            run = [part]
            continue
        run.append(part)
        if isinstance(part, bytes) and _is_kern(parts, index - 1) and not starts:
            yield run
            run = []
    if run:
        yield run


def _is_kern(parts: list[_Part], index: int) -> bool:
    part = parts[index] if 0 <= index < len(parts) else b""
    return isinstance(part, float) and part >= _OVERLAP and index + 1 < len(parts) and index > 0


def _overlaps(run: list[_Part]) -> bool:
    return any(isinstance(part, float) and part >= _OVERLAP for part in run[1:-1])


def _parts(array: bytes) -> Iterator[_Part]:
    """Yield the glyphs of a string one by one, and movements."""
    for match in _PART.finditer(array):
        if match[1]:
            digits = match[1]
            yield from (digits[at : at + _DIGITS] for at in range(0, len(digits), _DIGITS))
        else:
            yield float(match[2])


def _written(parts: list[_Part]) -> bytes:
    written = b"".join(b"<" + part + b">" if isinstance(part, bytes) else f"{part:g}".encode("ascii") for part in parts)
    return written.replace(b"><", b"")


def _punctuation(char: str) -> bool:
    """Say whether a character is of the punctuation that Chinese typography kerns."""
    return "\u2010" <= char <= "\u2027" or "\u3000" <= char <= "\u303f" or "\uff00" <= char <= "\uff65" or char == "·"


def _content(page: Object) -> bytes:
    contents = page.get("/Contents")
    if isinstance(contents, Array):
        return b"\n".join(stream.read_bytes() for stream in contents)
    return contents.read_bytes() if contents is not None and Name.Length in contents else b""
