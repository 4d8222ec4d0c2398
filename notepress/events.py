"""What happens, for browsers that listen: events in the order in which they happened, and their form on the wire."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Events that are kept for a listener that is slow. One that misses more loses nothing: the page always has it all.
_KEPT = 200
# What keeps a connection open, and shows that it is gone, says nothing.
HEARTBEAT = b": still here\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened; `data` is for JSON. `number` counts from 1."""

    number: int
    kind: str
    data: Mapping[str, Any]


class EventLog:
    """The last events, for any number of threads that wait for the next one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._events: deque[Event] = deque(maxlen=_KEPT)
        self._last = 0
        self._closed = False

    @property
    def last(self) -> int:
        """The number of the newest event, 0 before the first one."""
        with self._changed:
            return self._last

    def post(self, kind: str, data: Mapping[str, Any]) -> None:
        """Add an event and wake all who wait."""
        with self._changed:
            self._last += 1
            self._events.append(Event(number=self._last, kind=kind, data=data))
            self._changed.notify_all()

    def after(self, number: int, seconds: float) -> tuple[Event, ...] | None:
        """Return the events after a number, none where there is none within some seconds; None once it is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._last > number, timeout=seconds)
            return None if self._closed else tuple(event for event in self._events if event.number > number)

    def close(self) -> None:
        """Let nobody wait any longer."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def event_bytes(event: Event) -> bytes:
    """Return an event as a browser reads it (HTML Standard, 9.2.6): fields of a line each, then an empty line."""
    # JSON in ASCII is one line, whatever line ends and half characters a note has.
    return f"id: {event.number}\nevent: {event.kind}\ndata: {json.dumps(event.data)}\n\n".encode()
