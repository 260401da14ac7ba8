from __future__ import annotations

import socket

import pytest
from support.loopback import PATIENCE, Running

from outlookimap.errors import ConnectError, ConnectionLost, UsageError
from outlookimap.transport.reasons import network_reason
from outlookimap.transport.socket_stream import SocketTransport, connect, shown


def dead_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


def test_a_connection_knows_its_peer_and_the_name_it_was_asked_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        for server_hostname, name in ((None, "localhost"), ("mail.test", "mail.test")):
            transport = connect("localhost", port, timeout=PATIENCE, tls=None, server_hostname=server_hostname)
            assert transport.peer == f"127.0.0.1:{port}"
            assert transport.server_name == name
            assert transport.encrypted is False
            assert repr(transport) == f"<SocketTransport 127.0.0.1:{port}>"
            transport.close()
            assert repr(transport) == f"<SocketTransport 127.0.0.1:{port} closed>"


def test_small_commands_leave_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        transport = connect("127.0.0.1", listening.getsockname()[1], timeout=None, tls=None)
        assert transport._sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
        transport.close()


def test_a_port_where_nothing_listens() -> None:
    port = dead_port()
    with pytest.raises(ConnectError, match=f"no connection to 127.0.0.1:{port}: nothing listens there") as caught:
        connect("127.0.0.1", port, timeout=PATIENCE, tls=None)
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "two..dots", "nul\0"])
def test_a_host_that_does_not_exist(host: str) -> None:
    with pytest.raises(ConnectError, match="no such host") as caught:
        connect(host, 143, timeout=PATIENCE, tls=None)
    assert caught.value.__cause__ is not None
    assert f"{host}:143" in str(caught.value)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_number_that_is_no_port(port: int) -> None:
    with pytest.raises(UsageError, match=f"{port} is not a port"):
        connect("127.0.0.1", port, timeout=PATIENCE, tls=None)


def test_every_address_of_a_host_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        alive, dead = listening.getsockname()[1], dead_port()
        one_address = (socket.AF_INET, socket.SOCK_STREAM, 0, "")
        found = [
            (*one_address, ("127.0.0.1", dead)),
            (9999, socket.SOCK_STREAM, 0, "", ()),
            (*one_address, ("127.0.0.1", alive)),
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        transport = connect("mail.test", 143, timeout=PATIENCE, tls=None)
        assert transport.peer == f"127.0.0.1:{alive}"
        transport.close()
        del found[2]
        with pytest.raises(ConnectError, match=r"mail\.test:143: nothing listens there; Address family not supported"):
            connect("mail.test", 143, timeout=None, tls=None)


def test_an_address_that_never_answers_costs_the_timeout_at_most() -> None:
    with socket.socket() as full:  # a queue of one: Linux drops further knocks, and the client waits
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        filler = [socket.socket() for _ in range(3)]
        try:
            for sock in filler:
                sock.settimeout(0)
                sock.connect_ex(full.getsockname())
            with pytest.raises(ConnectError, match="no answer came in time") as caught:
                connect("127.0.0.1", full.getsockname()[1], timeout=0.1, tls=None)
            assert isinstance(caught.value.__cause__, TimeoutError)
        finally:
            for sock in filler:
                sock.close()


def test_an_interruption_leaves_no_socket_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[socket.socket] = []

    class Interrupted(socket.socket):
        def connect(self, address: object) -> None:
            made.append(self)
            raise KeyboardInterrupt

    monkeypatch.setattr(socket, "socket", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        connect("127.0.0.1", 143, timeout=PATIENCE, tls=None)
    assert [sock.fileno() for sock in made] == [-1]


def test_a_socket_that_was_never_connected_is_lost_at_once() -> None:
    sock = socket.socket()
    with pytest.raises(ConnectionLost, match="lost at once") as caught:
        SocketTransport(sock)
    assert isinstance(caught.value.__cause__, OSError)
    assert sock.fileno() == -1


@pytest.mark.parametrize(
    ("sockaddr", "text"),
    [(("127.0.0.1", 143), "127.0.0.1:143"), (("::1", 993, 0, 0), "[::1]:993"), ("/run/imap", "local"), (b"", "local")],
)
def test_addresses_as_people_write_them(sockaddr: object, text: str) -> None:
    assert shown(sockaddr) == text


def test_ipv6() -> None:
    try:
        listening = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listening:
        port = listening.getsockname()[1]
        transport = connect("::1", port, timeout=PATIENCE, tls=None)
        assert transport.peer == f"[::1]:{port}"
        transport.close()
    with pytest.raises(ConnectError, match=rf"no connection to \[::1\]:{port}: nothing listens there"):
        connect("::1", port, timeout=PATIENCE, tls=None)


def test_a_unix_socket_carries_octets_as_well() -> None:
    ours, theirs = map(SocketTransport, socket.socketpair())
    echo = Running(lambda: theirs.send([(theirs.receive(PATIENCE) or b"", False)], PATIENCE))
    ours.send([(b"a NOOP\r\n", False)], PATIENCE)
    echo.result()
    assert (ours.receive(PATIENCE), ours.peer) == (b"a NOOP\r\n", "local")
    ours.close()
    theirs.close()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionResetError(104, "Connection reset by peer"), "the other side reset it"),
        (OSError(99999, "Something odd"), "Something odd"),
        (OSError("only text"), "only text"),
        (OSError(), "OSError"),
        (TimeoutError(), "no answer came in time"),
        (socket.gaierror(-99, "Odd"), "the name cannot be looked up: Odd"),
        (UnicodeError("label too long"), "no such host: label too long"),
    ],
)
def test_reasons_in_words(error: Exception, words: str) -> None:
    assert network_reason(error) == words
