"""One connection of a server: octets in, commands to their handlers, answers out, until it is over.

One thread runs it; `stop()` and a store's changes come from others and only wake it. Knows no command by itself but
those that change what octets mean: which handler serves which command, it is handed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from outlookimap.errors import LocalProtocolError, RemoteProtocolError
from outlookimap.protocol import events as e
from outlookimap.protocol.server_connection import ServerConnection
from outlookimap.protocol.states import State, allowed
from outlookimap.server.behaviour import Behaviour, Reply
from outlookimap.server.outlet import Outlet
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
_HEARD = 8 << 10  # octets read at once: an empty line, and there may be many, takes a thousand times its octets
_FLUSHED = 256 << 10  # octets of messages after which what is queued is sent: memory stays bounded


class Session:
    """One connection; `run()` returns when it is over. The transport stays its owner's to close.

    A command is served to its end before the next is looked at, and a tag may be used again. ConnectionLost and the
    like when it breaks; every error is this connection's alone.

    Statements: X10:V0001, X10:V0016, X10:V0017, X10:C0001, X3:V0001, X3:V0016, X3:V0017, X3:C0001
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
        self._spoke = self._began  # when the client's last command came
        self._unfinished: float | None = None  # when a command that is not complete began to come
        self._offered = 0  # octets in the literals of that command
        self._failures = 0
        style = replace(service.behaviour.style, literal_for=service.behaviour.naming.literal_for)
        self.connection = ServerConnection(limits=service.limits, style=style, now=self._began)
        self._outlet = Outlet(self.connection, transport, self._taps, service)
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
        return self.encrypted or self.service.allow_plaintext or self.behaviour.plaintext

    @property
    def capabilities(self) -> tuple[bytes, ...]:
        """What CAPABILITY lists now."""
        tls = self.service.start_tls is not None
        return self.behaviour.capabilities(encrypted=self.encrypted, plaintext=self.takes_plaintext, tls=tls)

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
        self._outlet.put()

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

    def announce(self, *, removals: bool, arrivals: bool = True, flags: bool = True) -> None:
        """Tell the client what changed in the selected mailbox, messages that went only where `removals` may come.

        Statements: X10:V0013, X10:V0044, X10:V0046, X3:V0013, X3:V0042, X3:V0044
        """
        if self.selected is None:
            return
        view = self.selected.view
        changes = self.selected.watch.take(removals=removals, arrivals=arrivals, flags=flags)
        for uid in changes.removed:
            self.send(r.ExpungeData(view.seq(uid) or 0))
        if changes.added:
            self.selected.arrived(changes.added)
            self.send(r.Exists(len(view)), r.Recent(self.selected.count_recent()))
        changed = changes.changed if self.behaviour.telling.foreign_flags else ()
        places = {uid: seq for seq, uid in enumerate(view.uids(), 1)} if changed else {}
        for uid in changed:
            message = self.selected.mailbox.get(uid)
            if message is not None:
                shown = self.selected.shown(message).flags
                self.send(r.FetchData(places[uid], ((FetchAtt(FLAGS), shown),)), octets=_SMALL)

    # ---------------------------------------------------------------- from other threads

    def stop(self) -> None:
        """Say goodbye as soon as possible; any thread may call."""
        self._stopping = True
        self._outlet.stop()
        self._transport.wake()

    def wake(self) -> None:
        """Look at the clock again; any thread may call."""
        self._outlet.wake()
        self._transport.wake()

    # ---------------------------------------------------------------- the loop

    def run(self) -> None:
        """Serve the connection until it is over; the greeting is OK and a text, never PREAUTH and without a code.

        Statements: X10:V0050, X10:V0051, X3:V0048, X3:V0049, X1:2.3.5
        """
        self._taps.connected(self._transport.peer, self._began)
        if self._transport.encrypted:
            self._taps.encrypted(self._began)
        try:
            self._outlet.greeting()
            self.notice(Condition.OK, self.behaviour.texts.greeting)
            self._outlet.end()
            self.flush()
            while not self._over and not self._outlet.closed:
                self._step()
        finally:
            self.deselect()
            self._taps.closed(self.service.clock.now())

    def _step(self) -> None:
        """Take what comes next: octets, a change to tell unasked, the end of patience.

        While no command runs no EXPUNGE is sent (RFC 3501 section 5.3).

        Statements: X10:V0002, X10:V0014, X3:V0002, X3:V0014
        """
        until = min(self._deadline(), self._outlet.expires)
        octets = self._transport.receive(max(0.0, until - self.service.clock.now()))
        if octets is None and self._outlet.expired():
            return
        texts = self.behaviour.texts
        if octets is not None:
            self._receive(octets)
        elif self.idling:
            self.announce(removals=True)
        elif self.behaviour.telling.outside_commands:
            self.announce(removals=False, flags=False)
        if not self._over and self._stopping:
            self._say_goodbye(texts.goodbye_stopping)
        elif not self._over and self.service.clock.now() >= self._deadline():
            silent = self.service.clock.now() >= self.connection.last_received + self.behaviour.inactivity
            passed = texts.goodbye_silent if silent else texts.goodbye_slow
            self._say_goodbye(texts.goodbye_sign_in if self.account is None else passed)
        self.flush()

    def _deadline(self) -> float:
        """Return when patience ends.

        Statements: X10:V0015, X10:E0002, X3:V0015, X3:E0002
        """
        if self.account is None:
            since = self._spoke if self.behaviour.sign_in_restarts else self._began
            return since + self.behaviour.sign_in_time
        silent = self.connection.last_received + self.behaviour.inactivity
        if self._unfinished is None:
            return silent
        return min(silent, self._unfinished + self.behaviour.command_time)  # an octet now and then is no command

    def _say_goodbye(self, text: bytes) -> None:
        self.notice(Condition.BYE, text)
        self._over = True

    def _receive(self, octets: bytes) -> None:
        try:
            for start in range(0, len(octets) or 1, _HEARD):
                self._take(self.connection.receive(octets[start : start + _HEARD], self.service.clock.now()))
                while self._events and not self._over and not self._outlet.closed:
                    self._handle(self._events.popleft())
                    self._take(self.connection.pending())
                if self._over or self._outlet.closed:
                    break
        except RemoteProtocolError:
            self._say_goodbye(self.behaviour.texts.goodbye_unreadable)
        now = self.service.clock.now()
        self._unfinished = max(self._unfinished or now, self._spoke) if self.connection.unfinished else None

    def _take(self, events: list[e.ServerEvent]) -> None:
        self._events += events
        taken = self.connection.taken()
        if taken:
            self.flush()  # so that taps hear what was said before it was answered
            self._taps.octets(Sender.CLIENT, taken, self.service.clock.now())

    def _handle(self, event: e.ServerEvent) -> None:
        if isinstance(event, e.CommandReceived | e.CommandUnreadable):
            self._spoke = self.service.clock.now()
            self._offered = 0
        if isinstance(event, e.CommandReceived):
            if self.behaviour.parsing.takes(event.leniencies):
                self._command(event.tag, event.command)
            else:
                self._outlet.unreadable(event.tag, c.keyword(event.command))
                self._complete(event.tag, event.command, self.behaviour.refusals.unreadable)
        elif isinstance(event, e.CommandUnreadable):
            self._outlet.unreadable(event.tag, event.keyword)
            self._answer(event.tag, self.behaviour.refusals.unreadable, b"")
            self._outlet.end()
        elif isinstance(event, e.LiteralOffered):
            self._literal(event)
        elif isinstance(event, e.Ended):
            if event.error is not None:
                self.notice(Condition.BYE, self.behaviour.texts.goodbye_unreadable)
            self._over = True
        elif self.dialogue is not None and self._current is not None:
            self._complete(*self._current, self.dialogue(event))

    def _literal(self, offered: e.LiteralOffered) -> None:
        """Let a literal come, or refuse it because of its size.

        Statements: X10:V0058
        """
        appended = offered.keyword == c.Append.name and self.account is not None
        limit = self.behaviour.append_limit if appended else self.behaviour.literal_limit
        self._offered += offered.size
        too_much = self._offered > limit + self.behaviour.literal_limit
        if not offered.synchronizing:
            if too_much:  # it comes whatever we say, and would fill the memory; else the handler answers
                self._say_goodbye(self.behaviour.texts.goodbye_too_large)
            return
        self._outlet.go_ahead(offered.tag, offered.keyword)
        if offered.size > limit or too_much:
            self._offered = 0
            self.connection.refuse_literal()
            self._answer(offered.tag, self.behaviour.refusals.too_large, b"")
        elif offered.keyword == b"UID " + c.Search.name and not self.behaviour.searching.go_ahead_in_uid_search:
            self.connection.await_literal()
        else:
            self.connection.accept_literal(self.behaviour.texts.literal)

    # ---------------------------------------------------------------- commands

    def _command(self, tag: bytes, command: c.Command) -> None:
        """Have a command served; there are none but those of the RFCs whose capabilities are listed.

        Statements: X10:V0047, X3:V0045, X1:2.3.3
        """
        refusals = self.behaviour.refusals
        handler = self._handlers.get(type(command))
        self._current = (tag, command)
        if self.service.heard is not None:
            self.service.heard(self, command)
        skipped = self._outlet.command(tag, command, self.behaviour.texts.completed)
        if skipped is not None:
            reply: Reply | None = skipped
        elif handler is None or not self.behaviour.knows(command):
            reply = refusals.unknown
        elif not allowed(command, self.connection.state):
            reply = refusals.wrong_state
        else:
            try:
                reply = handler(self, command)
            except LocalProtocolError:  # the strict writer cannot write what would have to be said
                reply = Reply(Condition.NO, self.behaviour.texts.failed)
        if reply is None and self.idling:
            self._outlet.idle()
        self._complete(tag, command, reply)

    def _complete(self, tag: bytes, command: c.Command, reply: Reply | None) -> None:
        if reply is None:
            return
        self._current = self.dialogue = None
        self.idling = False
        self._outlet.answering()
        self._conclude(tag, command, reply)
        self._outlet.end()
        started = isinstance(command, c.StartTls) and reply.condition is Condition.OK
        if started and self.service.start_tls is not None and not self._outlet.closed:
            self.flush()
            self.service.start_tls(self._transport)
            now = self.service.clock.now()
            self._taps.encrypted(now)
            self.connection.encrypted(now)
        self._over = self._over or self.connection.state is State.LOGOUT

    def _conclude(self, tag: bytes, command: c.Command, reply: Reply) -> None:
        """Tell what changed and send the tagged response, in the order that `Telling` asks for.

        Statements: X10:V0035, X10:V0055, X3:V0033, X3:V0053
        """
        telling = self.behaviour.telling
        expunged = isinstance(command, c.Expunge) and telling.exists_after_expunge
        appended = isinstance(command, c.Append) and telling.exists_after_append
        later = reply.condition is Condition.OK and (expunged or appended)
        before = self._told()
        self.announce(removals=not isinstance(command, _QUIET), arrivals=not later)
        between = self._told()
        self._answer(tag, reply, c.keyword(command))
        if later:
            self.announce(removals=False)
            if expunged and self._told() == between < before:
                self.send(r.Exists(between))
        if isinstance(command, c.Login | c.Authenticate) and reply.condition is Condition.NO:
            self._failed()

    def _told(self) -> int:
        """Return how many messages the client knows to be in the selected mailbox."""
        return len(self.selected.view) if self.selected is not None else 0

    def _failed(self) -> None:
        """Count a sign-in that was answered NO, for whatever reason; after too many the connection ends.

        Statements: X10:V0061, X3:V0058
        """
        self._failures += 1
        most = self.behaviour.failed_sign_ins
        if most is not None and self._failures >= most:
            self._say_goodbye(self.behaviour.texts.goodbye_failures)

    def _answer(self, tag: bytes | None, reply: Reply, keyword: bytes) -> None:
        """Send a tagged response; no handler makes one with ALERT, PARSE or CAPABILITY.

        Statements: X10:V0048, X10:V0049, X10:V0052, X3:V0046, X3:V0047, X3:V0050, X1:2.3.4
        """
        text = reply.text.replace(b"%s", keyword)
        self.connection.send(r.StatusResponse(tag, reply.condition, reply.code, text))
