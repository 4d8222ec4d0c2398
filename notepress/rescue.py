"""Front matter with mistakes -> the keys that can be read all the same, and every mistake with its line.

Other tools read front matter by the line, or forgive more than YAML does; a note should not be lost for its date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from .errors import Diagnostic, InputError, error
from .yamlmodel import Model, YamlDocument, parse_yaml, validate

_KEY = re.compile(r"(?P<quote>[\"']?)(?P<key>[^\s#:\"'\-][^:\"']*)(?P=quote)[ \t]*:(?:[ \t]+(?P<value>\S.*?))?[ \t]*$")


def rescue(
    model: type[Model], yaml_text: str, *, file: str, first_line: int
) -> tuple[Model, Mapping[str, int], tuple[Diagnostic, ...]]:
    """Read the keys of a mapping one by one; return what is valid, the line of each key, and what is wrong.

    A value of one line that is no YAML is the text that it is, unless it names a tag (`!!python/object`).
    """
    data: dict[str, Any] = {}
    lines: dict[str, int] = {}
    found: list[Diagnostic] = []
    for line, entry in _entries(yaml_text, first_line):
        try:
            document = parse_yaml(entry, file=file, first_line=line)
        except InputError as problem:
            found += problem.diagnostics
            document = _as_text(entry, file, line, problem)
        for key, value in document.data.items():
            if key in lines:
                message = f"key `{key}` appears twice"
                found.append(error("duplicate-key", message, file=file, line=line, hint="keep one of them"))
                continue
            lines[str(key)] = line
            try:
                validate(model, replace(document, data={key: value}))
            except InputError as problem:
                found += problem.diagnostics
            else:
                data[key] = value
    return model.model_validate(data), lines, tuple(found)


def _entries(text: str, first_line: int) -> Iterator[tuple[int, str]]:
    """Yield each key with all that is indented below it, and its line."""
    begin, held = first_line, list[str]()
    for number, line in enumerate(text.split("\n"), first_line):
        if _KEY.match(line) and held:
            yield begin, "\n".join(held)
            held.clear()
        if not held:
            begin = number
        held.append(line)
    yield begin, "\n".join(held)


def _as_text(entry: str, file: str, line: int, problem: InputError) -> YamlDocument:
    first, _, rest = entry.partition("\n")
    match = _KEY.match(first)
    plain = all(d.code == "yaml-syntax" for d in problem.diagnostics)
    readable = plain and match and match["value"] and match["value"][0] != "!" and not rest.strip()
    return YamlDocument(file=file, data={match["key"]: match["value"]} if match and readable else {}, lines={(): line})
