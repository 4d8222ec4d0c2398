"""Format, engines, passes and figures: what they save, and that no page shows it."""

from __future__ import annotations

import gc
import gzip
import os
import re
import stat
import threading
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from fontTools.cffLib import CFFFontSet
from fontTools.ttLib import TTFont

from notepress.config import load_config
from notepress.convert import convert
from notepress.documents import FiguresDocument, FinishedPdf, TypesetPdf
from notepress.engine import Engine
from notepress.errors import ExitCode
from notepress.figures import figures_document
from notepress.finish import finish
from notepress.fonts import load_fonts
from notepress.formats import Format, FormatSource, FormatStore
from notepress.glyphs import GlyphTables, read_name, read_pairs
from notepress.model import Attachment, Body
from notepress.render import render_preamble
from notepress.system import file_digest
from notepress.templating import make_renderer
from notepress.tounicode import parse_cmap
from tests.e2e.repo import CHECKOUT, PATIENCE, Repo, Rich

pytestmark = pytest.mark.tex

# Formulas, a table, a reference back, code, footnotes, hanzi in a formula: what the format could spoil.
SAMPLE = r"""# 样张

正文 $\boldsymbol{h}_t = \mathbf{\Sigma} 当且仅当 \sqrt{x}$，“引号”，*强调*，`代码 x`[^1]。

$$
\begin{equation}
E = mc^2 \label{eq:e}
\end{equation}
$$

由式 $\eqref{eq:e}$ 可得。

| 记号 | 含义 |
|:--|--:|
| $x$ | 一个比表头宽得多的格子 |

```python
print("你好")
```

[^1]: 脚注。
"""
# Hanzi beside all that can stand beside them, and marks beside marks, in every face and size that text has.
HANZI = r"""# 汉字“与”标点：《样张》

字。

两字

三个字

汉字 RNN 与 latin 混排，空格 或有 或无；中文English中文，（括号）、“引号”，《书名》——破折号……省略号。”）。（“《：？！

> 引文里的**粗体**，*楷体（强调）*，`代码，标点`，[链接](https://example.org)，$x$与$y$，公式 $z$ 前后有空格。

段末是公式 $a$。

段末是公式 $a$

段末是粗**体**

段末是脚注[^a]

**加粗，标点。“引号”（括号）**和_斜，体_，~~删，除~~。

## 小标题，有标点：“甲”（乙）

### 再小，一些。

- 项目甲
- 乙
- 丙，丁。

| 列，一 | 列二（乙） | 丙 |
|:--|:-:|--:|
| 格 | 两字 | “引” |
| 格子&和号 | $x$ 字 | 长得多的一个格子，还有标点。 |

换行\
第二行\
三

罕见字𠮷、表情😀、㎡、①②③、→、≤，假名ひらがな、한글。

$$
f(x) = \text{中文，标点} \quad \text{若 } x > 0
$$

接着写。{#id}

[^a]: 脚注，（括号）“引号”。字
"""
FORWARD = (
    r"# 引用"
    + "\n\n见式 $\\eqref{eq:later}$。\n\n$$\n\\begin{equation}\na = b \\label{eq:later}\n\\end{equation}\n$$\n"
)
TIKZ = "\\begin{tikzpicture}\\draw (0,0) -- (2,1) node {甲};\\end{tikzpicture}\n"


