"""Images of every kind in one note: the good ones are in the PDF as they look, each bad one is named at its line."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from base64 import b64encode
from pathlib import Path

import pytest
from PIL import Image

from notepress.errors import Severity
from tests.e2e.conftest import once
from tests.e2e.repo import Repo, Rich
from tests.unit.drawn import BLUE, RED, encoded, halves, pdf

pytestmark = pytest.mark.tex

_EXIF = Image.Exif()
_EXIF[0x0112] = 6
SVG = "<svg xmlns='http://www.w3.org/2000/svg' width='120' height='60'>{}</svg>"
CMYK_RED = (0, 232, 186, 35)
# Each is shown with this colour in its middle, or with the second below the first where there are two.
GOOD: dict[str, tuple[bytes, tuple[tuple[int, int, int], ...]]] = {
    "a.png": (encoded("PNG"), (RED,)),
    "jpeg.png": (encoded("JPEG", quality=95), (RED,)),
    "progressive.jpg": (encoded("JPEG", quality=95, progressive=True), (RED,)),
    "palette.png": (encoded("PNG", Image.new("RGB", (120, 60), RED).quantize(4)), (RED,)),
    "cmyk.jpg": (encoded("JPEG", Image.new("CMYK", (120, 60), CMYK_RED), quality=100), (RED,)),
    "exif.jpg": (encoded("JPEG", halves(), exif=_EXIF, quality=95), (RED, BLUE)),
    "alpha.png": (encoded("PNG", Image.new("RGBA", (120, 60), (0, 0, 0, 0))), ((255, 255, 255),)),
    "grey16.png": (encoded("PNG", Image.new("I;16", (120, 60), 32768)), ((128, 128, 128),)),
    "a.gif": (encoded("GIF", save_all=True, append_images=[halves()]), (RED,)),
    "a.webp": (encoded("WEBP", lossless=True), (RED,)),
    "a.bmp": (encoded("BMP"), (RED,)),
    "a.tiff": (encoded("TIFF"), (RED,)),
    "a.avif": (encoded("AVIF", quality=95), (RED,)),
    "huge.jpg": (encoded("JPEG", Image.new("RGB", (6000, 3000), RED), quality=95), (RED,)),
    "a.svg": (SVG.format("<rect width='120' height='60' fill='#dc143c'/><text y='9'>中文</text>").encode(), (RED,)),
    "turned.pdf": (pdf(pages=2, turned=90), (RED, BLUE)),
}
BAD = {
    "nowhere.png": (None, "image-missing"),
    "A.PNG": (None, "image-missing"),
    "empty.png": (b"", "image-unsupported"),
    "page.png": (b"<!DOCTYPE html><html><body>404</body></html>", "image-unsupported"),
    "cut.png": (encoded("PNG", Image.effect_noise((90, 90), 60))[:2000], "image-damaged"),
    "bomb.png": (encoded("PNG", Image.new("1", (20_000, 20_000))), "image-too-large"),
    "locked.pdf": (pdf(password="x"), "image-encrypted"),
    "entity.svg": (SVG.format("<text>&x;</text>").encode(), "image-damaged"),
    "https://example.org/a.png": (None, "image-remote"),
    "../../../outside.png": (None, "image-outside"),
    "/etc/passwd": (None, "image-outside"),
    "link.png": (None, "image-outside"),
    "circle.png": (None, "image-missing"),
}
DATA = f"data:image/png;base64,{b64encode(encoded('PNG')).decode()}"


def _target(name: str) -> str:
    return DATA if name == "data" else name


ORDER = [*GOOD, "data", *BAD]


def _gallery(folder: Path) -> Rich:
    repo = Repo(folder)
    for name, content in {**{n: c for n, (c, _) in GOOD.items()}, **{n: c for n, (c, _) in BAD.items()}}.items():
        if content is not None:
            repo.write(f"notes/01/{name}", content)
    repo.write("notes.yaml", "title: 图\n").write("notes/01/plain.md", "# 无图\n\n只有字。\n")
    (folder.parent / "outside.png").write_bytes(encoded("PNG"))
    (folder / "notes/01/link.png").symlink_to(folder.parent / "outside.png")
    (folder / "notes/01/circle.png").symlink_to("circle.png")
    (folder / "notes/01/round").symlink_to("..")
    # Each on a page of its own, so that its colour can be looked for.
    lines = [
        f"## 第 {at}\n\n![]({_target(name)}){{height=9cm}}\n" + "\n\n字。" * 22 for at, name in enumerate(ORDER, 1)
    ]
    repo.write("notes/01/gallery.md", "# 画廊\n\n" + "\n\n".join(lines) + "\n")
    return Rich(repo, repo.build(jobs=2))


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Rich:
    """A note with every kind of image, good and bad, built once a session; only to be looked at."""
    return once(tmp_path_factory, "gallery", _gallery)


def _line(repo: Repo, name: str) -> int:
    lines = (repo.root / "notes/01/gallery.md").read_text("utf-8").split("\n")
    return next(at for at, line in enumerate(lines, 1) if line.startswith(f"![]({_target(name)})"))


def _gallery_pdf(repo: Repo) -> Path:
    return next(path for path in (repo.root / "output").rglob("*.pdf") if path.stem == "画廊")


def _colours(repo: Repo) -> dict[str, list[tuple[int, ...]]]:
    """Return the colours down the middle of the first image below each heading, by image."""
    found: dict[str, list[tuple[int, ...]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["pdftoppm", "-r", "40", "-png", _gallery_pdf(repo), f"{folder}/p"], check=True)
        text = subprocess.run(["pdftotext", _gallery_pdf(repo), "-"], capture_output=True, text=True, check=True).stdout
        pages = sorted(Path(folder).iterdir())
        for page, words in zip(pages, text.split("\f"), strict=False):
            headings = re.findall(r"第 ?(\d+)$", words, re.M)
            image = Image.open(page).convert("RGB")
            middle = [image.getpixel((image.width // 2, y)) for y in range(image.height)]
            for number in headings:
                found[ORDER[int(number) - 1]] = middle  # type: ignore[assignment]
    return found


def test_bad_input_29_good_images_are_shown_as_they_look(gallery: Rich) -> None:
    """CMYK is not inverted, photos stand upright, alpha shows the paper, drawings are drawn: all in their colours."""
    shown = _colours(gallery.repo)
    wrong = []
    for name, (_, colours) in {**GOOD, "data": (b"", (RED,))}.items():
        middle = shown[name]
        places = []
        for colour in colours:
            hits = [
                y for y, pixel in enumerate(middle) if all(abs(a - b) < 9 for a, b in zip(pixel, colour, strict=True))
            ]
            places.append(sum(hits) / len(hits) if len(hits) > 20 else -1.0)
        if -1.0 in places or places != sorted(places):
            wrong.append((name, places))
    assert wrong == []


def test_bad_input_29_30_bad_images_are_named_at_their_lines(gallery: Rich) -> None:
    """Each image that can't be shown has its code at its line, nothing else has, and the note is built."""
    note = gallery.result.note("gallery")
    found = {d.line: d.code for d in note.diagnostics if d.severity is not Severity.INFO}
    assert found == {_line(gallery.repo, name): code for name, (_, code) in BAD.items()}
    assert note.pdf
    infos = {d.line: d.code for d in note.diagnostics if d.severity is Severity.INFO}
    wanted = {"a.gif": "image-first-frame", "turned.pdf": "image-first-page"}
    assert infos == {_line(gallery.repo, name): code for name, code in wanted.items()}


