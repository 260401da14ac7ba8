"""The real servers are what other tests take them for; imaplib, which nobody here wrote, is the witness."""

from __future__ import annotations

import contextlib
import imaplib
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import spnego
from support.relay import Relay

from servers import available
from servers.courier import courier
from servers.cyrus import cyrus
from servers.dovecot import dovecot
from servers.imap4d import imap4d
from servers.process import (
    HOST,
    ServerDidNotStart,
    free_ports,
    group_members,
    server_directory,
    wait_until_gone,
)
from servers.pymap import pymap
from servers.real_server import PASSWORD, USERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from servers.real_server import RealServer

pytestmark = pytest.mark.real_server

STARTERS: dict[str, Callable[[Path], AbstractContextManager[RealServer]]] = {
    "dovecot": dovecot,
    "cyrus": cyrus,
    "courier": courier,
    "imap4d": imap4d,
    "pymap": pymap,
}
MESSAGE = b"From: a@example.com\r\nSubject: one\r\n\r\nHello.\r\n"
# What a careless reader of the servers' notes would take for their own marks.
TREACHEROUS = (
    b"Subject: marks\r\n\r\n1234567890.123456 a1 NOOP\r\n<1700000000<a1 NOOP\r\n>1700000000>a1 OK\r\n"
    b"---------- user1 Fri Nov 20 10:31:04 2026\r\n\r\n" + b"long " * 20_000 + b"\r\n\x01\xff\r\n"
)


class Witness(imaplib.IMAP4):
    """imaplib that keeps what it sends."""

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        self.written = b""
        super().open(host, port, timeout)

    def send(self, data: bytes) -> None:  # type: ignore[override]
        self.written += data
        super().send(data)

    def written_since(self, start: int) -> bytes:
        return self.written[start:]


@pytest.fixture(
    params=[
        "dovecot_server",
        "dovecot_imap4_server",
        "dovecot_workarounds_server",
        "cyrus_server",
        "courier_server",
        "imap4d_server",
        "pymap_server",
    ]
)
def any_server(request: pytest.FixtureRequest) -> RealServer:
    server: RealServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture(params=["dovecot_server", "dovecot_imap4_server", "cyrus_server"])
def noting_server(request: pytest.FixtureRequest) -> RealServer:
    server: RealServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture(params=["dovecot_server", "cyrus_server"])
def full_server(request: pytest.FixtureRequest) -> RealServer:
    server: RealServer = request.getfixturevalue(request.param)
    return server


def capabilities(client: imaplib.IMAP4) -> set[str]:
    """Ask for the list and return the answer itself, not what imaplib remembers."""
    status, answer = client.capability()
    assert status == "OK"
    return set(answer[-1].decode("ascii").split())


def in_mailbox(client: imaplib.IMAP4, mailbox: str = "INBOX") -> int:
    status, answer = client.select(mailbox)
    assert status == "OK"
    assert answer[0] is not None
    return int(answer[0])


def test_users_and_password(any_server: RealServer) -> None:
    user = any_server.take_user()
    with imaplib.IMAP4(any_server.host, any_server.port, timeout=30) as client:
        assert client.login(user, any_server.password)[0] == "OK"
    with imaplib.IMAP4(any_server.host, any_server.port, timeout=30) as client:
        with pytest.raises(imaplib.IMAP4.error):
            client.login(user, "wrong")
        assert client.login(any_server.users[-1], PASSWORD)[0] == "OK"


def test_a_taken_user_is_not_given_again(any_server: RealServer) -> None:
    assert any_server.take_user() != any_server.take_user()
    assert len(USERS) == len(set(USERS))
    assert {f"user{number}" for number in range(1, 9)} <= set(USERS)


def test_dovecot_capabilities(dovecot_server: RealServer) -> None:
    with imaplib.IMAP4(dovecot_server.host, dovecot_server.port, timeout=30) as client:
        before = capabilities(client)
        client.login(dovecot_server.take_user(), PASSWORD)
        after = capabilities(client)
    assert {"IMAP4rev1", "STARTTLS", "AUTH=PLAIN", "AUTH=LOGIN", "AUTH=DIGEST-MD5", "AUTH=NTLM"} <= before
    assert {"IMAP4rev1", "UIDPLUS", "IDLE", "SPECIAL-USE"} <= after


