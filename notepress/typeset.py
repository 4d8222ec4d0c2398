"""TexDocument -> TypesetPdf. Runs passes of xelatex until the pages are final, then xdvipdfmx once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from .documents import Drawings, FiguresDocument, TexDocument, TypesetPdf
from .engine import AheadError, Engine
from .engines import Engines
from .errors import Diagnostic, NoteError, error, has_errors
from .figures import drawing_files, read_drawings, shares_with_figures, split_log
from .findings import Finding
from .processes import Finished
from .references import read_references
from .system import write_atomic
from .texlog import failed_before, read_log

# Labels settle in two passes; a document that still changes after this many never will.
MOST_PASSES = 5


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
    drawings: Drawings | None = None
    of_figures: tuple[Finding, ...] = ()
    # Pages of figures become a PDF of their own, and those that somebody wants to look at stay where they are.
    ahead = not document.drawn_first and not options.keep
    while True:
        try:
            with engine:
                result = engine.typeset(document, carried, ahead=ahead)
                if options.keep:
                    engine.keep(options.keep)
                # A gigabyte of messages says nothing of the note.
                log = log_of_text = engine.read("log") if not result.wrote_too_much else ""
                if figures := document.drawn_first:
                    log_of_figures, log_of_text = split_log(log)
                    of_figures = read_log(log_of_figures, figures.document)
                findings = (*of_figures, *read_log(log_of_text, document))
                _check(result, log, findings, document, engines.seconds)
                diagnostics = tuple(finding.diagnostic for finding in findings)
                if has_errors(diagnostics) and not (options.tolerant and engine.has_pages()):
                    raise RejectedError(findings)
                if figures:
                    drawings = _draw(engine, figures)
                references = read_references(engine.read("aux"), carried)
                if (references.settled and not shares_with_figures(log)) or passes == MOST_PASSES:
                    return TypesetPdf(
                        pdf=_to_pdf(engine, f"{figures.pages + 1 if figures else 1}-", document.source_map.file),
                        # What was said about figures has to be said again with every build: these are not to be kept.
                        drawings=None if of_figures else drawings,
                        # A label that was carried is of use only where one pass from nothing is not enough.
                        carried=carried,
                        passes=passes,
                        diagnostics=diagnostics,
                    )
            if drawings:
                document = replace(document, files={**document.files, **drawing_files(drawings)}, drawn_first=None)
            carried, passes = references.carried, passes + 1
        except AheadError:
            pass
        # Whatever made another pass necessary may do so again.
        ahead, engine = False, engines.take()


def _draw(engine: Engine, figures: FiguresDocument) -> Drawings:
    """Return the figures that are on the first pages, and put them where the pages that show them look."""
    pdf = _to_pdf(engine, f"1-{figures.pages}", figures.document.source_map.file)
    drawings = read_drawings(engine.read("log"), pdf)
    for name, content in drawing_files(drawings).items():
        write_atomic(engine.folder / name, content)
    return drawings


def _to_pdf(engine: Engine, pages: str, file: str) -> bytes:
    """Convert a range of pages, such as 1-3 or 4-, of what an engine has made of a note's `file`."""
    result, pdf = engine.convert(pages)
    if pdf is None:
        raise NoteError(_no_pdf(result, file))
    return pdf


def _check(result: Finished, log: str, findings: tuple[Finding, ...], document: TexDocument, seconds: float) -> None:
    """Raise NoteError where a pass says nothing of the document."""
    file = document.source_map.file
    if result.timed_out:
        raise _out_of_time(findings, file, seconds)
    if result.code < 0:
        raise NoteError(_no_pdf(result, file))
    # A wrong font, say, after which every glyph is missing.
    if problem := failed_before(log):
        raise NoteError(error("tex-error", problem, file=file, line=1, hint="the templates or fonts have a mistake"))
    if result.code and not has_errors(finding.diagnostic for finding in findings):
        raise NoteError(_no_pdf(result, file))


def _out_of_time(findings: tuple[Finding, ...], file: str, seconds: float) -> NoteError:
    """Return what to say of a pass that was stopped: where TeX was, as far as its log says that."""
    message = f"TeX did not finish within {seconds:.0f} s"
    if all(finding.diagnostic.code != "time-limit" for finding in findings):
        hint = "a macro may call itself; `time_limit` in notes.yaml sets the limit"
        return NoteError(error("time-limit", message, file=file, line=1, hint=hint))
    return RejectedError(
        tuple(
            replace(f, diagnostic=replace(f.diagnostic, message=message)) if f.diagnostic.code == "time-limit" else f
            for f in findings
        )
    )


def _no_pdf(result: Finished, file: str) -> Diagnostic:
    if result.wrote_too_much:
        hint = "a macro may call itself"
        return error("tex-capacity", "TeX wrote more than any note needs", file=file, line=1, hint=hint)
    if result.code < 0:
        hint = "too little memory is the usual cause; fewer jobs (-j1) need less"
        return error("tool-killed", f"TeX was killed (signal {-result.code})", file=file, line=1, hint=hint)
    text = (result.stderr or result.stdout).decode("utf-8", "replace").strip()
    last = text.splitlines()[-1] if text else f"exit code {result.code}"
    return error("tex-failed", f"no PDF: {last}", file=file, line=1)
