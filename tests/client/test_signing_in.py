"""Sign-in: order, fall-through, what is never done. PLAIN is typed in base64, DIGEST-MD5 is RFC 2831's own vector."""

from __future__ import annotations

import functools

import pytest
from support.scripted import Script, opened, played

from outlookimap import auth
from outlookimap.errors import (
    AuthenticationFailed,
    ConnectError,
    ConnectionTimeout,
    PolicyError,
    RemoteProtocolError,
    UsageError,
)
from outlookimap.profiles import Policy
from outlookimap.traffic import Recorder, dumps
from outlookimap.wire.secret import Secret

VERSIONS = ["2007", "2010", "2013"]
PLAIN_ANN_SECRET = "AGFubgBzZWNyZXQ="

AGAIN = """
    C: $tag CAPABILITY
    S: * CAPABILITY IMAP4rev1
    S: $tag OK done
"""


def greeted(capabilities: str) -> str:
    """Return what happens before sign-in."""
    return f"""
    S: * OK hi
    C: $tag CAPABILITY
    S: * CAPABILITY IMAP4rev1 {capabilities}
    S: $tag OK done
"""


def refused(command: str, answer: str = "NO failed") -> str:
    """Return a refusal at once."""
    return f"""
    C: $tag {command}
    S: $tag {answer}
"""


PLAIN_WORKS = f"""
    C: $tag AUTHENTICATE PLAIN
    S: +
    C: {PLAIN_ANN_SECRET}
    S: $tag OK done
{AGAIN}"""
LOGIN_WORKS = f"""
    C: $tag LOGIN "ann" "secret"
    S: $tag OK done
{AGAIN}"""


def policy(**values: object) -> Policy:
    """Return a policy without encryption."""
    return Policy(encryption="none", **values)  # type: ignore[arg-type]


# ---------------------------------------------------------------- order


@pytest.mark.cites("O5:V0034", "O5:V0027", "O5:E0001", "O5:V0032")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("listed", ["AUTH=PLAIN AUTH=DIGEST-MD5 AUTH=NTLM", "auth=digest-md5 AUTH=ntlm AUTH=Plain"])
def test_from_strong_to_weak_until_nothing_is_left(version: str, listed: str) -> None:
    script = (
        greeted(f"{listed} AUTH=GSSAPI AUTH=ANONYMOUS AUTH=LOGIN AUTH=CRAM-MD5")
        + refused("AUTHENTICATE NTLM")
        + refused("AUTHENTICATE DIGEST-MD5", "BAD what?")
        + refused("AUTHENTICATE PLAIN", "NO [AUTHENTICATIONFAILED] no\\x1b")
        + refused('LOGIN "ann" "secret"', 'NO LOGIN "ann" "secret" failed')
        + "    @closed client\n"
    )
    with played(script) as played_script, pytest.raises(AuthenticationFailed, match="signing in failed") as caught:
        opened(played_script, version)
    assert caught.value.attempts == (
        ("NTLM", "NO failed"),
        ("DIGEST-MD5", "BAD what?"),
        ("PLAIN", "NO no\N{REPLACEMENT CHARACTER}"),
        ("LOGIN", 'NO LOGIN "ann" "***" failed'),
    )
    assert caught.value.statements == ("O5:V0034",)


@pytest.mark.cites("O5:V0034", "O5:V0033", "O5:E0001")
@pytest.mark.parametrize("version", VERSIONS)
def test_the_first_that_works_ends_it(version: str) -> None:
    script = greeted("AUTH=NTLM AUTH=PLAIN") + refused("AUTHENTICATE NTLM") + PLAIN_WORKS
    with played(script) as played_script:
        assert not opened(played_script, version).closed


@pytest.mark.cites("O5:V0032", "O5:V0034")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("listed", ["", "AUTH=LOGIN AUTH=CRAM-MD5 SASL-IR", "AUTH=DIGEST-MD5X AUTH="])
def test_login_where_nothing_known_is_listed(version: str, listed: str) -> None:
    with played(greeted(listed) + LOGIN_WORKS) as script:
        opened(script, version)


@pytest.mark.cites("O5:V0027")
def test_a_mechanism_as_the_document_prints_it() -> None:
    script = greeted("AUTH= DIGEST-MD5") + refused("AUTHENTICATE DIGEST-MD5") + LOGIN_WORKS
    with played(script) as played_script:
        opened(played_script)


