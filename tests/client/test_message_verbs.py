r"""What is sent for messages, octet for octet, and what is made of the answers. The scripts are typed by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from support.scripted import inbox, talk

from outlookimap.client import Appended, Copied, Message, Session
from outlookimap.client.calls import as_set
from outlookimap.errors import CommandFailed, LocalProtocolError, ProfileViolation, UsageError
from outlookimap.profiles import Policy
from outlookimap.profiles.schema import STORE_PURPOSES
from outlookimap.protocol.events import Exists, Expunged
from outlookimap.wire import search as s
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.sequence import SequenceSet

VERSIONS = ["2007", "2010", "2013"]
OLD = ["2007", "2010"]
EVERYTHING = SequenceSet.all()
EASTERN = dt.timezone(dt.timedelta(hours=-4))
IMAP4 = "IMAP4 IDLE UIDPLUS"


def policy(**values: object) -> Policy:
    """Return a policy without encryption."""
    return Policy(encryption="none", **values)  # type: ignore[arg-type]


# ---------------------------------------------------------------- FETCH by purpose

HEADER_DATE = policy(date_from="header")

FETCHES: list[tuple[str, Policy, Callable[[Session], object], str]] = [
    ("IMAP4rev1", policy(), lambda session: session.fetch_uids(3), "FETCH 3 (UID)"),
    ("IMAP4", policy(), lambda session: session.fetch_uids([2, 3]), "FETCH 2:3 (UID)"),
    ("IMAP4rev1", policy(), lambda session: session.fetch_flags(EVERYTHING), "UID FETCH 1:* (UID FLAGS)"),
    ("IMAP4", policy(), lambda session: session.fetch_flags([5, 3, 4, 9]), "UID FETCH 3:5,9 (UID FLAGS)"),
    (
        "IMAP4rev1",
        policy(),
        lambda session: session.fetch_headers(EVERYTHING),
        "UID FETCH 1:* (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER] INTERNALDATE)",
    ),
    (
        "IMAP4rev1",
        HEADER_DATE,
        lambda session: session.fetch_headers(EVERYTHING),
        "UID FETCH 1:* (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER])",
    ),
    ("IMAP4rev1", policy(), lambda session: session.fetch_bodies(7), "UID FETCH 7 (UID FLAGS BODY.PEEK[])"),
    (
        "IMAP4",
        policy(),
        lambda session: session.fetch_headers(EVERYTHING),
        "UID FETCH 1:* (UID FLAGS RFC822.SIZE RFC822.HEADER INTERNALDATE)",
    ),
    (
        "IMAP4",
        HEADER_DATE,
        lambda session: session.fetch_headers(EVERYTHING),
        "UID FETCH 1:* (UID FLAGS RFC822.SIZE RFC822.HEADER)",
    ),
    ("IMAP4", policy(), lambda session: session.fetch_bodies(7), "UID FETCH 7 (UID FLAGS RFC822.PEEK)"),
    ("IMAP4", policy(), lambda session: session.fetch_bodies(7, mark_read=True), "UID FETCH 7 (UID FLAGS RFC822)"),
]


@pytest.mark.cites("O5:V0055", "O5:V0006", "O5:V0054", "O5:V0059", "O5:V0060", "O5:V0008", "O5:V0009", "O5:V0053")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("capabilities", "settings", "fetch", "written"), FETCHES)
def test_fetch_by_purpose(
    version: str, capabilities: str, settings: Policy, fetch: Callable[[Session], object], written: str
) -> None:
    script = f"C: $tag {written}\nS: $tag OK done"
    with inbox(script, version, capabilities=capabilities, policy=settings) as session:
        assert fetch(session) == []


@pytest.mark.cites("O5:V0055", "O5:V0056", "O5:V0010")
@pytest.mark.parametrize("version", VERSIONS)
def test_opening_a_message_marks_it_read_by_store(version: str) -> None:
    script = r"""
        C: $tag UID FETCH 7 (UID FLAGS BODY.PEEK[])
        S: * 2 FETCH (UID 7 FLAGS () BODY[] {4}
        S| a: b
        S: )
        S: $tag OK done
        C: $tag UID STORE 7 +FLAGS (\Seen)
        S: * 2 FETCH (FLAGS (\Seen) UID 7)
        S: $tag OK done
    """
    with inbox(script, version) as session:
        assert session.fetch_bodies(iter([7]), mark_read=True) == [Message(2, 7, frozenset(), body=b"a: b")]
        assert session.poll(0) == []


@pytest.mark.cites("O5:V0055", "O5:V0007", "O5:V0004", "O5:2.1.6")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("cut", [None, 1])
def test_headers(version: str, cut: int | None) -> None:
    script = r"""
        C: $tag UID FETCH 1:* (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER] INTERNALDATE)
        S: * 1 FETCH (UID 5 FLAGS (\Seen \Recent $Label1 \X-Odd) RFC822.SIZE 900 BODY[HEADER] {8}
        S| a: b
        S|
        S|
        S:  INTERNALDATE "28-Aug-2022 16:47:29 -0400")
        S: * 2 FETCH (BODY[HEADER] "" INTERNALDATE "00-Jan-0000 00:00:00 +0000" FLAGS (\seen) UID 8)
        S: * 3 FETCH (INTERNALDATE " 1-Feb-2022 00:00:00 +0000" UID 9 BODY[HEADER] NIL FLAGS (\*))
        S: $tag OK done
    """
    with inbox(script, version, cut=cut) as session:
        moment = dt.datetime(2022, 8, 28, 16, 47, 29, tzinfo=EASTERN)
        first, second, third = session.fetch_headers(EVERYTHING)
        assert first == Message(1, 5, frozenset(("\\Seen", "$Label1")), 900, moment, header=b"a: b\r\n\r\n")
        assert second == Message(2, 8, frozenset(("\\Seen",)), header=b"", leniencies=(Leniency.INVALID_DATE,))
        assert third == Message(3, 9, frozenset(), None, dt.datetime(2022, 2, 1, tzinfo=dt.UTC))


@pytest.mark.cites("O5:V0055")
def test_old_items_are_headers_and_bodies_all_the_same() -> None:
    script = r"""
        C: $tag UID FETCH 5 (UID FLAGS RFC822.SIZE RFC822.HEADER INTERNALDATE)
        S: * 1 FETCH (UID 5 FLAGS () RFC822.SIZE 9 RFC822.HEADER "h" INTERNALDATE "28-Aug-2022 16:47:29 -0400")
        S: $tag OK done
        C: $tag UID FETCH 5 (UID FLAGS RFC822.PEEK)
        S: * 1 FETCH (UID 5 FLAGS () RFC822 "b")
        S: $tag OK done
    """
    with inbox(script, capabilities=IMAP4) as session:
        assert session.fetch_headers(5)[0].header == b"h"
        assert session.fetch_bodies(5)[0].body == b"b"


@pytest.mark.cites("O5:V0070")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_partial_body_that_nobody_asked_for_is_news_and_named(version: str) -> None:
    script = r"""
        C: $tag UID FETCH 5 (UID FLAGS BODY.PEEK[])
        S: * 1 FETCH (UID 5 FLAGS () BODY[]<0> "b")
        S: * 1 FETCH (UID 5 BODY[HEADER]<2> "h" BODY[TEXT] "t")
        S: $tag OK done
    """
    with inbox(script, version) as session:
        assert session.fetch_bodies(5) == []
        assert session.poll(0) == [
            Message(1, 5, frozenset(), body=b"b", partial=True),
            Message(1, 5, header=b"h", partial=True),
        ]


@pytest.mark.cites("O5:2.1.5")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_body_structure_nobody_asked_for_loses_its_extension_data(version: str) -> None:
    script = """
        C: $tag NOOP
        S: * 1 FETCH (UID 5 BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 1 1 "md5" NIL ("EN") "loc"))
        S: $tag OK done
    """
    with inbox(script, version) as session:
        session.noop()
        [news] = session.poll(0)
        assert isinstance(news, Message)
        assert (news.seq, news.uid, news.body) == (1, 5, None)
        assert news.leniencies == (Leniency.EXTENSION_DROPPED,)


@pytest.mark.cites("O5:V0060")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("none", [[], iter([]), range(0)])
def test_no_messages_no_command(version: str, none: list[int]) -> None:
    with inbox("", version) as session:
        uses: list[Callable[[], object]] = [
            lambda: session.fetch_uids(none),
            lambda: session.fetch_flags(none),
            lambda: session.fetch_headers(none),
            lambda: session.fetch_bodies(none, mark_read=True),
            lambda: session.mark_deleted(none),
            lambda: session.flag(none),
            lambda: session.replace_flags(none, []),
        ]
        assert [use() for use in uses] == [[], [], [], [], [], None, []]
        assert session.copy(none, "a") == Copied()


@pytest.mark.parametrize("wrong", [0, -1, 1 << 32, [0, 5], ["1"], "12", b"12", [1.0]])
def test_what_names_no_message(wrong: list[int]) -> None:
    with inbox("") as session, pytest.raises(UsageError, match="no message"):
        session.fetch_flags(wrong)


def test_sets_are_ranges_where_they_can_be() -> None:
    assert as_set(7) == SequenceSet(((7, 7),))
    assert as_set([9, 1, 2, 3, 2]) == SequenceSet(((1, 3), (9, 9)))
    assert as_set(EVERYTHING) is EVERYTHING
    assert as_set(()) is None


# ---------------------------------------------------------------- long commands


def sparse(count: int) -> list[int]:
    """Return `count` numbers of five digits, no two of them neighbours."""
    return list(range(10001, 10001 + 2 * count, 2))


def set_of(numbers: list[int]) -> str:
    """Return numbers without neighbours as a set."""
    return ",".join(map(str, numbers))


@pytest.mark.cites("O5:V0060")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_command_of_32000_octets_goes_out_whole(version: str) -> None:
    # without its set this command has 29 octets: "xxxx UID FETCH " and " (UID FLAGS)" and CRLF
    numbers = [1001, 1003, *sparse(5327)]
    assert len(set_of(numbers)) == 31971
    with inbox(f"C: $tag UID FETCH {set_of(numbers)} (UID FLAGS)\nS: $tag OK done", version) as session:
        assert session.fetch_flags(numbers) == []


@pytest.mark.cites("O5:V0060", "O5:V0026")
@pytest.mark.parametrize("version", VERSIONS)
def test_one_octet_more_makes_two_commands_that_are_one_call(version: str) -> None:
    numbers = [1001, *sparse(5328)]
    assert len(set_of(numbers)) == 31972
    script = f"""
        C: $tag1 UID FETCH {set_of(numbers[:-1])} (UID FLAGS)
        C: $tag2 UID FETCH {numbers[-1]} (UID FLAGS)
        S: * 1 FETCH (UID 1001 FLAGS ())
        S: $tag2 OK done
        S: * 2 FETCH (UID 10001 FLAGS ())
        S: $tag1 OK done
    """
    with inbox(script, version) as session:
        assert [message.uid for message in session.fetch_flags(numbers)] == [1001, 10001]


@pytest.mark.cites("O5:V0060")
def test_a_policy_may_lower_the_limit() -> None:
    numbers = sparse(29)
    script = f"""
        C: $tag1 UID STORE {set_of(numbers[:28])} +FLAGS (\\Seen)
        C: $tag2 UID STORE {numbers[28]} +FLAGS (\\Seen)
        S: $tag1 OK done
        S: $tag2 OK done
        C: $tag1 UID COPY {set_of(numbers[:28])} "abcdefghi"
        C: $tag2 UID COPY {numbers[28]} "abcdefghi"
        S: $tag1 OK [COPYUID 9 10001:10003,10005 1,2,3,5] done
        S: $tag2 OK [COPYUID 9 {numbers[28]} 6] done
    """
    # "xxxx UID STORE " + " +FLAGS (\Seen)" + CRLF: 32 octets, 167 for 28 numbers, 6 more would be 205
    with inbox(script, policy=policy(command_octets=200)) as session:
        session.mark_read(numbers)
        copied = session.copy(numbers, "abcdefghi")
    assert copied == Copied(9, {10001: 1, 10002: 2, 10003: 3, 10005: 5, numbers[28]: 6})


# ---------------------------------------------------------------- STORE by purpose

STORES: list[tuple[Callable[[Session], object], str]] = [
    (lambda session: session.mark_deleted([5, 6, 7]), r"UID STORE 5:7 +FLAGS (\Deleted \Seen)"),
    (lambda session: session.undelete(5), r"UID STORE 5 -FLAGS (\Deleted)"),
    (lambda session: session.mark_read(5), r"UID STORE 5 +FLAGS (\Seen)"),
    (lambda session: session.mark_unread(5), r"UID STORE 5 -FLAGS (\Seen)"),
    (lambda session: session.flag(5), r"UID STORE 5 +FLAGS.SILENT (\Flagged)"),
    (lambda session: session.unflag(5), r"UID STORE 5 -FLAGS.SILENT (\Flagged)"),
    (lambda session: session.mark_answered(5), r"UID STORE 5 +FLAGS.SILENT (\Answered)"),
    (lambda session: session.unmark_answered(5), r"UID STORE 5 -FLAGS.SILENT (\Answered)"),
    (lambda session: session.mark_deleted(5, queued=True), r"UID STORE 5 +FLAGS.SILENT (\Deleted)"),
    (lambda session: session.undelete(5, queued=True), r"UID STORE 5 -FLAGS.SILENT (\Deleted)"),
    (lambda session: session.mark_read(5, queued=True), r"UID STORE 5 +FLAGS.SILENT (\Seen)"),
    (lambda session: session.mark_unread(5, queued=True), r"UID STORE 5 -FLAGS.SILENT (\Seen)"),
    (lambda session: session.replace_flags(5, ()), "UID STORE 5 FLAGS ()"),
    (
        lambda session: session.replace_flags(5, ["\\Seen", "\\Draft", "\\Flagged", "\\Answered", "\\Deleted"]),
        r"UID STORE 5 FLAGS (\Seen \Draft \Flagged \Answered \Deleted)",
    ),
]


@pytest.mark.cites("O5:V0056", "O5:V0059", "O5:V0060")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("store", "written"), STORES)
def test_store_by_purpose(version: str, store: Callable[[Session], object], written: str) -> None:
    with inbox(f"C: $tag {written}\nS: $tag OK done", version) as session:
        assert store(session) in ([], None)


@pytest.mark.cites("O5:V0056")
def test_every_purpose_of_the_profiles_can_be_named() -> None:
    with talk(SELECTED_AND_STORED) as session:
        session.select("INBOX")
        for purpose in STORE_PURPOSES:
            session.store(purpose, 1)


SELECTED_AND_STORED = r"""
    C: $tag SELECT "INBOX"
    S: * 1 EXISTS
    S: * OK [UIDVALIDITY 7] fixed
    S: $tag OK done
    C: $tag UID STORE 1 +FLAGS (\Deleted \Seen)
    S: $tag OK done
    C: $tag UID STORE 1 -FLAGS (\Deleted)
    S: $tag OK done
    C: $tag UID STORE 1 +FLAGS (\Seen)
    S: $tag OK done
    C: $tag UID STORE 1 -FLAGS (\Seen)
    S: $tag OK done
    C: $tag UID STORE 1 +FLAGS.SILENT (\Flagged)
    S: $tag OK done
    C: $tag UID STORE 1 -FLAGS.SILENT (\Flagged)
    S: $tag OK done
    C: $tag UID STORE 1 +FLAGS.SILENT (\Answered)
    S: $tag OK done
    C: $tag UID STORE 1 -FLAGS.SILENT (\Answered)
    S: $tag OK done
    C: $tag UID STORE 1 +FLAGS.SILENT (\Deleted)
    S: $tag OK done
    C: $tag UID STORE 1 -FLAGS.SILENT (\Deleted)
    S: $tag OK done
    C: $tag UID STORE 1 +FLAGS.SILENT (\Seen)
    S: $tag OK done
    C: $tag UID STORE 1 -FLAGS.SILENT (\Seen)
    S: $tag OK done
