r"""Messages of ours that the server confirmed and that are not there: held or reported, and never a false alarm."""

from __future__ import annotations

import pytest
from support.queueing import Desk, appended, said
from support.syncing import bench, body, fetched, header, select

from outlookimap.cache import Cache, ChangeState
from outlookimap.sync.visit import visit

OCTETS = b"Subject: new\r\nMessage-ID: <new@x>\r\n\r\nHello\r\n"
NAMELESS = b"Subject: new\r\n\r\nHello\r\n"
WORK = select(0, 8, "Work")


def taken(octets: bytes = OCTETS) -> tuple[Desk, int]:
    """Return a copy with an append that the server has answered OK, and the change."""
    desk = Desk()
    change = desk.append(octets)
    assert desk.play(WORK + appended(octets)) == {}
    assert desk.state(change) is ChangeState.DONE
    return desk, change


def looked(desk: Desk, text: str) -> None:
    """Visit Work."""
    with bench(text, cache=desk.cache, capabilities="IMAP4rev1") as on:
        visit(on.line, on.cache, desk.folder("Work"))


@pytest.mark.cites("O5:V0048")
def test_a_message_that_is_not_there_is_held_with_its_octets() -> None:
    desk, change = taken()
    desk.cache.changes.mark_reported([change])
    looked(desk, WORK)
    row = desk.change(change)
    assert (row.state, row.octets) == (ChangeState.HELD, OCTETS)
    assert row.error == "the server answered OK, but the message is not in 'Work': lost there, or removed by others"
    assert [subject for _, subject, _ in desk.shown("Work")] == ["new"]
    looked(desk, WORK)
    assert desk.state(change) is ChangeState.HELD


@pytest.mark.cites("O5:V0007", "O5:V0048")
def test_one_that_comes_late_is_found_and_is_there_once() -> None:
    desk, change = taken()
    looked(desk, WORK)
    text = select(1, 8, "Work") + fetched("1:*", header(1, 31, "new")) + fetched("31", body(1, 31, "x"), items="BODY")
    looked(desk, text.split("C: $tag UID FETCH 31")[0])
    row = desk.change(change)
    assert (row.state, row.octets, row.error) == (ChangeState.DONE, None, None)
    assert [(uid, subject) for uid, subject, _ in desk.shown("Work")] == [(31, "new")]


@pytest.mark.cites("O5:V0048")
@pytest.mark.parametrize("there", [True, False])
def test_a_retry_looks_for_it_before_it_is_sent_again(there: bool) -> None:
    desk, change = taken()
    looked(desk, WORK)
    again = select(int(there), 8, "Work")
    if there:
        again += fetched("1:*", header(1, 31, "new"))
    else:
        again += appended(OCTETS, end="OK [APPENDUID 8 31] done")
    with desk.account(again) as account:
        assert account.retry(change).state is ChangeState.DONE
    assert [(uid, subject) for uid, subject, _ in desk.shown("Work")] == [(31, "new")]


@pytest.mark.parametrize(
    ("octets", "found"),
    [
        (OCTETS, header(1, 31, "new").replace("Subject: new", "Subject: NEW")),  # the same Message-ID
        (NAMELESS, header(1, 31, "new")),  # the same date
    ],
    ids=["Message-ID", "date"],
)
def test_one_that_is_there_with_another_header_is_not_lost(octets: bytes, found: str) -> None:
    desk, change = taken(octets)
    looked(desk, select(1, 8, "Work") + fetched("1:*", found))
    assert desk.state(change) is ChangeState.DONE
    assert [uid for uid, *_ in desk.shown("Work")] == [31]


def test_one_with_another_header_passes_for_one_of_ours_only() -> None:
    desk = Desk()
    first, second = desk.append(NAMELESS), desk.append(NAMELESS)
    assert desk.play(WORK + appended(NAMELESS) * 2) == {}
    looked(desk, select(1, 8, "Work") + fetched("1:*", header(1, 31, "new")))
    assert [desk.state(one) for one in (first, second)] == [ChangeState.DONE, ChangeState.HELD]


@pytest.mark.cites("O5:V0057")
def test_of_two_copies_one_is_lost() -> None:
    desk = Desk()
    change = desk.carry("copy", 5, 7)
    text = WORK + select(3) + fetched("5,7", *map(_flags, (5, 7)), items="UID FLAGS") + said('UID COPY 5,7 "Work"')
    assert desk.play(text) == {}
    desk.cache.changes.mark_reported([change])
    looked(desk, select(1, 8, "Work") + fetched("1:*", header(1, 31, "one")))
    row = desk.change(change)
    assert row.state is ChangeState.DROPPED
    assert row.error is not None
    assert "1 of 2 messages are not in 'Work'" in row.error
    assert [one.id for one in desk.cache.changes.finished_unreported()] == [change]
    assert [(uid, subject) for uid, subject, _ in desk.shown("Work")] == [(31, "one")]


def _flags(uid: int) -> str:
    return f"S: * {uid - 4} FETCH (UID {uid} FLAGS ())"


def test_what_nobody_has_found_yet_is_not_forgotten() -> None:
    desk, change = taken()
    desk.cache.changes.prune(keep=0)
    assert desk.state(change) is ChangeState.DONE
    looked(desk, WORK)
    assert desk.state(change) is ChangeState.HELD


def test_a_copy_whose_maker_is_forgotten_goes() -> None:
    cache = Cache()
    desk = Desk(cache)
    cache.messages.add_local(desk.folder("Work"), 1, octets=b"x", header=b"x", flags=desk.message(1).flags,
                             internaldate=None, size=1, body=desk.message(1).body)  # fmt: skip
    looked(desk, WORK)
    assert desk.shown("Work") == []
