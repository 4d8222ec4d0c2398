"""Markdown -> its headings and the ids that links lead to."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from .fences import outside_code
from .inline import parse_inline

_HEADING = re.compile(
    r"^ {0,3}(?:#{1,6}[ \t]+(?P<atx>[^\n]*?)(?:[ \t]+#+)?|(?P<setext>[^\s#>|-][^\n]*?)[ \t]*\n {0,3}(?:=+|-+))[ \t]*$",
    re.M,
)
_IDENT = re.compile(r"[ \t]*\{#(?P<ident>[^\s{}]+)[^{}]*\}$")


def heading_id(text: str) -> str:
    """Return the id that GitHub makes of a heading's text: lower case, no punctuation, - for each space."""
    kept = (c for c in text.strip().lower() if c in "-_ " or unicodedata.category(c)[0] in "LNM")
    return "".join(kept).replace(" ", "-")


def find_heading(markdown: str, wanted: str) -> str | None:
    """Return the id of the first heading whose text is `wanted`, punctuation aside; None where there is none.

    A heading that holds a formula has no id that can be told from here: "" stands for it.
    """
    taken: Counter[str] = Counter()
    key = heading_id(wanted)
    for match in outside_code(_HEADING, markdown):
        text = match["atx"] or match["setext"] or ""
        named = _IDENT.search(text)
        plain = parse_inline(text[: named.start()] if named else text).plain
        made = heading_id(plain)
        if made == key:
            if named:
                return named["ident"]
            return "" if "$" in text else made + (f"-{taken[made]}" if taken[made] else "")
        taken[made] += 1
    return None
