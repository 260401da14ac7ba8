from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from puresasl.client import SASLClient
from support.sasl_pair import converse

from outlookimap.auth import (
    Challenge,
    ClientMechanism,
    Done,
    ServerMechanism,
    client_mechanism,
    server_mechanism,
)
from outlookimap.errors import MechanismError
from outlookimap.wire.secret import Secret

HOST = "elwood.innosoft.com"

# RFC 2831, section 4, typed from the RFC.
IMAP_CHALLENGE = b'realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",qop="auth",algorithm=md5-sess,charset=utf-8'
IMAP_RESPONSE = (
    b'charset=utf-8,username="chris",realm="elwood.innosoft.com",'
    b'nonce="OA6MG9tEQGm2hh",nc=00000001,cnonce="OA6MHXh6VqTrRk",'
    b'digest-uri="imap/elwood.innosoft.com",'
    b"response=d388dad90d4bbd760a152321f2143af7,qop=auth"
)
IMAP_RSPAUTH = b"rspauth=ea40f60335c427b5527b84dbabcdfffd"
IMAP_CHALLENGE_BASE64 = (
    b"cmVhbG09ImVsd29vZC5pbm5vc29mdC5jb20iLG5vbmNlPSJPQTZNRzl0"
    b"RVFHbTJoaCIscW9wPSJhdXRoIixhbGdvcml0aG09bWQ1LXNlc3MsY2hh"
    b"cnNldD11dGYtOA=="
)
IMAP_RESPONSE_BASE64 = (
    b"Y2hhcnNldD11dGYtOCx1c2VybmFtZT0iY2hyaXMiLHJlYWxtPSJlbHdvb2"
    b"QuaW5ub3NvZnQuY29tIixub25jZT0iT0E2TUc5dEVRR20yaGgiLG5jPTAw"
    b"MDAwMDAxLGNub25jZT0iT0E2TUhYaDZWcVRyUmsiLGRpZ2VzdC11cmk9Im"
    b"ltYXAvZWx3b29kLmlubm9zb2Z0LmNvbSIscmVzcG9uc2U9ZDM4OGRhZDkw"
    b"ZDRiYmQ3NjBhMTUyMzIxZjIxNDNhZjcscW9wPWF1dGg="
)
IMAP_RSPAUTH_BASE64 = b"cnNwYXV0aD1lYTQwZjYwMzM1YzQyN2I1NTI3Yjg0ZGJhYmNkZmZmZA=="
ACAP_CHALLENGE = b'realm="elwood.innosoft.com",nonce="OA9BSXrbuRhWay",qop="auth",algorithm=md5-sess,charset=utf-8'
ACAP_RESPONSE = (
    b'charset=utf-8,username="chris",realm="elwood.innosoft.com",'
    b'nonce="OA9BSXrbuRhWay",nc=00000001,cnonce="OA9BSuZWMSpW8m",'
    b'digest-uri="acap/elwood.innosoft.com",'
    b"response=6084c6db3fede7352c551284490fd0fc,qop=auth"
)
ACAP_RSPAUTH = b"rspauth=2f0b3d7c3c2e486600ef710726aa2eae"

VECTORS = pytest.mark.parametrize(
    ("service", "challenge", "response", "rspauth", "nonce", "cnonce"),
    [
        ("imap", IMAP_CHALLENGE, IMAP_RESPONSE, IMAP_RSPAUTH, b"OA6MG9tEQGm2hh", b"OA6MHXh6VqTrRk"),
        ("acap", ACAP_CHALLENGE, ACAP_RESPONSE, ACAP_RSPAUTH, b"OA9BSXrbuRhWay", b"OA9BSuZWMSpW8m"),
    ],
)


def client(
    user: str = "chris",
    password: str = "secret",
    *,
    host: str = HOST,
    service: str = "imap",
    realm: str | None = None,
    cnonce: bytes = b"OA6MHXh6VqTrRk",
) -> ClientMechanism:
    return client_mechanism(
        "DIGEST-MD5",
        user=user,
        password=Secret(password),
        host=host,
        service=service,
        realm=realm,
        nonce=lambda: cnonce,
    )


