"""What real servers were seen to send and Outlook must survive: each is read, and each departure has its name."""

from __future__ import annotations

import pytest

from outlookimap.wire.fetch import FetchAtt, Section
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.limits import Limits
from outlookimap.wire.response_reader import ResponseReader
from outlookimap.wire.responses import (
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
    Response,
    SearchData,
    StatusData,
    StatusResponse,
    UnknownData,
)
from outlookimap.wire.sequence import SequenceSet
from outlookimap.wire.structure import Disposition, Extension, Part

OK, NO = Condition.OK, Condition.NO
BODY = FetchAtt(b"BODY", Section())
UID = FetchAtt(b"UID")
FLAGS = FetchAtt(b"FLAGS")
INTERNALDATE = FetchAtt(b"INTERNALDATE")


def status(text: bytes, code: Code | None = None, tag: bytes | None = None) -> StatusResponse:
    return StatusResponse(tag, OK, code, text)


def fetch(*items: tuple[FetchAtt, object]) -> FetchData:
    return FetchData(1, items)  # type: ignore[arg-type]


def inbox(delimiter: bytes | None, name: bytes = b"INBOX") -> ListData:
    return ListData(b"LIST", (), delimiter, name)


COPYUID = Code(b"COPYUID", CopyUid(55, SequenceSet.of(31), SequenceSet.of(6)))
PLAIN = Part(b"TEXT", b"PLAIN", (), None, None, b"7BIT", 3, 1)
INLINE = Part(b"TEXT", b"PLAIN", (), None, None, b"7BIT", 3, 1, extension=Extension(disposition=Disposition(b"inline")))

Case = tuple[str, bytes, list[Response], list[set[str]]]

