"""The manifest on disk: one line is added for each PDF that was written, so that a killed build forgets nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .memo import Memo
from .plan import Manifest, ManifestLine, Record, manifest_head, manifest_line, manifest_text, parse_manifest
from .project import Project
from .system import append_line, read_file, write_atomic


def load_records(project: Project) -> Mapping[str, Record]:
    """Return what the last build remembers, by note source, `chapter:folder` or `book`."""
    return parse_manifest(_read(_path(project))).records


class Ledger:
    """The records of a project; what is entered is on disk at once. For one thread."""

    def __init__(self, project: Project, memo: Memo[ManifestLine] | None = None) -> None:
        self._file = _path(project)
        text = _read(self._file)
        self._lines = text.count("\n")
        self._records = dict(parse_manifest(text, memo).records)
        if not self._records or not text.endswith("\n"):
            self._rewrite()

    @property
    def records(self) -> Mapping[str, Record]:
        """The present records."""
        return self._records

    def enter(self, key: str, record: Record) -> None:
        """Add or replace a record."""
        self._records[key] = record
        self._add(manifest_line(key, record))

    def drop(self, key: str) -> None:
        """Remove a record."""
        del self._records[key]
        self._add(manifest_line(key, None))

    def close(self) -> None:
        """Write the file anew where most of its lines are superseded."""
        if self._lines > 2 * len(self._records) + 20:
            self._rewrite()

    def _add(self, line: str) -> None:
        append_line(self._file, line.encode())
        self._lines += 1

    def _rewrite(self) -> None:
        text = manifest_text(Manifest(records=self._records)) if self._records else manifest_head() + "\n"
        write_atomic(self._file, text.encode())
        self._lines = text.count("\n")


def _read(path: Path) -> str:
    # No `read_text`: to look for the line ends of other systems takes longer than all else.
    return read_file(path).decode("utf-8", "replace")


def _path(project: Project) -> Path:
    return project.memory_folder / "manifest.jsonl"
