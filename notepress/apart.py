"""Joining in a process of its own, so that what it needs of memory is given back and never this process's.

`Apart` is the half that asks, `python -m notepress.apart` the half that joins. For each PDF one line of JSON goes in,
the parts by their paths, and one comes back. The PDF itself is written to a file.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from .assemble import Part, assemble, join_failed
from .documents import Landmark
from .errors import NoteError
from .heap import give_back
from .pdf import Metadata
from .processes import LineServer

# 300 notes take 5 s; a process that takes this long hangs.
SECONDS = 1200.0
_PACKAGE = Path(__file__).resolve().parent


class Apart:
    """Joins in a child process, started for the first PDF and there until the last. A context manager; for one thread.

    One process for all: to start Python and load pikepdf takes as long as to join a chapter.
    """

    def __init__(self) -> None:
        self._server: LineServer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def assemble(self, parts: Iterable[Part], metadata: Metadata, target: Path, *, own_path: str) -> int:
        """Do what `assemble` does, with the same bytes, in the child; raises NoteError also where that is killed.

        The next PDF is then joined by another one.
        """
        # Before the parts are asked for, which may have to be waited for: it gets ready meanwhile.
        server = self._server = self._server or _start()
        request = {
            "parts": [asdict(part) | {"file": str(part.file)} for part in parts],
            "metadata": asdict(metadata),
            "target": str(target),
            "own_path": own_path,
        }
        line = server.ask(json.dumps(request).encode(), seconds=SECONDS)
        if line is None:
            self.close()
            raise _died(server)
        answer = json.loads(line)
        if "bug" in answer:
            # Its traceback is what helps.
            raise RuntimeError(answer["bug"])
        if "failure" in answer:
            raise NoteError(join_failed(answer["failure"]))
        return int(answer["pages"])


def _start() -> LineServer:
    # `-m` looks in the working folder first, so the child finds this very package, installed or not.
    return LineServer([sys.executable, "-m", f"{_PACKAGE.name}.{Path(__file__).stem}"], cwd=_PACKAGE.parent)


def _died(server: LineServer) -> Exception:
    """Say how a process ended that gave no answer."""
    ended = server.ended
    if ended.timed_out:
        return NoteError(join_failed(f"it took more than {SECONDS:.0f} s"))
    if ended.code < 0:
        return NoteError(join_failed(f"the process was killed (signal {-ended.code}); too little memory is usual"))
    return RuntimeError(f"the process that joins ended with exit code {ended.code} and no answer")


def _answer(line: bytes) -> dict[str, Any]:
    try:
        return {"pages": _join(json.loads(line))}
    except NoteError as problem:
        return {"failure": str(problem.__cause__ or problem)}
    except MemoryError:
        return {"failure": "there is too little memory"}
    except Exception:
        return {"bug": traceback.format_exc()}


def _join(request: dict[str, Any]) -> int:
    parts = [
        Part(**(part | {"file": Path(part["file"]), "landmarks": tuple(Landmark(**m) for m in part["landmarks"])}))
        for part in request["parts"]
    ]
    metadata = request["metadata"]
    metadata["keywords"] = tuple(metadata["keywords"])
    return assemble(parts, Metadata(**metadata), Path(request["target"]), own_path=request["own_path"])


def _serve() -> None:
    """Answer one line after the other until there is no more."""
    for line in sys.stdin.buffer:
        sys.stdout.write(json.dumps(_answer(line)) + "\n")
        sys.stdout.flush()
        # The book, the largest of all, comes last: it finds what the chapters have used and not left in pieces.
        give_back()


if __name__ == "__main__":
    _serve()
