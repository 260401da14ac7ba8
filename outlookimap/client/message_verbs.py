"""The verbs of a session that are about messages. Each sends what the profile says, in its spelling."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from email.message import EmailMessage
from typing import TypeAlias

from outlookimap.client.calls import Columns, Into, Name, Uids, as_set
from outlookimap.client.results import Appended, Copied, Message
from outlookimap.client.verbs import Verbs
from outlookimap.wire import commands as c
from outlookimap.wire.search import SearchKey

Messages: TypeAlias = list[Message]


class MessageVerbs(Verbs):
    """SEARCH, FETCH by purpose, STORE by purpose, COPY, APPEND, EXPUNGE."""

    def search(self, *keys: SearchKey) -> list[int]:
        """Send SEARCH and return sequence numbers; of the profiles that ship, only 2013 does.

        Raises UsageError for what is no key of `outlookimap.wire.search`; nothing is sent then.

        Statements: O5:V0051, O5:V0059, O5:V0067
        """
        return self._perform(self._calls.search(keys))

    def fetch_uids(self, seqs: Uids) -> Messages:
        """Send FETCH (UID) for sequence numbers: what is done after EXISTS.

        Statements: O5:V0055
        """
        return self._perform(self._calls.fetch("uids", seqs, uid=False, into=None))

    def fetch_flags(self, uids: Uids, *, into: Into | None = None, columns: Columns | None = None) -> Messages:
        """Send UID FETCH (UID FLAGS). With `into` messages go there chunk by chunk and the list stays empty.

        With `columns` UIDs and flags go there instead, without a `Message` made of them. Raises UsageError for both.

        Statements: O5:V0055
        """
        return self._perform(self._calls.fetch_flags(uids, into, columns))

    def fetch_headers(self, uids: Uids, *, into: Into | None = None) -> Messages:
        """Fetch UID, flags, size and header, with INTERNALDATE unless the policy takes dates from the header.

        Statements: O5:V0006, O5:V0010, O5:V0054, O5:V0055
        """
        return self._perform(self._calls.fetch(self._calls.headers_purpose(), uids, uid=True, into=into))

    def fetch_bodies(self, uids: Uids, *, into: Into | None = None, mark_read: bool = False) -> Messages:
        r"""Fetch UID, flags and the whole message; `mark_read` sets \Seen as well, as opening a message does.

        Statements: O5:V0010, O5:V0054, O5:V0055
        """
        purpose = self._calls.bodies_purpose(mark_read=mark_read)
        wanted = as_set(uids) or ()
        messages = self._perform(self._calls.fetch(purpose, wanted, uid=True, into=into))
        if mark_read and purpose == "bodies":
            self.mark_read(wanted)
        return messages

    def fetch(self, command: c.Fetch, *, guard: bool | None = None) -> Messages:
        """Send a FETCH of one's own; the guard refuses every form the product never sends, unless `guard=False`.

        Statements: O5:V0052, O5:V0053, O5:V0071, O5:V0072, O5:V0008, O5:V0009
        """
        call = self._calls.messages(lambda numbers: replace(command, messages=numbers), command.messages, None)
        return self._perform(call, guard=guard)

    def store(self, purpose: str, uids: Uids) -> Messages:
        """Send UID STORE in the form for `purpose` (`profiles.schema.STORE_PURPOSES`); a loud form returns the flags.

        Statements: O5:V0056
        """
        return self._perform(self._calls.store(purpose, uids))

    def mark_deleted(self, uids: Uids, *, queued: bool = False) -> Messages:
        r"""Mark \Deleted and \Seen; `queued` is the silent form of played-back changes and of a move's source.

        Statements: O5:V0056
        """
        return self.store("queued_delete" if queued else "delete", uids)

    def undelete(self, uids: Uids, *, queued: bool = False) -> Messages:
        r"""Remove \Deleted.

        Statements: O5:V0056
        """
        return self.store("queued_undelete" if queued else "undelete", uids)

    def mark_read(self, uids: Uids, *, queued: bool = False) -> Messages:
        r"""Add \Seen.

        Statements: O5:V0056
        """
        return self.store("queued_read" if queued else "read", uids)

    def mark_unread(self, uids: Uids, *, queued: bool = False) -> Messages:
        r"""Remove \Seen.

        Statements: O5:V0056
        """
        return self.store("queued_unread" if queued else "unread", uids)

    def flag(self, uids: Uids) -> None:
        r"""Add \Flagged, silently.

        Statements: O5:V0056
        """
        self.store("flag", uids)

    def unflag(self, uids: Uids) -> None:
        r"""Remove \Flagged, silently.

        Statements: O5:V0056
        """
        self.store("unflag", uids)

    def mark_answered(self, uids: Uids) -> None:
        r"""Add \Answered, silently.

        Statements: O5:V0056
        """
        self.store("answered", uids)

    def unmark_answered(self, uids: Uids) -> None:
        r"""Remove \Answered, silently.

        Statements: O5:V0056
        """
        self.store("unanswered", uids)

    def replace_flags(self, uids: Uids, flags: Iterable[str]) -> Messages:
        """Set exactly `flags`; keywords are lost by it.

        Statements: O5:V0005, O5:V0056
        """
        return self._perform(self._calls.replace_flags(uids, flags))

    def copy(self, uids: Uids, name: Name) -> Copied:
        """Send UID COPY.

        Statements: O5:V0057, O5:V0058, O5:V0060
        """
        return self._perform(self._calls.copy(uids, name))

    def append(
        self,
        name: Name,
        message: bytes | EmailMessage,
        *,
        flags: Iterable[str] = ("\\Seen",),
        date: dt.datetime | None = None,
    ) -> Appended:
        """Send APPEND with `date` (now, where none is given; naive means local time); a draft may lack any header.

        Bytes must be seven-bit, bare line ends become CRLF; an EmailMessage is encoded.

        Statements: O5:V0046, O5:V0048, O5:V0013, O5:V0014
        """
        moment = date or dt.datetime.now().astimezone()
        return self._perform(self._calls.append(name, message, flags, moment))

    def expunge(self) -> None:
        r"""Send EXPUNGE: every message marked \Deleted goes; which ones, `poll()` tells as `Expunged`."""
        self._perform(self._calls.plain(c.Expunge()))
