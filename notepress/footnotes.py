"""Markdown -> footnotes that nothing refers to, or that are written twice: what their text says is not printed."""

from __future__ import annotations

import re
from bisect import bisect_right

from .errors import Diagnostic, warning
from .fences import outside_code

# Code and comments first, so that nothing in them counts.
_FOOTNOTE = re.compile(
    r"(?<!`)(?P<ticks>`+)(?!`)[^\n]*?(?<!`)(?P=ticks)(?!`)|<!--.*?-->"
    r"|(?P<defined>^[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)*)?(?<![\\!])\[\^(?P<label>[^\]\s]+)\](?P<colon>:?)",
    re.M | re.S,
)


def check_footnotes(text: str, *, file: str, markdown: str) -> tuple[Diagnostic, ...]:
    """Return a warning for each footnote whose text is lost; `text` has the lines of the note `markdown`."""
    if "[^" not in text:
        return ()
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    defined: dict[str, list[tuple[int, str]]] = {}
    used = set()
    for match in outside_code(_FOOTNOTE, text):
        if not match["label"]:
            continue
        label = match["label"].casefold()
        if match["colon"] and match["defined"] is not None:
            defined.setdefault(label, []).append((bisect_right(starts, match.start("label")), match["label"]))
        else:
            used.add(label)
    lines = markdown.split("\n")
    found = []
    for label, places in defined.items():
        first = places[0][0]
        for line, written in places if label not in used else places[1:]:
            where = {"file": file, "line": line, "column": lines[line - 1].find("[^") + 1, "excerpt": lines[line - 1]}
            if label not in used:
                message = f"nothing refers to the footnote [^{written}], so it is not printed"
                hint = f"write [^{written}] where it belongs, or delete it"
                found.append(warning("unused-footnote", message, hint=hint, **where))
            else:
                message = f"the footnote [^{written}] stands in line {first} already; this one is not printed"
                hint = "give each a name of its own"
                found.append(warning("duplicate-footnote", message, hint=hint, **where))
    return tuple(found)