@pytest.mark.cites("O5:V0030", "O5:V0034")
def test_no_initial_response_even_where_sasl_ir_is_listed() -> None:
    with played(greeted("SASL-IR AUTH=PLAIN") + PLAIN_WORKS) as script:
        opened(script)


@pytest.mark.cites("O5:V0033", "O5:V0035", "O5:V0065")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("way", [PLAIN_WORKS, LOGIN_WORKS])
def test_capability_after_sign_in_even_when_volunteered(version: str, way: str) -> None:
    volunteered = way.replace("OK done", "OK [CAPABILITY IMAP4rev1 IDLE] done", 1)
    with played(greeted("AUTH=PLAIN" if way is PLAIN_WORKS else "") + volunteered) as script:
        assert opened(script, version).capabilities == {"IMAP4REV1", "IDLE"}


def test_capability_refused_after_sign_in() -> None:
    script = (
        greeted("")
        + 'C: $tag LOGIN "ann" "secret"\nS: $tag OK done\nC: $tag CAPABILITY\nS: $tag BAD no\n@closed client'
    )
    with played(script) as played_script, pytest.raises(ConnectError, match="CAPABILITY with BAD"):
        opened(played_script)


# ---------------------------------------------------------------- policy


@pytest.mark.cites("O5:V0034")
def test_only_mechanisms_the_policy_allows() -> None:
    with played(greeted("AUTH=NTLM AUTH=DIGEST-MD5 AUTH=PLAIN") + PLAIN_WORKS) as script:
        opened(script, policy=policy(mechanisms=("plain",)))


@pytest.mark.cites("O5:V0034", "O5:V0032")
@pytest.mark.parametrize(
    ("listed", "settings", "message"),
    [
        (
            "AUTH=PLAIN",
            {"mechanisms": ("NTLM",), "login": False},
            "lists the mechanisms PLAIN, the policy allows NTLM, and the policy forbids LOGIN",
        ),
        ("AUTH=PLAIN", {"mechanisms": (), "login": False}, "the policy allows none, and the policy forbids LOGIN"),
        (
            "LOGINDISABLED",
            {},
            "lists the mechanisms none, the policy allows NTLM, DIGEST-MD5, PLAIN, and LOGINDISABLED is",
        ),
        ("", {"login": False}, "the policy forbids LOGIN"),
    ],
)
def test_nothing_is_allowed(listed: str, settings: dict[str, object], message: str) -> None:
    with (
        played(greeted(listed) + "    @closed client") as script,
        pytest.raises(AuthenticationFailed, match=message) as e,
    ):
        opened(script, policy=policy(**settings))
    assert e.value.statements == ("O5:V0032", "O5:V0034")
    assert e.value.attempts == ()


@pytest.mark.cites("O5:V0034")
@pytest.mark.parametrize(("listed", "login"), [("AUTH=PLAIN LOGINDISABLED", True), ("AUTH=PLAIN", False)])
def test_login_is_not_the_last_resort_where_it_is_forbidden(listed: str, login: bool) -> None:
    script = greeted(listed) + refused("AUTHENTICATE PLAIN") + "    @closed client"
    with played(script) as played_script, pytest.raises(AuthenticationFailed, match="PLAIN: NO failed"):
        opened(played_script, policy=policy(login=login))


@pytest.mark.cites("O5:V0034", "O5:V0027", "O5:E0001", "O5:V0029")
@pytest.mark.parametrize("mechanism", ["ANONYMOUS", "GSSAPI"])
def test_a_policy_cannot_allow_what_the_product_does_not_know(mechanism: str) -> None:
    with played("") as script, pytest.raises(PolicyError, match=f"does not know {mechanism}"):
        opened(script, policy=policy(mechanisms=(mechanism,)))


@pytest.mark.parametrize(("user", "password"), [(None, "secret"), ("ann", None), (None, None)])
def test_without_user_or_password(user: str | None, password: str | None) -> None:
    script = greeted("AUTH=PLAIN") + "    @closed client"
    with played(script) as s, pytest.raises(AuthenticationFailed, match="no user or no password was given"):
        opened(s, user=user, password=password)


# ---------------------------------------------------------------- connections that go away


LOST = "    C: $tag AUTHENTICATE NTLM\n    @closed server\n    @connected\n"


