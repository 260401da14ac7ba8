"""One folder of the local copy: its messages, and what can be done with it and with many of them at once.

Reads the cache and hands changes to `sync`; knows neither tables nor commands.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
from collections.abc import Callable, Iterable
from email.message import EmailMessage
from typing import TypedDict, Unpack, get_args

from outlookimap.cache import Criteria, FolderRow, MessageRow
from outlookimap.cache.message_queries import Order
from outlookimap.errors import MessageGone, UsageError
from outlookimap.mail import changing, naming
from outlookimap.mail.message import Message
from outlookimap.sync.account import Account
from outlookimap.sync.report import Progress, SyncReport
from outlookimap.wire.sequence import MAX_NUMBER


class Wanted(TypedDict, total=False):
    """Which messages are wanted: all that is named must hold.

    * `text`: words that all occur, in subject, sender, recipients or downloaded text; ``letter*`` is a beginning.
    * `sender`, `recipient`, `subject`: what occurs there, in any case.
    * `unread`, `flagged`, `answered`, `deleted`: whether it is; None does not matter.
    * `since`, `before`: days of `Message.date`, the first included, the second not.
    """

    text: str | None
    sender: str | None
    recipient: str | None
    subject: str | None
    unread: bool | None
    flagged: bool | None
    answered: bool | None
    deleted: bool | None
    since: dt.date | None
    before: dt.date | None


class Folder:
    """A folder; what it says of itself is read anew each time, and raises FolderUnknown once it was deleted.

    What changes something is recorded in the local copy at once and sent at once where there is a connection, else by
    the next sync. Such methods raise ChangeRefused where the server refuses, and ConnectionLost, whose `pending` names
    the change that the next sync will make. Those that take many messages make one change of them, and return the
    messages that were still there (of `copy` and `move` the copies).
    """

    __slots__ = ("_account", "_id", "_name")

    def __init__(self, account: Account, row: FolderRow) -> None:
        """Wrap a row of the local copy; `Outlook.folder()` is the way for users."""
        self._account = account
        self._id = row.id
        self._name = row.name

    # ---------------------------------------------------------------- what is known of it

    @property
    def id(self) -> int:
        """Its number in the local copy, which it keeps when it is renamed."""
        return self._id

    @property
    def name(self) -> str:
        """Its whole name, as people read it."""
        return self._row().name

    @property
    def raw(self) -> bytes:
        """Its name as it goes over the wire."""
        return self._row().raw

    @property
    def delimiter(self) -> str | None:
        """What stands between the levels of its name."""
        return self._row().delimiter

    @property
    def attributes(self) -> frozenset[str]:
        """Its attributes, by the response that named it last.

        Statements: O5:V0043, O5:V0066
        """
        return self._row().attributes

    @property
    def special(self) -> str | None:
        """What the server marked it as; None for nothing. `Outlook.special()` knows the default names too.

        One of ``"inbox"``, ``"sent"``, ``"drafts"``, ``"trash"``, ``"junk"``, ``"archive"``, ``"all"``, ``"flagged"``,
        ``"important"``.
        """
        return self._row().special

    @property
    def subscribed(self) -> bool | None:
        """Whether it is subscribed to; None where that was never asked."""
        return self._row().subscribed

    @property
    def unseen(self) -> int:
        """How many messages in it are unread: what the server said since the last sync, else those of the local copy.

        Statements: O5:V0044
        """
        row = self._row()
        return self._account.cache.messages.unseen(row.id) if row.unseen is None else row.unseen

    @property
    def exists(self) -> int:
        """How many messages of it are in the local copy."""
        return self._account.cache.messages.count(self._id)

    @property
    def visited(self) -> dt.datetime | None:
        """When a sync of it ended last; None for never."""
        return self._row().visited

    # ---------------------------------------------------------------- its messages

    def messages(self, *, limit: int | None = None, order: Order = "newest", **wanted: Unpack[Wanted]) -> list[Message]:
        """Return messages from the local copy, those named by `text=`, `sender=`, `unread=` and so on (see `Wanted`).

        `order` is ``"newest"``, ``"oldest"`` (by `Message.date`) or ``"uid"``; `limit` is how many at most. The server
        is never asked. Raises UsageError where the folder was never synced.

        Statements: O5:V0006, O5:V0051
        """
        self._check(limit, order)
        criteria = Criteria(**wanted)
        date_from = self._account.policy.date_from
        return self._wrapped(
            self._account.cache.find(self._id, criteria, limit=limit, order=order, date_from=date_from)
        )

    def search(self, *, limit: int | None = None, order: Order = "newest", **wanted: Unpack[Wanted]) -> list[Message]:
        """Return messages as the product finds them: 2013 asks the server, 2007 and 2010 look in the local copy.

        The local copy answers as well where there is no connection, and where what is wanted has letters beyond ASCII,
        which are never sent. Arguments and errors as in `messages()`.

        Statements: O5:V0013, O5:V0051, O5:V0067
        """
        self._check(limit, order)
        found = {*self._account.search(self._id, Criteria(**wanted))}
        rows = self._account.cache.messages.find(self._id, order=order, date_from=self._account.policy.date_from)
        return self._wrapped(itertools.islice((row for row in rows if row.id in found), limit))

    def message(self, uid: int) -> Message:
        """Return the message with this UID.

        Raises MessageGone where the local copy has none, UsageError for a number no UID can be.
        """
        if not 1 <= uid <= MAX_NUMBER:
            raise UsageError(f"uid={uid}: a UID is a number from 1 to {MAX_NUMBER}")
        row = self._account.cache.messages.by_uid(self._id, uid)
        if row is None:
            raise MessageGone(f"there is no message with UID {uid} in {self.name!r}; sync() looks for new ones")
        return Message(self._account, row)

    def append(
        self, message: bytes | EmailMessage, *, flags: Iterable[str] = ("\\Seen",), date: dt.datetime | None = None
    ) -> Message:
        """Add a message and return it: bytes, which must be seven-bit, or an EmailMessage, which is made so.

        `date` is what its INTERNALDATE shall be (now; naive means local time); `flags` are any of the five.

        Statements: O5:V0005, O5:V0013, O5:V0014, O5:V0046
        """
        return Message(self._account, changing.append(self._account, self._id, message, flags, date))

    # ---------------------------------------------------------------- the folder itself

    def sync(self, *, bodies: bool = True, progress: Callable[[Progress], object] | None = None) -> SyncReport:
        """Send/Receive for this folder alone; arguments and errors as in `Outlook.sync()`."""
        return self._account.sync([self._id], bodies=bodies, progress=progress)

    def create(self, name: str) -> Folder:
        """Make a folder below this one and return it.

        `name` is one level: ProfileViolation where it holds the hierarchy delimiter or a control character.
        ChangeRefused carries the server's text where the server refuses.

        Statements: O5:V0018, O5:V0019, O5:V0020
        """
        return Folder(self._account, changing.create(self._account, name, below=self._row()))

    def rename(self, name: str) -> None:
        """Give the last level of its name another one; errors as in `create()`.

        Statements: O5:V0018, O5:V0020
        """
        changing.rename(self._account, self._row(), name)

    def delete(self) -> None:
        """Delete the folder with what is in it."""
        changing.of_folder(self._account, "delete", self._row())

    def subscribe(self) -> None:
        """Subscribe to it."""
        changing.of_folder(self._account, "subscribe", self._row())

    def unsubscribe(self) -> None:
        """Unsubscribe from it."""
        changing.of_folder(self._account, "unsubscribe", self._row())

    def purge(self) -> None:
        r"""Remove every message in it that is marked \Deleted, for good."""
        changing.of_folder(self._account, "purge", self._row())

    # ---------------------------------------------------------------- many messages at once

    def mark_read(self, messages: Iterable[Message]) -> list[Message]:
        r"""Add \Seen."""
        return self._flag(messages, "read")

    def mark_unread(self, messages: Iterable[Message]) -> list[Message]:
        r"""Remove \Seen."""
        return self._flag(messages, "unread")

    def flag(self, messages: Iterable[Message]) -> list[Message]:
        r"""Add \Flagged."""
        return self._flag(messages, "flag")

    def unflag(self, messages: Iterable[Message]) -> list[Message]:
        r"""Remove \Flagged."""
        return self._flag(messages, "unflag")

    def mark_answered(self, messages: Iterable[Message]) -> list[Message]:
        r"""Add \Answered."""
        return self._flag(messages, "answered")

    def unmark_answered(self, messages: Iterable[Message]) -> list[Message]:
        r"""Remove \Answered."""
        return self._flag(messages, "unanswered")

    def mark_deleted(self, messages: Iterable[Message]) -> list[Message]:
        r"""Add \Deleted and \Seen; they go when the folder is purged."""
        return self._flag(messages, "delete")

    def undelete(self, messages: Iterable[Message]) -> list[Message]:
        r"""Remove \Deleted."""
        return self._flag(messages, "undelete")

    def copy(self, messages: Iterable[Message], to: str | Folder) -> list[Message]:
        """Copy them to another folder; FolderUnknown where there is no such folder."""
        return self._carry("copy", messages, to)

    def move(self, messages: Iterable[Message], to: str | Folder) -> list[Message]:
        """Copy them to another folder and mark them deleted here; they go when this folder is purged."""
        return self._carry("move", messages, to)

    def _flag(self, messages: Iterable[Message], purpose: str) -> list[Message]:
        mine = self._mine(messages)
        if not mine:
            return []
        done = changing.flag(self._account, self._id, [message.id for message in mine], purpose)
        there = [message for message in mine if message.id in done]
        for message in there:
            message.refresh()
        return there

    def _carry(self, kind: str, messages: Iterable[Message], to: str | Folder) -> list[Message]:
        mine = self._mine(messages)
        target = naming.folder_row(self._account, to)
        if not mine:
            return []
        copies = changing.carry(self._account, kind, self._id, [message.id for message in mine], target)
        for message in mine:
            with contextlib.suppress(MessageGone):  # of several some may have gone
                message.refresh()
        return self._wrapped(copies)

    def _mine(self, messages: Iterable[Message]) -> list[Message]:
        found = list(dict.fromkeys(messages))
        for message in found:
            if not message.is_in(self._account, self._id):
                raise UsageError(f"{message!r} is in {message.folder!r}, not in {self.name!r} of this account")
        return found

    def _wrapped(self, rows: Iterable[MessageRow]) -> list[Message]:
        return [Message(self._account, row) for row in rows]

    def row_in(self, account: Account) -> FolderRow:
        """Return its row, for the other classes here; UsageError where it is a folder of another account."""
        if account is not self._account:
            raise UsageError(
                f"the folder {self._name!r} is one of another account: append() takes the bytes of its messages"
            )
        return self._row()

    def _row(self) -> FolderRow:
        row = naming.live_row(self._account.cache, self._id, self._name)
        self._name = row.name
        return row

    def _check(self, limit: int | None, order: str) -> None:
        """Raise UsageError where nothing can be listed: for what was asked, or because nothing is here."""
        if order not in get_args(Order):
            raise UsageError(f"order={order!r} is none of {', '.join(map(repr, get_args(Order)))}")
        if limit is not None and limit < 0:
            raise UsageError(f"limit={limit}: pass how many messages at most, or None for all")
        row = self._row()
        if row.visited is None and row.server_raw is not None and not self.exists:
            if not row.selectable:
                raise UsageError(f"{row.name!r} holds no messages, only other folders")
            raise UsageError(f"{row.name!r} was never synced: call sync() first, for all folders or this one")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Folder):
            return NotImplemented
        return self._id == other._id and self._account is other._account

    def __hash__(self) -> int:
        return hash(self._id)

    def __repr__(self) -> str:
        """Show the name as it was when it was last asked for anything."""
        return f"<Folder {self._name!r}>"
