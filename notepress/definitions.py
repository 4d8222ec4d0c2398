r"""Definitions in formulas -> definitions that hold to the end of the note and reach nothing but formulas.

MathJax keeps what a formula defines for all that follow; TeX forgets it with the formula's group. So definitions are
made global, under a name of their own: \foo becomes \npmathfoo, here and in every formula after. The document's own
commands have no such names, so \def\par or \renewcommand{\section} cannot reach them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .mathtokens import UnbalancedError, Written, group_end

PREFIX = "npmath"
# Ends what was made of a definition.
END = Written(" ")
_COMMANDS = frozenset(("\\newcommand", "\\renewcommand", "\\providecommand", "\\DeclareRobustCommand"))
_DEFS = {"\\def": "\\gdef", "\\gdef": "\\gdef", "\\edef": "\\xdef", "\\xdef": "\\xdef"}
_OPERATORS = {"\\DeclareMathOperator": "\\npoperator", "\\DeclarePairedDelimiter": "\\npdelimiter"}
# mathtools' delimiters with a body of their own: how many groups follow the number of arguments.
_PAIRED = {"\\DeclarePairedDelimiterX": 3, "\\DeclarePairedDelimiterXPP": 5}
_ENVIRONMENTS = frozenset(("\\newenvironment", "\\renewenvironment"))
_STARTS = _COMMANDS | _ENVIRONMENTS | frozenset([*_DEFS, *_OPERATORS, *_PAIRED, "\\let"])
# Prefixes of a definition, which all get anyway or none needs.
_PREFIXES = frozenset(("\\global", "\\long", "\\outer", "\\protected"))


class Known:
    """What the formulas of a note have defined so far: commands with the number of their arguments, environments."""

    __slots__ = ("arity", "environments", "written")

    def __init__(self) -> None:
        self.arity: dict[str, int] = {}
        self.environments: set[str] = set()
        self.written: list[str] = []

    def __bool__(self) -> bool:
        return bool(self.arity or self.environments or self.written)

    def state(self) -> tuple[dict[str, int], set[str], list[str]]:
        """Return what `go_back` takes."""
        return dict(self.arity), set(self.environments), list(self.written)

    def go_back(self, state: tuple[dict[str, int], set[str], list[str]]) -> None:
        """Forget what was defined since."""
        self.arity, self.environments, self.written = state


def own_name(command: str) -> str:
    r"""Return the name that a command of the author's gets; one of a single sign becomes letters."""
    name = command[1:]
    letters = name if name.isascii() and name.isalpha() else "".join(f"{ord(c):x}" for c in name)
    return f"\\{PREFIX}" + re.sub(r"\d", lambda m: chr(ord("G") + int(m[0])), letters)


def own_names_back(text: str) -> str:
    """Return what TeX says in the author's names."""
    return text.replace(f"\\{PREFIX}", "\\")


def own_names(flat: Sequence[str], known: Known, *, within: bool = False) -> list[str]:
    """Give all that is defined a name of its own, from its definition on; `known` learns what is defined.

    `within` a definition, # is a parameter; elsewhere it is a sign.
    """
    out: list[str] = []
    here = 0
    while here < len(flat):
        token = flat[here]
        if token in _PREFIXES and _next(flat, here + 1) in _STARTS | _PREFIXES:
            end = _after_space(flat, here + 1)
            out += _lines(flat[here:end], [])
            here = end
        elif token in _STARTS:
            try:
                made, end = _definition(flat, here, known)
            except (UnbalancedError, IndexError):
                # Nothing that could be read; the filter refuses it.
                made, end = [token], here + 1
            out += [*made, *_lines(flat[here:end], made)]
            here = end
        elif token in {"\\begin", "\\end"}:
            match = re.match(r"\s*\{\s*([A-Za-z]+\*?)\s*\}", "".join(flat[here + 1 : here + 60]))
            out.append(token)
            here += 1
            if match and match[1] in known.environments:
                here = group_end(flat, _after_space(flat, here))
                out += ["{", PREFIX + match[1], "}"]
        else:
            plain = "\\#" if token == "#" and not within else token
            out.append(own_name(token) if token in known.arity else plain)
            here += 1
    return out


