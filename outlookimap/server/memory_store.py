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
from outlookimap.server.behaviour import Naming
from outlookimap.server.memory_mailbox import MemoryMailbox
from outlookimap.server.names import DELIMITER, canonical, compared, possible, superiors, within_limits
from outlookimap.server.store import Incoming, Listed, Mailbox, Problem
from outlookimap.wire.mailbox import INBOX

DEFAULT_MAILBOXES: Mapping[bytes, tuple[bytes, ...]] = {
    b"Sent Items": (b"\\Sent",),
    b"Drafts": (b"\\Drafts",),
    b"Deleted Items": (b"\\Trash",),
    b"Junk E-mail": (b"\\Junk",),
}
"""What an account begins with besides INBOX: raw names and their special uses (RFC 6154 section 2)."""


def local_moment() -> dt.datetime:
    """Return the moment it is, in the local zone, in whole seconds."""
    return dt.datetime.now().astimezone().replace(microsecond=0)


class MemoryAccount:
    """An account in memory; `mailboxes` maps the raw names it begins with to their special uses, all subscribed.

    `naming` says which names there can be and which are the same. Where case makes no difference, a name is found in
    any case and keeps the spelling of CREATE.

    Statements: X10:V0008, X3:V0008
    """

    def __init__(
        self,
        uidvalidities: Iterator[int],
        moment: Callable[[], dt.datetime],
        mailboxes: Mapping[bytes, tuple[bytes, ...]],
        naming: Naming | None = None,
    ) -> None:
        """Begin with INBOX and `mailboxes`."""
        self._naming = naming or Naming()
        self._uidvalidities = uidvalidities
        self._moment = moment
        self._lock = threading.RLock()
        self._boxes: dict[bytes, MemoryMailbox | None] = {}  # None: a name without messages
        self._spelt: dict[bytes, bytes] = {}  # the names of `_boxes` by what is compared
        self._uses: dict[bytes, tuple[bytes, ...]] = {}
        self._subscribed: dict[bytes, bytes] = {}  # by what is compared
        self._put(INBOX, self._new(INBOX))
        self._subscribe(INBOX)
        for name, use in mailboxes.items():
            problem = self.create(name, use)
            if problem is not None:
                raise UsageError(f"mailbox {name!r}: {problem.value}")
            self._subscribe(name)

    @property
    def delimiter(self) -> bytes:
        """The character between the levels of a name."""
        return DELIMITER

    def names(self) -> list[Listed]:
        """Return all names, INBOX first, then by name."""
        with self._lock:
            parents = {parent for name in self._boxes for parent in superiors(name)}
            return [
                Listed(
                    name,
                    selectable=box is not None,
                    children=name in parents,
                    use=self._uses.get(name, ()),
                    marked=box is not None and box.marked,
                )
                for name, box in sorted(self._boxes.items(), key=lambda entry: _order(entry[0]))
            ]

    def subscriptions(self) -> list[bytes]:
        """Return the subscribed names, INBOX first."""
        with self._lock:
            return sorted(map(self._spelling, self._subscribed.values()), key=_order)

    def find(self, name: bytes) -> Mailbox | Problem:
        """Return the mailbox called `name`, or why there is none."""
        return self._find(name)

    def _find(self, name: bytes) -> MemoryMailbox | Problem:
        with self._lock:
            name = self._spelling(name)
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
        """Create a mailbox and the superior names it needs; a delimiter at the end means nothing here.

        Statements: X10:V0026, X10:C0002, X10:C0003, X3:V0025
        """
        if not within_limits(name.removesuffix(DELIMITER), self._naming):
            return Problem.BAD_NAME
        return self.make(name, use)

    def make(self, name: bytes, use: tuple[bytes, ...] = ()) -> Problem | None:
        """Create a mailbox behind the clients' backs: longer or deeper than a client may.

        Statements: X10:C0003
        """
        if not possible(name.removesuffix(DELIMITER), self._naming):
            return Problem.BAD_NAME
        with self._lock:
            name = self._spelling(name.removesuffix(DELIMITER))
            if self._boxes.get(name) is not None:
                return Problem.EXISTS
            if not self._has_superiors(name):
                return Problem.NO_SUCH_MAILBOX
            self._put(name, self._new(name))
            self._make_superiors(name)
            if use:
                self._uses[name] = use
        return None

    def delete(self, name: bytes) -> Problem | None:
        """Delete a mailbox and its messages; its name stays while it has inferior names, or they forbid it.

        Statements: X10:V0027, X3:V0026
        """
        with self._lock:
            name = self._spelling(name)
            if name == INBOX:
                return Problem.FIXED
            if name not in self._boxes:
                return Problem.NO_SUCH_MAILBOX
            box = self._boxes[name]
            inferiors = any(other.startswith(name + DELIMITER) for other in self._boxes)
            if inferiors and (box is None or not self._naming.delete_with_inferiors):
                return Problem.HAS_CHILDREN
            if inferiors:
                self._put(name, None)
            else:
                self._drop(name)
            self._uses.pop(name, None)
        if box is not None:
            box.clear()
        return None

    def rename(self, name: bytes, to: bytes, *, limited: bool = True) -> Problem | None:
        """Rename a mailbox and its inferiors, subscriptions stay as they are; of INBOX the messages move.

        What is not `limited` happens behind the clients' backs: new names may be longer or deeper than a client's.
        """
        with self._lock:
            name, to = self._spelling(name), self._spelling(to.removesuffix(DELIMITER))
            if name not in self._boxes:
                return Problem.NO_SUCH_MAILBOX
            if to in self._boxes:
                return Problem.EXISTS
            moving = self._moving(name)
            if not possible(to, self._naming) or not all(
                within_limits(to + old[len(name) :], self._naming) for old in moving if limited
            ):
                return Problem.BAD_NAME
            if not self._has_superiors(to):
                return Problem.NO_SUCH_MAILBOX
            if name == INBOX:
                self._move_inbox(to)
                return None
            if to.startswith(name + DELIMITER):
                return Problem.FIXED
            for old in moving:
                new = to + old[len(name) :]
                box = self._drop(old)
                self._put(new, box)
                if box is not None:
                    box.name = new
                if old in self._uses:
                    self._uses[new] = self._uses.pop(old)
            self._make_superiors(to)
        return None

    def subscribe(self, name: bytes) -> Problem | None:
        """Subscribe a name, one that exists where `naming` wants that.

        Statements: X10:V0029, X3:V0027
        """
        with self._lock:
            name = self._spelling(name)
            if name not in self._boxes and self._naming.subscribe_validates:
                return Problem.NO_SUCH_MAILBOX
            if not possible(name, self._naming):
                return Problem.BAD_NAME
            self._subscribe(name)
        return None

    def unsubscribe(self, name: bytes) -> None:
        """Forget a subscription; one that is not there is no error."""
        with self._lock:
            self._subscribed.pop(self._compared(name), None)

    # ---------------------------------------------------------------- the table of names

    def _compared(self, name: bytes) -> bytes:
        return compared(canonical(name), self._naming)

    def _spelling(self, name: bytes) -> bytes:
        """Return `name` as it was created; one that is new with those of its superiors that are there as they were."""
        name = canonical(name)
        if not self._naming.case_insensitive:
            return name
        for known in (name, *reversed(superiors(name))):
            spelt = self._spelt.get(self._compared(known))
            if spelt is not None:
                return spelt + name[len(known) :]
        return name

    def _put(self, name: bytes, box: MemoryMailbox | None) -> None:
        self._boxes[name] = box
        self._spelt[self._compared(name)] = name

    def _drop(self, name: bytes) -> MemoryMailbox | None:
        self._spelt.pop(self._compared(name), None)
        return self._boxes.pop(name)

    def _subscribe(self, name: bytes) -> None:
        self._subscribed[self._compared(name)] = name

    def _has_superiors(self, name: bytes) -> bool:
        """Tell whether the names above `name` are there or will be made."""
        return self._naming.superiors_created or all(superior in self._boxes for superior in superiors(name))

    def _moving(self, name: bytes) -> list[bytes]:
        """Return the names that RENAME of `name` changes: its inferiors as well, but those of INBOX stay."""
        return [
            other for other in self._boxes if other == name or (name != INBOX and other.startswith(name + DELIMITER))
        ]

    def _move_inbox(self, to: bytes) -> None:
        self.make(to)
        inbox, target = self.mailbox(INBOX), self.mailbox(to)
        target.add([Incoming(m.octets, m.flags, m.internaldate) for m in inbox.messages()])
        inbox.clear()

    def _make_superiors(self, name: bytes) -> None:
        for superior in superiors(name):
            if superior not in self._boxes:
                self._put(superior, self._new(superior))

    def _new(self, name: bytes) -> MemoryMailbox:
        return MemoryMailbox(name, next(self._uidvalidities), self._lock, self._moment)


