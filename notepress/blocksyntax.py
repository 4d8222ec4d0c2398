"""Boxes, tabs and containers of many dialects -> fenced divs, the one form that the Markdown reader knows.

Alerts and callouts (`> [!note]`), admonitions (`!!! note`, `??? note`, `=== "Tab"`) with indented content, containers
(`::: tip`), tags in pairs (`{% note %}`, `{{< hint >}}`) and lines of HTML (`<details>`, `<center>`). Only lines that a
dialect made for this are rewritten; what stands inside is moved left where it was indented, and nothing else. A fenced
div takes lines of its own (its end, its title), so the result says from which line of the note each of its lines came.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .boxmarks import (
    ADMONITION,
    CALLOUT,
    CONTAINER,
    PARAGRAPH,
    QUOTE,
    Box,
    admonition,
    as_text,
    ending_of,
    hint_box,
    named,
    opened_box,
)
from .errors import Diagnostic, warning
from .htmlmarks import MAY_OPEN, html_box, html_ending
from .indentation import outdented, quoted, width
from .sitetags import tag_of

# Divs end at a fence at least as long as their own, outermost first: so the fence of an inner one is shorter. What is
# nested deeper than this is text.
_DEEPEST = 40
_DEEPEST_QUOTE = 100
_ITEM = re.compile(r"(?:[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+)*")
_ANY = re.compile(rf"^[ \t>\d.)*+-]*(?:!!!|[!?]> |\?\?\?|=== |===[!+]|:::|\[!|\{{\{{?[%<]|{MAY_OPEN})", re.M | re.I)
_FENCE = re.compile(r"(?:[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+)*[ \t]*(?P<fence>`{3,}|~{3,})(?P<info>.*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arranged:
    """Markdown whose n-th line came from line `lines[n - 1]` of the note; `lines` is empty where none was added."""

    markdown: str
    lines: tuple[int, ...]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    """A box that is open: `quotes` deep in quotes at column `column`, ending with its indentation or with `ending`."""

    line: int
    quotes: int
    column: int
    indent: int
    fence: str
    ending: str | None


def arrange(markdown: str, *, file: str, lines: Sequence[int] = ()) -> Arranged:
    """Rewrite the boxes of a note, whose formulas are taken out already, in time linear in its length.

    `lines` says from which line of the note each line came, where some were added before.
    """
    if not _ANY.search(markdown):
        return Arranged(markdown=markdown, lines=tuple(lines), diagnostics=())
    arranger = _Arranger(markdown.split("\n"), lines)
    made = list(arranger.run())
    came = tuple(arranger.came(number) for number, _ in made)
    return Arranged(
        markdown="\n".join(line for _, line in made),
        lines=came if lines or len(made) > markdown.count("\n") + 1 else (),
        diagnostics=tuple(
            warning(
                "unclosed-block",
                f"{ending} is never closed",
                file=file,
                line=arranger.came(line),
                hint="end the block where it ends; here it goes on to the end of the note",
            )
            for line, ending in arranger.unclosed
        ),
    )


class _Arranger:
    """One walk over the lines of a note."""

    def __init__(self, lines: list[str], origins: Sequence[int]) -> None:
        self.lines = lines
        self.origins = origins
        self.stack: list[_Open] = []
        self.unclosed: list[tuple[int, str]] = []
        self.code: str | None = None
        self.code_quotes = 0
        self.text_line = 0
        # Through this line, a box of HTML that is open already has its title.
        self.titled = 0
        self.text_prefix = ""
        self.endings = _endings(lines)

    def came(self, number: int) -> int:
        """Return the line of the note that a line came from."""
        return self.origins[number - 1] if self.origins else number

    def run(self) -> Iterator[tuple[int, str]]:
        """Yield each line of the result with the line it came from."""
        # Ends are written after the last line of text, so that they stand in its list or quote: blank lines wait.
        waiting: list[tuple[int, str]] = []
        before = -1
        for number, line in enumerate(self.lines, 1):
            depth, prefix, rest = self._enter(line)
            if not rest.strip():
                # With fewer marks it ends a quote, and the boxes in that; and what is only a paragraph.
                hints = (at for at, box in enumerate(self.stack) if box.ending == PARAGRAPH)
                yield from self._close(min(depth, next(hints, depth)), self.text_line)
                waiting.append((number, prefix + rest))
                before = -1
                continue
            quotes = prefix.count(">")
            yield from self._close(depth, self.text_line)
            yield from waiting
            waiting.clear()
            yield from self._line(number, prefix, rest, before)
            before, self.text_line = quotes, number
        self.unclosed += [(b.line, b.ending) for b in self.stack if b.ending and b.ending not in (QUOTE, PARAGRAPH)]
        yield from self._close(0, self.text_line)
        yield from waiting

    def _enter(self, line: str) -> tuple[int, str, str]:
        """Return in how many of the open boxes a line is, the marks of its quotes, and its text without indentation.

        Boxes and quotes nest in any order, so both are taken off from the outside in. Of a blank line, only quotes
        count.
        """
        prefix, rest = "", line
        for at, box in enumerate(self.stack):
            prefix, rest = quoted(prefix, rest, box.quotes)
            if prefix.count(">") < box.quotes:
                return at, prefix, rest
            if box.indent and rest.strip():
                if width(rest) < box.column + box.indent:
                    return at, *quoted(prefix, rest, self._most_quotes())
                rest = outdented(rest, box.indent)
        return len(self.stack), *quoted(prefix, rest, self._most_quotes())

    def _most_quotes(self) -> int:
        # A > in code is code.
        return self.code_quotes if self.code is not None else _DEEPEST_QUOTE

    def _close(self, depth: int, number: int) -> Iterator[tuple[int, str]]:
        while len(self.stack) > depth:
            box = self.stack.pop()
            self.code = None
            if box.ending != QUOTE and box.fence:
                yield max(number, 1), "> " * box.quotes + " " * box.column + box.fence

    def _line(self, number: int, prefix: str, rest: str, before: int) -> Iterator[tuple[int, str]]:
        if self.code is not None and self.code_quotes > prefix.count(">"):
            self.code = None
        if number <= self.titled:
            yield number, prefix
            return
        fence = _FENCE.match(rest)
        if self.code is not None:
            if fence and fence["fence"].startswith(self.code) and not fence["info"].strip():
                self.code = None
            yield number, prefix + rest
        elif fence and not (fence["fence"][0] == "`" and "`" in fence["info"]):
            self.code, self.code_quotes = fence["fence"], prefix.count(">")
            yield number, prefix + rest
        elif self._ends(rest):
            yield from self._end(number, prefix, rest)
        else:
            yield from self._text(number, prefix, rest, before)

    def _text(self, number: int, prefix: str, rest: str, before: int) -> Iterator[tuple[int, str]]:
        quotes, column = prefix.count(">"), width(rest)
        item = _ITEM.match(rest)
        listed = item[0] if item else ""
        callout = CALLOUT.match(prefix + rest if prefix else rest[len(listed) :])
        if len(self.stack) >= _DEEPEST:
            yield number, prefix + rest
        elif callout and (before < quotes or not prefix):
            box = named(callout["name"], callout["title"], ending=QUOTE)
            start = prefix or listed + rest[len(listed) : rest.rindex("[!")]
            yield from self._open(number, start, box, quotes or start.count(">"), 0, 0)
        elif before == -1 and (hint := hint_box(rest)):
            yield from self._open(number, prefix, hint[0], quotes, 0, 0)
            yield number, prefix + hint[1]
        elif opened := self._opened_html(number, rest):
            start = prefix + rest[: len(rest) - len(rest.lstrip())]
            yield from self._open(number, start if opened.attributes else prefix + rest, opened, quotes, column, 0)
        elif opened := self._opened(number, prefix, rest):
            indent = 0 if opened.ending else self._indent(number, prefix, column)
            yield from self._open(
                number, prefix + rest[: len(rest) - len(rest.lstrip())], opened, quotes, column, indent
            )
        elif before != -1 and column >= 4 and rest[column - len(rest) :].startswith("<") and self._in_html():
            # HTML is indented as its authors like; to Markdown it would be code.
            yield number, prefix + rest.lstrip()
        else:
            yield number, prefix + rest

    def _in_html(self) -> bool:
        ending = self.stack[-1].ending if self.stack else None
        return ending is not None and ending.startswith("</")

    def _open(
        self, number: int, start: str, box: Box, quotes: int, column: int, indent: int
    ) -> Iterator[tuple[int, str]]:
        fence = ":" * (3 + _DEEPEST - len(self.stack)) if box.attributes else ""
        self.stack.append(
            _Open(line=number, quotes=quotes, column=column, indent=indent, fence=fence, ending=box.ending)
        )
        blank = re.sub(r"[^>\s]", " ", start)
        titled = " titled=1" if box.title else ""
        attributes = (
            box.attributes.replace("}", f"{titled} at={self.came(number)}}}") if box.attributes.endswith("}") else ""
        )
        yield number, f"{start}{fence} {attributes}" if fence else start
        if box.title:
            yield number, blank + as_text(box.title)
            yield number, blank.rstrip()

    def _indent(self, number: int, prefix: str, column: int) -> int:
        """Return by how much the content of an admonition is indented: four, or what its first line has."""
        following = self._content_width(number, prefix) - column
        return following if 2 <= following < 4 else 4

    def _content_width(self, number: int, prefix: str) -> int:
        depth = prefix.count(">")
        for at in range(number, len(self.lines)):
            inside, start, rest = self._enter(self.lines[at])
            if rest.strip():
                return width(rest) if start.count(">") == depth and inside == len(self.stack) else 0
        return 0

    def _opened(self, number: int, prefix: str, rest: str) -> Box | None:
        text = rest.strip()
        if match := ADMONITION.match(text):
            return admonition(match, indented=self._content_width(number, prefix) >= width(rest) + 2)
        box = opened_box(text)
        # A tag that nothing ends holds nothing.
        if box and box.ending and box.ending != CONTAINER and self.endings.get(box.ending, 0) <= number:
            return None
        return box

    def _opened_html(self, number: int, rest: str) -> Box | None:
        found = html_box(rest, number, self.lines) if rest.lstrip().startswith("<") else None
        if found is None or self.endings.get(found.box.ending or "", 0) <= number:
            return None
        # A div that is not centred matters only within another, whose end would be taken for its own.
        if not found.box.attributes and not self._in_html():
            return None
        self.titled = found.through
        return found.box

    def _ends(self, text: str) -> bool:
        if not self.stack or not (ending := self.stack[-1].ending):
            return False
        if ending == CONTAINER:
            return re.fullmatch(r"[ \t]*:{3,}[ \t]*", text) is not None
        if ending.startswith("</"):
            return html_ending(text) == ending
        tag = tag_of(text)
        return tag is not None and tag.closes and ending_of(tag) == ending

    def _end(self, number: int, prefix: str, rest: str) -> Iterator[tuple[int, str]]:
        box = self.stack.pop()
        yield number, prefix + rest[: len(rest) - len(rest.lstrip())] + box.fence if box.fence else prefix + rest


def _endings(lines: list[str]) -> dict[str, int]:
    """Return the last line of each tag that ends something."""
    found = {}
    for number, line in enumerate(lines, 1):
        if ("{%" in line or "{{" in line) and (tag := tag_of(line.lstrip(" \t>"))):
            if tag.closes:
                found[ending_of(tag)] = number
        elif "</" in line and (ending := html_ending(line.lstrip(" \t>"))):
            found[ending] = number
    return found
