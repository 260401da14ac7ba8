"""SEARCH by every key of RFC 3501 section 6.4.4, and its limits; mail and answers are typed by hand."""

from __future__ import annotations

import pytest
from support.searching import Searcher, at

from outlookimap.server.behaviour import Behaviour, Searching, Sizing
from outlookimap.server.store import Incoming

# fmt: off
MAIL = (
    Incoming(  # 1
        b"From: Ann Example <ann@example.com>\r\nTo: bob@example.com\r\nCc: carol@example.com\r\n"
        b"Subject: Plans for Monday\r\nDate: Mon, 5 Feb 2024 23:30:00 -0800\r\n\r\nLet us meet at NOON.\r\n",
        (b"\\Seen", b"\\Answered"), at(6, hour=8),
    ),
    Incoming(  # 2: every field is encoded, one word is cut in the middle of a character
        b"From: =?iso-8859-1?Q?J=F6rg_M=FCller?= <joerg@example.org>\r\nTo: ann@example.com,\r\n\tdora@example.com\r\n"
        b"Bcc: hidden@example.net\r\nSubject: =?utf-8?B?R3LD?=\r\n =?utf-8?B?vMOfZQ==?= aus =?utf-8?Q?K=C3=B6ln?=\r\n"
        b"Date: Tue, 06 Feb 2024 00:10:00 +0900\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"Sch=F6ne Gr=FC=\r\n=DFe\r\n",
        (b"\\Flagged", b"$MDNSent"), at(5, hour=23, zone=9),
    ),
    Incoming(  # 3: parts
        b"From: ann@example.com\r\nSubject: parts\r\nX-Empty:\r\nX-Tag: one\r\nX-Tag: two\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\npreamble word\r\n"
        b"--=_b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        b"PGI+w5xiZXI8L2I+\r\n"  # <b>\u00dcber</b>
        b"--=_b\r\nContent-Type: application/octet-stream; name=attached.bin\r\n\r\nnot searched\r\n"
        b"--=_b\r\nContent-Type: message/rfc822\r\n\r\nSubject: =?utf-8?Q?inner_=C3=A9?=\r\n\r\ninner body\r\n"
        b"--=_b--\r\nepilogue word\r\n",
        (b"\\Deleted", b"\\Draft", b"Other"), at(29),
    ),
    Incoming(  # 4: nothing is right
        b"Subject: broken =?nope?Q?=41bc?= =?utf-8?B?!!!?= raw \xfc\r\nDate: some day\r\n"
        b"Content-Type: text/plain; charset=nope\r\nContent-Transfer-Encoding: base64\r\n\r\nYWxtb3N0\r\nIGdv*b2Q\r\n",
        (), at(1, 3),
    ),
    Incoming(b"no header at all", (b"\\Seen",), at(31, 12, 2023, hour=23, zone=-5)),  # 5
)

