"""notes.yaml -> Project."""

from __future__ import annotations

from pathlib import Path

import pytest

from notepress.config import load_config
from notepress.errors import Diagnostic, ExitCode, InputError
from notepress.project import Config

FULL = """\
title: 《大模型基础》学习笔记
author: 王维强
source: {title: 《大模型基础》, url: "https://github.com/ZJU-LLMs/Foundations-of-LLMs"}
paper: b5
links: plain
theme: print
fonts: {main: {file: fonts/Song.ttc, index: 2}}
notes: text
output: build/pdf
time_limit: 30
index: {base_url: "https://example.org/", show: [date, pages]}
"""


def mistakes(folder: Path, text: str) -> tuple[Diagnostic, ...]:
    """Return what is wrong with a notes.yaml."""
    (folder / "notes").mkdir(exist_ok=True)
    (folder / "notes.yaml").write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        load_config(folder)
    assert caught.value.exit_code is ExitCode.BAD_INPUT
    return caught.value.diagnostics


def test_folder_without_notes_yaml_is_a_project_with_defaults(tmp_path: Path) -> None:
    """Any folder of Markdown is a project: its own name is the title, its root holds the notes."""
    project = load_config(tmp_path)
    assert project.config == Config()
    assert not project.configured
    assert project.notes_folder == tmp_path.resolve()
    assert project.title == tmp_path.name


@pytest.mark.parametrize("text", ["", "# only a comment\n", "\ufeff# with a BOM\r\n"])
def test_empty_notes_yaml_means_every_default(tmp_path: Path, text: str) -> None:
    """Every key has a default, so an empty file is right; notes then lie in notes/."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes.yaml").write_bytes(text.encode())
    project = load_config(tmp_path)
    assert project.config == Config()
    assert project.configured
    assert project.notes_folder == tmp_path.resolve() / "notes"


def test_every_key_reaches_the_project(tmp_path: Path) -> None:
    """What the author wrote is what the build sees."""
    (tmp_path / "text").mkdir()
    (tmp_path / "notes.yaml").write_text(FULL, "utf-8")
    project = load_config(tmp_path)
    assert project.title == "《大模型基础》学习笔记"
    assert project.notes_folder == tmp_path.resolve() / "text"
    assert project.output_folder == tmp_path.resolve() / "build" / "pdf"
    assert project.config.source is not None
    assert project.config.source.title == "《大模型基础》"
    assert (project.config.fonts["main"].file, project.config.fonts["main"].index) == ("fonts/Song.ttc", 2)
    assert (project.config.paper, project.config.links, project.config.theme) == ("b5", "plain", "print")
    assert project.config.time_limit == 30
    assert project.config.index.show == ("date", "pages")


def test_all_mistakes_come_at_once_with_key_line_and_suggestion(tmp_path: Path) -> None:
    """One run shows every mistake of notes.yaml, at its line, with the key that was meant."""
    found = mistakes(
        tmp_path,
        "titel: 书\npaper: a3\nsource:\n  title: 原书\n  ulr: https://x.org\ntime_limit: 0\n"
        "index:\n  base_url: ftp://x\n  show: [date, size]\nnotes: ../elsewhere\n",
    )
    by_line = {(d.line, d.code) for d in found}
    assert by_line >= {
        (1, "unknown-key"),
        (2, "bad-value"),
        (3, "missing-key"),
        (5, "unknown-key"),
        (6, "bad-value"),
        (8, "bad-value"),
        (9, "bad-value"),
        (10, "bad-value"),
    }
    hints = {d.line: d.hint for d in found if d.code == "unknown-key"}
    assert hints == {1: "did you mean `title`?", 5: "did you mean `url`?"}
    assert all(d.file == "notes.yaml" for d in found)


def test_unknown_key_of_a_font_is_suggested_too(tmp_path: Path) -> None:
    """A slip inside a font's mapping is named with its full path and what was meant."""
    [found] = mistakes(tmp_path, "fonts:\n  main:\n    file: x.otf\n    indx: 1\n")
    assert "`fonts.main.indx`" in found.message
    assert found.hint == "did you mean `index`?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("paper: a3", "'a4', 'a5', 'b5' or 'letter'"),
        ("notes: /etc", "inside the project"),
        ("output: ../up", "inside the project"),
        ("output: ''", "inside the project"),
        ("index: {base_url: github.com/x}", "https://"),
        ("title: [a, b]", "a list"),
        ("index:", "nothing"),
    ],
)
def test_bad_value_says_what_is_expected(tmp_path: Path, text: str, expected: str) -> None:
    """A wrong value is answered with what would be right."""
    [found] = mistakes(tmp_path, text)
    assert found.code == "bad-value"
    assert expected in found.message


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("title: &t x\nsubtitle: *t\n", "yaml-alias"),
        ("title: a\ntitle: b\n", "duplicate-key"),
        ("title: a\nauthor: !!python/object:os.system x\n", "yaml-syntax"),
    ],
)
def test_alias_duplicate_key_and_tag_are_refused(tmp_path: Path, text: str, code: str) -> None:
    """What YAML allows but a configuration never needs is an error at line 2."""
    [found] = mistakes(tmp_path, text)
    assert (found.code, found.line, found.file) == (code, 2, "notes.yaml")


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_configuration_in_another_encoding_is_named(tmp_path: Path, encoding: str) -> None:
    """A notes.yaml saved by an old editor is an encoding error with a hint, no traceback."""
    (tmp_path / "notes.yaml").write_bytes("title: 语言模型\n".encode(encoding))
    with pytest.raises(InputError) as caught:
        load_config(tmp_path)
    [found] = caught.value.diagnostics
    assert (found.code, found.file) == ("encoding", "notes.yaml")
    assert "UTF-8" in (found.hint or "")


def test_missing_notes_folder_is_said(tmp_path: Path) -> None:
    """A notes.yaml that points to no folder names it and tells what to do."""
    (tmp_path / "notes.yaml").write_text("notes: texts\n", "utf-8")
    with pytest.raises(InputError) as caught:
        load_config(tmp_path)
    assert caught.value.diagnostics[0].code == "no-notes"
    assert "texts/" in caught.value.diagnostics[0].message


def test_root_that_is_no_folder_is_said(tmp_path: Path) -> None:
    """A mistyped --root is named, not built."""
    with pytest.raises(InputError) as caught:
        load_config(tmp_path / "nowhere")
    assert caught.value.diagnostics[0].code == "no-such-folder"
    assert "nowhere" in caught.value.diagnostics[0].message


def test_output_folder_is_never_the_project_itself(tmp_path: Path) -> None:
    """`output: .` would mix PDFs with sources and let `clean` delete both, so it is refused."""
    [found] = mistakes(tmp_path, "output: .\n")
    assert found.code == "bad-value"
