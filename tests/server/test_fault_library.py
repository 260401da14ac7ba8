"""Each fault of the library: what a raw client hears, typed by hand."""

from __future__ import annotations

import pytest
from support.faulty import faulty
from support.talk import THREE

from outlookimap.server.fault import At
from outlookimap.server.fault_library import GROUPS, LIBRARY
from outlookimap.server.fault_steps import Octets, Scene, Step

CLOSED, SILENT = "closed", "silent"

UIDS = b"a UID FETCH 1:2 (FLAGS)\r\n"
TEXT = b"a UID FETCH 3 (BODY.PEEK[TEXT])\r\n"
DONE = b"a OK UID FETCH completed.\r\n"
NOOP = b"a NOOP\r\n"
UNSEEN = b"* OK [UNSEEN 2] The first unseen message.\r\n"
EXISTS = b"* 3 EXISTS\r\n"
RECENT = b"* 0 RECENT\r\n"
FLAGS = b"* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Work)\r\n"
PERMANENT = b"* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] Permanent flags.\r\n"
VALIDITY = b"* OK [UIDVALIDITY %d] UIDVALIDITY value.\r\n"
NEXT = b"* OK [UIDNEXT 4] The next unique identifier value.\r\n"
SELECTED = b"a OK [READ-WRITE] SELECT completed.\r\n"
SELECT = b"a SELECT INBOX\r\n"
BEFORE = EXISTS + RECENT + FLAGS + PERMANENT + UNSEEN
LIST = b'a LIST "" "*"\r\n'
LISTED = b"a OK LIST completed.\r\n"

