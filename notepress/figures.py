"""A note's TikZ figures -> a PDF with a page for each, cached by all that it is made from.

A drawing takes TeX longer than the pages of text around it and is edited less often, so an edited text should not pay
for it again. New figures are drawn by the run that typesets the note, on pages before its first; these become a PDF of
their own, which the note then shows, so that its pages are the same whether the figures were drawn now or before.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .documents import Drawings, FiguresDocument, TexDocument
from .model import Attachment, SourceMap
from .system import digest, mark_used, read_file, write_atomic

SUFFIX = ".tikz"
# Where the pages of a note's figures lie beside the note, for TeX.
PDF = "figures.pdf"
_SIZES = "figures.tex"
# What the log has after the last figure, and where the text uses what pgf has made for a figure.
_END, _SHARED = "\nnpfigures end\n", "\nnpfigures shared\n"
_LENGTH = r"([\d.]+pt)"
_SIZE = re.compile(rf"^npfigure \d+ is {_LENGTH} x {_LENGTH} \+ {_LENGTH}$", re.M)


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
            return Drawings(pdf=pdf, sizes=tuple((width, height, depth) for width, height, depth in known["sizes"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    def keep(self, figures: tuple[Attachment, ...], drawings: Drawings) -> None:
        """Remember drawings about which there was nothing to say."""
        head = {"sha256": digest(drawings.pdf), "packages": self.packages(), "sizes": drawings.sizes}
        write_atomic(self._path(figures), json.dumps(head).encode() + b"\n" + drawings.pdf)

    def _path(self, figures: tuple[Attachment, ...]) -> Path:
        return self.folder / f"{self.key(figures)}.pdf"


def figures_document(figures: tuple[Attachment, ...], file: str) -> FiguresDocument:
    """Return what TeX has to draw of a note's figures; `file` is the note's."""
    document = TexDocument(
        latex="",
        body_line=1,
        source_map=SourceMap(file=file, marks=()),
        formulas=(),
        spans=(),
        source="",
        attachments=figures,
        files={},
    )
    return FiguresDocument(document=document, pages=len(_pages(figures)))


def figure_commands(figures: tuple[Attachment, ...]) -> tuple[str, ...]:
    """Return the LaTeX that draws what is not drawn yet, and says on which page each figure is."""
    if not figures:
        return ()
    names = {figure.digest: figure.name for figure in reversed(figures)}
    page_of = {key: page for page, key in enumerate(_pages(figures), 1)}
    draw = [rf"\npdraw{{{page}}}{{{names[key]}}}" for key, page in page_of.items()]
    return (
        r"\npfiguresbegin",
        *draw,
        r"\npfiguresend",
        *(rf"\npdrawn{{{figure.name}}}{{{page_of[figure.digest]}}}" for figure in figures),
    )


def drawing_files(drawings: Drawings) -> dict[str, bytes]:
    """Return the files that a run needs to show figures that are drawn already."""
    sizes = (rf"\npdrawnsize{{{page}}}" + "".join(f"{{{length}}}" for length in size)
             for page, size in enumerate(drawings.sizes, 1))  # fmt: skip
    return {PDF: drawings.pdf, _SIZES: "\n".join(sizes).encode()}


def read_drawings(log: str, pdf: bytes) -> Drawings:
    """Return what a run has drawn, from its log and the pages."""
    return Drawings(pdf=pdf, sizes=tuple((width, height, depth) for width, height, depth in _SIZE.findall(log)))


def split_log(log: str) -> tuple[str, str]:
    """Return what a log says of the figures that were drawn first, and of the text after them."""
    drawing, end, text = log.rpartition(_END)
    # Without an end TeX did not get beyond the figures.
    return (drawing, text) if end else (log, "")


def shares_with_figures(log: str) -> bool:
    """Say whether the text uses what pgf has made for the figures, so that it is complete without these only."""
    return _SHARED in log


def _pages(figures: tuple[Attachment, ...]) -> list[str]:
    """Return the digest of the figure on each page; a figure that is shown twice is drawn once."""
    return list(dict.fromkeys(figure.digest for figure in figures))
