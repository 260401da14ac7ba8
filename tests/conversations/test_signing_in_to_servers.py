"""Signing in to real servers: every way that is left over, refusals, and what the server does not offer."""

from __future__ import annotations

import time

import pytest
from servers.real_server import RealServer
from support.real_session import TIMEOUT, expected, sent, signed_in

from outlookimap.client import Session
from outlookimap.errors import AuthenticationFailed, EncryptionRequired, TlsError
from outlookimap.profiles import Policy
from outlookimap.traffic import Recorder, compare

pytestmark = pytest.mark.real_server

REFUSALS = [
    ("dovecot_server", "2007", "none"),
    ("dovecot_server", "2013", "tls"),
    ("cyrus_server", "2010", "tls"),
    ("cyrus_server", "2013", "none"),
    ("pymap_server", "2010", "none"),
    ("pymap_server", "2013", "none"),
]
TRIED = {
    "all-refused": ["NTLM", "DIGEST-MD5", "PLAIN", "LOGIN"],
    "plain-and-login-refused": ["PLAIN", "LOGIN"],
}
OTHER_WAYS = [
    ("dovecot_server", "2007", "PLAIN", "tls"),
    ("dovecot_server", "2010", "LOGIN", "starttls"),
    ("dovecot_server", "2013", "PLAIN", "none"),
    ("cyrus_server", "2007", "LOGIN", "none"),
    ("cyrus_server", "2010", "PLAIN", "starttls"),
    ("cyrus_server", "2013", "LOGIN", "tls"),
]


def server_of(request: pytest.FixtureRequest, name: str) -> RealServer:
    server: RealServer = request.getfixturevalue(name)
    return server


@pytest.mark.cites("O5:E0001", "O5:V0011", "O5:V0032", "O5:V0034")
@pytest.mark.parametrize(("name", "version", "encryption"), REFUSALS)
def test_a_wrong_password_is_refused_by_every_way(
    name: str, version: str, encryption: str, request: pytest.FixtureRequest
) -> None:
    server = server_of(request, name)
    transcript = "plain-and-login-refused" if server.name == "pymap" else "all-refused"
    user = server.users[-1]
    recorder = Recorder(None)
    start = time.monotonic()
    with pytest.raises(AuthenticationFailed) as failure:
        signed_in(server, user, profile=version, encryption=encryption, password="wrong one", record=recorder)
    assert time.monotonic() - start < TIMEOUT / 2
    assert [way for way, _ in failure.value.attempts] == TRIED[transcript]
    assert all(why.startswith("NO ") for _, why in failure.value.attempts)
    assert "O5:V0034" in failure.value.statements
    assert "wrong one" not in str(failure.value)
    differences = compare(expected(f"sign-in/{transcript}", user=user), recorder.transcript())
    assert not differences, "\n".join(map(str, differences))
    signed_in(server, user, profile=version, encryption=encryption).logout()


@pytest.mark.cites("O5:E0001", "O5:V0034", "O5:V0035")
@pytest.mark.parametrize(("name", "version", "way", "encryption"), OTHER_WAYS)
def test_the_other_ways_of_signing_in(
    name: str, version: str, way: str, encryption: str, request: pytest.FixtureRequest
) -> None:
    server = server_of(request, name)
    user = server.users[-1]
    recorder = Recorder(None)
    signed_in(server, user, profile=version, ways=(way,), encryption=encryption, record=recorder).logout()
    before = ["sign-in/starttls"] if encryption == "starttls" else []
    typed = expected(*before, f"sign-in/{way.lower()}", "logout", user=user)
    differences = compare(typed, recorder.transcript())
    assert not differences, "\n".join(map(str, differences))


@pytest.mark.cites("O5:V0034")
@pytest.mark.parametrize("name", ["dovecot_server", "cyrus_server"])
def test_the_strongest_way_comes_first(name: str, request: pytest.FixtureRequest) -> None:
    server = server_of(request, name)
    recorder = Recorder(None)
    signed_in(server, server.users[-1], record=recorder).logout()
    differences = compare(expected("sign-in/ntlm", "logout"), recorder.transcript())
    assert not differences, "\n".join(map(str, differences))


@pytest.mark.cites("O5:V0034")
def test_what_the_policy_forbids_is_not_tried(dovecot_server: RealServer) -> None:
    with pytest.raises(AuthenticationFailed) as failure:
        signed_in(dovecot_server, dovecot_server.users[0], ways=("DIGEST-MD5",), password="wrong one")
    assert [way for way, _ in failure.value.attempts] == ["DIGEST-MD5"]


@pytest.mark.cites("O5:V0032")
def test_a_mechanism_the_server_does_not_list_is_not_tried(pymap_server: RealServer) -> None:
    recorder = Recorder(None)
    with pytest.raises(AuthenticationFailed) as failure:
        signed_in(pymap_server, pymap_server.users[0], ways=("NTLM", "DIGEST-MD5"), record=recorder)
    assert failure.value.attempts == ()
    assert sent(recorder)[4:] == b" CAPABILITY\r\n"


@pytest.mark.parametrize("encryption", ["tls", "starttls"])
@pytest.mark.parametrize("name", ["dovecot_server", "cyrus_server"])
def test_a_certificate_nobody_vouches_for_ends_it_before_the_password(
    name: str, encryption: str, request: pytest.FixtureRequest
) -> None:
    server = server_of(request, name)
    scheme, port = ("imaps", server.tls_port) if encryption == "tls" else ("imap", server.port)
    recorder = Recorder(None)
    with pytest.raises(TlsError):
        Session.connect(
            f"{scheme}://{server.users[0]}@{server.host}:{port}/", password=server.password, record=recorder
        )
    assert b"AUTHENTICATE" not in sent(recorder)
    assert b"LOGIN" not in sent(recorder)


def test_encryption_is_required_unless_none_is_said(pymap_server: RealServer) -> None:
    recorder = Recorder(None)
    with pytest.raises(EncryptionRequired):
        Session.connect(
            f"imap://{pymap_server.host}:{pymap_server.port}/",
            user=pymap_server.users[0],
            password=pymap_server.password,
            policy=Policy(),
            record=recorder,
        )
    assert sent(recorder)[4:] == b" CAPABILITY\r\n"
