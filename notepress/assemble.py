"""PDFs of notes -> chapter and book: joined pages, nested outline, links that jump inside. Files -> a file.

pikepdf copies every object of the parts, streams included, into the joined PDF, where they stay in memory until it is
written: two and a half bytes for one of theirs. The joined bytes themselves are not held.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pikepdf import Array, Dictionary, Name, Pdf, PdfError, String

from .addresses import dest_name, parse_address
from .documents import Landmark
from .errors import Diagnostic, NoteError, error
from .pdf import Metadata, links, named_destinations, save, to_file, write_metadata, write_outline, write_page_labels
from .system import open_to_write


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One PDF to join, the content of `file`: `level` and `title` make its bookmark, `landmarks` the ones below it.

    `source` and `path` say which note it is and where its own PDF lies; None for a front. `title` is None
    for a part without a bookmark. `label` and `roman` are its page labels, see `Metadata`. A `recto` part begins on a
    right-hand page: where the pages before it are odd in number, an empty one follows them and is counted with them.
    """

    file: Path
    level: int
    title: str | None
    landmarks: tuple[Landmark, ...]
    label: str
    roman: bool
    source: str | None = None
    path: str | None = None
    recto: bool = False


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
    with Pdf.new() as joined:
        placed = [_append(joined, part) for part in parts]
        _relink(joined, placed, own_path)
        write_outline(joined, _outline(placed))
        write_page_labels(joined, [(p.first, p.part.label, p.part.roman) for p in placed])
        write_metadata(joined, metadata)
        with open_to_write(target) as stream:
            save(joined, stream)
        return len(joined.pages)


def _append(joined: Pdf, part: Part) -> _Placed:
    if part.recto and len(joined.pages) % 2:
        left, bottom, right, top = (float(side) for side in joined.pages[-1].mediabox)
        joined.add_blank_page(page_size=(right - left, top - bottom))
    first = len(joined.pages)
    # No recovery: what qpdf makes of a damaged file may lack pages.
    with Pdf.open(part.file, attempt_recovery=False) as pdf:
        # Copied pages lose their file's name tree, so names become arrays that hold the new page. What
        # follows the page in a destination are a view's name and numbers, which any file can hold.
        names = {
            name: (page, [_plain(view) for view in list(array)[1:]])
            for name, (page, array) in named_destinations(pdf).items()
        }
        for page in pdf.pages:
            joined.pages.append(page)
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
