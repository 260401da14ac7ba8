"""A literal of 256 MiB arrives by an amount of work that grows as it does: counted, not timed.

What is counted per piece that arrives: the calls made, of Python and of C, and the octets for which memory is taken. A
reader that joined, copied or sliced what has come so far for each piece anew would take memory for all of it each time;
one that went over it piece by piece would make more calls the longer it gets.
"""

from __future__ import annotations

import sys
import tracemalloc
from dataclasses import dataclass
from types import FrameType

from outlookimap.wire.limits import Limits
from outlookimap.wire.response_reader import ResponseReader
from outlookimap.wire.responses import FetchData

MIB = 1 << 20
PIECE = b"0123456789abcde\n" * 4096
"""64 KiB, as they come under TLS; line ends in it are content."""


@dataclass(frozen=True, slots=True)
class Work:
    """What reading a literal took: calls and octets of memory, of each the most for one piece and all together."""

    calls: int
    most_calls: int
    octets: int


def work(size: int) -> Work:
    """Read a FETCH with a literal of `size` octets."""
    reader = ResponseReader(Limits(literal=size))
    assert reader.feed(b"* 1 FETCH (UID 1 BODY[] {%d}\r\n" % size) == []
    pieces = size // len(PIECE)
    calls = [_calls(reader) for _ in range(pieces // 2)]
    tracemalloc.start()
    try:
        octets = sum(_octets(reader) for _ in range(pieces - pieces // 2))
        [answer] = reader.feed(b" FLAGS ())\r\n")
    finally:
        tracemalloc.stop()
    assert isinstance(answer, FetchData)
    [body] = [value for item, value in answer.items if item.section is not None]
    assert isinstance(body, bytes)
    assert len(body) == size
    assert body.startswith(PIECE)
    assert body.endswith(PIECE)
    return Work(sum(calls), max(calls[1:]), octets)


def _calls(reader: ResponseReader) -> int:
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        found = reader.feed(PIECE)
    finally:
        sys.setprofile(None)
    assert found == []
    return count


def _octets(reader: ResponseReader) -> int:
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    assert reader.feed(PIECE) == []
    _, peak = tracemalloc.get_traced_memory()
    return peak - before


def test_the_work_grows_as_the_literal_does() -> None:
    small, large = work(16 * MIB), work(256 * MIB)
    assert large.most_calls <= small.most_calls + 2
    assert large.calls <= 16.5 * small.calls
    # a buffer that doubles takes memory for twice the literal at most; a second such buffer is already too much
    assert large.octets < 2.5 * 256 * MIB
