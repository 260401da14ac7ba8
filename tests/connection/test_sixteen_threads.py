"""Many threads on one Outlook: every answer belongs to its question, nobody waits for ever, interruptions do no harm.

Sixteen threads work for 5 seconds, and once for 30; the environment variable OUTLOOKIMAP_TEST_SECONDS says how long
else.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from types import FrameType

import pytest
from support.at_work import opened, serving, stored
from support.breaking import Break, Breaker
from support.loopback import Running

from outlookimap import Outlook
from outlookimap.errors import ConnectionLost, NotConnected, SessionClosed
from outlookimap.exchange import ExchangeServer
from outlookimap.mail.message import Message
from outlookimap.profiles import Policy
from outlookimap.transport.socket_stream import SocketTransport

SECONDS = float(os.environ.get("OUTLOOKIMAP_TEST_SECONDS", "5"))
LONG = max(30.0, SECONDS)
THREADS = 16
LETTERS = 96
_PATIENCE = 30.0
"""Seconds beyond its time after which a thread is taken to be stuck."""

pytestmark = pytest.mark.timeout(60 + 3 * SECONDS)


def letter(name: str) -> bytes:
    return f"From: ann@example.com\r\nSubject: q{name}z\r\nMessage-ID: <{name}@x>\r\n\r\nThis is {name}.\r\n".encode()


@pytest.fixture
def server() -> Iterator[ExchangeServer]:
    with serving(*(letter(f"{number:03}") for number in range(LETTERS)), keep=False) as running:
        yield running


class Asking:
    """One thread's work on an Outlook that others use as well: it asks, and knows the answer."""

    def __init__(self, outlook: Outlook, number: int, messages: list[Message]) -> None:
        self._outlook = outlook
        self._inbox = outlook.folder("INBOX")
        self._number = number
        self._messages = messages
        self._mine = messages[number::THREADS]
        self._chance = random.Random(number)
        self.done: Counter[str] = Counter()
        self.flagged: dict[str, bool] = {}
        self.appended: list[str] = []
        self.copied: Counter[str] = Counter()

    def step(self) -> None:
        """Ask for something, and compare."""
        steps = [self.body] * 6 + [self.search] * 4 + [self.flag] * 3 + [self.append, self.copy, self.sync, self.poll]
        one = self._chance.choice(steps)
        one()
        self.done[one.__name__] += 1

    def body(self) -> None:
        message = self._chance.choice(self._messages)
        octets = self._outlook._account.fetch_body(message.id)
        assert octets == letter(message.subject[1:-1])

    def search(self) -> None:
        message = self._chance.choice(self._messages)
        assert [found.id for found in self._inbox.search(subject=message.subject)] == [message.id]

    def flag(self) -> None:
        message = self._chance.choice(self._mine)
        wanted = not self.flagged.get(message.subject, False)
        self.flagged[message.subject] = wanted
        (message.flag if wanted else message.unflag)()
        assert message.flagged is wanted

    def append(self) -> None:
        name = f"{self._number}-{len(self.appended)}"
        self.appended.append(name)
        message = self._outlook.folder("Drafts").append(letter(name))
        assert message.subject == f"q{name}z"
        assert message.bytes == letter(name)

    def copy(self) -> None:
        message = self._chance.choice(self._mine)
        self.copied[message.subject] += 1
        [copied] = self._inbox.copy([message], "Sent Items")
        assert (copied.subject, copied.folder) == (message.subject, "Sent Items")

    def sync(self) -> None:
        report = self._inbox.sync(bodies=False)
        assert not report.errors
        assert len(self._inbox.messages()) == LETTERS

    def poll(self) -> None:
        self._outlook.poll(0)


def subjects(server: ExchangeServer, folder: bytes) -> Counter[str]:
    found = (message.octets.partition(b"Subject: ")[2].partition(b"\r\n")[0] for message in stored(server, folder))
    return Counter(subject.decode() for subject in found)


