r"""Servers that do IDLE in their own way: none of them ends the session, and none is asked without end.

Each conversation is played twice: `poll()` waits, and the session's own thread does. It ends when the server hangs up.
"""

from __future__ import annotations

import pytest
from support.loopback import PATIENCE
from support.responder import responding
from support.scripted import inbox

from outlookimap.client import Event, Session
from outlookimap.errors import ConnectionLost, ConnectionTimeout, ServerGoodbye, SessionClosed
from outlookimap.protocol.events import Exists, Expunged

LONG = 7200.0
"""Seconds, more than any of these conversations takes."""

NOOP = "C: $tag NOOP\nS: $tag OK done\n"
IDLE = "C: $tag IDLE\nS: + idling\n"
DONE = "C: DONE\nS: $tag OK done\n"
LATE = "C: DONE\nC: $tag2 NOOP\n"
"""What is said when the answer to DONE does not come at once: ten minutes are not exceeded for it (O5:V0025)."""
END = "@+7\n@closed server"


def heard_until_the_end(session: Session, *, driven: bool) -> tuple[list[Event], type[ConnectionLost], float]:
    """Idle until the connection is lost; return the news, the error and when it came."""
    news: list[Event] = []
    session.want_idle()
    if driven:
        session.drive()
        assert session._driver is not None
        assert session._driver.join(PATIENCE)
        assert session.closed
    with pytest.raises(ConnectionLost) as caught:  # noqa: PT012
        while True:
            news += session.poll(LONG)
    assert session.closed
    with pytest.raises(SessionClosed):
        session.noop()
    return news, type(caught.value), session._clock.now()


CONVERSATIONS: dict[str, tuple[str, list[Event], type[ConnectionLost], float]] = {
    "IDLE is answered NO": (f"C: $tag IDLE\nS: $tag NO\n@+60\n{NOOP}@+60\n{NOOP}{END}", [], ConnectionLost, 127),
    "IDLE is answered BAD": (f"C: $tag IDLE\nS: $tag BAD\n@+60\n{NOOP}@+60\n{NOOP}{END}", [], ConnectionLost, 127),
    "OK without a go-ahead": (f"C: $tag IDLE\nS: $tag OK\n@+60\n{NOOP}@+60\n{NOOP}{END}", [], ConnectionLost, 127),
    "OK right after the go-ahead": (
        f"{IDLE}S: $tag OK done\n@+60\n{NOOP}@+60\nC: $tag NOOP\nS: * 4 EXISTS\nS: $tag OK done\n{END}",
        [Exists(4, 1)],
        ConnectionLost,
        127,
    ),
    "OK without DONE, a while later": (
        f"{IDLE}@+10\nS: * 4 EXISTS\nS: $tag OK timed out\n{IDLE}@+20\nS: $tag OK timed out\n{IDLE}{END}",
        [Exists(4, 1)],
        ConnectionLost,
        37,
    ),
    "news before the go-ahead": (
        f"C: $tag IDLE\nS: * 4 EXISTS\nS: * 1 EXPUNGE\n@+20\nS: + idling\n@+580\n{DONE}{NOOP}{IDLE}{END}",
        [Exists(4, 1), Expunged(1, None)],
        ConnectionLost,
        607,
    ),
    "a go-ahead without a text": (f"C: $tag IDLE\nS: +\n@+600\n{DONE}{NOOP}{IDLE}{END}", [], ConnectionLost, 607),
    "a go-ahead that takes its time": (
        f"C: $tag IDLE\n@+59\nS: + idling\n@+541\n{DONE}{NOOP}{IDLE}{END}",
        [],
        ConnectionLost,
        607,
    ),
    "no go-ahead at all": ("C: $tag IDLE\n@+60\n@closed client", [], ConnectionTimeout, 60),
    "DONE is answered late": (
        f"{IDLE}@+600\n{LATE}@+30\nS: * 4 EXISTS\n@+59\nS: $tag OK done\nS: $tag2 OK done\n{IDLE}{END}",
        [Exists(4, 1)],
        ConnectionLost,
        696,
    ),
    "DONE is answered after NOOP": (
        f"{IDLE}@+600\n{LATE}S: $tag2 OK done\n@+5\nS: $tag OK done\n{IDLE}@+600\n{DONE}{NOOP}{IDLE}{END}",
        [],
        ConnectionLost,
        1212,
    ),
    "DONE is never answered": (f"{IDLE}@+600\n{LATE}@+60\n@closed client", [], ConnectionTimeout, 660),
    "DONE is answered NO": (f"{IDLE}@+600\nC: DONE\nS: $tag NO\n{NOOP}{IDLE}{END}", [], ConnectionLost, 607),
    "NOOP is answered BAD": (
        f"{IDLE}@+600\n{DONE}C: $tag NOOP\nS: $tag BAD\n{IDLE}@+600\n{DONE}{NOOP}{IDLE}{END}",
        [],
        ConnectionLost,
        1207,
    ),
    "a heartbeat every two minutes": (
        IDLE + "@+120\nS: * OK Still here\n" * 4 + f"@+120\n{DONE}{NOOP}{IDLE}@+120\nS: * OK Still here\n{END}",
        [],
        ConnectionLost,
        727,
    ),
    "a drop after 30 minutes, whatever is said": (
        (IDLE + "@+600\n" + DONE + NOOP) * 2 + IDLE + "@+600\n@closed server",
        [],
        ConnectionLost,
        1800,
    ),
    "a goodbye after 30 minutes": (
        (IDLE + "@+600\n" + DONE + NOOP) * 2 + IDLE + "@+599\nS: * 4 EXISTS\nS: * BYE timeout\n@closed server",
        [Exists(4, 1)],
        ServerGoodbye,
        1799,
    ),
    "a goodbye without hanging up": (f"{IDLE}@+30\nS: * BYE timeout\n@closed client", [], ServerGoodbye, 30),
}


