"""Run a command and say what it cost: wall time, processor time of it and its children, peak memory.

Memory is what Linux tells in /proc; elsewhere it is 0. A process that outlives its parent or leaves the process group
is missed; none of the systems here starts one.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Between two looks at the memory of all processes, in seconds.
_INTERVAL = 0.05
_KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One run: seconds of wall and processor time, bytes at the peak of all processes and of the first one."""

    wall: float
    cpu: float
    tree: int
    parent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to run, where, and the file that takes what it says; `seconds` is the time limit."""

    words: tuple[str | Path, ...]
    cwd: Path
    log: Path
    seconds: float = 7200.0


def environment() -> dict[str, str]:
    """Return the same environment for every system, without the variables of an outer make."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    # Messages about missing characters in one line each.
    return kept | {"LC_ALL": "C.UTF-8", "max_print_line": "1000"}


def measure(command: Command) -> Sample:
    """Run a command to its end, whatever its exit code; what it says is in its log."""
    with command.log.open("wb") as log:
        started = time.monotonic()
        process = start(command.words, command.cwd, environment(), log.fileno())
        memory = _Memory(process.pid)
        limit = threading.Timer(command.seconds, end, [process])
        limit.start()
        try:
            # wait4 counts the child together with all children it has waited for.
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            end(process)
            raise
        finally:
            limit.cancel()
            memory.stop()
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    return Sample(wall=wall, cpu=usage.ru_utime + usage.ru_stime, tree=memory.tree, parent=memory.parent)


def start(words: Sequence[str | Path], cwd: Path, env: Mapping[str, str], log: int) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own, so that it can be ended with all that it starts."""
    return subprocess.Popen(
        [str(word) for word in words],
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process with all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


class _Memory:
    """Watches the memory of a process and its descendants in a thread of its own."""

    def __init__(self, pid: int) -> None:
        self.tree = 0
        self.parent = 0
        self._resident = 0
        self._pid = pid
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(_INTERVAL):
            pids = _descendants(self._pid)
            resident = sum(_resident(pid) for pid in pids)
            # To learn what is shared takes the kernel milliseconds, so it is asked only where there is a new peak.
            if resident > self._resident:
                self._resident = resident
                self.tree = max(self.tree, sum(_proportional(pid) for pid in pids) or resident)
            # The highest that the kernel ever saw, so that a late look loses little.
            self.parent = max(self.parent, _field(f"/proc/{self._pid}/status", b"\nVmHWM:"))


def _descendants(pid: int) -> list[int]:
    """Return a process and all below it; each may be gone by the time somebody asks about it."""
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        tasks = f"/proc/{found[-1]}/task"
        # Plain strings: this runs twenty times a second beside what is measured.
        with contextlib.suppress(OSError):
            for task in os.listdir(tasks):  # noqa: PTH208
                waiting += map(int, _read(f"{tasks}/{task}/children").split())
    return found


def _resident(pid: int) -> int:
    """Return the bytes of a process in memory."""
    pages = _read(f"/proc/{pid}/statm").split()
    return int(pages[1]) * os.sysconf("SC_PAGE_SIZE") if pages else 0


def _proportional(pid: int) -> int:
    """Return the bytes of a process in memory, shared pages by halves, thirds … among those that share them."""
    return _field(f"/proc/{pid}/smaps_rollup", b"\nPss:")


def _field(path: str, name: bytes) -> int:
    """Return the bytes that a file of /proc gives in KiB; 0 where the process is gone."""
    before, _, after = _read(path).partition(name)
    return int(after.split(maxsplit=1)[0]) * _KIB if before and after else 0


def _read(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0) as stream:  # noqa: PTH123
            return stream.read()
    except OSError:
        return b""
