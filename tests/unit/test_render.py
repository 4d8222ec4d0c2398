"""Body -> TexDocument: templates, filled and escaped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from notepress.bookmatter import Titles, note_entries, page_label, render_book_front, render_chapter_front
from notepress.documents import Landmark, TexDocument
from notepress.errors import ExitCode, InputError
from notepress.fontset import Face, Family, FontSet
from notepress.inline import literal, parse_inline
from notepress.latex import inline_to_latex
from notepress.model import Attachment, Body, Chapter, Heading, Note, SourceMap, Status
from notepress.project import Config, Project
from notepress.render import Shown, render, render_preamble
from notepress.templating import Renderer, make_renderer
from notepress.titles import title_formulas

MakeNote = Callable[..., Note]
HOSTILE = {
    r"\input{/etc/passwd}": r"\textbackslash{}input\{/etc/passwd\}",
    r"}\end{document}": r"\}\textbackslash{}end\{document\}",
    "100% #1 ~^{": r"100\% \#1 \textasciitilde{}\textasciicircum{}\{",
    "A_B & C": r"A\_B \& C",
    "^^5cinput": r"\textasciicircum{}\textasciicircum{}5cinput",
    "((( 7 * 7 )))": "((( 7 * 7 )))",
    "((* include 'x' *))": "((* include 'x' *))",
    "a\nb\0c": "a bc",
}


def font_set() -> FontSet:
    """Return fonts that no template has to find."""
    one = Family(regular=Face(file="one.otf", path=Path("/fonts/one.otf"), index=0))
    return FontSet(
        main=one, sans=one, mono=one, math=one, kai=one, cjk_main=one, cjk_sans=one, cjk_mono=one, fallback=()
    )


def renderer(root: Path, **config: object) -> Renderer:
    """Return what documents share, in a project with these options."""
    project = Project(root=root, config=Config.model_validate({"title": "书", **config}), configured=True)
    return make_renderer(project=project, fonts=font_set())


def body(latex: str = "正文\n") -> Body:
    """Return a converted note."""
    return Body(
        latex=latex,
        source_map=SourceMap(file="01/a.md", marks=()),
        formulas=(),
        rejected=frozenset(),
        literal=frozenset(),
        titles=(),
        definitions="",
        headings=(Heading(level=1, text="节", latex="节", ident="节", line=1),),
        attachments=(),
        inputs={},
        links=(),
        diagnostics=(),
    )


def chapter(title: str = "章") -> Chapter:
    """Return a chapter."""
    return Chapter(title=literal(title), number=1, folder="01", pdf="output/章.pdf", notes=())


def filled(tmp_path: Path, template: str, note: Note, converted: Body | None = None, **config: object) -> str:
    """Return what a project's own note template becomes."""
    folder = tmp_path / "templates"
    folder.mkdir(exist_ok=True)
    (folder / "note.tex.j2").write_text(template + "\n((( body )))\n", "utf-8")
    return render(converted or body(), Shown(), note, chapter(), renderer(tmp_path, **config)).latex


@pytest.mark.parametrize(("text", "escaped"), HOSTILE.items())
def test_what_a_template_prints_is_escaped(tmp_path: Path, make_note: MakeNote, text: str, escaped: str) -> None:
    """Any text of a user that a template prints is printed as itself, not obeyed."""
    assert filled(tmp_path, "((( author )))", make_note(), author=text).startswith(escaped)


@pytest.mark.parametrize(("text", "escaped"), HOSTILE.items())
def test_what_a_macro_prints_is_escaped_once(tmp_path: Path, make_note: MakeNote, text: str, escaped: str) -> None:
    """Passed through a macro of the template, text is escaped, and not a second time."""
    template = r"((* macro bold(x) *))\textbf{((( x )))}((* endmacro *))((( bold(author) )))"
    assert filled(tmp_path, template, make_note(), author=text).startswith(rf"\textbf{{{escaped}}}")


