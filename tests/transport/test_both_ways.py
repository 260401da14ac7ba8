"""Both directions of a socket at once, neither waiting for the other, and an end of one that leaves the other open."""

from __future__ import annotations

import socket
import ssl
from collections import deque

import pytest
from support.loopback import PATIENCE, Running, encrypted_transports, raw_peer, receive_exactly, transports

from outlookimap.errors import ConnectionLost, UsageError
from outlookimap.transport.certificate import throwaway_certificate
from outlookimap.transport.socket_stream import SocketTransport
from outlookimap.transport.tls import client_context, server_context

MIB = 1024 * 1024
MUCH = 24 * MIB


def swapped(transport: SocketTransport, octets: bytes, count: int) -> bytes:
    """Send all of `octets` while receiving `count`."""
    waiting = deque([memoryview(octets)] if octets else [])
    came = bytearray()
    while waiting or transport.pending or len(came) < count:
        got = transport.swap(waiting, PATIENCE, listen=len(came) < count)
        came += got or b""
    return bytes(came)


def send_for_ever(transport: SocketTransport) -> None:
    while True:
        transport.swap(deque([memoryview(b"x" * MIB)]), PATIENCE, listen=False)


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    made = throwaway_certificate(("mail.test",), tmp_path_factory.mktemp("certificate"))
    return client_context(ca_file=made.ca, verify=True), server_context(made.certificate, made.key)


@pytest.mark.parametrize("tls", [False, True])
def test_a_peer_that_does_not_read_does_not_stop_us_listening(
    tls: bool, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    """The client sends all before it reads anything, and more than is ever held: the server must take it meanwhile."""
    sent, answer = b"c" * MUCH, b"s" * MUCH
    with encrypted_transports(*contexts) if tls else transports() as (client, server):
        serving = Running(lambda: swapped(server, answer, MUCH))
        for place in range(0, MUCH, MIB):
            waiting = deque([memoryview(sent)[place : place + MIB]])
            while waiting or client.pending:
                client.swap(waiting, PATIENCE, listen=False)
        assert receive_exactly(client, MUCH) == answer
        assert serving.result() == sent


def test_it_waits_for_octets_a_deadline_or_a_wake() -> None:
    with raw_peer() as (transport, peer):
        assert transport.swap(deque(), 0.0) is None
        transport.wake()
        assert transport.swap(deque(), None) is None
        peer.sendall(b"hello")
        assert transport.swap(deque(), PATIENCE) == b"hello"
        peer.close()
        assert transport.swap(deque(), PATIENCE) == b""


def test_nothing_to_do_is_refused() -> None:
    with raw_peer() as (transport, _), pytest.raises(UsageError, match="wait for ever"):
        transport.swap(deque(), None, listen=False)


@pytest.mark.parametrize("tls", [False, True])
def test_after_finish_the_peer_can_still_speak(tls: bool, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    with encrypted_transports(*contexts) if tls else transports() as (client, server):
        client.send([(b"last", False)], PATIENCE)
        client.finish()
        assert receive_exactly(server, 4) == b"last"
        assert server.receive(PATIENCE) == b""
        server.send([(b"answer", False)], PATIENCE)
        assert receive_exactly(client, 6) == b"answer"
        with pytest.raises(ConnectionLost, match="nothing more can be sent"):
            client.send([(b"x", False)], PATIENCE)


def test_what_came_before_a_broken_connection_can_be_heard() -> None:
    with raw_peer() as (transport, peer):
        peer.sendall(b"* BYE\r\n")
        peer.shutdown(socket.SHUT_RD)
        peer.close()
        with pytest.raises(ConnectionLost):
            send_for_ever(transport)
        assert transport.receive(PATIENCE) == b"* BYE\r\n"
