r"""Flags in columns, and messages of runs: the same as messages one by one, whichever tier read them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest
from support.scripted import inbox

from outlookimap.client import Message
from outlookimap.client.reading import ShownFlags
from outlookimap.errors import UsageError
from outlookimap.profiles import load
from outlookimap.wire.sequence import SequenceSet

EVERYTHING = SequenceSet.all()
FETCHED = r"""
    C: $tag UID FETCH 1:* (UID FLAGS)
    S: * 1 FETCH (UID 5 FLAGS (\Seen \Recent))
    S: * 2 FETCH (UID 7 FLAGS ())
    S: * 2 FETCH (UID 7 FLAGS (\Seen))
    S: * 4 EXISTS
    S: * 3 FETCH (FLAGS (\Seen) UID 9)
    @+1
    S: * 4 fetch (uid 11 flags (\Recent \Seen) x-odd 1)
    S: * 2 FETCH (FLAGS (\Flagged))
    S: $tag OK done
"""
Chunk = tuple[list[int], list[frozenset[str]]]


def collected(chunks: list[Chunk]) -> Chunk:
    return [uid for uids, _ in chunks for uid in uids], [one for _, flags in chunks for one in flags]


@pytest.mark.cites("O5:V0055", "O5:V0004")
def test_flags_come_in_columns_whatever_tier_read_them() -> None:
    chunks: list[Chunk] = []

    def columns(uids: Sequence[int], flags: Sequence[frozenset[str]]) -> None:
        chunks.append((list(uids), list(flags)))

    with inbox(FETCHED) as session:
        assert session.fetch_flags(EVERYTHING, columns=columns) == []
        tiers = session.tiers
        news = session.poll(0)
    uids, flags = collected(chunks)
    assert uids == [5, 7, 7, 9, 11]
    assert flags == [{"\\Seen"}, frozenset(), {"\\Seen"}, {"\\Seen"}, {"\\Seen"}]
    assert flags[2] is flags[3]  # one object for the same flags, run after run
    assert tiers.columns == 4
    assert tiers.tolerant > 1
    assert Message(2, 7, frozenset(("\\Flagged",))) in news  # nobody asked for that


def test_columns_in_a_pipeline() -> None:
    chunks: list[int] = []
    with inbox(FETCHED) as session:
        with session.pipeline() as pipeline:
            pending = pipeline.fetch_flags(EVERYTHING, columns=lambda uids, _: chunks.extend(uids))
        assert pending.result() == []
    assert chunks == [5, 7, 7, 9, 11]


def test_messages_and_columns_at_once_are_refused_and_nothing_is_sent() -> None:
    with inbox("") as session:
        with pytest.raises(UsageError, match="`into` takes messages and `columns` UIDs and flags: pass one of them"):
            session.fetch_flags(EVERYTHING, into=list, columns=lambda *_: None)
        assert not session.closed


def test_an_answer_without_anything_calls_nobody() -> None:
    called: list[object] = []
    script = "C: $tag UID FETCH 1:* (UID FLAGS)\nS: * 4 EXISTS\nS: $tag OK done"
    with inbox(script) as session:
        session.fetch_flags(EVERYTHING, columns=lambda *both: called.append(both))
    assert called == []


HEADERS = r"""
    C: $tag UID FETCH 1:* (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER] INTERNALDATE)
    S: * 1 FETCH (UID 5 FLAGS (\Seen \Recent) RFC822.SIZE 70 BODY[HEADER] {6}
    S| A: b\x0d\x0a
    S:  INTERNALDATE "17-Jul-1996 02:44:25 -0700")
    S: * 2 FETCH (UID 7 FLAGS () RFC822.SIZE 8 BODY[HEADER] {6}
    S| A: c\x0d\x0a
    S:  INTERNALDATE " 1-Feb-2000 00:00:00 +0000")
    S: * 3 FETCH (uid 9 FLAGS (\Seen) RFC822.SIZE 9 BODY[HEADER] "" INTERNALDATE "17-Jul-1996 02:44:25 -0700")
    S: $tag OK done
"""


@pytest.mark.cites("O5:V0055", "O5:V0006", "O5:V0007")
def test_headers_of_a_run_and_one_by_one() -> None:
    moment = dt.datetime(1996, 7, 17, 2, 44, 25, tzinfo=dt.timezone(dt.timedelta(hours=-7)))
    seen = frozenset(("\\Seen",))
    with inbox(HEADERS) as session:
        found = session.fetch_headers(EVERYTHING)
        assert session.tiers.shaped == 2
    assert found == [
        Message(1, 5, seen, 70, moment, b"A: b\r\n"),
        Message(2, 7, frozenset(), 8, dt.datetime(2000, 2, 1, tzinfo=dt.UTC), b"A: c\r\n"),
        Message(3, 9, seen, 9, moment, b""),
    ]
    assert [type(one) for one in found] == [Message] * 3


BODIES = r"""
    C: $tag UID FETCH 1:* (UID FLAGS BODY.PEEK[])
    S: * 1 FETCH (UID 5 FLAGS () BODY[] {3}
    S| abc
    S: )
    S: * 2 FETCH (UID 7 FLAGS () RFC822 {3}
    S| def
    S: )
    S: * 3 FETCH (UID 9 BODY[] {0}
    S:  RFC822.HEADER NIL)
    S: $tag OK done
"""


@pytest.mark.cites("O5:V0055")
def test_bodies_of_a_run() -> None:
    with inbox(BODIES) as session:
        assert session.fetch_bodies(EVERYTHING) == [Message(1, 5, frozenset(), body=b"abc"), Message(3, 9, body=b"")]
        assert session.poll(0) == [Message(2, 7, frozenset(), body=b"def")]


def test_flags_that_a_server_makes_up_take_no_endless_memory() -> None:
    shown = ShownFlags(load("2013"))
    for number in range(5000):
        assert shown[(b"k%d" % number, b"\\Recent", b"\\Odd")] == {f"k{number}"}
    assert len(shown) == 4096


def test_a_message_shows_what_it_is_without_its_octets() -> None:
    message = Message(1, 2, frozenset(), header=b"secret", body=b"more")
    assert repr(message) == (
        "Message(seq=1, uid=2, flags=frozenset(), size=None, internaldate=None, partial=False, leniencies=())"
    )
    assert message == Message(1, 2, frozenset(), header=b"secret", body=b"more")
    with pytest.raises(AttributeError):
        message.uid = 3  # type: ignore[misc]
