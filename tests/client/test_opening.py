"""From nothing to a connection that may sign in: greetings, CAPABILITY, STARTTLS. The scripts are typed by hand."""

from __future__ import annotations

import re
import ssl

import pytest
from support.scripted import PLAIN, ScriptedTransport, opened, played, talk

from outlookimap.client import Session
from outlookimap.errors import (
    ConnectError,
    ConnectionTimeout,
    EncryptionRequired,
    LimitExceeded,
    OutlookImapError,
    RemoteProtocolError,
    ServerGoodbye,
    UsageError,
)
from outlookimap.profiles import Policy
from outlookimap.traffic import Recorder
from outlookimap.transport.tap import Sender
from outlookimap.wire.limits import Limits

VERSIONS = ["2007", "2010", "2013"]
STARTTLS = Policy(encryption="starttls")
TLS = Policy(encryption="tls")
CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

SIGN_IN = """
    C: $tag CAPABILITY
    S: * CAPABILITY IMAP4rev1
    S: $tag OK done
    C: $tag LOGIN "ann" "secret"
    S: $tag OK done
    C: $tag CAPABILITY
    S: * CAPABILITY IMAP4rev1 IDLE
    S: $tag OK done
"""


# ---------------------------------------------------------------- greetings


@pytest.mark.cites("O5:V0035", "O5:V0032", "O5:V0034")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "greeting",
    [
        "* OK Dovecot ready.",
        "* OK",
        "* OK [CAPABILITY IMAP4rev1] ready",
        "* OK The Microsoft Exchange IMAP4 service is ready. [QgBMADA=]",
        "* ok ready",
    ],
)
@pytest.mark.parametrize("cut", [None, 1])
def test_sign_in_by_login(version: str, greeting: str, cut: int | None) -> None:
    with played(f"    S: {greeting}{SIGN_IN}", cut=cut) as script:
        session = opened(script, version)
        assert session.capabilities == {"IMAP4REV1", "IDLE"}
        assert not session.closed
        assert script.transport.sends == 3


@pytest.mark.cites("O5:C0001")
@pytest.mark.parametrize("version", VERSIONS)
def test_tags_are_four_lower_case_letters_or_digits(version: str) -> None:
    recorder = Recorder(None)
    with talk("C: $tag NOOP\nS: $tag OK done\n" * 200, version, record=recorder) as session:
        for _ in range(200):
            session.noop()
    tags = [said.octets.partition(b" ")[0] for said in recorder.transcript().said(Sender.CLIENT)]
    assert all(re.fullmatch(rb"[a-z0-9]{4}", tag) for tag in tags)
    assert len(set(tags)) > 190
    assert {tag[:1].isdigit() for tag in tags} == {True, False}


@pytest.mark.cites("O5:V0065")
@pytest.mark.parametrize("version", VERSIONS)
def test_capabilities_of_the_greeting_count_but_are_asked_for_all_the_same(version: str) -> None:
    script = """
        S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi
        C: $tag CAPABILITY
        S: * CAPABILITY IMAP4rev1
        S: $tag OK done
        C: $tag AUTHENTICATE PLAIN
        S: +
        C: AGFubgBzZWNyZXQ=
        S: $tag OK [CAPABILITY IMAP4rev1 MOVE] done
        C: $tag CAPABILITY
        S: * CAPABILITY IMAP4rev1 idle
        S: $tag OK done
    """
    with played(script) as played_script:
        # what was listed before sign-in is forgotten, what came with its OK and in answer to CAPABILITY is joined
        assert opened(played_script, version).capabilities == {"IMAP4REV1", "MOVE", "IDLE"}


@pytest.mark.cites("O5:V0065")
def test_capabilities_that_come_unasked_later_count_as_well() -> None:
    with talk(
        """
        C: $tag NOOP
        S: * CAPABILITY IMAP4rev1 X-NEW
        S: $tag OK [CAPABILITY X-NEWER] done
        C: $tag CAPABILITY
        S: * CAPABILITY IMAP4rev1
        S: $tag OK done
        """,
        capabilities="IMAP4rev1",
    ) as session:
        session.noop()
        assert session.capabilities == {"IMAP4REV1", "X-NEW", "X-NEWER"}
        assert session.poll(0) == []
        assert session.capability() == session.capabilities


