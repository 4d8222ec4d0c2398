"""What a request may have: the page, events and the PDFs there are, and nothing else."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from notepress.routes import Answer, EventsAsked, Hosts, PageAsked, PdfAsked, Request, pdf_answer, route

PDFS = {"output/章/一 (1).pdf", "output/书.pdf", "output/100%#?.pdf"}
HOME = Hosts(names=frozenset({"127.0.0.1"}), open_to_others=False)
OPEN = Hosts(names=frozenset({"0.0.0.0", "desk"}), open_to_others=True)
DIGEST = "0a" * 32
TAG = f'"{DIGEST}"'
STEPS = [
    "..",
    ".",
    "%2e%2e",
    "%2E%2e",
    "..%2f",
    "%5c..",
    "output",
    "章",
    "书.pdf",
    "notes.yaml",
    "etc",
    "passwd",
    "%00",
    "~",
]
paths = st.lists(st.sampled_from(STEPS) | st.text(max_size=5), max_size=8).map(lambda parts: "/" + "/".join(parts))


def get(target: str, method: str = "GET", **headers: str) -> Request:
    """Return a request to this machine; in the names of `headers` _ stands for -."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method=method, target=target, headers={"host": "127.0.0.1:8765", **named})


def status(request: Request, hosts: Hosts = HOME) -> HTTPStatus:
    """Return the status of a refusal."""
    answer = route(request, PDFS, hosts)
    assert isinstance(answer, Answer)
    return answer.status


@pytest.mark.parametrize("pdf", sorted(PDFS))
def test_a_pdf_is_found_by_its_encoded_name(pdf: str) -> None:
    """Chinese, spaces and the characters of addresses in a name survive being encoded, with a version behind it."""
    assert route(get(f"/{quote(pdf)}"), PDFS, HOME) == PdfAsked(pdf)
    assert route(get(f"/{quote(pdf)}?v=1&n=2"), PDFS, HOME) == PdfAsked(pdf)


def test_the_page_is_asked_for_with_a_note_or_without() -> None:
    """The key of the note that is to be shown comes decoded."""
    assert route(get("/"), PDFS, HOME) == PageAsked("")
    assert route(get("/?show=" + quote("notes/01-章/一 & 二.md", safe="")), PDFS, HOME) == PageAsked(
        "notes/01-章/一 & 二.md"
    )
    assert route(get("/?show=%ff&x"), PDFS, HOME) == PageAsked("\ufffd")
    assert route(get("/events"), PDFS, HOME) == EventsAsked()


@given(paths | st.text(max_size=40).map(lambda text: "/" + text))
@example("/output/../notes.yaml")
@example("/output/")
@example("/output")
@example("//output/书.pdf")
@example("/%2e%2e/%2e%2e/etc/passwd")
@example("/output/%E7%AB%A0/../%E4%B9%A6.pdf")
@example("/[")
@example("http://[x/")
def test_no_address_leads_anywhere_else(target: str) -> None:
    """Whatever is asked for, the answer is the page, events, a PDF of the list by its exact name, or a refusal."""
    asked = route(get(target), PDFS, HOME)
    if isinstance(asked, PdfAsked):
        assert asked.pdf in PDFS
        assert ".." not in asked.pdf
    elif isinstance(asked, Answer):
        assert asked.status in {HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST}


@given(st.text(min_size=1, max_size=30))
def test_a_name_that_no_build_made_is_not_found(name: str) -> None:
    """Also beside the PDFs nothing is served, and no folder is listed."""
    assume(f"output/{name}" not in PDFS)
    assert status(get(f"/output/{quote(name)}")) is HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_written(method: str) -> None:
    """Only reading is answered, and the refusal says so."""
    answer = route(get("/", method), PDFS, HOME)
    assert isinstance(answer, Answer)
    assert answer.status is HTTPStatus.METHOD_NOT_ALLOWED
    assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8765", "127.0.0.1", "localhost:8765", "LOCALHOST", "[::1]:8765", "127.0.0.2:1"]
)
def test_this_machine_may_be_asked_under_its_own_names(host: str) -> None:
    """A browser on this machine is let in, also through a forwarded port."""
    assert route(get("/", host=host), PDFS, HOME) == PageAsked("")


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "evil.example:8765", "127.0.0.1.evil.example", "localhost.evil.example", "192.168.1.5:8765",
     "evil@127.0.0.1", "127.0.0.1:8765:1", "127.0.0.1 evil", "[::1", "2130706433.", "[evil]"],
)  # fmt: skip
def test_a_name_from_elsewhere_is_refused(host: str) -> None:
    """A page whose name was made to lead to this machine (DNS rebinding) gets nothing, not even events."""
    for target in ("/", "/events", f"/{quote('output/书.pdf')}"):
        assert status(get(target, host=host)) is HTTPStatus.FORBIDDEN
    without = Request(method="GET", target="/", headers={})
    assert status(without) is HTTPStatus.FORBIDDEN


