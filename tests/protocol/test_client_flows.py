"""The client in the hard flows: AUTHENTICATE, IDLE, STARTTLS; and how a connection is left: LOGOUT and BYE."""

from __future__ import annotations

import pytest
from support.connections import error_of, greeted_client, selected_client, sent, signed_in_client, submitted

from outlookimap.errors import LocalProtocolError
from outlookimap.protocol import events as e
from outlookimap.protocol.client_connection import ClientConnection
from outlookimap.protocol.states import Flow, State
from outlookimap.wire import commands as c
from outlookimap.wire.building import Style
from outlookimap.wire.fetch import FetchAtt
from outlookimap.wire.responses import CapabilityData, Code, Condition, Continuation
from outlookimap.wire.secret import Secret
from outlookimap.wire.sequence import SequenceSet

NTLM = c.Authenticate(b"NTLM")
GAP = "octets between the answer to STARTTLS and the TLS handshake"


def waits(client: ClientConnection) -> bool:
    """Tell whether the server owes something."""
    return client.deadline(60.0) is not None


def refused(client: ClientConnection, command: c.Command, why: str) -> None:
    """Check that `command` may not be submitted now, and that nothing is sent."""
    with pytest.raises(LocalProtocolError, match=why):
        client.submit(command)
    assert sent(client) == b""


# ---------------------------------------------------------------- AUTHENTICATE


def test_an_exchange() -> None:
    """RFC 3501 section 6.2.2: challenges and answers in base64, then the tagged response."""
    client = greeted_client()
    assert client.submit(NTLM) == b"a1"
    assert sent(client) == b"a1 AUTHENTICATE NTLM\r\n"
    assert (client.flow, client.awaiting) == (Flow.AUTHENTICATING, True)
    assert client.receive(b"+\r\n", 0.0) == [e.Challenged(b"a1", b"")]
    assert not waits(client)  # it is our turn
    client.answer(b"NTLMSSP\0\x01")
    assert client.outgoing(0.0) == [(b"TlRMTVNTUAAB", True), (b"\r\n", False)]
    assert waits(client)
    assert client.receive(b"+ TlRMTVNTUAAC\r\n", 0.0) == [e.Challenged(b"a1", b"NTLMSSP\0\x02")]
    client.answer(b"")
    assert sent(client) == b"\r\n"
    (event,) = client.receive(b"a1 OK [CAPABILITY IMAP4REV1] welcome\r\n", 0.0)
    assert event == e.Completed(b"a1", NTLM, Condition.OK, Code(b"CAPABILITY", (b"IMAP4REV1",)), b"welcome")
    assert (client.state, client.flow) == (State.AUTHENTICATED, Flow.COMMANDS)


@pytest.mark.parametrize("condition", ["NO", "BAD"])
def test_a_refusal_before_any_challenge(condition: str) -> None:
    client = submitted(greeted_client(), NTLM)
    client.receive(b"a1 %s not that one\r\n" % condition.encode(), 0.0)
    assert (client.state, client.flow) == (State.NOT_AUTHENTICATED, Flow.COMMANDS)
    client.submit(c.Authenticate(b"PLAIN"))
    assert sent(client) == b"a2 AUTHENTICATE PLAIN\r\n"


def test_cancelling() -> None:
    """RFC 3501 section 6.2.2: a single "*" and the server MUST reject with a tagged BAD."""
    client = submitted(greeted_client(), NTLM)
    client.receive(b"+ \r\n", 0.0)
    client.cancel()
    assert client.outgoing(0.0) == [(b"*", False), (b"\r\n", False)]
    with pytest.raises(LocalProtocolError, match="cannot answer a challenge: no challenge is open"):
        client.answer(b"x")
    client.receive(b"a1 BAD cancelled\r\n", 0.0)
    assert (client.state, client.flow) == (State.NOT_AUTHENTICATED, Flow.COMMANDS)
    client.submit(c.Login(b"u", Secret(b"p")))
    assert sent(client) == b"a2 LOGIN u p\r\n"


