"""Every command on the published lists of KaTeX and MathJax, through the real TeX."""

from __future__ import annotations

from pathlib import Path

import pytest

from notepress.errors import Severity
from notepress.report import Outcome
from tests.e2e.repo import Repo

pytestmark = pytest.mark.tex

TABLE = Path(__file__).parents[1] / "data" / "math_commands.tsv"
# On the lists, and honestly not supported: what reads, writes or asks the terminal,
REFUSED = (r"\errmessage{a}", r"\message{a}", r"\show\alpha", r"\includegraphics{a.png}", r"\futurelet\npx\relax a")
# text symbols that no font of ours has,
NO_GLYPH = (
    r"\textcentoldstyle",
    r"\textlquill",
    r"\textrquill",
    r"\textgravedbl",
    r"\texttildelow",
    r"\textdollaroldstyle",
)
# and what is not defined: packages that rebuild amsmath's displays (cases, empheq with its 36 delimiters), physics'
# matrices that count for themselves, and definitions of mathtools under names that only MathJax uses.
UNDEFINED = {
    "empheq": (r"\empheqlbrace a", "undefined-command"),
    "physics": (r"\dmat{1,2}", "undefined-command"),
    "arrows": (r"\Newextarrow{\npx}{1,1}{8594}\npx{a}", "undefined-command"),
}


def table() -> list[tuple[str, str]]:
    """Return the names of the lists, each with a formula that uses it."""
    lines = [line for line in TABLE.read_text("utf-8").splitlines() if not line.startswith("# ")]
    return [(name, formula) for name, formula in (line.split("\t") for line in lines)]


def test_every_command_of_the_lists_is_typeset(repo: Repo) -> None:
    """A note that uses all that KaTeX and MathJax know has no error and lacks no glyph."""
    rows = table()
    assert len({name for name, _ in rows}) > 1500
    note = "# 公式\n" + "".join(f"\n$$\n{formula}\n$$\n" for _, formula in rows)
    result = repo.write("公式.md", note).build()
    lines = note.split("\n")
    found = [(d.code, d.message, lines[(d.line or 1) - 1]) for d in result.note("公式").diagnostics]
    # Those that say how a label or a picture's width is meant are no matter of commands.
    assert [entry for entry in found if entry[0] not in {"overfull-line", "duplicate-label"}] == []
    assert result.note("公式").status is Outcome.BUILT


def test_what_is_not_supported_is_said_at_its_line(repo: Repo) -> None:
    """The few that are not supported give a diagnostic that names their line; none of them vanishes."""
    refused = "# 甲\n" + "".join(f"\n${formula}$\n" for formula in (*REFUSED, *NO_GLYPH))
    repo.write("甲.md", refused)
    for name, (formula, _) in UNDEFINED.items():
        repo.write(f"{name}.md", f"# {name}\n\n文字\n\n$$\n{formula}\n$$\n")
    result = repo.build()
    errors = [d.line for d in result.note("甲").diagnostics if d.code == "forbidden-command"]
    assert errors == [3 + 2 * at for at in range(len(REFUSED))]
    missing = [d for d in result.note("甲").diagnostics if d.code == "missing-glyph"]
    assert len(missing) == len(NO_GLYPH)
    for name, (_, code) in UNDEFINED.items():
        found = [(d.line, d.code) for d in result.note(name).diagnostics if d.severity is Severity.ERROR]
        assert (6, code) in found


def test_definitions_hold_in_their_note_and_refused_formulas_are_shown(repo: Repo) -> None:
    r"""\newcommand lasts from one formula to the end of its note, headings included; what is refused is in the PDF."""
    repo.write(
        "甲.md", "# 甲\n\n$\\newcommand{\\foo}{\\mathrm{FOO}}\\def\\par{PAR}$\n\n## 题 $\\foo$\n\n$\\foo\\par$\n\n文\n"
    )
    repo.write("乙.md", "# 乙\n\n$\\foo$\n")
    repo.write("丙.md", "# 丙\n\n<table><tr><td>$\\special{x}$</td></tr></table>\n\n$a_\\special{y}$\n")
    result = repo.build()
    assert result.note("甲").diagnostics == ()
    assert repo.pdf_words("甲.pdf").count("FOO") == 2
    assert [(d.line, d.code) for d in result.note("乙").diagnostics] == [(3, "undefined-command")]
    assert [(d.line, d.code) for d in result.note("丙").diagnostics] == [
        (3, "forbidden-command"),
        (5, "forbidden-command"),
    ]
    assert repo.pdf_words("丙.pdf").count("special") >= 2
