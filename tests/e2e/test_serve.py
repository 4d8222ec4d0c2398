"""The page of a watcher: a save is an event and another PDF, a mistake is shown beside the old one, and it ends."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest

from notepress.errors import ExitCode
from tests.e2e.repo import PATIENCE, Repo, tex_processes
from tests.e2e.watcher import ONE, TWO, Watcher, watching
from tests.patience import becomes_true

pytestmark = pytest.mark.tex


class Browser:
    """Reads what a browser would read."""

    def __init__(self, watcher: Watcher) -> None:
        watcher.until_said("in a browser")
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", watcher.said())
        assert found
        self._port = int(found[1])
        self._listening = self._connect()
        self._listening.request("GET", "/events")
        self._events = self._listening.getresponse()

    def get(self, target: str) -> bytes:
        """Return what an address holds."""
        connection = self._connect()
        connection.request("GET", target)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        assert answer.status == 200, target
        return body

    def next(self, kind: str) -> dict[str, Any]:
        """Wait for an event of a kind and return its data."""
        seen = ""
        while line := self._events.readline().decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            if name == "data" and seen == kind:
                found: dict[str, Any] = json.loads(value)
                self._events.readline()
                return found
            seen = value if name == "event" else seen
            if name in {"data", ""}:
                self._events.readline()
        raise AssertionError(f"no {kind}")

    def note(self, source: str) -> dict[str, Any]:
        """Wait for the event of a note and return it."""
        while (found := self.next("note"))["source"] != source:
            pass
        return found

    def close(self) -> None:
        """Hang up."""
        self._events.close()
        self._listening.close()

    def _connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)


@contextmanager
def browsing(watcher: Watcher) -> Iterator[Browser]:
    """Open a browser."""
    browser = Browser(watcher)
    try:
        yield browser
    finally:
        browser.close()


def test_a_save_is_an_event_with_another_pdf(book: Repo, tmp_path: Path) -> None:
    """What was built is on the page; a save comes as an event whose address holds the new bytes."""
    with watching(book, tmp_path / "work", "serve", "--port", "0") as watcher, browsing(watcher) as browser:
        first = browser.note(ONE)
        assert (first["state"], first["saved"], first["diagnostics"]) == ("built", False, [])
        watcher.until_said("Ctrl-C stops")
        page = browser.get("/").decode()
        assert "一" in page
        assert page.count('data-pdf="/output/') == 4
        assert first["address"] in page
        assert watcher.said().count("http://") == 1

        book.replace(ONE, "第一篇的字", "改过的字")
        saved = browser.note(ONE)
        assert saved["saved"]
        assert saved["address"] != first["address"]
        assert urlsplit(saved["address"]).path == urlsplit(first["address"]).path
        assert unquote(urlsplit(saved["address"]).path) == "/output/章/一.pdf"
        assert browser.get(saved["address"]) == book.output("章/一.pdf").read_bytes()
        assert "改过的字" in book.pdf_words("章/一.pdf")
        assert browser.next("built")["diagnostics"] == []
        assert saved["address"] in browser.get("/").decode()


def test_a_broken_save_is_told_and_the_old_pdf_is_served(book: Repo, tmp_path: Path) -> None:
    """The event has file, line and hint; the page shows them, and the address has the bytes that it had."""
    with watching(book, tmp_path / "work", "serve", "--port", "0", "--strict") as watcher, browsing(watcher) as browser:
        first = browser.note(ONE)
        watcher.until_said("Ctrl-C stops")
        good = browser.get(first["address"])
        book.write(ONE, "# 一\n\n字 $\\nosuchcommand$\n")
        broken = browser.note(ONE)
        assert (broken["state"], broken["address"]) == ("failed", first["address"])
        (found,) = broken["diagnostics"]
        assert (found["file"], found["line"], found["severity"]) == (ONE, 3, "error")
        assert "\\nosuchcommand" in found["excerpt"]
        browser.next("built")
        assert browser.get(first["address"]) == good

        def told() -> bool:
            # A save that is noticed in two pieces is tried twice; meanwhile the page says that the note is waiting.
            page = browser.get(f"/?show={quote(ONE)}").decode()
            return all(words in page for words in (f"{ONE}:3:", "没排成", first["address"]))

        assert becomes_true(told, PATIENCE)


def test_another_theme_has_a_page_and_leaves_the_readme(book: Repo, tmp_path: Path) -> None:
    """The PDFs of --theme are the ones that are shown; links of the README stay those of notes.yaml."""
    readme = (book.root / "README.md").read_bytes()
    words = ("serve", "--port", "0", "--theme", "phone")
    with watching(book, tmp_path / "work", *words) as watcher, browsing(watcher) as browser:
        address = browser.note(TWO)["address"]
        assert unquote(address).startswith("/output/phone/章/二.pdf")
        assert browser.get(address) == book.output("phone/章/二.pdf").read_bytes()
        watcher.until_said("Ctrl-C stops")
        assert (book.root / "README.md").read_bytes() == readme


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_with_browsers_connected(book: Repo, tmp_path: Path, how: signal.Signals) -> None:
    """No process and no folder stays, and a second interrupt is not needed, although a browser still listens."""
    work = tmp_path / "work"
    with watching(book, work, "serve", "--port", "0") as watcher, browsing(watcher) as browser:
        browser.get("/")
        watcher.until_said("Ctrl-C stops")
        watcher.until(lambda: len(tex_processes(work)) >= 2, "engines that wait")
        watcher.process.send_signal(how)
        assert watcher.process.wait(timeout=15) == ExitCode.INTERRUPTED
        assert tex_processes(work) == []
        assert list(work.iterdir()) == []
        assert "Traceback" not in watcher.said()


def test_a_taken_port_ends_it_before_a_build(book: Repo, tmp_path: Path) -> None:
    """The second one says what to do and exits with 2; the first one goes on."""
    with watching(book, tmp_path / "work", "serve", "--port", "0") as watcher, browsing(watcher) as browser:
        port = str(urlsplit(re.findall(r"http://\S+", watcher.said())[0]).port)
        run = book.cli("serve", "--port", port)
        assert run.returncode == ExitCode.BAD_INPUT
        assert f"port {port}" in run.stderr
        assert "--port 0" in run.stderr
        assert browser.note(ONE)["state"] == "built"
