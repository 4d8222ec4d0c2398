"""What a run measured, as plain values: to JSON and back, medians, ratios."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from .measure import Sample

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The samples of one case of one system with so many notes."""

    system: str
    case: str
    notes: int
    samples: tuple[Sample, ...]

    def median(self, what: str) -> float:
        """Return the median of a field of the samples."""
        return float(statistics.median(getattr(sample, what) for sample in self.samples))

    def spread(self, what: str) -> tuple[float, float]:
        """Return the least and the greatest."""
        values = [getattr(sample, what) for sample in self.samples]
        return min(values), max(values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """What a cold build of `notes` notes made; `characters` without a glyph is None where the system doesn't say."""

    system: str
    notes: int
    pdfs: int
    joined: int
    pages: int
    figures: int
    shown: int
    formulas: int
    characters: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Saves:
    """Seconds from saving a note of so many pages to its finished PDF, under `watch`.

    In `seconds` the same number was edited each time, in `elsewhere` by turns the first and the last one.
    """

    pages: int
    seconds: tuple[float, ...]
    elsewhere: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A whole run: of which `notes`, on which `machine`, with which `versions`; `remarks` say what was left out."""

    date: str
    runs: int
    scale_runs: int
    complete: bool
    notes: str
    machine: dict[str, str]
    versions: dict[str, str]
    results: tuple[Result, ...] = ()
    arrived: tuple[Arrived, ...] = ()
    saves: Saves | None = None
    remarks: tuple[str, ...] = field(default=())

    def find(self, system: str, case: str, notes: int) -> Result | None:
        """Return a result, None where it was not measured."""
        wanted = (system, case, notes)
        return next((r for r in self.results if (r.system, r.case, r.notes) == wanted), None)

    def add(self, system: str, case: str, notes: int, sample: Sample) -> Run:
        """Return the run with one sample more."""
        old = self.find(system, case, notes)
        if old is None:
            new = Result(system=system, case=case, notes=notes, samples=(sample,))
            return replace(self, results=(*self.results, new))
        new = replace(old, samples=(*old.samples, sample))
        return replace(self, results=tuple(new if r is old else r for r in self.results))

    def sizes(self, case: str) -> tuple[int, ...]:
        """Return the numbers of notes that a case was measured with."""
        return tuple(sorted({r.notes for r in self.results if r.case == case}))

    def smallest(self) -> int:
        """Return the number of notes that all cases were measured with; 0 where nothing was measured."""
        return min((r.notes for r in self.results if r.case != "thousand"), default=0)


def ratio(above: Result | None, below: Result | None, what: str = "wall") -> float | None:
    """Return the ratio of two medians; None where one was not measured."""
    if above is None or below is None or not below.median(what):
        return None
    return above.median(what) / below.median(what)


def run_json(run: Run) -> str:
    """Return a run as JSON."""
    return json.dumps({"version": VERSION, **asdict(run)}, ensure_ascii=False, indent=1) + "\n"


def parse_run(text: str) -> Run:
    """Return the run that `run_json` wrote; raises ValueError where it is of another version."""
    data = json.loads(text)
    if data.pop("version", None) != VERSION:
        raise ValueError(f"no results of version {VERSION}")
    data["results"] = tuple(_result(item) for item in data["results"])
    data["arrived"] = tuple(Arrived(**item) for item in data["arrived"])
    data["remarks"] = tuple(data["remarks"])
    if saves := data["saves"]:
        data["saves"] = Saves(
            pages=saves["pages"], seconds=tuple(saves["seconds"]), elsewhere=tuple(saves["elsewhere"])
        )
    return Run(**data)


def _result(item: dict[str, Any]) -> Result:
    return Result(**{**item, "samples": _samples(item["samples"])})


def _samples(items: Iterable[dict[str, Any]]) -> tuple[Sample, ...]:
    return tuple(Sample(**item) for item in items)
