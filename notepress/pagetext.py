"""Pdf -> the text of its pages, in the order in which it is drawn.

Only what xdvipdfmx writes is read: glyphs as four hexadecimal digits in fonts with a ToUnicode map. That is all text
of a note; it takes a few milliseconds where a reader of any PDF would take as long as TeX.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pikepdf import Pdf

from .pdf import page_content, page_fonts
from .tounicode import Characters

_SHOWN = re.compile(rb"/(F\d+) [\d.]+ Tf\b|<([0-9a-f]+)>")


def page_text(pdf: Pdf, maps: Mapping[tuple[int, int], Characters]) -> str:
    """Return the text of all pages; `maps` are the characters of the glyphs of each font, by object number."""
    parts: list[str] = []
    tables: dict[tuple[int, int], dict[bytes, str]] = {}
    for page in pdf.pages:
        names = {name: font.objgen for name, font in page_fonts(page) if font.objgen in maps}
        for objgen in names.values():
            if objgen not in tables:
                tables[objgen] = {b"%04x" % cid: text for cid, text in maps[objgen].items()}
        table: Mapping[bytes, str] = {}
        for match in _SHOWN.finditer(page_content(page)):
            if match[1]:
                table = tables.get(names[match[1]], {}) if match[1] in names else {}
            else:
                glyphs = match[2]
                parts += [table.get(glyphs[at : at + 4], "") for at in range(0, len(glyphs), 4)]
    return "".join(parts)
