"""Title pages, contents, glossary, colophon: typeset once, and kept by what they are made from."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from .apart import Apart
from .bookmatter import Titles
from .documents import Anchors, TexDocument, TypesetPdf
from .fingerprints import TEX_PACKAGES, front_inputs
from .finish import finish
from .pdf import Metadata
from .plan import Inputs
from .quotes import as_written
from .salvage import MOST_ROUNDS, blame
from .system import digest, mark_used, read_file, write_atomic
from .typeset import RejectedError, TypesetOptions, typeset
from .waiting import result_of
from .workshop import Workshop


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """A title page with contents that is in the cache or on its way there."""

    key: str
    inputs: Inputs
    path: Path
    future: Future[None] | None

    def file(self) -> Path:
        """Return the file it is in; a new one is waited for."""
        if self.future is not None:
            result_of(self.future)
        return self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Fronts:
    """The fronts of a build; `shared` are the inputs that all PDFs have in common, `packages` those of TeX itself.

    With `apart` they are finished in that process: of the contents of 300 notes, pikepdf makes fifteen megabytes.
    """

    workshop: Workshop
    metadata: Metadata
    shared: Inputs
    packages: str
    apart: Apart | None

    def get(self, template: str, make: Callable[[Titles], TexDocument]) -> Front:
        """Return a front that is in the cache, or being typeset; its key is the digest of all it is made from."""
        shared = self.workshop
        document = make(Titles())
        inputs = front_inputs(template, shared.renderer, self.shared)
        inputs[TEX_PACKAGES] = self.packages
        inputs["contents"] = digest(document.latex.encode())
        key = digest(repr(sorted(inputs.items())).encode())
        path = shared.project.cache_folder / "fronts" / f"{key}.pdf"
        whole = _is_whole(path)
        if whole:
            mark_used(path)
        future = None if whole else shared.executor.submit(self._typeset_front, document, make, path)
        return Front(key=key, inputs=inputs, path=path, future=future)

    def _typeset_front(self, document: TexDocument, make: Callable[[Titles], TexDocument], path: Path) -> None:
        document, made = self._settle(document, make)
        content = self._finish(made, as_written(document.latex))
        write_atomic(path, content + _stamp(content))

    def _finish(self, made: TypesetPdf, text: str) -> bytes:
        shared = self.workshop
        if self.apart:
            return self.apart.finish(made.pdf, self.metadata, text, shared.glyphs.source())
        glyphs = shared.glyphs.find
        return finish(made, self.metadata, Anchors(), own_path="", pdf_of={}, text=text, glyphs=glyphs).pdf

    def _settle(self, document: TexDocument, make: Callable[[Titles], TexDocument]) -> tuple[TexDocument, TypesetPdf]:
        """Typeset a front, where TeX rejects formulas in titles again with their sources: the notes say why."""
        engines = self.workshop.engines
        bad: frozenset[int] = frozenset()
        for run in itertools.count(1):
            try:
                return document, typeset(document, engines.take(), engines, TypesetOptions())
            except RejectedError as problem:
                if len(bad) == len(document.formulas):
                    raise
                blamed = blame(problem.findings, patient=run < MOST_ROUNDS) - bad
                # What TeX complains of elsewhere may still come of a title.
                bad |= blamed or frozenset(range(len(document.formulas)))
            document = make(Titles(bad))
        raise AssertionError


def _stamp(content: bytes) -> bytes:
    """Return what the file of a front ends with: a comment, which PDF allows there, with its digest."""
    return f"%{digest(content)}\n".encode()


def _is_whole(path: Path) -> bool:
    """Say whether a front is in the cache, and is what was written."""
    content = read_file(path)
    length = len(_stamp(b""))
    return content[-length:] == _stamp(content[:-length])
