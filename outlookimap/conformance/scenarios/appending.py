"""Appending: what APPEND answers with OK is there, as it was sent, and what is wrong is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from outlookimap.conformance.observer import Seen
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
from outlookimap.conformance.scenarios._mail import large, mail, with_message_inside
from outlookimap.conformance.stage import Stage
from outlookimap.errors import CommandFailed
from outlookimap.protocol.events import Exists
from outlookimap.wire.sequence import SequenceSet

_LARGE = 20_000_000
"""Octets of what is large for a mail: what many servers take, and none has to."""
_REFUSED = rb"\A\w+ (?:NO|BAD)\b"


def _appended(
    stage: Stage, message: bytes, *, flags: Iterable[str] = ("\\Seen",), date: dt.datetime | None = None
) -> Seen:
    """Append a message to the folder, which is empty, and return it as the observer sees it."""
    stage.session().append(stage.folder, message, flags=flags, date=date)
    return one_of(stage, looked(stage, stage.folder))


# ---------------------------------------------------------------- that it is there


@steps("append-there")
def append_there(stage: Stage) -> None:
    """Append a message to a folder of two that another session has selected; both have to see it."""
    before = filled(stage, 2)
    watching = opened(stage)
    stage.session().append(stage.folder, mail("append-there, saved"))
    found = [subject(one) for one in looked(stage, stage.folder)]
    text = f"APPEND to a folder of {len(before)} messages was answered with OK, and there are {found}"
    stage.require(found[2:] == ["append-there, saved"], text, said=STORED)

    def shown() -> bool:
        watching.noop()
        return len(watching.fetch_flags(SequenceSet.all())) == 3

    text = "a message was appended, and another session that has the folder selected does not find it after NOOP"
    stage.require(stage.until(shown, 1.0), text, said=STORED)


@steps("append-selected")
def append_selected(stage: Stage) -> None:
    """Append to the folder that is selected, send NOOP, and fetch what is there."""
    filled(stage, 2)
    session = opened(stage)
    session.append(stage.folder, mail("append-selected, saved"))
    session.noop()
    told = [event.count for event in session.poll() if isinstance(event, Exists)]
    text = f"a message was appended to the selected folder; after NOOP the server has told by EXISTS of {told} messages"
    stage.require(told[-1:] == [3], text, said=rb"(?i)\A\w+ OK .*(?:NOOP|APPEND)")
    found = len(session.fetch_flags(SequenceSet.all()))
    stage.require(found == 3, f"EXISTS says that there are 3 messages, and FETCH names {found}", said=rb"\* \d+ FETCH")


@steps("append-go-ahead")
def append_go_ahead(stage: Stage) -> None:
    """Append a message; that a go-ahead is waited for and does not come ends the session."""
    session = stage.session()
    session.status_unseen(stage.folder)
    with stage.refused("APPEND of a message of a few hundred octets got no go-ahead for its literal, or no answer"):
        session.append(stage.folder, mail("append-go-ahead"))
    one_of(stage, looked(stage, stage.folder))


@steps("append-twice")
def append_twice(stage: Stage) -> None:
    """Append the same octets twice to one folder."""
    session = stage.session()
    message = mail("append-twice")
    session.append(stage.folder, message)
    session.append(stage.folder, message)
    found = len(looked(stage, stage.folder))
    text = f"the same message was appended twice, and answered with OK twice; {found} are there"
    stage.require(found == 2, text, said=STORED)


# ---------------------------------------------------------------- as it was sent


@steps("append-octets")
def append_octets(stage: Stage) -> None:
    """Append a message with folded fields, another one inside, and lines that SMTP, POP3 and mbox change."""
    text = b"One.\r\n.\r\n..\r\n.two\r\nFrom here on.\r\n>From there.  \r\n\t\r\n\r\n"
    message = with_message_inside("append-octets").replace(b"Inside.\r\n", text)
    kept(stage, message, _appended(stage, message).octets)


@steps("append-long-lines")
def append_long_lines(stage: Stage) -> None:
    """Append a message with lines of 2,000 characters, in its header too."""
    fields = b"X-Long: " + b"long " * 398 + b"end\r\n"
    message = mail("append-long-lines", b"x" * 2000 + b"\r\nEnd.\r\n" + b"0123456789" * 200 + b"\r\n", fields=fields)
    kept(stage, message, _appended(stage, message).octets)


@steps("append-flags")
def append_flags(stage: Stage) -> None:
    """Append messages with the flags of a draft, with others, and with none."""
    session = stage.session()
    sent: tuple[list[str], ...] = (["\\Seen", "\\Draft"], ["\\Answered", "\\Flagged"], [])
    for number, flags in enumerate(sent, 1):
        session.append(stage.folder, mail(f"append-flags {number}"), flags=flags)
    found = {subject(one): one.flags for one in looked(stage, stage.folder)}
    for number, flags in enumerate(sent, 1):
        given, there = [flag.encode() for flag in flags], found.get(f"append-flags {number}")
        text = f"message {number} was appended with the flags {words(given)}, and "
        stage.require(there is not None, text + "is not there", said=STORED)
        stage.require(same(given, there or ()), text + f"has {words(there or ())}", said=STORED)


@steps("append-date")
def append_date(stage: Stage) -> None:
    """Append a message with a date that is in another year by Greenwich."""
    date = dt.datetime(2010, 12, 31, 22, 47, 29, tzinfo=dt.timezone(-dt.timedelta(hours=8)))
    found = _appended(stage, mail("append-date"), date=date).internaldate
    text = f"a message was appended with the date {date}, and its INTERNALDATE is {found}"
    stage.require(found == date, text, said=STORED)


@steps("append-draft")
def append_draft(stage: Stage) -> None:
    """Append a message without From, To, Subject, Date and Message-ID."""
    message = b"X-Unsent: 1\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nappend-draft: to be continued\r\n"
    with stage.refused("a draft without From, To, Subject and Date was refused"):
        found = _appended(stage, message, flags=["\\Draft", "\\Seen"])
    kept(stage, message, found.octets)


@steps("append-headless")
def append_headless(stage: Stage) -> None:
    """Append a message that begins with its empty line."""
    message = b"\r\nappend-headless: this is all.\r\n"
    try:
        found = _appended(stage, message, flags=["\\Draft", "\\Seen"])
    except CommandFailed as error:  # which the scenario is a warning for: no document forbids it
        stage.fail(f"a draft without any header was refused: {error}", said=_REFUSED)
    kept(stage, message, found.octets)


@steps("append-empty")
def append_empty(stage: Stage) -> None:
    """Append a message of no octet: a server may refuse it, but the connection has to go on."""
    session = stage.session()
    try:
        session.append(stage.folder, b"", flags=["\\Draft"])
    except CommandFailed as error:
        stage.warn(f"a draft of no octet was refused: {error}", said=_REFUSED)
    else:
        text = one_of(stage, looked(stage, stage.folder)).octets.strip()
        stage.require(not text, f"a message of no octet was appended, and {text[:60]!r} is there", said=STORED)
    with stage.refused("after APPEND of a message of no octet another command fails"):
        session.noop()


@steps("append-large")
def append_large(stage: Stage) -> None:
    """Append a message of twenty million octets and count on OK: it is there whole."""
    message = large("append-large", _LARGE)
    session = stage.session()
    try:
        session.append(stage.folder, message)
    except CommandFailed as error:
        stage.skip(f"the server takes no message of {len(message):,} octets: {error}")
    found = one_of(stage, looked(stage, stage.folder)).octets
    kept(stage, message, found)


# ---------------------------------------------------------------- what is said of it


@steps("append-refused")
def append_refused(stage: Stage) -> None:
    """Append to a folder that is not there; it has to be refused and not made, and the next APPEND has to work."""
    gone = stage.beside("gone")
    session = stage.session()
    has_to_be_refused(stage, gone, "APPEND", lambda: session.append(gone, mail("append-refused")))
    with stage.refused("after an APPEND that was refused another one fails"):
        session.append(stage.folder, mail("append-refused"))


@steps("appenduid-true")
def appenduid_true(stage: Stage) -> None:
    """Append a message where one is, and compare APPENDUID with what is there."""
    stage.fill([mail("appenduid-true, there before")])
    appended = stage.session().append(stage.folder, mail("appenduid-true"))
    if appended.uid is None:
        stage.require(not stage.said(rb"APPENDUID"), "what APPENDUID says cannot be read", said=rb"APPENDUID")
        stage.skip("the server does not say which UID the message got")
    uids = [one.uid for one in looked(stage, stage.folder) if subject(one) == "appenduid-true"]
    text = f"APPENDUID says that the message has UID {appended.uid}, and it has {uids}"
    stage.require(uids == [appended.uid], text, said=rb"APPENDUID")
    uidvalidity = stage.observer.uidvalidity(stage.raw)
    text = f"APPENDUID says that UIDVALIDITY is {appended.uidvalidity}, and it is {uidvalidity}"
    stage.require(appended.uidvalidity == uidvalidity, text, said=rb"APPENDUID")


# ---------------------------------------------------------------- with something removed


@steps("edited-stays")
def edited_stays(stage: Stage) -> None:
    """Append an edited message, which has the Message-ID of the old one, remove the old one by STORE and EXPUNGE."""
    stage.fill([mail("edited-stays, another")])
    *_, old = stage.fill([mail("edited-stays", b"As it was.\r\n")], flags=[rb"\Seen", rb"\Draft"])
    session = opened(stage)
    edited = mail("edited-stays", b"As it was edited.\r\n")
    session.append(stage.folder, edited, flags=["\\Seen", "\\Draft"])
    session.mark_deleted([old])
    session.expunge()
    found = [one for one in looked(stage, stage.folder) if one.uid != old and subject(one) == "edited-stays"]
    text = f"an edited message was appended, then the old one removed; of the edited one {len(found)} are there"
    stage.require(len(found) == 1, text, said=STORED)
    kept(stage, edited, found[0].octets)


@steps("upload-outlives-source")
def upload_outlives_source(stage: Stage) -> None:
    """Move two messages by APPEND on one connection, STORE and EXPUNGE on another: in one order and in the other."""
    target = made(stage)
    sources = [mail(f"upload-outlives-source {number}") for number in (1, 2)]
    first, second = stage.fill(sources)
    removing, uploading = opened(stage), stage.session()
    uploading.append(target, sources[0])
    removing.mark_deleted([first])
    removing.expunge()
    removing.mark_deleted([second])
    removing.expunge()
    uploading.append(target, sources[1])
    found = [subject(one) for one in looked(stage, target)]
    text = f"two messages were uploaded to another folder and removed from this one; the other has {found}"
    stage.require(found == [f"upload-outlives-source {number}" for number in (1, 2)], text, said=STORED)
