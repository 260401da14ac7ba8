"""What a proxy does with the octets that pass through it: on to the other side, and to a tap with secrets marked.

Sans I/O. It answers STARTTLS itself and lists it where its own client may use it, and takes away what would make the
conversation unreadable (compression) or cannot work through somebody in the middle (channel binding). Everything else
goes on as it came. Knows neither sockets nor files.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from outlookimap.errors import TlsError
from outlookimap.traffic.format import ANNOUNCEMENT
from outlookimap.transport.tap import Sender, Tap
from outlookimap.wire.command_items import (
    BadCommand,
    CommandItem,
    LiteralAnnounced,
    Mode,
    ReceivedCommand,
    ReceivedLine,
)
from outlookimap.wire.command_reader import CommandReader
from outlookimap.wire.commands import Authenticate, Idle, Login, StartTls
from outlookimap.wire.limits import Limits
from outlookimap.wire.secret import Piece

_LIMITS = Limits(line=64 << 20, literal=1 << 50, elements=1 << 30)
"""A proxy judges nobody: what the server can take is the server's business."""

_LONGEST_LINE = 1 << 20
"""A server's line is held back, so that it can be read whole, up to this length."""

_LIST = re.compile(rb"(?P<head>\* +CAPABILITY)(?P<names>[^\r\n]*)(?P<rest>\r?\n)", re.IGNORECASE)
_CODE = re.compile(
    rb"(?P<head>[^ \r\n]+ +(?:OK|NO|BAD|BYE|PREAUTH) +\[CAPABILITY)(?P<names>[^]\r\n]*)(?P<rest>\].*)",
    re.IGNORECASE | re.DOTALL,
)
_UNUSABLE = re.compile(rb"COMPRESS=.*|AUTH=.*-PLUS", re.IGNORECASE)
_STATUS = re.compile(rb"(?P<tag>[^ \r\n]+) +(?P<condition>OK|NO|BAD|BYE|PREAUTH)(?![^ \r\n])", re.IGNORECASE)


@dataclass(slots=True)
class Passed:
    """What goes where now; with `secure` the client begins TLS once `to_client` is out."""

    to_client: list[bytes] = field(default_factory=list)
    to_server: list[bytes] = field(default_factory=list)
    secure: bool = False


