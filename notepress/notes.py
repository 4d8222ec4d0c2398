"""Project -> Library: finds the notes, reads their front matter, orders and numbers them."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .collisions import without_collisions
from .errors import Diagnostic, InputError, error, warning
from .frontmatter import FrontMatter, ParsedNote, parse_note
from .inline import Inline, literal, parse_inline
from .memo import Memo
from .model import Chapter, Library, Note, Status
from .naming import pdf_name, portability_problem, without_number
from .ordering import natural_key
from .project import Project
from .system import digest
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNote:
    """What a file says of itself, wherever it stands among the others."""

    parsed: ParsedNote
    title: Inline
    subtitle: Inline | None
    abstract: Inline | None


def load_library(project: Project, memo: Memo[ReadNote] | None = None) -> Library:
    """Read every note of the project; a `memo` spares parsing texts that it knows.

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
    memo = memo or Memo()
    chapters: list[Chapter] = []
    mistakes: list[Diagnostic] = []
    for folder in sorted(folders, key=lambda path: tuple(natural_key(part) for part in path.parts)):
        try:
            chapters.append(_load_chapter(project, folder, folders[folder], _next_number(chapters), memo))
        except InputError as problem:
            mistakes.extend(problem.diagnostics)
    if mistakes:
        raise InputError(*mistakes)
    numbered = [c for c in chapters if c.pdf]
    book = f"{project.output}/{pdf_name(project.title)}.pdf" if numbered and project.configured else None
    return without_collisions(Library(chapters=tuple(chapters), book_pdf=book, diagnostics=()))


def _next_number(chapters: list[Chapter]) -> int:
    return 1 + sum(chapter.number is not None for chapter in chapters)


def _find_notes(project: Project) -> dict[Path, list[Path]]:
    """Map each folder (relative to the notes folder) to its Markdown files, sorted."""
    found: dict[Path, list[Path]] = {}
    for folder, files in walk_notes(project):
        notes = [folder / name for name in files if _is_note(project, folder / name)]
        if notes:
            found[folder.relative_to(project.notes_folder)] = sorted(notes, key=lambda path: natural_key(path.name))
    return found


def walk_notes(project: Project) -> Iterator[tuple[Path, list[str]]]:
    """Yield every folder in which notes are looked for, and the names of all files in it; links are not followed."""
    # os.walk does not enter symbolic links to folders, so loops end by themselves.
    for folder, subfolders, files in os.walk(project.notes_folder):
        here = Path(folder)
        subfolders[:] = [s for s in subfolders if not _is_skipped(project, here / s)]
        yield here, files


def _is_skipped(project: Project, folder: Path) -> bool:
    return folder.name.startswith(".") or folder.name in _SKIPPED_FOLDERS or folder == project.output_folder


def _is_note(project: Project, path: Path) -> bool:
    if path.name.startswith(".") or not path.name.lower().endswith(SUFFIXES):
        return False
    return not (path.parent == project.root and path.name.lower() in _REPOSITORY_FILES)


def _load_chapter(project: Project, folder: Path, files: list[Path], number: int, memo: Memo[ReadNote]) -> Chapter:
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
    base = "/".join([project.output, *parts, name] if is_chapter else [project.output])
    notes: list[Note] = []
    position = 0
    for path in files:
        label = f"{number}.{position + 1}" if is_chapter else f"{position + 1}"
        note = _load_note(project, path, label, base, memo)
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
    file = _label(path, project)
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as problem:
        message = f"not UTF-8: byte at offset {problem.start}"
        raise InputError(error("encoding", message, file=file, line=1, hint="save it as UTF-8")) from problem
    return validate(ChapterConfig, parse_yaml(text, file=file))


def _label(path: Path, project: Project) -> str:
    """Return a path relative to the root, printable even where its bytes are no UTF-8."""
    return os.fsencode(path.relative_to(project.root)).decode("utf-8", "replace")


def _read(path: Path, project: Project, source: str, memo: Memo[ReadNote]) -> ReadNote:
    """Read a note; one that can't be read, or that a link takes from elsewhere, has only diagnostics."""
    try:
        if path.resolve().is_relative_to(project.root):
            content = path.read_bytes()
            return memo.of((source, digest(content)), lambda: _entitled(parse_note(content, file=source), path))
        problem = error(
            "note-outside",
            f"{source} is a link that leaves the project",
            file=source,
            line=1,
            hint="copy the file into the project",
        )
    except (OSError, RuntimeError) as reason:
        problem = error(
            "unreadable",
            f"{source} can't be read: {type(reason).__name__}",
            file=source,
            line=1,
            hint="the file may be a broken link",
        )
    nothing = ParsedNote(
        front=FrontMatter(),
        markdown="",
        top="",
        lines={},
        heading=None,
        heading_line=None,
        headline=None,
        diagnostics=(problem,),
        unreadable=True,
    )
    return _entitled(nothing, path)


def _load_note(project: Project, path: Path, number: str, folder: str, memo: Memo[ReadNote]) -> Note:
    source = _label(path, project)
    read = _read(path, project, source, memo)
    parsed, front = read.parsed, read.parsed.front
    joined = " - ".join(part.plain for part in (read.title, read.subtitle) if part)
    diagnostics = list(parsed.diagnostics)
    name = front.file or joined
    inside = path.relative_to(project.notes_folder).parts
    if problem := next(filter(None, map(portability_problem, inside)), None):
        diagnostics.append(warning("not-portable", f"{source}: {problem}", file=source, line=1, hint="rename it"))
    return Note(
        source=source,
        number=number,
        title=read.title,
        subtitle=read.subtitle,
        abstract=read.abstract,
        status=front.status,
        date=front.date,
        tags=front.tags,
        pdf=f"{folder}/{pdf_name(name)}.pdf",
        markdown=parsed.markdown,
        top=parsed.top,
        lines=parsed.lines if front.title else {**parsed.lines, "title": parsed.heading_line or 1},
        headline=parsed.headline if not front.title or front.title == parsed.heading else None,
        diagnostics=tuple(diagnostics),
        unreadable=parsed.unreadable,
        # Relative to the note, as other readers of this key have it.
        bibliography=tuple(
            posixpath.normpath(posixpath.join(posixpath.dirname(source), p)) for p in front.bibliography
        ),
    )


def _entitled(parsed: ParsedNote, path: Path) -> ReadNote:
    front = parsed.front
    if front.title and front.title.strip():
        title = parse_inline(front.title)
    elif parsed.heading:
        title = parse_inline(parsed.heading)
    else:
        title = literal(without_number(os.fsencode(path.stem).decode("utf-8", "replace")))
    subtitle = parse_inline(front.subtitle) if front.subtitle and front.subtitle.strip() else None
    abstract = parse_inline(front.abstract) if front.abstract else None
    return ReadNote(parsed=parsed, title=title, subtitle=subtitle, abstract=abstract)
