"""Drops in the middle of work: whatever is broken when, nothing is lost, nothing is done twice, both sides end equal.

A relay breaks connections at random octets: in commands, in literals, in answers, while signing in, in TLS records. A
watch connects anew meanwhile; a script and another client go on working.
"""

from __future__ import annotations

import contextlib
import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from servers.real_server import RealServer
from support.at_work import PASSWORD
from support.breaking import Break, Breaker
from support.consistency import inconsistencies
from support.elsewhere import FOLDERS, Elsewhere, Embedded, Real, State, letter
from support.loopback import Running

from outlookimap import Outlook
from outlookimap.errors import ConnectionLost
from outlookimap.mail import NewMail, WatchEvent
from outlookimap.mail.message import Message
from outlookimap.profiles import Policy
from outlookimap.sync.watching import Lost, Restored

pytestmark = pytest.mark.thorough

SILENCE = 0.5
"""Seconds after which a connection that has gone silent is given up."""
_PATIENCE = 30.0


def state_of(outlook: Outlook) -> State:
    """Return what the local copy holds."""
    found: dict[str, dict[int, tuple[frozenset[str], bytes]]] = {}
    for name in FOLDERS:
        messages = outlook.folder(name).messages()
        assert None not in {message.uid for message in messages}
        found[name] = {message.uid or 0: (message.flags, message.bytes) for message in messages}
        assert len(found[name]) == len(messages)
    return found


@dataclass
class Ledger:
    """What has to be on the server in the end: messages of each folder by name and count, flags in INBOX."""

    mail: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in FOLDERS})
    flags: dict[str, set[str]] = field(default_factory=dict)

    def agrees_with(self, state: State) -> None:
        """Compare, message by message."""
        for name in FOLDERS:
            there = Counter(subject(octets) for _, octets in state[name].values())
            assert there == +self.mail[name], name
            assert all(octets == letter(subject(octets)) for _, octets in state[name].values())
        shown = {subject(octets): set(flags) for flags, octets in state["INBOX"].values()}
        assert {one: shown[one] for one in self.flags} == self.flags


def subject(octets: bytes) -> str:
    return octets.partition(b"Subject: ")[2].partition(b"\r\n")[0].decode()


