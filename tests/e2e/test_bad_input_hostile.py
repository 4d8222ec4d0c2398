"""Hostile front matter and formulas: refused with file and line, and stopped by TeX's walls where the filter is off."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from notepress import landlock
from notepress.errors import ExitCode, Severity
from notepress.processes import Limits
from notepress.tex import LIMITS
from tests.e2e.conftest import once
from tests.e2e.repo import INDEX, Repo, Rich, tex_processes

pytestmark = pytest.mark.tex

SECRET = "SECRETWORD"
# The default; what is stopped at a size is stopped long before.
TIME_LIMIT = 60
FRONT = {
    "冒号": "title: a: b\n",
    "字符": "title: '100% of A_B & C \\input{x} #1 ~ ^ {'\ndate: '100% #1 \\input{y}'\n",
    "井号": "title: 100% of A_B & C \\input{x} #1 ~ ^ {\n",
    "列表": "title: [a, b]\n",
    "空值": "title: null\n",
    "对象": 'title: !!python/object/apply:os.system ["touch PWNED"]\n',
    "炸弹": "a: &a [x, x]\nb: &b [*a, *a]\ntitle: *b\n",
    "半个": 'title: "\\ud800"\n',
}
# What each of them is reported with, at lines of the note.
FRONT_FOUND = {
    "冒号": [("yaml-syntax", 2)],
    "字符": [],
    "井号": [("yaml-comment", 2)],
    "列表": [("bad-value", 2)],
    "空值": [],
    "对象": [("yaml-syntax", 2)],
    "炸弹": [("yaml-alias", 3), ("yaml-alias", 4)],
    "半个": [("yaml-syntax", 2)],
}
REFUSED = (
    "$\\input{/etc/passwd}$",
    "$\\openin5=/etc/passwd$",
    "$^^5cinput{/etc/passwd}$",
    "$＼input{/etc/passwd}$",
    "$^＾5cinput{/etc/passwd}$",
    "$\\special{pdf:fstream @x (/etc/passwd)}$",
    "$\\immediate\\write18{touch PWNED}$",
    '$\\input|"touch PWNED"$',
    "$\\def\\x{\\shipout\\hbox{}\\x}\\x$",
)
# In text TeX's commands are words, and a raw block is code.
SHOWN = (
    "```{=latex}\n\\input{/etc/passwd}\n```",
    "`\\input{/etc/group}`{=latex}",
    "\\input{/etc/hosts} `{{ ''.__class__ }} ((( ''.__class__ )))`",
)
LINKS = "[运行](run:/bin/sh) [打开](file:///etc/passwd) [脚本](JavaScript:alert(1)) [数据](data:text/html,x)"
# These define \x by what it meant before, so they are mistakes and no loops.
LOOPS = ("$\\def\\x{\\x}\\x$", "$\\def\\a{\\a\\a}\\a$")


def _made(folder: Path) -> Rich:
    repo = Repo(folder).write("README.md", INDEX)
    for name, front in FRONT.items():
        repo.write(f"{name}.md", f"---\n{front}---\n\n正文{name}。\n")
    lines = [*REFUSED, *SHOWN, LINKS, *LOOPS]
    title = "---\ntitle: '\\input{/etc/passwd} ^^5cinput `\\write18{id}` $\\special{x}$'\nfile: 恶意\n---\n\n"
    repo.write("恶意.md", title + "\n\n".join([*lines, "末尾"]) + "\n")
    os.environ["SECRET_OF_TESTS"] = SECRET
    try:
        return Rich(repo, repo.build())
    finally:
        del os.environ["SECRET_OF_TESTS"]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Rich:
    """Notes with hostile front matter and one with hostile formulas, built once; only to be looked at."""
    return once(tmp_path_factory, "hostile", _made)


def _line(made: Rich, words: str) -> int:
    lines = (made.repo.root / "恶意.md").read_text("utf-8").split("\n")
    return next(at for at, line in enumerate(lines, 1) if words in line)


def _streams(path: Path) -> bytes:
    """Return everything that a PDF holds, strings and streams."""
    with pikepdf.open(path) as pdf:
        streams = [one.read_raw_bytes() for one in pdf.objects if isinstance(one, pikepdf.Stream)]
        plain = [one.read_bytes() for one in pdf.objects if isinstance(one, pikepdf.Stream) and "/Width" not in one]
    return path.read_bytes() + b"".join(streams) + b"".join(plain)


@pytest.mark.parametrize("name", FRONT)
def test_bad_input_31_front_matter_is_escaped_or_named(made: Rich, name: str) -> None:
    """Whatever stands in front matter, the note is built, and what is wrong is said at its line."""
    note = made.result.note(name)
    assert [(d.code, d.line) for d in note.diagnostics] == FRONT_FOUND[name]
    assert note.pdf
    assert f"正文{name}。" in made.repo.pdf_words(note.pdf.removeprefix("output/"))


def test_bad_input_31_special_characters_are_printed(made: Rich) -> None:
    """A title of TeX's special characters is that title, on the page and in the metadata; no date is made up."""
    title = "100% of A_B & C \\input{x} #1 ~ ^ {"
    pdf = made.result.note("字符").pdf
    assert pdf
    assert title.replace(" ", "") in made.repo.pdf_words(pdf.removeprefix("output/"))
    with pikepdf.open(made.repo.root / pdf) as opened:
        assert str(opened.docinfo.Title) == title
        assert "/CreationDate" not in opened.docinfo
    assert made.repo.files("**/PWNED") == set()


