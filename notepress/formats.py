"""The preamble as a precompiled XeTeX format, and the TeX files it was made from. Runs `xelatex -ini`.

Loading class and packages costs more than typesetting most notes. A format is loaded in their place; it gives the
same pages, so that a build may begin without one and go on without one where it can't be made.
"""

from __future__ import annotations

import gzip
import json
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from .documents import Preamble
from .errors import Diagnostic, warning
from .processes import run_process
from .system import digest, link_file, read_text, remove_oldest, work_folder, write_atomic, write_pieces
from .tex import environment, tool

NAME = "preamble"
# The format before anything is known of the fonts, and what a run with it notes of them.
_BASE, _RUN, _NOTES = "base", "fontrun", "fontnotes"
# Formats of other themes are worth keeping, but not for ever: each takes 35 MB.
_MOST_KEPT = 4
_SECONDS = 120.0
_PIECE = 1 << 16

_QUIETLY = (
    "-interaction=batchmode",  # never wait for an answer
    "-halt-on-error",  # a format dumped after an error would carry it into every note
    "-no-shell-escape",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format file, None where it could not be made, and the digest of all TeX files that went into it."""

    path: Path | None
    packages: str
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatSource:
    """What a format is made from: the preamble, and the fonts by the name TeX loads them under."""

    preamble: Preamble
    fonts: Mapping[str, Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What is known of a format file: its own digest, and those of all files it was made from."""

    sha256: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatStore:
    """Where formats are kept, and how to learn the digest of a file."""

    folder: Path
    digest_of: Callable[[Path], str | None]

    def find(self, source: FormatSource) -> Format | None:
        """Return the format of a preamble, if it is there and everything it was made from is as it was."""
        key = self._key(source)
        path = self.folder / f"{key}.fmt"
        known = self._read(key)
        if known is None or self.digest_of(path) != known.sha256:
            return None
        if any(self.digest_of(Path(name)) != value for name, value in known.files.items()):
            return None
        return Format(path=path, packages=packages_digest(known.files))

    def package_files(self) -> tuple[Path, ...]:
        """Return the TeX files that the newest format was made from; none before there was one."""
        try:
            return tuple(map(Path, json.loads(read_text(self.folder / "files.json") or "[]")))
        except (ValueError, TypeError):
            return ()

    def packages(self) -> str | None:
        """Return the digest of the TeX files of the newest format as they are now; None before there was one."""
        files = self.package_files()
        return packages_digest({str(path): self.digest_of(path) or "" for path in files}) if files else None

    def make(self, source: FormatSource) -> Format:
        """Dump a format; where TeX can't, say so and go on without."""
        with work_folder() as folder:
            # The base format is LaTeX itself; -recorder lists every file that is read, for the digests.
            made = _dump(folder, _BASE, source.preamble.format, "&xelatex", "-recorder")
            files = {name: self.digest_of(Path(name)) or "" for name in _inputs(folder / f"{_BASE}.fls")}
            write_atomic(self.folder / "files.json", json.dumps(sorted(files)).encode())
            if made is None:
                return Format(path=None, packages=packages_digest(files), diagnostics=(_no_format(folder),))
            # Without the notes on fonts the format is right as well, only slower.
            made = _with_font_notes(folder, source) or made
            return self._keep(self._key(source), made, files)

    def _keep(self, key: str, made: Path, files: Mapping[str, str]) -> Format:
        path = self.folder / f"{key}.fmt"
        # TeX compresses formats, and reads uncompressed ones as well: 35 MB, and half the time to load. In one piece
        # they would be most of what a build needs of memory.
        with gzip.open(made) as stream:
            sha256 = write_pieces(path, iter(partial(stream.read, _PIECE), b""))
        write_atomic(self.folder / f"{key}.fmt.json", json.dumps({"sha256": sha256, "files": files}).encode())
        remove_oldest(self.folder, "*.fmt", keep=_MOST_KEPT)
        remove_oldest(self.folder, "*.fmt.json", keep=_MOST_KEPT)
        return Format(path=path, packages=packages_digest(files))

    def _key(self, source: FormatSource) -> str:
        preamble = source.preamble
        fonts = [self.digest_of(path) or "" for _, path in sorted(source.fonts.items())]
        texts = [preamble.format, preamble.font_run, preamble.font_notes]
        return digest("\n".join([self.digest_of(tool("xelatex")) or "", *fonts, *texts]).encode())[:32]

    def _read(self, key: str) -> _Made | None:
        try:
            data = json.loads(read_text(self.folder / f"{key}.fmt.json"))
            return _Made(sha256=data["sha256"], files=dict(data["files"]))
        except (ValueError, KeyError, TypeError):
            return None


def _dump(folder: Path, name: str, source: str, base: str, *more: str) -> Path | None:
    """Run `xelatex -ini` on top of another format; None where no format came of it."""
    write_atomic(folder / f"{name}.tex", source.encode())
    command: list[str | Path] = [tool("xelatex"), "-ini", *_QUIETLY, *more, f"-jobname={name}", base, f"{name}.tex"]
    result = run_process(command, cwd=folder, env=environment(), seconds=_SECONDS)
    made = folder / f"{name}.fmt"
    return made if result.code == 0 and made.is_file() else None


def _with_font_notes(folder: Path, source: FormatSource) -> Path | None:
    """Run the base format once with the fonts and add what was noted of them; None where that does not work."""
    for name, path in source.fonts.items():
        link_file(folder / "fonts" / name, path)
    write_atomic(folder / f"{_RUN}.tex", source.preamble.font_run.encode())
    command: list[str | Path] = [tool("xelatex"), f"-fmt={_BASE}", "-no-pdf", *_QUIETLY, f"{_RUN}.tex"]
    result = run_process(command, cwd=folder, env=environment(), seconds=_SECONDS)
    if result.code != 0 or not (folder / f"{_NOTES}.tex").is_file():
        return None
    # The job has another name than the notes, which it reads.
    return _dump(folder, NAME, source.preamble.font_notes, f"&./{_BASE}")


def packages_digest(files: Mapping[str, str]) -> str:
    """Return one digest for the TeX files of a format, whatever folder TeX is installed in."""
    return digest("\n".join(sorted(f"{posixpath.basename(name)} {value}" for name, value in files.items())).encode())


def _inputs(recorder: Path) -> list[str]:
    """Return the files outside the work folder that TeX read, from what -recorder wrote."""
    lines = read_text(recorder).splitlines()
    names = {line.removeprefix("INPUT ") for line in lines if line.startswith("INPUT /")}
    return sorted(names)


def _no_format(folder: Path) -> Diagnostic:
    log = read_text(folder / f"{_BASE}.log")
    reason = next((line for line in log.splitlines() if line.startswith("!")), "! xelatex gave no reason")
    return warning(
        "format-failed",
        f"the preamble can't be precompiled ({reason.removeprefix('! ')})",
        file="templates/preamble.tex.j2",
        hint="notes are typeset all the same, but slower; usually a package loads an OpenType font",
    )
