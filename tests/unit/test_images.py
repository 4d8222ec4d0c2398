"""Image references of a note -> files for the work folder, or a diagnostic at their line."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from notepress.errors import Severity
from notepress.images import Attached, Beside, attach
from notepress.model import Note
from tests.unit.drawn import PDF, encoded, store

MakeNote = Callable[..., Note]
PNG, JPEG, GIF, WEBP = encoded("PNG"), encoded("JPEG"), encoded("GIF"), encoded("WEBP", lossless=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project with a folder of notes, beside a file that is none of its business."""
    project = (tmp_path / "project").resolve()
    (project / "01").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(PNG)
    return project


def found(root: Path, note: Note, target: str) -> Attached:
    """Attach the third image of 01/a.md, which stands in line 7."""
    return attach(target, 3, 7, Beside(note=note.source, root=root, pictures=store(root / ".notepress")))


def assert_refused(result: Attached, code: str, severity: Severity = Severity.ERROR) -> None:
    """Check that an image is not used, and that this is said at its line."""
    assert result.attachment is None
    assert [(d.severity, d.code, d.file, d.line) for d in result.diagnostics] == [(severity, code, "01/a.md", 7)]
    assert len(result.diagnostics[0].message) < 300


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.png", PNG, "png"),
        ("a.jpg", JPEG, "jpg"),
        ("a.png", JPEG, "jpg"),
        ("a.pdf", PDF, "pdf"),
        ("a", PNG, "png"),
        ("a.tikz", b"\\begin{tikzpicture}", "tikz"),
        ("A.PNG", PNG, "png"),
    ],
)
def test_an_image_is_known_by_its_bytes(root: Path, make_note: MakeNote, name: str, content: bytes, kind: str) -> None:
    """What a file is, its first bytes say, not its name: on the web a .png is often a JPEG."""
    (root / "01" / name).write_bytes(content)
    attachment = found(root, make_note(), name).attachment
    assert attachment is not None
    assert (attachment.name, attachment.source) == (f"image-3.{kind}", f"01/{name}")
    assert attachment.digest == hashlib.sha256(content).hexdigest()
    assert attachment.path.read_bytes() == content


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("图 一.png", "图 一.png"),
        ("图 一.png", "%E5%9B%BE%20%E4%B8%80.png"),
        ("100%.png", "100%.png"),
        ("100%.png", "100%25.png"),
        ("a%20b.png", "a%20b.png"),
        ("a.png", "a.png?raw=true"),
        ("a?b.png", "a?b.png"),
        ("a#(b)'_~.png", "a#(b)'_~.png"),
        ("a.png", "./a.png"),
        ("a.png", "../01/a.png"),
    ],
)
def test_an_image_is_found_however_its_name_is_written(root: Path, make_note: MakeNote, name: str, target: str) -> None:
    """Percent-encoded or not, with spaces, signs or a query: the file that is meant is taken."""
    (root / "01" / name).write_bytes(PNG)
    result = found(root, make_note(), target)
    assert result.diagnostics == ()
    assert result.attachment is not None
    assert result.attachment.source == f"01/{name}"


def test_the_name_in_the_work_folder_is_made_here(root: Path, make_note: MakeNote) -> None:
    """TeX never sees the author's file name, so nothing in it can be a command or an option."""
    (root / "01" / r"a]{\input x.png").write_bytes(PNG)
    attachment = found(root, make_note(), r"a]{\input x.png").attachment
    assert attachment is not None
    assert attachment.name == "image-3.png"


@pytest.mark.parametrize("target", ["../../secret.png", "01/../../../secret.png", "..%2F..%2Fsecret.png", "link.png"])
def test_an_image_outside_the_project_is_refused(root: Path, make_note: MakeNote, target: str) -> None:
    """BAD_INPUT 30: neither .. nor a symbolic link brings a file of the machine into a PDF."""
    (root / "01" / "link.png").symlink_to(root.parent / "secret.png")
    (root / "01" / "01").mkdir()
    assert_refused(found(root, make_note(), target), "image-outside")


