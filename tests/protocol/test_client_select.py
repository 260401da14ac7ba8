"""SELECT at the client: what its data say, and which mailbox is spoken of before, during and after it."""

from __future__ import annotations

import pytest
from support.connections import error_of, seen, selected_client, sent, signed_in_client, submitted

from outlookimap.protocol import events as e
from outlookimap.protocol.client_connection import ClientConnection
from outlookimap.protocol.mailbox_view import MailboxView
from outlookimap.protocol.selecting import Selecting
from outlookimap.protocol.states import State
from outlookimap.wire import commands as c
from outlookimap.wire.fetch import FetchAtt
from outlookimap.wire.responses import Code, Condition, FlagsData, Recent
from outlookimap.wire.sequence import SequenceSet

SELECT = c.Select(b"Other")
UID_FETCH = c.Fetch(SequenceSet.all(), (FetchAtt(b"UID"), FetchAtt(b"FLAGS")), uid=True)


def uids(client: ClientConnection) -> tuple[int | None, ...] | None:
    """Return the view of `client` as UIDs."""
    return seen(client.view)


@pytest.mark.cites("O5:V0036", "O5:V0037")
def test_what_select_says() -> None:
    """RFC 3501 section 6.3.1, the example."""
    client = signed_in_client()
    client.submit(c.Select(b"INBOX"), tag=b"A142")
    assert sent(client) == b"A142 SELECT INBOX\r\n"
    events = client.receive(
        b"* 172 EXISTS\r\n"
        b"* 1 RECENT\r\n"
        b"* OK [UNSEEN 12] Message 12 is first unseen\r\n"
        b"* OK [UIDVALIDITY 3857529045] UIDs valid\r\n"
        b"* OK [UIDNEXT 4392] Predicted next UID\r\n"
        b"* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n"
        b"* OK [PERMANENTFLAGS (\\Deleted \\Seen \\*)] Limited\r\n"
        b"A142 OK [READ-WRITE] SELECT completed\r\n",
        0.0,
    )
    assert [getattr(event, "answers", None) for event in events[:-1]] == [b"A142"] * 7
    assert events[0] == e.Exists(172, 172, b"A142")
    assert events[1] == e.Data(Recent(1), b"A142")
    assert events[2] == e.Notice(Condition.OK, Code(b"UNSEEN", 12), b"Message 12 is first unseen", b"A142")
    assert events[-1] == e.Completed(
        b"A142",
        c.Select(b"INBOX"),
        Condition.OK,
        Code(b"READ-WRITE"),
        b"SELECT completed",
        e.Selection(
            exists=172,
            recent=1,
            uidvalidity=3857529045,
            uidnext=4392,
            unseen=12,
            uids_stick=True,
            flags=(b"\\Answered", b"\\Flagged", b"\\Deleted", b"\\Seen", b"\\Draft"),
            permanent_flags=(b"\\Deleted", b"\\Seen", b"\\*"),
        ),
    )
    assert client.state is State.SELECTED
    assert client.view is not None
    assert len(client.view) == 172


@pytest.mark.cites("O5:V0036", "O5:V0037")
@pytest.mark.parametrize(
    ("lines", "selection"),
    [
        (b"", e.Selection()),
        (b"* 3 EXISTS\r\n", e.Selection(exists=3)),
        (b"* 0 RECENT\r\n", e.Selection(recent=0)),
        (b"* FLAGS ()\r\n", e.Selection(flags=())),
        (b"* OK [UIDVALIDITY 0] ok\r\n", e.Selection(uidvalidity=0)),
        (b"* OK [UIDVALIDITY 7]\r\n", e.Selection(uidvalidity=7)),
        (b"* OK [UIDNEXT 8]\r\n", e.Selection(uidnext=8)),
        (b"* OK [UNSEEN 9]\r\n", e.Selection(unseen=9)),
        (b"* OK [PERMANENTFLAGS ()]\r\n", e.Selection(permanent_flags=())),
        (b"* NO [UIDNOTSTICKY] alas\r\n", e.Selection(uids_stick=False)),
        (b"* OK [HIGHESTMODSEQ 715]\r\n* OK hello\r\n* OK [UIDVALIDITY x]\r\n", e.Selection()),
        (b"* OK [UIDNEXT x]\r\n* OK [UNSEEN x]\r\n* OK [PERMANENTFLAGS x\r\n", e.Selection()),
        (b"* 3 EXISTS\r\n* 5 EXISTS\r\n", e.Selection(exists=5)),
    ],
)
def test_each_of_the_data_may_be_missing(lines: bytes, selection: e.Selection) -> None:
    client = submitted(signed_in_client(), SELECT)
    events = client.receive(lines + b"a1 OK\r\n", 0.0)
    assert isinstance(events[-1], e.Completed)
    assert events[-1].selection == selection
    assert client.state is State.SELECTED


