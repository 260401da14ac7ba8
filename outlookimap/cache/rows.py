"""What the tables of the cache hold, as values. Knows no SQL and no server."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


class Flag(enum.IntFlag):
    """The five flags of a message, as a bit set.

    Statements: O5:V0005
    """

    SEEN = 1
    ANSWERED = 2
    FLAGGED = 4
    DELETED = 8
    DRAFT = 16


_NAMES: dict[str, Flag] = {
    "\\Seen": Flag.SEEN,
    "\\Answered": Flag.ANSWERED,
    "\\Flagged": Flag.FLAGGED,
    "\\Deleted": Flag.DELETED,
    "\\Draft": Flag.DRAFT,
}
_FOLDED = {name.lower(): flag for name, flag in _NAMES.items()}


def flag_bits(flags: Iterable[str]) -> Flag:
    """Return the five flags among `flags` as a bit set; names are compared without case (RFC 3501 section 2.3.2)."""
    bits = Flag(0)
    for name in flags:
        bits |= _FOLDED.get(name.lower(), Flag(0))
    return bits


def keywords(flags: Iterable[str]) -> str:
    """Return what is not among the five flags, sorted, separated by spaces."""
    return " ".join(sorted(name for name in flags if name.lower() not in _FOLDED))


def flag_names(bits: int) -> frozenset[str]:
    """Return a bit set as names."""
    return frozenset(name for name, flag in _NAMES.items() if bits & flag)


class BodyState(enum.IntEnum):
    """What of a message's octets is here."""

    NONE = 0
    WHOLE = 1
    PARTIAL = 2


class ChangeState(enum.StrEnum):
    """Where a change stands.

    `QUEUED`: not begun. `SENT`: a command of it went out and was not answered yet: in doubt after a crash. `HELD`: the
    server refused it, or (`step` is 1 then) took it and has it not, and its content is nowhere else. The rest are
    finished.
    """

    QUEUED = "queued"
    SENT = "sent"
    HELD = "held"
    DONE = "done"
    DROPPED = "dropped"
    REFUSED = "refused"
    DISCARDED = "discarded"


OPEN = (ChangeState.QUEUED, ChangeState.SENT, ChangeState.HELD)
"""The states of a change that is pending."""


@dataclass(frozen=True, slots=True)
class FolderRow:
    """A folder; the columns are explained in migration 0001."""

    id: int
    raw: bytes
    server_raw: bytes | None
    name: str
    delimiter: str | None
    attributes: frozenset[str]
    source: str
    subscribed: bool | None
    special: str | None
    removed: bool
    uidvalidity: int | None
    generation: int
    building: int | None
    building_uidvalidity: int | None
    floor: int
    unseen: int | None
    visited: dt.datetime | None

    @property
    def selectable(self) -> bool:
        r"""Whether the server lets it be selected: it is there and not \Noselect."""
        return self.server_raw is not None and "\\Noselect" not in self.attributes


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message without its octets; `internaldate` has its zone, `sent` is in UTC."""

    id: int
    folder: int
    generation: int
    uid: int | None
    flags: Flag
    server_flags: Flag
    keywords: tuple[str, ...]
    size: int | None
    internaldate: dt.datetime | None
    sent: dt.datetime | None
    subject: str
    sender: str
    recipients: str
    message_id: str
    header_hash: bytes | None
    body: BodyState
    hidden: bool


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message as it came from the server, to be stored; `header` is None where only a body came."""

    uid: int
    flags: Flag
    keywords: str
    size: int | None
    internaldate: dt.datetime | None
    header: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Subject:
    """One message of a change: `message` is what is changed, copied or appended, `placeholder` its copy."""

    message: int | None
    placeholder: int | None = None


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change as it stands in the queue."""

    id: int
    kind: str
    state: ChangeState
    step: int
    folder: int | None
    target: int | None
    detail: Mapping[str, Any]
    subjects: tuple[Subject, ...]
    floor: int | None
    floor_uidvalidity: int | None
    error: str | None
    made: dt.datetime
    octets: bytes | None = field(default=None, repr=False)

    @property
    def open(self) -> bool:
        """Whether it is pending."""
        return self.state in OPEN
