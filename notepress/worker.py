"""One note through all stages, from Markdown to a finished PDF. Runs in a worker; writes no output."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from .audit import audit
from .bibliography import Shelf, load_shelf
from .characters import check_characters
from .convert import Surroundings, convert
from .documents import Drawings, FinishedPdf, TexDocument, TypesetPdf
from .doubts import with_doubts
from .engine import Engine
from .errors import Diagnostic, NoteError, Severity
from .figures import SUFFIX as FIGURE_SUFFIX
from .figures import figure_document, read_drawings
from .fingerprints import link_digest, reading_inputs
from .finish import finish
from .labels import STORE as LABELS
from .labels import Labels
from .lint import unknown_names
from .model import Attachment, Body, Library, Note, Status
from .names import Names
from .pdf import Metadata
from .placing import placed_anchors
from .plan import Inputs, Job
from .project import Project
from .quotes import as_written
from .render import Shown, render
from .salvage import MOST_ROUNDS, blame, endless, may_go_on
from .typeset import RejectedError, TypesetOptions, typeset
from .workshop import Workshop

# What tells the author already that something of a line is not in the PDF.
_LOSSES = frozenset(
    ("comment-in-math", "html-dropped", "missing-glyph", "unused-footnote", "duplicate-footnote", "embedded-note")
)


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
class Known:
    """What is known of a project beside its notes: bibliographies, names, ids."""

    shelf: Shelf
    names: Names
    labels: Labels


def load_known(library: Library, workshop: Workshop) -> Known:
    """Read the bibliographies of a project, and get ready to look up names and ids."""
    project = workshop.project
    notes = library.notes()
    return Known(
        shelf=load_shelf(project, library),
        names=Names(notes, project.root, project.output_folder),
        labels=Labels(
            notes,
            workshop.pandoc.ask,
            store=project.cache_folder / LABELS,
            version=lambda: repr(reading_inputs(workshop.digests)),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a note is built within: its library and where links lead; `keep` is a folder for work folders."""

    project: Project
    notes: Mapping[str, Note]
    pdf_of: Mapping[str, str]
    workshop: Workshop
    keep: Path | None
    shelf: Shelf
    names: Names
    labels: Labels


def make_setting(library: Library, workshop: Workshop, keep: Path | None, known: Known) -> Setting:
    """Return what the workers of a build share."""
    notes = {note.source: note for note in library.notes()}
    pdf_of = {note.source: note.pdf for note in notes.values() if note.status is not Status.PLANNED}
    return Setting(
        project=workshop.renderer.project,
        notes=notes,
        pdf_of=pdf_of,
        workshop=workshop,
        keep=keep,
        shelf=known.shelf,
        names=known.names,
        labels=known.labels,
    )


