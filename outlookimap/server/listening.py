"""The server as a whole: its ports, its certificate, its connections, and how they all end.

Knows no command. Every connection has a thread and a `Session` of its own; what goes wrong on one is reported and harms
no other.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from outlookimap.errors import OutlookImapError, UsageError
from outlookimap.server.behaviour import Behaviour
from outlookimap.server.dispatch import HANDLERS
from outlookimap.server.faults import Faults
from outlookimap.server.memory_store import MemoryStore
from outlookimap.server.service import Service
from outlookimap.server.session import Handlers, Session
from outlookimap.server.store import MailStore
from outlookimap.transport.certificate import throwaway_certificate
from outlookimap.transport.clock import Clock, SystemClock
from outlookimap.transport.listener import Listener
from outlookimap.transport.stream import Transport
from outlookimap.transport.tap import Tap, Taps
from outlookimap.transport.tls import server_context
from outlookimap.wire.commands import Command
from outlookimap.wire.limits import Limits
from outlookimap.wire.secret import Secret

if TYPE_CHECKING:
    from ssl import SSLContext

_FAREWELL = 1.0  # seconds that connections get to say BYE before they are dropped


def _no_taps() -> Iterable[Tap]:
    return ()


def _say_nothing(_: OutlookImapError) -> None:
    """Ignore an error that ended one connection."""


class MailServer:
    """A server that listens from the moment it is made until `stop()`, or the end of its `with`.

    `port` takes plain connections (with STARTTLS), `tls_port` TLS from the first octet; 0 is a free one, None none.
    `certificate` and its `key` are PEM files; without them a throw-away certificate is made, whose authority is in
    `ca_file`. `store` is one in memory with an account per user unless given. `taps` is called for each connection,
    `heard` for each command that could be read, both in the connection's thread. `delegations` maps users to those who
    may sign in for them with their own password, where the behaviour knows of delegates.
    `faults` are what goes wrong on purpose, and may change at any time.
    Connections beyond `max_connections` of one port are closed at once. Errors that ended a connection go to
    `on_error`, in that connection's thread. ConnectError when nothing can listen; UsageError for arguments that cannot
    be used.

    Statements: X10:2.1.1, X3:2.1.1
    """

    def __init__(
        self,
        users: Mapping[str, Secret | str],
        *,
        host: str = "127.0.0.1",
        port: int | None = 0,
        tls_port: int | None = 0,
        store: MailStore | None = None,
        behaviour: Behaviour | None = None,
        handlers: Handlers = HANDLERS,
        certificate: Path | None = None,
        key: Path | None = None,
        allow_plaintext: bool = False,
        delegations: Mapping[str, Collection[str]] | None = None,
        taps: Callable[[], Iterable[Tap]] = _no_taps,
        clock: Clock | None = None,
        limits: Limits | None = None,
        heard: Callable[[Session, Command], None] | None = None,
        max_connections: int = 1000,
        faults: Faults | None = None,
        on_error: Callable[[OutlookImapError], None] = _say_nothing,
    ) -> None:
        """Make the certificate where none is given, and listen."""
        if (certificate is None) is not (key is None):
            raise UsageError("a certificate needs its key, and a key its certificate: give both or neither")
        self._host = host
        self._handlers = handlers
        self._taps = taps
        self._heard = heard
        self._max_connections = max_connections
        self._faults = faults if faults is not None else Faults()
        self._sessions: set[Session] = set()
        self._changed = threading.Condition()
        self._stopping = False
        self._directory: Path | None = None
        self._ca_file: Path | None = None
        self._listeners: list[Listener] = []
        self._users = {name: Secret(password) for name, password in users.items()}
        self._delegations = {principal: frozenset(others) for principal, others in (delegations or {}).items()}
        behaviour = behaviour or Behaviour()
        self._store = store or MemoryStore(self._users, naming=behaviour.naming)
        try:
            if certificate is None or key is None:
                certificate, key = self._make_certificate()
            self._context = server_context(certificate, key)
            self._service = self._made_service(
                behaviour, clock or SystemClock(), limits or Limits(), allow_plaintext=allow_plaintext
            )
            self._plain = None if port is None else self._listen(port, None, on_error)
            self._tls = None if tls_port is None else self._listen(tls_port, self._context, on_error)
        except BaseException:
            self.stop()
            raise

    @property
    def host(self) -> str:
        """The address listened on."""
        return self._host

    @property
    def port(self) -> int:
        """The plain port; UsageError where there is none."""
        return _port(self._plain, "plain")

    @property
    def tls_port(self) -> int:
        """The port that speaks TLS from the first octet; UsageError where there is none."""
        return _port(self._tls, "TLS")

    @property
    def ca_file(self) -> Path | None:
        """The authority of the throw-away certificate (PEM), until `stop()`; None where a certificate was given."""
        return self._ca_file

    @property
    def store(self) -> MailStore:
        """Where the mail is."""
        return self._store

    @property
    def service(self) -> Service:
        """What the connections share."""
        return self._service

    @property
    def faults(self) -> Faults:
        """What goes wrong on purpose."""
        return self._faults

    @property
    def connections(self) -> int:
        """How many connections are open now."""
        return sum(listener.connections for listener in self._listeners)

    def wake(self) -> None:
        """Make every connection look at the clock again: for a clock that is not the system's."""
        with self._changed:
            sessions = list(self._sessions)
        for session in sessions:
            session.wake()

    def stop(self, timeout: float = 5.0) -> bool:
        """Say BYE to all, stop listening, end all threads within about `timeout` seconds, remove what was made.

        Return whether all threads have ended. May be called again.
        """
        with self._changed:
            self._stopping = True
            sessions = list(self._sessions)
        for session in sessions:
            session.stop()
        with self._changed:
            self._changed.wait_for(lambda: not self._sessions, min(_FAREWELL, timeout))
        ended = [listener.close(timeout / len(self._listeners)) for listener in self._listeners]
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
        return all(ended)

    def __enter__(self) -> MailServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _made_service(self, behaviour: Behaviour, clock: Clock, limits: Limits, *, allow_plaintext: bool) -> Service:
        def start_tls(transport: Transport) -> None:
            transport.start_tls(self._context, None, server_side=True, timeout=behaviour.handshake_time)

        return Service(
            store=self._store,
            users=self._users,
            behaviour=behaviour,
            aliases=(self._host, "127.0.0.1"),
            start_tls=start_tls,
            allow_plaintext=allow_plaintext,
            delegations=self._delegations,
            clock=clock,
            limits=limits,
            heard=self._heard,
            faults=self._faults,
        )

    def _listen(self, port: int, context: SSLContext | None, on_error: Callable[[OutlookImapError], None]) -> Listener:
        patience = self._service.behaviour.handshake_time
        listener = Listener(
            self._host,
            port,
            self._serve,
            tls=context,
            max_connections=self._max_connections,
            handshake_timeout=patience,
            on_error=on_error,
        )
        self._listeners.append(listener)
        return listener

    def _make_certificate(self) -> tuple[Path, Path]:
        self._directory = Path(tempfile.mkdtemp(prefix="mail-server-"))
        names = dict.fromkeys(("localhost", "127.0.0.1", self._host))
        made = throwaway_certificate(names, self._directory)
        self._ca_file = made.ca
        return made.certificate, made.key

    def _serve(self, transport: Transport) -> None:
        session = Session(transport, self._service, self._handlers, Taps(self._taps()))
        with self._changed:
            self._sessions.add(session)
            if self._stopping:
                session.stop()
        try:
            session.run()
        finally:
            with self._changed:
                self._sessions.discard(session)
                self._changed.notify_all()


def _port(listener: Listener | None, kind: str) -> int:
    if listener is None:
        raise UsageError(f"this server has no {kind} port: it was made without")
    return listener.port
