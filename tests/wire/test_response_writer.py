"""What the server role writes: octets typed by hand, and all that it refuses to write."""

from __future__ import annotations

import pytest

from outlookimap.errors import LocalProtocolError
from outlookimap.wire.building import Style
from outlookimap.wire.fetch import FetchAtt, Section
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.response_writer import write_response
from outlookimap.wire.responses import (
    AppendUid,
    CapabilityData,
    Code,
    CodeValue,
    Condition,
    Continuation,
    CopyUid,
    EnabledData,
    Exists,
    ExpungeData,
    FetchData,
    FetchValue,
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
from outlookimap.wire.secret import join
from outlookimap.wire.sequence import SequenceSet
from outlookimap.wire.structure import Address, Envelope, Extension, Part

OK, NO, BYE = Condition.OK, Condition.NO, Condition.BYE
PLAIN = Part(b"TEXT", b"PLAIN", ((b"CHARSET", b"US-ASCII"),), None, None, b"7BIT", 3028, 92)


def ok(code: Code | None = None, text: bytes = b"x") -> StatusResponse:
    return StatusResponse(None, OK, code, text)


def one(name: bytes, value: FetchValue, section: Section | None = None, origin: int | None = None) -> FetchData:
    return FetchData(1, ((FetchAtt(name, section, origin), value),))


def uids(*ranges: tuple[int | None, int | None]) -> SequenceSet:
    return SequenceSet(ranges)


WRITTEN: list[tuple[Response, bytes]] = [
    (ok(text=b"IMAP4rev1 server ready"), b"* OK IMAP4rev1 server ready"),
    (ok(Code(b"ALERT"), b"System shutdown in 10 minutes"), b"* OK [ALERT] System shutdown in 10 minutes"),
    (StatusResponse(b"A222", NO, None, b"COPY failed: disk is full"), b"A222 NO COPY failed: disk is full"),
    (StatusResponse(None, BYE, None, b"Autologout; idle for too long"), b"* BYE Autologout; idle for too long"),
    (StatusResponse(None, Condition.PREAUTH, None, b"hi"), b"* PREAUTH hi"),
    (ok(Code(b"UNSEEN", 12), b"Message 12 is first unseen"), b"* OK [UNSEEN 12] Message 12 is first unseen"),
    (ok(Code(b"PERMANENTFLAGS", (b"\\Deleted", b"\\Seen", b"\\*"))), b"* OK [PERMANENTFLAGS (\\Deleted \\Seen \\*)] x"),
    (ok(Code(b"PERMANENTFLAGS", ())), b"* OK [PERMANENTFLAGS ()] x"),
    (ok(Code(b"BADCHARSET", ())), b"* OK [BADCHARSET] x"),
    (ok(Code(b"BADCHARSET", (b"US-ASCII", b"a b"))), b'* OK [BADCHARSET (US-ASCII "a b")] x'),
    (ok(Code(b"CAPABILITY", (b"IMAP4rev1", b"AUTH=PLAIN"))), b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] x"),
    (
        StatusResponse(b"A003", OK, Code(b"APPENDUID", AppendUid(38505, uids((3955, 3955)))), b"APPEND completed"),
        b"A003 OK [APPENDUID 38505 3955] APPEND completed",
    ),
    (
        StatusResponse(
            b"A004", OK, Code(b"COPYUID", CopyUid(38505, uids((304, 304), (319, 320)), uids((3956, 3958)))), b"Done"
        ),
        b"A004 OK [COPYUID 38505 304,319:320 3956:3958] Done",
    ),
    (ok(Code(b"HIGHESTMODSEQ", b"715194045007")), b"* OK [HIGHESTMODSEQ 715194045007] x"),
    (ok(Code(b"USEATTR")), b"* OK [USEATTR] x"),
    (Continuation(), b"+ "),
    (Continuation(b"Ready for additional command text"), b"+ Ready for additional command text"),
    (CapabilityData((b"IMAP4", b"IMAP4rev1", b"AUTH=NTLM")), b"* CAPABILITY IMAP4 IMAP4rev1 AUTH=NTLM"),
    (EnabledData((b"CONDSTORE",)), b"* ENABLED CONDSTORE"),
    (EnabledData(()), b"* ENABLED"),
    (ListData(b"LIST", (b"\\Noselect",), b"/", b"~/Mail/foo"), b'* LIST (\\Noselect) "/" ~/Mail/foo'),
    (ListData(b"LSUB", (), None, b"INBOX"), b"* LSUB () NIL INBOX"),
    (ListData(b"XLIST", (), b"\\", b""), b'* XLIST () "\\\\" ""'),
    (ListData(b"LIST", (), b'"', b"nil"), b'* LIST () "\\"" "nil"'),
    (ListData(b"LIST", (), b"/", b"a b"), b'* LIST () "/" "a b"'),
    (ListData(b"LIST", (), b"/", b"a]b"), b'* LIST () "/" "a]b"'),
    (ListData(b"LIST", (), b"/", b'a\\"b'), b'* LIST () "/" "a\\\\\\"b"'),
    (ListData(b"LIST", (), b"/", b"a\r\n\xe9"), b'* LIST () "/" {4}\r\na\r\n\xe9'),
    (ListData(b"LIST", (), b"/", b"%" * 1025), b'* LIST () "/" {1025}\r\n' + b"%" * 1025),
    (StatusData(b"a b", ((b"MESSAGES", 231), (b"UIDNEXT", 44292))), b'* STATUS "a b" (MESSAGES 231 UIDNEXT 44292)'),
    (StatusData(b"NIL", ()), b'* STATUS "NIL" ()'),
    (SearchData((2, 3, 6)), b"* SEARCH 2 3 6"),
    (SearchData(), b"* SEARCH"),
    (FlagsData((b"\\Seen", b"$MDNSent")), b"* FLAGS (\\Seen $MDNSent)"),
    (Exists(23), b"* 23 EXISTS"),
    (Recent(0), b"* 0 RECENT"),
    (ExpungeData(44), b"* 44 EXPUNGE"),
    (NamespaceData(((b"", b"/"), (b"#mh/", None))), b'* NAMESPACE (("" "/")("#mh/" NIL)) NIL NIL'),
    (IdData(None), b"* ID NIL"),
    (IdData(((b"name", b"x"), (b"os", None))), b'* ID ("name" "x" "os" NIL)'),
    (IdData(()), b"* ID ()"),
    (UnknownData(b"XPIG-LATIN ow-nay"), b"* XPIG-LATIN ow-nay"),
    (UnknownData(b"X {3}\r\na\r\n y"), b"* X {3}\r\na\r\n y"),
    (
        FetchData(23, ((FetchAtt(b"FLAGS"), (b"\\Seen", b"\\Recent")), (FetchAtt(b"RFC822.SIZE"), 44827))),
        b"* 23 FETCH (FLAGS (\\Seen \\Recent) RFC822.SIZE 44827)",
    ),
    (one(b"UID", 4294967295), b"* 1 FETCH (UID 4294967295)"),
    (
        one(b"INTERNALDATE", b"17-Jul-1996 02:44:25 -0700"),
        b'* 1 FETCH (INTERNALDATE "17-Jul-1996 02:44:25 -0700")',
    ),
    (one(b"BODY", b"abc", Section()), b"* 1 FETCH (BODY[] {3}\r\nabc)"),
    (one(b"BODY", b"", Section(), 5), b"* 1 FETCH (BODY[]<5> {0}\r\n)"),
    (one(b"BODY", None, Section((1, 2), b"MIME")), b"* 1 FETCH (BODY[1.2.MIME] NIL)"),
    (
        one(b"BODY", b"\r\n", Section((), b"HEADER.FIELDS", (b"DATE", b"FROM"))),
        b"* 1 FETCH (BODY[HEADER.FIELDS (DATE FROM)] {2}\r\n\r\n)",
    ),
    (one(b"RFC822", b"a\xe9"), b"* 1 FETCH (RFC822 {2}\r\na\xe9)"),
    (one(b"RFC822.HEADER", None), b"* 1 FETCH (RFC822.HEADER NIL)"),
    (one(b"RFC822.TEXT", b"x"), b"* 1 FETCH (RFC822.TEXT {1}\r\nx)"),
    (
        one(b"ENVELOPE", Envelope(subject=b"s", from_=(Address(None, None, b"a", b"b\r\n"),))),
        b'* 1 FETCH (ENVELOPE (NIL "s" ((NIL NIL "a" {3}\r\nb\r\n)) NIL NIL NIL NIL NIL NIL NIL))',
    ),
    (
        one(b"BODY", PLAIN),
        b'* 1 FETCH (BODY ("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 3028 92))',
    ),
    (one(b"MODSEQ", b"(12)"), b"* 1 FETCH (MODSEQ (12))"),
    (one(b"BINARY[1.2]<0>", b"~{2}\r\na\x01"), b"* 1 FETCH (BINARY[1.2]<0> ~{2}\r\na\x01)"),
]


@pytest.mark.cites("O5:2.1.3", "O5:V0012", "O5:V0017")
@pytest.mark.parametrize(("response", "octets"), WRITTEN)
def test_a_response_is_written_like_this(response: Response, octets: bytes) -> None:
    pieces = write_response(response)
    assert join(pieces) == octets + b"\r\n"
    assert not any(secret for _, secret in pieces)


def test_the_style_chooses_between_the_spellings() -> None:
    response = ListData(b"LIST", (), b"/", b"INBOX")
    assert join(write_response(response, Style(quote_always=True))) == b'* LIST () "/" "INBOX"\r\n'
    quoted_never = Style(quote_always=True, quoted_limit=0, literal_plus=True)
    assert join(write_response(response, quoted_never)) == b'* LIST () "/" {5}\r\nINBOX\r\n'


@pytest.mark.cites("X10:V0009", "X10:V0030", "X10:V0033")
def test_the_style_makes_names_with_certain_octets_literals() -> None:
    style = Style(literal_for=b'\\"')
    names = {
        b"a\\b": b"{3}\r\na\\b",
        b'"': b'{1}\r\n"',
        b"(]%": b'"(]%"',
        b"ab": b"ab",
    }
    for name, written in names.items():
        for kind in (b"LIST", b"LSUB", b"XLIST"):
            response = ListData(kind, (), b"/", name)
            assert join(write_response(response, style)) == b"* " + kind + b' () "/" ' + written + b"\r\n"
        assert join(write_response(StatusData(name, ()), style)) == b"* STATUS " + written + b" ()\r\n"


def test_a_large_literal_is_a_piece_of_its_own_and_not_copied() -> None:
    message = bytes([65]) * 100_000
    pieces = write_response(one(b"BODY", message, Section()))
    assert [octets for octets, _ in pieces if octets is message] == [message]


def test_leniencies_of_a_value_that_was_read_are_not_written() -> None:
    response = Exists(5, leniencies=(Leniency.TRAILING_SPACE,))
    assert join(write_response(response)) == b"* 5 EXISTS\r\n"


WRONG_CODES: list[tuple[bytes, CodeValue]] = [
    (b"ALERT", b"x"),
    (b"UIDNEXT", None),
    (b"UIDNEXT", 0),
    (b"UIDNEXT", 1 << 32),
    (b"UIDVALIDITY", b"5"),
    (b"PERMANENTFLAGS", None),
    (b"PERMANENTFLAGS", (b"\\Recent",)),
    (b"PERMANENTFLAGS", (b"a b",)),
    (b"BADCHARSET", None),
    (b"BADCHARSET", (b"\0",)),
    (b"CAPABILITY", None),
    (b"CAPABILITY", ()),
    (b"CAPABILITY", (b"AUTH=",)),
    (b"APPENDUID", b"1 2"),
    (b"APPENDUID", AppendUid(0, uids((1, 1)))),
    (b"APPENDUID", AppendUid(1, uids((1, None)))),
    (b"COPYUID", b"14  "),
    (b"COPYUID", CopyUid(1, uids((1, 1)), uids((None, None)))),
    (b"X", b""),
    (b"X", b"a]b"),
    (b"X", b"a\r\nb"),
    (b"X", b"\xe9"),
    (b"X", 5),
    (b"X Y", None),
    (b"", None),
    (b"X]", None),
]


@pytest.mark.cites("O5:2.1.3")
@pytest.mark.parametrize(("name", "value"), WRONG_CODES)
def test_a_code_the_grammar_has_no_form_for_is_refused(name: bytes, value: CodeValue) -> None:
    with pytest.raises(LocalProtocolError):
        write_response(ok(Code(name, value)))


REFUSED: list[Response] = [
    Response(),
    ok(text=b""),
    ok(text=b"a\r\nb"),
    ok(text=b"a\nb"),
    ok(text=b"a\0b"),
    ok(text=b"gr\xc3\xbc\xc3\x9f"),
    ok(text=b"[ALERT] x"),
    ok(text=b" [ALERT] x"),
    ok(Code(b"ALERT"), b""),
    StatusResponse(b"", OK, None, b"x"),
    StatusResponse(b"a b", OK, None, b"x"),
    StatusResponse(b"a+", OK, None, b"x"),
    StatusResponse(b"*", OK, None, b"x"),
    StatusResponse(b"a", BYE, None, b"x"),
    StatusResponse(b"a", Condition.PREAUTH, None, b"x"),
    Continuation(b" x"),
    Continuation(b"a\r\nb"),
    Continuation(b"\xe9"),
    CapabilityData(()),
    CapabilityData((b"a b",)),
    CapabilityData((b"AUTH=",)),
    CapabilityData((b"",)),
    EnabledData((b"a\r\n",)),
    ListData(b"FIND", (), b"/", b"x"),
    ListData(b"LIST", (b"Noselect",), b"/", b"x"),
    ListData(b"LIST", (b"\\*",), b"/", b"x"),
    ListData(b"LIST", (b"\\a b",), b"/", b"x"),
    ListData(b"LIST", (b"\\Noselect", b"\\marked"), b"/", b"x"),
    ListData(b"LIST", (), b"", b"x"),
    ListData(b"LIST", (), b"//", b"x"),
    ListData(b"LIST", (), b"\xe9", b"x"),
    ListData(b"LIST", (), b"\n", b"x"),
    ListData(b"LIST", (), b"/", b"a\0"),
    StatusData(b"x", ((b"A B", 1),)),
    StatusData(b"x", ((b"A", -1),)),
    StatusData(b"x", ((b"A", 1 << 32),)),
    SearchData((0,)),
    SearchData((1 << 32,)),
    FlagsData((b"\\Recent",)),
    FlagsData((b"\\*",)),
    FlagsData((b"a b",)),
    Exists(-1),
    Recent(1 << 32),
    ExpungeData(0),
    NamespaceData(((b"", b"ab"),)),
    NamespaceData(((b"\0", b"/"),)),
    IdData(tuple((b"%d" % number, None) for number in range(31))),
    IdData(((b"a", None), (b"A", None))),
    IdData(((b"a" * 31, None),)),
    IdData(((b"a", b"b" * 1025),)),
    UnknownData(b""),
    UnknownData(b"OK x"),
    UnknownData(b"5 EXISTS"),
    UnknownData(b"[ALERT] x"),
    UnknownData(b" x"),
    UnknownData(b"X\r\n* 5 EXISTS"),
    UnknownData(b"X\r\n"),
    UnknownData(b"X {3}\r\nab"),
    UnknownData(b"X {3}"),
    UnknownData(b"X {03}\r\nabc"),
    UnknownData(b"X {1}\r\n\0"),
    UnknownData(b"X \xe9"),
    FetchData(0, ((FetchAtt(b"UID"), 1),)),
    FetchData(1 << 32, ((FetchAtt(b"UID"), 1),)),
    FetchData(1, ()),
    FetchData(1, ((FetchAtt(b"UID"), 1), (FetchAtt(b"UID"), 1))),
    FetchData(1, ((FetchAtt(b"BODY", Section(), 0, 5), b"x"),)),
    one(b"BODY.PEEK", b"x", Section()),
    one(b"BODY", b"a\0", Section()),
    one(b"BODY", 5, Section()),
    one(b"BODY", b"x", Section(), 1 << 32),
    one(b"BODY", b"x", Section((1 << 32,))),
    one(b"BODY", b"x"),
    one(b"BODY", Part(b"IMAGE", b"PNG", extension=Extension())),
    one(b"BODYSTRUCTURE", None),
    one(b"ENVELOPE", None),
    one(b"UID", 0),
    one(b"UID", None),
    one(b"RFC822.SIZE", -1),
    one(b"RFC822.SIZE", b"5"),
    one(b"RFC822.PEEK", b"NIL"),
    one(b"RFC822", ()),
    one(b"FLAGS", None),
    one(b"FLAGS", (b"\\*",)),
    one(b"FLAGS", (b"a b",)),
    one(b"INTERNALDATE", None),
    one(b"INTERNALDATE", b"1-Jul-1996 02:44:25 -0700"),
    one(b"INTERNALDATE", b"00-Jan-0000 00:00:00 +0000"),
    one(b"MODSEQ", None),
    one(b"MODSEQ", b""),
    one(b"MODSEQ", b"(12"),
    one(b"MODSEQ", b"12 UID 5"),
    one(b"MODSEQ", b"12\r\n"),
    one(b"MODSEQ", b"\xe9"),
    one(b"BODY.PEEK[]", b"x"),
    one(b"lower", b"x"),
    one(b"A B", b"x"),
    one(b"", b"x"),
]


@pytest.mark.cites("O5:2.1.3", "O5:2.1.4")
@pytest.mark.parametrize("response", REFUSED, ids=repr)
def test_what_the_grammar_forbids_is_refused(response: Response) -> None:
    with pytest.raises(LocalProtocolError):
        write_response(response)
