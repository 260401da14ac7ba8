"""The server's end: commands as events, responses with their effect on state and view, the hard flows, the end."""

from __future__ import annotations

import pytest
from support.connections import error_of, greeting_server, seen, sent, tagged

from outlookimap.errors import LimitExceeded, LocalProtocolError, RemoteProtocolError
from outlookimap.protocol import events as e
from outlookimap.protocol.mailbox_view import MailboxView
from outlookimap.protocol.server_connection import ServerConnection
from outlookimap.protocol.states import Flow, Role, State
from outlookimap.wire import commands as c
from outlookimap.wire import responses as r
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.limits import Limits
from outlookimap.wire.responses import Condition
from outlookimap.wire.secret import Secret, join, masked

LOGIN = c.Login(b"ann", Secret(b"pw"))


def received(tag: bytes, command: c.Command, *leniencies: Leniency) -> e.CommandReceived:
    return e.CommandReceived(tag, command, leniencies)


def signed_in_server(*, limits: Limits | None = None) -> ServerConnection:
    """Return a server in the authenticated state."""
    server = ServerConnection(limits=limits)
    server.send(r.StatusResponse(None, Condition.PREAUTH, text=b"ready"))
    server.outgoing(0.0)
    return server


# ---------------------------------------------------------------- greeting, commands, answers


@pytest.mark.parametrize(
    ("condition", "octets", "state"),
    [
        (Condition.OK, b"* OK hello\r\n", State.NOT_AUTHENTICATED),
        (Condition.PREAUTH, b"* PREAUTH hello\r\n", State.AUTHENTICATED),
        (Condition.BYE, b"* BYE hello\r\n", State.LOGOUT),
    ],
)
def test_greeting(condition: Condition, octets: bytes, state: State) -> None:
    server = ServerConnection()
    assert (server.role, server.state, server.limits) == (Role.SERVER, State.CONNECTED, Limits())
    server.send(r.StatusResponse(None, condition, text=b"hello"))
    assert (sent(server), server.state) == (octets, state)


@pytest.mark.parametrize(
    "response",
    [
        r.StatusResponse(None, Condition.NO, text=b"x"),
        r.StatusResponse(None, Condition.BAD, text=b"x"),
        r.StatusResponse(b"a", Condition.OK, text=b"x"),
        r.Exists(3),
        r.Continuation(b"x"),
    ],
)
def test_nothing_goes_before_the_greeting(response: r.Response) -> None:
    server = ServerConnection()
    with pytest.raises(LocalProtocolError, match="greeting"):
        server.send(response)
    assert (sent(server), server.state) == (b"", State.CONNECTED)


@pytest.mark.cites("O5:V0026")
def test_commands_in_flight_are_answered_in_any_order() -> None:
    server = greeting_server()
    assert server.receive(b"a CAPABILITY\r\nb NOOP\r\nc LOGIN ann pw\r\n", 0.0) == [
        received(b"a", c.Capability()),
        received(b"b", c.Noop()),
        received(b"c", LOGIN),
    ]
    server.send(tagged(b"c"))
    assert server.state is State.AUTHENTICATED
    server.send(tagged(b"a"))
    server.send(tagged(b"b", Condition.NO))
    assert sent(server) == b"c OK done\r\na OK done\r\nb NO done\r\n"
    assert server.receive(b"", 1.0) == [e.Ended()]


def test_repeated_tags_are_answered_in_order() -> None:
    server = greeting_server()
    server.receive(b"a LOGIN ann pw\r\na SELECT x\r\na NOOP\r\n", 0.0)
    states = []
    for _ in range(2):
        server.send(tagged(b"a"))
        states.append(server.state)
    assert states == [State.AUTHENTICATED, State.SELECTED]
    assert server.receive(b"", 0.0) == [e.Ended(None, ((b"a", c.Noop()),))]