def test_examine_is_answered_likewise() -> None:
    client = submitted(signed_in_client(), c.Examine(b"x"))
    events = client.receive(b"* 2 EXISTS\r\na1 OK [READ-ONLY]\r\n", 0.0)
    assert getattr(events[-1], "selection", None) == e.Selection(exists=2)
    assert (client.state, uids(client)) == (State.SELECTED, (None, None))


@pytest.mark.cites("O5:V0023", "O5:V0024")
def test_the_same_data_outside_select_answer_nothing() -> None:
    client = submitted(selected_client((10,)), c.Noop(), SELECT)
    events = client.receive(b"* 2 EXISTS\r\n* 1 RECENT\r\n* FLAGS ()\r\n* OK [UIDVALIDITY 3]\r\n", 0.0)
    assert [getattr(event, "answers", b"?") for event in events] == [None] * 4
    assert uids(client) == (10, None)
    client.receive(b"a1 OK\r\na2 OK\r\n", 0.0)
    assert uids(client) == ()


def test_other_data_during_select_are_nobodys() -> None:
    client = submitted(signed_in_client(), SELECT)
    events = client.receive(b"* CAPABILITY IMAP4REV1\r\n* OK hello\r\n* XYZZY\r\n", 0.0)
    assert [getattr(event, "answers", b"?") for event in events] == [None] * 3


def test_ok_replaces_the_mailbox() -> None:
    client = submitted(selected_client((10, 20)), SELECT)
    client.receive(b"* 3 EXISTS\r\n* 2 FETCH (UID 7)\r\n", 0.0)
    assert uids(client) == (10, 20)  # until the answer the old one is selected
    client.receive(b"a1 OK\r\n", 0.0)
    assert (client.state, uids(client)) == (State.SELECTED, (None, 7, None))


def test_no_leaves_no_mailbox() -> None:
    """RFC 3501 section 6.3.1: if the SELECT fails, no mailbox is selected."""
    client = submitted(selected_client((10, 20)), SELECT)
    (event,) = client.receive(b"a1 NO no such mailbox\r\n", 0.0)
    assert isinstance(event, e.Completed)
    assert event.selection is None
    assert (client.state, client.view) == (State.AUTHENTICATED, None)


@pytest.mark.parametrize(
    ("lines", "after"), [(b"", (10, 20)), (b"* 3 EXISTS\r\n", (10, 20, None)), (b"* 1 EXPUNGE\r\n", (20,))]
)
def test_bad_keeps_the_mailbox_and_what_was_said_of_it(lines: bytes, after: tuple[int | None, ...]) -> None:
    """A command that was not understood has left nothing."""
    client = submitted(selected_client((10, 20)), SELECT)
    events = client.receive(lines + b"a1 BAD what\r\n", 0.0)
    assert getattr(events[-1], "selection", "?") is None
    assert (client.state, uids(client)) == (State.SELECTED, after)


def test_bad_without_a_mailbox_before() -> None:
    client = submitted(signed_in_client(), SELECT)
    client.receive(b"* 3 EXISTS\r\na1 BAD what\r\n", 0.0)
    assert (client.state, client.view) == (State.AUTHENTICATED, None)


@pytest.mark.cites("O5:V0023")
def test_before_exists_the_old_mailbox_is_spoken_of() -> None:
    client = submitted(selected_client((10, 20, 30)), SELECT)
    events = client.receive(b"* 1 EXPUNGE\r\n* 1 FETCH (FLAGS ())\r\n* FLAGS ()\r\n* 1 EXPUNGE\r\n", 0.0)
    assert [getattr(event, "uid", None) for event in events] == [10, 20, None, 20]
    events = client.receive(b"* 2 EXISTS\r\n* 1 FETCH (UID 5)\r\n* 1 EXPUNGE\r\na1 OK\r\n", 0.0)
    assert events[0] == e.Exists(2, 2, b"a1")
    assert events[2] == e.Expunged(1, 5)
    assert uids(client) == (None,)


def test_before_exists_there_may_be_no_mailbox_to_speak_of() -> None:
    client = submitted(signed_in_client(), SELECT)
    assert client.receive(b"* 9 EXPUNGE\r\n", 0.0) == [e.Expunged(9, None)]


def test_after_exists_expunge_is_checked_against_the_new_mailbox() -> None:
    client = submitted(selected_client((10, 20, 30)), SELECT)
    assert error_of(client.receive(b"* 2 EXISTS\r\n* 3 EXPUNGE\r\n", 0.0)) == "EXPUNGE of message 3 in a mailbox of 2"


