"""Notes' PDFs -> the chapters' and the book's: which are stale, their fronts, and joining them.

A joined PDF depends on the bytes of its parts, not on how they came about: a note that was rebuilt to
the same bytes rebuilds no chapter (early cut-off).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from .apart import assemble_apart
from .assemble import Part, assemble, join_failed
from .errors import Diagnostic, NoteError
from .fingerprints import TEX_PACKAGES, front_inputs
from .finish import finish
from .glossary import gather_glossary
from .latex import inline_to_latex, inline_with_sources
from .ledger import Ledger
from .model import Anchors, Chapter, Library, Note, TexDocument
from .pdf import Metadata
from .plan import Inputs, Record, changed
from .project import Project
from .quotes import as_written
from .render import (
    GLOSSARY_LABEL,
    GLOSSARY_SOURCE,
    GLOSSARY_TEMPLATE,
    GLOSSARY_TITLE,
    Entry,
    Titled,
    chapter_entry,
    glossary_entry,
    note_entries,
    render_book_front,
    render_chapter_front,
    render_colophon,
    render_glossary,
)
from .report import JoinedResult, Outcome
from .system import digest, file_digest, mark_used, read_file, remove_stale_parts, replacing, write_atomic
from .typeset import RejectedError, TypesetOptions, typeset
from .workshop import Workshop

BOOK_KEY = "book"
# Parts of more bytes than this, some sixty notes, are joined in a process of their own: here they would take two and a
# half times as much memory, which is as far as this process has grown for other things. Joining them takes 0.5 s, to
# which a start of Python and pikepdf adds 0.2 s.
APART = 16_000_000


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
        # All title pages are begun before the first one is waited for.
        fronts = {c.folder: self._front("chapter.tex.j2", partial(self._chapter_front, c)) for c in chapters}
        book = self._book_fronts(chapters) if self.library.book_pdf and chapters else None
        results = tuple(self._chapter(chapter, fronts[chapter.folder]) for chapter in chapters)
        return results, self._book(chapters, fronts, book) if book else None

    def _ready(self, chapter: Chapter) -> list[tuple[Note, Record]]:
        """Return the published notes that have a PDF, this build's or an earlier one's."""
        found = [(note, self.records.get(note.source)) for note in chapter.published()]
        return [(note, r) for note, r in found if r and self._digest(r.pdf) == r.sha256]

    def _digest(self, pdf: str) -> str | None:
        return self.workshop.digests.of(self.project.root / pdf)

    def _chapter(self, chapter: Chapter, front: _Front) -> JoinedResult:
        assert chapter.pdf
        inputs = {**front.inputs, **self._part_inputs(chapter)}
        metadata = self._metadata(chapter.title.plain)
        return self._join(
            f"chapter:{chapter.folder}",
            chapter.pdf,
            metadata,
            inputs,
            lambda: self._chapter_parts(chapter, front, 0, titled=False),
        )

    def _book_fronts(self, chapters: list[Chapter]) -> _BookFronts:
        glossary = self._glossary(chapters)
        return _BookFronts(
            front=self._book_front(chapters, glossary), glossary=glossary, colophon=self._colophon(chapters)
        )

    def _book_front(self, chapters: list[Chapter], glossary: _Front | None) -> _Front:
        def make(title: Titled) -> TexDocument:
            entries = tuple(e for c in chapters for e in (chapter_entry(c, title), *self._entries(c, 1, title)))
            last = (glossary_entry(),) if glossary else ()
            return render_book_front((*entries, *last), self.workshop.renderer, title)

        return self._front("book.tex.j2", make)

    def _glossary(self, chapters: list[Chapter]) -> _Front | None:
        """Return the glossary, None where no note defines a term; it depends on the terms and their pages alone."""
        ready = [pair for chapter in chapters for pair in self._ready(chapter)]
        sections = gather_glossary((note, term) for note, record in ready for term in record.terms)
        if not sections:
            return None
        document = render_glossary(sections, self.workshop.renderer)
        return self._front(GLOSSARY_TEMPLATE, lambda _: document)

    def _colophon(self, chapters: list[Chapter]) -> _Front:
        notes = tuple(note for chapter in chapters for note, _ in self._ready(chapter))
        return self._front("colophon.tex.j2", partial(render_colophon, notes, self.workshop.renderer))

    def _book(self, chapters: list[Chapter], fronts: Mapping[str, _Front], book: _BookFronts) -> JoinedResult:
        assert self.library.book_pdf
        inputs = {**book.front.inputs, "colophon": book.colophon.key}
        for chapter in chapters:
            inputs |= {f"front:{chapter.folder}": fronts[chapter.folder].key, **self._part_inputs(chapter)}
        if book.glossary:
            inputs["glossary"] = book.glossary.key

        def parts() -> Iterator[Part]:
            yield Part(file=book.front.file(), level=0, title=None, landmarks=(), label="", roman=True)
            for chapter in chapters:
                yield from self._chapter_parts(chapter, fronts[chapter.folder], 0, titled=True)
            if book.glossary:
                yield _glossary_part(book.glossary)
            yield Part(file=book.colophon.file(), level=0, title="制作说明", landmarks=(), label="末–", roman=True)

        return self._join(BOOK_KEY, self.library.book_pdf, self._metadata(self.project.title), inputs, parts)

    def _join(
        self,
        key: str,
        pdf: str,
        metadata: Metadata,
        inputs: Inputs,
        parts: Callable[[], Iterator[Part]],
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
                pages = _assemble(tuple(replace(p, recto=two_sided) for p in parts()), metadata, temporary, pdf)
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

    def _chapter_parts(self, chapter: Chapter, front: _Front, level: int, *, titled: bool) -> Iterator[Part]:
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

    def _entries(self, chapter: Chapter, depth: int, title: Titled) -> tuple[Entry, ...]:
        return tuple(
            entry
            for note, record in self._ready(chapter)
            for entry in note_entries(note, record.landmarks, depth, title)
        )

    def _chapter_front(self, chapter: Chapter, title: Titled) -> TexDocument:
        return render_chapter_front(chapter, self._entries(chapter, 1, title), self.workshop.renderer, title)

    def _front(self, template: str, make: Callable[[Titled], TexDocument]) -> _Front:
        """Return a front that is in the cache, or being typeset; its key is the digest of all it is made from."""
        shared = self.workshop
        document = make(inline_to_latex)
        inputs = front_inputs(template, shared.renderer, self.shared)
        inputs[TEX_PACKAGES] = self.packages
        inputs["contents"] = digest(document.latex.encode())
        key = digest(repr(sorted(inputs.items())).encode())
        path = self.project.cache_folder / "fronts" / f"{key}.pdf"
        whole = _is_whole(path)
        if whole:
            mark_used(path)
        future = None if whole else shared.executor.submit(self._typeset_front, document, make, path)
        return _Front(key=key, inputs=inputs, path=path, future=future)

    def _typeset_front(self, document: TexDocument, make: Callable[[Titled], TexDocument], path: Path) -> None:
        engines = self.workshop.engines
        try:
            made = typeset(document, engines.take(), engines, TypesetOptions())
        except RejectedError:
            # A formula in a title, which the note's own diagnostics name.
            document = make(inline_with_sources)
            made = typeset(document, engines.take(), engines, TypesetOptions())
        finished = finish(
            made,
            self._metadata(""),
            Anchors(),
            own_path="",
            pdf_of={},
            text=as_written(document.latex),
            glyphs=self.workshop.glyphs.find,
        )
        content = finished.pdf
        write_atomic(path, content + _stamp(content))

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Front:
    """A title page with contents that is in the cache or on its way there."""

    key: str
    inputs: Inputs
    path: Path
    future: Future[None] | None

    def file(self) -> Path:
        """Return the file it is in; a new one is waited for."""
        if self.future is not None:
            self.future.result()
        return self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class _BookFronts:
    """What the book has that no chapter has: cover with contents, glossary, colophon."""

    front: _Front
    glossary: _Front | None
    colophon: _Front


def _glossary_part(glossary: _Front) -> Part:
    return Part(
        file=glossary.file(),
        level=0,
        title=GLOSSARY_TITLE,
        landmarks=(),
        label=GLOSSARY_LABEL,
        roman=False,
        source=GLOSSARY_SOURCE,
    )


def _assemble(parts: tuple[Part, ...], metadata: Metadata, target: Path, own_path: str) -> int:
    """Join the parts here or, where they are large, in a process of their own; the bytes are the same."""
    large = sum(part.file.stat().st_size for part in parts) > APART
    return (assemble_apart if large else assemble)(parts, metadata, target, own_path=own_path)


def _stamp(content: bytes) -> bytes:
    """Return what the file of a front ends with: a comment, which PDF allows there, with its digest."""
    return f"%{digest(content)}\n".encode()


def _is_whole(path: Path) -> bool:
    """Say whether a front is in the cache, and is what was written."""
    content = read_file(path)
    length = len(_stamp(b""))
    return content[-length:] == _stamp(content[:-length])
