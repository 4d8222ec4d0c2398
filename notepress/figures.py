"""A note's TikZ figures -> a PDF with a page for each, cached by all that it is made from.

A drawing takes TeX longer than the pages of text around it and is edited less often, so an edited text should not pay
for it again. All figures of a note are drawn in one run: one by one each would wait for an engine of its own, and
drawn together with the figures of other notes they would share fonts, so that a page would depend on its neighbours.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .documents import Drawing, Drawings, TexDocument, TypesetPdf
from .model import Attachment, SourceMap
from .system import digest, mark_used, read_file, write_atomic

SUFFIX = ".tikz"
# Where the pages of a note's figures lie beside the note, for TeX.
PDF = "figures.pdf"
_DEPTH = re.compile(r"^npfigure (\d+) depth ([\d.]+)pt", re.M)


class Claims:
    """Which drawings are being made, so that no two workers make the same; safe to share between threads."""

    def __init__(self) -> None:
        self._under_way: set[str] = set()
        self._changed = threading.Condition()

    def claim(self, key: str, *, wait: bool) -> bool:
        """Say whether the caller may draw; with `wait` at the latest when the one who does has finished."""
        with self._changed:
            while key in self._under_way:
                if not wait:
                    return False
                self._changed.wait()
            self._under_way.add(key)
            return True

    def release(self, key: str) -> None:
        """Say that a claimed drawing is made, or has failed."""
        with self._changed:
            self._under_way.discard(key)
            self._changed.notify_all()


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureCache:
    """Drawings kept in a folder; `environment` is a digest of templates, fonts and programs.

    `packages` returns the digest of TeX's own files, perhaps after waiting for it; `claims` are of this process.
    """

    folder: Path
    environment: str
    packages: Callable[[], str]
    claims: Claims

    def key(self, figures: tuple[Attachment, ...]) -> str:
        """Return the digest of all that these drawings are made from, but for TeX's own files."""
        return digest("\n".join([self.environment, *_pages(figures)]).encode())[:32]

    def find(self, figures: tuple[Attachment, ...]) -> Drawings | None:
        """Return the drawings of these figures, if they were made from what would be used now."""
        head, _, pdf = read_file(self._path(figures)).partition(b"\n")
        try:
            known = json.loads(head)
            if known["sha256"] != digest(pdf) or known["packages"] != self.packages():
                return None
            mark_used(self._path(figures))
            return _drawings(figures, pdf, {int(page): depth for page, depth in known["depths"].items()})
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    def keep(self, figures: tuple[Attachment, ...], drawings: Drawings) -> None:
        """Remember drawings about which there was nothing to say."""
        depths = {drawing.page: drawing.depth for drawing in drawings.drawings}
        head = {"sha256": digest(drawings.pdf), "packages": self.packages(), "depths": depths}
        write_atomic(self._path(figures), json.dumps(head).encode() + b"\n" + drawings.pdf)

    def _path(self, figures: tuple[Attachment, ...]) -> Path:
        return self.folder / f"{self.key(figures)}.pdf"


def figure_document(figures: tuple[Attachment, ...], file: str) -> TexDocument:
    """Return the document that draws each different figure on a page of its own; `file` is the note's."""
    names = {figure.digest: figure.name for figure in reversed(figures)}
    pages = [rf"\npdraw{{{page}}}{{{names[key]}}}" for page, key in enumerate(_pages(figures), 1)]
    return TexDocument(
        latex="\n".join([*pages, r"\end{document}", ""]),
        body_line=1,
        source_map=SourceMap(file=file, marks=()),
        formulas=(),
        spans=(),
        source="",
        attachments=figures,
        files={},
    )


def read_drawings(figures: tuple[Attachment, ...], made: TypesetPdf) -> Drawings:
    """Return what the document of these figures became."""
    depths = {int(page): float(depth) for page, depth in _DEPTH.findall(made.log)}
    return _drawings(figures, made.pdf, depths)


def _pages(figures: tuple[Attachment, ...]) -> list[str]:
    """Return the digest of the figure on each page; a figure that is shown twice is drawn once."""
    return list(dict.fromkeys(figure.digest for figure in figures))


def _drawings(figures: tuple[Attachment, ...], pdf: bytes, depths: dict[int, float]) -> Drawings:
    page_of = {key: page for page, key in enumerate(_pages(figures), 1)}
    found = []
    for figure in figures:
        page = page_of[figure.digest]
        found.append(Drawing(name=figure.name, page=page, depth=depths[page]))
    return Drawings(pdf=pdf, drawings=tuple(found))
