"""A piece of a conversation between two moments at which nothing is under way: as recorded, and as it went now.

Comparing piece by piece keeps memory small; of long literals only a digest and the beginning are kept. Knows neither
connections nor files.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from outlookimap.traffic.compare import Difference, compare
from outlookimap.traffic.format import Form, Header, Said, Transcript
from outlookimap.transport.tap import Sender

_LARGE = 1 << 20  # octets after which a piece is compared
_MANY = 4096  # entries after which it is, too
_SHORT = 4096  # octets of a literal that is kept whole
_SHOWN = 60  # octets of a longer one that a difference shows
_COUNT = re.compile(rb"\{[0-9]+(?=\+?\}(?:\r?\n)?\Z)")


class Window:
    """What was expected and what came since the last `differences()`.

    `ignores` is what does not count where the server lists its capabilities.
    """

    def __init__(self, ignores: re.Pattern[bytes] | None = None) -> None:
        """Begin with nothing."""
        self._ignores = ignores
        self._octets = 0
        self.expected: list[Said] = []
        self.actual: list[Said] = []

    @property
    def large(self) -> bool:
        """Whether enough was said to compare it."""
        return self._octets > _LARGE or len(self.expected) + len(self.actual) > _MANY

    def expect(self, entry: Said) -> None:
        """Note what the recording holds."""
        self._add(self.expected, entry)

    def came(self, entry: Said) -> None:
        """Note what was said now."""
        self._add(self.actual, entry)

    def differences(self) -> list[Difference]:
        """Return where the server's side differs as values, and begin anew."""
        expected, self.expected = self.expected, []
        actual, self.actual = self.actual, []
        self._octets = 0
        if not expected and not actual:
            return []
        header = Header()
        return compare(
            Transcript(header, tuple(expected)), Transcript(header, tuple(actual)), sides=(Sender.SERVER,), values=True
        )

    def _add(self, entries: list[Said], entry: Said) -> None:
        if entry.form is Form.LITERAL and len(entry.octets) > _SHORT:
            entry = replace(entry, text=(_digest(entry.octets),))
            _recount(entries, entry)
        elif self._ignores is not None and entry.sender is Sender.SERVER and b"CAPABILITY" in entry.octets:
            text = tuple(self._ignores.sub(b"", part) if isinstance(part, bytes) else part for part in entry.text)
            entry = replace(entry, text=text)
        self._octets += len(entry.octets)
        entries.append(entry)


def _recount(entries: list[Said], literal: Said) -> None:
    """Have `literal` announced with the octets it has now."""
    for place in range(len(entries) - 1, -1, -1):
        line = entries[place]
        if line.sender is literal.sender:
            last = line.text[-1] if line.text else b""
            if isinstance(last, bytes):
                count = _COUNT.sub(b"{%d" % len(literal.octets), last)
                entries[place] = replace(line, text=(*line.text[:-1], count))
            return


def _digest(octets: bytes) -> bytes:
    found = hashlib.sha256(octets).hexdigest()[:16].encode()
    return b"%s ... (%d octets, SHA-256 %s)" % (octets[:_SHOWN].replace(b"\r\n", b" "), len(octets), found)
