"""NTLMSSP messages as far as a sign-in must look into them before the NTLM library does ([MS-NLMP] 2.2.1).

Which of the three messages is it, and who signs in. Knows nothing of proofs.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass

from outlookimap.errors import MechanismError

SIGNATURE = b"NTLMSSP\0"
_TARGET_NAME, _TARGET_INFO, _CHALLENGE_PART = 12, 40, 48
_NT_RESPONSE, _DOMAIN, _USER, _FLAGS, _AUTHENTICATE_PART = 20, 28, 36, 60, 64
_UNICODE = 0x00000001
_SPNEGO = (0x60, 0xA0, 0xA1)


class Kind(enum.IntEnum):
    """The message types of NTLMSSP, in the order they are sent."""

    NEGOTIATE = 1
    CHALLENGE = 2
    AUTHENTICATE = 3


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signs in: `domain` is empty when the client gave none."""

    domain: str
    user: str


def expect(token: bytes, kind: Kind) -> None:
    """Raise `MechanismError` unless `token` is a raw NTLMSSP message of `kind`."""
    if not token.startswith(SIGNATURE) or len(token) < len(SIGNATURE) + 4:
        wrapped = bool(token) and token[0] in _SPNEGO
        found = "a SPNEGO token, where IMAP has raw NTLMSSP" if wrapped else "no NTLMSSP message"
        raise MechanismError(f"NTLM: the peer sent {found}: cancel; {kind.name} was due")
    (number,) = struct.unpack_from("<I", token, len(SIGNATURE))
    if number != kind:
        raise MechanismError(f"NTLM: the peer sent message type {number}: cancel; {kind.name} ({kind:d}) was due")


def expect_challenge(token: bytes) -> None:
    """Raise `MechanismError` unless `token` is a CHALLENGE message whose fields lie inside of it."""
    expect(token, Kind.CHALLENGE)
    if len(token) < _CHALLENGE_PART:
        raise MechanismError("NTLM: the CHALLENGE message is cut short: cancel")
    for at in (_TARGET_NAME, _TARGET_INFO):
        _field(token, at)


def identity(token: bytes) -> Identity:
    """Return who signs in with this AUTHENTICATE message; raise `MechanismError` when it is anonymous or malformed.

    A message without an NT response is refused here: the NTLM library would go by its LM response, which proves
    nothing for a user of whom only the NT hash is kept.
    """
    expect(token, Kind.AUTHENTICATE)
    if len(token) < _AUTHENTICATE_PART:
        raise MechanismError("NTLM: the AUTHENTICATE message is cut short")
    if not _field(token, _NT_RESPONSE):
        raise MechanismError("NTLM: the AUTHENTICATE message has no NT response: anonymous sign-in is not offered")
    (flags,) = struct.unpack_from("<I", token, _FLAGS)
    charset = "utf-16-le" if flags & _UNICODE else "cp1252"
    try:
        who = Identity(_field(token, _DOMAIN).decode(charset), _field(token, _USER).decode(charset))
    except UnicodeDecodeError as error:
        raise MechanismError("NTLM: domain or user name of the AUTHENTICATE message is no text") from error
    if not who.user:
        raise MechanismError("NTLM: the AUTHENTICATE message has no user name: anonymous sign-in is not offered")
    return who


def _field(token: bytes, at: int) -> bytes:
    length, _, start = struct.unpack_from("<HHI", token, at)
    if length and start + length > len(token):  # where an empty field lies means nothing
        raise MechanismError("NTLM: a field of the peer's message lies outside of it: cancel")
    return token[start : start + length]