class Watching:
    """A watch in a thread of its own: what it told, and whether there is a connection."""

    def __init__(self, outlook: Outlook) -> None:
        self.came: Counter[str] = Counter()
        self.losses = 0
        self._up = True
        self._changed = threading.Condition()
        self._watch = outlook.watch()
        self._running = Running(lambda: self._watch.run(self._told))

    def _told(self, event: WatchEvent) -> None:
        with self._changed:
            if isinstance(event, NewMail):
                self.came[event.message.subject] += 1
            elif isinstance(event, Lost):
                self._up = False
                self.losses += 1
            elif isinstance(event, Restored):
                self._up = True
            self._changed.notify_all()

    def is_up(self) -> bool:
        """Tell whether there is a connection, as far as was told."""
        with self._changed:
            return self._up

    def await_connection(self) -> None:
        """Wait until there is a connection."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._up or not self._running.alive(), _PATIENCE)
        self.check()

    def await_mail(self, names: set[str]) -> None:
        """Wait until all these messages were told of."""
        with self._changed:
            told = self._changed.wait_for(lambda: names <= self.came.keys() or not self._running.alive(), _PATIENCE)
            assert told, names - self.came.keys()
        self.check()

    def check(self) -> None:
        """Raise what ended the watch, if it has ended."""
        if not self._running.alive():
            self._running.result()
            raise AssertionError("the watch has ended")

    def stop(self) -> None:
        """End it."""
        self._watch.stop()
        self._running.result()


class Work:
    """What a script does to its mail and others do to it, one thing at a time, each noted in the ledger."""

    def __init__(self, outlook: Outlook, other: Elsewhere, chance: random.Random, ledger: Ledger) -> None:
        self._outlook = outlook
        self._inbox = outlook.folder("INBOX")
        self._other = other
        self._chance = chance
        self._ledger = ledger
        self._made = 0
        self._movable = sorted(name for name in ledger.mail["INBOX"] if name.startswith("mover"))
        self._removable = sorted(name for name in ledger.mail["INBOX"] if name.startswith("victim"))
        self._seeds = sorted(name for name in ledger.mail["INBOX"] if name.startswith("seed"))
        self._moved: list[str] = []
        self.told: set[str] = set()
        self.interrupted = 0
        self.pending: list[int | None] = []  # what the errors named

    def go_on(self) -> None:
        """Do something; a connection that is lost by it is no error: the change waits."""
        steps = [self._append, self._flag, self._read, self._copy, self._move, self.come, self._answered, self._leave]
        self._try(self._chance.choice(steps))

    def speak(self) -> None:
        """Do something that needs the server."""
        self._try(self._flag)

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except ConnectionLost as error:
            self.interrupted += 1
            self.pending.append(error.pending)

    def purge(self) -> None:
        """Remove what was moved."""
        for name in self._moved:
            del self._ledger.mail["INBOX"][name]
        self._moved.clear()
        with contextlib.suppress(ConnectionLost):
            self._inbox.purge()

    def _append(self) -> None:
        self._made += 1
        name = f"mine-{self._made}"
        folder = self._outlook.folder(self._chance.choice(FOLDERS))
        self._ledger.mail[folder.name][name] += 1
        folder.append(letter(name))

    def _flag(self) -> None:
        name = self._chance.choice(self._seeds)
        message = self._message(name)
        flags = self._ledger.flags[name]
        if "\\Flagged" in flags:
            flags.remove("\\Flagged")
            message.unflag()
        else:
            flags.add("\\Flagged")
            message.flag()

    def _read(self) -> None:
        name = self._chance.choice(self._seeds)
        message = self._message(name)
        flags = self._ledger.flags[name]
        if "\\Seen" in flags:
            flags.remove("\\Seen")
            message.mark_unread()
        else:
            flags.add("\\Seen")
            message.mark_read()

    def _copy(self) -> None:
        names = self._chance.sample(self._seeds, 3)
        messages = [self._message(name) for name in names]
        self._ledger.mail["Archive"].update(names)
        self._inbox.copy(messages, "Archive")

    def _move(self) -> None:
        if not self._movable:
            return
        name = self._movable.pop()
        message = self._message(name)
        self._moved.append(name)
        self._ledger.mail["Archive"][name] += 1
        self._inbox.move([message], "Archive")

    def come(self) -> None:
        """Let the other client put a message into INBOX."""
        self._made += 1
        name = f"new-{self._made}"
        self._ledger.mail["INBOX"][name] += 1
        self.told.add(name)
        self._other.add(letter(name))

    def _answered(self) -> None:
        name = self._chance.choice(self._seeds)
        self._ledger.flags[name].add("\\Answered")
        self._other.answer(self._message(name).uid or 0)

    def _leave(self) -> None:
        if not self._removable:
            return
        name = self._removable.pop()
        del self._ledger.mail["INBOX"][name]
        self._other.remove(self._message(name).uid or 0)

    def _message(self, name: str) -> Message:
        [found] = [one for one in self._inbox.messages(subject=name) if one.subject == name]
        return found


NAMES = [f"{kind}-{number}" for kind in ("seed", "mover", "victim") for number in range(30)]


def opened(port: int, cache: Path, *, user: str, password: str, ca_file: Path | None, in_bulk: bool = False) -> Outlook:
    """Return an Outlook on a relay, under TLS where there is an authority; `in_bulk` is the policy's STATUS."""
    encryption = "none" if ca_file is None else None
    policy = Policy(encryption=encryption, reconnect_longest=0.05, status_in_bulk=in_bulk)
    return Outlook(
        f"imap{'' if ca_file is None else 's'}://localhost:{port}/",
        user=user,
        password=password,
        policy=policy,
        ca_file=ca_file,
        cache=cache,
        timeout=SILENCE,
    )


