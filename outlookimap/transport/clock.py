"""Clocks: the system's, and one that stands still until a test moves it.

Knows nothing of sockets: a clock tells the time, it never waits.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """A source of monotonic time."""

    def now(self) -> float:
        """Return seconds since an arbitrary moment; never less than before."""
        ...


class SystemClock:
    """The monotonic clock of the system."""

    __slots__ = ()

    def now(self) -> float:
        """Return the system's monotonic time in seconds."""
        return time.monotonic()


class FakeClock:
    """A clock that moves only by `advance`, for tests that prove timers without waiting; thread-safe."""

    def __init__(self, start: float = 0.0) -> None:
        """Begin at `start` seconds."""
        self._now = start
        self._lock = threading.Lock()
        self._watchers: list[Callable[[], None]] = []

    def now(self) -> float:
        """Return the time it was moved to, in seconds."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move forward by `seconds`, then call every watcher; ValueError for a negative number."""
        if seconds < 0:
            raise ValueError("a monotonic clock does not go back")
        with self._lock:
            self._now += seconds
            watchers = tuple(self._watchers)
        for watcher in watchers:
            watcher()

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` after each `advance`: who waits for a moment looks at the clock again (`transport.wake`)."""
        with self._lock:
            self._watchers.append(watcher)

    def unwatch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` no more; one that is not there is no error."""
        with self._lock:
            self._watchers = [kept for kept in self._watchers if kept != watcher]
