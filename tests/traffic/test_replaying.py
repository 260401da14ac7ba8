"""Recordings said again: the client's side to servers, the server's side to clients, and differences that are true."""

from __future__ import annotations

import contextlib
import datetime as dt
import imaplib
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.loopback import Running

from outlookimap import auth
from outlookimap.client import Session
from outlookimap.errors import ConnectError, MechanismError, TranscriptError, UsageError
from outlookimap.exchange import ExchangeServer
from outlookimap.server.store import Incoming
from outlookimap.traffic import Difference, Entry, Recorder, Said, parse
from outlookimap.traffic.filling import Answers, Filling, SignIn
from outlookimap.traffic.format import Form
from outlookimap.traffic.parts import Parts
from outlookimap.traffic.playing import Playing
from outlookimap.traffic.reaching import Target
from outlookimap.traffic.recorded_server import RecordedServer
from outlookimap.traffic.replaying import Outcome, Stopped, replay
from outlookimap.transport.certificate import throwaway_certificate
from outlookimap.transport.clock import FakeClock
from outlookimap.transport.memory import pair
from outlookimap.transport.tls import client_context, server_context
from outlookimap.wire.secret import Secret, join
from outlookimap.wire.sequence import SequenceSet

PATIENCE = 20.0
HEAD = "# outlookimap recording 1\nprovenance: synthetic\n\n"


def sign_in(user: str | None = "ann", password: str | None = "pencil") -> SignIn:
    def answers(name: str) -> Answers:
        assert user is not None
        return auth.client_mechanism(name, user=user, password=Secret(password or ""), host="localhost").answer

    return SignIn(user, None if password is None else Secret(password), answers)


@dataclass(slots=True)
class Told:
    """What was told of, and what is left when it is over."""

    differences: list[Difference | Stopped] = field(default_factory=list)

    def __call__(self, difference: Difference | Stopped) -> None:
        self.differences.append(difference)

    def texts(self) -> list[str]:
        return list(map(str, self.differences))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("certificate")
    throwaway_certificate(("localhost", "127.0.0.1"), directory)
    return directory


@contextlib.contextmanager
def serving(text: str, place: Path, *, pauses: bool = False) -> Iterator[tuple[RecordedServer, Told]]:
    """Serve a recording."""
    told = Told()

    @contextlib.contextmanager
    def source() -> Iterator[Iterator[Entry]]:
        yield iter(parse(HEAD + text).entries)

    context = server_context(place / "cert.pem", place / "key.pem")
    with RecordedServer(source, context, told, pauses=pauses) as server:
        yield server, told


def reach(server: RecordedServer, place: Path, encryption: str = "none") -> Target:
    context = None if encryption == "none" else client_context(ca_file=place / "ca.pem", verify=True)
    return Target("localhost", server.port, encryption, context, PATIENCE)


# ---------------------------------------------------------------- both ends from one recording

