r"""A watch, byte for byte on a clock that moves only while somebody waits: what it sends when, and what it tells."""

from __future__ import annotations

import itertools
import threading

import pytest
from support.accounts import EMPTY, IDLES, SIGN_IN, Desk, asked, desk, idled, idling, listed, noop
from support.syncing import fetched, header, select, swept

from outlookimap.cache import Flag
from outlookimap.errors import FolderUnknown
from outlookimap.protocol.events import Exists
from outlookimap.sync.changes import Change

VERSIONS = ["2007", "2010", "2013"]
TWO = SIGN_IN + listed() + select(2) + fetched("1:*", header(1, 5), header(2, 7))
"""The first look at an INBOX with two messages."""
NEW = asked("3", "S: * 3 FETCH (UID 9)") + fetched("9", header(3, 9))


def told(on: Desk, count: int, *folders: int, sweep: float = 1800.0) -> list[str]:
    """Watch until so much was told, and return it; what follows in the script has to be nothing."""
    watcher, events = on.watch(*folders, sweep=sweep)
    found = [on.shown(event) for event in itertools.islice(events, count)]
    watcher.stop()
    assert [*events] == []
    return found


def subjects(on: Desk) -> list[str]:
    """Return what INBOX shows, by UID."""
    return [message.subject for message in on.cache.messages.find(on.inbox, order="uid")]


# ---------------------------------------------------------------- what is announced


@pytest.mark.cites("O5:V0001", "O5:V0028", "O5:C0002")
@pytest.mark.parametrize("version", VERSIONS)
def test_new_mail_ends_idle_and_is_in_the_local_copy_when_it_is_told(version: str) -> None:
    with desk(TWO + idled("@+300", "S: * 3 EXISTS") + NEW, version) as on:
        assert told(on, 1) == ["INBOX came [9]"]
        assert on.script.clock.now() == 300
        assert subjects(on) == ["5", "7", "9"]


@pytest.mark.cites("O5:V0028")
@pytest.mark.parametrize("version", VERSIONS)
def test_the_line_idles_one_second_after_the_last_command(version: str) -> None:
    with desk(EMPTY + "@+1\n" + idling("@+4", "S: * 3 EXISTS"), version) as on:
        on.account.sync([on.inbox], bodies=False)
        with on.account._lines.using() as line:
            assert line.session.poll(10) == [Exists(3, 3)]
        assert on.script.clock.now() == 5


@pytest.mark.cites("O5:V0028")
def test_it_idles_again_at_once() -> None:
    script = TWO + idled("@+300", "S: * 3 EXISTS") + NEW + idling("@+5", "S: * 1 EXPUNGE")
    with desk(script) as on:
        assert told(on, 2) == ["INBOX came [9]", "INBOX went [5]"]
        assert on.script.clock.now() == 305


@pytest.mark.cites("O5:V0028")
@pytest.mark.parametrize("version", VERSIONS)
def test_without_idle_noop_polls(version: str) -> None:
    script = TWO.replace(IDLES, "IMAP4rev1") + "@+60\n" + noop() + "@+60\n" + noop("S: * 3 EXISTS") + NEW
    with desk(script, version) as on:
        assert told(on, 1) == ["INBOX came [9]"]


@pytest.mark.cites("O5:V0025", "O5:V0028")
def test_the_keepalive_leaves_idle_and_comes_back() -> None:
    script = TWO + idled("@+600") + noop() + idled("@+600") + noop() + idling("@+1", "S: * 2 FETCH (FLAGS (\\Seen))")
    with desk(script) as on:
        assert told(on, 1) == ["INBOX changed [7]"]
        assert on.script.clock.now() == 1201


@pytest.mark.cites("O5:V0023", "O5:V0024")
def test_a_heartbeat_is_no_news() -> None:
    script = TWO + idling("@+120", "S: * OK still here", "@+120", "S: * OK still here", "@+9", "S: * 2 EXPUNGE")
    with desk(script) as on:
        assert told(on, 1) == ["INBOX went [7]"]


@pytest.mark.cites("O5:V0062", "O5:V0063")
def test_an_alert_is_told() -> None:
    with desk(TWO + idling("@+3", "S: * OK [ALERT] the disk is full")) as on:
        assert told(on, 1) == ["alert the disk is full"]


