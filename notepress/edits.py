"""Which line of a note was edited, and on which page of its PDF that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .documents import Landmark


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """The first line (from 1) of a text that was edited, and how many lines the text has."""

    line: int
    lines: int


def find_edit(before: str, now: str) -> Edit:
    """Compare two states of a note."""
    old, new = before.split("\n"), now.split("\n")
    same = next(
        (n for n, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), min(len(old), len(new))
    )
    return Edit(line=min(same + 1, len(new)), lines=len(new))


def page_of(edit: Edit, landmarks: Sequence[Landmark], pages: int) -> int:
    """Return the page (from 1) that shows an edit, as far as the headings around it tell.

    Headings are in reading order. Between two of them every line is taken to have the same height.
    """
    line, page = 1, 0
    for mark in landmarks:
        if mark.line > edit.line:
            break
        line, page = mark.line, mark.page
    after = next((mark for mark in landmarks if mark.line > edit.line), None)
    end, last = (after.line, after.page) if after else (edit.lines + 1, pages - 1)
    share = (edit.line - line) / max(1, end - line)
    return max(1, min(pages, page + round(share * (last - page)) + 1))
