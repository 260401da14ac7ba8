r"""The queue as commands, octet for octet, and what becomes of the answers: messages that are copied, moved or new."""

from __future__ import annotations

import pytest
from support.queueing import Desk, alive, appended, said
from support.syncing import fetched, header, select, swept

from outlookimap.cache import ChangeState, Flag
from outlookimap.errors import CommandFailed

NONE = Flag(0)
GONE = Flag.DELETED | Flag.SEEN
OCTETS = b"Subject: new\r\nMessage-ID: <new@x>\r\n\r\nHello\r\n"
INBOX = select(3)
WORK = select(0, 8, "Work")
REFUSALS = ["NO not allowed", "BAD what is that"]


# ---------------------------------------------------------------- copy and move


COPIED = "OK [COPYUID 8 5,7 31:32] done"


@pytest.mark.cites("O5:V0057", "O5:V0060")
@pytest.mark.parametrize("now", [True, False])
def test_a_copy_gets_the_uids_the_server_says(now: bool) -> None:
    desk = Desk()
    change = desk.carry("copy", 5, 7)
    copies = [desk.placeholder(change, place).id for place in (0, 1)]
    text = WORK + INBOX + alive("5,7", "1 5", r"2 7 \Seen") + said('UID COPY 5,7 "Work"', end=COPIED)
    assert desk.play(text, now=change if now else None) == {}
    assert desk.state(change) is ChangeState.DONE
    assert [desk.message(copy).uid for copy in copies] == [31, 32]
    assert [row[:2] for row in desk.shown("Work")] == [(31, "one"), (32, "two")]
    assert desk.row("Work").floor == 32
    assert desk.flags(5) == (NONE, NONE)


@pytest.mark.parametrize("end", ["OK done", "OK [COPYUID 9 5,7 31:32] done", "OK [COPYUID 8 5,7 31] done"])
def test_a_copy_whose_uids_the_server_does_not_say_waits_to_be_recognised(end: str) -> None:
    desk = Desk()
    change = desk.carry("copy", 5, 7)
    text = WORK + INBOX + alive("5,7", "1 5", r"2 7 \Seen") + said('UID COPY 5,7 "Work"', end=end)
    assert desk.play(text) == {}
    assert desk.state(change) is ChangeState.DONE
    assert [row[:2] for row in desk.shown("Work")] == [(None, "one"), (None, "two")]
    assert (desk.change(change).floor, desk.change(change).floor_uidvalidity) == (0, 8)


MOVED = said(r"UID STORE 5,7 +FLAGS.SILENT (\Deleted)") + said(r"UID STORE 5,7 +FLAGS.SILENT (\Seen)")


@pytest.mark.cites("O5:V0056", "O5:V0057")
@pytest.mark.parametrize("now", [True, False])
@pytest.mark.parametrize("end", [COPIED, "OK done"])
def test_a_move_is_a_copy_and_two_silent_stores(end: str, now: bool) -> None:
    desk = Desk()
    change = desk.carry("move", 5, 7)
    text = WORK + INBOX + alive("5,7", "1 5", r"2 7 \Seen") + said('UID COPY 5,7 "Work"', end=end)
    assert desk.play(text + MOVED, now=change if now else None) == {}
    assert desk.state(change) is ChangeState.DONE
    assert [desk.flags(uid) for uid in (5, 7)] == [(GONE, GONE)] * 2
    assert [row[0] for row in desk.shown("Work")] == ([31, 32] if end == COPIED else [None, None])


@pytest.mark.cites("O5:V0058")
@pytest.mark.parametrize("end", REFUSALS)
@pytest.mark.parametrize("kind", ["copy", "move"])
def test_a_refused_copy_leaves_the_source_alone(kind: str, end: str) -> None:
    desk = Desk()
    change = desk.carry(kind, 5, 7)
    text = WORK + INBOX + alive("5,7", "1 5", r"2 7 \Seen") + said('UID COPY 5,7 "Work"', end=end)
    failures = desk.play(text + alive("5,7", "1 5", r"2 7 \Seen"))
    assert isinstance(failures[change], CommandFailed)
    assert desk.state(change) is ChangeState.REFUSED
    assert end[4:] in (desk.change(change).error or "")
    assert desk.shown("Work") == []
    assert [desk.flags(uid)[0] for uid in (5, 7)] == [NONE, Flag.SEEN]