LOGIN = 'S: * OK ready\nC: a1 LOGIN "ann" "******"\nS: a1 OK in\n'
RECORDINGS = {
    "sign-in and out": LOGIN + "C: a2 LOGOUT\nS: * BYE\nS: a2 OK\n@closed\n",
    "LOGIN with literals": (
        "S: * OK ready\nC: a1 LOGIN {3}\nS: + go\nC| ann\nC:  {6}\nS: + go\nC| ******\nC:\nS: a1 OK in\n"
    ),
    "LOGIN of atoms": "S: * OK ready\nC: a1 LOGIN ann ******\nS: a1 OK in\n",
    "AUTHENTICATE": "S: * OK ready\nC: a1 AUTHENTICATE PLAIN\nS: +\nC: ****************\nS: a1 OK in\n",
    "AUTHENTICATE at once": "S: * OK ready\nC: a1 AUTHENTICATE PLAIN ****************\nS: a1 OK in\n",
    "AUTHENTICATE refused, then LOGIN": (
        "S: * OK ready\nC: a1 AUTHENTICATE PLAIN\nS: a1 NO not today\nC: a2 LOGIN ann ******\nS: a2 OK in\n"
    ),
    "AUTHENTICATE cancelled": (
        "S: * OK ready\nC: a1 AUTHENTICATE PLAIN\nS: +\nC: *\nS: a1 BAD cancelled\nC: b NOOP\nS: b OK\n"
    ),
    "literals of both": (
        LOGIN + "C: a2 APPEND INBOX {5}\nS: + go\nC| hello\nC:\nS: a2 OK\n"
        "C: a3 FETCH 1 BODY[]\nS: * 1 FETCH (BODY[] {8}\nS| a: b\nS|\nS|\nS: )\nS: a3 OK\n"
    ),
    "a literal that does not wait": LOGIN + "C: a2 APPEND INBOX {5+}\nC| hello\nC:\nS: a2 OK\n",
    "a literal that is refused": LOGIN + "C: a2 APPEND INBOX {5}\nS: a2 NO no\nC: a3 NOOP\nS: a3 OK\n",
    "several in flight": LOGIN + "C: a2 NOOP\nC: a3 NOOP\nS: a2 OK\nC: a4 NOOP\nS: a3 OK\nS: a4 OK\n",
    "IDLE, with news after ten minutes": (
        LOGIN + "C: a2 IDLE\nS: + idling\n@+600\nS: * 3 EXISTS\nC: DONE\nS: a2 OK\nC: a3 NOOP\nS: a3 OK\n"
    ),
    "the next command behind DONE": LOGIN + "C: a2 IDLE\nS: + idling\nC: DONE\nC: a3 NOOP\nS: a2 OK\nS: a3 OK\n",
    "two connections": LOGIN + "@closed\n@connected\n" + LOGIN + "C: a2 NOOP\nS: a2 OK\n@closed\n",
    "placeholders": (
        "S: * OK ready\nC: $tag LOGIN ann ******\nS: $tag OK in\nC: $tag1 SELECT INBOX\nC: $tag2 NOOP\n"
        "S: * OK [UIDVALIDITY $uidvalidity] valid\nS: $tag1 OK\nS: $tag2 OK\n"
    ),
    "PREAUTH": "S: * PREAUTH ready\nC: a1 NOOP\nS: a1 OK\n",
}


@pytest.mark.parametrize("name", RECORDINGS)
@pytest.mark.parametrize("tls", [False, True])
def test_a_recording_agrees_with_itself(name: str, tls: bool, place: Path) -> None:
    text = ("@tls\n" if tls else "") + RECORDINGS[name].replace(
        "@connected\n", "@connected\n@tls\n" if tls else "@connected\n"
    )
    with serving(text, place) as (server, other):
        told = Told()
        there = reach(server, place, "tls" if tls else "none")
        outcome = replay(parse(HEAD + text).entries, there, sign_in(), told, pauses=False)
        assert server.over.wait(PATIENCE)
    assert (told.texts(), other.texts()) == ([], [])
    assert outcome.differences == 0
    assert outcome == server.outcome
    assert outcome.commands == sum(
        line.startswith("C: ") and line[3:4] in "a$b" and line[3:] != "ann" for line in RECORDINGS[name].splitlines()
    )


STARTTLS = (
    "S: * OK ready\nC: a1 STARTTLS\nS: a1 OK go\n@tls\nC: a2 LOGIN ann ******\nS: a2 OK in\nC: a3 NOOP\nS: a3 OK\n"
)


def test_starttls_is_done_where_the_recording_does_it(place: Path) -> None:
    told = Told()
    with serving(STARTTLS, place) as (server, other):
        outcome = replay(parse(HEAD + STARTTLS).entries, reach(server, place, "starttls"), sign_in(), told)
    assert (outcome, told.texts(), other.texts()) == (Outcome(1, 3, 0), [], [])


