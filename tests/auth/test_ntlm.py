from __future__ import annotations

import os
import stat
import struct
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.sasl_pair import converse

from outlookimap.auth import (
    Challenge,
    ClientMechanism,
    Done,
    ServerMechanism,
    client_mechanism,
    server_mechanism,
)
from outlookimap.auth.ntlm_message import Identity, Kind, expect, identity
from outlookimap.auth.ntlm_users import VARIABLE, user_entry, user_file
from outlookimap.errors import MechanismError
from outlookimap.wire.secret import Secret


def client(user: str, password: str) -> ClientMechanism:
    return client_mechanism("NTLM", user=user, password=Secret(password), host="mail.example.com")


def server(users: dict[str, str]) -> ServerMechanism:
    known = {user: Secret(password) for user, password in users.items()}
    return server_mechanism("NTLM", lookup=known.get, host="mail.example.com")


def challenged(users: dict[str, str]) -> tuple[ServerMechanism, bytes]:
    """Return a server that has sent its CHALLENGE, and that message."""
    mechanism = server(users)
    step = mechanism.step(client("any", "x").answer(b""))
    assert isinstance(step, Challenge)
    return mechanism, step.data


def field(token: bytes, at: int) -> bytes:
    length, _, start = struct.unpack_from("<HHI", token, at)
    return token[start : start + length]


# [MS-NLMP] 4.2.4.3: the AUTHENTICATE message of the user User of the domain Domain with the password Password, as
# NTLMv2 answers the server challenge 0123456789abcdef.
SPECIFICATION_CHALLENGE = bytes.fromhex("0123456789abcdef")
SPECIFICATION_AUTHENTICATE = bytes.fromhex(
    "4e544c4d5353500003000000180018006c00000054005400840000000c000c00"
    "480000000800080054000000100010005c00000010001000d8000000358288e2"
    "0501280a0000000f44006f006d00610069006e00550073006500720043004f00"
    "4d005000550054004500520086c35097ac9cec102554764a57cccc19aaaaaaaa"
    "aaaaaaaa68cd0ab851e51c96aabc927bebef6a1c010100000000000000000000"
    "00000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e00"
    "01000c005300650072007600650072000000000000000000c5dad2544fc97990"
    "94ce1ce90bc9d03e"
)


@pytest.mark.parametrize(("password", "right"), [("Password", True), ("password", False)])
def test_the_server_accepts_the_message_of_the_specification(
    monkeypatch: pytest.MonkeyPatch, password: str, right: bool
) -> None:
    mechanism = server({"Domain\\User": password})
    real = os.urandom
    with monkeypatch.context() as patch:
        patch.setattr(os, "urandom", lambda n: SPECIFICATION_CHALLENGE if n == 8 else real(n))
        step = mechanism.step(client("User", "x").answer(b""))
    assert isinstance(step, Challenge)
    assert step.data[24:32] == SPECIFICATION_CHALLENGE
    if right:
        assert mechanism.step(SPECIFICATION_AUTHENTICATE) == Done("Domain\\User")
    else:
        with pytest.raises(MechanismError, match="password is wrong"):
            mechanism.step(SPECIFICATION_AUTHENTICATE)


# ---------------------------------------------------------------- the client


@pytest.mark.cites("O5:E0001", "O5:V0030")
def test_the_client_sends_raw_messages_in_order() -> None:
    mechanism = client("DOM\\user", "secret")
    negotiate = mechanism.answer(b"")
    assert negotiate[:12] == b"NTLMSSP\0\x01\0\0\0"
    step = server({"DOM\\user": "secret"}).step(negotiate)
    assert isinstance(step, Challenge)
    assert step.data[:12] == b"NTLMSSP\0\x02\0\0\0"
    authenticate = mechanism.answer(step.data)
    assert authenticate[:12] == b"NTLMSSP\0\x03\0\0\0"
    assert field(authenticate, 28).decode("utf-16-le") == "DOM"
    assert field(authenticate, 36).decode("utf-16-le") == "user"
    assert len(field(authenticate, 52)) == 16, "a shorter session key is refused by Samba"
    mechanism.finish()


