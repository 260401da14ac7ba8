"""A folder as a script sees it: its messages, many of them at once, and the folder itself."""

from __future__ import annotations

import datetime as dt
import re
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import pytest
from support.at_work import letter, opened, sent, serving, stored, synced

from outlookimap import Outlook
from outlookimap.errors import (
    ChangeRefused,
    FolderUnknown,
    LocalProtocolError,
    MessageGone,
    ProfileViolation,
    UsageError,
)
from outlookimap.mail import Folder
from outlookimap.server.store import Incoming

if TYPE_CHECKING:
    from servers.real_server import RealServer

MAIL = (
    Incoming(letter(1, sender="Ann <ann@example.com>"), (), dt.datetime(2024, 5, 3, 9, tzinfo=dt.UTC)),
    Incoming(letter(2, sender="Eve <eve@example.com>"), (b"\\Seen",), dt.datetime(2024, 5, 2, 9, tzinfo=dt.UTC)),
    Incoming(letter(3, text="unusual"), (b"\\Seen", b"\\Flagged"), dt.datetime(2024, 5, 1, 9, tzinfo=dt.UTC)),
)

LISTS: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [1, 2, 3]),
    ({"order": "oldest"}, [3, 2, 1]),
    ({"order": "uid", "limit": 2}, [1, 2]),
    ({"limit": 0}, []),
    ({"unread": True}, [1]),
    ({"unread": False, "flagged": False}, [2]),
    ({"sender": "ANN@"}, [1, 3]),
    ({"recipient": "bob", "subject": "letter 2"}, [2]),
    ({"text": "unus*"}, [3]),
    ({"text": "letter unusual"}, [3]),
    ({"since": dt.date(2024, 5, 2)}, [1, 2]),
    ({"before": dt.date(2024, 5, 2)}, [3]),
    ({"answered": True}, []),
    ({"deleted": False, "limit": 1}, [1]),
]


@pytest.mark.parametrize(("wanted", "uids"), LISTS)
def test_messages_are_chosen_from_the_local_copy(wanted: dict[str, Any], uids: list[int]) -> None:
    with serving(*MAIL) as server, synced(server) as outlook:
        before = len(server.commands)
        assert [message.uid for message in outlook.folder("INBOX").messages(**wanted)] == uids
        assert len(server.commands) == before


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"order": "latest"}, "order='latest' is none of 'newest', 'oldest', 'uid'"),
    ({"limit": -1}, "limit=-1: pass how many"),
]


@pytest.mark.parametrize(("wanted", "message"), WRONG)
def test_what_cannot_be_listed_is_named(wanted: dict[str, Any], message: str) -> None:
    with serving() as server, synced(server) as outlook:
        for ask in (outlook.folder("INBOX").messages, outlook.folder("INBOX").search):
            with pytest.raises(UsageError, match=re.escape(message)):
                ask(**wanted)


def test_what_a_folder_says() -> None:
    with serving(*MAIL) as server, opened(server) as outlook:
        inbox = outlook.folder("inbox")
        assert (inbox.name, inbox.raw, inbox.delimiter, inbox.special) == ("INBOX", b"INBOX", "/", "inbox")
        assert (inbox.exists, inbox.visited) == (0, None)
        assert repr(inbox) == "<Folder 'INBOX'>"
        outlook.sync()
        assert (inbox.exists, inbox.unseen) == (3, 1)
        assert inbox.visited is not None
        assert inbox == outlook.folder("INBOX")
        assert inbox != outlook.folder("Drafts")


def test_a_folder_that_was_never_synced_says_what_to_do() -> None:
    with serving(*MAIL) as server, opened(server) as outlook:
        with pytest.raises(UsageError, match=r"'INBOX' was never synced: call sync\(\)"):
            outlook.folder("INBOX").messages()
        report = outlook.folder("INBOX").sync(bodies=False)
        assert [(folder.name, folder.new) for folder in report.folders] == [("INBOX", 3)]
        assert len(outlook.folder("INBOX").messages()) == 3
        assert outlook.folder("Drafts").visited is None


def test_a_uid_that_is_not_there() -> None:
    with serving(*MAIL) as server, synced(server) as outlook:
        assert outlook.folder("INBOX").message(2).sender.startswith("Eve")
        with pytest.raises(MessageGone, match="no message with UID 9 in 'INBOX'"):
            outlook.folder("INBOX").message(9)


