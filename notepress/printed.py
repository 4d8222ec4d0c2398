"""The text of a note -> what is printed of it, and the fonts that each part is set in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from .characters import describe, missing_characters
from .coverage import Characters, Coverage
from .dialect import HIDDEN
from .errors import Diagnostic, in_order, warning
from .model import Formula

# What is never printed: comments and tags of HTML, the addresses of links and images, definitions of addresses.
_UNPRINTED = re.compile(
    rf"<!--.*?-->|{HIDDEN}|</?[A-Za-z][^<>]*>"
    r"|(?<=\])\((?:[^()\n]|\([^()\n]*\))*\)|(?<=[\])])\{[^{}\n]*\}"
    r"|^[ ]{0,3}\[[^\]\n]+\]:[ ]*[^\s\u2e80-\uffff]\S*[ ]*$",
    re.S | re.M,
)
_CODE = re.compile(
    r"^[ \t>]*(`{3,}|~{3,})[^\n]*\n.*?(?:^[ \t>]*\1[`~]*[ \t]*$|\Z)"
    r"|(?<!`)(`+)(?!`)(?:.(?!\n[ \t]*\n))+?(?<!`)\2(?!`)",
    re.S | re.M,
)


@dataclass(frozen=True, slots=True)
class _AnyOf:
    """The characters that at least one of some faces has, and all of ASCII."""

    faces: tuple[Characters, ...]

    def __contains__(self, code: object) -> bool:
        return isinstance(code, int) and (code < 0x80 or any(code in face for face in self.faces))


def missing_glyphs(
    markdown: str, formulas: Sequence[Formula], covered: Coverage, hint: Callable[[int], str], *, file: str
) -> tuple[Diagnostic, ...]:
    """Report the characters that no font of their place has, each at its first place."""
    lines = markdown.split("\n")
    found: dict[str, Diagnostic] = {}
    for text, faces in _parts(markdown, formulas, covered):
        known = _AnyOf(faces)
        # A note has a thousand different characters, and fifty times as many in all.
        if all(ord(char) in known for char in set(text)):
            continue
        for char, line, column, advice in missing_characters(text, known, hint):
            one = warning(
                "missing-glyph",
                f"no font has {char} ({describe(char)})",
                file=file,
                line=line,
                column=column,
                excerpt=lines[line - 1],
                hint=advice,
            )
            # A build says of a character only once that it is missing.
            found[char] = in_order([one, *([found[char]] if char in found else [])])[0]
    return in_order(found.values())


def _parts(
    markdown: str, formulas: Sequence[Formula], covered: Coverage
) -> Iterator[tuple[str, tuple[Characters, ...]]]:
    """Yield text, code and formulas, each with blanks where the others stand, and the faces they are set in."""
    code = [match.span() for match in _CODE.finditer(markdown)]
    starts = [0, *(match.end() for match in re.finditer("\n", markdown))]
    begins = ((starts[f.line - 1] + f.column - 1, f) for f in formulas)
    math = [(begin, begin + len(f.source)) for begin, f in begins if not any(b <= begin < e for b, e in code)]
    text = _only(markdown, _between(sorted([*code, *math]), len(markdown)))
    yield _UNPRINTED.sub(lambda match: _blank(match[0]), text), covered.text
    yield _only(markdown, code), covered.code
    yield _only(markdown, math), covered.math


def _only(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Return a text of the same lines and columns with blanks outside the spans."""
    pieces, here = [], 0
    for begin, end in spans:
        pieces += [_blank(text[here:begin]), text[begin:end]]
        here = max(here, end)
    return "".join([*pieces, _blank(text[here:])])


def _between(spans: Sequence[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    edges = [0, *(place for span in spans for place in span), length]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
