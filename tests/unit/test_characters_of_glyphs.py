"""What the glyphs of a font stand for, as its tables say."""

from __future__ import annotations

import io
import struct
from array import array

from fontTools.cffLib import parseCharset, parseCharset0
from hypothesis import given
from hypothesis import strategies as st

from notepress.cff import parse_charset
from notepress.glyphs import Glyphs

RUNS = st.lists(st.tuples(st.integers(1, 60_000), st.integers(0, 300)), min_size=1, max_size=20)


@given(st.sampled_from([0, 1, 2]), RUNS, st.integers(0, 5))
def test_the_cids_of_a_charset_are_those_that_fonttools_names(form: int, runs: list[tuple[int, int]], cut: int) -> None:
    """In each of the three ways to write them, and where the last run says more glyphs than there are."""
    runs = [(first, more % 256 if form == 1 else more) for first, more in runs]
    count = max(1 + sum(more + 1 for _, more in runs) - cut, 1)
    cids = [cid for first, more in runs for cid in range(first, first + more + 1)]
    entry = ">HB" if form == 1 else ">HH"
    body = b"".join(struct.pack(">H", cid) if form == 0 else b"" for cid in cids)
    body += b"".join(struct.pack(entry, *run) for run in runs if form)
    stream = io.BytesIO(body)
    names = parseCharset(count, stream, None, True, form) if form else parseCharset0(count, stream, None, True)
    assert list(parse_charset(bytes([form]) + body, count)) == [0, *(int(name[3:]) for name in names[1:count])]


def test_the_characters_of_a_glyph_are_all_and_only_its_own() -> None:
    """First, last and neighbouring glyphs; asked again the same; of others only where there are none."""
    pairs = array("Q", [1 << 21 | 0x41, 3 << 21 | 0x42, 3 << 21 | 0x10FFFF, 9 << 21 | 0x43])
    glyphs = Glyphs(math=False, pairs=pairs, of_others=lambda: array("Q", [3 << 21 | 0x44, 5 << 21 | 0x45]))
    for _ in range(2):
        found = {cid: glyphs.characters(cid) for cid in range(11)}
        assert {cid: codes for cid, codes in found.items() if codes} == {
            1: (0x41,),
            3: (0x42, 0x10FFFF),
            5: (0x45,),
            9: (0x43,),
        }
