"""The memory of this process: one heap for all threads, and what is free in it is given back. Tells glibc's malloc."""

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


def give_back() -> None:
    """Give free memory back to the system, also from between pieces that are in use; without glibc nothing happens.

    It takes up to five milliseconds. malloc itself gives back only what is free at the end of the heap.
    """
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim:
        malloc_trim(0)