@pytest.mark.parametrize(
    ("host", "allowed"),
    [("192.168.1.5:8765", True), ("[fe80::1]:8765", True), ("desk:8765", True), ("evil.com", False)],
)
def test_an_open_server_is_asked_by_figures_or_by_its_name(host: str, allowed: bool) -> None:
    """Where other machines may read, names that only a name server knows are still refused."""
    assert OPEN.allow(host) is allowed


def test_a_pdf_that_the_browser_has_is_not_sent_again() -> None:
    """The digest is the tag; another one, or none, gets the PDF."""
    for header in (TAG, f'"x", {TAG}', f"W/{TAG}", "*"):
        answer = pdf_answer(get("/", if_none_match=header), 10, DIGEST)
        assert (answer.status, answer.length) == (HTTPStatus.NOT_MODIFIED, 0)
        assert answer.headers["ETag"] == TAG
    answer = pdf_answer(get("/", if_none_match='"other"'), 10, DIGEST)
    assert (answer.status, answer.start, answer.length) == (HTTPStatus.OK, 0, 10)


@pytest.mark.parametrize(
    ("header", "start", "length"),
    [("bytes=0-0", 0, 1), ("bytes=2-5", 2, 4), ("bytes=7-", 7, 3), ("bytes=7-99", 7, 3), ("bytes=-3", 7, 3),
     ("bytes=-99", 0, 10)],
)  # fmt: skip
def test_a_part_is_sent_where_it_is_asked_for(header: str, start: int, length: int) -> None:
    """Viewers read the end of a PDF first; the header says which bytes these are."""
    answer = pdf_answer(get("/", range=header, if_range=TAG), 10, DIGEST)
    assert (answer.status, answer.start, answer.length) == (HTTPStatus.PARTIAL_CONTENT, start, length)
    assert answer.headers["Content-Range"] == f"bytes {start}-{start + length - 1}/10"


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_a_part_behind_the_end_is_none(header: str) -> None:
    """The answer says how long the PDF is."""
    answer = pdf_answer(get("/", range=header), 10, DIGEST)
    assert (answer.status, answer.length) == (HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, 0)
    assert answer.headers["Content-Range"] == "bytes */10"


@pytest.mark.parametrize(
    "header", ["bytes=5-2", "bytes=0-1,3-4", "bytes=", "bytes=-", "lines=1-2", "bytes=a-b", "bytes=१-"]
)
def test_a_range_that_means_nothing_gets_the_whole(header: str) -> None:
    """RFC 9110, 14.2: a server may ignore the header, and must where it is no range."""
    answer = pdf_answer(get("/", range=header), 10, DIGEST)
    assert (answer.status, answer.length) == (HTTPStatus.OK, 10)


def test_a_part_of_another_version_gets_the_whole() -> None:
    """A browser never puts parts of two PDFs together."""
    answer = pdf_answer(get("/", range="bytes=2-5", if_range='"old"'), 10, DIGEST)
    assert (answer.status, answer.length) == (HTTPStatus.OK, 10)


@given(st.text(alphabet="bytes=-0123456789, ", max_size=20), st.integers(0, 50))
def test_no_range_reaches_over_the_end(header: str, size: int) -> None:
    """What is sent lies inside the file, whatever was asked for."""
    answer = pdf_answer(get("/", range=header), size, DIGEST)
    assert 0 <= answer.start <= answer.start + answer.length <= size