def test_closed_is_the_border() -> None:
    """RFC 7162 section 3.2.11: everything before CLOSED is of the mailbox that is left."""
    client = submitted(selected_client((10, 20)), SELECT)
    events = client.receive(b"* 5 EXISTS\r\n* 2 RECENT\r\n* OK [CLOSED] left\r\n", 0.0)
    assert events[2] == e.Notice(Condition.OK, Code(b"CLOSED"), b"left", b"a1")
    assert client.view is None
    assert client.receive(b"* 7 EXPUNGE\r\n", 0.0) == [e.Expunged(7, None)]
    events = client.receive(b"* 3 EXISTS\r\n* OK [UIDVALIDITY 4]\r\na1 OK\r\n", 0.0)
    assert events[0] == e.Exists(3, 3, b"a1")
    assert getattr(events[-1], "selection", None) == e.Selection(exists=3, uidvalidity=4)
    assert uids(client) == (None, None, None)


def test_closed_and_then_no() -> None:
    client = submitted(selected_client((10, 20)), SELECT)
    client.receive(b"* OK [CLOSED]\r\na1 NO\r\n", 0.0)
    assert (client.state, client.view) == (State.AUTHENTICATED, None)


def test_closed_and_then_bad_knows_no_mailbox_any_more() -> None:
    client = submitted(selected_client((10, 20)), SELECT)
    client.receive(b"* OK [CLOSED]\r\n* 3 EXISTS\r\na1 BAD\r\n", 0.0)
    assert (client.state, client.view) == (State.SELECTED, None)
    assert client.receive(b"* 1 EXPUNGE\r\n", 0.0) == [e.Expunged(1, None)]


@pytest.mark.parametrize("command", [c.Close(), c.Unselect()])
@pytest.mark.parametrize(("condition", "stays"), [(b"OK", False), (b"NO", True), (b"BAD", True)])
def test_leaving_a_mailbox(command: c.Command, condition: bytes, stays: bool) -> None:
    client = submitted(selected_client((10, 20)), command)
    client.receive(b"a1 %s\r\n" % condition, 0.0)
    assert uids(client) == ((10, 20) if stays else None)
    assert client.state is (State.SELECTED if stays else State.AUTHENTICATED)


@pytest.mark.cites("O5:V0026")
def test_two_selects_in_flight() -> None:
    client = submitted(selected_client((10,)), c.Select(b"A"), UID_FETCH, c.Select(b"B"))
    events = client.receive(
        b"* 2 EXISTS\r\na1 OK\r\n* 1 FETCH (UID 5 FLAGS ())\r\n* 2 FETCH (UID 6 FLAGS ())\r\n* 3 EXISTS\r\na2 OK\r\n",
        0.0,
    )
    assert [getattr(event, "answers", None) for event in events] == [b"a1", None, b"a2", b"a2", None, None]
    assert events[4] == e.Exists(3, 1)
    assert uids(client) == (5, 6, None)
    events = client.receive(b"* 1 EXISTS\r\n* OK [UIDVALIDITY 9]\r\na3 OK\r\n", 0.0)
    assert events[0] == e.Exists(1, 1, b"a3")
    assert getattr(events[-1], "selection", None) == e.Selection(exists=1, uidvalidity=9)
    assert uids(client) == (None,)


@pytest.mark.cites("O5:V0036", "O5:V0037")
@pytest.mark.parametrize(
    ("code", "selection"),
    [
        (Code(b"UIDVALIDITY", 3), e.Selection(uidvalidity=3)),
        (Code(b"UIDNEXT", 3), e.Selection(uidnext=3)),
        (Code(b"UNSEEN", 3), e.Selection(unseen=3)),
        (Code(b"UIDNOTSTICKY"), e.Selection(uids_stick=False)),
        (Code(b"PERMANENTFLAGS", (b"\\Seen",)), e.Selection(permanent_flags=(b"\\Seen",))),
        (Code(b"UIDVALIDITY", b"x"), e.Selection()),
        (Code(b"UIDNEXT", None), e.Selection()),
        (Code(b"UNSEEN", b"x"), e.Selection()),
        (Code(b"PERMANENTFLAGS", None), e.Selection()),
        (Code(b"READ-WRITE"), e.Selection()),
    ],
)
def test_codes_of_select(code: Code, selection: e.Selection) -> None:
    selecting = Selecting()
    selecting.code(code)
    assert selecting.selection == selection


def test_what_comes_while_selecting() -> None:
    selecting = Selecting()
    assert not selecting.arrived
    selecting.data(Recent(2))
    selecting.data(FlagsData((b"\\Seen",)))
    assert [(selecting.exists(count), selecting.arrived) for count in (4, 3)] == [(4, True), (-1, True)]
    assert selecting.selection == e.Selection(exists=3, recent=2, flags=(b"\\Seen",))
    selecting.code(Code(b"CLOSED"))
    assert (selecting.selection, selecting.arrived, len(selecting.view)) == (e.Selection(), False, 0)
    assert isinstance(selecting.view, MailboxView)
