"""A tag of a static site generator that stands for something -> the Markdown of that: pictures, links, what plays.

What print has no place for, a film or a song, becomes its address. A tag that nobody knows here stays as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from .callouts import KINDS
from .sitecode import CODE, DRAWN
from .sitetags import ADDRESS, IMAGE_NAME, Tag, word_set

_SIZE = re.compile(r"\d+(?:\.\d+)?(?:px|%|em|cm|mm|in|pt)?$")
# A folder of Hugo's is a note.
_INDEX = re.compile(r"(?<=/)_?index\.md$")
# Where the numbers by which films and programs are called lead; {} is the number.
_HOSTS = MappingProxyType(
    {
        "youtube": "https://www.youtube.com/watch?v={}",
        "youtube-lite": "https://www.youtube.com/watch?v={}",
        "vimeo": "https://vimeo.com/{}",
        "bilibili": "https://www.bilibili.com/video/{}",
        "bvideo": "https://www.bilibili.com/video/{}",
        "gist": "https://gist.github.com/{}",
        "tweet": "https://twitter.com/i/status/{}",
        "twitter": "https://twitter.com/i/status/{}",
        "instagram": "https://www.instagram.com/p/{}",
        "asciinema": "https://asciinema.org/a/{}",
        "ghcard": "https://github.com/{}",
        "github": "https://github.com/{}",
        "repo": "https://github.com/{}",
    }
)
_PLAYED = frozenset(_HOSTS) | word_set(
    "video videos audio iframe jsfiddle codepen codesandbox pdf aplayer aplayerlist dplayer meting music "
    "netease spotify soundcloud speakerdeck slideshare figma embed googlemaps map x swagger player mp3 "
    "bilibili_video plantuml_url file"
)
_IMAGES = word_set(
    "asset_img asset_image img image figure fancybox imgproc inlineimg inlineimage pic picture "
    "lightgallery bundle-image resize-image screenshot full-image fi fullimage"
)
_NOTES = frozenset(("post_link", "ref", "relref"))
_PATHS = word_set("post_path post_url asset_path ref relref link static_ref absurl relurl")
_BUTTONS = frozenset(("btn", "button"))
# Words in the line, with the mark that they get.
_WORDS = MappingProxyType(
    {"label": "==", "mark": "==", "hl": "==", "kbd": "<kbd>", "key": "<kbd>", "u": "<u>", "emp": "**"}
    | {"wavy": "<u>", "del": "~~", "sup": "<sup>", "sub": "<sub>", "psw": "", "span": "", "p": "", "copy": "`"}
    | {
        "badge": "==",
        "hideinline": "",
        "bubble": "",
        "text": "",
        "tag": "==",
        "strong": "**",
        "em": "*",
        "quot": "",
        "blur": "",
        "heimu": "",
    }
)
# Boxes that can say what they hold themselves.
_BOXES = frozenset(("callout", "alert", "notice", "admonition", "hint", "note", "tip"))
# What makes pages of a site and says nothing to readers.
SILENT = word_set("more toc table_of_contents table-of-contents br clear clearfix divider")
# Programs in the site's language: what they hold is printed, once.
PROGRAMS = word_set(
    "if unless for case assign set capture macro block extends import else elsif elif when increment "
    "decrement cycle break continue cache seo feed_meta with"
)
_LOOKS = re.compile(
    r"(?:red|blue|green|orange|yellow|pink|purple|cyan|black|gray|grey|white|default|primary|success|info|warning|danger"
    r"|center|left|right|large|larger|big|small|outline|block|nocopy|logo|h[1-6]|fa[srbld]?(?:[ -].*)?)$",
    re.I,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a tag becomes; `said` is what there is to say of it: nothing, or that print has no place for it."""

    markdown: str
    said: str = ""
    hint: str = ""


def part_of(tag: Tag) -> Part | None:
    """Return what a tag that holds nothing stands for; None for one that nobody knows."""
    if tag.name in _WORDS and (made := _words(tag)) is not None:
        return Part(markdown=made)
    for names, make in _MAKERS:
        if tag.name in names and (part := make(tag)) is not None:
            return part
    return None


def around(tag: Tag, inside: str) -> str | None:
    """Return what a pair of tags within a line makes of the words between them; None where it is no such pair."""
    if tag.name in CODE | DRAWN:
        return literal(inside)
    if tag.name in _BUTTONS and (part := _button(tag)):
        address = part.markdown.rpartition("](")[2]
        return f"[{inside.strip()}]({address}"
    return _marked(_WORDS[tag.name], inside) if tag.name in _WORDS and inside.strip() else None


