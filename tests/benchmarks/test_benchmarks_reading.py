"""The readings that are compared are of the same: every contender finds all messages and all octets of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from servers.real_server import RealServer
from support.generated_mail import headers, messages
from support.mailbox import mailbox

from benchmarks import reading, recorded
from benchmarks.children import serving
from benchmarks.reading import compare, sample
from benchmarks.reading_client import READERS
from benchmarks.samples import Comparison
from benchmarks.sizes import SMALL
from benchmarks.streams import KINDS, Stream, flags, generated

OCTETS = {
    "headers": sum(map(len, headers(40))),
    "bodies": sum(map(len, messages(20))),
    "flags": 0,
}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a directory with small answers."""
    return tmp_path_factory.mktemp("streams")


@pytest.fixture(scope="module")
def streams(directory: Path) -> list[Stream]:
    """Give them."""
    return generated(directory, replace(SMALL, headers=40, bodies=20, flags=100))


@pytest.fixture(scope="module")
def server(directory: Path, streams: list[Stream]) -> Iterator[dict[str, Any]]:
    """Run the server that answers with them."""
    with serving("canned_server", directory) as running:
        yield running


def silent(_: str) -> None:
    """Say nothing."""


def found(comparison: Comparison) -> set[tuple[int | None, int | None]]:
    """Return what contenders found that can tell."""
    return {(one.messages, one.octets) for name, (one,) in comparison.samples.items() if one.messages is not None}


@pytest.mark.parametrize(("user", "tls"), [("headers-as-asked", True), ("bodies", False), ("flags", False)])
def test_all_contenders_read_the_same(streams: list[Stream], server: dict[str, Any], user: str, *, tls: bool) -> None:
    [stream] = [one for one in streams if one.user == user]
    comparison = compare(stream, server, 1, silent, tls=tls)
    left_out = reading.WITHOUT_FLAGS if stream.kind == "flags" else set()
    assert [*comparison.samples] == [name for name in READERS if name not in left_out]
    [(count, octets)] = found(comparison)
    assert count == stream.count
    assert (octets or 0) == OCTETS[stream.kind]


def test_both_orders_of_items_say_the_same(streams: list[Stream], server: dict[str, Any]) -> None:
    for stream in streams[:2]:
        assert stream.kind == "headers"
        for name in ("session", "imapclient"):
            one = sample(name, stream, server, tls=False)
            assert (one.messages, one.octets) == (40, OCTETS["headers"])


def test_tiers_count_every_message_of_every_reading(streams: list[Stream], server: dict[str, Any]) -> None:
    one = sample("session", streams[0], server, tls=False)
    assert sum(one.tiers.values()) >= streams[0].count


def test_flags_shifted_by_three_are_others_in_each_hundredth_message() -> None:
    pairs = itertools.zip_longest(flags(1400), flags(1400, shift=3))
    assert [number for number, (one, other) in enumerate(pairs, 1) if one != other] == [*range(100, 1500, 100)]


def test_answers_of_a_real_server_are_recorded_whole(dovecot_server: RealServer, tmp_path: Path) -> None:
    sizes = SMALL.with_mailbox(12)
    user = dovecot_server.take_user()
    recorded.fill(dovecot_server, user, sizes.mailbox)
    recordings = recorded.answers(dovecot_server, user, tmp_path, sizes)
    assert [one.kind for one in recordings] == [*KINDS]
    mails = [mail.octets for mail in mailbox(12)]
    header_octets = sum(octets.index(b"\r\n\r\n") + 4 for octets in mails)
    with serving("canned_server", tmp_path) as running:
        for stream, octets in zip(recordings, (header_octets, sum(map(len, mails)), 0), strict=True):
            once = replace(stream, repeats=1)
            for name in ("session", "imaplib"):
                one = sample(name, once, running, tls=False)
                assert (one.messages, one.octets or 0) == (12, octets)
