"""A TCP relay that breaks connections at a given octet: reset, closed, gone silent, or with the server's own end.

Counts octets and must not know what they mean. What was carried before the break, the server has; it has ended its side
of the broken connection before a new one is let through, so that nothing it does late is taken for the new one's.
"""

from __future__ import annotations

import contextlib
import enum
import select
import socket
import struct
import threading
from collections.abc import Callable
from typing import Self

_PATIENCE = 20.0
_CHUNK = 65536
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST


class Break(enum.Enum):
    """How a connection ends for its client."""

    RESET = "reset"
    CLOSE = "close"
    STALL = "stall"  # nothing comes any more, nobody says so
    KILL = "kill"  # `kill` is called: the server itself ends


class Breaker:
    """Listens on a free loopback port and carries connections to `host` and `port`, until one is to break.

    `kill` ends the server and starts it anew. A context manager; leaving it ends everything.
    """

    def __init__(self, host: str, port: int, *, kill: Callable[[], None] = lambda: None) -> None:
        self._target = (host, port)
        self._kill = kill
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._changed = threading.Condition()
        self._armed: Break | None = None
        self._left = 0
        self._breaking = 0  # connections that are being broken
        self._stopping = False
        self._ends: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self.broken = 0
        self.failures: list[Exception] = []

    def arm(self, how: Break, octets: int) -> None:
        """Break the connection that carries the octet after the next `octets`, those of both directions counted."""
        with self._changed:
            self._armed, self._left = how, octets

    def disarm(self) -> None:
        """Break nothing any more; what is being broken, is broken when this returns."""
        with self._changed:
            self._armed = None
            assert self._changed.wait_for(lambda: not self._breaking, _PATIENCE)

    def await_broken(self, count: int) -> None:
        """Wait until so many connections have been broken."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.broken >= count, _PATIENCE), self.broken

    @property
    def armed(self) -> bool:
        """Whether the break is still to come."""
        with self._changed:
            return self._armed is not None

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping = True
        with contextlib.suppress(OSError), socket.create_connection(self._listener.getsockname(), 1):
            pass  # wakes the acceptor
        with self._changed:
            ends = [*self._ends]
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(_PATIENCE)
        self._listener.close()
        if any(thread.is_alive() for thread in self._threads):
            raise RuntimeError("the breaker did not stop")
        if self.failures:
            raise self.failures[0]

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, name="breaker", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping:
            client, _ = self._listener.accept()
            with self._changed:
                self._changed.wait_for(lambda: not self._breaking or self._stopping, _PATIENCE)
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                server = socket.create_connection(self._target, _PATIENCE)
            except OSError:
                return  # the client sees a connection that closes at once
            with server:
                with self._changed:
                    self._ends |= {client, server}
                for end in (client, server):
                    end.settimeout(_PATIENCE)
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                try:
                    self._carry(client, server)
                except OSError:
                    pass  # one end is gone: so is the other, now
                except Exception as error:  # noqa: BLE001 - for who leaves the context
                    self.failures.append(error)
                finally:
                    with self._changed:
                        self._ends -= {client, server}

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        while True:
            ready, _, _ = select.select([client, server], [], [])
            for source in ready:
                octets = source.recv(_CHUNK)
                if not octets:
                    return
                target = server if source is client else client
                how, allowed = self._allowed(len(octets))
                target.sendall(octets[:allowed])
                if how is not None:
                    self._break(how, client, server)
                    return

    def _allowed(self, count: int) -> tuple[Break | None, int]:
        with self._changed:
            if self._armed is None:
                return None, count
            if count <= self._left:
                self._left -= count
                return None, count
            how, self._armed = self._armed, None
            self._breaking += 1
            return how, self._left

    def _break(self, how: Break, client: socket.socket, server: socket.socket) -> None:
        try:
            if how is Break.KILL:
                self._kill()
            elif how is Break.STALL:
                _drain(client)
            elif how is Break.RESET:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            client.close()
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_WR)
                _drain(server)
        finally:
            with self._changed:
                self._breaking -= 1
                self.broken += 1
                self._changed.notify_all()


def _drain(end: socket.socket) -> None:
    """Wait until the other side has closed, and forget what it says until then."""
    with contextlib.suppress(OSError):
        while end.recv(_CHUNK):
            pass
