"""Project -> Library: what is a note, in which order, under which number and name."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from notepress.config import load_config
from notepress.errors import Diagnostic, ExitCode, InputError, NotepressError
from notepress.memo import Memo
from notepress.model import Library, Note, Status
from notepress.notes import ReadNote, load_library

DRAFT = "---\nstatus: draft\n---\n"
PLANNED = "---\nstatus: planned\n---\n"


def library(root: Path, files: dict[str, str], *, configured: bool = True) -> Library:
    """Write files and load them; configured notes lie in notes/."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    if configured and not (root / "notes.yaml").exists():
        (root / "notes").mkdir(exist_ok=True)
        (root / "notes.yaml").write_text("title: 书\n", "utf-8")
    return load_library(load_config(root))


def refused(root: Path, files: dict[str, str]) -> tuple[Diagnostic, ...]:
    """Return why a project can't be loaded."""
    with pytest.raises(InputError) as caught:
        library(root, files)
    assert caught.value.exit_code is ExitCode.BAD_INPUT
    return caught.value.diagnostics


def sources(found: Library) -> list[str]:
    """Return the notes' source paths in reading order."""
    return [note.source for note in found.notes()]


def only(found: Library) -> Note:
    """Return the one note there is."""
    [note] = found.notes()
    return note


def problems(found: Library, code: str) -> list[str | None]:
    """Return the files that have a diagnostic of this code, in order."""
    everything = [*found.diagnostics, *(d for note in found.notes() for d in note.diagnostics)]
    return [d.file for d in everything if d.code == code]


def titled(title: str) -> str:
    """Return a note with a title."""
    return f"---\ntitle: '{title}'\n---\n"


@pytest.mark.parametrize("configured", [True, False])
def test_generated_and_hidden_folders_hold_no_notes(tmp_path: Path, configured: bool) -> None:
    """What the build, other tools or the system put beside the notes is never typeset."""
    top = "notes/" if configured else ""
    skipped = [".git", ".hidden/deep", "node_modules/pkg", "__pycache__", "venv", ".notepress"]
    files = {f"{top}{folder}/a.md": "# 不是" for folder in skipped}
    files |= {f"{top}a.md": "# 是", f"{top}b.MD": "# 是", f"{top}c.markdown": "# 是"}
    files |= {f"{top}.a.md": "# 不是", f"{top}a.md.txt": "不是", f"{top}a.md~": "不是", "output/o.md": "# 不是"}
    found = library(tmp_path, files, configured=configured)
    assert sources(found) == [f"{top}a.md", f"{top}b.MD", f"{top}c.markdown"]


def test_configured_output_folder_inside_the_notes_is_skipped(tmp_path: Path) -> None:
    """The output folder holds no notes wherever it lies."""
    found = library(tmp_path, {"notes.yaml": "output: notes/pdf\n", "notes/pdf/x.md": "# 不是", "notes/a/x.md": "# 是"})
    assert sources(found) == ["notes/a/x.md"]


