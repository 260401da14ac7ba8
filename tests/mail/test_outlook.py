"""The account as a script sees it: opening, syncing, being offline, what waits, what is logged."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.at_work import PASSWORD, letter, opened, sent, serving, stored, synced

from outlookimap import Outlook, Policy
from outlookimap.errors import (
    AuthenticationFailed,
    CacheError,
    ConnectError,
    FolderUnknown,
    NotConnected,
    OutlookImapError,
    PolicyError,
    ProfileError,
    UrlError,
    UsageError,
)
from outlookimap.mail import Progress
from outlookimap.protocol.events import Exists
from outlookimap.traffic import read
from outlookimap.transport.tap import Sender

MAIL = [letter(number) for number in (1, 2, 3)]


def is_connected(outlook: Outlook) -> bool:
    """Ask anew: what the type checker concludes from an answer does not outlive a call."""
    return outlook.connected


def test_a_script_opens_syncs_reads_changes_and_leaves(tmp_path: Path) -> None:
    told: list[Progress] = []
    with serving(*MAIL) as server:
        with opened(server, tmp_path / "user1.sqlite", profile="2013") as outlook:
            assert is_connected(outlook)
            assert (outlook.cache, outlook.profile.id) == (tmp_path / "user1.sqlite", "outlook-2013")
            report = outlook.sync(progress=told.append)
            assert (report.new, report.changed, report.removed, report.errors) == (3, 0, 0, ())
            inbox = outlook.folder("INBOX")
            messages = inbox.messages(unread=True)
            assert [message.subject for message in messages] == ["letter 3", "letter 2", "letter 1"]
            message = messages[-1]
            message.mark_read()
            message.copy("Drafts")
            message.delete()
            inbox.purge()
        assert told[-1].done == told[-1].total
        assert told[-1].octets > 0
        assert not is_connected(outlook)
        assert server.commands[-1].name == "LOGOUT"
        assert [message.uid for message in stored(server)] == [2, 3]
        assert [message.octets for message in stored(server, b"Drafts")] == [MAIL[0]]


WRONG: list[tuple[str | None, dict[str, Any], type[Exception], str]] = [
    (None, {}, UsageError, "imaps://user@host/, or offline=True"),
    ("https://example.com/", {}, UrlError, "imaps://"),
    ("imaps://u:pw@example.com/", {}, UrlError, "never holds the password"),
    ("imaps://u@example.com/", {"profile": "1997"}, ProfileError, "1997"),
    ("imaps://u@example.com/", {"policy": Policy(mechanisms=("CRAM-MD5",))}, PolicyError, "CRAM-MD5"),
]


@pytest.mark.parametrize(("url", "options", "kind", "message"), WRONG)
def test_what_cannot_be_used_makes_no_file(
    url: str | None, options: dict[str, Any], kind: type[Exception], message: str, tmp_path: Path
) -> None:
    with pytest.raises(kind, match=message):
        Outlook(url, cache=tmp_path / "cache", **options)
    assert [*tmp_path.iterdir()] == []


def test_a_sign_in_that_fails_lets_go_of_the_file(tmp_path: Path) -> None:
    with serving(*MAIL) as server:
        for wrong in ({"password": "wrong"}, {"user": "usre1"}):
            with pytest.raises(AuthenticationFailed):
                opened(server, tmp_path / "cache", **wrong)
        with synced(server, tmp_path / "cache") as outlook:
            assert len(outlook.folder("INBOX").messages()) == 3


def test_a_server_that_is_not_there_can_be_come_back_to(tmp_path: Path) -> None:
    with serving(*MAIL) as server:
        outlook = opened(server, tmp_path / "cache", offline=True, ca_file=None, verify=False)
    with outlook:
        with pytest.raises(ConnectError):
            outlook.connect()
        assert not is_connected(outlook)
        assert outlook.folders() == []


def test_a_file_of_another_account_is_refused(tmp_path: Path) -> None:
    with serving(*MAIL) as server:
        synced(server, tmp_path / "cache").close()
        with pytest.raises(CacheError, match=r"'user1' .* 'user2'"):
            opened(server, tmp_path / "cache", user="user2")


def test_offline_nothing_is_sent_until_sync(tmp_path: Path) -> None:
    with serving(*MAIL) as server:
        synced(server, tmp_path / "cache").close()
        before = len(server.commands)
        with opened(server, tmp_path / "cache", offline=True) as outlook:
            assert not is_connected(outlook)
            assert repr(outlook) == "<Outlook as Microsoft Outlook 2013: offline>"
            outlook.folder("INBOX").messages()[0].flag()
            assert len(server.commands) == before
            assert outlook.sync().played == 1
            assert is_connected(outlook)
            assert repr(outlook) == "<Outlook as Microsoft Outlook 2013: connected>"
        assert stored(server)[2].has(b"\\Flagged")


def test_the_local_copy_alone_can_be_worked_with(tmp_path: Path) -> None:
    with serving(*MAIL) as server:
        synced(server, tmp_path / "cache").close()
    with Outlook(cache=tmp_path / "cache", offline=True) as outlook:
        assert [message.text() for message in outlook.folder("INBOX").messages()] == ["Hello.\r\n"] * 3
        outlook.folder("INBOX").messages()[0].delete()
        for ask in (outlook.connect, outlook.sync):
            with pytest.raises(NotConnected, match="no URL was given"):
                ask()
        with pytest.raises(NotConnected):
            outlook.poll()
        assert len(outlook.pending()) == 1


# ---------------------------------------------------------------- folders


def test_folders_are_asked_for_once() -> None:
    with serving(*MAIL) as server, opened(server) as outlook:
        assert outlook.folders()[0].name == "INBOX"
        assert outlook.folder("INBOX") == outlook.folders()[0]
        assert [command.name for command in server.commands].count("LIST") == 1


@pytest.mark.cites("O5:V0016")
def test_names_that_differ_in_case_are_two_folders() -> None:
    with serving(*MAIL) as server, synced(server) as outlook, pytest.raises(FolderUnknown, match="'Drafts'"):
        outlook.folder("drafts")


NEAR = [
    ("Draft", "no folder 'Draft' in the local copy: did you mean 'Drafts'?"),
    ("INBX", "did you mean 'INBOX'?"),
    ("zzz", "it knows 'INBOX', "),
]


@pytest.mark.parametrize(("name", "message"), NEAR)
def test_an_unknown_folder_names_those_near_it(name: str, message: str) -> None:
    with serving() as server, synced(server) as outlook:
        with pytest.raises(FolderUnknown) as caught:
            outlook.folder(name)
        assert message in str(caught.value)


def test_an_empty_copy_says_what_to_do() -> None:
    with Outlook(offline=True) as outlook:
        assert outlook.folders() == []
        with pytest.raises(FolderUnknown, match=r"knows no folders yet, sync\(\)"):
            outlook.folder("INBOX")


def test_a_folder_named_on_a_new_copy_costs_one_folder_list() -> None:
    with serving(*MAIL) as server, opened(server) as outlook:
        assert outlook.sync(["INBOX"]).new == 3
        names = [command.name for command in server.commands]
        assert (names.count("LIST"), names.count("LSUB")) == (1, 1)


def test_some_folders_are_synced() -> None:
    with serving(*MAIL) as server, opened(server) as outlook:
        report = outlook.sync(["INBOX"], bodies=False)
        assert [folder.name for folder in report.folders] == ["INBOX"]
        server.other_protocol.create("user1", "Made elsewhere")
        report = outlook.sync([outlook.folder("INBOX"), "Made elsewhere"])
        assert [folder.name for folder in report.folders] == ["INBOX", "Made elsewhere"]
        with pytest.raises(FolderUnknown, match="'Nowhere'"):
            outlook.sync(["Nowhere"])
        with pytest.raises(UsageError, match=r"pass a list of names, \['INBOX'\]"):
            outlook.sync("INBOX")


# ---------------------------------------------------------------- what waits


def test_what_waits_is_told_in_words_and_can_be_given_up(tmp_path: Path) -> None:
    with serving(*MAIL) as server:
        with synced(server, tmp_path / "cache") as outlook:
            outlook.disconnect()
            inbox = outlook.folder("INBOX")
            first, second, _ = inbox.messages()
            first.flag()
            second.move("Drafts")
            inbox.append(letter(4))
            inbox.purge()
            outlook.folder("Drafts").rename("Entwürfe")
        with opened(server, tmp_path / "cache", offline=True) as outlook:
            waiting = outlook.pending()
            assert [(change.kind, change.what, change.error) for change in waiting] == [
                ("flags", "flag a message in 'INBOX'", None),
                ("move", "move a message from 'INBOX' to 'Entwürfe'", None),
                ("append", "add a message to 'INBOX'", None),
                ("purge", "remove what is marked as deleted in 'INBOX'", None),
                ("rename", "rename the folder 'Entwürfe' to 'Entwürfe'", None),
            ]
            assert all(change.made.tzinfo is not None for change in waiting)
            assert [outlook.discard(change.id) for change in waiting] == [True] * 5
            assert not outlook.discard(waiting[0].id)
            assert outlook.pending() == []
            assert [message.flags for message in outlook.folder("INBOX").messages()] == [set()] * 3
            assert outlook.folder("Drafts").exists == 0
            with pytest.raises(UsageError):
                outlook.discard(999)


@pytest.mark.cites("O5:V0048")
def test_a_message_the_server_took_and_does_not_have_is_held_and_not_lost() -> None:
    with serving(*MAIL) as server, synced(server) as outlook:
        server.faults.add("when=APPEND;do=skip")
        outlook.folder("Drafts").append(letter(4))
        outlook.folder("Drafts").append(letter(5))
        server.faults.clear()
        report = outlook.sync()
        assert (report.refused, report.dropped) == ((), ())
        waiting = outlook.pending()
        error = "the server answered OK, but the message is not in 'Drafts': lost there, or removed by others"
        assert [(change.id, change.error) for change in report.held] == [(change.id, error) for change in waiting]
        assert [(change.kind, change.error) for change in waiting] == [("append", error)] * 2
        assert [message.bytes for message in outlook.folder("Drafts").messages()] == [letter(5), letter(4)]
        assert outlook.retry(waiting[0].id)
        assert outlook.discard(waiting[1].id)
        report = outlook.sync()
        assert (report.held, outlook.pending()) == ((), [])
        assert [message.octets for message in stored(server, b"Drafts")] == [letter(4)]
        assert [message.subject for message in outlook.folder("Drafts").messages()] == ["letter 4"]


@pytest.mark.cites("O5:V0057")
@pytest.mark.parametrize("verb", ["copy", "move"])
def test_copies_the_server_made_and_does_not_have_are_reported(verb: str) -> None:
    with serving(*MAIL) as server, synced(server) as outlook:
        server.faults.add("when=UID COPY;do=skip")
        inbox = outlook.folder("INBOX")
        getattr(inbox, verb)(inbox.messages()[:2], "Drafts")
        server.faults.clear()
        report = outlook.sync()
        error = "the server answered OK, but 2 of 2 messages are not in 'Drafts': lost there, or removed by others"
        assert [(change.kind, change.error) for change in report.dropped] == [(verb, error)]
        assert (report.held, outlook.pending(), outlook.folder("Drafts").messages()) == ((), [], [])
        assert outlook.sync().dropped == ()


@pytest.mark.cites("O5:V0047")
def test_what_waits_for_a_held_message_says_so() -> None:
    with serving(*MAIL) as server, synced(server) as outlook:
        outlook.disconnect()
        new = outlook.folder("Drafts").append(letter(4))
        new.flag()
        new.copy("Sent Items").mark_unread()
        outlook.folder("Drafts").purge()
        [append, *_] = outlook.pending()
        assert [change.error for change in outlook.pending()] == [None] * 5
        server.faults.add("when=APPEND;do=skip,condition=no,text=Over the quota.")
        outlook.sync()
        refused = "APPEND: the server answered NO Over the quota."
        waits = f"it waits for change {append.id}, which is held until it is retried or discarded: {refused}"
        assert [(change.what, change.error) for change in outlook.pending()] == [
            ("add a message to 'Drafts'", refused),
            ("flag a message in 'Drafts'", waits),
            ("copy a message from 'Drafts' to 'Sent Items'", waits),
            ("mark a message in 'Sent Items' as unread", waits),
        ]
        server.faults.clear()
        assert outlook.retry(append.id)
        assert [change.error for change in outlook.pending()] == [None] * 3
        outlook.sync()
        assert outlook.pending() == []
        assert [message.flags for message in stored(server, b"Sent Items")] == [(b"\\Flagged",)]


def test_a_retry_makes_it_once() -> None:
    with serving(*MAIL) as server, synced(server) as outlook:
        outlook.disconnect()
        outlook.folder("Drafts").append(letter(4))
        [change] = outlook.pending()
        outlook.connect()
        assert outlook.retry(change.id)
        assert outlook.retry(change.id)
        assert len(stored(server, b"Drafts")) == 1
        assert [line.split()[0] for line in sent(server)].count(b"APPEND") == 1


def test_news_are_taken_in() -> None:
    with serving(*MAIL) as server, synced(server) as outlook:
        inbox = outlook.folder("INBOX")
        inbox.sync()
        server.other_protocol.add("user1", "INBOX", letter(4))
        assert inbox.search(subject="letter 1") != []  # the server has more to say than was asked
        assert Exists(4, 1) in outlook.poll(0.0)
        assert [message.subject for message in inbox.messages(limit=1)] == ["letter 4"]
        assert outlook.poll(0.0) == []


# ---------------------------------------------------------------- around it


def test_an_error_of_the_script_is_not_hidden(tmp_path: Path) -> None:
    with serving(*MAIL) as server:
        with pytest.raises(ZeroDivisionError), synced(server, tmp_path / "cache"):
            _ = 1 / 0
        assert server.commands[-1].name == "LOGOUT"
        outlook = synced(server, tmp_path / "cache")
        server.stop()
        with pytest.raises(ZeroDivisionError), outlook:
            _ = 1 / 0
        assert not is_connected(outlook)


def test_closing_twice_is_once() -> None:
    with serving(*MAIL) as server:
        outlook = synced(server)
        outlook.close()
        outlook.close()
        with pytest.raises(CacheError, match="closed"):
            outlook.folders()
        assert [command.name for command in server.commands].count("LOGOUT") == 1


def test_one_recording_has_every_connection(tmp_path: Path) -> None:
    file = tmp_path / "whole.imap"
    with serving(*MAIL) as server, opened(server, record=file) as outlook:
        outlook.disconnect()
        outlook.connect()
        outlook.disconnect()
    lines = [entry.octets for entry in read(file).said(Sender.CLIENT)]
    assert sum(b"LOGOUT" in line for line in lines) == 2
    assert PASSWORD.encode() not in b"".join(lines)


def exercise(outlook: Outlook) -> None:
    """Do a bit of everything, a refusal and an error among it."""
    outlook.sync(bodies=False)
    inbox = outlook.folder("INBOX")
    message = inbox.messages()[0]
    message.text()
    message.flag()
    message.move("Drafts")
    inbox.search(text="planted")
    inbox.append(letter(9, subject="planted subject", text="planted text"))
    inbox.purge()
    for fail, name in ((outlook.create, "x" * 300), (outlook.folder, "planted")):
        with pytest.raises(OutlookImapError):
            fail(name)
    outlook.disconnect()
    inbox.mark_read(inbox.messages())
    outlook.sync()
    outlook.poll(0.0)


def records_of(work: Callable[[], None], caplog: pytest.LogCaptureFixture) -> list[str]:
    with caplog.at_level(logging.DEBUG):
        work()
    formatter = logging.Formatter("%(name)s %(message)s %(args)s")
    return [formatter.format(record) for record in caplog.records]


@pytest.mark.parametrize("version", ["2007", "2019"])
def test_logs_hold_no_secret_and_no_mail(version: str, caplog: pytest.LogCaptureFixture) -> None:
    mail = [
        letter(number, sender="planted@example.com", subject="planted subject", text="planted text")
        for number in (1, 2)
    ]

    def work() -> None:
        with serving(*mail, version=version) as server, opened(server) as outlook:
            exercise(outlook)

    lines = records_of(work, caplog)
    assert any(line.startswith("outlookimap.sync") for line in lines)
    for secret in (PASSWORD, "planted", "Hello", "@example.com"):
        assert not [line for line in lines if secret in line]


def test_the_package_imports_nothing_before_it_is_used() -> None:
    program = (
        "import sys, outlookimap\n"
        "assert not [name for name in sys.modules if name.startswith('outlookimap.')]\n"
        "from outlookimap import Outlook\n"
        "assert Outlook.__module__ == 'outlookimap.mail.outlook'\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
