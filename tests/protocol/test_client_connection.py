"""The client's end without its hard flows: greeting, tags, states, pipelining, literals, limits, the end."""

from __future__ import annotations

import itertools

import pytest
from support.connections import (
    counted_tags,
    error_of,
    greeted_client,
    new_client,
    selected_client,
    sent,
    signed_in_client,
    submitted,
)

from outlookimap.errors import LimitExceeded, LocalProtocolError, RemoteProtocolError
from outlookimap.protocol import events as e
from outlookimap.protocol.client_connection import ClientConnection
from outlookimap.protocol.states import Flow, Role, State
from outlookimap.wire import commands as c
from outlookimap.wire import search as s
from outlookimap.wire.building import Style
from outlookimap.wire.fetch import FetchAtt
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.limits import Limits
from outlookimap.wire.responses import Code, Condition, Continuation, SearchData, UnknownData
from outlookimap.wire.secret import Secret
from outlookimap.wire.sequence import SequenceSet

SET = SequenceSet.of(2)
FLAGS = (FetchAtt(b"FLAGS"),)
APPEND = c.Append(b"Drafts", b"hello")
LITERALS = Style(quoted_limit=0)  # every string that is no atom becomes a literal


# ---------------------------------------------------------------- the greeting


@pytest.mark.parametrize(
    ("line", "state", "event"),
    [
        (
            b"* OK IMAP4rev1 Service Ready\r\n",
            State.NOT_AUTHENTICATED,
            e.Greeted(Condition.OK, None, b"IMAP4rev1 Service Ready"),
        ),
        (
            b"* OK [CAPABILITY IMAP4rev1 IDLE] hello\r\n",
            State.NOT_AUTHENTICATED,
            e.Greeted(Condition.OK, Code(b"CAPABILITY", (b"IMAP4REV1", b"IDLE")), b"hello"),
        ),
        (b"* PREAUTH hello ann\r\n", State.AUTHENTICATED, e.Greeted(Condition.PREAUTH, None, b"hello ann")),
        (b"* BYE too busy\r\n", State.LOGOUT, e.Greeted(Condition.BYE, None, b"too busy")),
        (
            b"* OK hello\n",
            State.NOT_AUTHENTICATED,
            e.Greeted(Condition.OK, None, b"hello", (Leniency.BARE_LF,)),
        ),
    ],
)
def test_greeting(line: bytes, state: State, event: e.Greeted) -> None:
    client = new_client()
    assert (client.role, client.state, client.awaiting) == (Role.CLIENT, State.CONNECTED, True)
    assert client.receive(line, 0.0) == [event]
    assert (client.state, client.awaiting) == (state, False)


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"* NO go away\r\n", "a greeting of NO"),
        (b"* BAD go away\r\n", "a greeting of BAD"),
        (b"* 3 EXISTS\r\n", "no greeting, but Exists"),
        (b"+ hello\r\n", "no greeting, but Continuation"),
        (b"a1 OK hello\r\n", "no greeting, but StatusResponse"),
        (b"HTTP/1.1 400 Bad Request\r\n", ""),
        (b"\x15\x03\x01\x00\x02\x02\x0a", ""),
    ],
)
def test_no_greeting(octets: bytes, why: str) -> None:
    client = new_client()
    events = client.receive(octets, 0.0)
    assert why in error_of(events)
    assert len(events) == 1
    assert (client.state, client.flow) == (State.LOGOUT, Flow.CLOSED)


def test_nothing_is_sent_before_the_greeting() -> None:
    client = new_client()
    with pytest.raises(LocalProtocolError, match="NOOP may not be sent in the state 'connected, no greeting yet'"):
        client.submit(c.Noop())
    assert sent(client) == b""


def test_the_stream_may_end_before_the_greeting() -> None:
    client = new_client()
    assert client.receive(b"* OK half a gree", 0.0) == []
    assert client.receive(b"", 1.0) == [e.Ended()]
    assert client.awaiting is False


