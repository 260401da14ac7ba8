"""Tells whether a literal that was announced is in the log, and what is left of it if it is not whole.

Some logs leave literals out, cut them, or keep their lines without the ends they had. Must not know any format.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from outlookimap.traffic.imports.heard import Heard, Item, command_tag, completed_tag, is_response
from outlookimap.transport.tap import Sender

_NEXT = re.compile(rb"\* \d+ FETCH \(")
"""What no mail begins a line with."""
_GOES_ON = {Sender.CLIENT: re.compile(rb"\r?\n"), Sender.SERVER: re.compile(rb"[ )]")}
"""What a line after a literal begins with, and a command or a response never."""
_DIGITS = re.compile(rb"\d+")


@dataclass(frozen=True, slots=True)
class Literal:
    """What there is of a literal: all of it, or `remains`, the places of what can only be left of it.

    The line end of the item at `adds_end` is the log's own.
    """

    whole: bool = True
    remains: tuple[int, ...] = ()
    adds_end: int | None = None


class Lookout:
    """Looks ahead in the items of one session; `tag` is that of the client's latest command, None while unknown."""

    __slots__ = ("_commands", "_completed", "_items", "_next", "_said", "_sums", "tag")

    def __init__(self, items: Sequence[Item]) -> None:
        """Take all items of the session."""
        self._items = items
        self.tag: bytes | None = None
        self._said: dict[Sender, list[int]] = {sender: [] for sender in Sender}
        self._sums: dict[Sender, list[int]] = {sender: [0] for sender in Sender}  # octets before each of them
        self._completed: dict[bytes, list[int]] = defaultdict(list)
        self._next: list[int] = []
        self._commands: dict[bytes, list[int]] = defaultdict(list)
        for place, item in enumerate(items):
            if isinstance(item, Heard):
                self._note(place, item)

    def _note(self, place: int, item: Heard) -> None:
        self._said[item.sender].append(place)
        self._sums[item.sender].append(self._sums[item.sender][-1] + len(item.octets))
        if item.sender is Sender.CLIENT:
            if (tag := command_tag(item.octets)) is not None:
                self._commands[_shape(tag)].append(place)
        elif (tag := completed_tag(item.octets)) is not None:
            self._completed[tag].append(place)
        elif _NEXT.match(item.octets):
            self._next.append(place)

    def look(self, place: int, sender: Sender, due: int) -> Literal:
        """Return what there is of the literal of `due` octets that the item at `place` announced."""
        said, sums = self._said[sender], self._sums[sender]
        first = bisect_right(said, place)
        last = bisect_left(sums, sums[first] + due, lo=first + 1) - 1  # that item's octets reach what is due
        over = self._over(place, sender)
        if last < len(said) and said[last] < over:
            octets = self._octets(said[last])
            rest = octets[len(octets) - (sums[last + 1] - sums[first] - due) :]
            if _fits(rest, sender):
                return Literal(adds_end=said[last] if rest == b"\r\n" and self._goes_on(said[last], sender) else None)
        return Literal(whole=False, remains=tuple(self._rest(first, over, sender)))

    def _octets(self, place: int) -> bytes:
        item = self._items[place]
        return item.octets if isinstance(item, Heard) else b""

    def _over(self, place: int, sender: Sender) -> int:
        """Return the place of what shows that the literal of `sender` is over, or never came."""
        signs = [self._completed.get(self.tag, [])] if self.tag is not None else []
        if sender is Sender.SERVER:
            signs.append(self._next)
        elif not self._said[Sender.SERVER] and self.tag is not None:
            signs.append(self._commands.get(_shape(self.tag), []))
        found = [sign[after] for sign in signs if (after := bisect_right(sign, place)) < len(sign)]
        return min(found, default=len(self._items))

    def _goes_on(self, place: int, sender: Sender) -> bool:
        """Tell whether what follows `place` goes on with a line, so that the line end before it is the log's own."""
        for item in islice(self._items, place + 1, None):
            if isinstance(item, Heard):
                return item.sender is sender and _GOES_ON[sender].match(item.octets) is not None
        return False

    def _rest(self, first: int, over: int, sender: Sender) -> Iterator[int]:
        for place in islice(self._said[sender], first, None):
            if place >= over or (sender is Sender.SERVER and is_response(self._octets(place))):
                return
            yield place


def _shape(tag: bytes) -> bytes:
    """Return what is the same in all tags of a client that counts, or its length."""
    counted = _DIGITS.sub(b"0", tag)
    return counted if _DIGITS.fullmatch(tag[1:]) or tag.isdigit() else b"%d" % len(tag)


def _fits(rest: bytes, sender: Sender) -> bool:
    """Tell whether `rest` can follow a literal in its line."""
    return not rest or rest.startswith((b"\r\n", b"\n", b" ")) or (sender is Sender.SERVER and rest.startswith(b")"))
