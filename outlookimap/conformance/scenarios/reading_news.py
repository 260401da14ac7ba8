"""Reading while others write: what is told of messages that came and went, and when; sets that name what is gone."""

from __future__ import annotations

from collections.abc import Callable

from outlookimap.client import Event, Session
from outlookimap.conformance.scenario import steps
from outlookimap.conformance.scenarios._mail import mail
from outlookimap.conformance.scenarios.reading import ALL, opened
from outlookimap.conformance.stage import Stage
from outlookimap.errors import CommandFailed
from outlookimap.protocol.events import Exists, Expunged
from outlookimap.transport.tap import Sender

_NEWS = rb"\A\* \d+ (?:EXISTS|EXPUNGE|FETCH)\b"
PAUSE = 0.2
"""Seconds in which a server may say something unasked, before a command after which it may not."""
PATIENCE = 3.0
"""Seconds in which NOOP is sent again and again until the server has noticed what somebody else did."""


def _heard(stage: Stage, session: Session, wanted: Callable[[Event], bool]) -> list[Event]:
    """Send NOOP until it brings what is wanted, or for long enough; return all that was told."""
    told: list[Event] = []

    def asked() -> bool:
        session.noop()
        told.extend(session.poll())
        return any(map(wanted, told))

    stage.until(asked, PATIENCE)
    return told


def _during(stage: Stage, command: Callable[[], object]) -> list[bytes]:
    """Return the words EXISTS, EXPUNGE and FETCH in the order in which they came while `command` ran."""
    before = len(stage.said(_NEWS))
    command()
    return [line.split()[2] for line in stage.said(_NEWS)[before:]]


def _not_before_data(stage: Stage, word: bytes, came: list[bytes], command: str) -> None:
    """Require that all messages are named before `word` comes."""
    text = f"{word.decode()} came before the messages that {command} had still to name"
    later = came[came.index(word) :] if word in came else []
    stage.require(b"FETCH" not in later, text, said=rb"\* \d+ " + word)


@steps("new-message-by-number")
def new_message_by_number(stage: Stage) -> None:
    """Have a fourteenth message added, wait for EXISTS, and ask for its UID."""
    stage.fill(mail(f"new-message-by-number {number}") for number in range(13))
    session = opened(stage)
    session.fetch_flags(ALL)
    *_, uid = stage.fill([mail("new-message-by-number, the new one")])
    told = _heard(stage, session, lambda event: isinstance(event, Exists))
    counts = [event.count for event in told if isinstance(event, Exists)]
    text = f"a message came to a folder of 13, and NOOP brought EXISTS {counts or 'not at all'}"
    stage.require(counts and counts[-1] == 14, text, said=rb"\* \d+ EXISTS")
    with stage.refused("FETCH (UID) of a sequence number was refused"):
        uids = [message.uid for message in session.fetch_uids([14]) if message.seq == 14]
    stage.require(uid in uids, f"message 14 has UID {uid}, and FETCH says {uids}", said=rb"\* 14 FETCH")


@steps("exists-after-data")
def exists_after_data(stage: Stage) -> None:
    """Have a message added, and fetch those that were there."""
    uids = stage.fill(mail(f"exists-after-data {number}") for number in range(3))
    session = opened(stage)
    stage.fill([mail("exists-after-data, the new one")])
    session.poll(PAUSE)
    _not_before_data(stage, b"EXISTS", _during(stage, lambda: session.fetch_bodies(uids)), "UID FETCH")


@steps("expunge-told")
def expunge_told(stage: Stage) -> None:
    """Have the eleventh of thirteen messages removed, wait for EXPUNGE, and ask who is the eleventh now."""
    uids = stage.fill(mail(f"expunge-told {number}") for number in range(13))
    session = opened(stage)
    session.fetch_flags(ALL)
    stage.observer.remove(stage.raw, [uids[10]])
    told = _heard(stage, session, lambda event: isinstance(event, Expunged))
    numbers = [event.seq for event in told if isinstance(event, Expunged)]
    text = f"message 11 of 13 was removed, and NOOP brought EXPUNGE of {numbers or 'none'}"
    stage.require(numbers == [11], text, said=rb"\* \d+ EXPUNGE|\A\w+ OK .*NOOP")
    moved = [message.uid for message in session.fetch_uids([11]) if message.seq == 11]
    text = f"after EXPUNGE message 11 has to be that with UID {uids[11]}, and FETCH says {moved}"
    stage.require(uids[11] in moved, text, said=rb"\* 11 FETCH")


