"""Library -> the README's index between its markers. Everything else in the README stays as it is."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate, groupby
from pathlib import Path
from urllib.parse import quote

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markdown_it import MarkdownIt

from .errors import InputError, error
from .inline import Inline, Kind, Span, parse_inline
from .model import Library, Note, Status
from .project import Project
from .resources import resource_folder
from .templating import mistakes_in

README = "README.md"
START, END = "<!-- index:start -->", "<!-- index:end -->"
TEMPLATE = "index.md.j2"

# What CommonMark or GitHub reads as markup anywhere in a line (CommonMark 2.4 allows a backslash before it) …
_MARKUP = re.compile(r"([\\`*_\[\]<>|~$&#])")
# … and what does so only where an item begins.
_OPENING = re.compile(r"^([+-](?=\s|$)|\d{1,9}(?=[.)](?:\s|$)))")
# In a formula a bracket would end the link's text and an angle bracket begin HTML.
_MATH_MARKUP = str.maketrans({"[": r"{\lbrack}", "]": r"{\rbrack}", "<": r"{\lt}", ">": r"{\gt}"})
# Path characters that need no escape in a CommonMark destination; parentheses would have to balance.
_SAFE = "/-._~"
# An address is written by its author, escapes included; what may not stand in a destination is escaped.
_SAFE_BASE = _SAFE + ":%?#@!$&*+,;="


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A note in the index; `url` is None while it is planned."""

    title: str
    url: str | None
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A chapter in the index; `title` is empty for notes outside any chapter."""

    title: str
    url: str | None
    items: tuple[Item, ...]


def index(library: Library, project: Project, readme: str, pages: Mapping[str, int]) -> str:
    """Return the README with a fresh index; `pages` gives page counts by note source where they are known.

    Raises InputError where the markers are missing or ambiguous.
    """
    begin, end = _between_markers(readme)
    newline = "\r\n" if "\r\n" in readme else "\n"
    block = _block(library, project, pages).replace("\n", newline)
    return readme[:begin] + newline + block + readme[end:]


def read_readme(path: Path) -> str:
    """Return the text of a README, a BOM and its line ends included; raises InputError where it is not UTF-8."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        message = f"not UTF-8: byte 0x{content[problem.start]:02X} at offset {problem.start}"
        raise InputError(error("encoding", message, file=README, line=line, hint="save it as UTF-8")) from problem


