"""Formula -> what in it can't be right: braces and environments that don't match.

Such a formula would swallow what follows it, so it must never reach TeX: TeX would complain a paragraph later.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .errors import Diagnostic, error
from .model import Formula
from .placing import place_in_source

_TOKEN = re.compile(
    r"\\(?P<edge>begin|end)[ \t]*\{(?P<name>[^{}\n]*)\}|\\(?:[A-Za-z]+|.|\n)|(?P<brace>[{}])|%[^\n]*|\\$", re.DOTALL
)


def check_structure(formula: Formula, lines: Sequence[str], *, file: str) -> Diagnostic | None:
    r"""Return an error for the first brace, \begin or \end without its counterpart; `lines` are those of the note."""
    open_tokens: list[tuple[str, int]] = []
    for match in _TOKEN.finditer(formula.tex):
        opened = open_tokens[-1][0] if open_tokens else None
        if match["brace"] == "{":
            open_tokens.append(("{", match.end()))
        elif match["brace"] == "}":
            if opened != "{":
                return _problem(formula, match.end(), "}", opened, lines, file)
            open_tokens.pop()
        elif match["edge"] == "begin":
            open_tokens.append((match["name"], match.end()))
        elif match["edge"] == "end":
            if opened != match["name"]:
                return _problem(formula, match.end(), match[0], opened, lines, file)
            open_tokens.pop()
    if open_tokens:
        name, end = open_tokens[-1]
        token = "{" if name == "{" else formula.tex[formula.tex.rfind("\\begin", 0, end) : end]
        return _problem(formula, end, token, None, lines, file)
    return None


def _problem(formula: Formula, end: int, token: str, opened: str | None, lines: Sequence[str], file: str) -> Diagnostic:
    place = place_in_source(formula, formula.tex[:end], token, lines)
    braces = token in ("{", "}") and opened in (None, "{")
    if braces:
        message = "{ without its }" if token == "{" else "} without its {"
        code, hint = "unbalanced-braces", "count { and } in this formula; a brace that is printed is \\{ or \\}"
    else:
        code, hint = "unbalanced-environment", "every \\begin{…} needs its \\end{…} of the same name"
        inside = "" if opened is None else " inside {" if opened == "{" else f" inside \\begin{{{opened}}}"
        message = f"{token}{inside} has no counterpart"
    return error(code, message, file=file, line=place.line, column=place.column, excerpt=place.excerpt, hint=hint)
