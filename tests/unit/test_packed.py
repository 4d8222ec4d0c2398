"""Notes whose texts are packed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from notepress.model import Note
from notepress.packed import PackedNotes


def test_packed_notes_are_what_went_in(make_note: Callable[..., Note]) -> None:
    """A note that is looked up is equal to the one that was packed, text and front matter's text included."""
    notes = {
        source: make_note(source=source, markdown=f"\n\n文字 {source}\u2028\n", top=f"---\ntitle: {source}\n")
        for source in ("b.md", "a.md")
    }
    packed = PackedNotes(notes.values())
    assert dict(packed) == notes
    assert list(packed) == ["b.md", "a.md"]
    assert len(packed) == 2
    assert "c.md" not in packed
    assert packed.get("c.md") is None


def test_to_ask_whether_a_note_is_there_unpacks_nothing(
    make_note: Callable[..., Note], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link to a note costs no text, only one to what it says."""
    packed = PackedNotes([make_note(source="a.md", markdown="文字\n")])
    monkeypatch.setattr("notepress.packed.zlib.decompress", None)
    assert "a.md" in packed
    assert list(packed) == ["a.md"]
