"""A single token of mathematics -> what TeX takes: full-width signs, signs that only text has, line breaks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .mathrows import DIMENSION
from .mathtokens import Item, Written, name_of, written
from .mathtokens import tokens as split

# Without the two that begin commands and characters: `formulas` writes them before it looks for what is forbidden.
_FULLWIDTH = {chr(c): chr(c - 0xFEE0) for c in range(0xFF01, 0xFF5F) if chr(c) not in "＼＾"}
# Punctuation stays as it was typed, and brackets, where they are no delimiters of \left; these are operators, digits
# and letters, and signs that mean something to TeX.
_KEPT = set("（），。；：！？［］～＂＇．、")
_MEANT = {
    char: f"\\{plain}" if plain in "%&#$_{}" else plain for char, plain in _FULLWIDTH.items() if char not in _KEPT
}
# No math font has these; the fonts of the text do, or say which is missing.
_TEXT = re.compile(
    "[\u00a9\u00ae\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0400-\u04ff\u2100-\u2101\u2103-\u2106\u2109\u2116\u2117\u2120-\u2125"
    "\u2150-\u218f\u2312-\u231b\u23e9-\u23fa\u2460-\u24ff\u2600-\u265f\u2667-\u27bf\u2b1b\u2b1c\u2b50\u2b55\u3300-\u33ff"
    "\U0001f100-\U0001faff]"
)
# Breaks the line as \\ does; TeX raises, moves and centres boxes, previews mathematics.
_OURS: dict[Item, str] = {
    "\\newline": "\\\\",
    # Written for Markdown, which would take a star for its own.
    "\\*": "*",
    **{f"\\{name}": f"\\np{name}" for name in ("raise", "lower", "moveleft", "moveright", "vcenter", "url")},
}


def mended_sign(items: Sequence[Item], here: int) -> list[Item]:
    """Mend a single token of mathematics."""
    item = items[here]
    assert isinstance(item, str)
    if item in {"\\[", "\\]", "\\(", "\\)", "$"}:
        return []
    if item in _OURS:
        return [_OURS[item]]
    if item == "\\\\" and not DIMENSION.match(written(items[here + 1 : here + 20]).lstrip()):
        after = written(items[here + 1 : here + 3])
        # \\ takes a bracket that follows, also in the next line, for a length, and a star for its own.
        return ["\\\\", "{}"] if after.lstrip()[:1] == "[" or re.match(r"\s+\*", after) else ["\\\\"]
    if item in "（）［］" and name_of(_before(items, here)) in {
        "left",
        "right",
        "middle",
        "big",
        "Big",
        "bigg",
        "Bigg",
        "bigl",
        "bigr",
    }:
        return [_FULLWIDTH[item]]
    if item in _MEANT:
        return list[Item](split(_MEANT[item]))
    if _TEXT.match(item):
        return [Written(f"\\text{{{item}}}")]
    return [item]


def _before(items: Sequence[Item], here: int) -> Item | None:
    """Return the last item before a place that is no space."""
    return next((i for i in reversed(items[:here]) if not (isinstance(i, str) and i.isspace())), None)
