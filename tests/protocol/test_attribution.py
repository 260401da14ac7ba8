"""Which command an untagged response answers: the rule of `attribution`, case by case, on octets typed by hand."""

from __future__ import annotations

import time

import pytest
from support.connections import selected_client, sent, signed_in_client, submitted

from outlookimap.protocol import events as e
from outlookimap.protocol.attribution import Asked, asked
from outlookimap.protocol.client_connection import ClientConnection
from outlookimap.protocol.mailbox_view import MailboxView
from outlookimap.wire import commands as c
from outlookimap.wire import fetch as f
from outlookimap.wire import search as s
from outlookimap.wire.fetch import FetchAtt, Section
from outlookimap.wire.responses import FetchData
from outlookimap.wire.sequence import SequenceSet

UID, FLAGS = FetchAtt(f.UID), FetchAtt(f.FLAGS)
SIZE, DATE = FetchAtt(f.RFC822_SIZE), FetchAtt(f.INTERNALDATE)
BODY = FetchAtt(f.BODY_PEEK, Section())
HEADER = FetchAtt(f.BODY_PEEK, Section(specifier=b"HEADER"))
UIDS = (10, 20, 30)
ALL = SequenceSet.all()


def fetch(messages: bytes, *items: FetchAtt, uid: bool = True, macro: bytes | None = None) -> c.Fetch:
    numbers = SequenceSet.parse(messages)
    assert numbers is not None
    return c.Fetch(numbers, items, macro, uid)


def store(messages: bytes, *, silent: bool = False, uid: bool = True) -> c.Store:
    numbers = SequenceSet.parse(messages)
    assert numbers is not None
    return c.Store(numbers, c.StoreAction.ADD, (b"\\Seen",), silent, uid)


def answered(client: ClientConnection, line: bytes) -> bytes | None:
    """Return the tag that the FETCH response `line` is given."""
    (event,) = client.receive(line + b"\r\n", 0.0)
    assert isinstance(event, e.Fetched)
    return event.answers