def server(
    users: dict[str, str] | None = None,
    *,
    realm: str | None = HOST,
    service: str = "imap",
    aliases: tuple[str, ...] = (),
    nonce: bytes = b"OA6MG9tEQGm2hh",
) -> ServerMechanism:
    known = {user: Secret(password) for user, password in (users or {"chris": "secret"}).items()}
    return server_mechanism(
        "DIGEST-MD5",
        lookup=known.get,
        host=HOST,
        realm=realm,
        service=service,
        aliases=aliases,
        nonce=lambda: nonce,
    )


# ---------------------------------------------------------------- the RFC's examples


@VECTORS
@pytest.mark.cites("O5:E0001", "O5:V0030")
def test_rfc_2831_vector_from_the_client(
    service: str, challenge: bytes, response: bytes, rspauth: bytes, nonce: bytes, cnonce: bytes
) -> None:
    mechanism = client(service=service, cnonce=cnonce)
    assert mechanism.answer(challenge) == response
    assert nonce in response
    assert mechanism.answer(rspauth) == b""
    mechanism.finish()


@VECTORS
def test_rfc_2831_vector_from_the_server(
    service: str, challenge: bytes, response: bytes, rspauth: bytes, nonce: bytes, cnonce: bytes
) -> None:
    mechanism = server(service=service, nonce=nonce)
    assert mechanism.challenge() == challenge
    assert mechanism.challenge() == challenge
    assert cnonce in response
    assert mechanism.step(response) == Challenge(rspauth)
    assert mechanism.step(b"") == Done("chris", None)


def test_the_vector_is_the_one_printed_in_base64() -> None:
    assert base64.b64decode(IMAP_CHALLENGE_BASE64) == IMAP_CHALLENGE
    assert base64.b64decode(IMAP_RESPONSE_BASE64) == IMAP_RESPONSE
    assert base64.b64decode(IMAP_RSPAUTH_BASE64) == IMAP_RSPAUTH


# ---------------------------------------------------------------- challenges of real servers, and odd ones

TAIL = b'nonce="OA6MG9tEQGm2hh",algorithm=md5-sess,charset=utf-8'


@pytest.mark.parametrize(
    "challenge",
    [
        pytest.param(
            b'realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",qop="auth",charset="utf-8",algorithm="md5-sess"',
            id="dovecot",
        ),
        pytest.param(
            b'nonce="OA6MG9tEQGm2hh",realm="elwood.innosoft.com",qop="auth,auth-int,auth-conf",'
            b'cipher="rc4-40,rc4-56,rc4,des,3des",maxbuf=4096,charset=utf-8,algorithm=md5-sess',
            id="cyrus",
        ),
        pytest.param(
            b'realm="elwood.innosoft.com", nonce="OA6MG9tEQGm2hh", qop="auth", charset=utf-8, algorithm=md5-sess',
            id="imap4d",
        ),
        pytest.param(b'realm="elwood.innosoft.com",' + TAIL, id="no qop means auth"),
        pytest.param(b'qop="auth-int, AUTH",realm="elwood.innosoft.com",' + TAIL, id="qop in capitals, a space"),
        pytest.param(b'qop="auth-int",qop="auth",realm="elwood.innosoft.com",' + TAIL, id="two qop lists"),
        pytest.param(b'stale=true,maxbuf=x,realm="elwood.innosoft.com",' + TAIL, id="stale and maxbuf mean nothing"),
        pytest.param(b'opaque="x",domain="y",z=1,z=2,realm="elwood.innosoft.com",' + TAIL, id="unknown ones ignored"),
        pytest.param(
            b' ,, \r\n\tREALM\t=\t"elwood.innosoft.com" , ,' + TAIL + b" ,, ", id="null elements, white space"
        ),
        pytest.param(b'realm="elwood\\.innosoft.c\\om",' + TAIL, id="needless escapes"),
        pytest.param(b'realm="elwood.innosoft.com",realm="other",' + TAIL, id="several realms: the first"),
    ],
)
def test_the_same_answer_to_whatever_spelling(challenge: bytes) -> None:
    mechanism = client()
    assert mechanism.answer(challenge) == IMAP_RESPONSE
    assert mechanism.answer(b' rspauth = "ea40f60335c427b5527b84dbabcdfffd" ,') == b""
    mechanism.finish()