def path_of(tag: Tag) -> str | None:
    """Return the path that a tag in the place of an address stands for: `[文字]({{< ref "a.md" >}})`."""
    if tag.name not in _PATHS | _NOTES or not (tag.words or tag.values):
        return None
    return tag.words[0] if tag.words else tag.value("path", "name", "url")


def image(source: str, caption: str, width: str = "", height: str = "") -> str:
    """Return the Markdown of a picture; one without a folder is looked for by its name."""
    named = "" if "/" in source else ".wikilink "
    sizes = " ".join(f'{key}="{size}"' for key, size in (("width", width), ("height", height)) if _SIZE.match(size))
    attributes = f"{named}{sizes}".strip()
    return f"![{bracketed(caption)}](<{source}>)" + (f"{{{attributes}}}" if attributes else "")


def note_link(name: str, text: str) -> str:
    """Return the link to a note by its name, which is its own text where there is none."""
    name, _, place = name.partition("#")
    name = _INDEX.sub("", name.strip("/"))
    target = f"{name}#{place}" if place else name
    return f"[{bracketed(text) or name or place}](<{target}>){{.wikilink}}"


def bracketed(text: str) -> str:
    """Return a text that no bracket in it ends."""
    return re.sub(r"(?<!\\)([\[\]])", r"\\\1", text)


def literal(text: str) -> str:
    """Return a text as code of one line, whatever marks it holds."""
    text = " ".join(text.split())
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    edge = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{'`' * (longest + 1)}{edge}{text}{edge}{'`' * (longest + 1)}"


def _words(tag: Tag) -> str | None:
    """Return the words of a tag in the mark that it gives them: the last argument, where commas stand between."""
    mark = _WORDS[tag.name]
    parts = [part.strip(" \"'") for part in (tag.rest.split(",") if "," in tag.rest else [" ".join(tag.words)])]
    parts = [part for part in parts if part and not _LOOKS.match(part)]
    text = tag.value("text", "content", "title") or (parts[-1] if len(parts) < 3 else parts[0]) if parts else ""
    # NexT: `primary@文字`; a colour may also be the last word.
    text = re.sub(r"^\w*@", "", text)
    first, _, rest = text.partition(" ")
    before, _, last = text.rpartition(" ")
    text = rest if rest and _LOOKS.match(first) else before if before and _LOOKS.match(last) else text
    return _marked(mark, text) if text.strip() else None


def _marked(mark: str, text: str) -> str:
    return f"{mark}{text.strip()}{mark.replace('<', '</')}"


def _image(tag: Tag) -> Part | None:
    """Read `img left /a.png 300 200 "标题" "替代"`, `image /a.png, alt=图` and what shortcodes say by name."""
    words = list(tag.words)
    source = tag.value("src", "url", "image_path", "path", "link") if not words else ""
    if not source:
        at = next(
            (n for n, word in enumerate(words) if IMAGE_NAME.match(word) or "://" in word or word[0] in "/."), None
        )
        if at is None:
            return None
        source, words = words[at], words[at + 1 :]
    sizes = [word for word in words[:2] if _SIZE.match(word)]
    words = [word.strip("\"'") for word in words if word not in sizes]
    # Hexo has title and text for readers without pictures in one pair of quotes more.
    texts = [part.strip() for word in words for part in re.split("[\"']", word)]
    texts += [tag.value(key) for key in ("title", "caption", "description", "attr")]
    # What is for readers without pictures stands for what is missing.
    texts += [] if any(texts) else [tag.value("alt")]
    caption = ""
    for text in dict.fromkeys(filter(None, texts)):
        caption = f"{caption}：{text}" if caption and text not in caption else caption or text
    width, height = tag.value("width", "w") or "".join(sizes[:1]), tag.value("height", "h") or "".join(sizes[1:])
    return Part(markdown=image(source, caption, width, height))


def _checkbox(tag: Tag) -> Part | None:
    *options, text = tag.rest.split(",")
    return Part(markdown=f"{'☒' if 'checked' in ' '.join(options) else '☐'} {text.strip()}") if text.strip() else None