@pytest.mark.cites("O5:V0001", "O5:V0023", "O5:V0024", "O5:V0025", "O5:V0028")
@pytest.mark.parametrize("driven", [False, True], ids=["poll", "thread"])
@pytest.mark.parametrize(("script", "news", "error", "time"), CONVERSATIONS.values(), ids=list(CONVERSATIONS))
def test_idle_with(script: str, news: list[Event], error: type[ConnectionLost], time: float, driven: bool) -> None:
    with inbox(script) as session:
        assert heard_until_the_end(session, driven=driven) == (news, error, time)


# ---------------------------------------------------------------- what happened while nobody listened


@pytest.mark.cites("O5:V0024", "O5:V0028")
@pytest.mark.parametrize("said", [b"", b"* OK Still here\r\n", b"* 101 EXISTS\r\n"])
def test_a_server_that_ended_idle_meanwhile_hears_no_done(said: bytes) -> None:
    with responding() as (session, responder), session.idle():
        assert session.poll(0) == []
        session._clock.advance(300)  # type: ignore[attr-defined]
        responder.say(said)
        responder.end_idle()
        session.noop()
        assert responder.heard[-2:] == [b"IDLE", b"NOOP"]
        assert session.poll(0) == ([Exists(101, 1)] if b"EXISTS" in said else [])


@pytest.mark.cites("O5:V0028")
def test_a_goodbye_that_came_meanwhile_is_told_to_the_next_command() -> None:
    with responding() as (session, responder), session.idle():
        assert session.poll(0) == []
        responder.say(b"* BYE timeout\r\n")
        with pytest.raises(ServerGoodbye):
            session.noop()
        assert session.closed
        assert responder.heard[-1] == b"IDLE"


@pytest.mark.cites("O5:V0028")
def test_commands_go_on_where_idle_was_refused() -> None:
    script = 'C: $tag IDLE\nS: $tag BAD what?\nC: $tag CREATE "a"\nS: $tag OK done\n@+60\nC: $tag NOOP\nS: $tag OK done'
    with inbox(script) as session, session.idle():
        assert session.poll(0) == []
        session.create("a")
        assert session.poll(60) == []
        assert session.poll(0) == []


@pytest.mark.cites("O5:V0025")
def test_done_puts_no_noop_off() -> None:
    # ten minutes after IDLE, which was the last command: DONE is none
    with inbox(f"{IDLE}@+500\n{DONE}@+100\n{NOOP}") as session:
        with session.idle():
            assert session.poll(500) == []
        assert session.poll(100) == []
        assert session.poll(0) == []