FOUND: tuple[tuple[str, list[int]], ...] = (
    ("ALL", [1, 2, 3, 4, 5]),
    ("ANSWERED", [1]), ("UNANSWERED", [2, 3, 4, 5]),
    ("DELETED", [3]), ("UNDELETED", [1, 2, 4, 5]),
    ("DRAFT", [3]), ("UNDRAFT", [1, 2, 4, 5]),
    ("FLAGGED", [2]), ("UNFLAGGED", [1, 3, 4, 5]),
    ("SEEN", [1, 5]), ("UNSEEN", [2, 3, 4]),
    ("NEW", [3, 4]), ("OLD", [1, 2]), ("RECENT", [3, 4, 5]), ("NOT NEW", [1, 2, 5]),
    ("KEYWORD $MDNSent", [2]), ("UNKEYWORD $mdnsent", [1, 3, 4, 5]), ("KEYWORD other", [3]), ("KEYWORD none", []),
    ("2", [2]), ("2:4", [2, 3, 4]), ("4:2,5", [2, 3, 4, 5]), ("*", [5]), ("4:*", [4, 5]),
    ("UID 2:3,77", [2, 3]), ("UID 77:*", [5]),
    ("FROM ann", [1, 3]), ("FROM ANN@EXAMPLE", [1, 3]), ("FROM \"Ann Example\"", [1]), ("FROM zoe", []),
    ("FROM \"\"", [1, 2, 3]),
    ("TO ann", [2]), ("TO dora", [2]), ("TO \"bob@example.com\"", [1]),
    ("CC carol", [1]), ("CC bob", []), ("BCC hidden", [2]), ("BCC ann", []),
    ("SUBJECT monday", [1]), ("SUBJECT \"for Mon\"", [1]), ("SUBJECT noon", []), ("SUBJECT iso-8859", []),
    ("SUBJECT broken", [4]), ("SUBJECT \"Abc\"", [4]),
    ("BODY noon", [1]), ("BODY Plans", []), ("BODY preamble", []), ("BODY epilogue", []),
    ("BODY \"not searched\"", []), ("BODY \"inner body\"", [3]), ("BODY \"subject: inner\"", [3]),
    ("BODY octet-stream", []), ("BODY \"almost good\"", [4]), ("BODY \"\"", [1, 2, 3, 4, 5]),
    ("TEXT noon", [1]), ("TEXT plans", [1]), ("TEXT \"subject: plans\"", [1]), ("TEXT octet-stream", [3]),
    ("TEXT example.com", [1, 2, 3]), ("TEXT \"header at\"", [5]), ("TEXT \"\"", [1, 2, 3, 4, 5]),
    ("HEADER X-Tag two", [3]), ("HEADER x-tag \"\"", [3]), ("HEADER X-Empty \"\"", [3]), ("HEADER X-Empty x", []),
    ("HEADER Subject monday", [1]), ("HEADER X-None \"\"", []), ("HEADER Date 2024", [1, 2]),
    ("BEFORE 6-Feb-2024", [2, 5]), ("BEFORE 5-Feb-2024", [5]), ("BEFORE 1-Jan-2024", [5]),
    ("ON 5-Feb-2024", [2]), ("ON 31-Dec-2023", [5]), ("ON 29-feb-2024", [3]), ("ON \"6-Feb-2024\"", [1]),
    ("SINCE 29-Feb-2024", [3, 4]), ("SINCE 2-Mar-2024", []),
    ("SENTBEFORE 6-Feb-2024", [1]), ("SENTON 5-Feb-2024", [1]), ("SENTON 06-Feb-2024", [2]),
    ("SENTSINCE 6-Feb-2024", [2]), ("SENTSINCE 1-Jan-1970", [1, 2]), ("SENTBEFORE 1-Jan-2100", [1, 2]),
    ("NOT SENTON 5-Feb-2024", [2, 3, 4, 5]),
    ("LARGER 15", [1, 2, 3, 4, 5]), ("LARGER 16", [1, 2, 3, 4]), ("SMALLER 17", [5]), ("SMALLER 16", []),
    ("LARGER 300", [2, 3]), ("LARGER 4294967295", []), ("SMALLER 0", []),
    ("NOT SEEN", [2, 3, 4]), ("NOT NOT SEEN", [1, 5]), ("OR SEEN FLAGGED", [1, 2, 5]),
    ("OR NOT SEEN (FLAGGED)", [2, 3, 4]), ("SEEN UNANSWERED", [5]), ("(SEEN) (ANSWERED 1:3)", [1]),
    ("(OR FROM ann (FROM joerg UNSEEN)) NOT 3", [1, 2]), ("NOT (SEEN ANSWERED)", [2, 3, 4, 5]),
    ("OR OR 1 2 OR 3 4 UNDELETED", [1, 2, 4]),
    ("CHARSET US-ASCII FROM ann", [1, 3]), ("charset us-ascii from ann", [1, 3]),
)
# fmt: on

