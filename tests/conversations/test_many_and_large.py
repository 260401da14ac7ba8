"""Three hundred odd messages, sets of thousands of UIDs and five megabytes, with each real server."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass

import pytest
from servers.real_server import RealServer
from support.odd_mail import header_of, large_message, odd_messages
from support.real_session import sent, signed_in
from support.whole_conversation import EVERYTHING

from outlookimap.client.results import Message
from outlookimap.protocol.events import Exists
from outlookimap.traffic import Recorder

pytestmark = pytest.mark.real_server

COUNT = 300
MAIL = odd_messages(COUNT)
FIRST_DAY = dt.datetime(2021, 1, 1, 12, 0, 0, tzinfo=dt.UTC)
LARGE = 5_000_000
ODD_UIDS = range(1, 20_001, 2)
"""Ten thousand UIDs of which no two are neighbours; most belong to no message."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A user of a server whose folder Odd has all of the odd mail, and how to connect to it."""

    server: RealServer
    user: str
    encryption: str
    uids: list[int]


@pytest.fixture(
    scope="module", params=[("dovecot", "tls"), ("cyrus", "starttls"), ("pymap", "none")], ids=lambda param: param[0]
)
def filled(request: pytest.FixtureRequest) -> Filled:
    """Append all of it, once per server, the way the client under test appends."""
    name, encryption = request.param
    server: RealServer = request.getfixturevalue(f"{name}_server")
    user = server.take_user()
    with signed_in(server, user, encryption=encryption) as session:
        session.create("Odd")
        uids = [
            session.append("Odd", message, flags=(), date=FIRST_DAY + dt.timedelta(days=number)).uid
            for number, message in enumerate(MAIL)
        ]
    assert None not in uids
    return Filled(server, user, encryption, [uid for uid in uids if uid is not None])


def test_headers_and_bodies_come_back_in_batches(filled: Filled) -> None:
    batches: list[list[Message]] = []
    bodies: list[Message] = []
    with signed_in(filled.server, filled.user, encryption=filled.encryption) as session:
        assert session.select("Odd").exists == COUNT
        assert session.fetch_headers(EVERYTHING, into=batches.append) == []
        assert session.fetch_bodies(EVERYTHING, into=bodies.extend) == []
    headers = [message for batch in batches for message in batch]
    assert len(batches) > 1
    assert all(batches)
    assert [message.uid for message in headers] == filled.uids
    # pymap takes a line of white space inside a header for its end.
    pymap = filled.server.name == "pymap"
    for number, (message, octets) in enumerate(zip(headers, MAIL, strict=True)):
        assert message.header == header_of(octets, white_line_ends_it=pymap), number
        assert message.size == len(octets), number
        assert message.internaldate == FIRST_DAY + dt.timedelta(days=number)
        assert message.flags == frozenset()
    assert [message.body for message in bodies] == MAIL
    assert {message.flags for message in bodies} == {frozenset()}


@pytest.mark.cites("O5:V0060")
@pytest.mark.parametrize("limit", [None, 2000, 200])
def test_long_sets_are_split(filled: Filled, limit: int | None) -> None:
    recorder = Recorder(None)
    with signed_in(
        filled.server, filled.user, encryption=filled.encryption, command_octets=limit, record=recorder
    ) as session:
        session.select("Odd")
        found = session.fetch_flags(ODD_UIDS)
    assert [message.uid for message in found] == [uid for uid in filled.uids if uid % 2]
    commands = [line for line in sent(recorder).splitlines(keepends=True) if b" UID FETCH " in line]
    longest = limit or 32_000
    assert all(len(command) <= longest for command in commands)
    # As few as can be: no two of them would have fitted into one; only the last may be short.
    assert all(len(one) + len(next_one) > longest for one, next_one in itertools.pairwise(commands[:-1]))
    numbers = [int(number) for command in commands for number in command.split()[3].split(b",")]
    assert numbers == [*ODD_UIDS]


@pytest.mark.cites("O5:V0013", "O5:V0046")
def test_a_large_message_goes_there_and_back(filled: Filled) -> None:
    large = large_message(LARGE)
    assert len(large) == LARGE
    with signed_in(filled.server, filled.user, encryption=filled.encryption) as session:
        session.create("Large")
        session.select("Large")
        appended = session.append("Large", large, date=FIRST_DAY)
        session.noop()
        assert [event.count for event in session.poll(0) if isinstance(event, Exists)] == [1]
        assert appended.uid is not None
        [header] = session.fetch_headers(appended.uid)
        [message] = session.fetch_bodies(appended.uid)
    assert (header.size, header.header) == (LARGE, header_of(large))
    assert message.body == large