def test_the_markup_of_a_title_becomes_latex(tmp_path: Path, make_note: MakeNote) -> None:
    """A title keeps its emphasis, code and formula, printed with the filter or without."""
    title = parse_inline("注意(_A_B_) `c_d` $x_1$")
    expected = r"注意(\emph{A\_B}) \texttt{c\_d} \(x_1\)"
    note = make_note(title=title, lines={"title": 1}, top="title: 注意(_A_B_) `c_d` $x_1$\n")
    formulas, numbers = title_formulas(note, ())
    titled = replace(body(), formulas=formulas, titles=numbers)
    assert filled(tmp_path, "((( note.title )))", note, titled).startswith(expected)
    assert filled(tmp_path, "((( note.title | inline )))", note, titled).startswith(expected)
    assert inline_to_latex(title) == expected
    assert Titles({0})(title) == expected.replace(r"\(x_1\)", r"\$x\_1\$")
    assert [(formula.line, formula.column) for formula in formulas] == [(1, 24)]


@pytest.mark.parametrize(("text", "escaped"), HOSTILE.items())
def test_bad_input_34_a_hostile_title_stays_there(tmp_path: Path, make_note: MakeNote, text: str, escaped: str) -> None:
    """The built-in templates print titles, author, chapter and contents escaped, whatever is in them."""
    note = make_note(
        title=literal(text), subtitle=literal(text), abstract=literal(text), date=text, status=Status.DRAFT
    )
    shared = renderer(tmp_path, author=text, epigraph=text, subtitle=text)
    titles = Titles()
    entries = note_entries(note, (), 1, titles)
    documents = [
        render(body(), Shown(), note, chapter(text), shared),
        render_chapter_front(chapter(text), entries, shared, titles),
        render_book_front(entries, shared, titles),
    ]
    for document in documents:
        assert escaped in document.latex
        if text != escaped and not text.startswith("a"):
            assert text not in document.latex
        assert document.latex.count(r"\end{document}") == 1


@pytest.mark.parametrize(
    "latex", ["正文\n", "\n\n正文\n", "%@1\n正文\n", r"\def\x{%@body}" + "\n正文\n", "正文\n%@body\n"]
)
def test_the_body_begins_where_the_document_says(tmp_path: Path, make_note: MakeNote, latex: str) -> None:
    """Line 1 of the body is line `body_line` of the document: TeX's line numbers lead back to the note."""
    document = render(body(latex), Shown(), make_note(), chapter(), renderer(tmp_path))
    lines = document.latex.split("\n")
    expected = latex.rstrip("\n").split("\n")
    assert lines[document.body_line - 1 : document.body_line - 1 + len(expected)] == expected


@pytest.mark.parametrize("config", [{"author": "%@body"}, {"title": "%@body"}, {"author": "a\nb"}])
def test_no_title_can_move_the_body(tmp_path: Path, make_note: MakeNote, config: dict[str, str]) -> None:
    """The place of the body does not depend on what is printed above it."""
    note = make_note(title=literal("%@body"), subtitle=literal("甲\n乙"))
    document = render(body("这是正文\n"), Shown(), note, chapter("%@body"), renderer(tmp_path, **config))
    assert document.latex.split("\n")[document.body_line - 1] == "这是正文"


def test_a_document_carries_what_typesetting_needs(tmp_path: Path, make_note: MakeNote) -> None:
    """The source map and the note's text go along; a figure, which is drawn before, does not."""
    good = Attachment(name="image-1.png", source="01/a.png", path=tmp_path / "a.png", digest="1")
    figure = Attachment(name="image-2.tikz", source="01/b.tikz", path=tmp_path / "b.tikz", digest="2")
    made = Body(
        latex="x",
        source_map=SourceMap(file="01/a.md", marks=()),
        formulas=(),
        rejected=frozenset(),
        literal=frozenset(),
        titles=(),
        definitions="",
        headings=(),
        attachments=(good, figure),
        inputs={},
        links=(),
        diagnostics=(),
    )
    document: TexDocument = render(made, Shown(), make_note(markdown="原文\n"), chapter(), renderer(tmp_path))
    assert (document.attachments, document.source, document.source_map) == ((good,), "原文\n", made.source_map)


