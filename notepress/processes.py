"""Child processes: started in a session of their own, within limits, and ended with all that they started.

Unaware of notes, TeX and PDF; just running commands. No other module starts a process.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .landlock import Wall, enter

# Child processes belong to the whole process, whichever thread started them; adding and discarding are atomic.
_RUNNING: set[subprocess.Popen[bytes]] = set()
_SERVERS: set[LineServer] = set()
# Set once all were killed: a worker that has not noticed the interrupt must not start another.
_STOPPED = threading.Event()


class StoppedError(Exception):
    """A process was asked for after all had been killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How a process ended; `timed_out` means that its process group was killed at the limit."""

    code: int
    stdout: bytes
    stderr: bytes
    timed_out: bool

    @property
    def wrote_too_much(self) -> bool:
        """Whether the kernel ended it at the size of the largest file it may write."""
        return self.code == -signal.SIGXFSZ


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a process may use, enforced by the kernel even after this process is gone.

    `memory` is address space in bytes, `cpu` seconds of processor time, `file` the size of the largest file
    it may write, in bytes.
    """

    memory: int | None = None
    cpu: int | None = None
    file: int | None = None


class Running:
    """A process under way in a session of its own, with its input still open; for one thread at a time.

    xelatex starts sh and xdvipdfmx, so killing the child alone would leave orphans: the whole process group is
    killed. Without a new session a Ctrl-C in the terminal would reach the children before the parent could decide.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        limits: Limits = Limits(),
        wall: Wall | None = None,
    ) -> None:
        def start() -> None:
            if wall:
                enter(wall)
            self._process = subprocess.Popen(
                [str(part) for part in command],
                cwd=cwd,
                env=None if env is None else dict(env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            _RUNNING.add(self._process)

        _apart(start) if wall else start()
        # Looked at after it is known to `kill_running`, so that one of the two ends it, whoever comes first.
        if _STOPPED.is_set():
            self.kill()
            raise StoppedError
        _limit(self._process.pid, limits)

    def alive(self) -> bool:
        """Say whether the process has not ended yet."""
        return self._process.poll() is None

    def send(self, text: bytes) -> None:
        """Hand over some of its input, also from another thread; a process that has ended does not mind."""
        assert self._process.stdin is not None
        # ValueError where it was killed meanwhile, and its input closed.
        with contextlib.suppress(BrokenPipeError, ValueError):
            self._process.stdin.write(text)
            self._process.stdin.flush()

    def finish(self, stdin: bytes, *, seconds: float, grace: float = 0.0) -> Finished:
        """Hand over the rest of its input and wait for the end; at the limit kill the process group.

        With `grace` it is interrupted before, as by Ctrl-C, and gets so many seconds to say where it was.
        """
        process = self._process
        try:
            stdout, stderr = process.communicate(stdin, timeout=seconds)
        except subprocess.TimeoutExpired:
            if grace:
                kill_group(process, signal.SIGINT)
            try:
                stdout, stderr = process.communicate(timeout=grace)
            except subprocess.TimeoutExpired:
                kill_group(process)
                stdout, stderr = process.communicate()
            return Finished(code=-1, stdout=stdout, stderr=stderr, timed_out=True)
        except BaseException:
            self.kill()
            raise
        finally:
            _RUNNING.discard(process)
        # The kernel's word for the same: more processor time than the limit allows.
        timed_out = process.returncode == -signal.SIGXCPU
        return Finished(code=process.returncode, stdout=stdout, stderr=stderr, timed_out=timed_out)

    def kill(self) -> None:
        """End the process and all it started, and wait until it is gone."""
        # The number of a process that was waited for may be another's by now.
        if self._process.poll() is None:
            kill_group(self._process)
        self._process.communicate()
        _RUNNING.discard(self._process)


def run_process(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    seconds: float = 120.0,
    limits: Limits = Limits(),
    wall: Wall | None = None,
) -> Finished:
    """Run a command to its end; at the limit kill its whole process group."""
    return Running(command, cwd=cwd, env=env, limits=limits, wall=wall).finish(stdin, seconds=seconds)


def _apart(action: Callable[[], None]) -> None:
    """Do something in a thread that ends with it: a wall holds for a thread, and for what the thread has started."""
    failures: list[BaseException] = []

    def catching() -> None:
        try:
            action()
        except BaseException as problem:
            failures.append(problem)

    thread = threading.Thread(target=catching)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def _limit(pid: int, limits: Limits) -> None:
    """Set limits of a process that has just started; only Linux can do that from outside."""
    if not hasattr(resource, "prlimit"):
        return
    kinds = (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, limits.cpu),
        (resource.RLIMIT_FSIZE, limits.file),
    )
    with contextlib.suppress(ProcessLookupError):
        for kind, value in kinds:
            if value is not None:
                # At the hard limit of CPU time the kernel sends SIGKILL, which looks like an accident.
                resource.prlimit(pid, kind, (value, value + 5 if kind == resource.RLIMIT_CPU else value))


def kill_group(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGKILL) -> None:
    """Kill a process started in its own session together with everything it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, how)