def realm_of(response: bytes) -> bytes | None:
    _, found, rest = response.partition(b'realm="')
    return rest.partition(b'"')[0] if found else None


@pytest.mark.parametrize(
    ("user", "asked", "offered", "realm"),
    [
        ("u", None, b"", None),
        ("u", None, b'realm="",', b""),
        ("u", None, b'realm="a",realm="b",', b"a"),
        ("u@b", None, b'realm="a",realm="B",', b"B"),
        ("u@c", None, b'realm="a",realm="b",', b"a"),
        ("b", None, b'realm="a",realm="b",', b"b"),
        ("u", "b", b'realm="a",realm="b",', b"b"),
        ("u", "b", b"", b"b"),
        ("u", "", b'realm="",', b""),
        ("u", "\u00e9", b'realm="\xc3\xa9",', b"\xc3\xa9"),
    ],
)
def test_which_realm(user: str, asked: str | None, offered: bytes, realm: bytes | None) -> None:
    assert realm_of(client(user, realm=asked).answer(offered + TAIL)) == realm


def test_a_realm_that_is_not_offered_is_an_error() -> None:
    with pytest.raises(MechanismError, match="does not offer the realm 'c'"):
        client(realm="c").answer(b'realm="a",realm="b",' + TAIL)


@pytest.mark.parametrize(
    ("challenge", "why"),
    [
        (b"", "empty"),
        (b" , ,", "empty"),
        (b"hello", "octet 0"),
        (b'nonce="a",b', "octet 10"),
        (b'nonce="a', "octet 0"),
        (b'nonce="a" b="c"', "octet 0"),
        (b"nonce=", "octet 0"),
        (b"n\xc3\xa9=1", "octet 0"),
        (b"algorithm=md5-sess", "lacks nonce"),
        (b'nonce="a",' + TAIL, "2 nonce"),
        (b'nonce="a",charset=utf-8', "lacks algorithm"),
        (b"algorithm=md5-sess," + TAIL, "2 algorithm"),
        (b'nonce="a",algorithm=md5', "not md5-sess"),
        (b"charset=utf-8," + TAIL, "2 charset"),
        (b'nonce="a",algorithm=md5-sess,charset=utf-16', "charset can only be"),
        (b"stale=true,stale=true," + TAIL, "2 stale"),
        (b"maxbuf=1,maxbuf=1," + TAIL, "2 maxbuf"),
        (b'qop="",' + TAIL, "security layer"),
        (b'qop="auth-int,auth-conf",' + TAIL, "security layer"),
        (b'nonce="a\0b",algorithm=md5-sess', "control character"),
        (b'realm="a\nb",' + TAIL, "control character"),
        (b"x=" + b"y" * 2046, "2048 octets"),
        (IMAP_RSPAUTH, "lacks nonce"),
    ],
)
def test_challenges_that_are_refused(challenge: bytes, why: str) -> None:
    mechanism = client()
    with pytest.raises(MechanismError, match=why):
        mechanism.answer(challenge)
    with pytest.raises(MechanismError, match="more than two"):
        mechanism.answer(IMAP_CHALLENGE)
    with pytest.raises(MechanismError, match="without its proof"):
        mechanism.finish()


@pytest.mark.cites("O5:V0030")
def test_a_server_that_insists_on_a_security_layer_is_left_by_its_statement() -> None:
    with pytest.raises(MechanismError) as caught:
        client().answer(b'qop="auth-conf",' + TAIL)
    assert caught.value.statements == ("O5:V0030",)


def test_a_challenge_just_short_enough_is_read() -> None:
    padded = IMAP_CHALLENGE + b",x=" + b"y" * (2047 - len(IMAP_CHALLENGE) - 3)
    assert len(padded) == 2047
    assert client().answer(padded) == IMAP_RESPONSE


