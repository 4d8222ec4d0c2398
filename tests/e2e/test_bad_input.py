"""Bad input: what can't be typeset is named with file and line; what can, is in the PDF."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest

from notepress.errors import ExitCode, WriteError
from notepress.report import Outcome
from tests.e2e.repo import INDEX, PNG, Broken, Repo, tex_processes

pytestmark = pytest.mark.tex

# TeX needs a moment even for a good note on a busy machine.
TIME_LIMIT = 15


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("titel: 书\n", ["notes.yaml:1: error", "did you mean `title`?"]),
        ("title: 书\npaper: a7\nlinks: blue\n", ["notes.yaml:2: error", "notes.yaml:3: error"]),
        ("title: a: b\n", ["notes.yaml:1:9: error", "quotes"]),
        ("title: [\n", ["notes.yaml:2"]),
    ],
)
def test_broken_configuration_is_refused_with_line_and_advice(repo: Repo, text: str, expected: list[str]) -> None:
    """Mistakes in notes.yaml end the build with exit code 2, all of them at once, each at its line."""
    run = repo.write("notes.yaml", text).write("notes/a.md", "# 甲\n").cli("pdf")
    assert run.returncode == ExitCode.BAD_INPUT
    assert [words for words in expected if words not in run.stderr] == []
    assert repo.pdfs() == {}


def test_notes_with_broken_front_matter_or_encoding_stop_no_other(repo: Repo) -> None:
    """Wrong front matter or encoding is named with its line, and only the latter costs a PDF; exit code 2."""
    repo.write("good.md", "# 好\n").write("front.md", "---\ntitle: a: b\n---\n\n文字。\n")
    repo.write("gbk.md", "第一行\n第二行的文字\n".encode("gbk"))
    result = repo.build()
    assert result.exit_code is ExitCode.BAD_INPUT
    assert set(repo.pdfs()) == {"好.pdf", "a： b.pdf"}
    found = {(d.file, d.line, d.code) for d in result.diagnostics}
    assert found == {("front.md", 2, "yaml-syntax"), ("gbk.md", 1, "encoding")}


def test_notes_with_errors_give_exit_code_1(broken: Broken) -> None:
    """At least one note with an error makes the exit code 1."""
    assert broken.exit_code == ExitCode.NOTE_ERROR


def test_good_note_beside_broken_ones_is_built(broken: Broken) -> None:
    """One bad note never stops the others."""
    assert "好的文字" in broken.repo.pdf_words("好.pdf")


def test_unknown_command_is_reported_at_its_line_of_the_note(broken: Broken) -> None:
    """TeX's message comes with the note's file, line and column, and never with a line of the generated TeX."""
    assert "formula.md:6:5: error: undefined command \\nosuchcommand" in broken.printed
    assert "    a = \\nosuchcommand{b}\n        ^" in broken.printed
    assert ".tex" not in broken.printed


def test_missing_image_is_reported_and_boxed(broken: Broken) -> None:
    """An image that is not there is an error at its line; a box with its name stands in its place."""
    assert "picture.md:3: error: image nowhere.png does not exist" in broken.printed
    words = broken.repo.pdf_words("图.pdf")
    assert "示意" in words
    assert "nowhere.png" in words
    assert "图后的字。" in words


def test_strict_makes_no_pdf_of_a_note_with_an_error_and_keeps_the_previous(repo: Repo) -> None:
    """With --strict a note that lost its image keeps the PDF it had, and a new one gets none."""
    repo.write("old.md", "# 旧\n\n![](a.png)\n").write("a.png", PNG).build()
    before = repo.pdfs()
    repo.delete("a.png").write("new.md", "# 新\n\n![](a.png)\n")
    result = repo.build(strict=True)
    assert result.exit_code is ExitCode.NOTE_ERROR
    assert {result.note(stem).status for stem in ("old", "new")} == {Outcome.FAILED}
    assert repo.pdfs() == before


def only(folder: Path, *programs: str) -> dict[str, str]:
    """Return the environment of a machine where just these programs are installed."""
    folder.mkdir()
    for name in programs:
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return {"PATH": str(folder)}


@pytest.mark.parametrize("present", [("kpsewhich",), ()])
def test_bad_input_39_missing_tex_is_named_with_packages(repo: Repo, tmp_path: Path, present: tuple[str, ...]) -> None:
    """Without xelatex, or without any TeX, one message says which package to install; exit code 3."""
    run = repo.write("a.md", "# 甲\n").cli("pdf", env=only(tmp_path / "bin", *present))
    assert run.returncode == ExitCode.MISSING_TOOL
    assert "xelatex is not installed" in run.stderr
    assert "texlive-xetex" in run.stderr


def test_bad_input_39_missing_font_is_named_with_its_packages(repo: Repo, tmp_path: Path) -> None:
    """A font that only TeX's own tree has is missing without that tree: role, file, package and exit code 3."""
    run = repo.write("a.md", "# 甲\n").cli("pdf", env=only(tmp_path / "bin", "xelatex", "xdvipdfmx"))
    assert run.returncode == ExitCode.MISSING_TOOL
    assert "kai" in run.stderr
    assert "FandolKai-Regular.otf" in run.stderr
    assert "texlive-lang-chinese" in run.stderr


def test_bad_input_39_font_of_the_configuration_that_is_not_there_is_named(repo: Repo) -> None:
    """A font file that notes.yaml asks for and nobody has gives exit code 3 and its name."""
    repo.write("notes.yaml", "fonts:\n  kai: {file: fonts/nowhere.otf}\n").write("notes/a.md", "# 甲\n")
    run = repo.cli("pdf")
    assert run.returncode == ExitCode.MISSING_TOOL
    assert "fonts/nowhere.otf" in run.stderr


