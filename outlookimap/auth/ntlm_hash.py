"""The NT hash of a password: MD4 (RFC 1320) of its UTF-16 form.

OpenSSL 3 no longer has MD4, and the NTLM library has no public function for it. With the hash at hand, passwords of
any characters can be handed to that library, and never in the clear. Knows nothing of NTLM's messages.
"""

from __future__ import annotations

import struct

from outlookimap.auth.mechanism import password_text
from outlookimap.wire.secret import Secret

_MASK = 0xFFFFFFFF
_INITIAL = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
_ORDERS = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
    (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15),
    (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15),
)
_SHIFTS = ((3, 7, 11, 19), (3, 5, 9, 13), (3, 9, 11, 15))
_ADDENDS = (0, 0x5A827999, 0x6ED9EBA1)


def nt_hash(password: Secret) -> Secret:
    """Return the 16 octets NTLM knows a password by; raise `MechanismError` when it is not UTF-8."""
    return Secret(md4(password_text(password, "NTLM").encode("utf-16-le")))


def md4(message: bytes) -> bytes:
    """Return the MD4 digest of `message` (RFC 1320)."""
    padding = b"\x80" + bytes(-(len(message) + 9) % 64)
    padded = message + padding + struct.pack("<Q", len(message) * 8)
    state: tuple[int, ...] = _INITIAL
    for words in struct.iter_unpack("<16I", padded):
        state = _block(state, words)
    return struct.pack("<4I", *state)


def _block(state: tuple[int, ...], words: tuple[int, ...]) -> tuple[int, ...]:
    a, b, c, d = state
    for mixing, order, shifts, addend in zip(range(3), _ORDERS, _SHIFTS, _ADDENDS, strict=True):
        for step, index in enumerate(order):
            total = (a + _mix(mixing, b, c, d) + words[index] + addend) & _MASK
            shift = shifts[step % 4]
            a, b, c, d = d, (total << shift | total >> (32 - shift)) & _MASK, b, c
    return tuple((old + new) & _MASK for old, new in zip(state, (a, b, c, d), strict=True))


def _mix(mixing: int, x: int, y: int, z: int) -> int:
    if mixing == 0:
        return x & y | ~x & z
    if mixing == 1:
        return x & y | x & z | y & z
    return x ^ y ^ z
