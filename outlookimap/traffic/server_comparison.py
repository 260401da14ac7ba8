"""Finds where a server said something else than was expected: value by value, within the commands it answered.

Knows which order of a server's lines means something (RFC 3501 section 7.4.1) and how numbers that each server chooses
for itself are held against each other; what one line means, `server_values` knows.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise
from operator import attrgetter

from outlookimap.traffic.format import Transcript
from outlookimap.traffic.server_values import UNBOUND, Answer, Number, Tags, answers
from outlookimap.traffic.units import Unit, units
from outlookimap.transport.tap import Sender
from outlookimap.wire.mailbox import INBOX, is_inbox
from outlookimap.wire.responses import FetchData, StatusResponse

_STRING = rb'"(?:[^"\\]|\\.)*"|[^\s"]+'
_MAILBOX = re.compile(
    rb"\S+ +(?:(?:SELECT|EXAMINE|APPEND|STATUS) +|(?:UID +)?(?:COPY|MOVE) +\S+ +)(" + _STRING + rb")", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What was expected and what came, either None; `after` is the line of the expected file before it."""

    expected: Answer | None
    actual: Answer | None
    after: int
    note: str = ""


@dataclass(slots=True)
class _Group:
    """What a server said while some commands were in flight together, in order; `mailbox` is the first one's."""

    tags: list[bytes] = field(default_factory=list)
    said: list[Answer] = field(default_factory=list)
    mailbox: bytes = b""

    @property
    def expunges(self) -> bool:
        """Whether messages were renumbered."""
        return any(answer.expunges for answer in self.said)


@dataclass(slots=True)
class _Left:
    """What had no counterpart among the answers to the same commands."""

    expected: list[Answer]
    actual: list[Answer]
    mailbox: bytes
    expunges: bool
    after: int
    """The line of the last untagged answer that was expected, or of what was expected before."""


def mismatches(expected: Transcript, actual: Transcript, known: Tags) -> list[Mismatch]:
    """Return where the server of `actual` said something else; `known` says what the expected placeholders stand for.

    Between two moments at which no command is in flight, order does not count, but EXPUNGE stands where it was said
    among EXISTS, RECENT and FETCH. EXISTS, RECENT and flags may also come with the command before or after.
    """
    client = units(expected, Sender.CLIENT)
    due = _meaningful(client, answers(units(expected, Sender.SERVER), known))
    groups = _groups(client, due, known)
    came = _meaningful(units(actual, Sender.CLIENT), answers(units(actual, Sender.SERVER), lambda _: {}))
    aligned = _aligned(groups, came)
    numbers = _Numbers()
    left: list[_Left] = []
    line = 0
    for group, said in zip(groups, aligned, strict=True):
        line = max([line, *(answer.line for answer in group.said if answer.tag is None)])
        left.append(_compared(group, said, numbers, line))
        line = max([line, *(answer.line for answer in group.said)])
    for before, after in pairwise(left):
        if not (before.expunges or after.expunges):
            _shift(before.expected, after.actual)
            _shift(after.expected, before.actual)
    return [found for one in left for found in _paired(one, numbers)]


def _meaningful(client: Sequence[Unit], said: Sequence[Answer]) -> list[Answer]:
    """Leave untagged OKs out that are nothing but words, those before the first command apart: a greeting is one."""
    return [answer for answer in said if not answer.means_nothing or not client or answer.place < client[0].place]


# ---------------------------------------------------------------- which command each line belongs to


def _groups(client: Sequence[Unit], said: Sequence[Answer], known: Tags) -> list[_Group]:
    """Cut at every moment at which no command is in flight; the last group holds what came after all of them."""
    commands = _commands(client, said, known)
    last = _last_ends(commands)
    groups = [_Group()]
    for answer in said:
        group = groups[-1]
        group.said.append(answer)
        if answer.tag is None:
            continue
        group.tags.append(answer.tag)
        if answer.place in commands and not group.mailbox:
            group.mailbox = _mailbox(commands[answer.place])
        if last(answer.place) <= answer.place:
            groups.append(_Group())
    return groups


def _commands(client: Sequence[Unit], said: Sequence[Answer], known: Tags) -> dict[int, Unit]:
    """Return by the place of a completion the command it completes."""
    waiting = deque(client)
    latest: dict[bytes, Unit] = {}
    commands: dict[int, Unit] = {}
    for answer in said:
        while waiting and waiting[0].place < answer.place:
            unit = waiting.popleft()
            latest[_tag(unit, known)] = unit
        if answer.tag in latest:
            commands[answer.place] = latest[answer.tag]
    return commands


def _last_ends(commands: dict[int, Unit]) -> Callable[[int], int]:
    """Return what tells when the last of the commands is completed that began before a place."""
    spans = sorted((unit.place, end) for end, unit in commands.items())
    begins = [begin for begin, _ in spans]
    ends = list(accumulate((end for _, end in spans), max, initial=0))
    return lambda place: ends[bisect_left(begins, place)]


def _tag(unit: Unit, known: Tags) -> bytes:
    if unit.binds is not None:
        return known(unit).get(unit.binds, unit.binds.written)
    return unit.octets.partition(b" ")[0]


