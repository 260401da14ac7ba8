"""One account: its local copy, the line to its server while there is one, and all ways the two come together.

What a script does goes through here: `mail` decides nothing about commands, and nothing below decides when to connect.
Any thread may call; one at a time uses the line.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from outlookimap.cache import Cache, ChangeRow, ChangeState, Criteria, Subject
from outlookimap.client import Event, Session
from outlookimap.errors import (
    CacheBusy,
    ChangeRefused,
    CommandFailed,
    ConnectionLost,
    NotConnected,
    OutlookImapError,
    UsageError,
)
from outlookimap.profiles import Policy, Profile
from outlookimap.protocol.events import Exists, Expunged
from outlookimap.sync import bodies as reading
from outlookimap.sync import news, run, searching
from outlookimap.sync.bodies import PATIENCE
from outlookimap.sync.changes import Change, record
from outlookimap.sync.effects import finish
from outlookimap.sync.line import Line
from outlookimap.sync.playing import play
from outlookimap.sync.report import Listener, SyncReport
from outlookimap.transport.clock import Clock, SystemClock

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a change: `id` names it, `state` says where it stands, `error` why it is no further.

    `subjects` are the messages it was, or will be, made to, with their copies; `dropped` those that were gone already.
    `folder` is the folder it is about, of a ``create`` the new one.
    """

    id: int
    state: ChangeState
    error: str | None
    subjects: tuple[Subject, ...]
    dropped: tuple[int, ...] = ()
    folder: int | None = None


