"""Images -> files that TeX can include, kept by the digest of their content. Knows which room converts which kind.

An image is looked at once: what came of it is remembered, so that an edited text costs nothing for its images.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import PIL

from .errors import Diagnostic, PictureError, Severity, error
from .fontset import FontSet
from .model import Picture
from .processes import find_tool
from .system import digest, mark_used, read_file, write_atomic

# librsvg's program.
RSVG = "rsvg-convert"
# What converts each kind of image.
CONVERTERS = {"raster": "pillow", "pdf": "pikepdf", "svg": RSVG}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A file for TeX, the original or one in the cache; `kind` is png, jpg or pdf."""

    path: Path
    kind: str
    remarks: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureStore:
    """Where converted images are kept, the fonts for text in drawings, and how to learn the digest of a file."""

    folder: Path
    fonts: FontSet
    digest_of: Callable[[Path], str | None]

    def prepare(self, content: bytes, kind: str, original: Path | None) -> Prepared:
        """Return an image of a kind in `CONVERTERS` as a file for TeX; raises PictureError where it can't be shown.

        `original` is where the content was read from, None for an image that stands in the note itself.
        """
        key = self._key(content, kind)
        known = self._find(key, original)
        if known is None:
            known = self._keep(key, self._convert(content, kind), content, original)
        return known

    def version(self, converter: str) -> str | None:
        """Return what tells one version of a converter from another; None where it is not installed."""
        if converter == RSVG:
            path = find_tool(RSVG)
            return self.digest_of(path) if path else None
        if converter == "pillow":
            return str(PIL.__version__)
        import pikepdf

        return str(pikepdf.__version__)

    def _key(self, content: bytes, kind: str) -> str:
        parts = [digest(content), kind, self.version(CONVERTERS[kind]) or "", self._own_version()]
        if kind == "svg":
            parts += [self.digest_of(path) or "" for path in self.fonts.files().values()]
        return digest("\n".join(parts).encode())[:32]

    def _own_version(self) -> str:
        """Return the digest of the code that converts: what another version made is not what this one would."""
        rooms = ("pictures", "rasters", "svg", "firstpage")
        return "".join(self.digest_of(Path(__file__).with_name(f"{room}.py")) or "" for room in rooms)

    def _find(self, key: str, original: Path | None) -> Prepared | None:
        entry = self.folder / f"{key}.json"
        try:
            known = json.loads(read_file(entry))
            remarks = tuple(Diagnostic(**{**d, "severity": Severity(d["severity"])}) for d in known["remarks"])
            if known["sha256"] is None and original:
                return Prepared(path=original, kind=known["kind"], remarks=remarks)
            path = self.folder / f"{key}.{known['kind']}"
            if digest(read_file(path)) != known["sha256"]:
                return None
        except (ValueError, KeyError, TypeError):
            return None
        mark_used(entry)
        mark_used(path)
        return Prepared(path=path, kind=known["kind"], remarks=remarks)

    def _keep(self, key: str, made: Picture, content: bytes, original: Path | None) -> Prepared:
        path = original
        if made.content != content or path is None:
            path = self.folder / f"{key}.{made.kind}"
            write_atomic(path, made.content)
        known = {
            "kind": made.kind,
            "sha256": None if path is original else digest(made.content),
            "remarks": [asdict(remark) for remark in made.remarks],
        }
        write_atomic(self.folder / f"{key}.json", json.dumps(known, ensure_ascii=False).encode())
        return Prepared(path=path, kind=made.kind, remarks=made.remarks)

    def _convert(self, content: bytes, kind: str) -> Picture:
        # Imported only here: Pillow, pikepdf, and fontTools for the fonts of a drawing take ten milliseconds and more
        # to load, and a note without images should not wait for them.
        from .firstpage import take_first_page

        if kind == "svg":
            from .svg import draw_svg

            pdf, remarks = draw_svg(content, self.fonts, _rsvg())
            return replace(take_first_page(pdf), remarks=remarks)
        if kind == "pdf":
            return take_first_page(content)
        from .rasters import redraw

        return redraw(content)


def _rsvg() -> Path:
    program = find_tool(RSVG)
    if program is None:
        raise PictureError(
            error(
                "svg-tool-missing",
                f"can't be drawn: {RSVG} is not installed",
                hint="run `make setup`, or install librsvg2-bin (apt), librsvg2-tools (dnf), librsvg (brew)",
            )
        )
    return program
