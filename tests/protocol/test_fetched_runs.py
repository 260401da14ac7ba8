"""Data of many messages in one event: the same as one event for each, with everything a connection makes of them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.connections import error_of, new_client, seen, selected_client, signed_in_client, submitted
from support.response_strategies import cut

from outlookimap.errors import LimitExceeded, LocalProtocolError
from outlookimap.protocol import events as e
from outlookimap.protocol.client_connection import ClientConnection
from outlookimap.protocol.mailbox_view import LEARNT, MailboxView
from outlookimap.wire import commands as c
from outlookimap.wire import fetch as f
from outlookimap.wire.fetch import FetchAtt, Section
from outlookimap.wire.limits import Limits
from outlookimap.wire.response_reader import Tiers
from outlookimap.wire.sequence import SequenceSet

UID, FLAGS, SIZE = FetchAtt(f.UID), FetchAtt(f.FLAGS), FetchAtt(f.RFC822_SIZE)
BODY = FetchAtt(f.BODY_PEEK, Section())
UIDS = (10, 20, 30)


def fetch(messages: bytes, *items: FetchAtt, uid: bool = True) -> c.Fetch:
    numbers = SequenceSet.parse(messages)
    assert numbers is not None
    return c.Fetch(numbers, items, uid=uid)


def lines(*pairs: tuple[int, int]) -> bytes:
    return b"".join(b"* %d FETCH (UID %d FLAGS (\\Seen))\r\n" % pair for pair in pairs)


def single(events: list[e.Event]) -> list[e.Event]:
    """Return events with those of runs one by one."""
    found: list[e.Event] = []
    for event in events:
        if isinstance(event, e.FetchedRun):
            found += [e.Fetched(data.seq, data.uid, data, event.answers) for data in event.run.expanded()]
        else:
            found.append(event)
    return found


def runs(client: ClientConnection, octets: bytes) -> list[tuple[int, bytes | None]]:
    """Return how long the runs are that `octets` give, and what they answer."""
    events = client.receive(octets, 0.0, runs=True)
    assert all(isinstance(event, e.FetchedRun) for event in events)
    return [(len(event.run), event.answers) for event in events if isinstance(event, e.FetchedRun)]


# ---------------------------------------------------------------- one event for many messages


@pytest.mark.cites("O5:V0001", "O5:V0023")
@pytest.mark.parametrize(
    ("command", "octets", "answers"),
    [
        (fetch(b"1:*", UID, FLAGS), lines((1, 10), (2, 20), (3, 30)), b"a1"),
        (fetch(b"10:30", UID, FLAGS), lines((1, 10), (2, 20), (3, 30)), b"a1"),
        (fetch(b"10,20,30", UID, FLAGS), lines((1, 10), (2, 20), (3, 30)), b"a1"),
        (fetch(b"20:*", UID, FLAGS), lines((2, 20), (3, 30)), b"a1"),
        (fetch(b"1:3", UID, FLAGS, uid=False), lines((1, 10), (2, 20), (3, 30)), b"a1"),
        (fetch(b"2:*", UID, FLAGS, uid=False), lines((2, 20), (3, 30)), b"a1"),
        (fetch(b"1:*", UID, FLAGS, BODY), lines((1, 10), (2, 20), (3, 30)), None),
        (fetch(b"1:*", UID, BODY), b"* 2 FETCH (UID 20 BODY[] {1}\r\nx)\r\n" * 2, b"a1"),
        (c.Store(SequenceSet.all(), c.StoreAction.ADD, (b"x",), uid=True), lines((1, 10), (2, 20)), b"a1"),
        (c.Store(SequenceSet.all(), c.StoreAction.ADD, (b"x",), silent=True, uid=True), lines((1, 10), (2, 20)), None),
        (c.Noop(), lines((1, 10), (2, 20)), None),
        (c.Select(b"Other"), lines((1, 10), (2, 20)), None),
    ],
)
def test_what_a_run_answers(command: c.Command, octets: bytes, answers: bytes | None) -> None:
    client = submitted(selected_client(UIDS), command)
    assert runs(client, octets) == [(octets.count(b"* "), answers)]


def test_of_several_in_flight_the_earliest_that_fits_is_answered() -> None:
    client = submitted(
        selected_client(UIDS), c.Noop(), fetch(b"1:*", UID, SIZE), fetch(b"1:*", UID, FLAGS), fetch(b"1:*", UID, FLAGS)
    )
    assert runs(client, lines((1, 10), (2, 20))) == [(2, b"a3")]


def test_a_run_teaches_the_uids_of_its_messages() -> None:
    client = selected_client((1, 2, 3, 4))
    assert runs(client, lines((2, 20), (3, 30)) + lines((1, 11))) == [(3, None)]
    assert seen(client.view) == (11, 20, 30, 4)


def test_where_nothing_is_selected_a_run_is_told_all_the_same() -> None:
    client = signed_in_client()
    assert runs(client, lines((1, 10), (2, 20))) == [(2, None)]
    assert client.view is None


def test_a_run_of_which_one_was_not_asked_for_comes_one_by_one() -> None:
    client = submitted(selected_client(UIDS), fetch(b"10,30", UID, FLAGS))
    events = client.receive(lines((1, 10), (2, 20), (3, 30)), 0.0, runs=True)
    assert [event.answers for event in events if isinstance(event, e.Fetched)] == [b"a1", None, b"a1"]


def test_999_to_the_end_is_the_last_message() -> None:
    """RFC 3501 6.4.8: servers send the last message where no UID is that large."""
    client = submitted(selected_client(UIDS), fetch(b"999:*", UID, FLAGS))
    events = client.receive(lines((3, 30)), 0.0, runs=True)
    assert [event.answers for event in events if isinstance(event, e.Fetched)] == [b"a1"]


def test_the_connection_tells_the_tiers() -> None:
    client = selected_client(UIDS)
    before = client.tiers
    client.receive(lines((1, 10), (2, 20)), 0.0)
    assert client.tiers == Tiers(before.columns + 2, before.shaped, before.tolerant)


# ---------------------------------------------------------------- the end


def test_more_untagged_responses_than_allowed_end_the_connection_where_they_would_one_by_one() -> None:
    client = submitted(selected_client(UIDS, limits=Limits(items=5)), c.Noop())
    events = client.receive(lines((1, 10), (2, 20), (3, 30)), 0.0, runs=True)
    assert [type(event) for event in events] == [e.FetchedRun]
    events = client.receive(lines((1, 10), (2, 20), (3, 30)), 0.0, runs=True)
    assert [type(event) for event in events] == [e.Fetched, e.Fetched, e.Ended]
    ended = events[-1]
    assert isinstance(ended, e.Ended)
    assert isinstance(ended.error, LimitExceeded)
    assert ended.error.limit == "items"


def test_a_run_is_no_greeting() -> None:
    assert error_of(new_client().receive(lines((1, 10), (2, 20)), 0.0, runs=True)) == "no greeting, but FetchData"


def test_a_run_before_a_tls_handshake_ends_the_connection() -> None:
    client = new_client()
    client.receive(b"* OK hello\r\n", 0.0)
    submitted(client, c.StartTls())
    error = error_of(client.receive(b"a1 OK go\r\n" + lines((1, 10), (2, 20)), 0.0, runs=True))
    assert error == "octets between the answer to STARTTLS and the TLS handshake"


# ---------------------------------------------------------------- the same as one by one

SETS = st.sampled_from(
    [
        b"1:*",
        b"*",
        b"5:*",
        b"15:*",
        b"999:*",
        b"*:3",
        b"1:3",
        b"10:30",
        b"10,20",
        b"1:12,20:25",
        b"30",
        b"2",
        b"1:2,25:*",
    ]
)
ITEMS = st.sampled_from([(UID, FLAGS), (UID,), (FLAGS,), (UID, BODY), (UID, FLAGS, SIZE, BODY)])
COMMANDS = st.one_of(
    st.builds(lambda messages, items, uid: fetch(messages, *items, uid=uid), SETS, ITEMS, st.booleans()),
    st.builds(
        lambda messages, silent: c.Store(
            SequenceSet.parse(messages) or SequenceSet.all(), c.StoreAction.ADD, (b"x",), silent, True
        ),
        SETS,
        st.booleans(),
    ),
    st.sampled_from([c.Noop(), c.Select(b"Other"), c.Expunge()]),
)
PAIRS = st.tuples(st.integers(1, 5), st.sampled_from([5, 10, 11, 20, 30, 31, 1000]))
STREAMS = st.lists(
    st.one_of(
        st.lists(PAIRS, min_size=1, max_size=4).map(lambda pairs: lines(*pairs)),
        st.just(lines((1, 10), (2, 20), (3, 30))),
        PAIRS.map(lambda pair: b"* %d FETCH (UID %d FLAGS () RFC822.SIZE 7 BODY[] {2}\r\nab)\r\n" % pair * 2),
        st.sampled_from(
            [b"* 4 EXISTS\r\n", b"* 2 EXPUNGE\r\n", b"* 2 FETCH (FLAGS ())\r\n", b"* OK x\r\n", b"* BYE\r\n"]
        ),
        st.sampled_from([b"a1 OK done\r\n", b"a2 NO done\r\n", b"* 1 EXPUNGE\r\n", b"* 0 EXISTS\r\n"]),
    ),
    max_size=6,
).map(b"".join)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=400)
@given(
    st.data(),
    st.lists(COMMANDS, max_size=3),
    STREAMS,
    st.sampled_from([(), (10,), UIDS, (10, 20, 30, 40)]),
    st.sampled_from([3, 1000]),
)
def test_runs_say_what_single_events_say(
    data: st.DataObject, commands: list[c.Command], stream: bytes, uids: tuple[int, ...], items: int
) -> None:
    clients = [selected_client(uids, limits=Limits(items=items)) for _ in range(2)]
    for command in commands:
        for client in clients:
            try:
                client.submit(command)
            except LocalProtocolError:
                break
        else:
            continue
        break
    for chunk in data.draw(cut(stream)):
        expected, found = clients[0].receive(chunk, 1.0), single(clients[1].receive(chunk, 1.0, runs=True))
        assert [str(event) for event in found] == [str(event) for event in expected]  # errors are never equal
        assert found[:-1] == expected[:-1]
        assert seen(clients[1].view) == seen(clients[0].view)
        assert clients[1].in_flight == clients[0].in_flight
        assert clients[1].state is clients[0].state


# ---------------------------------------------------------------- the view


@pytest.mark.parametrize(
    ("seqs", "uids", "after"),
    [
        ([1, 2, 3], [7, 8, 9], (7, 8, 9, None)),
        ([3, 4], [8, 9], (3, None, 8, 9)),
        ([4], [9], (3, None, None, 9)),
        ([2, 4], [8, 9], (3, 8, None, 9)),
        ([2, 1], [8, 9], (9, 8, None, None)),
        ([4, 5, 6], [7, 8, 9], (3, None, None, 7)),
        ([2, 2, 4], [7, 8, 9], (3, 8, None, 9)),
    ],
)
def test_what_a_view_learns_at_once(seqs: list[int], uids: list[int], after: tuple[int | None, ...]) -> None:
    view = MailboxView((3,))
    view.exists(4)
    view.learn_run(seqs, uids)
    assert tuple(view.uid(seq) for seq in range(1, 5)) == after


def test_nothing_is_learnt_beyond_what_is_kept() -> None:
    view = MailboxView()
    view.exists(LEARNT + 2)
    view.learn_run([LEARNT + 1, LEARNT + 2], [8, 9])
    assert view.uids() == ()
