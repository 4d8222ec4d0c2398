"""Languages of code, by the names that people give them."""

from __future__ import annotations

import re
import subprocess

from notepress.pandoc import SCRIPT, Pandoc, pandoc_path

SOURCE = (SCRIPT.parent / "lua/languages.lua").read_text("utf-8")
TABLE = SOURCE.partition("local NAMES = {")[2].partition("\n}\n")[0]
LONG_NAMES = SOURCE.partition("LONG_NAMES = [[")[2].partition("]]")[0].split()
NAMES = {
    name: " ".join(re.findall(r"'([^']*)'", others)).split()
    for name, others in re.findall(r"\b(\w+) = ((?:'[^']*'[\s.]*)+)", TABLE)
}
CODE = """def f(a): return "s" + 'c' # 1
// x
int main(void) { printf("%d", 0x1F); let y = `z`; }
if [ -f x ]; then echo "$HOME"; fi
{"a": [1, true]} <b class="c">d</b> key: value
SELECT * FROM t; fn g() -> u32 { } \\section{X} % y
"""


def latex_of(pandoc: Pandoc, language: str) -> str:
    """Return what becomes of code in a language."""
    return str(pandoc.ask({"text": f"```{language}\n{CODE}```\n", "formulas": [], "headline": 0})["latex"])


def test_pandoc_knows_the_languages_that_names_are_made_into() -> None:
    """Every name in the tables is one that pandoc looks up without loading all syntaxes, and no long one is missing."""
    known = subprocess.run([pandoc_path(), "--list-highlight-languages"], capture_output=True, text=True, check=True)
    assert len(NAMES) > 50
    assert not {*NAMES} - {*known.stdout.split()}
    assert [name for name in known.stdout.split() if len(name) > 4] == LONG_NAMES


def test_code_is_the_same_by_all_names_of_its_language() -> None:
    """sh, Shell and bash; what names no language is printed as it stands, and unknown languages are left to pandoc."""
    with Pandoc() as pandoc:
        for name, others in NAMES.items():
            whole = latex_of(pandoc, name)
            assert {other: latex_of(pandoc, other) for other in others} == dict.fromkeys(others, whole)
        assert latex_of(pandoc, "Shell") == latex_of(pandoc, "bash") != latex_of(pandoc, "default")
        plain = latex_of(pandoc, "default")
        assert [latex_of(pandoc, word) == plain for word in ("{note}", "没有", "nosuch")] == [True] * 3


def test_endings_of_files_mean_what_pandoc_takes_them_for() -> None:
    """Where pandoc finds a language by the ending itself, it is the one in the table."""
    endings = [
        "py",
        "js",
        "ts",
        "sh",
        "rb",
        "rs",
        "hs",
        "kt",
        "jl",
        "pl",
        "cc",
        "yml",
        "tex",
        "md",
        "patch",
        "clj",
        "erl",
        "ex",
        "ml",
        "fs",
        "vhd",
        "tf",
        "proto",
    ]
    names = [next(name for name, others in NAMES.items() if ending in others) for ending in endings]
    assert own_latex(endings) == own_latex(names)


def own_latex(languages: list[str]) -> str:
    """Return what pandoc alone makes of code in each of the languages."""
    text = "\n".join(f"```{language}\n{CODE}```\n" for language in languages)
    command = [pandoc_path(), "-f", "commonmark", "-t", "latex"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
