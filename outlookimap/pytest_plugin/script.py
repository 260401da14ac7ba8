"""A recorded connection as steps in which both sides can be said again: whole commands, and what answers them.

Knows of IMAP what `traffic.parts` tells apart, and reads commands. Tags stay as they are written, placeholders too; the
placeholder for UIDVALIDITY becomes a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from outlookimap.conformance.said import Whole, uttered
from outlookimap.pytest_plugin.findings import Nothing
from outlookimap.traffic import Transcript
from outlookimap.traffic.format import ANNOUNCEMENT, Comment, Entry, Event, Form, Mark, Placeholder, Said, Slot
from outlookimap.traffic.parts import Part, Parts, completed
from outlookimap.traffic.replaying import connections
from outlookimap.transport.tap import Sender
from outlookimap.wire import commands as c
from outlookimap.wire.command_items import BadCommand, ReceivedCommand
from outlookimap.wire.secret import Secret

_UIDVALIDITY = b"1"
_GREETING = re.compile(rb"\* +(?:OK|PREAUTH|BYE)(?![^ \r\n])", re.IGNORECASE)
_CONDITION = re.compile(rb"[^ ]+ +(OK|NO|BAD)", re.IGNORECASE)
_STATUS = re.compile(rb"\* +(?:OK|NO|BAD|BYE|PREAUTH)(?![^ \r\n])", re.IGNORECASE)
_LITERALS = 20  # a command that was cut off is filled up to this many times


@dataclass(slots=True, eq=False)
class Command:
    """A command with its literals; `go_aheads` are the continuation requests that were made for them.

    `condition` is how it was answered (OK, NO, BAD), None where it was not; `entries` are its client's.
    """

    line: int
    tag: bytes
    entries: list[Said]
    go_aheads: list[bytes] = field(default_factory=list)
    condition: bytes | None = None
    completion: Said | None = None

    @property
    def text(self) -> str:
        """The first line without the tag, for people; secrets are stars as recorded."""
        return _resolved(self.entries[0]).rstrip(b"\r\n").decode("latin-1").partition(" ")[2]

    @property
    def cut(self) -> bool:
        """Whether a literal it announced was never sent: it may have been refused."""
        return bool(self.entries[-1].form is not Form.LITERAL and ANNOUNCEMENT.search(_resolved(self.entries[-1])))

    def read(self) -> c.Command | None:
        """Return the command, stand-ins where secrets are masked or a literal is missing; None for what is none."""
        parts = [_resolved(entry) for entry in self.entries]
        for _ in range(_LITERALS):
            item = uttered(Whole(self.line, parts)).item
            if isinstance(item, ReceivedCommand):
                return item.command
            if isinstance(item, BadCommand):
                return None
            announced = ANNOUNCEMENT.search(parts[-1])
            if announced is None:
                break
            parts += [b"x" * min(int(announced[1]), 1 << 20), b"\r\n"]
        return self._hidden(parts[0])

    @staticmethod
    def _hidden(line: bytes) -> c.Command | None:
        """Return a sign-in of which not even the first argument is shown."""
        word = line.split()[1].upper() if len(line.split()) > 1 else b""
        if word == b"LOGIN":
            return c.Login(b"user", Secret("password"))
        return c.Authenticate(b"PLAIN") if word == b"AUTHENTICATE" else None


@dataclass(frozen=True, slots=True)
class Answer:
    """A line of the client within AUTHENTICATE, or within IDLE."""

    line: int
    octets: bytes


@dataclass(frozen=True, slots=True)
class Heard:
    """What the server said at once; `tag` is what it completes, `to` the command it goes on with, either None."""

    entry: Said
    octets: bytes
    part: Part
    tag: bytes | None = None
    to: Command | None = None


@dataclass(frozen=True, slots=True)
class Secured:
    """TLS begins."""

    line: int


Step: TypeAlias = Command | Answer | Heard | Secured
"""What happens on a connection, in order; a go-ahead for a literal is no step but part of its command."""


def steps(entries: Iterable[Entry]) -> list[Step]:
    """Return the steps of one connection; raises TranscriptError for a command without tag or name."""
    found: list[Step] = []
    parts = Parts()
    latest: dict[bytes, Command] = {}
    command: Command | None = None
    asks = False  # the last words of the client announced a literal, and nobody has let it go on
    for entry in entries:
        if isinstance(entry, Comment):
            continue
        if isinstance(entry, Mark):
            if entry.event is Event.TLS:
                found.append(Secured(entry.line))
            continue
        octets = _resolved(entry)
        flows = parts.authenticating or parts.name == b"IDLE"
        part = parts.take(entry, octets)
        if entry.sender is Sender.CLIENT:
            asks = parts.asks
        if part is Part.COMMAND:
            command = latest[parts.tag] = Command(entry.line, parts.tag, [entry])
            found.append(command)
        elif part is Part.MORE and command is not None:
            command.entries.append(entry)
        elif entry.sender is Sender.CLIENT:
            found.append(Answer(entry.line, octets))
        elif part is Part.CONTINUATION and command is not None and asks and not flows:
            command.go_aheads.append(octets)
            asks = False
        else:
            found.append(_heard(entry, octets, part, latest, command))
    return found


def _heard(entry: Said, octets: bytes, part: Part, latest: dict[bytes, Command], command: Command | None) -> Heard:
    if part is Part.CONTINUATION:
        return Heard(entry, octets, part, to=command)
    tag = completed(octets) if part is Part.COMPLETION else None
    answered = latest.get(tag) if tag is not None else None
    if answered is not None and (condition := _CONDITION.match(octets)):
        answered.condition, answered.completion = condition[1].upper(), entry
    return Heard(entry, octets, part, tag, answered)


def conversations(transcript: Transcript) -> list[list[Step]] | Nothing:
    """Return the steps of each connection that is there from its greeting on, or why none can be said again."""
    found = [steps(entries) for entries in connections(transcript.entries)]
    if not any(isinstance(step, Heard) for one in found for step in one):
        return Nothing("no response of a server is in it")
    if not any(isinstance(step, Command) for one in found for step in one):
        return Nothing("no command of a client is in it")
    found = [one for one in found if _begins(one)]
    if not found:
        return Nothing("no connection in it begins with the greeting of a server: nothing can be said from the middle")
    for one in found:
        for line in _gaps(one):
            return Nothing(f"line {line}: the literal it announces is missing")
    return found


def _begins(found: Iterable[Step]) -> bool:
    first = next((step for step in found if not isinstance(step, Secured)), None)
    return isinstance(first, Heard) and _GREETING.match(first.octets) is not None


def _gaps(found: Iterable[Step]) -> Iterator[int]:
    """Yield the lines after which a literal of the server's is missing."""
    announced = 0
    for step in found:
        if not isinstance(step, Heard):
            continue
        if announced and step.entry.form is not Form.LITERAL:
            yield announced
        announces = ANNOUNCEMENT.search(step.octets) and not _STATUS.match(step.octets)
        data = step.part is Part.DATA or (step.part is Part.REST and step.entry.form is not Form.LITERAL)
        announced = step.entry.line if announces and data else 0


def _resolved(entry: Said) -> bytes:
    text = b"".join(_octets(part) for part in entry.text)
    return text + b"\r\n" if entry.form is Form.LINE else text


def _octets(part: bytes | Slot) -> bytes:
    if isinstance(part, bytes):
        return part
    return _UIDVALIDITY if part.kind is Placeholder.UIDVALIDITY else part.written