def test_bad_input_34_36_hostile_formulas_are_refused_at_their_lines(made: Rich) -> None:
    """Each is an error at its own line and stands as its source in the PDF; full-width twins hide nothing."""
    found = {d.line for d in made.result.note("恶意").diagnostics if d.code == "forbidden-command"}
    assert found == {2, *(_line(made, formula) for formula in REFUSED)}
    words = made.repo.pdf_words("恶意.pdf")
    for formula in REFUSED:
        assert formula.replace(" ", "") in words.replace("”", '"')
    assert not Path("PWNED").exists()
    assert made.repo.files("**/PWNED") == set()


def test_bad_input_34_raw_blocks_and_titles_are_text(made: Rich) -> None:
    """TeX in text, in raw blocks and in titles is printed, not obeyed; no file of the machine gets in."""
    words = made.repo.pdf_words("恶意.pdf")
    for shown in (
        "\\input{/etc/passwd}^^5cinput\\write18{id}$\\special{x}$",
        "\\input{/etc/group}",
        "\\input{/etc/hosts}",
    ):
        assert shown in words
    assert b"root:x" not in _streams(made.repo.output("恶意.pdf"))


def test_bad_input_36_a_link_starts_nothing(made: Rich) -> None:
    """Links that a viewer would run or open are text, with a warning; the PDF has no such action."""
    assert [d.code for d in made.result.note("恶意").diagnostics if d.line == _line(made, LINKS)] == [
        "refused-link"
    ] * 4
    assert "运行打开脚本数据" in made.repo.pdf_words("恶意.pdf")
    with pikepdf.open(made.repo.output("恶意.pdf")) as pdf:
        assert [a for page in pdf.pages for a in page.get("/Annots", []) if "/A" in a] == []


def test_bad_input_37_a_definition_by_itself_is_no_loop(made: Rich) -> None:
    """A macro of a formula that is defined by itself means what it meant before: a mistake at its line, and a PDF."""
    for formula in LOOPS:
        line = _line(made, formula)
        assert [d.severity for d in made.result.note("恶意").diagnostics if d.line == line] == [Severity.ERROR]
    assert "末尾" in made.repo.pdf_words("恶意.pdf")


def test_bad_input_38_no_secret_of_the_environment_is_in_a_pdf(made: Rich) -> None:
    """Templates in a note are text, and what stands in the environment is nowhere."""
    assert "{{''.__class__}}(((''.__class__)))" in made.repo.pdf_words("恶意.pdf").replace("’", "'").replace("__", "__")
    assert all(
        SECRET.encode() not in _streams(made.repo.root / note.pdf) for note in made.result.report.notes if note.pdf
    )


