"""The characters of a note that need a word: invisible ones, and such as are drawn otherwise than on a screen. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Container, Iterable, Iterator

from .errors import Diagnostic, info, warning

# What nobody sees. TeX leaves it out (fonts.tex.j2): drawn it would be an empty box, or turn the text around it.
# First and last code point; Unicode 15, general categories Cc and Cf and what belongs to them.
INVISIBLE = (
    (0x0001, 0x0008),  # controls, without tab and line ends
    (0x000B, 0x000C),
    (0x000E, 0x001F),
    (0x007F, 0x0084),
    (0x0086, 0x009F),
    (0x00AD, 0x00AD),  # soft hyphen
    (0x061C, 0x061C),  # bidirectional controls, UAX #9
    (0x200E, 0x200F),
    (0x202A, 0x202E),
    (0x2066, 0x2069),
    (0x180E, 0x180E),
    (0x200B, 0x200C),  # zero-width space and non-joiner
    (0x2060, 0x2064),  # word joiner and invisible operators
    (0x206A, 0x206F),
    (0xFEFF, 0xFEFF),  # byte order mark
    (0xFFF9, 0xFFFB),
)
# They end a line for some programs and none for others.
LINE_ENDS = (0x0085, 0x2028, 0x2029)
# Parts of emoji that stand for no picture of their own: joiner, colour forms, tags.
_JOINER = (0x200D, 0x200D)
EMOJI_PARTS = (_JOINER, (0xFE0E, 0xFE0F), (0xE0020, 0xE007F))
_SELECTORS = ((0xFE00, 0xFE0D), (0xE0100, 0xE01EF))  # fonts know these, or hide them
_BY_RANGE = "".join(f"{chr(first)}-{chr(last)}" for first, last in INVISIBLE)
_NOTICED = re.compile(f"[{_BY_RANGE}\x85\u2028\u2029]")
_LOST = re.compile("\ufffd")
# Pictures that a screen joins into one: with a joiner, a skin colour, two letters of a flag, the frame of a key.
_SEQUENCE = re.compile(
    "(?:[\u2600-\u27bf\U0001f300-\U0001faff]\ufe0f?(?:[\U0001f3fb-\U0001f3ff]|\u200d[\u2600-\u27bf\u2190-\u21ff"
    "\U0001f300-\U0001faff]\ufe0f?)+)+|[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3"
)


def check_characters(text: str, file: str, titles: Iterable[str] = ()) -> Iterator[Diagnostic]:
    """Report what is left out of print or drawn in parts, each character at its first place.

    `titles` are texts of the front matter, which `text` has no more: what is invisible in them is reported at line 1.
    """
    for found in sorted({match[0] for title in titles for match in _NOTICED.finditer(title)} - set(text)):
        yield warning(
            "invisible-character",
            f"invisible character {describe(found)} in the front matter",
            file=file,
            line=1,
            hint="delete it",
        )
    for pattern, make in ((_NOTICED, _invisible), (_LOST, _replacement), (_SEQUENCE, _sequence)):
        for found, line, column, excerpt in _first_places(text, pattern):
            yield make(found, file=file, line=line, column=column, excerpt=excerpt)


def _invisible(found: str, **where: object) -> Diagnostic:
    return warning("invisible-character", f"invisible character {describe(found)}", hint="delete it", **where)


def _replacement(found: str, **where: object) -> Diagnostic:
    hint = "the text was damaged when it was saved or copied; write what stood here"
    message = f"{describe(found)} stands for a character that was lost"
    return warning("replacement-character", message, hint=hint, **where)


def _sequence(found: str, **where: object) -> Diagnostic:
    hint = "print has no joined form of it; one emoji alone is drawn as it is"
    return info("emoji-sequence", f"{found} is drawn as its parts, side by side", hint=hint, **where)


def missing_characters(
    text: str, covered: Container[int], hint: Callable[[int], str]
) -> Iterator[tuple[str, int, int, str]]:
    """Yield the characters that no font has with line, column and hint, each at its first place."""
    seen: set[str] = set()
    for number, line in enumerate(text.split("\n"), 1):
        for column, char in enumerate(line, 1):
            if char not in seen and ord(char) not in covered and not _is_no_picture(ord(char)):
                seen.add(char)
                yield char, number, column, hint(ord(char))


def describe(char: str) -> str:
    """Return the code point of a character and its name, where Unicode has one."""
    return f"U+{ord(char):04X} {unicodedata.name(char, '')}".strip()


def _is_no_picture(code: int) -> bool:
    ranges = (*INVISIBLE, *EMOJI_PARTS, *_SELECTORS)
    return code in {0x09, *LINE_ENDS} or any(first <= code <= last for first, last in ranges)


def _first_places(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[str, int, int, str]]:
    """Yield what matches with line and column (from 1) of its first place and the text of that line."""
    seen: set[str] = set()
    for match in pattern.finditer(text):
        if match[0] in seen:
            continue
        seen.add(match[0])
        start = text.rfind("\n", 0, match.start()) + 1
        end = text.find("\n", match.start())
        excerpt = text[start : end if end >= 0 else None]
        yield match[0], text.count("\n", 0, match.start()) + 1, match.start() - start + 1, excerpt