def test_a_copy_that_is_refused_because_a_message_went_is_made_of_the_others() -> None:
    desk = Desk()
    change = desk.carry("move", 5, 7)
    text = WORK + INBOX + alive("5,7", "1 5", r"2 7 \Seen") + said('UID COPY 5,7 "Work"', end="NO some are gone")
    text += alive("5,7", r"1 7 \Seen") + said('UID COPY 7 "Work"', end="OK [COPYUID 8 7 31] done")
    text += said(r"UID STORE 7 +FLAGS.SILENT (\Deleted)") + said(r"UID STORE 7 +FLAGS.SILENT (\Seen)")
    assert desk.play(text) == {}
    assert (desk.state(change), desk.change(change).error) == (
        ChangeState.DONE,
        "1 of 2 messages are gone from the server",
    )
    assert desk.shown("Work") == [(31, "two", Flag.SEEN)]


@pytest.mark.parametrize("kind", ["copy", "move"])
def test_messages_that_are_gone_before_the_copy(kind: str) -> None:
    desk = Desk()
    change = desk.carry(kind, 5)
    assert desk.play(WORK + INBOX + alive("5")) == {}
    assert (desk.state(change), desk.change(change).error) == (
        ChangeState.DROPPED,
        "the message is gone from the server",
    )
    assert desk.shown("Work") == []


def test_what_copyuid_leaves_out_was_not_copied() -> None:
    desk = Desk()
    change = desk.carry("copy", 5, 7)
    text = WORK + INBOX + alive("5,7", "1 5", r"2 7 \Seen")
    desk.play(text + said('UID COPY 5,7 "Work"', end="OK [COPYUID 8 7 31] done"))
    assert desk.change(change).error == "1 of 2 messages are gone from the server"
    assert desk.shown("Work") == [(31, "two", Flag.SEEN)]


@pytest.mark.cites("O5:V0007")
def test_of_messages_without_a_message_id_the_octets_are_here_before_they_are_copied() -> None:
    desk = Desk()
    bare = b"Subject: bare\r\n\r\nx"
    desk.cache.messages.remove(desk.ids(5))
    row = desk.append(bare, to="INBOX")
    desk.cache.messages.assign(desk.placeholder(row).id, uid=5)
    desk.cache.changes.set_state(row, ChangeState.DONE)
    desk.cache._database.execute("DELETE FROM bodies")
    desk.cache._database.execute("UPDATE messages SET body = 0")
    change = desk.carry("copy", 5)
    octets = r"S: * 1 FETCH (UID 5 FLAGS (\Seen) BODY[] {18}" + "\nS| Subject: bare\nS|\nS| x\nS: )\n"
    text = WORK + INBOX + alive("5", r"1 5 \Seen") + fetched("5", octets, items="UID FLAGS BODY.PEEK[]")
    desk.play(text + said('UID COPY 5 "Work"'))
    found = desk.cache.messages.body(desk.placeholder(change).id)
    assert found is not None
    assert found[0] == bare


def test_a_change_of_a_copy_goes_to_the_copy() -> None:
    desk = Desk()
    desk.carry("copy", 5)
    copy = desk.placeholder(desk.cache.changes.open()[0].id).id
    from_here = desk.flagging_row("flag", copy)
    text = WORK + INBOX + alive("5", "1 5") + said('UID COPY 5 "Work"', end="OK [COPYUID 8 5 31] done")
    text += select(1, 8, "Work") + alive("31", "1 31") + said(r"UID STORE 31 +FLAGS.SILENT (\Flagged)")
    assert desk.play(text) == {}
    assert desk.state(from_here) is ChangeState.DONE
    assert desk.shown("Work") == [(31, "one", Flag.FLAGGED)]


