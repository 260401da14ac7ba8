r"""What each version sends and what it never sends, typed by hand from [MS-STANOIMAP] v5.0.

A line is what would stand on the wire after the tag; the reader of commands makes the value that is judged.
"""

from __future__ import annotations

import dataclasses

import pytest

from outlookimap.profiles import Breach, Context, Policy, Profile, load, permits
from outlookimap.profiles.profile import Evidence
from outlookimap.protocol.states import State
from outlookimap.wire import commands as c
from outlookimap.wire.command_items import ReceivedCommand
from outlookimap.wire.command_reader import CommandReader
from outlookimap.wire.limits import Limits
from outlookimap.wire.secret import Secret

VERSIONS = ("2007", "2010", "2013")
IMAP4REV1 = frozenset((b"IMAP4REV1", b"IDLE", b"AUTH=NTLM", b"AUTH=DIGEST-MD5", b"AUTH=PLAIN"))
IMAP4 = frozenset((b"IMAP4", b"IDLE"))


def read(line: bytes) -> c.Command:
    """Return the command that `line` spells, without its tag and its CRLF."""
    items = [
        item for item in CommandReader(Limits()).feed(b"a1b2 " + line + b"\r\n") if isinstance(item, ReceivedCommand)
    ]
    assert len(items) == 1, f"{line!r} is not one command"
    return items[0].command


def judge(
    line: bytes,
    version: str | Profile = "2013",
    *,
    capabilities: frozenset[bytes] | None = IMAP4REV1,
    policy: Policy | None = None,
    delimiter: bytes | None = None,
) -> list[tuple[str, ...]]:
    """Return the ids of every breach."""
    context = Context(load(version), policy or Policy(), State.SELECTED, capabilities, delimiter)
    return [breach.ids for breach in permits(read(line), context)]


def changed(version: str, key: str, value: bool) -> Profile:
    """Return the profile with another value: how the code reads the value, whatever the product does."""
    profile = load(version)
    return dataclasses.replace(
        profile, values={**profile.values, key: Evidence(value, "assumed", ("O5:V0001", "O5:V0002"))}
    )


# ---------------------------------------------------------------- commands

