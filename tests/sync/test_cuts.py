"""A sync with queued changes is cut after every single octet, in each direction, before and after the server acted.

After reconnecting and syncing, the local copy and the server are what they are without a cut: no message is lost, none
is there twice. What the cache and the server are right after a cut decides all that follows, because nothing in these
syncs is left to chance: from a state that has been recovered from before it is not done again.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from support.cutting import CAPABILITIES, POLICY, USER, Cut, HandServer

from outlookimap.cache import Cache
from outlookimap.cache.rows import flag_names
from outlookimap.errors import ConnectionLost
from outlookimap.profiles import load
from outlookimap.server.memory_store import MemoryStore
from outlookimap.server.store import Incoming
from outlookimap.sync.account import Account
from outlookimap.sync.changes import Change
from outlookimap.transport.clock import FakeClock

pytestmark = pytest.mark.thorough

DAY = dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
WITHOUT_UIDPLUS = tuple(one for one in CAPABILITIES if one != b"UIDPLUS")
SHARDS = 8
MOST = 20_000  # octets of one of these syncs
HEADER = 100  # octets at the beginning of a file of SQLite, in which it counts


def letter(number: int, *, identified: bool = True) -> bytes:
    """Return a short message, without a Message-ID unless `identified`."""
    identity = b"Message-ID: <%d@x>\r\n" % number if identified else b""
    return identity + b"Subject: %d\r\n\r\n%d\r\n" % (number, number)


# ---------------------------------------------------------------- what is queued


class Queue:
    """Changes made without a connection to what a first sync has brought."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.folders = {row.name: row.id for row in account.cache.folders.all()}
        self.inbox = [row.id for row in account.cache.messages.find(self.folders["INBOX"], order="uid")]

    def flags(self, messages: list[int], purpose: str, folder: str = "INBOX") -> None:
        self._change("flags", folder=self.folders[folder], messages=tuple(messages), detail={"purpose": purpose})

    def carry(self, kind: str, messages: list[int], target: str, folder: str = "INBOX") -> list[int]:
        """Copy or move, and return the copies."""
        return self._change(kind, folder=self.folders[folder], target=self.folders[target], messages=tuple(messages))

    def append(self, octets: bytes, target: str, flags: tuple[str, ...] = ()) -> int:
        detail = {"flags": list(flags), "date": DAY.isoformat()}
        return self._change("append", target=self.folders[target], octets=octets, detail=detail)[0]

    def purge(self) -> None:
        self._change("purge", folder=self.folders["INBOX"])

    def create(self, name: str, parent: str | None = None) -> None:
        above = None if parent is None else self.folders[parent]
        made = self.account.change(Change("create", detail={"name": name, "parent": above}))
        assert made.folder is not None
        self.folders[name] = made.folder

    def rename(self, name: str, to: str) -> None:
        self._change("rename", folder=self.folders[name], detail={"raw": to.encode().hex()})

    def on_folder(self, kind: str, name: str) -> None:
        self._change(kind, folder=self.folders[name])

    def _change(self, kind: str, **rest: object) -> list[int]:
        outcome = self.account.change(Change(kind, **rest))  # type: ignore[arg-type]
        return [one.placeholder for one in outcome.subjects if one.placeholder is not None]


def messages(queue: Queue) -> None:
    """Flags, new messages of which two are equal to the octet, a copy, a move, a purge."""
    first, bare, third, fourth = queue.inbox
    queue.flags([first], "read")
    new = queue.append(letter(9), "W", ("\\Seen",))
    for _ in range(2):
        queue.append(letter(8, identified=False), "W")
    queue.flags([new], "flag", "W")
    queue.carry("copy", [first, bare], "W")
    queue.carry("move", [third], "W")
    queue.flags([fourth], "delete")
    queue.purge()


def folders(queue: Queue) -> None:
    """Folders made, renamed and deleted, with messages that go to where there was nothing yet."""
    first, bare, third, _ = queue.inbox
    queue.create("N")
    [copied] = queue.carry("copy", [bare], "N")
    queue.flags([copied], "answered", "N")
    queue.rename("N", "M")
    queue.create("B", "N")
    queue.append(letter(7, identified=False), "B")
    queue.carry("move", [first, third], "B")
    queue.on_folder("delete", "O")
    queue.on_folder("unsubscribe", "W")