def test_the_answer_to_what_was_no_command_is_not_that_of_a_command_with_its_tag() -> None:
    server = greeting_server()
    server.receive(b"a LOGIN ann\r\na LOGIN ann pw\r\n", 0.0)
    states = []
    for _ in range(2):
        server.send(tagged(b"a"))
        states.append(server.state)
    assert states == [State.NOT_AUTHENTICATED, State.AUTHENTICATED]
    server.receive(b"b FETCH\r\n", 0.0)
    assert server.receive(b"", 0.0) == [e.Ended()]  # only commands have no answer


def test_leniencies_are_handed_on() -> None:
    assert greeting_server().receive(b"a  NOOP\n", 0.0) == [
        received(b"a", c.Noop(), Leniency.BARE_LF, Leniency.EXTRA_SPACE)
    ]


@pytest.mark.parametrize(
    ("line", "tag", "keyword"),
    [
        (b"a FETCH\r\n", b"a", b"FETCH"),
        (b"a LOGIN ann\r\n", b"a", b"LOGIN"),
        (b"* NOOP\r\n", None, None),
        (b"\r\n", None, None),
    ],
)
def test_what_is_no_command_does_not_end_the_connection(line: bytes, tag: bytes | None, keyword: bytes | None) -> None:
    server = greeting_server()
    bad, good = server.receive(line + b"b NOOP\r\n", 0.0)
    assert isinstance(bad, e.CommandUnreadable)
    assert (bad.tag, bad.keyword) == (tag, keyword)
    assert isinstance(bad.error, RemoteProtocolError)
    assert good == received(b"b", c.Noop())
    server.send(tagged(tag or b"x", Condition.BAD))
    server.send(tagged(b"b"))
    assert server.receive(b"", 0.0) == [e.Ended()]


def test_a_command_that_no_table_has() -> None:
    assert greeting_server().receive(b"a xyzzy 1 2\r\n", 0.0) == [received(b"a", c.UnknownCommand(b"XYZZY", b"1 2"))]


@pytest.mark.parametrize(
    ("before", "line", "condition", "after"),
    [
        (Condition.OK, b"a LOGIN ann pw\r\n", Condition.OK, State.AUTHENTICATED),
        (Condition.OK, b"a LOGIN ann pw\r\n", Condition.NO, State.NOT_AUTHENTICATED),
        (Condition.PREAUTH, b"a SELECT x\r\n", Condition.OK, State.SELECTED),
        (Condition.PREAUTH, b"a SELECT x\r\n", Condition.NO, State.AUTHENTICATED),
        (Condition.PREAUTH, b"a LOGOUT\r\n", Condition.OK, State.LOGOUT),
        (Condition.PREAUTH, b"a NOOP\r\n", Condition.OK, State.AUTHENTICATED),
    ],
)
def test_an_answer_leads_to_a_state(before: Condition, line: bytes, condition: Condition, after: State) -> None:
    server = ServerConnection()
    server.send(r.StatusResponse(None, before, text=b"x"))
    server.receive(line, 0.0)
    server.send(tagged(b"a", condition))
    assert server.state is after


def test_bye_and_logout() -> None:
    server = signed_in_server()
    server.receive(b"a LOGOUT\r\n", 0.0)
    server.send(r.StatusResponse(None, Condition.BYE, text=b"bye"))
    assert (server.state, server.awaiting) == (State.LOGOUT, False)
    server.send(tagged(b"a"))
    assert sent(server) == b"* BYE bye\r\na OK done\r\n"
    assert server.receive(b"", 0.0) == [e.Ended()]


def test_nothing_leads_out_of_logout() -> None:
    server = signed_in_server()
    server.receive(b"a SELECT x\r\n", 0.0)
    server.view = MailboxView((1,))
    server.send(r.StatusResponse(None, Condition.BYE, text=b"bye"))
    server.send(tagged(b"a"))
    assert (server.state, seen(server.view)) == (State.LOGOUT, None)


def test_untagged_status_changes_nothing() -> None:
    server = signed_in_server()
    server.send(r.StatusResponse(None, Condition.NO, text=b"careful"))
    assert (server.state, sent(server)) == (State.AUTHENTICATED, b"* NO careful\r\n")


