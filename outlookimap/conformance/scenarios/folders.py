"""Folders made, deleted and renamed, and what becomes of their mail."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress

from outlookimap.client import Session
from outlookimap.conformance.scenario import steps
from outlookimap.conformance.scenarios._acting import filled, looked, made, same, subject, words
from outlookimap.conformance.scenarios._folders import (
    LISTED,
    create,
    create_new,
    held,
    in_list,
    last_answer,
    listed,
    must_refuse,
    room_below,
    several,
    there,
)
from outlookimap.conformance.scenarios._mail import mail
from outlookimap.conformance.stage import Stage
from outlookimap.errors import CommandFailed, ConnectionLost, ObserverFailed, SessionClosed
from outlookimap.wire import mailbox as names
from outlookimap.wire.sequence import SequenceSet

_LEVELS = ("one", "two", "three", "four", "five")
_ROUNDS = 8
"""How often each folder is asked for in the scenario of many STATUS commands."""


def _made_by_product(stage: Stage, session: Session, folder: str) -> None:
    """Create a folder and require that it is there, for the observer and in the folder list."""
    with stage.refused(f"CREATE of {folder!r} was refused"):
        create_new(stage, session, folder)
    text = f"CREATE of {folder!r} was answered with OK, and another client does not find the folder"
    stage.require(there(stage, folder), text, said=last_answer(stage))
    in_list(stage, session, folder)


def _selected(stage: Stage, session: Session, folder: str, exists: int) -> None:
    """Require that a folder can be selected and holds so many messages."""
    with stage.refused(f"the folder {folder!r} cannot be selected"):
        found = session.select(folder).exists
    text = f"in the folder {folder!r} there are {exists} messages, and EXISTS says {found}"
    stage.require(found == exists, text, said=rb"\A\* \d+ EXISTS")


def _holds(stage: Stage, folder: str, expected: list[str], doing: str) -> None:
    """Require that the observer finds a folder with messages of these subjects."""
    stage.require(there(stage, folder), f"after {doing} there is no folder {folder!r}", said=last_answer(stage))
    found = sorted(map(subject, looked(stage, folder)))
    text = f"after {doing} the folder {folder!r} has to hold {expected}, and holds {found}"
    stage.require(found == sorted(expected), text, said=last_answer(stage))


# ---------------------------------------------------------------- made


@steps("folder-created")
def folder_created(stage: Stage) -> None:
    """Create a folder beside our own and select it."""
    session, folder = stage.session(), stage.beside("new")
    _made_by_product(stage, session, folder)
    _selected(stage, session, folder, 0)


@steps("folder-created-below")
def folder_created_below(stage: Stage) -> None:
    """Create a folder below our own, which holds a message, and select both."""
    folder = stage.below("new")
    filled(stage, 1)
    session = stage.session()
    room_below(stage, session)
    _made_by_product(stage, session, folder)
    _selected(stage, session, folder, 0)
    _selected(stage, session, stage.folder, 1)


@steps("folders-nested")
def folders_nested(stage: Stage) -> None:
    """Create five folders, each below the last, and select the innermost."""
    folder = stage.below("")
    delimiter = folder[len(stage.folder) :]
    session = stage.session()
    room_below(stage, session)
    for level in range(1, len(_LEVELS) + 1):
        folder = delimiter.join((stage.folder, *_LEVELS[:level]))
        _made_by_product(stage, session, folder)
    _selected(stage, session, folder, 0)


@steps("create-refused")
def create_refused(stage: Stage) -> None:
    """Create our own folder, which is there and holds mail."""
    filled(stage, 2)
    session = stage.session()
    session.folders()
    must_refuse(stage, "CREATE of a folder that is there", lambda: create(stage, session, stage.folder))
    _selected(stage, session, stage.folder, 2)


# ---------------------------------------------------------------- deleted


@steps("folder-deleted")
def folder_deleted(stage: Stage) -> None:
    """Delete a folder of two messages and create it again."""
    folder = made(stage, "old")
    stage.fill([mail("folder-deleted 1"), mail("folder-deleted 2")], folder=folder)
    session = stage.session()
    in_list(stage, session, folder)
    with stage.refused("DELETE of a folder was refused"):
        session.delete(folder)
    text = "DELETE was answered with OK, and another client still finds the folder"
    stage.require(not there(stage, folder), text, said=last_answer(stage))
    text = "a folder was deleted, and the folder list still has it"
    stage.require(names.encode(folder) not in listed(stage, session), text, said=LISTED)
    _made_by_product(stage, session, folder)
    _selected(stage, session, folder, 0)


@steps("missing-folder-refused")
def missing_folder_refused(stage: Stage) -> None:
    """Delete and rename a folder that the observer has removed; then select another one."""
    folder, new = made(stage, "gone"), stage.beside("renamed")
    stage.observer.delete(names.encode(folder))
    session = stage.session()
    must_refuse(stage, "DELETE of a folder that is not there", lambda: session.delete(folder))
    must_refuse(stage, "RENAME of a folder that is not there", lambda: session.rename(folder, new))
    _selected(stage, session, stage.folder, 0)


@steps("inferiors-stay")
def inferiors_stay(stage: Stage) -> None:
    """Delete our own folder, below which there is one with a message; where that is refused it stays as well."""
    [below] = held(stage, "below")
    subjects = ["inferiors-stay 1"]
    stage.fill(map(mail, subjects), folder=below)
    session = stage.session()
    try:
        session.delete(stage.folder)
    except CommandFailed:
        _holds(stage, stage.folder, [], "a DELETE that was refused")
    _holds(stage, below, subjects, "DELETE of the folder above it")


@steps("deleted-name-noselect")
def deleted_name_noselect(stage: Stage) -> None:
    r"""Delete our own folder, below which there is one; where that is done its name stays as \Noselect at most."""
    held(stage, "below")
    session = stage.session()
    try:
        session.delete(stage.folder)
    except CommandFailed:
        return
    left = listed(stage, session).get(stage.raw)
    text = (
        "DELETE of a folder that holds another one was answered with OK, and the folder list has it without \\Noselect"
    )
    line = LISTED + rb".* \"?" + re.escape(stage.raw) + rb"\"?(?:\r|\Z)"
    stage.require(left is None or not left.selectable, text, said=line)


@steps("selected-folder-deleted")
def selected_folder_deleted(stage: Stage) -> None:
    """Have the selected folder removed, look for news, and select another folder."""
    folder = made(stage, "open")
    stage.fill([mail("selected-folder-deleted")], folder=folder)
    session = stage.session()
    session.select(folder)
    try:
        stage.observer.delete(names.encode(folder))
    except ObserverFailed as error:
        stage.skip(f"the server removes no folder that somebody has selected: {error}")
    with suppress(CommandFailed, ConnectionLost, SessionClosed):
        session.noop()
    with stage.refused("the selected folder was removed by another client, and the next SELECT fails"):
        try:
            session.select(stage.folder)
        except (ConnectionLost, SessionClosed):
            session = stage.session()
            session.select(stage.folder)
    text = "a folder was removed by another client, and the folder list still has it"
    stage.require(names.encode(folder) not in listed(stage, session), text, said=LISTED)


# ---------------------------------------------------------------- renamed


@steps("rename-keeps-mail")
def rename_keeps_mail(stage: Stage) -> None:
    """Rename a folder of three messages, and compare them."""
    before, after = made(stage, "before"), stage.beside("after")
    stage.fill([mail("rename-keeps-mail 1"), mail("rename-keeps-mail 2")], folder=before)
    stage.fill([mail("rename-keeps-mail 3")], flags=[rb"\Flagged", rb"\Seen"], folder=before)
    messages = looked(stage, before)
    session = stage.session()
    in_list(stage, session, before)
    with stage.refused("RENAME was refused"):
        session.rename(before, after)
    _holds(stage, after, [*map(subject, messages)], "RENAME")
    text = "RENAME was answered with OK, and the folder is there under its old name"
    stage.require(not there(stage, before), text, said=last_answer(stage))
    for old, new in zip(messages, looked(stage, after), strict=True):
        text = f"before RENAME a message had the flags {words(old.flags)}, and after it {words(new.flags)}"
        stage.require(same(old.flags, new.flags), text, said=last_answer(stage))
        stage.require(old.octets == new.octets, "RENAME changed a message", said=last_answer(stage))
    in_list(stage, session, after)
    _selected(stage, session, after, len(messages))


@steps("rename-keeps-uids")
def rename_keeps_uids(stage: Stage) -> None:
    """Compare UIDVALIDITY and the UIDs before and after RENAME."""
    before, after = made(stage, "before"), stage.beside("after")
    uids = stage.fill([mail(f"rename-keeps-uids {number}") for number in (1, 2, 3)], folder=before)
    stage.observer.remove(names.encode(before), uids[:1])
    session = stage.session()

    def known(folder: str) -> tuple[int, list[int | None]]:
        uidvalidity = session.select(folder).uidvalidity
        return uidvalidity, [message.uid for message in session.fetch_flags(SequenceSet.all())]

    old = known(before)
    session.select(stage.folder)
    session.rename(before, after)
    new = known(after)
    text = f"before RENAME UIDVALIDITY was {old[0]} with UIDs {old[1]}, and after it {new[0]} with {new[1]}"
    stage.require(old == new, text, said=rb"UIDVALIDITY")


@steps("rename-moves-inferiors")
def rename_moves_inferiors(stage: Stage) -> None:
    """Rename a folder below which there is one with a message."""
    before, after = made(stage, "before"), stage.beside("after")
    [below] = held(stage, "below", above=before)
    moved = after + below[len(before) :]
    subjects = ["rename-moves-inferiors 1"]
    stage.fill(map(mail, subjects), folder=below)
    session = stage.session()
    in_list(stage, session, below)
    with stage.refused("RENAME of a folder that holds another one was refused"):
        session.rename(before, after)
    _holds(stage, moved, subjects, "RENAME of the folder above it")
    left = {raw for raw in stage.observer.folders(names.encode(before)) if raw.startswith(names.encode(below))}
    text = f"after RENAME of a folder there are folders under its old name: {several(left)}"
    stage.require(not left, text, said=last_answer(stage))
    in_list(stage, session, moved)


@steps("rename-refused")
def rename_refused(stage: Stage) -> None:
    """Rename a folder to the name of another one; each holds one message."""
    one, other = made(stage, "one"), made(stage, "other")
    stage.fill([mail("rename-refused 1")], folder=one)
    stage.fill([mail("rename-refused 2")], folder=other)
    session = stage.session()
    must_refuse(stage, "RENAME to the name of a folder that is there", lambda: session.rename(one, other))
    _holds(stage, one, ["rename-refused 1"], "a RENAME that was refused")
    _holds(stage, other, ["rename-refused 2"], "a RENAME that was refused")


# ---------------------------------------------------------------- many of them


@steps("status-in-bulk")
def status_in_bulk(stage: Stage) -> None:
    """Ask for three folders in turn, again and again; the first connection is not disturbed."""
    filled(stage, 1)
    unread = {made(stage, f"unread{count}"): count for count in range(3)}
    for folder, count in unread.items():
        stage.fill((mail(f"status-in-bulk {number}") for number in range(count)), folder=folder)
    first, second = stage.session(), stage.session()
    first.select(stage.folder)
    said: Counter[tuple[str, int | None]] = Counter()
    with stage.refused(f"STATUS was refused, of {_ROUNDS * len(unread)} in a row"):
        for _ in range(_ROUNDS):
            said.update((folder, second.status_unseen(folder)) for folder in unread)
    for folder, unseen in said:
        text = f"in the folder {folder!r} {unread[folder]} messages are unread, and STATUS says {unseen}"
        stage.require(unseen == unread[folder], text, said=rb"\A\* STATUS .*" + re.escape(names.encode(folder)))
    first.noop()
    uids = [message.uid for message in first.fetch_flags(SequenceSet.all())]
    stage.require(len(uids) == 1, f"the first connection has one message selected, and FETCH told of {len(uids)}")