def test_a_response_may_not_grow_to_the_limit() -> None:
    with pytest.raises(MechanismError, match="fewer than 4096"):
        client("u" * 4000).answer(TAIL)


@pytest.mark.parametrize(
    ("last", "why"),
    [
        (b"", "empty"),
        (b"rspauth=ea40f60335c427b5527b84dbabcdfffe", "does not know the password"),
        (b"rspauth=EA40F60335C427B5527B84DBABCDFFFD", "does not know the password"),
        (b'rspauth="\xc3\xa9"', "does not know the password"),
        (b"x=y", "lacks rspauth"),
        (IMAP_CHALLENGE, "lacks rspauth"),
        (IMAP_RSPAUTH + b"," + IMAP_RSPAUTH, "2 rspauth"),
        (IMAP_RSPAUTH + b",x=" + b"y" * 2048, "fewer than 2048"),
    ],
)
def test_a_server_without_the_right_proof_is_refused(last: bytes, why: str) -> None:
    mechanism = client()
    mechanism.answer(IMAP_CHALLENGE)
    with pytest.raises(MechanismError, match=why):
        mechanism.answer(last)
    with pytest.raises(MechanismError, match="without its proof"):
        mechanism.finish()


def test_ok_before_rspauth_is_an_error() -> None:
    mechanism = client()
    with pytest.raises(MechanismError, match="without its proof"):
        mechanism.finish()
    mechanism.answer(IMAP_CHALLENGE)
    with pytest.raises(MechanismError, match="without its proof"):
        mechanism.finish()


def test_a_third_challenge_is_an_error() -> None:
    mechanism = client()
    mechanism.answer(IMAP_CHALLENGE)
    mechanism.answer(IMAP_RSPAUTH)
    with pytest.raises(MechanismError, match="more than two"):
        mechanism.answer(IMAP_RSPAUTH)
    with pytest.raises(MechanismError, match="without its proof"):
        mechanism.finish()


@pytest.mark.parametrize(
    ("user", "host", "realm", "why"),
    [
        ("", HOST, None, "user name"),
        ("\ud800", HOST, None, "user name"),
        ("a\nb", HOST, None, "control character"),
        ("u", "", None, "host must be printable ASCII"),
        ("u", "b\u00fccher.example", None, "host must be printable ASCII"),
        ("u", "\u4e2d", None, "host must be printable ASCII"),
        ("u", "a\nb", None, "host must be printable ASCII"),
        ("u", HOST, "\ud800", "realm"),
        ("u", HOST, "a\0", "control character"),
    ],
)
def test_the_client_refuses_before_anything_is_sent(user: str, host: str, realm: str | None, why: str) -> None:
    with pytest.raises(MechanismError, match=why):
        client(user, host=host, realm=realm)


# ---------------------------------------------------------------- character sets (2.1.2.1)


def proof(user: bytes, realm: bytes, password: bytes, *, authzid: bytes = b"") -> bytes:
    """Return response-value, spelt out from RFC 2831 2.1.2.1 for the nonces of its example."""
    secret = hashlib.md5(user + b":" + realm + b":" + password).digest()
    ha1 = hashlib.md5(secret + b":OA6MG9tEQGm2hh:OA6MHXh6VqTrRk" + authzid).hexdigest()
    ha2 = hashlib.md5(b"AUTHENTICATE:imap/elwood.innosoft.com").hexdigest()
    terms = f"{ha1}:OA6MG9tEQGm2hh:00000001:OA6MHXh6VqTrRk:auth:{ha2}"
    return b"response=" + hashlib.md5(terms.encode()).hexdigest().encode()


