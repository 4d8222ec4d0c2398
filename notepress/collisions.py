"""Library -> Library in which no two PDFs, and no two sources, are one file on somebody's disk."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from .errors import Diagnostic, error, warning
from .model import Library, Note, Status


def without_collisions(library: Library) -> Library:
    """Add an error to every note whose PDF another one takes, and a warning to sources that differ by case.

    Some disks fold case, some normalise Unicode; a checkout must be the same on all of them.
    """
    found: dict[str, list[Diagnostic]] = {}
    for file, problem in (*_joined(library), *_notes(library), *_sources(library)):
        found.setdefault(file, []).append(problem)
    chapters = tuple(
        replace(chapter, notes=tuple(_with(note, found.get(note.source, [])) for note in chapter.notes))
        for chapter in library.chapters
    )
    return replace(library, chapters=chapters)


def _joined(library: Library) -> Iterator[tuple[str, Diagnostic]]:
    """Yield an error for each note of a chapter whose PDF is another chapter's or the book's."""
    taken = {_folded(library.book_pdf): "the book"} if library.book_pdf else {}
    for chapter in library.chapters:
        if chapter.pdf is None:
            continue
        other = taken.setdefault(_folded(chapter.pdf), chapter.folder)
        if other != chapter.folder:
            for note in chapter.notes:
                yield (
                    note.source,
                    _collision(note, chapter.pdf, other, "give the chapter another title in chapter.yaml"),
                )


def _notes(library: Library) -> Iterator[tuple[str, Diagnostic]]:
    taken = {_folded(c.pdf): "its chapter" for c in library.chapters if c.pdf}
    taken |= {_folded(library.book_pdf): "the book"} if library.book_pdf else {}
    for note in library.notes():
        if note.status is Status.PLANNED:
            continue
        other = taken.setdefault(_folded(note.pdf), note.source)
        if other != note.source:
            yield note.source, _collision(note, note.pdf, other, "give one of them another `title:` or `file:`")


def _sources(library: Library) -> Iterator[tuple[str, Diagnostic]]:
    seen: dict[str, str] = {}
    for note in library.notes():
        other = seen.setdefault(_folded(note.source), note.source)
        if other != note.source:
            message = f"{note.source} and {other} are one file on Windows and macOS"
            yield note.source, warning("not-portable", message, file=note.source, line=1, hint="rename one of them")


def _collision(note: Note, pdf: str, other: str, hint: str) -> Diagnostic:
    return error("output-collision", f"{pdf} is already the PDF of {other}", file=note.source, line=1, hint=hint)


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _with(note: Note, problems: list[Diagnostic]) -> Note:
    return replace(note, diagnostics=(*note.diagnostics, *problems)) if problems else note
