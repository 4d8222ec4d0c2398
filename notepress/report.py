"""Build results as values, and their three forms: terminal text, report.json, GitHub annotations."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum

from .errors import Diagnostic, ExitCode, Severity, has_errors, in_order

REPORT_VERSION = 1
_FRONT_MATTER_CODES = {"yaml-syntax", "yaml-alias", "duplicate-key", "bad-value", "missing-key"}


class Outcome(StrEnum):
    """What became of a PDF."""

    BUILT = "built"
    CACHED = "cached"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteResult:
    """A row of `notes` in report.json; the fields are its keys."""

    source: str
    status: Outcome
    reason: str
    pdf: str | None
    pages: int
    seconds: float
    passes: int
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedResult:
    """A chapter or the book; the fields are the keys in report.json."""

    title: str
    pdf: str | None
    status: Outcome
    reason: str
    pages: int
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """The whole of a build; `diagnostics` are those of no single note."""

    seconds: float
    notes: tuple[NoteResult, ...]
    chapters: tuple[JoinedResult, ...]
    book: JoinedResult | None
    removed: tuple[str, ...]
    index_written: bool
    diagnostics: tuple[Diagnostic, ...]

    def all_diagnostics(self) -> tuple[Diagnostic, ...]:
        """Return every diagnostic, sorted by file and line."""
        of_notes = (d for note in self.notes for d in note.diagnostics)
        of_joined = (d for part in self.joined() for d in part.diagnostics)
        return in_order([*self.diagnostics, *of_notes, *of_joined])

    def joined(self) -> tuple[JoinedResult, ...]:
        """Return the chapters and the book."""
        return (*self.chapters, self.book) if self.book else self.chapters

    def exit_code(self) -> ExitCode:
        """Return what the process should exit with; wrong front matter outranks a broken formula."""
        found = self.all_diagnostics()
        if any(d.severity is Severity.ERROR and d.code in _FRONT_MATTER_CODES for d in found):
            return ExitCode.BAD_INPUT
        # With --strict a note can fail for a warning alone.
        failed = has_errors(found) or any(note.status is Outcome.FAILED for note in self.notes)
        return ExitCode.NOTE_ERROR if failed else ExitCode.OK


def report_json(report: BuildReport) -> bytes:
    """Return report.json: a stable interface, see docs/report.md."""
    # All is put together once, as it is written: of 300 notes, each copy as text is three megabytes.
    return b"".join(piece.encode() for piece in _report_pieces(report))


def _report_pieces(report: BuildReport) -> Iterator[str]:
    yield f'{{\n "version": {_json(REPORT_VERSION)},\n "seconds": {_json(round(report.seconds, 2))},\n "notes": ['
    # One after the other: json makes a string of every comma and holds them all until it is done.
    for number, note in enumerate(report.notes):
        yield ",\n  " if number else "\n  "
        yield _json({**asdict(note), "seconds": round(note.seconds, 2)}, depth=2)
    yield "\n ]" if report.notes else "]"
    rest = {
        "chapters": [asdict(c) for c in report.chapters],
        "book": asdict(report.book) if report.book else None,
        "removed": report.removed,
        "diagnostics": [asdict(d) for d in report.diagnostics],
    }
    yield from (f',\n "{key}": {_json(value)}' for key, value in rest.items())
    yield "\n}\n"


def _json(value: object, depth: int = 1) -> str:
    """Return a value as it stands in JSON so many levels deep."""
    # Line ends within texts are escaped.
    return json.dumps(value, ensure_ascii=False, indent=1).replace("\n", "\n" + " " * depth)


def diagnostics_json(found: Iterable[Diagnostic]) -> str:
    """Return diagnostics without a build, each with the keys that it has in report.json."""
    data = {"version": REPORT_VERSION, "diagnostics": [asdict(d) for d in found]}
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def diagnostic_text(diagnostic: Diagnostic) -> str:
    """Return a diagnostic the way compilers print it: place, message, source line with a caret, hint."""
    d = diagnostic
    place = ":".join(str(part) for part in (d.file, d.line, d.column) if part is not None)
    text = f"{place}: {d.severity}: {d.message} [{d.code}]" if place else f"{d.severity}: {d.message} [{d.code}]"
    if d.excerpt is not None and d.excerpt.strip():
        excerpt, caret = _window(d.excerpt, d.column)
        text += f"\n    {excerpt}"
        text += f"\n    {caret}" if caret else ""
    if d.hint:
        text += f"\n    hint: {d.hint}"
    return text


def github_annotation(diagnostic: Diagnostic) -> str:
    """Return a workflow command that marks the line in a pull request."""
    d = diagnostic
    level = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}[d.severity]
    fields = {"file": d.file, "line": d.line, "col": d.column, "title": d.code}
    where = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in fields.items() if value is not None)
    message = d.message + (f"\nhint: {d.hint}" if d.hint else "")
    return f"::{level} {where}::{_escaped(message)}"


def summary(report: BuildReport) -> str:
    """Return the last line of a build."""
    became = {o: sum(note.status is o for note in report.notes) for o in Outcome}
    _, pages, errors, warnings = counts(report)
    worked = became[Outcome.BUILT] or became[Outcome.FAILED] or report.removed
    if not worked and all(part.status is Outcome.CACHED for part in report.joined()):
        return up_to_date(counts(report), report.seconds)
    parts = [f"{became[o]} {o}" for o in (Outcome.BUILT, Outcome.CACHED, Outcome.FAILED) if became[o]]
    return f"{', '.join(parts) or 'no notes'}: {pages} pages in {report.seconds:.1f} s{_problems(errors, warnings)}"


def counts(report: BuildReport) -> tuple[int, int, int, int]:
    """Return how many notes needed no work, the pages of all, and how many errors and warnings there are."""
    found = report.all_diagnostics()
    return (
        sum(note.status is Outcome.CACHED for note in report.notes),
        sum(note.pages for note in report.notes),
        sum(d.severity is Severity.ERROR for d in found),
        sum(d.severity is Severity.WARNING for d in found),
    )


def up_to_date(numbers: tuple[int, int, int, int], seconds: float) -> str:
    """Return the last line of a build that had nothing to do, from what `counts` returned."""
    notes, pages, errors, warnings = numbers
    return f"everything is up to date: {notes} notes, {pages} pages ({seconds:.1f} s){_problems(errors, warnings)}"


def findings(found: Iterable[Diagnostic]) -> str:
    """Return the last line of a check."""
    severities = [d.severity for d in found]
    numbers = (severities.count(Severity.ERROR), severities.count(Severity.WARNING))
    return _problems(*numbers).removeprefix(", ") or "nothing to report"


def _problems(errors: int, warnings: int) -> str:
    return f", {errors} errors, {warnings} warnings" if errors or warnings else ""


def _window(excerpt: str, column: int | None, width: int = 100) -> tuple[str, str]:
    """Cut a long line around the column; the caret counts hanzi as two cells, as terminals do."""
    excerpt = excerpt.expandtabs(1).rstrip()
    if column is None:
        return (excerpt if len(excerpt) <= width else excerpt[: width - 1] + "…"), ""
    start = max(0, column - 1 - width // 2)
    shown = excerpt[start : start + width]
    before = excerpt[start : column - 1]
    cells = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in before)
    return ("…" if start else "") + shown, " " * (cells + (1 if start else 0)) + "^"


def _escaped(text: str, more: str = "") -> str:
    for char in "%\r\n" + more:
        text = text.replace(char, f"%{ord(char):02X}")
    return text
