r"""Our own messages found among those of the server: what is fetched for it, and which message gets which UID."""

from __future__ import annotations

import pytest
from support.queueing import CAPABILITIES, SENT, Desk
from support.syncing import Bench, bench, fetched, select

from outlookimap.cache import Arrived, BodyState, ChangeState, Flag
from outlookimap.sync.recognition import pair_generations, settle

PLAIN_MAIL = b"Subject: new\r\nMessage-ID: <new@x>\r\n\r\nHello\r\n"
BODIES = "UID FLAGS BODY.PEEK[]"


def work(exists: int = 9, uidvalidity: int = 8, more: str = "") -> str:
    """Return a SELECT of Work."""
    return select(exists, uidvalidity, "Work", more)


def bodies(wanted: str, *answers: str) -> str:
    """Return a fetch of whole messages."""
    return fetched(wanted, *answers, items=BODIES)


def bare(text: str) -> bytes:
    """Return a message that has no Message-ID, whose header is the same for all."""
    return f"Subject: new\r\n\r\n{text}".encode()


def whole(seq: int, uid: int, octets: bytes) -> str:
    """Return the answer with a whole message."""
    lines = "".join(f"S| {line}".rstrip() + "\n" for line in octets.decode("ascii").split("\r\n"))
    return f"S: * {seq} FETCH (UID {uid} FLAGS () BODY[] {{{len(octets)}}}\n{lines}S: )\n"


def arrive(desk: Desk, uid: int, octets: bytes, *, folder: str = "Work", minutes: int = 0) -> int:
    """Let the header of a message of the server be here; `minutes` is how late its date is."""
    header = octets[: octets.index(b"\r\n\r\n") + 4]
    date = SENT.replace(minute=SENT.minute + minutes)
    arrived = [Arrived(uid, Flag(0), "", len(octets), date, header)]
    return desk.cache.messages.add(desk.folder(folder), 1, arrived)[0]


def answered(desk: Desk, change: int, *, floor: int = 0, uidvalidity: int = 8) -> int:
    """Let a change be done, and nobody have said where its messages are."""
    desk.doubt(change, floor=floor, uidvalidity=uidvalidity)
    desk.cache.changes.set_state(change, ChangeState.DONE)
    return change


def settled(desk: Desk, on: Bench, folder: str = "Work") -> list[int | None]:
    """Recognise what is in a folder, and return the UIDs that are shown."""
    settle(on.line, desk.cache, desk.folder(folder))
    return [uid for uid, *_ in desk.shown(folder)]


# ---------------------------------------------------------------- who is looked for


def test_where_nothing_waits_nothing_is_asked() -> None:
    desk = Desk()
    with bench("", cache=desk.cache, capabilities=CAPABILITIES) as on:
        assert settled(desk, on) == []


@pytest.mark.cites("O5:V0007")
@pytest.mark.parametrize("state", [ChangeState.SENT, ChangeState.DONE])
def test_a_message_of_ours_takes_over_what_arrived(state: ChangeState) -> None:
    desk = Desk()
    change = answered(desk, desk.append(PLAIN_MAIL))
    desk.cache.changes.set_state(change, state)
    mine = desk.placeholder(change).id
    arrived = arrive(desk, 31, PLAIN_MAIL)
    with bench(work(), cache=desk.cache) as on:
        assert settled(desk, on) == [31]
    assert desk.message(mine).uid == 31
    assert desk.cache.messages.get(arrived) is None
    assert desk.cache.messages.body(mine) == (PLAIN_MAIL, BodyState.WHOLE)
    assert desk.message(mine).flags == Flag(0)


@pytest.mark.parametrize("state", [ChangeState.QUEUED, ChangeState.HELD])
def test_a_message_that_was_never_sent_is_not_looked_for(state: ChangeState) -> None:
    desk = Desk()
    desk.cache.changes.set_state(desk.append(PLAIN_MAIL), state)
    arrive(desk, 31, PLAIN_MAIL)
    with bench("", cache=desk.cache) as on:
        assert settled(desk, on) == [None, 31]


def test_what_was_there_before_the_command_is_not_ours() -> None:
    desk = Desk()
    answered(desk, desk.append(PLAIN_MAIL), floor=31)
    arrive(desk, 31, PLAIN_MAIL)
    with bench(work(), cache=desk.cache) as on:
        assert settled(desk, on) == [None, 31]


@pytest.mark.cites("O5:V0003")
@pytest.mark.parametrize(
    ("uidvalidity", "more"), [(7, ""), (8, "S: * NO [UIDNOTSTICKY] UIDs change")], ids=["another", "sticks not"]
)
def test_a_floor_of_uids_that_did_not_last_says_nothing(uidvalidity: int, more: str) -> None:
    desk = Desk()
    answered(desk, desk.append(PLAIN_MAIL), floor=31, uidvalidity=uidvalidity)
    arrive(desk, 3, PLAIN_MAIL)
    with bench(work(more=more), cache=desk.cache) as on:
        assert settled(desk, on) == [3]


def test_what_one_of_our_changes_made_is_found_for_no_other() -> None:
    desk = Desk()
    first = answered(desk, desk.append(PLAIN_MAIL))
    desk.cache.messages.assign(desk.placeholder(first).id, uid=31)
    answered(desk, desk.append(PLAIN_MAIL))
    with bench(work(), cache=desk.cache) as on:
        assert settled(desk, on) == [None, 31]


