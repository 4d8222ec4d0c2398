"""Terms that notes define -> the entries of a glossary, and where two notes don't agree on a translation. Pure.

Two translations are the same if they differ only in case or in the plural of their last word, two Chinese terms if
they differ only in case or spaces.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from .documents import PlacedTerm
from .errors import Diagnostic, warning
from .model import Note, Place, Term, Wording

# Plural endings and what stands for them in the singular; a word may have several readings (`biases`: bias, biase).
_PLURALS = (("ies", "y"), ("ices", "ix"), ("ices", "ex"), ("es", "is"), ("es", ""), ("s", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class GlossaryEntry:
    """A term with its translation and each note that defines it, in reading order."""

    chinese: Wording
    english: Wording
    abbreviation: Wording
    places: tuple[tuple[Note, PlacedTerm], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GlossarySection:
    """The entries, in order, whose translation begins with `letter`."""

    letter: str
    entries: tuple[GlossaryEntry, ...]


def gather_glossary(defined: Iterable[tuple[Note, PlacedTerm]]) -> tuple[GlossarySection, ...]:
    """Return all terms by their translations, word by word, letters by their code points; no locale decides."""
    entries = sorted(_merged(defined), key=lambda e: (_sort_key(e.english.text), e.chinese.text))
    sections = groupby(entries, key=lambda e: _sort_key(e.english.text)[:1].upper())
    return tuple(GlossarySection(letter=letter, entries=tuple(group)) for letter, group in sections)


def find_term_conflicts(defined: Iterable[tuple[str, Term]]) -> Iterator[Diagnostic]:
    """Yield what is not one term for one idea, among terms in reading order, each with the source that defines it."""
    translations: dict[str, tuple[Place, Term]] = {}
    originals: dict[str, tuple[Place, Term]] = {}
    for source, term in defined:
        here = Place(source, term.line)
        chinese, readings = _chinese_key(term), _readings(term)
        translated = translations.setdefault(chinese, (here, term))
        original = next((originals[r] for r in sorted(readings) if r in originals), (here, term))
        for reading in readings:
            originals.setdefault(reading, (here, term))
        if not readings & _readings(translated[1]):
            yield _conflict(here, term.chinese.text, term.english.text, translated[1].english.text, translated[0])
        elif chinese != _chinese_key(original[1]):
            yield _conflict(here, term.english.text, term.chinese.text, original[1].chinese.text, original[0])


def _conflict(here: Place, name: str, this: str, other: str, there: Place) -> Diagnostic:
    return warning(
        "term-conflict",
        f"`{name}` is `{this}` here, but `{other}` in {there.file}:{there.line}",
        file=here.file,
        line=here.line,
        hint="one idea has one name in the glossary: use the same in both places, or another word for one of the two",
    )


def _merged(defined: Iterable[tuple[Note, PlacedTerm]]) -> list[GlossaryEntry]:
    """Return an entry for each term with its translation, as it stands where it is defined first."""
    found: dict[str, list[GlossaryEntry]] = {}
    for note, placed in defined:
        term = placed.term
        same = found.setdefault(_chinese_key(term), [])
        for index, entry in enumerate(same):
            if _readings(term) & _readings(entry.places[0][1].term):
                same[index] = _with_place(entry, note, placed)
                break
        else:
            words = {"chinese": term.chinese, "english": term.english, "abbreviation": term.abbreviation}
            same.append(GlossaryEntry(**words, places=((note, placed),)))
    return [entry for same in found.values() for entry in same]


def _with_place(entry: GlossaryEntry, note: Note, placed: PlacedTerm) -> GlossaryEntry:
    if any(known.source == note.source for known, _ in entry.places):
        return entry
    abbreviation = entry.abbreviation if entry.abbreviation.text else placed.term.abbreviation
    return replace(entry, abbreviation=abbreviation, places=(*entry.places, (note, placed)))


def _chinese_key(term: Term) -> str:
    return "".join(term.chinese.text.casefold().split())


def _readings(term: Term) -> frozenset[str]:
    """Return what a translation may be in the singular."""
    text = " ".join(term.english.text.casefold().split())
    found = {text}
    for ending, singular in _PLURALS:
        if text.endswith(ending) and not text.endswith("ss"):
            found.add(text.removesuffix(ending) + singular)
    return frozenset(found)


def _sort_key(english: str) -> str:
    """Return what is compared of a translation: small letters without accents, and spaces for all that joins words."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", english) if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", plain.casefold()))
