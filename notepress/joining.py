"""Notes' PDFs -> the chapters' and the book's: which are stale, their fronts, and joining them.

A joined PDF depends on the bytes of its parts, not on how they came about: a note that was rebuilt to
the same bytes rebuilds no chapter (early cut-off).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from .assemble import Part, assemble
from .errors import NoteError
from .fingerprints import TEX_PACKAGES, front_inputs
from .finish import finish
from .ledger import Ledger
from .model import Chapter, FinishedPdf, Library, Note, TexDocument
from .pdf import Metadata
from .plan import Inputs, Record, changed
from .project import Project
from .quotes import as_written
from .render import Entry, chapter_entry, note_entries, render_book_front, render_chapter_front
from .report import JoinedResult, Outcome
from .system import digest, mark_used, write_if_changed
from .typeset import TypesetOptions, typeset
from .workshop import Workshop

BOOK_KEY = "book"
Write = Callable[[str, Record, bytes], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Joiner:
    """What joining needs; `ledger` is kept up to date by the `write` that `run` is given."""

    library: Library
    workshop: Workshop
    ledger: Ledger
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

    def run(self, write: Write) -> tuple[tuple[JoinedResult, ...], JoinedResult | None]:
        """Bring every chapter and the book up to date."""
        if self.interrupted():
            return (), None
        chapters = [c for c in self.library.chapters if c.pdf and self._ready(c)]
        # All title pages are begun before the first one is waited for.
        fronts = {c.folder: self._front("chapter.tex.j2", self._chapter_front(c)) for c in chapters}
        book_front = self._book_front(chapters) if self.library.book_pdf and chapters else None
        results = tuple(self._chapter(chapter, fronts[chapter.folder], write) for chapter in chapters)
        return results, self._book(chapters, fronts, book_front, write) if book_front else None

    def _ready(self, chapter: Chapter) -> list[tuple[Note, Record]]:
        """Return the published notes that have a PDF, this build's or an earlier one's."""
        found = [(note, self.records.get(note.source)) for note in chapter.published()]
        return [(note, r) for note, r in found if r and self._digest(r.pdf) == r.sha256]

    def _digest(self, pdf: str) -> str | None:
        return self.workshop.digests.of(self.project.root / pdf)

    def _chapter(self, chapter: Chapter, front: _Front, write: Write) -> JoinedResult:
        assert chapter.pdf
        inputs = {**front.inputs, **self._part_inputs(chapter)}
        metadata = self._metadata(chapter.title.plain)
        return self._join(
            f"chapter:{chapter.folder}",
            chapter.pdf,
            metadata,
            inputs,
            write,
            lambda: self._chapter_parts(chapter, front, 0, titled=False),
        )

    def _book_front(self, chapters: list[Chapter]) -> _Front:
        entries = tuple(e for c in chapters for e in (chapter_entry(c), *self._entries(c, 1)))
        return self._front("book.tex.j2", render_book_front(entries, self.workshop.renderer))

    def _book(self, chapters: list[Chapter], fronts: Mapping[str, _Front], front: _Front, write: Write) -> JoinedResult:
        assert self.library.book_pdf
        inputs = dict(front.inputs)
        for chapter in chapters:
            inputs |= {f"front:{chapter.folder}": fronts[chapter.folder].key, **self._part_inputs(chapter)}

        def parts() -> Iterator[Part]:
            yield Part(pdf=front.pdf(), level=0, title=None, landmarks=(), label="", roman=True)
            for chapter in chapters:
                yield from self._chapter_parts(chapter, fronts[chapter.folder], 0, titled=True)

        return self._join(BOOK_KEY, self.library.book_pdf, self._metadata(self.project.title), inputs, write, parts)

    def _join(
        self,
        key: str,
        pdf: str,
        metadata: Metadata,
        inputs: Inputs,
        write: Write,
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
        try:
            made = assemble(parts(), metadata, own_path=pdf)
        except NoteError as problem:
            # Only its own title page or contents can fail: the notes are finished PDFs.
            found = problem.diagnostics
            failed = Outcome.FAILED
            return JoinedResult(
                title=metadata.title, pdf=None, status=failed, reason=reason or "", pages=0, diagnostics=found
            )
        write(key, Record(inputs=inputs, pdf=pdf, sha256=digest(made.pdf), pages=made.pages), made.pdf)
        built = Outcome.BUILT
        return JoinedResult(title=metadata.title, pdf=pdf, status=built, reason=reason or "", pages=made.pages)

    def _part_inputs(self, chapter: Chapter) -> dict[str, str]:
        return {f"part:{note.source}": record.sha256 for note, record in self._ready(chapter)}

    def _chapter_parts(self, chapter: Chapter, front: _Front, level: int, *, titled: bool) -> Iterator[Part]:
        yield Part(
            pdf=front.pdf(),
            level=level,
            title=chapter.title.plain if titled else None,
            landmarks=(),
            label=f"{chapter.number}–",
            roman=True,
            source=chapter.folder,
        )
        for note, record in self._ready(chapter):
            yield Part(
                pdf=(self.project.root / record.pdf).read_bytes(),
                level=level + 1,
                title=f"{note.number} {note.full_title}",
                landmarks=record.landmarks,
                label=f"{note.number}–",
                roman=False,
                source=note.source,
                path=record.pdf,
            )

    def _entries(self, chapter: Chapter, depth: int) -> tuple[Entry, ...]:
        return tuple(
            entry for note, record in self._ready(chapter) for entry in note_entries(note, record.landmarks, depth)
        )

    def _chapter_front(self, chapter: Chapter) -> TexDocument:
        return render_chapter_front(chapter, self._entries(chapter, 1), self.workshop.renderer)

    def _front(self, template: str, document: TexDocument) -> _Front:
        """Return a front that is in the cache, or being typeset; its key is the digest of all it is made from."""
        shared = self.workshop
        inputs = front_inputs(template, shared.renderer, shared.digests)
        inputs[TEX_PACKAGES] = self.packages
        inputs["contents"] = digest(document.latex.encode())
        key = digest(repr(sorted(inputs.items())).encode())
        path = self.project.cache_folder / "fronts" / f"{key}.pdf"
        cached = _read_cached(path)
        future = None if cached else self.workshop.executor.submit(self._typeset_front, document)
        return _Front(key=key, inputs=inputs, path=path, cached=cached, future=future)

    def _typeset_front(self, document: TexDocument) -> FinishedPdf:
        engines = self.workshop.engines
        made = typeset(document, engines.take(), engines, TypesetOptions())
        return finish(
            made,
            self._metadata(""),
            (),
            own_path="",
            pdf_of={},
            text=as_written(document.latex),
            glyphs=self.workshop.glyphs.find,
        )

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
    cached: bytes | None
    future: Future[FinishedPdf] | None

    def pdf(self) -> bytes:
        """Return its bytes; a new one is waited for and put into the cache."""
        if self.cached is not None:
            return self.cached
        assert self.future is not None
        content = self.future.result().pdf
        write_if_changed(self.path, f"{digest(content)}\n".encode() + content)
        return content


def _read_cached(path: Path) -> bytes | None:
    """Return a front from the cache; None where there is none, or where it is not what was written."""
    if not path.is_file():
        return None
    stamp, _, content = path.read_bytes().partition(b"\n")
    mark_used(path)
    return content if stamp.decode("ascii", "replace") == digest(content) else None