@pytest.mark.parametrize("name", ["README.md", "readme.md", "LICENSE.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_files_about_the_repository_are_no_notes(tmp_path: Path, name: str) -> None:
    """A README in the root of a plain folder is about the notes; deeper down it is one of them."""
    found = library(tmp_path, {name: "# 关于", "a.md": "# 是", "第一章/README.md": "# 章首"}, configured=False)
    assert sources(found) == ["a.md", "第一章/README.md"]


def test_bad_input_30_symlink_loop_ends(tmp_path: Path) -> None:
    """A link back to a parent folder is not followed, so every note is found once."""
    (tmp_path / "notes" / "a").mkdir(parents=True)
    (tmp_path / "notes" / "a" / "loop").symlink_to(tmp_path / "notes", target_is_directory=True)
    (tmp_path / "notes" / "self").symlink_to("self")
    assert sources(library(tmp_path, {"notes/a/x.md": "# 题"})) == ["notes/a/x.md"]


@pytest.mark.parametrize("target", ["nowhere.md", "broken.md"], ids=["dangling", "to-itself"])
def test_broken_link_is_named_and_stops_nothing(tmp_path: Path, target: str) -> None:
    """A note that is a link to nothing is an error that names it; the other notes are there."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "broken.md").symlink_to(target)
    found = library(tmp_path, {"notes/a.md": "# 题"})
    everything = [*found.diagnostics, *(d for note in found.notes() for d in note.diagnostics)]
    assert "notes/a.md" in sources(found)
    assert "notes/broken.md" in {d.file for d in everything}


def test_bad_input_30_note_outside_the_project_is_refused(tmp_path: Path) -> None:
    """A link that would typeset a file from elsewhere on the machine gives its text to no PDF."""
    (tmp_path / "secret.txt").write_text("秘密", "utf-8")
    root = tmp_path / "project"
    (root / "notes").mkdir(parents=True)
    (root / "notes" / "b.md").symlink_to(tmp_path / "secret.txt")
    found = library(root, {"notes/a.md": "# 题"})
    assert not any("秘密" in note.markdown for note in found.notes())


@pytest.mark.parametrize("configured", [True, False])
def test_folder_without_a_note_says_what_to_do(tmp_path: Path, configured: bool) -> None:
    """An empty project is an input error with a hint, not an empty success."""
    with pytest.raises(InputError) as caught:
        library(tmp_path, {"text.txt": "x"}, configured=configured)
    [found] = caught.value.diagnostics
    assert found.code == "no-notes"
    assert found.hint


def test_notes_and_chapters_are_in_natural_order(tmp_path: Path) -> None:
    """Reading order is that of a reader who counts, in chapters and in notes."""
    names = ["第二章/2-x.md", "第十章/x.md", "第一章/10-x.md", "第一章/9-x.md", "第二章/1-x.md", "x.md"]
    found = library(tmp_path, {f"notes/{name}": "# 题" for name in names})
    ordered = ["x.md", "第一章/9-x.md", "第一章/10-x.md", "第二章/1-x.md", "第二章/2-x.md", "第十章/x.md"]
    assert sources(found) == [f"notes/{name}" for name in ordered]


def test_numbers_count_chapters_and_notes_but_no_drafts(tmp_path: Path) -> None:
    """A draft takes no number from the notes a reader sees; a planned note keeps its place."""
    found = library(
        tmp_path,
        {
            "notes/0.md": "# 序",
            "notes/1-甲/1.md": "# 一",
            "notes/1-甲/2.md": DRAFT,
            "notes/1-甲/3.md": PLANNED,
            "notes/1-甲/4.md": "# 四",
            "notes/2-乙/1.md": "# 五",
        },
    )
    shown = {note.source: note.number for note in found.notes() if note.status is not Status.DRAFT}
    assert shown == {
        "notes/0.md": "1",
        "notes/1-甲/1.md": "1.1",
        "notes/1-甲/3.md": "1.2",
        "notes/1-甲/4.md": "1.3",
        "notes/2-乙/1.md": "2.1",
    }
    assert [chapter.number for chapter in found.chapters] == [None, 1, 2]


@pytest.mark.parametrize(
    ("text", "title", "pdf"),
    [
        ("---\ntitle: 题\nsubtitle: 副\n---\n# 别的\n", "题 - 副", "题 - 副"),
        ("---\ntitle: 题\nsubtitle: 副\nfile: 自定\n---\n", "题 - 副", "自定"),
        ("---\ntitle: 注意力(_Attention_)\n---\n", "注意力(Attention)", "注意力(Attention)"),
        ("---\ntitle: A/B\n---\n", "A/B", "A／B"),
        ("---\nfile: ../../x\n---\n# 题\n", "题", "／..／x"),
        ("# 题 $x^2$\n", "题 x^2", "题 x^2"),
        ("---\ntitle:\n---\n# 题\n", "题", "题"),
        ("---\ntitle: '  '\n---\n# 题\n", "题", "题"),
        ("---\nsubtitle: '  '\n---\n# 题\n", "题", "题"),
        ("没有标题。\n", "循环_神经", "循环_神经"),
        ("", "循环_神经", "循环_神经"),
    ],
)
def test_title_is_front_matter_then_heading_then_file_name(tmp_path: Path, text: str, title: str, pdf: str) -> None:
    """Every note has a title, and its PDF is called by `file:` or by title - subtitle, in the chapter's folder."""
    note = only(library(tmp_path, {"notes/01-起步/04-循环_神经.md": text}))
    assert note.full_title == title
    assert note.pdf == f"output/起步/{pdf}.pdf"


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        ("# 题\n\n文", 1),
        ("---\ntitle: 题\n---\n\n# 题\n", 5),
        ("---\ntitle: 别的\n---\n\n# 题\n", None),
        ("文\n\n# 题\n", None),
    ],
)
def test_heading_that_repeats_the_title_is_known(tmp_path: Path, text: str, headline: int | None) -> None:
    """Only a leading heading that says what the title says is left out of the body."""
    assert only(library(tmp_path, {"notes/a/x.md": text})).headline == headline


