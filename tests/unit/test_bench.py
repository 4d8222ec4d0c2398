"""The benchmark's own arithmetic: its notes, its ratios, its report. What it measures needs the systems themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.inputs import (
    ROOT,
    Material,
    change_numbers,
    edit_number,
    load_material,
    make_copies,
    short_notes,
    without_images,
)
from bench.measure import Sample
from bench.report import page, targets
from bench.results import Arrived, Run, Saves, parse_run, ratio, run_json
from bench.template import pandoc_template

NOTE = """---
title: 掷硬币
date: 2026-01-10
---

## 3 次正面

抛 10 次，出现 $k=7$ 次正面[^1]，见[下一篇](02-b.md)和表 2。

1. 第 1 条
2. 花了 \\$5，`x1 = 2`

$$
\\frac{7}{10} = 0.7
$$

![图 4](figures/a.tikz){width=50%}

```python
print(12)
```

[^1]: 1812 年
"""


def plain_run(**fields: object) -> Run:
    """Return a run without results."""
    values = {
        "date": "2026-01-01",
        "runs": 2,
        "scale_runs": 1,
        "complete": True,
        "notes": "some",
        "versions": {"a": "1"},
    }
    machine = {"CPU": "c", "cores": "2", "memory": "1 GiB", "system": "s"}
    return Run(**{**values, "machine": machine, **fields})  # type: ignore[arg-type]


def sample(wall: float) -> Sample:
    """Return a sample that took so long."""
    return Sample(wall=wall, cpu=2 * wall, tree=1 << 20, parent=1 << 19)


def measured() -> Run:
    """Return a run in which everything was measured, with figures chosen for easy ratios."""
    run = plain_run(
        arrived=(
            Arrived(
                system="typst", notes=15, pdfs=15, joined=0, pages=9, figures=4, shown=0, formulas=1, characters=None
            ),
        ),
        saves=Saves(pages=9, seconds=(0.2, 0.9, 0.3), elsewhere=(0.4, 0.5, 0.9)),
        remarks=("one thing was left out",),
    )
    walls = {
        ("notepress", "cold", 15): (8.0, 10.0, 100.0),
        ("latexmk", "cold", 15): (30.0, 40.0, 35.0),
        ("typst", "cold", 15): (4.0, 4.0, 4.0),
        ("notepress", "format", 15): (7.0, 7.0, 7.0),
        ("notepress", "plain", 15): (9.0,),
        ("typst", "plain", 15): (4.0,),
        ("notepress", "nothing", 15): (0.2,),
        ("notepress", "edit", 15): (1.2,),
        ("latexmk", "edit", 15): (2.0,),
        ("notepress", "cold", 300): (210.0,),
        ("notepress", "thousand", 1000): (1.5,),
    }
    for (system, case, notes), values in walls.items():
        for wall in values:
            run = run.add(system, case, notes, sample(wall))
    return run


@pytest.fixture(scope="module")
def material() -> Material:
    """Return the notes of this repository."""
    return load_material(ROOT)


def test_no_two_copies_are_equal(material: Material) -> None:
    """However many notes are asked for, each differs from all others in text, path and title."""
    copies = make_copies(material, 60)
    assert len({copy.text for copy in copies}) == 60
    assert len({copy.path for copy in copies}) == 60
    titles = [re.search(r"^title: (.*)$", copy.text, re.MULTILINE) for copy in copies]
    assert len({match[1] for match in titles if match}) == 60


def test_copies_keep_their_formulas(material: Material) -> None:
    """Formulas, images and code of a copy are those of its original, so all systems can still build it."""
    sources = list(material.notes.values())
    for number, copy in enumerate(make_copies(material, 12)):
        original = sources[number % len(sources)]
        assert re.findall(r"\$\$.*?\$\$|\$[^$\n]+\$", copy.text, re.DOTALL) == re.findall(
            r"\$\$.*?\$\$|\$[^$\n]+\$", original, re.DOTALL
        )
        assert len(copy.images) == original.count("](figures/")


def test_copies_lead_to_one_another(material: Material) -> None:
    """Every link from note to note of the copies leads to a copy."""
    copies = make_copies(material, 31)
    paths = {copy.path for copy in copies}
    targets = [target for copy in copies for target in re.findall(r"\]\(\.\./([^)#]+\.md)", copy.text)]
    assert targets
    assert set(targets) <= paths


def test_only_numbers_of_running_text_change() -> None:
    """Numbers that mean something to TeX, Markdown or a link stay; the others get as many digits as before."""
    changed = change_numbers(NOTE, 1)
    assert changed != NOTE
    assert re.sub(r"\d", "0", changed) == re.sub(r"\d", "0", NOTE)
    for fixed in (
        "date: 2026-01-10",
        "$k=7$",
        "[^1]",
        "](02-b.md)",
        "\n1. 第",
        r"\frac{7}{10} = 0.7",
        "{width=50%}",
        "(12)",
    ):
        assert fixed in changed


@given(text=st.text(alphabet="ab12 $`[]()\n#", max_size=60), seed=st.integers(1, 20))
def test_changing_numbers_changes_nothing_else(text: str, seed: int) -> None:
    """Whatever a note looks like, only digits change, and into digits."""
    changed = change_numbers(text, seed)
    assert re.sub(r"\d", "0", changed) == re.sub(r"\d", "0", text)
    assert changed.count("$") == text.count("$")


def test_an_edit_is_one_number() -> None:
    """Two edits of a note differ from each other and from the note, in one line."""
    first, second = edit_number(NOTE, 1001), edit_number(NOTE, 1002)
    assert len({NOTE, first, second}) == 3
    assert sum(a != b for a, b in zip(NOTE.splitlines(), first.splitlines(), strict=True)) == 1
    places = [edit_number(NOTE, 1001, place).index("1001") for place in (0.0, 0.5, 1.0)]
    assert places == sorted(set(places))


def test_a_note_without_numbers_can_be_edited() -> None:
    """Where there is no number to change, an edit adds one."""
    assert edit_number("空\n", 7) != edit_number("空\n", 8)


def test_an_edit_leaves_headings_alone() -> None:
    """A number in a title is in the name of the PDF, which whoever waits for that would not find again."""
    assert edit_number("# 第 16 章\n\n共 3 节。\n", 7, 0.0) == "# 第 16 章\n\n共 7 节。\n"


def test_notes_without_images_keep_the_rest(material: Material) -> None:
    """Leaving the figures out takes their lines away and nothing else."""
    for copy, bare in zip(copies := make_copies(material, 4), without_images(copies), strict=True):
        assert len(copy.text.splitlines()) - len(bare.text.splitlines()) == len(copy.images) > 0
        assert not bare.images


def test_short_notes_differ() -> None:
    """The many short notes are all different too."""
    notes = short_notes(50)
    assert len({note.text for note in notes}) == len({note.path for note in notes}) == 50


def test_ratios_are_of_medians() -> None:
    """One slow run does not change a ratio, and what was not measured has none."""
    run = measured()
    assert ratio(run.find("latexmk", "cold", 15), run.find("notepress", "cold", 15)) == 3.5
    assert ratio(None, run.find("notepress", "cold", 15)) is None


def test_targets_are_met_or_not() -> None:
    """Each target compares what it says, and is neither met nor missed where nothing was measured."""
    found = {target.what: (target.value, target.met()) for target in targets(measured())}
    assert found == {
        "cold: (b) against notepress": (3.5, True),
        "cold: notepress against Typst": (2.5, True),
        "cold, without figures: notepress against Typst": (2.25, True),
        "cold, format present: (b) against notepress": (5.0, True),
        "one note edited: notepress (note, chapter, book, index) against (b) (note)": (0.6, True),
        "a note of 9 pages saved under `watch`: until its PDF is there": (0.3, True),
        "nothing changed, 15 notes": (0.2, True),
        "nothing changed, 1000 short notes": (1.5, False),
        "300 notes against 15: time per note": (1.05, True),
        "300 notes against 15: peak memory of notepress itself": (1.0, True),
    }
    assert {target.met() for target in targets(plain_run())} == {None}


def test_results_survive_json() -> None:
    """A run read back from its JSON is the same run, so a report can be written anew."""
    assert parse_run(run_json(measured())) == measured()


def test_the_report_is_deterministic() -> None:
    """The same results give the same page, which names every system measured and what was left out."""
    text = page(parse_run(run_json(measured())))
    assert text == page(measured())
    assert "edited by turns, so that hardly anything can be typeset ahead, the PDF takes 0.50 s" in text
    assert "| cold | (c) pandoc + Typst | 4.00 | 4.00–4.00 | 8.00 | 1 | 0.40 |" in text
    assert "one thing was left out" in text
    assert "Not a full run" not in text


def test_a_partial_run_says_so() -> None:
    """A page from a quick run can't be taken for one from a full run, and has no plot to show."""
    text = page(plain_run(complete=False).add("notepress", "cold", 15, sample(1)))
    assert "**Not a full run**" in text
    assert "bench.svg" not in text


def test_a_template_of_ours_is_one_of_pandoc() -> None:
    """Dollars of TeX are doubled, so that pandoc reads as variables only what stands for a note's own words."""
    text = pandoc_template("$a$\nNPTITLE\n{NPSUBTITLE}\nNPBODY\n")
    assert text == "$$a$$\n$title$\n$if(subtitle)$\n{$subtitle$}\n$endif$\n$body$\n"


def test_rivals_are_there() -> None:
    """Every file that a system copies beside the notes exists."""
    from bench.systems import RIVALS, SYSTEMS

    files = [name for system in SYSTEMS for name in getattr(system, "files", ())]
    assert [name for name in files if not Path(RIVALS, name).is_file()] == []
