"""Joining PDFs, here and in a process of its own."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String

from notepress.apart import Apart
from notepress.assemble import Part, assemble
from notepress.documents import Landmark
from notepress.errors import NoteError
from notepress.pdf import Metadata
from notepress.processes import LineServer, StoppedError

Join = Callable[..., int]
METADATA = Metadata(title="书", author="张三", subject="", keywords=("甲", "乙"), language="zh", date=None, label="")


def assemble_apart(parts: Iterable[Part], metadata: Metadata, target: Path, *, own_path: str) -> int:
    """Join in a process that is there for this alone."""
    with Apart() as apart:
        return apart.assemble(parts, metadata, target, own_path=own_path)


WAYS = pytest.mark.parametrize("join", [assemble, assemble_apart])


def make_part(folder: Path, number: int) -> Part:
    """Return a note of two pages with a heading on the second, a link to it and one to the next note."""
    path = folder / f"{number}.pdf"
    with Pdf.new() as pdf:
        for page in range(2):
            pdf.add_blank_page()
            pdf.pages[page].Contents = pdf.make_stream(bytes(range(256)) * 400 + f"{number} {page}".encode())
        place = Array([pdf.pages[1].obj, Name.XYZ, 72, 700, None])
        pdf.Root.Names = Dictionary(Dests=Dictionary(Names=Array([String("h.goal"), place])))
        uri = Dictionary(S=Name.URI, URI=String(f"notepress:{number + 1}.md"))
        actions = [Dictionary(S=Name.GoTo, D=String("h.goal")), uri]
        annotations = [Dictionary(Subtype=Name.Link, Rect=[0, 0, 9, 9], A=action) for action in actions]
        pdf.pages[0].Annots = Array([pdf.make_indirect(annotation) for annotation in annotations])
        pdf.save(path)
    marks = (Landmark(level=1, text="目标", latex="目标", ident="goal", line=1, page=1),)
    return Part(
        file=path,
        level=0,
        title=f"第{number}篇",
        landmarks=marks,
        label=f"{number}–",
        roman=False,
        source=f"{number}.md",
        path=f"output/{number}.pdf",
    )


@pytest.fixture
def parts(tmp_path: Path) -> list[Part]:
    """Three notes."""
    return [make_part(tmp_path, number) for number in range(3)]


def count_servers(monkeypatch: pytest.MonkeyPatch) -> list[LineServer]:
    """Return a list that every process which joins is in from its start on."""
    started: list[LineServer] = []
    begin = LineServer.__init__

    def counted(server: LineServer, *words: Any, **options: Any) -> None:
        begin(server, *words, **options)
        started.append(server)

    monkeypatch.setattr(LineServer, "__init__", counted)
    return started


def test_both_ways_give_the_same_bytes(parts: list[Part], tmp_path: Path) -> None:
    """It cannot be seen from a PDF in which process it was joined."""
    made = []
    for name, join in (("here", assemble), ("apart", assemble_apart)):
        assert join(parts, METADATA, tmp_path / name, own_path="output/书.pdf") == 6
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]


@WAYS
def test_every_stream_arrives_whole(join: Join, parts: list[Part], tmp_path: Path) -> None:
    """The pages of a part are its own, in order, with all their bytes, though its file is closed by then."""
    join(parts, METADATA, tmp_path / "book", own_path="output/书.pdf")
    with Pdf.open(tmp_path / "book") as book:
        ends = [page.Contents.read_bytes().removeprefix(bytes(range(256)) * 400) for page in book.pages]
    assert ends == [f"{number} {page}".encode() for number in range(3) for page in range(2)]


@WAYS
def test_a_damaged_part_is_an_error_that_says_so(join: Join, parts: list[Part], tmp_path: Path) -> None:
    """A part that is cut off is never joined with the pages that are left of it."""
    parts[1].file.write_bytes(parts[1].file.read_bytes()[:-200])
    with pytest.raises(NoteError) as caught:
        join(parts, METADATA, tmp_path / "book", own_path="output/书.pdf")
    assert [d.code for d in caught.value.diagnostics] == ["join-failed"]


@WAYS
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is full")
def test_a_full_disk_is_an_error_that_says_so(join: Join, parts: list[Part]) -> None:
    """No space is the user's to mend, not a traceback."""
    with pytest.raises(NoteError, match="No space left"):
        join(parts, METADATA, Path("/dev/full"), own_path="output/书.pdf")


def test_more_parts_than_files_may_be_open(parts: list[Part], tmp_path: Path) -> None:
    """A book of a thousand notes does not need a thousand open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = max(int(entry.name) for entry in Path("/dev/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 12, hard))
    try:
        assert assemble(parts * 20, METADATA, tmp_path / "book", own_path="output/书.pdf") == 120
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_killed_process_is_an_error_that_says_so(
    parts: list[Part], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system ends the process that joins, the build says so and goes on."""
    killed = tmp_path / "python"
    killed.write_text("#!/bin/sh\nkill -9 $$\n")
    killed.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(killed))
    with pytest.raises(NoteError, match=f"signal {signal.SIGKILL.value}"):
        assemble_apart(parts, METADATA, tmp_path / "book", own_path="output/书.pdf")