def test_chapter_yaml_names_the_chapter_and_its_pdf(tmp_path: Path) -> None:
    """chapter.yaml sets the title, with markup, and the file name; without it the folder's name serves."""
    found = library(
        tmp_path,
        {
            "notes/01-a/chapter.yaml": "title: 第一章 _语言_ 模型\nfile: 甲\n",
            "notes/01-a/x.md": "# 题",
            "notes/02-乙/x.md": "# 题",
            "notes/03-c/chapter.yaml": "\ufefftitle: 第三章\r\n",
            "notes/03-c/x.md": "# 题",
        },
    )
    assert [chapter.title.plain for chapter in found.chapters] == ["第一章 语言 模型", "乙", "第三章"]
    assert [chapter.pdf for chapter in found.chapters] == ["output/甲.pdf", "output/乙.pdf", "output/第三章.pdf"]
    assert [note.pdf for note in found.notes()] == ["output/甲/题.pdf", "output/乙/题.pdf", "output/第三章/题.pdf"]
    assert found.book_pdf == "output/书.pdf"


def test_mistakes_of_all_chapter_yamls_come_at_once(tmp_path: Path) -> None:
    """Every broken chapter.yaml is reported in one run, with its file, line and suggestion."""
    found = refused(
        tmp_path,
        {
            "notes/1/chapter.yaml": "titel: x\n",
            "notes/1/x.md": "",
            "notes/2/chapter.yaml": "\ntitle: a: b\n",
            "notes/2/x.md": "",
        },
    )
    assert [(d.file, d.line, d.code) for d in found] == [
        ("notes/1/chapter.yaml", 1, "unknown-key"),
        ("notes/2/chapter.yaml", 2, "yaml-syntax"),
    ]
    assert found[0].hint == "did you mean `title`?"


def test_chapter_yaml_in_another_encoding_is_named(tmp_path: Path) -> None:
    """A chapter.yaml that is no UTF-8 is an input error that names it, no traceback."""
    (tmp_path / "notes" / "a").mkdir(parents=True)
    (tmp_path / "notes" / "a" / "chapter.yaml").write_bytes("title: 语言模型\n".encode("gb18030"))
    [found] = refused(tmp_path, {"notes/a/x.md": "# 题"})
    assert (found.code, found.file) == ("encoding", "notes/a/chapter.yaml")


