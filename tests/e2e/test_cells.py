"""Tables of cells in figures: what the macros for them fill, and where they put texts."""

from __future__ import annotations

import re
from itertools import pairwise

import pikepdf
import pytest

from tests.e2e.repo import Repo

pytestmark = pytest.mark.tex

CELL = 28.45 / 1.00375  # a centimetre in the points of a PDF
FIGURE = r"""\begin{tikzpicture}[x=1cm, y=2cm, font=\small]
  \foreach \rows/\row in {{{40,40, 0},
    {0,7,40}}/{甲,{b,c},$x$}} {
    \cellmap{\rows}{\pgfsetfillcolor{black!\cell}}
    \celltexts[0.5]{{戊},{\row}}
  }
  \figtext{0.5}{1}{己}
\end{tikzpicture}
"""


def fills(repo: Repo) -> list[tuple[float, ...]]:
    """Return what the figure fills: grey, then left, lower edge, width and height in cells."""
    with pikepdf.open(repo.output("图.pdf")) as pdf:
        forms = [one for one in pdf.objects if isinstance(one, pikepdf.Stream) and one.get("/Subtype") == "/Form"]
        drawn: list[tuple[float, ...]] = []
        for form in forms:
            grey = 0.0
            for step in pikepdf.parse_content_stream(form):
                if str(step.operator) == "g":
                    grey = float(str(step.operands[0]))
                if str(step.operator) == "re":
                    x, y, width, height = (float(str(one)) / CELL for one in step.operands)
                    drawn.append((grey, x, y + min(height, 0), width, abs(height)))
        return drawn


def test_cells_are_filled_where_their_rows_say(repo: Repo) -> None:
    """Equal neighbours are one rectangle of their look, others their own, and cells of 0 none."""
    repo.write("图.md", "# 图\n\n![](a.tikz)\n").write("a.tikz", FIGURE)
    assert not repo.build().diagnostics
    expected = [(0.6, 0, -2, 2, 2), (0.6, 2, -4, 1, 2), (0.93, 1, -4, 1, 2)]
    assert fills(repo) == [pytest.approx(one, abs=0.01) for one in expected]


def test_texts_stand_in_the_middle_of_their_cells(repo: Repo) -> None:
    """Each text of a row is centred in its cell, on one baseline, and a comma in braces is a part of it."""
    repo.write("图.md", "# 图\n\n![](a.tikz)\n").write("a.tikz", FIGURE)
    assert not repo.build().diagnostics
    box = r'<word xMin="([\d.]+)" yMin="[\d.]+" xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)</word>'
    found = {m[4]: m for m in re.finditer(box, repo.pdf_text("图.pdf", "-bbox"))}
    middle = {word: (float(m[1]) + float(m[2])) / 2 for word, m in found.items()}
    foot = {word: float(m[3]) for word, m in found.items()}
    row = ["甲", "b,c", next(word for word in found if word in "x𝑥")]
    assert [b - a for a, b in pairwise(middle[word] for word in row)] == [pytest.approx(CELL, abs=1)] * 2
    assert middle["戊"] == middle["己"] == pytest.approx(middle[row[0]], abs=0.01)
    assert foot[row[0]] - foot["戊"] == pytest.approx(2 * CELL, abs=0.1)


def test_a_row_without_braces_is_reported_at_its_line(repo: Repo) -> None:
    """Numbers that are no row are not taken for one in silence."""
    repo.write("图.md", "# 图\n\n![](a.tikz)\n")
    repo.write(
        "a.tikz", "\\begin{tikzpicture}\n\\cellmap{10,20}{\\pgfsetfillcolor{black!\\cell}}\n\\end{tikzpicture}\n"
    )
    said = repo.build().diagnostics
    assert [(one.file, one.line) for one in said] == [("a.tikz", 2)]
    assert "braces" in said[0].message
