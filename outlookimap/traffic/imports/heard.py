"""What an importer makes of its log: octets of either side, one after the other, and what they look like.

Must not know any format, nor how lines and literals are told apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from outlookimap.traffic.format import Comment, Mark
from outlookimap.transport.tap import Sender

COMMANDS = (
    b"CAPABILITY|NOOP|LOGOUT|STARTTLS|AUTHENTICATE|LOGIN|SELECT|EXAMINE|CREATE|DELETE|RENAME|SUBSCRIBE|UNSUBSCRIBE|"
    b"LIST|LSUB|XLIST|STATUS|APPEND|CHECK|CLOSE|EXPUNGE|SEARCH|FETCH|STORE|COPY|UID|IDLE|ID|NAMESPACE|ENABLE|MOVE|"
    b"UNSELECT|COMPRESS|SORT|THREAD|GETQUOTA|GETQUOTAROOT|GETACL|MYRIGHTS"
)
"""The commands of RFC 3501 and of its common extensions, as alternatives of a pattern."""

_COMMAND = re.compile(rb'([^\s*+(){%"\\]+) (' + COMMANDS + rb")(?: |\r?(?:\n|\Z))", re.IGNORECASE)
_RESPONSE = re.compile(
    rb"\* (?:OK|NO|BAD|BYE|PREAUTH|CAPABILITY|FLAGS|LIST|LSUB|XLIST|SEARCH|STATUS|NAMESPACE|ENABLED|ID|ESEARCH|"
    rb"\d+ (?:EXISTS|RECENT|EXPUNGE|FETCH))(?![A-Za-z])"
    rb"|\+(?= |\r?(?:\n|\Z))"
    rb"|[^\s*+(){%\"\\]+ (?:OK|NO|BAD)(?= |\r?(?:\n|\Z))"
)
_COMPLETES = re.compile(rb"([^\s*+]+) (?:OK|NO|BAD)(?= |\r?(?:\n|\Z))")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_LONGEST_COMMENT = 200


@dataclass(frozen=True, slots=True)
class Heard:
    """Octets of one side, as sent, from line `line` of the log, at `time` in seconds (None where it is not known)."""

    sender: Sender
    octets: bytes
    line: int
    time: float | None = None

    def lines(self) -> Iterator[Heard]:
        """Yield it line by line, all from the same line of the log."""
        for octets in split_lines(self.octets):
            yield replace(self, octets=octets)


Item: TypeAlias = Heard | Comment | Mark
"""One thing that an importer found."""


def is_response(octets: bytes) -> bool:
    """Tell whether only a server would begin a line so."""
    return _RESPONSE.match(octets) is not None


def is_command(octets: bytes) -> bool:
    """Tell whether only a client would begin a line so."""
    return _COMMAND.match(octets) is not None and not is_response(octets)


def command_tag(octets: bytes) -> bytes | None:
    """Return the tag of the command that a line begins, None where it begins none."""
    match = _COMMAND.match(octets)
    return match[1] if match else None


def completed_tag(octets: bytes) -> bytes | None:
    """Return the tag of the command that a line of the server is the last answer to, None where it is to none."""
    match = _COMPLETES.match(octets)
    return match[1] if match else None


def completes(octets: bytes, tag: bytes) -> bool:
    """Tell whether a line of the server is its last answer to the command `tag`."""
    return octets.startswith(tag + b" ") and completed_tag(octets) == tag


def remark(text: str, line: int) -> Comment:
    """Return `text` as a comment, whatever characters it has."""
    printable = _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", text.strip())
    if len(printable) > _LONGEST_COMMENT:
        printable = printable[: _LONGEST_COMMENT - 4].rstrip() + " ..."
    return Comment(printable, line)


def split_lines(octets: bytes) -> list[bytes]:
    """Cut after each LF, and nowhere else."""
    *whole, last = octets.split(b"\n")
    return [line + b"\n" for line in whole] + ([last] if last else [])