@pytest.mark.cites("O5:V0013")
@pytest.mark.parametrize(
    ("user", "password", "utf8", "sent", "hashed_user", "hashed_password"),
    [
        ("j\u00f6rg", "secret", True, b"j\xc3\xb6rg", b"j\xf6rg", b"secret"),
        ("j\u00f6rg", "\u20ac", True, b"j\xc3\xb6rg", b"j\xf6rg", b"\xe2\x82\xac"),
        ("\u0142uk", "p\u00e4ss", True, b"\xc5\x82uk", b"\xc5\x82uk", b"p\xe4ss"),
        ("j\u00f6rg", "p\u00e4ss", False, b"j\xf6rg", b"j\xf6rg", b"p\xe4ss"),
        ('DOM\\a"b', "x", True, b'DOM\\\\a\\"b', b'DOM\\a"b', b"x"),
        ("user@example.com", "x", False, b"user@example.com", b"user@example.com", b"x"),
    ],
)
def test_what_is_sent_and_what_is_hashed(
    user: str, password: str, utf8: bool, sent: bytes, hashed_user: bytes, hashed_password: bytes
) -> None:
    charset = b"charset=utf-8," if utf8 else b""
    answer = client(user, password).answer(b'realm="r",nonce="OA6MG9tEQGm2hh",' + charset + b"algorithm=md5-sess")
    assert answer.startswith(charset + b'username="' + sent + b'",realm="r",')
    expected = proof(hashed_user, b"r", hashed_password)
    assert expected in answer
    mechanism = server({user: password}, realm="r")
    assert isinstance(mechanism.step(answer), Challenge)
    assert mechanism.step(b"") == Done(user)


@pytest.mark.parametrize(
    ("user", "password", "realm", "what"),
    [("\u0142", "x", None, "user name"), ("x", "\u0142", None, "password"), ("x", "x", "\u0142", "realm")],
)
def test_without_utf_8_the_rest_of_unicode_cannot_be_said(
    user: str, password: str, realm: str | None, what: str
) -> None:
    with pytest.raises(MechanismError, match=f"the {what} must be ISO 8859-1") as caught:
        client(user, password, realm=realm).answer(b'nonce="a",algorithm=md5-sess')
    assert caught.value.__context__ is None
    assert "\u0142" not in str(caught.value)


# ---------------------------------------------------------------- the server


def changed(old: bytes, new: bytes) -> bytes:
    assert old in IMAP_RESPONSE
    return IMAP_RESPONSE.replace(old, new)


@pytest.mark.parametrize(
    ("response", "why"),
    [
        (b"", "empty"),
        (b"\xff", "octet 0"),
        (changed(b'username="chris",', b""), "lacks username"),
        (changed(b"username=", b'username="x",username='), "2 username"),
        (changed(b'realm="elwood.innosoft.com"', b'realm="elsewhere"'), "realm is not the one"),
        (changed(b'realm="elwood.innosoft.com",', b""), "realm is not the one"),
        (changed(b"realm=", b'realm="x",realm='), "2 realm"),
        (changed(b"OA6MG9tEQGm2hh", b"OA6MG9tEQGm2hi"), "nonce is not the one"),
        (changed(b"OA6MG9tEQGm2hh", b"\xc3\xa9"), "nonce is not the one"),
        (changed(b"nonce=", b'Nonce="x",nonce='), "3 nonce"),
        (changed(b'cnonce="OA6MHXh6VqTrRk",', b""), "lacks cnonce"),
        (changed(b"nc=00000001,", b""), "lacks nc"),
        (changed(b"nc=00000001", b"nc=00000002"), "nc must be"),
        (changed(b"nc=00000001", b"nc=1"), "nc must be"),
        (changed(b"qop=auth", b"qop=auth-int"), "security layer"),
        (changed(b"qop=auth", b"qop=auth,qop=auth"), "2 qop"),
        (changed(b"charset=utf-8", b"charset=latin1"), "charset can only be"),
        (changed(b"charset=utf-8", b"maxbuf=1,maxbuf=1"), "2 maxbuf"),
        (changed(b"imap/", b"smtp/"), "digest-uri must be imap/elwood"),
        (changed(b"imap/elwood.innosoft.com", b"imap"), "digest-uri must be"),
        (changed(b"imap/elwood.innosoft.com", b"imap/a/b/c"), "digest-uri must be"),
        (changed(b"imap/elwood.innosoft.com", b"imap/jake.innosoft.com"), "another host"),
        (changed(b"imap/elwood.innosoft.com", b"imap/elwood.innosoft.com/b"), "another host"),
        (changed(b"chris", b"\xff"), "user name is not UTF-8"),
        (changed(b"chris", b"khris"), "no such user, or the password is wrong"),
        (changed(b"d388dad9", b"d388dad8"), "no such user, or the password is wrong"),
        (changed(b"d388dad9", b"D388DAD9"), "no such user, or the password is wrong"),
        (changed(b"d388dad90d4bbd760a152321f2143af7", b'"\xc3\xa9"'), "no such user, or the password is wrong"),
        (changed(b"qop=auth", b'qop=auth,authzid="x"'), "no such user, or the password is wrong"),
        (changed(b"qop=auth", b"qop=auth,x=" + b"y" * 4096), "fewer than 4096"),
    ],
)
def test_responses_that_are_refused(response: bytes, why: str) -> None:
    mechanism = server()
    with pytest.raises(MechanismError, match=why):
        mechanism.step(response)
    with pytest.raises(MechanismError, match="is over"):
        mechanism.step(IMAP_RESPONSE)


