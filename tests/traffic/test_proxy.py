"""The recording proxy between real clients and real servers, and what it does when one of them goes."""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from imapclient import IMAPClient
from servers.real_server import RealServer
from support.loopback import Running
from support.mail_clients import Mbsync, Place, maildir_messages
from support.proxied import Proxied, proxied, target

from outlookimap.client import Session
from outlookimap.errors import ConnectError, EncryptionRequired, ServerGoodbye, TlsError
from outlookimap.profiles import Policy
from outlookimap.traffic import Event, Header, Mark, Transcript, entries, read
from outlookimap.traffic.joint import JointRecording
from outlookimap.traffic.reaching import Target
from outlookimap.traffic.redaction import redact
from outlookimap.transport.tap import Sender
from outlookimap.wire.sequence import SequenceSet

MESSAGE = b"Subject: one\r\n\r\nDear {5}\r\na OK\r\n"
PATIENCE = 20.0
SIDES = ("none", "starttls", "tls")


# ---------------------------------------------------------------- real clients, real server


def with_imaplib(place: Proxied, listen: str, user: str) -> None:
    context = ssl.create_default_context(cafile=place.ca_file)
    client: imaplib.IMAP4
    if listen == "tls":
        client = imaplib.IMAP4_SSL(place.host, place.port, ssl_context=context, timeout=PATIENCE)
    else:
        client = imaplib.IMAP4(place.host, place.port, timeout=PATIENCE)
    with client:
        if listen == "starttls":
            client.starttls(context)
        client.login(user, "secret")
        client.append("INBOX", r"(\Seen)", '"20-Nov-2023 10:00:00 +0000"', MESSAGE)
        client.select()
        assert client.fetch("1", "(BODY[])")[1][0][1] == MESSAGE  # type: ignore[index]


def with_imapclient(place: Proxied, listen: str, user: str) -> None:
    context = ssl.create_default_context(cafile=place.ca_file)
    with IMAPClient(
        place.host, place.port, ssl=listen == "tls", ssl_context=context if listen == "tls" else None, timeout=PATIENCE
    ) as client:
        if listen == "starttls":
            client.starttls(context)
        client.login(user, "secret")
        client.append("INBOX", MESSAGE)
        client.select_folder("INBOX")
        client.idle()
        client.idle_check(timeout=0)
        client.idle_done()
        [message] = client.fetch(client.search(), ["BODY[]"]).values()
        assert message[b"BODY[]"] == MESSAGE


def with_session(place: Proxied, listen: str, user: str) -> None:
    scheme = "imaps" if listen == "tls" else "imap"
    with Session.connect(
        f"{scheme}://{place.host}:{place.port}/",
        user=user,
        password="secret",
        policy=Policy(encryption=listen),
        ca_file=None if listen == "none" else place.ca_file,
    ) as session:
        session.append("INBOX", MESSAGE)
        session.select("INBOX")
        session.fetch_headers(SequenceSet.all())
        with session.idle():
            session.poll(0.1)


@pytest.fixture(scope="module")
def somebody(dovecot_server: RealServer) -> str:
    """One user for all: there are not many."""
    return dovecot_server.take_user()


@pytest.fixture
def empty_user(dovecot_server: RealServer, somebody: str) -> Iterator[str]:
    yield somebody
    with imaplib.IMAP4(dovecot_server.host, dovecot_server.port, timeout=PATIENCE) as client:
        client.login(somebody, "secret")
        client.select()
        client.store("1:*", "+FLAGS", r"(\Deleted)")
        client.expunge()


CLIENTS = (with_imaplib, with_imapclient, with_session)


def after_sign_in(transcript: Transcript) -> bytes:
    """Return what the client said after the command that signed it in."""
    said = transcript.octets(Sender.CLIENT)
    found = re.search(rb"^\S+ LOGIN [^\n]*\n|^\S+ AUTHENTICATE [^\n]*\n(?:\*+\r\n)*", said, re.MULTILINE)
    assert found is not None
    return said[found.end() :]


@pytest.mark.parametrize("listen", SIDES)
@pytest.mark.parametrize("encryption", SIDES)
@pytest.mark.parametrize("client", CLIENTS)
def test_the_recording_is_what_dovecot_saw(
    client: Callable[[Proxied, str, str], None],
    encryption: str,
    listen: str,
    dovecot_server: RealServer,
    empty_user: str,
    tmp_path: Path,
) -> None:
    user = empty_user
    dovecot_server.forget(user)
    with proxied(target(dovecot_server, encryption), tmp_path, listen=listen) as place:
        client(place, listen, user)
    assert place.errors == []
    transcript = read(place.file)
    assert b"secret" not in transcript.octets(Sender.CLIENT)
    assert after_sign_in(transcript) == dovecot_server.received_lines(user)
    assert dovecot_server.received_lines(user).endswith(b" LOGOUT\r\n")
    marks = [entry.event for entry in transcript.entries if isinstance(entry, Mark)]
    assert marks == [*([Event.TLS] if listen != "none" else []), Event.CLOSED]