@pytest.mark.cites("O5:V0001", "O5:V0023")
@pytest.mark.parametrize(
    ("command", "line", "expected"),
    [
        # for more than UID and FLAGS: one of the other items has to come
        (fetch(b"1:*", UID, FLAGS, HEADER), b"* 2 FETCH (UID 20 FLAGS () BODY[HEADER] {0}\r\n)", True),
        (fetch(b"1:*", UID, FLAGS, HEADER), b"* 2 FETCH (BODY[HEADER] NIL UID 20)", True),
        (fetch(b"1:*", UID, FLAGS, HEADER), b"* 2 FETCH (BODY[HEADER] NIL)", True),  # FETCH without UID
        (fetch(b"1:*", UID, FLAGS, HEADER), b"* 2 FETCH (UID 20 FLAGS (\\Seen))", False),  # split, or unasked
        (fetch(b"1:*", UID, FLAGS, HEADER), b"* 2 FETCH (UID 20 BODY[] NIL)", False),
        (fetch(b"1:*", UID, FLAGS, BODY), b"* 2 FETCH (UID 20 BODY[] NIL)", True),
        (fetch(b"1:*", UID, FLAGS, BODY), b"* 2 FETCH (UID 20 BODY[]<0> NIL)", False),  # V0070: not what was asked
        (fetch(b"1:*", UID, SIZE, DATE), b"* 2 FETCH (UID 20 RFC822.SIZE 7)", True),
        (fetch(b"1:*", UID, FetchAtt(f.RFC822_PEEK)), b"* 2 FETCH (UID 20 RFC822 NIL)", True),
        # for these only: all of them have to come
        (fetch(b"1:*", UID, FLAGS), b"* 2 FETCH (UID 20 FLAGS (\\Seen))", True),
        (fetch(b"1:*", UID, FLAGS), b"* 2 FETCH (UID 20 FLAGS (\\Seen) MODSEQ (7))", True),
        (fetch(b"1:*", UID, FLAGS), b"* 2 FETCH (FLAGS (\\Seen))", False),
        (fetch(b"1:*", UID, FLAGS), b"* 2 FETCH (UID 20)", False),
        (fetch(b"1:*", FLAGS), b"* 2 FETCH (FLAGS (\\Seen))", False),  # a UID FETCH asks for UID
        (fetch(b"1:*", FLAGS), b"* 2 FETCH (FLAGS (\\Seen) UID 20)", True),
        (fetch(b"1:*", FLAGS, uid=False), b"* 2 FETCH (FLAGS (\\Seen))", True),
        (fetch(b"2", UID, uid=False), b"* 2 FETCH (UID 20)", True),
        (fetch(b"2", UID, uid=False), b"* 3 FETCH (UID 30)", False),
        # the set: UIDs for a UID command, message numbers for the other
        (fetch(b"20", UID, FLAGS), b"* 2 FETCH (UID 20 FLAGS ())", True),
        (fetch(b"2", UID, FLAGS), b"* 2 FETCH (UID 20 FLAGS ())", False),
        (fetch(b"1:15,25:30", UID, FLAGS), b"* 2 FETCH (UID 20 FLAGS ())", False),
        (fetch(b"1:15,25:30", UID, FLAGS), b"* 3 FETCH (UID 30 FLAGS ())", True),
        (fetch(b"30:25,10,1:12", UID, FLAGS), b"* 1 FETCH (UID 10 FLAGS ())", True),
        (fetch(b"1:40,20:25", UID, FLAGS), b"* 3 FETCH (UID 30 FLAGS ())", True),
        (fetch(b"*", UID, FLAGS), b"* 3 FETCH (UID 30 FLAGS ())", True),
        (fetch(b"*", UID, FLAGS), b"* 2 FETCH (UID 20 FLAGS ())", False),
        (fetch(b"25:*", UID, FLAGS), b"* 2 FETCH (UID 20 FLAGS ())", False),
        (fetch(b"*", UID, FLAGS, uid=False), b"* 3 FETCH (UID 30 FLAGS ())", True),
        (fetch(b"*:2", UID, FLAGS, uid=False), b"* 1 FETCH (UID 10 FLAGS ())", False),
        # RFC 3501 6.4.8: 999:* names the last message where no UID is that large, and servers send it
        (fetch(b"999:*", UID, FLAGS), b"* 3 FETCH (UID 30 FLAGS ())", True),
        (fetch(b"999:*", UID, FLAGS), b"* 2 FETCH (UID 20 FLAGS ())", False),
        # macros are what RFC 3501 6.4.5 spells out
        (fetch(b"1:*", macro=b"FAST"), b"* 2 FETCH (UID 20 RFC822.SIZE 7)", True),
        (fetch(b"1:*", macro=b"FAST"), b"* 2 FETCH (UID 20 ENVELOPE NIL)", False),
        (fetch(b"1:*", macro=b"FAST"), b"* 2 FETCH (UID 20 BODY[] NIL)", False),
        (fetch(b"1:*", macro=b"FAST"), b"* 2 FETCH (UID 20 FLAGS ())", False),
        # STORE: FLAGS have to come; a silent one asks for nothing, and what comes (Cyrus) is an echo
        (store(b"20"), b"* 2 FETCH (UID 20 FLAGS (\\Seen))", True),
        (store(b"20"), b"* 2 FETCH (FLAGS (\\Seen))", True),
        (store(b"20"), b"* 2 FETCH (FLAGS (\\Seen) UID 20)", True),
        (store(b"20"), b"* 3 FETCH (UID 30 FLAGS (\\Seen))", False),
        (store(b"20"), b"* 2 FETCH (UID 20)", False),
        (store(b"2", uid=False), b"* 2 FETCH (FLAGS (\\Seen))", True),
        (store(b"20", silent=True), b"* 2 FETCH (FLAGS (\\Seen) UID 20)", False),
        (store(b"2", silent=True, uid=False), b"* 2 FETCH (FLAGS (\\Seen))", False),
        # nothing else is answered by FETCH
        (c.Noop(), b"* 2 FETCH (FLAGS (\\Seen))", False),
        (c.Search((s.ALL,)), b"* 2 FETCH (UID 20 FLAGS (\\Seen))", False),
    ],
)
def test_which_fetch_data_answer_a_command(command: c.Command, line: bytes, expected: bool) -> None:
    client = submitted(selected_client(UIDS), command)
    assert answered(client, line) == (b"a1" if expected else None)


