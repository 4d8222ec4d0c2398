"""Broken notes that say themselves what must be reported of them: exact in line, column, severity and code."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.e2e.conftest import once
from tests.e2e.repo import Repo, Result

pytestmark = pytest.mark.tex

CASES = sorted((Path(__file__).parents[1] / "broken").glob("*.md"))
# <!-- expect 7:12 error undefined-command -->; without a column, the line alone counts.
_EXPECTED = re.compile(r"^<!-- expect (\d+)(?::(\d+))? (error|warning) ([a-z-]+) -->$", re.M)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Return the result of one build of all broken notes."""
    return once(tmp_path_factory, "broken-notes", _built)


def _built(folder: Path) -> Result:
    folder.mkdir(exist_ok=True)
    for case in CASES:
        shutil.copy(case, folder / case.name)
    return Repo(folder).build()


def test_there_are_enough_of_them_and_half_stand_in_something() -> None:
    """At least sixty, half of them within lists, quotes, tables, footnotes or formulas of several lines."""
    texts = [case.read_text("utf-8") for case in CASES]
    within = [t for t in texts if re.search(r"^ *[-*] |^\d\. |^>|^\||^\[\^|^\s*\$\$\n", t, re.M)]
    assert len(CASES) >= 60
    assert len(within) >= len(CASES) / 2


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_broken_note_is_reported_exactly(case: Path, built: Result) -> None:
    """What is reported is what the note expects: nothing is missing, nothing is said twice, nothing else is said."""
    expected = [(int(line), column and int(column), severity, code)
                for line, column, severity, code in _EXPECTED.findall(case.read_text("utf-8"))]  # fmt: skip
    note = built.note(case.stem)
    found = [d for d in note.diagnostics if d.severity != "info"]
    said = []
    for diagnostic in found:
        with_column = (diagnostic.line, diagnostic.column, str(diagnostic.severity), diagnostic.code)
        without = (diagnostic.line, "", str(diagnostic.severity), diagnostic.code)
        said.append(without if without in expected else with_column)
    assert sorted(said, key=str) == sorted(expected, key=str)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_broken_note_is_built_all_the_same(case: Path, built: Result) -> None:
    """One bad formula, image or link costs nobody the rest of the note."""
    assert built.note(case.stem).pdf
