"""The line to the server that what a user does goes over: made, lost, made anew, and used by one thread at a time.

Decides nothing about what is sent over it. Others are told when it has been used: it may stand elsewhere then.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from outlookimap.client import Session
from outlookimap.errors import CacheBusy, CacheError, ConnectionLost, NotConnected, OutlookImapError
from outlookimap.sync.fair import FairLock
from outlookimap.sync.line import Line
from outlookimap.transport.clock import Clock

_log = logging.getLogger(__name__)


class Lines:
    """The line of an account; `dial` makes a session that is signed in. Any thread may call.

    `idle_after` is how many seconds without a command pass before the line idles, `used` is when somebody last had it,
    in seconds of `clock`; `listeners` are called when somebody has got it, and after that: they may not use it.
    """

    def __init__(self, dial: Callable[[], Session], clock: Clock, *, idle_after: float) -> None:
        """Begin without a connection, and without anybody who wants one."""
        self._dial = dial
        self._clock = clock
        self._use = FairLock()
        self._line: Line | None = None
        self._wanted = False
        self.idle_after = idle_after
        self.used = -math.inf
        self.listeners: list[Callable[[], None]] = []

    @property
    def connected(self) -> bool:
        """Whether there is a connection, as far as is known."""
        line = self._line
        return line is not None and not line.dropped

    @property
    def wanted(self) -> bool:
        """Whether there should be a connection: somebody connected, and nobody has disconnected since."""
        return self._wanted

    @property
    def selected(self) -> int | None:
        """The folder that is selected, None where none is."""
        line = self._line
        return None if line is None or line.dropped else line.selected

    def connect(self) -> None:
        """Connect and sign in where there is no connection; raises what `dial` raises."""
        self._wanted = True
        with self._use:
            self._connect()

    def reconnect(self) -> None:
        """Connect as `connect()` does, unless somebody disconnected: then do nothing."""
        with self._use:
            if self._wanted:
                self._connect()

    def _connect(self) -> None:
        """Make a line that idles while nobody uses it.

        Statements: O5:V0028
        """
        if not self.connected:
            self._line = None
            session = self._dial()
            session.want_idle(after=self.idle_after)
            self._line = Line(session)

    def disconnect(self) -> None:
        """Sign out; without a connection nothing happens."""
        self._wanted = False
        with self._use:
            line, self._line = self._line, None
            if line is not None:
                sign_out(line.session)
        self.tell()

    @contextmanager
    def using(self, *, patience: float | None = None, quiet: bool = False) -> Iterator[Line]:
        """Have the line alone; `quiet` is who tells nobody of it.

        Whatever ends the block early but a refusal of the server leaves it unsure what has been seen: then nothing
        counts as selected. Raises NotConnected where there is no line, CacheBusy where others had it for all of
        `patience` seconds.

        Statements: O5:V0011
        """
        if not self._use.acquire(patience):
            raise CacheBusy("another thread uses the connection: what was changed is queued, the next sync makes it")
        try:
            line = self._line
            if line is None or line.dropped:
                raise NotConnected("there is no connection: call connect() or sync() first")
            if not quiet:
                self.tell()
            try:
                yield line
            except BaseException as error:
                if not isinstance(error, OutlookImapError) or isinstance(error, CacheError):
                    line.doubt()
                raise
            finally:
                self.used = self.used if quiet else self._clock.now()
        finally:
            self._use.release()
        if not quiet:
            self.tell()

    def tell(self, *, but: Callable[[], None] | None = None) -> None:
        """Tell those who listen that the line was used, but for one who knows."""
        for listener in [*self.listeners]:
            if listener != but:
                listener()


def sign_out(session: Session) -> None:
    """Say goodbye; that the connection ends meanwhile is as good.

    Statements: O5:2.1.2
    """
    try:
        session.logout()
    except ConnectionLost as error:
        _log.info("signing out: %s", error)
