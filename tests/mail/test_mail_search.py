"""Searches: what goes to the server, what stays with the local copy, and how the server's answer is understood."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from support.at_work import letter, opened, sent, serving, stored, synced

from outlookimap import Policy
from outlookimap.cache import Cache, Criteria
from outlookimap.errors import UsageError
from outlookimap.exchange import ExchangeServer
from outlookimap.server.store import Incoming
from outlookimap.sync.searching import search_keys
from outlookimap.wire import commands as c
from outlookimap.wire.building import Style
from outlookimap.wire.command_writer import write_command
from outlookimap.wire.secret import join

MAY = dt.date(2024, 5, 1)
JUNE = dt.date(2024, 6, 1)

KEYS: list[tuple[dict[str, Any], str]] = [
    ({}, "ALL"),
    ({"text": ""}, "ALL"),
    ({"text": "hello"}, 'TEXT "hello"'),
    ({"text": "hello wor*"}, 'TEXT "hello" TEXT "wor"'),
    ({"text": " * ** "}, "ALL"),
    ({"text": 'a "b"'}, r'TEXT "a" TEXT "\"b\""'),
    ({"sender": "ann lee"}, 'FROM "ann lee"'),
    ({"recipient": "bob"}, 'OR TO "bob" OR CC "bob" BCC "bob"'),
    ({"subject": "plan"}, 'SUBJECT "plan"'),
    ({"unread": True, "flagged": True, "answered": True, "deleted": True}, "UNSEEN FLAGGED ANSWERED DELETED"),
    ({"unread": False, "flagged": False, "answered": False, "deleted": False}, "SEEN UNFLAGGED UNANSWERED UNDELETED"),
    ({"since": MAY, "before": JUNE}, "SINCE 1-May-2024 BEFORE 1-Jun-2024"),
    ({"text": "x", "unread": True, "since": MAY}, 'TEXT "x" UNSEEN SINCE 1-May-2024'),
]


def spelled(criteria: Criteria, date_from: str = "internaldate") -> str:
    keys = search_keys(criteria, date_from=date_from)
    assert keys is not None
    [chunk] = write_command(b"a", c.Search(keys), Style())
    line = join(chunk)
    return line.decode("ascii").removeprefix("a SEARCH ").removesuffix("\r\n")


@pytest.mark.parametrize(("wanted", "expected"), KEYS)
def test_what_is_wanted_as_search_keys(wanted: dict[str, Any], expected: str) -> None:
    assert spelled(Criteria(**wanted)) == expected


@pytest.mark.cites("O5:V0006")
def test_days_are_those_dates_come_from() -> None:
    criteria = Criteria(since=MAY, before=JUNE)
    assert spelled(criteria, "header") == "SENTSINCE 1-May-2024 SENTBEFORE 1-Jun-2024"


@pytest.mark.cites("O5:V0013")
@pytest.mark.parametrize("field", ["text", "sender", "recipient", "subject"])
def test_what_may_not_be_sent_is_no_search(field: str) -> None:
    for text in ("Grüße", "a\0b", "ascii größer"):
        wanted: dict[str, Any] = {field: text}
        assert search_keys(Criteria(**wanted), date_from="internaldate") is None


def searches(server: ExchangeServer) -> list[bytes]:
    return [line for line in sent(server) if b"SEARCH" in line]


def with_gaps() -> ExchangeServer:
    """Return a server whose UIDs are not its sequence numbers: the first two of five messages are gone."""
    server = serving(*(letter(number, text=f"word{number % 2}") for number in range(1, 6)))
    server.other_protocol.remove("user1", "INBOX", [1, 2])
    return server


@pytest.mark.cites("O5:V0051", "O5:V0067")
def test_2013_asks_the_server_and_maps_the_numbers_to_messages() -> None:
    with with_gaps() as server, synced(server, profile="2013") as outlook:
        inbox = outlook.folder("INBOX")
        before = len(server.commands)
        found = inbox.search(text="word1", order="uid")
        assert [message.uid for message in found] == [3, 5]
        assert [command.name for command in server.commands[before:]] == ["SELECT", "SEARCH", "FETCH"]
        assert sent(server)[-2:] == [b'SEARCH TEXT "word1"', b"FETCH 1,3 (UID)"]
        assert found == inbox.messages(text="word1", order="uid")
        assert [message.uid for message in inbox.search(text="word1", limit=1)] == [5]
        assert inbox.search(subject="nowhere") == []


@pytest.mark.cites("O5:V0051", "O5:V0067")
@pytest.mark.parametrize("version", ["2007", "2010"])
def test_2007_and_2010_never_ask(version: str) -> None:
    with with_gaps() as server, synced(server, profile=version) as outlook:
        found = outlook.folder("INBOX").search(text="word1", order="uid")
        assert [message.uid for message in found] == [3, 5]
        assert not searches(server)


@pytest.mark.cites("O5:V0051")
@pytest.mark.parametrize("version", ["2007", "2010", "2013"])
def test_a_list_by_text_is_always_the_local_copys(version: str) -> None:
    with with_gaps() as server, synced(server, profile=version) as outlook:
        before = len(server.commands)
        inbox = outlook.folder("INBOX")
        assert [message.uid for message in inbox.messages(text="word1", sender="ANN", order="uid")] == [3, 5]
        assert len(server.commands) == before


@pytest.mark.cites("O5:V0013")
def test_words_beyond_ascii_are_looked_for_in_the_local_copy() -> None:
    mail = letter(1, subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?="), letter(2)
    with serving(*mail) as server, synced(server, profile="2013") as outlook:
        assert [message.subject for message in outlook.folder("INBOX").search(text="Grüße")] == ["Grüße"]
        assert not searches(server)


def test_what_was_only_just_added_is_found_by_its_words() -> None:
    with serving() as server, synced(server) as outlook:
        inbox = outlook.folder("INBOX")
        new = inbox.append(letter(7, subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?=", text="greetings from Ulm"))
        assert [message.uid for message in inbox.messages(text="ulm")] == [new.uid]
        assert [message.uid for message in inbox.search(text="grüße ulm")] == [new.uid]


def test_without_a_connection_the_local_copy_answers() -> None:
    with with_gaps() as server, synced(server, profile="2013") as outlook:
        outlook.disconnect()
        assert len(outlook.folder("INBOX").search(text="word1")) == 2
        assert not searches(server)


@pytest.mark.cites("O5:V0067")
def test_what_the_server_finds_and_nobody_knew_is_fetched() -> None:
    with with_gaps() as server, synced(server, profile="2013") as outlook:
        inbox = outlook.folder("INBOX")
        uid = server.other_protocol.add("user1", "INBOX", letter(9, text="word1"), [b"\\Flagged"])
        [found] = inbox.search(text="word1", flagged=True)
        assert (found.uid, found.subject, found.flagged) == (uid, "letter 9", True)
        assert not found.downloaded
        report = inbox.sync()
        assert [message.uid for message in inbox.messages(order="uid")] == [3, 4, 5, uid]
        assert report.folders[0].messages == 4
        assert found.bytes == stored(server)[-1].octets


def test_what_was_removed_meanwhile_is_not_found() -> None:
    with with_gaps() as server, synced(server, profile="2013") as outlook:
        server.other_protocol.remove("user1", "INBOX", [3])
        assert [message.uid for message in outlook.folder("INBOX").search(text="word1")] == [5]


@pytest.mark.cites("O5:V0006")
def test_the_day_searched_for_is_that_of_the_policy() -> None:
    with with_gaps() as server:
        with synced(server, policy=Policy(date_from="header")) as outlook:
            found = outlook.folder("INBOX").search(since=dt.date(2024, 5, 5), order="uid")
            assert [message.uid for message in found] == [4, 5]
        assert searches(server) == [b"SEARCH SENTSINCE 5-May-2024"]


@pytest.mark.cites("O5:V0006")
@pytest.mark.parametrize(("date_from", "expected"), [("internaldate", ["letter 9"]), ("header", ["letter 20"])])
@pytest.mark.parametrize("profile", ["2010", "2013"])
def test_the_local_copy_goes_by_the_date_of_the_policy(
    profile: str, date_from: str, expected: list[str], tmp_path: Path
) -> None:
    came = {20: dt.datetime(2024, 6, 1, 12, tzinfo=dt.UTC), 9: dt.datetime(2024, 6, 20, 12, tzinfo=dt.UTC)}
    mail = [Incoming(letter(number), (), moment) for number, moment in came.items()]
    day = dt.date(2024, 6, 10) if date_from == "internaldate" else dt.date(2024, 5, 15)
    with serving(*mail) as server:
        synced(server, tmp_path / "cache", profile=profile).close()
        policy = Policy(date_from=date_from)
        with opened(server, tmp_path / "cache", profile=profile, policy=policy, offline=True) as outlook:
            inbox = outlook.folder("INBOX")
            assert [message.subject for message in inbox.messages(since=day)] == expected
            assert [message.subject for message in inbox.search(since=day)] == expected
            for newest in (inbox.messages(limit=1), inbox.search(limit=1)):
                assert [message.subject for message in newest] == expected


@pytest.mark.cites("O5:V0003")
def test_uids_that_did_not_last_are_learnt_anew_first() -> None:
    with serving() as server, opened(server, profile="2013") as outlook:
        server.other_protocol.create("user1", "Work")
        server.other_protocol.add("user1", "Work", letter(1))
        outlook.sync()
        outlook.folder("INBOX").sync()  # so that another folder is selected
        server.other_protocol.delete("user1", "Work")
        server.other_protocol.create("user1", "Work")
        for number in (2, 1):
            server.other_protocol.add("user1", "Work", letter(number))
        work = outlook.folder("Work")
        assert [(message.uid, message.subject) for message in work.search(subject="letter 1")] == [(2, "letter 1")]
        assert [message.subject for message in work.messages(order="uid")] == ["letter 2", "letter 1"]


def test_while_another_syncs_the_local_copy_answers(tmp_path: Path) -> None:
    with with_gaps() as server, synced(server, tmp_path / "cache", profile="2013") as outlook:
        with Cache(tmp_path / "cache") as other, other.working(0.0):
            assert len(outlook.folder("INBOX").search(text="word1")) == 2
        assert not searches(server)


def test_a_folder_that_was_never_synced_is_not_searched() -> None:
    with (
        with_gaps() as server,
        opened(server) as outlook,
        pytest.raises(UsageError, match=r"never synced: call sync\(\)"),
    ):
        outlook.folder("INBOX").search(text="word1")
