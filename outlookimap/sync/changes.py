"""What can be changed, and how a change shows here at once: it is recorded in the queue and seen in the local copy.

What the product would never send is refused before anything is written. Knows no connection: when and how a change
reaches the server is `playing`'s business, and taking one back is `effects`'s.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from outlookimap.cache import BodyState, Cache, Criteria, FolderRow, MessageRow, Subject
from outlookimap.cache.changes import PURPOSES
from outlookimap.cache.rows import flag_bits
from outlookimap.cache.summary import split
from outlookimap.client import guard, mime
from outlookimap.client.folder_verbs import refuse_delimiter
from outlookimap.errors import FolderUnknown, MessageGone, UsageError
from outlookimap.profiles import Context, Policy, Profile
from outlookimap.protocol.states import State
from outlookimap.wire import commands as c
from outlookimap.wire import mailbox as names
from outlookimap.wire.command_writer import write_command
from outlookimap.wire.dates import write_date_time
from outlookimap.wire.flags import canonical
from outlookimap.wire.sequence import SequenceSet

REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Change:
    """A change a user wants; folders and messages are ids of the local copy.

    By `kind`: ``"flags"`` of `messages` in `folder`, `detail` is ``{"purpose": ...}`` of `cache.changes.PURPOSES` or
    ``{"purpose": "replace", "flags": [names]}``; ``"copy"`` and ``"move"`` of `messages` in `folder` to `target`;
    ``"append"`` of `octets` to `target`, ``{"flags": [names], "date": ISO 8601 or None}``; ``"purge"`` of `folder`;
    ``"create"``, ``{"name": one level, "parent": folder or None}``; ``"rename"`` of `folder`, ``{"raw": the whole new
    raw name in hexadecimal}``; ``"delete"``, ``"subscribe"``, ``"unsubscribe"`` of `folder`.
    """

    kind: str
    folder: int | None = None
    target: int | None = None
    messages: tuple[int, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)
    octets: bytes | None = field(default=None, repr=False)


def record(cache: Cache, profile: Profile, policy: Policy, change: Change, *, made: dt.datetime | None = None) -> int:
    """Put a change into the queue, let the local copy show it, and return its id; all of it or nothing, on the disk.

    Of several messages those that are gone are left out. Raises MessageGone where none is left, FolderUnknown,
    UsageError, ProfileViolation where the product would not send it, LocalProtocolError where the grammar forbids it.

    Statements: O5:V0005, O5:V0013, O5:V0014, O5:V0018, O5:V0020
    """
    recorder = _RECORDERS.get(change.kind)
    if recorder is None:
        raise UsageError(f"{change.kind!r} is no kind of change: there are {', '.join(_RECORDERS)}")
    with cache.transaction(durable=True):
        return recorder(_Recording(cache, profile, policy, change, made or dt.datetime.now(dt.UTC)))


class _Recording:
    """One change on its way into the queue."""

    def __init__(self, cache: Cache, profile: Profile, policy: Policy, change: Change, made: dt.datetime) -> None:
        self.cache = cache
        self.profile = profile
        self.policy = policy
        self.change = change
        self.made = made

    def add(
        self,
        *,
        folder: int | None = None,
        target: int | None = None,
        detail: Mapping[str, Any] | None = None,
        subjects: Sequence[Subject] = (),
        octets: bytes | None = None,
    ) -> int:
        return self.cache.changes.add(
            self.change.kind,
            folder=folder,
            target=target,
            detail=detail,
            subjects=subjects,
            octets=octets,
            made=self.made,
        )

    def check(self, command: c.Command, delimiter: str | None = None) -> None:
        """Refuse what the profile never sends, and what cannot be written at all."""
        octets = None if delimiter is None else names.encode(delimiter)
        guard.check(command, Context(self.profile, self.policy, State.SELECTED, delimiter=octets))
        write_command(b"a", command)

    def folder(self, identity: int | None) -> FolderRow:
        row = None if identity is None else self.cache.folders.get(identity)
        if row is None or row.removed:
            raise FolderUnknown(f"{self.change.kind}: there is no folder {identity} in the local copy")
        return row

    def target(self) -> FolderRow:
        """Return the folder messages go to."""
        row = self.folder(self.change.target)
        if "\\Noselect" in row.attributes:
            raise UsageError(f"the folder {row.name!r} holds no messages, only other folders")
        return row

    def messages(self) -> list[MessageRow]:
        """Return the messages that are still there."""
        if not self.change.messages:
            raise UsageError(f"{self.change.kind}: name at least one message")
        found = [self.cache.messages.get(one) for one in dict.fromkeys(self.change.messages)]
        rows = [row for row in found if row is not None]
        for row in rows:
            if row.folder != self.change.folder:
                raise UsageError(f"{self.change.kind}: message {row.id} is not in folder {self.change.folder}")
        if not rows:
            raise MessageGone(f"{self.change.kind}: none of these messages is there any more")
        return rows

    def delimiter(self) -> str | None:
        return next((row.delimiter for row in self.cache.folders.all() if row.delimiter), None)


# ---------------------------------------------------------------- messages


def _flags(one: _Recording) -> int:
    """Record a change of flags; only the five are ever sent.

    Statements: O5:V0005, O5:V0056
    """
    purpose = one.change.detail.get("purpose")
    detail: dict[str, Any] = {"purpose": purpose}
    if purpose == REPLACE:
        detail["flags"] = _canonical(one.change.detail.get("flags", ()))
        flags = tuple(flag.encode() for flag in detail["flags"])
        one.check(c.Store(SequenceSet.of(1), c.StoreAction.REPLACE, flags, uid=True))
    elif purpose not in PURPOSES:
        raise UsageError(f"flags: {purpose!r} is no purpose: there are {', '.join(PURPOSES)} and {REPLACE}")
    rows = one.messages()
    identity = one.add(folder=one.change.folder, detail=detail, subjects=[Subject(row.id) for row in rows])
    one.cache.messages.refresh(row.id for row in rows)
    return identity


def _copy(one: _Recording) -> int:
    """Record a copy or a move: the copies are in the target at once, with what is here of the messages.

    Statements: O5:V0057
    """
    target = one.target()
    if one.change.kind == "move" and target.id == one.change.folder:
        raise UsageError(f"move: the messages are in {target.name!r} already")
    one.check(c.Copy(SequenceSet.of(1), target.raw, uid=True))
    rows = one.messages()
    subjects = [Subject(row.id, _copied(one.cache, row, target)) for row in rows]
    identity = one.add(folder=one.change.folder, target=target.id, subjects=subjects)
    if one.change.kind == "move":
        one.cache.messages.refresh(row.id for row in rows)
    return identity


def _copied(cache: Cache, row: MessageRow, target: FolderRow) -> int:
    octets, state = cache.messages.body(row.id) or (None, BodyState.NONE)
    return cache.messages.add_local(
        target.id,
        target.generation,
        octets=octets,
        header=cache.messages.header(row.id) or b"",
        flags=row.flags,
        internaldate=row.internaldate,
        size=row.size,
        body=state,
    )


def _append(one: _Recording) -> int:
    """Record a new message, octet for octet as it will be sent; one without an octet is a literal of none.

    Statements: O5:V0005, O5:V0012, O5:V0013, O5:V0014, O5:V0046
    """
    if one.change.octets is None:
        raise UsageError("append: the octets of the message are missing")
    target = one.target()
    octets = mime.octets(one.change.octets)
    flags = _canonical(one.change.detail.get("flags", ()))
    given = one.change.detail.get("date")
    date = dt.datetime.fromisoformat(given) if given else one.made.astimezone()
    date = (date if date.tzinfo else date.astimezone()).replace(microsecond=0)
    one.check(c.Append(target.raw, octets, tuple(flag.encode() for flag in flags), write_date_time(date)))
    placeholder = one.cache.messages.add_local(
        target.id,
        target.generation,
        octets=octets,
        header=split(octets)[0],
        flags=flag_bits(flags),
        internaldate=date,
        size=len(octets),
        body=BodyState.WHOLE,
    )
    return one.add(
        target=target.id,
        detail={"flags": flags, "date": date.isoformat()},
        subjects=[Subject(placeholder, placeholder)],
        octets=octets,
    )


def _purge(one: _Recording) -> int:
    r"""Record that what is shown as \Deleted goes; it is not seen any more."""
    folder = one.folder(one.change.folder)
    one.check(c.Expunge())
    going = [row.id for row in one.cache.messages.find(folder.id, Criteria(deleted=True), order="uid")]
    one.cache.messages.hide(going)
    return one.add(folder=folder.id, subjects=[Subject(row) for row in going])


def _canonical(flags: Sequence[str]) -> list[str]:
    return [canonical(flag.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape") for flag in flags]


# ---------------------------------------------------------------- folders


def _create(one: _Recording) -> int:
    """Record a new folder, one level below another or below the root folder path.

    Statements: O5:V0018, O5:V0020, O5:V0022
    """
    name = str(one.change.detail.get("name", ""))
    parent_id = one.change.detail.get("parent")
    parent = None if parent_id is None else one.folder(parent_id)
    delimiter = one.delimiter() if parent is None else parent.delimiter or one.delimiter()
    raw = _level(one, name, delimiter)
    above = names.encode(one.policy.root_folder) if parent is None else parent.raw
    if above:
        if not delimiter:
            raise UsageError("create: this server has no hierarchy: a folder cannot be made below another")
        raw = above.removesuffix(names.encode(delimiter)) + names.encode(delimiter) + raw
    one.check(c.Create(raw), delimiter)
    if one.cache.folders.by_raw(raw) is not None:
        raise UsageError(f"create: there is a folder {names.decode(raw)!r} already")
    identity = one.cache.folders.add(raw, None, name=names.decode(raw), delimiter=delimiter, attributes=(), source="")
    return one.add(folder=identity, detail={"name": name, "parent": parent_id})


def _rename(one: _Recording) -> int:
    """Record another last level for the name of a folder.

    Statements: O5:V0018, O5:V0020
    """
    folder = one.folder(one.change.folder)
    raw = bytes.fromhex(str(one.change.detail.get("raw", "")))
    if names.is_inbox(folder.raw):
        raise UsageError("rename: INBOX keeps its name")
    octets = names.encode(folder.delimiter) if folder.delimiter else b""
    above = folder.raw.rpartition(octets)[0] + octets if octets and octets in folder.raw else b""
    if not raw.startswith(above):
        raise UsageError(f"rename: {names.decode(raw)!r} is not where {folder.name!r} is: only the last level changes")
    level = raw.removeprefix(above)
    _level(one, names.decode(level), folder.delimiter)
    one.check(c.Rename(folder.raw, raw), folder.delimiter)
    if one.cache.folders.by_raw(raw) is not None:
        raise UsageError(f"rename: there is a folder {names.decode(raw)!r} already")
    identity = one.add(
        folder=folder.id, detail={"raw": raw.hex(), "old": folder.raw.hex(), "level": level.hex(), "name": folder.name}
    )
    one.cache.folders.rename_tree(folder.id, raw, server=False)
    return identity


def _level(one: _Recording, name: str, delimiter: str | None) -> bytes:
    """Return one level of a name as it goes over the wire.

    Statements: O5:V0020
    """
    if not name:
        raise UsageError(f"{one.change.kind}: a folder has a name of at least one character")
    refuse_delimiter(name, delimiter, one.profile)
    return names.encode(name)


def _delete(one: _Recording) -> int:
    folder = one.folder(one.change.folder)
    if names.is_inbox(folder.raw):
        raise UsageError("delete: INBOX cannot be deleted")
    one.check(c.Delete(folder.raw))
    one.cache.folders.update(folder.id, removed=True)
    return one.add(folder=folder.id, detail={"name": folder.name})


def _subscribe(one: _Recording) -> int:
    folder = one.folder(one.change.folder)
    wanted = one.change.kind == "subscribe"
    one.check(c.Subscribe(folder.raw) if wanted else c.Unsubscribe(folder.raw))
    identity = one.add(folder=folder.id, detail={"before": folder.subscribed})
    one.cache.folders.update(folder.id, subscribed=wanted)
    return identity


_RECORDERS: Mapping[str, Callable[[_Recording], int]] = {
    "flags": _flags,
    "copy": _copy,
    "move": _copy,
    "append": _append,
    "purge": _purge,
    "create": _create,
    "rename": _rename,
    "delete": _delete,
    "subscribe": _subscribe,
    "unsubscribe": _subscribe,
}
