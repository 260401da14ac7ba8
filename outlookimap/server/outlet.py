"""Where the octets of one connection leave: the taps hear them and the transport sends them, faults on purpose first.

The strict writer has written and the state machine has moved before anything comes here, so that no fault confuses the
server itself. Without faults it is a plain way out. Knows no handler and answers nothing.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import replace

from outlookimap.errors import LocalProtocolError
from outlookimap.protocol.server_connection import ServerConnection
from outlookimap.protocol.states import Flow
from outlookimap.server.behaviour import Reply
from outlookimap.server.fault import At, Fault
from outlookimap.server.fault_actions import Skip, Stale
from outlookimap.server.fault_steps import End, Expiry, Octets, Pause, Scene, Silence, Step
from outlookimap.server.faults import Fired, Occasion
from outlookimap.server.service import Service
from outlookimap.transport.stream import Transport
from outlookimap.transport.tap import Sender, Taps
from outlookimap.wire import commands as c
from outlookimap.wire.command_writer import write_command
from outlookimap.wire.framing import Frame, Framer
from outlookimap.wire.limits import Limits
from outlookimap.wire.secret import Piece, join, masked

_SHOWN = 1000  # octets of a command that patterns see
_NAP = 3600.0  # seconds that one wait lasts at most
_WHOLE = Limits(line=1 << 40, literal=1 << 40, elements=1 << 40)  # what our own writer wrote is never too long


class Outlet:
    """The way out of one connection; `wake` and `stop` are for any thread, the rest for the connection's own.

    `closed` says that a fault has ended the connection: nothing goes out any more, and its owner closes the transport.
    `expires` is the moment at which IDLE ends with the connection, infinity where no fault says so.
    """

    def __init__(self, connection: ServerConnection, transport: Transport, taps: Taps, service: Service) -> None:
        """Begin with nothing said."""
        self.closed = False
        self.expires = math.inf
        self._connection = connection
        self._transport = transport
        self._taps = taps
        self._service = service
        self._occasion = Occasion(At.GREETING)
        self._idling = False
        self._due: list[tuple[Fault, Scene]] = []
        self._answered: frozenset[bytes] = frozenset()
        self._memory: dict[object, bytes] = {}
        self._woken = threading.Event()
        self._stopping = False

    # ---------------------------------------------------------------- from other threads

    def wake(self) -> None:
        """Look at the clock again."""
        self._woken.set()

    def stop(self) -> None:
        """Wait for nothing any more."""
        self._stopping = True
        self._woken.set()

    # ---------------------------------------------------------------- what is going on

    def greeting(self) -> None:
        """Take note that what is sent from now on is the greeting."""
        self._begin(Occasion(At.GREETING, state=self._connection.state))

    def command(self, tag: bytes, command: c.Command, skipped: bytes) -> Reply | None:
        """Take note that `command` is about to be carried out; return its answer where a fault says it is not to be.

        `skipped` is the text of an answer that has none of its own.
        """
        if not self._service.faults:
            self.end()
            return None
        line, octets = _line(command)
        mailbox = getattr(command, "mailbox", b"")
        self._begin(Occasion(
            At.ANSWER, tag, c.keyword(command), line, octets, self._connection.state,
            mailbox.upper() if mailbox.upper() == b"INBOX" else mailbox, self._answered,
        ))  # fmt: skip
        self._at_once(At.BEFORE)
        for fault, scene in self._due:
            for action in fault.actions:
                if isinstance(action, Skip):
                    scene.fire()
                    return Reply(action.condition, action.text or skipped)
        return None

    def unreadable(self, tag: bytes | None, keyword: bytes | None) -> None:
        """Take note that a command that cannot be read is about to be answered."""
        if self._service.faults:
            word = keyword or b""
            self._begin(Occasion(At.ANSWER, tag or b"*", word, word, 0, self._connection.state))

    def go_ahead(self, tag: bytes | None, keyword: bytes | None) -> None:
        """Take note that the go-ahead for a literal, or its refusal, is about to be sent."""
        if self._service.faults:
            word = keyword or b""
            state = self._connection.state
            self._begin(Occasion(At.GO_AHEAD, tag or b"", word, word, 0, state, answered=self._answered))

    def idle(self) -> None:
        """Take note that IDLE runs."""
        if self._due:
            self.put()
            self._idling = True
            self._at_once(At.IDLE)

    def answering(self) -> None:
        """Take note that IDLE is over and its completion comes."""
        if self._idling:
            self.put()
            self._idling = False
            self.expires = math.inf

    def end(self) -> None:
        """Take note that the answer is complete."""
        if self._due or self._service.faults:
            self.put()
            self._at_once(At.AFTER)
        if self._occasion.keyword:
            self._answered |= {self._occasion.keyword}
        self._due = []
        self._idling = False
        self.expires = math.inf
        self._occasion = Occasion(At.ANSWER)

    def expired(self) -> bool:
        """Tell whether IDLE has run for as long as a fault allows; the connection is over then."""
        if self._service.clock.now() >= self.expires:
            self.closed = True
        return self.closed

    def _begin(self, occasion: Occasion) -> None:
        self.put()
        self._occasion = occasion
        self._due = [(fault, self._scene(fault, nth)) for fault, nth in self._service.faults.due(occasion)]

    def _scene(self, fault: Fault, nth: int) -> Scene:
        occasion = self._occasion
        scene = Scene(occasion.tag, nth, mailbox=occasion.mailbox, memory=self._memory)

        def fire() -> None:
            scene.fire = lambda: None  # each occasion is recorded once
            now = self._service.clock.now()
            self._service.faults.record(Fired(fault, nth, occasion.line, now))

        scene.fire = fire
        return scene

    # ---------------------------------------------------------------- what is sent

    def put(self) -> None:
        """Send what the connection has queued."""
        pieces = self._connection.outgoing(self._service.clock.now())
        if not pieces or self.closed:
            return
        if not self._service.faults and not self._due:
            self._send(pieces)
            return
        steps: list[Step] = [Octets(octets) for octets in _responses(join(pieces))]
        self._learn(steps)
        for fault, scene in self._due:
            if self._strikes(fault):
                scene.messages = self._messages()
                for action in fault.actions:
                    steps = action.applied(steps, scene)
        self._perform(steps)

    def _strikes(self, fault: Fault) -> bool:
        """Tell whether a fault that is due acts on what is said now."""
        at = fault.when.at
        return at is At.IDLE if self._idling else at in (At.ANSWER, At.GREETING, At.GO_AHEAD)

    def _learn(self, steps: Sequence[Step]) -> None:
        due = [fault for fault, _ in self._due]
        scene = Scene(self._occasion.tag, mailbox=self._occasion.mailbox, memory=self._memory)
        for fault in self._service.faults:
            for action in fault.actions:
                if isinstance(action, Stale) and fault not in due:
                    for step in steps:
                        if isinstance(step, Octets):
                            action.learn(step.octets, scene)

    def _at_once(self, at: At) -> None:
        for fault, scene in self._due:
            if fault.when.at is at:
                scene.messages = self._messages()
                for action in fault.actions:
                    steps = action.at_once(scene) if action.on is None else []
                    if steps:
                        scene.fire()
                        self._perform(steps)

    def _messages(self) -> int:
        view = self._connection.view
        return 0 if view is None else len(view)

    def _perform(self, steps: Sequence[Step]) -> None:
        """Do what is to be done, until something ends the connection; octets in a row are sent together."""
        together: list[Piece] = []
        for step in (*steps, None):
            if self.closed:
                return
            if isinstance(step, Octets) and not step.singly:
                together.append((step.octets, False))
                continue
            if together:
                self._send(together)
                together = []
            if isinstance(step, Octets):
                for octet in step.octets:
                    self._send([(bytes((octet,)), False)])
            elif isinstance(step, Pause):
                self._wait(self._service.clock.now() + step.seconds)
            elif isinstance(step, Silence):
                self._fall_silent()
            elif isinstance(step, Expiry):
                self.expires = min(self.expires, self._service.clock.now() + step.seconds)
            elif isinstance(step, End):
                self.closed = True
                if step.abrupt:
                    self._transport.abort()

    def _send(self, pieces: Sequence[Piece]) -> None:
        self._taps.octets(Sender.SERVER, pieces, self._service.clock.now())
        self._transport.send(pieces, self._service.behaviour.send_silence)

    def _wait(self, until: float) -> None:
        """Wait for a moment of the clock; nothing is read meanwhile, so that nothing piles up here."""
        while not self._stopping and (left := until - self._service.clock.now()) > 0:
            self._woken.wait(min(left, _NAP))
            self._woken.clear()

    def _fall_silent(self) -> None:
        """Read and throw away until the client leaves, the server stops, or nobody could still wait."""
        until = self._service.clock.now() + self._service.behaviour.inactivity
        if self._connection.flow is Flow.TLS:
            self._wait(until)  # what comes is a handshake: it cannot be read here
        while not self._stopping and (left := until - self._service.clock.now()) > 0:
            if self._transport.receive(left) == b"":
                break
        self.closed = True


def _line(command: c.Command) -> tuple[bytes, int]:
    """Return the start of a command as it would be written, without its tag and with secrets masked, and its length."""
    if isinstance(command, c.Append):
        command = replace(command, message=b"")
    try:
        pieces = [piece for part in write_command(b"x", command) for piece in part]
    except LocalProtocolError:  # it was read leniently
        return c.keyword(command), 0
    octets = masked(pieces)[len(b"x ") :].removesuffix(b"\r\n")
    return octets[:_SHOWN], len(octets)


def _responses(octets: bytes) -> list[bytes]:
    """Return the responses of what our own writer wrote, each with its literals and line ends."""
    framer = Framer(_WHOLE, commands=False)
    framer.feed(octets)
    responses: list[bytes] = []
    while isinstance(frame := framer.pull(), Frame):
        responses.append(b"".join(frame.octets()))
    rest = framer.discard()
    return [*responses, rest] if rest else responses
