"""Our own client against every fault, and faults at random: nothing hangs, and no other connection is harmed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.loopback import PATIENCE
from support.talk import USERS, store

from outlookimap.client import Session
from outlookimap.errors import CommandFailed, ConnectionLost, EncryptionRequired, OutlookImapError, RemoteProtocolError
from outlookimap.profiles import Policy
from outlookimap.protocol.states import State
from outlookimap.server.fault import At, Fault, When
from outlookimap.server.fault_actions import (
    Action,
    Close,
    Delay,
    Drop,
    Expire,
    Insert,
    Literal,
    Number,
    Replace,
    Skip,
    Split,
    Stale,
    Stall,
)
from outlookimap.server.fault_library import LIBRARY
from outlookimap.server.faults import Faults
from outlookimap.server.listening import MailServer
from outlookimap.wire.responses import Condition
from outlookimap.wire.sequence import SequenceSet

SILENCE = 0.15  # seconds after which our client gives up here

SURVIVED = frozenset(
    """
    copyuid-bare disposition-bare status-trailing-space names-with-controls unconvertible uidnext-stale
    exists-before-fetch idle-drop fetch-modseq xlist-no-separator headers-missing
    lsub-no-uses append-lost names-unquoted id-malformed bytes bytes-greeting unasked-data uid-missing
    uidnotsticky uidvalidity-changed uids-changed uidnext-missing alert items-reordered items-after-literal flags-twice
    extra-spaces trailing-spaces blank-lines no-text bare-continuation exists-before-go-ahead leading-zeros
    odd-date nil-delimiter search-trailing names-8bit bare-lf body-origin tls-injection
    expunge-nothing short-words name-case