HEARD: dict[str, tuple[bytes, bytes]] = {
    "copyuid-bare": (b'a UID COPY 1 "Sent Items"\r\n', b"[COPYUID 101 1 1]\r\na OK UID COPY completed.\r\n"),
    "status-trailing-space": (
        b"a STATUS INBOX (MESSAGES)\r\n",
        b"* STATUS INBOX (MESSAGES 3) \r\na OK STATUS completed.\r\n",
    ),
    "names-with-controls": (
        LIST,
        b'* LIST (\\HasNoChildren) "/" I\x07NBOX\r\n* LIST (\\HasNoChildren \\Sent) "/" S\x07ent Items\r\n' + LISTED,
    ),
    "unconvertible": (
        b"a FETCH 1 (UID BODY.PEEK[])\r\nb FETCH 3 (UID BODY.PEEK[])\r\n",
        b"a OK FETCH completed.\r\n* 3 FETCH (UID 3 BODY[] {26}\r\n" + THREE + b")\r\nb OK FETCH completed.\r\n",
    ),
    "uidnext-stale": (
        b"a STATUS INBOX (UIDNEXT)\r\nb IDLE\r\nDONE\r\nc APPEND INBOX {1+}\r\nx\r\nd STATUS INBOX (UIDNEXT)\r\n",
        (
            b"* STATUS INBOX (UIDNEXT 4)\r\na OK STATUS completed.\r\n+ IDLE accepted, awaiting DONE.\r\n"
            b"b OK IDLE completed.\r\n* 4 EXISTS\r\n* 1 RECENT\r\nc OK [APPENDUID 100 4] APPEND completed.\r\n"
            b"* STATUS INBOX (UIDNEXT 4)\r\nd OK STATUS completed.\r\n"
        ),
    ),
    "exists-before-fetch": (
        b"a FETCH 3 UID\r\n",
        b"* 3 EXISTS\r\n* 0 RECENT\r\n* 3 FETCH (UID 3)\r\na OK FETCH completed.\r\n",
    ),
    "fetch-modseq": (b"a FETCH 3 UID\r\n", b"* 3 FETCH (MODSEQ (42) UID 3)\r\na OK FETCH completed.\r\n"),
    "xlist-no-separator": (
        b'a XLIST "" ""\r\nb LIST "" ""\r\n',
        b'a OK XLIST completed.\r\n* LIST (\\Noselect) "/" ""\r\nb OK LIST completed.\r\n',
    ),
    "lsub-no": (b'a LSUB "" "*"\r\n', b"a NO LSUB failed.\r\n"),
    "uidvalidity-zero": (SELECT, BEFORE + VALIDITY % 0 + NEXT + SELECTED),
    "uids-descending": (
        UIDS,
        b"* 1 FETCH (UID 999999 FLAGS (\\Seen))\r\n* 2 FETCH (UID 999998 FLAGS ())\r\n" + DONE,
    ),
    "uids-too-large": (
        UIDS,
        b"* 1 FETCH (UID 4294967297 FLAGS (\\Seen))\r\n* 2 FETCH (UID 4294967298 FLAGS ())\r\n" + DONE,
    ),
    "body-origin": (TEXT, b"* 3 FETCH (UID 3 BODY[TEXT]<0> {8}\r\nThird.\r\n)\r\n" + DONE),
    "headers-missing": (
        b"a UID FETCH 3 (BODY.PEEK[HEADER])\r\n",
        b"* 3 FETCH (UID 3 BODY[HEADER] {2}\r\n\r\n)\r\n" + DONE,
    ),
    "expunge-in-uid-fetch": (b"a UID FETCH 3 UID\r\n", b"* 3 FETCH (UID 3)\r\n* 1 EXPUNGE\r\n" + DONE),
    "name-case": (
        b'a CREATE INBOX/Sub\r\nb LIST "" INBOX/%\r\n',
        b'a OK CREATE completed.\r\n* LIST (\\HasNoChildren) "/" iNBOX/Sub\r\nb OK LIST completed.\r\n',
    ),
    "lsub-no-uses": (
        b'a SUBSCRIBE "Sent Items"\r\nb LSUB "" "S*"\r\n',
        b'a OK SUBSCRIBE completed.\r\n* LSUB (\\HasNoChildren) "/" "Sent Items"\r\nb OK LSUB completed.\r\n',
    ),
    "expunge-nothing": (
        b"a STORE 1 +FLAGS.SILENT (\\Deleted)\r\nb EXPUNGE\r\nc FETCH 1:* UID\r\n",
        (
            b"a OK STORE completed.\r\nb OK EXPUNGE completed.\r\n"
            b"* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 2)\r\n* 3 FETCH (UID 3)\r\nc OK FETCH completed.\r\n"
        ),
    ),
    "short-words": (
        b"a UID FETCH " + b",".join(b"%d" % (2 * number) for number in range(1000, 3000)) + b" UID\r\n" + NOOP,
        b"a BAD Too long.\r\na OK NOOP completed.\r\n",
    ),
    "append-lost": (
        b"a APPEND INBOX {1+}\r\nx\r\nb STATUS INBOX (MESSAGES)\r\n",
        b"a OK APPEND completed.\r\n* STATUS INBOX (MESSAGES 3)\r\nb OK STATUS completed.\r\n",
    ),
    "names-unquoted": (b'a LIST "" S*\r\n', b'* LIST (\\HasNoChildren \\Sent) "/" Sent Items\r\n' + LISTED),
    "bye": (NOOP, b"* BYE Server going down.\r\n"),
    "close": (NOOP, b""),
    "close-after": (NOOP, b"a OK NOOP completed.\r\n"),
    "close-idle": (b"a IDLE\r\n", b"+ IDLE accepted, awaiting DONE.\r\n"),
    "reset": (NOOP, b""),
    "half-literal": (TEXT, b"* 3 FETCH (UID 3 BODY[TEXT] {8}\r\nThir"),
    "half-line": (NOOP, b"a OK NOOP c"),
    "stall": (NOOP, b""),
    "stall-completion": (b"a FETCH 3 UID\r\n", b"* 3 FETCH (UID 3)\r\n"),
    "stall-go-ahead": (b"a APPEND INBOX {1}\r\n", b""),
    "stall-idle": (b"a IDLE\r\n", b""),
    "literal-too-short": (TEXT, b"* 3 FETCH (UID 3 BODY[TEXT] {98}\r\nThird.\r\n)\r\n"),
    "bytes": (NOOP, b"a OK NOOP completed.\r\n"),
    "wrong-tag": (NOOP, b"wrong9 OK NOOP completed.\r\n"),
    "no-completion": (b"a FETCH 3 UID\r\nb FETCH 3 UID\r\n", b"* 3 FETCH (UID 3)\r\n" * 2),
    "completion-twice": (NOOP, b"a OK NOOP completed.\r\na OK again\r\n"),
    "garbage": (NOOP, b"?? garbage ??\r\na OK NOOP completed.\r\n"),
    "nul": (NOOP, b"* OK a\0b\r\na OK NOOP completed.\r\n"),
    "endless-line": (NOOP, b"* OK " + b"x" * 2_000_000 + b"\r\na OK NOOP completed.\r\n"),
    "deep-nesting": (
        b"a FETCH 3 UID\r\n",
        b"* 3 FETCH (UID 3)\r\n* 1 FETCH (BODYSTRUCTURE " + b"(" * 10_000 + b")" * 10_000 + b")\r\n"
        b"a OK FETCH completed.\r\n",
    ),
    "huge-literal": (b"a FETCH 3 UID\r\n", b"* 3 FETCH (UID 3)\r\n* 1 FETCH (BODY[] {1099511627776}\r\n"),
    "no": (b"a NOOP\r\nb FETCH 1 UID\r\n", b"a NO Not now.\r\nb NO Not now.\r\n"),
    "bad": (b"a NOOP\r\nb FETCH 1 UID\r\n", b"a BAD Not now.\r\nb BAD Not now.\r\n"),
    "no-go-ahead": (b"a APPEND INBOX {1}\r\n", b"a NO No literals today.\r\n"),
    "unasked-data": (
        NOOP,
        b"* 1 FETCH (FLAGS (\\Seen))\r\n* FLAGS (\\Seen)\r\n* SEARCH\r\n* XUNKNOWN 5 (a b)\r\na OK NOOP completed.\r\n",
    ),
    "partial-body": (
        b"a UID FETCH 3 (BODY.PEEK[])\r\n",
        b"* 3 FETCH (UID 3 BODY[] {10}\r\nSubject: t)\r\n" + DONE,
    ),
    "uid-missing": (UIDS, b"* 1 FETCH (FLAGS (\\Seen))\r\n* 2 FETCH (FLAGS ())\r\n" + DONE),
    "fetch-missing": (UIDS, b"* 2 FETCH (UID 2 FLAGS ())\r\n" + DONE),
    "uidnotsticky": (SELECT, BEFORE + VALIDITY % 100 + NEXT + b"* NO [UIDNOTSTICKY] UIDs do not last.\r\n" + SELECTED),
    "uidvalidity-missing": (SELECT, BEFORE + NEXT + SELECTED),
    "uidvalidity-changed": (
        SELECT + SELECT,
        BEFORE + VALIDITY % 101 + NEXT + SELECTED + BEFORE + VALIDITY % 102 + NEXT + SELECTED,
    ),
    "uids-changed": (
        b"a UID FETCH 1 UID\r\na UID FETCH 1 UID\r\n",
        b"* 1 FETCH (UID 1001)\r\n" + DONE + b"* 1 FETCH (UID 2001)\r\n" + DONE,
    ),
    "uidnext-missing": (SELECT, BEFORE + VALIDITY % 100 + SELECTED),
    "exists-missing": (SELECT, BEFORE.removeprefix(EXISTS) + VALIDITY % 100 + NEXT + SELECTED),
    "exists-shrinks": (NOOP, b"* 0 EXISTS\r\na OK NOOP completed.\r\n"),
    "expunge-beyond": (NOOP, b"* 99999 EXPUNGE\r\na OK NOOP completed.\r\n"),
    "names-8bit": (b'a LIST "" I*\r\n', b'* LIST (\\HasNoChildren) "/" "\xe9INBOX"\r\n' + LISTED),
    "alert": (NOOP, b"a OK [ALERT] NOOP completed.\r\n"),
    "items-reordered": (UIDS, b"* 1 FETCH (FLAGS (\\Seen) UID 1)\r\n* 2 FETCH (FLAGS () UID 2)\r\n" + DONE),
    "items-after-literal": (
        b"a UID FETCH 3 (FLAGS BODY.PEEK[TEXT])\r\n",
        b"* 3 FETCH (BODY[TEXT] {8}\r\nThird.\r\n UID 3 FLAGS (\\Flagged $Work))\r\n" + DONE,
    ),
    "flags-twice": (b"a UID FETCH 1 FLAGS\r\n", b"* 1 FETCH (UID 1 FLAGS (\\Seen) FLAGS (\\Seen))\r\n" + DONE),
    "extra-spaces": (b"a FETCH 3 UID\r\n", b"*  3  FETCH (UID 3)\r\na  OK  FETCH completed.\r\n"),
    "trailing-spaces": (b"a FETCH 3 UID\r\n", b"* 3 FETCH (UID 3) \r\na OK FETCH completed. \r\n"),
    "bare-lf": (b"a FETCH 3 UID\r\n", b"* 3 FETCH (UID 3)\na OK FETCH completed.\n"),
    "blank-lines": (TEXT, b"* 3 FETCH (UID 3 BODY[TEXT] {8}\r\nThird.\r\n\r\n)\r\n" + DONE),
    "no-text": (NOOP, b"a OK\r\n"),
    "bare-continuation": (b"a APPEND INBOX {1}\r\n", b"+\r\n"),
    "exists-before-go-ahead": (
        b"a APPEND INBOX {1}\r\n",
        b"* 3 EXISTS\r\n+ Ready for additional command text.\r\n",
    ),
    "leading-zeros": (TEXT, b"* 3 FETCH (UID 3 BODY[TEXT] {08}\r\nThird.\r\n)\r\n" + DONE),
    "odd-date": (
        b"a UID FETCH 1 INTERNALDATE\r\n",
        b'* 1 FETCH (UID 1 INTERNALDATE "00-Jan-0000 00:00:00 +0000")\r\n' + DONE,
    ),
    "nil-delimiter": (b'a LIST "" I*\r\n', b"* LIST (\\HasNoChildren) NIL INBOX\r\n" + LISTED),
    "capability-lower": (
        b"a CAPABILITY\r\n",
        b"* CAPABILITY imap4rev1 idle uidplus auth=plain\r\na OK CAPABILITY completed.\r\n",
    ),
    "search-trailing": (b"a UID SEARCH ALL\r\n", b"* SEARCH 1 2 3 \r\na OK UID SEARCH completed.\r\n"),
}
"""What a client with INBOX selected says, and what it hears."""

