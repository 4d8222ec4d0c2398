"""Drawn pages -> the text of them, in the order in which it is drawn.

Only what xdvipdfmx writes is read: glyphs as four hexadecimal digits in fonts with a ToUnicode map. That is all text
of a note; it takes a millisecond or two where a reader of any PDF would take as long as TeX.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from collections.abc import Iterable, Mapping
from itertools import repeat
from struct import unpack

from .pdf import Drawn
from .tounicode import Characters

_FONT = re.compile(rb"/(F\d+) [\d.]+ Tf\b")
_GLYPHS = re.compile(rb"<((?:[0-9a-f]{4})+)>")


def page_text(pages: Iterable[Drawn], maps: Mapping[tuple[int, int], Characters]) -> str:
    """Return the text of all pages; `maps` are the characters of the glyphs of each font, by object number."""
    parts: list[str] = []
    for page in pages:
        tables = {name: maps[font.objgen] for name, font in page.fonts.items() if font.objgen in maps}
        # What comes before the first font, then by turns the name of a font and what it draws.
        _, *pieces = _FONT.split(page.content)
        for name, drawn in zip(pieces[::2], pieces[1::2], strict=True):
            if name in tables:
                digits = b"".join(_GLYPHS.findall(drawn))
                parts += map(tables[name].get, unpack(f">{len(digits) // 4}H", unhexlify(digits)), repeat(""))
    return "".join(parts)
