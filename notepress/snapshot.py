"""A finished build -> the snapshot by which the next one sees at once that there is nothing to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from .bibliography import bibliography_files
from .config import CONFIG_NAME
from .errors import Severity
from .fingerprints import package_files
from .fonts import SYSTEM_FOLDERS
from .fresh import Remembered, Seen, make_snapshot, report_path, snapshot_path
from .index import README
from .model import Library
from .names import Names
from .notes import walk_notes
from .pandoc import pandoc_path
from .pictures import RSVG
from .plan import Record
from .processes import find_tool
from .project import Project
from .report import BuildReport, Outcome, counts, diagnostic_text, report_json
from .resources import resource_folder
from .system import remove_file, write_atomic
from .templating import template_files
from .tex import PROGRAMS, tool
from .workshop import Workshop

# What only the build says that did it.
_ONCE = {"index-updated", "format-failed"}


def forget_snapshot(project: Project) -> None:
    """Say that a build is under way: until it ends well nothing is known."""
    remove_file(snapshot_path(project.root, project.variant), up_to=project.root)


def write_snapshot(
    report: BuildReport, library: Library, records: Mapping[str, Record], workshop: Workshop, options: str
) -> None:
    """Write the snapshot if the build left nothing to do and read nothing that has changed since."""
    root, variant = workshop.project.root, workshop.project.variant
    became = [*(note.status for note in report.notes), *(part.status for part in report.joined())]
    if Outcome.FAILED in became:
        return
    following = _following(report)
    # The lock was written when the build began, by the clock of the file system that holds the notes.
    started = (workshop.project.cache_folder / "lock").stat().st_mtime_ns
    seen = _seen(library, records, workshop)
    # What is remembered is let go with the call: the report takes as much again.
    text = make_snapshot(seen, _remembered(following, workshop, options), started)
    if text is not None:
        write_atomic(report_path(root, variant), report_json(following))
        write_atomic(snapshot_path(root, variant), text.encode())


def _remembered(report: BuildReport, workshop: Workshop, options: str) -> Remembered:
    shown = [d for d in report.all_diagnostics() if d.severity is not Severity.INFO]
    return Remembered(
        options=options,
        diagnostics=tuple((diagnostic_text(d), str(d.severity)) for d in shown),
        counts=counts(report),
        report=str(workshop.project.root / workshop.project.output / "report.json"),
        exit_code=int(report.exit_code()),
    )


def _following(report: BuildReport) -> BuildReport:
    """Return what the next build reports if nothing changes."""
    built = {Outcome.BUILT, Outcome.CACHED}
    notes = (
        replace(note, status=Outcome.CACHED, reason="", seconds=0.0, passes=0) if note.status in built else note
        for note in report.notes
    )
    return replace(
        report,
        seconds=0.0,
        notes=tuple(notes),
        chapters=tuple(replace(chapter, status=Outcome.CACHED, reason="") for chapter in report.chapters),
        book=replace(report.book, status=Outcome.CACHED, reason="") if report.book else None,
        removed=(),
        index_written=False,
        diagnostics=tuple(d for d in report.diagnostics if d.code not in _ONCE),
    )


def _seen(library: Library, records: Mapping[str, Record], workshop: Workshop) -> Seen:
    project = workshop.project
    root = project.root
    walked = list(walk_notes(project))
    images = (
        label.removeprefix("image:") for r in records.values() for label in r.inputs if label.startswith("image:")
    )
    inputs = [
        root / CONFIG_NAME,
        *(folder / name for folder, names in walked for name in names),
        *(root / note.source for note in library.notes()),
        *(root / image for image in images),
        *(root / file for file in bibliography_files(project, library)),
        *template_files(project).values(),
        *workshop.renderer.fonts.files().values(),
        *package_files(),
        *workshop.package_files(),
        *(tool(name) for name in PROGRAMS),
        Path(pandoc_path()),
        *([found] if (found := find_tool(RSVG)) else []),
    ]
    return Seen(
        inputs=inputs,
        outputs=[root / README, *(root / record.pdf for record in records.values())],
        folders=[*(folder for folder, _ in walked), *_searched(root), *_named(project, library, records)],
        tools=(*PROGRAMS, RSVG),
    )


def _named(project: Project, library: Library, records: Mapping[str, Record]) -> Iterator[Path]:
    """Yield the folders in which files are looked for by name, where any note does that."""
    if any(label.startswith("name:") for record in records.values() for label in record.inputs):
        yield from Names(library.notes(), project.root, project.output_folder).folders()


def _searched(root: Path) -> Iterator[Path]:
    """Yield the folders in which templates and fonts are looked for; system fonts two levels deep."""
    for folder in (root, resource_folder()):
        yield folder / "templates"
        yield folder / "fonts"
    for name in SYSTEM_FOLDERS:
        folder = Path(name).expanduser()
        yield folder
        if folder.is_dir():
            yield from (inner for inner in folder.iterdir() if inner.is_dir())
