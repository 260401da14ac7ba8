"""Copying and moving: UID COPY makes what it copies anew, and a move is a copy whose source is marked afterwards."""

from __future__ import annotations

import datetime as dt

from outlookimap.conformance.scenario import steps
from outlookimap.conformance.scenarios._acting import (
    STORED,
    filled,
    has_to_be_refused,
    kept,
    looked,
    made,
    one_of,
    opened,
    same,
    subject,
    words,
)
from outlookimap.conformance.scenarios._mail import mail, with_message_inside
from outlookimap.conformance.stage import LocalCopy, Stage
from outlookimap.sync.changes import Change
from outlookimap.wire.mailbox import encode


@steps("copy-content")
def copy_content(stage: Stage) -> None:
    """Copy the last of three messages and compare the copy with it."""
    filled(stage, 2)
    message = with_message_inside("copy-content")
    *_, uid = stage.fill([message])
    target = made(stage)
    opened(stage).copy([uid], target)
    kept(stage, message, one_of(stage, looked(stage, target)).octets)


@steps("copy-flags")
def copy_flags(stage: Stage) -> None:
    """Copy the last of three messages, which has two flags."""
    filled(stage, 2)
    *_, uid = stage.fill([mail("copy-flags")], flags=[rb"\Seen", rb"\Flagged"])
    target = made(stage)
    opened(stage).copy([uid], target)
    there, copied = looked(stage, stage.folder)[-1].flags, one_of(stage, looked(stage, target)).flags
    text = f"a message that was copied has the flags {words(there)}, and the copy has {words(copied)}"
    stage.require(same(there, copied), text, said=STORED)


@steps("copy-date")
def copy_date(stage: Stage) -> None:
    """Copy the last of three messages, whose INTERNALDATE lies in the past."""
    filled(stage, 2)
    date = dt.datetime(2009, 3, 8, 4, 5, 6, tzinfo=dt.timezone(-dt.timedelta(hours=7)))
    stage.observer.append(stage.raw, mail("copy-date"), date=date)
    source = looked(stage, stage.folder)[-1]
    target = made(stage)
    opened(stage).copy([source.uid], target)
    copied = one_of(stage, looked(stage, target))
    text = f"a message that was copied has the INTERNALDATE {source.internaldate}, and the copy {copied.internaldate}"
    stage.require(copied.internaldate == source.internaldate, text, said=STORED)


@steps("copy-range")
def copy_range(stage: Stage) -> None:
    """Copy the three messages in the middle of five; these are there then, and the source is as it was."""
    uids = filled(stage, 5)
    target = made(stage)
    before = stage.observer.flags(stage.raw)
    opened(stage).copy(uids[1:4], target)
    wanted = sorted(subject(one) for one in looked(stage, stage.folder)[1:4])
    copied = sorted(subject(one) for one in looked(stage, target))
    text = f"UID COPY of a range was to copy {wanted}, and there are {copied}"
    stage.require(copied == wanted, text, said=STORED)
    after = stage.observer.flags(stage.raw)
    stage.require(after == before, f"COPY changed what it copied from: {before} before, {after} after", said=STORED)


@steps("copy-refused")
def copy_refused(stage: Stage) -> None:
    """Copy to a folder that is not there; it has to be refused and not made, and the next command has to work."""
    uids = filled(stage, 2)
    gone = stage.beside("gone")
    session = opened(stage)
    has_to_be_refused(stage, gone, "COPY", lambda: session.copy(uids, gone))
    with stage.refused("after a COPY that was refused another command fails"):
        session.noop()


@steps("copyuid-true")
def copyuid_true(stage: Stage) -> None:
    """Copy two messages that do not stand together to where one is, and compare COPYUID with what is there."""
    uids = filled(stage, 3)
    target = made(stage)
    stage.fill([mail("copyuid-true, there before")], folder=target)
    copied = opened(stage).copy(uids[::2], target)
    if not copied.uids:
        stage.require(not stage.said(rb"COPYUID"), "what COPYUID says cannot be read", said=rb"COPYUID")
        stage.skip("the server does not say which UIDs the copies got")
    there = {one.uid: subject(one) for one in looked(stage, target)}
    for one in looked(stage, stage.folder)[::2]:
        uid = copied.uids.get(one.uid)
        text = f"COPYUID says that the copy of {subject(one)!r} has UID {uid}, and that one is {there.get(uid or 0)!r}"
        stage.require(there.get(uid or 0) == subject(one), text, said=rb"COPYUID")
    uidvalidity = stage.observer.uidvalidity(encode(target))
    text = f"COPYUID says that UIDVALIDITY is {copied.uidvalidity}, and it is {uidvalidity}"
    stage.require(copied.uidvalidity == uidvalidity, text, said=rb"COPYUID")


@steps("copy-onto-itself")
def copy_onto_itself(stage: Stage) -> None:
    """Copy a message to the folder it is in."""
    uids = filled(stage, 2)
    session = opened(stage)
    session.copy(uids[:1], stage.folder)
    found = [subject(one) for one in looked(stage, stage.folder)]
    wanted = [f"copy-onto-itself {number}" for number in (1, 2, 1)]
    text = f"after COPY of the first message to its own folder there have to be {wanted}, and there are {found}"
    stage.require(sorted(found) == sorted(wanted), text, said=STORED)
    session.noop()
    known = [uid for message in session.fetch_flags([*stage.observer.flags(stage.raw)]) if (uid := message.uid)]
    text = f"after COPY and NOOP three messages are there, and those with UID {known} are named"
    stage.require(len(known) == 3, text, said=rb" EXISTS|\* \d+ FETCH")


@steps("moved-by-copy")
def moved_by_copy(stage: Stage) -> None:
    """Move two messages as a user does, in a local copy that is connected."""
    uids = filled(stage, 5)
    target = made(stage)
    copy = stage.account()
    copy.sync(stage.folder)
    copy.sync(target)
    chosen = [uids[1], uids[4]]
    rows = [row.id for row in copy.cache.messages.find(copy.row(stage.folder).id) if row.uid in chosen]
    copy.account.change(Change("move", copy.row(stage.folder).id, copy.row(target).id, tuple(rows)))
    copy.account.disconnect()
    _moved(stage, copy, target, chosen)


def _moved(stage: Stage, copy: LocalCopy, target: str, uids: list[int]) -> None:
    r"""Require that messages are in `target`, once, and in their folder with \Deleted and \Seen, and no others."""
    source = looked(stage, stage.folder)
    wanted = sorted(subject(one) for one in source if one.uid in uids)
    found = sorted(subject(one) for one in looked(stage, target))
    text = f"{wanted} were moved by COPY and STORE, and their new folder has {found}"
    stage.require(found == wanted, text, said=STORED)
    for one in source:
        flags = {rb"\Deleted", rb"\Seen"} if one.uid in uids else set()
        text = f"after a move by COPY and STORE the message with UID {one.uid} has to have the flags {words(flags)}, "
        stage.require(same(one.flags, flags), text + f"and has {words(one.flags)}", said=rb"(?i)\A\w+ OK .*STORE")
    copy.sync(target)
    here = len(copy.cache.messages.find(copy.row(target).id))
    stage.require(here == len(uids), f"{len(uids)} messages were moved, and a visit of their folder finds {here}")
