"""What Obsidian and Typora write in running text, through pandoc: links by name, images, marks, comments, footnotes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from notepress.convert import Surroundings, convert
from notepress.inline import literal
from notepress.model import Body, Note, Status
from notepress.names import Names
from notepress.pandoc import Pandoc
from notepress.pictures import PictureStore
from notepress.placing import place_formulas
from tests.e2e.repo import PNG

Convert = Callable[[str], Body]
OTHERS = {
    "notes/01/02-乙.md": ("乙的题目", "# 乙的题目\n\n## 第 一 节\n\n### `代码` 与*强调*\n\n## 有号 {#sec-x}\n"),
    "notes/02/丙.md": ("丙", "# 丙\n"),
    "notes/02/同名.md": ("远", "# 远\n"),
    "notes/01/同名.md": ("近", "# 近\n"),
    "notes/02/以后.md": ("以后", ""),
}


@pytest.fixture
def converted(pandoc: Pandoc, make_note: Callable[..., Note], pictures: PictureStore, tmp_path: Path) -> Convert:
    """Return a function that converts the note notes/01/甲.md, among others and a few files."""
    for name in ("notes/01/beside.png", "attachments/deep/far.png", "attachments/data.csv", "notes/02/beside.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(PNG)
    others = {
        source: make_note(source=source, title=literal(title), markdown=markdown)
        for source, (title, markdown) in OTHERS.items()
    }
    others["notes/02/以后.md"] = replace(others["notes/02/以后.md"], status=Status.PLANNED)

    def run(markdown: str) -> Body:
        note = make_note(source="notes/01/甲.md", markdown=markdown)
        notes = {**others, note.source: note}
        around = Surroundings(
            root=tmp_path, notes=notes, pictures=pictures, names=Names(notes.values(), tmp_path, tmp_path / "output")
        )
        return convert(note, around, pandoc.ask)

    return run


def printed(body: Body) -> str:
    """Return the LaTeX with its formulas, without marks and what escapes them."""
    latex = place_formulas(body.latex, body.formulas)[0]
    # Where long code may break is of no interest here.
    latex = latex.replace("{[}", "[").replace("{]}", "]").replace(r"}\codebreak{}\texttt{", "")
    return " ".join(re.sub(r"%@=?\d+", "", latex).split())


def said(body: Body) -> list[tuple[str, int | None, int | None]]:
    """Return code, line and column of all there is to say."""
    return [(d.code, d.line, d.column) for d in body.diagnostics]


@pytest.mark.parametrize(
    ("link", "address", "text"),
    [
        ("[[02-乙]]", "notes/01/02-乙.md", "02-乙"),
        ("[[乙]]", "notes/01/02-乙.md", "乙"),
        ("[[乙的题目|看*这里*$x$]]", "notes/01/02-乙.md", r"看\emph{这里}\(x\)"),
        ("[[乙.md|文]]", "notes/01/02-乙.md", "文"),
        ("[[01/02-乙|文]]", "notes/01/02-乙.md", "文"),
        ("[[乙#第 一 节|文]]", "notes/01/02-乙.md#第-一-节", "文"),
        ("[[乙#乙的题目#代码 与强调|文]]", "notes/01/02-乙.md#代码-与强调", "文"),
        ("[[乙#有号|文]]", "notes/01/02-乙.md#sec-x", "文"),
        ("[[乙#^abc|文]]", "notes/01/02-乙.md", "文"),
        ("[[丙#丙]]", "notes/02/丙.md", r"丙 \textgreater{} 丙"),
        ("[[同名|文]]", "notes/01/同名.md", "文"),
        ("[[02/同名|文]]", "notes/02/同名.md", "文"),
        ("[[#本节]]", "notes/01/甲.md#本节", "本节"),
        ("[[#标题]]", "notes/01/甲.md", "标题"),
    ],
)
def test_a_link_by_name_is_a_link_by_path(converted: Convert, link: str, address: str, text: str) -> None:
    """`[[name#heading|text]]` leads where `[text](path.md#id)` leads, by file name, title or end of the path."""
    path, _, fragment = address.partition("#")
    body = converted(f"见 {link}。\n\n[x](/{path}#{fragment})\n\n## 本节\n")
    first, second = re.findall(r"\\notelink\{([^{}]*)\}", body.latex)
    assert (first, said(body)) == (second, [])
    assert f"{{{text}}}。" in printed(body)
    assert path in body.links


def test_a_link_in_a_table_has_its_bar_escaped(converted: Convert) -> None:
    r"""In a cell `\|` is the bar of a link."""
    body = converted("| 一 |\n|--|\n| [[乙\\|文]] |\n")
    assert r"\notelink{notepress:notes/01/02-\%E4\%B9\%99.md}{文}" in printed(body)


def test_an_unknown_name_stays_text_with_a_warning(converted: Convert) -> None:
    """What no note is called is text, with a warning at its line and column and the name that was meant."""
    body = converted("一\n\n二 [[乙的提目|文字]] 与 [[data.csv]]、[[以后]]、[[乙#没有]]。\n")
    assert said(body) == [
        ("broken-link", 3, 3),
        ("link-to-file", 3, 17),
        ("link-to-planned", 3, None),
        ("broken-link", 3, 37),
    ]
    assert body.diagnostics[0].hint == "did you mean [[乙的题目]]?"
    assert r"二 \brokenlink{文字} 与 \brokenlink{data.csv}、\brokenlink{以后}、\notelink" in printed(body)


def test_what_a_link_depends_on_is_recorded_by_its_name(converted: Convert) -> None:
    """A note that gets the name later makes the note stale that linked to it in vain."""
    body = converted("[[无]] [[乙]] ![[far.png]]\n")
    assert {label for label in body.inputs if label.startswith("name:")} == {"name:无", "name:乙", "name:far.png"}


@pytest.mark.parametrize(
    ("image", "options", "file"),
    [
        ("![[beside.png]]", "", "notes/01/beside.png"),
        ("![[far.png|300]]", "[width=225bp]", "attachments/deep/far.png"),
        ("![[far.png|300x100]]", "[width=225bp,height=75bp]", "attachments/deep/far.png"),
        ("![[deep/far.png|文字]]", "", "attachments/deep/far.png"),
        ("![文字|300](beside.png)", "[width=225bp]", "notes/01/beside.png"),
    ],
)
def test_an_image_by_name_is_found_anywhere(converted: Convert, image: str, options: str, file: str) -> None:
    """`![[name|width]]` is the nearest image of that name in the project, as wide as it says in pixels of CSS."""
    body = converted(f"见 {image} 图\n")
    assert [a.source for a in body.attachments] == [file]
    assert rf"见 \imageedge{{}}\noteimage{options}{{image-1.png}}\imageedge{{}} 图" in printed(body)
    assert said(body) == []


def test_an_image_alone_is_a_figure_with_its_text(converted: Convert) -> None:
    """Alone in a paragraph, `![[name|text]]` is a figure, and the text its caption."""
    latex = printed(converted("![[far.png|远处的 $x$ 图]]\n\n![[far.png|300]]\n\n![[nowhere.png]]\n"))
    assert latex.count(r"\caption{") == 1
    assert r"远处的 \(x\) 图}" in latex
    assert r"\missingimage{}{nowhere.png}" in latex


def test_an_embedded_note_is_a_link_and_said_to_be_one(converted: Convert) -> None:
    """`![[note]]` can't bring the text of the note; it is a link, with a warning."""
    body = converted("![[乙]]\n")
    assert said(body) == [("embedded-note", 1, 2)]
    assert r"\notelink{" in body.latex


