"""What left us, as a relay on the way saw it, is what the recorder wrote and what the server's own notes say."""

from __future__ import annotations

import pytest
from servers.logs import DovecotLog
from servers.real_server import RealServer
from support.real_session import after_sign_in, masked, sent, signed_in
from support.relay import Relay
from support.whole_conversation import converse

from outlookimap.traffic import Recorder
from outlookimap.transport.tap import Sender

pytestmark = pytest.mark.real_server

RUNS = [
    ("dovecot_server", "2007", "NTLM"),
    ("dovecot_server", "2010", "DIGEST-MD5"),
    ("dovecot_server", "2013", "LOGIN"),
    ("cyrus_server", "2007", "DIGEST-MD5"),
    ("cyrus_server", "2010", "PLAIN"),
    ("cyrus_server", "2013", "NTLM"),
    ("pymap_server", "2007", "PLAIN"),
    ("pymap_server", "2013", "LOGIN"),
]


@pytest.mark.cites("O5:2.1.3", "O5:2.1.4")
@pytest.mark.parametrize(("name", "version", "way"), RUNS)
def test_relay_recorder_and_server_agree(name: str, version: str, way: str, request: pytest.FixtureRequest) -> None:
    server: RealServer = request.getfixturevalue(name)
    user = server.take_user()
    recorder = Recorder(None)
    with Relay(server.host, server.port) as relay:
        session = signed_in(server, user, profile=version, ways=(way,), record=recorder, port=relay.port)
        converse(session)
        assert len(relay.conversations) == 1
        left, came = relay.sent, relay.received
    assert masked(left) == sent(recorder)
    assert recorder.transcript().octets(Sender.SERVER) == came
    before = left[: -len(after_sign_in(left))]
    assert before not in masked(left)  # there was a secret, and the relay saw it
    if server.log is None:
        assert server.name == "pymap"  # it keeps no notes
        return
    assert server.received_lines(user) == after_sign_in(left)
    if isinstance(server.log, DovecotLog):
        assert before in server.sign_ins()
