"""What GitHub, Typora and Obsidian write, on the page: one note with all of it, and one that goes wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pikepdf
import pytest

from tests.e2e.conftest import once
from tests.e2e.repo import PNG, Repo, Result

pytestmark = pytest.mark.tex

LONG = "这一格的字很多，多到一行放不下，要由排版程序量过各列的宽度之后再分成几行，" * 3
NOTE = f"""\
# 方言

前文==这是一段很长的高亮文字，长到一行放不下，需要在行尾断开，
中间有公式 $x^2$、**粗体**、`code` 与[链接](#锚)==。^[行内脚注。]

<u>下划线与 $y$ 和[链接](http://example.org)</u>，<ruby>汉<rt>hàn</rt></ruby>，
<font color=red>红字</font>，<kbd>Ctrl</kbd>。%%不印的备注%%

见 [[乙|另一篇]]、[[题目#小节]]、[[#本节]]，<a id="锚"></a>这里是锚。

## 本节

<details>
<summary>点开 <b>这里</b></summary>

折叠的内容，$z$

- 表

</details>

<div align="center">

居中的字

</div>

![[远.png|远处的图]]

```python {{.numberLines title="目录/a_b.py"}}
x = 1
```

| 名称 | 公式 | 说明 |
|:--|:-:|--|
| 一<br>二[^1] | $$\\sum_{{i=1}}^n x_i \\tag{{甲}}$$ | {LONG} |
| `a\\|b` | $|x|$ | 短 |

[^1]: 表里的脚注。

> | 框里的表 | 说明 |
> |--|--|
> | 甲 | {LONG} |

<table>
  <tr><th colspan="2">合并的头</th></tr>
  <tr><td rowspan="2">左边</td><td>$x$</td></tr>
  <tr><td>右下</td></tr>
</table>

　　手工缩进。
　　第二行。

\\newpage

#没有空格的标签

##没有空格的小节

上<hr>下，$\\mbox{{若 $a$}} b$。
"""
HANZI = "".join(chr(0x4E00 + number) for number in range(3000))
LINES = " \\\\\n".join(f"x_{{{number}}} &= \\text{{列{number}}}" for number in range(60))
LARGE = f"""\
# 大

| 名 | 很长的格 |
|---|---|
| 甲 | {HANZI} |
| 乙 | $\\begin{{bmatrix}}1&2\\\\3&4\\end{{bmatrix}}$ 与 $$\\begin{{aligned}}a&=1\\\\b&=2\\end{{aligned}}$$ |

{"|" + "甲乙|" * 36}
{"|" + "--|" * 36}
{"|" + "丙丁|" * 36}

{"".join("  " * level + f"- 第{level}层" + chr(10) for level in range(20))}
{"".join("   " * level + f"1. 序{level}号" + chr(10) for level in range(20))}
前文 {"".join(chr(ord("a") + pow(3, n, 10007) % 26) for n in range(3000))} 后文

$$
\\begin{{aligned}}
{LINES}
\\end{{aligned}}
$$

\\begin{{align*}}
{LINES}
\\end{{align*}}

$$
\\begin{{cases}}
{LINES.replace("=", "")}
\\end{{cases}}
$$

$$S={"+".join(f"a_{{{n}}}" for n in range(200))}$$

$$\\begin{{pmatrix}}1\\\\2\\\\3\\\\\\text{{末行}}\\end{{pmatrix}}$$

$$\\begin{{pmatrix}}\\text{{首行}}\\\\2\\\\3\\\\4\\end{{pmatrix}}$$

\\begin{{subequations}}
\\begin{{align}}a&=\\mathrm{{\\Delta\\alpha}}\\\\b&=\\mathop\\lim_x\\end{{align}}
\\end{{subequations}}

$$\\begin{{subnumcases}}{{f=}}1&若 $a$\\\\2&否则\\end{{subnumcases}}$$

\\begin{{tikzcd}}
A \\arrow[r, "f"] & B
\\end{{tikzcd}}

$\\ce{{CH#CH ->[高温] C2H2·5H2O}}\\iddots\\slashed{{p}}\\wideparen{{AB}}\\parallelogram$

<table>
<tr><td><pre><code class="language-c">int 格里; // 注释
</code></pre></td><td><code>a &lt; b</code></td></tr>
</table>

| 序 | 长表 |
|--|--|
{"".join(f"| {number} | 第{number}行 |" + chr(10) for number in range(900))}
"""
WRONG = """\
# 错处

| 一 | 二 |
|--|--|
| 甲 | $\\nosuch$ |
| 乙 | ![](nowhere.png) |
| 丙 | [坏](坏.md) |
| 丁 | 𪚥 |
| 戊 | WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW |
"""


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Repo, Result]:
    """Return the project and its only build."""
    return once(tmp_path_factory, "dialect", _built)


def _built(folder: Path) -> tuple[Repo, Result]:
    repo = (
        Repo(folder)
        .write("甲.md", NOTE)
        .write("组/02-乙.md", "# 题目\n\n## 小节\n\n文字。\n")
        .write("附件/深/远.png", PNG)
        .write("错.md", WRONG)
        .write("大.md", LARGE)
    )
    return repo, repo.build()


def test_a_note_with_all_of_it_is_built_without_a_word(built: tuple[Repo, Result]) -> None:
    """No error, no warning: nothing is lost, nothing is too wide."""
    assert [(d.line, d.code, d.message) for d in built[1].note("甲").diagnostics] == []


@pytest.mark.parametrize(
    "words",
    [
        *("需要在行尾断开", "粗体", "行内脚注", "下划线与", "汉", "红字", "Ctrl", "另一篇", "题目>小节", "这里是锚"),
        *(
            "点开这里",
            "折叠的内容",
            "居中的字",
            "图1远处的图",
            "目录/a_b.py",
            "表里的脚注",
            "a|b",
            "(甲)",
            "合并的头",
            "右下",
        ),
        *("手工缩进", "第二行", "#没有空格的标签", "没有空格的小节"),
    ],
)
def test_its_words_are_on_its_pages(built: tuple[Repo, Result], words: str) -> None:
    """What is written in any of the dialects can be read, and copied."""
    assert words in built[0].pdf_words("方言.pdf")


def test_comments_and_marks_are_not_on_its_pages(built: tuple[Repo, Result]) -> None:
    """What only editors understand is not printed."""
    words = built[0].pdf_words("方言.pdf")
    assert [mark for mark in ("==", "%%", "[[", "<", "备注", "newpage", "##") if mark in words] == []


def test_its_long_cells_fit_the_page(built: tuple[Repo, Result]) -> None:
    """Every word of a wide table stands between the margins."""
    boxes = built[0].pdf_text("方言.pdf", "-bbox")
    edges = [float(part.split('"')[1]) for part in boxes.split("xMax=")[1:] if '"' in part]
    with pikepdf.open(built[0].output("方言.pdf")) as pdf:
        width = float(pdf.pages[0].mediabox[2])
    assert max(edges) < width - 60
    assert len(pikepdf.open(built[0].output("方言.pdf")).pages) >= 2


def test_links_by_name_lead_to_the_other_file(built: tuple[Repo, Result]) -> None:
    """`[[name]]` is a link like any other: to the other note's PDF, to a heading, to an anchor."""
    targets: list[str] = []
    with pikepdf.open(built[0].output("方言.pdf")) as pdf:
        for page in pdf.pages:
            for link in page.get("/Annots", []):
                action = link.get("/A")
                targets.append(str(action.get("/F") or action.get("/URI") or "jump") if action else "jump")
    assert sum("题目.pdf" in target for target in targets) == 2
    assert targets.count("jump") >= 3


def test_what_goes_wrong_in_a_table_is_at_its_row(built: tuple[Repo, Result]) -> None:
    """A formula, an image, a link, a character and a word that is too wide are reported at their own lines."""
    found = {d.code: d.line for d in built[1].note("错").diagnostics}
    assert found == {
        "undefined-command": 5,
        "image-missing": 6,
        "broken-link": 7,
        "missing-glyph": 8,
        "overfull-line": 9,
    }


def test_what_is_too_large_for_a_page_is_there_all_the_same(built: tuple[Repo, Result]) -> None:
    """Cells, tables, words, lists and formulas beyond every measure cost no error, and stand within the pages."""
    repo, result = built
    assert [(d.line, d.code, d.message) for d in result.note("大").diagnostics] == []
    # pdftotext gives what stands on the page, and nothing that ran off it.
    words = repo.pdf_words("大.pdf")
    assert [char for char in HANZI if char not in words] == []
    assert words.count("列59") == 3
    assert words.count("丙丁") == 36
    assert [text for text in ("第19层", "序19号", "第899行", "(1b)", "高温", "格里", "注释") if text not in words] == []


def test_two_displays_in_a_row_do_not_touch(built: tuple[Repo, Result]) -> None:
    """A formula begins below the one before it, however deep that one is."""
    boxes = built[0].pdf_text("大.pdf", "-bbox")
    last, first = (
        re.search(rf'yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)">{word}</word>', boxes) for word in ("末行", "首行")
    )
    assert last
    assert first
    assert float(first[1]) > float(last[2])
