"""docs/diagnostics.md names every code that can be reported, and no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAKERS = {"error", "warning", "info", "make"}


def codes_in_python() -> set[str]:
    """Return the first arguments of all calls that make a diagnostic, and the codes of the TeX log's table."""
    found = set()
    for path in (ROOT / "notepress").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.add(first.value)
    table = re.search(r"^_CODES = \((.*?)^\)", (ROOT / "notepress/texlog.py").read_text("utf-8"), re.M | re.S)
    assert table
    return found | set(re.findall(r', "([a-z-]+)"\)', table[1])) | {"tex-error"}


def codes_in_lua() -> set[str]:
    """Return the codes of the notices that the pandoc script gives."""
    return set(re.findall(r"notice\('\w+', '([a-z-]+)'", (ROOT / "notepress/convert.lua").read_text("utf-8")))


def test_every_code_has_a_section_and_every_section_a_code() -> None:
    """A user who looks a code up finds it, and the page speaks of no code that is never reported."""
    page = (ROOT / "docs/diagnostics.md").read_text("utf-8")
    assert set(re.findall(r"^## (\S+)$", page, re.M)) == codes_in_python() | codes_in_lua()


def test_links_between_the_documents_lead_somewhere() -> None:
    """Every relative link of the README and of docs/ names a file of the repository."""
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        text = re.sub(r"<!-- index:start -->.*<!-- index:end -->", "", path.read_text("utf-8"), flags=re.S)
        text = re.sub(r"^ *```.*?^ *```", "", text, flags=re.M | re.S)
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
