"""The configuration's keys and the project they describe, as values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from .fresh import memory_folder
from .yamlmodel import OneOrMany, StrictModel


def _relative_folder(value: str) -> str:
    parts = Path(value).parts
    if not parts or value.startswith("/") or ".." in parts:
        raise ValueError("a folder inside the project, such as `notes`")
    return "/".join(parts)


def _web_address(value: str) -> str:
    if not value.startswith(("https://", "http://")):
        raise ValueError("an address that starts with https://")
    return value


Folder = Annotated[str, AfterValidator(_relative_folder)]
WebAddress = Annotated[str, AfterValidator(_web_address)]


class Source(StrictModel):
    """The book or course that the notes explain."""

    title: str
    authors: str = ""
    url: WebAddress


class Font(StrictModel):
    """A font file that replaces the default of a role; `index` selects a face in a collection."""

    file: str
    index: int = Field(default=0, ge=0)


class Index(StrictModel):
    """How the README's index is written."""

    base_url: WebAddress | None = None
    show: tuple[Literal["date", "abstract", "pages"], ...] = ()


class Config(StrictModel):
    """The keys of notes.yaml; every one has a default."""

    title: str = ""
    subtitle: str = ""
    author: str = ""
    epigraph: str = ""
    source: Source | None = None
    language: str = "zh-CN"
    paper: Literal["a4", "a5", "b5", "letter"] = "a4"
    links: Literal["color", "underline", "plain"] = "color"
    theme: str = "screen"
    fonts: dict[str, Font] = Field(default_factory=dict)
    notes: Folder = "notes"
    output: Folder = "output"
    bibliography: OneOrMany = ()
    time_limit: int = Field(default=120, ge=1)
    index: Index = Index()


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A folder to build and how; `configured` says whether it holds a notes.yaml.

    `variant` is the theme where the command line asks for another one than notes.yaml: its PDFs and what is known of
    them lie apart, so that neither theme makes the other build anything. Empty for the theme of notes.yaml.
    """

    root: Path
    config: Config
    configured: bool
    variant: str = ""

    @property
    def notes_folder(self) -> Path:
        """Where the notes lie: the configured folder, or the root of a plain folder of Markdown."""
        return self.root / self.config.notes if self.configured else self.root

    @property
    def output_folder(self) -> Path:
        """Where the PDFs of all themes are."""
        return self.root / self.config.output

    @property
    def cache_folder(self) -> Path:
        """What a build remembers; safe to delete."""
        return self.root / ".notepress"

    @property
    def output(self) -> str:
        """Where the PDFs of this theme go, relative to the root."""
        return f"{self.config.output}/{self.variant}" if self.variant else self.config.output

    @property
    def memory_folder(self) -> Path:
        """What a build remembers of the PDFs of this theme; the rest of the cache is for all of them."""
        return memory_folder(self.root, self.variant)

    @property
    def title(self) -> str:
        """The book's title; without a configuration the folder's name."""
        return self.config.title or self.root.name
