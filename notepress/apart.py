"""Joining in a process of its own, so that what it needs of memory is given back and never this process's.

`assemble_apart` is the half that asks, `python -m notepress.apart` the half that joins. One line of JSON goes in, the
parts by their paths; one comes back. The PDF itself is written to a file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .assemble import Part, assemble, join_failed
from .documents import Landmark
from .errors import NoteError
from .pdf import Metadata
from .processes import run_process

# 300 notes take 5 s; a process that takes this long hangs.
SECONDS = 1200.0
_PACKAGE = Path(__file__).resolve().parent


def assemble_apart(parts: Iterable[Part], metadata: Metadata, target: Path, *, own_path: str) -> int:
    """Do what `assemble` does, with the same bytes, in a child process; raises NoteError also where that is killed."""
    request = {
        "parts": [asdict(part) | {"file": str(part.file)} for part in parts],
        "metadata": asdict(metadata),
        "target": str(target),
        "own_path": own_path,
    }
    # `-m` looks in the working folder first, so the child finds this very package, installed or not.
    command = [sys.executable, "-m", f"{_PACKAGE.name}.{Path(__file__).stem}"]
    ended = run_process(command, cwd=_PACKAGE.parent, stdin=json.dumps(request).encode(), seconds=SECONDS)
    if ended.timed_out:
        raise NoteError(join_failed(f"it took more than {SECONDS:.0f} s"))
    if ended.code < 0:
        raise NoteError(join_failed(f"the process was killed (signal {-ended.code}); too little memory is usual"))
    if ended.code > 0:
        # A bug: its traceback is what helps.
        raise RuntimeError(ended.stderr.decode("utf-8", "replace"))
    answer = json.loads(ended.stdout)
    if "failure" in answer:
        raise NoteError(join_failed(answer["failure"]))
    return int(answer["pages"])


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    parts = [
        Part(**(part | {"file": Path(part["file"]), "landmarks": tuple(Landmark(**m) for m in part["landmarks"])}))
        for part in request["parts"]
    ]
    metadata = request["metadata"]
    metadata["keywords"] = tuple(metadata["keywords"])
    try:
        target = Path(request["target"])
        pages = assemble(parts, Metadata(**metadata), target, own_path=request["own_path"])
    except NoteError as problem:
        return {"failure": str(problem.__cause__ or problem)}
    except MemoryError:
        return {"failure": "there is too little memory"}
    return {"pages": pages}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_answer(json.load(sys.stdin))))