# ---------------------------------------------------------------- tags and states


def test_a_command_is_written_with_its_tag() -> None:
    client = greeted_client()
    assert client.submit(c.Capability()) == b"a1"
    assert client.submit(c.Noop(), tag=b"ZZZZ") == b"ZZZZ"
    assert client.in_flight == ((b"a1", c.Capability()), (b"ZZZZ", c.Noop()))
    assert sent(client) == b"a1 CAPABILITY\r\nZZZZ NOOP\r\n"
    assert sent(client) == b""


def test_tags_in_flight_are_unique() -> None:
    tags = iter((b"aaaa", b"aaaa", b"bbbb", b"aaaa"))
    client = ClientConnection(tags.__next__)
    client.receive(b"* OK\r\n", 0.0)
    assert [client.submit(c.Noop()), client.submit(c.Noop())] == [b"aaaa", b"bbbb"]
    with pytest.raises(LocalProtocolError, match="the tag b'bbbb' is in flight already"):
        client.submit(c.Noop(), tag=b"bbbb")
    client.receive(b"aaaa OK\r\n", 0.0)
    assert client.submit(c.Noop()) == b"aaaa"  # free again


def test_a_source_of_tags_without_a_free_one_is_no_endless_loop() -> None:
    client = ClientConnection(lambda: b"same")
    client.receive(b"* OK\r\n", 0.0)
    client.submit(c.Noop())
    with pytest.raises(LocalProtocolError, match="no free tag"):
        client.submit(c.Noop())
    assert client.in_flight == ((b"same", c.Noop()),)


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (c.Select(b"a\0b"), "NUL"),
        (c.Fetch(SET, macro=b"XYZZY"), "XYZZY"),
    ],
)
def test_what_the_grammar_forbids_is_not_queued(command: c.Command, why: str) -> None:
    client = selected_client((1, 2))
    with pytest.raises(LocalProtocolError, match=why):
        client.submit(command)
    with pytest.raises(LocalProtocolError, match="tag"):
        client.submit(c.Noop(), tag=b"a b")
    assert (client.in_flight, sent(client)) == ((), b"")


@pytest.mark.parametrize(
    ("client", "command"),
    [
        (greeted_client(), c.Select(b"INBOX")),
        (greeted_client(), c.Idle()),
        (signed_in_client(), c.Login(b"u", Secret(b"p"))),
        (signed_in_client(), c.StartTls()),
        (signed_in_client(), c.Authenticate(b"PLAIN")),
        (signed_in_client(), c.Close()),
        (signed_in_client(), c.Fetch(SET, FLAGS, uid=True)),
        (selected_client((1,)), c.Enable((b"X",))),
    ],
)
def test_a_command_in_the_wrong_state_is_refused(client: ClientConnection, command: c.Command) -> None:
    with pytest.raises(LocalProtocolError, match=f"{c.keyword(command).decode()} may not be sent in the state"):
        client.submit(command)
    assert sent(client) == b""


def test_a_command_no_table_has_is_refused_by_name() -> None:
    class Strange(c.Command):
        name = b"STRANGE\xff"

    with pytest.raises(LocalProtocolError, match="STRANGE\N{REPLACEMENT CHARACTER} may not be sent in the state"):
        signed_in_client().submit(Strange())


@pytest.mark.cites("O5:V0026")
def test_the_state_ahead_counts() -> None:
    """What is in flight is taken to succeed; if it does not, the server refuses what follows."""
    client = greeted_client()
    client.submit(c.Login(b"ann", Secret(b"pw")))
    client.submit(c.Select(b"INBOX"))
    client.submit(c.Fetch(SET, FLAGS, uid=True))
    client.submit(c.Close())
    with pytest.raises(LocalProtocolError, match="in the state 'authenticated'"):
        client.submit(c.Close())
    assert sent(client) == b"a1 LOGIN ann pw\r\na2 SELECT INBOX\r\na3 UID FETCH 2 (FLAGS)\r\na4 CLOSE\r\n"
    events = client.receive(b"a1 NO wrong\r\na2 BAD\r\na3 BAD\r\na4 BAD\r\n", 0.0)
    assert [type(event) for event in events] == [e.Completed] * 4
    assert (client.state, client.awaiting) == (State.NOT_AUTHENTICATED, False)


