"""Responses as RFC 3501 section 7, RFC 2342, 2971, 4315, 5161 and 6154 print them; what they mean is typed by hand."""

from __future__ import annotations

import pytest

from outlookimap.errors import RemoteProtocolError
from outlookimap.wire.fetch import FetchAtt, Section
from outlookimap.wire.limits import Limits
from outlookimap.wire.response_reader import ResponseReader
from outlookimap.wire.responses import (
    AppendUid,
    CapabilityData,
    Code,
    Condition,
    Continuation,
    CopyUid,
    EnabledData,
    Exists,
    ExpungeData,
    FetchData,
    FlagsData,
    IdData,
    ListData,
    NamespaceData,
    Recent,
    Response,
    SearchData,
    StatusData,
    StatusResponse,
    UnknownData,
)
from outlookimap.wire.sequence import SequenceSet
from outlookimap.wire.structure import Address, Envelope, Part

OK, NO, BAD, PREAUTH, BYE = Condition.OK, Condition.NO, Condition.BAD, Condition.PREAUTH, Condition.BYE
ALL_FIVE = (b"\\Answered", b"\\Flagged", b"\\Deleted", b"\\Seen", b"\\Draft")


def ok(text: bytes, code: Code | None = None) -> StatusResponse:
    return StatusResponse(None, OK, code, text)


def uids(*ranges: tuple[int, int]) -> SequenceSet:
    return SequenceSet(ranges)


CYRUS_ID = (
    b'* ID ("name" "Cyrus" "version" "1.5" "os" "sunos" "os-version" "5.5" "support-url" '
    b'"mailto:cyrus-bugs+@andrew.cmu.edu")'
)
TOKEN = b"YDMGCSqGSIb3EgECAgIBAAD/////6jcyG4GE3KkTzBeBiVHe"
FULL = (
    b'* 12 FETCH (FLAGS (\\Seen) INTERNALDATE "17-Jul-1996 02:44:25 -0700" '
    b'RFC822.SIZE 4286 ENVELOPE ("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" '
    b'"IMAP4rev1 WG mtg summary and minutes" '
    b'(("Terry Gray" NIL "gray" "cac.washington.edu")) '
    b'(("Terry Gray" NIL "gray" "cac.washington.edu")) '
    b'(("Terry Gray" NIL "gray" "cac.washington.edu")) '
    b'((NIL NIL "imap" "cac.washington.edu")) '
    b'((NIL NIL "minutes" "CNRI.Reston.VA.US")'
    b'("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL '
    b'"<B27397-0100000@cac.washington.edu>") '
    b'BODY ("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 3028 92))'
)
"""RFC 3501 section 8, without the line breaks it has there for clarity."""

