"""What notes are made with: templates, fonts, workers, pandoc, engines and the format.

A build opens one and closes it; a watcher keeps one open from build to build.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Self

from .documents import Preamble
from .engine import EngineOptions
from .engines import Engines
from .figures import Claims, FigureCache
from .fingerprints import DigestCache, shared_inputs
from .fonts import load_fonts
from .formats import Format, FormatSource, FormatStore
from .glyphs import GlyphTables
from .lint import Vocabulary
from .memo import Memo
from .notes import ReadNote
from .pandoc import Pandoc, processes_for
from .pictures import PictureStore
from .plan import ManifestLine
from .processes import allow_processes, kill_running
from .project import Project
from .render import render_preamble
from .system import digest, remove_oldest, remove_stale_work_folders
from .templating import Renderer, make_renderer
from .tex import PROGRAMS, tool
from .vocabulary import project_vocabulary
from .waiting import result_of

# Files that stay in each cache: more than any book uses, less than would be missed on a disk.
_MOST_KEPT = {"pictures": 2000, "figures": 300, "fronts": 100}


class Workshop:
    """Everything that costs time to start, started when it is first needed. Use as a context manager."""

    def __init__(self, renderer: Renderer, executor: Executor, jobs: int, pandoc: Pandoc | None = None) -> None:
        self.renderer = renderer
        self.executor = executor
        self.jobs = jobs
        self.pandoc = pandoc or Pandoc(most=processes_for(jobs))
        self.digests = DigestCache(renderer.project.cache_folder / "digests.json")
        cache = renderer.project.cache_folder
        self.glyphs = GlyphTables(renderer.fonts, cache / "glyphs", self.digests.of)
        self._store = FormatStore(folder=renderer.project.cache_folder / "formats", digest_of=self.digests.of)
        self._engines: Engines | None = None
        self.notes: Memo[ReadNote] | None = None
        self.manifest: Memo[ManifestLine] | None = None

    def remember(self) -> None:
        """Keep from build to build what is read whole though little of it changes; a single build has no use for it."""
        self.notes, self.manifest = Memo(), Memo()

    def begin_build(self) -> None:
        """Forget what the build before the last one read."""
        for memo in (self.notes, self.manifest):
            if memo is not None:
                memo.begin_round()

    @property
    def project(self) -> Project:
        """The project that is built here."""
        return self.renderer.project

    @cached_property
    def preamble(self) -> Preamble:
        """What all documents begin with; raises InputError for a template's mistake."""
        return render_preamble(self.renderer)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """What TeX knows in formulas, as far as that can be known without it."""
        return project_vocabulary(self.project)

    @cached_property
    def figures(self) -> FigureCache:
        """The drawings that were made before."""
        preamble, fonts = self.preamble, self.renderer.fonts
        parts = [preamble.packages, preamble.driver, *shared_inputs(fonts, self.digests).values()]
        return FigureCache(
            folder=self.project.cache_folder / "figures",
            environment=digest("\n".join(parts).encode()),
            packages=lambda: self.packages() or "",
            claims=Claims(),
        )

    @cached_property
    def pictures(self) -> PictureStore:
        """The images that were looked at and converted before."""
        folder = self.project.cache_folder / "pictures"
        return PictureStore(folder=folder, fonts=self.renderer.fonts, digest_of=self.digests.of)

    @property
    def engines(self) -> Engines:
        """The engines; to ask for them starts the making of a missing format."""
        if self._engines is None:
            options = EngineOptions(
                preamble=self.preamble,
                fonts=self.renderer.fonts.files(),
                seconds=float(self.project.config.time_limit),
                repaired=self.glyphs.keyed,
            )
            self._format = self._find_format()
            self._engines = Engines(options, self._current_format)
        return self._engines

    def packages(self) -> str | None:
        """Return the digest of TeX's own files that documents are made from; None before any was made."""
        if self._engines is not None:
            return result_of(self._format).packages
        return self._store.packages()

    def package_files(self) -> tuple[Path, ...]:
        """Return TeX's own files that documents are made from, as far as they are known."""
        return self._store.package_files()

    def format(self) -> Format | None:
        """Return the format, after waiting for it where it is being made; None where nothing needed one."""
        return result_of(self._format) if self._engines is not None else None

    def format_is_there(self) -> bool:
        """Say whether an engine that is started now begins with a format, or none can be made."""
        return self._engines is None or self._format.done()

    def warm_up(self, engines: int) -> None:
        """Start what the next note will need, `engines` of TeX among it, and return at once."""
        self.engines.keep_ready(engines)
        self.executor.submit(self.pandoc.warm_up)

    def close(self) -> None:
        """End all processes."""
        if self._engines is not None:
            self._engines.close()
            self._prune()
        self.pandoc.close()

    def _prune(self) -> None:
        """Keep the caches of what builds make from growing for ever."""
        for name, most in _MOST_KEPT.items():
            remove_oldest(self.project.cache_folder / name, "*", keep=most)

    def _find_format(self) -> Future[Format]:
        source = FormatSource(preamble=self.preamble, fonts=self.renderer.fonts.files())
        found = self._store.find(source)
        if found is None:
            return self.executor.submit(self._store.make, source)
        future: Future[Format] = Future()
        future.set_result(found)
        return future

    def _current_format(self) -> Format | None:
        """Return the format if it is there: to wait for one may take longer than to do without it once."""
        return self._format.result() if self._format.done() else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


@contextmanager
def open_workshop(project: Project, jobs: int | None, pandoc: Pandoc | None = None) -> Iterator[Workshop]:
    """Find tools, fonts and templates and yield what to build with; raises MissingToolError or InputError.

    A `pandoc` that is there already is taken over, and closed in the end.
    """
    allow_processes()
    # Before the fonts, some of which come with TeX: the message should name what is really missing.
    for program in PROGRAMS:
        tool(program)
    remove_stale_work_folders()
    renderer = make_renderer(project, load_fonts(project))
    count = jobs or os.cpu_count() or 1
    # Threads, since the work is child processes; nothing but the Executor interface is used.
    with ThreadPoolExecutor(count) as executor, Workshop(renderer, executor, count, pandoc) as workshop:
        try:
            yield workshop
        except BaseException:
            # Workers wait for their child processes; without this, Ctrl-C would wait for TeX.
            executor.shutdown(wait=False, cancel_futures=True)
            kill_running()
            raise