# ---------------------------------------------------------------- several in flight


@pytest.mark.cites("O5:V0026")
def test_answers_may_come_in_any_order() -> None:
    client = submitted(signed_in_client(), c.Noop(), c.List(b"", b"%"), c.Status(b"x", (b"UNSEEN",)))
    events = client.receive(b"a3 OK c\r\na1 NO [TRYCREATE] a\r\na2 BAD b\r\n", 0.0)
    assert events == [
        e.Completed(b"a3", c.Status(b"x", (b"UNSEEN",)), Condition.OK, None, b"c"),
        e.Completed(b"a1", c.Noop(), Condition.NO, Code(b"TRYCREATE"), b"a"),
        e.Completed(b"a2", c.List(b"", b"%"), Condition.BAD, None, b"b"),
    ]
    assert client.in_flight == ()


UID_FETCH, FETCH = c.Fetch(SET, FLAGS, uid=True), c.Fetch(SET, FLAGS)
STORE, COPY = c.Store(SET, c.StoreAction.ADD, ()), c.Copy(SET, b"x")
SEARCH = c.Search((s.ALL,))
UID_SEARCH_NUMBERS = c.Search((s.Numbered(SET),), uid=True)


@pytest.mark.cites("O5:V0026")
@pytest.mark.parametrize(
    "sequence",
    [  # RFC 3501 section 5.5, "the following are examples of valid non-waiting command sequences"
        (FETCH, STORE, SEARCH, c.Check()),
        (STORE, COPY, c.Expunge()),
        (c.Search((s.ALL,), uid=True), c.Search((s.ALL,), uid=True)),
        (UID_FETCH, UID_FETCH, c.Noop()),
    ],
)
def test_sequences_that_rfc_3501_allows(sequence: tuple[c.Command, ...]) -> None:
    client = selected_client((1, 2))
    for command in sequence:
        client.submit(command)
    assert len(client.in_flight) == len(sequence)


@pytest.mark.parametrize(
    "sequence",
    [  # RFC 3501 section 5.5, "the following non-waiting command sequences are invalid"
        (FETCH, c.Noop(), STORE),
        (STORE, COPY, FETCH),
        (COPY, COPY),
        (c.Check(), FETCH),
        (c.Search((s.ALL,), uid=True), UID_SEARCH_NUMBERS),
        (UID_FETCH, FETCH),
        (c.Select(b"x"), FETCH),
    ],
)
def test_sequences_that_rfc_3501_forbids(sequence: tuple[c.Command, ...]) -> None:
    client = selected_client((1, 2))
    for command in sequence[:-1]:
        client.submit(command)
    with pytest.raises(LocalProtocolError, match="message numbers is answered"):
        client.submit(sequence[-1])
    assert len(client.in_flight) == len(sequence) - 1
    client.receive(b"".join(tag + b" OK\r\n" for tag, _ in client.in_flight), 0.0)
    client.submit(sequence[-1])


def test_an_unknown_tag_ends_the_connection() -> None:
    client = submitted(greeted_client(), c.Noop())
    events = client.receive(b"a1 OK\r\na1 OK\r\na2 OK\r\n", 0.0)
    assert [type(event) for event in events] == [e.Completed, e.Ended]
    assert error_of(events) == "a tag that belongs to no command in flight: b'a1'"


# ---------------------------------------------------------------- literals


