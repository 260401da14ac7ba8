"""What all readers of mail on disk share: reading one file, and making a message of its octets.

Knows no kind of mail folder. The octets of a message stay as they are but for what a literal cannot carry and the ends
of lines: nothing here parses a message, so nothing here can change one.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from outlookimap.errors import UsageError
from outlookimap.server.store import Incoming
from outlookimap.wire.mailbox import INBOX, encode, is_inbox

DELIMITER = b"/"


@dataclass(frozen=True, slots=True)
class Source:
    """A mailbox on disk: its raw name, where it is, and what iterates over its messages, one in memory at a time."""

    name: bytes
    path: Path
    messages: Callable[[], Iterator[Incoming]] = field(repr=False)


def canonical(octets: bytes, where: str, *, remove_nul: bool) -> bytes:
    """Return a message with CRLF at the end of each line and without NUL, which no literal carries (RFC 3501 4.3).

    `where` names the message in the UsageError that a NUL raises where it is not to be removed.
    """
    if b"\0" in octets:
        if not remove_nul:
            raise UsageError(
                f"{where}: octet {octets.index(0)} of the message is a NUL, which IMAP cannot carry; "
                "repair the message or have NULs removed"
            )
        octets = octets.replace(b"\0", b"")
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def read_message(path: Path, flags: tuple[bytes, ...], *, remove_nul: bool) -> Incoming:
    """Return the message that is the whole of a file, dated by the file's modification; UsageError names the file."""
    try:
        with path.open("rb") as file:
            octets = file.read()
            modified = os.fstat(file.fileno()).st_mtime
    except OSError as error:
        raise unreadable(path, error) from error
    return Incoming(canonical(octets, str(path), remove_nul=remove_nul), flags, moment(modified, path))


def moment(seconds: float, path: Path) -> dt.datetime:
    """Return seconds since 1970 as a moment, in UTC and whole seconds; UsageError names the file where none fits."""
    try:
        return dt.datetime.fromtimestamp(int(seconds), dt.UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise UsageError(f"{path}: its time of modification ({seconds} s since 1970) is no date") from error


def entries(directory: Path) -> list[os.DirEntry[str]]:
    """Return what is in a directory by name, hidden files too; UsageError names the directory."""
    try:
        with os.scandir(directory) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise unreadable(directory, error) from error


def unreadable(path: Path, error: OSError) -> UsageError:
    """Return the error that says why `path` cannot be read."""
    return UsageError(f"{path} cannot be read: {error.strerror or error}")


def level(name: str, path: Path) -> bytes:
    """Return a directory's or file's name as one level of a raw mailbox name; `path` is named in the UsageError."""
    try:
        return encode(name)
    except UsageError as error:
        raise UsageError(f"{path}: its name is not text, so no mailbox can have it") from error


def joined(levels: tuple[bytes, ...]) -> bytes:
    """Return the raw name of these levels; none, and any spelling of INBOX, is INBOX."""
    if levels and is_inbox(levels[0]):
        levels = (INBOX, *levels[1:])
    return DELIMITER.join(levels) or INBOX
