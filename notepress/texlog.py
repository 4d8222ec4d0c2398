"""A TeX log -> findings at lines of the Markdown."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass

from .definitions import own_names_back
from .documents import FormulaSpan, TexDocument
from .doubts import without_doubts
from .errors import error, info, warning
from .findings import MENDED, Finding, is_own_mistake
from .fontpackages import glyph_hint
from .model import Place
from .placing import place_in_source
from .signs import find_sign
from .texerrors import explain, repeated_label, unknown_label

TEX_MAIN_FILE = "body.tex"
# Where fonts are chosen and the document begins: what goes wrong there concerns no note.
DRIVER_FILE = "driver.tex"
# With -file-line-error: `./body.tex:57: Undefined control sequence.`
_ERROR = re.compile(r"^(?:\./)?(?P<file>[^\s:]+\.(?:tex|tikz)):(?P<line>\d+): (?P<message>.+)$", re.M)
# What TeX had read, and what it had not: two lines, the second indented by the length of the first.
_CONTEXT = re.compile(r"^(?P<where>l\.\d+|<argument>|<recently read>) (?P<read>.*)\n(?P<rest>.*)$", re.M)
_UNDEFINED = re.compile(
    r"^(?:LaTeX|Package \w+) Warning: (?:Reference|Citation) `(?P<name>[^']*)' .*?undefined"
    r" on input line (?P<line>\d+)\.",
    re.M,
)
_REPEATED = re.compile(r"^LaTeX Warning: Label `(.+?)' multiply defined", re.M)
# `LaTeX Error: \begin{aligned} on input line 5 ended by \end{document}.`
_BEGUN = re.compile(r"\\begin\{[^}]*\} on input line (\d+) ended by")
_UNDEFINED_NAME = re.compile(r"Undefined control sequence (\\[A-Za-z@]+)")
_ENVIRONMENT = re.compile(r"LaTeX Error: Environment (\S+) undefined")
_MISSING = re.compile(
    r"^Missing character: There is no (?P<char>.+?) \(U\+(?P<code>[0-9A-F]+)\) in font (?P<font>[^!]+)!", re.M
)
_OVERFULL = re.compile(r"^Overfull \\hbox \((?P<points>[\d.]+)pt too wide\) .*?at lines? (?P<line>\d+)", re.M)
_FATAL = re.compile(r"^(?:\s*==> )?(?:Fatal error|Emergency stop)|That makes 100 errors")
_TOKEN = re.compile(r"(\\[A-Za-z@]+|\\.|[^\s\\])\s*$")
# How far back to look for what TeX had read as the argument of something, in characters.
_WINDOW = 20000
# TeX points in a millimetre: 72.27 / 25.4.
_POINTS_PER_MM = 2.845
# Less than this is invisible in ragged margins of code and formulas.
_NOTICED_MM = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spot:
    place: Place
    excerpt: str | None
    column: int | None = None
    formula: int | None = None


def read_log(log: str, document: TexDocument) -> tuple[Finding, ...]:
    """Return what a log reports: errors, undefined and repeated labels, missing glyphs, overfull lines."""
    reader = _Reader(log, document)
    return (
        *reader.errors(),
        *reader.unknown_labels(),
        *reader.repeated_labels(),
        *reader.missing_glyphs(),
        *reader.overfull_lines(),
    )


def failed_before(log: str) -> str | None:
    """Return the first error that came before the document's text, None where there was none."""
    return next((m["message"] for m in _ERROR.finditer(log) if m["file"] == DRIVER_FILE), None)


