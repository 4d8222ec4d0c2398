"""YAML text -> validated pydantic model, every mistake at once with its line.

The only place where outside structured data enters; shared by notes.yaml, fonts.yaml, chapter.yaml and
front matter. YAML is read with the safe loader; aliases are refused because a handful of them can
stand for gigabytes (the "billion laughs" of YAML).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, TypeVar, get_args

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from .errors import Diagnostic, InputError, error

Path = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


def _one_or_many(value: Any) -> Any:
    return () if value is None else (value,) if isinstance(value, str) else value


# Several names, of which one may stand alone.
OneOrMany = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]


class StrictModel(BaseModel):
    """Base of all configuration models: unknown keys are mistakes, values are frozen."""

    # Numbers become strings because `title: 2024` is a title to every author.
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class OpenModel(BaseModel):
    """Base of models for foreign data, such as front matter written for other tools: unknown keys pass."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


_ONLY_NULL = {
    first: kept
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    if (kept := [(tag, pattern) for tag, pattern in resolvers if tag == "tag:yaml.org,2002:null"])
}


class _Text:
    """A safe loader without guesses: `3.10`, `yes` and `2026-01-07` are the text the author typed.

    Models turn text into numbers where they want numbers.
    """

    yaml_implicit_resolvers: ClassVar = _ONLY_NULL

    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> Any:
        """Return the text, unless an escape made half a character, a surrogate, which can be written to no file."""
        value = super().construct_scalar(node)  # type: ignore[misc]  # a mixin: the loader comes after it
        if isinstance(value, str) and (half := re.search("[\ud800-\udfff]", value)):
            raise yaml.constructor.ConstructorError(
                None, None, f"\\u{ord(half[0]):04x} is half a character", node.start_mark
            )
        return value


class _TextLoader(_Text, yaml.SafeLoader):
    """Written in Python: says best what is wrong."""


