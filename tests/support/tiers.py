"""Reads a stream chunk by chunk with two readers, one of which has no patterns, and shows all that may not differ."""

from __future__ import annotations

from typing import TypeAlias

from outlookimap.errors import LimitExceeded
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.limits import Limits
from outlookimap.wire.response_reader import ResponseReader, Tiers, expanded
from outlookimap.wire.responses import Response

Read: TypeAlias = tuple[Response, tuple[Leniency, ...]]


def steps(reader: ResponseReader, chunks: list[bytes], *, runs: bool) -> list[tuple[list[Read], int, str]]:
    """Return for each chunk what it gave, how much is buffered behind it, and how the stream stands."""
    seen: list[tuple[list[Read], int, str]] = []
    for chunk in chunks:
        if reader.broken is not None:
            break
        read = expanded(reader.feed(chunk, runs=runs))
        seen.append(([(response, response.leniencies) for response in read], reader.buffered, _state(reader)))
    return seen


def _state(reader: ResponseReader) -> str:
    error = reader.broken
    if error is None:
        return "open"
    limit = error.limit if isinstance(error, LimitExceeded) else ""
    return f"{type(error).__name__} {limit} {error} {error.excerpt!r}"


def check(chunks: list[bytes], limits: Limits | None = None, *, keep_extensions: bool = True) -> Tiers:
    """Read `chunks` with all tiers, in runs and one by one, and with the tolerant one; return what each tier took."""
    limits = limits or Limits()
    tolerant = ResponseReader(limits, keep_extensions=keep_extensions, patterns=False)
    expected = steps(tolerant, chunks, runs=False)
    taken: list[Tiers] = []
    for runs in (False, True):
        reader = ResponseReader(limits, keep_extensions=keep_extensions)
        assert steps(reader, chunks, runs=runs) == expected
        taken.append(reader.taken)
    assert taken[0] == taken[1]
    assert tolerant.taken == Tiers(tolerant=sum(len(read) for read, _, _ in expected))
    assert sum((taken[0].columns, taken[0].shaped, taken[0].tolerant)) == tolerant.taken.tolerant
    return taken[0]


def cuts(stream: bytes) -> list[list[bytes]]:
    """Return `stream` whole, octet by octet, and cut in two at every place."""
    pieces = [stream[i : i + 1] for i in range(len(stream))]
    return [[stream], pieces, *([stream[:i], stream[i:]] for i in range(len(stream) + 1))]
