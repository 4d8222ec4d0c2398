"""Project -> Library: finds the notes, reads their front matter, orders and numbers them."""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from .errors import Diagnostic, InputError, error, warning
from .frontmatter import FrontMatter, ParsedNote, parse_note
from .inline import Inline, literal, parse_inline
from .model import Chapter, Library, Note, Status
from .naming import pdf_name, portability_problem, without_number
from .ordering import natural_key
from .project import Project
from .yamlmodel import StrictModel, parse_yaml, validate

CHAPTER_FILE = "chapter.yaml"
SUFFIXES = (".md", ".markdown")
# Never notes: what other tools and this one generate, and files about a repository rather than in it.
_SKIPPED_FOLDERS = {"node_modules", "__pycache__", "_site", "site", "public", "venv"}
_REPOSITORY_FILES = {"readme.md", "license.md", "contributing.md", "changelog.md", "code_of_conduct.md"}


class ChapterConfig(StrictModel):
    """The keys of a chapter.yaml."""

    title: str | None = None
    file: str | None = None


def load_library(project: Project) -> Library:
    """Read every note of the project.

    Mistakes in a note's front matter become diagnostics of that note; a broken chapter.yaml, or a folder
    without any note, raises InputError.
    """
    folders = _find_notes(project)
    if not folders:
        raise InputError(
            error(
                "no-notes",
                f"no Markdown file in {project.notes_folder}",
                hint="write a note, for example notes/01-first/01-hello.md",
            )
        )
    chapters: list[Chapter] = []
    mistakes: list[Diagnostic] = []
    for folder in sorted(folders, key=lambda path: tuple(natural_key(part) for part in path.parts)):
        try:
            chapters.append(_load_chapter(project, folder, folders[folder], _next_number(chapters)))
        except InputError as problem:
            mistakes.extend(problem.diagnostics)
    if mistakes:
        raise InputError(*mistakes)
    numbered = [c for c in chapters if c.pdf]
    book = f"{project.config.output}/{pdf_name(project.title)}.pdf" if numbered and project.configured else None
    return _without_collisions(Library(chapters=tuple(chapters), book_pdf=book, diagnostics=()))


def _next_number(chapters: list[Chapter]) -> int:
    return 1 + sum(chapter.number is not None for chapter in chapters)


def _find_notes(project: Project) -> dict[Path, list[Path]]:
    """Map each folder (relative to the notes folder) to its Markdown files, sorted; links are not followed."""
    top = project.notes_folder
    found: dict[Path, list[Path]] = {}
    # os.walk does not enter symbolic links to folders, so loops end by themselves.
    for folder, subfolders, files in os.walk(top):
        here = Path(folder)
        subfolders[:] = [s for s in subfolders if not _is_skipped(project, here / s)]
        notes = [here / f for f in files if _is_note(project, here / f)]
        if notes:
            found[here.relative_to(top)] = sorted(notes, key=lambda path: natural_key(path.name))
    return found


def _is_skipped(project: Project, folder: Path) -> bool:
    return folder.name.startswith(".") or folder.name in _SKIPPED_FOLDERS or folder == project.output_folder


def _is_note(project: Project, path: Path) -> bool:
    if path.name.startswith(".") or not path.name.lower().endswith(SUFFIXES):
        return False
    return not (path.parent == project.root and path.name.lower() in _REPOSITORY_FILES)


