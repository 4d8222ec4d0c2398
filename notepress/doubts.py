r"""Commands of a formula that TeX seems to lack -> marked, so that TeX goes on well after it has said so.

TeX leaves a command out that it does not know. Then `x_1\foo_2` has a double subscript, `x^\foo` no exponent, and the
error that is only left of another looks like one of its own. `\npdoubt\foo` puts an empty atom in its place
(templates/macros.tex); what is defined after all is what it was.
"""

from __future__ import annotations

import re
from dataclasses import replace

from .definitions import PREFIX
from .lint import Vocabulary
from .model import Formula

_COMMAND = re.compile(r"%[^\n]*|\\[A-Za-z]+|\\.", re.S)
# What takes a delimiter can't take an atom, and what a name is given to is one token.
_TAKES_TOKEN = re.compile(r"\\(?:left|right|middle|[bB]igg?[lrm]?)$|\\let\\[A-Za-z]+\s*=$")
# The end of \root's first argument is no command at all.
_ENDS_ARGUMENT = frozenset(("\\of",))
_FOLLOWS_COMMAND = re.compile(r"\\[A-Za-z]+\s*$")
_MARK = re.compile(r"\{\\npdoubtful(?=\\)(\\[A-Za-z]+)\}?|\\npdoubt(?=\\)")


def with_doubts(formula: Formula, known: Vocabulary) -> Formula:
    """Mark the commands that nobody defines; in braces where the command before might take the mark alone."""
    commands = known.commands
    if commands is None or "\\" not in formula.tex:
        return formula
    found = _COMMAND.finditer(formula.tex)
    unknown = [m for m in found if m[0][1:].isalpha() and m[0].isascii() and m[0] not in commands]
    unknown = [
        m for m in unknown if m[0][0] == "\\" and m[0] not in _ENDS_ARGUMENT and not m[0].startswith(f"\\{PREFIX}")
    ]
    if not unknown:
        return formula
    pieces, here = [], 0
    for match in unknown:
        before = formula.tex[: match.start()].rstrip()
        if _TAKES_TOKEN.search(before):
            continue
        opening, closing = ("{\\npdoubtful", "}") if _FOLLOWS_COMMAND.search(before) else ("\\npdoubt", "")
        pieces += [formula.tex[here : match.start()], opening, match[0], closing]
        here = match.end()
    return replace(formula, tex="".join([*pieces, formula.tex[here:]]))


def without_doubts(tex: str) -> str:
    """Return what was marked as it was, also where it ends within a mark."""
    return _MARK.sub(lambda match: match[1] or "", tex) if "\\npdoubt" in tex else tex
