"""PDF structures that finishing and joining share: metadata, outline, labels, destinations, links.

Everything is written so that the same input gives the same bytes, on any day and in any folder.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

from pikepdf import Array, Dictionary, Name, Object, ObjectStreamMode, OutlineItem, Page, Pdf, PdfError, Stream, String

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a PDF says of itself; `date` is ISO 8601, `label` the prefix of its page labels, such as "1.4–"."""

    title: str
    author: str
    subject: str
    keywords: tuple[str, ...]
    language: str
    date: str | None
    label: str
    roman: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What a page draws: its content, and its fonts by the names that the content calls them by, without the slash."""

    content: bytes
    fonts: Mapping[bytes, Object]


def write_metadata(pdf: Pdf, metadata: Metadata) -> None:
    """Set title, author, subject, keywords and language in the Info dictionary and as XMP."""
    entries = {
        Name.Title: metadata.title,
        Name.Author: metadata.author,
        Name.Subject: metadata.subject,
        Name.Keywords: ", ".join(metadata.keywords),
        Name.Creator: "notepress",
    }
    for name in list(pdf.docinfo.keys()):
        if name != "/Producer":
            del pdf.docinfo[name]
    for key, value in entries.items():
        if value:
            pdf.docinfo[key] = String(value)
    if metadata.date and _is_day(metadata.date):
        pdf.docinfo[Name.CreationDate] = String("D:" + metadata.date.replace("-", "") + "000000Z")
    # pikepdf would put its own name and the present time there.
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as xmp:
        xmp.load_from_docinfo(pdf.docinfo)
        xmp["dc:language"] = {metadata.language}
    pdf.Root.Lang = String(metadata.language)
    pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)


def _is_day(date: str) -> bool:
    """Say whether a date is one of the calendar; authors also write 2026 and 春天, which a title block may show."""
    try:
        return datetime.date.fromisoformat(date).isoformat() == date
    except ValueError:
        return False


def write_outline(pdf: Pdf, entries: list[tuple[int, str, Array]]) -> None:
    """Write bookmarks from (level, text, destination); a level may skip its parents.

    Two levels are unfolded: of a book its chapters and notes, which a reader takes in at a glance.
    """
    if not entries:
        return
    with pdf.open_outline() as outline:
        outline.root.clear()
        open_items: list[tuple[int, OutlineItem]] = []
        for level, text, destination in entries:
            item = OutlineItem(text or "…", destination)
            while open_items and open_items[-1][0] >= level:
                open_items.pop()
            item.is_closed = bool(open_items)
            siblings = open_items[-1][1].children if open_items else outline.root
            siblings.append(item)
            open_items.append((level, item))


def write_page_labels(pdf: Pdf, runs: list[tuple[int, str, bool]]) -> None:
    """Write page labels from (first page from 0, prefix, roman numerals)."""
    numbers: list[object] = []
    for first, prefix, roman in runs:
        style = Dictionary(S=Name.r if roman else Name.D)
        if prefix:
            style.P = String(prefix)
        numbers += [first, style]
    pdf.Root.PageLabels = pdf.make_indirect(Dictionary(Nums=Array(numbers)))


def save(pdf: Pdf, stream: BinaryIO) -> None:
    """Write the file's bytes, the same for the same content; raises OSError where the stream does."""
    # What xdvipdfmx makes of the name of its input, if that has one.
    if "/ID" in pdf.trailer:
        del pdf.trailer["/ID"]
    sink = _Sink(stream)
    # No linearize: with object streams and outlines qpdf's own check warns.
    pdf.save(cast("BinaryIO", sink), deterministic_id=True, object_stream_mode=ObjectStreamMode.generate)
    if sink.failure:
        raise sink.failure


class _Sink(io.RawIOBase):
    """Keeps back the first failure of a stream: an exception that passes through qpdf's writer aborts Python."""

    def __init__(self, stream: BinaryIO) -> None:
        self.failure: OSError | None = None
        self._stream = stream

    def writable(self) -> bool:
        return True

    def write(self, content: Buffer) -> int:
        if self.failure is None:
            try:
                return self._stream.write(content)
            except OSError as problem:
                self.failure = problem
        return memoryview(content).nbytes


