r"""The thread that keeps a session alive: what is due is sent when it is due, everybody else goes first, and it ends.

No test sleeps: the clock moves while a scripted server lets time pass, or by hand.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from support.loopback import PATIENCE, Running, socket_pair
from support.responder import Responder, responding
from support.scripted import GREETED, inbox, opened, played, talk

from outlookimap.client import Session
from outlookimap.errors import ConnectionLost, ConnectionTimeout, ServerGoodbye, SessionClosed
from outlookimap.profiles import Policy
from outlookimap.protocol.events import Exists
from outlookimap.transport.clock import FakeClock, SystemClock
from outlookimap.transport.memory import pair
from outlookimap.transport.socket_stream import SocketTransport

VERSIONS = ["2007", "2010", "2013"]
NOOP = "C: $tag NOOP\nS: $tag OK done\n"
IDLE = "C: $tag IDLE\nS: + idling\n"
DONE = "C: DONE\nS: $tag OK done\n"
END = "@+1\n@closed server"


def driven(session: Session) -> None:
    """Let the session's thread run until the connection is over."""
    session.drive()
    assert over(session)
    assert session.closed


def over(session: Session) -> bool:
    """Wait for the end of the session's thread, and tell whether it came."""
    assert session._driver is not None
    return session._driver.join(PATIENCE)


# ---------------------------------------------------------------- what it sends, and when


@pytest.mark.cites("O5:V0025", "O5:V0028")
@pytest.mark.parametrize("version", VERSIONS)
def test_noop_every_ten_minutes_whatever_is_received(version: str) -> None:
    script = f"@+599\nS: * 4 EXISTS\n@+1\n{NOOP}@+600\n{NOOP}@+300\nS: * OK hello\n@+300\n{NOOP}{END}"
    with inbox(script, version) as session:
        driven(session)
        assert session._clock.now() == 1801


@pytest.mark.cites("O5:V0025", "O5:V0028")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_day_in_idle(version: str) -> None:
    with inbox(f"{IDLE}@+600\n{DONE}{NOOP}" * 144 + IDLE + END, version) as session:
        session.want_idle()
        driven(session)
        assert session._clock.now() == 86401


@pytest.mark.cites("O5:V0025", "O5:V0028")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_day_of_polling(version: str) -> None:
    with inbox(f"@+60\n{NOOP}" * 1440 + END, version, capabilities="IMAP4rev1") as session:
        session.want_idle()
        driven(session)
        assert session._clock.now() == 86401


@pytest.mark.cites("O5:V0025", "O5:V0028")
def test_the_policy_says_how_often() -> None:
    policy = Policy(encryption="none", keepalive=120, poll=20)
    with inbox(f"@+120\n{NOOP}" * 3 + END, policy=policy) as session:
        driven(session)
    with inbox(f"@+20\n{NOOP}" * 3 + END, policy=policy, capabilities="IMAP4rev1") as session:
        driven(session)


@pytest.mark.cites("O5:V0025")
def test_without_a_mailbox_it_keeps_alive_as_well() -> None:
    with talk(f"@+600\n{NOOP}" * 2 + END) as session:
        session.want_idle()
        driven(session)


@pytest.mark.cites("O5:V0025", "O5:V0028")
def test_it_waits_for_what_is_due_and_does_not_run_in_circles() -> None:
    steps: list[float | None] = []
    with inbox(f"{IDLE}@+600\n{DONE}{NOOP}" * 3 + IDLE + END) as session:
        step = session._link.step

        def counted(until: float | None = None) -> object:
            steps.append(until)
            return step(until)

        session._link.step = counted  # type: ignore[method-assign,assignment]
        session.want_idle()
        driven(session)
    # the go-ahead; the wait, begun anew as the clock was moved; a look before DONE, one after it; the answer to NOOP
    rounds = [[None, due, due, due, due, None] for due in (600.0, 1200.0, 1800.0)]
    assert steps == [*rounds[0], *rounds[1], *rounds[2], None, 2400.0]


# ---------------------------------------------------------------- what the others find


@pytest.mark.cites("O5:V0001", "O5:V0024")
def test_what_the_server_said_is_there_for_poll_and_then_the_loss() -> None:
    with inbox(f"@+5\nS: * 4 EXISTS\n@+5\nS: * 5 EXISTS\n{END}") as session:
        driven(session)
        assert session.poll(0) == [Exists(4, 1), Exists(5, 1)]
        with pytest.raises(ConnectionLost, match="closed the connection"):
            session.poll(0)
        with pytest.raises(SessionClosed, match="connect anew") as caught:
            session.poll(0)
        assert isinstance(caught.value.__cause__, ConnectionLost)


LOSSES: list[tuple[str, type[Exception]]] = [
    ("@+5\n@closed server", ConnectionLost),
    ("@+5\nS: * BYE gone\n@closed server", ServerGoodbye),
    ("@+5\nS: * BYE gone\n@closed client", ServerGoodbye),
    ("@+600\nC: $tag NOOP\n@+60\n@closed client", ConnectionTimeout),
]


