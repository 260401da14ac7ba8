"""What both ends of a connection share: role, state, flow, the view of the mailbox, what is to be sent, and the time.

Sans-I/O: the time is a number handed in, octets go in by `receive()` and come out by `outgoing()`. Knows neither
commands in flight nor the order of a session.
"""

from __future__ import annotations

import abc
import binascii

from outlookimap.errors import LocalProtocolError
from outlookimap.protocol.mailbox_view import MailboxView
from outlookimap.protocol.states import Flow, Role, State
from outlookimap.wire.building import Style
from outlookimap.wire.limits import Limits
from outlookimap.wire.secret import Piece


class Connection(abc.ABC):
    """One end of a connection; `role` says which.

    `view` is the selected mailbox, None while there is none. `last_sent` and `last_received` are the times (seconds of
    the caller's clock) at which octets last went out and came in.
    """

    def __init__(self, role: Role, *, limits: Limits, style: Style, now: float) -> None:
        """Begin before the greeting."""
        self.role = role
        self.state = State.CONNECTED
        self.flow = Flow.COMMANDS
        self.view: MailboxView | None = None
        self.limits = limits
        self.style = style
        self.last_sent = now
        self.last_received = now
        self._out: list[Piece] = []

    @property
    @abc.abstractmethod
    def awaiting(self) -> bool:
        """Whether the peer owes something: silence counts only then."""

    def outgoing(self, now: float) -> list[Piece]:
        """Take the octets that may be sent now; `now` becomes `last_sent` when there are any."""
        out, self._out = self._out, []
        if out:
            self.last_sent = now
        return out

    def deadline(self, silence: float) -> float | None:
        """Return when the peer has been silent for `silence` seconds although it owes something, None if it does not.

        Octets in either direction restart the count: ask after `outgoing()`.
        """
        if not self.awaiting or self.flow is Flow.CLOSED:
            return None
        return max(self.last_sent, self.last_received) + silence

    def _need(self, flow: Flow, what: str) -> None:
        if self.flow is not flow:
            raise LocalProtocolError(f"cannot {what}: the connection is in {self.flow.value!r}")


def decoded(line: bytes) -> bytes | None:
    """Return the octets of a line of base64 in AUTHENTICATE, None where it is none (RFC 3501 section 6.2.2)."""
    try:
        return binascii.a2b_base64(line.strip(), strict_mode=True)
    except binascii.Error:
        return None
