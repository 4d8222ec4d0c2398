r"""What a pass wrote into its .aux file -> whether another pass could change a page.

LaTeX's own test compares all labels with those of the pass before, so a first pass never passes it. Here every
reference has left what it was resolved to (`\npused`, see templates/onepass.tex): where that is what the labels
turned out to be in the end, the pages are final, whatever else changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Fields of a label, as hyperref writes them: what \ref prints, page, title, destination, …
_PAGE = 1
_COMMAND = re.compile(r"\\(newlabel|npused|pgfsyspdfmark)\s*(?=\{)")


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """What the references of a document were resolved to, and what a next pass should know from its start.

    `settled` says that another pass that starts from `carried` would make the same pages.
    """

    settled: bool
    carried: str


def read_references(aux: str, carried: str) -> References:
    """Compare what a pass used, beginning with `carried`, with what it found in the end."""
    labels: dict[str, str] = {}
    used: list[tuple[str, str, str]] = []
    marks: list[str] = []
    for command, arguments in _commands(aux):
        if command == "newlabel" and len(arguments) == 2:
            # The last one counts, as in TeX.
            labels[arguments[0]] = arguments[1]
        elif command == "npused" and len(arguments) == 3:
            used.append((arguments[0], arguments[1], arguments[2]))
        elif command == "pgfsyspdfmark" and len(arguments) == 3:
            marks.append("\\pgfsyspdfmark" + "".join(f"{{{a}}}" for a in arguments))
    stale = any(_fields(labels.get(name, ""), paged) != _fields(found, paged) for paged, name, found in used)
    moved = any(mark not in carried for mark in marks)
    following = [f"\\npcarried{{{name}}}{{{value}}}" for name, value in labels.items()] if used else []
    text = "".join(f"{line}\n" for line in [*following, *marks])
    # A document that changes with what it is told, and never comes to rest, is no better after more passes.
    return References(settled=(not stale and not moved) or text == carried, carried=text)


def _fields(value: str, paged: str) -> tuple[str, ...]:
    """Return the fields of a label that a reference depends on; spaces differ between TeX's ways to print them."""
    fields = [re.sub(r"\s+", "", field) for field in _arguments(value, 0)[0][:4]]
    return tuple(field for index, field in enumerate(fields) if index != _PAGE or paged == "1")


def _commands(aux: str) -> Iterator[tuple[str, list[str]]]:
    position = 0
    while match := _COMMAND.search(aux, position):
        arguments, position = _arguments(aux, match.end())
        yield match[1], arguments


def _arguments(text: str, start: int) -> tuple[list[str], int]:
    """Return the `{…}` groups that follow one another from `start` on, and where they end."""
    found: list[str] = []
    while start < len(text) and text[start] == "{":
        depth, end = 0, start
        while end < len(text):
            if text[end] == "\\":
                end += 1
            elif text[end] == "{":
                depth += 1
            elif text[end] == "}":
                depth -= 1
                if depth == 0:
                    break
            end += 1
        found.append(text[start + 1 : end])
        start = end + 1
    return found, max(start, 0)
