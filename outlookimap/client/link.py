"""One connection in use: a transport, the protocol above it, the clock, the taps. Moves octets, and waits.

Knows no order of commands and no profile: it turns what the protocol wants sent into octets sent, and octets received
into events, and every way a connection can end into an error.
"""

from __future__ import annotations

import contextlib
import ssl
from typing import NoReturn

from outlookimap.client.capabilities import Capabilities
from outlookimap.client.results import Traffic
from outlookimap.client.texts import harmless
from outlookimap.errors import ConnectionLost, ConnectionTimeout, ServerGoodbye
from outlookimap.protocol import events as e
from outlookimap.protocol.client_connection import ClientConnection
from outlookimap.transport.clock import Clock
from outlookimap.transport.stream import Transport
from outlookimap.transport.tap import Sender, Taps
from outlookimap.wire import commands as c

_LAST_WORDS = 64
"""How often at most a connection that cannot be written to any more is read."""


class Link:
    """A client's connection over a transport; `silence` is the longest wait for an octet, in seconds.

    `last_command` is the time of `clock` at which a command last went out, the connection's begin before the first.
    """

    def __init__(
        self, transport: Transport, connection: ClientConnection, *, clock: Clock, taps: Taps, silence: float
    ) -> None:
        """Tell the taps that the connection stands."""
        self.transport = transport
        self.connection = connection
        self.clock = clock
        self.silence = silence
        self.capabilities = Capabilities()
        self.last_command = clock.now()
        self._submitted = False  # a command that has not gone out yet
        self._commands = self._sent = self._received = 0
        self._taps = taps
        self._over = False
        self._goodbye: e.Goodbye | None = None
        self._ended: e.Ended | None = None
        self._lost: ConnectionLost | None = None
        taps.connected(transport.peer, clock.now())
        if transport.encrypted:
            taps.encrypted(clock.now())

    def submit(self, command: c.Command, *, tag: bytes | None = None) -> bytes:
        """Queue `command` and return its tag, a fresh one unless `tag` is given.

        Raises what ended the connection where it has ended, LocalProtocolError where `command` may not be sent now.
        """
        self.refuse_when_over()
        tag = self.connection.submit(command, tag=tag)
        self._commands += 1
        self._submitted = True
        return tag

    @property
    def traffic(self) -> Traffic:
        """What was carried so far."""
        return Traffic(self._commands, self._sent, self._received)

    def refuse_when_over(self) -> None:
        """Raise what ended the connection, ServerGoodbye also where the server has only said so; else do nothing."""
        self._raise_end()
        if self._goodbye is not None:
            raise self._gone(self._goodbye, "")

    def flush(self) -> None:
        """Send what the protocol wants sent.

        Raises ConnectionLost, or ServerGoodbye where the server had said so before it closed.
        """
        self._send()
        self._raise_end()

    def _send(self) -> list[e.Event]:
        """Send what the protocol wants sent; where that breaks, return what the server had said before."""
        now = self.clock.now()
        pieces = self.connection.outgoing(now)
        if not pieces:
            return []
        self._taps.octets(Sender.CLIENT, pieces, now)
        self._sent += sum(len(octets) for octets, _ in pieces)
        try:
            self.transport.send(pieces, self.silence)
        except ConnectionTimeout:
            raise
        except ConnectionLost as error:
            self._lost = error
            return self._last_words()
        self.connection.last_sent = self.clock.now()
        if self._submitted:
            self._submitted = False
            self.last_command = now
        return []

    def _last_words(self) -> list[e.Event]:
        """Return what came before the connection broke: it may say why, in an ALERT, a BYE or a refusal."""
        heard: list[e.Event] = []
        with contextlib.suppress(ConnectionLost):
            for _ in range(_LAST_WORDS):
                octets = self.transport.receive(0)
                if not octets:
                    break
                now = self.clock.now()
                self._received += len(octets)
                self._taps.octets(Sender.SERVER, [(octets, False)], now)
                heard += self.connection.receive(octets, now)
        self._note_goodbye(heard)
        return [event for event in heard if not isinstance(event, e.Ended)]

    def step(self, until: float | None = None) -> list[e.Event]:
        """Send, then wait for octets once: until they come, `until` (a time of the clock) or a wake, then return.

        Raises ConnectionTimeout when the server owed an answer and was silent; ConnectionLost, ServerGoodbye or
        RemoteProtocolError when the connection has ended and no event is left to report.
        """
        self._raise_end()
        if heard := self._send():
            return heard
        self._raise_end()
        deadline = self.connection.deadline(self.silence)
        moments = [moment for moment in (until, deadline) if moment is not None]
        timeout = max(0.0, min(moments) - self.clock.now()) if moments else None
        try:
            octets = self.transport.receive(timeout)
        except ConnectionLost as error:
            self._lost = error
            self._raise_loss(error)
        now = self.clock.now()
        if octets is None:
            if deadline is not None and now >= deadline:
                raise ConnectionTimeout(f"{self.transport.peer}: no octet for {self.silence:g} seconds")
            return []
        if octets:
            self._received += len(octets)
            self._taps.octets(Sender.SERVER, [(octets, False)], now)
        events = self.connection.receive(octets, now, runs=True)
        events += self._send()
        return self._without_end(events)

    def _without_end(self, events: list[e.Event]) -> list[e.Event]:
        """Take `Ended` out: events before it are reported first, the next step raises."""
        self._note_goodbye(events)
        if events and isinstance(ended := events[-1], e.Ended):
            self._ended = ended
            events.pop()
        if not events:
            self._raise_end()
        return events

    def _note_goodbye(self, events: list[e.Event]) -> None:
        self._goodbye = next((event for event in events if isinstance(event, e.Goodbye)), self._goodbye)

    def _raise_end(self) -> None:
        """Raise what ended the connection, if something has; ServerGoodbye where the server had said so before."""
        if self._lost is not None:
            self._raise_loss(self._lost)
        if self._ended is not None:
            self._raise(self._ended)

    def _raise_loss(self, error: ConnectionLost) -> NoReturn:
        if self._goodbye is not None:
            raise self._gone(self._goodbye, "") from error
        raise error

    def _raise(self, ended: e.Ended) -> NoReturn:
        if ended.error is not None:
            raise ended.error
        waiting = ", ".join(c.keyword(command).decode() for _, command in ended.unanswered)
        about = f" before it answered {waiting}" if waiting else ""
        if self._goodbye is not None:
            raise self._gone(self._goodbye, about)
        raise ConnectionLost(f"{self.transport.peer} closed the connection{about}")

    def _gone(self, goodbye: e.Goodbye, about: str) -> ServerGoodbye:
        message = f"{self.transport.peer} said goodbye and closed the connection{about}"
        return ServerGoodbye(message, text=harmless(goodbye.text))

    def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Begin TLS after STARTTLS was answered OK; what was learnt before does not count from here on.

        Raises TlsError; RemoteProtocolError when octets came between the answer and the handshake.
        """
        self.refuse_when_over()
        self.transport.start_tls(context, host, timeout=self.silence)
        now = self.clock.now()
        self._taps.encrypted(now)
        self.connection.encrypted(now)
        self.capabilities.forget()

    def close(self) -> None:
        """End the connection in order; once closed, do nothing."""
        self.transport.close()
        self._finish()

    def abort(self) -> None:
        """Drop the connection at once."""
        self.transport.abort()
        self._finish()

    def _finish(self) -> None:
        if not self._over:
            self._over = True
            self._taps.closed(self.clock.now())
