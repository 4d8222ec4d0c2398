"""Project -> diagnostics that need no TeX: formulas, links, images, encoding, front matter, fonts' coverage."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .bibliography import load_shelf
from .characters import check_characters
from .convert import Surroundings, convert
from .coverage import Coverage, load_coverage
from .errors import Diagnostic, NoteError, in_order
from .fingerprints import DigestCache, reading_inputs
from .fontpackages import glyph_hint
from .fonts import load_fonts
from .glossary import find_term_conflicts
from .labels import STORE as LABELS
from .labels import Labels
from .lint import Vocabulary, lint, unknown_names
from .model import Formula, Library, Note, Status, Term
from .names import Names
from .notes import load_library
from .pandoc import Pandoc
from .pictures import PictureStore
from .printed import missing_glyphs
from .processes import kill_running
from .project import Project
from .selection import select_notes
from .skimming import skimmed
from .system import work_folder
from .vocabulary import project_vocabulary
from .waiting import result_of

# A second pandoc takes as long to start as a few notes to check.
_NOTES_PER_PROCESS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shared:
    """What all notes are checked with."""

    around: Surroundings
    pandoc: Pandoc
    known: Vocabulary
    covered: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """What there is to say of a note by itself, and the terms it defines, if the book takes it in."""

    source: str
    diagnostics: Sequence[Diagnostic]
    terms: tuple[Term, ...]


def check_notes(project: Project, paths: tuple[Path, ...], ahead: Pandoc | None = None) -> tuple[Diagnostic, ...]:
    """Return what can be said of the notes without typesetting them.

    A pandoc that got ready `ahead` is used, and closed in the end. Raises MissingToolError where a font is missing,
    InputError for a broken configuration.
    """
    library = load_library(project)
    notes = _selected(library, project, paths)
    shelf = load_shelf(project, library)
    fonts = load_fonts(project)
    covered = load_coverage(fonts, project.cache_folder / "coverage.json")
    by_source = {note.source: note for note in library.notes()}
    count = min(os.cpu_count() or 1, 1 + len(notes) // _NOTES_PER_PROCESS)
    with ahead or Pandoc(most=count) as pandoc, _picture_folder(project) as folder:
        digests = DigestCache(project.cache_folder / "digests.json")
        pictures = PictureStore(folder=folder, fonts=fonts, digest_of=digests.of)
        names = Names(by_source.values(), project.root, project.output_folder)
        labels = Labels(
            by_source,
            pandoc.ask,
            store=project.cache_folder / LABELS if _may_write(project) else None,
            version=lambda: repr(reading_inputs(digests)),
        )
        around = Surroundings(
            root=project.root, notes=by_source, pictures=pictures, shelf=shelf, names=names, labels=labels
        )
        shared = _Shared(around=around, pandoc=pandoc, known=project_vocabulary(project), covered=covered)
        checked = _check_all(notes, shared, count)
        labels.save()
    conflicts = find_term_conflicts((c.source, term) for c in checked for term in c.terms)
    found = (diagnostic for c in checked for diagnostic in c.diagnostics)
    return in_order([*library.diagnostics, *shelf.diagnostics, *found, *conflicts])


def _selected(library: Library, project: Project, paths: tuple[Path, ...]) -> list[Note]:
    wanted = select_notes(library, project, paths)
    return [note for note in library.notes() if wanted is None or note.source in wanted]


def _may_write(project: Project) -> bool:
    return project.cache_folder.is_dir() and os.access(project.cache_folder, os.W_OK)


@contextmanager
def _picture_folder(project: Project) -> Iterator[Path]:
    """Yield where builds keep converted images; elsewhere none stays behind, for a check may not be let write."""
    if _may_write(project):
        yield project.cache_folder / "pictures"
        return
    with work_folder() as folder:
        yield folder


def _check_all(notes: Sequence[Note], shared: _Shared, count: int) -> list[_Checked]:
    # Threads, since most of the time pandoc works.
    with ThreadPoolExecutor(count) as executor:
        try:
            running = [executor.submit(_check_note, note, shared) for note in notes]
            return [result_of(future) for future in running]
        except KeyboardInterrupt:
            # Threads wait for pandoc; without this, Ctrl-C would wait for all notes.
            executor.shutdown(wait=False, cancel_futures=True)
            kill_running()
            raise


def _check_note(note: Note, shared: _Shared) -> _Checked:
    found = [*note.diagnostics, *check_characters(note.markdown, note.source, note.front_texts)]
    formulas: tuple[Formula, ...] = ()
    terms: tuple[Term, ...] = ()
    if note.status is not Status.PLANNED and not note.unreadable:
        try:
            body = convert(note, shared.around, lambda request: _ask(shared.pandoc, request))
        except NoteError as problem:
            found += problem.diagnostics
        else:
            found += body.diagnostics
            terms = body.terms if note.status is Status.PUBLISHED else ()
            formulas = body.in_text(note.markdown)
            sound = [f for n, f in enumerate(body.formulas) if n not in body.literal | body.rejected]
            found += lint(note.file_text, sound, shared.known, file=note.source)
            found += unknown_names(note, body, body.rejected, shared.known)
    found += missing_glyphs(note.markdown, formulas, shared.covered, glyph_hint, file=note.source)
    return _Checked(source=note.source, diagnostics=found, terms=terms)


def _ask(pandoc: Pandoc, request: Mapping[str, Any]) -> dict[str, Any]:
    return pandoc.ask({**request, "text": skimmed(request["text"]), "unwritten": True})