def test_news_in_one_go_are_told_together() -> None:
    script = TWO + idled("@+3", "S: * 1 EXPUNGE", "S: * 1 FETCH (FLAGS (\\Flagged))", "S: * 2 EXISTS")
    script += asked("2", "S: * 2 FETCH (UID 9)") + fetched("9", header(2, 9))
    with desk(script) as on:
        assert told(on, 1) == ["INBOX came [9] changed [7] went [5]"]


def test_what_came_since_the_last_visit_is_told_first() -> None:
    again = listed() + select(3) + swept("1 5 \\Seen", "2 7", "3 9") + fetched("9", header(3, 9))
    with desk(TWO + again) as on:
        on.account.sync([on.inbox], bodies=False)
        assert told(on, 1) == ["INBOX came [9] changed [5]"]


# ---------------------------------------------------------------- what is not


@pytest.mark.cites("O5:V0055", "X10:V0046")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_look_from_time_to_time_finds_what_is_never_announced(version: str) -> None:
    look = listed() + swept("1 5 \\Answered", "2 7")
    with desk(TWO + idled("@+500") + look + idling("@+1", "S: * 1 EXPUNGE"), version) as on:
        assert told(on, 2, sweep=500.0) == ["INBOX changed [5]", "INBOX went [5]"]
        assert on.cache.messages.by_uid(on.inbox, 5) is None


def test_a_look_finds_folders() -> None:
    script = TWO + idled("@+500") + listed("INBOX", "new") + swept("1 5", "2 7")
    script += idled("@+500") + listed("INBOX", "newer") + swept("1 5", "2 7")
    with desk(script) as on:
        assert told(on, 2, sweep=500.0) == ["folders +['new'] -[]", "folders +['newer'] -['new']"]


def test_a_refused_folder_list_changes_nothing() -> None:
    refused = 'C: $tag LIST "" "*"\nS: $tag NO not now\n'
    with desk(TWO + idled("@+500") + refused + swept("1 5 \\Seen", "2 7")) as on:
        assert told(on, 1, sweep=500.0) == ["INBOX changed [5]"]


def test_of_several_folders_it_waits_in_the_first_and_looks_at_all() -> None:
    first = SIGN_IN + listed("INBOX", "a", "b") + select(0, name="b") + select(0, name="a") + select(0)
    look = listed("INBOX", "a", "b") + select(0, name="b") + select(1, name="a") + fetched("1:*", header(1, 3))
    with desk(first + idled("@+500") + look + select(0)) as on:
        assert told(on, 1, on.inbox, on.folder("a"), on.folder("b"), sweep=500.0) == ["a came [3]"]


# ---------------------------------------------------------------- with others at work


def test_what_the_user_does_is_no_news() -> None:
    flags = "C: $tag UID STORE 5 +FLAGS.SILENT (\\Flagged)\nS: * 2 EXPUNGE\nS: $tag OK done\n"
    script = TWO + idled("@+3", "S: * 2 FETCH (FLAGS (\\Seen))") + flags + "@+1\n" + idling("@+5", "S: * 1 EXPUNGE")
    with desk(script) as on:
        watcher, events = on.watch()
        assert on.shown(next(events)) == "INBOX changed [7]"
        row = on.cache.messages.by_uid(on.inbox, 5)
        assert row is not None
        on.account.change(Change("flags", folder=on.inbox, messages=(row.id,), detail={"purpose": "flag"}))
        assert on.shown(next(events)) == "INBOX went [7]"
        assert on.cache.messages.by_uid(on.inbox, 5).flags is Flag.FLAGGED  # type: ignore[union-attr]
        assert on.shown(next(events)) == "INBOX went [5]"  # once it was made, the message is like any other
        watcher.stop()


