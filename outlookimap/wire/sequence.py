"""Sequence sets: RFC 3501 section 9, `sequence-set`.

A set does not know whether its numbers are message sequence numbers or UIDs; its command says that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from outlookimap.errors import LocalProtocolError

MAX_NUMBER = (1 << 32) - 1
"""The largest number RFC 3501 allows."""

SeqRange: TypeAlias = tuple[int | None, int | None]
"""Two ends of a range in the order written; None is ``*``, the largest number in use."""

_RANGE = re.compile(rb"(\*|[1-9][0-9]{0,9})(?::(\*|[1-9][0-9]{0,9}))?")


@dataclass(frozen=True, slots=True)
class SequenceSet:
    """One or more ranges, kept in the order and the ends they were written in.

    `SequenceSet.of()` builds the shortest form of some numbers; raises LocalProtocolError for an empty set or a number
    outside 1 to 4,294,967,295.
    """

    ranges: tuple[SeqRange, ...]

    def __post_init__(self) -> None:
        if not self.ranges:
            raise LocalProtocolError("a sequence set names at least one message")
        for first, last in self.ranges:
            for number in (first, last):
                if number is not None and not 1 <= number <= MAX_NUMBER:
                    raise LocalProtocolError(f"{number} is no message number: 1 to {MAX_NUMBER}")

    @classmethod
    def of(cls, numbers: Iterable[int] | int) -> SequenceSet:
        """Return the ascending set of `numbers`, neighbours compressed to ranges."""
        if isinstance(numbers, int):
            return cls(((numbers, numbers),))
        ranges: list[tuple[int, int]] = []
        for number in sorted(set(numbers)):
            if ranges and number == ranges[-1][1] + 1:
                ranges[-1] = (ranges[-1][0], number)
            else:
                ranges.append((number, number))
        return cls(tuple(ranges))

    @classmethod
    def all(cls) -> SequenceSet:
        """Return ``1:*``."""
        return cls(((1, None),))

    @classmethod
    def parse(cls, octets: bytes) -> SequenceSet | None:
        """Return the set that `octets` spell, or None where they spell none."""
        ranges: list[SeqRange] = []
        for part in octets.split(b","):
            match = _RANGE.fullmatch(part)
            if match is None:
                return None
            first = None if match[1] == b"*" else int(match[1])
            last = first if match[2] is None else (None if match[2] == b"*" else int(match[2]))
            if max(first or 0, last or 0) > MAX_NUMBER:
                return None
            ranges.append((first, last))
        return cls(tuple(ranges))

    def __bytes__(self) -> bytes:
        return b",".join(_spell(item) for item in self.ranges)

    def contains(self, number: int, largest: int | None) -> bool:
        """Tell whether `number` is in the set when `largest` is what ``*`` stands for (None: unknown, any number)."""
        for first, last in self.ranges:
            if largest is None and (first is None or last is None):
                if number >= (first or last or 1):
                    return True
                continue
            low = (largest or 0) if first is None else first
            high = (largest or 0) if last is None else last
            if low > high:
                low, high = high, low
            if low <= number <= high:
                return True
        return False

    def numbers(self, largest: int) -> Iterator[int]:
        """Yield the numbers up to `largest`, ascending and each once; ``*`` is `largest`."""
        spans = sorted(
            (min(low, high), max(low, high))
            for low, high in (
                (largest if first is None else first, largest if last is None else last) for first, last in self.ranges
            )
        )
        following = 1
        for low, high in spans:
            yield from range(max(low, following), min(high, largest) + 1)
            following = max(following, high + 1)

    def split(self, octets: int) -> list[SequenceSet]:
        """Return sets in the same order that spell the same together, none longer than `octets` where it can be.

        A single range is never cut, so that a set may be longer than `octets` when one range is.
        """
        sets: list[SequenceSet] = []
        ranges: list[SeqRange] = []
        used = 0
        for item in self.ranges:
            size = len(_spell(item)) + 1
            if ranges and used + size - 1 > octets:
                sets.append(SequenceSet(tuple(ranges)))
                ranges, used = [], 0
            ranges.append(item)
            used += size
        sets.append(SequenceSet(tuple(ranges)))
        return sets


def _spell(item: SeqRange) -> bytes:
    first, last = (b"*" if number is None else b"%d" % number for number in item)
    return first if item[0] == item[1] else first + b":" + last
