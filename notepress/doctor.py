"""Project -> lines that say which tools and fonts a build here would use."""

from __future__ import annotations

import platform
from collections.abc import Callable
from pathlib import Path

from . import landlock
from .coverage import face_characters, face_version
from .errors import MissingToolError
from .fonts import load_font_list, load_fonts
from .fontset import Face, FontSet
from .pandoc import pandoc_path, pandoc_version
from .pictures import RSVG
from .processes import find_tool
from .project import Project
from .system import file_digest
from .tex import tool, tool_version

# The 20,992 hanzi of the basic block show best how far a Chinese font reaches.
_HANZI = range(0x4E00, 0xA000)


def examine(project: Project) -> tuple[list[str], bool]:
    """Return the lines to print, and whether everything is there."""
    lines = [f"system    {platform.system()} {platform.release()}, Python {platform.python_version()}"]
    complete = True
    tools: tuple[tuple[str, Callable[[], str]], ...] = (
        ("xelatex", lambda: f"{tool_version()} ({tool('xelatex')})"),
        ("xdvipdfmx", lambda: str(tool("xdvipdfmx"))),
        ("pandoc", lambda: f"{pandoc_version()} ({pandoc_path()})"),
    )
    for name, describe in tools:
        try:
            lines.append(f"{name:<9} {describe()}")
        except MissingToolError as problem:
            complete = False
            lines += [f"{name:<9} missing: {d.message}; {d.hint}" for d in problem.diagnostics]
    # Notes without drawings do without it.
    lines.append(f"sandbox   {_wall()}")
    lines.append(f"{RSVG} {find_tool(RSVG) or 'missing: SVG images need librsvg2-bin (apt), librsvg (brew)'}")
    try:
        lines += _font_lines(load_fonts(project))
    except MissingToolError as problem:
        complete = False
        lines += [f"fonts     missing: {d.message}; {d.hint}" for d in problem.diagnostics]
    return lines, complete


def _wall() -> str:
    """Say what keeps TeX from the files of the machine."""
    if landlock.version():
        return f"Landlock {landlock.version()}: TeX sees its work folder, its own files and the fonts"
    return "none on this system: only the filter on commands keeps notes from files; build strangers' notes elsewhere"


def _font_lines(fonts: FontSet) -> list[str]:
    lines = []
    for role, family in fonts.families().items():
        lines += [_face_line(role if face is family.regular else "", face) for face in family.faces()]
    lines += [_face_line("fallback", face) for face in fonts.fallback]
    listed = load_font_list()
    files = {path.name: path for path in fonts.files().values()}
    absent = [name for name in listed.fallback if name not in files]
    lines += [f"fallback  {name} is missing; without it some symbols and emoji can't be drawn" for name in absent]
    lines += _untested(files)
    return lines


def _face_line(role: str, face: Face) -> str:
    characters = face_characters(face)
    hanzi = sum(code in characters for code in _HANZI)
    name = f"{face.file}#{face.index}" if face.collection else face.file
    reach = f"{len(characters)} characters" + (f", {hanzi} hanzi" if hanzi else "")
    return f"{role:<9} {name} {face_version(face)}: {reach} ({face.path})"


def _untested(files: dict[str, Path]) -> list[str]:
    known = load_font_list().files
    return [
        f"note      {name} is another version than the one the pages were tested with"
        for name, path in files.items()
        if name in known and file_digest(path) != known[name].sha256
    ]