SEEN: list[Case] = [
    ("greeting", b"* OK ready\r\n", [status(b"ready")], [set()]),
    (
        "greeting with CAPABILITY",
        b"* OK [CAPABILITY IMAP4rev1] ready\r\n",
        [status(b"ready", Code(b"CAPABILITY", (b"IMAP4REV1",)))],
        [set()],
    ),
    ("+ with nothing after it", b"+\r\n", [Continuation()], [{"BARE_CONTINUATION"}]),
    ("+ with one space", b"+ \r\n", [Continuation()], [set()]),
    ("tag OK without text", b"a OK\r\n", [status(b"", tag=b"a")], [{"MISSING_TEXT"}]),
    ("tag OK with a space and no text", b"a OK \r\n", [status(b"", tag=b"a")], [{"MISSING_TEXT"}]),
    ("two spaces", b"*  5  EXISTS\r\n", [Exists(5)], [{"EXTRA_SPACE"}]),
    (
        "two spaces in FETCH",
        b"* 1 FETCH  (UID  7  FLAGS ())\r\n",
        [fetch((UID, 7), (FLAGS, ()))],
        [{"EXTRA_SPACE"}],
    ),
    (
        "two spaces before a code",
        b"a  OK  [ALERT] x\r\n",
        [status(b"x", Code(b"ALERT"), b"a")],
        [{"EXTRA_SPACE"}],
    ),
    (
        "EXPUNGED of GNU imap4d",
        b"* 2 EXPUNGED\r\n* 2 EXPUNGE\r\n* 4 EXISTS\r\n",
        [ExpungeData(2), ExpungeData(2), Exists(4)],
        [{"EXPUNGED"}, set(), set()],
    ),
    ("trailing space in EXISTS", b"* 5 EXISTS \r\n", [Exists(5)], [{"TRAILING_SPACE"}]),
    (
        "trailing space in STATUS",
        b'* STATUS "INBOX" (MESSAGES 4 UNSEEN 1) \r\n',
        [StatusData(b"INBOX", ((b"MESSAGES", 4), (b"UNSEEN", 1)))],
        [{"TRAILING_SPACE"}],
    ),
    (
        "INTERNALDATE, FLAGS, UID after the literal",
        b'* 1 FETCH (BODY[] {3}\r\nabc INTERNALDATE "17-Jul-1996 02:44:25 -0700" FLAGS (\\Seen) UID 7)\r\n',
        [fetch((BODY, b"abc"), (INTERNALDATE, b"17-Jul-1996 02:44:25 -0700"), (FLAGS, (b"\\Seen",)), (UID, 7))],
        [set()],
    ),
    (
        "EXISTS between FETCHes and before +",
        b"* 1 FETCH (UID 7)\r\n* 5 EXISTS\r\n* 1 FETCH (UID 8)\r\n* 6 EXISTS\r\n+ go\r\n",
        [fetch((UID, 7)), Exists(5), fetch((UID, 8)), Exists(6), Continuation(b"go")],
        [set()] * 5,
    ),
    ("FETCH without UID", b"* 1 FETCH (FLAGS (\\Seen))\r\n", [fetch((FLAGS, (b"\\Seen",)))], [set()]),
    (
        "FLAGS twice, before the body",
        b"* 1 FETCH (FLAGS () FLAGS (\\Seen) BODY[] {1}\r\nx)\r\n",
        [fetch((FLAGS, ()), (FLAGS, (b"\\Seen",)), (BODY, b"x"))],
        [{"REPEATED_ITEM"}],
    ),
    (
        "FLAGS twice, after the body",
        b"* 1 FETCH (FLAGS () BODY[] {1}\r\nx FLAGS (\\Seen))\r\n",
        [fetch((FLAGS, ()), (BODY, b"x"), (FLAGS, (b"\\Seen",)))],
        [{"REPEATED_ITEM"}],
    ),
    (
        "single-digit day with a space",
        b'* 1 FETCH (INTERNALDATE " 1-Jul-1996 02:44:25 -0700")\r\n',
        [fetch((INTERNALDATE, b" 1-Jul-1996 02:44:25 -0700"))],
        [set()],
    ),
    (
        "single-digit day without one",
        b'* 1 FETCH (INTERNALDATE "1-Jul-1996 02:44:25 -0700")\r\n',
        [fetch((INTERNALDATE, b"1-Jul-1996 02:44:25 -0700"))],
        [{"INVALID_DATE"}],
    ),
    (
        "00-Jan-0000",
        b'* 1 FETCH (INTERNALDATE "00-Jan-0000 00:00:00 +0000")\r\n',
        [fetch((INTERNALDATE, b"00-Jan-0000 00:00:00 +0000"))],
        [{"INVALID_DATE"}],
    ),
    ('"." INBOX', b'* LIST () "." INBOX\r\n', [inbox(b".")], [set()]),
    ("NIL INBOX", b"* LIST () NIL INBOX\r\n", [inbox(None)], [set()]),
    ("a literal name", b'* LIST () "/" {5}\r\nINBOX\r\n', [inbox(b"/")], [set()]),
    ("a quoted name", b'* LIST () "/" "INBOX"\r\n', [inbox(b"/")], [set()]),
    ("a name with a space", b'* LIST () "/" Sent Items\r\n', [inbox(b"/", b"Sent Items")], [{"LOOSE_NAME"}]),
    ("a name with parentheses", b'* LIST () "/" a(b) {c\r\n', [inbox(b"/", b"a(b) {c")], [{"LOOSE_NAME"}]),
    (
        "a name with a control character",
        b'* LIST () "/" a\x01b\r\n',
        [inbox(b"/", b"a\x01b")],
        [{"LOOSE_NAME"}],
    ),
    ("a name with a wildcard", b'* LIST () "/" 100%\r\n', [inbox(b"/", b"100%")], [{"LOOSE_NAME"}]),
    (
        "NO where BAD is due",
        b"a NO Error in IMAP command\r\n",
        [StatusResponse(b"a", NO, None, b"Error in IMAP command")],
        [set()],
    ),
    (
        "FETCH despite .SILENT",
        b"* 1 FETCH (FLAGS (\\Seen))\r\na OK Completed\r\n",
        [fetch((FLAGS, (b"\\Seen",))), status(b"Completed", tag=b"a")],
        [set(), set()],
    ),
    (
        "items in another order",
        b"* 1 FETCH (RFC822.SIZE 5 FLAGS () UID 7)\r\n",
        [fetch((FetchAtt(b"RFC822.SIZE"), 5), (FLAGS, ()), (UID, 7))],
        [set()],
    ),
    (
        "XLIST answered with LIST",
        b'* LIST (\\HasNoChildren \\Sent) "/" Sent\r\n',
        [ListData(b"LIST", (b"\\HasNoChildren", b"\\Sent"), b"/", b"Sent")],
        [set()],
    ),
    (
        "nothing for UID FETCH 999:*",
        b"a OK FETCH completed.\r\n",
        [status(b"FETCH completed.", tag=b"a")],
        [set()],
    ),
    (
        "{012}",
        b"* 1 FETCH (BODY[] {012}\r\n123456789012)\r\n",
        [fetch((BODY, b"123456789012"))],
        [{"LITERAL_LEADING_ZERO"}],
    ),
    ("LF without CR", b"* 5 EXISTS\n", [Exists(5)], [{"BARE_LF"}]),
    ("LF without CR after a literal", b"* 1 FETCH (BODY[] {1}\nx)\n", [fetch((BODY, b"x"))], [{"BARE_LF"}]),
    (
        "a blank line inside, after a literal",
        b"* 1 FETCH (BODY[] {3}\r\nabc\r\n\r\n UID 7)\r\n",
        [fetch((BODY, b"abc"), (UID, 7))],
        [{"BLANK_LINE"}],
    ),
    (
        "a blank line after the response",
        b"* 1 FETCH (BODY[] {3}\r\nabc)\r\n\r\na OK x\r\n",
        [fetch((BODY, b"abc")), UnknownData(b""), status(b"x", tag=b"a")],
        [set(), {"BLANK_LINE"}, set()],
    ),
    ("COPYUID on its own", b"[COPYUID 55 31 6]\r\n", [status(b"", COPYUID)], [{"BARE_CODE"}]),
    ("COPYUID without OK", b"* [COPYUID 55 31 6] moved\r\n", [status(b"moved", COPYUID)], [{"BARE_CODE"}]),
    (
        "COPYUID of nothing",
        b"* OK [COPYUID 14  ]\r\n",
        [status(b"", Code(b"COPYUID", b"14  "))],
        [{"MALFORMED_CODE", "MISSING_TEXT"}],
    ),
    (
        '"inline" NIL',
        b'* 1 FETCH (BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 3 1 NIL "inline" NIL NIL NIL))\r\n',
        [fetch((FetchAtt(b"BODYSTRUCTURE"), INLINE))],
        [{"LOOSE_BODY"}],
    ),
    (
        "an 8-bit name",
        b'* LIST () "/" "Entw\xc3\xbcrfe"\r\n',
        [inbox(b"/", b"Entw\xc3\xbcrfe")],
        [{"EIGHT_BIT"}],
    ),
    (
        "an 8-bit name without quotes",
        b'* LIST () "/" Entw\xfcrfe\r\n',
        [inbox(b"/", b"Entw\xfcrfe")],
        [{"EIGHT_BIT", "LOOSE_NAME"}],
    ),
    (
        '[Error="..." ...]',
        b'a NO [Error="[x] failed" AuthResultFromPopImapEnd=0] LOGIN failed.\r\n',
        [StatusResponse(b"a", NO, Code(b"ERROR", b'="[x] failed" AuthResultFromPopImapEnd=0'), b"LOGIN failed.")],
        [{"MALFORMED_CODE"}],
    ),
    (
        "capabilities in lower case",
        b"* CAPABILITY imap4rev1 idle\r\n",
        [CapabilityData((b"IMAP4REV1", b"IDLE"))],
        [set()],
    ),
    (
        "AUTH= DIGEST-MD5",
        b"* CAPABILITY IMAP4rev1 AUTH= DIGEST-MD5 IDLE\r\n",
        [CapabilityData((b"IMAP4REV1", b"AUTH=DIGEST-MD5", b"IDLE"))],
        [{"SPLIT_AUTH"}],
    ),
]
"""In the order they were written down; name, stream, values, and the leniencies of each value."""

