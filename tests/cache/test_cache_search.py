"""Finding messages: the full-text index, what a user may write, and the criteria over the columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outlookimap.cache import Arrived, Cache, Criteria, Flag
from outlookimap.cache.criteria import LONGEST_PART, match_all
from outlookimap.errors import UsageError

NO_FLAGS = Flag(0)
NOON = dt.datetime(2024, 2, 12, 12, tzinfo=dt.UTC)


class Mailbox:
    """A folder with messages, whose words are indexed before each question."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        self.folder = cache.folders.add(b"INBOX", b"INBOX", name="INBOX", delimiter="/", attributes=(), source="LIST")
        self.uid = 0

    def add(
        self,
        subject: str = "",
        *,
        sender: str = "ann@example.com",
        recipients: str = "bob@example.org",
        flags: Flag = NO_FLAGS,
        date: dt.datetime | None = NOON,
        sent: str = "",
        body: bytes | None = None,
    ) -> int:
        self.uid += 1
        header = f"Subject: {subject}\r\nFrom: {sender}\r\nTo: {recipients}\r\nDate: {sent}\r\n\r\n".encode()
        (number,) = self.cache.messages.add(self.folder, 1, [Arrived(self.uid, flags, "", None, date, header)])
        if body is not None:
            self.cache.messages.store_body(number, header + body, partial=False)
        return number

    def find(self, criteria: Criteria) -> list[int]:
        self.cache.search.index_outstanding()
        return [row.id for row in self.cache.messages.find(self.folder, criteria, order="uid")]

    def words(self) -> list[int]:
        return [number for (number,) in self.cache.search._database.query("SELECT rowid FROM words ORDER BY rowid")]


@pytest.fixture(params=[False, True], ids=["at once", "lazy"])
def mailbox(request: pytest.FixtureRequest) -> Iterator[Mailbox]:
    with Cache(lazy=request.param) as cache:
        yield Mailbox(cache)


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("lunch", True),
        ("LUNCH", True),
        ("lunch friday", True),
        ("friday lunch", True),  # in any order
        ("lunch monday", False),  # every word
        ("lun", False),
        ("lun*", True),
        ("lun* fri*", True),
        ("*", False),
        ("* lunch", True),
        ("gr\u00fc\u00dfe", True),
        ("GR\u00dc\u00dfE", True),
        ("gru\u00dfe", True),  # accents make no difference
        ("ann@example.com", True),
        ("example", True),
        ("example.com", True),
        ("com.example", False),  # what stands between punctuation keeps its order
        ("carol@example.org", True),
        ("downloaded", True),
        ("attached.pdf", True),
        # the syntax of FTS5 is no syntax here
        ('"', False),
        ('"lunch', True),
        ('lun"ch', False),
        ('""', False),
        ("-", False),
        ("lunch -friday", True),
        ("lunch - friday", True),
        ("-lunch", True),
        ("^lunch", True),
        ("lunch AND friday", False),  # no word "and"
        ("lunch OR monday", False),
        ("NOT monday", False),
        ("NEAR(lunch friday)", False),
        ("subject:lunch", False),
        ("{subject} : lunch", False),
        ("(lunch", True),
        ("lunch)", True),
        ("lunch + friday", True),
        ("lunch\x00friday", True),
        ("lunch\nfriday", True),
        ("'; DROP TABLE words; --", False),
        ("\ud800", False),
        ("\U0001f600", False),
        ("lunch \U0001f600", True),
    ],
)
def test_text(mailbox: Mailbox, text: str, found: bool) -> None:
    number = mailbox.add(
        "Lunch on Friday: Gr\u00fc\u00dfe",
        recipients="carol@example.org",
        body=(
            b"downloaded text\r\n"  # the header has no Content-Type: this is its body
            b"attached.pdf"
        ),
    )
    mailbox.add("something else", sender="dan@other.net", recipients="eve@other.net")
    assert mailbox.find(Criteria(text=text)) == ([number] if found else [])


def test_a_word_may_be_spread_over_the_fields(mailbox: Mailbox) -> None:
    number = mailbox.add("report", sender="Ann <a@b.example>", recipients="Carol", body=b"figures")
    assert mailbox.find(Criteria(text="report ann carol figures")) == [number]


@pytest.mark.parametrize("text", [None, "", "  \t\n", "\x00\x1b"])
def test_no_words_ask_for_nothing(mailbox: Mailbox, text: str | None) -> None:
    number = mailbox.add("a")
    assert mailbox.find(Criteria(text=text)) == [number]


