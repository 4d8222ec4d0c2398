"""Ids, numbers and references in Quarto's syntax, through pandoc."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import notepress
from notepress.convert import Surroundings, convert
from notepress.labels import KINDS, Labels, may_define
from notepress.model import Body, Note, Status
from notepress.pandoc import Pandoc
from notepress.pictures import PictureStore
from notepress.placing import place_formulas
from notepress.survey import survey_note

Convert = Callable[..., Body]

NOTE = """\
看 @eq-a、@fig-b 与 [-@tbl-c]，[见 @fig-a; @fig-b]，由@thm-a所示，又 @sec-s。

$$
x
$$ {#eq-a}

![甲](a.png){#fig-a}

![无号](a.png)

![乙](a.png){#fig-b}

| 一 |
|--|
| 1 |

: 题 $x$ {#tbl-a}

文字

: 上题 {#tbl-b}

| 一 |
|--|
| 1 |

| 一 |
|--|
| 1 |
: 紧挨 {#tbl-c}

## 节 *名* {#sec-s}

::: {#thm-a}
## 柯西
内容 $\\eqref{eq-a}$
:::

::: {.proof}
显然。
:::

::: {#pit-a name="别忘了 $d$"}
- 表
:::
"""


def placed(body: Body) -> str:
    """Return the LaTeX with its formulas in place."""
    return place_formulas(body.latex, body.formulas)[0]


def printed(body: Body) -> str:
    """Return the LaTeX with links reduced to what they show."""
    return re.sub(r"\\placelink\{[^{}]*\}\{((?:[^{}]|\{[^{}]*\})*)\}", r"<\1>", body.latex)


def codes(body: Body) -> list[tuple[str, int | None]]:
    """Return code and line of what there is to say, without the missing images."""
    return [(d.code, d.line) for d in body.diagnostics if not d.code.startswith("image")]


def test_references_show_name_and_number(converted: Convert) -> None:
    """Before or behind what it refers to, alone or in brackets, a reference is right at once."""
    body = converted(NOTE)
    first = printed(body).split("\n")[1]
    assert first == "看<式~(1)>、<图~3> 与 <3>，见<图~1>、<图~3>，由<定理~1> 所示，又<“节 \\emph{名}”>。"
    assert codes(body) == []


def test_counters_say_what_references_say(converted: Convert) -> None:
    """TeX prints the very numbers that references show, also beside captions without an id."""
    latex = placed(converted(NOTE))
    assert re.findall(r"\\setcounter\{figure\}\{(\d+)\}", latex) == ["0", "1", "2"]
    assert re.findall(r"\\setcounter\{table\}\{(\d+)\}", latex) == ["0", "1", "2"]
    assert "\\eqnumber{1}" in latex


def test_captions_go_to_their_tables(converted: Convert) -> None:
    """A caption above, below or right below its table is no paragraph, no definition and no row."""
    latex = converted(NOTE).latex
    assert len(re.findall(r"\\caption\{", latex)) == 6
    assert "tbl-" not in re.sub(r"h\.tbl-\w", "", latex)
    assert "description" not in latex
    assert "文字" in latex


def test_blocks_have_name_number_and_title(converted: Convert) -> None:
    """A heading in a block is its title, none of the note; a proof ends with its sign."""
    body = converted(NOTE)
    latex = placed(body)
    assert "\\begin{npblock}{theorem}{\\linedest{h.thm-a}定理~1}{柯西}" in latex
    assert "\\begin{npblock}{pitfall}{\\linedest{h.pit-a}易错点~1}{别忘了 \\(d\\)}" in latex
    assert "显然。\\tombstone{}" in latex
    assert [heading.text for heading in body.headings] == ["节 名"]
    assert "\\text{\\placelink{h.eq-a}{(1)}}" in latex


def test_lines_stay_those_of_the_note(converted: Convert) -> None:
    """What follows a block, a caption or a title is still found at its line."""
    body = converted(NOTE)
    for number, text in enumerate(placed(body).split("\n"), 1):
        for word in ("内容", "显然。", "文字"):
            if word in text:
                place = body.source_map.locate(number)
                assert place is not None
                assert word in NOTE.split("\n")[place.line - 1]


def test_mistakes_have_a_place_and_a_hint(converted: Convert) -> None:
    """An unknown id is named at line and column with the nearest one; the second of two equal ones, with the first."""
    body = converted("![甲](a.png){#fig-loss}\n\n看 @fig-los。\n\n![乙](a.png){#fig-loss}\n")
    found = {d.code: d for d in body.diagnostics}
    unknown, again = found["undefined-reference"], found["duplicate-label"]
    assert (unknown.line, unknown.column, unknown.hint) == (3, 3, "did you mean @fig-loss?")
    assert (again.line, again.hint) == (5, "it stands in line 1 first; give each an id of its own")
    assert "看 @fig-los。" in body.latex


OTHER = """\
![无号](a.png)

![甲](a.png){#fig-x}

$$
x
$$ {#eq-x}

$$
y \\tag{A}
$$ {#eq-tagged}

## 名 $z$ {#sec-x}

    {#fig-in-code}
"""


@pytest.fixture
def among(pandoc: Pandoc, make_note: Callable[..., Note], pictures: PictureStore) -> Callable[..., Body]:
    """Return a function that converts the first of some notes, given as Markdown by their source."""

    def run(texts: dict[str, str], labels: Labels | None = None) -> Body:
        numbers = dict(zip(texts, ("1.1", "2.3", "4"), strict=False))
        notes = {s: make_note(source=s, markdown=text, number=numbers[s]) for s, text in texts.items()}
        around = Surroundings(
            root=Path("/nowhere"), notes=notes, pictures=pictures, labels=labels or Labels(notes, pandoc.ask)
        )
        return convert(next(iter(notes.values())), around, pandoc.ask)

    return run


def linked(body: Body) -> str:
    """Return the LaTeX with links to other notes reduced to where they lead and what they show."""
    return re.sub(r"\\notelink\{notepress:([^{}]*)\}\{((?:[^{}]|\{[^{}]*\})*)\}", r"<\1|\2>", placed(body))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("由 @fig-x 可知", "由 <02/b.md\\#fig-x|2.3~节的图~2> 可知"),
        ("由@fig-x可知", "由 <02/b.md\\#fig-x|2.3~节的图~2> 可知"),
        ("见[-@fig-x]。", "见 <02/b.md\\#fig-x|2.3-2>。"),
        ("式[-@eq-x]", "式<02/b.md\\#eq-x|(2.3-1)>"),
        ("[@eq-x; @eq-tagged]", "<02/b.md\\#eq-x|2.3~节的式~(1)>、<02/b.md\\#eq-tagged|2.3~节的式~(A)>"),
        ("见 @sec-x。", "见 <02/b.md\\#sec-x|2.3~节的“名 \\(z\\)”>。"),
        ("$\\eqref{eq-x}, \\ref{fig-x}$", "\\text{<02/b.md\\#eq-x|(2.3-1)>}, \\text{<02/b.md\\#fig-x|2.3-2>}"),
        ("见 \\eqref{eq-tagged}", "\\text{<02/b.md\\#eq-tagged|(A)>}"),
        ("见 @thm-solo", "见<c.md\\#thm-solo|第~4~篇的定理~1>"),
    ],
)
def test_an_id_of_another_note_is_named_by_its_place(among: Callable[..., Body], text: str, shown: str) -> None:
    """A reference to another note has the number that is printed there, the number of that note, and its address."""
    body = among({"01/a.md": text + "\n", "02/b.md": OTHER, "c.md": "::: {#thm-solo}\n甲\n:::\n"})
    assert shown in linked(body)
    assert codes(body) == []
    assert set(body.links) <= {"02/b.md", "c.md"}
    assert len(body.links) == 1


def test_a_note_has_its_own_ids_first(among: Callable[..., Body]) -> None:
    """What another note has of an id that the note has itself concerns nobody; nor does an id in code."""
    body = among({"01/a.md": "@fig-x，@fig-in-code\n\n![丙](a.png){#fig-x}\n", "02/b.md": OTHER})
    assert printed(body).split("\n")[1] == "<图~1>，@fig-in-code"
    assert codes(body) == [("undefined-reference", 1)]
    assert {name for name in body.inputs if name.startswith("ref:")} == {"ref:fig-in-code"}


def test_what_only_looks_like_an_own_id_is_looked_for_elsewhere(among: Callable[..., Body]) -> None:
    """An id that the note has only in an example of code leads to the note that really has it."""
    body = among({"01/a.md": "```\n![](a.png){#fig-x}\n```\n\n见 @fig-x。\n", "02/b.md": OTHER})
    assert "2.3~节的图~2" in body.latex
    assert codes(body) == []


def test_an_id_that_two_notes_have_is_reported_where_it_is_used(among: Callable[..., Body]) -> None:
    """Which of two notes is meant can't be known: the nearest is linked, and both are named at the reference."""
    texts = {"01/a.md": "首行\n\n见 @fig-x 与 $\\eqref{eq-x}$。\n", "02/b.md": OTHER, "01/c.md": OTHER}
    body = among(texts)
    found = [d for d in body.diagnostics if d.code == "ambiguous-reference"]
    assert [(d.line, d.column) for d in found] == [(3, 3), (3, 20)]
    assert "02/b.md, 01/c.md" in found[0].message
    assert found[0].hint is not None
    assert "it leads to 01/c.md" in found[0].hint
    assert "[text](../02/b.md#fig-x)" in found[0].hint
    assert "<01/c.md\\#fig-x|" in linked(body)


def test_an_unknown_id_may_be_meant_for_another_note(among: Callable[..., Body]) -> None:
    """The hint has the nearest id of the same kind, whichever note has it; one that is far from all has no guess."""
    body = among({"01/a.md": "@fig-y 与 @eq-something\n", "02/b.md": OTHER.replace("fig-x", "fig-yy")})
    assert [d.hint for d in body.diagnostics] == ["did you mean @fig-yy?", "no id has that name"]


def test_a_planned_note_has_no_place_to_lead_to(
    pandoc: Pandoc, make_note: Callable[..., Note], pictures: PictureStore
) -> None:
    """An id of a note that is only planned is unknown, and the hint says why."""
    other = make_note(source="02/b.md", markdown="![甲](a.png){#fig-x}\n", status=Status.PLANNED)
    labels = Labels({other.source: other}, pandoc.ask)
    around = Surroundings(root=Path("/nowhere"), notes={other.source: other}, pictures=pictures, labels=labels)
    (found,) = convert(make_note(markdown="看 @fig-x\n"), around, pandoc.ask).diagnostics
    assert found.hint == "it stands in 02/b.md, which is only planned"


def test_a_survey_numbers_as_the_conversion_does(
    pandoc: Pandoc, make_note: Callable[..., Note], pictures: PictureStore
) -> None:
    """What other notes are told of a note's numbers is what its own references show."""
    note = make_note(markdown=NOTE)
    around = Surroundings(root=Path("/nowhere"), notes={}, pictures=pictures)
    asked: list[dict[str, object]] = []

    def ask(request: Mapping[str, Any]) -> dict[str, Any]:
        answer = pandoc.ask(request)
        asked.append(answer)
        return answer

    convert(note, around, ask)
    surveyed = {label.ident: label.number for label in survey_note(note, pandoc.ask)}
    assert surveyed == {label["ident"]: label["number"] for label in asked[0]["labels"]}  # type: ignore[attr-defined]
    assert set(surveyed) <= set(may_define(NOTE))


@pytest.mark.parametrize(
    "text",
    [
        "## 节 {#sec-x .wide}",
        '## 节 {id="sec-x"}',
        "$$x$$ { #sec-x}",
        "<figure><img src=a.png id='sec-x'><figcaption>题</figcaption></figure>",
        "<h2 ID = sec-x>节</h2>",
    ],
)
def test_no_way_to_write_an_id_is_overlooked(text: str) -> None:
    """The search for ids may find too many, never too few."""
    assert may_define(f"甲\n\n{text}\n") == ("sec-x",)


def test_a_note_is_read_once_for_others(pandoc: Pandoc, make_note: Callable[..., Note], tmp_path: Path) -> None:
    """What a note defines is kept by content: read again only where the note changed; a damaged file is forgotten."""
    read: list[str] = []

    def ask(request: Mapping[str, Any]) -> dict[str, Any]:
        read.append(request["text"])
        return pandoc.ask(request)

    def number(markdown: str) -> str:
        notes = [make_note(source="b.md", markdown=markdown), make_note(source="c.md", markdown="无\n")]
        labels = Labels({note.source: note for note in notes}, ask, store=tmp_path / "labels.json")
        found = labels.find("fig-x可知")
        labels.save()
        return found.targets[0].label.number if found else ""

    assert [number(OTHER), number(OTHER), len(read)] == ["2", "2", 1]
    assert [number(OTHER[OTHER.index("![甲]") :]), len(read)] == ["1", 2]
    (tmp_path / "labels.json").write_text('{"b.md": ["", [1]]}')
    assert [number(OTHER), len(read)] == ["2", 3]


def test_nothing_is_read_for_ids_that_nobody_names(make_note: Callable[..., Note]) -> None:
    """A project without references between notes pays nothing for them."""

    def ask(_: object) -> dict[str, Any]:
        raise AssertionError

    labels = Labels({"b.md": make_note(source="b.md", markdown=OTHER)}, ask)
    assert labels.find("fig-other") is None
    assert labels.find("user") is None
    assert labels.digest("fig-other") == ""


def test_kinds_are_those_of_the_converter() -> None:
    """Python looks for the ids that convert.lua numbers, and for no others."""
    lua = (Path(notepress.__file__).parent / "lua" / "crossrefs.lua").read_text("utf-8")
    table = lua.partition("crossrefs.KINDS = {")[2].partition("\n}")[0]
    assert sorted(KINDS) == sorted(re.findall(r"(\w+) = \{", table))


def test_an_id_around_a_picture_or_table_is_its_own(converted: Convert) -> None:
    """A Div with one picture or table is numbered as that; what its other paragraph says is the caption."""
    body = converted(
        "看 @fig-a、@tbl-a。\n\n::: {#fig-a}\n![](a.png)\n\n图题\n:::\n\n"
        "::: {#tbl-a}\n| 一 |\n|--|\n| 1 |\n\n: 表题\n:::\n"
    )
    assert printed(body).split("\n")[1] == "看<图~1>、<表~1>。"
    assert "\\caption{图题}" in body.latex
    assert re.search(r"\\caption\{\\linedest\{h.tbl-a\}\s*表题\}", body.latex)
    assert codes(body) == []


@pytest.mark.parametrize(
    "text",
    [
        "a@fig-x.org",
        "@user 和 @property",
        "\\@fig-x",
        "`@fig-x`",
        "[@user](https://example.org)",
        "[联系 @user]",
        "npm @a/b",
    ],
)
def test_other_uses_of_the_sign_are_text(converted: Convert, text: str) -> None:
    """Addresses, people, decorators, escapes and code are printed as they were written, without a word."""
    body = converted(f"{text}\n\n![甲](a.png){{#fig-x}}\n")
    assert codes(body) == []
    assert "\\placelink" not in body.latex
    assert "@" in body.latex


def shown_characters(converted: Convert, text: str) -> str:
    """Return what is printed of a text between two words, without spaces and TeX's own signs."""
    latex = converted(f"始{text}终\n").latex
    shown = latex.partition("始")[2].rpartition("终")[0]
    return re.sub(r"\\[a-z]+\{mailto:[^}]*\}|\\[a-z]+|\\/|[\s{}]", "", shown)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet="ab1@;-，。式图 ", max_size=30))
def test_text_with_the_sign_loses_nothing(converted: Convert, text: str) -> None:
    """Whatever stands around an @ that names nothing, every character of it is printed, in order."""
    assert shown_characters(converted, text) == text.replace(" ", "")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet="ab1@[];-，。式图 ", max_size=30))
def test_brackets_lose_no_word(converted: Convert, text: str) -> None:
    """A citation that names nothing is printed as [?key]: signs may go, words stay."""
    words = re.sub(r"[^ab1式图]", "", text)
    assert re.sub(r"[^ab1式图]", "", shown_characters(converted, text)) == words


def test_blocks_of_other_dialects_are_the_same_blocks(converted: Convert) -> None:
    """A definition or theorem by name is no coloured box, whichever dialect it is written in, and has its title."""
    body = converted(
        '::: definition 收敛 $x$\n甲\n:::\n\n!!! theorem "柯西"\n    乙\n\n> [!proof]\n> 丙\n\n::: tip\n丁\n:::\n'
    )
    assert "\\begin{npblock}{definition}{定义}{收敛 \ufdd00\ufdd1}" in body.latex
    assert "\\begin{npblock}{theorem}{定理}{柯西}" in body.latex
    assert "丙\\tombstone{}" in body.latex
    assert body.latex.count("\\begin{callout}") == 1
    assert "quote" not in body.latex


LISTINGS = """\
见 @lst-a、@lst-b 与[-@lst-c]。

```{#lst-a .python lst-cap="求 和" filename="sum.py" .numberLines}
甲
```

```python title="b.py"
无号
```

``` {#lst-b}
乙
```

::: {#lst-c}
```r
丙
```

题 *在* $y$ 下面
:::

> ```js {#lst-d title="引文里"}
> 丁
> ```

- 表里

  ```{.js #lst-d}
  戊
  ```
"""


def test_listings_are_numbered_and_referred_to(converted: Convert) -> None:
    """Code with an id in any of Quarto's ways has a number, a caption and a place; code without one has none."""
    body = converted(LISTINGS)
    latex = placed(body)
    assert printed(body).split("\n")[1] == "见<代码~1>、<代码~2> 与<3>。"
    assert re.findall(r"\\codecaption\{(.*)\}\{(.*)\}\{(.*)\}", latex) == [
        ("\\linedest{h.lst-a}代码~1", "求 和", "sum.py"),
        ("\\linedest{h.lst-b}代码~2", "", ""),
        ("\\linedest{h.lst-c}代码~3", "题 \\emph{在} \\(y\\) 下面", ""),
        ("\\linedest{h.lst-d}代码~4", "引文里", ""),
        ("\\linedest{h.lst-d}代码~4", "", ""),
    ]
    assert "\\codetitle{b.py}" in latex
    assert "numbers=left" in latex
    assert codes(body) == [("duplicate-label", 29)]


def test_the_place_of_a_listing_stays_that_of_its_code(converted: Convert) -> None:
    """A caption above the code moves no line of what follows."""
    body = converted(LISTINGS + "\n末尾 $\\alpha$\n")
    number = next(n for n, text in enumerate(placed(body).split("\n"), 1) if "末尾" in text)
    place = body.source_map.locate(number)
    assert place is not None
    assert place.line == LISTINGS.count("\n") + 2
