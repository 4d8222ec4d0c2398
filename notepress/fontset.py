"""The fonts of a build as values: faces, families and the role each plays."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROLES = ("main", "sans", "mono", "math", "kai", "cjk_main", "cjk_sans", "cjk_mono")


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One face of a font file on this machine; `index` selects it in a collection, `family` is what it is called."""

    file: str
    path: Path
    index: int
    family: str = ""

    @property
    def name(self) -> str:
        """The name TeX loads it by: fontspec takes a space for a separator and an underscore for a subscript."""
        return re.sub(r"[^A-Za-z0-9.]", "-", self.file)

    @property
    def collection(self) -> bool:
        """Whether the file holds several faces."""
        return self.path.suffix.lower() in {".ttc", ".otc"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The faces that play a role."""

    regular: Face
    bold: Face | None = None
    italic: Face | None = None
    bold_italic: Face | None = None

    def faces(self) -> tuple[Face, ...]:
        """Return the faces that are there."""
        return tuple(face for face in (self.regular, self.bold, self.italic, self.bold_italic) if face)


@dataclass(frozen=True, slots=True, kw_only=True)
class FontSet:
    """A family for every role, and single faces for characters that those lack."""

    main: Family
    sans: Family
    mono: Family
    math: Family
    kai: Family
    cjk_main: Family
    cjk_sans: Family
    cjk_mono: Family
    fallback: tuple[Face, ...]

    def families(self) -> dict[str, Family]:
        """Return the families by role."""
        return {role: getattr(self, role) for role in ROLES}

    def files(self) -> dict[str, Path]:
        """Return every file by the name TeX loads it under."""
        faces = [face for family in self.families().values() for face in family.faces()]
        return {face.name: face.path for face in (*faces, *self.fallback)}