GREETED = {
    "bye-greeting": b"* BYE IMAP server ready.\r\n",
    "close-at-once": b"",
    "stall-greeting": b"",
    "bytes-greeting": b"* OK IMAP server ready.\r\n",
}
ELSEWHERE = {"disposition-bare", "idle-drop", "id-malformed", "capability-newer", "slow", "tls-injection"}
"""Faults with a test of their own."""

ENDS = {
    **dict.fromkeys(("bye", "close", "close-after", "close-idle", "reset", "half-literal", "half-line"), CLOSED),
    **dict.fromkeys(("bye-greeting", "close-at-once"), CLOSED),
    **dict.fromkeys(("stall", "stall-completion", "stall-go-ahead", "stall-idle", "stall-greeting"), SILENT),
    **dict.fromkeys(("literal-too-short", "huge-literal"), SILENT),
}


def test_every_fault_of_the_library_is_here() -> None:
    assert set(HEARD) | set(GREETED) | ELSEWHERE == set(LIBRARY)
    assert sum(map(len, GROUPS.values())) == len(LIBRARY)
    for entry in LIBRARY.values():
        assert all(fault.name == entry.name for fault in entry.faults)
        assert entry.gist


@pytest.mark.parametrize("name", HEARD)
def test_fault(name: str) -> None:
    talk = faulty()
    with talk.selected():
        talk.service.faults.add(name)
        said, heard = HEARD[name]
        talk.say(said)
        talk.hear(heard)
        if ENDS.get(name) == CLOSED:
            talk.ended()
        elif ENDS.get(name) == SILENT:
            talk.say(b"z NOOP\r\n")
            talk.taken()
            talk.silence()
            assert talk.alive()
        assert {fired.fault.name for fired in talk.service.faults.fired} == {name}


