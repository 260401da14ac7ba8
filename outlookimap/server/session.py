"""One connection of a server: octets in, commands to their handlers, answers out, until it is over.

One thread runs it; `stop()` and a store's changes come from others and only wake it. Knows no command by itself but
those that change what octets mean: which handler serves which command, it is handed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from outlookimap.errors import LocalProtocolError, RemoteProtocolError
from outlookimap.protocol import events as e
from outlookimap.protocol.server_connection import ServerConnection
from outlookimap.protocol.states import State, allowed
from outlookimap.server.behaviour import Behaviour, Reply
from outlookimap.server.selection import Selected
from outlookimap.server.service import Service
from outlookimap.server.store import Account, Mailbox, Watch
from outlookimap.transport.stream import Transport
from outlookimap.transport.tap import Sender, Taps
from outlookimap.wire import commands as c
from outlookimap.wire import responses as r
from outlookimap.wire.fetch import FLAGS, FetchAtt
from outlookimap.wire.responses import Condition

Handler: TypeAlias = "Callable[[Session, Any], Reply | None]"
"""Serves one command: sends its untagged data and returns what the tagged response says.

None means that the answer comes later: `Session.dialogue` has been set.
"""

Handlers: TypeAlias = Mapping[type[c.Command], Handler]

Dialogue: TypeAlias = "Callable[[e.Answered | e.DoneReceived], Reply | None]"
"""Takes the next line of a command that consists of several; a reply ends it."""

_QUIET: tuple[type[c.Command], ...] = (c.Fetch, c.Store, c.Search, c.Copy)
"""Commands in whose answer no message goes: RFC 3501 section 7.4.1 forbids it for the first three, and it has broken
clients that used the forms with UID as well."""

_SMALL = 64  # octets of a response without a message, about
_FLUSHED = 256 << 10  # octets of messages after which what is queued is sent: memory stays bounded


class Session:
    """One connection; `run()` returns when it is over. The transport stays its owner's to close.

    ConnectionLost and the like when it breaks; every error is this connection's alone.
    """

    def __init__(self, transport: Transport, service: Service, handlers: Handlers, taps: Taps | None = None) -> None:
        """Begin with the greeting not yet sent."""
        self.service = service
        self.account: Account | None = None
        self.selected: Selected | None = None
        self.dialogue: Dialogue | None = None
        self.idling = False
        self._transport = transport
        self._handlers = handlers
        self._taps = taps or Taps()
        self._began = service.clock.now()
        self.connection = ServerConnection(limits=service.limits, style=service.behaviour.style, now=self._began)
        self._events: deque[e.ServerEvent] = deque()
        self._current: tuple[bytes, c.Command] | None = None
        self._queued = 0
        self._over = False
        self._stopping = False

    # ---------------------------------------------------------------- what handlers use

    @property
    def behaviour(self) -> Behaviour:
        """What this server says and lists."""
        return self.service.behaviour

    @property
    def encrypted(self) -> bool:
        """Whether TLS carries the octets."""
        return self._transport.encrypted

    @property
    def takes_plaintext(self) -> bool:
        """Whether a password may travel as it is."""
        return self.encrypted or self.service.allow_plaintext

    @property
    def capabilities(self) -> tuple[bytes, ...]:
        """What CAPABILITY lists now."""
        tls = self.service.start_tls is not None
        return self.behaviour.capabilities(encrypted=self.encrypted, plaintext=self.service.allow_plaintext, tls=tls)

    def send(self, *responses: r.Response, octets: int = 0) -> None:
        """Queue untagged responses; with `octets`, their size about, they go out as soon as much is queued."""
        for response in responses:
            self.connection.send(response)
        self._queued += octets
        if self._queued >= _FLUSHED:
            self.flush()

    def notice(self, condition: Condition, text: bytes, code: r.Code | None = None) -> None:
        """Queue an untagged status response."""
        self.connection.send(r.StatusResponse(None, condition, code, text))

    def flush(self) -> None:
        """Send what is queued."""
        self._queued = 0
        now = self.service.clock.now()
        pieces = self.connection.outgoing(now)
        if pieces:
            self._taps.octets(Sender.SERVER, pieces, now)
            self._transport.send(pieces, self.behaviour.send_silence)

    def select(self, mailbox: Mailbox, *, read_only: bool) -> Selected:
        """Make `mailbox` the selected one."""
        self.deselect()
        self.selected = Selected.open(mailbox, Watch(self._transport.wake), read_only=read_only)
        self.connection.view = self.selected.view
        return self.selected

    def deselect(self) -> None:
        """Have no mailbox selected."""
        if self.selected is not None:
            self.selected.close()
            self.selected = None
            self.connection.view = None

    def announce(self, *, removals: bool) -> None:
        """Tell the client what changed in the selected mailbox, messages that went only where `removals` may come."""
        if self.selected is None:
            return
        view = self.selected.view
        changes = self.selected.watch.take(removals=removals)
        for uid in changes.removed:
            self.send(r.ExpungeData(view.seq(uid) or 0))
        for uid in changes.added:
            view.append(uid)
        if changes.added:
            self.send(r.Exists(len(view)))
        places = {uid: seq for seq, uid in enumerate(view.uids(), 1)} if changes.changed else {}
        for uid in changes.changed:
            message = self.selected.mailbox.get(uid)
            if message is not None:
                self.send(r.FetchData(places[uid], ((FetchAtt(FLAGS), message.flags),)), octets=_SMALL)

    # ---------------------------------------------------------------- from other threads

    def stop(self) -> None:
        """Say goodbye as soon as possible; any thread may call."""
        self._stopping = True
        self._transport.wake()

    def wake(self) -> None:
        """Look at the clock again; any thread may call."""
        self._transport.wake()

    # ---------------------------------------------------------------- the loop

    def run(self) -> None:
        """Serve the connection until it is over."""
        self._taps.connected(self._transport.peer, self._began)
        if self._transport.encrypted:
            self._taps.encrypted(self._began)
        try:
            self.notice(Condition.OK, self.behaviour.texts.greeting)
            self.flush()
            while not self._over:
                self._step()
        finally:
            self.deselect()
            self._taps.closed(self.service.clock.now())

    def _step(self) -> None:
        octets = self._transport.receive(max(0.0, self._deadline() - self.service.clock.now()))
        texts = self.behaviour.texts
        if octets is not None:
            self._receive(octets)
        elif self.idling:
            self.announce(removals=True)
        if not self._over and self._stopping:
            self._say_goodbye(texts.goodbye_stopping)
        elif not self._over and self.service.clock.now() >= self._deadline():
            self._say_goodbye(texts.goodbye_sign_in if self.account is None else texts.goodbye_silent)
        self.flush()

    def _deadline(self) -> float:
        if self.account is None:
            return self._began + self.behaviour.sign_in_time
        return self.connection.last_received + self.behaviour.inactivity

    def _say_goodbye(self, text: bytes) -> None:
        self.notice(Condition.BYE, text)
        self._over = True

    def _receive(self, octets: bytes) -> None:
        try:
            self._take(self.connection.receive(octets, self.service.clock.now()))
            while self._events and not self._over:
                self._handle(self._events.popleft())
                self._take(self.connection.pending())
        except RemoteProtocolError:
            self._say_goodbye(self.behaviour.texts.goodbye_unreadable)

    def _take(self, events: list[e.ServerEvent]) -> None:
        self._events += events
        taken = self.connection.taken()
        if taken:
            self.flush()  # so that taps hear what was said before it was answered
            self._taps.octets(Sender.CLIENT, taken, self.service.clock.now())

    def _handle(self, event: e.ServerEvent) -> None:
        if isinstance(event, e.CommandReceived):
            self._command(event.tag, event.command)
        elif isinstance(event, e.CommandUnreadable):
            self._answer(event.tag, self.behaviour.refusals.unreadable, b"")
        elif isinstance(event, e.LiteralOffered):
            self._literal(event)
        elif isinstance(event, e.Ended):
            if event.error is not None:
                self.notice(Condition.BYE, self.behaviour.texts.goodbye_unreadable)
            self._over = True
        elif self.dialogue is not None and self._current is not None:
            self._complete(*self._current, self.dialogue(event))

    def _literal(self, offered: e.LiteralOffered) -> None:
        if not offered.synchronizing:
            return  # it comes whatever we say; the handler answers
        appended = offered.keyword == c.Append.name and self.account is not None
        if offered.size > (self.behaviour.append_limit if appended else self.behaviour.literal_limit):
            self.connection.refuse_literal()
            self._answer(offered.tag, self.behaviour.refusals.too_large, b"")
        else:
            self.connection.accept_literal(self.behaviour.texts.literal)

    # ---------------------------------------------------------------- commands

    def _command(self, tag: bytes, command: c.Command) -> None:
        refusals = self.behaviour.refusals
        handler = self._handlers.get(type(command))
        self._current = (tag, command)
        if handler is None or not self.behaviour.knows(command):
            reply: Reply | None = refusals.unknown
        elif not allowed(command, self.connection.state):
            reply = refusals.wrong_state
        else:
            try:
                reply = handler(self, command)
            except LocalProtocolError:  # the strict writer cannot write what would have to be said
                reply = Reply(Condition.NO, self.behaviour.texts.failed)
        self._complete(tag, command, reply)

    def _complete(self, tag: bytes, command: c.Command, reply: Reply | None) -> None:
        if reply is None:
            return
        self._current = self.dialogue = None
        self.idling = False
        self.announce(removals=not isinstance(command, _QUIET))
        self._answer(tag, reply, c.keyword(command))
        started = isinstance(command, c.StartTls) and reply.condition is Condition.OK
        if started and self.service.start_tls is not None:
            self.flush()
            self.service.start_tls(self._transport)
            now = self.service.clock.now()
            self._taps.encrypted(now)
            self.connection.encrypted(now)
        self._over = self._over or self.connection.state is State.LOGOUT

    def _answer(self, tag: bytes | None, reply: Reply, keyword: bytes) -> None:
        text = reply.text.replace(b"%s", keyword)
        self.connection.send(r.StatusResponse(tag, reply.condition, reply.code, text))
