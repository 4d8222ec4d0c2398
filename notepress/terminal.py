"""Progress and colour on a terminal; silent and plain anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import Severity
from .report import NoteResult

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}


class Silent:
    """Progress that shows nothing."""

    def start(self, total: int) -> None:
        """Ignore it."""

    def finished(self, note: NoteResult) -> None:
        """Ignore it."""


@contextmanager
def build_progress(*, show: bool) -> Iterator[Silent]:
    """Yield what a build reports its progress to: a bar on a terminal."""
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

            def start(self, total: int) -> None:
                bar.update(task, total=total)

            def finished(self, note: NoteResult) -> None:
                bar.update(task, advance=1)
                console.print(f"{note.status:>7} {note.seconds:5.1f} s {note.pages:3d} p  {note.source}", markup=False)

        yield Bar()


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