def kill_running() -> None:
    """Kill every process under way in any thread, and let none be started, so that an interrupt ends at once."""
    _STOPPED.set()
    for process in tuple(_RUNNING):
        kill_group(process)
    for server in tuple(_SERVERS):
        server.end()


def allow_processes() -> None:
    """Let processes be started again, after an earlier build in this process was interrupted."""
    _STOPPED.clear()


def find_tool(name: str) -> Path | None:
    """Return the program's path, or None where it is not installed."""
    found = shutil.which(name)
    return Path(found) if found else None


def inherited(*names: str) -> dict[str, str]:
    """Return those of the named environment variables that are set, to hand on to a child process."""
    return {name: os.environ[name] for name in names if name in os.environ}


def with_variables(**variables: str) -> dict[str, str]:
    """Return this process's environment with some variables set, to hand on to a child process."""
    return {**os.environ, **variables}


class LineServer:
    """A child process that answers one line of input with one line of output; for one thread at a time."""

    def __init__(
        self, command: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        self._timed_out = False
        self._process = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        _SERVERS.add(self)
        # As in `Running`: whoever comes first ends it.
        if _STOPPED.is_set():
            self.close()
            raise StoppedError

    @property
    def pid(self) -> int:
        """The number of the process, and of its group."""
        return self._process.pid

    def ask(self, line: bytes, *, seconds: float, before: Iterable[bytes] = ()) -> bytes | None:
        """Send a line (without its end) and return the answer; None where the process died or hung.

        Lines to send `before` have no answers; each is asked for when the last one has gone.
        """
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        watchdog = threading.Timer(seconds, self._time_out)
        watchdog.start()
        try:
            for one in before:
                process.stdin.write(one + b"\n")
            process.stdin.write(line + b"\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except (BrokenPipeError, ValueError):
            return None
        finally:
            watchdog.cancel()
        return answer if answer.endswith(b"\n") else None

    @property
    def ended(self) -> Finished:
        """How a closed process came to its end; what it said is gone."""
        code = self._process.wait()
        return Finished(code=code, stdout=b"", stderr=b"", timed_out=self._timed_out)

    def _time_out(self) -> None:
        self._timed_out = True
        kill_group(self._process)

    def end(self) -> None:
        """Kill the process and what it started; whoever gave it a folder removes that."""
        assert self._process.stdin is not None
        # The number of a process that was waited for may be another's by now.
        if self._process.poll() is None:
            kill_group(self._process)
        self._process.wait()
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def close(self) -> None:
        """End the process and give up what belongs to it; no other thread may be asking it."""
        self.end()
        assert self._process.stdout is not None
        self._process.stdout.close()
        _SERVERS.discard(self)
