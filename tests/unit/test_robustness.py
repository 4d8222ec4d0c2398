"""docs/robustness.md and the tests that keep what it promises are held together by numbers."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "robustness.md"


def promised() -> list[int]:
    """Return the numbers of the page, in its order."""
    return [int(number) for number in re.findall(r"^(\d+)\. ", PAGE.read_text("utf-8"), re.MULTILINE)]


@cache
def with_tests() -> dict[int, set[str]]:
    """Return the tests that carry each number: test_bad_input_34_36_… carries two."""
    found: dict[int, set[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and (name := re.match(r"test_bad_input_((?:\d\d_)+)", node.name)):
                for number in re.findall(r"\d\d", name[1]):
                    found.setdefault(int(number), set()).add(node.name)
    return found


def test_numbers_run_without_a_gap() -> None:
    """Forty-five promises, each under its own number."""
    assert promised() == list(range(1, 46))


def test_every_promise_has_a_test() -> None:
    """A promise that nothing tests is none."""
    assert [number for number in promised() if number not in with_tests()] == []


def test_every_number_of_a_test_is_promised() -> None:
    """A test with a number that the page does not know belongs to something else, or the page lacks it."""
    assert with_tests().keys() - set(promised()) == set()
