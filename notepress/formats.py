"""The preamble as a precompiled XeTeX format, and the TeX files it was made from. Runs `xelatex -ini`.

Loading class and packages costs more than typesetting most notes. A format is loaded in their place; it gives the
same pages, so that a build may begin without one and go on without one where it can't be made.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import Diagnostic, warning
from .system import digest, remove_oldest, run_process, work_folder, write_atomic
from .tex import environment, tool

NAME = "preamble"
# Formats of other themes are worth keeping, but not for ever: each takes 35 MB.
_MOST_KEPT = 4
_SECONDS = 120.0

XELATEX_FLAGS = (
    "-ini",  # the variant of the engine that can dump
    "-interaction=batchmode",  # never wait for an answer
    "-halt-on-error",  # a format dumped after an error would carry it into every note
    "-recorder",  # list every file that was read: a changed package must make a new format
    "-no-shell-escape",
    f"-jobname={NAME}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format file, None where it could not be made, and the digest of all TeX files that went into it."""

    path: Path | None
    packages: str
    diagnostics: tuple[Diagnostic, ...] = ()


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

    def find(self, source: str) -> Format | None:
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
            return tuple(Path(name) for name in json.loads(self._text("files.json") or "[]"))
        except (ValueError, TypeError):
            return ()

    def packages(self) -> str | None:
        """Return the digest of the TeX files of the newest format as they are now; None before there was one."""
        files = self.package_files()
        return packages_digest({str(path): self.digest_of(path) or "" for path in files}) if files else None

    def make(self, source: str) -> Format:
        """Dump a format; where TeX can't, say so and go on without."""
        with work_folder() as folder:
            write_atomic(folder / f"{NAME}.tex", source.encode())
            result = run_process(
                # The base format is LaTeX itself.
                [tool("xelatex"), *XELATEX_FLAGS, "&xelatex", f"{NAME}.tex"],
                cwd=folder,
                env=environment(),
                seconds=_SECONDS,
            )
            files = {name: self.digest_of(Path(name)) or "" for name in _inputs(folder / f"{NAME}.fls")}
            write_atomic(self.folder / "files.json", json.dumps(sorted(files)).encode())
            made = folder / f"{NAME}.fmt"
            if result.code != 0 or not made.is_file():
                return Format(path=None, packages=packages_digest(files), diagnostics=(_no_format(folder),))
            # TeX compresses formats, and reads uncompressed ones as well: 35 MB, and half the time to load.
            content = gzip.decompress(made.read_bytes())
        return self._keep(self._key(source), content, files)

    def _keep(self, key: str, content: bytes, files: Mapping[str, str]) -> Format:
        path = self.folder / f"{key}.fmt"
        write_atomic(path, content)
        write_atomic(self.folder / f"{key}.json", json.dumps({"sha256": digest(content), "files": files}).encode())
        remove_oldest(self.folder, "*.fmt", keep=_MOST_KEPT)
        return Format(path=path, packages=packages_digest(files))

    def _key(self, source: str) -> str:
        return digest("\n".join([self.digest_of(tool("xelatex")) or "", source]).encode())[:32]

    def _read(self, key: str) -> _Made | None:
        try:
            data = json.loads(self._text(f"{key}.json") or "")
            return _Made(sha256=data["sha256"], files=dict(data["files"]))
        except (ValueError, KeyError, TypeError):
            return None

    def _text(self, name: str) -> str | None:
        try:
            return (self.folder / name).read_text("utf-8", errors="replace")
        except OSError:
            return None


def packages_digest(files: Mapping[str, str]) -> str:
    """Return one digest for the TeX files of a format, whatever folder TeX is installed in."""
    return digest("\n".join(sorted(f"{Path(name).name} {value}" for name, value in files.items())).encode())


def _inputs(recorder: Path) -> list[str]:
    """Return the files outside the work folder that TeX read, from what -recorder wrote."""
    text = recorder.read_text("utf-8", errors="replace") if recorder.is_file() else ""
    names = {line.removeprefix("INPUT ") for line in text.splitlines() if line.startswith("INPUT /")}
    return sorted(names)


def _no_format(folder: Path) -> Diagnostic:
    log = folder / f"{NAME}.log"
    text = log.read_text("utf-8", errors="replace") if log.is_file() else ""
    reason = next((line for line in text.splitlines() if line.startswith("!")), "! xelatex gave no reason")
    return warning(
        "format-failed",
        f"the preamble can't be precompiled ({reason.removeprefix('! ')})",
        file="templates/preamble.tex.j2",
        hint="notes are typeset all the same, but slower; usually a package loads an OpenType font",
    )
