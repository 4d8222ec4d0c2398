"""Progress and colour on a terminal; silent and plain anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import Diagnostic, NotepressError, Severity
from .report import BuildReport, NoteResult, Outcome, diagnostic_text

if TYPE_CHECKING:
    # A tenth of a second of imports, which a build with nothing to do should not pay for.
    from .model import Library
    from .plan import Record
    from .project import Project

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}


class Silent:
    """Progress that shows nothing."""

    def known(self, project: Project, library: Library, records: Mapping[str, Record]) -> None:
        """Ignore it."""

    def start(self, reasons: Mapping[str, str]) -> None:
        """Ignore it."""

    def finished(self, note: NoteResult) -> None:
        """Ignore it."""


class Explaining(Silent):
    """Says before a build why each note is built."""

    def start(self, reasons: Mapping[str, str]) -> None:
        """Print a line a note, in the order of the files."""
        for source, reason in sorted(reasons.items()):
            print(f"{source}: {reason}", flush=True)


@contextmanager
def build_progress(*, show: bool, explain: bool) -> Iterator[Silent]:
    """Yield what a build reports its progress to: the reasons where they are asked for, a bar on a terminal."""
    if show and explain:
        yield Explaining()
        return
    if not show or not sys.stderr.isatty():
        yield Silent()
        return
    # Imported here because a build that has nothing to do should not pay for it.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("typesetting", total=None)

        class Bar(Silent):
            """Progress that moves the bar."""

            def start(self, reasons: Mapping[str, str]) -> None:
                bar.update(task, total=len(reasons))

            def finished(self, note: NoteResult) -> None:
                bar.update(task, advance=1)
                console.print(f"{note.status:>7} {note.seconds:5.1f} s {note.pages:3d} p  {note.source}", markup=False)

        yield Bar()


class Watching(Silent):
    """Tells on the terminal what a watcher does: a line a note, its diagnostics, a line for what follows."""

    def __init__(self) -> None:
        self._first = True

    def start(self, reasons: Mapping[str, str]) -> None:
        """Say how much there is to do where it will take a while."""
        if len(reasons) > 1:
            print(f"{len(reasons)} notes to build", flush=True)

    def finished(self, note: NoteResult) -> None:
        """Say that a note's PDF is there, or what is wrong with the note."""
        _print_diagnostics(note.diagnostics)
        if note.pdf:
            print(f"{note.source}: {note.pages} pages in {note.seconds:.2f} s", flush=True)
        else:
            print(f"{note.source}: no new PDF; the last one stays", flush=True)

    def built(self, report: BuildReport) -> None:
        """Say what followed: chapters, book, index, removed files."""
        done = [part.pdf for part in report.joined() if part.status is Outcome.BUILT and part.pdf]
        done += ["README.md"] if report.index_written else []
        _print_diagnostics((*report.diagnostics, *(d for part in report.joined() for d in part.diagnostics)))
        for path in report.removed:
            print(f"removed {path}", flush=True)
        if done:
            print(f"  then {', '.join(done)}", flush=True)

    def failed(self, problem: NotepressError) -> None:
        """Say what has to be mended first."""
        _print_diagnostics(problem.diagnostics)

    def ready(self, folders: tuple[Path, ...]) -> None:
        """Say once where saves are waited for."""
        if self._first:
            print(f"watching {', '.join(str(folder) for folder in folders)}; Ctrl-C stops", flush=True)
        self._first = False

    def serving(self, address: str, *, to_others: bool) -> None:
        """Say once what to open in a browser, and who else could."""
        if to_others:
            print("anyone in the network can read these notes, by this machine's address and the same port", flush=True)
        print(f"open {address} in a browser", flush=True)


def _print_diagnostics(found: Iterable[Diagnostic]) -> None:
    for diagnostic in found:
        if diagnostic.severity is not Severity.INFO:
            print_diagnostic(diagnostic_text(diagnostic), diagnostic.severity)


def print_diagnostic(text: str, severity: Severity) -> None:
    """Print to stderr; in colour on a terminal."""
    if not sys.stderr.isatty():
        print(text, file=sys.stderr)
        return
    from rich.console import Console
    from rich.text import Text

    styled = Text(text)
    styled.highlight_words([f"{severity}:"], style=f"bold {_COLOURS[severity]}")
    Console(stderr=True, soft_wrap=True).print(styled)