@pytest.mark.parametrize(
    ("user", "domain", "name"),
    [
        ("user", "", "user"),
        ("DOM\\user", "DOM", "user"),
        ("user@example.com", "", "user@example.com"),
        ("j\u00f6rg\U0001f600", "", "j\u00f6rg\U0001f600"),
        ("a\\b\\c", "a", "b\\c"),
        ("\\user", "", "user"),
    ],
)
def test_who_the_client_says_it_is(user: str, domain: str, name: str) -> None:
    mechanism = client(user, "secret")
    mechanism.answer(b"")
    _, challenge = challenged({})
    assert identity(mechanism.answer(challenge)) == Identity(domain, name)


@pytest.mark.parametrize("user", ["", "DOM\\", "\\", "\ud800", "\ud800\\user"])
def test_a_name_that_cannot_be_sent_is_refused(user: str) -> None:
    with pytest.raises(MechanismError, match="user name"):
        client(user, "x")


@pytest.mark.parametrize(
    ("challenge", "why"),
    [
        (b"", "no NTLMSSP message: cancel; CHALLENGE was due"),
        (b"hello", "no NTLMSSP message"),
        (b"NTLMSSP\0", "no NTLMSSP message"),
        (b"NTLMSSP\0\x02\0\0", "no NTLMSSP message"),
        (b"\x60\x82\x01", "SPNEGO"),
        (b"\xa1\x82\x01", "SPNEGO"),
        (b"NTLMSSP\0\x01\0\0\0" + bytes(40), r"type 1: cancel; CHALLENGE \(2\) was due"),
        (b"NTLMSSP\0\x03\0\0\0" + bytes(80), "type 3"),
        (b"NTLMSSP\0\x02\0\0\0", "cut short"),
        (b"NTLMSSP\0\x02\0\0\0" + b"\xff" * 60, "lies outside"),
        (b"NTLMSSP\0\x02\0\0\0" + bytes(8) + b"\xff" * 20 + struct.pack("<HHI", 9, 9, 40), "lies outside"),
        (b"NTLMSSP\0\x02\0\0\0" + bytes(28) + struct.pack("<HHI", 3, 3, 48) + b"abc", "malformed"),
    ],
)
def test_a_challenge_that_does_not_fit_makes_the_client_cancel(challenge: bytes, why: str) -> None:
    mechanism = client("user", "secret")
    mechanism.answer(b"")
    with pytest.raises(MechanismError, match=why):
        mechanism.answer(challenge)
    with pytest.raises(MechanismError, match="more than two"):
        mechanism.answer(challenged({})[1])
    with pytest.raises(MechanismError, match="before it had a proof"):
        mechanism.finish()


def test_where_an_empty_field_lies_means_nothing() -> None:
    mechanism = client("user", "secret")
    mechanism.answer(b"")
    nowhere = struct.pack("<HHI", 0, 0, 0xFFFFFFFF)
    bare = b"NTLMSSP\0\x02\0\0\0" + nowhere + struct.pack("<I", 0xE2888235) + bytes(16) + nowhere
    assert identity(mechanism.answer(bare)) == Identity("", "user")


def test_the_first_challenge_must_be_empty() -> None:
    mechanism = client("user", "secret")
    with pytest.raises(MechanismError, match="not empty"):
        mechanism.answer(challenged({})[1])


def test_a_challenge_after_the_proof_is_an_error() -> None:
    mechanism = client("user", "secret")
    mechanism.answer(b"")
    _, challenge = challenged({})
    mechanism.answer(challenge)
    with pytest.raises(MechanismError, match="more than two"):
        mechanism.answer(challenge)
    with pytest.raises(MechanismError, match="before it had a proof"):
        mechanism.finish()


def test_ok_before_the_proof_is_an_error() -> None:
    mechanism = client("user", "secret")
    with pytest.raises(MechanismError, match="before it had a proof"):
        mechanism.finish()
    mechanism.answer(b"")
    with pytest.raises(MechanismError, match="before it had a proof"):
        mechanism.finish()


