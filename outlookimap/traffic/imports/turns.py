"""Brings two sides of a conversation that were written down apart, without times, into the order they must have had.

Each command is followed by what the server said up to its answer. It is a guess where commands were in flight together
or the server spoke unasked. Must not know any format.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice

from outlookimap.traffic.format import ANNOUNCEMENT
from outlookimap.traffic.imports.heard import Heard, command_tag, completed_tag, completes

_GREETING = re.compile(rb"\* (?:OK|PREAUTH|BYE)(?= |\r?\n)")
_LOOK_AHEAD = 64
"""How many lines of the server are looked at to find where the client's first answer begins."""


def in_turns(client: Iterator[Heard], server: Iterator[Heard]) -> Iterator[Heard]:
    """Yield what both said, read line by line or in parts of lines."""
    answers = _Answers(server)
    turn = _Turn()
    first = next(client, None)
    yield from answers.unasked(command_tag(first.octets) if first is not None else None)
    while first is not None:
        yield first
        if (ends := turn.after(first)) is not None:
            yield from answers.up_to(ends)
        first = next(client, None)
    yield from answers.up_to(lambda _: False)


class _Turn:
    """Follows what the client says, to tell when it waits and for what."""

    def __init__(self) -> None:
        self._tag = b""
        self._tail = b""
        self._literal = 0
        self._continues = False
        self._asked = False  # within AUTHENTICATE or IDLE

    def after(self, heard: Heard) -> Callable[[bytes], bool] | None:
        """Return what ends the answer the client waits for now, None where it goes on."""
        octets = heard.octets
        if self._literal:
            taken = min(self._literal, len(octets))
            self._literal, octets = self._literal - taken, octets[taken:]
            self._continues = True
            if not octets:
                return None
        self._tail = (self._tail + octets)[-4096:]
        if not octets.endswith(b"\n"):
            return None
        line, self._tail = self._tail, b""
        begins, self._continues = not self._continues, False
        if begins and not (self._asked and command_tag(line) is None):
            self._tag = line.split(b" ", 1)[0].strip()
            words = line.split(None, 2)
            self._asked = len(words) > 1 and words[1].upper() in (b"AUTHENTICATE", b"IDLE")
        if self._asked:
            if line.strip().upper() == b"DONE":
                self._asked = False
                return self._completes
            return self._continues_or_completes
        if match := ANNOUNCEMENT.search(line):
            self._literal = int(match[1])
            return None if match[2] else self._continues_or_completes
        return self._completes

    def _completes(self, line: bytes) -> bool:
        return bool(self._tag) and completes(line, self._tag)

    def _continues_or_completes(self, line: bytes) -> bool:
        if self._completes(line):
            self._literal, self._continues, self._asked = 0, False, False  # refused
            return True
        return line.startswith(b"+")


class _Answers:
    """The server's side, handed out answer by answer; what is in its literals is not looked at."""

    def __init__(self, server: Iterator[Heard]) -> None:
        self._ahead = deque(islice(server, _LOOK_AHEAD))
        self._server = server
        self._literal = 0
        self._begins = True

    def unasked(self, tag: bytes | None) -> Iterator[Heard]:
        """Yield the greeting, or the answer to what was asked before the client's side begins."""
        if tag is None or not self._ahead:
            return
        if _GREETING.match(self._ahead[0].octets):
            yield self._take()
            return
        lines = [heard.octets for heard in self._ahead]
        own = next((place for place, line in enumerate(lines) if completes(line, tag)), 0)
        last = next((place for place in reversed(range(own)) if completed_tag(lines[place]) is not None), -1)
        for _ in range(last + 1):
            yield self._take()

    def up_to(self, ends: Callable[[bytes], bool]) -> Iterator[Heard]:
        """Yield everything up to the line that `ends` the answer, or all if there is none."""
        over = False
        while self._ahead:
            over = over or (self._begins and not self._literal and ends(self._ahead[0].octets))
            yield self._take()
            if over and self._begins:
                return

    def _take(self) -> Heard:
        heard = self._ahead.popleft()
        taken = min(self._literal, len(heard.octets))
        self._literal -= taken
        rest = heard.octets[taken:]
        self._begins = rest.endswith(b"\n")
        if self._begins and (match := ANNOUNCEMENT.search(rest)):
            self._literal, self._begins = int(match[1]), False
        self._ahead.extend(islice(self._server, 1))
        return heard