@pytest.mark.cites("O5:V0011")
@pytest.mark.parametrize(("end", "error"), LOSSES)
@pytest.mark.parametrize(
    "use", [Session.noop, Session.poll, Session.expunge, lambda session: session.idle().__enter__()]
)
def test_a_loss_is_told_to_the_next_caller(end: str, error: type[Exception], use: Callable[[Session], object]) -> None:
    with inbox(end) as session:
        driven(session)
        with pytest.raises(error) as caught:
            use(session)
        assert type(caught.value) is error
        with pytest.raises(SessionClosed):
            use(session)


@pytest.mark.cites("O5:V0011")
def test_signing_out_of_a_lost_connection_is_no_error() -> None:
    with inbox(END) as session:
        driven(session)
        session.logout()


# ---------------------------------------------------------------- beside other threads


@pytest.mark.cites("O5:V0025", "O5:V0028")
def test_it_idles_between_commands_and_keeps_alive() -> None:
    with responding() as (session, responder):
        session.want_idle()
        session.drive()
        responder.await_heard(b"IDLE")
        session.noop()
        responder.await_heard(b"DONE", b"NOOP", b"IDLE")
        session._clock.advance(300)  # type: ignore[attr-defined]
        session.status_unseen("1")
        responder.await_heard(b"DONE", b'STATUS "1" (UNSEEN)', b"IDLE")
        session._clock.advance(600)  # type: ignore[attr-defined]
        responder.await_heard(b"DONE", b"NOOP", b"IDLE")
        session.want_idle(wanted=False)
        responder.await_heard(b"IDLE", b"DONE")
        session._clock.advance(600)  # type: ignore[attr-defined]
        responder.await_heard(b"IDLE", b"DONE", b"NOOP")


@pytest.mark.cites("O5:V0028")
def test_a_block_idles_as_long_as_one_is_open() -> None:
    with responding() as (session, responder):
        session.drive()
        with session.idle():
            responder.await_heard(b"IDLE")
            with session.idle():
                assert session.poll(0) == []
            assert responder.heard[-1] == b"IDLE"
        responder.await_heard(b"IDLE", b"DONE")


@pytest.mark.cites("O5:V0001", "O5:V0028")
def test_a_poll_goes_before_it_and_hears_at_once() -> None:
    with responding() as (session, responder):
        session.want_idle()
        session.drive()
        for count in range(101, 121):
            polling = Running(lambda: session.poll(600))
            responder.say(b"* %d EXISTS\r\n" % count)
            assert polling.result() == [Exists(count, 1)]
        assert responder.heard.count(b"IDLE") == 1


@pytest.mark.cites("O5:V0026", "O5:V0028")
def test_commands_of_many_threads() -> None:
    with responding() as (session, responder):
        session.want_idle()
        session.drive()

        def ask(number: int) -> list[object]:
            found: list[object] = []
            for _ in range(20):
                with session.pipeline() as pipeline:
                    bodies, unseen = pipeline.fetch_bodies(number), pipeline.status_unseen(str(number))
                found += [bodies.result()[0].body, unseen.result()]
                session.poll(0)
            return found

        threads = [Running(lambda number=number: ask(number)) for number in range(1, 9)]  # type: ignore[misc]
        for number, thread in enumerate(threads, 1):
            assert thread.result() == [b"mail %d" % number, number] * 20
        responder.await_heard(b"IDLE")
    idle = False
    for line in responder.heard:
        assert idle is (line == b"DONE"), responder.heard
        idle = line == b"IDLE"


# ---------------------------------------------------------------- its end