class Between:
    """The middle of one connection; one thread at a time may call. `offers_tls`: STARTTLS is there for the client.

    Until the client has signed in, its octets go on command by command, because STARTTLS must not go on; afterwards
    as they come.
    """

    def __init__(self, tap: Tap, *, offers_tls: bool, encrypted: bool) -> None:
        """Begin before the greeting, under TLS with `encrypted`."""
        self._tap = tap
        self._reader = CommandReader(_LIMITS)
        self._responses = Responses()
        self._offers_tls = offers_tls
        self._encrypted = encrypted
        self._signed_in = False
        self._blind = False  # what the client says cannot be told apart any more
        self._held = bytearray()  # of the client, not yet gone on
        self._waits: tuple[bytes, Mode] | None = None  # the command after which lines come that are no commands
        self._literal: bytes | None = None  # the tag of the command whose literal was announced last
        self._sign_ins: set[bytes] = set()

    def from_client(self, octets: bytes, now: float) -> Passed:
        """Take what the client sent; raises TlsError for octets that came after STARTTLS without TLS."""
        passed = Passed()
        if self._blind:
            self._tap.octets(Sender.CLIENT, [(octets, True)], now)
            passed.to_server.append(octets)
            return passed
        if self._signed_in:
            passed.to_server.append(octets)
        else:
            self._held += octets
        self._items(self._reader.feed(octets), passed, now)
        if self._reader.broken is not None:
            self._blind = True
            self._show(self._reader.discard_buffered(), passed, now)
        return passed

    def from_server(self, octets: bytes, now: float) -> Passed:
        """Take what the server sent."""
        passed = Passed()
        shown: list[bytes] = []
        for begins, part in self._responses.feed(octets):
            said = self._rewritten(part) if begins else part
            shown.append(said)
            passed.to_client.append(said)
            if begins and (self._waits is not None or self._literal is not None or not self._signed_in):
                self._tap.octets(Sender.SERVER, [(b"".join(shown), False)], now)
                shown.clear()
                self._heard(part, passed, now)
        if shown:
            self._tap.octets(Sender.SERVER, [(b"".join(shown), False)], now)
        return passed

    def end_of_client(self, now: float) -> Passed:
        """Return what the client left unfinished."""
        passed = Passed()
        if not self._blind:
            self._show(self._reader.discard_buffered(), passed, now)
        return passed

    def end_of_server(self, now: float) -> Passed:
        """Return what the server left unfinished."""
        rest = self._responses.rest()
        if rest:
            self._tap.octets(Sender.SERVER, [(rest, False)], now)
        return Passed(to_client=[rest] if rest else [])

    # ---------------------------------------------------------------- the client

    def _items(self, items: Iterable[CommandItem], passed: Passed, now: float) -> None:
        left = deque(items)
        while left:
            item = left.popleft()
            if isinstance(item, ReceivedCommand) and isinstance(item.command, StartTls) and not self._signed_in:
                del self._held[: _length(item.pieces)]
                self._tap.octets(Sender.CLIENT, item.pieces, now)
                left += self._start_tls(item.tag, passed, now)
                continue
            self._show(item.pieces, passed, now)
            if isinstance(item, ReceivedCommand):
                self._note(item)
            elif isinstance(item, LiteralAnnounced):
                self._literal = item.tag if item.synchronizing else None
            elif isinstance(item, ReceivedLine) and self._waits is not None and self._waits[1] is Mode.LINES:
                # RFC 2177: after DONE the next command may come before the answer
                left += self._reader.resume(Mode.COMMANDS if _is_done(item.octets) else Mode.LINES)
            elif isinstance(item, BadCommand):
                self._literal = None

    def _show(self, pieces: Sequence[Piece], passed: Passed, now: float) -> None:
        """Let the octets of `pieces` go on, unless they have, and tell the tap."""
        if pieces:
            self._tap.octets(Sender.CLIENT, pieces, now)
        count = _length(pieces)
        if self._held:
            passed.to_server.append(bytes(self._held[:count]))
            del self._held[:count]

    def _note(self, item: ReceivedCommand) -> None:
        self._literal = None
        if isinstance(item.command, Authenticate | Login):
            self._sign_ins.add(item.tag)
        if isinstance(item.command, Authenticate):
            self._waits = item.tag, Mode.SECRET_LINES
        elif isinstance(item.command, Idle):
            self._waits = item.tag, Mode.LINES
        elif isinstance(item.command, StartTls):
            self._waits = item.tag, Mode.COMMANDS

    def _start_tls(self, tag: bytes, passed: Passed, now: float) -> list[CommandItem]:
        if not self._offers_tls or self._encrypted:
            self._answer(tag + b" BAD STARTTLS is not offered here\r\n", passed, now)
            return self._reader.resume(Mode.COMMANDS)
        if self._held:
            raise TlsError("the client sent octets between STARTTLS and the TLS handshake: they could be anybody's")
        self._answer(tag + b" OK Begin TLS negotiation now\r\n", passed, now)
        self._tap.encrypted(now)
        self._encrypted = passed.secure = True
        return self._reader.resume(Mode.COMMANDS)

    def _answer(self, line: bytes, passed: Passed, now: float) -> None:
        self._tap.octets(Sender.SERVER, [(line, False)], now)
        passed.to_client.append(line)

    # ---------------------------------------------------------------- the server

    def _heard(self, line: bytes, passed: Passed, now: float) -> None:
        """Draw from the first line of a response what the client's next octets are."""
        if line.startswith(b"+"):
            self._literal = None
            if self._waits is not None and self._reader.paused and not self._blind:
                self._items(self._reader.resume(self._waits[1]), passed, now)
            return
        status = _STATUS.match(line)
        if status is None:
            return
        tag, condition = status["tag"], status["condition"].upper()
        if self._signs_in(line):
            self._signed_in = True
            if self._held:
                passed.to_server.append(bytes(self._held))
                self._held.clear()
        self._sign_ins.discard(tag)
        # an untagged BAD is how some servers answer AUTHENTICATE: the client goes on with commands
        if self._waits is not None and (tag == self._waits[0] or (tag == b"*" and condition == b"BAD")):
            self._waits = None
            if self._reader.paused and not self._blind:
                self._items(self._reader.resume(Mode.COMMANDS), passed, now)
        elif self._literal is not None and tag == self._literal:
            self._literal = None
            if not self._blind:
                self._show(self._reader.refuse_literal(), passed, now)

    def _signs_in(self, line: bytes) -> bool:
        """Return whether `line` is the answer with which the client is signed in, or was all along."""
        status = _STATUS.match(line)
        if status is None:
            return False
        condition = status["condition"].upper()
        return condition == b"PREAUTH" or (condition == b"OK" and status["tag"] in self._sign_ins)

    def _rewritten(self, line: bytes) -> bytes:
        """Return `line` with the capabilities the client may use; any other line is itself."""
        if b"CAPABILITY" not in line.upper():
            return line
        found = _LIST.fullmatch(line) or _CODE.fullmatch(line)
        if found is None:
            return line
        names = found["names"].split()
        kept = [name for name in names if not _UNUSABLE.fullmatch(name)]
        listed = any(name.upper() == b"STARTTLS" for name in kept)
        offered = self._offers_tls and not self._encrypted
        if listed and not offered:
            kept = [name for name in kept if name.upper() != b"STARTTLS"]
        elif offered and not listed and not (self._signed_in or self._signs_in(line)):
            kept.append(b"STARTTLS")
        if kept == names:
            return line
        return found["head"] + b"".join(b" " + name for name in kept) + found["rest"]