def test_the_imap4_server_lists_imap4_only(dovecot_imap4_server: RealServer) -> None:
    with imaplib.IMAP4(dovecot_imap4_server.host, dovecot_imap4_server.port, timeout=30) as client:
        greeting = client.welcome
        before = capabilities(client)
        client.login(dovecot_imap4_server.take_user(), PASSWORD)
        after = capabilities(client)
    assert b"rev1" not in greeting.lower()
    assert before == {"IMAP4", "AUTH=PLAIN", "AUTH=LOGIN", "AUTH=DIGEST-MD5", "AUTH=NTLM"}
    assert after == {"IMAP4"}


def test_the_imap4_server_knows_the_forms_of_rfc_1730(dovecot_imap4_server: RealServer) -> None:
    user = dovecot_imap4_server.take_user()
    dovecot_imap4_server.populate(user, [MESSAGE])
    with imaplib.IMAP4(dovecot_imap4_server.host, dovecot_imap4_server.port, timeout=30) as client:
        client.login(user, PASSWORD)
        in_mailbox(client)
        status, answer = client.fetch("1", "(RFC822.HEADER RFC822)")
    assert status == "OK"
    assert [part[1] for part in answer if isinstance(part, tuple)] == [MESSAGE.partition(b"Hello.")[0], MESSAGE]


