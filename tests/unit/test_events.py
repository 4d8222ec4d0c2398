"""Events: none lost while anybody listens, and a form that no text of a note can break."""

from __future__ import annotations

import json
import threading
import time

from hypothesis import example, given
from hypothesis import strategies as st

from notepress.events import Event, EventLog, event_bytes


def parse(stream: bytes) -> list[dict[str, str]]:
    """Read events as a browser does: lines end with CR, LF or both, an empty one ends an event."""
    events: list[dict[str, str]] = [{}]
    for line in stream.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if not line:
            events.append({})
            continue
        name, _, value = line.partition(":")
        events[-1][name] = value.removeprefix(" ")
    return [event for event in events if event]


@given(st.text() | st.text(alphabet="\r\n\u2028\x85: 阶\ud800", max_size=10))
@example("行\n\nevent: built\ndata: {}\n\n")
def test_text_comes_out_as_it_went_in(text: str) -> None:
    """Line ends, field names and half characters in a message stay inside its event."""
    (event,) = parse(event_bytes(Event(number=7, kind="note", data={"title": text})))
    assert (event["id"], event["event"]) == ("7", "note")
    assert json.loads(event["data"]) == {"title": text}


def test_all_who_listen_hear_everything_in_order() -> None:
    """Each listener gets each event after the one it came with, once."""
    log = EventLog()
    log.post("start", {})
    heard: list[list[int]] = [[], []]

    def listen(numbers: list[int]) -> None:
        last = 1
        while (events := log.after(last, 30)) is not None:
            numbers += [event.number for event in events]
            last = events[-1].number if events else last

    threads = [threading.Thread(target=listen, args=(numbers,)) for numbers in heard]
    for thread in threads:
        thread.start()
    for _ in range(50):
        log.post("note", {})
    end = time.monotonic() + 30
    while any(len(numbers) < 50 for numbers in heard) and time.monotonic() < end:
        time.sleep(0.01)
    log.close()
    for thread in threads:
        thread.join()
    assert heard == [list(range(2, 52))] * 2


def test_waiting_ends_without_an_event() -> None:
    """Whoever listens can show that the connection lives, and is let go when the log closes."""
    log = EventLog()
    assert log.after(0, 0.01) == ()
    log.close()
    assert log.after(0, 30) is None


def test_a_slow_listener_gets_the_newest() -> None:
    """What is kept does not grow without end; the last event is always there."""
    log = EventLog()
    for _ in range(1000):
        log.post("note", {})
    events = log.after(0, 0)
    assert events
    assert len(events) < 1000
    assert events[-1].number == log.last == 1000
