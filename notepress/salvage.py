"""Which formulas to show as their source, so that the rest of a note can be typeset.

TeX goes on after an error, so that one run finds the bad formulas of the whole note. But what is left of one error can
make TeX stumble over the next formula, which is sound; such a formula gets another chance without the one before it.
"""

from __future__ import annotations

from collections.abc import Sequence

from .errors import Severity
from .texlog import Finding

# After so many runs every formula that TeX complains of is given up.
MOST_ROUNDS = 5


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
