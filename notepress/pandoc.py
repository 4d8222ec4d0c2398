"""Runs pandoc: a long-lived `pandoc lua` per thread, so that start-up is paid once, not once a note."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pypandoc

from .errors import MissingToolError, NoteError, error
from .system import LineServer

SCRIPT = Path(__file__).with_name("convert.lua")
# A note that takes pandoc longer than this has run into exponential parsing.
SECONDS = 60.0


@cache
def pandoc_path() -> str:
    """Return the pandoc that pypandoc brings; raises MissingToolError where there is none."""
    try:
        return str(pypandoc.get_pandoc_path())
    except OSError as problem:
        raise MissingToolError(
            error("pandoc-missing", "pandoc is not installed", hint="pip install pypandoc_binary")
        ) from problem


@cache
def pandoc_version() -> str:
    """Return pandoc's version, part of what a conversion depends on."""
    pandoc_path()
    return str(pypandoc.get_pandoc_version())


class Pandoc:
    """Answers conversion requests; safe to share between threads. Use as a context manager."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._servers: list[LineServer] = []

    def __enter__(self) -> Pandoc:
        return self

    def __exit__(self, *exc: object) -> None:
        for server in self._servers:
            server.close()

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send one request to convert.lua and return its answer.

        A process that dies is replaced once; raises NoteError where the second one fails too.
        """
        line = json.dumps(request, ensure_ascii=False).encode()
        for _ in range(2):
            answer = self._server().ask(line, seconds=SECONDS)
            if answer is not None:
                result: dict[str, Any] = json.loads(answer)
                if failure := result.get("failure"):
                    raise NoteError(error("conversion-failed", f"pandoc could not read the note: {failure}"))
                return result
            self._drop()
        raise NoteError(
            error(
                "conversion-failed",
                f"pandoc died or took more than {SECONDS:.0f} s",
                hint="halve the note to find the part it can't read",
            )
        )

    def _server(self) -> LineServer:
        if getattr(self._local, "server", None) is None:
            self._local.server = LineServer([pandoc_path(), "lua", SCRIPT])
            self._servers.append(self._local.server)
        server: LineServer = self._local.server
        return server

    def _drop(self) -> None:
        self._local.server.close()
        self._servers.remove(self._local.server)
        self._local.server = None
