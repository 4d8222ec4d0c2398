"""Project -> the commands and environments that TeX knows in its notes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .lint import Vocabulary, extended, vocabulary
from .project import Project
from .resources import resource_folder
from .templating import template_files

_PACKAGES = re.compile(r"\\(?:usepackage|RequirePackage|documentclass)\s*(?:\[[^\]]*\])?\s*\{([^}]*)\}")


def project_vocabulary(project: Project) -> Vocabulary:
    """Return what TeX knows in a project: what its own templates define as well.

    Where these load packages that the built-in ones do not, nobody but TeX can say what is known.
    """
    built_in = resource_folder() / "templates"
    own = [path.read_text("utf-8", "replace") for path in template_files(project).values() if path.parent != built_in]
    loaded = _packages(path.read_text("utf-8", "replace") for path in built_in.glob("*") if path.is_file())
    if _packages(own) - loaded:
        return Vocabulary(commands=None, environments=None)
    return extended(vocabulary(), "\n".join(own))


def _packages(texts: Iterable[str]) -> set[str]:
    named = (name for text in texts for names in _PACKAGES.findall(text) for name in names.split(","))
    return {name.strip() for name in named}
