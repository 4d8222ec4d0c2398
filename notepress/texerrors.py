"""What TeX says -> code, message and hint for somebody who wrote Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .commands import command_hint, environment_hint
from .errors import Diagnostic, warning


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """An error of TeX in the author's terms; `follows` marks errors that often only follow from another.

    After a `local` one TeX goes on as if there had been none, so that what it finds later is no consequence of it.
    """

    code: str
    message: str
    hint: str | None
    follows: bool = False
    local: bool = False


@dataclass(frozen=True, slots=True)
class _Rule:
    says: str
    code: str
    hint: str | None = None
    follows: bool = False
    local: bool = False


_BRACES = "count { and } in this formula"
_ALIGNMENT = "& separates columns only inside aligned, cases or a matrix with enough columns"
_DELIMITER = "a delimiter is one of ( ) [ ] \\{ \\} | . and their like"
_LIMITS = "\\limits belongs directly behind \\sum, \\int or their like"
_DELIMITERS = "every \\left needs its \\right on the same line of the formula; `.` stands for none"

# The first that fits counts. Texts are those of TeX and LaTeX (TeX: The Program; ltmath, amsmath).
_RULES = (
    _Rule("Undefined control sequence", "undefined-command", "check the spelling"),
    _Rule("LaTeX Error: Environment", "undefined-environment", "check the name after \\begin"),
    _Rule("ended by \\end", "unbalanced-environment", "every \\begin{…} needs its \\end{…} of the same name"),
    _Rule("Missing $ inserted", "math-outside-formula", "put $ before and after the formula", follows=True),
    _Rule("allowed only in math mode", "math-outside-formula", "put $ before and after the formula", follows=True),
    _Rule("Missing \\right", "unbalanced-delimiters", _DELIMITERS, follows=True),
    _Rule("Extra \\right", "unbalanced-delimiters", _DELIMITERS, follows=True),
    _Rule("Extra \\middle", "unbalanced-delimiters", _DELIMITERS),
    _Rule(
        "Missing delimiter",
        "unbalanced-delimiters",
        _DELIMITER,
        local=True,
    ),
    _Rule("Missing } inserted", "unbalanced-braces", _BRACES, follows=True),
    _Rule("Extra }", "unbalanced-braces", _BRACES, follows=True),
    _Rule("Missing { inserted", "unbalanced-braces", "put the argument in { }"),
    _Rule("Paragraph ended before", "unbalanced-braces", _BRACES),
    _Rule("Runaway argument", "unbalanced-braces", _BRACES),
    _Rule("File ended while scanning", "unbalanced-braces", _BRACES),
    _Rule("Too many }", "unbalanced-braces", _BRACES, follows=True),
    _Rule("Double subscript", "double-script", "write {a_b}_c or a_{b_c} for two in a row", local=True),
    _Rule("Double superscript", "double-script", "write {a^b}^c or a^{b^c} for two in a row", local=True),
    _Rule("Misplaced alignment tab", "alignment", _ALIGNMENT, follows=True),
    _Rule("Extra alignment tab", "alignment", _ALIGNMENT, local=True),
    _Rule("Misplaced \\", "alignment", "such a command belongs at the beginning of a row of a table or matrix"),
    _Rule("Bad math environment delimiter", "nested-math", "a formula can't stand in a formula", follows=True),
    _Rule("Display math should end with", "nested-math", "a formula can't stand in a formula", follows=True),
    _Rule("Package amsmath Error", "amsmath"),
    _Rule("Unable to load picture", "image-unreadable", "the file is damaged; save it again as PNG or PDF"),
    # What TeX says when it is told to stop.
    _Rule("Interruption", "time-limit", "a macro may call itself; `time_limit` in notes.yaml sets the limit"),
    _Rule("TeX capacity exceeded", "tex-capacity", "a macro may call itself, or the formula is too deep"),
    _Rule("Extended mathchar used as mathchar", "tex-error", "this command takes a plain letter", local=True),
    _Rule("Missing number", "tex-error", "a command here wants a number or a length", local=True),
    _Rule("Illegal unit of measure", "tex-error", "a length needs a unit such as pt, em or cm", local=True),
    _Rule(
        "Limit controls must follow",
        "tex-error",
        _LIMITS,
        local=True,
    ),
    _Rule("Use of ", "tex-error", "an argument of this command is missing"),
)


def explain(message: str, token: str) -> Explained:
    """Put an error into the author's terms; `token` is the command or character that TeX had read last."""
    rule = next((rule for rule in _RULES if rule.says in message), None)
    if rule is None:
        return Explained(code="tex-error", message=_plain(message), hint=None)
    if rule.code == "undefined-command" and token:
        return Explained(code=rule.code, message=f"undefined command {token}", hint=command_hint(token))
    if rule.code == "undefined-environment" and (name := re.search(r"Environment (\S+) undefined", message)):
        return Explained(code=rule.code, message=f"undefined environment {name[1]}", hint=environment_hint(name[1]))
    return Explained(code=rule.code, message=_plain(message), hint=rule.hint, follows=rule.follows, local=rule.local)


def _plain(message: str) -> str:
    return re.sub(r"^(?:LaTeX|Package \w+) Error: ", "", message)


def repeated_label(name: str, **where: object) -> Diagnostic:
    """Return what to say of a label that is there already; keywords are the place, as fields of `Diagnostic`."""
    return warning(
        "duplicate-label", f"label `{name}` is used twice", hint="give each \\label a name of its own", **where
    )


def unknown_label(name: str, **where: object) -> Diagnostic:
    """Return what to say of a reference to nothing."""
    hint = "no \\label in this note has that name"
    return warning("undefined-reference", f"no label `{name}` in this note", hint=hint, **where)
