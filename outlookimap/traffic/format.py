"""The model of a recorded conversation and the constants of its text form, the `.imap` format (docs/transcripts.md).

A `Transcript` checks itself when it is made, so that whoever holds one holds a conversation the format can express.
This module does not know how the text is read or written, and nothing of IMAP but what a line end and the
announcement of a literal (RFC 3501 section 4.3) look like.
"""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from outlookimap.errors import TranscriptError
from outlookimap.transport.tap import Sender

MAGIC = "# outlookimap recording "
"""The first line of a file, up to the number of the format's version."""

VERSION = 1
"""The version of the format this package reads and writes."""

PLACEHOLDER = re.compile(rb"\$(tag[0-9]*|uidvalidity)(?![0-9A-Za-z_-])")
"""A placeholder outside literals; group 1 is its name. Any other word after a dollar sign is plain text."""

STAR_ROW = re.compile(rb"\*{2,}")
"""What a masked secret looks like; one star alone is IMAP's own (`LIST "" *`, the `*` that cancels AUTHENTICATE)."""

ANNOUNCEMENT = re.compile(rb"\{([0-9]{1,20})(\+?)\}\r?\n\Z")
"""The end of a line that announces a literal: its number of octets, and ``+`` when it does not wait for the server."""

MAX_PAUSE = 999_999_999.0
"""The longest time mark, in seconds."""

_STATEMENT = re.compile(r"[A-Z]+[0-9]+:(?:[VCE][0-9]+|[0-9]+(?:\.[0-9]+)*[a-z]?)")
_EXPECT = re.compile(r"conforms|violates(?: \S+)+")
_EXTRA_KEY = re.compile(r"x-[a-z0-9-]+")
_ONE_LINE = re.compile(r"(?:[!-~](?:[ -~]*[!-~])?)?")


class Provenance(enum.Enum):
    """Where a conversation comes from."""

    OBSERVED = "observed"  # whole, between two real programs
    FRAGMENT = "fragment"  # real octets, but not all of them
    SYNTHETIC = "synthetic"  # written by hand or by a program
    DOCUMENTED = "documented"  # printed in a specification


@dataclass(frozen=True, slots=True)
class Header:
    """What is known about a conversation; raises `TranscriptError` for a value that no header line can hold.

    `expect` is empty (nothing is expected), ``conforms``, or ``violates`` and the ids of the statements broken.
    `guard` is False when the client was allowed to send what its product never sends. `extra` holds keys that begin
    with ``x-``, for anybody's use.
    """

    client: str = ""
    server: str = ""
    profile: str = ""
    provenance: Provenance = Provenance.OBSERVED
    statements: tuple[str, ...] = ()
    expect: str = ""
    guard: bool = True
    extra: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        keys = [key for key, _ in self.extra]
        for key in keys:
            if not _EXTRA_KEY.fullmatch(key):
                raise TranscriptError(f"{key!r} is no extra header key: use lower case, as in 'x-note'")
        if len(set(keys)) != len(keys):
            raise TranscriptError("an extra header key is given twice")
        named = (("client", self.client), ("server", self.server), ("profile", self.profile), *self.extra)
        for key, value in named:
            if not _ONE_LINE.fullmatch(value):
                raise TranscriptError(f"the value of {key} is not one line of printable ASCII: {value!r}")
        for statement in (*self.statements, *self.expect.split()[1:]):
            if not _STATEMENT.fullmatch(statement):
                raise TranscriptError(f"{statement!r} is no statement id such as O5:V0055")
        if self.expect and not _EXPECT.fullmatch(self.expect):
            raise TranscriptError(f"expect is 'conforms' or 'violates' and ids, not {self.expect!r}")


class Form(enum.Enum):
    """How octets are shown; the value is the second character of their line."""

    LINE = ":"  # a line; its CRLF is implied
    PART = "-"  # octets without an implied line end: a cut line, or one that ends in a bare LF
    LITERAL = "|"  # a whole literal


