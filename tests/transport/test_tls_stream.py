from __future__ import annotations

import datetime
import socket
import ssl
import struct
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from support.loopback import (
    PATIENCE,
    Running,
    encrypted_transports,
    open_descriptors,
    raw_peer,
    receive_exactly,
    transports,
)

from outlookimap.errors import ConnectionLost, ConnectionTimeout, LocalProtocolError, TlsError, UsageError
from outlookimap.transport.certificate import throwaway_certificate
from outlookimap.transport.listener import Listener
from outlookimap.transport.reasons import tls_failed
from outlookimap.transport.socket_stream import connect
from outlookimap.transport.stream import Transport
from outlookimap.transport.tls import client_context, server_context
from outlookimap.transport.tls_channel import TlsChannel

MIB = 1024 * 1024


@dataclass(frozen=True)
class Authority:
    """An authority clients trust, and the means to issue certificates by it."""

    ca: trustme.CA
    ca_file: Path
    directory: Path

    def server(self, name: str = "mail.test", days: tuple[int, int] = (-1, 1)) -> ssl.SSLContext:
        now = datetime.datetime.now(datetime.UTC)
        leaf = self.ca.issue_cert(
            name,
            not_before=now + datetime.timedelta(days=days[0]),
            not_after=now + datetime.timedelta(days=days[1]),
        )
        certificate, key = self.directory / "leaf.pem", self.directory / "leaf.key"
        leaf.cert_chain_pems[0].write_to_path(str(certificate))
        leaf.private_key_pem.write_to_path(str(key))
        return server_context(certificate, key)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    directory = tmp_path_factory.mktemp("authority")
    ca = trustme.CA(key_type=trustme.KeyType.ECDSA)
    ca.cert_pem.write_to_path(str(directory / "ca.pem"))
    return Authority(ca, directory / "ca.pem", directory)


@pytest.fixture(scope="module")
def trusting(authority: Authority) -> ssl.SSLContext:
    return client_context(ca_file=authority.ca_file, verify=True)


@pytest.fixture(scope="module")
def serving(authority: Authority) -> ssl.SSLContext:
    return authority.server()


# ---------------------------------------------------------------- it works


def test_starttls_in_place_on_both_sides(trusting: ssl.SSLContext, serving: ssl.SSLContext) -> None:
    with transports() as (client, server):
        server.send([(b"* OK ready\r\n", False)], PATIENCE)
        assert client.receive(PATIENCE) == b"* OK ready\r\n"
        client.send([(b"a STARTTLS\r\n", False)], PATIENCE)
        assert server.receive(PATIENCE) == b"a STARTTLS\r\n"
        server.send([(b"a OK begin\r\n", False)], PATIENCE)
        accepting = Running(lambda: server.start_tls(serving, None, server_side=True, timeout=PATIENCE))
        assert client.receive(PATIENCE) == b"a OK begin\r\n"
        assert (client.encrypted, client.server_name) == (False, None)
        client.start_tls(trusting, "mail.test", timeout=None)
        accepting.result()
        assert (client.encrypted, client.server_name) == (True, "mail.test")
        assert (server.encrypted, server.server_name) == (True, None)
        assert " TLS>" in repr(client)
        client.send([(b"b LOGIN u ", False), (b"secret", True), (b"\r\n", False)], PATIENCE)
        assert server.receive(PATIENCE) == b"b LOGIN u secret\r\n"
        server.send([(b"b OK\r\n", False)], PATIENCE)
        assert client.receive(PATIENCE) == b"b OK\r\n"
        assert client.receive(0) is None
        client.wake()
        assert client.receive(None) is None
        client.send([], PATIENCE)
        assert server.receive(0.01) is None


