"""Folder lists: XLIST, LIST and LSUB tell the product what folders there are, and what it may do with them."""

from __future__ import annotations

import re

from outlookimap.client import Folder, Session
from outlookimap.conformance.scenario import steps
from outlookimap.conformance.scenarios._acting import made
from outlookimap.conformance.scenarios._folders import LISTED, held, in_list, last_answer, listed, several
from outlookimap.conformance.stage import LocalCopy, Stage
from outlookimap.sync.plan import SPECIAL
from outlookimap.wire import mailbox as names

_LIMITS = frozenset(("\\Noselect", "\\Noinferiors"))
"""What forbids the product something; every version recognises both."""


def _of_subscribed(stage: Stage) -> Session:
    """Return a session of a user who wants to see subscribed folders only."""
    return stage.session(policy=stage.policy(show_all_folders=False))


def _both(stage: Stage, session: Session) -> tuple[dict[bytes, Folder], dict[bytes, Folder]]:
    """Return all folders by XLIST, or LIST where that is not for this product, and then the subscribed ones by LSUB."""
    xlist = stage.profile.flag("commands.XLIST") and "XLIST" in session.capabilities
    every = session.xlist() if xlist else session.list()
    return {folder.raw: folder for folder in every}, {folder.raw: folder for folder in session.lsub()}


def _line_of(folder: str, kind: bytes = LISTED) -> bytes:
    """Return a pattern for the response that names a folder, unless it comes as a literal."""
    return kind + rb".*" + re.escape(names.encode(folder)) + rb'"?\r?\n?\Z'


# ---------------------------------------------------------------- complete and up to date


@steps("folder-listed")
def folder_listed(stage: Stage) -> None:
    """Look for our folder, and one beside it, in the folder list."""
    other = made(stage, "other")
    session = stage.session()
    in_list(stage, session, stage.folder)
    in_list(stage, session, other)


@steps("tree-listed")
def tree_listed(stage: Stage) -> None:
    """Look for folders on three levels below our own in the folder list."""
    expected = {names.encode(folder) for folder in held(stage, "a", "b", "c")} | {stage.raw}
    found = listed(stage, stage.session()).keys()
    text = f"there are folders on four levels, and the folder list lacks {several(expected - found)}"
    stage.require(expected <= found, text, said=LISTED)


@steps("new-folder-listed")
def new_folder_listed(stage: Stage) -> None:
    """Have a folder made between two lists."""
    session = stage.session()
    in_list(stage, session, stage.folder)
    in_list(stage, session, made(stage, "new"))


@steps("gone-folder-unlisted")
def gone_folder_unlisted(stage: Stage) -> None:
    """Have a folder removed between two lists."""
    folder = made(stage, "old")
    session = stage.session()
    in_list(stage, session, folder)
    stage.observer.delete(names.encode(folder))
    text = f"another client has removed the folder {folder!r}, and the folder list still has it"
    stage.require(names.encode(folder) not in listed(stage, session), text, said=_line_of(folder))


@steps("folder-list-followed")
def folder_list_followed(stage: Stage) -> None:
    """Keep the folder list, have another client make and remove folders, and list again."""
    kept, removed = made(stage, "kept"), made(stage, "removed")
    copy = stage.account()
    copy.account.connect()
    _has(stage, copy, {stage.folder, kept, removed})
    stage.observer.delete(names.encode(removed))
    new = made(stage, "new")
    _has(stage, copy, {stage.folder, kept, new})


def _has(stage: Stage, copy: LocalCopy, expected: set[str]) -> None:
    """List the folders into the copy, and require that it has these of ours."""
    copy.account.list_folders()
    found = {row.raw for row in copy.cache.folders.all() if row.raw.startswith(stage.raw)}
    wanted = {names.encode(folder) for folder in expected}
    text = f"the folders are {several(wanted)}, and the folder list has {several(found)}"
    stage.require(found == wanted, text, said=LISTED)


@steps("root-folder-listed")
def root_folder_listed(stage: Stage) -> None:
    """List what is below a root folder path: our own folder and one beside it."""
    expected = {stage.raw, names.encode(made(stage, "other"))}
    session = stage.session(policy=stage.policy(root_folder=stage.folder))
    found = {folder.raw for folder in session.folders()}
    text = f"the root folder path is {stage.folder!r}, where there are {several(expected)}; listed are {several(found)}"
    stage.require(found == expected, text, said=LISTED)


# ---------------------------------------------------------------- the delimiter


@steps("delimiter-told")
def delimiter_told(stage: Stage) -> None:
    """Send LIST with an empty pattern."""
    answer = stage.session().list("")
    text = 'LIST "" "" was answered with OK and without the hierarchy delimiter'
    stage.require(answer, text, said=last_answer(stage))


@steps("delimiter-same")
def delimiter_same(stage: Stage) -> None:
    """Compare the delimiters that come with our folder, which is subscribed to."""
    stage.observer.subscribe(stage.raw)
    session = stage.session()
    by_list, by_lsub = _both(stage, session)
    if stage.raw not in by_list or stage.raw not in by_lsub:
        stage.skip("our folder is not in both lists")
    one, other = by_list[stage.raw], by_lsub[stage.raw]
    text = f"{one.source} says that the delimiter is {one.delimiter!r}, and {other.source} says {other.delimiter!r}"
    stage.require(one.delimiter == other.delimiter, text, said=_line_of(stage.folder))


