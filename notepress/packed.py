"""Notes by source, their texts packed until one is asked for.

Any note may name a heading or an id of any other, up to the last one that is built, and few do: so all texts are kept,
in a third of their size.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from .model import Note

# The fastest: a third of a millisecond a note, and the others make it little smaller.
_LEVEL = 1


class PackedNotes(Mapping[str, Note]):
    """What `{note.source: note}` is, in less memory; a note that is looked up is made anew each time."""

    def __init__(self, notes: Iterable[Note]) -> None:
        self._packed = {
            note.source: (note.without_text(), zlib.compress(note.markdown.encode(), _LEVEL), note.top)
            for note in notes
        }

    def __getitem__(self, source: str) -> Note:
        note, packed, top = self._packed[source]
        return replace(note, markdown=zlib.decompress(packed).decode(), top=top)

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)

    def __contains__(self, source: object) -> bool:
        # That of a mapping would unpack a text.
        return source in self._packed