@pytest.mark.parametrize("uid", [0, -1, 1 << 32, 1 << 63, -(1 << 63) - 1])
def test_a_number_that_is_no_uid(uid: int) -> None:
    with serving(*MAIL) as server, synced(server) as outlook:
        with pytest.raises(UsageError, match=f"uid={uid}: a UID is a number from 1 to 4294967295"):
            outlook.folder("INBOX").message(uid)
        with pytest.raises(MessageGone):
            outlook.folder("INBOX").message((1 << 32) - 1)


# ---------------------------------------------------------------- many messages at once


MANY = [
    ("mark_read", r"+FLAGS (\Seen)", {"\\Seen"}),
    ("mark_unread", r"-FLAGS (\Seen)", set()),
    ("flag", r"+FLAGS.SILENT (\Flagged)", {"\\Flagged"}),
    ("unflag", r"-FLAGS.SILENT (\Flagged)", set()),
    ("mark_answered", r"+FLAGS.SILENT (\Answered)", {"\\Answered"}),
    ("unmark_answered", r"-FLAGS.SILENT (\Answered)", set()),
    ("mark_deleted", r"+FLAGS (\Deleted \Seen)", {"\\Deleted", "\\Seen"}),
    ("undelete", r"-FLAGS (\Deleted)", set()),
]


@pytest.mark.cites("O5:V0056", "O5:V0060")
@pytest.mark.parametrize(("verb", "line", "flags"), MANY)
def test_many_messages_become_one_change_and_one_range(verb: str, line: str, flags: set[str]) -> None:
    with serving(*(letter(number) for number in range(1, 101))) as server, opened(server) as outlook:
        outlook.sync(bodies=False)
        inbox = outlook.folder("INBOX")
        messages = inbox.messages()
        before = len(sent(server))
        assert getattr(inbox, verb)(messages) == messages
        assert [octets for octets in sent(server)[before:] if b"STORE" in octets] == [
            f"UID STORE 1:100 {line}".encode()
        ]
        assert all(message.flags == flags for message in messages)
        assert all({flag.decode() for flag in message.flags} == flags for message in stored(server))
        assert outlook.pending() == []


@pytest.mark.cites("O5:V0057", "O5:V0060")
def test_many_are_copied_and_moved_as_one_change() -> None:
    with serving(*MAIL) as server, synced(server) as outlook:
        inbox = outlook.folder("INBOX")
        copies = inbox.copy(inbox.messages(), "Drafts")
        assert [copy.folder for copy in copies] == ["Drafts"] * 3
        moved = inbox.move(inbox.messages(unread=False, order="uid"), outlook.folder("Drafts"))
        assert [message.subject for message in moved] == ["letter 2", "letter 3"]
        assert [message.uid for message in inbox.messages(deleted=True, order="uid")] == [2, 3]
        lines = [octets for octets in sent(server) if b"COPY" in octets or b"STORE" in octets]
        assert lines == [
            b'UID COPY 1:3 "Drafts"',
            b'UID COPY 2:3 "Drafts"',
            rb"UID STORE 2:3 +FLAGS.SILENT (\Deleted)",
            rb"UID STORE 2:3 +FLAGS.SILENT (\Seen)",
        ]
        assert len(stored(server, b"Drafts")) == len(outlook.folder("Drafts").messages()) == 5


def test_many_offline_are_one_pending_change() -> None:
    with serving(*MAIL) as server, synced(server) as outlook:
        outlook.disconnect()
        inbox = outlook.folder("INBOX")
        inbox.flag(message for message in inbox.messages())
        assert [change.what for change in outlook.pending()] == ["flag 3 messages in 'INBOX'"]
        outlook.sync()
        assert [octets for octets in sent(server) if b"STORE" in octets] == [rb"UID STORE 1:3 +FLAGS.SILENT (\Flagged)"]


def test_no_messages_are_no_change() -> None:
    with serving(*MAIL) as server, synced(server) as outlook:
        before = len(server.commands)
        inbox = outlook.folder("INBOX")
        assert inbox.mark_read([]) == inbox.copy([], "Drafts") == inbox.move(iter(()), "Drafts") == []
        assert len(server.commands) == before


def test_messages_that_are_gone_are_left_out() -> None:
    with serving(*MAIL) as server, synced(server) as outlook:
        inbox = outlook.folder("INBOX")
        messages = inbox.messages(order="uid")
        server.other_protocol.remove("user1", "INBOX", [2])
        assert [message.uid for message in inbox.flag(messages)] == [1, 3]
        assert [copy.subject for copy in inbox.copy(messages, "Drafts")] == ["letter 1", "letter 3"]
        server.other_protocol.remove("user1", "INBOX", [1, 3])
        outlook.folder("Drafts").sync()  # so that the inbox is selected anew
        with pytest.raises(MessageGone):
            inbox.mark_read(messages)


