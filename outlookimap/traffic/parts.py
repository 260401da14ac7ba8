"""What each entry of a conversation is: the beginning of a command, what goes on with it, data, a completion.

Follows one connection entry by entry. Knows of commands only those after which the client's lines are no commands:
AUTHENTICATE and IDLE (RFC 3501 section 6.2.2, RFC 2177).
"""

from __future__ import annotations

import enum
import re

from outlookimap.errors import TranscriptError
from outlookimap.traffic.format import Following, Form, Said
from outlookimap.transport.tap import Sender

_COMMAND = re.compile(rb"(?P<tag>[^ \r\n]+) +(?P<name>[^ \r\n]+)")
_TAGGED = re.compile(rb"(?P<tag>[^ *+\r\n][^ \r\n]*) +(?:OK|NO|BAD)(?![^ \r\n])", re.IGNORECASE)
_ASKING = re.compile(rb"\{[0-9]+\}\r?\n\Z")


class Part(enum.Enum):
    """What an entry is."""

    COMMAND = enum.auto()  # the first line of a command
    MORE = enum.auto()  # a literal of a command, or what follows one
    ANSWER = enum.auto()  # a line in AUTHENTICATE
    DONE = enum.auto()  # a line in IDLE
    CONTINUATION = enum.auto()
    COMPLETION = enum.auto()
    DATA = enum.auto()  # the first line of an untagged response
    REST = enum.auto()  # a literal of a response, or what follows one


class Parts:
    """Follows one connection; `tag` and `name` (upper case) are those of the latest command.

    `asks` says that the last words of the client wait for a go-ahead, `inside` that a response of the server goes on.
    """

    __slots__ = ("_lines", "_sides", "asks", "name", "tag")

    def __init__(self) -> None:
        """Begin before the greeting."""
        self._sides = {sender: Following() for sender in Sender}
        self._lines: Part | None = None  # what the client's lines are while they are no commands
        self.tag = b""
        self.name = b""
        self.asks = False

    @property
    def authenticating(self) -> bool:
        """Whether an AUTHENTICATE is under way."""
        return self._lines is Part.ANSWER

    @property
    def inside(self) -> bool:
        """Whether the server's last response goes on."""
        return self._sides[Sender.SERVER].continues

    def take(self, entry: Said, octets: bytes) -> Part:
        """Return what `entry` is; `octets` are those of it, placeholders resolved, line end included.

        Raises TranscriptError for a command without tag or name.
        """
        side = self._sides[entry.sender]
        begins = not side.continues and entry.form is not Form.LITERAL
        side.take(entry)
        return (
            self._client(entry, octets, begins=begins)
            if entry.sender is Sender.CLIENT
            else self._server(octets, begins=begins)
        )

    def _client(self, entry: Said, octets: bytes, *, begins: bool) -> Part:
        self.asks = bool(_ASKING.search(octets))
        if not begins:
            return Part.MORE
        if self._lines is not None:
            self.asks = True
            part = self._lines
            if part is Part.DONE and octets.strip().upper() == b"DONE":
                self._lines = None
            return part
        found = _COMMAND.match(octets)
        if found is None:
            raise TranscriptError("a command of which the tag or the name is missing", line=entry.line or None)
        self.tag, self.name = found["tag"], found["name"].upper()
        if self.name in (b"AUTHENTICATE", b"IDLE"):
            self._lines = Part.ANSWER if self.name == b"AUTHENTICATE" else Part.DONE
            self.asks = True
        return Part.COMMAND

    def _server(self, octets: bytes, *, begins: bool) -> Part:
        if not begins:
            return Part.REST
        if octets.startswith(b"+"):
            return Part.CONTINUATION
        found = completed(octets)
        if found is None:
            return Part.DATA
        if found == self.tag:
            self._lines = None
        return Part.COMPLETION


def completed(line: bytes) -> bytes | None:
    """Return the tag of a tagged response, None where `line` is none."""
    found = _TAGGED.match(line)
    return None if found is None else found["tag"]
