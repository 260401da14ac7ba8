"""Records a conversation while it is held: a tap of `transport` that writes the `.imap` format as things happen.

Secrets are masked before anything is kept: what a call to `Recorder.octets` is given in the clear does not outlive
that call. Knows nothing of sessions, and of time only the numbers the tap is given.
"""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TextIO

from outlookimap.errors import TranscriptError, UsageError
from outlookimap.traffic.cutter import Cutter
from outlookimap.traffic.format import MAX_PAUSE, Entry, Event, Header, Mark, Said, Transcript
from outlookimap.traffic.writer import entry_text, header_text
from outlookimap.transport.tap import Sender
from outlookimap.wire.secret import Piece


class Sink(Protocol):
    """Something text can be written to: an open text file, or what shows a conversation while it is held."""

    def write(self, text: str, /) -> object:
        """Take whole lines."""
        ...

    def flush(self) -> object:
        """Let go of what was taken."""
        ...

    def close(self) -> object:
        """End; only called on what the recorder opened itself."""
        ...


class Recorder:
    """A tap that writes a recording, entry by entry, to a file, to an open text stream or, with None, to memory.

    A file is made anew with mode 0600 and is open only from the beginning to the end of a connection; a stream is
    never closed. Further connections, one after the other, become part of the same recording; `traffic.joint` is for
    several at once. `threshold` is the shortest pause, in seconds, that gets a time mark. Any thread may call. Whatever
    cannot be written raises `TranscriptError` once; after that nothing more is recorded.
    """

    def __init__(
        self, target: str | Path | Sink | None, header: Header | None = None, *, threshold: float = 1.0
    ) -> None:
        """Write the header at once, so that a connection that never came about leaves a readable file."""
        self.header = header or Header()
        self.threshold = threshold
        self._path: Path | None = None
        self._stream: Sink | None = None
        self._kept: list[Entry] = []
        self._keeps = target is None
        self._lock = threading.Lock()
        self._cutter = Cutter()
        self._last = 0.0
        self._connections = 0
        self._open = False
        self._broken = False
        if isinstance(target, str | Path):
            self._path = Path(target)
            self._stream = opened(self._path, os.O_TRUNC)
        else:
            self._stream = target
        self._write(header_text(self.header))
        self._release()

    def connected(self, peer: str, now: float) -> None:  # noqa: ARG002 - a recording is passed on, a host's name is not
        """Note the beginning of a connection; `peer` is not written."""
        with self._lock:
            self._begin(now)

    def octets(self, sender: Sender, pieces: Sequence[Piece], now: float) -> None:
        """Note what `sender` sent; each octet of a secret piece becomes a star before anything else happens."""
        with self._lock:
            self._begin(now)
            for octets, secret in pieces:
                shown = self._masked(sender, octets) if secret else octets
                for form, text in self._cutter.feed(sender, shown):
                    self._entry(Said(sender, form, (text,), self._pause(now)))

    def encrypted(self, now: float) -> None:
        """Note that TLS begins here."""
        with self._lock:
            self._begin(now)
            self._rest(now)
            self._entry(Mark(Event.TLS, self._pause(now)))

    def closed(self, now: float) -> None:
        """Note the end of the connection, before it what was left incomplete; without a connection do nothing."""
        with self._lock:
            if self._open:
                self._rest(now)
                self._entry(Mark(Event.CLOSED, self._pause(now)))
                self._open = False
            self._release()

    def guard(self, *, on: bool) -> None:
        """Note that from here on the client may (`on` False), or may no longer, send what its product never sends."""
        self._note(Event.GUARD_ON if on else Event.GUARD_OFF)

    def rematch(self) -> None:
        """Note that the client keeps bodies its product would fetch again, because UIDs did not last (O5:V0003)."""
        self._note(Event.REMATCH)

    def _note(self, event: Event) -> None:
        with self._lock:
            self._entry(Mark(event))
            if not self._open:
                self._release()

    def transcript(self) -> Transcript:
        """Return what was recorded in memory so far; raises `UsageError` when it went to a file or stream instead."""
        if not self._keeps:
            raise UsageError("this recorder writes to a file: read that, or make the recorder with target None")
        with self._lock:
            return Transcript(self.header, tuple(self._kept))

    # ---------------------------------------------------------------- what others recorded

    def part(self, now: float | None) -> None:
        """Note that a connection begins whose entries come by `add`: at `now`, None where that was some time ago."""
        with self._lock:
            self._announce(self._last if now is None else now)

    def add(self, entry: Entry) -> None:
        """Write an entry that is ready, secrets masked."""
        with self._lock:
            self._entry(entry)

    def rest(self, now: float) -> None:
        """Note that nobody speaks from here on."""
        with self._lock:
            self._last = now
            self._release()

    # ---------------------------------------------------------------- within

    def _begin(self, now: float) -> None:
        if not self._open:
            self._announce(now)
            self._open = True

    def _announce(self, now: float) -> None:
        if self._connections:
            self._entry(Mark(Event.CONNECTED, self._pause(now)))
        self._connections += 1
        self._last = now

    def _masked(self, sender: Sender, octets: bytes) -> bytes:
        if self._cutter.in_literal(sender):
            return b"*" * len(octets)
        line_end = octets[len(octets.rstrip(b"\r\n")) :]  # a secret line may come with it; it is no secret
        return b"*" * (len(octets) - len(line_end)) + line_end

    def _pause(self, now: float) -> float:
        pause = min(max(now - self._last, 0.0), MAX_PAUSE)
        self._last = now
        return round(pause, 6) if pause >= self.threshold else 0.0

    def _rest(self, now: float) -> None:
        for sender, (form, octets) in self._cutter.rest():
            self._entry(Said(sender, form, (octets,), self._pause(now)))

    def _entry(self, entry: Entry) -> None:
        if self._keeps:
            self._kept.append(entry)
            return
        if self._path is not None and self._stream is None and not self._broken:
            self._broken = True  # until it is open
            self._stream = opened(self._path, os.O_APPEND)
            self._broken = False
        self._write(entry_text(entry))

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError as error:
            self._broken = True
            with contextlib.suppress(OSError):
                self._release()
            self._stream = None
            raise TranscriptError(f"the recording cannot be written: {error}") from error

    def _release(self) -> None:
        if self._path is not None and self._stream is not None:
            stream, self._stream = self._stream, None
            stream.close()


def opened(path: Path, how: int) -> TextIO:
    """Open `path` for writing, readable by its owner only (a device or pipe keeps the mode it has)."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.fchmod(descriptor, 0o600)
        return os.fdopen(descriptor, "w", encoding="ascii", newline="\n")
    except OSError as error:
        raise TranscriptError(f"the recording cannot be written: {error}") from error
