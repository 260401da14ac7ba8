"""Connections: how they end and begin again, two at a time, several commands in flight, tags, silence."""

from __future__ import annotations

from outlookimap.client import Session
from outlookimap.conformance.scenario import steps
from outlookimap.conformance.scenarios._acting import filled, looked, made, opened, subject, words
from outlookimap.conformance.scenarios._idle import completion, idles
from outlookimap.conformance.scenarios._mail import fields_of, mail
from outlookimap.conformance.stage import Stage
from outlookimap.errors import CommandFailed, ScenarioFailed
from outlookimap.transport.tap import Sender
from outlookimap.wire import mailbox as names
from outlookimap.wire.sequence import SequenceSet

_ALL = SequenceSet.all()
_PATIENCE = 3.0
"""Seconds in which NOOP is sent again and again until the server has noticed what somebody else did."""
_SILENCE = 600.0
"""Seconds: no more than ten minutes pass between two commands of the product (O5:V0025)."""
_MOST_TAGS = 60
"""So many random tags: that none of them begins with a digit, or none with a letter, is next to impossible."""
_ANY_OK = rb"(?i)\A\w+ OK"


def _subjects(session: Session) -> list[str]:
    """Return the subjects of the messages in the selected folder."""
    return [
        field.partition(b":")[2].strip().decode("ascii", "replace")
        for message in session.fetch_headers(_ALL)
        for field in fields_of(message.header or b"")
        if field.lower().startswith(b"subject:")
    ]


# ---------------------------------------------------------------- the end


@steps("logout-answered")
def logout_answered(stage: Stage) -> None:
    """Select the folder and sign out."""
    opened(stage).logout()
    stage.require(stage.said(rb"(?i)\A\* BYE\b"), "LOGOUT was answered without BYE", said=_ANY_OK)
    answer = completion(stage, b"LOGOUT")
    stage.require(answer == "OK", f"LOGOUT was answered with {answer or 'no tagged response'}", said=rb"(?i)\A\* BYE")


@steps("logout-with-done")
def logout_with_done(stage: Stage) -> None:
    """Idle, then sign out."""
    session = stage.session(profile=stage.profile.with_alternatives(("logout-with-done",)))
    session.select(stage.folder)
    with session.idle():
        if not idles(stage, session):
            stage.skip("the server lists IDLE, and does not accept it")
        session.logout()
    answer = completion(stage, b"LOGOUT")
    message = f"DONE and LOGOUT came in one write, and LOGOUT was answered with {answer or 'no tagged response'}"
    stage.require(answer == "OK", message, said=_ANY_OK)


@steps("logout-and-gone")
def logout_and_gone(stage: Stage) -> None:
    """Mark a message read, send LOGOUT and drop the connection, sign in again and look."""
    uids = filled(stage, 2)
    session = stage.session(policy=stage.policy(logout="drop"))
    session.select(stage.folder)
    session.mark_read(uids[1:])
    session.logout()
    with stage.refused("after LOGOUT without waiting for its answer the folder is not open to the next sign-in"):
        again = opened(stage)
        flags = {message.uid: message.flags for message in again.fetch_flags(_ALL)}
    has = words(flag.encode() for flag in flags.get(uids[1]) or ())
    message = rf"a message was marked read before LOGOUT, and has the flags {has} at the next sign-in"
    stage.require("\\Seen" in (flags.get(uids[1]) or ()), message, said=rb"FETCH .*UID %d\b" % uids[1])


# ---------------------------------------------------------------- several at a time


def _two(stage: Stage) -> tuple[Session, Session]:
    """Return two sessions that have selected the folder."""
    first = opened(stage)
    with stage.refused("a second connection of the same user cannot select the folder"):
        return first, opened(stage)


@steps("two-connections")
def two_connections(stage: Stage) -> None:
    """Append a message by one session and look for it by the other."""
    filled(stage, 2)
    first, second = _two(stage)
    wanted = "two-connections, the new one"
    first.append(stage.folder, mail(wanted))
    found: list[str] = []

    def there() -> bool:
        second.noop()
        found[:] = _subjects(second)
        return wanted in found

    message = f"one connection put a message into the folder, and the other finds after NOOP {len(found)} without it"
    stage.require(stage.until(there, _PATIENCE), message, said=rb"FETCH \(|\A\* \d+ EXISTS")


@steps("one-of-two-leaves")
def one_of_two_leaves(stage: Stage) -> None:
    """Sign out by one session, and go on by the other."""
    filled(stage, 1)
    first, second = _two(stage)
    first.logout()
    with stage.refused("after one connection has signed out the other one cannot go on"):
        second.noop()
        found = _subjects(second)
    message = f"after one connection has signed out the other one finds {found}"
    stage.require(found == ["one-of-two-leaves 1"], message, said=rb"\* \d+ FETCH|" + _ANY_OK)