@pytest.mark.parametrize("target", ["/etc/passwd", "/secret.png"])
def test_an_absolute_path_is_refused(root: Path, make_note: MakeNote, target: str) -> None:
    """BAD_INPUT 30: a path from the root of the machine is refused whether or not there is a file."""
    assert_refused(found(root, make_note(), target), "image-outside")


@pytest.mark.parametrize("folder", ["", "static", "source", "docs/.vuepress/public", "01", "01/public"])
def test_a_path_from_the_root_of_a_site_is_one_of_the_project(root: Path, make_note: MakeNote, folder: str) -> None:
    """Generators copy such folders to the root of the site; where the file is looked for first, it is watched for."""
    (root / folder / "img").mkdir(parents=True)
    (root / folder / "img" / "a.png").write_bytes(PNG)
    made = found(root, make_note(), "/img/a.png#pic_center")
    assert made.attachment is not None
    assert made.diagnostics == ()
    source = "/".join(part for part in (folder, "img/a.png") if part)
    assert made.inputs[f"image:{source}"]
    assert folder == "01" or made.inputs["image:01/img/a.png"] == ""


def test_no_path_from_the_root_of_a_site_leaves_the_project(root: Path, make_note: MakeNote) -> None:
    """Neither .. nor a link in such a folder does."""
    (root / "static").mkdir()
    (root / "static" / "link.png").symlink_to(root.parent / "secret.png")
    for target in ("/../secret.png", "/static/../../secret.png", "/link.png"):
        assert_refused(found(root, make_note(), target), "image-outside")


def test_a_symbolic_link_inside_the_project_is_fine(root: Path, make_note: MakeNote) -> None:
    """A figure that two notes share may be linked; its real path is what is recorded."""
    (root / "shared.png").write_bytes(PNG)
    (root / "01" / "link.png").symlink_to(root / "shared.png")
    attachment = found(root, make_note(), "link.png").attachment
    assert attachment is not None
    assert attachment.source == "shared.png"


def test_symbolic_links_in_a_circle_end(root: Path, make_note: MakeNote) -> None:
    """BAD_INPUT 30: a link to itself is an image that does not exist."""
    (root / "01" / "a.png").symlink_to(root / "01" / "a.png")
    assert_refused(found(root, make_note(), "a.png"), "image-missing")


