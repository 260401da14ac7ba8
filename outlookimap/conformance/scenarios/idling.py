"""Idling: IDLE entered, left and entered again, what is told meanwhile, and that it lasts."""

from __future__ import annotations

from outlookimap.client import Event
from outlookimap.conformance.scenario import steps
from outlookimap.conformance.scenarios._acting import filled, opened
from outlookimap.conformance.scenarios._idle import completion, go_aheads, idles
from outlookimap.conformance.scenarios._mail import mail
from outlookimap.conformance.stage import Stage
from outlookimap.protocol.events import Exists, Expunged
from outlookimap.transport.tap import Sender
from outlookimap.wire.sequence import SequenceSet

_ALL = SequenceSet.all()
_REFUSED = "the server lists IDLE, and does not accept it"
_MAIL_WITHIN = 10.0
_PATIENCE = 3.0
"""Seconds in which NOOP is sent again and again until the server has noticed what somebody else did."""
_MINUTES = 31
_SHORT_KEEPALIVE = 0.2
"""Seconds, for ten minutes: that NOOP interrupts IDLE is the same, however long it has lasted."""


@steps("idle-accepted")
def idle_accepted(stage: Stage) -> None:
    """Select the folder and idle."""
    session = opened(stage)
    with session.idle():
        accepted = idles(stage, session)
    answer = completion(stage, b"IDLE") or "silence"
    message = f"the server lists IDLE, and answers it with {answer} where a continuation request is due"
    stage.require(accepted, message, said=rb"(?i)\A\w+ (?:OK|NO|BAD)")


@steps("idle-tells-of-mail")
def idle_tells_of_mail(stage: Stage) -> None:
    """Have a message added while a session idles, and wait for EXISTS."""
    count = len(filled(stage, 10)) + 1
    session = opened(stage)
    heard: list[Event] = []
    with session.idle():
        if not idles(stage, session):
            stage.skip(_REFUSED)
        stage.observer.append(stage.raw, mail("idle-tells-of-mail, the new one"))

        def told() -> bool:
            heard.extend(session.poll())
            return any(isinstance(event, Exists) and event.count == count for event in heard)

        longest = min(_MAIL_WITHIN, stage.place.timeout)
        message = f"a message came while the client idled, and nothing was told of it within {longest:g} s"
        stage.require(stage.until(told, longest), message, said=rb"\A\+")


@steps("idle-ends")
def idle_ends(stage: Stage) -> None:
    """Idle, end it, send NOOP and fetch."""
    uids = filled(stage, 2)
    session = opened(stage)
    with session.idle():
        if not idles(stage, session):
            stage.skip(_REFUSED)
    answer = completion(stage, b"IDLE")
    stage.require(answer == "OK", f"DONE was sent, and IDLE answered with {answer}", said=rb"(?i)\A\w+ (?:NO|BAD)")
    with stage.refused("after IDLE and DONE commands do not go on"):
        session.noop()
        found = [message.uid for message in session.fetch_flags(_ALL)]
    message = f"the messages with UID {uids} are there, and FETCH after IDLE and DONE names {found}"
    stage.require(found == uids, message, said=rb"\* \d+ FETCH|(?i:\A\w+ OK)")


@steps("idle-removal-told")
def idle_removal_told(stage: Stage) -> None:
    """Have the twelfth of thirteen messages removed while a session idles; end it and send NOOP."""
    uids = filled(stage, 13)
    session = opened(stage)
    session.fetch_flags(_ALL)
    heard: list[Event] = []
    with session.idle():
        if not idles(stage, session, heard):
            stage.skip(_REFUSED)
        stage.observer.remove(stage.raw, [uids[11]])
        heard += session.poll()

    def told() -> bool:
        session.noop()
        heard.extend(session.poll())
        return any(isinstance(event, Expunged) for event in heard)

    stage.until(told, _PATIENCE)
    numbers = [event.seq for event in heard if isinstance(event, Expunged)]
    message = f"message 12 of 13 was removed while the client idled; after NOOP EXPUNGE came of {numbers or 'none'}"
    stage.require(numbers == [12], message, said=rb"\* \d+ EXPUNGE|(?i:\A\w+ OK .*NOOP)")


@steps("idle-without-folder")
def idle_without_folder(stage: Stage) -> None:
    """Idle without a folder; whether that is accepted or not, send NOOP and select one."""
    session = stage.session(profile=stage.profile.with_alternatives(("idle-without-mailbox",)))
    with stage.refused("after IDLE without a folder the connection does not go on"):
        with session.idle():
            session.poll()
        session.noop()
        session.select(stage.folder)


@steps("idle-again")
def idle_again(stage: Stage) -> None:
    """Idle with a very short time between two NOOPs, until IDLE was sent twice."""
    session = stage.session(policy=stage.policy(keepalive=_SHORT_KEEPALIVE))
    session.select(stage.folder)
    with session.idle():
        if not idles(stage, session):
            stage.skip(_REFUSED)
        accepted = go_aheads(stage)
        stage.let_pass(_SHORT_KEEPALIVE)

        def again() -> bool:
            session.poll()
            return len(stage.said(rb"\A\w+ IDLE", sender=Sender.CLIENT)) > 1

        with stage.refused("IDLE was interrupted by DONE and NOOP, and the connection does not go on"):
            stage.until(again, _PATIENCE)
        message = f"IDLE was interrupted by DONE and NOOP, and then answered with {completion(stage, b'IDLE')}"
        stage.require(go_aheads(stage) > accepted, message, said=rb"(?i)\A\w+ (?:OK|NO|BAD)")
    answer = completion(stage, b"NOOP")
    stage.require(answer == "OK", f"NOOP right behind DONE was answered with {answer}", said=rb"(?i)\A\w+ (?:NO|BAD)")


@steps("dropped-while-idling")
def dropped_while_idling(stage: Stage) -> None:
    """Idle, drop the connection, and select the folder in another session."""
    uids = filled(stage, 2)
    session = opened(stage)
    with session.idle():
        if not idles(stage, session):
            stage.skip(_REFUSED)
        session.drop()
    with stage.refused("a connection broke while it idled, and the folder is not open to the next sign-in"):
        found = [message.uid for message in opened(stage).fetch_flags(_ALL)]
    message = f"the messages with UID {uids} are there, and after a connection broke FETCH names {found}"
    stage.require(found == uids, message, said=rb"\* \d+ FETCH")


@steps("idle-half-an-hour")
def idle_half_an_hour(stage: Stage) -> None:
    """Idle for 31 minutes and listen once a minute; then go on."""
    uids = filled(stage, 2)
    session = opened(stage)
    with stage.refused("a client that idled, with NOOP every ten minutes, was not connected for half an hour"):
        with session.idle():
            if not idles(stage, session):
                stage.skip(_REFUSED)
            for _ in range(_MINUTES):
                stage.let_pass(60.0)
                session.poll()
        session.noop()
        found = [message.uid for message in session.fetch_flags(_ALL)]
    message = f"the messages with UID {uids} are there, and after half an hour of IDLE FETCH names {found}"
    stage.require(found == uids, message, said=rb"\* \d+ FETCH")
