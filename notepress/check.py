"""Project -> diagnostics that need no TeX: formulas, links, images, encoding, front matter, fonts' coverage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .bibliography import load_shelf
from .characters import check_characters, describe, missing_characters
from .convert import Surroundings, convert
from .coverage import covered_characters
from .errors import Diagnostic, NoteError, has_errors, in_order, warning
from .fontpackages import glyph_hint
from .fonts import load_fonts
from .model import Note, Status
from .notes import load_library
from .pandoc import Pandoc
from .pictures import PictureStore
from .project import Project
from .selection import select_notes
from .system import file_digest, work_folder


def check_notes(project: Project, paths: tuple[Path, ...]) -> tuple[Diagnostic, ...]:
    """Return what can be said of the notes without typesetting them.

    Raises MissingToolError where a font is missing, InputError for a broken configuration.
    """
    library = load_library(project)
    wanted = select_notes(library, project, paths)
    notes = {note.source: note for note in library.notes()}
    shelf = load_shelf(project, library)
    fonts = load_fonts(project)
    covered = covered_characters(fonts)
    found: list[Diagnostic] = [*library.diagnostics, *shelf.diagnostics]
    # Nothing stays behind: a check may look at a folder in which it may not write.
    with Pandoc() as pandoc, work_folder() as folder:
        pictures = PictureStore(folder=folder, fonts=fonts, digest_of=file_digest)
        around = Surroundings(root=project.root, notes=notes, pictures=pictures, shelf=shelf)
        for note in notes.values():
            if wanted is not None and note.source not in wanted:
                continue
            found += [*note.diagnostics, *_characters(note, covered)]
            if note.status is Status.PLANNED or has_errors(note.diagnostics):
                continue
            try:
                found += convert(note, around, pandoc.ask).diagnostics
            except NoteError as problem:
                found += problem.diagnostics
    return in_order(found)


def _characters(note: Note, covered: frozenset[int]) -> Iterator[Diagnostic]:
    """Report what is invisible or drawn in parts, and what no font of the build has."""
    titles = [inline.plain for inline in (note.title, note.subtitle, note.abstract) if inline]
    yield from check_characters(note.markdown, note.source, titles)
    lines = note.markdown.split("\n")
    for char, line, column, hint in missing_characters(note.markdown, covered, glyph_hint):
        yield warning(
            "missing-glyph",
            f"no font has {char} ({describe(char)})",
            file=note.source,
            line=line,
            column=column,
            excerpt=lines[line - 1],
            hint=hint,
        )
