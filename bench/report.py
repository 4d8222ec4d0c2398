"""A run -> docs/bench.md: tables by the rules below, words from page.md.j2. The same run gives the same bytes."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .results import Result, Run, ratio

TITLES = {
    "notepress": "notepress",
    "pandoc": "(a) pandoc",
    "latexmk": "(b) pandoc + latexmk",
    "typst": "(c) pandoc + Typst",
}
CASES = {
    "cold": "cold",
    "format": "cold, format present",
    "nothing": "nothing changed",
    "edit": "one note edited",
    "plain": "cold, without figures",
}
_NONE = "–"
# Numbers of notes, where a run measured none.
_SMALL, _LARGE = 15, 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What must hold: `value` may not be above `most`, nor below `least`; `aim` is what would be better still."""

    what: str
    value: float | None
    least: float | None = None
    most: float | None = None
    aim: float | None = None
    unit: str = "×"

    def met(self) -> bool | None:
        """Say whether it holds; None where it was not measured."""
        if self.value is None:
            return None
        return (self.least is None or self.value >= self.least) and (self.most is None or self.value <= self.most)

    def cells(self) -> tuple[str, ...]:
        """Return the cells of its row."""
        bound = f"≥ {self.least:g} {self.unit}" if self.least is not None else f"≤ {self.most:g} {self.unit}"
        if self.aim is not None:
            bound += f" (aim {self.aim:g})"
        value = _NONE if self.value is None else f"{self.value:.2f} {self.unit}"
        return self.what, bound, value, {None: "not measured", True: "yes", False: "**no**"}[self.met()]


def targets(run: Run) -> tuple[Target, ...]:
    """Return everything that must hold, with what this run measured."""
    small = run.smallest() or _SMALL

    def of(system: str, case: str) -> Result | None:
        return run.find(system, case, small)

    ours, theirs = of("notepress", "cold"), of("latexmk", "cold")
    format_present = ratio(theirs, of("notepress", "format"))
    edit = ratio(of("notepress", "edit"), of("latexmk", "edit"))
    edited = "one note edited: notepress (note, chapter, book, index) against (b) (note)"
    saves = run.saves
    saved = f"a note of {saves.pages if saves else 9} pages saved under `watch`: until its PDF is there"
    wait = statistics.median(saves.seconds) if saves else None
    nothing, thousand = _wall(of("notepress", "nothing")), _wall(run.find("notepress", "thousand", 1000))
    return (
        Target(what="cold: (b) against notepress", value=ratio(theirs, ours), least=3),
        Target(what="cold: notepress against Typst", value=ratio(ours, of("typst", "cold")), most=3),
        Target(
            what="cold, without figures: notepress against Typst",
            value=ratio(of("notepress", "plain"), of("typst", "plain")),
            most=3,
        ),
        Target(what="cold, format present: (b) against notepress", value=format_present, least=4),
        Target(what=edited, value=edit, most=0.7, aim=0.5),
        Target(what=saved, value=wait, most=0.4, unit="s"),
        Target(what=f"nothing changed, {small} notes", value=nothing, most=0.3, aim=0.15, unit="s"),
        Target(what="nothing changed, 1000 short notes", value=thousand, most=1.0, unit="s"),
        *_growth(run, small),
    )


def _growth(run: Run, small: int) -> tuple[Target, ...]:
    """Return what must hold when there are many more notes."""
    large = max(run.sizes("cold"), default=small)
    large = large if large > small else _LARGE
    many, few = run.find("notepress", "cold", large), run.find("notepress", "cold", small)
    time, memory = ratio(many, few), ratio(many, few, "parent")
    against = f"{large} notes against {small}"
    return (
        Target(what=f"{against}: time per note", value=time * small / large if time else None, most=1.1),
        Target(what=f"{against}: peak memory of notepress itself", value=memory, most=1.1),
    )


def _wall(result: Result | None) -> float | None:
    return None if result is None else result.median("wall")


def page(run: Run) -> str:
    """Return docs/bench.md."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # Markdown for us, not HTML for strangers.
        autoescape=False,
    )
    small = run.smallest() or _SMALL
    return environment.get_template("page.md.j2").render(
        run=run,
        small=small,
        elsewhere=statistics.median(run.saves.elsewhere) if run.saves and run.saves.elsewhere else None,
        targets=_table(("what", "must be", "is", "holds"), (target.cells() for target in targets(run)), left=2),
        cases=_table(
            ("case", "system", "wall, s", "least–most", "CPU, s", "peak memory, MiB", "wall, notepress = 1"),
            _case_rows(run, small),
            left=2,
        ),
        scale=_table(
            ("notes", "system", "wall, s", "a note, s", "CPU, s", "peak memory, MiB", "of notepress itself, MiB"),
            _scale_rows(run),
            left=2,
        ),
        arrived=_table(
            ("notes", "system", "PDFs", "chapters, book", "pages", "figures", "formulas as TeX", "no glyph"),
            _arrived_rows(run),
            left=2,
        ),
    )


def _case_rows(run: Run, notes: int) -> Iterator[tuple[str, ...]]:
    for case, title in CASES.items():
        # A format of ours has no counterpart elsewhere: what it saves shows against the others' cold builds.
        base = run.find("notepress", case, notes)
        for system, name in TITLES.items():
            result = run.find(system, case, notes)
            if result is None:
                continue
            least, most = result.spread("wall")
            against = ratio(result, base)
            yield (
                title,
                name,
                _seconds(result.median("wall")),
                f"{_seconds(least)}–{_seconds(most)}",
                _seconds(result.median("cpu")),
                _mebibytes(result, "tree"),
                _NONE if against is None else f"{against:.2f}",
            )


def _scale_rows(run: Run) -> Iterator[tuple[str, ...]]:
    sizes = run.sizes("cold")
    for notes in sizes if len(sizes) > 1 else ():
        for system, name in TITLES.items():
            if result := run.find(system, "cold", notes):
                wall = result.median("wall")
                yield (
                    str(notes),
                    name,
                    f"{wall:.1f}",
                    f"{wall / notes:.3f}",
                    f"{result.median('cpu'):.1f}",
                    _mebibytes(result, "tree"),
                    # The others' first process is make or a shell, which says nothing.
                    _mebibytes(result, "parent") if system == "notepress" else _NONE,
                )


def _arrived_rows(run: Run) -> Iterator[tuple[str, ...]]:
    order = list(TITLES)
    for item in sorted(run.arrived, key=lambda one: (one.notes, order.index(one.system))):
        yield (
            str(item.notes),
            TITLES[item.system],
            str(item.pdfs),
            str(item.joined),
            str(item.pages),
            f"{item.shown} of {item.figures}",
            str(item.formulas),
            "not told" if item.characters is None else str(item.characters),
        )


def _seconds(value: float) -> str:
    return f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def _mebibytes(result: Result, what: str) -> str:
    value = result.median(what)
    return f"{value / 2**20:.0f}" if value else _NONE


def _table(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]], *, left: int) -> str:
    """Return a Markdown table, nothing where it has no rows; the first `left` columns are words, the others numbers."""
    rule = tuple(":--" if column < left else "--:" for column in range(len(heads)))
    found = tuple(rows)
    lines = [heads, rule, *found] if found else []
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
