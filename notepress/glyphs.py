"""FontSet -> the characters that each glyph of a font stands for. Reads fonts with fontTools, each file once.

xdvipdfmx writes one character for each glyph, and takes any where a font draws several alike. Which of them a note
means is known from the note; which there are, from here.
"""

from __future__ import annotations

import contextlib
import json
import struct
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from .cff import Cff, read_cff
from .fontset import Face, FontSet
from .system import read_text, write_atomic

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont

# A code point has 21 bits, so that a glyph and one of its characters are one number, and a face is a sorted array.
_BITS = 21
_CODE = (1 << _BITS) - 1


def _no_pairs() -> array[int]:
    return array("Q")


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """The characters of each glyph; `pairs` are CID << 21 | code point, sorted. `math` is a font for formulas.

    `of_others` returns the pairs of the other faces of a collection, which share the glyphs of all regions.
    `met` is what was looked up before: of the glyphs of a font, all notes use the same few thousand.
    """

    math: bool
    pairs: array[int]
    of_others: Callable[[], array[int]] = _no_pairs
    met: dict[int, tuple[int, ...]] = field(default_factory=dict, compare=False, repr=False)

    def characters(self, cid: int) -> tuple[int, ...]:
        """Return the code points that the font draws with a glyph, in order; none for a variant or a ligature."""
        found = self.met.get(cid)
        if found is None:
            found = self.met[cid] = _characters(self.pairs, cid) or _characters(self.of_others(), cid)
        return found


def _characters(pairs: array[int], cid: int) -> tuple[int, ...]:
    start = end = bisect_left(pairs, cid << _BITS)
    # A glyph stands for few characters: counted sooner than found by another search.
    while end < len(pairs) and pairs[end] >> _BITS == cid:
        end += 1
    return tuple([pair & _CODE for pair in pairs[start:end]])


@dataclass(frozen=True, slots=True, kw_only=True)
class GlyphSource:
    """What another process makes the same tables from: `folder` has them by the `digests` of the fonts' paths."""

    fonts: FontSet
    folder: Path
    digests: Mapping[str, str | None]


class GlyphTables:
    """The glyphs of the fonts of a build, by the name they have in a PDF; read when they are first asked for."""

    def __init__(self, fonts: FontSet, folder: Path, digest_of: Callable[[Path], str | None]) -> None:
        self._fonts, self._folder, self._digest_of = fonts, folder, digest_of
        self._faces: Mapping[_Name, list[Face]] | None = None
        self._known: dict[str, Glyphs | None] = {}
        # Workers are threads: a font of 20 MB is not to be read by two of them.
        self._lock = Lock()

    def find(self, name: str) -> Glyphs | None:
        """Return the glyphs of a font by its PostScript name; None for a font that is none of the build's."""
        with self._lock:
            if name not in self._known:
                faces = [face for known, named in self._by_name().items() if known.name == name for face in named]
                self._known[name] = self._glyphs(faces)
            return self._known[name]

    def source(self) -> GlyphSource:
        """Return where another process finds all this."""
        digests = {str(path): self._digest_of(path) for path in self._fonts.files().values()}
        return GlyphSource(fonts=self._fonts, folder=self._folder, digests=digests)

    def keyed(self) -> tuple[str, ...]:
        """Return the PostScript names of the fonts with CIDs of their own, of which everything is known from here."""
        with self._lock:
            return tuple(known.name for known in self._by_name() if known.keyed)

    def _glyphs(self, faces: list[Face]) -> Glyphs | None:
        if not faces:
            return None
        pairs, *others = [self._pairs(face) for face in faces]
        for other in others:
            # Faces of a collection may share their glyphs and with them the name.
            if other != pairs:
                pairs = array("Q", sorted(pairs + other))
        math = any(face in self._fonts.math.faces() for face in faces)
        # Hardly ever asked: TeX has then chosen the glyph of another region, as a font's rules for languages may.
        of_others = cache(lambda: array("Q", sorted({pair for face in _siblings(faces) for pair in self._pairs(face)})))
        return Glyphs(math=math, pairs=pairs, of_others=of_others)

    def _by_name(self) -> Mapping[_Name, list[Face]]:
        if self._faces is None:
            self._faces = self._read_names()
        return self._faces

    def _read_names(self) -> Mapping[_Name, list[Face]]:
        """Return the faces by name. To open all fonts only for their names would cost a tenth of a second."""
        families = self._fonts.families().values()
        faces = dict.fromkeys([*(face for family in families for face in family.faces()), *self._fonts.fallback])
        path = self._folder / "names.json"
        try:
            names = {key: _Name(*value) for key, value in json.loads(read_text(path) or "{}").items()}
        except (ValueError, TypeError, AttributeError):
            names = {}
        unknown = {key: face for face in faces if (key := self._key(face)) not in names}
        if unknown:
            names |= {key: read_name(face) for key, face in unknown.items()}
            write_atomic(path, json.dumps(names, sort_keys=True).encode())
        named: dict[_Name, list[Face]] = {}
        for face in faces:
            named.setdefault(names[self._key(face)], []).append(face)
        return named

    def _pairs(self, face: Face) -> array[int]:
        path = self._folder / f"{self._key(face)}.glyphs"
        pairs = array("Q")
        try:
            pairs.frombytes(path.read_bytes())
        except (OSError, ValueError):
            pairs = read_pairs(face)
            write_atomic(path, pairs.tobytes())
        return pairs

    def _key(self, face: Face) -> str:
        return f"{self._digest_of(face.path)}-{face.index}"


