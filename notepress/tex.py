"""What every run of a TeX program shares: where the programs are, and the environment they run in."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from .errors import MissingToolError, error
from .landlock import Wall
from .processes import Limits, find_tool, inherited, run_process

# What a build runs of TeX.
PROGRAMS = ("xelatex", "xdvipdfmx")
# TeX's own memory is bounded by its configuration; this bounds what fonts and images take. The largest notes with all
# fonts loaded stay below a tenth of it. A log or page file of a gigabyte comes from a loop.
LIMITS = Limits(memory=6 << 30, file=1 << 30)


@cache
def tool(name: str) -> Path:
    """Return the path of a TeX program; raises MissingToolError."""
    found = find_tool(name)
    if found is None:
        raise MissingToolError(
            error(
                "tex-missing",
                f"{name} is not installed",
                hint="run `make setup`, or install texlive-xetex (apt, dnf), mactex-no-gui (brew)",
            )
        )
    return found


@cache
def tool_version() -> str:
    """Return the first line of `xelatex --version`, part of what a PDF depends on."""
    return run_process([tool("xelatex"), "--version"]).stdout.decode().partition("\n")[0]


def environment() -> dict[str, str]:
    """Return the whole environment of TeX: what it needs, nothing of the user's."""
    return inherited("PATH", "HOME", "TMPDIR", "TEXMFHOME") | {
        # One date for everything: file dates, /ID and the tags of font subsets come from it.
        "SOURCE_DATE_EPOCH": "0",
        "FORCE_SOURCE_DATE": "1",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        # Read and write only below the work folder and in the TeX tree; Debian's default reads everything.
        "openin_any": "p",
        "openout_any": "p",
        "shell_escape": "f",
        # TeX wraps its log at 79 columns in the middle of words unless told otherwise.
        "max_print_line": "1000",
        "error_line": "254",
        "half_error_line": "238",
    }


# Where programs, libraries, fonts and TeX's files lie on a Linux system, nothing of a user's and nothing secret. glibc
# looks below /sys whether the kernel has large pages.
_SYSTEM = """
/usr /bin /sbin /lib /lib32 /lib64 /opt /nix /gnu /etc/ld.so.cache /etc/ld.so.preload /etc/fonts /etc/texmf /etc/texlive
/etc/alternatives /etc/localtime /var/lib/texmf /var/lib/texlive /var/cache/fontconfig
/sys/kernel/mm/transparent_hugepage /dev/urandom
"""
_OF_USER = ("texmf", "Library/texmf", ".fonts", ".local/share/fonts", ".config/fontconfig", ".cache/fontconfig")


def wall(work: Path, needed: Iterable[Path]) -> Wall:
    """Return the wall around a run of TeX: it writes in its work folder, and reads its own files and what is `needed`.

    xdvipdfmx puts any file into a PDF that a special of TeX names, whatever `openin_any` says.
    """
    return Wall(read=(*_readable(), *needed), write=(work, Path("/dev/null")))


@cache
def _readable() -> tuple[Path, ...]:
    found = [Path(name) for name in _SYSTEM.split()]
    known = environment()
    if home := known.get("HOME"):
        found += [Path(home) / name for name in _OF_USER]
        found += [path for path in sorted(Path(home).glob(".tex*")) if path.is_dir()]
    found += [Path(name) for name in known.get("TEXMFHOME", "").split(":") if name]
    # TeX Live in a folder of its own: bin/xelatex, or bin/PLATFORM/xelatex.
    for name in PROGRAMS:
        folder = tool(name).resolve().parent
        folder = folder if folder.name == "bin" else folder.parent
        if folder.name == "bin" and folder.parent != Path("/"):
            found.append(folder.parent)
    return tuple(found)
