"""PDFs of notes -> chapter and book: joined pages, nested outline, links that jump inside. Files -> a file.

qpdf keeps every object of the joined file in memory until it is written, but neither the parts' streams, which are
most of their bytes, nor the joined bytes are held.
"""

from __future__ import annotations

import io
import os
import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from pikepdf import Array, Dictionary, Name, Pdf, PdfError, String

from .addresses import dest_name, parse_address
from .errors import Diagnostic, NoteError, error
from .model import Landmark
from .pdf import Metadata, links, named_destinations, save, to_file, write_metadata, write_outline, write_page_labels
from .system import open_to_write

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One PDF to join, the content of `file`: `level` and `title` make its bookmark, `landmarks` the ones below it.

    `source` and `path` say which note it is and where its own PDF lies; None for a front. `title` is None
    for a part without a bookmark. `label` and `roman` are its page labels, see `Metadata`.
    """

    file: Path
    level: int
    title: str | None
    landmarks: tuple[Landmark, ...]
    label: str
    roman: bool
    source: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class _Placed:
    """A part whose pages are in the joined file from page `first` (from 0) on, and its destinations there."""

    part: Part
    first: int
    top: Array
    places: dict[str, Array]

    def jump(self, name: str = "") -> Dictionary:
        """Return the action that goes to a named place of this part, or to its first page."""
        return Dictionary(S=Name.GoTo, D=self.places.get(name, self.top))


def assemble(parts: Iterable[Part], metadata: Metadata, target: Path, *, own_path: str) -> int:
    """Join the parts into the empty file `target`, which will lie at `own_path`; return the number of pages.

    Raises NoteError where a part is damaged or a file can't be read or written.
    """
    try:
        return _assemble(parts, metadata, target, own_path)
    except (OSError, PdfError) as problem:
        raise NoteError(join_failed(str(problem))) from problem


def join_failed(reason: str) -> Diagnostic:
    """Return what there is to say where parts could not be joined."""
    return error(
        "join-failed",
        f"the PDFs of the notes could not be joined: {reason}",
        hint="the notes' own PDFs and the last joined one are as they were; build again when the cause is mended",
    )


def _assemble(parts: Iterable[Part], metadata: Metadata, target: Path, own_path: str) -> int:
    sources: list[_Source] = []
    with Pdf.new() as joined:
        placed = []
        for part in parts:
            sources.append(_Source(part.file))
            placed.append(_append(joined, part, sources[-1]))
        _relink(joined, placed, own_path)
        write_outline(joined, _outline(placed))
        write_page_labels(joined, [(p.first, p.part.label, p.part.roman) for p in placed])
        write_metadata(joined, metadata)
        with open_to_write(target) as stream:
            save(joined, stream)
        # qpdf takes an exception of a source for a damaged stream, which it warns of and leaves out.
        for source in sources:
            if source.failure:
                raise source.failure
        return len(joined.pages)


class _Source(io.RawIOBase):
    """A PDF in memory while it is parsed; after `release` its streams are read from the file as they are written.

    The file is open only while something is read: a book can have more parts than a process may have open files.
    """

    def __init__(self, path: Path) -> None:
        self.failure: OSError | None = None
        self._path = path
        self._place = 0
        with path.open("rb", buffering=0) as stream:
            self._stamp = _stamp(stream.fileno())
            self._content: bytes | None = stream.read()
        self._size = len(self._content)

    def release(self) -> None:
        """Give up the bytes."""
        self._content = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._place = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        return self._place

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer).cast("B")
        if self._content is not None:
            found = self._content[self._place : self._place + len(view)]
        else:
            found = self._read_again(len(view))
        view[: len(found)] = found
        self._place += len(found)
        return len(found)

    def _read_again(self, size: int) -> bytes:
        try:
            with self._path.open("rb", buffering=0) as stream:
                if _stamp(stream.fileno()) != self._stamp:
                    raise OSError(f"{self._path.name} changed while it was joined")
                return os.pread(stream.fileno(), size, self._place)
        except OSError as problem:
            self.failure = self.failure or problem
            raise


def _stamp(handle: int) -> tuple[int, ...]:
    """Return what tells one state of an open file from another."""
    stat = os.fstat(handle)
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


def _append(joined: Pdf, part: Part, source: _Source) -> _Placed:
    first = len(joined.pages)
    # No recovery: what qpdf makes of a damaged file may lack pages.
    with Pdf.open(cast("BinaryIO", source), attempt_recovery=False) as pdf:
        # Copied pages lose their file's name tree, so names become arrays that hold the new page. What
        # follows the page in a destination are a view's name and numbers, which any file can hold.
        names = {
            name: (page, [_plain(view) for view in list(array)[1:]])
            for name, (page, array) in named_destinations(pdf).items()
        }
        for page in pdf.pages:
            joined.pages.append(page)
    source.release()
    places = {name: Array([joined.pages[first + page].obj, *view]) for name, (page, view) in names.items()}
    return _Placed(part, first, Array([joined.pages[first].obj, Name.Fit]), places)


def _plain(view: object) -> object:
    return Name(str(view)) if isinstance(view, Name) else view


def _outline(placed: list[_Placed]) -> list[tuple[int, str, Array]]:
    entries = []
    for here in placed:
        part = here.part
        if part.title is not None:
            entries.append((part.level, part.title, here.top))
        entries.extend(
            (part.level + mark.level, mark.text, here.places[dest_name(mark.ident)]) for mark in part.landmarks
        )
    return entries


def _relink(joined: Pdf, placed: list[_Placed], own_path: str) -> None:
    """Make links between joined notes jump inside the file, and links to others start from its folder."""
    by_path = {here.part.path: here for here in placed if here.part.path}
    by_source = {here.part.source: here for here in placed if here.part.source}
    owner = [
        here
        for here, following in zip(placed, [*placed[1:], None], strict=True)
        for _ in range(here.first, following.first if following else len(joined.pages))
    ]
    for page, annotation in links(joined):
        action, here = annotation.A, owner[page]
        kind = action.get("/S")
        if kind == Name.URI and (address := parse_address(str(action.URI))):
            source, ident = address
            if source in by_source:
                annotation.A = by_source[source].jump(dest_name(ident) if ident else "")
        elif kind == Name.GoTo and isinstance(action.D, String):
            annotation.A = here.jump(str(action.D))
        elif kind == Name.GoToR and here.part.path:
            path = posixpath.normpath(posixpath.join(posixpath.dirname(here.part.path), str(action.F.UF)))
            name = str(action.D) if isinstance(action.D, String) else ""
            if path in by_path:
                annotation.A = by_path[path].jump(name)
            else:
                place = String(name) if name else Array([0, Name.Fit])
                annotation.A = to_file(posixpath.relpath(path, posixpath.dirname(own_path) or "."), place)
