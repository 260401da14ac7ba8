"""FETCH of structures, sizes and parts: what a behaviour changes, and what clients nobody here wrote make of it."""

from __future__ import annotations

import datetime as dt
import email
import imaplib
import time
from collections.abc import Iterator

import pytest
from imapclient import IMAPClient
from imapclient.response_types import Address, BodyData, Envelope
from support.talk import USERS, Talk, moment, service

from outlookimap.server.behaviour import Behaviour, Sizing
from outlookimap.server.listening import MailServer
from outlookimap.server.memory_store import MemoryStore
from outlookimap.server.store import Incoming

MIXED = (
    b"Date: Wed, 17 Jul 1996 02:23:25 -0700\r\n"
    b"From: Terry Gray <gray@cac.washington.edu>\r\n"
    b'Subject: "minutes" and\r\n a summary\r\n'
    b"To: A Group: a@b.test, Ann <c@d.test>;\r\n"
    b"Message-ID: <1@a.test>\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\n\r\none\r\n"
    b"--b\r\nContent-Type: image/gif\r\nContent-Disposition: attachment; filename=a.gif\r\n\r\nR0lG\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\ninside\r\n"
    b"--b--\r\n"
)
EMPTY = b"Date:\r\nSubject:\r\nIn-Reply-To:\r\nMessage-ID:\r\n\r\n"
RAW = b"Subject: caf\xc3\xa9\r\n\r\naaa \xc3\xa9\r\n"
CLEAN = (
    b"Subject: =?utf-8?B?Y2Fmw6k=?=\r\nMIME-Version: 1.0\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\naaa =C3=A9\r\n"
)


def filled(*messages: bytes) -> MemoryStore:
    made = MemoryStore(USERS, mailboxes={}, first_uidvalidity=100, moment=moment)
    made.add("user1", b"INBOX", [Incoming(octets) for octets in messages])
    return made


def talk(behaviour: Behaviour, *messages: bytes) -> Talk:
    return Talk(service(behaviour=behaviour, mail=filled(*messages)))


def ready(one: Talk) -> Talk:
    """Sign in and open INBOX."""
    one.signed_in().say(b"ex EXAMINE INBOX\r\n")
    got = b""
    while not got.endswith(b"ex OK [READ-ONLY] EXAMINE completed.\r\n"):
        octets = one.client.receive(5)
        assert octets
        got += octets
    return one


@pytest.mark.cites("X10:V0057")
def test_what_is_empty_can_be_nil_also_in_a_message_in_a_message() -> None:
    inner = b"Content-Type: message/rfc822\r\n\r\n" + EMPTY
    with talk(Behaviour(), EMPTY, inner) as one:
        ready(one).script("""
            C: a FETCH 1 ENVELOPE
            S: * 1 FETCH (ENVELOPE ("" "" NIL NIL NIL NIL NIL NIL "" ""))
            S: a OK FETCH completed.
            """)
    with talk(Behaviour(empty_as_nil=True), EMPTY, inner) as one:
        ready(one).script("""
            C: a FETCH 1 ENVELOPE
            S: * 1 FETCH (ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL))
            S: a OK FETCH completed.
            C: b FETCH 2 BODY
            S: * 2 FETCH (BODY ("message" "rfc822" NIL NIL NIL "7BIT" 46 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 0 0) 5))
            S: b OK FETCH completed.
            """)  # noqa: E501


