"""From what a script asks for to a `Change`, and from what became of it to rows. Decides nothing about either."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from email.message import EmailMessage

from outlookimap.cache import FolderRow, MessageRow
from outlookimap.client import mime
from outlookimap.errors import FolderUnknown, MessageGone, UsageError
from outlookimap.sync.account import Account, Outcome
from outlookimap.sync.changes import Change
from outlookimap.wire import mailbox as names


def flag(account: Account, folder: int, messages: Sequence[int], purpose: str) -> set[int]:
    """Change flags of messages, as one change; return those that were still there, MessageGone where none was."""
    change = Change("flags", folder=folder, messages=tuple(messages), detail={"purpose": purpose})
    return _touched(account.change(change))


def carry(account: Account, kind: str, folder: int, messages: Sequence[int], target: FolderRow) -> list[MessageRow]:
    """Copy or move (`kind`) messages, as one change; return the copies, MessageGone where no message was left."""
    outcome = account.change(Change(kind, folder=folder, target=target.id, messages=tuple(messages)))
    there = _touched(outcome)
    copies = [one.placeholder for one in outcome.subjects if one.message in there and one.placeholder is not None]
    return [row for row in map(account.cache.messages.get, copies) if row is not None]


def append(
    account: Account, folder: int, message: bytes | EmailMessage, flags: Iterable[str], date: dt.datetime | None
) -> MessageRow:
    """Add a message and return its row.

    Statements: O5:V0014
    """
    if not isinstance(message, bytes | EmailMessage):
        raise UsageError(f"a message is bytes or an EmailMessage, not {type(message).__name__}")
    if isinstance(flags, str):
        raise UsageError(f"flags={flags!r}: pass a list of flags, [{flags!r}]")
    detail = {"flags": [*flags], "date": None if date is None else date.astimezone().isoformat()}
    outcome = account.change(Change("append", target=folder, detail=detail, octets=mime.octets(message)))
    rows = (account.cache.messages.get(one.placeholder) for one in outcome.subjects if one.placeholder is not None)
    row = next((row for row in rows if row is not None), None)
    if row is None:
        raise MessageGone("the message was added, and is gone already")
    return row


def create(account: Account, name: str, *, below: FolderRow | None) -> FolderRow:
    """Make a folder `below` another or, for None, at the top; return its row."""
    parent = None if below is None else below.id
    outcome = account.change(Change("create", detail={"name": name, "parent": parent}))
    row = None if outcome.folder is None else account.cache.folders.get(outcome.folder)
    if row is None:
        raise FolderUnknown(f"the folder {name!r} was made, and is gone already")
    return row


def rename(account: Account, folder: FolderRow, name: str) -> None:
    """Give the last level of a folder's name another name."""
    above = b""
    if folder.delimiter:
        levels, delimiter, _ = folder.raw.rpartition(names.encode(folder.delimiter))
        above = levels + delimiter
    raw = above + names.encode(name)
    account.change(Change("rename", folder=folder.id, detail={"raw": raw.hex()}))


def of_folder(account: Account, kind: str, folder: FolderRow) -> None:
    """Make a change that is about a folder alone: delete, subscribe, unsubscribe, purge (`kind`)."""
    account.change(Change(kind, folder=folder.id))


def _touched(outcome: Outcome) -> set[int]:
    there = {one.message for one in outcome.subjects if one.message is not None} - {*outcome.dropped}
    if not there:
        raise MessageGone("none of these messages is there any more")
    return there
