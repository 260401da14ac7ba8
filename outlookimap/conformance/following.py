"""Follows one recorded connection after the other: what the client said, and what was known when it said it.

Tolerant of fragments: what is not shown is not known, and says so (`None`). Must not know any profile: whether
something was right to say is judged elsewhere.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from outlookimap.conformance.said import (
    Assembly,
    Uttered,
    Whole,
    is_secret_line,
    names_mailbox,
    response,
    shown_text,
    uttered,
    worth_reading,
)
from outlookimap.protocol.states import ALLOWED, GREETED, State, completed
from outlookimap.traffic.format import Comment, Entry, Event, Mark, Said
from outlookimap.transport.tap import Sender
from outlookimap.wire import commands as c
from outlookimap.wire.responses import (
    CapabilityData,
    Code,
    Condition,
    Continuation,
    ListData,
    StatusResponse,
)

_GREETING_CODES = (b"CAPABILITY", b"ALERT")
_OPENING = frozenset((b"CAPABILITY", b"LOGIN", b"AUTHENTICATE", b"STARTTLS"))
"""Commands that a conversation whose beginning is in doubt begins with, if the doubt is unfounded."""


class Epoch(enum.Enum):
    """What the capabilities of the server were last forgotten for."""

    UNKNOWN = "the recording began in the middle"
    GREETED = "greeting"
    ENCRYPTED = "TLS"
    SIGNED_IN = "sign-in"


@dataclass(slots=True)
class SignIn:
    """A try at signing in: LOGIN or a mechanism; how it was answered, None while unknown; CAPABILITY `asked` since."""

    way: str
    sent: Uttered
    answered: Condition | None = None
    asked: bool = False


@dataclass(slots=True)
class Connection:
    """What is known of a connection at one moment.

    `state` is None while unknown, `capabilities` while CAPABILITY was not answered in this `epoch`; `volunteered` are
    those it listed in response codes, `asked` says that the client asked, `fresh` that it has said nothing yet in this
    epoch. `attempts` are the ways of signing in tried here, `failed` those that failed, also on connections before
    that signed nobody in. `silence` is the time without a word from the client in seconds, None before its first; what
    passes while an answer is due does not count, but for IDLE's.
    `refused` is the mailbox that the last answer refused with TRYCREATE, and the command it refused.
    """

    number: int
    ordered: bool = True
    state: State | None = None
    epoch: Epoch = Epoch.UNKNOWN
    capabilities: frozenset[bytes] | None = None
    volunteered: frozenset[bytes] = frozenset()
    asked: bool = False
    fresh: bool = False
    delimiter: bytes | None = None
    sign_in: SignIn | None = None
    attempts: list[str] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    in_flight: dict[bytes, Uttered] = field(default_factory=dict)
    previous_tag: bytes | None = None
    idle_accepted: bool = False
    authenticating: bool = False
    server_shown: bool = False
    silence: float | None = None
    refused: tuple[bytes, c.Command] | None = None

    def begin(self, epoch: Epoch) -> None:
        """Forget what the server can do."""
        self.epoch, self.fresh = epoch, True
        self.capabilities, self.volunteered, self.asked = None, frozenset(), False

    @property
    def awaits_answer(self) -> bool:
        """Whether a command is being carried out, as far as is shown; while IDLE runs the client may speak."""
        return self.server_shown and any(not _idles(sent) for sent in self.in_flight.values())


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the client's while IDLE runs; `ends_idle` says that it is DONE, in whatever spelling."""

    line: int
    octets: bytes
    ends_idle: bool

    @property
    def text(self) -> str:
        """The line for people."""
        return shown_text(self.octets)


@dataclass(frozen=True, slots=True)
class Waited:
    """Time passed without a word from the client: its silence `before` and `after`, in seconds."""

    line: int
    before: float
    after: float

    @property
    def text(self) -> str:
        """The silence for people."""
        return f"{self.after:g} seconds of silence"


Step: TypeAlias = Uttered | Line | Waited
"""What can be judged."""


