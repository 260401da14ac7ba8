"""The facade: what it is made with, what a test can ask it, and how it ends."""

from __future__ import annotations

import contextlib
import imaplib
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from support.loopback import PATIENCE

from outlookimap.client import Session
from outlookimap.client.results import Event
from outlookimap.errors import ConnectError, ProfileError, UsageError
from outlookimap.exchange import ExchangeServer, Mail
from outlookimap.profiles import versions
from outlookimap.server.store import Incoming
from outlookimap.traffic import dumps, parse, read
from outlookimap.transport.clock import FakeClock
from outlookimap.transport.tap import Sender
from outlookimap.wire import commands as c

ONE = b"Subject: one\r\n\r\nFirst.\r\n"


@contextlib.contextmanager
def signed_in(server: ExchangeServer, user: str = "user1", password: str = "secret") -> Iterator[imaplib.IMAP4]:
    trusting = ssl.create_default_context(cafile=server.ca_file)
    client = imaplib.IMAP4_SSL("localhost", server.tls_port, ssl_context=trusting, timeout=PATIENCE)
    try:
        client.login(user, password)
        yield client
    finally:
        with contextlib.suppress(OSError):
            client.shutdown()


def subjects(server: ExchangeServer, user: str = "user1", mailbox: bytes = b"INBOX") -> list[bytes]:
    account = server.store.account(user)
    assert account is not None
    found = [re.search(rb"Subject: (.*)\r\n", message.octets) for message in account.mailbox(mailbox).messages()]
    return [match[1] for match in found if match]


@pytest.mark.parametrize("version", versions("server"))
def test_one_line_starts_any_version(version: str) -> None:
    with ExchangeServer(version) as server:
        assert server.profile.id == version
        with Session.connect(server.url, password="secret", ca_file=server.ca_file) as session:
            assert session.select("INBOX").exists == 0


def test_the_newest_is_the_default() -> None:
    with ExchangeServer() as server:
        assert server.profile.id == versions("server")[-1]
        assert server.users == ("user1",)
        assert server.url == f"imaps://user1@localhost:{server.tls_port}/"


def test_mail_comes_as_octets_messages_and_files(tmp_path: Path) -> None:
    made = EmailMessage()
    made["Subject"] = "made"
    made.set_content("Größe\n")
    (tmp_path / "a.eml").write_bytes(b"Subject: file\n\nHi\n")
    mail: dict[str, Mail] = {
        "ann": [ONE, made, Incoming(b"Subject: seen\r\n\r\n", (b"\\Seen",)), b"Subject: lines\n\nHi\n"],
        "bob": tmp_path,
        "eve": str(tmp_path),
    }
    with ExchangeServer("2013", users=dict.fromkeys(("ann", "bob", "eve", "zoe"), "x"), mail=mail) as server:
        assert subjects(server, "ann") == [b"one", b"made", b"seen", b"lines"]
        assert subjects(server, "bob") == subjects(server, "eve") == [b"file"]
        assert subjects(server, "zoe") == []
        account = server.store.account("ann")
        assert account is not None
        assert all(message.octets.isascii() for message in account.mailbox(b"INBOX").messages())
        assert account.mailbox(b"INBOX").messages()[3].octets == b"Subject: lines\r\n\r\nHi\r\n"


def test_commands_are_what_clients_sent() -> None:
    with (
        ExchangeServer("2013", users={"ann": "pencil", "bob": "rubber"}) as server,
        signed_in(server, "ann", "pencil") as one,
        signed_in(server, "bob", "rubber") as other,
    ):
        one.select("INBOX")
        other.select("INBOX")
        other.uid("SEARCH", "ALL")
        sent = server.commands
        assert [(item.connection, item.user, item.name) for item in sent] == [
            (1, None, "CAPABILITY"),
            (1, None, "LOGIN"),
            (2, None, "CAPABILITY"),
            (2, None, "LOGIN"),
            (1, "ann", "SELECT"),
            (2, "bob", "SELECT"),
            (2, "bob", "UID SEARCH"),
        ]
        assert sent[4].value == c.Select(b"INBOX")
        assert "pencil" not in repr(sent)