@steps("both-store")
def both_store(stage: Stage) -> None:
    r"""Set \Flagged by one session and \Answered by the other, then have the observer look."""
    *_, uid = filled(stage, 5)
    first, second = _two(stage)
    first.flag([uid])
    second.mark_answered([uid])
    first.logout()
    second.logout()
    flags = stage.observer.flags(stage.raw).get(uid, frozenset())
    message = rf"\Flagged and \Answered were set by two connections, and the message has the flags {words(flags)}"
    stage.require(
        {rb"\flagged", rb"\answered"} <= {flag.lower() for flag in flags}, message, said=_ANY_OK + rb".*STORE"
    )


@steps("four-connections")
def four_connections(stage: Stage) -> None:
    """Have four sessions with the same folder selected, and send NOOP by each."""
    sessions: list[Session] = []
    try:
        for number in range(1, 5):
            with stage.refused(f"connection {number} of the same user cannot be used"):
                sessions.append(opened(stage))
        for number, session in enumerate(sessions, 1):
            with stage.refused(f"while there are four connections, number {number} is gone"):
                session.noop()
    except ScenarioFailed as error:  # one Outlook has two, which another scenario asks for
        stage.fail(str(error))


# ---------------------------------------------------------------- several commands in flight


@steps("pipelined")
def pipelined(stage: Stage) -> None:
    """Send four commands in one write."""
    uids = filled(stage, 3)
    other = made(stage, "other")
    stage.fill([mail("pipelined, in the other folder")] * 2, folder=other)
    session = opened(stage)
    with session.pipeline() as together:
        unseen = together.status_unseen(other)
        flags = together.fetch_flags(_ALL)
        nothing = together.noop()
        bodies = together.fetch_bodies(uids[1:2])
    message = f"2 messages are unread, and STATUS in one write with other commands says {unseen.result()}"
    stage.require(unseen.result() == 2, message, said=rb"(?i)\A\* STATUS")
    nothing.result()
    came = [*flags.result(), *bodies.result()]  # data have no tag: which FETCH they answer is anybody's guess
    named = sorted({one.uid or 0 for one in came})
    message = f"the messages with UID {uids} are there, and FETCH in one write with other commands names {named}"
    stage.require(named == uids, message, said=rb"\* \d+ FETCH")
    whole = sorted({one.uid or 0 for one in came if one.body})
    message = f"the message with UID {uids[1]} was asked for in one write with other commands; what came is {whole}"
    stage.require(whole == uids[1:2], message, said=rb"\* \d+ FETCH")


@steps("pipelined-in-order")
def pipelined_in_order(stage: Stage) -> None:
    r"""Send +FLAGS.SILENT (\Seen) and FETCH of the flags in one write."""
    *_, uid = filled(stage, 6)
    session = opened(stage)
    with session.pipeline() as together:
        stored = together.store("queued_read", [uid])
        fetched = together.fetch_flags([uid])
    flags = [one.flags or frozenset() for one in (*stored.result(), *fetched.result()) if one.uid == uid]
    shown = words(flag.encode() for flag in flags[-1]) if flags else "nothing"
    message = rf"+FLAGS.SILENT (\Seen) and FETCH of the flags came in one write, and FETCH says {shown}"
    stage.require(flags and "\\Seen" in flags[-1], message, said=rb"FETCH .*UID %d\b" % uid)


# ---------------------------------------------------------------- tags, refusals, silence


@steps("any-tag")
def any_tag(stage: Stage) -> None:
    """Send STATUS until a digit and a letter have been the first of a tag."""
    session = stage.session()
    for _ in range(_MOST_TAGS):
        with stage.refused("a command with a tag of four letters or digits was not taken"):
            session.status_unseen(stage.folder)
        tags = [line[:1] for line in stage.said(rb"\A\w+ STATUS ", sender=Sender.CLIENT)]
        if {tag.isdigit() for tag in tags} == {True, False}:
            break


@steps("status-refused")
def status_refused(stage: Stage) -> None:
    """Send STATUS for a folder that was removed, then read in the one that is selected."""
    filled(stage, 1)
    gone = made(stage, "gone")
    stage.observer.delete(names.encode(gone))
    session = opened(stage)
    try:
        session.status_unseen(gone)
        answer = "OK"
    except CommandFailed as error:
        answer = error.status
    message = f"STATUS of a folder that is not there was answered with {answer}, which has to be NO"
    stage.require(answer == "NO", message, said=rb"(?i)\A\w+ (?:OK|BAD) .*")
    with stage.refused("after a STATUS that was refused the connection does not go on"):
        found = _subjects(session)
    message = f"after a STATUS that was refused the selected folder has the messages {found}"
    stage.require(found == [subject(one) for one in looked(stage, stage.folder)], message, said=rb"\* \d+ FETCH")


@steps("silence-endured")
def silence_endured(stage: Stage) -> None:
    """Select the folder, let ten minutes pass, and send the NOOP that is due then."""
    session = opened(stage)
    stage.let_pass(_SILENCE)
    with stage.refused("after ten minutes without a command the connection does not go on"):
        session.poll()
        session.noop()
        session.fetch_flags(_ALL)
