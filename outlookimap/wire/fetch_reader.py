"""Reads the items of a FETCH response: `msg-att` of RFC 3501 section 9, in any order.

An item that no table has, or whose section cannot be read, keeps its value as octets. Knows nothing of the other
responses, and nothing of what was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from outlookimap.wire import fetch
from outlookimap.wire.cursor import LITERAL, Cursor
from outlookimap.wire.dates import is_strict
from outlookimap.wire.fetch import FetchAtt
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.responses import FetchData, FetchValue
from outlookimap.wire.sections import read_section
from outlookimap.wire.status_reader import read_flags
from outlookimap.wire.structure import is_extended
from outlookimap.wire.structure_reader import read_body, read_envelope

ValueReader: TypeAlias = Callable[[Cursor], FetchValue]

_NAME = re.compile(rb'[^\x00-\x20()"\[{]+')
_BRACKETS = re.compile(rb"\[[^\]]*+\](?:<[^>]*+>)?")


def read_fetch(cursor: Cursor, seq: int, *, keep_extensions: bool) -> FetchData:
    """Take the items of message `seq`; raises RemoteProtocolError for a known one with a broken value."""
    readers = _KEEPING if keep_extensions else _DROPPING
    cursor.space()
    cursor.expect(b"(")
    cursor.deeper()
    if cursor.spaces():
        cursor.note(Leniency.EXTRA_SPACE)
    items: list[tuple[FetchAtt, FetchValue]] = []
    seen: set[FetchAtt] = set()
    while not cursor.take(b")"):
        cursor.element()
        item, value = _item(cursor, readers)
        if item in seen:
            cursor.note(Leniency.REPEATED_ITEM)
        seen.add(item)
        items.append((item, value))
        if cursor.spaces() == (cursor.peek() == ord(")")):
            cursor.note(Leniency.EXTRA_SPACE if cursor.peek() == ord(")") else Leniency.MISSING_SPACE)
    cursor.shallower()
    if not items:
        cursor.note(Leniency.MISSING_FIELD)
    return FetchData(seq, tuple(items))


# ---------------------------------------------------------------- one item


def _item(cursor: Cursor, readers: dict[bytes, ValueReader]) -> tuple[FetchAtt, FetchValue]:
    found = cursor.match(_NAME)
    if found is None:
        raise cursor.fail("a data item")
    name = found.upper()
    if cursor.peek() == ord("["):
        item = _with_section(cursor, name)
        read: ValueReader = _octets if item.section is None else _nstring
    else:
        item = _PLAIN.get(name) or FetchAtt(name)
        read = readers.get(name, _octets)
    _to_value(cursor)
    return item, read(cursor)


def _to_value(cursor: Cursor) -> None:
    if cursor.peek() == LITERAL:
        cursor.note(Leniency.MISSING_SPACE)
    else:
        cursor.space()


def _with_section(cursor: Cursor, name: bytes) -> FetchAtt:
    """Take the section and origin of BODY[...]; of anything else, brackets and all become the name."""
    if name in (fetch.BODY, fetch.BODY_PEEK):
        item = cursor.attempt(lambda: FetchAtt(name, _section(cursor), _origin(cursor)))
        if item is not None:
            return item
    brackets = cursor.match(_BRACKETS)
    if brackets is None:
        raise cursor.fail("the end of a section")
    return FetchAtt(name + brackets)


def _section(cursor: Cursor) -> fetch.Section:
    section = read_section(cursor)
    cursor.element(len(section.part) + 1)
    return section


def _origin(cursor: Cursor) -> int | None:
    if not cursor.take(b"<"):
        return None
    origin = cursor.number()
    cursor.expect(b">")
    return origin


# ---------------------------------------------------------------- values


def _octets(cursor: Cursor) -> bytes:
    return cursor.raw_value()


def _nstring(cursor: Cursor) -> bytes | None:
    return cursor.nstring()


def _number(cursor: Cursor) -> int:
    return cursor.number()


def _uid(cursor: Cursor) -> int:
    return cursor.number(nonzero=True)


def _flags(cursor: Cursor) -> tuple[bytes, ...]:
    return read_flags(cursor)


def _date(cursor: Cursor) -> bytes | None:
    octets = cursor.nstring()
    if octets is None or not is_strict(octets):
        cursor.note(Leniency.INVALID_DATE)
    return octets


def _or_octets(read: ValueReader) -> ValueReader:
    """Make a reader that keeps the octets of a structure where `read` cannot read it."""

    def value(cursor: Cursor) -> FetchValue:
        structure = cursor.attempt(lambda: read(cursor))
        if structure is not None:
            return structure
        cursor.note(Leniency.LOOSE_BODY)
        return cursor.raw_value()

    return value


def _body(cursor: Cursor) -> FetchValue:
    """Take the value of BODY, which has no extension data by its grammar's comment."""
    body = read_body(cursor)
    if is_extended(body):
        cursor.note(Leniency.LOOSE_BODY)
    return body


def _base(cursor: Cursor) -> FetchValue:
    return read_body(cursor, keep_extensions=False)


_PLAIN = {name: FetchAtt(name) for name in fetch.PLAIN_NAMES}
_KEEPING: dict[bytes, ValueReader] = {
    fetch.BODY: _or_octets(_body),
    fetch.BODYSTRUCTURE: _or_octets(read_body),
    fetch.ENVELOPE: _or_octets(read_envelope),
    fetch.FLAGS: _flags,
    fetch.INTERNALDATE: _date,
    fetch.RFC822: _nstring,
    fetch.RFC822_HEADER: _nstring,
    fetch.RFC822_PEEK: _nstring,
    fetch.RFC822_SIZE: _number,
    fetch.RFC822_TEXT: _nstring,
    fetch.UID: _uid,
}
_DROPPING: dict[bytes, ValueReader] = _KEEPING | {
    fetch.BODY: _or_octets(_base),
    fetch.BODYSTRUCTURE: _or_octets(_base),
}
