from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sasl_pair import converse

from outlookimap.auth import MECHANISMS, Challenge, choose, client_mechanism, fresh_nonce, server_mechanism
from outlookimap.auth.mechanism import ServerSetup
from outlookimap.errors import MechanismError
from outlookimap.wire.secret import Secret

ORDER = ("NTLM", "DIGEST-MD5", "PLAIN", "LOGIN")


@pytest.mark.cites("O5:E0001")
def test_the_three_mechanisms_are_known_in_order() -> None:
    assert list(MECHANISMS) == ["NTLM", "DIGEST-MD5", "PLAIN"]
    assert [row.plaintext for row in MECHANISMS.values()] == [False, False, True]


@pytest.mark.cites("O5:V0032")
@pytest.mark.parametrize(
    ("advertised", "order", "chosen"),
    [
        ([], ORDER, []),
        (["PLAIN", "NTLM"], ORDER, ["NTLM", "PLAIN"]),
        (["plain", "Digest-MD5"], ORDER, ["DIGEST-MD5", "PLAIN"]),
        ([" DIGEST-MD5"], ORDER, ["DIGEST-MD5"]),
        (["GSSAPI", "CRAM-MD5", "ANONYMOUS", "EXTERNAL", "LOGIN", "XOAUTH2"], ORDER, []),
        (["NTLM", "DIGEST-MD5", "PLAIN"], ("plain", "ntlm"), ["PLAIN", "NTLM"]),
        (["NTLM", "NTLM"], ("NTLM", "ntlm"), ["NTLM"]),
        (["ANONYMOUS"], ("ANONYMOUS",), []),
        (["NTLM"], (), []),
    ],
)
def test_choose(advertised: list[str], order: tuple[str, ...], chosen: list[str]) -> None:
    assert choose(advertised, order) == chosen


@pytest.mark.cites("O5:V0029")
def test_anonymous_is_refused_by_its_statement() -> None:
    with pytest.raises(MechanismError, match="ANONYMOUS") as caught:
        client_mechanism("ANONYMOUS", user="u", password=Secret("p"), host="h")
    assert caught.value.statements == ("O5:V0029",)


@pytest.mark.parametrize("name", ["", "LOGIN", "GSSAPI", "NTLM2"])
def test_an_unknown_name_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(MechanismError, match="NTLM, DIGEST-MD5, PLAIN") as caught:
        server_mechanism(name, lookup=lambda _: None, host="h")
    assert caught.value.statements == ()


@pytest.mark.parametrize("name", ["ntlm", " Digest-md5", "PLAIN"])
def test_names_are_case_insensitive_and_both_ends_carry_them(name: str) -> None:
    client = client_mechanism(name, user="u", password=Secret("p"), host="h")
    server = server_mechanism(name, lookup={"u": Secret("p")}.get, host="h")
    assert client.name == server.name == name.strip().upper()
    assert converse(client, server).authcid == "u"


def test_nonces_differ_and_have_128_bits() -> None:
    nonces = {fresh_nonce() for _ in range(100)}
    assert len(nonces) == 100
    assert all(len(nonce) == 32 and nonce.isalnum() for nonce in nonces)


@given(user=st.text(max_size=20), password=st.binary(max_size=20), name=st.sampled_from(list(MECHANISMS)))
def test_a_mechanism_is_made_or_refused(user: str, password: bytes, name: str) -> None:
    refusal: MechanismError | None = None
    try:
        client_mechanism(name, user=user, password=Secret(password), host="h")
    except MechanismError as error:
        refusal = error
    if refusal is None:
        assert user
        assert password.decode() is not None
    else:
        assert refusal.__context__ is None


PLANTED = "pLaNtEd-\u00e9\u20ac"


def _traces(error: BaseException | None) -> str:
    shown = ""
    while error is not None:
        shown += f"{error!s} {error!r} {error.args!r} "
        error = error.__cause__ or error.__context__
    return shown


@pytest.mark.parametrize("name", list(MECHANISMS))
def test_nothing_shows_the_password(name: str) -> None:
    secret = Secret(PLANTED)
    client = client_mechanism(name, user="user", password=secret, host="host")
    server = server_mechanism(name, lookup={"user": secret}.get, host="host")
    shown = repr(client) + str(client) + repr(server) + str(server)
    answer = client.answer(server.challenge())
    step = server.step(answer)
    while isinstance(step, Challenge):
        shown += repr(step)
        answer = client.answer(step.data)
        step = server.step(answer)
    shown += repr(client) + repr(server) + repr(step)
    for misuse in (client.answer, server.step):
        with pytest.raises(MechanismError) as caught:
            misuse(answer)
        shown += _traces(caught.value)
    wrong = server_mechanism(name, lookup={"user": Secret(PLANTED + "!")}.get, host="host")
    with pytest.raises(MechanismError) as caught:
        converse(client_mechanism(name, user="user", password=secret, host="host"), wrong)
    shown += _traces(caught.value)
    assert "pLaNtEd" not in shown
    assert PLANTED.encode().hex() not in shown


@pytest.mark.parametrize("name", list(MECHANISMS))
def test_a_password_that_is_no_text_is_refused_unseen(name: str) -> None:
    with pytest.raises(MechanismError, match="password is not UTF-8") as caught:
        client_mechanism(name, user="user", password=Secret(b"pLaNtEd\xff"), host="host")
    assert "pLaNtEd" not in _traces(caught.value)
    server = server_mechanism(name, lookup={"user": Secret(b"pLaNtEd\xff")}.get, host="host")
    with pytest.raises(MechanismError) as caught:
        converse(client_mechanism(name, user="user", password=Secret("other"), host="host"), server)
    assert "pLaNtEd" not in _traces(caught.value)


def test_setup_shows_neither_password_nor_lookup() -> None:
    assert "lookup" not in repr(ServerSetup(lookup={"u": Secret("p")}.get, host="h"))
