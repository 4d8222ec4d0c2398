"""A note -> its tags of static site generators, each with its other half where it holds something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from .fences import fenced_code
from .sitecode import RAW
from .siteparts import literal
from .sitetags import TAG_SOURCE, Tag, read_tag

# Code and comments first, so that nothing in them counts; then comments that begin a part of what a tag holds.
_TOKEN = re.compile(
    r"(?P<code>(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n[ \t>]*\n)[\s\S])+?(?<!`)(?P=ticks)(?!`))"
    r"|<!--[ \t]*(?P<comment_end>end)?"
    r"(?P<comment>tab|timeline|node|folder|cell|item|step)(?P<said>(?:[ \t][^\n]*?)?)-->"
    r"|<!--[\s\S]*?-->"
    r"|\{\{(?P<open>[<%])/\*(?P<escaped>[^\n]*?)\*/(?P<shut>[%>])\}\}"
    rf"|(?P<tag>{TAG_SOURCE})"
    # Between the columns of a theme of Hugo's.
    r"|(?P<gap><--->)"
    r"|\{\{(?![<%])-?[ \t]*(?P<value>[^{}\n]{1,200})\}\}"
)
# What a site puts before its own addresses.
_SITE = re.compile(r"(?:site\.(?:base)?url|site\.github\.url|\.Site\.BaseURL|\$?site\.BaseURL)\s*$", re.I)
_SITE_PATH = re.compile(
    r"""["'](?P<path>[^"']*)["']\s*\|\s*(?:relative_url|absolute_url|relURL|absURL|prepend|asset_url|url_for)\b"""
)
_ICON = re.compile(r"[ \t]*@[\w-]*(?:[ \t][\w -]*)?$", re.A)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of the note that is written anew: a tag, or what needs no look around (`made`).

    `partner` is the place of its other half among all pieces.
    """

    begin: int
    end: int
    tag: Tag | None = None
    made: str = ""
    partner: int | None = None


def find_pieces(text: str) -> list[Piece]:
    """Return all of a text that is written anew, in order; tags that hold something know their other half."""
    return _paired(list(_pieces(text)))


def _pieces(text: str) -> Iterator[Piece]:
    """Yield what is written anew, in order; code, comments and raw text hold nothing of it."""
    code, here = [*fenced_code(text), (len(text), len(text))], 0
    for begin, end in code:
        while here < begin and (match := _TOKEN.search(text, here, begin)):
            here = match.end()
            if piece := _piece_of(match):
                yield piece
                if piece.tag and piece.tag.name in RAW and not piece.tag.closes:
                    ending = re.compile(rf"\{{%-?\s*end{piece.tag.name}\s*-?%\}}").search(text, here)
                    here = ending.start() if ending else here
        here = max(here, end)


def _piece_of(match: re.Match[str]) -> Piece | None:
    begin, end = match.span()
    if match["tag"]:
        return Piece(begin=begin, end=end, tag=read_tag(match))
    if match["comment"]:
        said = _ICON.sub("", match["said"].strip())
        closes = match["comment_end"] is not None
        return Piece(
            begin=begin, end=end, tag=Tag(name=f"!{match['comment']}", words=(said,) * bool(said), closes=closes)
        )
    if match["escaped"] is not None:
        return Piece(begin=begin, end=end, made=literal(f"{{{{{match['open']}{match['escaped']}{match['shut']}}}}}"))
    if match["gap"]:
        return Piece(begin=begin, end=end)
    if match["value"]:
        made = _SITE_PATH.match(match["value"])
        if made or _SITE.match(match["value"]):
            return Piece(begin=begin, end=end, made=made["path"] if made else "")
    return None


def _paired(pieces: list[Piece]) -> list[Piece]:
    """Say of each tag which is its other half; comments that begin a part of a box become tags, others nothing."""
    made: list[Piece] = []
    stack: list[int] = []

    def close(at: int, piece: Piece) -> None:
        made[at] = replace(made[at], partner=len(made))
        made.append(replace(piece, partner=at))
        del stack[stack.index(at) :]

    def ended(until: int, where: int) -> None:
        """End the parts that nothing ends but the next one, down to a depth of the stack."""
        while len(stack) > until and _is_part(made[stack[-1]]):
            close(stack[-1], Piece(begin=where, end=where, tag=Tag(name="!", closes=True)))

    for piece in pieces:
        tag = piece.tag
        if tag is None:
            made.append(piece)
        elif tag.closes:
            depth = next((n for n in reversed(range(len(stack))) if _name(made[stack[n]]) == tag.name), None)
            if depth is not None:
                ended(depth + 1, piece.begin)
                close(stack[depth], piece)
            elif not tag.name.startswith("!"):
                made.append(piece)
        elif tag.name.startswith("!"):
            if stack:
                ended(len(stack) - 1, piece.begin)
                stack.append(len(made))
                made.append(piece)
        else:
            stack.append(len(made))
            made.append(piece)
    return made


def _name(piece: Piece) -> str:
    return piece.tag.name if piece.tag else ""


def _is_part(piece: Piece) -> bool:
    return _name(piece).startswith("!")
