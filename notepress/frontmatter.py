"""Bytes of a Markdown file -> front matter, title heading and line-true Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import field_validator

from .decoding import decode_note
from .errors import Diagnostic, InputError, NoteError, warning
from .looselines import space_headings
from .model import Status
from .rescue import rescue
from .sitecode import fence_code
from .tomlfront import parse_toml, split_toml
from .yamlmodel import OneOrMany, OpenModel, YamlDocument, nearest, parse_yaml, validate

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*(?:\{[#.][^{}]*\})?[ \t]*$")
_KEY_LINE = re.compile(r"\s*(?:[^\s#:][^:]*:(?:\s|$)|-\s)")
# A value without quotes that YAML ends at a comment.
_COMMENT = re.compile(r"([A-Za-z]+:[ \t]+[^\s\"'|>\[{#].*?[ \t])(#.*?)[ \t]*$")
_SETEXT = re.compile(r"^ {0,3}=+[ \t]*$")


class FrontMatter(OpenModel):
    """The keys of a note's front matter that mean something here; others belong to other tools."""

    title: str | None = None
    subtitle: str | None = None
    abstract: str | None = None
    file: str | None = None
    status: Status = Status.PUBLISHED
    date: str | None = None
    tags: tuple[str, ...] = ()
    bibliography: OneOrMany = ()

    @field_validator("date")
    @classmethod
    def _day_only(cls, value: str | None) -> str | None:
        # Blogs write 2026-01-07 10:30:00; a note has a day.
        return value[:10] if value and re.match(r"\d{4}-\d{2}-\d{2}[ T]", value) else value

    @field_validator("tags", mode="before")
    @classmethod
    def _one_tag_or_many(cls, value: Any) -> Any:
        if value is None:
            return ()
        return [tag for part in value.split(",") if (tag := part.strip())] if isinstance(value, str) else value

    @field_validator("status", mode="before")
    @classmethod
    def _empty_status(cls, value: Any) -> Any:
        return Status.PUBLISHED if value is None else value


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedNote:
    """A note's parts: its first `heading` with its line, which is the `headline` too where the note opens with it.

    `top` is the file up to where `markdown`, in which the front matter is blank, is the same. `lines` says where the
    keys of the front matter stand. Of an `unreadable` file there is nothing but the diagnostics.
    """

    front: FrontMatter
    markdown: str
    top: str
    lines: Mapping[str, int]
    heading: str | None
    heading_line: int | None
    headline: int | None
    diagnostics: tuple[Diagnostic, ...]
    unreadable: bool = False


def parse_note(content: bytes, *, file: str) -> ParsedNote:
    """Decode a note and take its front matter; mistakes become diagnostics, never exceptions."""
    try:
        text = decode_note(content, file=file)
    except NoteError as problem:
        return ParsedNote(
            front=FrontMatter(),
            markdown="",
            top="",
            lines={},
            heading=None,
            heading_line=None,
            headline=None,
            diagnostics=problem.diagnostics,
            unreadable=True,
        )
    front: FrontMatter = FrontMatter()
    lines: Mapping[str, int] = {}
    diagnostics: list[Diagnostic] = []
    yaml_text, markdown = _split(text)
    if yaml_text is None and _is_unclosed(text):
        hint = "end it with a line of three hyphens; as it is, it is printed as text"
        diagnostics.append(
            warning("unclosed-front-matter", "the front matter never ends", file=file, line=1, excerpt="---", hint=hint)
        )
    if yaml_text is not None:
        try:
            document = parse_yaml(yaml_text, file=file, first_line=2)
            front = validate(FrontMatter, document)
            lines = {str(key): document.line_of((str(key),)) or 1 for key in document.data}
            diagnostics.extend(_misspelt(document))
        except InputError as problem:
            front, lines, found = rescue(FrontMatter, yaml_text, file=file, first_line=2)
            diagnostics.extend(found or problem.diagnostics)
        diagnostics.extend(_cut_off(front, lines, text, file))
    toml_text, markdown = split_toml(markdown) if yaml_text is None else (None, markdown)
    if toml_text is not None:
        try:
            document = parse_toml(toml_text, file=file)
            front, lines = validate(FrontMatter, document), {str(key[0]): n for key, n in document.lines.items() if key}
        except InputError as problem:
            diagnostics.extend(problem.diagnostics)
    heading, line, opens = _first_heading(space_headings(fence_code(markdown)))
    return ParsedNote(
        front=front,
        markdown=markdown,
        top=text[: len(text) - len(markdown.lstrip("\n"))],
        lines=lines,
        heading=heading,
        heading_line=line,
        headline=line if opens else None,
        diagnostics=tuple(diagnostics),
    )


