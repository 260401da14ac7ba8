r"""A change whose command went out and was never answered: what is looked at, and what is sent again, for each kind."""

from __future__ import annotations

import pytest
from support.queueing import Desk, alive, appended, said
from support.syncing import fetched, header, select

from outlookimap.cache import BodyState, ChangeState, Flag
from outlookimap.errors import CommandFailed, ConnectionLost

NONE = Flag(0)
GONE = Flag.DELETED | Flag.SEEN
OCTETS = b"Subject: new\r\nMessage-ID: <new@x>\r\n\r\nHello\r\n"
INBOX = select(3)
NEW = header(3, 31, "new")
LAST = said("FETCH 2 (UID)", "* 2 FETCH (UID 30)")


def work(exists: int = 2, uidvalidity: int = 8) -> str:
    """Return a SELECT of Work."""
    return select(exists, uidvalidity, "Work")


def listed(*names: str) -> str:
    """Return the whole folder list."""
    return said('LIST "" "*"', *(f'* LIST () "/" "{name}"' for name in names))


@pytest.mark.cites("O5:V0056")
def test_flags_say_the_same_however_often_they_are_said() -> None:
    desk = Desk()
    change = desk.doubt(desk.flagging("delete", 5))
    text = INBOX + alive("5", r"1 5 \Deleted")
    text += said(r"UID STORE 5 +FLAGS.SILENT (\Deleted)") + said(r"UID STORE 5 +FLAGS.SILENT (\Seen)")
    assert desk.play(text) == {}
    assert desk.state(change) is ChangeState.DONE
    assert desk.flags(5) == (GONE, GONE)


@pytest.mark.parametrize("kind", ["subscribe", "unsubscribe"])
def test_so_do_subscriptions(kind: str) -> None:
    desk = Desk()
    change = desk.doubt(desk.on(kind, "Work"))
    assert desk.play(said(f'{kind.upper()} "Work"')) == {}
    assert desk.state(change) is ChangeState.DONE


# ---------------------------------------------------------------- append


@pytest.mark.cites("O5:V0007", "O5:V0048")
def test_a_message_that_arrived_is_not_sent_again() -> None:
    desk = Desk()
    change = desk.doubt(desk.append(OCTETS), floor=30, uidvalidity=8)
    assert desk.play(work(3) + fetched("31:*", NEW)) == {}
    assert desk.state(change) is ChangeState.DONE
    assert desk.shown("Work") == [(31, "new", NONE)]
    assert desk.cache.messages.body(desk.placeholder(change).id) == (OCTETS, BodyState.WHOLE)
    assert desk.play("") == {}


ABSENT: list[tuple[str, str, list[tuple[int, str, Flag]]]] = [
    ("what is there was there before", fetched("31:*", header(2, 30, "new")), []),
    ("the server has nothing above the floor", fetched("31:*"), []),
    ("what came is another's", fetched("31:*", header(2, 31, "other")), [(31, "other", NONE)]),
]


@pytest.mark.cites("O5:V0007", "O5:V0048")
@pytest.mark.parametrize(("answer", "came"), [row[1:] for row in ABSENT], ids=[row[0] for row in ABSENT])
def test_a_message_that_did_not_arrive_is_sent_again(answer: str, came: list[tuple[int, str, Flag]]) -> None:
    desk = Desk()
    change = desk.doubt(desk.append(OCTETS), floor=30, uidvalidity=8)
    text = work() + answer + said("FETCH 2 (UID)", "* 2 FETCH (UID 31)")
    assert desk.play(text + appended(OCTETS, end="OK [APPENDUID 8 32] done")) == {}
    assert desk.state(change) is ChangeState.DONE
    assert desk.change(change).floor == 31
    assert desk.shown("Work") == [*came, (32, "new", Flag.SEEN)]


def test_in_an_empty_folder_nothing_has_arrived() -> None:
    desk = Desk()
    change = desk.doubt(desk.append(OCTETS), floor=0, uidvalidity=8)
    assert desk.play(work(0) + appended(OCTETS, end="OK [APPENDUID 8 1] done")) == {}
    assert desk.state(change) is ChangeState.DONE


@pytest.mark.cites("O5:V0007")
def test_two_equal_messages_of_which_one_arrived() -> None:
    desk = Desk()
    first = desk.doubt(desk.append(OCTETS), floor=30, uidvalidity=8)
    second = desk.append(OCTETS)
    text = work(3) + fetched("31:*", NEW) + said("FETCH 3 (UID)", "* 3 FETCH (UID 31)")
    assert desk.play(text + appended(OCTETS, end="OK [APPENDUID 8 32] done")) == {}
    assert [desk.placeholder(change).uid for change in (first, second)] == [31, 32]


