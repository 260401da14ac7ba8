"""The messages of the cache: arriving, flags, bodies, and becoming another."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from outlookimap.cache import Arrived, BodyState, Cache, Criteria, Fingerprint, Flag, MessageRow, Subject
from outlookimap.cache.database import PIECE_OCTETS

ZONE = dt.timezone(dt.timedelta(hours=2))
MOMENT = dt.datetime(2024, 2, 3, 4, 5, 6, tzinfo=ZONE)  # 1706925906 seconds since 1970
NOW = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
HEADER = (
    b"From: A <a@example.com>\r\nTo: b@example.com\r\nSubject: plum\r\n"
    b"Date: Sat, 3 Feb 2024 02:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n\r\n"
)


@pytest.fixture(params=[False, True], ids=["at once", "lazy"])
def cache(request: pytest.FixtureRequest) -> Iterator[Cache]:
    with Cache(lazy=request.param) as opened:
        yield opened


@pytest.fixture
def folder(cache: Cache) -> int:
    return new_folder(cache, b"INBOX")


def new_folder(cache: Cache, raw: bytes) -> int:
    return cache.folders.add(raw, raw, name=raw.decode(), delimiter="/", attributes=(), source="LIST")


def message(uid: int, flags: Flag = Flag(0), **fields: Any) -> Arrived:  # noqa: B008 - a constant
    row = Arrived(uid=uid, flags=flags, keywords="", size=10 + uid, internaldate=MOMENT, header=HEADER)
    return dataclasses.replace(row, **fields)


def add(cache: Cache, folder: int, *arrived: Arrived | int, generation: int = 1) -> list[int]:
    rows = [message(each) if isinstance(each, int) else each for each in arrived]
    return cache.messages.add(folder, generation, rows)


def add_local(cache: Cache, folder: int, octets: bytes | None = None, **fields: Any) -> int:
    body = BodyState.NONE if octets is None else BodyState.WHOLE
    given = {"header": HEADER, "flags": Flag.SEEN, "internaldate": MOMENT, "size": None, "body": body, **fields}
    return cache.messages.add_local(folder, 1, octets=octets, **given)


def get(cache: Cache, identity: int) -> MessageRow:
    row = cache.messages.get(identity)
    assert row is not None
    return row


def change_flags(cache: Cache, folder: int, purpose: str, *ids: int) -> int:
    """Queue a change of flags, as the layer above does."""
    with cache.transaction(durable=True):
        subjects = [Subject(identity) for identity in ids]
        change = cache.changes.add("flags", folder=folder, detail={"purpose": purpose}, subjects=subjects, made=NOW)
        cache.messages.refresh(ids)
    return change


def uids(rows: list[MessageRow]) -> list[int | None]:
    return [row.uid for row in rows]


class TestArriving:
    def test_what_arrives_is_kept(self, cache: Cache, folder: int) -> None:
        (identity,) = add(cache, folder, message(7, Flag.SEEN | Flag.FLAGGED, keywords="$MDNSent work"))
        row = get(cache, identity)
        assert dataclasses.replace(row, header_hash=None) == MessageRow(
            id=identity,
            folder=folder,
            generation=1,
            uid=7,
            flags=Flag.SEEN | Flag.FLAGGED,
            server_flags=Flag.SEEN | Flag.FLAGGED,
            keywords=("$MDNSent", "work"),
            size=17,
            internaldate=MOMENT,
            sent=dt.datetime(2024, 2, 3, 2, tzinfo=dt.UTC),
            subject="plum",
            sender="A <a@example.com>",
            recipients="b@example.com",
            message_id="<1@example.com>",
            header_hash=None,
            body=BodyState.NONE,
            hidden=False,
        )
        assert row.internaldate is not None
        assert row.internaldate.utcoffset() == dt.timedelta(hours=2)
        assert cache.messages.header(identity) == HEADER
        assert cache.messages.body(identity) is None

    def test_without_a_moment(self, cache: Cache, folder: int) -> None:
        (identity,) = add(cache, folder, message(1, internaldate=None, size=None, header=b"\r\n"))
        row = get(cache, identity)
        assert (row.internaldate, row.sent, row.size, row.subject) == (None, None, None, "")

    def test_what_is_here_is_left_as_it_is(self, cache: Cache, folder: int) -> None:
        first = add(cache, folder, 1, 3)
        second = add(cache, folder, message(3, Flag.SEEN), 2, message(1, Flag.SEEN), 2)
        assert second[0] == first[1]
        assert second[2] == first[0]
        assert second[1] == second[3]
        assert cache.messages.uids_and_flags(folder, 1) == [
            (1, 0, "", first[0]),
            (2, 0, "", second[1]),
            (3, 0, "", first[1]),
        ]

    def test_nothing_arrives(self, cache: Cache, folder: int) -> None:
        assert add(cache, folder) == []

    def test_a_uid_is_one_of_its_folder_and_generation(self, cache: Cache, folder: int) -> None:
        other = new_folder(cache, b"B")
        ids = [*add(cache, folder, 1), *add(cache, folder, 1, generation=2), *add(cache, other, 1)]
        assert len(set(ids)) == 3

    def test_an_id_is_never_given_again(self, cache: Cache, folder: int) -> None:
        ids = add(cache, folder, 1, 2)
        cache.messages.remove(ids)
        assert min(add(cache, folder, 1, 2)) > max(ids)

    def test_the_largest_numbers(self, cache: Cache, folder: int) -> None:
        (identity,) = add(cache, folder, message(4294967295, size=2**63 - 1))
        assert (get(cache, identity).uid, get(cache, identity).size) == (4294967295, 2**63 - 1)

    def test_ten_thousand_at_once(self, cache: Cache, folder: int) -> None:
        ids = add(cache, folder, *range(1, 10_001))
        assert [row[3] for row in cache.messages.uids_and_flags(folder, 1)] == ids
        assert cache.messages.count(folder) == 10_000
        cache.messages.remove(ids[1:])
        assert cache.messages.count(folder) == 1

    def test_one_made_here(self, cache: Cache, folder: int) -> None:
        with_body = add_local(cache, folder, HEADER + b"Here.\r\n", size=20)
        without = add_local(cache, folder, flags=Flag(0))
        assert [(row.id, row.uid, row.flags) for row in cache.messages.placeholders(folder)] == [
            (with_body, None, Flag.SEEN),
            (without, None, Flag(0)),
        ]
        assert cache.messages.body(with_body) == (HEADER + b"Here.\r\n", BodyState.WHOLE)
        assert cache.messages.header(without) == HEADER
        assert get(cache, without).body is BodyState.NONE
        assert cache.messages.uids_and_flags(folder, 1) == []


class TestBodies:
    @pytest.mark.cites("O5:V0070")
    @pytest.mark.parametrize(
        ("stored", "kept"),
        [
            ([(b"whole", False)], (b"whole", BodyState.WHOLE)),
            ([(b"part", True)], (b"part", BodyState.PARTIAL)),
            ([(b"part", True), (b"whole", False)], (b"whole", BodyState.WHOLE)),
            ([(b"whole", False), (b"part", True)], (b"whole", BodyState.WHOLE)),
            ([(b"part", True), (b"other", True)], (b"other", BodyState.PARTIAL)),
            ([(b"whole", False), (b"anew", False)], (b"anew", BodyState.WHOLE)),
        ],
    )
    def test_a_part_never_replaces_the_whole(
        self, cache: Cache, folder: int, stored: list[tuple[bytes, bool]], kept: tuple[bytes, BodyState]
    ) -> None:
        (identity,) = add(cache, folder, 1)
        told = [cache.messages.store_body(identity, octets, partial=partial) for octets, partial in stored]
        assert cache.messages.body(identity) == kept
        assert get(cache, identity).body is kept[1]
        assert told[-1] is (stored[-1][0] == kept[0])

    def test_of_a_message_that_is_gone(self, cache: Cache, folder: int) -> None:
        (identity,) = add(cache, folder, 1)
        cache.messages.remove([identity])
        assert cache.messages.store_body(identity, b"late", partial=False) is False
        assert cache.messages.body(identity) is None

    def test_many_at_once(self, cache: Cache, folder: int) -> None:
        whole, part, gone, other = add(cache, folder, 1, 2, 3, 4)
        cache.messages.store_body(whole, b"whole", partial=False)
        cache.messages.store_body(part, b"part", partial=True)
        cache.messages.remove([gone])
        bodies = [(whole, b"a part", True), (part, b"all", False), (gone, b"late", False), (other, b"new", True)]
        assert cache.messages.store_bodies(bodies) == 2
        kept = [cache.messages.body(identity) for identity in (whole, part, gone, other)]
        assert kept == [(b"whole", BodyState.WHOLE), (b"all", BodyState.WHOLE), None, (b"new", BodyState.PARTIAL)]
        assert cache.messages.store_bodies([]) == 0

    @pytest.mark.parametrize("more", [-1, 0, 1, 3 * PIECE_OCTETS // 2])
    def test_a_large_one(self, cache: Cache, folder: int, more: int) -> None:
        octets = bytes(range(256)) * ((PIECE_OCTETS + more) // 256) + b"the end"
        one, gone = add(cache, folder, 1, 2)
        cache.messages.remove([gone])
        bodies = [(one, octets, False), (gone, octets, False)]
        assert cache.messages.store_bodies(bodies) == 1
        assert cache.messages.body(one) == (octets, BodyState.WHOLE)
        assert cache.messages.body(gone) is None
        assert not cache.messages.store_body(one, octets[:-1], partial=True)
        assert cache.messages.body(one) == (octets, BodyState.WHOLE)

    def test_which_are_wanting(self, cache: Cache, folder: int) -> None:
        ids = add(cache, folder, 4, 2, 3)
        add_local(cache, folder)
        cache.messages.store_body(ids[0], b"part", partial=True)
        cache.messages.store_body(ids[1], b"whole", partial=False)
        assert cache.messages.without_body(folder, 1) == [3, 4]
        assert cache.messages.without_body(folder, 2) == []

    def test_its_words_are_found_once_it_is_here(self, cache: Cache, folder: int) -> None:
        (identity,) = add(cache, folder, 1)
        cache.search.index_outstanding()
        assert cache.messages.find(folder, Criteria(text="orchard")) == []
        cache.messages.store_body(identity, HEADER + b"An orchard.\r\n", partial=False)
        cache.search.index_outstanding()
        assert uids(cache.messages.find(folder, Criteria(text="orchard plum"))) == [1]


class TestFlags:
    def test_what_the_server_said(self, cache: Cache, folder: int) -> None:
        ids = add(cache, folder, message(1, Flag.SEEN), 2, 3)
        add(cache, folder, 1, generation=2)
        add(cache, new_folder(cache, b"B"), 2)
        said = [(1, Flag.SEEN, ""), (2, Flag.SEEN | Flag.DELETED, "b c"), (3, Flag(0), "a"), (99, Flag.SEEN, "")]
        assert cache.messages.set_server_flags(folder, 1, said) == 2
        assert cache.messages.uids_and_flags(folder, 1) == [
            (1, 1, "", ids[0]),
            (2, 9, "b c", ids[1]),
            (3, 0, "a", ids[2]),
        ]
        assert get(cache, ids[1]).flags == Flag.SEEN | Flag.DELETED
        assert get(cache, ids[2]).keywords == ("a",)
        assert sorted(row.flags for row in cache.messages.find(None)) == [0, 0, 1, 9]
        assert cache.messages.set_server_flags(folder, 1, said) == 0

    def test_queued_changes_stay_on_top(self, cache: Cache, folder: int) -> None:
        one, two = add(cache, folder, 1, 2)
        change_flags(cache, folder, "flag", one)
        assert (get(cache, one).flags, get(cache, one).server_flags) == (Flag.FLAGGED, Flag(0))
        assert cache.messages.set_server_flags(folder, 1, [(1, Flag.SEEN, "k"), (2, Flag.SEEN, "")]) == 2
        assert (get(cache, one).flags, get(cache, one).server_flags) == (Flag.SEEN | Flag.FLAGGED, Flag.SEEN)
        assert get(cache, one).keywords == ("k",)
        assert get(cache, two).flags == Flag.SEEN

    def test_the_later_local_change_wins(self, cache: Cache, folder: int) -> None:
        (identity,) = add(cache, folder, message(1, Flag.SEEN | Flag.FLAGGED))
        change_flags(cache, folder, "unread", identity)
        assert cache.messages.set_server_flags(folder, 1, [(1, Flag.SEEN, "")]) == 1
        assert get(cache, identity).flags == Flag(0)
        assert cache.messages.unseen(folder) == 1

    def test_they_are_worked_out_anew(self, cache: Cache, folder: int) -> None:
        (identity,) = add(cache, folder, message(1, Flag.SEEN))
        change = change_flags(cache, folder, "delete", identity)
        assert get(cache, identity).flags == Flag.SEEN | Flag.DELETED
        cache.changes.set_state(change, cache.changes.open()[0].state.DISCARDED)
        cache.messages.refresh([identity, 99])
        assert get(cache, identity).flags == Flag.SEEN


class TestAsking:
    @pytest.fixture
    def ids(self, cache: Cache, folder: int) -> list[int]:
        days = [(1, 10), (2, 30), (3, 20), (4, None)]
        return add(
            cache,
            folder,
            *(
                message(uid, internaldate=day and MOMENT.replace(day=1) + dt.timedelta(days=day - 1))
                for uid, day in days
            ),
        )

    @pytest.mark.parametrize(
        ("order", "expected"),
        [("newest", [2, 3, 1, 4]), ("oldest", [4, 1, 3, 2]), ("uid", [1, 2, 3, 4])],
    )
    def test_order(self, cache: Cache, folder: int, ids: list[int], order: Any, expected: list[int]) -> None:
        # The one without INTERNALDATE is of 3 February by its Date field.
        assert uids(cache.messages.find(folder, order=order)) == expected
        assert uids(cache.messages.find(folder, order=order, limit=2)) == expected[:2]

    def test_of_one_moment_the_last_come_first(self, cache: Cache, folder: int) -> None:
        add(cache, folder, 1, 2)
        add_local(cache, folder)
        assert uids(cache.messages.find(folder)) == [None, 2, 1]
        assert uids(cache.messages.find(folder, order="oldest")) == [1, 2, None]
        assert uids(cache.messages.find(folder, order="uid")) == [1, 2, None]

    def test_only_what_is_shown(self, cache: Cache, folder: int, ids: list[int]) -> None:
        cache.messages.hide(ids[:1])
        add(cache, folder, 50, generation=2)
        assert uids(cache.messages.find(folder, order="uid")) == [2, 3, 4]
        assert cache.messages.count(folder) == 3
        assert cache.messages.by_uid(folder, 1) is None
        assert cache.messages.by_uid(folder, 50) is None
        assert get(cache, ids[0]).hidden is True
        cache.messages.hide(ids[:1], hidden=False)
        assert uids(cache.messages.find(folder, order="uid")) == [1, 2, 3, 4]

    def test_in_all_folders(self, cache: Cache, folder: int, ids: list[int]) -> None:
        other, removed = new_folder(cache, b"B"), new_folder(cache, b"C")
        add(cache, other, 7, message(8, Flag.SEEN))
        add(cache, removed, 9)
        cache.folders.update(removed, removed=True)
        assert uids(cache.messages.find(None, order="uid")) == [1, 2, 3, 4, 7, 8]
        assert uids(cache.messages.find(None, Criteria(unread=False))) == [8]

    def test_how_many(self, cache: Cache, folder: int, ids: list[int]) -> None:
        cache.messages.set_server_flags(folder, 1, [(1, Flag.SEEN, ""), (2, Flag.FLAGGED, "")])
        assert (cache.messages.count(folder), cache.messages.unseen(folder)) == (4, 3)
        assert (cache.messages.count(99), cache.messages.unseen(99)) == (0, 0)

    def test_by_uid(self, cache: Cache, folder: int, ids: list[int]) -> None:
        found = cache.messages.by_uid(folder, 3)
        assert found is not None
        assert found.id == ids[2]
        assert [cache.messages.by_uid(folder, uid) for uid in (5, 0, -1, 1 << 32, 1 << 63, -(1 << 64))] == [None] * 6

    def test_fingerprints(self, cache: Cache, folder: int) -> None:
        (one,) = add(cache, folder, 1)
        (two,) = add(cache, folder, message(2, internaldate=None, header=b"Subject: x\r\n\r\n"))
        assert cache.messages.fingerprints([two, 99, one]) == [
            (one, Fingerprint("<1@example.com>", 1706925906, get(cache, one).header_hash)),
            (two, Fingerprint("", None, get(cache, two).header_hash)),
        ]
        assert get(cache, one).header_hash != get(cache, two).header_hash


class TestLeaving:
    def test_with_all_that_is_kept(self, cache: Cache, folder: int) -> None:
        ids = add(cache, folder, 1, 2)
        cache.messages.store_body(ids[0], b"x", partial=False)
        cache.search.index_outstanding()
        assert cache.messages.remove([ids[0], 99]) == 1
        assert [cache.messages.get(ids[0]), cache.messages.header(ids[0]), cache.messages.body(ids[0])] == [None] * 3
        assert uids(cache.messages.find(folder, Criteria(text="plum"))) == [2]

    def test_by_uid(self, cache: Cache, folder: int) -> None:
        add(cache, folder, 1, 2, 3)
        add(cache, folder, 1, generation=2)
        add(cache, new_folder(cache, b"B"), 1)
        assert cache.messages.remove_uids(folder, 1, [1, 3, 5]) == 2
        assert [row[0] for row in cache.messages.uids_and_flags(folder, 1)] == [2]
        assert [row[0] for row in cache.messages.uids_and_flags(folder, 2)] == [1]
        assert cache.messages.count(new_folder(cache, b"C")) == 0


class TestAssigning:
    def test_a_uid_alone(self, cache: Cache, folder: int) -> None:
        identity = add_local(cache, folder, b"octets")
        cache.messages.assign(identity, uid=9)
        assert (get(cache, identity).uid, get(cache, identity).flags) == (9, Flag.SEEN)
        assert cache.messages.placeholders(folder) == []

    @pytest.mark.parametrize("named", [True, False])
    def test_what_arrived_is_taken_over(self, cache: Cache, folder: int, named: bool) -> None:
        identity = add_local(cache, folder, b"octets", internaldate=None, header=b"Subject: pear\r\n\r\n")
        (other,) = add(cache, folder, message(9, Flag.ANSWERED, keywords="k"))
        expected = dataclasses.replace(get(cache, other), id=identity, body=BodyState.WHOLE)
        cache.messages.assign(identity, uid=9, arrived_id=other if named else None)
        assert get(cache, identity) == expected
        assert cache.messages.header(identity) == HEADER
        assert cache.messages.body(identity) == (b"octets", BodyState.WHOLE)
        assert cache.messages.get(other) is None
        assert [row[3] for row in cache.messages.uids_and_flags(folder, 1)] == [identity]

    @pytest.mark.parametrize(
        ("here", "arrived", "kept"),
        [
            (None, None, None),
            (None, (b"a", False), (b"a", BodyState.WHOLE)),
            (None, (b"a", True), (b"a", BodyState.PARTIAL)),
            ((b"h", False), None, (b"h", BodyState.WHOLE)),
            ((b"h", False), (b"a", False), (b"h", BodyState.WHOLE)),
            ((b"h", False), (b"a", True), (b"h", BodyState.WHOLE)),
            ((b"h", True), None, (b"h", BodyState.PARTIAL)),
            ((b"h", True), (b"a", False), (b"a", BodyState.WHOLE)),
        ],
    )
    def test_which_body_stays(
        self,
        cache: Cache,
        folder: int,
        here: tuple[bytes, bool] | None,
        arrived: tuple[bytes, bool] | None,
        kept: tuple[bytes, BodyState] | None,
    ) -> None:
        identity = add_local(cache, folder)
        (other,) = add(cache, folder, 9)
        for number, body in ((identity, here), (other, arrived)):
            if body is not None:
                cache.messages.store_body(number, body[0], partial=body[1])
        cache.messages.assign(identity, uid=9, arrived_id=other)
        assert cache.messages.body(identity) == kept
        assert get(cache, identity).body is (BodyState.NONE if kept is None else kept[1])

    def test_changes_of_either_are_kept(self, cache: Cache, folder: int) -> None:
        identity = add_local(cache, folder)
        (other,) = add(cache, folder, 9)
        change_flags(cache, folder, "flag", identity)
        change_flags(cache, folder, "answered", other)
        cache.messages.assign(identity, uid=9, arrived_id=other)
        assert get(cache, identity).flags == Flag.FLAGGED | Flag.ANSWERED
        assert get(cache, identity).server_flags == Flag(0)
        assert [change.subjects for change in cache.changes.open()] == [(Subject(identity),)] * 2

    def test_one_that_has_it(self, cache: Cache, folder: int) -> None:
        (identity,) = add(cache, folder, 9)
        cache.messages.assign(identity, uid=9)
        cache.messages.assign(identity, uid=9, arrived_id=identity)
        assert get(cache, identity).uid == 9

    def test_one_that_is_gone(self, cache: Cache, folder: int) -> None:
        (other,) = add(cache, folder, 9)
        cache.messages.assign(99, uid=9, arrived_id=other)
        assert get(cache, other).uid == 9

    def test_the_words_are_those_that_arrived(self, cache: Cache, folder: int) -> None:
        identity = add_local(cache, folder, header=b"Subject: pear\r\n\r\n")
        (other,) = add(cache, folder, 9)
        cache.search.index_outstanding()
        cache.messages.assign(identity, uid=9, arrived_id=other)
        cache.search.index_outstanding()
        found = [[row.id for row in cache.messages.find(folder, Criteria(text=word))] for word in ("plum", "pear")]
        assert found == [[identity], []]


@pytest.mark.cites("O5:V0003")
class TestGenerations:
    @pytest.fixture
    def old(self, cache: Cache, folder: int) -> list[int]:
        cache.folders.update(folder, uidvalidity=100, floor=500)
        ids = add(cache, folder, 501, message(502, Flag.SEEN), 503)
        for identity in ids:
            cache.messages.store_body(identity, b"old", partial=False)
        return ids

    @pytest.fixture
    def new(self, cache: Cache, folder: int) -> list[int]:
        cache.folders.update(folder, building=2, building_uidvalidity=200)
        return add(cache, folder, message(1, Flag.FLAGGED, size=5), 2, message(502, keywords="k"), generation=2)

    def test_the_old_is_shown_until_it_is_replaced(
        self, cache: Cache, folder: int, old: list[int], new: list[int]
    ) -> None:
        assert [row.id for row in cache.messages.find(folder, order="uid")] == old

    @pytest.mark.parametrize("keep_bodies", [True, False])
    def test_it_is_replaced(self, cache: Cache, folder: int, old: list[int], new: list[int], keep_bodies: bool) -> None:
        cache.messages.store_body(new[0], b"new", partial=False)
        pairs = {old[0]: new[0], old[2]: new[2]}
        cache.messages.switch(folder, 2, 200, pairs, keep_bodies=keep_bodies)
        rows = cache.messages.find(folder, order="uid")
        assert [(row.id, row.uid, row.generation) for row in rows] == [(old[0], 1, 2), (new[1], 2, 2), (old[2], 502, 2)]
        assert [(row.flags, row.size, row.keywords) for row in rows] == [
            (Flag.FLAGGED, 5, ()),
            (0, 12, ()),
            (0, 512, ("k",)),
        ]
        bodies = [cache.messages.body(row.id) for row in rows]
        if keep_bodies:
            assert bodies == [(b"old", BodyState.WHOLE), None, (b"old", BodyState.WHOLE)]
        else:
            assert bodies == [(b"new", BodyState.WHOLE), None, None]
        assert [row.body for row in rows] == [BodyState.NONE if body is None else body[1] for body in bodies]
        assert [cache.messages.get(identity) for identity in (old[1], new[0], new[2])] == [None] * 3
        found = cache.folders.get(folder)
        assert found is not None
        assert (found.generation, found.uidvalidity, found.building, found.building_uidvalidity) == (2, 200, None, None)
        assert found.floor == 502

    def test_placeholders_move_along(self, cache: Cache, folder: int, old: list[int], new: list[int]) -> None:
        placeholder = add_local(cache, folder)
        cache.messages.switch(folder, 2, 200, {}, keep_bodies=True)
        rows = cache.messages.find(folder, order="uid")
        assert [row.id for row in rows] == [*new, placeholder]

    def test_queued_changes_stay_on_top(self, cache: Cache, folder: int, old: list[int], new: list[int]) -> None:
        change_flags(cache, folder, "delete", old[0])
        cache.messages.switch(folder, 2, 200, {old[0]: new[0]}, keep_bodies=True)
        assert get(cache, old[0]).flags == Flag.FLAGGED | Flag.DELETED | Flag.SEEN
        assert get(cache, old[0]).server_flags == Flag.FLAGGED

    def test_an_empty_folder(self, cache: Cache, folder: int, old: list[int]) -> None:
        cache.messages.switch(folder, 2, 0, {}, keep_bodies=True)
        assert cache.messages.find(folder) == []
        found = cache.folders.get(folder)
        assert found is not None
        assert (found.floor, found.uidvalidity) == (0, 0)

    def test_other_folders_are_left_alone(self, cache: Cache, folder: int, old: list[int], new: list[int]) -> None:
        (other,) = add(cache, new_folder(cache, b"B"), 501)
        cache.messages.switch(folder, 2, 200, {}, keep_bodies=True)
        assert get(cache, other).generation == 1

    def test_what_was_begun_is_given_up(self, cache: Cache, folder: int, old: list[int], new: list[int]) -> None:
        placeholder = add_local(cache, folder)
        cache.messages.discard_building(folder)
        assert [cache.messages.get(identity) for identity in new] == [None] * 3
        assert [row.id for row in cache.messages.find(folder, order="uid")] == [*old, placeholder]
        found = cache.folders.get(folder)
        assert found is not None
        assert (found.generation, found.building, found.building_uidvalidity) == (1, None, None)

    def test_nothing_was_begun(self, cache: Cache, folder: int, old: list[int]) -> None:
        cache.messages.discard_building(folder)
        assert [row.id for row in cache.messages.find(folder, order="uid")] == old

    @pytest.mark.parametrize("keep_bodies", [True, False])
    def test_words_that_did_not_change_are_not_looked_at_again(
        self, cache: Cache, folder: int, old: list[int], new: list[int], keep_bodies: bool
    ) -> None:
        cache.messages.store_body(old[0], HEADER + b"An orchard.\r\n", partial=False)
        cache.search.index_outstanding()
        cache.messages.switch(folder, 2, 200, dict(zip(old, new, strict=True)), keep_bodies=keep_bodies)
        assert cache.search.index_outstanding() == (0 if keep_bodies else 3)
        assert uids(cache.messages.find(folder, Criteria(text="orchard"))) == ([1] if keep_bodies else [])
