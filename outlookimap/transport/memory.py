"""A pair of transports that talk to each other in memory, for tests without a network.

Knows nothing of sockets and encrypts nothing. With a `FakeClock` a wait ends when octets come, when it is woken, or
when another thread advances the clock past the deadline: no time passes by itself.
"""

from __future__ import annotations

import ssl
import sys
import threading
from collections.abc import Callable, Sequence

from outlookimap.errors import ConnectionLost, ConnectionTimeout, LocalProtocolError
from outlookimap.transport.clock import Clock, FakeClock
from outlookimap.transport.stream import Transport
from outlookimap.wire.secret import Piece, join

CHUNK = 64 * 1024


def pair(clock: Clock, *, capacity: int | None = None, chunk: int = CHUNK) -> tuple[Transport, Transport]:
    """Return two transports, the client's and the server's, each the other's peer; thread-safe.

    `capacity` is the octets one direction holds before a send has to wait (None: any number), `chunk` the most
    octets one `receive` returns (1 delivers octet by octet). Waiting is by `clock`.
    """
    changed = threading.Condition()
    client = _MemoryTransport("memory:server", clock, changed, capacity, chunk)
    server = _MemoryTransport("memory:client", clock, changed, capacity, chunk)
    client.other, server.other = server, client
    return client, server


class _MemoryTransport:
    """One end of the pair; all state of both ends is guarded by their one condition."""

    other: _MemoryTransport

    def __init__(self, peer: str, clock: Clock, changed: threading.Condition, capacity: int | None, chunk: int) -> None:
        self._peer = peer
        self._clock = clock
        self._changed = changed
        self._capacity = capacity
        self._chunk = chunk
        self.arrived = bytearray()
        self._encrypted = False
        self._server_name: str | None = None
        self._woken = False
        self.closed = False
        if isinstance(clock, FakeClock):
            clock.watch(self._look_at_clock)

    @property
    def peer(self) -> str:
        """The name of the other end."""
        return self._peer

    @property
    def encrypted(self) -> bool:
        """Whether `start_tls` was called."""
        return self._encrypted

    @property
    def server_name(self) -> str | None:
        """The name `start_tls` was given at this end."""
        return self._server_name

    def send(self, pieces: Sequence[Piece], silence: float | None) -> None:
        """Hand the octets of `pieces` to the other end; see `Transport.send`."""
        octets = memoryview(join(pieces))
        with self._changed:
            while octets or self.closed:
                if not self._wait(self._can_send, silence):
                    raise ConnectionTimeout(f"{self._peer} accepted nothing for {silence} s and is given up")
                self._refuse_when_closed()
                if self.other.closed:
                    raise ConnectionLost(f"the connection to {self._peer} is lost: the other side had closed it")
                accepted = octets[: self.other.room()]
                self.other.arrived += accepted
                octets = octets[len(accepted) :]
                self._changed.notify_all()

    def receive(self, timeout: float | None) -> bytes | None:
        """Return what arrived, ``b""`` at the end, None after `timeout` or `wake`; see `Transport.receive`."""
        with self._changed:
            self._refuse_when_closed()
            arrived = self._wait(self._can_receive, timeout)
            self._refuse_when_closed()
            if self.arrived or (arrived and self.other.closed):
                octets = bytes(self.arrived[: self._chunk])
                del self.arrived[: self._chunk]
                self._changed.notify_all()
                return octets
            self._woken = False
            return None

    def wake(self) -> None:
        """Make the blocked `receive`, or else the next one that finds nothing, return None; for any thread."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def start_tls(
        self,
        context: ssl.SSLContext,  # noqa: ARG002 - the contract's
        server_hostname: str | None,
        *,
        server_side: bool = False,  # noqa: ARG002 - the contract's
        timeout: float | None,  # noqa: ARG002 - the contract's
    ) -> None:
        """Set `encrypted` and nothing else: no handshake, no certificate; LocalProtocolError when it is set."""
        with self._changed:
            self._refuse_when_closed()
            if self._encrypted:
                raise LocalProtocolError("TLS is on already")
            self._encrypted = True
            self._server_name = server_hostname

    def close(self) -> None:
        """End the stream; the other end still receives what was sent."""
        if isinstance(self._clock, FakeClock):
            self._clock.unwatch(self._look_at_clock)
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def abort(self) -> None:
        """Do what `close` does: here there is no farewell to leave out."""
        self.close()

    def room(self) -> int:
        """Return how many octets this end takes in now."""
        return sys.maxsize if self._capacity is None else self._capacity - len(self.arrived)

    def _can_send(self) -> bool:
        return self.closed or self.other.closed or self.other.room() > 0

    def _can_receive(self) -> bool:
        return bool(self.arrived) or self._woken or self.closed or self.other.closed

    def _refuse_when_closed(self) -> None:
        if self.closed:
            raise ConnectionLost(f"the connection to {self._peer} was closed on this side")

    def _look_at_clock(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _wait(self, reached: Callable[[], bool], seconds: float | None) -> bool:
        """Wait until `reached`, at most `seconds` of the clock; return whether it was."""
        deadline = None if seconds is None else self._clock.now() + seconds
        while not reached():
            remaining = None if deadline is None else deadline - self._clock.now()
            if remaining is not None and remaining <= 0:
                return False
            self._changed.wait(None if isinstance(self._clock, FakeClock) else remaining)
        return True