def broken(outlook: Outlook, breaker: Breaker, other: Elsewhere, how: Sequence[Break], seed: int) -> None:
    """Work while connections break, one for each of `how`; compare all in the end."""
    chance = random.Random(seed + int(os.environ.get("OUTLOOKIMAP_TEST_SEED", "0")))
    ledger = Ledger()
    ledger.mail["INBOX"].update(NAMES)
    ledger.flags.update({name: set() for name in NAMES if name.startswith("seed")})
    watching = Watching(outlook)
    work = Work(outlook, other, chance, ledger)
    for number, one in enumerate(how):
        if chance.random() < 0.7:
            watching.await_connection()  # else what breaks is the sign-in, or the catching up
        breaker.arm(one, chance.randrange(4000))
        while breaker.armed:
            if not watching.is_up() and chance.random() < 0.8:
                watching.await_connection()
            else:
                work.go_on()
            watching.check()
        if number % 10 == 9:
            work.purge()
    work.speak()  # who only listens does not find out that a connection has gone silent
    breaker.disarm()
    work.come()  # told by a connection that has lasted, after it has caught up
    watching.await_mail(work.told)
    watching.stop()
    assert outlook.pending() == []
    outlook.sync()
    work.purge()
    assert outlook.pending() == []
    there = other.state()
    ledger.agrees_with(there)
    outlook.sync()
    assert state_of(outlook) == there
    assert watching.came == Counter(work.told)  # each once, and nothing else
    assert watching.losses > len(how) // 4
    assert work.interrupted > len(how) // 8
    assert breaker.broken == len(how)
    assert None not in work.pending


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Embedded]:
    server = Embedded(tmp_path, NAMES)
    yield server
    server.stop()


@pytest.mark.cites("O5:V0011", "O5:C0002", "O5:V0028")
@pytest.mark.parametrize("tls", [False, True])
def test_fifty_drops(embedded: Embedded, tmp_path: Path, *, tls: bool) -> None:
    """Under TLS unread messages are counted on a second connection, which may be the one that breaks."""
    chance = random.Random(tls)
    how = [*Break] * 12 + [Break.KILL, Break.RESET]
    chance.shuffle(how)
    cache = tmp_path / "user1.sqlite"
    port, ca_file = (embedded.tls_port, embedded.made.ca) if tls else (embedded.port, None)
    with (
        Breaker("127.0.0.1", port, kill=embedded.kill) as breaker,
        opened(breaker.port, cache, user="user1", password=PASSWORD, ca_file=ca_file, in_bulk=tls) as outlook,
    ):
        outlook.sync()
        broken(outlook, breaker, embedded, how, seed=5 + tls)
    assert embedded.kills == how.count(Break.KILL)
    assert inconsistencies(cache) == []


SERVERS = {"dovecot_server": 12, "cyrus_server": 10}
"""How many connections break with a real one."""


@pytest.mark.real_server
@pytest.mark.cites("O5:V0011", "O5:C0002", "O5:V0028")
@pytest.mark.parametrize("name", SERVERS)
def test_drops_with_a_real_server(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    server: RealServer = request.getfixturevalue(name)
    user = server.take_user()
    server.populate(user, [letter(name) for name in NAMES])
    for folder in FOLDERS[1:]:
        server.populate(user, [], mailbox=folder)
    how = ([Break.RESET, Break.STALL, Break.CLOSE] * 4)[: SERVERS[name]]
    cache = tmp_path / "user.sqlite"
    other = Real(server, user)
    with (
        Breaker(server.host, server.port) as breaker,
        opened(breaker.port, cache, user=user, password=server.password, ca_file=None) as outlook,
    ):
        outlook.sync()
        broken(outlook, breaker, other, how, seed=9)
    other.stop()
    assert inconsistencies(cache) == []
