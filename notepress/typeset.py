"""TexDocument -> TypesetPdf. Runs xelatex and xdvipdfmx in a private work folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .errors import MissingToolError, NoteError, error
from .model import TexDocument, TypesetPdf
from .system import Finished, find_tool, inherited, link_file, run_process, work_folder, write_atomic
from .texlog import parse_log

JOB = "note"
# Labels settle in two passes; a document that still changes after this many never will.
MOST_PASSES = 5
# What a pass leaves for the next one.
_CARRIED = (".aux", ".toc", ".out", ".lof", ".lot")
# A reference or a table that needed what the pass before should have left.
_UNMET = re.compile(r"undefined on input line|There were undefined references|Table widths have changed")
# What LaTeX says when labels moved; in a first pass it says so of every label, used or not.
_MOVED = re.compile(r"Rerun to get|Rerun LaTeX|may have changed\. Rerun")

XELATEX_FLAGS = (
    "-no-pdf",  # passes write .xdv; xdvipdfmx then runs once instead of once a pass
    "-interaction=nonstopmode",  # never wait for an answer
    "-halt-on-error",  # after an error the pages are wrong; a wrong font name even loses every glyph
    "-file-line-error",  # file:line before each message
    "-no-shell-escape",  # a note starts no program
    f"-jobname={JOB}",  # the name gets into the PDF, so it is always the same
)
XDVIPDFMX_FLAGS = (
    "-q",  # its progress is of no use to anybody
    "-C",  # flags:
    "0x0010",  # keep destinations and their names, which links from other files use
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypesetOptions:
    """Fonts by file name, the time limit of one pass, and where to keep the work folder, if at all."""

    fonts: dict[str, Path]
    seconds: float
    keep: Path | None = None


def typeset(document: TexDocument, options: TypesetOptions) -> TypesetPdf:
    """Typeset a document until its labels are stable.

    Raises NoteError with the located message where TeX rejects it or takes too long, and MissingToolError
    where TeX is not installed.
    """
    with work_folder(options.keep) as folder:
        _lay_out(document, options, folder)
        log = ""
        for _ in range(MOST_PASSES):
            before = _carried(folder)
            result = run_process(
                [tool("xelatex"), *XELATEX_FLAGS, f"{JOB}.tex"], cwd=folder, env=environment(), seconds=options.seconds
            )
            log = _read(folder / f"{JOB}.log")
            _check(result, log, document, options)
            if not _needs_another(before, _carried(folder), log):
                break
        result = run_process(
            [tool("xdvipdfmx"), *XDVIPDFMX_FLAGS, f"{JOB}.xdv"], cwd=folder, env=environment(), seconds=options.seconds
        )
        pdf = folder / f"{JOB}.pdf"
        if result.code != 0 or not pdf.is_file():
            raise _no_pdf(result, document)
        return TypesetPdf(pdf=pdf.read_bytes(), diagnostics=parse_log(log, document))


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


def _lay_out(document: TexDocument, options: TypesetOptions, folder: Path) -> None:
    write_atomic(folder / f"{JOB}.tex", document.latex.encode())
    for name, path in options.fonts.items():
        link_file(folder / "fonts" / name, path)
    for attachment in document.attachments:
        if attachment.path:
            write_atomic(folder / attachment.name, attachment.path.read_bytes())


def _carried(folder: Path) -> dict[str, bytes]:
    paths = [folder / f"{JOB}{suffix}" for suffix in _CARRIED]
    return {path.suffix: path.read_bytes() for path in paths if path.exists()}


def _needs_another(before: dict[str, bytes], after: dict[str, bytes], log: str) -> bool:
    """Say whether a pass wrote something that the next one would read differently.

    The first pass reads nothing; what it wrote matters only if the document asked for it, which shows in
    the log. So most notes are done after one pass.
    """
    if before == after:
        return False
    if _UNMET.search(log) or before.get(".toc") != after.get(".toc"):
        return True
    return bool(before) and _MOVED.search(log) is not None


def _check(result: Finished, log: str, document: TexDocument, options: TypesetOptions) -> None:
    if result.timed_out:
        where = document.source_map.file
        raise NoteError(
            error(
                "time-limit",
                f"TeX did not finish within {options.seconds:.0f} s",
                file=where,
                line=1,
                hint="a macro may call itself; `time_limit` in notes.yaml sets the limit",
            )
        )
    if result.code != 0:
        found = parse_log(log, document)
        raise NoteError(*found) if found else _no_pdf(result, document)


def _no_pdf(result: Finished, document: TexDocument) -> NoteError:
    text = (result.stderr or result.stdout).decode("utf-8", "replace").strip()
    last = text.splitlines()[-1] if text else f"exit code {result.code}"
    return NoteError(error("tex-failed", f"no PDF: {last}", file=document.source_map.file, line=1))


def _read(path: Path) -> str:
    return path.read_text("utf-8", errors="replace") if path.exists() else ""
