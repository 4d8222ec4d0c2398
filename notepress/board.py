"""What is known of notes, chapters and book while builds come and go: a listener that can be asked by other threads.

Each build tells the board; `Board.view` is the whole of it at one moment, and `Board.events` what has changed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from .edits import Edit, find_edit, page_of
from .errors import Diagnostic, NotepressError, has_errors
from .events import EventLog
from .joining import BOOK_KEY
from .model import Chapter, Library, Note, Status
from .plan import Record
from .project import Project
from .report import BuildReport, NoteResult, Outcome
from .view import Row, Section, State, View, worth_showing

# Enough of a digest to tell one PDF from the next.
_VERSION = 16


class Board:
    """The latest state of everything. Builds tell it in one thread, any other may look at `view` and `events`."""

    def __init__(self) -> None:
        self.events = EventLog()
        self._lock = threading.Lock()
        self._project: Project | None = None
        self._library = Library(chapters=(), book_pdf=None, diagnostics=())
        self._live: Mapping[str, Record] = {}
        self._records: dict[str, Record] = {}
        self._texts: dict[str, str] = {}
        self._edits: dict[str, Edit] = {}
        self._results: dict[str, NoteResult] = {}
        self._joined: dict[str, tuple[Diagnostic, ...]] = {}
        self._waiting: set[str] = set()
        self._saved: frozenset[str] = frozenset()
        self._problem: tuple[Diagnostic, ...] = ()
        self._remarks: tuple[Diagnostic, ...] = ()
        self._busy = False
        self._view: View | None = None

    def view(self) -> View:
        """Return what is known now."""
        with self._lock:
            if self._view is None:
                self._view = self._look()
            return self._view

    def known(self, project: Project, library: Library, records: Mapping[str, Record]) -> None:
        """Take note of which notes there are and what was made of them; `records` grow while the build runs."""
        with self._changing():
            texts = {note.source: note.file_text for note in library.notes()}
            # At first nothing was saved, everything was merely found.
            before = self._texts or texts
            saved = {source for source, text in texts.items() if before.get(source) != text}
            self._saved = frozenset(saved)
            # A file that can't be read has no text: where it was edited, its next good state does not say either.
            self._edits |= {s: find_edit(before[s], texts[s]) for s in saved if before.get(s) and texts[s]}
            self._texts = texts
            self._project, self._library = project, library.without_texts()
            self._live, self._records = records, dict(records)
            self._results = {source: result for source, result in self._results.items() if source in texts}
            self._problem = ()

    def start(self, reasons: Mapping[str, str]) -> None:
        """Mark what will be built."""
        with self._changing():
            self._waiting = set(reasons)
            self._busy = True
        self.events.post("start", {"notes": sorted(reasons)})

    def finished(self, note: NoteResult) -> None:
        """Show what became of a note."""
        with self._changing():
            self._waiting.discard(note.source)
            self._results[note.source] = note
            if record := self._live.get(note.source):
                self._records[note.source] = record
            row = next(self._note(n) for n in self._library.notes() if n.source == note.source)
            saved = note.source in self._saved
        self.events.post("note", _note_data(row, note, saved=saved))

    def built(self, report: BuildReport) -> None:
        """Show everything as the build left it."""
        with self._changing():
            self._records = dict(self._live)
            self._results = {note.source: note for note in report.notes}
            # A build that another save interrupts joins nothing, and says nothing of what is joined.
            if report.joined():
                self._joined = {part.pdf: part.diagnostics for part in report.joined() if part.pdf}
            self._waiting.clear()
            self._remarks = worth_showing(report.diagnostics)
            self._busy = False
        found = [asdict(d) for d in worth_showing(report.all_diagnostics())]
        self.events.post("built", {"seconds": round(report.seconds, 2), "diagnostics": found})

    def failed(self, problem: NotepressError) -> None:
        """Show what has to be mended first."""
        with self._changing():
            self._problem = problem.diagnostics
            self._busy = False
        self.events.post("problem", {"diagnostics": [asdict(d) for d in problem.diagnostics]})

    def ready(self, folders: tuple[Path, ...]) -> None:
        """Nothing is to be shown of that."""

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Let nobody look while something changes."""
        with self._lock:
            self._view = None
            yield

    def _look(self) -> View:
        project = self._project
        return View(
            title=project.title if project else "",
            folder=project.output_folder if project else None,
            book=self._book(project, self._library.book_pdf) if project and self._library.book_pdf else None,
            sections=tuple(
                Section(chapter=self._chapter(chapter), notes=tuple(self._note(note) for note in chapter.notes))
                for chapter in self._library.chapters
            ),
            problem=self._problem,
            remarks=self._remarks,
            busy=self._busy,
        )

    def _note(self, note: Note) -> Row:
        record, result = self._records.get(note.source), self._results.get(note.source)
        found = result.diagnostics if result else record.diagnostics if record else note.diagnostics
        row = _row(
            note.source, note.full_title, record, number=note.number, state=self._state(note, record, result),
            draft=note.status is Status.DRAFT, diagnostics=found,
        )  # fmt: skip
        edit = self._edits.get(note.source)
        return replace(row, edited=page_of(edit, record.landmarks, record.pages)) if edit and record else row

    def _state(self, note: Note, record: Record | None, result: NoteResult | None) -> State:
        if note.status is Status.PLANNED:
            return State.PLANNED
        if note.source in self._waiting:
            return State.WAITING
        if result and result.status is Outcome.FAILED:
            return State.FAILED
        return State.BUILT if record else State.WAITING

    def _chapter(self, chapter: Chapter) -> Row | None:
        if chapter.pdf is None:
            return None
        row = self._joined_row(f"chapter:{chapter.folder}", chapter.title.plain, chapter.pdf, str(chapter.number))
        return row if chapter.published() else replace(row, state=State.PLANNED)

    def _book(self, project: Project, pdf: str) -> Row:
        return self._joined_row(BOOK_KEY, project.title, pdf, "")

    def _joined_row(self, key: str, title: str, pdf: str, number: str) -> Row:
        record = self._records.get(key)
        found = self._joined.get(pdf, ())
        state = State.FAILED if has_errors(found) else State.BUILT if record else State.WAITING
        return _row(key, title, record, number=number, state=state, draft=False, diagnostics=found)


def _row(
    key: str,
    title: str,
    record: Record | None,
    *,
    number: str,
    state: State,
    draft: bool,
    diagnostics: Iterable[Diagnostic],
) -> Row:
    return Row(
        key=key,
        title=title,
        number=number,
        state=state,
        draft=draft,
        pdf=record.pdf if record else None,
        version=record.sha256[:_VERSION] if record else "",
        pages=record.pages if record else 0,
        diagnostics=tuple(diagnostics),
        outline=tuple((mark.text, mark.page + 1) for mark in record.landmarks) if record else (),
    )


def _note_data(row: Row, note: NoteResult, *, saved: bool) -> dict[str, Any]:
    return {
        "source": row.key,
        "title": row.title,
        "state": row.state,
        "saved": saved,
        "address": row.address,
        "pages": row.pages,
        "page": row.edited,
        "seconds": round(note.seconds, 2),
        "diagnostics": [asdict(d) for d in row.shown_diagnostics],
    }