BESIDES: list[Case] = [
    ("unescaped delimiter", b'* LIST () "\\" "a b"\r\n', [inbox(b"\\", b"a b")], [{"LOOSE_QUOTED"}]),
    ("delimiter without quotes", b"* LIST () / INBOX\r\n", [inbox(b"/")], [{"LOOSE_DELIMITER"}]),
    ("empty delimiter", b'* LIST () "" INBOX\r\n', [inbox(None)], [{"LOOSE_DELIMITER"}]),
    ("literal delimiter", b"* LIST () {1}\r\n/ INBOX\r\n", [inbox(b"/")], [{"LOOSE_DELIMITER"}]),
    ("NIL as a name", b'* LIST () "/" nil\r\n', [inbox(b"/", b"nil")], [{"NIL_NAME"}]),
    ("name with trailing spaces", b'* LIST () "/" INBOX  \r\n', [inbox(b"/")], [{"TRAILING_SPACE"}]),
    (
        "loose name with trailing spaces",
        b'* LIST () "/" a b \r\n',
        [inbox(b"/", b"a b")],
        [{"LOOSE_NAME", "TRAILING_SPACE"}],
    ),
    ("quotes in quotes", b'* LIST () "/" "a"b"\r\n', [inbox(b"/", b'a"b')], [{"LOOSE_QUOTED"}]),
    ("quotes that never end", b'* LIST () "/" "a b\r\n', [inbox(b"/", b"a b")], [{"LOOSE_QUOTED"}]),
    ("backslash at the end of a name", b'* LIST () "/" "a\\"\r\n', [inbox(b"/", b"a\\")], [{"LOOSE_QUOTED"}]),
    ("backslash in a name", b'* LIST () "/" "a\\b"\r\n', [inbox(b"/", b"a\\b")], [{"LOOSE_QUOTED"}]),
    (
        "data of RFC 5258",
        b'* LIST () "/" "x" ("CHILDINFO" ("SUBSCRIBED"))\r\n',
        [inbox(b"/", b"x")],
        [{"EXTENSION_DROPPED"}],
    ),
    ("no data of RFC 5258", b'* LIST () "/" x ()\r\n', [inbox(b"/", b"x")], [{"EXTENSION_DROPPED"}]),
    (
        "a name that looks like data of RFC 5258",
        b'* LIST () "/" x (old)\r\n',
        [inbox(b"/", b"x (old)")],
        [{"LOOSE_NAME"}],
    ),
    (
        "attribute without backslash",
        b'* LIST (Noselect) "/" x\r\n',
        [ListData(b"LIST", (b"Noselect",), b"/", b"x")],
        [{"LOOSE_FLAG"}],
    ),
    ("no space before a list", b'* LIST() "/" x\r\n', [inbox(b"/", b"x")], [{"MISSING_SPACE"}]),
    ("TAB", b'* LIST\t()\t"/" x\r\n', [inbox(b"/", b"x")], [{"TAB"}]),
    (
        "STATUS of a loose name",
        b"* STATUS a (b) (MESSAGES 1 )\r\n",
        [StatusData(b"a (b)", ((b"MESSAGES", 1),))],
        [{"EXTRA_SPACE", "LOOSE_NAME"}],
    ),
    (
        "STATUS of a name with a space",
        b"* STATUS a b (MESSAGES 1)\r\n",
        [StatusData(b"a b", ((b"MESSAGES", 1),))],
        [{"LOOSE_NAME"}],
    ),
    ("STATUS of NIL", b"* STATUS NIL ()\r\n", [StatusData(b"NIL", ())], [{"NIL_NAME"}]),
    (
        "STATUS without a space",
        b"* STATUS x(MESSAGES 1)\r\n",
        [StatusData(b"x", ((b"MESSAGES", 1),))],
        [{"MISSING_SPACE"}],
    ),
    ("STATUS of broken quotes", b'* STATUS "a"b" ()\r\n', [StatusData(b'a"b', ())], [{"LOOSE_QUOTED"}]),
    (
        "STATUS items of extensions",
        b"* STATUS x (MAILBOXID (F1) HIGHESTMODSEQ 8589934592)\r\n",
        [StatusData(b"x", ((b"HIGHESTMODSEQ", 8589934592),))],
        [{"EXTENSION_DROPPED", "NUMBER_RANGE"}],
    ),
    ("SEARCH with a trailing space", b"* SEARCH \r\n", [SearchData()], [{"TRAILING_SPACE"}]),
    (
        "SEARCH with two spaces",
        b"* SEARCH  1  2 \r\n",
        [SearchData((1, 2))],
        [{"EXTRA_SPACE", "TRAILING_SPACE"}],
    ),
    ("SEARCH with MODSEQ", b"* SEARCH 1 (MODSEQ 5)\r\n", [SearchData((1,))], [{"EXTENSION_DROPPED"}]),
    ("SEARCH of 0", b"* SEARCH 0\r\n", [SearchData((0,))], [{"NUMBER_RANGE"}]),
    ("EXPUNGE of 0", b"* 0 EXPUNGE\r\n", [ExpungeData(0)], [{"NUMBER_RANGE"}]),
    ("UID 0", b"* 1 FETCH (UID 0)\r\n", [fetch((UID, 0))], [{"NUMBER_RANGE"}]),
    ("UID above 32 bits", b"* 1 FETCH (UID 4294967296)\r\n", [fetch((UID, 4294967296))], [{"NUMBER_RANGE"}]),
    ("FETCH of nothing", b"* 1 FETCH ()\r\n", [fetch()], [{"MISSING_FIELD"}]),
    (
        "FETCH without spaces",
        b"* 1 FETCH(BODY[]{1}\r\nxUID 7FLAGS())\r\n",
        [fetch((BODY, b"x"), (UID, 7), (FLAGS, ()))],
        [{"MISSING_SPACE"}],
    ),
    (
        "FETCH with spaces inside",
        b"* 1 FETCH ( UID 7 ) \r\n",
        [fetch((UID, 7))],
        [{"EXTRA_SPACE", "TRAILING_SPACE"}],
    ),
    (
        "FLAGS without parentheses",
        b"* FLAGS \\Seen \\Draft \r\n",
        [FlagsData((b"\\Seen", b"\\Draft"))],
        [{"TRAILING_SPACE", "UNPARENTHESIZED"}],
    ),
    (
        "FLAGS of FETCH without parentheses",
        b"* 1 FETCH (FLAGS \\Seen UID 7)\r\n",
        [fetch((FLAGS, (b"\\Seen",)), (UID, 7))],
        [{"UNPARENTHESIZED"}],
    ),
    (
        "attributes without parentheses",
        b'* LIST \\Noselect "/" x\r\n',
        [ListData(b"LIST", (b"\\Noselect",), b"/", b"x")],
        [{"UNPARENTHESIZED"}],
    ),
    ("FLAGS with odd characters", b"* FLAGS (a%b [x])\r\n", [FlagsData((b"a%b", b"[x]"))], [{"LOOSE_FLAG"}]),
    (
        "non-synchronizing literal",
        b"* 1 FETCH (BODY[] {1+}\r\nx)\r\n",
        [fetch((BODY, b"x"))],
        [{"LITERAL_PLUS"}],
    ),
    (
        "INTERNALDATE NIL",
        b"* 1 FETCH (INTERNALDATE NIL)\r\n",
        [fetch((INTERNALDATE, None))],
        [{"INVALID_DATE"}],
    ),
    (
        "BODY[]<0>",
        b"* 1 FETCH (BODY[]<0> {1}\r\nx)\r\n",
        [fetch((FetchAtt(b"BODY", Section(), 0), b"x"))],
        [set()],
    ),
    (
        "unreadable structure",
        b"* 1 FETCH (BODY NIL UID 7)\r\n",
        [fetch((FetchAtt(b"BODY"), b"NIL"), (UID, 7))],
        [{"LOOSE_BODY"}],
    ),
    (
        "extension data in BODY",
        b'* 1 FETCH (BODY ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 3 1 NIL ("inline" NIL) NIL NIL))\r\n',
        [fetch((FetchAtt(b"BODY"), INLINE))],
        [{"LOOSE_BODY"}],
    ),
    ("+ without a space", b"+idling\r\n", [Continuation(b"idling")], [{"MISSING_SPACE"}]),
    ("+ with two spaces", b"+  idling\r\n", [Continuation(b"idling")], [{"EXTRA_SPACE"}]),
    (
        "code without a space after it",
        b"* OK [ALERT]x\r\n",
        [status(b"x", Code(b"ALERT"))],
        [{"MISSING_SPACE"}],
    ),
    (
        "code without a space before it",
        b"* OK[ALERT] x\r\n",
        [status(b"x", Code(b"ALERT"))],
        [{"MISSING_SPACE"}],
    ),
    ("code without text", b"* OK [ALERT]\r\n", [status(b"", Code(b"ALERT"))], [{"MISSING_TEXT"}]),
    ("code after a TAB", b"* OK\t[ALERT]\tx\r\n", [status(b"x", Code(b"ALERT"))], [{"TAB"}]),
    ("code never closed", b"* OK [ALERT x\r\n", [status(b"[ALERT x")], [{"MALFORMED_CODE"}]),
    ("code without a name", b"* OK [] x\r\n", [status(b"[] x")], [{"MALFORMED_CODE"}]),
    (
        "code with an argument it has not",
        b"* OK [ALERT x] y\r\n",
        [status(b"y", Code(b"ALERT", b"x"))],
        [{"MALFORMED_CODE"}],
    ),
    (
        "code without its argument",
        b"* OK [UIDNEXT] y\r\n",
        [status(b"y", Code(b"UIDNEXT"))],
        [{"MALFORMED_CODE"}],
    ),
    (
        "code with a word for its argument",
        b"* OK [UIDNEXT x] y\r\n",
        [status(b"y", Code(b"UIDNEXT", b"x"))],
        [{"MALFORMED_CODE"}],
    ),
    (
        "code with spaces before the bracket",
        b"* OK [UIDNEXT 5 ] y\r\n",
        [status(b"y", Code(b"UIDNEXT", 5))],
        [{"EXTRA_SPACE"}],
    ),
    (
        "UIDVALIDITY 0",
        b"* OK [UIDVALIDITY 0] y\r\n",
        [status(b"y", Code(b"UIDVALIDITY", 0))],
        [{"NUMBER_RANGE"}],
    ),
    (
        "COPYUID of *",
        b"* OK [COPYUID 1 1:* 2] y\r\n",
        [status(b"y", Code(b"COPYUID", b"1 1:* 2"))],
        [{"MALFORMED_CODE"}],
    ),
    (
        "bracket in quotes in a code",
        b'* OK [X "a]b"] y\r\n',
        [status(b"y", Code(b"X", b'"a]b"'))],
        [{"MALFORMED_CODE"}],
    ),
    (
        "literal in a code",
        b"* OK [X {3}\r\na]b] y\r\n",
        [status(b"y", Code(b"X", b"{3}\r\na]b"))],
        [{"MALFORMED_CODE"}],
    ),
    (
        "literal in a broken code",
        b"* OK [X=1 {3}\r\na]b] y\r\n",
        [status(b"y", Code(b"X=1", b"{3}\r\na]b"))],
        [{"MALFORMED_CODE"}],
    ),
    (
        "BADCHARSET of nothing",
        b"* NO [BADCHARSET ()] y\r\n",
        [StatusResponse(None, NO, Code(b"BADCHARSET", ()), b"y")],
        [{"MALFORMED_CODE"}],
    ),
    (
        "CAPABILITY code of nothing",
        b"* OK [CAPABILITY] y\r\n",
        [status(b"y", Code(b"CAPABILITY"))],
        [{"MALFORMED_CODE"}],
    ),
    (
        "CAPABILITY code with a split AUTH= and a space before the bracket",
        b"* OK [CAPABILITY auth= NTLM AUTH= AUTH= ] y\r\n",
        [status(b"y", Code(b"CAPABILITY", (b"AUTH=NTLM", b"AUTH=", b"AUTH=")))],
        [{"EXTRA_SPACE", "SPLIT_AUTH"}],
    ),
    (
        "AUTH= at the end",
        b"* CAPABILITY AUTH= AUTH=NTLM AUTH=\r\n",
        [CapabilityData((b"AUTH=", b"AUTH=NTLM", b"AUTH="))],
        [set()],
    ),
    (
        "capability with odd characters",
        b'* CAPABILITY "X"\r\n',
        [CapabilityData((b'"X"',))],
        [{"LOOSE_FLAG"}],
    ),
    ("ENABLED with a trailing space", b"* ENABLED X \r\n", [EnabledData((b"X",))], [{"TRAILING_SPACE"}]),
    (
        "NAMESPACE with extensions",
        b'* NAMESPACE (("" "/")("#mh/" "/" "X-PARAM" ("FLAG1" "FLAG2"))) NIL NIL\r\n',
        [NamespaceData(((b"", b"/"), (b"#mh/", b"/")))],
        [{"EXTENSION_DROPPED"}],
    ),
    (
        "NAMESPACE with two spaces",
        b'* NAMESPACE (("INBOX." ".")) NIL  NIL\r\n',
        [NamespaceData(((b"INBOX.", b"."),))],
        [{"EXTRA_SPACE"}],
    ),
    (
        "NAMESPACE with spaces between",
        b'* NAMESPACE (("a" NIL) ("b" NIL)) NIL NIL\r\n',
        [NamespaceData(((b"a", None), (b"b", None)))],
        [{"EXTRA_SPACE"}],
    ),
    (
        "NAMESPACE of one",
        b'* NAMESPACE (("" "\\"))\r\n',
        [NamespaceData(((b"", b"\\"),))],
        [{"LOOSE_QUOTED", "MISSING_FIELD"}],
    ),
    ("NAMESPACE of an empty list", b"* NAMESPACE () NIL NIL\r\n", [NamespaceData()], [{"MISSING_FIELD"}]),
    ("ID of an odd number", b'* ID ("a")\r\n', [IdData(((b"a", None),))], [{"MISSING_FIELD"}]),
    ("ID of NIL", b'* ID (NIL "a")\r\n', [IdData(((b"", b"a"),))], [{"NIL_NAME"}]),
    ("NUL", b"* OK a\0b\r\n", [status(b"a\0b")], [{"NUL"}]),
    ("CR in a text", b"* OK a\rb\r\n", [status(b"a\rb")], [{"BARE_CR"}]),
    ("8-bit text", b"* OK gr\xc3\xbc\xc3\x9f\r\n", [status(b"gr\xc3\xbc\xc3\x9f")], [{"EIGHT_BIT"}]),
    (
        "blank lines",
        b"\r\n \t\r\n\n",
        [UnknownData(b"")] * 3,
        [{"BLANK_LINE"}, {"BLANK_LINE"}, {"BARE_LF", "BLANK_LINE"}],
    ),
]


