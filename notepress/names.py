"""Names by which notes and files of a project are called in `[[…]]`, as Obsidian does, wherever they lie."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from .model import Note
from .naming import without_number
from .system import digest

# What holds no pictures of notes: what is hidden, and what tools make.
_SKIPPED = frozenset({"node_modules", "__pycache__", "venv"})


class Names:
    """Finds notes by file name, title or the end of their path, and other files by name; upper and lower case are one.

    Looks for nothing before it is asked, because few projects have such links; `output` is not searched.
    """

    def __init__(self, notes: Iterable[Note], root: Path | None, output: Path | None = None) -> None:
        self._notes = tuple(notes)
        self._root = root
        self._output = output

    def known(self) -> tuple[str, ...]:
        """Return the names of all notes, for hints."""
        return tuple(dict.fromkeys(name for note in self._notes for name in (_stem(note.source), note.title.plain)))

    def note(self, name: str, reader: str) -> str | None:
        """Return the source of the note that a note `reader` calls so: of several, the nearest."""
        return nearest_path(self._called(name, self._by_name), reader)

    def file(self, name: str, reader: str) -> str | None:
        """Return the path of the file that a note `reader` calls so, relative to the root."""
        found = self._called(name, self._files)
        # Beside it, or in the folder that Hexo gives the files of a note.
        for folder in (posixpath.dirname(reader), posixpath.splitext(reader)[0]):
            path = posixpath.normpath(posixpath.join(folder, name))
            if path in found:
                return path
        return nearest_path(found, reader)

    def digest(self, name: str) -> str:
        """Return a digest of all that has a name: where that changes, links by this name may lead elsewhere."""
        # Only a name with a suffix can be a file's.
        files = self._called(name, self._files) if "." in name else ()
        return digest(repr((self._called(name, self._by_name), files)).encode())

    def folders(self) -> Iterator[Path]:
        """Yield every folder in which files are looked for."""
        for folder, _ in self._walk():
            yield folder

    def _called(self, name: str, among: dict[str, list[str]]) -> tuple[str, ...]:
        key = name.strip().strip("/").casefold()
        for suffix in (".md", ".markdown"):
            key = key.removesuffix(suffix) if among is self._by_name else key
        last = key.rpartition("/")[2]
        found = among.get(last, [])
        if last == key:
            return tuple(found)
        folder = key.removesuffix(last).lstrip("./")
        return tuple(path for path in found if f"/{posixpath.dirname(path).casefold()}/".endswith(f"/{folder}"))

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for note in self._notes:
            stem = _stem(note.source)
            for name in dict.fromkeys(n.casefold() for n in (stem, without_number(stem), note.title.plain)):
                found.setdefault(name, []).append(note.source)
        return found

    @cached_property
    def _files(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for folder, names in self._walk():
            for name in sorted(names):
                path = (folder / name).relative_to(self._root or folder).as_posix()
                found.setdefault(name.casefold(), []).append(path)
        return found

    def _walk(self) -> Iterator[tuple[Path, list[str]]]:
        # Links to folders are not followed, so loops end by themselves.
        for folder, folders, files in os.walk(self._root) if self._root else ():
            here = Path(folder)
            folders[:] = sorted(f for f in folders if f[0] != "." and f not in _SKIPPED and here / f != self._output)
            yield here, files


def _stem(source: str) -> str:
    return posixpath.splitext(posixpath.basename(source))[0]


def nearest_path(paths: tuple[str, ...], reader: str) -> str | None:
    """Return the path that shares most folders with the reader's; of several, the shortest."""
    here = reader.split("/")[:-1]

    def distance(path: str) -> tuple[int, int, str]:
        folders = path.split("/")[:-1]
        shared = len(posixpath.commonprefix([here, folders]))
        return len(here) - shared, len(folders) - shared, path

    return min(paths, key=distance, default=None)


NO_NAMES = Names((), None)
