"""One note through all stages, from Markdown to a finished PDF. Runs in a worker; writes no output."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from .audit import audit
from .bibliography import load_shelf
from .characters import check_characters
from .convert import Surroundings, convert
from .documents import FinishedPdf, TexDocument, TypesetPdf
from .doubts import with_doubts
from .engine import Engine
from .errors import Diagnostic, NoteError, Severity
from .figures import SUFFIX as FIGURE_SUFFIX
from .findings import Finding
from .fingerprints import link_digest, reading_inputs
from .finish import finish
from .labels import STORE as LABELS
from .labels import Labels
from .lint import unknown_names
from .model import Attachment, Body, Library, Note, Status
from .names import Names
from .packed import PackedNotes
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
    (
        "comment-in-math",
        "html-dropped",
        "missing-glyph",
        "unused-footnote",
        "duplicate-footnote",
        "embedded-note",
        "tag-dropped",
    )
)

# From so many notes on it is worth a third of a millisecond for each to have their texts take less memory.
_MANY = 60


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
    """A converted note that is better typeset after others: another worker draws the same figures, or makes the format.

    `seconds` is what it took so far.
    """

    job: Job
    body: Body
    for_figures: bool
    seconds: float


def load_surroundings(library: Library, workshop: Workshop) -> Surroundings:
    """Read the bibliographies of a project, and get ready to look up names and ids; keeps many texts only packed."""
    project = workshop.project
    found = library.notes()
    notes: Mapping[str, Note] = PackedNotes(found) if len(found) > _MANY else {note.source: note for note in found}
    library = library.without_texts()
    return Surroundings(
        root=project.root,
        notes=notes,
        pictures=workshop.pictures,
        shelf=load_shelf(project, library),
        names=Names(library.notes(), project.root, project.output_folder),
        labels=Labels(
            notes,
            workshop.pandoc.ask,
            store=project.cache_folder / LABELS,
            version=lambda: repr(reading_inputs(workshop.digests)),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a note is built within: what it may refer to and where links lead; `keep` is a folder for work folders.

    `many` says that there are more notes than workers.
    """

    project: Project
    around: Surroundings
    pdf_of: Mapping[str, str]
    workshop: Workshop
    keep: Path | None
    many: bool


def make_setting(
    library: Library, around: Surroundings, workshop: Workshop, keep: Path | None, *, many: bool
) -> Setting:
    """Return what the workers of a build share."""
    pdf_of = {note.source: note.pdf for note in library.notes() if note.status is not Status.PLANNED}
    project = workshop.renderer.project
    return Setting(project=project, around=around, pdf_of=pdf_of, workshop=workshop, keep=keep, many=many)


def build_note(job: Job, setting: Setting, before: Postponed | None = None) -> Built | Failed | Postponed:
    """Take one note through all stages; an error of a stage becomes a `Failed`.

    A note may be put off after its conversion, and is given again with what it was `before`: once while the format is
    being made, without which TeX takes a second longer, and once while another worker draws its figures.
    """
    started = time.monotonic() - (before.seconds if before else 0.0)
    if job.note.unreadable:
        return Failed(job=job, diagnostics=job.note.diagnostics, seconds=0.0)
    try:
        if before is None and setting.many and not setting.workshop.format_is_there():
            body = _convert(job, setting)
            return Postponed(job=job, body=body, for_figures=False, seconds=time.monotonic() - started)
        return _make(job, setting, started, before)
    except NoteError as problem:
        found = (*job.note.diagnostics, *problem.diagnostics)
        return Failed(job=job, diagnostics=found, seconds=time.monotonic() - started)


def _convert(job: Job, setting: Setting) -> Body:
    return convert(job.note, setting.around, setting.workshop.pandoc.ask)


