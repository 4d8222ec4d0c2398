"""YAML text -> model: what is refused, and how precisely it is said."""

from __future__ import annotations

import pytest
from pydantic import Field

from notepress.errors import Diagnostic, InputError
from notepress.yamlmodel import StrictModel, nearest, parse_yaml, validate


class Shelf(StrictModel):
    """A nested mapping."""

    colour: str
    height: int = Field(default=1, ge=1)


class House(StrictModel):
    """A model with every shape the configuration uses."""

    title: str = ""
    shelf: Shelf | None = None
    rooms: dict[str, Shelf] = Field(default_factory=dict)
    numbers: tuple[int, ...] = ()


def mistakes(text: str, first_line: int = 1) -> tuple[Diagnostic, ...]:
    """Return what is wrong with a House in YAML."""
    with pytest.raises(InputError) as caught:
        validate(House, parse_yaml(text, file="house.yaml", first_line=first_line))
    return caught.value.diagnostics


def house(text: str) -> House:
    """Return a House from right YAML."""
    return validate(House, parse_yaml(text, file="house.yaml"))


def test_all_mistakes_are_reported_at_once_each_at_its_line() -> None:
    """An author who made four mistakes mends them after one run, not four."""
    found = mistakes("titel: x\nshelf:\n  colour: red\n  height: 0\nnumbers:\n  - 1\n  - two\nwindow: 3\n")
    assert {(d.line, d.code) for d in found} == {
        (1, "unknown-key"),
        (4, "bad-value"),
        (7, "bad-value"),
        (8, "unknown-key"),
    }
    assert {d.file for d in found} == {"house.yaml"}


@pytest.mark.parametrize(
    ("text", "key", "meant"),
    [
        ("titel: x", "titel", "title"),
        ("shelf: {colour: red, heigth: 2}", "shelf.heigth", "height"),
        ("rooms: {kitchen: {colour: red, heigth: 2}}", "rooms.kitchen.heigth", "height"),
    ],
)
def test_unknown_key_is_a_mistake_with_a_suggestion(text: str, key: str, meant: str) -> None:
    """A misspelt key is named with its path and with the key that was meant, at every depth."""
    [found] = mistakes(text)
    assert found.code == "unknown-key"
    assert f"`{key}`" in found.message
    assert f"did you mean `{meant}`" in (found.hint or "")


def test_unknown_key_like_no_other_lists_what_is_known() -> None:
    """Where nothing comes close, the author is told which keys there are."""
    [found] = mistakes("zzzzzz: 1")
    assert all(key in (found.hint or "") for key in House.model_fields)


def test_missing_key_is_named_at_its_parent() -> None:
    """A mapping that lacks a key says which, and its line is that of the mapping."""
    [found] = mistakes("title: x\nshelf:\n  height: 2\n")
    assert found.code == "missing-key"
    assert "`shelf.colour`" in found.message
    assert found.line == 2


@pytest.mark.parametrize(
    ("text", "found"), [("title: [a]", "a list"), ("title: {a: b}", "a mapping"), ("shelf: 7", "7")]
)
def test_wrong_type_names_what_was_found(text: str, found: str) -> None:
    """The message of a wrong value says what stands there now."""
    [mistake] = mistakes(text)
    assert mistake.code == "bad-value"
    assert mistake.message.endswith(f"found {found}")


@pytest.mark.parametrize("scalar", ["2024", "007", "1.10", "1:30", "0x10", "2026-01-07", "yes", "no", "1_000"])
def test_text_keeps_the_characters_the_author_typed(scalar: str) -> None:
    """A title that YAML would take for a number, time, date or truth value is printed as it was written."""
    assert house(f"title: {scalar}").title == scalar


def test_numbers_are_still_numbers_where_a_number_is_asked_for() -> None:
    """A key that is a number takes a plain YAML number."""
    assert house("numbers: [1, 20]").numbers == (1, 20)


def test_empty_document_is_an_empty_mapping() -> None:
    """A file of nothing but comments means the defaults."""
    assert house("# nothing yet\n") == House()


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words", "42", "null"])
def test_document_that_is_no_mapping_is_refused(text: str) -> None:
    """Only `key: value` lines are a configuration."""
    [found] = mistakes(text)
    assert found.code == "yaml-syntax"
    assert "key: value" in found.message


