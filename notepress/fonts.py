"""fonts.yaml -> FontSet: a file, an index and a checksum for every role.

Files are found by name and loaded by path and index, because family names differ between machines.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from pydantic import Field

from .errors import Diagnostic, InputError, MissingToolError, error
from .fontset import ROLES, Face, Family, FontSet
from .processes import find_tool, run_process
from .project import Font, Project
from .resources import resource_folder
from .system import file_digest
from .yamlmodel import StrictModel, parse_yaml, validate

SYSTEM_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/Library/Fonts",
    "~/Library/Fonts",
    "/usr/share/texmf/fonts/opentype",
)


class NpmSource(StrictModel):
    """Where `make fonts` fetches a file: a package with its version, and the path inside it."""

    package: str
    member: str


class FontFile(StrictModel):
    """A font file as fonts.yaml describes it."""

    family: str
    sha256: str
    licence: str
    package: dict[str, str] = Field(default_factory=dict)
    npm: NpmSource | None = None


class Shapes(StrictModel):
    """The faces of a family, each `file` or `file#index`."""

    regular: str
    bold: str | None = None
    italic: str | None = None
    bold_italic: str | None = None

    def faces(self) -> tuple[str, ...]:
        """Return the faces that are named."""
        return tuple(face for face in (self.regular, self.bold, self.italic, self.bold_italic) if face)


class FontList(StrictModel):
    """The keys of fonts.yaml."""

    files: dict[str, FontFile]
    roles: dict[str, tuple[Shapes, ...]]
    fallback: tuple[str, ...] = ()


def load_fonts(project: Project) -> FontSet:
    """Resolve every role; raises MissingToolError naming the packages of what is missing."""
    listed = load_font_list()
    if problems := _unknown_roles(project.config.fonts):
        raise InputError(*problems)
    wanted = {
        name for shapes in listed.roles.values() for one in shapes for face in one.faces() for name in [_split(face)[0]]
    } | set(listed.fallback)
    found = find_font_files(wanted, project)
    families: dict[str, Family] = {}
    missing: list[Diagnostic] = []
    for role in ROLES:
        if chosen := project.config.fonts.get(role):
            families[role] = Family(regular=_configured(role, chosen, project))
            continue
        complete = [s for s in listed.roles[role] if all(_split(face)[0] in found for face in s.faces())]
        if complete:
            families[role] = _family(complete[0], found, listed)
        else:
            missing.append(_missing(role, listed, found))
    if missing:
        raise MissingToolError(*missing)
    fallback = tuple(_face(name, found, listed) for name in listed.fallback if name in found)
    return FontSet(**families, fallback=fallback)


def load_font_list() -> FontList:
    """Read fonts/fonts.yaml."""
    path = resource_folder() / "fonts" / "fonts.yaml"
    return validate(FontList, parse_yaml(path.read_text("utf-8"), file="fonts/fonts.yaml"))


def find_font_files(names: Iterable[str], project: Project) -> dict[str, Path]:
    """Map the file names that exist on this machine to their paths; the project's fonts/ wins."""
    found: dict[str, Path] = {}
    wanted = set(names)
    local = [project.root / "fonts", resource_folder() / "fonts"]
    for folder in [*local, *(Path(name).expanduser() for name in SYSTEM_FOLDERS)]:
        for here, _, files in os.walk(folder):
            for name in wanted.intersection(files).difference(found):
                found[name] = Path(here, name)
    return found | _in_tex_tree(frozenset(wanted.difference(found)))


@cache
def _in_tex_tree(names: frozenset[str]) -> dict[str, Path]:
    kpsewhich = find_tool("kpsewhich")
    if not names or kpsewhich is None:
        return {}
    output = run_process([kpsewhich, *sorted(names)]).stdout.decode()
    return {Path(line).name: Path(line) for line in output.splitlines() if line}


def font_digests(fonts: FontSet) -> dict[str, str]:
    """Return the SHA-256 of every font file, by name."""
    return {name: file_digest(path) for name, path in sorted(fonts.files().items())}


def package_manager() -> str:
    """Return which of apt, dnf and brew this system uses."""
    if platform.system() == "Darwin":
        return "brew"
    return "dnf" if find_tool("dnf") and not find_tool("apt-get") else "apt"


def _split(face: str) -> tuple[str, int]:
    name, _, index = face.partition("#")
    return name, int(index or 0)


def _face(face: str, found: Mapping[str, Path], listed: FontList) -> Face:
    name, index = _split(face)
    family = listed.files[name].family if name in listed.files else ""
    return Face(file=name, path=found[name], index=index, family=family)


def _family(shapes: Shapes, found: Mapping[str, Path], listed: FontList) -> Family:
    named = {kind: face for kind, face in shapes if face is not None}
    return Family(**{kind: _face(face, found, listed) for kind, face in named.items()})


def _configured(role: str, font: Font, project: Project) -> Face:
    path = (project.root / Path(font.file).expanduser()).resolve()
    if not path.is_file():
        raise MissingToolError(error("font-missing", f"fonts.{role}: no file {font.file}", file="notes.yaml"))
    return Face(file=path.name, path=path, index=font.index, family=path.stem)


def _unknown_roles(fonts: Mapping[str, Font]) -> list[Diagnostic]:
    return [
        error("unknown-key", f"unknown font role `{role}`", file="notes.yaml", hint="roles: " + ", ".join(ROLES))
        for role in fonts
        if role not in ROLES
    ]


def _missing(role: str, listed: FontList, found: Mapping[str, Path]) -> Diagnostic:
    first = listed.roles[role][0]
    names = [name for face in first.faces() for name in [_split(face)[0]] if name not in found]
    manager = package_manager()
    packages = sorted({listed.files[name].package[manager] for name in names if manager in listed.files[name].package})
    install = {"apt": "apt-get install", "dnf": "dnf install", "brew": "brew install"}[manager]
    fetchable = any(listed.files[_split(face)[0]].npm for shapes in listed.roles[role] for face in shapes.faces())
    ways = [f"{install} {' '.join(packages)}"] if packages else []
    ways += ["make fonts"] if fetchable else []
    return error("font-missing", f"the font for {role} is missing: {', '.join(names)}", hint=", or ".join(ways))
