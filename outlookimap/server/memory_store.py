"""A mail store in memory: accounts whose names are a table, and mailboxes whose messages are one.

One lock for an account: what concerns two of its mailboxes happens at once or not at all. Watches are woken while it
is held, so waking must not wait for anything. Knows no connection.
"""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from outlookimap.errors import UsageError
from outlookimap.server.memory_mailbox import MemoryMailbox
from outlookimap.server.store import Incoming, Listed, Mailbox, Problem
from outlookimap.wire.mailbox import INBOX, is_inbox

DELIMITER = b"/"

DEFAULT_MAILBOXES: Mapping[bytes, tuple[bytes, ...]] = {
    b"Sent Items": (b"\\Sent",),
    b"Drafts": (b"\\Drafts",),
    b"Deleted Items": (b"\\Trash",),
    b"Junk E-mail": (b"\\Junk",),
}
"""What an account begins with besides INBOX: raw names and their special uses (RFC 6154 section 2)."""

_LONGEST_NAME = 1000


def local_moment() -> dt.datetime:
    """Return the moment it is, in the local zone, in whole seconds."""
    return dt.datetime.now().astimezone().replace(microsecond=0)


class MemoryAccount:
    """An account in memory; `mailboxes` maps the raw names it begins with to their special uses, all subscribed."""

    def __init__(
        self,
        uidvalidities: Iterator[int],
        moment: Callable[[], dt.datetime],
        mailboxes: Mapping[bytes, tuple[bytes, ...]],
    ) -> None:
        """Begin with INBOX and `mailboxes`."""
        self._uidvalidities = uidvalidities
        self._moment = moment
        self._lock = threading.RLock()
        self._boxes: dict[bytes, MemoryMailbox | None] = {INBOX: self._new(INBOX)}  # None: a name without messages
        self._uses: dict[bytes, tuple[bytes, ...]] = {}
        self._subscribed: set[bytes] = {INBOX}
        for name, use in mailboxes.items():
            problem = self.create(name, use)
            if problem is not None:
                raise UsageError(f"mailbox {name!r}: {problem.value}")
            self._subscribed.add(name)

    @property
    def delimiter(self) -> bytes:
        """The character between the levels of a name."""
        return DELIMITER

    def names(self) -> list[Listed]:
        """Return all names, INBOX first, then by name."""
        with self._lock:
            parents = {parent for name in self._boxes for parent in _superiors(name)}
            return [
                Listed(name, box is not None, name in parents, self._uses.get(name, ()))
                for name, box in sorted(self._boxes.items(), key=lambda entry: _order(entry[0]))
            ]

    def subscriptions(self) -> list[bytes]:
        """Return the subscribed names, INBOX first."""
        with self._lock:
            return sorted(self._subscribed, key=_order)

    def find(self, name: bytes) -> Mailbox | Problem:
        """Return the mailbox called `name`, or why there is none."""
        return self._find(name)

    def _find(self, name: bytes) -> MemoryMailbox | Problem:
        with self._lock:
            name = _canonical(name)
            if name not in self._boxes:
                return Problem.NO_SUCH_MAILBOX
            return self._boxes[name] or Problem.NO_SELECT

    def mailbox(self, name: bytes) -> MemoryMailbox:
        """Return the mailbox called `name`; UsageError when there is none: for who fills a store."""
        found = self._find(name)
        if isinstance(found, Problem):
            raise UsageError(f"mailbox {name!r}: {found.value}")
        return found

    def create(self, name: bytes, use: tuple[bytes, ...] = ()) -> Problem | None:
        """Create a mailbox and the superior names it needs; a delimiter at the end means nothing here."""
        name = _canonical(name.removesuffix(DELIMITER))
        if not _possible(name):
            return Problem.BAD_NAME
        with self._lock:
            if self._boxes.get(name) is not None:
                return Problem.EXISTS
            self._boxes[name] = self._new(name)
            self._make_superiors(name)
            if use:
                self._uses[name] = use
        return None

    def delete(self, name: bytes) -> Problem | None:
        """Delete a mailbox and its messages; its name stays while it has inferior names."""
        name = _canonical(name)
        with self._lock:
            if name == INBOX:
                return Problem.FIXED
            if name not in self._boxes:
                return Problem.NO_SUCH_MAILBOX
            box = self._boxes[name]
            inferiors = any(other.startswith(name + DELIMITER) for other in self._boxes)
            if inferiors and box is None:
                return Problem.HAS_CHILDREN
            if inferiors:
                self._boxes[name] = None
            else:
                del self._boxes[name]
            self._uses.pop(name, None)
        if box is not None:
            box.clear()
        return None

    def rename(self, name: bytes, to: bytes) -> Problem | None:
        """Rename a mailbox and its inferiors, subscriptions stay as they are; of INBOX the messages move."""
        name, to = _canonical(name), _canonical(to.removesuffix(DELIMITER))
        with self._lock:
            if name not in self._boxes:
                return Problem.NO_SUCH_MAILBOX
            if to in self._boxes:
                return Problem.EXISTS
            if not _possible(to):
                return Problem.BAD_NAME
            if name == INBOX:
                self._move_inbox(to)
                return None
            if to.startswith(name + DELIMITER):
                return Problem.FIXED
            for old in [other for other in self._boxes if other == name or other.startswith(name + DELIMITER)]:
                new = to + old[len(name) :]
                box = self._boxes[new] = self._boxes.pop(old)
                if box is not None:
                    box.name = new
                if old in self._uses:
                    self._uses[new] = self._uses.pop(old)
            self._make_superiors(to)
        return None

    def subscribe(self, name: bytes) -> Problem | None:
        """Subscribe a name that exists."""
        name = _canonical(name)
        with self._lock:
            if name not in self._boxes:
                return Problem.NO_SUCH_MAILBOX
            self._subscribed.add(name)
        return None

    def unsubscribe(self, name: bytes) -> None:
        """Forget a subscription; one that is not there is no error."""
        with self._lock:
            self._subscribed.discard(_canonical(name))

    def _move_inbox(self, to: bytes) -> None:
        self.create(to)
        inbox, target = self.mailbox(INBOX), self.mailbox(to)
        target.add([Incoming(m.octets, m.flags, m.internaldate) for m in inbox.messages()])
        inbox.clear()

    def _make_superiors(self, name: bytes) -> None:
        for superior in _superiors(name):
            if superior not in self._boxes:
                self._boxes[superior] = self._new(superior)

    def _new(self, name: bytes) -> MemoryMailbox:
        return MemoryMailbox(name, next(self._uidvalidities), self._lock, self._moment)