def test_tls_is_begun_once(trusting: ssl.SSLContext, serving: ssl.SSLContext) -> None:
    with encrypted_transports(trusting, serving) as (client, server):
        with pytest.raises(LocalProtocolError, match="on already"):
            client.start_tls(trusting, "mail.test", timeout=PATIENCE)
        client.send([(b"x", False)], PATIENCE)
        assert server.receive(PATIENCE) == b"x"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_64_mib_there_and_back(authority: Authority, trusting: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    serving = authority.server()
    serving.maximum_version = version
    sent = bytes(range(256)) * (64 * MIB // 256)
    with encrypted_transports(trusting, serving) as (client, server):

        def echo() -> None:
            server.send([(receive_exactly(server, len(sent)), False)], PATIENCE)

        echoing = Running(echo)
        client.send([(b"a", False), (sent[1:], False)], PATIENCE)
        got = receive_exactly(client, len(sent))
        echoing.result()
        assert got[0:1] == b"a"
        assert got[1:] == sent[1:]


def test_both_directions_at_once(trusting: ssl.SSLContext, serving: ssl.SSLContext) -> None:
    octets = bytes(range(256)) * (6 * MIB // 256)
    with encrypted_transports(trusting, serving) as (client, server):
        for end in (client, server):
            end._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)
            end._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)

        def both_ways(end: Transport) -> bytes:
            end.send([(octets, False)], PATIENCE)
            return receive_exactly(end, len(octets))

        theirs = Running(lambda: both_ways(server))
        assert both_ways(client) == octets
        assert theirs.result() == octets


def test_tls_from_the_first_octet_with_a_throwaway_certificate(tmp_path: Path) -> None:
    made = throwaway_certificate(["localhost", "127.0.0.1"], tmp_path)
    context = server_context(made.certificate, made.key)

    def greet(transport: Transport) -> None:
        transport.send([(b"* OK ready\r\n", False)], PATIENCE)

    with Listener("127.0.0.1", 0, greet, tls=context) as listener:
        for host in ("localhost", "127.0.0.1"):
            client = connect(host, listener.port, timeout=PATIENCE, tls=client_context(ca_file=made.ca, verify=True))
            assert (client.encrypted, client.server_name) == (True, host)
            assert [client.receive(PATIENCE) for _ in range(2)] == [b"* OK ready\r\n", b""]
            client.close()
        unverified = client_context(ca_file=None, verify=False)
        client = connect("127.0.0.1", listener.port, timeout=None, tls=unverified, server_hostname="any.test")
        assert client.receive(PATIENCE) == b"* OK ready\r\n"
        client.close()


# ---------------------------------------------------------------- certificates


@pytest.mark.parametrize(
    ("certified", "asked", "days", "reason", "advice"),
    [
        ("mail.test", "other.test", (-1, 1), "Hostname mismatch", "connect by a name that the certificate holds"),
        ("mail.test", "127.0.0.1", (-1, 1), "IP address mismatch", "connect by a name that the certificate holds"),
        ("mail.test", "mail.test", (-2, -1), "certificate has expired", "have the certificate renewed"),
        ("mail.test", "mail.test", (1, 2), "certificate is not yet valid", "set this machine's clock"),
    ],
)
def test_a_certificate_that_does_not_fit(
    authority: Authority,
    trusting: ssl.SSLContext,
    certified: str,
    asked: str,
    days: tuple[int, int],
    reason: str,
    advice: str,
) -> None:
    serving = authority.server(certified, days)
    with transports() as (client, server):
        accepting = Running(lambda: server.start_tls(serving, None, server_side=True, timeout=PATIENCE))
        with pytest.raises(TlsError, match=f"the certificate of {asked} .* was refused: {reason}") as caught:
            client.start_tls(trusting, asked, timeout=PATIENCE)
        assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
        assert advice in str(caught.value)
        assert "verify=False" in str(caught.value)
        assert client.encrypted is False
        with pytest.raises(TlsError, match=r"no TLS with 127\.0\.0\.1"):
            accepting.result()
        assert server.encrypted is False


def test_an_authority_nobody_trusts(serving: ssl.SSLContext) -> None:
    errors: list[Exception] = []
    before = open_descriptors()
    with Listener("127.0.0.1", 0, Transport.close, tls=serving, on_error=errors.append) as listener:
        context = client_context(ca_file=None, verify=True)
        with pytest.raises(TlsError, match=r"refused: unable to get local issuer certificate; .* as ca_file") as caught:
            connect("127.0.0.1", listener.port, timeout=PATIENCE, tls=context, server_hostname="mail.test")
        assert f"mail.test (127.0.0.1:{listener.port})" in str(caught.value)
        while not errors:
            assert listener.connections <= 1
        assert "the other side does not trust our certificate's authority" in str(errors[0])
    assert open_descriptors() == before


def test_a_refusal_openssl_gives_no_number_we_know() -> None:
    error = ssl.SSLCertVerificationError(1, "[SSL] odd")
    error.verify_code, error.verify_message = 9999, "odd."
    assert str(tls_failed(error, "127.0.0.1:993", None)) == (
        "the certificate of 127.0.0.1:993 was refused: odd; have the certificate replaced, "
        "or say verify=False to do without any check"
    )


@pytest.mark.parametrize("name", [None, "", ".test", "a" * 64 + ".test"])
def test_a_name_that_cannot_be_verified_is_refused_before_anything_is_sent(
    trusting: ssl.SSLContext, serving: ssl.SSLContext, name: str | None
) -> None:
    """Over memory the ssl module itself verifies no name when it is given none."""
    with transports() as (client, server):
        with pytest.raises(UsageError, match="TLS cannot verify the name"):
            client.start_tls(trusting, name, timeout=PATIENCE)
        assert server.receive(0) is None
        accepting = Running(lambda: server.start_tls(serving, None, server_side=True, timeout=PATIENCE))
        client.start_tls(trusting, "mail.test", timeout=PATIENCE)
        accepting.result()


# ---------------------------------------------------------------- handshakes that come to nothing


def test_no_version_in_common(authority: Authority) -> None:
    serving = authority.server()
    serving.maximum_version = ssl.TLSVersion.TLSv1_2
    modern = client_context(ca_file=authority.ca_file, verify=True)
    modern.minimum_version = ssl.TLSVersion.TLSv1_3
    with transports() as (client, server):
        accepting = Running(lambda: server.start_tls(serving, None, server_side=True, timeout=PATIENCE))
        with pytest.raises(TlsError, match="no TLS version in common"):
            client.start_tls(modern, "mail.test", timeout=PATIENCE)
        with pytest.raises(TlsError, match="no TLS version in common"):
            accepting.result()


def test_a_peer_that_speaks_imap_instead_of_tls(trusting: ssl.SSLContext) -> None:
    with raw_peer() as (transport, theirs):
        answering = Running(lambda: theirs.recv(1) and theirs.send(b"* OK ready\r\n"))
        with pytest.raises(TlsError, match="what came is not TLS") as caught:
            transport.start_tls(trusting, "mail.test", timeout=PATIENCE)
        answering.result()
        assert isinstance(caught.value.__cause__, ssl.SSLError)
        with pytest.raises(ConnectionLost, match="broke before"):
            transport.receive(PATIENCE)


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.0\r\n\r\n", b"a CAPABILITY\r\n", bytes(100), b"\xff" * 100])
def test_garbage_instead_of_a_clients_handshake(serving: ssl.SSLContext, garbage: bytes) -> None:
    with raw_peer() as (transport, theirs):
        theirs.sendall(garbage)
        with pytest.raises(TlsError, match=r"no TLS with 127\.0\.0\.1:") as caught:
            transport.start_tls(serving, None, server_side=True, timeout=PATIENCE)
        assert isinstance(caught.value.__cause__, ssl.SSLError)


def test_a_peer_that_says_nothing(trusting: ssl.SSLContext) -> None:
    with raw_peer() as (transport, _):
        with pytest.raises(TlsError, match=r"the handshake took more than 0\.05 s") as caught:
            transport.start_tls(trusting, "mail.test", timeout=0.05)
        assert isinstance(caught.value.__cause__, ConnectionTimeout)


def test_a_peer_that_closes_or_resets(trusting: ssl.SSLContext) -> None:
    with raw_peer() as (transport, theirs):
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(TlsError, match=r"no TLS with .*: the other side closed the connection"):
            transport.start_tls(trusting, "mail.test", timeout=PATIENCE)
    with raw_peer() as (transport, theirs):
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        theirs.close()
        with pytest.raises(TlsError, match=r"no TLS with .*: the other side (reset it|had closed it)") as caught:
            transport.start_tls(trusting, "mail.test", timeout=PATIENCE)
        assert isinstance(caught.value.__cause__, ConnectionError)


# ---------------------------------------------------------------- the stream under TLS


def test_an_end_with_and_without_tlss_farewell(trusting: ssl.SSLContext, serving: ssl.SSLContext) -> None:
    with encrypted_transports(trusting, serving) as (client, server):
        server.send([(b"* BYE\r\n", False)], PATIENCE)
        server.close()
        assert [client.receive(PATIENCE) for _ in range(3)] == [b"* BYE\r\n", b"", b""]
    with encrypted_transports(trusting, serving) as (client, server):
        server.send([(b"* BYE\r\n", False)], PATIENCE)
        server.abort()
        assert [client.receive(PATIENCE) for _ in range(3)] == [b"* BYE\r\n", b"", b""]


def test_close_says_tlss_farewell_and_abort_does_not(trusting: ssl.SSLContext, serving: ssl.SSLContext) -> None:
    serving.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # set by some builds of Python: both ends would look the same
    for close, farewell in ((True, True), (False, False)):
        with raw_peer() as (transport, theirs):
            theirs_tls = Running(
                lambda sock=theirs: serving.wrap_socket(sock, server_side=True, suppress_ragged_eofs=False)  # type: ignore[misc]
            )
            transport.start_tls(trusting, "mail.test", timeout=PATIENCE)
            with theirs_tls.result() as peer:
                if close:
                    transport.close()
                else:
                    transport.abort()
                if farewell:
                    assert peer.recv(1) == b""
                else:
                    with pytest.raises(ssl.SSLError, match=r"(?i)eof"):  # SSLEOFError, or its root in Python 3.11.2
                        peer.recv(1)


def test_unread_octets_do_not_hinder_closing(trusting: ssl.SSLContext, serving: ssl.SSLContext) -> None:
    with encrypted_transports(trusting, serving) as (client, server):
        server.send([(bytes(200_000), False)], PATIENCE)
        assert client.receive(PATIENCE)
        client.close()
        assert server.receive(PATIENCE) == b""


def test_octets_that_are_no_tls_come_after_those_that_were(trusting: ssl.SSLContext, serving: ssl.SSLContext) -> None:
    with encrypted_transports(trusting, serving) as (client, server):
        server.send([(b"* OK\r\n", False)], PATIENCE)
        server._sock.send(b"\x17\x03\x03\x00\x20" + bytes(32))
        client._waiter.wait(1, client._waiter.until(PATIENCE))
        assert client.receive(PATIENCE) == b"* OK\r\n"
        with pytest.raises(TlsError, match=r"TLS with .* broke while receiving") as caught:
            client.receive(PATIENCE)
        assert isinstance(caught.value.__cause__, ssl.SSLError)
        with pytest.raises(ConnectionLost, match="broke before"):
            client.receive(PATIENCE)
        with pytest.raises(TlsError, match="bad record mac"):
            server.receive(PATIENCE)


def test_a_reset_under_tls_is_a_lost_connection(trusting: ssl.SSLContext, serving: ssl.SSLContext) -> None:
    with encrypted_transports(trusting, serving) as (client, server):
        server._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server._sock.close()
        with pytest.raises(ConnectionLost, match="the other side reset it") as caught:
            client.receive(PATIENCE)
        assert isinstance(caught.value.__cause__, ConnectionResetError)
        assert not isinstance(caught.value, TlsError)


def test_a_peer_that_never_reads_is_given_up_under_tls(trusting: ssl.SSLContext, serving: ssl.SSLContext) -> None:
    with encrypted_transports(trusting, serving) as (client, server):
        with pytest.raises(ConnectionTimeout, match=r"accepted nothing for 0\.2 s"):
            client.send([(bytes(64 * MIB), False)], 0.2)
        server.send([(b"* BYE slow\r\n", False)], PATIENCE)
        assert client.receive(PATIENCE) == b"* BYE slow\r\n"


def test_what_tls_itself_has_to_say_leaves_while_receiving(trusting: ssl.SSLContext, serving: ssl.SSLContext) -> None:
    with encrypted_transports(trusting, serving) as (client, server):
        assert client._tls is not None
        assert client._tls.write(memoryview(b"as an answer to a change of keys would"))
        assert client.receive(0) is None
        assert server.receive(PATIENCE) == b"as an answer to a change of keys would"


def test_tls_that_must_read_before_it_can_write(trusting: ssl.SSLContext, serving: ssl.SSLContext) -> None:
    """As in a renegotiation: here the whole handshake happens inside the first write."""
    with transports() as (client, server):
        client._tls = TlsChannel(trusting, "mail.test", server_side=False)
        accepting = Running(lambda: server.start_tls(serving, None, server_side=True, timeout=PATIENCE))
        client.send([(b"x", False)], PATIENCE)
        accepting.result()
        assert server.receive(PATIENCE) == b"x"
    with transports() as (client, _):
        client._tls = TlsChannel(trusting, "mail.test", server_side=False)
        with pytest.raises(ConnectionTimeout, match="did not go on with TLS"):
            client.send([(b"x", False)], 0.02)
