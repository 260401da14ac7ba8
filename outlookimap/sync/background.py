"""How many unread messages each folder has, asked in the background: nobody waits for that.

It has a connection of its own where the policy and the server allow a second one; else each question goes over the
line of the account by itself, so that what the user does waits for one of them at most.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from outlookimap.cache import Cache, FolderRow
from outlookimap.client import Session
from outlookimap.errors import AuthenticationFailed, CommandFailed, OutlookImapError, ServerGoodbye
from outlookimap.profiles import Policy
from outlookimap.sync.lines import Lines, sign_out

_log = logging.getLogger(__name__)
_PATIENCE = 5.0
"""Seconds that `close()` waits for a round to end."""
_REFUSED = (ServerGoodbye, AuthenticationFailed, CommandFailed)
"""What tells that the server wants no second connection; whatever else went wrong may be over by the next round."""


class Background:
    """Asks for the STATUS of all folders, one after the other, in rounds; `dial` makes the second session.

    Any thread may call; a round runs in a thread of its own, and there is one at a time.

    Statements: O5:V0044, O5:V0045
    """

    def __init__(self, lines: Lines, cache: Cache, policy: Policy, dial: Callable[[], Session]) -> None:
        """Begin without a connection and without a round."""
        self._lines = lines
        self._cache = cache
        self._wanted = policy.status_in_bulk
        self._allowed = policy.connections > 1
        self._second = self._allowed  # whether the next round tries to have one
        self._missed = False  # whether this round could not have one
        self._dial = dial
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._again = False
        self._stopped = False
        self._session: Session | None = None

    @property
    def connected(self) -> bool:
        """Whether there is a second connection, as far as is known."""
        session = self._session
        return session is not None and not session.closed

    def refresh(self) -> None:
        """Let a round run, where the policy says so; where one runs already, another one after it."""
        if not self._wanted:
            return
        with self._lock:
            self._stopped = False
            self._again = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="asks for unread messages", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """End the round that runs and sign out; the next `refresh()` begins anew, also where a refusal was met."""
        with self._lock:
            self._stopped = True
            self._again = False
            self._second = self._allowed
            thread, session, self._session = self._thread, self._session, None
        try:
            if session is not None:
                sign_out(session)
        except OutlookImapError as error:
            _log.info("signing out in the background: %s", error)
        if thread is not None and thread is not threading.current_thread():
            thread.join(_PATIENCE)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until no round runs, up to `timeout` seconds of real time; return whether that is so."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout)
        return thread is None or not thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._again:
                    self._thread = None
                    return
                self._again = False
            try:
                self._round()
            except OutlookImapError as error:
                _log.log(self._level(), "unread messages were not asked for: %s", error)

    def _level(self) -> int:
        """Return how loud to be about an error: one that `close()` made is none."""
        return logging.INFO if self._stopped else logging.WARNING

    def _round(self) -> None:
        self._missed = False
        for folder in self._cache.folders.all():
            if self._stopped:
                return
            # that of the folder that is selected here is live, and a server need not like to be asked for it
            if folder.selectable and folder.server_raw is not None and folder.id != self._lines.selected:
                self._ask(folder, folder.server_raw)

    def _ask(self, folder: FolderRow, raw: bytes) -> None:
        """Ask for one folder; one that the server refuses is left out.

        Statements: O5:V0044, O5:V0045
        """
        try:
            session = self._own()
            if session is not None:
                unseen = session.status_unseen(raw)
            else:
                with self._lines.using(quiet=True) as line:
                    unseen = line.session.status_unseen(raw)
        except CommandFailed as error:
            _log.info("folder %r: %s", folder.raw, error)
            return
        if unseen is not None and not self._stopped:
            self._cache.folders.update(folder.id, unseen=unseen)

    def _own(self) -> Session | None:
        """Return the second session, made where it is missing; None where the first connection has to do for all.

        That is so for good where the server refused, until `close()`; after other errors for the rest of the round.

        Statements: O5:V0044
        """
        if not self._second or self._missed:
            return None
        if not self.connected:
            try:
                session = self._dial()
            except OutlookImapError as error:
                _log.log(self._level(), "there is no second connection, the first has to do for all: %s", error)
                self._missed = True
                with self._lock:
                    self._second = self._second and (self._stopped or not isinstance(error, _REFUSED))
                return None
            with self._lock:
                stopped = self._stopped
                self._session = None if stopped else session
            if stopped:
                sign_out(session)
        return self._session
