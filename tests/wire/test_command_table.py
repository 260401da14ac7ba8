"""Commands typed by hand, from the RFCs' examples and from logs: octets and value, mostly both ways."""

from __future__ import annotations

import datetime as dt

import pytest

from outlookimap.errors import RemoteProtocolError
from outlookimap.wire import commands as c
from outlookimap.wire import fetch, search
from outlookimap.wire.building import Style
from outlookimap.wire.command_items import BadCommand, LiteralAnnounced, ReceivedCommand
from outlookimap.wire.command_reader import CommandReader
from outlookimap.wire.command_writer import write_command
from outlookimap.wire.fetch import FetchAtt, Section
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.limits import Limits
from outlookimap.wire.secret import Secret, join
from outlookimap.wire.sequence import SequenceSet

ATOMS = Style()
QUOTED = Style(quote_always=True)
LITERALS = Style(quoted_limit=0)
PLUS = Style(quoted_limit=0, literal_plus=True)

UID, FLAGS, SIZE = FetchAtt(fetch.UID), FetchAtt(fetch.FLAGS), FetchAtt(fetch.RFC822_SIZE)
HEADER = FetchAtt(fetch.BODY_PEEK, Section(specifier=fetch.HEADER))
INTERNALDATE = FetchAtt(fetch.INTERNALDATE)

MAIL = (
    b"Date: Mon, 7 Feb 1994 21:52:25 -0800 (PST)\r\n"
    b"From: Fred Foobar <foobar@Blurdybloop.COM>\r\n"
    b"Subject: afternoon meeting\r\n"
    b"To: mooch@owatagu.siam.edu\r\n"
    b"Message-Id: <B27397-0100000@Blurdybloop.COM>\r\n"
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n"
    b"\r\n"
    b"Hello Joe, do you think we can meet at 3:30 tomorrow?\r\n"
)


def numbers(*ranges: tuple[int | None, int | None]) -> SequenceSet:
    return SequenceSet(ranges)


