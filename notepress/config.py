"""notes.yaml -> Project. A folder without one is a project too, with the defaults of `Config`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .errors import Diagnostic, InputError, error
from .project import Config, Project
from .themes import find_themes
from .yamlmodel import YamlDocument, nearest, parse_yaml, validate

CONFIG_NAME = "notes.yaml"


def load_config(root: Path, theme: str | None = None) -> Project:
    """Read DIR/notes.yaml; raises InputError with all its mistakes at once.

    Another `theme` than the one in notes.yaml makes the project a variant of itself, see `Project.variant`.
    """
    project = _load(root)
    if theme is None or theme == project.config.theme:
        return project
    if problem := _unknown_theme(theme, project.root, "--theme", None):
        raise InputError(problem)
    return replace(project, config=project.config.model_copy(update={"theme": theme}), variant=theme)


def _load(root: Path) -> Project:
    root = root.resolve()
    if not root.is_dir():
        raise InputError(error("no-such-folder", f"{root} is no folder"))
    path = root / CONFIG_NAME
    if not path.is_file():
        return Project(root=root, config=Config(), configured=False)
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InputError(
            error(
                "encoding", f"notes.yaml is not UTF-8 (byte {problem.start})", file=CONFIG_NAME, hint="save it as UTF-8"
            )
        ) from problem
    config = _validated(parse_yaml(text, file=CONFIG_NAME), root)
    project = Project(root=root, config=config, configured=True)
    if not project.notes_folder.is_dir():
        raise InputError(
            error(
                "no-notes",
                f"the folder {config.notes}/ does not exist",
                file=CONFIG_NAME,
                hint="create it, or set `notes:` to where your notes lie",
            )
        )
    return project


def _validated(document: YamlDocument, root: Path) -> Config:
    theme = document.data.get("theme", Config().theme)
    wrong = _unknown_theme(theme, root, CONFIG_NAME, document.line_of(("theme",))) if isinstance(theme, str) else None
    also = [wrong] if wrong else []
    try:
        config = validate(Config, document)
    except InputError as problem:
        raise InputError(*problem.diagnostics, *also) from problem
    if also:
        raise InputError(*also)
    return config


def _unknown_theme(theme: str, root: Path, where: str, line: int | None) -> Diagnostic | None:
    known = find_themes(root)
    if theme in known:
        return None
    guess = nearest(theme, list(known))
    file = where if line else None
    message = f"`theme`: expected {', '.join(known)}, found '{theme}'" if line else f"{where} {theme}: no such theme"
    hint = f"did you mean `{guess}`?" if guess else f"known themes: {', '.join(known)}; templates/theme-NAME.tex.j2"
    return error("bad-value", message, file=file, line=line, hint=hint)