@pytest.mark.cites("O5:V0026")
def test_a_synchronizing_literal_waits_and_what_is_behind_it_too() -> None:
    client = signed_in_client()
    for command in (c.Noop(), APPEND, c.List(b"", b"%")):
        client.submit(command)
    assert sent(client) == b"a1 NOOP\r\na2 APPEND Drafts {5}\r\n"
    assert (client.flow, client.awaiting) == (Flow.LITERAL, True)
    events = client.receive(b"a1 OK\r\n* 3 EXISTS\r\n+ go on\r\n", 0.0)
    assert events[1:] == [e.Exists(3, 3), e.Data(Continuation(b"go on"), b"a2")]
    assert sent(client) == b'hello\r\na3 LIST "" %\r\n'
    assert client.flow is Flow.COMMANDS


def test_several_literals_in_one_command() -> None:
    client = greeted_client(style=LITERALS)
    client.submit(c.Login(b"a b", Secret(b'c"d')))
    client.submit(c.Noop())
    assert sent(client) == b"a1 LOGIN {3}\r\n"
    client.receive(b"+\r\n", 0.0)
    assert client.outgoing(0.0) == [(b"a b", False), (b" ", False), (b"{3}\r\n", False)]
    client.receive(b"+ \r\n", 0.0)
    assert client.outgoing(0.0) == [
        (b'c"d', True),
        (b"\r\n", False),
        (b"a2", False),
        (b" ", False),
        (b"NOOP", False),
        (b"\r\n", False),
    ]


@pytest.mark.cites("O5:V0026")
@pytest.mark.parametrize("condition", [b"NO [TRYCREATE]", b"BAD"])
def test_a_refused_literal_is_not_sent_and_what_is_behind_it_is(condition: bytes) -> None:
    client = signed_in_client()
    for command in (APPEND, c.Noop(), APPEND, c.List(b"", b"%")):
        client.submit(command)
    assert sent(client) == b"a1 APPEND Drafts {5}\r\n"
    (event,) = client.receive(b"a1 %s no\r\n" % condition, 0.0)
    assert isinstance(event, e.Completed)
    assert sent(client) == b"a2 NOOP\r\na3 APPEND Drafts {5}\r\n"
    client.receive(b"a2 OK\r\na3 NO\r\n", 0.0)
    assert sent(client) == b'a4 LIST "" %\r\n'
    assert client.in_flight == ((b"a4", c.List(b"", b"%")),)


def test_the_second_literal_of_a_command_may_be_refused_as_well() -> None:
    client = greeted_client(style=LITERALS)
    client.submit(c.Login(b"a b", Secret(b'c"d')))
    sent(client)
    client.receive(b"+ \r\n", 0.0)
    sent(client)
    client.receive(b"a1 NO not by literal\r\n", 0.0)
    assert (client.flow, client.in_flight, sent(client)) == (Flow.COMMANDS, (), b"")


def test_a_literal_that_is_accepted_with_ok_was_not_understood() -> None:
    client = submitted(signed_in_client(), APPEND)
    (ended,) = client.receive(b"a1 OK done\r\n", 0.0)
    assert error_of([ended]) == "the answer to a command that was not sent to its end: b'a1'"
    assert isinstance(ended, e.Ended)
    assert ended.unanswered == ((b"a1", APPEND),)


def test_a_command_that_was_not_sent_has_no_answer() -> None:
    client = submitted(signed_in_client(), APPEND, c.Noop())
    events = client.receive(b"a2 BAD what\r\n", 0.0)
    assert "the answer to a command that was not sent to its end: b'a2'" in error_of(events)


def test_a_command_behind_a_literal_without_go_ahead_has_no_answer() -> None:
    """The flow is LITERAL for a1; a2, announced later, is not what the server may refuse."""
    client = submitted(signed_in_client(), APPEND, APPEND)
    (ended,) = client.receive(b"a2 NO\r\n", 0.0)
    assert isinstance(ended, e.Ended)
    assert ended.unanswered == ((b"a1", APPEND), (b"a2", APPEND))


