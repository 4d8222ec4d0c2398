"""Front matter in TOML, between two lines of `+++`, as Hugo writes it -> the same values as in YAML."""

from __future__ import annotations

import re
import tomllib
from datetime import date, time

from .errors import InputError, error
from .yamlmodel import YamlDocument

_EDGE = "+++"
_KEY = re.compile(r"[ \t]*(?P<quote>[\"']?)(?P<key>[\w-]+)(?P=quote)[ \t]*=")


def split_toml(text: str) -> tuple[str | None, str]:
    """Return the TOML at the top of a note, None where there is none, and the text with those lines blanked."""
    lines = text.split("\n")
    if lines[0].rstrip() != _EDGE:
        return None, text
    for end in range(1, len(lines)):
        if lines[end].rstrip() == _EDGE:
            return "\n".join(lines[1:end]), "\n" * (end + 1) + "\n".join(lines[end + 1 :])
    return None, text


def parse_toml(text: str, *, file: str) -> YamlDocument:
    """Read front matter that begins in the second line of a file. Raises InputError for what is no TOML."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        place = re.search(r"line (\d+)", str(problem))
        line = int(place[1]) + 1 if place else 1
        hint = 'write `key = "text"`; a text needs its quotes'
        message = f"the front matter is not valid TOML: {problem}"
        raise InputError(error("toml-syntax", message, file=file, line=line, hint=hint)) from problem
    lines: dict[tuple[str | int, ...], int] = {(): 1}
    for number, text_line in enumerate(text.split("\n"), 2):
        if text_line.lstrip().startswith("["):
            break
        if match := _KEY.match(text_line):
            lines.setdefault((match["key"],), number)
    # In YAML, dates are text.
    plain = {key: value.isoformat() if isinstance(value, date | time) else value for key, value in data.items()}
    return YamlDocument(file=file, data=plain, lines=lines)
