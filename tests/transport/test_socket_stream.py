from __future__ import annotations

import signal
import socket
import ssl
import struct
import threading
from collections.abc import Callable

import pytest
from support.loopback import (
    PATIENCE,
    Running,
    open_descriptors,
    raw_peer,
    receive_exactly,
    transports,
)

from outlookimap.errors import ConnectionLost, ConnectionTimeout, LocalProtocolError, TlsError
from outlookimap.transport import socket_stream
from outlookimap.transport.buffers import COPIED, advance, buffers
from outlookimap.transport.clock import FakeClock
from outlookimap.transport.socket_stream import SocketTransport
from outlookimap.transport.tls import client_context
from outlookimap.transport.waiting import READ, WRITE, Waiter

MIB = 1024 * 1024
SMALL = 64 * 1024


def shrink(*sockets: socket.socket) -> None:
    """Make the system's buffers so small that sends have to wait."""
    for sock in sockets:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)


def until_inside(transport: SocketTransport) -> None:
    """Return when another thread is inside `transport`."""
    while not transport._turn.locked():
        threading.Event().wait(0.001)


# ---------------------------------------------------------------- octets


def test_octets_go_both_ways() -> None:
    with transports() as (client, server):
        client.send([(b"a LOGIN u ", False), (b"secret", True), (b"\r\n", False)], PATIENCE)
        assert receive_exactly(server, 18) == b"a LOGIN u secret\r\n"
        server.send([(b"a OK\r\n", False)], None)
        assert client.receive(None) == b"a OK\r\n"
        assert client.receive(0) is None
        client.send([], PATIENCE)
        client.send([(b"", False)], PATIENCE)
        assert server.receive(0.01) is None


def test_many_and_big_pieces_arrive_in_order() -> None:
    literal = bytes(range(256)) * 1000
    pieces = [(b"%d " % number, number % 2 == 0) for number in range(1000)]
    for _ in range(100):
        pieces += [(b"{256000}\r\n", False), (literal, False)]
    expected = b"".join(octets for octets, _ in pieces)
    with transports() as (client, server):
        sending = Running(lambda: client.send(pieces, PATIENCE))
        assert receive_exactly(server, len(expected)) == expected
        sending.result()


def test_small_pieces_are_joined_and_big_ones_are_not_copied() -> None:
    big = bytes(COPIED + 1)
    waiting = buffers([(b"a", False), (b"b", True), (big, False), (b"", False), (b"c", False), (bytes(COPIED), False)])
    assert [len(buffer) for buffer in waiting] == [2, COPIED + 1, COPIED + 1]
    assert waiting[1].obj is big
    assert list(buffers([(b"", False)])) == []


@pytest.mark.parametrize(("count", "left"), [(0, b"abcdef"), (1, b"bcdef"), (3, b"def"), (4, b"ef"), (6, b"")])
def test_what_was_accepted_is_taken_off(count: int, left: bytes) -> None:
    waiting = buffers([])
    waiting.extend((memoryview(b"abc"), memoryview(b"def")))
    advance(waiting, count)
    assert b"".join(waiting) == left


# ---------------------------------------------------------------- waking


def test_another_thread_wakes_a_blocked_receive() -> None:
    with transports() as (client, _):
        waiting = Running(lambda: client.receive(None))
        until_inside(client)
        client.wake()
        assert waiting.result() is None


def test_waking_is_kept_counts_once_and_comes_after_octets() -> None:
    with transports() as (client, server):
        for _ in range(100_000):  # far more than the system's buffer between the two would hold
            client.wake()
        server.send([(b"x", False)], PATIENCE)
        assert client.receive(PATIENCE) == b"x"
        assert client.receive(None) is None
        assert client.receive(0) is None
        server.send([(b"y", False)], PATIENCE)
        assert client.receive(PATIENCE) == b"y"
    client.wake()  # closed: nothing to wake, nothing to fail


def test_a_send_that_waits_is_not_disturbed_by_waking() -> None:
    with raw_peer() as (transport, theirs):
        shrink(transport._sock, theirs)
        sending = Running(lambda: transport.send([(bytes(4 * MIB), False)], PATIENCE))
        until_inside(transport)
        transport.wake()
        count = 0
        while count < 4 * MIB:
            count += len(theirs.recv(MIB))
        sending.result()
        assert transport.receive(None) is None


def test_a_ring_during_a_wait_that_may_not_be_rung_is_kept() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        waiter = Waiter(ours)
        waiter.ring()
        assert waiter.wait(WRITE, waiter.until(PATIENCE)) == WRITE
        assert waiter.wait(READ, waiter.until(0.01)) == 0
        waiter.ring()
        assert waiter.wait(READ, None, may_ring=True) == 0
        waiter.ring()
        assert waiter.wait(READ, None, may_ring=True) == 0
        assert (waiter.left(None), waiter.left(0.0)) == (None, 0.0)
        waiter.close()
        waiter.close()
        waiter.ring()