def without_format(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no format be found or made."""
    monkeypatch.setattr(FormatStore, "find", lambda *_: None)
    monkeypatch.setattr(FormatStore, "make", lambda *_: Format(path=None, packages="p"))


def knows_marks(repo: Repo) -> bool:
    """Say whether the newest format has what was noted of marks."""
    newest = max(repo.root.glob(".notepress/formats/*.fmt"), key=lambda path: path.stat().st_mtime_ns)
    # XeTeX keeps names of commands in two bytes a character.
    return "np_marks_".encode("utf-16-be") in newest.read_bytes()


def words(repo: Repo, pdf: str) -> dict[str, tuple[float, float, float]]:
    """Return where each word of the first page stands: left, top and right edge, in points."""
    box = r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="[\d.]+">([^<]*)</word>'
    return {m[4]: (float(m[1]), float(m[2]), float(m[3])) for m in re.finditer(box, repo.pdf_text(pdf, "-bbox"))}


def test_format_changes_no_byte(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A note is the same PDF with the precompiled format and without it, figures and tables included."""
    repo.write("样张.md", SAMPLE + "\n![图](a.tikz)\n").write("a.tikz", TIKZ)
    # A project without a configuration is named after its folder.
    other = repo.copy_to(tmp_path / "other" / "project", built=False)
    # The first build may begin before the format is there; the second finds it.
    repo.build()
    (repo.root / ".notepress/manifest.jsonl").unlink()
    assert repo.build().rebuilt == {"样张"}
    without_format(monkeypatch)
    assert other.build().rebuilt == {"样张"}
    assert repo.pdfs() == other.pdfs()


@pytest.mark.parametrize("switched_off", ["mathtables.tex", "fontmemo.tex"])
def test_what_the_format_holds_ready_changes_no_byte(repo: Repo, tmp_path: Path, switched_off: str) -> None:
    """Tables of symbols and notes on fonts only save time: without them the pages are the same."""
    repo.write("样张.md", SAMPLE).build()
    other = repo.copy_to(tmp_path / "other" / "project", built=False)
    other.write(f"templates/{switched_off}", "% nothing\n").build()
    assert repo.pdfs() == other.pdfs()


def test_fewer_steps_between_hanzi_change_no_byte(repo: Repo, tmp_path: Path) -> None:
    """Hanzi and marks are set as xeCJK sets them, by its own steps, with the fewer of hanzi.tex, and from its notes."""
    other = repo.copy_to(tmp_path / "other" / "project", built=False)
    # Their own formats: the first build of each begins before it is there, the second finds it.
    repo.write("templates/hanzi.tex", (CHECKOUT / "templates/hanzi.tex").read_text("utf-8") + "% another\n")
    other.write("templates/hanzi.tex", "% nothing\n")
    found = []
    for project in (repo, other):
        project.write("样张.md", HANZI).build()
        found.append(project.pdfs())
        (project.root / ".notepress/manifest.jsonl").unlink()
        assert project.build().rebuilt == {"样张"}
        found.append(project.pdfs())
    assert all(pdfs == found[-1] for pdfs in found)
    assert [knows_marks(project) for project in (repo, other)] == [True, False]


def test_bad_input_44_format_is_made_once_and_found_again(bare: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Later builds load the format that is there; a truncated one is noticed and made again."""
    made: list[str] = []
    make = FormatStore.make

    def counted(store: FormatStore, source: FormatSource) -> Format:
        made.append(source.preamble.format)
        return make(store, source)

    monkeypatch.setattr(FormatStore, "make", counted)
    bare.write("甲.md", "文字。\n").build()
    bare.write("甲.md", "别的字。\n").build()
    assert len(made) == 1
    (path,) = bare.files(".notepress/formats/*.fmt")
    bare.write(path, b"cut off").write("甲.md", "第三种字。\n")
    result = bare.build()
    assert (len(made), result.exit_code) == (2, ExitCode.OK)
    assert "第三种字" in bare.pdf_words("甲.pdf")


def test_the_format_is_never_in_memory_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its 35 MB are unpacked piece by piece: in one they would be the peak of a cold build."""
    made = tmp_path / "made.fmt"
    made.write_bytes(gzip.compress(bytes(35_000_000)))
    monkeypatch.setattr("notepress.formats._dump", lambda *_: made)
    monkeypatch.setattr("notepress.formats._with_font_notes", lambda *_: made)
    project = load_config(tmp_path)
    source = FormatSource(preamble=render_preamble(make_renderer(project, load_fonts(project))), fonts={})
    tracemalloc.start()
    found = FormatStore(folder=tmp_path / "formats", digest_of=file_digest).make(source)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()
    assert found.path
    assert found.path.stat().st_size == 35_000_000


def test_while_the_format_is_made_notes_are_converted(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """No note is typeset without a format as long as there are others that only need to be converted."""
    steps: list[str] = []
    all_converted = threading.Event()
    find, start = FormatStore.find, Engine.__init__

    def make(store: FormatStore, source: FormatSource) -> Format:
        assert all_converted.wait(PATIENCE)
        return find(store, source) or Format(path=None, packages="")

    def counted(*words: Any) -> Body:
        body = convert(*words)
        steps.append("converted")
        if len(steps) == len(names):
            all_converted.set()
        return body

    def started(*words: Any) -> None:
        steps.append("engine")
        start(*words)

    monkeypatch.setattr(FormatStore, "find", lambda *_: None)
    monkeypatch.setattr(FormatStore, "make", make)
    monkeypatch.setattr("notepress.worker.convert", counted)
    monkeypatch.setattr(Engine, "__init__", started)
    names = "甲乙丙"
    for name in names:
        repo.write(f"{name}.md", f"# {name}\n\n文字。\n")
    assert repo.build(jobs=2).rebuilt == set(names)
    assert steps[: len(names)] == ["converted"] * len(names)


def test_preamble_that_cannot_be_dumped_is_typeset_plainly(repo: Repo) -> None:
    """A preamble that loads an OpenType font still gives every PDF; a warning says what it costs."""
    preamble = (CHECKOUT / "templates/preamble.tex.j2").read_text("utf-8")
    loads = preamble + '\n\\font\\loaded="[fonts/DejaVuSans.ttf]" \\loaded\n'
    result = repo.write("templates/preamble.tex.j2", loads).write("甲.md", "文字。\n").build()
    assert result.exit_code is ExitCode.OK
    assert [d.code for d in result.diagnostics] == ["format-failed"]
    assert "文字" in repo.pdf_words("甲.pdf")


def test_bad_input_43_changed_package_of_tex_rebuilds_notes(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A note depends on TeX's own files: with another version of one of them it is built again, and says why."""
    repo.write("甲.md", "文字。\n").build()
    monkeypatch.setattr(FormatStore, "packages", lambda _: "another version")
    monkeypatch.setattr(FormatStore, "find", lambda *_: Format(path=None, packages="another version"))
    assert repo.build().note("甲").reason == "packages:tex changed"


def test_reference_to_what_came_before_takes_one_pass(repo: Repo) -> None:
    """Labels, footnotes and tables are right at once: the number is there, and TeX ran once."""
    result = repo.write("样张.md", SAMPLE).build()
    assert result.note("样张").passes == 1
    assert "由式(1)可得" in repo.pdf_words("样张.pdf")


def test_reference_to_what_comes_later_is_carried_to_the_next_build(repo: Repo) -> None:
    """A forward reference costs a second pass once; after an edit the label is known from the start."""
    first = repo.write("引用.md", FORWARD).build()
    assert (first.note("引用").passes, "见式(1)" in repo.pdf_words("引用.pdf")) == (2, True)
    edited = repo.replace("引用.md", "见式", "再见式").build()
    assert (edited.note("引用").passes, "再见式(1)" in repo.pdf_words("引用.pdf")) == (1, True)
    # Another number than the carried one is noticed.
    more = FORWARD + "\n"
    numbered = more.replace(
        "$$\n\\begin{equation}\na", "$$\n\\begin{equation}\nc\n\\end{equation}\n$$\n\n$$\n\\begin{equation}\na"
    )
    moved = repo.write("引用.md", numbered).build()
    assert (moved.note("引用").passes, "见式(2)" in repo.pdf_words("引用.pdf")) == (2, True)


def test_repeated_label_is_reported_at_its_second_place(repo: Repo) -> None:
    """Two formulas with one label are found as they are set, without LaTeX's comparison of passes."""
    twice = SAMPLE + "\n$$\n\\begin{equation}\nx \\label{eq:e}\n\\end{equation}\n$$\n"
    note = repo.write("样张.md", twice).build().note("样张")
    line = twice.split("\n").index("x \\label{eq:e}") + 1
    assert [(d.code, d.line) for d in note.diagnostics] == [("duplicate-label", line)]


def test_head_and_rows_of_a_table_line_up_after_one_pass(repo: Repo) -> None:
    """Columns are as wide as their widest cell for the head too, which TeX sets before it has seen the rows."""
    rows = "| wide-first-cell | B1 | C1 |\n| x | wide-second-cell | wide-third-cell |\n"
    rows = f"| HeadA | HeadB | HeadC |\n|:--|:--|--:|\n{rows}"
    result = repo.write("表.md", f"# 表\n\n{rows}").build()
    assert result.note("表").passes == 1
    place = words(repo, "表.pdf")
    assert place["HeadA"][0] == pytest.approx(place["x"][0], abs=0.1)
    assert place["HeadB"][0] == pytest.approx(place["B1"][0], abs=0.1)
    assert place["HeadC"][2] == pytest.approx(place["C1"][2], abs=0.1)


def test_footnote_in_a_table_is_numbered_once(repo: Repo) -> None:
    """Rows are set twice, the first time for their widths only; what they count they count once."""
    repo.write(
        "表.md", "# 表\n\n| 甲 | 乙 |\n|--|--|\n| 有注[^1] | 无 |\n\n后文[^2]。\n\n[^1]: 第一注。\n[^2]: 第二注。\n"
    ).build()
    text = repo.pdf_words("表.pdf")
    assert re.search(r"1第一注。.*2第二注。", text)


def test_edited_text_does_not_draw_the_figures_again(repo: Repo) -> None:
    """The drawings of a note are kept while its text changes, and drawn anew when one of them does."""
    repo.write("图.md", "# 图\n\n![说明](a.tikz)\n").write("a.tikz", TIKZ).build()
    drawn = repo.files(".notepress/figures/*.pdf")
    assert len(drawn) == 1
    inode = (repo.root / next(iter(drawn))).stat().st_ino
    repo.write("图.md", "# 图\n\n![另一种说明](a.tikz)\n").build()
    assert repo.files(".notepress/figures/*.pdf") == drawn
    assert (repo.root / next(iter(drawn))).stat().st_ino == inode
    result = repo.write("a.tikz", TIKZ.replace("甲", "乙")).build()
    assert result.note("图").reason == "image:a.tikz changed"
    assert "乙" in repo.pdf_words("图.pdf")
    assert "甲" not in repo.pdf_words("图.pdf")


def test_figures_that_notes_share_are_drawn_once(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that come upon the same drawing at once don't both make it, and every note shows it."""
    drawn: list[str] = []

    def counted(figures: tuple[Attachment, ...], file: str) -> FiguresDocument:
        drawn.append(file)
        return figures_document(figures, file)

    monkeypatch.setattr("notepress.render.figures_document", counted)
    names = "甲乙丙丁"
    for name in names:
        repo.write(f"{name}.md", f"# {name}\n\n![说明](a.tikz)\n")
    result = repo.write("a.tikz", TIKZ.replace("甲", "图中字")).build(jobs=4)
    assert result.rebuilt == set(names)
    assert len(drawn) == 1
    assert all("图中字" in repo.pdf_words(f"{name}.pdf") for name in names)


def test_bad_input_44_damaged_drawing_in_the_cache_is_drawn_again(repo: Repo) -> None:
    """A cut-off file in the cache is noticed."""
    repo.write("图.md", "# 图\n\n![说明](a.tikz)\n").write("a.tikz", TIKZ).build()
    before = repo.pdfs()
    (path,) = repo.files(".notepress/figures/*.pdf")
    content = (repo.root / path).read_bytes()
    repo.write(path, content[: len(content) // 2]).delete("output/图.pdf").build()
    assert repo.pdfs() == before


def test_broken_figure_is_reported_at_its_own_line(repo: Repo) -> None:
    """A mistake in a drawing is found in the file of the drawing, not in the note or a TeX file."""
    repo.write("图.md", "# 图\n\n![说明](a.tikz)\n")
    result = repo.write("a.tikz", "\\begin{tikzpicture}\n\\nosuchcommand\n\\end{tikzpicture}\n").build()
    assert [(d.code, d.file, d.line) for d in result.diagnostics] == [("undefined-command", "a.tikz", 2)]


@pytest.fixture
def killing(tmp_path: Path) -> Callable[[int], dict[str, str]]:
    """Return a function that makes an xelatex which dies as often as it is told when it typesets."""

    def make(times: int) -> dict[str, str]:
        folder = tmp_path / "bin"
        folder.mkdir()
        script = folder / "xelatex"
        real = next(p for p in os.environ["PATH"].split(":") if (Path(p) / "xelatex").exists())
        script.write_text(
            f"""#!/bin/sh
case "$*" in *-ini*|*fontrun*|*--version*) exec {real}/xelatex "$@";; esac
count=$(ls {tmp_path}/killed 2> /dev/null | wc -l)
if [ "$count" -lt {times} ]; then mkdir -p {tmp_path}/killed/$$; kill -9 $$; fi
exec {real}/xelatex "$@"
""",
            "utf-8",
        )
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        # It counts in a file, which the wall around TeX would not let it write.
        open_wall = "import notepress.landlock\nnotepress.landlock.version = lambda: 0\n"
        (tmp_path / "sitecustomize.py").write_text(open_wall, "utf-8")
        return {"PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": f"{tmp_path}:{CHECKOUT}"}

    return make


def test_killed_process_is_tried_again_once_and_reported(repo: Repo, killing: Callable[[int], dict[str, str]]) -> None:
    """A TeX that somebody kills costs a warning, not the note."""
    run = repo.write("甲.md", "文字。\n").cli("pdf", "-j1", env=killing(1))
    assert run.returncode == ExitCode.OK, run.stderr
    assert "[process-killed]" in run.stderr
    assert "文字" in repo.pdf_words("甲.pdf")


def test_process_that_is_killed_again_fails_its_note_only(repo: Repo, killing: Callable[[int], dict[str, str]]) -> None:
    """After the second time the note is given up with an error."""
    run = repo.write("甲.md", "文字。\n").cli("pdf", "-j1", env=killing(2))
    assert run.returncode == ExitCode.NOTE_ERROR
    assert "[tool-killed]" in run.stderr


def test_reasons_are_explained_before_the_build(copy: Repo) -> None:
    """--explain names what changed, for each note that is built and for what follows from it, and nothing else."""
    run = copy.replace("notes/01-一/01-basics.md", "普通文字", "改过的字").cli("pdf", "--explain")
    lines = run.stdout.splitlines()
    assert lines[0] == "notes/01-一/01-basics.md: note changed"
    assert "output/第一章 起步.pdf: part:notes/01-一/01-basics.md changed" in lines
    assert not any(line.startswith(("notes/02-二", "output/二.pdf")) for line in lines)


def test_bad_input_45_number_of_jobs_changes_no_byte(rich: Rich, tmp_path: Path) -> None:
    """-j16 against what -j4 built: as many jobs as one likes, the same bytes."""
    other = rich.repo.copy_to(tmp_path / "other", built=False)
    other.build(jobs=16)
    assert other.pdfs() == rich.repo.pdfs()


def test_fonts_are_worked_out_when_the_format_is_made(repo: Repo) -> None:
    """An engine that starts from the format asks fontspec for nothing: every family is declared already."""
    repo.write("甲.md", "文字。\n").build()
    run = repo.write("甲.md", "别的 *字* 和 `码`。\n").cli("pdf", "--keep-work", str(repo.root / ".kept"))
    assert run.returncode == ExitCode.OK, run.stderr
    (log,) = repo.files(".kept/*/note.log")
    assert "Font family" not in (repo.root / log).read_text("utf-8", errors="replace")


def test_xdvipdfmx_makes_no_map_that_finish_makes_anyway(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Chinese fonts come from xdvipdfmx without their maps; the published PDF has them."""
    made: list[bytes] = []

    def finish_and_keep(typeset: TypesetPdf, *words: Any, **options: Any) -> FinishedPdf:
        made.append(typeset.pdf)
        return finish(typeset, *words, **options)

    monkeypatch.setattr("notepress.worker.finish", finish_and_keep)
    repo.write("甲.md", "文字，**粗字**。\n").build()
    (before,) = made
    assert set(map(len, chinese_maps(before).values())) == {1}
    after = chinese_maps(repo.output("甲.pdf").read_bytes())
    assert set("文字，。粗") <= {char for one in after.values() for char in one.values()}


def chinese_maps(content: bytes) -> dict[str, dict[int, str]]:
    """Return the ToUnicode map of each Chinese font of a PDF by its name."""
    with pikepdf.open(BytesIO(content)) as pdf:
        fonts = [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and one.get("/Subtype") == "/Type0"]
        return {
            str(font.BaseFont): parse_cmap(font.ToUnicode.read_bytes()) for font in fonts if "CJK" in str(font.BaseFont)
        }


# The pattern, the opacity and the shading are what pgf puts into a PDF once and then relies on.
RICH_TIKZ = (
    "\\begin{tikzpicture}\\fill[pattern=north east lines] (0,0) rectangle (2,1);"
    "\\fill[opacity=.5] (1,0) circle (1);\\shade[left color=black!10,right color=black!60] (3,0) rectangle (4,1);"
    "\\end{tikzpicture}\n"
)


def test_a_figure_drawn_now_and_one_drawn_before_give_the_same_note(repo: Repo) -> None:
    """Whether the run that typesets a note also draws its figures can't be seen, in no byte."""
    repo.write("图.md", "# 图\n\n![一](a.tikz)\n\n![二](b.tikz)\n\n> 引文\n").write("a.tikz", RICH_TIKZ)
    assert repo.write("b.tikz", TIKZ).build().note("图").passes == 1
    drawn_now = repo.pdfs()
    (repo.root / ".notepress/manifest.jsonl").unlink()
    assert repo.build().note("图").passes == 1
    assert repo.pdfs() == drawn_now
    # All patterns and opacities that a page uses are there.
    with pikepdf.open(repo.output("图.pdf")) as pdf:
        shown = [one for one in pdf.objects if isinstance(one, pikepdf.Stream) and one.get("/Subtype") == "/Form"]
        used = {name for form in shown for name in re.findall(rb"/(\S+) (?:gs|scn|sh)\b", form.read_bytes())}
        there = {
            str(name).removeprefix("/").encode()
            for form in shown
            for kind in form.get("/Resources", {}).values()
            if isinstance(kind, pikepdf.Dictionary)
            for name, _ in kind.items()
        }
    assert used
    assert used <= there


def test_level_and_upright_lines_need_no_arc_tangent(repo: Repo) -> None:
    """Arrows and round corners along the axes are drawn without pgf's slow arithmetic, to the same bytes."""
    lines = (
        "\\draw[rounded corners=2pt] (0,0) rectangle (2,1);\\draw[->] (0,2) -- (2,2);\\draw[->] (2,3) -- (0,3);"
        "\\draw[->] (3,0) -- (3,2);\\draw[->] (4,2) -- (4,0);"
    )
    slow = "\\let\\pgfpointnormalised\\np@pointnormalised"
    never = "\\def\\pgfmathatantwo#1#2{\\errmessage{computed}\\def\\pgfmathresult{0}}"
    repo.write("图.md", "# 图\n\n![一](a.tikz)\n")
    pages = []
    for setting in (slow, never):
        figure = "\\makeatletter" + setting + "\\makeatother\\begin{tikzpicture}" + lines + "\\end{tikzpicture}\n"
        assert not repo.write("a.tikz", figure).build().diagnostics
        pages.append(repo.pdfs())
    assert pages[0] == pages[1]


def test_a_template_may_use_what_a_figure_uses(repo: Repo) -> None:
    """A pattern on the note's own pages is there, although pgf defines it only once and a figure has it too."""
    note = (CHECKOUT / "templates/note.tex.j2").read_text("utf-8")
    pattern = "\\tikz\\fill[pattern=north east lines] (0,0) rectangle (2,1);"
    repo.write("templates/note.tex.j2", note.replace("((( body )))", pattern + "\n((( body )))\n" + pattern))
    repo.write("图.md", "# 图\n\n![一](a.tikz)\n").write("a.tikz", RICH_TIKZ).build()
    with pikepdf.open(repo.output("图.pdf")) as pdf:
        assert "/Pattern" in pdf.pages[0].Resources
        assert len(pdf.pages[0].Resources.Pattern) == 1
    drawn_now = repo.pdfs()
    (repo.root / ".notepress/manifest.jsonl").unlink()
    repo.build()
    assert repo.pdfs() == drawn_now


def test_emphasis_in_a_heading_is_kai_and_copied_right(repo: Repo) -> None:
    """Not the first face of a collection, which draws 很 as in Japan with a glyph that no other face has."""
    repo.write("甲.md", "# 甲\n\n## 标题 *很* 长\n\n```python\nx = 1  # 很好的注释\n```\n").build()
    assert "标题很长" in repo.pdf_words("甲.pdf")
    assert "很好的注释" in repo.pdf_words("甲.pdf")
    assert "FandolKai-Regular-Identity-H" in repo.pdf_fonts("甲.pdf")


def test_a_glyph_of_another_region_is_known_too(tmp_path: Path) -> None:
    """A collection shares its glyphs; what one face lacks, the others can name."""
    project = load_config(tmp_path)
    tables = GlyphTables(load_fonts(project), tmp_path, file_digest)
    glyphs = tables.find("NotoSansCJKjp-Regular")
    assert glyphs is not None
    japanese = next(face for face in load_fonts(project).cjk_sans.faces() if face.collection)
    cid = next(pair >> 21 for pair in read_pairs(replace(japanese, index=0)) if pair & 0x1FFFFF == ord("很"))
    assert ord("很") not in {pair & 0x1FFFFF for pair in glyphs.pairs if pair >> 21 == cid}
    assert glyphs.characters(cid) == (ord("很"),)


def test_a_font_that_was_read_leaves_nothing_in_memory(tmp_path: Path) -> None:
    """The outlines of Chinese fonts, 20 MB each, don't pile up until Python looks for what nobody can reach."""
    face = load_fonts(load_config(tmp_path)).cjk_main.regular
    gc.collect()
    gc.disable()
    try:
        assert read_pairs(face)
        assert not [one for one in gc.get_objects() if isinstance(one, CFFFontSet)]
    finally:
        gc.enable()


def test_a_font_is_read_without_its_outlines(tmp_path: Path) -> None:
    """Name and glyphs of every font are those that fontTools finds, in a fraction of the memory of a Chinese one."""
    fonts = load_fonts(load_config(tmp_path))
    faces = {*(face for family in fonts.families().values() for face in family.faces()), *fonts.fallback}
    for face in faces:
        tracemalloc.start()
        name, pairs = read_name(face), read_pairs(face)
        assert tracemalloc.get_traced_memory()[1] < 12 << 20
        tracemalloc.stop()
        with TTFont(face.path, lazy=True, fontNumber=face.index if face.collection else -1) as font:
            order, cmap = font.getGlyphOrder(), font.getBestCmap()
            top = font["CFF "].cff if "CFF " in font else None
            assert name.name == (top.fontNames[0] if top else font["name"].getDebugName(6))
            assert name.keyed == (top is not None and hasattr(top.topDictIndex[0], "ROS"))
            cids = {glyph: int(glyph[3:]) if name.keyed and glyph != ".notdef" else n for n, glyph in enumerate(order)}
            assert list(pairs) == sorted(cids[glyph] << 21 | code for code, glyph in cmap.items())
