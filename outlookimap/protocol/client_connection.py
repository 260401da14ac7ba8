"""The client's end: commands in flight, the three hard flows, and events in the order they arrived.

Sends what it is told in the spelling of its `Style`, but nothing that RFC 3501 forbids in the state the connection will
be in by then. Knows no product: what a product never sends is guarded above.
"""

from __future__ import annotations

import base64
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from outlookimap.errors import LimitExceeded, LocalProtocolError, RemoteProtocolError
from outlookimap.protocol import attribution
from outlookimap.protocol import events as e
from outlookimap.protocol import states as s
from outlookimap.protocol.connection import Connection, decoded
from outlookimap.protocol.mailbox_view import MailboxView
from outlookimap.protocol.selecting import Selecting
from outlookimap.protocol.states import Flow, Role, State
from outlookimap.wire import commands as c
from outlookimap.wire import responses as r
from outlookimap.wire.building import Style
from outlookimap.wire.command_writer import write_command, write_line
from outlookimap.wire.limits import Limits
from outlookimap.wire.response_reader import ResponseReader, Tiers
from outlookimap.wire.responses import Condition
from outlookimap.wire.secret import Piece

_TAG_ATTEMPTS = 1000
_TLS_GAP = "octets between the answer to STARTTLS and the TLS handshake"


@dataclass(slots=True, eq=False)
class _InFlight:
    """A command on its way: `parts` is what has not been written yet; while `last` nothing may follow it."""

    tag: bytes
    command: c.Command
    parts: deque[list[Piece]] = field(repr=False)  # may hold a secret
    asked: attribution.Asked | None
    last: bool
    selecting: Selecting | None