@pytest.mark.parametrize(
    ("macro", "item"), [(b"ALL", b"ENVELOPE"), (b"FULL", b"ENVELOPE"), (b"FULL", b"BODY"), (b"FAST", b"INTERNALDATE")]
)
def test_the_macros(macro: bytes, item: bytes) -> None:
    view = MailboxView(UIDS)
    data = FetchData(2, ((FetchAtt(item), None),))
    assert Asked(fetch(b"1:3", macro=macro, uid=False)).answered_by(data, 20, view)
    assert not Asked(fetch(b"1:3", macro=macro, uid=False)).answered_by(FetchData(2, ((FLAGS, ()),)), 20, view)


@pytest.mark.cites("O5:V0026")
def test_several_in_flight_are_told_apart() -> None:
    client = submitted(
        selected_client(UIDS),
        fetch(b"10", UID, FLAGS, HEADER),
        fetch(b"20", UID, FLAGS, HEADER),
        fetch(b"1:*", UID, FLAGS),
        store(b"30", silent=True),
    )
    assert answered(client, b"* 2 FETCH (UID 20 BODY[HEADER] NIL)") == b"a2"
    assert answered(client, b"* 1 FETCH (UID 10 BODY[HEADER] NIL)") == b"a1"
    assert answered(client, b"* 3 FETCH (UID 30 FLAGS (\\Seen))") == b"a3"
    assert answered(client, b"* 3 FETCH (FLAGS (\\Seen))") is None
    client.receive(b"a1 OK\r\na2 OK\r\na3 OK\r\n", 0.0)
    assert answered(client, b"* 3 FETCH (UID 30 FLAGS (\\Seen))") is None


def test_of_two_that_fit_the_earliest_is_answered() -> None:
    client = submitted(selected_client(UIDS), fetch(b"1:*", UID, FLAGS), fetch(b"1:*", UID, FLAGS))
    assert answered(client, b"* 1 FETCH (UID 10 FLAGS ())") == b"a1"
    client.receive(b"a1 OK\r\n", 0.0)
    assert answered(client, b"* 1 FETCH (UID 10 FLAGS ())") == b"a2"


@pytest.mark.cites("O5:V0001")
def test_a_split_answer_is_unasked_where_only_flags_come() -> None:
    """The UID learnt from the part that is not attributed serves the part that is."""
    client = signed_in_client()
    client.submit(c.Select(b"x"), tag=b"s")
    client.receive(b"* 3 EXISTS\r\ns OK\r\n", 0.0)
    submitted(client, fetch(b"1:*", UID, FLAGS, BODY))
    assert answered(client, b"* 2 FETCH (UID 20 FLAGS ())") is None
    assert answered(client, b"* 2 FETCH (BODY[] NIL)") == b"a1"
    assert answered(client, b"* 3 FETCH (BODY[] NIL)") is None  # nobody knows its UID


def test_a_uid_command_behind_a_select_is_not_answered_before_it() -> None:
    """What comes before the answer to SELECT may be of the mailbox that is left."""
    client = submitted(selected_client(UIDS), c.Select(b"Other"), fetch(b"1:*", UID, FLAGS))
    assert answered(client, b"* 2 FETCH (UID 20 FLAGS (\\Seen))") is None
    client.receive(b"* 1 EXISTS\r\na1 OK\r\n", 0.0)
    assert answered(client, b"* 1 FETCH (UID 7 FLAGS (\\Seen))") == b"a2"


def test_fetch_data_without_a_mailbox_answer_nothing() -> None:
    client = signed_in_client()
    (event,) = client.receive(b"* 2 FETCH (UID 20 FLAGS (\\Seen))\r\n", 0.0)
    assert isinstance(event, e.Fetched)
    assert (event.uid, event.answers) == (20, None)


def test_a_star_where_the_last_uid_is_unknown_holds_any() -> None:
    view = MailboxView()
    view.exists(3)
    data = FetchData(1, ((UID, 10), (FLAGS, ())))
    assert Asked(fetch(b"*", UID, FLAGS)).answered_by(data, 10, view)
    assert Asked(fetch(b"5:*", UID, FLAGS)).answered_by(data, 10, view)
    assert not Asked(fetch(b"15:*", UID, FLAGS)).answered_by(data, 10, view)


def test_only_fetch_and_store_ask_for_fetch_data() -> None:
    assert asked(c.Copy(ALL, b"x")) is None
    assert isinstance(asked(store(b"1")), Asked)


