"""Exactly the right set is rebuilt: these tests say above all what is not."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from notepress.errors import ExitCode, Severity
from notepress.report import Outcome
from notepress.system import locked
from tests.e2e.repo import CHECKOUT, PATIENCE, PNG, Repo, Rich, tex_processes
from tests.patience import becomes_true

pytestmark = pytest.mark.tex

BASICS = "notes/01-一/01-basics.md"
ALL_NOTES = {"01-basics", "02-picture", "01-links", "02-draft"}
ENDLESS = "# 停不下来\n\n$\\def\\x{}\\def\\x{\\x}\\x$\n"


def wait_for(what: str, condition: Path | None = None, *, processes_in: Path | None = None) -> None:
    """Wait until a file exists or a process works in a folder."""

    def there() -> bool:
        return bool((condition and condition.is_file()) or (processes_in and tex_processes(processes_in)))

    assert becomes_true(there, PATIENCE), f"no {what}"


def left_after(seconds: float, folder: Path) -> list[int]:
    """Return the processes that still work in a folder after a while."""
    becomes_true(lambda: not tex_processes(folder), seconds)
    return tex_processes(folder)


@contextmanager
def running_build(repo: Repo, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a build whose TeX works below `folder`; whatever the test finds, nothing of it runs afterwards."""
    folder.mkdir()
    environment = {**os.environ, "TMPDIR": str(folder)}
    with subprocess.Popen(repo.command("pdf", "-j2"), env=environment, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as build:  # fmt: skip
        try:
            yield build
        finally:
            build.kill()
            for process in tex_processes(folder):
                os.kill(process, signal.SIGKILL)


def test_second_build_rebuilds_nothing(copy: Repo) -> None:
    """Without a change no note, chapter or book is made again and no PDF is even written, here or elsewhere."""
    times = copy.times()
    result = copy.build()
    assert result.rebuilt == set()
    assert result.rejoined == set()
    assert not result.report.index_written
    assert copy.times() == times


def test_bad_input_43_touching_every_file_rebuilds_nothing(copy: Repo) -> None:
    """Contents count, times don't."""
    result = copy.touch().build()
    assert result.rebuilt == set()
    assert result.rejoined == set()


def test_bad_input_26_saving_with_bom_and_crlf_rebuilds_nothing(copy: Repo) -> None:
    """A file that differs only in BOM, line ends and the final newline is the same note."""
    text = (copy.root / BASICS).read_bytes()
    assert copy.write(BASICS, b"\xef\xbb\xbf" + text.rstrip(b"\n").replace(b"\n", b"\r\n")).build().rebuilt == set()


def test_bad_input_43_edited_note_rebuilds_itself_its_chapter_and_the_book(copy: Repo) -> None:
    """A changed word rebuilds one note, with the reason, and leaves the PDFs of the other chapter alone."""
    times = copy.times()
    result = copy.replace(BASICS, "普通文字", "改过的字").build()
    assert result.rebuilt == {"01-basics"}
    assert result.note("01-basics").reason == "note changed"
    assert result.rejoined == {"第一章 起步", "测试之书"}
    assert {path for path, before in times.items() if copy.times()[path] != before} == {
        "output/第一章 起步/基础(Basics) - 从 n 到一.pdf",
        "output/第一章 起步.pdf",
        "output/测试之书.pdf",
    }
    assert "改过的字" in copy.pdf_words("测试之书.pdf")


def test_bad_input_43_template_comment_rebuilds_the_notes_but_no_chapter(copy: Repo) -> None:
    """A template that is changed without effect rebuilds every note, says why, and stops where bytes are equal."""
    template = (CHECKOUT / "templates/note.tex.j2").read_text("utf-8")
    before = copy.pdfs()
    result = copy.write("templates/note.tex.j2", f"((= nothing =))\n{template}").build()
    assert result.rebuilt == ALL_NOTES
    assert {result.note(stem).reason for stem in ALL_NOTES} == {"template:note.tex.j2 changed"}
    assert result.rejoined == set()
    assert copy.pdfs() == before


def test_changed_image_rebuilds_only_the_note_that_shows_it(copy: Repo) -> None:
    """An image with other bytes rebuilds its note, and the reason names the image."""
    result = copy.write("notes/01-一/figure.png", PNG + b"more").build()
    assert result.rebuilt == {"02-picture"}
    assert result.note("02-picture").reason == "image:notes/01-一/figure.png changed"
    assert "二" not in result.rejoined


def test_bad_input_44_deleted_note_takes_its_pdf_along_and_rebuilds_no_note(copy: Repo) -> None:
    """The PDF and the README row of a deleted note go, which is said; chapter and book are joined without it."""
    # First without the link to it, so that the deletion is the only change.
    copy.replace(BASICS, "[另一篇](02-picture.md)", "另一篇").build()
    result = copy.delete("notes/01-一/02-picture.md").build()
    assert result.report.removed == ("output/第一章 起步/图片.pdf",)
    assert result.rebuilt == set()
    assert result.rejoined == {"第一章 起步", "测试之书"}
    assert "第一章 起步/图片.pdf" not in copy.pdfs()
    assert "图片" not in (copy.root / "README.md").read_text("utf-8")
    assert "图下的字" not in copy.pdf_words("测试之书.pdf")


def test_bad_input_44_renamed_note_leaves_no_pdf_of_its_old_name(repo: Repo) -> None:
    """A note that takes another name is built under it, and the PDF of the old name goes."""
    repo.write("旧名.md", "文字。\n").build()
    result = repo.rename("旧名.md", "新名.md").build()
    assert result.rebuilt == {"新名"}
    assert set(repo.pdfs()) == {"新名.pdf"}


@pytest.mark.parametrize("damage", [None, b"%PDF-1.5 cut off"])
def test_bad_input_44_pdf_deleted_or_truncated_by_hand_is_made_again(copy: Repo, damage: bytes | None) -> None:
    """A PDF that is not what the build wrote is replaced by the right one, and no other is made."""
    before = copy.pdfs()
    copy.delete("output/二/链接.pdf")
    if damage:
        copy.write("output/二/链接.pdf", damage)
    result = copy.build()
    assert result.rebuilt == {"01-links"}
    assert result.rejoined == set()
    assert copy.pdfs() == before


@pytest.mark.parametrize("path", ["二.pdf", "测试之书.pdf"])
def test_chapter_or_book_deleted_by_hand_is_joined_again_without_typesetting(copy: Repo, path: str) -> None:
    """A missing chapter or book is put together from what is there, to the same bytes."""
    before = copy.pdfs()
    result = copy.delete(f"output/{path}").build()
    assert result.rebuilt == set()
    assert result.rejoined == {Path(path).stem}
    assert copy.pdfs() == before


def test_process_that_joins_changes_no_byte(copy: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A book so large that a process of its own joins it, and finishes its title pages, is the same book."""
    before = copy.pdfs()
    monkeypatch.setattr("notepress.joining.APART", 0)
    for here in ("notepress.joining.assemble", "notepress.fronts.finish"):
        monkeypatch.setattr(here, None)
    for path in copy.files(".notepress/fronts/*.pdf"):
        copy.delete(path)
    result = copy.delete("output/二.pdf").delete("output/测试之书.pdf").build()
    assert result.rejoined == {"二", "测试之书"}
    assert copy.pdfs() == before


@pytest.mark.parametrize("python", ["kill -9 $$", 'read request; echo \'{"failure": "No space left on device"}\''])
def test_failed_joining_is_reported_and_keeps_the_last_book(
    copy: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, python: str
) -> None:
    """Where the process that joins is killed, or can't write, the last PDF stays and the next build joins again."""
    before = copy.pdfs()
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\n{python}\n")
    program.chmod(0o755)
    copy.replace(".notepress/manifest.jsonl", '"key":"book"', '"key":"forgotten"')
    with monkeypatch.context() as patched:
        patched.setattr("notepress.joining.APART", 0)
        patched.setattr("sys.executable", str(program))
        failed = copy.build()
    assert failed.exit_code is ExitCode.NOTE_ERROR
    assert [d.code for d in failed.diagnostics if d.severity is Severity.ERROR] == ["join-failed"]
    assert copy.pdfs() == before
    assert copy.files("**/*.part") == set()
    assert copy.build().rejoined == {"测试之书"}
    assert copy.pdfs() == before


def test_bad_input_44_damaged_cache_is_forgotten_and_the_result_is_right(copy: Repo) -> None:
    """Cache files cut off in the middle of a character stop nothing: what they described is built again."""
    damage = '{"version": 2}\n{"key": "notes/一'.encode()[:-1]
    result = (
        copy.write(".notepress/manifest.jsonl", damage).write(".notepress/digests.json", damage).build("notes/02-二")
    )
    assert result.exit_code is ExitCode.OK
    assert result.rebuilt == {"01-links", "02-draft"}


def test_bad_input_44_damaged_front_in_the_cache_does_not_stop_a_build(copy: Repo) -> None:
    """A truncated cover in the cache is detected and made again."""
    before = copy.pdfs()
    for path in copy.files(".notepress/fronts/*.pdf"):
        copy.write(path, b"%PDF-1.5 cut off")
    result = copy.delete("output/二.pdf").build()
    assert result.exit_code is ExitCode.OK
    assert copy.pdfs() == before


def test_overridden_template_changes_every_note_and_says_so(repo: Repo) -> None:
    """A template in the project's own templates/ wins over the built-in one, and is the reason given."""
    repo.write("甲.md", "文字。\n").build()
    style = (CHECKOUT / "templates/style.tex.j2").read_text("utf-8")
    result = repo.write("templates/style.tex.j2", style + "\\AtBeginDocument{换了样子}\n").build()
    assert result.note("甲").reason == "template:style.tex.j2 changed"
    assert "换了样子" in repo.pdf_words("甲.pdf")


def test_bad_input_42_second_build_at_once_is_refused(repo: Repo) -> None:
    """While a build runs, another one of the same folder ends with exit code 2 and says why."""
    repo.write("甲.md", "文字。\n")
    with locked(repo.root / ".notepress/lock"):
        second = repo.cli("pdf")
    assert second.returncode == ExitCode.BAD_INPUT
    assert "another build of this folder is running" in second.stderr
    assert str(os.getpid()) in second.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_bad_input_40_interrupted_build_stops_cleanly(repo: Repo, tmp_path: Path, how: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end a build within seconds with code 130, no process and no partial file staying."""
    repo.write("停.md", ENDLESS)
    work = tmp_path / "work"
    with running_build(repo, work) as build:
        wait_for("TeX process", processes_in=work)
        build.send_signal(how)
        code = build.wait(timeout=15)
        assert left_after(3, work) == []
    assert code == ExitCode.INTERRUPTED
    assert repo.files("**/*.part") == set()


def test_bad_input_40_after_kill_9_the_next_build_goes_on(repo: Repo, tmp_path: Path) -> None:
    """A killed build leaves no partial PDF; the next one reuses what was finished and is right."""
    repo.write("好.md", "# 好\n\n做完的文字。\n").write("停.md", ENDLESS)
    with running_build(repo, tmp_path / "work") as build:
        wait_for("finished note", repo.output("好.pdf"))
        # The PDF is there a moment before the record of it is.
        wait_for("record", repo.root / ".notepress/manifest.jsonl")
        time.sleep(0.5)
        build.kill()
        build.wait()
    assert repo.files("**/*.part") == set()
    result = repo.write("停.md", "# 停\n\n不再循环。\n").build()
    assert result.note("好").status is Outcome.CACHED
    assert result.rebuilt == {"停"}
    assert result.exit_code is ExitCode.OK
    assert "不再循环" in repo.pdf_words("停.pdf")


def test_bad_input_40_kill_9_leaves_no_process_running(repo: Repo, tmp_path: Path) -> None:
    """Even a build that had no chance to clean up leaves no TeX spinning for ever."""
    repo.write("停.md", ENDLESS)
    work = tmp_path / "work"
    with running_build(repo, work) as build:
        wait_for("TeX process", processes_in=work)
        build.kill()
        build.wait()
        assert left_after(5, work) == []


def test_moved_project_is_still_built(rich: Rich, copy: Repo) -> None:
    """A cache holds no path of a machine: a copy elsewhere has the same records and needs no work."""
    assert copy.build().rebuilt == set()
    assert str(rich.repo.root) not in (copy.root / ".notepress/manifest.jsonl").read_text("utf-8")


def test_a_name_that_gets_a_meaning_rebuilds_who_uses_it(repo: Repo) -> None:
    """A note or an image that comes later, anywhere in the project, is found by those who named it before."""
    repo.write("甲.md", "# 甲\n\n见[[乙|那篇]]和 ![[图.png]] 图。\n").write("丙.md", "# 丙\n\n文字。\n")
    assert repo.cli("pdf").returncode == ExitCode.NOTE_ERROR
    assert repo.write("附件/深/图.png", PNG).cli("pdf").returncode == ExitCode.OK
    result = repo.write("组/02-乙.md", "# 乙\n").build()
    assert (result.rebuilt, result.codes("甲")) == ({"甲", "02-乙"}, set())
    assert repo.cli("pdf").returncode == ExitCode.OK
