"""A signal is heard while workers are waited for, whichever thread it reaches."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import pytest

from notepress.waiting import first_done, result_of


class HeardError(Exception):
    """Raised by the handler of the signal."""


def raise_heard(_signum: int, _frame: object) -> None:
    """Answer the signal."""
    raise HeardError


@pytest.fixture
def executor() -> Iterator[Executor]:
    """Yield a thread, with a handler for a signal of the user's."""
    before = signal.signal(signal.SIGUSR1, raise_heard)
    with ThreadPoolExecutor(1) as executor:
        yield executor
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize("wait", [result_of, lambda future: first_done({future})])
def test_a_signal_that_reaches_a_worker_is_heard_by_who_waits(
    executor: Executor, wait: Callable[[Future[None]], object]
) -> None:
    """The main thread does not sleep until the worker is done: here that would be for ever."""
    waiting, done = threading.Event(), threading.Event()

    def work() -> None:
        waiting.wait(30)
        time.sleep(0.1)
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
        done.wait(30)

    future = executor.submit(work)
    waiting.set()
    with pytest.raises(HeardError):
        wait(future)
    assert not future.done()
    done.set()


def test_waiting_returns_what_was_made(executor: Executor) -> None:
    """Results and errors are those of the worker, and only what is done counts as done."""
    hold = threading.Event()
    assert result_of(executor.submit(int, "3")) == 3
    with pytest.raises(ValueError, match="invalid literal"):
        result_of(executor.submit(int, "x"))
    first: Future[object] = executor.submit(int, "1")
    second: Future[object] = executor.submit(hold.wait, 30)
    assert first_done({first, second}) == ({first}, {second})
    hold.set()