@pytest.mark.cites("O5:V0003")
@pytest.mark.parametrize("floor", [(30, 8), (None, None)], ids=["another UIDVALIDITY", "no floor"])
def test_a_floor_that_means_nothing_leaves_all_messages_to_look_at(floor: tuple[int | None, int | None]) -> None:
    desk = Desk()
    change = desk.doubt(desk.append(OCTETS), floor=floor[0], uidvalidity=floor[1])
    assert desk.play(work(2, 9) + fetched("1:*", header(1, 1, "old"), header(2, 2, "new"))) == {}
    assert desk.state(change) is ChangeState.DONE
    assert desk.placeholder(change).uid == 2
    assert desk.row("Work").uidvalidity == 9


@pytest.mark.cites("O5:V0003")
def test_uids_that_changed_meanwhile_are_taken_in_by_a_visit() -> None:
    desk = Desk()
    desk.stock("Old", 9, {3: "kept"})
    change = desk.doubt(desk.append(OCTETS, to="Old"), floor=3, uidvalidity=9)
    headers = [header(1, 1, "kept"), header(2, 2, "new")]
    again = select(2, 10, "Old")
    assert desk.play(again + again + fetched("1:*", *headers) + fetched("1:*", *headers)) == {}
    assert desk.state(change) is ChangeState.DONE
    assert [row[:2] for row in desk.shown("Old")] == [(1, "kept"), (2, "new")]


def test_where_there_is_no_folder_any_more_nothing_has_arrived() -> None:
    desk = Desk()
    change = desk.doubt(desk.append(OCTETS), floor=30, uidvalidity=8)
    text = said('SELECT "Work"', end="NO no such folder") + listed("INBOX")
    text += said('SELECT "Work"', end="NO no such folder")
    text += said('APPEND "Work" (\\Seen) "17-Jul-1996 02:44:25 -0700" {44}', end="NO [TRYCREATE] no such folder")
    failures = desk.play(text)
    assert isinstance(failures[change], CommandFailed)
    assert desk.state(change) is ChangeState.HELD


def test_where_nobody_may_look_the_change_stays_in_doubt() -> None:
    desk = Desk()
    change = desk.doubt(desk.append(OCTETS), floor=30, uidvalidity=8)
    failures = desk.play(said('SELECT "Work"', end="NO [INUSE] later") + listed("INBOX", "Work"))
    assert [*failures] == [change]
    assert desk.state(change) is ChangeState.SENT
    assert "later" in (desk.change(change).error or "")
    assert desk.play(work(3) + fetched("31:*", NEW)) == {}
    assert desk.state(change) is ChangeState.DONE


def test_a_connection_that_ends_while_it_is_looked_leaves_the_doubt() -> None:
    desk = Desk()
    change = desk.doubt(desk.append(OCTETS), floor=30, uidvalidity=8)
    with pytest.raises(ConnectionLost) as caught:
        desk.play(
            work(3) + "C: $tag UID FETCH 31:* (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER] INTERNALDATE)\n@closed server"
        )
    assert caught.value.pending == change
    assert desk.state(change) is ChangeState.SENT


# ---------------------------------------------------------------- copy and move


@pytest.mark.cites("O5:V0007", "O5:V0057")
def test_copies_that_arrived_are_not_made_again() -> None:
    desk = Desk()
    change = desk.doubt(desk.carry("copy", 5, 7), floor=30, uidvalidity=8)
    assert desk.play(work(4) + fetched("31:*", header(3, 31, "one"), header(4, 32, "two"))) == {}
    assert desk.state(change) is ChangeState.DONE
    assert [row[:2] for row in desk.shown("Work")] == [(31, "one"), (32, "two")]


@pytest.mark.cites("O5:V0057", "O5:V0060")
def test_of_a_copy_only_what_did_not_arrive_is_made_again() -> None:
    desk = Desk()
    change = desk.doubt(desk.carry("copy", 5, 7, 9), floor=30, uidvalidity=8)
    text = work(3) + fetched("31:*", header(3, 31, "two")) + said("FETCH 3 (UID)", "* 3 FETCH (UID 31)")
    text += INBOX + alive("5,7,9", "1 5", "2 7", "3 9")
    text += said('UID COPY 5,9 "Work"', end="OK [COPYUID 8 5,9 32:33] done")
    assert desk.play(text) == {}
    assert desk.state(change) is ChangeState.DONE
    assert [row[:2] for row in desk.shown("Work")] == [(31, "two"), (32, "one"), (33, "three")]


def test_a_copy_that_did_not_arrive_of_a_message_that_is_gone() -> None:
    desk = Desk()
    change = desk.doubt(desk.carry("copy", 5, 7), floor=30, uidvalidity=8)
    text = work(3) + fetched("31:*", header(3, 31, "two")) + said("FETCH 3 (UID)", "* 3 FETCH (UID 31)")
    assert desk.play(text + INBOX + alive("5,7", "1 7")) == {}
    assert (desk.state(change), desk.change(change).error) == (
        ChangeState.DONE,
        "1 of 2 messages are gone from the server",
    )
    assert [row[:2] for row in desk.shown("Work")] == [(31, "two")]


