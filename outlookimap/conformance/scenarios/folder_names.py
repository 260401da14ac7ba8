"""Folder names with all that users put into them: what was created is listed, selected and deleted under that name."""

from __future__ import annotations

import re
from contextlib import suppress

from outlookimap.client import Session
from outlookimap.conformance.scenario import steps
from outlookimap.conformance.scenarios._acting import looked, made, subject
from outlookimap.conformance.scenarios._folders import LISTED, create, create_new, in_list, last_answer, several, there
from outlookimap.conformance.scenarios._mail import mail
from outlookimap.conformance.stage import PREFIX, Stage
from outlookimap.errors import CommandFailed, ObserverFailed
from outlookimap.wire import mailbox as names

_LONG = 200
"""Characters of a long name: fewer than the 255 octets of a file's name, and the 250 characters of Exchange's."""


def _created(stage: Stage, session: Session, folder: str, *, may_refuse: bool = False) -> None:
    """Create a folder; where the server `may_refuse` such names, a NO skips the scenario, BAD fails it all the same."""
    session.folders()
    try:
        create_new(stage, session, folder)
    except CommandFailed as error:
        if may_refuse and error.status == "NO":
            stage.skip(f"the server refuses such a name, as it may: {error.text}")
        stage.fail(f"CREATE of {folder!r} was refused: {error}", said=last_answer(stage))


def _found(stage: Stage, session: Session, folder: str) -> None:
    """Require that the observer finds a folder of exactly this name, and the product in its folder list."""
    found = stage.observer.folders(stage.raw)
    raw = names.encode(folder)
    text = f"CREATE of {raw!r} was answered with OK, and another client finds {several({*found} - {stage.raw})}"
    stage.require(raw in found, text, said=last_answer(stage))
    in_list(stage, session, folder)


def _lives(stage: Stage, name: str, *, may_refuse: bool = False) -> None:
    """Make a folder beside our own, look for it, put a message there, ask for it, select it, and delete it."""
    session, folder = stage.session(), stage.beside(name)
    _created(stage, session, folder, may_refuse=may_refuse)
    _found(stage, session, folder)
    stage.fill([mail(stage.scenario.id)], folder=folder)
    with stage.refused(f"a command with the name {folder!r} was refused"):
        unseen = session.status_unseen(folder)
        text = f"one message is unread in {folder!r}, and STATUS says of it {unseen}"
        stage.require(unseen == 1, text, said=rb"\A\* STATUS ")
        exists = session.select(folder).exists
        text = f"there is one message in {folder!r}, and EXISTS says {exists}"
        stage.require(exists == 1, text, said=rb"\A\* \d+ EXISTS")
        session.select(stage.folder)
        session.delete(folder)
    text = f"DELETE of {folder!r} was answered with OK, and another client still finds it"
    stage.require(not there(stage, folder), text, said=last_answer(stage))


# ---------------------------------------------------------------- small and capital letters


@steps("name-spelled")
def name_spelled(stage: Stage) -> None:
    """Create a folder in mixed case, subscribe to it, and look for it in all lists."""
    session, folder = stage.session(), stage.beside("MiXed CaSe")
    _created(stage, session, folder)
    _found(stage, session, folder)
    session.subscribe(folder)
    ours = {one.raw for one in session.lsub() if one.raw.startswith(stage.raw)}
    text = f"the folder {folder!r} was subscribed to, and LSUB has {several(ours)}"
    stage.require(names.encode(folder) in ours, text, said=rb"\A\* LSUB |" + last_answer(stage))
    with stage.refused(f"STATUS of {folder!r} was refused"):
        unseen = session.status_unseen(folder)
    stage.require(unseen == 0, f"STATUS of {folder!r} was answered for another name", said=rb"\A\* STATUS ")


@steps("name-in-inbox")
def name_in_inbox(stage: Stage) -> None:
    """Create a folder below INBOX as the folder list spells it, and look for it under exactly that name."""
    session = stage.session()
    inbox = next((folder for folder in session.folders() if names.is_inbox(folder.raw)), None)
    if inbox is None or not inbox.delimiter or not inbox.may_have_children:
        stage.skip("the folder list has no INBOX that could hold folders")
    name = names.decode(stage.raw[stage.raw.index(PREFIX.encode()) :]) + "-Below"
    folder = inbox.name + inbox.delimiter + name
    raw = names.encode(folder)
    stage.adopt(raw)
    try:
        session.create(name, parent=inbox)
    except CommandFailed as error:
        stage.skip(f"INBOX can hold no folders here: {error.text}")
    try:
        found = {one.raw for one in session.folders() if one.raw.upper().endswith(raw[len(inbox.raw) :].upper())}
        text = f"the folder {folder!r} was created, and the folder list has {several(found)}"
        stage.require(raw in found, text, said=LISTED + rb".*-Below")
    finally:
        with suppress(ObserverFailed):  # under whatever name it is listed
            stage.observer.delete(raw)


