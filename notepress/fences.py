"""Markdown -> where its fenced code stands."""

from __future__ import annotations

import re

_FENCE = re.compile(
    r"^(?P<prefix>[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*)(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)$", re.M
)


def fenced_code(text: str) -> list[tuple[int, int]]:
    """Return the spans of fenced code blocks (CommonMark 0.31, section 4.5), also inside lists and quotes."""
    spans = []
    here = 0
    while opening := _FENCE.search(text, here):
        here = opening.end()
        fence = opening["fence"]
        if fence[0] == "`" and "`" in opening["info"]:
            continue
        closing = re.compile(rf"^[ \t>]*{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$", re.M).search(text, here)
        here = closing.end() if closing else len(text)
        spans.append((opening.start(), here))
    return spans


def outside_code(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """Return the matches of a pattern that begin outside fenced code."""
    found = list(pattern.finditer(text))
    if not found:
        return []
    code = fenced_code(text)
    return [match for match in found if not any(begin <= match.start() < end for begin, end in code)]