def test_large_photos_make_no_large_pdf(gallery: Rich) -> None:
    """What print does not need is not in the PDF."""
    listed = subprocess.run(
        ["pdfimages", "-list", _gallery_pdf(gallery.repo)], capture_output=True, text=True, check=True
    )
    rows = [row.split() for row in listed.stdout.splitlines()[2:]]
    assert len([row for row in rows if row[2] == "image"]) == len(GOOD) - 2 + 1  # no SVG, no PDF, but data:
    assert max(int(row[3]) for row in rows) == 1700


def test_edited_text_converts_no_image_again(gallery: Rich, tmp_path: Path) -> None:
    """Conversions are kept; a changed drawing rebuilds its note and says so; touching rebuilds nothing."""
    repo = gallery.repo.copy_to(tmp_path / "project")
    before = {path: (repo.root / path).read_bytes() for path in repo.files(".notepress/pictures/*")}
    repo.touch()
    assert repo.build().rebuilt == set()
    repo.replace("notes/01/gallery.md", "# 画廊", "# 画廊\n\n新的字。")
    assert repo.build().rebuilt == {"gallery"}
    assert {path: (repo.root / path).read_bytes() for path in repo.files(".notepress/pictures/*")} == before
    repo.replace("notes/01/a.svg", "#dc143c", "#0000ff")
    result = repo.build()
    assert (result.rebuilt, result.note("gallery").reason) == ({"gallery"}, "image:notes/01/a.svg changed")


def test_bad_input_45_images_give_the_same_bytes_elsewhere(gallery: Rich, tmp_path: Path) -> None:
    """Conversions hold no time and no folder: built from nothing elsewhere, the PDFs are the same."""
    repo = gallery.repo.copy_to(tmp_path / "elsewhere", built=False)
    for path in repo.files("notes/**/*"):
        os.utime(repo.root / path, (1, 1))
    repo.build(jobs=1)
    assert repo.pdfs() == gallery.repo.pdfs()


def test_caches_do_not_grow_for_ever(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a build each cache holds the newest files only, and those are the ones just used."""
    monkeypatch.setattr("notepress.workshop._MOST_KEPT", {"pictures": 2, "figures": 1, "fronts": 1})
    for name in ("pictures", "figures", "fronts"):
        for number in range(5):
            repo.write(f".notepress/{name}/{number}.pdf", b"old")
            os.utime(repo.root / f".notepress/{name}/{number}.pdf", (number, number))
    repo.write("a.gif", encoded("GIF")).write("a.md", "# 图\n\n![](a.gif)\n").build()
    assert {Path(path).suffix for path in repo.files(".notepress/pictures/*")} == {".json", ".png"}
    assert repo.files(".notepress/figures/*") == {".notepress/figures/4.pdf"}
    assert repo.files(".notepress/fronts/*") == {".notepress/fronts/4.pdf"}
