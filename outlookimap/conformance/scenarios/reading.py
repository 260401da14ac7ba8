"""Reading: what FETCH answers, and whether what comes is what was stored."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from outlookimap.client import Message, Session
from outlookimap.conformance.scenario import steps
from outlookimap.conformance.scenarios import _mail as m
from outlookimap.conformance.stage import Stage
from outlookimap.wire.sequence import SequenceSet

ALL = SequenceSet.all()
_PART = rb"\A(?:\* \d+ FETCH |[ )]).*\]<\d+>"


def opened(stage: Stage) -> Session:
    """Return a session that has selected the folder."""
    session = stage.session()
    session.select(stage.folder)
    return session


def _fetched(stage: Stage, message: bytes) -> bytes:
    """Let the observer store a message and return it as the product fetches it."""
    [uid] = stage.fill([message])
    return _body(stage, opened(stage), uid)


def _body(stage: Stage, session: Session, uid: int) -> bytes:
    with stage.refused("the message could not be fetched"):
        found = [one.body for one in session.fetch_bodies([uid]) if one.uid == uid and one.body is not None]
    stage.require(len(found) == 1, f"the message was asked for, and came {len(found)} times", said=rb"\* \d+ FETCH")
    return found[0]


def _header(stage: Stage, session: Session, uid: int) -> bytes:
    with stage.refused("the header could not be fetched"):
        found = [one.header for one in session.fetch_headers([uid]) if one.uid == uid and one.header is not None]
    stage.require(len(found) == 1, f"the header was asked for, and came {len(found)} times", said=rb"\* \d+ FETCH")
    return found[0]


def _same_text(stage: Stage, message: bytes) -> None:
    """Require that the text of a message comes as it was stored, whatever became of its header."""
    wrong = m.difference(m.parted(message)[1], m.parted(_fetched(stage, message))[1])
    stage.require(wrong is None, f"the text is not that which was stored: {wrong}", said=rb"BODY\[\]|RFC822 ")


def _named(stage: Stage, messages: Sequence[Message], uids: Sequence[int]) -> None:
    """Require that an answer names each message once at least, and no other."""
    named = {message.uid for message in messages}
    missing = [uid for uid in uids if uid not in named]
    stage.require(not missing, f"the messages with UID {missing} are there and were not named", said=rb"\* \d+ FETCH")
    more = sorted(uid for uid in named if uid is not None and uid not in uids)
    stage.require(not more, f"messages with UID {more} were named, and are not there", said=rb"\* \d+ FETCH")


def _shown(octets: bytes) -> str:
    return repr(octets[:60])[1:]


# ---------------------------------------------------------------- which messages, which items


@steps("first-look-complete")
def first_look_complete(stage: Stage) -> None:
    """Fetch all headers; every message has to be named, with its header."""
    uids = stage.fill(m.mail(f"first-look-complete {number}") for number in range(5))
    messages = opened(stage).fetch_headers(ALL)
    _named(stage, [message for message in messages if message.header is not None], uids)


@steps("first-look-items")
def first_look_items(stage: Stage) -> None:
    """Fetch all headers and look for each item."""
    stage.fill([m.mail("first-look-items 1"), m.mail("first-look-items 2")])
    messages = opened(stage).fetch_headers(ALL)
    stage.require(messages, "messages are there, and none was named", said=rb"\A\w+ OK .*FETCH")
    asked = {"UID": "uid", "FLAGS": "flags", "RFC822.SIZE": "size", "the header": "header"}
    if stage.place.policy.date_from == "internaldate":
        asked["INTERNALDATE"] = "internaldate"
    for message in messages:
        missing = " and ".join(item for item, name in asked.items() if getattr(message, name) is None)
        text = f"message {message.seq} came without {missing}, which was asked for, or with what cannot be read"
        stage.require(not missing, text, said=rb"\* %d FETCH" % message.seq)


@steps("first-look-undated")
def first_look_undated(stage: Stage) -> None:
    """Fetch all headers as a product that takes dates from the header."""
    uids = stage.fill([m.mail("first-look-undated 1"), m.mail("first-look-undated 2")])
    session = stage.session(policy=stage.policy(date_from="header"))
    session.select(stage.folder)
    _named(stage, [message for message in session.fetch_headers(ALL) if message.header is not None], uids)


@steps("first-look-empty")
def first_look_empty(stage: Stage) -> None:
    """Fetch headers and flags of all messages where there are none."""
    session = opened(stage)
    with stage.refused("UID FETCH 1:* in an empty folder was not answered with OK"):
        messages = [*session.fetch_headers(ALL), *session.fetch_flags(ALL)]
    stage.require(not messages, "the folder is empty, and messages were named", said=rb"\* \d+ FETCH")


@steps("resync-complete")
def resync_complete(stage: Stage) -> None:
    r"""Fetch all flags; one message has \Answered and \Draft."""
    stage.fill([m.mail("resync-complete 1")])
    stage.fill([m.mail("resync-complete 2")], flags=[rb"\Answered", rb"\Draft"])
    uids = stage.fill([m.mail("resync-complete 3")])
    _named(stage, [message for message in opened(stage).fetch_flags(ALL) if message.flags is not None], uids)


@steps("only-what-was-asked")
def only_what_was_asked(stage: Stage) -> None:
    """Fetch in each way and look at the names of the items that came."""
    [uid] = stage.fill([m.mail("only-what-was-asked")])
    session = opened(stage)
    session.fetch_headers(ALL)
    session.fetch_flags(ALL)
    session.fetch_bodies([uid])
    asked = {b"UID", b"FLAGS", b"RFC822.SIZE", b"INTERNALDATE", b"BODY[HEADER]", b"BODY[]", b"RFC822.HEADER", b"RFC822"}
    for line in stage.said(rb"\A(?:\* \d+ FETCH |[ )])"):
        more = [name.decode("ascii", "replace") for name in _items(line) if name not in asked]
        text = f"FETCH was answered with {' and '.join(more)}, which nobody had asked for"
        stage.require(not more, text, said=re.escape(line))


def _items(line: bytes) -> Iterator[bytes]:
    """Yield the names of the items in a line of a FETCH response, parts of bodies without their origin."""
    line = re.sub(rb'\A\* \d+ FETCH \(|"(?:[^"\\]|\\.)*"', b"", line)
    while (shorter := re.sub(rb"\([^()]*\)", b"", line)) != line:
        line = shorter
    for found in re.finditer(rb"([A-Za-z][\w.-]*(?:\[[^\]]*\])?)(?:<\d+>)?", line):
        if found[1].upper() != b"NIL":
            yield found[1].upper()


@steps("flags-shown")
def flags_shown(stage: Stage) -> None:
    """Fetch all flags and compare them with what the observer sees."""
    five = [rb"\Seen", rb"\Answered", rb"\Flagged", rb"\Deleted", rb"\Draft"]
    stage.fill([m.mail("flags-shown, none")])
    stage.fill([m.mail("flags-shown, all")], flags=five)
    _same_flags(stage)


@steps("keywords-shown")
def keywords_shown(stage: Stage) -> None:
    """Fetch all flags and compare them with what the observer sees, a keyword among them."""
    [uid] = stage.fill([m.mail("keywords-shown")], flags=[rb"\Flagged", b"$MDNSent"])
    if b"$MDNSent" not in stage.observer.flags(stage.raw)[uid]:
        stage.skip("this server keeps no keywords")
    _same_flags(stage)


def _same_flags(stage: Stage) -> None:
    shown = {message.uid: message.flags for message in opened(stage).fetch_flags(ALL)}
    for uid, flags in stage.observer.flags(stage.raw).items():
        there = {flag.decode("ascii", "replace").lower() for flag in flags}
        said = {flag.lower() for flag in shown.get(uid) or ()}
        text = f"a message has the flags {sorted(there)}, and FETCH says {sorted(said)}"
        stage.require(there == said, text, said=rb"FETCH .*UID %d\b" % uid)


@steps("internaldate-kept")
def internaldate_kept(stage: Stage) -> None:
    """Let the observer store a message of the past and one of now, and read their dates."""
    past = dt.datetime(2009, 3, 8, 4, 5, 6, tzinfo=dt.timezone(-dt.timedelta(hours=7)))
    stage.observer.append(stage.raw, m.mail("internaldate-kept, given"), date=past)
    stage.fill([m.mail("internaldate-kept, not given")])
    session = stage.session(policy=stage.policy(date_from="internaldate"))
    session.select(stage.folder)
    dates = [message.internaldate for message in session.fetch_headers(ALL)]
    stage.require(len(dates) == 2, f"2 messages are there, and {len(dates)} were named", said=rb"\* \d+ FETCH")
    stage.require(None not in dates, "INTERNALDATE is missing, or is no date with time and zone", said=rb"INTERNALDATE")
    text = f"APPEND gave the date {past}, and INTERNALDATE is {dates[0]}"
    stage.require(dates[0] == past, text, said=rb"INTERNALDATE")


# ---------------------------------------------------------------- headers

_FIELDS = (
    b"Received: from one.example.com by two.example.com;\r\n\tTue, 12 Mar 2013 10:14:59 +0100\r\n"
    b"Received: from zero.example.com by one.example.com;\r\n        Tue, 12 Mar 2013 10:14:58 +0100\r\n"
    b"Cc: Carol <carol@example.net>,\r\n  Dave <dave@example.net>\r\n"
    b"References: <1@check.example.com>\r\n <2@check.example.com>\r\n"
    b"X-Long: " + b"long " * 180 + b"\r\n"
    b"X-Empty:\r\n"
    b"Importance: high\r\n"
)  # fmt: skip


@steps("header-complete")
def header_complete(stage: Stage) -> None:
    """Look for each field that was stored; a server may have added its own."""
    message = m.mail("header-complete", fields=_FIELDS)
    [uid] = stage.fill([message])
    came = Counter(field.rstrip() for field in m.fields_of(_header(stage, opened(stage), uid)))
    for field in map(bytes.rstrip, m.fields_of(m.parted(message)[0])):
        text = f"the header lacks a field, or has it with another value: {_shown(field)}"
        stage.require(came[field] > 0, text, said=rb"BODY\[HEADER|RFC822\.HEADER")
        came[field] -= 1


@steps("header-is-the-beginning")
def header_is_the_beginning(stage: Stage) -> None:
    """Compare what BODY.PEEK[HEADER] brings with the beginning of what BODY.PEEK[] brings."""
    [uid] = stage.fill([m.mail("header-is-the-beginning", fields=_FIELDS)])
    session = opened(stage)
    header = _header(stage, session, uid)
    beginning = m.parted(_body(stage, session, uid))[0]
    wrong = m.difference(beginning, header)
    text = f"the header is not what the message begins with: {wrong}"
    stage.require(wrong is None, text, said=rb"BODY\[HEADER|RFC822\.HEADER")


@steps("header-ends")
def header_ends(stage: Stage) -> None:
    """Look at the last octets of a header."""
    [uid] = stage.fill([m.mail("header-ends")])
    header = m.with_crlf(_header(stage, opened(stage), uid))
    text = f"the header ends with {_shown(header[-20:])}, not with an empty line"
    stage.require(header.endswith(b"\r\n\r\n"), text, said=rb"BODY\[HEADER|RFC822\.HEADER")


@steps("header-missing")
def header_missing(stage: Stage) -> None:
    """Look at a message that begins with its empty line, and open it."""
    message = b"\r\nheader-missing: this is text.\r\n"
    [uid] = stage.fill([message])
    session = opened(stage)
    with stage.refused("the header of a message that has none could not be fetched"):
        _named(stage, session.fetch_headers(ALL), [uid])
    wrong = m.difference(message, _body(stage, session, uid))
    stage.require(wrong is None, f"the message is not that which was stored: {wrong}", said=rb"BODY\[\]|RFC822 ")


# ---------------------------------------------------------------- texts


@steps("text-dots")
def text_dots(stage: Stage) -> None:
    """Read a message with lines that SMTP and POP3 would change."""
    _same_text(stage, m.mail("text-dots", b"One.\r\n.\r\n..\r\n.two\r\n..three\r\nFour.\r\n"))


@steps("text-from")
def text_from(stage: Stage) -> None:
    """Read a message with lines that an mbox file would change."""
    text = b"One.\r\n\r\nFrom ann@example.com Tue Mar 12 10:15:00 2013\r\nFrom here on.\r\n>From there.\r\n"
    _same_text(stage, m.mail("text-from", text))


@steps("text-long-lines")
def text_long_lines(stage: Stage) -> None:
    """Read a message with one very long line and one of 999 characters."""
    _same_text(stage, m.mail("text-long-lines", b"x" * 999 + b"\r\n" + b"0123456789" * 10_000 + b"\r\nEnd.\r\n"))


@steps("text-ends")
def text_ends(stage: Stage) -> None:
    """Read a message with white space at its end."""
    _same_text(stage, m.mail("text-ends", b"One.  \r\n\t\r\n  \r\nTwo.\r\n\r\n   \r\n\r\n\r\n"))


@steps("text-missing")
def text_missing(stage: Stage) -> None:
    """Look at a message that ends with its empty line, and open it."""
    message = m.mail("text-missing", b"")
    [uid] = stage.fill([message])
    session = opened(stage)
    _header(stage, session, uid)
    text = m.parted(_body(stage, session, uid))[1]
    stage.require(not text.strip(), f"the message has no text, and {_shown(text)} came", said=rb"BODY\[\]|RFC822 ")


@steps("attached-message")
def attached_message(stage: Stage) -> None:
    """Read a message with another one inside."""
    _same_text(stage, m.with_message_inside("attached-message"))


@steps("large-message")
def large_message(stage: Stage) -> None:
    """Read a message of five million octets."""
    _same_text(stage, m.large("large-message", 5_000_000))


@steps("literal-counts")
def literal_counts(stage: Stage) -> None:
    """Fetch what has many line ends, then go on with the connection."""
    [uid] = stage.fill([m.mail("literal-counts", b"One.\r\n\r\n" * 200, fields=_FIELDS)])
    session = opened(stage)
    with stage.refused("what follows a literal cannot be read: has it as many octets as it announces?"):
        session.fetch_headers(ALL)
        session.fetch_bodies([uid])
        session.noop()


@steps("message-immutable")
def message_immutable(stage: Stage) -> None:
    """Fetch a message twice."""
    [uid] = stage.fill([m.mail("message-immutable")])
    session = opened(stage)
    wrong = m.difference(_body(stage, session, uid), _body(stage, session, uid))
    stage.require(wrong is None, f"the same message was another when it was fetched again: {wrong}", said=rb"FETCH")


@steps("peek-unseen")
def peek_unseen(stage: Stage) -> None:
    r"""Fetch header and message, and look for \Seen: in what is said, and as the observer sees it."""
    [uid] = stage.fill([m.mail("peek-unseen")])
    session = opened(stage)
    answers = [*session.fetch_headers([uid]), *session.fetch_bodies([uid]), *session.fetch_flags([uid])]
    said = [message for message in answers if "\\Seen" in (message.flags or ())]
    text = r"the message was fetched with BODY.PEEK, and has \Seen now"
    stage.require(not said, text, said=rb"FETCH .*\\Seen")
    session.logout()
    stage.require(rb"\Seen" not in stage.observer.flags(stage.raw)[uid], text, said=rb"BODY\[\]")


@steps("body-whole")
def body_whole(stage: Stage) -> None:
    """Fetch a header and a message and see whether the server calls them parts."""
    stage.fill([m.mail("body-whole")])
    session = opened(stage)
    session.fetch_headers(ALL)
    session.fetch_bodies(ALL)
    text = "a header or a message was asked for whole, and came as a part of it: <0> follows its name"
    stage.require(not stage.said(_PART), text, said=_PART)


@steps("many-messages")
def many_messages(stage: Stage) -> None:
    """Fetch a hundred messages and count them."""
    uids = stage.fill(m.mail(f"many-messages {number:03}", b"%d\r\n" % number) for number in range(100))
    bodies = Counter(message.uid for message in opened(stage).fetch_bodies(uids) if message.body is not None)
    wrong = [uid for uid in uids if bodies[uid] != 1]
    text = f"{len(uids)} messages were asked for by one command; those with UID {wrong[:10]} did not come once"
    stage.require(not wrong, text, said=rb"\* \d+ FETCH")


@steps("rfc822-forms")
def rfc822_forms(stage: Stage) -> None:
    """Fetch header and message by their names of RFC 1730, which only such a server is asked for."""
    if "IMAP4REV1" in stage.ground.capabilities:
        stage.skip("the server lists IMAP4rev1: it is asked in the forms of RFC 3501")
    message = m.mail("rfc822-forms")
    [uid] = stage.fill([message])
    session = opened(stage)
    stage.require(_header(stage, session, uid), "RFC822.HEADER was answered with nothing", said=rb"RFC822\.HEADER")
    wrong = m.difference(m.parted(message)[1], m.parted(_body(stage, session, uid))[1])
    stage.require(wrong is None, f"RFC822.PEEK was not answered with the message: {wrong}", said=rb"RFC822 ")
