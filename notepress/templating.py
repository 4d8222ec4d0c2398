"""The templates of a project, filled by Jinja2 in its sandbox.

Every value a template prints is escaped unless it is `Latex`, so no title, author or file name can break
out of its place. Delimiters are chosen so that a template is still readable, and lintable, as LaTeX.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .characters import EMOJI_PARTS, INVISIBLE, LINE_ENDS
from .errors import InputError, error
from .fontset import FontSet
from .inline import Inline
from .latex import Latex, escape, inline_to_latex
from .project import Project
from .resources import resource_folder
from .themes import theme_file

# Loaded where it is used: a check fills no template.
if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment


@dataclass(frozen=True, slots=True, kw_only=True)
class Renderer:
    """What every document of a build shares; `templates` are the files that documents are made from, by name.

    `look` is what the template of the theme sets and defines.
    """

    project: Project
    fonts: FontSet
    templates: Mapping[str, bytes]
    environment: ImmutableSandboxedEnvironment
    look: Any

    @property
    def two_sided(self) -> bool:
        """Whether left and right pages differ, so that what begins, begins on a right-hand page."""
        return bool(self.look.two_sided)


def make_renderer(project: Project, fonts: FontSet) -> Renderer:
    """Return a renderer with the templates as they are now: the project's own before the built-in ones.

    Read once, so that what a document is made from is what its fingerprint says, whatever is saved meanwhile.
    """
    templates = {name: path.read_bytes() for name, path in template_files(project).items()}
    environment = _environment(templates)
    name = theme_file(project.config.theme)
    with mistakes_in(name):
        look = environment.get_template(name).module
    return Renderer(project=project, fonts=fonts, templates=templates, environment=environment, look=look)


def template_files(project: Project) -> dict[str, Path]:
    """Return the files that documents are made from, by name; the project's own win over the built-in ones."""
    found: dict[str, Path] = {}
    for folder in (resource_folder() / "templates", project.root / "templates"):
        found |= {path.name: path for path in sorted(folder.glob("*")) if path.is_file()}
    return found


def fill(template: str, values: Mapping[str, Any], shared: Renderer) -> str:
    """Return what a template becomes; raises InputError for its mistakes."""
    config = shared.project.config
    common = {
        "theme": config.theme,
        "look": shared.look,
        "paper": config.paper,
        "links": config.links,
        "author": config.author,
        "book": config,
        "fonts": shared.fonts,
        "invisible": (*INVISIBLE, *EMOJI_PARTS),
        "line_ends": LINE_ENDS,
    }
    with mistakes_in(template):
        return shared.environment.get_template(template).render({**common, **values})


@contextmanager
def mistakes_in(template: str) -> Iterator[None]:
    """Raise InputError for a mistake in a template."""
    from jinja2 import TemplateError

    try:
        yield
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as problem:
        name = getattr(problem, "name", None) or template
        raise InputError(
            error(
                "template",
                f"{type(problem).__name__}: {problem}",
                file=f"templates/{name}",
                line=getattr(problem, "lineno", None),
            )
        ) from problem


def _environment(templates: Mapping[str, bytes]) -> ImmutableSandboxedEnvironment:
    from jinja2 import DictLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    texts = {name: content.decode("utf-8", "replace") for name, content in templates.items()}
    environment = ImmutableSandboxedEnvironment(
        loader=DictLoader(texts),
        undefined=StrictUndefined,
        block_start_string="((*",
        block_end_string="*))",
        variable_start_string="(((",
        variable_end_string=")))",
        comment_start_string="((=",
        comment_end_string="=))",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # Only switched on so that macros return markup that is not escaped twice; `finalize` does the escaping.
        autoescape=True,
        finalize=_finalize,
    )
    environment.filters["latex"] = Latex
    environment.filters["inline"] = inline_to_latex
    return environment


def _finalize(value: object) -> object:
    """Escape whatever a template prints, unless it was made as LaTeX: a `Latex`, or what a macro returns."""
    if isinstance(value, Inline):
        return inline_to_latex(value)
    return value if hasattr(value, "__html__") else escape(str(value))
