"""What comes out where faults went in: octets, pauses and ends in their order, and what an action may know.

Knows no transport: who performs the steps is the connection's outlet.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

_ANNOUNCED = re.compile(rb"\{([0-9]{1,18})\+?\}\r\n")
_PLACEHOLDER = re.compile(rb"%([tn%])")
_GROUP = re.compile(rb"\\([0-9])")


@dataclass(frozen=True, slots=True)
class Octets:
    """Octets to send, one response or part of one; `singly` each in a write of its own."""

    octets: bytes
    singly: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing is read or sent for `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class End:
    """The connection is closed without another word; `abrupt` drops it."""

    abrupt: bool = False


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing is ever sent again; what the client says is thrown away."""


@dataclass(frozen=True, slots=True)
class Expiry:
    """IDLE, if it still runs after `seconds`, ends with the connection, without a word."""

    seconds: float


Step: TypeAlias = Octets | Pause | End | Silence | Expiry
"""Whatever an outlet performs."""


@dataclass(slots=True)
class Scene:
    """What an action may know of the moment, and what it leaves for later; one per connection and firing.

    `tag` is the command's, b"" for the greeting; `messages` how many the selected mailbox has in the client's picture;
    `nth` counts from 1 how often the fault was due; `mailbox` is the one the command names. `memory` lives as long as
    the connection, `taken` (responses an action has changed) as long as the firing. `fire` is called for each effect.
    """

    tag: bytes
    nth: int = 1
    messages: int = 0
    mailbox: bytes = b""
    memory: dict[Any, bytes] = field(default_factory=dict)
    taken: dict[Any, int] = field(default_factory=dict)
    fire: Callable[[], None] = lambda: None

    def is_last(self, response: bytes) -> bool:
        """Tell whether `response` completes the answer: it has the command's tag, or is the greeting."""
        return not self.tag or response.startswith(self.tag + b" ")

    def filled(self, text: bytes) -> bytes:
        """Return `text` with ``%t`` as the tag, ``%n`` as the number of messages and ``%%`` as the sign itself."""
        values = {b"t": self.tag, b"n": b"%d" % self.messages, b"%": b"%"}
        return _PLACEHOLDER.sub(lambda found: values[found[1]], text)

    def pattern(self, pattern: bytes) -> re.Pattern[bytes]:
        """Return a regular expression, in which ``%t`` stands for the tag and ``%n`` for the number of messages."""
        values = {b"t": re.escape(self.tag), b"n": b"%d" % self.messages, b"%": b"%"}
        return compiled(_PLACEHOLDER.sub(lambda found: values[found[1]], pattern))

    def expanded(self, text: bytes, found: re.Match[bytes]) -> bytes:
        r"""Return `text` with placeholders filled and ``\1`` to ``\9`` as the groups of `found`, ``\0`` all of it."""
        return _GROUP.sub(lambda group: found[int(group[1])] or b"", self.filled(text))


@lru_cache(maxsize=512)
def compiled(pattern: bytes) -> re.Pattern[bytes]:
    """Return the regular expression; re.error for one that cannot be read."""
    return re.compile(pattern)


@dataclass(frozen=True, slots=True)
class Span:
    """A literal in a response: where its count stands, where its octets begin and end."""

    count: int
    start: int
    end: int


def literals(response: bytes) -> list[Span]:
    """Return the literals of a response in their order."""
    spans: list[Span] = []
    found = _ANNOUNCED.search(response)
    while found is not None:
        end = found.end() + int(found[1])
        if end > len(response):
            break  # a text that happens to look like an announcement, or a count that was made wrong
        spans.append(Span(found.start(1), found.end(), end))
        found = _ANNOUNCED.search(response, end)
    return spans
