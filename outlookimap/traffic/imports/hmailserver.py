r"""hMailServer's log: one event a line, in quoted columns, the sessions of all clients one between the other.

    "IMAPD" <tab> thread <tab> session <tab> "time" <tab> "address" <tab> "RECEIVED: a001 NOOP"

A client's line is one event; what the server sent at once is one, with `[nl]` for each line end but the last. Quotation
marks inside stand as they are. Passwords are `***`. Unless debug messages are logged as well, FETCH and STATUS
responses and very short ones are left out and long events are cut in the middle. The message of APPEND is never there.
Must not know other formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from outlookimap.errors import TranscriptError
from outlookimap.traffic.imports.assembling import assembled_lossy
from outlookimap.traffic.imports.heard import Heard, Item, remark, split_lines
from outlookimap.traffic.imports.imported import ImportedSession, fragment_header
from outlookimap.transport.tap import Sender

EVENT = re.compile(rb'(?:"[A-Z0-9]+"[\t ]+)?\d+[\t ]+(?:\d+[\t ]+)?"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}"[\t ]+"')
"""What each line of the log begins with."""

_IMAP = re.compile(
    rb'"IMAPD"[\t ]+\d+[\t ]+(?P<session>\d+)[\t ]+"(?P<time>[^"]*)"[\t ]+"(?P<address>[^"]*)"[\t ]+'
    rb'"(?P<way>SENT|RECEIVED): ?(?P<text>.*)',
    re.DOTALL,
)
_GREETING = re.compile(rb"\* (?:OK|PREAUTH|BYE)\b", re.IGNORECASE)
_GOODBYE = re.compile(rb"\* BYE\b", re.IGNORECASE)
_LOGOUT = re.compile(rb'[^ ]+ LOGOUT"?\s*', re.IGNORECASE)
_ANNOUNCES = re.compile(rb"\{(\d{1,9})\+?\}\Z")
_CUT = b" ... "
_CUT_FROM_END = 30
"""Where in a line of the log, its end included, the dots stand that replace what was cut."""


def sessions(octets: bytes) -> tuple[ImportedSession, ...]:
    """Return the sessions of a file, in the order of their first line; raises `TranscriptError`."""
    found: list[_Session] = []
    current: dict[tuple[bytes, bytes], _Session] = {}
    for number, line in _events(octets):
        match = _IMAP.fullmatch(line)
        if match is None:
            if line.startswith(b'"IMAPD"') and line.endswith(b"\n"):
                raise TranscriptError("a line of IMAPD without its columns", line=number)
            continue
        key = (match["session"], match["address"])
        if key not in current or current[key].is_followed_by(match):
            current[key] = _Session(*key)
            found.append(current[key])
        current[key].take(match, number)
    if not found:
        raise TranscriptError("the log holds no line of IMAPD: switch on 'IMAP' in the server's logging", line=1)
    return tuple(session.imported() for session in found)


def _events(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield events with the number of their line; an event may itself hold an LF."""
    begun, first = b"", 1
    for number, line in enumerate(split_lines(octets), 1):
        if EVENT.match(line) or not line.strip():
            if begun:
                yield first, begun
            begun, first = (line, number) if line.strip() else (b"", number)
        elif begun.rstrip(b"\r\n").endswith(b'"') or not begun:
            if not line.endswith(b"\n"):
                break  # the file ends here
            raise TranscriptError("not a line of an hMailServer log", line=number)
        else:
            begun += line
    if begun:
        yield first, begun


class _Session:
    """Collects what one session said."""

    def __init__(self, number: bytes, address: bytes) -> None:
        self._label = f"session {number.decode()}, {address.decode('latin-1')}"
        self._items: list[Item] = []
        self._announced = 0
        self._greeting: bytes | None = None
        self._left = False
        self._dismissed = False

    def is_followed_by(self, event: re.Match[bytes]) -> bool:
        """Tell whether an event greets another session that has the number of this one.

        It comes after LOGOUT, or repeats the greeting, as after a restart; any other untagged OK belongs to this one.
        """
        text = event["text"]
        if event["way"] != b"SENT" or not _GREETING.match(text):
            return False
        return text == self._greeting or self._dismissed or (self._left and not _GOODBYE.match(text))

    def take(self, event: re.Match[bytes], number: int) -> None:
        try:
            time = datetime.fromisoformat(event["time"].decode("ascii", "replace")).timestamp()
        except (ValueError, OverflowError):
            raise TranscriptError(f"not a time: {event['time']!r}", line=number) from None
        sender = Sender.CLIENT if event["way"] == b"RECEIVED" else Sender.SERVER
        self._notice(sender, event["text"])
        text = event["text"].rstrip(b"\r\n")
        whole = text.endswith(b'"')
        text = text.removesuffix(b'"')
        cut = None if b" ... " not in text else _cut_place(event)
        place = 0
        for line in text.split(b"[nl]"):
            if (cut is not None and place <= cut < place + len(line)) or (not whole and place + len(line) == len(text)):
                self._items.append(remark(f"cut in the log: {line.decode('latin-1')}", number))
            else:
                self._items.append(Heard(sender, self._unmasked(sender, line) + b"\r\n", number, time))
            place += len(line) + 4

    def _notice(self, sender: Sender, text: bytes) -> None:
        """Keep what tells where the session begins and ends."""
        if sender is Sender.CLIENT:
            self._left = self._left or _LOGOUT.fullmatch(text) is not None
        elif not self._items:
            self._greeting = text
        elif self._left and _GOODBYE.match(text):
            self._dismissed = True

    def _unmasked(self, sender: Sender, line: bytes) -> bytes:
        """Return `line`, the stars of a literal as many as it had octets."""
        if sender is Sender.SERVER:
            return line
        if self._announced and line == b"***":
            line = b"*" * self._announced
        match = _ANNOUNCES.search(line)
        self._announced = min(int(match[1]), 1 << 16) if match else 0
        return line

    def imported(self) -> ImportedSession:
        return ImportedSession(self._label, fragment_header("hmailserver"), lambda: assembled_lossy(self._items))


def _cut_place(event: re.Match[bytes]) -> int | None:
    """Return the place in the text where a long event was cut, None where it is whole."""
    line = event.string
    ended = line.rstrip(b"\r\n") + b"\r\n"
    place = len(ended) - _CUT_FROM_END
    return place - event.start("text") if ended[place : place + len(_CUT)] == _CUT else None
