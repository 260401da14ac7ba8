"""A recorded conversation as lines to read in a report, one of them marked as the one that shows what is wrong.

Long literals and long conversations are cut, and say so. Must not know what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from outlookimap.conformance.outcome import Line
from outlookimap.traffic import Comment, Entry, Form, Said
from outlookimap.traffic.writer import entry_text
from outlookimap.transport.tap import Sender

LONGEST_LITERAL = 2000
"""Octets of a literal that are shown."""
LONGEST_LINE = 4000
"""Characters of a line that are shown."""
MOST_LINES = 1200
_LOGOUT = re.compile(rb"\S+ LOGOUT\r\n")


def lines_of(conversations: Sequence[Sequence[Entry]], said: bytes | None) -> tuple[Line, ...]:
    """Return conversations, one after the other, as lines; see `Stage.lines` for which one offends."""
    entries = [
        entry
        for place, conversation in enumerate(conversations)
        for entry in (*([Comment(f"connection {place + 1}")] if len(conversations) > 1 else []), *conversation)
    ]
    offending = _offending(entries, said)
    lines: list[Line] = []
    for place, entry in enumerate(entries):
        shown = [*_shown(entry)]
        if place == offending:
            shown[0] = Line(shown[0].mark, shown[0].text, offends=True)
        lines += shown
    return tuple(_cut(lines))


def _offending(entries: Sequence[Entry], said: bytes | None) -> int | None:
    of_server = [
        place for place, entry in enumerate(entries) if isinstance(entry, Said) and entry.sender is Sender.SERVER
    ]
    if said is not None:
        pattern = re.compile(said)
        found = [place for place in of_server if pattern.search(entries[place].octets)]  # type: ignore[union-attr]
        if found:
            return found[-1]
    goodbye = next((place for place in reversed(range(len(entries))) if _signs_out(entries[place])), len(entries))
    return next((place for place in reversed(of_server) if place < goodbye), of_server[-1] if of_server else None)


def _signs_out(entry: Entry) -> bool:
    return isinstance(entry, Said) and entry.sender is Sender.CLIENT and _LOGOUT.fullmatch(entry.octets) is not None


def _shown(entry: Entry) -> Iterator[Line]:
    left_out = 0
    if isinstance(entry, Said) and entry.form is Form.LITERAL and len(entry.octets) > LONGEST_LITERAL:
        left_out = len(entry.octets) - LONGEST_LITERAL
        entry = Said(entry.sender, Form.LITERAL, (entry.octets[:LONGEST_LITERAL],), entry.pause)
    for text in entry_text(entry).splitlines():
        if text.startswith("@"):
            yield Line("@", text[1:])
        elif text.startswith("#"):
            yield Line("#", text[2:])
        else:
            rest = text[3:]
            more = f" ... {len(rest) - LONGEST_LINE:,} characters more" if len(rest) > LONGEST_LINE else ""
            yield Line(text[:2], rest[:LONGEST_LINE] + more)
    if left_out:
        yield Line("#", f"... {left_out:,} octets left out")


def _cut(lines: list[Line]) -> list[Line]:
    """Keep beginning, end, and what is around the line that offends."""
    if len(lines) <= MOST_LINES:
        return lines
    offending = next((place for place, line in enumerate(lines) if line.offends), len(lines) - 1)
    third = MOST_LINES // 3
    spans = [(0, third), (max(third, offending - third // 2), offending + third // 2), (len(lines) - third, len(lines))]
    kept: list[Line] = []
    end = 0
    for first, last in spans:
        start = max(first, end)
        if start > end:
            kept.append(Line("#", f"... {start - end:,} lines left out"))
        kept += lines[start:last]
        end = max(end, last)
    return kept
