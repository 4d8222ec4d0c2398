r"""Ask TeX which commands and environments a note may use, and write notepress/data/commands.txt: `make commands`.

Nobody can read that off the packages, which build names out of parts. So every word of every file that TeX reads for
a note is a candidate, and TeX says itself, with \ifcsname behind the real preamble, which of them it knows: in
text, in a formula, and within the environments that define commands for their own inside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from notepress.commands import LIST, CommandList, list_text
from notepress.config import load_config
from notepress.documents import TexDocument
from notepress.fonts import load_fonts
from notepress.model import SourceMap
from notepress.processes import find_tool, run_process
from notepress.system import work_folder, write_atomic
from notepress.templating import make_renderer
from notepress.tex import tool_version
from notepress.workshop import Workshop

# LaTeX itself is in the format that the preamble is read on top of, so no run reads these.
KERNEL = ("latex.ltx", "expl3-code.tex", "fontmath.ltx", "fonttext.ltx", "hyphen.cfg", "texsys.cfg")
OWN_FILES = ("macros.tex", "mathcompat.tex")
# Whose commands are meant for formulas: what a misspelt name is compared with.
MATH_FILES = (
    *(
        "unicode-math-table.tex",
        "unicode-math-xetex.sty",
        "fontmath.ltx",
        "mathtools.sty",
        "macros.tex",
        "mathcompat.tex",
    ),
    *("amsmath.sty", "amsopn.sty", "amsbsy.sty", "amstext.sty", "cancel.sty", "mhchem.sty"),
)
# unicode-math makes \symbb, \mathbfit, \bfalpha … out of these and the words in its files.
PREFIXES = ("sym", "math", "up", "it", "bf", "bfup", "bfit", "bb", "b")
TEXT_FILES = {".cfg", ".clo", ".cls", ".def", ".fd", ".ltx", ".sty", ".tex"}
# \T writes a name that is known, \E one of which \end… is.
ASK = r"""
\newwrite\known
\immediate\openout\known=note.known
\def\T#1{\ifcsname#1\endcsname\immediate\write\known{#1}\fi}
\def\E#1{\ifcsname#1\endcsname\ifcsname end#1\endcsname\immediate\write\known{{#1}}\fi\fi}
\input{words}
$\input{words}$
\[\input{words}\]
\begin{align}\input{words}\end{align}
\begin{multline}\input{words}\end{multline}
\begin{gather*}\begin{aligned}\input{words}\end{aligned}\end{gather*}
\[\begin{cases}\input{words}\end{cases}\begin{array}{c}\input{words}\end{array}\substack{\input{words}}\]
\begin{tabular}{c}\input{words}\end{tabular}
\immediate\closeout\known
\end{document}
"""


def ask_tex() -> CommandList:
    """Return what TeX knows, with the built-in templates and a run of `xelatex -ini` and one of xelatex."""
    with work_folder() as folder, ThreadPoolExecutor(1) as executor:
        # An empty folder has no templates of its own.
        project = load_config(folder)
        renderer = make_renderer(project, load_fonts(project))
        with Workshop(renderer, executor, 1) as workshop:
            return _ask(workshop)


def _ask(workshop: Workshop) -> CommandList:
    engines = workshop.engines
    # Not that an engine needs the format; but its making leaves a list of the files that TeX read.
    workshop.format()
    files = [path for path in (*workshop.package_files(), *_kernel_files()) if path.suffix in TEXT_FILES]
    # Old files hold a few letters in encodings of their own; no name of a command does.
    texts = {path.name: path.read_text("latin-1") for path in files}
    texts |= {name: content.decode("latin-1") for name, content in workshop.renderer.templates.items()}
    with engines.take() as engine:
        engine.typeset(_document(_candidates(texts)), "", ahead=False)
        return _sorted_out(engine.read("known").split(), texts)


def _kernel_files() -> list[Path]:
    kpsewhich = find_tool("kpsewhich")
    output = run_process([kpsewhich, *KERNEL]).stdout.decode() if kpsewhich else ""
    return [Path(line) for line in output.splitlines()]


def _candidates(texts: dict[str, str]) -> list[str]:
    words = {word for text in texts.values() for word in re.findall(r"[A-Za-z]+\*?", text)}
    parts = {word for name, text in texts.items() if name in MATH_FILES for word in re.findall("[A-Za-z]+", text)}
    return sorted(words | {prefix + word for prefix in PREFIXES for word in parts})


def _document(words: Iterable[str]) -> TexDocument:
    asked = [rf"\E{{{w}}}" + ("" if w.endswith("*") else rf"\T{{{w}}}") for w in words]
    return TexDocument(
        latex=ASK,
        body_line=1,
        source_map=SourceMap(file="commands", marks=()),
        source="",
        attachments=(),
        formulas=(),
        spans=(),
        files={"words.tex": ("%\n".join(asked) + "%\n").encode()},
    )


def _sorted_out(known: Iterable[str], texts: dict[str, str]) -> CommandList:
    names = set(known)
    commands = {f"\\{name}" for name in names if not name.startswith("{")}
    named = {
        command
        for name in MATH_FILES
        for command in re.findall(r"\\[A-Za-z]+(?![A-Za-z@:_])", texts.get(name, ""))
        # The inner parts of the project's own macros begin with np.
        if not (name in OWN_FILES and command.startswith(r"\np"))
    }
    return CommandList(
        engine=tool_version(),
        math=tuple(sorted(commands & named)),
        other=tuple(sorted(commands - named)),
        environments=tuple(sorted(name.strip("{}") for name in names if name.startswith("{"))),
    )


if __name__ == "__main__":
    write_atomic(LIST, list_text(ask_tex()).encode())
