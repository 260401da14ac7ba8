r"""The shapes in which servers answer a FETCH of many messages, as patterns: what the two fast tiers of reading know.

A pattern matches only what the tolerant reader reads without a leniency and within every limit, so that nothing is left
to judge: flags are flags, numbers fit, a date names a moment. Whatever matches none is for the tolerant reader, which
is the reference. Knows lines, no stream.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from outlookimap.wire import fetch as f
from outlookimap.wire.dates import COMMON
from outlookimap.wire.fetch import FetchAtt, Section
from outlookimap.wire.flags import in_order
from outlookimap.wire.limits import Limits
from outlookimap.wire.responses import FetchRun, FetchValue

_NUMBER = rb"[1-9][0-9]{0,8}"  # more digits may be more than 32 bits
_SIZE = rb"0|[1-9][0-9]{0,8}"
_FLAG = rb'\\?+[^\x00-\x20\x7f-\xff(){%*"\\\]]{1,60}+'
_FLAGS = rb"(?:" + _FLAG + rb"(?: " + _FLAG + rb"){0,30}+)?+"
_VALUES = {
    f.UID: (rb"UID ", _NUMBER, rb""),
    f.FLAGS: (rb"FLAGS \(", _FLAGS, rb"\)"),
    f.RFC822_SIZE: (rb"RFC822\.SIZE ", _SIZE, rb""),
    f.INTERNALDATE: (rb'INTERNALDATE "', COMMON, rb'"'),
}
"""Each item: what stands before its value, the value, and what stands after it."""
_LITERALS = {
    b"BODY[]": FetchAtt(f.BODY, Section()),
    b"BODY[HEADER]": FetchAtt(f.BODY, Section(specifier=f.HEADER)),
    f.RFC822: FetchAtt(f.RFC822),
    f.RFC822_HEADER: FetchAtt(f.RFC822_HEADER),
}

LOWEST_LIMITS = Limits(line=8192, elements=128, nesting=2)
"""Nothing that matches comes near these: under lower ones no pattern may be used."""


def usable(limits: Limits) -> bool:
    """Tell whether whatever matches a pattern is within `limits`, but for the size of its literal."""
    low = LOWEST_LIMITS
    return limits.line >= low.line and limits.elements >= low.elements and limits.nesting >= low.nesting


def _group(octets: bytes) -> bytes:
    return rb"(" + octets + rb")"


def _plain(octets: bytes) -> bytes:
    return rb"(?:" + octets + rb")"


def _items(names: Iterable[bytes], part: Callable[[bytes], bytes]) -> list[bytes]:
    """Return the patterns of items, `part` around their values."""
    return [before + part(value) + after for before, value, after in (_VALUES[name] for name in names)]


def _begin(part: Callable[[bytes], bytes]) -> bytes:
    return rb"\* " + part(_NUMBER) + rb" FETCH \("


_END = rb"\)\r\n"
_ANY_ITEM = _plain(rb"|".join(_items(_VALUES, _plain)))
_ANY_LITERAL = _group(rb"|".join(map(re.escape, _LITERALS)))
_ANNOUNCED = rb" \{" + _group(_SIZE) + rb"\}\r\n"
_ANY_HEAD = re.compile(_begin(_plain) + _group(_plain(_ANY_ITEM + rb" ") + rb"*+") + _ANY_LITERAL + _ANNOUNCED)
_ANY_TAIL = re.compile(_group(_plain(rb" " + _ANY_ITEM) + rb"*+") + _END)
_NAMES = re.compile(rb' ?([A-Z0-9.]+) (?:[0-9]+|\([^)]*\)|"[^"]*") ?')


class FlagLists(dict[bytes, tuple[bytes, ...]]):
    """Flags by the octets between their parentheses: one tuple for the same octets."""

    _MOST = 4096  # a server may make up more than memory holds

    def __missing__(self, octets: bytes) -> tuple[bytes, ...]:
        flags = in_order(octets.split())
        if len(self) < self._MOST:
            self[octets] = flags
        return flags

    def column(self, name: bytes, values: Sequence[bytes]) -> Sequence[FetchValue]:
        """Return the values of the item `name` as a reader gives them."""
        if name == f.INTERNALDATE:
            return values
        return list(map(self.__getitem__ if name == f.FLAGS else int, values))


# ---------------------------------------------------------------- lines without a literal


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """UID and FLAGS in one of their two orders; `line` matches one response."""

    names: tuple[bytes, ...]
    items: tuple[FetchAtt, ...]
    line: re.Pattern[bytes]
    _run: re.Pattern[bytes]
    _grouped: re.Pattern[bytes]

    def end(self, octets: bytes, place: int) -> int:
        """Return the end of the lines of this order that follow each other at `place`."""
        found = self._run.match(octets, place)
        return place if found is None else found.end()

    def split(self, octets: bytes) -> list[list[bytes]]:
        """Return in columns what stands between lines of this order, then their numbers, then the values of `names`.

        What stands between is empty where `octets` are such lines and nothing else.
        """
        parts: list[bytes] = self._grouped.split(octets)  # one flat list: a tuple for each line costs more
        count = len(self.names) + 2
        return [parts[place::count] for place in range(count)]

    def read(self, columns: list[list[bytes]], flags: FlagLists) -> FetchRun:
        """Return what lines say that were split."""
        _, seqs, *values = columns
        read = tuple(map(flags.column, self.names, values))
        return FetchRun(list(map(int, seqs)), self.items, read)


def _order(*names: bytes) -> Order:
    line = _begin(_plain) + b" ".join(_items(names, _plain)) + _END
    grouped = _begin(_group) + b" ".join(_items(names, _group)) + _END
    items = tuple(map(FetchAtt, names))
    return Order(names, items, re.compile(line), re.compile(_plain(line) + rb"*+"), re.compile(grouped))


ORDERS = (_order(f.UID, f.FLAGS), _order(f.FLAGS, f.UID))


# ---------------------------------------------------------------- lines around a literal


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A response up to its literal: the groups are its number, the values of `names`, the size of the literal."""

    names: tuple[bytes, ...]
    literal: FetchAtt
    pattern: re.Pattern[bytes]


