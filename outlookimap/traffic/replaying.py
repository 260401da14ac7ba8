"""Plays the client's side of a recording against a server and tells where the server answers otherwise.

The client's octets are the recorded ones, tags included, but for what the recording masks. Entries are read one by one;
of the conversation only what is under way is kept. What is said when is decided in `traffic.playing`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from outlookimap.errors import ConnectionLost
from outlookimap.traffic.compare import Difference
from outlookimap.traffic.filling import Filling, SignIn
from outlookimap.traffic.format import Comment, Entry, Event, Form, Mark, Said
from outlookimap.traffic.playing import Playing
from outlookimap.traffic.reaching import Target
from outlookimap.transport.clock import Clock, SystemClock
from outlookimap.transport.tap import Sender

_TURNING = re.compile(rb"[^ *+]+ +(STARTTLS|LOGIN|AUTHENTICATE)(?![^ \r\n])", re.IGNORECASE)
_AHEAD = 64  # entries looked through for STARTTLS before a connection is made


@dataclass(frozen=True, slots=True)
class Stopped:
    """A connection that could not be played to its end: the line of the recording, why, and what was left over."""

    line: int
    reason: str
    unplayed: int = 0

    def __str__(self) -> str:
        more = f"; {self.unplayed} lines of the client were not played" if self.unplayed else ""
        return f"line {self.line}: the conversation ended early: {self.reason}{more}"


Told: TypeAlias = Callable[[Difference | Stopped], None]
"""Hears of each difference when it is found."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a replay went: how much of it was played, and how many differences were told."""

    connections: int = 0
    commands: int = 0
    differences: int = 0


def replay(
    entries: Iterable[Entry],
    target: Target,
    sign_in: SignIn,
    tell: Told,
    *,
    pauses: bool = True,
    clock: Clock | None = None,
) -> Outcome:
    """Play the client's side of `entries` against `target`, one connection after the other.

    Without `pauses` nobody waits where the recorded client only let time pass. Raises TranscriptError for entries that
    cannot be played, ConnectError and its like when the server cannot be reached, UsageError and MechanismError when
    the sign-in cannot be filled in.
    """
    outcome = Outcome()
    for connection in connections(entries):
        played = _play(connection, target, sign_in, tell, pauses=pauses, clock=clock or SystemClock())
        outcome = Outcome(
            outcome.connections + played.connections,
            outcome.commands + played.commands,
            outcome.differences + played.differences,
        )
    return outcome


def connections(entries: Iterable[Entry]) -> Iterator[Iterator[Entry]]:
    """Yield the entries of each connection on which something is said; what is left of one is passed over."""
    source = iter(entries)
    for first in source:
        rest = itertools.takewhile(_same_connection, itertools.chain([first], source))
        before: list[Entry] = []
        for entry in rest:
            before.append(entry)
            if isinstance(entry, Said):
                yield itertools.chain(before, rest)
                break
        for _ in rest:
            pass


def _same_connection(entry: Entry) -> bool:
    return not (isinstance(entry, Mark) and entry.event is Event.CONNECTED)


def _play(
    entries: Iterator[Entry], target: Target, sign_in: SignIn, tell: Told, *, pauses: bool, clock: Clock
) -> Outcome:
    ahead = _up_to_sign_in(entries)
    late = target.encryption == "starttls" and _is_start_tls(ahead[-1])
    transport, greeting = (replace(target, encryption="none") if late else target).open()
    try:
        playing = Playing(
            transport, greeting, Filling(sign_in), upgrade=target if late else None, timeout=target.timeout,
            pauses=pauses, clock=clock,
        )  # fmt: skip
        found = _entries(playing, itertools.chain(ahead, entries), tell)
    finally:
        transport.close()
    return Outcome(1, playing.commands, found)


def _entries(playing: Playing, entries: Iterator[Entry], tell: Told) -> int:
    found = line = 0
    now: Entry | None = None
    try:
        for now in entries:
            entry, line = now, now.line
            if not isinstance(entry, Comment):
                for difference in playing.take(entry):
                    tell(difference)
                    found += 1
        for difference in playing.finish():
            tell(difference)
            found += 1
    except ConnectionLost as error:
        left = itertools.chain([now] if now is not None else [], entries)
        unplayed = sum(isinstance(one, Said) and one.sender is Sender.CLIENT for one in left)
        last: list[Difference | Stopped] = [*playing.settle(), Stopped(line, str(error), unplayed)]
        for told in last:
            tell(told)
        found += len(last)
    return found


def _up_to_sign_in(entries: Iterator[Entry]) -> list[Entry]:
    """Take the entries up to STARTTLS or, where that does not come first, to the beginning of the sign-in."""
    ahead: list[Entry] = []
    for entry in itertools.islice(entries, _AHEAD):
        ahead.append(entry)
        if isinstance(entry, Said) and (entry.form is Form.LITERAL or _TURNING.match(entry.octets)):
            break
    return ahead


def _is_start_tls(entry: Entry) -> bool:
    found = _TURNING.match(entry.octets) if isinstance(entry, Said) and entry.sender is Sender.CLIENT else None
    return found is not None and found[1].upper() == b"STARTTLS"
