r"""The queue as commands, octet for octet, and what becomes of the answers: folders that are made, renamed, deleted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.queueing import Desk, appended, said
from support.syncing import select

from outlookimap.cache import ChangeState, Flag
from outlookimap.errors import CommandFailed, OutlookImapError, UsageError
from outlookimap.profiles import Policy

OCTETS = b"Subject: new\r\nMessage-ID: <new@x>\r\n\r\nHello\r\n"
INBOX = select(3)
REFUSALS = ["NO not allowed", "BAD what is that"]


# ---------------------------------------------------------------- folders

ROOT = said('LIST "" ""', r'* LIST (\Noselect) "/" ""')
FOLDERS: list[tuple[str, Callable[[Desk], int], str]] = [
    ("create", lambda on: on.create("Größe"), ROOT + said('CREATE "Gr&APYA3w-e"')),
    ("create below", lambda on: on.create("New", "Work"), ROOT + said('CREATE "Work/New"')),
    ("rename", lambda on: on.rename("Work", "Done"), said('RENAME "Work" "Done"')),
    ("delete", lambda on: on.on("delete", "Work"), said('DELETE "Work"')),
    ("subscribe", lambda on: on.on("subscribe", "Work"), said('SUBSCRIBE "Work"')),
    ("unsubscribe", lambda on: on.on("unsubscribe", "Work"), said('UNSUBSCRIBE "Work"')),
]
RESULTS: dict[str, list[tuple[bytes, bytes | None, bool | None]]] = {
    "create": [(b"Gr&APYA3w-e", b"Gr&APYA3w-e", None), (b"Work", b"Work", None)],
    "create below": [(b"Work", b"Work", None), (b"Work/New", b"Work/New", None)],
    "rename": [(b"Done", b"Done", None)],
    "delete": [],
    "subscribe": [(b"Work", b"Work", True)],
    "unsubscribe": [(b"Work", b"Work", False)],
}
CASES = pytest.mark.parametrize(("kind", "make", "text"), FOLDERS, ids=[row[0] for row in FOLDERS])


def folders(desk: Desk) -> list[tuple[bytes, bytes | None, bool | None]]:
    """Return the folders that are here beside INBOX, also those on their way out."""
    rows = desk.cache.folders.all(removed=True)
    return [(row.raw, row.server_raw, row.subscribed) for row in rows if row.raw != b"INBOX"]


@pytest.mark.cites("O5:V0021", "O5:V0018")
@CASES
def test_a_change_of_folders(kind: str, make: Callable[[Desk], int], text: str) -> None:
    desk = Desk()
    change = make(desk)
    assert desk.play(text) == {}
    assert desk.state(change) is ChangeState.DONE
    assert folders(desk) == RESULTS[kind]


@pytest.mark.cites("O5:V0019")
@pytest.mark.parametrize("end", REFUSALS)
@CASES
def test_a_refused_change_of_folders_is_taken_back(kind: str, make: Callable[[Desk], int], text: str, end: str) -> None:
    desk = Desk()
    change = make(desk)
    failures: dict[int, OutlookImapError] = {**desk.play(text.removesuffix("OK done\n") + end + "\n")}
    assert isinstance(failures[change], CommandFailed)
    assert desk.state(change) is ChangeState.REFUSED
    assert end[4:] in (desk.change(change).error or "")
    assert folders(desk) == [(b"Work", b"Work", None)]


@pytest.mark.cites("O5:V0022")
@pytest.mark.parametrize("root", ["Mail", "Mail/"])
def test_a_new_folder_is_below_the_root_folder_path(root: str) -> None:
    desk = Desk(policy=Policy(encryption="none", root_folder=root))
    desk.create("New")
    assert desk.play(ROOT + said('CREATE "Mail/New"')) == {}
    assert desk.row("Mail/New").server_raw == b"Mail/New"


def test_the_delimiter_is_asked_for_once() -> None:
    desk = Desk()
    desk.create("New")
    desk.create("Below", "New")
    assert desk.play(ROOT + said('CREATE "New"') + said('CREATE "New/Below"')) == {}


def test_folders_are_called_what_the_server_calls_them_when_their_change_is_played() -> None:
    desk = Desk()
    desk.stock("Work/Old", 9, {})
    desk.create("New", "Work")
    desk.rename("Work", "Done")
    desk.rename("Done/Old", "Done/Older")
    desk.create("Newer", "Done")
    desk.on("subscribe", "Done/New")
    desk.on("delete", "Done/Older")
    text = ROOT + said('CREATE "Work/New"') + said('RENAME "Work" "Done"') + said('RENAME "Done/Old" "Done/Older"')
    text += said('CREATE "Done/Newer"') + said('SUBSCRIBE "Done/New"') + said('DELETE "Done/Older"')
    assert desk.play(text) == {}
    assert folders(desk) == [
        (b"Done", b"Done", None),
        (b"Done/New", b"Done/New", True),
        (b"Done/Newer", b"Done/Newer", None),
    ]


def test_what_is_below_a_refused_name_keeps_the_name_the_server_knows() -> None:
    desk = Desk()
    desk.stock("Work/Old", 9, {})
    rename = desk.rename("Work", "Done")
    desk.rename("Done/Old", "Done/Older")
    text = said('RENAME "Work" "Done"', end="NO no") + said('RENAME "Work/Old" "Work/Older"')
    assert [*desk.play(text)] == [rename]
    assert folders(desk) == [(b"Work", b"Work", None), (b"Work/Older", b"Work/Older", None)]


@pytest.mark.cites("O5:V0019")
def test_what_was_to_happen_in_a_refused_folder_fails_with_it_and_a_message_is_held() -> None:
    desk = Desk()
    create = desk.create("New")
    below, append, copy = desk.create("Below", "New"), desk.append(OCTETS, to="New"), desk.carry("copy", 5, to="New")
    subscribe = desk.on("subscribe", "New")
    failures = desk.play(ROOT + said('CREATE "New"', end="NO no"))
    assert [*failures] == [create, below, append, copy, subscribe]
    assert all(isinstance(failures[change], UsageError) for change in (below, append, copy, subscribe))
    held = {append: ChangeState.HELD}
    for change in failures:
        assert desk.state(change) is held.get(change, ChangeState.REFUSED)
    assert desk.shown("New") == [(None, "new", Flag.SEEN)]


@pytest.mark.cites("O5:V0016", "O5:V0019")
def test_where_the_server_knows_no_case_nothing_is_lost_in_a_folder_that_differs_by_case_alone() -> None:
    desk = Desk()
    create, append = desk.create("work"), desk.append(OCTETS, to="work")
    failures = desk.play(ROOT + said('CREATE "work"', end="NO Mailbox already exists"))
    assert [*failures] == [create, append]
    assert (desk.state(create), desk.state(append)) == (ChangeState.REFUSED, ChangeState.HELD)
    assert "already exists" in (desk.change(create).error or "")
    assert folders(desk) == [(b"Work", b"Work", None), (b"work", None, None)]
    assert desk.shown("work") == [(None, "new", Flag.SEEN)]
    assert desk.change(append).octets == OCTETS
    assert desk.shown("Work") == []
    with desk.account("", connected=False) as account:
        assert account.discard(append)
    assert desk.cache.changes.open() == []
    assert folders(desk) == [(b"Work", b"Work", None)]


def test_a_folder_that_is_only_here_goes_without_a_word() -> None:
    desk = Desk()
    create = desk.create("New")
    desk.append(OCTETS, to="New")
    desk.cache.changes.set_state(create, ChangeState.REFUSED)
    for change in desk.cache.changes.open():
        desk.cache.changes.set_state(change.id, ChangeState.HELD)
    desk.on("delete", "New")
    assert desk.play("") == {}
    assert folders(desk) == [(b"Work", b"Work", None)]


@pytest.mark.parametrize("kind", ["rename", "delete"])
@pytest.mark.parametrize("name", ["Work", "Work/Old"])
def test_a_folder_is_left_before_its_name_changes_or_goes(kind: str, name: str) -> None:
    desk = Desk()
    desk.stock("Work/Old", 9, {3: "x"})
    desk.cache.messages.add(desk.folder("Work"), 1, [])
    desk.append(OCTETS, to=name)
    desk.rename("Work", "Done") if kind == "rename" else desk.on("delete", "Work")
    uidvalidity = 8 if name == "Work" else 9
    text = select(0, uidvalidity, name) + appended(OCTETS, folder=name, end=f"OK [APPENDUID {uidvalidity} 31] done")
    text += INBOX + said('RENAME "Work" "Done"' if kind == "rename" else 'DELETE "Work"')
    assert desk.play(text) == {}


def test_changes_of_a_folder_that_was_deleted_before_they_were_played_are_dropped() -> None:
    desk = Desk()
    change = desk.on("subscribe", "Work")
    desk.cache.folders.remove(desk.folder("Work"))
    assert desk.play("") == {}
    assert (desk.state(change), desk.change(change).error) == (ChangeState.DROPPED, "the folder is gone")