ALWAYS_SENT = [
    pytest.param(b"CAPABILITY", marks=pytest.mark.cites("O5:V0033", "O5:V0035", "O5:V0065")),
    pytest.param(b"NOOP", marks=pytest.mark.cites("O5:V0028", "O5:V0025")),
    pytest.param(b"LOGOUT", marks=pytest.mark.cites("O5:2.1.2", "O5:V0050")),
    pytest.param(b"STARTTLS", marks=pytest.mark.cites("O5:V0031")),
    pytest.param(b"AUTHENTICATE NTLM", marks=pytest.mark.cites("O5:E0001", "O5:V0027")),
    pytest.param(b"AUTHENTICATE DIGEST-MD5", marks=pytest.mark.cites("O5:E0001", "O5:V0027")),
    pytest.param(b"AUTHENTICATE PLAIN", marks=pytest.mark.cites("O5:E0001")),
    pytest.param(b'LOGIN "user1" "secret"', marks=pytest.mark.cites("O5:V0032", "O5:V0034")),
    pytest.param(b'SELECT "INBOX"', marks=pytest.mark.cites("O5:V0050")),
    pytest.param(b'CREATE "Projects/2024"', marks=pytest.mark.cites("O5:V0019")),
    pytest.param(b'CREATE "50%"', marks=pytest.mark.cites("O5:V0019")),
    pytest.param(b'CREATE "a*b"', marks=pytest.mark.cites("O5:V0019")),
    pytest.param(b'CREATE "a&-b"', marks=pytest.mark.cites("O5:V0021")),
    pytest.param(b'CREATE "#public/x"', marks=pytest.mark.cites("O5:V0021", "O5:V0022")),
    pytest.param(b'DELETE "Projects"', marks=pytest.mark.cites("O5:V0019")),
    pytest.param(b'RENAME "Projects" "Old"', marks=pytest.mark.cites("O5:V0019")),
    pytest.param(b'SUBSCRIBE "Projects"', marks=pytest.mark.cites("O5:V0043")),
    pytest.param(b'UNSUBSCRIBE "Projects"', marks=pytest.mark.cites("O5:V0043")),
    pytest.param(b'LIST "" "*"', marks=pytest.mark.cites("O5:V0041", "O5:V0043")),
    pytest.param(b'LIST "" "#news.*"', marks=pytest.mark.cites("O5:V0022")),
    pytest.param(b'LSUB "" "*"', marks=pytest.mark.cites("O5:V0043")),
    pytest.param(b'STATUS "Drafts" (UNSEEN)', marks=pytest.mark.cites("O5:V0045")),
    pytest.param(b'APPEND "Drafts" {3+}\r\na: ', marks=pytest.mark.cites("O5:V0046", "O5:V0048")),
    pytest.param(
        b'APPEND "Drafts" (\\Seen \\Draft) "28-Aug-2022 16:47:29 -0400" {9+}\r\nno header',
        marks=pytest.mark.cites("O5:V0046", "O5:V0005"),
    ),
    pytest.param(b"CLOSE", marks=pytest.mark.cites("O5:V0050")),
    pytest.param(b"EXPUNGE", marks=pytest.mark.cites("O5:V0056")),
    pytest.param(b"IDLE", marks=pytest.mark.cites("O5:V0028")),
    pytest.param(b'COPY 1 "Archive"', marks=pytest.mark.cites("O5:V0057", "O5:V0059")),
    pytest.param(b'UID COPY 1:3,7 "Archive"', marks=pytest.mark.cites("O5:V0059", "O5:V0060")),
    pytest.param(b"FETCH 7 (UID)", marks=pytest.mark.cites("O5:V0055")),
    pytest.param(b"UID FETCH 1:* (UID FLAGS)", marks=pytest.mark.cites("O5:V0055", "O5:V0059", "O5:V0060")),
    pytest.param(b"STORE 1 +FLAGS (\\Seen)", marks=pytest.mark.cites("O5:V0056")),
    pytest.param(b"UID STORE 4:9 +FLAGS (\\Seen)", marks=pytest.mark.cites("O5:V0059", "O5:V0060")),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("line", ALWAYS_SENT)
def test_every_version_sends(line: bytes, version: str) -> None:
    assert judge(line, version) == []


NEVER_SENT = [
    pytest.param(b'EXAMINE "INBOX"', ("O5:V0040",), marks=pytest.mark.cites("O5:V0040")),
    pytest.param(b"CHECK", ("O5:V0049", "O5:V0048"), marks=pytest.mark.cites("O5:V0049", "O5:V0048")),
    pytest.param(b"NAMESPACE", ("O5:V0022",), marks=pytest.mark.cites("O5:V0022")),
    pytest.param(b"ID NIL", ("O5:V0061",), marks=pytest.mark.cites("O5:V0061")),
    pytest.param(b'ID ("name" "x")', ("O5:V0061",), marks=pytest.mark.cites("O5:V0061")),
    pytest.param(b"ENABLE CONDSTORE", ("O5:V0061",), marks=pytest.mark.cites("O5:V0061")),
    pytest.param(b"UNSELECT", ("O5:V0061",), marks=pytest.mark.cites("O5:V0061")),
    pytest.param(b'MOVE 1 "Archive"', ("O5:V0061",), marks=pytest.mark.cites("O5:V0061")),
    pytest.param(b"XSECRET 1 2", ("O5:V0061",), marks=pytest.mark.cites("O5:V0061")),
    pytest.param(b'GETQUOTAROOT "INBOX"', ("O5:V0061",), marks=pytest.mark.cites("O5:V0061")),
    pytest.param(b'UID MOVE 1 "Archive"', ("O5:V0059",), marks=pytest.mark.cites("O5:V0059")),
    pytest.param(b"UID EXPUNGE 1:3", ("O5:V0059",), marks=pytest.mark.cites("O5:V0059")),
    pytest.param(b"UID SEARCH ALL", ("O5:V0059",), marks=pytest.mark.cites("O5:V0059")),
    pytest.param(b"UID SEARCH 1:5 SINCE 1-Jan-2013", ("O5:V0059",), marks=pytest.mark.cites("O5:V0059")),
    pytest.param(b'CREATE "Sent" (USE (\\Sent))', ("O5:V0061",), marks=pytest.mark.cites("O5:V0061")),
    pytest.param(b'LIST (SPECIAL-USE) "" "*"', ("O5:V0061",), marks=pytest.mark.cites("O5:V0061")),
    pytest.param(b'LIST "" "*" RETURN (SPECIAL-USE)', ("O5:V0061",), marks=pytest.mark.cites("O5:V0061")),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("line", "ids"), NEVER_SENT)
def test_no_version_sends(line: bytes, ids: tuple[str, ...], version: str) -> None:
    assert judge(line, version) == [ids]


@pytest.mark.cites("O5:V0051")
@pytest.mark.parametrize("line", [b"SEARCH ALL", b'SEARCH UNSEEN FROM "a" NOT (LARGER 10 SINCE 1-Jan-2013)'])
def test_search_is_sent_by_2013_only(line: bytes) -> None:
    assert judge(line, "2007") == [("O5:V0051",)]
    assert judge(line, "2010") == [("O5:V0051",)]
    assert judge(line, "2013") == []


@pytest.mark.cites("O5:V0061")
@pytest.mark.parametrize("line", [b'XLIST "" ""', b'XLIST "" "*"'])
def test_xlist_is_sent_by_2013_only(line: bytes) -> None:
    assert judge(line, "2007") == [("O5:V0061",)]
    assert judge(line, "2010") == [("O5:V0061",)]
    assert judge(line, "2013") == []


@pytest.mark.cites("O5:V0028")
def test_noop_polls_where_the_server_has_no_idle() -> None:
    assert judge(b"IDLE", capabilities=frozenset((b"IMAP4REV1",))) == [("O5:V0028",)]
    assert judge(b"NOOP", capabilities=frozenset((b"IMAP4REV1",))) == []
    assert judge(b"IDLE", capabilities=None) == []


def test_a_command_class_that_no_profile_lists_is_never_sent() -> None:
    class Novel(c.Command):
        name = b"NOVEL"

    assert permits(Novel(), Context(load("2013"))) == [Breach(("O5:V0061",), "no NOVEL")]


# ---------------------------------------------------------------- FETCH

TO_ALL = [b"(UID)", b"(UID FLAGS)"]
ONLY_TO_IMAP4REV1 = [
    b"(UID FLAGS RFC822.SIZE BODY.PEEK[HEADER] INTERNALDATE)",
    b"(UID FLAGS BODY.PEEK[])",
    b"(UID FLAGS RFC822.SIZE BODY.PEEK[HEADER])",
]
ONLY_TO_OTHERS = [
    b"(UID FLAGS RFC822.SIZE RFC822.HEADER INTERNALDATE)",
    b"(UID FLAGS RFC822)",
    b"(UID FLAGS RFC822.SIZE RFC822.HEADER)",
    b"(UID FLAGS RFC822.PEEK)",
]


@pytest.mark.cites("O5:V0055")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("capabilities", [IMAP4REV1, IMAP4, frozenset[bytes](), None])
@pytest.mark.parametrize("form", TO_ALL)
def test_fetch_forms_for_all_servers(form: bytes, capabilities: frozenset[bytes] | None, version: str) -> None:
    assert judge(b"FETCH 1 " + form, version, capabilities=capabilities) == []
    assert judge(b"UID FETCH 1:* " + form, version, capabilities=capabilities) == []


@pytest.mark.cites("O5:V0055", "O5:V0054")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("form", ONLY_TO_IMAP4REV1)
def test_fetch_forms_for_imap4rev1(form: bytes, version: str) -> None:
    assert judge(b"UID FETCH 5 " + form, version) == []
    assert judge(b"FETCH 5 " + form, version) == []
    assert judge(b"UID FETCH 5 " + form, version, capabilities=IMAP4) == [("O5:V0055",)]


@pytest.mark.cites("O5:V0055")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("form", ONLY_TO_OTHERS)
def test_fetch_forms_for_servers_without_imap4rev1(form: bytes, version: str) -> None:
    assert judge(b"UID FETCH 5 " + form, version, capabilities=IMAP4) == []
    assert judge(b"UID FETCH 5 " + form, version, capabilities=frozenset()) == []
    assert judge(b"UID FETCH 5 " + form, version) == [("O5:V0055", "O5:V0054")]


@pytest.mark.cites("O5:V0055")
def test_imap4rev1_is_assumed_while_no_capabilities_are_known() -> None:
    assert [judge(b"UID FETCH 5 " + form, capabilities=None) for form in ONLY_TO_IMAP4REV1] == [[], [], []]
    assert judge(b"UID FETCH 5 (UID FLAGS RFC822.PEEK)", capabilities=None) == [("O5:V0055", "O5:V0054")]


NEVER_FETCHED = [
    # no macros
    pytest.param(b"ALL", ("O5:V0052",), marks=pytest.mark.cites("O5:V0052")),
    pytest.param(b"FULL", ("O5:V0052",), marks=pytest.mark.cites("O5:V0052")),
    pytest.param(b"FAST", ("O5:V0052",), marks=pytest.mark.cites("O5:V0052")),
    # one of the forms, to the letter: in this order, in parentheses, nothing more and nothing less
    pytest.param(b"UID", ("O5:V0055", "O5:V0054"), marks=pytest.mark.cites("O5:V0055")),
    pytest.param(b"FLAGS", ("O5:V0055", "O5:V0054"), marks=pytest.mark.cites("O5:V0055")),
    pytest.param(b"(FLAGS)", ("O5:V0055", "O5:V0054"), marks=pytest.mark.cites("O5:V0055")),
    pytest.param(b"(FLAGS UID)", ("O5:V0055", "O5:V0054"), marks=pytest.mark.cites("O5:V0055")),
    pytest.param(b"(UID UID)", ("O5:V0055", "O5:V0054"), marks=pytest.mark.cites("O5:V0055")),
    pytest.param(b"(UID INTERNALDATE)", ("O5:V0055", "O5:V0054"), marks=pytest.mark.cites("O5:V0055")),
    pytest.param(b"(UID FLAGS RFC822.SIZE)", ("O5:V0055", "O5:V0054"), marks=pytest.mark.cites("O5:V0055")),
    pytest.param(b"(BODY.PEEK[])", ("O5:V0055", "O5:V0054"), marks=pytest.mark.cites("O5:V0055")),
    pytest.param(b"(UID BODY.PEEK[HEADER])", ("O5:V0055", "O5:V0054"), marks=pytest.mark.cites("O5:V0055")),
    pytest.param(
        b"(UID FLAGS RFC822.SIZE BODY.PEEK[] INTERNALDATE)",  # later versions do: seen in 2016
        ("O5:V0055", "O5:V0054"),
        marks=pytest.mark.cites("O5:V0055"),
    ),
    pytest.param(
        b"(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER])",
        ("O5:V0055", "O5:V0054"),
        marks=pytest.mark.cites("O5:V0055"),
    ),
    pytest.param(b"(UID FLAGS RFC822.TEXT)", ("O5:V0055", "O5:V0054"), marks=pytest.mark.cites("O5:V0055")),
    # no BODY[...], which sets \Seen
    pytest.param(b"BODY[]", ("O5:V0053", "O5:V0055", "O5:V0054"), marks=pytest.mark.cites("O5:V0053")),
    pytest.param(b"(UID FLAGS BODY[])", ("O5:V0053", "O5:V0055", "O5:V0054"), marks=pytest.mark.cites("O5:V0053")),
    pytest.param(
        b"(UID FLAGS BODY[HEADER])", ("O5:V0053", "O5:V0055", "O5:V0054"), marks=pytest.mark.cites("O5:V0053")
    ),
    # BODY.PEEK with no part specifier or with HEADER
    pytest.param(b"(UID FLAGS BODY.PEEK[TEXT])", ("O5:V0054", "O5:V0055"), marks=pytest.mark.cites("O5:V0054")),
    pytest.param(
        b"(UID FLAGS BODY.PEEK[HEADER.FIELDS (Subject)])",
        ("O5:V0054", "O5:V0055"),
        marks=pytest.mark.cites("O5:V0054"),
    ),
    pytest.param(
        b"(UID FLAGS BODY.PEEK[HEADER.FIELDS.NOT (Received)])",
        ("O5:V0054", "O5:V0055"),
        marks=pytest.mark.cites("O5:V0054"),
    ),
    # no body parts
    pytest.param(
        b"(UID FLAGS BODY.PEEK[1])",
        ("O5:V0054", "O5:V0010", "O5:V0055"),
        marks=pytest.mark.cites("O5:V0054", "O5:V0010"),
    ),
    pytest.param(
        b"(UID FLAGS BODY.PEEK[2.1.MIME])",
        ("O5:V0054", "O5:V0010", "O5:V0055"),
        marks=pytest.mark.cites("O5:V0054", "O5:V0010"),
    ),
    pytest.param(
        b"(UID FLAGS BODY.PEEK[1.HEADER])",
        ("O5:V0054", "O5:V0010", "O5:V0055"),
        marks=pytest.mark.cites("O5:V0054", "O5:V0010"),
    ),
    pytest.param(
        b"BODY[1.2]",
        ("O5:V0053", "O5:V0010", "O5:V0055", "O5:V0054"),
        marks=pytest.mark.cites("O5:V0053", "O5:V0010"),
    ),
    # no partial bodies
    pytest.param(
        b"(UID FLAGS BODY.PEEK[]<0.1024>)",
        ("O5:V0054", "O5:V0070", "O5:V0055"),
        marks=pytest.mark.cites("O5:V0054", "O5:V0070"),
    ),
    pytest.param(
        b"(UID FLAGS BODY.PEEK[HEADER]<512.512>)",
        ("O5:V0054", "O5:V0070", "O5:V0055"),
        marks=pytest.mark.cites("O5:V0054", "O5:V0070"),
    ),
    pytest.param(
        b"BODY[]<0.1024>",
        ("O5:V0053", "O5:V0070", "O5:V0055", "O5:V0054"),
        marks=pytest.mark.cites("O5:V0053", "O5:V0070"),
    ),
    pytest.param(
        b"(BODY.PEEK[1]<0.9>)",
        ("O5:V0054", "O5:V0070", "O5:V0010", "O5:V0055"),
        marks=pytest.mark.cites("O5:V0070", "O5:V0010"),
    ),
    # no structures
    pytest.param(
        b"ENVELOPE",
        ("O5:V0008", "O5:V0072", "O5:V0055", "O5:V0054"),
        marks=pytest.mark.cites("O5:V0008", "O5:V0072"),
    ),
    pytest.param(
        b"(UID FLAGS ENVELOPE)",
        ("O5:V0008", "O5:V0072", "O5:V0055", "O5:V0054"),
        marks=pytest.mark.cites("O5:V0008", "O5:V0072"),
    ),
    pytest.param(
        b"BODYSTRUCTURE",
        ("O5:V0009", "O5:V0071", "O5:V0055", "O5:V0054"),
        marks=pytest.mark.cites("O5:V0009", "O5:V0071"),
    ),
    pytest.param(b"(UID BODY)", ("O5:V0009", "O5:V0055", "O5:V0054"), marks=pytest.mark.cites("O5:V0009")),
    pytest.param(
        b"(UID ENVELOPE BODYSTRUCTURE BODY.PEEK[TEXT])",
        ("O5:V0008", "O5:V0072", "O5:V0009", "O5:V0071", "O5:V0054", "O5:V0055"),
        marks=pytest.mark.cites("O5:V0008", "O5:V0009", "O5:V0054"),
    ),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("items", "ids"), NEVER_FETCHED)
def test_never_fetched(items: bytes, ids: tuple[str, ...], version: str) -> None:
    assert judge(b"FETCH 1 " + items, version) == [ids]
    assert judge(b"UID FETCH 1 " + items, version) == [ids]


@pytest.mark.cites("O5:V0055")
def test_a_structure_is_never_fetched_from_an_old_server_either() -> None:
    assert judge(b"FETCH 1 ENVELOPE", capabilities=IMAP4) == [("O5:V0008", "O5:V0072", "O5:V0055")]


def test_a_fetch_breach_spells_the_forms() -> None:
    (breach,) = permits(read(b"FETCH 1 (FLAGS)"), Context(load("2013"), capabilities=IMAP4))
    assert breach.expected == (
        "one of (UID) (UID FLAGS) (UID FLAGS RFC822.SIZE RFC822.HEADER INTERNALDATE) (UID FLAGS RFC822)"
        " (UID FLAGS RFC822.SIZE RFC822.HEADER) (UID FLAGS RFC822.PEEK)"
    )


def test_macros_are_sent_by_a_product_that_uses_them() -> None:
    assert judge(b"FETCH 1 FAST", changed("2013", "fetch.macros", True)) == []


# ---------------------------------------------------------------- STORE

STORED = [
    b"+FLAGS (\\Deleted \\Seen)",
    b"-FLAGS (\\Deleted)",
    b"+FLAGS (\\Seen)",
    b"-FLAGS (\\Seen)",
    b"+FLAGS.SILENT (\\Deleted)",
    b"-FLAGS.SILENT (\\Deleted)",
    b"+FLAGS.SILENT (\\Seen)",
    b"-FLAGS.SILENT (\\Seen)",
    b"+FLAGS.SILENT (\\Flagged)",
    b"-FLAGS.SILENT (\\Flagged)",
    b"+FLAGS.SILENT (\\Answered)",
    b"-FLAGS.SILENT (\\Answered)",
    b"FLAGS ()",
    b"FLAGS (\\Seen)",
    b"FLAGS (\\Draft)",
    b"FLAGS (\\Flagged)",
    b"FLAGS (\\Answered)",
    b"FLAGS (\\Deleted)",
    b"FLAGS (\\Seen \\Draft \\Flagged \\Answered \\Deleted)",
    b"FLAGS (\\Deleted \\Answered \\Seen)",
]


@pytest.mark.cites("O5:V0056")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("form", STORED)
def test_store_forms(form: bytes, version: str) -> None:
    assert judge(b"UID STORE 1:3 " + form, version) == []
    assert judge(b"STORE 2 " + form, version) == []


NEVER_STORED = [
    b"+FLAGS (\\Deleted)",
    b"+FLAGS (\\Seen \\Deleted)",
    b"-FLAGS (\\Deleted \\Seen)",
    b"+FLAGS (\\Flagged)",
    b"-FLAGS (\\Flagged)",
    b"+FLAGS (\\Answered)",
    b"-FLAGS (\\Answered)",
    b"+FLAGS (\\Draft)",
    b"+FLAGS.SILENT (\\Draft)",
    b"+FLAGS.SILENT (\\Deleted \\Seen)",  # later versions do: seen in 2016
    b"+FLAGS.SILENT (\\Seen \\Flagged)",
    b"FLAGS.SILENT (\\Seen)",
    b"FLAGS.SILENT ()",
    b"+FLAGS ()",
    b"+FLAGS \\Seen",
    b"-FLAGS.SILENT \\Deleted",
    b"FLAGS \\Seen",
]


@pytest.mark.cites("O5:V0056")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("form", NEVER_STORED)
def test_never_stored(form: bytes, version: str) -> None:
    assert judge(b"UID STORE 1 " + form, version) == [("O5:V0056",)]
    assert judge(b"STORE 1 " + form, version) == [("O5:V0056",)]


def test_a_store_breach_names_replacing_only_where_the_product_replaces() -> None:
    (breach,) = permits(read(b"STORE 1 +FLAGS (\\Draft)"), Context(load("2013")))
    assert breach.expected.endswith("-FLAGS.SILENT (\\Answered), FLAGS (...)")
    profile = changed("2013", "store.replaces", False)
    (breach,) = permits(read(b"STORE 1 FLAGS (\\Seen)"), Context(profile))
    assert breach.expected.endswith("-FLAGS.SILENT (\\Answered)")


# ---------------------------------------------------------------- flags


@pytest.mark.cites("O5:V0005", "O5:V0056")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("flag", [b"$Forwarded", b"$MDNSent", b"NonJunk", b"\\X-Mine"])
@pytest.mark.parametrize(
    "line",
    [
        b"STORE 1 +FLAGS (%s)",
        b"UID STORE 1 -FLAGS.SILENT (%s)",
        b"UID STORE 1 FLAGS (\\Seen %s)",
        b'APPEND "Sent Items" (\\Seen %s) {3+}\r\na: ',
    ],
)
def test_keywords_are_never_sent(line: bytes, flag: bytes, version: str) -> None:
    assert judge(line % flag, version) == [("O5:V0056", "O5:V0005")]


@pytest.mark.cites("O5:V0056")
def test_recent_is_never_sent() -> None:
    command = c.Append(b"Drafts", b"a: ", (b"\\Recent",))
    assert [breach.ids for breach in permits(command, Context(load("2013")))] == [("O5:V0056", "O5:V0005")]


@pytest.mark.cites("O5:V0005", "O5:V0056")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("flag", [b"\\Seen", b"\\Draft", b"\\Flagged", b"\\Answered", b"\\Deleted"])
def test_the_five_flags_go_with_append(flag: bytes, version: str) -> None:
    assert judge(b'APPEND "Drafts" (%s) {3+}\r\na: ' % flag, version) == []


def test_each_foreign_flag_is_a_breach_of_its_own() -> None:
    command = read(b"STORE 1 FLAGS (\\Seen A B)")
    assert [str(breach) for breach in permits(command, Context(load("2007")))] == [
        "only the flags \\Seen \\Draft \\Flagged \\Answered \\Deleted, not A [O5:V0056, O5:V0005]",
        "only the flags \\Seen \\Draft \\Flagged \\Answered \\Deleted, not B [O5:V0056, O5:V0005]",
    ]


# ---------------------------------------------------------------- STATUS


@pytest.mark.cites("O5:V0045")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "items",
    [b"(MESSAGES)", b"(RECENT)", b"(UIDNEXT)", b"(UIDVALIDITY)", b"(UNSEEN UIDNEXT)", b"(MESSAGES UNSEEN)"],
)
def test_status_asks_for_unseen_only(items: bytes, version: str) -> None:
    assert judge(b'STATUS "Drafts" ' + items, version) == [("O5:V0045",)]