@pytest.mark.parametrize("text", ["title: &x [1]\nnumbers: *x\n", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"])
def test_bad_input_31_alias_is_refused_at_its_line(text: str) -> None:
    """An alias, and so an alias bomb, is an error before anything is expanded."""
    [found] = mistakes(text)
    assert found.code == "yaml-alias"
    assert found.line == 2


def test_duplicate_keys_are_refused_everywhere_at_the_second() -> None:
    """YAML would silently keep the last of two equal keys; every repetition is reported, nested ones too."""
    found = mistakes("title: a\ntitle: b\nshelf:\n  colour: red\n  colour: blue\n")
    assert [(d.code, d.line) for d in found] == [("duplicate-key", 2), ("duplicate-key", 5)]


def test_same_key_in_two_mappings_is_no_duplicate() -> None:
    """Keys repeat only within one mapping."""
    assert len(house("rooms: {a: {colour: red}, b: {colour: red}}").rooms) == 2


@pytest.mark.parametrize(
    "value",
    ["!!python/object/apply:os.system ['exit 1']", "!!python/name:os.system", "!custom x", "!!python/tuple [1]"],
)
def test_bad_input_31_tags_are_refused(value: str) -> None:
    """A tag that would make Python build something is an error at its line with a reason."""
    [found] = mistakes(f"\ntitle: {value}")
    assert found.code == "yaml-syntax"
    assert found.line == 2
    assert "tag" in (found.hint or "")


def test_colon_in_a_value_gives_line_column_and_hint() -> None:
    """The commonest slip, `title: a: b`, is shown where it is, with the line, and the hint says to quote."""
    [found] = mistakes("shelf: {colour: red}\ntitle: a: b\n")
    assert (found.line, found.column) == (2, 9)
    assert found.excerpt == "title: a: b"
    assert "quotes" in (found.hint or "")


@pytest.mark.parametrize("value", ["`code`", "@x", "%x", "*强调*", "& C", "[x](y)", '"a" b', "'a' b"])
def test_value_that_needs_quotes_says_so(value: str) -> None:
    """Titles that begin with a character YAML keeps for itself are errors that say to use quotes."""
    [found] = mistakes(f"title: {value}")
    assert found.line == 1
    assert "quotes" in (found.hint or "")


def test_lines_count_from_where_the_yaml_starts() -> None:
    """Front matter that starts at line 2 of a note has mistakes at the note's lines."""
    assert [d.line for d in mistakes("title: x\nwindow: 1\n", first_line=2)] == [3]
    assert [d.line for d in mistakes("title: x\ntitle: y: z\n", first_line=2)] == [3]


@pytest.mark.parametrize("value", ["a\x08b", "a\x7fb"])
def test_control_character_is_reported_at_its_line(value: str) -> None:
    """A character YAML forbids is found where it is, not at the start of the file."""
    [found] = mistakes(f"# a comment\ntitle: {value}\n")
    assert found.code == "yaml-syntax"
    assert found.line == 2


def test_brackets_without_end_are_a_mistake_not_a_crash() -> None:
    """Hundreds of nested brackets are refused like any other bad YAML."""
    [found] = mistakes("numbers: " + "[" * 600 + "]" * 600)
    assert found.file == "house.yaml"


def test_second_document_is_refused() -> None:
    """A stray `---` never makes half a configuration disappear."""
    [found] = mistakes("title: a\n---\ntitle: b\n")
    assert found.line == 2


def test_key_that_is_no_text_is_refused_as_unknown() -> None:
    """A key such as `1` gets the same plain words as any other unknown key, at its line."""
    [found] = mistakes("title: a\n1: b\n")
    assert found.code == "unknown-key"
    assert found.line == 2


@pytest.mark.parametrize(("word", "expected"), [("titel", "title"), ("nmes", "names"), ("zzz", None)])
def test_nearest_finds_the_likely_word_or_none(word: str, expected: str | None) -> None:
    """A suggestion is made only where it helps."""
    assert nearest(word, ["title", "names"]) == expected
