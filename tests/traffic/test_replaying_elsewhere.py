"""A session recorded with one server, said again to others: only true differences; and how much memory it all takes."""

from __future__ import annotations

import imaplib
import re
import tracemalloc
from pathlib import Path

import pytest
from servers.real_server import RealServer
from support.proxied import proxied, target

from outlookimap.auth import client_mechanism
from outlookimap.exchange import ExchangeServer
from outlookimap.traffic import Difference, entries, read
from outlookimap.traffic.filling import SignIn
from outlookimap.traffic.reaching import Target
from outlookimap.traffic.redaction import redact
from outlookimap.traffic.replaying import Stopped, replay
from outlookimap.traffic.writer import write_entries
from outlookimap.wire.secret import Secret

PATIENCE = 20.0


def sign_in(user: str) -> SignIn:
    password = Secret("secret")
    return SignIn(
        user, password, lambda name: client_mechanism(name, user=user, password=password, host="localhost").answer
    )


MAIL = [
    b"From: Ann <ann@example.com>\r\nSubject: one\r\nDate: Mon, 20 Nov 2023 10:00:00 +0000\r\n\r\nHello\r\n",
    b"From: Bob <bob@example.com>\r\nSubject: two\r\nDate: Mon, 20 Nov 2023 11:00:00 +0000\r\n\r\n"
    + b"x" * 5000
    + b"\r\n",
]


def work(port: int, user: str) -> None:
    """Do a little of everything, as imaplib does it."""
    with imaplib.IMAP4("127.0.0.1", port, timeout=PATIENCE) as client:
        client.login(user, "secret")
        client.select("INBOX")
        client.fetch("1:*", "(UID FLAGS RFC822.SIZE INTERNALDATE)")
        client.uid("FETCH", "1:*", "(BODY.PEEK[HEADER])")
        client.fetch("2", "(BODY[])")
        client.store("1", "+FLAGS", r"(\Flagged)")
        client.search(None, "FLAGGED")
        client.append("INBOX", r"(\Seen)", '"20-Nov-2023 12:00:00 +0000"', MAIL[0])
        client.noop()
        client.store("1", "+FLAGS", r"(\Deleted)")
        client.expunge()
        client.status("INBOX", "(MESSAGES)")


@pytest.fixture(scope="module")
def dovecots(dovecot_server: RealServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session of imaplib with Dovecot, as the proxy recorded it."""
    user = dovecot_server.take_user()
    dovecot_server.populate(user, MAIL)
    with proxied(target(dovecot_server), tmp_path_factory.mktemp("dovecot"), listen="none") as place:
        work(place.port, user)
    return place.file


def played(file: Path, there: Target, user: str) -> list[str]:
    told: list[Difference | Stopped] = []
    outcome = replay(read(file).entries, there, sign_in(user), told.append)
    assert (outcome.connections, outcome.commands) == (1, 14)
    return list(map(str, told))


def test_dovecot_says_the_same_to_another_user(dovecots: Path, dovecot_server: RealServer) -> None:
    user = dovecot_server.take_user()
    dovecot_server.populate(user, MAIL)
    assert played(dovecots, target(dovecot_server), user) == []
    another = dovecot_server.take_user()
    dovecot_server.populate(another, MAIL)
    assert played(dovecots, target(dovecot_server, "tls"), another) == []


CYRUS = r"CAPABILITY|HIGHESTMODSEQ|MAILBOXID|URLMECH|ANNOTATIONS|RECENT|CLIENTBUG"
EXCHANGE = r"CAPABILITY|IMAP4 service is ready|MDNSent|RFC822\.SIZE|RECENT|EXISTS|CLIENTBUG"
"""Where they truly differ: extensions, the flags Exchange has, the sizes it estimates, what is new when."""


def test_cyrus_differs_where_it_does(dovecots: Path, cyrus_server: RealServer) -> None:
    user = cyrus_server.take_user()
    cyrus_server.populate(user, MAIL)
    texts = played(dovecots, target(cyrus_server), user)
    assert texts
    for text in texts:
        assert re.search(CYRUS, text), text
        assert " FETCH " not in text


def test_the_embedded_exchange_differs_where_it_does(dovecots: Path) -> None:
    with ExchangeServer("2019", users={"user1": "secret"}, allow_plaintext=True, keep=False) as exchange:
        populated = RealServer("exchange", exchange.port, None, None, 0, Path(), None)
        populated.populate("user1", MAIL)
        texts = played(dovecots, Target("127.0.0.1", exchange.port, "none"), "user1")
    assert texts
    for text in texts:
        assert re.search(EXCHANGE, text), text
        assert " FETCH " not in text or text.endswith("\n  not the same: RFC822.SIZE")


# ---------------------------------------------------------------- much


@pytest.mark.parametrize("messages", [6, 18])
def test_memory_is_that_of_the_largest_literal(messages: int, tmp_path: Path) -> None:
    """Recording, redacting and replaying: three times as much mail takes no more."""
    size = 1_000_000
    octets = (b"x" * 998 + b"\r\n") * (size // 1000)
    mail = [b"Subject: x\r\n\r\n" + octets] * messages
    with ExchangeServer(
        "2019", users={"user1": "secret"}, mail={"user1": mail}, allow_plaintext=True, keep=False
    ) as exchange:
        there = Target("127.0.0.1", exchange.port, "none", timeout=PATIENCE)
        tracemalloc.start()
        try:
            with proxied(there, tmp_path) as proxy, imaplib.IMAP4("127.0.0.1", proxy.port, timeout=PATIENCE) as client:
                client.login("user1", "secret")
                client.select("INBOX", readonly=True)  # nothing is new only once
                for number in range(1, messages + 1):
                    client.fetch(str(number), "(BODY.PEEK[])")
                client.append("Drafts", None, None, octets)
            redacted = tmp_path / "redacted.imap"
            with proxy.file.open(encoding="ascii", newline="\n") as source, redacted.open("w") as sink:
                header, found = entries(source)
                write_entries(header, redact(found), sink)
            told: list[Difference | Stopped] = []
            with proxy.file.open(encoding="ascii", newline="\n") as source:
                outcome = replay(entries(source)[1], there, sign_in("user1"), told.append)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert list(map(str, told)) == []
    assert outcome.commands == messages + 5
    assert redacted.stat().st_size > messages * size
    assert peak < 9 * size, f"{peak / size:.1f} literals"
