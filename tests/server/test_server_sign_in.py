"""STARTTLS, AUTHENTICATE and LOGIN: what is offered when, and what comes of it."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from support.loopback import PATIENCE
from support.talk import USERS, Talk, service

from outlookimap.auth import client_mechanism
from outlookimap.errors import TlsError
from outlookimap.server.behaviour import Behaviour
from outlookimap.server.memory_store import MemoryStore
from outlookimap.transport.stream import Transport
from outlookimap.wire.secret import Secret

REST = "IDLE UIDPLUS NAMESPACE CHILDREN LITERAL+ UNSELECT XLIST SPECIAL-USE"
INSECURE = f"IMAP4rev1 STARTTLS LOGINDISABLED AUTH=NTLM AUTH=DIGEST-MD5 {REST}"
SECURE = f"IMAP4rev1 AUTH=NTLM AUTH=DIGEST-MD5 AUTH=PLAIN {REST}"
PLAIN = "AHVzZXIxAHNlY3JldA=="  # NUL user1 NUL secret


def test_without_tls_no_password_is_taken() -> None:
    with Talk(service(allow_plaintext=False, tls=True)) as talk:
        talk.greeted().script(
            f"""
            C: a CAPABILITY
            S: * CAPABILITY {INSECURE}
            S: a OK CAPABILITY completed.
            C: b LOGIN user1 secret
            S: b NO A password is not taken without TLS.
            C: c AUTHENTICATE PLAIN
            S: c NO This mechanism is not offered.
            """
        )


def test_a_plaintext_mechanism_that_is_listed_is_refused_without_tls() -> None:
    behaviour = Behaviour(capabilities_before_tls=(b"IMAP4rev1", b"AUTH=PLAIN"))
    with Talk(service(behaviour=behaviour, allow_plaintext=False)) as talk:
        talk.greeted().script(
            """
            C: a AUTHENTICATE PLAIN
            S: a NO A password is not taken without TLS.
            """
        )


def test_without_a_certificate_starttls_is_not_listed() -> None:
    with Talk(service(allow_plaintext=False)) as talk:
        talk.greeted().script(
            f"""
            C: a CAPABILITY
            S: * CAPABILITY {INSECURE.replace("STARTTLS ", "")}
            S: a OK CAPABILITY completed.
            """
        )


def test_plaintext_allowed_lists_everything_and_starttls() -> None:
    with Talk(service(tls=True)) as talk:
        talk.greeted().script(
            f"""
            C: a CAPABILITY
            S: * CAPABILITY {SECURE} STARTTLS
            S: a OK CAPABILITY completed.
            """
        )


def test_starttls() -> None:
    with Talk(service(allow_plaintext=False, tls=True)) as talk:
        talk.greeted().script(
            """
            C: a STARTTLS
            S: a OK Begin TLS negotiation now.
            """
        )
        # the pair in memory encrypts nothing: what comes now counts as encrypted
        talk.script(
            f"""
            C: b CAPABILITY
            S: * CAPABILITY {SECURE}
            S: b OK CAPABILITY completed.
            C: c STARTTLS
            S: c BAD TLS is on already.
            C: d LOGIN user1 secret
            S: d OK LOGIN completed.
            """
        )


def test_what_came_before_the_handshake_is_not_heard() -> None:
    with Talk(service(allow_plaintext=False, tls=True)) as talk:
        talk.greeted().say(b"a STARTTLS\r\nb LOGIN user1 secret\r\n")
        talk.hear(b"a OK Begin TLS negotiation now.\r\n")
        talk.say(b"c SELECT INBOX\r\n")
        talk.hear(b"c BAD This command is not allowed now.\r\n")


def test_a_handshake_that_fails_ends_the_connection() -> None:
    def fail(transport: Transport) -> None:
        raise TlsError(f"no TLS with {transport.peer}")

    talk = Talk(replace(service(), start_tls=fail))
    talk.greeted().say(b"a STARTTLS\r\n")
    talk.hear(b"a OK Begin TLS negotiation now.\r\n")
    with pytest.raises(TlsError):
        talk.ended()


def test_plain() -> None:
    with Talk(service(tls=True, allow_plaintext=False), encrypted=True) as talk:
        talk.greeted().script(
            f"""
            C: a AUTHENTICATE PLAIN
            S: +\x20
            C: AHVzZXIxAHdyb25n
            S: a NO AUTHENTICATE failed.
            C: b AUTHENTICATE PLAIN
            S: +\x20
            C: *
            S: b BAD AUTHENTICATE was cancelled.
            C: c AUTHENTICATE PLAIN
            S: +\x20
            C: %%%
            S: c BAD This is not base64.
            C: d AUTHENTICATE PLAIN {PLAIN}
            S: d BAD No initial response is taken.
            C: e authenticate plain
            S: +\x20
            C: {PLAIN}
            S: e OK AUTHENTICATE completed.
            C: f AUTHENTICATE PLAIN
            S: f BAD This command is not allowed now.
            """
        )


def test_nobody_acts_as_somebody_else() -> None:
    with Talk() as talk:
        talk.greeted().script(
            """
            C: a AUTHENTICATE PLAIN
            S: +\x20
            C: dXNlcjIAdXNlcjEAc2VjcmV0
            S: a NO AUTHENTICATE failed.
            C: b AUTHENTICATE PLAIN
            S: +\x20
            C: dXNlcjEAdXNlcjEAc2VjcmV0
            S: b OK AUTHENTICATE completed.
            """
        )


@pytest.mark.parametrize("mechanism", ["GSSAPI", "X-UNKNOWN"])
def test_mechanisms_that_are_not_served(mechanism: str) -> None:
    behaviour = Behaviour(capabilities_after_tls=(b"IMAP4rev1", b"AUTH=GSSAPI", b"AUTH=PLAIN"), mechanisms=("NTLM",))
    with Talk(service(behaviour=behaviour)) as talk:
        talk.greeted().script(
            f"""
            C: a AUTHENTICATE {mechanism}
            S: a NO This mechanism is not offered.
            C: b AUTHENTICATE PLAIN
            S: b NO This mechanism is not offered.
            C: c AUTHENTICATE NTLM
            S: c NO This mechanism is not offered.
            """
        )


def test_an_initial_response_where_it_is_listed() -> None:
    behaviour = Behaviour(capabilities_after_tls=(b"IMAP4rev1", b"AUTH=PLAIN", b"SASL-IR"))
    with Talk(service(behaviour=behaviour)) as talk:
        talk.greeted().script(
            f"""
            C: a AUTHENTICATE PLAIN {PLAIN}
            S: a OK AUTHENTICATE completed.
            """
        )


@pytest.mark.parametrize("mechanism", ["NTLM", "DIGEST-MD5"])
@pytest.mark.parametrize("password", ["secret", "wrong"])
def test_mechanisms_of_several_steps(mechanism: str, password: str) -> None:
    client = client_mechanism(mechanism, user="user1", password=Secret(password), host="mail.test")
    with Talk(service(allow_plaintext=False)) as talk:
        talk.greeted().say(b"a AUTHENTICATE " + mechanism.encode() + b"\r\n")
        for _ in range(4):
            octets = talk.client.receive(PATIENCE)
            assert octets is not None
            if not octets.startswith(b"+ "):
                break
            talk.say(base64.b64encode(client.answer(base64.b64decode(octets[2:]))) + b"\r\n")
        good = password == "secret"
        assert octets == (b"a OK AUTHENTICATE completed.\r\n" if good else b"a NO AUTHENTICATE failed.\r\n")
        talk.say(b"b SELECT nope\r\n")
        talk.hear(b"b NO There is no such mailbox.\r\n" if good else b"b BAD This command is not allowed now.\r\n")


def test_a_mechanism_that_cannot_be_offered_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LM_COMPAT_LEVEL", "nonsense")
    with Talk() as talk:
        talk.greeted().script(
            """
            C: a AUTHENTICATE NTLM
            S: a NO AUTHENTICATE failed.
            """
        )


def test_a_user_without_an_account() -> None:
    mail = MemoryStore(["user2"], first_uidvalidity=1)
    assert "user1" in USERS
    with Talk(service(mail=mail)) as talk:
        talk.greeted().script(
            """
            C: a LOGIN user1 secret
            S: a NO LOGIN failed.
            """
        )


def test_a_name_that_is_not_utf_8() -> None:
    with Talk() as talk:
        talk.greeted().say(b'a LOGIN "\xff" secret\r\n')
        talk.hear(b"a NO LOGIN failed.\r\n")