class ClientConnection(Connection):
    """A client's connection; `new_tag` gives a tag for each command.

    `submit()`, `answer()`, `cancel()` and `done()` queue octets, `outgoing()` hands them out, `receive()` takes what
    came. Octets that nobody fetched are dropped when the connection ends.

    Statements: O5:V0026
    """

    def __init__(
        self,
        new_tag: Callable[[], bytes],
        *,
        limits: Limits | None = None,
        style: Style | None = None,
        keep_extensions: bool = False,
        now: float = 0.0,
    ) -> None:
        """Begin before the greeting."""
        super().__init__(Role.CLIENT, limits=limits or Limits(), style=style or Style(), now=now)
        self._new_tag = new_tag
        self._reader = ResponseReader(self.limits, keep_extensions=keep_extensions)
        self._in_flight: list[_InFlight] = []
        self._queue: deque[_InFlight] = deque()  # of those in flight, the ones not written to their end
        self._challenged = False
        self._untagged = 0

    # ---------------------------------------------------------------- sending

    @property
    def awaiting(self) -> bool:
        """Whether the greeting, a completion or a go-ahead is due; an accepted IDLE and a challenge are our turn."""
        if self.state is State.CONNECTED:
            return True
        return len(self._in_flight) > (1 if self._challenged or self.flow is Flow.IDLING else 0)

    @property
    def in_flight(self) -> tuple[tuple[bytes, c.Command], ...]:
        """Tags and commands that have no answer yet, in the order they were submitted."""
        return tuple((entry.tag, entry.command) for entry in self._in_flight)

    @property
    def tiers(self) -> Tiers:
        """How many responses were read how."""
        return self._reader.taken

    def submit(self, command: c.Command, *, tag: bytes | None = None) -> bytes:
        """Queue `command` and return its tag.

        Raises LocalProtocolError where the grammar, the state or a command in flight forbids it; nothing is queued
        then.

        Statements: O5:V0026
        """
        objection = self._objection(command)
        if objection is not None:
            raise LocalProtocolError(f"{_name(command)} may not be sent {objection}")
        tag = self._free_tag(tag)
        parts = deque(write_command(tag, command, self.style))
        selecting = Selecting() if isinstance(command, c.Select | c.Examine) else None
        entry = _InFlight(tag, command, parts, attribution.asked(command), type(command) in s.LAST, selecting)
        self._in_flight.append(entry)
        self._queue.append(entry)
        self._write()
        return tag

    def answer(self, octets: bytes) -> None:
        """Answer the last challenge of AUTHENTICATE; every octet of it is secret."""
        self._take_challenge("answer a challenge")
        self._out += write_line(base64.b64encode(octets), secret=True)

    def cancel(self) -> None:
        """Cancel AUTHENTICATE instead of an answer: the server answers BAD (RFC 3501 section 6.2.2)."""
        self._take_challenge("cancel AUTHENTICATE")
        self._out += write_line(b"*", secret=False)

    def done(self) -> None:
        """End IDLE; from here on other commands may follow (RFC 2177)."""
        self._need(Flow.IDLING, "send DONE")
        self._out += write_line(b"DONE", secret=False)
        self._in_flight[-1].last = False
        self.flow = Flow.COMMANDS

    def encrypted(self, now: float) -> None:
        """Go on after the TLS handshake."""
        self._need(Flow.TLS, "go on after a TLS handshake")
        self.flow = Flow.COMMANDS
        self.last_received = now

    def _take_challenge(self, what: str) -> None:
        self._need(Flow.AUTHENTICATING, what)
        if not self._challenged:
            raise LocalProtocolError(f"cannot {what}: no challenge is open")
        self._challenged = False

    def _objection(self, command: c.Command) -> str | None:
        """Return why `command` may not follow what is in flight, None where it may."""
        state = State.LOGOUT if self.flow is Flow.CLOSED else self.state
        for entry in self._in_flight:  # the state when everything in flight has succeeded
            state = s.completed(entry.command, Condition.OK, state)
        if self._in_flight and self._in_flight[-1].last:
            return f"before {_name(self._in_flight[-1].command)} has ended"
        if not s.allowed(command, state):
            return f"in the state {state.value!r}"
        if self.flow is Flow.TLS:
            return "before the TLS handshake"
        if self._in_flight and type(command) in s.ALONE:
            return "before everything is answered"
        if s.names_numbers(command) and any(s.renumbers(entry.command) for entry in self._in_flight):
            return "before everything that may change its message numbers is answered (RFC 3501 section 5.5)"
        return None

    def _free_tag(self, tag: bytes | None) -> bytes:
        taken = {entry.tag for entry in self._in_flight}
        if tag is not None:
            if tag in taken:
                raise LocalProtocolError(f"the tag {tag!r} is in flight already")
            return tag
        for _ in range(_TAG_ATTEMPTS):
            tag = self._new_tag()
            if tag not in taken:
                return tag
        raise LocalProtocolError(f"no free tag was given in {_TAG_ATTEMPTS} attempts")

    def _write(self) -> None:
        """Move what may be sent to the output: up to a literal that waits for its go-ahead."""
        while self._queue and self.flow is Flow.COMMANDS and self.state is not State.LOGOUT:
            entry = self._queue[0]
            self._out += entry.parts.popleft()
            if entry.parts:
                self.flow = Flow.LITERAL
                return
            self._queue.popleft()
            if isinstance(entry.command, c.Authenticate):
                self.flow = Flow.AUTHENTICATING

    # ---------------------------------------------------------------- receiving

    def receive(self, octets: bytes, now: float, *, runs: bool = False) -> list[e.Event]:
        """Take octets from the server, b"" at their end; return the events, `Ended` last when it is over.

        With `runs` data of messages that came alike are together in a `FetchedRun`.

        Statements: O5:V0001, O5:V0023, O5:V0024
        """
        if self.flow is Flow.CLOSED:
            return []
        if not octets:
            return [self._end(None)]
        self.last_received = now
        events: list[e.Event] = []
        try:
            for response in self._reader.feed(octets, runs=runs):
                if isinstance(response, r.FetchRun):
                    self._run(response, events)
                else:
                    events.append(self._one(response))
        except RemoteProtocolError as found:
            events.append(self._end(found))
            return events
        error = self._unreadable()
        if error is not None:
            events.append(self._end(error))
        return events

    def _unreadable(self) -> RemoteProtocolError | None:
        """Return why what the reader holds cannot be followed; before a TLS handshake it may hold nothing at all."""
        if self.flow is Flow.TLS and self._reader.buffered:
            return RemoteProtocolError(_TLS_GAP)
        return self._reader.broken

    def _end(self, error: RemoteProtocolError | None) -> e.Ended:
        unanswered = self.in_flight
        self.flow = Flow.CLOSED
        self.state = State.LOGOUT
        self.view = None
        self._challenged = False
        self._in_flight.clear()
        self._queue.clear()
        self._out.clear()
        return e.Ended(error, unanswered)

    def _one(self, response: r.Response) -> e.Event:
        if self.flow is Flow.TLS:
            raise RemoteProtocolError(_TLS_GAP)
        if self.state is State.CONNECTED:
            return self._greeting(response)
        if isinstance(response, r.Continuation):
            return self._continuation(response)
        if isinstance(response, r.StatusResponse) and response.tag is not None:
            return self._completion(response.tag, response)
        self._untagged += 1
        if self._untagged > self.limits.items:
            raise LimitExceeded("items", self.limits.items, what="the number of untagged responses to one command")
        if isinstance(response, r.StatusResponse):
            return self._notice(response)
        if isinstance(response, r.FetchData):
            return self._fetch(response)
        if isinstance(response, r.ExpungeData):
            view = self._speaking_of()
            return e.Expunged(response.seq, None if view is None else view.expunge(response.seq))
        if isinstance(response, r.Exists):
            return self._exists(response)
        return self._data(response)

    def _greeting(self, response: r.Response) -> e.Greeted:
        if not isinstance(response, r.StatusResponse) or response.tag is not None:
            raise RemoteProtocolError(f"no greeting, but {type(response).__name__}")
        if response.condition not in s.GREETED:
            raise RemoteProtocolError(f"a greeting of {response.condition.value.decode()}", excerpt=response.text)
        self.state = s.GREETED[response.condition]
        return e.Greeted(response.condition, response.code, response.text, response.leniencies)

    def _continuation(self, response: r.Continuation) -> e.Event:
        if self.flow is Flow.LITERAL:
            tag = self._queue[0].tag
            self.flow = Flow.COMMANDS
            self._write()
            return e.Data(response, tag)
        if self.flow is Flow.AUTHENTICATING and not self._challenged:
            self._challenged = True
            return e.Challenged(self._in_flight[-1].tag, decoded(response.text))
        if self.flow is Flow.COMMANDS and self._in_flight and not self._queue:
            entry = self._in_flight[-1]
            if entry.last and isinstance(entry.command, c.Idle):
                self.flow = Flow.IDLING
                return e.IdleBegan(entry.tag)
        raise RemoteProtocolError("a continuation request that nothing waits for", excerpt=response.text)

    def _completion(self, tag: bytes, response: r.StatusResponse) -> e.Completed:
        entry = next((entry for entry in self._in_flight if entry.tag == tag), None)
        if entry is None:
            raise RemoteProtocolError("a tag that belongs to no command in flight", excerpt=tag)
        if entry in self._queue:
            self._refused(entry, response.condition)
        elif entry.last:
            started = isinstance(entry.command, c.StartTls) and response.condition is Condition.OK
            self.flow = Flow.TLS if started else Flow.COMMANDS
            self._challenged = False
        self._in_flight.remove(entry)
        self._untagged = 0
        selection = self._settle(entry, response.condition)
        self._write()
        return e.Completed(
            tag, entry.command, response.condition, response.code, response.text, selection, response.leniencies
        )

    def _refused(self, entry: _InFlight, condition: Condition) -> None:
        """Take the answer to a command that was not sent to its end: only its literal can have been refused."""
        if self.flow is not Flow.LITERAL or entry is not self._queue[0] or condition is Condition.OK:
            raise RemoteProtocolError("the answer to a command that was not sent to its end", excerpt=entry.tag)
        self._queue.popleft()
        self.flow = Flow.COMMANDS

    def _settle(self, entry: _InFlight, condition: Condition) -> e.Selection | None:
        """Make state and view follow the answer to `entry`; return what SELECT's data said when it succeeded."""
        self.state = s.completed(entry.command, condition, self.state)
        selecting = entry.selecting
        if self.state is not State.SELECTED:
            self.view = None
        elif selecting is not None and condition is Condition.OK:
            self.view = selecting.view
        elif selecting is not None and self.view is not None and selecting.arrived:
            self.view.exists(len(selecting.view))
        return selecting.selection if selecting is not None and condition is Condition.OK else None

    # ---------------------------------------------------------------- untagged data

    def _selecting(self) -> tuple[Selecting | None, bytes | None]:
        """Return the SELECT or EXAMINE that is the earliest command in flight, and its tag."""
        first = self._in_flight[0] if self._in_flight else None
        return (None, None) if first is None or first.selecting is None else (first.selecting, first.tag)

    def _speaking_of(self) -> MailboxView | None:
        """Return the mailbox that EXPUNGE and FETCH speak of now."""
        selecting, _ = self._selecting()
        return selecting.view if selecting is not None and selecting.arrived else self.view

    def _notice(self, response: r.StatusResponse) -> e.Event:
        if response.condition is Condition.BYE:
            self.state = State.LOGOUT
            return e.Goodbye(response.text, response.code)
        selecting, tag = self._selecting()
        if selecting is None or response.code is None:
            return e.Notice(response.condition, response.code, response.text)
        selecting.code(response.code)
        if response.code.name == b"CLOSED":
            self.view = None
        return e.Notice(response.condition, response.code, response.text, tag)

    def _exists(self, response: r.Exists) -> e.Exists:
        selecting, tag = self._selecting()
        if selecting is not None:
            return e.Exists(response.count, selecting.exists(response.count), tag)
        change = response.count if self.view is None else self.view.exists(response.count)
        return e.Exists(response.count, change)

    def _fetch(self, response: r.FetchData) -> e.Fetched:
        view = self._speaking_of()
        if view is None:
            return e.Fetched(response.seq, response.uid, response)
        uid = response.uid
        if uid is None:
            uid = view.uid(response.seq)
        else:
            view.learn(response.seq, uid)
        for entry in self._in_flight:
            if entry.selecting is not None:  # what is behind it speaks of another mailbox
                break
            if entry.asked is not None and entry.asked.answered_by(response, uid, view):
                return e.Fetched(response.seq, uid, response, entry.tag)
        return e.Fetched(response.seq, uid, response)

    def _run(self, run: r.FetchRun, events: list[e.Event]) -> None:
        """Append what a run says: one event, or one for each response where they may not all mean the same."""
        together = self._together(run)
        if together is not None:
            self._untagged += len(run)
            events.append(together)
            return
        for response in run.expanded():
            events.append(self._one(response))  # noqa: PERF401 - an error must not lose the events before it

    def _together(self, run: r.FetchRun) -> e.FetchedRun | None:
        if self.flow is Flow.TLS or self.state is State.CONNECTED or self._untagged + len(run) > self.limits.items:
            return None
        view = self._speaking_of()
        if view is None:
            return e.FetchedRun(run)
        answers: bytes | None = None
        for entry in itertools.takewhile(lambda entry: entry.selecting is None, self._in_flight):
            answered = entry.asked is not None and entry.asked.answered_by_run(run, view)
            if answered is None:
                return None
            if answered:
                answers = entry.tag
                break
        view.learn_run(run.seqs, run.uids)
        return e.FetchedRun(run, answers)

    def _data(self, response: r.Response) -> e.Data:
        selecting, tag = self._selecting()
        if selecting is not None and isinstance(response, r.Recent | r.FlagsData):
            selecting.data(response)
            return e.Data(response, tag)
        return e.Data(response, attribution.find(self.in_flight, response))


def _name(command: c.Command) -> str:
    return c.keyword(command).decode("ascii", "replace")
