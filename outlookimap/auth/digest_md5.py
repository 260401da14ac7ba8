"""DIGEST-MD5 (RFC 2831), both ends: initial authentication with qop=auth, and the server's proof verified.

Which directives mean what is here; how they are spelt is in `digest_syntax`, what is hashed in `digest_proof`.
"""

from __future__ import annotations

import enum
import hmac

from outlookimap.auth.digest_proof import NONCE_COUNT, QOP, Terms, hashed
from outlookimap.auth.digest_syntax import CHALLENGE_LIMIT, RESPONSE_LIMIT, Directives, quoted, words
from outlookimap.auth.mechanism import (
    Challenge,
    ClientSetup,
    Done,
    ServerSetup,
    Step,
    latin1_or_none,
    password_text,
    received_text,
    text_octets,
)
from outlookimap.errors import MechanismError, ServerUnproven

NAME = "DIGEST-MD5"


class _State(enum.Enum):
    START = enum.auto()
    PROVED = enum.auto()  # the client's proof is out (client), or found right (server)
    VERIFIED = enum.auto()
    OVER = enum.auto()


class DigestMd5Client:
    """Answers a digest-challenge, verifies the server's rspauth, and answers that with an empty line.

    Statements: O5:E0001, O5:V0013, O5:V0030
    """

    __slots__ = ("_setup", "_state", "_terms", "_uri")

    name = NAME

    def __init__(self, setup: ClientSetup) -> None:
        """Raise `MechanismError` when a name cannot be sent, or the password is no text."""
        self._setup = setup
        quoted(text_octets(setup.user, "user name", NAME), "user name")
        if setup.realm:
            quoted(text_octets(setup.realm, "realm", NAME), "realm")
        password_text(setup.password, NAME)
        self._uri = _ascii(setup.service, "service") + b"/" + _ascii(setup.host, "host")
        self._terms: Terms | None = None
        self._state = _State.START

    def answer(self, challenge: bytes) -> bytes:
        """Return the digest-response, then the empty answer to a right rspauth; else raise `MechanismError`.

        Where it is the server's proof that is missing or wrong, that is `ServerUnproven`.
        """
        state, self._state = self._state, _State.OVER
        if state is _State.START:
            answer = self._prove(Directives(challenge, what="challenge", limit=CHALLENGE_LIMIT))
            self._state = _State.PROVED
            return answer
        if state is _State.PROVED and self._terms is not None:
            self._verify(challenge, self._terms)
            self._state = _State.VERIFIED
            return b""
        raise MechanismError("DIGEST-MD5: the server asks for more than two challenges allow: cancel")

    def finish(self) -> None:
        """Raise `ServerUnproven` when the server said OK without having proved that it knows the password."""
        if self._state is not _State.VERIFIED:
            raise ServerUnproven("DIGEST-MD5: the server ended without its proof (rspauth): do not trust it")

    def _verify(self, challenge: bytes, terms: Terms) -> None:
        try:
            proof = Directives(challenge, what="last challenge", limit=CHALLENGE_LIMIT).required("rspauth")
        except MechanismError as error:
            raise ServerUnproven(str(error)) from error
        if not hmac.compare_digest(terms.rspauth(self._setup.password), proof):
            raise ServerUnproven("DIGEST-MD5: the server does not know the password: do not trust it")

    def _prove(self, challenge: Directives) -> bytes:
        nonce = challenge.required("nonce")
        utf8 = _says_utf8(challenge)
        if challenge.required("algorithm").lower() != b"md5-sess":
            raise MechanismError("DIGEST-MD5: the server's algorithm is not md5-sess: use another mechanism")
        for once in ("stale", "maxbuf"):  # mean nothing here, yet RFC 2831 aborts on a second one
            challenge.optional(once)
        offered = challenge.each("qop")
        if offered and QOP not in words(offered):
            raise MechanismError(
                "DIGEST-MD5: the server insists on a security layer (qop without auth): use another mechanism",
                statements=("O5:V0030",),
            )
        realm = self._realm(challenge.each("realm"), utf8=utf8)
        self._terms = Terms(
            username=self._setup.user,
            realm=realm or b"",
            nonce=nonce,
            cnonce=self._setup.nonce(),
            digest_uri=self._uri,
            utf8=utf8,
        )
        return self._response(self._terms, realm)

    def _realm(self, offered: list[bytes], *, utf8: bool) -> bytes | None:
        """Return the realm to answer with: the one asked for, the user's domain, or the first."""
        asked = self._setup.realm
        if asked is not None:
            wanted = _sent(asked, "realm", utf8=utf8)
            if offered and wanted not in offered:
                raise MechanismError(f"DIGEST-MD5: the server does not offer the realm {asked!r}: ask for another")
            return wanted
        domain = self._setup.user.rpartition("@")[2].lower().encode()
        fitting = [realm for realm in offered if realm.lower() == domain]
        return next(iter(fitting + offered), None)

    def _response(self, terms: Terms, realm: bytes | None) -> bytes:
        directives = [b"charset=utf-8"] if terms.utf8 else []
        directives.append(b"username=" + quoted(_sent(terms.username, "user name", utf8=terms.utf8), "user name"))
        if realm is not None:
            directives.append(b"realm=" + quoted(realm, "realm"))
        directives += (
            b"nonce=" + quoted(terms.nonce, "server's nonce"),
            b"nc=" + NONCE_COUNT,
            b"cnonce=" + quoted(terms.cnonce, "client's nonce"),
            b"digest-uri=" + quoted(terms.digest_uri, "host"),
            b"response=" + terms.response(self._setup.password),
            b"qop=" + QOP,
        )
        response = b",".join(directives)
        if len(response) >= RESPONSE_LIMIT:
            raise MechanismError(
                f"DIGEST-MD5: the response would have {len(response)} octets, RFC 2831 allows fewer than "
                f"{RESPONSE_LIMIT}: use another mechanism"
            )
        return response