class MemoryStore:
    """Accounts in memory, made when they are first asked for, each with `mailboxes` besides INBOX.

    `moment` tells the time of arrival; UIDVALIDITYs ascend from `first_uidvalidity`, from the seconds of the present
    day's clock unless given, so that another run of a server does not pass for the same mailbox. `naming` says which
    names there can be; it should be that of the server's behaviour.
    """

    def __init__(
        self,
        users: Iterable[str],
        *,
        mailboxes: Mapping[bytes, tuple[bytes, ...]] = DEFAULT_MAILBOXES,
        first_uidvalidity: int | None = None,
        moment: Callable[[], dt.datetime] = local_moment,
        naming: Naming | None = None,
    ) -> None:
        """Keep the names of `users`; only they have accounts."""
        first = int(moment().timestamp()) if first_uidvalidity is None else first_uidvalidity
        self._uidvalidities = itertools.count(first)
        self._moment = moment
        self._naming = naming
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
                account = MemoryAccount(self._uidvalidities, self._moment, self._mailboxes, self._naming)
                self._accounts[user] = account
            return account

    def add(self, user: str, mailbox: bytes, arrivals: Sequence[Incoming]) -> list[int]:
        """Add messages to a mailbox, made where it is missing; return their UIDs; UsageError for no such user."""
        account = self.account(user)
        if account is None:
            raise UsageError(f"there is no user {user!r}")
        account.make(mailbox)
        return account.mailbox(mailbox).add(arrivals)


def _order(name: bytes) -> tuple[bool, bytes]:
    return name != INBOX, name