STATUS_RESPONSES: list[tuple[bytes, Response]] = [
    (b"* OK IMAP4rev1 server ready", ok(b"IMAP4rev1 server ready")),
    (b"* OK [ALERT] System shutdown in 10 minutes", ok(b"System shutdown in 10 minutes", Code(b"ALERT"))),
    (b"A001 OK LOGIN Completed", StatusResponse(b"A001", OK, None, b"LOGIN Completed")),
    (
        b"* NO Disk is 98% full, please delete unnecessary data",
        StatusResponse(None, NO, None, b"Disk is 98% full, please delete unnecessary data"),
    ),
    (b"A223 NO COPY failed: disk is full", StatusResponse(b"A223", NO, None, b"COPY failed: disk is full")),
    (b"* BAD Command line too long", StatusResponse(None, BAD, None, b"Command line too long")),
    (
        b'A044 BAD No such command as "BLURDYBLOOP"',
        StatusResponse(b"A044", BAD, None, b'No such command as "BLURDYBLOOP"'),
    ),
    (
        b"* PREAUTH IMAP4rev1 server logged in as Smith",
        StatusResponse(None, PREAUTH, None, b"IMAP4rev1 server logged in as Smith"),
    ),
    (b"* BYE Autologout; idle for too long", StatusResponse(None, BYE, None, b"Autologout; idle for too long")),
    (b"* ok lower case", ok(b"lower case")),
    (b"* OK text that ends like a literal {5}", ok(b"text that ends like a literal {5}")),
    (b"a OK [ALERT] so does this {5}", StatusResponse(b"a", OK, Code(b"ALERT"), b"so does this {5}")),
    (b"* OK a bracket [further on {5}", ok(b"a bracket [further on {5}")),
    (b"* OK  text of which the first octet is a space", ok(b" text of which the first octet is a space")),
    (b"* OK see [RFC3501]", ok(b"see [RFC3501]")),
    (b"* OK [UNSEEN 12] Message 12 is first unseen", ok(b"Message 12 is first unseen", Code(b"UNSEEN", 12))),
    (b"* OK [UIDVALIDITY 3857529045] UIDs valid", ok(b"UIDs valid", Code(b"UIDVALIDITY", 3857529045))),
    (b"* OK [UIDNEXT 4392] Predicted next UID", ok(b"Predicted next UID", Code(b"UIDNEXT", 4392))),
    (
        b"* OK [PERMANENTFLAGS (\\Deleted \\Seen \\*)] Limited",
        ok(b"Limited", Code(b"PERMANENTFLAGS", (b"\\Deleted", b"\\Seen", b"\\*"))),
    ),
    (
        b"* OK [PERMANENTFLAGS ()] No permanent flags permitted",
        ok(b"No permanent flags permitted", Code(b"PERMANENTFLAGS", ())),
    ),
    (b"A142 OK [READ-WRITE] SELECT completed", StatusResponse(b"A142", OK, Code(b"READ-WRITE"), b"SELECT completed")),
    (b"A932 OK [READ-ONLY] EXAMINE completed", StatusResponse(b"A932", OK, Code(b"READ-ONLY"), b"EXAMINE completed")),
    (b"a NO [TRYCREATE] no such mailbox", StatusResponse(b"a", NO, Code(b"TRYCREATE"), b"no such mailbox")),
    (b"* OK [PARSE] header broken", ok(b"header broken", Code(b"PARSE"))),
    (b"a NO [BADCHARSET] x", StatusResponse(b"a", NO, Code(b"BADCHARSET", ()), b"x")),
    (
        b'a NO [BADCHARSET (US-ASCII "a]b" {5}\r\nUTF-8)] x',
        StatusResponse(b"a", NO, Code(b"BADCHARSET", (b"US-ASCII", b"a]b", b"UTF-8")), b"x"),
    ),
    (
        b"* OK [CAPABILITY IMAP4rev1 auth=plain] ready",
        ok(b"ready", Code(b"CAPABILITY", (b"IMAP4REV1", b"AUTH=PLAIN"))),
    ),
    (b"* OK [uidnext 5] x", ok(b"x", Code(b"UIDNEXT", 5))),
    (b"* OK [HIGHESTMODSEQ 715194045007] x", ok(b"x", Code(b"HIGHESTMODSEQ", b"715194045007"))),
    (b"t3 NO [USEATTR] \\All not supported", StatusResponse(b"t3", NO, Code(b"USEATTR"), b"\\All not supported")),
    (b'* OK [X a"b] x', ok(b"x", Code(b"X", b'a"b'))),
    (b'* OK [X "a" ] x', ok(b"x", Code(b"X", b'"a" '))),
    # RFC 4315 section 4
    (
        b"A003 OK [APPENDUID 38505 3955] APPEND completed",
        StatusResponse(b"A003", OK, Code(b"APPENDUID", AppendUid(38505, uids((3955, 3955)))), b"APPEND completed"),
    ),
    (
        b"A004 OK [COPYUID 38505 304,319:320 3956:3958] Done",
        StatusResponse(
            b"A004",
            OK,
            Code(b"COPYUID", CopyUid(38505, uids((304, 304), (319, 320)), uids((3956, 3958)))),
            b"Done",
        ),
    ),
    (
        b"* NO [UIDNOTSTICKY] Non-persistent UIDs",
        StatusResponse(None, NO, Code(b"UIDNOTSTICKY"), b"Non-persistent UIDs"),
    ),
]

