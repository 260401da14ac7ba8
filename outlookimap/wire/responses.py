"""Responses as values: RFC 3501 section 7 and the extensions Outlook or Exchange know.

Strings are octets. Each value carries the leniencies its reader needed; a value that was built, not read, has none, and
they do not count when values are compared.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from outlookimap.wire.fetch import FLAGS, UID, FetchAtt
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.sequence import SequenceSet
from outlookimap.wire.structure import Body, Envelope


class Condition(enum.Enum):
    """The condition of a status response (RFC 3501 section 7.1)."""

    OK = b"OK"
    NO = b"NO"
    BAD = b"BAD"
    PREAUTH = b"PREAUTH"
    BYE = b"BYE"


@dataclass(frozen=True, slots=True)
class AppendUid:
    """The arguments of APPENDUID (RFC 4315 section 3)."""

    uidvalidity: int
    uids: SequenceSet


@dataclass(frozen=True, slots=True)
class CopyUid:
    """The arguments of COPYUID (RFC 4315 section 3): UIDs in the source and, in the same order, in the target."""

    uidvalidity: int
    source: SequenceSet
    target: SequenceSet


CodeValue: TypeAlias = "int | bytes | tuple[bytes, ...] | AppendUid | CopyUid | None"


@dataclass(frozen=True, slots=True)
class Code:
    """A `resp-text-code`: its name in upper case and its arguments.

    UIDNEXT, UIDVALIDITY and UNSEEN have an int; BADCHARSET, CAPABILITY and PERMANENTFLAGS a tuple of octets; APPENDUID
    and COPYUID their own values; any other, and one whose arguments cannot be read, the octets after the name or None.
    """

    name: bytes
    value: CodeValue = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Root of all responses."""

    leniencies: tuple[Leniency, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Continuation(Response):
    """A `continue-req`: what follows ``+``: base64 in AUTHENTICATE, else text (RFC 3501 section 7.5)."""

    text: bytes = b""


@dataclass(frozen=True, slots=True)
class StatusResponse(Response):
    """OK, NO, BAD, PREAUTH or BYE; `tag` is None when it is untagged (RFC 3501 section 7.1)."""

    tag: bytes | None
    condition: Condition
    code: Code | None = None
    text: bytes = b""


@dataclass(frozen=True, slots=True)
class CapabilityData(Response):
    """CAPABILITY (7.2.1), names in upper case."""

    capabilities: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ListData(Response):
    """LIST, LSUB or XLIST (7.2.2, 7.2.3); `delimiter` is None for NIL, `mailbox` the raw name."""

    kind: bytes
    attributes: tuple[bytes, ...]
    delimiter: bytes | None
    mailbox: bytes


@dataclass(frozen=True, slots=True)
class StatusData(Response):
    """STATUS (7.2.4), the items in the order sent."""

    mailbox: bytes
    items: tuple[tuple[bytes, int], ...]


@dataclass(frozen=True, slots=True)
class SearchData(Response):
    """SEARCH (7.2.5): message sequence numbers, or UIDs when UID SEARCH asked."""

    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FlagsData(Response):
    """FLAGS (7.2.6)."""

    flags: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Exists(Response):
    """EXISTS (7.3.1): the number of messages in the mailbox."""

    count: int


@dataclass(frozen=True, slots=True)
class Recent(Response):
    """RECENT (7.3.2)."""

    count: int


@dataclass(frozen=True, slots=True)
class ExpungeData(Response):
    """EXPUNGE (7.4.1): the sequence number of the message that is gone."""

    seq: int


FetchValue: TypeAlias = "int | bytes | tuple[bytes, ...] | Envelope | Body | None"


@dataclass(frozen=True, slots=True)
class FetchData(Response):
    """FETCH (7.4.2): the items in the order sent, each as (item, value).

    UID and RFC822.SIZE have an int, FLAGS a tuple of octets, INTERNALDATE the octets between its quotes, ENVELOPE and
    BODY and BODYSTRUCTURE their own values, everything that is a nstring octets or None, an item that no table has its
    octets as they stood.
    """

    seq: int
    items: tuple[tuple[FetchAtt, FetchValue], ...]

    @property
    def uid(self) -> int | None:
        """The UID among the items, or None."""
        value = self.get(UID)
        return value if isinstance(value, int) else None

    @property
    def flags(self) -> tuple[bytes, ...] | None:
        """The flags among the items, or None; of several the last."""
        value = self.get(FLAGS)
        return value if isinstance(value, tuple) else None

    def get(self, name: bytes) -> FetchValue:
        """Return the value of the last item called `name` without a section, or None."""
        for item, value in reversed(self.items):
            if item.name == name and item.section is None:
                return value
        return None


@dataclass(frozen=True, slots=True)
class FetchRun(Response):
    """FETCH responses one after the other that have the same items in the same order, UID among them, in columns.

    What a reader makes, where it is asked for runs, of responses that needed no leniency; `expanded()` is what it gives
    else. The value of `items[i]` of the message `seqs[j]` is ``columns[i][j]``.
    """

    seqs: Sequence[int]
    items: tuple[FetchAtt, ...]
    columns: tuple[Sequence[FetchValue], ...]

    def __len__(self) -> int:
        return len(self.seqs)

    @property
    def uids(self) -> Sequence[int]:
        """The UIDs."""
        return cast("Sequence[int]", self.column(UID))

    def column(self, name: bytes) -> Sequence[FetchValue] | None:
        """Return the values of the item called `name` that has no section, None where it did not come."""
        for item, values in zip(self.items, self.columns, strict=True):
            if item.name == name and item.section is None:
                return values
        return None

    def expanded(self) -> list[FetchData]:
        """Return the responses one by one."""
        rows = zip(self.seqs, *self.columns, strict=True)
        return [FetchData(seq, tuple(zip(self.items, values, strict=True))) for seq, *values in rows]


NamespaceEntries: TypeAlias = tuple[tuple[bytes, bytes | None], ...]
"""Namespaces as (prefix, delimiter or None); () is NIL."""


@dataclass(frozen=True, slots=True)
class NamespaceData(Response):
    """NAMESPACE (RFC 2342): personal, other users', shared; extensions are dropped."""

    personal: NamespaceEntries = ()
    others: NamespaceEntries = ()
    shared: NamespaceEntries = ()


@dataclass(frozen=True, slots=True)
class IdData(Response):
    """ID (RFC 2971); None is NIL."""

    fields: tuple[tuple[bytes, bytes | None], ...] | None


@dataclass(frozen=True, slots=True)
class EnabledData(Response):
    """ENABLED (RFC 5161)."""

    capabilities: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class UnknownData(Response):
    """Untagged data no table has: everything after ``* ``, literals included; empty for a blank line."""

    data: bytes


RESPONSES: tuple[type[Response], ...] = (
    Continuation, StatusResponse, CapabilityData, ListData, StatusData, SearchData, FlagsData, Exists, Recent,
    ExpungeData, FetchData, NamespaceData, IdData, EnabledData, UnknownData,
)  # fmt: skip
"""Every kind of response; a `FetchRun` is several of one kind."""
