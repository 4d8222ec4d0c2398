"""View -> the page that a browser shows, with everything of a note's escaped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .errors import Diagnostic, InputError, error
from .resources import resource_folder
from .view import View

TEMPLATE = "serve.html.j2"
# Characters of a long line that are shown before and after the place of a finding.
_BEFORE, _AFTER = 50, 70


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The line of a finding, cut around its place: what stands `before` it, `at` it and `after` it."""

    before: str
    at: str
    after: str


def page_environment(root: Path) -> ImmutableSandboxedEnvironment:
    """Return what pages of a project are made with; its own template wins over the built-in one, once it is saved."""
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader([root / "templates", resource_folder() / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["excerpt"] = excerpt
    return environment


def webpage(view: View, shown: str, nonce: str, environment: ImmutableSandboxedEnvironment) -> str:
    """Return the page as HTML, with the PDF of the key `shown`, if there is one.

    Only scripts and styles with the `nonce` run. Raises InputError for mistakes in the template.
    """
    try:
        return environment.get_template(TEMPLATE).render(view=view, shown=view.row(shown), nonce=nonce)
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as problem:
        message = f"{type(problem).__name__}: {problem}"
        line = getattr(problem, "lineno", None)
        raise InputError(error("template", message, file=f"templates/{TEMPLATE}", line=line)) from problem


def excerpt(diagnostic: Diagnostic) -> Excerpt | None:
    """Return the line that a diagnostic is about; None where there is none to show."""
    text = (diagnostic.excerpt or "").rstrip()
    if not text.strip():
        return None
    if diagnostic.column is None or diagnostic.column > len(text):
        return Excerpt(_cut(text, _BEFORE + _AFTER), "", "")
    at = diagnostic.column - 1
    before = text[:at].lstrip()
    before = before if len(before) <= _BEFORE else "…" + before[-_BEFORE:]
    return Excerpt(before, text[at], _cut(text[at + 1 :], _AFTER))


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[:width] + "…"