def read_drawn(page: Page) -> Drawn:
    """Return what a page draws, all its streams together, and with which fonts."""
    contents = page.obj.get(Name.Contents)
    if isinstance(contents, Array):
        content = b"\n".join(stream.read_bytes() for stream in contents)
    else:
        content = contents.read_bytes() if contents is not None and Name.Length in contents else b""
    fonts = page.obj.get(Name.Resources, Dictionary()).get(Name.Font, Dictionary())
    return Drawn(content=content, fonts={name[1:].encode(): font for name, font in fonts.items()})


def drop_unused_resources(page: Page, content: bytes) -> None:
    """Take the fonts and pictures from a page that its `content` does not name, and from the forms that it shows.

    qpdf reads the content token by token for that. xdvipdfmx gives nearly every page and form only what they name, as a
    search shows at once; then all that qpdf would do is to give each resources of its own.
    """
    resources = page.obj.get(Name.Resources)
    if resources is None or not _names_all(content, resources):
        page.remove_unreferenced_resources()
        return
    forms = [one for one in resources.get(Name.XObject, Dictionary()).values() if _is_form(one)]
    # Forms in forms are left to qpdf, which knows when to end.
    if all(_needs_no_other(form) for form in forms):
        for owner in (page.obj, *forms):
            owner.Resources = copy(owner.Resources)
    else:
        page.remove_unreferenced_resources()


def _needs_no_other(form: Object) -> bool:
    """Say whether a form has only resources that it names, and no forms among them."""
    resources = form.get(Name.Resources)
    try:
        if resources is None or not _names_all(form.read_bytes(), resources):
            return False
    except PdfError:
        # A picture that is a PDF is taken over as it is, mistakes and all.
        return False
    return not any(map(_is_form, resources.get(Name.XObject, Dictionary()).values()))


def _is_form(drawn: object) -> bool:
    return isinstance(drawn, Stream) and drawn.get("/Subtype") == Name.Form


def _names_all(content: bytes, resources: Object) -> bool:
    """Say whether a content names all fonts, images and forms of its resources."""
    kinds = [resources.get(kind, Dictionary()) for kind in (Name.Font, Name.XObject)]
    return all(f"{name} ".encode() in content for kind in kinds for name, _ in kind.items())


def named_destinations(pdf: Pdf) -> dict[str, tuple[int, Array]]:
    """Map each named destination to its page (from 0) and the array, page included."""
    if Name.Names not in pdf.Root or Name.Dests not in pdf.Root.Names:
        return {}
    numbers = {page.obj.objgen: index for index, page in enumerate(pdf.pages)}
    found = {}
    for name, value in _name_tree(pdf.Root.Names.Dests):
        array = value.D if isinstance(value, Dictionary) else value
        if isinstance(array, Array) and array[0].objgen in numbers:
            found[name] = (numbers[array[0].objgen], array)
    return found


def links(pdf: Pdf) -> Iterator[tuple[int, Object]]:
    """Yield each link annotation with its page (from 0); a plain destination is turned into an action."""
    for index, page in enumerate(pdf.pages):
        for annotation in page.obj.get("/Annots", Array()):
            if annotation.get("/Subtype") != Name.Link:
                continue
            if Name.Dest in annotation:
                annotation.A = Dictionary(S=Name.GoTo, D=annotation.Dest)
                del annotation[Name.Dest]
            if Name.A in annotation:
                yield index, annotation


def to_file(path: str, destination: String | Array) -> Dictionary:
    """Return the action that opens another file, given relative to this one, at a destination."""
    # UF carries Chinese; F is what viewers before PDF 1.7 read.
    file = Dictionary(Type=Name.Filespec, F=String(path), UF=String(path))
    return Dictionary(S=Name.GoToR, F=file, D=destination)


def _name_tree(node: Object) -> Iterator[tuple[str, Object]]:
    for kid in node.get("/Kids", Array()):
        yield from _name_tree(kid)
    names = node.get("/Names", Array())
    for index in range(0, len(names) - 1, 2):
        yield str(names[index]), names[index + 1]
