"""Selecting: what SELECT says of a folder, and what its UIDs are worth."""

from __future__ import annotations

import itertools

from outlookimap.client import Session
from outlookimap.conformance.scenario import steps
from outlookimap.conformance.scenarios._mail import fields_of, mail
from outlookimap.conformance.stage import Stage
from outlookimap.errors import CommandFailed, SelectIncomplete
from outlookimap.wire import mailbox as names
from outlookimap.wire.sequence import MAX_NUMBER, SequenceSet

_OK = rb"(?i)\A\w+ OK(?!.*logout)"


def _subjects(session: Session) -> dict[str, tuple[int, int]]:
    """Return sequence number and UID of each message of the selected folder by its subject."""
    return {
        field.partition(b":")[2].strip().decode("ascii", "replace"): (message.seq, message.uid or 0)
        for message in session.fetch_headers(SequenceSet.all())
        for field in fields_of(message.header or b"")
        if field.lower().startswith(b"subject:")
    }


def _looked(stage: Stage, expected: int) -> dict[str, int]:
    """Sign in, look at all headers of the folder and return UIDs by subject; `expected` messages must be there."""
    session = stage.session()
    session.select(stage.folder)
    uids = {subject: uid for subject, (_, uid) in _subjects(session).items()}
    session.logout()
    message = f"{expected} messages are there, headers came of {len(uids)}"
    stage.require(len(uids) == expected, message, said=rb"\* \d+ FETCH")
    return uids


@steps("exists-told")
def exists_told(stage: Stage) -> None:
    """Compare EXISTS with what the observer put there."""
    uids = stage.fill(mail(f"exists-told {number}") for number in range(3))
    with stage.refused("SELECT does not say what Outlook needs"):
        mailbox = stage.session().select(stage.folder)
    message = f"{len(uids)} messages are there, and EXISTS says {mailbox.exists}"
    stage.require(mailbox.exists == len(uids), message, said=rb" EXISTS")


@steps("uidvalidity-told")
def uidvalidity_told(stage: Stage) -> None:
    """Select the folder; that SELECT without UIDVALIDITY is an error is the product's own reading."""
    with stage.refused("SELECT does not say what Outlook needs"):
        stage.session().select(stage.folder)


@steps("uidvalidity-nonzero")
def uidvalidity_nonzero(stage: Stage) -> None:
    """Select the folder and look at the number."""
    uidvalidity = stage.session().select(stage.folder).uidvalidity
    message = f"UIDVALIDITY is {uidvalidity}: no number from 1 to {MAX_NUMBER}"
    stage.require(1 <= uidvalidity <= MAX_NUMBER, message, said=rb"UIDVALIDITY")


@steps("uidvalidity-lasts")
def uidvalidity_lasts(stage: Stage) -> None:
    """Select the folder twice in one session and once in another."""
    stage.fill([mail("uidvalidity-lasts")])
    session = stage.session()
    said = [session.select(stage.folder).uidvalidity, session.select(stage.folder).uidvalidity]
    session.logout()
    said.append(stage.session().select(stage.folder).uidvalidity)
    message = f"UIDVALIDITY was {said[0]}, at the next SELECT {said[1]} and after signing in again {said[2]}"
    stage.require(len({*said}) == 1, message, said=rb"UIDVALIDITY")


@steps("uids-last")
def uids_last(stage: Stage) -> None:
    """Compare the UIDs of two sessions by subject."""
    stage.fill(mail(f"uids-last {number}") for number in range(3))
    before, after = _looked(stage, 3), _looked(stage, 3)
    for subject, uid in before.items():
        message = f"{subject!r} had UID {uid} and has UID {after.get(subject)} after signing in again"
        stage.require(after.get(subject) == uid, message, said=rb"UID %d\b" % after.get(subject, 0))


@steps("uids-sticky")
def uids_sticky(stage: Stage) -> None:
    """Select the folder and look for UIDNOTSTICKY."""
    mailbox = stage.session().select(stage.folder)
    message = "the server says UIDNOTSTICKY: Outlook synchronises such a folder from nothing at every visit"
    stage.require(mailbox.uids_persist, message, said=rb"(?i)UIDNOTSTICKY")


