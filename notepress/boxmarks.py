"""A line that opens a box in one of the many dialects -> the box: its kind, its title and what ends it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from types import MappingProxyType

from .callouts import BLOCK, KINDS, kind_of, title_of
from .sitetags import Tag, split_arguments, tag_of, word_set

# What ends a box: its quote, a fence of colons, or the name of a tag.
QUOTE, CONTAINER, PARAGRAPH = ">", ":::", "\n"
CALLOUT = re.compile(r"(?:[ \t]*>)+[ \t]*\[!(?P<name>[^\]\s|]+)(?:\|[^\]]*)?\][+-]?[ \t]*(?P<title>.*)$")
# Nothing but the marks is text: an exclamation.
ADMONITION = re.compile(
    r'(?:!!!|\?\?\?\+?)[ \t]*(?=\S)(?P<name>[^\s"]+)?'
    r'(?P<classes>(?:[ \t]+[^\s"]+)*)(?:[ \t]*"(?P<title>.*)")?[ \t]*$'
)
_TAB = re.compile(r'===[!+]*[ \t]+"(?P<title>.+)"[ \t]*$')
_HINT = re.compile(r"[ \t]{0,3}(?P<mark>[!?])>[ \t]+(?P<text>\S.*)$")
_CONTAINER = re.compile(r"(?P<fence>:{3,})[ \t]*(?P<rest>.*?)[ \t]*:*$")
_NAMED = re.compile(
    r"(?P<name>[\w-]+)[ \t]*(?:\[(?P<label>.*)\])?[ \t]*(?P<attributes>\{[^{}]*\})?[ \t]*(?P<title>.*)$"
)
_CALLOUT_CLASS = re.compile(r"\.callout-(?P<name>[\w-]+)")
_TITLE_ATTRIBUTE = re.compile(r"""\b(?:title|name|label)[ \t]*=[ \t]*(?:"(?P<a>[^"]*)"|'(?P<b>[^']*)')""")
# Tags that hold Markdown and end with a tag of their own: boxes,
_BOXED = word_set(
    "note hint tip admonition notice fold folding spoiler details hidetoggle callout alert tab warning "
    "info danger success important caution question example expand hideblock toggle collapse accordion "
    "accordion-item summary remark message box panel"
)
# what stands around several, quotes, and what is only centred.
_GROUPS = word_set("tabs subtabs subsubtabs tabset tabpane content code-tabs")
_HOLDERS = _GROUPS | word_set(
    "tagged timeline steps stepper columns column grid accordion-group content-ref rawhtml html "
    "gallery gallerygroup galleryimage grouppicture gp"
)
_QUOTES = word_set("blockquote quote pullquote poetry epigraph")
_CENTRED = MappingProxyType({"center": "{.center}", "centerquote": "{.centerquote}", "cq": "{.centerquote}"})
# Words in a tag that say how it looks, not what it is called.
_LOOK = re.compile(
    r"(?:inline|end|left|right|center|flat|modern|simple|disabled|no-icon|open|closed?|true|false|block"
    r"|fa[srbld]?(?:[ -].*)?|(?:circle|triangle)-[a-z]+|pink|white|black|gr[ae]y|fold|bolt|cog|ban|bell|[^\w\s]+)$",
    re.I,
)
# Where a tag says what its box is called.
_TITLES = ("title", "header", "summary", "label", "caption", "name", "text", "subtitle", "description", "desc")
_COLOURS = MappingProxyType(
    {"red": "danger", "orange": "warning", "yellow": "warning", "green": "tip", "purple": "important"}
    | dict.fromkeys(("blue", "cyan", "primary", "secondary", "default", "light", "dark"), "note")
)
# Where a title says with which sign it goes: `标题@code`.
_ICON = re.compile(r"[ \t]*@[\w -]*$|^@", re.A)
_URL = re.compile(r"<?(https?://[^\s>]+)>?")
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
    tag = tag_of(text)
    return replace(_tagged(tag), ending=ending_of(tag)) if tag and not tag.closes and opens_box(tag) else None


def opens_box(tag: Tag) -> bool:
    """Say whether a tag is one of those that hold Markdown, as far as its name tells."""
    return tag.name in _BOXED | _HOLDERS | _QUOTES or tag.name in _CENTRED


def opens_group(tag: Tag) -> bool:
    """Say whether a tag holds tabs."""
    return tag.name in _GROUPS


def ending_of(tag: Tag) -> str:
    """Return what ends the box of a tag, or what box a tag ends."""
    return ("/" if tag.hugo else "end") + tag.name


def admonition(match: re.Match[str], *, indented: bool) -> Box | None:
    """Return the box of `!!! note`; an unknown name without `indented` content is text with exclamation marks."""
    name, title = match["name"] or "note", match["title"]
    if not indented and (match["name"] or "").lower() not in KINDS:
        return None
    words = [word for word in match["classes"].split() if not _LOOK.match(word)]
    if title == "":
        return replace(named(name, ""), title="")
    return named(name, " ".join(words) if title is None else title)


def hint_box(text: str) -> tuple[Box, str] | None:
    """Return the box of a paragraph that begins with Docsify's `!>` or `?>`, and the rest of its first line."""
    match = _HINT.match(text)
    if not match:
        return None
    return named("important" if match["mark"] == "!" else "tip", "", ending=PARAGRAPH), match["text"]


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


def _tagged(tag: Tag) -> Box:
    """Read the words of a tag: its kind, if it names one, and its title."""
    if tag.name in _CENTRED:
        return Box(attributes=_CENTRED[tag.name], title="")
    words = list(split_arguments(tag.rest.replace("::", " "))[0])
    title = " ".join(dict.fromkeys(value for key in _TITLES if (value := tag.value(key))))
    if tag.name in _QUOTES:
        return Box(attributes="{.attributed}", title=title if title and not words else _attribution(tag))
    if tag.name in _HOLDERS:
        said = [title, *(word for word in words if not word.isdigit() and word not in _COLOURS)]
        return Box(attributes="{.tagged}", title=" ".join(filter(None, said)))
    if tag.name == "tab":
        return Box(attributes="{.callout kind=tab}", title=_ICON.sub("", " ".join(filter(None, [title, *words]))))
    kind = tag.value("style", "type", "color", "theme") or tag.name
    if words and words[0].lower() in {*KINDS, *_COLOURS}:
        kind, *words = words
    words = [word for word in words if not _LOOK.match(word) and word not in _COLOURS]
    kind = _COLOURS.get(kind.lower(), kind if kind.lower() in KINDS else "note")
    return named(kind, _ICON.sub("", " ".join(filter(None, [title, *words]))))


def _attribution(tag: Tag) -> str:
    """Return who said what is quoted, and where: `作者, 书名 https://… 题目`, or by name."""
    url = _URL.search(tag.rest)
    if tag.values and not tag.words:
        parts = [tag.value("author"), tag.value("source", "cite", "title")]
        address = tag.value("link", "url")
    elif url:
        parts, address = [tag.rest[: url.start()], tag.rest[url.end() :]], url[1]
    else:
        parts, address = [" ".join([*tag.words, tag.value("author"), tag.value("footer")])], ""
    words = [" ".join(part.replace('"', " ").split()).strip(",， ") for part in parts]
    if address:
        words[-1] = f"[{words[-1]}]({address})" if words[-1] else f"<{address}>"
    if tag.name == "pullquote":
        # Names of looks.
        words = [word for word in words if not word.isascii()]
    return "，".join(word for word in words if word and not _LOOK.match(word))
