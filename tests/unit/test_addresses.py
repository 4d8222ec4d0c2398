"""Internal addresses between notes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notepress.addresses import SCHEME, dest_name, note_address, parse_address

paths = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
idents = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=200, deadline=None)
@given(paths, idents)
def test_address_leads_back_to_its_place(source: str, ident: str) -> None:
    """Every source path and heading id survives the way through TeX and the PDF."""
    assert parse_address(note_address(source, ident)) == (source, ident)


@settings(max_examples=200, deadline=None)
@given(paths, idents)
def test_address_is_plain_ascii_without_anything_tex_obeys(source: str, ident: str) -> None:
    """An address holds only characters that a URI allows, one `#` at most among them."""
    address = note_address(source, ident)
    assert re.fullmatch(r"notepress:[A-Za-z0-9/%._~-]+(#[A-Za-z0-9%._~-]+)?", address)


@pytest.mark.parametrize("uri", ["https://example.org/a.md", "mailto:a@b.c", "notes/a.md", "#x", "", "Notepress:a"])
def test_other_uris_are_no_addresses(uri: str) -> None:
    """A link of the author is left alone."""
    assert parse_address(uri) is None


@pytest.mark.parametrize(
    ("source", "ident", "address"),
    [
        ("notes/a.md", "", SCHEME + "notes/a.md"),
        ("notes/a b#1.md", "目标", SCHEME + "notes/a%20b%231.md#%E7%9B%AE%E6%A0%87"),
    ],
)
def test_address_is_readable_where_it_can_be(source: str, ident: str, address: str) -> None:
    """A path stays a path; only what a URI forbids is encoded."""
    assert note_address(source, ident) == address


@settings(max_examples=200, deadline=None)
@given(idents, idents)
def test_destination_names_differ_where_the_headings_do(left: str, right: str) -> None:
    """Two headings never share a destination, and a name is ASCII that needs no escape in a PDF."""
    assert (dest_name(left) == dest_name(right)) is (left == right)
    assert re.fullmatch(r"h\.[A-Za-z0-9.-]*", dest_name(left))
