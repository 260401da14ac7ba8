r"""A local copy with something in it, changes recorded there, and what plays them over a script; knows no test.

INBOX has UIDVALIDITY 7 and the messages "one" (UID 5), "two" (7, \Seen) and "three" (9); Work has 8 and nothing yet.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from outlookimap.cache import Arrived, Cache, ChangeRow, ChangeState, Flag, FolderRow, MessageRow
from outlookimap.errors import OutlookImapError
from outlookimap.profiles import Policy, load
from outlookimap.sync.account import Account
from outlookimap.sync.changes import Change, record
from outlookimap.sync.line import Line
from outlookimap.sync.playing import play
from support.scripted import PLAIN, talk
from support.syncing import fetched

SENT = dt.datetime(1996, 7, 17, 2, 44, 25, tzinfo=dt.timezone(dt.timedelta(hours=-7)))
"""The date of all messages, as `syncing.DATE`."""
CAPABILITIES = "IMAP4rev1 UIDPLUS"


def said(command: str, *answers: str, end: str = "OK done") -> str:
    """Return a command and its answers, each a line of the server without the mark of one."""
    return "\n".join([f"C: $tag {command}", *(f"S: {answer}" for answer in answers), f"S: $tag {end}", ""])


def alive(wanted: str, *messages: str, end: str = "OK done") -> str:
    r"""Return the question which of `wanted` are there; each of `messages` stands for one, as ``1 5 \Seen``."""
    lines = []
    for message in messages:
        seq, uid, *flags = message.split()
        lines.append(f"S: * {seq} FETCH (UID {uid} FLAGS ({' '.join(flags)}))")
    return fetched(wanted, *lines, items="UID FLAGS", end=end)


def appended(octets: bytes, flags: str = r"\Seen", folder: str = "Work", end: str = "OK done") -> str:
    """Return an APPEND of `octets`, whose date is `SENT`, and its answer."""
    lines = octets.decode("ascii").split("\r\n")
    return "\n".join(
        [
            f'C: $tag APPEND "{folder}" ({flags}) "17-Jul-1996 02:44:25 -0700" {{{len(octets)}}}',
            "S: + go on",
            *(f"C| {line}".rstrip() for line in lines),
            "C:",
            f"S: $tag {end}",
            "",
        ]
    )


@dataclass(slots=True)
class Desk:
    """A local copy that somebody works on."""

    cache: Cache = field(default_factory=Cache)
    policy: Policy = PLAIN
    version: str = "2013"

    def __post_init__(self) -> None:
        if not self.cache.folders.all():
            self.stock("INBOX", 7, {5: "one", 7: "two", 9: "three"}, {7: Flag.SEEN})
            self.stock("Work", 8, {})

    def stock(
        self, name: str, uidvalidity: int, messages: Mapping[int, str], flags: Mapping[int, Flag] | None = None
    ) -> int:
        """Add a folder as a visit leaves it, with messages by UID."""
        raw = name.encode()
        folder = self.cache.folders.add(raw, raw, name=name, delimiter="/", attributes=(), source="LIST")
        self.cache.folders.update(folder, uidvalidity=uidvalidity, floor=max(messages, default=0), visited=SENT)
        self.cache.messages.add(
            folder,
            1,
            [
                Arrived(uid, (flags or {}).get(uid, Flag(0)), "", 100, SENT, header_of(subject))
                for uid, subject in messages.items()
            ],
        )
        return folder

    # ---------------------------------------------------------------- what is there

    def folder(self, name: str) -> int:
        """Return the id of a folder."""
        return self.row(name).id

    def row(self, name: str) -> FolderRow:
        """Return a folder."""
        row = self.cache.folders.by_name(name)
        assert row is not None, name
        return row

    def ids(self, *uids: int, folder: str = "INBOX") -> tuple[int, ...]:
        """Return the ids of messages by their UIDs."""
        rows = [self.cache.messages.by_uid(self.folder(folder), uid) for uid in uids]
        return tuple(row.id for row in rows if row is not None)

    def message(self, identity: int) -> MessageRow:
        """Return a message."""
        row = self.cache.messages.get(identity)
        assert row is not None
        return row

    def shown(self, folder: str = "INBOX") -> list[tuple[int | None, str, Flag]]:
        """Return what a folder shows: UIDs, subjects and flags, those without a UID first."""
        rows = self.cache.messages.find(self.folder(folder), order="uid")
        return [(row.uid, row.subject, row.flags) for row in sorted(rows, key=lambda row: (row.uid or 0, row.id))]

    def flags(self, uid: int, folder: str = "INBOX") -> tuple[Flag, Flag]:
        """Return the flags a message shows, and those the server has."""
        [identity] = self.ids(uid, folder=folder)
        row = self.message(identity)
        return row.flags, row.server_flags

    def change(self, identity: int) -> ChangeRow:
        """Return a change."""
        row = self.cache.changes.get(identity, octets=True)
        assert row is not None
        return row

    def state(self, identity: int) -> ChangeState:
        """Return where a change stands."""
        return self.change(identity).state

    def placeholder(self, change: int, place: int = 0) -> MessageRow:
        """Return a message that a change makes."""
        identity = self.change(change).subjects[place].placeholder
        assert identity is not None
        return self.message(identity)

    # ---------------------------------------------------------------- what is changed

    def record(self, change: Change) -> int:
        """Record a change and return its id."""
        return record(self.cache, load(self.version), self.policy, change, made=SENT)

    def flagging(self, purpose: str, *uids: int, folder: str = "INBOX", flags: Sequence[str] | None = None) -> int:
        """Change the flags of messages."""
        detail: dict[str, Any] = {"purpose": purpose} | ({} if flags is None else {"flags": flags})
        return self.record(Change("flags", self.folder(folder), messages=self.ids(*uids, folder=folder), detail=detail))

    def flagging_row(self, purpose: str, message: int, folder: str = "Work") -> int:
        """Change the flags of a message that may have no UID."""
        return self.record(Change("flags", self.folder(folder), messages=(message,), detail={"purpose": purpose}))

    def carry(self, kind: str, *uids: int, to: str = "Work") -> int:
        """Copy or move messages of INBOX."""
        return self.record(Change(kind, self.folder("INBOX"), self.folder(to), self.ids(*uids)))

    def append(self, octets: bytes, *flags: str, to: str = "Work") -> int:
        """Add a new message."""
        detail = {"flags": flags or ("\\Seen",), "date": SENT.isoformat()}
        return self.record(Change("append", target=self.folder(to), octets=octets, detail=detail))

    def create(self, name: str, parent: str | None = None) -> int:
        """Make a folder."""
        above = None if parent is None else self.folder(parent)
        return self.record(Change("create", detail={"name": name, "parent": above}))

    def rename(self, name: str, to: str) -> int:
        """Rename a folder; `to` is the whole new name."""
        return self.record(Change("rename", self.folder(name), detail={"raw": to.encode().hex()}))

    def on(self, kind: str, name: str = "INBOX") -> int:
        """Record a change that needs a folder and nothing else."""
        return self.record(Change(kind, self.folder(name)))

    def doubt(self, change: int, *, floor: int | None = None, uidvalidity: int | None = None, step: int = 0) -> int:
        """Let a change be one whose commands went out and were never answered."""
        self.cache.changes.set_floor(change, floor, uidvalidity)
        self.cache.changes.set_state(change, ChangeState.SENT)
        self.cache.changes.set_step(change, step)
        return change

    # ---------------------------------------------------------------- what is played

    def play(
        self, text: str, *, now: int | None = None, capabilities: str = CAPABILITIES
    ) -> Mapping[int, OutlookImapError]:
        """Play the queue while `text` happens, up to the change `now` where the user waits for that."""
        with talk(text, self.version, capabilities=capabilities, policy=self.policy) as session:
            return play(Line(session), self.cache, until=now, queued=now is None)

    @contextlib.contextmanager
    def account(self, text: str, *, connected: bool = True, capabilities: str = CAPABILITIES) -> Iterator[Account]:
        """Give an account over the local copy whose first connection is `text`, all of which must happen."""
        with talk(text, self.version, capabilities=capabilities, policy=self.policy) as session:
            account = Account(self.cache, lambda: session, profile=session.profile, policy=session.policy)
            if connected:
                account.connect()
            yield account


def header_of(subject: str) -> bytes:
    """Return the header that `syncing.header` writes."""
    return f"Subject: {subject}\r\nMessage-ID: <{subject}@x>\r\n\r\n".encode()
