"""Two processes sync and change at once with one cache file: everything happens, once, and the copy is equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from servers.real_server import RealServer
from support.consistency import inconsistencies
from support.equality import account_differences, appended, look_at, messages, reading
from support.forks import Forks, forks
from support.mailbox import mailbox
from support.user_scripts import opened

from outlookimap.cache import Cache
from outlookimap.exchange import ExchangeServer

pytestmark = pytest.mark.thorough

ROUNDS = 20
MESSAGES = 50


@pytest.fixture(scope="module")
def forking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    with forks(tmp_path_factory.mktemp("errors"), "support.user_scripts") as running:
        yield running


def populate(host: str, port: int, user: str) -> None:
    with reading(host, port, user) as client:
        client.create("Work")
        for mail in mailbox(MESSAGES, largest=10_000):
            appended(client, "INBOX", replace(mail, flags=()))


def check(host: str, port: int, user: str, file: Path) -> None:
    """What both did is there once, and the copy is equal."""
    with opened(f"imap://{user}@{host}:{port}/", file) as outlook:
        outlook.sync()
        assert outlook.pending() == []
    assert inconsistencies(file) == []
    with Cache(file) as cache, reading(host, port, user) as client:
        _, exists = look_at(client, b"INBOX")
        inbox = list(messages(client, exists=exists))
        assert len(inbox) == MESSAGES
        changed = [read for read in inbox if "\\Flagged" in read.flags]
        assert [read.uid for read in changed] == [read.uid for read in inbox][: 2 * ROUNDS]
        _, exists = look_at(client, b"Work")
        notes = sorted(f"Subject: {name}-{number}" for name in ("one", "two") for number in range(ROUNDS))
        bodies = Counter(read.body for read in changed)
        found: Counter[bytes | None] = Counter()
        subjects: list[str] = []
        for read in messages(client, exists=exists):
            if read.body in bodies:
                found[read.body] += 1
            elif read.header is not None:
                subjects += [line for line in read.header.decode().splitlines() if line.startswith("Subject:")]
        assert sorted(subjects) == notes
        assert found == bodies
        assert account_differences(cache, client, skip=("size",)) == []


def both_at_once(forking: Forks, url: str, file: Path) -> None:
    works = [
        forking.start("support.user_scripts:change_and_sync", url, str(file), name, ROUNDS, parity)
        for parity, name in enumerate(("one", "two"))
    ]
    assert [work.wait() for work in works] == [True, True]


def test_dovecot(dovecot_server: RealServer, forking: Forks, tmp_path: Path) -> None:
    user = dovecot_server.take_user()
    populate(dovecot_server.host, dovecot_server.port, user)
    both_at_once(forking, f"imap://{user}@{dovecot_server.host}:{dovecot_server.port}/", tmp_path / "cache")
    check(dovecot_server.host, dovecot_server.port, user, tmp_path / "cache")


@pytest.mark.parametrize("version", ["2007", "2019"])
def test_the_embedded_server(version: str, forking: Forks, tmp_path: Path) -> None:
    with ExchangeServer(version, tls_port=None, allow_plaintext=True) as server:
        populate(server.host, server.port, "user1")
        both_at_once(forking, f"imap://user1@{server.host}:{server.port}/", tmp_path / "cache")
        check(server.host, server.port, "user1", tmp_path / "cache")
