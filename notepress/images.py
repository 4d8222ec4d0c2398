"""Image references of a note -> files that go into the work folder, or a diagnostic at their line."""

from __future__ import annotations

import base64
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

from .errors import Diagnostic, PictureError, error, warning
from .model import Attachment
from .pictures import CONVERTERS, PictureStore
from .system import digest, file_digest

# Told by the first bytes, not by the name: on the web a .png is often a JPEG.
_RASTER = re.compile(
    rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP|BM|II\*\0|MM\0\*|....ftypavi[fs]|\0\0\0\x0cjP  |\xff\x4f\xff\x51", re.S
)
_PROLOGUE = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE\b[^\[>]*(?:\[.*?\]\s*)?>)*+", re.S | re.I
)
_SVG_ROOT = re.compile(rb"<(?:[\w.-]+:)?svg[\s>/]")
# What a file is that is no image, and what to do.
_STRANGERS = (
    (re.compile(rb"\s*(?:<!doctype html|<html|<head|<body)", re.I), "is a web page, not an image", "download it again"),
    (re.compile(rb"version https://git-lfs"), "is only a pointer of Git LFS", "run: git lfs pull"),
    (re.compile(rb"....ftyp(?:hei|hev|mif)", re.S), "is HEIC, which can't be read", "export it as JPEG"),
    (re.compile(rb"%!PS|\xc5\xd0\xd3\xc6"), "is PostScript, which is a program", "convert it to PDF: epstopdf"),
    (re.compile(rb"\Z"), "is empty", "save it again"),
)
_SUPPORTED = "is no image of a kind that can be printed"
_REMEDY = "use PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF, SVG, PDF or TikZ"
_DATA = re.compile(r"data:([\w.+/-]*)((?:;[^,;]*)*),", re.I)
# Where Hexo, Hugo, VuePress and Docusaurus keep files that they copy as they are.
_SITE_FOLDERS = ("static", "public", "source", "assets", ".vuepress/public", "docs/.vuepress/public")
# In bytes; an image is read into memory.
_MOST_BYTES = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Where a note looks for its images: its path, the project's root, and what makes images fit for TeX."""

    note: str
    root: Path
    pictures: PictureStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """An image and what was wrong with it; `attachment` is None where a box takes its place.

    `inputs` are what it depends on, by label: its file, whether or not it is there, and the program that converts it.
    """

    attachment: Attachment | None
    inputs: Mapping[str, str] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()


def attach(target: str, number: int, line: int | None, place: Beside) -> Attached:
    """Find the `number`-th image of a note; never outside the project, never through the network."""
    inputs: dict[str, str] = {}
    found: tuple[Diagnostic, ...]
    try:
        attachment, found = _attachment(target, number, place, inputs)
    except PictureError as problem:
        attachment, found = None, problem.diagnostics
    located = tuple(
        replace(d, message=f"image {short_target(target)} {d.message}", file=place.note, line=line) for d in found
    )
    return Attached(attachment=attachment, inputs=inputs, diagnostics=located)


def _attachment(
    target: str, number: int, place: Beside, inputs: dict[str, str]
) -> tuple[Attachment, tuple[Diagnostic, ...]]:
    """Return an image and what there is to say of it; notes in `inputs` what that depends on."""
    path, source = None, place.note
    if target[:5].lower() == "data:":
        content = _decoded(target)
    else:
        path = _file(target, place, inputs)
        source = path.relative_to(place.root).as_posix()
        if path.stat().st_size > _MOST_BYTES:
            inputs[f"image:{source}"] = file_digest(path)
            raise PictureError(
                error("image-too-large", f"has more than {_MOST_BYTES >> 20} MB", hint="make it smaller")
            )
        content = path.read_bytes()
        inputs[f"image:{source}"] = digest(content)
        if path.suffix.lower() == ".tikz":
            name = f"image-{number}.tikz"
            return Attachment(name=name, source=source, path=path, digest=digest(content)), ()
    kind = _sniff(content)
    converter = CONVERTERS[kind]
    inputs[f"converter:{converter}"] = place.pictures.version(converter) or ""
    made = place.pictures.prepare(content, kind, path)
    name = f"image-{number}.{made.kind}"
    return Attachment(name=name, source=source, path=made.path, digest=digest(content)), made.remarks


