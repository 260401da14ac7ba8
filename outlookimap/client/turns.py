"""One connection, one user at a time: a lock that a long wait gives up as soon as somebody else wants it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from outlookimap.errors import LocalProtocolError

_COMMAND, _NEWS, _NOTHING = range(3)
"""What a turn is taken for: a command, waiting for news, keeping the connection alive while nobody wants anything."""


class Turns:
    """Mutual exclusion between commands, those who only wait for news, and one who waits while nobody else does.

    Commands go before the others, news before the last. Who waits is told by `interrupt` to end it for those who go
    before.
    """

    def __init__(self, interrupt: Callable[[], None]) -> None:
        """Begin free."""
        self._interrupt = interrupt
        self._changed = threading.Condition()
        self._owner: int | None = None
        self._purpose = _COMMAND
        self._waiting = [0, 0, 0]

    def take(self) -> AbstractContextManager[None]:
        """Hold the turn; LocalProtocolError when this thread already does (a callback that calls the session)."""
        return self._hold(_COMMAND)

    def wait_politely(self) -> AbstractContextManager[None]:
        """Hold the turn, after all commands and only until somebody wants to send one; raises as `take()`."""
        return self._hold(_NEWS)

    def wait_last(self) -> AbstractContextManager[None]:
        """Hold the turn while nobody else wants it, be it only to wait for news; raises as `take()`."""
        return self._hold(_NOTHING)

    @contextmanager
    def _hold(self, purpose: int) -> Iterator[None]:
        me = threading.get_ident()
        with self._changed:
            if self._owner == me:
                raise LocalProtocolError(
                    "the session is busy with a command of this thread: a callback may not call it"
                )
            self._waiting[purpose] += 1
            try:
                while self._owner is not None or any(self._waiting[:purpose]):
                    if self._owner is not None and self._purpose > purpose:
                        self._interrupt()
                    self._changed.wait()
            finally:
                self._waiting[purpose] -= 1
                self._changed.notify_all()  # who waits politely may wait for this one alone
            self._owner, self._purpose = me, purpose
        try:
            yield
        finally:
            with self._changed:
                self._owner, self._purpose = None, _COMMAND
                self._changed.notify_all()

    def wanted(self) -> bool:
        """Tell whether somebody who goes before waits for the turn: who only waits asks before each wait.

        `interrupt` alone is not enough: what it interrupted may have been something else.
        """
        return any(self._waiting[: max(self._purpose, 1)])
