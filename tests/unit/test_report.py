"""Build results in their three forms: terminal text, report.json, GitHub annotations."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notepress.errors import Diagnostic, ExitCode, error, info, warning
from notepress.report import (
    BuildReport,
    JoinedResult,
    NoteResult,
    Outcome,
    diagnostic_text,
    github_annotation,
    report_json,
    summary,
)

EXCERPT = r"概率 $\foo{x}$ 的定义"


def undefined(**fields: object) -> Diagnostic:
    """Return the diagnostic of DESIGN.md's example."""
    where: dict[str, object] = {"file": "notes/01/a.md", "line": 57, "column": 5, "excerpt": EXCERPT, "hint": "看拼写"}
    return error("undefined-command", r"undefined command \foo", **{**where, **fields})


def note_result(status: Outcome, *diagnostics: Diagnostic) -> NoteResult:
    """Return a row of the report."""
    return NoteResult(
        source="notes/01/a.md",
        status=status,
        reason="note changed",
        pdf="output/一/a.pdf",
        pages=9,
        seconds=0.6249,
        passes=1,
        diagnostics=diagnostics,
    )


def report(*notes: NoteResult, diagnostics: tuple[Diagnostic, ...] = ()) -> BuildReport:
    """Return a report of these notes, one chapter and a book."""
    chapter = JoinedResult(title="一", pdf="output/一.pdf", status=Outcome.CACHED, reason="", pages=61)
    return BuildReport(
        seconds=2.8149,
        notes=notes,
        chapters=(chapter,),
        book=JoinedResult(title="书", pdf="output/书.pdf", status=Outcome.CACHED, reason="", pages=70),
        removed=("output/旧.pdf",),
        index_written=False,
        diagnostics=diagnostics,
    )


def cells(text: str) -> int:
    """Return how many cells of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def test_a_diagnostic_reads_like_a_compilers() -> None:
    """Place, severity and message in the first line, then the source, a caret and the hint."""
    first, source, caret, hint = diagnostic_text(undefined()).split("\n")
    assert first.startswith(r"notes/01/a.md:57:5: error: undefined command \foo")
    assert "undefined-command" in first
    assert source.strip() == EXCERPT
    assert caret.strip() == "^"
    assert hint.strip() == "hint: 看拼写"


@pytest.mark.parametrize(
    ("excerpt", "column"),
    [
        (EXCERPT, 5),
        ("abc", 1),
        ("abc", 3),
        ("，。x", 3),
        ("“甲”——……x", 8),
        ("ａｂ x", 4),
        ("한글x", 3),
        ("αβ·×÷x", 6),
        ("■①→x", 4),
        ("ﬁx", 2),
        ("字" * 200 + "x", 201),
        ("y" * 300 + "x" + "y" * 300, 301),
    ],
)
def test_the_caret_stands_under_its_character(excerpt: str, column: int) -> None:
    """Hanzi take two cells, other characters one; the caret is right also in a line that was cut."""
    _, source, caret, *_ = diagnostic_text(undefined(excerpt=excerpt, column=column, hint=None)).split("\n")
    pointed = [char for at, char in enumerate(source) if cells(source[:at]) == caret.index("^")]
    assert pointed == [excerpt[column - 1]]


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 400), st.text(st.sampled_from("abc 中文，$"), min_size=1, max_size=400))
def test_a_long_line_is_cut_to_the_width_of_a_screen(column: int, excerpt: str) -> None:
    """However long the line, what is shown of it fits a terminal, and shows the place."""
    shown = diagnostic_text(undefined(excerpt=excerpt, column=min(column, len(excerpt)), hint=None)).split("\n")
    assert all(len(line) <= 110 for line in shown)


@pytest.mark.parametrize(
    ("fields", "start"),
    [
        ({}, "notes/01/a.md:57:5: error: "),
        ({"column": None}, "notes/01/a.md:57: error: "),
        ({"column": None, "line": None}, "notes/01/a.md: error: "),
        ({"column": None, "line": None, "file": None}, "error: "),
    ],
)
def test_a_place_has_as_many_parts_as_are_known(fields: dict[str, object], start: str) -> None:
    """No part of a place is made up, and none is printed as None."""
    text = diagnostic_text(undefined(**fields))
    assert text.startswith(start)
    assert "None" not in text


@pytest.mark.parametrize("excerpt", [None, "", "   "])
def test_without_a_line_to_show_there_is_no_caret(excerpt: str | None) -> None:
    """A diagnostic about an empty line, or about none, is a message and a hint."""
    assert diagnostic_text(undefined(excerpt=excerpt)).count("\n") == 1


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_an_annotation_is_one_line_that_github_reads_back(message: str, file: str, hint: str) -> None:
    """Whatever is in a message or a file name, it ends no command and begins none: it comes back unescaped."""
    text = github_annotation(error("x", message, file=file, line=3, hint=hint))
    assert "\n" not in text
    assert "\r" not in text
    head, _, body = text.removeprefix("::error ").partition("::")
    fields = dict(part.split("=", 1) for part in head.split(","))
    back = body.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
    assert back == message + (f"\nhint: {hint}" if hint else "")
    place = fields["file"].replace("%3A", ":").replace("%2C", ",").replace("%0D", "\r").replace("%0A", "\n")
    assert place.replace("%25", "%") == file


@pytest.mark.parametrize(
    ("diagnostic", "command"),
    [
        (error("a-b", "m", file="x.md", line=3, column=4), "::error file=x.md,line=3,col=4,title=a-b::m"),
        (warning("a-b", "m", file="a,b:c%.md", line=3), "::warning file=a%2Cb%3Ac%25.md,line=3,title=a-b::m"),
        (info("a-b", "100%\nm", file="x.md"), "::notice file=x.md,title=a-b::100%25%0Am"),
        (error("a-b", "m"), "::error title=a-b::m"),
    ],
)
def test_an_annotation_marks_its_line(diagnostic: Diagnostic, command: str) -> None:
    """Severities have GitHub's names, and only what is known of the place is given."""
    assert github_annotation(diagnostic) == command