def _file(target: str, place: Beside, inputs: dict[str, str]) -> Path:
    """Return the file that is meant, without symbolic links; raises PictureError where there is none in the project."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:|//", target):
        raise PictureError(
            warning(
                "image-remote",
                "is not in the project",
                hint="save it beside the note and link to the file; a box stands in its place",
            )
        )
    path = None
    for folder in _folders(target, place.note):
        path = _existing(target.lstrip("/"), place.root / folder)
        if path is not None:
            break
        # Where it comes to lie there later, it is another image.
        for name in (unquote(target), unquote(re.split("[?#]", target)[0])):
            source = posixpath.normpath(posixpath.join(folder, name.lstrip("/")))
            inputs |= {f"image:{source}": ""} if not (target.startswith("/") and source.startswith("../")) else {}
    if (path is None and target.startswith("/")) or (path and not path.resolve().is_relative_to(place.root)):
        raise PictureError(error("image-outside", "lies outside the project", hint="copy it beside the note"))
    if path is None:
        beside = place.root / posixpath.dirname(place.note) / unquote(target)
        raise PictureError(error("image-missing", "does not exist", hint=_case_hint(beside)))
    return path.resolve()


def _folders(target: str, note: str) -> Iterator[str]:
    """Yield the folders in which an image may lie, relative to the root: that of the note.

    A path from / is one from the root of a site, which is a folder of the project: that of the note, one above it, or
    one of those in which generators keep what they copy as it is.
    """
    folder = posixpath.dirname(note)
    if not target.startswith("/"):
        yield folder
        return
    while True:
        yield from (posixpath.join(folder, name) for name in ("", *_SITE_FOLDERS))
        if not folder:
            return
        folder = posixpath.dirname(folder)


def _existing(target: str, folder: Path) -> Path | None:
    # A name may hold a real percent sign, so the literal path is tried as well; queries are a web habit.
    for name in (unquote(target), target, unquote(re.split("[?#]", target)[0])):
        try:
            if name and (folder / name).is_file():
                return folder / name
        except (OSError, ValueError):
            continue
    return None


def _decoded(target: str) -> bytes:
    """Return the bytes of a data: address (RFC 2397)."""
    head = _DATA.match(target)
    content = target[head.end() :] if head else ""
    try:
        if head and ";base64" in head[2].lower():
            return base64.b64decode(re.sub(r"\s+", "", unquote(content)), validate=True)
    except ValueError as problem:
        raise PictureError(
            error("image-damaged", "is damaged (not base64)", hint="copy all of it, or save it as a file")
        ) from problem
    return unquote_to_bytes(content)


def _sniff(content: bytes) -> str:
    """Return the kind of an image, a key of `CONVERTERS`; raises PictureError where it is none."""
    if _RASTER.match(content):
        return "raster"
    if b"%PDF-" in content[:1024]:
        return "pdf"
    start = content[:65536]
    if content[:2] == b"\x1f\x8b" or _SVG_ROOT.match(start, _PROLOGUE.match(start).end()):  # type: ignore[union-attr]
        return "svg"
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"} and "<svg" in content[:4096].decode("utf-16", "ignore"):
        return "svg"
    for pattern, what, remedy in _STRANGERS:
        if pattern.match(content):
            raise PictureError(error("image-unsupported", what, hint=f"{remedy}; a box stands in its place"))
    raise PictureError(error("image-unsupported", _SUPPORTED, hint=f"{_REMEDY}; a box stands in its place"))


def _case_hint(path: Path) -> str | None:
    try:
        twin = next((p.name for p in path.parent.iterdir() if p.name.lower() == path.name.lower()), None)
    except (OSError, ValueError):
        return None
    return f"there is {twin}: upper and lower case differ" if twin else None


def short_target(target: str) -> str:
    """Return a target cut to what a person can read: a data: address may have a million characters."""
    return target if len(target) <= 80 else target[:77] + "…"
