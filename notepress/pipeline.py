"""The order of the stages: a project in, PDFs, README and a report out.

Workers compute, this thread writes. A stage's error becomes a failed result and the others go on; what the
user must mend first (configuration, a missing tool, a broken template) ends the build.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Protocol

from .convert import Surroundings
from .errors import Diagnostic, InputError, has_errors, in_order, info, warning
from .fingerprints import TEX_PACKAGES, common_inputs, link_digest, shared_inputs
from .fresh import options_key
from .glossary import find_term_conflicts
from .heap import give_back
from .index import README, index, read_readme
from .joining import Joiner
from .ledger import Ledger
from .model import Library, Note, Status
from .notes import load_library
from .pandoc import Pandoc
from .plan import Job, Manifest, Plan, Record, plan
from .project import Project
from .report import BuildReport, JoinedResult, NoteResult, Outcome
from .selection import select_notes
from .snapshot import forget_snapshot, write_snapshot
from .system import digest, locked, remove_file, write_atomic, write_if_changed
from .waiting import first_done
from .worker import Built, Failed, Postponed, build_note, load_surroundings, make_setting
from .workshop import Workshop, open_workshop

# After so many notes what lies free between their records is given back, which takes five milliseconds: sixteen notes
# leave six megabytes.
_GIVE_BACK_EVERY = 4


class Progress(Protocol):
    """Told what happens while a build runs, by the thread that runs it."""

    def known(self, project: Project, library: Library, records: Mapping[str, Record]) -> None:
        """It is known which notes there are, and what was made of them; a record is added with each PDF written."""

    def start(self, reasons: Mapping[str, str]) -> None:
        """It is known which notes will be built, and why, by source."""

    def finished(self, note: NoteResult) -> None:
        """A note was built or failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """What the command line asks of a build; empty `paths` means all notes, chapters, the book and the index."""

    paths: tuple[Path, ...] = ()
    jobs: int | None = None
    strict: bool = False
    write_index: bool = True
    keep_work: Path | None = None


def build(project: Project, options: BuildOptions, progress: Progress, pandoc: Pandoc | None = None) -> BuildReport:
    """Bring every PDF and the README up to date; raises NotepressError where the build can't go on.

    A `pandoc` that is there already saves the start of one.
    """
    # Locked before anything is looked at, so that a second build says at once that it can't run.
    with locked(project.cache_folder / "lock"), open_workshop(project, options.jobs, pandoc) as workshop:
        return _build(workshop, options, progress, lambda: False)


def build_with(
    workshop: Workshop, options: BuildOptions, progress: Progress, interrupted: Callable[[], bool]
) -> BuildReport:
    """Do the same with what an earlier build has left warm; once `interrupted`, leave chapters, book and index."""
    with locked(workshop.project.cache_folder / "lock"):
        return _build(workshop, options, progress, interrupted)


def _build(
    workshop: Workshop, options: BuildOptions, progress: Progress, interrupted: Callable[[], bool]
) -> BuildReport:
    forget_snapshot(workshop.project)
    this = _Build(workshop, options, progress, interrupted)
    report = this.run()
    if not options.paths and not interrupted():
        key = options_key(strict=options.strict, write_index=options.write_index)
        write_snapshot(report, this.library, this.ledger.records, workshop, key)
    return report


