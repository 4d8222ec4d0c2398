r"""The list of what TeX knows, and what is suggested for a name that is not on it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notepress.commands import (
    LIST,
    CommandList,
    known_commands,
    known_environments,
    list_text,
    parse_list,
    suggest_command,
    suggest_environment,
)

names = st.lists(st.from_regex(r"\A\\[A-Za-z]{1,8}\Z"), unique=True).map(tuple)


@given(math=names, other=names, environments=st.lists(st.from_regex(r"\A[A-Za-z]{1,8}\*?\Z")).map(tuple))
def test_list_is_read_as_it_is_written(
    math: tuple[str, ...], other: tuple[str, ...], environments: tuple[str, ...]
) -> None:
    """Writing a list and reading it again changes nothing, also where a part is empty."""
    known = CommandList(engine="XeTeX 1 (TeX Live)", math=math, other=other, environments=environments)
    assert parse_list(list_text(known)) == known


def test_list_is_in_order() -> None:
    """Every part of the list is sorted and without repetitions, so that a change shows as a line."""
    known = parse_list(LIST.read_text("utf-8"))
    for part in (known.math, known.other, known.environments):
        assert part == tuple(sorted(set(part)))
    assert set(known.math) & set(known.other) == set()
    assert "XeTeX" in known.engine


@pytest.mark.parametrize(
    "name",
    [r"\alpha", r"\symbfit", r"\bm", r"\tag", r"\intertext", r"\hline", r"\color", r"\limits", r"\sin", r"\over"],
)
def test_commands_of_every_origin_are_known(name: str) -> None:
    """TeX's own commands, LaTeX's, those of packages and of the project's macros are on the list."""
    assert name in known_commands()


def test_what_nobody_defined_is_unknown() -> None:
    """A misspelling, and a command of a package that is not loaded, are not on the list."""
    assert known_commands() & {r"\alhpa", r"\usetikzfoo", r"\nosuchcommand"} == set()
    assert known_environments() & {"algin", "lstlistingg"} == set()


def test_a_command_can_be_an_environment() -> None:
    r"""To LaTeX `\begin{bfseries}` is no mistake, so the check may not call it one."""
    assert {"align*", "pmatrix", "dcases", "bfseries"} <= known_environments()


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (r"\alhpa", r"\alpha"),
        (r"\tanhh", r"\tanh"),
        (r"\mathb", r"\mathbb"),
        (r"\bolsymbol", r"\boldsymbol"),
        (r"\sumn", r"\sum"),
        (r"\nosuchcommand", None),
        (r"\x", None),
    ],
)
def test_suggestion_is_what_was_meant(wrong: str, right: str | None) -> None:
    """A slip of the finger is understood, and nothing is suggested where nothing is close."""
    assert suggest_command(wrong) == right


@pytest.mark.parametrize(("wrong", "right"), [("algin", "align"), ("bmatirx", "bmatrix"), ("algorithm", None)])
def test_suggested_environment_is_what_was_meant(wrong: str, right: str | None) -> None:
    """The same for environments."""
    assert suggest_environment(wrong) == right


@given(st.from_regex(r"\A\\[A-Za-z]{1,12}\Z"))
def test_suggestion_exists(name: str) -> None:
    """Whatever is suggested, TeX knows it."""
    assert suggest_command(name) in {None, *known_commands()}
