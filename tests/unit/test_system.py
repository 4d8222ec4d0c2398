"""Processes, atomic writes and the lock."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from notepress.errors import BusyError, ExitCode, WriteError
from notepress.processes import (
    Limits,
    LineServer,
    Running,
    StoppedError,
    allow_processes,
    find_tool,
    kill_running,
    run_process,
)
from notepress.system import (
    append_line,
    copy_tree,
    digest,
    file_digest,
    locked,
    remove_file,
    remove_stale_parts,
    replacing,
    work_folder,
    write_atomic,
    write_if_changed,
    write_pieces,
)
from tests.patience import becomes_true

# Starts a child that starts a child; each writes its process number into the file named first.
FAMILY = """
import os, subprocess, sys, time
with open(sys.argv[1], "a") as stream:
    stream.write(f"{os.getpid()}\\n")
if int(sys.argv[2]):
    subprocess.Popen([sys.executable, "-c", sys.argv[3], sys.argv[1], str(int(sys.argv[2]) - 1), sys.argv[3]])
time.sleep(60)
"""
HOLD = """
import sys, time
from pathlib import Path
from notepress.system import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""
ECHO = """
import sys
for line in sys.stdin:
    sys.stdout.write(line.upper())
    sys.stdout.flush()
"""
PACKAGES = str(Path(__file__).resolve().parents[2])


def alive(pid: int) -> bool:
    """Say whether a process runs; a zombie that waits for its parent does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def all_gone(pids: list[int], seconds: float = 5.0) -> bool:
    """Say whether all processes end within a while: the kernel needs a moment after the signal."""
    return becomes_true(lambda: not any(alive(pid) for pid in pids), seconds)


def start_when_written(path: Path, lines: int) -> list[int]:
    """Wait until so many process numbers stand in a file, and return them."""
    assert becomes_true(lambda: path.exists() and len(path.read_text().split()) >= lines, 20), f"no {lines} lines"
    return [int(pid) for pid in path.read_text().split()]


def test_a_process_hands_back_what_it_said() -> None:
    """Exit code, output and errors are kept apart; input arrives."""
    script = "import sys; sys.stderr.write('err'); sys.stdout.write(sys.stdin.read()[::-1]); sys.exit(3)"
    found = run_process([sys.executable, "-c", script], stdin=b"abc")
    assert (found.code, found.stdout, found.stderr, found.timed_out) == (3, b"cba", b"err", False)


def test_bad_input_38_a_process_sees_only_the_environment_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret of the user's is not passed on."""
    monkeypatch.setenv("SECRET", "x")
    script = "import os; print('SECRET' in os.environ, os.environ.get('A'))"
    found = run_process([sys.executable, "-c", script], env={"A": "b"})
    assert found.stdout.split() == [b"False", b"b"]


def test_bad_input_37_at_the_limit_the_whole_family_is_killed(tmp_path: Path) -> None:
    """A process that takes too long goes together with all it has started: no orphan remains."""
    pids = tmp_path / "pids"
    found = run_process([sys.executable, "-c", FAMILY, pids, "2", FAMILY], seconds=3)
    numbers = [int(pid) for pid in pids.read_text().split()]
    assert found.timed_out
    assert len(numbers) == 3
    assert all_gone(numbers)


def test_endless_output_is_stopped_at_the_limit() -> None:
    """A process that never stops printing is killed like one that hangs."""
    script = "while True: print('x' * 1000)"
    begin = time.monotonic()
    assert run_process([sys.executable, "-c", script], seconds=0.5).timed_out
    assert time.monotonic() - begin < 20


def test_a_process_may_say_where_it_was() -> None:
    """At the limit a process is interrupted first; one that does not listen is killed all the same."""
    talks = "import time\ntry: time.sleep(60)\nexcept KeyboardInterrupt: print('here')"
    deaf = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(60)"
    found = Running([sys.executable, "-c", talks]).finish(b"", seconds=2, grace=20)
    assert (found.stdout, found.timed_out) == (b"here\n", True)
    assert Running([sys.executable, "-c", deaf]).finish(b"", seconds=1, grace=0.2).timed_out


