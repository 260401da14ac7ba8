"""A lock for a line that many threads use: who waits for it comes before whoever has just had it.

Knows nothing of connections.
"""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self


class FairLock:
    """A lock that its owner may take again; with a plain one a thread in a loop would keep all others waiting.

    Whoever wants it passes a turnstile, in which the next one waits.
    """

    def __init__(self) -> None:
        """Begin free."""
        self._turnstile = threading.Lock()
        self._held = threading.Lock()
        self._owner: int | None = None
        self._depth = 0

    def acquire(self, patience: float | None = None) -> bool:
        """Take it, waiting `patience` seconds at each of two places, None for ever; return whether it worked."""
        me = threading.get_ident()
        if self._owner != me:
            timeout = -1 if patience is None else patience
            if not self._turnstile.acquire(timeout=timeout):
                return False
            try:
                if not self._held.acquire(timeout=timeout):
                    return False
            finally:
                self._turnstile.release()
            self._owner = me
        self._depth += 1
        return True

    def release(self) -> None:
        """Let it go, once for each time it was taken."""
        self._depth -= 1
        if not self._depth:
            self._owner = None
            self._held.release()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.release()