# The tag is the first word. Both ways: the writer, in that style, spells the value so, and the reader reads it so.
CANONICAL: list[tuple[bytes, c.Command, Style]] = [
    # RFC 3501, sections 6 and 7.5, in their order
    (b"abcd CAPABILITY\r\n", c.Capability(), ATOMS),
    (b"a002 NOOP\r\n", c.Noop(), ATOMS),
    (b"A023 LOGOUT\r\n", c.Logout(), ATOMS),
    (b"a002 STARTTLS\r\n", c.StartTls(), ATOMS),
    (b"A001 AUTHENTICATE GSSAPI\r\n", c.Authenticate(b"GSSAPI"), ATOMS),
    (b"a001 LOGIN SMITH SESAME\r\n", c.Login(b"SMITH", Secret("SESAME")), ATOMS),
    (b"A142 SELECT INBOX\r\n", c.Select(b"INBOX"), ATOMS),
    (b"A932 EXAMINE blurdybloop\r\n", c.Examine(b"blurdybloop"), ATOMS),
    (b"A003 CREATE owatagusiam/\r\n", c.Create(b"owatagusiam/"), ATOMS),
    (b"A004 CREATE owatagusiam/blurdybloop\r\n", c.Create(b"owatagusiam/blurdybloop"), ATOMS),
    (b"A683 DELETE blurdybloop\r\n", c.Delete(b"blurdybloop"), ATOMS),
    (b"A683 RENAME blurdybloop sarasoop\r\n", c.Rename(b"blurdybloop", b"sarasoop"), ATOMS),
    (b"A002 SUBSCRIBE #news.comp.mail.mime\r\n", c.Subscribe(b"#news.comp.mail.mime"), ATOMS),
    (b"A002 UNSUBSCRIBE #news.comp.mail.mime\r\n", c.Unsubscribe(b"#news.comp.mail.mime"), ATOMS),
    (b'A101 LIST "" ""\r\n', c.List(b"", b""), ATOMS),
    (b'A102 LIST #news.comp.mail.misc ""\r\n', c.List(b"#news.comp.mail.misc", b""), ATOMS),
    (b'A103 LIST /usr/staff/jones ""\r\n', c.List(b"/usr/staff/jones", b""), ATOMS),
    (b"A202 LIST ~/Mail/ %\r\n", c.List(b"~/Mail/", b"%"), ATOMS),
    (b'A002 LSUB "#news." "comp.mail.*"\r\n', c.Lsub(b"#news.", b"comp.mail.*"), QUOTED),
    (b'A003 LSUB "#news." "comp.%"\r\n', c.Lsub(b"#news.", b"comp.%"), QUOTED),
    (b"A042 STATUS blurdybloop (UIDNEXT MESSAGES)\r\n", c.Status(b"blurdybloop", (b"UIDNEXT", b"MESSAGES")), ATOMS),
    (
        b"A003 APPEND saved-messages (\\Seen) {310}\r\n" + MAIL + b"\r\n",
        c.Append(b"saved-messages", MAIL, (b"\\Seen",)),
        ATOMS,
    ),
    (b"FXXZ CHECK\r\n", c.Check(), ATOMS),
    (b"A341 CLOSE\r\n", c.Close(), ATOMS),
    (b"A202 EXPUNGE\r\n", c.Expunge(), ATOMS),
    (
        b'A282 SEARCH FLAGGED SINCE 1-Feb-1994 NOT FROM "Smith"\r\n',
        c.Search(
            (
                search.Flagging(b"FLAGGED"),
                search.Dated(b"SINCE", dt.date(1994, 2, 1)),
                search.Not(search.Containing(b"FROM", b"Smith")),
            )
        ),
        ATOMS,
    ),
    (
        b'A283 SEARCH TEXT "string not in mailbox"\r\n',
        c.Search((search.Containing(b"TEXT", b"string not in mailbox"),)),
        ATOMS,
    ),
    (
        b"A284 SEARCH CHARSET UTF-8 TEXT {6}\r\n\xd0\x90\xd0\x91\xd0\x92\r\n",
        c.Search((search.Containing(b"TEXT", b"\xd0\x90\xd0\x91\xd0\x92"),), b"UTF-8"),
        ATOMS,
    ),
    (
        b"A654 FETCH 2:4 (FLAGS BODY[HEADER.FIELDS (DATE FROM)])\r\n",
        c.Fetch(
            numbers((2, 4)),
            (FLAGS, FetchAtt(fetch.BODY, Section(specifier=fetch.HEADER_FIELDS, fields=(b"DATE", b"FROM")))),
        ),
        ATOMS,
    ),
    (
        b"A003 STORE 2:4 +FLAGS (\\Deleted)\r\n",
        c.Store(numbers((2, 4)), c.StoreAction.ADD, (b"\\Deleted",)),
        ATOMS,
    ),
    (b"A003 COPY 2:4 MEETING\r\n", c.Copy(numbers((2, 4)), b"MEETING"), ATOMS),
    (
        b"A999 UID FETCH 4827313:4828442 FLAGS\r\n",
        c.Fetch(numbers((4827313, 4828442)), (FLAGS,), uid=True, parenthesized=False),
        ATOMS,
    ),
    (
        b"A001 LOGIN {11}\r\nFRED FOOBAR {7}\r\nfat man\r\n",
        c.Login(b"FRED FOOBAR", Secret("fat man")),
        LITERALS,
    ),
    # RFC 7888, section 3
    (
        b"A001 LOGIN {11+}\r\nFRED FOOBAR {7+}\r\nfat man\r\n",
        c.Login(b"FRED FOOBAR", Secret("fat man")),
        PLUS,
    ),
    # the other extensions, each from the examples of its RFC
    (b"A002 IDLE\r\n", c.Idle(), ATOMS),
    (b"A001 NAMESPACE\r\n", c.Namespace(), ATOMS),
    (b"A202 UNSELECT\r\n", c.Unselect(), ATOMS),
    (b"A. UID EXPUNGE 3000:3002\r\n", c.Expunge(numbers((3000, 3002))), ATOMS),
    (b"a UID MOVE 42:69 foo\r\n", c.Move(numbers((42, 69)), b"foo", uid=True), ATOMS),
    (b"b MOVE 1 foo\r\n", c.Move(numbers((1, 1)), b"foo"), ATOMS),
    (b"t2 ENABLE CONDSTORE X-GOOD-IDEA\r\n", c.Enable((b"CONDSTORE", b"X-GOOD-IDEA")), ATOMS),
    (
        b'a023 ID ("name" "sodr" "version" "19.34" "vendor" "Pink Floyd Music Limited")\r\n',
        c.Id(((b"name", b"sodr"), (b"version", b"19.34"), (b"vendor", b"Pink Floyd Music Limited"))),
        ATOMS,
    ),
    (b"a042 ID NIL\r\n", c.Id(None), ATOMS),
    (b'a043 ID ("os" NIL)\r\n', c.Id(((b"os", None),)), ATOMS),
    (b"a044 ID ()\r\n", c.Id(()), ATOMS),
    (b't2 LIST "" % RETURN (SPECIAL-USE)\r\n', c.List(b"", b"%", returns=(b"SPECIAL-USE",)), ATOMS),
    (b't3 LIST (SPECIAL-USE) "" *\r\n', c.List(b"", b"*", (b"SPECIAL-USE",)), ATOMS),
    (b"t1 CREATE MyDrafts (USE (\\Drafts))\r\n", c.Create(b"MyDrafts", (b"\\Drafts",)), ATOMS),
    (b"t1 CREATE Everything (USE (\\All \\Sent))\r\n", c.Create(b"Everything", (b"\\All", b"\\Sent")), ATOMS),
    (
        b"C01 AUTHENTICATE PLAIN dGVzdAB0ZXN0AHRlc3Q=\r\n",
        c.Authenticate(b"PLAIN", Secret(b"test\0test\0test")),
        ATOMS,
    ),
    (b"C02 AUTHENTICATE EXTERNAL =\r\n", c.Authenticate(b"EXTERNAL", Secret(b"")), ATOMS),
    # as Outlook sends them
    (b'7w6y LOGIN "user" "password"\r\n', c.Login(b"user", Secret("password")), QUOTED),
    (b'ab12 XLIST "" ""\r\n', c.Xlist(b"", b""), QUOTED),
    (b'ab12 XLIST "" "*"\r\n', c.Xlist(b"", b"*"), QUOTED),
    (b'ab13 SELECT "INBOX"\r\n', c.Select(b"INBOX"), QUOTED),
    (
        b"ab14 UID FETCH 1:* (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER] INTERNALDATE)\r\n",
        c.Fetch(SequenceSet.all(), (UID, FLAGS, SIZE, HEADER, INTERNALDATE), uid=True),
        QUOTED,
    ),
    (
        b"ab15 UID FETCH 7 (UID FLAGS BODY.PEEK[])\r\n",
        c.Fetch(numbers((7, 7)), (UID, FLAGS, FetchAtt(fetch.BODY_PEEK, Section())), uid=True),
        QUOTED,
    ),
    (
        b"ab16 UID FETCH 7,9 (UID FLAGS RFC822.PEEK)\r\n",
        c.Fetch(numbers((7, 7), (9, 9)), (UID, FLAGS, FetchAtt(fetch.RFC822_PEEK)), uid=True),
        QUOTED,
    ),
    (b"ab17 FETCH 12 (UID)\r\n", c.Fetch(numbers((12, 12)), (UID,)), QUOTED),
    (
        b"ab18 UID STORE 5:9 +FLAGS (\\Deleted \\Seen)\r\n",
        c.Store(numbers((5, 9)), c.StoreAction.ADD, (b"\\Deleted", b"\\Seen"), uid=True),
        QUOTED,
    ),
    (
        b"ab19 UID STORE 5 -FLAGS.SILENT (\\Flagged)\r\n",
        c.Store(numbers((5, 5)), c.StoreAction.REMOVE, (b"\\Flagged",), silent=True, uid=True),
        QUOTED,
    ),
    (b"ab20 UID STORE 5 FLAGS ()\r\n", c.Store(numbers((5, 5)), c.StoreAction.REPLACE, (), uid=True), QUOTED),
    (b'ab21 UID COPY 5:7 "Box"\r\n', c.Copy(numbers((5, 7)), b"Box", uid=True), QUOTED),
    (
        b'ab22 APPEND "Drafts" (\\Seen \\Draft) "28-Aug-2022 16:47:29 -0400" {3}\r\nabc\r\n',
        c.Append(b"Drafts", b"abc", (b"\\Seen", b"\\Draft"), b"28-Aug-2022 16:47:29 -0400"),
        QUOTED,
    ),
    (b"ab23 SEARCH UNSEEN\r\n", c.Search((search.Flagging(b"UNSEEN"),)), QUOTED),
    # corners
    (b"a FETCH 1 FAST\r\n", c.Fetch(numbers((1, 1)), macro=b"FAST"), ATOMS),
    (b"a STORE 1 FLAGS \\Seen $Junk\r\n",
     c.Store(numbers((1, 1)), c.StoreAction.REPLACE, (b"\\Seen", b"$Junk"), parenthesized=False), ATOMS),
    (b'a APPEND x " 7-Feb-1994 21:52:25 -0800" {0}\r\n\r\n',
     c.Append(b"x", b"", date=b" 7-Feb-1994 21:52:25 -0800"), ATOMS),
    (b"a APPEND x () {1}\r\n.\r\n", c.Append(b"x", b".", ()), ATOMS),
    (
        b"a FETCH 1 BODY.PEEK[4.2.HEADER.FIELDS.NOT (To)]<0.512>\r\n",
        c.Fetch(
            numbers((1, 1)),
            (FetchAtt(fetch.BODY_PEEK, Section((4, 2), fetch.HEADER_FIELDS_NOT, (b"To",)), 0, 512),),
            parenthesized=False,
        ),
        ATOMS,
    ),
    (
        b"a FETCH 1 (BODY[1.MIME] BODY[2] BODY[3.TEXT] BODYSTRUCTURE)\r\n",
        c.Fetch(
            numbers((1, 1)),
            (
                FetchAtt(fetch.BODY, Section((1,), fetch.MIME)),
                FetchAtt(fetch.BODY, Section((2,))),
                FetchAtt(fetch.BODY, Section((3,), fetch.TEXT)),
                FetchAtt(fetch.BODYSTRUCTURE),
            ),
        ),
        ATOMS,
    ),
    (
        b"a SEARCH OR (UID 1:3 LARGER 5) 4,7:* KEYWORD $Junk HEADER X-Y \"\"\r\n",
        c.Search(
            (
                search.Either(
                    search.Every((search.Numbered(numbers((1, 3)), uid=True), search.Sized(b"LARGER", 5))),
                    search.Numbered(numbers((4, 4), (7, None))),
                ),
                search.Keyworded(b"KEYWORD", b"$Junk"),
                search.HeaderContaining(b"X-Y", b""),
            )
        ),
        ATOMS,
    ),
    (b"a UID SEARCH ALL\r\n", c.Search((search.Flagging(b"ALL"),), uid=True), ATOMS),
    (b"a XSNIPPET 1 (ok)\r\n", c.UnknownCommand(b"XSNIPPET", b"1 (ok)"), ATOMS),
    (b"a UID THREAD REFERENCES UTF-8 ALL\r\n", c.UnknownCommand(b"UID THREAD", b"REFERENCES UTF-8 ALL"), ATOMS),
    (b"a XNOTHING\r\n", c.UnknownCommand(b"XNOTHING"), ATOMS),
    (b"a SELECT NIL\r\n", c.Select(b"NIL"), ATOMS),
    (b"a SELECT a]b\r\n", c.Select(b"a]b"), ATOMS),
    (b'a SELECT "a\\\\b \\"c\\""\r\n', c.Select(b'a\\b "c"'), ATOMS),
]  # fmt: skip

