"""What a pass wrote about its references: whether another pass could change a page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notepress.references import read_references

# As LaTeX with hyperref writes them.
LABEL = r"\newlabel{eq:a}{{1}{3}{标题 \{x\}}{equation.0.1}{}}"
USED = r"\npused{0}{eq:a}{{1}{1}{标题 \{x\}}{equation.0.1}{}}"
CARRIED = r"\npcarried{eq:a}{{1}{3}{标题 \{x\}}{equation.0.1}{}}" + "\n"
UNKNOWN = r"\npused{0}{eq:a}{}"


def aux(*lines: str) -> str:
    """Return an .aux file with these lines among others."""
    return "\n".join(
        [r"\relax", r"\@writefile{toc}{\contentsline {section}{a}{1}{}}", *lines, r"\gdef \@abspage@last{3}"]
    )


def test_a_note_without_references_is_final_at_once() -> None:
    """Labels that nobody refers to are no reason for another pass, and nothing to carry."""
    found = read_references(aux(LABEL), "")
    assert (found.settled, found.carried) == (True, "")


def test_a_reference_that_was_right_is_final_wherever_its_label_moved() -> None:
    """A reference to what came before is right in the first pass; that the label's page changed does not matter."""
    assert read_references(aux(LABEL, USED), "").settled


def test_a_reference_to_what_comes_later_needs_one_more_pass() -> None:
    """A label that was unknown when it was used is carried into the next pass, and is right there."""
    first = read_references(aux(UNKNOWN, LABEL), "")
    assert (first.settled, first.carried) == (False, CARRIED)
    assert read_references(aux(USED, LABEL), first.carried).settled


@pytest.mark.parametrize(
    "found",
    [
        r"\npused{0}{eq:a}{{2}{3}{标题 \{x\}}{equation.0.1}{}}",
        r"\npused{0}{eq:a}{{1}{3}{标题 \{x\}}{equation.0.2}{}}",
        r"\npused{0}{eq:a}{{1}{3}{别的}{equation.0.1}{}}",
        r"\npused{1}{eq:a}{{1}{4}{标题 \{x\}}{equation.0.1}{}}",
    ],
)
def test_whatever_a_reference_shows_must_be_right(found: str) -> None:
    """Another number, title, destination, or page where the page was asked for, is not final."""
    assert not read_references(aux(LABEL, found), "").settled


def test_a_reference_to_nothing_is_final() -> None:
    """A label that does not exist does not appear in later passes either; a removed one is forgotten."""
    assert read_references(aux(UNKNOWN), "").settled
    assert not read_references(aux(USED), CARRIED).settled


def test_a_document_that_never_settles_is_not_run_for_ever() -> None:
    """What a pass leaves as it found it will not change in the next one."""
    assert read_references(aux(UNKNOWN, LABEL), CARRIED).settled


def test_spaces_that_tex_adds_make_no_difference() -> None:
    r"""TeX writes a space behind a command, \\detokenize the same or not."""
    label = r"\newlabel{a}{{\textbf {1}}{1}{}{x}{}}"
    assert read_references(aux(label, r"\npused{0}{a}{{\textbf{1}}{1}{}{x}{}}"), "").settled


def test_marks_of_pictures_must_have_been_known() -> None:
    """A picture that refers to a place on the page needs the place from its start."""
    mark = r"\pgfsyspdfmark {pgfid1}{123}{456}"
    first = read_references(aux(mark), "")
    assert not first.settled
    assert read_references(aux(mark), first.carried).settled


@given(st.text(alphabet=r"\{}newlabpusd 1a" + "\n"))
def test_a_damaged_file_is_no_error(text: str) -> None:
    """Whatever a killed TeX left there is read without an exception, and comes to rest."""
    first = read_references(text, "")
    assert read_references(text, first.carried).settled or not first.settled
