"""Puts the entries of one side together to whole lines and literals, and matches one against another.

A recording may show a line in parts; what is compared are the lines. Knows nothing of how two lists of them are
brought in step.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from outlookimap.traffic.format import (
    STAR_ROW,
    Following,
    Form,
    Placeholder,
    Said,
    Slot,
    Text,
    Transcript,
    joined,
)
from outlookimap.traffic.writer import entry_text
from outlookimap.transport.tap import Sender

_COUNT = re.compile(rb"\{[0-9]+(\+?\}\r?\n)\Z")

_SHOWN_LINES = 12
"""How many lines of a long literal a message shows."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A whole line, its line end included, or a whole literal.

    `place` is the index of its first entry, `line` that entry's line in the file. `binds` is the tag placeholder
    that begins a command here. `masked_next` says that the literal announced here is a secret.
    """

    place: int
    entries: tuple[Said, ...]
    text: Text
    binds: Slot | None = None
    masked_next: bool = False

    @property
    def line(self) -> int:
        """The 1-based line in the file, 0 without one."""
        return self.entries[0].line

    @property
    def literal(self) -> bool:
        """Whether this is a literal."""
        return self.entries[0].form is Form.LITERAL

    @property
    def octets(self) -> bytes:
        """The octets as sent, placeholders as they are written."""
        return b"".join(entry.octets for entry in self.entries)

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The placeholders in it."""
        return tuple(part for part in self.text if isinstance(part, Slot))

    @property
    def shown(self) -> str:
        """The unit as the file shows it, a long literal cut off."""
        lines = "".join(entry_text(replace(entry, pause=0.0)) for entry in self.entries).splitlines()
        if len(lines) > _SHOWN_LINES:
            lines[_SHOWN_LINES:] = [f"... and {len(lines) - _SHOWN_LINES} lines more"]
        return "\n    ".join(lines)


def units(transcript: Transcript, sender: Sender) -> list[Unit]:
    """Return what `sender` said as whole lines and literals; a line that never ended is the last."""
    found: list[Unit] = []
    stream = Following()
    parts: list[Said] = []
    place, begins = 0, True
    for index, entry in enumerate(transcript.entries):
        if not isinstance(entry, Said) or entry.sender is not sender:
            continue
        if not parts:
            place, begins = index, not stream.continues
        stream.take(entry)
        parts.append(entry)
        if entry.form is Form.PART and stream.continues:
            continue
        if entry.form is Form.LITERAL and STAR_ROW.fullmatch(entry.octets):
            found[-1] = replace(found[-1], masked_next=True)  # there is one: a literal is always announced
        found.append(_unit(place, parts, begins=begins))
        parts = []
    return [*found, _unit(place, parts, begins=begins)] if parts else found


def match(expected: Unit, actual: Unit, known: Mapping[Slot, bytes]) -> dict[Slot, bytes] | None:
    """Return what the unbound placeholders of `expected` stand for in `actual`; None when the two do not agree.

    `known` holds what is bound already; the tag that begins a command is bound anew.
    """
    if expected.literal or actual.literal:
        same = expected.octets == actual.octets or bool(
            STAR_ROW.fullmatch(expected.octets) and STAR_ROW.fullmatch(actual.octets)
        )
        return {} if same and expected.literal is actual.literal else None
    text, octets = expected.text, actual.octets
    if text == (octets,):
        return {}
    if expected.masked_next and isinstance(text[-1], bytes):
        text, octets = (*text[:-1], _COUNT.sub(rb"\1", text[-1])), _COUNT.sub(rb"\1", octets)
    groups: dict[Slot, str] = {}
    pattern = b"".join(
        _octets_pattern(part) if isinstance(part, bytes) else _slot_pattern(part, expected, groups, known)
        for part in text
    )
    found = re.fullmatch(pattern, octets)
    return None if found is None else {slot: found[name] for slot, name in groups.items()}


def _unit(place: int, parts: list[Said], *, begins: bool) -> Unit:
    text = joined(part for entry in parts for part in (*entry.text, b"\r\n" if entry.form is Form.LINE else b""))
    unit = Unit(place, tuple(parts), text)
    if begins and parts[0].sender is Sender.CLIENT and text:
        first = text[0]
        if isinstance(first, Slot) and first.kind is Placeholder.TAG:
            return replace(unit, binds=first)
    return unit


def _octets_pattern(octets: bytes) -> bytes:
    return rb"\*{2,}".join(re.escape(plain) for plain in STAR_ROW.split(octets))


def _slot_pattern(slot: Slot, unit: Unit, groups: dict[Slot, str], known: Mapping[Slot, bytes]) -> bytes:
    if slot in groups:
        return b"(?P=%s)" % groups[slot].encode()
    if slot in known and slot != unit.binds:
        return re.escape(known[slot])
    groups[slot] = f"slot{len(groups)}"
    value = rb"[0-9]+" if slot.kind is Placeholder.UIDVALIDITY else rb"[^ \r\n]+"
    return b"(?P<%s>%s)" % (groups[slot].encode(), value)
