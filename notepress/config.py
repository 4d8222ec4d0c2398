"""notes.yaml -> Project. A folder without one is a project too, with the defaults of `Config`."""

from __future__ import annotations

from pathlib import Path

from .errors import InputError, error
from .project import Config, Project
from .yamlmodel import parse_yaml, validate

CONFIG_NAME = "notes.yaml"


def load_config(root: Path) -> Project:
    """Read DIR/notes.yaml; raises InputError with all its mistakes at once."""
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
    config = validate(Config, parse_yaml(text, file=CONFIG_NAME))
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