def _mailbox(command: Unit) -> bytes:
    found = _MAILBOX.match(command.octets)
    name = found[1].strip(b'"') if found else b""
    return INBOX if is_inbox(name) else name


def _aligned(groups: Sequence[_Group], said: Sequence[Answer]) -> list[list[Answer]]:
    """Return for each of `groups` what was said up to the completion of its commands.

    The completion of a command that nothing was expected for goes with what is said before it to the next.
    """
    owners: dict[bytes, list[int]] = defaultdict(list)
    for index, group in enumerate(groups):
        for tag in group.tags:
            owners[tag].append(index)
    aligned: list[list[Answer]] = [[] for _ in groups]
    waiting: list[Answer] = []
    for answer in said:
        waiting.append(answer)
        if answer.tag is not None and owners[answer.tag]:
            aligned[owners[answer.tag].pop(0)] += waiting
            waiting = []
    aligned[-1] += waiting
    return aligned


# ---------------------------------------------------------------- what is the same


class _Numbers:
    """Which number of the one server stands for which of the other."""

    def __init__(self) -> None:
        self._bound: dict[Number, int] = {}

    def conflict(self, due: Answer, came: Answer, mailbox: bytes) -> str:
        """Return in words which number cannot stand for which, empty where all can."""
        for key, number in self._pairs(due, came, mailbox):
            if self._bound.get(key, number) != number:
                kind, shown = key[0].decode(), "$uidvalidity" if key[2] == UNBOUND else key[2]
                return f"{kind} {shown} stood for {self._bound[key]} before, and now for {number}"
        return ""

    def bind(self, due: Answer, came: Answer, mailbox: bytes) -> None:
        """Take note of what stands for what."""
        self._bound.update(self._pairs(due, came, mailbox))

    @staticmethod
    def _pairs(due: Answer, came: Answer, mailbox: bytes) -> Iterator[tuple[Number, int]]:
        for (kind, named, expected), (_, _, actual) in zip(sorted(due.numbers), sorted(came.numbers), strict=False):
            yield (kind, b"" if expected == UNBOUND else named or mailbox, expected), actual


def _compared(group: _Group, said: Sequence[Answer], numbers: _Numbers, after: int) -> _Left:
    extra: dict[tuple[int, Hashable], list[Answer]] = defaultdict(list)
    for epoch, came in _epochs(said):
        extra[epoch, came.value].append(came)
    missing: list[Answer] = []
    for epoch, due in _epochs(group.said):
        same = extra[epoch, due.value]
        found = next((one for one in same if not numbers.conflict(due, one, group.mailbox)), None)
        if found is None:
            missing.append(due)
        else:
            numbers.bind(due, found, group.mailbox)
            same.remove(found)
    left = sorted((answer for same in extra.values() for answer in same), key=attrgetter("place"))
    expunges = group.expunges or any(answer.expunges for answer in said)
    return _Left(missing, left, group.mailbox, expunges, after)


def _epochs(said: Sequence[Answer]) -> Iterator[tuple[int, Answer]]:
    """Yield each answer with the number of EXPUNGE before it, 0 where that does not matter."""
    expunged = 0
    for answer in said:
        yield expunged if answer.is_counted else 0, answer
        expunged += answer.expunges


def _shift(missing: list[Answer], extra: list[Answer]) -> None:
    """Strike out what was only said with the next command."""
    for due in [answer for answer in missing if answer.is_news]:
        for came in extra:
            if came.value == due.value:
                missing.remove(due)
                extra.remove(came)
                break


# ---------------------------------------------------------------- what is not


def _paired(left: _Left, numbers: _Numbers) -> Iterator[Mismatch]:
    """Yield what came in place of something else as one, then what did not come, and what came besides."""
    extra: dict[Hashable, deque[Answer]] = defaultdict(deque)
    for answer in left.actual:
        extra[answer.subject].append(answer)
    for due in left.expected:
        came = extra[due.subject].popleft() if extra[due.subject] else None
        note = "" if came is None else _note(due, came) or numbers.conflict(due, came, left.mailbox)
        yield Mismatch(due, came, due.line, note)
    for came in sorted((answer for same in extra.values() for answer in same), key=attrgetter("place")):
        yield Mismatch(None, came, left.after)


def _note(due: Answer, came: Answer) -> str:
    """Return in a few words what is another."""
    one, other = due.response, came.response
    if isinstance(one, FetchData) and isinstance(other, FetchData):
        names = _names(due, came)
        return f"not the same: {', '.join(names)}" if names else "said before an EXPUNGE by one, after it by the other"
    if isinstance(one, StatusResponse) and isinstance(other, StatusResponse):
        if one.condition is not other.condition:
            return f"{one.condition.value.decode()} was expected, not {other.condition.value.decode()}"
        if replace(one, code=None, text=b"") == replace(other, code=None, text=b"") and due.value != came.value:
            return "not the same response code"
    return ""


def _names(due: Answer, came: Answer) -> list[str]:
    if not isinstance(due.value, tuple) or not isinstance(came.value, tuple):
        return []
    differing = due.value[1] ^ came.value[1]
    return sorted({item[0].decode("ascii", "replace") for item, _ in differing})