@given(st.text())
@example('"" AND')
@example("a* b** *c* **")
@example('NEAR("a" "b", 5)')
@example("\x00\ud800\udfff")
def test_whatever_a_user_writes_is_a_valid_question(text: str) -> None:
    with Cache() as cache:
        mailbox = Mailbox(cache)
        mailbox.add("abc")
        assert mailbox.find(Criteria(text=text, sender=text, subject=text, recipient=text)) in ([], [1])


@given(
    st.lists(st.sampled_from(["lunch", "Friday", "NEAR", "AND", "or", "not", "a1", "\u00fc"]), min_size=1, max_size=5)
)
def test_every_word_of_a_message_finds_it(words: list[str]) -> None:
    with Cache() as cache:
        mailbox = Mailbox(cache)
        number = mailbox.add("lunch friday near and or not a1 \u00fc")
        assert mailbox.find(Criteria(text=" ".join(words))) == [number]


def test_as_many_words_as_one_likes(mailbox: Mailbox) -> None:
    words = " ".join(f"word{number}" for number in range(3000))
    number = mailbox.add("a", body=words.encode())
    assert mailbox.find(Criteria(text=words)) == [number]
    assert mailbox.find(Criteria(text=words + " another")) == []


def test_the_query_of_the_index() -> None:
    assert match_all('a* "b" NEAR') == '"a"* """b""" "NEAR"'


# ---------------------------------------------------------------- the index follows the messages


def test_a_body_is_found_once_it_has_arrived(mailbox: Mailbox) -> None:
    number = mailbox.add("report")
    assert mailbox.find(Criteria(text="figures")) == []
    assert mailbox.find(Criteria(text="report")) == [number]
    mailbox.cache.messages.store_body(number, b"Subject: report\r\n\r\nfigures\r\n", partial=False)
    assert mailbox.find(Criteria(text="report figures")) == [number]
    assert mailbox.words() == [number]


def test_a_partial_body_is_no_text(mailbox: Mailbox) -> None:
    number = mailbox.add("report")
    mailbox.cache.messages.store_body(number, b"Subject: report\r\n\r\nfigu", partial=True)
    assert mailbox.find(Criteria(text="figu")) == []
    assert mailbox.find(Criteria(text="report")) == [number]


def test_words_go_with_their_messages(mailbox: Mailbox) -> None:
    first, second, third = (mailbox.add("report") for _ in range(3))
    mailbox.cache.search.index_outstanding()
    assert mailbox.words() == [first, second, third]
    mailbox.cache.messages.remove([first])
    mailbox.cache.messages.remove_uids(mailbox.folder, 1, [2])
    assert mailbox.words() == [third]
    mailbox.cache.folders.remove(mailbox.folder)
    assert mailbox.words() == []


@pytest.mark.parametrize("batch", [1, 3, 7, 500])
def test_all_that_is_outstanding_is_indexed_in_batches(mailbox: Mailbox, batch: int) -> None:
    added = [mailbox.add(f"report {number}") for number in range(7)]
    assert mailbox.cache.search.index_outstanding(batch) == 7
    assert mailbox.cache.search.index_outstanding(batch) == 0
    assert mailbox.words() == added


def test_a_batch_ends_after_so_many_octets(mailbox: Mailbox) -> None:
    for _ in range(3):
        mailbox.add("report", body=b"x" * 3_000_000)
    assert mailbox.cache.search._index_batch(500) == 2
    assert mailbox.cache.search.index_outstanding() == 1


# ---------------------------------------------------------------- the other criteria


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("J\u00fcrgen", True),
        ("J\u00dcRGEN", True),
        ("j\u00fcrg", True),
        ("rgen M", True),
        ("jurgen", False),
        ("@EXAMPLE.com", True),
        ("*", False),
        ("?", False),
        ("[a]", True),
        ("]", True),
        ("^", False),
        ("%", False),
        ("_", False),
        ("\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", True),
        ("", True),
        ("J\u00fcrgen\x00M", True),  # as the field itself would be stored
        ("J\u00fcrgen\x00X", False),
        ("x" * LONGEST_PART, False),
        ("\U0001f600" * LONGEST_PART, False),
    ],
)
def test_part_of_a_field_without_case(mailbox: Mailbox, part: str, found: bool) -> None:
    field = "J\u00fcrgen M\u00fcller <jm@example.com> [A] \u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2"
    by_sender = mailbox.add(sender=field, recipients="-", subject="-")
    by_recipient = mailbox.add(sender="-", recipients=field, subject="-")
    by_subject = mailbox.add(sender="-", recipients="-", subject=field)
    if part:
        assert mailbox.find(Criteria(sender=part)) == ([by_sender] if found else [])
        assert mailbox.find(Criteria(recipient=part)) == ([by_recipient] if found else [])
        assert mailbox.find(Criteria(subject=part)) == ([by_subject] if found else [])
    else:
        assert mailbox.find(Criteria(sender=part)) == [by_sender, by_recipient, by_subject]