DATA: list[tuple[bytes, Response]] = [
    (b"+ Ready for additional command text", Continuation(b"Ready for additional command text")),
    (b"+ ", Continuation(b"")),
    (b"+ " + TOKEN, Continuation(TOKEN)),
    (
        b"* CAPABILITY IMAP4rev1 STARTTLS AUTH=GSSAPI XPIG-LATIN",
        CapabilityData((b"IMAP4REV1", b"STARTTLS", b"AUTH=GSSAPI", b"XPIG-LATIN")),
    ),
    (b"* capability imap4 auth=NTLM", CapabilityData((b"IMAP4", b"AUTH=NTLM"))),
    (b'* LIST (\\Noselect) "/" ~/Mail/foo', ListData(b"LIST", (b"\\Noselect",), b"/", b"~/Mail/foo")),
    (b'* LIST (\\Noselect) "/" ""', ListData(b"LIST", (b"\\Noselect",), b"/", b"")),
    (b'* LIST (\\Noselect) "." #news.', ListData(b"LIST", (b"\\Noselect",), b".", b"#news.")),
    (b'* LIST (\\Noselect) "/" /', ListData(b"LIST", (b"\\Noselect",), b"/", b"/")),
    (b'* LSUB () "." #news.comp.mail.misc', ListData(b"LSUB", (), b".", b"#news.comp.mail.misc")),
    (b'* LSUB (\\NoSelect) "." #news.comp.mail', ListData(b"LSUB", (b"\\Noselect",), b".", b"#news.comp.mail")),
    (b'* LIST () "/" "Other Users/Mike"', ListData(b"LIST", (), b"/", b"Other Users/Mike")),
    (b'* LIST () "\\\\" INBOX', ListData(b"LIST", (), b"\\", b"INBOX")),
    (b'* LIST () "\\"" INBOX', ListData(b"LIST", (), b'"', b"INBOX")),
    (b'* list (\\haschildren) nil {6}\r\na\r\n"]\xe9', ListData(b"LIST", (b"\\HasChildren",), None, b'a\r\n"]\xe9')),
    (b'* LIST () "/" "NIL"', ListData(b"LIST", (), b"/", b"NIL")),
    (
        b'* LIST (\\Marked \\Drafts \\HasNoChildren) "/" MyDrafts',
        ListData(b"LIST", (b"\\Marked", b"\\Drafts", b"\\HasNoChildren"), b"/", b"MyDrafts"),
    ),
    (
        b'* XLIST (\\HasNoChildren \\Inbox) "/" "Posteingang"',
        ListData(b"XLIST", (b"\\HasNoChildren", b"\\Inbox"), b"/", b"Posteingang"),
    ),
    (
        b"* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292)",
        StatusData(b"blurdybloop", ((b"MESSAGES", 231), (b"UIDNEXT", 44292))),
    ),
    (b'* STATUS "a b" (unseen 0)', StatusData(b"a b", ((b"UNSEEN", 0),))),
    (b"* STATUS {3}\r\na b (UNSEEN 1)", StatusData(b"a b", ((b"UNSEEN", 1),))),
    (b"* STATUS box ()", StatusData(b"box", ())),
    (b"* SEARCH 2 3 6", SearchData((2, 3, 6))),
    (b"* SEARCH", SearchData()),
    (b"* SEARCH 1000 4294967295", SearchData((1000, 4294967295))),
    (b"* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)", FlagsData(ALL_FIVE)),
    (b"* FLAGS (\\seen $MDNSent $MDNSent)", FlagsData((b"\\Seen", b"$MDNSent"))),
    (b"* FLAGS ()", FlagsData(())),
    (b"* 23 EXISTS", Exists(23)),
    (b"* 0 exists", Exists(0)),
    (b"* 5 RECENT", Recent(5)),
    (b"* 44 EXPUNGE", ExpungeData(44)),
    # RFC 2342 section 5
    (b'* NAMESPACE (("" "/")) NIL NIL', NamespaceData(((b"", b"/"),))),
    (b'* NAMESPACE NIL NIL (("" "."))', NamespaceData((), (), ((b"", b"."),))),
    (
        b'* NAMESPACE (("" "/")) NIL (("Public Folders/" "/"))',
        NamespaceData(((b"", b"/"),), (), ((b"Public Folders/", b"/"),)),
    ),
    (
        b'* NAMESPACE (("" "/")) (("~" "/")) (("#shared/" "/")("#public/" "/")("#ftp/" "/")("#news." "."))',
        NamespaceData(
            ((b"", b"/"),),
            ((b"~", b"/"),),
            ((b"#shared/", b"/"), (b"#public/", b"/"), (b"#ftp/", b"/"), (b"#news.", b".")),
        ),
    ),
    (b'* NAMESPACE (("" NIL)) NIL NIL', NamespaceData(((b"", None),))),
    # RFC 2971 sections 3.1 and 3.2
    (b"* ID NIL", IdData(None)),
    (b"* ID ()", IdData(())),
    (
        CYRUS_ID,
        IdData(
            (
                (b"name", b"Cyrus"),
                (b"version", b"1.5"),
                (b"os", b"sunos"),
                (b"os-version", b"5.5"),
                (b"support-url", b"mailto:cyrus-bugs+@andrew.cmu.edu"),
            )
        ),
    ),
    (b'* ID ("name" NIL)', IdData(((b"name", None),))),
    (b"* ENABLED CONDSTORE", EnabledData((b"CONDSTORE",))),
    (b"* ENABLED", EnabledData(())),
    # what no table has
    (b"* XPIG-LATIN ow-nay eaking-spay", UnknownData(b"XPIG-LATIN ow-nay eaking-spay")),
    (b"* THREAD (2)(3 6 (4 23)(44 7 96))", UnknownData(b"THREAD (2)(3 6 (4 23)(44 7 96))")),
    (b"* X {3}\r\na\r\n {1}\r\nb ", UnknownData(b"X {3}\r\na\r\n {1}\r\nb ")),
    (b"* 12 XPIG", UnknownData(b"12 XPIG")),
    (b"* 12", UnknownData(b"12")),
    (b'* "LIST" x', UnknownData(b'"LIST" x')),
    (b"* [never closed", UnknownData(b"[never closed")),
]