def few(queue: Queue) -> None:
    """A flag and a new message: what takes time then is the messages that come whole."""
    queue.flags([queue.inbox[0]], "read")
    queue.append(letter(9), "W")


QUEUES: dict[str, Callable[[Queue], None]] = {"messages": messages, "folders": folders, "few": few}


# ---------------------------------------------------------------- the places


@dataclass(frozen=True, slots=True)
class Case:
    """A queue, what the server lists, which Outlook syncs, and whether messages come whole."""

    queue: str
    uidplus: bool
    profile: str = "2013"
    bodies: bool = False

    def __str__(self) -> str:
        return f"{self.queue}-{'uidplus' if self.uidplus else 'bare'}-{self.profile}"

    def server(self) -> HandServer:
        """Return a server with four messages in INBOX, and two other folders; what will be appended to W is there."""
        store = MemoryStore([USER], mailboxes={b"W": (), b"O": ()}, first_uidvalidity=100, moment=lambda: DAY)
        mail = [Incoming(letter(number, identified=number != 2), (), DAY) for number in (1, 2, 3, 4)]
        store.add(USER, b"INBOX", mail)
        store.add(USER, b"W", [Incoming(letter(8, identified=False), (), DAY)])
        return HandServer(store, capabilities=CAPABILITIES if self.uidplus else WITHOUT_UIDPLUS)

    def queue_up(self, cache: Cache) -> None:
        """Bring a cache to where a first sync is done and the changes are queued."""
        account = self.opened(cache, self.server())
        account.sync(bodies=False)
        account.disconnect()
        QUEUES[self.queue](Queue(account))

    def opened(self, cache: Cache, server: HandServer) -> Account:
        """Return an account over both."""
        profile = load(self.profile)
        return Account(cache, lambda: server.session(self.profile), profile=profile, policy=POLICY, clock=FakeClock())


def database(cache: Cache) -> sqlite3.Connection:
    """Return what a cache in memory is kept in."""
    return cache._database._connection


def at_server(server: HandServer, *, uids: bool = False) -> dict[bytes, list[object]]:
    """Return the server's messages by folder, without their UIDs unless asked for."""
    places: dict[bytes, list[object]] = {}
    for name in server.account.names():
        box = server.account.mailbox(name.name)
        found = [
            (*((one.uid,) if uids else ()), one.octets, sorted(one.flags), one.internaldate.isoformat())
            for one in box.messages()
        ]
        places[name.name] = [box.uidvalidity if uids else None, *sorted(found, key=repr)]
    places[b"subscribed"] = [*server.account.subscriptions()]
    return places


def fingerprint(cache: Cache, server: HandServer) -> bytes:
    """Return a hash of all that decides what a sync does; when a folder was visited last does not."""
    database(cache).execute("UPDATE folders SET visited = 1 WHERE visited IS NOT NULL")
    octets = database(cache).serialize()[HEADER:]
    return hashlib.blake2b(octets + repr(at_server(server, uids=True)).encode()).digest()


def differences(cache: Cache, server: HandServer, *, bodies: bool) -> list[str]:
    """Return in what the cache is not what the server is; with `bodies` it has all messages whole."""
    found = [f"pending: {change}" for change in cache.changes.open()]
    there = {name.name: server.account.mailbox(name.name) for name in server.account.names()}
    here = {row.server_raw: row for row in cache.folders.all(removed=True)}
    if here.keys() != there.keys():
        return [*found, f"folders: {sorted(map(str, here))} {sorted(map(str, there))}"]
    for raw, box in there.items():
        row = here[raw]
        shown = [
            (one.uid, flag_names(one.flags), flag_names(one.server_flags), cache.messages.header(one.id), one.hidden)
            for one in cache.messages.find(row.id, order="uid")
        ]
        wanted = [(one.uid, names(one.flags), names(one.flags), header(one.octets), False) for one in box.messages()]
        if row.raw != raw or row.removed or row.uidvalidity != box.uidvalidity or shown != wanted:
            found.append(f"{row}: {shown} {wanted}")
        if cache.messages.placeholders(row.id):
            found.append(f"{row}: {cache.messages.placeholders(row.id)}")
        for one in cache.messages.find(row.id):
            octets = cache.messages.body(one.id)
            message = box.get(one.uid or 0)
            if bodies if octets is None else message is None or octets[0] != message.octets:
                found.append(f"{row}: the octets of {one}")
    return found


