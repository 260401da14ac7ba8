"""Writes what a server sends: a response as a value in, pieces of the stream out, strictly by the grammar.

Whatever RFC 3501 section 9 forbids is a LocalProtocolError before an octet is out. One table names the writer of each
kind of response. Knows no command and no state.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from outlookimap.errors import LocalProtocolError
from outlookimap.wire.building import Builder, Style
from outlookimap.wire.fetch_writer import reads_back, write_fetch
from outlookimap.wire.flags import RECENT
from outlookimap.wire.responses import (
    CapabilityData,
    Continuation,
    EnabledData,
    Exists,
    ExpungeData,
    FetchData,
    FlagsData,
    IdData,
    ListData,
    NamespaceData,
    NamespaceEntries,
    Recent,
    Response,
    SearchData,
    StatusData,
    StatusResponse,
    UnknownData,
)
from outlookimap.wire.secret import Piece
from outlookimap.wire.sequence import MAX_NUMBER
from outlookimap.wire.status_writer import check_flags, write_capabilities, write_status, write_text

ResponseWriter: TypeAlias = Callable[[Builder, Any], None]

DEFAULT = Style()
_ATTRIBUTE = re.compile(rb'\\[^\x00-\x20\x7f-\xff(){%*"\\\]]+')
_DELIMITER = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\x7f]")
_LIST_KINDS = frozenset((b"LIST", b"LSUB", b"XLIST"))
_SELECTABILITY = frozenset((b"\\MARKED", b"\\UNMARKED", b"\\NOSELECT"))
_ID_FIELDS = 30
_ID_NAME = 30
_ID_VALUE = 1024


def write_response(response: Response, style: Style = DEFAULT) -> list[Piece]:
    """Return the pieces of `response` with its line end; none is secret, and a large literal is not copied.

    Raises LocalProtocolError for a value the grammar has no form for.

    Statements: O5:2.1.3, O5:2.1.4, O5:V0012, O5:V0017
    """
    write = _WRITERS.get(type(response))
    if write is None:
        raise LocalProtocolError(f"{response!r} is no response")
    builder = Builder(style, synchronizing=False)
    write(builder, response)
    return builder.line_end().parts()[0]


def _continuation(builder: Builder, response: Continuation) -> None:
    builder.raw(b"+ ")
    if response.text[:1] in (b" ", b"\t"):
        raise LocalProtocolError(f"the text {response.text!r} of a continuation request begins with a space")
    if response.text:
        write_text(builder, response.text)


# ---------------------------------------------------------------- mailboxes


def _list(builder: Builder, response: ListData) -> None:
    if response.kind not in _LIST_KINDS:
        raise LocalProtocolError(f"{response.kind!r} is not LIST, LSUB or XLIST")
    for attribute in response.attributes:
        if not _ATTRIBUTE.fullmatch(attribute):
            raise LocalProtocolError(f"{attribute!r} cannot be written as a mailbox attribute")
    if len(_SELECTABILITY.intersection(attribute.upper() for attribute in response.attributes)) > 1:
        raise LocalProtocolError(r"at most one of \Noselect, \Marked and \Unmarked")
    builder.raw(b"* " + response.kind + b" ").listed(response.attributes).raw(b" ")
    _delimiter(builder, response.delimiter)
    builder.raw(b" ").answered_mailbox(response.mailbox)


def _delimiter(builder: Builder, delimiter: bytes | None) -> None:
    if delimiter is None:
        builder.raw(b"NIL")
        return
    if not _DELIMITER.fullmatch(delimiter):
        raise LocalProtocolError(f"{delimiter!r} cannot be written as a hierarchy delimiter: one 7-bit character")
    builder.quoted(delimiter)


def _status(builder: Builder, response: StatusData) -> None:
    builder.raw(b"* STATUS ").answered_mailbox(response.mailbox).raw(b" (")
    for index, (name, number) in enumerate(response.items):
        builder.raw(b" " if index else b"").atom(name, "a status item").raw(b" ").number(number)
    builder.raw(b")")


# ---------------------------------------------------------------- words and numbers


def _capability(builder: Builder, response: CapabilityData) -> None:
    if not response.capabilities:
        raise LocalProtocolError("CAPABILITY names one capability at least")
    builder.raw(b"* CAPABILITY")
    write_capabilities(builder, response.capabilities)


def _enabled(builder: Builder, response: EnabledData) -> None:
    builder.raw(b"* ENABLED")
    write_capabilities(builder, response.capabilities)


def _flags(builder: Builder, response: FlagsData) -> None:
    check_flags(response.flags, forbidden=(RECENT, b"\\*"))
    builder.raw(b"* FLAGS ").flags(response.flags)


def _search(builder: Builder, response: SearchData) -> None:
    for number in response.numbers:
        _message_number(number)
    builder.raw(b"* SEARCH" + b"".join(b" %d" % number for number in response.numbers))


def _message_number(number: int) -> None:
    if not 1 <= number <= MAX_NUMBER:
        raise LocalProtocolError(f"{number} cannot be written as a message number: 1 to {MAX_NUMBER}")


def _exists(builder: Builder, response: Exists) -> None:
    builder.raw(b"* ").number(response.count).raw(b" EXISTS")


def _recent(builder: Builder, response: Recent) -> None:
    builder.raw(b"* ").number(response.count).raw(b" RECENT")


def _expunge(builder: Builder, response: ExpungeData) -> None:
    _message_number(response.seq)
    builder.raw(b"* ").number(response.seq).raw(b" EXPUNGE")


# ---------------------------------------------------------------- NAMESPACE, ID, the unknown


def _namespace(builder: Builder, response: NamespaceData) -> None:
    builder.raw(b"* NAMESPACE")
    for entries in (response.personal, response.others, response.shared):
        builder.raw(b" ")
        _namespaces(builder, entries)


def _namespaces(builder: Builder, entries: NamespaceEntries) -> None:
    if not entries:
        builder.raw(b"NIL")
        return
    builder.raw(b"(")
    for prefix, delimiter in entries:
        builder.raw(b"(").string(prefix).raw(b" ")
        _delimiter(builder, delimiter)
        builder.raw(b")")
    builder.raw(b")")


def _id(builder: Builder, response: IdData) -> None:
    builder.raw(b"* ID ")
    if response.fields is None:
        builder.raw(b"NIL")
        return
    names = {name.upper() for name, _ in response.fields}
    if len(response.fields) > _ID_FIELDS or len(names) < len(response.fields):
        raise LocalProtocolError("ID has at most 30 fields, each once (RFC 2971 section 3.3)")
    builder.raw(b"(")
    for index, (name, value) in enumerate(response.fields):
        if len(name) > _ID_NAME or len(value or b"") > _ID_VALUE:
            raise LocalProtocolError("ID: a name has at most 30 octets, a value 1024 (RFC 2971 section 3.3)")
        builder.raw(b" " if index else b"").string(name).raw(b" ").nstring(value)
    builder.raw(b")")


def _unknown(builder: Builder, response: UnknownData) -> None:
    octets = b"* " + response.data
    if not reads_back(response, octets):
        raise LocalProtocolError(f"{response.data[:80]!r} cannot be written as untagged data that no table has")
    builder.raw(octets)


_WRITERS: dict[type[Response], ResponseWriter] = {
    CapabilityData: _capability,
    Continuation: _continuation,
    EnabledData: _enabled,
    Exists: _exists,
    ExpungeData: _expunge,
    FetchData: write_fetch,
    FlagsData: _flags,
    IdData: _id,
    ListData: _list,
    NamespaceData: _namespace,
    Recent: _recent,
    SearchData: _search,
    StatusData: _status,
    StatusResponse: write_status,
    UnknownData: _unknown,
}