def item(name: bytes, section: Section | None = None, origin: int | None = None) -> FetchAtt:
    return FetchAtt(name, section, origin)


FETCHES: list[tuple[bytes, FetchData]] = [
    (
        b"* 23 FETCH (FLAGS (\\Seen) RFC822.SIZE 44827)",
        FetchData(23, ((item(b"FLAGS"), (b"\\Seen",)), (item(b"RFC822.SIZE"), 44827))),
    ),
    (
        b"* 23 fetch (flags (\\seen) uid 4827313)",
        FetchData(23, ((item(b"FLAGS"), (b"\\Seen",)), (item(b"UID"), 4827313))),
    ),
    (
        b'* 1 FETCH (INTERNALDATE "17-Jul-1996 02:44:25 -0700" UID 1)',
        FetchData(1, ((item(b"INTERNALDATE"), b"17-Jul-1996 02:44:25 -0700"), (item(b"UID"), 1))),
    ),
    (
        b'* 1 FETCH (INTERNALDATE " 1-Feb-1994 21:52:25 -0800")',
        FetchData(1, ((item(b"INTERNALDATE"), b" 1-Feb-1994 21:52:25 -0800"),)),
    ),
    (
        b"* 1 FETCH (BODY[] {9}\r\na\0)\r\n* OK UID 7 FLAGS ())",
        FetchData(1, ((item(b"BODY", Section()), b"a\0)\r\n* OK"), (item(b"UID"), 7), (item(b"FLAGS"), ()))),
    ),
    (
        b'* 1 FETCH (RFC822.HEADER {2}\r\n\r\n RFC822.TEXT "" RFC822 NIL RFC822.PEEK {0}\r\n)',
        FetchData(
            1,
            (
                (item(b"RFC822.HEADER"), b"\r\n"),
                (item(b"RFC822.TEXT"), b""),
                (item(b"RFC822"), None),
                (item(b"RFC822.PEEK"), b""),
            ),
        ),
    ),
    (
        b'* 1 FETCH (BODY[HEADER] "a" BODY[1.2.MIME] NIL BODY[TEXT]<10> "b" BODY.PEEK[1] "c")',
        FetchData(
            1,
            (
                (item(b"BODY", Section((), b"HEADER")), b"a"),
                (item(b"BODY", Section((1, 2), b"MIME")), None),
                (item(b"BODY", Section((), b"TEXT"), 10), b"b"),
                (item(b"BODY.PEEK", Section((1,))), b"c"),
            ),
        ),
    ),
    (
        b'* 1 FETCH (BODY[HEADER.FIELDS (DATE FROM)] "x" BODY[3.HEADER.FIELDS.NOT ("x y" {2}\r\nTo)] "y")',
        FetchData(
            1,
            (
                (item(b"BODY", Section((), b"HEADER.FIELDS", (b"DATE", b"FROM"))), b"x"),
                (item(b"BODY", Section((3,), b"HEADER.FIELDS.NOT", (b"x y", b"To"))), b"y"),
            ),
        ),
    ),
    (
        b'* 1 FETCH (MODSEQ (12) X-GM-LABELS ("\\\\Inbox" {1}\r\n)) EMAILID (M1) X-NIL NIL X-STRING "a ) \\"b" X<1> y)',
        FetchData(
            1,
            (
                (item(b"MODSEQ"), b"(12)"),
                (item(b"X-GM-LABELS"), b'("\\\\Inbox" {1}\r\n))'),
                (item(b"EMAILID"), b"(M1)"),
                (item(b"X-NIL"), b"NIL"),
                (item(b"X-STRING"), b'"a ) \\"b"'),
                (item(b"X<1>"), b"y"),
            ),
        ),
    ),
    (
        b"* 1 FETCH (BINARY[1.2]<0> ~{2}\r\na\0 X-SIZE[1] 5 BODY[0] {1}\r\nx BODY[]<0.5> NIL BODY[1.] 1 BODY[X] 2)",
        FetchData(
            1,
            (
                (item(b"BINARY[1.2]<0>"), b"~{2}\r\na\0"),
                (item(b"X-SIZE[1]"), b"5"),
                (item(b"BODY[0]"), b"{1}\r\nx"),
                (item(b"BODY[]<0.5>"), b"NIL"),
                (item(b"BODY[1.]"), b"1"),
                (item(b"BODY[X]"), b"2"),
            ),
        ),
    ),
    (
        FULL,
        FetchData(
            12,
            (
                (item(b"FLAGS"), (b"\\Seen",)),
                (item(b"INTERNALDATE"), b"17-Jul-1996 02:44:25 -0700"),
                (item(b"RFC822.SIZE"), 4286),
                (
                    item(b"ENVELOPE"),
                    Envelope(
                        date=b"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)",
                        subject=b"IMAP4rev1 WG mtg summary and minutes",
                        from_=(Address(b"Terry Gray", None, b"gray", b"cac.washington.edu"),),
                        sender=(Address(b"Terry Gray", None, b"gray", b"cac.washington.edu"),),
                        reply_to=(Address(b"Terry Gray", None, b"gray", b"cac.washington.edu"),),
                        to=(Address(None, None, b"imap", b"cac.washington.edu"),),
                        cc=(
                            Address(None, None, b"minutes", b"CNRI.Reston.VA.US"),
                            Address(b"John Klensin", None, b"KLENSIN", b"MIT.EDU"),
                        ),
                        bcc=(),
                        in_reply_to=None,
                        message_id=b"<B27397-0100000@cac.washington.edu>",
                    ),
                ),
                (
                    item(b"BODY"),
                    Part(b"TEXT", b"PLAIN", ((b"CHARSET", b"US-ASCII"),), None, None, b"7BIT", 3028, 92),
                ),
            ),
        ),
    ),
]


