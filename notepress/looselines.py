"""Lines that editors read otherwise than CommonMark -> what CommonMark reads so; no line is added.

Typora and old renderers take `##标题` for a heading, though CommonMark (section 4.2) asks for a space. Obsidian hides a
block's name, ` ^name`, at the end of its line. A line of full-width spaces is blank to everybody but a program. `[TOC]`
stands for a list of headings.

`#词` may also be a tag of Obsidian. Two or more # are never one. A line of several `#词` is a line of tags. What is
left, a line that begins with a single #, is a heading in a note that writes none of its headings with a space, and
text in any other: who knows to write `## 标题` means something else by `#标签`. Alone in its note, as the first or the
last line, it is a tag as well.
"""

from __future__ import annotations

import re
from itertools import pairwise

from .fences import outside_code

_CONTAINER = r"^(?P<before> {0,3}(?:>[ \t]?)*)"
_HANZI = "\u3400-\u4dbf\u4e00-\u9fff"
_HEADING = re.compile(rf"{_CONTAINER}(?P<marks>#{{1,6}})(?P<text>[^\s#][^\n]*)$", re.M)
# What a heading begins with: hanzi, an opening mark, a number with its dot; after two #, any word with hanzi behind it.
_SINGLE = re.compile(rf"[{_HANZI}“《（【]|\d+(?:\.\d+)*[.、．]")
_DOUBLE = re.compile(rf"[{_HANZI}“《（【]|[A-Za-z\d][^\n]*[{_HANZI}]")
_SPACED = re.compile(r"^ {0,3}(?:>[ \t]?)*#{1,6}[ \t]+\S", re.M)
_TAGS = re.compile(r"[^\s#]+(?:[ \t]+#[^\s#]+)*[ \t]*$")
_BLOCK_NAME = re.compile(r"(?:^|(?<=[ \t]))\^(?=[\w-]*[A-Za-z])[A-Za-z0-9-]{3,}[ \t]*$", re.M)
# Where editors would put a list of headings; ours stand in the outline and in the contents of the book.
_CONTENTS = re.compile(
    r"^(?P<before>[ \t>]*)(?:[-*+][ \t]+TOC[ \t]*\n)?"
    r"(?:\[TOC\]|\[\[_?TOC_?\]\]|@\[TOC\](?:\([^)\n]*\))?|\{:toc\}|\{\{TOC\}\})[ \t]*$",
    re.M | re.I,
)
_BLANK = re.compile(r"^[ \t]*\u3000[ \t\u3000]*$", re.M)


def tighten(text: str) -> str:
    """Return the text with loose headings spaced, and without names of blocks, full-width blanks and `[TOC]`."""
    return _without_contents(_without_blanks(_without_names(space_headings(text))))


def space_headings(text: str) -> str:
    """Put the space into headings that lack it."""
    loose = [match for match in outside_code(_HEADING, text) if _may_be_heading(match)]
    if not loose:
        return text
    tags = bool(outside_code(_SPACED, text)) or (len(loose) == 1 and _is_at_an_end(loose[0]))
    places = [match.end("marks") for match in loose if len(match["marks"]) > 1 or not tags]
    edges = [0, *places, len(text)]
    return " ".join(text[begin:end] for begin, end in pairwise(edges))


def _may_be_heading(match: re.Match[str]) -> bool:
    if len(match["marks"]) > 1:
        return _DOUBLE.match(match["text"]) is not None
    several = "#" in match["text"] and _TAGS.match(match["text"])
    return not several and _SINGLE.match(match["text"]) is not None


def _is_at_an_end(match: re.Match[str]) -> bool:
    return not match.string[: match.start()].strip() or not match.string[match.end() :].strip()


def _without_names(text: str) -> str:
    return _cut(text, outside_code(_BLOCK_NAME, text)) if "^" in text else text


def _without_blanks(text: str) -> str:
    return _cut(text, outside_code(_BLANK, text)) if "\u3000" in text else text


def _without_contents(text: str) -> str:
    if "toc" not in text.casefold():
        return text
    for match in reversed(outside_code(_CONTENTS, text)):
        text = text[: match.end("before")] + "\n" * match[0].count("\n") + text[match.end() :]
    return text


def _cut(text: str, matches: list[re.Match[str]]) -> str:
    edges = [0, *(place for match in matches for place in match.span()), len(text)]
    return "".join(text[begin:end] for begin, end in zip(edges[::2], edges[1::2], strict=True))