@pytest.mark.parametrize(
    ("markdown", "latex"),
    [
        ("==高亮 *强* $x$==后", r"\marked{高亮 }\emph{\marked{强}}\marked{ }\marked{\mbox{\(x\)}}后"),
        ("前==高亮。==**粗**", r"前\marked{高亮。}\textbf{粗}"),
        ("**粗==亮==**", r"\textbf{粗\marked{亮}}"),
        ("==[[乙|文]]==", r"\notelink{notepress:notes/01/02-\%E4\%B9\%99.md}{\marked{文}}"),
        ("脚注^[内 $x$ [链](http://a.b) [[乙|文]]。]后", r"脚注\footnote{内 \(x\) \href{http://a.b}{链} \notelink"),
        ("若 a==b 且 c==d", "若 a==b 且 c==d"),
        ("a == b == c", "a == b == c"),
        ("=== 三 ===", "=== 三 ==="),
        (r"\==不是== \[[不是]] \^[不是]", r"==不是== [[不是]] \^{}[不是]"),
        ("[[]] [[ [a]", "[[]] [[ [a]"),
        ("`[[乙]] ==a== ^[b] %%c%%`", r"\texttt{[[乙]]\ ==a==\ \^{}[b]\ \%\%c\%\%}"),
        ("$a==b==c$", r"\(a==b==c\)"),
        ("<http://a.b/?x==y==z>", r"\url{http://a.b/?x==y==z}"),
        ("前%%不给人看 $x$%%后", "前后"),
        ("%%行首的备注%% 正文", "正文"),
        ("文\n\n%%\n多行\n\n备注\n%%\n\n后", "文 后"),
        ("> 引\n>\n> %%\n> 备注\n> %%\n>\n> 后", r"\begin{quote} 引 后 \end{quote}"),
        ("涨了 50%% 左右", r"涨了 50\%\% 左右"),
        ("%%time\n文字\n%%bash", r"\%\%time 文字 \%\%bash"),
        ("一句话 ^abc123", "一句话"),
    ],
)
def test_marks_comments_and_footnotes(converted: Convert, markdown: str, latex: str) -> None:
    """Marks, notes in the line and comments are what Obsidian shows; in code, formulas and addresses they are text."""
    body = converted(markdown)
    assert printed(body).startswith(latex) if "footnote" in latex else printed(body) == latex
    assert said(body) == []