def test_bad_input_40_an_interrupted_build_leaves_no_process(tmp_path: Path) -> None:
    """When the parent gets SIGINT while it waits, the child and what it has started end too."""
    pids = tmp_path / "pids"
    script = (
        "import sys\nfrom notepress.processes import run_process\n"
        "run_process([sys.executable, '-c', sys.argv[2], sys.argv[1], '1', sys.argv[2]])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, pids, FAMILY],
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": PACKAGES},
    ) as parent:
        numbers = start_when_written(pids, 2)
        os.kill(parent.pid, 2)
        parent.wait(20)
    assert all_gone([parent.pid, *numbers])


def test_a_file_is_written_with_its_folders(tmp_path: Path) -> None:
    """Folders that are not there are made; everybody may read the file; nothing else remains."""
    path = tmp_path / "一" / "二" / "a b.pdf"
    write_atomic(path, b"content")
    assert path.read_bytes() == b"content"
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("write", [write_atomic, lambda path, content: write_pieces(path, [content, content])])
@pytest.mark.parametrize("operation", ["replace", "chmod"])
def test_bad_input_41_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str, write: Callable[[Path, bytes], object]
) -> None:
    """With a full disk or a read-only folder the old file stays as it was, and no part of the new one lies about."""
    path = tmp_path / "a.pdf"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, operation, full)
    with pytest.raises(OSError, match="No space") as caught:
        write(path, b"new")
    assert isinstance(caught.value, WriteError)
    assert str(path) in caught.value.diagnostics[0].message
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_pieces_become_one_file_with_its_digest(tmp_path: Path) -> None:
    """What is written piece by piece is what would be written at once, and so is its digest."""
    path = tmp_path / "a.fmt"
    found = write_pieces(path, iter((b"one", b"", b"two")))
    assert (path.read_bytes(), found) == (b"onetwo", digest(b"onetwo"))


def test_an_interrupt_while_writing_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of a write is no different from a full disk."""
    path = tmp_path / "a.pdf"
    path.write_bytes(b"old")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(path, b"new")
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"old", [path])


def test_a_reader_never_sees_a_part(tmp_path: Path) -> None:
    """While a file is written again and again, it is always whole."""
    path = tmp_path / "a.pdf"
    contents = {bytes([65 + number]) * 200_000 for number in range(4)}
    write_atomic(path, b"A" * 200_000)
    seen: set[bytes] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(20):
        for content in sorted(contents):
            write_atomic(path, content)
    done.set()
    reader.join()
    assert seen
    assert seen <= contents


def test_equal_content_is_not_written(tmp_path: Path) -> None:
    """A file that has its bytes already keeps its time, so that nothing downstream runs again."""
    path = tmp_path / "README.md"
    assert write_if_changed(path, b"a")
    os.utime(path, (1, 1))
    assert not write_if_changed(path, b"a")
    assert path.stat().st_mtime == 1
    assert write_if_changed(path, b"b")
    assert path.read_bytes() == b"b"


def test_a_removed_file_takes_its_empty_folders_along(tmp_path: Path) -> None:
    """Folders left empty go, up to the given one; a folder with another file stays."""
    for name in ("output/一/二/a.pdf", "output/三/b.pdf", "output/三/c.pdf"):
        write_atomic(tmp_path / name, b"")
    for name in ("output/一/二/a.pdf", "output/三/b.pdf", "output/四/none.pdf"):
        remove_file(tmp_path / name, up_to=tmp_path / "output")
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*"))
    assert left == ["output", "output/三", "output/三/c.pdf"]


def test_a_removed_file_never_takes_the_folder_it_may_not(tmp_path: Path) -> None:
    """The outermost folder stays even when it is empty."""
    write_atomic(tmp_path / "output" / "a.pdf", b"")
    remove_file(tmp_path / "output" / "a.pdf", up_to=tmp_path / "output")
    assert (tmp_path / "output").is_dir()


def test_a_file_and_its_bytes_have_one_digest(tmp_path: Path) -> None:
    """The digest is SHA-256 (FIPS 180-4, example `abc`), of bytes and of files alike."""
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert (digest(b"abc"), file_digest(path)) == (expected, expected)


def test_a_work_folder_is_private_and_goes(tmp_path: Path) -> None:
    """A work folder is empty, for this user only, and removed at the end, also after an error."""
    folders: list[Path] = []

    def work() -> None:
        with work_folder() as folder:
            folders.append(folder)
            assert list(folder.iterdir()) == []
            assert folder.stat().st_mode & 0o077 == 0
            (folder / "note.tex").write_text("x")
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        work()
    assert [folder.exists() for folder in folders] == [False]
    assert list(tmp_path.iterdir()) == []


def test_a_copied_folder_holds_the_last_run_only(tmp_path: Path) -> None:
    """--keep-work leaves the files of this run there, without those of an earlier one; links stay links."""
    for name in ("old", "new"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / name).symlink_to("/nowhere")
        copy_tree(folder, tmp_path / "kept")
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["new"]
    assert (tmp_path / "kept" / "new").readlink() == Path("/nowhere")


def test_no_process_is_started_after_all_were_killed() -> None:
    """A worker that has not noticed the interrupt can't start what nobody would end."""
    try:
        kill_running()
        with pytest.raises(StoppedError):
            run_process([sys.executable, "-c", "import time; time.sleep(60)"])
    finally:
        allow_processes()
    assert run_process([sys.executable, "-c", "print(1)"]).code == 0


