"""One account: its local copy, the line to its server while there is one, and all ways the two come together.

What a script does goes through here: `mail` decides nothing about commands, and nothing below decides when to connect.
Any thread may call; one at a time uses the line.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from weakref import WeakSet

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
from outlookimap.sync import bodies as reading
from outlookimap.sync import run, searching
from outlookimap.sync.background import Background
from outlookimap.sync.bodies import PATIENCE
from outlookimap.sync.changes import Change, record
from outlookimap.sync.differences import Ours
from outlookimap.sync.effects import finish
from outlookimap.sync.hearing import hear
from outlookimap.sync.lines import Lines
from outlookimap.sync.playing import play
from outlookimap.sync.reconnecting import Backoff
from outlookimap.sync.report import Listener, SyncReport
from outlookimap.sync.watching import Watcher
from outlookimap.transport.clock import Clock, SystemClock


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
    made anew: nobody keeps it. `uniform` draws the pauses before that.

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
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self.cache = cache
        self.profile = profile
        self.policy = policy
        self._clock = clock or SystemClock()
        self._uniform = uniform
        self._lines = Lines(dial, self._clock, idle_after=profile.number("idle.after"))
        self._background = Background(self._lines, cache, policy, dial)
        self._watching = threading.Lock()
        self._ours: WeakSet[Ours] = WeakSet()  # of the watches there are

    # ---------------------------------------------------------------- the connection

    @property
    def connected(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._lines.connected

    def connect(self) -> None:
        """Connect and sign in where there is no connection; raises what `dial` raises."""
        self._lines.connect()

    def disconnect(self) -> None:
        """Sign out, in the background as well; what is queued stays queued. Without a connection nothing happens."""
        self._background.close()
        self._lines.disconnect()

    # ---------------------------------------------------------------- Send/Receive

    def sync(
        self,
        folders: Sequence[int] | None = None,
        *,
        bodies: bool = True,
        progress: Listener | None = None,
        listed: bool = False,
    ) -> SyncReport:
        """Play what is queued, then bring the folders (ids; None is all) up to date; connects where that is needed.

        `listed` says that the folder list has just been taken, so that it is asked for once. Afterwards the unread
        messages of all folders are asked for in the background, where the policy says so. Raises CacheBusy where
        another process works on the same local copy, ConnectionLost and the like where the connection ends: what was
        done until then stays done.

        Statements: O5:V0044
        """
        self.connect()
        with self._lines.using() as line, self.cache.working(PATIENCE):
            report = run.send_receive(
                line, self.cache, folders=folders, bodies=bodies, progress=progress, listed=listed, clock=self._clock
            )
            self.cache.changes.prune()
        self._background.refresh()
        return report

    def list_folders(self) -> None:
        """Ask the server for its folders and keep the answer; NotConnected without a connection."""
        with self._lines.using() as line, self.cache.working(PATIENCE):
            run.list_folders(line, self.cache)

    def poll(self, timeout: float = 0.0) -> list[Event]:
        """Wait up to `timeout` seconds for news of the folder used last, take them into the local copy and return them.

        Other threads use the connection meanwhile, and take in what they find. Raises NotConnected without one.
        """
        with self._lines.using(quiet=True) as line:
            session = line.session
        if timeout > 0:
            session.wait(timeout)
        with self._lines.using(quiet=True) as line:
            return [*hear(line, self.cache)]

    def watch(self, folders: Sequence[int], *, sweep: float | None = None) -> Watcher:
        """Return a watch of folders (ids), all looked at every `sweep` seconds, those of the policy for None."""
        ours = Ours(self.cache)
        with self._watching:
            self._ours.add(ours)
        longest = self.policy.reconnect_longest
        return Watcher(
            self._lines,
            self.cache,
            folders,
            sweep=self.policy.sweep if sweep is None else sweep,
            pauses=Backoff(longest, self._uniform) if longest else None,
            ours=ours,
            clock=self._clock,
            swept=self._background.refresh,
        )

    # ---------------------------------------------------------------- changes

    def change(self, change: Change) -> Outcome:
        """Record a change and show it; with a connection make it at once, and what was queued before it.

        Without a connection it is left for the next sync. Raises ChangeRefused where the server refuses;
        ConnectionLost and CacheBusy, whose `pending` is the id of the change, which stays queued; before anything is
        recorded what `sync.changes.record` raises.

        Statements: O5:V0019, O5:V0047, O5:V0058
        """
        identity = record(self.cache, self.profile, self.policy, change)
        with self._watching:
            watching = [*self._ours]
        for ours in watching:
            ours.made(identity)
        return self._made(identity)

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
            confirmed = row.step > 0  # then it is looked for first: it may have come late
            with self.cache.transaction(durable=True):
                self.cache.changes.set_step(change, 0)
                self.cache.changes.set_state(change, ChangeState.SENT if confirmed else ChangeState.QUEUED)
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
            self._told(change)
            if isinstance(failure, CommandFailed):
                refused = ChangeRefused(
                    failure.command, failure.status, failure.text, code=failure.code, statements=failure.statements
                )
                refused.change = change
                raise refused from failure
            if failure is not None:
                raise failure
        return _outcome(self._known(change), before.subjects)

    def _told(self, change: int) -> None:
        """Leave a change out of the next report that whoever made it is told of now."""
        if not self._known(change).open:
            self.cache.changes.mark_reported([change])

    def _played(self, change: int) -> OutlookImapError | None:
        try:
            with self._lines.using(patience=PATIENCE) as line, self.cache.working(PATIENCE):
                return play(line, self.cache, until=change, queued=False).get(change)
        except NotConnected:
            return None

    # ---------------------------------------------------------------- reading

    def fetch_body(self, message: int) -> bytes:
        """Fetch the octets of a message and keep them; that does not mark it read.

        Raises NotConnected without a connection, MessageGone where the server has it no longer.

        Statements: O5:V0010, O5:V0070
        """
        with self._lines.using() as line:
            return reading.fetch_body(line, self.cache, message)

    def search(self, folder: int, criteria: Criteria) -> list[int]:
        """Return the messages (ids) of a folder that meet `criteria`, by the server where the product asks it."""
        date_from = self.policy.date_from
        if not self.connected:
            return searching.search(None, self.cache, folder, criteria, date_from=date_from)
        with self._lines.using() as line:
            return searching.search(line, self.cache, folder, criteria, date_from=date_from)


def _outcome(row: ChangeRow, before: Sequence[Subject]) -> Outcome:
    gone = {one.message for one in before if one.message is not None}
    if row.state is not ChangeState.DROPPED:
        gone -= {one.message for one in row.subjects}
    return Outcome(row.id, row.state, row.error, row.subjects, tuple(sorted(gone)), row.folder)
