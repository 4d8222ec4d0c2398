"""Formulas and Markdown as people write them for previews, one note for each kind: what arrives and what is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pikepdf import Pdf

from notepress.errors import ExitCode
from tests.e2e.conftest import once
from tests.e2e.repo import Repo, Rich

pytestmark = pytest.mark.tex

LONG = "很长的一格里有许多文字，" * 25
NOTES = {
    "10": "汉字在公式里：$中文$，$a，b（c）$，$x_{\\text{当且仅当}}$，$P(\\text{下雨}\\mid\\text{多云})$。\n",
    "11": "$α≤β∈ℝ$，$x₁²$，$\\boldsymbol{x}$，$\\bm{θ}$，$\\mathbf{\\Sigma}$，$\\boldsymbol{\\alpha}$。\n",
    "12": "\n\n".join(
        f"$$\n\\begin{{{name}}}\n{body}\n\\end{{{name}}}\n$$"
        for name, body in {
            "equation": "a_1 = b_1",
            "align": "a_2 &= b_2 \\\\\na_3 &= b_3",
            "align*": "a_4 &= b_4",
            "gather": "a_5 = b_5",
            "cases": "a_6 & b_6 \\\\\na_7 & b_7",
            "eqnarray": "a_8 &=& b_8",
        }.items()
    )
    + "\n",
    "13": (
        "$$\na = b \\tag{1}\n$$\n\n$$\n\\begin{equation}\nc = d \\label{有}\n\\end{equation}\n$$\n\n"
        "由 $\\eqref{有}$ 得。\n\n由 $\\eqref{无}$ 得。\n"
    ),
    "14": "前。\n\n$$\na = b\n\nc = d\n$$\n\n后。\n",
    "15": "有空格 $ x $ 的，要 $5 和 $6 的，$x$5 的，\\$ 号的。\n\n下一段。\n",
    "16": (
        "- 列表\n  $$\n  a_1\n  $$\n\n> 引用\n> $$\n> a_2\n> $$\n\n脚注[^1]\n\n"
        "| 甲 | 乙 |\n|--|--|\n| $$a_3$$ | 丙 |\n\n[^1]: 注\n    $$\n    a_4\n    $$\n"
    ),
    "17": "前段。\n\n$$\na = \\frac{1}{2\n$$\n\n中段。\n\n$$\n没有结束\n\n## 标题\n\n末段。\n",
    "18a": "$\\newcommand{\\mine}{y}\\mine$ 定义。\n",
    "18b": "用别人的 $\\mine$。\n",
    "19": "## 节 $x^2$ `code` & % # 注[^1]\n\n正文。\n\n[^1]: 脚注文字\n",
    "20": "段落\n## 紧挨着的标题\n段落\n- 一\n- 二\n段落\n1. 壹\n2. 贰\n\n---\n\n甲\n\n---\n\n乙\n\n---\n",
    "21": (
        "一行<br>换行 H<sub>2</sub>O x<sup>3</sup> <u>下划线</u> <kbd>Ctrl</kbd>\n\n"
        '<table><tr><th colspan="2">表头</th></tr><tr><td>左格</td><td>右格</td></tr></table>\n\n'
        "<details><summary>概要</summary>\n\n折叠的**内容**\n\n</details>\n\n<center>居中的字</center>\n\n<marquee>跑马灯</marquee>\n"
    ),
    "22": (
        "> [!WARNING]\n> 警告内容\n\n> [!note] 自己的题\n> 注的内容\n\n见 [[21]] 和 [[21|别的说法]]，==标出来的==。\n\n"
        "- [ ] 没做\n- [x] 做完\n\n脚注[^a]\n\n术语\n: 它的定义\n\n[^a]: 脚注内容\n"
    ),
    "23": (
        "|" + "|".join(f"列{n}" for n in range(12)) + "|\n" + "|--" * 12 + "|\n"
        "|" + "|".join(f"格子里的文字{n}" for n in range(12)) + "|\n\n"
        f"| 短 | 长 |\n|--|--|\n| 甲 | {LONG} |\n\n| 竖线 | 值 |\n|--|--|\n| a \\| b | $|x|$ |\n| `c \\| d` | 末格 |\n"
    ),
    "23宽": "|" + "|".join("甲" * 12) + "|\n" + "|--" * 12 + "|\n|" + "$\\underbrace{abcdefghijklmnop}$|" * 12 + "\n",
    "24": (
        "```python\n" + "x = [" + ", ".join(str(n) for n in range(120)) + "]  # 行尾\n\ty = '制表'\n```\n\n"
        "```不存在的语言\n未知语言的代码" + "又一段" * 130 + "完\n```\n\n"
        "```\n" + "数据" * 900 + "尽头\n" + "0123456789 " * 40 + "终点\n```\n"
    ),
    "25": (
        "## 同名\n\n甲\n\n## 同名\n\n乙 [跳](#同名-1)\n\n"
        "- 一\n  - 二\n    - 三\n      - 四\n        - 五\n          - 六\n            - 七层\n"
    ),
    "25空": "",
    "25只有头": "---\ntitle: 只有头\n---\n",
}


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Rich:
    """Return the project of all these notes and the result of its only build."""
    return once(tmp_path_factory, "text", _made)


def _made(folder: Path) -> Rich:
    repo = Repo(folder)
    for name, text in NOTES.items():
        repo.write(f"{name}.md", text if text.startswith("---\n") or not text else f"# 第{name}\n\n{text}")
    return Rich(repo, repo.build())


def words(made: Rich, name: str) -> str:
    """Return the text of a note without spaces."""
    return re.sub(r"\s+", "", made.repo.pdf_text(f"第{name}.pdf", "-raw"))


def said(made: Rich, name: str) -> list[tuple[str, int | None]]:
    """Return code and line (without the title's two) of what is said of a note, as far as it matters."""
    return [(d.code, d.line and d.line - 2) for d in made.result.note(name).diagnostics if d.severity != "info"]


@pytest.mark.parametrize("name", ["10", "11", "12", "16", "18a", "19", "20", "22", "24", "25", "25空", "25只有头"])
def test_what_a_preview_shows_is_built_without_a_word(made: Rich, name: str) -> None:
    """Nothing is wrong with these, so nothing is said."""
    assert said(made, name) == []
    assert made.result.note(name).pdf


def test_bad_input_10_hanzi_in_formulas_are_visible(made: Rich) -> None:
    """As letters, as punctuation, as text in a subscript."""
    text = words(made, "10")
    for part in ("中文", "当且仅当", "下雨", "多云", "（"):
        assert part in text


def test_bad_input_11_symbols_are_drawn_and_bold_is_bold(made: Rich) -> None:
    """Unicode in formulas means what it shows, and bold letters are the bold ones of the math font."""
    text = words(made, "11")
    for part in ("𝛼≤𝛽∈ℝ", "𝒙", "𝜽", "𝚺", "𝜶"):
        assert part in text


def test_bad_input_12_displays_of_displays_are_numbered_once(made: Rich) -> None:
    """An environment inside $$ is the display; its rows have one number each, starred ones none."""
    text = words(made, "12")
    assert [text.count(f"({n})") for n in range(1, 7)] == [1, 1, 1, 1, 1, 0]


def test_bad_input_13_tags_and_references(made: Rich) -> None:
    """A known label is resolved; an unknown one is a warning at its line."""
    assert "由(1)得" in words(made, "13")
    assert said(made, "13") == [("undefined-reference", 13)]


def test_bad_input_14_a_blank_line_is_reported_and_typeset(made: Rich) -> None:
    """Both halves of the formula are there."""
    assert said(made, "14") == [("blank-line-in-math", 3)]
    assert {"𝑎", "𝑏", "𝑐", "𝑑"} <= set(words(made, "14"))


def test_bad_input_15_dollars_swallow_no_paragraph(made: Rich) -> None:
    """Prices stay text, spaces inside dollars are allowed, an escaped dollar is one."""
    text = words(made, "15")
    assert "有空格𝑥的，要$5和$6的" in text
    assert "$号的。" in text
    assert "下一段。" in text


def test_bad_input_16_displays_stand_anywhere(made: Rich) -> None:
    """In a list, a quote, a footnote and the cell of a table."""
    text = words(made, "16")
    assert [f"𝑎{n}" in text for n in range(1, 5)] == [True] * 4
    assert "$" not in text


def test_bad_input_17_what_is_not_closed_costs_only_itself(made: Rich) -> None:
    """The line is the note's, and everything else of the note is there."""
    assert sorted(said(made, "17")) == [("unbalanced-braces", 4), ("unclosed-math", 9)]
    text = words(made, "17")
    for part in ("前段。", "中段。", "没有结束", "标题", "末段。"):
        assert part in text


def test_bad_input_18_definitions_stay_in_their_note(made: Rich) -> None:
    """A command that another note defined is unknown here."""
    assert said(made, "18b") == [("undefined-command", 1)]


def test_bad_input_19_bookmarks_are_plain_text(made: Rich) -> None:
    """Formula, code and special characters of a heading, without TeX and without its footnote."""
    with Pdf.open(made.repo.output("第19.pdf")) as pdf, pdf.open_outline() as outline:
        assert [item.title for item in outline.root] == ["节 x² code & % # 注"]
    assert "脚注文字" in words(made, "19")


def test_bad_input_20_blocks_need_no_blank_line(made: Rich) -> None:
    """A heading and a list right below a paragraph are a heading and a list, as on GitHub."""
    text = words(made, "20")
    assert "##" not in text
    assert "•一•二" in text
    assert "1.壹2.贰" in text
    assert "---" not in text


def test_bad_input_21_html_is_a_document(made: Rich) -> None:
    """Tags that mean something are set, and one that does not is named while its text stays."""
    text = words(made, "21")
    for part in ("一行换行", "H2O", "下划线", "Ctrl", "表头", "左格右格", "概要", "折叠的内容", "居中的字", "跑马灯"):
        assert part in text
    assert said(made, "21") == [("html-dropped", 13)]


def test_bad_input_22_dialects_are_read(made: Rich) -> None:
    """Alerts, callouts, wikilinks, marks, tasks, footnotes and definitions."""
    text = words(made, "22")
    for part in (
        "警告",
        "警告内容",
        "自己的题",
        "注的内容",
        "见21和别的说法，标出来的。",
        "没做",
        "做完",
        "脚注内容",
    ):
        assert part in text
    assert "术语" in text
    assert "它的定义" in text
    assert "[[" not in text
    assert "==" not in text
    assert made.result.note("22").pdf


def test_bad_input_23_wide_tables_fit_or_say_by_how_much(made: Rich) -> None:
    r"""Long cells are wrapped, \| and |x| split no cell, and what does not fit is named in millimetres."""
    text = words(made, "23")
    assert text.count("很长的一格里有许多文字") == 25
    assert "a|b|𝑥|" in text
    assert "c|d末格" in text
    for diagnostic in made.result.note("23").diagnostics:
        assert diagnostic.code == "overfull-line"
        assert "mm too wide" in diagnostic.message
    assert [f"格子里的文字{n}" in text for n in range(12)] == [True] * 12


def test_bad_input_23_what_no_cell_can_hold_is_named_in_millimetres(made: Rich) -> None:
    """Twelve columns of formulas that can't be broken stick out, and the note's lines and the overflow are said."""
    found = made.result.note("23宽").diagnostics
    assert {d.code for d in found} == {"overfull-line"}
    assert {d.line for d in found} <= {3, 4, 5}
    assert all(re.fullmatch(r"[\d.]+ mm too wide", d.message) for d in found)


def test_bad_input_24_code_is_wrapped_and_whole(made: Rich) -> None:
    """A line of 400 characters, of 1,800 hanzi, tabs, an unknown language and none: nothing leaves the page."""
    text = words(made, "24").replace("↪", "")
    assert made.result.note("24").diagnostics == ()
    assert "又一段完" in text
    assert (text.count("数"), text.count("据")) == (900, 900)
    assert "数据尽头" in text
    assert "6789终点" in text
    assert "117,118,119]#行尾" in text
    assert "y='制表'" in text
    assert "未知语言的代码" in text


def test_bad_input_25_odd_structures(made: Rich) -> None:
    """Equal headings have ids of their own, lists nest seven deep, an empty note is a page."""
    assert "七层" in words(made, "25")
    with Pdf.open(made.repo.output("只有头.pdf")) as pdf:
        assert len(pdf.pages) == 1


def test_only_mistakes_make_an_exit_code(made: Rich) -> None:
    """Notes with errors give 1, whatever else is said."""
    assert made.result.exit_code is ExitCode.NOTE_ERROR
    assert {
        Path(n.source).stem for n in made.result.report.notes if any(d.severity == "error" for d in n.diagnostics)
    } == {
        "17",
        "18b",
    }
