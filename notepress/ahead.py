"""How an edited note will most likely begin: as it begins now, up to the block of its last edit.

Who edits a note saves it many times with changes in one place. What stands before that place can be typeset, and
turned into a PDF, while nobody waits. TeX is then where it would be anyway, so what follows makes the same pages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from .documents import TexDocument

# Begins and ends of environments, and the marks between blocks, which `convert` leaves in lines of their own.
_PIECE = re.compile(r"\\(?P<side>begin|end)\{|^(?P<mark>%@=?\d+)$", re.M)
# What TeX does at the end of the beginning: it waits for the rest, and says in the log that it got there.
_WAIT = "\\csname np@more\\endcsname\n"
_WAITED = "\nnpmore\n"
# Errors in a log.
_ERROR = re.compile(r"^(?:!|[^\n]*:\d+:) ", re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """All that TeX reads of a document: its text, and files by name, such as images and labels known before."""

    latex: str
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening(Sources):
    """The sources of a document with its text up to a place between two blocks."""

    @classmethod
    def expected(cls, before: TexDocument, now: Sources) -> Self | None:
        """Return how the next version of a document begins, if it is edited where it was edited since `before`."""
        end = _last_stop(now.latex, before.body_line, _common(before.latex, now.latex))
        return cls(latex=now.latex[:end], files=now.files) if end else None

    def text(self) -> str:
        """Return what TeX is to read first."""
        return self.latex + _WAIT

    def rest(self, sources: Sources) -> str | None:
        """Return what TeX is to read then, each line at its number in the whole; None where this is not its opening."""
        fits = sources.latex.startswith(self.latex) and self.files == sources.files
        return "%\n" * self.latex.count("\n") + sources.latex[len(self.latex) :] if fits else None

    def is_sound(self, log: str) -> bool:
        """Say whether TeX got to the end of it without an error, as it did when it read all at once."""
        beginning, waited, _ = log.partition(_WAITED)
        return bool(waited) and not _ERROR.search(beginning)


def _common(one: str, other: str) -> int:
    """Return how many characters two texts have in common from their beginning."""
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        if one[least:middle] == other[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least


def _last_stop(latex: str, body_line: int, most: int) -> int:
    """Return the last place between two blocks of the body that stands at `most` so far in the text; 0 for none.

    Inside environments there is none: some are read to their end before they are typeset.
    """
    found = depth = 0
    begin = sum(map(len, latex.split("\n", body_line - 1)[:-1])) + body_line - 1
    for piece in _PIECE.finditer(latex, begin, most):
        if piece["mark"]:
            found = piece.start() if not depth and latex.startswith("\n\n", piece.start() - 2) else found
        else:
            depth += 1 if piece["side"] == "begin" else -1
    return found