def test_non_synchronizing_literals_do_not_wait() -> None:
    client = signed_in_client(style=Style(literal_plus=True))
    client.submit(APPEND)
    client.submit(c.Noop())
    assert sent(client) == b"a1 APPEND Drafts {5+}\r\nhello\r\na2 NOOP\r\n"
    assert client.flow is Flow.COMMANDS


@pytest.mark.parametrize("client", [greeted_client(), submitted(greeted_client(), c.Noop())])
def test_a_go_ahead_that_nothing_waits_for_is_an_error(client: ClientConnection) -> None:
    assert "a continuation request that nothing waits for: b'why not'" in error_of(
        client.receive(b"+ why not\r\n", 0.0)
    )


def test_what_is_behind_a_literal_is_not_sent_after_bye() -> None:
    client = submitted(signed_in_client(), APPEND, c.Noop())
    client.receive(b"* BYE\r\na1 NO\r\n", 0.0)
    assert sent(client) == b""
    (ended,) = client.receive(b"", 0.0)
    assert ended == e.Ended(None, ((b"a2", c.Noop()),))


def test_a_go_ahead_after_bye_sends_nothing_more() -> None:
    client = submitted(signed_in_client(), APPEND, c.Idle())
    events = client.receive(b"* BYE\r\n+ \r\n+ \r\n", 0.0)
    assert [type(event) for event in events] == [e.Goodbye, e.Data, e.Ended]
    assert error_of(events) == "a continuation request that nothing waits for"
    assert sent(client) == b""


# ---------------------------------------------------------------- untagged data


@pytest.mark.cites("O5:V0001", "O5:V0023", "O5:V0024")
def test_events_come_in_the_order_of_arrival() -> None:
    client = selected_client((10, 20, 30))
    client.submit(c.Search((s.ALL,)))
    events = client.receive(
        b"* 4 EXISTS\r\n* 2 EXPUNGE\r\n* 1 RECENT\r\n* SEARCH 1\r\n* OK still here\r\n* NO careful\r\n"
        b"* 2 FETCH (FLAGS ())\r\n* XYZZY\r\na1 OK\r\n* 1 EXPUNGE\r\n",
        0.0,
    )
    assert [type(event).__name__ for event in events] == [
        "Exists", "Expunged", "Data", "Data", "Notice", "Notice", "Fetched", "Data", "Completed", "Expunged",
    ]  # fmt: skip
    assert events[0] == e.Exists(4, 1)
    assert events[1] == e.Expunged(2, 20)
    assert events[3] == e.Data(SearchData((1,)), b"a1")
    assert events[4:6] == [e.Notice(Condition.OK, None, b"still here"), e.Notice(Condition.NO, None, b"careful")]
    assert isinstance(events[6], e.Fetched)
    assert (events[6].seq, events[6].uid, events[6].answers) == (2, 30, None)
    assert events[7] == e.Data(UnknownData(b"XYZZY"))
    assert events[9] == e.Expunged(1, 10)


@pytest.mark.cites("O5:V0024")
@pytest.mark.parametrize(
    "line",
    [
        b"* OK [ALERT] going down", b"* NO full", b"* BAD huh", b"* CAPABILITY IMAP4rev1", b"* LIST () NIL x",
        b"* LSUB () NIL x", b"* STATUS x (UNSEEN 1)", b"* SEARCH", b"* FLAGS ()", b"* 4 EXISTS", b"* 0 RECENT",
        b"* 2 FETCH (FLAGS ())", b"* 3 EXPUNGE", b"* BYE", b"* NAMESPACE NIL NIL NIL", b"* ID NIL", b"* XYZZY 1",
    ],
)  # fmt: skip
def test_every_type_of_response_may_come_unasked(line: bytes) -> None:
    client = selected_client((10, 20, 30))
    (event,) = client.receive(line + b"\r\n", 0.0)
    assert not isinstance(event, e.Ended)
    assert getattr(event, "answers", None) is None


