"""Reads ENVELOPE, BODY and BODYSTRUCTURE: RFC 3501 sections 7.4.2 and 9 (`envelope`, `body`).

Tolerant where real servers depart: NIL where a string is due, empty lists, missing fields, a disposition without its
parentheses. What cannot be read at all raises RemoteProtocolError; whoever called keeps the octets then. Knows
nothing of FETCH.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from outlookimap.wire.cursor import END, LITERAL, Cursor
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.structure import (
    Address,
    Addresses,
    Body,
    Disposition,
    Envelope,
    Extension,
    ExtensionValue,
    Multipart,
    Params,
    Part,
)

T = TypeVar("T")

_OPEN = ord("(")
_CLOSE = ord(")")
_QUOTE = ord('"')
_DIGITS = frozenset(b"0123456789")
_NO_PARAMS: Params = ()
_BELOW_ZERO = re.compile(rb"-[0-9]+")


def read_envelope(cursor: Cursor) -> Envelope:
    """Take an `envelope`; fields that are missing at its end are NIL."""
    _begin(cursor)
    envelope = Envelope(
        date=_field(cursor, cursor.nstring, None),
        subject=_field(cursor, cursor.nstring, None),
        from_=_field(cursor, lambda: _addresses(cursor), ()),
        sender=_field(cursor, lambda: _addresses(cursor), ()),
        reply_to=_field(cursor, lambda: _addresses(cursor), ()),
        to=_field(cursor, lambda: _addresses(cursor), ()),
        cc=_field(cursor, lambda: _addresses(cursor), ()),
        bcc=_field(cursor, lambda: _addresses(cursor), ()),
        in_reply_to=_field(cursor, cursor.nstring, None),
        message_id=_field(cursor, cursor.nstring, None),
    )
    _finish(cursor)
    return envelope


def read_body(cursor: Cursor, *, keep_extensions: bool = True) -> Body:
    """Take a `body`; without `keep_extensions` its extension data are read to their end and dropped.

    Statements: O5:2.1.5
    """
    cursor.element()
    _begin(cursor)
    read = _multipart if _follows(cursor, _OPEN) else _part
    body: Body = read(cursor, keep=keep_extensions)
    _finish(cursor)
    return body


# ---------------------------------------------------------------- the fields of a list


def _begin(cursor: Cursor) -> None:
    cursor.expect(b"(")
    cursor.deeper()


def _finish(cursor: Cursor) -> None:
    if cursor.spaces():
        cursor.note(Leniency.EXTRA_SPACE)
    cursor.expect(b")")
    cursor.shallower()


def _next(cursor: Cursor) -> bool:
    """Go to the next field of the list that is open; tell whether there is one."""
    here = cursor.mark()
    first = cursor.follows(b"(")
    spaced = cursor.spaces()
    if cursor.peek() in (_CLOSE, END):
        cursor.back(here)
        return False
    if spaced == first:
        cursor.note(Leniency.EXTRA_SPACE if spaced else Leniency.MISSING_SPACE)
    return True


def _follows(cursor: Cursor, *octets: int) -> bool:
    """Tell whether the next field of the list that is open begins with one of `octets`."""
    here = cursor.mark()
    found = _next(cursor) and cursor.peek() in octets
    cursor.back(here)
    return found


def _field(cursor: Cursor, read: Callable[[], T], missing: T) -> T:
    """Take the next field of the list that is open, or accept that the list ends before it."""
    if not _next(cursor):
        cursor.note(Leniency.LOOSE_BODY)
        return missing
    return read()


def _string(cursor: Cursor) -> bytes:
    octets = cursor.nstring()
    if octets is None:
        cursor.note(Leniency.LOOSE_BODY)
        return b""
    return octets


def _number(cursor: Cursor) -> int:
    if cursor.nil() or cursor.match(_BELOW_ZERO) is not None:
        cursor.note(Leniency.LOOSE_BODY)
        return 0
    return cursor.number()


def _list(cursor: Cursor, element: Callable[[], T], *, spaced: bool = True) -> tuple[T, ...]:
    """Take NIL or a list that has one element at least; the elements have spaces between them only with `spaced`."""
    if cursor.nil():
        return ()
    _begin(cursor)
    elements: list[T] = []
    while _more(cursor, spaced=spaced and bool(elements)):
        cursor.element()
        elements.append(element())
    _finish(cursor)
    if not elements:
        cursor.note(Leniency.LOOSE_BODY)
    return tuple(elements)


def _more(cursor: Cursor, *, spaced: bool) -> bool:
    """Go to the next element; a space that is due or not is put down when it is the other way round."""
    if spaced:
        return _next(cursor)
    if cursor.spaces():
        cursor.note(Leniency.EXTRA_SPACE)
    return cursor.peek() not in (_CLOSE, END)


# ---------------------------------------------------------------- envelope


def _addresses(cursor: Cursor) -> Addresses:
    return _list(cursor, lambda: _address(cursor), spaced=False)


def _address(cursor: Cursor) -> Address:
    _begin(cursor)
    address = Address(*(_field(cursor, cursor.nstring, None) for _ in range(4)))
    _finish(cursor)
    return address


# ---------------------------------------------------------------- body


def _multipart(cursor: Cursor, *, keep: bool) -> Multipart:
    parts: list[Body] = []
    while _follows(cursor, _OPEN):
        _more(cursor, spaced=False)
        parts.append(read_body(cursor, keep_extensions=keep))
    subtype = _field(cursor, lambda: _string(cursor), b"")
    return Multipart(tuple(parts), subtype, _extension(cursor, multipart=True, keep=keep))


def _part(cursor: Cursor, *, keep: bool) -> Part:
    if not _next(cursor):
        raise cursor.fail("a media type")
    media = _string(cursor)
    subtype = _field(cursor, lambda: _string(cursor), b"")
    params = _field(cursor, lambda: _params(cursor), _NO_PARAMS)
    identity = _field(cursor, cursor.nstring, None)
    description = _field(cursor, cursor.nstring, None)
    encoding = _field(cursor, lambda: _string(cursor), b"")
    octets = _field(cursor, lambda: _number(cursor), 0)
    lines: int | None = None
    envelope: Envelope | None = None
    body: Body | None = None
    if media.upper() == b"TEXT":
        lines = _lines(cursor)
    elif media.upper() == b"MESSAGE" and subtype.upper() == b"RFC822":
        if _follows(cursor, _OPEN):
            envelope = _field(cursor, lambda: read_envelope(cursor), None)
            body = _field(cursor, lambda: read_body(cursor, keep_extensions=keep), None)
            lines = _lines(cursor)
        else:
            cursor.note(Leniency.LOOSE_BODY)
    return Part(
        media, subtype, params, identity, description, encoding, octets, lines, envelope, body,
        _extension(cursor, multipart=False, keep=keep),
    )  # fmt: skip


def _lines(cursor: Cursor) -> int | None:
    """Take a line count, or accept that there is none: extension data begin with a string or a list."""
    if _follows(cursor, *_DIGITS, ord("-")):
        return _field(cursor, lambda: _number(cursor), 0)
    cursor.note(Leniency.LOOSE_BODY)
    return None


def _params(cursor: Cursor) -> Params:
    return _list(cursor, lambda: (_string(cursor), _field(cursor, lambda: _string(cursor), b"")))


# ---------------------------------------------------------------- extension data


def _extension(cursor: Cursor, *, multipart: bool, keep: bool) -> Extension | None:
    if not _next(cursor):
        return None
    if not keep:
        cursor.note(Leniency.EXTENSION_DROPPED)
        cursor.skip_value()
        while _next(cursor):
            cursor.skip_value()
        return None
    md5 = None if multipart else cursor.nstring()
    params = _params(cursor) if multipart else ()
    disposition = _disposition(cursor) if _next(cursor) else None
    language = _language(cursor) if _next(cursor) else ()
    location = cursor.nstring() if _next(cursor) else None
    further: list[ExtensionValue] = []
    while _next(cursor):
        cursor.element()
        further.append(_extension_value(cursor))
    return Extension(md5, params, disposition, language, location, tuple(further))


def _disposition(cursor: Cursor) -> Disposition | None:
    if cursor.nil():
        return None
    if cursor.peek() in (_QUOTE, LITERAL):  # "inline" NIL, without the parentheses around the two
        cursor.note(Leniency.LOOSE_BODY)
        return Disposition(cursor.string(), _field(cursor, lambda: _params(cursor), _NO_PARAMS))
    _begin(cursor)
    disposition = Disposition(
        _field(cursor, lambda: _string(cursor), b""), _field(cursor, lambda: _params(cursor), _NO_PARAMS)
    )
    _finish(cursor)
    return disposition


def _language(cursor: Cursor) -> tuple[bytes, ...]:
    if cursor.peek() in (_QUOTE, LITERAL):
        return (cursor.string(),)
    return _list(cursor, lambda: _string(cursor))


def _extension_value(cursor: Cursor) -> ExtensionValue:
    here = cursor.peek()
    if here == _OPEN:
        return _list(cursor, lambda: _extension_value(cursor))
    return cursor.number() if here in _DIGITS else cursor.nstring()
