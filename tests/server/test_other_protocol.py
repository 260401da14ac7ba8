"""What changes mail behind the IMAP clients' backs, and what they see of it."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator

import pytest
from support.loopback import Running
from support.talk import ONE, Talk, service, store

from outlookimap.errors import UsageError
from outlookimap.server.behaviour import Naming
from outlookimap.server.memory_store import MemoryStore
from outlookimap.server.other_protocol import OtherProtocol
from outlookimap.server.store import Message, Problem
from outlookimap.wire.commands import StoreAction
from outlookimap.wire.mailbox import encode

DAY = dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.timezone(dt.timedelta(hours=-3)))


@pytest.fixture
def mail() -> MemoryStore:
    """The store of the scripts: three messages in INBOX, no flags on the second."""
    return store()


LIMITS = Naming(longest=250, deepest=31, case_insensitive=True, delete_with_inferiors=False)


@pytest.fixture
def other(mail: MemoryStore) -> OtherProtocol:
    """Another protocol's access to it."""
    return OtherProtocol(mail)


@pytest.fixture
def idling(mail: MemoryStore) -> Iterator[Talk]:
    """A client that idles in INBOX."""
    with Talk(service(mail=mail)) as talk:
        talk.selected().script(
            """
            C: a IDLE
            S: + IDLE accepted, awaiting DONE.
            """
        )
        yield talk


@pytest.mark.cites("X10:V0013")
def test_a_message_that_is_added_is_heard_of(other: OtherProtocol, idling: Talk) -> None:
    assert other.add("user1", "inbox", b"A: b\r\n\r\nc\r\n", (b"\\Flagged",), DAY) == 4
    idling.hear(b"* 4 EXISTS\r\n* 1 RECENT\r\n")
    idling.script(
        r"""
        C: DONE
        S: a OK IDLE completed.
        C: b FETCH 4 (UID FLAGS INTERNALDATE BODY.PEEK[])
        S: * 4 FETCH (UID 4 FLAGS (\Flagged \Recent) INTERNALDATE "06-May-2024 07:08:09 -0300" BODY[] {11}
        S: A: b
        S:
        S: c
        S: )
        S: b OK FETCH completed.
        """
    )


@pytest.mark.cites("X10:2.1.2", "X10:2.1.3", "X10:V0004", "X1:2.2.1")
def test_a_changed_message_leaves_by_expunge_and_comes_by_exists(other: OtherProtocol, idling: Talk) -> None:
    assert other.change("user1", b"INBOX", 3, b"Revised: yes\r\n\r\n") == 4
    idling.hear(b"* 3 EXPUNGE\r\n* 3 EXISTS\r\n* 1 RECENT\r\n")
    assert other.change("user1", b"INBOX", 1, b"Revised: too\r\n\r\n") == 5
    idling.hear(b"* 1 EXPUNGE\r\n* 3 EXISTS\r\n* 2 RECENT\r\n")
    idling.script(
        r"""
        C: DONE
        S: a OK IDLE completed.
        C: b FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE)
        S: * 1 FETCH (UID 2 FLAGS () INTERNALDATE "02-Jan-2024 10:00:00 +0000" RFC822.SIZE 82)
        S: * 2 FETCH (UID 4 FLAGS (\Flagged $Work \Recent) INTERNALDATE "03-Jan-2024 10:00:00 +0000" RFC822.SIZE 16)
        S: * 3 FETCH (UID 5 FLAGS (\Seen \Recent) INTERNALDATE "01-Jan-2024 10:00:00 +0000" RFC822.SIZE 16)
        S: b OK FETCH completed.
        """
    )


@pytest.mark.cites("X10:2.1.2")
def test_until_a_client_may_be_told_the_old_uid_answers_nothing(mail: MemoryStore, other: OtherProtocol) -> None:
    with Talk(service(mail=mail)) as talk:
        talk.selected()
        other.change("user1", "INBOX", 2, b"Revised: yes\r\n\r\n")
        talk.script(
            """
            C: a UID FETCH 2 BODY.PEEK[HEADER]
            S: * 4 EXISTS
            S: * 1 RECENT
            S: a OK UID FETCH completed.
            C: b NOOP
            S: * 2 EXPUNGE
            S: b OK NOOP completed.
            """
        )


@pytest.mark.cites("X10:V0013", "X10:V0044")
def test_flags_are_changed_and_messages_removed(other: OtherProtocol, idling: Talk) -> None:
    (message,) = other.flag("user1", "INBOX", 2, [b"\\Seen", b"\\Answered"])
    assert message.flags == (b"\\Answered", b"\\Seen")
    idling.hear(b"* 2 FETCH (FLAGS (\\Answered \\Seen))\r\n")
    other.flag("user1", "INBOX", [2], [b"\\Seen"], StoreAction.REMOVE)
    idling.hear(b"* 2 FETCH (FLAGS (\\Answered))\r\n")
    other.flag("user1", "INBOX", iter([2]), [], StoreAction.REPLACE)
    idling.hear(b"* 2 FETCH (FLAGS ())\r\n")
    other.remove("user1", "INBOX", [3, 1])
    idling.hear(b"* 1 EXPUNGE\r\n* 2 EXPUNGE\r\n")
    other.remove("user1", "INBOX", 2)
    idling.hear(b"* 1 EXPUNGE\r\n")
    assert other.messages("user1", "INBOX") == ()


