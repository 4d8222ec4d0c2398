"""The option --update-golden, and what tests of several modules start from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from notepress.bibliography import EMPTY_SHELF, Shelf
from notepress.convert import Surroundings, convert
from notepress.inline import literal
from notepress.model import Body, Note, Status
from notepress.pandoc import Pandoc
from notepress.pictures import PictureStore
from tests.unit import drawn

BARE = Note(
    source="01/a.md",
    number="1.1",
    title=literal("标题"),
    subtitle=None,
    abstract=None,
    status=Status.PUBLISHED,
    date=None,
    tags=(),
    pdf="output/一/标题.pdf",
    markdown="正文\n",
    headline=None,
    diagnostics=(),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `pytest --update-golden` write what the tests would compare with."""
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden with the present results")


@pytest.fixture
def make_note() -> Callable[..., Note]:
    """Return a function that makes a note from the fields that matter to a test."""

    def make(**fields: object) -> Note:
        return replace(BARE, **fields)  # type: ignore[arg-type]

    return make


@pytest.fixture
def compare_golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Return a function that compares a result with a golden file, or rewrites that file."""

    def compare(golden: Path, result: str) -> None:
        if request.config.getoption("--update-golden"):
            golden.write_text(result, "utf-8")
        assert golden.is_file(), f"{golden.name} is missing: look at it after `pytest --update-golden`"
        assert result == golden.read_text("utf-8")

    return compare


@pytest.fixture(scope="session")
def pandoc() -> Iterator[Pandoc]:
    """Yield pandoc, started once."""
    with Pandoc() as server:
        yield server


@pytest.fixture
def pictures(tmp_path: Path) -> PictureStore:
    """Return a store of pictures that has none yet."""
    return drawn.store(tmp_path)


@pytest.fixture
def converted(pandoc: Pandoc, make_note: Callable[..., Note], pictures: PictureStore) -> Callable[..., Body]:
    """Return a function that converts Markdown; there are no files, and only the notes and entries that it is given.

    What else it is given goes into the request to convert.lua.
    """

    def convert_alone(markdown: str, notes: Iterable[Note] = (), shelf: Shelf = EMPTY_SHELF, **request: object) -> Body:
        others = {note.source: note for note in notes}
        around = Surroundings(root=Path("/nowhere"), notes=others, pictures=pictures, shelf=shelf)
        return convert(make_note(markdown=markdown), around, lambda asked: pandoc.ask({**asked, **request}))

    return convert_alone
