"""A line that opens a box in one of the many dialects -> the box: its kind, its title and what ends it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .callouts import BLOCK, KINDS, kind_of, title_of

# What ends a box: its quote, a fence of colons, or the name of a tag.
QUOTE, CONTAINER = ">", ":::"
CALLOUT = re.compile(r"(?:[ \t]*>)+[ \t]*\[!(?P<name>[^\]\s|]+)(?:\|[^\]]*)?\][+-]?[ \t]*(?P<title>.*)$")
# Nothing but the marks is text: an exclamation.
ADMONITION = re.compile(
    r'(?:!!!|\?\?\?\+?)[ \t]*(?=\S)(?P<name>[^\s"]+)?'
    r'(?P<classes>(?:[ \t]+[^\s"]+)*)(?:[ \t]*"(?P<title>.*)")?[ \t]*$'
)
_TAB = re.compile(r'===[!+]*[ \t]+"(?P<title>.+)"[ \t]*$')
_CONTAINER = re.compile(r"(?P<fence>:{3,})[ \t]*(?P<rest>.*?)[ \t]*:*$")
_NAMED = re.compile(
    r"(?P<name>[\w-]+)[ \t]*(?:\[(?P<label>.*)\])?[ \t]*(?P<attributes>\{[^{}]*\})?[ \t]*(?P<title>.*)$"
)
_CALLOUT_CLASS = re.compile(r"\.callout-(?P<name>[\w-]+)")
_TITLE_ATTRIBUTE = re.compile(r"""\b(?:title|name|label)[ \t]*=[ \t]*(?:"(?P<a>[^"]*)"|'(?P<b>[^']*)')""")
TAG = re.compile(r"\{\{?(?P<mark>[%<])-?[ \t]*(?P<slash>/?)(?P<name>\w+)(?P<rest>.*?)-?[%>]\}\}?[ \t]*$")
# Tags that hold Markdown and end with a tag of their own; `end` + name in Liquid, `/` + name in Hugo.
_PAIRED = frozenset(
    {"note", "hint", "tip", "admonition", "notice", "fold", "folding", "spoiler", "details", "hidetoggle", "callout"}
    | {"alert", "tabs", "tab", "content"}
)
# Words in a tag that say how it looks, not what it is called.
_LOOKS = frozenset(
    {"inline", "end", "left", "right", "flat", "modern", "simple", "disabled", "no-icon", "open", "close"}
)
# What at the beginning of a title would make it a list, a heading or a quote.
_BLOCKISH = re.compile(r"^(?=[#>+=|:~]|[-*](?:\s|$)|\[[^\]]*\]:)|^(?P<number>\d{1,9})(?=[.)](?:\s|$))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What a line opens: the attributes of its fenced div, its title, and what ends it other than indentation."""

    attributes: str
    title: str
    ending: str | None = None


def opened_box(text: str) -> Box | None:
    """Return the box that a line opens other than as an admonition; None where it is text."""
    if match := _TAB.match(text):
        return Box(attributes="{.callout kind=tab}", title=match["title"])
    if match := _CONTAINER.match(text):
        return _container(match["rest"]) if match["rest"] else None
    if (match := TAG.match(text)) and not match["slash"] and match["name"].lower() in _PAIRED:
        return replace(_tagged(match["name"], match["rest"]), ending=("/" if "{{" in text else "end") + match["name"])
    return None


def admonition(match: re.Match[str], *, indented: bool) -> Box | None:
    """Return the box of `!!! note`; an unknown name without `indented` content is text with exclamation marks."""
    name, title = match["name"] or "note", match["title"]
    if not indented and (match["name"] or "").lower() not in KINDS:
        return None
    words = [word for word in match["classes"].split() if word not in _LOOKS]
    if title == "":
        return replace(named(name, ""), title="")
    return named(name, " ".join(words) if title is None else title)


def as_text(title: str) -> str:
    """Return a title that no Markdown reader takes for a list, a heading or a quote."""
    return _BLOCKISH.sub(r"\g<number>\\", title, count=1)


def named(name: str, title: str, ending: str | None = None) -> Box:
    """Return a box by its name in any of the dialects."""
    kind = kind_of(name)
    if kind == BLOCK:
        return Box(attributes=f"{{.{name.lower()}}}", title=title.strip(), ending=ending)
    return Box(attributes=f"{{.callout kind={kind}}}", title=title.strip() or title_of(name), ending=ending)


def _title_attribute(attributes: str) -> str:
    match = _TITLE_ATTRIBUTE.search(attributes)
    return (match["a"] or match["b"] or "") if match else ""


def _container(rest: str) -> Box | None:
    """Read what follows `:::`."""
    if rest.startswith("{") and rest.endswith("}"):
        callout = _CALLOUT_CLASS.search(rest)
        if not callout:
            return Box(attributes=rest, title="", ending=CONTAINER)
        title = _title_attribute(rest)
        # Without a title of its own, a heading that begins the content is the title: seen later.
        box = named(callout["name"], title, ending=CONTAINER)
        return box if title else replace(box, attributes=box.attributes.replace("}", " heading=1}"))
    match = _NAMED.match(rest)
    if not match:
        return None
    attributes = match["attributes"] or ""
    title = match["label"] or _title_attribute(attributes) or match["title"]
    if title or match["name"].lower() in KINDS:
        return named(match["name"], title or "", ending=CONTAINER)
    return Box(attributes=f"{{.{match['name']}}}", title="", ending=CONTAINER)


def _tagged(name: str, rest: str) -> Box:
    """Read the words of a tag: its kind, if it names one, and its title."""
    title = _title_attribute(rest)
    style = re.search(r"""\b(?:style|type|color)=["']?([\w-]+)""", rest)
    words = re.sub(r"""\w+=(?:"[^"]*"|'[^']*'|\S+)""", "", rest.replace("::", " ")).replace('"', " ").split()
    words = [word for word in words if word not in _LOOKS]
    if name.lower() in ("tabs", "content"):
        return Box(attributes=f"{{.{name}}}", title="")
    kind = style[1] if style else name
    if words and words[0].lower() in KINDS and name.lower() != "tab":
        kind = words.pop(0)
    return named(kind, title or " ".join(words).lstrip("@"))
