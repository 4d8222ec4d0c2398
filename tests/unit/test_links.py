"""Relative links of a note -> internal addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notepress.addresses import parse_address
from notepress.errors import Severity
from notepress.links import NoteLink, resolve_link
from notepress.model import Note, Status

MakeNote = Callable[..., Note]
SOURCES = ("01/a.md", "01/b c.md", "02/注意力.md", "02/100%.md", "02/a#b.md", "index.md")


@pytest.fixture
def notes(make_note: MakeNote) -> dict[str, Note]:
    """Return the notes that can be linked; one is only planned."""
    found = {source: make_note(source=source) for source in SOURCES}
    found["02/planned.md"] = make_note(source="02/planned.md", status=Status.PLANNED)
    return found


def resolve(target: str, notes: Mapping[str, Note], root: Path = Path("/nowhere")) -> NoteLink:
    """Resolve a link that stands in line 7 of 01/a.md."""
    return resolve_link(target, notes["01/a.md"], notes, root, 7)


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("b c.md", ("01/b c.md", "")),
        ("b%20c.md", ("01/b c.md", "")),
        ("./b%20c.md", ("01/b c.md", "")),
        ("../01/b%20c.md", ("01/b c.md", "")),
        ("../02/注意力.md", ("02/注意力.md", "")),
        ("../02/%E6%B3%A8%E6%84%8F%E5%8A%9B.md", ("02/注意力.md", "")),
        ("../02/注意力.md#记号", ("02/注意力.md", "记号")),
        ("../02/注意力.md#%E8%AE%B0%E5%8F%B7", ("02/注意力.md", "记号")),
        ("/02/注意力.md", ("02/注意力.md", "")),
        ("../02/100%25.md", ("02/100%.md", "")),
        ("../02/a%23b.md", ("02/a#b.md", "")),
        ("../index.md?plain=1", ("index.md", "")),
        ("a.md#x", ("01/a.md", "x")),
    ],
)
def test_a_link_to_a_note_leads_there(target: str, address: tuple[str, str], notes: dict[str, Note]) -> None:
    """Every way of writing a path that works on GitHub leads to the note and its heading."""
    found = resolve(target, notes)
    assert found.uri is not None
    assert (parse_address(found.uri), found.source, found.diagnostics) == (address, address[0], ())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/"), min_size=1, max_size=20).filter(
        lambda name: name not in {".", ".."}
    )
)
def test_any_file_name_can_be_linked(make_note: MakeNote, name: str) -> None:
    """Percent-encoded, a link reaches a note whatever characters its file name has."""
    source = f"01/{name}.md"
    found = resolve_link(quote(name) + ".md", make_note(), {source: make_note(source=source)}, Path("/nowhere"), 1)
    assert found.uri is not None
    assert parse_address(found.uri) == (source, "")
    assert found.uri.isascii()


def test_a_link_to_a_planned_note_is_a_remark(notes: dict[str, Note]) -> None:
    """A note that is not written yet is no mistake: the text stays, and it is said once."""
    found = resolve("../02/planned.md", notes)
    assert (found.uri, found.source) == (None, "02/planned.md")
    assert [(d.severity, d.code, d.file, d.line) for d in found.diagnostics] == [
        (Severity.INFO, "link-to-planned", "01/a.md", 7)
    ]


@pytest.mark.parametrize(
    ("target", "hint"),
    [
        ("b%20d.md", "did you mean b c.md?"),
        ("../02/注意.md", "did you mean ../02/注意力.md?"),
        ("../../../etc/passwd", None),
        ("../zzzzzzzzzzzzzzz", None),
    ],
)
def test_a_broken_link_is_a_warning_with_a_suggestion(target: str, hint: str | None, notes: dict[str, Note]) -> None:
    """A link that leads nowhere is reported at its line, with the note that was probably meant."""
    found = resolve(target, notes)
    assert found.uri is None
    assert [(d.severity, d.code, d.file, d.line, d.hint) for d in found.diagnostics] == [
        (Severity.WARNING, "broken-link", "01/a.md", 7, hint)
    ]
    assert target in found.diagnostics[0].message


def test_a_link_to_another_file_is_a_remark(notes: dict[str, Note], tmp_path: Path) -> None:
    """A file of the project that is no note cannot be reached from a PDF; the text stays."""
    (tmp_path / "01").mkdir()
    (tmp_path / "01" / "code.py").touch()
    found = resolve("code.py", notes, tmp_path)
    assert found.uri is None
    assert [(d.severity, d.code) for d in found.diagnostics] == [(Severity.INFO, "link-to-file")]


def test_a_link_never_asks_what_lies_outside(notes: dict[str, Note], tmp_path: Path) -> None:
    """Whether a file exists above the project is not told."""
    (tmp_path / "secret").touch()
    (tmp_path / "project").mkdir()
    found = [resolve(target, notes, tmp_path / "project") for target in ("../../secret", "../../no-secret")]
    assert [[d.code for d in link.diagnostics] for link in found] == [["broken-link"]] * 2
