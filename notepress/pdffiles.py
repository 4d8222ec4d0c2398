"""PDFs as a server sees them: opened only where they belong, known by their content."""

from __future__ import annotations

import hashlib
import os
from io import BufferedReader
from pathlib import Path

# Digests of more PDFs than a book has.
_MOST_DIGESTS = 4096


class PdfDigests:
    """Digests of files that are open, computed again where the file is another one; for any number of threads."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, int, int], str] = {}

    def of(self, stream: BufferedReader) -> str:
        """Return the SHA-256 of a file; where it stands in the file is not kept."""
        stat = os.fstat(stream.fileno())
        stamp = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)
        if stamp not in self._known:
            if len(self._known) >= _MOST_DIGESTS:
                self._known.clear()
            self._known[stamp] = hashlib.file_digest(stream, "sha256").hexdigest()
        return self._known[stamp]


def open_inside(path: Path, folder: Path | None) -> BufferedReader:
    """Open a file below a folder; raises FileNotFoundError also where links lead elsewhere, or it is no file."""
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as problem:
        raise FileNotFoundError(path) from problem
    if folder is None or not real.is_relative_to(folder.resolve()) or not real.is_file():
        raise FileNotFoundError(path)
    return real.open("rb")
