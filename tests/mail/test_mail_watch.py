"""Watching folders as a script does: typed events, what may be done with them, and how it ends."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from support.at_work import PASSWORD, letter, opened, sent, serving, stored, synced
from support.watches import watching

from outlookimap import Outlook, Policy
from outlookimap.errors import ConnectionLost, FolderUnknown, NotConnected, UsageError
from outlookimap.exchange import ExchangeServer
from outlookimap.mail import FlagsChanged, Lost, NewMail, Removed, Restored, Watch, WatchEvent
from outlookimap.profiles import load
from outlookimap.profiles.profile import Evidence, Profile
from outlookimap.transport.clock import FakeClock

MAIL = [letter(number) for number in (1, 2, 3)]


def with_value(profile: Profile, key: str, *, value: bool) -> Profile:
    """Return a profile with another value."""
    return replace(profile, values={**profile.values, key: Evidence(value, "assumed", ("O5:V0028",))})


@contextlib.contextmanager
def moving(clock: FakeClock, seconds: float) -> Iterator[None]:
    """Let the time pass, so many seconds every few milliseconds."""
    end = threading.Event()

    def move() -> None:
        while not end.wait(0.005):
            clock.advance(seconds)

    thread = threading.Thread(target=move)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


# ---------------------------------------------------------------- what is told


@pytest.mark.cites("O5:V0001", "O5:V0028", "O5:C0002")
@pytest.mark.parametrize("version", ["2007", "2010", "2013"])
def test_what_others_do_is_told_and_is_in_the_local_copy(version: str) -> None:
    with serving(*MAIL) as server, synced(server, profile=version) as outlook, watching(outlook) as events:
        server.other_protocol.add("user1", "INBOX", letter(4))
        event = events.next()
        assert isinstance(event, NewMail)
        assert (event.folder, event.message.subject) == (outlook.folder("INBOX"), "letter 4")
        assert [message.subject for message in outlook.folder("INBOX").messages(limit=1)] == ["letter 4"]
        server.other_protocol.remove("user1", "INBOX", 2)
        event = events.next()
        assert isinstance(event, Removed)
        assert (event.folder, event.uid) == (outlook.folder("INBOX"), 2)
        assert len(outlook.folder("INBOX").messages()) == 3


@pytest.mark.cites("O5:V0028")
def test_by_polling_it_is_told_as_well() -> None:
    clock, profile = FakeClock(), with_value(load("2013"), "commands.IDLE", value=False)
    told_when_asked = with_value(load("exchange-2019", kind="server"), "telling.outside_commands", value=False)
    quiet = ExchangeServer(told_when_asked, users={"user1": PASSWORD}, mail={"user1": MAIL})
    with quiet as server, synced(server, profile=profile, clock=clock) as outlook:
        with watching(outlook) as events, moving(clock, 10.0):
            server.other_protocol.add("user1", "INBOX", letter(4))
            assert events.shown() == "NewMail INBOX letter 4"
            server.other_protocol.add("user1", "INBOX", letter(5))
            assert events.shown() == "NewMail INBOX letter 5"
        assert b"NOOP" in sent(server)
        assert b"IDLE" not in sent(server)


@pytest.mark.cites("X10:V0046", "O5:V0055")
def test_what_a_server_never_announces_is_found_by_a_look() -> None:
    clock = FakeClock()
    with serving(*MAIL) as server, synced(server, clock=clock) as outlook, watching(outlook, sweep=90.0) as events:
        server.other_protocol.add("user1", "INBOX", letter(4))
        assert events.shown() == "NewMail INBOX letter 4"
        server.other_protocol.flag("user1", "INBOX", 1, [b"\\Flagged"])
        with moving(clock, 10.0):
            event = events.next()
        assert isinstance(event, FlagsChanged)
        assert (event.message.uid, event.message.flagged) == (1, True)


def test_what_came_since_the_last_sync_is_told_first() -> None:
    with serving(*MAIL) as server, synced(server) as outlook:
        server.other_protocol.add("user1", "INBOX", letter(4))
        server.other_protocol.remove("user1", "INBOX", 1)
        with watching(outlook) as events:
            assert [events.shown() for _ in range(2)] == ["NewMail INBOX letter 4", "Removed INBOX 1"]


def test_what_is_in_a_folder_that_was_never_synced_is_not_told() -> None:
    with serving(*MAIL) as server, opened(server) as outlook:
        assert outlook.folder("INBOX").visited is None
        with watching(outlook, sweep=0.05) as events:
            server.other_protocol.create("user1", "made elsewhere")
            assert events.shown() == "FoldersChanged"
            assert len(outlook.folder("INBOX").messages()) == 3


def test_of_several_folders_all_are_told() -> None:
    with serving(*MAIL) as server, synced(server) as outlook:
        folders = ["INBOX", outlook.folder("Drafts")]
        with watching(outlook, folders=folders, sweep=0.05) as events:
            server.other_protocol.add("user1", "Drafts", letter(4))
            assert events.shown() == "NewMail Drafts letter 4"


def test_what_this_script_does_is_not_told() -> None:
    with serving(*MAIL) as server, synced(server) as outlook, watching(outlook, sweep=0.05) as events:
        inbox = outlook.folder("INBOX")
        inbox.append(letter(9))
        inbox.messages()[0].flag()
        inbox.messages()[0].move("Drafts")
        inbox.purge()
        outlook.create("mine")
        server.other_protocol.add("user1", "INBOX", letter(4))
        assert events.shown() == "NewMail INBOX letter 4"


def test_a_callback_may_do_anything() -> None:
    def sort(event: WatchEvent) -> None:
        if isinstance(event, NewMail):
            event.message.mark_read()
            assert event.message.text() == "Hello.\r\n"
            event.message.move("Drafts")
            event.folder.purge()

    with serving(*MAIL) as server, synced(server) as outlook, watching(outlook, also=sort) as events:
        for number in (4, 5):
            server.other_protocol.add("user1", "INBOX", letter(number))
            assert events.shown() == f"NewMail INBOX letter {number}"
        assert [message.octets for message in stored(server, b"Drafts")] == [letter(4), letter(5)]
        assert len(stored(server)) == 3


def test_other_threads_work_meanwhile() -> None:
    with serving(*MAIL) as server, synced(server, policy=Policy()) as outlook, watching(outlook) as events:
        drafts = outlook.folder("Drafts")

        def work(number: int) -> None:
            for place in range(5):
                drafts.append(letter(10 * number + place))

        workers = [threading.Thread(target=work, args=(number,)) for number in range(1, 5)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(30)
        server.other_protocol.add("user1", "INBOX", letter(4))
        assert events.shown() == "NewMail INBOX letter 4"
        assert len(stored(server, b"Drafts")) == 20


# ---------------------------------------------------------------- how it ends


def test_as_an_iterator() -> None:
    with serving(*MAIL) as server, synced(server) as outlook:
        for number in (4, 5):
            server.other_protocol.add("user1", "INBOX", letter(number))
        found = []
        for event in outlook.watch():
            found.append(event)
            if len(found) == 2:
                break
        assert [isinstance(event, NewMail) for event in found] == [True, True]
        server.other_protocol.add("user1", "INBOX", letter(6))
        with outlook.watch() as watch:
            assert isinstance(next(watch), NewMail)
        assert [*watch] == []
        assert outlook.sync().errors == ()


ENDS: list[Callable[[Outlook, threading.Event], object]] = [
    lambda _, stop: stop.set(),
    lambda outlook, _: outlook.disconnect(),
    lambda outlook, _: outlook.close(),
]


@pytest.mark.parametrize("end", ENDS, ids=["stop", "disconnect", "close"])
def test_it_is_ended_from_another_thread(end: Callable[[Outlook, threading.Event], object]) -> None:
    stop = threading.Event()
    with serving(*MAIL) as server, synced(server) as outlook, watching(outlook, stop=stop) as events:
        server.other_protocol.add("user1", "INBOX", letter(4))
        events.next()
        end(outlook, stop)
        events.ends()
        assert events.error is None


@pytest.mark.parametrize("end", ENDS, ids=["stop", "disconnect", "close"])
def test_it_is_ended_by_the_callback(end: Callable[[Outlook, threading.Event], object]) -> None:
    stop = threading.Event()
    with serving(*MAIL) as server, synced(server) as outlook:
        server.other_protocol.add("user1", "INBOX", letter(4))
        outlook.watch(lambda _: end(outlook, stop), stop=stop)


def test_an_error_of_the_callback_ends_it() -> None:
    def fail(_: WatchEvent) -> None:
        raise ZeroDivisionError

    with serving(*MAIL) as server, synced(server) as outlook:
        server.other_protocol.add("user1", "INBOX", letter(4))
        with pytest.raises(ZeroDivisionError):
            outlook.watch(fail)
        assert outlook.connected
        assert outlook.sync().errors == ()


WRONG = [
    ({"folders": ["Nowhere"]}, FolderUnknown, "Nowhere"),
    ({"folders": "INBOX"}, UsageError, r"pass a list of names"),
    ({"folders": []}, UsageError, "at least one folder"),
    ({"sweep": 0.0}, UsageError, "sweep=0.0: an interval is more than 0 seconds"),
]


@pytest.mark.parametrize(("options", "kind", "message"), WRONG)
def test_what_cannot_be_watched(options: dict[str, object], kind: type[Exception], message: str) -> None:
    with serving(*MAIL) as server, synced(server) as outlook, pytest.raises(kind, match=message):
        outlook.watch(**options)  # type: ignore[call-overload]


def test_offline_there_is_nothing_to_watch() -> None:
    with Outlook(offline=True) as outlook, pytest.raises(NotConnected, match="no URL was given"):
        outlook.watch()


# ---------------------------------------------------------------- a connection that is lost


def test_a_lost_connection_is_told_made_anew_and_caught_up_with() -> None:
    with serving(*MAIL) as server, synced(server) as outlook, watching(outlook) as events:
        server.other_protocol.add("user1", "INBOX", letter(4))
        events.next()
        server.faults.add('when=FETCH|UID FETCH;do=close,on="",abrupt=yes')
        server.other_protocol.add("user1", "INBOX", letter(5))
        event = events.next()
        assert isinstance(event, Lost)
        assert isinstance(event.error, ConnectionLost)
        server.faults.clear()
        assert isinstance(events.next(), Restored)
        assert events.shown() == "NewMail INBOX letter 5"


def test_where_no_connection_is_wanted_again_the_watch_ends_by_the_loss() -> None:
    policy = Policy(reconnect_longest=0.0)
    with serving(*MAIL) as server, synced(server, policy=policy) as outlook, watching(outlook) as events:
        server.other_protocol.add("user1", "INBOX", letter(4))
        events.next()
        server.stop()
        events.ends()
        assert isinstance(events.error, ConnectionLost)


def test_a_watch_is_free_of_what_it_does_not_hold() -> None:
    with serving(*MAIL) as server, synced(server) as outlook:
        watch = outlook.watch()
        assert isinstance(watch, Watch)
        begun = time.monotonic()
        outlook.sync()
        watch.stop()
        assert [*watch] == []
        assert time.monotonic() - begun < 10


def test_two_watches_take_turns() -> None:
    clock = FakeClock()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(serving(*MAIL))
        outlook = stack.enter_context(synced(server, clock=clock))
        stack.enter_context(moving(clock, 0.5))
        inbox = stack.enter_context(watching(outlook))
        drafts = stack.enter_context(watching(outlook, folders=["Drafts"]))
        for number in (4, 5):
            server.other_protocol.add("user1", "INBOX", letter(number))
            server.other_protocol.add("user1", "Drafts", letter(10 + number))
            assert inbox.shown() == f"NewMail INBOX letter {number}"
            assert drafts.shown() == f"NewMail Drafts letter {10 + number}"
