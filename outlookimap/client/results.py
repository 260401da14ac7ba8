"""What a session hands out: folders, the selected mailbox, messages, events. Text above, octets only where mail is.

Everything here has already passed through the profile: what the product ignores is not in it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from outlookimap.protocol.events import Exists, Expunged
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.responses import Response


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as LIST, LSUB or XLIST named it; `raw` is its name on the wire, good for every method that takes a name.

    `attributes` are the ones the product recognises; `source` is the response they came with.
    """

    name: str
    raw: bytes = field(repr=False)
    delimiter: str | None
    attributes: frozenset[str]
    source: str

    @property
    def selectable(self) -> bool:
        r"""Whether the folder can be selected: it is not \Noselect."""
        return "\\Noselect" not in self.attributes

    @property
    def may_have_children(self) -> bool:
        r"""Whether folders can be made below it: it is not \Noinferiors."""
        return "\\Noinferiors" not in self.attributes


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The selected mailbox: number of messages, UIDVALIDITY, and the first unseen message where the server said it.

    `unseen` is a sequence number to show, no decision rests on it. `uids_persist` is False after UIDNOTSTICKY.
    """

    name: str
    raw: bytes = field(repr=False)
    exists: int
    uidvalidity: int
    unseen: int | None = None
    uids_persist: bool = True


class Message(NamedTuple):
    """What a FETCH response said of one message; None where it said nothing.

    `seq` was its sequence number and `uid` its UID when the response arrived. `flags` are without those the product
    ignores, keywords included. `size` is in octets and for display only (O5:V0007). `header` and `body` are octets as
    they came; `partial` says that what came of them is not the whole, whatever was asked for (O5:V0070).
    """

    # a tuple, because thousands are made a second
    seq: int
    uid: int | None = None
    flags: frozenset[str] | None = None
    size: int | None = None
    internaldate: dt.datetime | None = None
    header: bytes | None = None
    body: bytes | None = None
    partial: bool = False
    leniencies: tuple[Leniency, ...] = ()

    def __repr__(self) -> str:
        shown = (name for name in self._fields if name not in ("header", "body"))
        return f"Message({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


@dataclass(frozen=True, slots=True)
class Appended:
    """Where an APPEND put its message, None where the server did not say (RFC 4315)."""

    uidvalidity: int | None = None
    uid: int | None = None


@dataclass(frozen=True, slots=True)
class Copied:
    """Where a COPY put its messages: UIDs by UID, empty where the server did not say (RFC 4315)."""

    uidvalidity: int | None = None
    uids: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a connection carried: commands submitted, octets sent and received, as plain text also where TLS ran."""

    commands: int = 0
    sent: int = 0
    received: int = 0

    def since(self, before: Traffic) -> Traffic:
        """Return what came on top of `before`."""
        return Traffic(self.commands - before.commands, self.sent - before.sent, self.received - before.received)


@dataclass(frozen=True, slots=True)
class Alert:
    """A text the server wants a person to see."""

    text: str


@dataclass(frozen=True, slots=True)
class Other:
    """Any other data the product does not ignore, as the response it was."""

    response: Response


Event: TypeAlias = Exists | Expunged | Message | Folder | Alert | Other
"""What nobody asked for, in the order it arrived: `Exists` (count, change), `Expunged` (seq, uid) and the others."""