@pytest.mark.parametrize(
    "response",
    [
        changed(b",qop=auth", b""),
        changed(b"charset=utf-8,", b"maxbuf=65536 , "),
        changed(b'"chris"', b'"ch\\ris"'),
        changed(b"qop=auth", b'cipher="rc4",auth-param=x,qop="auth"'),
    ],
)
def test_other_spellings_of_the_same_response(response: bytes) -> None:
    assert server().step(response) == Challenge(IMAP_RSPAUTH)


def test_the_answer_to_rspauth_is_empty_and_last() -> None:
    mechanism = server()
    mechanism.step(IMAP_RESPONSE)
    with pytest.raises(MechanismError, match="must be empty"):
        mechanism.step(b"x")
    with pytest.raises(MechanismError, match="is over"):
        mechanism.step(b"")


@pytest.mark.parametrize(
    ("host", "aliases"),
    [("elwood.innosoft.COM", ()), ("localhost", ("127.0.0.1", "localhost")), ("::1", ("::1",))],
)
def test_the_names_of_the_host(host: str, aliases: tuple[str, ...]) -> None:
    assert converse(client(host=host), server(aliases=aliases)) == Done("chris")


def test_a_server_name_after_the_host_must_be_known() -> None:
    uri = b"imap/elwood.innosoft.com/innosoft.com"
    ha1 = hashlib.md5(
        hashlib.md5(b"chris:elwood.innosoft.com:secret").digest() + b":OA6MG9tEQGm2hh:OA6MHXh6VqTrRk"
    ).hexdigest()
    ha2 = hashlib.md5(b"AUTHENTICATE:" + uri).hexdigest()
    value = hashlib.md5(f"{ha1}:OA6MG9tEQGm2hh:00000001:OA6MHXh6VqTrRk:auth:{ha2}".encode()).hexdigest()
    response = changed(b"imap/elwood.innosoft.com", uri).replace(b"d388dad90d4bbd760a152321f2143af7", value.encode())
    assert isinstance(server(aliases=("innosoft.com",)).step(response), Challenge)


@pytest.mark.parametrize(("authzid", "acting"), [(b"boss", "boss"), (b"", None), (b"b\xc3\xb6ss", "b\u00f6ss")])
def test_an_authorization_identity_is_hashed_and_handed_on(authzid: bytes, acting: str | None) -> None:
    value = proof(b"chris", HOST.encode(), b"secret", authzid=b":" + authzid)
    response = changed(b"response=d388dad90d4bbd760a152321f2143af7", b'authzid="' + authzid + b'",' + value)
    mechanism = server()
    mechanism.step(response)
    assert mechanism.step(b"") == Done("chris", acting)


def test_an_authorization_identity_is_utf_8() -> None:
    value = proof(b"chris", HOST.encode(), b"secret", authzid=b":\xff")
    response = changed(b"response=d388dad90d4bbd760a152321f2143af7", b'authzid="\xff",' + value)
    with pytest.raises(MechanismError, match="authorization identity is not UTF-8"):
        server().step(response)


