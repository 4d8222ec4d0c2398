"""Library + Manifest -> Plan: which PDFs are stale and why. Pure; contents count, times never.

A fingerprint is a mapping of labels to digests (`note`, `image:a.png`, `template:note.tex.j2`, `font:x.otf`,
`config:paper`, `tool:xelatex`), so the same record says whether and why something is rebuilt. Images, links and
TeX's packages are known only after a build; like the header files of a C compiler they are recorded by it and
checked by the next one, which is sound because no other can come in unless the note or a template changes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

from .documents import Landmark, PlacedTerm
from .errors import Diagnostic, Severity
from .memo import Memo
from .model import Chapter, Library, Note, Status, make_term
from .system import digest

Inputs = Mapping[str, str]
# Inputs that are known only after a conversion or a first run of TeX: recorded by one build, checked by the next.
RECORDED = ("image:", "link:", "name:", "ref:", "bib:", "packages:", "converter:")
# Raise when the meaning of a record changes; older manifests are then forgotten.
MANIFEST_VERSION = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What was built: the inputs it was made from, the PDF it became, and what there was to say about it.

    `carried` is what TeX has to know from its start to get references right in one pass, see `TypesetPdf`.
    """

    inputs: Inputs
    pdf: str
    sha256: str
    pages: int
    carried: str = ""
    landmarks: tuple[Landmark, ...] = ()
    terms: tuple[PlacedTerm, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All records of the last build, by note source, `chapter:folder` or `book`."""

    records: Mapping[str, Record] = field(default_factory=dict)


# What a line of a manifest says: what a key stands for from now on, None for nothing any more.
ManifestLine = tuple[str, Record | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A note to build, why, its inputs as far as they are known before the conversion, and what TeX may start from.

    `chapter` is the one that it is in, without notes: a job holds no text but its own.
    """

    note: Note
    chapter: Chapter
    reason: str
    inputs: Inputs
    carried: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a build has to do: stale notes, cached ones with their records, and outputs nobody wants any more."""

    jobs: tuple[Job, ...]
    cached: Mapping[str, Record]
    orphans: tuple[str, ...]


def plan(
    library: Library,
    manifest: Manifest,
    *,
    common: Inputs,
    current: Callable[[str], str | None],
    output_digest: Callable[[str], str | None],
) -> Plan:
    """Compare every note with its record.

    `common` are the inputs that all notes share. `current` returns the present digest of a recorded image or
    link label, `output_digest` that of a written PDF; both None where there is nothing.
    """
    jobs: list[Job] = []
    cached: dict[str, Record] = {}
    for chapter in library.chapters:
        bare = replace(chapter, notes=())
        for note in chapter.notes:
            if note.status is Status.PLANNED:
                continue
            inputs = _inputs(note, chapter, common)
            record = manifest.records.get(note.source)
            reason = _reason(note, record, inputs, current, output_digest)
            if reason is None and record is not None:
                cached[note.source] = record
            else:
                carried = record.carried if record else ""
                jobs.append(Job(note=note, chapter=bare, reason=reason or "new", inputs=inputs, carried=carried))
    return Plan(jobs=tuple(jobs), cached=cached, orphans=_orphans(library, manifest))


def changed(old: Inputs, new: Inputs) -> str | None:
    """Say in a few words what differs between two fingerprints, or None."""
    if old == new:
        return None
    labels = [label for label in {**old, **new} if old.get(label) != new.get(label)]
    # The note itself first, then the most particular cause: what a person would name.
    labels.sort(key=lambda label: (label != "note", ":" not in label, label))
    more = f" and {len(labels) - 1} more" if len(labels) > 1 else ""
    verb = "appeared" if labels[0] not in old else "went" if labels[0] not in new else "changed"
    return f"{labels[0]} {verb}{more}"


def parse_manifest(text: str, memo: Memo[ManifestLine] | None = None) -> Manifest:
    """Read a manifest: a line with its version, then a line a record, of which the last one of a key counts.

    A line that is damaged, as after a crash in the middle of writing it, is forgotten; the others count. A manifest of
    another version counts as empty. A `memo` spares reading lines that it knows.
    """
    memo = memo or Memo()
    # Only at line feeds: the text of a diagnostic may hold other characters that splitlines takes for line ends.
    lines = text.split("\n")
    if lines[0] != manifest_head():
        return Manifest()
    records: dict[str, Record] = {}
    # Most inputs are the same in all records: each string is kept once, which is a third of what records take.
    strings: dict[str, str] = {}
    for line in lines[1:]:
        key, record = memo.of(line, partial(_parse_line, line, strings.setdefault))
        if record is None:
            records.pop(key, None)
        else:
            records[key] = record
    return Manifest(records=records)


def _parse_line(line: str, shared: Callable[[str, str], str]) -> ManifestLine:
    """Return what a line says; a damaged one says that there is nothing for "", which is no key of a record."""
    try:
        data = json.loads(line)
        key, value = data["key"], data["record"]
        if isinstance(key, str):
            return key, None if value is None else _record(value, shared)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    return "", None


def manifest_head() -> str:
    """Return the first line of a manifest."""
    return json.dumps({"version": MANIFEST_VERSION})


def manifest_line(key: str, record: Record | None) -> str:
    """Return the line of a manifest that says what a key is from now on; None that it is gone."""
    value = asdict(record) if record else None
    return json.dumps({"key": key, "record": value}, ensure_ascii=False, separators=(",", ":"))


def manifest_text(manifest: Manifest) -> str:
    """Return a manifest of one line a record."""
    lines = [manifest_line(key, record) for key, record in sorted(manifest.records.items())]
    return "\n".join([manifest_head(), *lines, ""])


def _inputs(note: Note, chapter: Chapter, common: Inputs) -> dict[str, str]:
    front = (note.title, note.subtitle, note.abstract, note.status, note.date, note.tags, note.bibliography)
    place = (note.number, note.pdf, chapter.title)
    return {
        **common,
        "note": digest(note.markdown.encode()),
        "front matter": digest(repr(front).encode()),
        "place": digest(repr(place).encode()),
    }


def _reason(
    note: Note,
    record: Record | None,
    inputs: Inputs,
    current: Callable[[str], str | None],
    output_digest: Callable[[str], str | None],
) -> str | None:
    if record is None:
        return "new"
    found = {label: current(label) or "" for label in record.inputs if label.startswith(RECORDED)}
    if reason := changed(record.inputs, {**inputs, **found}):
        return reason
    written = output_digest(note.pdf)
    if written is None:
        return "its PDF is missing"
    return None if written == record.sha256 else "its PDF was changed"


def _orphans(library: Library, manifest: Manifest) -> tuple[str, ...]:
    wanted = {note.pdf for note in library.notes() if note.status is not Status.PLANNED}
    wanted |= {chapter.pdf for chapter in library.chapters if chapter.pdf and chapter.published()}
    wanted |= {library.book_pdf} if library.book_pdf else set()
    return tuple(sorted({record.pdf for record in manifest.records.values()} - wanted))


def _record(value: Mapping[str, Any], same: Callable[[str, str], str]) -> Record:
    return Record(
        inputs={same(label, label): same(found, found) for label, found in value["inputs"].items()},
        pdf=str(value["pdf"]),
        sha256=str(value["sha256"]),
        pages=int(value["pages"]),
        carried=str(value["carried"]),
        landmarks=tuple(Landmark(**mark) for mark in value["landmarks"]),
        terms=tuple(PlacedTerm(term=make_term(t["term"]), page=int(t["page"])) for t in value["terms"]),
        diagnostics=tuple(Diagnostic(**{**d, "severity": Severity(d["severity"])}) for d in value["diagnostics"]),
    )
