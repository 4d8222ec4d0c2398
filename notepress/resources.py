"""Where the files that are not Python lie: templates and the font list."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource_folder() -> Path:
    """Return the folder that holds templates/ and fonts/: the checkout, or `_data` of an installed wheel."""
    installed = _PACKAGE / "_data"
    return installed if installed.is_dir() else _PACKAGE.parent