class _Reader:
    """A log beside the document that it is about."""

    def __init__(self, log: str, document: TexDocument) -> None:
        self.log = log
        self.document = document
        self.source = document.source.split("\n")
        self.lines = document.latex.split("\n")
        self.begins = [span.begin for span in document.spans]

    def errors(self) -> list[Finding]:
        """Return each error once; of those in one formula all that are no consequence of another."""
        found: list[Finding] = []
        matches = [m for m in _ERROR.finditer(self.log) if not _FATAL.match(m["message"])]
        told: dict[int, list[Finding]] = {}
        for index, match in enumerate(matches):
            end = matches[index + 1].start() if index + 1 < len(matches) else len(self.log)
            context = self.log[match.end() : end]
            finding = self._error(match, context)
            if finding.formula is not None:
                before = told.setdefault(finding.formula, [])
                if not is_own_mistake(finding, context, before):
                    continue
                before.append(finding)
            found.append(finding)
        return found

    def _error(self, match: re.Match[str], context: str) -> Finding:
        begun = _BEGUN.search(match["message"])
        # The line in the message is TeX's; the diagnostic carries the note's.
        message = re.sub(r" on input line \d+", "", match["message"]).rstrip(".")
        contexts = list(_CONTEXT.finditer(context))
        reads = (without_doubts(own_names_back(c["read"])) for c in contexts)
        token = next((t[1] for read in reads if (t := _TOKEN.search(read))), "")
        named = _undefined_name(match["message"], context)
        if unknown := _ENVIRONMENT.search(match["message"]):
            token = f"\\begin{{{unknown[1]}}}"
        line = int(begun[1] if begun else match["line"])
        spot = self._spot(line, match["file"], contexts if not begun else [], named or token)
        if named and spot.column is None:
            # It stands in a macro, and what is to be seen here is its use.
            spot = self._spot(line, match["file"], contexts, token)
        explained = explain(message, named or token)
        diagnostic = error(
            explained.code,
            explained.message,
            file=spot.place.file,
            line=spot.place.line,
            column=spot.column,
            excerpt=spot.excerpt,
            hint=explained.hint,
        )
        recovered = explained.code == "undefined-command" and MENDED in context
        return Finding(
            diagnostic=diagnostic,
            formula=spot.formula,
            follows=explained.follows,
            local=explained.local or recovered,
        )

    def _spot(self, line: int, file: str, contexts: list[re.Match[str]], token: str = "") -> _Spot:
        """Translate a line that TeX named; never leaves a TeX line in the result."""
        if file != TEX_MAIN_FILE:
            attachment = next((a for a in self.document.attachments if a.name == file), None)
            if attachment:
                return _Spot(place=Place(attachment.source, line), excerpt=None)
        offset = self._offset(line, contexts, token)
        if offset is not None and (span := self._span(offset)):
            return self._in_formula(span, offset, token)
        place = self.document.source_map.locate(line - self.document.body_line + 1)
        if place is None:
            return _Spot(place=Place(self.document.source_map.file, 1), excerpt=None)
        return _Spot(place=place, excerpt=self._excerpt(place.line))

    def _offset(self, line: int, contexts: list[re.Match[str]], token: str) -> int | None:
        """Return how far TeX had read, as an offset into the document: the end of the line if nothing says."""
        if not 1 <= line <= len(self.lines):
            return None
        text = self.lines[line - 1]
        begin = sum(len(passed) + 1 for passed in self.lines[: line - 1])
        direct = next((c for c in contexts if c["where"] == f"l.{line}"), None)
        offset = begin + (_read_part(text, direct["read"], direct["rest"]) if direct else len(text.rstrip()))
        # Some things TeX reads to their end before it looks at what they hold: align, headings, footnotes.
        for context in contexts:
            if context["where"] == "<argument>":
                at = _squeezed_rfind(self.document.latex, offset, context["read"], context["rest"])
                if at is not None and self._span(at):
                    return at
        if self._span(offset) is None and token.startswith("\\"):
            begin = max(offset - _WINDOW, 0)
            at = _last(self.document.latex[begin:offset], token)
            if at >= 0 and self._span(begin + at + len(token)):
                return begin + at + len(token)
        return offset

    def _span(self, offset: int) -> FormulaSpan | None:
        """Return the formula that TeX was in, or had just read the last character of."""
        index = bisect.bisect_left(self.begins, offset) - 1
        if index < 0:
            return None
        span = self.document.spans[index]
        return span if offset <= span.end else None

    def _in_formula(self, span: FormulaSpan, offset: int, token: str) -> _Spot:
        before = without_doubts(own_names_back(self.document.latex[span.begin : offset]))
        if token and (at := _last(before, token)) >= 0:
            before = before[: at + len(token)]
        place = place_in_source(self.document.formulas[span.formula], before, token, self.source)
        return _Spot(
            place=Place(self.document.source_map.file, place.line),
            excerpt=place.excerpt,
            column=place.column,
            formula=span.formula,
        )

    def _excerpt(self, line: int) -> str | None:
        return self.source[line - 1] if 1 <= line <= len(self.source) else None

    def _begin_of(self, spot: _Spot) -> int:
        """Return the line to show for something that concerns a whole formula or paragraph."""
        if spot.formula is None:
            return spot.place.line
        formula = self.document.formulas[spot.formula]
        rows = formula.source.split("\n")
        return formula.line + next((n for n, text in enumerate(rows) if text.strip(" \t>$")), 0)

    def unknown_labels(self) -> list[Finding]:
        """Report references to labels that the note lacks."""
        found = []
        for match in _UNDEFINED.finditer(self.log):
            name = match["name"]
            spot = self._spot(int(match["line"]), TEX_MAIN_FILE, [])
            # A formula or a paragraph of several lines: the reference is on one of them.
            uses = [n for n, text in enumerate(self.source, 1) if f"{{{name}}}" in text and "ref" in text]
            line = min(uses, key=lambda n: abs(n - spot.place.line), default=spot.place.line)
            excerpt = self._excerpt(line)
            column = (excerpt or "").find(f"{{{name}}}") + 2
            diagnostic = unknown_label(
                name, file=spot.place.file, line=line, column=column if column > 1 else None, excerpt=excerpt
            )
            found.append(Finding(diagnostic=diagnostic))
        return found

    def repeated_labels(self) -> list[Finding]:
        """Report each repeated label where the note uses it again: TeX says which, not where."""
        found = []
        for label in dict.fromkeys(_REPEATED.findall(self.log)):
            mark = rf"\label{{{label}}}"
            uses = [number for number, text in enumerate(self.source, 1) for _ in range(text.count(mark))]
            line = uses[1] if len(uses) > 1 else 1
            diagnostic = repeated_label(
                label, file=self.document.source_map.file, line=line, excerpt=self._excerpt(line)
            )
            found.append(Finding(diagnostic=diagnostic))
        return found

    def missing_glyphs(self) -> list[Finding]:
        """Report each missing character at its first place: TeX says which font, not where."""
        found = []
        for code in dict.fromkeys(match["code"] for match in _MISSING.finditer(self.log)):
            char = chr(int(code, 16))
            place = find_sign(char, self.document.formulas, self.source)
            diagnostic = warning(
                "missing-glyph",
                f"no font has {char if char.isprintable() else 'this sign'} (U+{code})",
                file=self.document.source_map.file,
                line=place.line,
                column=place.column,
                excerpt=place.excerpt,
                hint=glyph_hint(int(code, 16)),
            )
            found.append(Finding(diagnostic=diagnostic))
        return found

    def overfull_lines(self) -> list[Finding]:
        """Report what sticks out of the text block by a point or more."""
        found = []
        for match in _OVERFULL.finditer(self.log):
            points = float(match["points"])
            if points < 1:
                continue
            millimetres = points / _POINTS_PER_MM
            spot = self._spot(int(match["line"]), TEX_MAIN_FILE, [])
            line = self._begin_of(spot)
            make = warning if millimetres >= _NOTICED_MM else info
            diagnostic = make(
                "overfull-line",
                f"{millimetres:.1f} mm too wide",
                file=spot.place.file,
                line=line,
                excerpt=self._excerpt(line),
                hint="break the formula or table",
            )
            found.append(Finding(diagnostic=diagnostic))
        return found


