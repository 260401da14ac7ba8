"""Flags and list attributes: RFC 3501 sections 2.3.2 and 7.2.2, RFC 3348, RFC 6154.

System flags are case-insensitive; a reader brings them to the spelling of the RFC, so that a set of flags compares.
"""

from __future__ import annotations

from collections.abc import Iterable

ANSWERED = b"\\Answered"
FLAGGED = b"\\Flagged"
DELETED = b"\\Deleted"
SEEN = b"\\Seen"
DRAFT = b"\\Draft"
RECENT = b"\\Recent"

NOSELECT = b"\\Noselect"
NOINFERIORS = b"\\Noinferiors"

SYSTEM = (ANSWERED, FLAGGED, DELETED, SEEN, DRAFT)
ATTRIBUTES = (
    NOSELECT, NOINFERIORS, b"\\Marked", b"\\Unmarked", b"\\HasChildren", b"\\HasNoChildren",
    b"\\All", b"\\Archive", b"\\Drafts", b"\\Flagged", b"\\Junk", b"\\Sent", b"\\Trash",
    b"\\Inbox", b"\\Spam", b"\\Starred", b"\\AllMail", b"\\Important",
)  # fmt: skip

_SPELLING = {name.upper(): name for name in (*SYSTEM, RECENT, *ATTRIBUTES)}


def canonical(flag: bytes) -> bytes:
    """Return a flag or attribute in the spelling of its RFC; one that is in none stays as it is."""
    return _SPELLING.get(flag.upper(), flag)


def in_order(flags: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return `flags` each once, in the order given."""
    return tuple(dict.fromkeys(canonical(flag) for flag in flags))
