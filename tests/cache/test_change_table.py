"""The queue of local changes, over the real tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlookimap.cache import BodyState, Cache, ChangeState, Flag, Subject
from outlookimap.cache.changes import PURPOSES, applied
from outlookimap.cache.rows import OPEN, flag_bits, flag_names
from outlookimap.errors import CacheError

MADE = dt.datetime(2024, 2, 12, 10, 11, 12, tzinfo=dt.timezone(dt.timedelta(hours=1)))
FINISHED = [state for state in ChangeState if state not in OPEN]
NONE = Flag(0)


@pytest.fixture
def cache() -> Iterator[Cache]:
    with Cache() as opened:
        yield opened


def folder(cache: Cache, name: str = "INBOX") -> int:
    return cache.folders.add(name.encode(), name.encode(), name=name, delimiter="/", attributes=(), source="LIST")


def message(cache: Cache, folder_id: int) -> int:
    return cache.messages.add_local(
        folder_id,
        1,
        octets=None,
        header=b"Subject: a\r\n\r\n",
        flags=NONE,
        internaldate=MADE,
        size=1,
        body=BodyState.NONE,
    )


def flags(cache: Cache, purpose: str, *messages: int, state: ChangeState = ChangeState.QUEUED) -> int:
    subjects = [Subject(each) for each in messages]
    change = cache.changes.add("flags", detail={"purpose": purpose}, subjects=subjects, made=MADE)
    cache.changes.set_state(change, state)
    return change


def test_a_change_comes_back_as_it_was_given(cache: Cache) -> None:
    subjects = (Subject(3, 9), Subject(1), Subject(None, 7), Subject(1, 8))
    detail = {"flags": ["\\Seen"], "date": None, "name": "Gr\u00fc\u00dfe"}
    change = cache.changes.add(
        "append", folder=4, target=5, detail=detail, subjects=iter(subjects), octets=b"\0\xff", made=MADE
    )
    row = cache.changes.get(change, octets=True)
    assert row is not None
    assert (row.id, row.kind, row.state, row.step) == (change, "append", ChangeState.QUEUED, 0)
    assert (row.folder, row.target, row.detail, row.subjects) == (4, 5, detail, subjects)
    assert (row.floor, row.floor_uidvalidity, row.error, row.octets) == (None, None, None, b"\0\xff")
    assert row.made == MADE
    assert row.made.utcoffset() == dt.timedelta(0)
    assert row.open


def test_octets_are_read_where_they_are_asked_for(cache: Cache) -> None:
    change = cache.changes.add("append", octets=b"x" * 1000, made=MADE)
    assert [row.octets for row in cache.changes.open()] == [None]
    assert "xxx" not in repr(cache.changes.get(change, octets=True))


def test_what_is_not_there(cache: Cache) -> None:
    assert cache.changes.get(1) is None
    assert cache.changes.open() == []
    with pytest.raises(CacheError, match="no change 1 "):
        cache.changes.set_state(1, ChangeState.DONE)
    with pytest.raises(CacheError, match="no change 1 "):
        cache.changes.set_step(1, 1)
    with pytest.raises(CacheError, match="no change 1 "):
        cache.changes.set_floor(1, 1, 1)


def test_open_changes_come_in_the_order_they_were_made(cache: Cache) -> None:
    made = [cache.changes.add("create", made=MADE) for _ in range(6)]
    for change, state in zip(made, [*OPEN, ChangeState.DONE, ChangeState.REFUSED, ChangeState.QUEUED], strict=True):
        cache.changes.set_state(change, state)
    assert [row.id for row in cache.changes.open()] == [*made[:3], made[5]]


def test_where_a_change_stands(cache: Cache) -> None:
    change = cache.changes.add("move", subjects=[Subject(1, 2)], made=MADE)
    cache.changes.set_state(change, ChangeState.HELD, "the server said no")
    cache.changes.set_step(change, 1)
    cache.changes.set_floor(change, 17, 4_294_967_295)
    cache.changes.set_subjects(change, [Subject(5, 6), Subject(3)])
    row = cache.changes.get(change)
    assert row is not None
    assert (row.state, row.error, row.step) == (ChangeState.HELD, "the server said no", 1)
    assert (row.floor, row.floor_uidvalidity) == (17, 4_294_967_295)
    assert row.subjects == (Subject(5, 6), Subject(3))
    cache.changes.set_state(change, ChangeState.SENT)
    cache.changes.set_subjects(change, [])
    row = cache.changes.get(change)
    assert row is not None
    assert (row.state, row.error, row.subjects) == (ChangeState.SENT, None, ())


@pytest.mark.parametrize("state", ChangeState)
def test_the_octets_of_an_append_stay_while_they_are_nowhere_else(cache: Cache, state: ChangeState) -> None:
    change = cache.changes.add("append", octets=b"only here", made=MADE)
    cache.changes.set_state(change, state)
    row = cache.changes.get(change, octets=True)
    assert row is not None
    gone = state in {ChangeState.DONE, ChangeState.DISCARDED}
    assert row.octets == (None if gone else b"only here")


def test_the_change_that_made_a_placeholder(cache: Cache) -> None:
    copied = cache.changes.add("copy", subjects=[Subject(1, 2), Subject(3, 4)], made=MADE)
    cache.changes.set_state(copied, ChangeState.DONE)
    found = cache.changes.maker(4)
    assert found is not None
    assert (found.id, found.subjects) == (copied, (Subject(1, 2), Subject(3, 4)))
    assert cache.changes.maker(3) is None


# ---------------------------------------------------------------- flags


# O5:V0056 lists the forms; what each is for is inferred.
@pytest.mark.cites("O5:V0056")
@pytest.mark.parametrize(
    ("purpose", "before", "after"),
    [
        ("delete", "", "\\Deleted \\Seen"),
        ("undelete", "\\Deleted \\Seen \\Flagged", "\\Seen \\Flagged"),
        ("read", "\\Flagged", "\\Flagged \\Seen"),
        ("unread", "\\Seen \\Draft", "\\Draft"),
        ("flag", "\\Seen", "\\Seen \\Flagged"),
        ("unflag", "\\Flagged", ""),
        ("answered", "", "\\Answered"),
        ("unanswered", "\\Answered \\Seen", "\\Seen"),
    ],
)
def test_what_each_purpose_does(purpose: str, before: str, after: str) -> None:
    assert flag_names(applied(flag_bits(before.split()), {"purpose": purpose})) == set(after.split())


def test_replacing_flags_sets_exactly_these() -> None:
    detail = {"purpose": "replace", "flags": ["\\seen", "\\Draft"]}
    assert applied(Flag.FLAGGED | Flag.DELETED, detail) == Flag.SEEN | Flag.DRAFT
    assert applied(Flag.FLAGGED, {"purpose": "replace", "flags": []}) == NONE


def test_the_later_change_wins_for_the_flags_it_touches(cache: Cache) -> None:
    assert cache.changes.overlay(1, Flag.DRAFT) == Flag.DRAFT
    flags(cache, "read", 1, 2)
    flags(cache, "flag", 1)
    flags(cache, "unread", 1)
    assert cache.changes.overlay(1, Flag.ANSWERED) == Flag.ANSWERED | Flag.FLAGGED
    assert cache.changes.overlay(2, NONE) == Flag.SEEN
    assert cache.changes.overlay(3, NONE) == NONE


@pytest.mark.parametrize("state", ChangeState)
def test_only_open_changes_show(cache: Cache, state: ChangeState) -> None:
    change = flags(cache, "flag", 1, state=state)
    open_ = state in OPEN
    assert cache.changes.overlay(1, NONE) == (Flag.FLAGGED if open_ else NONE)
    assert [row.id for row in cache.changes.touching(1)] == ([change] if open_ else [])


def test_a_move_marks_its_source_and_leaves_the_copy_alone(cache: Cache) -> None:
    change = cache.changes.add("move", target=2, subjects=[Subject(1, 9)], made=MADE)
    assert cache.changes.overlay(1, NONE) == Flag.DELETED | Flag.SEEN
    assert cache.changes.overlay(9, NONE) == NONE
    assert [row.id for row in cache.changes.touching(1)] == [change]
    assert cache.changes.touching(9) == []


def test_a_copy_changes_no_flags(cache: Cache) -> None:
    cache.changes.add("copy", target=2, subjects=[Subject(1, 9)], made=MADE)
    assert cache.changes.overlay(1, NONE) == NONE
    assert cache.changes.touching(1) == []


def test_touching_has_all_the_messages_of_a_change(cache: Cache) -> None:
    flags(cache, "read", 3, 1, 2)
    assert [row.subjects for row in cache.changes.touching(1)] == [(Subject(3), Subject(1), Subject(2))]


STEPS = st.lists(st.tuples(st.sampled_from(sorted(PURPOSES)), st.sampled_from(ChangeState)), max_size=8)


@given(STEPS, st.integers(0, 31))
def test_the_overlay_is_the_open_changes_one_after_another(steps: list[tuple[str, ChangeState]], start: int) -> None:
    expected = set(flag_names(start))
    with Cache() as cache:
        for purpose, state in steps:
            flags(cache, purpose, 1, state=state)
            if state in OPEN:
                added, removed = PURPOSES[purpose]
                expected = (expected | flag_names(added)) - flag_names(removed)
        assert flag_names(cache.changes.overlay(1, Flag(start))) == expected


def test_the_messages_of_a_folder_that_changes_are_about(cache: Cache) -> None:
    inbox, archive = folder(cache), folder(cache, "Archive")
    first, second, third = (message(cache, inbox) for _ in range(3))
    copied, kept = message(cache, archive), message(cache, archive)
    cache.changes.add("copy", folder=inbox, target=archive, subjects=[Subject(first, copied)], made=MADE)
    flags(cache, "read", second, kept)
    flags(cache, "read", third, state=ChangeState.DONE)
    assert cache.changes.messages_with_changes(inbox) == {first, second}
    assert cache.changes.messages_with_changes(archive) == {copied, kept}


def test_a_change_of_many_messages_is_looked_up_by_message(cache: Cache) -> None:
    flags(cache, "read", *range(1, 20_001))
    lines: list[str] = []
    cache.changes._database._connection.set_trace_callback(lines.append)
    cache.changes.touching(1)
    cache.changes._database._connection.set_trace_callback(None)
    plan = cache.changes._database.query(f"EXPLAIN QUERY PLAN {lines[0]}")
    steps = " ".join(str(row[3]) for row in plan)
    assert "change_messages_message" in steps
    assert "SCAN" not in steps
    assert all(cache.changes.overlay(number, NONE) == Flag.SEEN for number in range(1, 20_001))


# ---------------------------------------------------------------- reporting and forgetting


def test_finished_changes_are_reported_once(cache: Cache) -> None:
    made = [cache.changes.add("create", made=MADE) for _ in ChangeState]
    for change, state in zip(made, ChangeState, strict=True):
        cache.changes.set_state(change, state, "why" if state is ChangeState.REFUSED else None)
    finished = cache.changes.finished_unreported()
    assert [row.state for row in finished] == FINISHED
    assert [row.error for row in finished if row.state is ChangeState.REFUSED] == ["why"]
    cache.changes.mark_reported(row.id for row in finished[:2])
    assert cache.changes.finished_unreported() == finished[2:]


def test_the_oldest_finished_changes_are_forgotten(cache: Cache) -> None:
    made = [flags(cache, "read", 1, state=ChangeState.DONE) for _ in range(5)]
    waiting = flags(cache, "read", 1)
    cache.changes.prune(keep=2)
    assert [change for change in made if cache.changes.get(change) is not None] == made[3:]
    assert cache.changes.get(waiting) is not None
    subjects = cache.changes._database.query("SELECT DISTINCT change FROM change_messages ORDER BY change")
    assert [change for (change,) in subjects] == [*made[3:], waiting]


@pytest.mark.parametrize("state", ChangeState)
def test_what_was_not_reported_and_is_not_well_stays(cache: Cache, state: ChangeState) -> None:
    change = flags(cache, "read", 1, state=state)
    cache.changes.prune(keep=0)
    well = state in {ChangeState.DONE, ChangeState.DISCARDED}
    assert (cache.changes.get(change) is None) == well
    cache.changes.mark_reported([change])
    cache.changes.prune(keep=0)
    assert (cache.changes.get(change) is None) == (state not in OPEN)


def test_no_id_is_ever_given_twice(cache: Cache) -> None:
    first = flags(cache, "read", 1, state=ChangeState.DONE)
    cache.changes.prune(keep=0)
    assert flags(cache, "read", 1) > first


def begin_and_fail(cache: Cache) -> None:
    with cache.transaction(durable=True):
        flags(cache, "read", 1, state=ChangeState.SENT)
        cache.changes.set_step(99, 1)


def test_a_failed_transaction_leaves_no_change_behind(tmp_path: Path) -> None:
    with Cache(tmp_path / "a.sqlite") as cache:
        with pytest.raises(CacheError, match="no change 99 "):
            begin_and_fail(cache)
        assert cache.changes.open() == []
        kept = flags(cache, "read", 1)
    with Cache(tmp_path / "a.sqlite") as cache:
        assert [row.id for row in cache.changes.open()] == [kept]
