"""Bytes of a Markdown file -> text, or an error with the offset and the encoding that the file probably has."""

from __future__ import annotations

import re

from .errors import NoteError, error

# What a file begins with says how to read it; the longer marks stand first.
_MARKS = {
    b"\xff\xfe\0\0": "UTF-32",
    b"\0\0\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_COMMON = frozenset(
    "的一是不了在人有我他这這个們上们来到時大地為子中你說生國年着就那和要她出也得里後自以会家可下而过天去能对小多然"
)


def decode_note(content: bytes, *, file: str) -> str:
    """Return the text with Unix line ends and no BOM; raises NoteError naming offset and likely encoding."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        likely = _likely_encoding(content)
        # The decoder that drops a BOM does not count it.
        offset = problem.start + _bom_length(content)
        line = content[:offset].count(b"\n") + 1
        message = f"not UTF-8: byte 0x{content[offset]:02X} at offset {offset}"
        hint = f"the file looks like {likely}; convert it: iconv -f {likely} -t UTF-8" if likely else "save it as UTF-8"
        raise NoteError(error("encoding", message, file=file, line=line, hint=hint)) from problem
    if "\0" in text:
        offset = text.index("\0")
        likely = _likely_encoding(content)
        hint = f"the file looks like {likely}; save it as UTF-8" if likely else "delete it"
        raise NoteError(
            error(
                "encoding",
                f"NUL character at offset {len(text[:offset].encode()) + _bom_length(content)}",
                file=file,
                line=text.count("\n", 0, offset) + 1,
                hint=hint,
            )
        )
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.rstrip("\n") + "\n"


def _bom_length(content: bytes) -> int:
    return 3 if content.startswith(b"\xef\xbb\xbf") else 0


def _likely_encoding(content: bytes) -> str | None:
    for mark, name in _MARKS.items():
        if content.startswith(mark):
            return name
    zeros = content[1::2].count(0), content[::2].count(0)
    if sum(zeros) * 5 > len(content) and min(zeros) * 5 < max(zeros):
        return "UTF-16LE" if zeros[0] > zeros[1] else "UTF-16BE"
    # The decoders accept much of each other's text; the one that yields more of the commonest hanzi wins.
    found = {}
    # UTF-8 with a damaged byte competes too, so that it is not called something else.
    for name, errors in (
        ("UTF-8", "ignore"),
        ("GB18030", "strict"),
        ("BIG5", "strict"),
        ("UTF-16LE", "strict"),
        ("UTF-16BE", "strict"),
    ):
        try:
            found[name] = content.decode(name, errors)
        except UnicodeDecodeError:
            continue
    scores = {name: sum(char in _COMMON for char in text) for name, text in found.items()}
    best = max(scores, key=lambda name: scores[name])
    if scores[best]:
        return best if best != "UTF-8" else None
    if re.search("[\u2e80-\uffff]", found["UTF-8"]):
        return None
    # A few words may have none of these. Both encodings have the hanzi of everyday in one half of their table.
    return next((name for name in ("GB18030", "BIG5") if name in found and _is_everyday(content, name)), None)


def _is_everyday(content: bytes, encoding: str) -> bool:
    """Say whether a text is ASCII and hanzi of the first level, and not a Latin one with an accent here and there."""
    # The bytes before and after which the hanzi of the first level lie, and those of the punctuation before them.
    first, last, marks = (0xB0, 0xD7, range(0xA1, 0xA4)) if encoding == "GB18030" else (0xA4, 0xC6, range(0xA1, 0xA4))
    pairs = re.findall(rb"[\x80-\xff].", content, re.DOTALL)
    sound = all((first <= pair[0] <= last or pair[0] in marks) and pair[1] >= 0x40 for pair in pairs)
    return bool(pairs) and sound and (encoding == "BIG5" or all(pair[1] >= 0xA1 for pair in pairs))
