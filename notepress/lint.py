r"""The formulas of a note -> unknown commands and environments, repeated labels and references to none; without TeX.

What counts is what TeX would get (`Formula.tex`), since much that previews accept has been mended there; where it
stands is looked up in what the author wrote. Formulas whose braces or environments don't match are not for here: see
`structure`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .commands import command_hint, environment_hint, known_commands, known_environments
from .definitions import PREFIX
from .errors import Diagnostic, error, in_order
from .model import Body, Formula, Note
from .placing import place_in_source
from .texerrors import repeated_label, unknown_label

_TOKEN = re.compile(r"%[^\n]*|\\begin[ \t]*\{(?P<environment>[^{}\n]*)\}|(?P<command>\\[A-Za-z]+)|\\.")
_LABEL = re.compile(r"\\label[ \t]*\{([^{}]+)\}")
_REFERENCE = re.compile(r"\\(?:eq|auto|page)?ref[ \t]*\{([^{}]+)\}")
_DEFINED = re.compile(
    r"\\(?:[egx]?def|let|(?:re)?newcommand|providecommand|DeclareRobustCommand|DeclareMathOperator|DeclareMathSymbol"
    r"|DeclarePairedDelimiter[A-Za-z]*|(?:New|Renew|Provide|Declare)(?:Expandable)?DocumentCommand)\*?"
    r"[ \t]*\{?[ \t]*\\(?P<command>[A-Za-z]+)"
    r"|\\(?:(?:re)?newenvironment|(?:New|Renew|Provide|Declare)DocumentEnvironment|newtcolorbox|newtheorem)\*?"
    r"[ \t]*\{(?P<environment>[A-Za-z]+\*?)\}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The names that TeX knows; None where that can't be known, since a project loads packages of its own."""

    commands: frozenset[str] | None
    environments: frozenset[str] | None


def vocabulary() -> Vocabulary:
    """Return what the built-in preamble and macros make known."""
    return Vocabulary(commands=known_commands(), environments=known_environments())


def extended(known: Vocabulary, text: str) -> Vocabulary:
    """Add what a note or a template defines. A definition counts for all of a note: better silent than wrong."""
    if known.commands is None or known.environments is None:
        return known
    found = list(_DEFINED.finditer(text))
    if not found:
        return known
    commands = {f"\\{match['command']}" for match in found if match["command"]}
    environments = {match["environment"] for match in found if match["environment"]}
    names = {command.removeprefix("\\") for command in commands}
    return Vocabulary(commands=known.commands | commands, environments=known.environments | environments | names)


def lint(markdown: str, formulas: Sequence[Formula], known: Vocabulary, *, file: str) -> tuple[Diagnostic, ...]:
    """Return what is wrong with the formulas of a note, in order, at line and column of `markdown`."""
    lines = markdown.split("\n")
    known = extended(known, "\n".join(formula.source for formula in formulas))
    found = [problem for formula in formulas for problem in _unknown_names(formula, known, lines, file)]
    return in_order([*found, *_labels(formulas, lines, file)])


def unknown_names(note: Note, body: Body, numbers: Iterable[int], known: Vocabulary) -> tuple[Diagnostic, ...]:
    """Return the unknown names in some formulas of a note: in those that TeX can't be given, it finds none."""
    formulas = [body.formulas[number] for number in sorted(numbers) if number not in body.literal]
    if not formulas:
        return ()
    text = note.file_text
    lines = text.split("\n")
    known = extended(known, "\n".join(formula.source for formula in body.formulas))
    found = (problem for formula in formulas for problem in _unknown_names(formula, known, lines, note.source))
    return in_order(found)


def _unknown_names(formula: Formula, known: Vocabulary, lines: Sequence[str], file: str) -> Iterator[Diagnostic]:
    """Report commands and environments that TeX does not know, at each place where they are used."""
    if known.commands is None or known.environments is None:
        return
    for match in _TOKEN.finditer(formula.tex):
        command, environment = match["command"], match["environment"]
        if command and command not in known.commands and not command.startswith(f"\\{PREFIX}"):
            where = _where(formula, match.end(), command, lines)
            message, hint = f"undefined command {command}", command_hint(command)
            yield error("undefined-command", message, file=file, hint=hint, **where)
        elif environment and environment not in known.environments and not environment.startswith(PREFIX):
            where = _where(formula, match.end(), match[0], lines)
            message, hint = f"undefined environment {environment}", environment_hint(environment)
            yield error("undefined-environment", message, file=file, hint=hint, **where)


def _where(formula: Formula, end: int, token: str, lines: Sequence[str]) -> dict[str, object]:
    place = place_in_source(formula, formula.tex[:end], token, lines)
    return {"line": place.line, "column": place.column, "excerpt": place.excerpt}


def _labels(formulas: Sequence[Formula], lines: Sequence[str], file: str) -> Iterator[Diagnostic]:
    """Report labels that are used twice, and references to none; a label that nobody uses does not reach TeX."""
    seen: set[str] = set()
    for formula in formulas:
        for match in _LABEL.finditer(formula.tex):
            if match[1] in seen:
                where = _where(formula, match.end(), match[0], lines)
                yield repeated_label(match[1], file=file, **where)
            seen.add(match[1])
    for formula in formulas:
        for match in _REFERENCE.finditer(formula.tex):
            if match[1] not in seen:
                yield unknown_label(match[1], file=file, **_where(formula, match.end(1), match[1], lines))
