"""A thread that keeps one connection alive while nobody uses it: NOOP when it is due, IDLE where it is wanted.

Decides nothing: when what is due is known below. Commands and `poll()` of other threads go first, and find what the
server said in the meantime.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from outlookimap.client.sharing import Shared
from outlookimap.transport.clock import Clock, FakeClock


class Driver:
    """Drives one connection until that is over; `wake` ends its wait, so that it looks at a `clock` that was moved.

    A daemon: a script that forgets to sign out ends all the same. The loss of the connection ends it as well, and is
    told to the next who uses the connection.

    Statements: O5:V0025, O5:V0028
    """

    def __init__(self, shared: Shared, clock: Clock, wake: Callable[[], None]) -> None:
        """Be ready to `start()`."""
        self._shared = shared
        self._clock = clock
        self._wake = wake
        self._thread = threading.Thread(target=self._run, name="keeps an IMAP connection alive", daemon=True)

    def start(self) -> None:
        """Begin; once only."""
        self._thread.start()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the connection is over, up to `timeout` seconds of real time; return whether it is."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        if isinstance(self._clock, FakeClock):
            self._clock.watch(self._wake)
        while self._shared.linger():
            pass
        if isinstance(self._clock, FakeClock):
            self._clock.unwatch(self._wake)
