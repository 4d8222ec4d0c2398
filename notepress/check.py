"""Project -> diagnostics that need no TeX: formulas, links, images, encoding, front matter, fonts' coverage."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

from .bibliography import load_shelf
from .convert import Surroundings, convert
from .coverage import covered_characters
from .errors import Diagnostic, NoteError, has_errors, in_order, warning
from .fonts import load_fonts
from .model import Note, Status
from .notes import load_library
from .pandoc import Pandoc
from .project import Project
from .selection import select_notes

# Invisible, and at best useless in print: bidi controls can even make a line read as another.
_INVISIBLE = frozenset("\u00ad\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")


def check_notes(project: Project, paths: tuple[Path, ...]) -> tuple[Diagnostic, ...]:
    """Return what can be said of the notes without typesetting them.

    Raises MissingToolError where a font is missing, InputError for a broken configuration.
    """
    library = load_library(project)
    wanted = select_notes(library, project, paths)
    notes = {note.source: note for note in library.notes()}
    shelf = load_shelf(project, library)
    around = Surroundings(root=project.root, notes=notes, shelf=shelf)
    covered = covered_characters(load_fonts(project))
    found: list[Diagnostic] = [*library.diagnostics, *shelf.diagnostics]
    with Pandoc() as pandoc:
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
    """Report invisible characters, and those that no font of the build has, each at its first place."""
    seen: set[str] = set()
    for number, line in enumerate(note.markdown.split("\n"), 1):
        for column, char in enumerate(line, 1):
            if char in seen or ord(char) in covered or char in "\t\ufe0e\ufe0f\u200d":
                continue
            seen.add(char)
            name = f"U+{ord(char):04X} {unicodedata.name(char, '')}".strip()
            if char in _INVISIBLE:
                yield warning(
                    "invisible-character",
                    f"invisible character {name}",
                    file=note.source,
                    line=number,
                    column=column,
                    hint="delete it",
                )
            else:
                yield warning(
                    "missing-glyph",
                    f"no font has {char} ({name})",
                    file=note.source,
                    line=number,
                    column=column,
                    excerpt=line,
                    hint="write it otherwise, or add a font that has it",
                )
