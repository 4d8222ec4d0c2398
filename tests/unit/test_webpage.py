"""The page: whatever notes are called and say, it is shown and does nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notepress.errors import InputError, error
from notepress.view import Row, Section, State, View
from notepress.webpage import excerpt, page_environment, webpage

ATTACK = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&amp;{{ 7*7 }}"


class Page(HTMLParser):
    """The elements of a page, its text, and whatever would run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep text."""
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of all elements of a name."""
        return [attributes for name, attributes in self.tags if name == tag]


def row(key: str, title: str, **fields: object) -> Row:
    """Return a row of a note that was built."""
    nothing: dict[str, object] = {
        "number": "1.1", "state": State.BUILT, "draft": False, "pdf": f"output/{title}.pdf", "version": "abc",
        "pages": 3, "diagnostics": (), "outline": (),
    }  # fmt: skip
    return Row(key=key, title=title, **{**nothing, **fields})  # type: ignore[arg-type]


def view(*rows: Row, title: str = "书") -> View:
    """Return a view of notes in no chapter."""
    return View(
        title=title, folder=Path("/p/output"), book=None, sections=(Section(chapter=None, notes=rows),), problem=(),
        remarks=(), busy=False,
    )  # fmt: skip


BUILT_IN = page_environment(Path("/nowhere"))


def page(shown: View, key: str = "") -> Page:
    """Return the page of a view."""
    return Page(webpage(shown, key, "NONCE", BUILT_IN))


@given(st.text(max_size=30))
@example(ATTACK)
def test_nothing_of_a_note_becomes_markup(text: str) -> None:
    """A title, a file name, a heading and a diagnostic with HTML in them are text, in any place of the page."""
    found = error("x", text, file=text, line=1, column=3, excerpt=text, hint=text)
    made = page(view(row(text, text, outline=((text, 1),), diagnostics=(found,)), title=text), text)
    plain = page(view(row("k", "t", outline=(("h", 1),), diagnostics=(error("x", "m", file="k", line=1, column=1,
                 excerpt="abc", hint="h"),)), title="t"), "k")  # fmt: skip
    allowed = {tag for tag, _ in plain.tags}
    assert {tag for tag, _ in made.tags} <= allowed
    assert [attributes.get("nonce") for attributes in made.all("script")] == ["NONCE"]
    assert not [name for _, attributes in made.tags for name in attributes if name.startswith("on")]
    assert all(re.match(r"[/#]|data:,|$", attributes.get("href") or "") for attributes in made.all("a"))


def test_a_title_with_a_script_is_read_as_it_is() -> None:
    """Escaped once, not twice: people see what they wrote."""
    made = page(view(row("a.md", ATTACK)))
    assert ATTACK in made.text
    assert len(made.all("script")) == 1


def test_every_note_leads_to_its_pdf() -> None:
    """A row has the key, percent-encoded in its link, and the address of its PDF with the version."""
    (link,) = (a for a in page(view(row("notes/章/一 & 二.md", "甲"))).all("a") if "data-key" in a)
    assert link["href"] == "/?show=notes%2F%E7%AB%A0%2F%E4%B8%80%20%26%20%E4%BA%8C.md"
    assert link["data-key"] == "notes/章/一 & 二.md"
    assert link["data-pdf"] == "/output/%E7%94%B2.pdf?v=abc"


def test_the_page_shows_states_and_what_to_mend() -> None:
    """Pages or a state in each row; file, line, the source line with its place marked, and the hint."""
    found = error("undefined-command", "undefined command \\foo", file="a.md", line=57, column=9,
                  excerpt="    a + \\foo{b}", hint="did you mean \\fbox?")  # fmt: skip
    made = page(
        view(
            row("a.md", "甲", state=State.FAILED, diagnostics=(found,)),
            row("b.md", "乙", state=State.WAITING, pdf=None),
            row("c.md", "丙", pages=12),
            row("d.md", "丁", state=State.PLANNED, pdf=None, draft=True),
        ),
        "a.md",
    )
    text = re.sub(r"\s+", " ", made.text)
    for words in ("没排成", "等待", "12 页", "撰写中", "草稿", "1 个错误", "a.md:57:9", "undefined command \\foo",
                  "提示：did you mean \\fbox?", "下面是上一份"):  # fmt: skip
        assert words in text
    assert "a + \\foo{b}" in text
    frame, _ = made.all("iframe")
    assert (frame["src"] or "").startswith("/output/%E7%94%B2.pdf?v=abc")


def test_a_key_that_is_none_shows_no_pdf() -> None:
    """An old link leads to the list."""
    assert not [frame for frame in page(view(row("a.md", "甲")), "gone.md").all("iframe") if "src" in frame]


def test_a_long_line_is_cut_around_its_place() -> None:
    """The place is marked, and what is cut shows that it is."""
    line = "前" * 200 + "\\foo" + "后" * 200
    cut = excerpt(error("x", "m", excerpt=line, column=201))
    assert cut
    assert cut.at == "\\"
    assert cut.before.startswith("…前")
    assert cut.after.startswith("foo后")
    assert cut.after.endswith("…")
    assert len(cut.before + cut.at + cut.after) < 150


@given(st.text(max_size=20), st.none() | st.integers(1, 30))
def test_any_place_has_an_excerpt(line: str, column: int | None) -> None:
    """A column behind the end, or none, marks nothing, and no line breaks it."""
    cut = excerpt(error("x", "m", excerpt=line, column=column))
    assert (cut is None) == (not line.strip())
    if cut:
        assert (cut.before + cut.at + cut.after).strip() == line.strip()


def test_an_own_template_wins_and_its_mistake_is_told(tmp_path: Path) -> None:
    """templates/serve.html.j2 of the project is another page; where it is wrong, its line is named."""
    (tmp_path / "templates").mkdir()
    own = tmp_path / "templates" / "serve.html.j2"
    environment = page_environment(tmp_path)
    own.write_text("{{ view.title }}!\n", "utf-8")
    assert webpage(view(title="<书>"), "", "N", environment) == "&lt;书&gt;!"
    own.write_text("一\n{% nonsense %}\n", "utf-8")
    with pytest.raises(InputError) as caught:
        webpage(view(), "", "N", environment)
    (found,) = caught.value.diagnostics
    assert (found.file, found.line) == ("templates/serve.html.j2", 2)
