"""Watches, and shows in a browser what comes of it: the notes, their PDFs, and what there is to mend."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from .board import Board
from .errors import NotepressError
from .model import Library
from .pipeline import BuildOptions
from .plan import Record
from .project import Project
from .report import BuildReport, NoteResult
from .watch import Listener as WatchListener
from .watch import watch
from .webserver import Where, open_server


class Listener(WatchListener, Protocol):
    """Told where the page is, besides what a watcher tells."""

    def serving(self, address: str, *, to_others: bool) -> None:
        """Browsers find the page at this address; other machines too, if it is open `to_others`."""


def serve(root: Path, options: BuildOptions, listener: Listener, where: Where, theme: str | None = None) -> None:
    """Watch until interrupted and show the results at an address; no process, thread or connection stays then.

    Raises InputError where the address can't be had, and what `watch` raises.
    """
    board = Board()
    with open_server(board, root, where) as site:
        listener.serving(site.address, to_others=site.hosts.open_to_others)
        watch(root, options, _Both(listener, board), theme)


class _Both:
    """Tells two listeners the same."""

    def __init__(self, *listeners: WatchListener) -> None:
        self._listeners = listeners

    def known(self, project: Project, library: Library, records: Mapping[str, Record]) -> None:
        for listener in self._listeners:
            listener.known(project, library, records)

    def start(self, reasons: Mapping[str, str]) -> None:
        for listener in self._listeners:
            listener.start(reasons)

    def finished(self, note: NoteResult) -> None:
        for listener in self._listeners:
            listener.finished(note)

    def built(self, report: BuildReport) -> None:
        for listener in self._listeners:
            listener.built(report)

    def failed(self, problem: NotepressError) -> None:
        for listener in self._listeners:
            listener.failed(problem)

    def ready(self, folders: tuple[Path, ...]) -> None:
        for listener in self._listeners:
            listener.ready(folders)
