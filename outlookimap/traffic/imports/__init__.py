"""Turns the logs of mail servers, and text people write down, into recordings (docs/logs.md).

One module for each format; what they have in common is in `heard`, `assembling`, `masking`, `missing` and `turns`.
Knows nothing of what a client or a server ought to say.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from outlookimap.errors import TranscriptError, UsageError
from outlookimap.traffic.format import Entry
from outlookimap.traffic.imports import hmailserver, plain, rawlog, stalwart, telemetry
from outlookimap.traffic.imports.detect import FORMATS, HEAD, detect
from outlookimap.traffic.imports.imported import Imported, ImportedSession
from outlookimap.traffic.reader import entries

__all__ = ["FORMATS", "Imported", "ImportedSession", "detect", "load", "load_bytes"]


def load(path: str | Path, *, format: str = "auto") -> Imported:  # noqa: A002 - what users call it
    """Return the sessions of a recording or log; `format` is one of `FORMATS`, or ``auto`` to look what it is.

    A recording and a rawlog, whose other side is found beside it, are read when their entries are asked for: memory is
    that of the largest literal. Raises `UsageError` for an unknown format, `TranscriptError` naming the line, OSError
    as the system does.
    """
    path = Path(path)
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    name = "rawlog" if format == "auto" and not head and rawlog.partner_of(path) else _known(format, head)
    if name == "imap":
        return Imported(name, (_recording(lambda: path.open(encoding="latin-1", newline="\n"), path.name),))
    if name == "rawlog":
        return Imported(name, rawlog.session(path, head))
    return _imported(name, path.read_bytes(), path.name)


def load_bytes(octets: bytes, name: str, *, format: str = "auto") -> Imported:  # noqa: A002 - as above
    """Return the sessions of a recording or log that is `octets`, `name` being what it is called; raises as `load`."""
    found = _known(format, octets[:HEAD])
    if found == "imap":
        return Imported(found, (_recording(lambda: io.StringIO(octets.decode("latin-1"), newline="\n"), name),))
    if found == "rawlog":
        return Imported(found, rawlog.session_of(octets, name))
    return _imported(found, octets, name)


def _known(name: str, head: bytes) -> str:
    if name == "auto":
        return detect(head)
    if name not in FORMATS:
        raise UsageError(f"unknown format {name!r}: auto, {', '.join(FORMATS)}")
    return name


def _recording(opener: Callable[[], TextIO], label: str) -> ImportedSession:
    with opener() as stream:
        header, _ = entries(stream)

    def read() -> Iterator[Entry]:
        with opener() as stream:
            yield from entries(stream)[1]

    return ImportedSession(label, header, read)


def _imported(name: str, octets: bytes, label: str) -> Imported:
    if not octets:
        raise TranscriptError("the file is empty", line=1)
    if name == "telemetry":
        return Imported(name, telemetry.sessions(octets))
    if name == "hmailserver":
        return Imported(name, hmailserver.sessions(octets))
    if name == "stalwart":
        return Imported(name, stalwart.sessions(octets))
    return Imported(name, plain.sessions(octets, label))
