"""Whether everything is as the last build left it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from notepress.fresh import Remembered, Seen, find_unchanged, make_snapshot, options_key, snapshot_path

OPTIONS = options_key(strict=False, write_index=True)
SAID = Remembered(
    options=OPTIONS, diagnostics=(("a.md:1: 有字", "warning"),), counts=(2, 9, 0, 1), report="output/r", exit_code=0
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project that was built: a note, a template folder that is not there, a PDF, a snapshot."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "甲.md").write_text("甲", "utf-8")
    (tmp_path / "甲.pdf").write_bytes(b"%PDF")
    snapshot_path(tmp_path).parent.mkdir()
    return take(tmp_path)


def seen(root: Path) -> Seen:
    """Return what the build of `root` depended on."""
    return Seen(
        inputs=[root / "notes" / "甲.md", root / "notes.yaml"],
        outputs=[root / "甲.pdf"],
        folders=[root / "notes", root / "templates"],
        tools=["sh", "no-such-program"],
    )


def take(root: Path) -> Path:
    """Write the snapshot of a build that begins now and changes nothing."""
    text = make_snapshot(seen(root), SAID, time.time_ns() + 10**9)
    assert text is not None
    snapshot_path(root).write_text(text, "utf-8")
    return root


def rewrite(path: Path) -> None:
    """Change a file without changing its size or its times."""
    old = path.stat()
    path.write_bytes(bytes(reversed(path.read_bytes())))
    os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))


def test_nothing_changed_is_seen_with_what_there_was_to_say(root: Path) -> None:
    """A build with nothing to do says the same as a real one would: warnings, counts, exit code."""
    assert find_unchanged(root, OPTIONS) == SAID


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "notes" / "甲.md").write_text("乙", "utf-8"),
        lambda root: rewrite(root / "notes" / "甲.md"),
        lambda root: (root / "notes" / "甲.md").rename(root / "notes" / "乙.md"),
        lambda root: (root / "notes" / "乙.md").touch(),
        lambda root: (root / "notes.yaml").touch(),
        lambda root: (root / "templates").mkdir(),
        lambda root: (root / "甲.pdf").unlink(),
        lambda root: rewrite(root / "甲.pdf"),
        lambda root: snapshot_path(root).write_text("{"),
        lambda root: snapshot_path(root).write_text('{"version": 1}'),
        lambda root: snapshot_path(root).unlink(),
    ],
)
def test_any_change_is_noticed(root: Path, change: Callable[[Path], object]) -> None:
    """A file, a name, a folder or an output that differs, even with its old size and time, is not "nothing"."""
    change(root)
    assert find_unchanged(root, OPTIONS) is None


def test_a_copy_is_not_told_how_the_original_is(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A folder that was copied with its cache is looked at itself."""
    copy = tmp_path_factory.mktemp("copy") / "project"
    shutil.copytree(root, copy)
    assert find_unchanged(copy, OPTIONS) is None
    assert find_unchanged(root, OPTIONS) == SAID


def test_another_program_is_noticed(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that is found elsewhere, or that is there now, may make other pages."""
    other = tmp_path / "bin" / "no-such-program"
    other.parent.mkdir()
    other.touch(mode=0o755)
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:{other.parent}")
    assert find_unchanged(root, OPTIONS) is None


def test_other_options_are_another_question(root: Path) -> None:
    """--strict or --no-index may have something to do where a plain build has not."""
    assert find_unchanged(root, options_key(strict=True, write_index=True)) is None
    assert find_unchanged(root, options_key(strict=False, write_index=False)) is None


def test_a_file_saved_during_the_build_is_built_again(root: Path) -> None:
    """The build may have read it before it was saved: no snapshot is taken, the next build looks at contents."""
    began = time.time_ns() - 10**9
    (root / "notes" / "甲.md").write_text("丙", "utf-8")
    assert make_snapshot(seen(root), SAID, began) is None


def test_a_file_moved_here_during_the_build_is_built_again(root: Path, tmp_path: Path) -> None:
    """A file keeps its times when it is moved; the change of its name still counts."""
    other = tmp_path / "old.md"
    other.write_text("丁", "utf-8")
    os.utime(other, (1, 1))
    began = time.time_ns() - 10**9
    other.replace(root / "notes" / "甲.md")
    assert make_snapshot(seen(root), SAID, began) is None


def test_what_the_build_wrote_may_be_young(root: Path) -> None:
    """PDFs are younger than the build that made them."""
    late = replace(SAID, exit_code=1)
    inputs = max((root / "notes" / "甲.md").stat().st_ctime_ns, (root / "notes" / "甲.md").stat().st_mtime_ns)
    time.sleep(0.02)
    (root / "甲.pdf").write_bytes(b"%PDF new")
    assert make_snapshot(seen(root), late, inputs + 1) is not None


def test_each_theme_has_a_snapshot_of_its_own(root: Path) -> None:
    """What one theme left up to date says nothing of another, and is not forgotten for it."""
    assert find_unchanged(root, OPTIONS, "print") is None
    snapshot_path(root, "print").parent.mkdir(parents=True)
    snapshot_path(root, "print").write_bytes(snapshot_path(root).read_bytes())
    snapshot_path(root).unlink()
    assert find_unchanged(root, OPTIONS, "print") == SAID
    assert find_unchanged(root, OPTIONS) is None