@steps("expunge-not-in-fetch")
def expunge_not_in_fetch(stage: Stage) -> None:
    """Have a message removed, and fetch others by their numbers."""
    uids = stage.fill(mail(f"expunge-not-in-fetch {number}") for number in range(4))
    session = opened(stage)
    stage.observer.remove(stage.raw, [uids[0]])
    came = _during(stage, lambda: session.fetch_uids([2, 3]))
    text = "EXPUNGE came while FETCH of sequence numbers was answered: nobody knows which messages are meant"
    stage.require(b"EXPUNGE" not in came, text, said=rb"\* \d+ EXPUNGE")


@steps("expunge-after-uid-fetch")
def expunge_after_uid_fetch(stage: Stage) -> None:
    """Have a message removed, and open others."""
    uids = stage.fill(mail(f"expunge-after-uid-fetch {number}") for number in range(4))
    session = opened(stage)
    stage.observer.remove(stage.raw, [uids[0]])
    _not_before_data(stage, b"EXPUNGE", _during(stage, lambda: session.fetch_bodies(uids[1:])), "UID FETCH")


@steps("expunge-after-uid-store")
def expunge_after_uid_store(stage: Stage) -> None:
    """Have a message removed, and mark others read."""
    uids = stage.fill(mail(f"expunge-after-uid-store {number}") for number in range(7))
    session = opened(stage)
    stage.observer.remove(stage.raw, [uids[0]])
    wanted = [uids[2], uids[4], uids[6]]
    _not_before_data(stage, b"EXPUNGE", _during(stage, lambda: session.mark_read(wanted)), "UID STORE")


@steps("gone-meanwhile")
def gone_meanwhile(stage: Stage) -> None:
    """Have one of three messages removed and fetch them all: that one may be refused, the others may not."""
    uids = stage.fill(mail(f"gone-meanwhile {number}") for number in range(3))
    session = opened(stage)
    stage.observer.remove(stage.raw, [uids[1]])
    with stage.refused("a message was removed meanwhile, and the others cannot be fetched any more"):
        try:
            messages = session.fetch_bodies(uids)
        except CommandFailed:  # RFC 2180 allows NO; what is told then is who is gone
            session.noop()
            messages = session.fetch_bodies([uids[0], uids[2]])
    came = {message.uid for message in messages if message.body}
    text = f"of three messages one was removed meanwhile: those with UID {uids[0]} and {uids[2]} have to come still"
    stage.require({uids[0], uids[2]} <= came, text, said=rb"\* \d+ FETCH")


@steps("uids-gone")
def uids_gone(stage: Stage) -> None:
    """Fetch flags and messages of a set in which only one UID is there, and of one in which none is."""
    [uid] = stage.fill([mail("uids-gone")])
    session = opened(stage)
    gone = 2_000_000_007
    with stage.refused("a set that names a UID that is not there was not answered with OK"):
        some = session.fetch_flags([uid, gone])
        session.fetch_bodies([gone])
    text = f"of the set {uid},{gone} the message with UID {uid} is there and was not named"
    stage.require(uid in [message.uid for message in some], text, said=rb"\* \d+ FETCH")


@steps("long-uid-set")
def long_uid_set(stage: Stage) -> None:
    """Fetch flags of 2,815 UIDs, of which three are there, by one command of 31,000 octets."""
    uids = stage.fill(mail(f"long-uid-set {number}") for number in range(3))
    session = stage.session(policy=stage.policy(command_octets=None))
    session.select(stage.folder)
    far = range(1_500_000_001, 1_500_000_001 + 2 * 2812, 2)  # not one after the other: no range names them
    with stage.refused("a command with a set of UIDs of 31,000 octets was refused"):
        messages = session.fetch_flags([*uids, *far])
    commands = stage.said(rb"UID FETCH [\d:,]{30000}", sender=Sender.CLIENT)
    stage.require(len(commands) == 1, "the set was not sent as one command: this says nothing of the server")
    missing = sorted({*uids} - {message.uid for message in messages})
    text = f"the messages with UID {missing} are in the set of 31,000 octets, and were not named"
    stage.require(not missing, text, said=rb"\* \d+ FETCH")
