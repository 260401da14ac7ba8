"""How long to wait before a connection is made anew, and a wait on the clock that any thread can end.

Knows no connection: it is told how often one was tried in vain, and which time it is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from outlookimap.transport.clock import Clock, FakeClock

FIRST = 1.0
"""Seconds: the longest pause before the first attempt; it doubles with each one."""


class Backoff:
    """Pauses between attempts to connect: at random between none and a limit that doubles, up to `longest` seconds.

    `uniform` draws a number between two others: after a server was away, its clients do not come all at once.
    """

    def __init__(self, longest: float, uniform: Callable[[float, float], float]) -> None:
        """Begin with no attempt made."""
        self._longest = longest
        self._uniform = uniform
        self._limit = FIRST

    def pause(self) -> float:
        """Return the seconds before the next attempt."""
        limit = min(self._limit, self._longest)
        self._limit = min(2 * self._limit, self._longest)
        return self._uniform(0.0, limit)

    def reset(self) -> None:
        """Begin anew: a connection has proved to last."""
        self._limit = FIRST


class Bell:
    """A pause that ends when its time has come or when somebody rings; a ring before it is kept."""

    def __init__(self, clock: Clock) -> None:
        """Begin silent."""
        self._clock = clock
        self._changed = threading.Condition()
        self._rung = False

    def ring(self) -> None:
        """End the pause that runs, or else the next one; for any thread."""
        with self._changed:
            self._rung = True
            self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Pause for `seconds` of the clock at most."""
        clock, until = self._clock, self._clock.now() + seconds
        if isinstance(clock, FakeClock):
            clock.watch(self._look)
        try:
            with self._changed:
                while not self._rung and (left := until - clock.now()) > 0:
                    self._changed.wait(None if isinstance(clock, FakeClock) else left)
                self._rung = False
        finally:
            if isinstance(clock, FakeClock):
                clock.unwatch(self._look)

    def _look(self) -> None:
        with self._changed:
            self._changed.notify_all()
