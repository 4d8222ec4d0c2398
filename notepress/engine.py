"""One xelatex that has begun a document and waits for its text.

Fonts and the beginning of a document cost more than most notes, and are the same for all of them. So an engine is
started before there is anything to typeset; while it gets ready, the note is converted. Cold builds and the watcher
typeset in the same way, from the same files, to the same bytes.

On another core xdvipdfmx makes a PDF of the pages while xelatex works. That, and typesetting what stands before the
last edit of a note, is done ahead: before it is known that it is right. Where it was not, `AheadError` says so.
"""

from __future__ import annotations

import math
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from .ahead import Opening, Sources
from .documents import Preamble, TexDocument
from .formats import Format
from .pages import Converter
from .processes import Finished, Running
from .system import copy_tree, link_file, make_work_folder, read_text, remove_file, remove_tree, write_atomic
from .tex import LIMITS, environment, tool, wall

JOB = "note"
DRIVER = "driver"
BODY = "body"
CARRIED = "carried"
_FORMAT = "preamble"
_ALL = "1-"

XELATEX_FLAGS = (
    "-no-pdf",  # passes write .xdv; xdvipdfmx then runs once instead of once a pass
    "-interaction=batchmode",  # never wait for an answer, and say nothing on a pipe nobody reads meanwhile
    "-file-line-error",  # file:line before each message
    "-no-shell-escape",  # a note starts no program
    f"-jobname={JOB}",  # the name gets into the PDF, so it is always the same
)
# TeX that is interrupted writes into its log where it was, as for an error, and ends, because nobody answers it.
# Seconds that this may take.
_GRACE = 2.0
# XeTeX fills 180 MB of tables before the first line of a document. In pages of 2 MB instead of 4 KB that takes a third
# of the time; where glibc or the kernel don't know the wish, nothing changes.
_HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """What all engines of a build share; `fonts` by the name TeX loads them under, `seconds` for one pass.

    `repaired` returns the PostScript names of the fonts whose ToUnicode maps are made later, by `finish`.
    """

    preamble: Preamble
    fonts: Mapping[str, Path]
    seconds: float
    repaired: Callable[[], tuple[str, ...]]


class AheadError(Exception):
    """What was done ahead was not right: the document has to be typeset again, one step after the other."""


class Engine:
    """One xelatex that waits; typesets one document and is then of no further use.

    `maps` returns, as seen from the work folder, where xdvipdfmx finds maps in the place of those it would make.
    """

    def __init__(self, options: EngineOptions, fonts: Path, made: Format | None, maps: Callable[[], str]) -> None:
        precompiled = made.path if made else None
        self.folder = make_work_folder()
        self._seconds = options.seconds
        self._maps = maps
        self._opening: Opening | None = None
        self._converter: Converter | None = None
        preamble = "" if precompiled else options.preamble.packages
        write_atomic(self.folder / f"{DRIVER}.tex", (preamble + options.preamble.driver).encode())
        # All that TeX needs besides its own files, by the places that the links below lead to.
        needed = [fonts, *(path.resolve() for path in options.fonts.values())]
        # Links in the work folder, so that no path of a machine, which may hold any character, reaches TeX.
        link_file(self.folder / "fonts", fonts)
        flags = [*XELATEX_FLAGS]
        if precompiled:
            link_file(self.folder / f"{_FORMAT}.fmt", precompiled.resolve())
            flags.append(f"-fmt={_FORMAT}")
            needed.append(precompiled.resolve())
        self._wall = wall(self.folder, needed)
        self._process = Running(
            [tool("xelatex"), *flags, f"{DRIVER}.tex"],
            cwd=self.folder,
            env=environment() | _HUGE_PAGES,
            # More than it can use before it is interrupted, or the kernel would end it without a word.
            limits=replace(LIMITS, cpu=math.ceil(options.seconds + _GRACE) + 5),
            wall=self._wall,
        )

    def alive(self) -> bool:
        """Say whether it still waits, or gets ready to."""
        return self._process.alive()

    def begin(self, opening: Opening) -> None:
        """Let it typeset how a document begins, and wait for the rest."""
        self._opening = opening
        self._write(opening.text(), opening.files)
        self._convert_meanwhile()
        self._process.send(b"\n")

    def goes_on_to(self, document: TexDocument, carried: str) -> bool:
        """Say whether it has begun just this document."""
        return self._opening is not None and self._opening.rest(read_sources(document, carried)) is not None

    def typeset(self, document: TexDocument, carried: str, *, ahead: bool) -> Finished:
        """Let it typeset a document, with the labels in `carried` known from the start.

        `ahead` makes a PDF of its pages meanwhile. Raises AheadError.
        """
        sources = read_sources(document, carried)
        text = self._opening.rest(sources) if self._opening else sources.latex
        if text is None:
            raise AheadError
        self._write(text, sources.files)
        if ahead and not self._opening:
            self._convert_meanwhile()
        result = self._process.finish(b"\n", seconds=self._seconds, grace=_GRACE)
        if self._converter and result.code == -signal.SIGPIPE:
            raise AheadError
        if self._opening and result.code >= 0 and not self._opening.is_sound(self.read("log")):
            raise AheadError
        return result

    def convert(self, pages: str = _ALL) -> tuple[Finished, bytes | None]:
        """Return how xdvipdfmx ended, and the PDF it made of some pages, such as 1-3 or 4-; raises AheadError."""
        ahead = self._converter
        converter, self._converter = ahead or self._new_converter(pages), None
        try:
            result, pdf = converter.finish(self._seconds)
        finally:
            converter.close()
        if ahead and result.code > 0:
            raise AheadError
        return result, pdf

    def read(self, suffix: str) -> str:
        """Return the log or another text file that it wrote."""
        return read_text(self.folder / f"{JOB}.{suffix}")

    def has_pages(self) -> bool:
        """Say whether TeX got to the end and wrote pages, with errors on its way or without."""
        return (self.folder / f"{JOB}.xdv").exists() and "Output written on" in self.read("log")

    def keep(self, folder: Path) -> None:
        """Copy its work folder, for somebody to look at."""
        copy_tree(self.folder, folder)
        # The folder that `fonts` leads to goes with the engines; its links can stay.
        fonts = {path.name: path.readlink() for path in (self.folder / "fonts").iterdir() if path.is_symlink()}
        remove_file(folder / "fonts", up_to=folder)
        for name, path in fonts.items():
            link_file(folder / "fonts" / name, path)

    def close(self) -> None:
        """End the process and remove its folder."""
        self._process.kill()
        if self._converter:
            self._converter.close()
        remove_tree(self.folder)

    def _write(self, text: str, files: Mapping[str, bytes]) -> None:
        for name, content in {**files, f"{BODY}.tex": text.encode()}.items():
            write_atomic(self.folder / name, content)

    def _convert_meanwhile(self) -> None:
        self._converter = self._new_converter(_ALL)

    def _new_converter(self, pages: str) -> Converter:
        return Converter(self.folder / f"{JOB}.xdv", pages, self._maps(), self._wall)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def read_sources(document: TexDocument, carried: str) -> Sources:
    """Return what TeX reads of a document, with the labels in `carried` known from the start."""
    drawn = document.drawn_first.document.attachments if document.drawn_first else ()
    attached = {a.name: a.path.read_bytes() for a in (*document.attachments, *drawn)}
    labels = {f"{CARRIED}.aux": carried.encode()} if carried else {}
    return Sources(latex=document.latex, files={**attached, **document.files, **labels})
