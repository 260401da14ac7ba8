"""Accepting connections: one thread that accepts, one for each connection.

Knows nothing of what is said on a connection. What one connection does or fails to do harms no other: also the TLS
handshake happens in the connection's own thread.
"""

from __future__ import annotations

import errno
import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType

from outlookimap.errors import ConnectError, ConnectionLost, OutlookImapError, UsageError
from outlookimap.transport.clock import SystemClock
from outlookimap.transport.reasons import network_reason
from outlookimap.transport.socket_stream import HIGHEST_PORT, SocketTransport, shown
from outlookimap.transport.waiting import READ, Waiter

_BACKLOG = 128
_BREATH = 0.1  # seconds to wait when the system has no more descriptors
_EXHAUSTED = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))


def _say_nothing(error: OutlookImapError) -> None:
    """Ignore `error`: what breaks on one connection is that connection's end and nothing more."""


class Listener:
    """A socket listening on ``("127.0.0.1", 0)`` or elsewhere; each connection gets a thread that runs `on_connection`.

    The connection is closed when `on_connection` returns or raises. OutlookImapErrors it raises, and those of
    handshakes and of accepting, go to `on_error` (called in the thread where they happened; it must not raise; by
    default they are dropped), all others to `threading.excepthook`. Connections beyond `max_connections` are closed
    at once. `handshake_timeout` is in seconds. ConnectError when nothing can listen there; UsageError for a wrong
    argument.
    """

    def __init__(
        self,
        host: str,
        port: int,
        on_connection: Callable[[SocketTransport], None],
        *,
        tls: ssl.SSLContext | None = None,
        max_connections: int = 1000,
        handshake_timeout: float = 10.0,
        on_error: Callable[[OutlookImapError], None] = _say_nothing,
    ) -> None:
        """Listen on `host` and `port` (0: a free one, see `port`) and begin to accept."""
        if max_connections < 1:
            raise UsageError(f"max_connections={max_connections}: one connection at least must be allowed")
        if not 0 <= port <= HIGHEST_PORT:
            raise UsageError(f"{port} is not a port: give a number from 1 to {HIGHEST_PORT}, or 0 for a free one")
        self._on_connection = on_connection
        self._on_error = on_error
        self._tls = tls
        self._max_connections = max_connections
        self._handshake_timeout = handshake_timeout
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, SocketTransport] = {}
        self._closing = threading.Event()
        self._socket = _listening_socket(host, port)
        self._host: str
        self._port: int
        self._host, self._port = self._socket.getsockname()[:2]
        self._waiter = Waiter(self._socket)
        self._acceptor = threading.Thread(target=self._accept_all, name=f"accept-{self._port}", daemon=True)
        self._acceptor.start()

    @property
    def host(self) -> str:
        """The address listened on."""
        return self._host

    @property
    def port(self) -> int:
        """The port listened on."""
        return self._port

    @property
    def connections(self) -> int:
        """How many connections are open now."""
        with self._lock:
            return len(self._open)

    def __enter__(self) -> Listener:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self, timeout: float = 5.0) -> bool:
        """Stop accepting, drop all connections and join their threads within `timeout` seconds in all.

        Return whether all have ended; one that has not is a daemon and will not keep the program alive. May be
        called again, and from `on_connection` itself (that thread is not waited for).
        """
        clock = SystemClock()
        deadline = clock.now() + timeout
        self._closing.set()
        self._waiter.ring()
        me = threading.current_thread()
        _join(self._acceptor, deadline, clock)
        with self._lock:
            still_open = dict(self._open)
        for transport in still_open.values():
            transport.abort()
        for thread in still_open:
            if thread is not me:
                _join(thread, deadline, clock)
        return not any(thread.is_alive() for thread in (self._acceptor, *still_open) if thread is not me)

    def _accept_all(self) -> None:
        try:
            while not self._closing.is_set():
                if self._waiter.wait(READ, None, may_ring=True):
                    self._accept_one()
        finally:
            self._waiter.close()
            self._socket.close()

    def _accept_one(self) -> None:
        try:
            sock, address = self._socket.accept()
        except BlockingIOError:
            return  # who knocked has left again
        except OSError as error:
            self._report(ConnectionLost(f"a connection could not be accepted: {network_reason(error)}"), error)
            if error.errno in _EXHAUSTED:
                self._closing.wait(_BREATH)
            return
        if self.connections >= self._max_connections:
            sock.close()
            self._report(
                ConnectionLost(f"{shown(address)} was sent away: max_connections={self._max_connections} are open")
            )
            return
        try:
            transport = SocketTransport(sock)
        except ConnectionLost as error:
            self._report(error)
            return
        thread = threading.Thread(
            target=self._serve, args=(transport,), name=f"connection-{self._port}-{transport.peer}", daemon=True
        )
        with self._lock:
            self._open[thread] = transport
        try:
            thread.start()
        except RuntimeError as error:  # the system allows no more threads
            with self._lock:
                del self._open[thread]
            transport.close()
            self._report(ConnectionLost(f"{transport.peer} was sent away: {error}"), error)

    def _serve(self, transport: SocketTransport) -> None:
        try:
            if self._tls is not None:
                transport.start_tls(self._tls, None, server_side=True, timeout=self._handshake_timeout)
            self._on_connection(transport)
        except OutlookImapError as error:
            self._report(error)
        finally:
            transport.close()
            with self._lock:
                del self._open[threading.current_thread()]

    def _report(self, error: OutlookImapError, cause: Exception | None = None) -> None:
        error.__cause__ = error.__cause__ or cause
        if not self._closing.is_set():  # while closing, connections break because we break them
            self._on_error(error)


def _join(thread: threading.Thread, deadline: float, clock: SystemClock) -> None:
    thread.join(max(0.0, deadline - clock.now()))


def _listening_socket(host: str, port: int) -> socket.socket:
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except (OSError, ValueError) as error:
        raise ConnectError(f"nothing can listen on {where}: {network_reason(error)}") from error
    listening.settimeout(0)
    return listening
