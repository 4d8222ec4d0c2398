"""A TeX log -> diagnostics at lines of the Markdown."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notepress.errors import Diagnostic, Severity
from notepress.model import Attachment, Mark, Place, SourceMap, TexDocument
from notepress.texlog import parse_log

# Each log is what xelatex wrote about the document of the same name, without the lines on packages.
LOGS = Path(__file__).resolve().parents[1] / "golden" / "logs"
NAMES = sorted(path.stem for path in LOGS.glob("*.log"))
# The Markdown that the documents stand for has a heading and a blank line above the body.
ABOVE = "# 标题\n\n"


def read_document(name: str) -> TexDocument:
    """Return the document that a log is about, with the Markdown it could have come from."""
    latex = (LOGS / f"{name}.tex").read_text("utf-8")
    preamble, _, rest = latex.partition("\\begin{document}\n")
    attachment = Attachment(name="image-1.tikz", source="01/图.tikz", path=None, digest="0")
    return TexDocument(
        latex=latex,
        body_line=preamble.count("\n") + 2,
        source_map=SourceMap(file="01/a.md", marks=(Mark(1, 1 + ABOVE.count("\n"), True),)),
        source=ABOVE + rest.partition("\\end{document}")[0],
        attachments=(attachment,),
    )


def diagnose(name: str) -> tuple[Diagnostic, ...]:
    """Return the diagnostics of a stored log."""
    return parse_log((LOGS / f"{name}.log").read_text("utf-8"), read_document(name))


@pytest.mark.parametrize(
    ("name", "code", "line"),
    [
        ("undefined-command", "undefined-command", 4),
        ("undefined-environment", "undefined-environment", 5),
        ("math-outside-formula", "math-outside-formula", 5),
        ("double-subscript", "double-script", 4),
        ("alignment-tab", "alignment", 4),
        ("amsmath", "amsmath", 6),
        ("image-unreadable", "image-unreadable", 5),
        ("runaway-argument", "unbalanced-braces", 5),
        ("unbalanced-braces", "unbalanced-braces", 6),
    ],
)
def test_an_error_is_reported_at_its_markdown_line(name: str, code: str, line: int) -> None:
    """What stopped TeX becomes one error with a stable code, at the line the author wrote."""
    (found,) = diagnose(name)
    assert (found.severity, found.code, found.file, found.line) == (Severity.ERROR, code, "01/a.md", line)
    assert found.excerpt == read_document(name).source.split("\n")[line - 1]


def test_every_stored_log_has_its_document() -> None:
    """A log can be made again: the document that xelatex read lies beside it."""
    assert sorted(path.stem for path in LOGS.glob("*.tex")) == NAMES


def test_an_undefined_command_is_named_and_pointed_at() -> None:
    """The caret stands under the command that TeX does not know."""
    (found,) = diagnose("undefined-command")
    assert found.message == r"undefined command \foo"
    assert found.excerpt is not None
    assert found.column is not None
    assert found.excerpt[found.column - 1 :].startswith(r"\foo")


def test_an_environment_that_is_not_ended_is_reported_where_it_begins() -> None:
    r"""A forgotten \end is reported at the line of its \begin, without the line of a file nobody sees."""
    (found,) = diagnose("unclosed-environment")
    assert (found.severity, found.line) == (Severity.ERROR, 5)
    assert r"\begin{align}" in found.message
    assert "input line" not in found.message


def test_an_error_in_a_figure_is_reported_in_the_figure() -> None:
    """A mistake in a TikZ file is reported at the file and line in the project, not at the note."""
    (found,) = diagnose("tikz")
    assert (found.code, found.file, found.line) == ("undefined-command", "01/图.tikz", 2)


def test_a_reference_to_no_label_is_a_warning_at_its_line() -> None:
    """Each reference that leads nowhere is a warning where it stands."""
    found = [d for d in diagnose("warnings") if d.code == "undefined-reference"]
    assert [(d.severity, d.line) for d in found] == [(Severity.WARNING, 3)] * 2
    assert "eq:none" in found[0].message
    assert "eq:two" in found[1].message


def test_a_label_used_twice_is_a_warning_at_the_second_use() -> None:
    """Two formulas with one label are reported, because a reference would lead to the wrong one."""
    found = [(d.severity, d.line) for d in diagnose("warnings") if d.code == "duplicate-label"]
    assert found == [(Severity.WARNING, 7)]


def test_each_missing_character_is_reported_once_at_its_first_place() -> None:
    """A character that no font has is named with its code point, at the first line and column that has it."""
    found = [d for d in diagnose("warnings") if d.code == "missing-glyph"]
    assert [(d.line, d.column) for d in found] == [(3, 11), (3, 17), (13, 1)]
    assert [d.severity for d in found] == [Severity.WARNING] * 3
    assert all(text in d.message for d, text in zip(found, ("😀 (U+1F600", "✅ (U+2705", "𠮷 (U+20BB7"), strict=True))


def test_a_line_that_leaves_the_page_is_a_warning_in_millimetres() -> None:
    """A paragraph and a formula that are too wide are reported at their lines, with by how much."""
    found = [d for d in diagnose("warnings") if d.code == "overfull-line"]
    assert [(d.severity, d.line) for d in found] == [(Severity.WARNING, 9), (Severity.WARNING, 11)]
    assert ["71.3 mm" in found[0].message, "64.5 mm" in found[1].message] == [True, True]


@pytest.mark.parametrize(("points", "severity"), [("0.9", None), ("4.0", Severity.INFO), ("9.0", Severity.WARNING)])
def test_what_nobody_sees_is_no_warning(points: str, severity: Severity | None) -> None:
    """Under a point nothing is said, a millimetre is a remark, three millimetres are a warning."""
    log = f"Overfull \\hbox ({points}pt too wide) in paragraph at lines 4--5\n"
    assert [d.severity for d in parse_log(log, read_document("warnings"))] == ([severity] if severity else [])


def test_a_clean_log_says_nothing() -> None:
    """Fonts, packages and hyperref's wish for another run are no matter of the author."""
    log = "LaTeX Font Info: x on input line 3.\nPackage hyperref Warning: Rerun to get /PageLabels entry.\n"
    assert parse_log(log, read_document("warnings")) == ()