# ---------------------------------------------------------------- octets above 127

EIGHT_BIT = [
    b'LOGIN "\xc3\xa9milie" "secret"',
    b'LOGIN "user1" "\xe9t\xe9"',
    b'SELECT "Entw\xc3\xbcrfe"',
    b'CREATE "Entw\xfcrfe"',
    b'DELETE "Entw\xc3\xbcrfe"',
    b'RENAME "Drafts" "Entw\xc3\xbcrfe"',
    b'RENAME "Entw\xc3\xbcrfe" "Drafts"',
    b'SUBSCRIBE "Entw\xc3\xbcrfe"',
    b'UNSUBSCRIBE "Entw\xc3\xbcrfe"',
    b'LIST "" "Entw\xc3\xbcrfe/*"',
    b'LIST "\xc3\xbc/" "*"',
    b'LSUB "" "\xc3\xbc*"',
    b'STATUS "Entw\xc3\xbcrfe" (UNSEEN)',
    b'COPY 1 "Entw\xc3\xbcrfe"',
    b'UID COPY 1 "Entw\xc3\xbcrfe"',
    b'APPEND "Entw\xc3\xbcrfe" {3+}\r\na: ',
    b'APPEND "Drafts" {12+}\r\nSubject: \xc3\xa9\n',
]


