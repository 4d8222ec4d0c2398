"""Processes, atomic writes and tool discovery: the only module that touches the machine.

Unaware of notes, TeX and PDF; just running commands and writing bytes safely.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import BusyError, error

_WORK = "notepress-"
# Seconds that a process gets to end by itself.
_GRACE = 0.5
# Seconds after which a work folder without its process is nobody's.
_STALE = 3600.0
# Child processes belong to the whole process, whichever thread started them; adding and discarding are atomic.
_RUNNING: set[subprocess.Popen[bytes]] = set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How a process ended; `timed_out` means that its process group was killed at the limit."""

    code: int
    stdout: bytes
    stderr: bytes
    timed_out: bool


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
    ) -> None:
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
        _limit(self._process.pid, limits)

    def alive(self) -> bool:
        """Say whether the process has not ended yet."""
        return self._process.poll() is None

    def finish(self, stdin: bytes, *, seconds: float) -> Finished:
        """Hand over the rest of its input and wait for the end; at the limit kill the process group."""
        process = self._process
        try:
            stdout, stderr = process.communicate(stdin, timeout=seconds)
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
) -> Finished:
    """Run a command to its end; at the limit kill its whole process group."""
    return Running(command, cwd=cwd, env=env, limits=limits).finish(stdin, seconds=seconds)


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


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process started in its own session together with everything it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def kill_running() -> None:
    """Kill every process that `run_process` has under way in any thread, so that an interrupt ends at once."""
    for process in tuple(_RUNNING):
        kill_group(process)


def find_tool(name: str) -> Path | None:
    """Return the program's path, or None where it is not installed."""
    found = shutil.which(name)
    return Path(found) if found else None


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        # mkstemp makes files that only the owner can read; published PDFs are for everybody.
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise


def read_file(path: Path) -> bytes:
    """Return the content of a file, nothing where there is none."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def mark_used(path: Path) -> None:
    """Give a file the present time, if it is still there."""
    with contextlib.suppress(OSError):
        os.utime(path)


def remove_oldest(folder: Path, pattern: str, *, keep: int) -> None:
    """Remove all but the newest files of a cache folder."""
    files = [(path.stat().st_mtime_ns, path) for path in folder.glob(pattern)]
    for _, path in sorted(files, reverse=True)[keep:]:
        path.unlink(missing_ok=True)


def append_line(path: Path, line: bytes) -> None:
    """Add a line to a file in one write, which a crash may cut short but can't mix with another."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab", buffering=0) as stream:
        stream.write(line + b"\n")


def write_if_changed(path: Path, content: bytes) -> bool:
    """Write a file only where its bytes differ; say whether it was written."""
    if path.exists() and path.read_bytes() == content:
        return False
    write_atomic(path, content)
    return True


def remove_file(path: Path, *, up_to: Path) -> None:
    """Remove a file and the folders it leaves empty, below `up_to`."""
    path.unlink(missing_ok=True)
    for parent in path.parents:
        if parent == up_to or up_to not in parent.parents:
            return
        try:
            parent.rmdir()
        except OSError:
            return


def remove_tree(path: Path) -> None:
    """Remove a folder and all that is in it, if it is there."""
    shutil.rmtree(path, ignore_errors=True)


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder, links as links; a copy that is there already is replaced."""
    remove_tree(target)
    shutil.copytree(source, target, symlinks=True)


def link_file(path: Path, target: Path) -> None:
    """Make a symbolic link and the folder it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def inherited(*names: str) -> dict[str, str]:
    """Return those of the named environment variables that are set, to hand on to a child process."""
    return {name: os.environ[name] for name in names if name in os.environ}


def digest(content: bytes) -> str:
    """Return the SHA-256 of bytes as hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's content as hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def make_work_folder() -> Path:
    """Make an empty private folder; whoever asked for it removes it."""
    return Path(tempfile.mkdtemp(prefix=f"{_WORK}{os.getpid()}-"))


def remove_stale_work_folders() -> None:
    """Remove the work folders of processes that were killed before they could; never those of the last hour.

    Where containers share a folder for temporary files, the number of a process says nothing, but its age does.
    """
    for folder in Path(tempfile.gettempdir()).glob(f"{_WORK}*-*"):
        owner = folder.name.removeprefix(_WORK).partition("-")[0]
        with contextlib.suppress(OSError):
            if owner.isdigit() and not _runs(int(owner)) and time.time() - folder.stat().st_mtime > _STALE:
                remove_tree(folder)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


@contextlib.contextmanager
def work_folder() -> Iterator[Path]:
    """Yield an empty private folder, removed at the end."""
    folder = make_work_folder()
    try:
        yield folder
    finally:
        remove_tree(folder)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock file; the operating system frees it even after kill -9.

    Raises BusyError where another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.seek(0)
            holder = stream.read().strip() or "unknown"
            raise BusyError(
                error(
                    "build-running",
                    f"another build of this folder is running (process {holder})",
                    hint="wait for it, or stop it",
                )
            ) from None
        stream.truncate(0)
        stream.write(str(os.getpid()))
        stream.flush()
        yield


class LineServer:
    """A child process that answers one line of input with one line of output; for one thread at a time."""

    def __init__(self, command: Sequence[str | Path], *, env: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [str(part) for part in command],
            env=None if env is None else dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def ask(self, line: bytes, *, seconds: float) -> bytes | None:
        """Send a line (without its end) and return the answer; None where the process died or hung."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        watchdog = threading.Timer(seconds, kill_group, [process])
        watchdog.start()
        try:
            process.stdin.write(line + b"\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except (BrokenPipeError, ValueError):
            return None
        finally:
            watchdog.cancel()
        return answer if answer.endswith(b"\n") else None

    def close(self) -> None:
        """End the process: by the end of its input, so that it can clean up, or by force where it does not listen."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=_GRACE)
        except subprocess.TimeoutExpired:
            kill_group(self._process)
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
