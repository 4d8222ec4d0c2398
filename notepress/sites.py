"""Tags of static site generators in a note -> the Markdown that they mean; what holds something gets lines of its own.

Runs after formulas are taken out and before boxes are read (`blocksyntax`), which finds each tag of a box alone on its
line. `sitecode` has made fences of code already, `siteparts` knows what stands for a picture or a link. A tag that
nobody knows is printed as it is written, or, where it holds something, its words and that; and a diagnostic says so.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from .boxmarks import opens_box, opens_group
from .errors import Diagnostic, warning
from .sitecode import CODE, DRAWN, RAW, info_of
from .sitepairs import Piece, find_pieces
from .siteparts import Part, around, boxed_words, literal, part_of, path_of
from .sitetags import Tag, readable

# Where a line is broken that was one in the note.
_BREAK = "\ufdd3"
_ADDRESS_REST = re.compile(r"(?P<more>[^()\s<>]*)>?\)")
_CONTAINER = re.compile(r"(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t])))*[ \t]*")
# A heading, a row of a table and a footnote is one line.
_ONE_LINE = re.compile(r"[ \t>]*(?:\||#{1,6}[ \t]|\[\^[^\]\n]+\]:)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Markdown whose n-th line came from line `lines[n - 1]` of the note; `lines` is empty where none was added."""

    markdown: str
    lines: tuple[int, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def settle_tags(text: str, *, file: str, written: str) -> Settled:
    """Rewrite the tags of a note, whose formulas are taken out already; `written` is the note, with the same lines."""
    if "{%" not in text and "{{" not in text:
        return Settled(markdown=text)
    writer = _Writer(text, file, written.split("\n"))
    lines = writer.run().split("\n")
    made = [(number, part) for number, line in enumerate(lines, 1) for part in _broken(line)]
    return Settled(
        markdown="\n".join(part for _, part in made),
        lines=tuple(number for number, _ in made) if len(made) > len(lines) else (),
        diagnostics=tuple(writer.said),
    )


class _Writer:
    """One walk over the tags of a note."""

    def __init__(self, text: str, file: str, written: Sequence[str]) -> None:
        self.text, self.file, self.written = text, file, written
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.said: list[Diagnostic] = []
        # The groups of tabs that are open: what they are called, and how many tabs they have.
        self.groups: list[tuple[str, int]] = []
        self.out: list[str] = []
        # The text up to here is written.
        self.here = 0
        self.pieces = find_pieces(text)

    def run(self) -> str:
        """Return the note, with `_BREAK` where a line is broken."""
        for number, piece in enumerate(self.pieces):
            if piece.begin < self.here:
                continue
            self.out.append(self.text[self.here : piece.begin])
            self.here = piece.begin
            if piece.tag is None:
                self._put(piece.made, piece.end)
            elif piece.partner is None:
                self._alone(piece, piece.tag)
            elif number < piece.partner:
                self._opens(piece, piece.tag, self.pieces[piece.partner])
            else:
                self._closes(piece, self.pieces[piece.partner])
        return "".join([*self.out, self.text[self.here :]])

    def _put(self, markdown: str, end: int) -> None:
        """Write something in place of the text up to `end`, with as many lines."""
        lost = self.text.count("\n", self.here, end) - markdown.count("\n")
        self.out.append(markdown + "\n" * lost)
        self.here = end

    def _alone(self, piece: Piece, tag: Tag) -> None:
        """Write a tag that holds nothing."""
        if tag.name.startswith("!"):
            self._put(self._written(piece), piece.end)
            return
        if self._is_address(piece, tag):
            return
        part = None if tag.closes else part_of(tag)
        if part is not None:
            self._say_of(part, piece)
            self._put(part.markdown, piece.end)
        elif not tag.closes and (box := boxed_words(tag)):
            opening, ending = f"{{% note {box[0]} %}}", "{% endnote %}"
            self._put(f"{_BREAK}{opening}{_BREAK}{box[1]}{_BREAK}{ending}{_BREAK}", piece.end)
        elif opens_box(tag) and not tag.closes:
            hint = "end the block where it ends; a block that holds nothing is printed as it stands"
            self.said.append(
                warning("unclosed-block", f"{self._brief(piece)} is never closed", hint=hint, **self._where(piece))
            )
            self._put(literal(self._written(piece)), piece.end)
        else:
            hint = "delete it, or write in Markdown what it stands for"
            self.said.append(
                warning(
                    "unknown-tag",
                    f"{self._brief(piece)} is known to no one here; it is printed as it stands",
                    hint=hint,
                    **self._where(piece),
                )
            )
            self._put(literal(self._written(piece)), piece.end)

    def _is_address(self, piece: Piece, tag: Tag) -> bool:
        """Write `[文字]({{< ref "a.md" >}}#b)`, where that is what it is."""
        before = next((part for part in reversed(self.out) if part), "")
        path = path_of(tag) if before.endswith(("](", "](<")) else None
        rest = _ADDRESS_REST.match(self.text, piece.end) if path is not None else None
        if path is None or rest is None:
            return False
        edge = "" if before.endswith("<") else "<"
        self._put(f"{edge}{path.strip('/')}{rest['more']}>){{.wikilink}}", rest.end())
        return True

    def _opens(self, piece: Piece, tag: Tag, other: Piece) -> None:
        """Write the first half of a pair, and what it holds where that changes as well."""
        inside = self.text[piece.end : other.begin]
        match self._holds(tag, piece, other):
            case "nothing":
                self._put("", other.begin)
            case "raw":
                self._put("", piece.end)
                self._put(inside, other.begin)
            case "code":
                self._put(self._on_its_line(f"```{info_of(tag)}"), piece.end)
                self._put(inside, other.begin)
            case "words":
                self._put(around(tag, inside) or "", other.begin)
            case "part" if part := part_of(tag):
                self._say_of(part, piece)
                self._put(part.markdown, piece.end)
            case _:
                self._opens_box(piece, tag, other)

    def _closes(self, piece: Piece, other: Piece) -> None:
        """Write the second half of a pair."""
        boxed = other.tag and self._holds(other.tag, other, piece) == "box" and not self._in_a_row(other, piece)
        if other.tag and opens_group(other.tag) and boxed:
            self.groups.pop()
        ending = f"{{% end{_box_name(other.tag)} %}}" if other.tag and boxed else ""
        ending = "```" if other.tag and self._holds(other.tag, other, piece) == "code" else ending
        self._put(self._on_its_line(ending) if ending else "", piece.end)

    def _holds(self, tag: Tag, piece: Piece, other: Piece) -> str:
        """Say what a pair is."""
        inside = self.text[piece.end : other.begin]
        if tag.name == "comment":
            return "nothing"
        if tag.name in RAW:
            return "raw"
        if "\n" not in inside and around(tag, inside) is not None:
            return "words"
        if tag.name in CODE | DRAWN and not self._in_a_row(piece, other):
            return "code"
        return "part" if not opens_box(tag) and part_of(tag) is not None else "box"

    def _opens_box(self, piece: Piece, tag: Tag, other: Piece) -> None:
        if not opens_box(tag) and not tag.name.startswith("!"):
            hint = "write in Markdown what it stands for"
            message = f"{self._brief(piece)} is known to no one here; its words and what it holds are printed"
            self.said.append(warning("unknown-tag", message, hint=hint, **self._where(piece)))
        if self._in_a_row(piece, other):
            words = " ".join(readable(tag))
            self._put(f"**{words}** " if words else "", piece.end)
            return
        rest = tag.rest if opens_box(tag) else " ".join(readable(tag))
        if opens_group(tag):
            # The name of a group in Hugo is an id.
            rest = "" if tag.hugo and re.fullmatch(r"[\"'\w.-]*", rest, re.A) else rest
            self.groups.append((" ".join(word for word in tag.words if not word.isdigit()), 0))
        elif tag.name == "!tab" and self.groups:
            name, count = self.groups.pop()
            self.groups.append((name, count + 1))
            rest = rest or f"{name} {count + 1}".strip()
        if not opens_box(tag):
            rest = '"' + rest.replace('"', "”") + '"' if rest else ""
        self._put(self._on_its_line(f"{{% {_box_name(tag)} {rest} %}}"), piece.end)

    def _on_its_line(self, mark: str) -> str:
        return f"{_BREAK}{mark}{_BREAK}"

    def _in_a_row(self, *pieces: Piece) -> bool:
        """Say whether a tag stands in a row of a table or in a heading, which are one line."""
        begins = (self.starts[bisect_right(self.starts, piece.begin) - 1] for piece in pieces)
        return any(_ONE_LINE.match(self.text, begin) for begin in begins)

    def _written(self, piece: Piece) -> str:
        return self.text[piece.begin : piece.end]

    def _brief(self, piece: Piece) -> str:
        text = " ".join(self._written(piece).split())
        return text if len(text) <= 60 else f"{text[:57]}…"

    def _say_of(self, part: Part, piece: Piece) -> None:
        if part.said:
            message = f"{self._brief(piece)} {part.said}"
            self.said.append(warning("tag-dropped", message, hint=part.hint, **self._where(piece)))

    def _where(self, piece: Piece) -> dict[str, object]:
        line = bisect_right(self.starts, piece.begin)
        excerpt = self.written[line - 1] if line <= len(self.written) else ""
        first = self._written(piece).partition("\n")[0]
        column = excerpt.find(first) + 1 or excerpt.find(first[:2]) + 1
        return {"file": self.file, "line": line, "column": column or None, "excerpt": excerpt if column else None}


def _box_name(tag: Tag) -> str:
    """Return the name of a box as `boxmarks` knows it."""
    if tag.name == "!tab":
        return "tab"
    return tag.name if opens_box(tag) else "tagged"


def _broken(line: str) -> list[str]:
    """Return the lines that a line becomes: text and tags of boxes in turn, all in the same quote and list item."""
    first, *others = line.split(_BREAK)
    if not others:
        return [line]
    match = _CONTAINER.match(first)
    prefix = match[0] if match else ""
    blank = re.sub(r"[^>\s]", " ", prefix)
    made = [first] if first.strip() and (first != prefix or blank != prefix) else []
    for number, part in enumerate(others):
        if not part.strip():
            continue
        # A box does not begin in the middle of a paragraph.
        follows_text = number == 0 or others[number - 1].strip()
        if number % 2 == 0 and follows_text and made and made[-1] != prefix and not part.startswith(("{% end", "```")):
            made.append(blank.rstrip())
        made.append(blank + part.strip())
    return made