@pytest.mark.cites("O5:V0001", "O5:V0023")
def test_uids_are_resolved_when_the_response_arrives() -> None:
    client = selected_client((10, 20, 30))
    events = client.receive(b"* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n* 1 FETCH (FLAGS ())\r\n* 1 EXPUNGE\r\n", 0.0)
    assert [getattr(event, "uid", None) for event in events] == [10, 20, 30, 30]


@pytest.mark.cites("O5:V0023")
def test_new_messages_have_no_uid_until_one_is_learnt() -> None:
    client = selected_client((10,))
    events = client.receive(
        b"* 3 EXISTS\r\n* 3 FETCH (FLAGS ())\r\n* 3 FETCH (UID 12)\r\n* 3 FETCH (FLAGS ())\r\n* 2 EXPUNGE\r\n"
        b"* 2 EXPUNGE\r\n",
        0.0,
    )
    assert [getattr(event, "uid", None) for event in events] == [None, None, 12, 12, None, 12]


def test_expunge_out_of_range_ends_the_connection() -> None:
    client = submitted(selected_client((10, 20)), c.Noop())
    events = client.receive(b"* 1 EXPUNGE\r\n* 2 EXPUNGE\r\na1 OK\r\n", 0.0)
    assert events[0] == e.Expunged(1, 10)
    assert error_of(events) == "EXPUNGE of message 2 in a mailbox of 1"
    assert events[1:] == [e.Ended(getattr(events[1], "error", None), ((b"a1", c.Noop()),))]


def test_preauth_means_nothing_after_the_greeting() -> None:
    client = greeted_client()
    assert client.receive(b"* PREAUTH come in\r\n", 0.0) == [e.Notice(Condition.PREAUTH, None, b"come in")]
    assert client.state is State.NOT_AUTHENTICATED


def test_without_a_mailbox_numbers_mean_nothing() -> None:
    client = signed_in_client()
    events = client.receive(b"* 7 EXPUNGE\r\n* 9 EXISTS\r\n* 3 FETCH (FLAGS ())\r\n", 0.0)
    assert events[:2] == [e.Expunged(7, None), e.Exists(9, 9)]
    assert client.view is None


def test_a_mailbox_that_shrinks_by_exists_is_followed() -> None:
    client = selected_client((10, 20, 30))
    assert client.receive(b"* 1 EXISTS\r\n* 3 EXISTS\r\n", 0.0) == [e.Exists(1, -2), e.Exists(3, 2)]
    assert client.view is not None
    assert [client.view.uid(seq) for seq in (1, 2, 3)] == [None, None, None]


def test_exists_beyond_any_number_ends_the_connection() -> None:
    client = selected_client((10,))
    assert "EXISTS of 9999999999999999999" in error_of(client.receive(b"* 9999999999999999999 EXISTS\r\n", 0.0))


# ---------------------------------------------------------------- limits


@pytest.mark.parametrize(
    ("limits", "octets", "limit"),
    [
        (Limits(line=40), b"* OK " + b"x" * 60 + b"\r\n", "line"),
        (Limits(line=40), b"* OK " + b"x" * 60, "line"),
        (Limits(literal=10), b"* 1 FETCH (BODY[] {11}\r\n", "literal"),
        (Limits(nesting=3), b"* 1 FETCH (XYZZY ((((1)))))\r\n", "nesting"),
    ],
)
def test_a_limit_of_the_reader_ends_the_connection(limits: Limits, octets: bytes, limit: str) -> None:
    client = submitted(selected_client((), limits=limits), c.Noop())
    events = client.receive(b"* 1 EXISTS\r\n" + octets + b"a1 OK\r\n", 0.0)
    assert events[0] == e.Exists(1, 1)
    ended = events[1]
    assert isinstance(ended, e.Ended)
    assert isinstance(ended.error, LimitExceeded)
    assert (ended.error.limit, ended.unanswered) == (limit, ((b"a1", c.Noop()),))
    assert client.flow is Flow.CLOSED