class _Build:
    """One build: what it knows and the results so far. Used once, by one thread that holds the project's lock."""

    def __init__(
        self, workshop: Workshop, options: BuildOptions, progress: Progress, interrupted: Callable[[], bool]
    ) -> None:
        self.started = time.monotonic()
        self.workshop = workshop
        self.project = workshop.project
        self.options = options
        self.progress = progress
        self.interrupted = interrupted
        workshop.begin_build()
        self.library = load_library(self.project, workshop.notes)
        self.ledger = Ledger(self.project, workshop.manifest)
        self.shared = shared_inputs(workshop.renderer.fonts, workshop.digests)
        self.results: dict[str, NoteResult] = {}
        self.taken = 0

    def run(self) -> BuildReport:
        """Do what there is to do and report it."""
        # The cache ignores itself, so that no project has to know of it.
        write_if_changed(self.project.cache_folder / ".gitignore", b"*\n")
        self.progress.known(self.project, self.library, self.ledger.records)
        wanted = select_notes(self.library, self.project, self.options.paths)
        removed: tuple[str, ...] = ()
        joined: tuple[tuple[JoinedResult, ...], JoinedResult | None] = ((), None)
        index_written = False
        try:
            orphans, said = self._make_notes(wanted)
            other = [*self.library.diagnostics, *said]
            # Joining takes what memory there is: what the notes took makes room for it.
            give_back()
            if wanted is None:
                joined = self._join()
        finally:
            self.ledger.close()
            self.workshop.digests.save()
        if wanted is None and not self.interrupted():
            removed = self._remove(orphans)
            index_written, found = self._write_index()
            other += found
        other += self._term_conflicts(wanted)
        if made := self.workshop.format():
            other += made.diagnostics
        return BuildReport(
            seconds=time.monotonic() - self.started,
            notes=tuple(self.results[n.source] for n in self.library.notes() if n.source in self.results),
            chapters=joined[0],
            book=joined[1],
            removed=removed,
            index_written=index_written,
            diagnostics=in_order(other),
        )

    def _make_notes(self, wanted: frozenset[str] | None) -> tuple[tuple[str, ...], tuple[Diagnostic, ...]]:
        """Plan and build the notes; return the PDFs that nobody wants any more, and what bibliographies have wrong.

        What holds texts is known only here, so that the last of them goes with the last note, and those that have
        been built before: by then records take as much.
        """
        around = load_surroundings(self.library, self.workshop)
        todo = self._plan(around)
        self.library = self.library.without_texts()
        jobs = [job for job in todo.jobs if wanted is None or job.note.source in wanted]
        todo = replace(todo, jobs=())
        self._note_unbuilt(todo, wanted)
        try:
            self._build_notes(jobs, around)
        finally:
            around.labels.save()
        return todo.orphans, around.shelf.diagnostics

    def _plan(self, around: Surroundings) -> Plan:
        pdf_of = {note.source: note.pdf for note in self.library.notes() if note.status is not Status.PLANNED}
        digests = self.workshop.digests
        packages = self.workshop.packages() if self.ledger.records else None

        # Many notes depend on the same: asked once.
        @cache
        def current(label: str) -> str | None:
            kind, _, name = label.partition(":")
            if kind == "image":
                return digests.of(self.project.root / name)
            if kind == "converter":
                return self.workshop.pictures.version(name)
            if kind == "bib":
                return around.shelf.digest_of(name)
            if kind == "name":
                return around.names.digest(name)
            if kind == "ref":
                return around.labels.digest(name)
            return packages if label == TEX_PACKAGES else link_digest(name, pdf_of)

        return plan(
            self.library,
            Manifest(records=self.ledger.records),
            common=common_inputs(self.workshop.renderer, self.shared),
            current=current,
            output_digest=lambda pdf: digests.of(self.project.root / pdf),
        )

    def _note_unbuilt(self, todo: Plan, wanted: frozenset[str] | None) -> None:
        """Enter the results of notes that need no work."""
        for note in self.library.notes():
            if wanted is not None and note.source not in wanted:
                continue
            if note.status is Status.PLANNED:
                self.results[note.source] = _result(note, Outcome.SKIPPED, "planned", None, note.diagnostics)
            elif record := todo.cached.get(note.source):
                result = _result(note, Outcome.CACHED, "", record, record.diagnostics)
                self.results[note.source] = result

    def _build_notes(self, jobs: list[Job], around: Surroundings) -> None:
        """Build the notes; the list is empty then."""
        self.progress.start({job.note.source: job.reason for job in jobs})
        if not jobs:
            return
        many = len(jobs) > self.workshop.jobs
        setting = make_setting(self.library, around, self.workshop, self.options.keep_work, many=many)
        # Longest first, so that the last worker to finish is not the one with the longest note.
        jobs.sort(key=lambda job: len(job.note.markdown))
        waiting: list[tuple[Job, Postponed | None]] = [(job, None) for job in jobs]
        jobs.clear()
        converted: list[tuple[Job, Postponed | None]] = []
        submit = self.workshop.executor.submit
        self.workshop.engines  # noqa: B018 - a missing format is begun before the first note
        pending: set[Future[Built | Failed | Postponed]] = set()
        retried: set[str] = set()
        while waiting or converted or pending:
            if converted and (not waiting or self.workshop.format_is_there()):
                # These next, the longest of all notes: what they became is the more of memory the more wait.
                waiting += reversed(converted)
                converted.clear()
            # A few more than there are workers: enough to keep them busy, and finished PDFs don't pile up.
            while waiting and len(pending) < 2 * self.workshop.jobs:
                job, before = waiting.pop()
                pending.add(submit(build_note, job, setting, before))
            done, pending = first_done(pending)
            for outcome in (future.result() for future in done):
                source = outcome.job.note.source
                if isinstance(outcome, Postponed) and outcome.for_figures:
                    waiting.insert(0, (outcome.job, outcome))
                elif isinstance(outcome, Postponed):
                    converted.append((outcome.job, outcome))
                elif isinstance(outcome, Failed) and outcome.killed and source not in retried:
                    retried.add(source)
                    waiting.append((outcome.job, None))
                else:
                    self._take(outcome, retried=source in retried)

    def _take(self, outcome: Built | Failed, *, retried: bool) -> None:
        """Write what a worker made and remember it."""
        job = outcome.job
        note = job.note
        again = [_retried(note)] if retried and isinstance(outcome, Built) else []
        found = in_order([*outcome.diagnostics, *again])
        refused = self.options.strict and (has_errors(found) or any(d.code == "missing-glyph" for d in found))
        if isinstance(outcome, Failed) or refused:
            result = _result(note, Outcome.FAILED, job.reason, None, found)
        else:
            record = Record(
                inputs={**outcome.inputs, TEX_PACKAGES: self.workshop.packages() or ""},
                pdf=note.pdf,
                sha256=digest(outcome.pdf.pdf),
                pages=outcome.pdf.pages,
                carried=outcome.carried,
                landmarks=outcome.pdf.landmarks,
                terms=outcome.pdf.terms,
                # That a process was killed says nothing of the note.
                diagnostics=in_order(outcome.diagnostics),
            )
            self._write(note.source, record, outcome.pdf.pdf)
            result = replace(_result(note, Outcome.BUILT, job.reason, record, found), passes=outcome.passes)
        self.results[note.source] = replace(result, seconds=outcome.seconds)
        self.taken += 1
        if self.taken % _GIVE_BACK_EVERY == 0:
            give_back()
        self.progress.finished(self.results[note.source])

    def _join(self) -> tuple[tuple[JoinedResult, ...], JoinedResult | None]:
        packages = self.workshop.packages() or ""
        joiner = Joiner(
            library=self.library,
            workshop=self.workshop,
            ledger=self.ledger,
            shared=self.shared,
            packages=packages,
            interrupted=self.interrupted,
        )
        return joiner.run()

    def _write(self, key: str, record: Record, pdf: bytes) -> None:
        write_atomic(self.project.root / record.pdf, pdf)
        self.ledger.enter(key, record)

    def _remove(self, orphans: tuple[str, ...]) -> tuple[str, ...]:
        """Remove the PDFs of notes that are gone, and what is known of them."""
        for pdf in orphans:
            remove_file(self.project.root / pdf, up_to=self.project.root)
        for key in [key for key, record in self.ledger.records.items() if record.pdf in orphans]:
            self.ledger.drop(key)
        return orphans

    def _term_conflicts(self, wanted: frozenset[str] | None) -> list[Diagnostic]:
        """Return where the published notes, as they were built last, do not agree on a term."""
        records = self.ledger.records
        sources = [n.source for chapter in self.library.chapters for n in chapter.published() if n.source in records]
        found = find_term_conflicts((source, placed.term) for source in sources for placed in records[source].terms)
        return [conflict for conflict in found if wanted is None or conflict.file in wanted]

    def _write_index(self) -> tuple[bool, list[Diagnostic]]:
        if not self.options.write_index:
            return False, []
        path = self.project.root / README
        if not path.is_file():
            return False, []
        try:
            old = read_readme(path)
            new = index(self.library, self.project, old, page_counts(self.ledger.records))
        except InputError as problem:
            # The PDFs are right; a README of a plain folder of notes need not have an index.
            return False, [
                warning(d.code, d.message, file=d.file, line=d.line, hint=d.hint) for d in problem.diagnostics
            ]
        if new == old:
            return False, []
        write_atomic(path, new.encode())
        return True, [info("index-updated", "README.md: index updated", file=README)]


def page_counts(records: Mapping[str, Record]) -> dict[str, int]:
    """Return the pages of each PDF that was built, by record key."""
    return {key: record.pages for key, record in records.items()}


def _retried(note: Note) -> Diagnostic:
    return warning(
        "process-killed",
        "a process was killed while this note was built; the second try went well",
        file=note.source,
        line=1,
        hint="too little memory is the usual cause; fewer jobs (-j1) need less",
    )


def _result(
    note: Note, status: Outcome, reason: str, record: Record | None, diagnostics: tuple[Diagnostic, ...]
) -> NoteResult:
    return NoteResult(
        source=note.source,
        status=status,
        reason=reason,
        pdf=record.pdf if record else None,
        pages=record.pages if record else 0,
        seconds=0.0,
        passes=0,
        diagnostics=diagnostics,
    )