@pytest.mark.cites("O5:V0007")
def test_a_change_of_a_copy_whose_uid_nobody_said_looks_for_it_above_the_floor() -> None:
    desk = Desk()
    desk.carry("copy", 5)
    copy = desk.placeholder(desk.cache.changes.open()[0].id).id
    desk.flagging_row("flag", copy)
    text = select(2, 8, "Work") + said("FETCH 2 (UID)", "* 2 FETCH (UID 30)")
    text += INBOX + alive("5", "1 5") + said('UID COPY 5 "Work"')
    text += select(3, 8, "Work") + fetched("31:*", header(3, 31, "one"))
    text += said(r"UID STORE 31 +FLAGS.SILENT (\Flagged)")
    assert desk.play(text) == {}
    assert desk.shown("Work") == [(31, "one", Flag.FLAGGED)]
    assert desk.message(copy).uid == 31


def test_what_was_not_copied_is_not_marked_by_the_move() -> None:
    desk = Desk()
    desk.carry("move", 5, 7)
    text = (
        WORK + INBOX + alive("5,7", "1 5", r"2 7 \Seen") + said('UID COPY 5,7 "Work"', end="OK [COPYUID 8 7 31] done")
    )
    text += said(r"UID STORE 7 +FLAGS.SILENT (\Deleted)") + said(r"UID STORE 7 +FLAGS.SILENT (\Seen)")
    assert desk.play(text) == {}
    assert [desk.flags(uid) for uid in (5, 7)] == [(NONE, NONE), (GONE, GONE)]


# ---------------------------------------------------------------- append


@pytest.mark.cites("O5:V0046", "O5:V0048")
@pytest.mark.parametrize("version", ["2007", "2010", "2013"])
@pytest.mark.parametrize("now", [True, False])
def test_a_new_message_gets_the_uid_the_server_says(now: bool, version: str) -> None:
    desk = Desk(version=version)
    change = desk.append(OCTETS, "\\Seen", "\\Draft")
    text = WORK + appended(OCTETS, r"\Seen \Draft", end="OK [APPENDUID 8 31] done")
    assert desk.play(text, now=change if now else None) == {}
    assert desk.state(change) is ChangeState.DONE
    assert desk.shown("Work") == [(31, "new", Flag.SEEN | Flag.DRAFT)]
    assert desk.change(change).octets is None
    assert desk.row("Work").floor == 31


@pytest.mark.cites("O5:V0012")
def test_a_message_without_an_octet_is_a_literal_of_none() -> None:
    desk = Desk()
    desk.append(b"")
    assert desk.play(WORK + appended(b"", end="OK [APPENDUID 8 31] done")) == {}
    assert desk.shown("Work") == [(31, "", Flag.SEEN)]


@pytest.mark.parametrize("end", ["OK done", "OK [APPENDUID 9 31] done"])
def test_a_new_message_whose_uid_the_server_does_not_say_waits_to_be_recognised(end: str) -> None:
    desk = Desk()
    change = desk.append(OCTETS)
    assert desk.play(WORK + appended(OCTETS, end=end)) == {}
    assert desk.state(change) is ChangeState.DONE
    assert desk.shown("Work") == [(None, "new", Flag.SEEN)]


def test_what_comes_with_the_answer_is_recognised_at_once() -> None:
    desk = Desk()
    change = desk.append(OCTETS)
    mine = desk.placeholder(change).id
    answer = appended(OCTETS).replace("S: $tag OK", "S: * 1 EXISTS\nS: $tag OK")
    text = WORK + answer + said("FETCH 1 (UID)", "* 1 FETCH (UID 31)") + fetched("31", header(1, 31, "new"))
    assert desk.play(text) == {}
    assert desk.shown("Work") == [(31, "new", NONE)]
    assert desk.message(mine).uid == 31