MARKED = said(r"UID STORE 5,7 +FLAGS.SILENT (\Deleted)") + said(r"UID STORE 5,7 +FLAGS.SILENT (\Seen)")


@pytest.mark.cites("O5:V0056", "O5:V0057")
def test_a_move_whose_copies_arrived_marks_the_source() -> None:
    desk = Desk()
    change = desk.doubt(desk.carry("move", 5, 7), floor=30, uidvalidity=8)
    text = work(4) + fetched("31:*", header(3, 31, "one"), header(4, 32, "two"))
    assert desk.play(text + INBOX + alive("5,7", "1 5", "2 7") + MARKED) == {}
    assert desk.state(change) is ChangeState.DONE
    assert [desk.flags(uid) for uid in (5, 7)] == [(GONE, GONE)] * 2


@pytest.mark.cites("O5:V0057")
def test_a_move_whose_copies_did_not_arrive_is_made() -> None:
    desk = Desk()
    change = desk.doubt(desk.carry("move", 5, 7), floor=30, uidvalidity=8)
    text = work() + fetched("31:*") + LAST + INBOX + alive("5,7", "1 5", "2 7")
    text += said('UID COPY 5,7 "Work"', end="OK [COPYUID 8 5,7 31:32] done")
    assert desk.play(text + MARKED) == {}
    assert desk.state(change) is ChangeState.DONE


def test_a_move_that_was_copied_only_marks_the_source() -> None:
    desk = Desk()
    change = desk.doubt(desk.carry("move", 5, 7), floor=30, uidvalidity=8, step=1)
    assert desk.play(INBOX + alive("5,7", "1 5", "2 7") + MARKED) == {}
    assert desk.state(change) is ChangeState.DONE


def test_a_move_that_was_copied_and_whose_source_is_gone_is_done() -> None:
    desk = Desk()
    change = desk.doubt(desk.carry("move", 5, 7), floor=30, uidvalidity=8, step=1)
    assert desk.play(INBOX + alive("5,7")) == {}
    assert desk.state(change) is ChangeState.DONE
    assert [row[:2] for row in desk.shown("Work")] == [(None, "one"), (None, "two")]


@pytest.mark.parametrize("kind", ["copy", "move"])
def test_the_connection_ends_right_after_the_command(kind: str) -> None:
    desk = Desk()
    change = desk.carry(kind, 5)
    sent = work() + LAST + INBOX + alive("5", "1 5") + 'C: $tag UID COPY 5 "Work"\n@closed server'
    with pytest.raises(ConnectionLost) as caught:
        desk.play(sent)
    assert caught.value.pending == change
    row = desk.change(change)
    assert (row.state, row.step, row.floor, row.floor_uidvalidity) == (ChangeState.SENT, 0, 30, 8)


def test_the_connection_ends_between_the_steps_of_a_move() -> None:
    desk = Desk()
    change = desk.carry("move", 5)
    text = work() + LAST + INBOX + alive("5", "1 5") + said('UID COPY 5 "Work"', end="OK [COPYUID 8 5 31] done")
    with pytest.raises(ConnectionLost) as caught:
        desk.play(text + r"C: $tag UID STORE 5 +FLAGS.SILENT (\Deleted)" + "\n@closed server")
    assert caught.value.pending == change
    assert (desk.state(change), desk.change(change).step) == (ChangeState.SENT, 1)
    assert desk.shown("Work") == [(31, "one", NONE)]


# ---------------------------------------------------------------- purge


def purging(desk: Desk) -> int:
    """Return a purge of the first and the last message that is in doubt."""
    desk.cache.messages.set_server_flags(desk.folder("INBOX"), 1, [(5, GONE, ""), (9, GONE, "")])
    return desk.doubt(desk.on("purge"))


def test_a_purge_that_left_nothing_is_done() -> None:
    desk = Desk()
    change = purging(desk)
    assert desk.play(INBOX + alive("5,9")) == {}
    assert desk.state(change) is ChangeState.DONE
    assert desk.shown() == [(7, "two", Flag.SEEN)]


def test_a_purge_that_left_something_is_sent_again() -> None:
    desk = Desk()
    change = purging(desk)
    text = INBOX + alive("5,9", r"2 9 \Deleted") + said("EXPUNGE", "* 2 EXPUNGE")
    assert desk.play(text) == {}
    assert desk.state(change) is ChangeState.DONE
    assert desk.shown() == [(7, "two", Flag.SEEN)]


# ---------------------------------------------------------------- folders


