"""From the shell to the command line, by the shortest way: nothing here needs a package that has to be installed.

A build with nothing to do is answered at once. Otherwise the command line is loaded, in the checkout's own `.venv`
where this Python lacks the packages.
"""

from __future__ import annotations

import os
import re
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from .fresh import Remembered, find_unchanged, options_key, report_path

_MISSING_TOOL = 3
_CHECKOUT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Run the command line; the process exits with a code of `ExitCode`."""
    started = time.monotonic()
    asked = _plain_build(sys.argv[1:])
    if asked and (found := find_unchanged(*asked)):
        _answer(report_path(asked[0], asked[2]), found, started)
    _enter_venv()
    from .cli import main as run

    run()


def _plain_build(words: list[str]) -> tuple[Path, str, str] | None:
    """Return folder, options and theme of a `pdf` of everything, nothing else asked for; None for anything else.

    Where the theme is that of notes.yaml, nothing is remembered under its name: an ordinary build finds out.
    """
    root, write_index, command, theme = Path(), True, False, ""
    rest = iter(words)
    for word in rest:
        if not command and word == "--root":
            root = Path(next(rest, ""))
        elif not command and word == "pdf":
            command = True
        elif command and word == "--theme":
            theme = next(rest, "")
            if not re.fullmatch(r"[A-Za-z0-9-]+", theme):
                return None
        elif command and word == "--no-index":
            write_index = False
        elif not (command and re.fullmatch(r"-j\d+", word)):
            return None
    key = options_key(strict=False, write_index=write_index and not theme)
    return (root.resolve(), key, theme) if command else None


def _answer(report: Path, found: Remembered, started: float) -> NoReturn:
    """Say what a build with nothing to do says, leave its report, and exit."""
    from .errors import Severity
    from .report import up_to_date
    from .system import write_atomic
    from .terminal import print_diagnostic

    write_atomic(Path(found.report), report.read_bytes())
    for text, severity in found.diagnostics:
        print_diagnostic(text, Severity(severity))
    print(up_to_date(found.counts, time.monotonic() - started))
    sys.exit(found.exit_code)


def _enter_venv() -> None:
    """Go on in the checkout's .venv where this Python lacks the packages; does not return then."""
    if find_spec("typer") and find_spec("pikepdf"):
        return
    python = _CHECKOUT / ".venv" / "bin" / "python"
    if python.is_file() and Path(sys.prefix) != _CHECKOUT / ".venv":
        os.execv(python, [str(python), str(_CHECKOUT / "build.py"), *sys.argv[1:]])
    print("error: the Python packages are missing [packages-missing]", file=sys.stderr)
    print("    hint: run `make setup`", file=sys.stderr)
    sys.exit(_MISSING_TOOL)
