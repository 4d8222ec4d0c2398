"""pandoc as a process that lives as long as a build."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path
from typing import Any

import pytest

from notepress.errors import ExitCode, MissingToolError, NoteError
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