@steps("uids-32bit")
def uids_32bit(stage: Stage) -> None:
    """Fetch all headers and look at the UIDs."""
    stage.fill(mail(f"uids-32bit {number}") for number in range(2))
    session = stage.session()
    session.select(stage.folder)
    with stage.refused("the UIDs of the folder cannot be read"):
        uids = [uid for _, uid in _subjects(session).values()]
    wrong = [uid for uid in uids if not 1 <= uid <= MAX_NUMBER]
    stage.require(not wrong, f"of the UIDs {uids} not all are from 1 to {MAX_NUMBER}", said=rb"\bUID \d+")


@steps("uids-ascending")
def uids_ascending(stage: Stage) -> None:
    """Fetch all headers and compare the order of UIDs with that of sequence numbers."""
    stage.fill(mail(f"uids-ascending {number}") for number in range(4))
    session = stage.session()
    session.select(stage.folder)
    found = sorted(_subjects(session).values())
    for (seq, uid), (next_seq, next_uid) in itertools.pairwise(found):
        message = f"message {seq} has UID {uid} and message {next_seq} UID {next_uid}: UIDs have to ascend"
        stage.require(uid < next_uid, message, said=rb"\* %d FETCH" % next_seq)


@steps("uid-grows")
def uid_grows(stage: Stage) -> None:
    """Remove the last message, add another one, and compare their UIDs."""
    *_, last = stage.fill(mail(f"uid-grows {number}") for number in range(3))
    stage.observer.remove(stage.raw, [last])
    stage.fill([mail("uid-grows afterwards")])
    uids = _looked(stage, 3)
    uid = uids.get("uid-grows afterwards", 0)
    message = f"a message got UID {uid} after one with UID {last} was removed: a new UID is higher than all before"
    stage.require(uid > last, message, said=rb"\bUID %d\b" % uid)


@steps("select-again")
def select_again(stage: Stage) -> None:
    """Select the folder, have a message added, select it again."""
    stage.fill([mail("select-again 1"), mail("select-again 2")])
    session = stage.session()
    session.select(stage.folder)
    uids = stage.fill([mail("select-again 3")])
    exists = session.select(stage.folder).exists
    message = f"{len(uids)} messages are there, and EXISTS at the second SELECT says {exists}"
    stage.require(exists == len(uids), message, said=rb" EXISTS")


@steps("select-refused")
def select_refused(stage: Stage) -> None:
    """Select a folder that was removed; it has to be refused, and the next SELECT has to work."""
    gone = stage.beside("gone")
    stage.observer.create(names.encode(gone))
    stage.observer.delete(names.encode(gone))
    session = stage.session()
    try:
        session.select(gone)
        refused = False
    except SelectIncomplete:
        refused = False
    except CommandFailed:
        refused = True
    stage.require(refused, "SELECT of a folder that is not there was answered with OK", said=_OK)
    with stage.refused("after a SELECT that was refused another one fails"):
        session.select(stage.folder)


@steps("status-unseen")
def status_unseen(stage: Stage) -> None:
    """Ask for the unread messages of a folder beside the selected one, then read in the selected one."""
    stage.fill([mail("status-unseen, selected")])
    other = stage.beside("other")
    stage.observer.create(names.encode(other))
    stage.fill([mail("status-unseen 1")], flags=[rb"\Seen"], folder=other)
    stage.fill([mail("status-unseen 2"), mail("status-unseen 3")], folder=other)
    session = stage.session()
    session.select(stage.folder)
    unseen = session.status_unseen(other)
    message = f"2 messages are unread, and STATUS (UNSEEN) says {unseen}"
    stage.require(unseen == 2, message, said=rb"\* STATUS")
    subjects = [*_subjects(session)]
    message = f"after STATUS of another folder the selected one has the messages {subjects}"
    stage.require(subjects == ["status-unseen, selected"], message, said=rb"\* \d+ FETCH")