def together(work: list[Callable[[], None]], seconds: float) -> None:
    """Do all of it at the same time; where somebody is stuck, show where they all are."""
    threads = [Running(one) for one in work]
    until = time.monotonic() + seconds + _PATIENCE
    for thread in threads:
        thread._thread.join(max(0.0, until - time.monotonic()))
    if any(thread.alive() for thread in threads):
        stacks = ["".join(traceback.format_stack(frame)) for frame in sys._current_frames().values()]
        raise AssertionError("threads are stuck:\n" + "\n\n".join(stacks))
    for thread in threads:
        thread.result()


@pytest.mark.cites("O5:V0028", "O5:V0067")
@pytest.mark.parametrize("watched", [False, True])
def test_every_answer_belongs_to_its_question(server: ExchangeServer, *, watched: bool) -> None:
    with opened(server) as outlook:
        asked(server, outlook, SECONDS / 2, watched=watched)


@pytest.mark.thorough
@pytest.mark.timeout(90 + 3 * LONG)
@pytest.mark.cites("O5:V0028", "O5:V0044", "O5:V0067")
def test_for_long_with_a_second_connection(server: ExchangeServer) -> None:
    """A watch that sweeps all the time, and unread messages counted on a connection of their own."""
    with opened(server, policy=Policy(status_in_bulk=True, sweep=1)) as outlook:
        asked(server, outlook, LONG, watched=True)
        outlook.sync(bodies=False)
        assert outlook._account._background.wait(_PATIENCE)
        for name in ("Drafts", "Sent Items"):
            seen = [message.has(b"\\Seen") for message in stored(server, name.encode())]
            assert outlook.folder(name).unseen == seen.count(False)


def asked(server: ExchangeServer, outlook: Outlook, seconds: float, *, watched: bool) -> None:
    """Ask with all threads for so long, and compare."""
    outlook.sync(bodies=False)
    messages = outlook.folder("INBOX").messages(order="uid")
    asking = [Asking(outlook, number, messages) for number in range(THREADS)]
    until = time.monotonic() + seconds

    def work(one: Asking) -> None:
        while time.monotonic() < until:
            one.step()

    watch = outlook.watch()
    watching = Running(lambda: [*watch]) if watched else None
    together([lambda one=one: work(one) for one in asking], seconds)  # type: ignore[misc]
    watch.stop()
    assert watching is None or watching.result() == []
    assert outlook.connected
    assert outlook.pending() == []
    done = sum((one.done for one in asking), Counter[str]())
    assert min(done[name] for name in ("body", "search", "flag", "append", "copy", "sync", "poll")) > 0, done
    sys.stdout.write(f"{sum(done.values())} answers in {seconds:g} s: {dict(done)}\n")
    compare(server, asking)


def compare(server: ExchangeServer, asking: Sequence[Asking]) -> None:
    """Compare what was done with what is there: nothing is missing, nothing is there twice."""
    assert subjects(server, b"Drafts") == Counter(f"q{name}z" for one in asking for name in one.appended)
    assert subjects(server, b"Sent Items") == sum((one.copied for one in asking), Counter[str]())
    wanted = {subject for one in asking for subject, flagged in one.flagged.items() if flagged}
    there = {message.octets.split(b"\r\n")[1][9:].decode() for message in stored(server) if message.has(b"\\Flagged")}
    assert there == wanted


# ---------------------------------------------------------------- interruptions


STEPS = ["body", "search", "flag", "append", "copy", "sync"]


