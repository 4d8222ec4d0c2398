"""Words with @ that name nothing in a note -> what to say of them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import Diagnostic, warning
from .model import Note, Status
from .yamlmodel import nearest


def unknown_mentions(
    mentions: Iterable[Mapping[str, Any]],
    labels: Iterable[str],
    keys: Iterable[str],
    note: Note,
    others: Iterable[Note],
) -> list[Diagnostic]:
    """Return a warning for each mention that was meant as a reference or a citation.

    `labels` are the ids that it may refer to, `keys` what it may cite. A bare word is text (`@user`, `@property`)
    unless it is nearly a key. `others` are all notes of the project.
    """
    ids, entries = list(labels), list(keys)
    found = []
    for mention in mentions:
        key, kind = mention["key"], mention["kind"]
        place = {"file": note.source, **place_of_mention(key, mention["line"], note)}
        if kind == "reference":
            guess = _nearest_id(key, ids)
            hint = _planned(key, others) or (f"did you mean @{guess}?" if guess else "no id has that name")
            found.append(warning("undefined-reference", f"nothing has the id `{key}`", hint=hint, **place))
            continue
        guess = nearest(key, entries)
        if kind == "citation" or (re.search(r"\d", key) and difflib.get_close_matches(key, entries, n=1, cutoff=0.8)):
            hint = f"did you mean @{guess}?" if guess else _no_guess(entries)
            found.append(warning("undefined-citation", f"no bibliography has the entry `{key}`", hint=hint, **place))
    return found


def _nearest_id(key: str, ids: list[str]) -> str | None:
    """Return the id that was meant: one of the same kind and nearly the same name, else any that is nearly the same."""
    kind, _, name = key.partition("-")
    near = nearest(name, [ident.removeprefix(f"{kind}-") for ident in ids if ident.startswith(f"{kind}-")])
    if near:
        return f"{kind}-{near}"
    return next(iter(difflib.get_close_matches(key, ids, n=1, cutoff=0.75)), None)


def _planned(key: str, others: Iterable[Note]) -> str | None:
    """Return what to say of an id of a note that is only planned."""
    found = (note.source for note in others if note.status is Status.PLANNED and f"{{#{key}}}" in note.markdown)
    return next((f"it stands in {source}, which is only planned" for source in found), None)


def _no_guess(entries: list[str]) -> str:
    return "add it to the .bib file" if entries else "write entries into references.bib beside notes.yaml"


def place_of_mention(key: str, line: int, note: Note) -> dict[str, Any]:
    """Return line, column and excerpt of an `@key`, as fields of `Diagnostic`."""
    lines = note.markdown.split("\n")
    text = lines[line - 1] if line <= len(lines) else ""
    column = text.find(f"@{key}") + 1
    return {"line": line, "column": column or None, "excerpt": text if column else None}
