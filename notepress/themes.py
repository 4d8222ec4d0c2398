"""Themes: small template files over the same templates, found by their names."""

from __future__ import annotations

import re
from pathlib import Path

from .resources import resource_folder

_FILE = re.compile(r"theme-([a-z0-9-]+)\.tex\.j2")


def theme_file(theme: str) -> str:
    """Return the name of the template that makes a theme."""
    return f"theme-{theme}.tex.j2"


def find_themes(root: Path) -> tuple[str, ...]:
    """Return the themes there are, built-in ones and those in the project's own templates/, sorted."""
    folders = (resource_folder() / "templates", root / "templates")
    names = {match[1] for folder in folders for path in folder.glob("theme-*") if (match := _FILE.fullmatch(path.name))}
    return tuple(sorted(names))