# ---------------------------------------------------------------- the view


def test_the_view_follows_expunge_and_the_state() -> None:
    server = signed_in_server()
    server.receive(b"a SELECT x\r\nb NOOP\r\nc CLOSE\r\n", 0.0)
    server.view = MailboxView((10, 20, 30))
    server.send(r.Exists(3))
    server.send(tagged(b"a"))
    server.send(r.ExpungeData(2))
    server.send(r.ExpungeData(2))
    assert seen(server.view) == (10,)
    server.send(tagged(b"b"))
    assert seen(server.view) == (10,)
    server.send(tagged(b"c"))
    assert seen(server.view) is None
    assert sent(server) == b"* 3 EXISTS\r\na OK done\r\n* 2 EXPUNGE\r\n* 2 EXPUNGE\r\nb OK done\r\nc OK done\r\n"


def test_expunge_of_a_message_that_is_not_there_is_our_error() -> None:
    server = signed_in_server()
    server.view = MailboxView((10,))
    with pytest.raises(LocalProtocolError, match="EXPUNGE of message 2 in a mailbox of 1"):
        server.send(r.ExpungeData(2))
    assert (sent(server), server.view.uids()) == (b"", (10,))


def test_without_a_view_expunge_is_only_written() -> None:
    server = signed_in_server()
    server.send(r.ExpungeData(2))
    assert sent(server) == b"* 2 EXPUNGE\r\n"


def test_what_the_grammar_forbids_is_neither_sent_nor_done() -> None:
    server = signed_in_server()
    server.receive(b"a LOGOUT\r\n", 0.0)
    with pytest.raises(LocalProtocolError):
        server.send(tagged(b"a", text=b"two\r\nlines"))
    assert (sent(server), server.state) == (b"", State.AUTHENTICATED)


# ---------------------------------------------------------------- literals


def test_an_accepted_literal() -> None:
    server = signed_in_server()
    assert server.receive(b"a APPEND x {5}\r\n", 0.0) == [e.LiteralOffered(b"a", 5, True, b"APPEND")]
    assert server.flow is Flow.LITERAL
    server.accept_literal(b"go on")
    assert (sent(server), server.flow) == (b"+ go on\r\n", Flow.COMMANDS)
    assert server.receive(b"hel", 0.0) == []
    assert server.receive(b"lo\r\n", 0.0) == [received(b"a", c.Append(b"x", b"hello"))]


def test_a_literal_that_is_awaited_in_silence() -> None:
    server = signed_in_server()
    server.receive(b"a APPEND x {5}\r\n", 0.0)
    server.await_literal()
    assert sent(server) == b""
    assert server.receive(b"hello\r\n", 0.0) == [received(b"a", c.Append(b"x", b"hello"))]


def test_a_refused_literal() -> None:
    server = signed_in_server()
    server.receive(b"a APPEND x {500}\r\n", 0.0)
    server.refuse_literal()
    server.send(tagged(b"a", Condition.NO, b"too large"))
    assert sent(server) == b"a NO too large\r\n"
    assert server.receive(b"b NOOP\r\n", 0.0) == [received(b"b", c.Noop())]
    assert join(server.taken()) == b"a APPEND x {500}\r\nb NOOP\r\n"


def test_a_non_synchronizing_literal_waits_for_nobody() -> None:
    server = signed_in_server()
    assert server.receive(b"a APPEND x {5+}\r\nhello\r\nb NOOP\r\n", 0.0) == [
        e.LiteralOffered(b"a", 5, False, b"APPEND"),
        received(b"a", c.Append(b"x", b"hello")),
        received(b"b", c.Noop()),
    ]
    assert server.flow is Flow.COMMANDS


IMPATIENT = b"a LOGIN {3}\r\nann {2}\r\npw\r\nb NOOP\r\n"


