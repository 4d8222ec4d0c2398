"""TypesetPdf -> FinishedPdf: metadata, language, outline, page labels, links between notes. `bytes -> bytes`.

Written with pikepdf so that one TeX pass is enough: TeX would need a second one for the outline.
"""

from __future__ import annotations

import io
import posixpath
from collections.abc import Callable, Mapping
from decimal import Decimal

from pikepdf import Array, Name, Pdf, String

from .actualtext import mark_kerned_punctuation
from .addresses import dest_name, parse_address
from .documents import Anchors, FinishedPdf, Landmark, PlacedTerm, TypesetPdf
from .glyphs import Glyphs
from .model import Heading
from .pagetext import page_text
from .pdf import (
    Metadata,
    drop_unused_resources,
    links,
    named_destinations,
    read_drawn,
    save,
    to_file,
    write_metadata,
    write_outline,
    write_page_labels,
)
from .tounicode import repair_to_unicode

# Where a destination of kind XYZ says how far up its page it is.
_TOP = 3
# A term's place is on the line on which its translation begins; the term may stand on the line before, which should be
# seen whole: two lines, in points.
_ABOVE_TERM = 36


def finish(
    typeset: TypesetPdf,
    metadata: Metadata,
    anchors: Anchors,
    *,
    own_path: str,
    pdf_of: Mapping[str, str],
    text: str,
    glyphs: Callable[[str], Glyphs | None],
) -> FinishedPdf:
    """Finish one PDF that will lie at `own_path`; `pdf_of` maps note sources to the paths of their PDFs.

    `text` is what was typeset; `glyphs` returns what the glyphs of a font, by its PostScript name, can stand for.
    """
    with Pdf.open(io.BytesIO(typeset.pdf)) as pdf:
        places = named_destinations(pdf)
        found = [(h, *places[name]) for h in anchors.headings if (name := dest_name(h.ident)) in places]
        placed = [(t, *places[name]) for t in anchors.terms if (name := dest_name(t.ident)) in places]
        for _, _, place in placed:
            place[_TOP] = Decimal(str(place[_TOP])) + _ABOVE_TERM
        write_outline(pdf, [(heading.level, heading.text, place) for heading, _, place in found])
        _link_to_files(pdf, own_path, pdf_of)
        _write_sizes(pdf)
        maps = repair_to_unicode(pdf, text, glyphs)
        # Read once, because a page's streams are unpacked anew each time.
        pages = [read_drawn(page) for page in pdf.pages]
        mark_kerned_punctuation(pdf, pages, maps)
        write_page_labels(pdf, [(0, metadata.label, metadata.roman)])
        write_metadata(pdf, metadata)
        # Done here, once a note, and not again where notes are joined.
        for page, drawn in zip(pdf.pages, pages, strict=True):
            drop_unused_resources(page, drawn.content)
        landmarks = tuple(_landmark(heading, page) for heading, page, _ in found)
        stream = io.BytesIO()
        save(pdf, stream)
        return FinishedPdf(
            pdf=stream.getvalue(),
            pages=len(pdf.pages),
            landmarks=landmarks,
            terms=tuple(PlacedTerm(term=term, page=page) for term, page, _ in placed),
            text=page_text(pages, maps),
        )


def _landmark(h: Heading, page: int) -> Landmark:
    # Most headings say three times the same; a build holds all of its notes', and each string but once.
    latex, ident = (h.text if same == h.text else same for same in (h.latex, h.ident))
    return Landmark(level=h.level, text=h.text, latex=latex, ident=ident, line=h.line, page=page)


def _write_sizes(pdf: Pdf) -> None:
    """Give every page a size of its own: xdvipdfmx lets pages share that of the first, perhaps one it left out."""
    for page in pdf.pages:
        page.obj.MediaBox = Array(list(page.mediabox))
    if "/MediaBox" in pdf.Root.Pages:
        del pdf.Root.Pages.MediaBox


def _link_to_files(pdf: Pdf, own_path: str, pdf_of: Mapping[str, str]) -> None:
    """Turn internal addresses into links to the other notes' files; contents wait for `assemble`."""
    folder = posixpath.dirname(own_path)
    for _, annotation in links(pdf):
        if annotation.A.get("/S") != Name.URI or not (address := parse_address(str(annotation.A.URI))):
            continue
        source, ident = address
        if source in pdf_of:
            place = String(dest_name(ident)) if ident else Array([0, Name.Fit])
            annotation.A = to_file(posixpath.relpath(pdf_of[source], folder or "."), place)
