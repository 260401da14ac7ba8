"""What was synced is what plain imaplib reads: every message of a mailbox as people have them, from three servers."""

from __future__ import annotations

import statistics
from collections import Counter
from pathlib import Path

import pytest
from servers.real_server import RealServer
from support.equality import WITHOUT_OCTETS, account_differences, appended, look_at, messages, reading, rows
from support.mailbox import FLAGS, KEYWORDS, LARGEST, mailbox, write_maildir
from support.user_scripts import opened

from outlookimap.cache import Cache
from outlookimap.exchange import ExchangeServer
from outlookimap.server.store import Incoming

pytestmark = pytest.mark.thorough

MANY = 10_000
SOME = 2_000
WITH_CYRUS = 1_000
"""Cyrus has each on the disk before it answers an APPEND."""


def synced(server: RealServer | ExchangeServer, user: str, file: Path, *, profile: str = "2013") -> list[int]:
    """Sync everything twice into a new file; return how many messages were new each time."""
    new = []
    for _ in range(2):
        with opened(f"imap://{user}@{server.host}:{server.port}/", file, profile=profile) as outlook:
            new.append(outlook.sync().new)
    return new


def test_the_mailbox_is_as_people_have_them() -> None:
    made = list(mailbox(SOME))
    sizes = sorted(len(mail.octets) for mail in made)
    assert 3_500 < statistics.median(sizes) < 4_500
    assert LARGEST / 2 < sizes[-1] < LARGEST * 1.05
    flags = Counter(name for mail in made for name in mail.flags + mail.keywords)
    for name, share in (FLAGS | KEYWORDS).items():
        assert flags[name] / SOME == pytest.approx(share, rel=0.15, abs=0.01), name
    assert {b"multipart/mixed", b"multipart/alternative", b"text/plain"} <= {
        mail.octets.partition(b"Content-Type: ")[2].partition(b";")[0] for mail in made
    }
    assert all(mail.octets.count(b"\n") == mail.octets.count(b"\r\n") for mail in made)
    assert list(mailbox(3, first=70)) == made[70:73]
    assert next(mailbox(1, seed=5)) != made[0]


@pytest.mark.timeout(180)
@pytest.mark.cites("O5:V0002", "O5:V0005", "O5:V0010")
def test_ten_thousand_messages_from_dovecot(dovecot_server: RealServer, tmp_path: Path) -> None:
    user = dovecot_server.take_user()
    home = dovecot_server.directory / "mail" / user
    owner = home.stat()
    assert write_maildir(home / "Maildir", mailbox(MANY), owner=(owner.st_uid, owner.st_gid)) == MANY
    assert synced(dovecot_server, user, tmp_path / "cache") == [MANY, 0]
    with Cache(tmp_path / "cache") as cache, reading(dovecot_server.host, dovecot_server.port, user) as client:
        assert account_differences(cache, client) == []
        inbox = cache.folders.by_name("INBOX")
        assert inbox is not None
        assert {row.keywords for row in rows(cache, inbox)} == {(), *((name,) for name in KEYWORDS), tuple(KEYWORDS)}


@pytest.mark.cites("O5:V0002", "O5:V0005")
@pytest.mark.timeout(180)
def test_cyrus(cyrus_server: RealServer, tmp_path: Path) -> None:
    user = cyrus_server.take_user()
    with reading(cyrus_server.host, cyrus_server.port, user) as client:
        for mail in mailbox(WITH_CYRUS, largest=200_000):
            appended(client, "INBOX", mail)
    assert synced(cyrus_server, user, tmp_path / "cache", profile="2010") == [WITH_CYRUS, 0]
    with Cache(tmp_path / "cache") as cache, reading(cyrus_server.host, cyrus_server.port, user) as client:
        assert account_differences(cache, client) == []


@pytest.mark.cites("O5:V0002", "O5:V0005", "O5:V0007")
@pytest.mark.parametrize("version", ["2007", "2019"])
def test_the_embedded_server(version: str, tmp_path: Path) -> None:
    made = (
        Incoming(mail.octets, tuple(name.encode() for name in mail.flags), mail.date)
        for mail in mailbox(SOME, largest=200_000)
    )
    mail = {"user1": made}
    with ExchangeServer(version, mail=mail, tls_port=None, allow_plaintext=True, keep=False) as server:
        # The size is another one once the body was read.
        with reading(server.host, server.port, "user1") as client:
            sizes = {
                read.uid: read.size for read in messages(client, WITHOUT_OCTETS, exists=look_at(client, b"INBOX")[1])
            }
        assert synced(server, "user1", tmp_path / "cache") == [SOME, 0]
        with Cache(tmp_path / "cache") as cache, reading(server.host, server.port, "user1") as client:
            assert account_differences(cache, client, skip=("size",)) == []
            inbox = cache.folders.by_name("INBOX")
            assert inbox is not None
            assert {row.uid: row.size for row in rows(cache, inbox)} == sizes