def test_a_folder_that_was_created_is_not_created_again() -> None:
    desk = Desk()
    change = desk.doubt(desk.create("New"))
    assert desk.play(listed("INBOX", "Work", "New")) == {}
    assert desk.state(change) is ChangeState.DONE
    assert desk.row("New").server_raw == b"New"


def test_a_folder_that_was_not_created_is() -> None:
    desk = Desk()
    change = desk.doubt(desk.create("New", "Work"))
    assert desk.play(listed("INBOX", "Work", "New") + said('CREATE "Work/New"')) == {}
    assert desk.state(change) is ChangeState.DONE
    assert desk.row("Work/New").server_raw == b"Work/New"


def test_a_folder_that_was_renamed_is_not_renamed_again() -> None:
    desk = Desk()
    desk.stock("Work/Old", 9, {})
    change = desk.doubt(desk.rename("Work", "Done"))
    assert desk.play(listed("INBOX", "Done", "Done/Old")) == {}
    assert desk.state(change) is ChangeState.DONE
    assert [desk.row(name).server_raw for name in ("Done", "Done/Old")] == [b"Done", b"Done/Old"]


@pytest.mark.cites("O5:V0019")
@pytest.mark.parametrize(
    ("there", "end", "state"),
    [
        (["Work"], "OK done", ChangeState.DONE),
        (["Work", "Done"], "NO it is there", ChangeState.REFUSED),
        ([], "NO no such folder", ChangeState.REFUSED),
    ],
)
def test_a_folder_that_was_not_renamed_is(there: list[str], end: str, state: ChangeState) -> None:
    desk = Desk()
    change = desk.doubt(desk.rename("Work", "Done"))
    desk.play(listed("INBOX", *there) + said('RENAME "Work" "Done"', end=end))
    assert desk.state(change) is state
    assert desk.cache.folders.by_name("Done" if state is ChangeState.DONE else "Work") is not None


def test_a_folder_that_was_deleted_is_not_deleted_again() -> None:
    desk = Desk()
    change = desk.doubt(desk.on("delete", "Work"))
    assert desk.play(listed("INBOX")) == {}
    assert desk.state(change) is ChangeState.DONE
    assert [row.name for row in desk.cache.folders.all(removed=True)] == ["INBOX"]


def test_a_folder_that_was_not_deleted_is() -> None:
    desk = Desk()
    change = desk.doubt(desk.on("delete", "Work"))
    assert desk.play(listed("INBOX", "Work") + work() + INBOX + said('DELETE "Work"')) == {}
    assert desk.state(change) is ChangeState.DONE


@pytest.mark.cites("O5:V0003")
def test_a_folder_of_that_name_that_somebody_made_since_is_left_alone() -> None:
    desk = Desk()
    change = desk.doubt(desk.on("delete", "Work"))
    assert desk.play(listed("INBOX", "Work") + work(0, 9)) == {}
    assert desk.state(change) is ChangeState.DONE


def test_a_name_that_is_only_there_for_the_folders_below_it_was_deleted() -> None:
    desk = Desk()
    change = desk.doubt(desk.on("delete", "Work"))
    assert desk.play(said('LIST "" "*"', r'* LIST (\Noselect) "/" "Work"', '* LIST () "/" "Work/Old"')) == {}
    assert desk.state(change) is ChangeState.DONE


def test_a_folder_that_was_never_visited_cannot_be_told_from_another_and_is_deleted() -> None:
    desk = Desk()
    desk.cache.folders.update(desk.folder("Work"), uidvalidity=None)
    change = desk.doubt(desk.on("delete", "Work"))
    assert desk.play(listed("INBOX", "Work") + said('DELETE "Work"')) == {}
    assert desk.state(change) is ChangeState.DONE


@pytest.mark.parametrize("kind", ["create", "rename", "delete"])
def test_a_folder_list_that_is_refused_leaves_the_doubt(kind: str) -> None:
    desk = Desk()
    make = {"create": lambda: desk.create("New"), "rename": lambda: desk.rename("Work", "Done")}
    change = desk.doubt(make.get(kind, lambda: desk.on("delete", "Work"))())
    assert [*desk.play(said('LIST "" "*"', end="NO later"))] == [change]
    assert desk.state(change) is ChangeState.SENT


@pytest.mark.parametrize("kind", ["create", "rename", "delete"])
def test_a_folder_that_is_here_no_longer_drops_what_is_in_doubt(kind: str) -> None:
    desk = Desk()
    make = {"create": lambda: desk.create("New"), "rename": lambda: desk.rename("Work", "Done")}
    change = desk.doubt(make.get(kind, lambda: desk.on("delete", "Work"))())
    desk.cache.folders.remove(desk.change(change).folder or 0)
    assert desk.play("") == {}
    assert desk.state(change) is ChangeState.DROPPED
