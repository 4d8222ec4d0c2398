"""Files of references (.bib) -> the entries that notes may cite, each with its place and digest.

Only the frame of an entry is read here: its key, where it begins and ends, what it inherits from. pandoc reads the few
that a note cites, so a note depends on these entries and on nothing else in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from .errors import Diagnostic, error, warning
from .model import Library
from .project import Project
from .system import digest

# Where a project without the key `bibliography` may have one.
_DEFAULT_NAME = "references.bib"
_ENTRY = re.compile(
    r"^[ \t]*@[ \t]*(?P<kind>\w+)[ \t]*(?P<open>[{(])[ \t]*(?:(?P<key>[^\s,{}()=\"]+)[ \t]*(?=,|[})]))?", re.M
)
_PARENT = re.compile(r"\b(?:crossref|xdata)\s*=\s*[{\"]?\s*([^\s,{}\"]+)", re.I)
# As mentions.lua reads them: what may follow an @, and where an id could end.
# What stands before the @ is looked at behind it: a search for one sign is faster than a look at every character.
_MENTION = re.compile(r"@(?:(?<![\w@/]@)|(?<=[^\x00-\x7f]@))([\w:.+/&~-]+)")
_LINE = re.compile(r"\(line (\d+), column (\d+)\):\s*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry as it stands in its file; `parent` is the key it takes fields from, "" for none."""

    key: str
    text: str
    file: str
    line: int
    parent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bibliography:
    """A file of references: its entries by key, and the abbreviations (@string) that they use."""

    entries: Mapping[str, Entry]
    strings: str
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """All bibliographies of a project by path; every note may cite from `shared`, and from its own before these."""

    files: Mapping[str, Bibliography] = field(default_factory=dict)
    shared: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def strings(self) -> str:
        """The abbreviations of all files."""
        return "".join(bibliography.strings for bibliography in self.files.values())

    def keys(self, own: tuple[str, ...]) -> list[str]:
        """Return every key that a note with these files of its own may cite."""
        return [key for bibliography in self._open_to(own) for key in bibliography.entries]

    def find(self, mention: str, own: tuple[str, ...]) -> Entry | None:
        """Return the entry that a mention begins with: a hanzi right after the key belongs to the sentence."""
        open_to = list(self._open_to(own))
        for end in range(len(mention), 0, -1):
            for bibliography in open_to:
                if entry := bibliography.entries.get(mention[:end]):
                    return entry
        return None

    def entries(self, mentions: Iterable[str], own: tuple[str, ...]) -> tuple[Entry, ...]:
        """Return the entries that are mentioned and those they take fields from, each once; parents come last."""
        found: dict[str, Entry] = {}
        parents: dict[str, Entry] = {}
        for mention in mentions:
            entry = self.find(mention, own)
            if entry is None:
                continue
            found[entry.key] = entry
            while entry.parent and entry.parent not in parents:
                parent = self._exactly(entry.parent, own)
                if parent is None:
                    break
                entry = parents[parent.key] = parent
        return (*found.values(), *(parent for key, parent in parents.items() if key not in found))

    def digests(self, mentions: Iterable[str], own: tuple[str, ...]) -> dict[str, str]:
        """Return the digest of what each mention means, "" for nothing, by the label of a fingerprint."""
        prefix = "|".join(own) + "#" if own else ""
        return {f"bib:{prefix}{mention}": self.digest_of(f"{prefix}{mention}") for mention in mentions}

    def digest_of(self, name: str) -> str:
        """Return the digest for a label of `digests`, without its `bib:`."""
        files, _, mention = name.rpartition("#")
        found = self.entries((mention,), tuple(files.split("|")) if files else ())
        return digest("\n".join([self.strings, *(entry.text for entry in found)]).encode()) if found else ""

    def _open_to(self, own: tuple[str, ...]) -> Iterator[Bibliography]:
        return (self.files[path] for path in (*own, *self.shared) if path in self.files)

    def _exactly(self, key: str, own: tuple[str, ...]) -> Entry | None:
        return next((b.entries[key] for b in self._open_to(own) if key in b.entries), None)


EMPTY_SHELF = Shelf()


def bibliography_files(project: Project, library: Library) -> tuple[str, ...]:
    """Return the paths of all bibliographies, relative to the root; the default ones may not exist."""
    own = (path for note in library.notes() for path in note.bibliography)
    return tuple(dict.fromkeys([*_shared(project), *own]))


