"""What browsers are shown at one moment, as plain values: rows of notes, chapters and the book."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

from .errors import Diagnostic, Severity, in_order


class State(StrEnum):
    """Where a PDF stands."""

    BUILT = "built"
    FAILED = "failed"
    WAITING = "waiting"
    PLANNED = "planned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A note, a chapter or the book. `key` is that of its record, for a note its source.

    `pdf` is the last good one, whatever the state; `version` tells it from the one before. `outline` are its headings
    and their pages, from 1; `edited` is the page that shows what was saved last, 1 at first.
    """

    key: str
    title: str
    number: str
    state: State
    draft: bool
    pdf: str | None
    version: str
    pages: int
    diagnostics: tuple[Diagnostic, ...]
    outline: tuple[tuple[str, int], ...]
    edited: int = 1

    @property
    def address(self) -> str:
        """Where a browser finds the PDF: as deep as the file lies, so that links from PDF to PDF work."""
        return f"/{quote(self.pdf)}?v={self.version}" if self.pdf else ""

    @property
    def shown_diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is worth a reader's time."""
        return worth_showing(self.diagnostics)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A chapter and its notes; `chapter` is None for notes that lie in none."""

    chapter: Row | None
    notes: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything at one moment.

    `problem` is what has to be mended before a build can go on, `remarks` what the last one said of no single note.
    `folder` is where PDFs are, None before the first build has begun. `busy` says whether one is under way.
    """

    title: str
    folder: Path | None
    book: Row | None
    sections: tuple[Section, ...]
    problem: tuple[Diagnostic, ...]
    remarks: tuple[Diagnostic, ...]
    busy: bool

    def rows(self) -> tuple[Row, ...]:
        """Return the book, then each chapter with its notes."""
        book = (self.book,) if self.book else ()
        parts = (row for s in self.sections for row in ((s.chapter, *s.notes) if s.chapter else s.notes))
        return (*book, *parts)

    def row(self, key: str) -> Row | None:
        """Return the row of a key."""
        return next((row for row in self.rows() if row.key == key), None)

    def pdfs(self) -> frozenset[str]:
        """Return the paths of all PDFs, relative to the project's root: what may be shown, and nothing else."""
        return frozenset(row.pdf for row in self.rows() if row.pdf)

    def found(self) -> tuple[Diagnostic, ...]:
        """Return all there is to mend, in order."""
        return worth_showing([*self.problem, *self.remarks, *(d for row in self.rows() for d in row.diagnostics)])


def worth_showing(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return what there is to mend, in order."""
    return tuple(d for d in in_order(found) if d.severity is not Severity.INFO)
