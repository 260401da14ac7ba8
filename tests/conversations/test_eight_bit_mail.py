"""Octets above 127: read as they come from a real server, never sent to it."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from servers.real_server import RealServer
from support.odd_mail import header_of
from support.real_session import sent, signed_in
from support.whole_conversation import EVERYTHING

from outlookimap.errors import ProfileViolation
from outlookimap.traffic import Recorder

pytestmark = pytest.mark.real_server

LATIN = b"Subject: Gr\xfc\xdfe\r\n\r\n\xff\xfe\x80 body\r\n"
UTF = b"Subject: Gr\xc3\xbc\xc3\x9fe\r\n\r\n\xc3\x9f\r\n"


@pytest.fixture(params=["dovecot", "cyrus", "pymap"])
def server(request: pytest.FixtureRequest) -> RealServer:
    found: RealServer = request.getfixturevalue(f"{request.param}_server")
    return found


@pytest.mark.cites("O5:V0013")
def test_it_is_read_as_it_comes_and_not_sent(server: RealServer) -> None:
    user = server.take_user()
    server.populate(user, [LATIN, UTF], mailbox="Raw")
    recorder = Recorder(None)
    with signed_in(server, user, record=recorder) as session:
        session.select("Raw")
        headers = [message.header for message in session.fetch_headers(EVERYTHING)]
        bodies = [message.body for message in session.fetch_bodies(EVERYTHING)]
        with pytest.raises(ProfileViolation, match="O5:V0013"):
            session.append("Raw", LATIN)
        session.noop()  # nothing was sent, and the session lives on
    stored = [LATIN, UTF]
    if server.name == "cyrus":  # it puts an X for each such octet of a header
        stored = [LATIN.replace(b"\xfc\xdf", b"XX"), UTF.replace(b"Gr\xc3\xbc\xc3\x9fe", b"GrXXXXe")]
    assert bodies == stored
    assert headers == [header_of(message) for message in stored]
    assert b"APPEND" not in sent(recorder)


@pytest.mark.cites("O5:V0013", "O5:V0014")
def test_a_message_with_other_letters_goes_out_as_base64(server: RealServer) -> None:
    message = EmailMessage()
    message["Subject"] = "Grüße"
    message.set_content("Grüße\n", cte="8bit")
    recorder = Recorder(None)
    with signed_in(server, server.take_user(), record=recorder) as session:
        session.create("Letters")
        session.append("Letters", message, flags=("\\Draft",))
        session.select("Letters")
        [stored] = session.fetch_bodies(EVERYTHING)
    assert max(sent(recorder)) < 128
    assert stored.body is not None
    header, _, body = stored.body.partition(b"\r\n\r\n")
    assert b"Content-Transfer-Encoding: base64" in header
    # RFC 2045 section 6.8: line ends are CRLF before encoding. 47 72 C3 BC C3 9F 65 0D 0A, by hand.
    assert body == b"R3LDvMOfZQ0K\r\n"
    assert stored.flags == frozenset({"\\Draft"})
