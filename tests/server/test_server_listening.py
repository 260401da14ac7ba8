"""The server as a whole: ports, certificates, what one connection may do to others, and the end of it all."""

from __future__ import annotations

import imaplib
import socket
import ssl
import threading
from pathlib import Path

import pytest
from support.loopback import PATIENCE, open_descriptors
from support.talk import USERS, store

from outlookimap.errors import ConnectError, OutlookImapError, TlsError, UsageError
from outlookimap.server.behaviour import Behaviour
from outlookimap.server.listening import MailServer
from outlookimap.traffic.recorder import Recorder
from outlookimap.transport.certificate import throwaway_certificate
from outlookimap.transport.clock import FakeClock
from outlookimap.wire.limits import Limits


def raw(port: int) -> socket.socket:
    """Return a connection that has been greeted."""
    sock = socket.create_connection(("127.0.0.1", port), PATIENCE)
    assert sock.recv(100) == b"* OK IMAP server ready.\r\n"
    return sock


def rest(sock: socket.socket) -> bytes:
    """Return what still comes, and close."""
    octets = b""
    with sock:
        while part := sock.recv(4096):
            octets += part
    return octets


def test_a_server_with_everything_left_out() -> None:
    with MailServer({"u": "p"}) as server:
        assert server.host == "127.0.0.1"
        assert server.ca_file is not None
        assert server.port != server.tls_port
        assert server.store.account("u") is not None
        assert server.store.account("v") is None
        with imaplib.IMAP4("127.0.0.1", server.port, timeout=5) as imap:
            assert imap.capabilities[:3] == ("IMAP4REV1", "STARTTLS", "LOGINDISABLED")


def test_ports_that_are_not_wanted() -> None:
    with MailServer(USERS, port=None) as server, pytest.raises(UsageError, match="no plain port"):
        assert server.port
    with MailServer(USERS, tls_port=None) as server, pytest.raises(UsageError, match="no TLS port"):
        assert server.tls_port


def test_a_certificate_of_ones_own(tmp_path: Path) -> None:
    made = throwaway_certificate(["localhost"], tmp_path)
    with MailServer(USERS, certificate=made.certificate, key=made.key) as server:
        assert server.ca_file is None
        context = ssl.create_default_context(cafile=made.ca)
        with imaplib.IMAP4_SSL("localhost", server.tls_port, ssl_context=context, timeout=5) as imap:
            assert imap.login("user1", "secret")[0] == "OK"
    assert made.certificate.exists()
    with pytest.raises(UsageError, match="give both or neither"):
        MailServer(USERS, key=made.key)


def test_a_port_that_is_taken_leaves_nothing_behind() -> None:
    with MailServer(USERS, tls_port=None) as server:
        before = threading.active_count(), len(open_descriptors())
        with pytest.raises(ConnectError):
            MailServer(USERS, tls_port=server.port)
        assert (threading.active_count(), len(open_descriptors())) == before


GARBAGE = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\0" * 10_000,
    b"a LOGIN {99999999999999999999}\r\n",
    b"a APPEND INBOX {65537}\r\nb LOGIN {10}\r\n",
    b"(" * 5000 + b"\r\n",
    b"x" * 5000,
    b"a AUTHENTICATE NTLM\r\nAAAA\r\n" * 20,
    b"a STARTTLS\r\nnot TLS at all, not TLS at all\r\n",
)


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_harms_nobody_else(garbage: bytes) -> None:
    with (
        MailServer(USERS, store=store(), allow_plaintext=True, limits=Limits(line=4000)) as server,
        imaplib.IMAP4("127.0.0.1", server.port, timeout=5) as imap,
    ):
        imap.login("user1", "secret")
        for port in (server.port, server.port, server.tls_port):
            with socket.create_connection(("127.0.0.1", port), PATIENCE) as sock:
                sock.sendall(garbage)
                sock.shutdown(socket.SHUT_WR)
                while sock.recv(4096):
                    pass
        assert imap.select("INBOX") == ("OK", [b"3"])
        with imaplib.IMAP4("127.0.0.1", server.port, timeout=5) as another:
            assert another.login("user1", "secret")[0] == "OK"


def test_errors_of_connections_are_reported() -> None:
    errors: list[OutlookImapError] = []
    reported = threading.Event()

    def note(error: OutlookImapError) -> None:
        errors.append(error)
        reported.set()

    with (
        MailServer(USERS, port=None, on_error=note) as server,
        socket.create_connection(("127.0.0.1", server.tls_port), PATIENCE) as sock,
    ):
        sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert reported.wait(PATIENCE)
    assert [type(error) for error in errors] == [TlsError]


def test_stopping_says_goodbye_and_leaves_nothing() -> None:
    with MailServer(USERS):
        pass  # what is made once and for all is made now
    before = threading.active_count(), len(open_descriptors())
    server = MailServer(USERS, allow_plaintext=True)
    directory = server.ca_file and server.ca_file.parent
    assert directory is not None
    quiet = raw(server.port)
    idle = raw(server.port)
    idle.sendall(b"a LOGIN user1 secret\r\nb SELECT INBOX\r\nc IDLE\r\n")
    while not idle.recv(4096).endswith(b"DONE.\r\n"):
        pass
    half_way = socket.create_connection(("127.0.0.1", server.tls_port), PATIENCE)
    while server.connections < 3:
        pass
    assert server.stop()
    assert rest(quiet) == rest(idle) == b"* BYE Server stopping.\r\n"
    assert rest(half_way) == b""
    assert server.connections == 0
    assert not directory.exists()
    assert (threading.active_count(), len(open_descriptors())) == before
    assert server.stop()


def test_time_is_the_clocks() -> None:
    clock = FakeClock()
    with MailServer(USERS, clock=clock, behaviour=Behaviour(sign_in_time=5.0)) as server:
        clock.watch(server.wake)
        sock = raw(server.port)
        clock.advance(5)
        assert rest(sock) == b"* BYE Connection closed: nobody signed in.\r\n"


def test_each_connection_has_its_taps() -> None:
    recorders: list[Recorder] = []

    def taps() -> list[Recorder]:
        recorders.append(Recorder(None))
        return recorders[-1:]

    with MailServer(USERS, taps=taps) as server:
        for _ in range(2):
            sock = raw(server.port)
            sock.sendall(b"a LOGOUT\r\n")
            assert rest(sock).endswith(b"a OK LOGOUT completed.\r\n")
    assert [len(recorder.transcript().entries) for recorder in recorders] == [5, 5]