def difference(old: str, new: str) -> str:
    """Return a unified diff of two READMEs."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), "README.md", "README.md (fresh)", lineterm="")
    return "\n".join(lines)


def escape_markdown(text: str) -> str:
    """Return text that CommonMark, and GitHub, show exactly as it is, on one line."""
    text = _MARKUP.sub(r"\\\1", " ".join(text.splitlines()))
    opening = _OPENING.match(text)
    if opening and opening[1].isdigit():
        return f"{opening[1]}\\{text[opening.end() :]}"
    return f"\\{text}" if opening else text


def title_markdown(title: Inline) -> str:
    """Return a title as Markdown: its own emphasis, code and math, everything else escaped.

    Some runs of emphasis can't be written side by side (`*(*` and `***a***`, CommonMark 6.2): better none than markers
    in the text.
    """
    marked = _marked(title)
    if parse_inline(marked).plain == title.plain:
        return marked
    return "".join(_span_markdown(span) for span in title.spans)


def _marked(title: Inline) -> str:
    groups = [list(group) for _, group in groupby(title.spans, key=lambda span: (span.emphasis, span.strong))]
    parts = []
    for at, group in enumerate(groups):
        text = "".join(_span_markdown(span) for span in group)
        if group[0].emphasis:
            # Underscores inside a word are plain characters (CommonMark 6.2), asterisks are not.
            around = groups[at - 1][-1].text[-1:] if at else ""
            around += groups[at + 1][0].text[:1] if at + 1 < len(groups) else ""
            mark = "*" if any(char.isalnum() for char in around) else "_"
            text = f"{mark}{text}{mark}"
        parts.append(f"**{text}**" if group[0].strong else text)
    return "".join(parts)


def _span_markdown(span: Span) -> str:
    if span.kind is Kind.MATH:
        return f"${span.text.translate(_MATH_MARKUP)}$"
    if span.kind is Kind.CODE:
        ticks = "`" * (max((len(run) for run in re.findall("`+", span.text)), default=0) + 1)
        pad = " " if "`" in span.text else ""
        return f"{ticks}{pad}{span.text}{pad}{ticks}"
    return escape_markdown(span.text)


def _block(library: Library, project: Project, pages: Mapping[str, int]) -> str:
    sections = tuple(
        Section(
            title=title_markdown(chapter.title),
            url=_url(chapter.pdf, project) if chapter.pdf and chapter.published() else None,
            items=tuple(_item(note, project, pages) for note in chapter.notes if note.status is not Status.DRAFT),
        )
        for chapter in library.chapters
        if any(note.status is not Status.DRAFT for note in chapter.notes)
    )
    planned = any(note.status is Status.PLANNED for note in library.notes())
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader([project.root / "templates", resource_folder() / "templates"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    with mistakes_in(TEMPLATE):
        return environment.get_template(TEMPLATE).render(sections=sections, planned=planned).strip("\n") + "\n"


def _item(note: Note, project: Project, pages: Mapping[str, int]) -> Item:
    title = title_markdown(note.title) + (f" - {title_markdown(note.subtitle)}" if note.subtitle else "")
    url = None if note.status is Status.PLANNED else _url(note.pdf, project)
    details: list[str] = []
    for kind in project.config.index.show:
        if kind == "date" and note.date:
            details.append(escape_markdown(note.date))
        elif kind == "abstract" and note.abstract:
            details.append(title_markdown(note.abstract))
        elif kind == "pages" and note.source in pages:
            details.append(f"{pages[note.source]} 页")
    return Item(title=title, url=url, details=tuple(details))


def _url(pdf: str, project: Project) -> str:
    """Return a link that works in every CommonMark parser: each byte that could end or change it is encoded."""
    base = project.config.index.base_url
    if base is None:
        return quote(pdf, safe=_SAFE)
    path = pdf.removeprefix(project.config.output + "/")
    return quote(base.rstrip("/"), safe=_SAFE_BASE) + "/" + quote(path, safe=_SAFE)


def _between_markers(readme: str) -> tuple[int, int]:
    """Return where the index begins and ends; markers stand alone on their lines, outside code."""
    starts, ends = _marker_lines(readme, START), _marker_lines(readme, END)
    if len(starts) == 1 and len(ends) == 1 and starts[0][0] < ends[0][0]:
        return starts[0][1], ends[0][0]
    if not starts and not ends:
        message, hint = "README.md has no index markers", f"add the lines {START} and {END} where the index belongs"
    elif len(starts) == 1 and len(ends) == 1:
        message, hint = f"{END} stands before {START}", "put them in order"
    else:
        message = f"README.md has {len(starts)} × {START} and {len(ends)} × {END}"
        hint = "keep exactly one pair"
    places = [readme.count("\n", 0, at) + 1 for at, _ in starts or ends]
    raise InputError(error("index-markers", message, file=README, line=places[-1] if places else 1, hint=hint))


def _marker_lines(readme: str, marker: str) -> list[tuple[int, int]]:
    """Return where the marker stands alone on a line of HTML, as CommonMark sees it: not in code, not in a list."""
    # Line ends as CommonMark counts them (2.1); str.splitlines knows more.
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n|$)", readme)
    starts = list(accumulate((len(line) for line in lines), initial=0))
    found = []
    # A BOM is no part of the first line.
    for token in MarkdownIt("commonmark").parse(readme.removeprefix("\ufeff")):
        if token.type == "html_block" and token.level == 0 and token.map:
            found += [number for number in range(*token.map) if lines[number].removeprefix("\ufeff").strip() == marker]
    return [(starts[number], starts[number] + len(lines[number].rstrip("\r\n"))) for number in found]
