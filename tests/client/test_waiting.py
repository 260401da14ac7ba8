r"""`poll()` and `idle()` on a clock that moves only while somebody waits: NOOP and IDLE when they are due."""

from __future__ import annotations

import pytest
from support.scripted import inbox, opened, played

from outlookimap.client import Alert, Message
from outlookimap.errors import ConnectionTimeout, OutlookImapError, PolicyError, RemoteProtocolError, SessionClosed
from outlookimap.profiles import Policy
from outlookimap.protocol.events import Exists, Expunged

VERSIONS = ["2007", "2010", "2013"]
NO_IDLE = "IMAP4rev1"


def policy(**values: object) -> Policy:
    """Return a policy without encryption."""
    return Policy(encryption="none", **values)  # type: ignore[arg-type]


# ---------------------------------------------------------------- without IDLE


@pytest.mark.cites("O5:V0025", "O5:V0028")
@pytest.mark.parametrize("version", VERSIONS)
def test_noop_after_ten_minutes_whatever_was_received_meanwhile(version: str) -> None:
    script = """
        @+300
        S: * 4 EXISTS
        @+300
        C: $tag NOOP
        S: $tag OK done
        @+600
        C: $tag NOOP
        S: * 5 EXISTS
        S: $tag OK done
    """
    with inbox(script, version) as session:
        assert session.poll(1000) == [Exists(4, 1)]
        assert session._clock.now() == 300
        assert session.poll(1000) == [Exists(5, 1)]
        assert session._clock.now() == 1200


@pytest.mark.cites("O5:V0025", "O5:V0028")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_keepalive_of_ten_minutes_is_the_longest(version: str) -> None:
    with played("") as script:
        with pytest.raises(PolicyError, match="no more than 600 seconds pass") as caught:
            opened(script, version, policy=policy(keepalive=601))
        assert script.dialled == 0
    assert caught.value.statements == ("O5:V0025", "O5:V0028")


@pytest.mark.cites("O5:V0025")
def test_any_command_of_ours_puts_the_next_noop_off() -> None:
    script = """
        @+400
        C: $tag STATUS "a" (UNSEEN)
        S: * STATUS a (UNSEEN 1)
        S: $tag OK done
        @+600
        C: $tag NOOP
        S: $tag OK done
    """
    with inbox(script) as session:
        assert session.poll(400) == []
        session.status_unseen("a")
        assert session.poll(600) == []
        assert session.poll(0) == []


@pytest.mark.cites("O5:V0025")
def test_a_noop_that_is_overdue_goes_out_at_once() -> None:
    with inbox("C: $tag NOOP\nS: $tag BAD what?") as session:
        session._clock.advance(700)  # type: ignore[attr-defined]
        assert session.poll(0) == []


@pytest.mark.cites("O5:V0028")
@pytest.mark.parametrize("version", VERSIONS)
def test_noop_polls_where_the_server_has_no_idle(version: str) -> None:
    script = """
        @+60
        C: $tag NOOP
        S: $tag OK done
        @+60
        C: $tag NOOP
        S: * 1 EXPUNGE
        S: $tag OK done
    """
    with inbox(script, version, capabilities=NO_IDLE) as session:
        assert session.poll(300) == [Expunged(1, None)]
        assert session._clock.now() == 120


@pytest.mark.cites("O5:V0028")
def test_the_policy_says_how_often() -> None:
    script = "@+20\nC: $tag NOOP\nS: $tag OK done\n@+20\nC: $tag NOOP\nS: $tag OK done\n@+5\nS: * 4 EXISTS"
    with inbox(script, capabilities=NO_IDLE, policy=policy(poll=20)) as session:
        assert session.poll(100) == [Exists(4, 1)]
        assert session._clock.now() == 45


@pytest.mark.cites("O5:V0025")
def test_a_keepalive_shorter_than_the_poll_interval_counts() -> None:
    script = "@+30\nC: $tag NOOP\nS: $tag OK done"
    with inbox(script, capabilities=NO_IDLE, policy=policy(keepalive=30)) as session:
        assert session.poll(30) == []
        assert session.poll(0) == []


def test_poll_only_looks_when_it_has_no_time() -> None:
    with inbox("") as session:
        assert session.poll() == []
        assert session._clock.now() == 0


# ---------------------------------------------------------------- IDLE


@pytest.mark.cites("O5:V0028")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("cut", [None, 1])
def test_idle_news_and_done_when_work_comes(version: str, cut: int | None) -> None:
    script = """
        C: $tag IDLE
        S: + idling
        @+30
        S: * 4 EXISTS
        C: DONE
        S: * 5 EXISTS
        S: $tag OK done
        C: $tag FETCH 4:5 (UID)
        S: * 4 FETCH (UID 10)
        S: * 5 FETCH (UID 11)
        S: $tag OK done
        C: $tag IDLE
        S: + idling
        C: DONE
        S: $tag OK done
        C: $tag NOOP
        S: $tag OK done
    """
    with inbox(script, version, cut=cut) as session:
        with session.idle():
            assert session.poll(600) == [Exists(4, 1)]
            assert session.poll(0) == []
            assert session.fetch_uids([4, 5]) == [Message(4, 10), Message(5, 11)]
            assert session.poll(0) == [Exists(5, 1)]
            assert session.poll(0) == []
        session.noop()


