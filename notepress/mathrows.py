"""Rows and cells of a formula -> an environment of amsmath that has room for them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .mathtokens import Environment, Group, Item, Written, written

# The length that may follow \\ in brackets.
DIMENSION = re.compile(r"\[\s*[-+]?(?:\d+\.?\d*|\.\d+)\s*(?:pt|em|ex|mm|cm|in|bp|pc|mu|px|dd|cc|sp)\s*\]")
_NAMES = """
aligned alignedat gathered split cases dcases rcases drcases matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix
smallmatrix array darray subarray align align* alignat alignat* flalign flalign* gather gather* multline
multline* eqnarray eqnarray*
"""
ROWS = frozenset(_NAMES.split())
_CASES = {"cases": ("\\{", "."), "dcases": ("\\{", "."), "rcases": (".", "\\}"), "drcases": (".", "\\}")}


def after_space(items: Sequence[Item], here: int) -> int:
    """Return the place of the next item that is no space."""
    while here < len(items) and isinstance(at := items[here], str) and at.isspace():
        here += 1
    return here


def one_line(body: Sequence[Item]) -> tuple[Item, ...]:
    r"""Return what stands in a group with a space for each \\: there are no rows, and TeX would print a sign for it."""
    return tuple(Written("\\;") if item == "\\\\" else item for item in body) if "\\\\" in body else tuple(body)


def shaped(name: str, body: list[Item]) -> list[Item]:
    """Give rows that are tidy themselves an environment that has room for them."""
    body = _without_last_break(body)
    most = max((sum(i == "&" for i in row) for row in _split_rows(body)), default=0)
    if name in {"gathered", "gather", "gather*", "multline", "multline*"} and most:
        name = {"gathered": "aligned"}.get(name, "align" + "*" * name.endswith("*"))
    if name in {"array", "darray", "subarray"}:
        body = _columns(body, most + 1)
        name = "array" if name == "darray" else name
    if name in {"alignat", "alignat*", "alignedat"}:
        body = _pairs(body, most)
    if name in _CASES and most > 1:
        left, right = _CASES[name]
        style = ">{\\displaystyle}l" if name[0] == "d" else "l"
        inner = Environment("array", (Written(f"{{@{{}}{style}*{{{most}}}{{@{{\\quad}}{style}}}@{{}}}}"), *body))
        return [Written(f"\\left{left}"), inner, Written(f"\\right{right}")]
    # [t] says how it stands on the line; anything else in brackets is mathematics.
    if name in {"aligned", "gathered", "alignedat"} and re.match(r"\s*\[(?![tbc]\])", written(body[:4])):
        body.insert(after_space(body, 0), Written("{}"))
    return [Environment(name, tuple(body))]


def _split_rows(body: Sequence[Item]) -> list[list[Item]]:
    found: list[list[Item]] = [[]]
    for item in body:
        if item in {"\\\\", "\\cr"}:
            found.append([])
        else:
            found[-1].append(item)
    return found


def _without_last_break(body: list[Item]) -> list[Item]:
    r"""Drop a \\ after which nothing follows: it would be an empty line, with a number of its own."""
    while (last := max((at for at, item in enumerate(body) if item in {"\\\\", "\\cr"}), default=None)) is not None:
        rest = written(body[last + 1 :])
        if rest.strip() and not DIMENSION.fullmatch(rest.strip()) and rest.strip() not in {"{}", "*"}:
            break
        body = [*body[:last], *[i for i in body[last + 1 :] if isinstance(i, str) and i.isspace()]]
    return body


def _columns(body: list[Item], needed: int) -> list[Item]:
    """Read an array's columns: what LaTeX has no word for is centred, and there are enough of them."""
    at = after_space(body, 0)
    if next(iter(body[at:]), "") == "[" and "]" in body[at:]:
        at = after_space(body, at + body[at:].index("]") + 1)
    head, given = body[:at], body[at] if at < len(body) else None
    if isinstance(given, Written):
        return body
    if not isinstance(given, Group):
        return [*head, Written(f"{{*{{{needed}}}{{c}}}}"), *body[at:]]
    spec, count = "", 0
    inner = list(given.body)
    for index, item in enumerate(inner):
        before = inner[index - 1] if index else ""
        if isinstance(item, Group):
            spec += (
                f"{{{written(item.body)}}}"
                if before in {"p", "m", "b", "@", "!", ">", "<", "*"} or spec[-1:] == "}"
                else ""
            )
        elif item in {"l", "c", "r", "p", "m", "b"}:
            spec, count = spec + str(item), count + 1
        elif item in {"|", ":"}:
            spec += "|"
        elif isinstance(item, str) and item in "@!><*":
            spec += item
            count += 50 * (item == "*")
        elif isinstance(item, str) and item.isalpha():
            spec, count = spec + "c", count + 1
        elif isinstance(item, str) and item.isspace():
            spec += "\n" * item.count("\n")
    if count < needed:
        spec += f"*{{{needed - count}}}{{{'l' if not count else 'c'}}}"
    return [*head, Written(f"{{{spec}}}"), *body[at + 1 :]]


def _pairs(body: list[Item], most: int) -> list[Item]:
    """Give alignat the number of its pairs, which it needs and previews count themselves."""
    at = after_space(body, 0)
    needed = most // 2 + 1
    given = body[at] if at < len(body) else None
    if isinstance(given, Group) and written(given.body).strip().isdigit():
        needed = max(needed, int(written(given.body)))
        return [*body[:at], Written(f"{{{needed}}}"), *body[at + 1 :]]
    return [Written(f"{{{needed}}}"), *body]
