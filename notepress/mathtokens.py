"""The text of a formula -> its tokens, and these as a tree of groups and environments, and back.

Tokens are read as MathJax and KaTeX read them: a command's name is made of ASCII letters only, while XeTeX takes
hanzi for letters as well.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\\|\s+|.", re.DOTALL)


class Written(str):
    """TeX of our own making: no pass looks into it."""

    __slots__ = ()


class Numbered(str):
    """A token that knows which of its formula's tokens it is, so that something can be said of it."""

    __slots__ = ("number",)

    number: int


def numbered(flat: Sequence[str], names: Container[str]) -> list[str]:
    """Let the tokens of these names know their place."""
    out = list(flat)
    for at, token in enumerate(flat):
        if token in names and not isinstance(token, Written):
            out[at] = made = Numbered(token)
            made.number = at
    return out


@dataclass(frozen=True, slots=True)
class Group:
    """What stands between braces."""

    body: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Environment:
    r"""What stands between \begin{name} and \end{name}."""

    name: str
    body: tuple[Item, ...]


Item = str | Group | Environment

# Commands by the number of their arguments, which may be macros without braces: KaTeX takes \sqrt\frac12.
_ONE = """
acute bar breve check dot ddot dddot ddddot grave hat mathring tilde vec widehat widetilde widecheck overline
underline overbrace underbrace overrightarrow overleftarrow overleftrightarrow underrightarrow underleftarrow
underleftrightarrow overparen underparen overbracket underbracket overgroup undergroup overlinesegment
underlinesegment utilde Overrightarrow overleftharpoon overrightharpoon sqrt phantom hphantom vphantom smash
boxed fbox cancel bcancel xcancel sout mathbb mathbf mathbfit mathcal mathfrak mathit mathnormal mathrm
mathscr mathsf mathsfit mathtt mathup mathbin mathclose mathinner mathop mathopen mathord mathpunct mathrel
Bbb bold boldsymbol bm pmb frak mathbbm mathds symbf symbfit symbb symcal symfrak symit symrm symscr symsf
symtt symup operatorname operatornamewithlimits abs norm bra ket braket Bra Ket Braket set Set substack
mathllap mathrlap mathclap xleftarrow xrightarrow xLeftarrow xRightarrow xleftrightarrow xLeftrightarrow
xmapsto xhookleftarrow xhookrightarrow xleftharpoonup xleftharpoondown xrightharpoonup xrightharpoondown
xrightleftharpoons xleftrightharpoons xlongequal xtwoheadleftarrow xtwoheadrightarrow xtofrom llap rlap clap
bbox vb va vu angl phase
"""
_TWO = """
frac dfrac tfrac cfrac binom dbinom tbinom overset underset stackrel stackbin cancelto flatfrac ketbra ip op
class cssId style htmlClass htmlId htmlStyle htmlData mathtip texttip enclose splitfrac splitdfrac
"""
# The argument is text, or none of our business.
_TEXTS = """
text textrm textbf textit texttt textsf textmd textup textnormal textsc textsl emph mbox hbox fbox tag ce pu
unicode label ref eqref hspace vspace mspace kern color intertext shortintertext llap rlap clap textllap
textrlap textclap makebox
AxiomC AXC UnaryInfC UIC BinaryInfC BIC TrinaryInfC TIC LeftLabel RightLabel
"""
TEXTS = frozenset(_TEXTS.split())
# First comes text (a colour, an address), then mathematics.
NAMED = frozenset(
    ("textcolor", "href", "class", "cssId", "style", "htmlClass", "htmlId", "htmlStyle", "htmlData", "enclose")
)
BOXES = frozenset(["colorbox", "fcolorbox"])
ARITY = {
    **dict.fromkeys(TEXTS, 1),
    **dict.fromkeys(_ONE.split(), 1),
    **dict.fromkeys(_TWO.split(), 2),
    **dict.fromkeys(("textcolor", "href", "colorbox"), 2),
    **dict.fromkeys(("fcolorbox", "sideset", "prescript", "overunderset"), 3),
}


class UnbalancedError(Exception):
    """Braces or environments do not match: TeX will say where."""


