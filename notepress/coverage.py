"""FontSet -> the characters it can draw. Reads fonts with fontTools."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from fontTools.ttLib import TTCollection, TTFont

from .fontset import Face, FontSet


def covered_characters(fonts: FontSet) -> frozenset[int]:
    """Return the code points that text or formulas can be set in."""
    families = (fonts.main, fonts.math, fonts.cjk_main)
    faces = [family.regular for family in families] + list(fonts.fallback)
    return frozenset().union(*(face_characters(face) for face in faces))


def face_characters(face: Face) -> frozenset[int]:
    """Return the code points of one face."""
    return _characters(face.path, face.index)


def face_version(face: Face) -> str:
    """Return the version a face carries in its name table (name ID 5)."""
    with _open(face.path, face.index) as font:
        return str(font["name"].getDebugName(5) or "?").removeprefix("Version ").partition(";")[0]


@cache
def face_family(face: Face) -> str:
    """Return the family of a face, as fontconfig names it (name ID 1)."""
    with _open(face.path, face.index) as font:
        return str(font["name"].getDebugName(1) or face.name)


@cache
def _characters(path: Path, index: int) -> frozenset[int]:
    with _open(path, index) as font:
        return frozenset(font.getBestCmap())


def _open(path: Path, index: int) -> TTFont:
    if path.suffix.lower() in {".ttc", ".otc"}:
        return TTCollection(path, lazy=True).fonts[index]
    return TTFont(path, lazy=True)