@pytest.mark.cites("O5:V0025", "O5:V0028")
@pytest.mark.parametrize("version", VERSIONS)
def test_noop_after_ten_minutes_of_idle(version: str) -> None:
    script = """
        C: $tag IDLE
        S: +
        @+599
        S: * OK still here
        @+1
        C: DONE
        S: $tag OK done
        C: $tag NOOP
        S: $tag OK done
        C: $tag IDLE
        S: +
        @+100
        S: * 4 EXISTS
        C: DONE
        S: $tag OK done
    """
    with inbox(script, version) as session:
        with session.idle():
            assert session.poll(2000) == [Exists(4, 1)]
        assert session._clock.now() == 700


@pytest.mark.cites("O5:V0028")
@pytest.mark.parametrize("answer", ["NO", "BAD"])
def test_where_idle_is_refused_noop_polls(answer: str) -> None:
    script = f"""
        C: $tag IDLE
        S: $tag {answer} not here
        @+60
        C: $tag NOOP
        S: $tag OK done
        @+60
        C: $tag NOOP
        S: * 4 EXISTS
        S: $tag OK done
    """
    with inbox(script) as session, session.idle():
        assert session.poll(600) == [Exists(4, 1)]


@pytest.mark.cites("O5:V0028")
def test_idle_is_not_sent_where_the_server_does_not_list_it() -> None:
    with inbox("@+60\nC: $tag NOOP\nS: $tag OK done", capabilities=NO_IDLE) as session, session.idle():
        assert session.poll(60) == []
        assert session.poll(0) == []


@pytest.mark.cites("O5:V0001", "O5:V0024", "O5:V0028")
def test_news_before_the_go_ahead_are_told_at_once() -> None:
    script = """
        C: $tag IDLE
        S: * 4 EXISTS
        S: + idling
        C: DONE
        S: $tag OK done
    """
    with inbox(script) as session, session.idle():
        assert session.poll(600) == [Exists(4, 1)]
        assert session._clock.now() == 0


def test_a_server_that_ends_idle_itself_is_asked_again() -> None:
    script = """
        C: $tag IDLE
        S: + idling
        @+10
        S: * 4 EXISTS
        S: $tag OK timed out
        C: $tag IDLE
        S: + idling
        C: DONE
        S: $tag OK done
    """
    with inbox(script) as session, session.idle():
        assert session.poll(600) == [Exists(4, 1)]
        assert session.poll(0) == []


def test_news_in_the_answer_to_noop_are_told_before_idle_begins_again() -> None:
    with inbox("C: $tag NOOP\nS: * OK [ALERT] hi\nS: $tag OK done") as session:
        session._clock.advance(600)  # type: ignore[attr-defined]
        with session.idle():
            assert session.poll(0) == [Alert("hi")]


def test_no_messages_is_no_reason_to_leave_idle() -> None:
    with inbox("C: $tag IDLE\nS: + idling\nC: DONE\nS: $tag OK done") as session, session.idle():
        session.poll(0)
        assert session.fetch_flags([]) == []


@pytest.mark.cites("O5:V0005")
def test_what_the_guard_refuses_is_no_reason_to_leave_idle() -> None:
    with inbox("C: $tag IDLE\nS: + idling\nC: DONE\nS: $tag OK done") as session, session.idle():
        session.poll(0)
        with pytest.raises(OutlookImapError, match="only the flags"):
            session.replace_flags(5, ["$Label1"])


def test_idle_ends_without_a_word_when_it_never_began() -> None:
    with inbox("") as session, session.idle():
        pass


def test_no_go_ahead_is_silence() -> None:
    with inbox("C: $tag IDLE\n@+60\n@closed client") as session:
        with pytest.raises(ConnectionTimeout), session.idle():
            session.poll(600)
        assert session.closed


def test_no_answer_to_done_is_silence() -> None:
    with inbox("C: $tag IDLE\nS: +\nC: DONE\n@+60\n@closed client") as session:
        with pytest.raises(ConnectionTimeout), session.idle():
            session.poll(0)
        assert session.closed


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_an_error_in_the_block(error: type[BaseException]) -> None:
    end = "C: DONE\nS: $tag OK done\nC: $tag NOOP\nS: $tag OK done" if error is ZeroDivisionError else "@closed client"
    with inbox(f"C: $tag IDLE\nS: +\n{end}") as session:
        with pytest.raises(error), session.idle():  # noqa: PT012
            session.poll(0)
            raise error
        if error is ZeroDivisionError:
            session.noop()
        else:
            assert session.closed


def test_an_error_in_the_block_is_not_hidden_by_another() -> None:
    with inbox("C: $tag IDLE\nS: +\nC: DONE\n@closed server") as session:
        with pytest.raises(ZeroDivisionError), session.idle():  # noqa: PT012
            session.poll(0)
            raise ZeroDivisionError
        assert session.closed


def test_signing_out_inside_the_block() -> None:
    script = "C: $tag IDLE\nS: +\nC: DONE\nS: $tag OK done\nC: $tag LOGOUT\nS: $tag OK done\n@closed client"
    with inbox(script) as session:
        with session.idle():
            session.poll(0)
            session.logout()
        with pytest.raises(SessionClosed), session.idle():
            pass


def test_what_the_server_says_while_idle_can_break_the_session_too() -> None:
    with inbox("C: $tag IDLE\nS: +\n@+5\nS: + again\n@closed client") as session:
        with pytest.raises(RemoteProtocolError), session.idle():
            session.poll(10)
        assert session.closed