EMPTY: list[tuple[bytes, c.Command, Style]] = [
    (b'a SELECT ""\r\n', c.Select(b""), ATOMS),
    (b"a APPEND x {0}\r\n\r\n", c.Append(b"x", b""), ATOMS),
    (b'a LOGIN "" ""\r\n', c.Login(b"", Secret(b"")), QUOTED),
]

# What no writer of ours spells so, and what the reader calls it.
ODD: list[tuple[bytes, c.Command, set[Leniency]]] = [
    (b"a select inbox\r\n", c.Select(b"inbox"), set()),
    (b"a Uid fEtch 1 (flags Body[header])\r\n",
     c.Fetch(numbers((1, 1)), (FLAGS, FetchAtt(fetch.BODY, Section(specifier=fetch.HEADER))), uid=True), set()),
    (b"a store 1 +flags.silent (\\seen)\r\n",
     c.Store(numbers((1, 1)), c.StoreAction.ADD, (b"\\Seen",), silent=True), set()),
    (b"a fetch 1 full\r\n", c.Fetch(numbers((1, 1)), macro=b"FULL"), set()),
    (b'a search since "1-feb-1994" subject x\r\n',
     c.Search((search.Dated(b"SINCE", dt.date(1994, 2, 1)), search.Containing(b"SUBJECT", b"x"))), set()),
    (b"a status x (messages)\r\n", c.Status(b"x", (b"MESSAGES",)), set()),
    (b"a list (special-use) \"\" \"*\" return (children)\r\n",
     c.List(b"", b"*", (b"SPECIAL-USE",), (b"CHILDREN",)), set()),
    (b"a LIST () {0}\r\n {1}\r\n% RETURN ()\r\n", c.List(b"", b"%"), set()),
    (b"a authenticate plain\r\n", c.Authenticate(b"PLAIN"), set()),
    (b"a create x (use (\\sent))\r\n", c.Create(b"x", (b"\\Sent",)), set()),
    (b"a enable utf8=accept\r\n", c.Enable((b"UTF8=ACCEPT",)), set()),
    (b"a LSUB {0}\r\n {0}\r\n\r\n", c.Lsub(b"", b""), set()),
    (b"a SELECT {0}\r\n\r\n", c.Select(b""), set()),
    (b"a xlist \"\" foo*%\r\n", c.Xlist(b"", b"foo*%"), set()),
    (b"a NOOP\n", c.Noop(), {Leniency.BARE_LF}),
    (b"a NOOP  \r\n", c.Noop(), {Leniency.TRAILING_SPACE}),
    (b"a  NOOP\r\n", c.Noop(), {Leniency.EXTRA_SPACE}),
    (b"a\tNOOP\r\n", c.Noop(), {Leniency.TAB}),
    (b"a SELECT\tINBOX\r\n", c.Select(b"INBOX"), {Leniency.TAB_AFTER_COMMAND}),
    (b"a SELECT\t INBOX\r\n", c.Select(b"INBOX"), {Leniency.TAB_AFTER_COMMAND, Leniency.EXTRA_SPACE}),
    (b"a SELECT \tINBOX\r\n", c.Select(b"INBOX"), {Leniency.TAB, Leniency.EXTRA_SPACE}),
    (b"a SEARCH\tSEEN\tDELETED\r\n", c.Search((search.Flagging(b"SEEN"), search.Flagging(b"DELETED"))),
     {Leniency.TAB_AFTER_COMMAND, Leniency.TAB}),
    (b"a UID\tFETCH 1 FLAGS\r\n",
     c.Fetch(numbers((1, 1)), (FLAGS,), uid=True, parenthesized=False), {Leniency.TAB}),
    (b"a UID FETCH\t1 FLAGS\r\n",
     c.Fetch(numbers((1, 1)), (FLAGS,), uid=True, parenthesized=False), {Leniency.TAB_AFTER_COMMAND}),
    (b"a ENABLE\tX\r\n", c.Enable((b"X",)), {Leniency.TAB_AFTER_COMMAND}),
    (b"a NOOP\t\r\n", c.Noop(), {Leniency.TRAILING_SPACE}),
    (b"a XFOO\tbar\r\n", c.UnknownCommand(b"XFOO", b"bar"), {Leniency.TAB_AFTER_COMMAND}),
    (b"a LIST \"\" % \r\n", c.List(b"", b"%"), {Leniency.TRAILING_SPACE}),
    (b"a CREATE x \r\n", c.Create(b"x"), {Leniency.TRAILING_SPACE}),
    (b"a ENABLE X \t\r\n", c.Enable((b"X",)), {Leniency.TRAILING_SPACE}),
    (b"a AUTHENTICATE X \r\n", c.Authenticate(b"X"), {Leniency.TRAILING_SPACE}),
    (b"a STORE 1 FLAGS \\Seen \r\n",
     c.Store(numbers((1, 1)), c.StoreAction.REPLACE, (b"\\Seen",), parenthesized=False), {Leniency.TRAILING_SPACE}),
    (b"a SEARCH  ALL \r\n", c.Search((search.Flagging(b"ALL"),)), {Leniency.EXTRA_SPACE, Leniency.TRAILING_SPACE}),
    (b"a FETCH 1 ( UID  FLAGS )\r\n", c.Fetch(numbers((1, 1)), (UID, FLAGS)), {Leniency.EXTRA_SPACE}),
    (b"a LOGIN\"u\" \"p\"\r\n", c.Login(b"u", Secret(b"p")), {Leniency.MISSING_SPACE}),
    (b"a STORE 1 FLAGS(\\Seen)\r\n",
     c.Store(numbers((1, 1)), c.StoreAction.REPLACE, (b"\\Seen",)), {Leniency.MISSING_SPACE}),
    (b"a SELECT \"Entw\xfcrfe\"\r\n", c.Select(b"Entw\xfcrfe"), {Leniency.EIGHT_BIT}),
    (b"a SELECT \"a\0b\"\r\n", c.Select(b"a\0b"), {Leniency.NUL}),
    (b"a SELECT \"a\rb\"\r\n", c.Select(b"a\rb"), {Leniency.BARE_CR}),
    (b"a SELECT \"a\\b\"\r\n", c.Select(b"a\\b"), {Leniency.LOOSE_QUOTED}),
    (b"a SELECT {02}\r\nxy\r\n", c.Select(b"xy"), {Leniency.LITERAL_LEADING_ZERO}),
    (b"a STORE 1 FLAGS (foo%bar)\r\n",
     c.Store(numbers((1, 1)), c.StoreAction.REPLACE, (b"foo%bar",)), {Leniency.LOOSE_FLAG}),
    (b"a SEARCH SMALLER 4294967296\r\n", c.Search((search.Sized(b"SMALLER", 1 << 32),)), {Leniency.NUMBER_RANGE}),
    (b'a APPEND x "7-Feb-1994 21:52:25 -0800" {1}\r\n.\r\n',
     c.Append(b"x", b".", date=b"7-Feb-1994 21:52:25 -0800"), {Leniency.INVALID_DATE}),
    (b"a XFOO {3}\r\na\r\n rest\r\n", c.UnknownCommand(b"XFOO", b"{3}\r\na\r\n rest"), set()),
    (b"a uid expunge *\r\n", c.Expunge(numbers((None, None))), set()),
]  # fmt: skip

