"""`make bench`: measure, write docs/bench.md and docs/bench.svg.

make bench                               everything; takes about an hour
make bench ARGS="--quick"                15 notes once, to see that it works
make bench ARGS="--only edit --only cold --systems notepress,latexmk --runs 3"
make bench ARGS="--from-json FILE"       write the page anew from an earlier run
"""

from __future__ import annotations

import argparse
import datetime
import sys
import tempfile
from pathlib import Path

from notepress.errors import NotepressError

from .cases import CASES, SCALE, THOUSAND, Bench, BenchError, Options
from .inputs import ROOT, load_material
from .machine import machine, missing, versions
from .report import page
from .results import Run, parse_run, run_json
from .systems import SYSTEMS, System

DOCS = ROOT / "docs"
# Below the cache, so that it is neither committed nor lost when the report is all that goes wrong.
RESULTS = ROOT / ".notepress" / "bench.json"
MISSING_TOOL = 3


def parse_arguments(words: list[str]) -> argparse.Namespace:
    """Return the options; exits with 2 where they make no sense."""
    parser = argparse.ArgumentParser(prog="bench", description="Compare notepress with three other ways to make PDFs.")
    add = parser.add_argument
    add("--runs", type=_count, default=5, help="runs of each case with the smallest number of notes (5)")
    add("--scale-runs", type=_count, default=1, help="runs with more notes (1)")
    add("--sizes", type=_counts, default=(15, 50, 100, 300), help="numbers of notes (15,50,100,300)")
    add("--longest", type=float, default=240.0, help="seconds that one build of many notes may take (240)")
    add("--systems", type=_systems, default=SYSTEMS, help="some of notepress,pandoc,latexmk,typst (all)")
    add("--only", action="append", choices=CASES, help="measure this case only; may be repeated")
    add("--quick", action="store_true", help="15 notes, one run, no larger numbers")
    add("--notes", type=Path, default=ROOT, help="a project or folder of Markdown to measure with")
    add("--json", type=Path, default=RESULTS, help="where results go, after each measurement")
    add("--from-json", type=Path, help="measure nothing, report these results")
    add("--out", type=Path, help="folder for bench.md and bench.svg (docs/ after a full run, else none)")
    add("--keep", type=Path, help="work in this folder and leave it there, to look at")
    return parser.parse_args(words)


def main() -> None:
    """Run as `python -m bench.bench [OPTION…]`; exit 1 where a system does not work, 3 where one is missing."""
    arguments = parse_arguments(sys.argv[1:])
    if arguments.from_json:
        run = parse_run(arguments.from_json.read_text("utf-8"))
        write(run, arguments.out or DOCS)
        return
    run = measure(arguments)
    out = arguments.out or (DOCS if run.complete else None)
    if out:
        write(run, out)
    else:
        print(page(run).partition("\n## The systems")[0])


def measure(arguments: argparse.Namespace) -> Run:
    """Measure what is asked for; results are in the JSON file from the first measurement on."""
    names = frozenset(system.name for system in arguments.systems)
    # Larger numbers of notes take most of the hour.
    only = frozenset(arguments.only or CASES) - (frozenset({SCALE, THOUSAND}) if arguments.quick else frozenset())
    if lines := missing(names):
        print("\n".join(f"bench: {line}" for line in lines), "or leave it out with --systems", sep="\n")
        sys.exit(MISSING_TOOL)
    full = only == set(CASES) and len(names) == len(SYSTEMS) and arguments.notes == ROOT
    started = Run(
        date=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        runs=1 if arguments.quick else arguments.runs,
        scale_runs=arguments.scale_runs,
        complete=full,
        notes="those of this repository" if arguments.notes == ROOT else "those of another folder",
        machine=machine(),
        versions=versions(names),
    )
    sizes = arguments.sizes[:1] if arguments.quick else arguments.sizes
    saves = 3 if arguments.quick else max(10, arguments.runs)
    options = Options(systems=arguments.systems, only=only, sizes=sizes, saves=saves, longest=arguments.longest)
    arguments.json.parent.mkdir(parents=True, exist_ok=True)

    def save(run: Run) -> None:
        arguments.json.write_text(run_json(run), "utf-8")

    try:
        material = load_material(arguments.notes)
        with tempfile.TemporaryDirectory(prefix="notepress-bench-") as name:
            folder = arguments.keep or Path(name)
            return Bench(options, material, folder, started, save).measure()
    except (BenchError, TimeoutError) as problem:
        sys.exit(f"bench: {problem}")
    except NotepressError as problem:
        sys.exit("\n".join(f"bench: {found.message}" for found in problem.diagnostics))


def write(run: Run, folder: Path) -> None:
    """Write the page, and the plot where there is more than one number of notes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.md").write_text(page(run), "utf-8")
    if len(run.sizes("cold")) > 1:
        from .plot import plot

        (folder / "bench.svg").write_bytes(plot(run))
    print(f"written: {folder / 'bench.md'}")


def _count(word: str) -> int:
    value = int(word)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def _systems(word: str) -> tuple[type[System], ...]:
    names = set(word.split(","))
    if unknown := names - {system.name for system in SYSTEMS}:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
    return tuple(system for system in SYSTEMS if system.name in names)


def _counts(word: str) -> tuple[int, ...]:
    return tuple(sorted({_count(part) for part in word.split(",")}))


if __name__ == "__main__":
    main()