IN_UTF8: tuple[tuple[bytes, str, list[int]], ...] = (
    (b"SUBJECT", "Grüße aus Köln", [2]),
    (b"SUBJECT", "GRÜSSE", [2]),
    (b"FROM", "jörg müller", [2]),
    (b"BODY", "schöne grüße", [2]),
    (b"BODY", "ÜBER</B>", [3]),
    (b"BODY", "inner É", [3]),
    (b"TEXT", "Müller", [2]),
    (b"SUBJECT", "raw ü", [4]),
    (b"HEADER From", "Jö", [2]),
    (b"BODY", "日本", []),
)


@pytest.mark.parametrize(("criteria", "numbers"), FOUND, ids=[criteria for criteria, _ in FOUND])
def test_every_key(criteria: str, numbers: list[int]) -> None:
    with Searcher(MAIL, told=2) as searcher:
        assert searcher.found(criteria.encode()) == numbers
        assert searcher.found(criteria.encode(), b"UID SEARCH ") == numbers  # the UIDs are the same here


@pytest.mark.parametrize(("key", "text", "numbers"), IN_UTF8, ids=[text for _, text, _ in IN_UTF8])
def test_text_in_utf_8(key: bytes, text: str, numbers: list[int]) -> None:
    octets = text.encode()
    with Searcher(MAIL) as searcher:
        assert searcher.found(b"CHARSET UTF-8 %s {%d+}\r\n%s" % (key, len(octets), octets)) == numbers


def test_uids_are_answered_in_uid_search_only() -> None:
    with Searcher(MAIL) as searcher:
        assert searcher.answer(b"UID STORE 1:2,4 +FLAGS.SILENT (\\Deleted)") == [b"t OK UID STORE completed."]
        assert searcher.answer(b"UID EXPUNGE 1:2,4")[-1].startswith(b"t OK ")
        assert searcher.found(b"ALL") == [1, 2]
        assert searcher.found(b"ALL", b"UID SEARCH ") == [3, 5]
        assert searcher.found(b"1 UID 3", b"UID SEARCH ") == [3]
        assert searcher.found(b"UID 5") == [2]


def test_an_empty_mailbox() -> None:
    with Searcher(()) as searcher:
        assert searcher.found(b"ALL") == []
        assert searcher.found(b"UID 1:*") == []
        assert searcher.answer(b"SEARCH 1") == [b"t BAD The set names messages that do not exist."]


# ---------------------------------------------------------------- charsets

US_ASCII = Behaviour(searching=Searching(charsets=(b"US-ASCII",)))
SILENT = Behaviour(searching=Searching(charsets=(b"US-ASCII",), badcharset=False))
REFUSED = b"This charset is not supported."


@pytest.mark.cites("X10:V0037", "X10:V0038", "X3:V0035", "X3:V0036")
@pytest.mark.parametrize("command", [b"SEARCH ", b"UID SEARCH "])
def test_only_us_ascii(command: bytes) -> None:
    with Searcher(MAIL, US_ASCII) as searcher:
        for charset in (b"UTF-8", b"ISO-8859-1", b"nope", b'""'):
            answer = searcher.answer(command + b"CHARSET " + charset + b" ALL")
            assert answer == [b"t NO [BADCHARSET (US-ASCII)] " + REFUSED]
        assert searcher.found(b"CHARSET us-ascii SUBJECT Monday", command) == [1]


@pytest.mark.cites("X1:2.3.4", "X1:2.3.2a")
def test_a_charset_that_is_refused_without_the_code() -> None:
    with Searcher(MAIL, SILENT) as searcher:
        assert searcher.answer(b"SEARCH CHARSET UTF-8 ALL") == [b"t NO " + REFUSED]