class Account:
    """An account whose mail is in `cache`; `dial` makes a session that is signed in, as `profile` with `policy`.

    `cache`, `profile` and `policy` are for everybody to read. The session is made by `connect()` and may be lost and
    made anew: nobody keeps it.

    Statements: O5:C0002
    """

    def __init__(
        self,
        cache: Cache,
        dial: Callable[[], Session],
        *,
        profile: Profile,
        policy: Policy,
        clock: Clock | None = None,
    ) -> None:
        self.cache = cache
        self.profile = profile
        self.policy = policy
        self._dial = dial
        self._clock = clock or SystemClock()
        self._use = threading.RLock()
        self._line: Line | None = None

    # ---------------------------------------------------------------- the connection

    @property
    def connected(self) -> bool:
        """Whether there is a connection, as far as is known."""
        line = self._line
        return line is not None and not line.dropped

    def connect(self) -> None:
        """Connect and sign in where there is no connection; raises what `dial` raises."""
        with self._use:
            if not self.connected:
                self._line = None
                self._line = Line(self._dial())

    def disconnect(self) -> None:
        """Sign out; what is queued stays queued. Without a connection nothing happens."""
        with self._use:
            line, self._line = self._line, None
            if line is not None:
                try:
                    line.session.logout()
                except ConnectionLost as error:
                    _log.info("signing out: %s", error)

    @contextmanager
    def _using(self) -> Iterator[Line]:
        """Have the line alone; NotConnected where there is none."""
        with self._use:
            line = self._line
            if line is None or line.dropped:
                raise NotConnected("there is no connection: call connect() or sync() first")
            yield line

    # ---------------------------------------------------------------- Send/Receive

    def sync(
        self, folders: Sequence[int] | None = None, *, bodies: bool = True, progress: Listener | None = None
    ) -> SyncReport:
        """Play what is queued, then bring the folders (ids; None is all) up to date; connects where that is needed.

        Raises CacheBusy where another process works on the same local copy, ConnectionLost and the like where the
        connection ends: what was done until then stays done.
        """
        with self._use:
            self.connect()
            with self._using() as line, self.cache.working(PATIENCE):
                report = run.send_receive(
                    line, self.cache, folders=folders, bodies=bodies, progress=progress, clock=self._clock
                )
                self.cache.changes.prune()
                return report

    def list_folders(self) -> None:
        """Ask the server for its folders and keep the answer; NotConnected without a connection."""
        with self._using() as line, self.cache.working(PATIENCE):
            run.list_folders(line, self.cache)

    def poll(self, timeout: float = 0.0) -> list[Event]:
        """Wait up to `timeout` seconds for news of the folder used last, take them into the local copy and return them.

        Other threads use the connection meanwhile. Raises NotConnected without a connection.
        """
        with self._using() as line:
            mailbox = line.mailbox
        events = line.session.poll(timeout)
        with self._use:
            if line.dropped or self._line is not line:
                return events
            if line.mailbox is mailbox:
                self._absorb(line, events)
            else:  # they may be of a folder that was left: what is known of the one that is selected is unsure
                _mistrust(line)
        return events

    def _absorb(self, line: Line, events: Sequence[Event]) -> None:
        """Take news in, unless another process is at it: then later, by a sweep."""
        try:
            with self.cache.working(0.0):
                folder = None if line.selected is None else self.cache.folders.get(line.selected)
                if folder is not None and line.generation not in (None, folder.generation):
                    line.select(folder, again=True)  # another process has replaced what is here of it
                else:
                    news.absorb(line, self.cache, events)
        except CacheBusy:
            for event in events:
                if isinstance(event, Exists):
                    line.arrived(event.count, event.change)
                elif isinstance(event, Expunged):
                    line.went(event.seq, event.uid)
            _mistrust(line)

    # ---------------------------------------------------------------- changes

    def change(self, change: Change) -> Outcome:
        """Record a change and show it; with a connection make it at once, and what was queued before it.

        Without a connection it is left for the next sync. Raises ChangeRefused where the server refuses;
        ConnectionLost and CacheBusy, whose `pending` is the id of the change, which stays queued; before anything is
        recorded what `sync.changes.record` raises.

        Statements: O5:V0019, O5:V0047, O5:V0058
        """
        return self._made(record(self.cache, self.profile, self.policy, change))

    def pending(self) -> list[ChangeRow]:
        """Return what is queued or held, in order."""
        return self.cache.changes.open()

    def discard(self, change: int) -> bool:
        """Give up a change that is pending and take back what it showed; return False for one that is finished.

        What the server has done of it already it keeps. Raises UsageError where there is no such change, CacheBusy
        where it is just being made.
        """
        with self.cache.working(PATIENCE):
            row = self._known(change)
            if row.open:
                finish(self.cache, row, ChangeState.DISCARDED)
            return row.open

    def retry(self, change: int) -> Outcome:
        """Make a pending or held change now, with a connection; one that is finished is left alone: nothing is sent.

        Raises as `change()` does; UsageError where there is no such change.
        """
        row = self._known(change)
        if not row.open:
            return _outcome(row, row.subjects)
        if row.state is ChangeState.HELD:
            self.cache.changes.set_state(change, ChangeState.QUEUED)
        return self._made(change)

    def _known(self, change: int) -> ChangeRow:
        row = self.cache.changes.get(change)
        if row is None:
            raise UsageError(f"there is no change {change}: pending() lists those that wait")
        return row

    def _made(self, change: int) -> Outcome:
        """Play the queue up to a change where there is a connection, and say what became of it."""
        before = self._known(change)
        if self.connected:
            try:
                failure = self._played(change)
            except (ConnectionLost, CacheBusy) as error:
                if self._known(change).open:
                    error.pending = change
                    raise
                failure = None  # it was done before that happened
            if isinstance(failure, CommandFailed):
                refused = ChangeRefused(
                    failure.command, failure.status, failure.text, code=failure.code, statements=failure.statements
                )
                refused.change = change
                raise refused from failure
            if failure is not None:
                raise failure
        return _outcome(self._known(change), before.subjects)

    def _played(self, change: int) -> OutlookImapError | None:
        if not self._use.acquire(timeout=PATIENCE):
            raise CacheBusy("another thread uses the connection: the change is queued, the next sync makes it")
        try:
            line = self._line
            if line is None or line.dropped:
                return None
            with self.cache.working(PATIENCE):
                return play(line, self.cache, until=change, queued=False).get(change)
        finally:
            self._use.release()

    # ---------------------------------------------------------------- reading

    def fetch_body(self, message: int) -> bytes:
        """Fetch the octets of a message and keep them; that does not mark it read.

        Raises NotConnected without a connection, MessageGone where the server has it no longer.

        Statements: O5:V0010, O5:V0070
        """
        with self._using() as line:
            return reading.fetch_body(line, self.cache, message)

    def search(self, folder: int, criteria: Criteria) -> list[int]:
        """Return the messages (ids) of a folder that meet `criteria`, by the server where the product asks it."""
        if not self.connected:
            return searching.search(None, self.cache, folder, criteria)
        with self._using() as line:
            return searching.search(line, self.cache, folder, criteria)


def _mistrust(line: Line) -> None:
    """Let a line look again before it relies on what it has seen of the selected folder."""
    line.present.clear()
    line.unsure = True


def _outcome(row: ChangeRow, before: Sequence[Subject]) -> Outcome:
    gone = {one.message for one in before if one.message is not None}
    if row.state is not ChangeState.DROPPED:
        gone -= {one.message for one in row.subjects}
    return Outcome(row.id, row.state, row.error, row.subjects, tuple(sorted(gone)), row.folder)
