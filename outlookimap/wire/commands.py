"""Commands as values: RFC 3501 section 6 and the extensions Outlook or Exchange know.

Strings are octets as they mean, not as they are written: the writer chooses between atom, quoted string and literal.
Mailbox names are raw (modified UTF-7). A command does not carry its tag: the connection gives it one.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import ClassVar

from outlookimap.errors import LocalProtocolError
from outlookimap.wire.fetch import FetchAtt
from outlookimap.wire.search import SearchKey
from outlookimap.wire.secret import Secret
from outlookimap.wire.sequence import SequenceSet


@dataclass(frozen=True, slots=True)
class Command:
    """Root of all commands; `name` is the keyword as it is written."""

    name: ClassVar[bytes]


@dataclass(frozen=True, slots=True)
class Capability(Command):
    """CAPABILITY (RFC 3501 section 6.1.1)."""

    name: ClassVar[bytes] = b"CAPABILITY"


@dataclass(frozen=True, slots=True)
class Noop(Command):
    """NOOP (6.1.2)."""

    name: ClassVar[bytes] = b"NOOP"


@dataclass(frozen=True, slots=True)
class Logout(Command):
    """LOGOUT (6.1.3)."""

    name: ClassVar[bytes] = b"LOGOUT"


@dataclass(frozen=True, slots=True)
class StartTls(Command):
    """STARTTLS (6.2.1)."""

    name: ClassVar[bytes] = b"STARTTLS"


@dataclass(frozen=True, slots=True)
class Authenticate(Command):
    """AUTHENTICATE (6.2.2); `initial` is the initial response of RFC 4959, None where there is none."""

    name: ClassVar[bytes] = b"AUTHENTICATE"
    mechanism: bytes
    initial: Secret | None = None


@dataclass(frozen=True, slots=True)
class Login(Command):
    """LOGIN (6.2.3)."""

    name: ClassVar[bytes] = b"LOGIN"
    user: bytes
    password: Secret


@dataclass(frozen=True, slots=True)
class Enable(Command):
    """ENABLE (RFC 5161)."""

    name: ClassVar[bytes] = b"ENABLE"
    capabilities: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class MailboxCommand(Command):
    """A command whose only argument is a mailbox name."""

    mailbox: bytes


@dataclass(frozen=True, slots=True)
class Select(MailboxCommand):
    """SELECT (6.3.1)."""

    name: ClassVar[bytes] = b"SELECT"


@dataclass(frozen=True, slots=True)
class Examine(MailboxCommand):
    """EXAMINE (6.3.2)."""

    name: ClassVar[bytes] = b"EXAMINE"


@dataclass(frozen=True, slots=True)
class Create(MailboxCommand):
    """CREATE (6.3.3); `use` holds the special uses of RFC 6154 section 3."""

    name: ClassVar[bytes] = b"CREATE"
    use: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Delete(MailboxCommand):
    """DELETE (6.3.4)."""

    name: ClassVar[bytes] = b"DELETE"


@dataclass(frozen=True, slots=True)
class Rename(Command):
    """RENAME (6.3.5)."""

    name: ClassVar[bytes] = b"RENAME"
    mailbox: bytes
    to: bytes


@dataclass(frozen=True, slots=True)
class Subscribe(MailboxCommand):
    """SUBSCRIBE (6.3.6)."""

    name: ClassVar[bytes] = b"SUBSCRIBE"


@dataclass(frozen=True, slots=True)
class Unsubscribe(MailboxCommand):
    """UNSUBSCRIBE (6.3.7)."""

    name: ClassVar[bytes] = b"UNSUBSCRIBE"


@dataclass(frozen=True, slots=True)
class ListCommand(Command):
    """The arguments that LIST, LSUB and XLIST share."""

    reference: bytes
    pattern: bytes


@dataclass(frozen=True, slots=True)
class List(ListCommand):
    """LIST (6.3.8); `select` and `returns` are the options of RFC 6154 section 2 (SPECIAL-USE)."""

    name: ClassVar[bytes] = b"LIST"
    select: tuple[bytes, ...] = ()
    returns: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Lsub(ListCommand):
    """LSUB (6.3.9)."""

    name: ClassVar[bytes] = b"LSUB"


@dataclass(frozen=True, slots=True)
class Xlist(ListCommand):
    """XLIST, the precursor of RFC 6154 that Outlook 2013 speaks (O5:V0061)."""

    name: ClassVar[bytes] = b"XLIST"


@dataclass(frozen=True, slots=True)
class Status(Command):
    """STATUS (6.3.10); `items` are names of status data items."""

    name: ClassVar[bytes] = b"STATUS"
    mailbox: bytes
    items: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Append(Command):
    """APPEND (6.3.11); `date` is the text between the quotes of a date-time, `message` always goes as a literal."""

    name: ClassVar[bytes] = b"APPEND"
    mailbox: bytes
    message: bytes
    flags: tuple[bytes, ...] | None = None
    date: bytes | None = None


@dataclass(frozen=True, slots=True)
class Namespace(Command):
    """NAMESPACE (RFC 2342)."""

    name: ClassVar[bytes] = b"NAMESPACE"


@dataclass(frozen=True, slots=True)
class Id(Command):
    """ID (RFC 2971); `fields` is None for NIL, a value may be None for NIL."""

    name: ClassVar[bytes] = b"ID"
    fields: tuple[tuple[bytes, bytes | None], ...] | None


@dataclass(frozen=True, slots=True)
class Idle(Command):
    """IDLE (RFC 2177); DONE is no command of its own."""

    name: ClassVar[bytes] = b"IDLE"


@dataclass(frozen=True, slots=True)
class Check(Command):
    """CHECK (6.4.1)."""

    name: ClassVar[bytes] = b"CHECK"


@dataclass(frozen=True, slots=True)
class Close(Command):
    """CLOSE (6.4.2)."""

    name: ClassVar[bytes] = b"CLOSE"


@dataclass(frozen=True, slots=True)
class Unselect(Command):
    """UNSELECT (RFC 3691)."""

    name: ClassVar[bytes] = b"UNSELECT"


@dataclass(frozen=True, slots=True)
class Expunge(Command):
    """EXPUNGE (6.4.3), or UID EXPUNGE (RFC 4315) when `uids` are given."""

    name: ClassVar[bytes] = b"EXPUNGE"
    uids: SequenceSet | None = None


@dataclass(frozen=True, slots=True)
class Search(Command):
    """SEARCH (6.4.4); with `uid` UID SEARCH."""

    name: ClassVar[bytes] = b"SEARCH"
    keys: tuple[SearchKey, ...]
    charset: bytes | None = None
    uid: bool = False

    def __post_init__(self) -> None:
        if not self.keys:
            raise LocalProtocolError("SEARCH needs at least one search key")


@dataclass(frozen=True, slots=True)
class Fetch(Command):
    """FETCH (6.4.5); with `uid` UID FETCH. Either `items` or a `macro` (ALL, FULL, FAST).

    `parenthesized` tells the two spellings of a single item apart: ``(UID)`` and ``UID``.
    """

    name: ClassVar[bytes] = b"FETCH"
    messages: SequenceSet
    items: tuple[FetchAtt, ...] = ()
    macro: bytes | None = None
    uid: bool = False
    parenthesized: bool = True

    def __post_init__(self) -> None:
        if bool(self.items) == (self.macro is not None):
            raise LocalProtocolError("FETCH takes data items or one macro")
        if self.macro is not None:
            object.__setattr__(self, "parenthesized", False)
        elif not self.parenthesized and len(self.items) != 1:
            raise LocalProtocolError("several data items stand in parentheses")


class StoreAction(enum.Enum):
    """What STORE does to the flags: replace, add, remove."""

    REPLACE = b""
    ADD = b"+"
    REMOVE = b"-"


@dataclass(frozen=True, slots=True)
class Store(Command):
    r"""STORE (6.4.6); with `uid` UID STORE. `parenthesized` tells ``(\\Seen)`` from ``\\Seen``."""

    name: ClassVar[bytes] = b"STORE"
    messages: SequenceSet
    action: StoreAction
    flags: tuple[bytes, ...]
    silent: bool = False
    uid: bool = False
    parenthesized: bool = True

    def __post_init__(self) -> None:
        if not self.flags and not self.parenthesized:
            raise LocalProtocolError("an empty list of flags needs its parentheses")

    @property
    def item(self) -> bytes:
        """The name of the data item: ``+FLAGS.SILENT``."""
        return self.action.value + b"FLAGS" + (b".SILENT" if self.silent else b"")


@dataclass(frozen=True, slots=True)
class Copy(Command):
    """COPY (6.4.7); with `uid` UID COPY."""

    name: ClassVar[bytes] = b"COPY"
    messages: SequenceSet
    mailbox: bytes
    uid: bool = False


@dataclass(frozen=True, slots=True)
class Move(Command):
    """MOVE (RFC 6851); with `uid` UID MOVE."""

    name: ClassVar[bytes] = b"MOVE"
    messages: SequenceSet
    mailbox: bytes
    uid: bool = False


@dataclass(frozen=True, slots=True)
class UnknownCommand(Command):
    """A command whose keyword no table has; `keyword` is upper case, `arguments` what follows it, literals included."""

    name: ClassVar[bytes] = b""
    keyword: bytes
    arguments: bytes = b""


COMMANDS: tuple[type[Command], ...] = (
    Capability, Noop, Logout, StartTls, Authenticate, Login, Enable, Select, Examine, Create, Delete, Rename, Subscribe,
    Unsubscribe, List, Lsub, Xlist, Status, Append, Namespace, Id, Idle, Check, Close, Unselect, Expunge, Search, Fetch,
    Store, Copy, Move,
)  # fmt: skip
"""Every command with a keyword of its own."""

_KEYWORDS = frozenset((b"UID", *(command.name for command in COMMANDS)))

UID_COMMANDS: frozenset[bytes] = frozenset((b"COPY", b"FETCH", b"STORE", b"SEARCH", b"EXPUNGE", b"MOVE"))
"""Keywords that may follow UID."""

STATUS_ITEMS: tuple[bytes, ...] = (b"MESSAGES", b"RECENT", b"UIDNEXT", b"UIDVALIDITY", b"UNSEEN")
"""What a `status-att` may be."""

SECRET_FIELDS: frozenset[tuple[bytes, str]] = frozenset(((b"LOGIN", "password"), (b"AUTHENTICATE", "initial")))
"""The one table of secret fields; besides them every line of an AUTHENTICATE exchange a client sends is secret."""


def is_secret(name: bytes, field: str) -> bool:
    """Tell whether the field of the command with this keyword is secret."""
    return (name, field) in SECRET_FIELDS


def has_secrets(name: bytes) -> bool:
    """Tell whether the command with this keyword has a secret field."""
    return any(name == owner for owner, _ in SECRET_FIELDS)


def is_unknown(keyword: bytes) -> bool:
    """Tell whether no table has this keyword, in upper case; ``UID X`` is unknown where no table has ``X``."""
    return keyword.removeprefix(b"UID ") not in _KEYWORDS


def keyword(command: Command) -> bytes:
    """Return the keyword as a server sees it: ``UID FETCH``, ``NOOP``."""
    if isinstance(command, UnknownCommand):
        return command.keyword
    if isinstance(command, Expunge):
        return b"UID EXPUNGE" if command.uids is not None else b"EXPUNGE"
    return b"UID " + command.name if getattr(command, "uid", False) else command.name
