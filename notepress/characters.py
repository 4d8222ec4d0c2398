"""The characters of a note -> those that nobody sees, and those that no font of their place has."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from .coverage import Characters, Coverage
from .dialect import Formula
from .errors import Diagnostic, warning
from .model import Note

# Invisible, and at best useless in print: bidi controls can even make a line read as another.
_INVISIBLE = frozenset("\u00ad\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
# Tabs, and what joins or chooses forms of emoji, are nothing to draw.
_NO_GLYPH = frozenset("\t\r\ufe0e\ufe0f\u200d")
# What is never printed: comments and tags of HTML, the addresses of links and images, definitions of addresses.
_UNPRINTED = re.compile(
    r"<!--.*?-->|</?[A-Za-z][^<>]*>"
    r"|(?<=\])\((?:[^()\n]|\([^()\n]*\))*\)|(?<=[\])])\{[^{}\n]*\}"
    r"|^[ ]{0,3}\[[^\]\n]+\]:[ ]*[^\s\u2e80-\uffff]\S*[ ]*$",
    re.S | re.M,
)
_CODE = re.compile(
    r"^[ \t>]*(`{3,}|~{3,})[^\n]*\n.*?(?:^[ \t>]*\1[`~]*[ \t]*$|\Z)"
    r"|(?<!`)(`+)(?!`)(?:.(?!\n[ \t]*\n))+?(?<!`)\2(?!`)",
    re.S | re.M,
)


def check_characters(note: Note, formulas: Sequence[Formula], covered: Coverage) -> Iterator[Diagnostic]:
    """Report each at its first place."""
    seen: set[str] = set()
    for text, faces in _places(note.markdown, formulas, covered):
        suspects = {c for c in set(text) if c > "\x7f" and c not in seen and c not in _NO_GLYPH}
        for char in suspects:
            if char not in _INVISIBLE and any(ord(char) in face for face in faces):
                continue
            seen.add(char)
            yield _finding(note, char, text.index(char))


def _places(whole: str, formulas: Sequence[Formula], covered: Coverage) -> Iterator[tuple[str, tuple[Characters, ...]]]:
    """Yield text, code and formulas, each with blanks where the others stand, and the faces they are set in."""
    code = _kept(whole, [match.span() for match in _CODE.finditer(whole)])
    rest = _CODE.sub(_blank, whole)
    spans, here = [], 0
    for formula in formulas:
        begin = rest.find(formula.source, here)
        if begin >= 0:
            here = begin + len(formula.source)
            spans.append((begin, here))
    edges = [0, *(place for span in spans for place in span), len(rest)]
    prose = _kept(rest, list(zip(edges[::2], edges[1::2], strict=True)))
    yield _UNPRINTED.sub(_blank, prose), covered.text
    yield code, covered.code
    yield _kept(rest, spans), covered.math


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def _kept(text: str, spans: list[tuple[int, int]]) -> str:
    """Return a text of the same length with blanks outside the spans."""
    pieces, here = [], 0
    for begin, end in spans:
        pieces += [re.sub(r"[^\n]", " ", text[here:begin]), text[begin:end]]
        here = end
    return "".join([*pieces, re.sub(r"[^\n]", " ", text[here:])])


def _finding(note: Note, char: str, place: int) -> Diagnostic:
    name = f"U+{ord(char):04X} {unicodedata.name(char, '')}".strip()
    line = note.markdown.count("\n", 0, place) + 1
    begin = note.markdown.rfind("\n", 0, place) + 1
    excerpt = note.markdown[begin:].partition("\n")[0]
    where = {"file": note.source, "line": line, "column": place - begin + 1, "excerpt": excerpt}
    if char in _INVISIBLE:
        return warning("invisible-character", f"invisible character {name}", hint="delete it", **where)
    hint = "write it otherwise, or add a font that has it to `fallback` in fonts.yaml"
    return warning("missing-glyph", f"no font has {char} ({name})", hint=hint, **where)
