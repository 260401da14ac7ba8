"""Recorded conversations: the `.imap` text format (docs/transcripts.md), recorder and comparison.

Knows of connections only their taps, and nothing of what a client or a server ought to say.
"""

from __future__ import annotations

from outlookimap.traffic.compare import Difference, compare
from outlookimap.traffic.format import (
    Comment,
    Entry,
    Event,
    Form,
    Header,
    Mark,
    Placeholder,
    Provenance,
    Said,
    Slot,
    Transcript,
)
from outlookimap.traffic.reader import entries, parse, read
from outlookimap.traffic.recorder import Recorder
from outlookimap.traffic.recordings import Recordings
from outlookimap.traffic.redaction import redact, redacted_header
from outlookimap.traffic.writer import dumps, write, write_entries

__all__ = [
    "Comment",
    "Difference",
    "Entry",
    "Event",
    "Form",
    "Header",
    "Mark",
    "Placeholder",
    "Provenance",
    "Recorder",
    "Recordings",
    "Said",
    "Slot",
    "Transcript",
    "compare",
    "dumps",
    "entries",
    "parse",
    "read",
    "redact",
    "redacted_header",
    "write",
    "write_entries",
]