def _lines(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Return the line ends that are in the old tokens and not in the new ones."""
    return [Written("\n")] * ("".join(old).count("\n") - "".join(new).count("\n"))


def _definition(flat: Sequence[str], here: int, known: Known) -> tuple[list[str], int]:
    start = flat[here]
    here = _after_space(flat, here + 1)
    star = flat[here] == "*"
    here = _after_space(flat, here + 1) if star else here
    if start in _ENVIRONMENTS:
        end = group_end(flat, here)
        name = "".join(flat[here + 1 : end - 1]).strip()
        if not re.fullmatch(r"[A-Za-z]+\*?", name):
            raise UnbalancedError
        known.environments.add(name)
        arguments, end = _brackets(flat, end)
        return _bodies(flat, end, 2, [Written(f"\\npenvironment{{{PREFIX}{name}}}"), *arguments], known)
    braced = flat[here] == "{" and start not in _DEFS and start != "\\let"
    here = _after_space(flat, here + 1) if braced else here
    name = flat[here]
    if name[:1] != "\\" or len(name) == 1 or name[1:].isspace():
        raise UnbalancedError
    here += 1
    if braced:
        here = _after_space(flat, here)
        if flat[here] != "}":
            raise UnbalancedError
        here += 1
    mine = own_name(name)
    if start == "\\let":
        return _let(flat, here, name, known)
    if start in _DEFS:
        end = here
        while flat[end] not in {"{", "}"}:
            end += 1
        parameters = "".join(flat[here:end])
        arity = parameters.count("#") if re.fullmatch(r"(?:#\d)*", parameters) else 0
        made = _bodies(flat, end, 1, [Written(f"{_DEFS[start]}{mine}"), *flat[here:end]], known)
    elif start in _OPERATORS:
        arity = 1 if start == "\\DeclarePairedDelimiter" else 0
        bodies = 2 if arity else 1
        made = _bodies(flat, here, bodies, [Written(f"{_OPERATORS[start]}{'*' * star}{{{mine}}}")], known)
    else:
        arguments, end = _brackets(flat, here)
        count = re.match(r"\[\s*(\d)\s*\](\[)?", "".join(arguments))
        arity = int(count[1]) - bool(count[2]) if count else 0
        maker = start.replace("\\Declare", "\\np") if start in _PAIRED else "\\npcommand"
        head = [Written(f"{maker}{{{mine}}}"), *own_names(arguments, known, within=True)]
        made = _bodies(flat, end, _PAIRED.get(start, 1), head, known)
    known.arity[name] = arity
    return made


def _let(flat: Sequence[str], here: int, name: str, known: Known) -> tuple[list[str], int]:
    r"""\let\x=\y: what it stands for is one token."""
    here = _after_space(flat, here)
    here = _after_space(flat, here + 1) if flat[here] == "=" else here
    if flat[here] in {"{", "}"}:
        raise UnbalancedError
    value = own_name(flat[here]) if flat[here] in known.arity else flat[here]
    made = [Written(f"\\global\\let{own_name(name)}="), value, END]
    known.arity[name] = known.arity.get(flat[here], 0)
    known.written.append("".join(made))
    return made, here + 1


def _bodies(flat: Sequence[str], here: int, count: int, head: Sequence[str], known: Known) -> tuple[list[str], int]:
    """Take the groups that follow a definition's head; in them the name still means what it did."""
    made = list(head)
    for _ in range(count):
        here = _after_space(flat, here)
        # \newcommand\R\mathbb{R} is read by MathJax as TeX does: one token.
        end = group_end(flat, here) if flat[here] == "{" else here + 1
        body = list(flat[here:end]) if flat[here] == "{" else ["{", flat[here], "}"]
        made += own_names(body, known, within=True)
        here = end
    made.append(END)
    known.written.append("".join(made))
    return made, here


def _brackets(flat: Sequence[str], here: int) -> tuple[list[str], int]:
    """Read the [2][default] of a definition."""
    found: list[str] = []
    for _ in range(2):
        at = _after_space(flat, here)
        if flat[at : at + 1] != ["["]:
            break
        end = at + 1
        while flat[end] != "]":
            end = group_end(flat, end) if flat[end] == "{" else end + 1
        found += flat[at : end + 1]
        here = end + 1
    return found, here


def _after_space(flat: Sequence[str], here: int) -> int:
    while here < len(flat) and flat[here].isspace():
        here += 1
    return here


def _next(flat: Sequence[str], here: int) -> str:
    at = _after_space(flat, here)
    return flat[at] if at < len(flat) else ""
