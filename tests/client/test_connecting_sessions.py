r"""`Session.connect()` over real sockets of this machine, with certificates that are thrown away afterwards."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme
from support.loopback import PATIENCE

from outlookimap import client as package
from outlookimap.client import Session
from outlookimap.errors import (
    AuthenticationFailed,
    ConnectError,
    ConnectionLost,
    ConnectionTimeout,
    EncryptionRequired,
    OutlookImapError,
    PolicyError,
    ProfileError,
    ServerGoodbye,
    TlsError,
    TranscriptError,
    UrlError,
    UsageError,
)
from outlookimap.profiles import Policy
from outlookimap.traffic import read
from outlookimap.transport.listener import Listener
from outlookimap.transport.stream import Transport
from outlookimap.transport.tls import server_context

VERSIONS = ["2007", "2010", "2013"]


@dataclass
class Authority:
    """An authority that clients may trust, and a server's certificate by it."""

    ca_file: Path
    server: ssl.SSLContext


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    directory = tmp_path_factory.mktemp("authority")
    ca = trustme.CA(key_type=trustme.KeyType.ECDSA)
    ca.cert_pem.write_to_path(str(directory / "ca.pem"))
    leaf = ca.issue_cert("localhost", "127.0.0.1", key_type=trustme.KeyType.ECDSA)
    leaf.cert_chain_pems[0].write_to_path(str(directory / "leaf.pem"))
    leaf.private_key_pem.write_to_path(str(directory / "leaf.key"))
    return Authority(directory / "ca.pem", server_context(directory / "leaf.pem", directory / "leaf.key"))


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("strangers") / "ca.pem"
    trustme.CA(key_type=trustme.KeyType.ECDSA).cert_pem.write_to_path(str(path))
    return path


@dataclass
class Server:
    """Answers a sign-in; at the keyword `quits_at` it closes instead, at `sleeps_at` it says nothing any more."""

    starttls: ssl.SSLContext | None = None
    quits_at: str = ""
    sleeps_at: str = ""
    greeting: bytes = b"* OK hi\r\n"
    injected: bytes = b""
    heard: list[str] = field(default_factory=list)

    def serve(self, transport: Transport) -> None:
        """Serve one connection."""
        if not self._goes_on(transport, "greeting"):
            return
        transport.send([(self.greeting, False)], PATIENCE)
        buffer = b""
        while octets := transport.receive(PATIENCE):
            buffer += octets
            while b"\r\n" in buffer:
                line, _, buffer = buffer.partition(b"\r\n")
                tag, _, command = line.partition(b" ")
                self.heard.append(command.decode())
                if not self._goes_on(transport, command.split()[0].decode()):
                    return
                self._answer(transport, tag, command)

    def _goes_on(self, transport: Transport, where: str) -> bool:
        if where == self.sleeps_at:
            while transport.receive(PATIENCE):
                continue
        return where not in (self.quits_at, self.sleeps_at)

    def _answer(self, transport: Transport, tag: bytes, command: bytes) -> None:
        data = b""
        if command == b"CAPABILITY":
            starttls = b" STARTTLS" if self.starttls and not transport.encrypted else b""
            data = b"* CAPABILITY IMAP4rev1" + starttls + b"\r\n"
        elif command == b"LOGOUT":
            data = b"* BYE\r\n"
        starts = command == b"STARTTLS" and self.starttls is not None
        transport.send([(data + tag + b" OK done\r\n" + (self.injected if starts else b""), False)], PATIENCE)
        if starts and not self.injected:
            assert self.starttls is not None
            transport.start_tls(self.starttls, None, server_side=True, timeout=PATIENCE)


