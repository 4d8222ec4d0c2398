"""Words with @ that name nothing in a note -> what to say of them."""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import Diagnostic, warning
from .model import Note
from .yamlmodel import nearest


def unknown_mentions(
    mentions: Iterable[Mapping[str, Any]],
    labels: Iterable[str],
    keys: Iterable[str],
    note: Note,
    others: Iterable[Note],
) -> list[Diagnostic]:
    """Return a warning for each mention that was meant as a reference or a citation.

    `labels` are the ids of the note, `keys` what it may cite. A bare word is text (`@user`, `@property`) unless it is
    nearly a key. `others` are the notes that may have the id instead.
    """
    ids, entries = list(labels), list(keys)
    found = []
    for mention in mentions:
        key, kind = mention["key"], mention["kind"]
        place = _place(mention, note)
        if kind == "reference":
            guess = nearest(key, ids)
            hint = _elsewhere(key, note, others) or (
                f"did you mean @{guess}?" if guess else "no id in this note has that name"
            )
            found.append(warning("undefined-reference", f"nothing has the id `{key}`", hint=hint, **place))
            continue
        guess = nearest(key, entries)
        if kind == "citation" or (re.search(r"\d", key) and difflib.get_close_matches(key, entries, n=1, cutoff=0.8)):
            hint = f"did you mean @{guess}?" if guess else _no_guess(entries)
            found.append(warning("undefined-citation", f"no bibliography has the entry `{key}`", hint=hint, **place))
    return found


def _elsewhere(key: str, note: Note, others: Iterable[Note]) -> str | None:
    """Return how to reach an id of another note: numbers are of one note, so a reference can't cross over."""
    for other in others:
        if other.source != note.source and f"{{#{key}}}" in other.markdown:
            path = posixpath.relpath(other.source, posixpath.dirname(note.source) or ".")
            return f"it stands in {other.source}; write a link: [text]({path}#{key})"
    return None


def _no_guess(entries: list[str]) -> str:
    return "add it to the .bib file" if entries else "write entries into references.bib beside notes.yaml"


def _place(mention: Mapping[str, Any], note: Note) -> dict[str, Any]:
    lines = note.markdown.split("\n")
    line = mention["line"]
    text = lines[line - 1] if line <= len(lines) else ""
    column = text.find(f"@{mention['key']}") + 1
    return {"file": note.source, "line": line, "column": column or None, "excerpt": text if column else None}
