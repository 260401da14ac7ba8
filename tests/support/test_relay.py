"""The relay carries every byte both ways, notes it, and stops."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from support.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Iterator


def read_all(end: socket.socket) -> bytes:
    pieces: list[bytes] = []
    while piece := end.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 10)


@contextlib.contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """Listen for one connection, read it to its end, answer, close."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            end, _ = listener.accept()
            with end:
                end.settimeout(10)
                read_all(end)
                end.sendall(answer)

        server = threading.Thread(target=serve)
        server.start()
        yield listener.getsockname()[1]
        server.join(10)
        assert not server.is_alive()


def test_every_byte_is_carried_and_noted() -> None:
    question, answer = bytes(range(256)) * 8192, b"\r\n\x00" * 700_000
    with answering(answer) as port, Relay("127.0.0.1", port) as relay:
        with connect(relay.port) as client:
            client.sendall(question)
            client.shutdown(socket.SHUT_WR)
            assert read_all(client) == answer
        assert relay.sent == question
        assert relay.received == answer


def test_conversations_are_kept_apart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, Relay("127.0.0.1", listener.getsockname()[1]) as relay:
        for text in (b"one", b"two"):
            with connect(relay.port) as client:
                end, _ = listener.accept()
                with end:
                    client.sendall(text)
                    assert end.recv(10) == text
                    end.sendall(text.upper())
                    assert client.recv(10) == text.upper()
        assert [(talk.sent, talk.received) for talk in relay.conversations] == [(b"one", b"ONE"), (b"two", b"TWO")]
        assert relay.sent == b"onetwo"
        assert relay.received == b"ONETWO"


def test_leaving_closes_the_port_and_open_connections() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        before = threading.active_count()
        with Relay("127.0.0.1", listener.getsockname()[1]) as relay:
            client = connect(relay.port)
            end, _ = listener.accept()
        with client, end:
            end.settimeout(10)
            assert end.recv(10) == b""
            assert client.recv(10) == b""
        assert threading.active_count() == before
        with pytest.raises(ConnectionRefusedError):
            connect(relay.port)


def test_a_server_that_is_not_there_closes_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with Relay("127.0.0.1", port) as relay, connect(relay.port) as client:
        assert client.recv(10) == b""
        assert relay.conversations == ()
