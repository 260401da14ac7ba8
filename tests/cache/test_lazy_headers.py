"""Headers that are decoded when they are wanted: what is shown and found is the same as where that is done at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import generated_mail, header_corpus
from support.at_work import letter, opened, serving

from outlookimap.cache import Arrived, BodyState, Cache, Criteria, Flag
from outlookimap.cache.database import Database, shipped_migrations
from outlookimap.cache.message_queries import Order
from outlookimap.cache.summary import sent_moment, summarise

DAY = dt.datetime(2024, 2, 12, 12, tzinfo=dt.UTC)


def headers() -> list[bytes]:
    """Return headers of all kinds, one without any field and one without a line end among them."""
    odd = (b"Subject: " + value + b"\r\nFrom: " + value + b"\r\n\r\n" for value in header_corpus.values(60))
    return [*generated_mail.headers(40), *odd, b"", b"\r\n", b"Subject: no end", b"date: 1 Jan 2024 10:00:00 +0100\r\n"]


def filled(cache: Cache) -> int:
    """Put messages with these headers into a folder, every third without an INTERNALDATE; return the folder."""
    folder = cache.folders.add(b"INBOX", b"INBOX", name="INBOX", delimiter="/", attributes=(), source="LIST")
    arrived = [
        Arrived(uid, Flag.SEEN, "", None, None if uid % 3 == 0 else DAY - dt.timedelta(hours=uid), header)
        for uid, header in enumerate(headers(), 1)
    ]
    cache.messages.add(folder, 1, arrived)
    return folder


@pytest.fixture
def caches() -> Iterator[tuple[Cache, Cache]]:
    """Give a lazy local copy and one that is not, both with the same messages."""
    with Cache(lazy=True) as lazy, Cache() as eager:
        assert filled(lazy) == filled(eager)
        yield lazy, eager


def test_they_are_read_the_same(caches: tuple[Cache, Cache]) -> None:
    lazy, eager = caches
    before = lazy.stamp()
    orders: tuple[Order, ...] = ("newest", "oldest", "uid")
    for order in orders:
        for date_from in ("internaldate", "header"):
            for limit in (None, 7):
                wanted: dict[str, Any] = {"order": order, "date_from": date_from, "limit": limit}
                assert lazy.messages.find(1, **wanted) == eager.messages.find(1, **wanted)
    ids = [row.id for row in eager.messages.find(1)]
    assert [lazy.messages.get(one) for one in ids] == [eager.messages.get(one) for one in ids]
    assert lazy.messages.by_uid(1, 5) == eager.messages.by_uid(1, 5)
    assert lazy.messages.fingerprints(ids) == eager.messages.fingerprints(ids)
    assert lazy.stamp() == before  # reading writes nothing: another process may be writing


@pytest.mark.parametrize(
    "wanted",
    [
        {"sender": "björn"},
        {"recipient": "Γιώργος"},
        {"subject": "übersicht"},
        {"text": "übersicht"},
        {"text": "inv*", "subject": "i"},
        {"since": dt.date(2021, 3, 2), "before": dt.date(2024, 2, 11)},
        {"sender": "a", "unread": False},
    ],
)
def test_they_are_found_the_same(caches: tuple[Cache, Cache], wanted: dict[str, Any]) -> None:
    lazy, eager = caches
    found = lazy.find(1, Criteria(**wanted), order="uid")
    assert found == eager.find(1, Criteria(**wanted), order="uid")
    assert found
    assert lazy.find(None, Criteria(**wanted)) == eager.find(None, Criteria(**wanted))


def test_they_are_decoded_once_folder_by_folder(caches: tuple[Cache, Cache]) -> None:
    lazy, eager = caches
    count = len(headers())
    assert lazy.messages.decode_outstanding(2) == 0
    assert lazy.messages.decode_outstanding(1, batch=10) == count
    assert lazy.messages.decode_outstanding() == 0
    assert eager.messages.decode_outstanding() == 0
    assert lazy.messages.find(1) == eager.messages.find(1)


def test_a_lazy_one_and_another_share_a_file(tmp_path: Path) -> None:
    with Cache(tmp_path / "file", lazy=True) as lazy, Cache(tmp_path / "file") as other:
        filled(lazy)
        rows = other.messages.find(1, order="uid")
        assert [row.subject for row in rows] == [summarise(header).subject for header in headers()]
        assert other.messages.decode_outstanding() == len(rows)
        assert lazy.messages.find(1, order="uid") == rows


def test_a_message_recognised_again_is_read_from_its_new_header() -> None:
    with Cache(lazy=True) as cache:
        folder = filled(cache)
        cache.messages.decode_outstanding()
        old = cache.messages.by_uid(folder, 1)
        assert old is not None
        [new] = cache.messages.add(folder, 2, [Arrived(9, Flag(0), "", None, DAY, b"Subject: other\r\n\r\n")])
        cache.folders.update(folder, building=2, building_uidvalidity=9)
        cache.messages.switch(folder, 2, 9, {old.id: new}, keep_bodies=False)
        [row] = cache.messages.find(folder)
        assert (row.id, row.uid, row.subject, row.sender) == (old.id, 9, "other", "")
        assert [one.id for one in cache.find(folder, Criteria(text="other"))] == [old.id]


def test_the_date_alone_is_that_of_the_summary() -> None:
    for header in headers():
        assert sent_moment(header) == summarise(header).sent, header


def test_a_file_from_before_there_were_any_is_read(tmp_path: Path) -> None:
    old = Database(tmp_path / "file", migrations=shipped_migrations()[:1])
    old.execute("INSERT INTO folders (raw, server_raw, name) VALUES (x'61', x'61', 'a')")
    old.execute("INSERT INTO messages (folder, generation, uid, subject, sender) VALUES (1, 1, 7, 'kept', 'ann')")
    old.execute("INSERT INTO headers VALUES (1, ?)", (b"Subject: kept\r\n\r\n",))
    old.close()
    with Cache(tmp_path / "file") as cache:
        assert [(row.uid, row.subject, row.sender) for row in cache.messages.find(1)] == [(7, "kept", "ann")]
        assert cache.messages.decode_outstanding() == 0
        assert [row.uid for row in cache.find(1, Criteria(text="kept"))] == [7]


# ---------------------------------------------------------------- as a user meets it


@pytest.mark.parametrize("lazy", [False, True])
def test_a_sync_leaves_the_words_until_somebody_looks_for_some(lazy: bool, tmp_path: Path) -> None:
    with serving(*(letter(number, text=f"word{number}") for number in (1, 2, 3))) as server:
        with opened(server, tmp_path / "file", lazy=lazy) as outlook:
            outlook.sync()
            inbox = outlook.folder("INBOX")
            assert indexed(tmp_path / "file") == 0
            assert [message.subject for message in inbox.messages(order="uid")] == ["letter 1", "letter 2", "letter 3"]
            assert [message.uid for message in inbox.messages(sender="ANN", order="uid")] == [1, 2, 3]
            assert [message.uid for message in inbox.messages(text="word2")] == [2]
            assert indexed(tmp_path / "file") == 3
        with opened(server, tmp_path / "file", offline=True) as outlook:
            assert [message.uid for message in outlook.folder("INBOX").messages(text="word*", subject="3")] == [3]


def indexed(file: Path) -> int:
    """Return how many messages have their words in the index, all of which are here whole."""
    with Cache(file) as cache:
        rows = cache.messages.find(None)
        assert {row.body for row in rows} == {BodyState.WHOLE}
        database = Database(file)
        [(count,)] = database.query("SELECT count(*) FROM messages WHERE indexed = 1")
        database.close()
        return int(count)