class Placeholder(enum.Enum):
    """The two kinds of value that differ from one run to the next; the value is the name's beginning."""

    TAG = "tag"
    UIDVALIDITY = "uidvalidity"


@dataclass(frozen=True, slots=True)
class Slot:
    """A placeholder in its place: ``$tag``, ``$tag1`` ..., ``$uidvalidity``; `number` is the text after ``tag``."""

    kind: Placeholder
    number: str = ""

    def __post_init__(self) -> None:
        if not PLACEHOLDER.fullmatch(self.written):
            raise TranscriptError(f"{self.written.decode('ascii', 'replace')} is no placeholder")

    @property
    def written(self) -> bytes:
        """The placeholder as it stands in the file."""
        return f"${self.kind.value}{self.number}".encode()


Text: TypeAlias = tuple[bytes | Slot, ...]
"""Octets and placeholders in their order."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one side sent at once: a line, a part of one, or a literal.

    `text` lacks the CRLF of a `Form.LINE`. `pause` is the time since the entry before in seconds, 0 when it was not
    noted. `line` is the 1-based line of the file, 0 without one; it does not count when two are compared.
    Raises `TranscriptError` for octets its form cannot hold.
    """

    sender: Sender
    form: Form
    text: Text
    pause: float = 0.0
    line: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        _check_pause(self.pause, self.line)
        object.__setattr__(self, "text", joined(self.text))
        octets = b"".join(part for part in self.text if isinstance(part, bytes))
        if self.form is Form.LINE and b"\n" in octets:
            raise TranscriptError("a line feed inside a line: that is two lines", line=self.line or None)
        if self.form is Form.PART and (not self.text or b"\n" in octets[:-1] or self._ends_before_slot()):
            message = "a part of a line holds at least one octet, and a line feed only as its last"
            raise TranscriptError(message, line=self.line or None)
        if self.form is Form.LITERAL and any(isinstance(part, Slot) for part in self.text):
            raise TranscriptError("a literal holds no placeholders: its octets are counted", line=self.line or None)

    def _ends_before_slot(self) -> bool:
        return any(isinstance(part, bytes) and part.endswith(b"\n") for part in self.text[:-1])

    @property
    def octets(self) -> bytes:
        """The octets as they were sent, line end included; placeholders stand as they are written."""
        text = b"".join(part if isinstance(part, bytes) else part.written for part in self.text)
        return text + b"\r\n" if self.form is Form.LINE else text


class Event(enum.Enum):
    """What happened to the connection; the value is what follows ``@`` in the file."""

    CONNECTED = "connected"  # a second and later connection of the same recording
    TLS = "tls"
    CLOSED = "closed"
    CLOSED_BY_CLIENT = "closed client"
    CLOSED_BY_SERVER = "closed server"
    GUARD_OFF = "guard off"  # from here on the client may send what its product never sends
    GUARD_ON = "guard on"
    REMATCH = "rematch"  # UIDs did not last, and bodies that were here stand for messages that were recognised

    @property
    def ends(self) -> bool:
        """Whether nothing can be said after it on this connection."""
        return self in (Event.CLOSED, Event.CLOSED_BY_CLIENT, Event.CLOSED_BY_SERVER)


@dataclass(frozen=True, slots=True)
class Mark:
    """An event between the lines; `pause` and `line` as in `Said`."""

    event: Event
    pause: float = 0.0
    line: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        _check_pause(self.pause, self.line)


@dataclass(frozen=True, slots=True)
class Comment:
    """A remark for people, one line of printable ASCII without the ``# `` before it; `line` as in `Said`."""

    text: str
    line: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        if not _ONE_LINE.fullmatch(self.text):
            message = f"a comment is one line of printable ASCII: {self.text!r}"
            raise TranscriptError(message, line=self.line or None)