def _make(job: Job, setting: Setting, started: float, before: Postponed | None) -> Built | Postponed:
    note, workshop = job.note, setting.workshop
    # Started first, because it gets ready while pandoc converts.
    engine = workshop.engines.take()
    try:
        body = before.body if before else _convert(job, setting)
        unknown = unknown_names(note, body, body.rejected, workshop.vocabulary)
        figures = tuple(a for a in body.attachments if a.name.endswith(FIGURE_SUFFIX))
        # Who has to draw them claims them first; somebody else may have drawn them meanwhile.
        drawings = workshop.figures.find(figures) if figures else None
        claim = workshop.figures.key(figures) if figures and not drawings else ""
        if claim and not workshop.figures.claims.claim(claim, wait=before is not None and before.for_figures):
            workshop.engines.give_back(engine)
            return Postponed(job=job, body=body, for_figures=True, seconds=time.monotonic() - started)
    except BaseException:
        workshop.engines.give_back(engine)
        raise
    try:
        doubtful = replace(body, formulas=tuple(with_doubts(f, workshop.vocabulary) for f in body.formulas))
        settled = _settle(job, setting, engine, doubtful, figures)
    except NoteError as problem:
        # What was found before TeX gave up helps as well.
        raise NoteError(*body.diagnostics, *unknown, *problem.diagnostics) from problem
    finally:
        workshop.figures.claims.release(claim)
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
    said = (*note.diagnostics, *characters, *body.diagnostics, *unknown, *settled.diagnostics)
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


def _settle(job: Job, setting: Setting, engine: Engine, body: Body, figures: tuple[Attachment, ...]) -> _Settled:
    """Typeset a note, where TeX rejects formulas or figures again without them."""
    workshop = setting.workshop
    keep = setting.keep / job.note.number if setting.keep else None
    shown = Shown(rejected=body.rejected)
    errors: list[Diagnostic] = []
    stopped: list[int] = []
    tolerant = False
    for run in itertools.count(1):
        drawable = tuple(figure for figure in figures if figure not in shown.undrawn)
        shown = replace(shown, drawings=workshop.figures.find(drawable) if drawable else None)
        try:
            document = render(body, shown, job.note, job.chapter, workshop.renderer)
        except BaseException:
            workshop.engines.give_back(engine)
            raise
        options = TypesetOptions(carried=job.carried, keep=keep, tolerant=tolerant)
        if run == 1 and not keep:
            engine = workshop.engines.exchange(engine, document, job.carried)
        try:
            made = typeset(document, engine, workshop.engines, options)
        except RejectedError as problem:
            formulas, undrawn = _blamed(problem.findings, shown, drawable, patient=run < MOST_ROUNDS)
            sources = {figure.source for figure in undrawn}
            if tolerant or not may_go_on(problem.findings, sources, stopped):
                raise
            # What is neither's fault stays in the note; TeX goes on after it as well as it can.
            tolerant = not formulas and not undrawn
            errors += [f.diagnostic for f in problem.findings if f.formula in formulas or f.diagnostic.file in sources]
            more = {n: d for n, d in endless(stopped, document).items() if n not in shown.rejected | formulas}
            errors += more.values()
            rejected = shown.rejected | formulas | frozenset(more)
            shown = replace(shown, rejected=rejected, undrawn=(*shown.undrawn, *undrawn))
            engine = workshop.engines.take()
        else:
            if made.drawings:
                workshop.figures.keep(drawable, made.drawings)
            if run == 1:
                workshop.engines.remember(document, made.carried)
            diagnostics = (*errors, *made.diagnostics)
            return _Settled(document=document, made=made, rejected=shown.rejected, diagnostics=diagnostics)
    raise AssertionError


def _blamed(
    findings: tuple[Finding, ...], shown: Shown, figures: tuple[Attachment, ...], *, patient: bool
) -> tuple[frozenset[int], tuple[Attachment, ...]]:
    """Return the formulas and the figures that TeX rejects, of those that are shown."""
    files = {f.diagnostic.file for f in findings if f.diagnostic.severity is Severity.ERROR}
    formulas = blame(findings, patient=patient) - shown.rejected
    return formulas, tuple(figure for figure in figures if figure.source in files)


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
