"""What a note says: its text, its sections and tables, its matrices and its figures."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.numbers.algebra import Matrix, Vector

NOTES = Path(__file__).resolve().parents[2] / "notes"

# A number with its sign, to be put into other patterns.
NUMBER = r"-?\d+(?:\.\d+)?"


def found(pattern: str, text: str) -> re.Match[str]:
    """The only match of the pattern (`.` matches line ends too), so that a number is read next to its formula."""
    hits = list(re.finditer(pattern, text, re.DOTALL))
    assert len(hits) == 1, (pattern, len(hits))
    return hits[0]


def numbers(text: str) -> Vector:
    r"""Every number of a text such as ``(1,\,-0.5)``."""
    return [float(x) for x in re.findall(NUMBER, text)]


@dataclass(frozen=True)
class WorkedNote:
    """One note with the figures beside it; the path is relative to the folder of all notes."""

    path: str

    @cached_property
    def text(self) -> str:
        """The whole note."""
        return (NOTES / self.path).read_text(encoding="utf-8")

    def figure(self, name: str) -> str:
        """The source of one figure."""
        return (NOTES / self.path).with_name("figures").joinpath(f"{name}.tikz").read_text(encoding="utf-8")

    def plots(self, figure: str) -> dict[str, list[tuple[str, str]]]:
        """The plots of a figure that a comment names, in the line above or after the brace, and their coordinates.

        Coordinates are as printed. A plot without a name is left out.
        """
        above = r"^ *% ([^\n]+)\n *\\addplot\[[^\n]*\] coordinates \{([^}%]*)\}"
        after = r"coordinates \{ % ([^\n]+)\n([^}]*)\}"
        named = [*re.findall(above, self.figure(figure), re.MULTILINE), *re.findall(after, self.figure(figure))]
        plots = {}
        for name, body in named:
            assert name not in plots, name
            plots[name] = re.findall(r"\(([^(),]+),([^(),]+)\)", body)
            assert re.sub(r"\([^(),]+,[^(),]+\)", "", body).strip() == "", (name, body)
        return plots

    def section(self, start: str, end: str) -> str:
        """The one stretch of the note between two markers."""
        assert self.text.count(start) == 1, start
        tail = self.text.split(start)[1]
        assert end in tail, end
        return tail.split(end)[0]

    def block(self, label: str) -> str:
        """The text of the fenced block with this label."""
        return self.section(f"::: {{#{label}}}", "\n:::")

    @property
    def answers(self) -> str:
        """All from the questions at the end of the note on."""
        _, after = self.text.split("## 想一想")
        return after

    def found(self, pattern: str) -> re.Match[str]:
        """The only match of the pattern in the note."""
        return found(pattern, self.text)

    def table(self, head: str) -> list[list[str]]:
        """Cells of the rows below the one table whose head row begins with the given text."""
        body = self.found(r"\n" + re.escape(head) + r"[^\n]*\n\|[-:| ]+\|\n((?:\|[^\n]*\n)+)")[1]
        return [[cell.strip() for cell in row.strip("|").split("|")] for row in body.splitlines()]

    def cells(self, name: str) -> list[list[str]]:
        """Cells, as printed, of the only matrix of numbers that follows `name` and an equals sign."""
        # Not behind a brace: what stands there is the last factor of a product, not a matrix of this name.
        body = self.found(r"(?<!\})" + re.escape(name) + r"&?=\\begin\{pmatrix\}([^a-zA-Z]*?)\\end\{pmatrix\}")[1]
        return [row.split("&") for row in body.split(r"\\")]

    def matrix(self, name: str) -> Matrix:
        """The only matrix of numbers that follows `name` and an equals sign."""
        return [[float(cell) for cell in row] for row in self.cells(name)]

    def check_matrix(self, name: str, expected: Matrix) -> None:
        """Every printed cell is the expected value: to four places, or exact where it has another number of places."""
        cells = self.cells(name)
        assert [len(row) for row in cells] == [len(row) for row in expected]
        for cell, value in zip(itertools.chain(*cells), itertools.chain(*expected), strict=True):
            places = len(cell.partition(".")[2])
            assert cell == f"{value + 0.0:.{places}f}", (name, cell, value)  # + 0.0: no minus zero
            assert places == 4 or math.isclose(float(cell), value, abs_tol=1e-12), (name, cell, value)
