"""What was made of texts that have not changed, from one build of a watcher to the next."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Memo(Generic[Made]):
    """Values by all that they are made from, so that none can be out of date; for one thread.

    It holds what the present round and the one before have asked for; a round is a build.
    """

    def __init__(self) -> None:
        self._before: dict[Hashable, Made] = {}
        self._now: dict[Hashable, Made] = {}

    def begin_round(self) -> None:
        """Forget what the last round did not ask for."""
        self._before, self._now = self._now, {}

    def of(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return the value of a key, which says everything that `make` depends on."""
        if key not in self._now:
            self._now[key] = self._before[key] if key in self._before else make()
        return self._now[key]