# ---------------------------------------------------------------- subscriptions


@steps("lsub-answered")
def lsub_answered(stage: Stage) -> None:
    """Ask for the subscribed folders below a root folder path where there are no folders."""
    nowhere = stage.policy(show_all_folders=False, root_folder=stage.beside("nowhere"))
    session = stage.session(policy=nowhere)
    with stage.refused("LSUB was refused"):
        found = session.folders()
    text = f"LSUB was asked for names that begin with {stage.beside('nowhere')!r}, and answered with others"
    stage.require(not found, text, said=LISTED)


@steps("folder-subscribed")
def folder_subscribed(stage: Stage) -> None:
    """Subscribe to our folder and sign in again."""
    session = stage.session()
    with stage.refused("SUBSCRIBE to a folder that is there was refused"):
        session.subscribe(stage.folder)
    session.logout()
    again = _of_subscribed(stage)
    text = "the folder was subscribed to, and LSUB does not have it in the next session"
    stage.require(stage.raw in listed(stage, again), text, said=last_answer(stage))


@steps("folder-unsubscribed")
def folder_unsubscribed(stage: Stage) -> None:
    """Unsubscribe from one of two folders and sign in again."""
    other = made(stage, "other")
    for raw in (stage.raw, names.encode(other)):
        stage.observer.subscribe(raw)
    session = _of_subscribed(stage)
    if not {stage.raw, names.encode(other)} <= listed(stage, session).keys():
        stage.skip("LSUB does not have folders that are subscribed to")
    with stage.refused("UNSUBSCRIBE was refused"):
        session.unsubscribe(stage.folder)
    session.logout()
    again = _of_subscribed(stage)
    left = listed(stage, again)
    text = "the subscription was taken back, and LSUB still has the folder in the next session"
    stage.require(stage.raw not in left, text, said=_line_of(stage.folder))
    text = "the subscription to one folder was taken back, and LSUB lacks another one"
    stage.require(names.encode(other) in left, text, said=last_answer(stage))


@steps("lsub-attributes-true")
def lsub_attributes_true(stage: Stage) -> None:
    """Compare what LIST, or XLIST, and LSUB say of our folder, which is subscribed to."""
    stage.observer.subscribe(stage.raw)
    by_list, by_lsub = _both(stage, stage.session())
    if stage.raw not in by_list or stage.raw not in by_lsub:
        stage.skip("our folder is not in both lists")
    one, other = by_list[stage.raw], by_lsub[stage.raw]
    more = ", ".join(sorted((other.attributes - one.attributes) & _LIMITS))
    text = f"LSUB says {more} of a folder of which {one.source} does not say it: Outlook goes by what came last"
    stage.require(not more, text, said=_line_of(stage.folder, rb"\A\* LSUB "))


@steps("lsub-special-uses")
def lsub_special_uses(stage: Stage) -> None:
    """Compare the special uses in LIST, or XLIST, with those in LSUB, of all subscribed folders."""
    stage.observer.subscribe(stage.raw)
    by_list, by_lsub = _both(stage, stage.session())
    uses = {raw: _uses(by_list[raw]) for raw in by_lsub if raw in by_list and _uses(by_list[raw])}
    if not uses:
        stage.skip("the folder list says a special use of no folder that is subscribed to")
    for raw, said in uses.items():
        missing = ", ".join(sorted(said - _uses(by_lsub[raw])))
        text = f"{by_list[raw].source} says {missing} of the folder {by_list[raw].name!r}, and LSUB does not"
        stage.require(not missing, text, said=_line_of(by_list[raw].name, rb"\A\* LSUB "))


def _uses(folder: Folder) -> frozenset[str]:
    return folder.attributes & (SPECIAL.keys() - {"\\Inbox"})


# ---------------------------------------------------------------- XLIST


@steps("xlist-delimiter")
def xlist_delimiter(stage: Stage) -> None:
    """Send XLIST with an empty pattern, and compare with what XLIST says of our folder."""
    session = stage.session()
    with stage.refused("XLIST with an empty pattern was refused"):
        answer = session.xlist("")
    text = 'XLIST "" "" was answered with OK and without the hierarchy delimiter'
    stage.require(answer, text, said=last_answer(stage))
    ours = in_list(stage, session, stage.folder).delimiter
    text = f'XLIST "" "" says that the delimiter is {answer[0].delimiter!r}, and of a folder it is {ours!r}'
    stage.require(answer[0].delimiter == ours, text, said=LISTED)


@steps("xlist-complete")
def xlist_complete(stage: Stage) -> None:
    """Compare what XLIST and LIST say of our folder and one beside it."""
    expected = {stage.raw, names.encode(made(stage, "other"))}
    session = stage.session()
    by_list = {folder.raw: folder for folder in session.list() if folder.raw.startswith(stage.raw)}
    found = {folder.raw: folder for folder in session.xlist() if folder.raw.startswith(stage.raw)}
    text = f"there are the folders {several(expected)}, and XLIST has {several(found)}"
    stage.require(expected <= found.keys(), text, said=last_answer(stage))
    for raw, folder in found.items():
        delimiter = by_list[raw].delimiter if raw in by_list else folder.delimiter
        text = f"LIST says that the delimiter is {delimiter!r}, and XLIST says {folder.delimiter!r}"
        stage.require(folder.delimiter == delimiter, text, said=LISTED)
