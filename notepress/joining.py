"""Notes' PDFs -> the chapters' and the book's: which are stale, their fronts, and joining them.

A joined PDF depends on the bytes of its parts, not on how they came about: a note that was rebuilt to
the same bytes rebuilds no chapter (early cut-off).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from .apart import Apart
from .assemble import Part, assemble, join_failed
from .bookmatter import (
    GLOSSARY_LABEL,
    GLOSSARY_SOURCE,
    GLOSSARY_TEMPLATE,
    GLOSSARY_TITLE,
    Entry,
    Titles,
    chapter_entry,
    glossary_entry,
    note_entries,
    render_book_front,
    render_chapter_front,
    render_colophon,
    render_glossary,
)
from .documents import TexDocument
from .errors import Diagnostic, NoteError
from .fronts import Front, Fronts
from .glossary import gather_glossary
from .heap import give_back
from .ledger import Ledger
from .model import Chapter, Library, Note
from .pdf import Metadata
from .plan import Inputs, Record, changed
from .project import Project
from .report import JoinedResult, Outcome
from .system import file_digest, remove_stale_parts, replacing
from .workshop import Workshop

BOOK_KEY = "book"
# Notes of more bytes than this, some sixty, are joined in a process of their own: here a book of them would take two
# and a half times as much memory, as far as this process has grown for other things. Joining it takes 0.5 s, to
# which a start of Python and pikepdf adds 0.2 s; the chapters find that process there.
APART = 16_000_000


class Assemble(Protocol):
    """Joins parts here or elsewhere, see `assemble`; the bytes are the same."""

    def __call__(self, parts: Iterable[Part], metadata: Metadata, target: Path, *, own_path: str) -> int:
        """Join them into a file and return its pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joiner:
    """What joining needs; what is joined is written and entered in `ledger`, so it runs where PDFs are written.

    `shared` are the inputs that all PDFs have in common, `packages` the digest of TeX's own files.
    """

    library: Library
    workshop: Workshop
    ledger: Ledger
    shared: Inputs
    packages: str
    interrupted: Callable[[], bool]

    @property
    def project(self) -> Project:
        """The project whose PDFs are joined."""
        return self.workshop.project

    @property
    def records(self) -> Mapping[str, Record]:
        """What was built so far."""
        return self.ledger.records

    def run(self) -> tuple[tuple[JoinedResult, ...], JoinedResult | None]:
        """Bring every chapter and the book up to date."""
        if self.interrupted():
            return (), None
        remove_stale_parts(self.project.output_folder)
        chapters = [c for c in self.library.chapters if c.pdf and self._ready(c)]
        with Apart() as process:
            return self._run(chapters, process if self._bytes(chapters) > APART else None)

    def _run(
        self, chapters: list[Chapter], apart: Apart | None
    ) -> tuple[tuple[JoinedResult, ...], JoinedResult | None]:
        make = Fronts(
            workshop=self.workshop,
            metadata=self._metadata(""),
            shared=self.shared,
            packages=self.packages,
            apart=apart,
        )
        how = apart.assemble if apart else _assemble_here
        # All title pages are begun before the first one is waited for.
        fronts = {c.folder: make.get("chapter.tex.j2", partial(self._chapter_front, c)) for c in chapters}
        wanted = bool(self.library.book_pdf and chapters)
        ends = self._ends(chapters, make) if wanted else None
        results = tuple(self._chapter(chapter, fronts[chapter.folder], how) for chapter in chapters)
        return results, self._book(chapters, fronts, ends, how) if ends else None

    def _ready(self, chapter: Chapter) -> list[tuple[Note, Record]]:
        """Return the published notes that have a PDF, this build's or an earlier one's."""
        found = [(note, self.records.get(note.source)) for note in chapter.published()]
        return [(note, r) for note, r in found if r and self._digest(r.pdf) == r.sha256]

    def _digest(self, pdf: str) -> str | None:
        return self.workshop.digests.of(self.project.root / pdf)

    def _bytes(self, chapters: list[Chapter]) -> int:
        """Return how large the PDFs of the notes are together."""
        ready = (record for chapter in chapters for _, record in self._ready(chapter))
        return sum((self.project.root / record.pdf).stat().st_size for record in ready)

    def _chapter(self, chapter: Chapter, front: Front, how: Assemble) -> JoinedResult:
        assert chapter.pdf
        inputs = {**front.inputs, **self._part_inputs(chapter)}
        metadata = self._metadata(chapter.title.plain)
        return self._join(
            f"chapter:{chapter.folder}",
            chapter.pdf,
            metadata,
            inputs,
            lambda: self._chapter_parts(chapter, front, 0, titled=False),
            how,
        )

    def _book_front(self, chapters: list[Chapter], glossary: Front | None, fronts: Fronts) -> Front:
        def make(title: Titles) -> TexDocument:
            entries = tuple(e for c in chapters for e in (chapter_entry(c, title), *self._entries(c, 1, title)))
            last = (glossary_entry(),) if glossary else ()
            return render_book_front((*entries, *last), self.workshop.renderer, title)

        return fronts.get("book.tex.j2", make)

    def _ends(self, chapters: list[Chapter], fronts: Fronts) -> _Ends:
        """Begin what stands before the first chapter of the book and after the last one."""
        glossary = self._glossary(chapters, fronts)
        notes = tuple(note for chapter in chapters for note, _ in self._ready(chapter))
        return _Ends(
            front=self._book_front(chapters, glossary, fronts),
            glossary=glossary,
            colophon=fronts.get("colophon.tex.j2", partial(render_colophon, notes, self.workshop.renderer)),
        )

    def _glossary(self, chapters: list[Chapter], fronts: Fronts) -> Front | None:
        """Return the glossary, None where no note defines a term; it depends on the terms and their pages alone."""
        ready = [pair for chapter in chapters for pair in self._ready(chapter)]
        sections = gather_glossary((note, term) for note, record in ready for term in record.terms)
        if not sections:
            return None
        document = render_glossary(sections, self.workshop.renderer)
        return fronts.get(GLOSSARY_TEMPLATE, lambda _: document)

    def _book(self, chapters: list[Chapter], fronts: Mapping[str, Front], ends: _Ends, how: Assemble) -> JoinedResult:
        assert self.library.book_pdf
        inputs = {**ends.front.inputs, "colophon": ends.colophon.key}
        for chapter in chapters:
            inputs |= {f"front:{chapter.folder}": fronts[chapter.folder].key, **self._part_inputs(chapter)}
        if ends.glossary:
            inputs["glossary"] = ends.glossary.key

        def parts() -> Iterator[Part]:
            yield Part(file=ends.front.file(), level=0, title=None, landmarks=(), label="", roman=True)
            for chapter in chapters:
                yield from self._chapter_parts(chapter, fronts[chapter.folder], 0, titled=True)
            if ends.glossary:
                yield _glossary_part(ends.glossary)
            yield Part(file=ends.colophon.file(), level=0, title="制作说明", landmarks=(), label="末–", roman=True)

        return self._join(BOOK_KEY, self.library.book_pdf, self._metadata(self.project.title), inputs, parts, how)

    def _join(
        self,
        key: str,
        pdf: str,
        metadata: Metadata,
        inputs: Inputs,
        parts: Callable[[], Iterator[Part]],
        how: Assemble,
    ) -> JoinedResult:
        old = self.records.get(key)
        reason = "new" if old is None else changed(old.inputs, inputs)
        if reason is None and (old is None or self._digest(pdf) != old.sha256 or old.pdf != pdf):
            reason = "its PDF is missing"
        if reason is None and old is not None:
            return JoinedResult(title=metadata.title, pdf=pdf, status=Outcome.CACHED, reason="", pages=old.pages)
        if self.interrupted():
            return JoinedResult(title=metadata.title, pdf=pdf, status=Outcome.SKIPPED, reason="a newer save", pages=0)
        found: tuple[Diagnostic, ...]
        try:
            with replacing(self.project.root / pdf) as temporary:
                two_sided = self.workshop.renderer.two_sided
                pages = how((replace(p, recto=two_sided) for p in parts()), metadata, temporary, own_path=pdf)
                # What this one took is not to be there beside what the next one takes, or a front that is typeset.
                give_back()
                sha256 = file_digest(temporary)
        except NoteError as problem:
            found = problem.diagnostics
        except OSError as problem:
            found = (join_failed(str(problem)),)
        else:
            self.ledger.enter(key, Record(inputs=inputs, pdf=pdf, sha256=sha256, pages=pages))
            built = Outcome.BUILT
            return JoinedResult(title=metadata.title, pdf=pdf, status=built, reason=reason or "", pages=pages)
        failed = Outcome.FAILED
        return JoinedResult(
            title=metadata.title, pdf=None, status=failed, reason=reason or "", pages=0, diagnostics=found
        )

    def _part_inputs(self, chapter: Chapter) -> dict[str, str]:
        return {f"part:{note.source}": record.sha256 for note, record in self._ready(chapter)}

    def _chapter_parts(self, chapter: Chapter, front: Front, level: int, *, titled: bool) -> Iterator[Part]:
        yield Part(
            file=front.file(),
            level=level,
            title=chapter.title.plain if titled else None,
            landmarks=(),
            label=f"{chapter.number}–",
            roman=True,
            source=chapter.folder,
        )
        for note, record in self._ready(chapter):
            yield Part(
                file=self.project.root / record.pdf,
                level=level + 1,
                title=f"{note.number} {note.full_title}",
                landmarks=record.landmarks,
                label=f"{note.number}–",
                roman=False,
                source=note.source,
                path=record.pdf,
            )

    def _entries(self, chapter: Chapter, depth: int, title: Titles) -> tuple[Entry, ...]:
        return tuple(
            entry
            for note, record in self._ready(chapter)
            for entry in note_entries(note, record.landmarks, depth, title)
        )

    def _chapter_front(self, chapter: Chapter, title: Titles) -> TexDocument:
        return render_chapter_front(chapter, self._entries(chapter, 1, title), self.workshop.renderer, title)

    def _metadata(self, title: str) -> Metadata:
        config = self.project.config
        subject = config.source.title if config.source else ""
        return Metadata(
            title=title,
            author=config.author,
            subject=subject,
            keywords=(),
            language=config.language,
            date=None,
            label="",
            roman=True,
        )


def _glossary_part(glossary: Front) -> Part:
    return Part(
        file=glossary.file(),
        level=0,
        title=GLOSSARY_TITLE,
        landmarks=(),
        label=GLOSSARY_LABEL,
        roman=False,
        source=GLOSSARY_SOURCE,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ends:
    """What the book has besides its chapters: cover and contents, the glossary if notes define terms, the colophon."""

    front: Front
    glossary: Front | None
    colophon: Front


def _assemble_here(parts: Iterable[Part], metadata: Metadata, target: Path, *, own_path: str) -> int:
    # Fronts are waited for before anything is joined, so that what they take of memory is not beside it.
    return assemble(tuple(parts), metadata, target, own_path=own_path)
