"""Paths from the command line -> the notes they mean."""

from __future__ import annotations

from pathlib import Path

from .errors import InputError, error
from .model import Library
from .project import Project


def select_notes(library: Library, project: Project, paths: tuple[Path, ...]) -> frozenset[str] | None:
    """Return the sources of the notes that lie at or below the paths, None for all of them.

    A path may be given relative to the current folder or to the project. Raises InputError for one that
    holds no note.
    """
    if not paths:
        return None
    sources = {note.source for note in library.notes()}
    wanted: set[str] = set()
    for path in paths:
        names = [place.resolve() for place in (path, project.root / path)]
        inside = {name.relative_to(project.root) for name in names if name.is_relative_to(project.root)}
        below = {s for s in sources for name in inside if name == Path(s) or name in Path(s).parents}
        if not below:
            hint = "give a Markdown file or a folder of them"
            raise InputError(error("no-such-note", f"{path} is no note of this project", hint=hint))
        wanted |= below
    return frozenset(wanted)
