"""The picture of the cover in the README."""

from __future__ import annotations

from setup.cover import is_fresh


def test_the_picture_in_the_readme_is_of_the_present_cover() -> None:
    """After a change of the cover, its theme or what stands on it, `make cover` has been run."""
    assert is_fresh(), "run `make cover`"
