"""One connection, one user at a time: a lock that a long wait gives up as soon as somebody else wants it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from outlookimap.errors import LocalProtocolError


class Turns:
    """Mutual exclusion between commands, and between commands and somebody who only waits for news.

    Who waits politely takes a turn only while nobody else wants one, and is told by `interrupt` to end it early.
    """

    def __init__(self, interrupt: Callable[[], None]) -> None:
        """Begin free."""
        self._interrupt = interrupt
        self._changed = threading.Condition()
        self._owner: int | None = None
        self._wanted = 0
        self._polite = False

    @contextmanager
    def take(self) -> Iterator[None]:
        """Hold the turn; LocalProtocolError when this thread already does (a callback that calls the session)."""
        me = threading.get_ident()
        with self._changed:
            if self._owner == me:
                raise LocalProtocolError(
                    "the session is busy with a command of this thread: a callback may not call it"
                )
            self._wanted += 1
            try:
                while self._owner is not None:
                    if self._polite:
                        self._interrupt()
                    self._changed.wait()
            finally:
                self._wanted -= 1
                self._changed.notify_all()  # who waits politely may wait for this one alone
            self._owner = me
        try:
            yield
        finally:
            self._release()

    @contextmanager
    def wait_politely(self) -> Iterator[None]:
        """Hold the turn, after everybody else who wants it and only until somebody does."""
        me = threading.get_ident()
        with self._changed:
            if self._owner == me:
                raise LocalProtocolError(
                    "the session is busy with a command of this thread: a callback may not call it"
                )
            while self._owner is not None or self._wanted:
                self._changed.wait()
            self._owner = me
            self._polite = True
        try:
            yield
        finally:
            self._release()

    def wanted(self) -> bool:
        """Tell whether somebody waits for the turn: who holds it politely asks before each wait.

        `interrupt` alone is not enough: what it interrupted may have been something else.
        """
        return self._wanted > 0

    def _release(self) -> None:
        with self._changed:
            self._owner = None
            self._polite = False
            self._changed.notify_all()
