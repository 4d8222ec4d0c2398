"""What a note says and its PDF shows -> what was lost on the way.

Every step may have its mistakes, the reader of Markdown as well as the fonts; so in the end the text of the pages, as
a reader would copy it, is compared with the text of the file. Hanzi, kana and hangul are compared: in the markup of a
note they never mean anything but themselves, so each that is missing is a loss.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Set

from .dialect import HIDDEN
from .errors import Diagnostic, warning
from .model import Note

_LETTERS = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]+")
# What is not meant for the page. Cut with their lines kept, in this order.
_UNSEEN = (
    re.compile(
        rf"<!--.*?-->|{HIDDEN}|<(?P<tag>script|style|svg|head|video|audio|iframe)\b.*?</(?P=tag)\s*>", re.DOTALL | re.I
    ),
    re.compile(r"^[ \t>]*(?:[-*+][ \t]+)*(?:`{3,}|~{3,})[^\n]*$", re.M),
    re.compile(r"!\[[^\]\n]*\](?:\([^)\n]*\)|\[[^\]\n]*\])|!\[\[[^\]\n]*\]\]"),
    re.compile(r"\]\([^)\n]*\)|\]\[[^\]\n]*\]|^[ \t>]*\[(?!\^)[^\]\n]+\]:[ \t]*\S[^\n]*$|\[\^[^\]\n]*\]", re.M),
    re.compile(r"\[\[[^\]|\n]*\||</?[A-Za-z][^<>]*>|(?:https?|ftp)://\S+|\{[#.:][^{}\n]*\}"),
    re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\\(?:label|ref|eqref|cite|tag|class|cssId)\*?\{[^{}\n]*\}"),
)
# So many letters together are looked for: fewer are found by chance, more are torn apart by a footnote's mark.
_GRAM = 4


def audit(note: Note, printed: str, excused: Set[int]) -> tuple[Diagnostic, ...]:
    """Report letters of a note that its pages lack, at their lines; `printed` is the text of the pages.

    Lines in `excused` have been reported already for what was lost of them.
    """
    lines = _readable(note.markdown)
    shown = "".join(_LETTERS.findall(unicodedata.normalize("NFKC", printed)))
    lost = Counter("".join(lines)) - Counter(shown)
    if not lost:
        return ()
    return tuple(
        warning(
            "content-lost",
            f"“{_shortened(text)}” did not arrive in the PDF",
            file=note.source,
            line=number,
            hint="write it in another way; the converter dropped it without saying why",
        )
        for number, text in _lost_lines(lines, shown, lost)
        if number not in excused
    )


def _readable(markdown: str) -> list[str]:
    """Return the letters of each line that are meant to be read."""
    for pattern in _UNSEEN:
        markdown = pattern.sub(lambda match: "\n" * match[0].count("\n"), markdown)
    return ["".join(_LETTERS.findall(line)) for line in unicodedata.normalize("NFKC", markdown).split("\n")]


def _lost_lines(lines: list[str], shown: str, lost: Counter[str]) -> list[tuple[int, str]]:
    """Return the lines that lost letters, with what they lost: what stands nowhere in the pages as in the note."""
    found = []
    left = Counter(lost)
    for number, line in enumerate(lines, 1):
        grams = [line[at : at + _GRAM] for at in range(max(len(line) - _GRAM + 1, 1))]
        torn = {at + step for at, gram in enumerate(grams) if gram not in shown for step in range(len(gram))}
        whole = {at + step for at, gram in enumerate(grams) if gram in shown for step in range(len(gram))}
        text = "".join(line[at] for at in sorted(torn - whole) if line[at] in lost)
        if text:
            found.append((number, text))
            left -= Counter(text)
    # Single letters within others: the first line that has them.
    for char in left:
        number = next((number for number, line in enumerate(lines, 1) if char in line), 1)
        if all(number != other for other, _ in found):
            found.append((number, char * left[char]))
    return sorted(found)


def _shortened(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:19]}…"