def test_a_client_that_does_not_wait_for_the_go_ahead() -> None:
    server = greeting_server()
    assert server.receive(IMPATIENT, 0.0) == [e.LiteralOffered(b"a", 3, True, b"LOGIN")]
    assert server.pending() == []
    server.accept_literal()
    assert server.pending() == [e.LiteralOffered(b"a", 2, True, b"LOGIN")]
    server.accept_literal()
    assert server.pending() == [received(b"a", LOGIN), received(b"b", c.Noop())]
    assert sent(server) == b"+ \r\n+ \r\n"


@pytest.mark.parametrize("accepted", [0, 1])
def test_a_client_that_does_not_wait_is_refused_all_the_same(accepted: int) -> None:
    """What it sent unasked is not heard: one command, one answer."""
    server = greeting_server()
    server.receive(IMPATIENT, 0.0)
    for _ in range(accepted):
        server.accept_literal()
        server.pending()
    server.refuse_literal()
    server.send(tagged(b"a", Condition.NO))
    assert server.pending() == [received(b"b", c.Noop())]
    assert sent(server).endswith(b"a NO done\r\n")
    assert join(server.taken()) == IMPATIENT
    assert server.receive(b"", 0.0) == [e.Ended(None, ((b"b", c.Noop()),))]


def test_refusing_half_of_what_came_unasked() -> None:
    """The rest of the literal is then read as a command: a client that does not wait cannot be helped."""
    server = greeting_server()
    server.receive(b"a LOGIN {3}\r\nann {9}\r\nb NO", 0.0)
    server.refuse_literal()
    assert server.receive(b"c NOOP\r\n", 0.0) == [received(b"c", c.Noop())]
    assert join(server.taken()) == b"a LOGIN {3}\r\nann {9}\r\nb NOc NOOP\r\n"


def test_refusing_does_not_touch_the_next_command() -> None:
    server = greeting_server()
    server.receive(b"a LOGIN {3}\r\nann pw\r\nb LOGIN {3}\r\n", 0.0)
    server.refuse_literal()
    assert server.pending() == [e.LiteralOffered(b"b", 3, True, b"LOGIN")]
    server.accept_literal()
    assert server.receive(b"ann pw\r\n", 0.0) == [received(b"b", LOGIN)]


@pytest.mark.parametrize("method", ["accept_literal", "await_literal", "refuse_literal"])
def test_a_literal_has_to_be_offered(method: str) -> None:
    with pytest.raises(LocalProtocolError, match="a literal: the connection is in 'commands and responses'"):
        getattr(greeting_server(), method)()


# ---------------------------------------------------------------- AUTHENTICATE


def test_an_exchange() -> None:
    server = greeting_server()
    assert server.receive(b"a AUTHENTICATE ntlm\r\n", 0.0) == [received(b"a", c.Authenticate(b"NTLM"))]
    assert server.flow is Flow.AUTHENTICATING
    server.challenge(b"")
    assert sent(server) == b"+ \r\n"
    assert server.receive(b"TlRMTVNTUAAB\r\n", 0.0) == [e.Answered(b"NTLMSSP\0\x01")]
    server.challenge(b"NTLMSSP\0\x02")
    assert sent(server) == b"+ TlRMTVNTUAAC\r\n"
    assert server.receive(b"\r\n", 0.0) == [e.Answered(b"")]
    server.send(tagged(b"a"))
    assert (server.state, server.flow) == (State.AUTHENTICATED, Flow.COMMANDS)
    assert server.receive(b"b NOOP\r\n", 0.0) == [received(b"b", c.Noop())]
    assert masked(server.taken()) == b"a AUTHENTICATE ntlm\r\n************\r\n\r\nb NOOP\r\n"


