"""Reads runs of like FETCH responses out of a stream by patterns, a chunk at a time: the two fast tiers.

It takes what it can from the beginning of a response on and leaves the rest, at the first doubt, to the tolerant
reader. What may go on with the next chunk is kept: the beginning of a line, or a literal as the pieces that have come,
joined once. Knows no other response and raises nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from outlookimap.wire.fetch_shapes import BARE, FIRST, ORDERS, FlagLists, Head, Shape, head_at, shape_of, tail_at
from outlookimap.wire.responses import Response

_LINE = 512
"""So many octets of a line without its end are kept; of a longer one the tolerant reader sees to the limit."""
_JOINED = 1 << 20
"""A longer literal that the end of a chunk cuts is left to the tolerant reader: joining it takes its memory twice."""
_BARE_END = b")\r\n"


@dataclass(slots=True)
class _Begun:
    """A response whose literal has not come to its end: its line, what is known of it, and the pieces so far."""

    head: Head
    row: tuple[bytes, ...]
    line: bytes
    pieces: list[bytes]
    missing: int


@dataclass(slots=True)
class _Rows:
    """Responses of one shape: the groups of their lines, and their literals."""

    shape: Shape
    groups: list[tuple[bytes, ...]] = field(default_factory=list)
    literals: list[bytes] = field(default_factory=list)


class RunReader:
    """Takes chunks with `resume()`, reads from a place in them with `read()`.

    `largest` is the limit of a literal. `columns` and `shaped` count the responses that were returned, by the tier that
    took them, `returned` their octets.
    """

    __slots__ = ("_begun", "_flags", "_head", "_hopeful", "_largest", "_line", "_tail", "columns", "returned", "shaped")

    def __init__(self, largest: int) -> None:
        """Begin with nothing kept."""
        self._largest = largest
        self._flags = FlagLists()
        self._line = b""
        self._begun: _Begun | None = None
        self._head = FIRST
        self._tail = BARE
        self._hopeful = True  # of reading the rest of a chunk as one run
        self.columns = 0
        self.shaped = 0
        self.returned = 0

    def resume(self, octets: bytes, out: list[Response]) -> tuple[bytes, int]:
        """Take the next chunk; return the octets to go on with, and from which place.

        What was kept stands at their beginning, unless it ended a response: that is appended to `out`.
        """
        self._hopeful = True
        begun = self._begun
        if begun is None:
            octets, self._line = self._line + octets, b""
            return octets, 0
        if len(octets) < begun.missing:
            begun.pieces.append(octets)
            begun.missing -= len(octets)
            return b"", 0
        self._begun = None
        shape = self._shape(begun.head, octets, begun.missing)
        ended = self._tail.pattern.match(octets, begun.missing)
        if shape is None or ended is None:
            return b"".join((begun.line, *begun.pieces, octets)), 0
        self.returned += len(begun.line) + sum(map(len, begun.pieces))
        begun.pieces.append(octets[: begun.missing])
        rows = _Rows(shape, [begun.row + ended.groups()], [b"".join(begun.pieces)])
        self.returned += ended.end()
        return octets, self._read_rows(rows, octets, ended.end(), out)

    def read(self, octets: bytes, place: int, out: list[Response]) -> int:
        """Append to `out` what can be read of `octets` from the beginning of a response at `place` on.

        Return the place of the first response that was not read, the end of `octets` where the rest is kept.
        """
        while place < len(octets):
            here = place
            place = self._read_shaped(octets, place, out)
            if place == here:
                place = self._read_columns(octets, place, out)
            if place == here:
                return self._keep(octets, place)
        return place

    def _keep(self, octets: bytes, place: int) -> int:
        if len(octets) - place <= _LINE and octets.find(b"\n", place) < 0:
            self._line = octets[place:]
            return len(octets)
        return place

    # ---------------------------------------------------------------- UID and FLAGS

    def _read_columns(self, octets: bytes, place: int, out: list[Response]) -> int:
        """Read the lines of one order that follow each other at `place`."""
        order = next((order for order in ORDERS if order.line.match(octets, place)), None)
        if order is None:
            return place
        end = octets.rfind(b"\n") + 1
        last = max(place, octets.rfind(b"\n", place, end - 1) + 1)
        self._hopeful = self._hopeful and order.line.match(octets, last) is not None
        if self._hopeful:
            columns = order.split(octets[place:end])
            self._hopeful = not any(columns[0])
        if not self._hopeful:
            end = order.end(octets, place)
            columns = order.split(octets[place:end])
        out.append(order.read(columns, self._flags))
        self.columns += len(columns[1])
        self.returned += end - place
        return end

    # ---------------------------------------------------------------- with a literal

    def _read_shaped(self, octets: bytes, place: int, out: list[Response]) -> int:
        """Read the responses of one shape that follow each other at `place`, or keep the one that is not complete."""
        head: Head | None = self._head
        found = self._head.pattern.match(octets, place)
        if found is None:
            head = head_at(octets, place)
            found = None if head is None else head.pattern.match(octets, place)
        if head is None or found is None:
            return place
        self._head = head
        size = int(found[found.re.groups])
        end = found.end() + size
        if size > self._largest:
            return place
        if end <= len(octets):
            shape = self._shape(head, octets, end)
            return place if shape is None else self._read_rows(_Rows(shape), octets, place, out)
        if size > _JOINED:
            return place
        self._begun = _Begun(head, found.groups(), found[0], [octets[found.end() :]], end - len(octets))
        return len(octets)

    def _shape(self, head: Head, octets: bytes, end: int) -> Shape | None:
        """Return the shape of the response with `head` whose literal ends at `end`."""
        if not self._tail.pattern.match(octets, end):
            tail = tail_at(octets, end)
            if tail is None:
                return None
            self._tail = tail
        return shape_of(head, self._tail)

    def _read_rows(self, rows: _Rows, octets: bytes, place: int, out: list[Response]) -> int:
        """Read the responses of the shape of `rows` that follow each other at `place`, and append them all."""
        groups, literals, largest = rows.groups, rows.literals, self._largest
        begin, end_of = rows.shape.head.pattern.match, rows.shape.tail.pattern.match
        bare = rows.shape.tail is BARE
        here = place
        while found := begin(octets, place):
            row = found.groups()
            start = found.end()
            end = start + int(row[-1])
            if end - start > largest:
                break
            if bare:
                if not octets.startswith(_BARE_END, end):
                    break
                place = end + 3
            else:
                ended = end_of(octets, end)
                if ended is None:
                    break
                row += ended.groups()
                place = ended.end()
            groups.append(row)
            literals.append(octets[start:end])
        self.shaped += len(groups)
        self.returned += place - here
        out.append(rows.shape.read(groups, literals, self._flags))
        return place