@pytest.mark.parametrize(
    ("line", "octets"),
    [
        (b"+ aGVsbG8=", b"hello"),
        (b"+  aGVsbG8= ", b"hello"),
        (b"+ aGVsbG8", None),
        (b"+ aGVsbG8==", None),
        (b"+ aGVs=bG8", None),
        (b"+ aGVs bG8=", None),
        (b"+ what is your password?", None),
        (b"+ \xff\xfe", None),
    ],
)
def test_a_challenge_that_is_no_base64_is_reported_as_such(line: bytes, octets: bytes | None) -> None:
    client = submitted(greeted_client(), NTLM)
    assert client.receive(line + b"\r\n", 0.0) == [e.Challenged(b"a1", octets)]
    client.cancel()
    assert sent(client) == b"*\r\n"


def test_untagged_data_in_the_middle() -> None:
    client = submitted(greeted_client(), NTLM)
    events = client.receive(b"* OK patience\r\n+ \r\n* CAPABILITY IMAP4REV1\r\n* BAD odd\r\n", 0.0)
    assert events == [
        e.Notice(Condition.OK, None, b"patience"),
        e.Challenged(b"a1", b""),
        e.Data(CapabilityData((b"IMAP4REV1",))),
        e.Notice(Condition.BAD, None, b"odd"),
    ]
    client.answer(b"x")
    assert sent(client) == b"eA==\r\n"


def test_a_challenge_before_the_answer_to_the_last_is_an_error() -> None:
    client = submitted(greeted_client(), NTLM)
    events = client.receive(b"+ \r\n+ \r\n", 0.0)
    assert events[0] == e.Challenged(b"a1", b"")
    assert "a continuation request that nothing waits for" in error_of(events)


def test_an_answer_needs_a_challenge() -> None:
    client = greeted_client()
    with pytest.raises(LocalProtocolError, match="cannot answer a challenge: the connection is in 'commands and"):
        client.answer(b"x")
    submitted(client, NTLM)
    with pytest.raises(LocalProtocolError, match="cannot cancel AUTHENTICATE: no challenge is open"):
        client.cancel()
    client.receive(b"+ \r\n", 0.0)
    client.answer(b"x")
    with pytest.raises(LocalProtocolError, match="cannot answer a challenge: no challenge is open"):
        client.answer(b"y")
    assert sent(client) == b"eA==\r\n"


def test_a_refusal_in_place_of_the_next_challenge_closes_the_open_one() -> None:
    client = submitted(greeted_client(), NTLM)
    events = client.receive(b"+ \r\na1 NO changed my mind\r\n", 0.0)
    assert [type(event) for event in events] == [e.Challenged, e.Completed]
    with pytest.raises(LocalProtocolError, match="cannot answer a challenge"):
        client.answer(b"x")
    submitted(client, NTLM)
    with pytest.raises(LocalProtocolError, match="no challenge is open"):
        client.answer(b"x")


def test_nothing_follows_authenticate_before_its_end() -> None:
    client = submitted(greeted_client(), c.Capability(), NTLM)
    refused(client, c.Noop(), "NOOP may not be sent before AUTHENTICATE has ended")
    client.receive(b"+ \r\n", 0.0)
    refused(client, c.Logout(), "LOGOUT may not be sent before AUTHENTICATE has ended")
    assert waits(client)  # CAPABILITY has no answer yet
    events = client.receive(b"* CAPABILITY IMAP4REV1\r\na1 OK\r\n", 0.0)
    assert getattr(events[0], "answers", None) == b"a1"
    assert not waits(client)
    client.answer(b"")


@pytest.mark.parametrize("after", [b"", b"+ \r\n"])
def test_the_server_may_close_in_the_middle(after: bytes) -> None:
    client = submitted(greeted_client(), NTLM)
    if after:
        client.receive(after, 0.0)
    events = client.receive(b"* BYE too many failures\r\n", 0.0) + client.receive(b"", 0.0)
    assert events == [e.Goodbye(b"too many failures"), e.Ended(None, ((b"a1", NTLM),))]
    with pytest.raises(LocalProtocolError, match="cannot answer a challenge"):
        client.answer(b"x")


def test_an_initial_response_goes_with_the_command() -> None:
    client = greeted_client()
    client.submit(c.Authenticate(b"PLAIN", Secret(b"\0u\0p")))
    assert (b"AHUAcA==", True) in client.outgoing(0.0)
    client.receive(b"a1 OK\r\n", 0.0)
    assert client.state is State.AUTHENTICATED


