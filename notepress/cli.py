"""The command line: the only module that prints, reads the environment of the user, or exits."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from .config import load_config
from .errors import Diagnostic, ExitCode, InputError, NotepressError, Severity, error, has_errors, in_order
from .project import Project
from .report import BuildReport, diagnostic_text, github_annotation

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Chinese Markdown notes with LaTeX math become PDFs and an up-to-date README.",
)

# Options that several commands have.
Jobs = Annotated[int | None, typer.Option("-j", "--jobs", min=1, help="Notes at once; default: cores.")]
Strict = Annotated[bool, typer.Option("--strict", help="No PDF for a note with an error.")]
Theme = Annotated[str | None, typer.Option("--theme", help="Another look, in output/THEME/: print, phone.")]


class _State:
    """The project folder of this run, set by --root."""

    root = Path()


@app.callback()
def _common(
    root: Annotated[Path, typer.Option("--root", help="The project, or any folder of Markdown.")] = Path(),
) -> None:
    _State.root = root


@app.command()
def pdf(
    paths: Annotated[list[Path] | None, typer.Argument(help="Notes or folders; none means everything.")] = None,
    jobs: Jobs = None,
    strict: Strict = False,
    no_index: Annotated[bool, typer.Option("--no-index", help="Leave README.md alone.")] = False,
    report: Annotated[Path | None, typer.Option(help="Where report.json goes.")] = None,
    form: Annotated[str, typer.Option("--format", help="text, json or github.")] = "text",
    keep_work: Annotated[Path | None, typer.Option(help="Keep the TeX files here, to look at.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say why each PDF is built.")] = False,
    theme: Theme = None,
) -> None:
    """Build the PDFs that are out of date, then the index."""
    from .heap import share_heap
    from .pandoc import pandoc_ahead

    _check_format(form)
    share_heap()
    # Before all that takes longer to import.
    with pandoc_ahead() as pandoc:
        from .pipeline import BuildOptions, build
        from .report import report_json
        from .system import write_atomic
        from .terminal import build_progress

        project = _project(form, theme)
        # The README's links lead to the PDFs of the theme in notes.yaml.
        write_index = not no_index and not project.variant
        options = BuildOptions(
            paths=tuple(paths or ()), jobs=jobs, strict=strict, write_index=write_index, keep_work=keep_work
        )

        def work() -> ExitCode:
            with build_progress(show=form == "text", explain=explain) as progress:
                result = build(project, options, progress, pandoc)
            content = report_json(result)
            write_atomic(report or project.root / project.output / "report.json", content)
            _print_report(result, form, content, explain=explain)
            return result.exit_code()

        _exit(_run(work, form))


@app.command()
def watch(
    jobs: Jobs = None,
    strict: Strict = False,
    theme: Theme = None,
) -> None:
    """Build, then build again what is saved, at once; Ctrl-C stops."""
    from .heap import share_heap
    from .pipeline import BuildOptions
    from .terminal import Watching
    from .watch import watch as build_saves

    _check_theme(theme)
    share_heap()

    def work() -> ExitCode:
        build_saves(_State.root, BuildOptions(jobs=jobs, strict=strict), Watching(), theme)
        return ExitCode.OK

    _exit(_run(work, "text"))


@app.command()
def serve(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes any free one.")] = 8765,
    host: Annotated[str, typer.Option("--host", help="0.0.0.0 lets other machines read as well.")] = "127.0.0.1",
    jobs: Jobs = None,
    strict: Strict = False,
    theme: Theme = None,
) -> None:
    """Watch, and show notes, PDFs and mistakes in a browser, which follows each save; Ctrl-C stops."""
    from .heap import share_heap
    from .pipeline import BuildOptions
    from .serve import serve as show_saves
    from .terminal import Watching
    from .webserver import Where

    _check_theme(theme)
    share_heap()

    def work() -> ExitCode:
        options = BuildOptions(jobs=jobs, strict=strict)
        show_saves(_State.root, options, Watching(), Where(host=host, port=port), theme)
        return ExitCode.OK

    _exit(_run(work, "text"))


@app.command()
def index(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 when the index is stale.")] = False,
) -> None:
    """Write the README's index."""
    from .index import END, README, START, difference, read_readme
    from .index import index as fresh
    from .ledger import load_records
    from .notes import load_library
    from .pipeline import page_counts
    from .system import write_atomic

    project = _project("text")

    def work() -> ExitCode:
        path = project.root / README
        if not path.is_file():
            hint = f"write one with the lines {START} and {END} where the index belongs"
            raise InputError(error("readme-missing", f"there is no {README}", hint=hint))
        old = read_readme(path)
        new = fresh(load_library(project), project, old, page_counts(load_records(project)))
        if new == old:
            print(f"{README}: index is up to date")
        elif check:
            print(difference(old, new))
            return ExitCode.NOTE_ERROR
        else:
            write_atomic(path, new.encode())
            print(f"{README}: index updated")
        return ExitCode.OK

    _exit(_run(work, "text"))


