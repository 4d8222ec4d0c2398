r"""Tokens of a formula -> what in them no formula may do: read, write, run, or change TeX itself.

A filter on names is one wall of two; TeX runs in a cage as well. It sees a formula after all definitions have got
names of their own, so an author's own \\input is not among them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .mathtokens import Written, name_of

# Files and processes; the log, which diagnostics are read from; the characters' meanings; what outlives the formula.
_NAMES = """
input include includeonly InputIfFileExists IfFileExists openin openout closein closeout read readline write immediate
special typeout wlog message errmessage show showthe showbox showlists showtokens showgroups showifs tracingall
usepackage RequirePackage RequirePackageWithOptions PassOptionsToPackage documentclass LoadClass usetikzlibrary
usepgfplotslibrary usepgflibrary includegraphics includepdf graphicspath DeclareGraphicsRule lstinputlisting
verbatiminput VerbatimInput BVerbatimInput LVerbatimInput inputminted import subimport subfile pgfimage pgfdeclareimage
pgfplotstableread addplot animategraphics movie listfiles
XeTeXpicfile XeTeXpdffile XeTeXinputencoding XeTeXdefaultencoding XeTeXinterchartoks directlua latelua luaexec
pdfximage pdfobj pdfliteral pdfcatalog pdfinfo pdfextension pdffiledump pdffilesize pdfmdfivesum mdfivesum filedump
filesize filemoddate pdffilemoddate pdfshellescape shellescape ShellEscape
catcode mathcode delcode lccode uccode sfcode XeTeXmathcode XeTeXmathchardef XeTeXcharclass lowercase uppercase
endlinechar escapechar newlinechar
scantokens csname endcsname UseName ExpandArgs csuse csdef csgdef csedef csxdef cslet csletcs letcs csappto csgappto
cspreto csgpreto cseappto csepreto robustify patchcmd apptocmd pretocmd preto appto gappto gpreto eappto epreto
makeatletter makeatother ExplSyntaxOn ExplSyntaxOff ProvidesExplPackage
AtBeginDocument AtEndDocument AtEndPreamble AfterEndPreamble AfterEndDocument AtEndOfPackage AddToHook AddToHookNext
UseHook NewHook AtBeginShipout AtBeginEnvironment AtEndEnvironment BeforeBeginEnvironment AfterEndEnvironment
aftergroup afterassignment everypar everyjob everymath everydisplay everyhbox everyvbox everycr everyeof output
globaldefs global def gdef edef xdef let futurelet newcommand renewcommand providecommand DeclareRobustCommand
DeclareMathOperator DeclarePairedDelimiter newenvironment renewenvironment newtheorem
NewDocumentCommand RenewDocumentCommand ProvideDocumentCommand DeclareDocumentCommand NewExpandableDocumentCommand
NewDocumentEnvironment chardef mathchardef countdef dimendef skipdef muskipdef toksdef newcount newdimen newskip newtoks
newbox newsavebox newif newread newwrite newlength newcounter setcounter addtocounter stepcounter refstepcounter
counterwithin counterwithout numberwithin newfam newlanguage
font fontspec newfontfamily newfontface setmainfont setsansfont setmonofont setmathfont setCJKmainfont setCJKsansfont
setCJKmonofont newCJKfontfamily addfontfeature addfontfeatures fontdimen hyphenchar skewchar patterns hyphenation
batchmode nonstopmode scrollmode errorstopmode interactionmode dump endinput shipout par vsplit insert mark marks
pagestyle thispagestyle pagenumbering newpage clearpage cleardoublepage stop maxdeadcycles vadjust nofiles
hypersetup pdfbookmark hypertarget nolinkurl
"""
FORBIDDEN = frozenset(_NAMES.split())
_ENVIRONMENTS = FORBIDDEN | {"document", "filecontents", "filecontents*"}
# What a link of a formula may lead to; hyperref makes run: and file: into actions of the viewer.
_LINK = re.compile(r"(?:https?:|mailto:|#)", re.IGNORECASE)


def find_forbidden(flat: Sequence[str]) -> int | None:
    """Return the place of the first token that is refused; None where all is well."""
    for at, token in enumerate(flat):
        if isinstance(token, Written):
            continue
        name = name_of(token)
        if name in FORBIDDEN or (token == "^" and flat[at + 1 : at + 2] == ["^"]):
            return at
        rest = "".join(flat[at + 1 : at + 80]).lstrip()
        # \begin{input} is \input: the name must stand there, and be a harmless one.
        if name in {"begin", "end"}:
            match = re.match(r"\{\s*([A-Za-z]+\*?)\s*\}", rest)
            if match is None or match[1] in _ENVIRONMENTS:
                return at
        if name == "href" and not _LINK.match(rest.lstrip("{ ")):
            return at
    return None
