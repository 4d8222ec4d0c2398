"""The project's own templates as a template for pandoc, so that the others typeset with the same macros and looks.

Made by the renderer itself, never copied: this is the only place of the benchmark that knows how a document is put
together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from fontTools.ttLib import TTFont

from notepress.config import load_config
from notepress.fonts import load_fonts
from notepress.fontset import FontSet
from notepress.inline import literal
from notepress.latex import Latex
from notepress.model import Body, SourceMap
from notepress.notes import load_library
from notepress.render import Shown, render, render_preamble
from notepress.templating import make_renderer, template_files

# What the renderer is given in place of a note's own words, and the variables of pandoc that take their place.
_OPTIONAL = {"NPSUBTITLE": "subtitle", "NPABSTRACT": "abstract", "NPDATE": "date"}
_ALWAYS = {"NPTITLE": "title", "NPBODY": "body"}
_ONE_PASS = "onepass.tex"
# What pandoc writes for ~~text~~ and [text]{.underline}; notepress writes commands of its own.
_PANDOC = "\\providecommand{\\st}[1]{\\strikethrough{#1}}\n\\providecommand{\\ul}[1]{\\underlined{#1}}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLooks:
    """What the others typeset with: a LaTeX template for pandoc, and the fonts by the name TeX loads them under.

    `families` maps the roles to the names by which Typst finds the same files.
    """

    template: str
    fonts: dict[str, Path]
    families: dict[str, str]


def shared_looks(site: Path) -> SharedLooks:
    """Return template and fonts of a project that has at least one note."""
    project = load_config(site)
    fonts = load_fonts(project)
    renderer = make_renderer(project, fonts)
    preamble = render_preamble(renderer)
    # After it the driver waits for notepress; the others begin their documents themselves.
    driver, begin, _ = preamble.driver.partition("\n\\begin{document}\n")
    # Nor do they know what makes one pass enough here; with it, LaTeX asks them for more passes than they need.
    one_pass = template_files(project)[_ONE_PASS].read_text("utf-8").strip()
    if not begin or one_pass not in driver:
        raise ValueError("the templates are put together in another way: bench/template.py must follow")
    driver = driver.replace(one_pass, "")
    chapter = load_library(project).chapters[0]
    note = replace(
        chapter.notes[0],
        number="",
        title=literal("NPTITLE"),
        subtitle=literal("NPSUBTITLE"),
        abstract=literal("NPABSTRACT"),
        date="NPDATE",
    )
    nowhere = SourceMap(file="", marks=())
    body = Body(
        latex=Latex("NPBODY"),
        source_map=nowhere,
        formulas=(),
        rejected=frozenset(),
        literal=frozenset(),
        titles=(),
        definitions="",
        headings=(),
        attachments=(),
        inputs={},
        links=(),
        diagnostics=(),
    )
    document = render(body, Shown(), note, chapter, renderer).latex
    latex = f"{preamble.packages}{driver}\n{_PANDOC}{begin}{document}"
    return SharedLooks(template=pandoc_template(latex), fonts=fonts.files(), families=_families(fonts))


def pandoc_template(latex: str) -> str:
    """Return rendered LaTeX as a template for pandoc: dollars doubled, stand-ins replaced by variables.

    A line with a stand-in that a note may lack is left out where the note lacks it.
    """
    lines = []
    for line in latex.replace("$", "$$").splitlines():
        wanted = [name for standin, name in _OPTIONAL.items() if standin in line]
        lines += [f"$if({name})$" for name in wanted] + [line] + ["$endif$" for _ in wanted]
    text = "\n".join(lines) + "\n"
    for standin, name in (_OPTIONAL | _ALWAYS).items():
        text = text.replace(standin, f"${name}$")
    return text


def _families(fonts: FontSet) -> dict[str, str]:
    """Return the family name inside the file of each role, as Typst asks for it."""
    found = {}
    for role, family in fonts.families().items():
        face = family.regular
        number = face.index if face.collection else -1
        with TTFont(face.path, fontNumber=number, lazy=True) as font:
            found[role.replace("_", "-")] = str(font["name"].getBestFamilyName())
    return found
