"""What a request asks for and whether it may: the rules of the server, without a socket or a file.

Only PDFs that a build has made can be asked for, by looking their names up; no path is ever put together.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qs, unquote, urlsplit

EVENTS = "/events"
METHODS = ("GET", "HEAD")
_RANGE = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))")
_PLAIN = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request; `headers` have lower-case names. `target` is what stands behind the method."""

    method: str
    target: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status, headers, and all of a body."""

    status: HTTPStatus
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class PageAsked:
    """The page is asked for, with the PDF of a key."""

    shown: str


@dataclass(frozen=True, slots=True)
class EventsAsked:
    """What happens from now on is asked for."""


@dataclass(frozen=True, slots=True)
class PdfAsked:
    """A PDF is asked for, by its path relative to the project's root."""

    pdf: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfAnswer:
    """How to answer with a PDF: the bytes from `start`, `length` of them, none for 304 and 416."""

    status: HTTPStatus
    headers: Mapping[str, str]
    start: int = 0
    length: int = 0


Asked = PageAsked | EventsAsked | PdfAsked | Answer


def route(request: Request, pdfs: Collection[str], hosts: Hosts) -> Asked:
    """Return what a request asks for, or the answer that it can't have it; `pdfs` are those there are."""
    if not hosts.allow(request.headers.get("host", "")):
        # A page from elsewhere whose name was made to lead here (DNS rebinding) would be let in as this page.
        return refusal(HTTPStatus.FORBIDDEN, "这个地址不在允许之列。请用启动时印出的地址。")
    if request.method not in METHODS:
        return refusal(HTTPStatus.METHOD_NOT_ALLOWED, "只能读。", {"Allow": ", ".join(METHODS)})
    try:
        address = urlsplit(request.target)
        path = unquote(address.path, errors="strict")
    except ValueError:
        return refusal(HTTPStatus.BAD_REQUEST, "看不懂的地址。")
    if path == "/":
        return PageAsked(parse_qs(address.query).get("show", [""])[0])
    if path == EVENTS:
        return EventsAsked()
    # The name of a file may hold any character, so it is looked up, never taken apart.
    if path.startswith("/") and path[1:] in pdfs:
        return PdfAsked(path[1:])
    return refusal(HTTPStatus.NOT_FOUND, "没有这一页。笔记的 PDF 可能改了名字，请回到目录。")


def refusal(status: HTTPStatus, text: str, more: Mapping[str, str] | None = None) -> Answer:
    """Return an answer of some words."""
    headers = {"Content-Type": _PLAIN, "Cache-Control": "no-store", **(more or {})}
    return Answer(status=status, headers=headers, body=f"{text}\n".encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """The names under which the server may be asked.

    A name of this machine, and where other machines may ask, any address in figures: that needs no name server, which
    is what could lie. `names` are more of them, in lower case.
    """

    names: frozenset[str]
    open_to_others: bool

    def allow(self, host: str) -> bool:
        """Say whether the header Host, with or without a port, names this server."""
        match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@/\s]+)(?::[0-9]{1,5})?", host)
        if not match:
            return False
        name = match[1].strip("[]").lower()
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return name == "localhost" or name in self.names
        return address.is_loopback or self.open_to_others


def pdf_answer(request: Request, size: int, digest: str) -> PdfAnswer:
    """Return how to answer with a PDF of `size` bytes (RFC 9110, sections 13 and 14)."""
    tag = f'"{digest}"'
    headers = {
        "Content-Type": "application/pdf",
        "ETag": tag,
        "Accept-Ranges": "bytes",
        # Kept, and asked about each time: the answer is nearly always that it is still the same.
        "Cache-Control": "no-cache",
        "Content-Disposition": "inline",
    }
    asked = request.headers
    if _names(asked.get("if-none-match", ""), tag):
        return PdfAnswer(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    match = _RANGE.fullmatch(asked.get("range", "").strip())
    # A part of another PDF than the one the browser has would not fit; several parts at once nobody asks for.
    if not match or asked.get("if-range", tag) != tag or not _in_order(match):
        return PdfAnswer(status=HTTPStatus.OK, headers=headers, length=size)
    start, end = _span(match, size)
    if start >= end:
        return PdfAnswer(
            status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers={**headers, "Content-Range": f"bytes */{size}"}
        )
    return PdfAnswer(
        status=HTTPStatus.PARTIAL_CONTENT,
        headers={**headers, "Content-Range": f"bytes {start}-{end - 1}/{size}"},
        start=start,
        length=end - start,
    )


def _names(header: str, tag: str) -> bool:
    tags = [part.strip().removeprefix("W/") for part in header.split(",")]
    return "*" in tags or tag in tags


def _in_order(match: re.Match[str]) -> bool:
    return not match[2] or int(match[1]) <= int(match[2])


def _span(match: re.Match[str], size: int) -> tuple[int, int]:
    """Return where a range begins and ends, the end excluded."""
    if match[3]:
        return max(0, size - int(match[3])), size if int(match[3]) else 0
    return int(match[1]), min(size, int(match[2]) + 1) if match[2] else size
