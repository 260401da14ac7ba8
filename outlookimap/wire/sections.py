"""Reads and writes `section` of RFC 3501 section 9: ``[1.2.HEADER.FIELDS (DATE FROM)]``.

The same in a FETCH command and in its answer; what stands before the bracket and after it is not known here.
"""

from __future__ import annotations

import re

from outlookimap.errors import LocalProtocolError, RemoteProtocolError
from outlookimap.wire.building import Builder
from outlookimap.wire.cursor import Cursor
from outlookimap.wire.fetch import HEADER_FIELDS, HEADER_FIELDS_NOT, Section

_PART = re.compile(rb"[0-9]{1,10}(?:\.[0-9]{1,10}){0,199}")
_SPECIFIER = re.compile(rb"[A-Za-z.]+")


def read_section(cursor: Cursor) -> Section:
    """Take a section with its brackets; raises RemoteProtocolError for one the grammar lacks."""
    cursor.expect(b"[")
    numbers = cursor.match(_PART)
    part = tuple(int(number) for number in numbers.split(b".")) if numbers is not None else ()
    specifier: bytes | None = None
    if not part or cursor.take(b"."):
        specifier = cursor.match(_SPECIFIER)
        if specifier is not None:
            specifier = specifier.upper()
        elif part:
            raise cursor.fail("a part specifier")
    fields: tuple[bytes, ...] = ()
    if specifier in (HEADER_FIELDS, HEADER_FIELDS_NOT):
        cursor.space()
        fields = cursor.parenthesized(cursor.astring)
    cursor.expect(b"]")
    try:
        return Section(part, specifier, fields)
    except LocalProtocolError as error:
        raise RemoteProtocolError(str(error)) from error


def write_section(builder: Builder, section: Section) -> None:
    """Append a section with its brackets; raises LocalProtocolError for a part number above 32 bits."""
    builder.raw(b"[")
    for index, number in enumerate(section.part):
        builder.raw(b"." if index else b"").number(number)
    if section.specifier is not None:
        builder.raw(b"." if section.part else b"").raw(section.specifier)
    for index, field in enumerate(section.fields):
        builder.raw(b" " if index else b" (").astring(field)
    builder.raw(b")]" if section.fields else b"]")
