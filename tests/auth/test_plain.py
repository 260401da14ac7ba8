from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.sasl_pair import converse

from outlookimap.auth import ClientMechanism, Done, ServerMechanism, client_mechanism, server_mechanism
from outlookimap.errors import MechanismError
from outlookimap.wire.secret import Secret

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=300)


def client(user: str, password: str | bytes) -> ClientMechanism:
    return client_mechanism("PLAIN", user=user, password=Secret(password), host="h")


def server(users: dict[str, str] | None = None) -> ServerMechanism:
    known = {user: Secret(password) for user, password in (users or {"tim": "tanstaaftanstaaf"}).items()}
    return server_mechanism("PLAIN", lookup=known.get, host="h")


# RFC 4616, section 4: the user tim with the password tanstaaftanstaaf, and Ursel asked for by Kurt.
TIM = b"\x00tim\x00tanstaaftanstaaf"
KURT = b"Ursel\x00Kurt\x00xipj3plmq"


@pytest.mark.cites("O5:E0001")
def test_rfc_4616_example_from_the_client() -> None:
    mechanism = client("tim", "tanstaaftanstaaf")
    assert mechanism.answer(b"") == TIM
    assert len(TIM) == 21
    mechanism.finish()


@pytest.mark.cites("O5:V0013")
def test_what_is_not_ascii_travels_as_utf_8() -> None:
    assert client("j\u00f6rg", "\u20ac").answer(b"") == b"\x00j\xc3\xb6rg\x00\xe2\x82\xac"


@pytest.mark.parametrize(
    ("message", "done"),
    [
        (TIM, Done("tim", None)),
        (KURT, Done("Kurt", "Ursel")),
        (b"\x00j\xc3\xb6rg\x00\xe2\x82\xac", Done("j\u00f6rg")),
    ],
)
def test_the_server_reads_what_rfc_4616_shows(message: bytes, done: Done) -> None:
    mechanism = server({"tim": "tanstaaftanstaaf", "Kurt": "xipj3plmq", "j\u00f6rg": "\u20ac"})
    assert mechanism.challenge() == b""
    assert mechanism.step(message) == done


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (b"", "0 NULs"),
        (b"tim\x00tanstaaftanstaaf", "1 NULs"),
        (b"\x00tim\x00tanstaaftanstaaf\x00", "3 NULs"),
        (b"\x00\x00tanstaaftanstaaf", "may not be empty"),
        (b"\x00tim\x00", "may not be empty"),
        (b"\x00tim\x00\xff", "password is not UTF-8"),
        (b"\x00\xff\x00x", "user name is not UTF-8"),
        (b"\xff\x00tim\x00tanstaaftanstaaf", "authorization identity is not UTF-8"),
        (b"\x00tim\x00tanstaaftanstaaF", "no such user, or the password is wrong"),
        (b"\x00Tim\x00tanstaaftanstaaf", "no such user, or the password is wrong"),
    ],
)
def test_the_server_refuses(message: bytes, why: str) -> None:
    mechanism = server()
    with pytest.raises(MechanismError, match=why):
        mechanism.step(message)
    with pytest.raises(MechanismError, match="is over"):
        mechanism.step(TIM)


@pytest.mark.parametrize(
    ("user", "password", "why"),
    [
        ("", "p", "user name"),
        ("u", "", "needs a password"),
        ("u\0", "p", "NUL"),
        ("u", "p\0", "NUL"),
        ("u\ud800", "p", "Unicode"),
        ("u", b"\xff", "not UTF-8"),
    ],
)
def test_the_client_refuses_before_anything_is_sent(user: str, password: str | bytes, why: str) -> None:
    with pytest.raises(MechanismError, match=why):
        client(user, password)


def test_the_password_stays_here_when_the_challenge_is_not_empty() -> None:
    mechanism = client("u", "p")
    with pytest.raises(MechanismError, match="not empty"):
        mechanism.answer(b"hello")
    with pytest.raises(MechanismError, match="asks twice"):
        mechanism.answer(b"")
    with pytest.raises(MechanismError, match="before it had an answer"):
        mechanism.finish()


def test_the_client_answers_once() -> None:
    mechanism = client("u", "p")
    mechanism.answer(b"")
    with pytest.raises(MechanismError, match="asks twice"):
        mechanism.answer(b"")


def test_ok_before_the_answer_is_an_error() -> None:
    with pytest.raises(MechanismError, match="before it had an answer"):
        client("u", "p").finish()


@given(user=TEXT, password=TEXT, other=TEXT)
def test_both_ends_agree(user: str, password: str, other: str) -> None:
    known = {user: Secret(password)}
    done = converse(client(user, password), server_mechanism("PLAIN", lookup=known.get, host="h"))
    assert done == Done(user, None)
    assume(other != password)
    with pytest.raises(MechanismError, match="wrong"):
        converse(client(user, other), server_mechanism("PLAIN", lookup=known.get, host="h"))


@given(st.binary(min_size=1) | st.lists(st.binary(max_size=9), min_size=3, max_size=3).map(b"\0".join))
def test_garbage_is_a_mechanism_error(octets: bytes) -> None:
    with pytest.raises(MechanismError):
        server().step(octets)
    with pytest.raises(MechanismError):
        client("u", "p").answer(octets)