"""


@pytest.mark.cites("O5:V0056")
def test_a_loud_store_returns_flags_and_the_echo_of_a_silent_one_is_news() -> None:
    script = r"""
        C: $tag UID STORE 5 +FLAGS (\Seen)
        S: * 1 FETCH (UID 5 FLAGS (\Seen))
        S: $tag OK done
        C: $tag UID STORE 5 +FLAGS.SILENT (\Flagged)
        S: * 1 FETCH (FLAGS (\Seen \Flagged))
        S: $tag OK done
    """
    with inbox(script) as session:
        assert session.mark_read(5) == [Message(1, 5, frozenset(("\\Seen",)))]
        session.flag(5)
        assert session.poll(0) == [Message(1, 5, frozenset(("\\Seen", "\\Flagged")))]


@pytest.mark.cites("O5:V0005", "O5:V0056")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("flag", ["$Label1", "\\seen", "\\X-Odd", "NonJunk"])
def test_only_the_five_flags_are_sent(version: str, flag: str) -> None:
    with inbox("", version) as session:
        for refused in (
            lambda: session.replace_flags(5, ["\\Seen", flag]),
            lambda: session.append("a", b"", flags=[flag]),
        ):
            with pytest.raises(ProfileViolation, match="only the flags") as caught:
                refused()
            assert caught.value.statements == ("O5:V0056", "O5:V0005")


# ---------------------------------------------------------------- COPY, EXPUNGE


@pytest.mark.cites("O5:V0057", "O5:V0059", "O5:V0060")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("code", "copied"),
    [
        ("", Copied()),
        ("[COPYUID 55 3:5 31:33] ", Copied(55, {3: 31, 4: 32, 5: 33})),
        ("[COPYUID 55 3:5 33:31] ", Copied(55, {3: 33, 4: 32, 5: 31})),
        ("[COPYUID 55 5,3:4 31:33] ", Copied(55, {5: 31, 3: 32, 4: 33})),
        ("[COPYUID 55 3:5 31] ", Copied(55)),
        ("[COPYUID 55 1:4294967295 1:4294967295] ", Copied(55)),
        ("[COPYUID 14  ] ", Copied()),
        ("[APPENDUID 55 3] ", Copied()),
    ],
)
def test_copy(version: str, code: str, copied: Copied) -> None:
    with inbox(f'C: $tag UID COPY 3:5 "Archive"\nS: $tag OK {code}done', version) as session:
        assert session.copy([3, 4, 5], "Archive") == copied


@pytest.mark.cites("O5:V0058", "O5:V0062")
@pytest.mark.parametrize("version", VERSIONS)
def test_trycreate_has_no_effect(version: str) -> None:
    script = """
        C: $tag UID COPY 3 "Archive"
        S: $tag NO [TRYCREATE] no such folder
    """
    with inbox(script, version) as session:
        with pytest.raises(CommandFailed, match="UID COPY: the server answered NO no such folder") as caught:
            session.copy(3, "Archive")
        assert caught.value.code is None


@pytest.mark.cites("O5:V0056")
@pytest.mark.parametrize("version", VERSIONS)
def test_expunge_and_what_went(version: str) -> None:
    script = r"""
        C: $tag UID FETCH 1:* (UID FLAGS)
        S: * 1 FETCH (UID 5 FLAGS ())
        S: * 3 FETCH (UID 9 FLAGS ())
        S: $tag OK done
        C: $tag EXPUNGE
        S: * 1 EXPUNGE
        S: * 2 EXPUNGE
        S: * 1 EXPUNGE
        S: $tag OK done
    """
    with inbox(script, version) as session:
        session.fetch_flags(EVERYTHING)
        session.expunge()
        assert session.poll(0) == [Expunged(1, 5), Expunged(2, 9), Expunged(1, None)]


# ---------------------------------------------------------------- APPEND

MOMENT = dt.datetime(2022, 8, 28, 16, 47, 29, tzinfo=EASTERN)


@pytest.mark.cites("O5:V0046", "O5:V0048", "O5:V0017", "O5:V0056", "O5:V0005")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("capabilities", ["IMAP4rev1", "IMAP4rev1 LITERAL+ LITERAL-"])
def test_append_of_a_draft_without_headers(version: str, capabilities: str) -> None:
    script = r"""
        C: $tag APPEND "Drafts" (\Seen \Draft) "28-Aug-2022 16:47:29 -0400" {5}
        S: + OK
        C| hello
        C:
        S: * 4 EXISTS
        S: $tag OK [APPENDUID 55 10] done
    """
    with inbox(script, version, capabilities=capabilities) as session:
        appended = session.append("Drafts", b"hello", flags=("\\Seen", "\\Draft"), date=MOMENT)
        assert appended == Appended(55, 10)
        assert session.poll(0) == [Exists(4, 1)]


APPENDED = 'C: $tag APPEND "a" (\\Seen) "28-Aug-2022 16:47:29 -0400" '


@pytest.mark.cites("O5:V0012", "O5:V0015", "O5:V0046")
@pytest.mark.parametrize(
    ("message", "literal"),
    [
        (b"", "{0}\nS: +\nC|\nC:"),
        (b"a: b\n\nc\n", "{11}\nS: +\nC| a: b\nC|\nC| c\nC|\nC:"),
        (b"a\rb", "{4}\nS: +\nC| a\nC| b\nC:"),
        (b"\x01\x1b\x7f", "{3}\nS: +\nC| \\x01\\x1b\\x7f\nC:"),
    ],
)
def test_append_of_octets(message: bytes, literal: str) -> None:
    with inbox(f"{APPENDED}{literal}\nS: $tag OK done") as session:
        assert session.append("a", message, date=MOMENT) == Appended()


@pytest.mark.cites("O5:V0014", "O5:V0013")
@pytest.mark.parametrize("version", VERSIONS)
def test_append_of_a_message_object(version: str) -> None:
    message = EmailMessage()
    message["Subject"] = "Gr\xfc\xdfe"
    message.set_content("\xe4\n", cte="8bit")
    script = rf"""
        {APPENDED}{{147}}
        S: + OK
        C| Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
        C| Content-Type: text/plain; charset="utf-8"
        C| MIME-Version: 1.0
        C| Content-Transfer-Encoding: base64
        C|
        C| w6QNCg==
        C|
        C:
        S: $tag OK done
    """
    with inbox(script, version) as session:
        session.append("a", message, date=MOMENT)


@pytest.mark.cites("O5:V0013")
@pytest.mark.parametrize("version", VERSIONS)
def test_octets_above_127_are_refused(version: str) -> None:
    with inbox("", version) as session:
        with pytest.raises(ProfileViolation, match="a message without octets above 127") as caught:
            session.append("a", b"\xe4", date=MOMENT)
        assert caught.value.statements == ("O5:V0013",)
        assert not session.closed


def test_nul_is_refused() -> None:
    with inbox("") as session:
        with pytest.raises(LocalProtocolError, match="holds no NUL"):
            session.append("a", b"a\0b", date=MOMENT)
        assert not session.closed


@pytest.mark.cites("O5:V0047", "O5:V0062")
@pytest.mark.parametrize("version", VERSIONS)
def test_an_append_that_is_refused_before_its_literal(version: str) -> None:
    script = f"""
        {APPENDED}{{5}}
        S: $tag NO [TRYCREATE] no such folder
        C: $tag NOOP
        S: $tag OK done
    """
    with inbox(script, version) as session:
        with pytest.raises(CommandFailed, match="APPEND: the server answered NO no such folder") as caught:
            session.append("a", b"hello", date=MOMENT)
        assert caught.value.code is None
        session.noop()


@pytest.mark.cites("O5:V0048")
@pytest.mark.parametrize("data", ["", "S: * 4 EXISTS"])
def test_after_append_nothing_else_is_sent(data: str) -> None:
    script = f"""
        {APPENDED}{{1}}
        S: +
        C| x
        C:
        {data}
        S: $tag OK done
        C: $tag LOGOUT
        S: $tag OK done
        @closed client
    """
    with inbox(script) as session:
        session.append("a", b"x", date=MOMENT)
        session.logout()


@pytest.mark.cites("O5:V0046")
def test_append_says_now_in_local_time_where_no_date_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Clock:
            return cls(2022, 8, 28, 16, 47, 29, tzinfo=EASTERN)

        def astimezone(self, tz: dt.tzinfo | None = None) -> Clock:
            return self

    monkeypatch.setattr("outlookimap.client.message_verbs.dt.datetime", Clock)
    with inbox(f"{APPENDED}{{1}}\nS: +\nC| x\nC:\nS: $tag OK done") as session:
        session.append("a", b"x")


# ---------------------------------------------------------------- SEARCH


@pytest.mark.cites("O5:V0051", "O5:V0067", "O5:V0059")
def test_search_is_2013s_and_never_by_uid() -> None:
    script = """
        C: $tag SEARCH UNSEEN SINCE 1-Feb-2022
        S: * SEARCH 2 84
        S: * SEARCH
        S: * SEARCH 882
        S: $tag OK done
        C: $tag SEARCH ALL
        S: $tag OK done
    """
    with inbox(script) as session:
        assert session.search(s.Flagging(b"UNSEEN"), s.Dated(b"SINCE", dt.date(2022, 2, 1))) == [2, 84, 882]
        assert session.search(s.ALL) == []


@pytest.mark.cites("O5:V0051", "O5:V0015")
@pytest.mark.parametrize("key", ["UNDELETED", b"UNSEEN", s.Not("SEEN"), s.Either(s.ALL, "ALL"), s.Every((s.ALL, 5))])  # type: ignore[arg-type]
def test_what_is_no_search_key_is_refused_and_ends_nothing(key: s.SearchKey) -> None:
    with inbox("C: $tag SEARCH UNDELETED\nS: * SEARCH 2\nS: $tag OK done") as session:
        with pytest.raises(UsageError, match=r"is no search key: pass those of outlookimap\.wire\.search, as Flagging"):
            session.search(key)
        assert session.search(s.Flagging(b"UNDELETED")) == [2]


def test_search_for_text_that_needs_a_literal() -> None:
    with inbox("C: $tag SEARCH SUBJECT {3}\nS: + OK\nC| a\\x0ab\nC:\nS: * SEARCH 2\nS: $tag OK done") as session:
        assert session.search(s.Containing(b"SUBJECT", b"a\nb")) == [2]


@pytest.mark.cites("O5:V0051")
@pytest.mark.parametrize("version", OLD)
def test_search_is_not_for_older_versions(version: str) -> None:
    with inbox("", version) as session, pytest.raises(ProfileViolation, match="sends no SEARCH") as caught:
        session.search(s.ALL)
    assert caught.value.statements == ("O5:V0051",)


@pytest.mark.cites("O5:V0067")
@pytest.mark.parametrize("version", OLD)
def test_search_responses_are_ignored_even_by_a_search_that_slipped_through(version: str) -> None:
    script = "C: $tag SEARCH ALL\nS: * SEARCH 1 2\nS: $tag OK done"
    with inbox(script, version, guard=False) as session:
        assert session.search(s.ALL) == []
        assert session.poll(0) == []


@pytest.mark.cites("O5:V0013")
def test_search_text_is_ascii_and_a_search_has_keys() -> None:
    with inbox("") as session:
        with pytest.raises(ProfileViolation, match="SEARCH without octets above 127"):
            session.search(s.Either(s.ALL, s.Containing(b"FROM", b"\xe4")))
        with pytest.raises(LocalProtocolError, match="at least one search key"):
            session.search()
        assert not session.closed


@pytest.mark.cites("O5:V0062", "O5:V0038", "O5:V0039", "O5:V0047", "O5:V0058")
@pytest.mark.parametrize(
    ("code", "kept"),
    [
        ("BADCHARSET (US-ASCII)", None),
        ("PARSE", None),
        ("PERMANENTFLAGS ()", None),
        ("READ-ONLY", None),
        ("READ-WRITE", None),
        ("TRYCREATE", None),
        ("UIDNEXT 7", None),
        ("INUSE", "INUSE"),
        ("ALERT", "ALERT"),
    ],
)
def test_codes_that_are_ignored_are_not_in_the_error(code: str, kept: str | None) -> None:
    with inbox(f"C: $tag SEARCH ALL\nS: $tag NO [{code}] why") as session:
        with pytest.raises(CommandFailed) as caught:
            session.search(s.ALL)
        assert (caught.value.code, caught.value.text) == (kept, "why")


@pytest.mark.cites("O5:V0004")
def test_recent_is_no_flag_that_a_client_can_send() -> None:
    with inbox("") as session:
        with pytest.raises(LocalProtocolError, match="Recent' is no flag of a command"):
            session.replace_flags(5, ["\\Recent"])
        assert not session.closed
