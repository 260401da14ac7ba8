"""One recording of many connections, in memory bounded by their largest literals.

One connection at a time is written to the file as it speaks; what others say meanwhile waits in nameless temporary
files and is added when they end. Knows nothing of servers, and of redaction only that entries go through it.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO, TypeAlias

from outlookimap.errors import TranscriptError
from outlookimap.traffic.format import Entry, Event, Header, Mark
from outlookimap.traffic.reader import entries
from outlookimap.traffic.recorder import Recorder, opened
from outlookimap.traffic.writer import entry_text, header_text
from outlookimap.transport.tap import Sender
from outlookimap.wire.secret import Piece

Through: TypeAlias = Callable[[Iterable[Entry]], Iterator[Entry]]
"""What the entries of one connection go through before they are written: redaction, for example."""


class JointRecording:
    """A recording in `path` (made anew, mode 0600); `tap()` gives the tap of one connection more. Any thread may call.

    The connection that began when none other was written goes to the file at once, so that the file is complete up to
    the last line at every moment; the others follow whole. With `through` every connection is written when it has
    ended, and nothing of it stands in a file with a name before. Raises TranscriptError when it cannot be written.
    """

    def __init__(self, path: str | Path, header: Header, *, through: Through | None = None) -> None:
        """Write the header."""
        self._path = Path(path)
        self._header = header
        self._through = through
        self._lock = threading.Lock()
        self._parts: list[_Part] = []
        self._speaks: _Part | None = None
        self._written = 0
        self._file: TextIO | None = opened(self._path, os.O_TRUNC)
        self.write(header_text(header))

    @property
    def connections(self) -> int:
        """How many connections stand in the file."""
        return self._written

    def tap(self) -> _Part:
        """Return the tap of one connection more."""
        with self._lock:
            part = _Part(self, self._header)
            self._parts.append(part)
            return part

    def close(self) -> None:
        """Write whatever was said; afterwards no tap writes any more."""
        with self._lock:
            for part in list(self._parts):
                self._end(part)
            file, self._file = self._file, None
            if file is not None:
                file.close()

    # ---------------------------------------------------------------- what the parts call

    def begin(self, part: _Part) -> TextIO | None:
        """Return where `part` writes what it hears first: the file, or a temporary one; None when all is over."""
        with self._lock:
            if self._file is None:
                return None
            if self._speaks is None and self._through is None:
                self._speaks = part
                self._announce()
                return self._file
            said: TextIO = tempfile.TemporaryFile("w+", encoding="ascii", newline="\n")  # noqa: SIM115 - closed when copied
            if self._through is not None:
                said.write(header_text(self._header))  # it will be read as a recording
            return said

    def over(self, part: _Part) -> None:
        """Take note that the connection of `part` is over."""
        with self._lock:
            part.ended = True
            if self._speaks is None or self._speaks is part:
                for other in [one for one in self._parts if one.ended]:
                    self._end(other)

    def write(self, text: str) -> None:
        """Write to the file; one whole entry or several."""
        if self._file is not None:
            try:
                self._file.write(text)
                self._file.flush()
            except OSError as error:
                raise TranscriptError(f"the recording cannot be written: {error}") from error

    def _announce(self) -> None:
        if self._written:
            self.write(entry_text(Mark(Event.CONNECTED)))
        self._written += 1

    def _end(self, part: _Part) -> None:
        self._parts.remove(part)
        said = part.take()
        if self._speaks is part:
            self._speaks = None
            return
        if said is None:
            return
        with said:
            said.seek(0)
            self._announce()
            if self._through is None:
                while text := said.read(1 << 20):
                    self.write(text)
                return
            for entry in self._through(entries(said)[1]):
                self.write(entry_text(entry))


class _Part:
    """The tap of one connection."""

    def __init__(self, whole: JointRecording, header: Header) -> None:
        self._whole = whole
        self._said: TextIO | None = None
        self._begun = False
        self._recorder = Recorder(self, header)
        self.ended = False

    def write(self, text: str) -> None:
        """Keep text of the recorder, which has written a header first that the file has already."""
        if self._said is not None:
            self._said.write(text)

    def flush(self) -> None:
        """Let go of what was kept."""
        if self._said is not None:
            self._said.flush()

    def close(self) -> None:
        """Do nothing: the end is `closed`."""

    def take(self) -> TextIO | None:
        """Return the temporary file and write no more."""
        said, self._said = self._said, None
        return said

    def connected(self, peer: str, now: float) -> None:
        """Note the beginning."""
        self._begin()
        self._recorder.connected(peer, now)

    def octets(self, sender: Sender, pieces: Sequence[Piece], now: float) -> None:
        """Note what was said."""
        self._recorder.octets(sender, pieces, now)

    def encrypted(self, now: float) -> None:
        """Note that TLS begins."""
        self._recorder.encrypted(now)

    def closed(self, now: float) -> None:
        """Note the end."""
        self._recorder.closed(now)
        if not self.ended:
            self._whole.over(self)

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._said = self._whole.begin(self)
