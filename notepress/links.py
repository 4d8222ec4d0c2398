"""Relative links of a note -> `notepress:` addresses that the PDF stages turn into working links."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from .addresses import note_address
from .errors import Diagnostic, info, warning
from .model import Note, Status
from .yamlmodel import nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLink:
    """Where a link leads: `uri` is None where the text stays without a link; `source` is the path it named."""

    uri: str | None
    source: str | None
    diagnostics: tuple[Diagnostic, ...] = ()


def resolve_link(target: str, note: Note, notes: Mapping[str, Note], root: Path, line: int | None) -> NoteLink:
    """Resolve a relative link (RFC 3986, percent-encoded or not) against the note's folder."""
    path, _, fragment = target.partition("#")
    path = unquote(path.partition("?")[0])
    base = "" if path.startswith("/") else posixpath.dirname(note.source)
    source = posixpath.normpath(posixpath.join(base, path.lstrip("/")))
    other = notes.get(source)
    if other is None:
        return _not_a_note(target, source, note, notes, root, line)
    if other.status is Status.PLANNED:
        return planned_link(note, source, line)
    return NoteLink(uri=note_address(source, unquote(fragment)), source=source)


def link_path(source: str, note: Note) -> str:
    """Return how a link of `note` names another one."""
    return posixpath.relpath(source, posixpath.dirname(note.source) or ".")


def planned_link(note: Note, source: str, line: int | None) -> NoteLink:
    """Return what a link of `note` to a note becomes that is only planned."""
    message = f"{source} is not written yet; the text stays without a link"
    problem = info("link-to-planned", message, file=note.source, line=line)
    return NoteLink(uri=None, source=source, diagnostics=(problem,))


def _not_a_note(
    target: str, source: str, note: Note, notes: Mapping[str, Note], root: Path, line: int | None
) -> NoteLink:
    if not source.startswith("../") and (root / source).exists():
        message = f"link to {target}: only notes can be linked from a PDF; the text stays without a link"
        return NoteLink(
            uri=None, source=source, diagnostics=(info("link-to-file", message, file=note.source, line=line),)
        )
    guess = nearest(source, list(notes))
    hint = f"did you mean {link_path(guess, note)}?" if guess else None
    problem = warning("broken-link", f"link to {target}: no such note", file=note.source, line=line, hint=hint)
    return NoteLink(uri=None, source=source, diagnostics=(problem,))