@pytest.mark.parametrize("policy", [PLAIN, TLS])
def test_preauth_needs_no_sign_in(policy: Policy) -> None:
    script = """
        S: * PREAUTH welcome
        C: $tag CAPABILITY
        S: * CAPABILITY IMAP4rev1 AUTH=PLAIN
        S: $tag OK done
    """
    with played(script) as played_script:
        session = opened(played_script, user=None, password=None, policy=policy)
        assert session.capabilities == {"IMAP4REV1", "AUTH=PLAIN"}


def test_preauth_before_required_tls_is_refused() -> None:
    with played("S: * PREAUTH welcome\n@closed client") as script:
        with pytest.raises(EncryptionRequired, match="greets with PREAUTH, which leaves no room for STARTTLS"):
            opened(script, policy=STARTTLS, tls=CONTEXT)
        assert not script.transport.encrypted


def test_a_wake_before_the_greeting_is_no_greeting() -> None:
    with played(f"    S: * OK hi{SIGN_IN}") as script:

        def dial() -> ScriptedTransport:
            transport = script.dial()
            transport.start_late()
            return transport

        assert not Session.over(dial, user="ann", password="secret", clock=script.clock).closed


@pytest.mark.cites("O5:V0064")
def test_a_server_that_refuses_the_connection() -> None:
    with played("S: * BYE [ALERT] too busy\\x07\n@closed client") as script:
        with pytest.raises(ServerGoodbye, match="refused the connection") as caught:
            opened(script)
        assert "busy" not in str(caught.value)
        assert caught.value.text == "too busy\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("script", "error", "message"),
    [
        ("@closed server", ConnectError, "sent no greeting: script closed the connection"),
        ("S- * OK\n@closed server", ConnectError, "sent no greeting"),
        ("@+60\n@closed client", ConnectionTimeout, "no octet for 60 seconds"),
        ("S: HTTP/1.0 400 Bad Request\n@closed client", RemoteProtocolError, "OK, NO or BAD before this"),
        ("S: * LIST () NIL x\n@closed client", RemoteProtocolError, "no greeting, but ListData"),
        ("S: a OK ready\n@closed client", RemoteProtocolError, "no greeting"),
        ("S: * NO not today\n@closed client", RemoteProtocolError, "a greeting of NO"),
        ("S:\n@closed client", RemoteProtocolError, "no greeting"),
        (
            "S- * OK xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n@closed client",
            LimitExceeded,
            "exceeds the limit line=32",
        ),
    ],
)
@pytest.mark.parametrize("policy", [PLAIN, STARTTLS])
def test_no_greeting(script: str, error: type[OutlookImapError], message: str, policy: Policy) -> None:
    with played(script) as played_script, pytest.raises(error, match=message):
        opened(played_script, policy=policy, tls=CONTEXT, limits=Limits(line=32))


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        ("S: $tag BAD what?\n@closed client", ConnectError, "answered CAPABILITY with BAD"),
        ("@closed server", OutlookImapError, "closed the connection before it answered CAPABILITY"),
        ("S: * BYE\n@closed server", ServerGoodbye, "said goodbye .* before it answered CAPABILITY"),
        ("@+60\n@closed client", ConnectionTimeout, "no octet for 60 seconds"),
        ("S: zzzz OK done\n@closed client", RemoteProtocolError, "belongs to no command"),
        ("S: + what?\n@closed client", RemoteProtocolError, "nothing waits for"),
    ],
)
def test_no_capabilities(answer: str, error: type[OutlookImapError], message: str) -> None:
    script = f"S: * OK hi\nC: $tag CAPABILITY\n{answer}"
    with played(script) as played_script, pytest.raises(error, match=message):
        opened(played_script)


@pytest.mark.parametrize("greeting", ["OK", "PREAUTH"])
def test_a_server_that_leaves_after_its_capabilities(greeting: str) -> None:
    script = f"S: * {greeting} hi\nC: $tag CAPABILITY\nS: * CAPABILITY IMAP4rev1\nS: $tag OK done\nS: * BYE busy"
    with played(script) as played_script, pytest.raises(ServerGoodbye, match="said goodbye"):
        opened(played_script)