@pytest.mark.cites("O5:V0034")
@pytest.mark.parametrize(
    "lost",
    [
        LOST,
        LOST.replace("@closed", "S: * BYE go away\n    @closed", 1),
        # the server says NO first and closes then: the next mechanism has not been tried by that
        refused("AUTHENTICATE NTLM") + "    @closed server\n    @connected\n",
        refused("AUTHENTICATE NTLM", "NO failed\n    S: * BYE too many") + "    @closed server\n    @connected\n",
        refused("AUTHENTICATE NTLM") + "    C: $tag AUTHENTICATE PLAIN\n    @closed server\n    @connected\n",
    ],
)
def test_the_next_mechanism_on_a_new_connection(lost: str) -> None:
    with played(greeted("AUTH=NTLM AUTH=PLAIN") + lost + greeted("AUTH=NTLM AUTH=PLAIN") + PLAIN_WORKS) as script:
        opened(script)
        assert script.dialled == 2


@pytest.mark.cites("O5:V0034")
def test_each_way_loses_the_connection() -> None:
    script = (
        greeted("AUTH=NTLM AUTH=PLAIN")
        + LOST
        + greeted("AUTH=NTLM AUTH=PLAIN")
        + f"    C: $tag AUTHENTICATE PLAIN\n    S: +\n    C: {PLAIN_ANN_SECRET}\n    @closed server\n    @connected\n"
        + greeted("AUTH=NTLM AUTH=PLAIN")
        + '    C: $tag LOGIN "ann" "secret"\n    @closed server\n    @connected\n'
        + greeted("AUTH=NTLM AUTH=PLAIN")
        + "    @closed client"
    )
    with played(script) as played_script, pytest.raises(AuthenticationFailed) as caught:
        opened(played_script)
    assert caught.value.attempts == (
        ("NTLM", "script closed the connection before it answered AUTHENTICATE"),
        ("PLAIN", "script closed the connection before it answered AUTHENTICATE"),
        ("LOGIN", "script closed the connection before it answered LOGIN"),
    )


def test_no_new_connection_can_be_made() -> None:
    script = greeted("AUTH=NTLM") + LOST + "    S: * BYE full\n    @closed client"
    with played(script) as played_script, pytest.raises(AuthenticationFailed, match="no other could be made") as caught:
        opened(played_script)
    assert [way for way, _ in caught.value.attempts] == ["NTLM"]


def test_silence_is_no_reason_to_try_the_next() -> None:
    script = greeted("AUTH=NTLM AUTH=PLAIN") + "    C: $tag AUTHENTICATE NTLM\n    @+60\n    @closed client"
    with played(script) as played_script, pytest.raises(ConnectionTimeout):
        opened(played_script)


def test_referrals_are_not_followed() -> None:
    script = (
        greeted("")
        + refused('LOGIN "ann" "secret"', "NO [REFERRAL imap://evil.example.com/] go there")
        + "    @closed client"
    )
    with played(script) as played_script:
        with pytest.raises(AuthenticationFailed, match="LOGIN: NO go there"):
            opened(played_script)
        assert played_script.dialled == 1


# ---------------------------------------------------------------- challenges


@pytest.mark.cites("O5:V0034", "O5:E0001")
@pytest.mark.parametrize(
    ("mechanism", "challenge", "why"),
    [
        ("PLAIN", "!!!!", "PLAIN: the challenge is not base64"),
        ("NTLM", "=", "NTLM: the challenge is not base64"),
        ("NTLM", "aGVsbG8=", "NTLM: the server's first challenge is not empty: cancel"),
        ("PLAIN", "aGVsbG8=", "PLAIN: the server's challenge is not empty: cancel, the password stays here"),
        ("DIGEST-MD5", "", "DIGEST-MD5"),
    ],
)
def test_a_challenge_that_cannot_be_answered_is_cancelled(mechanism: str, challenge: str, why: str) -> None:
    script = (
        greeted(f"AUTH={mechanism}")
        + f"    C: $tag AUTHENTICATE {mechanism}\n    S: + {challenge}".rstrip()
        + "\n    C: *\n    S: $tag BAD cancelled\n"
        + refused('LOGIN "ann" "secret"')
        + "    @closed client"
    )
    with played(script) as played_script, pytest.raises(AuthenticationFailed) as caught:
        opened(played_script)
    assert caught.value.attempts[0][0] == mechanism
    assert caught.value.attempts[0][1].startswith(why)
    assert caught.value.attempts[1] == ("LOGIN", "NO failed")


