"""The cache as a whole, whose it is, and its folders."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from outlookimap.cache import Arrived, BodyState, Cache, Criteria, Flag, FolderRow
from outlookimap.errors import CacheBusy, CacheError, UsageError

URL = "imaps://mail.example.com"


@pytest.fixture
def cache() -> Iterator[Cache]:
    with Cache() as opened:
        yield opened


def add(cache: Cache, raw: bytes, **options: Any) -> int:
    given = {"name": raw.decode(), "delimiter": "/", "attributes": (), "source": "LIST", **options}
    return cache.folders.add(raw, given.pop("server_raw", raw), **given)


def get(cache: Cache, folder: int) -> FolderRow:
    row = cache.folders.get(folder)
    assert row is not None
    return row


def names(cache: Cache) -> list[tuple[bytes, bytes | None, str]]:
    return [(row.raw, row.server_raw, row.name) for row in cache.folders.all(removed=True)]


def message(uid: int) -> Arrived:
    return Arrived(uid=uid, flags=Flag(0), keywords="", size=1, internaldate=None, header=b"Subject: plum\r\n\r\n")


class TestWhoseItIs:
    def test_the_first_account_is_kept(self, tmp_path: Path) -> None:
        with Cache(tmp_path / "a.sqlite") as cache:
            assert cache.account() == {}
            cache.bind(URL, "user1")
        with Cache(tmp_path / "a.sqlite") as cache:
            assert cache.account() == {"url": URL, "user": "user1"}
            assert cache.path == tmp_path / "a.sqlite"

    @pytest.mark.parametrize("url", [URL, "imap://mail.example.com:1143/", "imaps://user1@MAIL.example.com:993"])
    def test_port_and_encryption_may_change(self, cache: Cache, url: str) -> None:
        cache.bind(URL, "user1")
        cache.bind(url, "user1")
        assert cache.account() == {"url": url, "user": "user1"}

    @pytest.mark.parametrize(("url", "user"), [("imaps://other.example.com", "user1"), (URL, "user2"), (URL, "User1")])
    def test_another_account_is_refused(self, cache: Cache, url: str, user: str) -> None:
        cache.bind(URL, "user1")
        with pytest.raises(CacheError, match=f"'user1' at {URL}, not that of '{user}' at {url}: name another file"):
            cache.bind(url, user)
        assert cache.account() == {"url": URL, "user": "user1"}

    def test_a_password_is_not_kept(self, cache: Cache) -> None:
        with pytest.raises(UsageError, match="leave the password out") as caught:
            cache.bind("imaps://user1:hunter2@mail.example.com", "user1")
        assert "hunter2" not in str(caught.value)
        assert cache.account() == {}


class TestWorkingOnIt:
    def test_one_at_a_time(self, tmp_path: Path) -> None:
        with Cache(tmp_path / "a.sqlite") as cache, Cache(tmp_path / "a.sqlite") as other:
            with cache.working(0), pytest.raises(CacheBusy):
                other.working(0).__enter__()
            with other.working(0), other.working(0):
                assert cache.folders.all() == []

    def test_what_fails_leaves_nothing(self, cache: Cache) -> None:
        def twice() -> None:
            with cache.transaction(durable=True):
                add(cache, b"A")
                add(cache, b"A")

        with pytest.raises(CacheError):
            twice()
        assert cache.folders.all() == []

    @pytest.mark.cites("O5:C0002")
    def test_mail_outlives_the_process(self, tmp_path: Path) -> None:
        with Cache(tmp_path / "a.sqlite") as cache:
            folder = add(cache, b"INBOX")
            (identity,) = cache.messages.add(folder, 1, [message(7)])
            cache.messages.store_body(identity, b"Subject: plum\r\n\r\nA tree.\r\n", partial=False)
        with Cache(tmp_path / "a.sqlite") as cache:
            (row,) = cache.messages.find(folder)
            assert (row.uid, row.subject) == (7, "plum")
            assert cache.messages.body(row.id) == (b"Subject: plum\r\n\r\nA tree.\r\n", BodyState.WHOLE)


class TestRows:
    def test_what_is_told_is_kept(self, cache: Cache) -> None:
        folder = cache.folders.add(
            b"Entw&APw-rfe",
            b"Entw&APw-rfe",
            name="Entw\u00fcrfe",
            delimiter="/",
            attributes={"\\HasNoChildren", "\\Drafts"},
            source="XLIST",
            subscribed=False,
            special="drafts",
        )
        assert cache.folders.get(folder) == FolderRow(
            id=folder,
            raw=b"Entw&APw-rfe",
            server_raw=b"Entw&APw-rfe",
            name="Entw\u00fcrfe",
            delimiter="/",
            attributes=frozenset({"\\HasNoChildren", "\\Drafts"}),
            source="XLIST",
            subscribed=False,
            special="drafts",
            removed=False,
            uidvalidity=None,
            generation=1,
            building=None,
            building_uidvalidity=None,
            floor=0,
            unseen=None,
            visited=None,
        )

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("raw", b"B"),
            ("server_raw", None),
            ("server_raw", b"\xff"),
            ("name", "B"),
            ("delimiter", None),
            ("delimiter", "."),
            ("attributes", frozenset({"\\Noselect"})),
            ("attributes", frozenset()),
            ("source", "LSUB"),
            ("subscribed", None),
            ("subscribed", True),
            ("special", "sent"),
            ("removed", True),
            ("uidvalidity", 4294967295),
            ("generation", 2),
            ("building", 3),
            ("building_uidvalidity", 0),
            ("floor", 4294967295),
            ("unseen", 12),
            ("visited", dt.datetime(2024, 2, 3, 4, 5, 6, tzinfo=dt.UTC)),
            ("visited", None),
        ],
    )
    def test_each_can_be_changed(self, cache: Cache, column: str, value: Any) -> None:
        folder, other = add(cache, b"A"), add(cache, b"O")
        before = get(cache, other)
        cache.folders.update(folder, **{column: value})
        assert getattr(get(cache, folder), column) == value
        assert get(cache, other) == before

    def test_a_moment_of_another_zone(self, cache: Cache) -> None:
        folder = add(cache, b"A")
        zone = dt.timezone(dt.timedelta(hours=2))
        cache.folders.update(folder, visited=dt.datetime(2024, 2, 3, 4, 5, 6, 999, tzinfo=zone), unseen=1)
        row = get(cache, folder)
        assert row.visited == dt.datetime(2024, 2, 3, 2, 5, 6, tzinfo=dt.UTC)
        assert row.unseen == 1

    @pytest.mark.parametrize("column", ["id", "colour", "name = name; --"])
    def test_a_column_that_is_none(self, cache: Cache, column: str) -> None:
        with pytest.raises(UsageError, match="folders have no column"):
            cache.folders.update(add(cache, b"A"), **{column: 1})

    def test_an_update_of_nothing(self, cache: Cache) -> None:
        folder = add(cache, b"A")
        cache.folders.update(folder)
        assert get(cache, folder).raw == b"A"

    def test_a_name_is_taken_once(self, cache: Cache) -> None:
        add(cache, b"A")
        with pytest.raises(CacheError, match="UNIQUE"):
            add(cache, b"A")

    def test_the_name_of_a_removed_one_is_free(self, cache: Cache) -> None:
        old = add(cache, b"A")
        cache.folders.update(old, removed=True)
        new = add(cache, b"A", server_raw=None)
        assert [row.id for row in cache.folders.all()] == [new]
        assert {row.id for row in cache.folders.all(removed=True)} == {old, new}

    def test_their_order(self, cache: Cache) -> None:
        for raw in (b"a", b"Z", b"inbox", b"A/b"):
            add(cache, raw)
        assert [row.raw for row in cache.folders.all()] == [b"inbox", b"A/b", b"Z", b"a"]


class TestNames:
    @pytest.mark.cites("O5:V0016")
    def test_case_makes_two_folders(self, cache: Cache) -> None:
        one, two = add(cache, b"Archive"), add(cache, b"archive")
        found = [cache.folders.by_raw(b"Archive"), cache.folders.by_name("archive"), cache.folders.by_raw(b"ARCHIVE")]
        assert [row and row.id for row in found] == [one, two, None]

    @pytest.mark.parametrize("spelling", ["INBOX", "inbox", "Inbox"])
    def test_but_not_of_inbox(self, cache: Cache, spelling: str) -> None:
        folder = add(cache, b"INBOX")
        add(cache, b"INBOX/inbox")
        raw = spelling.encode()
        found = [cache.folders.by_name(spelling), cache.folders.by_raw(raw), cache.folders.by_server_raw(raw)]
        assert [row and row.id for row in found] == [folder] * 3

    def test_inbox_as_the_server_spells_it_comes_first(self, cache: Cache) -> None:
        add(cache, b"INBOX")
        other = add(cache, b"Inbox")
        found = cache.folders.by_raw(b"Inbox")
        assert found is not None
        assert found.id == other

    def test_no_inbox(self, cache: Cache) -> None:
        assert cache.folders.by_name("INBOX") is None

    def test_a_removed_one_is_known_to_the_server_only(self, cache: Cache) -> None:
        folder = add(cache, b"A", server_raw=b"B")
        cache.folders.update(folder, removed=True)
        assert cache.folders.by_raw(b"A") is None
        assert cache.folders.by_name("A") is None
        found = cache.folders.by_server_raw(b"B")
        assert found is not None
        assert found.id == folder


class TestRenaming:
    def test_what_people_see(self, cache: Cache) -> None:
        folder = add(cache, b"A")
        for raw in (b"A/B", b"A/B/C", b"AB", b"A.B", b"a/B"):
            add(cache, raw)
        cache.folders.rename_tree(folder, b"&AMQ-", server=False)
        assert names(cache) == [
            (b"A.B", b"A.B", "A.B"),
            (b"AB", b"AB", "AB"),
            (b"a/B", b"a/B", "a/B"),
            (b"&AMQ-", b"A", "\u00c4"),
            (b"&AMQ-/B", b"A/B", "\u00c4/B"),
            (b"&AMQ-/B/C", b"A/B/C", "\u00c4/B/C"),
        ]

    def test_what_the_server_knows(self, cache: Cache) -> None:
        folder = add(cache, b"New", server_raw=b"Old")
        add(cache, b"New/B", server_raw=b"Old/B")
        add(cache, b"New/C", server_raw=None)
        add(cache, b"Old/D", server_raw=b"X/D")
        cache.folders.rename_tree(folder, b"New", server=True)
        assert names(cache) == [
            (b"New", b"New", "New"),
            (b"New/B", b"New/B", "New/B"),
            (b"New/C", None, "New/C"),
            (b"Old/D", b"X/D", "Old/D"),
        ]

    def test_one_that_is_new_gets_its_name_on_the_server(self, cache: Cache) -> None:
        folder = add(cache, b"A", server_raw=None)
        cache.folders.rename_tree(folder, b"A", server=True)
        assert names(cache) == [(b"A", b"A", "A")]

    def test_below_itself(self, cache: Cache) -> None:
        folder = add(cache, b"A")
        add(cache, b"A/A")
        cache.folders.rename_tree(folder, b"A/A", server=False)
        assert [raw for raw, _, _ in names(cache)] == [b"A/A", b"A/A/A"]

    def test_without_a_delimiter_nothing_is_below(self, cache: Cache) -> None:
        folder = add(cache, b"A", delimiter=None)
        add(cache, b"A/B", delimiter=None)
        cache.folders.rename_tree(folder, b"B", server=False)
        assert [raw for raw, _, _ in names(cache)] == [b"A/B", b"B"]

    @pytest.mark.parametrize("taken", [b"B", b"B/C"])
    def test_a_name_that_is_taken_changes_nothing(self, cache: Cache, taken: bytes) -> None:
        folder = add(cache, b"A")
        add(cache, b"A/C")
        add(cache, taken)
        before = names(cache)
        with pytest.raises(CacheError, match="UNIQUE"):
            cache.folders.rename_tree(folder, b"B", server=False)
        assert names(cache) == before

    def test_one_that_is_gone(self, cache: Cache) -> None:
        add(cache, b"A")
        cache.folders.rename_tree(99, b"B", server=False)
        assert names(cache) == [(b"A", b"A", "A")]


def test_all_of_a_removed_folder_goes(tmp_path: Path) -> None:
    with Cache(tmp_path / "a.sqlite") as cache:
        gone, stays = add(cache, b"A"), add(cache, b"B")
        for folder in (gone, stays):
            for identity in cache.messages.add(folder, 1, [message(1), message(2)]):
                cache.messages.store_body(identity, b"Subject: plum\r\n\r\nA tree.\r\n", partial=False)
        cache.search.index_outstanding()
        assert len(cache.messages.find(None, Criteria(text="plum tree"))) == 4
        ids = [row.id for row in cache.messages.find(gone)]
        cache.folders.remove(gone)
        assert cache.folders.get(gone) is None
        assert [cache.messages.get(identity) for identity in ids] == [None, None]
        assert [cache.messages.header(identity) for identity in ids] == [None, None]
        assert [cache.messages.body(identity) for identity in ids] == [None, None]
        assert [row.folder for row in cache.messages.find(None, Criteria(text="plum tree"))] == [stays, stays]


def test_an_id_is_never_given_again(cache: Cache) -> None:
    folder = add(cache, b"A")
    cache.folders.remove(folder)
    assert add(cache, b"A") > folder
