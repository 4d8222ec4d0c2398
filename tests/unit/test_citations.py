"""Citations and the list of references after GB/T 7714, through pandoc."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from notepress.bibliography import Shelf, find_mentions, parse_bibliography
from notepress.model import Body

BIB = """\
A comment, as BibTeX has it.
@string{nips = "Advances in Neural Information Processing Systems"}
@inproceedings{four, author={Ann Bee and Carl Dee and Eve Eff and Gus Hay}, title={Looking at Everything},
  booktitle=nips,  year=2017, pages={59--68}, publisher={Curran}, address={Red Hook}}
@article{paper, author={Hay, Gus and M{\\"u}ller, J{\\"u}rgen}, title={Long Memory}, journal={Neural Computation},
  volume=9, number=8, pages={17--35}, year=1997, doi={10.1000/abc}}
@article{综述, author={李四 and 王五 and 赵六 and 钱七}, title={语言模型综述}, journal={某学报}, volume=43, number=1,
  pages={1--20}, year=2020}
@book{book, author={周甲}, title={机器学习}, publisher={某出版社}, address={北京}, year=2016, edition={2}}
@incollection{part, author={Dee, Carl E.}, title={Parts}, booktitle={Whole}, editor={Eff, Eve}, publisher={Press},
  address={Cambridge}, year=1986, pages={3--6}}
