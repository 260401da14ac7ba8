"""Cuts the octets of a frame into pieces, secret ones apart.

Knows positions, not grammar: which octets are secret it is told by whoever parsed the frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from outlookimap.wire.framing import Frame
from outlookimap.wire.secret import Piece

Position: TypeAlias = tuple[int, int]
"""Index of a line of the frame and octet in it; literal `n` stands between the end of line `n` and line `n + 1`."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What is secret in a frame: single values (`spans`, from and to), and everything after `after`.

    After `after` only line ends can be seen, not even the announcements of literals.
    """

    spans: tuple[tuple[Position, Position], ...] = ()
    after: Position | None = None


PLAIN = Marks()
"""Nothing is secret."""
ALL_SECRET = Marks(after=(0, 0))
"""Everything is."""


def cut_line(frame: Frame, index: int, marks: Marks) -> Iterator[Piece]:
    """Yield the pieces of line `index`, with its announcement and its end."""
    raw = frame.raw[index]
    here = 0
    for begin, end in _secret_ranges(raw, index, marks):
        yield from _piece(raw[here:begin], secret=False)
        yield from _piece(raw[begin:end], secret=True)
        here = end
    yield from _piece(raw[here:], secret=False)


def _secret_ranges(raw: bytes, index: int, marks: Marks) -> Iterator[tuple[int, int]]:
    for (first_line, first), (last_line, last) in marks.spans:
        if first_line == last_line == index:
            quotes = raw.startswith(b'"', first)  # they are the spelling of a string, not its octets
            yield first + quotes, last - quotes
    if marks.after is not None and marks.after[0] <= index:
        end = len(raw) - (2 if raw.endswith(b"\r\n") else 1)
        yield (marks.after[1] if marks.after[0] == index else 0), end


def cut_literal(frame: Frame, index: int, marks: Marks) -> Iterator[Piece]:
    """Yield the piece of literal `index`; an empty one has none."""
    secret = marks.after is not None and marks.after[0] <= index
    secret = secret or any(start[0] == index and end[0] == index + 1 for start, end in marks.spans)
    yield from _piece(frame.literals[index], secret=secret)


def _piece(octets: bytes, *, secret: bool) -> Iterator[Piece]:
    if octets:
        yield octets, secret
