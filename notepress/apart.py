"""What a large book needs of pikepdf, in a process of its own: its memory is given back, and is never this process's.

`Apart` is the half that asks, `python -m notepress.apart` the half that finishes fronts and joins. A line of JSON goes
in for each part of a PDF, which is named by its path, and one for the PDF; one comes back. What is joined is written to
a file.
"""

from __future__ import annotations

import base64
import json
import sys
import threading
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from .assemble import Part, assemble, join_failed
from .documents import Anchors, Landmark, TypesetPdf
from .errors import NoteError
from .finish import finish
from .fontset import Face, Family, FontSet
from .glyphs import GlyphSource, GlyphTables
from .heap import give_back
from .pdf import Metadata
from .processes import LineServer, StoppedError

# 300 notes take 5 s; a process that takes this long hangs.
SECONDS = 1200.0
_PACKAGE = Path(__file__).resolve().parent


class Apart:
    """Finishes and joins in a child process, there from the first PDF to the last. A context manager.

    One process for all, which threads take turns with: to start Python and load pikepdf takes as long as to join a
    chapter.
    """

    def __init__(self) -> None:
        self._server: LineServer | None = None
        self._closed = False
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process, also one that works for another thread; none is started from then on."""
        self._closed = True
        if (server := self._server) is not None:
            server.end()
        with self._turn:
            self._drop()

    def assemble(self, parts: Iterable[Part], metadata: Metadata, target: Path, *, own_path: str) -> int:
        """Do what `assemble` does, with the same bytes, in the child; raises NoteError also where that is killed.

        The next PDF is then made by another one.
        """
        with self._turn:
            # It gets ready while the parts are waited for.
            self._started()
        request = {"metadata": asdict(metadata), "target": target, "own_path": own_path}
        # All are waited for before it is this thread's turn: others may need it to finish them.
        return int(self._ask({"assemble": request}, tuple(parts)))

    def finish(self, pdf: bytes, metadata: Metadata, text: str, glyphs: GlyphSource) -> bytes:
        """Return what `finish` makes of a front whose text is `text`; raises NoteError as `assemble` does."""
        content = base64.b64encode(pdf).decode()
        request = {"pdf": content, "metadata": asdict(metadata), "text": text, "glyphs": asdict(glyphs)}
        return base64.b64decode(self._ask({"finish": request}))

    def _ask(self, request: Mapping[str, Any], parts: tuple[Part, ...] = ()) -> Any:
        line = json.dumps(request, default=str).encode()
        with self._turn:
            server = self._started()
            # One after the other: as JSON, the headings of 300 notes are fifteen megabytes.
            before = (json.dumps({"part": asdict(part)}, default=str).encode() for part in parts)
            try:
                answered = server.ask(line, seconds=SECONDS, before=before)
            except BaseException:
                # What it was told so far is not to be in the next PDF.
                self._drop()
                raise
            if answered is None:
                self._drop()
                raise _died(server)
        answer = json.loads(answered)
        if "bug" in answer:
            # Its traceback is what helps.
            raise RuntimeError(answer["bug"])
        if "failure" in answer:
            raise NoteError(join_failed(answer["failure"]))
        return answer["made"]

    def _started(self) -> LineServer:
        if self._closed:
            raise StoppedError
        if self._server is None:
            # `-m` looks in the working folder first, so the child finds this very package, installed or not.
            command = [sys.executable, "-m", f"{_PACKAGE.name}.{Path(__file__).stem}"]
            self._server = LineServer(command, cwd=_PACKAGE.parent)
            # Looked at after it is known to `close`, so that one of the two ends it, whoever comes first.
            if self._closed:
                self._drop()
                raise StoppedError
        return self._server

    def _drop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


def _died(server: LineServer) -> Exception:
    """Say how a process ended that gave no answer."""
    ended = server.ended
    if ended.timed_out:
        return NoteError(join_failed(f"it took more than {SECONDS:.0f} s"))
    if ended.code < 0:
        return NoteError(join_failed(f"the process was killed (signal {-ended.code}); too little memory is usual"))
    return RuntimeError(f"the process that joins ended with exit code {ended.code} and no answer")


def _answer(what: str, request: dict[str, Any], parts: list[Part]) -> dict[str, Any]:
    try:
        return {"made": _assemble(request, parts) if what == "assemble" else _finish(request)}
    except NoteError as problem:
        return {"failure": str(problem.__cause__ or problem)}
    except MemoryError:
        return {"failure": "there is too little memory"}
    except Exception:
        return {"bug": traceback.format_exc()}


def _assemble(request: dict[str, Any], parts: list[Part]) -> int:
    return assemble(parts, _metadata(request["metadata"]), Path(request["target"]), own_path=request["own_path"])


def _finish(request: dict[str, Any]) -> str:
    source = request["glyphs"]
    glyphs = GlyphTables(_fonts(source["fonts"]), Path(source["folder"]), lambda path: source["digests"][str(path)])
    content = base64.b64decode(request["pdf"])
    finished = finish(
        TypesetPdf(pdf=content, drawings=None, carried="", passes=1, diagnostics=()),
        _metadata(request["metadata"]),
        Anchors(),
        own_path="",
        pdf_of={},
        text=request["text"],
        glyphs=glyphs.find,
    )
    return base64.b64encode(finished.pdf).decode()


def _part(data: dict[str, Any]) -> Part:
    landmarks = tuple(Landmark(**mark) for mark in data["landmarks"])
    return Part(**(data | {"file": Path(data["file"]), "landmarks": landmarks}))


def _metadata(data: dict[str, Any]) -> Metadata:
    return Metadata(**(data | {"keywords": tuple(data["keywords"])}))


def _fonts(data: dict[str, Any]) -> FontSet:
    def face(fields: dict[str, Any]) -> Face:
        return Face(**(fields | {"path": Path(fields["path"])}))

    fallback = tuple(face(fields) for fields in data.pop("fallback"))
    families = {
        role: Family(**{name: face(fields) for name, fields in faces.items() if fields}) for role, faces in data.items()
    }
    return FontSet(**families, fallback=fallback)


def _serve() -> None:
    """Answer one line after the other until there is no more."""
    parts: list[Part] = []
    for line in sys.stdin.buffer:
        ((what, request),) = json.loads(line).items()
        if what == "part":
            parts.append(_part(request))
            continue
        sys.stdout.write(json.dumps(_answer(what, request, parts)) + "\n")
        sys.stdout.flush()
        parts.clear()
        # The book, the largest of all, comes last: it finds what the chapters have used and not left in pieces.
        give_back()


if __name__ == "__main__":
    _serve()
