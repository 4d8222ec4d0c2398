"""A TeX log -> diagnostics at lines of the Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import Diagnostic, error, info, warning
from .model import Place, TexDocument

TEX_MAIN_FILE = "body.tex"
# With -file-line-error: `./body.tex:57: Undefined control sequence.`
_ERROR = re.compile(r"^(?:\./)?(?P<file>[^\s:]+\.(?:tex|tikz)):(?P<line>\d+): (?P<message>.+)$", re.M)
# Where TeX was: `l.57 text up to the offending place`
_CONTEXT = re.compile(r"^l\.\d+ (?P<text>.*)$", re.M)
_WARNING = re.compile(r"^(?:LaTeX|Package \w+) Warning: (?P<message>.+?) on input line (?P<line>\d+)\.", re.M)
_REPEATED = re.compile(r"^LaTeX Warning: Label `(.+?)' multiply defined", re.M)
# `LaTeX Error: \begin{aligned} on input line 5 ended by \end{document}.`
_BEGUN = re.compile(r"\\begin\{[^}]*\} on input line (\d+) ended by")
_MISSING = re.compile(
    r"^Missing character: There is no (?P<char>.+?) \(U\+(?P<code>[0-9A-F]+)\) in font (?P<font>[^!]+)!", re.M
)
_OVERFULL = re.compile(r"^Overfull \\hbox \((?P<points>[\d.]+)pt too wide\) .*?at lines? (?P<line>\d+)", re.M)
# TeX points in a millimetre: 72.27 / 25.4.
_POINTS_PER_MM = 2.845
# Less than this is invisible in ragged margins of code and formulas.
_NOTICED_MM = 3.0

_CODES = (
    ("Undefined control sequence", "undefined-command"),
    ("LaTeX Error: Environment", "undefined-environment"),
    ("Missing $ inserted", "math-outside-formula"),
    ("Missing } inserted", "unbalanced-braces"),
    ("Extra }", "unbalanced-braces"),
    ("Missing { inserted", "unbalanced-braces"),
    ("Paragraph ended before", "unbalanced-braces"),
    ("Runaway argument", "unbalanced-braces"),
    ("File ended while scanning", "unbalanced-braces"),
    ("Double subscript", "double-script"),
    ("Double superscript", "double-script"),
    ("Misplaced alignment tab", "alignment"),
    ("Extra alignment tab", "alignment"),
    ("Package amsmath Error", "amsmath"),
    ("Unable to load picture", "image-unreadable"),
)
_HINTS = {
    "undefined-command": "check the spelling; TeX may lack a command that previews know",
    "undefined-environment": "check the name after \\begin",
    "math-outside-formula": "put $ before and after the formula",
    "unbalanced-braces": "count { and } in this formula",
    "double-script": "write {a^b}^c or a^{b^c} for two in a row",
    "alignment": "& separates columns only inside aligned, cases or a matrix with enough columns",
    "image-unreadable": "the file is damaged or of another kind; save it again as PNG or PDF",
}


@dataclass(frozen=True, slots=True)
class _Spot:
    place: Place
    excerpt: str | None


def parse_log(log: str, document: TexDocument) -> tuple[Diagnostic, ...]:
    """Return what a log reports: errors, undefined and repeated labels, missing glyphs, overfull lines."""
    return (
        *_errors(log, document),
        *_warnings(log, document),
        *_repeated_labels(log, document),
        *_missing(log, document),
        *_overfull(log, document),
    )


def _spot(document: TexDocument, line: int, file: str = TEX_MAIN_FILE) -> _Spot:
    """Translate a line that TeX named; never leaves a TeX line in the result."""
    if file != TEX_MAIN_FILE:
        attachment = next((a for a in document.attachments if a.name == file), None)
        if attachment:
            return _Spot(Place(attachment.source, line), None)
    place = document.source_map.locate(line - document.body_line + 1)
    if place is None:
        return _Spot(Place(document.source_map.file, 1), None)
    lines = document.source.split("\n")
    return _Spot(place, lines[place.line - 1] if place.line <= len(lines) else None)


def _errors(log: str, document: TexDocument) -> list[Diagnostic]:
    found = []
    for match in _ERROR.finditer(log):
        message = match["message"].rstrip(".")
        if message.startswith(("  ==> Fatal error", "==> Fatal error")) or message == "Emergency stop":
            continue
        begun = _BEGUN.search(message)
        # The line in the message is TeX's; the diagnostic carries the note's.
        message = re.sub(r" on input line \d+", "", message)
        spot = _spot(document, int(begun[1] if begun else match["line"]), match["file"])
        code = next((code for text, code in _CODES if text in message), "tex-error")
        context = _CONTEXT.search(log, match.end())
        command = re.search(r"(\\[A-Za-z@]+|\\.)\s*$", context["text"]) if context else None
        column = None
        if code == "undefined-command" and command:
            message = f"undefined command {command[1]}"
            column = spot.excerpt.find(command[1]) + 1 if spot.excerpt else None
        found.append(
            error(
                code,
                message,
                file=spot.place.file,
                line=spot.place.line,
                column=column or None,
                excerpt=spot.excerpt,
                hint=_HINTS.get(code),
            )
        )
    return found


def _warnings(log: str, document: TexDocument) -> list[Diagnostic]:
    found = []
    for match in _WARNING.finditer(log):
        message = match["message"]
        spot = _spot(document, int(match["line"]))
        if re.search(r"Reference .* undefined|Citation .* undefined", message):
            found.append(
                warning(
                    "undefined-reference",
                    message,
                    file=spot.place.file,
                    line=spot.place.line,
                    excerpt=spot.excerpt,
                    hint="no \\label in this note has that name",
                )
            )
    return found


def _repeated_labels(log: str, document: TexDocument) -> list[Diagnostic]:
    """Report each repeated label where the note uses it again: TeX says which, not where."""
    found = []
    lines = document.source.split("\n")
    for label in dict.fromkeys(_REPEATED.findall(log)):
        uses = [number for number, text in enumerate(lines, 1) for _ in range(text.count(rf"\label{{{label}}}"))]
        line = uses[1] if len(uses) > 1 else 1
        found.append(
            warning(
                "duplicate-label",
                f"label `{label}` is used twice",
                file=document.source_map.file,
                line=line,
                excerpt=lines[line - 1],
                hint="give each \\label a name of its own",
            )
        )
    return found


def _missing(log: str, document: TexDocument) -> list[Diagnostic]:
    """Report each missing character at its first line: TeX says which font, not where."""
    found = []
    for code in dict.fromkeys(match["code"] for match in _MISSING.finditer(log)):
        char = chr(int(code, 16))
        lines = document.source.split("\n")
        line = next((number for number, text in enumerate(lines, 1) if char in text), None)
        column = lines[line - 1].index(char) + 1 if line else None
        found.append(
            warning(
                "missing-glyph",
                f"no font has {char} (U+{code})",
                file=document.source_map.file,
                line=line or 1,
                column=column,
                excerpt=lines[line - 1] if line else None,
                hint="write it otherwise, or add a font that has it to `fallback` in fonts.yaml",
            )
        )
    return found


def _overfull(log: str, document: TexDocument) -> list[Diagnostic]:
    found = []
    for match in _OVERFULL.finditer(log):
        millimetres = float(match["points"]) / _POINTS_PER_MM
        spot = _spot(document, int(match["line"]))
        make = warning if millimetres >= _NOTICED_MM else info
        if millimetres * _POINTS_PER_MM >= 1:
            found.append(
                make(
                    "overfull-line",
                    f"{millimetres:.1f} mm too wide",
                    file=spot.place.file,
                    line=spot.place.line,
                    excerpt=spot.excerpt,
                    hint="break the formula or table",
                )
            )
    return found