@steps("names-differ-in-case")
def names_differ_in_case(stage: Stage) -> None:
    """Create two folders; where both are taken, a message in one is not in the other."""
    session, one, other = stage.session(), stage.beside("case"), stage.beside("CASE")
    _created(stage, session, one)
    stage.fill([mail("names-differ-in-case")], folder=one)
    try:
        create(stage, session, other)
    except CommandFailed:
        pass  # the server takes them for one name, and says so
    else:
        _found(stage, session, other)
        count = len(looked(stage, other))
        text = f"a message was put into {one!r}, and {other!r} holds {count}: they are one folder under two names"
        stage.require(not count, text, said=last_answer(stage))
    _found(stage, session, one)


# ---------------------------------------------------------------- beyond ASCII


@steps("name-umlauts")
def name_umlauts(stage: Stage) -> None:
    """Use a name with Latin letters beyond ASCII."""
    _lives(stage, "Entwürfe für Größe")


@steps("name-cjk")
def name_cjk(stage: Stage) -> None:
    """Use a name of Japanese characters."""
    _lives(stage, "受信トレイ")


@steps("name-emoji")
def name_emoji(stage: Stage) -> None:
    """Use a name with a character that needs two surrogates."""
    _lives(stage, "mail \U0001f4e7", may_refuse=True)


@steps("name-ampersand")
def name_ampersand(stage: Stage) -> None:
    """Use a name with the character that begins modified UTF-7."""
    _lives(stage, "Q&A & more")


# ---------------------------------------------------------------- what has a meaning in commands


@steps("name-spaces")
def name_spaces(stage: Stage) -> None:
    """Use a name with spaces, and look how it stands in the folder list."""
    _lives(stage, "two words  more")
    loose = stage.said(rb'\A\* (?:X?LIST|LSUB) .*(?:NIL|"."|"\\\\") ' + re.escape(stage.raw) + rb"-two words")
    text = "a folder name with spaces stands in the folder list without quotes"
    stage.require(not loose, text, said=re.escape(loose[-1]) if loose else None)


@steps("name-hash")
def name_hash(stage: Stage) -> None:
    """Use a name with a number sign."""
    _lives(stage, "list #1")


@steps("name-wildcards")
def name_wildcards(stage: Stage) -> None:
    """Create a folder whose name, as a pattern, fits another one; delete it."""
    session, folder = stage.session(), stage.beside("a%b*c")
    other = made(stage, "axbxc")
    stage.fill([mail("name-wildcards")], folder=other)
    _created(stage, session, folder, may_refuse=True)
    _found(stage, session, folder)
    session.delete(folder)
    text = f"DELETE of {folder!r} was answered with OK, and another client still finds it"
    stage.require(not there(stage, folder), text, said=last_answer(stage))
    text = f"DELETE of {folder!r} deleted {other!r}, which fits the name as a pattern"
    stage.require(there(stage, other), text, said=last_answer(stage))
    kept = [*map(subject, looked(stage, other))]
    text = f"DELETE of {folder!r} changed {other!r}: it holds {kept}"
    stage.require(kept == ["name-wildcards"], text, said=last_answer(stage))


@steps("name-quote")
def name_quote(stage: Stage) -> None:
    """Use a name with double quotes, one of them at its end."""
    _lives(stage, 'say "yes"', may_refuse=True)


@steps("name-backslash")
def name_backslash(stage: Stage) -> None:
    """Use a name with a backslash."""
    if stage.ground.delimiter == b"\\":
        stage.skip("a backslash is the hierarchy delimiter")
    _lives(stage, "one\\two", may_refuse=True)


@steps("name-brackets")
def name_brackets(stage: Stage) -> None:
    """Use a name with brackets of all kinds, at its end what looks like a literal."""
    _lives(stage, "(one) [two] {5}", may_refuse=True)


@steps("name-other-delimiter")
def name_other_delimiter(stage: Stage) -> None:
    """Use a name with a full stop, or with a slash where the full stop is the delimiter."""
    sign = "/" if stage.ground.delimiter == b"." else "."
    _lives(stage, f"one{sign}two", may_refuse=True)


@steps("name-long")
def name_long(stage: Stage) -> None:
    """Use a name that has 200 characters with all before it."""
    _lives(stage, "x" * (_LONG - len(stage.raw) - 1), may_refuse=True)
