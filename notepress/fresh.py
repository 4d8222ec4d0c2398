"""Is everything as the last build left it? Asked before anything is imported that takes time; reads one file.

A build that leaves nothing to do writes down what it saw: size, times and inode of every file it depends on, the names
in every folder it searched, and what it would say the next time. Contents are what counts, but a file whose size,
times and inode are the same has the same content (git relies on that, too), and to look takes a microsecond. Whatever
differs, an ordinary build decides, by contents.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a build depended on: inputs, some of which may not exist, what it wrote, folders it searched, programs."""

    inputs: Iterable[Path]
    outputs: Iterable[Path]
    folders: Iterable[Path]
    tools: Iterable[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What a build with nothing to do says: (text, severity) of each diagnostic, and the numbers of its last line.

    `options` are those of the build that matter for it, see `options_key`; `counts` are notes, pages, errors and
    warnings; `report` is where report.json belongs.
    """

    options: str
    diagnostics: tuple[tuple[str, str], ...]
    counts: tuple[int, int, int, int]
    report: str
    exit_code: int


def options_key(*, strict: bool, write_index: bool) -> str:
    """Return the options of a build on which it depends whether there is anything to do."""
    return f"strict={strict} index={write_index}"


def memory_folder(root: Path, variant: str = "") -> Path:
    """Return where a project keeps what it knows of the PDFs of a theme; see `Project.variant`."""
    return root / ".notepress" / "themes" / variant if variant else root / ".notepress"


def snapshot_path(root: Path, variant: str = "") -> Path:
    """Return where a project's snapshot lies."""
    return memory_folder(root, variant) / "fresh.json"


def report_path(root: Path, variant: str = "") -> Path:
    """Return where the report lies that such a build writes."""
    return memory_folder(root, variant) / "fresh-report.json"


def make_snapshot(seen: Seen, remembered: Remembered, started_ns: int) -> str | None:
    """Return the snapshot to write, None where an input is younger than the build: it may have read another.

    `started_ns` is a time stamp of the project's file system.
    """
    inputs = {str(path): _stamp(str(path)) for path in seen.inputs}
    if any(stamp and max(stamp[1], stamp[2]) >= started_ns for stamp in inputs.values()):
        return None
    data = {
        "version": VERSION,
        "files": inputs | {str(path): _stamp(str(path)) for path in seen.outputs},
        "folders": {str(path): _entries(str(path)) for path in seen.folders},
        "tools": {name: shutil.which(name) for name in seen.tools},
        "remembered": asdict(remembered),
    }
    return json.dumps(data, ensure_ascii=False)


def find_unchanged(root: Path, options: str, variant: str = "") -> Remembered | None:
    """Return what there is to say if nothing has changed since the last build of this folder; else None."""
    try:
        data: dict[str, Any] = json.loads(snapshot_path(root, variant).read_bytes())
        if data["version"] != VERSION or data["remembered"]["options"] != options:
            return None
        # A copy of a folder, its cache included, must not be told how the original is.
        if str(root / "notes.yaml") not in data["files"]:
            return None
        same = (
            all(_entries(path) == names for path, names in data["folders"].items())
            and all(_stamp(path) == stamp for path, stamp in data["files"].items())
            and all(shutil.which(name) == path for name, path in data["tools"].items())
        )
        found = data["remembered"]
        found["counts"] = tuple(found["counts"])
        found["diagnostics"] = tuple((text, severity) for text, severity in found["diagnostics"])
        return Remembered(**found) if same else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _stamp(path: str) -> list[int] | None:
    """Return what tells one state of a file from another; None where there is none.

    The time of the last change of the inode is among it, so that a file moved here with its old times is noticed.
    """
    try:
        # Not pathlib's: thousands of paths are looked at, and to make the objects would take longer.
        stat = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


def _entries(path: str) -> list[str] | None:
    """Return the names in a folder; hidden ones don't count, and this program's own are among them."""
    try:
        with os.scandir(path) as entries:
            return sorted(entry.name for entry in entries if not entry.name.startswith("."))
    except OSError:
        return None
