"""Waiting for one socket, so that another thread can end the wait.

Knows nothing of what is read or written; the only place where this package waits for the network.
"""

from __future__ import annotations

import selectors
import socket
import threading

from outlookimap.transport.clock import Clock, SystemClock

READ = selectors.EVENT_READ
WRITE = selectors.EVENT_WRITE
_LONGEST = 3600.0  # seconds for one call of select: its own limit is about 24 days


class Waiter:
    """Waits for `sock` to be ready, or for `ring` from any thread, whichever is first.

    A ring is kept until a wait that may be rung spends it; many rings before that are one.
    """

    def __init__(self, sock: socket.socket, clock: Clock | None = None) -> None:
        """Watch `sock`, which stays its owner's to close; OSError when the system has no descriptors left."""
        self._sock = sock
        self._clock = clock or SystemClock()
        # Reentrant, because a signal handler may ring in the very thread that spends a ring.
        self._lock = threading.RLock()
        self._rung = False
        self._octet_inside = False
        self._closed = False
        self._interest = READ
        self._selector = selectors.DefaultSelector()
        try:
            self._bell, self._ear = socket.socketpair()
        except OSError:
            self._selector.close()
            raise
        self._bell.settimeout(0)
        self._ear.settimeout(0)
        self._selector.register(self._sock, self._interest)
        self._selector.register(self._ear, READ)

    def until(self, seconds: float | None) -> float | None:
        """Return the deadline `seconds` from now; None stays None."""
        return None if seconds is None else self._clock.now() + seconds

    def left(self, deadline: float | None) -> float | None:
        """Return the seconds until `deadline`, 0 when it has passed; None stays None."""
        return None if deadline is None else max(0.0, deadline - self._clock.now())

    def wait(self, events: int, deadline: float | None, *, may_ring: bool = False) -> int:
        """Return which of `events` (READ, WRITE) are ready; 0 when `deadline` passed or, if allowed, it was rung."""
        if events != self._interest:
            self._selector.modify(self._sock, events)
            self._interest = events
        while not (may_ring and self._spend_ring()):
            remaining = _LONGEST if deadline is None else max(0.0, min(deadline - self._clock.now(), _LONGEST))
            ready = 0
            for key, mask in self._selector.select(remaining):
                if key.fileobj is self._sock:
                    ready = mask
                else:
                    self._take_octet()
            if ready or (deadline is not None and deadline <= self._clock.now()):
                return ready
        return 0

    def ring(self) -> None:
        """End the present or the next wait that may be rung; callable by any thread, also after `close`."""
        with self._lock:
            if self._closed or self._rung:
                return
            self._rung = True
            if not self._octet_inside:
                self._octet_inside = True
                self._bell.send(b"\0")

    def close(self) -> None:
        """Give back the descriptors; nothing may wait any more."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._selector.close()
            self._bell.close()
            self._ear.close()

    def _spend_ring(self) -> bool:
        with self._lock:
            rung, self._rung = self._rung, False
            if rung:
                self._take_octet()
            return rung

    def _take_octet(self) -> None:
        with self._lock:
            if self._octet_inside:
                self._octet_inside = False
                self._ear.recv(1)
