"""Octets that must not be seen: the type of passwords, and the pieces a stream of octets is cut into.

Knows nothing of commands: which of their fields are secret, one table in `wire.commands` says.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import TypeAlias

Piece: TypeAlias = tuple[bytes, bool]
"""Octets of a stream, and whether they are secret."""


class Secret:
    """Octets whose repr, str and hash show nothing, in any build; `reveal()` hands them out.

    A str is encoded as UTF-8. Two secrets compare in constant time.
    """

    __slots__ = ("_octets",)

    def __init__(self, value: bytes | str | Secret) -> None:
        """Keep `value`; a Secret given again stays the same octets."""
        if isinstance(value, Secret):
            self._octets: bytes = value._octets  # noqa: SLF001 - the same class
        else:
            self._octets = value.encode() if isinstance(value, str) else bytes(value)

    def reveal(self) -> bytes:
        """Return the octets themselves."""
        return self._octets

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._octets, other._octets)

    def __hash__(self) -> int:
        return hash(Secret)  # one bucket: a hash of the octets would be a way to guess them

    def __repr__(self) -> str:
        return "Secret(***)"

    def __len__(self) -> int:
        return len(self._octets)

    def __reduce__(self) -> tuple[object, ...]:
        message = "a Secret is not pickled: it would be written in the clear"
        raise TypeError(message)


def join(pieces: Iterable[Piece]) -> bytes:
    """Return the octets of `pieces` as they go over the wire."""
    return b"".join(octets for octets, _ in pieces)


def masked(pieces: Iterable[Piece]) -> bytes:
    """Return the octets of `pieces` with each secret octet as ``*``: the length stays true."""
    return b"".join(b"*" * len(octets) if secret else octets for octets, secret in pieces)
