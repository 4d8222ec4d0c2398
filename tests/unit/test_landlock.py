"""What a process behind the wall can do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from notepress import landlock
from notepress.landlock import Wall
from notepress.processes import Finished, run_process

pytestmark = pytest.mark.skipif(not landlock.version(), reason="this system has no Landlock")

SYSTEM = tuple(Path(name) for name in ("/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache"))


def behind(script: str, *read: Path, write: Path) -> Finished:
    """Run a shell script behind a wall."""
    return run_process(["/bin/sh", "-c", script], wall=Wall(read=(*SYSTEM, *read), write=(write, Path("/dev/null"))))


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder to work in, beside a file that is nobody's business."""
    (tmp_path / "secret").write_text("SECRET", "utf-8")
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def test_bad_input_35_no_other_file_is_read(work: Path) -> None:
    """Neither by its path, nor by a link, nor by a process further down; what is allowed can be read."""
    (work / "link").symlink_to(work.parent / "secret")
    script = f"cat {work}/../secret; cat {work}/link; sh -c 'cat /etc/passwd'; ls {work.parent}; cat /proc/self/environ"
    assert behind(script, write=work).stdout == b""
    assert behind(f"cat {work}/link", work.parent / "secret", write=work).stdout == b"SECRET"


def test_bad_input_35_no_other_file_is_written(work: Path) -> None:
    """Files are made, changed and removed in the work folder and nowhere else."""
    script = (
        f"echo x > {work}/a; mkdir {work}/b; mv {work}/a {work}/b/c; echo y > {work.parent}/d; rm {work.parent}/secret"
    )
    behind(script, write=work)
    assert (work / "b/c").read_text() == "x\n"
    assert sorted(path.name for path in work.parent.iterdir()) == ["secret", "work"]
    assert (work.parent / "secret").read_text() == "SECRET"


def test_who_starts_the_process_stays_outside(work: Path) -> None:
    """The wall is around the child only: this process, and what it starts next, see everything."""
    behind("true", write=work)
    assert (work.parent / "secret").read_text() == "SECRET"
    assert run_process(["/bin/cat", work.parent / "secret"]).stdout == b"SECRET"


def test_what_is_not_there_needs_no_way_to_it(work: Path) -> None:
    """A folder of the list that this machine does not have is no mistake; a program that is missing is one, as ever."""
    assert behind("echo x", Path("/nowhere"), write=work).stdout == b"x\n"
    with pytest.raises(FileNotFoundError):
        run_process([work / "nothing"], wall=Wall(read=SYSTEM, write=(work,)))


def test_no_connection_is_made(work: Path) -> None:
    """From its fourth version on, the wall is around the network as well."""
    if landlock.version() < 4:
        pytest.skip("this Landlock knows files only")
    script = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0))"
    interpreter = Path(sys.executable).resolve()
    read = (*SYSTEM, Path(sys.base_prefix), interpreter)
    ended = run_process([interpreter, "-I", "-S", "-c", script], wall=Wall(read=read, write=(work,)))
    assert b"PermissionError" in ended.stderr
