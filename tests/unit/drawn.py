"""Tiny images of every kind, drawn here, and a store to put them through."""

from __future__ import annotations

import shutil
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
from PIL import Image

from notepress.config import load_config
from notepress.fonts import load_fonts
from notepress.fontset import FontSet
from notepress.pictures import PictureStore
from notepress.system import file_digest

RSVG = Path(shutil.which("rsvg-convert") or "rsvg-convert")
RED, BLUE = (220, 20, 60), (0, 0, 255)


def encoded(kind: str, image: Image.Image | None = None, **options: Any) -> bytes:
    """Return an image, 120 × 60 pixels of red unless told otherwise, as a file."""
    stream = BytesIO()
    (image or Image.new("RGB", (120, 60), RED)).save(stream, kind, **options)
    return stream.getvalue()


def halves() -> Image.Image:
    """Return an image that is red on the left and blue on the right."""
    image = Image.new("RGB", (120, 60), BLUE)
    image.paste(RED, (0, 0, 60, 60))
    return image


def pdf(*, pages: int = 1, turned: int = 0, password: str = "") -> bytes:
    """Return a PDF whose pages are red on the left and blue on the right."""
    with pikepdf.new() as made:
        for _ in range(pages):
            page = made.add_blank_page(page_size=(120, 60))
            page.Contents = made.make_stream(b"0.863 0.078 0.235 rg 0 0 60 60 re f 0 0 1 rg 60 0 60 60 re f")
            if turned:
                page.Rotate = turned
        stream = BytesIO()
        lock = pikepdf.Encryption(owner=password, user=password) if password else None
        made.save(stream, encryption=lock) if lock else made.save(stream, deterministic_id=True)
        return stream.getvalue()


PDF = pdf()


@cache
def fonts(root: Path = Path()) -> FontSet:
    """Return the fonts of this machine."""
    return load_fonts(load_config(root.resolve()))


def store(folder: Path) -> PictureStore:
    """Return a store for converted images."""
    return PictureStore(folder=folder / "pictures", fonts=fonts(), digest_of=file_digest)