@phdthesis{thesis, author={Eff, Eve}, title={A Thesis}, school={Some University}, address={Brno}, year=2012}
@techreport{report, author={Bee, Ann}, title={A Report}, institution={An Institute}, year=2019}
@online{page, author={Kay, Ann}, title={A Page}, url={https://example.org/page}, date={2015-05-21},
  urldate={2026-01-07}}
@misc{preprint, author={Dee, Carl}, title={{BERT} Again}, eprint={1810.00000}, archivePrefix={arXiv}, year=2018}
@dataset{data, author={Bee, Ann}, title={Words}, year=2016, url={https://example.org/words}}
@software{program, author={Bee, Ann}, title={Programs}, year=2020, url={https://example.org/programs}}
"""
ENTRIES = {
    "four": "Bee A, Dee C, Eff E, et al. Looking at everything[C]//Advances in neural information processing systems. "
    "Red Hook: Curran, 2017: 59-68.",
    "paper": "Hay G, Müller J. Long memory[J]. Neural Computation, 1997, 9(8): 17-35. DOI: 10.1000/abc.",
    "综述": "李四, 王五, 赵六, 等. 语言模型综述[J]. 某学报, 2020, 43(1): 1-20.",
    "book": "周甲. 机器学习[M]. 2 版. 北京: 某出版社, 2016.",
    "part": "Dee C E. Parts[M]//Eff E. Whole. Cambridge: Press, 1986: 3-6.",
    "thesis": "Eff E. A thesis[D]. Brno: Some University, 2012.",
    "report": "Bee A. A report[R]. An Institute, 2019.",
    "page": "Kay A. A page[EB/OL]. (2015-05-21)[2026-01-07]. https://example.org/page.",
    "preprint": "Dee C. BERT again[EB/OL]. (2018). https://arxiv.org/abs/1810.00000.",
    "data": "Bee A. Words[DS/OL]. (2016). https://example.org/words.",
    "program": "Bee A. Programs[CP/OL]. (2020). https://example.org/programs.",
}

Cite = Callable[..., Body]


def shelf(text: str = BIB) -> Shelf:
    """Return a project's bibliography with this text."""
    file = "references.bib"
    return Shelf(files={file: parse_bibliography(text.encode(), file)}, shared=(file,))


@pytest.fixture
def cite(converted: Callable[..., Body]) -> Cite:
    """Return a function that converts Markdown with the bibliography of these tests."""
    return lambda markdown, text=BIB: converted(markdown, shelf=shelf(text))


def plain(latex: str) -> str:
    """Return what LaTeX prints of text with links, roughly."""
    latex = re.sub(
        r"\\placelink\{[^{}]*\}\{([^{}]*)\}|\\href\{[^{}]*\}\{(?:\\nolinkurl\{)?([^{}]*)\}?\}", r"\1\2", latex
    )
    latex = re.sub(r"\\url\{([^{}]*)\}", r"\1", latex).replace("{[}", "[").replace("{]}", "]")
    return re.sub(r"[{}]", "", latex)


def references(body: Body) -> list[str]:
    """Return the entries of the list, each on one line."""
    inside = body.latex.partition("\\begin{notereferences}")[2].partition("\\end{notereferences}")[0]
    entries = re.split(r"\\notereference\{[^{}]*\}\{\d+\}", inside)[1:]
    return [" ".join(plain(entry).split()) for entry in entries]


def sentence(body: Body) -> str:
    """Return the first line of the text, with raised numbers as ^[1]."""
    line = body.latex.split("\n")[1]
    line = re.sub(r"\\placelink\{[^{}]*\}\{([^{}]*)\}", r"\1", line)
    return re.sub(r"\\cite(?:number|place)\{([^{}]*)\}", r"^\1", line)


def test_every_kind_of_entry_is_set_by_the_standard(cite: Cite) -> None:
    """Order, letters, punctuation, three names and then et al. or 等: GB/T 7714-2015, for each kind that notes cite."""
    body = cite("文献 [@" + "; @".join(ENTRIES) + "]。\n")
    assert references(body) == list(ENTRIES.values())
    assert "\\href{https://doi.org/10.1000/abc}" in body.latex
    assert body.diagnostics == ()


def test_numbers_follow_the_first_mention(cite: Cite) -> None:
    """Three in a row are a range, a mention in a sentence names its authors, a place stands behind the number."""
    body = cite("先 [@book]，@four说，[@paper; @综述; @four]，[参见 @book; @thesis, 第 3 章]，@paper 与 @book。\n")
    assert sentence(body) == ("先^[1]，Bee 等^[2]说，^[2-4]，参见^[1,5]^第 3 章，Hay 和 Müller^[3] 与 周甲^[1]。")
    assert [entry[:2] for entry in references(body)] == ["周甲", "Be", "Ha", "李四", "Ef"]


def test_the_list_stands_where_the_note_wants_it(cite: Cite) -> None:
    """At the end under a heading of its own, under one that is there, or in the Div made for it."""
    alone = cite("看 [@book]。\n")
    assert [heading.text for heading in alone.headings] == ["参考文献"]
    ready = cite("看 [@book]。\n\n## 参考文献\n")
    assert [heading.text for heading in ready.headings] == ["参考文献"]
    placed = cite("看 [@book]。\n\n::: {#refs}\n:::\n\n最后。\n")
    assert placed.headings == ()
    assert placed.latex.index("\\end{notereferences}") < placed.latex.index("最后")
    assert "notereferences" not in cite("不引。\n").latex


def test_a_key_that_is_not_there_is_named_and_seen(cite: Cite) -> None:
    """In brackets it is printed as [?key]; a bare word is reported only if it is nearly a key; people are text."""
    body = cite("看 [@bok]。\n\n看 @reports2 与 @someone。\n", BIB.replace("{report,", "{reports1,"))
    assert [(d.code, d.line, d.column, d.hint) for d in body.diagnostics] == [
        ("undefined-citation", 1, 4, "did you mean @book?"),
        ("undefined-citation", 3, 3, "did you mean @reports1?"),
    ]
    assert "{[}?bok{]}" in body.latex
    assert "@reports2 与 @someone" in body.latex


def test_a_broken_file_is_an_error_at_its_own_line() -> None:
    """An entry that is never closed, one without key and a second one of the same key have a place; others count."""
    text = "@book{a, title={A}\n\n@book{b, title={B}}\n@book{title={C}}\n@book{b, title={D}}\n"
    found = parse_bibliography(text.encode(), "r.bib")
    assert set(found.entries) == {"b"}
    assert [(d.code, d.file, d.line) for d in found.diagnostics] == [
        ("bibliography", "r.bib", 1),
        ("bibliography", "r.bib", 4),
        ("duplicate-citation", "r.bib", 5),
    ]


def test_an_entry_that_pandoc_cant_read_spoils_no_other(cite: Cite) -> None:
    """The mistake is reported at the entry, and what else the note cites is in its list."""
    body = cite("看 [@bad; @book]。\n", "@book{bad, title={A} author={B}}\n" + BIB)
    assert [(d.code, d.file, d.line) for d in body.diagnostics if d.code == "bibliography"] == [
        ("bibliography", "references.bib", 1)
    ]
    assert references(body) == [ENTRIES["book"]]


def test_a_note_depends_on_what_it_names(cite: Cite) -> None:
    """Only the entries that are mentioned, with their abbreviations and parents, change what a note is made from."""
    text = "看 [@four]、@book说、@nobody。\n"
    before = cite(text).cited
    assert set(before) == {"bib:four", "bib:book说", "bib:nobody"}
    assert before["bib:nobody"] == ""
    assert cite(text, BIB + "@book{new, title={N}}\n").cited == before
    assert cite(text, BIB.replace("机器学习", "深度学习")).cited["bib:book说"] != before["bib:book说"]
    assert cite(text, BIB.replace("Advances", "Progress")).cited["bib:four"] != before["bib:four"]
    assert cite(text, BIB + "@book{nobody, title={N}}\n").cited["bib:nobody"] != ""


def test_fields_are_taken_from_the_parent(cite: Cite) -> None:
    """With crossref, the entry has what its parent says, and depends on it."""
    text = (
        "@inproceedings{child, author={Bee, Ann}, title={Small}, crossref={all}}\n"
        "@proceedings{all, title={All Papers}, booktitle={All Papers}, year=2001, publisher={Press}}\n"
    )
    body = cite("看 [@child]。\n", text)
    assert references(body) == ["Bee A. Small[C]//All papers. Press, 2001."]
    assert cite("看 [@child]。\n", text.replace("2001", "2002")).cited != body.cited


def test_a_note_without_the_sign_asks_for_nothing() -> None:
    """What most notes don't have costs them no look at a bibliography."""
    assert find_mentions("没有。\n") == ()
    assert find_mentions("a@b 与 @c，见@d e。\n") == ("c", "d")