def test_authenticate_waits_behind_a_literal() -> None:
    client = greeted_client(style=Style(quoted_limit=0))
    client.submit(c.Id(((b"name", b"x"),)))
    client.submit(NTLM)
    assert sent(client) == b"a1 ID ({4}\r\n"
    assert client.receive(b"+ \r\n", 0.0) == [e.Data(Continuation(b""), b"a1")]
    assert sent(client) == b"name {1}\r\n"
    client.receive(b"a1 BAD no\r\n", 0.0)
    assert sent(client) == b"a2 AUTHENTICATE NTLM\r\n"
    assert client.flow is Flow.AUTHENTICATING


# ---------------------------------------------------------------- IDLE


@pytest.mark.cites("O5:V0001", "O5:V0023", "O5:V0024")
def test_idle() -> None:
    """RFC 2177 section 3, its first example; EXISTS may come before the go-ahead."""
    client = selected_client((10, 20, 30))
    client.submit(c.Idle())
    assert sent(client) == b"a1 IDLE\r\n"
    assert (client.flow, client.awaiting) == (Flow.COMMANDS, True)
    assert client.receive(b"* 4 EXISTS\r\n+ idling\r\n", 0.0) == [e.Exists(4, 1), e.IdleBegan(b"a1")]
    assert (client.flow, client.awaiting, client.deadline(60.0)) == (Flow.IDLING, False, None)
    events = client.receive(b"* 1 EXPUNGE\r\n* OK Still here\r\n* 4 EXISTS\r\n", 900.0)
    assert events == [e.Expunged(1, 10), e.Notice(Condition.OK, None, b"Still here"), e.Exists(4, 1)]
    client.done()
    assert client.outgoing(901.0) == [(b"DONE", False), (b"\r\n", False)]
    assert (client.flow, client.awaiting, client.deadline(60.0)) == (Flow.COMMANDS, True, 961.0)
    events = client.receive(b"* 1 EXPUNGE\r\na1 OK IDLE terminated\r\n", 902.0)
    assert events == [e.Expunged(1, 20), e.Completed(b"a1", c.Idle(), Condition.OK, None, b"IDLE terminated")]
    assert (client.state, client.awaiting) == (State.SELECTED, False)


@pytest.mark.parametrize("condition", [b"NO", b"BAD"])
def test_a_server_may_refuse_idle(condition: bytes) -> None:
    client = submitted(signed_in_client(), c.Idle())
    client.receive(b"a1 %s not now\r\n" % condition, 0.0)
    with pytest.raises(LocalProtocolError, match="cannot send DONE"):
        client.done()
    client.submit(c.Noop())
    assert sent(client) == b"a2 NOOP\r\n"


def test_a_server_may_end_idle_by_itself() -> None:
    client = submitted(signed_in_client(), c.Idle())
    events = client.receive(b"+\r\na1 OK that is enough\r\n", 0.0)
    assert [type(event) for event in events] == [e.IdleBegan, e.Completed]
    with pytest.raises(LocalProtocolError, match="cannot send DONE"):
        client.done()
    client.submit(c.Noop())
    assert sent(client) == b"a2 NOOP\r\n"


def test_nothing_follows_idle_before_done() -> None:
    client = submitted(selected_client(()), c.Idle())
    refused(client, c.Noop(), "NOOP may not be sent before IDLE has ended")
    with pytest.raises(LocalProtocolError, match="cannot send DONE"):
        client.done()  # the go-ahead has not come
    client.receive(b"+\r\n", 0.0)
    refused(client, c.Logout(), "LOGOUT may not be sent before IDLE has ended")
    client.done()
    with pytest.raises(LocalProtocolError, match="cannot send DONE"):
        client.done()
    assert sent(client) == b"DONE\r\n"


@pytest.mark.cites("O5:V0026")
def test_commands_may_follow_done_without_waiting() -> None:
    """As it is seen on the wire: DONE and LOGOUT in one write."""
    client = submitted(selected_client(()), c.Idle())
    client.receive(b"+\r\n", 0.0)
    client.done()
    client.submit(c.Noop())
    client.submit(c.Logout(), tag=b"ZZZZ")
    assert sent(client) == b"DONE\r\na2 NOOP\r\nZZZZ LOGOUT\r\n"
    events = client.receive(b"a1 OK\r\na2 OK\r\n* BYE\r\nZZZZ OK\r\n", 0.0)
    assert [type(event) for event in events] == [e.Completed, e.Completed, e.Goodbye, e.Completed]
    assert (client.state, client.awaiting) == (State.LOGOUT, False)


