"""A process is killed in the middle of a sync, a hundred times: the file opens, is sound, and the next sync goes on."""

from __future__ import annotations

import datetime as dt
import random
import stat
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from email import message_from_bytes
from pathlib import Path

import pytest
from servers.real_server import RealServer
from support.consistency import counted, inconsistencies
from support.equality import Read, account_differences, appended, look_at, messages, places, reading
from support.forks import Forks, forks
from support.mailbox import Mail, mailbox
from support.user_scripts import note, opened

from outlookimap.cache import Cache
from outlookimap.client.mime import octets
from outlookimap.exchange import ExchangeServer

pytestmark = pytest.mark.thorough

MESSAGES = 600
KILLS = 100
FIRST_KILLS, LATER_KILLS = 6, 3
"""So many kills in a row meet one file while it is filled, and so many a later sync of it."""
SEND_RECEIVE = "support.user_scripts:send_receive"


@pytest.fixture(scope="module")
def forking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    with forks(tmp_path_factory.mktemp("errors"), "support.user_scripts") as running:
        yield running


def killed(forking: Forks, url: str, file: Path, moment: float) -> bool:
    """Kill a sync that many seconds after its begin; tell whether it was not over by then."""
    child = forking.start(SEND_RECEIVE, url, str(file))
    time.sleep(moment)
    child.kill()
    return not child.wait()


def usable(file: Path) -> tuple[int, int]:
    """Open a cache file as the next process does, look for damage, and count its messages and bodies."""
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with Cache(file):
        pass
    assert inconsistencies(file) == []
    return counted(file)


# ---------------------------------------------------------------- a larger sync


def disturb(host: str, port: int, user: str, chance: random.Random, number: int) -> None:
    """Do what another client does between two syncs: some messages come, some go, some flags change."""
    with reading(host, port, user) as client:
        client.select("INBOX")
        exists = int((client.response("EXISTS")[1][0] or b"0").decode())
        some = [str(chance.randrange(1, exists + 1)) for _ in range(100)]
        client.store(",".join(some), "+FLAGS" if number % 2 else "-FLAGS", r"(\Seen \Flagged)")
        client.store(",".join(some[:30]), "+FLAGS", r"(\Deleted)")
        client.expunge()
        for mail in mailbox(30, first=MESSAGES + 30 * number, largest=20_000):
            appended(client, "INBOX", mail)
        # The same name again: its UIDs begin anew.
        client.delete("Anew")
        client.create("Anew")
        for mail in mailbox(60, first=number, largest=20_000):
            appended(client, "Anew", mail)


def timed(forking: Forks, url: str, file: Path) -> float:
    """Sync without being killed; return how many seconds that took."""
    begun = time.monotonic()
    forking.run(SEND_RECEIVE, url, str(file))
    return time.monotonic() - begun


@pytest.mark.timeout(300)
def test_a_hundred_kills_in_a_larger_sync(dovecot_server: RealServer, forking: Forks, tmp_path: Path) -> None:
    server, user = dovecot_server, dovecot_server.take_user()
    url = f"imap://{user}@{server.host}:{server.port}/"
    chance = random.Random(4)
    with reading(server.host, server.port, user) as client:
        for mail in mailbox(MESSAGES, largest=50_000):
            appended(client, "INBOX", mail)
    first = timed(forking, url, tmp_path / "whole")
    disturb(server.host, server.port, user, chance, 0)
    again = timed(forking, url, tmp_path / "whole")
    kills = files = 0
    while kills < KILLS:
        files += 1
        file = tmp_path / f"cache{files}"
        kept = (0, 0)
        for _ in range(FIRST_KILLS):
            if killed(forking, url, file, chance.uniform(0, first * 2 / FIRST_KILLS)):
                kills += 1
                found = usable(file) if file.exists() else (0, 0)
                assert found >= kept, f"{kept} messages and bodies before the kill, {found} after it"
                kept = found
        forking.run(SEND_RECEIVE, url, str(file))
        disturb(server.host, server.port, user, chance, files)
        for _ in range(LATER_KILLS):
            if killed(forking, url, file, chance.uniform(0, again)):
                kills += 1
                usable(file)
        forking.run(SEND_RECEIVE, url, str(file))
        usable(file)
        with Cache(file) as cache, reading(server.host, server.port, user) as client:
            assert account_differences(cache, client) == []
        # What it noted of all these conversations would be a gigabyte in the end.
        server.forget(user)


# ---------------------------------------------------------------- the queue