""".split()  # noqa: SIM905
)
"""Faults with which a whole conversation goes well."""


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with MailServer(USERS, store=store(), allow_plaintext=True, tls_port=None) as running:
        yield running


def connected(server: MailServer, timeout: float = SILENCE) -> Session:
    return Session.connect(
        f"imap://user1@127.0.0.1:{server.port}/",
        password="secret",
        policy=Policy(encryption="none"),
        timeout=timeout,
    )


def converse(server: MailServer, timeout: float = SILENCE) -> None:
    """Do some of everything; raises what the session raises."""
    everything = SequenceSet.all()
    with connected(server, timeout) as session:
        session.folders()
        session.lsub()
        session.select("INBOX")
        session.fetch_headers(everything)
        session.fetch_bodies([1, 3])
        session.fetch_flags(everything)
        session.append("Sent Items", b"Subject: new\r\n\r\n")
        session.copy([1], "Sent Items")
        session.mark_read([2])
        session.status_unseen("Sent Items")
        with session.idle():
            session.poll(0.01)
        session.expunge()
        session.noop()
        session.logout()


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", LIBRARY)
def test_our_session_survives_or_says_what_is_wrong(server: MailServer, name: str) -> None:
    with connected(server, PATIENCE) as other:
        server.faults.add(name)
        try:
            converse(server, PATIENCE if name in SURVIVED else SILENCE)
            outcome = None
        except OutlookImapError as error:
            outcome = error
        finally:
            server.faults.clear()
        assert outcome is None or str(outcome)
        assert name not in SURVIVED or outcome is None
        other.select("INBOX")
        assert len(other.fetch_flags(SequenceSet.all())) == 3


OCTETS = st.sampled_from(
    [
        b"x",
        b"\r\n",
        b"* 9 EXISTS\r\n",
        b"* 1 EXPUNGE\r\n",
        b"%t BAD x\r\n",
        b"\xff\x00",
        b"{5}\r\n",
        b"* BYE x\r\n",
        b"(",
    ]
)
PATTERNS = st.sampled_from([rb"\d+", rb"\r\n", rb" ", rb"(?s)\{(\d+)\}", b"%t", b"FETCH", rb"\A", b"OK", b""])
ONS = st.none() | st.sampled_from([rb"\A\*", b"%t", b"", rb"\{\d+\}"])
MOST = st.none() | st.integers(1, 3)
ACTIONS: st.SearchStrategy[Action] = st.one_of(
    st.builds(Replace, PATTERNS, OCTETS | st.just(b""), st.booleans(), on=ONS, most=MOST),
    st.builds(Literal, PATTERNS, OCTETS, on=ONS, most=MOST),
    st.builds(Number, st.just(rb"(\d+)"), st.integers(-2, 3), st.integers(-5, 5), st.booleans(), on=ONS),
    st.builds(Stale, st.just(rb"(\d+)"), on=ONS),
    st.builds(Drop, on=ONS, most=MOST),
    st.builds(Split, on=ONS, most=MOST),
    st.builds(Insert, OCTETS, after=st.booleans(), on=ONS, most=MOST),
    st.builds(Delay, st.sampled_from([0.0, 0.01]), on=ONS, most=MOST),
    st.builds(Close, half=st.booleans(), abrupt=st.booleans(), on=ONS),
    st.builds(Stall, after=st.booleans(), on=ONS),
    st.builds(Expire, st.sampled_from([0.0, 0.05]), on=ONS),
    st.builds(Skip, st.sampled_from([Condition.OK, Condition.NO, Condition.BAD])),
)
COMMANDS = ["*", "LOGIN", "UID FETCH", "*FETCH*", "SELECT", "NOOP", "IDLE", "APPEND", "LIST|LSUB|XLIST", "LOGOUT"]


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    """Draw a fault that makes sense."""
    at = draw(st.sampled_from(At))
    actions = draw(st.lists(ACTIONS, min_size=1, max_size=3))
    if at in (At.BEFORE, At.AFTER):
        actions = [action for action in actions if action.places and action.on is None] or [Close()]
    elif at is not At.ANSWER:
        actions = [action for action in actions if not isinstance(action, Skip)] or [Drop()]
    when = When(
        "*" if at is At.GREETING else draw(st.sampled_from(COMMANDS)),
        at,
        draw(st.none() | st.sampled_from([State.NOT_AUTHENTICATED, State.SELECTED])),
        draw(st.none() | st.just(1) | st.just((2, None))),
        draw(st.none() | st.just("LOGIN")),
    )
    return Fault(when, tuple(actions))


@pytest.mark.timeout(120)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(faults(), min_size=1, max_size=3))
def test_faults_at_random_hang_and_crash_nothing(server: MailServer, wrong: list[Fault]) -> None:
    crashed: list[object] = []
    plain, threading.excepthook = threading.excepthook, crashed.append
    try:
        server.faults.add(*wrong)
        with suppress(OutlookImapError):
            converse(server)
        server.faults.clear()
        with connected(server, PATIENCE) as other:
            assert other.select("INBOX").exists >= 3
    finally:
        server.faults.clear()
        threading.excepthook = plain
    assert not crashed


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(faults(), min_size=1, max_size=3))
def test_a_raw_client_gets_rid_of_any_fault_by_leaving(server: MailServer, wrong: list[Fault]) -> None:
    server.faults.add(*wrong)
    try:
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as client:
            with suppress(OSError):  # it may be gone already
                client.sendall(
                    b"a LOGIN user1 secret\r\nb SELECT INBOX\r\nc UID FETCH 1:* (BODY.PEEK[])\r\nd LOGOUT\r\n"
                )
                client.shutdown(socket.SHUT_WR)
            client.settimeout(PATIENCE)
            received = b""
            try:
                while octets := client.recv(65536):
                    received += octets
            except ConnectionResetError:
                received += b""
    finally:
        server.faults.clear()
    assert len(received) < 1 << 20


def test_a_refusal_is_named(server: MailServer) -> None:
    with connected(server, PATIENCE) as session:
        server.faults.add("no")
        try:
            with pytest.raises(CommandFailed, match=r"the server answered NO Not now\."):
                session.noop()
        finally:
            server.faults.clear()
        session.noop()


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        ("when=STARTTLS,at=after;do=delay,seconds=0.05", None),
        ("when=STARTTLS;do=delay,seconds=0.05", None),
        ("when=STARTTLS;do=split", None),
        ("when=UID FETCH;do=split", None),
        ("tls-injection", RemoteProtocolError),
        ("when=STARTTLS,at=after;do=close", ConnectionLost),
        ("when=STARTTLS,at=after;do=stall", ConnectionLost),
        ("when=STARTTLS;do=skip,condition=no", EncryptionRequired),
        ("when=UID FETCH;do=close,half,abrupt", ConnectionLost),
    ],
)
def test_faults_around_tls(spec: str, error: type[OutlookImapError] | None) -> None:
    with MailServer(USERS, store=store(), faults=Faults([spec]), tls_port=None) as server:

        def talk() -> int:
            with Session.connect(
                f"imap://user1@localhost:{server.port}/",
                password="secret",
                ca_file=server.ca_file,
                timeout=PATIENCE if error is None else 0.5,
            ) as session:
                session.select("INBOX")
                return len(session.fetch_flags(SequenceSet.all()))

        if error is None:
            assert talk() == 3
        else:
            with pytest.raises(error):
                talk()
        assert server.faults.fired
        assert server.stop()