def test_a_process_that_waits_goes_on_with_its_input(tmp_path: Path) -> None:
    """A process is started before its input is known, and ends by itself where nobody will give it any."""
    process = Running([sys.executable, "-c", "print(input().upper())"])
    assert process.alive()
    assert process.finish(b"line\n", seconds=10).stdout == b"LINE\n"
    assert not process.alive()
    Running([sys.executable, "-c", FAMILY, str(tmp_path / "pids"), "0", FAMILY]).kill()


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits a process from outside")
def test_bad_input_37_the_kernel_ends_what_uses_too_much() -> None:
    """Processor time, memory and file size are bounded even where this process no longer watches."""
    spin = run_process([sys.executable, "-c", "while True: pass"], seconds=20, limits=Limits(cpu=1))
    assert spin.timed_out
    hungry = run_process([sys.executable, "-c", "bytearray(1 << 32)"], limits=Limits(memory=1 << 30))
    assert (hungry.code, b"MemoryError" in hungry.stderr) == (1, True)
    script = "import sys; open(sys.argv[1], 'wb').write(b'x' * 2_000_000)"
    with work_folder() as folder:
        large = run_process([sys.executable, "-c", script, folder / "log"], limits=Limits(file=1_000_000))
        assert large.code != 0
        assert (folder / "log").stat().st_size <= 1_000_000


def test_a_line_is_added_whole(tmp_path: Path) -> None:
    """Each line stands by itself, after what was there before, in a folder that is made if need be."""
    path = tmp_path / "a" / "lines"
    append_line(path, "一".encode())
    append_line(path, b"2")
    assert path.read_text("utf-8") == "一\n2\n"


def test_bad_input_42_a_second_build_is_refused_while_the_first_runs(tmp_path: Path) -> None:
    """Another process cannot take the lock; the message names the holder; kill -9 frees it."""
    path = tmp_path / ".notepress" / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": PACKAGES}
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(BusyError, match=str(holder.pid)) as caught, locked(path):
            pytest.fail("both hold the lock")
        holder.kill()
    assert caught.value.exit_code is ExitCode.BAD_INPUT
    assert caught.value.diagnostics[0].hint
    with locked(path):
        assert path.read_text() == str(os.getpid())


def test_the_lock_is_free_after_an_error(tmp_path: Path) -> None:
    """A build that fails does not lock the next one out."""

    def fail() -> None:
        with locked(tmp_path / "lock"):
            raise ValueError

    for _ in range(2):
        with pytest.raises(ValueError, match=r"^$"):
            fail()


def test_a_line_server_answers_line_by_line() -> None:
    """One process serves many requests, in order, without losing a byte."""
    server = LineServer([sys.executable, "-c", ECHO])
    try:
        answers = [server.ask(line, seconds=20) for line in (b"abc", b"", "中文".encode(), b"x" * 300_000)]
    finally:
        server.close()
    assert answers == [b"ABC\n", b"\n", "中文\n".encode(), b"X" * 300_000 + b"\n"]


