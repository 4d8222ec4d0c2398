"""SVG -> PDF of the same size, still made of lines and letters. Runs rsvg-convert.

The drawing comes through standard input: then librsvg knows no folder and opens no file and no address, whatever the
drawing asks for. Fonts are those of the build and no others, so that text looks the same on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from .coverage import face_family
from .errors import Diagnostic, PictureError, error, info, warning
from .fontset import FontSet
from .processes import Limits, inherited, run_process
from .system import work_folder, write_atomic

_SECONDS = 20.0
# Ordinary drawings take a hundredth of this.
_LIMITS = Limits(memory=2 << 30, cpu=20, file=256 << 20)

# Names that drawings ask for, by the fonts that stand in for them; all others become the sans serif.
_NAMES = {
    "main": ("serif", "Times", "Times New Roman", "Georgia", "Cambria", "SimSun", "宋体", "Songti SC", "STSong"),
    "sans": ("sans-serif", "Arial", "Helvetica", "SimHei", "黑体", "Microsoft YaHei", "微软雅黑", "PingFang SC"),
    "mono": ("monospace", "Courier", "Courier New", "Consolas", "Menlo", "Monaco"),
    "kai": ("KaiTi", "楷体", "STKaiti", "Kaiti SC", "cursive"),
}


def draw_svg(content: bytes, fonts: FontSet, program: Path) -> tuple[bytes, tuple[Diagnostic, ...]]:
    """Return a PDF by the rsvg-convert at `program`, and what it left out; raises PictureError where it gives up."""
    with work_folder() as folder:
        write_atomic(folder / "fonts.conf", _font_configuration(fonts).encode())
        environment = inherited("PATH", "HOME", "TMPDIR") | {
            "FONTCONFIG_FILE": str(folder / "fonts.conf"),
            # The date in the PDF.
            "SOURCE_DATE_EPOCH": "0",
            "LC_ALL": "C.UTF-8",
        }
        # 96 is CSS's number of pixels in an inch; older versions have another default.
        command: list[str | Path] = [program, "--format=pdf", "--dpi-x=96", "--dpi-y=96"]
        result = run_process(command, cwd=folder, env=environment, stdin=content, seconds=_SECONDS, limits=_LIMITS)
    if result.timed_out:
        raise PictureError(error("image-too-large", f"takes longer than {_SECONDS:.0f} s to draw", hint="simplify it"))
    if result.code != 0 or not result.stdout.startswith(b"%PDF-"):
        said = result.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        reason = said.removeprefix("Error reading SVG stdin: ")[:160] or "rsvg-convert gave up"
        raise PictureError(error("image-damaged", f"is damaged ({reason})", hint="open it in a browser to see why"))
    return result.stdout, tuple(_undrawn(content))


def _font_configuration(fonts: FontSet) -> str:
    """Return what fontconfig has to know: the faces of this build, and which of them stands in for which name."""
    families = fonts.families()
    faces = [face for family in families.values() for face in family.faces()] + list(fonts.fallback)
    folders = sorted({str(face.path.resolve().parent) for face in faces})
    accepted = "".join(
        f"<pattern><patelt name='file'><string>{escape(str(face.path.resolve()))}</string></patelt>"
        f"<patelt name='index'><int>{face.index}</int></patelt></pattern>"
        for face in dict.fromkeys(faces)
    )
    aliases = ""
    for role, names in _NAMES.items():
        behind = {"kai": "cjk_main"}.get(role, f"cjk_{role}")
        wanted = "".join(f"<string>{escape(face_family(families[r].regular))}</string>" for r in (role, behind))
        for name in names:
            test = f"<test name='family' qual='any'><string>{escape(name)}</string></test>"
            edit = f"<edit name='family' mode='prepend' binding='strong'>{wanted}</edit>"
            aliases += f"<match target='pattern'>{test}{edit}</match>"
    last = [families["sans"].regular, families["cjk_sans"].regular, *fonts.fallback]
    others = "".join(f"<string>{escape(face_family(face))}</string>" for face in last)
    return (
        "<?xml version='1.0'?><!DOCTYPE fontconfig SYSTEM 'urn:fontconfig:fonts.dtd'><fontconfig>"
        + "".join(f"<dir>{escape(name)}</dir>" for name in folders)
        # Where systems keep what fontconfig has read of the fonts; without it each drawing takes seconds.
        + "<cachedir>/var/cache/fontconfig</cachedir><cachedir prefix='xdg'>fontconfig</cachedir>"
        + "<selectfont><rejectfont><pattern><patelt name='outline'><bool>true</bool></patelt></pattern>"
        + "<pattern><patelt name='outline'><bool>false</bool></patelt></pattern></rejectfont>"
        + f"<acceptfont>{accepted}</acceptfont></selectfont>{aliases}"
        + f"<match target='pattern'><edit name='family' mode='append_last'>{others}</edit></match></fontconfig>"
    )


def _undrawn(content: bytes) -> Iterator[Diagnostic]:
    """Yield what librsvg leaves out without a word."""
    try:
        root = ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError, LookupError):
        # Compressed, or with entities that only librsvg knows.
        return
    parts = [(_name(element), element) for element in root.iter()]
    # Where it is one of several ways to draw the same, librsvg takes another.
    switched = {inner for name, outer in parts if name == "switch" for inner in outer.iter()}
    if any(name == "foreignObject" and element not in switched for name, element in parts):
        yield warning(
            "image-incomplete",
            "holds text as HTML (foreignObject), which is not drawn",
            hint="export it with plain text, or as PDF or PNG (Mermaid: htmlLabels: false)",
        )
    targets = [value for _, element in parts for key, value in element.items() if key.rpartition("}")[2] == "href"
               and _name(element) in {"image", "use", "feImage"}]  # fmt: skip
    outside = [target for target in targets if not target.startswith(("#", "data:"))]
    if outside:
        yield warning(
            "image-incomplete",
            f"refers to {outside[0][:80]}, which is not drawn: a drawing may use no other file",
            hint="embed the picture in the drawing",
        )
    if re.search(rb"@font-face", content):
        yield info("image-fonts", "brings fonts of its own; its text is drawn with the fonts of the book")


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
