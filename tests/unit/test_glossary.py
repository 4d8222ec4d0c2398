"""Terms in Markdown, and what a glossary makes of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from notepress.documents import PlacedTerm
from notepress.glossary import find_term_conflicts, gather_glossary
from notepress.model import Body, Note, Term, Wording
from notepress.placing import placed_anchors

NOTE = """\
# **标题**（heading）

叫做**困惑度**（perplexity），又叫**困惑度**（perplexity）。**长短期
记忆网络**（long short-term
memory，LSTM）[@nobody]；**Top-$k$ 采样**(*top*-$k$ sampling)。

- **均方根（RMS）正则化**（root mean square (RMS) normalization，RMSNorm[^1]，见下文）
- **查询、键、值**（query, key, value）

| **表头**（table head） |
|--|
| **“单元”**（cell） |

**没有**（没有译名）、**no hanzi**（none）、**不紧挨** （apart）、**这是一句话。**（See below）、**未闭合**（open

`**代码**（code）`，[链接](#x)**译名带链接**（[linked](https://example.org)）。

[^1]: 脚注里的**脚注**（footnote）。
"""


def term(chinese: str, english: str, line: int = 1) -> Term:
    """Return a term without an abbreviation."""
    words = {"chinese": chinese, "english": english, "abbreviation": ""}
    return Term(**{name: Wording(text=w, latex=w) for name, w in words.items()}, ident=f"term:{line}", line=line)


def wordings(one: Term) -> tuple[str, str, str, int]:
    """Return what a term says, and its line."""
    return one.chinese.text, one.english.text, one.abbreviation.text, one.line


@pytest.fixture
def body(converted: Callable[..., Body]) -> Body:
    """Return the note above, converted."""
    return converted(NOTE)


EXPECTED = [
    ("困惑度", "perplexity", "", 3),
    ("长短期记忆网络", "long short-term memory", "LSTM", 3),
    ("Top-k 采样", "top-k sampling", "", 5),
    ("均方根（RMS）正则化", "root mean square (RMS) normalization", "RMSNorm", 7),
    ("脚注", "footnote", "", 18),
    ("查询、键、值", "query, key, value", "", 8),
    ("“单元”", "cell", "", 12),
    ("译名带链接", "linked", "", 16),
]


def test_bold_hanzi_with_a_translation_right_after_it_is_a_term(body: Body) -> None:
    """It may stand in lists, tables and footnotes, but not in headings or heads; other bold text is none."""
    assert sorted(map(wordings, body.terms)) == sorted(EXPECTED)
    assert body.latex.count(r"\termdest{") == len(EXPECTED) + 1  # The rows of a table are set twice.


def test_check_finds_the_same_terms(converted: Callable[..., Body], body: Body) -> None:
    """A conversion that writes nothing reports every term at the same line."""
    unwritten = converted(NOTE, unwritten=True)
    assert list(map(wordings, unwritten.terms)) == list(map(wordings, body.terms))


def test_formulas_of_a_term_are_in_place(body: Body) -> None:
    """What the glossary prints has the formula itself, for the note's placeholders mean nothing there."""
    found = next(t for t in placed_anchors(body, frozenset()).terms if t.english.text == "top-k sampling")
    assert found.chinese.latex == r"Top-\(k\) 采样"
    assert found.english.latex == r"top-\(k\) sampling"


def gathered(make_note: Callable[..., Note], *defined: tuple[str, Term]) -> list[tuple[str, list[str], list[str]]]:
    """Return letter, translations and sources of each section."""
    sections = gather_glossary((make_note(source=source), PlacedTerm(term=one, page=0)) for source, one in defined)
    return [
        (s.letter, [e.english.text for e in s.entries], [n.source for e in s.entries for n, _ in e.places])
        for s in sections
    ]


def test_entries_stand_in_the_order_of_their_translations(make_note: Callable[..., Note]) -> None:
    """Case, accents and hyphens do not count in the order, and letters are the heads."""
    words = ["weight", "Beam width", "beam search", "self-attention", "Élan", "self attention map", "embedding"]
    found = gathered(make_note, *((f"{n}.md", term(f"词{n}", word)) for n, word in enumerate(words)))
    assert [(letter, english) for letter, english, _ in found] == [
        ("B", ["beam search", "Beam width"]),
        ("E", ["Élan", "embedding"]),
        ("S", ["self-attention", "self attention map"]),
        ("W", ["weight"]),
    ]


def test_a_term_of_several_notes_is_one_entry(make_note: Callable[..., Note]) -> None:
    """Case and plural make no other entry, and a note is named once; another translation is an entry of its own."""
    found = gathered(
        make_note,
        ("a.md", term("梯度", "gradient")),
        ("b.md", term("梯度", "Gradients")),
        ("b.md", term("梯度", "gradient")),
        ("c.md", term("梯度", "slope")),
    )
    assert found == [("G", ["gradient"], ["a.md", "b.md"]), ("S", ["slope"], ["c.md"])]


def test_two_names_for_one_idea_are_reported_at_the_later_place() -> None:
    """Either side of a term may differ; the message names both, and where the earlier one stands."""
    found = list(
        find_term_conflicts(
            [
                ("a.md", term("推演", "inference", 3)),
                ("a.md", term("困惑度", "perplexity", 4)),
                ("b.md", term("推理", "Inferences", 5)),
                ("b.md", term("困惑度", "confusion", 6)),
            ]
        )
    )
    assert [(d.code, d.file, d.line, d.message) for d in found] == [
        ("term-conflict", "b.md", 5, "`Inferences` is `推理` here, but `推演` in a.md:3"),
        ("term-conflict", "b.md", 6, "`困惑度` is `confusion` here, but `perplexity` in a.md:4"),
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [("Bias", "biases"), ("vocabulary", "vocabularies"), ("matrix", "matrices"), ("loss", "losses"),
     ("hypothesis", "hypotheses"), ("KV cache", "kv caches")],
)  # fmt: skip
def test_case_and_plural_are_no_conflict(one: str, other: str) -> None:
    """The same word in the plural, or with a capital, is the same translation, whichever comes first."""
    for first, second in ((one, other), (other, one)):
        defined = [("a.md", term("词", first)), ("b.md", term("词", second))]
        assert list(find_term_conflicts(defined)) == []