class _Name(NamedTuple):
    """The name that a font has in a PDF, and whether it has CIDs of its own, as all large Chinese fonts."""

    name: str
    keyed: bool


def _siblings(faces: list[Face]) -> Iterator[Face]:
    """Yield the other faces of the collections that these are in."""
    for face in {face.path: face for face in faces if face.collection}.values():
        with face.path.open("rb") as stream:
            # OpenType 1.9, Font Collections: the tag, two numbers of a version, how many fonts.
            count = int.from_bytes(stream.read(12)[8:], "big")
        known = {other.index for other in faces if other.path == face.path}
        yield from (replace(face, index=index) for index in range(count) if index not in known)


def read_name(face: Face) -> _Name:
    """Return the name that xdvipdfmx embeds a font under: that of its outlines, where these have one."""
    with _open(face) as font:
        if cff := _cff(font):
            return _Name(cff.name, keyed=cff.cids is not None)
        return _Name(str(font["name"].getDebugName(6) or ""), keyed=False)


def _cff(font: TTFont) -> Cff | None:
    table = font.reader.tables.get("CFF ")
    return read_cff(font.reader.file, table.offset, font["maxp"].numGlyphs) if table else None


def read_pairs(face: Face) -> array[int]:
    """Return the `pairs` of a face."""
    with _open(face) as font:
        cff, count = _cff(font), font["maxp"].numGlyphs
        cids = cff.cids if cff and cff.cids is not None else range(count)
        codes = _format_12(font.reader["cmap"])
        if not codes:
            # By names that say nothing: to learn the true ones fontTools would read the outlines.
            font.setGlyphOrder([f"glyph{number:05}" for number in range(count)])
            codes = {code: font.getGlyphID(name) for code, name in (font.getBestCmap() or {}).items()}
    return array("Q", sorted([cids[glyph] << _BITS | code for code, glyph in codes.items() if glyph < len(cids)]))


def _format_12(table: bytes) -> dict[int, int]:
    """Return code point -> glyph of a cmap table (OpenType 1.9, cmap, format 12); empty where it has none.

    fontTools reads it as well, but by the glyphs' names, which takes ten times as long for a Chinese font.
    """
    for at in range(4, 4 + 8 * int.from_bytes(table[2:4], "big"), 8):
        start = int.from_bytes(table[at + 4 : at + 8], "big")
        if table[at : at + 4] == b"\0\x03\0\x0a" and table[start : start + 2] == b"\0\x0c":
            count = int.from_bytes(table[start + 12 : start + 16], "big")
            groups = struct.iter_unpack(">LLL", table[start + 16 : start + 16 + 12 * count])
            return {code: glyph + code - first for first, last, glyph in groups for code in range(first, last + 1)}
    return {}


@contextlib.contextmanager
def _open(face: Face) -> Iterator[TTFont]:
    # Only where something is not known yet, because the import takes longer than all that is done here otherwise.
    from fontTools.ttLib import TTCollection, TTFont  # noqa: PLC0415

    font = TTCollection(face.path, lazy=True).fonts[face.index] if face.collection else TTFont(face.path, lazy=True)
    with font:
        yield font
    # A table may know its font: without this both wait until Python looks for such circles.
    font.tables.clear()