def names(flags: tuple[bytes, ...]) -> frozenset[str]:
    return frozenset(flag.decode() for flag in flags)


def header(octets: bytes) -> bytes:
    return octets[: octets.index(b"\r\n\r\n") + 4]


# ---------------------------------------------------------------- the cuts


class Cutting:
    """One case, with its outcome without a cut; `tried` are the states that were recovered from."""

    def __init__(self, case: Case, cache: Cache, queued: Cache) -> None:
        self.case = case
        self.cache = cache
        self.queued = queued
        case.queue_up(queued)
        self.tried: set[bytes] = set()
        server = case.server()
        report = self.restored(server).sync(bodies=case.bodies)
        assert (report.refused, report.dropped, report.errors) == ((), (), ())
        assert differences(cache, server, bodies=case.bodies) == []
        self.outcome = at_server(server)
        [connection] = server.connections
        self.sent, self.received, self.spoken = connection.sent, connection.received, connection.spoken

    def restored(self, server: HandServer) -> Account:
        """Return an account whose cache is as it was when everything was queued."""
        database(self.queued).backup(database(self.cache))
        return self.case.opened(self.cache, server)

    def try_at(self, cut: Cut) -> None:
        """Sync with the cut, sync again, and compare."""
        server = self.case.server()
        server.cut = cut
        account = self.restored(server)
        with contextlib.suppress(ConnectionLost):  # a cut after the last answer is no loss
            account.sync(bodies=self.case.bodies)
        state = fingerprint(self.cache, server)
        if state in self.tried:
            return
        report = self.case.opened(self.cache, server).sync(bodies=self.case.bodies)
        assert (report.refused, report.dropped, report.errors) == ((), (), ())
        assert differences(self.cache, server, bodies=self.case.bodies) == []
        assert at_server(server) == self.outcome
        self.tried.add(state)


@pytest.fixture
def cutting(case: Case) -> Iterator[Cutting]:
    with Cache() as cache, Cache() as queued:
        yield Cutting(case, cache, queued)


def part(octets: int, shard: int) -> range:
    """Return the places to cut that a shard tries: neighbours, because they leave the same state behind."""
    return range(octets * shard // SHARDS, octets * (shard + 1) // SHARDS + 1)


CASES = [
    Case("messages", uidplus=True),
    Case("messages", uidplus=False),
    Case("folders", uidplus=True),
    Case("folders", uidplus=False, profile="2010"),
    Case("few", uidplus=True, bodies=True),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_sync_that_is_cut_is_small(cutting: Cutting) -> None:
    assert 1000 < cutting.sent + cutting.received < MOST


@pytest.mark.cites("O5:V0007", "O5:V0057")
@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("case", CASES, ids=str)
def test_cut_on_the_way_to_the_server(cutting: Cutting, shard: int) -> None:
    for octets in part(cutting.sent, shard):
        cutting.try_at(Cut(octets, to_client=False))


@pytest.mark.cites("O5:V0007", "O5:V0057")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_cut_after_the_server_acted_and_before_it_is_heard(cutting: Cutting) -> None:
    for octets in cutting.spoken:  # anywhere else it has nothing to say that could be lost
        cutting.try_at(Cut(octets, to_client=False, heard=False))


@pytest.mark.cites("O5:V0007", "O5:V0057")
@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("case", CASES, ids=str)
def test_cut_on_the_way_to_the_client(cutting: Cutting, shard: int) -> None:
    for octets in part(cutting.received, shard):
        cutting.try_at(Cut(octets, to_client=True))
