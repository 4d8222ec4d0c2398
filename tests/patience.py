"""Waiting for what another process does, no longer than need be."""

from __future__ import annotations

import time
from collections.abc import Callable


def becomes_true(condition: Callable[[], bool], seconds: float) -> bool:
    """Say whether something is so within a while; it is asked at least once, and again every 20 ms."""
    end = time.monotonic() + seconds
    while not (so := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return so
