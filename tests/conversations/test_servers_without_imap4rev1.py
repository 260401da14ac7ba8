"""The forms for servers that do not list IMAP4rev1, with a Dovecot that lists IMAP4 and nothing else."""

from __future__ import annotations

import pytest
from servers.real_server import RealServer
from support.odd_mail import header_of
from support.real_session import expected, signed_in
from support.whole_conversation import EVERYTHING, LETTER, NO_LINE_END

from outlookimap.errors import CommandFailed
from outlookimap.traffic import Recorder, compare
from outlookimap.wire.dates import parse_date_time

pytestmark = pytest.mark.real_server

VERSIONS = ["2007", "2010", "2013"]


@pytest.mark.cites("O5:V0055", "O5:V0006", "O5:V0010")
@pytest.mark.parametrize("version", VERSIONS)
def test_the_old_forms(version: str, dovecot_imap4_server: RealServer) -> None:
    server = dovecot_imap4_server
    user = server.take_user()
    server.populate(user, [LETTER, NO_LINE_END])
    recorder = Recorder(None)
    with signed_in(server, user, profile=version, ways=("LOGIN",), record=recorder) as session:
        assert session.capabilities == {"IMAP4"}
        session.select("INBOX")
        headers = session.fetch_headers(EVERYTHING)
        # RFC 1730 has RFC822.PEEK, RFC 2060 not any more; it is sent all the same, and the session lives on.
        with pytest.raises(CommandFailed) as failure:
            session.fetch_bodies(1)
        before = session.fetch_flags(EVERYTHING)
        opened = session.fetch_bodies(2, mark_read=True)
        after = session.fetch_flags(EVERYTHING)
        uids = session.fetch_uids(2)
    assert [message.header for message in headers] == [header_of(LETTER), header_of(NO_LINE_END)]
    assert [message.size for message in headers] == [len(LETTER), len(NO_LINE_END)]
    assert headers[1].internaldate == parse_date_time(b"13-Sep-2020 13:26:40 +0000")
    assert (failure.value.command, failure.value.status) == ("UID FETCH", "BAD")
    assert "RFC822.PEEK" in failure.value.text
    assert [message.flags for message in before] == [frozenset(), frozenset()]
    assert [(message.uid, message.body) for message in opened] == [(2, NO_LINE_END)]
    assert [message.flags for message in after] == [frozenset(), frozenset({"\\Seen"})]
    assert [(message.seq, message.uid) for message in uids] == [(2, 2)]
    typed = expected("sign-in/login", "dovecot-imap4", user=user)
    differences = compare(typed, recorder.transcript())
    assert not differences, "\n".join(map(str, differences))


@pytest.mark.cites("O5:V0055", "O5:V0006")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("name", "transcript"),
    [("dovecot_imap4_server", "dovecot-imap4-header-dates"), ("dovecot_server", "header-dates")],
)
def test_dates_from_the_header(name: str, transcript: str, version: str, request: pytest.FixtureRequest) -> None:
    server: RealServer = request.getfixturevalue(name)
    user = server.take_user()
    server.populate(user, [LETTER])
    recorder = Recorder(None)
    with signed_in(server, user, profile=version, ways=("LOGIN",), date_from="header", record=recorder) as session:
        session.select("INBOX")
        [message] = session.fetch_headers(EVERYTHING)
    assert (message.header, message.size, message.internaldate) == (header_of(LETTER), len(LETTER), None)
    differences = compare(expected("sign-in/login", transcript, user=user), recorder.transcript())
    assert not differences, "\n".join(map(str, differences))