@pytest.mark.parametrize("level", ["6", "-1", "high"])
def test_an_environment_that_forbids_ntlm_is_named(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    monkeypatch.setenv("LM_COMPAT_LEVEL", level)
    with pytest.raises(MechanismError, match="cannot be used here") as caught:
        client("user", "secret")
    assert caught.value.__cause__ is not None
    with pytest.raises(MechanismError, match="cannot be offered here"):
        server({})


# ---------------------------------------------------------------- the server


@pytest.mark.parametrize(
    ("user", "known", "authcid"),
    [
        ("user", "user", "user"),
        ("DOM\\user", "DOM\\user", "DOM\\user"),
        ("WORKSTATION\\user", "user", "user"),
        ("user@example.com", "user@example.com", "user@example.com"),
        ("\\user", "user", "user"),
        ("a\\b\\c", "a\\b\\c", "a\\b\\c"),
    ],
)
@pytest.mark.parametrize(
    "password", ["secret", "", "a:b", "line\nbreak", "0" * 32 + ":" + "1" * 32, "p\u00e4ss\u20ac\U0001f600"]
)
def test_both_ends_agree_on(user: str, known: str, authcid: str, password: str) -> None:
    assert converse(client(user, password), server({known: password})) == Done(authcid, None)


def test_a_known_domain_user_is_preferred_to_the_bare_name() -> None:
    users = {"DOM\\user": "right", "user": "other"}
    assert converse(client("DOM\\user", "right"), server(users)) == Done("DOM\\user")
    with pytest.raises(MechanismError, match="password is wrong"):
        converse(client("DOM\\user", "other"), server(users))


@pytest.mark.parametrize(
    ("user", "password", "why"),
    [
        ("user", "Secret", "password is wrong"),
        ("user", "", "password is wrong"),
        ("nobody", "secret", "no such user"),
        ("DOM\\nobody", "secret", "no such user"),
    ],
)
def test_the_server_refuses(user: str, password: str, why: str) -> None:
    mechanism = server({"user": "secret"})
    with pytest.raises(MechanismError, match=why):
        converse(client(user, password), mechanism)
    with pytest.raises(MechanismError, match="is over"):
        mechanism.step(client("user", "secret").answer(b""))


@pytest.mark.parametrize("user", ["a:b", "a\nb", "a\u2028b", "ab\n"])
def test_names_the_user_file_cannot_hold(user: str) -> None:
    with pytest.raises(MechanismError, match="cannot be a user name here"):
        converse(client(user, "secret"), server({user: "secret"}))


def authenticate(
    *, nt: bytes = b"", lm: bytes = b"", user: bytes = b"u\0", domain: bytes = b"", flags: int = 0xE2888235
) -> bytes:
    """Return an AUTHENTICATE message laid out by hand from [MS-NLMP] 2.2.1.3."""
    head, payload = b"NTLMSSP\0\x03\0\0\0", b""
    for part in (lm, nt, domain, user, b"", b""):
        head += struct.pack("<HHI", len(part), len(part), 64 + len(payload))
        payload += part
    return head + struct.pack("<I", flags) + payload


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (b"", "no NTLMSSP message: cancel; AUTHENTICATE was due"),
        (b"\xa1\x01", "SPNEGO"),
        (b"NTLMSSP\0\x01\0\0\0" + bytes(30), "type 1"),
        (b"NTLMSSP\0\x03\0\0\0", "cut short"),
        (authenticate(user=b""), "no NT response"),
        (authenticate(nt=b"x", user=b""), "no user name"),
        (authenticate(nt=b"x", user=b"u"), "no text"),
        (authenticate(nt=b"x", user=b"\x81", flags=0xE2888234), "no text"),
        (authenticate(nt=b"x" * 24, user=b"u", flags=0xE2888234), "password is wrong"),
        (authenticate(nt=b"x" * 24), "password is wrong"),
        (authenticate(nt=b"x" * 80), "malformed"),
        (authenticate(nt=b"x" * 24)[:70], "lies outside"),
    ],
)
def test_authenticate_messages_that_are_refused(token: bytes, why: str) -> None:
    mechanism, _ = challenged({"u": "secret"})
    with pytest.raises(MechanismError, match=why):
        mechanism.step(token)


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(authenticate(lm=b"12345678" + bytes(16)), id="no NT response"),
        pytest.param(
            authenticate(lm=b"12345678" + bytes(16))[:20]
            + struct.pack("<HHI", 24, 24, 9999)
            + authenticate(lm=b"12345678" + bytes(16))[28:],
            id="an NT response outside of the message",
        ),
        pytest.param(authenticate(lm=b"\0"), id="anonymous"),
    ],
)
def test_an_lm_response_alone_signs_nobody_in(token: bytes) -> None:
    # With extended session security pyspnego expects an LM response of eight octets of the client's choice and
    # zeros, which needs no password; it must not come to that.
    mechanism, _ = challenged({"u": "secret"})
    with pytest.raises(MechanismError, match=r"no NT response|lies outside"):
        mechanism.step(token)


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (b"", "NEGOTIATE was due"),
        (b"NTLMSSP\0\x03\0\0\0" + bytes(80), "type 3"),
        (b"NTLMSSP\0\x01\0\0\0", "malformed"),
        (b"NTLMSSP\0\x01\0\0\0" + bytes(20), "malformed"),
    ],
)
def test_negotiate_messages_that_are_refused(token: bytes, why: str) -> None:
    with pytest.raises(MechanismError, match=why):
        server({}).step(token)