@pytest.mark.cites("X10:V0006")
@pytest.mark.cites("X10:V0045")
@pytest.mark.cites("X1:2.1.1")
def test_the_stored_size_until_the_body_was_fetched() -> None:
    behaviour = Behaviour(sizing=Sizing(stored=True, per_part=1000))
    with talk(behaviour, b"Subject: x\r\n\r\nbody\r\n", MIXED) as one:
        ready(one).script(f"""
            C: a FETCH 1:2 RFC822.SIZE
            S: * 1 FETCH (RFC822.SIZE 1020)
            S: * 2 FETCH (RFC822.SIZE {len(MIXED) + 3000})
            S: a OK FETCH completed.
            C: b FETCH 1 (RFC822.SIZE BODY.PEEK[HEADER] ENVELOPE)
            S: * 1 FETCH (RFC822.SIZE 1020 BODY[HEADER] {{14}}
            S: Subject: x
            S:
            S:  ENVELOPE (NIL "x" NIL NIL NIL NIL NIL NIL NIL NIL))
            S: b OK FETCH completed.
            C: c FETCH 1 (RFC822.SIZE BODY.PEEK[])
            S: * 1 FETCH (RFC822.SIZE 20 BODY[] {{20}}
            S: Subject: x
            S:
            S: body
            S: )
            S: c OK FETCH completed.
            C: d FETCH 1:2 RFC822.SIZE
            S: * 1 FETCH (RFC822.SIZE 20)
            S: * 2 FETCH (RFC822.SIZE {len(MIXED) + 3000})
            S: d OK FETCH completed.
            C: e FETCH 2 (BODY.PEEK[1] RFC822.SIZE)
            S: * 2 FETCH (BODY[1] {{3}}
            S: one RFC822.SIZE {len(MIXED)})
            S: e OK FETCH completed.
            """)


@pytest.mark.cites("X10:V0007")
@pytest.mark.cites("X3:V0007")
def test_no_octet_above_127_goes_out() -> None:
    with talk(Behaviour(eight_bit=False), RAW) as one:
        one.signed_in().say(b"ap APPEND INBOX {%d+}\r\n%b\r\n" % (len(RAW), RAW))
        one.hear(b"ap OK [APPENDUID 100 2] APPEND completed.\r\n")
        inbox = one.service.store.account("user1").find(b"INBOX")  # type: ignore[union-attr]
        assert inbox.get(2).octets == CLEAN  # type: ignore[union-attr]
        ready_to_read = b"ex EXAMINE INBOX\r\na FETCH 1:2 (RFC822.SIZE BODY.PEEK[])\r\n"
        one.say(ready_to_read)
        got = b""
        while not got.endswith(b"a OK FETCH completed.\r\n"):
            octets = one.client.receive(5)
            assert octets
            got += octets
        for number in (1, 2):
            assert b"* %d FETCH (RFC822.SIZE %d BODY[] {%d}\r\n%b)\r\n" % (number, len(CLEAN), len(CLEAN), CLEAN) in got
        assert got.isascii()


def test_octets_above_127_go_out_where_they_may() -> None:
    with talk(Behaviour(), RAW) as one:
        ready(one).say(b"a FETCH 1 BODY.PEEK[]\r\n")
        one.hear(b"* 1 FETCH (BODY[] {%d}\r\n%b)\r\na OK FETCH completed.\r\n" % (len(RAW), RAW))


