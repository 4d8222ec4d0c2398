"""Protected Markdown -> the same lines with a word for each line about which there can be nothing to say.

For `check`, which wants diagnostics and no LaTeX: most paragraphs are words and formulas, and to read them costs the
same as to read links, images and notes.
"""

from __future__ import annotations

import re

from .fences import fenced_code

# With one of these in it, a line may hold a link, an image, a footnote, HTML, code, a word with @, a row of a table, or
# a term with its translation.
_SPECIAL = re.compile(
    r"[\[\]@<`&{|\r\x0b\x0c\x85\u2028\u2029]|[A-Za-z]:|www|__|\*\*[\\\uffa0]*[(\uff08]", re.IGNORECASE
)
# A paragraph that is no list, quote, heading, fence or caption.
_WORDS = re.compile(r"[A-Za-z\u0080-\uff9f\uffa1-\U0010ffff]|\*\*[^\s*]")
# What ends a paragraph, or stands right before one.
_EDGE = re.compile(r"[ \t]*$|:::|#{1,6}[ \t]")
# HTML that goes on over blank lines, or up to the next one.
_HTML = re.compile(r"^[ \t>]*<|<[!?]|<(?:pre|script|style|textarea)\b", re.IGNORECASE | re.MULTILINE)
_WORD = "x"


def skimmed(markdown: str) -> str:
    """Return Markdown with the same headings, blocks and lines, of which converting would report the same."""
    if "<" in markdown and _HTML.search(markdown):
        return markdown
    lines = markdown.split("\n")
    in_code = _lines_of_code(markdown)
    begin: int | None = 0
    for number, line in enumerate((*lines, "")):
        if _EDGE.match(line):
            if begin is not None and begin < number and not in_code & set(range(begin, number)):
                lines[begin:number] = [_WORD] * (number - begin)
            begin = number + 1
        elif begin is not None and (_SPECIAL.search(line) or not _WORDS.match(line)):
            begin = None
    return "\n".join(lines)


def _lines_of_code(markdown: str) -> set[int]:
    """Return the lines, from 0, of fenced code."""
    if "```" not in markdown and "~~~" not in markdown:
        return set()
    spans = ((markdown.count("\n", 0, begin), markdown.count("\n", 0, end)) for begin, end in fenced_code(markdown))
    return {line for first, last in spans for line in range(first, last + 1)}
