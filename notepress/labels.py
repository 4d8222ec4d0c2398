"""Ids that the notes of a project define -> where a reference from another note leads, and the number it shows.

Nothing is looked at before a note names an id that it does not have. Then the texts are searched for what may be ids,
and only the notes that may have this one are read as a conversion would (`survey`); what that gave is kept by content,
so that an incremental build reads a note again only where it has changed.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .addresses import note_address
from .errors import NoteError
from .model import Note, Status
from .names import nearest_path
from .survey import Ask, Label, survey_note
from .system import digest, read_text, write_atomic

# What an id begins with, as in crossrefs.lua.
KINDS = (
    *("eq", "fig", "tbl", "sec", "lst", "thm", "lem", "cor", "prp", "cnj", "def", "exm", "exr", "sol", "rem", "pit"),
    "prf",
)
# Where a project keeps what was found, in its folder of caches.
STORE = "labels.json"
_PREFIX = rf"(?:{'|'.join(KINDS)})-"
_IDENT = re.compile(rf"{_PREFIX}.")
# More than the ids there are: also what only looks like one, in code. They begin with a sign that few texts have, which
# makes the search a hundred times as fast.
_MAY_DEFINE = re.compile(rf"#({_PREFIX}[^\s{{}}#]+)")
_MAY_DEFINE_BY_KEY = re.compile(rf"=[ \t]*[\"']?({_PREFIX}[^\s\"'<>{{}}]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An id and the note that has it."""

    note: Note
    label: Label

    @property
    def uri(self) -> str:
        """The address that a link to it has."""
        return note_address(self.note.source, self.label.ident)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a mention names: an id, and every note that has it, in reading order."""

    ident: str
    targets: tuple[Target, ...]

    def nearest(self, reader: str) -> Target:
        """Return the one that a note `reader` means: of several, the nearest."""
        source = nearest_path(tuple(target.note.source for target in self.targets), reader)
        return next(target for target in self.targets if target.note.source == source)


class Labels:
    """Finds ids in all notes of a project, given by source. Safe to share between threads.

    `ask` is asked to read notes. What they were found to have is kept in the file `store`, if there is one, as long as
    note and `version` stay the same; `version` is the digest of all else that numbers depend on.
    """

    def __init__(
        self, notes: Mapping[str, Note], ask: Ask, store: Path | None = None, version: Callable[[], str] = str
    ) -> None:
        self._notes = notes
        self._ask = ask
        self._store = store
        self._make_version = version
        self._surveyed: dict[str, dict[str, Label]] = {}
        self._lock = threading.Lock()
        self._dirty = False

    def find(self, mention: str) -> Found | None:
        """Return what a mention begins with: a hanzi right after an id belongs to the sentence."""
        for ident in cuts(mention):
            sources = self._candidates.get(ident, ()) if is_ident(ident) else ()
            labels = ((self._notes[source], self._labels_of(source).get(ident)) for source in sources)
            targets = tuple(Target(note=note, label=label) for note, label in labels if label)
            if targets:
                return Found(ident=ident, targets=targets)
        return None

    def digest(self, mention: str) -> str:
        """Return the digest of all that a reference to what a mention names shows; "" where it names nothing."""
        found = self.find(mention)
        shown = [(t.note.source, t.note.number, t.label) for t in found.targets] if found else None
        return digest(repr((found.ident, shown)).encode()) if found else ""

    def known(self) -> list[str]:
        """Return every id that some note may have, for hints."""
        return list(self._candidates)

    def save(self) -> None:
        """Keep what was found for the next build."""
        if self._store and self._dirty:
            text = json.dumps(dict(sorted(self._kept.items())), ensure_ascii=False, separators=(",", ":"))
            write_atomic(self._store, text.encode())
            self._dirty = False

    @cached_property
    def _candidates(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for source, note in self._notes.items():
            known = note.status is not Status.PLANNED and not note.unreadable
            for ident in may_define(note.markdown) if known else ():
                found.setdefault(ident, []).append(source)
        return {ident: tuple(sources) for ident, sources in found.items()}

    @cached_property
    def _kept(self) -> dict[str, tuple[str, list[list[str]]]]:
        """What earlier builds found, by source: the key it was found under, and the fields of each label."""
        try:
            known = json.loads(read_text(self._store)) if self._store else {}
            return {s: (key, rows) for s, (key, rows) in known.items() if s in self._notes and _are_rows(rows)}
        except (ValueError, TypeError, AttributeError):
            return {}

    @cached_property
    def _version(self) -> str:
        return self._make_version()

    def _labels_of(self, source: str) -> dict[str, Label]:
        with self._lock:
            if source not in self._surveyed:
                labels = self._kept_labels(self._notes[source])
                self._surveyed[source] = {label.ident: label for label in labels}
            return self._surveyed[source]

    def _kept_labels(self, note: Note) -> tuple[Label, ...]:
        rest = (note.headline, note.title, note.subtitle, note.abstract, self._version)
        # The text as it is: its `repr` takes ten times as long.
        key = digest(note.markdown.encode() + repr(rest).encode())
        kept, rows = self._kept.get(note.source, ("", []))
        if kept == key:
            return tuple(Label(ident=ident, number=number, title=title) for ident, number, title in rows)
        try:
            labels = survey_note(note, self._ask)
        except NoteError:
            # The note's own conversion says what is wrong with it.
            return ()
        self._kept[note.source] = (key, [[label.ident, label.number, label.title] for label in labels])
        self._dirty = True
        return labels


def is_ident(text: str) -> bool:
    """Say whether a text begins like an id that can be referred to."""
    return _IDENT.match(text) is not None


def may_define(markdown: str) -> tuple[str, ...]:
    """Return every id that a note may have, each once; some of them may stand in code."""
    return tuple(dict.fromkeys([*_MAY_DEFINE.findall(markdown), *_MAY_DEFINE_BY_KEY.findall(markdown)]))


def cuts(mention: str) -> Iterator[str]:
    """Yield what an id can be of a mention, the longest first: as in mentions.lua, a Latin word is one piece."""
    for end in range(len(mention), 0, -1):
        if end == len(mention) or not (_is_latin(mention[end - 1]) and _is_latin(mention[end])):
            yield mention[:end]


def _is_latin(char: str) -> bool:
    return char.isascii() and (char.isalnum() or char == "_")


def _are_rows(rows: object) -> bool:
    """Say whether a file that something else may have written has what `Labels` writes."""
    return isinstance(rows, list) and all(
        isinstance(row, list) and len(row) == 3 and all(isinstance(f, str) for f in row) for row in rows
    )


def _nobody(_: object) -> dict[str, object]:
    raise NotImplementedError


NO_LABELS = Labels({}, _nobody)
