"""Compares a recording with the one that was expected, line by line of each side, placeholders bound.

Knows neither files nor what the lines mean; whether a difference matters is its caller's business.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from operator import itemgetter

from outlookimap.traffic.format import Placeholder, Slot, Transcript
from outlookimap.traffic.server_comparison import Mismatch, mismatches
from outlookimap.traffic.units import Unit, match, units
from outlookimap.transport.tap import Sender

_LOOK_AHEAD = 6
"""How many lines are left out at most to find where two conversations agree again."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the actual conversation is not the expected one.

    `line` is the line of the expected file; where nothing was expected, of the one before, 0 when there is none.
    `expected` and `actual` are as the file shows them, None where a line is missing or was not expected. `note` says
    in a few words what is not the same, where the lines themselves do not make it plain.
    """

    sender: Sender
    line: int
    expected: str | None
    actual: str | None
    note: str = ""

    def __str__(self) -> str:
        if self.expected is None:
            where = f"after line {self.line}" if self.line else "at the beginning"
            return f"{where}: nothing more was expected here, but this came:\n    {self.actual}"
        where = f"line {self.line}: expected" if self.line else "expected"
        came = "but nothing came" if self.actual is None else f"but this came:\n    {self.actual}"
        note = f"\n  {self.note}" if self.note else ""
        return f"{where}\n    {self.expected}\n  {came}{note}"


def compare(
    expected: Transcript,
    actual: Transcript,
    *,
    sides: Collection[Sender] = (Sender.CLIENT,),
    values: bool = False,
) -> list[Difference]:
    """Return where `actual` differs from `expected`, in the order of `expected`, on each of `sides`.

    Lines and literals are compared octet for octet; where they were cut, or what the other side said in between,
    does not count. A tag placeholder that begins a command takes the tag found there and holds until it is bound
    again; ``$uidvalidity`` is bound once. Two or more stars stand for a secret of any length and match two or more;
    the announced length of a literal that is all stars is not compared. Marks, pauses and comments do not count.

    Octet for octet is too strict for most servers' side. With `values` what the server said is compared as values:
    spelling, the words of OK, NO and BAD, the order of flags and items do not count, nor does the order of lines while
    the same commands are in flight, but for EXPUNGE; UIDVALIDITY and UIDNEXT are bound like placeholders.
    """
    bindings = _Bindings()
    found: list[Difference] = []
    if values:
        client = _walk(Sender.CLIENT, units(expected, Sender.CLIENT), units(actual, Sender.CLIENT), bindings)
        found += client if Sender.CLIENT in sides else []
        if Sender.SERVER in sides:
            known = mismatches(expected, actual, lambda unit: bindings.at(unit.place, unit.slots))
            found += map(_difference, known)
        return sorted(found, key=lambda difference: difference.line)
    for sender in (Sender.CLIENT, Sender.SERVER):  # the client's lines bind the tags that the server's lines hold
        differences = _walk(sender, units(expected, sender), units(actual, sender), bindings)
        if sender in sides:
            found += differences
    return sorted(found, key=lambda difference: difference.line)


def _difference(mismatch: Mismatch) -> Difference:
    due, came = mismatch.expected, mismatch.actual
    shown = (None if due is None else due.shown, None if came is None else came.shown)
    return Difference(Sender.SERVER, mismatch.after, *shown, mismatch.note)


class _Bindings:
    """What each placeholder stands for, at each place of the expected conversation."""

    __slots__ = ("_tags", "_uidvalidity")

    def __init__(self) -> None:
        self._tags: dict[Slot, list[tuple[int, bytes | None]]] = {}
        self._uidvalidity: bytes | None = None

    def at(self, place: int, slots: Sequence[Slot]) -> dict[Slot, bytes]:
        """Return those of `slots` that are bound at `place`, an index of the expected entries."""
        known: dict[Slot, bytes] = {}
        for slot in slots:
            value: bytes | None = self._uidvalidity
            if slot.kind is Placeholder.TAG:
                history = self._tags.get(slot, [])
                later = bisect_right(history, place, key=itemgetter(0))
                value = history[later - 1][1] if later else None
            if value is not None:
                known[slot] = value
        return known

    def bind(self, unit: Unit, values: dict[Slot, bytes]) -> None:
        """Note what was found for `unit`; only a command binds a tag."""
        for slot, value in values.items():
            if slot.kind is Placeholder.UIDVALIDITY:
                self._uidvalidity = value
            elif slot == unit.binds:
                self._tags.setdefault(slot, []).append((unit.place, value))

    def forget(self, unit: Unit) -> None:
        """Note that the command `unit` never came: from here on its tag may be any."""
        if unit.binds is not None:
            self._tags.setdefault(unit.binds, []).append((unit.place, None))


def _walk(sender: Sender, expected: Sequence[Unit], actual: Sequence[Unit], bindings: _Bindings) -> list[Difference]:
    found: list[Difference] = []
    here = there = line = 0
    while here < len(expected) and there < len(actual):
        within = _LOOK_AHEAD + 1
        agreement = _agreement(expected[here : here + within], actual[there : there + within], bindings)
        missing, extra, values = agreement or (1, 1, None)
        found += _differences(sender, expected[here : here + missing], actual[there : there + extra], line)
        for unit in expected[here : here + missing]:
            bindings.forget(unit)
            line = unit.line
        here, there = here + missing, there + extra
        if values is not None:
            bindings.bind(expected[here], values)
            line = expected[here].line
            here, there = here + 1, there + 1
    return found + _differences(sender, expected[here:], actual[there:], line)


def _agreement(
    expected: Sequence[Unit], actual: Sequence[Unit], bindings: _Bindings
) -> tuple[int, int, dict[Slot, bytes]] | None:
    """Return how many lines of both to leave out until two agree, the fewest, and what those two bind."""
    for total in range(_LOOK_AHEAD + 1):
        splits = [(missing, total - missing) for missing in range(total + 1)]
        splits.sort(key=lambda split: abs(split[0] - split[1]))  # a changed line rather than one lost and one won
        for missing, extra in splits:
            if missing < len(expected) and extra < len(actual):
                unit = expected[missing]
                values = match(unit, actual[extra], bindings.at(unit.place, unit.slots))
                if values is not None:
                    return missing, extra, values
    return None


def _differences(sender: Sender, expected: Sequence[Unit], actual: Sequence[Unit], line: int) -> list[Difference]:
    found: list[Difference] = []
    for due, came in zip_longest(expected, actual):
        line = due.line if due else line
        found.append(Difference(sender, line, due.shown if due else None, came.shown if came else None))
    return found
