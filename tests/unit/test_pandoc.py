"""pandoc as a process that lives as long as a build."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from notepress.errors import ExitCode, MissingToolError, NoteError
from notepress.model import Body
from notepress.pandoc import Pandoc, pandoc_ahead, pandoc_path
from notepress.processes import LineServer, StoppedError
from tests.patience import becomes_true

PATIENCE = 20.0
REQUEST: dict[str, Any] = {"text": "文字 **粗**\n", "formulas": [], "headline": 0}


def count_starts(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Return a list that grows with every process that is started."""
    started: list[object] = []
    begin = LineServer.__init__

    def counted(server: LineServer, *words: Any, **options: Any) -> None:
        started.append(server)
        begin(server, *words, **options)

    monkeypatch.setattr(LineServer, "__init__", counted)
    return started


def test_one_process_answers_many_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pandoc's start is paid once, and what it answered before changes nothing."""
    started = count_starts(monkeypatch)
    with Pandoc() as pandoc:
        answers = [pandoc.ask(REQUEST)["latex"] for _ in range(3)]
    assert len(started) == 1
    assert len(set(answers)) == 1
    assert "\\textbf{粗}" in answers[0]


def test_a_process_that_died_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The note that met the dead process is converted all the same, and the next one finds a new process."""
    started = count_starts(monkeypatch)
    with Pandoc() as pandoc:
        first = pandoc.ask(REQUEST)["latex"]
        server = started[0]
        assert isinstance(server, LineServer)
        server.close()
        assert pandoc.ask(REQUEST)["latex"] == first
        assert pandoc.ask(REQUEST)["latex"] == first
    assert len(started) == 2


def test_a_note_that_no_process_survives_is_an_error_of_the_note(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a fresh process fails as well, the note has a diagnostic, and the build goes on."""
    monkeypatch.setattr("notepress.pandoc._command", lambda: ["false"])
    with Pandoc() as pandoc, pytest.raises(NoteError) as caught:
        pandoc.ask(REQUEST)
    assert [d.code for d in caught.value.diagnostics] == ["conversion-failed"]


def test_a_process_that_has_to_be_killed_leaves_no_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Pandoc makes a folder for itself; on a busy machine it is killed before it can remove it."""
    started = count_starts(monkeypatch)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Pandoc() as pandoc:
        pandoc.ask(REQUEST)
        assert list(tmp_path.rglob("pandoc-*")) != []
        server = started[0]
        assert isinstance(server, LineServer)
        os.kill(server.pid, signal.SIGSTOP)
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_gets_ready_ahead_ends_with_what_it_is_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it stays where a build turns out to have nothing to do, even if it is not ready yet."""
    started = count_starts(monkeypatch)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pandoc_ahead() as pandoc:
        assert becomes_true(lambda: len(started) == 1, PATIENCE)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StoppedError):
        pandoc.ask(REQUEST)


def test_bad_input_39_missing_pandoc_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pandoc one message says what to install; exit code 3."""

    def missing() -> str:
        raise OSError("No pandoc was found")

    pandoc_path.cache_clear()
    monkeypatch.setattr("notepress.pandoc.find_spec", lambda _: None)
    monkeypatch.setattr("pypandoc.get_pandoc_path", missing)
    with pytest.raises(MissingToolError) as caught:
        pandoc_path()
    [found] = caught.value.diagnostics
    assert (caught.value.exit_code, found.code) == (ExitCode.MISSING_TOOL, "pandoc-missing")
    assert "pypandoc_binary" in (found.hint or "")


def test_words_that_become_latex_at_once_are_what_pandoc_writes(converted: Callable[..., Body]) -> None:
    """A sentence and the same words in bold, which pandoc's writer gets one by one, are the same characters."""
    signs = [f"\\{sign}" for sign in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"]
    signs += [
        "--",
        "-",
        "“”",
        "……",
        "——",
        "，。",
        "·",
        "\u00a0",
        "\u00ad",
        "\u200b",
        "\u202f",
        "\u2003",
        "\u3000",
        "é",
        "e\u0301",
        "😀",
    ]
    plain = [f"字x{sign}y 与{sign}字" for sign in signs]
    latex = converted("\n\n".join(f"{words}\n\n尾**{words}**" for words in plain)).latex
    paragraphs = [part.partition("\n")[2] for part in latex.split("\n\n")]
    for words, bold in zip(paragraphs[::2], paragraphs[1::2], strict=True):
        assert bold == rf"尾\textbf{{{words}}}"


def test_what_can_be_no_part_of_a_run_of_words_keeps_its_place(converted: Callable[..., Body]) -> None:
    """Endless words, signs of TeX, code and formulas stand between the words between which the author put them."""
    latex = converted(f"前 {'x' * 70} 中\n一 50% 二 `c` 三 $a$ 四[^1] 五\n六\n\n[^1]: 注\n").latex
    order = [
        latex.index(sign)
        for sign in ("前", "xxxx", "中", "一", "50", "二", "{c}", "三", "\ufdd00", "四", "注", "五", "六")
    ]
    assert order == sorted(order)


@pytest.mark.parametrize(
    "address", ["https://a.cn", "ftp://a.cn", "www.a.cn", "Www.a.cn", "a@b.cn", "见a.b+c@d-e.f", "甲@乙.中"]
)
def test_bare_addresses_are_links(converted: Callable[..., Body], address: str) -> None:
    """What pandoc takes for an address it gets to see as one, whether the text has others or not."""
    alone, beside = (converted(text).latex for text in (f"看 {address} 吧", f"看 {address} 吧 https://x.cn"))
    assert beside.startswith(alone)
