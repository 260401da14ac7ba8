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
        assert second == Message(2, 8, frozenset(("\\Seen",)), header=b"")
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
        assert news.leniencies == (Leniency.BODY_EXTENSION,)


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


@pytest.mark.cites("O5:V0060")
@pytest.mark.parametrize("version", VERSIONS)
def test_commands_have_32000_octets_at_most(version: str) -> None:
    # "xxxx UID FETCH " + " (UID FLAGS)" + CRLF: 29 octets, which leaves 31,971: 5,328 numbers with their commas and 3
    # octets over. The last range takes 8 octets where a number would take 5: with them it is 32,000 and not one more.
    fitting = [*sparse(5327), 50001, 50002, 50003]
    written = ",".join(map(str, fitting[:-3])) + ",50001:50003"
    line = f"C: $tag UID FETCH {written} (UID FLAGS)\nS: $tag OK done\n"
    assert len(line.splitlines()[0]) - len("C: ") + len("\r\n") == 32000 - 3
    with inbox(line, version) as session:
        assert session.fetch_flags(fitting) == []