def load_shelf(project: Project, library: Library) -> Shelf:
    """Read every bibliography of a project; what is wrong with one becomes a diagnostic at its line."""
    files: dict[str, Bibliography] = {}
    diagnostics: list[Diagnostic] = []
    named: dict[str, tuple[str, int | None]] = dict.fromkeys(project.config.bibliography, ("notes.yaml", None))
    named |= {path: (note.source, 1) for note in library.notes() for path in note.bibliography}
    for path in bibliography_files(project, library):
        place = (project.root / path).resolve()
        if place.is_file() and place.is_relative_to(project.root):
            files[path] = parse_bibliography(place.read_bytes(), path)
            diagnostics += files[path].diagnostics
        elif path in named:
            file, line = named[path]
            hint = "paths in notes.yaml start at the project's root, in a note at the note's folder; both stay inside"
            diagnostics.append(error("bibliography", f"no bibliography {path}", file=file, line=line, hint=hint))
    return Shelf(files=files, shared=_shared(project), diagnostics=tuple(diagnostics))


@lru_cache(maxsize=8)
def parse_bibliography(content: bytes, file: str) -> Bibliography:
    """Split a .bib file into its entries; text between them is comment, as in BibTeX."""
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as problem:
        line = content[: problem.start].count(b"\n") + 1
        wrong = error(
            "encoding", f"not UTF-8: byte at offset {problem.start}", file=file, line=line, hint="save it as UTF-8"
        )
        return Bibliography(entries={}, strings="", diagnostics=(wrong,))
    entries: dict[str, Entry] = {}
    strings: list[str] = []
    found: list[Diagnostic] = []
    for match, end in _frames(text):
        kind, key, line = match["kind"].lower(), match["key"], text.count("\n", 0, match.start()) + 1
        if kind in ("comment", "preamble"):
            continue
        if end is None:
            found.append(_broken(f"entry `{key or kind}` is never closed", "count its { and }", file, line, text))
        elif kind == "string":
            strings.append(text[match.start() : end] + "\n")
        elif not key:
            found.append(_broken(f"@{match['kind']} without a key", "write @book{key, …}", file, line, text))
        elif key in entries:
            hint = f"it stands in line {entries[key].line} first, which is the one that counts"
            found.append(
                warning("duplicate-citation", f"two entries have the key `{key}`", file=file, line=line, hint=hint)
            )
        else:
            body = text[match.start() : end]
            parent = _PARENT.search(body)
            entries[key] = Entry(key=key, text=body, file=file, line=line, parent=parent[1] if parent else "")
    return Bibliography(entries=entries, strings="".join(strings), diagnostics=tuple(found))


def find_mentions(markdown: str) -> tuple[str, ...]:
    """Return every word after an @, code and addresses among them: what a note may cite."""
    if "@" not in markdown:
        return ()
    return tuple(dict.fromkeys(match[1] for match in _MENTION.finditer(markdown)))


def unreadable_entry(entries: Iterable[Entry], problem: Mapping[str, Any]) -> Diagnostic:
    """Return what to say of an entry that pandoc could not read, at its own line."""
    entry = next(entry for entry in entries if entry.key == problem["key"])
    place = _LINE.search(problem["message"])
    # The line is counted from the abbreviations that stand before the entry.
    reason = " ".join(place[3].split("\n")[0].split()) if place else "BibTeX can't be read"
    hint = "a field is `name = {value},`"
    return error("bibliography", f"entry `{entry.key}`: {reason}", file=entry.file, line=entry.line, hint=hint)


def _shared(project: Project) -> tuple[str, ...]:
    if project.config.bibliography:
        return project.config.bibliography
    folder = project.notes_folder.relative_to(project.root).as_posix()
    return tuple(dict.fromkeys([_DEFAULT_NAME, (Path(folder) / _DEFAULT_NAME).as_posix()]))


def _frames(text: str) -> Iterator[tuple[re.Match[str], int | None]]:
    """Yield the beginning of each entry and its end; None where its braces don't close before the next one."""
    here = 0
    while match := _ENTRY.search(text, here):
        following = _ENTRY.search(text, match.end())
        limit = following.start() if following else len(text)
        end = _closing(text, match.start("open"), limit)
        yield match, end
        here = end or limit


def _closing(text: str, start: int, limit: int) -> int | None:
    depth = 0
    for brace in re.finditer(r"[{}()]" if text[start] == "(" else r"[{}]", text[start:limit]):
        depth += 1 if brace[0] in "{(" else -1
        if depth == 0:
            return start + brace.end()
    return None


def _broken(message: str, hint: str, file: str, line: int, text: str) -> Diagnostic:
    return error("bibliography", message, file=file, line=line, excerpt=text.split("\n")[line - 1], hint=hint)