@dataclass(frozen=True, slots=True, eq=False)
class Tail:
    """A response after its literal: the groups are the values of `names`."""

    names: tuple[bytes, ...]
    pattern: re.Pattern[bytes]


@cache  # of few: no name comes twice
def _head(names: tuple[bytes, ...], literal: bytes) -> Head:
    items = b"".join(item + b" " for item in _items(names, _group))
    return Head(names, _LITERALS[literal], re.compile(_begin(_group) + items + re.escape(literal) + _ANNOUNCED))


@cache
def _tail(names: tuple[bytes, ...]) -> Tail:
    return Tail(names, re.compile(b"".join(b" " + item for item in _items(names, _group)) + _END))


def _names(octets: bytes) -> tuple[bytes, ...] | None:
    """Return the names of the items that `octets` are, None where one comes twice."""
    names = tuple(_NAMES.findall(octets))
    return names if len(set(names)) == len(names) else None


def head_at(octets: bytes, place: int) -> Head | None:
    """Return the shape of the response that begins at `place`, None for any that has no literal of ours."""
    found = _ANY_HEAD.match(octets, place)
    names = None if found is None else _names(found[1])
    return None if found is None or names is None else _head(names, found[2])


def tail_at(octets: bytes, place: int) -> Tail | None:
    """Return the shape of what stands at `place` behind a literal, None where it does not end there, or strangely."""
    found = _ANY_TAIL.match(octets, place)
    names = None if found is None else _names(found[1])
    return None if names is None else _tail(names)


FIRST = _head((f.UID, f.FLAGS), b"BODY[]")
"""A head as good as any to begin with."""
BARE = _tail(())
"""A tail without items."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A response with a literal: what stands before and after it."""

    head: Head
    tail: Tail
    items: tuple[FetchAtt, ...]

    def read(self, rows: list[tuple[bytes, ...]], literals: list[bytes], flags: FlagLists) -> FetchRun:
        """Return what the groups of heads and tails, with the literals between them, say."""
        seqs, *groups = zip(*rows, strict=True)
        before, after = groups[: len(self.head.names)], groups[len(self.head.names) + 1 :]
        columns: list[Sequence[FetchValue]] = list(map(flags.column, self.head.names, before))
        columns.append(literals)
        columns += map(flags.column, self.tail.names, after)
        return FetchRun(list(map(int, seqs)), self.items, tuple(columns))


@cache
def shape_of(head: Head, tail: Tail) -> Shape | None:
    """Return the shape with `head` and `tail`, None where they share an item or have no UID."""
    names = head.names + tail.names
    if f.UID not in names or len(set(names)) < len(names):
        return None
    before, after = (tuple(map(FetchAtt, part)) for part in (head.names, tail.names))
    return Shape(head, tail, (*before, head.literal, *after))
