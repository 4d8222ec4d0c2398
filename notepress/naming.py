"""File names of PDFs: readable, safe on every file system, never outside the output folder."""

from __future__ import annotations

import re
import unicodedata

# Forbidden by Windows or by every system; the full-width twin keeps the title readable.
_TWINS = str.maketrans(
    {'"': "＂", "*": "＊", "/": "／", ":": "：", "<": "＜", ">": "＞", "?": "？", "\\": "＼", "|": "｜"}
)
_DEVICES = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³]) *(?:\.|$)", re.IGNORECASE)
# Linux allows 255 bytes for a name; ".pdf" and the prefix of a temporary file need room.
_LONGEST = 230


def pdf_name(title: str) -> str:
    """Return the file name, without .pdf, for a title; never empty, at most 230 bytes of UTF-8."""
    kept = (
        char for char in title if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} or char in "\n\t"
    )
    name = unicodedata.normalize("NFC", "".join(kept)).translate(_TWINS)
    name = _shorten(" ".join(name.split()).strip(" ."), _LONGEST)
    if not name or _DEVICES.match(name) or name.startswith("-"):
        return _shorten(f"_{name}", _LONGEST)
    return name


def portability_problem(name: str) -> str | None:
    """Say why a source file's name would not survive a checkout elsewhere, or None."""
    stem = name.rsplit(".", 1)[0]
    if _DEVICES.match(name):
        return "a device name on Windows"
    if stem != stem.rstrip(" .") or name != name.rstrip(" ."):
        return "a space or dot before the suffix is lost on Windows"
    if any(char in name for char in '"*:<>?\\|'):
        return "holds a character that Windows forbids"
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in name):
        return "holds a control character, or bytes that are not UTF-8"
    if unicodedata.normalize("NFC", name) != name:
        return "is not in Unicode normal form C"
    return None


def without_number(name: str) -> str:
    """Drop the number that only sorts a file: `04-循环神经网络` is 循环神经网络."""
    # A longer number, or a point before a digit, belongs to the name: 2024-01-02, 3.14.
    return re.sub(r"^(?:\d{1,3}[-_、 ]+(?=\S)|\d+(?:\.\d+)*[-_.、 ]+(?=[^\d\s]))", "", name) or name


def _shorten(name: str, longest: int) -> str:
    while len(name.encode()) > longest:
        name = name[:-1]
    return name.rstrip(" .")