# What is no command. The second column is the keyword that could still be told.
WRONG: list[tuple[bytes, bytes | None]] = [
    (b"\r\n", None),
    (b"a\r\n", None),
    (b"DONE\r\n", None),
    (b"*\r\n", None),
    (b" a NOOP\r\n", None),
    (b"+a NOOP\r\n", None),
    (b"a \r\n", None),
    (b"a NO\xffOP\r\n", None),
    (b"a NOOP\0\r\n", None),
    (b"a{1}\r\nx\r\n", None),
    (b"a NOOP x\r\n", b"NOOP"),
    (b"a LOGIN\r\n", b"LOGIN"),
    (b"a LOGIN x\r\n", b"LOGIN"),
    (b"a LOGIN{1}\r\nx y\r\n", b"LOGIN"),
    (b"a LOGIN x y z\r\n", b"LOGIN"),
    (b"a UID\r\n", b"UID"),
    (b"a UID \r\n", b"UID"),
    (b"a UID \xff\r\n", b"UID"),
    (b"a UID NOOP\r\n", b"UID NOOP"),
    (b"a UID LOGIN x y\r\n", b"UID LOGIN"),
    (b"a SELECT\r\n", b"SELECT"),
    (b"a SELECT a b\r\n", b"SELECT"),
    (b"a SELECT %\r\n", b"SELECT"),
    (b"a SELECT INBOX (CONDSTORE)\r\n", b"SELECT"),
    (b'a SELECT "INBOX\r\n', b"SELECT"),
    (b"a RENAME a\r\n", b"RENAME"),
    (b"a CREATE a b\r\n", b"CREATE"),
    (b"a CREATE a (USED (\\Sent))\r\n", b"CREATE"),
    (b"a CREATE a (USE (Sent))\r\n", b"CREATE"),
    (b"a CREATE a (USE (\\Sent)\r\n", b"CREATE"),
    (b'a LIST ""\r\n', b"LIST"),
    (b'a LIST "" (a b)\r\n', b"LIST"),
    (b'a LIST "" % RETURNS (X)\r\n', b"LIST"),
    (b'a LIST "" % RETURN (STATUS (MESSAGES))\r\n', b"LIST"),
    (b"a STATUS x MESSAGES\r\n", b"STATUS"),
    (b"a STATUS x ()\r\n", b"STATUS"),
    (b"a STATUS x (SIZE)\r\n", b"STATUS"),
    (b'a APPEND x "message"\r\n', b"APPEND"),
    (b'a APPEND x "00-Jan-0000 00:00:00 +0000" {1}\r\n.\r\n', b"APPEND"),
    (b"a APPEND x message\r\n", b"APPEND"),
    (b"a APPEND x (\\Recent) {1}\r\n.\r\n", b"APPEND"),
    (b"a APPEND x {1}\r\n. {1}\r\n.\r\n", b"APPEND"),
    (b"a ENABLE\r\n", b"ENABLE"),
    (b"a ENABLE X (\r\n", b"ENABLE"),
    (b"a ID\r\n", b"ID"),
    (b'a ID ("name")\r\n', b"ID"),
    (b"a AUTHENTICATE\r\n", b"AUTHENTICATE"),
    (b"a AUTHENTICATE (\r\n", b"AUTHENTICATE"),
    (b"a AUTHENTICATE PLAIN *\r\n", b"AUTHENTICATE"),
    (b"a AUTHENTICATE PLAIN YQ\r\n", b"AUTHENTICATE"),
    (b"a AUTHENTICATE PLAIN YQ== x\r\n", b"AUTHENTICATE"),
    (b"a UID EXPUNGE\r\n", b"UID EXPUNGE"),
    (b"a EXPUNGE 1\r\n", b"EXPUNGE"),
    (b"a FETCH 1\r\n", b"FETCH"),
    (b"a FETCH 0 UID\r\n", b"FETCH"),
    (b"a FETCH 1 ()\r\n", b"FETCH"),
    (b"a FETCH 1 (FAST)\r\n", b"FETCH"),
    (b"a FETCH 1 UID FLAGS\r\n", b"FETCH"),
    (b"a FETCH 1 MODSEQ\r\n", b"FETCH"),
    (b"a FETCH 1 RFC822[TEXT]\r\n", b"FETCH"),
    (b"a FETCH 1 BODY.PEEK\r\n", b"FETCH"),
    (b"a FETCH 1 BODY[\r\n", b"FETCH"),
    (b"a FETCH 1 BODY[0]\r\n", b"FETCH"),
    (b"a FETCH 1 BODY[1.]\r\n", b"FETCH"),
    (b"a FETCH 1 BODY[MIME]\r\n", b"FETCH"),
    (b"a FETCH 1 BODY[HEADER.FIELDS ()]\r\n", b"FETCH"),
    (b"a FETCH 1 BODY[]<0>\r\n", b"FETCH"),
    (b"a FETCH 1 BODY[]<0.0>\r\n", b"FETCH"),
    (b"a FETCH 1 (\r\n", b"FETCH"),
    (b"a STORE 1 FLAG (\\Seen)\r\n", b"STORE"),
    (b"a STORE 1 FLAGS\r\n", b"STORE"),
    (b"a STORE 1 FLAGS (\\Recent)\r\n", b"STORE"),
    (b"a STORE 1 FLAGS (\\*)\r\n", b"STORE"),
    (b"a COPY x\r\n", b"COPY"),
    (b"a COPY 1,,2 x\r\n", b"COPY"),
    (b"a MOVE 1\r\n", b"MOVE"),
    (b"a SEARCH\r\n", b"SEARCH"),
    (b"a SEARCH CHARSET UTF-8\r\n", b"SEARCH"),
    (b"a SEARCH SEEN!\r\n", b"SEARCH"),
    (b"a SEARCH SINCE yesterday\r\n", b"SEARCH"),
    (b"a SEARCH SINCE 31-Feb-1994\r\n", b"SEARCH"),
    (b'a SEARCH SINCE "1-Feb-1994\r\n', b"SEARCH"),
    (b"a SEARCH LARGER x\r\n", b"SEARCH"),
    (b"a SEARCH LARGER 99999999999999999999\r\n", b"SEARCH"),
    (b"a SEARCH OR SEEN\r\n", b"SEARCH"),
    (b"a SEARCH NOT\r\n", b"SEARCH"),
    (b"a SEARCH ()\r\n", b"SEARCH"),
    (b"a SEARCH UNKNOWN x\r\n", b"SEARCH"),
    (b"a SEARCH 5:\r\n", b"SEARCH"),
    (b"a SEARCH (SEEN\r\n", b"SEARCH"),
    (b"a SEARCH " + b"(" * 51 + b"ALL" + b")" * 51 + b"\r\n", b"SEARCH"),
    (b"a SEARCH " + b"NOT " * 51 + b"ALL\r\n", b"SEARCH"),
    (b"a FETCH " + b"1," * 40000 + b"1 UID\r\n", b"FETCH"),
]


