"""What the local copy has and what the server said, made into what is to be done. Pure: no connection, no table."""

from __future__ import annotations

import enum
import itertools
import math
import operator
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from outlookimap.cache import Flag, FolderRow
from outlookimap.client import Folder, Mailbox
from outlookimap.wire.mailbox import is_inbox

# ---------------------------------------------------------------- one folder


class Visit(enum.Enum):
    """How a folder is visited.

    `FIRST`: nothing of it is here, one command fetches all headers. `AGAIN`: a sweep of UIDs and flags, then the
    headers that are missing. `ANEW`: its UIDs did not last, all is fetched beside what is here.
    """

    FIRST = "first"
    AGAIN = "again"
    ANEW = "anew"


def uids_persist(mailbox: Mailbox) -> bool:
    """Tell whether UIDs seen now will mean the same messages at the next visit.

    Statements: O5:V0003
    """
    return mailbox.uids_persist and mailbox.uidvalidity != 0


def kind_of_visit(folder: FolderRow, here: bool, mailbox: Mailbox) -> Visit:
    """Return how to visit `folder` as SELECT found it; `here` tells whether messages with a UID are shown.

    Statements: O5:V0003, O5:V0055
    """
    if not here:
        return Visit.FIRST
    return Visit.AGAIN if uids_persist(mailbox) and folder.uidvalidity == mailbox.uidvalidity else Visit.ANEW


def continues(folder: FolderRow, mailbox: Mailbox) -> bool:
    """Tell whether a visit anew that was interrupted can go on where it stood; else it starts over.

    Statements: O5:V0003
    """
    return folder.building is not None and uids_persist(mailbox) and folder.building_uidvalidity == mailbox.uidvalidity


Cached: TypeAlias = tuple[int, int, str]
"""A message that is here: UID, the server's flags, keywords."""
Flags: TypeAlias = tuple[Flag, str]
"""The five flags, and keywords."""
Seen: TypeAlias = tuple[int, Flag, str]
"""What the server said of a message: UID, flags, keywords."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What the server said of all messages: their UIDs and, each at the same place, their flags."""

    uids: Sequence[int]
    flags: Sequence[Flags]

    def in_order(self) -> Sweep:
        """Return the same by ascending UID with each UID once, as it was told last: servers err in both."""
        if all(map(operator.lt, self.uids, itertools.islice(self.uids, 1, None))):
            return self
        last = dict(zip(self.uids, self.flags, strict=True))
        uids = sorted(last)
        return Sweep(uids, [last[uid] for uid in uids])


@dataclass(frozen=True, slots=True)
class Merge:
    """What a sweep means: UIDs that are not here, UIDs that are gone, messages with other flags."""

    new: tuple[int, ...]
    gone: tuple[int, ...]
    changed: tuple[Seen, ...]


def merge(cached: Iterable[Cached], server: Sweep) -> Merge:
    """Compare what is here with a sweep, both by ascending UID, each UID once.

    Statements: O5:V0055, O5:C0002
    """
    new: list[int] = []
    gone: list[int] = []
    changed: list[Seen] = []
    there = zip(server.uids, server.flags, strict=True)
    next_uid, said = next(there, _END)
    for uid, flags, keywords in cached:
        while next_uid < uid:
            new.append(int(next_uid))
            next_uid, said = next(there, _END)
        if next_uid != uid:
            gone.append(uid)
            continue
        if said[0] != flags or said[1] != keywords:
            changed.append((uid, *said))
        next_uid, said = next(there, _END)
    while next_uid != math.inf:
        new.append(int(next_uid))
        next_uid, said = next(there, _END)
    return Merge(tuple(new), tuple(gone), tuple(changed))


_END: tuple[float, Flags] = (math.inf, (Flag(0), ""))


# ---------------------------------------------------------------- the folders

SPECIAL: Mapping[str, str] = {
    "\\Inbox": "inbox",
    "\\Sent": "sent",
    "\\Drafts": "drafts",
    "\\Trash": "trash",
    "\\Spam": "junk",
    "\\Junk": "junk",
    "\\Archive": "archive",
    "\\AllMail": "all",
    "\\All": "all",
    "\\Starred": "flagged",
    "\\Flagged": "flagged",
    "\\Important": "important",
}
"""What attributes say a folder is for: those of XLIST's first server, and those of RFC 6154."""


def special_use(folder: Folder) -> str | None:
    """Return what a folder is for, None where that is nothing special; INBOX is known by its name.

    Statements: O5:V0061
    """
    if is_inbox(folder.raw):
        return "inbox"
    return next((use for attribute, use in SPECIAL.items() if attribute in folder.attributes), None)


@dataclass(frozen=True, slots=True)
class Listed:
    """A folder as it is to be kept; `subscribed` is None where nobody asked."""

    folder: Folder
    subscribed: bool | None
    special: str | None


@dataclass(frozen=True, slots=True)
class FolderPlan:
    """What a folder list means: folders to add, rows to update by id, ids of rows that go.

    `kept` are rows the server no longer lists whose changes are not played yet: they stay until those are.
    """

    add: tuple[Listed, ...]
    update: tuple[tuple[int, Listed], ...]
    gone: tuple[int, ...]
    kept: tuple[int, ...]


def plan_folders(rows: Sequence[FolderRow], listed: Sequence[Folder], *, busy: Collection[int] = ()) -> FolderPlan:
    """Compare the folders that are here with the list of the server; `busy` are the ids of those with open changes.

    Names that differ by case alone are different folders, INBOX excepted. A list without INBOX neither adds one nor
    takes away the one that is here: it can be selected all the same. Attributes are those the list came with.

    Statements: O5:V0016, O5:V0022, O5:V0041, O5:V0042, O5:V0043
    """
    asked = any(folder.source == "LSUB" for folder in listed)
    # of two that came to one name on the server, the one that shows that name is it
    known = sorted(rows, key=lambda row: row.raw == row.server_raw)
    by_name = {_key(row.server_raw): row for row in known if row.server_raw is not None}
    taken = {_key(row.raw): row for row in rows if not row.removed}
    add: dict[bytes, Listed] = {}
    update: dict[int, Listed] = {}
    for folder in listed:
        found = Listed(folder, folder.source == "LSUB" if asked else None, special_use(folder))
        key = _key(folder.raw)
        row = by_name.get(key)
        if row is None and (here := taken.get(key)) is not None:
            # made here and by somebody else as well: one folder, unless a change of ours still has to find that out
            if here.server_raw is not None or here.id in busy:
                continue
            row = here
        if row is None:
            add[key] = found
        else:
            update[row.id] = found
    missing = [
        row for row in rows if row.server_raw is not None and row.id not in update and not is_inbox(row.server_raw)
    ]
    return FolderPlan(
        tuple(add.values()),
        tuple(update.items()),
        tuple(row.id for row in missing if row.id not in busy),
        tuple(row.id for row in missing if row.id in busy),
    )


def _key(raw: bytes) -> bytes:
    return raw.upper() if is_inbox(raw) else raw
