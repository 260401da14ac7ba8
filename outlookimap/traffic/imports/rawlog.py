r"""Dovecot's rawlog: what each side sent in a file of its own, `NAME.in` and `NAME.out`, octet for octet.

Each line may begin with a stamp, `1795170664.337996 `: there is one at the start of the file and one after each LF, so
that what looks like a stamp stands safely behind the real one. Read as it comes: memory is that of the largest
literal. Must not know other formats.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, TypeAlias

from outlookimap.errors import TranscriptError
from outlookimap.traffic.format import Entry
from outlookimap.traffic.imports.assembling import assembled
from outlookimap.traffic.imports.heard import Heard, is_command, is_response
from outlookimap.traffic.imports.imported import ImportedSession, fragment_header
from outlookimap.traffic.imports.turns import in_turns
from outlookimap.transport.tap import Sender

STAMP = re.compile(rb"(\d{9,11}\.\d{6}) ")
"""What a line begins with if the log has stamps."""

_PARTIAL_STAMP = re.compile(rb"\d{0,11}\.?\d{0,6}")
_CHUNK = 1 << 16
_PARTNERS = {".in": ".out", ".out": ".in"}

Opener: TypeAlias = Callable[[], BinaryIO]


def session(path: Path, head: bytes) -> tuple[ImportedSession, ...]:
    """Return the session of a file that begins with `head`, and of the other side's file beside it if it is there."""
    partner = partner_of(path)
    here = _side(head) or (Sender.SERVER if path.suffix == ".out" else Sender.CLIENT)
    files: dict[Sender, Opener] = {here: lambda: path.open("rb")}
    label = path.name
    if partner is not None:
        with partner.open("rb") as stream:
            side = _side(stream.read(_CHUNK))
        if side is not here or not head:
            other = side or (Sender.SERVER if here is Sender.CLIENT else Sender.CLIENT)
            files = {other: lambda: partner.open("rb")} | ({} if other is here else files)
            label = f"{path.name}, {partner.suffix}"
    return (_session(files, label),)


def partner_of(path: Path) -> Path | None:
    """Return the file beside `path` that holds the other side, None without one."""
    partner = path.with_suffix(_PARTNERS[path.suffix]) if path.suffix in _PARTNERS else None
    return partner if partner is not None and partner.is_file() else None


def session_of(octets: bytes, name: str) -> tuple[ImportedSession, ...]:
    """Return the session that `octets`, one side of it, hold."""
    side = _side(octets[:_CHUNK]) or Sender.CLIENT
    return (_session({side: lambda: BytesIO(octets)}, name),)


def side_scores(head: bytes) -> tuple[int, int]:
    """Return how many lines look as if the client, and as if the server, had said them."""
    lines = [STAMP.sub(b"", line, count=1) for line in head.split(b"\n")]
    return sum(map(is_command, lines)), sum(map(is_response, lines))


def _side(head: bytes) -> Sender | None:
    client, server = side_scores(head)
    return None if client == server else Sender.CLIENT if client > server else Sender.SERVER


def _session(files: dict[Sender, Opener], label: str) -> ImportedSession:
    return ImportedSession(label, fragment_header("rawlog"), lambda: _entries(files))


def _entries(files: dict[Sender, Opener]) -> Iterator[Entry]:
    streams = {sender: opener() for sender, opener in files.items()}
    try:
        stamped = {sender: _is_stamped(stream) for sender, stream in streams.items()}
        heard = {sender: _heard(stream, sender, stamped=stamped[sender]) for sender, stream in streams.items()}
        if len(heard) == 1:
            yield from assembled(*heard.values())
        elif all(stamped.values()):
            yield from assembled(_by_time(heard[Sender.CLIENT], heard[Sender.SERVER]))
        else:
            yield from assembled(in_turns(heard[Sender.CLIENT], heard[Sender.SERVER]))
    finally:
        for stream in streams.values():
            stream.close()


def _is_stamped(stream: BinaryIO) -> bool:
    begin = stream.read(20)
    stream.seek(0)
    return not begin or STAMP.match(begin) is not None


def _heard(stream: BinaryIO, sender: Sender, *, stamped: bool) -> Iterator[Heard]:
    number, begins, time = 1, True, None
    while octets := stream.readline(_CHUNK):
        if begins and stamped:
            match = STAMP.match(octets)
            if match is None:
                if _PARTIAL_STAMP.fullmatch(octets):
                    return  # the file ends within a stamp
                raise TranscriptError("a line of a rawlog with time stamps has none", line=number)
            time, octets = float(match[1]), octets[match.end() :]
        yield Heard(sender, octets, number, time)
        begins = octets.endswith(b"\n")
        number += begins


def _by_time(client: Iterator[Heard], server: Iterator[Heard]) -> Iterator[Heard]:
    """Yield what both sides said in the order of its stamps; what is answered at once has the stamp of its question."""
    sent, answered = next(client, None), next(server, None)
    while sent is not None and answered is not None:
        if (sent.time or 0.0) <= (answered.time or 0.0):
            yield sent
            sent = next(client, None)
        else:
            yield answered
            answered = next(server, None)
    if sent is not None:
        yield sent
        yield from client
    if answered is not None:
        yield answered
        yield from server