def test_expect_lets_the_right_message_pass() -> None:
    message = b"NTLMSSP\0\x01\0\0\0"
    expect(message, Kind.NEGOTIATE)
    with pytest.raises(MechanismError):
        expect(message, Kind.CHALLENGE)


# ---------------------------------------------------------------- the users' file


@pytest.mark.parametrize("before", [None, "/nonexistent/users"])
def test_the_file_is_private_and_leaves_no_trace(monkeypatch: pytest.MonkeyPatch, before: str | None) -> None:
    if before is None:
        monkeypatch.delenv(VARIABLE, raising=False)
    else:
        monkeypatch.setenv(VARIABLE, before)
    with user_file(b"entry\n"):
        path = Path(os.environ[VARIABLE])
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_bytes() == b"entry\n"
    assert not path.exists()
    assert os.environ.get(VARIABLE) == before
    with pytest.raises(KeyError), user_file(b""):
        raise KeyError
    assert os.environ.get(VARIABLE) == before


def test_the_entry_has_the_nt_hash_and_a_random_lm_hash() -> None:
    first = user_entry(Identity("DOM", "user"), Secret(bytes(range(16)))).decode().split(":")
    second = user_entry(Identity("DOM", "user"), Secret(bytes(range(16)))).decode().split(":")
    assert first[:2] == ["DOM\\user", "0"]
    assert first[3] == "000102030405060708090a0b0c0d0e0f"
    assert len(first) == 6
    assert first[2] != second[2]
    assert len(first[2]) == 32


def test_a_foreign_users_file_lets_nobody_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    foreign = tmp_path / "users"
    foreign.write_text(":user:foreign\n")
    monkeypatch.setenv(VARIABLE, str(foreign))
    with pytest.raises(MechanismError):
        converse(client("user", "foreign"), server({"user": "secret"}))
    assert os.environ[VARIABLE] == str(foreign)


def test_a_file_that_cannot_be_written_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mechanism, challenge = challenged({"user": "secret"})
    signing_in = client("user", "secret")
    signing_in.answer(b"")
    proof = signing_in.answer(challenge)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with pytest.raises(MechanismError, match="no file for the user can be written") as caught:
        mechanism.step(proof)
    assert isinstance(caught.value.__cause__, OSError)
    with pytest.raises(MechanismError, match="cannot be offered here"):
        server({})


