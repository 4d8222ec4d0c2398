r"""The commands and environments that TeX knows in a note, from a list that TeX itself has made (`make commands`).

Names of commands are written with their backslash, those of environments without one: `\alpha`, `align*`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path

LIST = Path(__file__).with_name("data") / "commands.txt"
# Below this share of equal letters, a suggestion is a riddle rather than a help.
_ALIKE = 0.75
# Of a shorter one, backslash included, every second symbol is a misspelling.
_SHORTEST = 3
# unicode-math's names for single letters, which nobody types: \mbfsansH, \BbbN.
_LETTERS = re.compile(r"\\(?:m(?:bf|bbf|it|up|tt|scr|sans|frak)|Bbb)\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandList:
    """What TeX knows: `math` are the commands that the packages for formulas name, `other` all the rest.

    `engine` is the first line of `xelatex --version`, for which the list holds.
    """

    engine: str
    math: tuple[str, ...]
    other: tuple[str, ...]
    environments: tuple[str, ...]


def parse_list(text: str) -> CommandList:
    """Read the list; a line that begins with % is a title, the first one names the engine."""
    engine, *parts = text.split("\n% ")
    names = [tuple(part.split("\n")[1:]) for part in parts]
    math, other, environments = (tuple(filter(None, part)) for part in names)
    return CommandList(engine=engine.removeprefix("% "), math=math, other=other, environments=environments)


def list_text(known: CommandList) -> str:
    """Return the list as it stands in the file, the inverse of `parse_list`."""
    titles = ("commands of formulas", "other commands", "environments")
    parts = (known.math, known.other, known.environments)
    lines = [f"% {known.engine}"]
    for title, names in zip(titles, parts, strict=True):
        lines += [f"% {title}", *names]
    return "\n".join(lines) + "\n"


def known_commands() -> frozenset[str]:
    r"""Return every command of letters that TeX knows in text or in a formula, such as `\alpha`."""
    return _sets()[0]


def known_environments() -> frozenset[str]:
    r"""Return every name that `\begin` takes.

    To LaTeX that is the name of any command: `\begin{bfseries}` is `\bfseries` within braces.
    """
    return _sets()[1]


@cache
def suggest_command(name: str) -> str | None:
    r"""Return the command of formulas that was probably meant by an unknown one, None where none is close."""
    if len(name) < _SHORTEST:
        return None
    return _nearest(name, [command for command in _list().math if not _LETTERS.fullmatch(command)])


@cache
def suggest_environment(name: str) -> str | None:
    r"""Return the environment that was probably meant by an unknown one, None where none is close."""
    return _nearest(name, _list().environments)


def command_hint(name: str) -> str:
    """Return what to do about an unknown command."""
    guess = suggest_command(name)
    return f"did you mean {guess}?" if guess else "check the spelling; TeX may lack a command that previews know"


def environment_hint(name: str) -> str:
    """Return what to do about an unknown environment."""
    guess = suggest_environment(name)
    return f"did you mean \\begin{{{guess}}}?" if guess else "check the name after \\begin"


def _nearest(name: str, known: Sequence[str]) -> str | None:
    """Return the most similar name; of two, the one that begins like it for longer, then the first in order."""
    close = difflib.get_close_matches(name, known, n=5, cutoff=_ALIKE)
    if not close:
        return None
    best = difflib.SequenceMatcher(None, close[0], name).ratio()
    alike = [one for one in close if difflib.SequenceMatcher(None, one, name).ratio() == best]
    return max(sorted(alike), key=lambda one: _shared_beginning(one, name))


def _shared_beginning(one: str, other: str) -> int:
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))))


@cache
def _list() -> CommandList:
    return parse_list(LIST.read_text("utf-8"))


@cache
def _sets() -> tuple[frozenset[str], frozenset[str]]:
    known = _list()
    commands = frozenset(known.math) | frozenset(known.other)
    return commands, frozenset(known.environments) | {name.removeprefix("\\") for name in commands}
