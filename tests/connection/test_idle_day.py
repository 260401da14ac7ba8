"""A day in which nobody does anything: what each Outlook says to an Exchange, byte for byte and second for second.

The clock moves as soon as both ends wait; nothing sleeps. Exchange hangs up after 30 minutes of silence (X10:V0015).
"""

from __future__ import annotations

import dataclasses
import itertools
import re
import socket
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from support.at_work import PASSWORD, letter
from support.instant import Instant
from support.loopback import Running

from outlookimap import Outlook
from outlookimap.exchange import ExchangeServer
from outlookimap.profiles import Policy, Profile, load

OUTLOOKS = ["2007", "2010", "2013"]
EXCHANGES = ["2007", "2010sp2", "2019"]
DAY = 86400

Said = tuple[float, bytes]
"""A moment and what is written then, a tag shown as ``*``."""

IDLE, DONE, NOOP = b"* IDLE\r\n", b"DONE\r\n", b"* NOOP\r\n"
FLAGS = b"* UID FETCH 1:* (UID FLAGS)\r\n"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Instant:
    return Instant(monkeypatch)


def exchange(world: Instant, version: str | Profile = "2019") -> ExchangeServer:
    return ExchangeServer(
        version,
        users={"user1": PASSWORD},
        mail={"user1": [letter(number) for number in range(1, 4)]},
        tls_port=None,
        allow_plaintext=True,
        clock=world.clock,
    )


def outlook(world: Instant, server: ExchangeServer, version: str | Profile, **options: Any) -> Outlook:
    policy: Mapping[str, Any] = {"encryption": "none", **options.pop("policy", {})}
    return Outlook(
        f"imap://localhost:{server.port}/",
        user="user1",
        password=PASSWORD,
        profile=version,
        policy=Policy(**policy),
        clock=world.clock,
        **options,
    )


def without_idle() -> Profile:
    """Return an Exchange 2019 that does not list IDLE."""
    profile = load("2019", kind="server")
    listed = profile.values["capability.extensions"]
    assert isinstance(listed.value, tuple)
    assert "IDLE" in listed.value
    others = dataclasses.replace(listed, value=tuple(name for name in listed.value if name != "IDLE"))
    return dataclasses.replace(profile, values={**profile.values, "capability.extensions": others})


def said(world: Instant, *, after: int = 0, connection: int = 1) -> list[Said]:
    """Return what was written on a connection, from the write `after` in all on."""
    return [
        (sent.moment, re.sub(rb"\A[a-z0-9]{4} ", b"* ", sent.octets))
        for sent in world.sent[after:]
        if sent.connection == connection
    ]


def every(seconds: int, *octets: bytes, first: int) -> Iterator[Said]:
    """Yield the same writes at regular intervals until the day is over."""
    for moment in range(first, DAY + 1, seconds):
        yield from ((float(moment), one) for one in octets)


def longest_silence(writes: Iterable[Said]) -> float:
    """Return the longest time between two commands; DONE is none."""
    moments = [moment for moment, octets in writes if octets != DONE] + [float(DAY)]
    return max(after - before for before, after in itertools.pairwise(moments))


def idle_day(world: Instant, server: ExchangeServer, version: str | Profile, **options: Any) -> list[Said]:
    """Let a day pass after the first Send/Receive; return what Outlook wrote in it."""
    with outlook(world, server, version, **options) as one:
        one.sync()
        before = len(world.sent)
        world.until(DAY)
        writes = said(world, after=before)
        assert one.connected
        assert server.connections == 1
    return writes


# ---------------------------------------------------------------- a day


@pytest.mark.cites("O5:V0025", "O5:V0028", "X10:V0015")
@pytest.mark.parametrize("version", OUTLOOKS)
@pytest.mark.parametrize("exchange_version", EXCHANGES)
def test_a_day_in_idle(world: Instant, version: str, exchange_version: str) -> None:
    with exchange(world, exchange_version) as server:
        writes = idle_day(world, server, version)
    assert writes == [(1.0, IDLE), *every(600, DONE, NOOP, IDLE, first=601)]
    assert len(writes) == 1 + 3 * 143
    assert longest_silence(writes) == 600


@pytest.mark.cites("O5:V0028")
@pytest.mark.parametrize("version", OUTLOOKS)
def test_a_day_with_noop_after_done(world: Instant, version: str) -> None:
    profile = load(version).with_alternatives(["noop-after-done"])
    with exchange(world) as server:
        writes = idle_day(world, server, profile)
    assert writes == [(1.0, IDLE), *every(600, DONE, NOOP, IDLE, first=601)]  # the keepalive's NOOP is that NOOP


@pytest.mark.cites("O5:V0025", "O5:V0028")
@pytest.mark.parametrize("version", OUTLOOKS)
def test_a_day_of_polling(world: Instant, version: str) -> None:
    with exchange(world, without_idle()) as server:
        writes = idle_day(world, server, version)
    assert writes == [*every(60, NOOP, first=60)]
    assert len(writes) == 1440