def test_cyrus_capabilities_and_xlist(cyrus_server: RealServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(imaplib.Commands, "XLIST", ("AUTH",))
    with imaplib.IMAP4(cyrus_server.host, cyrus_server.port, timeout=30) as client:
        before = capabilities(client)
        client.login(cyrus_server.take_user(), PASSWORD)
        after = capabilities(client)
        status, _ = client._simple_command("XLIST", '""', '"*"')
        listed = client.response("XLIST")[1]
    assert {"IMAP4rev1", "STARTTLS", "AUTH=PLAIN", "AUTH=LOGIN", "AUTH=DIGEST-MD5", "AUTH=NTLM"} <= before
    assert {"IMAP4rev1", "XLIST", "IDLE"} <= after
    assert status == "OK"
    # Cyrus writes the attributes it took from its configuration in lower case.
    assert listed == [
        b'(\\HasNoChildren \\Inbox) "." INBOX',
        b'(\\HasNoChildren \\drafts) "." Drafts',
        b'(\\HasNoChildren \\junk) "." Junk',
        b'(\\HasNoChildren \\sent) "." Sent',
        b'(\\HasNoChildren \\trash) "." Trash',
    ]


def test_pymap_capabilities_and_sample_mail(pymap_server: RealServer) -> None:
    with imaplib.IMAP4(pymap_server.host, pymap_server.port, timeout=30) as client:
        before = capabilities(client)
        client.login(pymap_server.take_user(), PASSWORD)
        assert in_mailbox(client) == 4
    assert {word for word in before if word.startswith("AUTH=")} == {"AUTH=PLAIN", "AUTH=LOGIN"}
    assert "STARTTLS" not in before


def test_courier_capabilities_and_namespace(courier_server: RealServer) -> None:
    user = courier_server.take_user()
    with imaplib.IMAP4(courier_server.host, courier_server.port, timeout=30) as client:
        before = capabilities(client)
        client.login(user, PASSWORD)
        _, namespace = client.namespace()
        refused, _ = client.create("Top")
        client.create("INBOX.Below")
        _, listed = client.list()
    with imaplib.IMAP4(courier_server.host, courier_server.port, timeout=30) as client:
        assert client.login_cram_md5(user, PASSWORD)[0] == "OK"
    assert {"IMAP4rev1", "UIDPLUS", "IDLE", "AUTH=CRAM-MD5", "AUTH=PLAIN"} <= before
    assert "STARTTLS" not in before
    assert namespace == [b'(("INBOX." ".")) NIL (("#shared." ".")("shared." "."))']
    assert refused == "NO"
    assert {item.rpartition(b" ")[2] for item in listed if isinstance(item, bytes)} == {b'"INBOX"', b'"INBOX.Below"'}


@pytest.mark.parametrize(
    ("message", "date", "status"),
    [
        (b"Subject: no sender\r\n\r\nx\r\n", 1_600_000_000.0, "OK"),
        (b"From: a@example.com\r\nSubject: no date\r\n\r\nx\r\n", None, "OK"),
        # What it writes before a message in an mbox is made of one or the other.
        (b"Subject: neither\r\n\r\nx\r\n", None, "NO"),
    ],
)
def test_imap4d_needs_a_sender_or_a_date(
    imap4d_server: RealServer, message: bytes, date: float | None, status: str
) -> None:
    with imaplib.IMAP4(imap4d_server.host, imap4d_server.port, timeout=30) as client:
        client.login(imap4d_server.take_user(), PASSWORD)
        when = None if date is None else imaplib.Time2Internaldate(date)
        answer = client.append("INBOX", "()", when, message)
        assert answer[0] == status
        assert in_mailbox(client) == (status == "OK")


def test_imap4d_capabilities_and_folders(imap4d_server: RealServer) -> None:
    user = imap4d_server.take_user()
    with imaplib.IMAP4(imap4d_server.host, imap4d_server.port, timeout=30) as client:
        before = capabilities(client)
        client.login(user, PASSWORD)
        client.create("Below")
        _, listed = client.list()
        with pytest.raises(imaplib.IMAP4.error):
            client.login(user.partition("@")[0], PASSWORD)
    assert {"IMAP4rev1", "IDLE", "AUTH=PLAIN", "AUTH=LOGIN", "AUTH=DIGEST-MD5"} <= before
    assert not {"STARTTLS", "UIDPLUS", "CHILDREN"} & before
    assert listed == [b"(\\NoInferiors) NIL INBOX", b'(\\NoInferiors) "/" Below']


@pytest.mark.parametrize(
    ("fixture", "gone", "with_separator", "after_fetch"),
    [
        ("dovecot_server", b'() "." Gone', "NO", [b"1", b"2"]),
        ("dovecot_workarounds_server", b'(\\Noselect) "." Gone', "OK", [b"1"]),
    ],
)
def test_dovecot_without_and_with_each_workaround(
    fixture: str, gone: bytes, with_separator: str, after_fetch: list[bytes], request: pytest.FixtureRequest
) -> None:
    server: RealServer = request.getfixturevalue(fixture)
    user = server.take_user()
    server.populate(user, [MESSAGE])
    with imaplib.IMAP4(server.host, server.port, timeout=30) as client:
        client.login(user, PASSWORD)
        client.create("Gone")
        client.subscribe("Gone")
        client.delete("Gone")
        assert client.lsub('""', "G*")[1] == [gone]
        assert client.select("Drafts.")[0] == with_separator
        in_mailbox(client)
        server.populate(user, [MESSAGE])
        client.fetch("1", "(FLAGS)")
        assert client.response("EXISTS")[1] == after_fetch


def ntlm(server: RealServer, user: str) -> Callable[[bytes], bytes | None]:
    context = spnego.client(
        user,
        server.password,
        hostname=server.host,
        service="imap",
        protocol="ntlm",
        options=spnego.NegotiateOptions.use_ntlm,
    )
    return lambda challenge: context.step(challenge or None)


def digest_md5(server: RealServer, user: str) -> Callable[[bytes], bytes | None]:
    puresasl_client = pytest.importorskip("puresasl.client", reason="pure-sasl is not installed")
    sasl = puresasl_client.SASLClient("localhost", "imap", "DIGEST-MD5", username=user, password=server.password)

    def answer(challenge: bytes) -> bytes:
        reply: bytes | None = sasl.process(challenge)
        return reply or b""

    return answer


@pytest.mark.parametrize(("mechanism", "answers"), [("NTLM", ntlm), ("DIGEST-MD5", digest_md5)])
def test_challenge_mechanisms(
    full_server: RealServer,
    mechanism: str,
    answers: Callable[[RealServer, str], Callable[[bytes], bytes | None]],
) -> None:
    user = full_server.take_user()
    with Witness(full_server.host, full_server.port, 30) as client:
        status, _ = client.authenticate(mechanism, answers(full_server, user))
        assert status == "OK"
        signed_in = len(client.written)
        in_mailbox(client)
    # The name a server knows the user by after either mechanism is the one its notes are kept under.
    assert full_server.received_lines(user) == client.written_since(signed_in)


def test_tls_port_and_starttls(full_server: RealServer) -> None:
    assert full_server.ca_file is not None
    assert full_server.tls_port is not None
    trusting = ssl.create_default_context(cafile=str(full_server.ca_file))
    user = full_server.take_user()
    with imaplib.IMAP4_SSL(full_server.host, full_server.tls_port, ssl_context=trusting, timeout=30) as client:
        assert client.login(user, PASSWORD)[0] == "OK"
    with imaplib.IMAP4("localhost", full_server.port, timeout=30) as client:
        assert client.starttls(trusting)[0] == "OK"
        assert client.login(user, PASSWORD)[0] == "OK"
    with pytest.raises(ssl.SSLCertVerificationError):
        imaplib.IMAP4_SSL(full_server.host, full_server.tls_port, ssl_context=ssl.create_default_context(), timeout=30)


def test_received_lines_are_what_was_sent(noting_server: RealServer) -> None:
    user = noting_server.take_user()
    sent = b""
    for _ in range(2):
        with Witness(noting_server.host, noting_server.port, 30) as client:
            client.login(user, PASSWORD)
            signed_in = len(client.written)
            client.append("INBOX", "(\\Seen)", imaplib.Time2Internaldate(1_600_000_000.0), TREACHEROUS)
            in_mailbox(client)
            client.fetch("1:*", "(UID FLAGS BODY.PEEK[])")
            # What an answered command said is noted by then, not only after the end.
            assert noting_server.received_lines(user) == sent + client.written_since(signed_in)
        sent += client.written_since(signed_in)
    assert TREACHEROUS in sent
    assert noting_server.received_lines(user) == sent
    assert b"".join(noting_server.received_sessions(user)) == sent
    noting_server.forget(user)
    assert noting_server.received_lines(user) == b""


def test_received_lines_when_bytes_come_one_by_one(noting_server: RealServer) -> None:
    user = noting_server.take_user()
    # Cyrus refuses a message with bare line feeds, but notes it.
    script = ((b"a2 APPEND INBOX {6}\r\n", b"+"), (b"a\n\nb\r\n\r\n", b"a2 "), (b"a3 NOOP\r\n", b"a3 OK"))
    with (
        socket.create_connection((noting_server.host, noting_server.port), 30) as client,
        client.makefile("rb") as lines,
    ):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines.readline()
        client.sendall(f"a1 LOGIN {user} {PASSWORD}\r\n".encode())
        skip_to(lines, b"a1 OK")
        for part, answer in script:
            for value in part:
                client.sendall(bytes([value]))
            skip_to(lines, answer)
        # In one piece: Dovecot acts on a CR, and would be gone before an LF that comes alone.
        client.sendall(b"a4 LOGOUT\r\n")
        skip_to(lines, b"a4 OK")
    sent = b"".join(part for part, _ in script) + b"a4 LOGOUT\r\n"
    assert noting_server.received_lines(user) == sent


def skip_to(lines: Iterator[bytes], start: bytes) -> None:
    """Read lines up to the first that starts so."""
    for line in lines:
        if line.startswith(start):
            return
    pytest.fail(f"the server closed before {start!r}")


def test_dovecot_notes_the_sign_in(dovecot_server: RealServer) -> None:
    with Witness(dovecot_server.host, dovecot_server.port, 30) as client:
        client.login(dovecot_server.take_user(), PASSWORD)
        signed_in = client.written
    assert dovecot_server.sign_ins()[-1] == signed_in


def test_populate(any_server: RealServer) -> None:
    user = any_server.take_user()
    with imaplib.IMAP4(any_server.host, any_server.port, timeout=30) as client:
        client.login(user, PASSWORD)
        sample = in_mailbox(client)
    any_server.populate(user, [MESSAGE, MESSAGE + b"more\r\n"], flags="\\Seen \\Flagged")
    any_server.populate(user, [MESSAGE], mailbox=f"{any_server.prefix}Old mail")
    if any_server.log is not None:
        assert any_server.received_lines(user) == b""
    with imaplib.IMAP4(any_server.host, any_server.port, timeout=30) as client:
        client.login(user, PASSWORD)
        assert in_mailbox(client, f'"{any_server.prefix}Old mail"') == 1
        assert in_mailbox(client) == sample + 2
        status, answer = client.fetch(str(sample + 2), "(FLAGS INTERNALDATE RFC822)")
    assert status == "OK"
    whole = b"".join(b" ".join(part) if isinstance(part, tuple) else part for part in answer if part)
    if any_server.name == "imap4d":
        # It shows the lines in which it keeps UID and flags.
        headers, body = MESSAGE.split(b"\r\n\r\n")
        assert headers + b"\r\nX-UID: 2\r\nStatus: FR\r\n\r\n" + body + b"more\r\n" in whole
    else:
        assert MESSAGE + b"more\r\n" in whole
    assert b"13-Sep-2020 13:26:40 +0000" in whole
    assert b"\\Seen" in whole
    assert b"\\Flagged" in whole


def test_the_relay_is_transparent(any_server: RealServer) -> None:
    user = any_server.take_user()
    with Relay(any_server.host, any_server.port) as relay:
        with Witness(relay.host, relay.port, 30) as client:
            client.login(user, PASSWORD)
            client.append("INBOX", "()", imaplib.Time2Internaldate(1_600_000_000.0), TREACHEROUS)
            total = in_mailbox(client)
            status, answer = client.fetch(str(total), "(RFC822)")
        sent, received = relay.sent, relay.received
    assert status == "OK"
    assert sent == client.written
    assert received.startswith(client.welcome + b"\r\n")
    assert b" ".join(part[1] for part in answer if isinstance(part, tuple)) in received


@contextlib.contextmanager
def started(name: str) -> Iterator[RealServer]:
    available.require(name)
    with server_directory() as directory, STARTERS[name](directory) as server:
        yield server


@pytest.mark.parametrize("name", STARTERS)
def test_nothing_is_left_when_a_test_fails(name: str) -> None:
    class Failure(Exception):
        pass

    with pytest.raises(Failure), started(name) as server:  # noqa: PT012
        client = imaplib.IMAP4(server.host, server.port, timeout=30)
        client.login(server.take_user(), PASSWORD)
        members = group_members(server.pid)
        raise Failure
    client.shutdown()
    assert server.pid in members
    assert group_members(server.pid) == []
    assert not server.directory.exists()
    for port in {server.port, server.tls_port or server.port}:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((HOST, port), 10)


@pytest.mark.parametrize("name", STARTERS)
def test_nothing_is_left_when_the_tests_are_killed(name: str) -> None:
    available.require(name)
    program = (
        f"import sys; from pathlib import Path; from servers.{name} import {name}\n"
        f"with {name}(Path(sys.argv[1])) as server:\n"
        "    print(server.pid, flush=True); sys.stdin.read()\n"
    )
    with (
        server_directory() as directory,
        subprocess.Popen(
            [sys.executable, "-c", program, directory],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as run,
    ):
        assert run.stdout is not None
        server = int(run.stdout.readline())
        assert server in group_members(server)
        run.send_signal(signal.SIGKILL)
        run.wait(10)
        assert wait_until_gone(server, 10)


def test_a_server_that_cannot_start_says_why() -> None:
    available.require("dovecot")
    with server_directory() as directory:
        with (
            pytest.raises(ServerDidNotStart, match="no_such_setting"),
            dovecot(directory, extra="no_such_setting = 1\n"),
        ):
            pytest.fail("it started")
        assert not (directory / "run" / "master.pid").exists()


def test_free_ports_are_free_and_different() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    for port in ports:
        with socket.create_server((HOST, port)) as listener:
            assert listener.getsockname()[1] == port


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_server_skips_but_fails_in_ci(
    ci: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr("servers.pymap.missing", lambda: "it is on holiday")
    with pytest.raises(outcome, match=r"no pymap: it is on holiday .*pip install pymap"):
        available.require("pymap")
    assert "no pymap (it is on holiday)" in available.summary()
