"""Bytes of a Markdown file -> front matter, title heading and line-true Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import field_validator

from .errors import Diagnostic, InputError, NoteError, error, warning
from .looselines import space_headings
from .model import Status
from .rescue import rescue
from .sitecode import fence_code
from .tomlfront import parse_toml, split_toml
from .yamlmodel import OpenModel, YamlDocument, nearest, parse_yaml, validate

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*(?:\{[#.][^{}]*\})?[ \t]*$")
_KEY_LINE = re.compile(r"\s*(?:[^\s#:][^:]*:(?:\s|$)|-\s)")
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
    bibliography: tuple[str, ...] = ()

    @field_validator("bibliography", mode="before")
    @classmethod
    def _one_file_or_many(cls, value: Any) -> Any:
        return () if value is None else [value] if isinstance(value, str) else value

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

    `text` is the whole file, `lines` says where the keys of the front matter stand. Of an `unreadable` file there is
    nothing but the diagnostics.
    """

    front: FrontMatter
    markdown: str
    text: str
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
            text="",
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
        text=text,
        lines=lines,
        heading=heading,
        heading_line=line,
        headline=line if opens else None,
        diagnostics=tuple(diagnostics),
    )


def decode_note(content: bytes, *, file: str) -> str:
    """Return the text with Unix line ends and no BOM; raises NoteError naming offset and likely encoding."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        likely = _likely_encoding(content)
        # The decoder that drops a BOM does not count it.
        offset = problem.start + _bom_length(content)
        line = content[:offset].count(b"\n") + 1
        message = f"not UTF-8: byte 0x{content[offset]:02X} at offset {offset}"
        hint = f"the file looks like {likely}; convert it: iconv -f {likely} -t UTF-8" if likely else "save it as UTF-8"
        raise NoteError(error("encoding", message, file=file, line=line, hint=hint)) from problem
    if "\0" in text:
        offset = text.index("\0")
        likely = _likely_encoding(content)
        hint = f"the file looks like {likely}; save it as UTF-8" if likely else "delete it"
        raise NoteError(
            error(
                "encoding",
                f"NUL character at offset {len(text[:offset].encode()) + _bom_length(content)}",
                file=file,
                line=text.count("\n", 0, offset) + 1,
                hint=hint,
            )
        )
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.rstrip("\n") + "\n"


def _bom_length(content: bytes) -> int:
    return 3 if content.startswith(b"\xef\xbb\xbf") else 0


def _likely_encoding(content: bytes) -> str | None:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or content[:200].count(0) > 20:
        return "UTF-16"
    # Both decoders accept much of each other's text; the one that yields more of the commonest hanzi wins.
    common = set(
        "的一是不了在人有我他这这個上們来到時大地為子中你說生國年着就那和要她出也得里後自以会家可下而过天去能对小多然"
    )
    scores = {}
    # UTF-8 with a damaged byte competes too, so that it is not called something else.
    for name, errors in (("UTF-8", "ignore"), ("GB18030", "strict"), ("BIG5", "strict")):
        try:
            scores[name] = sum(char in common for char in content.decode(name, errors))
        except UnicodeDecodeError:
            continue
    best = max(scores, key=lambda name: scores[name])
    return best if best != "UTF-8" and scores[best] else None


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
