"""The faults of a server: which are switched on, how often each was due, and which have struck.

Shared by all connections; any thread may ask and change. Knows neither what an action does nor how octets travel.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from outlookimap.protocol.states import State
from outlookimap.server.fault import At, Fault, When, glob
from outlookimap.server.fault_spec import faults_of

__all__ = ["At", "Fault", "Faults", "Fired", "Occasion", "When"]

_KEPT = 10_000  # firings; the oldest are forgotten


@dataclass(frozen=True, slots=True)
class Fired:
    """A fault that struck: as which of its occasions, at which command (b"" for the greeting), when (server's clock).

    Of the command only the first thousand octets are kept, with secrets masked.
    """

    fault: Fault
    nth: int
    command: bytes
    moment: float


@dataclass(frozen=True, slots=True)
class Occasion:
    """A moment at which faults may be due.

    `at` is GREETING, GO_AHEAD, or ANSWER for a command, which stands for BEFORE, AFTER and IDLE too. `octets` is the
    length of the command, `answered` are the keywords that were answered before on the connection.
    """

    at: At
    tag: bytes = b""
    keyword: bytes = b""
    line: bytes = b""
    octets: int = 0
    state: State = State.CONNECTED
    mailbox: bytes = b""
    answered: frozenset[bytes] = frozenset()


class _Entry:
    """A fault that is switched on, and how often it was due."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.due = 0


class Faults:
    """The faults of one server; a change takes effect with the next command of each connection.

    Faults are given as values, or as text for `fault_spec`: a name of the library or ``when=...;do=...``. UsageError
    for text that cannot be read.
    """

    def __init__(self, faults: Iterable[Fault | str] = ()) -> None:
        """Switch on `faults`."""
        self._lock = threading.Lock()
        self._entries: tuple[_Entry, ...] = ()
        self._fired: deque[Fired] = deque(maxlen=_KEPT)
        self.add(*faults)

    def add(self, *faults: Fault | str) -> None:
        """Switch on more faults; their occasions are counted from now on."""
        added = [one for fault in faults for one in ([fault] if isinstance(fault, Fault) else faults_of(fault))]
        with self._lock:
            self._entries += tuple(map(_Entry, added))

    def remove(self, name: str) -> None:
        """Switch off the faults of that name; none is no error."""
        with self._lock:
            self._entries = tuple(entry for entry in self._entries if entry.fault.name != name)

    def clear(self) -> None:
        """Switch off all faults; what has struck is remembered."""
        with self._lock:
            self._entries = ()

    @property
    def fired(self) -> tuple[Fired, ...]:
        """What has struck so far, in that order; the last ten thousand."""
        with self._lock:
            return tuple(self._fired)

    def __bool__(self) -> bool:
        return bool(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Fault]:
        return iter([entry.fault for entry in self._entries])

    def due(self, occasion: Occasion) -> list[tuple[Fault, int]]:
        """Return the faults that are due now and which of their occasions this is; counts the occasion."""
        due: list[tuple[Fault, int]] = []
        with self._lock:
            for entry in self._entries:
                if _fits(entry.fault.when, occasion):
                    entry.due += 1
                    if entry.fault.when.is_due(entry.due):
                        due.append((entry.fault, entry.due))
        return due

    def record(self, fired: Fired) -> None:
        """Remember that a fault has struck."""
        with self._lock:
            self._fired.append(fired)


def _fits(when: When, occasion: Occasion) -> bool:
    apart = (At.GREETING, At.GO_AHEAD)
    if (when.at if when.at in apart else At.ANSWER) is not occasion.at:
        return False
    if when.state not in (None, occasion.state) or (when.longer and occasion.octets <= when.longer):
        return False
    if when.since is not None and not any(glob(when.since).fullmatch(keyword) for keyword in occasion.answered):
        return False
    return occasion.at is At.GREETING or when.names(occasion.keyword, occasion.line)
