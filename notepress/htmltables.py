"""Tables and styles of HTML with blank lines in them -> such that CommonMark reads them as HTML; no line is added.

To CommonMark a blank line ends HTML, and what is indented after it is code. Authors leave blank lines in cells, for
Markdown between them or because a program did; notebooks put a style with blank lines before every table of data.
`lua/htmltables.lua` puts the parts of such a table together again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .fences import fenced_code

_TABLE = re.compile(r"^ {0,3}<table\b", re.M | re.I)
_TABLE_EDGE = re.compile(r"<(?P<slash>/?)table\b", re.I)
_STYLE = re.compile(r"^[ \t]*<style(?P<rest>[^<>]*)>.*?</style>[ \t]*$", re.M | re.S | re.I)
_BLANK = re.compile(r"\n[ \t]*\n")
_FENCE = re.compile(r"[ \t]*(?P<fence>`{3,}|~{3,})")
_PART = re.compile(r"[ \t]+</?(?:table|thead|tbody|tfoot|tr|td|th|caption|col|colgroup)\b", re.I)


def whole_tables(text: str) -> str:
    """Return a note in which no line of such a table is code by its indentation, and no style has blank lines."""
    if "<" not in text:
        return text
    lower = text.lower()
    if "<style" in lower:
        text = _without_styles(text)
    if "<table" not in lower:
        return text
    pieces, here = [], 0
    for begin, end in _tables(text):
        if _BLANK.search(text, begin, end):
            pieces += [text[here:begin], _outdented(text[begin:end])]
            here = end
    return "".join([*pieces, text[here:]])


def _without_styles(text: str) -> str:
    code = fenced_code(text)

    def plain(match: re.Match[str]) -> str:
        if any(begin <= match.start() < end for begin, end in code):
            return match[0]
        # What is scoped is the look of a table of data: there is nothing to say.
        scoped = "scoped" in match["rest"].lower()
        if not scoped and not _BLANK.search(match[0]):
            return match[0]
        return ("" if scoped else "<style></style>") + "\n" * match[0].count("\n")

    return _STYLE.sub(plain, text)


def _tables(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each outermost table begins and ends; one that never ends is none."""
    code, here = fenced_code(text), 0
    while match := _TABLE.search(text, here):
        here = match.end()
        if any(begin <= match.start() < end for begin, end in code):
            continue
        depth = 0
        for edge in _TABLE_EDGE.finditer(text, match.start()):
            depth += -1 if edge["slash"] else 1
            if depth == 0:
                here = edge.end()
                yield match.start(), here
                break
        else:
            return


def _outdented(table: str) -> str:
    """Return a table whose tags, and text with a tag behind it, begin their lines."""
    made, fence, blank = [], "", False
    for line in table.split("\n"):
        match = _FENCE.match(line)
        if match and (not fence or match["fence"].startswith(fence)):
            fence = "" if fence else match["fence"]
        bare = not fence and (_PART.match(line) or (blank and line.startswith("    ") and line.rstrip().endswith(">")))
        made.append(line.lstrip() if bare else line)
        blank = not line.strip()
    return "\n".join(made)