@pytest.mark.parametrize("name", GREETED)
def test_fault_of_the_greeting(name: str) -> None:
    talk = faulty(name)
    with talk:
        talk.hear(GREETED[name])
        if ENDS.get(name) == CLOSED:
            talk.ended()
        elif ENDS.get(name) == SILENT:
            talk.say(NOOP)
            talk.taken()
            talk.silence()
    assert all(fault.when.at is At.GREETING for fault in LIBRARY[name].faults)


def test_a_message_that_cannot_be_converted_is_replaced_where_it_is_read() -> None:
    talk = faulty()
    with talk.selected():
        talk.service.faults.add("unconvertible")
        talk.say(b"a UID FETCH 1 (BODY[])\r\n")
        talk.hear(
            b"* 1 FETCH (UID 1 BODY[] {198}\r\n"
            b"Subject: Retrieval using the IMAP4 protocol failed for the following message\r\n"
            b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
            b"The server couldn't retrieve the following message:\r\n\r\n)\r\n" + DONE
        )


def test_idle_drop() -> None:
    talk = faulty("idle-drop")
    with talk.selected():
        talk.say(b"a IDLE\r\n")
        talk.hear(b"+ IDLE accepted, awaiting DONE.\r\n")
        talk.clock.advance(1799)
        talk.silence()
        talk.clock.advance(1)
        talk.ended()


