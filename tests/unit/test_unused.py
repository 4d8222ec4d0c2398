"""A page keeps the fonts and pictures that it names, as qpdf would have it, which is asked only where it must be."""

from __future__ import annotations

import io

import pytest
from pikepdf import Dictionary, Name, Object, Pdf

from notepress.pdf import drop_unused_resources, read_drawn, save


def font(pdf: Pdf, name: str) -> Object:
    """Return a font."""
    return pdf.make_indirect(Dictionary(Type=Name.Font, BaseFont=Name(f"/{name}")))


def form(pdf: Pdf, content: bytes, name: str) -> Object:
    """Return a form with resources of its own, a font of this name."""
    own = pdf.make_indirect(Dictionary(Font=Dictionary({f"/{name}": font(pdf, name)})))
    return pdf.make_stream(content, Type=Name.XObject, Subtype=Name.Form, Resources=own)


def made(content: bytes, form_content: bytes, *, nested: bool = False, broken: bool = False) -> Pdf:
    """Return a PDF of one page with a font, an image and a form that has a font, resources shared as xdvipdfmx does."""
    pdf = Pdf.new()
    pdf.add_blank_page()
    inner = form(pdf, form_content + b"/Fm2 Do " * nested, "F3")
    if nested:
        inner.Resources.XObject = Dictionary(Fm2=form(pdf, b"", "F4"))
    if broken:
        inner.write(b"no zlib", filter=Name.FlateDecode)
    pictures = Dictionary(Fm1=inner, Im1=pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Image))
    page = pdf.pages[0].obj
    page.Resources = pdf.make_indirect(Dictionary(Font=Dictionary(F1=font(pdf, "F1")), XObject=pictures))
    page.Contents = pdf.make_stream(content)
    return pdf


def written(pdf: Pdf) -> bytes:
    """Return the bytes of a PDF."""
    stream = io.BytesIO()
    save(pdf, stream)
    return stream.getvalue()


ALL, INNER = b"BT /F1 9 Tf [<0041>]TJ ET /Im1 Do /Fm1 Do ", b"BT /F3 9 Tf [<0041>]TJ ET "


@pytest.mark.parametrize("content", [ALL, b"/Im1 Do /Fm1 Do ", b"/F1 9 Tf /Fm1 Do ", b""])
@pytest.mark.parametrize("form_content", [INNER, b"/F1 9 Tf ", b""])
@pytest.mark.parametrize("nested", [True, False])
def test_the_same_is_dropped_as_by_qpdf(content: bytes, form_content: bytes, *, nested: bool) -> None:
    """Whatever of a page, its form and a form in this is named or not: the bytes are those that qpdf would make."""
    ours, theirs = made(content, form_content, nested=nested), made(content, form_content, nested=nested)
    drop_unused_resources(ours.pages[0], read_drawn(ours.pages[0]).content)
    theirs.remove_unreferenced_resources()
    assert written(ours) == written(theirs)


def test_a_form_that_can_not_be_read_keeps_what_it_has() -> None:
    """A picture with mistakes is a picture; nothing is dropped for it, and nothing breaks."""
    pdf = made(ALL, INNER, broken=True)
    drop_unused_resources(pdf.pages[0], read_drawn(pdf.pages[0]).content)
    resources = pdf.pages[0].obj.Resources
    assert {*resources.Font.keys(), *resources.XObject.keys()} == {"/F1", "/Im1", "/Fm1"}