def keepers() -> list[threading.Thread]:
    """Return the threads there are that keep a connection alive."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("keeps an IMAP connection")]


@pytest.mark.cites("O5:2.1.2")
@pytest.mark.parametrize("idle", [False, True])
def test_signing_out_ends_it(idle: bool) -> None:
    with responding() as (session, responder):
        if idle:
            session.want_idle()
        session.drive()
        if idle:
            responder.await_heard(b"IDLE")
        session.logout()
        assert responder.heard[-2:] == [b"DONE" if idle else b'SELECT "INBOX"', b"LOGOUT"]
        assert over(session)
        assert not keepers()


@pytest.mark.cites("O5:V0011")
def test_an_interrupt_ends_it() -> None:
    with responding() as (session, _), pytest.raises(KeyboardInterrupt), session:  # noqa: PT012
        session.drive()
        raise KeyboardInterrupt
    assert over(session)
    with pytest.raises(SessionClosed):
        session.noop()


def test_there_is_none_unless_it_is_asked_for() -> None:
    with responding() as (session, _):
        session.noop()
        assert session._driver is None
        assert not keepers()
        session.drive()
        [thread] = keepers()
        session.drive()
        assert keepers() == [thread]
        assert thread.daemon


def test_a_session_that_is_over_is_not_driven() -> None:
    with inbox("C: $tag LOGOUT\nS: $tag OK done\n@closed client") as session:
        session.logout()
        with pytest.raises(SessionClosed):
            session.drive()


@pytest.mark.cites("O5:V0025")
def test_it_begins_with_the_session_where_that_is_asked_for() -> None:
    with played(GREETED.format("IMAP4rev1") + f"@+60\n{NOOP}" * 2 + END) as script:
        session = opened(script, drive=True)
        assert over(session)


@pytest.mark.cites("O5:V0025", "O5:V0028")
@pytest.mark.parametrize("moved_by_hand", [True, False])
def test_over_sockets(moved_by_hand: bool) -> None:
    clock = FakeClock() if moved_by_hand else SystemClock()
    client, server = map(SocketTransport, socket_pair())
    responder = Responder(server, b"IDLE")
    keepalive = 600.0 if moved_by_hand else 0.01
    policy = Policy(encryption="none", keepalive=keepalive)
    session = Session.over(lambda: client, user=None, password=None, policy=policy, clock=clock, drive=True)
    for _ in range(3):
        if isinstance(clock, FakeClock):
            clock.advance(600)
        responder.await_heard(b"NOOP")
        session.status_unseen("1")
    session.logout()
    assert over(session)
    responder.thread.result()
    server.close()


def test_a_clock_moved_by_hand_forgets_it() -> None:
    clock = FakeClock()
    client, server = pair(clock)
    Responder(server, b"")
    session = Session.over(lambda: client, user=None, password=None, policy=Policy(encryption="none"), clock=clock)
    before = list(clock._watchers)
    session.drive()
    session.drop()
    assert over(session)
    assert set(clock._watchers) < set(before)


# ---------------------------------------------------------------- IDLE for good, and who waits without taking the news


@pytest.mark.cites("O5:V0028")
def test_idle_for_good_begins_a_while_after_the_last_command() -> None:
    with inbox(f"@+5\n{IDLE}@+600\n{DONE}{NOOP}{IDLE}{END}") as session:
        session.want_idle(after=5)
        driven(session)
        assert session._clock.now() == 606


@pytest.mark.cites("O5:V0028")
def test_each_command_puts_idle_off() -> None:
    script = (
        f'@+3\nC: $tag CREATE "a"\nS: $tag OK done\n@+5\n{IDLE}{DONE}C: $tag CREATE "b"\nS: $tag OK done\n@+5\n{IDLE}'
    )
    with inbox(script) as session:
        session.want_idle(after=5)
        assert session.poll(3) == []
        session.create("a")
        assert session.poll(5) == []
        assert session.poll(0) == []
        session.create("b")
        assert session.poll(5) == []
        assert session.poll(0) == []


@pytest.mark.cites("O5:V0028")
@pytest.mark.parametrize("begin", ["a block", "a wait"])
def test_who_waits_for_news_idles_at_once(begin: str) -> None:
    with inbox(f"{IDLE}@+2\nS: * 4 EXISTS\n{DONE if begin == 'a block' else ''}") as session:
        session.want_idle(after=5)
        if begin == "a wait":
            assert session.wait(10)
            assert session.wait(10)
            assert session.poll(10) == [Exists(4, 1)]
        else:
            with session.idle():
                assert session.poll(10) == [Exists(4, 1)]
            session.want_idle(wanted=False)
        assert session._clock.now() == 2


@pytest.mark.cites("O5:V0025", "O5:V0028")
def test_a_wait_keeps_alive_and_ends_without_news() -> None:
    with inbox(f"@+600\n{NOOP}") as session:
        assert not session.wait(600)
        assert not session.wait(0)


def test_a_wait_ends_when_it_is_told_to() -> None:
    with responding() as (session, responder), session.idle():
        session.drive()
        over = threading.Event()
        waiting = Running(lambda: session.wait(600, unless=over.is_set))
        responder.await_heard(b"IDLE")
        session.wake()
        session.noop()
        responder.await_heard(b"DONE", b"NOOP", b"IDLE")
        assert waiting.alive()
        over.set()
        session.wake()
        assert not waiting.result()
        assert not session.wait(600, unless=over.is_set)


@pytest.mark.cites("O5:V0001")
def test_a_look_takes_what_there_is_while_another_waits() -> None:
    with responding() as (session, responder), session.idle():
        waiting = Running(lambda: session.poll(600))
        responder.await_heard(b"IDLE")
        for _ in range(20):
            assert session.poll(0) == []
        responder.say(b"* 101 EXISTS\r\n")
        assert waiting.result() == [Exists(101, 1)]


@pytest.mark.cites("O5:V0011")
def test_a_loss_is_told_to_who_waits_after_it_and_the_news_are_still_there() -> None:
    with inbox(f"@+5\nS: * 4 EXISTS\n{END}") as session:
        driven(session)
        with pytest.raises(ConnectionLost):
            session.wait(5)
        assert session.poll(0) == [Exists(4, 1)]
        with pytest.raises(SessionClosed):
            session.poll(0)
