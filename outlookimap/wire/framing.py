"""Cuts a stream of octets into frames: one response or command each, its lines and its literals apart.

Framing comes before parsing, so that whatever a frame says wrongly, the border of the next one is never lost. Knows
how a literal is announced and nothing else of the grammar.
"""

from __future__ import annotations

import io
import itertools
import re
from dataclasses import dataclass, field

from outlookimap.errors import LimitExceeded
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.limits import Limits

_ANNOUNCED = re.compile(rb"\{([0-9]+)(\+?)\}\Z")
_STATUS_LINE = re.compile(rb"\+|[^ ]++ +(?:OK|NO|BAD|BYE|PREAUTH)(?:[ \t]*+(\[)|[ \t]|\Z)", re.IGNORECASE)
_QUOTED = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:(")|\\?\Z)', re.DOTALL)  # one without its end goes to the end
_FIRST_BLOCK = 1 << 16


@dataclass(slots=True)
class Frame:
    """One response or command: `lines[0] literals[0] lines[1] ...`, always one line more than literals.

    `lines` are without line ends and announcements; `raw` are the same lines as they came.
    """

    lines: list[bytes] = field(default_factory=list)
    literals: list[bytes] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    leniencies: set[Leniency] = field(default_factory=set)

    def octets(self) -> list[bytes]:
        """Return the octets as they came, line and literal by turns; of an unfinished frame those that are there."""
        parts: list[bytes] = []
        for raw, literal in itertools.zip_longest(self.raw, self.literals):
            parts += [raw] if literal is None else [raw, literal]
        return parts


@dataclass(frozen=True, slots=True)
class Announced:
    """A command announced a literal of `size` octets; a synchronizing one waits for the go-ahead.

    `line` is what the command said before the announcement.
    """

    size: int
    synchronizing: bool
    line: bytes


class _Literal:
    """Collects one literal in a buffer that grows by doubling and never beyond the announced size.

    The octets are handed out without a copy: peak memory is the literal itself.
    """

    __slots__ = ("_buffer", "_capacity", "missing", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self.missing = size
        self._buffer = io.BytesIO()
        self._capacity = 0

    def take(self, source: bytearray) -> None:
        count = min(self.missing, len(source))
        with memoryview(source) as view, view[:count] as part:
            self._reserve(self.size - self.missing + count)
            self._buffer.write(part)
        del source[:count]
        self.missing -= count

    def _reserve(self, octets: int) -> None:
        """Grow to the next power of two or to the whole size: BytesIO alone would take an eighth too much."""
        if octets <= self._capacity:
            return
        capacity = max(_FIRST_BLOCK, self._capacity)
        while capacity < octets:
            capacity *= 2
        # nor may its last step be a small one, for which BytesIO takes that eighth whatever is asked
        self._capacity = capacity if capacity + capacity // 4 < self.size else self.size
        here = self._buffer.tell()
        self._buffer.seek(self._capacity - 1)
        self._buffer.write(b"\0")
        self._buffer.seek(here)

    def octets(self) -> bytes:
        """Return the literal; call it once, when nothing is missing."""
        return self._buffer.getvalue()


class Framer:
    """Takes octets with `feed()` and gives frames with `pull()`, one at a time.

    With `commands` it reads what a client sends and yields `Announced` before each literal; else what a server sends,
    where a status response that happens to end in ``{5}`` announces nothing. Raises LimitExceeded.
    """

    __slots__ = (
        "_buffer", "_code", "_commands", "_depth", "_frame", "_gap", "_limits", "_line_octets", "_literal", "_scanned",
        "_total",
    )  # fmt: skip

    def __init__(self, limits: Limits, *, commands: bool) -> None:
        """Start at the beginning of a frame."""
        self._limits = limits
        self._commands = commands
        self._buffer = bytearray()
        self._reset()

    def _reset(self) -> None:
        self._frame = Frame()
        self._literal: _Literal | None = None
        self._gap = bytearray()
        self._code: bool | None = None  # of a status response that has announced a literal: is its code still open
        self._depth = 0  # parentheses open after the lines so far
        self._scanned = 0
        self._line_octets = 0
        self._total = 0

    @property
    def buffered(self) -> int:
        """Octets that were fed and belong to no frame yet."""
        return len(self._buffer)

    @property
    def begun(self) -> Frame:
        """The frame that has begun, as far as it has come."""
        return self._frame

    @property
    def inside(self) -> bool:
        """Whether a frame has begun and not ended."""
        return bool(self._frame.raw or self._buffer)

    @property
    def missing(self) -> int:
        """How many octets of the literal that was announced last have not been taken; 0 where a line is due."""
        return 0 if self._literal is None else self._literal.missing

    def feed(self, octets: bytes) -> None:
        """Append octets of the stream."""
        self._buffer += octets

    def discard(self) -> bytes:
        """Throw away the frame begun and what is buffered; return the octets of both."""
        octets = self.refuse_literal() + bytes(self._buffer)
        self._buffer.clear()
        return octets

    def refuse_literal(self) -> bytes:
        """Drop the frame whose literal was announced last, so that a frame begins next; return its octets."""
        parts = self._frame.octets()
        if self._literal is not None:
            parts.append(self._literal.octets()[: self._literal.size - self._literal.missing])
        parts.append(bytes(self._gap))
        self._reset()
        return b"".join(parts)

    def line(self) -> bytes | None:
        """Take one line as it came, with its end, whatever it says; None while it is incomplete."""
        end = self._line_end()
        return None if end is None else self._cut(end)

    def pull(self) -> Frame | Announced | None:
        """Return the next frame or announcement, None while there is none."""
        while True:
            if self._literal is not None:
                self._literal.take(self._buffer)
                if self._literal.missing:
                    return None
                self._frame.literals.append(self._literal.octets())
                self._literal = None
            end = self._line_end()
            if end is None:
                return None
            raw = self._cut(end)
            self._line_octets += len(raw)
            text = self._text(raw)
            found = self._announcement(text)
            if found is None and self._is_gap(text):
                self._frame.leniencies.add(Leniency.BLANK_LINE)
                self._gap += raw
                continue
            self._frame.raw.append(bytes(self._gap) + raw)
            self._gap.clear()
            if found is not None:
                announced = self._begin_literal(text[: found.start()], found)
                if self._commands:
                    return announced
            else:
                self._frame.lines.append(text)
                frame = self._frame
                self._reset()
                return frame

    def _line_end(self) -> int | None:
        """Return the position after the next LF, or None; the limit counts the whole frame without its literals."""
        found = self._buffer.find(b"\n", self._scanned)
        length = len(self._buffer) if found < 0 else found + 1
        if self._line_octets + length > self._limits.line + 2:
            # what a client sends may be a password
            raise LimitExceeded(
                "line", self._limits.line, what="a line", excerpt=b"" if self._commands else self._start()
            )
        if found < 0:
            self._scanned = length
            return None
        return length

    def _start(self) -> bytes:
        """Return the first octets of the frame, literals left out; no more than are there however a stream is cut."""
        return b"".join([*self._frame.raw, self._gap, self._buffer[:80]])[: min(80, self._limits.line)]

    def _cut(self, end: int) -> bytes:
        raw = bytes(self._buffer[:end])
        del self._buffer[:end]
        self._scanned = 0
        return raw

    def _text(self, raw: bytes) -> bytes:
        if raw.endswith(b"\r\n"):
            text = raw[:-2]
        else:
            self._frame.leniencies.add(Leniency.BARE_LF)
            text = raw[:-1]
        if not text.isascii():
            self._frame.leniencies.add(Leniency.EIGHT_BIT)
        if b"\r" in text:
            self._frame.leniencies.add(Leniency.BARE_CR)
        if b"\0" in text:
            self._frame.leniencies.add(Leniency.NUL)
        return text

    def _announcement(self, text: bytes) -> re.Match[bytes] | None:
        found = _ANNOUNCED.search(text)
        if found is None or self._commands:
            return found
        if self._code is None and not self._frame.lines:
            status = _STATUS_LINE.match(text)
            self._code = None if status is None else status[1] is not None
        if self._code is None:
            return found
        # TEXT-CHAR includes braces: only inside a response code that is still open can a literal stand
        bare = _QUOTED.sub(lambda quoted: b"" if quoted[1] else quoted[0], text)
        self._code = self._code and b"]" not in bare
        return found if self._code else None

    def _begin_literal(self, line: bytes, found: re.Match[bytes]) -> Announced:
        digits = found[1].lstrip(b"0") or b"0"
        # more digits than any limit has are not turned into a number: int() of a long line is slow, or refused
        size = int(digits) if len(digits) < 20 else self._limits.literal + 1
        self._total += size
        if self._total > self._limits.literal:
            what = f"a literal announced with {digits[:20].decode()} octets"
            raise LimitExceeded("literal", self._limits.literal, what=what)
        if len(self._frame.literals) == self._limits.elements:
            raise LimitExceeded("elements", self._limits.elements, what="the number of literals")
        if digits != found[1]:
            self._frame.leniencies.add(Leniency.LITERAL_LEADING_ZERO)
        if found[2] and not self._commands:
            self._frame.leniencies.add(Leniency.LITERAL_PLUS)
        if not self._commands:
            bare = _QUOTED.sub(b"", line)
            self._depth += bare.count(b"(") - bare.count(b")")
        self._frame.lines.append(line)
        self._literal = _Literal(size)
        return Announced(size, not found[2], line)

    def _is_gap(self, text: bytes) -> bool:
        """Tell whether this is an empty line in the middle of a response: after a literal, inside parentheses."""
        return not self._commands and self._depth > 0 and bool(self._frame.literals) and not text.strip(b" \t")
