"""The CFF table of a font file -> its name and the CIDs of its glyphs (Adobe technical note 5176).

Outlines are passed over. fontTools reads the table as a whole, 20 MB of each Chinese font, and once malloc has had such
a block back it keeps up to twice as much of what is freed later, in this process to its end.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass
from typing import BinaryIO

# Operators of a top DICT. Those of two bytes are 12 and this one.
_ESCAPE = 12
_ROS = (_ESCAPE, 30)
_CHARSET = (15,)
# Charsets that have a number instead of a place: of fonts with names. One with CIDs has them in order then.
_PREDEFINED = (0, 1, 2)
# What a range of a charset is in each of its formats: the first CID, and how many follow.
_RANGES = (">H", ">HB", ">HH")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cff:
    """What a PDF calls a font, and the CID of each glyph; None where glyphs have names instead."""

    name: str
    cids: array[int] | None


def read_cff(stream: BinaryIO, start: int, glyphs: int) -> Cff:
    """Read a table that begins at `start`, of a font of so many glyphs."""
    stream.seek(start)
    size_of_header = stream.read(4)[2]
    stream.seek(start + size_of_header)
    name, top = _first(stream), _parse_dict(_first(stream))
    cids = _cids(stream, start, top.get(_CHARSET, 0), glyphs) if _ROS in top else None
    return Cff(name=name.decode("latin-1"), cids=cids)


def _first(stream: BinaryIO) -> bytes:
    """Return the first entry of an INDEX, and go to its end: count, size of an offset, offsets from 1, entries."""
    count, size = struct.unpack(">HB", stream.read(3))
    offsets = stream.read((count + 1) * size)
    ends = [int.from_bytes(offsets[at : at + size], "big") - 1 for at in range(0, len(offsets), size)]
    entries = stream.read(ends[-1])
    return entries[: ends[1]]


def _parse_dict(data: bytes) -> dict[tuple[int, ...], int]:
    """Return the last operand of each operator; fractions, which nobody asks for here, are 0."""
    found: dict[tuple[int, ...], int] = {}
    operand = 0
    values = iter(data)
    for value in values:
        if value <= 21:
            found[(value, next(values)) if value == _ESCAPE else (value,)] = operand
        elif value in {28, 29}:
            operand = int.from_bytes([next(values) for _ in range(2 if value == 28 else 4)], "big", signed=True)
        elif value == 30:
            # Digits of four bits each; 15 is the end.
            while next(values) & 15 != 15:
                operand = 0
        elif value <= 246:
            operand = value - 139
        elif value <= 250:
            operand = (value - 247) * 256 + next(values) + 108
        else:
            operand = -(value - 251) * 256 - next(values) - 108
    return found


def _cids(stream: BinaryIO, start: int, charset: int, glyphs: int) -> array[int]:
    if charset in _PREDEFINED:
        return array("L", range(glyphs))
    stream.seek(start + charset)
    # A range for each glyph is the most there can be.
    return parse_charset(stream.read(1 + struct.calcsize(_RANGES[-1]) * glyphs), glyphs)


def parse_charset(data: bytes, glyphs: int) -> array[int]:
    """Return the CIDs of so many glyphs; the first one, that of a missing character, is not listed and has CID 0."""
    ranges = struct.Struct(_RANGES[data[0]])
    cids = array("L", [0])
    for at in range(1, len(data) - ranges.size + 1, ranges.size):
        if len(cids) >= glyphs:
            break
        first, *more = ranges.unpack_from(data, at)
        cids.extend(range(first, first + sum(more) + 1))
    return cids[:glyphs]