Entry: TypeAlias = Said | Mark | Comment
"""One entry of a recording."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """A recorded conversation: what is known about it, and its entries in their order.

    Raises `TranscriptError` when the entries do not make a conversation: a literal that was not announced or is of
    another length, a placeholder used before it is bound, something said after the end.
    """

    header: Header
    entries: tuple[Entry, ...] = ()

    def __post_init__(self) -> None:
        order = Order()
        for entry in self.entries:
            order.take(entry)

    def said(self, sender: Sender) -> list[Said]:
        """Return what `sender` said, in its order."""
        return [entry for entry in self.entries if isinstance(entry, Said) and entry.sender is sender]

    def octets(self, sender: Sender) -> bytes:
        """Return all octets `sender` sent, secrets masked, placeholders as they are written."""
        return b"".join(entry.octets for entry in self.said(sender))


class Following:
    """Where one side stands in its own stream while entries are read in order."""

    __slots__ = ("_tail", "continues")

    def __init__(self) -> None:
        self._tail = b""
        self.continues = False
        """Whether the next octets go on with a line that has begun, or with the command around a literal."""

    def take(self, entry: Said) -> None:
        """Note an entry of this side."""
        if entry.form is Form.LITERAL:
            self._tail, self.continues = b"", True
            return
        before = b"" if self._tail.endswith(b"\n") else self._tail
        self._tail = (before + entry.octets)[-64:]  # longer than any announcement
        self.continues = not self._tail.endswith(b"\n")

    def announced(self) -> int | None:
        """Return the number of octets of the literal the last line announced, None if it announced none."""
        match = ANNOUNCEMENT.search(self._tail)
        return int(match[1]) if match else None


class Order:
    """The rules between entries, checked one by one: `take()` raises `TranscriptError`."""

    __slots__ = ("_bound", "_closed", "_sides")

    def __init__(self) -> None:
        """Begin a recording."""
        self._sides = {sender: Following() for sender in Sender}
        self._bound: set[Slot] = set()
        self._closed = False

    def take(self, entry: Entry) -> None:
        """Check what comes next."""
        if isinstance(entry, Comment):
            return
        if isinstance(entry, Mark):
            self._mark(entry)
            return
        where = entry.line or None
        if self._closed:
            raise TranscriptError("something is said after the end of the connection", line=where)
        side = self._sides[entry.sender]
        if entry.form is Form.LITERAL:
            announced, found = side.announced(), len(entry.octets)
            if announced is None:
                raise TranscriptError("a literal that the line before did not announce with {n}", line=where)
            if announced != found:
                raise TranscriptError(f"the literal has {found} octets, {announced} were announced", line=where)
        self._bind(entry, begins=not side.continues)
        side.take(entry)

    def _mark(self, mark: Mark) -> None:
        if mark.event in (Event.GUARD_OFF, Event.GUARD_ON, Event.REMATCH):
            return
        if self._closed and mark.event is not Event.CONNECTED:
            raise TranscriptError("after the end of a connection only '@connected' can follow", line=mark.line or None)
        self._closed = mark.event.ends
        if mark.event is Event.CONNECTED:
            self._sides = {sender: Following() for sender in Sender}

    def _bind(self, entry: Said, *, begins: bool) -> None:
        for place, part in enumerate(entry.text):
            if not isinstance(part, Slot):
                continue
            if part.kind is Placeholder.UIDVALIDITY or (entry.sender is Sender.CLIENT and begins and place == 0):
                self._bound.add(part)
            elif part not in self._bound:
                message = f"{part.written.decode()} is used before a command began with it"
                raise TranscriptError(message, line=entry.line or None)


def _check_pause(pause: float, line: int) -> None:
    if not (math.isfinite(pause) and 0 <= pause <= MAX_PAUSE):
        raise TranscriptError(f"a pause of {pause} seconds cannot be written", line=line or None)


def joined(text: Iterable[bytes | Slot]) -> Text:
    """Return `text` without empty octets and with neighbouring octets as one, so that equal texts are equal."""
    joined: list[bytes | Slot] = []
    run: list[bytes] = []
    for part in text:
        if isinstance(part, bytes):
            run.append(part)
            continue
        if octets := b"".join(run):
            joined.append(octets)
        run.clear()
        joined.append(part)
    if octets := b"".join(run):
        joined.append(octets)
    return tuple(joined)
