"""Words with @ that name nothing in a note -> what to say of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .errors import Diagnostic, warning
from .model import Note
from .yamlmodel import nearest


def unknown_mentions(
    mentions: Iterable[Mapping[str, Any]], labels: Iterable[str], note: Note
) -> list[Diagnostic]:
    """Return a warning for each mention that was meant as a reference; `@user` and `@property` are text."""
    lines = note.markdown.split("\n")
    known = list(labels)
    found = []
    for mention in mentions:
        key, line = mention["key"], mention["line"]
        if mention["kind"] == "reference":
            guess = nearest(key, known)
            hint = f"did you mean @{guess}?" if guess else "no id in this note has that name"
            column = lines[line - 1].find(f"@{key}") + 1 if line <= len(lines) else 0
            found.append(
                warning(
                    "undefined-reference",
                    f"nothing has the id `{key}`",
                    file=note.source,
                    line=line,
                    column=column or None,
                    excerpt=lines[line - 1] if column else None,
                    hint=hint,
                )
            )
    return found