def test_it_goes_back_two_seconds_after_others_have_left_its_folder() -> None:
    script = TWO + idled("@+3", "S: * 2 FETCH (FLAGS (\\Seen))")
    script += listed("INBOX", "a") + select(1, name="a") + fetched("1:*", header(1, 3))
    script += "@+1\n" + idled("@+1") + select(3) + swept("1 5", "2 7 \\Seen", "3 9") + fetched("9", header(3, 9))
    with desk(script) as on:
        watcher, events = on.watch()
        next(events)
        on.account.sync([on.folder("a")], bodies=False)
        assert [on.shown(next(events)) for _ in range(2)] == ["folders +['a'] -[]", "INBOX came [9]"]
        assert on.script.clock.now() == 5
        watcher.stop()


def test_however_busy_others_are_it_goes_back_after_half_a_minute() -> None:
    elsewhere = listed("INBOX", "a") + select(0, name="a")
    script = TWO + idled("@+3", "S: * 2 FETCH (FLAGS (\\Seen))") + elsewhere
    with desk(script) as on:
        watcher, events = on.watch()
        next(events)
        on.account.sync([on.folder("a")], bodies=False)
        assert watcher._time_to_return() == 3 + 2
        on.script.clock.advance(31)
        on.account._lines.used = 34.0  # just now
        assert watcher._time_to_return() == 3 + 30
        watcher.stop()


def test_what_others_find_in_its_folder_is_told_all_the_same() -> None:
    again = listed() + select(3) + swept("1 5", "2 7 \\Seen", "3 9") + fetched("9", header(3, 9))
    with desk(TWO + idled("@+3", "S: * 2 FETCH (FLAGS (\\Seen))") + again) as on:
        watcher, events = on.watch()
        next(events)
        on.account.sync([on.inbox], bodies=False)
        assert on.shown(next(events)) == "INBOX came [9]"
        watcher.stop()


def test_a_folder_that_was_made_here_is_no_news() -> None:
    made = 'C: $tag CREATE "mine"\nS: $tag OK done\n'
    script = TWO + idled("@+3", "S: * 2 FETCH (FLAGS (\\Seen))") + made + "@+1\n" + idling("@+5", "S: * 1 EXPUNGE")
    with desk(script) as on:
        watcher, events = on.watch()
        next(events)
        on.account.change(Change("create", detail={"name": "mine", "parent": None}))
        assert on.shown(next(events)) == "INBOX went [5]"
        watcher.stop()


# ---------------------------------------------------------------- refusals


def test_a_folder_that_is_refused_is_asked_for_again_after_a_minute() -> None:
    refused = 'C: $tag SELECT "INBOX"\nS: $tag NO not now\n'
    again = "@+60\n" + select(1) + fetched("1:*", header(1, 5)) + idling("@+5", "S: * 1 EXPUNGE")
    with desk(SIGN_IN + listed() + refused + again) as on:
        assert told(on, 1) == ["INBOX went [5]"]


def test_a_folder_that_is_gone_is_watched_no_more() -> None:
    first = SIGN_IN + listed("INBOX", "a") + select(0, name="a") + select(0)
    look = listed("INBOX") + idling("@+5", "S: * OK [ALERT] tea")
    with desk(first + idled("@+500") + look) as on:
        assert told(on, 2, on.inbox, on.folder("a"), sweep=500.0) == ["folders +[] -['a']", "alert tea"]


def test_where_no_folder_is_left_it_says_so() -> None:
    with desk(SIGN_IN + listed("INBOX", "a") + select(0, name="a") + idled("@+500") + listed("INBOX")) as on:
        _, events = on.watch(on.folder("a"), sweep=500.0)
        with pytest.raises(FolderUnknown, match="there is no folder"):
            next(events)


def test_a_local_copy_that_another_works_on_is_waited_for() -> None:
    with desk(TWO + idling("@+3", "S: * 1 EXPUNGE")) as on:
        busy, told_at_last = threading.Event(), threading.Event()

        def work() -> None:
            with on.cache.working(1.0):
                busy.set()
                while not on.script.dialled:  # the watch has begun
                    told_at_last.wait(0.001)
            while not told_at_last.wait(0.001):  # it looks again after a second
                on.script.clock.advance(0.05)

        other = threading.Thread(target=work)
        watcher, events = on.watch()
        other.start()
        assert busy.wait(10)
        try:
            assert on.shown(next(events)) == "INBOX went [5]"
        finally:
            told_at_last.set()
            other.join(10)
        watcher.stop()