def test_text_that_is_not_in_its_charset() -> None:
    with Searcher(MAIL) as searcher:
        answer = [b"t NO [BADCHARSET (US-ASCII UTF-8)] " + REFUSED]
        assert searcher.answer(b"SEARCH SUBJECT {2+}\r\n\xc3\xbc") == answer
        assert searcher.answer(b"SEARCH CHARSET UTF-8 NOT (HEADER From {1+}\r\n\xfc)") == answer
        assert searcher.answer(b"SEARCH CHARSET KOI8-R ALL") == answer
        assert searcher.answer(b"SEARCH SUBJECT {1+}\r\n\xfc 99") == answer  # the first reason counts
        assert searcher.answer(b"SEARCH 99 SUBJECT {1+}\r\n\xfc")[0].startswith(b"t BAD ")


def test_a_charset_that_only_the_server_knows() -> None:
    behaviour = Behaviour(searching=Searching(charsets=(b"US-ASCII", b"X-OWN", b"ISO-8859-1")))
    with Searcher(MAIL, behaviour) as searcher:
        assert searcher.found(b"CHARSET ISO-8859-1 FROM {3+}\r\nJ\xf6r") == [2]
        assert searcher.answer(b"SEARCH CHARSET X-OWN ALL") == [
            b"t NO [BADCHARSET (US-ASCII X-OWN ISO-8859-1)] " + REFUSED
        ]


# ---------------------------------------------------------------- keywords


@pytest.mark.cites("X10:V0039", "X10:V0042", "X3:V0037", "X3:V0040", "X1:2.3.2a")
def test_another_keyword_is_on_no_message() -> None:
    behaviour = Behaviour(searching=Searching(keywords=(b"$MDNSent",)))
    with Searcher(MAIL, behaviour) as searcher:
        assert searcher.found(b"KEYWORD $mdnsent") == [2]
        assert searcher.found(b"UNKEYWORD $MDNSent") == [1, 3, 4, 5]
        assert searcher.found(b"KEYWORD Other") == []
        assert searcher.found(b"UNKEYWORD Other") == [1, 2, 3, 4, 5]
        assert searcher.found(b"OR KEYWORD Other KEYWORD $MDNSent") == [2]


# ---------------------------------------------------------------- how deep and how many

TOO_MUCH = [b"t NO This cannot be searched for: too much, or nested too deep."]


@pytest.mark.cites("X10:V0043", "X1:2.3.2a")
def test_ten_levels_of_parentheses() -> None:
    with Searcher(MAIL, Behaviour(searching=Searching(deepest=10))) as searcher:
        assert searcher.found(b"(" * 10 + b"SEEN" + b")" * 10) == [1, 5]
        assert searcher.answer(b"SEARCH " + b"(" * 11 + b"SEEN" + b")" * 11) == TOO_MUCH
        assert searcher.answer(b"UID SEARCH " + b"(" * 11 + b"SEEN" + b")" * 11) == TOO_MUCH
        assert searcher.found(b"(SEEN OR 1 (OR 2 (OR 3 (5))))") == [1, 5]
        assert searcher.found(b"NOT " * 12 + b"SEEN") == [1, 5]  # NOT opens no level
        assert searcher.found(b" ".join([b"SEEN"] * 200)) == [1, 5]  # any number in each
        assert searcher.found(b"(" * 10 + b" ".join([b"SEEN"] * 200) + b")" * 10) == [1, 5]
        for outer in (b"OR 2 %s", b"OR %s 2", b"NOT %s", b"(2 %s)"):
            assert searcher.answer(b"SEARCH " + outer % (b"(" * 11 + b"SEEN" + b")" * 11)) == TOO_MUCH


