"""The inline Markdown of titles: emphasis, code and math, nothing else.

A title travels into a LaTeX title block, PDF metadata, a file name and a README item. Parsing it once,
with CommonMark's own rules, keeps these in step: `注意力(_Attention_)` is emphasis, `A_B` is not,
and links, images and HTML are plain characters because their rules are switched off.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin


class Kind(StrEnum):
    """What a span of a title is."""

    TEXT = "text"
    CODE = "code"
    MATH = "math"


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of one kind inside the same emphasis."""

    kind: Kind
    text: str
    emphasis: bool = False
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Inline:
    """A parsed title."""

    spans: tuple[Span, ...]

    @property
    def plain(self) -> str:
        """The title without any markup, for metadata and file names."""
        return "".join(span.text for span in self.spans)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero").enable(["emphasis", "backticks", "escape", "entity", "balance_pairs"])
    return parser.use(dollarmath_plugin, allow_space=False, allow_digits=False, double_inline=False)


def parse_inline(text: str) -> Inline:
    """Parse the Markdown of one title; line breaks become spaces."""
    tokens = _parser().parseInline(" ".join(text.split()))
    spans: list[Span] = []
    emphasis = strong = 0
    for token in tokens[0].children or []:
        match token.type:
            case "em_open":
                emphasis += 1
            case "em_close":
                emphasis -= 1
            case "strong_open":
                strong += 1
            case "strong_close":
                strong -= 1
            case "code_inline":
                spans.append(Span(Kind.CODE, token.content, emphasis > 0, strong > 0))
            case "math_inline":
                spans.append(Span(Kind.MATH, token.content, emphasis > 0, strong > 0))
            case _:
                if token.content:
                    spans.append(Span(Kind.TEXT, token.content, emphasis > 0, strong > 0))
    return Inline(tuple(_merged(spans)))


def literal(text: str) -> Inline:
    """Return a title with no markup at all."""
    return Inline((Span(Kind.TEXT, text),)) if text else Inline(())


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in spans:
        last = merged[-1] if merged else None
        if (
            last
            and span.kind is Kind.TEXT
            and (last.kind, last.emphasis, last.strong) == (Kind.TEXT, span.emphasis, span.strong)
        ):
            merged[-1] = Span(Kind.TEXT, last.text + span.text, span.emphasis, span.strong)
        else:
            merged.append(span)
    return merged
