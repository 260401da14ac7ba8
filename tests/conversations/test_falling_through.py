"""A mechanism that a real server lists but cannot do: the next one signs in."""

from __future__ import annotations

import pytest
from servers.available import require
from servers.dovecot import dovecot
from servers.process import server_directory

from outlookimap import Policy, Session
from outlookimap.traffic import Recorder
from outlookimap.transport.tap import Sender


@pytest.mark.real_server
@pytest.mark.cites("O5:V0034", "O5:V0032", "O5:E0001")
@pytest.mark.parametrize(
    ("listed", "ways"), [("ntlm digest-md5", ["NTLM", "DIGEST-MD5"]), ("ntlm plain", ["NTLM", "PLAIN"])]
)
def test_ntlm_without_its_helper_falls_through(listed: str, ways: list[str]) -> None:
    require("dovecot")
    recorder = Recorder(None)
    with (
        server_directory() as directory,
        dovecot(directory, mechanisms=listed, extra="auth_winbind_helper_path = /bin/false\n") as server,
        Session.connect(
            f"imap://{server.users[0]}@{server.host}:{server.port}/",
            password=server.password,
            policy=Policy(encryption="none"),
            record=recorder,
            timeout=20,
        ) as session,
    ):
        assert session.select("INBOX").exists == 0
    said = recorder.transcript().octets(Sender.CLIENT).split(b"\r\n")
    assert [line.split()[2].decode() for line in said if b" AUTHENTICATE " in line] == ways
    assert not [line for line in said if b" LOGIN " in line]
