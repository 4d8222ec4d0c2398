"""The server on a real socket: what is sent, what is refused, and that it ends whoever is connected."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import quote

import pytest

from notepress.board import Board
from notepress.errors import ExitCode, InputError, error
from notepress.inline import literal
from notepress.model import Chapter, Library, Note
from notepress.pdffiles import PdfDigests, open_inside
from notepress.plan import Record
from notepress.project import Config, Project
from notepress.webserver import Where, open_server

PDF = "output/章/一 & 二.pdf"
CONTENT = bytes(range(256)) * 4000


@pytest.fixture
def board(tmp_path: Path, make_note: Callable[..., Note]) -> Board:
    """A board that knows a PDF, and one that is a link to a file outside of output/."""
    for name in ("output/章", "notes"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / PDF).write_bytes(CONTENT)
    (tmp_path / "secret.pdf").write_bytes(b"secret")
    (tmp_path / "output/link.pdf").symlink_to(tmp_path / "secret.pdf")
    made = {"a.md": PDF, "link.md": "output/link.pdf", "up.md": "output/../secret.pdf", "gone.md": "output/gone.pdf"}
    notes = tuple(make_note(source=source, title=literal("<script>甲")) for source in made)
    library = Library(
        chapters=(Chapter(title=literal(""), number=None, folder="notes", pdf=None, notes=notes),),
        book_pdf=None, diagnostics=(),
    )  # fmt: skip
    records = {source: Record(inputs={}, pdf=pdf, sha256="1" * 64, pages=1) for source, pdf in made.items()}
    board = Board()
    board.known(Project(root=tmp_path, config=Config(title="书"), configured=True), library, records)
    return board


@pytest.fixture
def port(board: Board, tmp_path: Path) -> Iterator[int]:
    """Yield the port of a server that shows the board."""
    with open_server(board, tmp_path, Where(port=0)) as site:
        yield int(site.address.rstrip("/").rpartition(":")[2])


def get(port: int, target: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
    """Return an answer and its body; in the names of `headers` _ stands for -."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, target, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def test_the_page_is_escaped_and_may_run_nothing_else(port: int) -> None:
    """HTML that is never kept, with a policy that lets only its own script run, and escaped titles."""
    answer, body = get(port, "/")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    nonce = policy.partition("script-src 'nonce-")[2].partition("'")[0]
    assert len(nonce) > 16
    assert body.decode().count("<script") == body.decode().count(f'<script nonce="{nonce}">') == 1
    assert "&lt;script&gt;甲" in body.decode()
    assert nonce not in get(port, "/")[1].decode()


def test_a_pdf_comes_whole_in_parts_and_once(port: int) -> None:
    """The bytes of the file with their digest as tag; parts of it; nothing where the browser has it."""
    target = "/" + quote(PDF)
    answer, body = get(port, target)
    tag = f'"{hashlib.sha256(CONTENT).hexdigest()}"'
    assert (answer.status, body, answer.headers["ETag"]) == (200, CONTENT, tag)
    assert answer.headers["Content-Type"] == "application/pdf"
    answer, body = get(port, target, Range="bytes=300000-300009")
    assert (answer.status, body) == (206, CONTENT[300000:300010])
    answer, body = get(port, target, Range="bytes=-5")
    assert (answer.status, body) == (206, CONTENT[-5:])
    answer, body = get(port, target, If_None_Match=tag)
    assert (answer.status, body) == (304, b"")
    answer, body = get(port, target, "HEAD")
    assert (answer.status, body, answer.headers["Content-Length"]) == (200, b"", str(len(CONTENT)))
    answer, _ = get(port, target, Range=f"bytes={len(CONTENT)}-")
    assert answer.status == 416


@pytest.mark.parametrize(
    "target",
    ["/output/link.pdf", "/output/../secret.pdf", "/output/%2e%2e/secret.pdf", "/secret.pdf", "/output/", "/output",
     "/output/gone.pdf", "/notes/", "/../../../../etc/passwd", "/output/link.pdf/"],
)  # fmt: skip
def test_nothing_outside_of_output_is_sent(port: int, target: str) -> None:
    """Neither by dots nor by links, not even where the manifest names it; no folder is listed."""
    answer, body = get(port, target)
    assert answer.status == 404
    assert b"secret" not in body


