"""From wire values to results: what the profile uses is kept, what it ignores is left out. No connection, no state."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import repeat
from typing import cast

from outlookimap.client.results import Appended, Copied, Folder, Message
from outlookimap.profiles import Profile
from outlookimap.protocol.events import Event, Fetched, FetchedRun
from outlookimap.wire import fetch as f
from outlookimap.wire import mailbox as names
from outlookimap.wire.dates import moments, parse_date_time
from outlookimap.wire.flags import RECENT, SYSTEM
from outlookimap.wire.responses import AppendUid, Code, CopyUid, FetchRun, ListData
from outlookimap.wire.sequence import SeqRange

_NAMED = (*SYSTEM, RECENT)  # the flags RFC 3501 names; any other that begins with a backslash is an extension
_HEADER = f.Section(specifier=f.HEADER)
_WHOLE = f.Section()
_NOTHING = repeat(None)
_WHOLE_CAME = repeat(object=False)
_NO_LENIENCIES = repeat(())
_PAIRS = 1_000_000
"""How many messages COPYUID may name: a few octets can claim four thousand millions."""


class ShownFlags(dict[tuple[bytes, ...], frozenset[str]]):
    r"""Flags without those the product ignores: \Recent, and flag extensions; keywords stay.

    By the flags as they came; the same ones give one object, as long as a server does not make up thousands.

    Statements: O5:V0004, O5:2.1.6
    """

    _MOST = 4096

    def __init__(self, profile: Profile) -> None:
        """Begin with none known."""
        super().__init__()
        self._ignored = profile.words("flags.ignored")
        self._extensions = profile.flag("flags.extensions")

    def __missing__(self, octets: tuple[bytes, ...]) -> frozenset[str]:
        shown = (
            flag.decode("ascii", "replace")
            for flag in octets
            if self._extensions or flag in _NAMED or not flag.startswith(b"\\")
        )
        flags = frozenset(flag for flag in shown if flag not in self._ignored)
        if len(self) < self._MOST:
            self[octets] = flags
        return flags


def messages(events: Iterable[Event], shown: ShownFlags) -> list[Message]:
    """Return what FETCH responses among `events` say of their messages.

    Statements: O5:V0007, O5:V0070
    """
    batch: list[Message] = []
    for event in events:
        if isinstance(event, FetchedRun):
            batch += _of_run(event.run, shown)
        elif isinstance(event, Fetched):
            batch.append(_message(event, shown))
    return batch


def columns(events: Iterable[Event], shown: ShownFlags) -> tuple[list[int], list[frozenset[str]]]:
    """Return the UIDs in FETCH responses among `events`, and their flags; a response that lacks either is left out."""
    uids: list[int] = []
    flags: list[frozenset[str]] = []
    for event in events:
        if isinstance(event, FetchedRun):
            came = event.run.column(f.FLAGS)
            if came is not None:
                uids += event.run.uids
                flags += map(shown.__getitem__, cast("Sequence[tuple[bytes, ...]]", came))
        elif isinstance(event, Fetched) and event.uid is not None and event.data.flags is not None:
            uids.append(event.uid)
            flags.append(shown[event.data.flags])
    return uids, flags


_make = partial(tuple.__new__, Message)
"""Makes a message of its fields: what the class itself does, without a call of Python for each."""


def _of_run(run: FetchRun, shown: ShownFlags) -> Iterable[Message]:
    flags: Iterable[frozenset[str] | None] = _NOTHING
    size: Iterable[object] = _NOTHING
    date: Iterable[dt.datetime | None] = _NOTHING
    header: Iterable[object] = _NOTHING
    body: Iterable[object] = _NOTHING
    for item, values in zip(run.items, run.columns, strict=True):
        if item.name == f.FLAGS:
            flags = map(shown.__getitem__, cast("Sequence[tuple[bytes, ...]]", values))
        elif item.name == f.INTERNALDATE:
            date = moments(cast("Sequence[bytes]", values))
        elif item.name == f.RFC822_SIZE:
            size = values
        elif _is_header(item):
            header = values
        elif _is_body(item):
            body = values
    fields = (run.seqs, run.uids, flags, size, date, header, body, _WHOLE_CAME, _NO_LENIENCIES)
    return map(_make, zip(*fields, strict=False))  # some are without end


def _message(event: Fetched, shown: ShownFlags) -> Message:
    data = event.data
    size = data.get(f.RFC822_SIZE)
    date = data.get(f.INTERNALDATE)
    header = body = None
    cut = False
    for item, value in data.items:
        octets = value if isinstance(value, bytes) else None
        if _is_header(item):
            header, cut = octets, cut or item.origin is not None
        elif _is_body(item):
            body, cut = octets, cut or item.origin is not None
    return Message(
        seq=event.seq,
        uid=event.uid,
        flags=None if data.flags is None else shown[data.flags],
        size=size if isinstance(size, int) else None,
        internaldate=parse_date_time(date) if isinstance(date, bytes) else None,
        header=header,
        body=body,
        partial=cut,
        leniencies=data.leniencies,
    )


def _is_header(item: f.FetchAtt) -> bool:
    return item.name == f.RFC822_HEADER or item.section == _HEADER


def _is_body(item: f.FetchAtt) -> bool:
    return item.name == f.RFC822 or item.section == _WHOLE


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
