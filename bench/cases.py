"""The order of a run: which system does what, when.

Systems take turns (A B C, A B C, …), so that a machine that gets slower for a while does so for all of them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pikepdf

from .inputs import Copy, Material, edit_number, make_copies, short_notes, without_images, write_site
from .measure import Sample, measure
from .results import Arrived, Run, Saves
from .systems import COLD, EDIT, FORMAT, NOTHING, PLAIN, System
from .template import SharedLooks, shared_looks
from .watch import can_watch, measure_saves

SCALE, THOUSAND, WATCH = "scale", "thousand", "watch"
CASES = (COLD, FORMAT, NOTHING, EDIT, PLAIN, WATCH, SCALE, THOUSAND)
# The note that is edited is the first of a site; the one that is watched, the one nearest to this many pages.
_WATCHED_PAGES = 9
_MANY = 1000


class BenchError(Exception):
    """A system does not work here; what it said is in the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to measure; the first of `sizes`, numbers of notes, is the one that all cases are measured with."""

    systems: tuple[type[System], ...]
    only: frozenset[str]
    sizes: tuple[int, ...]
    saves: int
    longest: float


class Bench:
    """A run under way; `save` is called with what is known after each measurement."""

    def __init__(self, options: Options, material: Material, folder: Path, run: Run, save: Callable[[Run], None]):
        self.options = options
        self.material = material
        self.folder = folder
        self.run = run
        self._save = save
        self._looks: SharedLooks | None = None

    def measure(self) -> Run:
        """Measure all that is asked for."""
        only = self.options.only
        self._warm_up()
        if only & {COLD, FORMAT, NOTHING, EDIT}:
            self._all_cases()
        if PLAIN in only:
            self._plain()
        if WATCH in only:
            self._watch()
        if SCALE in only:
            self._scale()
        if THOUSAND in only:
            self._thousand()
        return self.run

    def _warm_up(self) -> None:
        """Build two notes with each system, so that none pays for reading fonts and programs from the disk.

        The short one is sound; the first of strangers' notes need not be. Raises BenchError where neither is built.
        """
        copies = (*make_copies(self.material, 1), *short_notes(1))
        for kind in self.options.systems:
            system = self._system(kind, "warm", copies)
            measure(system.command(COLD))
            if not system.built():
                lines = (system.folder / "bench.log").read_text("utf-8", "replace").splitlines()
                raise BenchError(f"{system.title} builds no note:\n" + "\n".join(lines[-15:]))
            _say(f"{system.title}: works")

    def _all_cases(self) -> None:
        wanted = [case for case in (COLD, FORMAT, NOTHING, EDIT) if case in self.options.only]
        systems = self._systems(self.options.sizes[0])
        if COLD not in wanted:
            for system in systems:
                measure(system.command(COLD))
        for turn in range(self.run.runs):
            for case in wanted:
                for system in systems:
                    if system.can(case):
                        self._measure(system, case, turn)

    def _plain(self) -> None:
        """Compare cold builds of the notes without their figures, which not every system can draw."""
        copies = without_images(make_copies(self.material, self.options.sizes[0]))
        systems = [self._system(kind, PLAIN, copies) for kind in self.options.systems if PLAIN in kind.cases]
        for turn in range(self.run.runs):
            for system in systems:
                self._measure(system, PLAIN, turn)

    def _scale(self) -> None:
        for size in self.options.sizes[1:]:
            systems = [system for system in self._systems(size) if self._has_time_for(system, size)]
            for turn in range(self.run.scale_runs):
                for system in systems:
                    self._measure(system, COLD, turn)
            # Of 300 notes each system leaves hundreds of megabytes.
            shutil.rmtree(self.folder / str(size))

    def _has_time_for(self, system: System, size: int) -> bool:
        """Say whether a system, at its pace so far, would build so many notes within the longest time."""
        smaller = [s for s in self.run.sizes(COLD) if s < size and self.run.find(system.name, COLD, s)]
        known = self.run.find(system.name, COLD, max(smaller)) if smaller else None
        if known is None or known.median("wall") * size / max(smaller) <= self.options.longest:
            return True
        self._remark(f"{system.title}, {size} notes: left out, it would take over {self.options.longest:.0f} s.")
        return False

    def _thousand(self) -> None:
        for kind in self._notepress():
            system = self._system(kind, "many", short_notes(_MANY))
            _say(f"{system.title}: building {_MANY} short notes")
            measure(system.command(NOTHING))
            for _ in range(self.run.runs):
                self._keep(system, THOUSAND, measure(system.command(NOTHING)))

    def _watch(self) -> None:
        for kind in self._notepress():
            if not can_watch():
                self._remark("Not measured: saving a note under `watch`; this version has no such command.")
                return
            system = self._sized(kind, self.options.sizes[0])
            measure(system.command(NOTHING))
            built = system.built()
            pages = {note: _pages(pdf) for note, pdf in built.items()}
            note = min(pages, key=lambda name: (abs(pages[name] - _WATCHED_PAGES), name))
            path = system.folder / "notes" / note
            count = self.options.saves
            # The first ones show where the note is being edited.
            same = measure_saves(system.folder, path, built[note], (0.5,) * (count + 2))[2:]
            elsewhere = measure_saves(system.folder, path, built[note], (0.0, 1.0) * (count // 2 + 1))[1 : count + 1]
            self.run = replace(self.run, saves=Saves(pages=pages[note], seconds=same, elsewhere=elsewhere))
            for what, seconds in (("in one place", same), ("in two places", elsewhere)):
                _say(f"watch, {pages[note]} pages, {what}: " + " ".join(f"{value:.2f}" for value in seconds))
            self._save(self.run)

    def _measure(self, system: System, case: str, turn: int) -> None:
        if case in {COLD, FORMAT, PLAIN}:
            system.forget(case)
        if case == EDIT:
            system.edited.write_text(edit_number(system.copies[0].text, 1000 + turn), "utf-8")
        before = _stamp(system)
        sample = measure(system.command(case))
        changed = _stamp(system) != before
        self._keep(system, case, sample)
        if changed is (case == NOTHING):
            self._remark(f"{system.title}, {case}: the note was {'' if changed else 'not '}built again.")
        if case == COLD and turn == 0:
            self.run = replace(self.run, arrived=(*self.run.arrived, _arrived(system)))

    def _keep(self, system: System, case: str, sample: Sample) -> None:
        notes = len(system.copies)
        self.run = self.run.add(system.name, case, notes, sample)
        memory = f"{sample.tree / 2**20:.0f} MiB"
        _say(f"{system.title}, {case}, {notes} notes: {sample.wall:.2f} s, CPU {sample.cpu:.2f} s, {memory}")
        self._save(self.run)

    def _remark(self, text: str) -> None:
        _say(text)
        if text not in self.run.remarks:
            self.run = replace(self.run, remarks=(*self.run.remarks, text))

    def _notepress(self) -> list[type[System]]:
        return [kind for kind in self.options.systems if kind.name == "notepress"]

    def _systems(self, size: int) -> list[System]:
        return [self._sized(kind, size) for kind in self.options.systems]

    def _sized(self, kind: type[System], size: int) -> System:
        return self._system(kind, str(size), make_copies(self.material, size))

    def _system(self, kind: type[System], name: str, copies: tuple[Copy, ...]) -> System:
        """Return a system in a folder of its own, which it is given once."""
        folder = self.folder / name / kind.name
        system = kind(folder, copies)
        if not folder.exists():
            write_site(folder, copies, self.material)
            self._looks = self._looks or shared_looks(folder)
            system.lay_out(self._looks)
        return system


def _arrived(system: System) -> Arrived:
    built = system.built()
    losses = system.losses()
    reached = sum(len(copy.images) for copy in system.copies if copy.path in built)
    return Arrived(
        system=system.name,
        notes=len(system.copies),
        pdfs=len(built),
        joined=system.joined(),
        pages=sum(map(_pages, built.values())),
        figures=sum(len(copy.images) for copy in system.copies),
        shown=max(reached - losses.images, 0),
        formulas=losses.formulas,
        characters=losses.characters,
    )


def _pages(pdf: Path) -> int:
    with pikepdf.open(pdf) as opened:
        return len(opened.pages)


def _stamp(system: System) -> tuple[int, int] | None:
    """Return what tells whether the PDF of the first note was written again; None where there is none."""
    pdf = system.built().get(system.copies[0].path)
    if pdf is None or not pdf.exists():
        return None
    found = pdf.stat()
    return found.st_ino, found.st_mtime_ns


def _say(text: str) -> None:
    print(text, flush=True)
