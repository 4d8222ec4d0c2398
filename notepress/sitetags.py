"""Tags of static site generators -> their names and arguments: `{% note info %}`, `{{< figure src="a.png" >}}`.

Liquid (Jekyll), Nunjucks (Hexo, GitBook) and Hugo write them alike, and each theme adds names of its own. What a name
means is said in `sitecode` (code), `siteparts` (pictures, links, what plays), `boxmarks` (boxes); `sites` walks over a
note and finds out which of them hold something.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(words.split())


# Arguments may go over several lines, but not over a blank one, and not without end.
TAG_SOURCE = (
    r"\{(?:%|\{(?P<hugo>[<%]))-?[ \t]*\n?[ \t]*(?P<end>end_?(?=[A-Za-z])|/)?[ \t]*"
    r"(?P<name>[A-Za-z_][\w.:-]*(?:/[\w.-]+)*)"
    r"(?P<rest>(?=[\s%>/-])(?:[^\n%>]|[%>](?!\})|\n(?![ \t>]*\n)){0,2000}+)(?(hugo)[%>]\}|%)\}"
)
TAG = re.compile(TAG_SOURCE)
_COMMENT = re.compile(r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}|\{::comment\}.*?\{:/(?:comment)?\}", re.S)
# `color:red` is a value, but not every word with a colon is one.
_KEYS = (
    "lang|line_number|first_line|mark|highlight|wrap|tab|from|to|diff|range|caption|title|url|color|bg|width|height|w|h"
    "|align|active|author|footer|child|open|icon|date|ratio|padding|size|fit|desc"
)
_ARGUMENT = re.compile(
    rf"""(?:(?P<key>[A-Za-z_][\w-]*)[ \t]*(?:=|:(?=[ \t]*["']))[ \t]*|\b(?P<option>{_KEYS}):(?=[^\s/"']))"""
    r"""(?:"(?P<a>[^"]*)"|'(?P<b>[^']*)'|(?P<c>[^\s,"']+))|"(?P<d>[^"]*)"|'(?P<e>[^']*)'|(?P<f>[^\s,"'][^\s,]*)"""
)
IMAGE_NAME = re.compile(r"\S+\.(?:png|jpe?g|gif|svg|webp|bmp|avif|tiff?)(?:[?#!]\S*)?$", re.I)
# What is an address or the name of a file, and so not meant to be read.
ADDRESS = re.compile(r"(?:[A-Za-z][\w+.-]*:)?//\S+$|\.{0,2}/\S*$|[\w%+.-]+/[\w%+./?#=&-]*$|[^\s.]\S*\.[A-Za-z]\w{1,4}$")
# Values that are not text but an address, a size, a name of something.
_UNREAD = word_set(
    "alt bg w h active open child ratio padding size fit mark wrap line_number first_line "
    "src href url link id class style width height type lang language ref relref image image_path path "
    "file align target rel color colour icon provider"
)
# Tags whose first word is the name of a note or a file.
_NAMING = word_set(
    "post_link post_path post_url asset_link asset_img asset_path img image link ref relref include "
    "include_relative include_code gist youtube vimeo bilibili raw"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag: `words` are its arguments without a key, in order, `values` those with one, `rest` all as written."""

    name: str
    rest: str = ""
    hugo: bool = False
    closes: bool = False
    words: tuple[str, ...] = ()
    values: dict[str, str] = field(default_factory=dict)

    def value(self, *keys: str) -> str:
        """Return the first of some values that is there; an empty text where none is."""
        return next((self.values[key] for key in keys if self.values.get(key)), "")


def read_tag(match: re.Match[str]) -> Tag:
    """Return what a match of `TAG_SOURCE` says; its name in lower case."""
    rest = match["rest"].strip().removesuffix("-").removesuffix("/")
    words, values = split_arguments(rest)
    return Tag(
        # The hyphen of `{% raw -%}` may touch the name.
        name=match["name"].lower().rstrip("-"),
        rest=" ".join(rest.split()),
        hugo=match["hugo"] is not None,
        closes=match["end"] is not None,
        words=words,
        values=values,
    )


def tag_of(line: str) -> Tag | None:
    """Return the tag that is all of a line; None where there is none, or more."""
    match = TAG.fullmatch(line.strip()) if "{%" in line or "{{" in line else None
    return read_tag(match) if match else None


def split_arguments(rest: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the words and the values of a tag: words in quotes are one, and commas stand between words."""
    words, values = [], {}
    for match in _ARGUMENT.finditer(rest):
        if key := match["key"] or match["option"]:
            values[key.lower()] = match["a"] or match["b"] or match["c"] or ""
        elif text := match["d"] or match["e"] or match["f"]:
            words.append(text)
    return tuple(words), values


def readable(tag: Tag) -> list[str]:
    """Return the arguments of a tag that are meant to be read, without what is an address, a size or a name."""
    words = tag.words[1:] if tag.name in _NAMING else tag.words
    values = [value for key, value in tag.values.items() if key not in _UNREAD]
    return [word for word in [*words, *values] if not ADDRESS.match(word)]


def visible_words(markdown: str) -> str:
    """Return a text in which each tag is what of its arguments is meant to be read, with its lines kept."""
    if "{%" not in markdown and "{{" not in markdown and "{::" not in markdown:
        return markdown
    text = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), markdown)
    return TAG.sub(lambda match: " ".join(readable(read_tag(match))) + "\n" * match[0].count("\n"), text)
