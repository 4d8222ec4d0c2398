"""Links by name, `[[note#heading|text]]` -> the addresses that links by path lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from .addresses import note_address
from .errors import Diagnostic, info, warning
from .headings import find_heading
from .links import NoteLink, planned_link
from .model import Note, Status
from .names import Names
from .yamlmodel import nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """What links by name are looked up in: the notes by source, and what they and the files are called."""

    notes: Mapping[str, Note]
    names: Names


def resolve_name(link: Mapping[str, Any], note: Note, vault: Vault) -> NoteLink:
    """Resolve a link of convert.lua by the name in its `target`; where nothing has it, the text stays."""
    name, *path = str(link["target"]).split("#")
    source = vault.names.note(name, note.source) if name.strip() else note.source
    if source is None:
        return _not_a_note(name, link, note, vault)
    other = vault.notes[source] if source != note.source else note
    if other.status is Status.PLANNED:
        return planned_link(note, source, link["line"])
    found = []
    if link.get("embedded"):
        message = f"{_written(link)}: the PDF has a link in place of the text of {source}"
        found.append(_at(warning("embedded-note", message, hint="copy what should be printed here"), link, note))
    ident, problem = _place_in(other, path[-1].strip() if path else "", link, note)
    found += [problem] if problem else []
    return NoteLink(uri=note_address(source, ident), source=source, diagnostics=tuple(found))


def resolve_file(image: Mapping[str, Any], note: Note, names: Names) -> str:
    """Return the target of an image by name as a link by path would have it, from the root; an unknown one as it is."""
    target = str(image["target"])
    path = names.file(target, note.source)
    if path is None:
        return target
    up = "../" * note.source.count("/")
    return quote(up + path)


def _place_in(other: Note, heading: str, link: Mapping[str, Any], note: Note) -> tuple[str, Diagnostic | None]:
    """Return the id of a heading, and what to say where the note has none; names of blocks are not kept in print."""
    if not heading or heading.startswith("^"):
        return "", None
    if heading == other.title.plain:
        return "", None
    ident = find_heading(other.markdown, heading)
    if ident is not None:
        return ident, None
    message = f"{_written(link)}: {other.source} has no heading “{heading}”"
    return "", _at(warning("broken-link", message, hint="the link leads to the note"), link, note)


def _not_a_note(name: str, link: Mapping[str, Any], note: Note, vault: Vault) -> NoteLink:
    path = vault.names.file(name, note.source)
    if path is not None:
        message = f"{_written(link)}: only notes can be linked from a PDF; the text stays without a link"
        return NoteLink(uri=None, source=path, diagnostics=(_at(info("link-to-file", message), link, note),))
    guess = nearest(name, list(vault.names.known()))
    hint = f"did you mean [[{guess}]]?" if guess else None
    problem = warning("broken-link", f"{_written(link)}: no note has this name", hint=hint)
    return NoteLink(uri=None, source=None, diagnostics=(_at(problem, link, note),))


def _written(link: Mapping[str, Any]) -> str:
    return f"{'!' if link.get('embedded') else ''}[[{link['target']}]]"


def _at(problem: Diagnostic, link: Mapping[str, Any], note: Note) -> Diagnostic:
    lines = note.markdown.split("\n")
    line = link["line"]
    text = lines[line - 1] if line <= len(lines) else ""
    column = text.find(f"[[{link['target']}") + 1
    return replace(problem, file=note.source, line=line, column=column or None, excerpt=text if column else None)