def test_messages_of_another_folder_are_refused() -> None:
    with serving(*MAIL) as server, synced(server) as outlook:
        inbox = outlook.folder("INBOX")
        [copy] = inbox.copy(inbox.messages(limit=1), "Drafts")
        before = len(server.commands)
        with pytest.raises(UsageError, match="is in 'Drafts', not in 'INBOX'"):
            inbox.mark_read([*inbox.messages(), copy])
        assert (len(server.commands), outlook.pending()) == (before, [])


def test_a_folder_of_another_account_is_refused() -> None:
    with serving(*MAIL) as server, synced(server) as one, synced(server) as other:
        with pytest.raises(UsageError, match="one of another account"):
            one.folder("INBOX").copy(one.folder("INBOX").messages(), other.folder("Drafts"))
        with pytest.raises(UsageError, match="not in 'INBOX' of this account"):
            one.folder("INBOX").flag(other.folder("INBOX").messages())
        assert stored(server, b"Drafts") == []


# ---------------------------------------------------------------- append and purge


@pytest.mark.cites("O5:V0014")
def test_a_message_that_is_made_goes_out_in_seven_bits() -> None:
    message = EmailMessage()
    message["Subject"] = "Grüße"
    message.set_content("Schöne Grüße\n", cte="8bit")
    with serving() as server, synced(server) as outlook:
        before = dt.datetime.now(dt.UTC).replace(microsecond=0)
        added = outlook.folder("Drafts").append(message, flags=["\\Seen", "\\Draft"])
        [there] = stored(server, b"Drafts")
        assert there.octets.isascii()
        assert b"Content-Transfer-Encoding: base64" in there.octets
        assert {*there.flags} == {b"\\Seen", b"\\Draft"}
        assert before <= there.internaldate <= dt.datetime.now(dt.UTC)
        assert (added.subject, added.text(), added.uid) == ("Grüße", "Schöne Grüße\r\n", there.uid)
        assert added.flags == {"\\Seen", "\\Draft"}
        assert outlook.folder("Drafts").messages() == [added]


@pytest.mark.cites("O5:V0046")
def test_an_append_has_the_date_it_was_given() -> None:
    moment = dt.datetime(2020, 2, 29, 23, 30, tzinfo=dt.timezone(dt.timedelta(hours=-5)))
    with serving() as server, synced(server) as outlook:
        outlook.folder("Drafts").append(letter(1), date=moment)
        assert stored(server, b"Drafts")[0].internaldate == moment
        assert {*stored(server, b"Drafts")[0].flags} == {b"\\Seen"}


REFUSED: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"message": "Subject: text"}, UsageError, "bytes or an EmailMessage, not str"),
    ({"message": b"Subject: x\r\n\r\nGr\xfc\xdfe"}, ProfileViolation, "O5:V0013"),
    ({"message": letter(1), "flags": "\\Seen"}, UsageError, "pass a list of flags"),
    ({"message": letter(1), "flags": ["$Label1"]}, ProfileViolation, "O5:V0005"),
    ({"message": b"Subject: \0\r\n\r\n"}, LocalProtocolError, "NUL"),
]


@pytest.mark.cites("O5:V0005", "O5:V0013")
@pytest.mark.parametrize(("arguments", "kind", "message"), REFUSED)
def test_what_is_never_appended(arguments: dict[str, Any], kind: type[Exception], message: str) -> None:
    with serving() as server, synced(server) as outlook:
        before = len(server.commands)
        with pytest.raises(kind, match=message):
            outlook.folder("Drafts").append(**arguments)
        assert (len(server.commands), outlook.pending()) == (before, [])
        assert outlook.folder("Drafts").messages() == []


def test_a_purge_removes_what_is_deleted() -> None:
    with serving(*MAIL) as server, synced(server) as outlook:
        inbox = outlook.folder("INBOX")
        inbox.mark_deleted(inbox.messages(unread=False))
        inbox.purge()
        assert [message.uid for message in inbox.messages()] == [message.uid for message in stored(server)] == [1]
        assert sent(server)[-1] == b"EXPUNGE"


# ---------------------------------------------------------------- the folder itself


def names(folders: list[Folder]) -> set[str]:
    return {folder.name for folder in folders}


