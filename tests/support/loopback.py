"""Real sockets on 127.0.0.1 and threads that report what went wrong in them."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

import pytest

from outlookimap.transport.socket_stream import SocketTransport
from outlookimap.transport.stream import Transport

T = TypeVar("T")
PATIENCE = 5.0  # seconds after which a test has failed; no test needs them


class Running(Generic[T]):
    """A function running in a thread; `result` waits for what it returns or raises."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._results: list[T] = []
        self._errors: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:  # noqa: BLE001 - handed to whoever asks for the result
            self._errors.append(error)

    def alive(self) -> bool:
        """Tell whether the function still runs."""
        return self._thread.is_alive()

    def result(self) -> T:
        """Return what the function returned, or raise what it raised."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the thread did not end"
        if self._errors:
            raise self._errors[0]
        return self._results[0]


def socket_pair() -> tuple[socket.socket, socket.socket]:
    """Return the two ends of a TCP connection over 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = socket.create_connection(listening.getsockname())
        server, _ = listening.accept()
    client.settimeout(PATIENCE)
    server.settimeout(PATIENCE)
    return client, server


@contextlib.contextmanager
def raw_peer() -> Iterator[tuple[SocketTransport, socket.socket]]:
    """Give a transport and the bare blocking socket at its other end."""
    ours, theirs = socket_pair()
    transport = SocketTransport(ours)
    try:
        yield transport, theirs
    finally:
        transport.close()
        theirs.close()


@contextlib.contextmanager
def transports() -> Iterator[tuple[SocketTransport, SocketTransport]]:
    """Give the client's and the server's transport of one connection."""
    client, server = map(SocketTransport, socket_pair())
    try:
        yield client, server
    finally:
        client.close()
        server.close()


@contextlib.contextmanager
def encrypted_transports(
    client_context: ssl.SSLContext, server_context: ssl.SSLContext, name: str = "mail.test"
) -> Iterator[tuple[SocketTransport, SocketTransport]]:
    """Give both ends of one connection after a handshake in place."""
    with transports() as (client, server):
        accepting = Running(lambda: server.start_tls(server_context, None, server_side=True, timeout=PATIENCE))
        client.start_tls(client_context, name, timeout=PATIENCE)
        accepting.result()
        yield client, server


def receive_exactly(transport: Transport, count: int) -> bytes:
    """Receive `count` octets."""
    parts = bytearray()
    while len(parts) < count:
        octets = transport.receive(PATIENCE)
        assert octets, f"the stream ended or stopped after {len(parts)} octets: {octets!r}"
        parts += octets
    return bytes(parts)


def open_descriptors() -> set[str]:
    """Return this process's descriptors and what they are; skip where the system does not tell."""
    directory = Path("/proc/self/fd")
    if not directory.is_dir():
        pytest.skip("this system does not list a process's descriptors")
    found = set()
    for link in directory.iterdir():
        with contextlib.suppress(FileNotFoundError):  # the one that lists the directory is gone by now
            found.add(f"{link.name} {link.readlink()}")
    return found