class Follower:
    """Walks through the entries of a recording; `connection` is what is known before the step last handed out."""

    def __init__(self, *, fragment: bool) -> None:
        """Begin; of a `fragment` neither its beginning nor the order of the two sides is sure."""
        self.fragment = fragment
        self.missing = False
        self._number = 0
        self._connect(set())

    def _connect(self, failed: set[str]) -> None:
        self._number += 1
        self.connection = Connection(self._number, ordered=not self.fragment, failed=failed)
        self._sides = {sender: Assembly() for sender in Sender}
        self._client_spoke = False
        self._anchored = not self.fragment
        self._doubtful_greeting: Condition | None = None

    def steps(self, entries: Iterable[Entry]) -> Iterator[Step]:
        """Yield what the client did, each before its effect on `connection`."""
        for entry in entries:
            yield from self.take(entry)
        yield from self._end()

    def take(self, entry: Entry) -> Iterator[Step]:
        """Yield what the client did in one entry; what has begun and does not end only `steps` yields."""
        if isinstance(entry, Comment):
            return
        yield from self._pass(entry)
        if isinstance(entry, Mark):
            yield from self._mark(entry)
        elif entry.sender is Sender.CLIENT:
            yield from self._client(entry)
        else:
            yield from self._server(entry)

    # ---------------------------------------------------------------- time and marks

    def _pass(self, entry: Said | Mark) -> Iterator[Step]:
        connection = self.connection
        before = connection.silence
        counts = connection.state is not State.LOGOUT and not connection.awaits_answer
        if before is not None and entry.pause and counts:
            step = Waited(entry.line, before, before + entry.pause)
            yield step
            self.connection.silence = step.after

    def _mark(self, mark: Mark) -> Iterator[Step]:
        if mark.event is Event.CONNECTED:
            yield from self._end()
            signed_in = self.connection.sign_in is not None and self.connection.sign_in.answered is Condition.OK
            self._connect(set() if signed_in else {*self.connection.failed, *self.connection.attempts})
        elif mark.event is Event.TLS and self._client_spoke and self.connection.epoch is not Epoch.ENCRYPTED:
            self.connection.begin(Epoch.ENCRYPTED)
        elif mark.event.ends:
            yield from self._end()

    def _end(self) -> Iterator[Step]:
        for whole in self._sides[Sender.CLIENT].rest():
            yield from self._said(whole)

    # ---------------------------------------------------------------- the client's side

    def _client(self, entry: Said) -> Iterator[Step]:
        self._client_spoke = True
        for whole in self._sides[Sender.CLIENT].take(entry, binds=True, literals=not self.connection.authenticating):
            yield from self._said(whole)
        self.connection.silence = 0.0

    def _said(self, whole: Whole) -> Iterator[Step]:
        connection, octets = self.connection, whole.octets
        if connection.authenticating and is_secret_line(octets):
            return
        words = octets.upper().split()
        done, ended = words == [b"DONE"], words[1:] == [b"DONE"]  # the second is DONE with a tag, which is no command
        if done or connection.idle_accepted:
            yield Line(whole.line, octets, ends_idle=done)
            connection.idle_accepted = False
        if not done and not ended:
            yield from self._command(whole)

    def _command(self, whole: Whole) -> Iterator[Step]:
        sent = uttered(whole)
        if not self._is_command(sent, whole):
            return
        self.missing = self.missing or sent.item is None
        self._resolve_greeting(sent)
        self._infer(sent)
        yield sent
        connection = self.connection
        connection.authenticating = connection.idle_accepted = connection.fresh = False
        connection.refused = None
        connection.previous_tag = sent.tag
        if not connection.server_shown:
            connection.in_flight.clear()  # nothing will ever be answered
        if sent.written_tag:
            connection.in_flight[sent.written_tag] = sent
        if sent.keyword == b"CAPABILITY":
            connection.asked = True
            if connection.sign_in is not None:
                connection.sign_in.asked = True
        elif sent.keyword in (b"LOGIN", b"AUTHENTICATE"):
            self._signs_in(sent)

    def _is_command(self, sent: Uttered, whole: Whole) -> bool:
        """Tell whether a line is a command at all.

        A fragment may begin inside a message or a sign-in, and an empty line may follow a literal that is not there.
        """
        if self.fragment and not whole.octets.strip():
            return False
        self._anchored = self._anchored or (sent.keyword is not None and not c.is_unknown(sent.keyword))
        return self._anchored

    def _infer(self, sent: Uttered) -> None:
        """Take from what is said now what must have happened before, where that is not shown."""
        connection = self.connection
        states = ALLOWED.get(type(sent.command)) if sent.command is not None else None
        if states is None or State.NOT_AUTHENTICATED in states:
            return
        if connection.sign_in is not None and connection.sign_in.answered is None:
            self._signed_in(connection.sign_in, Condition.OK)
        if connection.state is None and State.AUTHENTICATED not in states:
            connection.state = State.SELECTED

    def _signs_in(self, sent: Uttered) -> None:
        connection = self.connection
        way = "LOGIN"
        if isinstance(sent.command, c.Authenticate):
            way = sent.command.mechanism.decode("ascii", "replace").upper()
        connection.sign_in = SignIn(way, sent)
        connection.attempts.append(way)
        connection.authenticating = sent.keyword == b"AUTHENTICATE"

    def _resolve_greeting(self, sent: Uttered) -> None:
        """Take a line for a greeting after all, where the first command can only have come at the beginning."""
        condition, self._doubtful_greeting = self._doubtful_greeting, None
        if condition is not None and sent.keyword in _OPENING:
            self._greeted(condition)

    # ---------------------------------------------------------------- the server's side

    def _server(self, entry: Said) -> Iterator[Step]:
        first = not self.connection.server_shown
        self.connection.server_shown = True
        assembly = self._sides[Sender.SERVER]
        assembly.tags = self._sides[Sender.CLIENT].tags
        for whole in assembly.take(entry, literals=names_mailbox(entry.octets)):
            if worth_reading(whole.octets):
                yield from self._answer(whole, first=first and not self._client_spoke)

    def _answer(self, whole: Whole, *, first: bool) -> Iterator[Step]:
        client = self._sides[Sender.CLIENT]
        found = response(whole)
        if isinstance(found, Continuation):
            client.asked()
            self.connection.idle_accepted = not client.announced and any(
                map(_idles, self.connection.in_flight.values())
            )
        elif isinstance(found, CapabilityData):
            self._learn(found.capabilities, whole=True)
        elif isinstance(found, ListData) and found.delimiter:
            self.connection.delimiter = found.delimiter
        elif isinstance(found, StatusResponse) and found.tag is None:
            self._status(found, first=first)
        elif isinstance(found, StatusResponse) and found.tag is not None:
            if client.announced and client.tag == found.tag:
                for refused in client.rest():
                    yield from self._command(refused)
            self._completed(found.tag, found)

    def _status(self, found: StatusResponse, *, first: bool) -> None:
        if first and found.condition in GREETED and (found.code is None or found.code.name in _GREETING_CODES):
            if self.fragment:
                self._doubtful_greeting = found.condition
            else:
                self._greeted(found.condition)
        elif found.condition is Condition.BYE:
            self.connection.state = State.LOGOUT
        self._code(found.code)

    def _greeted(self, condition: Condition) -> None:
        self.connection.state, self.connection.epoch, self.connection.fresh = GREETED[condition], Epoch.GREETED, True

    def _code(self, code: Code | None) -> None:
        if code is not None and code.name == b"CAPABILITY" and isinstance(code.value, tuple):
            self._learn(code.value, whole=False)

    def _learn(self, names: Iterable[bytes], *, whole: bool) -> None:
        """Add what the server listed; a code need not list everything, so by itself it tells nothing is missing."""
        connection = self.connection
        if whole or connection.capabilities is not None:
            connection.capabilities = frozenset((*(connection.capabilities or connection.volunteered), *names))
        if not whole:
            connection.volunteered |= frozenset(names)

    def _completed(self, tag: bytes, found: StatusResponse) -> None:
        connection = self.connection
        sent = connection.in_flight.pop(tag, None)
        if sent is None:
            self._code(found.code)
            return
        command, sign_in = sent.command, connection.sign_in
        if sign_in is not None and sign_in.sent is sent:
            self._signed_in(sign_in, found.condition)
        if isinstance(command, c.Idle):
            connection.idle_accepted = False
        if isinstance(command, c.StartTls) and found.condition is Condition.OK:
            connection.begin(Epoch.ENCRYPTED)
        if command is not None:
            self._settle(command, found)
        self._code(found.code)

    def _signed_in(self, sign_in: SignIn, condition: Condition) -> None:
        connection = self.connection
        sign_in.answered = condition
        connection.authenticating = False
        if condition is Condition.OK:
            connection.begin(Epoch.SIGNED_IN)
            connection.asked = sign_in.asked  # it may have been asked without waiting for this answer
            connection.failed.clear()
        else:
            connection.sign_in = None
            connection.failed.add(sign_in.way)

    def _settle(self, command: c.Command, found: StatusResponse) -> None:
        connection = self.connection
        if connection.state is not None:
            connection.state = completed(command, found.condition, connection.state)
        elif found.condition is Condition.OK:
            reached = completed(command, found.condition, State.CONNECTED)
            connection.state = None if reached is State.CONNECTED else reached
        refused = found.condition is Condition.NO and found.code is not None and found.code.name == b"TRYCREATE"
        if refused and isinstance(command, c.Append | c.Copy):
            connection.refused = (command.mailbox, command)


def _idles(sent: Uttered) -> bool:
    return isinstance(sent.command, c.Idle)
