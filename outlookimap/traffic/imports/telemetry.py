"""Cyrus's telemetry: both sides in one file.

Each block stands after `<1795170665<` (the client) or `>1795170665>` (the server). A line with the user's name and the
time, and an empty line, begin each session; a file may hold several. Every octet after sign-in is kept; times are whole
seconds. Must not know other formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from outlookimap.errors import TranscriptError
from outlookimap.traffic.imports.assembling import assembled
from outlookimap.traffic.imports.heard import Heard, split_lines
from outlookimap.traffic.imports.imported import ImportedSession, fragment_header
from outlookimap.transport.tap import Sender

BEGINS = re.compile(rb"(?:---------- [^\n]*\n(?:\n|\Z))?(?:[<>]\d{9,11}[<>]|\Z)")
"""What a file in this format begins with."""

_HEADER = re.compile(rb"^---------- ([^\n]*)\n\n(?=[<>]\d{9,11}[<>]|\Z)", re.MULTILINE)
_STAMP = re.compile(rb"([<>])(\d{9,11})\1")
_CUT_STAMP = re.compile(rb"(?<=\n)[<>]\d{0,11}\Z")
_LONGEST = 7 * 24 * 3600.0
"""A stamp this many seconds after the one before, or before it, is none but a text that looks like one."""


def sessions(octets: bytes) -> tuple[ImportedSession, ...]:
    """Return the sessions of a file."""
    headers = list(_HEADER.finditer(octets))
    begins = [(match.start(), match.end(), match[1].decode("latin-1")) for match in headers]
    if not begins or begins[0][0] > 0:
        begins.insert(0, (0, 0, "without a beginning"))
    ends = [*(start for start, _, _ in begins[1:]), len(octets)]
    return tuple(_session(octets, body, end, label) for (_, body, label), end in zip(begins, ends, strict=True))


def _session(octets: bytes, begin: int, end: int, label: str) -> ImportedSession:
    return ImportedSession(label, fragment_header("telemetry"), lambda: assembled(_heard(octets, begin, end)))


def _heard(octets: bytes, begin: int, end: int) -> Iterator[Heard]:
    stamps: list[re.Match[bytes]] = []
    last: float | None = None
    for match in _STAMP.finditer(octets, begin, end):
        time = float(match[2])
        if last is None or last <= time <= last + _LONGEST:
            stamps.append(match)
            last = time
    if cut := _CUT_STAMP.search(octets, begin, end):
        end = cut.start()
    line = octets.count(b"\n", 0, begin) + 1
    unstamped = octets[begin : stamps[0].start() if stamps else end]
    if unstamped:
        raise TranscriptError("not telemetry: nothing says whose octets these are", line=line)
    for stamp, until in zip(stamps, [*(stamp.start() for stamp in stamps[1:]), end], strict=False):
        sender = Sender.CLIENT if stamp[1] == b"<" else Sender.SERVER
        for text in split_lines(octets[stamp.end() : until]):
            yield Heard(sender, text, line, float(stamp[2]))
            line += text.endswith(b"\n")
