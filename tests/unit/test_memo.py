"""What a memo knows is what would be made, and no more than two rounds have asked for."""

from __future__ import annotations

import gc
import weakref
from functools import partial
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from notepress.memo import Memo


@given(st.lists(st.sets(st.integers(0, 5)), max_size=8))
def test_a_value_is_made_anew_only_where_the_round_before_did_not_ask_for_it(rounds: list[set[int]]) -> None:
    """Whatever rounds ask for, each gets the value of its key, and nothing is made twice in two of them."""
    memo: Memo[str] = Memo()
    made: list[int] = []

    def make(key: int) -> str:
        made.append(key)
        return str(key)

    before: set[int] = set()
    for asked in rounds:
        memo.begin_round()
        made.clear()
        for key in [*asked, *asked]:
            assert memo.of(key, partial(make, key)) == str(key)
        assert set(made) == asked - before
        assert len(made) == len(set(made))
        before = asked


def test_what_a_round_does_not_ask_for_is_freed() -> None:
    """A memo grows with what there is now, not with all there was."""

    class Value:
        pass

    memo: Memo[Any] = Memo()
    alive = weakref.ref(memo.of("a", Value))
    for _ in range(2):
        memo.begin_round()
    gc.collect()
    assert alive() is None