@pytest.mark.cites("O5:V0025", "O5:V0028")
@pytest.mark.parametrize("version", OUTLOOKS)
@pytest.mark.parametrize(("keepalive", "count"), [(600, 143), (240, 359)])
def test_a_day_as_often_as_the_policy_says(world: Instant, version: str, keepalive: int, count: int) -> None:
    with exchange(world) as server:
        writes = idle_day(world, server, version, policy={"keepalive": keepalive})
    assert writes == [(1.0, IDLE), *every(keepalive, DONE, NOOP, IDLE, first=1 + keepalive)]
    assert writes.count((1.0 + keepalive, NOOP)) == 1
    assert [octets for _, octets in writes].count(NOOP) == count


@pytest.mark.cites("O5:V0025", "O5:V0028")
@pytest.mark.parametrize("version", OUTLOOKS)
@pytest.mark.parametrize("idles", [False, True])
def test_a_day_without_a_mailbox(world: Instant, version: str, *, idles: bool) -> None:
    profile = load(version).with_alternatives(["idle-without-mailbox"] if idles else [])
    with exchange(world) as server, outlook(world, server, profile):
        before = len(world.sent)
        world.until(DAY)
        writes = said(world, after=before)
        assert server.connections == 1
    if idles:
        assert writes == [(1.0, IDLE), *every(600, DONE, NOOP, IDLE, first=601)]
    else:
        assert writes == [*every(600, NOOP, first=600)]


@pytest.mark.cites("O5:V0025", "O5:V0028", "O5:V0044")
@pytest.mark.parametrize("version", OUTLOOKS)
def test_a_day_on_two_connections(world: Instant, version: str) -> None:
    with (
        exchange(world) as server,
        outlook(world, server, version, policy={"status_in_bulk": True, "connections": 2}) as one,
    ):
        one.sync()
        assert one._account._background.wait(20)
        before = len(world.sent)
        world.until(DAY, connections=2)
        first, second = said(world, after=before), said(world, after=before, connection=2)
        assert server.connections == 2
    assert first == [(1.0, IDLE), *every(600, DONE, NOOP, IDLE, first=601)]
    assert second == [*every(600, NOOP, first=600)]


@pytest.mark.cites("O5:V0025", "O5:V0028", "O5:V0055", "X10:V0046")
@pytest.mark.parametrize("version", OUTLOOKS)
def test_a_day_of_watching(world: Instant, version: str) -> None:
    with exchange(world) as server, outlook(world, server, version, drive=False) as one:
        one.sync(["INBOX"])
        before = len(world.sent)
        with one.watch() as watch:
            watching = Running(lambda: [*watch])
            world.until(DAY)
            writes = said(world, after=before)
            assert server.connections == 1
        assert watching.result() == []
    ask = (b'* LIST "" "*"\r\n', b'* LSUB "" "*"\r\n')
    first = [(0.0, octets) for octets in (*ask, b'* SELECT "INBOX"\r\n', FLAGS)]
    beginning = [*first, (1.0, IDLE), *((601.0, octets) for octets in (DONE, NOOP, IDLE))]
    beginning += [(1201.0, octets) for octets in (DONE, NOOP, IDLE)]
    between = [*every(600, DONE, NOOP, IDLE, first=2400)]
    looks = [*every(1800, DONE, *ask, FLAGS, IDLE, first=1800)]
    rest = [write for write in between if write[0] % 1800] + looks
    assert writes == beginning + sorted(rest, key=lambda write: write[0])


# ---------------------------------------------------------------- around it


@pytest.mark.cites("X10:V0015")
@pytest.mark.parametrize("version", EXCHANGES)
def test_who_says_nothing_is_sent_away_after_half_an_hour(world: Instant, version: str) -> None:
    with exchange(world, version) as server, socket.create_connection((server.host, server.port), 20) as silent:
        answers = silent.makefile("rb")
        assert answers.readline().startswith(b"* OK")
        silent.sendall(f'a LOGIN user1 "{PASSWORD}"\r\nb IDLE\r\n'.encode())
        assert answers.readline().startswith(b"a OK")
        assert answers.readline().startswith(b"+")
        world.clock.advance(1799)
        silent.sendall(b"DONE\r\n")  # that was in time
        assert answers.readline().startswith(b"b OK")
        world.clock.advance(1800)
        assert answers.readline().startswith(b"* BYE")
        assert answers.readline() == b""


SWITCHES: dict[tuple[str, ...], list[bytes]] = {
    (): [DONE, b"* LOGOUT\r\n"],
    ("logout-tag-constant",): [DONE, b"ZZZZ LOGOUT\r\n"],
    ("logout-with-done",): [DONE + b"* LOGOUT\r\n"],
    ("logout-with-done", "logout-tag-constant"): [DONE + b"ZZZZ LOGOUT\r\n"],
}
"""Alternatives, and the last that is written."""


@pytest.mark.cites("O5:2.1.2", "O5:C0001")
@pytest.mark.parametrize("version", OUTLOOKS)
@pytest.mark.parametrize("switches", SWITCHES)
def test_the_end_of_the_day(world: Instant, version: str, switches: tuple[str, ...]) -> None:
    with exchange(world) as server:
        with outlook(world, server, load(version).with_alternatives(switches)) as one:
            one.sync()
            world.until(2000)
            before = len(world.sent)
        ending = [octets for _, octets in said(world, after=before)]
    assert [re.sub(rb"DONE\r\n[a-z0-9]{4} ", b"DONE\r\n* ", octets) for octets in ending] == SWITCHES[switches]
