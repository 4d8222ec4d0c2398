"""FontSet -> the characters that each glyph of a font stands for. Reads fonts with fontTools, each file once.

xdvipdfmx writes one character for each glyph, and takes any where a font draws several alike. Which of them a note
means is known from the note; which there are, from here.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from fontTools.ttLib import TTCollection, TTFont

from .fontset import Face, FontSet
from .system import write_atomic

# A code point has 21 bits, so that a glyph and one of its characters are one number, and a face is a sorted array.
_BITS = 21
_CODE = (1 << _BITS) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """The characters of each glyph; `pairs` are CID << 21 | code point, sorted. `math` is a font for formulas."""

    math: bool
    pairs: array[int]

    def characters(self, cid: int) -> tuple[int, ...]:
        """Return the code points that the font draws with a glyph, in order; none for a variant or a ligature."""
        start = bisect_left(self.pairs, cid << _BITS)
        end = bisect_left(self.pairs, (cid + 1) << _BITS, start)
        return tuple(pair & _CODE for pair in self.pairs[start:end])


class GlyphTables:
    """The glyphs of the fonts of a build, by the name they have in a PDF; read when they are first asked for."""

    def __init__(self, fonts: FontSet, folder: Path, digest_of: Callable[[Path], str | None]) -> None:
        self._fonts, self._folder, self._digest_of = fonts, folder, digest_of
        self._faces: dict[str, list[tuple[Face, bool]]] | None = None
        self._known: dict[str, Glyphs | None] = {}
        # Workers are threads: a font of 20 MB is not to be read by two of them.
        self._lock = Lock()

    def find(self, name: str) -> Glyphs | None:
        """Return the glyphs of a font by its PostScript name; None for a font that is none of the build's."""
        with self._lock:
            if self._faces is None:
                self._faces = self._by_name()
            if name not in self._known:
                self._known[name] = self._glyphs(self._faces.get(name, []))
            return self._known[name]

    def _glyphs(self, faces: list[tuple[Face, bool]]) -> Glyphs | None:
        if not faces:
            return None
        pairs, *others = [self._pairs(face) for face, _ in faces]
        if others:
            # Faces of a collection may share their glyphs and with them the name.
            pairs = array("Q", sorted({*pairs, *(pair for other in others for pair in other)}))
        return Glyphs(math=any(math for _, math in faces), pairs=pairs)

    def _by_name(self) -> dict[str, list[tuple[Face, bool]]]:
        families = self._fonts.families().items()
        faces = [(face, role == "math") for role, family in families for face in family.faces()]
        faces += [(face, False) for face in self._fonts.fallback]
        named: dict[str, list[tuple[Face, bool]]] = {}
        for face, math in dict.fromkeys(faces):
            with _open(face) as font:
                named.setdefault(_embedded_name(font), []).append((face, math))
        return named

    def _pairs(self, face: Face) -> array[int]:
        path = self._folder / f"{self._digest_of(face.path)}-{face.index}.glyphs"
        pairs = array("Q")
        try:
            pairs.frombytes(path.read_bytes())
        except (OSError, ValueError):
            with _open(face) as font:
                pairs = _read(font)
            write_atomic(path, pairs.tobytes())
        return pairs


def _open(face: Face) -> TTFont:
    return TTCollection(face.path, lazy=True).fonts[face.index] if face.collection else TTFont(face.path, lazy=True)


def _embedded_name(font: TTFont) -> str:
    """Return the name that xdvipdfmx embeds a font under: that of its outlines, where these have one."""
    if "CFF " in font:
        return str(font["CFF "].cff.fontNames[0])
    return str(font["name"].getDebugName(6) or "")


def _read(font: TTFont) -> array[int]:
    """Return the pairs of a font. Fonts with CIDs of their own name their glyphs after these."""
    keyed = "CFF " in font and hasattr(font["CFF "].cff.topDictIndex[0], "ROS")
    numbers = font.getReverseGlyphMap()
    cids = {name: int(name[3:]) if keyed and name.startswith("cid") else number for name, number in numbers.items()}
    return array("Q", sorted(cids[name] << _BITS | code for code, name in (font.getBestCmap() or {}).items()))
