r"""`wait()`, which leaves the news where they are, `wake()`, and IDLE that begins some time after the last command."""

from __future__ import annotations

import pytest
from support.scripted import inbox, opened, played, talk

from outlookimap.errors import AuthenticationFailed, ConnectionLost
from outlookimap.profiles import Policy
from outlookimap.protocol.events import Exists

IDLES = "C: $tag IDLE\nS: + idling\n"
NOOP = "C: $tag NOOP\nS: $tag OK done\n"


@pytest.mark.cites("O5:V0028")
def test_news_that_were_waited_for_are_left_for_poll() -> None:
    with inbox(IDLES + "@+5\nS: * 4 EXISTS") as session:
        session.want_idle()
        assert session.wait(1000)
        assert session.wait(1000)  # they are still there
        assert session._clock.now() == 5
        assert session.poll(0) == [Exists(4, 1)]


def test_a_wait_has_its_end() -> None:
    with inbox("@+5\nS: * 4 EXISTS") as session:
        assert not session.wait(4)
        assert session._clock.now() == 4
        assert session.wait(4)
        assert session._clock.now() == 5


def test_a_wake_makes_it_ask_whether_it_shall_go_on() -> None:
    asked: list[bool] = []

    def unless() -> bool:
        asked.append(True)
        return len(asked) > 1

    with inbox("") as session:
        session.wake()
        assert not session.wait(1000, unless=unless)
        assert not session.wait(1000, unless=lambda: True)
        assert session._clock.now() == 0


@pytest.mark.cites("O5:V0028")
def test_idle_begins_some_time_after_the_last_command() -> None:
    with inbox("@+3\n" + NOOP + "@+10\n" + IDLES + "@+5\nS: * 4 EXISTS") as session:
        session.want_idle(after=10)
        assert session.poll(3) == []
        session.noop()
        assert session.poll(100) == [Exists(4, 1)]
        assert session._clock.now() == 18


@pytest.mark.cites("O5:V0028")
@pytest.mark.parametrize(("at_once", "pause"), [(True, "@+0"), (False, "@+10")])
def test_who_waits_may_have_it_at_once(at_once: bool, pause: str) -> None:
    with inbox(f"{pause}\n" + IDLES + "@+5\nS: * 4 EXISTS") as session:
        session.want_idle(after=10)
        assert session.wait(100, at_once=at_once)


def test_news_are_taken_before_the_connection_that_brought_them_is_given_up() -> None:
    with talk("@closed server") as session:
        with pytest.raises(ConnectionLost):
            session.wait(10)
        assert session.closed


REFUSALS = [
    pytest.param('C: $tag LOGIN "ann" "secret"\n@closed server\n@connected\n', False, id="lost"),
    pytest.param('C: $tag LOGIN "ann" "secret"\nS: $tag NO no\n', True, id="refused"),
]


@pytest.mark.cites("O5:V0034")
@pytest.mark.parametrize(("answer", "refused"), REFUSALS)
def test_a_sign_in_that_failed_says_whether_anything_speaks_against_the_password(answer: str, refused: bool) -> None:
    greeting = "S: * OK ready\nC: $tag CAPABILITY\nS: * CAPABILITY IMAP4rev1\nS: $tag OK done\n"
    script = greeting + answer + ("" if refused else greeting)
    with played(script) as played_out, pytest.raises(AuthenticationFailed) as caught:
        opened(played_out, policy=Policy(encryption="none"))
    assert caught.value.refused is refused
