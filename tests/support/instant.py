"""Real connections on a clock that moves as soon as nobody has anything to do: a day passes in a second.

Every end of every connection waits in `receive`, with a moment at which it wants to go on. Once all of them do, and all
octets have arrived, the clock moves to the first of these moments. Knows no test, and nothing of what is said.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from outlookimap.transport.clock import FakeClock
from outlookimap.transport.socket_stream import SocketTransport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from outlookimap.wire.secret import Piece

_PATIENCE = 20.0
"""Seconds of real time after which somebody is taken to run in circles, or to be stuck."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a client sent in one write: when, on which connection (from 1, in the order they first said something)."""

    moment: float
    connection: int
    octets: bytes


@dataclass(slots=True)
class _Wait:
    began: float
    until: float


class Instant:
    """The clock, `sent` by clients, and `until()`, which lets time pass; plain connections of this process only."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Watch all socket transports that are made from here on."""
        self.clock = FakeClock()
        self.sent: list[Sent] = []
        self._changed = threading.Condition()
        self._waits: dict[SocketTransport, _Wait] = {}
        self._rung: set[SocketTransport] = set()
        self._numbers: dict[SocketTransport, int] = {}
        self._under_way = 0
        send, receive, wake = SocketTransport.send, SocketTransport.receive, SocketTransport.wake

        def sending(transport: SocketTransport, pieces: Sequence[Piece], silence: float | None) -> None:
            self._sending(transport, b"".join(octets for octets, _ in pieces))
            send(transport, pieces, silence)

        def receiving(transport: SocketTransport, timeout: float | None) -> bytes | None:
            self._waiting(transport, timeout)
            got: bytes | None = b""
            try:
                got = receive(transport, timeout)
            finally:
                self._went_on(transport, got)
            return got

        def waking(transport: SocketTransport) -> None:
            with self._changed:
                self._rung.add(transport)
            wake(transport)

        monkeypatch.setattr(SocketTransport, "send", sending)
        monkeypatch.setattr(SocketTransport, "receive", receiving)
        monkeypatch.setattr(SocketTransport, "wake", waking)

    def until(self, moment: float, *, connections: int = 1) -> None:
        """Let time pass until `moment`, and all that is due then happen; so many connections there must be."""
        while True:
            with self._changed:
                assert self._changed.wait_for(lambda: self._quiet(2 * connections), _PATIENCE), self._state()
                now = self.clock.now()
                due = min(wait.until for wait in self._waits.values())
            if now >= moment:
                return
            self.clock.advance(min(due, moment) - now)
            self._wake()

    def _wake(self) -> None:
        """Let all look at the clock who have not been told that it was moved."""
        with self._changed:
            waiting = [transport for transport, wait in self._waits.items() if wait.began < self.clock.now()]
        for transport in waiting:
            transport.wake()

    def _quiet(self, ends: int) -> bool:
        now = self.clock.now()
        waits = self._waits.values()
        settled = all(wait.began == now and wait.until > now for wait in waits)
        return len(waits) == ends and settled and not self._under_way and not self._rung

    def _state(self) -> str:
        return f"at {self.clock.now()}: {self._waits}, {self._under_way} octets under way, last {self.sent[-5:]}"

    def _sending(self, transport: SocketTransport, octets: bytes) -> None:
        with self._changed:
            self._under_way += len(octets)
            if transport.server_name is not None:
                number = self._numbers.setdefault(transport, len(self._numbers) + 1)
                self.sent.append(Sent(self.clock.now(), number, octets))

    def _waiting(self, transport: SocketTransport, timeout: float | None) -> None:
        with self._changed:
            now = self.clock.now()
            self._waits[transport] = _Wait(now, math.inf if timeout is None else now + timeout)
            self._changed.notify_all()

    def _went_on(self, transport: SocketTransport, got: bytes | None) -> None:
        with self._changed:
            del self._waits[transport]
            self._under_way -= len(got or b"")
            if not got:
                self._rung.discard(transport)
            self._changed.notify_all()
