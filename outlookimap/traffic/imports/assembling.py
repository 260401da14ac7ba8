"""Makes the entries of a recording out of what an importer found: lines, literals and pauses.

Must not know any format.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from outlookimap.traffic.cutter import Cutter
from outlookimap.traffic.format import MAX_PAUSE, Comment, Entry, Form, Mark, Said
from outlookimap.traffic.imports.heard import Heard, Item, command_tag, remark
from outlookimap.traffic.imports.masking import Masking
from outlookimap.traffic.imports.missing import Lookout
from outlookimap.transport.tap import Sender

THRESHOLD = 1.0
"""The shortest pause that is noted, in seconds."""


def assembled(items: Iterable[Item]) -> Iterator[Entry]:
    """Yield the entries of a log that keeps every octet; memory is that of the largest literal."""
    assembly = _Assembly()
    for item in items:
        yield from assembly.take(item)
    yield from assembly.rest()


def assembled_lossy(items: Sequence[Item]) -> Iterator[Entry]:
    """Yield the entries of a log that may leave literals out or cut them: what is left of them is left out too."""
    assembly = _Assembly()
    lookout = Lookout(items)
    dropped: set[int] = set()
    shortened: set[int] = set()
    for place, item in enumerate(items):
        if place in dropped:
            continue
        if not isinstance(item, Heard):
            yield from assembly.take(item)
            continue
        if item.sender is Sender.CLIENT:
            lookout.tag = command_tag(item.octets) or lookout.tag
        yield from assembly.take(replace(item, octets=item.octets[:-2]) if place in shortened else item)
        due = assembly.cutter.due(item.sender)
        if due is None:
            continue
        literal = lookout.look(place, item.sender, due)
        if literal.adds_end is not None:
            shortened.add(literal.adds_end)
        if not literal.whole:
            assembly.cutter.forgo(item.sender)
            dropped.update(literal.remains)
            yield _left_out(item, [items[index].line for index in literal.remains])


def _left_out(item: Heard, lines: list[int]) -> Comment:
    if not lines:
        return remark("the literal announced here is not in the log", item.line)
    shown = f"line {lines[0]}" if lines[0] == lines[-1] else f"lines {lines[0]} to {lines[-1]}"
    return remark(f"the literal announced here is not whole in the log: {shown} left out", item.line)


class _Origin:
    """Where the octets of one side come from that have not become an entry yet."""

    __slots__ = ("_chunks", "_used")

    def __init__(self) -> None:
        self._chunks: deque[Heard] = deque()
        self._used = 0  # octets of the first chunk that are in entries already

    def add(self, heard: Heard) -> None:
        if heard.octets:
            self._chunks.append(heard)

    def take(self, octets: int) -> tuple[Heard, Heard]:
        """Return where the next `octets` come from, first and last, and go so much further."""
        first = last = self._chunks[0]
        self._used += octets
        while self._chunks and self._used >= len(self._chunks[0].octets):
            last = self._chunks.popleft()
            self._used -= len(last.octets)
        return first, self._chunks[0] if self._used else last


class _Assembly:
    """One connection, or several one after the other with marks between them."""

    def __init__(self) -> None:
        self.cutter = Cutter()
        self._begin()
        self._last: float | None = None

    def _begin(self) -> None:
        self._origins = {sender: _Origin() for sender in Sender}
        self._masking = Masking()

    def take(self, item: Item) -> Iterator[Entry]:
        if isinstance(item, Comment):
            yield item
        elif isinstance(item, Mark):
            yield from self.rest()
            yield item
        else:
            origin = self._origins[item.sender]
            origin.add(item)
            for form, octets in self.cutter.feed(item.sender, item.octets):
                yield self._said(item.sender, form, octets)

    def rest(self) -> Iterator[Entry]:
        """Yield what was left incomplete."""
        for sender, (form, octets) in self.cutter.rest():
            yield self._said(sender, form, octets)
        self._begin()

    def _said(self, sender: Sender, form: Form, octets: bytes) -> Said:
        first, last = self._origins[sender].take(len(octets) + 2 * (form is Form.LINE))
        pause = 0.0
        if first.time is not None and last.time is not None:
            pause = min(first.time - (self._last or first.time), MAX_PAUSE)
            self._last = max(self._last or last.time, last.time)
        pause = round(pause, 6) if pause >= THRESHOLD else 0.0
        return self._masking.shown(Said(sender, form, (octets,), pause, first.line))
