"""The systems that are compared: how each is laid out beside the notes, run, and made to forget what it did."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from notepress.pandoc import pandoc_path

from .inputs import ROOT, Copy
from .measure import Command
from .template import SharedLooks

RIVALS = Path(__file__).with_name("rivals")
# The cases, by the names that the command line and the results use.
COLD, FORMAT, NOTHING, EDIT, PLAIN = "cold", "format", "nothing", "edit", "plain"
Words = tuple[str | Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What did not arrive: images, formulas printed as TeX, characters without a glyph; None where nothing tells."""

    images: int
    formulas: int
    characters: int | None


class System(ABC):
    """One way from notes to PDFs, in a folder of its own; `cases` are those that mean something for it."""

    name: str
    title: str
    cases: tuple[str, ...] = (COLD, NOTHING, EDIT)

    def __init__(self, folder: Path, copies: tuple[Copy, ...]) -> None:
        self.folder = folder
        self.copies = copies

    @property
    def edited(self) -> Path:
        """The note that is edited: the first."""
        return self.folder / "notes" / self.copies[0].path

    def command(self, case: str) -> Command:
        """Return what brings the PDFs up to date; its log is `bench.log` beside the notes."""
        return Command(words=self.words(case), cwd=self.folder, log=self.folder / "bench.log")

    def can(self, case: str) -> bool:
        """Say whether a case can be measured now."""
        return case in self.cases

    @abstractmethod
    def lay_out(self, looks: SharedLooks) -> None:
        """Put what the system needs beside the notes."""

    @abstractmethod
    def words(self, case: str) -> Words:
        """Return the words of the command."""

    @abstractmethod
    def forget(self, case: str) -> None:
        """Remove what earlier builds left: all of it, or with the case FORMAT all but the precompiled format."""

    @abstractmethod
    def built(self) -> dict[str, Path]:
        """Return the PDFs by the note each was made from, a path from `notes/`."""

    @abstractmethod
    def losses(self) -> Losses:
        """Say what of the notes is not in the PDFs of a cold build that has just been made."""

    def joined(self) -> int:
        """Return how many PDFs were made of several notes."""
        return 0


class Notepress(System):
    """notepress: besides a PDF per note it makes those of the chapters and the book, and the README's index."""

    name = "notepress"
    title = "notepress"
    cases = (COLD, FORMAT, NOTHING, EDIT, PLAIN)

    def lay_out(self, looks: SharedLooks) -> None:
        """Nothing: it needs notes and notes.yaml only."""

    def can(self, case: str) -> bool:
        return case in self.cases and (case != FORMAT or any((self.folder / ".notepress").rglob("*.fmt")))

    def words(self, case: str) -> Words:
        build = (sys.executable, ROOT / "build.py", "--root", self.folder)
        # As many notes at once as the others, whatever the machine.
        if case != EDIT:
            return (*build, "pdf", "-j2")
        # What a person types, with what make itself takes. The stamp only decides whether to install something.
        notes = f"NOTES={shlex.join(map(str, build))}"
        return ("make", "--no-print-directory", "-C", ROOT, "-o", ".venv/ready", "pdf", "ARGS=-j2", notes)

    def forget(self, case: str) -> None:
        shutil.rmtree(self.folder / "output", ignore_errors=True)
        cache = self.folder / ".notepress"
        kept = {path.parent for path in cache.rglob("*.fmt")} if case == FORMAT else set()
        for path in cache.iterdir() if cache.is_dir() else ():
            if path.is_file():
                path.unlink()
            elif path not in kept:
                shutil.rmtree(path)

    def built(self) -> dict[str, Path]:
        notes = self._report()["notes"]
        return {note["source"].removeprefix("notes/"): self.folder / note["pdf"] for note in notes if note["pdf"]}

    def losses(self) -> Losses:
        found = [diagnostic for note in self._report()["notes"] for diagnostic in note["diagnostics"]]
        images = sum(d["code"].startswith("image-") for d in found)
        errors = sum(d["severity"] == "error" and not d["code"].startswith("image-") for d in found)
        missing = sum(d["code"] == "missing-glyph" for d in found)
        return Losses(images=images, formulas=errors, characters=missing)

    def joined(self) -> int:
        report = self._report()
        return len(report["chapters"]) + (report["book"] is not None)

    def _report(self) -> dict[str, Any]:
        path = self.folder / "output" / "report.json"
        report: dict[str, Any] = {"notes": [], "chapters": [], "book": None}
        return report | (json.loads(path.read_text("utf-8")) if path.is_file() else {})