@app.command()
def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="Notes or folders; none means everything.")] = None,
    form: Annotated[str, typer.Option("--format", help="text, json or github.")] = "text",
) -> None:
    """Lint the notes and look for the fonts; nothing is typeset."""
    from .pandoc import pandoc_ahead

    _check_format(form)
    # Before all that takes longer to import.
    with pandoc_ahead(os.cpu_count() or 1) as pandoc:
        from .check import check_notes
        from .report import diagnostics_json, findings

        project = _project(form)

        def work() -> ExitCode:
            found = check_notes(project, tuple(paths or ()), pandoc)
            if form == "json":
                print(diagnostics_json(found), end="")
            else:
                _print_diagnostics(found, form)
            if form == "text":
                print(findings(found))
            return ExitCode.NOTE_ERROR if has_errors(found) else ExitCode.OK

        _exit(_run(work, form))


@app.command()
def doctor() -> None:
    """Show the tools and the file, version and coverage of every font role."""
    from .doctor import examine

    project = _project("text")

    def work() -> ExitCode:
        lines, complete = examine(project)
        print("\n".join(lines))
        return ExitCode.OK if complete else ExitCode.MISSING_TOOL

    _exit(_run(work, "text"))


@app.command()
def fonts() -> None:
    """Fetch into fonts/ the faces that no system package provides, and check them."""
    from .fetch import fetch_fonts

    project = _project("text")

    def work() -> ExitCode:
        for line in fetch_fonts(project):
            print(line)
        return ExitCode.OK

    _exit(_run(work, "text"))


@app.command()
def clean() -> None:
    """Remove what builds made: the output folder and the cache."""
    from .system import remove_tree

    project = _project("text")
    for folder in (project.output_folder, project.cache_folder):
        if folder.exists():
            print(f"removed {folder.relative_to(project.root)}/")
            remove_tree(folder)


def main() -> None:
    """Run the command line; the process exits with a code of `ExitCode`."""
    # SIGTERM ends a build like Ctrl-C does: workers stop, no partial file stays.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        app()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        _exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # `notepress … | head` closed our output; there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _exit(ExitCode.OK)


def _interrupt(_signum: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _project(form: str, theme: str | None = None) -> Project:
    try:
        return load_config(_State.root, theme)
    except NotepressError as problem:
        _print_diagnostics(problem.diagnostics, form)
        _exit(problem.exit_code)


def _check_theme(theme: str | None) -> None:
    """Exit where a theme that was asked for is none: no save can mend that."""
    if theme is not None:
        _project("text", theme)


def _run(work: Callable[[], ExitCode], form: str) -> ExitCode:
    try:
        return work()
    except NotepressError as problem:
        _print_diagnostics(problem.diagnostics, form)
        return problem.exit_code


def _print_report(result: BuildReport, form: str, content: bytes, *, explain: bool) -> None:
    from .report import Outcome, summary

    if form == "json":
        print(content.decode(), end="")
        return
    if explain and form == "text":
        for part in result.joined():
            if part.status is Outcome.BUILT:
                print(f"{part.pdf}: {part.reason}")
    _print_diagnostics(result.all_diagnostics(), form)
    for path in result.removed:
        print(f"removed {path}")
    print(summary(result))


def _print_diagnostics(found: tuple[Diagnostic, ...], form: str) -> None:
    """Print to stderr, so that stdout holds only what was asked for; GitHub reads annotations from either."""
    from .terminal import print_diagnostic

    for diagnostic in in_order(found):
        if form == "github":
            print(github_annotation(diagnostic))
        elif diagnostic.severity is not Severity.INFO:
            print_diagnostic(diagnostic_text(diagnostic), diagnostic.severity)


def _check_format(form: str) -> None:
    if form not in {"text", "json", "github"}:
        print(f"error: --format {form}: choose text, json or github", file=sys.stderr)
        _exit(ExitCode.BAD_INPUT)


def _exit(code: ExitCode) -> NoReturn:
    sys.exit(int(code))