FILLED = 24
DATE = dt.datetime(2021, 3, 1, 10, 0, 0, tzinfo=dt.UTC)
ROUNDS = 5
LEFT = {f"mail-{uid}": 1 for uid in range(1, FILLED + 1) if uid not in (9, 10, 11, 13, 14)}
EXPECTED: dict[bytes, dict[str, int]] = {
    b"INBOX": LEFT,
    b"Work": dict.fromkeys((f"letter-{number}" for number in range(5)), 1)
    | dict.fromkeys((f"mail-{uid}" for uid in (1, 2, 3, 4, 9, 10, 11)), 1)
    | {"mail-15": 2},
    b"New": {"letter-new": 1, "mail-12": 1},
    b"Older": {"mail-old": 1},
}
"""How often a message with this subject must be in each folder when the queue was played."""
FLAGGED = {"\\Seen": {"mail-5", "mail-6", "mail-7"}, "\\Flagged": {"mail-6", "mail-7", "mail-8"}}


def fill(host: str, port: int, user: str) -> None:
    with reading(host, port, user) as client:
        for folder in ("Work", "Old", "Gone"):
            client.create(folder)
        for folder, names in (("INBOX", [f"mail-{number + 1}" for number in range(FILLED)]), ("Old", ["mail-old"])):
            for number, name in enumerate(names):
                appended(client, folder, Mail(number, octets(note(name)), (), (), DATE))


def change_offline(url: str, file: Path) -> int:
    """Put changes of every kind into the queue; return how many. UIDs of INBOX are 1 to FILLED."""
    with opened(url, file, offline=True) as outlook:
        inbox, work = outlook.folder("INBOX"), outlook.folder("Work")
        by_uid = {message.uid: message for message in inbox.messages()}
        for number in range(5):
            work.append(note(f"letter-{number}"), date=DATE)
        inbox.copy([by_uid[uid] for uid in (1, 2, 3, 4)], work)
        inbox.mark_read([by_uid[uid] for uid in (5, 6, 7)])
        inbox.flag([by_uid[uid] for uid in (6, 7, 8)])
        inbox.move([by_uid[uid] for uid in (9, 10, 11)], work)
        new = outlook.create("New")
        new.append(note("letter-new"), date=DATE)
        inbox.copy([by_uid[12]], new)
        outlook.folder("Old").rename("Older")
        outlook.folder("Gone").delete()
        inbox.mark_deleted([by_uid[uid] for uid in (13, 14)])
        inbox.purge()
        # The same message twice in one folder, because it was copied twice.
        inbox.copy([by_uid[15]], work)
        inbox.copy([by_uid[15]], work)
        return len(outlook.pending())


def check_played(host: str, port: int, user: str, file: Path) -> None:
    """What was queued happened, each exactly once, and the copy is equal to the server."""
    with Cache(file) as cache, reading(host, port, user) as client:
        assert cache.changes.open() == []
        names = {place.raw for place in places(client)}
        assert {b"INBOX", b"Work", b"New", b"Older"} <= names
        assert not names & {b"Old", b"Gone"}
        for raw, subjects in EXPECTED.items():
            found = [*messages(client, exists=look_at(client, raw)[1])]
            assert Counter(map(subject_of, found)) == Counter(subjects), raw
            if raw == b"INBOX":
                for flag, wanted in FLAGGED.items():
                    assert {subject_of(read) for read in found if flag in read.flags} == wanted
        assert account_differences(cache, client, skip=("size",)) == []


def subject_of(read: Read) -> str:
    assert read.body is not None
    return str(message_from_bytes(read.body)["Subject"])


def kill_while_the_queue_is_played(
    forking: Forks, host: str, port: int, users: Sequence[str], directory: Path, chance: random.Random
) -> None:
    """Play a queue once without a kill, to see how long that takes, then kill those who play it, later and later."""
    whole = 0.0
    for user in users:
        url = f"imap://{user}@{host}:{port}/"
        file = directory / user
        fill(host, port, user)
        forking.run(SEND_RECEIVE, url, str(file))
        assert change_offline(url, file) == 18
        if whole:
            kills = 0
            while killed(forking, url, file, chance.uniform(0, whole * (kills + 1) / 5)):
                kills += 1
                usable(file)
            assert kills
        whole = whole or timed(forking, url, file)
        check_played(host, port, user, file)


@pytest.mark.parametrize("version", ["2007", "2019"])
def test_kills_while_the_queue_is_played_to_the_embedded_server(version: str, forking: Forks, tmp_path: Path) -> None:
    users = [f"user{number}" for number in range(ROUNDS)]
    with ExchangeServer(
        version, users=dict.fromkeys(users, "secret"), tls_port=None, allow_plaintext=True, keep=False
    ) as server:
        kill_while_the_queue_is_played(forking, server.host, server.port, users, tmp_path, random.Random(version))


def test_kills_while_the_queue_is_played_to_dovecot(dovecot_server: RealServer, forking: Forks, tmp_path: Path) -> None:
    server = dovecot_server
    users = [server.take_user() for _ in range(2)]
    kill_while_the_queue_is_played(forking, server.host, server.port, users, tmp_path, random.Random("dovecot"))
