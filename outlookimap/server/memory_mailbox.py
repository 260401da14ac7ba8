"""One mailbox in memory: its messages by UID, and who watches them.

Its lock is its account's. Knows neither the hierarchy of names nor a connection.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from outlookimap.errors import UsageError
from outlookimap.server.store import Incoming, Message, Watch
from outlookimap.wire import flags as f
from outlookimap.wire.commands import StoreAction


class MemoryMailbox:
    """A mailbox in memory; `name` is changed by its account only."""

    def __init__(self, name: bytes, uidvalidity: int, lock: threading.RLock, moment: Callable[[], dt.datetime]) -> None:
        """Begin empty."""
        self.name = name
        self._uidvalidity = uidvalidity
        self._lock = lock
        self._moment = moment
        self._uidnext = 1
        self._messages: dict[int, Message] = {}
        self._watches: list[Watch] = []
        self._first_recent = 1
        self._claimants: list[Watch] = []
        self._visited = 1  # the UID to come when somebody last watched

    @property
    def uidvalidity(self) -> int:
        """The unique identifier validity value."""
        return self._uidvalidity

    @property
    def uidnext(self) -> int:
        """The UID the next message will have."""
        return self._uidnext

    @property
    def first_recent(self) -> int:
        r"""The least UID that can be \Recent for a session to come (RFC 3501 section 2.3.2)."""
        return self._first_recent

    def claim(self, end: int, by: Watch) -> int:
        r"""Return the least UID from which messages are \Recent, up to `end`, for the session that watches by `by`.

        Always the same one of several has them, whichever thread runs first: what a test sees does not vary.
        """
        with self._lock:
            if by not in self._claimants:
                self._claimants.append(by)
            first = self._first_recent
            if by is not self._claimants[0] or first >= end:
                return end
            self._first_recent = end
            return first

    @property
    def marked(self) -> bool:
        """Whether messages came since anybody last had it selected, which nobody has now.

        Statements: X10:V0053
        """
        with self._lock:
            return not self._watches and next(reversed(self._messages), 0) >= self._visited

    def messages(self) -> tuple[Message, ...]:
        """Return all messages in ascending order."""
        with self._lock:
            return tuple(self._messages.values())

    def get(self, uid: int) -> Message | None:
        """Return the message with `uid`, or None."""
        return self._messages.get(uid)

    def add(self, arrivals: Sequence[Incoming]) -> list[int]:
        """Add messages, all or none, and return their UIDs in the same order; UsageError for one with a NUL."""
        for arrival in arrivals:
            _check(arrival.octets)
        with self._lock:
            uids = list(range(self._uidnext, self._uidnext + len(arrivals)))
            self._uidnext += len(arrivals)
            for uid, arrival in zip(uids, arrivals, strict=True):
                date = arrival.internaldate or self._moment()
                self._messages[uid] = Message(uid, arrival.octets, _ordered(arrival.flags), date)
            told = [watch for watch in self._watches if uids]
            for watch in told:
                watch.add(uids)
        _wake(told)
        return uids

    def change_flags(
        self, uids: Iterable[int], action: StoreAction, flags: Sequence[bytes], *, by: Watch | None = None
    ) -> list[Message]:
        """Change flags and return the messages as they are now; `by` is not told of it."""
        found: list[Message] = []
        changed: list[int] = []
        with self._lock:
            for uid in uids:
                message = self._messages.get(uid)
                if message is None:
                    continue
                after = _changed(message.flags, action, flags)
                if after != message.flags:
                    message = self._messages[uid] = replace(message, flags=after)
                    changed.append(uid)
                found.append(message)
            told = [watch for watch in self._watches if changed and watch is not by]
            for watch in told:
                watch.change(changed)
        _wake(told)
        return found

    def measure(self, uids: Iterable[int]) -> None:
        """Note that the bodies of messages were fetched; nobody is told of it."""
        with self._lock:
            for uid in uids:
                message = self._messages.get(uid)
                if message is not None and not message.measured:
                    self._messages[uid] = replace(message, measured=True)

    def expunge(self, uids: Iterable[int] | None = None) -> list[int]:
        r"""Remove the messages with \Deleted, of `uids` only when given; return which, ascending."""
        with self._lock:
            wanted = None if uids is None else set(uids)
            return self._remove(
                message.uid
                for message in self.messages()
                if message.has(f.DELETED) and (wanted is None or message.uid in wanted)
            )

    def remove(self, uids: Iterable[int]) -> list[int]:
        """Remove messages whatever their flags; return which there were, ascending."""
        with self._lock:
            return self._remove(sorted(uid for uid in set(uids) if uid in self._messages))

    def replace(self, uid: int, octets: bytes) -> int | None:
        """Put a revised message in the place of one, with its flags and date; return the new UID, None if it is gone.

        Statements: X10:2.1.2, X10:2.1.3, X10:V0004, X1:2.2.1
        """
        with self._lock:
            before = self._messages.get(uid)
            if before is None:
                return None
            _check(octets)
            self._remove([uid])  # first: who hears of both hears of this before
            return self.add([Incoming(octets, before.flags, before.internaldate)])[0]

    def clear(self) -> None:
        """Remove all messages."""
        with self._lock:
            self._remove(self._messages)

    def _remove(self, uids: Iterable[int]) -> list[int]:
        gone = list(uids)
        for uid in gone:
            del self._messages[uid]
        told = [watch for watch in self._watches if gone]
        for watch in told:
            watch.remove(gone)
        _wake(told)
        return gone

    def watch(self, watch: Watch) -> list[int]:
        """Tell `watch` of changes from now on; return the UIDs there are, ascending."""
        with self._lock:
            self._watches.append(watch)
            return list(self._messages)

    def unwatch(self, watch: Watch) -> None:
        """Tell `watch` nothing any more."""
        with self._lock:
            self._watches = [kept for kept in self._watches if kept is not watch]
            self._claimants = [kept for kept in self._claimants if kept is not watch]
            self._visited = self._uidnext


def _check(octets: bytes) -> None:
    if b"\0" in octets:
        raise UsageError("a message holds no NUL: no literal can carry it")


def _wake(watches: Iterable[Watch]) -> None:
    for watch in watches:
        watch.wake()


def _changed(before: tuple[bytes, ...], action: StoreAction, flags: Sequence[bytes]) -> tuple[bytes, ...]:
    if action is StoreAction.REPLACE:
        return _ordered(flags)
    if action is StoreAction.ADD:
        return _ordered((*before, *flags))
    removed = {flag.lower() for flag in flags}
    return tuple(flag for flag in before if flag.lower() not in removed)


def _ordered(flags: Iterable[bytes]) -> tuple[bytes, ...]:
    r"""Return each flag once, in any case: those of RFC 3501 in its order, then keywords as they came; no \Recent."""
    kept: dict[bytes, bytes] = {}
    for flag in f.in_order(flags):
        kept.setdefault(flag.lower(), flag)
    kept.pop(f.RECENT.lower(), None)
    system = [flag for flag in f.SYSTEM if kept.pop(flag.lower(), None)]
    return (*system, *kept.values())