def test_the_late_completion_of_idle_leaves_the_flow_alone() -> None:
    client = submitted(selected_client((1, 2)), c.Idle())
    client.receive(b"+\r\n", 0.0)
    client.done()
    client.submit(c.Append(b"x", b"hello"))
    with pytest.raises(LocalProtocolError, match="FETCH may not be sent before everything that may change its message"):
        client.submit(c.Fetch(SequenceSet.of(2), (FetchAtt(b"UID"),)))  # IDLE may still bring EXPUNGE
    assert sent(client) == b"DONE\r\na2 APPEND x {5}\r\n"
    client.receive(b"* 1 EXPUNGE\r\na1 OK\r\n", 0.0)
    assert client.flow is Flow.LITERAL
    client.receive(b"+ \r\n", 0.0)
    assert sent(client) == b"hello\r\n"


def test_a_second_idle_has_a_go_ahead_of_its_own() -> None:
    client = submitted(selected_client(()), c.Idle())
    client.receive(b"+\r\n", 0.0)
    client.done()
    client.submit(c.Idle())
    assert client.receive(b"a1 OK\r\n+ again\r\n", 0.0)[1] == e.IdleBegan(b"a2")
    assert client.flow is Flow.IDLING
    client.done()
    assert sent(client) == b"DONE\r\na2 IDLE\r\nDONE\r\n"


@pytest.mark.parametrize("after_done", [False, True])
def test_a_second_go_ahead_for_one_idle_is_an_error(after_done: bool) -> None:
    client = submitted(selected_client(()), c.Idle())
    client.receive(b"+\r\n", 0.0)
    if after_done:
        client.done()
    assert "a continuation request that nothing waits for" in error_of(client.receive(b"+ what\r\n", 0.0))


def test_silence_counts_in_idle_while_an_earlier_command_has_no_answer() -> None:
    client = submitted(selected_client(()), c.Noop(), c.Idle())
    client.receive(b"+\r\n", 10.0)
    assert client.deadline(60.0) == 70.0
    client.receive(b"a1 OK\r\n", 11.0)
    assert client.deadline(60.0) is None


# ---------------------------------------------------------------- STARTTLS


def test_starttls() -> None:
    client = greeted_client()
    client.submit(c.StartTls())
    assert sent(client) == b"a1 STARTTLS\r\n"
    refused(client, c.Capability(), "CAPABILITY may not be sent before STARTTLS has ended")
    client.receive(b"* CAPABILITY IMAP4REV1\r\na1 OK begin TLS\r\n", 5.0)
    assert (client.flow, client.awaiting, client.state) == (Flow.TLS, False, State.NOT_AUTHENTICATED)
    refused(client, c.Capability(), "CAPABILITY may not be sent before the TLS handshake")
    client.encrypted(7.0)
    assert (client.flow, client.last_received) == (Flow.COMMANDS, 7.0)
    client.submit(c.Capability())
    assert sent(client) == b"a2 CAPABILITY\r\n"
    (data, completed) = client.receive(b"* CAPABILITY IMAP4REV1\r\na2 OK\r\n", 8.0)
    assert getattr(data, "answers", None) == b"a2"
    assert isinstance(completed, e.Completed)


@pytest.mark.parametrize("condition", [b"NO", b"BAD"])
def test_a_server_may_refuse_starttls(condition: bytes) -> None:
    client = submitted(greeted_client(), c.StartTls())
    client.receive(b"a1 %s no TLS\r\n* CAPABILITY IMAP4REV1\r\n" % condition, 0.0)
    assert client.flow is Flow.COMMANDS
    with pytest.raises(LocalProtocolError, match="cannot go on after a TLS handshake"):
        client.encrypted(1.0)


