r"""Stalwart's trace lines: one event a line, with the octets of one read or write.

The connections stand one between the other. Since 0.9:

    2024-09-10T10:46:20Z TRACE Raw IMAP input received (imap.raw-input) listenerId = "imaps", localPort = 993,
    remoteIp = 192.0.2.1, remotePort = 56391, size = 11, contents = "a001 NOOP\r\n"

and before, each on one line as well:

    2023-09-16T07:48:36.695654Z TRACE session{instance="imaps" protocol=Imap remote.ip="192.0.2.1" remote.port=42784}:
    imap::core::client: event="read" data="a001 NOOP\r\n" size=11

Literals are there, and passwords. Must not know other formats.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import datetime

from outlookimap.errors import TranscriptError
from outlookimap.traffic.format import Event, Mark
from outlookimap.traffic.imports.assembling import assembled
from outlookimap.traffic.imports.heard import Heard, Item, remark, split_lines
from outlookimap.traffic.imports.imported import ImportedSession, fragment_header
from outlookimap.transport.tap import Sender

_TIME = rb"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?)Z\s+"
EVENT = re.compile(
    _TIME + rb"(?:(?:TRACE|DEBUG|INFO|WARN|ERROR) [^(\n]{0,100} \([a-z0-9]+(?:-[a-z0-9]+)*\.[a-z0-9-]+\)|"
    rb"(?:TRACE|DEBUG|INFO|WARN|ERROR) (?:session\{|[a-z_]+(?:::[a-z_]+)*: ))"
)
"""What marks a line of the log; a journal may have put something before it."""

_NEW = re.compile(
    _TIME
    + rb"[A-Z]+ [^(\n]{0,100} \(imap\.(?P<what>raw-input|raw-output|connection-start|connection-end)\)(?P<keys>.*)",
    re.DOTALL,
)
_OLD = re.compile(
    _TIME + rb'[A-Z]+ session\{(?P<span>[^}\n]*)\}: [\w:]+: event="(?P<what>read|write)" data="(?P<data>.*)', re.DOTALL
)
_IS_TRAFFIC = re.compile(rb'\(imap\.raw-(?:input|output)\)|: imap::core::[\w:]+: event="(?:read|write)"')
_CONTENTS = re.compile(rb'(?:^|[\s,])contents = (?P<value>"(?P<text>.*)"|base64:(?P<base64>\S*))\s*\Z', re.DOTALL)
_SIZE = re.compile(rb"size = (\d{1,12})")
_OLD_END = re.compile(rb'" size=(\d{1,12})\s*\Z')
_IP = re.compile(rb'remote(?:Ip = |\.ip="?)([^\s,"}]+)')
_PORT = re.compile(rb"remote(?:Port = |\.port=)(\d+)")
_COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\}|([rnt0\\\"']))")
_ESCAPED = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\", b'"': b'"', b"'": b"'"}


def sessions(octets: bytes) -> tuple[ImportedSession, ...]:
    """Return the sessions of a file, in the order of their first line; raises `TranscriptError`."""
    found: list[_Session] = []
    current: dict[bytes, _Session] = {}
    for number, line in _events(octets):
        match = _NEW.search(line) or _OLD.search(line)
        if match is None:
            if _IS_TRAFFIC.search(line) and line.endswith(b"\n"):
                raise TranscriptError("an event of IMAP without the fields it has", line=number)
            continue
        key = _peer(line)
        if match["what"] == b"connection-end":
            if key in current:
                current.pop(key).close(number)
        elif match["what"] != b"connection-start":
            heard = _heard(match, line, number)
            greets = isinstance(heard[0], Heard) and heard[0].octets.startswith((b"* OK", b"* PREAUTH"))
            if key not in current or (greets and current[key].ended):
                current[key] = _Session(key)
                found.append(current[key])
            current[key].take(heard)
    if not found:
        message = "the log holds no IMAP traffic: set the level of its tracer to 'trace'"
        raise TranscriptError(message, line=1)
    return tuple(session.imported() for session in found)


def _events(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield events with the number of their first line; each key may have a line of its own, after a tab."""
    begun, first = b"", 1
    for number, line in enumerate(split_lines(_COLOUR.sub(b"", octets)), 1):
        if line.startswith(b"\t") and begun:
            begun = begun.rstrip(b"\r\n") + b", " + line.strip(b"\t")
            continue
        if begun:
            yield first, begun
        begun, first = line, number
    if begun:
        yield first, begun


def _peer(line: bytes) -> bytes:
    address, port = _IP.search(line), _PORT.search(line)
    return b":".join(match[1] for match in (address, port) if match)


def _heard(event: re.Match[bytes], line: bytes, number: int) -> list[Item]:
    """Return what an event says was read or written, line by line, and a remark where that is not all."""
    try:
        time = datetime.fromisoformat(event["time"].decode("ascii")[:26] + "+00:00").timestamp()
    except (ValueError, OverflowError):
        raise TranscriptError(f"not a time: {event['time']!r}", line=number) from None
    sender = Sender.CLIENT if event["what"] in (b"raw-input", b"read") else Sender.SERVER
    octets, size = _contents(event, number) if "keys" in event.groupdict() else _data(event)
    if octets is None:
        if line.endswith(b"\n"):
            raise TranscriptError("an event of IMAP without its contents", line=number)
        return [remark("the log ends within what is said here", number)]
    items: list[Item] = [*Heard(sender, octets, number, time).lines()]
    if size is not None and size != len(octets):
        items.append(remark(f"{size} octets went over the wire, the log holds {len(octets)}", number))
    return items


def _contents(event: re.Match[bytes], number: int) -> tuple[bytes | None, int | None]:
    keys = event["keys"]
    match = _CONTENTS.search(keys)
    size = _SIZE.search(keys)
    if match is None:
        return None, None
    if match["base64"] is None:
        octets = _unescaped(match["text"])
    else:
        try:
            octets = base64.b64decode(match["base64"], validate=True)
        except binascii.Error:
            if event.string.endswith(b"\n"):
                raise TranscriptError("contents that are not base64", line=number) from None
            return None, None
    return octets, int(size[1]) if size else None


def _data(event: re.Match[bytes]) -> tuple[bytes | None, int | None]:
    match = _OLD_END.search(event["data"])
    if match is None:
        return None, None
    return _unescaped(event["data"][: match.start()]), int(match[1])


def _unescaped(text: bytes) -> bytes:
    return _ESCAPE.sub(_octets, text)


def _octets(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return bytes([int(match[1], 16)])
    if match[2]:
        code = int(match[2], 16)
        return chr(code).encode("utf-8", "replace") if code < 0x110000 else match[0]
    return _ESCAPED[match[3]]


class _Session:
    """Collects what one connection said."""

    def __init__(self, peer: bytes) -> None:
        self._label = peer.decode("latin-1") or "one connection"
        self._items: list[Item] = []
        self.ended = False

    def take(self, items: list[Item]) -> None:
        self._items += items
        self.ended = any(isinstance(item, Heard) and item.octets.startswith(b"* BYE") for item in items)

    def close(self, number: int) -> None:
        self._items.append(Mark(Event.CLOSED, line=number))

    def imported(self) -> ImportedSession:
        return ImportedSession(self._label, fragment_header("stalwart"), lambda: assembled(self._items))
