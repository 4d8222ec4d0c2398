"""Natural order of names: 第十章 after 第九章, 10 after 9."""

from __future__ import annotations

import re
import unicodedata

_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_NUMERAL = "零〇一二两三四五六七八九十百千"
# A Chinese numeral counts only inside 第N章 and the like: 一元 in the middle of a title is a word.
_ORDINAL = re.compile(f"第([{_NUMERAL}]+)(?=[章节節讲講课課回篇部卷编編周天])")

NaturalKey = tuple[tuple[int, int, str], ...]


def natural_key(name: str) -> NaturalKey:
    """Return a sort key; total, and independent of locale and of how the name is normalised."""
    name = unicodedata.normalize("NFC", name)
    # NFKC makes full-width digits plain ones.
    folded = _ORDINAL.sub(lambda m: f"第{parse_numeral(m[1])}", unicodedata.normalize("NFKC", name)).casefold()
    parts = re.findall(r"[0-9]+|[^0-9]+", folded)
    key = tuple((0, int(p), "") if p[0] in "0123456789" else (1, 0, p) for p in parts)
    # The exact name decides between names that differ only in case or leading zeros.
    return (*key, (2, 0, name))


def parse_numeral(numeral: str) -> int:
    """Return the value of a Chinese numeral below ten thousand: 十二 is 12, 一百零三 is 103, 二〇 is 20."""
    if not any(unit in numeral for unit in _UNITS):
        return int("".join(str(_DIGITS[digit]) for digit in numeral))
    total = digit = 0
    for char in numeral:
        if char in _UNITS:
            total += (digit or 1) * _UNITS[char]
            digit = 0
        else:
            digit = _DIGITS[char]
    return total + digit
