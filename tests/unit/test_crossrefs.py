"""Ids, numbers and references in Quarto's syntax, through pandoc."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notepress.model import Body, Note
from notepress.placing import place_formulas

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


def test_an_id_of_another_note_has_a_way_to_it(converted: Convert, make_note: Callable[..., Note]) -> None:
    """Where another note has the id, the hint is the link that reaches it."""
    other = make_note(source="02/b.md", markdown="![甲](a.png){#fig-x}\n")
    (found,) = converted("看 @fig-x\n", notes=[other]).diagnostics
    assert found.hint == "it stands in 02/b.md; write a link: [text](../02/b.md#fig-x)"


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