@contextmanager
def listening(server: Server, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Give the port where `server` listens."""
    with Listener("127.0.0.1", 0, server.serve, tls=tls) as listener:
        yield listener.port


SIGNED_IN = ["CAPABILITY", 'LOGIN "ann" "secret"', "CAPABILITY"]


def connect(url: str, **options: object) -> Session:
    """Connect as ann."""
    settings: dict[str, object] = {"user": "ann", "password": "secret", "timeout": PATIENCE, **options}
    return Session.connect(url, **settings)  # type: ignore[arg-type]


# ---------------------------------------------------------------- what works


@pytest.mark.cites("O5:V0031", "O5:V0035", "O5:V0050")
@pytest.mark.parametrize("version", VERSIONS)
def test_imaps(version: str, authority: Authority, tmp_path: Path) -> None:
    server = Server()
    with (
        listening(server, authority.server) as port,
        connect(
            f"imaps://127.0.0.1:{port}/", profile=version, ca_file=authority.ca_file, record=tmp_path / "a"
        ) as session,
    ):
        assert session.policy.encryption == "tls"
        session.noop()
    assert server.heard == [*SIGNED_IN, "NOOP", "LOGOUT"]
    assert read(tmp_path / "a").header.profile == f"outlook-{version}"


@pytest.mark.cites("O5:V0031")
def test_imap_means_starttls(authority: Authority) -> None:
    server = Server(starttls=authority.server)
    with listening(server) as port, connect(f"imap://ann@localhost:{port}", user=None, ca_file=authority.ca_file):
        assert server.heard == ["CAPABILITY", "STARTTLS", *SIGNED_IN]


@pytest.mark.cites("O5:V0031")
def test_no_encryption_has_to_be_said() -> None:
    server = Server()
    with listening(server) as port:
        with pytest.raises(EncryptionRequired, match="does not offer STARTTLS"):
            connect(f"imap://127.0.0.1:{port}")
        with connect(f"imap://127.0.0.1:{port}", policy=Policy(encryption="none")) as session:
            assert session.capabilities == {"IMAP4REV1"}


@pytest.mark.parametrize("starttls", [True, False])
def test_anybodys_certificate_where_nothing_is_verified(starttls: bool, authority: Authority) -> None:
    server = Server(starttls=authority.server if starttls else None)
    scheme, tls = ("imap", None) if starttls else ("imaps", authority.server)
    with listening(server, tls) as port, connect(f"{scheme}://127.0.0.1:{port}", verify=False) as session:
        session.noop()


@pytest.mark.cites("O5:2.1.1")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("imap://mail.test/", ("mail.test", 143)),
        ("imaps://mail.test/", ("mail.test", 993)),
        ("imap://mail.test:1143/", ("mail.test", 1143)),
        ("imaps://mail.test:1993/", ("mail.test", 1993)),
    ],
)
def test_the_ports(version: str, url: str, address: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    dialled: list[tuple[str, int]] = []

    def dial(host: str, port: int, **_: object) -> Transport:
        dialled.append((host, port))
        raise ConnectError("not today")

    monkeypatch.setattr("outlookimap.client.session.connect", dial)
    with pytest.raises(ConnectError, match="not today"):
        connect(url, profile=version)
    assert dialled == [address]


@pytest.mark.cites("O5:V0034")
def test_a_url_may_name_the_mechanism() -> None:
    with (
        listening(Server()) as port,
        pytest.raises(AuthenticationFailed, match="the policy allows PLAIN, and the policy"),
    ):
        connect(f"imap://ann;AUTH=PLAIN@127.0.0.1:{port}", policy=Policy(encryption="none"))


def test_the_package_offers_what_its_users_need() -> None:
    assert {"Session", "Message", "Folder", "Mailbox", "Event"} <= set(package.__all__)
    assert all(hasattr(package, name) for name in package.__all__)


# ---------------------------------------------------------------- what does not


@pytest.mark.parametrize("starttls", [True, False])
def test_a_certificate_by_nobody_we_know(starttls: bool, authority: Authority, strangers: Path) -> None:
    server = Server(starttls=authority.server if starttls else None)
    scheme, tls = ("imap", None) if starttls else ("imaps", authority.server)
    with listening(server, tls) as port:
        for ca_file in (strangers, None):
            with pytest.raises(TlsError, match="was refused") as caught:
                connect(f"{scheme}://127.0.0.1:{port}", ca_file=ca_file)
            assert isinstance(caught.value.__cause__, ssl.SSLError)
    assert not [line for line in server.heard if line.startswith("LOGIN")]


def test_a_certificate_for_another_name(authority: Authority) -> None:
    other = "[::ffff:127.0.0.1]"  # the same place by an address that the certificate does not hold
    with listening(Server(), authority.server) as port, pytest.raises(TlsError, match="connect by a name that"):
        connect(f"imaps://{other}:{port}", ca_file=authority.ca_file)


def test_octets_before_the_handshake(authority: Authority) -> None:
    server = Server(starttls=authority.server, injected=b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n")
    with listening(server) as port, pytest.raises(OutlookImapError, match="TLS handshake"):
        connect(f"imap://127.0.0.1:{port}", ca_file=authority.ca_file)
    assert server.heard == ["CAPABILITY", "STARTTLS"]


def test_tls_to_a_plain_port_and_the_other_way_round(authority: Authority) -> None:
    with listening(Server()) as port, pytest.raises(TlsError, match=r"handshake|not TLS"):
        connect(f"imaps://127.0.0.1:{port}", verify=False)
    with listening(Server(), authority.server) as port, pytest.raises(ConnectionLost):
        connect(f"imap://127.0.0.1:{port}", verify=False, timeout=0.2)


def test_a_dead_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(ConnectError, match="nothing listens there"):
        connect(f"imaps://127.0.0.1:{port}")


def test_a_dead_port_leaves_a_readable_recording(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(ConnectError):
        connect(f"imaps://127.0.0.1:{port}", record=tmp_path / "a.imap")
    assert read(tmp_path / "a.imap").entries == ()


POINTS = ["greeting", "CAPABILITY", "STARTTLS", "LOGIN", "LOGOUT"]


@pytest.mark.parametrize("point", POINTS)
def test_a_server_that_falls_silent(point: str, authority: Authority) -> None:
    server = Server(starttls=authority.server, sleeps_at=point)
    # without handshakes, which could take longer than this on a busy machine
    policy = Policy(encryption="starttls" if point == "STARTTLS" else "none")
    with (
        listening(server) as port,
        pytest.raises(ConnectionTimeout, match=r"no octet for 0\.1 seconds"),
        connect(f"imap://127.0.0.1:{port}", policy=policy, timeout=0.1),
    ):
        assert point == "LOGOUT"


@pytest.mark.parametrize(
    ("point", "error"),
    [
        ("greeting", ConnectError),
        ("CAPABILITY", ConnectionLost),
        ("STARTTLS", ConnectionLost),
        ("LOGIN", AuthenticationFailed),
        ("LOGOUT", ConnectionLost),
    ],
)
def test_a_server_that_closes(point: str, error: type[OutlookImapError], authority: Authority) -> None:
    with listening(Server(starttls=authority.server, quits_at=point)) as port:
        with pytest.raises(error) as caught, connect(f"imap://127.0.0.1:{port}", ca_file=authority.ca_file):
            assert point == "LOGOUT"
        assert type(caught.value) is error


def test_a_server_that_is_busy() -> None:
    with listening(Server(greeting=b"* BYE busy\r\n")) as port, pytest.raises(ServerGoodbye, match="refused"):
        connect(f"imap://127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("url", "options", "error"),
    [
        ("pop3://h/", {}, UrlError),
        ("imaps://h/", {"policy": Policy(encryption="none")}, PolicyError),
        ("imaps://h/", {"policy": Policy(mechanisms=("GSSAPI",))}, PolicyError),
        ("imaps://h;AUTH=X@h/", {}, PolicyError),
        ("imaps://h/", {"profile": "97"}, ProfileError),
        ("imaps://h/", {"timeout": 0}, UsageError),
        ("imaps://h/", {"ca_file": "/nowhere/ca.pem"}, UsageError),
        ("imaps://h/", {"ca_file": __file__, "verify": False}, UsageError),
        ("imaps://h/", {"record": "/nowhere/a.imap"}, TranscriptError),
    ],
)
def test_what_is_refused_before_anything_is_sent(
    url: str, options: dict[str, object], error: type[UsageError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outlookimap.client.session.connect", lambda *_, **__: pytest.fail("it connects"))
    with pytest.raises(error):
        connect(url, **options)
