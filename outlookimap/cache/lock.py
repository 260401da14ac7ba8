"""The right to sync an account and to play its queue: one process and one thread at a time.

Knows nothing of what is done with it. The lock is the kernel's, on a file beside the cache, and goes with the process
that holds it, however that dies; the file stays, empty or naming the last holder.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from outlookimap.errors import CacheBusy, CacheError

_PAUSE = 0.02  # seconds between two looks at a lock that another process holds


class WorkingLock:
    """The lock of the cache `path`, or of this process only where `path` is None."""

    def __init__(self, path: Path | None) -> None:
        self._path = None if path is None else Path(f"{path}-lock")
        self._here = threading.RLock()
        self._depth = 0

    @contextlib.contextmanager
    def held(self, timeout: float) -> Iterator[None]:
        """Hold the lock; a thread that has it already may take it again.

        Raises CacheBusy where another had it for all of `timeout` seconds, and CacheError where its file cannot be
        made.
        """
        deadline = time.monotonic() + timeout
        if not self._here.acquire(timeout=max(timeout, 0)):
            raise CacheBusy("another thread of this process is at work on this cache: try again; nothing was lost")
        try:
            with self._file(deadline) if self._depth == 0 else contextlib.nullcontext():
                self._depth += 1
                try:
                    yield
                finally:
                    self._depth -= 1
        finally:
            self._here.release()

    @contextlib.contextmanager
    def _file(self, deadline: float) -> Iterator[None]:
        if self._path is None:
            yield
            return
        try:
            number = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise CacheError(f"lock {self._path}: it cannot be opened: {error.strerror}") from error
        with os.fdopen(number, "r+b", buffering=0) as file:
            while not _taken(number):
                if time.monotonic() >= deadline:
                    holder = file.read(20).decode("ascii", "replace").strip() or "unknown"
                    raise CacheBusy(
                        f"another process (number {holder}) is at work on this cache and holds {self._path}: try again"
                        " when it is done; nothing was lost"
                    )
                time.sleep(_PAUSE)
            file.truncate(0)
            file.write(b"%d\n" % os.getpid())
            try:
                yield
            finally:
                # Said aloud: a process forked meanwhile still has the descriptor.
                fcntl.flock(number, fcntl.LOCK_UN)


def _taken(number: int) -> bool:
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
