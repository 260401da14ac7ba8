"""Both ends together, and each end against anything at all: any chunking, any garbage."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.command_strategies import any_command
from support.connections import greeted_client, new_client, selected_client, signed_in_client
from support.pairing import ACCEPT, AWAIT, REFUSE, Responder, shown, talk
from support.response_strategies import any_response, cut, garbage, loose_lines, mutated

from outlookimap.errors import LocalProtocolError, RemoteProtocolError
from outlookimap.protocol import events as e
from outlookimap.protocol.client_connection import ClientConnection
from outlookimap.protocol.states import Flow, State
from outlookimap.wire import commands as c
from outlookimap.wire.command_writer import write_command
from outlookimap.wire.fetch import FetchAtt, Section
from outlookimap.wire.limits import Limits
from outlookimap.wire.response_writer import write_response
from outlookimap.wire.responses import Condition
from outlookimap.wire.secret import Secret, join
from outlookimap.wire.sequence import SequenceSet

slow = settings(
    deadline=5000, max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

UID_FLAGS = (FetchAtt(b"UID"), FetchAtt(b"FLAGS"))
BODY = (*UID_FLAGS, FetchAtt(b"BODY.PEEK", Section()))
ALL, SOME = SequenceSet.all(), SequenceSet.of((13, 17))

SCRIPT: list[list[c.Command]] = [
    [c.Capability()],
    [c.StartTls()],
    [c.Capability(), c.Noop(), c.Authenticate(b"PLAIN")],
    [c.Authenticate(b"NTLM")],
    [c.List(b"", b"*")],
    [c.Idle()],
    [c.Select(b"A mailbox with a literal")],
    [c.Fetch(ALL, UID_FLAGS, uid=True), c.Fetch(SOME, BODY, uid=True), c.Store(SOME, c.StoreAction.ADD, (), uid=True)],
    [c.Append(b"Drafts", b"x" * 50), c.Append(b"Drafts", b"x" * 2000), c.Append(b"Some other drafts", b"y")],
    [c.Idle()],
    [c.Expunge(), c.Expunge()],
    [c.Fetch(SequenceSet.of(2), UID_FLAGS)],
    [c.Select(b"Missing"), c.Examine(b"Other"), c.Fetch(ALL, BODY, uid=True), c.Close()],
    [c.Noop(), c.Logout()],
]
ANSWERS = [None, b"more", b"\0ann\0pw"]


@pytest.mark.cites("O5:V0026", "O5:V0001")
def test_a_conversation() -> None:
    """The run that the property below compares with: what each end has seen of it, in the main."""
    log = talk(SCRIPT, ANSWERS, itertools.repeat(1 << 20))
    border = log.index("---")
    client, server = log[:border], log[border + 1 : -1]
    assert log[-1] == "State.LOGOUT State.LOGOUT"
    commands = [command for group in SCRIPT for command in group]
    idles = sum(isinstance(command, c.Idle) for command in commands)
    assert sum(line.startswith("Completed") for line in client) == len(commands) + idles  # a NOOP behind each DONE
    refused = [line for line in client if line.startswith("Completed") and "Condition.OK" not in line]
    assert [line.partition("command=")[2].partition("(")[0] for line in refused] == ["Authenticate", "Append", "Select"]
    assert sum(line.startswith("Challenged") for line in client) == 3
    assert sum(line.startswith("IdleBegan") for line in client) == 2
    fetched = [line for line in client if line.startswith("Fetched")]
    assert len(fetched) == 4 + 2 + 2 + 1 + 4
    assert all("answers=b'" in line for line in fetched)
    assert "Expunged(seq=1, uid=11)" in client
    assert "Expunged(seq=1, uid=13)" in client
    assert client[-1] == "Ended(NoneType: None, ())"
    assert sum(line.startswith("LiteralOffered") for line in server) == 5
    assert server[-1] == "Ended(NoneType: None, ())"


@pytest.mark.cites("O5:V0026", "O5:V0001")
@slow
@given(st.lists(st.integers(1, 60), min_size=1, max_size=20))
def test_a_conversation_is_the_same_however_it_is_cut(sizes: list[int]) -> None:
    assert talk(SCRIPT, ANSWERS, itertools.cycle(sizes)) == talk(SCRIPT, ANSWERS, itertools.repeat(1 << 20))


# ---------------------------------------------------------------- the client against any stream


def authenticating() -> ClientConnection:
    client = greeted_client(limits=LIMITS)
    client.submit(c.Capability())
    client.submit(c.Authenticate(b"NTLM"))
    return client


def starting_tls() -> ClientConnection:
    client = greeted_client(limits=LIMITS)
    client.submit(c.StartTls())
    return client


def idling() -> ClientConnection:
    client = selected_client((3, 5, 7), limits=LIMITS)
    client.submit(c.Fetch(ALL, UID_FLAGS, uid=True))
    client.submit(c.Idle())
    return client


def appending() -> ClientConnection:
    client = selected_client((3, 5, 7), limits=LIMITS)
    client.submit(c.Store(SOME, c.StoreAction.ADD, (b"\\Seen",), uid=True))
    client.submit(c.Append(b"x", b"hello"))
    client.submit(c.Append(b"x", b"hello"))
    client.submit(c.Logout())
    return client


def selecting() -> ClientConnection:
    client = selected_client((3, 5, 7), limits=LIMITS)
    client.submit(c.Select(b"Other"))
    client.submit(c.Fetch(ALL, BODY, uid=True))
    client.submit(c.Select(b"Other"))
    client.submit(c.Close())
    return client


LIMITS = Limits(line=4096, literal=4096, items=30)
CLIENTS: list[Callable[[], ClientConnection]] = [
    lambda: new_client(limits=LIMITS),
    lambda: signed_in_client(limits=LIMITS),
    authenticating,
    starting_tls,
    idling,
    appending,
    selecting,
]
clients = st.sampled_from(CLIENTS)

# lines that the clients above wait for, so that streams get somewhere
PROMPTS = (
    b"* OK ready\r\n", b"* PREAUTH ready\r\n", b"* BYE\r\n", b"+\r\n", b"+ aGVsbG8=\r\n", b"a1 OK\r\n", b"a2 OK\r\n",
    b"a3 OK\r\n", b"a4 OK\r\n", b"a1 NO x\r\n", b"a2 BAD x\r\n", b"* 3 EXISTS\r\n", b"* 1 EXPUNGE\r\n",
    b"* 2 EXPUNGE\r\n", b"* 1 FETCH (UID 5 FLAGS ())\r\n", b"* 2 FETCH (BODY[] {3}\r\nabc FLAGS ())\r\n",
    b"* OK [UIDVALIDITY 3]\r\n", b"* OK [CLOSED]\r\n", b"* 4294967295 EXISTS\r\n", b"* 4294967295 FETCH (UID 1)\r\n",
)  # fmt: skip
prompts = st.sampled_from(PROMPTS)
written = any_response.map(write_response).map(join)
server_streams = st.lists(st.one_of(prompts, prompts, written, loose_lines), max_size=12).map(b"".join)
anything = st.one_of(server_streams, mutated(server_streams), garbage)


def fed(client: ClientConnection, chunks: Sequence[bytes]) -> list[e.Event]:
    """Feed chunks and the end of the stream; check what holds for every stream."""
    events = [event for chunk in chunks if chunk for event in client.receive(chunk, 0.0)]
    events += client.receive(b"", 0.0)
    *rest, last = events
    assert not any(isinstance(event, e.Ended) for event in rest)
    assert isinstance(last, e.Ended)
    assert last.error is None or isinstance(last.error, RemoteProtocolError)
    answered = {event.tag for event in events if isinstance(event, e.Completed)}
    assert answered.isdisjoint(tag for tag, _ in last.unanswered)
    assert (client.flow, client.state, client.in_flight, client.view) == (Flow.CLOSED, State.LOGOUT, (), None)
    assert client.receive(b"* OK\r\n", 0.0) == []
    return events


@pytest.mark.cites("O5:V0001")
@slow
@given(clients, anything, st.data())
def test_any_chunking_of_any_stream_gives_the_client_the_same_events(
    make: Callable[[], ClientConnection], stream: bytes, data: st.DataObject
) -> None:
    whole = fed(make(), [stream])
    assert [shown(event) for event in fed(make(), data.draw(cut(stream)))] == [shown(event) for event in whole]


def act(client: ClientConnection, action: int) -> None:
    """Do one of the things a user may do; what may not be done now is a LocalProtocolError and changes nothing."""
    actions: list[Callable[[], object]] = [
        lambda: client.submit(c.Noop()),
        lambda: client.submit(c.Append(b"x", b"hello")),
        lambda: client.submit(c.Select(b"Other")),
        lambda: client.submit(c.Fetch(ALL, UID_FLAGS)),
        lambda: client.submit(c.Idle()),
        lambda: client.submit(c.Login(b"ann", Secret(b"pw"))),
        lambda: client.answer(b"x"),
        lambda: client.encrypted(0.0),
        client.cancel,
        client.done,
    ]
    before = (client.in_flight, client.flow, client.state)
    try:
        actions[action]()
    except LocalProtocolError:
        assert (client.in_flight, client.flow, client.state) == before


@slow
@given(clients, st.lists(st.tuples(anything, st.lists(st.integers(0, 9), max_size=3)), max_size=6))
def test_whatever_comes_and_whatever_is_done_the_client_stands(
    make: Callable[[], ClientConnection], steps: list[tuple[bytes, list[int]]]
) -> None:
    client = make()
    ended = 0
    for chunk, actions in steps:
        ended += sum(isinstance(event, e.Ended) for event in client.receive(chunk, 0.0))
        for action in actions:
            act(client, action)
        client.outgoing(0.0)
        tags = [tag for tag, _ in client.in_flight]
        assert len(tags) == len(set(tags))
        assert (client.flow is Flow.CLOSED) is bool(ended)
        client.deadline(60.0)
    assert ended <= 1


# ---------------------------------------------------------------- the server against any stream

COMMAND_PROMPTS = (
    b"a LOGIN ann pw\r\n", b"a LOGIN {3}\r\nann {2}\r\npw\r\n", b"a AUTHENTICATE PLAIN\r\n", b"bW9yZQ==\r\n", b"*\r\n",
    b"a IDLE\r\n", b"DONE\r\n", b"a STARTTLS\r\n", b"a SELECT x\r\n", b"a UID FETCH 1:* (FLAGS BODY[])\r\n",
    b"a EXPUNGE\r\n", b"a APPEND x {5}\r\nhello\r\n", b"a APPEND x {5+}\r\nhello\r\n", b"a LOGOUT\r\n", b"a NOOP\r\n",
)  # fmt: skip
commands_written = any_command.map(lambda command: b"".join(join(part) for part in write_command(b"b", command)))
client_streams = st.lists(st.one_of(st.sampled_from(COMMAND_PROMPTS), commands_written), max_size=12).map(b"".join)
any_input = st.one_of(client_streams, mutated(client_streams), garbage)
greetings = st.sampled_from([Condition.OK, Condition.PREAUTH])


def served(responder: Responder, chunks: Sequence[bytes]) -> Responder:
    """Feed chunks and the end of the stream; check what holds for every stream."""
    for chunk in chunks:
        if chunk:
            responder.receive(chunk)
    responder.receive(b"")
    server = responder.server
    assert [line.startswith("Ended") for line in responder.log] == [*[False] * (len(responder.log) - 1), True]
    assert (server.flow, server.state, server.view) == (Flow.CLOSED, State.LOGOUT, None)
    assert b"".join(chunks).startswith(join(responder.taken))
    server.outgoing(0.0)
    responder.receive(b"a NOOP\r\n")
    assert responder.log[-1].startswith("Ended")
    return responder


@slow
@given(greetings, any_input, st.data())
def test_any_chunking_of_any_stream_gives_the_server_the_same_events(
    greeting: Condition, stream: bytes, data: st.DataObject
) -> None:
    whole = served(Responder(greeting=greeting), [stream])
    parts = served(Responder(greeting=greeting), data.draw(cut(stream)))
    assert parts.log == whole.log
    if "Ended(NoneType" in whole.log[-1]:  # at a limit it depends on the cut how much of the rest was looked at
        assert join(parts.taken) == join(whole.taken)


@slow
@given(greetings, any_input, st.lists(st.sampled_from([ACCEPT, REFUSE, AWAIT]), min_size=1, max_size=5), st.data())
def test_whatever_comes_and_whatever_is_decided_the_server_stands(
    greeting: Condition, stream: bytes, decisions: list[str], data: st.DataObject
) -> None:
    following = itertools.cycle(decisions)
    served(Responder(greeting=greeting, decide=lambda _: next(following)), data.draw(cut(stream)))