@pytest.mark.parametrize("name", ["sender", "recipient", "subject"])
def test_too_long_a_part_is_refused_by_name(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name}: {LONGEST_PART + 1} characters"):
        Criteria(**{name: "x" * (LONGEST_PART + 1)})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("criteria", "with_flag"),
    [
        (Criteria(unread=True), False),
        (Criteria(unread=False), True),
        (Criteria(flagged=True), True),
        (Criteria(flagged=False), False),
        (Criteria(answered=True), True),
        (Criteria(answered=False), False),
        (Criteria(deleted=True), True),
        (Criteria(deleted=False), False),
    ],
)
def test_flags(mailbox: Mailbox, criteria: Criteria, with_flag: bool) -> None:
    without, all_ = mailbox.add(flags=Flag(0)), mailbox.add(flags=Flag(31))
    assert mailbox.find(criteria) == [all_ if with_flag else without]


# RFC 3501 section 6.4.4: the date is compared without regard to time and zone.
@pytest.mark.cites("O5:V0006")
def test_days(mailbox: Mailbox) -> None:
    east, west = dt.timezone(dt.timedelta(hours=14)), dt.timezone(dt.timedelta(hours=-12))
    late = mailbox.add(date=dt.datetime(2024, 2, 11, 23, 59, tzinfo=west))
    early = mailbox.add(date=dt.datetime(2024, 2, 12, 0, 1, tzinfo=east))
    by_header = mailbox.add(date=None, sent="Mon, 12 Feb 2024 10:00:00 +0000")
    mailbox.add(date=None)
    day = dt.date(2024, 2, 12)
    assert mailbox.find(Criteria(since=day)) == [early, by_header]
    assert mailbox.find(Criteria(before=day)) == [late]
    assert mailbox.find(Criteria(since=day, before=dt.date(2024, 2, 13))) == [early, by_header]
    assert mailbox.find(Criteria(since=dt.date(1, 1, 1), before=dt.date(9999, 12, 31))) == [late, early, by_header]
    assert mailbox.find(Criteria(since=dt.datetime(2024, 2, 12, 15, 0))) == [early, by_header]


# What each policy takes the date from, and what is left where that is missing: "both" came on the 20th, dated the 1st.
BY_DATE: list[tuple[str, dict[str, Any], list[str]]] = [
    ("internaldate", {"criteria": Criteria(since=dt.date(2024, 2, 15))}, ["both"]),
    ("internaldate", {"criteria": Criteria(before=dt.date(2024, 2, 15))}, ["dated", "received"]),
    ("internaldate", {"criteria": Criteria(), "order": "newest"}, ["both", "dated", "received"]),
    ("internaldate", {"criteria": Criteria(), "order": "oldest"}, ["received", "dated", "both"]),
    ("header", {"criteria": Criteria(since=dt.date(2024, 2, 5))}, ["dated", "received"]),
    ("header", {"criteria": Criteria(before=dt.date(2024, 2, 5))}, ["both"]),
    ("header", {"criteria": Criteria(), "order": "newest"}, ["dated", "received", "both"]),
    ("header", {"criteria": Criteria(), "order": "oldest"}, ["both", "received", "dated"]),
]


@pytest.mark.cites("O5:V0006")
@pytest.mark.parametrize(("date_from", "asked", "subjects"), BY_DATE)
def test_dates_are_those_of_the_policy(
    mailbox: Mailbox, date_from: str, asked: dict[str, Any], subjects: list[str]
) -> None:
    mailbox.add("both", date=dt.datetime(2024, 2, 20, 12, tzinfo=dt.UTC), sent="Thu, 01 Feb 2024 10:00:00 +0000")
    mailbox.add("received", date=dt.datetime(2024, 2, 10, 12, tzinfo=dt.UTC))
    mailbox.add("dated", date=None, sent="Mon, 12 Feb 2024 10:00:00 +0000")
    found = mailbox.cache.find(mailbox.folder, date_from=date_from, **asked)
    assert [row.subject for row in found] == subjects


def test_criteria_are_all_to_be_met(mailbox: Mailbox) -> None:
    mailbox.add("report", sender="ann", flags=Flag.SEEN)
    mailbox.add("report", sender="bob")
    wanted = mailbox.add("report", sender="ann", body=b"figures")
    assert mailbox.find(Criteria(text="figures", sender="Ann", subject="port", unread=True, deleted=False)) == [wanted]


def test_nothing_is_asked_for() -> None:
    assert Criteria().sql() == ("1", ())
