"""What another protocol, or the user's own mail program, does to a mail store behind the IMAP clients' backs.

Knows the store and no connection: clients hear of what happens here by the store's watches, as they hear of each
other. Nothing here asks what an IMAP command may do.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterable, Sequence

from outlookimap.errors import UsageError
from outlookimap.server.store import Account, Incoming, Mailbox, MailStore, Message, Problem
from outlookimap.wire.commands import StoreAction
from outlookimap.wire.mailbox import encode


class OtherProtocol:
    """Access to a store beside IMAP, for any thread; a mailbox is named by its text, or by raw octets as on the wire.

    All methods raise UsageError that names the user, mailbox or message that is not there.

    Statements: X10:V0013, X10:V0044
    """

    def __init__(self, store: MailStore) -> None:
        """Work on `store`, which servers may use at the same time."""
        self._store = store
        self._lock = threading.Lock()  # so that two of these do not make and unmake one hierarchy at the same time

    # ---------------------------------------------------------------- messages

    def add(
        self,
        user: str,
        mailbox: str | bytes,
        octets: bytes,
        flags: Sequence[bytes] = (),
        date: dt.datetime | None = None,
    ) -> int:
        """Put a message into a mailbox and return its UID; `date` has a zone, without it the message comes now.

        Statements: X10:V0013
        """
        if date is not None and date.tzinfo is None:
            raise UsageError(f"date={date!r}: a date needs its zone")
        return self._mailbox(user, mailbox).add([Incoming(octets, tuple(flags), date)])[0]

    def change(self, user: str, mailbox: str | bytes, uid: int, octets: bytes) -> int:
        """Revise a message and return its new UID: the old one leaves by EXPUNGE, the new one comes by EXISTS.

        Flags and date stay. No client sees both messages at once.

        Statements: X10:2.1.2, X10:2.1.3, X10:V0004, X1:2.2.1
        """
        after = self._mailbox(user, mailbox).replace(uid, octets)
        if after is None:
            raise _no_message(user, mailbox, [uid])
        return after

    def flag(
        self,
        user: str,
        mailbox: str | bytes,
        uids: int | Iterable[int],
        flags: Sequence[bytes],
        action: StoreAction = StoreAction.ADD,
    ) -> list[Message]:
        """Add, remove or replace flags of messages, and return these as they are now.

        Statements: X10:V0013, X10:V0044
        """
        wanted = _uids(uids)
        box = self._mailbox(user, mailbox)
        missing = [uid for uid in wanted if box.get(uid) is None]
        if missing:
            raise _no_message(user, mailbox, missing)
        return box.change_flags(wanted, action, flags)

    def remove(self, user: str, mailbox: str | bytes, uids: int | Iterable[int]) -> None:
        r"""Remove messages, whatever their flags: no \Deleted is seen before.

        What is there is removed even where the error names some that are not.

        Statements: X10:V0013
        """
        wanted = _uids(uids)
        missing = set(wanted).difference(self._mailbox(user, mailbox).remove(wanted))
        if missing:
            raise _no_message(user, mailbox, sorted(missing))

    def messages(self, user: str, mailbox: str | bytes) -> Sequence[Message]:
        """Return all messages of a mailbox as they are now, in ascending order of their UIDs."""
        return self._mailbox(user, mailbox).messages()

    # ---------------------------------------------------------------- folders

    def create(self, user: str, mailbox: str | bytes) -> None:
        """Make a mailbox, also one with a name longer or deeper than CREATE takes.

        Statements: X10:C0003, X10:C0002
        """
        with self._lock:
            _done(self._account(user).make(_raw(mailbox)), mailbox)

    def delete(self, user: str, mailbox: str | bytes) -> None:
        """Delete a mailbox with all its messages, and all below it."""
        with self._lock:
            account = self._account(user)
            found = account.find(_raw(mailbox))
            name = _raw(mailbox) if isinstance(found, Problem) else found.name  # spelt as it was created
            below = [one.name for one in account.names() if one.name.startswith(name + account.delimiter)]
            for inferior in sorted(below, key=lambda one: one.count(account.delimiter), reverse=True):
                _done(account.delete(inferior), inferior)
            _done(account.delete(name), mailbox)

    def rename(self, user: str, mailbox: str | bytes, to: str | bytes) -> None:
        """Rename a mailbox and all below it; `to` may be longer, deeper or elsewhere than RENAME takes."""
        with self._lock:
            _done(self._account(user).rename(_raw(mailbox), _raw(to), limited=False), mailbox)

    # ---------------------------------------------------------------- what is there

    def _account(self, user: str) -> Account:
        account = self._store.account(user)
        if account is None:
            raise UsageError(f"there is no user {user!r}")
        return account

    def _mailbox(self, user: str, mailbox: str | bytes) -> Mailbox:
        found = self._account(user).find(_raw(mailbox))
        if isinstance(found, Problem):
            raise UsageError(f"mailbox {mailbox!r} of {user!r}: {found.value}")
        return found


def _raw(mailbox: str | bytes) -> bytes:
    return encode(mailbox) if isinstance(mailbox, str) else mailbox


def _uids(uids: int | Iterable[int]) -> list[int]:
    return [uids] if isinstance(uids, int) else list(uids)


def _done(problem: Problem | None, mailbox: str | bytes) -> None:
    if problem is not None:
        raise UsageError(f"mailbox {mailbox!r}: {problem.value}")


def _no_message(user: str, mailbox: str | bytes, uids: Sequence[int]) -> UsageError:
    shown = ", ".join(str(uid) for uid in uids)
    return UsageError(f"mailbox {mailbox!r} of {user!r} has no message with UID {shown}")
