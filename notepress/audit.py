"""What a note says and its PDF shows -> what was lost on the way.

Every step may have its mistakes, the reader of Markdown as well as the fonts; so in the end the text of the pages, as
a reader would copy it, is compared with the text of the file. Hanzi, kana and hangul never mean anything but themselves
in the markup of a note, so each that is missing is a loss. Latin words may be markup: one is missed where it stands
nowhere in the pages.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Set

from .dialect import HIDDEN
from .errors import Diagnostic, warning
from .model import Formula, Note
from .sitetags import TAG, visible_words

_LETTERS = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]+")
# What is not meant for the page. Cut with their lines kept, in this order.
_UNSEEN = (
    re.compile(
        rf"<!--.*?-->|{HIDDEN}|<(?P<tag>script|style|svg|head|video|audio|iframe)\b.*?</(?P=tag)\s*>", re.DOTALL | re.I
    ),
    re.compile(r"^[ \t>]*(?:[-*+][ \t]+)*(?:`{3,}|~{3,})[^\n]*$", re.M),
    re.compile(r"!\[[^\]\n]*\](?:\([^)\n]*\)|\[[^\]\n]*\])|!\[\[[^\]\n]*\]\]"),
    re.compile(r"\]\([^)\n]*\)|\]\[[^\]\n]*\]|^[ \t>]*\[(?!\^)[^\]\n]+\]:[ \t]*\S[^\n]*$|\[\^[^\]\n]*\]", re.M),
    re.compile(r"\[\[[^\]|\n]*\||</?[A-Za-z][^<>]*>|(?:https?|ftp)://[^\s<>]*|\{:?[ \t]*[#.:][^{}\n]*\}"),
    re.compile(r"\{\{.*?\}\}|\\(?:label|ref|eqref|cite|tag|class|cssId)\*?\{[^{}\n]*\}"),
)
# Latin words of markup: names of boxes, of emoji and of what is cited, attributes, TeX.
_MARKUP = (
    re.compile(
        r"^[ \t>]*(?:!!!|\?\?\?\+?|:{3,}|===[!+]*)[ \t]*[\w-]*(?:[ \t]+inline)?(?:[ \t]+end)?|\[![^\]\n]*\]", re.M
    ),
    re.compile(r":[\w+-]+:|@[\w:.+/-]+|\{[^{}\n]*=[^{}\n]*\}|\\[A-Za-z]+|\[\[?_?toc_?\]?\]|&#?\w+;?", re.I),
)
_WIDE_MARKS = tuple((mark, unicodedata.normalize("NFKC", mark)) for mark in "，：；（）！？…／\u3000")
_WORD = re.compile(r"[A-Za-z]{4,}")
# So many letters together are looked for: fewer are found by chance, more are torn apart by a footnote's mark.
_GRAM = 4
# A longer word is looked for in pieces of so many letters.
_PIECE = 30


def audit(note: Note, formulas: Iterable[Formula], printed: str, excused: Set[int]) -> tuple[Diagnostic, ...]:
    """Report what a note says and its pages lack, at its lines; `printed` is the text of the pages.

    The words in `formulas` are TeX's. Lines in `excused` have been reported already for what was lost of them.
    """
    markdown = visible_words(note.markdown)
    text, printed = _visible(markdown), _normal(printed)
    lines = ["".join(_LETTERS.findall(line)) for line in text.split("\n")]
    shown = "".join(_LETTERS.findall(printed))
    lost = Counter("".join(lines)) - Counter(shown)
    found = [*(_lost_lines(lines, shown, lost) if lost else ()), *_lost_words(note.markdown, formulas, printed)]
    return tuple(
        warning(
            "content-lost",
            f"“{_shortened(text)}” did not arrive in the PDF",
            file=note.source,
            line=number,
            hint="write it in another way; the converter dropped it without saying why",
        )
        for number, text in sorted(found)
        if number not in excused
    )


def _visible(markdown: str) -> str:
    """Return what is meant to be read, line for line."""
    return _normal(_without(markdown, _UNSEEN))


def _normal(text: str) -> str:
    """Return a text in the form NFKC."""
    # Without these marks most texts have this form already, which is seen at once; and to replace them takes no time.
    for mark, plain in _WIDE_MARKS:
        text = text.replace(mark, plain)
    return unicodedata.normalize("NFKC", text)


def _without(text: str, patterns: Iterable[re.Pattern[str]]) -> str:
    for pattern in patterns:
        text = pattern.sub(lambda match: "\n" * match[0].count("\n") or " ", text)
    return text


def _lost_words(markdown: str, formulas: Iterable[Formula], printed: str) -> list[tuple[int, str]]:
    """Return the lines that have Latin words which the pages have nowhere, with these words."""
    starts = [0, *(match.end() for match in re.finditer("\n", markdown))]
    pieces, here = [], 0
    for formula in sorted(formulas, key=lambda f: (f.line, f.column)):
        begin = starts[formula.line - 1] + formula.column - 1
        if begin >= here:
            pieces += [markdown[here:begin], "\n" * formula.source.count("\n") or " "]
            here = begin + len(formula.source)
    text = _without("".join([*pieces, markdown[here:]]), (TAG, *_UNSEEN, *_MARKUP))
    # Words are torn at the ends of lines, and by hyphens there.
    letters = "".join(re.findall("[a-z]+", printed.lower()))
    found = []
    for number, line in enumerate(_normal(text).split("\n"), 1):
        words = _WORD.findall(line)
        missing = [word for word in words if word.lower() not in letters and not _is_torn(word.lower(), letters)]
        if missing:
            found.append((number, " ".join(missing)))
    return found


def _is_torn(word: str, letters: str) -> bool:
    """Say whether a word that is longer than a line stands in the pages in pieces: feet of pages tear it as well."""
    pieces = [word[at : at + _PIECE] for at in range(0, len(word), _PIECE)]
    return len(pieces) > 1 and 2 * sum(piece in letters for piece in pieces) > len(pieces)


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
