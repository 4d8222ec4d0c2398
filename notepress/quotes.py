"""Which quotation marks are Latin, and which Chinese: Unicode has one “ for both, as wide as a hanzi or as a letter.

The neighbours decide. A pair is Latin where no hanzi is in it nor next to it; ’ within a word is an apostrophe.
Latin ones become characters of their own (noncharacters, which no text has), which the template of the fonts sets.
"""

from __future__ import annotations

import re

_MARKS = "‘’“”"
LATIN_MARKS = "\ufdd4\ufdd5\ufdd6\ufdd7"
_TO_LATIN = str.maketrans(_MARKS, LATIN_MARKS)
_AS_WRITTEN = str.maketrans(LATIN_MARKS, _MARKS)
_CLOSES = {"’": "‘", "”": "“"}
# Hanzi, kana, hangul, their punctuation and full-width forms.
_CHINESE = re.compile("[\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]")
_PARAGRAPH = re.compile(r"(?:[^\n]|\n(?!\s*\n))+")
_APOSTROPHE = re.compile(r"(?<=[^\W_])’(?=[^\W_])")
# What is no text: commands, braces, the converter's marks of lines, other quotation marks.
_MARKUP = rf"(?:\\[A-Za-z]+|%@=?\d+\n|[\s{{}}{_MARKS}])*"
_BEFORE, _AFTER = re.compile(rf"{_MARKUP}\Z"), re.compile(_MARKUP)
# No command is longer, and nobody reads on further to learn what a mark is.
_REACH = 80


def mark_latin_quotes(latex: str) -> str:
    """Return LaTeX in which each Latin quotation mark is the character of `LATIN_MARKS` for it."""
    if not any(mark in latex for mark in _MARKS):
        return latex
    return _PARAGRAPH.sub(lambda match: _mark_paragraph(match[0]), latex)


def as_written(latex: str) -> str:
    """Return LaTeX with its quotation marks as the note has them."""
    return latex.translate(_AS_WRITTEN)


def _mark_paragraph(text: str) -> str:
    if not any(mark in text for mark in _MARKS):
        return text
    apostrophes = (match.start() for match in _APOSTROPHE.finditer(text))
    latin = {at for at in apostrophes if not _CHINESE.search(text[at - 1 : at + 2])}
    waiting: list[int] = []
    for match in re.finditer(f"[{_MARKS}]", text):
        at = match.start()
        if at in latin:
            continue
        opening = _CLOSES.get(match[0])
        if opening is None:
            waiting.append(at)
        elif waiting and text[waiting[-1]] == opening:
            first = waiting.pop()
            if not _CHINESE.search(text, first, at) and not _beside_chinese(text, first, at):
                latin |= {first, at}
        elif not _beside_chinese(text, at, at):
            latin.add(at)
    latin |= {at for at in waiting if not _beside_chinese(text, at, at)}
    return "".join(char.translate(_TO_LATIN) if at in latin else char for at, char in enumerate(text))


def _beside_chinese(text: str, first: int, last: int) -> bool:
    """Say whether the text before a mark or after another is Chinese, past markup and spaces."""
    before = text[max(0, first - _REACH) : first]
    before = before[: _BEFORE.search(before).start()]  # type: ignore[union-attr]  # it matches nothing as well
    after = text[last + 1 : last + 1 + _REACH]
    after = after[_AFTER.match(after).end() :]  # type: ignore[union-attr]
    return any(_CHINESE.match(char) for char in (before[-1:], after[:1]))
