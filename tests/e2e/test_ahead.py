"""What is done ahead of time: it saves what a save has to wait for, and no page, message or mistake shows it."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from notepress.ahead import Opening
from notepress.config import load_config
from notepress.documents import TexDocument
from notepress.engine import Engine
from notepress.engines import Engines
from notepress.pipeline import BuildOptions, build_with
from notepress.terminal import Silent
from notepress.workshop import open_workshop
from tests.e2e.repo import Repo, Result

pytestmark = pytest.mark.tex

TIKZ = "\\begin{tikzpicture}\\draw (0,0) rectangle (2,1) node[midway] {图字};\\end{tikzpicture}\n"
# What could notice that TeX paused: paragraphs, lists, boxes, tables, code, footnotes, figures, numbers, pages, labels.
NOTE = (
    "---\ntitle: 样张\nabstract: 摘要 $x$。\n---\n\n## 开头\n\n见式 @eq-later 和 @fig-a。脚注[^1]。\n\n"
    + "\n\n".join(
        f"### 第 {n} 节\n\n**术语{n}**（term {n}）：$x_{n} = \\sqrt{{{n}}}$，“引号”。\n\n- 甲 {n}\n- 乙[^{n}]\n\n"
        f"```python\nprint({n})\n```\n\n| 记号 | 值 |\n|:--|--:|\n| $x$ | {n} |\n\n"
        f"::: {{.example #exm-{n}}}\n例 {n}。\n\n$$\ny_{n} = {n}\n$$\n:::\n\n正文 {n}。"
        + "概率与统计需要反复练习。"
        * 12
        for n in range(1, 8)
    )
)
NOTE += "\n\n$$\na = b\n$$ {#eq-later}\n\n![图](a.tikz){#fig-a}\n\n末尾的字。\n\n" + "\n".join(
    f"[^{n}]: 注 {n}。" for n in range(1, 8)
)
NOTE += "\n"


@contextmanager
def warm(repo: Repo) -> Iterator[Callable[[str], Result]]:
    """Yield what saves a note and builds it, as the watcher does: with all that is ready by then."""
    with open_workshop(load_config(repo.root), 2) as workshop:

        def save(text: str) -> Result:
            repo.write("甲.md", text)
            report = build_with(workshop, BuildOptions(), Silent(), lambda: True)
            workshop.warm_up(1)
            return Result(report)

        yield save


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each note that was typeset, whether an engine had begun it."""
    found: list[bool] = []
    exchange = Engines.exchange

    def spied(engines: Engines, engine: Engine, document: TexDocument, carried: str) -> Engine:
        taken = exchange(engines, engine, document, carried)
        found.append(taken is not engine)
        return taken

    monkeypatch.setattr(Engines, "exchange", spied)
    return found


def _edited(*changes: tuple[str, str]) -> str:
    text = NOTE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def test_a_note_that_was_begun_ahead_is_the_same_in_every_byte(repo: Repo, tmp_path: Path, used: list[bool]) -> None:
    """From the second edit in one place on TeX has begun the note, and nobody can tell.

    An edit before that place, and a new figure, which is drawn before the first page, make it begin anew.
    """
    repo.write("a.tikz", TIKZ)
    half = ("正文 4。", "正文四。")
    texts = (
        NOTE,
        _edited(half),
        _edited(half, ("正文 5。", "正文五。")),
        _edited(half, ("正文 5。", "正文五。[^8]\n\n[^8]: 新注。")),
        _edited(half, ("正文 6。", "![图二](a.tikz)\n\n正文 6。")),
        _edited(("正文 1。", "正文一。")),
    )
    cold = repo.copy_to(tmp_path / "cold" / repo.root.name)
    with warm(repo) as save:
        for text in texts:
            assert save(text).diagnostics == cold.write("甲.md", text).build().diagnostics == ()
            assert repo.pdfs()["样张.pdf"] == cold.pdfs()["样张.pdf"]
    assert used[::2] == [False, False, True, True, False, False]


@pytest.mark.parametrize("place", ["正文 6。", "正文 2。"])
def test_a_mistake_is_reported_as_ever(repo: Repo, tmp_path: Path, place: str) -> None:
    """A formula that TeX rejects is said at its line, whether it comes after what was typeset ahead or before."""
    repo.write("a.tikz", TIKZ)
    broken = _edited((place, f"{place}$\\frac{{1}}{{2}}}}$ 与 $\\nosuchcommand$。"))
    cold = repo.copy_to(tmp_path / "cold" / repo.root.name).write("甲.md", broken)
    with warm(repo) as save:
        for words in ("正文 4。", "正文四。", "正文肆。"):
            save(_edited(("正文 4。", words)))
        assert save(broken).diagnostics == cold.build().diagnostics != ()
        assert repo.pdfs()["样张.pdf"] == cold.pdfs()["样张.pdf"]
        assert save(NOTE).diagnostics == ()


@pytest.mark.parametrize("mistake", ["\\section{", "\\nosuchcommand"])
def test_a_beginning_at_which_tex_fails_costs_nothing_but_its_time(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, mistake: str
) -> None:
    """Where TeX can't stop at the place that was chosen, or stumbles before it, the note is typeset anew."""
    repo.write("a.tikz", TIKZ)
    text = Opening.text
    asked: list[str] = []

    def mistaken(opening: Opening) -> str:
        asked.append(opening.latex)
        return opening.latex + mistake + text(opening).removeprefix(opening.latex)

    monkeypatch.setattr(Opening, "text", mistaken)
    with warm(repo) as save:
        for words in ("正文 6。", "正文六。", "正文陆。"):
            assert save(_edited(("正文 6。", words))).diagnostics == ()
            assert words in repo.pdf_text("样张.pdf")
    assert asked


@pytest.fixture
def failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what makes an xdvipdfmx that does as it is told while TeX writes, and works afterwards."""

    def make(command: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        script = folder / "xdvipdfmx"
        script.write_text(
            f'#!/bin/sh\ncase "$*" in *.xdv) exec {shutil.which("xdvipdfmx")} "$@";; esac\n{command}\n', "utf-8"
        )
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        # The wall around TeX would not let it run.
        monkeypatch.setattr("notepress.landlock.version", lambda: 0)
        monkeypatch.setattr("notepress.pages.tool", lambda _name: script)

    return make


@pytest.mark.parametrize("command", ["exit 1", "cat > /dev/null; exit 1"])
def test_pages_that_could_not_be_converted_meanwhile_are_converted_afterwards(
    repo: Repo, failing: Callable[[str], None], command: str
) -> None:
    """An xdvipdfmx that fails before or after TeX has written its pages costs the note nothing."""
    failing(command)
    assert repo.write("甲.md", NOTE).write("a.tikz", TIKZ).build().diagnostics == ()
    repo.replace("甲.md", "正文 4。", "正文四。")
    assert repo.build().diagnostics == ()
    assert "正文四。" in repo.pdf_text("样张.pdf")


def test_a_converter_that_is_killed_meanwhile_is_reported(repo: Repo, failing: Callable[[str], None]) -> None:
    """Whoever kills it is told so, and the note is tried again."""
    failing("kill -9 $$")
    repo.write("甲.md", "文字。\n")
    assert "tool-killed" in repo.build().codes("甲")
