"""The engines of a build: started ahead, kept while they wait, taken by the threads that typeset."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Self

from .ahead import Opening
from .documents import TexDocument
from .engine import Engine, EngineOptions, read_sources
from .formats import Format
from .pages import stand_in_map
from .system import link_file, make_work_folder, remove_tree, write_atomic

_MAPS = "maps"
# Documents that are remembered, so that the next version shows where it was edited.
_MOST_REMEMBERED = 4


class Engines:
    """Starts engines and keeps the idle ones; safe to share between threads. Use as a context manager.

    `current_format` returns the format to use, None while there is none yet.
    """

    def __init__(self, options: EngineOptions, current_format: Callable[[], Format | None]) -> None:
        self._options = options
        self._current_format = current_format
        self._idle: list[Engine] = []
        self._begun: Engine | None = None
        self._expected: Opening | None = None
        self._documents: dict[str, TexDocument] = {}
        self._lock = threading.Lock()
        self._fonts = make_work_folder()
        for name, path in options.fonts.items():
            link_file(self._fonts / name, path)

    @property
    def seconds(self) -> float:
        """The time limit of a pass."""
        return self._options.seconds

    def _map_folder(self) -> str:
        """Return where a run finds the maps that stand in for those of `repaired`, as seen from its work folder."""
        with self._lock:
            folder = self._fonts / _MAPS
            if not folder.is_dir():
                for font in self._options.repaired():
                    name, content = stand_in_map(font)
                    write_atomic(folder / name, content)
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

    def exchange(self, engine: Engine, document: TexDocument, carried: str) -> Engine:
        """Return an engine that has begun a document where there is one, and take back the other."""
        with self._lock:
            begun, self._begun = self._begun, None
        if begun is None:
            return engine
        if begun.alive() and begun.goes_on_to(document, carried):
            self.give_back(engine)
            return begun
        begun.close()
        return engine

    def remember(self, document: TexDocument, carried: str) -> None:
        """Expect that a document without mistakes will be edited where it was; next time `carried` is known."""
        file = document.source_map.file
        with self._lock:
            if (before := self._documents.pop(file, None)) and not document.drawn_first:
                self._expected = Opening.expected(before, read_sources(document, carried))
            self._documents[file] = document
            if len(self._documents) > _MOST_REMEMBERED:
                del self._documents[next(iter(self._documents))]

    def keep_ready(self, count: int) -> None:
        """Start engines until `count` of them are idle, and one has begun the document that is expected."""
        while len(self._idle) < count:
            self.give_back(self._start())
        with self._lock:
            expected, self._expected = self._expected, None
        if expected:
            begun = self._start()
            begun.begin(expected)
            with self._lock:
                before, self._begun = self._begun, begun
            if before:
                before.close()

    def close(self) -> None:
        """End all idle engines."""
        with self._lock:
            idle, self._idle = self._idle, []
            begun, self._begun = self._begun, None
        for engine in (*idle, *([begun] if begun else [])):
            engine.close()
        remove_tree(self._fonts)

    def _start(self) -> Engine:
        return Engine(self._options, self._fonts, self._current_format(), self._map_folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