def test_a_set_of_many_ranges_is_no_slower_than_a_small_one() -> None:
    """5,000 answers to a set of 5,000 ranges: a walk through the ranges would be 25 million steps."""
    numbers = SequenceSet.of(range(1, 10_001, 2))
    assert len(numbers.ranges) == 5000
    prepared, view = Asked(c.Fetch(numbers, (UID, FLAGS), uid=True)), MailboxView(range(1, 10_001))
    began = time.process_time()
    answers = [
        prepared.answered_by(FetchData(number, ((UID, number), (FLAGS, ()))), number, view)
        for number in range(1, 10_001)
    ]
    assert answers == [True, False] * 5000
    assert time.process_time() - began < 2.0


NAMED: list[tuple[c.Command, bytes, bool]] = [
    (c.List(b"", b"*"), b'* LIST () "/" INBOX', True),
    (c.List(b"", b"*"), b'* LSUB () "/" INBOX', False),
    (c.List(b"", b"*"), b'* XLIST () "/" INBOX', False),
    (c.Lsub(b"", b"*"), b'* LSUB () "/" INBOX', True),
    (c.Lsub(b"", b"*"), b'* LIST () "/" INBOX', False),
    (c.Xlist(b"", b"*"), b'* XLIST () "/" INBOX', True),
    (c.Xlist(b"", b"*"), b'* LIST () "/" INBOX', True),  # Dovecot
    (c.Status(b"Box", (b"UNSEEN",)), b"* STATUS Box (UNSEEN 4)", True),
    (c.Status(b"Box", (b"UNSEEN",)), b'* STATUS "Box" (UNSEEN 4) ', True),
    (c.Status(b"Box", (b"UNSEEN",)), b"* STATUS box (UNSEEN 4)", False),
    (c.Status(b"INBOX", (b"UNSEEN",)), b"* STATUS Inbox (UNSEEN 4)", True),
    (c.Search((s.ALL,)), b"* SEARCH 1 2", True),
    (c.Search((s.ALL,), uid=True), b"* SEARCH", True),
    (c.Capability(), b"* CAPABILITY IMAP4rev1", True),
    (c.Namespace(), b'* NAMESPACE (("" "/")) NIL NIL', True),
    (c.Id(None), b"* ID NIL", True),
    (c.Noop(), b"* CAPABILITY IMAP4rev1", False),
    (c.Noop(), b"* SEARCH 1", False),
    (c.Noop(), b"* 5 RECENT", False),
    (c.Noop(), b"* FLAGS (\\Seen)", False),
    (c.Noop(), b"* STATUS Box (UNSEEN 4)", False),
    (c.Noop(), b"* XYZZY 4", False),
]


@pytest.mark.cites("O5:V0001", "O5:V0023")
@pytest.mark.parametrize(("command", "line", "expected"), NAMED)
def test_which_other_data_answer_a_command(command: c.Command, line: bytes, expected: bool) -> None:
    client = submitted(selected_client(UIDS), command)
    (event,) = client.receive(line + b"\r\n", 0.0)
    assert isinstance(event, e.Data)
    assert event.answers == (b"a1" if expected else None)


def test_enabled_answers_enable() -> None:
    client = submitted(signed_in_client(), c.Enable((b"CONDSTORE",)))
    (event,) = client.receive(b"* ENABLED CONDSTORE\r\n", 0.0)
    assert isinstance(event, e.Data)
    assert event.answers == b"a1"


@pytest.mark.cites("O5:V0026")
def test_data_answer_the_earliest_command_of_that_name() -> None:
    client = submitted(signed_in_client(), c.Noop(), c.List(b"", b"%"), c.Lsub(b"", b"*"), c.List(b"", b"*"))
    events = client.receive(b"* LIST () NIL a\r\n* LSUB () NIL a\r\na2 OK\r\n* LIST () NIL b\r\n", 0.0)
    assert [getattr(event, "answers", None) for event in events] == [b"a2", b"a3", None, b"a4"]
    assert sent(client) == b""


@pytest.mark.cites("O5:V0001", "O5:V0024")
def test_nobody_asked_where_nothing_is_in_flight() -> None:
    client = selected_client(UIDS)
    events = client.receive(b"* CAPABILITY IMAP4rev1\r\n* SEARCH 2\r\n* STATUS Box (UNSEEN 4)\r\n", 0.0)
    assert [getattr(event, "answers", b"?") for event in events] == [None, None, None]