def read(octets: bytes) -> Response:
    reader = ResponseReader(Limits())
    responses = reader.feed(octets + b"\r\n")
    assert reader.broken is None
    assert reader.buffered == 0
    (response,) = responses
    return response


@pytest.mark.cites("O5:V0012", "O5:V0017")
@pytest.mark.parametrize(("octets", "response"), [*STATUS_RESPONSES, *DATA, *FETCHES])
def test_what_the_grammar_allows_is_read_without_a_remark(octets: bytes, response: Response) -> None:
    found = read(octets)
    assert found == response
    assert found.leniencies == ()


def test_all_in_one_stream_octet_by_octet() -> None:
    table = [*STATUS_RESPONSES, *DATA, *FETCHES]
    stream = b"".join(octets + b"\r\n" for octets, _ in table)
    reader = ResponseReader(Limits())
    found = [response for i in range(len(stream)) for response in reader.feed(stream[i : i + 1])]
    assert found == [response for _, response in table]


BROKEN = [
    b"x",
    b"*",
    b"* ",
    b"*OK x",
    b"a PREAUTH x",
    b"a BYE x",
    b"a FETCH x",
    b"a",
    b'"a" OK x',
    b"a+ OK x",
    b"{3}\r\nabc",
    b"[never closed",
    b"[] x",
    b" * OK x",
    b"* OK{1}\r\nx",
    b"a OK(x)",
    b"* LIST",
    b"* LIST x",
    b"* LIST () (x",
    b'* LIST () "/"',
    b'* LIST () "/" ',
    b'* LIST () "/" foo {1}\r\nx',
    b'* LIST () "/" "',
    b"* STATUS",
    b"* STATUS box",
    b"* STATUS (MESSAGES 1)",
    b"* STATUS box (MESSAGES)",
    b"* STATUS box (MESSAGES 1) x",
    b"* STATUS box (MESSAGES 12345678901234567890)",
    b"* SEARCH x",
    b"* SEARCH 12345678901234567890",
    b"* FLAGS",
    b"* FLAGS x",
    b"* FLAGS (x",
    b"* 5 EXISTS x",
    b"* 12345678901234567890 EXISTS",
    b"* 1 FETCH",
    b"* 1 FETCH x",
    b"* 1 FETCH (",
    b"* 1 FETCH (UID",
    b"* 1 FETCH (UID x)",
    b"* 1 FETCH (UID 1) x",
    b"* 1 FETCH (UID 1",
    b'* 1 FETCH ("x" 1)',
    b"* 1 FETCH (BODY[] x)",
    b"* 1 FETCH (BODY[ 1)",
    b"* 1 FETCH (BODY (x (y)",
    b'* 1 FETCH (BODY ("x)',
    b"* 1 FETCH (RFC822.SIZE NIL)",
    b"* 1 FETCH (X \x01)",
    b"* NAMESPACE x",
    b'* NAMESPACE (("" /',
    b'* NAMESPACE ("")',
    b"* ID",
    b"* ID x",
    b'* ID ("a" "b"',
    b"* CAPABILITY {1}\r\nx",
]