def test_a_server_without_a_realm_takes_the_clients() -> None:
    assert b"realm" not in server(realm=None).challenge()
    assert converse(client(realm="mine"), server(realm=None)) == Done("chris")
    assert converse(client(), server(realm=None)) == Done("chris")


def test_an_empty_realm_cannot_be_offered_nor_a_long_or_foreign_one() -> None:
    for realm in ("", "b\u00fccher", "\u4e2d", "a\nb"):
        with pytest.raises(MechanismError, match="realm must be printable ASCII"):
            server(realm=realm)
    with pytest.raises(MechanismError, match="too long"):
        server(realm="r" * 2000).challenge()


# ---------------------------------------------------------------- another implementation


@pytest.mark.parametrize(("user", "password"), [("chris", "secret"), ("user@example.com", 'p"a\\s:s, w')])
def test_another_implementations_answer_is_accepted_and_equals_ours(user: str, password: str) -> None:
    oracle = SASLClient(HOST, "imap", mechanism="DIGEST-MD5", username=user, password=password)
    mechanism = server({user: password})
    theirs = oracle.process(mechanism.challenge())
    cnonce = theirs.partition(b'cnonce="')[2].partition(b'"')[0]
    ours = client(user, password, cnonce=cnonce).answer(IMAP_CHALLENGE)
    for directive in (b"response=", b"nc=", b"digest-uri=", b"username=", b"realm="):
        assert directive + value_of(theirs, directive) == directive + value_of(ours, directive)
    step = mechanism.step(theirs)
    assert isinstance(step, Challenge)
    oracle.process(step.data)
    assert oracle.complete
    assert mechanism.step(b"") == Done(user)


def value_of(response: bytes, directive: bytes) -> bytes:
    rest = (b"," + response).partition(b"," + directive)[2]
    assert rest
    return rest.partition(b"," if not rest.startswith(b'"') else b'",')[0]


# ---------------------------------------------------------------- properties

UNICODE = st.characters(exclude_categories=["Cs"])
USER = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)


@given(user=USER, password=st.text(UNICODE, max_size=40), other=st.text(UNICODE, max_size=40))
@example(user="u", password="\u00e9", other="\u00c3\u00a9")
def test_both_ends_agree(user: str, password: str, other: str) -> None:
    assert converse(client(user, password), server({user: password})) == Done(user, None)
    assume(password != other)
    # RFC 2831 hashes an all-Latin-1 password as ISO 8859-1: two passwords can share their octets.
    assume(_octets(password) != _octets(other))
    with pytest.raises(MechanismError, match="wrong"):
        converse(client(user, other), server({user: password}))


def _octets(password: str) -> bytes:
    return password.encode("latin-1") if max(password, default="") < "\u0100" else password.encode()


NAMES = (
    *("nonce", "realm", "qop", "algorithm", "charset", "stale", "maxbuf", "username"),
    *("cnonce", "nc", "digest-uri", "response", "authzid", "rspauth"),
)
DIRECTIVE = st.tuples(
    st.sampled_from(NAMES),
    st.sampled_from([b'"%b"', b"%b", b'"%b', b' "%b" ']),
    st.sampled_from([b"OA6MG9tEQGm2hh", b"auth", b"md5-sess", b"utf-8", b"00000001", b"imap/" + HOST.encode()])
    | st.binary(max_size=9),
).map(lambda parts: parts[0].encode() + b"=" + parts[1] % parts[2])


@given(st.binary(max_size=60) | st.lists(DIRECTIVE, max_size=9).map(b",".join))
def test_garbage_is_a_mechanism_error(octets: bytes) -> None:
    with pytest.raises(MechanismError):
        server().step(octets)
    mechanism = client()
    try:
        answer = mechanism.answer(octets)
    except MechanismError:
        answer = b""
    assert answer == b"" or (b"nonce" in octets.lower() and b"md5-sess" in octets.lower())
    proved = client()
    proved.answer(IMAP_CHALLENGE)
    with pytest.raises(MechanismError):
        proved.answer(octets)
