r"""Plain text that shows a conversation line by line.

`C:` and `S:`, `>` and `<`, arrows, debug output of libraries, or nothing at all before the lines, as in a terminal.
Which sign is whose is found out from what the lines say. Literals may be there or not. Must not know other formats.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from outlookimap.errors import TranscriptError
from outlookimap.traffic.format import Entry
from outlookimap.traffic.imports.assembling import assembled_lossy
from outlookimap.traffic.imports.bare import bare_lines
from outlookimap.traffic.imports.heard import Heard, Item, is_command, is_response, remark, split_lines
from outlookimap.traffic.imports.imported import ImportedSession, fragment_header
from outlookimap.transport.tap import Sender

_STAMP = (
    rb"(?:\[?(?:(?:\d{4}-\d\d-\d\d|\d{1,2}[-/ ][A-Za-z]{3}[-/ ]\d{4})[T ])?(?P<time>\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)"
    rb"(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?\]?:? ?)?"
)
_REST = rb"(?: (?P<text>[^\n]*)|(?=\r?\n|\Z))"
_REPR = rb"""(?P<repr>b?(?P<quote>['"])[^\n]*(?P=quote))\s*"""


@dataclass(frozen=True, slots=True)
class Style:
    """A way of marking lines: `pattern` matches one, its group `sign` is in `client` or in `server`.

    Of a style that is `reversible` the signs may also be the other way round.
    """

    pattern: re.Pattern[bytes]
    client: frozenset[bytes]
    server: frozenset[bytes]
    reversible: bool = False


def _style(pattern: bytes, client: bytes, server: bytes, *, reversible: bool = False) -> Style:
    return Style(re.compile(pattern), frozenset(client.split()), frozenset(server.split()), reversible)


STYLES = (
    # several connections, each with its sign in brackets
    _style(_STAMP + rb"(?:<\w+> ?)?\[(?P<session>\w+)\] (?P<sign>[CS]):" + _REST, b"C", b"S"),
    _style(
        _STAMP + rb"(?P<sign>[CS]|[cs]|Client|Server|client|server):" + _REST,
        b"C c Client client",
        b"S s Server server",
    ),
    # what Python's imaplib and its offspring print
    _style(rb"[^\n]{0,40}?(?P<minutes>\d\d:\d\d\.\d\d)(?: [^\n<>]{0,80})? (?P<sign>[<>]) " + _REPR, b">", b"<"),
    _style(rb"[^\n]{0,120}?(?P<sign>Sending|Received) ?: " + _REPR, b"Sending", b"Received"),
    # what Thunderbird writes; the pointer tells connections apart
    _style(
        rb"(?:\d{4}-\d\d-\d\d (?P<time>\d\d:\d\d:\d\d\.\d{1,9}) UTC - )?[^\n]{0,120}?"
        rb"(?P<session>0x[0-9A-Fa-f]+|[0-9A-Fa-f]{8,16}):[^\s:]+:[^\s:]+:(?P<sign>SendData|CreateNewLineFromSocket):"
        + _REST,
        b"SendData",
        b"CreateNewLineFromSocket",
    ),
    _style(
        _STAMP + rb"(?P<sign>-->|<--|==>|<==|->|<-|=>|<=|>>|<<)" + _REST,
        b"--> ==> -> => >>",
        b"<-- <== <- <= <<",
        reversible=True,
    ),
    _style(_STAMP + rb"(?P<sign>[<>])" + _REST, b">", b"<", reversible=True),
)

_BYE = re.compile(rb"\* BYE(?= |\r?\n)")
_GREETING = re.compile(rb"\* (?:OK|PREAUTH)(?= |\r?\n)")
_HIDDEN = re.compile(rb"Logging suppressed for this command")


def recognised(head: bytes) -> tuple[int, Style | None]:
    """Return how many lines of `head` read as IMAP in the style that suits it best, and that style.

    None stands for lines with nothing before them.
    """
    lines = split_lines(head)
    best: tuple[int, Style | None] = (sum(is_command(line) or is_response(line) for line in lines), None)
    for style in STYLES:
        found = [match for line in lines if (match := style.pattern.match(line))]
        said = [(match["sign"], _text(match)) for match in found]
        score = sum(is_command(text) or is_response(text) for _, text in said)
        if score > best[0]:
            best = score, _turned(style, said)
    return best


def _turned(style: Style, said: list[tuple[bytes, bytes]]) -> Style:
    """Return `style` with its signs as the lines have them."""
    right = sum(
        (sign in style.client) == is_command(text) for sign, text in said if is_command(text) or is_response(text)
    )
    wrong = sum(
        (sign in style.server) == is_command(text) for sign, text in said if is_command(text) or is_response(text)
    )
    if style.reversible and wrong > right:
        return Style(style.pattern, style.server, style.client, reversible=True)
    return style


def sessions(octets: bytes, label: str) -> tuple[ImportedSession, ...]:
    """Return the sessions of a text, in the order of their first line; raises `TranscriptError`."""
    score, style = recognised(octets)
    if not score:
        raise TranscriptError("no line of it reads as IMAP", line=1)
    lines = [(number, line) for number, line in enumerate(split_lines(octets), 1)]
    found = _Sessions(label)
    if style is None:
        for item in bare_lines(lines):
            found.take(b"", item)
    else:
        clock = _Clock()
        for number, line in lines:
            match = style.pattern.match(line)
            key = match.groupdict().get("session") or b"" if match else None
            for item in _items(style, match, line, number, clock):
                found.take(key, item)
    return found.imported()


def _items(style: Style, match: re.Match[bytes] | None, line: bytes, number: int, clock: _Clock) -> Iterator[Item]:
    if match is None:
        if line.strip():
            yield remark(line.decode("latin-1"), number)
        return
    text = _text(match)
    if _HIDDEN.match(text):
        yield remark(text.decode("latin-1"), number)
        return
    if not text.endswith(b"\n"):
        text = text.removesuffix(b"\r") + b"\r\n"
    sender = Sender.CLIENT if match["sign"] in style.client else Sender.SERVER
    yield from Heard(sender, text, number, clock.read(match)).lines()


def _text(match: re.Match[bytes]) -> bytes:
    """Return what a line says, its line end only where the log spells it out."""
    groups = match.groupdict()
    if groups.get("repr") is None:
        return (groups.get("text") or b"").removesuffix(b"\r")
    try:
        value = ast.literal_eval(groups["repr"].decode("ascii", "backslashreplace"))
    except (ValueError, SyntaxError):
        return groups["repr"].strip(b"b'\"")
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


class _Clock:
    """Makes times of day, or of the hour, into times that go on."""

    def __init__(self) -> None:
        self._days = 0.0
        self._last = 0.0

    def read(self, match: re.Match[bytes]) -> float | None:
        groups = match.groupdict()
        written, period = groups.get("time"), 86400.0
        if written is None:
            written, period = groups.get("minutes"), 3600.0
        if written is None:
            return None
        seconds = 0.0
        for part in written.replace(b",", b".").split(b":"):
            seconds = seconds * 60 + float(part)
        if seconds + self._days < self._last - period / 2:
            self._days += period
        self._last = max(self._last, seconds + self._days)
        return self._last


@dataclass(slots=True)
class _Part:
    """What one session said; `over` when the server said goodbye."""

    label: str
    items: list[Item] = field(default_factory=list)
    heard: bool = False
    over: bool = False


class _Sessions:
    """Tells the sessions of a text apart: by the key each line has, and where a greeting follows a goodbye."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._found: list[_Part] = []
        self._current: dict[bytes, _Part] = {}
        self._last = b""

    def take(self, key: bytes | None, item: Item) -> None:
        """Add `item`; one without a key belongs to the session before it."""
        key = self._last if key is None else key
        self._last = key
        part = self._current.get(key)
        server = isinstance(item, Heard) and item.sender is Sender.SERVER
        if part is None or (part.over and isinstance(item, Heard) and server and _GREETING.match(item.octets)):
            part = _Part(key.decode("latin-1"))
            self._current[key] = part
            self._found.append(part)
        part.items.append(item)
        if isinstance(item, Heard):
            part.heard = True
            part.over = part.over or (server and _BYE.match(item.octets) is not None)

    def imported(self) -> tuple[ImportedSession, ...]:
        """Return the sessions in which anything was said."""
        parts = [part for part in self._found if part.heard]
        return tuple(
            ImportedSession(self._labelled(part, place, len(parts)), fragment_header("plain"), _reader(part.items))
            for place, part in enumerate(parts, 1)
        )

    def _labelled(self, part: _Part, place: int, number: int) -> str:
        which = part.label or (f"session {place}" if number > 1 else "")
        return f"{self._label}, {which}" if which else self._label


def _reader(items: list[Item]) -> Callable[[], Iterator[Entry]]:
    return lambda: assembled_lossy(items)
