"""FontSet -> the characters it can draw. Reads fonts with fontTools, each only once."""

from __future__ import annotations

import contextlib
import json
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from .fontset import Face, FontSet
from .system import read_text, write_atomic

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont


@dataclass(frozen=True, slots=True)
class Characters:
    """Code points as ranges: the n-th goes from `starts[n]` up to, but without, `ends[n]`."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def __contains__(self, code: int) -> bool:
        """Say whether a code point is among them."""
        index = bisect_right(self.starts, code) - 1
        return index >= 0 and code < self.ends[index]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What the fonts can draw in running text, in code and in formulas, each face for itself."""

    text: tuple[Characters, ...]
    code: tuple[Characters, ...]
    math: tuple[Characters, ...]


def load_coverage(fonts: FontSet, memory: Path) -> Coverage:
    """Return what the fonts can draw.

    `memory` is a file that keeps it: to read the characters of a CJK font takes longer than to check a few notes.
    """
    families = (fonts.main, fonts.cjk_main, fonts.mono, fonts.cjk_mono, fonts.math)
    faces = [*(family.regular for family in families), *fonts.fallback]
    known = _remembered(memory)
    found = {_stamp(face): known.get(_stamp(face)) or character_ranges(face_characters(face)) for face in faces}
    if found.keys() - known.keys():
        # A folder that can't be written to can be checked all the same.
        with contextlib.suppress(OSError):
            write_atomic(memory, json.dumps({key: [r.starts, r.ends] for key, r in found.items()}).encode())
    main, cjk, mono, cjk_mono, math, *fallback = (found[_stamp(face)] for face in faces)
    # As fonts.tex.j2 has it: letters that text lacks come from the font of code, hanzi that code lacks from the text's.
    text = (main, cjk, mono, *fallback)
    return Coverage(text=text, code=(mono, cjk_mono, cjk, *fallback), math=(math, *text))


def character_ranges(codes: Iterable[int]) -> Characters:
    """Return code points as ranges."""
    starts: list[int] = []
    ends: list[int] = []
    for code in sorted(codes):
        if ends and ends[-1] == code:
            ends[-1] = code + 1
        else:
            starts.append(code)
            ends.append(code + 1)
    return Characters(tuple(starts), tuple(ends))


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


def _stamp(face: Face) -> str:
    """Return what tells one state of a font file from another, as DigestCache does."""
    stat = face.path.stat()
    return f"{face.path}#{face.index} {stat.st_size} {stat.st_mtime_ns} {stat.st_ino}"


def _remembered(memory: Path) -> dict[str, Characters]:
    try:
        return {key: Characters(tuple(s), tuple(e)) for key, (s, e) in json.loads(read_text(memory) or "{}").items()}
    except (ValueError, TypeError, AttributeError):
        return {}


@cache
def _characters(path: Path, index: int) -> frozenset[int]:
    with _open(path, index) as font:
        return frozenset(font.getBestCmap())


def _open(path: Path, index: int) -> TTFont:
    # Loaded where it is used: as a rule the characters of all fonts are remembered.
    from fontTools.ttLib import TTCollection, TTFont

    if path.suffix.lower() in {".ttc", ".otc"}:
        return TTCollection(path, lazy=True).fonts[index]
    return TTFont(path, lazy=True)
