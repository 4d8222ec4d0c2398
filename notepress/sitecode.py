"""Code between tags of static site generators -> fences, line for line; runs before formulas are taken out.

`{% codeblock 标题 lang:python %}`, `{% highlight python linenos %}`, `{{< highlight go >}}`, `{% mermaid %}`, and
`{% code title="a.js" %}` around a fence. What stands on a line with other text is no block of code: see `sites`.
"""

from __future__ import annotations

import re

from .sitetags import TAG, Tag, read_tag, word_set

CODE = word_set("codeblock code code-block highlight prism include_code")
RAW = frozenset(("raw", "verbatim"))
# Languages that are names of tags.
DRAWN = word_set(
    "mermaid plantuml puml uml graphviz dot viz flow sequence markmap mindmap echarts chart gantt d2 "
    "wavedrom pseudocode"
)
_LANGUAGES = {"viz": "dot", "viz.js": "dot", "pseudocode": "pseudo"}
# How lines are shown is another tool's affair, but for their numbers.
_NUMBERED = re.compile(r"\blinenos\b(?!=false)|\bline_?numbers\b(?!=[\"']?false)|line_number:true", re.I)
_FIRST = re.compile(r"(?:linenostart=|first_line:)(\d+)", re.I)
_LINE = re.compile(r"(?P<before>[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*)(?P<tag>\{[%{].*\})[ \t]*$")
_FENCE = re.compile(r"[ \t>]*(?P<fence>`{3,}|~{3,})")


def fence_code(text: str) -> str:
    """Return a note in which tags that stand alone on their lines around code are fences; all lines stay."""
    if "{%" not in text and "{{" not in text:
        return text
    lines = text.split("\n")
    for first, last, tag, before in _spans(lines):
        inside = lines[first + 1 : last]
        filled = next((n for n, line in enumerate(inside, first + 1) if line.strip(" \t>")), None)
        fenced = _FENCE.match(lines[filled]) if filled is not None else None
        if fenced and filled is not None and sum(_FENCE.match(line) is not None for line in inside) > 1:
            lines[first], lines[last] = before, _blank(before)
            lines[filled] += _attributes(tag)
        else:
            longest = max((len(match["fence"]) for line in inside if (match := _FENCE.match(line))), default=2)
            fence = "`" * max(longest + 1, 3)
            lines[first] = f"{before}{fence}{info_of(tag)}"
            lines[last] = f"{_blank(before)}{fence}"
    return "\n".join(lines)


def info_of(tag: Tag) -> str:
    """Return what a tag says of its code as the first line of a fence says it."""
    return f"{_language(tag)}{_attributes(tag)}"


def _blank(before: str) -> str:
    """Return what stands before the next line of an item of a list, or of a quote."""
    return re.sub(r"[^>\s]", " ", before)


def _spans(lines: list[str]) -> list[tuple[int, int, Tag, str]]:
    """Return first and last line (from 0) of each piece of code, its tag, and what stands before that."""
    spans = []
    opened: tuple[int, Tag, str] | None = None
    fence = raw = ""
    for number, line in enumerate(lines):
        # A tag in a fence is code, and a fence between tags as well: what began first counts.
        if not opened and (match := _FENCE.match(line)) and (not fence or match["fence"].startswith(fence)):
            fence = "" if fence else match["fence"]
        if fence or ("{%" not in line and "{{" not in line):
            continue
        tag, before = _alone(line)
        if tag is None:
            continue
        if opened and tag.closes and tag.name == opened[1].name:
            spans.append((opened[0], number, opened[1], opened[2]))
            opened = None
        elif not opened and tag.name in RAW:
            raw = "" if tag.closes else tag.name
        elif not (opened or raw or tag.closes) and tag.name in CODE | DRAWN:
            opened = number, tag, before
    return spans


def _alone(line: str) -> tuple[Tag | None, str]:
    """Return the tag that is all of a line, and the marks of quotes and the indentation before it."""
    match = _LINE.match(line)
    found = TAG.fullmatch(match["tag"]) if match else None
    return (read_tag(found), match["before"]) if match and found else (None, "")


def _language(tag: Tag) -> str:
    if tag.name in DRAWN:
        return _LANGUAGES.get(tag.name, tag.name)
    # Jekyll and Hugo have the language first; Hexo's first word is the title.
    first = tag.words[0] if tag.name != "codeblock" and tag.words and not _is_option(tag.words[0]) else ""
    return (tag.value("lang", "language", "type") or first).lower()


def _is_option(word: str) -> bool:
    return _NUMBERED.match(word) is not None or "=" in word


def _attributes(tag: Tag) -> str:
    """Return title and numbers of lines as the first line of a fence says them."""
    words = [word for word in tag.words if not _is_option(word)]
    if tag.name in CODE - {"codeblock"} and words and not tag.value("lang", "language"):
        words.pop(0)
    title = " ".join(filter(None, [tag.value("title", "name", "filename", "caption"), *words, tag.value("url")]))
    made = ' title="' + title.replace('"', "”") + '"' if title else ""
    if _NUMBERED.search(tag.rest):
        first = _FIRST.search(tag.rest)
        made += f' linenums="{first[1] if first else 1}"'
    return made