def test_the_confirmed_come_before_the_doubtful() -> None:
    desk = Desk()
    doubtful = desk.doubt(desk.append(PLAIN_MAIL), floor=0, uidvalidity=8)
    confirmed = answered(desk, desk.append(PLAIN_MAIL))
    arrive(desk, 31, PLAIN_MAIL)
    with bench(work(), cache=desk.cache) as on:
        assert settled(desk, on) == [None, 31]
    assert [desk.placeholder(change).uid for change in (doubtful, confirmed)] == [None, 31]


def test_a_copy_whose_change_is_forgotten_is_found_all_the_same() -> None:
    desk = Desk()
    change = answered(desk, desk.append(PLAIN_MAIL))
    mine = desk.placeholder(change).id
    desk.cache.changes.set_subjects(change, ())
    assert desk.cache.changes.maker(mine) is None
    arrive(desk, 31, PLAIN_MAIL)
    with bench(work(), cache=desk.cache) as on:
        assert settled(desk, on) == [31]
    assert desk.message(mine).uid == 31


# ---------------------------------------------------------------- octets decide


@pytest.mark.cites("O5:V0007", "O5:V0057")
def test_a_copy_with_another_date_is_known_by_its_octets() -> None:
    desk = Desk()
    change = answered(desk, desk.append(PLAIN_MAIL))
    arrive(desk, 31, PLAIN_MAIL, minutes=1)
    with bench(work() + bodies("31", whole(1, 31, PLAIN_MAIL)), cache=desk.cache) as on:
        assert settled(desk, on) == [31]
    assert desk.placeholder(change).internaldate == SENT.replace(minute=45)


@pytest.mark.cites("O5:V0007")
def test_messages_without_a_message_id_are_told_apart_by_octets_of_equal_size() -> None:
    desk = Desk()
    first, second = (answered(desk, desk.append(bare(text))) for text in ("first", "other"))
    arrive(desk, 31, bare("other"))
    arrive(desk, 32, bare("third"))
    arrive(desk, 33, bare("first"))
    text = work() + bodies(
        "31:33", whole(1, 31, bare("other")), whole(2, 32, bare("third")), whole(3, 33, bare("first"))
    )
    with bench(text, cache=desk.cache) as on:
        assert settled(desk, on) == [31, 32, 33]
    assert desk.placeholder(first).uid == 33
    assert desk.placeholder(second).uid == 31


@pytest.mark.cites("O5:V0007")
def test_octets_that_are_nobodys_leave_the_message_waiting() -> None:
    desk = Desk()
    answered(desk, desk.append(bare("first")))
    arrive(desk, 31, bare("other"))
    with bench(work() + bodies("31", whole(1, 31, bare("other"))), cache=desk.cache) as on:
        assert settled(desk, on) == [None, 31]


@pytest.mark.cites("O5:V0007")
def test_octets_that_are_here_are_not_fetched() -> None:
    desk = Desk()
    answered(desk, desk.append(bare("first")))
    arrived = arrive(desk, 31, bare("first"))
    desk.cache.messages.store_body(arrived, bare("first"), partial=False)
    with bench(work(), cache=desk.cache) as on:
        assert settled(desk, on) == [31]


def test_copies_whose_octets_are_not_here_go_by_their_order() -> None:
    desk = Desk()
    change = desk.carry("copy", 5)
    again = desk.carry("copy", 5)
    for one in (change, again):
        answered(desk, one)
    octets = b"Subject: one\r\nMessage-ID: <one@x>\r\n\r\n"
    arrive(desk, 31, octets)
    arrive(desk, 32, octets)
    with bench(work(), cache=desk.cache) as on:
        assert settled(desk, on) == [31, 32]
    assert [desk.placeholder(one).uid for one in (change, again)] == [31, 32]


def test_messages_of_another_header_are_not_fetched() -> None:
    desk = Desk()
    answered(desk, desk.append(PLAIN_MAIL))
    arrive(desk, 31, b"Subject: other\r\nMessage-ID: <new@x>\r\n\r\n")
    with bench(work(), cache=desk.cache) as on:
        assert settled(desk, on) == [None, 31]


def test_the_folder_is_selected_only_where_another_is() -> None:
    desk = Desk()
    answered(desk, desk.append(PLAIN_MAIL))
    arrive(desk, 31, PLAIN_MAIL)
    with bench(work(), cache=desk.cache) as on:
        on.line.select(desk.row("Work"))
        assert settled(desk, on) == [31]


# ---------------------------------------------------------------- generations


@pytest.mark.cites("O5:V0003", "O5:V0007")
def test_generations_are_paired_by_fingerprint_and_ties_by_the_octets_that_are_here() -> None:
    desk = Desk()
    folder = desk.folder("Work")
    old = [arrive(desk, 1, PLAIN_MAIL), arrive(desk, 2, bare("first")), arrive(desk, 3, bare("other"))]
    for row, octets in zip(old[1:], (bare("first"), bare("other")), strict=True):
        desk.cache.messages.store_body(row, octets, partial=False)
    header = bare("")
    arrived = [
        Arrived(uid, Flag(0), "", 1, SENT, octets)
        for uid, octets in ((11, header), (12, header), (13, PLAIN_MAIL[: PLAIN_MAIL.index(b"Hello")]))
    ]
    new = desk.cache.messages.add(folder, 2, arrived)
    with bench(
        work() + bodies("11:12", whole(1, 11, bare("other")), whole(2, 12, bare("first"))), cache=desk.cache
    ) as on:
        on.line.select(desk.row("Work"))
        paired = pair_generations(on.line, desk.cache, old, new)
    assert paired == {old[0]: new[2], old[1]: new[1], old[2]: new[0]}
