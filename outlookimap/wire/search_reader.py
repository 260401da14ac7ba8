"""Reads `search-key` of RFC 3501 section 9 into the values of `wire.search`.

Knows nothing of the command around the keys. A key inside NOT or OR counts as one level of nesting, like one inside
parentheses, so that no command makes this reader, or whoever walks its values, go deeper than the limit.
"""

from __future__ import annotations

import re

from outlookimap.wire import search
from outlookimap.wire.cursor import Cursor
from outlookimap.wire.dates import parse_date
from outlookimap.wire.sequence import SequenceSet

_KEY = re.compile(rb"[A-Za-z]+")
_DATE = re.compile(rb"[0-9]{1,2}-[A-Za-z]{3}-[0-9]{4}")
_SET = re.compile(rb"[0-9*][0-9*:,]*")


def read_sequence_set(cursor: Cursor) -> SequenceSet:
    """Take a `sequence-set`; raises RemoteProtocolError."""
    here = cursor.mark()
    octets = cursor.match(_SET)
    if octets is not None:
        cursor.element(octets.count(b",") + 1)
    numbers = None if octets is None else SequenceSet.parse(octets)
    if numbers is None:
        cursor.back(here)
        raise cursor.fail("a sequence set")
    return numbers


def read_search_key(cursor: Cursor) -> search.SearchKey:
    """Take one `search-key`; raises RemoteProtocolError, as LimitExceeded for one nested too deep."""
    cursor.element()
    if cursor.peek() == ord("("):
        keys = cursor.parenthesized(lambda: read_search_key(cursor))
        if not keys:
            raise cursor.fail("a search key in the parentheses before this")
        return search.Every(keys)
    here = cursor.mark()
    word = cursor.match(_KEY)
    if word is None:
        return search.Numbered(read_sequence_set(cursor))
    key = word.upper()
    if key in search.BARE:
        return search.Flagging(key)
    if key in (b"NOT", b"OR"):
        return _combined(cursor, key)
    found = _with_argument(cursor, key)
    if found is None:
        cursor.back(here)
        raise cursor.fail("a search key")
    return found


def _combined(cursor: Cursor, key: bytes) -> search.SearchKey:
    cursor.deeper()
    cursor.space()
    first = read_search_key(cursor)
    if key == b"NOT":
        cursor.shallower()
        return search.Not(first)
    cursor.space()
    second = read_search_key(cursor)
    cursor.shallower()
    return search.Either(first, second)


def _with_argument(cursor: Cursor, key: bytes) -> search.SearchKey | None:
    """Take the argument of a key that has one; None for a key that no table has."""
    if key in search.TEXTS:
        cursor.space()
        return search.Containing(key, cursor.astring())
    if key in search.DATES:
        cursor.space()
        return _dated(cursor, key)
    if key in search.NUMBERS:
        cursor.space()
        return search.Sized(key, cursor.number())
    if key in search.KEYWORDS:
        cursor.space()
        return search.Keyworded(key, cursor.atom("a keyword"))
    if key == b"HEADER":
        cursor.space()
        field = cursor.astring()
        cursor.space()
        return search.HeaderContaining(field, cursor.astring())
    if key == b"UID":
        cursor.space()
        return search.Numbered(read_sequence_set(cursor), uid=True)
    return None


def _dated(cursor: Cursor, key: bytes) -> search.SearchKey:
    here = cursor.mark()
    quoted = cursor.take(b'"')
    octets = cursor.match(_DATE)
    day = None if octets is None else parse_date(octets)
    if day is None:
        cursor.back(here)
        raise cursor.fail("a date like 1-Feb-1994")
    if quoted:
        cursor.expect(b'"')
    return search.Dated(key, day)