@pytest.mark.parametrize("octets", BROKEN)
def test_what_cannot_be_read_ends_the_stream(octets: bytes) -> None:
    reader = ResponseReader(Limits())
    assert reader.feed(b"* 1 EXISTS\r\n" + octets + b"\r\n* 2 EXISTS\r\n") == [Exists(1)]
    assert type(reader.broken) is RemoteProtocolError
    assert reader.buffered > 0
    for further in (b"", b"* 3 EXISTS\r\n"):
        with pytest.raises(RemoteProtocolError) as caught:
            reader.feed(further)
        assert caught.value is reader.broken


def test_octets_of_an_unfinished_response_wait() -> None:
    reader = ResponseReader(Limits())
    assert reader.feed(b"* 1 FETCH (BODY[] {4}\r\nab") == []
    assert reader.buffered == 25
    assert reader.feed(b"cd") == []
    assert reader.buffered == 27
    assert reader.feed(b")\r\n* 1") == [FetchData(1, ((item(b"BODY", Section()), b"abcd"),))]
    assert reader.buffered == 3
    assert reader.feed(b" EXISTS\r\n") == [Exists(1)]
    assert reader.buffered == 0


@pytest.mark.cites("O5:V0001")
def test_what_nobody_asked_for_comes_in_its_place() -> None:
    stream = b"* 1 FETCH (FLAGS ())\r\n* 3 EXISTS\r\n* 2 FETCH (UID 5)\r\n* 1 EXPUNGE\r\n+ go\r\na OK done\r\n"
    assert [type(response) for response in ResponseReader(Limits()).feed(stream)] == [
        FetchData,
        Exists,
        FetchData,
        ExpungeData,
        Continuation,
        StatusResponse,
    ]


def test_a_fetch_tells_its_uid_and_flags() -> None:
    response = read(b"* 1 FETCH (FLAGS (\\Seen) UID 9 FLAGS () BODY[] NIL)")
    assert isinstance(response, FetchData)
    assert (response.uid, response.flags, response.get(b"BODY")) == (9, (), None)
    assert (FetchData(1, ()).uid, FetchData(1, ()).flags) == (None, None)


@pytest.mark.parametrize(
    ("asked", "answered", "same"),
    [
        (FetchAtt(b"UID"), FetchAtt(b"UID"), True),
        (FetchAtt(b"UID"), FetchAtt(b"FLAGS"), False),
        (FetchAtt(b"RFC822.PEEK"), FetchAtt(b"RFC822"), True),
        (FetchAtt(b"BODY.PEEK", Section()), FetchAtt(b"BODY", Section()), True),
        (FetchAtt(b"BODY.PEEK", Section()), FetchAtt(b"BODY"), False),
        (FetchAtt(b"BODY"), FetchAtt(b"BODY", Section()), False),
        (FetchAtt(b"BODY", Section((1,))), FetchAtt(b"BODY", Section((2,))), False),
        (FetchAtt(b"BODY", Section(), 0, 5), FetchAtt(b"BODY", Section(), 0), True),
        (FetchAtt(b"BODY", Section()), FetchAtt(b"BODY", Section(), 0), False),
        (
            FetchAtt(b"BODY.PEEK", Section((), b"HEADER.FIELDS", (b"From", b"Date"))),
            FetchAtt(b"BODY", Section((), b"HEADER.FIELDS", (b"DATE", b"FROM"))),
            True,
        ),
    ],
)
def test_which_item_answers_which(asked: FetchAtt, answered: FetchAtt, same: bool) -> None:
    assert asked.answered_by(answered) is same