def without_text(tex: str) -> str:
    r"""Leave out what stands in \text{…} and its like, where a dollar begins a formula of its own."""
    flat = tokens(tex)
    out, here = [], 0
    while here < len(flat):
        out.append(flat[here])
        here += 1
        if name_of(out[-1]) in TEXTS | BOXES and "{" in flat[here : here + 2]:
            try:
                here = group_end(flat, flat.index("{", here))
            except UnbalancedError:
                return tex
    return "".join(out)


def tokens(tex: str) -> list[str]:
    """Split a formula into commands, runs of space and single characters."""
    return _TOKEN.findall(tex)


def with_percent_signs(tex: str) -> str:
    r"""Write \% for each % that is meant as a sign: as a comment it would hide the end of a group begun in its line."""
    if "%" not in tex:
        return tex
    return "\n".join(_line_with_percent_signs(line) if "%" in line else line for line in tex.split("\n"))


def _line_with_percent_signs(line: str) -> str:
    made: list[str] = []
    flat = tokens(line)
    depth = address = 0
    for at, token in enumerate(flat):
        if token == "\\href" and "}" in flat[at:]:
            address = flat.index("}", at)
        depth = max(depth + (token == "{") - (token == "}"), 0)
        # In an address it is a letter.
        if token != "%" or at < address:
            made.append(token)
            continue
        rest, lowest = 0, 0
        for after in flat[at + 1 :]:
            rest += (after == "{") - (after == "}")
            lowest = min(lowest, rest)
        if depth == 0 or lowest == 0:
            return "".join([*made, *flat[at:]])
        made.append("\\%")
    return "".join(made)


def name_of(item: Item | None) -> str:
    r"""Return the name of a command, "frac" of \frac; empty where it is none, or one of a single sign."""
    return item[1:] if isinstance(item, str) and item[:1] == "\\" and item[1:].isalpha() else ""


def group_end(flat: Sequence[str], here: int) -> int:
    """Return the place after the group that begins `here`; raises UnbalancedError where it does not end."""
    depth = 0
    for at in range(here, len(flat)):
        depth += (flat[at] == "{") - (flat[at] == "}")
        if depth == 0:
            return at + 1
    raise UnbalancedError


def parse(flat: Sequence[str]) -> tuple[Item, ...]:
    """Make a tree of tokens; raises UnbalancedError."""
    body, end = _parse(flat, 0, "")
    if end != len(flat):
        raise UnbalancedError
    return body


def _parse(flat: Sequence[str], here: int, closing: str) -> tuple[tuple[Item, ...], int]:
    """Read up to the brace or the environment's end that `closing` names; return the place after it."""
    body: list[Item] = []
    while here < len(flat):
        token = flat[here]
        if isinstance(token, Written):
            body.append(token)
            here += 1
        elif token == "{":
            inner, here = _parse(flat, here + 1, "}")
            body.append(Group(inner))
        elif token == "}":
            if closing != "}":
                raise UnbalancedError
            return tuple(body), here + 1
        elif token in {"\\begin", "\\end"}:
            name, after = _name(flat, here + 1)
            if token == "\\end":
                if closing != f"\\end{name}":
                    raise UnbalancedError
                return tuple(body), after
            inner, here = _parse(flat, after, f"\\end{name}")
            body.append(Environment(name, inner))
        else:
            body.append(token)
            here += 1
    if closing:
        raise UnbalancedError
    return tuple(body), here


def _name(flat: Sequence[str], here: int) -> tuple[str, int]:
    r"""Read the {name} after \begin or \end."""
    while here < len(flat) and flat[here].isspace():
        here += 1
    if here == len(flat) or flat[here] != "{":
        raise UnbalancedError
    end = group_end(flat, here)
    return "".join(flat[here + 1 : end - 1]).strip(), end


def written(items: Iterable[Item]) -> str:
    """Return the text of a tree."""
    parts: list[str] = []
    for item in items:
        if isinstance(item, Group):
            parts += ["{", written(item.body), "}"]
        elif isinstance(item, Environment):
            parts += [f"\\begin{{{item.name}}}", written(item.body), f"\\end{{{item.name}}}"]
        else:
            # A command must not grow into the letters of what follows it.
            if parts and item[:1].isalpha() and re.search(r"\\[A-Za-z]+\Z", parts[-1]):
                parts.append(" ")
            parts.append(item)
    return "".join(parts)