class DigestMd5Server:
    """Issues a challenge, checks the client's proof in constant time, and answers with its own (RFC 2831, 2.1).

    Each object issues one nonce, good for one response; subsequent authentication (2.2) is not offered.
    """

    __slots__ = ("_done", "_names", "_nonce", "_realm", "_setup", "_state")

    name = NAME

    def __init__(self, setup: ServerSetup) -> None:
        """Raise `MechanismError` when realm or a name of the host is not printable ASCII."""
        self._setup = setup
        self._realm = None if setup.realm is None else _ascii(setup.realm, "realm")
        self._names = {_ascii(host, "host").lower() for host in (setup.host, *setup.aliases)}
        self._nonce = setup.nonce()
        self._state = _State.START
        self._done: Done | None = None

    def challenge(self) -> bytes:
        """Return the digest-challenge; raise `MechanismError` when the realm makes it too long."""
        realm = [] if self._realm is None else [b"realm=" + quoted(self._realm, "realm")]
        nonce = b"nonce=" + quoted(self._nonce, "nonce")
        challenge = b",".join((*realm, nonce, b'qop="auth"', b"algorithm=md5-sess", b"charset=utf-8"))
        if len(challenge) >= CHALLENGE_LIMIT:
            raise MechanismError("DIGEST-MD5: the realm is too long for a challenge: shorten it")
        return challenge

    def step(self, response: bytes) -> Step:
        """Return rspauth for a right proof, then who signed in; raise `MechanismError` for anything else."""
        state, self._state = self._state, _State.OVER
        if state is _State.START:
            rspauth = self._verify(Directives(response, what="response", limit=RESPONSE_LIMIT))
            self._state = _State.PROVED
            return Challenge(b"rspauth=" + rspauth)
        if state is _State.PROVED and self._done is not None:
            if response:
                raise MechanismError("DIGEST-MD5: the answer to rspauth must be empty")
            return self._done
        raise MechanismError("DIGEST-MD5: this sign-in is over: start another")

    def _verify(self, response: Directives) -> bytes:
        utf8 = _says_utf8(response)
        response.optional("maxbuf")
        if (response.optional("qop") or QOP) != QOP:
            raise MechanismError("DIGEST-MD5: the client wants a security layer, which was not offered")
        if not hmac.compare_digest(response.required("nonce"), self._nonce):
            raise MechanismError("DIGEST-MD5: the nonce is not the one of this challenge")
        if response.required("nc") != NONCE_COUNT:
            raise MechanismError("DIGEST-MD5: nc must be 00000001")
        realm = response.optional("realm")
        if self._realm is not None and realm != self._realm:
            raise MechanismError("DIGEST-MD5: the realm is not the one offered")
        octets = response.required("username")
        username = received_text(octets, "user name", NAME) if utf8 else octets.decode("iso-8859-1")
        authzid = response.optional("authzid")
        terms = Terms(
            username=username,
            realm=realm or b"",
            nonce=self._nonce,
            cnonce=response.required("cnonce"),
            digest_uri=self._uri(response.required("digest-uri")),
            utf8=utf8,
            authzid=authzid,
        )
        password = self._setup.lookup(username)
        proof = response.required("response")
        if password is None or not hmac.compare_digest(terms.response(password), proof):
            raise MechanismError("DIGEST-MD5: there is no such user, or the password is wrong")
        acting = received_text(authzid or b"", "authorization identity", NAME)
        self._done = Done(username, acting or None)
        return terms.rspauth(password)

    def _uri(self, uri: bytes) -> bytes:
        service, *hosts = uri.lower().split(b"/")
        if service != self._setup.service.lower().encode() or len(hosts) not in (1, 2):
            raise MechanismError(f"DIGEST-MD5: digest-uri must be {self._setup.service}/{self._setup.host}")
        if not self._names.issuperset(hosts):
            raise MechanismError("DIGEST-MD5: digest-uri names another host: add it to the aliases if it is this one")
        return uri


def _says_utf8(directives: Directives) -> bool:
    charset = directives.optional("charset")
    if charset is not None and charset.lower() != b"utf-8":
        raise MechanismError("DIGEST-MD5: charset can only be utf-8: use another mechanism")
    return charset is not None


def _sent(text: str, what: str, *, utf8: bool) -> bytes:
    """Return `text` as it is sent, which is not always as it is hashed."""
    return text.encode() if utf8 else hashed(text, what, utf8=False)


def _ascii(text: str, what: str) -> bytes:
    octets = latin1_or_none(text)
    if octets is None or not octets or not octets.isascii() or not text.isprintable():
        raise MechanismError(f"DIGEST-MD5: the {what} must be printable ASCII: {text!r} is not")
    return octets
