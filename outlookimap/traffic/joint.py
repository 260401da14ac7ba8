"""One recording of many connections, in memory bounded by their largest literals.

One connection at a time is written as it speaks; what others say meanwhile waits in nameless temporary files and is
added when they have ended. Knows nothing of servers, and of redaction only that entries go through it.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TextIO, TypeAlias

from outlookimap.errors import TranscriptError
from outlookimap.traffic.format import Entry, Header
from outlookimap.traffic.reader import entries
from outlookimap.traffic.recorder import Recorder, opened
from outlookimap.traffic.writer import entry_text, header_text

Through: TypeAlias = Callable[[Iterable[Entry]], Iterator[Entry]]
"""What the entries of one connection go through before they are written: redaction, for example."""


class JointRecording:
    """A recording of connections held at once; `tap()` gives the tap of one session or client more.

    `target` is a file, which is made anew with mode 0600 and has `header`, or a Recorder, which has its own. The
    connection that began when no other was written is recorded at once, so that a file is complete up to the last line
    at every moment; the others follow whole. With `through` every connection is written when it has ended, and nothing
    of it stands in a file with a name before. Any thread may call. Raises TranscriptError when it cannot be written.
    """

    def __init__(
        self, target: str | Path | Recorder, header: Header | None = None, *, through: Through | None = None
    ) -> None:
        """Write the header, where it is a file."""
        self._file = None if isinstance(target, Recorder) else opened(Path(target), os.O_TRUNC)
        self._whole = target if isinstance(target, Recorder) else Recorder(self._file, header)
        self._through = through
        self._lock = threading.Lock()
        self._speaks: _Part | None = None
        self._waits: dict[_Part, TextIO] = {}
        self._ended: list[TextIO | Entry] = []
        self._written = 0
        self._closed = False

    @property
    def connections(self) -> int:
        """How many connections stand in the recording."""
        return self._written

    def tap(self) -> Recorder:
        """Return the recorder of one session more, for connections that it makes one after the other."""
        return _Part(self, self._whole)

    def close(self) -> None:
        """Write whatever was said; afterwards no tap writes any more."""
        with self._lock:
            try:
                self._speaks = None
                self._ended += self._waits.values()
                self._waits.clear()
                self._add_ended()
            finally:
                self._closed = True
                if self._file is not None:
                    self._file.close()

    # ---------------------------------------------------------------- what the parts call

    def begin(self, part: _Part, now: float) -> None:
        """Take note that `part` has a connection from here on; it speaks, or what it says waits."""
        with self._lock:
            if self._closed:
                return
            if self._speaks is None and self._through is None:
                self._speaks = part
                self._announce(now)
                return
            with self._waiting():
                self._waits[part] = tempfile.TemporaryFile(  # noqa: SIM115 - closed when it is added
                    "w+", encoding="ascii", newline="\n"
                )
                self._waits[part].write(header_text(part.header))  # it will be read as a recording

    def add(self, part: _Part, entry: Entry) -> None:
        """Keep what `part` recorded: in its connection, or a mark outside of one."""
        with self._lock:
            if self._closed:
                return
            if part in self._waits:
                with self._waiting():
                    self._waits[part].write(entry_text(entry))
            elif self._speaks is None or self._speaks is part:
                self._whole.add(entry)
            else:
                self._ended.append(entry)

    def over(self, part: _Part, now: float) -> None:
        """Take note that the connection of `part` is over."""
        with self._lock:
            if self._closed:
                return
            if part in self._waits:
                self._ended.append(self._waits.pop(part))
            elif self._speaks is part:
                self._speaks = None
            if self._speaks is None:
                self._add_ended()
                self._whole.rest(now)

    def _announce(self, now: float | None) -> None:
        self._whole.part(now)
        self._written += 1

    def _add_ended(self) -> None:
        while self._ended:
            said = self._ended.pop(0)
            if isinstance(said, Entry):
                self._whole.add(said)
                continue
            with said, self._waiting():
                said.seek(0)
                self._announce(None)
                found = entries(said)[1]
                for entry in found if self._through is None else self._through(found):
                    self._whole.add(entry)

    @contextlib.contextmanager
    def _waiting(self) -> Iterator[None]:
        """Use a temporary file; where that fails nothing more is recorded."""
        try:
            yield
        except OSError as error:
            self._closed = True
            for said in (*self._waits.values(), *self._ended):
                if not isinstance(said, Entry):
                    with contextlib.suppress(OSError):
                        said.close()
            raise TranscriptError(f"the recording cannot be written: {error}") from error


class _Part(Recorder):
    """The recorder of one session: what it notes goes to the whole, entry by entry."""

    def __init__(self, joint: JointRecording, whole: Recorder) -> None:
        self._joint = joint
        super().__init__(None, whole.header, threshold=whole.threshold)

    def closed(self, now: float) -> None:
        """Note the end."""
        super().closed(now)
        self._joint.over(self, now)

    def _announce(self, now: float) -> None:
        self._joint.begin(self, now)
        self._last = now

    def _entry(self, entry: Entry) -> None:
        self._joint.add(self, entry)
