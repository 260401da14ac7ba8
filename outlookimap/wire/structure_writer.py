"""Writes ENVELOPE, BODY and BODYSTRUCTURE, strictly by RFC 3501 section 9.

A value the grammar has no form for, as a text part without a line count, is a LocalProtocolError. Knows nothing of
FETCH.
"""

from __future__ import annotations

from outlookimap.errors import LocalProtocolError
from outlookimap.wire.building import Builder
from outlookimap.wire.structure import (
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


def write_envelope(builder: Builder, envelope: Envelope) -> None:
    """Append an `envelope`."""
    builder.raw(b"(").nstring(envelope.date).raw(b" ").nstring(envelope.subject)
    for addresses in (
        envelope.from_,
        envelope.sender,
        envelope.reply_to,
        envelope.to,
        envelope.cc,
        envelope.bcc,
    ):
        builder.raw(b" ")
        _addresses(builder, addresses)
    builder.raw(b" ").nstring(envelope.in_reply_to).raw(b" ").nstring(envelope.message_id).raw(b")")


def _addresses(builder: Builder, addresses: Addresses) -> None:
    if not addresses:
        builder.raw(b"NIL")
        return
    builder.raw(b"(")
    for address in addresses:
        builder.raw(b"(").nstring(address.name).raw(b" ").nstring(address.adl)
        builder.raw(b" ").nstring(address.mailbox).raw(b" ").nstring(address.host).raw(b")")
    builder.raw(b")")


def write_body(builder: Builder, body: Body) -> None:
    """Append a `body`."""
    builder.raw(b"(")
    if isinstance(body, Multipart):
        _multipart(builder, body)
    else:
        _part(builder, body)
    builder.raw(b")")


def _multipart(builder: Builder, body: Multipart) -> None:
    if not body.parts:
        raise LocalProtocolError("a multipart has one part at least")
    for part in body.parts:
        write_body(builder, part)
    builder.raw(b" ").string(body.subtype)
    if body.extension is not None:
        if body.extension.md5 is not None:
            raise LocalProtocolError("the extension data of a multipart have no md5")
        builder.raw(b" ")
        _params(builder, body.extension.params)
        _extension(builder, body.extension)


def _part(builder: Builder, part: Part) -> None:
    builder.string(part.media).raw(b" ").string(part.subtype).raw(b" ")
    _params(builder, part.params)
    builder.raw(b" ").nstring(part.id).raw(b" ").nstring(part.description)
    builder.raw(b" ").string(part.encoding).raw(b" ").number(part.octets)
    _content(builder, part)
    if part.extension is not None:
        if part.extension.params:
            raise LocalProtocolError("the extension data of a part have no parameters")
        builder.raw(b" ").nstring(part.extension.md5)
        _extension(builder, part.extension)


def _content(builder: Builder, part: Part) -> None:
    """Append what the grammar gives to a text and to a message only."""
    has = (part.envelope is not None, part.body is not None, part.lines is not None)
    wanted = (part.is_message, part.is_message, part.is_message or part.is_text)
    if has != wanted:
        media = (part.media + b"/" + part.subtype).decode("latin-1")
        raise LocalProtocolError(f"envelope, body, lines of a {media} part: there are {has}, there should be {wanted}")
    if part.envelope is not None and part.body is not None:
        builder.raw(b" ")
        write_envelope(builder, part.envelope)
        builder.raw(b" ")
        write_body(builder, part.body)
    if part.lines is not None:
        builder.raw(b" ").number(part.lines)


def _params(builder: Builder, params: Params) -> None:
    if not params:
        builder.raw(b"NIL")
        return
    for index, (attribute, value) in enumerate(params):
        builder.raw(b" " if index else b"(").string(attribute).raw(b" ").string(value)
    builder.raw(b")")


def _extension(builder: Builder, extension: Extension) -> None:
    """Append what the extension data of a part and of a multipart have in common."""
    builder.raw(b" ")
    _disposition(builder, extension.disposition)
    builder.raw(b" ")
    _language(builder, extension.language)
    builder.raw(b" ").nstring(extension.location)
    for value in extension.further:
        builder.raw(b" ")
        _extension_value(builder, value)


def _disposition(builder: Builder, disposition: Disposition | None) -> None:
    if disposition is None:
        builder.raw(b"NIL")
        return
    builder.raw(b"(").string(disposition.kind).raw(b" ")
    _params(builder, disposition.params)
    builder.raw(b")")


def _language(builder: Builder, language: tuple[bytes, ...]) -> None:
    if len(language) < 2:
        builder.nstring(language[0] if language else None)
        return
    for index, tag in enumerate(language):
        builder.raw(b" " if index else b"(").string(tag)
    builder.raw(b")")


def _extension_value(builder: Builder, value: ExtensionValue) -> None:
    if isinstance(value, int):
        builder.number(value)
    elif isinstance(value, tuple):
        if not value:
            raise LocalProtocolError("a list of a body extension has one value at least")
        for index, element in enumerate(value):
            builder.raw(b" " if index else b"(")
            _extension_value(builder, element)
        builder.raw(b")")
    else:
        builder.nstring(value)