@pytest.mark.cites("O5:V0013")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("line", EIGHT_BIT)
def test_octets_above_127_are_never_sent(line: bytes, version: str) -> None:
    assert judge(line, version) == [("O5:V0013",)]


EIGHT_BIT_2013 = [
    b'XLIST "" "\xc3\xbc*"',
    b'SEARCH SUBJECT "\xc3\xa9t\xc3\xa9"',
    b"SEARCH CHARSET UTF-8 FROM {2+}\r\n\xc3\xa9",
    b'SEARCH HEADER "X-\xe9" "a"',
    b'SEARCH HEADER X-A "\xe9"',
    b'SEARCH UNSEEN NOT BODY "\xe9"',
    b'SEARCH OR (SINCE 1-Jan-2013 TEXT "\xe9") 1:5',
    b'SEARCH OR UID 1:5,9 TO "\xe9"',
]


@pytest.mark.cites("O5:V0013")
@pytest.mark.parametrize("line", EIGHT_BIT_2013)
def test_octets_above_127_are_never_sent_by_2013_either(line: bytes) -> None:
    assert judge(line, "2013") == [("O5:V0013",)]


@pytest.mark.cites("O5:V0013", "O5:V0021")
def test_modified_utf7_and_base64_carry_what_is_not_ascii() -> None:
    assert judge(b'CREATE "Entw&APw-rfe"') == []
    assert judge(b'SEARCH SUBJECT "=?utf-8?B?w6k=?="') == []
    command = c.Append(b"Drafts", b"Content-Transfer-Encoding: base64\r\n\r\nw6k=\r\n")
    assert permits(command, Context(load("2013"))) == []