class _Rival(System):
    """What the other systems share: the files of rivals/ that they need, and that all they make is in build/."""

    files: tuple[str, ...]

    def lay_out(self, looks: SharedLooks) -> None:
        for name in self.files:
            shutil.copyfile(RIVALS / name, self.folder / name)
        (self.folder / "fonts").mkdir()
        for name, path in looks.fonts.items():
            (self.folder / "fonts" / name).symlink_to(path)

    def forget(self, case: str) -> None:
        shutil.rmtree(self.folder / "build", ignore_errors=True)

    def built(self) -> dict[str, Path]:
        build = self.folder / "build"
        return {path.relative_to(build).with_suffix(".md").as_posix(): path for path in build.rglob("*.pdf")}

    def _count(self, words: str, *logs: Path) -> int:
        return sum(path.read_text("utf-8", "replace").count(words) for path in logs)


class Pandoc(_Rival):
    """(a) One pandoc a note. It keeps nothing, so it can't know that nothing changed."""

    name = "pandoc"
    title = "(a) pandoc, one a note"
    cases = (COLD, EDIT)
    files = ("latex.yaml", "figures.lua", "pandoc-each.sh")

    def lay_out(self, looks: SharedLooks) -> None:
        super().lay_out(looks)
        (self.folder / "note.latex").write_text(looks.template, "utf-8")

    def words(self, case: str) -> Words:
        copies = self.copies[:1] if case == EDIT else self.copies
        return ("sh", "pandoc-each.sh", pandoc_path(), *(f"notes/{copy.path}" for copy in copies))

    def losses(self) -> Losses:
        return Losses(images=0, formulas=0, characters=self._count("Missing character", self.folder / "bench.log"))


class Latexmk(_Rival):
    """(b) make -j2 with pandoc and latexmk."""

    name = "latexmk"
    title = "(b) pandoc + latexmk, make -j2"
    files = ("latex.yaml", "figures.lua", "latexmk.mk")

    def lay_out(self, looks: SharedLooks) -> None:
        super().lay_out(looks)
        (self.folder / "note.latex").write_text(looks.template, "utf-8")

    def words(self, case: str) -> Words:
        # -k, so that one bad note does not keep the others from being built.
        return ("make", "-f", "latexmk.mk", "-k", "-j2", f"PANDOC={pandoc_path()}")

    def losses(self) -> Losses:
        logs = (self.folder / "build").rglob("*.log")
        return Losses(images=0, formulas=0, characters=self._count("Missing character:", *logs))


class Typst(_Rival):
    """(c) make -j2 with pandoc and Typst."""

    name = "typst"
    title = "(c) pandoc + Typst, make -j2"
    cases = (COLD, NOTHING, EDIT, PLAIN)
    files = ("typst.yaml", "figures.lua", "note.typ", "typst.mk", "typst_compile.py")

    def lay_out(self, looks: SharedLooks) -> None:
        super().lay_out(looks)
        families = yaml.safe_dump({"variables": looks.families}, allow_unicode=True)
        (self.folder / "fonts.yaml").write_text(families, "utf-8")

    def words(self, case: str) -> Words:
        return ("make", "-f", "typst.mk", "-k", "-j2", f"PANDOC={pandoc_path()}", f"PYTHON={sys.executable}")

    def losses(self) -> Losses:
        drawings = sum(image.endswith(".tikz") for copy in self.copies for image in copy.images)
        formulas = self._count("Could not convert TeX math", self.folder / "bench.log")
        return Losses(images=drawings, formulas=formulas, characters=None)


SYSTEMS: tuple[type[System], ...] = (Notepress, Pandoc, Latexmk, Typst)
