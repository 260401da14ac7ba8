"""Unread messages of all folders, asked for in the background: on a second connection, or on the one there is."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator

import pytest
from support.accounts import SIGN_IN, desk, folder, idled, idling, listed
from support.scripted import PLAIN
from support.syncing import select

from outlookimap.cache import Cache
from outlookimap.client import Session
from outlookimap.errors import (
    AuthenticationFailed,
    CommandFailed,
    ConnectError,
    ConnectionTimeout,
    OutlookImapError,
    ServerGoodbye,
    SessionClosed,
    TlsError,
)
from outlookimap.exchange import ExchangeServer
from outlookimap.profiles import Policy, load
from outlookimap.sync.account import Account
from outlookimap.wire import commands as c

VERSIONS = ["2007", "2010", "2013"]
MAIL = [f"Subject: no {number}\r\n\r\nText\r\n".encode() for number in range(3)]
FOLDERS = ["INBOX", "Deleted Items", "Drafts", "Junk E-mail", "Sent Items"]
BULK = Policy(encryption="none", status_in_bulk=True)
ALONE = Policy(encryption="none", status_in_bulk=True, connections=1)


def serving(**options: object) -> ExchangeServer:
    """Return a server where user1 has three messages in INBOX, none of them read."""
    return ExchangeServer("2019", allow_plaintext=True, mail={"user1": MAIL}, **options)  # type: ignore[arg-type]


@contextlib.contextmanager
def working(
    server: ExchangeServer,
    version: str = "2013",
    policy: Policy = BULK,
    *,
    second: Callable[[Callable[[], Session]], Session] = lambda dial: dial(),
) -> Iterator[Account]:
    """Give an account; `second` makes the sessions after the first."""
    made: list[int] = []

    def connect() -> Session:
        return Session.connect(
            f"imap://user1@127.0.0.1:{server.port}/", password="secret", profile=version, policy=policy, timeout=10.0
        )

    def dial() -> Session:
        made.append(1)
        return connect() if len(made) == 1 else second(connect)

    with Cache() as cache:
        account = Account(cache, dial, profile=load(version), policy=policy)
        try:
            yield account
        finally:
            account.disconnect()


def questions(server: ExchangeServer) -> list[tuple[int, str]]:
    """Return on which connection which folder was asked for."""
    return [
        (command.connection, command.value.mailbox.decode())
        for command in server.commands
        if isinstance(command.value, c.Status)
    ]


def unseen(account: Account) -> dict[str, int | None]:
    """Return what is known of the folders."""
    return {row.name: row.unseen for row in account.cache.folders.all()}


def synced(account: Account, name: str = "Sent Items") -> None:
    """Bring one folder up to date, and wait for what happens in the background then."""
    account.connect()
    account.list_folders()
    account.sync([folder(account.cache, name)], bodies=False)
    assert account._background.wait(10)


@pytest.mark.cites("O5:V0044", "O5:V0045")
@pytest.mark.parametrize("version", VERSIONS)
def test_all_folders_are_asked_for_one_after_the_other_on_a_second_connection(version: str) -> None:
    with serving() as server:
        with working(server, version) as account:
            synced(account)
            assert questions(server) == [(2, name) for name in FOLDERS[:-1]]
            # the one that is selected is live in the local copy
            assert unseen(account) == {**dict.fromkeys(FOLDERS, 0), "INBOX": 3, "Sent Items": None}
            asked = [command.value for command in server.commands if isinstance(command.value, c.Status)]
            assert {question.items for question in asked} == {(b"UNSEEN",)}
            on_second = [command.name for command in server.commands if command.connection == 2]
            assert on_second[on_second.index("STATUS") :] == ["STATUS"] * 4
            synced(account)
            assert questions(server) == [(2, name) for name in FOLDERS[:-1]] * 2
        assert [command.connection for command in server.commands if command.name == "LOGOUT"] == [2, 1]


@pytest.mark.cites("O5:V0044")
def test_it_is_a_setting_that_is_off() -> None:
    with serving() as server, working(server, policy=PLAIN) as account:
        synced(account)
        assert questions(server) == []
        assert server.connections == 1


@pytest.mark.cites("O5:V0044")
def test_with_one_connection_it_has_to_do_for_all() -> None:
    with serving() as server, working(server, policy=ALONE) as account:
        synced(account)
        assert questions(server) == [(1, name) for name in FOLDERS[:-1]]
        assert unseen(account)["INBOX"] == 3


@pytest.mark.cites("O5:V0044")
@pytest.mark.parametrize(
    "error",
    [ServerGoodbye("one is enough"), AuthenticationFailed("too many"), CommandFailed("CAPABILITY", "NO", "too many")],
)
def test_a_server_that_refuses_the_second_connection_is_served_by_one(
    error: OutlookImapError, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[int] = []

    def refuse(_: Callable[[], Session]) -> Session:
        tried.append(1)
        raise error

    with serving() as server, working(server, second=refuse) as account, caplog.at_level(logging.WARNING):
        synced(account)
        synced(account)
        assert questions(server) == [(1, name) for name in FOLDERS[:-1]] * 2
        assert tried == [1]
        assert "no second connection" in caplog.text
        assert unseen(account)["INBOX"] == 3
        account._background.close()  # as disconnect() does: whoever connects again may find room for two
        synced(account)
        assert tried == [1, 1]


@pytest.mark.cites("O5:V0044")
@pytest.mark.parametrize("error", [ConnectionTimeout("no greeting"), ConnectError("no route"), TlsError("no TLS")])
def test_a_second_connection_that_could_not_be_made_is_tried_again_in_the_next_round(error: OutlookImapError) -> None:
    tried: list[int] = []

    def fail_once(dial: Callable[[], Session]) -> Session:
        tried.append(1)
        if len(tried) == 1:
            raise error
        return dial()

    with serving() as server, working(server, second=fail_once) as account:
        synced(account)
        assert tried == [1]  # once in a round, not once for each folder
        synced(account)
        assert [number for number, _ in questions(server)] == [1] * 4 + [2] * 4


def test_a_round_that_disconnecting_ends_is_no_reason_to_warn(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()
    with serving() as server, working(server) as account:
        account.connect()
        account.list_folders()

        def until_closed(session: Session, _: bytes) -> int:
            begun.set()
            while not session.closed:
                session.wait(0.01)
            raise SessionClosed("the session is closed")

        monkeypatch.setattr(Session, "status_unseen", until_closed)
        with caplog.at_level(logging.INFO):
            account.sync([folder(account.cache, "INBOX")], bodies=False)
            assert begun.wait(10)
            account.disconnect()
            assert account._background.wait(10)
    [record] = [one for one in caplog.records if "unread messages were not asked for" in one.message]
    assert record.levelno == logging.INFO


@pytest.mark.cites("O5:V0044")
def test_a_round_that_breaks_by_itself_is_warned_of(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(session: Session, _: bytes) -> int:
        raise ConnectionTimeout("nothing came")

    monkeypatch.setattr(Session, "status_unseen", broken)
    with serving() as server, working(server) as account, caplog.at_level(logging.INFO):
        synced(account)
    [record] = [one for one in caplog.records if "unread messages were not asked for" in one.message]
    assert record.levelno == logging.WARNING


@pytest.mark.cites("O5:V0044")
def test_a_server_with_room_for_one_is_served_by_one() -> None:
    with serving(max_connections=1) as server, working(server) as account:
        synced(account)
        assert [number for number, _ in questions(server)] == [1] * 4
        assert unseen(account)["INBOX"] == 3


@pytest.mark.cites("O5:V0044")
def test_the_user_does_not_wait_for_it() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(dial: Callable[[], Session]) -> Session:
        begun.set()
        assert go_on.wait(10)
        return dial()

    with serving() as server, working(server, second=slow) as account:
        account.sync(bodies=False)
        assert begun.wait(10)
        account.sync(bodies=False)  # with a second connection that is still being made
        assert questions(server) == []
        go_on.set()
        assert account._background.wait(10)
        assert len(questions(server)) >= 4


def test_a_second_connection_that_is_lost_is_made_anew() -> None:
    with serving() as server, working(server) as account:
        synced(account)
        session = account._background._session
        assert session is not None
        session.drop()
        synced(account)
        assert [number for number, _ in questions(server)] == [2] * 4 + [3] * 4


def test_a_folder_that_is_refused_is_left_out() -> None:
    question = 'C: $tag STATUS "{}" (UNSEEN)\nS: {}\n'
    script = SIGN_IN + listed("INBOX", "a", "b", "c") + select(0, name="c")
    second = "@connected\n" + SIGN_IN + question.format("INBOX", '* STATUS "INBOX" (UNSEEN 4)\nS: $tag OK done')
    second += question.format("a", "$tag NO not now") + question.format("b", "$tag OK done")
    with desk(script + second, status_in_bulk=True) as on:
        on.account.sync([on.folder("c")], bodies=False)
        assert on.account._background.wait(10)
        assert unseen(on.account) == {"INBOX": 4, "a": None, "b": None, "c": None}


@pytest.mark.cites("O5:V0044")
def test_a_watch_asks_with_each_look(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    script = SIGN_IN + listed() + select(0) + idled("@+500") + listed() + idling("S: * OK [ALERT] tea")
    with desk(script) as on:
        monkeypatch.setattr(on.account._background, "refresh", lambda: asked.append(on.script.clock.now()))
        watcher, events = on.watch(sweep=500.0)
        assert on.shown(next(events)) == "alert tea"
        assert asked == [0, 500]
        watcher.stop()


def test_what_was_asked_for_counts_until_the_folder_is_visited() -> None:
    with serving() as server, working(server) as account:
        synced(account)
        assert unseen(account)["INBOX"] == 3
        synced(account, "INBOX")
        assert unseen(account)["INBOX"] is None