def test_the_number_of_untagged_responses_to_a_command_is_limited() -> None:
    client = signed_in_client(limits=Limits(items=3))
    submitted(client, c.Noop(), c.Noop())
    events = client.receive(b"* 1 RECENT\r\n" * 3 + b"a1 OK\r\n" + b"* 1 RECENT\r\n" * 3, 0.0)
    assert [type(event) for event in events] == [*[e.Data] * 3, e.Completed, *[e.Data] * 3]
    events = client.receive(b"* 1 RECENT\r\na2 OK\r\n", 0.0)
    (ended,) = events
    assert isinstance(ended, e.Ended)
    assert isinstance(ended.error, LimitExceeded)
    assert (ended.error.limit, ended.error.allowed) == ("items", 3)


def test_the_default_limits_are_those_of_the_wire() -> None:
    assert new_client().limits == Limits()


# ---------------------------------------------------------------- the end


def test_the_end_is_said_once_and_names_what_has_no_answer() -> None:
    client = submitted(selected_client((1,)), APPEND, c.Noop())
    client.receive(b"+ go\r\n", 0.0)
    assert client.receive(b"", 1.0) == [e.Ended(None, ((b"a1", APPEND), (b"a2", c.Noop())))]
    assert client.receive(b"", 1.0) == []
    assert client.receive(b"a1 OK\r\n", 1.0) == []
    assert (client.state, client.flow, client.view, client.in_flight) == (State.LOGOUT, Flow.CLOSED, None, ())
    assert sent(client) == b""  # the rest of the literal has nowhere to go
    with pytest.raises(LocalProtocolError, match="in the state 'logout'"):
        client.submit(c.Noop())


def test_what_cannot_be_read_ends_the_connection_after_what_could() -> None:
    client = submitted(signed_in_client(), c.Noop())
    events = client.receive(b"* 1 EXISTS\r\n)(\r\na1 OK\r\n", 0.0)
    assert events[0] == e.Exists(1, 1)
    assert isinstance(events[1], e.Ended)
    assert isinstance(events[1].error, RemoteProtocolError)
    assert events[1].unanswered == ((b"a1", c.Noop()),)
    assert client.receive(b"a1 OK\r\n", 0.0) == []


# ---------------------------------------------------------------- time


def test_silence_counts_while_an_answer_is_due() -> None:
    client = ClientConnection(counted_tags().__next__, now=100.0)
    assert client.deadline(60.0) == 160.0  # the greeting is due
    client.receive(b"* OK\r\n", 130.0)
    assert client.deadline(60.0) is None
    client.submit(c.Noop())
    client.outgoing(500.0)
    assert client.deadline(60.0) == 560.0
    assert client.outgoing(510.0) == []
    assert (client.last_sent, client.last_received) == (500.0, 130.0)
    client.receive(b"* 1 EXI", 540.0)  # any octet restarts it
    assert client.deadline(60.0) == 600.0
    client.receive(b"STS\r\na1 OK\r\n", 545.0)
    assert client.deadline(60.0) is None


def test_nothing_is_due_after_the_end() -> None:
    client = submitted(greeted_client(), c.Noop())
    assert client.deadline(60.0) == 60.0
    client.receive(b"", 1.0)
    assert client.deadline(60.0) is None


def test_tags_are_taken_as_they_are_given() -> None:
    """The factory is asked once per command; nothing of its tags is changed."""
    tags = (b"%04d" % number for number in itertools.count(7))
    client = ClientConnection(tags.__next__)
    client.receive(b"* OK\r\n", 0.0)
    client.submit(c.Noop())
    client.submit(c.Noop(), tag=b"ZZZZ")
    client.submit(c.Noop())
    assert sent(client) == b"0007 NOOP\r\nZZZZ NOOP\r\n0008 NOOP\r\n"
