"""The states of the matter: plain frozen values that pass between the stages.

Each stage turns one of these into the next: `Project` -> `Library` -> `Note` -> `Body`, and on in `documents`. Paths
that leave the process (reports, manifest, links) are POSIX strings relative to the project's root, so that no folder
of one machine gets into an output.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from .errors import Diagnostic
from .inline import Inline


class Status(StrEnum):
    """Where a note stands, as its front matter says."""

    PUBLISHED = "published"
    DRAFT = "draft"
    PLANNED = "planned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One Markdown file.

    `markdown` has the line structure of the file: front matter is blanked, not cut, so that a line number in
    it is the line number an editor shows; `top` is the file up to where the two begin to agree. `lines` says where
    title, subtitle and abstract stand. `number` is "1.4" inside a chapter, "4" outside one.
    `pdf` is where its PDF goes. `headline` is the line of a leading heading that only repeats the title.
    `bibliography` are its own files of references, relative to the root. An `unreadable` file has no text, and no PDF.
    """

    source: str
    number: str
    title: Inline
    subtitle: Inline | None
    abstract: Inline | None
    status: Status
    date: str | None
    tags: tuple[str, ...]
    pdf: str
    markdown: str
    headline: int | None
    diagnostics: tuple[Diagnostic, ...]
    bibliography: tuple[str, ...] = ()
    top: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)
    unreadable: bool = False

    @property
    def file_text(self) -> str:
        """The file as an editor shows it. Not kept as such: texts are most of what a large project takes in memory."""
        return self.top + self.markdown[self.top.count("\n") :]

    def without_text(self) -> Note:
        """Return the same without what it says."""
        return replace(self, markdown="", top="")

    @property
    def front_texts(self) -> tuple[str, ...]:
        """What the front matter has of text, which `markdown` has no more."""
        return tuple(part.plain for part in (self.title, self.subtitle, self.abstract) if part)

    @property
    def full_title(self) -> str:
        """Title and subtitle as plain text, the way the index and the file name join them."""
        parts = [self.title.plain] + ([self.subtitle.plain] if self.subtitle else [])
        return " - ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A folder of notes; `pdf` is None for the notes that lie in no sub-folder."""

    title: Inline
    number: int | None
    folder: str
    pdf: str | None
    notes: tuple[Note, ...]

    def published(self) -> tuple[Note, ...]:
        """Return the notes that go into the chapter's PDF."""
        return tuple(n for n in self.notes if n.status is Status.PUBLISHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """All notes in reading order; `book_pdf` is None where there is no chapter to join."""

    chapters: tuple[Chapter, ...]
    book_pdf: str | None
    diagnostics: tuple[Diagnostic, ...]

    def notes(self) -> tuple[Note, ...]:
        """Return every note, planned ones too, in reading order."""
        return tuple(note for chapter in self.chapters for note in chapter.notes)

    def without_texts(self) -> Library:
        """Return the same without what the notes say: 30 KB a note, of no use once its PDF is there."""
        chapters = (
            replace(chapter, notes=tuple(note.without_text() for note in chapter.notes)) for chapter in self.chapters
        )
        return replace(self, chapters=tuple(chapters))


@dataclass(frozen=True, slots=True)
class Place:
    """A line (from 1) of a source file, a path relative to the root."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Mark:
    """From TeX line `tex_line` on (from 1), the text comes from `source_line` on of the note.

    Within a mark the two run in step when `in_step`; otherwise every TeX line of it belongs to `source_line`.
    """

    tex_line: int
    source_line: int
    in_step: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMap:
    """Where each line of a LaTeX body came from; marks are sorted by TeX line."""

    file: str
    marks: tuple[Mark, ...]

    def locate(self, tex_line: int) -> Place | None:
        """Return the place a line of the body came from; None before the first mark."""
        index = bisect.bisect_right([m.tex_line for m in self.marks], tex_line) - 1
        if index < 0:
            return None
        mark = self.marks[index]
        line = mark.source_line + (tex_line - mark.tex_line if mark.in_step else 0)
        if index + 1 < len(self.marks) and self.marks[index + 1].source_line > mark.source_line:
            line = min(line, self.marks[index + 1].source_line)
        return Place(self.file, line)


class Kind(StrEnum):
    """How a formula is set."""

    INLINE = "inline"
    DISPLAY = "display"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A formula of a note: `tex` is what TeX gets, `source` the characters of the file with their delimiters.

    `line` and `column` (from 1) are where `source` begins. The two have the same number of lines, so the n-th line of
    one is the n-th line of the other. `label` is the id of `$$ … $$ {#eq-x}`, a part of the source; "" for none.
    `defines` are the definitions in it, which hold for the rest of the note whatever becomes of the formula.
    """

    kind: Kind
    tex: str
    source: str
    line: int
    column: int
    label: str = ""
    defines: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading of a note; `level` counts from 1; `ident` is the id that links use.

    `text` is for bookmarks, `latex` for a table of contents.
    """

    level: int
    text: str
    latex: str
    ident: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A few words of a note: `text` is for sorting and comparing, `latex` for print."""

    text: str
    latex: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term that a note defines, with its translation; `abbreviation` is empty where it has none.

    `ident` names its place, as a heading's does.
    """

    chinese: Wording
    english: Wording
    abbreviation: Wording
    ident: str
    line: int


def make_term(data: Mapping[str, Any]) -> Term:
    """Return a term from what JSON keeps of it; raises KeyError or TypeError where that is not one."""
    words = {name: Wording(**data[name]) for name in ("chinese", "english", "abbreviation")}
    return Term(**words, ident=data["ident"], line=data["line"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file the LaTeX body includes, under the name it has in the work folder.

    `source` is what the author wrote, relative to the root, and `digest` the SHA-256 of its bytes; `path` is the file
    that TeX reads, the source itself or what it was converted to.
    """

    name: str
    source: str
    path: Path
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image that TeX can include; `kind` is png, jpg or pdf. `remarks` know no place, and begin with a verb."""

    kind: str
    content: bytes
    remarks: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A converted note: LaTeX without a preamble, and where each line of it came from.

    In `latex`, and in that of headings and terms, a placeholder stands for each of the `formulas` (see `placing`). The
    source map is that of the text with the formulas in place. The `rejected` ones, by number, can't be given to TeX;
    the `literal` ones stand in code, in an address or in HTML, where they are none.
    `titles` are the numbers of the formulas in title, subtitle and abstract, in this order.
    `definitions` are what the formulas define, for parts of the note that are set elsewhere.
    `inputs` are the digests of its images and of the programs that converted them, by label.
    `cited` maps the label of each entry of a bibliography that the note names, or may mean, to its digest.
    """

    latex: str
    source_map: SourceMap
    formulas: tuple[Formula, ...]
    rejected: frozenset[int]
    literal: frozenset[int]
    titles: tuple[int, ...]
    definitions: str
    headings: tuple[Heading, ...]
    attachments: tuple[Attachment, ...]
    inputs: Mapping[str, str]
    links: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    cited: Mapping[str, str] = field(default_factory=dict)
    terms: tuple[Term, ...] = ()

    def in_text(self, markdown: str) -> tuple[Formula, ...]:
        """Return the formulas that stand in the text of the note, `markdown`, where the front matter is blank."""
        lines = markdown.split("\n")
        return tuple(
            f for number, f in enumerate(self.formulas) if number not in self.literal and lines[f.line - 1].strip()
        )