@pytest.mark.cites("O5:V0011")
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("where", ["send", "receive"])
def test_interrupted_wherever_it_waits(
    server: ExchangeServer, monkeypatch: pytest.MonkeyPatch, step: str, where: str
) -> None:
    original = getattr(SocketTransport, where)
    left: dict[threading.Thread, int] = {}

    def interrupted(transport: SocketTransport, *arguments: object) -> object:
        me = threading.current_thread()
        if me in left:
            left[me] -= 1
            if left[me] < 0:
                del left[me]
                raise KeyboardInterrupt
        return original(transport, *arguments)

    with opened(server) as outlook:
        outlook.sync(bodies=False)
        asking = Asking(outlook, 0, outlook.folder("INBOX").messages(order="uid"))
        monkeypatch.setattr(SocketTransport, where, interrupted)
        interruptions = 0
        for count in range(40):
            left[threading.current_thread()] = count
            try:
                getattr(asking, step)()
            except KeyboardInterrupt:
                interruptions += 1
                left.clear()
                assert not outlook.connected
                outlook.sync(bodies=False)
            if left:
                break  # it did not wait so often
            for check in (asking.body, asking.search, asking.body):
                check()
            assert outlook.pending() == []
        else:
            raise AssertionError("there is no end to it")
        left.clear()
        assert interruptions >= 1
        outlook.sync()
        assert len(outlook.folder("Drafts").messages()) == len(asking.appended)
    compare(server, [asking])


def _waits(frame: FrameType | None) -> bool:
    """Tell whether a frame is inside a wait for the network: elsewhere Python itself gives no guarantees."""
    while frame is not None:
        if frame.f_code.co_filename.endswith("selectors.py") and frame.f_code.co_name == "select":
            return True
        frame = frame.f_back
    return False


def _asks_on(outlook: Outlook, one: Asking, over: threading.Event) -> None:
    """Ask until it is over; the connection may be lost at any time, an answer may never be wrong."""
    while not over.is_set():
        try:
            one.step()
        except (ConnectionLost, SessionClosed, NotConnected):
            try:
                outlook.connect()
            except ConnectionLost:
                one.done["refused"] += 1


@pytest.mark.cites("O5:V0011")
def test_a_signal_interrupts_one_of_many(server: ExchangeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(7)
    over = threading.Event()
    interruptions = 0

    def interrupt(_: int, frame: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_REAL, chance.uniform(0.001, 0.03))
        if _waits(frame):
            raise KeyboardInterrupt

    with opened(server) as outlook:
        outlook.sync(bodies=False)
        messages = outlook.folder("INBOX").messages(order="uid")
        mine, *others = (Asking(outlook, number, messages) for number in range(4))
        threads = [Running(lambda one=one: _asks_on(outlook, one, over)) for one in others]  # type: ignore[misc]
        before = signal.signal(signal.SIGALRM, interrupt)
        try:
            while interruptions < 30:
                try:
                    signal.setitimer(signal.ITIMER_REAL, 0.01)
                    while True:
                        outlook.connect()
                        mine.body()
                        mine.search()
                except KeyboardInterrupt:
                    interruptions += 1
                except (ConnectionLost, SessionClosed, NotConnected):
                    mine.done["lost"] += 1
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
        finally:
            signal.signal(signal.SIGALRM, before)
        over.set()
        for thread in threads:
            thread.result()
        outlook.sync()
        for _ in range(20):
            mine.body()
            mine.search()
        assert outlook.pending() == []
    compare(server, others)


@pytest.mark.cites("O5:V0011")
def test_a_timeout_is_no_wrong_answer_for_anybody(server: ExchangeServer) -> None:
    chance = random.Random(8)
    over = threading.Event()
    with Breaker(server.host, server.tls_port) as breaker:
        url = f"imaps://user1@localhost:{breaker.port}/"
        with Outlook(url, password="correct horse battery", ca_file=server.ca_file, timeout=0.5) as outlook:
            outlook.sync(bodies=False)
            messages = outlook.folder("INBOX").messages(order="uid")
            asking = [Asking(outlook, number, messages) for number in range(4)]
            threads = [Running(lambda one=one: _asks_on(outlook, one, over)) for one in asking]  # type: ignore[misc]
            for count in range(6):
                breaker.arm(Break.STALL, chance.randrange(20_000))
                breaker.await_broken(count + 1)
            over.set()
            for thread in threads:
                thread.result()
            outlook.sync()
            assert outlook.pending() == []
    compare(server, asking)