@pytest.mark.parametrize(
    "template",
    [
        "((( nonsense )))",
        "((( note.nonsense )))",
        "((* for x in nonsense *))((* endfor *))",
        "((( ''.__class__ )))",
        "((( ''.__class__.__mro__ )))",
        "((( note.__class__ )))",
        "((( fonts.__init__.__globals__ )))",
        "((( ''['__class__'] )))",
        "((( ''|attr('__class__') )))",
        "((( '{0.__class__}'.format(1) )))",
        "((( book.__class__.__init__.__globals__ )))",
        "((( lipsum.__globals__ )))",
        "((* if x *))",
        "((( 1 / 0 )))",
        "((( note.title + 1 )))",
        '((* include "nowhere.tex.j2" *))',
    ],
)
def test_bad_input_38_a_template_that_is_wrong_or_breaks_out_is_an_input_error(
    tmp_path: Path, make_note: MakeNote, template: str
) -> None:
    """An unknown name, a syntax error, or a way out of the sandbox ends the build with the template's name."""
    with pytest.raises(InputError) as caught:
        filled(tmp_path, template, make_note())
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    (found,) = caught.value.diagnostics
    assert found.code == "template"
    assert found.file is not None
    assert found.file.startswith("templates/")


def test_a_syntax_error_is_reported_at_its_line(tmp_path: Path, make_note: MakeNote) -> None:
    """The author of a template is told file and line."""
    with pytest.raises(InputError) as caught:
        filled(tmp_path, "a\nb\n((* nonsense *))", make_note())
    (found,) = caught.value.diagnostics
    assert (found.file, found.line) == ("templates/note.tex.j2", 3)


def test_a_mistake_in_an_included_file_names_that_file(tmp_path: Path) -> None:
    """The mistake is looked for where it is: in the file that was included."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "style.tex.j2").write_text("((* nonsense *))\n", "utf-8")
    with pytest.raises(InputError) as caught:
        render_preamble(renderer(tmp_path))
    assert [d.file for d in caught.value.diagnostics] == ["templates/style.tex.j2"]


def test_what_stands_before_a_document_is_no_notes_business(tmp_path: Path) -> None:
    """Packages, format and driver are the same for every note, and end where the first page begins."""
    preamble = render_preamble(renderer(tmp_path))
    assert r"\documentclass" in preamble.packages
    assert preamble.packages in preamble.format
    assert r"\documentclass" not in preamble.driver
    assert preamble.driver.rstrip().endswith(r"\input{body}")


def test_braces_of_tex_are_no_delimiters(tmp_path: Path, make_note: MakeNote) -> None:
    """What Jinja2 usually takes for its own is TeX here."""
    template = "{{ x }} {% y %} {# z #} % comment ((1)) #1"
    assert filled(tmp_path, template, make_note()).startswith(template)


def test_the_contents_list_a_note_and_its_sections(make_note: MakeNote) -> None:
    """The title comes first, then the sections of the first level, each with what its page's foot reads."""
    marks = tuple(
        Landmark(level=level, text=text, latex=text, ident=text, line=1, page=page)
        for level, text, page in ((1, "甲", 0), (2, "乙", 1), (1, "丙", 4))
    )
    entries = note_entries(make_note(number="1.4"), marks, 1, Titles())
    assert [(e.depth, e.number, e.page) for e in entries] == [(1, "1.4", "1.4–1"), (2, "", "1.4–1"), (2, "", "1.4–5")]
    assert [str(e.title) for e in entries] == ["标题", "甲", "丙"]
    assert page_label(make_note(number="1.4"), 4) == "1.4–5"
