"""Deleting: a message that is marked stays until EXPUNGE, and EXPUNGE removes what is marked and nothing else."""

from __future__ import annotations

from outlookimap.client import Session
from outlookimap.conformance.scenario import steps
from outlookimap.conformance.scenarios._acting import filled, made, opened
from outlookimap.conformance.stage import Stage
from outlookimap.protocol.events import Expunged
from outlookimap.wire.sequence import SequenceSet

_DELETED = rb"\Deleted"
_EXPUNGE = rb"(?i)\A\* \d+ EXPUNGE|\A\w+ OK .*EXPUNGE"


def _left(stage: Stage, expected: list[int], doing: str) -> None:
    """Require that the observer sees these messages and no others."""
    there = [*stage.observer.flags(stage.raw)]
    text = f"after {doing} the messages with UID {expected} have to be there, and those with UID {there} are"
    stage.require(there == expected, text, said=rb"(?i)\A\w+ OK .*EXPUNGE")


def _removed(session: Session) -> list[int | None]:
    """Return the UIDs of the messages the server said it had removed, in that order."""
    return [event.uid for event in session.poll() if isinstance(event, Expunged)]


@steps("marked-stays")
def marked_stays(stage: Stage) -> None:
    r"""Mark two messages as a user does, send NOOP, and look whether they are there."""
    uids = filled(stage, 4)
    session = opened(stage)
    session.mark_deleted(uids[2:])
    session.noop()
    removed = _removed(session)
    text = f"messages were marked \\Deleted, and the server removed those with UID {removed} though nobody sent EXPUNGE"
    stage.require(not removed, text, said=rb"\A\* \d+ EXPUNGE")
    _left(stage, uids, r"marking two \Deleted, without EXPUNGE,")


@steps("purge-removes")
def purge_removes(stage: Stage) -> None:
    """Mark the first and the fourth of five messages, send NOOP and EXPUNGE."""
    uids = filled(stage, 5)
    session = opened(stage)
    session.mark_deleted([uids[0], uids[3]])
    session.noop()
    session.expunge()
    _left(stage, [uids[1], uids[2], uids[4]], r"marking two of five \Deleted and EXPUNGE")


@steps("purge-told")
def purge_told(stage: Stage) -> None:
    """Mark three of nine messages, of which two stand together, and compare what EXPUNGE names with what is gone."""
    uids = filled(stage, 9)
    session = opened(stage)
    session.mark_deleted([uids[1], *uids[7:]])
    with stage.refused("EXPUNGE was answered with what cannot be"):
        session.expunge()
        session.noop()
        told = sorted(uid or 0 for uid in _removed(session))
    there = stage.observer.flags(stage.raw)
    gone = [uid for uid in uids if uid not in there]
    text = f"the messages with UID {gone} are gone, and EXPUNGE named those with UID {told}"
    stage.require(told == gone, text, said=_EXPUNGE)


@steps("purge-of-others-marks")
def purge_of_others_marks(stage: Stage) -> None:
    r"""Have a message marked \Deleted in one session, send EXPUNGE in another that had the folder selected before."""
    uids = filled(stage, 3)
    purging = opened(stage)
    purging.status_unseen(made(stage, "other"))
    marking = opened(stage)
    marking.mark_deleted(uids[1:2])
    marking.logout()
    purging.expunge()
    _left(stage, [uids[0], uids[2]], r"one session marked a message \Deleted and another one sent EXPUNGE")


@steps("undeleted-stays")
def undeleted_stays(stage: Stage) -> None:
    r"""Mark three messages, take that back for two of them, send EXPUNGE."""
    uids = filled(stage, 5)
    session = opened(stage)
    session.mark_deleted(uids[1:4])
    session.undelete(uids[1:4:2])
    session.expunge()
    _left(stage, [uids[0], uids[1], uids[3], uids[4]], r"marking three \Deleted, taking that back for two, and EXPUNGE")


@steps("leaving-removes-nothing")
def leaving_removes_nothing(stage: Stage) -> None:
    r"""Mark messages, select another folder and the first one again."""
    uids = filled(stage, 3)
    other = made(stage, "other")
    session = opened(stage)
    session.mark_deleted(uids[:2], queued=True)
    session.select(other)
    _still_marked(stage, session, uids, "another folder was selected")


@steps("signing-out-removes-nothing")
def signing_out_removes_nothing(stage: Stage) -> None:
    r"""Mark messages, sign out without leaving the folder, sign in again."""
    uids = filled(stage, 3)
    session = opened(stage)
    session.mark_deleted(uids[:2], queued=True)
    session.logout()
    _still_marked(stage, stage.session(), uids, "LOGOUT was sent")


def _still_marked(stage: Stage, session: Session, uids: list[int], when: str) -> None:
    """Require that all messages are there, the first two of them marked: as the product sees it, and the observer."""
    exists = session.select(stage.folder).exists
    text = f"{len(uids)} messages were there, two of them marked \\Deleted, when {when}; now {exists} are"
    stage.require(exists == len(uids), text, said=rb" EXISTS")
    marked = [one.uid for one in session.fetch_flags(SequenceSet.all()) if "\\Deleted" in (one.flags or ())]
    there = stage.observer.flags(stage.raw)
    text = f"the messages with UID {uids[:2]} were marked \\Deleted when {when}; now those with UID {marked} are"
    stage.require(marked == uids[:2], text, said=rb"\* \d+ FETCH")
    text = f"the messages with UID {uids} were there when {when}; another client finds those with UID {[*there]}"
    stage.require([uid for uid in there if _DELETED in there[uid]] == marked and [*there] == uids, text)
