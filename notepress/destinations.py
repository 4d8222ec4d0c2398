"""What blogs write behind the address of an image -> attributes: `(a.png =300x200)`, `(a.png ':size=50%')`."""

from __future__ import annotations

import re

from .fences import outside_code

_SIZE = r"(?P<width>\d+(?:px|%)?)?(?:[xX*](?P<height>\d+(?:px|%)?)?)?"
_IMAGE = re.compile(
    r"(?<!`)(?P<ticks>`+)(?!`)[^\n]*?(?<!`)(?P=ticks)(?!`)"
    r"|(?P<before>!\[[^\]\n]*\]\((?:<[^<>\n]*>|[^\s()<>]+)(?:[ \t]+\"[^\"\n]*\")?)"
    rf"[ \t]+(?:=(?=[\dx]){_SIZE}|'(?::\w+(?:=[^\s']*)?[ \t]*)*')[ \t]*\)"
)
_DOCSIFY = re.compile(rf":size=(?P<all>{_SIZE})")


def plain_sizes(text: str) -> str:
    """Write the sizes of images as attributes; no line is added."""
    if "](" not in text or (" =" not in text and "':" not in text):
        return text
    matches = [match for match in outside_code(_IMAGE, text) if not match["ticks"]]
    for match in reversed(matches):
        size = _DOCSIFY.search(match[0]) or match
        parts = [f'{key}="{size[key]}"' for key in ("width", "height") if size[key]]
        made = f"{match['before']})" + (f"{{{' '.join(parts)}}}" if parts else "")
        text = text[: match.start()] + made + text[match.end() :]
    return text
