r"""The formulas of a note -> what is wrong with them, as far as that can be said without TeX.

What counts is what TeX would get (`Formula.tex`), since much that previews accept has been mended there; where it
stands is looked up in what the author wrote (`Formula.source`). `\left` and `\right` are left to TeX.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .commands import known_commands, known_environments, suggest_command, suggest_environment
from .dialect import Formula
from .errors import Diagnostic, error, in_order, warning

_TOKEN = re.compile(
    r"(?P<comment>%[^\n]*)|\\(?:begin|end)[ \t]*\{(?P<name>[^{}\n]*)\}|(?P<command>\\[A-Za-z]+)|\\.|[{}]"
)
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
    known = extended(known, "\n".join(formula.tex for formula in formulas if _DEFINED.search(formula.tex)))
    page = _Page(file=file, text=markdown, starts=(0, *(m.end() for m in re.finditer("\n", markdown))))
    placed = tuple(_placed(formulas, page))
    found: list[Diagnostic] = []
    for one in placed:
        found += _unknown_names(one, known, page)
        found += _unbalanced(one, page)
    found += _labels(placed, page)
    return in_order(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """The text of a note and where each line of it begins."""

    file: str
    text: str
    starts: tuple[int, ...]

    def where(self, place: int) -> dict[str, object]:
        """Return the fields of a diagnostic that say where an offset of the text lies."""
        line = bisect_right(self.starts, place)
        begin = self.starts[line - 1]
        excerpt = self.text[begin:].partition("\n")[0]
        return {"file": self.file, "line": line, "column": place - begin + 1, "excerpt": excerpt}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A formula and where its source begins in the note."""

    formula: Formula
    start: int


def _placed(formulas: Iterable[Formula], page: _Page) -> Iterator[_Placed]:
    """Find each formula from its line on, after the one before it."""
    here = 0
    for formula in formulas:
        line = page.starts[min(formula.line, len(page.starts)) - 1]
        found = page.text.find(formula.source, max(here, line))
        start = found if found >= 0 else line
        yield _Placed(formula=formula, start=start)
        here = start + len(formula.source) if found >= 0 else line


def _unknown_names(one: _Placed, known: Vocabulary, page: _Page) -> Iterator[Diagnostic]:
    """Report commands and environments that TeX does not know, at each place where they are used."""
    if known.commands is None or known.environments is None:
        return
    for match in _tokens(one.formula.tex):
        if (name := match["command"]) and name not in known.commands:
            guess = suggest_command(name)
            hint = (
                f"did you mean {guess}?" if guess else "check the spelling; TeX may lack a command that previews know"
            )
            for place in _uses(one, rf"{re.escape(name)}(?![A-Za-z])"):
                yield error("undefined-command", f"undefined command {name}", hint=hint, **page.where(place))
        elif match[0].startswith(r"\begin") and (name := match["name"]) not in known.environments:
            guess = suggest_environment(name)
            hint = f"did you mean {guess}?" if guess else "check the name after \\begin"
            for place in _uses(one, rf"\\begin[ \t]*\{{{re.escape(name)}\}}"):
                message = f"undefined environment {name}"
                yield error("undefined-environment", message, hint=hint, **page.where(place))


def _uses(one: _Placed, pattern: str) -> list[int]:
    """Return where a name is used in the source of a formula; its beginning, where only the clean-up put it there."""
    places = [m.start() for m in _tokens(one.formula.source) if re.match(pattern, m.string[m.start() :])]
    return [one.start + place for place in places] or [one.start]


def _unbalanced(one: _Placed, page: _Page) -> Iterator[Diagnostic]:
    """Report braces and environments that don't match: the first mistake only, the others follow from it."""
    if _first_mismatch(one.formula.tex) is None:
        return
    mistake = _first_mismatch(one.formula.source)
    place = one.start + (mistake.start() if mistake else 0)
    if mistake is None or not mistake["name"]:
        what = "} closes nothing" if mistake and mistake[0] == "}" else "{ is never closed"
        hint = "count { and } in this formula"
        yield error("unbalanced-braces", what, hint=hint, **page.where(place))
    else:
        partner = r"\end" if mistake[0].startswith(r"\begin") else r"\begin"
        what = f"{mistake[0]} has no {partner}"
        hint = r"every \begin{…} needs an \end of the same name, in the same group and the same formula"
        yield error("unmatched-environment", what, hint=hint, **page.where(place))


def _first_mismatch(tex: str) -> re.Match[str] | None:
    r"""Return the brace, `\begin` or `\end` that has no partner; the outermost where several are open at the end."""
    opened: list[re.Match[str]] = []
    for match in _tokens(tex):
        if match[0] == "{" or match[0].startswith(r"\begin{"):
            opened.append(match)
        elif match[0] == "}" or match[0].startswith(r"\end{"):
            if not opened:
                return match
            before = opened.pop()
            if before["name"] != match["name"]:
                # In `{ \begin{a} }` it is the environment that is left open, in `\begin{a} { \end{a}` the brace.
                return before
    return opened[0] if opened else None


def _tokens(tex: str) -> Iterator[re.Match[str]]:
    return (match for match in _TOKEN.finditer(tex) if match["comment"] is None)


def _labels(placed: Sequence[_Placed], page: _Page) -> Iterator[Diagnostic]:
    """Report labels that are used twice, and references to none."""
    seen: set[str] = set()
    for one in placed:
        for match in _LABEL.finditer(one.formula.source):
            if match[1] in seen:
                message, hint = f"label `{match[1]}` is used twice", "give each \\label a name of its own"
                yield warning("duplicate-label", message, hint=hint, **page.where(one.start + match.start()))
            seen.add(match[1])
    for one in placed:
        for match in _REFERENCE.finditer(one.formula.source):
            if match[1] not in seen:
                message, hint = f"no label `{match[1]}`", "no \\label in this note has that name"
                yield warning("undefined-reference", message, hint=hint, **page.where(one.start + match.start()))
