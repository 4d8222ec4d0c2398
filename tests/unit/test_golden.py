"""Small notes of every dialect -> the LaTeX they become and what is said of them, as files to read and to compare."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from notepress.convert import Surroundings, convert
from notepress.frontmatter import parse_note
from notepress.inline import literal
from notepress.model import Note
from notepress.names import Names
from notepress.pandoc import Pandoc
from notepress.pictures import PictureStore
from notepress.placing import place_formulas
from tests.e2e.repo import PNG

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = sorted(GOLDEN.glob("*.md"))


def test_every_result_has_its_note() -> None:
    """A result whose note is gone compares with nothing."""
    assert {path.stem for path in GOLDEN.iterdir()} == {case.stem for case in CASES}
    assert len(CASES) >= 10


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_what_a_note_becomes(
    case: Path,
    pandoc: Pandoc,
    pictures: PictureStore,
    make_note: Callable[..., Note],
    compare_golden: Callable[[Path, str], None],
    tmp_path: Path,
) -> None:
    """The LaTeX of a note, with its marks for lines, and its diagnostics are what they were when somebody read them."""
    (tmp_path / "one.png").write_bytes(PNG)
    parsed = parse_note(case.read_bytes(), file=case.name)
    title = literal(parsed.heading or case.stem)
    note = make_note(source=case.name, title=title, markdown=parsed.markdown, headline=parsed.headline)
    other = make_note(source="乙.md", title=literal("乙的题目"), markdown="# 乙的题目\n\n## 小 节\n")
    notes = {n.source: n for n in (note, other)}
    around = Surroundings(
        root=tmp_path, notes=notes, pictures=pictures, names=Names(notes.values(), tmp_path, tmp_path / "pictures")
    )
    body = convert(note, around, pandoc.ask)
    latex = place_formulas(body.latex, body.formulas, body.rejected)[0]
    said = [
        f"% {d.line}:{d.column or ''} {d.severity} {d.code}: {d.message}" + (f" ({d.hint})" if d.hint else "")
        for d in sorted(body.diagnostics, key=lambda d: (d.line or 0, d.column or 0, d.code))
    ]
    compare_golden(case.with_suffix(".tex"), "\n".join([latex.strip(), "", *said, ""]))