def test_a_deadline_is_one_of_the_clock_it_was_given() -> None:
    ours, theirs = socket.socketpair()
    clock = FakeClock(1000.0)
    transport = SocketTransport(ours, clock=clock)
    clock.watch(transport.wake)
    waiting = Running(lambda: transport.receive(3600.0))
    until_inside(transport)
    clock.advance(3600.0)
    assert waiting.result() is None
    transport.close()
    theirs.close()


# ---------------------------------------------------------------- one thread at a time


def test_a_second_thread_is_refused_and_does_no_harm() -> None:
    with transports() as (client, server):
        waiting = Running(lambda: client.receive(PATIENCE))
        until_inside(client)
        with pytest.raises(LocalProtocolError, match="sending while another thread uses the connection"):
            client.send([(b"x", False)], PATIENCE)
        with pytest.raises(LocalProtocolError, match="receiving while another thread"):
            client.receive(0)
        server.send([(b"* OK\r\n", False)], PATIENCE)
        assert waiting.result() == b"* OK\r\n"
        client.send([(b"a NOOP\r\n", False)], PATIENCE)
        assert server.receive(PATIENCE) == b"a NOOP\r\n"


@pytest.mark.parametrize("end", [SocketTransport.abort, SocketTransport.close])
def test_ending_from_another_thread_ends_a_blocked_receive(end: Callable[[SocketTransport], None]) -> None:
    with transports() as (client, server):
        waiting = Running(lambda: client.receive(None))
        until_inside(client)
        end(client)
        with pytest.raises(ConnectionLost, match="dropped on this side"):
            waiting.result()
        assert client._sock.fileno() == -1
        assert server.receive(PATIENCE) == b""


def test_ending_from_another_thread_ends_a_blocked_send() -> None:
    with raw_peer() as (transport, _):
        sending = Running(lambda: transport.send([(bytes(64 * MIB), False)], None))
        until_inside(transport)
        transport.abort()
        with pytest.raises(ConnectionLost):
            sending.result()
        assert transport._sock.fileno() == -1


# ---------------------------------------------------------------- ends


def test_the_end_comes_after_what_was_sent_and_stays() -> None:
    with transports() as (client, server):
        server.send([(b"* BYE\r\n", False)], PATIENCE)
        server.close()
        assert [client.receive(PATIENCE) for _ in range(3)] == [b"* BYE\r\n", b"", b""]


def test_closing_with_unread_octets_does_not_cost_the_peer_our_last_words() -> None:
    with transports() as (client, server):
        client.send([(bytes(100_000), False)], PATIENCE)
        server.send([(b"* BYE\r\n", False)], PATIENCE)
        assert server.receive(PATIENCE) is not None
        server.close()
        assert client.receive(PATIENCE) == b"* BYE\r\n"
        assert client.receive(PATIENCE) == b""


def test_a_reset_while_reading_is_a_lost_connection() -> None:
    with raw_peer() as (transport, theirs):
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        theirs.close()
        with pytest.raises(ConnectionLost, match=r"lost \(while receiving\): the other side reset it") as caught:
            transport.receive(PATIENCE)
        assert isinstance(caught.value.__cause__, ConnectionResetError)
        with pytest.raises(ConnectionLost, match="broke before"):
            transport.receive(PATIENCE)
        with pytest.raises(ConnectionLost, match="broke before"):
            transport.send([(b"x", False)], PATIENCE)
        with pytest.raises(ConnectionLost, match="broke before"):
            transport.receive(PATIENCE)


def test_sending_to_a_peer_that_has_gone() -> None:
    with raw_peer() as (transport, theirs):
        theirs.sendall(b"* BYE too busy\r\n")
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        theirs.close()
        with pytest.raises(ConnectionLost, match=r"lost \(while sending\): the other side") as caught:
            transport.send([(bytes(64 * MIB), False)], PATIENCE)
        assert isinstance(caught.value.__cause__, ConnectionError)
        with pytest.raises(ConnectionLost, match=r"an earlier send .* failed half-way"):
            transport.send([(b"b NOOP\r\n", False)], PATIENCE)


def test_after_a_failed_send_the_peers_last_words_can_be_heard() -> None:
    with raw_peer() as (transport, theirs):
        shrink(transport._sock, theirs)
        with pytest.raises(ConnectionTimeout, match=r"accepted nothing for 0\.05 s"):
            transport.send([(bytes(8 * MIB), False)], 0.05)
        theirs.sendall(b"* BYE too big\r\n")
        assert transport.receive(PATIENCE) == b"* BYE too big\r\n"
        theirs.shutdown(socket.SHUT_WR)
        assert transport.receive(PATIENCE) == b""


def test_a_peer_that_never_reads_is_given_up() -> None:
    with raw_peer() as (transport, _), pytest.raises(ConnectionTimeout, match=r"accepted nothing for 0\.2 s"):
        transport.send([(bytes(64 * MIB), False)], 0.2)


