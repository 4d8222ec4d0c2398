"""What TeX found: a diagnostic with its formula, and whether it is a mistake or only what came of another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .errors import Diagnostic

# Where TeX is within what stands for a command that it does not know, see `doubts`.
MENDED = "\\npundefined"
# What is always said: each such place is one by itself.
_ALWAYS = ("undefined-command", "time-limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A diagnostic, and the number of the formula it concerns, if it is one of the note's formulas.

    `follows` says that such an error is often only what is left of another one before it, `local` that TeX goes on
    after it as if there had been none.
    """

    diagnostic: Diagnostic
    formula: int | None = None
    follows: bool = False
    local: bool = False


def is_own_mistake(finding: Finding, context: str, before: Sequence[Finding]) -> bool:
    """Say whether an error in a formula is one of the author's, or comes of those `before` it in this formula.

    `context` is what TeX wrote of the place.
    """
    found = finding.diagnostic
    if found.code in _ALWAYS:
        return True
    if MENDED in context:
        # Of the atom in the place of an unknown command, which is said as well.
        return False
    others = [other.diagnostic for other in before]
    if found.code == "alignment" and any(o.code == found.code and o.line == found.line for o in others):
        # Every & too many in one row.
        return False
    apart = all((o.line, o.column) != (found.line, found.column) for o in others)
    return not before or (apart and finding.local and all(other.local for other in before))
