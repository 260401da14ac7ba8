"""A message as a script sees it: what it says, what reading it costs, what is done with it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from support.at_work import letter, opened, sent, serving, stored, synced

from outlookimap import Policy
from outlookimap.errors import FolderUnknown, MessageGone, NotConnected, UsageError
from outlookimap.mail import Message
from outlookimap.server.store import Incoming

RECEIVED = dt.datetime(2024, 6, 30, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=2)))
DATED = dt.datetime(2024, 5, 2, 8, 0, tzinfo=dt.UTC)
ONE = Incoming(letter(1, subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?="), (b"\\Flagged", b"$Forwarded"), RECEIVED)


def only(messages: list[Message]) -> Message:
    [message] = messages
    return message


@pytest.mark.cites("O5:V0005", "O5:V0007")
def test_what_a_message_says() -> None:
    with serving(ONE) as server, synced(server, profile="2013") as outlook:
        message = only(outlook.folder("INBOX").messages())
        assert message == outlook.folder("INBOX").message(1)
        assert (message.uid, message.folder) == (1, "INBOX")
        assert (message.subject, message.sender) == ("Grüße", "Ann <ann@example.com>")
        assert (message.recipients, message.message_id) == ("Bob <bob@example.com>", "<1@example.com>")
        assert message.flags == {"\\Flagged"}
        assert message.keywords == {"$Forwarded"}
        assert (message.unread, message.flagged) == (True, True)
        assert (message.answered, message.deleted, message.draft) == (False, False, False)
        assert message.internaldate == RECEIVED
        assert message.size is not None
        assert message.headers == ONE.octets.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        assert (message.bytes, message.downloaded) == (ONE.octets, True)
        assert message.email()["Subject"] == "Grüße"
        assert message.text() == "Hello.\r\n"
        assert message.attachments() == []
        assert repr(message) == "<Message UID 1: 'Grüße'>"


@pytest.mark.cites("O5:V0006")
def test_the_date_is_where_the_policy_says() -> None:
    no_date = Incoming(b"Subject: none\r\n\r\nHi\r\n", (), RECEIVED)
    with serving(ONE, no_date) as server:
        with synced(server) as outlook:
            assert [message.date for message in outlook.folder("INBOX").messages()] == [RECEIVED, RECEIVED]
        with synced(server, policy=Policy(date_from="header")) as outlook:
            first, second = outlook.folder("INBOX").messages(order="uid")
            assert (first.date, first.internaldate) == (DATED, None)
            assert second.date is None
        assert [b"INTERNALDATE" in line for line in sent(server) if b"BODY.PEEK[HEADER]" in line] == [True, False]


@pytest.mark.cites("O5:V0006")
def test_a_date_that_is_missing_is_taken_from_the_other_place(tmp_path: Path) -> None:
    with serving(Incoming(b"Subject: none\r\n\r\nHi\r\n", (), RECEIVED)) as server:
        synced(server, tmp_path / "cache").close()
        with opened(server, tmp_path / "cache", policy=Policy(date_from="header"), offline=True) as outlook:
            assert only(outlook.folder("INBOX").messages()).date == RECEIVED


@pytest.mark.cites("O5:V0010", "O5:V0055")
def test_reading_fetches_and_keeps_and_marks_nothing_read(tmp_path: Path) -> None:
    with serving(ONE) as server:
        with opened(server, tmp_path / "cache") as outlook:
            outlook.sync(bodies=False)
            message = only(outlook.folder("INBOX").messages())
            assert not message.downloaded
            before = len(sent(server))
            assert message.bytes == message.bytes == ONE.octets
            assert message.text() == "Hello.\r\n"
            assert sent(server)[before:] == [b'SELECT "INBOX"', b"UID FETCH 1 (UID FLAGS BODY.PEEK[])"]
            assert (message.downloaded, message.unread) == (True, True)
        assert not stored(server)[0].has(b"\\Seen")
        with opened(server, tmp_path / "cache", offline=True) as outlook:
            assert only(outlook.folder("INBOX").messages()).bytes == ONE.octets


def test_what_is_not_here_cannot_be_read_offline() -> None:
    with serving(ONE) as server, opened(server) as outlook:
        outlook.sync(bodies=False)
        message = only(outlook.folder("INBOX").messages())
        outlook.disconnect()
        for read in (message.email, message.text, message.attachments, lambda: message.bytes):
            with pytest.raises(NotConnected):
                read()
        assert message.headers.startswith(b"From: Ann")


def test_what_is_gone_from_the_server_cannot_be_read() -> None:
    with serving(ONE) as server, opened(server) as outlook:
        outlook.sync(bodies=False)
        message = only(outlook.folder("INBOX").messages())
        server.other_protocol.remove("user1", "INBOX", [1])
        with pytest.raises(MessageGone):
            message.text()


def test_a_message_is_saved_and_no_file_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "one.eml"
    with serving(ONE) as server, synced(server) as outlook:
        message = only(outlook.folder("INBOX").messages())
        message.save(file)
        assert file.read_bytes() == ONE.octets
        file.write_bytes(b"precious")
        with pytest.raises(UsageError, match=r"one\.eml is there already"):
            message.save(str(file))
        assert file.read_bytes() == b"precious"
        message.save(file, overwrite=True)
        assert file.read_bytes() == ONE.octets


VERBS = [
    ("mark_read", (), r"+FLAGS (\Seen)", {"\\Seen"}),
    ("mark_unread", (b"\\Seen",), r"-FLAGS (\Seen)", set()),
    ("flag", (), r"+FLAGS.SILENT (\Flagged)", {"\\Flagged"}),
    ("unflag", (b"\\Flagged",), r"-FLAGS.SILENT (\Flagged)", set()),
    ("mark_answered", (), r"+FLAGS.SILENT (\Answered)", {"\\Answered"}),
    ("unmark_answered", (b"\\Answered",), r"-FLAGS.SILENT (\Answered)", set()),
    ("delete", (), r"+FLAGS (\Deleted \Seen)", {"\\Deleted", "\\Seen"}),
    ("undelete", (b"\\Deleted",), r"-FLAGS (\Deleted)", set()),
]


@pytest.mark.cites("O5:V0005", "O5:V0056")
@pytest.mark.parametrize(("verb", "before", "line", "flags"), VERBS)
def test_verbs_are_sent_at_once_and_show_at_once(
    verb: str, before: tuple[bytes, ...], line: str, flags: set[str]
) -> None:
    with serving(Incoming(letter(1), (*before, b"$Forwarded"))) as server, synced(server) as outlook:
        message = only(outlook.folder("INBOX").messages())
        getattr(message, verb)()
        assert message.flags == flags
        assert only(outlook.folder("INBOX").messages()).flags == flags
        assert sent(server)[-1] == f"UID STORE 1 {line}".encode()
        assert {flag.decode() for flag in stored(server)[0].flags} == flags | {"$Forwarded"}
        assert message.keywords == {"$Forwarded"}
        assert outlook.pending() == []
        assert outlook.sync().played == 0  # a report is of what was not told before
    assert not [octets for octets in sent(server) if b"$Forwarded" in octets]


@pytest.mark.parametrize(("verb", "before", "line", "flags"), VERBS)
def test_verbs_show_at_once_without_a_connection(
    verb: str, before: tuple[bytes, ...], line: str, flags: set[str]
) -> None:
    with serving(Incoming(letter(1), before)) as server, synced(server) as outlook:
        outlook.disconnect()
        message = only(outlook.folder("INBOX").messages())
        getattr(message, verb)()
        assert message.flags == flags
        assert {flag.encode() for flag in flags} != {*stored(server)[0].flags}
        assert len(outlook.pending()) == 1
        assert outlook.sync().played == 1
        assert message.flags == flags
        assert {flag.decode() for flag in stored(server)[0].flags} == flags
        assert outlook.pending() == []


@pytest.mark.cites("O5:V0057")
@pytest.mark.parametrize("version", ["2019", "2007"])
def test_a_copy_is_returned_and_stays_the_same_message(version: str) -> None:
    with serving(ONE, version=version) as server, synced(server) as outlook:
        message = only(outlook.folder("INBOX").messages())
        copy = message.copy("Drafts")
        assert (copy.folder, copy.subject, copy.bytes) == ("Drafts", "Grüße", ONE.octets)
        assert message.flags == {"\\Flagged"}
        assert [one.octets for one in stored(server, b"Drafts")] == [ONE.octets]
        outlook.sync()
        copy.refresh()
        assert copy.uid == stored(server, b"Drafts")[0].uid
        assert outlook.folder("Drafts").messages() == [copy]


def test_a_move_leaves_the_source_deleted() -> None:
    with serving(ONE) as server, synced(server) as outlook:
        message = only(outlook.folder("INBOX").messages())
        moved = message.move(outlook.folder("Drafts"))
        assert moved.folder == "Drafts"
        assert not moved.deleted
        assert message.flags >= {"\\Deleted", "\\Seen"}
        assert sent(server)[-3:] == [
            b'UID COPY 1 "Drafts"',
            rb"UID STORE 1 +FLAGS.SILENT (\Deleted)",
            rb"UID STORE 1 +FLAGS.SILENT (\Seen)",
        ]
        outlook.folder("INBOX").purge()
        assert stored(server) == []
        with pytest.raises(MessageGone, match="Grüße"):
            message.refresh()


def test_a_message_that_is_gone_says_so() -> None:
    with serving(ONE) as server, synced(server) as outlook:
        message = only(outlook.folder("INBOX").messages())
        server.other_protocol.remove("user1", "INBOX", [1])
        with pytest.raises(MessageGone):
            message.flag()
        with pytest.raises(MessageGone):
            message.copy("Drafts")
        assert outlook.folder("INBOX").messages() == []


def test_an_unknown_target_changes_nothing() -> None:
    with serving(ONE) as server, synced(server) as outlook:
        message = only(outlook.folder("INBOX").messages())
        before = len(sent(server))
        with pytest.raises(FolderUnknown, match="did you mean 'Drafts'"):
            message.move("Draft")
        assert message.flags == {"\\Flagged"}
        assert (len(sent(server)), outlook.pending()) == (before, [])


def test_a_message_that_waits_says_so() -> None:
    with serving(ONE) as server, synced(server) as outlook:
        outlook.disconnect()
        message = outlook.folder("Drafts").append(letter(2))
        assert (message.uid, message.downloaded) == (None, True)
        assert repr(message) == "<Message not on the server yet: 'letter 2'>"
