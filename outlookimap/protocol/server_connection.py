"""The server's end: reads commands, writes responses, keeps the state and the view the client must have.

Answers nothing by itself: what to say to a command is the server's; which octets a response has, and what it does to
the state, is decided here.
"""

from __future__ import annotations

import base64
import binascii

from outlookimap.errors import LocalProtocolError, RemoteProtocolError
from outlookimap.protocol import events as e
from outlookimap.protocol.connection import Connection
from outlookimap.protocol.states import FLOWS, GREETED, Flow, Role, State, completed
from outlookimap.wire import commands as c
from outlookimap.wire import responses as r
from outlookimap.wire.building import Style
from outlookimap.wire.command_reader import (
    BadCommand,
    CommandItem,
    CommandReader,
    LiteralAnnounced,
    Mode,
    ReceivedCommand,
)
from outlookimap.wire.limits import Limits
from outlookimap.wire.response_writer import write_response
from outlookimap.wire.responses import Condition
from outlookimap.wire.secret import Piece


class ServerConnection(Connection):
    """A server's connection.

    After AUTHENTICATE, IDLE and STARTTLS the octets that follow wait until `challenge()`, `begin_idle()`, `encrypted()`
    or the tagged response says what they mean; `receive(b"...")` or `pending()` then gives their events.
    """

    def __init__(self, *, limits: Limits | None = None, style: Style | None = None, now: float = 0.0) -> None:
        """Begin before the greeting."""
        super().__init__(Role.SERVER, limits=limits or Limits(), style=style or Style(), now=now)
        self._reader = CommandReader(self.limits)
        self._open: list[tuple[bytes, c.Command]] = []
        self._items: list[CommandItem] = []
        self._taken: list[Piece] = []

    @property
    def awaiting(self) -> bool:
        """Whether the client owes something: always, until it has gone."""
        return self.state is not State.LOGOUT

    # ---------------------------------------------------------------- receiving

    def receive(self, octets: bytes, now: float) -> list[e.ServerEvent]:
        """Take octets from the client, b"" at their end; return the events, `Ended` last when it is over."""
        if self.flow is Flow.CLOSED:
            return []
        if not octets:
            return [self._end(None)]
        self.last_received = now
        try:
            self._items += self._reader.feed(octets)
        except RemoteProtocolError as error:
            return [*self.pending(), self._end(error)]
        events = self.pending()
        if self._reader.broken is not None:
            events.append(self._end(self._reader.broken))
        return events

    def pending(self) -> list[e.ServerEvent]:
        """Return the events of octets that had to wait for a decision."""
        items, self._items = self._items, []
        return [self._event(item) for item in items]

    def taken(self) -> list[Piece]:
        """Take the octets of the client that the events so far consumed, secrets marked: for taps."""
        taken, self._taken = self._taken, []
        return taken

    def _event(self, item: CommandItem) -> e.ServerEvent:
        self._taken += item.pieces
        if isinstance(item, ReceivedCommand):
            self._open.append((item.tag, item.command))
            self.flow = FLOWS.get(type(item.command), self.flow)
            return e.CommandReceived(item.tag, item.command, item.leniencies)
        if isinstance(item, BadCommand):
            return e.CommandUnreadable(item.tag, item.error)
        if isinstance(item, LiteralAnnounced):
            if item.synchronizing:
                self.flow = Flow.LITERAL
            return e.LiteralOffered(item.tag, item.size, item.synchronizing)
        line = item.octets
        if self.flow is Flow.IDLING:
            return e.DoneReceived(line)
        if line.strip() == b"*":
            return e.Answered(None)
        try:
            return e.Answered(base64.b64decode(line.strip(), validate=True))
        except binascii.Error:
            return e.Answered(None, readable=False)

    def _end(self, error: RemoteProtocolError | None) -> e.Ended:
        self.flow = Flow.CLOSED
        self.state = State.LOGOUT
        return e.Ended(error, tuple(self._open))

    # ---------------------------------------------------------------- sending

    def send(self, response: r.Response) -> None:
        """Queue `response`; a greeting, a tagged response, EXPUNGE and BYE also change the state or the view.

        Raises LocalProtocolError where the grammar forbids it; nothing is queued or changed then.
        """
        pieces = write_response(response, self.style)
        if isinstance(response, r.StatusResponse):
            self._status(response)
        elif isinstance(response, r.ExpungeData) and self.view is not None:
            self.view.expunge(response.seq)
        self._out += pieces

    def send_raw(self, pieces: list[Piece]) -> None:
        """Queue octets as they are: for faults on purpose, after the strict writer."""
        self._out += pieces

    def _status(self, response: r.StatusResponse) -> None:
        if response.tag is None:
            if self.state is State.CONNECTED:
                if response.condition not in GREETED:
                    raise LocalProtocolError(f"{response.condition.value.decode()} is no greeting")
                self.state = GREETED[response.condition]
            elif response.condition is Condition.BYE and not self._logging_out():
                self.state = State.LOGOUT
            return
        found = next((entry for entry in self._open if entry[0] == response.tag), None)
        if found is None:
            return  # a frame that was no command is answered with its tag as well
        self._open.remove(found)
        command = found[1]
        after = completed(command, response.condition, self.state)
        if after is not State.SELECTED:
            self.view = None
        self.state = after
        if type(command) in FLOWS:
            started = isinstance(command, c.StartTls) and response.condition is Condition.OK
            self.flow = Flow.TLS if started else Flow.COMMANDS
            if started:
                # what was sent before the handshake is not the client's word (CVE-2011-0411)
                self._reader.discard_buffered()
            else:
                self._items += self._reader.resume(Mode.COMMANDS)

    def _logging_out(self) -> bool:
        return any(isinstance(command, c.Logout) for _, command in self._open)

    # ---------------------------------------------------------------- the hard flows

    def accept_literal(self, text: bytes = b"") -> None:
        """Send the go-ahead for the literal that was offered last."""
        self._need(Flow.LITERAL, "accept a literal")
        self.send(r.Continuation(text))
        self.flow = Flow.COMMANDS

    def await_literal(self) -> None:
        """Wait for the literal that was offered last without a go-ahead."""
        self._need(Flow.LITERAL, "wait for a literal")
        self.flow = Flow.COMMANDS

    def refuse_literal(self) -> None:
        """Forget the command whose literal was offered; answer it with a tagged NO or BAD."""
        self._need(Flow.LITERAL, "refuse a literal")
        self._taken += self._reader.refuse_literal()
        self.flow = Flow.COMMANDS

    def challenge(self, octets: bytes) -> None:
        """Send a challenge of AUTHENTICATE; the next line is its answer."""
        self._need(Flow.AUTHENTICATING, "send a challenge")
        self.send(r.Continuation(base64.b64encode(octets)))
        self._items += self._reader.resume(Mode.SECRET_LINES)

    def begin_idle(self, text: bytes) -> None:
        """Accept IDLE; the next line ends it."""
        self._need(Flow.IDLING, "accept IDLE")
        self.send(r.Continuation(text))
        self._items += self._reader.resume(Mode.LINES)

    def encrypted(self, now: float) -> None:
        """Go on after the TLS handshake."""
        self._need(Flow.TLS, "go on after a TLS handshake")
        self.flow = Flow.COMMANDS
        self.last_received = now
        self._items += self._reader.resume(Mode.COMMANDS)

    def _need(self, flow: Flow, what: str) -> None:
        if self.flow is not flow:
            raise LocalProtocolError(f"cannot {what}: the connection is in {self.flow.value!r}")
