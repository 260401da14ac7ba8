"""Taps: who listens in on a conversation, piece by piece, without changing it.

Whoever drives a transport (client, server, proxy) tells the taps; transports know nothing of them, and taps nothing
of transports. Pieces carry which octets are secret, so that no tap has to guess.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from typing import Protocol

from outlookimap.wire.secret import Piece


class Sender(enum.Enum):
    """Who sent the octets."""

    CLIENT = "C"
    SERVER = "S"


class Tap(Protocol):
    """One listener; every moment is in seconds of the driver's clock."""

    def connected(self, peer: str, now: float) -> None:
        """Take note that the connection to `peer` (host:port) stands."""
        ...

    def octets(self, sender: Sender, pieces: Sequence[Piece], now: float) -> None:
        """Take note of what `sender` put on the wire, as plain text also where TLS carries it."""
        ...

    def encrypted(self, now: float) -> None:
        """Take note that TLS began: all that follows is encrypted on the wire."""
        ...

    def closed(self, now: float) -> None:
        """Take note that the connection is over."""
        ...


class Taps:
    """Any number of taps, told in order; itself a tap."""

    __slots__ = ("_taps",)

    def __init__(self, taps: Iterable[Tap] = ()) -> None:
        """Keep `taps` in the order given."""
        self._taps: tuple[Tap, ...] = tuple(taps)

    def connected(self, peer: str, now: float) -> None:
        """Tell every tap that the connection to `peer` stands."""
        for tap in self._taps:
            tap.connected(peer, now)

    def octets(self, sender: Sender, pieces: Sequence[Piece], now: float) -> None:
        """Tell every tap what `sender` put on the wire."""
        for tap in self._taps:
            tap.octets(sender, pieces, now)

    def encrypted(self, now: float) -> None:
        """Tell every tap that TLS began."""
        for tap in self._taps:
            tap.encrypted(now)

    def closed(self, now: float) -> None:
        """Tell every tap that the connection is over."""
        for tap in self._taps:
            tap.closed(now)
