"""Reads mbox files: From_ lines with their dates, quoted lines as mboxrd has them, flags in Status and X-Status.

Knows lines and three fields of a header, no message. The standard library's `mailbox.mbox` is not used: it takes any
line that begins with ``From `` for the border of a message, leaves ``>From `` as it is, ignores the date, and reads the
whole file before it gives the first message.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from email.utils import parsedate_tz
from pathlib import Path

from outlookimap.server.mail_files import canonical, unreadable
from outlookimap.server.store import Incoming
from outlookimap.wire import flags as f

_FROM = b"From "
_DATE = re.compile(
    rb"From .*?((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) +(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d.*)"
)
_QUOTED = re.compile(rb">+From ")
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_STATUS = re.compile(rb"(?:x-)?status:", re.IGNORECASE)

_FIRST_YEAR = 1000  # IMAP writes years with four digits

_LETTERS = {
    b"status": {"R": f.SEEN, "D": f.DELETED},
    b"x-status": {"A": f.ANSWERED, "D": f.DELETED, "F": f.FLAGGED, "T": f.DRAFT},
}


def is_mbox(path: Path) -> bool:
    """Tell whether a file begins as an mbox does; an empty one is an mbox without messages."""
    try:
        with path.open("rb") as file:
            return file.read(len(_FROM)) in (_FROM, b"")
    except OSError as error:
        raise unreadable(path, error) from error


def mbox_messages(path: Path, *, remove_nul: bool) -> Iterator[Incoming]:
    """Yield the messages of an mbox file; UsageError names the file, and the message where it is one's fault.

    A message begins at a line ``From `` that is the first or follows an empty one, if it has a date or a field of a
    header comes next. Its date is that of the line, in UTC where no zone is said (RFC 4155); the fields Status and
    X-Status become flags and are left out, as they are the file's and not the message's; so is the empty line at the
    end. One message is in memory at a time.
    """
    for number, (first, lines) in enumerate(_split(path), 1):
        where = f"{path}, message {number}"
        flags, octets = _message(lines)
        yield Incoming(canonical(octets, where, remove_nul=remove_nul), flags, _date(first))


def _split(path: Path) -> Iterator[tuple[bytes, list[bytes]]]:
    """Yield each From_ line and the lines of its message, without the empty line that ends it."""
    try:
        with path.open("rb") as file:
            first: bytes | None = None
            lines: list[bytes] = []
            line = file.readline()
            while line:
                following = file.readline()
                if first is None or (lines and _is_empty(lines[-1]) and _begins(line, following)):
                    if first is not None:
                        yield first, _ended(lines)
                    first, lines = line, []
                else:
                    lines.append(line)
                line = following
            if first is not None:
                yield first, _ended(lines)
    except OSError as error:
        raise unreadable(path, error) from error


def _begins(line: bytes, following: bytes) -> bool:
    return line.startswith(_FROM) and bool(_DATE.match(line) or _FIELD.match(following))


def _is_empty(line: bytes) -> bool:
    return not line.strip(b"\r\n")


def _ended(lines: list[bytes]) -> list[bytes]:
    return lines[:-1] if lines and _is_empty(lines[-1]) else lines


def _message(lines: list[bytes]) -> tuple[tuple[bytes, ...], bytes]:
    """Return the flags of a message and its octets, quoted lines as they were before."""
    flags: dict[bytes, None] = {}
    kept: list[bytes] = []
    in_header = True
    left_out = False
    for line in lines:
        if in_header and _is_empty(line):
            in_header = False
        if in_header and left_out and line[:1] in b" \t":
            continue  # the rest of a folded field
        left_out = in_header and _STATUS.match(line) is not None
        if left_out:
            flags.update(dict.fromkeys(_status_flags(line)))
        else:
            kept.append(line[1:] if line[:1] == b">" and _QUOTED.match(line) else line)
    return tuple(flags), b"".join(kept)


def _status_flags(line: bytes) -> list[bytes]:
    name, _, letters = line.partition(b":")
    known = _LETTERS[name.lower()]
    return [known[letter] for letter in letters.decode("latin-1") if letter in known]


def _date(line: bytes) -> dt.datetime | None:
    """Return the date of a From_ line, None where it has none that can be understood."""
    match = _DATE.match(line)
    fields = parsedate_tz(match[1].decode("latin-1").strip()) if match else None
    if fields is None or fields[0] < _FIRST_YEAR:
        return None
    try:
        return dt.datetime(*fields[:6], tzinfo=dt.timezone(dt.timedelta(seconds=fields[9] or 0)))
    except ValueError:
        return None  # the 31st of February and the like