@pytest.mark.parametrize(
    "script",
    [
        "import sys; sys.exit(1)",
        "input(); raise SystemExit",
        "import sys; input(); sys.stdout.write('half an ans'); sys.stdout.flush()",
        "import sys; sys.stdin.close(); sys.stdout.close()",
    ],
)
def test_a_line_server_that_dies_gives_no_answer(script: str) -> None:
    """A process that ends before, instead of or in the middle of its answer is None, not an exception."""
    server = LineServer([sys.executable, "-c", script])
    try:
        assert server.ask(b"x" * 100_000, seconds=20) is None
    finally:
        server.close()


@pytest.mark.parametrize(
    "script", ["import time; time.sleep(60)", "import time; input(); print('x', end='', flush=True); time.sleep(60)"]
)
def test_a_line_server_that_hangs_gives_no_answer(script: str) -> None:
    """A process that does not answer in time is killed and is None; closing it does not wait."""
    server = LineServer([sys.executable, "-c", script])
    begin = time.monotonic()
    assert server.ask(b"x" * 1_000_000, seconds=1) is None
    server.close()
    assert time.monotonic() - begin < 20


def test_a_closed_line_server_leaves_no_process(tmp_path: Path) -> None:
    """Closing ends the process and what it started."""
    pids = tmp_path / "pids"
    server = LineServer([sys.executable, "-c", FAMILY, pids, "1", FAMILY])
    numbers = start_when_written(pids, 2)
    server.close()
    assert all_gone(numbers)


def test_a_line_server_is_told_lines_before_it_is_asked() -> None:
    """Lines without an answer arrive in order; a process that does not read them is killed at the limit."""
    script = "import sys, time; print([sys.stdin.readline() for _ in range(3)], flush=True); time.sleep(60)"
    server = LineServer([sys.executable, "-c", script])
    answer = server.ask(b"three", seconds=20, before=iter((b"one", b"two")))
    assert answer == b"['one\\n', 'two\\n', 'three\\n']\n"
    assert server.ask(b"end", seconds=1, before=[b"x" * 1_000_000]) is None
    server.close()
    assert (server.ended.code, server.ended.timed_out) == (-9, True)


def test_an_interrupt_ends_a_line_server(tmp_path: Path) -> None:
    """A server that works on a line is ended with all other processes, and none is started afterwards."""
    pids = tmp_path / "pids"
    server = LineServer([sys.executable, "-c", FAMILY, pids, "1", FAMILY])
    numbers = start_when_written(pids, 2)
    try:
        kill_running()
        assert all_gone(numbers)
        assert server.ask(b"line", seconds=20) is None
        with pytest.raises(StoppedError):
            LineServer([sys.executable, "-c", ECHO])
    finally:
        server.close()
        allow_processes()


def test_what_is_written_in_pieces_takes_its_place_at_the_end(tmp_path: Path) -> None:
    """Until all is written the old file stays; after an exception nothing else is there."""
    path = tmp_path / "a.pdf"
    write_atomic(path, b"old")
    with pytest.raises(IsADirectoryError), replacing(path) as temporary:
        (temporary.write_bytes(b"half"), tmp_path.read_bytes())
    assert [p.name for p in tmp_path.iterdir()] == ["a.pdf"]
    assert path.read_bytes() == b"old"
    with replacing(path) as temporary:
        temporary.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


def test_parts_of_killed_builds_are_swept_away(tmp_path: Path) -> None:
    """A part that nobody has written to for an hour goes; one that a build may be writing stays."""
    for name in ("old", "young"):
        (tmp_path / f".{name}.part").write_bytes(b"half")
    os.utime(tmp_path / ".old.part", (0, 0))
    remove_stale_parts(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [".young.part"]


def test_a_tool_that_is_not_installed_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a program on the PATH that can run is found."""
    (tmp_path / "tool").write_text("#!/bin/sh\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_tool("tool") is None
    (tmp_path / "tool").chmod(0o755)
    assert find_tool("tool") == tmp_path / "tool"