class MemoryStore:
    """Accounts in memory, made when they are first asked for, each with `mailboxes` besides INBOX.

    `moment` tells the time of arrival; UIDVALIDITYs ascend from `first_uidvalidity`, from the seconds of the present
    day's clock unless given, so that another run of a server does not pass for the same mailbox.
    """

    def __init__(
        self,
        users: Iterable[str],
        *,
        mailboxes: Mapping[bytes, tuple[bytes, ...]] = DEFAULT_MAILBOXES,
        first_uidvalidity: int | None = None,
        moment: Callable[[], dt.datetime] = local_moment,
    ) -> None:
        """Keep the names of `users`; only they have accounts."""
        first = int(moment().timestamp()) if first_uidvalidity is None else first_uidvalidity
        self._uidvalidities = itertools.count(first)
        self._moment = moment
        self._mailboxes = dict(mailboxes)
        self._lock = threading.Lock()
        self._accounts: dict[str, MemoryAccount | None] = dict.fromkeys(users)

    def account(self, user: str) -> MemoryAccount | None:
        """Return the account of `user`, or None."""
        with self._lock:
            if user not in self._accounts:
                return None
            account = self._accounts[user]
            if account is None:
                account = self._accounts[user] = MemoryAccount(self._uidvalidities, self._moment, self._mailboxes)
            return account

    def add(self, user: str, mailbox: bytes, arrivals: Sequence[Incoming]) -> list[int]:
        """Add messages to a mailbox, made where it is missing; return their UIDs; UsageError for no such user."""
        account = self.account(user)
        if account is None:
            raise UsageError(f"there is no user {user!r}")
        account.create(mailbox)
        return account.mailbox(mailbox).add(arrivals)


def _canonical(name: bytes) -> bytes:
    return INBOX if is_inbox(name) else name


def _superiors(name: bytes) -> list[bytes]:
    levels = name.split(DELIMITER)
    return [_canonical(DELIMITER.join(levels[:depth])) for depth in range(1, len(levels))]


def _order(name: bytes) -> tuple[bool, bytes]:
    return name != INBOX, name


def _possible(name: bytes) -> bool:
    """Tell whether a mailbox can have this name: printable, without wildcards, no level empty."""
    if len(name) > _LONGEST_NAME or not all(name.split(DELIMITER)):
        return False
    return all(32 <= octet != 127 for octet in name) and b"*" not in name and b"%" not in name