def build_note(job: Job, setting: Setting, body: Body | None = None) -> Built | Failed | Postponed:
    """Take one note through all stages; an error of a stage becomes a `Failed`.

    A note whose figures another worker is drawing is put off once; with the `body` that it had then, it waits.
    """
    started = time.monotonic()
    if job.note.unreadable:
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
        around = Surroundings(
            root=setting.project.root,
            notes=setting.notes,
            pictures=workshop.pictures,
            shelf=setting.shelf,
            names=setting.names,
            labels=setting.labels,
        )
        body = known or convert(note, around, workshop.pandoc.ask)
        unknown = unknown_names(note, body, body.rejected, workshop.vocabulary)
        figures = tuple(a for a in body.attachments if a.name.endswith(FIGURE_SUFFIX))
        claim = workshop.figures.key(figures) if figures else ""
        if figures and not workshop.figures.claims.claim(claim, wait=known is not None):
            workshop.engines.give_back(engine)
            return Postponed(job=job, body=body)
    except BaseException:
        workshop.engines.give_back(engine)
        raise
    try:
        drawn, engine = _draw(figures, body.source_map.file, setting, engine)
    finally:
        workshop.figures.claims.release(claim)
    try:
        doubtful = replace(body, formulas=tuple(with_doubts(f, workshop.vocabulary) for f in body.formulas))
        settled = _settle(job, setting, engine, doubtful, drawn)
    except NoteError as problem:
        # What was found before TeX gave up helps as well.
        raise NoteError(*body.diagnostics, *unknown, *problem.diagnostics) from problem
    made = settled.made
    pdf = finish(
        made,
        _metadata(note, setting.project),
        placed_anchors(body, settled.rejected),
        own_path=note.pdf,
        pdf_of=setting.pdf_of,
        text=as_written(settled.document.latex),
        glyphs=workshop.glyphs.find,
    )
    found = dict(body.inputs)
    found |= {f"link:{source}": link_digest(source, setting.pdf_of) or "" for source in body.links}
    found |= body.cited
    characters = check_characters(note.markdown, note.source, note.front_texts)
    said = (*note.diagnostics, *characters, *body.diagnostics, *unknown, *drawn.diagnostics, *settled.diagnostics)
    excused = frozenset(d.line for d in said if d.line and d.code in _LOSSES)
    return Built(
        job=job,
        pdf=pdf,
        inputs={**job.inputs, **found},
        carried=made.carried,
        passes=made.passes,
        diagnostics=(*said, *audit(note, body.in_text(note.markdown), pdf.text, excused)),
        seconds=time.monotonic() - started,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settled:
    """What TeX made in the end and of what, the formulas that it rejected on the way, and what there is to say."""

    document: TexDocument
    made: TypesetPdf
    rejected: frozenset[int]
    diagnostics: tuple[Diagnostic, ...]


def _settle(job: Job, setting: Setting, engine: Engine, body: Body, drawn: _Drawn) -> _Settled:
    """Typeset a note, where TeX rejects formulas again without them."""
    workshop = setting.workshop
    keep = setting.keep / job.note.number if setting.keep else None
    rejected = body.rejected
    errors: list[Diagnostic] = []
    stopped: list[int] = []
    tolerant = False
    for run in itertools.count(1):
        shown = Shown(drawings=drawn.drawings, undrawn=drawn.undrawn, rejected=rejected)
        try:
            document = render(body, shown, job.note, job.chapter, workshop.renderer)
        except BaseException:
            workshop.engines.give_back(engine)
            raise
        options = TypesetOptions(carried=job.carried, keep=keep, tolerant=tolerant)
        try:
            made = typeset(document, engine, workshop.engines, options)
        except RejectedError as problem:
            blamed = blame(problem.findings, patient=run < MOST_ROUNDS) - rejected
            if tolerant or not may_go_on(problem.findings, stopped):
                raise
            # What is no formula's fault stays in the note; TeX goes on after it as well as it can.
            tolerant = not blamed
            errors += [f.diagnostic for f in problem.findings if f.formula in blamed and f.formula is not None]
            rejected |= blamed
            more = {n: d for n, d in endless(stopped, document).items() if n not in rejected}
            errors += more.values()
            rejected |= frozenset(more)
            engine = workshop.engines.take()
        else:
            return _Settled(document=document, made=made, rejected=rejected, diagnostics=(*errors, *made.diagnostics))
    raise AssertionError


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """A note's figures as far as they could be drawn, and what there is to say about them."""

    drawings: Drawings | None = None
    undrawn: tuple[Attachment, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def _draw(figures: tuple[Attachment, ...], file: str, setting: Setting, engine: Engine) -> tuple[_Drawn, Engine]:
    """Return a note's figures, drawn now or before, and the engine to go on with.

    Where they have to be drawn, that takes the engine that is ready; the note then gets another. A figure that TeX
    rejects is left out, and the others are drawn without it.
    """
    cache, engines = setting.workshop.figures, setting.workshop.engines
    errors: list[Diagnostic] = []
    undrawn: list[Attachment] = []
    while figures:
        if found := cache.find(figures):
            return _Drawn(drawings=found, undrawn=tuple(undrawn), diagnostics=tuple(errors)), engine
        try:
            made = typeset(figure_document(figures, file), engine, engines, TypesetOptions())
        except RejectedError as problem:
            bad = {d.file for d in problem.diagnostics if d.severity is Severity.ERROR}
            errors += problem.diagnostics
            undrawn += [figure for figure in figures if figure.source in bad]
            if not any(figure.source in bad for figure in figures):
                raise
            figures = tuple(figure for figure in figures if figure.source not in bad)
            engine = engines.take()
            continue
        drawings = read_drawings(figures, made)
        # What was said about a figure has to be said again with every build.
        if not made.diagnostics:
            cache.keep(figures, drawings)
        drawn = _Drawn(drawings=drawings, undrawn=tuple(undrawn), diagnostics=(*errors, *made.diagnostics))
        return drawn, engines.take()
    return _Drawn(undrawn=tuple(undrawn), diagnostics=tuple(errors)), engine


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
