"""Writes FETCH responses, strictly by `msg-att` of RFC 3501 section 9.

The octets of a message always go as a literal, as a piece of their own that is not copied. Knows nothing of the other
responses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from outlookimap.errors import LocalProtocolError
from outlookimap.wire import fetch
from outlookimap.wire.building import Builder
from outlookimap.wire.dates import is_strict
from outlookimap.wire.fetch import FetchAtt
from outlookimap.wire.limits import Limits
from outlookimap.wire.response_reader import ResponseReader
from outlookimap.wire.responses import FetchData, FetchValue, Response
from outlookimap.wire.sections import write_section
from outlookimap.wire.status_writer import check_flags
from outlookimap.wire.structure import Envelope, Multipart, Part, is_extended
from outlookimap.wire.structure_writer import write_body, write_envelope

ValueWriter: TypeAlias = Callable[[Builder, FetchValue], None]

_UNKNOWN_NAME = re.compile(rb"[A-Z0-9.\-_/$:]+(?:\[[\x21-\x5a\x5e-\x7e .]*\](?:<[0-9.]+>)?)?")


def write_fetch(builder: Builder, response: FetchData) -> None:
    """Append a FETCH response without its line end; it has one item at least, and none twice."""
    if response.seq < 1:
        raise LocalProtocolError(f"FETCH of message {response.seq}: message numbers start at 1")
    names = [item for item, _ in response.items]
    if not names or len(names) != len(set(names)):
        raise LocalProtocolError("FETCH has one data item at least, and each of them once")
    builder.raw(b"* ").number(response.seq).raw(b" FETCH (")
    for index, (item, value) in enumerate(response.items):
        if index:
            builder.raw(b" ")
        _item(builder, item, value)
    builder.raw(b")")


def reads_back(response: Response, octets: bytes) -> bool:
    """Tell whether `octets` are read as `response` and nothing else, without a departure from the grammar."""
    size = len(octets) + 2
    reader = ResponseReader(Limits(line=size, literal=size, elements=size))
    read = reader.feed(octets + b"\r\n")
    return read == [response] and not read[0].leniencies and not reader.buffered and b"\0" not in octets


# ---------------------------------------------------------------- one item


def _item(builder: Builder, item: FetchAtt, value: FetchValue) -> None:
    if item.section is not None:
        if item.name != fetch.BODY or item.count is not None:
            raise LocalProtocolError(f"{item!r} is an item of a command, not of a response")
        builder.raw(fetch.BODY)
        write_section(builder, item.section)
        if item.origin is not None:
            builder.raw(b"<").number(item.origin).raw(b">")
        builder.raw(b" ")
        _message(builder, value)
    elif item.name in _VALUES:
        builder.raw(item.name + b" ")
        _VALUES[item.name](builder, value)
    else:
        _unknown(builder, item, value)


def _unknown(builder: Builder, item: FetchAtt, value: FetchValue) -> None:
    """Append an item that no table has: its value are octets that make one value of any form."""
    if not isinstance(value, bytes) or not _UNKNOWN_NAME.fullmatch(item.name):
        raise _wrong(item.name, value)
    octets = item.name + b" " + value
    if not reads_back(FetchData(1, ((item, value),)), b"* 1 FETCH (" + octets + b")"):
        raise _wrong(item.name, value)
    builder.raw(octets)


def _wrong(name: bytes, value: object) -> LocalProtocolError:
    return LocalProtocolError(f"{str(value)[:80]} cannot be written as the value of {name.decode('latin-1')}")


def _message(builder: Builder, value: FetchValue) -> None:
    if value is None:
        builder.raw(b"NIL")
    elif isinstance(value, bytes):
        builder.literal(value)
    else:
        raise _wrong(b"a part of a message", value)


def _uid(builder: Builder, value: FetchValue) -> None:
    if not isinstance(value, int) or value < 1:
        raise _wrong(fetch.UID, value)
    builder.number(value)


def _size(builder: Builder, value: FetchValue) -> None:
    if not isinstance(value, int):
        raise _wrong(fetch.RFC822_SIZE, value)
    builder.number(value)


def _flags(builder: Builder, value: FetchValue) -> None:
    if not isinstance(value, tuple):
        raise _wrong(fetch.FLAGS, value)
    check_flags(value, forbidden=(b"\\*",))
    builder.flags(value)


def _date(builder: Builder, value: FetchValue) -> None:
    if not isinstance(value, bytes) or not is_strict(value):
        raise _wrong(fetch.INTERNALDATE, value)
    builder.quoted(value)


def _envelope(builder: Builder, value: FetchValue) -> None:
    if not isinstance(value, Envelope):
        raise _wrong(fetch.ENVELOPE, value)
    write_envelope(builder, value)


def _structure(builder: Builder, value: FetchValue) -> None:
    if not isinstance(value, Part | Multipart):
        raise _wrong(fetch.BODYSTRUCTURE, value)
    write_body(builder, value)


def _body(builder: Builder, value: FetchValue) -> None:
    if isinstance(value, Part | Multipart) and is_extended(value):
        raise LocalProtocolError("BODY has no extension data, only BODYSTRUCTURE has")
    _structure(builder, value)


_VALUES: dict[bytes, ValueWriter] = {
    fetch.BODY: _body,
    fetch.BODYSTRUCTURE: _structure,
    fetch.ENVELOPE: _envelope,
    fetch.FLAGS: _flags,
    fetch.INTERNALDATE: _date,
    fetch.RFC822: _message,
    fetch.RFC822_HEADER: _message,
    fetch.RFC822_SIZE: _size,
    fetch.RFC822_TEXT: _message,
    fetch.UID: _uid,
}