def test_every_octet_accepted_prolongs_the_silence() -> None:
    """A peer that takes longer in all than the silence allowed, but never so long at once."""
    with raw_peer() as (transport, theirs):
        shrink(transport._sock, theirs)
        clock = FakeClock()
        transport._waiter._clock = clock
        sending = Running(lambda: transport.send([(bytes(4 * MIB), False)], 10.0))
        count = 0
        while count < 4 * MIB:
            count += len(theirs.recv(SMALL))
            clock.advance(0.5)
        sending.result()
        assert clock.now() > 10.0


def test_closing_and_aborting_twice_and_using_a_closed_transport() -> None:
    with transports() as (client, _):
        client.close()
        client.close()
        client.abort()
        client.wake()
        uses: list[Callable[[], object]] = [
            lambda: client.send([(b"x", False)], None),
            lambda: client.receive(0),
            lambda: client.start_tls(client_context(ca_file=None, verify=False), "mail.test", timeout=None),
        ]
        for use in uses:
            with pytest.raises(ConnectionLost, match="was closed on this side"):
                use()


def test_no_descriptor_is_left() -> None:
    before = open_descriptors()
    with transports() as (client, server):
        client.send([(b"x", False)], PATIENCE)
        assert server.receive(PATIENCE) == b"x"
        assert open_descriptors() > before
    assert open_descriptors() == before


def test_no_descriptor_is_left_when_the_system_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()

    def no_more() -> None:
        raise OSError(24, "Too many open files")

    before = open_descriptors()
    monkeypatch.setattr(socket, "socketpair", no_more)
    with pytest.raises(ConnectionLost, match="lost at once: Too many open files"):
        SocketTransport(ours)
    assert len(open_descriptors()) == len(before) - 1
    theirs.close()


def test_an_interruption_passes_through_and_close_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = open_descriptors()
    with transports() as (client, _):
        wait = client._waiter.wait

        def interrupted(events: int, deadline: float | None, *, may_ring: bool = False) -> int:
            main = threading.main_thread().ident
            assert main is not None
            Running(lambda: signal.pthread_kill(main, signal.SIGINT))
            return wait(events, deadline, may_ring=may_ring)

        monkeypatch.setattr(client._waiter, "wait", interrupted)
        previous = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            with pytest.raises(KeyboardInterrupt):
                client.receive(PATIENCE)
        finally:
            signal.signal(signal.SIGINT, previous)
        with pytest.raises(ConnectionLost, match="broke before"):
            client.receive(0)
    assert open_descriptors() == before


# ---------------------------------------------------------------- both directions at once


def test_a_peer_that_must_be_rid_of_its_answers_first_does_not_block_us() -> None:
    answers = bytes(range(256)) * 8 * 1024
    with raw_peer() as (transport, theirs):
        shrink(transport._sock, theirs)

        def talk_first() -> int:
            theirs.sendall(answers)
            theirs.shutdown(socket.SHUT_WR)
            count = 0
            while count < 4 * MIB:
                count += len(theirs.recv(MIB))
            return count

        talking = Running(talk_first)
        transport.send([(bytes(4 * MIB), False)], PATIENCE)
        assert talking.result() == 4 * MIB
        assert receive_exactly(transport, len(answers)) == answers
        assert transport.receive(PATIENCE) == b""


def test_what_is_kept_for_later_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_stream, "HELD", 256 * 1024)
    with raw_peer() as (transport, theirs):
        shrink(transport._sock, theirs)
        theirs.settimeout(0.3)
        flood = Running(lambda: theirs.sendall(bytes(64 * MIB)))
        with pytest.raises(ConnectionTimeout):
            transport.send([(bytes(64 * MIB), False)], 0.1)
        assert 256 * 1024 <= transport._held_size < 256 * 1024 + socket_stream.RECEIVE
        with pytest.raises(TimeoutError):
            flood.result()


def test_a_client_refuses_octets_that_came_before_tls() -> None:
    with raw_peer() as (transport, theirs):
        theirs.sendall(b"b OK injected\r\n")
        assert transport._waiter.wait(READ, transport._waiter.until(PATIENCE)) == READ
        with pytest.raises(TlsError, match="sent octets before the TLS handshake"):
            transport.start_tls(client_context(ca_file=None, verify=False), None, timeout=PATIENCE)
        theirs.settimeout(0)
        with pytest.raises(BlockingIOError):
            theirs.recv(1)


def test_a_server_refuses_octets_it_kept_while_it_sent() -> None:
    with raw_peer() as (transport, theirs):
        shrink(transport._sock, theirs)
        theirs.sendall(b"b LOGIN injected injected\r\n")

        def read_once_it_waits() -> None:
            while not transport._held_size:
                threading.Event().wait(0.001)
            count = 0
            while count < 4 * MIB:
                count += len(theirs.recv(MIB))

        reading = Running(read_once_it_waits)
        transport.send([(bytes(4 * MIB), False)], PATIENCE)
        reading.result()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with pytest.raises(TlsError, match="sent octets before the TLS handshake"):
            transport.start_tls(context, None, server_side=True, timeout=PATIENCE)