@pytest.mark.parametrize(
    ("line", "event"),
    [
        (b"*\r\n", e.Answered(None)),
        (b"* \r\n", e.Answered(None)),
        (b"eA==\n", e.Answered(b"x")),
        (b"eA=\r\n", e.Answered(None, readable=False)),
        (b"b LOGOUT\r\n", e.Answered(None, readable=False)),
        (b"\xff\r\n", e.Answered(None, readable=False)),
    ],
)
def test_answers(line: bytes, event: e.Answered) -> None:
    server = greeting_server()
    server.receive(b"a AUTHENTICATE PLAIN\r\n", 0.0)
    server.challenge(b"")
    assert server.receive(line, 0.0) == [event]
    server.send(tagged(b"a", Condition.BAD))
    assert (server.state, server.flow) == (State.NOT_AUTHENTICATED, Flow.COMMANDS)


def test_octets_after_authenticate_wait_for_a_decision() -> None:
    server = greeting_server()
    assert len(server.receive(b"a AUTHENTICATE PLAIN\r\neA==\r\neQ==\r\nb NOOP\r\n", 0.0)) == 1
    assert server.pending() == []
    server.challenge(b"")
    assert server.pending() == [e.Answered(b"x")]
    assert server.pending() == []
    server.challenge(b"")
    assert server.pending() == [e.Answered(b"y")]
    server.send(tagged(b"a"))
    assert server.pending() == [received(b"b", c.Noop())]


def test_a_refused_authenticate_makes_what_follows_commands() -> None:
    server = greeting_server()
    server.receive(b"a AUTHENTICATE XYZZY\r\nb NOOP\r\n", 0.0)
    server.send(tagged(b"a", Condition.NO))
    assert server.pending() == [received(b"b", c.Noop())]


def test_one_challenge_at_a_time() -> None:
    server = greeting_server()
    with pytest.raises(LocalProtocolError, match="cannot send a challenge: the connection is in"):
        server.challenge(b"")
    server.receive(b"a AUTHENTICATE PLAIN\r\n", 0.0)
    server.challenge(b"")
    with pytest.raises(LocalProtocolError, match="the answer to the last one is due"):
        server.challenge(b"")
    assert sent(server) == b"+ \r\n"
    server.send(tagged(b"a", Condition.NO))  # a server may give up without waiting
    server.receive(b"b AUTHENTICATE PLAIN\r\n", 0.0)
    server.challenge(b"")


def test_an_initial_response() -> None:
    server = greeting_server()
    assert server.receive(b"a AUTHENTICATE PLAIN AHUAcA==\r\nb NOOP\r\n", 0.0) == [
        received(b"a", c.Authenticate(b"PLAIN", Secret(b"\0u\0p")))
    ]
    server.send(tagged(b"a"))
    assert server.pending() == [received(b"b", c.Noop())]
    assert masked(server.taken()) == b"a AUTHENTICATE PLAIN ********\r\nb NOOP\r\n"


def test_what_may_be_a_password_does_not_show() -> None:
    assert [
        repr(e.Answered(b"hunter2")),
        repr(e.DoneReceived(b"a LOGIN ann hunter2")),
        repr(received(b"a", LOGIN)),
    ] == [
        "Answered(readable=True)",
        "DoneReceived()",
        "CommandReceived(tag=b'a', command=Login(user=b'ann', password=Secret(***)), leniencies=())",
    ]


# ---------------------------------------------------------------- IDLE


@pytest.mark.parametrize(
    ("line", "is_done"), [(b"DONE\r\n", True), (b"done \n", True), (b"b NOOP\r\n", False), (b"\r\n", False)]
)
def test_idle(line: bytes, is_done: bool) -> None:
    server = signed_in_server()
    assert server.receive(b"a IDLE\r\n", 0.0) == [received(b"a", c.Idle())]
    assert (server.flow, server.state) == (Flow.IDLING, State.AUTHENTICATED)
    server.begin_idle(b"idling")
    server.send(r.Exists(4))
    assert sent(server) == b"+ idling\r\n* 4 EXISTS\r\n"
    (event,) = server.receive(line + b"c NOOP\r\n", 0.0)
    assert isinstance(event, e.DoneReceived)
    assert (event.line, event.is_done) == (line.strip(b"\r\n"), is_done)
    assert server.flow is Flow.COMMANDS
    assert server.pending() == []
    server.send(tagged(b"a"))
    assert server.pending() == [received(b"c", c.Noop())]
    assert join(server.taken()) == b"a IDLE\r\n" + line + b"c NOOP\r\n"