def test_a_server_that_challenges_after_cancelling_is_given_up() -> None:
    script = (
        greeted("AUTH=PLAIN") + "    C: $tag AUTHENTICATE PLAIN\n    S: + !\n    C: *\n    S: +\n    @closed client"
    )
    with (
        played(script) as played_script,
        pytest.raises(RemoteProtocolError, match="a challenge after PLAIN was cancelled"),
    ):
        opened(played_script)


def test_ok_after_cancelling_is_not_believed() -> None:
    script = (
        greeted("AUTH=PLAIN")
        + "    C: $tag AUTHENTICATE PLAIN\n    S: + !\n    C: *\n    S: $tag OK\n    @closed client"
    )
    with played(script) as played_script, pytest.raises(AuthenticationFailed, match="OK all the same"):
        opened(played_script)


def test_ok_before_the_mechanism_is_through_is_not_believed() -> None:
    script = greeted("AUTH=PLAIN") + "    C: $tag AUTHENTICATE PLAIN\n    S: $tag OK welcome\n    @closed client"
    with played(script) as played_script, pytest.raises(AuthenticationFailed, match="may not be the server you mean"):
        opened(played_script)


def test_untagged_data_during_authenticate() -> None:
    script = greeted("AUTH=PLAIN") + PLAIN_WORKS.replace(
        "S: +", "S: * OK [ALERT] one\n    S: +\n    S: * OK [ALERT] two", 1
    )
    with played(script) as played_script:
        assert opened(played_script).alerts == ("one", "two")


# ---------------------------------------------------------------- DIGEST-MD5, RFC 2831 section 4

DIGEST = """
    C: $tag AUTHENTICATE DIGEST-MD5
    S: + cmVhbG09ImVsd29vZC5pbm5vc29mdC5jb20iLG5vbmNlPSJPQTZNRzl0RVFHbTJoaCIscW9wPSJhdXRoIixhbGdvcml0aG09bWQ1LXNlc3MsY2hhcnNldD11dGYtOA==
    C: Y2hhcnNldD11dGYtOCx1c2VybmFtZT0iY2hyaXMiLHJlYWxtPSJlbHdvb2QuaW5ub3NvZnQuY29tIixub25jZT0iT0E2TUc5dEVRR20yaGgiLG5jPTAwMDAwMDAxLGNub25jZT0iT0E2TUhYaDZWcVRyUmsiLGRpZ2VzdC11cmk9ImltYXAvZWx3b29kLmlubm9zb2Z0LmNvbSIscmVzcG9uc2U9ZDM4OGRhZDkwZDRiYmQ3NjBhMTUyMzIxZjIxNDNhZjcscW9wPWF1dGg=
"""  # noqa: E501 - the document's octets
PROOF = "    S: + cnNwYXV0aD1lYTQwZjYwMzM1YzQyN2I1NTI3Yjg0ZGJhYmNkZmZmZA==\n"


