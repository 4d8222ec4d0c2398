"""The order of the stages: a project in, PDFs, README and a report out.

Workers compute, this thread writes. A stage's error becomes a failed result and the others go on; what the
user must mend first (configuration, a missing tool, a broken template) ends the build.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from .convert import Surroundings, convert
from .errors import Diagnostic, InputError, NoteError, has_errors, in_order, info, warning
from .fingerprints import DigestCache, common_inputs, link_digest
from .finish import finish
from .fonts import load_fonts
from .index import README, index
from .joining import Joiner
from .model import FinishedPdf, Note, Status
from .notes import load_library
from .pandoc import Pandoc
from .pdf import Metadata
from .plan import Job, Manifest, Plan, Record, manifest_text, parse_manifest, plan
from .project import Project
from .render import Renderer, make_renderer, render
from .report import BuildReport, JoinedResult, NoteResult, Outcome
from .selection import select_notes
from .system import digest, kill_running, locked, remove_file, write_atomic
from .typeset import TypesetOptions, tool, typeset


class Progress(Protocol):
    """Told what happens while a build runs."""

    def start(self, total: int) -> None:
        """The number of notes to build is known."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Built:
    """A finished note on its way from a worker to the disk."""

    job: Job
    pdf: FinishedPdf
    inputs: Mapping[str, str]
    diagnostics: tuple[Diagnostic, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failed:
    """A note without a PDF of this build."""

    job: Job
    diagnostics: tuple[Diagnostic, ...]
    seconds: float


def build(project: Project, options: BuildOptions, progress: Progress) -> BuildReport:
    """Bring every PDF and the README up to date; raises NotepressError where the build can't go on."""
    with locked(project.cache_folder / "lock"):
        return _Build(project, options, progress).run()


class _Build:
    """One build: what it knows and the results so far. Used once, by one thread."""

    def __init__(self, project: Project, options: BuildOptions, progress: Progress) -> None:
        self.project = project
        self.options = options
        self.progress = progress
        self.started = time.monotonic()
        self.digests = DigestCache(project.cache_folder / "digests.json")
        self.library = load_library(project)
        # Before the fonts, some of which come with TeX: the message should name what is really missing.
        for program in ("xelatex", "xdvipdfmx"):
            tool(program)
        self.fonts = load_fonts(project)
        self.renderer: Renderer = make_renderer(project, self.fonts)
        self.common = common_inputs(project, self.fonts, self.digests)
        self.manifest_path = project.cache_folder / "manifest.json"
        self.records = dict(_load_manifest(self.manifest_path).records)
        self.results: dict[str, NoteResult] = {}

    def run(self) -> BuildReport:
        # The cache ignores itself, so that no project has to know of it.
        write_atomic(self.project.cache_folder / ".gitignore", b"*\n")
        todo = self._plan()
        wanted = select_notes(self.library, self.project, self.options.paths)
        jobs = tuple(job for job in todo.jobs if wanted is None or job.note.source in wanted)
        self._note_unbuilt(todo, wanted)
        removed: tuple[str, ...] = ()
        chapters: tuple[JoinedResult, ...] = ()
        book: JoinedResult | None = None
        other: list[Diagnostic] = list(self.library.diagnostics)
        index_written = False
        try:
            # Threads, since the work is child processes; nothing but the Executor interface is used.
            with ThreadPoolExecutor(self.options.jobs or os.cpu_count() or 1) as executor:
                try:
                    self._build_notes(jobs, executor)
                    if wanted is None:
                        chapters, book = self._joiner(executor).run(self._write)
                except BaseException:
                    # Workers wait for their child processes; without this, Ctrl-C would wait for TeX.
                    executor.shutdown(wait=False, cancel_futures=True)
                    kill_running()
                    raise
        finally:
            self._save()
        if wanted is None:
            removed = self._remove(todo.orphans)
            index_written, found = self._write_index()
            other += found
        return BuildReport(
            seconds=time.monotonic() - self.started,
            notes=tuple(self.results[n.source] for n in self.library.notes() if n.source in self.results),
            chapters=chapters,
            book=book,
            removed=removed,
            index_written=index_written,
            diagnostics=in_order(other),
        )

    def _joiner(self, executor: Executor) -> Joiner:
        return Joiner(
            project=self.project,
            library=self.library,
            renderer=self.renderer,
            records=self.records,
            digests=self.digests,
            executor=executor,
        )

    def _plan(self) -> Plan:
        pdf_of = {note.source: note.pdf for note in self.library.notes() if note.status is not Status.PLANNED}

        def current(label: str) -> str | None:
            kind, _, name = label.partition(":")
            if kind == "image":
                return self.digests.of(self.project.root / name)
            return link_digest(name, pdf_of)

        return plan(
            self.library,
            Manifest(records=self.records),
            common=self.common,
            current=current,
            output_digest=self._output_digest,
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

    def _build_notes(self, jobs: tuple[Job, ...], executor: Executor) -> None:
        self.progress.start(len(jobs))
        with Pandoc() as pandoc:
            work = partial(_build_note, pandoc=pandoc, build=self)
            # Longest first, so that the last worker to finish is not the one with the longest note.
            ordered = sorted(jobs, key=lambda job: -len(job.note.markdown))
            futures: list[Future[_Built | _Failed]] = [executor.submit(work, job) for job in ordered]
            for future in as_completed(futures):
                self._take(future.result())

    def _take(self, outcome: _Built | _Failed) -> None:
        """Write what a worker made and remember it."""
        job = outcome.job
        note = job.note
        found = in_order(outcome.diagnostics)
        refused = self.options.strict and (has_errors(found) or any(d.code == "missing-glyph" for d in found))
        if isinstance(outcome, _Failed) or refused:
            result = _result(note, Outcome.FAILED, job.reason, None, found)
        else:
            self._write(
                note.source,
                Record(
                    inputs=outcome.inputs,
                    pdf=note.pdf,
                    sha256=digest(outcome.pdf.pdf),
                    pages=outcome.pdf.pages,
                    landmarks=outcome.pdf.landmarks,
                    diagnostics=found,
                ),
                outcome.pdf.pdf,
            )
            result = _result(note, Outcome.BUILT, job.reason, self.records[note.source], found)
        self.results[note.source] = replace(result, seconds=outcome.seconds)
        self.progress.finished(self.results[note.source])

    def _write(self, key: str, record: Record, pdf: bytes) -> None:
        write_atomic(self.project.root / record.pdf, pdf)
        self.records[key] = record
        self._save()

    def _output_digest(self, pdf: str) -> str | None:
        return self.digests.of(self.project.root / pdf)

    def _remove(self, orphans: tuple[str, ...]) -> tuple[str, ...]:
        """Remove the PDFs of notes that are gone, and what is known of them."""
        for pdf in orphans:
            remove_file(self.project.root / pdf, up_to=self.project.root)
        if orphans:
            gone = [key for key, record in self.records.items() if record.pdf in orphans]
            for key in gone:
                del self.records[key]
            self._save()
        return orphans

    def _save(self) -> None:
        write_atomic(self.manifest_path, manifest_text(Manifest(records=self.records)).encode())
        self.digests.save()

    def _write_index(self) -> tuple[bool, list[Diagnostic]]:
        if not self.options.write_index:
            return False, []
        path = self.project.root / README
        if not path.is_file():
            return False, []
        try:
            old = path.read_bytes().decode("utf-8")
            new = index(self.library, self.project, old, page_counts(self.records))
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


def load_records(project: Project) -> Mapping[str, Record]:
    """Return what the last build remembers."""
    return _load_manifest(project.cache_folder / "manifest.json").records


def _load_manifest(path: Path) -> Manifest:
    return parse_manifest(path.read_text("utf-8", errors="replace")) if path.is_file() else Manifest()


def _build_note(job: Job, *, pandoc: Pandoc, build: _Build) -> _Built | _Failed:
    """Take one note through all stages. Runs in a worker; writes nothing outside its work folder."""
    started = time.monotonic()
    note, project = job.note, build.project
    diagnostics = list(note.diagnostics)
    try:
        if has_errors(note.diagnostics):
            raise NoteError()
        notes = {n.source: n for n in build.library.notes()}
        pdf_of = {n.source: n.pdf for n in notes.values() if n.status is not Status.PLANNED}
        body = convert(note, Surroundings(root=project.root, notes=notes), pandoc.ask)
        diagnostics += body.diagnostics
        document = render(body, note, job.chapter, build.renderer)
        keep = build.options.keep_work / note.number if build.options.keep_work else None
        made = typeset(
            document, TypesetOptions(fonts=build.fonts.files(), seconds=project.config.time_limit, keep=keep)
        )
        diagnostics += made.diagnostics
        pdf = finish(made, _metadata(note, project), body.headings, own_path=note.pdf, pdf_of=pdf_of)
    except NoteError as problem:
        return _Failed(job=job, diagnostics=(*diagnostics, *problem.diagnostics), seconds=time.monotonic() - started)
    found = {f"image:{a.source}": a.digest or "" for a in body.attachments}
    found |= {f"link:{source}": link_digest(source, pdf_of) or "" for source in body.links}
    return _Built(
        job=job,
        pdf=pdf,
        inputs={**job.inputs, **found},
        diagnostics=tuple(diagnostics),
        seconds=time.monotonic() - started,
    )


def _metadata(note: Note, project: Project) -> Metadata:
    return Metadata(
        title=note.full_title,
        author=project.config.author,
        subject=note.abstract.plain if note.abstract else "",
        keywords=note.tags,
        language=project.config.language,
        date=note.date,
        label=f"{note.number}–",
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
        diagnostics=diagnostics,
    )
