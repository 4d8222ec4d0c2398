"""A build puts every PDF, the README's index and the report where the design says."""

from __future__ import annotations

import gc
from pathlib import Path

import pikepdf
import pytest

from notepress.errors import ExitCode
from notepress.joining import Joiner
from notepress.model import Note
from notepress.pipeline import _Build
from notepress.report import JoinedResult, Outcome
from notepress.worker import Built
from tests.e2e.repo import Repo, Rich

pytestmark = pytest.mark.tex


def test_good_notes_build_without_a_word(rich: Rich) -> None:
    """A project without mistakes gives exit code 0 and no error or warning."""
    assert rich.result.exit_code is ExitCode.OK
    assert [d for d in rich.result.diagnostics if d.severity != "info"] == []


def test_every_pdf_lies_at_its_documented_place(rich: Rich) -> None:
    """Notes lie in their chapter's folder, chapters and the book at the top, and nothing else is there."""
    assert set(rich.repo.pdfs()) == {
        "第一章 起步/基础(Basics) - 从 n 到一.pdf",
        "第一章 起步/图片.pdf",
        "第一章 起步.pdf",
        "二/链接.pdf",
        "二/草稿.pdf",
        "二.pdf",
        "测试之书.pdf",
    }


def test_no_temporary_file_stays(rich: Rich) -> None:
    """After a build only PDFs are in the output folder."""
    assert {Path(path).suffix for path in rich.repo.files("output/**/*")} == {".pdf"}
    assert rich.repo.files("**/*.part") == set()


def test_planned_note_is_skipped_and_said_so(rich: Rich) -> None:
    """A planned note has no PDF and its status in the report is skipped."""
    planned = rich.result.note("03-planned")
    assert planned.status is Outcome.SKIPPED
    assert planned.pdf is None


def test_index_lists_published_and_planned_but_no_drafts(rich: Rich) -> None:
    """The README links published notes, names planned ones, leaves drafts out and keeps the text around."""
    text = (rich.repo.root / "README.md").read_text("utf-8")
    assert text.startswith("# 笔记\n\n<!-- index:start -->\n")
    assert text.endswith("<!-- index:end -->\n\n尾声\n")
    assert "3. 以后再写（撰写中）" in text
    assert "[基础(_Basics_) - 从 $n$ 到一](" in text
    assert "草稿" not in text


def test_every_link_of_the_index_opens(rich: Rich) -> None:
    """Each link of the README leads to a PDF that exists: three notes and two chapters."""
    targets = rich.repo.readme_targets()
    assert len(targets) == 5
    assert [path for path in targets if not path.is_file()] == []


def test_draft_is_built_but_joined_nowhere(rich: Rich) -> None:
    """A draft has a PDF of its own and is in no chapter and not in the book."""
    assert "还没写完" in rich.repo.pdf_words("二/草稿.pdf")
    assert "还没写完" not in rich.repo.pdf_words("二.pdf")
    assert "还没写完" not in rich.repo.pdf_words("测试之书.pdf")


def test_texts_make_room_for_joining(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """When chapters and book are joined, which takes the most memory, no text of a note is there any more."""
    held: list[Note] = []
    join = Joiner.run

    def looked(joiner: Joiner) -> tuple[tuple[JoinedResult, ...], JoinedResult | None]:
        held.extend(note for note in gc.get_objects() if isinstance(note, Note) and "谁还记得" in note.file_text)
        return join(joiner)

    monkeypatch.setattr(Joiner, "run", looked)
    repo.write("notes.yaml", "title: 书\n").write("notes/一/甲.md", "# 甲\n\n谁还记得。\n").build()
    assert "谁还记得" in repo.pdf_words("书.pdf")
    assert held == []


def test_texts_are_let_go_one_after_the_other(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """While many notes are built, no text is in memory of those that have been, and what is free is given back."""
    monkeypatch.setattr("notepress.worker._MANY", 5)
    held: list[int] = []
    given: list[int] = []
    take = _Build._take

    def looked(build: _Build, outcome: Built, *, retried: bool) -> None:
        take(build, outcome, retried=retried)
        held.append(sum(isinstance(one, Note) and "谁还记得" in one.file_text for one in gc.get_objects()))

    monkeypatch.setattr(_Build, "_take", looked)
    monkeypatch.setattr("notepress.pipeline.give_back", lambda: given.append(len(held)))
    for number in range(6):
        repo.write(f"notes/一/{number}.md", f"# 第 {number} 篇\n\n谁还记得。\n")
    repo.write("notes.yaml", "title: 书\n").build()
    # The one that was taken, and the one that was begun last.
    assert held[0] > 2 >= held[-1]
    assert given == [3, 6]


def test_reported_page_counts_are_those_of_the_files(rich: Rich) -> None:
    """The report's pages are what a viewer counts, for notes, chapters and the book."""
    report = rich.result.report
    assert report.book is not None
    reported = {note.pdf: note.pages for note in report.notes if note.pdf}
    reported |= {joined.pdf: joined.pages for joined in (*report.chapters, report.book) if joined.pdf}
    counted = {}
    for path in reported:
        with pikepdf.open(rich.repo.root / path) as pdf:
            counted[path] = len(pdf.pages)
    assert reported == counted


def test_folder_without_configuration_is_a_project(repo: Repo) -> None:
    """Any folder of Markdown builds: sub-folders are chapters, titles come from heading or file name."""
    repo.write("01-前言.md", "无标题的文字。\n").write("第一章/甲.md", "# 开篇\n\n文字。\n").write(
        "README.md", "# 别动\n"
    )
    result = repo.build()
    assert result.exit_code is ExitCode.OK
    assert set(repo.pdfs()) == {"前言.pdf", "第一章.pdf", "第一章/开篇.pdf"}
    assert (repo.root / "README.md").read_text() == "# 别动\n"
