"""Files and locks: atomic writes, digests, work folders, caches that stay small.

Unaware of notes, TeX and PDF; just reading and writing bytes safely. No other module writes a file.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from .errors import BusyError, WriteError, error

_WORK = "notepress-"
# Seconds after which a work folder without its process, or a part of a file, is nobody's.
_STALE = 3600.0


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Raise WriteError where the disk does not take what is written to a path."""
    try:
        yield
    except WriteError:
        raise
    except OSError as problem:
        full = problem.errno in {errno.ENOSPC, errno.EDQUOT}
        hint = "make room on the disk" if full else "see who may write there, and whether the disk is read-only"
        message = f"can't write {path}: {problem.strerror or problem}"
        hint += "; what stood there before is untouched"
        raise WriteError(error("cannot-write", message, hint=hint)) from problem


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new, never a part."""
    with replacing(path) as temporary, _writing(path), open_to_write(temporary) as stream:
        stream.write(content)


def write_pieces(path: Path, pieces: Iterable[bytes]) -> str:
    """Write a file that is too large to be held in one piece as `write_atomic` does; return its SHA-256."""
    found = hashlib.sha256()
    with replacing(path) as temporary, open_to_write(temporary) as stream:
        for piece in pieces:
            with _writing(path):
                stream.write(piece)
            found.update(piece)
        with _writing(path):
            stream.flush()
    return found.hexdigest()


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield an empty file beside another; it takes the other's place at the end, and is gone after an exception.

    For what is written piece by piece, or by another process.
    """
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with _writing(path):
            # mkstemp makes files that only the owner can read; published PDFs are for everybody.
            temporary.chmod(0o644)
            temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def remove_stale_parts(folder: Path) -> None:
    """Remove what builds that were killed had begun to write here; never what is younger than an hour."""
    for path in folder.rglob(".*.part"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _STALE:
                path.unlink()


def open_to_write(path: Path) -> BinaryIO:
    """Open a file that nobody reads yet, such as one of `replacing`."""
    return path.open("wb")


def read_file(path: Path) -> bytes:
    """Return the content of a file, nothing where there is none."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def read_text(path: Path) -> str:
    """Return the text of a file that another program may have cut short, nothing where there is none."""
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""


def remove_oldest(folder: Path, pattern: str, *, keep: int) -> None:
    """Remove all but the newest files of a cache folder."""
    files = [(path.stat().st_mtime_ns, path) for path in folder.glob(pattern)]
    for _, path in sorted(files, reverse=True)[keep:]:
        path.unlink(missing_ok=True)


def mark_used(path: Path) -> None:
    """Make a file of a cache the newest, so that what is in use is the last to be removed."""
    with contextlib.suppress(OSError):
        os.utime(path)


def append_line(path: Path, line: bytes) -> None:
    """Add a line to a file in one write, which a crash may cut short but can't mix with another."""
    with _writing(path):
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
    with _writing(path):
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


def make_pipe(path: Path) -> tuple[int, int]:
    """Make a pipe with a name and return its ends as open files, the one to read from first."""
    os.mkfifo(path)
    # Without waiting for the other end; from then on reading waits for what is written.
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reader, True)
    return reader, os.open(path, os.O_WRONLY)


def digest(content: bytes) -> str:
    """Return the SHA-256 of bytes as hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's content as hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def make_work_folder() -> Path:
    """Make an empty private folder; whoever asked for it removes it."""
    with _writing(Path(tempfile.gettempdir())):
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
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = path.open("a+")
    with opened as stream:
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
