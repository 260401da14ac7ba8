"""A server connection that answers by a simple rule, and a client connection that talks to it in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from outlookimap.protocol import events as e
from outlookimap.protocol.client_connection import ClientConnection
from outlookimap.protocol.mailbox_view import MailboxView
from outlookimap.protocol.server_connection import ServerConnection
from outlookimap.protocol.states import State, allowed
from outlookimap.wire import commands as c
from outlookimap.wire import responses as r
from outlookimap.wire.building import Style
from outlookimap.wire.fetch import FLAGS, UID, FetchAtt
from outlookimap.wire.limits import Limits
from outlookimap.wire.responses import Condition
from outlookimap.wire.secret import join
from support.connections import counted_tags

ACCEPT, REFUSE, AWAIT = "accept", "refuse", "await"
UIDS = (11, 13, 17, 19)


class Responder:
    """Answers each event of `server` at once; `decide` says what becomes of a literal. Every event is in `log`."""

    def __init__(self, *, greeting: Condition = Condition.OK, decide: Callable[[int], str] = lambda _: ACCEPT) -> None:
        self.server = ServerConnection(limits=Limits(line=4096, literal=4096))
        self.log: list[str] = []
        self.taken: list[tuple[bytes, bool]] = []
        self._decide = decide
        self._current: bytes = b""
        self.server.send(r.StatusResponse(None, greeting, text=b"ready"))

    def receive(self, octets: bytes) -> None:
        """Take octets, answer what they say, until nothing waits any more."""
        events = deque(self.server.receive(octets, 0.0))
        while events:
            event = events.popleft()
            self.log.append(shown(event))
            self._react(event)
            events += self.server.pending()
        self.taken += self.server.taken()

    def _react(self, event: e.ServerEvent) -> None:
        if isinstance(event, e.CommandReceived):
            self._current = event.tag
            self._command(event.tag, event.command)
        elif isinstance(event, e.CommandUnreadable):
            self._status(event.tag if _writable(event.tag) else None, Condition.BAD)
        elif isinstance(event, e.LiteralOffered):
            self._literal(event)
        elif isinstance(event, e.Answered):
            if event.octets == b"more":
                self.server.challenge(b"and more")
            else:
                self._status(self._current, Condition.OK if event.octets is not None else Condition.BAD)
        elif isinstance(event, e.DoneReceived):
            self._status(self._current, Condition.OK if event.is_done else Condition.BAD)
        elif event.error is not None:
            self._status(None, Condition.BYE)

    def _literal(self, event: e.LiteralOffered) -> None:
        if not event.synchronizing:
            return
        decision = self._decide(event.size)
        if decision == ACCEPT:
            self.server.accept_literal()
        elif decision == AWAIT:
            self.server.await_literal()
        else:
            self.server.refuse_literal()
            self._status(event.tag if _writable(event.tag) else None, Condition.NO)

    def _command(self, tag: bytes, command: c.Command) -> None:
        if not allowed(command, self.server.state):
            self._status(tag, Condition.BAD)
        elif isinstance(command, c.Authenticate) and command.initial is None:
            self.server.challenge(b"")
        elif isinstance(command, c.Idle):
            self.server.begin_idle(b"idling")
            self._arrives()
        else:
            for response in self._data(command):
                self.server.send(response)
            self._status(tag, Condition.NO if getattr(command, "mailbox", b"") == b"Missing" else Condition.OK)

    def _data(self, command: c.Command) -> Iterator[r.Response]:
        view = self.server.view
        if isinstance(command, c.Capability):
            yield r.CapabilityData((b"IMAP4REV1",))
        elif isinstance(command, c.Select | c.Examine) and command.mailbox != b"Missing":
            self.server.view = MailboxView(UIDS)
            yield r.FlagsData((b"\\Seen",))
            yield r.Exists(len(UIDS))
            yield r.StatusResponse(None, Condition.OK, r.Code(b"UIDVALIDITY", 7), b"UIDs valid")
        elif isinstance(command, c.Fetch | c.Store) and view is not None:
            largest = view.uid(len(view)) if command.uid else len(view)
            for seq, uid in enumerate(view.uids(), 1):
                if uid is not None and command.messages.contains(uid if command.uid else seq, largest):
                    body = () if isinstance(command, c.Store) else tuple(_bodies(command, uid))
                    yield r.FetchData(seq, ((FetchAtt(UID), uid), (FetchAtt(FLAGS), (b"\\Seen",)), *body))
        elif isinstance(command, c.Expunge) and view is not None and len(view):
            yield r.ExpungeData(1)
        elif isinstance(command, c.Append):
            self._arrives()
        elif isinstance(command, c.Logout):
            yield r.StatusResponse(None, Condition.BYE, text=b"bye")

    def _arrives(self) -> None:
        if self.server.view is not None:
            self.server.view.append(100 + len(self.server.view))
            self.server.send(r.Exists(len(self.server.view)))

    def _status(self, tag: bytes | None, condition: Condition) -> None:
        self.server.send(r.StatusResponse(tag, condition, text=b"so be it"))


def _bodies(command: c.Fetch, uid: int) -> Iterator[tuple[FetchAtt, bytes]]:
    for item in command.items:
        if item.section is not None:
            yield FetchAtt(b"BODY", item.section, item.origin), b"message %d\r\n" % uid * 3


def _writable(tag: bytes | None) -> bool:
    return tag is not None and tag.isalnum()


def shown(event: e.Event | e.ServerEvent) -> str:
    """Return an event as text that compares, errors by what they say."""
    if isinstance(event, e.Ended):
        return f"Ended({type(event.error).__name__}: {event.error}, {event.unanswered})"
    if isinstance(event, e.CommandUnreadable):
        return f"CommandUnreadable({event.tag!r}, {event.keyword!r}, {event.error})"
    if isinstance(event, e.Answered | e.DoneReceived):
        return f"{event} {event.octets if isinstance(event, e.Answered) else event.line!r}"
    return repr(event)


def talk(script: Sequence[Sequence[c.Command]], answers: Sequence[bytes | None], sizes: Iterator[int]) -> list[str]:
    """Let a client submit each group of commands when the one before is answered; return what both ends saw.

    `sizes` are the sizes of the chunks in which octets travel, `answers` those to the challenges, None cancels.
    """
    responder = Responder(decide=lambda size: REFUSE if size > 1000 else ACCEPT)
    client = ClientConnection(counted_tags().__next__, style=Style(quoted_limit=10))
    to_client, to_server = bytearray(), bytearray()
    log: list[str] = []
    left, said = deque(script), deque(answers)
    while True:
        to_client += join(responder.server.outgoing(0.0))
        to_server += join(client.outgoing(0.0))
        if to_server:
            responder.receive(_take(to_server, next(sizes)))
        elif to_client:
            for event in client.receive(_take(to_client, next(sizes)), 0.0):
                log.append(shown(event))
                _react(client, responder.server, event, said)
        elif not client.in_flight and left and client.state is not State.LOGOUT:
            for command in left.popleft():
                client.submit(command)
        else:
            break
    log += map(shown, client.receive(b"", 0.0))
    responder.receive(b"")
    return [*log, "---", *responder.log, f"{client.state} {responder.server.state}"]


def _react(client: ClientConnection, server: ServerConnection, event: e.Event, said: deque[bytes | None]) -> None:
    if isinstance(event, e.Challenged):
        answer = said.popleft()
        if answer is None:
            client.cancel()
        else:
            client.answer(answer)
    elif isinstance(event, e.IdleBegan):
        client.done()
        client.submit(c.Noop())
    elif isinstance(event, e.Completed) and isinstance(event.command, c.StartTls):
        client.encrypted(0.0)
        server.encrypted(0.0)


def _take(octets: bytearray, size: int) -> bytes:
    chunk = bytes(octets[:size])
    del octets[:size]
    return chunk