@pytest.mark.cites("O5:V0048")
@pytest.mark.parametrize("shown", [True, False])
def test_a_new_message_that_the_server_does_not_show_yet_is_asked_for_once_more(shown: bool) -> None:
    """Courier tells of what APPEND brought to the selected folder with NOOP, and until then FETCH does not know it."""
    desk = Desk()
    desk.append(OCTETS)
    flag = desk.flagging_row("flag", desk.placeholder(desk.cache.changes.open()[0].id).id)
    text = WORK + appended(OCTETS, end="OK [APPENDUID 8 31] done") + alive("31")
    text += said("NOOP", *["* 1 EXISTS"] * shown) + alive("31", *[r"1 31 \Seen"] * shown)
    text += (said(r"UID STORE 31 +FLAGS.SILENT (\Flagged)") + said("FETCH 1 (UID)", "* 1 FETCH (UID 31)")) * shown
    assert desk.play(text) == {}
    assert desk.state(flag) is (ChangeState.DONE if shown else ChangeState.DROPPED)
    assert desk.shown("Work") == [(31, "new", Flag.SEEN | Flag.FLAGGED)] * shown


@pytest.mark.cites("O5:V0047")
@pytest.mark.parametrize("end", REFUSALS)
def test_a_refused_message_is_held_and_stays_where_it_is_shown(end: str) -> None:
    desk = Desk()
    change, read = desk.append(OCTETS), desk.flagging("read", 5)
    text = (
        WORK
        + said('APPEND "Work" (\\Seen) "17-Jul-1996 02:44:25 -0700" {44}', end=end)
        + INBOX
        + alive("5", "1 5")
        + said(r"UID STORE 5 +FLAGS.SILENT (\Seen)")
    )
    failures = desk.play(text)
    assert [*failures] == [change]
    assert [desk.state(one) for one in (change, read)] == [ChangeState.HELD, ChangeState.DONE]
    assert end[4:] in (desk.change(change).error or "")
    assert desk.change(change).octets == OCTETS
    assert desk.shown("Work") == [(None, "new", Flag.SEEN)]
    assert desk.play("") == {}


@pytest.mark.cites("O5:V0047")
def test_a_message_that_is_refused_after_it_was_sent_is_held() -> None:
    desk = Desk()
    change = desk.append(OCTETS)
    failures = desk.play(WORK + appended(OCTETS, end="NO [OVERQUOTA] full"))
    assert "full" in str(failures[change])
    assert desk.state(change) is ChangeState.HELD


def test_a_change_of_a_message_that_is_held_waits_with_it() -> None:
    desk = Desk()
    change = desk.append(OCTETS)
    desk.cache.changes.set_state(change, ChangeState.HELD)
    flag = desk.flagging_row("flag", desk.placeholder(change).id)
    assert desk.play("") == {}
    assert desk.state(flag) is ChangeState.QUEUED


# ---------------------------------------------------------------- floors


UNPARSED = "BAD UID FETCH Failed to parse message set"  # GNU imap4d, of UIDs that are gone


@pytest.mark.cites("O5:V0055")
@pytest.mark.parametrize("end", [UNPARSED, "NO Some of the messages no longer exist"])
def test_a_server_that_refuses_to_speak_of_what_is_gone_has_not_answered(end: str) -> None:
    desk = Desk()
    first, second = desk.flagging("flag", 5), desk.flagging("flag", 7)
    text = INBOX + alive("5,7", end=end) + swept("1 7", "2 9") + said(r"UID STORE 7 +FLAGS.SILENT (\Flagged)")
    assert desk.play(text) == {}
    assert [desk.state(one) for one in (first, second)] == [ChangeState.DROPPED, ChangeState.DONE]
    assert desk.shown() == [(7, "two", Flag.FLAGGED), (9, "three", Flag(0))]