@pytest.mark.parametrize(
    "target",
    [
        "https://example.org/a.png",
        "http://example.org/a.png",
        "//example.org/a.png",
        "https://example.org/" + "A" * 5000,
        "file:///etc/passwd",
        "ftp://example.org/a.png",
    ],
)
def test_a_remote_image_is_never_fetched(
    root: Path, make_note: MakeNote, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    """BAD_INPUT 29: an image from elsewhere is a warning and a box, with no word to the network."""

    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    assert_refused(found(root, make_note(), target), "image-remote", Severity.WARNING)


def test_an_image_in_the_wrong_case_is_missing_everywhere(root: Path, make_note: MakeNote) -> None:
    """BAD_INPUT 29: a name in another case is an error on every machine, and names the file."""
    (root / "01" / "Figure.png").write_bytes(PNG)
    result = found(root, make_note(), "figure.PNG")
    assert_refused(result, "image-missing")
    assert "Figure.png" in (result.diagnostics[0].hint or "")


@pytest.mark.parametrize("target", ["none.png", "no/such/folder.png", "", "a\0b.png", "x" * 5000, "."])
def test_a_missing_image_is_an_error(root: Path, make_note: MakeNote, target: str) -> None:
    """Whatever the name, an image that is not there is an error at its line, never an exception."""
    assert_refused(found(root, make_note(), target), "image-missing")


def test_a_missing_image_is_watched(root: Path, make_note: MakeNote) -> None:
    """Where the file should be is recorded, so that the note is built again when it appears."""
    assert found(root, make_note(), "sub/none.png").inputs == {"image:01/sub/none.png": ""}


@pytest.mark.parametrize("target", ["../01/none.png", "./none.png", "sub/../none.png"])
def test_a_missing_image_is_watched_under_its_plain_path(root: Path, make_note: MakeNote, target: str) -> None:
    """The path in the record is the one that the file will have, without detours."""
    assert found(root, make_note(), target).inputs == {"image:01/none.png": ""}


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "image-unsupported", "is empty"),
        (b"text", "image-unsupported", "is no image"),
        (b"<!DOCTYPE html>\n<html><svg/></html>", "image-unsupported", "web page"),
        (b"version https://git-lfs.github.com/spec/v1", "image-unsupported", "Git LFS"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "image-unsupported", "PostScript"),
        (b"\x89PNG", "image-damaged", "is damaged"),
        (PNG[:60], "image-damaged", "is damaged"),
        (GIF[:20], "image-damaged", "is damaged"),
        (WEBP[:40], "image-damaged", "is damaged"),
        (b"%PDF-1.7 nothing", "image-damaged", "is damaged"),
    ],
)
def test_an_image_that_cannot_be_drawn_is_an_error(
    root: Path, make_note: MakeNote, content: bytes, code: str, words: str
) -> None:
    """BAD_INPUT 29: an empty, damaged or foreign file is named before TeX sees it, with what to do."""
    (root / "01" / "a.png").write_bytes(content)
    result = found(root, make_note(), "a.png")
    assert_refused(result, code)
    assert words in result.diagnostics[0].message
    assert result.diagnostics[0].hint


def test_a_note_with_a_broken_image_waits_for_another_file(root: Path, make_note: MakeNote) -> None:
    """What is recorded of a broken image is its content: the note is built again when that changes, not before."""
    (root / "01" / "a.png").write_bytes(PNG[:60])
    assert found(root, make_note(), "a.png").inputs["image:01/a.png"] == hashlib.sha256(PNG[:60]).hexdigest()


@pytest.mark.parametrize(
    "target",
    ["data:image/png;base64," + b64encode(PNG).decode(), "data:image/png;base64," + b64encode(PNG).decode() + "%0A"],
)
def test_an_image_in_the_text_is_decoded(root: Path, make_note: MakeNote, target: str) -> None:
    """A data: address is an image like any other, and lies in the cache for TeX."""
    result = found(root, make_note(), target)
    assert result.diagnostics == ()
    assert result.attachment is not None
    assert result.attachment.path.read_bytes() == PNG
    assert not [label for label in result.inputs if label.startswith("image:")]


@pytest.mark.parametrize("target", ["data:image/png;base64,AA*A", "data:image/png;base64,AAAA", "data:", "data:,"])
def test_a_broken_image_in_the_text_is_an_error(root: Path, make_note: MakeNote, target: str) -> None:
    """Half a data: address is an error at its line."""
    result = found(root, make_note(), target)
    assert result.attachment is None
    assert result.diagnostics[0].line == 7


def test_a_drawing_without_its_program_is_an_error_that_goes_away(
    root: Path, make_note: MakeNote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without librsvg an SVG is a box with the package's name; once it is installed, the record differs."""
    (root / "01" / "a.svg").write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>")
    with monkeypatch.context() as without:
        without.setattr("notepress.pictures.find_tool", lambda _: None)
        missing = found(root, make_note(), "a.svg")
    assert_refused(missing, "svg-tool-missing")
    assert "librsvg2-bin" in (missing.diagnostics[0].hint or "")
    there = found(root, make_note(), "a.svg")
    assert there.diagnostics == ()
    assert there.inputs["converter:rsvg-convert"] != missing.inputs["converter:rsvg-convert"] == ""
