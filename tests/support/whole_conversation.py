"""All a session does in one conversation, with the same mail and dates every time; must not know which server answers.

What the client sends depends on nothing but the profile, the hierarchy delimiter and the UIDs the server gives, so
that a hand-typed transcript can say every octet of it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from outlookimap.errors import CommandFailed
from outlookimap.protocol.events import Exists, Expunged
from outlookimap.wire.search import Dated, Flagging
from outlookimap.wire.sequence import SequenceSet

if TYPE_CHECKING:
    from outlookimap.client import Session
    from outlookimap.client.results import Copied, Event, Folder, Mailbox, Message

EASTERN = dt.timezone(dt.timedelta(hours=-4))
EVERYTHING = SequenceSet.all()

LONG_NAME = "abcdefghij" * 102 + "abcde"
NAMES = ("a&b", "#x", "50%", "a*b", 'say "hi"', "日本語", LONG_NAME)
"""What may stand in a name (V0017, V0019, V0021), RFC 3501's Japanese, and a name one octet longer than is quoted."""

LETTER = (
    b"From: ann@example.com\r\nTo: bob@example.com\r\nSubject: one\r\nDate: Sun, 28 Aug 2022 16:47:29 -0400\r\n"
    b"Message-ID: <1@example.com>\r\n\r\nHello.\r\n"
)
NO_LINE_END = b"From: ann@example.com\r\nSubject: two\r\n\r\nno line end"
DRAFT = b"Subject: draft\r\n\r\n"
LATER = (
    b"From: eve@example.com\r\nSubject: later\r\nContent-Type: text/plain\r\n\r\n.\r\n)\r\nzzzz OK not yet\r\n{5}\r\n"
)

MAIL: tuple[tuple[bytes, tuple[str, ...], dt.datetime], ...] = (
    (LETTER, ("\\Seen",), dt.datetime(2022, 8, 28, 16, 47, 29, tzinfo=EASTERN)),
    (NO_LINE_END, (), dt.datetime(2020, 1, 5, 7, 8, 9, tzinfo=dt.UTC)),
    (DRAFT, ("\\Seen", "\\Draft"), dt.datetime(2022, 8, 29, 0, 0, 0, tzinfo=EASTERN)),
)
"""Message, flags and date of what is there before the folder is looked at."""
LATER_DATE = dt.datetime(2022, 8, 30, 23, 59, 59, tzinfo=dt.timezone(dt.timedelta(hours=5, minutes=30)))


@dataclass(slots=True)
class Heard:
    """What a conversation was told, for tests to look at; flags by UID."""

    folders_at_first: list[Folder] = field(default_factory=list)
    folders: list[Folder] = field(default_factory=list)
    refused: dict[str, CommandFailed] = field(default_factory=dict)
    appended: list[int | None] = field(default_factory=list)
    selected: list[Mailbox] = field(default_factory=list)
    headers: list[Message] = field(default_factory=list)
    bodies: list[Message] = field(default_factory=list)
    flags: dict[int | None, frozenset[str] | None] = field(default_factory=dict)
    loud: list[Message] = field(default_factory=list)
    stored: dict[int | None, frozenset[str] | None] = field(default_factory=dict)
    copied: list[Copied] = field(default_factory=list)
    exists: list[Exists] = field(default_factory=list)
    arrived: list[Message] = field(default_factory=list)
    pipelined: list[Message] = field(default_factory=list)
    unseen: list[int | None] = field(default_factory=list)
    found: list[list[int]] = field(default_factory=list)
    expunged: list[Expunged] = field(default_factory=list)
    left: list[int | None] = field(default_factory=list)
    idled: list[Event] = field(default_factory=list)


def converse(session: Session) -> Heard:
    """Do everything, LOGOUT at the end, in a mailbox that has no folder Work yet.

    Raises what the session raises; only the refusal of an odd name is kept instead.
    """
    heard = Heard()
    _make_folders(session, heard)
    _upload(session, heard)
    _look(session, heard)
    _change_flags(session, heard)
    _take_what_arrives(session, heard)
    _purge(session, heard)
    _wait(session, heard)
    _unmake_folders(session)
    session.logout()
    return heard


