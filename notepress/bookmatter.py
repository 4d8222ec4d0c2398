"""What chapters and the book have beside their notes: title pages, contents, glossary, colophon -> TexDocument."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from .addresses import note_address
from .documents import Landmark, TexDocument
from .glossary import GlossarySection
from .inline import Inline, parse_inline
from .inline import Kind as SpanKind
from .latex import Latex, escape, escape_uri, inline_to_latex, stays_inside
from .model import Chapter, Formula, Kind, Note, SourceMap
from .placing import place_formulas, placeholder
from .quotes import mark_latin_quotes
from .templating import Renderer, fill

# The rows of the cover's drawing.
_FEWEST_LETTERS, _MOST_LETTERS = 7, 12
GLOSSARY_TEMPLATE = "glossary.tex.j2"
GLOSSARY_TITLE = "术语表"
# What its page labels begin with, and its address, which no folder of notes can have.
GLOSSARY_LABEL, GLOSSARY_SOURCE = "术语–", "glossary/"


class Titles:
    """Writes the titles of one document, in order; those of its formulas that are `bad`, by number, as their source."""

    def __init__(self, bad: Set[int] = frozenset()) -> None:
        self._bad = bad
        self.formulas: list[Formula] = []

    def __call__(self, title: Inline) -> Latex:
        """Return a title in which a placeholder stands for each formula that TeX can be given."""
        sources = (span.text for span in title.spans if span.kind is SpanKind.MATH)
        return inline_to_latex(title, map(self._formula, sources))

    def _formula(self, tex: str) -> str:
        source = f"${tex}$"
        if not stays_inside(tex):
            return escape(source)
        number = len(self.formulas)
        self.formulas.append(Formula(kind=Kind.INLINE, tex=tex, source=source, line=1, column=1))
        return escape(source) if number in self._bad else placeholder(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of a table of contents; `depth` 0 is the outermost, `page` what the page's foot reads."""

    depth: int
    number: str
    title: Latex
    page: str
    uri: Latex


def render_chapter_front(chapter: Chapter, entries: tuple[Entry, ...], shared: Renderer, title: Titles) -> TexDocument:
    """Return the title page and contents of a chapter."""
    values = {"title": title(chapter.title), "number": str(chapter.number), "entries": entries}
    return _front("chapter.tex.j2", values, shared, title)


def render_book_front(entries: tuple[Entry, ...], shared: Renderer, title: Titles) -> TexDocument:
    """Return the cover and contents of the book."""
    name = parse_inline(shared.project.title)
    values = {"title": title(name), "entries": entries, "letters": _cover_letters(name)}
    return _front("book.tex.j2", values, shared, title)


def _cover_letters(title: Inline) -> tuple[str, ...]:
    """Return the characters for the cover's drawing: those of the title, as often as it takes, and not too many."""
    letters = [char for char in title.plain if char.isalnum()] or ["·"]
    return tuple(islice(cycle(letters), min(max(len(letters), _FEWEST_LETTERS), _MOST_LETTERS)))


def render_colophon(notes: tuple[Note, ...], shared: Renderer, title: Titles) -> TexDocument:
    """Return the book's last page, which says how it was made; `notes` are those that are in it."""
    dates = sorted(note.date for note in notes if note.date)
    name = title(parse_inline(shared.project.title))
    values = {"title": name, "count": len(notes), "dates": dates[:1] + dates[1:][-1:]}
    return _front("colophon.tex.j2", values, shared, title)


def render_glossary(sections: tuple[GlossarySection, ...], shared: Renderer) -> TexDocument:
    """Return the glossary of the book."""
    values = {"sections": [_section_values(s) for s in sections], "label": GLOSSARY_LABEL}
    return _front(GLOSSARY_TEMPLATE, values, shared, Titles())


def _section_values(section: GlossarySection) -> dict[str, Any]:
    entries = [
        {
            "english": Latex(entry.english.latex),
            "chinese": Latex(entry.chinese.latex),
            "abbreviation": Latex(entry.abbreviation.latex),
            "places": [
                {"page": page_label(note, placed.page), "uri": _uri(note, placed.term.ident)}
                for note, placed in entry.places
            ],
        }
        for entry in section.entries
    ]
    return {"letter": section.letter, "entries": entries}


def glossary_entry() -> Entry:
    """Return the contents line of the glossary in the book."""
    uri = escape_uri(note_address(GLOSSARY_SOURCE))
    return Entry(depth=0, number="", title=escape(GLOSSARY_TITLE), page=f"{GLOSSARY_LABEL}1", uri=uri)


def chapter_entry(chapter: Chapter, title: Titles) -> Entry:
    """Return the contents line of a chapter in the book."""
    uri = escape_uri(note_address(chapter.folder))
    return Entry(depth=0, number="", title=title(chapter.title), page="", uri=uri)


def note_entries(note: Note, landmarks: tuple[Landmark, ...], depth: int, title: Titles) -> tuple[Entry, ...]:
    """Return the contents lines of a note: its title and its sections."""
    shown = title(note.title)
    if note.subtitle:
        shown = Latex(rf"{shown}\quad{{\kaishu {title(note.subtitle)}}}")
    first = Entry(depth=depth, number=note.number, title=shown, page=page_label(note, 0), uri=_uri(note))
    sections = (
        Entry(
            depth=depth + 1,
            number="",
            title=Latex(mark.latex),
            page=page_label(note, mark.page),
            uri=_uri(note, mark.ident),
        )
        for mark in landmarks
        if mark.level == 1
    )
    return (first, *sections)


def _uri(note: Note, ident: str = "") -> Latex:
    return escape_uri(note_address(note.source, ident))


def page_label(note: Note, page: int) -> str:
    """Return what the foot of a note's page reads: 1.4–5 is page 5 of note 4 in chapter 1."""
    return f"{note.number}–{page + 1}"


def _front(template: str, values: Mapping[str, Any], shared: Renderer, titles: Titles) -> TexDocument:
    formulas = tuple(titles.formulas)
    latex, spans = place_formulas(fill(template, values, shared), formulas)
    return TexDocument(
        # A character for a character, so nothing moves.
        latex=mark_latin_quotes(latex),
        body_line=1,
        source_map=SourceMap(file=template, marks=()),
        formulas=formulas,
        spans=spans,
        source="",
        attachments=(),
        files={},
    )
