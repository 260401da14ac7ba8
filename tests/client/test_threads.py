r"""One session, many threads: every answer belongs to its question, and who only waits lets the others go first."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from support.loopback import PATIENCE, Running
from support.responder import Responder, responding

from outlookimap.client import Session
from outlookimap.client.turns import Turns
from outlookimap.errors import LocalProtocolError, SessionClosed
from outlookimap.protocol.events import Exists
from outlookimap.transport.clock import SystemClock
from outlookimap.transport.memory import pair


def test_every_answer_belongs_to_its_question() -> None:
    with responding() as (session, responder):

        def ask(number: int) -> list[object]:
            found: list[object] = []
            for _ in range(25):
                session.noop()
                [message] = session.fetch_bodies(number)
                found += [message.uid, message.body, session.status_unseen(str(number))]
            return found

        threads = [Running(lambda number=number: ask(number)) for number in range(1, 9)]  # type: ignore[misc]
        for number, thread in enumerate(threads, 1):
            assert thread.result() == [number, b"mail %d" % number, number] * 25
    assert len(responder.heard) == 2 + 8 * 25 * 3


@pytest.mark.cites("O5:V0028")
def test_commands_of_others_interrupt_a_poll_in_idle() -> None:
    with responding() as (session, responder), session.idle():
        for _ in range(20):
            polling = Running(lambda: session.poll(600))
            assert responder.idling.wait(PATIENCE)
            session.noop()
            assert session.fetch_bodies(3)[0].body == b"mail 3"
            assert responder.idling.wait(PATIENCE)  # the poll went on in the meantime
            responder.say(b"* 101 EXISTS\r\n* 1 EXPUNGE\r\n")
            assert polling.result()[0] == Exists(101, 1)
    assert between_idles(responder.heard).count(b"UID FETCH 3 (UID FLAGS BODY.PEEK[])") == 20


def between_idles(heard: list[bytes]) -> list[bytes]:
    """Return the commands that are neither IDLE nor DONE; none may come while IDLE runs."""
    commands: list[bytes] = []
    idle = False
    for line in heard:
        assert idle is (line == b"DONE"), heard
        idle = line == b"IDLE"
        commands += [] if line in (b"IDLE", b"DONE") else [line]
    return commands


@pytest.mark.cites("O5:V0028")
def test_commands_of_others_interrupt_a_poll_without_idle() -> None:
    with responding(b"") as (session, responder):
        for _ in range(20):
            polling = Running(lambda: session.poll(600))
            session.noop()
            responder.say(b"* 101 EXISTS\r\n* 1 EXPUNGE\r\n")
            assert polling.result()
            session.poll(0)


def test_signing_out_ends_a_poll_of_another_thread() -> None:
    with responding() as (session, responder), session.idle():
        polling = Running(lambda: session.poll(600))
        assert responder.idling.wait(PATIENCE)
        session.logout()
        with pytest.raises(SessionClosed):
            polling.result()


def test_many_polls_and_commands_at_once() -> None:
    with responding() as (session, _), session.idle():
        polling = [Running(lambda: session.poll(0)) for _ in range(4)]
        working = [Running(lambda: [session.status_unseen("1") for _ in range(20)]) for _ in range(4)]
        for poll in polling:
            poll.result()
        for work in working:
            assert work.result() == [1] * 20


# ---------------------------------------------------------------- turns


def test_a_thread_has_one_turn_at_a_time() -> None:
    turns = Turns(lambda: None)
    for held in (turns.take, turns.wait_politely):
        for wanted in (turns.take, turns.wait_politely):
            with held(), pytest.raises(LocalProtocolError, match="busy with a command of this thread"), wanted():
                pass


def test_who_waits_politely_is_told_and_asked_for_the_turn() -> None:
    told = threading.Event()
    turns = Turns(told.set)
    with turns.wait_politely():
        assert not turns.wanted()
        other = Running(lambda: take_once(turns))
        assert told.wait(PATIENCE)
        assert turns.wanted()
    other.result()
    assert not turns.wanted()


def take_once(turns: Turns) -> None:
    """Take a turn and give it back."""
    with turns.take():
        pass


def test_who_has_a_turn_is_not_interrupted() -> None:
    told = threading.Event()
    turns = Turns(told.set)
    with turns.take():
        other = Running(lambda: take_once(turns))
        polite = Running(lambda: wait_once(turns))
        while not turns.wanted():
            assert other.alive()
    other.result()
    polite.result()
    assert not told.is_set()


def wait_once(turns: Turns) -> None:
    """Wait politely for a turn and give it back."""
    with turns.wait_politely():
        pass


def test_one_who_gives_up_wanting_holds_nobody_up() -> None:
    interrupted: list[bool] = []

    def interrupt() -> None:
        if threading.current_thread() is not threading.main_thread() and not interrupted:
            interrupted.append(True)
            raise KeyboardInterrupt

    turns = Turns(interrupt)
    with turns.wait_politely():
        giving_up = Running(lambda: take_once(turns))
        with pytest.raises(KeyboardInterrupt):
            giving_up.result()
        assert not turns.wanted()
    wait_once(turns)


# ---------------------------------------------------------------- the wake that was taken by something else


@pytest.mark.cites("O5:V0028", "O5:V0025")
def test_a_wake_that_a_noop_swallowed_is_not_lost() -> None:
    # the clock is past the keepalive: the poll says NOOP first, and what interrupts it wakes that, not the wait
    with responding() as (session, responder):
        session._clock.advance(700)  # type: ignore[attr-defined]
        link = session._link
        steps: list[Callable[..., object]] = [link.step]
        wanting: list[Running[None]] = []

        def step(until: float | None = None) -> object:
            if not wanting:
                wanting.append(Running(session.noop))
                while not session._shared.turns.wanted():
                    assert wanting[0].alive()
            return steps[0](until)

        link.step = step  # type: ignore[method-assign,assignment]
        polling = Running(lambda: session.poll(600))
        while not wanting:
            assert polling.alive()
        wanting[0].result()
        responder.say(b"* 101 EXISTS\r\n")
        assert polling.result() == [Exists(101, 1)]


def test_the_system_clock_serves_as_well() -> None:
    clock = SystemClock()
    client, server = pair(clock)
    Responder(server, b"IDLE")
    session = Session.over(lambda: client, user=None, password=None)
    assert session.poll(0.01) == []
    session.logout()
    assert session.closed