def test_mbsync_with_two_mailboxes(dovecot_server: RealServer, tmp_path: Path) -> None:
    user = dovecot_server.take_user()
    mail = [b"Subject: %d\r\n\r\n%s\r\n" % (number, b"x" * 5000) for number in range(20)]
    dovecot_server.populate(user, mail)
    dovecot_server.populate(user, mail[:3], mailbox="Other")
    with proxied(target(dovecot_server, "tls"), tmp_path / "record") as place:
        program = Mbsync(Place(place.port, None, user=user), tmp_path / "mbsync")
        program.sync()
    assert sum(map(len, maildir_messages(program.mail).values())) == 23
    assert after_sign_in(read(place.file)) == dovecot_server.received_lines(user)


def test_many_at_once_make_one_recording(dovecot_server: RealServer, tmp_path: Path) -> None:
    user = dovecot_server.take_user()
    with proxied(target(dovecot_server), tmp_path) as place:
        ready = threading.Barrier(5)

        def work(number: int) -> None:
            with imaplib.IMAP4(place.host, place.port, timeout=PATIENCE) as client:
                client.login(user, "secret")
                ready.wait(PATIENCE)
                client.append("INBOX", None, None, b"x" * (number * 1000 + 1))
                client.select()

        for one in [Running(lambda number=number: work(number)) for number in range(5)]:  # type: ignore[misc]
            one.result()
    transcript = read(place.file)
    marks = [entry.event for entry in transcript.entries if isinstance(entry, Mark)]
    assert marks == [Event.CLOSED, *[Event.CONNECTED, Event.CLOSED] * 4]
    assert transcript.octets(Sender.CLIENT).count(b" LOGOUT\r\n") == 5


# ---------------------------------------------------------------- when somebody goes


