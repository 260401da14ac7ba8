r"""An account: when it is connected, what a change comes to, and how several threads and processes share it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.at_work import PASSWORD, letter, serving, stored
from support.queueing import CAPABILITIES, SENT, Desk, alive, appended, header_of, said
from support.scripted import GREETED, PLAIN, Script, opened, played
from support.syncing import fetched, header, select, swept

from outlookimap.cache import Arrived, Cache, ChangeState, Criteria, Flag
from outlookimap.client import Session
from outlookimap.errors import (
    CacheBusy,
    ChangeRefused,
    CommandFailed,
    ConnectionLost,
    NotConnected,
    ProfileViolation,
    SelectIncomplete,
    UsageError,
)
from outlookimap.exchange import ExchangeServer
from outlookimap.profiles import load
from outlookimap.sync import account as account_module
from outlookimap.sync.account import Account
from outlookimap.sync.changes import Change

NONE = Flag(0)
OCTETS = b"Subject: new\r\nMessage-ID: <new@x>\r\n\r\nHello\r\n"
INBOX = select(3)
THERE = INBOX + alive("5", "1 5")
LOGOUT = said("LOGOUT", "* BYE bye")
GREETING = GREETED.format(CAPABILITIES)


def reading(desk: Desk, purpose: str = "read", uid: int = 5) -> Change:
    """Return a change of flags."""
    return Change("flags", desk.folder("INBOX"), messages=desk.ids(uid), detail={"purpose": purpose})


def appending(desk: Desk) -> Change:
    """Return a new message."""
    return Change(
        "append", target=desk.folder("Work"), octets=OCTETS, detail={"flags": ["\\Seen"], "date": SENT.isoformat()}
    )


@contextlib.contextmanager
def several(desk: Desk, *connections: str) -> Iterator[tuple[Account, Script]]:
    """Give an account that may connect as often as there are scripts, and what plays them."""
    with played("@connected\n".join(GREETING + text for text in connections)) as script:
        account = Account(desk.cache, lambda: opened(script), profile=load("2013"), policy=PLAIN)
        yield account, script


# ---------------------------------------------------------------- the connection


def test_an_account_connects_when_it_is_told_to_and_once() -> None:
    desk = Desk()
    with several(desk, LOGOUT) as (account, script):
        connected = [account.connected]
        for step in (account.connect, account.connect, account.disconnect, account.disconnect):
            step()
            connected.append(account.connected)
        assert connected == [False, True, True, False, False]
        assert script.dialled == 1


def test_a_connection_that_was_lost_is_made_anew() -> None:
    desk = Desk()
    with several(desk, INBOX + "C: $tag UID FETCH 5 (UID FLAGS)\n@closed server\n", "") as (account, script):
        account.connect()
        with pytest.raises(ConnectionLost):
            account.change(reading(desk))
        assert not account.connected
        account.connect()
        assert (account.connected, script.dialled) == (True, 2)


def test_signing_out_of_a_connection_that_is_gone_is_no_error() -> None:
    with several(Desk(), "C: $tag LOGOUT\n@closed server\n") as (account, _):
        account.connect()
        account.disconnect()
        assert not account.connected


def test_what_dialling_raises_comes_out_and_nothing_is_connected() -> None:
    def dial() -> Session:
        raise ConnectionLost("nobody there")

    desk = Desk()
    account = Account(desk.cache, dial, profile=load("2013"), policy=PLAIN)
    for attempt in (account.connect, account.sync):
        with pytest.raises(ConnectionLost, match="nobody there"):
            attempt()
    assert not account.connected


NEEDS: list[Callable[[Account, Desk], object]] = [
    lambda account, _: account.list_folders(),
    lambda account, _: account.poll(),
    lambda account, desk: account.fetch_body(desk.ids(5)[0]),
]


@pytest.mark.parametrize("ask", NEEDS)
def test_what_needs_a_connection_says_so(ask: Callable[[Account, Desk], object]) -> None:
    desk = Desk()
    with (
        desk.account("", connected=False) as account,
        pytest.raises(NotConnected, match=r"call connect\(\) or sync\(\) first"),
    ):
        ask(account, desk)


def test_without_a_connection_the_local_copy_is_searched() -> None:
    desk = Desk()
    with desk.account("", connected=False) as account:
        assert account.search(desk.folder("INBOX"), Criteria(subject="two")) == [*desk.ids(7)]


# ---------------------------------------------------------------- what a change comes to


@pytest.mark.cites("O5:V0056")
def test_a_change_with_a_connection_is_made_when_the_call_returns() -> None:
    desk = Desk()
    with desk.account(THERE + said(r"UID STORE 5 +FLAGS (\Seen)")) as account:
        outcome = account.change(reading(desk))
        assert (outcome.state, outcome.error, outcome.dropped) == (ChangeState.DONE, None, ())
        assert [one.message for one in outcome.subjects] == [*desk.ids(5)]
        assert outcome.folder == desk.folder("INBOX")
        assert account.pending() == []
    assert desk.flags(5) == (Flag.SEEN, Flag.SEEN)


@pytest.mark.cites("O5:C0002")
def test_a_change_without_a_connection_waits() -> None:
    desk = Desk()
    with desk.account("", connected=False) as account:
        outcome = account.change(reading(desk))
        assert (outcome.state, outcome.dropped) == (ChangeState.QUEUED, ())
        assert [change.id for change in account.pending()] == [outcome.id]
    assert desk.flags(5) == (Flag.SEEN, NONE)


def test_a_change_that_cannot_be_recorded_leaves_nothing() -> None:
    desk = Desk()
    with desk.account("") as account, pytest.raises(ProfileViolation):
        account.change(Change("create", detail={"name": "a/b"}))
    assert desk.cache.changes.open() == []


def test_messages_that_are_gone_are_named() -> None:
    desk = Desk()
    one, two = desk.ids(5, 7)
    change = Change("flags", desk.folder("INBOX"), messages=(one, two), detail={"purpose": "flag"})
    text = INBOX + alive("5,7", "1 7") + said(r"UID STORE 7 +FLAGS.SILENT (\Flagged)")
    with desk.account(text) as account:
        outcome = account.change(change)
        assert (outcome.state, outcome.dropped) == (ChangeState.DONE, (one,))
        assert outcome.error == "1 of 2 messages are gone from the server"


def test_a_message_that_is_gone_is_named_and_the_change_is_dropped() -> None:
    desk = Desk()
    change = reading(desk)
    with desk.account(INBOX + alive("5")) as account:
        outcome = account.change(change)
        assert (outcome.state, outcome.dropped) == (ChangeState.DROPPED, change.messages)


REFUSED: list[tuple[str, Callable[[Desk], Change], str, ChangeState]] = [
    ("flags", reading, THERE + said(r"UID STORE 5 +FLAGS (\Seen)", end="NO [NOPERM] no"), ChangeState.REFUSED),
    (
        "append",
        appending,
        select(0, 8, "Work") + appended(OCTETS, end="BAD no"),
        ChangeState.HELD,
    ),
    (
        "delete",
        lambda on: Change("delete", on.folder("Work")),
        said('DELETE "Work"', end="NO no"),
        ChangeState.REFUSED,
    ),
]


@pytest.mark.cites("O5:V0019", "O5:V0047", "O5:V0058")
@pytest.mark.parametrize(("make", "text", "state"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_refusal_is_raised_in_the_servers_words(
    make: Callable[[Desk], Change], text: str, state: ChangeState
) -> None:
    desk = Desk()
    with desk.account(text) as account:
        with pytest.raises(ChangeRefused) as caught:
            account.change(make(desk))
        assert caught.value.change is not None
        assert caught.value.text == "no"
        assert isinstance(caught.value.__cause__, CommandFailed)
        assert (caught.value.command, caught.value.status) == (
            caught.value.__cause__.command,
            caught.value.__cause__.status,
        )
        assert desk.state(caught.value.change) is state


def test_a_folder_that_cannot_be_used_now_is_raised_and_the_change_waits() -> None:
    desk = Desk()
    with desk.account(said('SELECT "INBOX"', "* 3 EXISTS")) as account:
        with pytest.raises(SelectIncomplete):
            account.change(reading(desk))
        assert [change.state for change in account.pending()] == [ChangeState.QUEUED]


def test_what_was_queued_before_is_made_before_and_its_refusal_is_not_raised() -> None:
    desk = Desk()
    refused = desk.rename("Work", "Done")
    text = said('RENAME "Work" "Done"', end="NO no") + THERE + said(r"UID STORE 5 +FLAGS (\Seen)")
    with desk.account(text) as account:
        assert account.change(reading(desk)).state is ChangeState.DONE
    assert desk.state(refused) is ChangeState.REFUSED


# ---------------------------------------------------------------- a connection that ends


@pytest.mark.cites("O5:C0002")
def test_a_connection_that_ends_names_the_change_which_the_next_sync_makes() -> None:
    desk = Desk()
    lost = THERE + "C: $tag UID STORE 5 +FLAGS (\\Seen)\n@closed server\n"
    again = INBOX + alive("5", "1 5") + said(r"UID STORE 5 +FLAGS.SILENT (\Seen)")
    again += said('LIST "" "*"', '* LIST () "/" INBOX') + said('LSUB "" "*"') + INBOX
    again += swept(r"1 5 \Seen", r"2 7 \Seen", "3 9")
    with several(desk, lost, again) as (account, _):
        account.connect()
        with pytest.raises(ConnectionLost) as caught:
            account.change(reading(desk))
        [change] = account.pending()
        assert caught.value.pending == change.id
        assert change.state is ChangeState.SENT
        assert desk.flags(5) == (Flag.SEEN, NONE)
        report = account.sync(bodies=False)
        assert (report.played, report.refused, report.dropped, report.errors) == (1, (), (), ())
        assert account.pending() == []
        assert desk.flags(5) == (Flag.SEEN, Flag.SEEN)


def test_a_connection_that_ends_before_the_users_change_names_that_one() -> None:
    desk = Desk()
    before = desk.flagging("flag", 5)
    with desk.account(THERE + "C: $tag UID STORE 5 +FLAGS.SILENT (\\Flagged)\n@closed server\n") as account:
        with pytest.raises(ConnectionLost) as caught:
            account.change(reading(desk))
        states = {change.id: change.state for change in account.pending()}
        assert caught.value.pending is not None
        assert states == {before: ChangeState.SENT, caught.value.pending: ChangeState.QUEUED}


def test_a_connection_that_ends_after_the_change_was_made_is_no_failure_of_it() -> None:
    desk = Desk()
    text = THERE + said(r"UID STORE 5 +FLAGS (\Seen)", "* 4 EXISTS") + "C: $tag FETCH 4 (UID)\n@closed server\n"
    with desk.account(text) as account:
        assert account.change(reading(desk)).state is ChangeState.DONE
        assert not account.connected


# ---------------------------------------------------------------- retry and discard


def test_a_folder_list_that_was_just_taken_is_not_asked_for_again_unless_a_change_was_made() -> None:
    desk = Desk()
    with desk.account("") as account:
        account.sync(folders=[], listed=True)
    desk.flagging("read", 5)
    made = THERE + said(r"UID STORE 5 +FLAGS.SILENT (\Seen)") + said('LIST "" "*"', '* LIST () "/" INBOX')
    with desk.account(made + said('LSUB "" "*"')) as account:
        assert account.sync(folders=[], listed=True).played == 1


def test_retrying_what_is_done_sends_nothing() -> None:
    desk = Desk()
    with desk.account(THERE + said(r"UID STORE 5 +FLAGS (\Seen)")) as account:
        done = account.change(reading(desk))
        assert account.retry(done.id) == done


FINISHED = [ChangeState.DONE, ChangeState.REFUSED, ChangeState.DROPPED, ChangeState.DISCARDED]


@pytest.mark.parametrize("state", FINISHED)
def test_retrying_what_is_finished_sends_nothing_not_even_what_waits(state: ChangeState) -> None:
    desk = Desk()
    waiting, change = desk.flagging("flag", 5), desk.flagging("read", 5)
    desk.cache.changes.set_state(change, state, "why")
    with desk.account("") as account:
        outcome = account.retry(change)
        assert (outcome.id, outcome.state, outcome.error) == (change, state, "why")
        assert [row.id for row in account.pending()] == [waiting]


@pytest.mark.parametrize("state", FINISHED)
def test_what_is_finished_cannot_be_discarded(state: ChangeState) -> None:
    desk = Desk()
    change = desk.carry("copy", 5)
    desk.cache.changes.set_state(change, state, "why")
    with desk.account("") as account:
        assert not account.discard(change)
    assert (desk.state(change), desk.change(change).error) == (state, "why")
    assert desk.shown("Work") == [(None, "one", NONE)]


@pytest.mark.cites("O5:V0047")
def test_a_held_message_waits_for_a_retry_and_is_sent_by_it() -> None:
    desk = Desk()
    refused = select(0, 8, "Work") + appended(OCTETS, end="NO full")
    sync = said('LIST "" "*"') + said('LSUB "" "*"')
    with desk.account(refused + sync + appended(OCTETS, end="OK [APPENDUID 8 31] done")) as account:
        with pytest.raises(ChangeRefused) as caught:
            account.change(appending(desk))
        held = caught.value.change
        assert held is not None
        account.list_folders()
        desk.stock("Back", 9, {})
        assert [(change.id, change.state) for change in account.pending()] == [(held, ChangeState.HELD)]
        assert account.retry(held).state is ChangeState.DONE
    assert desk.shown("Work") == [(31, "new", Flag.SEEN)]


def test_without_a_connection_a_held_message_that_is_retried_waits_for_the_next_sync() -> None:
    desk = Desk()
    change = desk.append(OCTETS)
    desk.cache.changes.set_state(change, ChangeState.HELD, "full")
    with desk.account("", connected=False) as account:
        assert account.retry(change).state is ChangeState.QUEUED


@pytest.mark.parametrize("state", [ChangeState.QUEUED, ChangeState.HELD, ChangeState.SENT])
def test_what_is_discarded_is_taken_back_and_never_sent(state: ChangeState) -> None:
    desk = Desk()
    change = desk.append(OCTETS)
    desk.cache.changes.set_state(change, state)
    with desk.account(said('LIST "" "*"') + said('LSUB "" "*"')) as account:
        assert account.discard(change)
        assert desk.shown("Work") == []
        assert desk.change(change).octets is None
        assert account.pending() == []
        assert not account.discard(change)
        assert account.sync(folders=[]).played == 0


def test_a_change_nobody_has_made() -> None:
    desk = Desk()
    with desk.account("") as account:
        for ask in (account.discard, account.retry):
            with pytest.raises(UsageError, match=r"there is no change 77: pending\(\) lists those that wait"):
                ask(77)


# ---------------------------------------------------------------- others at work


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_module, "PATIENCE", 0.05)


@pytest.mark.usefixtures("impatient")
def test_while_another_process_works_a_change_is_queued_and_named(tmp_path: Path) -> None:
    desk = Desk(Cache(tmp_path / "mail"))
    with desk.cache, Cache(tmp_path / "mail") as other, desk.account("") as account:
        with other.working(1.0), pytest.raises(CacheBusy) as caught:
            account.change(reading(desk))
        assert [change.id for change in account.pending()] == [caught.value.pending]
        assert desk.state(caught.value.pending or 0) is ChangeState.QUEUED
        assert desk.flags(5) == (Flag.SEEN, NONE)


@pytest.mark.usefixtures("impatient")
def test_while_another_process_works_nothing_is_synced_or_discarded(tmp_path: Path) -> None:
    desk = Desk(Cache(tmp_path / "mail"))
    with desk.cache, Cache(tmp_path / "mail") as other, desk.account("") as account:
        change = desk.flagging("read", 5)
        with other.working(1.0):
            for ask in (account.sync, account.list_folders, lambda: account.discard(change)):
                with pytest.raises(CacheBusy):
                    ask()
        assert desk.state(change) is ChangeState.QUEUED


def in_thread(work: Callable[[], object]) -> threading.Thread:
    """Start `work`."""
    thread = threading.Thread(target=work)
    thread.start()
    return thread


@pytest.mark.usefixtures("impatient")
def test_while_another_thread_uses_the_connection_a_change_is_queued_and_named() -> None:
    desk = Desk()
    begun, end = threading.Event(), threading.Event()

    def listen(_: object) -> None:
        begun.set()
        end.wait(10)

    text = said('LIST "" "*"', '* LIST () "/" INBOX') + said('LSUB "" "*"')
    text += select(4) + swept("1 5", r"2 7 \Seen", "3 9", "4 10") + fetched("10", header(4, 10))
    with desk.account(text) as account:
        thread = in_thread(lambda: account.sync(bodies=False, progress=listen))
        assert begun.wait(10)
        try:
            with pytest.raises(CacheBusy, match="another thread uses the connection") as caught:
                account.change(reading(desk))
        finally:
            end.set()
            thread.join(10)
        assert [change.id for change in account.pending()] == [caught.value.pending]


@contextlib.contextmanager
def at_exchange(server: ExchangeServer, cache: Cache) -> Iterator[Account]:
    """Give an account of user1, not connected."""
    account = Account(
        cache,
        lambda: Session.connect(
            server.url, user="user1", password=PASSWORD, ca_file=server.ca_file, profile="2013", timeout=20.0
        ),
        profile=load("2013"),
        policy=PLAIN,
    )
    try:
        yield account
    finally:
        account.disconnect()


def test_changes_of_many_threads_are_each_made_once() -> None:
    with serving(*(letter(n) for n in range(1, 9))) as server, Cache() as cache, at_exchange(server, cache) as account:
        account.sync(bodies=False)
        inbox = cache.folders.by_name("INBOX")
        assert inbox is not None
        rows = [row.id for row in cache.messages.find(inbox.id, order="uid")]
        drafts = cache.folders.by_name("Drafts")
        assert drafts is not None

        def work(row: int) -> list[ChangeState]:
            changes = [
                Change("flags", inbox.id, messages=(row,), detail={"purpose": "flag"}),
                Change("copy", inbox.id, drafts.id, (row,)),
            ]
            return [account.change(change).state for change in changes]

        with ThreadPoolExecutor(len(rows)) as threads:
            assert [*threads.map(work, rows)] == [[ChangeState.DONE] * 2] * len(rows)
        assert account.pending() == []
        assert [message.flags for message in stored(server)] == [(b"\\Flagged",)] * 8
        copies = [message.octets for message in stored(server, b"Drafts")]
        assert sorted(copies) == sorted(message.octets for message in stored(server))
        shown = cache.messages.find(drafts.id, order="uid")
        assert [row.uid for row in shown] == [message.uid for message in stored(server, b"Drafts")]


@pytest.mark.cites("O5:C0002")
def test_what_is_changed_offline_is_there_after_the_next_sync() -> None:
    with serving(letter(1), letter(2)) as server, Cache() as cache, at_exchange(server, cache) as account:
        account.sync(bodies=False)
        account.disconnect()
        inbox, sent = cache.folders.by_name("INBOX"), cache.folders.by_name("Sent Items")
        assert inbox is not None
        assert sent is not None
        one, two = cache.messages.find(inbox.id, order="uid")
        account.change(Change("flags", inbox.id, messages=(one.id,), detail={"purpose": "answered"}))
        new = account.change(Change("create", detail={"name": "New"})).folder
        account.change(Change("move", inbox.id, new, (two.id,)))
        account.change(Change("append", target=sent.id, octets=letter(3), detail={"flags": ["\\Seen"]}))
        before = len(server.commands)
        assert len(account.pending()) == 4
        assert [row.subject for row in cache.messages.find(new or 0)] == ["letter 2"]
        assert len(server.commands) == before
        report = account.sync(bodies=False)
        assert (report.played, report.refused, report.dropped, report.errors) == (4, (), (), ())
        assert account.pending() == []
        assert [message.flags for message in stored(server)] == [(b"\\Answered",), (b"\\Deleted", b"\\Seen")]
        assert [message.octets for message in stored(server, b"New")] == [letter(2)]
        assert [(message.octets, message.flags) for message in stored(server, b"Sent Items")] == [
            (letter(3), (b"\\Seen",))
        ]


# ---------------------------------------------------------------- news


def test_news_are_taken_in_by_polling() -> None:
    desk = Desk()
    store = said(r"UID STORE 5 +FLAGS (\Seen)")
    with desk.account(THERE + store + "@+5\nS: * 2 FETCH (UID 7 FLAGS (\\Flagged))\n") as account:
        account.change(reading(desk))
        assert len(account.poll(10.0)) == 1
    assert desk.flags(7) == (Flag.FLAGGED, Flag.FLAGGED)


@pytest.mark.cites("O5:C0002")
@pytest.mark.parametrize(
    ("news", "question", "uids"),
    [
        (
            "S: * 2 EXPUNGE\nS: * 3 EXISTS",
            swept(r"1 5 \Seen", "2 9", "3 10") + fetched("10", header(3, 10)),
            [5, 9, 10],
        ),
        (
            "S: * 3 FETCH (UID 9 FLAGS (a))\nS: * 4 EXISTS",
            swept(r"1 5 \Seen", "2 7", "3 9 a", "4 10") + fetched("10", header(4, 10)),
            [5, 7, 9, 10],
        ),
        (
            "S: * 2 FETCH (UID 7 FLAGS ())\nS: * 3 FETCH (UID 9 FLAGS (a))",
            swept(r"1 5 \Seen", "2 7", "3 9 a"),
            [5, 7, 9],
        ),
    ],
    ids=["one went", "one came", "flags"],
)
def test_news_that_come_while_another_process_works_are_looked_for_later(
    tmp_path: Path, news: str, question: str, uids: list[int]
) -> None:
    desk = Desk(Cache(tmp_path / "mail"))
    text = THERE + said(r"UID STORE 5 +FLAGS (\Seen)") + f"@+5\n{news}\n" + question
    text += said(r"UID STORE 9 +FLAGS (\Seen)")
    with desk.cache, Cache(tmp_path / "mail") as other, desk.account(text) as account:
        account.change(reading(desk))
        with other.working(1.0):
            assert len(account.poll(10.0)) == 2
            assert [uid for uid, *_ in desk.shown()] == [5, 7, 9]
        assert account.change(reading(desk, uid=9)).state is ChangeState.DONE
        assert [uid for uid, *_ in desk.shown()] == uids


def test_a_folder_another_process_has_fetched_anew_is_selected_anew_before_news_count(tmp_path: Path) -> None:
    desk = Desk(Cache(tmp_path / "mail"))
    text = THERE + said(r"UID STORE 5 +FLAGS (\Seen)") + "@+5\nS: * 2 FETCH (UID 7 FLAGS (\\Flagged))\n"
    with desk.cache, desk.account(text + select(3, 77)) as account:
        account.change(reading(desk))
        inbox = desk.folder("INBOX")
        desk.cache.messages.switch(inbox, 2, 77, {}, keep_bodies=False)
        desk.cache.messages.add(inbox, 2, [Arrived(7, NONE, "", 1, SENT, header_of("another"))])
        assert len(account.poll(10.0)) == 1
        assert desk.shown() == [(7, "another", NONE)]