def test_bad_input_37_macro_that_calls_itself_is_stopped_at_the_time_limit(repo: Repo, tmp_path: Path) -> None:
    """A formula or a figure that never ends is named at its line and shown as its source; no process is left."""
    work = tmp_path / "work"
    work.mkdir()
    repo.write("notes.yaml", f"time_limit: {TIME_LIMIT}\n").write("notes/好.md", "好的文字。\n")
    repo.write("notes/停不下来.md", "# 停\n\n文字 $\\def\\x{}\\def\\x{\\x}\\x$ 文字 $y^2$\n\n- 末 $\\nosuch$\n")
    repo.write("notes/图.md", "图前的字。\n\n![](f.tikz)\n\n图后的字。\n")
    repo.write("notes/f.tikz", "\\begin{tikzpicture}\n\\def\\x{\\x}\\x\n\\end{tikzpicture}\n")
    run = repo.cli("pdf", "-j2", env={"TMPDIR": str(work)})
    assert run.returncode == ExitCode.NOTE_ERROR
    assert f"notes/停不下来.md:3:23: error: TeX did not finish within {TIME_LIMIT} s" in run.stderr
    assert "notes/停不下来.md:5:6: error: undefined command \\nosuch" in run.stderr
    assert f"notes/f.tikz:2: error: TeX did not finish within {TIME_LIMIT} s" in run.stderr
    assert run.stderr.count(" error: ") == 3
    assert set(repo.pdfs()) == {"好.pdf", "停.pdf", "图.pdf"}
    assert "\\def\\x{\\x}\\x$文字𝑦2•末" in repo.pdf_words("停.pdf")
    assert "图前的字。" in repo.pdf_words("图.pdf")
    assert tex_processes(work) == []


def test_bad_input_27_unusual_names_build_and_their_links_open(repo: Repo) -> None:
    """Whatever a file, folder or title is called, there is a PDF, its title is right and the README's link opens."""
    long_title = "长" * 150
    tex_title = r"100% of A_B & C \input{x} #1 ~ ^ { }"
    repo.write("README.md", INDEX)
    name = "-开头 空 格 100%41 #1 (a) [b] _c_ ~d' ^e {f} & $g$ 😀"
    repo.write(f"{name}.md", "特殊。\n")
    repo.write(f"{'名' * 66}.md", f"# {long_title}\n")
    repo.write("(第1章) 50% #_[x]~'/甲.md", f"---\ntitle: '{tex_title}'\n---\n\n文字。\n")
    result = repo.build()
    assert result.exit_code is ExitCode.OK
    titles = set()
    for note in result.report.notes:
        assert note.pdf
        with pikepdf.open(repo.root / note.pdf) as pdf:
            titles.add(str(pdf.docinfo.Title))
    assert titles == {name, long_title, tex_title}
    targets = repo.readme_targets()
    assert {path for path in targets if path.is_file()} == {repo.root / path for path in repo.files("output/**/*.pdf")}
    assert len(targets) == 4


@pytest.fixture
def small_disk(repo: Repo) -> Iterator[Repo]:
    """A project whose output folder is a disk of 200 KB."""
    output = repo.root / "output"
    output.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", output], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield repo
    finally:
        subprocess.run(["umount", output], check=True)


def test_bad_input_41_a_disk_that_takes_no_file_is_an_error(small_disk: Repo) -> None:
    """Full or read-only: the message names the file, the last PDF is whole, and with room the build goes on."""
    repo = small_disk.write("甲.md", "文字。\n")
    repo.build()
    before = repo.pdfs()
    repo.write("甲.md", "别的字。\n")
    filler = repo.output("filler")
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as stream:
        while True:
            stream.write(b"x" * 1024)
    full = repo.cli("pdf")
    assert full.returncode == ExitCode.NOTE_ERROR
    assert re.match(r"error: can't write \S+/output/甲.pdf: No space left on device \[cannot-write\]", full.stderr)
    assert "Traceback" not in full.stderr
    assert repo.pdfs() == before
    filler.unlink()
    subprocess.run(["mount", "-o", "remount,ro", repo.root / "output"], check=True)
    with pytest.raises(WriteError, match="Read-only file system"):
        repo.build()
    assert repo.pdfs() == before
    assert repo.files("**/*.part") == set()
    subprocess.run(["mount", "-o", "remount,rw", repo.root / "output"], check=True)
    assert repo.build().exit_code is ExitCode.OK
    assert "别的字" in repo.pdf_words("甲.pdf")


def test_a_bad_formula_in_a_title_costs_no_chapter(repo: Repo) -> None:
    """The contents of chapter and book show its source, and everything else is there, other formulas among it."""
    repo.write("notes.yaml", "title: 书\n").write("notes/01-一/01-a.md", "# 坏 $\\undefinedname$\n\n正文。\n")
    repo.write("notes/01-一/02-b.md", "# 好 $x^2$\n\n正文。\n\n## 见[坏](01-a.md)与[节](#节)的节\n\n## 节\n\n文。\n")
    result = repo.build()
    assert [(d.code, d.line, d.column) for d in result.diagnostics] == [("undefined-command", 1, 6)]
    for pdf in ("一.pdf", "书.pdf"):
        words = re.sub(r"\s+", "", repo.pdf_text(pdf, "-raw"))
        assert "坏$\\undefinedname$" in words
        assert "好𝑥2" in words
        assert "$x" not in words
        assert "见坏与节的节" in words
