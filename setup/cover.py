"""Draw assets/cover.png, the picture in the README, from the first page of the book, where that has changed.

The picture carries the digest of what the cover is made from, so `--check`, and a test, say on any machine whether it
is out of date. Its pixels would not do: another version of pdftoppm rounds them differently.
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from notepress.config import load_config
from notepress.notes import load_library
from notepress.pipeline import BuildOptions, build
from notepress.processes import find_tool, run_process
from notepress.project import Project
from notepress.system import digest, write_atomic
from notepress.templating import template_files
from notepress.terminal import Silent
from notepress.themes import theme_file

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "assets" / "cover.png"
_KEY = "made-from"
_OF_COVER = re.compile(r"\\(?:definecolor|newcommand)\{\\?(?:cover|titlegap)")
# 794 pixels for the width of A4: twice as many as the README shows.
_RESOLUTION = 96
# The cover has a few tones of one colour; a palette makes it a fifth of the size.
_TONES = 48


def made_from(project: Project) -> str:
    """Return the digest of what the cover is made from: its templates, and what stands on it."""
    config, files = project.config, template_files(project)
    texts = [files[name].read_text("utf-8") for name in ("cover.tex.j2", theme_file(config.theme))]
    # Its colours and sizes; nothing else of the style is to be seen there.
    texts.extend(line for line in files["style.tex.j2"].read_text("utf-8").splitlines() if _OF_COVER.search(line))
    said = (config.title, config.subtitle, config.author, config.source, config.epigraph, config.paper)
    return digest("\n".join([*texts, repr(said)]).encode())


def is_fresh() -> bool:
    """Say whether the picture is of the cover that the book has now."""
    with Image.open(PICTURE) as picture:
        return picture.info.get(_KEY) == made_from(load_config(ROOT))


def draw() -> bytes:
    """Bring the book up to date and return its first page as PNG; the same bytes for the same book and pdftoppm."""
    project = load_config(ROOT)
    report = build(project, BuildOptions(write_index=False), Silent())
    book, pdftoppm = load_library(project).book_pdf, find_tool("pdftoppm")
    if pdftoppm is None or book is None or report.exit_code():
        raise SystemExit("error: no cover without a book that builds, and pdftoppm (package poppler-utils)")
    command: list[str | Path] = [
        pdftoppm,
        "-r",
        str(_RESOLUTION),
        "-f",
        "1",
        "-l",
        "1",
        "-png",
        str(project.root / book),
    ]
    page = Image.open(io.BytesIO(run_process(command).stdout)).convert("RGB")
    stream, info = io.BytesIO(), PngInfo()
    info.add_text(_KEY, made_from(project))
    page.quantize(_TONES, dither=Image.Dither.NONE).save(stream, "PNG", optimize=True, pnginfo=info)
    return stream.getvalue()


def main() -> None:
    """Draw the picture if it is out of date, or with `--check` only say that it is."""
    if is_fresh():
        return
    if "--check" in sys.argv[1:]:
        raise SystemExit("assets/cover.png is out of date: run `make cover`")
    write_atomic(PICTURE, draw())


if __name__ == "__main__":
    main()