@pytest.mark.cites("O5:V0018", "O5:V0020")
@pytest.mark.parametrize("name", ["a/b", "a\tb", "a\x7fb", "a\nb", ""])
def test_names_that_are_refused_before_anything_is_sent(name: str) -> None:
    with serving() as server, synced(server) as outlook:
        before, known = len(server.commands), names(outlook.folders())
        drafts = outlook.folder("Drafts")
        for make in (outlook.create, drafts.create, drafts.rename):
            with pytest.raises((ProfileViolation, UsageError)) as caught:
                make(name)
            assert not name or {"O5:V0018", "O5:V0020"} & {*caught.value.statements}
        assert len(server.commands) == before
        assert names(outlook.folders()) == known
        assert outlook.pending() == []


@pytest.mark.cites("O5:V0019")
def test_names_the_server_refuses_come_back_in_its_words() -> None:
    with serving() as server, synced(server) as outlook:
        for make in (outlook.create, outlook.folder("Drafts").create):
            with pytest.raises(ChangeRefused) as caught:
                make("x" * 251)
            assert (caught.value.status, caught.value.command) == ("NO", "CREATE")
            assert caught.value.text
            assert caught.value.change is not None
        assert not [name for name in names(outlook.folders()) if "xxx" in name]
        assert outlook.pending() == []


@pytest.mark.cites("O5:V0019", "O5:V0021")
def test_folders_are_made_renamed_and_deleted() -> None:
    with serving(*MAIL) as server, synced(server) as outlook:
        work = outlook.create("Größe % * &")
        below = work.create("Below")
        assert (below.name, below.delimiter) == ("Größe % * &/Below", "/")
        outlook.folder("INBOX").copy(outlook.folder("INBOX").messages(limit=1), below)
        work.rename("Done")
        assert (work.name, below.name) == ("Done", "Done/Below")
        assert [message.subject for message in below.messages()] == ["letter 1"]
        assert len(stored(server, b"Done/Below")) == 1
        below.delete()
        with pytest.raises(FolderUnknown, match="'Done/Below' was deleted"):
            below.messages()
        work.delete()
        outlook.sync()
        assert names(outlook.folders()).isdisjoint({"Done", "Done/Below", "Größe % * &"})


@pytest.mark.cites("X10:V0028")
def test_a_rename_the_server_refuses_is_taken_back() -> None:
    with serving() as server, synced(server) as outlook:
        below = outlook.folder("Drafts").create("Below")
        with pytest.raises(ChangeRefused):
            below.rename("Beneath")
        assert below.name == "Drafts/Below"
        assert outlook.pending() == []


def test_the_last_level_of_a_name_is_renamed(dovecot_server: RealServer) -> None:
    url = f"imaps://{dovecot_server.take_user()}@localhost:{dovecot_server.tls_port}/"
    options: dict[str, Any] = {"password": dovecot_server.password, "ca_file": dovecot_server.ca_file, "timeout": 20.0}
    with Outlook(url, **options) as outlook:
        below = outlook.create("Work").create("Below")
        below.append(letter(1))
        below.rename("Beneath & beyond")
        delimiter = below.delimiter
        assert below.name == f"Work{delimiter}Beneath & beyond"
    with Outlook(url, **options) as outlook:
        outlook.sync()
        assert [message.subject for message in outlook.folder(f"Work{delimiter}Beneath & beyond").messages()] == [
            "letter 1"
        ]


def test_folders_are_made_offline_too() -> None:
    with serving(*MAIL) as server, synced(server) as outlook:
        outlook.disconnect()
        work = outlook.create("Work")
        inbox = outlook.folder("INBOX")
        inbox.move(inbox.messages(), work.create("Below"))
        assert [change.what for change in outlook.pending()] == [
            "create the folder 'Work'",
            "create the folder 'Work/Below'",
            "move 3 messages from 'INBOX' to 'Work/Below'",
        ]
        assert len(outlook.folder("Work/Below").messages()) == 3
        assert outlook.sync().played == 3
        assert len(stored(server, b"Work/Below")) == 3
        assert [message.uid for message in outlook.folder("Work/Below").messages(order="uid")] == [1, 2, 3]


def test_subscriptions_change() -> None:
    with serving() as server, synced(server) as outlook:
        drafts = outlook.folder("Drafts")
        told = []
        for change in (drafts.subscribe, drafts.unsubscribe):
            change()
            told.append(drafts.subscribed)
        assert told == [True, False]
        assert sent(server)[-2:] == [b'SUBSCRIBE "Drafts"', b'UNSUBSCRIBE "Drafts"']


@pytest.mark.parametrize("verb", ["rename", "delete"])
def test_the_inbox_stays(verb: str) -> None:
    with serving() as server, synced(server) as outlook:
        inbox = outlook.folder("INBOX")
        with pytest.raises(UsageError, match="INBOX"):
            inbox.rename("Other") if verb == "rename" else inbox.delete()
        assert outlook.pending() == []
