"""What browsers are told of builds: states, the last good PDF, and what there is to mend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from notepress.board import Board
from notepress.documents import Landmark
from notepress.errors import BusyError, Diagnostic, error, info, warning
from notepress.inline import literal
from notepress.model import Chapter, Library, Note, Status
from notepress.plan import Record
from notepress.project import Config, Project
from notepress.report import BuildReport, JoinedResult, NoteResult, Outcome
from notepress.view import State

PROJECT = Project(root=Path("/p"), config=Config(title="书"), configured=True)
MISTAKE = error(
    "undefined-command", "undefined command \\foo", file="notes/章/a.md", line=3, column=2, excerpt="$\\foo$"
)


def make_record(pdf: str, sha256: str = "1" * 64, *found: Diagnostic) -> Record:
    """Return the record of a PDF of two pages."""
    heading = Landmark(level=2, text="小节", latex="小节", ident="x", line=21, page=1)
    return Record(inputs={}, pdf=pdf, sha256=sha256, pages=2, landmarks=(heading,), diagnostics=found)


def result(source: str, status: Outcome, *found: Diagnostic) -> NoteResult:
    """Return what a build says of a note."""
    pdf = None if status is Outcome.FAILED else "output/章/a.pdf"
    return NoteResult(
        source=source, status=status, reason="", pdf=pdf, pages=2, seconds=0.4, passes=1, diagnostics=found
    )


def report(*notes: NoteResult, **fields: Any) -> BuildReport:
    """Return the report of a build."""
    nothing: dict[str, Any] = {"seconds": 1.0, "chapters": (), "book": None, "removed": (), "index_written": False}
    return BuildReport(**{**nothing, "notes": notes, "diagnostics": (), **fields})


@pytest.fixture
def library(make_note: Callable[..., Note]) -> Library:
    """A chapter of three notes, one of them only planned."""
    notes = (
        make_note(source="notes/章/a.md", title=literal("甲"), pdf="output/章/a.pdf", markdown="甲的字"),
        make_note(source="notes/章/b.md", title=literal("乙"), pdf="output/章/b.pdf", markdown="乙的字", number="1.2"),
        make_note(source="notes/章/c.md", title=literal("丙"), pdf="output/章/c.pdf", status=Status.PLANNED),
    )
    chapter = Chapter(title=literal("第一章"), number=1, folder="notes/章", pdf="output/第一章.pdf", notes=notes)
    return Library(chapters=(chapter,), book_pdf="output/书.pdf", diagnostics=())


def states(board: Board) -> dict[str, State]:
    """Return the state of every row by the last part of its key."""
    return {row.key.rpartition("/")[2]: row.state for row in board.view().rows()}


def posted(board: Board) -> list[tuple[str, dict[str, Any]]]:
    """Return all events so far."""
    return [(event.kind, dict(event.data)) for event in board.events.after(0, 0) or ()]


def test_a_board_without_a_build_is_empty() -> None:
    """A browser that comes before the first build finds a page with nothing on it."""
    view = Board().view()
    assert (view.rows(), view.pdfs(), view.found(), view.folder) == ((), frozenset(), (), None)


def test_states_follow_a_build(library: Library) -> None:
    """Notes wait, are built or fail; chapters and book have a state, too."""
    board, records = Board(), {"notes/章/b.md": make_record("output/章/b.pdf")}
    board.known(PROJECT, library, records)
    board.start({"notes/章/a.md": "new"})
    assert states(board) == {
        "book": State.WAITING, "章": State.WAITING,
        "a.md": State.WAITING, "b.md": State.BUILT, "c.md": State.PLANNED,
    }  # fmt: skip
    assert board.view().busy
    records["notes/章/a.md"] = make_record("output/章/a.pdf")
    board.finished(result("notes/章/a.md", Outcome.BUILT))
    assert states(board)["a.md"] is State.BUILT
    records |= {"chapter:notes/章": make_record("output/第一章.pdf"), "book": make_record("output/书.pdf")}
    board.built(report(result("notes/章/a.md", Outcome.BUILT), result("notes/章/b.md", Outcome.CACHED)))
    assert set(states(board).values()) == {State.BUILT, State.PLANNED}
    view = board.view()
    assert not view.busy
    assert view.pdfs() == {"output/书.pdf", "output/第一章.pdf", "output/章/a.pdf", "output/章/b.pdf"}
    assert [kind for kind, _ in posted(board)] == ["start", "note", "built"]


def test_a_failed_note_keeps_its_last_pdf(library: Library) -> None:
    """The old PDF is still there to be read, and the event has what is wrong."""
    board, records = Board(), {"notes/章/a.md": make_record("output/章/a.pdf")}
    board.known(PROJECT, library, records)
    before = board.view().row("notes/章/a.md")
    board.start({"notes/章/a.md": "note changed"})
    board.finished(result("notes/章/a.md", Outcome.FAILED, MISTAKE, info("x", "nothing to mend")))
    board.built(report(result("notes/章/a.md", Outcome.FAILED, MISTAKE)))
    row = board.view().row("notes/章/a.md")
    assert before
    assert row
    assert (row.state, row.pdf, row.version) == (State.FAILED, before.pdf, before.version)
    assert board.view().found() == (MISTAKE,)
    _, data = posted(board)[1]
    assert data["state"] == "failed"
    assert data["address"] == before.address
    (told,) = data["diagnostics"]
    assert (told["file"], told["line"], told["excerpt"]) == ("notes/章/a.md", 3, "$\\foo$")


def test_another_pdf_has_another_address(library: Library) -> None:
    """A browser loads a PDF anew when, and only when, its bytes are others."""
    board, records = Board(), {"notes/章/a.md": make_record("output/章/a b.pdf")}
    addresses = []
    for sha256 in ("1" * 64, "1" * 64, "2" * 64):
        records["notes/章/a.md"] = make_record("output/章/a b.pdf", sha256)
        board.known(PROJECT, library, records)
        row = board.view().row("notes/章/a.md")
        assert row
        assert unquote(urlsplit(row.address).path) == "/output/章/a b.pdf"
        assert row.outline == (("小节", 2),)
        addresses.append(row.address)
    assert addresses[0] == addresses[1] != addresses[2]


def test_only_a_note_with_another_text_was_saved(library: Library) -> None:
    """A first build, and one because of a template, is nothing to follow; a saved note is."""

    def build(now: Library) -> dict[str, bool]:
        board.known(PROJECT, now, {})
        before = board.events.last
        for name in ("a.md", "b.md"):
            board.finished(result(f"notes/章/{name}", Outcome.BUILT))
        return {event.data["source"][-4:]: event.data["saved"] for event in board.events.after(before, 0) or ()}

    board = Board()
    assert build(library) == {"a.md": False, "b.md": False}
    chapter = library.chapters[0]
    edited = replace(chapter, notes=(replace(chapter.notes[0], markdown="新的字"), *chapter.notes[1:]))
    assert build(replace(library, chapters=(edited,))) == {"a.md": True, "b.md": False}
    assert build(replace(library, chapters=(edited,))) == {"a.md": False, "b.md": False}


def test_a_saved_note_is_shown_where_it_was_edited(library: Library) -> None:
    """The page is that of the edited line, and stays when something else is the reason of the next build."""

    def edited(text: str) -> int:
        chapter = library.chapters[0]
        now = replace(chapter, notes=(replace(chapter.notes[0], markdown=text), *chapter.notes[1:]))
        board.known(PROJECT, replace(library, chapters=(now,)), {"notes/章/a.md": make_record("output/章/a.pdf")})
        row = board.view().row("notes/章/a.md")
        assert row
        return row.edited

    board, lines = Board(), [f"第{number}行" for number in range(1, 31)]
    assert edited("\n".join(lines)) == 1
    lines[24] = "改过"
    assert edited("\n".join(lines)) == 2
    assert edited("\n".join(lines)) == 2
    assert edited("") == 2
    assert edited("\n".join(lines)) == 2
    lines[2] = "又改"
    assert edited("\n".join(lines)) == 1


def test_a_problem_is_shown_until_a_build_begins(library: Library) -> None:
    """notes.yaml with a mistake takes nothing off the page, and the mistake goes when it is mended."""
    board = Board()
    board.known(PROJECT, library, {"notes/章/a.md": make_record("output/章/a.pdf")})
    wrong = error("bad-value", "`paper`: expected a4", file="notes.yaml", line=2)
    board.failed(BusyError(wrong))
    view = board.view()
    assert view.found() == (wrong,)
    assert view.pdfs() == {"output/章/a.pdf"}
    assert posted(board)[-1][1]["diagnostics"][0]["line"] == 2
    board.known(PROJECT, library, {})
    assert board.view().found() == ()


def test_what_belongs_to_no_note_is_found(library: Library) -> None:
    """Remarks of a build and failures of chapters are on the page; an interrupted build takes none of them back."""
    board = Board()
    board.known(PROJECT, library, {})
    remark = warning("term-conflict", "困惑度 has two translations", file="notes/章/b.md", line=9)
    broken = error("join-failed", "a chapter could not be joined")
    joined = JoinedResult(
        title="第一章", pdf="output/第一章.pdf", status=Outcome.FAILED, reason="", pages=0, diagnostics=(broken,)
    )
    board.built(report(chapters=(joined,), diagnostics=(remark,)))
    assert set(board.view().found()) == {remark, broken}
    assert states(board)["章"] is State.FAILED
    board.built(report())
    assert board.view().found() == (broken,)
