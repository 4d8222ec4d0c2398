"""Builds after every save, with everything warm: engines that wait for text, pandoc, fonts, what was read before.

A save is a set of changed files; saves that come while a build runs are one set for the next build. What a reader waits
for, the PDF of the saved note, is written first; chapters, book and index follow, unless another save comes first.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from watchfiles import Change, DefaultFilter
from watchfiles import watch as watch_files

from .config import CONFIG_NAME, load_config
from .errors import BusyError, MissingToolError, NotepressError
from .ledger import load_records
from .pipeline import BuildOptions, Progress, build_with
from .project import Project
from .report import BuildReport
from .resources import resource_folder
from .workshop import Workshop, open_workshop

# Milliseconds without another change after which a save is complete: editors write a file in several steps.
_QUIET = 10
# The longest that changes without a pause are waited for.
_LONGEST = 400
# Milliseconds after which the watching threads look whether they should end, and show that they have begun.
_LOOK_UP = 50
# Seconds between two tries where another build holds the lock.
_RETRY = 0.2
# Engines that are kept waiting: one for a save, one for the save that follows at once.
_IDLE_ENGINES = 2


class Listener(Progress, Protocol):
    """Told what the watcher does, besides what each build tells."""

    def built(self, report: BuildReport) -> None:
        """A build is complete: chapters, book and index are up to date as well, or a newer save came first."""

    def failed(self, problem: NotepressError) -> None:
        """Something has to be mended before a build can go on; the next save is another try."""

    def ready(self, folders: tuple[Path, ...]) -> None:
        """Saves in these folders are waited for."""


def watch(root: Path, options: BuildOptions, listener: Listener, theme: str | None = None) -> None:
    """Build, and build again after every save, until interrupted; leaves no process behind then.

    `theme` as in `load_config`; the README's links lead to the PDFs of the theme in notes.yaml, so only those write it.
    Raises MissingToolError where a program or a font is missing, InputError where there is no such folder: no save can
    help there.
    """
    while True:
        try:
            with (
                _Saves(load_config(root, theme)) as saves,
                open_workshop(load_config(root, theme), options.jobs) as workshop,
            ):
                write_index = options.write_index and not workshop.project.variant
                _build_saves(workshop, replace(options, write_index=write_index), listener, saves)
        except MissingToolError:
            raise
        except NotepressError as problem:
            if not root.is_dir():
                raise
            listener.failed(problem)
            _wait_for_another_try(root.resolve())


def _build_saves(workshop: Workshop, options: BuildOptions, listener: Listener, saves: _Saves) -> None:
    """Build after every save until configuration, templates or fonts change, which everything warm depends on."""
    workshop.remember()
    while True:
        _build(workshop, options, listener, saves.waiting)
        if not saves.waiting():
            workshop.warm_up(_IDLE_ENGINES)
            listener.ready(saves.folders)
        if any(saves.renews(path) for path in saves.next()):
            return


def _build(workshop: Workshop, options: BuildOptions, listener: Listener, interrupted: Callable[[], bool]) -> None:
    """Build what is stale; where another build holds the lock, wait for it and say so once."""
    told = False
    while True:
        try:
            listener.built(build_with(workshop, options, listener, interrupted))
        except BusyError as problem:
            if not told:
                listener.failed(problem)
            told = True
            time.sleep(_RETRY)
        except NotepressError as problem:
            listener.failed(problem)
            return
        else:
            return


def _folders(project: Project) -> tuple[Path, ...]:
    """Return the folders in which files matter, with all below them."""
    images = {
        (project.root / label.removeprefix("image:")).parent
        for record in load_records(project).values()
        for label in record.inputs
        if label.startswith("image:")
    }
    fixed = [
        project.notes_folder,
        *((project.root / file).parent for file in project.config.bibliography if "/" in file),
    ]
    fixed += [folder / name for folder in (project.root, resource_folder()) for name in ("templates", "fonts")]
    found: list[Path] = []
    for folder in [*fixed, *sorted(images)]:
        if folder.is_dir() and not any(folder.is_relative_to(other) for other in found):
            found.append(folder)
    return tuple(found)


class _Filter(DefaultFilter):
    """Leaves out hidden files, those of editors and tools, and what builds write."""

    def __init__(self, project: Project) -> None:
        super().__init__(ignore_paths=[project.output_folder, project.cache_folder])
        self._root = project.root

    def __call__(self, change: Change, path: str) -> bool:
        place = Path(path)
        inside = place.relative_to(self._root) if place.is_relative_to(self._root) else place
        return not any(part.startswith(".") for part in inside.parts) and super().__call__(change, path)


class _Saves:
    """Saves as they come in, from threads of their own. Use as a context manager."""

    def __init__(self, project: Project) -> None:
        folders = self.folders = _folders(project)
        self._project = project
        self._changes: queue.SimpleQueue[frozenset[Path]] = queue.SimpleQueue()
        self._stop = threading.Event()
        # The root itself is watched without what is below it, which may hold a .venv of a thousand folders.
        tops = [((project.root,), False)] if project.root not in folders else []
        groups = [(folders, True), *tops]
        self._listening = threading.Barrier(len(groups) + 1)
        self._threads = [threading.Thread(target=self._listen, args=group, daemon=True) for group in groups]

    def waiting(self) -> bool:
        """Say whether a save has come in that no build has seen."""
        return not self._changes.empty()

    def next(self) -> frozenset[Path]:
        """Wait for a save and return its files together with those of all saves that came meanwhile."""
        found = self._changes.get()
        while not self._changes.empty():
            found |= self._changes.get()
        return found

    def renews(self, path: Path) -> bool:
        """Say whether a changed file makes what is warm useless."""
        root = self._project.root
        folders = [folder / name for folder in (root, resource_folder()) for name in ("templates", "fonts")]
        return path == root / CONFIG_NAME or any(path.is_relative_to(folder) for folder in folders)

    def _listen(self, folders: tuple[Path, ...], deep: bool) -> None:
        began = False
        changes = watch_files(
            *folders,
            recursive=deep,
            watch_filter=_Filter(self._project),
            step=_QUIET,
            debounce=_LONGEST,
            stop_event=self._stop,
            rust_timeout=_LOOK_UP,
            yield_on_timeout=True,
        )
        for change in changes:
            if change:
                self._changes.put(frozenset(Path(path) for _, path in change))
            # The first word from the watching library, even if it is that nothing happened, shows that it is at work.
            if not began:
                self._listening.wait()
            began = True

    def __enter__(self) -> _Saves:
        for thread in self._threads:
            thread.start()
        # Whoever reads files after this misses no save: it was read, or it will be reported.
        self._listening.wait()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def _wait_for_another_try(root: Path) -> None:
    """Wait until any file of the project or of the built-in templates changes."""
    folders = [root, *(resource_folder() / name for name in ("templates", "fonts"))]
    for _ in watch_files(*folders, step=_QUIET, debounce=_LONGEST, rust_timeout=_LOOK_UP, raise_interrupt=True):
        return