@pytest.mark.parametrize(
    ("answers", "sweep"),
    [
        ((), fetched("5", items="UID FLAGS", end=UNPARSED) + swept("1 7", "2 9")),
        (("* 2 EXISTS",), swept("1 7", "2 9")),
        (("* 1 EXPUNGED", "* 2 EXISTS"), ""),
    ],
    ids=["nothing is said", "EXISTS alone", "EXPUNGED"],
)
def test_a_purge_that_worked_is_done_whatever_the_server_makes_of_what_is_gone(
    answers: tuple[str, ...], sweep: str
) -> None:
    desk = Desk()
    desk.cache.messages.set_server_flags(desk.folder("INBOX"), 1, [(5, Flag.DELETED, "")])
    change = desk.on("purge")
    assert desk.play(INBOX + alive("5", r"1 5 \Deleted") + said("EXPUNGE", *answers) + sweep) == {}
    assert desk.state(change) is ChangeState.DONE
    assert desk.shown() == [(7, "two", Flag.SEEN if not sweep else Flag(0)), (9, "three", Flag(0))]


FLOORS: list[tuple[str, str, int | None, int | None]] = [
    ("an empty folder", WORK, 0, 8),
    ("the last message", select(2, 8, "Work") + said("FETCH 2 (UID)", "* 2 FETCH (UID 30)"), 30, 8),
    (
        "the last message went meanwhile",
        select(2, 8, "Work")
        + said("FETCH 2 (UID)")
        + fetched("1:*", "S: * 1 FETCH (UID 29 FLAGS ())", items="UID FLAGS"),
        29,
        8,
    ),
    ("other UIDs than before", select(0, 9, "Work"), 0, 9),
    ("a folder that cannot be selected", said('SELECT "Work"', end="NO append only"), None, None),
]


@pytest.mark.cites("O5:V0003", "O5:V0055")
@pytest.mark.parametrize(("text", "floor", "uidvalidity"), [row[1:] for row in FLOORS], ids=[row[0] for row in FLOORS])
def test_the_floor_is_taken_before_a_message_goes(text: str, floor: int | None, uidvalidity: int | None) -> None:
    desk = Desk()
    change = desk.append(OCTETS)
    assert desk.play(text + appended(OCTETS, end="OK done")) == {}
    row = desk.change(change)
    assert (row.state, row.floor, row.floor_uidvalidity) == (ChangeState.DONE, floor, uidvalidity)


@pytest.mark.cites("O5:V0055")
def test_on_one_connection_the_floor_is_looked_at_once() -> None:
    desk = Desk()
    first, second = desk.append(OCTETS), desk.append(OCTETS)
    third = desk.carry("copy", 5)
    text = WORK + appended(OCTETS, end="OK [APPENDUID 8 31] done") + appended(OCTETS, end="OK done")
    desk.play(text + INBOX + alive("5", "1 5") + said('UID COPY 5 "Work"'))
    assert [desk.change(change).floor for change in (first, second, third)] == [0, 31, 31]


@pytest.mark.cites("O5:V0003")
def test_where_uids_do_not_stick_the_floor_is_looked_at_each_time() -> None:
    desk = Desk()
    desk.append(OCTETS)
    desk.append(OCTETS)
    last = said("FETCH 1 (UID)", "* 1 FETCH (UID 30)")
    text = select(1, 8, "Work", "S: * NO [UIDNOTSTICKY] they change")
    assert desk.play(text + last + appended(OCTETS) + last + appended(OCTETS)) == {}


def test_the_floor_counts_what_the_server_has_told_meanwhile() -> None:
    desk = Desk()
    desk.flagging("read", 5)
    change = desk.append(OCTETS, to="INBOX")
    text = INBOX + alive("5", "1 5") + said(r"UID STORE 5 +FLAGS.SILENT (\Seen)", "* 4 EXISTS")
    text += said("FETCH 4 (UID)", "* 4 FETCH (UID 10)") + appended(OCTETS, folder="INBOX")
    text += said("FETCH 4 (UID)", "* 4 FETCH (UID 10)") + fetched("10", header(4, 10))
    assert desk.play(text) == {}
    assert desk.change(change).floor == 10
