"""What becomes of a note on its way through TeX: a document, pages, a finished PDF. Frozen values, no work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .errors import Diagnostic
from .model import Attachment, Formula, Heading, SourceMap, Term


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawings:
    """Figures that have become pages of a PDF; `sizes` are width, height and depth of each page's, as TeX writes them.

    Around each the page reaches as far again as templates/macros.tex says.
    """

    pdf: bytes
    sizes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TexDocument:
    """A LaTeX document from its first page to its end, and the files it needs; what stands before is a `Preamble`.

    `body_line` is the line of `latex` at which line 1 of the body stands; `spans` say where in `latex` its formulas
    stand, in order; one that is set twice, as in tables, has two. `source` is the text that `source_map` leads back
    to; empty for a document that no author wrote. `files` are generated ones by name. `drawn_first` is what TeX draws
    on pages of their own before the first page, None where there is no such thing.
    """

    latex: str
    body_line: int
    source_map: SourceMap
    formulas: tuple[Formula, ...]
    spans: tuple[FormulaSpan, ...]
    source: str
    attachments: tuple[Attachment, ...]
    files: Mapping[str, bytes]
    drawn_first: FiguresDocument | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresDocument:
    """Figures that TeX is to draw on so many pages; `document` is what messages about them lead back to."""

    document: TexDocument
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preamble:
    """The LaTeX before the first page, which all documents of a project share.

    `packages` is class and packages; `format` the same as something to precompile; `font_run` a document that notes
    what becomes of the fonts, and `font_notes` what adds these notes to the format. `driver` is the rest: fonts, looks,
    macros, and the beginning of the document.
    """

    packages: str
    format: str
    font_run: str
    font_notes: str
    driver: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TypesetPdf:
    """What xelatex and xdvipdfmx made, before metadata and outline.

    `passes` is how often TeX had to run; `carried` what the last pass had to know from its start, empty where one
    pass from nothing is enough; `drawings` are the figures that were drawn on the way.
    """

    pdf: bytes
    drawings: Drawings | None
    carried: str
    passes: int
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmark:
    """A heading that has found its page (from 0); `line` is where it stands in its note."""

    level: int
    text: str
    latex: str
    ident: str
    line: int
    page: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedTerm:
    """A term that has found its page (from 0)."""

    term: Term
    page: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """What leaves a destination in the pages of a note."""

    headings: tuple[Heading, ...] = ()
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedPdf:
    """A deterministic PDF, ready to be written; `text` is what its pages say.

    Landmarks and terms are in reading order.
    """

    pdf: bytes
    pages: int
    landmarks: tuple[Landmark, ...]
    terms: tuple[PlacedTerm, ...]
    text: str


@dataclass(frozen=True, slots=True)
class FormulaSpan:
    """Where the `formula`-th formula stands in some LaTeX: from `begin` up to `end`, delimiters included."""

    begin: int
    end: int
    formula: int
