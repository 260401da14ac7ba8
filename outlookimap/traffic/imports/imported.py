"""What an import gives: sessions of a log as recordings, read when they are asked for.

Must not know any format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from outlookimap.traffic.format import Entry, Header, Provenance, Transcript


@dataclass(frozen=True, slots=True)
class ImportedSession:
    """One conversation of a log; `label` tells it from the others of the same log.

    The `line` of each entry is the line of the log it begins in. Of a log the header says `Provenance.FRAGMENT`:
    neither its beginning nor the order of the two sides is sure.
    """

    label: str
    header: Header
    read: Callable[[], Iterator[Entry]] = field(repr=False, compare=False)

    def entries(self) -> Iterator[Entry]:
        """Read the entries one by one, from the beginning each time.

        Secrets of the sign-in are masked. Raises `TranscriptError` naming the line, OSError as the system does.
        """
        return self.read()

    @property
    def transcript(self) -> Transcript:
        """The whole conversation, read anew; raises as `entries`."""
        return Transcript(self.header, tuple(self.read()))


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file holds: the name of its format and its sessions, in the order they begin."""

    format: str
    sessions: tuple[ImportedSession, ...]


def fragment_header(name: str) -> Header:
    """Return the header of a session out of a log in the format `name`."""
    return Header(provenance=Provenance.FRAGMENT, extra=(("x-format", name),))
