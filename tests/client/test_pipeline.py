r"""Several commands in flight, `into=` and what its callable may not do."""

from __future__ import annotations

from typing import Any

import pytest
from support.scripted import inbox, talk

from outlookimap.client import Copied, Message
from outlookimap.errors import CommandFailed, LocalProtocolError, ProfileViolation, SessionClosed, UsageError
from outlookimap.protocol.events import Exists
from outlookimap.wire.sequence import SequenceSet

VERSIONS = ["2007", "2010", "2013"]


@pytest.mark.cites("O5:V0026", "O5:V0056", "O5:V0055")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("cut", [None, 1])
def test_all_that_a_pipeline_can_hold(version: str, cut: int | None) -> None:
    script = r"""
        C: $tag1 UID FETCH 5 (UID FLAGS)
        C: $tag2 UID FETCH 7 (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER] INTERNALDATE)
        C: $tag3 UID FETCH 9 (UID FLAGS BODY.PEEK[])
        C: $tag4 UID STORE 5 +FLAGS (\Seen)
        C: $tag5 UID STORE 7 FLAGS ()
        C: $tag6 UID COPY 5 "a"
        C: $tag7 STATUS "a" (UNSEEN)
        C: $tag8 NOOP
        S: * 3 FETCH (UID 9 FLAGS () BODY[] "b")
        S: * 4 EXISTS
        S: * 1 FETCH (UID 5 FLAGS ())
        S: $tag1 OK done
        S: * 2 FETCH (UID 7 FLAGS () RFC822.SIZE 1 BODY[HEADER] "h" INTERNALDATE "28-Aug-2022 16:47:29 -0400")
        S: $tag3 OK done
        S: $tag2 OK done
        S: * 1 FETCH (UID 5 FLAGS (\Seen))
        S: $tag4 OK done
        S: $tag5 NO read-only
        S: * STATUS a (UNSEEN 3)
        S: $tag6 OK [COPYUID 1 5 1] done
        S: $tag7 OK done
        S: $tag8 OK done
    """
    with inbox(script, version, cut=cut) as session:
        with session.pipeline() as pipeline:
            flags, headers, bodies = pipeline.fetch_flags(5), pipeline.fetch_headers(7), pipeline.fetch_bodies(9)
            stored, replaced = pipeline.store("read", 5), pipeline.replace_flags(7, [])
            copied, unseen, nothing = pipeline.copy(5, "a"), pipeline.status_unseen("a"), pipeline.noop()
        assert flags.result() == [Message(1, 5, frozenset())]
        assert [message.header for message in headers.result()] == [b"h"]
        assert bodies.result() == [Message(3, 9, frozenset(), body=b"b")]
        assert stored.result() == [Message(1, 5, frozenset(("\\Seen",)))]
        assert (copied.result(), unseen.result(), nothing.result()) == (Copied(1, {5: 1}), 3, None)
        for _ in range(2):
            with pytest.raises(CommandFailed, match="UID STORE: the server answered NO read-only"):
                replaced.result()
        assert session.poll(0) == [Exists(4, 1)]


@pytest.mark.cites("O5:V0026")
def test_it_goes_out_in_one_piece() -> None:
    script = "C: $tag1 NOOP\nC: $tag2 NOOP\nS: $tag2 OK done\nS: $tag1 OK done"
    with inbox(script) as session:
        sends = session._link.transport.sends  # type: ignore[attr-defined]
        with session.pipeline() as pipeline:
            pipeline.noop()
            pipeline.noop()
        assert session._link.transport.sends == sends + 1  # type: ignore[attr-defined]


@pytest.mark.cites("O5:V0026", "O5:V0017")
def test_a_literal_in_the_middle_holds_up_what_follows() -> None:
    long = "x" * 1025
    script = f"""
        C: $tag1 UID COPY 5 {{1025}}
        S: + OK
        C| {long}
        C:
        C: $tag2 NOOP
        S: $tag1 OK done
        S: $tag2 OK done
    """
    with inbox(script) as session, session.pipeline() as pipeline:
        pipeline.copy(5, long)
        pipeline.noop()


@pytest.mark.cites("O5:V0026", "O5:V0055")
def test_sequence_numbers_wait_until_they_cannot_change_any_more() -> None:
    script = """
        C: $tag1 NOOP
        S: * 1 EXPUNGE
        S: $tag1 OK done
        C: $tag1 FETCH 2 (UID)
        C: $tag2 NOOP
        S: * 2 FETCH (UID 9)
        S: $tag1 OK done
        S: $tag2 OK done
    """
    with inbox(script) as session:
        with session.pipeline() as pipeline:
            pipeline.noop()
            uids = pipeline.fetch_uids(2)
            pipeline.noop()
        assert uids.result() == [Message(2, 9)]