def test_the_transcript_holds_all_connections_and_no_secret() -> None:
    with ExchangeServer("2013") as server, signed_in(server) as one, signed_in(server) as other:
        one.noop()
        other.noop()
        one.logout()
        text = dumps(server.transcript)
    assert "secret" not in text
    assert text.startswith("# outlookimap recording 1\nserver: ")
    assert "\nprofile: exchange-2013\n" in text
    first, second = text.split("@connected\n")
    for part in (first, second):
        assert re.findall(r"(?m)^C: \S+ (\S+)", part)[:3] == ["CAPABILITY", "LOGIN", "NOOP"]
        assert re.search(r'(?m)^C: \S+ LOGIN user1 (")?\*+\1?$', part)
    assert "LOGOUT" in first
    assert parse(text).entries


def test_a_recording_goes_to_a_file_when_connections_end(tmp_path: Path) -> None:
    file = tmp_path / "recorded.imap"
    file.write_text("of another day")
    with ExchangeServer("2013", record=file, keep=False) as server:
        assert read(file).entries == ()
        with signed_in(server) as ended, signed_in(server) as held:
            ended.logout()
            held.noop()
            server.stop()
    text = file.read_text("ascii")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "secret" not in text
    assert text.count("@connected\n") == 1
    for line, times in ((" LOGIN ", 2), (" LOGOUT\n", 1), (" NOOP\n", 1)):
        assert len(re.findall(rf"(?m)^C: \S+{line}", text)) == times


def test_what_is_not_kept_cannot_be_asked_for() -> None:
    with ExchangeServer("2013", keep=False) as server, signed_in(server):
        for question in ("commands", "transcript"):
            with pytest.raises(UsageError, match="keep=False"):
                getattr(server, question)


def test_the_clock_is_the_tests() -> None:
    clock = FakeClock()
    with ExchangeServer("2019", clock=clock) as server:
        assert server.clock is clock
        with socket.create_connection((server.host, server.port), PATIENCE) as idle, idle.makefile("rb") as lines:
            assert lines.readline().startswith(b"* OK ")
            clock.advance(61)
            assert lines.readline().startswith(b"* BYE ")
            assert lines.readline() == b""


def test_another_protocol_changes_a_mailbox_behind_its_clients() -> None:
    with (
        ExchangeServer("2019", mail={"user1": [ONE]}) as server,
        Session.connect(server.url, password="secret", ca_file=server.ca_file) as session,
    ):
        session.select("INBOX")
        server.other_protocol.add("user1", "INBOX", b"Subject: two\r\n\r\n")
        session.noop()
        told: list[Event] = session.poll(0)
        assert any(getattr(event, "count", None) == 2 for event in told)
        assert subjects(server) == [b"one", b"two"]


def test_without_tls_a_password_is_taken_only_when_allowed() -> None:
    for allowed in (False, True):
        with ExchangeServer("2010", allow_plaintext=allowed) as server:
            client = imaplib.IMAP4(server.host, server.port, timeout=PATIENCE)
            if allowed:
                assert client.login("user1", "secret")[0] == "OK"
            else:
                with pytest.raises(imaplib.IMAP4.error):
                    client.login("user1", "secret")
            client.shutdown()


