"""One message of the local copy, and what can be done with it.

Reads the cache and hands changes to `sync`; knows neither tables nor commands.
"""

from __future__ import annotations

import builtins
import datetime as dt
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

from outlookimap.cache import BodyState, Flag, MessageRow
from outlookimap.cache.rows import flag_names
from outlookimap.errors import MessageGone, UsageError
from outlookimap.mail import changing, content, naming
from outlookimap.mail.content import Attachment
from outlookimap.sync.account import Account

if TYPE_CHECKING:
    from outlookimap.mail.folder import Folder


class Message:
    """A message as it was when it was asked for; `refresh()` looks again, and so does each method that changes it.

    What changes it is recorded in the local copy at once and sent at once where there is a connection, else by the next
    sync. Such methods raise MessageGone where the message is no longer there, ChangeRefused where the server refuses,
    and ConnectionLost, whose `pending` names the change that the next sync will make.
    """

    __slots__ = ("_account", "_row")

    def __init__(self, account: Account, row: MessageRow) -> None:
        """Wrap a row of the local copy; `Folder.messages()` is the way for users."""
        self._account = account
        self._row = row

    # ---------------------------------------------------------------- what is known of it

    @property
    def id(self) -> int:
        """Its number in the local copy, which it keeps when the server gives it another UID."""
        return self._row.id

    @property
    def uid(self) -> int | None:
        """Its UID; None while the server has not said where it put it."""
        return self._row.uid

    @property
    def folder(self) -> str:
        """The name of the folder it is in."""
        row = self._account.cache.folders.get(self._row.folder)
        return "" if row is None else row.name

    @property
    def flags(self) -> frozenset[str]:
        r"""Which of the five flags it has: \Seen, \Answered, \Flagged, \Deleted, \Draft.

        Statements: O5:V0005
        """
        return flag_names(self._row.flags)

    @property
    def keywords(self) -> frozenset[str]:
        """Flags of other names, which other clients gave it; they are shown and never sent.

        Statements: O5:V0005
        """
        return frozenset(self._row.keywords)

    @property
    def unread(self) -> bool:
        r"""Whether it lacks \Seen."""
        return Flag.SEEN not in self._row.flags

    @property
    def flagged(self) -> bool:
        r"""Whether it has \Flagged."""
        return Flag.FLAGGED in self._row.flags

    @property
    def answered(self) -> bool:
        r"""Whether it has \Answered."""
        return Flag.ANSWERED in self._row.flags

    @property
    def deleted(self) -> bool:
        r"""Whether it has \Deleted: it stays until the folder is purged."""
        return Flag.DELETED in self._row.flags

    @property
    def draft(self) -> bool:
        r"""Whether it has \Draft."""
        return Flag.DRAFT in self._row.flags

    @property
    def size(self) -> int | None:
        """Its size in octets as the server says; to be shown, nothing rests on it.

        Statements: O5:V0007
        """
        return self._row.size

    @property
    def date(self) -> dt.datetime | None:
        """Its date: INTERNALDATE or the one in its header, as `Policy.date_from` says; the other where that is missing.

        Statements: O5:V0006
        """
        row = self._row
        if self._account.policy.date_from == "header":
            return row.sent or row.internaldate
        return row.internaldate or row.sent

    @property
    def internaldate(self) -> dt.datetime | None:
        """When the server got it, with the server's zone; None where it was never asked for."""
        return self._row.internaldate

    @property
    def subject(self) -> str:
        """Its subject, decoded."""
        return self._row.subject

    @property
    def sender(self) -> str:
        """Whom it is from, decoded."""
        return self._row.sender

    @property
    def recipients(self) -> str:
        """Whom it is to, decoded."""
        return self._row.recipients

    @property
    def message_id(self) -> str:
        """Its Message-ID, empty where it has none."""
        return self._row.message_id

    @property
    def downloaded(self) -> bool:
        """Whether the whole of it is in the local copy, so that it can be read without a connection."""
        return self._row.body is BodyState.WHOLE

    # ---------------------------------------------------------------- what is in it

    @property
    def headers(self) -> builtins.bytes:
        """The octets of its header, with the empty line that ends it."""
        return self._account.cache.messages.header(self.id) or b""

    @property
    def bytes(self) -> builtins.bytes:
        """All of its octets: from the local copy, else from the server, and kept. That does not mark it read.

        Raises NotConnected where it is not here and there is no connection; MessageGone where the server has it no
        longer.

        Statements: O5:V0010, O5:V0070
        """
        found = self._account.cache.messages.body(self.id)
        if found is not None and found[1] is BodyState.WHOLE:
            return found[0]
        octets = self._account.fetch_body(self.id)
        self.refresh()
        return octets

    def email(self) -> EmailMessage:
        """Return it parsed; raises as `bytes` does."""
        return content.parsed(self.bytes)

    def text(self) -> str:
        """Return what a person reads of it: its plain text, else its HTML without the tags; raises as `bytes` does."""
        return content.text(self.bytes)

    def attachments(self) -> list[Attachment]:
        """Return what is attached to it, decoded; raises as `bytes` does."""
        return content.attachments(self.bytes)

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write its octets to a file; raises as `bytes` does, UsageError where the file is there already."""
        octets = self.bytes
        try:
            with Path(path).open("wb" if overwrite else "xb") as file:
                file.write(octets)
        except FileExistsError:
            raise UsageError(f"{path} is there already: choose another name, or pass overwrite=True") from None

    # ---------------------------------------------------------------- what is done with it

    def mark_read(self) -> None:
        r"""Add \Seen."""
        self._flag("read")

    def mark_unread(self) -> None:
        r"""Remove \Seen."""
        self._flag("unread")

    def flag(self) -> None:
        r"""Add \Flagged."""
        self._flag("flag")

    def unflag(self) -> None:
        r"""Remove \Flagged."""
        self._flag("unflag")

    def mark_answered(self) -> None:
        r"""Add \Answered."""
        self._flag("answered")

    def unmark_answered(self) -> None:
        r"""Remove \Answered."""
        self._flag("unanswered")

    def delete(self) -> None:
        r"""Add \Deleted and \Seen; it goes when the folder is purged."""
        self._flag("delete")

    def undelete(self) -> None:
        r"""Remove \Deleted."""
        self._flag("undelete")

    def copy(self, to: str | Folder) -> Message:
        """Copy it to another folder and return the copy; FolderUnknown where there is no such folder."""
        return self._carry("copy", to)

    def move(self, to: str | Folder) -> Message:
        """Copy it to another folder, mark it deleted here, and return the copy; it goes when this folder is purged."""
        return self._carry("move", to)

    def refresh(self) -> None:
        """Look again at the local copy; raises MessageGone where it is no longer there."""
        row = self._account.cache.messages.get(self.id)
        if row is None:
            raise self._gone()
        self._row = row

    def is_in(self, account: Account, folder: int) -> bool:
        """Tell, for the other classes here, whether it is in this folder of this account."""
        return self._account is account and self._row.folder == folder

    def _flag(self, purpose: str) -> None:
        changing.flag(self._account, self._row.folder, [self.id], purpose)
        self.refresh()

    def _carry(self, kind: str, to: str | Folder) -> Message:
        target = naming.folder_row(self._account, to)
        copies = changing.carry(self._account, kind, self._row.folder, [self.id], target)
        self.refresh()
        if not copies:
            raise MessageGone(f"the copy of {self!r} was made, and is gone already")
        return Message(self._account, copies[0])

    def _gone(self) -> MessageGone:
        return MessageGone(f"{self!r} is no longer there")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return self.id == other.id and self._account is other._account

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        number = "not on the server yet" if self.uid is None else f"UID {self.uid}"
        return f"<Message {number}: {self.subject!r}>"
