"""xdvipdfmx: the pages that TeX writes -> a PDF, after TeX has ended or, on another core, while it writes them."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from .landlock import Wall
from .processes import Finished, Running
from .system import make_pipe
from .tex import LIMITS, environment, tool

FLAGS = (
    "-q",  # its progress is of no use to anybody
    "-C",  # flags:
    "0x0010",  # keep destinations and their names, which links from other files use
)
_CHUNK = 1 << 16
# Pages that are more than this, of a loop or of a book, wait for the end of TeX in a file: xdvipdfmx keeps what it has
# made of them in memory. A page of text takes 20 KB.
_MOST_MEANWHILE = 16 << 20
# It works out which characters a font's glyphs stand for by reading the font from end to end, 25 ms for a large
# Chinese one: half of all it does. A map that it finds under the font's name is taken instead. It has to hold a line.
_MAP = """\
%!PS-Adobe-3.0 Resource-CMap
/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /{name} def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
1 beginbfchar
<0000> <FFFD>
endbfchar
endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""


def stand_in_map(font: str) -> tuple[str, bytes]:
    """Return name and content of the file that spares xdvipdfmx the ToUnicode map of a font, by PostScript name."""
    name = f"{font}-UTF16"
    return name, _MAP.format(name=name).encode()


class Converter:
    """An xdvipdfmx that turns `pages` of `xdv`, such as 1-3 or 4-, into a PDF beside it; `maps` is a folder of maps.

    Where `xdv` is not there yet, it gets the pages while TeX writes them.
    """

    def __init__(self, xdv: Path, pages: str, maps: str, wall: Wall) -> None:
        self._pdf = xdv.with_suffix(".pdf")
        ready = xdv.exists()
        self._process = Running(
            [tool("xdvipdfmx"), *FLAGS, "-s", pages, "-o", self._pdf.name, *([xdv.name] if ready else [])],
            cwd=xdv.parent,
            # A colon at the end: then where it looks otherwise.
            env=environment() | {"CMAPFONTS": f"{maps}:"},
            limits=LIMITS,
            wall=wall,
        )
        self._pump = None if ready else _Pump(xdv, self._process)

    def finish(self, seconds: float) -> tuple[Finished, bytes | None]:
        """Wait until it is done with what TeX has written; return how it ended, and the PDF if it made one."""
        if self._pump:
            self._pump.finish()
        result = self._process.finish(b"", seconds=seconds)
        return result, self._pdf.read_bytes() if result.code == 0 and self._pdf.is_file() else None

    def close(self) -> None:
        """End it; TeX must have ended."""
        self._process.kill()
        if self._pump:
            self._pump.finish()


class _Pump:
    """A thread that hands over to a process what TeX writes to `path`; TeX never waits, even if the process is gone.

    TeX ends by SIGPIPE where it writes too much for that.
    """

    def __init__(self, path: Path, process: Running) -> None:
        self._reader, writer = make_pipe(path)
        # Held until TeX has opened it, or ended: a pipe that nobody writes to is at its end.
        self._writer: int | None = writer
        self._lock = threading.Lock()
        self._process = process
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        length = 0
        while length <= _MOST_MEANWHILE and (written := os.read(self._reader, _CHUNK)):
            # The end of the pages is heard when TeX closes them, before it has cleared up.
            self._release()
            self._process.send(written)
            length += len(written)
        os.close(self._reader)

    def _release(self) -> None:
        with self._lock:
            writer, self._writer = self._writer, None
        if writer is not None:
            os.close(writer)

    def finish(self) -> None:
        """Hand over the rest; nobody may write any more."""
        self._release()
        self._thread.join()
