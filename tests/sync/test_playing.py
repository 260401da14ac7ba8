r"""The queue as commands, octet for octet, and what becomes of the answers: flags, purges, what all have in common."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.queueing import Desk, alive, header_of, said
from support.syncing import fetched, header, select, swept

from outlookimap.cache import BodyState, ChangeState, Flag, FolderRow, Subject
from outlookimap.errors import ConnectionLost
from outlookimap.sync.reach import Reach

NONE = Flag(0)
GONE = Flag.DELETED | Flag.SEEN
OCTETS = b"Subject: new\r\nMessage-ID: <new@x>\r\n\r\nHello\r\n"
INBOX = select(3)
WORK = select(0, 8, "Work")
REFUSALS = ["NO not allowed", "BAD what is that"]


# ---------------------------------------------------------------- flags


FLAGS: list[tuple[str, int, str, list[str], Flag]] = [
    ("delete", 5, r"+FLAGS (\Deleted \Seen)", [r"+FLAGS.SILENT (\Deleted)", r"+FLAGS.SILENT (\Seen)"], GONE),
    ("undelete", 9, r"-FLAGS (\Deleted)", [r"-FLAGS.SILENT (\Deleted)"], NONE),
    ("read", 5, r"+FLAGS (\Seen)", [r"+FLAGS.SILENT (\Seen)"], Flag.SEEN),
    ("unread", 7, r"-FLAGS (\Seen)", [r"-FLAGS.SILENT (\Seen)"], NONE),
    ("flag", 5, r"+FLAGS.SILENT (\Flagged)", [r"+FLAGS.SILENT (\Flagged)"], Flag.FLAGGED),
    ("unflag", 7, r"-FLAGS.SILENT (\Flagged)", [r"-FLAGS.SILENT (\Flagged)"], Flag.SEEN),
    ("answered", 5, r"+FLAGS.SILENT (\Answered)", [r"+FLAGS.SILENT (\Answered)"], Flag.ANSWERED),
    ("unanswered", 7, r"-FLAGS.SILENT (\Answered)", [r"-FLAGS.SILENT (\Answered)"], Flag.SEEN),
]
THERE = {5: "1 5", 7: r"2 7 \Seen", 9: r"3 9 \Deleted"}


@pytest.mark.cites("O5:V0056")
@pytest.mark.parametrize("version", ["2007", "2010", "2013"])
@pytest.mark.parametrize(("purpose", "uid", "loud", "silent", "flags"), FLAGS)
def test_flags_that_are_changed_now(
    purpose: str, uid: int, loud: str, silent: list[str], flags: Flag, version: str
) -> None:
    desk = Desk(version=version)
    change = desk.flagging(purpose, uid)
    assert desk.play(INBOX + alive(str(uid), THERE[uid]) + said(f"UID STORE {uid} {loud}"), now=change) == {}
    assert desk.state(change) is ChangeState.DONE
    assert desk.flags(uid) == (flags, flags)


@pytest.mark.cites("O5:V0056")
@pytest.mark.parametrize("version", ["2007", "2010", "2013"])
@pytest.mark.parametrize(("purpose", "uid", "loud", "silent", "flags"), FLAGS)
def test_flags_that_were_changed_offline(
    purpose: str, uid: int, loud: str, silent: list[str], flags: Flag, version: str
) -> None:
    desk = Desk(version=version)
    change = desk.flagging(purpose, uid)
    stores = "".join(said(f"UID STORE {uid} {form}") for form in silent)
    assert desk.play(INBOX + alive(str(uid), THERE[uid]) + stores) == {}
    assert desk.state(change) is ChangeState.DONE
    assert desk.flags(uid) == (flags, flags)


@pytest.mark.cites("O5:V0005", "O5:V0056")
@pytest.mark.parametrize("now", [True, False])
@pytest.mark.parametrize(
    ("flags", "written", "shown"),
    [
        (["\\Flagged", "\\Draft"], r"FLAGS (\Flagged \Draft)", Flag.FLAGGED | Flag.DRAFT),
        ([], "FLAGS ()", NONE),
    ],
)
def test_flags_that_are_replaced(flags: list[str], written: str, shown: Flag, now: bool) -> None:
    desk = Desk()
    change = desk.flagging("replace", 5, 7, flags=flags)
    text = INBOX + alive("5,7", "1 5 old", r"2 7 \Seen") + said(f"UID STORE 5,7 {written}")
    desk.play(text, now=change if now else None)
    assert [desk.flags(uid) for uid in (5, 7)] == [(shown, shown)] * 2
    assert [desk.message(one).keywords for one in desk.ids(5)] == [()]


def test_the_flags_a_loud_store_tells_are_those_the_message_has() -> None:
    desk = Desk()
    change = desk.flagging("read", 5, 9)
    text = INBOX + alive("5,9", "1 5", "3 9")
    text += said(r"UID STORE 5,9 +FLAGS (\Seen)", r"* 1 FETCH (UID 5 FLAGS (\Seen \Flagged $Label))")
    desk.play(text, now=change)
    assert desk.flags(5) == (Flag.SEEN | Flag.FLAGGED, Flag.SEEN | Flag.FLAGGED)
    assert desk.message(desk.ids(5)[0]).keywords == ("$Label",)
    assert desk.flags(9) == (Flag.SEEN, Flag.SEEN)


@pytest.mark.cites("O5:V0056")
def test_a_run_of_changes_asks_once_who_is_there_and_is_played_in_order() -> None:
    desk = Desk()
    changes = [desk.flagging("read", 5, 7, 9), desk.flagging("unread", 5), desk.flagging("flag", 7, 9)]
    text = INBOX + alive("5,7,9", "1 5", r"2 7 \Seen", "3 9")
    text += said(r"UID STORE 5,7,9 +FLAGS.SILENT (\Seen)") + said(r"UID STORE 5 -FLAGS.SILENT (\Seen)")
    text += said(r"UID STORE 7,9 +FLAGS.SILENT (\Flagged)")
    assert desk.play(text) == {}
    assert [desk.state(change) for change in changes] == [ChangeState.DONE] * 3
    read = Flag.SEEN | Flag.FLAGGED
    assert [desk.flags(uid)[1] for uid in (5, 7, 9)] == [NONE, read, read]
    assert desk.play("") == {}


def test_what_the_user_waits_for_is_loud_and_what_was_queued_before_it_is_silent() -> None:
    desk = Desk()
    desk.flagging("read", 5)
    now = desk.flagging("unread", 5)
    after = desk.flagging("flag", 5)
    text = INBOX + alive("5", "1 5")
    text += said(r"UID STORE 5 +FLAGS.SILENT (\Seen)") + said(r"UID STORE 5 -FLAGS (\Seen)")
    assert desk.play(text, now=now) == {}
    assert [change.id for change in desk.cache.changes.open()] == [after]
    assert desk.flags(5) == (Flag.FLAGGED, NONE)


# ---------------------------------------------------------------- flags in conflict


@pytest.mark.cites("O5:V0056")
def test_the_later_change_here_wins_for_the_flags_it_touches_and_for_no_others() -> None:
    desk = Desk()
    desk.flagging("read", 5)
    desk.flagging("unflag", 7)
    text = INBOX + alive("5,7", r"1 5 \Flagged \Answered $Label", r"2 7 \Flagged \Draft")
    text += said(r"UID STORE 5 +FLAGS.SILENT (\Seen)") + said(r"UID STORE 7 -FLAGS.SILENT (\Flagged)")
    desk.play(text)
    assert desk.flags(5) == (Flag.SEEN | Flag.FLAGGED | Flag.ANSWERED,) * 2
    assert desk.message(desk.ids(5)[0]).keywords == ("$Label",)
    assert desk.flags(7) == (Flag.DRAFT, Flag.DRAFT)


def test_news_that_come_while_a_change_waits_show_under_it() -> None:
    desk = Desk()
    desk.flagging("unread", 7)
    later = desk.flagging("flag", 7)
    text = INBOX + alive("7", r"2 7 \Seen \Answered") + said(r"UID STORE 7 -FLAGS.SILENT (\Seen)", end="OK done")
    text += "@closed server\n"
    with pytest.raises(ConnectionLost) as caught:
        desk.play(text)
    assert caught.value.pending == later
    assert desk.flags(7) == (Flag.ANSWERED | Flag.FLAGGED, Flag.ANSWERED)


# ---------------------------------------------------------------- messages that are gone


@pytest.mark.cites("O5:C0002")
def test_a_change_of_a_message_that_is_gone_is_dropped_and_says_so() -> None:
    desk = Desk()
    change = desk.flagging("read", 5)
    assert desk.play(INBOX + alive("5")) == {}
    assert (desk.state(change), desk.change(change).error) == (
        ChangeState.DROPPED,
        "the message is gone from the server",
    )
    assert desk.ids(5) == ()


def test_of_several_messages_those_that_are_gone_are_dropped() -> None:
    desk = Desk()
    one, two, three = desk.ids(5, 7, 9)
    change = desk.flagging("flag", 5, 7, 9)
    desk.play(INBOX + alive("5,7,9", r"1 7 \Seen") + said(r"UID STORE 7 +FLAGS.SILENT (\Flagged)"))
    assert (desk.state(change), desk.change(change).error) == (
        ChangeState.DONE,
        "2 of 3 messages are gone from the server",
    )
    assert desk.change(change).subjects == (Subject(two),)
    assert [uid for uid, *_ in desk.shown()] == [7]
    assert [desk.cache.messages.get(row) for row in (one, three)] == [None, None]


def test_all_of_several_are_gone() -> None:
    desk = Desk()
    change = desk.flagging("flag", 5, 9)
    desk.play(INBOX + alive("5,9"))
    assert (desk.state(change), desk.change(change).error) == (
        ChangeState.DROPPED,
        "2 of 2 messages are gone from the server",
    )


def test_a_message_that_goes_between_two_changes() -> None:
    desk = Desk()
    read, flag = desk.flagging("read", 5, 9), desk.flagging("flag", 5)
    text = INBOX + alive("5,9", "1 5", "3 9") + said(r"UID STORE 5,9 +FLAGS.SILENT (\Seen)", "* 1 EXPUNGE")
    desk.play(text + alive("5"))
    assert [desk.state(change) for change in (read, flag)] == [ChangeState.DONE, ChangeState.DROPPED]
    assert [uid for uid, *_ in desk.shown()] == [7, 9]


@pytest.mark.parametrize("kind", ["flags", "purge", "copy"])
def test_a_folder_that_is_gone_drops_its_changes(kind: str) -> None:
    desk = Desk()
    desk.stock("Old", 9, {3: "x"})
    if kind == "copy":
        make: Callable[[], int] = lambda: desk.carry("copy", 5)  # noqa: E731
    else:
        make = (lambda: desk.flagging("read", 3, folder="Old")) if kind == "flags" else (lambda: desk.on(kind, "Old"))
    change = make()
    refused = said(f'SELECT "{"INBOX" if kind == "copy" else "Old"}"', end="NO no such folder")
    listed = said('LIST "" "*"', '* LIST () "/" "Work"')
    desk.play((WORK if kind == "copy" else "") + refused + listed)
    assert desk.state(change) is ChangeState.DROPPED
    assert desk.change(change).error == f"the folder '{'INBOX' if kind == 'copy' else 'Old'}' is gone from the server"
    assert desk.shown("Work") == []


def test_a_folder_that_is_there_and_cannot_be_selected_leaves_its_changes_waiting() -> None:
    desk = Desk()
    change = desk.flagging("read", 5)
    failures = desk.play(said('SELECT "INBOX"', end="NO [INUSE] later") + said('LIST "" "*"', '* LIST () "/" INBOX'))
    assert [*failures] == [change]
    assert desk.state(change) is ChangeState.QUEUED
    assert "later" in (desk.change(change).error or "")
    assert desk.flags(5)[0] == Flag.SEEN


# ---------------------------------------------------------------- UIDs that did not last


ANEW = [header(1, 11, "three"), header(2, 12, "one"), header(3, 13, "two", flags=r"\Seen")]


@pytest.mark.cites("O5:V0003", "O5:V0007")
@pytest.mark.parametrize(
    ("uidvalidity", "more"), [(77, ""), (0, ""), (7, "S: * NO [UIDNOTSTICKY] they change")], ids=str
)
def test_changes_find_their_messages_under_new_uids(uidvalidity: int, more: str) -> None:
    desk = Desk()
    one, two = desk.ids(5, 7)
    change = desk.flagging("flag", 5, 7)
    again = select(3, uidvalidity, more=more)
    text = again + again + fetched("1:*", *ANEW) + said(r"UID STORE 12:13 +FLAGS.SILENT (\Flagged)")
    assert desk.play(text) == {}
    assert desk.state(change) is ChangeState.DONE
    assert [(uid, subject) for uid, subject, _ in desk.shown()] == [(11, "three"), (12, "one"), (13, "two")]
    assert [desk.message(row).uid for row in (one, two)] == [12, 13]
    assert desk.flags(12) == (Flag.FLAGGED, Flag.FLAGGED)


@pytest.mark.cites("O5:V0003")
def test_a_message_that_is_not_among_the_new_uids_is_gone() -> None:
    desk = Desk()
    change = desk.flagging("flag", 5)
    text = select(1, 77) + select(1, 77) + fetched("1:*", header(1, 11, "three"))
    assert desk.play(text) == {}
    assert desk.state(change) is ChangeState.DROPPED


# ---------------------------------------------------------------- purge


def test_a_purge_is_expunge_and_what_went_goes() -> None:
    desk = Desk()
    desk.cache.messages.set_server_flags(desk.folder("INBOX"), 1, [(5, GONE, ""), (9, GONE, "")])
    change = desk.on("purge")
    text = INBOX + alive("5,9", r"1 5 \Deleted", r"3 9 \Deleted")
    assert desk.play(text + said("EXPUNGE", "* 1 EXPUNGE", "* 2 EXPUNGE")) == {}
    assert desk.state(change) is ChangeState.DONE
    assert desk.shown() == [(7, "two", Flag.SEEN)]


def test_what_is_still_there_after_a_purge_is_shown_again() -> None:
    desk = Desk()
    desk.cache.messages.set_server_flags(desk.folder("INBOX"), 1, [(5, GONE, ""), (9, GONE, "")])
    desk.on("purge")
    text = INBOX + alive("5,9", "1 5", r"3 9 \Deleted") + said("EXPUNGE", "* 3 EXPUNGE") + alive("5", "1 5")
    assert desk.play(text) == {}
    assert desk.shown() == [(5, "one", NONE), (7, "two", Flag.SEEN)]


@pytest.mark.cites("O5:C0002")
def test_a_purge_whose_losses_nobody_can_name_is_followed_by_a_sweep() -> None:
    desk = Desk()
    desk.cache.messages.set_server_flags(desk.folder("INBOX"), 1, [(9, GONE, "")])
    desk.on("purge")
    text = INBOX + alive("9", r"3 9 \Deleted") + said("EXPUNGE", "* 1 EXPUNGE", "* 2 EXPUNGE")
    assert desk.play(text + swept(r"1 7 \Seen")) == {}
    assert desk.shown() == [(7, "two", Flag.SEEN)]


@pytest.mark.parametrize("end", REFUSALS)
def test_a_refused_purge_shows_the_messages_again(end: str) -> None:
    desk = Desk()
    desk.cache.messages.set_server_flags(desk.folder("INBOX"), 1, [(9, GONE, "")])
    change = desk.on("purge")
    failures = desk.play(INBOX + alive("9", r"3 9 \Deleted") + said("EXPUNGE", end=end))
    assert [*failures] == [change]
    assert desk.state(change) is ChangeState.REFUSED
    assert [uid for uid, *_ in desk.shown()] == [5, 7, 9]


def test_a_purge_of_nothing_is_sent_all_the_same() -> None:
    desk = Desk()
    desk.on("purge")
    assert desk.play(INBOX + said("EXPUNGE")) == {}


# ---------------------------------------------------------------- the connection


@pytest.mark.cites("O5:C0002")
@pytest.mark.parametrize("answered", [0, 1, 2])
def test_a_connection_that_ends_names_the_change_and_leaves_those_after_it(answered: int) -> None:
    desk = Desk()
    changes = [desk.flagging(purpose, 5) for purpose in ("read", "flag", "answered")]
    forms = [r"+FLAGS.SILENT (\Seen)", r"+FLAGS.SILENT (\Flagged)", r"+FLAGS.SILENT (\Answered)"]
    text = INBOX + alive("5", "1 5") + "".join(said(f"UID STORE 5 {form}") for form in forms[:answered])
    with pytest.raises(ConnectionLost) as caught:
        desk.play(text + f"C: $tag UID STORE 5 {forms[answered]}\n@closed server")
    assert caught.value.pending == changes[answered]
    assert [desk.state(change) for change in changes] == [
        *[ChangeState.DONE] * answered,
        ChangeState.SENT,
        *[ChangeState.QUEUED] * (2 - answered),
    ]
    assert desk.flags(5)[0] == Flag.SEEN | Flag.FLAGGED | Flag.ANSWERED


def test_a_connection_that_ends_before_a_command_goes_out_leaves_no_doubt() -> None:
    desk = Desk()
    change = desk.append(OCTETS)
    with pytest.raises(ConnectionLost) as caught:
        desk.play('C: $tag SELECT "Work"\n@closed server')
    assert caught.value.pending == change
    assert desk.state(change) is ChangeState.QUEUED


@pytest.mark.parametrize("end", REFUSALS)
def test_refused_flags_are_taken_back_and_the_rest_goes_on(end: str) -> None:
    desk = Desk()
    read, flag = desk.flagging("read", 5), desk.flagging("flag", 5)
    text = INBOX + alive("5", "1 5") + said(r"UID STORE 5 +FLAGS.SILENT (\Seen)", end=end)
    failures = desk.play(text + said(r"UID STORE 5 +FLAGS.SILENT (\Flagged)"))
    assert [*failures] == [read]
    assert [desk.state(change) for change in (read, flag)] == [ChangeState.REFUSED, ChangeState.DONE]
    assert desk.flags(5) == (Flag.FLAGGED, Flag.FLAGGED)


# ---------------------------------------------------------------- messages that become others meanwhile


@pytest.mark.cites("O5:V0003")
def test_a_message_that_is_recognised_as_another_is_changed_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    change = desk.flagging("read", 5)
    [old] = desk.ids(5)
    enter = Reach.enter
    became: list[int] = []

    def recognising(reach: Reach, folder: FolderRow) -> None:
        enter(reach, folder)
        if not became:  # as a visit does that finds one of our own messages under this UID
            row = desk.message(old)
            became.append(
                desk.cache.messages.add_local(
                    row.folder, row.generation, octets=None, header=header_of("one"), flags=NONE,
                    internaldate=row.internaldate, size=None, body=BodyState.NONE,
                )
            )  # fmt: skip
            desk.cache.messages.assign(became[0], uid=5, arrived_id=old)

    monkeypatch.setattr(Reach, "enter", recognising)
    assert desk.play(INBOX + alive("5", "1 5") + said(r"UID STORE 5 +FLAGS (\Seen)"), now=change) == {}
    assert desk.state(change) is ChangeState.DONE
    assert [one.message for one in desk.change(change).subjects] == became
    assert desk.flags(5) == (Flag.SEEN, Flag.SEEN)