def test_footnotes_that_miss_their_other_half(converted: Convert) -> None:
    """A mark without a text, a text without a mark and a second text of a name are warnings at their places."""
    body = converted("文[^1]与[^x]。`[^y]` \\[^z]\n\n[^1]: 一\n\n[^1]: 又一\n\n> [^2]: 二\n\n```\n[^3]: 三\n```\n")
    assert sorted(said(body)) == [
        ("duplicate-footnote", 5, 1),
        ("undefined-footnote", 1, 7),
        ("unused-footnote", 7, 3),
    ]
    assert r"文\footnote{一}与[\^{}x]。" in printed(body)


def test_references_to_formulas_in_prose(converted: Convert) -> None:
    r"""`\eqref` and `\ref` outside a formula are what they are within one; in code they are code."""
    body = converted("见 \\eqref{eq:a} 与\\ref{eq-b}。`\\ref{c}`\n\n$$\nx\n$$ {#eq-b}\n")
    assert [f.tex for f in body.formulas][:2] == [r"\eqref{eq:a}", r"\text{\placelink{h.eq-b}{1}}"]
    assert r"\texttt{\textbackslash{}ref\{c\}}" in printed(body)


def test_a_formula_in_the_text_of_a_formula(converted: Convert) -> None:
    r"""Dollars within `\text` or `\mbox` end no formula."""
    body = converted("$\\mbox{若 $x$} y$ 与 $\\text{$a$、$b$}$，\\text{a $c$}\n")
    assert [f.source for f in body.formulas] == [r"$\mbox{若 $x$} y$", r"$\text{$a$、$b$}$", "$c$"]
