"""Markdown -> protected Markdown and its formulas, line for line.

Markdown readers see `_`, `*`, `+ ` and blank lines inside a formula as their own. So before the reader
every formula becomes a placeholder, and every further line of it a filler, so that no line moves.
Placeholders use Unicode noncharacters (U+FDD0 to U+FDD2), which the standard sets aside for internal
use and which are neither space nor punctuation to a Markdown reader.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass, replace
from html import unescape
from urllib.parse import unquote_plus

from .equations import find_label
from .errors import Diagnostic, error, warning
from .fences import fenced_code
from .mathtokens import with_percent_signs, without_text
from .model import Formula, Kind

OPEN, CLOSE, FILLER = "\ufdd0", "\ufdd1", "\ufdd2"
# What the converter puts in the place of a footnote within a footnote.
_NESTED = "\ufdd8"
# pandoc takes everything but letters, digits and space for punctuation, so this one is an (invisible) letter.
JOINER = "\uffa0"

_ENVIRONMENTS = "equation|align|alignat|flalign|gather|multline|eqnarray|math|displaymath"
# These belong in a formula, and are one of their own only where nothing stands before them in their line.
_BARE = "[dr]?cases|(?:sub)?numcases|subequations|split|aligned|alignedat|gathered|d?array|[pbBvV]?matrix|CD|tikzcd"
# The second column of these is text.
_CASES = re.compile(r"\\begin\{(?P<name>(?:sub)?numcases)\}.*?\\end\{(?P=name)\}", re.S)
# Text in a formula may hold formulas.
_BOX = (
    r"\\(?:text[a-z]*|[mhf]box|ce|pu|f?colorbox(?:[ \t]*\{[^{}$\n]*\}){1,2})[ \t]*"
    r"\{(?:[^{}$\n\\]|\\.|\{[^{}$\n]*\}|\$[^{}$\n]*\$)*\}"
)
# A comment of Obsidian: within a line, or lines of its own. Not `%%time`, a cell of Jupyter's.
HIDDEN = r"(?<![%\\])%%(?!%)(?:[^%\n]|%(?!%))+?%%(?!%)|(?m:^(?P<hidden_in>[ \t>]*)%%(?=\s)(?:[^%]|%(?!%))*?%%[ \t]*$)"
_TOKEN = re.compile(
    r"""
      (?P<comment><!--.*?-->)
    | (?P<hidden>HIDDEN)
    | (?P<code>(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n[ \t>]*\n).)+?(?<!`)(?P=ticks)(?!`))
    | \\{2}\[(?P<double_bracket>(?:(?!\n[ \t>]*\n|\\{2}\[).)+?)\\{2}\]
    | \\{2}\((?P<double_paren>(?:(?!\n|\\{2}\().)+?)\\{2}\)
    | (?P<escaped>\\[\\$`])
    | \$\$(?P<display>.+?)(?<!\\)\$\$
    | (?P<unclosed>\$\$)
    | \\begin\{(?P<env>(?:ENVIRONMENTS)\*?)\}(?P<inside>.*?)\\end\{(?P=env)\}
    | \\begin\{(?P<bare>BARE)\}(?:(?!\n[ \t>]*\n).)+?\\end\{(?P=bare)\}
    | \\\[(?P<bracket>(?:(?!\n[ \t>]*\n).)+?)\\\]
    | \\\((?P<paren>(?:(?!\n[ \t>]*\n).)+?)\\\)
    | (?P<reference>\\(?:eq)?ref\{[^{}\n]+\})
    | \$(?P<inline>(?>BOX|[^$\n\\`]|\\.|`(?!`)|\n(?![ \t>]*\n)){1,4000}?)\$(?![0-9])
    """.replace("ENVIRONMENTS", _ENVIRONMENTS)
    .replace("BARE", _BARE)
    .replace("HIDDEN", HIDDEN)
    .replace("BOX", _BOX),
    re.VERBOSE | re.DOTALL,
)
# Formulas between tags of static site generators, and those that a site drew: pictures whose address is the formula.
_TAGGED = re.compile(
    r"""
      \{(?:%|\{[<%])-?\s*(?P<tag>katex|math(?:jax)?|equation)(?P<how>\s[^{}\n]*?)?\s*-?[%>]\}{1,2}(?P<tagged>(?:(?!\{\{[<%]|\{%).)+?)
      \{(?:%-?\s*end|\{[<%]\s*/\s*)(?P=tag)\s*-?[%>]\}{1,2}
    | (?:!\[(?:\[[^\]\n]*\]|[^\[\]\n])*\]\(|<img\b[^<>\n]*?\bsrc=["'])(?:https?:)?//
      (?:www\.zhihu\.com/equation\?tex=|(?:latex|private)\.codecogs\.com/(?:gif|png|svg)\.(?:latex|image)\?)
      (?P<drawn>[^)\s"'<>]+)(?:\)|["'][^<>\n]*>)
    |"""
    + _TOKEN.pattern,
    re.VERBOSE | re.DOTALL,
)
# GitHub's fence of formulas: the same as $$, on the same lines.
_MATH_FENCE = re.compile(
    r"^(?P<before>[ \t>]*)(?P<fence>`{3,}|~{3,})[ \t]*math[ \t]*(?P<inside>\n(?:(?!^[ \t>]*(?:`{3}|~{3})).)*)"
    r"^(?P<after>[ \t>]*)(?P=fence)[ \t]*$",
    re.M | re.S,
)
# A closing `$$` this far away closes something else: a paragraph, a heading or a fence lies between.
_STRUCTURE = re.compile(r"^[ \t>]*(?:\#{1,6}[ \t]|`{3}|~{3})", re.M)
# Between two $$ on lines of their own and without an empty line, a dollar is a slip and not the edge of a formula.
_OWN_LINES = re.compile(r"[ \t]*\n(?:[ \t>]*\S[^\n]*\n)+[ \t>]*")
_SENTENCE, _MATH = re.compile("[，。；：？！]"), re.compile(r"[\\^_={}]")
_WORDS = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}\s")
_HANZI = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")

_PUNCTUATION = "，。、；：？！…—·「」『』《》〈〉（）【】〔〕“”‘’％～"
# CommonMark's flanking rule takes 。 before ** and a hanzi after it for "not a closing delimiter"; a character
# that is neither space nor punctuation between the two satisfies the rule, and the converter drops it again.
_CLOSING = re.compile(rf"([{_PUNCTUATION}])(\*{{1,3}}|~~)(?=[^\s*~!-/:-@\[-`{{-~{_PUNCTUATION}])")
_OPENING = re.compile(rf"(?<=[^\s*~!-/:-@\[-`{{-~{_PUNCTUATION}])(\*{{1,3}}|~~)(?=[{_PUNCTUATION}])")
_ESCAPED = re.compile(r"(?<!\\)(\\[@\[=^])")
# `: 表题 {#tbl-x}`, the caption of a table.
_CAPTION = re.compile(r"^([ \t>]*)(?=:[ \t]+\S[^\n]*\{#tbl-[^\n]*\}[ \t]*$)", re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """Markdown without formulas; the n-th placeholder stands for `formulas[n]`."""

    markdown: str
    formulas: tuple[Formula, ...]
    diagnostics: tuple[Diagnostic, ...]


def protect(markdown: str, *, file: str) -> Protected:
    """Take the formulas out of a note; the result has the same number of lines."""
    text = re.sub(f"[{OPEN}{CLOSE}{FILLER}{_NESTED}{JOINER}]", "", markdown)
    text = _MATH_FENCE.sub(r"\g<before>$$\g<inside>\g<after>$$", text)
    # A caption above its table would be read as the definition of the paragraph before it.
    text = _CAPTION.sub(rf"\1{JOINER}", text)
    code = fenced_code(text)
    starts = _line_starts(text)
    pieces: list[str] = []
    formulas: list[Formula] = []
    diagnostics: list[Diagnostic] = []
    here = 0
    # One kind more to look for takes a tenth longer.
    token = _TAGGED if any(mark in text for mark in ("{%", "{{", "equation?tex=", "codecogs.com/")) else _TOKEN
    while match := _next_token(token, text, here, code):
        line = bisect_right(starts, match.start())
        begin = starts[line - 1]
        found = _formula(match, line, match.start() - begin - text.count(JOINER, begin, match.start()) + 1)
        if match["hidden"]:
            pieces += [_join_emphasis(text[here : match.start()]), _blanked(match)]
            end = match.end()
        elif found is None:
            if match["unclosed"] or _is_runaway(match):
                diagnostics.append(_unclosed(file, line, text))
            end = match.end()
            if _is_runaway(match) or match["inline"] or match["bare"]:
                # What was taken for a formula is text, and may hold the start of a real one.
                end = match.start() + (2 if match["display"] or match["bare"] else 1)
            pieces.append(_join_emphasis(text[here : match.start()]) + text[match.start() : end])
        else:
            if re.search(r"\n[ \t>]*\n", match[0]):
                diagnostics.append(
                    warning(
                        "blank-line-in-math",
                        "blank line inside a formula",
                        file=file,
                        line=line,
                        hint="delete the empty line; TeX would end the formula there",
                    )
                )
            found, end = _with_label(found, text, match.end())
            pieces.append(_join_emphasis(text[here : match.start()]) + _placeholder(len(formulas), match))
            formulas.append(found)
        here = end
    pieces.append(_join_emphasis(text[here:]))
    return Protected(markdown="".join(pieces), formulas=tuple(formulas), diagnostics=tuple(diagnostics))


def _next_token(token: re.Pattern[str], text: str, here: int, code: list[tuple[int, int]]) -> re.Match[str] | None:
    """Find the next token outside fenced code, which is neither searched nor crossed."""
    for begin, end in [*code, (len(text), len(text))]:
        if end <= here and begin != len(text):
            continue
        if here < begin and (match := token.search(text, here, begin)):
            return match
        here = max(here, end)
    return None


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", text))]


def _blanked(match: re.Match[str]) -> str:
    """Return the lines of a comment with nothing on them but the marks of the quote they stand in."""
    before = match["hidden_in"] or ""
    container = _container(before.count(">"))
    prefixes = [container.match(line) for line in match[0].split("\n")[1:]]
    return "\n".join([before, *(prefix[0] if prefix else "" for prefix in prefixes)])


def _formula(match: re.Match[str], line: int, column: int) -> Formula | None:
    source = match[0]
    parts = match.groupdict()
    if drawn := parts.get("drawn"):
        tex = unquote_plus(unescape(drawn)).strip().removesuffix("\\\\")
        kind = Kind.DISPLAY if _is_alone(match) else Kind.INLINE
        return Formula(kind=kind, tex=with_percent_signs(tex), source=source, line=line, column=column)
    if inside := parts.get("tagged"):
        display = "\n" in inside or "display" in (match["how"] or "") or match["tag"] == "equation"
        kind, tex = Kind.DISPLAY if display else Kind.INLINE, _uncontained(inside, match)
        tex = tex if display else tex.strip(" \t\n")
        return Formula(kind=kind, tex=tex, source=source, line=line, column=column)
    if (inside := match["display"]) is not None:
        return (
            None
            if not inside.strip() or _is_runaway(match)
            else Formula(kind=Kind.DISPLAY, tex=_uncontained(inside, match), source=source, line=line, column=column)
        )
    if match["env"] or (match["bare"] and _begins_its_line(match)):
        return Formula(kind=Kind.DISPLAY, tex=_uncontained(source, match), source=source, line=line, column=column)
    # Where Markdown takes one backslash for itself, authors write two.
    if (inside := match["bracket"] or match["double_bracket"]) is not None:
        return Formula(kind=Kind.DISPLAY, tex=_uncontained(inside, match), source=source, line=line, column=column)
    if (inside := match["paren"] or match["double_paren"]) is not None:
        return Formula(
            kind=Kind.INLINE,
            tex=_stripped(_uncontained(inside, match)),
            source=source,
            line=line,
            column=column,
        )
    if match["reference"]:
        return Formula(kind=Kind.INLINE, tex=source, source=source, line=line, column=column)
    if (inside := match["inline"]) is not None:
        # `\ ` is a command.
        before, after = inside[0].isspace(), inside[-1].isspace() and inside[-2:-1] != "\\"
        if not inside.strip() or (
            (before or after) and (_HANZI.search(inside) or (before != after and _is_prose(inside)))
        ):
            return None
        # From one price to another dollar: a number, and a sentence that goes on.
        if inside[0].isdecimal() and _SENTENCE.search(inside) and not _MATH.search(inside):
            return None
        tex = _stripped(_uncontained(inside, match))
        # GitHub's other way: $`…`$.
        tex = tex[1:-1] if len(tex) > 2 and tex[0] == tex[-1] == "`" else tex
        return Formula(kind=Kind.INLINE, tex=tex, source=source, line=line, column=column)
    return None


def _is_prose(inside: str) -> bool:
    """Say whether what stands between dollars, with a space at one end only, is rather text between prices or names."""
    letter = len(inside.strip()) == 1 and inside.strip().isalpha()
    return _WORDS.search(inside) is not None or not (letter or _MATH.search(inside))


def _stripped(tex: str) -> str:
    stripped = tex.strip(" \t")
    return stripped + " " if stripped.endswith("\\") and not stripped.endswith("\\\\") else stripped


def _is_alone(match: re.Match[str]) -> bool:
    """Say whether nothing else stands on the line of a match."""
    text = match.string
    end = text.find("\n", match.end())
    return not (
        text[text.rfind("\n", 0, match.start()) + 1 : match.start()].strip()
        or text[match.end() : end if end >= 0 else len(text)].strip()
    )


def _with_label(formula: Formula, text: str, end: int) -> tuple[Formula, int]:
    """Return a formula with the label that follows it, and where both end."""
    label = find_label(text, end) if formula.kind is not Kind.INLINE else None
    if label is None:
        return formula, end
    return replace(formula, source=formula.source + label[0], label=label[1]), label.end()


def _is_runaway(match: re.Match[str]) -> bool:
    inside = match["display"]
    if not inside:
        return False
    # A single dollar is the edge of another formula, unless it stands in text of this one.
    plain = without_text(re.sub(_BOX, "", _CASES.sub("", inside))) if "$" in inside else ""
    dollar = re.search(r"(?<!\\)\$", plain) and not _OWN_LINES.fullmatch(inside)
    return bool(dollar or _STRUCTURE.search(inside))


def _unclosed(file: str, line: int, text: str) -> Diagnostic:
    excerpt = text.split("\n")[line - 1]
    return error(
        "unclosed-math",
        "$$ opens a formula that is never closed",
        file=file,
        line=line,
        column=excerpt.find("$$") + 1,
        excerpt=excerpt,
        hint="write $$ after the formula as well",
    )


def _begins_its_line(match: re.Match[str]) -> bool:
    before = match.string[match.string.rfind("\n", 0, match.start()) + 1 : match.start()]
    return re.fullmatch(r"(?:[ \t]*>|[ \t]*(?:[-*+]|\d+[.)])[ \t]+)*[ \t]*", before) is not None


def _quote_depth(match: re.Match[str]) -> int:
    """Return how many quotes a formula begins in; any further `>` that begins a line is a relation."""
    begin = match.string.rfind("\n", 0, match.start()) + 1
    prefix = re.match(r"(?:[ \t]*>|[ \t]*(?:[-*+]|\d+[.)])[ \t]+)*", match.string[begin : match.start()])
    return prefix[0].count(">") if prefix else 0


def _container(depth: int) -> re.Pattern[str]:
    return re.compile(rf"(?:[ \t]*>){{0,{depth}}}[ \t]?" if depth else r"[ \t]*")


def _uncontained(tex: str, match: re.Match[str]) -> str:
    """Drop the marks of the quote it stands in from the further lines of a formula."""
    first, *rest = tex.split("\n")
    depth = _quote_depth(match) if rest else 0
    inside = "\n".join([first, *(_container(depth).sub("", line, count=1) for line in rest)]) if depth else tex
    return with_percent_signs(inside)


def _placeholder(number: int, match: re.Match[str]) -> str:
    rest = match[0].split("\n")[1:]
    container = _container(_quote_depth(match) if rest else 0)
    fillers = []
    for offset, line in enumerate(rest, 1):
        prefix = container.match(line)
        fillers.append(f"{prefix[0] if prefix else ''}{FILLER}{number}.{offset}{CLOSE}")
    return "\n".join([f"{OPEN}{number}{CLOSE}", *fillers])


def _is_sign(char: str) -> bool:
    """Tell what the flanking rule takes for punctuation: symbols, too. Between two signs every delimiter is one."""
    return unicodedata.category(char)[0] in "PS"


def _join_emphasis(text: str) -> str:
    text = _CLOSING.sub(lambda m: m[0] if _is_sign(text[m.end()]) else f"{m[1]}{JOINER}{m[2]}", text)
    text = _OPENING.sub(lambda m: m[0] if _is_sign(text[m.start() - 1]) else f"{m[1]}{JOINER}", text)
    # What is escaped is no reference, no [[link]], no ==mark==. The reader drops the backslash: something else says so.
    return _ESCAPED.sub(rf"\1{JOINER}", text)