def test_plain_folder_mirrors_its_folders(tmp_path: Path) -> None:
    """Without notes.yaml every nested folder is a chapter, the output has the same folders, and there is no book."""
    found = library(
        tmp_path,
        {"a.md": "# 序", "一/b.md": "# 乙", "一/二/c.md": "# 丙", "三/二/c.md": "# 丙"},
        configured=False,
    )
    assert sources(found) == ["a.md", "一/b.md", "一/二/c.md", "三/二/c.md"]
    assert [chapter.pdf for chapter in found.chapters] == [
        None,
        "output/一.pdf",
        "output/一/二.pdf",
        "output/三/二.pdf",
    ]
    assert [note.pdf for note in found.notes()] == [
        "output/序.pdf",
        "output/一/乙.pdf",
        "output/一/二/丙.pdf",
        "output/三/二/丙.pdf",
    ]
    assert found.book_pdf is None
    assert not problems(found, "output-collision")


@pytest.mark.parametrize(
    ("first", "second"),
    [("同名", "同名"), ("Title", "title"), ("caf\u00e9", "cafe\u0301"), ("A?", "A？"), ("Straße", "STRASSE")],
)
def test_bad_input_28_two_notes_for_one_pdf_are_an_error_on_the_second(tmp_path: Path, first: str, second: str) -> None:
    """Names that some disk takes for the same never overwrite each other silently; the first note still builds."""
    found = library(tmp_path, {"notes/a/1.md": titled(first), "notes/a/2.md": titled(second)})
    assert problems(found, "output-collision") == ["notes/a/2.md"]
    [problem] = [d for d in found.notes()[1].diagnostics if d.code == "output-collision"]
    assert "notes/a/1.md" in problem.message
    assert problem.hint


def test_collision_spans_chapters(tmp_path: Path) -> None:
    """A note at the top may not be called like a chapter, for their PDFs would be one file."""
    found = library(tmp_path, {"notes/x.md": titled("甲"), "notes/甲/y.md": "# 题"})
    assert problems(found, "output-collision") == ["notes/x.md"]


def test_note_may_not_take_the_place_of_the_book(tmp_path: Path) -> None:
    """A note at the top that is called like the book would be overwritten by it, so it is an error."""
    found = library(tmp_path, {"notes/x.md": titled("书"), "notes/甲/y.md": "# 题"})
    assert problems(found, "output-collision") == ["notes/x.md"]


@pytest.mark.parametrize(("first", "second"), [("同名", "同名"), ("Intro", "intro"), ("甲", "书")])
def test_chapters_for_one_pdf_are_reported(tmp_path: Path, first: str, second: str) -> None:
    """Two chapters, or a chapter and the book, that would write the same PDF are reported with the second's files."""
    files = {
        "notes/1/chapter.yaml": f"title: {first}\n",
        "notes/1/x.md": "# 甲",
        "notes/2/chapter.yaml": f"title: {second}\n",
        "notes/2/x.md": "# 乙",
    }
    try:
        found = library(tmp_path, files)
    except NotepressError as problem:
        named = [d.file for d in problem.diagnostics]
    else:
        named = problems(found, "output-collision")
    assert named
    assert all(file is not None and file.startswith("notes/2") for file in named)


@pytest.mark.parametrize("status", [DRAFT, PLANNED], ids=["draft", "planned"])
def test_planned_note_collides_with_nothing(tmp_path: Path, status: str) -> None:
    """A planned note writes no PDF, so only a draft can be in the way."""
    files = {"notes/a/1.md": titled("同名"), "notes/a/2.md": status + "\n# 同名\n"}
    assert bool(problems(library(tmp_path, files), "output-collision")) is (status is DRAFT)


@pytest.mark.parametrize("name", ["CON.md", "a?.md", "a ：b?.md", "dot..md", unicodedata.normalize("NFD", "é.md")])
def test_bad_input_28_file_that_is_not_portable_is_reported(tmp_path: Path, name: str) -> None:
    """A file name that another system could not check out is a warning on that note, and the note is there."""
    found = library(tmp_path, {f"notes/a/{name}": "# 题"})
    assert sources(found) == [f"notes/a/{name}"]
    assert problems(found, "not-portable") == [f"notes/a/{name}"]


