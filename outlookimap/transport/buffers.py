"""Pieces as buffers for the system: neighbours that are small joined, big ones as they are.

Knows nothing of sockets; loses on purpose which octets are secret, for here they leave.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from outlookimap.wire.secret import Piece

COPIED = 16 * 1024  # octets: a piece up to this length is copied, a longer one (a literal) never


def buffers(pieces: Iterable[Piece]) -> deque[memoryview]:
    """Return the octets of `pieces` as buffers none of which is empty."""
    result: deque[memoryview] = deque()
    small: list[bytes] = []
    for octets, _ in pieces:
        if len(octets) <= COPIED:
            small.append(octets)
        else:
            _join(small, result)
            result.append(memoryview(octets))
    _join(small, result)
    return result


def advance(waiting: deque[memoryview], octets: int) -> None:
    """Take the first `octets` octets off `waiting`."""
    while octets:
        first = waiting[0]
        if octets < len(first):
            waiting[0] = first[octets:]
            return
        octets -= len(first)
        waiting.popleft()


def _join(small: list[bytes], result: deque[memoryview]) -> None:
    joined = b"".join(small)
    small.clear()
    if joined:
        result.append(memoryview(joined))
