"""Reads untagged data but status responses and FETCH: RFC 3501 sections 7.2 and 7.3, NAMESPACE, ID, ENABLED.

Mailbox names and delimiters are read as real servers spell them. One table names the reader of each keyword. Knows
nothing of what stood before the keyword.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeAlias

from outlookimap.wire.cursor import END, LITERAL, Cursor
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.responses import (
    CapabilityData,
    EnabledData,
    Exists,
    ExpungeData,
    FlagsData,
    IdData,
    ListData,
    NamespaceData,
    NamespaceEntries,
    Recent,
    Response,
    SearchData,
    StatusData,
)
from outlookimap.wire.status_reader import more, read_capabilities, read_flags

DataReader: TypeAlias = Callable[[Cursor], Response]
NumberedReader: TypeAlias = Callable[[Cursor, int], Response]

_OPEN = ord("(")
_QUOTE = ord('"')
_DIGITS = frozenset(b"0123456789")
_SMALL = tuple(range(1000))
_BARE_BACKSLASH = re.compile(rb'"\\"(?=[ \t)]|\Z)')  # of servers that do not escape it
_DELIMITER = re.compile(rb"[^ \t()]+")
_LINE_END = re.compile(rb"[ \t]*+\Z")
_LINE = re.compile(rb".*\Z", re.DOTALL)
_BEFORE_EXTENSION = re.compile(rb'[ \t]++(?=\((?:["(]|\)[ \t]*\Z))')


# ---------------------------------------------------------------- names and delimiters


def _delimiter(cursor: Cursor) -> bytes | None:
    if cursor.match(_BARE_BACKSLASH) is not None:
        cursor.note(Leniency.LOOSE_QUOTED)
        return b"\\"
    if cursor.nil():
        return None
    here = cursor.peek()
    octets = cursor.string() if here in (LITERAL, _QUOTE) else cursor.match(_DELIMITER)
    if octets is None:
        raise cursor.fail("a hierarchy delimiter")
    if here != _QUOTE or len(octets) != 1:
        cursor.note(Leniency.LOOSE_DELIMITER)
    return octets or None


def _name(cursor: Cursor) -> bytes:
    """Take a mailbox name by the grammar; NIL is a name like any other, but few servers mean one by it."""
    if cursor.peek() in (LITERAL, _QUOTE):
        return cursor.string()
    name = cursor.astring()
    if name.upper() == b"NIL":
        cursor.note(Leniency.NIL_NAME)
    return name


def _loose_name(cursor: Cursor, octets: bytes) -> bytes:
    """Make a name of octets that break the grammar of one: they are the name, without the quotes around them."""
    quoted = octets.startswith(b'"')
    cursor.note(Leniency.LOOSE_QUOTED if quoted else Leniency.LOOSE_NAME)
    name = octets[1:].removesuffix(b'"') if quoted else octets
    if not name:
        raise cursor.fail("a mailbox name")
    return name


def _at_end(cursor: Cursor) -> bool:
    """Tell whether nothing but spaces is left."""
    here = cursor.mark()
    found = cursor.match(_LINE_END) is not None and cursor.peek() == END
    cursor.back(here)
    return found


# ---------------------------------------------------------------- LIST, LSUB, XLIST


def _list(cursor: Cursor, kind: bytes) -> Response:
    cursor.space()
    attributes = read_flags(cursor)
    if not all(attribute.startswith(b"\\") for attribute in attributes):
        cursor.note(Leniency.LOOSE_FLAG)
    cursor.space()
    delimiter = _delimiter(cursor)
    cursor.space()
    name = cursor.attempt(partial(_last_name, cursor))
    if name is not None:
        return ListData(kind, attributes, delimiter, name)
    octets = cursor.match(_LINE) or b""
    name = octets.rstrip(b" \t")
    if len(name) < len(octets):
        cursor.note(Leniency.TRAILING_SPACE)
    return ListData(kind, attributes, delimiter, _loose_name(cursor, name))


def _last_name(cursor: Cursor) -> bytes:
    """Take the name that ends a LIST response, and the data RFC 5258 may put after it."""
    name = _name(cursor)
    if cursor.match(_BEFORE_EXTENSION) is not None:
        cursor.skip_value()
        cursor.note(Leniency.EXTENSION_DROPPED)
    if not _at_end(cursor):
        raise cursor.fail("the end of the line")
    return name


# ---------------------------------------------------------------- STATUS


def _status(cursor: Cursor) -> Response:
    cursor.space()
    status = cursor.attempt(partial(_strict_status, cursor))
    if status is not None:
        return status
    name = _loose_name(cursor, cursor.before_last(b"(").rstrip(b" \t"))
    return StatusData(name, _status_items(cursor))


def _strict_status(cursor: Cursor) -> Response:
    name = _name(cursor)
    cursor.space()
    items = _status_items(cursor)
    if not _at_end(cursor):
        raise cursor.fail("the end of the line")
    return StatusData(name, items)


def _status_items(cursor: Cursor) -> tuple[tuple[bytes, int], ...]:
    items = cursor.parenthesized(partial(_status_item, cursor))
    return tuple(item for item in items if item is not None)


def _status_item(cursor: Cursor) -> tuple[bytes, int] | None:
    """Take an item and its number; one whose value is none, from an extension, is dropped."""
    name = cursor.atom("a status item").upper()
    cursor.space()
    if cursor.peek() in _DIGITS:
        return name, cursor.number()
    cursor.skip_value()
    cursor.note(Leniency.EXTENSION_DROPPED)
    return None


# ---------------------------------------------------------------- lists of words and numbers


def _capability(cursor: Cursor) -> Response:
    return CapabilityData(read_capabilities(cursor))


def _enabled(cursor: Cursor) -> Response:
    return EnabledData(read_capabilities(cursor))


def _flags(cursor: Cursor) -> Response:
    cursor.space()
    return FlagsData(read_flags(cursor))


def _search(cursor: Cursor) -> Response:
    return SearchData(tuple(_numbers(cursor)))


def _numbers(cursor: Cursor) -> Iterator[int]:
    """Yield numbers to the end of the line; the shortest are shared, or a line of them would take too much memory."""
    while more(cursor):
        if cursor.peek() == _OPEN:  # (MODSEQ 917162500), RFC 7162
            cursor.skip_value()
            cursor.note(Leniency.EXTENSION_DROPPED)
            continue
        number = cursor.number(nonzero=True)
        yield _SMALL[number] if number < len(_SMALL) else number


# ---------------------------------------------------------------- NAMESPACE, ID


def _namespace(cursor: Cursor) -> Response:
    return NamespaceData(_namespaces(cursor), _namespaces(cursor), _namespaces(cursor))


def _namespaces(cursor: Cursor) -> NamespaceEntries:
    if not more(cursor):
        cursor.note(Leniency.MISSING_FIELD)
        return ()
    if cursor.nil():
        return ()
    cursor.expect(b"(")
    entries: list[tuple[bytes, bytes | None]] = []
    while not cursor.take(b")"):
        cursor.element()
        entries.append(_namespace_entry(cursor))
        if cursor.spaces():
            cursor.note(Leniency.EXTRA_SPACE)
    if not entries:
        cursor.note(Leniency.MISSING_FIELD)
    return tuple(entries)


def _namespace_entry(cursor: Cursor) -> tuple[bytes, bytes | None]:
    cursor.expect(b"(")
    prefix = cursor.string()
    cursor.space()
    delimiter = _delimiter(cursor)
    while not cursor.take(b")"):
        cursor.space()
        cursor.skip_value()
        cursor.note(Leniency.EXTENSION_DROPPED)
    return prefix, delimiter


def _id(cursor: Cursor) -> Response:
    cursor.space()
    if cursor.nil():
        return IdData(None)
    strings = list(cursor.parenthesized(cursor.nstring))
    if len(strings) % 2:
        cursor.note(Leniency.MISSING_FIELD)
        strings.append(None)
    return IdData(tuple(_id_field(cursor, *pair) for pair in zip(strings[::2], strings[1::2], strict=True)))


def _id_field(cursor: Cursor, name: bytes | None, value: bytes | None) -> tuple[bytes, bytes | None]:
    if name is None:
        cursor.note(Leniency.NIL_NAME)
    return name or b"", value


# ---------------------------------------------------------------- numbered


def _exists(_: Cursor, number: int) -> Response:
    return Exists(number)


def _recent(_: Cursor, number: int) -> Response:
    return Recent(number)


def _expunge(_: Cursor, number: int) -> Response:
    return ExpungeData(number)


def _expunged(cursor: Cursor, number: int) -> Response:
    """Take what GNU imap4d says instead, by the same rule: each one decrements the numbers behind it."""
    cursor.note(Leniency.EXPUNGED)
    return ExpungeData(number)


DATA: dict[bytes, DataReader] = {
    b"CAPABILITY": _capability,
    b"ENABLED": _enabled,
    b"FLAGS": _flags,
    b"ID": _id,
    b"LIST": partial(_list, kind=b"LIST"),
    b"LSUB": partial(_list, kind=b"LSUB"),
    b"NAMESPACE": _namespace,
    b"SEARCH": _search,
    b"STATUS": _status,
    b"XLIST": partial(_list, kind=b"XLIST"),
}
"""What reads the arguments of a keyword that follows ``* ``."""

NUMBERED: dict[bytes, NumberedReader] = {
    b"EXISTS": _exists,
    b"EXPUNGE": _expunge,
    b"EXPUNGED": _expunged,
    b"RECENT": _recent,
}
"""What reads the arguments of a keyword that follows ``* `` and a number; FETCH is elsewhere."""