class Responses:
    """Cuts what a server sends into lines and the octets of literals, the latter as they come, never whole."""

    __slots__ = ("_buffer", "_continued", "_missing", "_scanned")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._missing = 0  # octets of the literal that are due
        self._continued = False  # what comes next goes on with a response
        self._scanned = 0

    def feed(self, octets: bytes) -> list[tuple[bool, bytes]]:
        """Take octets and return what can go on: whether it is the first line of a response, and it."""
        self._buffer += octets
        parts: list[tuple[bool, bytes]] = []
        while self._buffer:
            if self._missing:
                chunk = self._take(min(self._missing, len(self._buffer)))
                self._missing -= len(chunk)
                parts.append((False, chunk))
                continue
            end = self._buffer.find(b"\n", self._scanned) + 1
            if not end:
                if len(self._buffer) <= _LONGEST_LINE:
                    self._scanned = len(self._buffer)
                    break
                end = len(self._buffer)
            parts.append(self._line(self._take(end)))
        return parts

    def rest(self) -> bytes:
        """Return the line that never ended."""
        return self._take(len(self._buffer))

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        self._scanned = 0
        return taken

    def _line(self, line: bytes) -> tuple[bool, bytes]:
        begins = not self._continued
        announced = ANNOUNCEMENT.search(line)
        if begins and (not line.startswith(b"*") or _STATUS.match(line)):
            announced = None  # the text of a status response may end so
        self._continued = announced is not None or not line.endswith(b"\n")
        self._missing = int(announced[1]) if announced else 0
        return begins, line


def _length(pieces: Sequence[Piece]) -> int:
    return sum(len(octets) for octets, _ in pieces)


def _is_done(line: bytes) -> bool:
    return line.strip(b" \t").upper() == b"DONE"