@pytest.mark.parametrize(
    "octets",
    [
        b"* CAPABILITY IMAP4REV1 AUTH=PLAIN\r\n",
        b"* CAP",
        b"\r\n",
        b"*",
        b"* 1 FETCH (BODY[] {5}\r\n",
        b"\x16\x03\x03",
        b")(\r\n",
        b"a2 OK\r\n* BYE\r\n",
    ],
)
@pytest.mark.parametrize("cut", [True, False])
def test_octets_before_the_handshake_end_the_connection(octets: bytes, cut: bool) -> None:
    """CVE-2011-0411: what somebody slipped in before TLS must not be taken for what the server says inside it."""
    client = submitted(greeted_client(), c.StartTls())
    answer = b"a1 OK begin TLS\r\n"
    if cut:
        events = client.receive(answer, 0.0)
        for position in range(len(octets)):
            events += client.receive(octets[position : position + 1], 0.0)
    else:
        events = client.receive(answer + octets, 0.0)
    assert [type(event) for event in events] == [e.Completed, e.Ended]
    assert error_of(events) == GAP
    with pytest.raises(LocalProtocolError, match="cannot go on after a TLS handshake"):
        client.encrypted(1.0)


def test_the_stream_may_end_before_the_handshake() -> None:
    client = submitted(greeted_client(), c.StartTls())
    client.receive(b"a1 OK\r\n", 0.0)
    assert client.receive(b"", 0.0) == [e.Ended()]


def test_starttls_waits_until_everything_is_answered() -> None:
    """An answer to what was said in the clear would be read as if TLS had protected it."""
    client = submitted(greeted_client(), c.Capability())
    refused(client, c.StartTls(), "STARTTLS may not be sent before everything is answered")
    client.receive(b"* CAPABILITY IMAP4REV1 STARTTLS\r\na1 OK\r\n", 0.0)
    client.submit(c.StartTls())
    assert sent(client) == b"a2 STARTTLS\r\n"


# ---------------------------------------------------------------- LOGOUT and BYE


def test_logout() -> None:
    client = submitted(selected_client((1,)), c.Logout())
    refused(client, c.Noop(), "NOOP may not be sent before LOGOUT has ended")
    events = client.receive(b"* BYE see you\r\na1 OK LOGOUT completed\r\n", 0.0)
    assert events == [e.Goodbye(b"see you"), e.Completed(b"a1", c.Logout(), Condition.OK, None, b"LOGOUT completed")]
    assert (client.state, client.view, client.awaiting) == (State.LOGOUT, None, False)
    refused(client, c.Noop(), "in the state 'logout'")
    assert client.receive(b"", 1.0) == [e.Ended()]


def test_a_server_may_close_without_answering_logout() -> None:
    client = submitted(selected_client((1,)), c.Logout())
    events = client.receive(b"* BYE\r\n", 0.0) + client.receive(b"", 0.0)
    assert events == [e.Goodbye(b""), e.Ended(None, ((b"a1", c.Logout()),))]


def test_logout_may_be_refused() -> None:
    client = submitted(selected_client((1,)), c.Logout())
    client.receive(b"a1 BAD no\r\n", 0.0)
    assert client.state is State.SELECTED
    client.submit(c.Noop())
    assert sent(client) == b"a2 NOOP\r\n"


@pytest.mark.cites("O5:V0001", "O5:V0024")
def test_bye_out_of_the_blue() -> None:
    client = submitted(selected_client((10, 20)), c.Noop())
    assert client.receive(b"* BYE [ALERT] shutting down\r\n", 0.0) == [e.Goodbye(b"shutting down", Code(b"ALERT"))]
    assert client.state is State.LOGOUT
    refused(client, c.Noop(), "in the state 'logout'")
    assert waits(client)
    assert client.receive(b"* 1 EXPUNGE\r\n", 0.0) == [e.Expunged(1, 10)]
    assert client.receive(b"", 0.0) == [e.Ended(None, ((b"a1", c.Noop()),))]


def test_nothing_leads_out_of_logout() -> None:
    """An OK to SELECT after BYE selects nothing; what it said is in the answer all the same."""
    client = submitted(signed_in_client(), c.Select(b"x"))
    events = client.receive(b"* 3 EXISTS\r\n* BYE\r\na1 OK\r\n", 0.0)
    assert isinstance(events[-1], e.Completed)
    assert events[-1].selection == e.Selection(exists=3)
    assert (client.state, client.view) == (State.LOGOUT, None)


def test_bye_as_greeting() -> None:
    client = ClientConnection(lambda: b"t")
    events = client.receive(b"* BYE go away\r\n* OK no, stay\r\n", 0.0)
    assert [type(event) for event in events] == [e.Greeted, e.Notice]
    assert client.state is State.LOGOUT
    refused(client, c.Capability(), "in the state 'logout'")
