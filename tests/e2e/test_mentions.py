"""Numbers, references and citations in PDFs: what a reader sees and where a click leads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pikepdf import Name, Pdf

from notepress.errors import Severity
from notepress.pdf import links, named_destinations
from tests.e2e.repo import Repo

pytestmark = pytest.mark.tex

FILLING = "\n\n".join(f"第{number}段。" + "概率与统计的基本概念需要反复练习。" * 8 for number in range(1, 16))
BIB = """\
@book{zhou, author={周甲}, title={机器学习}, publisher={某出版社}, address={北京}, year=2016}
@article{hay, author={Hay, Gus}, title={Long Memory}, journal={Some Journal}, year=1997, doi={10.1000/abc}}
"""
CITING = f"""\
# 引用

见@eq-late、@fig-late 与 @tbl-late，@thm-late 亦然；[@zhou; @hay]。

{FILLING}

## 后面 [@hay]

$$
x = y
$$ {{#eq-late}}

![图题](figure.tikz){{#fig-late}}

| 甲 | 乙 |
|:--|--:|
| 1 | 2 |

: 表题 {{#tbl-late}}

::: {{#thm-late name="柯西"}}
内容。

| 丙 | 丁 |
|:--|--:|
| 3 | 4 |
:::

::: {{.proof}}
显然。
:::
"""
FIGURE = "\\begin{tikzpicture}\\draw (0,0) rectangle (3,1);\\end{tikzpicture}\n"


@pytest.fixture
def repo(repo: Repo) -> Repo:
    """Return a project with a note that refers and cites, and one that does neither."""
    return (
        repo.write("notes.yaml", "title: 书\n")
        .write("references.bib", BIB)
        .write("notes/01-一/01-citing.md", CITING)
        .write("notes/01-一/figure.tikz", FIGURE)
        .write("notes/01-一/02-other.md", "# 别的\n\n没有引用，@nobody 是人。\n")
    )


def targets(pdf: Path) -> list[tuple[int, str]]:
    """Return page (from 0) and destination of the links inside a file that stand on its first page."""
    with Pdf.open(pdf) as opened:
        places = named_destinations(opened)
        found = [str(a.A.D) for page, a in links(opened) if page == 0 and a.A.get("/S") == Name.GoTo]
        return [(places[name][0], name) for name in found]


def test_numbers_links_and_references(repo: Repo) -> None:
    """One pass gives every number, each reference leads to its page, and the list of references ends the note."""
    result = repo.build()
    assert [d for d in result.diagnostics if d.severity is not Severity.INFO] == []
    assert [note.passes for note in result.report.notes] == [1, 1]
    words = re.sub(r"\s+", "", repo.pdf_text("一/引用.pdf", "-raw"))
    assert "见式(1)、图1与表1，定理1亦然；[1,2]。" in words
    for text in ("图1图题", "表1表题", "定理1（柯西）内容。", "(1)", "证明显然。", "后面[2]", "参考文献"):
        assert text in words
    assert words.index("[1]周甲.机器学习[M].北京:某出版社,2016.") < words.index("[2]HayG.Longmemory[J].")
    found = targets(repo.output("一/引用.pdf"))
    assert [name for _, name in found] == [
        "h.eq-late",
        "h.fig-late",
        "h.tbl-late",
        "h.thm-late",
        "h.ref-zhou",
        "h.ref-hay",
    ]
    assert all(page > 0 for page, _ in found)


def test_a_note_is_rebuilt_for_what_it_cites(repo: Repo) -> None:
    """A new entry rebuilds nothing; a changed one, or one that was missing, exactly the note that names it."""
    repo.build()
    assert repo.write("references.bib", BIB + "@book{new, title={新}}\n").build().rebuilt == set()
    assert repo.replace("references.bib", "机器学习", "深度学习").build().rebuilt == {"01-citing"}
    assert "深度学习" in repo.pdf_words("一/引用.pdf")
    assert repo.write("references.bib", BIB + "@book{nobody, title={无人}}\n").build().rebuilt >= {"02-other"}
    broken = repo.write("references.bib", BIB + "@book{half, title={半}\n").build()
    assert [(d.file, d.line) for d in broken.diagnostics if d.code == "bibliography"] == [("references.bib", 3)]


def test_a_rejected_formula_is_still_a_place(tmp_path: Path, formats: Path) -> None:
    """A reference to a formula that TeX rejects leads to its source, and boxes nest in blocks without a warning."""
    repo = Repo(tmp_path / "项目").link_formats(formats).write("notes.yaml", "title: 书\n")
    repo.write(
        "notes/一/a.md",
        f"# 甲\n\n见 @eq-a。\n\n{FILLING}\n\n::: {{#thm-a}}\n> 引文\n\n```python\n代码\n```\n\n"
        "!!! tip\n    盒子\n:::\n\n$$\n\\undefinedthing\n$$ {#eq-a}\n",
    )
    result = repo.build()
    assert [d.code for d in result.diagnostics if d.severity is not Severity.INFO] == ["undefined-command"]
    ((page, name),) = targets(repo.output("一/甲.pdf"))
    assert name == "h.eq-a"
    assert page > 0


NAMED = f"""\
# 定义

$$
a = b
$$ {{#eq-first}}

{FILLING}

$$
x = y
$$ {{#eq-key}}

![图题](figure.tikz){{#fig-key}}
"""


@pytest.fixture
def crossing(repo: Repo) -> Repo:
    """Return a project in which one note refers to two ids of another chapter."""
    repo.write("notes/01-一/01-citing.md", "# 引用\n\n由@eq-key 与 $\\eqref{eq-key}$ 得，见 @fig-key。\n")
    return repo.write("notes/02-二/01-named.md", NAMED).write("notes/02-二/figure.tikz", FIGURE)


def test_references_lead_to_other_notes(crossing: Repo) -> None:
    """In the note's PDF a reference opens the other PDF at its place; in the book it jumps there."""
    result = crossing.build()
    assert [d for d in result.diagnostics if d.severity is not Severity.INFO] == []
    assert "由2.1节的式(2)与(2.1-2)得，见2.1节的图1。" in crossing.pdf_words("一/引用.pdf")
    for pdf in ("一/引用.pdf", "一.pdf"):
        with Pdf.open(crossing.output(pdf)) as opened:
            found = [a.A for _, a in links(opened) if a.A.get("/S") == Name.GoToR]
            assert {str(action.F.UF).rpartition("/")[2] for action in found} == {"定义.pdf"}
            assert [str(action.D) for action in found] == ["h.eq-key", "h.eq-key", "h.fig-key"]
    with Pdf.open(crossing.output("二/定义.pdf")) as opened:
        assert {"h.eq-key", "h.fig-key"} <= set(named_destinations(opened))
    with Pdf.open(crossing.output("书.pdf")) as opened:
        pages = [page.obj.objgen for page in opened.pages]
        jumps = [a.A.D for page, a in links(opened) if page == 3 and a.A.get("/S") == Name.GoTo]
        assert [str(place[1]) for place in jumps] == ["/XYZ"] * 3
        shown = {pages.index(place[0].objgen) + 1 for place in jumps}
    for page in shown:
        assert "图1图题" in re.sub(r"\s", "", crossing.pdf_text("书.pdf", "-f", str(page), "-l", str(page)))


def test_a_note_is_rebuilt_for_the_numbers_it_names(crossing: Repo) -> None:
    """Another text of the other note rebuilds only that; another number also the notes that name it, and no others."""
    crossing.build()
    named = "notes/02-二/01-named.md"
    assert crossing.build().rebuilt == set()
    assert crossing.replace(named, "第1段", "第一段").build().rebuilt == {"01-named"}
    assert crossing.replace(named, " {#eq-first}", "").build().rebuilt == {"01-citing", "01-named"}
    assert "由2.1节的式(1)与(2.1-1)得" in crossing.pdf_words("一/引用.pdf")
    # An id that nobody names.
    assert crossing.replace(named, "{#eq-key}", "{#eq-key}\n\n$$\nz\n$$ {#eq-new}").build().rebuilt == {"01-named"}
    # Another number of the note itself.
    assert crossing.write("notes/02-二/00-new.md", "# 新\n").build().rebuilt == {"00-new", "01-named", "01-citing"}
    gone = crossing.replace(named, "{#eq-key}", "{#eq-kez}").build()
    assert gone.rebuilt == {"01-citing", "01-named"}
    assert [d.hint for d in gone.diagnostics if d.code == "undefined-reference"] == [
        "did you mean @eq-kez?",
        "no \\label in this note has that name",
    ]
    back = crossing.write("notes/02-二/02-late.md", "# 晚\n\n$$\nx\n$$ {#eq-key}\n").build()
    assert back.rebuilt == {"01-citing", "02-late"}
    assert back.diagnostics == ()
    assert crossing.build().rebuilt == set()


def test_check_knows_the_ids_of_other_notes(crossing: Repo) -> None:
    """The check says of references between notes what the build says."""
    assert crossing.cli("check").returncode == 0
    crossing.replace("notes/02-二/01-named.md", "{#eq-key}", "{#eq-kez}")
    said = crossing.cli("check").stderr
    assert said.count("undefined-reference") == 2
