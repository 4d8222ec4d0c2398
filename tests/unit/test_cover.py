"""The picture of the cover in the README."""

from __future__ import annotations

from pathlib import Path

import pytest

from notepress.config import load_config
from setup.cover import ROOT, is_fresh, made_from


def test_the_picture_in_the_readme_is_of_the_present_cover() -> None:
    """After a change of the cover, its theme or what stands on it, `make cover` has been run."""
    assert is_fresh(), "run `make cover`"


@pytest.mark.parametrize(
    ("template", "said", "instead"),
    [
        ("style.tex.j2", r"\definecolor{coverpaper}{RGB}{20,40,76}", r"\definecolor{coverpaper}{RGB}{20,40,77}"),
        ("style.tex.j2", '"20}{28', '"21}{28'),
        ("cover.tex.j2", "9 + 62*exp", "9 + 61*exp"),
    ],
)
def test_the_cover_is_made_from_its_colours_and_sizes_too(
    tmp_path: Path, template: str, said: str, instead: str
) -> None:
    """Whatever template says how the cover looks, a change there makes the picture out of date."""
    text = (ROOT / "templates" / template).read_text("utf-8")
    assert text.count(said) == 1
    (tmp_path / "templates").mkdir()
    digests = set()
    for version in (text, text.replace(said, instead)):
        (tmp_path / "templates" / template).write_text(version, encoding="utf-8")
        digests.add(made_from(load_config(tmp_path)))
    assert len(digests) == 2