# ---------------------------------------------------------------- clients nobody here wrote


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A server whose INBOX holds two messages."""
    with MailServer(USERS, store=filled(MIXED, EMPTY), allow_plaintext=True, tls_port=None) as running:
        yield running


def test_imapclient_reads_envelope_and_structure(server: MailServer) -> None:
    with IMAPClient("127.0.0.1", server.port, ssl=False, timeout=5) as client:
        client.login("user1", "secret")
        client.select_folder("INBOX", readonly=True)
        client.normalise_times = False
        answers = client.fetch(
            [1, 2], ["ENVELOPE", "BODYSTRUCTURE", "BODY", "BODY.PEEK[3.HEADER]", "BODY.PEEK[2.MIME]<0.12>"]
        )
    gray = (Address(b"Terry Gray", None, b"gray", b"cac.washington.edu"),)
    assert answers[1][b"ENVELOPE"] == Envelope(
        dt.datetime(1996, 7, 17, 2, 23, 25, tzinfo=dt.timezone(dt.timedelta(hours=-7))),
        b'"minutes" and a summary',
        gray,
        gray,
        gray,
        (
            Address(None, None, b"A Group", None),
            Address(None, None, b"a", b"b.test"),
            Address(b"Ann", None, b"c", b"d.test"),
            Address(None, None, None, None),
        ),
        None,
        None,
        None,
        b"<1@a.test>",
    )
    structure = answers[1][b"BODYSTRUCTURE"]
    assert isinstance(structure, BodyData)
    assert structure.is_multipart
    parts, kind, params, disposition, language, location = structure
    assert (kind, params, disposition, language, location) == (b"mixed", (b"boundary", b"b"), None, None, None)
    text, image, message = parts
    assert text == (b"TEXT", b"PLAIN", (b"CHARSET", b"US-ASCII"), None, None, b"7BIT", 3, 0, None, None, None, None)
    assert image[8:] == (None, (b"attachment", (b"filename", b"a.gif")), None, None)[-len(image[8:]) :]
    assert message[:2] == (b"message", b"rfc822")
    assert message[7][1] == b"in"
    assert answers[1][b"BODY"][1] == b"mixed"
    assert len(answers[1][b"BODY"]) == 2
    assert answers[1][b"BODY[3.HEADER]"] == b"Subject: in\r\n\r\n"
    assert answers[1][b"BODY[2.MIME]<0>"] == b"Content-Type"
    assert answers[2][b"BODY[3.HEADER]"] is None
    assert answers[2][b"ENVELOPE"].subject == b""


def test_imaplib_reads_them_too(server: MailServer) -> None:
    with imaplib.IMAP4("127.0.0.1", server.port, timeout=5) as imap:
        imap.login("user1", "secret")
        imap.select("INBOX", readonly=True)
        assert imap.fetch("2", "(ENVELOPE BODYSTRUCTURE)") == (
            "OK",
            [
                (
                    b'2 (ENVELOPE ("" "" NIL NIL NIL NIL NIL NIL "" "") '
                    b'BODYSTRUCTURE ("TEXT" "PLAIN" ("CHARSET" "US-ASCII") '
                    b'NIL NIL "7BIT" 0 0 NIL NIL NIL NIL))'
                )
            ],
        )
        status, whole = imap.fetch("1", "(BODY[])")
        assert status == "OK"
        assert isinstance(whole[0], tuple)
        assert email.message_from_bytes(whole[0][1])["Message-ID"] == "<1@a.test>"


def test_structures_of_many_messages_take_no_long_time() -> None:
    """A bound a hundred times what it takes here, for a structure that costs more with every message."""
    with (
        MailServer(USERS, store=filled(*[MIXED] * 2000), allow_plaintext=True, tls_port=None) as running,
        imaplib.IMAP4("127.0.0.1", running.port, timeout=60) as imap,
    ):
        imap.login("user1", "secret")
        imap.select("INBOX", readonly=True)
        began = time.perf_counter()
        status, answers = imap.fetch("1:*", "(ENVELOPE BODYSTRUCTURE)")
        assert time.perf_counter() - began < 60
    assert status == "OK"
    assert len(answers) == 2000


def test_more_items_than_any_client_asks_for_are_refused() -> None:
    """Each partial may be a whole message: thousands of them would be as many messages in memory at once."""
    items = b" ".join(b"BODY.PEEK[TEXT]<%d.1>" % number for number in range(257))
    with talk(Behaviour(), b"Subject: x\r\n\r\n") as one:
        ready(one).say(b"a FETCH 1 (%s)\r\n" % items)
        one.hear(b"a BAD The command cannot be read.\r\n")
        fewer = items.rpartition(b" ")[0]
        one.say(b"b FETCH 1 (%s)\r\n" % fewer)
        answered = b" ".join(b"BODY[TEXT]<%d> {0}\r\n" % number for number in range(256))
        one.hear(b"* 1 FETCH (%s)\r\nb OK FETCH completed.\r\n" % answered)
