"""The contract of a transport: a two-way stream of octets to one peer.

Knows nothing of what the octets mean, nor of how they travel.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from typing import Protocol

from outlookimap.wire.secret import Piece


class Transport(Protocol):
    """A stream of octets; one thread at a time sends or receives, any other may `wake`, `abort` or `close`.

    All times are seconds; None means without limit. After a failed `send` no more can be sent, but what the peer
    had said may still be received (its BYE, for example); after any other error only `close` and `abort` remain.
    """

    @property
    def peer(self) -> str:
        """The other end as ``127.0.0.1:143`` or ``[::1]:143``."""
        ...

    @property
    def encrypted(self) -> bool:
        """Whether TLS carries the octets."""
        ...

    @property
    def server_name(self) -> str | None:
        """The name the server was asked for by, at the client's end; None where nobody said one."""
        ...

    def send(self, pieces: Sequence[Piece], silence: float | None) -> None:
        """Return when the system has accepted every octet of `pieces`.

        ConnectionTimeout when no octet was accepted or received for `silence` seconds; ConnectionLost when the peer
        is gone; LocalProtocolError when another thread is at it.
        """
        ...

    def receive(self, timeout: float | None) -> bytes | None:
        """Return what arrived, ``b""`` when the peer has closed, None after `timeout` seconds or a `wake`.

        Nothing is waited for when octets are there; 0 only looks. ConnectionLost when the connection was reset or
        dropped; TlsError when what arrived is no TLS; LocalProtocolError when another thread is at it.
        """
        ...

    def wake(self) -> None:
        """Make the blocked `receive`, or else the next one that finds nothing, return None; callable by any thread."""
        ...

    def start_tls(
        self,
        context: ssl.SSLContext,
        server_hostname: str | None,
        *,
        server_side: bool = False,
        timeout: float | None,
    ) -> None:
        """Begin TLS on the stream as it stands, within `timeout` seconds in all; TlsError when that fails."""
        ...

    def close(self) -> None:
        """End the stream in an orderly way without waiting for anything; once closed, do nothing."""
        ...

    def abort(self) -> None:
        """Drop the stream at once; a thread that waits on it gets ConnectionLost."""
        ...
