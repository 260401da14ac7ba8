"""What a fetch brings is stored batch by batch, and whatever ends it, what has come is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import pytest

from outlookimap.cache import Arrived, BodyState, Cache, Flag
from outlookimap.client import Message
from outlookimap.errors import CacheError, ConnectionLost
from outlookimap.sync.arrivals import Bodies, Headers, flags_of

DATE = dt.datetime(2024, 2, 29, 12, 0, tzinfo=dt.UTC)
NONE: frozenset[str] = frozenset()


@pytest.fixture(name="cache")
def fixture_cache() -> Iterator[Cache]:
    """Give a local copy with one folder."""
    with Cache() as cache:
        cache.folders.add(b"INBOX", b"INBOX", name="INBOX", delimiter="/", attributes=(), source="LIST")
        yield cache


class Told:
    """Remembers what was told of progress, and the sizes of what was stored."""

    def __init__(self, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps: list[tuple[int, int]] = []
        self.stored: list[int] = []
        add = cache.messages.add

        def counted(folder_id: int, generation: int, arrived: Sequence[Arrived]) -> list[int]:
            self.stored.append(len(arrived))
            return add(folder_id, generation, arrived)

        monkeypatch.setattr(cache.messages, "add", counted)

    def step(self, count: int, octets: int) -> None:
        self.steps.append((count, octets))


@pytest.fixture(name="told")
def fixture_told(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Give what remembers."""
    return Told(cache, monkeypatch)


def message(uid: int | None, header: bytes | None = b"Subject: a\r\n\r\n", *, body: bytes | None = None) -> Message:
    """Return what a FETCH response says."""
    return Message(1, uid, NONE, 10, DATE, header if body is None else None, body)


def stored(cache: Cache) -> list[int]:
    """Return the UIDs that are stored."""
    return [uid for uid, *_ in cache.messages.uids_and_flags(1, 1)]


@pytest.mark.cites("O5:V0005")
@pytest.mark.parametrize(
    ("names", "result"),
    [
        ((), (Flag(0), "")),
        (("\\Seen", "\\Deleted"), (Flag.SEEN | Flag.DELETED, "")),
        (("b", "\\Draft", "a"), (Flag.DRAFT, "a b")),
    ],
)
def test_flags(names: tuple[str, ...], result: tuple[Flag, str]) -> None:
    assert flags_of(frozenset(names)) == result


def test_a_batch_is_a_thousand_messages(cache: Cache, told: Told) -> None:
    with Headers(cache, 1, 1, told.step) as headers:
        for first in range(1, 2501, 250):
            headers.take([message(uid) for uid in range(first, first + 250)])
            assert len(stored(cache)) == (first + 249) // 1000 * 1000
    assert told.stored == [1000, 1000, 500]
    assert told.steps == [(250, 250 * 14)] * 10
    assert stored(cache) == [*range(1, 2501)]
    assert [*headers.ids] == [*range(1, 2501)]


def test_a_batch_is_four_megabytes(cache: Cache, told: Told) -> None:
    with Headers(cache, 1, 1, told.step) as headers:
        for uid in range(1, 6):
            headers.take([message(uid, b"X: " + b"x" * 999_997)])
    assert told.stored == [4, 1]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ConnectionLost("gone"), ValueError("a listener's")])
def test_whatever_ends_it_what_has_come_is_stored(cache: Cache, told: Told, error: BaseException) -> None:
    with pytest.raises(type(error)), Headers(cache, 1, 1, told.step) as headers:  # noqa: PT012
        headers.take([message(1), message(2)])
        raise error
    assert stored(cache) == [1, 2]


