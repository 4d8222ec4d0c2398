"""A watcher in a process of its own, and what it says, for tests of `watch` and of what stands on it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.repo import PATIENCE, Repo, tex_processes

ONE, TWO = "notes/01-章/01-一.md", "notes/01-章/02-二.md"


class Watcher:
    """A watcher at work on a project, and what it has said so far."""

    def __init__(self, repo: Repo, log: Path, process: subprocess.Popen[bytes]) -> None:
        self.repo = repo
        self.process = process
        self._log = log

    def said(self) -> str:
        """Return all that was printed."""
        return self._log.read_text("utf-8", errors="replace")

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until something is so."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < end, f"no {what}: {self.said()}"
            time.sleep(0.02)

    def until_said(self, words: str, times: int = 1) -> None:
        """Wait until some words were printed so often."""
        self.until(lambda: self.said().count(words) >= times, words)

    def until_shown(self, words: str, pdf: str) -> None:
        """Wait until a PDF holds some words."""
        self.until(lambda: self.repo.output(pdf).is_file() and words in self.repo.pdf_words(pdf), words)


@contextmanager
def watching(repo: Repo, folder: Path, *words: str) -> Iterator[Watcher]:
    """Start a watcher, by `watch` or other words, that works below `folder`; no process of it outlives the test."""
    folder.mkdir()
    log = folder.parent / "said"
    with log.open("wb") as stream, subprocess.Popen(
        repo.command(*(words or ("watch",)), "-j2"),
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=stream,
        stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        try:
            yield Watcher(repo, log, process)
        finally:
            process.kill()
            for left in tex_processes(folder):
                os.kill(left, signal.SIGKILL)