def _undefined_name(message: str, context: str) -> str | None:
    """Return the command that TeX does not know: named by our own message, else the last thing that it had read."""
    if not message.startswith("Undefined control sequence"):
        return None
    innermost = context.lstrip("\n").split("\n")[0]
    found = _UNDEFINED_NAME.search(message) or _TOKEN.search(innermost)
    return without_doubts(own_names_back(found[1])) if found else None


def _read_part(text: str, read: str, rest: str) -> int:
    """Return how many characters of a line TeX had read, from its two lines of context, which may be cut short."""
    if not read.startswith("...") and text.startswith(read.rstrip()):
        return len(read) if text.startswith(read) else len(read.rstrip())
    tail = read.removeprefix("...")
    follows = rest.strip()[:20].removesuffix("...")
    at = text.find(tail + follows) if follows else text.rfind(tail)
    return at + len(tail) if at >= 0 else len(text)


def _squeezed_rfind(text: str, before: int, read: str, rest: str) -> int | None:
    """Find where `read` last ends and `rest` begins ahead of a place, whatever spaces TeX has dropped or put in."""
    begin = max(before - _WINDOW, 0)
    places = [index for index in range(begin, before) if not text[index].isspace()]
    squeezed = "".join(text[index] for index in places)
    left = re.sub(r"\s", "", read.removeprefix("..."))[-40:]
    right = re.sub(r"\s", "", rest.removesuffix("..."))[:40]
    at = squeezed.rfind(left + right)
    end = at + len(left)
    return places[end - 1] + 1 if at >= 0 and end else None


def _last(text: str, token: str) -> int:
    """Return where a token last begins in a text, -1 where it does not occur."""
    if not token.startswith("\\") or not token[1:].isalpha():
        return text.rfind(token)
    found = [match.start() for match in re.finditer(re.escape(token) + r"(?![A-Za-z@])", text)]
    return found[-1] if found else -1
