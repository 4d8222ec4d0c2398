"""Internal addresses: how one note's PDF names a place in another before their files are known.

`notepress:` + percent-encoded source path + `#` + heading id. TeX writes them as ordinary web links; the PDF
stages turn them into links to a file, or into jumps where both ends are in one file.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

SCHEME = "notepress:"


def note_address(source: str, ident: str = "") -> str:
    """Return the address of a note, or of a heading in it."""
    return SCHEME + quote(source, safe="/") + (f"#{quote(ident, safe='')}" if ident else "")


def parse_address(uri: str) -> tuple[str, str] | None:
    """Return source path and heading id of an address; None for any other URI."""
    if not uri.startswith(SCHEME):
        return None
    source, _, ident = uri.removeprefix(SCHEME).partition("#")
    return unquote(source), unquote(ident)


def dest_name(ident: str) -> str:
    """Return the name of a heading's destination: ASCII, because PDF strings of names are bytes."""
    return "h." + re.sub(rb"[^A-Za-z0-9-]", lambda m: b".%02x" % m[0][0], ident.encode()).decode()