def test_ntlm_is_a_switch() -> None:
    for wanted in (False, True):
        with ExchangeServer("2013", ntlm=wanted) as server, signed_in(server) as client:
            assert ("AUTH=NTLM" in client.capabilities) is wanted


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"version": "2003"}, ProfileError, "there is no server profile '2003'"),
        ({"version": "outlook-2013"}, ProfileError, "there is no server profile 'outlook-2013'"),
        ({"alternatives": ["nonsense"]}, ProfileError, "there is no alternative 'nonsense'"),
        ({"users": {}}, UsageError, "one user at least"),
        ({"users": {"": "x"}}, UsageError, "none without a name"),
        ({"mail": {"zoe": [ONE]}}, UsageError, "there is mail for 'zoe', who is no user: user1"),
        ({"mail": {"user1": "/no/such/mail"}}, UsageError, "/no/such/mail"),
        ({"certificate": Path("cert.pem")}, UsageError, "give both or neither"),
        ({"record": "/no/such/directory/x.imap"}, UsageError, "the recording cannot be written"),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_said_and_nothing_is_left(
    options: dict[str, object], error: type[Exception], says: str
) -> None:
    before = threading.active_count()
    with pytest.raises(error, match=says):
        ExchangeServer(**options)  # type: ignore[arg-type]
    assert threading.active_count() == before


def test_a_port_in_use_is_an_error() -> None:
    with ExchangeServer() as server, pytest.raises(ConnectError, match=str(server.port)):
        ExchangeServer(port=server.port)


def test_a_port_can_be_left_out() -> None:
    with ExchangeServer(port=None) as server, signed_in(server), pytest.raises(UsageError, match="no plain port"):
        assert server.port
    with ExchangeServer(tls_port=None) as server, pytest.raises(UsageError, match="no TLS port"):
        assert server.url


def test_stopping_says_bye_and_may_be_repeated() -> None:
    server = ExchangeServer()
    with signed_in(server) as client:
        assert server.stop()
        with pytest.raises(imaplib.IMAP4.abort):
            client.noop()
    assert server.stop()
    assert server.connections == 0


def test_a_delegate_signs_in_for_another() -> None:
    users = {"ann": "pencil", "boss": "rubber"}
    with (
        ExchangeServer("2013", users=users, mail={"boss": [ONE]}, delegations={"boss": ["ann"]}) as server,
        signed_in(server, "ann@example.com/boss", "pencil") as client,
    ):
        assert client.select("INBOX") == ("OK", [b"1"])
        assert server.commands[-1].user == "boss"


def test_faults_are_switched_while_it_runs() -> None:
    with ExchangeServer("2013", faults=["status-trailing-space"]) as server, signed_in(server) as client:
        client.status("INBOX", "(MESSAGES)")
        assert [fired.fault.name for fired in server.faults.fired] == ["status-trailing-space"]
        server.faults.clear()
        client.status("INBOX", "(MESSAGES)")
        assert len(server.faults.fired) == 1


@pytest.mark.cites("X10:2.1.5", "X3:2.1.6")
def test_responses_depart_from_the_grammar_only_when_switched_on() -> None:
    for alternatives, ends in (((), b")\r\n"), (("loose-sending",), b") \r\n")):
        with ExchangeServer("2010", alternatives=alternatives) as server:
            with signed_in(server) as client:
                assert client.status("INBOX", "(MESSAGES)")[0] == "OK"
            said = server.transcript.octets(Sender.SERVER)
            [line] = [line for line in said.splitlines(keepends=True) if line.startswith(b"* STATUS ")]
            assert line.endswith(ends)


@pytest.mark.cites("X3:V0022")
def test_a_password_in_the_clear_is_never_taken_when_so_switched() -> None:
    with ExchangeServer("2007", alternatives=["plaintext-never"]) as server:
        with pytest.raises(imaplib.IMAP4.error, match="LOGIN"), signed_in(server):
            pass
        with Session.connect(server.url, password="secret", ca_file=server.ca_file) as session:
            assert "LOGINDISABLED" in session.capabilities
            assert "AUTH=PLAIN" not in session.capabilities
        ways = [command.value for command in server.commands if isinstance(command.value, c.Authenticate)]
        assert [way.mechanism for way in ways] == [b"NTLM"]