def test_starttls_is_left_out_where_there_is_tls(place: Path) -> None:
    told = Told()
    under_tls = "@tls\n" + STARTTLS.replace("C: a1 STARTTLS\nS: a1 OK go\n@tls\n", "")
    with serving(under_tls, place) as (server, other):
        outcome = replay(parse(HEAD + STARTTLS).entries, reach(server, place, "tls"), sign_in(), told)
    assert (outcome, told.texts(), other.texts()) == (Outcome(1, 2, 0), [], [])


def test_starttls_is_negotiated_where_the_recording_has_none(place: Path) -> None:
    told = Told()
    script = STARTTLS.replace("a1 STARTTLS", "tls1 STARTTLS").replace("a1 OK", "tls1 OK")
    without = STARTTLS.replace("C: a1 STARTTLS\nS: a1 OK go\n@tls\n", "")
    with serving(script, place) as (server, other):
        outcome = replay(parse(HEAD + without).entries, reach(server, place, "starttls"), sign_in(), told)
    assert (outcome, told.texts(), other.texts()) == (Outcome(1, 2, 0), [], [])


# ---------------------------------------------------------------- a server that answers otherwise

DEPARTURES = (
    # what was recorded, what the server says now, what is told
    ("C: b NOOP\nS: * 3 EXISTS\nS: b OK\n", "C: b NOOP\nS: * 4 EXISTS\nS: b OK\n", ["* 3 EXISTS", "* 4 EXISTS"]),
    ("C: b NOOP\nS: b OK\n", "C: b NOOP\nS: b NO\n", ["b OK", "b NO"]),
    (
        "C: b APPEND x {5}\nS: + go\nC| hello\nC:\nS: b OK\nC: c NOOP\nS: c OK\n",
        "C: b APPEND x {5}\nS: b NO full\nC: c NOOP\nS: c OK\n",
        ["S: b OK", "S: b NO full"],
    ),
    (
        "C: b IDLE\nS: + idling\nC: DONE\nS: b OK\nC: c NOOP\nS: c OK\n",
        "C: b IDLE\nS: b BAD what\nC: c NOOP\nS: c OK\n",
        ["S: b OK", "S: b BAD what"],
    ),
    (
        "C: b APPEND x {5}\nS: b NO full\nC: c NOOP\nS: c OK\n",
        "C: b APPEND x {5}\nS: + go\n",
        ["ended early: the server asks for more where the recorded one had heard enough; 1 lines of the client"],
    ),
    (
        "C: b NOOP\nS: b OK\nC: c NOOP\nS: c OK\nC: d NOOP\nS: d OK\n",
        "C: b NOOP\nS: b OK\nC: c NOOP\nS: * BYE bored\n",
        ["S: * BYE bored", "S: c OK\n  but nothing came", "line 9: the conversation ended early: the server closed"],
    ),
)


@pytest.mark.parametrize(("recorded", "now", "says"), DEPARTURES)
def test_what_a_server_does_otherwise_is_told(recorded: str, now: str, says: list[str], place: Path) -> None:
    start = "S: * PREAUTH ready\n"
    told = Told()
    with serving(start + now, place) as (server, _):
        outcome = replay(parse(HEAD + start + recorded).entries, reach(server, place), sign_in(), told, pauses=False)
    text = "\n".join(told.texts())
    for part in says:
        assert part in text
    assert outcome.differences == len(told.differences) > 0


def test_a_server_that_is_not_there_cannot_be_replayed_against() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(ConnectError, match="nothing listens there"):
        replay(parse(HEAD + LOGIN).entries, Target("127.0.0.1", port, "none"), sign_in(), Told())


@pytest.mark.parametrize(
    ("text", "who", "error"),
    [
        (LOGIN, sign_in("ann", None), UsageError),
        (LOGIN.replace('LOGIN "ann" "******"', "AUTHENTICATE GSSAPI"), sign_in(), MechanismError),
        ("S: * OK ready\nC: half\n", sign_in(), TranscriptError),
    ],
)
def test_what_cannot_be_played_is_an_error(text: str, who: SignIn, error: type[Exception], place: Path) -> None:
    with serving("S: * OK ready\nC: a NOOP\n", place) as (server, _), pytest.raises(error):
        replay(parse(HEAD + text).entries, reach(server, place), who, Told())