def _note(tag: Tag) -> Part | None:
    if not tag.words and not tag.values:
        return None
    name = tag.words[0] if tag.words else tag.value("path")
    words = [word for word in tag.words[1:] if word not in ("true", "false")]
    return Part(markdown=note_link(name, " ".join(words) or tag.value("title", "text")))


def _file_link(tag: Tag) -> Part | None:
    if not tag.words:
        return None
    text = " ".join(word for word in tag.words[1:] if word not in ("true", "false")) or tag.words[0]
    named = "" if "/" in tag.words[0] else "{.wikilink}"
    return Part(markdown=f"[{bracketed(text)}](<{tag.words[0]}>){named}")


def _button(tag: Tag) -> Part | None:
    """Read a button, or a card with a link: an address and words, in any order."""
    address = tag.value("url", "href", "link", "relref") or next((w for w in tag.words if ADDRESS.match(w)), "")
    parts = [part.strip(" \"'") for part in tag.rest.split(",")] if "," in tag.rest else list(tag.words)
    words = [part for part in parts if not (ADDRESS.match(part) or _LOOKS.match(part) or re.search(r"\bfa-|=", part))]
    words += [tag.value(key) for key in ("title", "text", "label", "description", "desc")]
    text = "，".join(dict.fromkeys(filter(None, words)))
    return Part(markdown=f"[{bracketed(text) or address}](<{address}>)") if address else None


def _played(tag: Tag) -> Part | None:
    """Return the address of a film or a song, with what is said of it."""
    number = tag.value("id", "user") or next(iter(tag.words), "")
    address = tag.value("src", "url", "href", "mp4") or next((w for w in tag.words if "://" in w or w[0] in "/."), "")
    if not address and number and tag.name in _HOSTS:
        name = f"{number}/{tag.words[1]}" if tag.name == "gist" and len(tag.words) > 1 else number
        address = _HOSTS[tag.name].format(name)
    words = [word for word in tag.words if word not in (address, number) and not _LOOKS.match(word)]
    words += [tag.value(key) for key in ("title", "caption", "name", "author")]
    text = "，".join(dict.fromkeys(filter(None, words)))
    linked = f"[{bracketed(text)}](<{address}>)" if text else f"<{address}>" if "://" in address else f"`{address}`"
    shown = linked if address else literal(f"{tag.name} {tag.rest}")
    hint = "write a link with a title of your own" if address else "write a link to it"
    return Part(markdown=shown, said="has no place in print; its address is printed", hint=hint)


def _include(tag: Tag) -> Part | None:
    """Read Jekyll's `include figure.html src="a.png"`: a picture, a film or a box in a file of the theme."""
    name = (tag.words[0] if tag.words else "").rpartition("/")[2].partition(".")[0].lower()
    picture = tag.value("src", "url", "image_path", "path", "file", "img", "image")
    if name.startswith("toc"):
        return Part(markdown="")
    if picture and (IMAGE_NAME.match(picture) or name in _IMAGES):
        values = {**tag.values, "src": picture}
        return _image(Tag(name=name, values=values))
    if name in _PLAYED or tag.value("provider"):
        return _played(Tag(name=tag.value("provider").lower() or name, values=tag.values))
    return None


def boxed_words(tag: Tag) -> tuple[str, str] | None:
    """Return the name of a box and what it holds, where a tag says that itself: `include note.html content="…"`."""
    words = tag.value("content", "text")
    included = tag.name.startswith("include") and tag.words
    name = (tag.words[0] if included else tag.name).rpartition("/")[2].partition(".")[0].lower()
    if not words or not (name in KINDS or tag.name in _BOXES):
        return None
    return tag.value("type", "color", "style") or name, words


def _silent(tag: Tag) -> Part:
    return Part(markdown="<br>" if tag.name == "br" else "")


def _program(_: Tag) -> Part:
    return Part(
        markdown="",
        said="is a program of the site; it is left out, and what it holds is printed once",
        hint="delete it",
    )


_MAKERS: tuple[tuple[frozenset[str], Callable[[Tag], Part | None]], ...] = (
    (_IMAGES, _image),
    (_NOTES, _note),
    (frozenset(("asset_link",)), _file_link),
    (frozenset(("checkbox", "radio")), _checkbox),
    (_BUTTONS | {"link", "linkcard", "link-card", "ghost"}, _button),
    (_PLAYED, _played),
    (frozenset(("include", "include_cached", "include_relative", "partial")), _include),
    (SILENT, _silent),
    (PROGRAMS, _program),
)
