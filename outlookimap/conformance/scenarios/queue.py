"""The queue: changes made in the local copy without a connection reach the server with the next Send/Receive, once."""

from __future__ import annotations

from outlookimap.cache import ChangeState
from outlookimap.conformance.observer import Seen
from outlookimap.conformance.scenario import steps
from outlookimap.conformance.scenarios._acting import (
    STORED,
    filled,
    kept,
    looked,
    made,
    one_of,
    same,
    subject,
    words,
)
from outlookimap.conformance.scenarios._mail import mail
from outlookimap.conformance.stage import LocalCopy, Stage
from outlookimap.sync.account import Outcome
from outlookimap.sync.changes import Change
from outlookimap.wire.sequence import SequenceSet

_STORE = rb"(?i)\A\w+ OK .*STORE"


def _visited(stage: Stage, *folders: str) -> LocalCopy:
    """Return a local copy that has visited folders and is no longer connected."""
    copy = stage.account()
    for folder in folders:
        copy.sync(folder)
    copy.account.disconnect()
    return copy


def _messages(stage: Stage, copy: LocalCopy, *uids: int) -> tuple[int, ...]:
    return tuple(row.id for row in copy.cache.messages.find(copy.row(stage.folder).id, order="uid") if row.uid in uids)


def _flag(stage: Stage, copy: LocalCopy, purpose: str, *uids: int) -> Outcome:
    messages = _messages(stage, copy, *uids)
    return copy.account.change(
        Change("flags", copy.row(stage.folder).id, messages=messages, detail={"purpose": purpose})
    )


def _played(stage: Stage, copy: LocalCopy, *outcomes: Outcome) -> None:
    """Send/Receive of the folder; every change has to be made then, as the server says, and none a second time."""
    copy.sync(stage.folder)
    for outcome in outcomes:
        row = copy.cache.changes.get(outcome.id)
        state = "forgotten" if row is None else f"{row.state.value}: {row.error}"
        text = f"a change that was made offline ({'?' if row is None else row.kind}) is {state}"
        stage.require(
            row is not None and row.state is ChangeState.DONE,
            text,
            said=rb"(?i)\A\w+ (?:NO|BAD)\b|\A\w+ OK .*(?:STORE|COPY|APPEND|EXPUNGE)",
        )


def _equal(stage: Stage, copy: LocalCopy, folder: str) -> list[Seen]:
    """Require that a visit finds what the observer sees, by subjects and UIDs; return it."""
    copy.sync(folder)
    there = looked(stage, folder)
    here = copy.cache.messages.find(copy.row(folder).id, order="uid")
    text = f"{[subject(one) for one in there]} are in a folder, and a visit finds {[row.subject for row in here]}"
    stage.require([(one.uid, subject(one)) for one in there] == [(row.uid, row.subject) for row in here], text)
    return there


@steps("queue-flags")
def queue_flags(stage: Stage) -> None:
    r"""Mark read, flag, mark answered and delete offline, take two of these back; play it all."""
    uids = filled(stage, 6)
    copy = _visited(stage, stage.folder)
    done = [
        _flag(stage, copy, "read", uids[0], uids[3]),
        _flag(stage, copy, "flag", uids[1]),
        _flag(stage, copy, "answered", uids[2]),
        _flag(stage, copy, "delete", uids[2], uids[4]),
        _flag(stage, copy, "unread", uids[3]),
        _flag(stage, copy, "undelete", uids[4]),
    ]
    _played(stage, copy, *done)
    expected: tuple[list[bytes], ...] = (
        [rb"\Seen"],
        [rb"\Flagged"],
        [rb"\Answered", rb"\Deleted", rb"\Seen"],
        [],
        [rb"\Seen"],
        [],
    )
    there = stage.observer.flags(stage.raw)
    for uid, flags in zip(uids, expected, strict=True):
        found = there.get(uid, frozenset())
        text = f"by what was done offline the message with UID {uid} has to have the flags {words(flags)}, and has "
        stage.require(same(found, flags), text + words(found), said=_STORE)


@steps("queue-copies")
def queue_copies(stage: Stage) -> None:
    """Copy two messages offline and play it: each copy is there once."""
    uids = filled(stage, 4)
    target = made(stage)
    copy = _visited(stage, stage.folder, target)
    messages = _messages(stage, copy, uids[1], uids[3])
    copied = copy.account.change(Change("copy", copy.row(stage.folder).id, copy.row(target).id, messages))
    _played(stage, copy, copied)
    there = sorted(subject(one) for one in _equal(stage, copy, target))
    wanted = ["queue-copies 2", "queue-copies 4"]
    stage.require(there == wanted, f"offline {wanted} were to be copied, and there are {there}", said=STORED)


@steps("queue-moves")
def queue_moves(stage: Stage) -> None:
    """Move two messages offline and play it: COPY, then STORE, silently."""
    uids = filled(stage, 4)
    target = made(stage)
    copy = _visited(stage, stage.folder, target)
    messages = _messages(stage, copy, uids[0], uids[3])
    moved = copy.account.change(Change("move", copy.row(stage.folder).id, copy.row(target).id, messages))
    _played(stage, copy, moved)
    there = sorted(subject(one) for one in _equal(stage, copy, target))
    wanted = ["queue-moves 1", "queue-moves 4"]
    stage.require(there == wanted, f"offline {wanted} were moved, and their new folder has {there}", said=STORED)
    flags = stage.observer.flags(stage.raw)
    marked = [uid for uid in uids if rb"\Deleted" in flags.get(uid, ())]
    text = f"the messages with UID {uids[::3]} were moved offline; \\Deleted have those with UID {marked}"
    stage.require(marked == uids[::3], text, said=_STORE)


@steps("queue-appends")
def queue_appends(stage: Stage) -> None:
    """Save a draft offline and play it: it is there once, whole, with its flags."""
    copy = _visited(stage, stage.folder)
    draft = mail("queue-appends", b"Written offline.\r\n.\r\n")
    folder = copy.row(stage.folder).id
    saved = copy.account.change(
        Change("append", target=folder, detail={"flags": ["\\Draft", "\\Seen"], "date": None}, octets=draft)
    )
    _played(stage, copy, saved)
    found = one_of(stage, _equal(stage, copy, stage.folder))
    kept(stage, draft, found.octets)
    wanted = [rb"\Draft", rb"\Seen"]
    text = f"the draft that was saved offline has to have the flags {words(wanted)}, and has {words(found.flags)}"
    stage.require(same(found.flags, wanted), text, said=_STORE)


@steps("queue-purges")
def queue_purges(stage: Stage) -> None:
    """Delete two messages offline, undelete one of them and purge the folder; play it."""
    uids = filled(stage, 4)
    copy = _visited(stage, stage.folder)
    done = [
        _flag(stage, copy, "delete", uids[1], uids[2]),
        _flag(stage, copy, "undelete", uids[1]),
        copy.account.change(Change("purge", copy.row(stage.folder).id)),
    ]
    _played(stage, copy, *done)
    found = [*stage.observer.flags(stage.raw)]
    wanted = [uids[0], uids[1], uids[3]]
    text = (
        f"the message with UID {uids[2]} was to be purged; those with UID {wanted} had to stay, and {found} are there"
    )
    stage.require(found == wanted, text, said=rb"(?i)\A\w+ OK .*EXPUNGE")
    session = stage.session()
    session.select(stage.folder)
    left = [one.uid for one in session.fetch_flags(SequenceSet.all())]
    stage.require(left == wanted, f"{wanted} are left of a purge, and FETCH names {left}", said=rb"\* \d+ FETCH")