# ---------------------------------------------------------------- control characters

CONTROL = [
    b'CREATE "a\x01b"',
    b'CREATE "a\tb"',
    b'CREATE "a\x7fb"',
    b"CREATE {3+}\r\na\nb",
    b'CREATE "a&AIU-b"',  # U+0085, a control character no octet of which is one
    b'RENAME "old" "a\x1bb"',
]


@pytest.mark.cites("O5:V0018")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("line", CONTROL)
def test_new_folders_have_no_control_characters(line: bytes, version: str) -> None:
    assert judge(line, version) == [("O5:V0018",)]
    assert judge(line, version, delimiter=b"/") == [("O5:V0018",)]


@pytest.mark.cites("O5:V0015", "O5:V0018")
@pytest.mark.parametrize(
    "line",
    [
        b'SELECT "a\x01b"',
        b'DELETE "a\x01b"',
        b'RENAME "a\x01b" "ab"',
        b'STATUS "a\x01b" (UNSEEN)',
        b'UID COPY 1 "a\x01b"',
        b'APPEND "a\x01b" {3+}\r\n\x01\x02\x03',
        b'LOGIN "user\x01" "se\x02cret"',
        b'SEARCH SUBJECT "a\x01b"',
    ],
)
def test_other_control_characters_pass_unchanged(line: bytes) -> None:
    assert judge(line) == []


