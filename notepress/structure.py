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
    # In an address and in \verb, braces and % are letters.
    r"\\href[ \t]*\{[^{}\n]*\}|\\verb(?P<bar>[^A-Za-z\s])[^\n]*?(?P=bar)"
    r"|\\(?P<edge>begin|end)[ \t]*\{(?P<name>[^{}\n]*)\}|\\(?:[A-Za-z]+|.|\n)|(?P<brace>[{}])|%[^\n]*|\\$",
    re.DOTALL,
)


# What a } means within an environment that began after its {: nothing, the end of both, or the end of the group alone,
# where the two are crossed.
_MEANINGS = ("stray", "ends both", "crossed")
_Mismatch = tuple[int, str, str | None]


def check_structure(formula: Formula, lines: Sequence[str], *, file: str) -> tuple[Diagnostic, ...]:
    r"""Return an error for each brace, \begin or \end without its counterpart; `lines` are those of the note.

    Of the ways to read a formula that one thing is wrong with, the one counts that leaves the fewest others.
    """
    first = _mismatches(formula.tex, _MEANINGS[0])
    if len(first) > 1:
        first = min([first, *(_mismatches(formula.tex, meaning) for meaning in _MEANINGS[1:])], key=len)
    return tuple(_problem(formula, end, token, opened, lines, file) for end, token, opened in first)


def _mismatches(tex: str, meaning: str) -> list[_Mismatch]:
    """Return what has no counterpart: where it ends, what it is, and what was open there."""
    open_tokens: list[tuple[str, int]] = []
    found: list[_Mismatch] = []
    for match in _TOKEN.finditer(tex):
        opened = open_tokens[-1][0] if open_tokens else None
        if match["brace"] == "{":
            open_tokens.append(("{", match.end()))
        elif match["edge"] == "begin":
            open_tokens.append((match["name"], match.end()))
        elif closed := "{" if match["brace"] else match["name"] if match["edge"] else None:
            if opened == closed:
                open_tokens.pop()
                continue
            found.append((match.end(), match[0], opened))
            _recover(open_tokens, closed, meaning)
    for name, end in reversed(open_tokens):
        token = "{" if name == "{" else tex[tex.rfind("\\begin", 0, end) : end]
        found.append((end, token, None))
    return found


def _recover(open_tokens: list[tuple[str, int]], closed: str, meaning: str) -> None:
    """Forget what a token closes that is not the last one opened."""
    names = [name for name, _ in open_tokens]
    last = len(names) - 1 - names[::-1].index(closed) if closed in names else None
    if last is None:
        # An environment whose end has another name; a brace closes nothing.
        if closed != "{" and names and names[-1] != "{":
            open_tokens.pop()
    elif closed != "{" or meaning == "ends both":
        del open_tokens[last:]
    elif meaning == "crossed":
        del open_tokens[last]


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