# ---------------------------------------------------------------- STARTTLS

BEFORE_TLS = """
    S: * OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN X-EVIL] hi
    C: $tag CAPABILITY
    S: * CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN X-EVIL
    S: $tag OK done
"""


@pytest.mark.cites("O5:V0031")
@pytest.mark.parametrize("version", VERSIONS)
def test_starttls_and_what_was_said_before_it_does_not_count(version: str) -> None:
    script = (
        BEFORE_TLS
        + """
    C: $tag STARTTLS
    S: $tag OK go ahead
    @tls
    C: $tag CAPABILITY
    S: * CAPABILITY IMAP4rev1
    S: $tag OK done
    C: $tag LOGIN "ann" "secret"
    S: $tag OK done
    C: $tag CAPABILITY
    S: * CAPABILITY IMAP4rev1
    S: $tag OK done
    """
    )
    with played(script) as played_script:
        session = opened(played_script, version, policy=STARTTLS, tls=CONTEXT, host="mail.test")
        assert session.capabilities == {"IMAP4REV1"}
        assert (played_script.transport.encrypted, played_script.transport.server_name) == (True, "mail.test")


def test_no_starttls_no_sign_in() -> None:
    script = """
        S: * OK hi
        C: $tag CAPABILITY
        S: * CAPABILITY IMAP4rev1 AUTH=PLAIN
        S: $tag OK done
        @closed client
    """
    with played(script) as played_script, pytest.raises(EncryptionRequired, match="does not offer STARTTLS"):
        opened(played_script, policy=STARTTLS, tls=CONTEXT)


@pytest.mark.parametrize("condition", ["NO", "BAD"])
def test_starttls_refused(condition: str) -> None:
    script = BEFORE_TLS + f"    C: $tag STARTTLS\n    S: $tag {condition} not now\n    @closed client"
    with (
        played(script) as played_script,
        pytest.raises(EncryptionRequired, match=f"answered STARTTLS with {condition}"),
    ):
        opened(played_script, policy=STARTTLS, tls=CONTEXT)


@pytest.mark.parametrize(
    "injected",
    ["S: * CAPABILITY IMAP4rev1 AUTH=PLAIN", "S- *", "S: a OK done", "S: * PREAUTH welcome", "S- \\x16\\x03"],
)
def test_octets_between_starttls_and_the_handshake_are_an_error(injected: str) -> None:
    script = BEFORE_TLS + f"    C: $tag STARTTLS\n    S: $tag OK go ahead\n    {injected}\n    @closed client"
    with played(script) as played_script:
        with pytest.raises(RemoteProtocolError, match="between the answer to STARTTLS and the TLS handshake"):
            opened(played_script, policy=STARTTLS, tls=CONTEXT)
        assert not played_script.transport.encrypted


def test_the_server_closes_instead_of_the_handshake() -> None:
    script = BEFORE_TLS + "    C: $tag STARTTLS\n    @closed server"
    with played(script) as played_script, pytest.raises(OutlookImapError, match="before it answered STARTTLS"):
        opened(played_script, policy=STARTTLS, tls=CONTEXT)


def test_starttls_without_a_context_sends_nothing() -> None:
    with played(BEFORE_TLS + "    @closed client") as script, pytest.raises(EncryptionRequired, match="pass `tls`"):
        opened(script, policy=STARTTLS)


@pytest.mark.cites("O5:V0031")
def test_encryption_none_is_the_documented_behaviour() -> None:
    with played(f"    S: * OK hi{SIGN_IN}") as script:
        opened(script, policy=Policy(encryption="none"))
        assert not script.transport.encrypted


# ---------------------------------------------------------------- arguments


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_timeout_is_more_than_nothing(timeout: float) -> None:
    with played("") as script, pytest.raises(UsageError, match=f"timeout={timeout}"):
        opened(script, timeout=timeout)


def test_over_without_a_policy_is_for_transports_of_ones_own() -> None:
    with played(f"    S: * OK hi{SIGN_IN}") as script:
        session = opened(script, policy=None)
        assert session.policy.encryption == "none"
        assert repr(session) == "<Session as Microsoft Outlook 2013 with script: authenticated>"