def test_a_place_outside_the_note_is_its_first_line() -> None:
    """A mistake in the preamble is reported at the note, never at a line of a file the author does not have."""
    (found,) = parse_log("./note.tex:1: Undefined control sequence.\nl.1 \\x\n", read_document("warnings"))
    assert (found.file, found.line) == ("01/a.md", 1)


marks = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9), st.booleans()), min_size=1, max_size=8)


def source_map(steps: list[tuple[int, int, bool]]) -> SourceMap:
    """Return a map whose marks go down both texts."""
    tex = source = 0
    found = []
    for down, along, in_step in steps:
        tex, source = tex + down, source + along
        found.append(Mark(tex, source, in_step))
    return SourceMap(file="a.md", marks=tuple(found))


@settings(max_examples=100, deadline=None)
@given(marks)
def test_a_marked_line_leads_to_exactly_its_source_line(steps: list[tuple[int, int, bool]]) -> None:
    """At each mark, the map is exact."""
    lines = source_map(steps)
    assert [lines.locate(m.tex_line) for m in lines.marks] == [Place("a.md", m.source_line) for m in lines.marks]


@settings(max_examples=100, deadline=None)
@given(marks)
def test_going_down_the_latex_never_goes_up_the_note(steps: list[tuple[int, int, bool]]) -> None:
    """Where the text keeps its order, later TeX lines come from the same or later source lines."""
    lines = source_map(steps)
    places = [lines.locate(number) for number in range(lines.marks[0].tex_line, lines.marks[-1].tex_line + 5)]
    found = [place.line for place in places if place]
    assert len(found) == len(places)
    assert found == sorted(found)


def test_lines_above_the_first_mark_come_from_nowhere() -> None:
    """What the converter put above the note's text is not blamed on a line of it."""
    assert source_map([(5, 1, True)]).locate(4) is None


def test_out_of_step_every_line_is_the_marked_one() -> None:
    """A table or a figure, which TeX sees in other lines than the author, is one place."""
    lines = source_map([(1, 7, False), (9, 5, True)])
    assert [place.line for number in (1, 4, 9, 10, 12) if (place := lines.locate(number))] == [7, 7, 7, 12, 14]
