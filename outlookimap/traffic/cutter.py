"""Cuts the two streams of octets of one conversation into lines, parts of lines and literals, to show them.

Whatever it decides, the cuts of one side joined together are what that side sent; a wrong guess costs beauty only.
It knows of IMAP what tells a literal from a line that merely looks like an announcement: status lines, AUTHENTICATE
and IDLE, and the server that refuses a literal. It must not know files, clocks or secrets.
"""

from __future__ import annotations

import enum
import re
from typing import TypeAlias

from outlookimap.traffic.format import ANNOUNCEMENT, Form
from outlookimap.transport.tap import Sender

Cut: TypeAlias = tuple[Form, bytes]
"""Octets and how they are shown; a `Form.LINE` lacks its CRLF."""

# The human-readable text of a status response is free to end in {5} (RFC 3501 section 7.1).
_STATUS = re.compile(rb"\* +(?:OK|NO|BAD|BYE|PREAUTH)(?![^ \r\n])", re.IGNORECASE)
_PIECES = re.compile(rb"[^\n]*\n|[^\n]+")


class _Mode(enum.Enum):
    COMMAND = enum.auto()
    AUTHENTICATE = enum.auto()
    IDLE = enum.auto()


class _Stream:
    """One direction: octets not yet cut off, and the literal that is due."""

    __slots__ = ("announces", "buffer", "continued", "scanned", "waits", "wanted")

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.scanned = 0  # no line feed is before this place
        self.wanted: int | None = None  # octets of the literal that is due
        self.waits = False  # the literal is synchronising: the other side may refuse it
        self.continued = False  # what comes next goes on with a line after its literal
        self.announces = False  # whether the command or response in hand can hold a literal


class Cutter:
    """Cuts one connection's octets; both directions go through one cutter because each explains the other."""

    __slots__ = ("_mode", "_streams", "_tag")

    def __init__(self) -> None:
        self._streams: dict[Sender, _Stream] = {}
        self._mode = _Mode.COMMAND
        self._tag = b""  # of the client's latest command
        self._begin()

    def feed(self, sender: Sender, octets: bytes) -> list[Cut]:
        """Take what `sender` sent and return what became complete."""
        self._streams[sender].buffer += octets
        cuts: list[Cut] = []
        while (cut := self._next(sender)) is not None:
            cuts.append(cut)
        return cuts

    def in_literal(self, sender: Sender) -> bool:
        """Return whether the next octet of `sender` belongs to a literal."""
        stream = self._streams[sender]
        return stream.wanted is not None and len(stream.buffer) < stream.wanted

    def due(self, sender: Sender) -> int | None:
        """Return the number of octets of the literal that `sender` announced and has not begun, None without one."""
        stream = self._streams[sender]
        return None if stream.buffer else stream.wanted

    def forgo(self, sender: Sender) -> None:
        """Take note that the literal that is due will not come: what `sender` says next is a new line."""
        self._streams[sender].wanted = None

    def rest(self) -> list[tuple[Sender, Cut]]:
        """Return what was left incomplete, as parts of lines, and forget everything."""
        left = [
            (sender, (Form.PART, piece))
            for sender, stream in self._streams.items()
            for piece in _PIECES.findall(bytes(stream.buffer))
        ]
        self._begin()
        return left

    def _begin(self) -> None:
        self._streams = {sender: _Stream() for sender in Sender}
        self._mode = _Mode.COMMAND
        self._tag = b""

    def _next(self, sender: Sender) -> Cut | None:
        stream = self._streams[sender]
        if stream.wanted is not None:
            if len(stream.buffer) < max(stream.wanted, 1):  # an empty literal shows when its line goes on
                return None
            literal = bytes(stream.buffer[: stream.wanted])
            del stream.buffer[: stream.wanted]
            stream.wanted, stream.continued, stream.scanned = None, True, 0
            return Form.LITERAL, literal
        end = stream.buffer.find(b"\n", stream.scanned) + 1
        if not end:
            stream.scanned = len(stream.buffer)
            return None
        line = bytes(stream.buffer[:end])
        del stream.buffer[:end]
        stream.scanned = 0
        self._line(sender, stream, line)
        return (Form.LINE, line[:-2]) if line.endswith(b"\r\n") else (Form.PART, line)

    def _line(self, sender: Sender, stream: _Stream, line: bytes) -> None:
        if not stream.continued:
            stream.announces = self._begins_command(line) if sender is Sender.CLIENT else self._begins_response(line)
        stream.continued = False
        if stream.announces and (match := ANNOUNCEMENT.search(line)):
            stream.wanted, stream.waits = int(match[1]), not match[2]

    def _begins_command(self, line: bytes) -> bool:
        """Note the command a client's line begins; return whether it can hold literals."""
        if self._mode is not _Mode.COMMAND:
            if self._mode is _Mode.IDLE and line.strip().upper() == b"DONE":
                self._mode = _Mode.COMMAND  # RFC 2177: the next command may come before the tagged answer
            if self._mode is not _Mode.AUTHENTICATE or b" " not in line.strip():
                return False
            self._mode = _Mode.COMMAND  # base64 has no space: it has ended, though no answer of the server's shows it
        words = line.split(None, 2)
        self._tag = words[0] if words else b""
        match words[1].upper() if len(words) > 1 else b"":
            case b"AUTHENTICATE":
                self._mode = _Mode.AUTHENTICATE
            case b"IDLE":
                self._mode = _Mode.IDLE
            case _:
                return True
        return False

    def _begins_response(self, line: bytes) -> bool:
        """Note what a server's line says of the client's command; return whether it can hold literals."""
        if self._tag and line.startswith(self._tag + b" "):
            self._mode = _Mode.COMMAND
            client = self._streams[Sender.CLIENT]
            if client.wanted is not None and client.waits and not client.buffer:
                client.wanted = None  # refused: the client will not send it
        return line.startswith(b"*") and not _STATUS.match(line)