def test_a_bug_in_the_process_shows_its_traceback(tmp_path: Path) -> None:
    """What nobody expects is not dressed up as a mistake of the user's."""
    with pytest.raises(RuntimeError, match="Traceback"):
        assemble_apart([], METADATA, tmp_path / "book", own_path=3)  # type: ignore[arg-type]


def test_one_process_joins_all(parts: list[Part], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python and pikepdf are loaded once, also where a PDF between could not be joined; the bytes are the same."""
    started = count_servers(monkeypatch)
    broken = replace(parts[1], file=tmp_path / "gone.pdf")
    with Apart() as apart:
        apart.assemble(parts[:2], METADATA, tmp_path / "chapter", own_path="output/章.pdf")
        with pytest.raises(NoteError, match="gone"):
            apart.assemble([broken], METADATA, tmp_path / "failed", own_path="output/书.pdf")
        apart.assemble(parts, METADATA, tmp_path / "book", own_path="output/书.pdf")
    assert len(started) == 1
    assemble(parts[:2], METADATA, tmp_path / "chapter here", own_path="output/章.pdf")
    assemble(parts, METADATA, tmp_path / "book here", own_path="output/书.pdf")
    for name in ("chapter", "book"):
        assert (tmp_path / name).read_bytes() == (tmp_path / f"{name} here").read_bytes()


def test_after_a_killed_process_another_one_joins(
    parts: list[Part], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chapter that took too much memory does not take the next one with it."""
    started = count_servers(monkeypatch)
    with Apart() as apart:
        apart.assemble(parts, METADATA, tmp_path / "one", own_path="output/书.pdf")
        os.kill(started[0].pid, signal.SIGKILL)
        with pytest.raises(NoteError, match=f"signal {signal.SIGKILL.value}"):
            apart.assemble(parts, METADATA, tmp_path / "two", own_path="output/书.pdf")
        assert apart.assemble(parts, METADATA, tmp_path / "three", own_path="output/书.pdf") == 6
    assert len(started) == 2


def test_a_process_that_hangs_is_ended_and_an_error_says_so(
    parts: list[Part], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build does not wait for ever, and is not told that memory was short."""
    sleeping = tmp_path / "python"
    sleeping.write_text("#!/bin/sh\nexec sleep 60\n")
    sleeping.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(sleeping))
    monkeypatch.setattr("notepress.apart.SECONDS", 0.2)
    with pytest.raises(NoteError, match="it took more than"):
        assemble_apart(parts, METADATA, tmp_path / "book", own_path="output/书.pdf")


def test_no_process_is_left_by_an_interrupt(parts: list[Part], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ends the joining ends the process; where nothing was joined, none was started."""
    started = count_servers(monkeypatch)
    with Apart():
        pass
    assert started == []

    def interrupted() -> Iterator[Part]:
        yield parts[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Apart() as apart:
        apart.assemble(interrupted(), METADATA, tmp_path / "book", own_path="output/书.pdf")
    with pytest.raises(ProcessLookupError):
        os.killpg(started[0].pid, 0)


def test_no_process_is_left_that_works_for_another_thread(
    parts: list[Part], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end does not wait for a title page that a worker has finished, and the worker starts no other process."""
    started = count_servers(monkeypatch)
    with Apart() as apart, ThreadPoolExecutor(1) as worker:
        apart.assemble(parts, METADATA, tmp_path / "one", own_path="output/书.pdf")
        os.kill(started[0].pid, signal.SIGSTOP)
        waiting = worker.submit(apart.assemble, parts, METADATA, tmp_path / "two", own_path="output/书.pdf")
        time.sleep(0.3)
        apart.close()
        assert isinstance(waiting.exception(), NoteError)
        with pytest.raises(StoppedError):
            apart.assemble(parts, METADATA, tmp_path / "three", own_path="output/书.pdf")
    assert len(started) == 1


@WAYS
def test_right_hand_parts_begin_on_odd_pages(join: Join, tmp_path: Path) -> None:
    """An empty page, counted with the part before it, brings a part to a right-hand page; links and outline know."""
    odd = make_part(tmp_path, 0)
    with Pdf.open(odd.file, allow_overwriting_input=True) as pdf:
        pdf.add_blank_page(page_size=(300, 400))
        pdf.save()
    parts = [replace(odd, recto=True), replace(make_part(tmp_path, 1), recto=True)]
    assert join(parts, METADATA, tmp_path / "book", own_path="output/书.pdf") == 6
    with Pdf.open(tmp_path / "book") as book, book.open_outline() as outline:
        assert [page.label for page in book.pages] == ["0–1", "0–2", "0–3", "0–4", "1–1", "1–2"]
        assert [float(side) for side in book.pages[3].mediabox] == [0, 0, 300, 400]
        place = outline.root[1].destination
        assert isinstance(place, Array)
        assert place[0].objgen == book.pages[4].objgen
        assert book.pages[0].Annots[1].A.D[0].objgen == book.pages[4].objgen
