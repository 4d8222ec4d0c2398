"""Attribute lists of kramdown and MkDocs, `{: .class #id }` -> what pandoc reads, or the box that a class names.

A list in a line belongs to what stands before it, one on a line of its own to the block before or, after a blank line,
behind it. Themes of Jekyll make boxes by classes: `{: .prompt-tip }` after a quote, `{: .notice--info}` after a
paragraph. Other classes are looks of a site. `{::comment}` hides what follows it, and `{::options}` is for the program.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .callouts import KINDS
from .fences import outside_code

_PART = r"""(?:[.#][\w:-]+|[\w-]+=(?:"[^"\n]*"|'[^'\n]*'|[^\s{}"']+))"""
_LIST = rf"\{{:[ \t]*(?P<list>{_PART}(?:[ \t]*{_PART})*)[ \t]*\}}"
_TOKEN = re.compile(
    r"(?<!`)(?P<ticks>`+)(?!`)[^\n]*?(?<!`)(?P=ticks)(?!`)"
    r"|(?P<hidden>\{::comment\}.*?\{:/(?:comment)?\})"
    r"|(?P<option>\{:(?::(?:nomarkdown|options|comment)\b[^{}\n]*|/(?:nomarkdown|comment)?)\})"
    rf"|(?P<edge>[ \t]*){_LIST}",
    re.S,
)
_ALONE = re.compile(rf"[ \t]*{_LIST}[ \t]*$")
_BOX = re.compile(
    r"\.(?:prompt|notice|alert|callout|admonition|box)-{1,2}(?P<kind>\w+)|\.(?P<name>[a-z]+)(?:-title)?(?![\w-])"
)
_IDENT = re.compile(r"#([\w:-]+)")
_HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]")
_THEMES = {"primary": "note", "success": "tip", "notice": "note", "default": "note"}


def plain_attributes(text: str, lines: Sequence[int] = ()) -> tuple[str, tuple[int, ...]]:
    """Return a text without such lists, and from which line of the note each of its lines came.

    `lines` says that of the lines of `text`; both are empty where every line is the note's.
    """
    if "{:" not in text:
        return text, tuple(lines)
    given = text.split("\n")
    text = _in_lines(text)
    made = _blocks(text.split("\n"))
    came = tuple(lines[number - 1] if lines else number for number, _ in made)
    return "\n".join(line for _, line in made), came if lines or len(made) > len(given) else ()


def _in_lines(text: str) -> str:
    """Rewrite the lists that follow something in their line, and what is for the program."""
    pieces, here = [], 0
    for match in outside_code(_TOKEN, text):
        if match["ticks"]:
            continue
        begin = text.rfind("\n", 0, match.start()) + 1
        end = text.find("\n", match.end())
        after = text[match.end() : end if end >= 0 else len(text)].strip()
        before = text[begin : match.start()].strip(" \t>")
        if match["hidden"] or match["option"]:
            made = "\n" * match[0].count("\n")
        elif not before and not after:
            continue
        elif (before[-1:] in {"*", "_", "`", ")", "]", "~"} and not match["edge"]) or _HEADING.match(text, begin):
            made = f"{match['edge']}{{{match['list']}}}"
        else:
            # Of an item of a list, or of nothing.
            made = "" if not after or not before.strip("-*+ ") else match[0]
        pieces += [text[here : match.start()], made]
        here = match.end()
    return "".join([*pieces, text[here:]])


def _blocks(lines: list[str]) -> list[tuple[int, str]]:
    """Rewrite the lists that stand alone on their lines."""
    made: list[tuple[int, str]] = []
    # Where the block that is being read begins in `made`; what ends the box around it.
    begin, ending = 0, ""
    for number, line in enumerate(lines, 1):
        match = _ALONE.match(line) if "{:" in line else None
        if match is None:
            if not line.strip():
                made += [(number, ending)] if ending else []
                begin, ending = len(made) + 1, ""
            made.append((number, line))
            continue
        kind, ident = _kind(match["list"]), _IDENT.search(match["list"])
        block = [text for _, text in made[begin:]]
        if not block:
            opening, ending = _box(kind, lines[number] if number < len(lines) else "")
            made.append((number, opening))
            begin = len(made)
        elif kind:
            opening, closing = _box(kind, block[0])
            made.insert(begin, (made[begin][0], opening))
            made.append((number, closing))
        elif _HEADING.match(block[-1]) and ident:
            made[-1] = made[-1][0], f"{block[-1]} {{#{ident[1]}}}"
            made.append((number, ""))
        elif block[-1].rstrip().endswith(")") and block[-1].lstrip().startswith("!["):
            made[-1] = made[-1][0], f"{block[-1].rstrip()}{{{match['list']}}}"
            made.append((number, ""))
        else:
            anchored = ident and not block[-1].lstrip().startswith("|")
            made.append((number, f'<a id="{ident[1]}"></a>' if ident and anchored else ""))
    return made + ([(len(lines), ending)] if ending else [])


def _box(kind: str, first: str) -> tuple[str, str]:
    """Return the lines that make a box of a block that begins with the line `first`: before it and after it."""
    if not kind:
        return "", ""
    if first.lstrip().startswith(">"):
        return f"> [!{kind}]", ""
    return f"::: {kind}", ":::"


def _kind(attributes: str) -> str:
    """Return the name of the box that a class is, or nothing."""
    for match in _BOX.finditer(attributes):
        name = match["kind"] or match["name"]
        if name in KINDS or name in _THEMES:
            return _THEMES.get(name, name)
    return ""