def test_idle_begins_once() -> None:
    server = signed_in_server()
    with pytest.raises(LocalProtocolError, match="cannot accept IDLE"):
        server.begin_idle(b"")
    server.receive(b"a IDLE\r\n", 0.0)
    server.begin_idle(b"")
    with pytest.raises(LocalProtocolError, match="cannot accept IDLE: it runs already"):
        server.begin_idle(b"")
    server.receive(b"DONE\r\n", 0.0)
    with pytest.raises(LocalProtocolError, match="cannot accept IDLE: the connection is in"):
        server.begin_idle(b"")
    server.send(tagged(b"a"))
    server.receive(b"b IDLE\r\n", 0.0)
    server.begin_idle(b"")
    assert sent(server) == b"+ \r\na OK done\r\n+ \r\n"


def test_a_refused_idle_makes_what_follows_commands() -> None:
    server = signed_in_server()
    server.receive(b"a IDLE\r\nb NOOP\r\n", 0.0)
    server.send(tagged(b"a", Condition.NO))
    assert server.pending() == [received(b"b", c.Noop())]


def test_a_server_may_end_idle_by_itself() -> None:
    server = signed_in_server()
    server.receive(b"a IDLE\r\n", 0.0)
    server.begin_idle(b"")
    server.send(tagged(b"a"))
    late, good = server.receive(b"DONE\r\nb NOOP\r\n", 0.0)
    assert isinstance(late, e.CommandUnreadable)
    assert good == received(b"b", c.Noop())


# ---------------------------------------------------------------- STARTTLS


@pytest.mark.parametrize("cut", [True, False])
def test_what_comes_before_the_handshake_is_not_heard(cut: bool) -> None:
    """CVE-2011-0411: a command slipped in behind STARTTLS must not run inside TLS."""
    server = greeting_server()
    slipped = b"b LOGIN eve pw\r\nc LOGIN {3}\r\n"
    server.receive(b"a STARTTLS\r\n" if cut else b"a STARTTLS\r\n" + slipped, 0.0)
    server.send(tagged(b"a"))
    assert server.flow is Flow.TLS
    if cut:
        assert server.receive(slipped, 0.0) == []
    assert server.pending() == []
    server.encrypted(7.0)
    assert (server.flow, server.last_received, server.pending()) == (Flow.COMMANDS, 7.0, [])
    assert server.receive(b"d CAPABILITY\r\n", 8.0) == [received(b"d", c.Capability())]
    assert masked(server.taken()) == b"a STARTTLS\r\n" + b"*" * len(slipped) + b"d CAPABILITY\r\n"


def test_a_refused_starttls_makes_what_follows_commands() -> None:
    server = greeting_server()
    server.receive(b"a STARTTLS\r\nb NOOP\r\n", 0.0)
    server.send(tagged(b"a", Condition.BAD))
    assert (server.flow, server.pending()) == (Flow.COMMANDS, [received(b"b", c.Noop())])
    with pytest.raises(LocalProtocolError, match="cannot go on after a TLS handshake"):
        server.encrypted(0.0)


# ---------------------------------------------------------------- the end


@pytest.mark.parametrize(
    ("limits", "octets", "limit"),
    [
        (Limits(line=40), b"b LOGIN ann " + b"x" * 60, "line"),
        (Limits(literal=10), b"b APPEND x {11}\r\n", "literal"),
    ],
)
def test_an_exceeded_limit_ends_the_connection_and_bye_can_be_said(limits: Limits, octets: bytes, limit: str) -> None:
    server = greeting_server(limits=limits)
    events = server.receive(b"a NOOP\r\n" + octets, 0.0)
    assert events[0] == received(b"a", c.Noop())
    ended = events[1]
    assert isinstance(ended, e.Ended)
    assert isinstance(ended.error, LimitExceeded)
    assert (ended.error.limit, ended.unanswered) == (limit, ((b"a", c.Noop()),))
    assert (server.state, server.flow, server.awaiting) == (State.LOGOUT, Flow.CLOSED, False)
    server.send(tagged(b"a"))
    server.send(r.StatusResponse(None, Condition.BYE, text=b"enough"))
    assert sent(server) == b"a OK done\r\n* BYE enough\r\n"
    assert server.state is State.LOGOUT
    assert (server.receive(b"c NOOP\r\n", 0.0), server.receive(b"", 0.0), server.pending()) == ([], [], [])


