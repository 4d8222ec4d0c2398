"""Diagnostics as values, the exception tree and the exit codes.

A diagnostic says what is wrong, where in the Markdown or YAML the author wrote, and what to do.
Stages return diagnostics or raise a `NotepressError` that carries them; only `cli` prints.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Severity(StrEnum):
    """How bad a diagnostic is; only errors change the exit code."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class ExitCode(IntEnum):
    """What the process returns; a stable part of the command line."""

    OK = 0
    NOTE_ERROR = 1
    BAD_INPUT = 2
    MISSING_TOOL = 3
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One finding at a place in a source file.

    `code` is kebab-case, stable and documented in docs/diagnostics.md. `file` is a POSIX path relative
    to the project's root. `line` and `column` count from 1; None where the finding has no single place.
    """

    severity: Severity
    code: str
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    excerpt: str | None = None
    hint: str | None = None


def error(code: str, message: str, **where: object) -> Diagnostic:
    """Return an error diagnostic; keywords are the fields of `Diagnostic`."""
    return Diagnostic(severity=Severity.ERROR, code=code, message=message, **where)  # type: ignore[arg-type]


def warning(code: str, message: str, **where: object) -> Diagnostic:
    """Return a warning diagnostic; keywords are the fields of `Diagnostic`."""
    return Diagnostic(severity=Severity.WARNING, code=code, message=message, **where)  # type: ignore[arg-type]


def info(code: str, message: str, **where: object) -> Diagnostic:
    """Return an informational diagnostic; keywords are the fields of `Diagnostic`."""
    return Diagnostic(severity=Severity.INFO, code=code, message=message, **where)  # type: ignore[arg-type]


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sort by file, line and column and drop exact repetitions."""
    unique = dict.fromkeys(diagnostics)
    return tuple(sorted(unique, key=lambda d: (d.file or "", d.line or 0, d.column or 0, d.code)))


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Say whether any diagnostic is an error."""
    return any(d.severity is Severity.ERROR for d in diagnostics)


class NotepressError(Exception):
    """Something the user can mend; carries its diagnostics and the exit code it asks for."""

    exit_code = ExitCode.NOTE_ERROR

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(d.message for d in diagnostics))
        self.diagnostics = diagnostics


class InputError(NotepressError):
    """notes.yaml, fonts.yaml, a chapter.yaml, front matter or the command line is wrong."""

    exit_code = ExitCode.BAD_INPUT


class MissingToolError(NotepressError):
    """A program or a font is not on this machine."""

    exit_code = ExitCode.MISSING_TOOL


class NoteError(NotepressError):
    """One note cannot be built; the others go on."""


class PictureError(NotepressError):
    """One image can't be shown: a box takes its place. The message begins with a verb; its place is not known here."""


class BusyError(NotepressError):
    """Another build holds the lock of this tree."""

    exit_code = ExitCode.BAD_INPUT


class WriteError(NotepressError, OSError):
    """The disk takes no file: it is full, read-only or gone. What was there before is as it was."""
