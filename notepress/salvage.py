"""Which formulas to show as their source, so that the rest of a note can be typeset.

TeX goes on after an error, so that one run finds the bad formulas of the whole note. But what is left of one error can
make TeX stumble over the next formula, which is sound; such a formula gets another chance without the one before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from .definitions import PREFIX, own_names_back
from .documents import TexDocument
from .errors import Diagnostic, Severity, error
from .findings import Finding

# After so many runs every formula that TeX complains of is given up.
MOST_ROUNDS = 5
# So many formulas may run into the time limit, each of which costs all of it, before the note is given up.
MOST_STOPS = 3
_OWN = re.compile(rf"\\{PREFIX}[A-Za-z]+")


def blame(findings: Sequence[Finding], *, patient: bool) -> frozenset[int]:
    """Return the formulas in which TeX found errors; if `patient`, not those that may only suffer from another's."""
    first: dict[int, Finding] = {}
    for finding in findings:
        if finding.formula is not None and finding.diagnostic.severity is Severity.ERROR:
            first.setdefault(finding.formula, finding)
    blamed: list[int] = []
    for number, finding in first.items():
        suffers = finding.follows and number - 1 in blamed
        if not (patient and suffers):
            blamed.append(number)
    return frozenset(blamed)


def may_go_on(findings: Sequence[Finding], figures: Set[str], stopped: list[int]) -> bool:
    """Say whether another run is worth its time; `stopped` learns in which formula TeX was stopped, if it was.

    One of the `figures`, by source, is left out next time.
    """
    limits = [finding for finding in findings if finding.diagnostic.code == "time-limit"]
    stopped += [finding.formula for finding in limits if finding.formula is not None]
    known = all(finding.formula is not None or finding.diagnostic.file in figures for finding in limits)
    return known and (not limits or len(stopped) < MOST_STOPS)


def endless(stopped: Sequence[int], document: TexDocument) -> dict[int, Diagnostic]:
    """Return the formulas that would not end either, and what to say of them, by number.

    `stopped` are those in which TeX was stopped, in order. A macro that never ends may be used anywhere, and each use
    would cost the time limit: after the second one, all go that use what these two have in common, as far as no
    formula before them used it and ended.
    """
    if len(stopped) < 2:
        return {}
    formulas = document.formulas
    ended = {command for formula in formulas[: stopped[0]] for command in _used(formula.tex)}
    common = (_used(formulas[stopped[-1]].tex) & _used(formulas[stopped[-2]].tex)) - ended
    lines = document.source.split("\n")
    found: dict[int, Diagnostic] = {}
    for number, formula in enumerate(formulas):
        if number not in stopped and (commands := sorted(common & _used(formula.tex))):
            found[number] = error(
                "time-limit",
                f"{own_names_back(commands[0])} does not seem to end",
                file=document.source_map.file,
                line=formula.line,
                column=formula.column,
                excerpt=lines[formula.line - 1],
                hint="TeX was stopped in two formulas that have it as well",
            )
    return found


def _used(tex: str) -> frozenset[str]:
    """Return the commands of the note that a formula uses; to define one is no use of it."""
    return frozenset(
        command for command in _OWN.findall(tex) if not re.search(rf"(?:def|let|\{{)\{command}(?![A-Za-z])", tex)
    )
