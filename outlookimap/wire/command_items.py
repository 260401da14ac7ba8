"""What a reader of commands yields, item by item, in the order of the stream.

Every item carries the octets of the wire that it took since the item before it, cut where secret ones begin and end.
Neither they nor lines of an AUTHENTICATE exchange show in a repr.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TypeAlias

from outlookimap.errors import RemoteProtocolError
from outlookimap.wire.commands import Command
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.secret import Piece


class Mode(enum.Enum):
    """What the octets that come next are."""

    COMMANDS = enum.auto()
    """Commands, one after the other."""
    SECRET_LINES = enum.auto()
    """One line of an AUTHENTICATE exchange."""
    LINES = enum.auto()
    """One line while IDLE runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """Root of all items."""

    pieces: tuple[Piece, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReceivedCommand(_Item):
    """A command that was read, with the departures from the grammar that its reader accepted."""

    tag: bytes
    command: Command
    leniencies: tuple[Leniency, ...] = ()


@dataclass(frozen=True, slots=True)
class BadCommand(_Item):
    """A command that cannot be read; `tag` and `keyword` (upper case) are None where not even they can be told.

    The stream goes on after it. The error of a command that may hold a secret shows nothing of it.
    """

    tag: bytes | None
    keyword: bytes | None
    error: RemoteProtocolError


@dataclass(frozen=True, slots=True)
class LiteralAnnounced(_Item):
    """A command announces a literal of `size` octets; with `synchronizing` its sender waits for ``+``, or NO or BAD.

    `tag` and `keyword` are those of the command, None where they cannot be told.
    """

    tag: bytes | None
    keyword: bytes | None
    size: int
    synchronizing: bool


@dataclass(frozen=True, slots=True)
class ReceivedLine(_Item):
    """A line that is no command, without its end: an answer in AUTHENTICATE (base64 or ``*``), or ``DONE``."""

    octets: bytes = field(repr=False)
    leniencies: tuple[Leniency, ...] = ()


CommandItem: TypeAlias = ReceivedCommand | BadCommand | LiteralAnnounced | ReceivedLine
"""Whatever a reader of commands yields."""
