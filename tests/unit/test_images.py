"""Image references of a note -> files for the work folder, or a diagnostic at their line."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from notepress.errors import Severity
from notepress.images import Attached, attach
from notepress.model import Note

MakeNote = Callable[..., Note]
PNG, JPEG, PDF = b"\x89PNG\r\n\x1a\n...", b"\xff\xd8\xff\xe0...", b"%PDF-1.7..."
GIF, WEBP, SVG = b"GIF89a...", b"RIFF....WEBP", b"<svg xmlns='http://www.w3.org/2000/svg'/>"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project with a folder of notes, beside a file that is none of its business."""
    project = (tmp_path / "project").resolve()
    (project / "01").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(PNG)
    return project


def found(root: Path, note: Note, target: str) -> Attached:
    """Attach the third image of 01/a.md, which stands in line 7."""
    return attach(target, 3, note=note, root=root, line=7)


def assert_refused(result: Attached, code: str, severity: Severity = Severity.ERROR) -> None:
    """Check that an image is not used, and that this is said at its line."""
    assert result.attachment is None or result.attachment.digest is None
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
    assert attachment.path is not None
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
    """Neither .. nor a symbolic link brings a file of the machine into a PDF."""
    (root / "01" / "link.png").symlink_to(root.parent / "secret.png")
    (root / "01" / "01").mkdir()
    assert_refused(found(root, make_note(), target), "image-outside")


@pytest.mark.parametrize("target", ["/etc/passwd", "/secret.png"])
def test_an_absolute_path_is_refused(root: Path, make_note: MakeNote, target: str) -> None:
    """A path from the root of the machine is refused whether or not there is a file."""
    assert_refused(found(root, make_note(), target), "image-outside")


def test_a_symbolic_link_inside_the_project_is_fine(root: Path, make_note: MakeNote) -> None:
    """A figure that two notes share may be linked; its real path is what is recorded."""
    (root / "shared.png").write_bytes(PNG)
    (root / "01" / "link.png").symlink_to(root / "shared.png")
    attachment = found(root, make_note(), "link.png").attachment
    assert attachment is not None
    assert attachment.source == "shared.png"


def test_symbolic_links_in_a_circle_end(root: Path, make_note: MakeNote) -> None:
    """A link to itself is an image that does not exist."""
    (root / "01" / "a.png").symlink_to(root / "01" / "a.png")
    assert_refused(found(root, make_note(), "a.png"), "image-missing")


@pytest.mark.parametrize(
    "target",
    [
        "https://example.org/a.png",
        "http://example.org/a.png",
        "//example.org/a.png",
        "data:image/png;base64," + "A" * 5000,
        "file:///etc/passwd",
        "ftp://example.org/a.png",
    ],
)
def test_a_remote_image_is_never_fetched(
    root: Path, make_note: MakeNote, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    """An image from elsewhere is a warning and a box, with no word to the network; its address is cut short."""

    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    assert_refused(found(root, make_note(), target), "image-remote", Severity.WARNING)


def test_an_image_in_the_wrong_case_is_missing_everywhere(root: Path, make_note: MakeNote) -> None:
    """A name in another case is an error that names the file, not one that shows on other machines only."""
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
    attachment = found(root, make_note(), "sub/none.png").attachment
    assert attachment is not None
    assert attachment.source == "01/sub/none.png"


@pytest.mark.parametrize("target", ["../01/none.png", "./none.png", "sub/../none.png"])
def test_a_missing_image_is_watched_under_its_plain_path(root: Path, make_note: MakeNote, target: str) -> None:
    """The path in the record is the one that the file will have, without detours."""
    attachment = found(root, make_note(), target).attachment
    assert attachment is not None
    assert attachment.source == "01/none.png"


@pytest.mark.parametrize("content", [b"", GIF, WEBP, SVG, b"\x89PNG", b"text"])
def test_an_image_that_cannot_be_drawn_is_an_error(root: Path, make_note: MakeNote, content: bytes) -> None:
    """An empty file, or a kind that no PDF can hold, is named before TeX sees it, with what to do."""
    (root / "01" / "a.png").write_bytes(content)
    result = found(root, make_note(), "a.png")
    assert_refused(result, "image-unsupported")
    assert result.diagnostics[0].hint
