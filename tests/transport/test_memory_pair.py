from __future__ import annotations

import ssl
from collections.abc import Callable

import pytest
from support.loopback import PATIENCE, Running

from outlookimap.errors import ConnectionLost, ConnectionTimeout, LocalProtocolError
from outlookimap.transport.clock import FakeClock, SystemClock
from outlookimap.transport.memory import pair
from outlookimap.transport.stream import Transport


def received(transport: Transport, count: int) -> bytes:
    octets = b""
    while len(octets) < count:
        part = transport.receive(PATIENCE)
        assert part, f"stopped after {octets!r}: {part!r}"
        octets += part
    return octets


def test_octets_go_both_ways_in_order() -> None:
    client, server = pair(FakeClock())
    client.send([(b"a LOGIN u ", False), (b"secret", True), (b"\r\n", False)], 60.0)
    client.send([(b"b NOOP\r\n", False)], None)
    assert server.receive(0) == b"a LOGIN u secret\r\nb NOOP\r\n"
    server.send([(b"a OK\r\n", False)], 60.0)
    assert client.receive(None) == b"a OK\r\n"
    assert (client.peer, server.peer) == ("memory:server", "memory:client")


def test_nothing_there_is_none_at_once_with_no_time_to_wait() -> None:
    client, _ = pair(FakeClock())
    assert client.receive(0) is None
    assert pair(SystemClock())[0].receive(0.01) is None


def test_octet_by_octet() -> None:
    client, server = pair(FakeClock(), chunk=1)
    client.send([(b"abc", False)], None)
    assert [server.receive(0) for _ in range(4)] == [b"a", b"b", b"c", None]


def test_a_wait_ends_when_the_clock_passes_its_deadline() -> None:
    clock = FakeClock()
    client, _ = pair(clock)
    waiting = Running(lambda: client.receive(60.0))
    # the wait may begin before or after any of these, so time passes until it has ended
    while waiting.alive():
        clock.advance(20)
    assert waiting.result() is None


def test_a_wait_ends_when_octets_come() -> None:
    client, server = pair(FakeClock())
    waiting = Running(lambda: client.receive(60.0))
    server.send([(b"* OK\r\n", False)], None)
    assert waiting.result() == b"* OK\r\n"


def test_waking_is_kept_until_a_receive_finds_nothing() -> None:
    client, server = pair(FakeClock())
    client.wake()
    client.wake()
    server.send([(b"x", False)], None)
    assert client.receive(None) == b"x"
    assert client.receive(None) is None
    waiting = Running(lambda: client.receive(None))
    client.wake()
    assert waiting.result() is None


def test_the_end_comes_after_what_was_sent_and_stays() -> None:
    client, server = pair(FakeClock())
    server.send([(b"* BYE\r\n", False)], None)
    server.close()
    server.close()
    assert [client.receive(None) for _ in range(3)] == [b"* BYE\r\n", b"", b""]
    with pytest.raises(ConnectionLost, match="the other side had closed it"):
        client.send([(b"x", False)], None)


def test_after_closing_nothing_can_be_done() -> None:
    client, _ = pair(FakeClock())
    client.abort()
    client.wake()
    uses: list[Callable[[], object]] = [
        lambda: client.send([(b"x", False)], None),
        lambda: client.send([], None),
        lambda: client.receive(0),
        lambda: client.start_tls(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "mail.test", timeout=None),
    ]
    for use in uses:
        with pytest.raises(ConnectionLost, match="closed on this side"):
            use()


def test_closing_ends_a_wait_of_another_thread() -> None:
    client, _ = pair(FakeClock())
    waiting = Running(lambda: client.receive(None))
    client.abort()
    with pytest.raises(ConnectionLost, match="closed on this side"):
        waiting.result()


def test_tls_only_flips_the_flag() -> None:
    client, server = pair(FakeClock())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.start_tls(context, "mail.test", timeout=None)
    assert (client.encrypted, client.server_name) == (True, "mail.test")
    assert (server.encrypted, server.server_name) == (False, None)
    with pytest.raises(LocalProtocolError, match="on already"):
        client.start_tls(context, "mail.test", timeout=None)
    client.send([(b"x", False)], None)
    assert server.receive(0) == b"x"


def test_a_bounded_pair_makes_the_sender_wait_for_the_reader() -> None:
    client, server = pair(SystemClock(), capacity=10)
    octets = bytes(range(256)) * 10
    sending = Running(lambda: client.send([(octets, False)], PATIENCE))
    assert received(server, len(octets)) == octets
    sending.result()


def test_a_bounded_pair_gives_a_reader_up_that_never_reads() -> None:
    client, server = pair(SystemClock(), capacity=10)
    with pytest.raises(ConnectionTimeout, match=r"accepted nothing for 0\.02 s"):
        client.send([(bytes(11), False)], 0.02)
    assert server.receive(0) == bytes(10)


def test_a_waiting_sender_learns_that_the_reader_has_gone() -> None:
    client, server = pair(FakeClock(), capacity=1)
    sending = Running(lambda: client.send([(b"abc", False)], None))
    assert server.receive(None) == b"a"
    server.close()  # one octet more fits, the third does not
    with pytest.raises(ConnectionLost, match="the other side had closed it"):
        sending.result()