@pytest.mark.cites("X10:C0002", "X10:C0003")
def test_folders_that_create_would_refuse() -> None:
    mail = MemoryStore(["u"], mailboxes={}, naming=LIMITS)
    account = mail.account("u")
    assert account is not None
    other = OtherProtocol(mail)
    long, deep = "ö" * 251, "/".join("d" * 40)
    for name in (long, deep):
        assert account.create(encode(name)) is Problem.BAD_NAME
        other.create("u", name)
        assert other.add("u", name, ONE) == 1
        assert [message.octets for message in other.messages("u", name)] == [ONE]
    assert account.rename(encode(long), deep.encode() + b"/e") is Problem.BAD_NAME
    other.rename("u", long, deep + "/" + "e" * 300)
    assert b"d/" * 40 + b"e" * 300 in [name.name for name in account.names()]
    other.delete("u", "D/D")
    assert [name.name for name in account.names()] == [b"INBOX", b"d"]


def test_a_folder_is_deleted_under_who_has_it_selected(other: OtherProtocol, mail: MemoryStore) -> None:
    other.create("user1", "Old/2024")
    other.add("user1", "Old/2024", ONE)
    with Talk(service(mail=mail)) as talk:
        talk.signed_in().say(b"a EXAMINE Old/2024\r\n")
        heard = b""
        while b"a OK" not in heard:
            heard += talk.client.receive(5.0) or b""
        other.delete("user1", "Old")
        talk.script(
            """
            C: b NOOP
            S: * 1 EXPUNGE
            S: b OK NOOP completed.
            C: c LIST "" Old*
            S: c OK LIST completed.
            """
        )


REFUSED: tuple[tuple[Callable[[OtherProtocol], object], str], ...] = (
    (lambda other: other.add("nobody", "INBOX", ONE), "no user 'nobody'"),
    (lambda other: other.add("user1", "Nowhere", ONE), "mailbox 'Nowhere' of 'user1': there is no such mailbox"),
    (lambda other: other.add("user1", "INBOX", b"a\0b"), "no NUL"),
    (lambda other: other.add("user1", "INBOX", ONE, (), dt.datetime(2024, 1, 1)), "needs its zone"),
    (lambda other: other.change("user1", "INBOX", 9, ONE), "no message with UID 9"),
    (lambda other: other.change("user1", "INBOX", 1, b"\0"), "no NUL"),
    (lambda other: other.flag("user1", "INBOX", [8, 1, 9], [b"\\Seen"]), "no message with UID 8, 9"),
    (lambda other: other.remove("user1", b"INBOX", [1, 9]), "no message with UID 9"),
    (lambda other: other.create("user1", "Sent Items"), "mailbox 'Sent Items': there is a mailbox of this name"),
    (lambda other: other.create("user1", "\udc00"), "cannot be encoded"),
    (lambda other: other.delete("user1", "INBOX"), "mailbox 'INBOX': INBOX cannot be deleted"),
    (lambda other: other.rename("user1", "A", "B"), "mailbox 'A': there is no such mailbox"),
)


@pytest.mark.parametrize(("doing", "reason"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_done_is_said(
    other: OtherProtocol, doing: Callable[[OtherProtocol], object], reason: str
) -> None:
    before = other.messages("user1", "INBOX")
    with pytest.raises(UsageError, match=reason):
        doing(other)
    left = other.messages("user1", "INBOX")
    assert left == before or left == before[1:]  # remove() removes what there is


@pytest.mark.cites("X10:V0013")
def test_any_number_of_threads(other: OtherProtocol, idling: Talk) -> None:
    begin = threading.Barrier(8)

    def work(number: int) -> list[Message]:
        begin.wait()
        uid = other.add("user1", "INBOX", b"%d" % number)
        for revision in range(20):
            uid = other.change("user1", "INBOX", uid, b"%d %d" % (number, revision))
            other.flag("user1", "INBOX", uid, [b"\\Seen"])
        gone = other.add("user1", "INBOX", ONE)
        other.remove("user1", "INBOX", gone)
        other.create("user1", f"Of/{number}")
        other.delete("user1", f"Of/{number}")
        return other.flag("user1", "INBOX", uid, [b"\\Draft"])

    for running in [Running(lambda number=number: work(number)) for number in range(8)]:  # type: ignore[misc]
        running.result()
    left = other.messages("user1", "INBOX")[3:]
    assert sorted(message.octets for message in left) == sorted(b"%d 19" % number for number in range(8))
    assert {message.flags for message in left} == {(b"\\Seen", b"\\Draft")}
    idling.say(b"DONE\r\nb UID SEARCH ALL\r\n")
    heard = b""
    while b"b OK" not in heard:
        heard += idling.client.receive(5.0) or b""
    uids = " ".join(str(message.uid) for message in other.messages("user1", "INBOX"))
    assert b"* SEARCH " + uids.encode() + b"\r\n" in heard
