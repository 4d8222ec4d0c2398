"""The sockets: asks `routes` what a request may have, and sends it. Reads files, writes none."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO

from .board import Board
from .errors import InputError, error
from .events import HEARTBEAT, event_bytes
from .pdffiles import PdfDigests, open_inside
from .report import diagnostic_text
from .routes import Answer, EventsAsked, Hosts, PageAsked, PdfAsked, Request, pdf_answer, refusal, route
from .webpage import page_environment, webpage

# Seconds between two signs of life on a connection that has nothing to tell.
_HEARTBEAT = 15.0
# Seconds after which a browser that neither asks nor reads is given up.
_PATIENCE = 60.0
# Seconds between two looks whether the server should end.
_LOOK_UP = 0.1
_CHUNK = 1 << 18
_ALWAYS = {
    # Another page may neither frame these nor read them, and nothing is guessed.
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data:; connect-src 'self'; "
    "frame-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The address to listen at; port 0 stands for any free one."""

    host: str = "127.0.0.1"
    port: int = 8765


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The address of the page, and under which names it can be asked for."""

    address: str
    hosts: Hosts


@contextlib.contextmanager
def open_server(board: Board, root: Path, where: Where) -> Iterator[Site]:
    """Answer browsers while the context lasts, and yield what to tell people of it.

    Raises InputError where the address can't be had. In the end no thread waits any more, whoever is connected.
    """
    server = _listen(where, partial(_Handler, _Shown(board, root.resolve())))
    server.hosts = _hosts(where.host, server)
    thread = threading.Thread(target=server.serve_forever, args=(_LOOK_UP,), daemon=True)
    thread.start()
    try:
        yield Site(address=server.address, hosts=server.hosts)
    finally:
        board.events.close()
        server.shutdown()
        server.hang_up()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    """A server that can hang up on everybody."""

    daemon_threads = True
    hosts: Hosts

    def __init__(self, address: tuple[Any, ...], family: socket.AddressFamily, handler: Any) -> None:
        self.address_family = family
        self._connections: set[socket.socket] = set()
        super().__init__(address, handler)

    @property
    def address(self) -> str:
        """The address of the page; where every address of this machine will do, that of the machine itself."""
        host, port = self.server_address[:2]
        name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(str(host), str(host))
        return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"

    def server_bind(self) -> None:
        """Bind, without asking a name server who we are, as http.server does, which may take seconds."""
        super(ThreadingHTTPServer, self).server_bind()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own, and remember who is there."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget who is gone."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End every connection, so that no thread waits for a browser."""
        for connection in tuple(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Shown:
    """What all connections have in common."""

    def __init__(self, board: Board, root: Path) -> None:
        self.board = board
        self.root = root
        self.digests = PdfDigests()
        self.environment = page_environment(root)


class _Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    # Connections stay open: a viewer asks for a PDF in many parts.
    protocol_version = "HTTP/1.1"
    timeout = _PATIENCE
    server: _Server

    def __init__(self, shown: _Shown, *connection: Any) -> None:
        self._shown = shown
        self._board = shown.board
        super().__init__(*connection)

    def handle(self) -> None:
        """Answer until the browser has gone, which is no mistake."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            super().handle()

    def version_string(self) -> str:
        """Tell no versions."""
        return "notepress"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named by the base class
        """Say nothing: only the command line prints."""

    def do_GET(self) -> None:
        """Answer any request."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        if {"content-length", "transfer-encoding"} & set(headers):
            # Its body is not read, so what follows on this connection would be taken for a request.
            self.close_connection = True
        request = Request(method=self.command, target=self.path, headers=headers)
        view = self._board.view()
        match route(request, view.pdfs(), self.server.hosts):
            case Answer() as answer:
                self._send(answer)
            case PageAsked(shown):
                self._send(self._page(shown))
            case EventsAsked():
                self._send_events()
            case PdfAsked(pdf):
                self._send_pdf(request, pdf, view.folder)

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815 - named by the base class

    def _page(self, shown: str) -> Answer:
        nonce = secrets.token_urlsafe(16)
        try:
            html = webpage(self._board.view(), shown, nonce, self._shown.environment)
        except InputError as problem:
            text = "\n".join(diagnostic_text(d) for d in problem.diagnostics)
            return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, text)
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-store",
            "Content-Security-Policy": _POLICY.format(nonce=nonce),
        }
        # Half a character, as a damaged file may have in its name, has no bytes.
        return Answer(status=HTTPStatus.OK, headers=headers, body=html.encode("utf-8", "replace"))

    def _send(self, answer: Answer) -> None:
        self._send_head(answer.status, {**answer.headers, "Content-Length": str(len(answer.body))})
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _send_head(self, status: HTTPStatus, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**_ALWAYS, **headers}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _send_pdf(self, request: Request, pdf: str, folder: Path | None) -> None:
        """Send a PDF, or a part of it, all from the same file even if a build replaces it meanwhile."""
        try:
            with open_inside(self._shown.root / pdf, folder) as stream:
                size = os.fstat(stream.fileno()).st_size
                answer = pdf_answer(request, size, self._shown.digests.of(stream))
                length = {} if answer.status is HTTPStatus.NOT_MODIFIED else {"Content-Length": str(answer.length)}
                self._send_head(answer.status, {**answer.headers, **length})
                if self.command != "HEAD":
                    self._send_part(stream, answer.start, answer.length)
        except FileNotFoundError:
            self._send(refusal(HTTPStatus.NOT_FOUND, "这份 PDF 还没有，或者刚被删掉。"))

    def _send_part(self, stream: BinaryIO, start: int, length: int) -> None:
        stream.seek(start)
        while length > 0:
            piece = stream.read(min(_CHUNK, length))
            if not piece:
                # Cut short by another program; the browser must not wait for the rest.
                self.close_connection = True
                return
            self.wfile.write(piece)
            length -= len(piece)

    def _send_events(self) -> None:
        """Send what happens for as long as the browser listens and the server runs."""
        # Without a length, the end of the connection is the end of the answer.
        self.close_connection = True
        self._send_head(HTTPStatus.OK, {"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        if self.command == "HEAD":
            return
        last = self._board.events.last
        # Who connects may have missed something, so the first event is that there is a page to look at.
        self.wfile.write(b"event: hello\ndata: {}\n\n")
        while (events := self._board.events.after(last, _HEARTBEAT)) is not None:
            self.wfile.write(b"".join(map(event_bytes, events)) or HEARTBEAT)
            last = events[-1].number if events else last


def _listen(where: Where, handler: Any) -> _Server:
    """Return a server at an address; raises InputError where it can't be had."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            where.host, where.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return _Server(address, family, handler)
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            message = f"port {where.port} of {where.host} is taken, perhaps by another `serve`"
            hint = f"stop that one, or choose another port: --port {_next(where.port)}; --port 0 takes any free one"
            raise InputError(error("port-taken", message, hint=hint)) from problem
        message = f"can't listen at {where.host}, port {where.port}: {problem.strerror or problem}"
        hint = "without --host, 127.0.0.1 is used; ports below 1024 belong to the system"
        raise InputError(error("bad-address", message, hint=hint)) from problem


def _next(port: int) -> int:
    return port + 1 if port < 65535 else port - 1


def _hosts(host: str, server: _Server) -> Hosts:
    """Return the names that requests may use: of this machine, and of the host that was asked for."""
    at = str(server.server_address[0])
    loopback = at.startswith("127.") or at == "::1"
    own = socket.gethostname().lower()
    # Telephones and tablets know a machine by the second one (RFC 6762).
    names = set() if loopback else {own, f"{own}.local"}
    return Hosts(names=frozenset({host.lower(), *names}), open_to_others=not loopback)