@pytest.mark.cites("O5:V0018")
@pytest.mark.parametrize(
    ("line", "delimiter", "ids"),
    [
        (b'CREATE "a\x01b/new"', b"/", []),
        (b'CREATE "a\x01b/new/"', b"/", []),
        (b'CREATE "a\x01b/n\x02w"', b"/", [("O5:V0018",)]),
        (b'CREATE "a\x01b/n\x02w/"', b"/", [("O5:V0018",)]),
        (b'CREATE "a\x01b/new"', b".", [("O5:V0018",)]),
        (b'CREATE "a\x01b/new"', None, [("O5:V0018",)]),
        (b'RENAME "old" "a\x01b.new"', b".", []),
    ],
)
def test_folders_above_a_new_one_are_called_what_they_are(
    line: bytes, delimiter: bytes | None, ids: list[tuple[str, ...]]
) -> None:
    assert judge(line, delimiter=delimiter) == ids


# ---------------------------------------------------------------- sign-in


@pytest.mark.cites("O5:V0029")
@pytest.mark.parametrize("version", VERSIONS)
def test_nobody_signs_in_as_anonymous(version: str) -> None:
    listed = frozenset((b"IMAP4REV1", b"AUTH=ANONYMOUS"))
    expected = ("O5:V0029", "O5:E0001", "O5:V0034", "O5:V0027")
    assert judge(b"AUTHENTICATE ANONYMOUS", version, capabilities=listed) == [expected]
    assert judge(b"AUTHENTICATE anonymous", version, capabilities=listed) == [expected]


