"""Library + Manifest -> Plan: what is stale, and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notepress.documents import Landmark
from notepress.errors import Diagnostic, warning
from notepress.inline import literal
from notepress.memo import Memo
from notepress.model import Chapter, Library, Note, Status
from notepress.plan import (
    MANIFEST_VERSION,
    Manifest,
    ManifestLine,
    Plan,
    Record,
    changed,
    manifest_line,
    manifest_text,
    parse_manifest,
    plan,
)

MakeNote = Callable[..., Note]
COMMON = {
    "template:note.tex.j2": "t1",
    "font:main.otf": "f1",
    "tool:xelatex": "x1",
    "config:paper": "c1",
    "package:notepress": "p1",
}
FOUND = {"image:01/图.png": "i1", "link:01/b.md": "l1"}


class Tree:
    """Two notes in a chapter that were built, and what has changed since."""

    def __init__(self, make_note: MakeNote) -> None:
        self.notes = [
            make_note(source="01/a.md", pdf="output/一/a.pdf"),
            make_note(source="01/b.md", pdf="output/一/b.pdf", markdown="别的\n"),
        ]
        self.title = "一"
        self.common: dict[str, str] = dict(COMMON)
        self.found: dict[str, str | None] = dict(FOUND)
        self.written: dict[str, str | None] = {note.pdf: f"sha {note.pdf}" for note in self.notes}
        self.manifest = Manifest()
        jobs = self.plan().jobs
        self.manifest = Manifest(
            records={
                job.note.source: Record(
                    inputs={**job.inputs, **(FOUND if job.note.source == "01/a.md" else {})},
                    pdf=job.note.pdf,
                    sha256=f"sha {job.note.pdf}",
                    pages=3,
                )
                for job in jobs
            }
        )

    def plan(self) -> Plan:
        """Plan a build of the tree as it is now."""
        chapter = Chapter(
            title=literal(self.title), number=1, folder="01", pdf="output/一.pdf", notes=tuple(self.notes)
        )
        library = Library(chapters=(chapter,), book_pdf=None, diagnostics=())
        return plan(
            library,
            self.manifest,
            common=self.common,
            current=self.found.get,
            output_digest=self.written.get,
        )

    def reasons(self) -> dict[str, str]:
        """Return why each stale note is stale."""
        return {job.note.source: job.reason for job in self.plan().jobs}


@pytest.fixture
def tree(make_note: MakeNote) -> Tree:
    """Return a tree that is up to date."""
    return Tree(make_note)


def test_a_job_holds_no_text_but_its_own(tree: Tree) -> None:
    """The chapter of a job has no notes, so that a note that is built can be let go before the others are."""
    tree.manifest = Manifest()
    assert [job.chapter.notes for job in tree.plan().jobs] == [()] * len(tree.notes)


def test_nothing_changed_is_nothing_to_do(tree: Tree) -> None:
    """With the same contents there is no job, no orphan, and every note is cached."""
    found = tree.plan()
    assert (found.jobs, found.orphans) == ((), ())
    assert found.cached == tree.manifest.records


def test_everything_is_new_without_a_manifest(tree: Tree) -> None:
    """The first build, or one after `make clean`, builds every note."""
    tree.manifest = Manifest()
    assert tree.reasons() == {"01/a.md": "new", "01/b.md": "new"}


@pytest.mark.parametrize(
    ("fields", "label"),
    [
        ({"markdown": "改了\n"}, "note"),
        ({"title": literal("新")}, "front matter"),
        ({"subtitle": literal("副")}, "front matter"),
        ({"abstract": literal("摘要")}, "front matter"),
        ({"status": Status.DRAFT}, "front matter"),
        ({"date": "2026-01-07"}, "front matter"),
        ({"tags": ("概率",)}, "front matter"),
        ({"number": "1.9"}, "place"),
    ],
)
def test_bad_input_43_a_change_of_one_note_rebuilds_it(tree: Tree, fields: Mapping[str, object], label: str) -> None:
    """Its text, its front matter or its place makes one note stale, and the reason names which."""
    tree.notes[0] = replace(tree.notes[0], **fields)  # type: ignore[arg-type]
    assert tree.reasons() == {"01/a.md": f"{label} changed"}


@pytest.mark.parametrize("label", FOUND)
def test_a_change_of_what_a_note_includes_rebuilds_that_note(tree: Tree, label: str) -> None:
    """An image or the place a link leads to makes stale exactly the note that has it."""
    tree.found[label] = "other"
    assert tree.reasons() == {"01/a.md": f"{label} changed"}
    tree.found[label] = None
    assert list(tree.reasons()) == ["01/a.md"]


@pytest.mark.parametrize("label", COMMON)
def test_bad_input_43_a_change_of_what_all_share_rebuilds_all(tree: Tree, label: str) -> None:
    """A template, font, tool or option makes every note stale, and the reason names it."""
    tree.common[label] = "other"
    assert tree.reasons() == dict.fromkeys(("01/a.md", "01/b.md"), f"{label} changed")


def test_an_input_that_appears_or_goes_is_named(tree: Tree) -> None:
    """A template that includes one more file, or one fewer, is said as such."""
    tree.common["template:new.tex.j2"] = "n1"
    assert set(tree.reasons().values()) == {"template:new.tex.j2 appeared"}
    del tree.common["template:new.tex.j2"], tree.common["config:paper"]
    assert set(tree.reasons().values()) == {"config:paper went"}


def test_another_title_of_the_chapter_rebuilds_its_notes(tree: Tree) -> None:
    """The chapter's title stands at the head of every page."""
    tree.title = "二"
    assert set(tree.reasons()) == {"01/a.md", "01/b.md"}


