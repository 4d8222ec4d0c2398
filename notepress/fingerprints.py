"""Digests of what every note depends on: templates, fonts, configuration, tools, this package."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from .fontset import FontSet
from .pandoc import pandoc_path
from .project import Project
from .render import DRIVER, FONT_NOTES, FONT_RUN, FORMAT, PACKAGES
from .system import digest, file_digest, write_atomic
from .templating import Renderer
from .tex import PROGRAMS, tool
from .themes import theme_file

# The label of TeX's own classes and packages.
TEX_PACKAGES = "packages:tex"
# pandoc has 160 MB; to read all of it would take longer than to build a note.
_SAMPLES, _SAMPLE = 64, 4096
_INCLUDE = re.compile(r'\(\(\* include "([^"]+)" \*\)\)')
_PACKAGE = Path(__file__).resolve().parent
# The keys of notes.yaml that get into a note; another title of the book rebuilds no note that has a chapter.
_NOTE_KEYS = ("author", "language", "paper", "links", "theme")
_BOOK_KEYS = (*_NOTE_KEYS, "title", "subtitle", "epigraph", "source")


class DigestCache:
    """Digests of files by path, recomputed where size or time differ.

    Only saves reading 100 MB of fonts at every start: a touched file is read again and, its content being
    the same, changes nothing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._dirty = False
        try:
            self._known: dict[str, list[object]] = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            self._known = {}

    def of(self, path: Path) -> str | None:
        """Return the SHA-256 of a file; None where there is none."""
        try:
            stat = path.stat()
            stamp: list[object] = [stat.st_size, stat.st_mtime_ns, stat.st_ino]
            known = self._known.get(str(path))
            if known and known[:3] == stamp:
                return str(known[3])
            found = file_digest(path)
        except OSError:
            return None
        self._known[str(path)] = [*stamp, found]
        self._dirty = True
        return found

    def save(self) -> None:
        """Write the cache if it learnt anything."""
        if self._dirty:
            # Copied first, because workers may learn something meanwhile.
            write_atomic(self._path, json.dumps(dict(self._known)).encode())
            self._dirty = False


def common_inputs(renderer: Renderer, shared: Mapping[str, str]) -> dict[str, str]:
    """Return the labelled inputs that all notes have in common; `shared` are the `shared_inputs`."""
    return {
        **template_inputs("note.tex.j2", renderer),
        **config_inputs(renderer.project, _NOTE_KEYS),
        **shared,
    }


def front_inputs(template: str, renderer: Renderer, shared: Mapping[str, str]) -> dict[str, str]:
    """Return the labelled inputs of a chapter's or the book's title page and contents; `shared` as above."""
    return {
        **template_inputs(template, renderer),
        **config_inputs(renderer.project, _BOOK_KEYS),
        **shared,
    }


def shared_inputs(fonts: FontSet, digests: DigestCache) -> dict[str, str]:
    """Return fonts, tools and this package: what any PDF depends on."""
    found = {f"font:{name}": digests.of(path) or "" for name, path in sorted(fonts.files().items())}
    faces = {role: [(f.file, f.index) for f in family.faces()] for role, family in fonts.families().items()}
    faces["fallback"] = [(f.file, f.index) for f in fonts.fallback]
    found["font roles"] = digest(repr(faces).encode())
    found |= {f"tool:{name}": digests.of(tool(name)) or "" for name in PROGRAMS}
    return found | reading_inputs(digests)


def reading_inputs(digests: DigestCache) -> dict[str, str]:
    """Return pandoc and this package: what the reading of a note depends on beside the note."""
    return {
        "tool:pandoc": _sampled_digest(Path(pandoc_path())),
        "package:notepress": digest("".join(digests.of(path) or "" for path in package_files()).encode()),
    }


@cache
def _sampled_digest(path: Path) -> str:
    """Return the digest of a large program's size and of samples of it: another version differs everywhere."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        samples = [str(size).encode()]
        for place in range(0, size, max(size // _SAMPLES, 1)):
            stream.seek(place)
            samples.append(stream.read(_SAMPLE))
    return digest(b"".join(samples))


def package_files() -> list[Path]:
    """Return the source files of this package."""
    found: list[str] = []
    for folder, subfolders, names in os.walk(_PACKAGE):
        suffixes = (".py", ".lua", ".csl") if folder == str(_PACKAGE) else (".lua", ".csl")
        found += [f"{folder}/{name}" for name in names if name.endswith(suffixes)]
        subfolders[:] = [name for name in subfolders if name != "__pycache__"]
    # As text: to compare paths takes longer than to find them.
    return [Path(path) for path in sorted(found)]


def template_inputs(template: str, renderer: Renderer) -> dict[str, str]:
    """Return the digests of a document's template, of what stands before it, of all they include, and of the theme."""
    templates = renderer.templates
    found: dict[str, str] = {}
    waiting = [template, theme_file(renderer.project.config.theme), PACKAGES, FORMAT, FONT_RUN, FONT_NOTES, DRIVER]
    while waiting:
        name = waiting.pop()
        if name in found or name not in templates:
            continue
        content = templates[name]
        found[name] = digest(content)
        waiting += _INCLUDE.findall(content.decode("utf-8", "replace"))
    return {f"template:{name}": value for name, value in sorted(found.items())}


def config_inputs(project: Project, keys: Iterable[str]) -> dict[str, str]:
    """Return the digests of some keys of the configuration."""
    return {f"config:{key}": digest(repr(getattr(project.config, key)).encode()) for key in keys}


def link_digest(source: str, pdf_of: Mapping[str, str]) -> str | None:
    """Return the digest of where a link leads; None where it leads nowhere."""
    return digest(pdf_of[source].encode()) if source in pdf_of else None