@pytest.mark.cites("O5:E0001", "O5:V0027", "O5:V0034")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("mechanism", [b"LOGIN", b"CRAM-MD5", b"GSSAPI", b"XOAUTH2", b"SCRAM-SHA-1", b"EXTERNAL"])
def test_mechanisms_it_does_not_know(mechanism: bytes, version: str) -> None:
    listed = frozenset((b"IMAP4REV1", b"AUTH=" + mechanism))
    assert judge(b"AUTHENTICATE " + mechanism, version, capabilities=listed) == [("O5:E0001", "O5:V0034", "O5:V0027")]


@pytest.mark.cites("O5:V0032")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("mechanism", ["NTLM", "DIGEST-MD5", "PLAIN"])
def test_only_listed_mechanisms(mechanism: str, version: str) -> None:
    line = b"AUTHENTICATE " + mechanism.encode()
    others = frozenset((b"IMAP4REV1", b"AUTH=CRAM-MD5"))
    assert judge(line, version, capabilities=others) == [("O5:V0032",)]
    assert judge(line, version, capabilities=others | {b"AUTH=" + mechanism.encode()}) == []
    assert judge(line, version, capabilities=None) == []


@pytest.mark.cites("O5:V0034")
def test_only_mechanisms_the_policy_allows() -> None:
    policy = Policy(mechanisms=("ntlm", "PLAIN"))
    assert judge(b"AUTHENTICATE NTLM", policy=policy) == []
    assert judge(b"AUTHENTICATE PLAIN", policy=policy) == []
    assert judge(b"AUTHENTICATE DIGEST-MD5", policy=policy) == [("O5:V0034",)]
    assert judge(b"AUTHENTICATE PLAIN", policy=Policy(mechanisms=())) == [("O5:V0034",)]


