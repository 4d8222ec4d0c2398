"""Notes to measure on: copies of published notes with changed numbers, in as many chapters as they need.

No two copies are equal, so that no system is fast by knowing a note already.
"""

from __future__ import annotations

import posixpath
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from notepress.config import load_config
from notepress.model import Status
from notepress.notes import load_library

ROOT = Path(__file__).resolve().parent.parent
CHAPTER = 15
README = "# Benchmark\n\n<!-- index:start -->\n<!-- index:end -->\n"
_NUMBER = r"[0-9]+"
# Numbers in these stay: they mean something to TeX, to Markdown, or to a link.
_FIXED = re.compile(
    rf"""
      ^(?:```|~~~).*?^(?:```|~~~)[ ]*$      # fenced code
    | \\\$                                  # a dollar that opens no formula
    | \$\$.*?\$\$ | \$[^$\n]+\$ | \\\[.*?\\\] | \\\(.*?\\\)
    | `[^`\n]+`
    | \]\([^)\n]*\) | \[\^[^\]\n]*\] | \[{_NUMBER}\] | https?://\S+
    | <[^>\n]*> | \{{[^}}\n]*\}} | &\#?\w+;
    | ^[ ]*{_NUMBER}[.)][ ]                 # the marker of a list item
    """,
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
_PIECE = re.compile(rf"(?P<fixed>{_FIXED.pattern})|(?P<number>{_NUMBER})", _FIXED.flags)
_FRONT = re.compile(r"\A---\n.*?^---\n", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r"""^(title:[ ]*|\#[ ]+)(["']?)(.*?)(\2)[ ]*$""", re.MULTILINE | re.VERBOSE)
_TARGET = re.compile(r"""(\]\(|\bsrc=["'])([^)\s"'#]+)""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Published notes by their paths from a folder, in reading order, and that folder."""

    folder: Path
    notes: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A note to build: its path from notes/, its text, and the images it shows, as paths in the material's folder."""

    path: str
    text: str
    images: tuple[str, ...]


def load_material(folder: Path) -> Material:
    """Read the published notes of a project, or of any folder of Markdown."""
    notes = (note for note in load_library(load_config(folder)).notes() if note.status is Status.PUBLISHED)
    root = folder.resolve()
    texts = {note.source: (root / note.source).read_text("utf-8-sig", errors="replace") for note in notes}
    return Material(folder=root, notes=texts)


def make_copies(material: Material, count: int) -> tuple[Copy, ...]:
    """Return `count` different notes; the first of each are the originals, but for where their links lead."""
    sources = list(material.notes)
    return tuple(_copy(material, sources, number, count) for number in range(count))


def without_images(copies: tuple[Copy, ...]) -> tuple[Copy, ...]:
    """Return the notes without the lines that begin with an image, to compare with a system that can't draw them."""
    lines = re.compile(r"^!\[.*\n?", re.MULTILINE)
    return tuple(Copy(path=copy.path, text=lines.sub("", copy.text), images=()) for copy in copies)


def short_notes(count: int) -> tuple[Copy, ...]:
    """Return many notes of a few lines, to measure what a note costs when there is nothing to do."""
    texts = (f"---\ntitle: 第 {n} 条\n---\n\n## 平方\n\n第 {n} 条的平方是 ${n}^2={n * n}$。\n" for n in range(count))
    return tuple(Copy(path=_path(n, "条"), text=text, images=()) for n, text in enumerate(texts))


def change_numbers(text: str, seed: int) -> str:
    """Return a note whose numbers in running text are others of the same length; all else stays."""

    def other(match: re.Match[str]) -> str:
        number = match["number"]
        if number is None:
            return match[0]
        least = 10 ** (len(number) - 1)
        return str(least + zlib.crc32(f"{seed} {match.start()} {number}".encode()) % (9 * least))

    front, body = split_front(text)
    return front + _PIECE.sub(other, body)


def edit_number(text: str, value: int, place: float = 0.5) -> str:
    """Return a note in which one number is `value`: the first for the place 0, the last for 1, one half-way down.

    One in a heading is left alone: it may be in the name of the PDF. A note without numbers gets a line with it.
    """
    front, body = split_front(text)
    found = [match for match in _PIECE.finditer(body) if match["number"] is not None]
    numbers = [match for match in found if not body.startswith("#", body.rfind("\n", 0, match.start()) + 1)]
    if not numbers:
        return f"{text.rstrip()}\n\n{value}\n"
    chosen = numbers[min(int(place * len(numbers)), len(numbers) - 1)]
    return front + body[: chosen.start()] + str(value) + body[chosen.end() :]


def split_front(text: str) -> tuple[str, str]:
    """Return the front matter with its fences, empty where there is none, and the rest."""
    match = _FRONT.match(text)
    return (match[0], text[match.end() :]) if match else ("", text)


def write_site(folder: Path, copies: tuple[Copy, ...], material: Material) -> None:
    """Write a project of these notes, configured as this one is."""
    (folder / "notes").mkdir(parents=True)
    for name in ("notes.yaml", "references.bib"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    (folder / "README.md").write_text(README, "utf-8")
    for copy in copies:
        path = folder / "notes" / copy.path
        path.parent.mkdir(exist_ok=True)
        path.write_text(copy.text, "utf-8")
    for image in sorted({image for copy in copies for image in copy.images}):
        path = folder / "images" / image
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((material.folder / image).read_bytes())


def _copy(material: Material, sources: list[str], number: int, count: int) -> Copy:
    source = sources[number % len(sources)]
    turn = number // len(sources)
    images: list[str] = []

    def lead(match: re.Match[str]) -> str:
        target = unquote(match[2])
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|/", target):
            return match[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        if path in material.notes:
            there = turn * len(sources) + sources.index(path)
            there = there if there < count else sources.index(path)
            return f"{match[1]}../{_path(there, path)}" if there < count else match[0]
        # Notes that are only planned are copied nowhere.
        if path.startswith("../") or path.endswith(".md") or not (material.folder / path).is_file():
            return match[0]
        images.append(path)
        return f"{match[1]}../../images/{path.replace(' ', '%20')}"

    text = _TARGET.sub(lead, material.notes[source])
    if turn:
        text = _retitle(change_numbers(text, turn), turn + 1)
    return Copy(path=_path(number, source), text=text, images=tuple(images))


def _path(number: int, source: str) -> str:
    """Return where a copy goes; no character that make or a shell reads as its own."""
    stem = re.sub(r"^\d+[-_. ]*|[^\w.-]", "", posixpath.basename(source).removesuffix(".md"))
    chapter, place = divmod(number, CHAPTER)
    return f"{chapter + 1:02}-第{chapter + 1}组/{place + 1:02}-{stem}.md"


def _retitle(text: str, turn: int) -> str:
    """Return a note whose title, and so its PDF, is not that of the original."""
    front, body = split_front(text)
    front = re.sub(r"^file:.*\n", "", front, flags=re.MULTILINE)
    new, found = _TITLE.subn(rf"\g<1>\g<2>\g<3> {turn}\g<4>", front + body, count=1)
    return new if found else f"# {turn}\n\n{new}"
