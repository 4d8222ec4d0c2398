"""The command line, run the way a user or a script runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from notepress.errors import ExitCode
from notepress.fontset import ROLES
from tests.e2e.repo import CHECKOUT, PATIENCE, Repo

pytestmark = pytest.mark.tex

COMMANDS = ("pdf", "index", "check", "doctor", "clean")
BROKEN = "# 甲\n\n$$ 没有结束\n"


def test_help_names_every_command(repo: Repo) -> None:
    """--help exits with 0 and lists the commands."""
    run = repo.cli("--help")
    assert run.returncode == ExitCode.OK
    assert [command for command in COMMANDS if command not in run.stdout] == []


def test_module_is_the_same_command_line() -> None:
    """`python -m notepress` offers what build.py does."""
    run = subprocess.run([sys.executable, "-m", "notepress", "pdf", "--help"], cwd=CHECKOUT, capture_output=True,
                         text=True, timeout=PATIENCE, check=False)  # fmt: skip
    assert run.returncode == ExitCode.OK
    for option in ("--jobs", "--strict", "--no-index", "--report", "--format"):
        assert option in run.stdout


def test_json_on_stdout_is_the_report_and_nothing_else(copy: Repo) -> None:
    """With --format json stdout is exactly what report.json holds."""
    run = copy.cli("pdf", "--format", "json")
    assert run.returncode == ExitCode.OK
    assert run.stderr == ""
    assert run.stdout == (copy.root / "output/report.json").read_text("utf-8")
    report = json.loads(run.stdout)
    assert report["version"] == 1
    assert {note["status"] for note in report["notes"]} == {"cached", "skipped"}
    assert [chapter["title"] for chapter in report["chapters"]] == ["第一章 起步", "二"]
    assert report["book"]["pdf"] == "output/测试之书.pdf"


def test_report_of_a_build_with_errors_is_still_json(repo: Repo) -> None:
    """Errors are in the report with code, file and line, and the exit code says that there are some."""
    run = repo.write("甲.md", "---\ntitle: [\n---\n").cli("pdf", "--format", "json")
    assert run.returncode == ExitCode.BAD_INPUT
    (found,) = json.loads(run.stdout)["notes"][0]["diagnostics"]
    assert found["severity"] == "error"
    assert found["code"] == "yaml-syntax"
    assert found["file"] == "甲.md"


def test_report_goes_where_it_is_asked_for(copy: Repo, tmp_path: Path) -> None:
    """--report FILE writes the report there."""
    assert copy.cli("pdf", "--report", str(tmp_path / "r.json")).returncode == ExitCode.OK
    assert json.loads((tmp_path / "r.json").read_text("utf-8"))["version"] == 1


def test_github_format_prints_annotations(repo: Repo) -> None:
    """With --format github every error is a workflow command with file and line on stdout."""
    run = repo.write("甲.md", BROKEN).cli("check", "--format", "github")
    assert run.returncode == ExitCode.NOTE_ERROR
    assert run.stdout.startswith("::error file=甲.md,line=3,col=1,title=unclosed-math::")
    assert len(run.stdout.splitlines()) == 1


def test_check_reports_without_typesetting(repo: Repo) -> None:
    """`check` prints errors compiler-style, exits with 1 and makes no PDF."""
    run = repo.write("甲.md", BROKEN).cli("check")
    assert run.returncode == ExitCode.NOTE_ERROR
    assert "甲.md:3:1: error: $$ opens a formula that is never closed" in run.stderr
    assert repo.pdfs() == {}


def test_index_check_prints_what_is_stale_and_changes_nothing(copy: Repo) -> None:
    """`index --check` exits with 1 and a diff when the README is stale, 0 when it is fresh, and never writes."""
    assert copy.cli("index", "--check").returncode == ExitCode.OK
    copy.replace("README.md", "以后再写", "从前的名字")
    stale = copy.files("README.md"), (copy.root / "README.md").read_bytes()
    run = copy.cli("index", "--check")
    assert run.returncode == ExitCode.NOTE_ERROR
    assert "-3. 从前的名字（撰写中）" in run.stdout
    assert "+3. 以后再写（撰写中）" in run.stdout
    assert (copy.files("README.md"), (copy.root / "README.md").read_bytes()) == stale
    assert copy.cli("index").returncode == ExitCode.OK
    assert copy.cli("index", "--check").returncode == ExitCode.OK


def test_no_index_leaves_the_readme_alone(copy: Repo) -> None:
    """With --no-index even a stale README stays as it is."""
    copy.replace("README.md", "以后再写", "从前的名字")
    assert copy.cli("pdf", "--no-index").returncode == ExitCode.OK
    assert "从前的名字" in (copy.root / "README.md").read_text("utf-8")


def test_clean_removes_what_builds_made_and_nothing_else(copy: Repo) -> None:
    """After `clean` only the sources are left."""
    assert copy.cli("clean").returncode == ExitCode.OK
    assert {path.partition("/")[0] for path in copy.files()} == {"notes.yaml", "README.md", "notes"}


def test_path_builds_that_note_only_and_plainly(repo: Repo) -> None:
    """`pdf PATH` builds that note alone; where there is no terminal, no colours and no progress are printed."""
    run = repo.write("甲.md", "# 甲\n").write("乙.md", "# 乙\n").cli("pdf", "甲.md")
    assert run.returncode == ExitCode.OK
    assert set(repo.pdfs()) == {"甲.pdf"}
    assert run.stdout.startswith("1 built: 1 pages in ")
    assert len(run.stdout.splitlines()) == 1
    assert run.stderr == ""
    assert "\x1b" not in run.stdout


def test_nothing_to_do_is_said_in_one_line(copy: Repo) -> None:
    """A build that finds everything fresh says so."""
    run = copy.cli("pdf")
    assert run.returncode == ExitCode.OK
    assert run.stdout.startswith("everything is up to date: 4 notes")
    assert len(run.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("pdf", "nowhere.md"), "nowhere.md is no note of this project"),
        (("check", "nowhere.md"), "nowhere.md is no note of this project"),
        (("pdf", "--format", "xml"), "--format xml: choose text, json or github"),
        (("pdf", "--no-such-option"), "--no-such-option"),
        (("pdf", "-j0"), "-j"),
        (("no-such-command",), "no-such-command"),
    ],
)
def test_wrong_usage_gives_exit_code_2_and_says_what_is_wrong(repo: Repo, args: tuple[str, ...], words: str) -> None:
    """A path, option or command that does not exist is named, and nothing is built."""
    run = repo.write("甲.md", "# 甲\n").cli(*args)
    assert run.returncode == ExitCode.BAD_INPUT
    assert words in run.stderr
    assert "Traceback" not in run.stderr
    assert repo.pdfs() == {}


@pytest.mark.parametrize("command", [*COMMANDS, "watch", "serve"])
def test_root_that_does_not_exist_gives_exit_code_2(bare: Repo, command: str) -> None:
    """Every command says that there is no such folder, also those that wait for a save elsewhere."""
    run = bare.cli(command, *(("--port", "0") if command == "serve" else ()))
    assert run.returncode == ExitCode.BAD_INPUT
    assert "is no folder" in run.stderr


def test_folder_without_notes_gives_exit_code_2_and_an_example(repo: Repo) -> None:
    """A folder with no Markdown in it is a mistake that is explained."""
    run = repo.write("a.txt", "x").cli("pdf")
    assert run.returncode == ExitCode.BAD_INPUT
    assert "no Markdown file" in run.stderr
    assert "hint:" in run.stderr


def test_doctor_names_every_tool_and_font_role(repo: Repo) -> None:
    """`doctor` shows where tools and the font of every role were found."""
    run = repo.write("甲.md", "# 甲\n").cli("doctor")
    assert run.returncode == ExitCode.OK
    first_words = {line.split()[0] for line in run.stdout.splitlines() if line.strip()}
    assert {*ROLES, "xelatex", "xdvipdfmx", "pandoc"} <= first_words


def test_nothing_to_do_is_answered_without_loading_anything(copy: Repo) -> None:
    """The second build of a folder says the same as a real one, without pandoc, TeX or a single package."""
    first = copy.cli("pdf")
    assert first.returncode == ExitCode.OK, first.stderr
    report = (copy.root / "output/report.json").read_text("utf-8")
    # No module from outside the standard library can be found with -I -S.
    isolated = [sys.executable, "-I", "-S", str(CHECKOUT / "build.py"), "--root", str(copy.root), "pdf", "-j2"]
    code = f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); sys.argv = {isolated[3:]!r}\n"
    run = subprocess.run(
        [*isolated[:3], "-c", code + "from notepress.launch import main; main()"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == ExitCode.OK, run.stderr
    assert "everything is up to date" in run.stdout
    cached = json.loads((copy.root / "output/report.json").read_text("utf-8"))
    assert cached["notes"] == json.loads(report)["notes"]


def test_a_broken_note_is_not_up_to_date(repo: Repo) -> None:
    """A note that failed is tried again, and says again what is wrong with it."""
    repo.write("坏.md", "# 坏\n\n$\\nosuchcommand$\n")
    runs = [repo.cli("pdf") for _ in range(2)]
    assert [run.returncode for run in runs] == [ExitCode.NOTE_ERROR] * 2
    assert "坏.md:3" in runs[1].stderr