@pytest.mark.parametrize("digest", [None, "other"])
def test_a_pdf_that_is_missing_or_was_changed_is_built_again(tree: Tree, digest: str | None) -> None:
    """The PDF has to be there as it was written; else that note alone is built again."""
    tree.written["output/一/b.pdf"] = digest
    assert list(tree.reasons()) == ["01/b.md"]
    assert "PDF" in tree.reasons()["01/b.md"]


def test_a_renamed_note_is_built_and_its_old_pdf_goes(tree: Tree) -> None:
    """After a rename the new file is built, the old PDF is an orphan, and the neighbour stays."""
    tree.notes[0] = replace(tree.notes[0], source="01/c.md", pdf="output/一/c.pdf")
    found = tree.plan()
    assert [(job.note.source, job.reason) for job in found.jobs] == [("01/c.md", "new")]
    assert (list(found.cached), found.orphans) == (["01/b.md"], ("output/一/a.pdf",))


def test_bad_input_44_a_deleted_note_leaves_an_orphan_only(tree: Tree) -> None:
    """A note that is gone makes nothing stale; its PDF has to go."""
    del tree.notes[0]
    assert (tree.plan().jobs, tree.plan().orphans) == ((), ("output/一/a.pdf",))


def test_a_pdf_that_another_note_takes_over_is_no_orphan(tree: Tree) -> None:
    """A file that is renamed and keeps its title keeps its PDF: nothing that was just built is removed."""
    tree.notes[0] = replace(tree.notes[0], source="01/c.md")
    assert tree.plan().orphans == ()


def test_a_planned_note_is_not_built_and_keeps_no_pdf(tree: Tree) -> None:
    """A note put back to planned is no job, and the PDF it had goes."""
    tree.notes[0] = replace(tree.notes[0], status=Status.PLANNED)
    found = tree.plan()
    assert ([job.note.source for job in found.jobs], list(found.cached)) == ([], ["01/b.md"])
    assert found.orphans == ("output/一/a.pdf",)


def test_the_pdf_of_a_chapter_that_is_gone_is_an_orphan(tree: Tree) -> None:
    """Chapters and the book are recorded as well, and go when nothing is in them any more."""
    joined = Record(inputs={}, pdf="output/零.pdf", sha256="s", pages=1)
    tree.manifest = Manifest(records={**tree.manifest.records, "chapter:00": joined})
    assert tree.plan().orphans == ("output/零.pdf",)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ({"note": "1"}, {"note": "1"}, None),
        ({"note": "1", "tool:x": "1"}, {"note": "2", "tool:x": "2"}, "note changed and 1 more"),
        ({"place": "1", "tool:x": "1"}, {"place": "2", "tool:x": "2"}, "tool:x changed and 1 more"),
        ({}, {"font:a": "1", "font:b": "1", "font:c": "1"}, "font:a appeared and 2 more"),
    ],
)
def test_the_reason_names_the_most_telling_change(
    old: Mapping[str, str], new: Mapping[str, str], reason: str | None
) -> None:
    """Of several changes the note itself is named first, then the most particular, with how many more."""
    assert changed(old, new) == reason


labels = st.dictionaries(st.sampled_from(["note", "place", "image:a", "font:b"]), st.sampled_from("12"), max_size=4)


@settings(max_examples=100, deadline=None)
@given(labels, labels)
def test_there_is_a_reason_exactly_where_something_differs(old: dict[str, str], new: dict[str, str]) -> None:
    """No change is missed, none is made up, whatever the order of the labels."""
    assert (changed(old, new) is None) == (sorted(old.items()) == sorted(new.items()))


