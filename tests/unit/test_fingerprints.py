"""What a note depends on besides itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from notepress.config import load_config
from notepress.fingerprints import DigestCache, common_inputs, shared_inputs
from notepress.fonts import load_fonts
from notepress.resources import resource_folder
from notepress.templating import make_renderer
from notepress.tex import tool


def test_bad_input_43_template_macro_font_and_tool_are_inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What all notes share names each of them, and a change of one of them is a change of that one only."""

    def now() -> dict[str, str]:
        project = load_config(tmp_path)
        found = load_fonts(project)
        shared = shared_inputs(found, DigestCache(tmp_path / "digests.json"))
        return common_inputs(make_renderer(project, found), shared)

    def different(before: Mapping[str, str]) -> set[str]:
        after = now()
        return {label for label in before.keys() | after.keys() if before.get(label) != after.get(label)}

    (tmp_path / "notes").mkdir()
    before = now()
    (tmp_path / "templates").mkdir()
    for name in ("macros.tex", "note.tex.j2"):
        old = now()
        content = (resource_folder() / "templates" / name).read_bytes()
        (tmp_path / "templates" / name).write_bytes(content + b"\n")
        assert different(old) == {f"template:{name}"}
    old = now()
    roman = load_fonts(load_config(tmp_path)).families()["main"].regular
    (tmp_path / "kai.otf").write_bytes(roman.path.read_bytes() + b"x")
    (tmp_path / "notes.yaml").write_text("fonts:\n  kai: {file: kai.otf}\n")
    assert {label.partition(":")[0] for label in different(old)} == {"font", "font roles"}
    old = now()
    (tmp_path / "xelatex").write_text("another version")
    other = {"xelatex": tmp_path / "xelatex", "xdvipdfmx": tool("xdvipdfmx")}
    monkeypatch.setattr("notepress.fingerprints.tool", other.__getitem__)
    assert different(old) == {"tool:xelatex"}
    assert {"tool:pandoc", "tool:xdvipdfmx", "package:notepress"} <= before.keys()