def as_chris(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign in as the RFC's user, with its nonce."""
    chosen = functools.partial(auth.client_mechanism, nonce=lambda: b"OA6MHXh6VqTrRk")
    monkeypatch.setattr(auth, "client_mechanism", chosen)
    opened(script, user="chris", password="secret", host="elwood.innosoft.com")


@pytest.mark.cites("O5:E0001", "O5:V0030", "O5:V0033")
def test_digest_md5(monkeypatch: pytest.MonkeyPatch) -> None:
    script = greeted("AUTH=DIGEST-MD5 AUTH=PLAIN") + DIGEST + PROOF + "    C:\n    S: $tag OK User logged in" + AGAIN
    with played(script) as played_script:
        as_chris(played_script, monkeypatch)


@pytest.mark.cites("O5:V0034")
@pytest.mark.parametrize(
    "unproven",
    [
        # rspauth=00000000000000000000000000000000
        "    S: + cnNwYXV0aD0wMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA==\n    C: *\n    @closed client",
        "    S: + aGVsbG8=\n    C: *\n    @closed client",
        "    S: +\n    C: *\n    @closed client",
        "    S: $tag OK welcome\n    @closed client",
    ],
)
def test_a_server_without_proof_gets_no_password_by_another_way(unproven: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with played(greeted("AUTH=DIGEST-MD5 AUTH=PLAIN") + DIGEST + unproven) as script:
        with pytest.raises(AuthenticationFailed, match="does not prove that it knows the password") as caught:
            as_chris(script, monkeypatch)
        assert [way for way, _ in caught.value.attempts] == ["DIGEST-MD5"]
        assert script.dialled == 1


def test_a_wrong_password_falls_through(monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        greeted("AUTH=DIGEST-MD5 LOGINDISABLED") + DIGEST + "    S: $tag NO authentication failed\n    @closed client"
    )
    with played(script) as played_script, pytest.raises(AuthenticationFailed) as caught:
        as_chris(played_script, monkeypatch)
    assert caught.value.attempts == (("DIGEST-MD5", "NO authentication failed"),)


# ---------------------------------------------------------------- passwords


def shown(error: BaseException | None) -> str:
    """Return what an error and the errors behind it show of themselves, hidden ones included."""
    return "" if error is None else f"{error!r} {error} {vars(error)}" + shown(error.__context__)


@pytest.mark.cites("O5:V0013")
@pytest.mark.parametrize(("user", "password"), [("j\xfcrgen", "secret"), ("ann", "Gr\xfc\xdfe")])
def test_login_takes_no_octet_above_127(user: str, password: str) -> None:
    with played(greeted("") + "    @closed client") as script:
        with pytest.raises(AuthenticationFailed, match="LOGIN without octets above 127") as caught:
            opened(script, user=user, password=password)
        assert caught.value.statements == ("O5:V0034", "O5:V0013")
        assert password not in str(caught.value)


@pytest.mark.cites("O5:V0013", "O5:V0015")
@pytest.mark.parametrize(
    ("password", "line"),
    [
        ('p"w\\d', 'C: $tag LOGIN "ann" "p\\"w\\\\d"'),
        ("a\x01b", 'C: $tag LOGIN "ann" "a\\x01b"'),
        ("a\nb", 'C: $tag LOGIN "ann" {3}\nS: + OK\nC- a\\x0a\nC: b'),
        ("", 'C: $tag LOGIN "ann" ""'),
    ],
)
def test_passwords_with_odd_characters(password: str, line: str) -> None:
    script = greeted("") + f"{line}\nS: $tag OK done\n" + AGAIN
    if "{3}" in line:
        script = script.replace("C- a\\x0a\nC: b", "C| a\\x0ab\nC:")
    with played(script) as played_script:
        opened(played_script, password=password)


def test_a_password_with_nul_is_refused() -> None:
    script = greeted("") + "    @closed client"
    with played(script) as s, pytest.raises(AuthenticationFailed, match="LOGIN: a literal holds no NUL"):
        opened(s, password="a\0b")


def test_a_password_that_no_encoding_holds() -> None:
    with played("") as script, pytest.raises(UsageError, match="lone surrogate") as caught:
        opened(script, password="Sesame\ud800")
    assert "Sesame" not in shown(caught.value)


@pytest.mark.parametrize("password", ["Sesame-1", Secret("Sesame-1")])
@pytest.mark.parametrize("answer", ["NO no", "BAD LOGIN ann Sesame-1"])
def test_the_password_is_seen_nowhere(password: str | Secret, answer: str) -> None:
    script = (
        greeted("AUTH=PLAIN")
        + "    C: $tag AUTHENTICATE PLAIN\n    S: +\n    C: AGFubgBTZXNhbWUtMQ==\n    S: $tag NO no\n"
        + refused('LOGIN "ann" "Sesame-1"', answer)
        + "    @closed client"
    )
    recorder = Recorder(None)
    with played(script) as played_script, pytest.raises(AuthenticationFailed) as caught:
        opened(played_script, password=password, record=recorder)
    assert "Sesame" not in shown(caught.value)
    recording = dumps(recorder.transcript())
    sent = [line for line in recording.splitlines() if line.startswith("C")]
    assert not [line for line in sent if "Sesame" in line or "AGFubgBTZXNhbWUtMQ" in line]
    assert sent[-2:] == ["C: ********************", f'C: {sent[-1][3:7]} LOGIN "ann" "********"']


def test_a_session_shows_no_password() -> None:
    with played(greeted("") + LOGIN_WORKS) as script:
        session = opened(script)
        assert "secret" not in repr(session) + repr(vars(session))