def test_two_interleaved_servers_do_not_see_each_others_users() -> None:
    users = [{"alice": "a", "same": "1"}, {"bob": "b", "same": "2"}]

    def outcome(which: int, user: str, password: str) -> Callable[[], str]:
        """Go as far as the last step with server `which`, and return that step."""
        mechanism = server(users[which])
        signing_in = client(user, password)
        step = mechanism.step(signing_in.answer(mechanism.challenge()))
        assert isinstance(step, Challenge)
        proof = signing_in.answer(step.data)

        def last() -> str:
            try:
                done = mechanism.step(proof)
            except MechanismError as error:
                return str(error)
            assert isinstance(done, Done)
            return done.authcid

        return last

    tries = [
        (outcome(0, "alice", "a"), "alice"),
        (outcome(1, "bob", "b"), "bob"),
        (outcome(1, "alice", "a"), "NTLM: there is no such user"),
        (outcome(0, "bob", "b"), "NTLM: there is no such user"),
        (outcome(0, "same", "1"), "same"),
        (outcome(1, "same", "2"), "same"),
        (outcome(0, "same", "2"), "NTLM: the password is wrong, or the message is malformed"),
        (outcome(1, "same", "1"), "NTLM: the password is wrong, or the message is malformed"),
    ]
    for last, expected in tries:
        assert last() == expected


def test_servers_in_many_threads_do_not_see_each_others_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    start = threading.Barrier(8)
    outcomes: list[tuple[int, str]] = []

    def sign_in(number: int) -> None:
        users = {"same": f"password {number % 4}", f"user{number}": "x"}
        start.wait(10)
        for _ in range(5):
            done = converse(client("same", f"password {number % 4}"), server(users))
            outcomes.append((number, done.authcid))
            for user, password in (("same", f"password {(number + 1) % 4}"), (f"user{(number + 1) % 8}", "x")):
                try:
                    converse(client(user, password), server(users))
                except MechanismError:
                    outcomes.append((number, "refused"))

    threads = [threading.Thread(target=sign_in, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    expected = [(number, what) for number in range(8) for what in ("refused",) * 10 + ("same",) * 5]
    assert sorted(outcomes) == expected
    assert VARIABLE not in os.environ


# ---------------------------------------------------------------- properties

NAME = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters=":\\"), min_size=1, max_size=20
)


@settings(max_examples=25, deadline=None)
@given(
    user=NAME,
    domain=st.none() | NAME,
    password=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)
def test_both_ends_agree(user: str, domain: str | None, password: str) -> None:
    name = user if domain is None else f"{domain}\\{user}"
    assert converse(client(name, password), server({name: password})) == Done(name, None)
    with pytest.raises(MechanismError, match="password is wrong"):
        converse(client(name, password + "!"), server({name: password}))


HEADED = st.tuples(st.integers(0, 4), st.binary(max_size=120)).map(
    lambda parts: b"NTLMSSP\0" + struct.pack("<I", parts[0]) + parts[1]
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    token = bytearray(SPECIFICATION_AUTHENTICATE)
    for at in draw(st.lists(st.integers(12, len(token) - 1), min_size=1, max_size=4)):
        token[at] = draw(st.integers(0, 255))
    return bytes(token[: draw(st.integers(12, len(token)))])


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1) | HEADED | damaged())
def test_garbage_for_the_server_is_a_mechanism_error(octets: bytes) -> None:
    mechanism, _ = challenged({"Domain\\User": "Password", "User": "Password"})
    with pytest.raises(MechanismError):
        mechanism.step(octets)
    fresh = server({})
    try:
        step = fresh.step(octets)
    except MechanismError:
        step = Challenge(b"")
    assert isinstance(step, Challenge)


@st.composite
def damaged_challenge(draw: st.DrawFn) -> bytes:
    token = bytearray(challenged({})[1])
    for at in draw(st.lists(st.integers(12, len(token) - 1), min_size=1, max_size=4)):
        token[at] = draw(st.integers(0, 255))
    return bytes(token[: draw(st.integers(12, len(token)))])


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1) | HEADED | damaged_challenge())
def test_garbage_for_the_client_is_a_mechanism_error(octets: bytes) -> None:
    with pytest.raises(MechanismError):
        client("user", "secret").answer(octets)
    mechanism = client("user", "secret")
    mechanism.answer(b"")
    try:
        answer = mechanism.answer(octets)
    except MechanismError:
        answer = b"NTLMSSP\0\x03"
    assert answer.startswith(b"NTLMSSP\0\x03")