def _load_chapter(project: Project, folder: Path, files: list[Path], number: int) -> Chapter:
    is_chapter = folder != Path()
    config = _load_chapter_config(project, project.notes_folder / folder) if is_chapter else ChapterConfig()
    if config.title:
        title = parse_inline(config.title)
    elif project.configured and len(folder.parts) == 1:
        title = literal(without_number(folder.name))
    else:
        title = literal(folder.as_posix() if is_chapter else "")
    # Without a configuration the output mirrors the folders, so that same-named chapters can't meet.
    parts = folder.parent.parts if is_chapter else ()
    name = pdf_name(config.file or config.title or (title.plain if project.configured else folder.name))
    base = "/".join([project.config.output, *parts, name] if is_chapter else [project.config.output])
    notes: list[Note] = []
    position = 0
    for path in files:
        label = f"{number}.{position + 1}" if is_chapter else f"{position + 1}"
        note = _load_note(project, path, label, base)
        notes.append(note)
        # A draft is not in the index, so it takes no number from the notes that are.
        position += note.status is not Status.DRAFT
    return Chapter(
        title=title,
        number=number if is_chapter else None,
        folder=(project.notes_folder / folder).relative_to(project.root).as_posix(),
        pdf=f"{base}.pdf" if is_chapter else None,
        notes=tuple(notes),
    )


def _load_chapter_config(project: Project, folder: Path) -> ChapterConfig:
    path = folder / CHAPTER_FILE
    if not path.is_file():
        return ChapterConfig()
    document = parse_yaml(path.read_text("utf-8-sig"), file=path.relative_to(project.root).as_posix())
    return validate(ChapterConfig, document)


def _load_note(project: Project, path: Path, number: str, folder: str) -> Note:
    source = path.relative_to(project.root).as_posix()
    parsed = parse_note(path.read_bytes(), file=source)
    front = parsed.front
    title, subtitle = _titles(front, parsed, path)
    joined = " - ".join(part.plain for part in (title, subtitle) if part)
    diagnostics = list(parsed.diagnostics)
    name = front.file or joined
    if problem := portability_problem(path.name):
        diagnostics.append(
            warning("not-portable", f"file name {path.name!r}: {problem}", file=source, line=1, hint="rename the file")
        )
    return Note(
        source=source,
        number=number,
        title=title,
        subtitle=subtitle,
        abstract=parse_inline(front.abstract) if front.abstract else None,
        status=front.status,
        date=front.date,
        tags=front.tags,
        pdf=f"{folder}/{pdf_name(name)}.pdf",
        markdown=parsed.markdown,
        headline=parsed.headline if not front.title or front.title == parsed.heading else None,
        diagnostics=tuple(diagnostics),
    )


def _titles(front: FrontMatter, parsed: ParsedNote, path: Path) -> tuple[Inline, Inline | None]:
    subtitle = parse_inline(front.subtitle) if front.subtitle else None
    if front.title:
        return parse_inline(front.title), subtitle
    if parsed.heading:
        return parse_inline(parsed.heading), subtitle
    return literal(without_number(path.stem)), subtitle


def _without_collisions(library: Library) -> Library:
    """Give notes that would write the same PDF an error; on some disks names differing by case are the same."""
    places: dict[str, list[Note]] = defaultdict(list)
    for note in library.notes():
        if note.status is not Status.PLANNED:
            places[unicodedata.normalize("NFC", note.pdf).casefold()].append(note)
    taken = {unicodedata.normalize("NFC", c.pdf).casefold() for c in library.chapters if c.pdf}
    clashing = {note.source: error for place, notes in places.items() for note, error in _clashes(place, notes, taken)}
    chapters = tuple(
        replace(chapter, notes=tuple(_with_error(note, clashing.get(note.source)) for note in chapter.notes))
        for chapter in library.chapters
    )
    return replace(library, chapters=chapters)


def _clashes(place: str, notes: Iterable[Note], taken: set[str]) -> Iterator[tuple[Note, Diagnostic]]:
    first: Note | None = None
    for note in notes:
        if place in taken:
            other = "its chapter"
        elif first is None:
            first = note
            continue
        else:
            other = first.source
        yield (
            note,
            error(
                "output-collision",
                f"{note.pdf} is already the PDF of {other}",
                file=note.source,
                line=1,
                hint="give one of them another `title:` or `file:` in its front matter",
            ),
        )


def _with_error(note: Note, problem: Diagnostic | None) -> Note:
    return replace(note, diagnostics=(*note.diagnostics, problem)) if problem else note
