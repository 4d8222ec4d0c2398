"""Markdown -> where its fenced code stands, and what its first lines say."""

from __future__ import annotations

import re

_FENCE = re.compile(
    r"^(?P<prefix>[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*)(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)$", re.M
)

_NOT_ONE_WORD = re.compile(r"[\s{:,=\[]")
# The first word, unless it is a key.
_LANGUAGE = re.compile(r"[^\s{\[,=]*+(?!=)")
# A class, a key with its value, or a word; braces, commas and what stands in brackets are no part of them.
_INFO_WORD = re.compile(
    r"""\.([\w+#-]+)|([\w-]+)[ \t]*=[ \t]*(?:"([^"]*)"|'([^']*)'|([^\s,}]+))"""
    r"""|\{[\d,\s-]+\}|\[([^\]]*)\]|([^\s{},=\[]+)"""
)
_TITLES = ("title", "name", "filename", "file", "caption", "lst-cap", "label")
_NUMBERED = frozenset({"linenums", "linenos", "showlinenumbers", "line-numbers", "numberlines", "number-lines"})


def fenced_code(text: str) -> list[tuple[int, int]]:
    """Return the spans of fenced code blocks (CommonMark 0.31, section 4.5), also inside lists and quotes."""
    spans = []
    here = 0
    while opening := _FENCE.search(text, here):
        here = opening.end()
        fence = opening["fence"]
        if fence[0] == "`" and "`" in opening["info"]:
            continue
        closing = re.compile(rf"^[ \t>]*{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$", re.M).search(text, here)
        here = closing.end() if closing else len(text)
        spans.append((opening.start(), here))
    return spans


def outside_code(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """Return the matches of a pattern that begin outside fenced code."""
    found = list(pattern.finditer(text))
    if not found:
        return []
    code = fenced_code(text)
    return [match for match in found if not any(begin <= match.start() < end for begin, end in code)]


def plain_infos(text: str) -> str:
    """Write what the first line of fenced code says in many dialects as its language and attributes of pandoc's.

    Known are `python title="a.py"`, `js:a.js`, `{.python .numberLines}`, `{r, echo=FALSE}`, `js a.js`, `{1,3}` and what
    tools add for themselves, which goes.
    """
    if "```" not in text and "~~~" not in text:
        return text
    pieces, here = [], 0
    for begin, _ in fenced_code(text):
        opening = _FENCE.match(text, begin)
        if opening and _NOT_ONE_WORD.search(opening["info"].strip()):
            pieces += [text[here : opening.start("info")], _plain(opening["info"].strip())]
            here = opening.end("info")
    return "".join([*pieces, text[here:]])


def _plain(info: str) -> str:
    head = _LANGUAGE.match(info)
    language, _, name = (head[0] if head else "").partition(":")
    found = _INFO_WORD.findall(info[head.end() if head else 0 :])
    values = {key.lower(): quoted or single or bare for _, key, quoted, single, bare, *_ in found if key}
    words = [word for _, key, *_, word in found if word and not key]
    # The id of a listing; those of other things mean nothing here.
    ident = next((word for word in words if word.startswith("#lst-")), "")
    words = [word for word in words if not word.startswith("#")]
    classes = [name for name, *_ in found if name]
    if not language:
        language = next((c for c in classes if c != "numberLines"), "") or (words.pop(0) if words else "")
    caption = values.pop("lst-cap", "") if ident else ""
    title = next((values[key] for key in _TITLES if values.get(key)), name)
    # VitePress names the tab of a file so: ```js [a.js].
    title = title or next((label for *_, label, _ in found if label), "")
    title = title or next((word for word in words if re.search(r"\.\w+$|[\u3400-\u9fff]", word)), "")
    numbered = "numberLines" in classes or _NUMBERED & {*values, *(word.lower() for word in words)}
    numbering = numbered and values.get("linenos") != "false"
    attributes = [*([ident] if ident else []), *([".numberLines"] if numbering else [])]
    if numbering and (start := values.get("startfrom") or values.get("linenums") or "").isdigit():
        attributes.append(f"startFrom={start}")
    for key, text in (("caption", caption), ("title", title)):
        if text:
            attributes.append(f'{key}="' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
    return f"{language} {{{' '.join(attributes)}}}" if attributes else language
