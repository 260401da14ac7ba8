"""One connection in use: a transport, the protocol above it, the clock, the taps. Moves octets, and waits.

Knows no order of commands and no profile: it turns what the protocol wants sent into octets sent, and octets received
into events, and every way a connection can end into an error.
"""

from __future__ import annotations

from typing import NoReturn

from outlookimap.client.capabilities import Capabilities
from outlookimap.errors import ConnectionLost, ConnectionTimeout, ServerGoodbye
from outlookimap.protocol import events as e
from outlookimap.protocol.client_connection import ClientConnection
from outlookimap.transport.clock import Clock
from outlookimap.transport.stream import Transport
from outlookimap.transport.tap import Sender, Taps
from outlookimap.wire import commands as c


class Link:
    """A client's connection over a transport; `silence` is the longest wait for an octet, in seconds."""

    def __init__(
        self, transport: Transport, connection: ClientConnection, *, clock: Clock, taps: Taps, silence: float
    ) -> None:
        """Tell the taps that the connection stands."""
        self.transport = transport
        self.connection = connection
        self.clock = clock
        self.silence = silence
        self.capabilities = Capabilities()
        self._taps = taps
        self._over = False
        self._goodbye: e.Goodbye | None = None
        self._ended: e.Ended | None = None
        taps.connected(transport.peer, clock.now())

    def flush(self) -> None:
        """Send what the protocol wants sent."""
        now = self.clock.now()
        pieces = self.connection.outgoing(now)
        if pieces:
            self._taps.octets(Sender.CLIENT, pieces, now)
            self.transport.send(pieces, self.silence)
            self.connection.last_sent = self.clock.now()

    def step(self, until: float | None = None) -> list[e.Event]:
        """Send, then wait for octets once: until they come, `until` (a time of the clock) or a wake, then return.

        Raises ConnectionTimeout when the server owed an answer and was silent; ConnectionLost, ServerGoodbye or
        RemoteProtocolError when the connection has ended and no event is left to report.
        """
        if self._ended is not None:
            self._raise(self._ended)
        self.flush()
        deadline = self.connection.deadline(self.silence)
        moments = [moment for moment in (until, deadline) if moment is not None]
        timeout = max(0.0, min(moments) - self.clock.now()) if moments else None
        octets = self.transport.receive(timeout)
        now = self.clock.now()
        if octets is None:
            if deadline is not None and now >= deadline:
                raise ConnectionTimeout(f"{self.transport.peer}: no octet for {self.silence:g} seconds")
            return []
        if octets:
            self._taps.octets(Sender.SERVER, [(octets, False)], now)
        events = self.connection.receive(octets, now)
        self.flush()
        return self._without_end(events)

    def _without_end(self, events: list[e.Event]) -> list[e.Event]:
        """Take `Ended` out: events before it are reported first, the next step raises."""
        self._goodbye = next((event for event in events if isinstance(event, e.Goodbye)), self._goodbye)
        if events and isinstance(ended := events[-1], e.Ended):
            self._ended = ended
            events.pop()
            if not events:
                self._raise(ended)
        return events

    def _raise(self, ended: e.Ended) -> NoReturn:
        if ended.error is not None:
            raise ended.error
        waiting = ", ".join(c.keyword(command).decode() for _, command in ended.unanswered)
        about = f" before it answered {waiting}" if waiting else ""
        if self._goodbye is not None:
            text = self._goodbye.text.decode("utf-8", "replace")
            raise ServerGoodbye(f"{self.transport.peer} said goodbye and closed the connection{about}", text=text)
        raise ConnectionLost(f"{self.transport.peer} closed the connection{about}")

    def started_tls(self) -> None:
        """Note that TLS carries the connection from here on: what was learnt before does not count."""
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