class _QuickTextLoader(_Text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # where there is one
    """Written in C: ten times as fast, and there is nothing to say of most files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlDocument:
    """A parsed mapping with the line of each key path, for diagnostics."""

    file: str
    data: Mapping[str, Any]
    lines: Mapping[Path, int]

    def line_of(self, path: Path) -> int | None:
        """Return the line of the deepest known ancestor of `path`."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return None


def parse_yaml(text: str, *, file: str, first_line: int = 1) -> YamlDocument:
    """Parse one YAML mapping; `first_line` is where `text` starts in `file`.

    Raises InputError for YAML that does not parse, is no mapping, repeats a key or uses aliases.
    """
    shift = first_line - 1
    try:
        try:
            node, data = _loaded(text, _QuickTextLoader, file, shift)
        except (yaml.YAMLError, ValueError, TypeError, RecursionError):
            node, data = _loaded(text, _TextLoader, file, shift)
    except yaml.MarkedYAMLError as problem:
        raise InputError(_syntax_error(problem, text, file, shift)) from problem
    except yaml.reader.ReaderError as problem:
        line = text.count("\n", 0, problem.position) + 1 + shift
        message = f"control character U+{ord(text[problem.position]):04X} in YAML"
        raise InputError(error("yaml-syntax", message, file=file, line=line, hint="delete it")) from problem
    except RecursionError as problem:
        raise InputError(error("yaml-syntax", "brackets nested too deeply", file=file, line=first_line)) from problem
    except (yaml.YAMLError, ValueError, TypeError) as problem:
        raise InputError(error("yaml-syntax", f"not valid YAML: {problem}", file=file, line=first_line)) from problem
    if not isinstance(data, dict):
        raise InputError(
            error("yaml-syntax", f"expected `key: value` lines, found {_kind(data)}", file=file, line=first_line)
        )
    lines: dict[Path, int] = {(): first_line}
    repeated = []
    for path, line, again in _walk(node, ()):
        if again:
            key = path[-1]
            repeated.append(
                error(
                    "duplicate-key", f"key `{key}` appears twice", file=file, line=line + shift, hint="keep one of them"
                )
            )
        lines[path] = line + shift
    if repeated:
        raise InputError(*repeated)
    return YamlDocument(file=file, data=data, lines=lines)


def _loaded(text: str, loader_class: Any, file: str, shift: int) -> tuple[yaml.Node | None, Any]:
    """Return the tree of a YAML text and what it says; raises what the loader raises, InputError for an alias."""
    depth = 0
    for event in yaml.parse(text, Loader=loader_class):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > 50:
            raise RecursionError
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1 + shift if event.start_mark else 1 + shift
            message = f"YAML alias *{event.anchor} is not supported"
            raise InputError(error("yaml-alias", message, file=file, line=line, hint="write the value out"))
    loader = loader_class(text)
    node = loader.get_single_node()
    return node, {} if node is None else loader.construct_document(node)


def validate(model: type[Model], document: YamlDocument) -> Model:
    """Check a document against a model; raises InputError with **all** mistakes, each at its line."""
    try:
        return model.model_validate(document.data)
    except ValidationError as problem:
        found = [_field_error(model, document, detail) for detail in problem.errors()]
        raise InputError(*found) from problem


def nearest(word: str, known: Iterator[str] | list[str]) -> str | None:
    """Return the known word most like `word`, or None where none is close."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), None)


def _walk(node: yaml.Node | None, path: Path) -> Iterator[tuple[Path, int, bool]]:
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            here = (*path, str(key.value))
            yield here, key.start_mark.line + 1, here in seen
            seen.add(here)
            yield from _walk(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield (*path, index), value.start_mark.line + 1, False
            yield from _walk(value, (*path, index))


def _syntax_error(problem: yaml.MarkedYAMLError, text: str, file: str, shift: int) -> Diagnostic:
    mark = problem.problem_mark or problem.context_mark
    line = mark.line + 1 if mark else 1
    source = text.splitlines()
    excerpt = source[line - 1] if line <= len(source) else None
    hint = None
    if "mapping values are not allowed" in (problem.problem or ""):
        hint = "a value with a colon needs quotes: key: 'a: b'"
    elif "could not determine a constructor" in (problem.problem or ""):
        hint = "tags such as !!python/object are refused; write plain values"
    elif re.match(r"\s*(?:- )?[^\s:]+:\s+[\"'&*\[{@%`!|>]", excerpt or ""):
        hint = "a value that begins with a special character needs quotes: key: '[a] b'"
    return error(
        "yaml-syntax",
        f"not valid YAML: {problem.problem}",
        file=file,
        line=line + shift,
        column=mark.column + 1 if mark else None,
        excerpt=excerpt,
        hint=hint,
    )


def _field_error(model: type[BaseModel], document: YamlDocument, detail: Any) -> Diagnostic:
    path: Path = tuple(detail["loc"])
    name = ".".join(str(part) for part in path)
    line = document.line_of(path)
    if detail["type"] == "extra_forbidden":
        guess = nearest(str(path[-1]), _known_keys(model, path[:-1]))
        known = ", ".join(_known_keys(model, path[:-1]))
        hint = f"did you mean `{guess}`?" if guess else f"known keys: {known}"
        return error("unknown-key", f"unknown key `{name}`", file=document.file, line=line, hint=hint)
    if detail["type"] == "missing":
        return error("missing-key", f"key `{name}` is missing", file=document.file, line=line)
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    found = _kind(detail.get("input"))
    return error("bad-value", f"`{name}`: expected {message}, found {found}", file=document.file, line=line)


def _known_keys(model: type[BaseModel], path: Path) -> list[str]:
    here: Any = model
    for part in path:
        found = _model_in(here)
        if found is None:
            return []
        # A part that is no field is a key of a mapping or a place in a list: the model lies deeper in the type.
        field = found.model_fields.get(str(part)) if isinstance(part, str) else None
        here = field.annotation if field else here
    found = _model_in(here)
    return [field.alias or name for name, field in found.model_fields.items()] if found else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model inside `Model | None`, `dict[str, Model]` or `tuple[Model, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_in(argument) for argument in get_args(annotation))
    return next((found for found in inner if found is not None), None)


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    # Numbers arrive as text, but nobody wrote quotes around them.
    return str(value) if re.fullmatch(r"[\d.+-]+", str(value)) else repr(value)
