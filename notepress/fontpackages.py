"""Which Debian package has a font for a character that a build could not draw. Data, checked against the packages."""

from __future__ import annotations

# First and last code point, and the package; only of fonts that fonts.yaml names, because notepress uses no other.
PACKAGES = (
    (0x2190, 0x2BFF, "fonts-symbola"),
    (0x3400, 0x9FFF, "fonts-noto-cjk"),
    (0xF900, 0xFAFF, "fonts-noto-cjk"),
    (0x1D400, 0x1D7FF, "fonts-symbola"),
    (0x1F000, 0x1F6D4, "fonts-symbola"),
    (0x1F6E0, 0x1F6F8, "fonts-symbola"),
    (0x1F700, 0x1F8AD, "fonts-symbola"),
    (0x1F910, 0x1F93E, "fonts-symbola"),
    (0x1F940, 0x1F96B, "fonts-symbola"),
    (0x1F980, 0x1F997, "fonts-symbola"),
    (0x1F9D0, 0x1F9E6, "fonts-symbola"),
    (0x20000, 0x2EBEF, "fonts-hanazono"),  # extensions B to F
    (0x2F800, 0x2FA1F, "fonts-hanazono"),
    (0x30000, 0x323AF, "fonts-babelstone-han"),  # extensions G and H
)
_OTHERWISE = "write it otherwise, or add a font that has it to `fallback` in fonts.yaml"
_PRIVATE = ((0xE000, 0xF8FF), (0xF0000, 0xFFFFD), (0x100000, 0x10FFFD))


def glyph_hint(code: int) -> str:
    """Return what to do about a character without a glyph."""
    if any(first <= code <= last for first, last in _PRIVATE):
        return "it means something in one font only, such as an icon; write it otherwise"
    if 0x1F300 <= code <= 0x1FAFF and not _package(code):
        return "it is newer than the fonts for emoji in print; write it in words"
    package = _package(code)
    return f"Debian's {package} has it (apt-get install {package}); or {_OTHERWISE}" if package else _OTHERWISE


def _package(code: int) -> str | None:
    return next((package for first, last, package in PACKAGES if first <= code <= last), None)