def _split(text: str) -> tuple[str | None, str]:
    """Return the YAML between `---` lines at the top, and the text with those lines blanked."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return None, text
    for end in range(1, len(lines)):
        if lines[end].rstrip() in ("---", "..."):
            inside = lines[1:end]
            # A `---` at the top may be a rule: front matter follows it at once and starts with a key.
            opening = next((line for line in inside if not re.match(r"#|\s*$", line)), "")
            apart = any(line.strip() for line in inside) and not inside[0].strip()
            if apart or (opening and not _KEY_LINE.match(opening)):
                return None, text
            return "\n".join(inside), "\n" * (end + 1) + "\n".join(lines[end + 1 :])
    return None, text


def _is_unclosed(text: str) -> bool:
    """Say whether a note begins with `---` and keys, which no line of hyphens ends."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---" or not re.match(
        r"(?:title|tags|date|author|subtitle|aliases|status)[ \t]*:", lines[1]
    ):
        return False
    return all(line.rstrip() not in ("---", "...") for line in lines[1:])


# A place for links; and what may stand before the heading that opens a note, since nobody sees it.
_ANCHOR = re.compile(r"<a\s+(?:name|id)=[^<>]*>\s*(?:</a>)?", re.I)
_UNSEEN = re.compile(
    rf"\[TOC\]|\[\[_?TOC_?\]\]|@\[TOC\](?:\([^()]*\))?|\{{:toc\}}|<!--.*-->|{_ANCHOR.pattern}(?:<br\s*/?>)?", re.I
)


def _first_heading(markdown: str) -> tuple[str | None, int | None, bool]:
    """Return the text of the first heading, its line, and whether it opens the note."""
    lines = markdown.split("\n")
    fence: str | None = None
    opens = True
    for number, line in enumerate(lines, 1):
        marker = _FENCE.match(line)
        if fence is not None:
            if marker and marker[1].startswith(fence):
                fence = None
            continue
        if match := _HEADING.match(line):
            if match[2]:
                return _ANCHOR.sub("", match[2]).strip() or match[2], number, opens
        elif marker:
            fence = marker[1]
        elif line.strip() and number < len(lines) and _SETEXT.match(lines[number]):
            return line.strip(), number, opens
        opens = opens and (not line.strip() or _UNSEEN.fullmatch(line.strip()) is not None)
    return None, None, False


def _cut_off(front: FrontMatter, lines: Mapping[str, int], text: str, file: str) -> Iterator[Diagnostic]:
    """Yield a warning for each text that ends before a `#`, where YAML begins a comment and authors often none."""
    if "#" not in text:
        return
    written = text.split("\n")
    for key in ("title", "subtitle", "abstract", "file"):
        line = lines.get(key)
        found = _COMMENT.match(written[line - 1]) if line else None
        if line and found and not (getattr(front, key) or "").endswith(found[2]):
            message = f"`{found[2]}` is a comment to YAML and no part of the {key}"
            hint = f"where it belongs to the {key}, put all of it in quotes"
            column, excerpt = found.start(2) + 1, written[line - 1]
            yield warning("yaml-comment", message, file=file, line=line, column=column, excerpt=excerpt, hint=hint)


def _misspelt(document: YamlDocument) -> list[Diagnostic]:
    known = list(FrontMatter.model_fields)
    found = []
    for key in document.data:
        guess = nearest(str(key), known) if key not in known else None
        if guess and guess not in document.data:
            found.append(
                warning(
                    "unknown-key",
                    f"unknown key `{key}` in front matter",
                    file=document.file,
                    line=document.line_of((str(key),)),
                    hint=f"did you mean `{guess}`?",
                )
            )
    return found
