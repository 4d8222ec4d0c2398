"""How long a saved note takes to become a PDF while `watch` runs."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from pathlib import Path

from .inputs import ROOT, edit_number
from .measure import end, environment, start

# Seconds: between two saves, between two looks at the PDF, for the PDF to be let alone, and for giving up.
_PAUSE, _LOOK, _SETTLED, _LIMIT = 2.5, 0.002, 3.0, 60.0
_COMMAND = (sys.executable, str(ROOT / "build.py"))


def can_watch() -> bool:
    """Say whether notepress has the command."""
    asked = subprocess.run([*_COMMAND, "watch", "--help"], capture_output=True, check=False, cwd=ROOT)
    return asked.returncode == 0


def measure_saves(site: Path, note: Path, pdf: Path, places: tuple[float, ...]) -> tuple[float, ...]:
    """Return the seconds from each save of a note to the moment its PDF is replaced, a save for each of the places.

    A number at the place is edited, as in `edit_number`; all others are what they were. Raises TimeoutError where a PDF
    does not come.
    """
    original = note.read_text("utf-8")
    with (site / "watch.log").open("wb") as log:
        process = start((*_COMMAND, "--root", site, "watch"), site, environment(), log.fileno())
        try:
            _settle(pdf, process)
            found = []
            for number, place in enumerate(places):
                found.append(_save(note, edit_number(original, 2000 + number, place), pdf))
                time.sleep(_PAUSE)
        finally:
            _stop(process)
            note.write_text(original, "utf-8")
    return tuple(found)


def _save(note: Path, text: str, pdf: Path) -> float:
    """Replace a note at once, as editors do, and return the seconds until its PDF is another file."""
    before = _state(pdf)
    part = note.with_name(f".{note.name}.part")
    part.write_text(text, "utf-8")
    started = time.monotonic()
    part.replace(note)
    while _state(pdf) == before:
        if time.monotonic() - started > _LIMIT:
            raise TimeoutError(f"no new PDF {_LIMIT:.0f} s after a save")
        time.sleep(_LOOK)
    return time.monotonic() - started


def _settle(pdf: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until the PDF is there and has been let alone for a while, so that the watcher is idle."""
    started = quiet = time.monotonic()
    state = _state(pdf)
    while state is None or time.monotonic() - quiet < _SETTLED:
        if process.poll() is not None or time.monotonic() - started > _LIMIT:
            raise TimeoutError("watch ended, or made no PDF")
        time.sleep(0.05)
        if (now := _state(pdf)) != state:
            state, quiet = now, time.monotonic()


def _state(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
    end(process)
    process.wait()