def full_manifest() -> Manifest:
    """Return a manifest with all there can be in one."""
    mark = Landmark(level=1, text="节", latex=r"\emph{节}", ident="节", line=3, page=2)
    found: tuple[Diagnostic, ...] = (warning("missing-glyph", "没有字", file="a.md", line=3, column=2, excerpt="x"),)
    record = Record(inputs={"note": "1"}, pdf="output/a.pdf", sha256="s", pages=3, landmarks=(mark,), diagnostics=found)
    return Manifest(records={"a.md": record, "book": Record(inputs={}, pdf="b.pdf", sha256="", pages=1)})


def test_a_manifest_survives_the_disk() -> None:
    """What is written is what is read: inputs, landmarks and diagnostics of cached notes."""
    assert parse_manifest(manifest_text(full_manifest())) == full_manifest()


def test_what_records_have_in_common_is_kept_once() -> None:
    """Eighty labels and digests are the same in every record: a large project does not hold them for each note."""
    record = Record(inputs={"template:note.tex.j2": "its digest"}, pdf="output/a.pdf", sha256="s", pages=3)
    first, second = parse_manifest(manifest_text(Manifest(records={"a.md": record, "b.md": record}))).records.values()
    pairs = zip(first.inputs.items(), second.inputs.items(), strict=True)
    assert all(one[0] is other[0] and one[1] is other[1] for one, other in pairs)


def test_a_line_separator_in_a_diagnostic_is_no_end_of_a_record() -> None:
    """A note may hold U+2028 or U+0085, and its excerpt with it; the record is still one line."""
    found = (warning("missing-glyph", "没有字", excerpt="a\u2028b\u0085c"),)
    manifest = Manifest(records={"a.md": Record(inputs={}, pdf="a", sha256="s", pages=1, diagnostics=found)})
    assert parse_manifest(manifest_text(manifest)) == manifest


@given(st.data())
def test_bad_input_44_a_manifest_cut_off_anywhere_keeps_every_whole_line(data: st.DataObject) -> None:
    """After a crash in the middle of writing only the record that was being written is built again."""
    text = manifest_text(full_manifest())
    cut = text[: data.draw(st.integers(0, len(text)))]
    whole = text[: cut.rfind("\n") + 1]
    assert parse_manifest(cut).records.items() >= parse_manifest(whole).records.items()


def test_the_last_line_of_a_record_counts() -> None:
    """A record that is written again replaces the old one; one that is dropped is gone."""
    new = Record(inputs={"note": "2"}, pdf="output/a.pdf", sha256="t", pages=4)
    text = manifest_text(full_manifest()) + manifest_line("a.md", new) + "\n" + manifest_line("book", None) + "\n"
    assert parse_manifest(text) == Manifest(records={"a.md": new})


def test_a_memo_changes_nothing_of_what_is_read() -> None:
    """Lines that were read before and damaged ones among them: the last line of a key counts as ever."""
    memo: Memo[ManifestLine] = Memo()
    new = Record(inputs={"note": "2"}, pdf="output/a.pdf", sha256="t", pages=4)
    text = manifest_text(full_manifest()) + "{}\n"
    for more in ("", manifest_line("a.md", new), manifest_line("a.md", None), ""):
        memo.begin_round()
        assert parse_manifest(text + more, memo) == parse_manifest(text + more)


@pytest.mark.parametrize(
    "line",
    [
        "null",
        "[]",
        "3",
        '"x"',
        "{}",
        "\0\0",
        '{"key": "x.md"}',
        '{"key": "x.md", "record": []}',
        '{"key": "x.md", "record": {"inputs": {}}}',
        '{"key": "x.md", "record": {"inputs": 5, "pdf": "", "sha256": "", "pages": 0}}',
        '{"key": "x.md", "record": {"inputs": {}, "pdf": "", "sha256": "", "pages": "x", "carried": "", '
        '"landmarks": [], "diagnostics": []}}',
        '{"key": "x.md", "record": {"inputs": {}, "pdf": "", "sha256": "", "pages": 1, "carried": "", '
        '"landmarks": [{"foo": 1}], "diagnostics": []}}',
        '{"key": ["x.md"], "record": null}',
        "[" * 100_000,
    ],
)
def test_a_damaged_line_is_forgotten_and_the_others_count(line: str) -> None:
    """A manifest is a cache: whatever is in a line of it, the worst is that one note is built again."""
    assert parse_manifest(line) == Manifest()
    assert parse_manifest(manifest_text(full_manifest()) + line + "\n") == full_manifest()


def test_a_manifest_of_another_version_is_forgotten() -> None:
    """A record whose meaning may have changed is not trusted."""
    head, _, rest = manifest_text(full_manifest()).partition("\n")
    assert json.loads(head) == {"version": MANIFEST_VERSION}
    assert parse_manifest(json.dumps({"version": MANIFEST_VERSION + 1}) + "\n" + rest) == Manifest()
