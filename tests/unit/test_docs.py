"""The documentation names what is there: every diagnostic, every target, every file."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "notepress"
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
MAKERS = {"error", "warning", "info"}
_CODE = re.compile(r"[a-z]+(-[a-z]+)*")
_INDEX = re.compile(r"<!-- index:start -->.*?<!-- index:end -->", re.DOTALL)


def _text(node: ast.AST | None) -> str | None:
    """Return the value of a string literal."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _makers(tree: ast.Module) -> set[str]:
    """Return the names a module calls to make diagnostics, with its own names for a choice of them."""
    chosen = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.IfExp)
        for target in node.targets
        if isinstance(target, ast.Name)
        and {getattr(node.value.body, "id", None), getattr(node.value.orelse, "id", None)} <= MAKERS
    }
    return MAKERS | chosen


def _called_codes(tree: ast.Module) -> Iterator[str]:
    """Yield the codes written in calls of error, warning, info and Diagnostic."""
    makers = _makers(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        named = next((keyword.value for keyword in node.keywords if keyword.arg == "code"), None)
        if node.func.id in makers:
            code = _text(node.args[0] if node.args else named)
        elif node.func.id == "Diagnostic":
            code = _text(named)
        else:
            continue
        if code is not None:
            yield code


def _tabled_codes(tree: ast.Module) -> Iterator[str]:
    """Yield the codes of the rules for what TeX says, and what is said where none fits."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_Rule":
            yield from filter(None, [_text(node.args[1])])
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Explained":
            yield from filter(None, (_text(k.value) for k in node.keywords if k.arg == "code"))


def emitted_codes() -> set[str]:
    """Return every code that the sources can emit."""
    found: set[str] = set()
    for path in sorted(PACKAGE.glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        found |= set(_called_codes(tree))
        if path.name == "texerrors.py":
            found |= set(_tabled_codes(tree))
    lua = "".join(path.read_text("utf-8") for path in sorted(PACKAGE.rglob("*.lua")))
    return found | set(re.findall(r"\bnotice\(\s*'(?:error|warning|info)',\s*'([a-z-]+)'", lua))


def documented_codes() -> list[str]:
    """Return the second-level headings of docs/diagnostics.md, in their order."""
    text = (ROOT / "docs" / "diagnostics.md").read_text("utf-8")
    return re.findall(r"^## (\S+)$", text, re.MULTILINE)


def test_collector_sees_every_way_to_emit() -> None:
    """A code of each kind of place is found: a call, a chosen maker, the table, its default, the Lua filter."""
    assert {"encoding", "overfull-line", "undefined-command", "tex-error", "html-dropped"} <= emitted_codes()


def test_every_code_is_documented() -> None:
    """No diagnostic can appear that the documentation does not explain."""
    assert emitted_codes() - set(documented_codes()) == set()


def test_no_documented_code_is_gone() -> None:
    """The documentation explains no diagnostic that can't appear any more."""
    assert set(documented_codes()) - emitted_codes() == set()


def test_codes_are_in_order() -> None:
    """The sections are sorted, each once."""
    assert documented_codes() == sorted(set(documented_codes()))


def test_codes_are_kebab_case() -> None:
    """Codes are stable names of lower-case words and hyphens."""
    assert [code for code in emitted_codes() if not _CODE.fullmatch(code)] == []


def test_help_lists_every_target() -> None:
    """`make help` shows each target of the Makefile that has a description."""
    targets = re.findall(r"^([\w-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    # Under `make test` the variables of the outer make would change how this one prints.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert re.findall(r"^  make ([\w-]+) ", shown, re.MULTILINE) == targets
    assert targets


def _relative_links(page: Path) -> Iterator[str]:
    """Yield the addresses of a page that name files of the repository, outside the index block."""
    tokens = MarkdownIt("commonmark").enable("table").parse(_INDEX.sub("", page.read_text("utf-8")))
    flat: list[Token] = [inner for token in tokens for inner in (token, *(token.children or []))]
    found = [str(token.attrGet("href") or token.attrGet("src") or "") for token in flat]
    for token in flat:
        if token.type in {"html_block", "html_inline"}:
            found += re.findall(r"""(?:src|href)=["']([^"']+)""", token.content)
    for address in found:
        path = unquote(address.partition("#")[0])
        if path and not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", path):
            yield path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page names a file or folder of the repository."""
    missing = [path for path in _relative_links(page) if not (page.parent / path).exists()]
    assert missing == []
