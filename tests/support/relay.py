"""A TCP relay that notes what passes between a client and a server; it must not know what the bytes mean."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_STOP_SECONDS = 10.0
_CHUNK = 65536


class Heard(Protocol):
    """Is told what passes, in its order, `sent` by the client or not; one for each connection."""

    def __call__(self, data: bytes, *, sent: bool) -> object:
        """Take note of some bytes."""


class Conversation:
    """The bytes of one connection, noted before they are passed on."""

    def __init__(self, heard: Heard | None = None) -> None:
        self._sent = bytearray()
        self._received = bytearray()
        self._heard = heard
        self._lock = threading.Lock()

    @property
    def sent(self) -> bytes:
        """What the client sent to the server."""
        return bytes(self._sent)

    @property
    def received(self) -> bytes:
        """What the server sent to the client."""
        return bytes(self._received)

    def carry(self, client: socket.socket, server: socket.socket) -> None:
        """Pass bytes in both directions until both ends have closed."""
        back = threading.Thread(target=_pump, args=(server, client, self._note_received), name="relay-back")
        back.start()
        _pump(client, server, self._note_sent)
        back.join()

    def _note_sent(self, data: bytes) -> None:
        with self._lock:
            self._sent += data
            if self._heard is not None:
                self._heard(data, sent=True)

    def _note_received(self, data: bytes) -> None:
        with self._lock:
            self._received += data
            if self._heard is not None:
                self._heard(data, sent=False)


def _pump(source: socket.socket, target: socket.socket, note: Callable[[bytes], None]) -> None:
    """Carry one direction; an end of stream is passed on, a broken connection breaks the other one."""
    try:
        while data := source.recv(_CHUNK):
            # Noted first: whoever has seen the answer can rely on finding the question here.
            note(data)
            target.sendall(data)
    except OSError:
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        return
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


class Relay:
    """Listens on a free loopback port and carries every connection made there to `host` and `port`.

    `listen` makes the ear of each connection. A context manager; leaving it closes the port and all connections and
    waits for its threads.
    """

    def __init__(self, host: str, port: int, listen: Callable[[], Heard] | None = None) -> None:
        self._target = (host, port)
        self._listen = listen
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host: str = "127.0.0.1"
        self.port: int = self._listener.getsockname()[1]
        # A byte here wakes the acceptor: closing a listening socket does not, on every system.
        self._wake, self._waker = socket.socketpair()
        self._acceptor = threading.Thread(target=self._accept, name="relay-acceptor")
        self._lock = threading.Lock()
        self._conversations: list[Conversation] = []
        self._carriers: list[threading.Thread] = []
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waker.send(b"x")
        self._acceptor.join(_STOP_SECONDS)
        with self._lock:
            for end in self._open:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        for carrier in self._carriers:
            carrier.join(_STOP_SECONDS)
        for end in (self._listener, self._wake, self._waker):
            end.close()
        if any(thread.is_alive() for thread in (self._acceptor, *self._carriers)):
            raise RuntimeError("the relay did not stop")

    @property
    def conversations(self) -> tuple[Conversation, ...]:
        """One per connection, in the order they were made."""
        with self._lock:
            return tuple(self._conversations)

    @property
    def sent(self) -> bytes:
        """What clients sent to the server, connection after connection."""
        return b"".join(conversation.sent for conversation in self.conversations)

    @property
    def received(self) -> bytes:
        """What the server sent to clients, connection after connection."""
        return b"".join(conversation.received for conversation in self.conversations)

    def _accept(self) -> None:
        while True:
            ready, _, _ = select.select([self._listener, self._wake], [], [])
            if self._wake in ready:
                return
            client, _ = self._listener.accept()
            carrier = threading.Thread(target=self._serve, args=(client,), name="relay-carrier")
            with self._lock:
                self._open.append(client)
                self._carriers.append(carrier)
            carrier.start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                server = socket.create_connection(self._target, _STOP_SECONDS)
            except OSError:
                # The client sees a connection that closes at once, as it would behind a dead proxy.
                return
            with server:
                server.settimeout(None)
                conversation = Conversation(None if self._listen is None else self._listen())
                with self._lock:
                    self._open.append(server)
                    self._conversations.append(conversation)
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                conversation.carry(client, server)
