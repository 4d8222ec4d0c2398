"""Runs pandoc: long-lived `pandoc lua` processes, so that start-up is paid once a build, not once a note."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .errors import MissingToolError, NoteError, NotepressError, error
from .processes import LineServer, StoppedError, inherited, run_process, with_variables
from .system import make_work_folder, remove_tree

SCRIPT = Path(__file__).with_name("convert.lua")
# A note that takes pandoc longer than this has run into exponential parsing.
SECONDS = 60.0


@cache
def pandoc_path() -> str:
    """Return the pandoc that pypandoc brings; raises MissingToolError where there is none."""
    # To load pypandoc, and to have it ask every pandoc of the system for its version, takes as long as to check a note.
    spec = find_spec("pypandoc")
    own = Path(spec.origin).with_name("files") / "pandoc" if spec and spec.origin else None
    if own and own.is_file() and not inherited("PYPANDOC_PANDOC"):
        return str(own)
    try:
        import pypandoc

        return str(pypandoc.get_pandoc_path())
    except OSError as problem:
        raise MissingToolError(
            error("pandoc-missing", "pandoc is not installed", hint="pip install pypandoc_binary")
        ) from problem


@cache
def pandoc_version() -> str:
    """Return pandoc's version, part of what a conversion depends on."""
    said = run_process([pandoc_path(), "--version"], seconds=SECONDS).stdout.decode("utf-8", "replace").split()
    return said[1] if len(said) > 1 else ""


def _command() -> list[str | Path]:
    # The heap limit is for notes on which pandoc's parsers explode. Most of what a conversion makes is garbage at its
    # end: where there is room for all of it (-A), and the old is left alone for longer (-O), less is copied.
    return [pandoc_path(), "+RTS", "-M2g", "-A64m", "-O64m", "-RTS", "lua", SCRIPT]


class Pandoc:
    """Answers conversion requests; safe to share between threads. Use as a context manager.

    At most `most` processes: a conversion is a small part of a note, and code in a language that pandoc has to look for
    (see lua/languages.lua) costs each process a third of a second, so a thread waits for its turn rather than start
    another.
    """

    def __init__(self, most: int = 1) -> None:
        # Appending and popping are atomic. The one that answered last is asked next: it has its syntaxes loaded.
        self._idle: list[LineServer] = []
        self._started: list[LineServer] = []
        self._closed = False
        self._turn = threading.Semaphore(most)
        # `pandoc lua` makes a folder of its own for temporary files, and leaves it behind where it is killed.
        self._folder = make_work_folder()

    def __enter__(self) -> Pandoc:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End all processes, also one that works, and remove what they left."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()
        # What still works is given up by the thread that waits for it.
        while self._started:
            self._started.pop().end()
        remove_tree(self._folder)

    def warm_up(self) -> None:
        """Start a process and have it load what the first code block would make it load."""
        self.ask({"text": "```python\nx\n```\n", "formulas": [], "headline": 0})

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send one request to convert.lua and return its answer.

        Where the long-lived process dies or hangs, a fresh one gets the request alone; raises NoteError where that
        fails too.
        """
        line = json.dumps(request, ensure_ascii=False).encode()
        with self._turn:
            answer = self._ask_server(line)
        if answer is None:
            if self._closed:
                raise StoppedError
            answer = run_process(_command(), env=self._environment(), stdin=line + b"\n", seconds=SECONDS).stdout
        try:
            result: dict[str, Any] = json.loads(answer)
        except ValueError as problem:
            raise NoteError(
                error(
                    "conversion-failed",
                    f"pandoc died or took more than {SECONDS:.0f} s",
                    hint="halve the note to find the part it can't read",
                )
            ) from problem
        if failure := result.get("failure"):
            raise NoteError(error("conversion-failed", f"pandoc could not read the note: {failure}"))
        return result

    def _ask_server(self, line: bytes) -> bytes | None:
        try:
            server = self._idle.pop()
        except IndexError:
            server = LineServer(_command(), env=self._environment())
            self._started.append(server)
            # Looked at after it is known to `close`, so that one of the two ends it, whoever comes first.
            if self._closed:
                server.end()
                raise StoppedError from None
        answer = server.ask(line, seconds=SECONDS)
        if answer is None:
            server.close()
        else:
            self._idle.append(server)
        return answer

    def _environment(self) -> dict[str, str]:
        return with_variables(TMPDIR=str(self._folder))


@contextlib.contextmanager
def pandoc_ahead(most: int | None = None) -> Iterator[Pandoc]:
    """Yield a Pandoc whose process gets ready at once, on another core than that on which the caller gets ready."""
    pandoc = Pandoc(most=most or processes_for(os.cpu_count() or 1))

    def warm_up() -> None:
        # What is wrong, the first note finds as well.
        with contextlib.suppress(NotepressError, StoppedError):
            pandoc.warm_up()

    threading.Thread(target=warm_up, daemon=True).start()
    with pandoc:
        yield pandoc


def processes_for(jobs: int) -> int:
    """Return how many processes keep so many workers busy: one for every four."""
    return (jobs + 3) // 4
