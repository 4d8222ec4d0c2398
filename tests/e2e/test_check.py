"""`check` says what a build would say, as far as that can be said without TeX."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from notepress.check import check_notes
from notepress.config import load_config
from notepress.errors import Diagnostic, ExitCode, Severity
from tests.e2e.repo import CHECKOUT, Repo

CORPUS = CHECKOUT.parent / "shared" / "corpus"
MISTAKES = {
    "command": "# 甲\n\n- 列表\n\n  $$\n  x + \\alhpa\n  $$\n",
    "environment": "# 乙\n\n$$\n\\begin{algin}\na &= b\n\\end{algin}\n$$\n",
    "brace": "# 丙\n\n> 引文 $a}$ 后\n",
    "label": "# 丁\n\n$$ a \\label{x} \\tag{1} $$\n\n"
    "$$ a \\label{x} \\tag{2} $$\n\n见 $\\eqref{x}$ 和 $\\eqref{nope}$。\n",
    "picture": "# 戊\n\n![示意](nowhere.png)\n\n[断](nope.md) <blink>字</blink>\n",
}
# In code, in comments, in addresses and in tags there are no formulas, and a macro of the note is known.
TRAPS = (
    "# 己\n\n    代码 $\\nope$\n\n`$\\nope$` <!-- $\\nope{$ --> [址](https://a.b/$\\nope$)\n\n"
    '```\n$\\nope{$\n```\n\n<span title="$\\nope$">字</span>\n\n| 甲 | $\\lt$ |\n|-|-|\n| $\\R$ | `$\\nope$` |\n\n'
    "## 标题 $\\alpha$\n\n$\\newcommand{\\foo}{x}\\foo$\n"
)


def checked(repo: Repo) -> tuple[Diagnostic, ...]:
    """Check in this process."""
    return check_notes(load_config(repo.root), ())


def places(found: tuple[Diagnostic, ...]) -> list[tuple[str | None, int | None, str, Severity]]:
    """Return file, line, code and severity of each finding."""
    return sorted(((d.file, d.line, d.code, d.severity) for d in found), key=str)


@pytest.mark.tex
def test_check_says_what_the_build_says(repo: Repo) -> None:
    """The same files, lines, codes and severities, and nothing more."""
    for name, text in MISTAKES.items():
        repo.write(f"{name}.md", text)
    repo.write("traps.md", TRAPS)
    assert places(checked(repo)) == places(repo.build().diagnostics)


def test_own_notes_are_clean() -> None:
    """There is nothing to report of the repository's own notes; links to planned notes are no mistakes."""
    found = check_notes(load_config(CHECKOUT), ())
    assert [d for d in found if d.severity is not Severity.INFO] == []


@pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus beside the checkout")
def test_no_false_alarm_on_notes_that_build(tmp_path: Path) -> None:
    """Notes of others, all of which TeX accepts, use no command that the list does not know."""
    copy = Repo(CORPUS).copy_to(tmp_path / "corpus")
    codes = {"undefined-command", "undefined-environment", "unbalanced-braces", "unmatched-environment"}
    assert [d for d in checked(copy) if d.code in codes] == []


def test_json_is_printed_alone(repo: Repo) -> None:
    """`--format json` prints the diagnostics with the keys they have in report.json; the exit code tells of errors."""
    run = repo.write("a.md", MISTAKES["command"]).cli("check", "--format", "json")
    data = json.loads(run.stdout)
    assert run.returncode == ExitCode.NOTE_ERROR
    assert data["version"] == 1
    assert data["diagnostics"] == [
        {
            "severity": "error",
            "code": "undefined-command",
            "message": "undefined command \\alhpa",
            "file": "a.md",
            "line": 6,
            "column": 7,
            "excerpt": "  x + \\alhpa",
            "hint": "did you mean \\alpha?",
        }
    ]


def test_github_annotations_stand_at_the_place(repo: Repo) -> None:
    """`--format github` marks line and column."""
    run = repo.write("a.md", MISTAKES["command"]).cli("check", "--format", "github")
    expected = "::error file=a.md,line=6,col=7,title=undefined-command::undefined command \\alhpa"
    assert run.stdout == f"{expected}%0Ahint: did you mean \\alpha?\n"


def test_summary_counts_what_was_printed(repo: Repo) -> None:
    """The last line has errors and warnings; a clean folder has nothing to report and exits with 0."""
    assert repo.write("a.md", MISTAKES["picture"]).cli("check").stdout == "1 errors, 2 warnings\n"
    run = repo.write("a.md", "# 好\n").cli("check")
    assert (run.stdout, run.returncode) == ("nothing to report\n", ExitCode.OK)


def test_what_own_templates_define_is_known(repo: Repo) -> None:
    """A project's own macros are no mistakes; with packages of its own, no command can be called unknown."""
    repo.write("a.md", "# 甲\n\n$\\foo\\alhpa$\n").write("templates/macros.tex", "\\newcommand{\\foo}{x}\n")
    assert [d.message for d in checked(repo)] == ["undefined command \\alhpa"]
    repo.write("templates/preamble.tex.j2", "\\documentclass{ctexart}\n\\usepackage{siunitx}\n")
    assert checked(repo) == ()


def test_coverage_is_read_once(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second check reads no font, and says the same."""
    repo.write("a.md", "# 甲\n\n\U000f1234\n")
    first = checked(repo)
    assert [d.code for d in first] == ["missing-glyph"]
    monkeypatch.setattr("notepress.coverage.face_characters", lambda _: pytest.fail("a font was read again"))
    assert checked(repo) == first
