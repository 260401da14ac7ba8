"""The arithmetic of DIGEST-MD5 (RFC 2831, 2.1.2.1): what is hashed to prove a password, for both ends.

Quality of protection is always `auth`. Knows nothing of messages.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from outlookimap.auth.mechanism import latin1_or_none, password_text
from outlookimap.errors import MechanismError
from outlookimap.wire.secret import Secret

NONCE_COUNT = b"00000001"
"""The only count of initial authentication (RFC 2831, 2.1.3); subsequent authentication is not offered."""
QOP = b"auth"
"""Authentication without a security layer.

Statements: O5:V0030
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """What both ends know when a proof is made; `utf8` says whether the client declared charset=utf-8."""

    username: str
    realm: bytes
    nonce: bytes
    cnonce: bytes
    digest_uri: bytes
    utf8: bool
    authzid: bytes | None = None

    def response(self, password: Secret) -> bytes:
        """Return the client's response-value, 32 hexadecimal digits; raise `MechanismError` as `hashed`."""
        return self._value(password, b"AUTHENTICATE:")

    def rspauth(self, password: Secret) -> bytes:
        """Return the server's response-value (RFC 2831, 2.1.3); raise `MechanismError` as `hashed`."""
        return self._value(password, b":")

    def _value(self, password: Secret, method: bytes) -> bytes:
        user = hashed(self.username, "user name", utf8=self.utf8)
        passwd = hashed(password_text(password, "DIGEST-MD5"), "password", utf8=self.utf8)
        a1 = [_md5(b":".join((user, self.realm, passwd))), self.nonce, self.cnonce]
        if self.authzid is not None:
            a1.append(self.authzid)
        ha1 = _hex(b":".join(a1))
        ha2 = _hex(method + self.digest_uri)
        return _hex(b":".join((ha1, self.nonce, NONCE_COUNT, self.cnonce, QOP, ha2)))


def hashed(text: str, what: str, *, utf8: bool) -> bytes:
    """Return the octets of a name or password that are hashed: ISO 8859-1 where that holds all its characters.

    UTF-8 is only for what ISO 8859-1 does not hold, and only with charset=utf-8 (RFC 2831, 2.1.2.1). Raises
    `MechanismError`, which does not show the text, when neither will do.
    """
    octets = latin1_or_none(text)
    if octets is not None:
        return octets
    if not utf8:
        raise MechanismError(
            f"DIGEST-MD5: without charset=utf-8 the {what} must be ISO 8859-1, and it is not: use another mechanism"
        )
    return text.encode()


def _md5(octets: bytes) -> bytes:
    return hashlib.md5(octets, usedforsecurity=False).digest()  # the protocol fixes MD5; FIPS builds need the flag


def _hex(octets: bytes) -> bytes:
    return _md5(octets).hex().encode()