@pytest.mark.parametrize("folder", ["AUX", "为什么?", "a."])
def test_folder_that_is_not_portable_is_reported(tmp_path: Path, folder: str) -> None:
    """A folder's name matters to a checkout as much as a file's."""
    assert problems(library(tmp_path, {f"notes/{folder}/x.md": "# 题"}), "not-portable")


@pytest.mark.parametrize(("first", "second"), [("Note", "note"), ("caf\u00e9", "cafe\u0301")], ids=["case", "form"])
def test_bad_input_28_sources_that_some_disks_take_for_one_are_reported(
    tmp_path: Path, first: str, second: str
) -> None:
    """Two files that become one on Windows and macOS are reported even if their titles differ."""
    found = library(tmp_path, {f"notes/a/{first}.md": "# 甲", f"notes/a/{second}.md": "# 乙"})
    both = [d.message for note in found.notes() for d in note.diagnostics if "one file" in d.message]
    assert len(both) == 1
    assert first in both[0]
    assert second in both[0]


@pytest.mark.skipif(os.name != "posix", reason="file names are bytes on POSIX only")
def test_file_name_that_is_no_utf8_is_named(tmp_path: Path) -> None:
    """A file unpacked with a name in GBK is reported, and what it leads to can be written as UTF-8."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / os.fsdecode("语言.md".encode("gbk"))).write_text("正文", "utf-8")
    note = only(library(tmp_path, {}))
    assert [d.code for d in note.diagnostics] == ["not-portable"]
    assert note.full_title.encode()


def test_bad_note_stops_no_other(tmp_path: Path) -> None:
    """A note with broken front matter or encoding keeps its errors to itself."""
    (tmp_path / "notes" / "a").mkdir(parents=True)
    (tmp_path / "notes" / "a" / "2.md").write_bytes("语言模型\n".encode("gb18030"))
    found = library(tmp_path, {"notes/a/1.md": "---\ntitle: a: b\n---\n", "notes/a/3.md": "# 好"})
    assert [[d.code for d in note.diagnostics] for note in found.notes()] == [["yaml-syntax"], ["encoding"], []]


def test_library_does_not_depend_on_where_the_project_lies(tmp_path: Path) -> None:
    """The same notes in two folders are the same library."""
    files = {"notes/1-甲/1.md": "# 一", "notes/1-甲/2.md": PLANNED, "notes/x.md": titled("$x$")}
    assert library(tmp_path / "here", files) == library(tmp_path / "elsewhere" / "deep", files)


def test_values_of_front_matter_reach_the_note(tmp_path: Path) -> None:
    """Abstract, date, tags and status are the note's own."""
    note = only(
        library(
            tmp_path,
            {"notes/a/x.md": "---\nabstract: 一 _句_\ndate: 2026-01-07\ntags: [a, b]\nstatus: draft\n---\n# 题\n"},
        )
    )
    assert note.abstract is not None
    assert note.abstract.plain == "一 句"
    assert (note.date, note.tags, note.status) == ("2026-01-07", ("a", "b"), Status.DRAFT)


def test_a_memo_changes_nothing_of_what_is_read(tmp_path: Path) -> None:
    """Of notes that are edited, renamed, moved or gone, a memo of what they were shows in nothing."""
    memo: Memo[ReadNote] = Memo()
    library(tmp_path, {"notes/01-a/01-b.md": "文", "notes/01-a/02-c.md": "# 题\n", "notes/02-d/01-e.md": "文"})
    steps = (
        lambda: None,
        lambda: (tmp_path / "notes/01-a/02-c.md").write_text("---\ntitle: 新\nabstract: 摘要\n---\n", "utf-8"),
        lambda: (tmp_path / "notes/01-a/01-b.md").rename(tmp_path / "notes/01-a/03-f.md"),
        (tmp_path / "notes/02-d/01-e.md").unlink,
        lambda: (tmp_path / "notes/01-a/01-e.md").write_text("文", "utf-8"),
    )
    for step in steps:
        step()
        memo.begin_round()
        assert load_library(load_config(tmp_path), memo) == load_library(load_config(tmp_path))