def test_an_empty_pipeline_and_one_of_nothing_send_nothing() -> None:
    with inbox("") as session:
        with session.pipeline():
            pass
        with session.pipeline() as pipeline:
            nothing = pipeline.fetch_flags([])
        assert nothing.result() == []


def test_an_exception_in_the_block_sends_nothing() -> None:
    with inbox("C: $tag NOOP\nS: $tag OK done") as session:
        with pytest.raises(ZeroDivisionError), session.pipeline() as pipeline:  # noqa: PT012
            pending = pipeline.noop()
            raise ZeroDivisionError
        with pytest.raises(UsageError, match="the pipeline was not sent"):
            pending.result()
        session.noop()


@pytest.mark.cites("O5:V0005", "O5:V0013")
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (lambda pipeline: pipeline.replace_flags(5, ["$Label1"]), ProfileViolation),
        (lambda pipeline: pipeline.copy(5, b"\xe4"), ProfileViolation),
        (lambda pipeline: pipeline.copy(5, b"a\0b"), LocalProtocolError),
    ],
)
def test_nothing_is_sent_when_one_command_may_not_be(wrong: Any, error: type[LocalProtocolError]) -> None:
    with inbox("C: $tag NOOP\nS: $tag OK done") as session:
        with pytest.raises(error), session.pipeline() as pipeline:  # noqa: PT012
            pipeline.noop()
            wrong(pipeline)
        session.noop()


def test_a_result_of_before_the_end_of_the_block() -> None:
    with inbox("C: $tag NOOP\nS: $tag OK done") as session, session.pipeline() as pipeline:
        pending = pipeline.noop()
        with pytest.raises(UsageError, match="after its `with` block"):
            pending.result()


# ---------------------------------------------------------------- into=

FETCHED = r"""
    C: $tag UID FETCH 1:* (UID FLAGS)
    S: * 1 FETCH (UID 5 FLAGS ())
    S: * 2 FETCH (UID 7 FLAGS ())
    @+1
    S: * 4 EXISTS
    @+1
    S: * 3 FETCH (UID 9 FLAGS ())
    S: $tag OK done
"""
EVERYTHING = SequenceSet.all()


@pytest.mark.cites("O5:V0055")
@pytest.mark.parametrize("version", VERSIONS)
def test_into_gets_a_list_for_each_chunk(version: str) -> None:
    batches: list[list[int | None]] = []
    with inbox(FETCHED, version) as session:
        result = session.fetch_flags(EVERYTHING, into=lambda batch: batches.append([one.uid for one in batch]))
        assert result == []
        assert batches == [[5, 7], [9]]


def test_into_in_a_pipeline() -> None:
    batches: list[list[Message]] = []
    with inbox(FETCHED) as session:
        with session.pipeline() as pipeline:
            pending = pipeline.fetch_flags(EVERYTHING, into=batches.append)
        assert pending.result() == []
        assert [len(batch) for batch in batches] == [2, 1]


@pytest.mark.cites("O5:V0011")
@pytest.mark.parametrize(
    "error", [ZeroDivisionError, KeyboardInterrupt, LocalProtocolError("mine"), UsageError("mine")]
)
@pytest.mark.parametrize("last", [False, True])
def test_a_callable_that_raises_ends_the_connection(error: BaseException, last: bool) -> None:
    seen: list[Message] = []

    def broken(batch: list[Message]) -> None:
        seen.extend(batch)
        if len(seen) == (3 if last else 2):
            raise error

    script = FETCHED if last else FETCHED.partition("@+1")[0] + "@closed client"
    with inbox(script) as session:
        with pytest.raises(type(error) if isinstance(error, Exception) else error):  # type: ignore[arg-type]
            session.fetch_flags(EVERYTHING, into=broken)
        assert session.closed
        with pytest.raises(SessionClosed):
            session.noop()


def test_a_callable_may_not_call_the_session() -> None:
    with inbox(FETCHED) as session:
        refused: list[str] = []

        def nosy(batch: list[Message]) -> None:
            for call in (session.noop, lambda: session.poll(0), session.logout, lambda: session.idle().__enter__()):
                with pytest.raises(LocalProtocolError, match="a callback may not call it") as caught:
                    call()
                refused.append(str(caught.value))

        session.fetch_flags(EVERYTHING, into=nosy)
        assert len(refused) == 8
        assert not session.closed


@pytest.mark.cites("O5:V0026")
def test_pipelines_are_for_signed_in_sessions_that_are_open() -> None:
    with talk("C: $tag LOGOUT\nS: $tag OK done\n@closed client") as session:
        session.logout()
        with pytest.raises(SessionClosed), session.pipeline() as pipeline:
            pipeline.noop()