def test_only_reading_under_a_name_of_this_machine(port: int) -> None:
    """What a foreign page could send is refused, and what it sent is not taken for another request."""
    assert get(port, "/", Host="evil.example")[0].status == 403
    assert get(port, "/events", Host=f"evil.example:{port}")[0].status == 403
    assert get(port, "/", "POST")[0].status == 405
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        hidden = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(hidden)
        connection.sendall(head + hidden)
        with connection.makefile("rb") as answers:
            assert answers.read().count(b"HTTP/1.1") == 1


def test_events_arrive_while_the_connection_lasts(port: int, board: Board) -> None:
    """A greeting at once, then each event; nothing is kept by the browser."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/events")
    answer = connection.getresponse()
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.readline() == b"event: hello\n"
    board.failed(InputError(error("bad-value", "wrong", file="notes.yaml", line=2)))
    while (line := answer.readline()) != b"event: problem\n":
        assert line
    assert b'"notes.yaml"' in answer.readline()
    answer.close()
    connection.close()


def test_it_ends_at_once_with_browsers_connected(board: Board, tmp_path: Path) -> None:
    """One that listens, one that asks nothing and one in the middle of a PDF hold nothing up; the port is free."""
    before = threading.active_count()
    connections = []
    with open_server(board, tmp_path, Where(port=0)) as site:
        port = int(site.address.rstrip("/").rpartition(":")[2])
        for request in (b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n", b"",
                        b"GET /" + quote(PDF).encode() + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"):  # fmt: skip
            connection = socket.create_connection(("127.0.0.1", port), timeout=30)
            connection.sendall(request)
            connections.append(connection)
        assert connections[0].recv(10)
        started = time.monotonic()
    assert time.monotonic() - started < 5
    end = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.01)
    assert threading.active_count() == before
    with open_server(Board(), tmp_path, Where(port=port)):
        pass
    for connection in connections:
        connection.close()


def test_a_taken_port_is_said_with_what_to_do(port: int, tmp_path: Path) -> None:
    """The message names the port and another one, and the exit code is that of a wrong command line."""
    with pytest.raises(InputError) as caught, open_server(Board(), tmp_path, Where(port=port)):
        pass
    (found,) = caught.value.diagnostics
    assert (found.code, caught.value.exit_code) == ("port-taken", ExitCode.BAD_INPUT)
    assert str(port) in found.message
    assert "--port 0" in (found.hint or "")


def test_a_host_that_is_none_is_said(tmp_path: Path) -> None:
    """A name that leads nowhere is a mistake on the command line."""
    with pytest.raises(InputError) as caught, open_server(Board(), tmp_path, Where(host="nowhere.invalid", port=0)):
        pass
    assert caught.value.diagnostics[0].code == "bad-address"


def test_a_mistake_in_the_own_template_is_shown(board: Board, tmp_path: Path) -> None:
    """The page names the line, and is there again when it is mended, without a restart."""
    (tmp_path / "templates").mkdir()
    own = tmp_path / "templates" / "serve.html.j2"
    with open_server(board, tmp_path, Where(port=0)) as site:
        port = int(site.address.rstrip("/").rpartition(":")[2])
        own.write_text("{{ nothing }}\n", "utf-8")
        answer, body = get(port, "/")
        assert answer.status == 500
        assert b"templates/serve.html.j2" in body
        own.write_text("{{ view.title }}\n", "utf-8")
        assert get(port, "/")[1].decode() == "书"


def test_digests_are_those_of_the_content(tmp_path: Path) -> None:
    """A file that was replaced or changed has another digest, one that is open keeps its own."""
    path, digests = tmp_path / "a.pdf", PdfDigests()
    path.write_bytes(b"one")
    with open_inside(path, tmp_path) as old:
        assert digests.of(old) == digests.of(old) == hashlib.sha256(b"one").hexdigest()
        other = tmp_path / "b.pdf"
        other.write_bytes(b"two")
        other.replace(path)
        with open_inside(path, tmp_path) as new:
            assert digests.of(new) == hashlib.sha256(b"two").hexdigest()
        assert digests.of(old) == hashlib.sha256(b"one").hexdigest()
        assert os.fstat(old.fileno()).st_size == 3


def test_without_a_project_nothing_is_opened(tmp_path: Path) -> None:
    """Before it is known where PDFs belong, there are none."""
    (tmp_path / "a.pdf").write_bytes(b"x")
    for path, folder in ((tmp_path / "a.pdf", None), (tmp_path, tmp_path), (tmp_path / "a\0.pdf", tmp_path)):
        with pytest.raises(FileNotFoundError):
            open_inside(path, folder)
