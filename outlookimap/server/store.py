"""What a server needs of a mail store, as an interface, and the values that go over it.

Names of mailboxes are raw (modified UTF-7). A store may be used by any thread. Knows no connection: who wants to hear
of changes hands in a `Watch`.
"""

from __future__ import annotations

import datetime as dt
import enum
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from outlookimap.wire.commands import StoreAction


class Problem(enum.Enum):
    """Why a store does not do what it was asked to do with a mailbox."""

    NO_SUCH_MAILBOX = "there is no such mailbox"
    NO_SELECT = "the name holds no messages, only inferior names"
    EXISTS = "there is a mailbox of this name already"
    HAS_CHILDREN = "the name has inferior names and no messages"
    FIXED = "INBOX cannot be deleted, nor a name moved below itself"
    BAD_NAME = "no mailbox can have this name"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message on its way into a mailbox; without `internaldate` (with zone) it is the moment of arrival."""

    octets: bytes = field(repr=False)
    flags: tuple[bytes, ...] = ()
    internaldate: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is in a mailbox now; `octets` never change, `flags` come in a new value."""

    uid: int
    octets: bytes = field(repr=False)
    flags: tuple[bytes, ...]
    internaldate: dt.datetime

    def has(self, flag: bytes) -> bool:
        """Tell whether the message has `flag`, in any case."""
        lower = flag.lower()
        return any(own.lower() == lower for own in self.flags)


@dataclass(frozen=True, slots=True)
class Listed:
    """A name of the hierarchy: `selectable` is false for one that only has inferior names."""

    name: bytes
    selectable: bool = True
    children: bool = False
    use: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """UIDs of messages that came, went or have other flags, in the order of the events."""

    added: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()


class Watch:
    """What has changed in one mailbox since one connection asked last; `wake` is called, by any thread, after that.

    Changes that cancel out are forgotten: a message that came and went before anybody asked was never there.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        """Begin with nothing changed."""
        self.wake = wake
        self._lock = threading.Lock()
        self._added: dict[int, None] = {}
        self._removed: dict[int, None] = {}
        self._changed: dict[int, None] = {}

    def add(self, uids: Iterable[int]) -> None:
        """Note messages that came."""
        with self._lock:
            self._added.update(dict.fromkeys(uids))

    def remove(self, uids: Iterable[int]) -> None:
        """Note messages that went."""
        with self._lock:
            for uid in uids:
                self._changed.pop(uid, None)
                if self._added.pop(uid, self) is self:
                    self._removed[uid] = None

    def change(self, uids: Iterable[int]) -> None:
        """Note messages whose flags changed; of one that is not announced yet there is nothing to say."""
        with self._lock:
            self._changed.update((uid, None) for uid in uids if uid not in self._added)

    def take(self, *, removals: bool) -> Changes:
        """Return what has changed and forget it; without `removals` those stay for the next time."""
        with self._lock:
            changes = Changes(tuple(self._added), tuple(self._removed) if removals else (), tuple(self._changed))
            self._added.clear()
            self._changed.clear()
            if removals:
                self._removed.clear()
        return changes


class Mailbox(Protocol):
    """One mailbox; its UIDs ascend in the order of arrival (RFC 3501 section 2.3.1.1)."""

    @property
    def name(self) -> bytes:
        """The raw name it has now."""
        ...

    @property
    def uidvalidity(self) -> int:
        """The unique identifier validity value."""
        ...

    @property
    def uidnext(self) -> int:
        """The UID the next message will have."""
        ...

    def messages(self) -> Sequence[Message]:
        """Return all messages in ascending order."""
        ...

    def get(self, uid: int) -> Message | None:
        """Return the message with `uid`, or None."""
        ...

    def add(self, arrivals: Sequence[Incoming]) -> list[int]:
        """Add messages, all or none, and return their UIDs in the same order; UsageError for one with a NUL."""
        ...

    def change_flags(
        self, uids: Iterable[int], action: StoreAction, flags: Sequence[bytes], *, by: Watch | None = None
    ) -> list[Message]:
        """Change flags and return the messages as they are now; `by` is not told of it."""
        ...

    def expunge(self, uids: Iterable[int] | None = None) -> list[int]:
        r"""Remove the messages with \Deleted, of `uids` only when given; return which, ascending."""
        ...

    def watch(self, watch: Watch) -> list[int]:
        """Tell `watch` of changes from now on; return the UIDs there are, ascending."""
        ...

    def unwatch(self, watch: Watch) -> None:
        """Tell `watch` nothing any more."""
        ...


class Account(Protocol):
    """The mailboxes of one user; INBOX is found in any case."""

    @property
    def delimiter(self) -> bytes:
        """The character between the levels of a name."""
        ...

    def names(self) -> list[Listed]:
        """Return all names, INBOX first, then by name."""
        ...

    def subscriptions(self) -> list[bytes]:
        """Return the subscribed names, INBOX first; a mailbox of such a name need not exist."""
        ...

    def find(self, name: bytes) -> Mailbox | Problem:
        """Return the mailbox called `name`, or why there is none."""
        ...

    def create(self, name: bytes, use: tuple[bytes, ...] = ()) -> Problem | None:
        """Create a mailbox and the superior names it needs; return why not, or None."""
        ...

    def delete(self, name: bytes) -> Problem | None:
        """Delete a mailbox; its name stays while it has inferior names (RFC 3501 section 6.3.4)."""
        ...

    def rename(self, name: bytes, to: bytes) -> Problem | None:
        """Rename a mailbox and its inferiors; of INBOX the messages move (RFC 3501 section 6.3.5)."""
        ...

    def subscribe(self, name: bytes) -> Problem | None:
        """Subscribe a name that exists."""
        ...

    def unsubscribe(self, name: bytes) -> None:
        """Forget a subscription; one that is not there is no error."""
        ...


class MailStore(Protocol):
    """The accounts of a server."""

    def account(self, user: str) -> Account | None:
        """Return the account of `user`, or None."""
        ...