# ---------------------------------------------------------------- what is filled in, what is what

FILLED = (
    (["a LOGIN ann ******\r\n"], 'a LOGIN bob "\\"\\\\x"\r\n'),
    (['a login "ann"  "******"\r\n'], 'a login "bob"  "\\"\\\\x"\r\n'),
    (["a LOGIN {3}\r\n", "|ann", " {6}\r\n", "|******", "\r\n"], 'a LOGIN {3}\r\nbob {3}\r\n"\\x\r\n'),
    (["a LOGIN ann {6+}\r\n", "|******", "\r\n"], 'a LOGIN bob {3+}\r\n"\\x\r\n'),
    (["a SELECT LOGIN\r\n"], "a SELECT LOGIN\r\n"),
    (["a AUTHENTICATE PLAIN ****\r\n"], "a AUTHENTICATE PLAIN AGJvYgAiXHg=\r\n"),
)


@pytest.mark.parametrize(("recorded", "sent"), FILLED)
def test_secrets_are_filled_in(recorded: list[str], sent: str) -> None:
    filling = Filling(sign_in("bob", '"\\x'))
    pieces = filling.command(recorded[0].encode())
    for line in recorded[1:]:
        form = Form.LITERAL if line.startswith("|") else Form.LINE
        pieces += filling.more(line.removeprefix("|").encode(), form)
    assert join(pieces).decode() == sent
    assert not any(b"\\x" in octets for octets, secret in pieces if not secret)


def test_parts_of_a_conversation() -> None:
    text = (
        RECORDINGS["literals of both"]
        + "C: b IDLE\nS: + x\nC: DONE\nS: b OK\nC: c AUTHENTICATE PLAIN\nS: +\nC: **\nS: c NO\n"
    )
    parts = Parts()
    said = [entry for entry in parse(HEAD + text).entries if isinstance(entry, Said)]
    names = [parts.take(entry, entry.octets).name for entry in said]
    assert names == [
        *("DATA", "COMMAND", "COMPLETION"),
        *("COMMAND", "CONTINUATION", "MORE", "MORE", "COMPLETION"),
        *("COMMAND", "DATA", "REST", "REST", "COMPLETION"),
        *("COMMAND", "CONTINUATION", "DONE", "COMPLETION"),
        *("COMMAND", "CONTINUATION", "ANSWER", "COMPLETION"),
    ]
    assert parts.tag == b"c"


# ---------------------------------------------------------------- time


def test_a_pause_of_the_recording_is_kept() -> None:
    clock = FakeClock()
    ours, theirs = pair(clock)
    playing = Playing(
        ours, b"* PREAUTH hi\r\n", Filling(sign_in()), upgrade=None, timeout=PATIENCE, pauses=True, clock=clock
    )
    greeting, command = parse(HEAD + "S: * PREAUTH hi\n@+600\nC: a NOOP\n").entries
    assert list(playing.take(greeting)) == []
    running = Running(lambda: list(playing.take(command)))
    assert theirs.receive(0) is None
    clock.advance(599.9)
    assert theirs.receive(0) is None
    assert running.alive()
    while running.alive():  # it may not have begun to wait
        clock.advance(600.0)
        theirs.receive(0.0)
    assert running.result() == []


# ---------------------------------------------------------------- our server's side for clients

CONVERSATION = (
    "S: * OK ready\nC: t1 CAPABILITY\nS: * CAPABILITY IMAP4rev1 AUTH=PLAIN\nS: t1 OK done\n"
    'C: t2 LOGIN "ann" "******"\nS: t2 OK in\nC: t3 SELECT INBOX\nS: * 1 EXISTS\nS: * OK [UIDVALIDITY 7] x\n'
    "S: t3 OK [READ-WRITE] open\nC: t4 FETCH 1 (BODY[])\nS: * 1 FETCH (BODY[] {5}\nS| hello\nS: )\nS: t4 OK read\n"
    "C: t5 LOGOUT\nS: * BYE so long\nS: t5 OK out\n"
)


