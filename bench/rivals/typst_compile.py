"""Compile one Typst file, as the `typst` command does: typst_compile.py SOURCE PDF. The package brings no command."""

import sys

import typst

typst.compile(sys.argv[1], output=sys.argv[2], root=".", font_paths=["fonts"], ignore_system_fonts=True)
