"""Waiting for workers so that a signal is heard.

The system may hand a signal to any thread. Python answers it in the main one, which a lock that it waits for does not
let go: so it never waits long.
"""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TypeVar

Result = TypeVar("Result")
# A person who presses Ctrl-C notices nothing of it; neither does the processor.
_SECONDS = 0.25


def result_of(future: Future[Result]) -> Result:
    """Return what a future becomes, or raise what it raises."""
    while not future.done():
        wait((future,), timeout=_SECONDS)
    return future.result()


def first_done(pending: Collection[Future[Result]]) -> tuple[set[Future[Result]], set[Future[Result]]]:
    """Wait until at least one of the futures is done; return the done ones and the others."""
    while True:
        done, others = wait(pending, timeout=_SECONDS, return_when=FIRST_COMPLETED)
        if done:
            return done, others
