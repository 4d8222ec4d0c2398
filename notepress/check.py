"""Project -> diagnostics that need no TeX: formulas, links, images, encoding, front matter, fonts' coverage."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .characters import check_characters
from .convert import Surroundings, convert
from .coverage import Coverage, load_coverage
from .dialect import protect
from .errors import Diagnostic, NoteError, has_errors, in_order
from .fonts import load_fonts
from .lint import Vocabulary, extended, lint, vocabulary
from .model import Library, Note, Status
from .notes import load_library
from .pandoc import Pandoc
from .project import Project
from .render import template_files
from .resources import resource_folder
from .selection import select_notes

_PACKAGES = re.compile(r"\\(?:usepackage|RequirePackage|documentclass)\s*(?:\[[^\]]*\])?\s*\{([^}]*)\}")


def check_notes(project: Project, paths: tuple[Path, ...]) -> tuple[Diagnostic, ...]:
    """Return what can be said of the notes without typesetting them.

    Raises MissingToolError where a font is missing, InputError for a broken configuration.
    """
    library = load_library(project)
    notes = _selected(library, project, paths)
    around = Surroundings(root=project.root, notes={note.source: note for note in library.notes()})
    covered = load_coverage(load_fonts(project), project.cache_folder / "coverage.json")
    known = project_vocabulary(project)
    found: list[Diagnostic] = list(library.diagnostics)
    with Pandoc() as pandoc:
        for note in notes:
            found += note.diagnostics
            if note.status is Status.PLANNED or has_errors(note.diagnostics):
                continue
            found += _check_note(note, around, pandoc, known, covered)
    return in_order(found)


def project_vocabulary(project: Project) -> Vocabulary:
    """Return what TeX knows in a project: what its own templates define as well.

    Where these load packages that the built-in ones do not, nobody but TeX can say what is known.
    """
    built_in = resource_folder() / "templates"
    own = [path.read_text("utf-8", "replace") for path in template_files(project).values() if path.parent != built_in]
    loaded = _packages(path.read_text("utf-8", "replace") for path in built_in.glob("*") if path.is_file())
    if _packages(own) - loaded:
        return Vocabulary(commands=None, environments=None)
    return extended(vocabulary(), "\n".join(own))


def _selected(library: Library, project: Project, paths: tuple[Path, ...]) -> list[Note]:
    wanted = select_notes(library, project, paths)
    return [note for note in library.notes() if wanted is None or note.source in wanted]


def _check_note(
    note: Note, around: Surroundings, pandoc: Pandoc, known: Vocabulary, covered: Coverage
) -> list[Diagnostic]:
    literal: set[int] = set()

    def ask(request: Mapping[str, Any]) -> dict[str, Any]:
        answer = pandoc.ask({**request, "unwritten": True})
        literal.update(answer["literal"] or ())
        return answer

    formulas = protect(note.markdown, file=note.source).formulas
    found = list(check_characters(note, formulas, covered))
    try:
        found += convert(note, around, ask).diagnostics
    except NoteError as problem:
        return [*found, *problem.diagnostics]
    # What looks like a formula in code, in an address or in HTML is none.
    meant = [formula for number, formula in enumerate(formulas) if number not in literal]
    return [*found, *lint(note.markdown, meant, known, file=note.source)]


def _packages(texts: Iterable[str]) -> set[str]:
    named = (name for text in texts for names in _PACKAGES.findall(text) for name in names.split(","))
    return {name.strip() for name in named}
