"""What a connection reports, in the order it arrived: never more than the octets said, never mixed into an answer.

An event names the command it answers by its tag, or None where nobody asked; which is which, `attribution` rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from outlookimap.errors import RemoteProtocolError
from outlookimap.wire.commands import Command
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.responses import Code, Condition, FetchData, FetchRun, Response


@dataclass(frozen=True, slots=True)
class Selection:
    """What SELECT's untagged data said of the mailbox; None where it said nothing (RFC 3501 section 6.3.1).

    `uids_stick` is False after UIDNOTSTICKY (RFC 4315 section 2).

    Statements: O5:V0036, O5:V0037
    """

    exists: int | None = None
    recent: int | None = None
    uidvalidity: int | None = None
    uidnext: int | None = None
    unseen: int | None = None
    uids_stick: bool = True
    flags: tuple[bytes, ...] | None = None
    permanent_flags: tuple[bytes, ...] | None = None


# ---------------------------------------------------------------- at the client


@dataclass(frozen=True, slots=True)
class Greeted:
    """The greeting: OK, PREAUTH or BYE."""

    condition: Condition
    code: Code | None
    text: bytes
    leniencies: tuple[Leniency, ...] = ()


@dataclass(frozen=True, slots=True)
class Completed:
    """A tagged response: `command` is answered. `selection` is filled for a SELECT or EXAMINE that succeeded."""

    tag: bytes
    command: Command
    condition: Condition
    code: Code | None
    text: bytes
    selection: Selection | None = None
    leniencies: tuple[Leniency, ...] = ()


@dataclass(frozen=True, slots=True)
class Challenged:
    """A challenge of AUTHENTICATE; `octets` is None where the base64 could not be read: cancel."""

    tag: bytes
    octets: bytes | None


@dataclass(frozen=True, slots=True)
class IdleBegan:
    """The server accepted IDLE."""

    tag: bytes


@dataclass(frozen=True, slots=True)
class Exists:
    """The mailbox has `count` messages; `change` is the difference to before. `answers` is a SELECT, or None."""

    count: int
    change: int
    answers: bytes | None = None


@dataclass(frozen=True, slots=True)
class Expunged:
    """The message at `seq` is gone; `uid` was its UID, None where it was never learnt."""

    seq: int
    uid: int | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """Data of the message at `seq`; `uid` resolved when it arrived. `answers` is the command that asked, or None."""

    seq: int
    uid: int | None
    data: FetchData
    answers: bytes | None = None


@dataclass(frozen=True, slots=True)
class FetchedRun:
    """Data of several messages that came alike, one after the other: as many `Fetched` with the same `answers`."""

    run: FetchRun
    answers: bytes | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """An untagged OK, NO or BAD, or a PREAUTH that is no greeting and means nothing.

    `answers` is the SELECT whose data the code is, or None.
    """

    condition: Condition
    code: Code | None
    text: bytes
    answers: bytes | None = None


@dataclass(frozen=True, slots=True)
class Data:
    """Any other response but a tagged one; `answers` is the command that asked, or None.

    A continuation request is the go-ahead for a literal of the command it answers.
    """

    response: Response
    answers: bytes | None = None


@dataclass(frozen=True, slots=True)
class Goodbye:
    """An untagged BYE: the server will close the connection. `code` and `text` are for logs."""

    text: bytes
    code: Code | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The last event: the stream ended, or `error` says why it cannot be followed; `unanswered` had no answer.

    There is one per connection. At the client `unanswered` holds also what was submitted and never sent.
    """

    error: RemoteProtocolError | None = None
    unanswered: tuple[tuple[bytes, Command], ...] = field(default=())


Event: TypeAlias = (
    Greeted
    | Completed
    | Challenged
    | IdleBegan
    | Exists
    | Expunged
    | Fetched
    | FetchedRun
    | Notice
    | Data
    | Goodbye
    | Ended
)


# ---------------------------------------------------------------- at the server


@dataclass(frozen=True, slots=True)
class CommandReceived:
    """A command that could be read."""

    tag: bytes
    command: Command
    leniencies: tuple[Leniency, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandUnreadable:
    """A frame that is no command; `tag` and `keyword` are None where not even they could be read."""

    tag: bytes | None
    error: RemoteProtocolError
    keyword: bytes | None = None


@dataclass(frozen=True, slots=True)
class LiteralOffered:
    """The client announced a literal of `size` octets; a synchronizing one waits for `accept_literal()`.

    `keyword` is that of the command, None where it could not be read.
    """

    tag: bytes | None
    size: int
    synchronizing: bool
    keyword: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer in AUTHENTICATE; `octets` is None where the client cancelled, `readable` tells bad base64 apart.

    The octets may hold a password and do not show in the repr.
    """

    octets: bytes | None = field(repr=False)
    readable: bool = True


@dataclass(frozen=True, slots=True)
class DoneReceived:
    """The client ended IDLE; `line` is what it wrote, DONE if it kept to RFC 2177."""

    line: bytes = field(repr=False)

    @property
    def is_done(self) -> bool:
        """Whether the line was DONE."""
        return self.line.strip().upper() == b"DONE"


ServerEvent: TypeAlias = CommandReceived | CommandUnreadable | LiteralOffered | Answered | DoneReceived | Ended