def _make_folders(session: Session, heard: Heard) -> None:
    heard.folders_at_first = session.folders()
    for name in NAMES:
        try:
            session.create(name)
        except CommandFailed as error:
            heard.refused[name] = error
    session.create("Work")
    session.create("Below", parent="Work")
    session.subscribe("Work")
    heard.folders = session.folders()


def _upload(session: Session, heard: Heard) -> None:
    heard.selected.append(session.select("INBOX"))
    for message, flags, date in MAIL:
        heard.appended.append(session.append("Work", message, flags=flags, date=date).uid)
    heard.selected.append(session.select("Work"))


def _look(session: Session, heard: Heard) -> None:
    heard.headers = session.fetch_headers(EVERYTHING)
    first, second, _ = _uids(heard)
    heard.bodies = session.fetch_bodies(first) + session.fetch_bodies([first, second])
    heard.flags = {message.uid: message.flags for message in session.fetch_flags(EVERYTHING)}


def _uids(heard: Heard) -> list[int]:
    return [message.uid for message in heard.headers if message.uid is not None]


def _change_flags(session: Session, heard: Heard) -> None:
    first, second, draft = _uids(heard)
    heard.loud += session.mark_deleted(first)
    heard.loud += session.undelete(first)
    heard.loud += session.mark_unread(first)
    heard.loud += session.mark_read(second)
    session.flag(first)
    session.unflag(first)
    session.mark_answered(second)
    session.unmark_answered(second)
    session.mark_deleted([second, draft], queued=True)
    session.undelete([second, draft], queued=True)
    session.mark_unread(second, queued=True)
    session.mark_read(first, queued=True)
    session.flag(draft)
    session.mark_answered(second)
    heard.loud += session.replace_flags(first, ("\\Flagged", "\\Seen"))
    heard.loud += session.replace_flags(draft, ())
    heard.stored = {message.uid: message.flags for message in session.fetch_flags([first, second, draft])}
    heard.copied = [session.copy([first, second, draft], _below(session)), session.copy(draft, "INBOX")]


def _below(session: Session) -> str:
    return f"Work{session.delimiter}Below"


def _take_what_arrives(session: Session, heard: Heard) -> None:
    session.poll(0)
    session.append("Work", LATER, date=LATER_DATE)
    session.noop()
    heard.exists = [event for event in session.poll(0) if isinstance(event, Exists)]
    [new] = session.fetch_uids(heard.exists[-1].count)
    assert new.uid is not None
    heard.arrived = [new, *session.fetch_headers(new.uid), *session.fetch_bodies(new.uid)]
    first, second, _ = _uids(heard)
    with session.pipeline() as pipeline:
        flags = pipeline.fetch_flags([first, second, new.uid])
        unseen = pipeline.status_unseen(_below(session))
    heard.pipelined = flags.result()
    heard.unseen = [unseen.result(), session.status_unseen("INBOX")]


def _purge(session: Session, heard: Heard) -> None:
    if session.profile.flag("commands.SEARCH"):
        heard.found = [
            session.search(Flagging(b"UNSEEN")),
            session.search(Dated(b"SINCE", dt.date(2022, 8, 28)), Flagging(b"SEEN")),
        ]
    first, second, draft = _uids(heard)
    session.mark_deleted([first, draft])
    session.undelete(draft)
    session.mark_deleted(second)
    session.poll(0)
    session.expunge()
    heard.expunged = [event for event in session.poll(0) if isinstance(event, Expunged)]
    heard.left = [message.uid for message in session.fetch_flags(EVERYTHING)]


def _wait(session: Session, heard: Heard) -> None:
    with session.idle():
        heard.idled = session.poll(0.01)
    session.noop()


def _unmake_folders(session: Session) -> None:
    session.rename(_below(session), "Kept")
    session.unsubscribe("Work")
    session.close()
    session.delete("Work")