def test_slow() -> None:
    talk = faulty()
    with talk.greeted():
        talk.service.faults.add("slow")
        talk.say(NOOP)
        talk.taken()
        talk.silence()
        talk.clock.advance(1)
        talk.hear(b"a OK NOOP completed.\r\n")


ALONE: tuple[tuple[str, bytes, bytes], ...] = (
    (
        "disposition-bare",
        b'* 1 FETCH (BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 2 1 NIL ("inline" NIL) NIL NIL))\r\n',
        b'* 1 FETCH (BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 2 1 NIL "inline" NIL NIL NIL))\r\n',
    ),
    ("id-malformed", b'* ID ("name" "x")\r\n', b'* ID ("name" "IMAP" "version")\r\n'),
    (
        "capability-newer",
        b"* CAPABILITY IMAP4rev1 IDLE\r\n",
        b"* CAPABILITY IMAP4rev1 IDLE UIDONLY OBJECTID IMAP4rev2 QRESYNC\r\n",
    ),
    ("copyuid-bare", b"* OK [COPYUID 55 31 6] Moved.\r\n", b"[COPYUID 55 31 6]\r\n"),
    ("names-unquoted", b'* LIST () "/" INBOX\r\n', b'* LIST () "/" INBOX\r\n'),
    (
        "tls-injection",
        b"a OK Begin TLS negotiation now.\r\n",
        b"a OK Begin TLS negotiation now.\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n",
    ),
)


@pytest.mark.parametrize(("name", "response", "changed"), ALONE)
def test_response_alone(name: str, response: bytes, changed: bytes) -> None:
    steps: list[Step] = [Octets(response)]
    for action in LIBRARY[name].faults[0].actions:
        steps = action.applied(steps, Scene(b"a"))
    assert b"".join(step.octets for step in steps if isinstance(step, Octets)) == changed