def read(octets: bytes) -> ReceivedCommand | BadCommand:
    """Return the one command that `octets` are, and see that nothing but it came."""
    *announced, item = CommandReader(Limits()).feed(octets)
    assert all(isinstance(one, LiteralAnnounced) for one in announced)
    assert isinstance(item, ReceivedCommand | BadCommand)
    assert b"".join(join(one.pieces) for one in [*announced, item]) == octets
    return item


@pytest.mark.cites("O5:2.1.3", "O5:2.1.4", "O5:V0017")
@pytest.mark.parametrize(
    ("octets", "command", "style"), CANONICAL, ids=lambda value: repr(value)[:40] if isinstance(value, bytes) else ""
)
def test_a_command_is_written_and_read_as_its_rfc_shows(octets: bytes, command: c.Command, style: Style) -> None:
    tag = octets.split(b" ")[0]
    assert b"".join(join(part) for part in write_command(tag, command, style)) == octets
    item = read(octets)
    assert isinstance(item, ReceivedCommand)
    assert (item.tag, item.command, item.leniencies) == (tag, command, ())


@pytest.mark.cites("O5:V0012")
@pytest.mark.parametrize(("octets", "command", "style"), EMPTY, ids=repr)
def test_an_empty_string_is_quoted_or_a_literal_of_no_octets(octets: bytes, command: c.Command, style: Style) -> None:
    assert b"".join(join(part) for part in write_command(b"a", command, style)) == octets
    item = read(octets)
    assert isinstance(item, ReceivedCommand)
    assert item.command == command


