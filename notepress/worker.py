"""One note through all stages, from Markdown to a finished PDF. Runs in a worker; writes no output."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .bibliography import Shelf
from .convert import Surroundings, convert
from .engine import Engine
from .errors import Diagnostic, NoteError, has_errors
from .figures import SUFFIX as FIGURE_SUFFIX
from .figures import figure_document, read_drawings
from .fingerprints import link_digest
from .finish import finish
from .model import Attachment, Body, Drawings, FinishedPdf, Library, Note, Status
from .pdf import Metadata
from .plan import Inputs, Job
from .project import Project
from .render import render
from .typeset import TypesetOptions, typeset
from .workshop import Workshop


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A finished note on its way from a worker to the disk; `inputs` are what was known before and was found."""

    job: Job
    pdf: FinishedPdf
    inputs: Inputs
    carried: str
    passes: int
    diagnostics: tuple[Diagnostic, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A note without a PDF of this build."""

    job: Job
    diagnostics: tuple[Diagnostic, ...]
    seconds: float

    @property
    def killed(self) -> bool:
        """Whether somebody killed a process, so that another try may go well."""
        return any(d.code == "tool-killed" for d in self.diagnostics)


@dataclass(frozen=True, slots=True, kw_only=True)
class Postponed:
    """A converted note whose figures another worker is drawing: better to build another note first."""

    job: Job
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a note is built within: its library and where links lead; `keep` is a folder for work folders."""

    project: Project
    notes: Mapping[str, Note]
    pdf_of: Mapping[str, str]
    workshop: Workshop
    keep: Path | None
    shelf: Shelf


def make_setting(library: Library, workshop: Workshop, keep: Path | None, shelf: Shelf) -> Setting:
    """Return what the workers of a build share."""
    notes = {note.source: note for note in library.notes()}
    pdf_of = {note.source: note.pdf for note in notes.values() if note.status is not Status.PLANNED}
    return Setting(
        project=workshop.renderer.project, notes=notes, pdf_of=pdf_of, workshop=workshop, keep=keep, shelf=shelf
    )


def build_note(job: Job, setting: Setting, body: Body | None = None) -> Built | Failed | Postponed:
    """Take one note through all stages; an error of a stage becomes a `Failed`.

    A note whose figures another worker is drawing is put off once; with the `body` that it had then, it waits.
    """
    started = time.monotonic()
    if has_errors(job.note.diagnostics):
        return Failed(job=job, diagnostics=job.note.diagnostics, seconds=0.0)
    # Started first, because it gets ready while pandoc converts.
    engine = setting.workshop.engines.take()
    try:
        return _make(job, setting, engine, started, body)
    except NoteError as problem:
        found = (*job.note.diagnostics, *problem.diagnostics)
        return Failed(job=job, diagnostics=found, seconds=time.monotonic() - started)


def _make(job: Job, setting: Setting, engine: Engine, started: float, known: Body | None) -> Built | Postponed:
    note, workshop = job.note, setting.workshop
    try:
        around = Surroundings(root=setting.project.root, notes=setting.notes, shelf=setting.shelf)
        body = known or convert(note, around, workshop.pandoc.ask)
        figures = tuple(a for a in body.attachments if a.digest and a.name.endswith(FIGURE_SUFFIX))
        claim = workshop.figures.key(figures) if figures else ""
        if figures and not workshop.figures.claims.claim(claim, wait=known is not None):
            workshop.engines.give_back(engine)
            return Postponed(job=job, body=body)
    except BaseException:
        workshop.engines.give_back(engine)
        raise
    try:
        drawings, of_figures, engine = _draw(figures, body.source_map.file, setting, engine)
    finally:
        workshop.figures.claims.release(claim)
    document = render(body, drawings, note, job.chapter, workshop.renderer)
    keep = setting.keep / note.number if setting.keep else None
    try:
        options = TypesetOptions(carried=job.carried, keep=keep)
        made = typeset(document, engine, workshop.engines, options)
    except NoteError as problem:
        # What was found before TeX gave up helps as well.
        raise NoteError(*body.diagnostics, *problem.diagnostics) from problem
    pdf = finish(made, _metadata(note, setting.project), body.headings, own_path=note.pdf, pdf_of=setting.pdf_of)
    found = {f"image:{a.source}": a.digest or "" for a in body.attachments}
    found |= {f"link:{source}": link_digest(source, setting.pdf_of) or "" for source in body.links}
    found |= body.cited
    return Built(
        job=job,
        pdf=pdf,
        inputs={**job.inputs, **found},
        carried=made.carried,
        passes=made.passes,
        diagnostics=(*note.diagnostics, *body.diagnostics, *of_figures, *made.diagnostics),
        seconds=time.monotonic() - started,
    )


def _draw(
    figures: tuple[Attachment, ...], file: str, setting: Setting, engine: Engine
) -> tuple[Drawings | None, tuple[Diagnostic, ...], Engine]:
    """Return a note's figures, drawn now or before, what there is to say about them, and the engine to go on with.

    Where they have to be drawn, that takes the engine that is ready; the note then gets another.
    """
    if not figures:
        return None, (), engine
    cache, engines = setting.workshop.figures, setting.workshop.engines
    if found := cache.find(figures):
        return found, (), engine
    document = figure_document(figures, file)
    made = typeset(document, engine, engines, TypesetOptions())
    drawings = read_drawings(figures, made)
    # What was said about a figure has to be said again with every build.
    if not made.diagnostics:
        cache.keep(figures, drawings)
    return drawings, made.diagnostics, engines.take()


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