@pytest.fixture
def dead_port() -> Iterator[int]:
    """Hold a port on which nobody listens: one that is merely free may be taken by another test."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def everything(sock: socket.socket) -> bytes:
    parts = []
    while part := sock.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


def connected(place: Proxied) -> socket.socket:
    return socket.create_connection(("127.0.0.1", place.port), PATIENCE)


def test_a_server_that_is_not_there_is_named_to_both_sides(tmp_path: Path, dead_port: int) -> None:
    with proxied(Target("127.0.0.1", dead_port, "none"), tmp_path) as place, connected(place) as client:
        said = everything(client).decode()
    assert said.startswith("* BYE The proxy cannot reach the server: ")
    assert f"127.0.0.1:{dead_port}" in said
    assert "nothing listens there" in said
    [error] = place.errors
    assert isinstance(error, ConnectError)
    assert "S: * BYE The proxy cannot reach the server" in place.file.read_text()


class Scripted:
    """A server that speaks to one connection as `work` does."""

    def __init__(self, work: Callable[[socket.socket], None]) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.target = Target("127.0.0.1", self._listening.getsockname()[1], "none", timeout=PATIENCE)
        self._work = work
        self.running = Running(self._run)

    def _run(self) -> None:
        with self._listening:
            self._listening.settimeout(PATIENCE)
            sock, _ = self._listening.accept()
        with sock:
            sock.settimeout(PATIENCE)
            self._work(sock)


def test_a_bye_greeting_goes_on(tmp_path: Path) -> None:
    server = Scripted(lambda sock: sock.sendall(b"* BYE too many of you\r\n"))
    with proxied(server.target, tmp_path) as place, connected(place) as client:
        assert everything(client) == b"* BYE too many of you\r\n"
    assert [type(error) for error in place.errors] == [ServerGoodbye]


def test_a_server_without_starttls_is_an_error_where_it_is_needed(tmp_path: Path) -> None:
    def work(sock: socket.socket) -> None:
        sock.sendall(b"* OK ready\r\n")
        assert sock.recv(100) == b"tls1 STARTTLS\r\n"
        sock.sendall(b"tls1 BAD never heard of it\r\n")

    server = Scripted(work)
    there = Target("127.0.0.1", server.target.port, "starttls", ssl.create_default_context(), PATIENCE)
    with proxied(there, tmp_path) as place, connected(place) as client:
        assert b"does not do STARTTLS" in everything(client)
    assert [type(error) for error in place.errors] == [EncryptionRequired]
    server.running.result()


def test_octets_between_the_answer_to_starttls_and_tls_end_it(tmp_path: Path) -> None:
    def work(sock: socket.socket) -> None:
        sock.sendall(b"* OK ready\r\n")
        sock.recv(100)
        sock.sendall(b"tls1 OK go on\r\n* OK [CAPABILITY IMAP4rev1] evil\r\n")
        sock.recv(100)

    there = Target("127.0.0.1", Scripted(work).target.port, "starttls", ssl.create_default_context(), PATIENCE)
    with proxied(there, tmp_path) as place, connected(place) as client:
        assert everything(client).startswith(b"* BYE ")
    assert [type(error) for error in place.errors] == [TlsError]


def test_a_client_that_is_done_talking_hears_the_answers(tmp_path: Path) -> None:
    heard: list[bytes] = []

    def work(sock: socket.socket) -> None:
        sock.sendall(b"* PREAUTH ready\r\n")
        heard.append(everything(sock))
        sock.sendall(b"a OK\r\n* BYE\r\nb OK\r\n")

    server = Scripted(work)
    with proxied(server.target, tmp_path) as place, connected(place) as client:
        client.sendall(b"a NOOP\r\nb LOGOUT\r\nhalf a li")
        client.shutdown(socket.SHUT_WR)
        assert everything(client) == b"* PREAUTH ready\r\na OK\r\n* BYE\r\nb OK\r\n"
    assert heard == [b"a NOOP\r\nb LOGOUT\r\nhalf a li"]
    assert place.errors == []
    text = place.file.read_text()
    assert text.endswith("C- *********\n@closed\n")
    read(place.file)


def test_a_server_that_goes_is_noticed_and_what_it_said_is_kept(tmp_path: Path) -> None:
    server = Scripted(lambda sock: sock.sendall(b"* OK ready\r\n* 1 FETCH (BODY[] {10}\r\nabc"))
    with proxied(server.target, tmp_path) as place, connected(place) as client:
        assert everything(client) == b"* OK ready\r\n* 1 FETCH (BODY[] {10}\r\nabc"
    assert place.file.read_text().endswith("S: * 1 FETCH (BODY[] {10}\nS- abc\n@closed\n")
    read(place.file)


def test_a_client_that_goes_is_noticed(tmp_path: Path) -> None:
    gone: list[bytes] = []

    def work(sock: socket.socket) -> None:
        sock.sendall(b"* OK ready\r\n")
        gone.append(everything(sock))

    server = Scripted(work)
    with proxied(server.target, tmp_path) as place:
        with connected(place) as client:
            assert client.recv(100) == b"* OK ready\r\n"
        server.running.result()
    assert gone == [b""]


@pytest.mark.parametrize("listen", ["none", "tls"])
def test_big_literals_both_ways_do_not_block(listen: str, tmp_path: Path) -> None:
    """The client reads nothing until it has sent all; the server sends all the while."""
    size = 20 * 1024 * 1024
    heard: list[int] = []

    def work(sock: socket.socket) -> None:
        answering = Running(
            lambda: sock.sendall(
                b"* PREAUTH ready\r\n* 1 FETCH (BODY[] {%d}\r\n" % size + b"y" * size + b")\r\na OK\r\n"
            )
        )
        count = 0
        while count < size + 50 and (part := sock.recv(1 << 20)):
            count += len(part)
            if part.endswith(b"x\r\n"):
                break
        heard.append(count)
        answering.result()

    server = Scripted(work)
    with proxied(server.target, tmp_path, listen=listen) as place:
        plain = connected(place)
        trusting = ssl.create_default_context(cafile=place.ca_file)
        with trusting.wrap_socket(plain, server_hostname="localhost") if listen == "tls" else plain as client:
            sent = b"a APPEND INBOX {%d+}\r\n" % size + b"x" * size + b"\r\n"
            client.sendall(sent)
            assert len(everything(client)) == size + len(
                b"* PREAUTH ready\r\n* 1 FETCH (BODY[] {%d}\r\n)\r\na OK\r\n" % size
            )
        server.running.result()
    assert heard == [len(sent)]
    assert place.errors == []


# ---------------------------------------------------------------- one recording of many connections


def test_a_recording_is_whole_at_every_moment(tmp_path: Path) -> None:
    path = tmp_path / "joint.imap"
    recording = JointRecording(path, Header())
    first, second, third = recording.tap(), recording.tap(), recording.tap()
    for tap in (first, second, third):
        tap.connected("peer:1", 0.0)
    first.octets(Sender.CLIENT, [(b"a NOOP\r\n", False)], 0.0)
    second.octets(Sender.CLIENT, [(b"b NOOP\r\n", False)], 0.0)
    assert path.read_text().endswith("\nC: a NOOP\n")
    second.closed(0.0)
    assert path.read_text().endswith("\nC: a NOOP\n")
    first.closed(0.0)
    assert path.read_text().endswith("\nC: a NOOP\n@closed\n@connected\nC: b NOOP\n@closed\n")
    third.octets(Sender.CLIENT, [(b"c NOOP\r\n", False)], 0.0)
    recording.close()
    assert path.read_text().endswith("@closed\n@connected\nC: c NOOP\n")
    assert recording.connections == 3
    assert path.stat().st_mode & 0o777 == 0o600
    read(path)


def test_what_is_redacted_never_stands_in_a_file_with_a_name(tmp_path: Path) -> None:
    path = tmp_path / "joint.imap"
    recording = JointRecording(path, Header(), through=redact)
    tap = recording.tap()
    tap.connected("peer:1", 0.0)
    tap.octets(Sender.SERVER, [(b"* 1 FETCH (BODY[] {6}\r\npencil)\r\n", False)], 0.0)
    assert [file for file in tmp_path.iterdir() if "pencil" in file.read_text()] == []
    tap.closed(0.0)
    recording.close()
    with path.open(encoding="ascii") as stream:
        assert len(list(entries(stream)[1])) == 4
    assert "pencil" not in path.read_text()