def test_imaplib_finds_the_server_of_the_recording(place: Path) -> None:
    with serving(CONVERSATION, place) as (server, told):
        with imaplib.IMAP4("127.0.0.1", server.port, timeout=PATIENCE) as client:
            client.login("ann", "another word")
            assert client.select() == ("OK", [b"1"])
            assert client.fetch("1", "(BODY[])")[1][0] == (b"1 (BODY[] {5}", b"hello")
        assert server.over.wait(PATIENCE)
        assert server.outcome == Outcome(1, 5, len(told.differences))
    assert all("LOGIN" in text for text in told.texts())  # imaplib does not quote the user


def test_a_client_that_says_something_else_is_told_and_sent_away(place: Path) -> None:
    with serving(CONVERSATION, place) as (server, told):
        with imaplib.IMAP4("127.0.0.1", server.port, timeout=PATIENCE) as client:
            client.login("ann", "pencil")
            with pytest.raises(imaplib.IMAP4.error, match="something else here"):
                client.select("INBOX", readonly=True)
        assert server.over.wait(PATIENCE)
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as late:
            assert late.recv(100) == b"* BYE The recording has no more connections\r\n"
    texts = told.texts()
    assert any("expected\n    C: t3 SELECT INBOX\n  but this came:" in text and "EXAMINE" in text for text in texts)
    assert "says something that the recording has no answer to" in texts[-1]
    assert not any("pencil" in text for text in texts)


def test_a_client_that_goes_early_is_told(place: Path) -> None:
    with serving(CONVERSATION, place) as (server, told):
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as client:
            client.makefile("rb").readline()  # what is left unread when it goes would be a reset, not an end
        assert server.over.wait(PATIENCE)
    assert told.texts() == ["line 5: the conversation ended early: the client closed the connection"]


def our_conversation(url: str, ca_file: Path | None, record: Recorder | None = None) -> int:
    with Session.connect(url, user="user1", password="secret", ca_file=ca_file, record=record) as session:
        session.folders()
        session.select("INBOX")
        found = len(session.fetch_headers(SequenceSet.all()))
        session.fetch_bodies(1)
        session.mark_read([1])
        session.mark_deleted([2])
        session.expunge()
    return found


@pytest.mark.parametrize("scheme", ["imap", "imaps"])
def test_our_client_finds_the_exchange_of_the_recording(scheme: str, place: Path) -> None:
    recorder = Recorder(None)
    # Dates are given: the moment of arrival would differ between the two servers.
    arrived = dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC)
    mail = [Incoming(b"Subject: %d\r\n\r\nHello {5}\r\n" % number, (), arrived) for number in range(3)]
    with ExchangeServer("2013", users={"user1": "secret"}, mail={"user1": mail}, keep=False) as exchange:
        port = exchange.port if scheme == "imap" else exchange.tls_port
        assert our_conversation(f"{scheme}://localhost:{port}/", exchange.ca_file, recorder) == 3
    told = Told()

    @contextlib.contextmanager
    def source() -> Iterator[Iterator[Entry]]:
        yield iter(recorder.transcript().entries)

    with RecordedServer(source, server_context(place / "cert.pem", place / "key.pem"), told) as server:
        assert our_conversation(f"{scheme}://localhost:{server.port}/", place / "ca.pem") == 3
        assert server.over.wait(PATIENCE)
    assert told.texts() == []
    with ExchangeServer("2013", users={"user1": "secret"}, mail={"user1": mail}, keep=False) as exchange:
        encryption, port = ("starttls", exchange.port) if scheme == "imap" else ("tls", exchange.tls_port)
        there = Target("localhost", port, encryption, client_context(ca_file=exchange.ca_file, verify=True))
        outcome = replay(recorder.transcript().entries, there, sign_in("user1", "secret"), told)
    assert (told.texts(), outcome.differences) == ([], 0)
