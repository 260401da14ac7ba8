"""A watch in a thread of its own, and the events it gives, to be asked for one by one; knows no test."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

from outlookimap import Outlook
from outlookimap.mail import FlagsChanged, NewMail, Removed, WatchEvent

PATIENCE = 20.0
"""Seconds of real time until an event that is due counts as missing."""


class Events:
    """What a watch has told so far, first things first; `error` is what it ended by."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self._queue: queue.Queue[WatchEvent | None] = queue.Queue()

    def put(self, event: WatchEvent | None) -> None:
        """Take an event; None is the end."""
        self._queue.put(event)

    def next(self) -> WatchEvent:
        """Return the next event, waiting for it."""
        event = self._queue.get(timeout=PATIENCE)
        assert event is not None, f"the watch has ended: {self.error!r}"
        return event

    def shown(self) -> str:
        """Return the next event as text, messages by subject and UID."""
        event = self.next()
        if isinstance(event, NewMail | FlagsChanged):
            return f"{type(event).__name__} {event.folder.name} {event.message.subject}"
        if isinstance(event, Removed):
            return f"Removed {event.folder.name} {event.uid}"
        return type(event).__name__

    def ends(self) -> None:
        """Wait for the end; nothing else may come before it."""
        assert self._queue.get(timeout=PATIENCE) is None


@contextlib.contextmanager
def watching(
    outlook: Outlook, *, also: Callable[[WatchEvent], object] = lambda _: None, **options: Any
) -> Iterator[Events]:
    """Watch in another thread, which calls `also` before an event is to be had; at the end it is stopped."""
    events, stop = Events(), threading.Event()
    stop = options.setdefault("stop", stop)

    def take(event: WatchEvent) -> None:
        also(event)
        events.put(event)

    def run() -> None:
        try:
            outlook.watch(take, **options)
        except Exception as error:  # noqa: BLE001 - the test is told
            events.error = error
        events.put(None)

    thread = threading.Thread(target=run, name="watches")
    thread.start()
    try:
        yield events
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()
