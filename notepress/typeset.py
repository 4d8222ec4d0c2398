"""TexDocument -> TypesetPdf. Runs passes of xelatex until the pages are final, then xdvipdfmx once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from .documents import TexDocument, TypesetPdf
from .engine import JOB, Engine, Engines
from .errors import Diagnostic, NoteError, error, has_errors
from .findings import Finding
from .processes import Finished, run_process
from .references import read_references
from .tex import LIMITS, environment, tool
from .texlog import failed_before, read_log

# Labels settle in two passes; a document that still changes after this many never will.
MOST_PASSES = 5

XDVIPDFMX_FLAGS = (
    "-q",  # its progress is of no use to anybody
    "-C",  # flags:
    "0x0010",  # keep destinations and their names, which links from other files use
)


class RejectedError(NoteError):
    """TeX found errors in the document; what it made is not what the note says."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(*(finding.diagnostic for finding in findings))
        self.findings = findings


@dataclass(frozen=True, slots=True, kw_only=True)
class TypesetOptions:
    """How to typeset: from the labels that an earlier `TypesetPdf` `carried`, keeping the work folder in `keep`.

    `tolerant` takes what TeX made in spite of errors.
    """

    carried: str = ""
    keep: Path | None = None
    tolerant: bool = False


def typeset(document: TexDocument, first: Engine, engines: Engines, options: TypesetOptions) -> TypesetPdf:
    """Typeset a document until its references are right; `first` is the engine of the first pass.

    Raises RejectedError with the located errors where TeX finds any, unless `tolerant`; NoteError where it makes no
    pages or takes too long; MissingToolError where TeX is not installed. A process that somebody killed is a NoteError
    with the code `tool-killed`.
    """
    carried, passes, engine = options.carried, 1, first
    while True:
        with engine:
            result = engine.typeset(document, carried)
            log = engine.read("log")
            if options.keep:
                engine.keep(options.keep)
            findings = _checked(result, log, document, engines.seconds)
            diagnostics = tuple(finding.diagnostic for finding in findings)
            if has_errors(diagnostics) and not (options.tolerant and engine.has_pages()):
                raise RejectedError(findings)
            references = read_references(engine.read("aux"), carried)
            if references.settled or passes == MOST_PASSES:
                return TypesetPdf(
                    pdf=_to_pdf(engine.folder, document, engines.seconds),
                    log=log,
                    # A label that was carried is of use only where one pass from nothing is not enough.
                    carried=carried,
                    passes=passes,
                    diagnostics=diagnostics,
                )
        carried, passes, engine = references.carried, passes + 1, engines.take()


def _to_pdf(folder: Path, document: TexDocument, seconds: float) -> bytes:
    result = run_process(
        [tool("xdvipdfmx"), *XDVIPDFMX_FLAGS, f"{JOB}.xdv"],
        cwd=folder,
        env=environment(),
        seconds=seconds,
        limits=LIMITS,
    )
    pdf = folder / f"{JOB}.pdf"
    if result.code != 0 or not pdf.is_file():
        raise NoteError(_no_pdf(result, document))
    return pdf.read_bytes()


def _checked(result: Finished, log: str, document: TexDocument, seconds: float) -> tuple[Finding, ...]:
    """Return what a pass had to say; raises NoteError where it says nothing of the document."""
    file = document.source_map.file
    if result.timed_out:
        raise _out_of_time(log, document, seconds)
    if result.code < 0:
        raise NoteError(_no_pdf(result, document))
    # A wrong font, say, after which every glyph is missing.
    if problem := failed_before(log):
        raise NoteError(error("tex-error", problem, file=file, line=1, hint="the templates or fonts have a mistake"))
    findings = read_log(log, document)
    if result.code and not has_errors(finding.diagnostic for finding in findings):
        raise NoteError(_no_pdf(result, document))
    return findings


def _out_of_time(log: str, document: TexDocument, seconds: float) -> NoteError:
    """Return what to say of a pass that was stopped: where TeX was, as far as its log says that."""
    message = f"TeX did not finish within {seconds:.0f} s"
    findings = tuple(
        replace(f, diagnostic=replace(f.diagnostic, message=message)) if f.diagnostic.code == "time-limit" else f
        for f in read_log(log, document)
    )
    stopped = [finding.diagnostic for finding in findings if finding.diagnostic.code == "time-limit"]
    if not stopped:
        hint = "a macro may call itself; `time_limit` in notes.yaml sets the limit"
        return NoteError(error("time-limit", message, file=document.source_map.file, line=1, hint=hint))
    return RejectedError(findings)


def _no_pdf(result: Finished, document: TexDocument) -> Diagnostic:
    file = document.source_map.file
    if result.code < 0:
        hint = "too little memory is the usual cause; fewer jobs (-j1) need less"
        return error("tool-killed", f"TeX was killed (signal {-result.code})", file=file, line=1, hint=hint)
    text = (result.stderr or result.stdout).decode("utf-8", "replace").strip()
    last = text.splitlines()[-1] if text else f"exit code {result.code}"
    return error("tex-failed", f"no PDF: {last}", file=file, line=1)