def test_the_report_has_the_keys_that_are_promised() -> None:
    """report.json is a stable interface: the keys of DESIGN.md are all there, with their kinds of value."""
    data = json.loads(report_json(report(note_result(Outcome.FAILED, undefined()))))
    assert (data["version"], data["seconds"]) == (1, 2.81)
    (note,) = data["notes"]
    assert (
        note.items()
        >= {
            "source": "notes/01/a.md",
            "status": "failed",
            "reason": "note changed",
            "pdf": "output/一/a.pdf",
            "pages": 9,
            "seconds": 0.62,
        }.items()
    )
    assert note["diagnostics"] == [
        {
            "severity": "error",
            "code": "undefined-command",
            "file": "notes/01/a.md",
            "line": 57,
            "column": 5,
            "message": r"undefined command \foo",
            "excerpt": EXCERPT,
            "hint": "看拼写",
        }
    ]
    (chapter,) = data["chapters"]
    assert chapter.items() >= {"title": "一", "pdf": "output/一.pdf", "status": "cached", "pages": 61}.items()
    assert data["book"].items() >= {"pdf": "output/书.pdf", "status": "cached"}.items()


@pytest.mark.parametrize("notes", [(), (note_result(Outcome.FAILED, undefined()), note_result(Outcome.BUILT))])
def test_the_report_is_written_as_json_writes_it(notes: tuple[NoteResult, ...]) -> None:
    """That its notes are written one after the other changes no byte."""
    text = report_json(report(*notes)).decode()
    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=1) + "\n"


def test_the_report_is_readable_chinese() -> None:
    """A person who opens report.json sees hanzi, not escapes, and a file that ends with a line end."""
    text = report_json(report(note_result(Outcome.BUILT))).decode()
    assert "output/一/a.pdf" in text
    assert text.endswith("}\n")


@pytest.mark.parametrize(
    ("diagnostics", "code"),
    [
        ((), ExitCode.OK),
        ((warning("missing-glyph", "m"), info("link-to-planned", "m")), ExitCode.OK),
        ((error("undefined-command", "m"),), ExitCode.NOTE_ERROR),
        ((error("yaml-syntax", "m"),), ExitCode.BAD_INPUT),
        ((error("duplicate-key", "m"),), ExitCode.BAD_INPUT),
        ((warning("bad-value", "m"),), ExitCode.OK),
        ((error("undefined-command", "m"), error("bad-value", "m")), ExitCode.BAD_INPUT),
    ],
)
def test_the_exit_code_says_the_worst(diagnostics: tuple[Diagnostic, ...], code: ExitCode) -> None:
    """0 is all good, 1 an error in a note, 2 wrong front matter; warnings and remarks change nothing."""
    assert report(note_result(Outcome.BUILT, *diagnostics)).exit_code() == code
    assert report(note_result(Outcome.BUILT), diagnostics=diagnostics).exit_code() == code


def test_diagnostics_are_in_the_order_of_the_files() -> None:
    """All diagnostics of a build are sorted by file and line, each said once."""
    first, second, third = (warning("x", "m", file=file, line=line) for file, line in (("a", 9), ("b", 2), ("b", 10)))
    found = report(note_result(Outcome.BUILT, third, first), note_result(Outcome.CACHED, second), diagnostics=(first,))
    assert found.all_diagnostics() == (first, second, third)


def test_the_last_line_counts_what_became_of_the_notes() -> None:
    """Built, cached and failed notes are counted, with errors and warnings."""
    results = (note_result(Outcome.BUILT), note_result(Outcome.CACHED), note_result(Outcome.FAILED, undefined()))
    text = summary(report(*results))
    assert "\n" not in text
    assert all(part in text for part in ("1 built", "1 cached", "1 failed", "27 pages", "1 error"))


def test_a_build_with_nothing_to_do_says_so() -> None:
    """When everything was cached and nothing removed, the last line says that all is up to date."""
    quiet = BuildReport(
        seconds=0.1,
        notes=(note_result(Outcome.CACHED),),
        chapters=(),
        book=None,
        removed=(),
        index_written=False,
        diagnostics=(),
    )
    assert "up to date" in summary(quiet)
    assert "up to date" not in summary(report(note_result(Outcome.CACHED)))
