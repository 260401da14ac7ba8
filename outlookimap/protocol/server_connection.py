"""The server's end: reads commands, writes responses, keeps the state and the view the client must have.

Answers nothing by itself: what to say to a command is the server's; which octets a response has, and what it does to
the state, is decided here.
"""

from __future__ import annotations

import base64
from collections import deque

from outlookimap.errors import LocalProtocolError, RemoteProtocolError
from outlookimap.protocol import events as e
from outlookimap.protocol.connection import Connection, decoded
from outlookimap.protocol.states import FLOWS, GREETED, Flow, Role, State, completed
from outlookimap.wire import commands as c
from outlookimap.wire import responses as r
from outlookimap.wire.building import Style
from outlookimap.wire.command_items import BadCommand, CommandItem, LiteralAnnounced, Mode, ReceivedCommand
from outlookimap.wire.command_reader import CommandReader
from outlookimap.wire.limits import Limits
from outlookimap.wire.response_writer import write_response
from outlookimap.wire.responses import Condition
from outlookimap.wire.secret import Piece


class ServerConnection(Connection):
    """A server's connection.

    After AUTHENTICATE, IDLE, STARTTLS and the offer of a synchronizing literal the octets that follow wait until a
    method of "the hard flows" or the tagged response says what they mean; `pending()`, or the next `receive()`, then
    gives their events: call it after each event that was dealt with.
    """

    def __init__(self, *, limits: Limits | None = None, style: Style | None = None, now: float = 0.0) -> None:
        """Begin before the greeting."""
        super().__init__(Role.SERVER, limits=limits or Limits(), style=style or Style(), now=now)
        self._reader = CommandReader(self.limits)
        self._open: list[tuple[bytes, c.Command | None]] = []  # None: a frame that was no command
        self._items: deque[CommandItem] = deque()
        self._taken: list[Piece] = []
        self._answer_due = False

    @property
    def awaiting(self) -> bool:
        """Whether the client owes something: always, until it has gone."""
        return self.state is not State.LOGOUT

    @property
    def unfinished(self) -> bool:
        """Whether a command or line has begun to come and is not complete."""
        return self._reader.inside

    # ---------------------------------------------------------------- receiving

    def receive(self, octets: bytes, now: float) -> list[e.ServerEvent]:
        """Take octets from the client, b"" at their end; return the events, `Ended` last when it is over."""
        if self.flow is Flow.CLOSED:
            return []
        if not octets:
            return [*self.pending(), *self._end(None)]
        self.last_received = now
        if self.flow is Flow.TLS:
            self._taken.append((octets, True))  # not heard, like what `discard_buffered` throws away
        elif self._reader.broken is None:
            self._items += self._reader.feed(octets)
        return self.pending()

    def pending(self) -> list[e.ServerEvent]:
        """Return the events of octets that had to wait for a decision."""
        events: list[e.ServerEvent] = []
        while self._items and self.flow not in (Flow.LITERAL, Flow.CLOSED):
            events.append(self._event(self._items.popleft()))
        if not self._items and self.flow is not Flow.LITERAL and self._reader.broken is not None:
            events += self._end(self._reader.broken)
        return events

    def taken(self) -> list[Piece]:
        """Take the octets of the client that were dealt with since the last call, secrets marked: for taps."""
        taken, self._taken = self._taken, []
        return taken

    def _event(self, item: CommandItem) -> e.ServerEvent:
        self._taken += item.pieces
        if isinstance(item, ReceivedCommand):
            self._open.append((item.tag, item.command))
            self.flow = FLOWS.get(type(item.command), self.flow)
            return e.CommandReceived(item.tag, item.command, item.leniencies)
        if isinstance(item, BadCommand):
            if item.tag is not None:
                self._open.append((item.tag, None))  # or its answer would pass for that of a later command
            return e.CommandUnreadable(item.tag, item.error, item.keyword)
        if isinstance(item, LiteralAnnounced):
            if item.synchronizing:
                self.flow = Flow.LITERAL
            return e.LiteralOffered(item.tag, item.size, item.synchronizing, item.keyword)
        if self.flow is Flow.IDLING:
            self.flow = Flow.COMMANDS
            return e.DoneReceived(item.octets)
        self._answer_due = False
        if item.octets.strip() == b"*":
            return e.Answered(None)
        octets = decoded(item.octets)
        return e.Answered(octets, readable=octets is not None)

    def _end(self, error: RemoteProtocolError | None) -> list[e.ServerEvent]:
        """End the connection, once: what was open stays unanswered, but a BYE can still be sent."""
        if self.flow is Flow.CLOSED:
            return []
        self.flow = Flow.CLOSED
        self.state = State.LOGOUT
        self.view = None
        unanswered = tuple((tag, command) for tag, command in self._open if command is not None)
        return [e.Ended(error, unanswered)]

    # ---------------------------------------------------------------- sending

    def send(self, response: r.Response) -> None:
        """Queue `response`; a greeting, a tagged response, EXPUNGE and BYE also change the state or the view.

        Raises LocalProtocolError where the grammar forbids it, before the greeting anything else, and for EXPUNGE of a
        message that is not there; nothing is queued or changed then.
        """
        pieces = write_response(response, self.style)
        if self.state is State.CONNECTED:
            self._greet(response)
        elif isinstance(response, r.StatusResponse):
            self._status(response)
        elif isinstance(response, r.ExpungeData) and self.view is not None:
            if response.seq > len(self.view):
                raise LocalProtocolError(f"EXPUNGE of message {response.seq} in a mailbox of {len(self.view)}")
            self.view.expunge(response.seq)
        self._out += pieces

    def _greet(self, response: r.Response) -> None:
        if not isinstance(response, r.StatusResponse) or response.tag is not None or response.condition not in GREETED:
            raise LocalProtocolError(f"{response} is no greeting, and nothing goes before the greeting")
        self.state = GREETED[response.condition]

    def _status(self, response: r.StatusResponse) -> None:
        if response.tag is None:
            if response.condition is Condition.BYE:
                self.state = State.LOGOUT
            return
        found = next((entry for entry in self._open if entry[0] == response.tag), None)
        if found is None:
            return  # a command whose literal was refused is answered with its tag as well
        self._open.remove(found)
        command = found[1]
        if command is None:
            return
        self.state = completed(command, response.condition, self.state)
        if self.state is not State.SELECTED:
            self.view = None
        if type(command) in FLOWS and self.flow is not Flow.CLOSED:
            self._flow_ended(tls=isinstance(command, c.StartTls) and response.condition is Condition.OK)

    def _flow_ended(self, *, tls: bool) -> None:
        self._answer_due = False
        if tls:
            self.flow = Flow.TLS
            # what was sent before the handshake is not the client's word (CVE-2011-0411)
            self._taken += self._reader.discard_buffered()
        else:
            self.flow = Flow.COMMANDS
            self._items += self._reader.resume(Mode.COMMANDS)

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
        """Forget the command whose literal was offered; answer it with a tagged NO or BAD.

        A client that did not wait has sent the rest of the command: it is not heard.
        """
        self._need(Flow.LITERAL, "refuse a literal")
        self.flow = Flow.COMMANDS
        while self._items:
            item = self._items.popleft()
            self._taken += item.pieces
            if not isinstance(item, LiteralAnnounced):
                return  # the end of that command
        self._taken += self._reader.refuse_literal()

    def challenge(self, octets: bytes) -> None:
        """Send a challenge of AUTHENTICATE; the next line is its answer."""
        self._need(Flow.AUTHENTICATING, "send a challenge")
        if self._answer_due:
            raise LocalProtocolError("cannot send a challenge: the answer to the last one is due")
        self.send(r.Continuation(base64.b64encode(octets)))
        self._answer_due = True
        self._items += self._reader.resume(Mode.SECRET_LINES)

    def begin_idle(self, text: bytes) -> None:
        """Accept IDLE; the next line ends it."""
        self._need(Flow.IDLING, "accept IDLE")
        if self._answer_due:
            raise LocalProtocolError("cannot accept IDLE: it runs already")
        self.send(r.Continuation(text))
        self._answer_due = True
        self._items += self._reader.resume(Mode.LINES)

    def encrypted(self, now: float) -> None:
        """Go on after the TLS handshake."""
        self._need(Flow.TLS, "go on after a TLS handshake")
        self.flow = Flow.COMMANDS
        self.last_received = now
        self._items += self._reader.resume(Mode.COMMANDS)
