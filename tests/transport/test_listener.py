from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from support.loopback import PATIENCE, Running, open_descriptors

from outlookimap.errors import ConnectError, ConnectionLost, OutlookImapError, TlsError, UsageError
from outlookimap.transport.certificate import throwaway_certificate
from outlookimap.transport.listener import Listener
from outlookimap.transport.socket_stream import SocketTransport, connect
from outlookimap.transport.stream import Transport
from outlookimap.transport.tls import client_context, server_context


def echo(transport: Transport) -> None:
    while octets := transport.receive(None):
        transport.send([(octets, False)], PATIENCE)


def dial(listener: Listener) -> SocketTransport:
    return connect(listener.host, listener.port, timeout=PATIENCE, tls=None)


def eventually(reached: Callable[[], bool]) -> None:
    """Return when `reached`; fail when it takes too long."""
    for _ in range(int(PATIENCE * 1000)):
        if reached():
            return
        threading.Event().wait(0.001)
    raise AssertionError("it never happened")


def test_each_connection_has_its_own_thread() -> None:
    threads: set[str] = set()

    def name_and_echo(transport: Transport) -> None:
        threads.add(threading.current_thread().name)
        echo(transport)

    with Listener("127.0.0.1", 0, name_and_echo) as listener:
        assert listener.host == "127.0.0.1"
        clients = [dial(listener) for _ in range(5)]
        for number, client in enumerate(clients):
            client.send([(b"%d" % number, False)], PATIENCE)
        assert [client.receive(PATIENCE) for client in clients] == [b"0", b"1", b"2", b"3", b"4"]
        assert len(threads) == 5
        assert listener.connections == 5
        for client in clients:
            client.close()
        eventually(lambda: listener.connections == 0)


def test_a_connection_is_closed_when_its_function_returns() -> None:
    with Listener("127.0.0.1", 0, lambda transport: transport.send([(b"* BYE\r\n", False)], PATIENCE)) as listener:
        client = dial(listener)
        assert [client.receive(PATIENCE) for _ in range(2)] == [b"* BYE\r\n", b""]
        client.close()


def test_closing_leaves_no_thread_and_no_descriptor() -> None:
    descriptors, threads = open_descriptors(), set(threading.enumerate())
    listener = Listener("127.0.0.1", 0, echo)
    clients = [dial(listener) for _ in range(10)]
    clients[0].send([(b"x", False)], PATIENCE)
    assert clients[0].receive(PATIENCE) == b"x"
    eventually(lambda: listener.connections == 10)
    assert listener.close() is True
    assert [client.receive(PATIENCE) for client in clients] == [b""] * 10
    assert set(threading.enumerate()) == threads
    with pytest.raises(ConnectError, match="nothing listens there"):
        dial(listener)
    assert listener.close() is True
    for client in clients:
        client.close()
    assert open_descriptors() == descriptors


def test_closing_while_connections_come_in_leaves_nothing_either() -> None:
    descriptors, threads = open_descriptors(), set(threading.enumerate())
    listener = Listener("127.0.0.1", 0, echo)
    stop = threading.Event()

    def knock() -> int:
        count = 0
        while not stop.is_set():
            with socket.socket() as sock:
                sock.settimeout(0.2)
                count += sock.connect_ex(("127.0.0.1", listener.port)) == 0
        return count

    knocking = Running(knock)
    eventually(lambda: listener.connections > 0)
    assert listener.close() is True
    stop.set()
    assert knocking.result() > 0
    eventually(lambda: set(threading.enumerate()) == threads)
    assert open_descriptors() == descriptors


def test_a_connection_may_close_the_listener() -> None:
    answers: list[bool] = []

    def close_all(_: Transport) -> None:
        answers.append(listener.close())

    listener = Listener("127.0.0.1", 0, close_all)
    client = dial(listener)
    assert client.receive(PATIENCE) == b""
    eventually(lambda: answers == [True])
    client.close()


def test_closing_takes_bounded_time_and_says_who_did_not_end() -> None:
    release = threading.Event()
    inside = threading.Event()

    def stubborn(_: Transport) -> None:
        inside.set()
        release.wait(PATIENCE)

    listener = Listener("127.0.0.1", 0, stubborn)
    client = dial(listener)
    assert inside.wait(PATIENCE)
    assert listener.close(timeout=0.05) is False
    release.set()
    assert listener.close() is True
    client.close()


def test_our_errors_are_handed_over_and_others_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    hooked: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", hooked.append)
    errors: list[OutlookImapError] = []
    failures: list[Exception] = [ConnectionLost("gone"), ZeroDivisionError("a bug")]

    def fail(_: Transport) -> None:
        raise failures.pop(0)

    with Listener("127.0.0.1", 0, fail, on_error=errors.append) as listener:
        for _ in range(2):
            client = dial(listener)
            assert client.receive(PATIENCE) == b""
            client.close()
        eventually(lambda: bool(hooked) and bool(errors))
        assert [str(error) for error in errors] == ["gone"]
        assert hooked[0].exc_type is ZeroDivisionError
        hooked.clear()


def test_without_on_error_our_errors_end_the_connection_and_nothing_else() -> None:
    def fail(_: Transport) -> None:
        raise ConnectionLost("gone")

    with Listener("127.0.0.1", 0, fail) as listener:
        for _ in range(2):
            client = dial(listener)
            assert client.receive(PATIENCE) == b""
            client.close()