@pytest.mark.cites("X3:V0041")
def test_ten_keys() -> None:
    with Searcher(MAIL, Behaviour(searching=Searching(most_keys=10))) as searcher:
        assert searcher.found(b" ".join([b"SEEN"] * 10)) == [1, 5]
        assert searcher.answer(b"SEARCH " + b" ".join([b"SEEN"] * 11)) == TOO_MUCH
        assert searcher.found(b"((((((((((((SEEN))))))))))))") == [1, 5]  # parentheses are no key
        assert searcher.found(b"NOT NOT NOT NOT NOT NOT NOT NOT NOT SEEN") == [2, 3, 4]
        assert searcher.answer(b"SEARCH NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT SEEN") == TOO_MUCH
        assert searcher.found(b"OR 1 OR 2 OR 3 OR 4 5 ALL") == [1, 2, 3, 4, 5]
        assert searcher.answer(b"SEARCH OR 1 OR 2 OR 3 OR 4 5 ALL (ALL)") == TOO_MUCH


# ---------------------------------------------------------------- sizes

TEN = b"A: 1\r\n\r\nbc"  # 10 octets
TWO_PARTS = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n1\r\n--b\r\n\r\n2\r\n--b--\r\n"  # 72


@pytest.mark.cites("X10:V0040", "X10:V0041", "X10:V0006", "X3:V0038", "X3:V0039", "X1:2.3.2a")
def test_stored_sizes_until_a_message_was_measured() -> None:
    assert (len(TEN), len(TWO_PARTS)) == (10, 72)
    with Searcher((TEN, TWO_PARTS), Behaviour(sizing=Sizing(stored=True, per_part=1000))) as searcher:
        assert searcher.found(b"LARGER 1009") == [1, 2]
        assert searcher.found(b"LARGER 1010") == [2]
        assert searcher.found(b"SMALLER 1011") == [1]
        assert searcher.found(b"LARGER 2071") == [2]
        assert searcher.found(b"LARGER 2072") == []
        assert searcher.session.selected is not None
        searcher.session.selected.mailbox.measure([2, 99])
        assert searcher.found(b"LARGER 71") == [1, 2]
        assert searcher.found(b"LARGER 72") == [1]
        assert searcher.found(b"SMALLER 73") == [2]


@pytest.mark.cites("X10:V0040", "X10:V0041")
def test_mime_sizes_always() -> None:
    with Searcher((TEN, TWO_PARTS)) as searcher:
        assert searcher.found(b"LARGER 9") == [1, 2]
        assert searcher.found(b"LARGER 10") == [2]
        assert searcher.found(b"SMALLER 72") == [1]


# ---------------------------------------------------------------- a literal in UID SEARCH

SILENTLY = Behaviour(searching=Searching(go_ahead_in_uid_search=False))


@pytest.mark.cites("X10:V0058")
def test_no_go_ahead_in_uid_search() -> None:
    with Searcher(MAIL, SILENTLY) as searcher:
        searcher.say(b"a UID SEARCH SUBJECT {6}\r\n")
        searcher.taken()
        searcher.silence()
        searcher.say(b"monday FROM {3}\r\nann\r\nb UID SEARCH FROM {4}\r\njoer\r\n")
        searcher.hear(b"* SEARCH 1\r\na OK UID SEARCH completed.\r\n* SEARCH 2\r\nb OK UID SEARCH completed.\r\n")
        searcher.script(
            """
            C: c SEARCH SUBJECT {6}
            S: + Ready for additional command text.
            C: monday
            S: * SEARCH 1
            S: c OK SEARCH completed.
            C: d UID SEARCH SUBJECT {6+}
            C: monday
            S: * SEARCH 1
            S: d OK UID SEARCH completed.
            C: e UID SEARCH SUBJECT {65537}
            S: e NO [TOOBIG] This is larger than the server takes.
            """
        )


@pytest.mark.cites("X10:V0058")
def test_a_go_ahead_in_uid_search() -> None:
    with Searcher(MAIL) as searcher:
        searcher.script(
            """
            C: a UID SEARCH SUBJECT {6}
            S: + Ready for additional command text.
            C: monday
            S: * SEARCH 1
            S: a OK UID SEARCH completed.
            """
        )
