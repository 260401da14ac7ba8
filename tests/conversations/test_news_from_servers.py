"""What real servers say unasked: new and expunged messages of another session, in NOOP and in IDLE."""

from __future__ import annotations

import pytest
from servers.real_server import RealServer
from support.real_session import TIMEOUT, signed_in
from support.whole_conversation import EVERYTHING, LATER, MAIL

from outlookimap.client.results import Event, Message
from outlookimap.protocol.events import Exists, Expunged

pytestmark = pytest.mark.real_server


@pytest.fixture(params=["dovecot", "cyrus", "pymap"])
def server(request: pytest.FixtureRequest) -> RealServer:
    found: RealServer = request.getfixturevalue(f"{request.param}_server")
    return found


@pytest.mark.cites("O5:V0001", "O5:V0023", "O5:V0024")
def test_noop_brings_what_another_session_did(server: RealServer) -> None:
    user = server.take_user()
    with signed_in(server, user) as one, signed_in(server, user) as other:
        one.create("Shared")
        uids = [one.append("Shared", message, date=date).uid for message, _, date in MAIL]
        one.select("Shared")
        one.fetch_flags(EVERYTHING)
        other.select("Shared")
        assert uids[1] is not None
        other.flag(uids[1])
        one.noop()
        told = [event for event in one.poll(0) if isinstance(event, Message)]
        assert [(event.seq, event.uid) for event in told] == [(2, uids[1])]
        assert told[0].flags is not None
        assert "\\Flagged" in told[0].flags
        other.mark_deleted(uids[1])
        other.expunge()
        new = other.append("Shared", LATER).uid
        one.noop()
        news = [event for event in one.poll(0) if isinstance(event, Exists | Expunged)]
        assert news == [Expunged(2, uids[1]), Exists(3, 1)]
        assert [message.uid for message in one.fetch_uids(3)] == [new]
        assert [message.uid for message in one.fetch_flags(EVERYTHING)] == [uids[0], uids[2], new]


@pytest.mark.cites("O5:V0001", "O5:V0024", "O5:V0028")
# This Cyrus looks for news once a minute while a client idles.
@pytest.mark.parametrize("server", ["dovecot", "pymap"], indirect=True)
def test_idle_brings_a_new_message(server: RealServer) -> None:
    user = server.take_user()
    with signed_in(server, user) as waiting, signed_in(server, user) as other:
        waiting.create("Shared")
        waiting.select("Shared")
        with waiting.idle():
            assert waiting.poll(0) == []  # from here on it idles
            new = other.append("Shared", LATER).uid
            news: list[Event] = []
            while not any(isinstance(event, Exists) for event in news):
                told = waiting.poll(TIMEOUT)
                assert told, "nothing came"
                news += told
            assert Exists(1, 1) in news
            [message] = waiting.fetch_uids(1)  # ends IDLE
            assert message.uid == new
            waiting.poll(0)  # idles again
        waiting.noop()