def test_deep_nesting_is_a_command_that_cannot_be_read() -> None:
    (event,) = greeting_server(limits=Limits(nesting=2)).receive(b"a SEARCH (((ALL)))\r\n", 0.0)
    assert isinstance(event, e.CommandUnreadable)
    assert isinstance(event.error, LimitExceeded)
    assert (event.tag, event.error.limit) == (b"a", "nesting")


def test_a_flood_while_a_decision_is_due_ends_the_connection() -> None:
    server = greeting_server(limits=Limits(line=40))
    server.receive(b"a AUTHENTICATE PLAIN\r\n", 0.0)
    events = server.receive(b"x" * 60, 0.0)
    assert "line=40" in error_of(events)
    server.send(tagged(b"a", Condition.NO))  # too late, but no error
    assert (server.pending(), server.flow) == ([], Flow.CLOSED)


def test_what_waited_may_turn_out_to_be_too_long() -> None:
    server = greeting_server(limits=Limits(line=40))
    server.receive(b"a AUTHENTICATE PLAIN\r\n" + b"x" * 41, 0.0)
    server.receive(b"x", 0.0)
    server.challenge(b"")
    assert server.pending() == []
    assert "line=40" in error_of(server.receive(b"x", 0.0))


def test_a_limit_is_reported_by_pending_as_well() -> None:
    server = greeting_server(limits=Limits(line=40, literal=5))
    server.receive(b"a STARTTLS\r\nb LOGIN {6}\r\n", 0.0)
    server.send(tagged(b"a", Condition.NO))
    assert "literal=5" in error_of(server.pending())
    assert server.pending() == []


def test_what_waits_for_a_decision_comes_before_the_end() -> None:
    server = greeting_server(limits=Limits(literal=5))
    server.receive(b"a LOGIN {3}\r\nann pw\r\nb LOGIN {6}\r\n", 0.0)
    assert server.receive(b"more", 0.0) == []
    server.accept_literal()
    events = server.pending()
    assert events[0] == received(b"a", LOGIN)
    assert "literal=5" in error_of(events)


def test_the_end_while_octets_wait() -> None:
    server = greeting_server()
    server.receive(b"a AUTHENTICATE PLAIN\r\neA==\r\n", 0.0)
    assert server.receive(b"", 0.0) == [e.Ended(None, ((b"a", c.Authenticate(b"PLAIN")),))]
    server.send(tagged(b"a", Condition.NO))
    assert (server.pending(), sent(server)) == ([], b"a NO done\r\n")
    with pytest.raises(LocalProtocolError, match="the stream has ended"):
        server.challenge(b"")


def test_the_end_while_a_literal_waits() -> None:
    server = greeting_server()
    server.receive(b"a LOGIN {3}\r\nann pw\r\n", 0.0)
    assert server.receive(b"", 0.0) == [e.Ended()]
    assert server.pending() == []


def test_silence_counts_until_the_client_has_gone() -> None:
    server = ServerConnection(now=100.0)
    server.send(r.StatusResponse(None, Condition.OK, text=b"ready"))
    server.outgoing(110.0)
    assert server.deadline(1800.0) == 1910.0
    server.receive(b"a LOG", 200.0)
    assert server.deadline(1800.0) == 2000.0
    server.receive(b"OUT\r\n", 300.0)
    server.send(tagged(b"a"))
    assert server.deadline(1800.0) is None
