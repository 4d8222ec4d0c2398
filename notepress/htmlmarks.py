"""A line of HTML that opens or ends a box -> the box; what stands between such lines is Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from .boxmarks import Box

# What a line has to look like to be worth a closer look.
MAY_OPEN = r"</?(?:details|center|div|p|aside|tabs|tabitem|card|callout|admonition|codegroup(?:item)?)[\s>]"
_NAMES = "details|center|div|p|aside|tabs|tabitem|card|callout|admonition|codegroup(?:item)?"
_OPENING = re.compile(rf"<(?P<name>{_NAMES})(?P<attributes>\s[^<>]*)?>[ \t]*(?P<rest>.*)$", re.I)
_ENDING = re.compile(rf"</(?P<name>{_NAMES})[ \t]*>[ \t]*$", re.I)
# Components of Docusaurus, VuePress and their like -> the boxes they are; what they are called is an attribute.
_COMPONENTS = MappingProxyType(
    {
        "aside": "{.callout kind=note}",
        "tabs": "{.tagged}",
        "tabitem": "{.callout kind=tab}",
        "card": "{.callout kind=note}",
    }
    | {"callout": "{.callout kind=note}", "admonition": "{.callout kind=note}", "codegroup": "{.tagged}"}
    | {"codegroupitem": "{.callout kind=tab}"}
)
_TITLE = re.compile(r"""\b(?:label|title|header|value)[ \t]*=[ \t]*(?:"(?P<a>[^"]*)"|'(?P<b>[^']*)')""")
_SUMMARY = re.compile(r"[ \t>]*<summary[^<>]*>(?P<text>.*?)</summary>[ \t]*$", re.I | re.S)
_CENTRED = re.compile(r"""\balign[ \t]*=[ \t]*["']?center|text-align[ \t]*:[ \t]*center""", re.I)
_MOST_LINES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlBox:
    """A box of HTML; `through` is the last line (from 1) that its opening takes, where its title stands there."""

    box: Box
    through: int


def html_ending(text: str) -> str | None:
    """Return the end of a box of HTML, as `Box.ending` has it, where a line is one."""
    match = _ENDING.match(text.strip())
    return f"</{match['name'].lower()}>" if match else None


def html_box(text: str, number: int, lines: Sequence[str]) -> HtmlBox | None:
    """Return the box that line `number` opens; a div or paragraph that is not centred is one without attributes.

    A div has to be followed to its end only to know which end is whose.
    """
    match = _OPENING.match(text.strip())
    if not match:
        return None
    name, rest = match["name"].lower(), match["rest"]
    ending = f"</{name}>"
    if name == "details":
        return _details(rest, number, lines)
    if rest:
        return None
    if name in _COMPONENTS:
        titles = sorted(_TITLE.finditer(match["attributes"] or ""), key=lambda one: one[0].startswith("value"))
        title = (titles[0]["a"] or titles[0]["b"] or "") if titles else ""
        return HtmlBox(box=Box(attributes=_COMPONENTS[name], title=title, ending=ending), through=number)
    if name == "center" or _CENTRED.search(match["attributes"] or ""):
        return HtmlBox(box=Box(attributes="{.center}", title="", ending=ending), through=number)
    return HtmlBox(box=Box(attributes="", title="", ending=ending), through=number) if name == "div" else None


def _details(rest: str, number: int, lines: Sequence[str]) -> HtmlBox | None:
    """Look for the summary on the same line and on a few that follow."""
    title, through = "详情", number
    for last in range(number, min(number + _MOST_LINES, len(lines)) + 1):
        if summary := _SUMMARY.match("\n".join([rest, *lines[number:last]]).strip()):
            title, through = " ".join(re.sub(r"(?m)^[ \t>]+", "", summary["text"]).split()), last
            break
    if rest and through == number and not _SUMMARY.match(rest):
        return None
    return HtmlBox(box=Box(attributes="{.callout kind=note}", title=title, ending="</details>"), through=through)