@pytest.mark.cites("O5:2.1.3", "O5:2.1.4", "O5:V0017")
@pytest.mark.parametrize(
    ("stream", "responses", "leniencies"), [case[1:] for case in SEEN], ids=[case[0] for case in SEEN]
)
def test_what_was_seen_is_read_and_named(stream: bytes, responses: list[Response], leniencies: list[set[str]]) -> None:
    _check(stream, responses, leniencies)


@pytest.mark.cites("O5:2.1.3", "O5:2.1.4")
@pytest.mark.parametrize(
    ("stream", "responses", "leniencies"), [case[1:] for case in BESIDES], ids=[case[0] for case in BESIDES]
)
def test_other_departures_are_read_and_named(
    stream: bytes, responses: list[Response], leniencies: list[set[str]]
) -> None:
    _check(stream, responses, leniencies)


def _check(stream: bytes, responses: list[Response], leniencies: list[set[str]]) -> None:
    reader = ResponseReader(Limits())
    found = reader.feed(stream)
    assert reader.broken is None
    assert found == responses
    assert [{leniency.name for leniency in response.leniencies} for response in found] == leniencies
    assert all(list(r.leniencies) == sorted(r.leniencies, key=lambda leniency: leniency.name) for r in found)


def test_all_of_them_in_one_stream_octet_by_octet() -> None:
    stream = b"".join(case[1] for case in SEEN + BESIDES)
    reader = ResponseReader(Limits())
    found = [response for i in range(len(stream)) for response in reader.feed(stream[i : i + 1])]
    assert found == [response for case in SEEN + BESIDES for response in case[2]]
    assert reader.buffered == 0


def test_every_name_a_reader_of_responses_has_is_proved() -> None:
    named = {name for case in SEEN + BESIDES for names in case[3] for name in names}
    of_commands = {Leniency.TAB_AFTER_COMMAND.name}
    assert {leniency.name for leniency in Leniency} - of_commands == named
