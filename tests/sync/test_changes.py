r"""Changes as they are recorded: what is refused before anything is written, what shows at once, what is taken back."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from support.queueing import SENT, Desk, header_of
from support.scripted import PLAIN

from outlookimap.cache import Arrived, BodyState, ChangeState, Flag, Subject
from outlookimap.errors import FolderUnknown, LocalProtocolError, MessageGone, ProfileViolation, UsageError
from outlookimap.profiles import Policy
from outlookimap.sync.changes import Change
from outlookimap.sync.effects import finish, keep

OCTETS = b"Subject: new\r\n\r\nHello\r\n"
NONE = Flag(0)
QUEUE = ('INSERT INTO "changes"', 'INSERT INTO "change_messages"')
NOT_DONE = [ChangeState.REFUSED, ChangeState.DROPPED, ChangeState.DISCARDED]


def everything(desk: Desk) -> list[str]:
    """Return all that the local copy holds, but for what counts its ids."""
    connection: sqlite3.Connection = desk.cache._database._connection
    return [line for line in connection.iterdump() if "sqlite_sequence" not in line]


def rest(desk: Desk) -> list[str]:
    """Return all that the local copy holds beside the queue."""
    return [line for line in everything(desk) if not line.startswith(QUEUE)]


# ---------------------------------------------------------------- refused before anything is written


REFUSED: list[tuple[str, Callable[[Desk], object], type[Exception], str]] = [
    (
        "no such kind",
        lambda on: on.on("annotate"),
        UsageError,
        "'annotate' is no kind of change: there are flags, copy",
    ),
    ("no such folder", lambda on: on.record(Change("purge", 99)), FolderUnknown, "purge: there is no folder 99"),
    ("no folder at all", lambda on: on.record(Change("delete")), FolderUnknown, "delete: there is no folder None"),
    ("no such purpose", lambda on: on.flagging("important", 5), UsageError, "'important' is no purpose"),
    ("no purpose", lambda on: on.record(Change("flags", 1, messages=(1,))), UsageError, "None is no purpose"),
    (
        "no message",
        lambda on: on.record(Change("flags", 1, detail={"purpose": "read"})),
        UsageError,
        "flags: name at least one message",
    ),
    (
        "messages that are gone",
        lambda on: on.record(Change("flags", on.folder("INBOX"), messages=(98, 99), detail={"purpose": "read"})),
        MessageGone,
        "flags: none of these messages is there any more",
    ),
    (
        "a message of another folder",
        lambda on: on.record(Change("flags", on.folder("Work"), messages=on.ids(5), detail={"purpose": "read"})),
        UsageError,
        "is not in folder",
    ),
    (
        "a move to where it is",
        lambda on: on.carry("move", 5, to="INBOX"),
        UsageError,
        "move: the messages are in 'INBOX' already",
    ),
    (
        "a copy to nowhere",
        lambda on: on.record(Change("copy", on.folder("INBOX"), 99, on.ids(5))),
        FolderUnknown,
        "copy: there is no folder 99",
    ),
    (
        "a message without octets",
        lambda on: on.record(Change("append", target=on.folder("Work"))),
        UsageError,
        "append: the octets of the message are missing",
    ),
    ("a message with NUL", lambda on: on.append(b"a: b\r\n\r\n\0"), LocalProtocolError, "NUL"),
    ("a folder without a name", lambda on: on.create(""), UsageError, "create: a folder has a name"),
    ("a folder that is there", lambda on: on.create("Work"), UsageError, "create: there is a folder 'Work' already"),
    ("INBOX again", lambda on: on.create("inbox"), UsageError, "create: there is a folder 'inbox' already"),
    ("a name that is no text", lambda on: on.create("a\ud800"), UsageError, "cannot be encoded"),
    ("INBOX under another name", lambda on: on.rename("INBOX", "Old"), UsageError, "rename: INBOX keeps its name"),
    ("the name of another", lambda on: on.rename("Work", "INBOX"), UsageError, "there is a folder 'INBOX' already"),
    ("its own name", lambda on: on.rename("Work", "Work"), UsageError, "there is a folder 'Work' already"),
    ("no new name", lambda on: on.rename("Work", ""), UsageError, "rename: a folder has a name"),
    ("INBOX away", lambda on: on.on("delete"), UsageError, "delete: INBOX cannot be deleted"),
]


@pytest.mark.parametrize(("change", "error", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_cannot_be_is_refused_and_nothing_is_written(
    change: Callable[[Desk], object], error: type[Exception], message: str
) -> None:
    desk = Desk()
    before = everything(desk)
    with pytest.raises(error, match=message):
        change(desk)
    assert everything(desk) == before


VIOLATIONS: list[tuple[str, Callable[[Desk], object], str]] = [
    ("the delimiter in a name", lambda on: on.create("a/b"), "O5:V0020"),
    ("the delimiter in a name below another", lambda on: on.create("a/b", "Work"), "O5:V0020"),
    ("the delimiter in a new name", lambda on: on.rename("Work", "a/b"), "O5:V0020"),
    ("a control character", lambda on: on.create("a\tb"), "O5:V0018"),
    ("a control character of the upper half", lambda on: on.create("a\x85b"), "O5:V0018"),
    ("a control character below another", lambda on: on.create("a\x7fb", "Work"), "O5:V0018"),
    ("a control character in a new name", lambda on: on.rename("Work", "a&AAc-b"), "O5:V0018"),
    ("eight bits", lambda on: on.append("Subject: a\r\n\r\nä".encode()), "O5:V0013"),
    ("a keyword", lambda on: on.flagging("replace", 5, flags=["\\Seen", "$Forwarded"]), "O5:V0005"),
    ("a keyword of a new message", lambda on: on.append(OCTETS, "\\Seen", "Project"), "O5:V0005"),
    ("a flag that is the server's", lambda on: on.append(OCTETS, "\\Recent"), "O5:V0005"),
]


@pytest.mark.cites("O5:V0005", "O5:V0013", "O5:V0018", "O5:V0020")
@pytest.mark.parametrize("version", ["2007", "2010", "2013"])
@pytest.mark.parametrize(("change", "statement"), [row[1:] for row in VIOLATIONS], ids=[row[0] for row in VIOLATIONS])
def test_what_the_product_never_sends_is_refused_and_nothing_is_written(
    change: Callable[[Desk], object], statement: str, version: str
) -> None:
    desk = Desk(version=version)
    before = everything(desk)
    with pytest.raises(ProfileViolation) as caught:
        change(desk)
    assert statement in caught.value.statements
    assert everything(desk) == before


@pytest.mark.cites("O5:V0020")
def test_a_rename_changes_the_last_level_only() -> None:
    desk = Desk()
    desk.stock("Work/Old", 9, {})
    for name in ("Old", "Elsewhere/Old", "Wor/Old"):
        with pytest.raises(UsageError, match="only the last level changes"):
            desk.rename("Work/Old", name)
    assert desk.cache.changes.open() == []


def test_nothing_goes_to_a_folder_that_only_holds_others() -> None:
    desk = Desk()
    desk.cache.folders.update(desk.folder("Work"), attributes=("\\Noselect",))
    with pytest.raises(UsageError, match="the folder 'Work' holds no messages, only other folders"):
        desk.carry("copy", 5)
    with pytest.raises(UsageError, match="the folder 'Work' holds no messages, only other folders"):
        desk.append(OCTETS)


def test_nothing_goes_to_a_folder_that_is_on_its_way_out() -> None:
    desk = Desk()
    work = desk.folder("Work")
    desk.on("delete", "Work")
    with pytest.raises(FolderUnknown, match="append: there is no folder"):
        desk.record(Change("append", target=work, octets=OCTETS))


def test_no_hierarchy_no_folder_below_another() -> None:
    desk = Desk()
    for row in desk.cache.folders.all():
        desk.cache.folders.update(row.id, delimiter=None)
    with pytest.raises(UsageError, match="this server has no hierarchy"):
        desk.create("New", "Work")
    desk.create("a/b")
    assert desk.row("a/b").raw == b"a/b"


# ---------------------------------------------------------------- flags


SHOWS: list[tuple[str, int, Flag]] = [
    ("delete", 5, Flag.DELETED | Flag.SEEN),
    ("read", 5, Flag.SEEN),
    ("unread", 7, NONE),
    ("flag", 5, Flag.FLAGGED),
    ("answered", 7, Flag.SEEN | Flag.ANSWERED),
    ("unflag", 7, Flag.SEEN),
    ("unanswered", 7, Flag.SEEN),
    ("undelete", 7, Flag.SEEN),
]


@pytest.mark.cites("O5:V0056")
@pytest.mark.parametrize(("purpose", "uid", "flags"), SHOWS)
@pytest.mark.parametrize("end", NOT_DONE)
def test_flags_show_at_once_and_are_taken_back(purpose: str, uid: int, flags: Flag, end: ChangeState) -> None:
    desk = Desk()
    before = rest(desk)
    change = desk.flagging(purpose, uid)
    row = desk.change(change)
    assert (row.kind, row.state, row.folder, row.detail) == (
        "flags",
        ChangeState.QUEUED,
        desk.folder("INBOX"),
        {"purpose": purpose},
    )
    assert row.subjects == tuple(Subject(one) for one in desk.ids(uid))
    server = {5: NONE, 7: Flag.SEEN}[uid]
    assert desk.flags(uid) == (flags, server)
    finish(desk.cache, row, end, "because")
    assert desk.flags(uid) == (server, server)
    assert (desk.state(change), desk.change(change).error) == (end, "because")
    assert rest(desk) == before


@pytest.mark.cites("O5:V0005", "O5:V0056")
def test_flags_can_be_replaced_by_the_five_in_any_case() -> None:
    desk = Desk()
    change = desk.flagging("replace", 5, 7, flags=["\\flagged", "\\DRAFT"])
    assert desk.change(change).detail == {"purpose": "replace", "flags": ["\\Flagged", "\\Draft"]}
    assert desk.flags(5) == (Flag.FLAGGED | Flag.DRAFT, NONE)
    assert desk.flags(7) == (Flag.FLAGGED | Flag.DRAFT, Flag.SEEN)
    desk.flagging("replace", 5, flags=[])
    assert desk.flags(5) == (NONE, NONE)


def test_changes_lie_on_one_another_and_taking_one_back_leaves_the_others() -> None:
    desk = Desk()
    read, flag, unread = (desk.flagging(purpose, 5) for purpose in ("read", "flag", "unread"))
    assert desk.flags(5)[0] == Flag.FLAGGED
    finish(desk.cache, desk.change(unread), ChangeState.DISCARDED)
    assert desk.flags(5)[0] == Flag.FLAGGED | Flag.SEEN
    finish(desk.cache, desk.change(read), ChangeState.REFUSED)
    assert desk.flags(5)[0] == Flag.FLAGGED
    finish(desk.cache, desk.change(flag), ChangeState.DROPPED)
    assert desk.flags(5)[0] == NONE


def test_of_several_messages_those_that_are_gone_are_left_out_and_each_counts_once() -> None:
    desk = Desk()
    one, two = desk.ids(5, 7)
    change = desk.record(
        Change("flags", desk.folder("INBOX"), messages=(two, 99, one, two), detail={"purpose": "flag"})
    )
    assert desk.change(change).subjects == (Subject(two), Subject(one))


# ---------------------------------------------------------------- copy, move


@pytest.mark.cites("O5:V0057")
@pytest.mark.parametrize("end", NOT_DONE)
@pytest.mark.parametrize("kind", ["copy", "move"])
def test_copies_are_there_at_once_and_are_taken_back(kind: str, end: ChangeState) -> None:
    desk = Desk()
    one, two = desk.ids(5, 7)
    desk.cache.messages.store_body(two, header_of("two") + b"body", partial=False)
    change = desk.carry(kind, 5, 7)
    assert desk.shown("Work") == [(None, "one", NONE), (None, "two", Flag.SEEN)]
    first, second = (desk.placeholder(change, place) for place in (0, 1))
    assert [subject.message for subject in desk.change(change).subjects] == [one, two]
    assert desk.cache.messages.header(first.id) == b"Subject: one\r\nMessage-ID: <one@x>\r\n\r\n"
    assert (first.body, first.size, first.internaldate) == (BodyState.NONE, 100, SENT)
    assert desk.cache.messages.body(second.id) == (header_of("two") + b"body", BodyState.WHOLE)
    gone = Flag.DELETED | Flag.SEEN
    assert desk.flags(5) == (gone if kind == "move" else NONE, NONE)
    assert desk.flags(7) == (gone if kind == "move" else Flag.SEEN, Flag.SEEN)
    finish(desk.cache, desk.change(change), end)
    assert desk.shown("Work") == []
    assert [desk.flags(uid)[0] for uid in (5, 7)] == [NONE, Flag.SEEN]


def test_taking_a_copy_back_leaves_what_the_server_has_already() -> None:
    desk = Desk()
    change = desk.carry("copy", 5, 7)
    desk.cache.messages.assign(desk.placeholder(change).id, uid=31)
    finish(desk.cache, desk.change(change), ChangeState.DISCARDED)
    assert desk.shown("Work") == [(31, "one", NONE)]


def test_a_copy_within_a_folder() -> None:
    desk = Desk()
    desk.carry("copy", 5, to="INBOX")
    assert [(uid, subject) for uid, subject, _ in desk.shown()] == [
        (None, "one"),
        (5, "one"),
        (7, "two"),
        (9, "three"),
    ]


# ---------------------------------------------------------------- append


@pytest.mark.cites("O5:V0014", "O5:V0046")
@pytest.mark.parametrize("end", NOT_DONE)
def test_a_new_message_is_there_at_once_octet_for_octet_and_is_taken_back(end: ChangeState) -> None:
    desk = Desk()
    change = desk.append(b"Subject: new\n\nHello\n", "\\seen", "\\Draft")
    row, message = desk.change(change), desk.placeholder(change)
    assert row.octets == OCTETS
    assert row.detail == {"flags": ["\\Seen", "\\Draft"], "date": "1996-07-17T02:44:25-07:00"}
    assert row.subjects == (Subject(message.id, message.id),)
    assert desk.cache.messages.body(message.id) == (OCTETS, BodyState.WHOLE)
    assert desk.cache.messages.header(message.id) == b"Subject: new\r\n\r\n"
    assert (message.uid, message.subject, message.flags) == (None, "new", Flag.SEEN | Flag.DRAFT)
    assert (message.size, message.internaldate) == (len(OCTETS), SENT)
    finish(desk.cache, row, end)
    assert desk.shown("Work") == []
    assert (desk.change(change).octets is None) == (end is ChangeState.DISCARDED)


@pytest.mark.cites("O5:V0046")
def test_the_date_of_a_new_message_is_when_it_was_recorded_unless_one_is_given() -> None:
    desk = Desk()
    change = desk.record(Change("append", target=desk.folder("Work"), octets=OCTETS))
    date = dt.datetime.fromisoformat(desk.change(change).detail["date"])
    assert date == SENT
    change = desk.record(
        Change("append", target=desk.folder("Work"), octets=OCTETS, detail={"date": "2024-02-29T12:00:00.75+05:30"})
    )
    assert desk.change(change).detail == {"flags": [], "date": "2024-02-29T12:00:00+05:30"}


# ---------------------------------------------------------------- purge


@pytest.mark.parametrize("end", NOT_DONE)
def test_a_purge_hides_what_is_shown_deleted_and_is_taken_back(end: ChangeState) -> None:
    desk = Desk()
    going = desk.ids(5, 9)
    desk.flagging("delete", 5)
    desk.carry("move", 9)
    change = desk.on("purge")
    assert desk.change(change).subjects == tuple(Subject(one) for one in going)
    assert desk.shown() == [(7, "two", Flag.SEEN)]
    finish(desk.cache, desk.change(change), end)
    assert [uid for uid, *_ in desk.shown()] == [5, 7, 9]


def test_a_purge_of_nothing_is_a_change_all_the_same() -> None:
    desk = Desk()
    assert desk.change(desk.on("purge")).subjects == ()


# ---------------------------------------------------------------- folders


NEW: list[tuple[str, str | None, str, bytes, str]] = [
    ("New", None, "", b"New", "New"),
    ("New", "Work", "", b"Work/New", "Work/New"),
    ("Größe & mehr", None, "", b"Gr&APYA3w-e &- mehr", "Größe & mehr"),
    ("New", None, "Mail", b"Mail/New", "Mail/New"),
    ("New", None, "Mail/", b"Mail/New", "Mail/New"),
    ("New", "Work", "Mail", b"Work/New", "Work/New"),
    ("work", None, "", b"work", "work"),
]


@pytest.mark.cites("O5:V0016", "O5:V0021", "O5:V0022")
@pytest.mark.parametrize("end", NOT_DONE)
@pytest.mark.parametrize(("name", "parent", "root", "raw", "shown"), NEW)
def test_a_new_folder_is_there_at_once_and_is_taken_back(
    name: str, parent: str | None, root: str, raw: bytes, shown: str, end: ChangeState
) -> None:
    desk = Desk(policy=Policy(encryption="none", root_folder=root))
    change = desk.create(name, parent)
    row = desk.row(shown)
    assert (row.raw, row.server_raw, row.delimiter, row.visited) == (raw, None, "/", None)
    above = None if parent is None else desk.folder(parent)
    assert (desk.change(change).folder, desk.change(change).detail) == (row.id, {"name": name, "parent": above})
    finish(desk.cache, desk.change(change), end)
    assert [one.name for one in desk.cache.folders.all(removed=True)] == ["INBOX", "Work"]


def test_a_new_folder_with_messages_of_ours_stays_when_it_is_refused() -> None:
    desk = Desk()
    change = desk.create("New")
    desk.append(OCTETS, to="New")
    finish(desk.cache, desk.change(change), ChangeState.REFUSED)
    assert [subject for _, subject, _ in desk.shown("New")] == ["new"]


def test_a_new_folder_with_another_below_it_stays_when_it_is_refused() -> None:
    desk = Desk()
    change = desk.create("New")
    below = desk.create("Below", "New")
    finish(desk.cache, desk.change(change), ChangeState.REFUSED)
    assert desk.row("New/Below").server_raw is None
    finish(desk.cache, desk.change(below), ChangeState.REFUSED)
    assert desk.cache.folders.by_name("New/Below") is None


@pytest.mark.parametrize("end", NOT_DONE)
def test_a_renamed_folder_has_its_name_at_once_with_those_below_it_and_has_it_back(end: ChangeState) -> None:
    desk = Desk()
    desk.stock("Work/Old", 9, {})
    desk.stock("Workshop", 10, {})
    change = desk.rename("Work", "Gr&APYA3w-e")
    assert [(row.name, row.raw, row.server_raw) for row in desk.cache.folders.all()] == [
        ("INBOX", b"INBOX", b"INBOX"),
        ("Größe", b"Gr&APYA3w-e", b"Work"),
        ("Größe/Old", b"Gr&APYA3w-e/Old", b"Work/Old"),
        ("Workshop", b"Workshop", b"Workshop"),
    ]
    finish(desk.cache, desk.change(change), end)
    assert [(row.raw, row.server_raw) for row in desk.cache.folders.all()] == [
        (name, name) for name in (b"INBOX", b"Work", b"Work/Old", b"Workshop")
    ]


def test_the_first_of_two_renames_is_taken_back_and_the_second_still_shows() -> None:
    desk = Desk()
    first, second = desk.rename("Work", "A"), desk.rename("A", "B")
    finish(desk.cache, desk.change(first), ChangeState.REFUSED)
    assert desk.row("B").server_raw == b"Work"
    finish(desk.cache, desk.change(second), ChangeState.REFUSED)
    assert [row.name for row in desk.cache.folders.all()] == ["INBOX", "A"]


def test_a_rename_does_not_take_its_old_name_from_another_folder() -> None:
    desk = Desk()
    change = desk.rename("Work", "Other")
    desk.create("Work")
    finish(desk.cache, desk.change(change), ChangeState.REFUSED)
    assert [(row.name, row.server_raw) for row in desk.cache.folders.all()] == [
        ("INBOX", b"INBOX"),
        ("Other", b"Work"),
        ("Work", None),
    ]


@pytest.mark.parametrize("end", NOT_DONE)
def test_a_deleted_folder_is_gone_at_once_and_comes_back_with_its_mail(end: ChangeState) -> None:
    desk = Desk()
    desk.stock("Old", 9, {3: "kept"})
    change = desk.on("delete", "Old")
    assert desk.cache.folders.by_name("Old") is None
    assert [row.name for row in desk.cache.folders.all(removed=True)] == ["INBOX", "Old", "Work"]
    finish(desk.cache, desk.change(change), end)
    assert desk.shown("Old") == [(3, "kept", NONE)]


def test_a_name_that_is_free_again_can_be_given_to_a_new_folder() -> None:
    desk = Desk()
    desk.on("delete", "Work")
    desk.create("Work")
    desk.append(OCTETS, to="Work")
    assert desk.row("Work").server_raw is None
    delete = desk.cache.changes.open()[0]
    finish(desk.cache, delete, ChangeState.REFUSED)
    assert [(row.name, row.server_raw) for row in desk.cache.folders.all(removed=True)] == [
        ("INBOX", b"INBOX"),
        ("Work", b"Work"),
    ]
    assert [subject for _, subject, _ in desk.shown("Work")] == ["new"]


@pytest.mark.parametrize("end", NOT_DONE)
@pytest.mark.parametrize("before", [None, True, False])
@pytest.mark.parametrize(("kind", "after"), [("subscribe", True), ("unsubscribe", False)])
def test_a_subscription_shows_at_once_and_is_taken_back(
    kind: str, after: bool, before: bool | None, end: ChangeState
) -> None:
    desk = Desk()
    desk.cache.folders.update(desk.folder("Work"), subscribed=before)
    change = desk.on(kind, "Work")
    assert desk.row("Work").subscribed is after
    finish(desk.cache, desk.change(change), end)
    assert desk.row("Work").subscribed is before


# ---------------------------------------------------------------- what is done stays


KINDS: list[Callable[[Desk], int]] = [
    lambda on: on.flagging("flag", 5),
    lambda on: on.carry("copy", 5),
    lambda on: on.carry("move", 5),
    lambda on: on.append(OCTETS),
    lambda on: on.on("purge"),
    lambda on: on.create("New"),
    lambda on: on.rename("Work", "New"),
    lambda on: on.on("delete", "Work"),
    lambda on: on.on("subscribe", "Work"),
    lambda on: on.on("unsubscribe", "Work"),
]


@pytest.mark.parametrize("make", KINDS)
def test_what_is_done_shows_as_before(make: Callable[[Desk], int]) -> None:
    desk = Desk(policy=PLAIN)
    change = make(desk)
    before = [(row.raw, row.removed, row.subscribed) for row in desk.cache.folders.all(removed=True)]
    shown = {name: desk.shown(name) for name in ("INBOX", "Work") if desk.cache.folders.by_name(name)}
    finish(desk.cache, desk.change(change), ChangeState.DONE)
    assert [(row.raw, row.removed, row.subscribed) for row in desk.cache.folders.all(removed=True)] == before
    assert {name: desk.shown(name) for name in shown} == shown
    assert desk.change(change).octets is None


def test_the_queue_has_the_changes_in_the_order_they_were_made() -> None:
    desk = Desk()
    made: list[Any] = [make(desk) for make in KINDS[:6]]
    assert [row.id for row in desk.cache.changes.open()] == made
    assert made == sorted(made)


# ---------------------------------------------------------------- what a change is about no more


@pytest.mark.parametrize("kept", [(), (5,), (7,), (5, 7)])
def test_a_change_keeps_some_of_its_messages_and_the_others_show_what_the_server_has(kept: tuple[int, ...]) -> None:
    desk = Desk()
    change = desk.flagging("flag", 5, 7)
    subjects = tuple(Subject(one) for one in desk.ids(*kept))
    keep(desk.cache, desk.change(change), subjects)
    assert desk.change(change).subjects == subjects
    assert desk.state(change) is ChangeState.QUEUED
    for uid, before in ((5, NONE), (7, Flag.SEEN)):
        assert desk.flags(uid) == (before | Flag.FLAGGED if uid in kept else before, before)


def test_what_another_change_shows_stays_where_a_change_does_not_keep_a_message() -> None:
    desk = Desk()
    change = desk.flagging("flag", 5)
    desk.flagging("answered", 5)
    keep(desk.cache, desk.change(change), ())
    assert desk.flags(5) == (Flag.ANSWERED, NONE)


def test_a_message_that_is_not_kept_is_found_under_the_id_it_has_by_now() -> None:
    desk = Desk()
    copy = desk.placeholder(desk.carry("copy", 5)).id
    desk.cache.messages.add(desk.folder("Work"), 1, [Arrived(31, NONE, "", 100, SENT, header_of("one"))])
    change = desk.change(desk.flagging_row("flag", desk.ids(31, folder="Work")[0]))
    desk.cache.messages.assign(copy, uid=31)  # the row that arrived goes, and with it the id the change was made for
    assert desk.change(change.id).subjects == (Subject(copy),)
    assert desk.flags(31, "Work") == (Flag.FLAGGED, NONE)
    keep(desk.cache, change, ())
    assert desk.flags(31, "Work") == (NONE, NONE)