def test_handshakes_that_stall_or_fail_harm_nobody_else(tmp_path: Path) -> None:
    made = throwaway_certificate(["127.0.0.1"], tmp_path)
    errors: list[OutlookImapError] = []
    descriptors = open_descriptors()
    listener = Listener(
        "127.0.0.1",
        0,
        echo,
        tls=server_context(made.certificate, made.key),
        handshake_timeout=0.2,
        on_error=errors.append,
    )
    stalled, garbling = dial(listener), dial(listener)
    garbling.send([(b"a CAPABILITY\r\n", False)], PATIENCE)
    client = connect("127.0.0.1", listener.port, timeout=PATIENCE, tls=client_context(ca_file=made.ca, verify=True))
    client.send([(b"x", False)], PATIENCE)
    assert client.receive(PATIENCE) == b"x"
    assert stalled.receive(PATIENCE) == b""
    eventually(lambda: len(errors) == 2)
    assert all(isinstance(error, TlsError) for error in errors)
    assert sorted("took more than 0.2 s" in str(error) for error in errors) == [False, True]
    unfinished = dial(listener)
    eventually(lambda: listener.connections == 2)
    assert listener.close() is True
    assert len(errors) == 2  # what breaks because we close is no error
    for transport in (stalled, garbling, client, unfinished):
        transport.close()
    assert open_descriptors() == descriptors


def test_too_many_connections_are_sent_away_and_the_others_go_on() -> None:
    errors: list[OutlookImapError] = []
    with Listener("127.0.0.1", 0, echo, max_connections=1, on_error=errors.append) as listener:
        first, second = dial(listener), dial(listener)
        assert second.receive(PATIENCE) == b""
        second.close()
        eventually(lambda: bool(errors))
        assert "was sent away: max_connections=1 are open" in str(errors[0])
        first.send([(b"x", False)], PATIENCE)
        assert first.receive(PATIENCE) == b"x"
        first.close()
        eventually(lambda: listener.connections == 0)
        third = dial(listener)
        third.send([(b"y", False)], PATIENCE)
        assert third.receive(PATIENCE) == b"y"
        third.close()


def test_what_goes_wrong_while_accepting_is_told_and_accepting_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    errors: list[OutlookImapError] = []
    failures: list[OSError] = [
        BlockingIOError(errno.EAGAIN, "nobody there"),
        ConnectionAbortedError(errno.ECONNABORTED, "aborted"),
        OSError(errno.EMFILE, "Too many open files"),
    ]
    accept = socket.socket.accept

    def failing(sock: socket.socket) -> tuple[socket.socket, object]:
        if failures:
            raise failures.pop(0)
        return accept(sock)

    monkeypatch.setattr(socket.socket, "accept", failing)
    with Listener("127.0.0.1", 0, echo, on_error=errors.append) as listener:
        client = dial(listener)
        client.send([(b"x", False)], PATIENCE)
        assert client.receive(PATIENCE) == b"x"
        client.close()
    assert [str(error) for error in errors] == [
        "a connection could not be accepted: it was aborted",
        "a connection could not be accepted: Too many open files",
    ]
    assert [type(error.__cause__) for error in errors] == [ConnectionAbortedError, OSError]


def test_a_connection_that_is_gone_before_it_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    errors: list[OutlookImapError] = []
    getpeername = socket.socket.getpeername
    gone = [OSError(errno.ENOTCONN, "Transport endpoint is not connected")]

    def once(sock: socket.socket) -> object:
        if gone and threading.current_thread().name.startswith("accept-"):
            raise gone.pop()
        return getpeername(sock)

    monkeypatch.setattr(socket.socket, "getpeername", once)
    with Listener("127.0.0.1", 0, echo, on_error=errors.append) as listener:
        client = dial(listener)
        assert client.receive(PATIENCE) == b""
        client.close()
        eventually(lambda: bool(errors))
    assert [str(error) for error in errors] == ["the connection was lost at once: Transport endpoint is not connected"]


def test_a_system_without_threads_left_sends_the_client_away(monkeypatch: pytest.MonkeyPatch) -> None:
    errors: list[OutlookImapError] = []
    start = threading.Thread.start

    def no_more(thread: threading.Thread) -> None:
        if thread.name.startswith("connection-"):
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", no_more)
    with Listener("127.0.0.1", 0, echo, on_error=errors.append) as listener:
        client = dial(listener)
        assert client.receive(PATIENCE) == b""
        client.close()
        eventually(lambda: bool(errors))
    assert "was sent away: can't start new thread" in str(errors[0])
    assert isinstance(errors[0].__cause__, RuntimeError)


def test_a_port_that_is_taken_and_addresses_nobody_has() -> None:
    with (
        Listener("127.0.0.1", 0, echo) as listener,
        pytest.raises(ConnectError, match=rf"nothing can listen on 127\.0\.0\.1:{listener.port}: another program"),
    ):
        Listener("127.0.0.1", listener.port, echo)
    with pytest.raises(ConnectError, match=r"nothing can listen on 192\.0\.2\.1:0: this machine does not have"):
        Listener("192.0.2.1", 0, echo)
    with pytest.raises(ConnectError, match=r"no-such-host\.invalid:0: no such host"):
        Listener("no-such-host.invalid", 0, echo)
    with pytest.raises(ConnectError, match=r"nothing can listen on \[::ffff:192\.0\.2\.1\]:0: "):
        Listener("::ffff:192.0.2.1", 0, echo)


def test_arguments_that_cannot_be_used() -> None:
    with pytest.raises(UsageError, match="70000 is not a port"):
        Listener("127.0.0.1", 70000, echo)
    with pytest.raises(UsageError, match="max_connections=0"):
        Listener("127.0.0.1", 0, echo, max_connections=0)