def test_what_could_not_be_stored_is_not_tried_again(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def refuse(*_: object) -> list[int]:
        tries.append(1)
        raise CacheError("the disk is full")

    monkeypatch.setattr(cache.messages, "add", refuse)
    with pytest.raises(CacheError, match="disk"), Headers(cache, 1, 1, lambda *_: None) as headers:
        headers.take([message(uid) for uid in range(1, 1001)])
    assert tries == [1]


def test_a_listener_that_raises_loses_nothing(cache: Cache) -> None:
    def stop(count: int, octets: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Headers(cache, 1, 1, stop) as headers:
        headers.take([message(7)])
    assert stored(cache) == [7]


def test_a_message_told_twice_and_in_parts(cache: Cache) -> None:
    with Headers(cache, 1, 1, lambda *_: None) as headers:
        headers.take([Message(1, 5, None, 99), Message(2, 6, frozenset(("\\Seen",)), 10, DATE, b"A: b\r\n\r\n")])
        headers.take([Message(1, 5, NONE, None, DATE, b"C: d\r\n\r\n"), Message(2, 6, header=b"A: b\r\n\r\n")])
        headers.take([message(None)])
    five, six = cache.messages.find(1, order="uid")
    assert (five.uid, five.size, five.internaldate, five.flags) == (5, 99, DATE, Flag(0))
    assert (six.uid, six.size, six.internaldate, six.flags) == (6, 10, DATE, Flag.SEEN)


def test_a_message_whose_other_half_never_comes_is_kept_without_a_header(cache: Cache) -> None:
    with Headers(cache, 1, 1, lambda *_: None) as headers:
        headers.take([Message(uid, uid, NONE, 99) for uid in range(1, 1002)])
        assert stored(cache) == []
    assert len(stored(cache)) == 1001
    assert cache.messages.header(headers.ids[1]) == b""


# ---------------------------------------------------------------- bodies


@pytest.mark.cites("O5:V0070")
def test_bodies_and_the_flags_they_came_with(cache: Cache) -> None:
    with Headers(cache, 1, 1, lambda *_: None) as headers:
        headers.take([message(uid) for uid in (1, 2, 3)])
    steps: list[tuple[int, int]] = []
    known = dict.fromkeys((1, 2, 3), (0, ""))
    with Bodies(cache, 1, 1, headers.ids, known, lambda *step: steps.append(step)) as bodies:
        bodies.take([message(1, body=b"one"), Message(2, 2, frozenset(("\\Seen", "k")), body=b"two!")])
        bodies.take([message(9, body=b"nobody's"), Message(1, 1, body=b"on", partial=True)])
    assert steps == [(2, 7), (2, 10)]
    assert bodies.changed == 1
    one, two, three = cache.messages.find(1, order="uid")
    assert cache.messages.body(one.id) == (b"one", BodyState.WHOLE)
    assert cache.messages.body(two.id) == (b"two!", BodyState.WHOLE)
    assert (two.flags, two.keywords, three.body) == (Flag.SEEN, ("k",), BodyState.NONE)


@pytest.mark.cites("O5:V0070")
def test_a_part_does_not_replace_the_whole(cache: Cache) -> None:
    with Headers(cache, 1, 1, lambda *_: None) as headers:
        headers.take([message(1)])
    for octets, partial in ((b"whole", False), (b"wh", True)):
        with Bodies(cache, 1, 1, headers.ids, {1: (0, "")}, lambda *_: None) as bodies:
            bodies.take([Message(1, 1, NONE, body=octets, partial=partial)])
    assert cache.messages.body(headers.ids[1]) == (b"whole", BodyState.WHOLE)


def test_a_body_is_stored_before_the_batch_is_full_where_it_is_large(cache: Cache) -> None:
    with Headers(cache, 1, 1, lambda *_: None) as headers:
        headers.take([message(1), message(2)])
    with Bodies(cache, 1, 1, headers.ids, {}, lambda *_: None) as bodies:
        bodies.take([message(1, body=b"x" * 4_000_000)])
        assert cache.messages.body(headers.ids[1]) is not None
        bodies.take([message(2, body=b"x")])
        assert cache.messages.body(headers.ids[2]) is None
    assert cache.messages.body(headers.ids[2]) == (b"x", BodyState.WHOLE)
