"""xelatex processes that have begun a document and wait for its text.

Fonts and the beginning of a document cost more than most notes, and are the same for all of them. So an engine is
started before there is anything to typeset; while it gets ready, the note is converted. Cold builds and the watcher
typeset in the same way, from the same files, to the same bytes.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from .documents import Preamble, TexDocument
from .formats import Format
from .processes import Finished, Running
from .system import copy_tree, link_file, make_work_folder, read_text, remove_file, remove_tree, write_atomic
from .tex import LIMITS, environment, tool, wall

JOB = "note"
DRIVER = "driver"
BODY = "body"
CARRIED = "carried"
_FORMAT = "preamble"

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
# xdvipdfmx works out which characters a font's glyphs stand for by reading the font from end to end, 25 ms for a large
# Chinese one: half of all it does. A map that it finds under the font's name is taken instead. It has to hold a line.
_MAPS = "maps"
_MAP = """\
%!PS-Adobe-3.0 Resource-CMap
/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /{name} def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
1 beginbfchar
<0000> <FFFD>
endbfchar
endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """What all engines of a build share; `fonts` by the name TeX loads them under, `seconds` for one pass.

    `repaired` returns the PostScript names of the fonts whose ToUnicode maps are made later, by `finish`.
    """

    preamble: Preamble
    fonts: Mapping[str, Path]
    seconds: float
    repaired: Callable[[], tuple[str, ...]]


class Engine:
    """One xelatex that waits; typesets one document and is then of no further use."""

    def __init__(self, options: EngineOptions, fonts_folder: Path, made: Format | None) -> None:
        precompiled = made.path if made else None
        self.folder = make_work_folder()
        self._seconds = options.seconds
        preamble = "" if precompiled else options.preamble.packages
        write_atomic(self.folder / f"{DRIVER}.tex", (preamble + options.preamble.driver).encode())
        # All that TeX needs besides its own files, by the places that the links below lead to.
        needed = [fonts_folder, *(path.resolve() for path in options.fonts.values())]
        # Links in the work folder, so that no path of a machine, which may hold any character, reaches TeX.
        link_file(self.folder / "fonts", fonts_folder)
        flags = [*XELATEX_FLAGS]
        if precompiled:
            link_file(self.folder / f"{_FORMAT}.fmt", precompiled.resolve())
            flags.append(f"-fmt={_FORMAT}")
            needed.append(precompiled.resolve())
        self.wall = wall(self.folder, needed)
        self._process = Running(
            [tool("xelatex"), *flags, f"{DRIVER}.tex"],
            cwd=self.folder,
            env=environment() | _HUGE_PAGES,
            # More than it can use before it is interrupted, or the kernel would end it without a word.
            limits=replace(LIMITS, cpu=math.ceil(options.seconds + _GRACE) + 5),
            wall=self.wall,
        )

    def alive(self) -> bool:
        """Say whether it still waits, or gets ready to."""
        return self._process.alive()

    def typeset(self, document: TexDocument, carried: str) -> Finished:
        """Let it typeset a document, with the labels in `carried` known from the start."""
        drawn = document.drawn_first.document.attachments if document.drawn_first else ()
        attached = {a.name: a.path.read_bytes() for a in (*document.attachments, *drawn)}
        labels = {f"{CARRIED}.aux": carried.encode()} if carried else {}
        files = {**attached, **document.files, **labels, f"{BODY}.tex": document.latex.encode()}
        for name, content in files.items():
            write_atomic(self.folder / name, content)
        return self._process.finish(b"\n", seconds=self._seconds, grace=_GRACE)

    def read(self, suffix: str) -> str:
        """Return the log or another text file that it wrote."""
        return read_text(self.folder / f"{JOB}.{suffix}")

    def has_pages(self) -> bool:
        """Say whether TeX got to the end and wrote pages, with errors on its way or without."""
        return (self.folder / f"{JOB}.xdv").is_file() and "Output written on" in self.read("log")

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
        remove_tree(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class Engines:
    """Starts engines and keeps the idle ones; safe to share between threads. Use as a context manager.

    `current_format` returns the format to use, None while there is none yet.
    """

    def __init__(self, options: EngineOptions, current_format: Callable[[], Format | None]) -> None:
        self._options = options
        self._current_format = current_format
        self._idle: list[Engine] = []
        self._lock = threading.Lock()
        self._fonts = make_work_folder()
        for name, path in options.fonts.items():
            link_file(self._fonts / name, path)

    @property
    def seconds(self) -> float:
        """The time limit of a pass."""
        return self._options.seconds

    def map_folder(self) -> str:
        """Return where a run finds the maps that stand in for those of `repaired`, as seen from its work folder."""
        with self._lock:
            folder = self._fonts / _MAPS
            if not folder.is_dir():
                for font in self._options.repaired():
                    write_atomic(folder / f"{font}-UTF16", _MAP.format(name=f"{font}-UTF16").encode())
        return f"fonts/{_MAPS}"

    def take(self) -> Engine:
        """Return an engine that waits, a new one where none is idle."""
        with self._lock:
            while self._idle:
                engine = self._idle.pop()
                if engine.alive():
                    return engine
                engine.close()
        return self._start()

    def give_back(self, engine: Engine) -> None:
        """Take back an engine that was not needed."""
        with self._lock:
            self._idle.append(engine)

    def keep_ready(self, count: int) -> None:
        """Start engines until `count` of them are idle."""
        while len(self._idle) < count:
            self.give_back(self._start())

    def close(self) -> None:
        """End all idle engines."""
        with self._lock:
            idle, self._idle = self._idle, []
        for engine in idle:
            engine.close()
        remove_tree(self._fonts)

    def _start(self) -> Engine:
        return Engine(self._options, self._fonts, self._current_format())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
