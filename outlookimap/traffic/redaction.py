"""Redacts recordings: takes out who wrote what to whom, and leaves what IMAP says and the number of octets of it all.

Entries go through one by one; only the parts of a line that is not yet whole are held back. What a line means is known
elsewhere (`redaction_lines`); files are not known here.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from outlookimap.traffic.format import Comment, Entry, Event, Form, Header, Mark, Said, Slot
from outlookimap.traffic.redaction_lines import Lines
from outlookimap.traffic.redaction_masks import KEEPS, Kind, Masks
from outlookimap.transport.tap import Sender

__all__ = ["KEEPS", "redact", "redacted_header"]

_LONGEST_LINE = 1 << 20
_MOST_HELD = 4096  # entries held back because a line is not whole


def redact(entries: Iterable[Entry], *, keep: Collection[str] = (), key: bytes | None = None) -> Iterator[Entry]:
    """Yield the entries of a recording with everything private replaced by as many octets that are not.

    Passwords and what is said in AUTHENTICATE become stars; user names, addresses, folder names and own flags become
    pseudonyms, the same one wherever they occur; texts and messages become rows of ``x``. `keep` names what is left
    as it is: any of `KEEPS`. Pseudonyms depend on `key`; without one it is made anew, so that no two recordings can be
    joined. Raises UsageError for a `keep` it does not know.
    """
    masks = Masks(keep, secrets.token_bytes(32) if key is None else key)
    return _redacted(entries, _Redaction(masks, comments="comments" not in keep))


def redacted_header(header: Header, *, keep: Collection[str] = ()) -> Header:
    """Return `header` with the values of extra keys redacted as comments are; the products' names stay."""
    masks = Masks(keep, b"")
    if "comments" in keep:
        return header
    return replace(header, extra=tuple((key, _remark(masks, value)) for key, value in header.extra))


def _redacted(entries: Iterable[Entry], redaction: _Redaction) -> Iterator[Entry]:
    for entry in entries:
        yield from redaction.take(entry)
    yield from redaction.finish()


def _remark(masks: Masks, text: str) -> str:
    return masks.mask(Kind.STATUS, text.encode("ascii")).decode("ascii")


class _Cell:
    """The place of an entry in the order, and what stands for it once that is known."""

    __slots__ = ("entry", "redacted")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.redacted: Entry | None = None


class _Redaction:
    """Puts lines together, has them redacted and takes them apart again."""

    def __init__(self, masks: Masks, *, comments: bool) -> None:
        self._masks = masks
        self._comments = comments
        self._queue: deque[_Cell] = deque()
        self._begin()

    def _begin(self) -> None:
        self._lines = Lines(self._masks)
        self._held: dict[Sender, list[tuple[_Cell, Said]]] = {sender: [] for sender in Sender}
        self._torn: set[Sender] = set()

    def take(self, entry: Entry) -> Iterator[Entry]:
        """Take an entry and yield those that are ready."""
        cell = _Cell(entry)
        self._queue.append(cell)
        if isinstance(entry, Comment):
            cell.redacted = replace(entry, text=_remark(self._masks, entry.text)) if self._comments else entry
        elif isinstance(entry, Mark):
            cell.redacted = entry
            if entry.event.ends or entry.event is Event.CONNECTED:
                self._end_lines()
                self._begin()
        elif entry.form is Form.LITERAL:
            self._end_line(entry.sender)
            cell.redacted = replace(entry, text=(self._lines.literal(entry.sender, entry.octets),))
        else:
            self._part(cell, entry)
        if len(self._queue) > _MOST_HELD:
            self._tear()
        return self._ready()

    def finish(self) -> Iterator[Entry]:
        """Yield what was held back."""
        self._end_lines()
        return self._ready()

    def _ready(self) -> Iterator[Entry]:
        while self._queue and (redacted := self._queue[0].redacted) is not None:
            self._queue.popleft()
            yield redacted

    def _part(self, cell: _Cell, entry: Said) -> None:
        sender, octets = entry.sender, entry.octets
        whole = octets.endswith(b"\n")
        if sender in self._torn:
            _put([(cell, entry)], self._lines.torn(octets))
            if whole:
                self._torn.discard(sender)
            return
        self._held[sender].append((cell, entry))
        if whole:
            self._end_line(sender)
        elif sum(len(part.octets) for _, part in self._held[sender]) > _LONGEST_LINE:
            self._tear()

    def _tear(self) -> None:
        """Do not wait for the ends of lines any longer."""
        for sender, held in self._held.items():
            if held:
                self._torn.add(sender)
        self._end_lines()

    def _end_lines(self) -> None:
        for sender in Sender:
            self._end_line(sender)

    def _end_line(self, sender: Sender) -> None:
        held = self._held[sender]
        if held:
            _put(held, self._lines.line(sender, b"".join(entry.octets for _, entry in held)))
            held.clear()


def _put(held: Iterable[tuple[_Cell, Said]], masked: bytes) -> None:
    """Hand out `masked` to the entries it stands for, placeholders as they were."""
    here = 0
    for cell, entry in held:
        text: list[bytes | Slot] = []
        after = here + len(entry.octets)
        for part in entry.text:
            if isinstance(part, Slot):
                text.append(part)
                here += len(part.written)
            else:
                text.append(masked[here : here + len(part)])
                here += len(part)
        cell.redacted = replace(entry, text=tuple(text))
        here = after
