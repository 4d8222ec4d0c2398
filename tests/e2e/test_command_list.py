"""The list of commands is what TeX says now."""

from __future__ import annotations

import pytest

from notepress.commands import LIST, list_text, parse_list
from notepress.tex import tool_version
from setup.commands import ask_tex


@pytest.mark.tex
def test_list_is_up_to_date() -> None:
    """After a change of the preamble, the macros or a package, `make commands` has been run."""
    written = LIST.read_text("utf-8")
    if parse_list(written).engine != tool_version():
        pytest.skip(f"the list was made by {parse_list(written).engine}, here is {tool_version()}")
    fresh, known = ask_tex(), parse_list(written)
    missing = {*fresh.math, *fresh.other, *fresh.environments} - {*known.math, *known.other, *known.environments}
    assert list_text(fresh) == written, f"run `make commands`; not on the list: {sorted(missing)[:20]}"
