"""A PDF used as an image -> a PDF of one upright page that TeX can include. Runs pikepdf."""

from __future__ import annotations

from io import BytesIO

import pikepdf

from .errors import Diagnostic, PictureError, error, info, warning
from .model import Picture

# In points. TeX's largest dimension is 16384 pt; a page is always shown smaller than this.
_MOST = 7200.0


def take_first_page(content: bytes) -> Picture:
    """Return the first page; raises PictureError where the file is encrypted or damaged."""
    try:
        with pikepdf.open(BytesIO(content)) as pdf:
            if pdf.is_encrypted:
                raise _encrypted()
            remarks = [] if len(pdf.pages) < 2 else [info("image-first-page", "has several pages; the first is shown")]
            page = pdf.pages[0]
            made = content if _is_plain(pdf, page) else _alone(pdf)
            if pdf.get_warnings():
                remarks.append(_repaired())
        return Picture(kind="pdf", content=made, remarks=tuple(remarks))
    except pikepdf.PasswordError as problem:
        raise _encrypted() from problem
    except (pikepdf.PdfError, IndexError, ValueError, TypeError, AttributeError, KeyError) as problem:
        reason = str(problem).partition("\n")[0][:120] or "it has no page"
        raise PictureError(
            error("image-damaged", f"is damaged ({reason})", hint="open it in a PDF viewer and print it to a new file")
        ) from problem


def _is_plain(pdf: pikepdf.Pdf, page: pikepdf.Page) -> bool:
    """Say whether TeX can take the file as it is; decodes what is drawn."""
    _box(page)
    page.contents_coalesce()
    for stream in page.Contents if isinstance(page.get("/Contents"), pikepdf.Array) else [page.get("/Contents")]:
        if stream is not None:
            stream.read_bytes()
    x0, y0, x1, y1 = _box(page)
    simple = not _inherited(page, "/Rotate") and "/UserUnit" not in page and x0 < x1 and y0 < y1
    return len(pdf.pages) == 1 and simple and max(x1 - x0, y1 - y0) <= _MOST and not pdf.get_warnings()


def _inherited(page: pikepdf.Page, key: str) -> object:
    node: pikepdf.Object = page.obj
    # A tree that leads back to itself would not end.
    for _ in range(50):
        if key in node:
            return node[key]
        if "/Parent" not in node:
            return None
        node = node["/Parent"]
    return None


def _box(page: pikepdf.Page) -> tuple[float, float, float, float]:
    """Return the visible part of a page; raises ValueError where there is none."""
    x0, y0, x1, y1 = (float(number) for number in page.mediabox)
    left, bottom, right, top = (float(number) for number in page.cropbox)
    media = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
    crop = (min(left, right), min(bottom, top), max(left, right), max(bottom, top))
    shown = (max(media[0], crop[0]), max(media[1], crop[1]), min(media[2], crop[2]), min(media[3], crop[3]))
    if shown[0] >= shown[2] or shown[1] >= shown[3]:
        shown = media
    if shown[0] >= shown[2] or shown[1] >= shown[3]:
        raise ValueError("its page has no size")
    return shown


def _alone(pdf: pikepdf.Pdf) -> bytes:
    """Return a PDF of the first page only, turned and sized as viewers show it."""
    with pikepdf.new() as made:
        source = pdf.pages[0]
        box = _box(source)
        source.mediabox = source.cropbox = pikepdf.Array([*box])
        width, height = box[2] - box[0], box[3] - box[1]
        turn = int(_inherited(source, "/Rotate") or 0)  # type: ignore[call-overload]
        if turn % 180:
            width, height = height, width
        factor = min(1.0, _MOST / max(width, height))
        # The drawing carries its own matrix for rotation; the page that shows it has none.
        drawing = made.copy_foreign(source.as_form_xobject())
        page = made.add_blank_page(page_size=(max(width * factor, 1), max(height * factor, 1)))
        # Named and placed here: what pikepdf does for that has a random name.
        name, place = pikepdf.Name("/Page"), pikepdf.Rectangle(0, 0, width * factor, height * factor)
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary({"/Page": drawing}))
        page.Contents = made.make_stream(page.calc_form_xobject_placement(drawing, name, place))
        stream = BytesIO()
        made.remove_unreferenced_resources()
        made.save(stream, deterministic_id=True, force_version="1.5")
        return stream.getvalue()


def _encrypted() -> PictureError:
    return PictureError(error("image-encrypted", "is encrypted", hint="save it without a password: qpdf --decrypt"))


def _repaired() -> Diagnostic:
    return warning(
        "image-damaged",
        "is damaged; what could be read of it is shown",
        hint="open it in a PDF viewer and print it to a new file",
    )
