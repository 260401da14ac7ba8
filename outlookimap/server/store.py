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

from outlookimap.server.mime_parts import Structure
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
    r"""A message as it is in a mailbox now; `octets` never change, `flags` come in a new value.

    \Recent is not among them: it is a session's (RFC 3501 section 2.3.2). `measured` says that its body was fetched
    once, so that its size as MIME is known. `structure` finds the parts of `octets` once for all values of the message.
    """

    uid: int
    octets: bytes = field(repr=False)
    flags: tuple[bytes, ...]
    internaldate: dt.datetime
    measured: bool = False
    structure: Structure = field(default_factory=Structure, repr=False, compare=False)

    def has(self, flag: bytes) -> bool:
        """Tell whether the message has `flag`, in any case."""
        lower = flag.lower()
        return any(own.lower() == lower for own in self.flags)


@dataclass(frozen=True, slots=True)
class Listed:
    """A name of the hierarchy: `selectable` is false for one that only has inferior names.

    `marked` says that messages came since it was last selected.
    """

    name: bytes
    selectable: bool = True
    children: bool = False
    use: tuple[bytes, ...] = ()
    marked: bool = False


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

    def take(self, *, removals: bool, arrivals: bool = True, flags: bool = True) -> Changes:
        """Return what has changed and forget it; without `removals` and so on those stay for the next time."""
        with self._lock:
            kinds = ((self._added, arrivals), (self._removed, removals), (self._changed, flags))
            changes = Changes(*(tuple(uids) if wanted else () for uids, wanted in kinds))
            for uids, wanted in kinds:
                if wanted:
                    uids.clear()
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

    @property
    def first_recent(self) -> int:
        r"""The least UID that can be \Recent for a session to come: of those below it some session was told.

        RFC 3501 section 2.3.2.
        """
        ...

    def claim(self, end: int, by: Watch) -> int:
        r"""Return the least UID from which messages are \Recent, up to `end`, for the session that watches by `by`.

        They are so for no other session. Of several sessions the one that claimed first, and still watches, has all
        (RFC 3501 section 2.3.2 leaves open which); for the others it is `end`.
        """
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

    def measure(self, uids: Iterable[int]) -> None:
        """Note that the bodies of messages were fetched; nobody is told of it."""
        ...

    def expunge(self, uids: Iterable[int] | None = None) -> list[int]:
        r"""Remove the messages with \Deleted, of `uids` only when given; return which, ascending."""
        ...

    def remove(self, uids: Iterable[int]) -> list[int]:
        """Remove messages whatever their flags; return which there were, ascending."""
        ...

    def replace(self, uid: int, octets: bytes) -> int | None:
        """Put a revised message in the place of one, with its flags and date; return the new UID, None if it is gone.

        Nobody finds the mailbox with both or with neither; UsageError for a NUL.
        """
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

    def make(self, name: bytes, use: tuple[bytes, ...] = ()) -> Problem | None:
        """Create a mailbox behind the clients' backs: longer or deeper than a client may."""
        ...

    def delete(self, name: bytes) -> Problem | None:
        """Delete a mailbox; its name stays while it has inferior names (RFC 3501 section 6.3.4)."""
        ...

    def rename(self, name: bytes, to: bytes, *, limited: bool = True) -> Problem | None:
        """Rename a mailbox and its inferiors; of INBOX the messages move (RFC 3501 section 6.3.5).

        What is not `limited` happens behind the clients' backs: new names may be longer or deeper than a client's.
        """
        ...

    def subscribe(self, name: bytes) -> Problem | None:
        """Subscribe a name; return why not, or None."""
        ...

    def unsubscribe(self, name: bytes) -> None:
        """Forget a subscription; one that is not there is no error."""
        ...


class MailStore(Protocol):
    """The accounts of a server."""

    def account(self, user: str) -> Account | None:
        """Return the account of `user`, or None."""
        ...
