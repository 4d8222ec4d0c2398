#!/usr/bin/env python3
"""Lay out the web page of the notes in site/: README.md as index.html, with the PDFs it links to.

Runs as `pages.py [BASE]`. BASE is where the repository's other files are read on the web; links of the README
that leave the page go there.
"""

from __future__ import annotations

import re
import shutil
import sys
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parent.parent
# What the page holds besides its text.
FOLDERS = ("output", "assets")
PAGE = """<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ max-width: 42em; margin: 2em auto; padding: 0 1em; line-height: 1.7; color: #222; font-family: sans-serif }}
h1, h2, h3 {{ line-height: 1.3 }}
a {{ color: #204a87 }}
pre {{ padding: .8em; overflow-x: auto; background: #f6f6f6 }}
blockquote {{ margin-left: 0; padding-left: 1em; border-left: 3px solid #ccc; color: #555 }}
</style>
{body}</html>
"""


def is_elsewhere(address: str) -> bool:
    """Say whether a link of the README leads to a file that the page does not hold."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//|#", address):
        return False
    return address.partition("/")[0] not in FOLDERS


def rebase(tokens: list[Token], base: str) -> None:
    """Let links to the repository's other files lead to `base`."""
    for token in tokens:
        address = token.attrGet("href")
        if token.type == "link_open" and isinstance(address, str) and is_elsewhere(address):
            token.attrSet("href", base + address)
        rebase(token.children or [], base)


def render_page(readme: str, base: str) -> str:
    """Return the README as a complete HTML page."""
    parser = MarkdownIt("commonmark").enable("table")
    tokens = parser.parse(readme)
    rebase(tokens, base)
    heading = re.search(r"^# (.+)$", readme, re.MULTILINE)
    title = escape(heading[1]) if heading else ""
    return PAGE.format(title=title, body=parser.renderer.render(tokens, parser.options, {}))


def write_site(site: Path, base: str) -> None:
    """Make the folder `site` anew: the page, and copies of the folders it links into."""
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir()
    (site / "index.html").write_text(render_page((ROOT / "README.md").read_text("utf-8"), base), "utf-8")
    for name in FOLDERS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, site / name)


def main() -> None:
    """Write site/ beside README.md."""
    write_site(ROOT / "site", sys.argv[1] if len(sys.argv) > 1 else "")


if __name__ == "__main__":
    main()
