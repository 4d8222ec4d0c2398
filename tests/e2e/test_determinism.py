"""The same notes give the same bytes, wherever and however they are built."""

from __future__ import annotations

from pathlib import Path

import pytest

from notepress.errors import ExitCode
from tests.e2e.repo import Rich

pytestmark = pytest.mark.tex


def test_bad_input_45_folder_time_zone_locale_and_jobs_change_no_byte(rich: Rich, tmp_path: Path) -> None:
    """Another folder, TZ, locale and -j1 against -j4 give the same PDFs and the same README."""
    other = rich.repo.copy_to(tmp_path / "另一个 文件夹", built=False)
    run = other.cli("pdf", "-j1", env={"TZ": "Asia/Tokyo", "LC_ALL": "C", "LANG": "C"})
    assert run.returncode == ExitCode.OK, run.stderr
    here, there = rich.repo.pdfs(), other.pdfs()
    assert set(here) == set(there)
    assert [path for path in here if here[path] != there[path]] == []
    assert (other.root / "README.md").read_bytes() == (rich.repo.root / "README.md").read_bytes()
