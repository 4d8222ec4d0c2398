"""Image references of a note -> files that go into the work folder, or a diagnostic at their line."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from .errors import Diagnostic, error, warning
from .model import Attachment, Note
from .system import digest

# What xdvipdfmx reads, told by the first bytes: on the web a .png is often a JPEG.
_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg", b"%PDF-": "pdf"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """An image and what was wrong with it; `attachment` is None where the reference names no file here."""

    attachment: Attachment | None
    diagnostics: tuple[Diagnostic, ...] = ()


def attach(target: str, number: int, *, note: Note, root: Path, line: int | None) -> Attached:
    """Find the `number`-th image of a note; never outside the project, never through the network."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:|//", target):
        problem = warning(
            "image-remote",
            f"image {_short(target)} is not in the project",
            file=note.source,
            line=line,
            hint="save it beside the note and link to the file; a box stands in its place",
        )
        return Attached(attachment=None, diagnostics=(problem,))
    path = _existing(target, (root / note.source).parent)
    source = posixpath.normpath(posixpath.join(posixpath.dirname(note.source), unquote(target)))
    if target.startswith("/") or (path and not path.resolve().is_relative_to(root)):
        problem = error(
            "image-outside",
            f"image {_short(target)} lies outside the project",
            file=note.source,
            line=line,
            hint="copy it beside the note",
        )
        return Attached(attachment=None, diagnostics=(problem,))
    if path is None:
        problem = error(
            "image-missing",
            f"image {_short(target)} does not exist",
            file=note.source,
            line=line,
            hint=_case_hint((root / note.source).parent / unquote(target)),
        )
        return Attached(attachment=Attachment(name="", source=source, path=None, digest=None), diagnostics=(problem,))
    content = path.read_bytes()
    kind = "tikz" if path.suffix == ".tikz" else _sniff(content)
    source = path.resolve().relative_to(root).as_posix()
    if kind is None:
        what = "is empty" if not content else "is no PNG, JPEG, PDF or TikZ file"
        problem = error(
            "image-unsupported",
            f"image {_short(target)} {what}",
            file=note.source,
            line=line,
            hint="convert it to PNG or PDF; a box stands in its place",
        )
        return Attached(attachment=Attachment(name="", source=source, path=None, digest=None), diagnostics=(problem,))
    attachment = Attachment(name=f"image-{number}.{kind}", source=source, path=path, digest=digest(content))
    return Attached(attachment=attachment)


def _existing(target: str, folder: Path) -> Path | None:
    # A name may hold a real percent sign, so the literal path is tried as well; the query is a web habit.
    for name in (unquote(target), target, unquote(target.partition("?")[0])):
        try:
            if name and (folder / name).is_file():
                return folder / name
        except (OSError, ValueError):
            continue
    return None


def _sniff(content: bytes) -> str | None:
    return next((kind for signature, kind in _SIGNATURES.items() if content.startswith(signature)), None)


def _case_hint(path: Path) -> str | None:
    try:
        twin = next((p.name for p in path.parent.iterdir() if p.name.lower() == path.name.lower()), None)
    except OSError:
        return None
    return f"there is {twin}: upper and lower case differ" if twin else None


def _short(target: str) -> str:
    return target if len(target) <= 80 else target[:77] + "…"