def test_bad_input_38_a_template_of_the_index_that_breaks_out_is_an_error(repo: Repo) -> None:
    """The sandbox refuses it with the file's name, and no README is written."""
    repo.write("甲.md", "# 甲\n").write("README.md", INDEX).write("templates/index.md.j2", "{{ ''.__class__ }}\n")
    run = repo.cli("index")
    assert run.returncode == ExitCode.BAD_INPUT
    assert run.stderr.startswith("templates/index.md.j2: error: SecurityError")
    assert (repo.root / "README.md").read_text("utf-8") == INDEX


def test_bad_input_33_readme_in_another_encoding_is_left_alone(repo: Repo) -> None:
    """A README that is not UTF-8 is an error with its offset; not a byte of it changes."""
    content = INDEX.encode("gb18030")
    run = repo.write("甲.md", "# 甲\n").write("README.md", content).cli("index")
    assert run.returncode == ExitCode.BAD_INPUT
    assert "README.md:1: error: not UTF-8: byte 0xB1 at offset 2" in run.stderr
    assert (repo.root / "README.md").read_bytes() == content


# What gets past the filter, were there a way; each names a file outside of the project.
PAST_THE_FILTER = {
    "stream": "$\\special{pdf:fstream @x (FOLDER/secret.txt)}\\special{pdf:put @catalog <</X @x>>}a$",
    "picture": '$\\text{\\XeTeXpicfile"FOLDER/secret.png" }$',
    "input": "$\\text{\\input{FOLDER/secret.txt}}$",
    "openin": "$\\openin5=FOLDER/secret.txt \\text{\\ifeof5 CLOSED\\else OPEN\\fi}$",
    "openout": "$\\immediate\\openout5=FOLDER/WRITTEN.txt \\immediate\\write5{x}\\immediate\\closeout5 a$",
    "write18": "$\\immediate\\write18{touch FOLDER/PWNED}a$ $\\special{pdf:image (|touch FOLDER/PWNED)}a$",
    "pipe": '$\\text{\\input|"touch FOLDER/PWNED" }$',
}


def test_bad_input_34_35_36_behind_the_filter_there_are_walls(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the filter off, TeX and xdvipdfmx read and write no file of the machine and start no process."""
    monkeypatch.setattr("notepress.formulas.find_forbidden", lambda _: None)
    (tmp_path / "secret.txt").write_text(SECRET, "utf-8")
    Image.new("RGB", (33, 33), (1, 2, 3)).save(tmp_path / "secret.png")
    for name, formula in PAST_THE_FILTER.items():
        repo.write(f"{name}.md", f"# {name}\n\n{formula.replace('FOLDER', str(tmp_path))}\n")
    result = repo.build()
    built = [repo.root / note.pdf for note in result.report.notes if note.pdf]
    assert [path.stem for path in built if SECRET.encode() in _streams(path) and landlock.version()] == []
    if landlock.version():
        assert "image-unreadable" in result.codes("picture")
    assert "CLOSED" in repo.pdf_words("openin.pdf")
    assert result.codes("input") == {"tex-failed"}
    assert not (tmp_path / "WRITTEN.txt").exists()
    assert not (tmp_path / "PWNED").exists()


def test_bad_input_37_endless_pages_and_logs_are_stopped(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What writes without end is stopped at a size, not tried again, reported; the others finish; no process stays."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(work))
    monkeypatch.setattr("notepress.formulas.find_forbidden", lambda _: None)
    assert LIMITS.file == 1 << 30
    monkeypatch.setattr("notepress.engine.LIMITS", Limits(memory=LIMITS.memory, file=500_000))
    monkeypatch.setattr("notepress.pages._MOST_MEANWHILE", 500_000)
    repo.write("好.md", "好的文字。\n")
    repo.write("页.md", "# 页\n\n$\\def\\x{}\\def\\x{\\shipout\\hbox{a}\\x}\\x$\n")
    repo.write("记.md", f"# 记\n\n$\\def\\x{{}}\\def\\x{{\\wlog{{{'a' * 40}}}\\x}}\\x$\n")
    result = repo.build()
    assert {stem: result.codes(stem) for stem in ("好", "页", "记")} == {
        "好": set(),
        "页": {"tex-capacity"},
        "记": {"tex-capacity"},
    }
    assert [note.seconds for note in result.report.notes if note.seconds > TIME_LIMIT] == []
    assert set(repo.pdfs()) == {"好.pdf"}
    assert tex_processes(work) == []
