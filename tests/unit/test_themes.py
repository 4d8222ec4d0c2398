"""Themes: found by their files, chosen by name, kept apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from notepress.config import load_config
from notepress.errors import InputError
from notepress.themes import find_themes


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project whose notes.yaml says `theme: print`."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes.yaml").write_text("theme: print\n", "utf-8")
    return tmp_path


def test_a_file_in_the_project_is_a_theme(root: Path) -> None:
    """The built-in themes are there, and templates/theme-NAME.tex.j2 of a project makes another one."""
    assert find_themes(root) == ("phone", "print", "screen")
    (root / "templates").mkdir()
    (root / "templates" / "theme-large.tex.j2").write_text("", "utf-8")
    assert find_themes(root) == ("large", "phone", "print", "screen")
    assert load_config(root, "large").config.theme == "large"


def test_the_theme_of_the_configuration_is_no_variant(root: Path) -> None:
    """Asked for by name or not, the theme of notes.yaml is built in the same place."""
    assert load_config(root) == load_config(root, "print")
    assert load_config(root).output == "output"


def test_another_theme_has_its_own_output_and_memory(root: Path) -> None:
    """PDFs and manifest of another theme lie apart; caches that know themes by content are shared."""
    usual, other = load_config(root), load_config(root, "phone")
    assert (other.config.theme, other.output) == ("phone", "output/phone")
    assert other.memory_folder == usual.memory_folder / "themes" / "phone"
    assert other.cache_folder == usual.cache_folder


@pytest.mark.parametrize(("theme", "hint"), [("pritn", "did you mean `print`?"), ("zzz", "phone, print, screen")])
def test_unknown_theme_is_answered_with_the_known_ones(root: Path, theme: str, hint: str) -> None:
    """A slip on the command line or in notes.yaml is named at its place, with what there is."""
    with pytest.raises(InputError) as caught:
        load_config(root, theme)
    [asked] = caught.value.diagnostics
    (root / "notes.yaml").write_text(f"title: 书\ntheme: {theme}\npaper: a9\n", "utf-8")
    with pytest.raises(InputError) as caught:
        load_config(root)
    written = next(d for d in caught.value.diagnostics if "theme" in d.message)
    assert len(caught.value.diagnostics) == 2
    assert (written.file, written.line) == ("notes.yaml", 2)
    for found in (asked, written):
        assert found.code == "bad-value"
        assert hint in (found.hint or "")