@pytest.mark.parametrize(
    ("octets", "command", "leniencies"), ODD, ids=lambda value: repr(value)[:40] if isinstance(value, bytes) else ""
)
def test_an_odd_spelling_is_read_and_named(octets: bytes, command: c.Command, leniencies: set[Leniency]) -> None:
    item = read(octets)
    assert isinstance(item, ReceivedCommand)
    assert item.command == command
    assert set(item.leniencies) == leniencies


@pytest.mark.parametrize(
    ("octets", "keyword"), WRONG, ids=lambda value: repr(value)[:40] if isinstance(value, bytes) else ""
)
def test_a_wrong_command_is_bad_and_the_next_is_read(octets: bytes, keyword: bytes | None) -> None:
    item = read(octets)
    assert isinstance(item, BadCommand)
    assert (item.tag, item.keyword) == ((b"a" if keyword else item.tag), keyword)
    assert isinstance(item.error, RemoteProtocolError)
    reader = CommandReader(Limits())
    after = reader.feed(octets + b"b NOOP\r\n")[-1]
    assert isinstance(after, ReceivedCommand)
    assert (after.tag, after.command, reader.broken) == (b"b", c.Noop(), None)


def test_every_command_stands_in_the_table() -> None:
    there = {type(command) for _, command, _ in CANONICAL}
    assert there == {*c.COMMANDS, c.UnknownCommand}
