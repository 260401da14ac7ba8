"""A server that serves in the thread of its client, and connections to it that break after a given octet; no waiting.

The embedded server's own session is stepped by hand, so that a conversation is the same every time, and what it has
acted on when a connection breaks is known to the octet.
"""

from __future__ import annotations

import dataclasses
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from outlookimap.client import Session as ClientSession
from outlookimap.errors import ConnectionLost
from outlookimap.profiles import Policy
from outlookimap.server.behaviour import Behaviour, Texts
from outlookimap.server.dispatch import HANDLERS
from outlookimap.server.memory_store import MemoryAccount, MemoryStore
from outlookimap.server.service import Service
from outlookimap.server.session import Session
from outlookimap.transport.clock import FakeClock
from outlookimap.transport.stream import Transport
from outlookimap.wire.commands import Command
from outlookimap.wire.responses import Condition
from outlookimap.wire.secret import Piece, Secret, join

CAPABILITIES = (b"IMAP4rev1", b"AUTH=PLAIN", b"UIDPLUS")
POLICY = Policy(encryption="none")
USER = "ann"
_TEXTS = Texts(**{one.name: b"." for one in dataclasses.fields(Texts)})


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a connection breaks: after so many octets from the client, or to it.

    What the server had read completely it has acted on. `heard` says whether its answers to what the client had sent
    until then still arrive; octets to the client arrive up to the cut in any case.
    """

    octets: int
    to_client: bool
    heard: bool = True


class _ServersEnd:
    """The server's end of a connection: what it sends lands in `said`, what it receives is handed to it."""

    peer = "client"
    encrypted = False
    server_name: str | None = None

    def __init__(self) -> None:
        self.coming = b""
        self.said = bytearray()

    def send(self, pieces: Sequence[Piece], silence: float | None) -> None:
        self.said += join(pieces)

    def receive(self, timeout: float | None) -> bytes | None:
        octets, self.coming = self.coming, b""
        return octets or None

    def wake(self) -> None:
        """Nobody sleeps."""

    def start_tls(
        self, context: ssl.SSLContext, server_hostname: str | None, *, server_side: bool = False, timeout: float | None
    ) -> None:
        raise AssertionError("no TLS here")

    def close(self) -> None:
        """Nothing is held."""

    def abort(self) -> None:
        """Nothing is held."""


class CutTransport:
    """The client's end of a connection that breaks at `cut`; counts the octets of both directions.

    `spoken` are the counts of octets to the server after which it had something to say.
    """

    peer = "server"
    encrypted = False
    server_name: str | None = None

    def __init__(self, service: Service, cut: Cut | None = None) -> None:
        self.sent = self.received = 0
        self.spoken: list[int] = []
        self._cut = cut
        self._broken = self._closed = False
        self._end = _ServersEnd()
        self._session = Session(self._end, service, HANDLERS)
        self._session._outlet.greeting()
        self._session.notice(Condition.OK, self._session.behaviour.texts.greeting)
        self._session._outlet.end()
        self._session.flush()

    def send(self, pieces: Sequence[Piece], silence: float | None) -> None:
        """Let the server act on what arrives; what is sent into a broken connection vanishes."""
        self._refuse_when_closed()
        octets = join(pieces)
        self.sent += len(octets)
        if self._broken:
            return
        cut = self._cut
        if cut is not None and not cut.to_client and self.sent >= cut.octets:
            octets = octets[: len(octets) - (self.sent - cut.octets)]
            self._serve(octets)
            if not cut.heard:
                self._end.said.clear()
            self._break()
        else:
            self._serve(octets)
            if self._end.said:
                self.spoken.append(self.sent)

    def _serve(self, octets: bytes) -> None:
        if octets:
            self._end.coming = octets
            self._session._step()

    def receive(self, timeout: float | None) -> bytes | None:
        """Return what the server said up to the cut, and the end after it."""
        self._refuse_when_closed()
        octets = bytes(self._end.said)
        self._end.said.clear()
        cut = self._cut
        if cut is not None and cut.to_client and self.received + len(octets) >= cut.octets:
            octets = octets[: cut.octets - self.received]
            self._break()
        self.received += len(octets)
        if octets:
            return octets
        if self._broken:
            return b""
        assert timeout == 0, "the client waits for what nobody will say"
        return None

    def _break(self) -> None:
        self._broken = True
        self._session.deselect()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise ConnectionLost("closed on this side")

    def wake(self) -> None:
        """Nobody sleeps."""

    def start_tls(
        self, context: ssl.SSLContext, server_hostname: str | None, *, server_side: bool = False, timeout: float | None
    ) -> None:
        raise AssertionError("no TLS here")

    def close(self) -> None:
        """End the connection; the server forgets what it had selected."""
        if not self._closed:
            self._closed = True
            self._session.deselect()

    def abort(self) -> None:
        """End the connection."""
        self.close()


class HandServer:
    """A server stepped by hand, with one user; `dial` makes sessions, the first connection breaks at `cut`."""

    def __init__(
        self,
        store: MemoryStore,
        *,
        capabilities: tuple[bytes, ...] = CAPABILITIES,
        heard: Callable[[Session, Command], None] | None = None,
    ) -> None:
        behaviour = replace(
            Behaviour(),
            capabilities_before_tls=capabilities,
            capabilities_after_tls=capabilities,
            texts=_TEXTS,  # what is said for people only costs octets, and so does what nobody asks for
            flags=(),
            permanent_flags=(b"\\Seen", b"\\Answered", b"\\Flagged", b"\\Deleted"),
        )
        self.store = store
        self.commands: list[Command] = []
        self.connections: list[CutTransport] = []
        self.cut: Cut | None = None
        self._told = heard
        self.service = Service(
            store=store,
            users={USER: Secret("secret")},
            behaviour=behaviour,
            allow_plaintext=True,
            clock=FakeClock(),
            heard=self._hear,
        )

    def _hear(self, session: Session, command: Command) -> None:
        self.commands.append(command)
        if self._told is not None:
            self._told(session, command)

    @property
    def account(self) -> MemoryAccount:
        """The mail of the one user."""
        account = self.store.account(USER)
        assert account is not None
        return account

    def dial(self) -> Transport:
        """Connect; a cut that was asked for is used up by it."""
        self.connections.append(CutTransport(self.service, self.cut))
        self.cut = None
        return self.connections[-1]

    def session(self, profile: str = "2013", policy: Policy = POLICY) -> ClientSession:
        """Return a session that is signed in."""
        return ClientSession.over(
            self.dial, user=USER, password="secret", profile=profile, policy=policy, clock=FakeClock()
        )
