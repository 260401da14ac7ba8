"""From wire values to results: what the profile uses is kept, what it ignores is left out. No connection, no state."""

from __future__ import annotations

from collections.abc import Iterable

from outlookimap.client.results import Appended, Copied, Folder, Message
from outlookimap.profiles import Profile
from outlookimap.protocol.events import Fetched
from outlookimap.wire import fetch as f
from outlookimap.wire import mailbox as names
from outlookimap.wire.dates import parse_date_time
from outlookimap.wire.flags import RECENT, SYSTEM
from outlookimap.wire.responses import AppendUid, Code, CopyUid, ListData
from outlookimap.wire.sequence import SeqRange

_NAMED = (*SYSTEM, RECENT)  # the flags RFC 3501 names; any other that begins with a backslash is an extension
_HEADER = f.Section(specifier=f.HEADER)
_WHOLE = f.Section()
_PAIRS = 1_000_000
"""How many messages COPYUID may name: a few octets can claim four thousand millions."""


def flags(octets: Iterable[bytes], profile: Profile) -> frozenset[str]:
    r"""Return flags without those the product ignores: \Recent, and flag extensions; keywords stay.

    Statements: O5:V0004, O5:2.1.6
    """
    ignored = profile.words("flags.ignored")
    extensions = profile.flag("flags.extensions")
    shown = (
        flag.decode("ascii", "replace") for flag in octets if extensions or flag in _NAMED or not flag.startswith(b"\\")
    )
    return frozenset(flag for flag in shown if flag not in ignored)


def message(event: Fetched, profile: Profile) -> Message:
    """Return what a FETCH response says of its message.

    Statements: O5:V0007, O5:V0070
    """
    data = event.data
    size = data.get(f.RFC822_SIZE)
    date = data.get(f.INTERNALDATE)
    header = body = None
    partial = False
    for item, value in data.items:
        octets = value if isinstance(value, bytes) else None
        if item.name == f.RFC822_HEADER or item.section == _HEADER:
            header, partial = octets, partial or item.origin is not None
        elif item.name == f.RFC822 or item.section == _WHOLE:
            body, partial = octets, partial or item.origin is not None
    return Message(
        seq=event.seq,
        uid=event.uid,
        flags=None if data.flags is None else flags(data.flags, profile),
        size=size if isinstance(size, int) else None,
        internaldate=parse_date_time(date) if isinstance(date, bytes) else None,
        header=header,
        body=body,
        partial=partial,
        leniencies=data.leniencies,
    )


def folder(data: ListData, profile: Profile) -> Folder:
    r"""Return a folder with the attributes the product recognises; \Marked and \Unmarked are not among them.

    Statements: O5:V0066, O5:V0061
    """
    recognised = profile.words("folders.attributes")
    attributes = (attribute.decode("ascii", "replace") for attribute in data.attributes)
    return Folder(
        name=names.decode(data.mailbox),
        raw=data.mailbox,
        delimiter=None if data.delimiter is None else data.delimiter.decode("latin-1"),
        attributes=frozenset(attribute for attribute in attributes if attribute in recognised),
        source=data.kind.decode(),
    )


def appended(code: Code | None) -> Appended:
    """Return where APPENDUID says the message is."""
    if code is None or not isinstance(code.value, AppendUid):
        return Appended()
    uids = code.value.uids.ranges
    return Appended(code.value.uidvalidity, uids[0][0])


def copied(code: Code | None) -> Copied:
    """Return where COPYUID says the messages are: nothing of it where its two sets do not pair (RFC 4315 section 3)."""
    if code is None or not isinstance(code.value, CopyUid):
        return Copied()
    value = code.value
    source, target = _closed(value.source.ranges), _closed(value.target.ranges)
    if _count(source) != _count(target) or _count(source) > _PAIRS:
        return Copied(value.uidvalidity)
    return Copied(value.uidvalidity, dict(zip(_in_order(source), _in_order(target), strict=True)))


def _closed(ranges: Iterable[SeqRange]) -> list[tuple[int, int]]:
    return [(first, last) for first, last in ranges if first is not None and last is not None]


def _count(ranges: Iterable[tuple[int, int]]) -> int:
    return sum(abs(last - first) + 1 for first, last in ranges)


def _in_order(ranges: Iterable[tuple[int, int]]) -> Iterable[int]:
    """Yield the numbers in the order written: COPYUID pairs them by place."""
    for first, last in ranges:
        yield from range(first, last + 1) if first <= last else range(first, last - 1, -1)
