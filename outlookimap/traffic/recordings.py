"""Records any number of conversations that are held at once, as one recording: a recorder for each, joined.

Each connection's part stands whole, in the order in which they began (in memory) or ended (in a file). Knows nothing
of servers or of sessions.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from outlookimap.errors import TranscriptError
from outlookimap.traffic.format import Entry, Event, Header, Mark, Transcript
from outlookimap.traffic.recorder import Recorder, opened
from outlookimap.traffic.writer import entry_text, header_text
from outlookimap.transport.tap import Sender
from outlookimap.wire.secret import Piece


class Recordings:
    """Makes a tap for each connection, with `tap()`; any thread may call.

    With `path` each conversation is added to that file (made anew) when it is over, and those still held by `close()`.
    Without `keep` nothing stays in memory but what is being said. Raises TranscriptError when the file cannot be
    written.
    """

    def __init__(self, header: Header, *, path: str | Path | None = None, keep: bool = True) -> None:
        """Write the header at once where there is a file."""
        self._header = header
        self._path = None if path is None else Path(path)
        self._keep = keep
        self._lock = threading.Lock()
        self._parts: list[_Part] = []
        self._written = 0
        self._closed = False
        self._write(header_text(header), os.O_TRUNC)

    def tap(self) -> _Part:
        """Return the tap of one connection more."""
        part = _Part(self, self._header)
        with self._lock:
            self._parts.append(part)
        return part

    def transcript(self) -> Transcript:
        """Return what was kept of all conversations so far, secrets masked, each whole, in the order they began."""
        with self._lock:
            parts = [part.entries() for part in self._parts]
        return Transcript(self._header, joined(parts))

    def close(self) -> None:
        """Write what is still being said; afterwards no tap writes any more."""
        with self._lock:
            for part in self._parts:
                self._add(part)
            self._closed = True

    def over(self, part: _Part) -> None:
        """Take note that the connection of `part` is over."""
        with self._lock:
            self._add(part)
            if not self._keep and part in self._parts:
                self._parts.remove(part)

    def _add(self, part: _Part) -> None:
        entries = part.entries()
        if self._path is None or self._closed or part.written or not entries:
            return
        part.written = True
        before: tuple[Entry, ...] = (Mark(Event.CONNECTED),) if self._written else ()
        self._written += 1
        self._write("".join(entry_text(entry) for entry in (*before, *entries)))

    def _write(self, text: str, how: int = os.O_APPEND) -> None:
        if self._path is None:
            return
        with opened(self._path, how) as file:
            try:
                file.write(text)
                file.flush()
            except OSError as error:
                raise TranscriptError(f"the recording cannot be written: {error}") from error


class _Part:
    """The tap of one connection."""

    def __init__(self, whole: Recordings, header: Header) -> None:
        self._whole = whole
        self._recorder = Recorder(None, header)
        self.written = False

    def entries(self) -> tuple[Entry, ...]:
        """Return what was said so far."""
        return self._recorder.transcript().entries

    def connected(self, peer: str, now: float) -> None:
        """Note the beginning."""
        self._recorder.connected(peer, now)

    def octets(self, sender: Sender, pieces: Sequence[Piece], now: float) -> None:
        """Note what was said."""
        self._recorder.octets(sender, pieces, now)

    def encrypted(self, now: float) -> None:
        """Note that TLS begins."""
        self._recorder.encrypted(now)

    def closed(self, now: float) -> None:
        """Note the end, and let it be written."""
        self._recorder.closed(now)
        self._whole.over(self)


def joined(parts: Iterable[Sequence[Entry]]) -> tuple[Entry, ...]:
    """Return the entries of several connections as those of one recording."""
    entries: list[Entry] = []
    for part in parts:
        if part and entries:
            entries.append(Mark(Event.CONNECTED))
        entries += part
    return tuple(entries)
