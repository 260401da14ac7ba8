r"""Connections that end while a folder is watched: how long until the next, what happens on it, what ends it all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from support.accounts import EMPTY, SIGN_IN, Desk, desk, idled, idling, listed
from support.scripted import Script, opened
from support.syncing import ITEMS, fetched, header, select, swept

from outlookimap.client import Session
from outlookimap.errors import (
    AuthenticationFailed,
    ConnectError,
    ConnectionLost,
    ConnectionTimeout,
    MessageGone,
    NotConnected,
    OutlookImapError,
    PolicyError,
    ServerGoodbye,
    TlsError,
)
from outlookimap.profiles import Policy
from outlookimap.sync.changes import Change
from outlookimap.sync.reconnecting import Backoff, Bell
from outlookimap.sync.watching import Lost
from outlookimap.transport.clock import FakeClock, SystemClock

ONE = SIGN_IN + listed() + select(1) + fetched("1:*", header(1, 5))
"""The first look at an INBOX with one message."""
AGAIN = "@connected\n" + SIGN_IN + listed() + select(2) + swept("1 5", "2 7") + fetched("7", header(2, 7))
"""A new connection, on which a message is found that came meanwhile."""
END = idling("@+5", "S: * 1 EXPUNGE")
"""A sign of life on the connection that there is."""


def told(on: Desk, count: int) -> list[str]:
    """Watch until so much was told, and return it."""
    watcher, events = on.watch()
    found = [on.shown(next(events)) for _ in range(count)]
    watcher.stop()
    assert [*events] == []
    return found


# ---------------------------------------------------------------- how long


def test_pauses_double_up_to_the_longest() -> None:
    backoff = Backoff(300.0, lambda low, high: low + high)
    assert [backoff.pause() for _ in range(11)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    backoff.reset()
    assert backoff.pause() == 1


def test_pauses_are_drawn_from_all_up_to_their_limit() -> None:
    backoff = Backoff(300.0, lambda low, high: (low + high) / 4)
    assert [backoff.pause() for _ in range(3)] == [0.25, 0.5, 1.0]


def test_the_longest_may_be_short() -> None:
    backoff = Backoff(0.5, lambda low, high: low + high)
    assert [backoff.pause() for _ in range(3)] == [0.5, 0.5, 0.5]


def test_a_bell_that_was_rung_does_not_wait() -> None:
    bell = Bell(FakeClock())
    bell.ring()
    bell.ring()
    bell.wait(1000.0)
    bell = Bell(SystemClock())
    bell.ring()
    bell.wait(1000.0)
    bell.wait(0.0)


@pytest.mark.parametrize("how", ["time", "ring"])
def test_a_pause_ends_when_its_time_has_come_or_when_somebody_rings(how: str) -> None:
    clock = FakeClock()
    bell = Bell(clock)
    waiting = threading.Thread(target=bell.wait, args=(100.0,))
    waiting.start()
    while not clock._watchers:  # it has begun
        assert waiting.is_alive()
    clock.advance(99.0)
    assert waiting.is_alive()
    if how == "time":
        clock.advance(1.0)
    else:
        bell.ring()
    waiting.join(10)
    assert not waiting.is_alive()
    assert clock._watchers == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"reconnect_longest": -1.0}, "reconnect_longest=-1.0: seconds, or 0 for never"),
        ({"sweep": 0.0}, "sweep=0.0: an interval is more than 0 seconds"),
        ({"connections": 0}, "connections=0: there are 1 or 2"),
        ({"connections": 3}, "connections=3"),
    ],
)
def test_policies_nobody_has(settings: dict[str, float], message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        Policy(**settings)  # type: ignore[arg-type]


# ---------------------------------------------------------------- what happens


ENDS = [
    pytest.param(idling("@+300", "@closed server"), "ConnectionLost", id="drop"),
    pytest.param(idling("@+300", "S: * BYE idle for too long", "@closed server"), "ServerGoodbye", id="bye"),
    pytest.param(idling("@+300", "S: gibberish"), "RemoteProtocolError", id="gibberish"),
    pytest.param("C: $tag IDLE\n@+60\n@closed client\n", "ConnectionTimeout", id="silence"),
]


@pytest.mark.cites("O5:V0003", "O5:V0011", "O5:C0002")
@pytest.mark.parametrize("version", ["2007", "2010", "2013"])
@pytest.mark.parametrize(("end", "error"), ENDS)
def test_a_connection_that_ends_is_made_anew_and_caught_up_with(end: str, error: str, version: str) -> None:
    with desk(ONE + end + AGAIN + END, version) as on:
        assert told(on, 4) == [f"lost {error}", "restored", "INBOX came [7]", "INBOX went [5]"]
        assert on.drawn == [1.0]


@pytest.mark.cites("O5:V0003")
def test_other_uids_after_a_drop_are_fetched_anew_and_messages_recognised() -> None:
    anew = "@connected\n" + SIGN_IN + listed() + select(2, uidvalidity=8)
    anew += fetched("1:*", header(1, 1, "5"), header(2, 2)) + END.replace("1 EXPUNGE", "2 EXPUNGE")
    with desk(ONE + idling("@closed server") + anew) as on:
        assert told(on, 4) == ["lost ConnectionLost", "restored", "INBOX came [2]", "INBOX went [2]"]
        assert [row.uid for row in on.cache.messages.find(on.inbox)] == [1]


def test_what_was_changed_meanwhile_is_played_first() -> None:
    stored = select(1) + "C: $tag UID FETCH 5 (UID FLAGS)\nS: * 1 FETCH (UID 5 FLAGS ())\nS: $tag OK done\n"
    stored += "C: $tag UID STORE 5 +FLAGS.SILENT (\\Flagged)\nS: $tag OK done\n"
    again = "@connected\n" + SIGN_IN + stored + listed() + select(1) + swept("1 5 \\Flagged")
    with desk(ONE + idling("@closed server") + again + END) as on:
        watcher, events = on.watch()
        assert on.shown(next(events)) == "lost ConnectionLost"
        row = on.cache.messages.by_uid(on.inbox, 5)
        assert row is not None
        on.account.change(Change("flags", folder=on.inbox, messages=(row.id,), detail={"purpose": "flag"}))
        assert len(on.account.pending()) == 1
        assert [on.shown(next(events)) for _ in range(2)] == ["restored", "INBOX went [5]"]
        assert on.account.pending() == []
        watcher.stop()


@pytest.mark.cites("O5:V0011")
def test_who_is_in_a_command_is_told_and_its_change_is_made_once() -> None:
    lost = "C: $tag UID STORE 5 +FLAGS.SILENT (\\Flagged)\n@closed server\n"
    doubt = select(1) + "C: $tag UID FETCH 5 (UID FLAGS)\nS: * 1 FETCH (UID 5 FLAGS (\\Flagged))\nS: $tag OK done\n"
    again = "@connected\n" + SIGN_IN + doubt
    again += "C: $tag UID STORE 5 +FLAGS.SILENT (\\Flagged)\nS: $tag OK done\n"
    again += listed() + select(1) + swept("1 5 \\Flagged")
    with desk(ONE + idled("@+5", "S: * 1 FETCH (FLAGS (\\Seen))") + lost + again + "@+1\n" + END) as on:
        watcher, events = on.watch()
        next(events)
        row = on.cache.messages.by_uid(on.inbox, 5)
        assert row is not None
        with pytest.raises(ConnectionLost) as caught:
            on.account.change(Change("flags", folder=on.inbox, messages=(row.id,), detail={"purpose": "flag"}))
        assert [change.id for change in on.account.pending()] == [caught.value.pending]
        assert isinstance(next(events), Lost)
        assert [on.shown(next(events)) for _ in range(2)] == ["restored", "INBOX went [5]"]
        assert on.account.pending() == []
        watcher.stop()


def failing(*errors: OutlookImapError) -> Callable[[Script], Session]:
    """Return what dials: once as the script has it, then each error once, then as the script has it again."""
    left: Iterator[OutlookImapError] = iter(errors)
    policy = Policy(encryption="none")

    def dial(script: Script) -> Session:
        error = next(left, None) if script.dialled else None
        if error is not None:
            raise error
        return opened(script, policy=policy)

    return dial


def test_it_tries_until_it_works_and_tells_of_the_loss_once() -> None:
    unproven = AuthenticationFailed("the connection ended")
    unproven.refused = False
    errors = (
        ConnectError("nobody there"),
        TlsError("expired"),
        ServerGoodbye("busy"),
        ConnectionTimeout("6"),
        unproven,
    )
    with desk(ONE + idling("@+70", "@closed server") + AGAIN + END, dial=failing(*errors)) as on:
        assert told(on, 4) == ["lost ConnectionLost", "restored", "INBOX came [7]", "INBOX went [5]"]
        assert on.drawn == [1, 2, 4, 8, 16, 32]


def test_connections_that_do_not_last_are_made_ever_more_slowly() -> None:
    brief = "@connected\n" + SIGN_IN + listed() + select(1) + swept("1 5") + idling("@+59", "@closed server")
    long = brief.replace("@+59", "@+60")
    with desk(ONE + idling("@+60", "@closed server") + brief + brief + long + AGAIN + END) as on:
        assert told(on, 10) == ["lost ConnectionLost", "restored"] * 4 + ["INBOX came [7]", "INBOX went [5]"]
        assert on.drawn == [1, 2, 4, 1]


@pytest.mark.cites("O5:V0034")
def test_a_password_that_is_refused_ends_the_watch() -> None:
    with desk(ONE + idling("@closed server"), dial=failing(ConnectError("6"), AuthenticationFailed("changed"))) as on:
        _, events = on.watch()
        assert on.shown(next(events)) == "lost ConnectionLost"
        with pytest.raises(AuthenticationFailed, match="changed"):
            next(events)
        assert [*events] == []


def test_a_policy_can_make_no_other_connection() -> None:
    with desk(ONE + idling("@closed server"), reconnect_longest=0.0) as on:
        _, events = on.watch()
        with pytest.raises(ConnectionLost, match="closed the connection"):
            next(events)
        assert on.drawn == []


def test_the_first_connection_is_the_callers_business() -> None:
    def refuse(_: Script) -> Session:
        raise ConnectError("nobody there")

    with desk("", dial=refuse) as on:
        _, events = on.watch()
        with pytest.raises(ConnectError):
            next(events)


@pytest.mark.parametrize("how", ["stop", "disconnect"])
def test_who_stops_it_is_not_connected_again(how: str) -> None:
    with desk(ONE + idling("@closed server")) as on:
        watcher, events = on.watch()
        assert on.shown(next(events)) == "lost ConnectionLost"
        watcher.stop() if how == "stop" else on.account.disconnect()
        assert [*events] == []
        assert not on.account.connected


def test_a_connection_that_others_make_is_taken() -> None:
    with desk(
        ONE + idling("@closed server") + AGAIN + listed() + select(2) + swept("1 5", "2 7") + "@+1\n" + END
    ) as on:
        watcher, events = on.watch()
        next(events)
        on.account.sync([on.inbox], bodies=False)
        assert [on.shown(next(events)) for _ in range(2)] == ["restored", "INBOX came [7]"]
        assert on.drawn == []
        assert on.shown(next(events)) == "INBOX went [5]"
        watcher.stop()


# ---------------------------------------------------------------- what is left behind


@pytest.mark.cites("O5:V0011")
def test_a_command_that_is_interrupted_ends_the_connection() -> None:
    with desk(ONE + f"C: $tag UID FETCH 5 (UID FLAGS BODY.PEEK[])\n@closed client\n@connected\n{SIGN_IN}") as on:
        on.account.sync([on.inbox], bodies=False)
        on.script.transport.interrupt = KeyboardInterrupt()
        [row] = on.cache.messages.find(on.inbox)
        with pytest.raises(KeyboardInterrupt):
            on.account.fetch_body(row.id)
        assert not on.account.connected
        with pytest.raises(NotConnected, match="connect"):
            on.account.fetch_body(row.id)
        on.account.connect()
        assert on.account.connected


def test_what_is_interrupted_between_commands_looks_again() -> None:
    with desk(ONE + listed() + select(1) + swept("1 5")) as on:
        on.account.sync([on.inbox], bodies=False)
        with pytest.raises(ZeroDivisionError), on.account._lines.using() as line:
            _ = 1 / 0
        assert (line.selected, line.generation, line.looked, line.dropped) == (None, None, set(), False)
        assert on.account.sync([on.inbox], bodies=False).errors == ()


def test_a_refusal_leaves_the_line_where_it_is() -> None:
    gone = "C: $tag UID FETCH 5 (UID FLAGS BODY.PEEK[])\nS: $tag OK done\n"
    with desk(ONE + gone) as on:
        on.account.sync([on.inbox], bodies=False)
        [row] = on.cache.messages.find(on.inbox)
        with pytest.raises(MessageGone):
            on.account.fetch_body(row.id)
        assert on.account._lines.selected == on.inbox


def test_an_empty_watch_is_made_anew_too() -> None:
    again = "@connected\n" + SIGN_IN + listed() + select(1) + f"C: $tag UID FETCH 1:* ({ITEMS})\n"
    again += header(1, 9) + "S: $tag OK done\n"
    with desk(EMPTY + idling("@closed server") + again) as on:
        assert told(on, 3) == ["lost ConnectionLost", "restored", "INBOX came [9]"]
