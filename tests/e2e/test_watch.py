"""The watcher: a save is a PDF at once, nothing else is built, and nothing of it stays when it ends."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from notepress.errors import ExitCode
from tests.e2e.repo import CHECKOUT, Repo, tex_processes
from tests.e2e.watcher import ONE, watching

pytestmark = pytest.mark.tex


def test_a_save_builds_that_note_and_what_holds_it(book: Repo, tmp_path: Path) -> None:
    """The saved note, its chapter and the book are new, the other note is not touched; a new title is in the README."""
    with watching(book, tmp_path / "work") as watcher:
        watcher.until_said("Ctrl-C stops")
        other = book.times()["output/章/二.pdf"]
        book.replace(ONE, "第一篇的字", "改过的字")
        watcher.until_shown("改过的字", "章/一.pdf")
        watcher.until_shown("改过的字", "书.pdf")
        assert "改过的字" in book.pdf_words("章.pdf")
        assert book.times()["output/章/二.pdf"] == other
        book.replace(ONE, "# 一", "# 新题")
        watcher.until_said("README.md", 2)
        assert "新题" in (book.root / "README.md").read_text("utf-8")
        assert book.readme_targets()[-2:] == [book.output("章/新题.pdf"), book.output("章/二.pdf")]
        watcher.until(lambda: not book.output("章/一.pdf").exists(), "removal of the old name")


def test_a_broken_formula_is_reported_and_shown_as_its_source(book: Repo, tmp_path: Path) -> None:
    """A formula that TeX rejects is said at its line and stands in the PDF as it was typed, until it is mended."""
    with watching(book, tmp_path / "work") as watcher:
        watcher.until_said("Ctrl-C stops")
        book.write(ONE, "# 一\n\n$\\nosuchcommand$\n")
        watcher.until_shown("\\nosuchcommand", "章/一.pdf")
        # Said after the PDF is there, which is what one waits for.
        watcher.until_said(f"{ONE}:3:")
        book.write(ONE, "# 一\n\n好了的字。\n")
        watcher.until_shown("好了的字", "章/一.pdf")


def test_a_broken_save_is_reported_and_keeps_the_last_pdf(book: Repo, tmp_path: Path) -> None:
    """A mistake that leaves no note to typeset is said at its line, and the good PDF stays."""
    with watching(book, tmp_path / "work") as watcher:
        watcher.until_said("Ctrl-C stops")
        good = book.output("章/一.pdf").read_bytes()
        book.write(ONE, "# 一\n\n别的编码\n".encode("gbk"))
        watcher.until_said("no new PDF")
        watcher.until_said(f"{ONE}:3:")
        assert book.output("章/一.pdf").read_bytes() == good


def test_a_storm_of_saves_ends_with_the_last_one(book: Repo, tmp_path: Path) -> None:
    """Saves that come faster than PDFs are merged: fewer builds than saves, and the last text is what stays."""
    with watching(book, tmp_path / "work") as watcher:
        watcher.until_said("Ctrl-C stops")
        for number in range(30):
            book.write(ONE, f"# 一\n\n第{number}次的字。\n")
            time.sleep(0.03)
        watcher.until_shown("第29次的字", "书.pdf")
        assert watcher.said().count(f"{ONE}: 1 pages") < 25


def test_another_template_renews_what_is_warm(book: Repo, tmp_path: Path) -> None:
    """A changed template is in every note, although the engines had begun with the old one."""
    style = (CHECKOUT / "templates/style.tex.j2").read_text("utf-8")
    (book.root / "templates").mkdir()
    with watching(book, tmp_path / "work") as watcher:
        watcher.until_said("Ctrl-C stops")
        book.write("templates/style.tex.j2", style + "\\AtBeginDocument{换了样子}\n")
        for pdf in ("章/一.pdf", "章/二.pdf"):
            watcher.until_shown("换了样子", pdf)
            assert "换了样子" in book.pdf_words(pdf)


def test_a_broken_configuration_is_waited_out(book: Repo, tmp_path: Path) -> None:
    """notes.yaml with a mistake is reported with its line; the next save is another try."""
    with watching(book, tmp_path / "work") as watcher:
        watcher.until_said("Ctrl-C stops")
        book.write("notes.yaml", "title: 书\npaper: a9\n")
        watcher.until_said("notes.yaml:2")
        book.write("notes.yaml", "title: 新书\n")
        watcher.until(lambda: book.output("新书.pdf").is_file(), "book of the new name")
        assert watcher.process.poll() is None


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_no_process_behind(book: Repo, tmp_path: Path, how: signal.Signals) -> None:
    """The waiting engines end with the watcher, and so do their folders."""
    work = tmp_path / "work"
    with watching(book, work) as watcher:
        watcher.until_said("Ctrl-C stops")
        watcher.until(lambda: len(tex_processes(work)) >= 2, "engines that wait")
        watcher.process.send_signal(how)
        assert watcher.process.wait(timeout=15) == ExitCode.INTERRUPTED
        assert tex_processes(work) == []
        assert list(work.iterdir()) == []


def test_a_build_beside_the_watcher_is_not_refused(book: Repo, tmp_path: Path) -> None:
    """The watcher holds the lock only while it builds."""
    with watching(book, tmp_path / "work") as watcher:
        watcher.until_said("Ctrl-C stops")
        # It may be looking just now at what its first build has written.
        watcher.until(lambda: book.cli("pdf").returncode == ExitCode.OK, "build beside it")