def test_a_mechanism_neither_listed_nor_allowed_is_wrong_twice() -> None:
    context = Context(load("2013"), Policy(mechanisms=("PLAIN",)), capabilities=frozenset())
    assert [str(breach) for breach in permits(read(b"AUTHENTICATE NTLM"), context)] == [
        "only mechanisms the server lists, not NTLM [O5:V0032]",
        "only mechanisms the policy allows, not NTLM [O5:V0034]",
    ]


@pytest.mark.cites("O5:V0030")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("line", [b"AUTHENTICATE PLAIN AHVzZXIxAHNlY3JldA==", b"AUTHENTICATE NTLM ="])
def test_no_initial_response(line: bytes, version: str) -> None:
    listed = IMAP4REV1 | {b"SASL-IR"}
    assert judge(line, version, capabilities=listed) == [("O5:V0030",)]


@pytest.mark.cites("O5:V0034", "O5:V0032")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("capabilities", [IMAP4REV1, frozenset((b"IMAP4REV1",)), None])
def test_login_unless_the_policy_forbids_it(capabilities: frozenset[bytes] | None, version: str) -> None:
    line = b'LOGIN "user1" "secret"'
    assert judge(line, version, capabilities=capabilities) == []
    assert judge(line, version, capabilities=capabilities, policy=Policy(login=False)) == [("O5:V0032", "O5:V0034")]


@pytest.mark.cites("O5:V0013", "O5:V0034")
def test_a_login_can_be_wrong_twice() -> None:
    assert judge(b'LOGIN "user1" "\xe9"', policy=Policy(login=False)) == [("O5:V0032", "O5:V0034"), ("O5:V0013",)]


def test_a_password_shows_in_no_breach() -> None:
    command = c.Login(b"user1", Secret(b"hunter\xe9"))
    breaches = permits(command, Context(load("2013"), Policy(login=False)))
    assert len(breaches) == 2
    assert "hunter" not in repr(breaches)


# ---------------------------------------------------------------- a product that differs is a product with other values


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("commands.EXAMINE", b'EXAMINE "INBOX"'),
        ("commands.UID_SEARCH", b"UID SEARCH ALL"),
        ("commands.UID_EXPUNGE", b"UID EXPUNGE 1"),
        ("strings.eight_bit", b'SELECT "\xc3\xbc"'),
        ("folders.control_characters", b'CREATE "a\x01"'),
        ("auth.initial_response", b"AUTHENTICATE PLAIN AAA="),
    ],
)
def test_what_a_product_does_is_read_from_its_values(key: str, line: bytes) -> None:
    assert judge(line) != []
    assert judge(line, changed("2013", key, True)) == []


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("commands.SELECT", b'SELECT "INBOX"'),
        ("commands.UID_FETCH", b"UID FETCH 1 (UID)"),
        ("store.replaces", b"STORE 1 FLAGS ()"),
        ("auth.login_fallback", b'LOGIN "a" "b"'),
    ],
)
def test_what_a_product_does_not_is_read_from_its_values(key: str, line: bytes) -> None:
    assert judge(line) == []
    assert judge(line, changed("2013", key, False)) != []


def test_a_product_that_uses_any_mechanism_uses_one_that_is_not_listed() -> None:
    profile = changed("2013", "auth.advertised_only", False)
    assert judge(b"AUTHENTICATE PLAIN", profile, capabilities=frozenset()) == []
