"""One heap for all threads, so that what one of them has freed is there for the next. Tells glibc's malloc."""

from __future__ import annotations

import ctypes

# M_ARENA_MAX of malloc.h. Nothing is lost by it: Python's threads take turns anyway.
_MOST_HEAPS = -8


def share_heap() -> None:
    """Let threads that are started from now on share this one's heap; without glibc nothing happens.

    glibc gives threads heaps of their own, and what is free in them, fifteen megabytes after a build's notes, is of no
    use to the thread that joins chapters.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(_MOST_HEAPS, 1)
