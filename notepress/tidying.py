"""The tree of a formula -> the same formula without what previews forgive and TeX does not. No line moves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .mathchemistry import chemical
from .mathlooks import TEXT_FONTS, bolder, coloured, with_greek
from .mathrows import ROWS, after_space, one_line, shaped
from .mathsigns import mended_sign
from .mathtokens import ARITY, BOXES, NAMED, TEXTS, Environment, Group, Item, Written, name_of, written

OUTER = frozenset(
    name + star
    for name in ("equation", "align", "alignat", "flalign", "gather", "multline", "eqnarray", "math", "displaymath")
    for star in ("", "*")
) | {"xalignat", "xalignat*", "xxalignat"}
_INNER = {
    **dict.fromkeys(("align", "align*", "flalign", "flalign*", "split"), "aligned"),
    **dict.fromkeys(("alignat", "alignat*", "xalignat", "xalignat*", "xxalignat"), "alignedat"),
    **dict.fromkeys(("gather", "gather*", "equation", "equation*", "multline", "multline*"), "gathered"),
    **dict.fromkeys(("math", "displaymath"), "gathered"),
    "crampedsubarray": "subarray",
}
_OPENING: dict[Item, str] = {"$": "$", "\\(": "\\)"}
_SIGNS = {"_": "\\_", "^": "\\textasciicircum{}", "&": "\\&", "#": "\\#", "$": "\\$"}
# Where an argument is missing, these come after it.
_NO_OPERANDS: frozenset[Item] = frozenset(("&", "\\\\", "\\tag", "\\label", "\\left", "\\right", "\\middle"))
# TeX's own, which take a sign or a brace: not \mathop\lim.
_PRIMITIVES = frozenset(
    (
        "mathop",
        "mathbin",
        "mathrel",
        "mathord",
        "mathopen",
        "mathclose",
        "mathpunct",
        "mathinner",
        "underline",
        "overline",
    )
)
_SLIPS = frozenset(("\\_", "\\\\", "\\not"))
_THIN = frozenset(("\\!", "\\,", "\\:", "\\;"))
# Plain TeX's commands, whose argument has rows.
_MATRICES = {name: name for name in ("matrix", "pmatrix", "cases")}


class Found:
    """Gathers what a formula held that stands elsewhere now or not at all."""

    __slots__ = ("labels", "lonely", "tags")

    def __init__(self) -> None:
        self.tags: list[str] = []
        self.labels: list[str] = []
        self.lonely: list[str] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    r"""Where a part of a formula stands: `numbered` in an environment whose rows have numbers, `text` in \\text."""

    found: Found
    arity: dict[str, int]
    numbered: bool = False
    text: bool = False


def tidy(items: Sequence[Item], place: Place) -> list[Item]:
    """Mend a list of items and all below it."""
    if place.text:
        return _texted(items, place)
    out: list[Item] = []
    here = 0
    while here < len(items):
        made, here = _step(items, here, place)
        out += made
    return _delimited(out, place)


def _texted(items: Sequence[Item], place: Place) -> list[Item]:
    r"""Mend the text of \text{…}, in which $…$ is mathematics again and _ only a sign."""
    out: list[Item] = []
    here = 0
    while here < len(items):
        item = items[here]
        if item in _OPENING and _OPENING[item] in items[here + 1 :]:
            end = list(items).index(_OPENING[item], here + 1)
            out += [item, *tidy(items[here + 1 : end], replace(place, text=False, numbered=False)), items[end]]
            here = end + 1
        elif isinstance(item, Group):
            out.append(Group(tuple(_texted(item.body, place))))
            here += 1
        else:
            sign = item if isinstance(item, str) and not isinstance(item, Written) else ""
            out.append(Written(_SIGNS[sign]) if sign in _SIGNS else item)
            here += 1
    return out


def _step(items: Sequence[Item], here: int, place: Place) -> tuple[list[Item], int]:
    item = items[here]
    if isinstance(item, Group):
        made = tuple(tidy(item.body, replace(place, numbered=False)))
        return [Group(made if _is_argument(items, here) else one_line(made))], here + 1
    if isinstance(item, Environment):
        return environment(item, place), here + 1
    if isinstance(item, Written):
        return [item], here + 1
    if item in {"_", "^"}:
        return _script(items, here, place)
    if item[0] != "\\":
        return mended_sign(items, here), here + 1
    if item in _SLIPS and (mended := _slip(items, here, place)):
        return mended
    name = name_of(item)
    if name in {"rm", "it", "sf", "tt"}:
        return [item, *tidy(with_greek(items[here + 1 :], name), place)], len(items)
    if name in {"tag", "label", "notag", "nonumber"}:
        return _number(items, here, place)
    if (
        name in _MATRICES
        and (at := after_space(items, here + 1)) < len(items)
        and isinstance(group := items[at], Group)
    ):
        return environment(Environment(name, group.body), place), at + 1
    if name in BOXES or name in TEXTS or name in NAMED or ARITY.get(name) or place.arity.get(item):
        return _operand(items, here, place)
    return mended_sign(items, here), here + 1


def _slip(items: Sequence[Item], here: int, place: Place) -> tuple[list[Item], int] | None:
    r"""Mend what is written for others: \_ and \\{ for Markdown, which takes backslashes for itself; \not\!p."""
    item, here = items[here], here + 1
    if item == "\\not":
        # What is struck out comes next.
        while here < len(items) and (items[here] in _THIN or str(items[here]).isspace()):
            here += 1
        return [item], here
    group = items[here] if here < len(items) else None
    if item == "\\_" and isinstance(group, Group):
        return _script(["_", group], 0, place)[0], here + 1
    if item == "\\\\" and isinstance(group, Group) and group.body[-1:] == ("\\\\",):
        return ["\\{", *tidy(group.body[:-1], replace(place, numbered=False)), "\\}"], here + 1
    return None


def _is_argument(items: Sequence[Item], here: int) -> bool:
    """Say whether a group may be the argument of a command that nobody knows, or the body of a definition."""
    before = items[max(here - 2, 0) : here]
    last = before[-1] if before else ""
    return isinstance(last, str) and (last[:1] == "\\" or last == "]" or before[:1] == ["#"])


def _script(items: Sequence[Item], here: int, place: Place) -> tuple[list[Item], int]:
    r"""Give a sub- or superscript that is a command its braces; put \limits before it."""
    sign = items[here]
    at = after_space(items, here + 1)
    spaces = list(items[here + 1 : at])
    if at == len(items) or (items[at] in _NO_OPERANDS and items[at] != "\\left"):
        return [sign, *spaces], at
    if name_of(items[at]) in {"limits", "nolimits"}:
        made, end = _script([sign, *items[at + 1 :]], 0, place)
        return [items[at], *spaces, *made], at + end
    if sign == "^" and items[at] == "'":
        return [*spaces, "'"], at + 1
    if name_of(items[at]) == "left":
        end = _right(items, at)
        return [sign, *spaces, Group(tuple(tidy(items[at:end], place)))], end
    if isinstance(group := items[at], Group):
        return [sign, *spaces, Group(one_line(tidy(group.body, replace(place, numbered=False))))], at + 1
    if name_of(items[at]) or isinstance(items[at], Environment):
        made, end = _step(items, at, replace(place, numbered=False))
        return [sign, *spaces, Group(tuple(made))], end
    return [sign, *spaces, *mended_sign(items, at)], at + 1


def _right(items: Sequence[Item], here: int) -> int:
    r"""Return the place after the \right that answers the \left `here`, and its delimiter."""
    depth = 0
    for at in range(here, len(items)):
        depth += {"left": 1, "right": -1}.get(name_of(items[at]), 0)
        if depth == 0:
            return min(after_space(items, at + 1) + 1, len(items))
    return len(items)


def _operand(items: Sequence[Item], here: int, place: Place) -> tuple[list[Item], int]:
    """Take a command with its arguments; those that are commands with arguments themselves get braces."""
    command = items[here]
    assert isinstance(command, str)
    if name_of(command) in {"ce", "pu"} and (at := after_space(items, here + 1)) < len(items):
        return [command, *items[here + 1 : at], Written(chemical(command, written(items[at : at + 1])))], at + 1
    if command == "\\unicode" and (
        code := re.match(r"\\unicode(?:\[[^]]*\])*\{x?([0-9A-Fa-f]+)\}", written(items[here:]))
    ):
        # MathJax's way to write any character, in decimal or with an x.
        end = next(at for at in range(here, len(items)) if isinstance(items[at], Group)) + 1
        return [Written(f"\\text{{{chr(int(code[1], 16 if 'x' in code[0][8:] else 10))}}}")], end
    name = name_of(command)
    count = place.arity.get(command, ARITY.get(name, 0))
    out: list[Item] = [command]
    here += 1
    if next(iter(items[here:]), "") == "*":
        out, here = [*out, "*"], here + 1
    for index in range(count):
        at = after_space(items, here)
        if index == 0 and next(iter(items[at:]), "") == "[" and "]" in items[at:]:
            end = at + list(items[at:]).index("]") + 1
            out += [*items[here:at], *items[at:end]]
            here, at = end, after_space(items, end)
        if at == len(items) or items[at] in _NO_OPERANDS:
            break
        text = name in TEXTS or name in BOXES or (name in NAMED and index == 0)
        out += items[here:at]
        argument = items[at]
        if (
            isinstance(argument, str)
            and name_of(argument)
            and (ARITY.get(name_of(argument)) or place.arity.get(argument))
        ):
            made, here = _operand(items, at, place)
            out.append(Group(tuple(made)))
        elif isinstance(argument, Environment):
            out.append(Group(tuple(environment(argument, replace(place, numbered=False)))))
            here = at + 1
        else:
            made, here = _step(items[: at + 1], at, replace(place, numbered=False, text=text))
            out += _argument(name, argument, made) if name in ARITY and not text and name != "substack" else made
    if name in {"boldsymbol", "bm"}:
        out[1:] = [bolder(item) for item in out[1:]]
    elif name in TEXT_FONTS:
        out[1:] = with_greek(out[1:], name)
    return coloured(out, name), here


def _argument(name: str, given: Item, made: list[Item]) -> list[Item]:
    """Return an argument of a command as what TeX takes for one: a single line, in braces where it has to be."""
    if isinstance(given, Group):
        return [Group(one_line(one.body)) if isinstance(one, Group) else one for one in made]
    return [Group(tuple(made))] if name_of(given) and name in _PRIMITIVES else made


def _number(items: Sequence[Item], here: int, place: Place) -> tuple[list[Item], int]:
    r"""Leave \tag, \label and \notag where rows have numbers, and take them out elsewhere."""
    name = name_of(items[here])
    if name in {"notag", "nonumber"}:
        return ([items[here]] if place.numbered else []), here + 1
    start = here
    here += 1
    if next(iter(items[here:]), "") == "*":
        here += 1
    at = after_space(items, here)
    if at == len(items) or not isinstance(items[at], Group):
        return [], at
    text = written(items[start : at + 1])
    lines = [Written("\n")] * text.count("\n")
    if place.numbered:
        return [Written(text)], at + 1
    (place.found.tags if name == "tag" else place.found.labels).append(text.replace("\n", " "))
    return [*lines], at + 1


def _delimited(items: list[Item], place: Place) -> list[Item]:
    r"""Give every \left and \right of a cell its other half; braces end a cell as well."""
    if "\\left" not in items and "\\right" not in items:
        return items
    out: list[Item] = []
    cell: list[Item] = []
    for item in [*items, "&"]:
        if item in {"&", "\\\\", "\\cr"}:
            out += [*_paired(cell, place), item]
            cell = []
        else:
            cell.append(item)
    return out[:-1]


def _paired(cell: list[Item], place: Place) -> list[Item]:
    open_ones: list[str] = []
    lonely: list[str] = []
    for item in cell:
        if not isinstance(item, str) or item not in {"\\left", "\\right"}:
            continue
        if item == "\\left":
            open_ones.append(item)
        elif open_ones:
            open_ones.pop()
        else:
            lonely.append(item)
    place.found.lonely += (open_ones or lonely)[:1]
    return [*[Written("\\left.")] * len(lonely), *cell, *[Written("\\right.")] * len(open_ones)]


def environment(item: Environment, place: Place) -> list[Item]:
    """Mend an environment that stands inside other mathematics."""
    name = _INNER.get(item.name, item.name)
    body = list(item.body)
    if name in {"numcases", "subnumcases"}:
        # What stands before the brace is an argument; each case would have a number.
        at = after_space(body, 0)
        return [*tidy(body[: at + 1], place), *rows(Environment("cases", tuple(body[at + 1 :])), place)]
    if name in {"eqnarray", "eqnarray*"}:
        column = ">{\\displaystyle}"
        return rows(Environment("array", (Written(f"{{{column}r{column}c{column}l}}"), *body)), place)
    return rows(Environment(name, tuple(body)), place)


def rows(item: Environment, place: Place) -> list[Item]:
    """Mend what all environments of rows and cells share."""
    name, body = item.name, tidy(item.body, place)
    return shaped(name, body) if name in ROWS else [Environment(name, tuple(body))]
