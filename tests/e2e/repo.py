"""A project in a temporary folder: write notes, build, look at what came out, in one readable chain."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import unquote

from notepress.config import load_config
from notepress.errors import Diagnostic, ExitCode
from notepress.pipeline import BuildOptions, build
from notepress.report import BuildReport, NoteResult, Outcome
from notepress.terminal import Silent

CHECKOUT = Path(__file__).resolve().parents[2]
# A start of Python and a few passes of xelatex on a busy machine.
PATIENCE = 120.0
FORMATS = ".notepress/formats"
INDEX = "# 笔记\n\n<!-- index:start -->\n<!-- index:end -->\n\n尾声\n"
# A grey pixel, the smallest PNG there is.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c6368000000820081"
    "77cd72b60000000049454e44ae426082"
)


@dataclass(frozen=True, slots=True)
class Result:
    """What a build in this process reported."""

    report: BuildReport

    @property
    def exit_code(self) -> ExitCode:
        """What the process would have exited with."""
        return self.report.exit_code()

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything there was to say, sorted."""
        return self.report.all_diagnostics()

    @property
    def rebuilt(self) -> set[str]:
        """The stems of the notes that were typeset."""
        return {Path(note.source).stem for note in self.report.notes if note.status is Outcome.BUILT}

    @property
    def rejoined(self) -> set[str]:
        """The titles of the chapters, and of the book, that were joined anew."""
        joined = [*self.report.chapters, *([self.report.book] if self.report.book else [])]
        return {pdf.title for pdf in joined if pdf.status is Outcome.BUILT}

    def note(self, stem: str) -> NoteResult:
        """Return what is reported of a note."""
        return next(note for note in self.report.notes if Path(note.source).stem == stem)

    def codes(self, stem: str) -> set[str]:
        """Return the codes of a note's diagnostics."""
        return {diagnostic.code for diagnostic in self.note(stem).diagnostics}


@dataclass(frozen=True, slots=True)
class Repo:
    """A folder of notes under test."""

    root: Path

    def write(self, path: str, content: str | bytes) -> Self:
        """Create or replace a file."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self

    def replace(self, path: str, old: str, new: str) -> Self:
        """Change some words of a file."""
        text = (self.root / path).read_text("utf-8")
        assert old in text
        return self.write(path, text.replace(old, new))

    def link_formats(self, folder: Path) -> Self:
        """Let the project find formats that were made elsewhere; links, since each takes 35 MB."""
        target = self.root / FORMATS
        target.mkdir(parents=True)
        for path in folder.iterdir():
            (target / path.name).hardlink_to(path)
        return self

    def delete(self, path: str) -> Self:
        """Remove a file."""
        (self.root / path).unlink()
        return self

    def rename(self, path: str, to: str) -> Self:
        """Move a file."""
        (self.root / to).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).rename(self.root / to)
        return self

    def touch(self) -> Self:
        """Give every file of the project a new time."""
        for path in self.files():
            os.utime(self.root / path)
        return self

    def copy_to(self, folder: Path, *, built: bool = True) -> Repo:
        """Return a copy elsewhere; `built` takes the PDFs and the cache along."""
        ignored = shutil.ignore_patterns(*([] if built else ["output", ".notepress"]))
        shutil.copytree(self.root, folder, ignore=ignored, symlinks=True, dirs_exist_ok=True)
        return Repo(folder)

    def build(self, *paths: str, jobs: int | None = None, strict: bool = False, theme: str | None = None) -> Result:
        """Build in this process; `theme` as on the command line."""
        project = load_config(self.root, theme)
        options = BuildOptions(
            paths=tuple(Path(path) for path in paths), jobs=jobs, strict=strict, write_index=not project.variant
        )
        return Result(build(project, options, Silent()))

    def command(self, *args: str) -> list[str]:
        """Return the words that run the command line on this project."""
        return [sys.executable, str(CHECKOUT / "build.py"), "--root", str(self.root), *args]

    def cli(self, *args: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run the command line as a user does; `env` is added to the environment."""
        return subprocess.run(self.command(*args), env={**os.environ, **(env or {})}, capture_output=True, text=True,
                              encoding="utf-8", timeout=PATIENCE, check=False)  # fmt: skip

    def files(self, pattern: str = "**/*") -> set[str]:
        """Return the files that match, hidden ones included, relative to the root."""
        return {path.relative_to(self.root).as_posix() for path in self.root.glob(pattern) if path.is_file()}

    def pdfs(self) -> dict[str, bytes]:
        """Return the content of every PDF, by its path below the output folder."""
        folder = self.root / "output"
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.pdf"))}

    def times(self) -> dict[str, int]:
        """Return when every PDF was written, in nanoseconds."""
        return {path: (self.root / path).stat().st_mtime_ns for path in self.files("output/**/*.pdf")}

    def output(self, pdf: str) -> Path:
        """Return the place of a PDF."""
        return self.root / "output" / pdf

    def pdf_text(self, pdf: str, *options: str) -> str:
        """Return the text of a PDF as a reader would copy it."""
        return _stdout("pdftotext", *options, str(self.output(pdf)), "-")

    def pdf_words(self, pdf: str) -> str:
        """Return the text without spaces and line ends, which depend on where lines break."""
        return re.sub(r"\s+", "", self.pdf_text(pdf))

    def pdf_fonts(self, pdf: str) -> dict[str, str]:
        """Return whether each font is embedded, `yes` or `no`, by its name without the subset's tag."""
        _, _, *rows = _stdout("pdffonts", str(self.output(pdf))).splitlines()
        # Columns run together where a name is long; emb, sub, uni and the object's two numbers end each row.
        return {row.split()[0].rpartition("+")[2]: row.split()[-5] for row in rows}

    def readme_targets(self) -> list[Path]:
        """Return the files that the README's links lead to, the way a browser reads them."""
        text = (self.root / "README.md").read_text("utf-8")
        return [self.root / unquote(target) for target in re.findall(r"\]\(([^()\s]+)\)", text)]


@dataclass(frozen=True, slots=True)
class Rich:
    """The rich project of a session and the result of its only build; never to be changed."""

    repo: Repo
    result: Result


@dataclass(frozen=True, slots=True)
class Broken:
    """A project with mistakes, the exit code of its only build and all that was printed; never to be changed."""

    repo: Repo
    exit_code: int
    printed: str


def tex_processes(folder: Path) -> list[int]:
    """Return the processes that work below a folder, such as the TMPDIR of a build; zombies don't work."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                here = (entry / "cwd").readlink()
            except OSError:
                continue
            if here.is_relative_to(folder):
                found.append(int(entry.name))
    return found


def _stdout(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=PATIENCE,
                          check=True).stdout  # fmt: skip
