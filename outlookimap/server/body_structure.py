"""The structure of a message as BODY and BODYSTRUCTURE describe it (RFC 3501 section 7.4.2).

What a header does not say is filled in as MIME says; what it says is kept as it is spelled. A line is what ends with
LF: a last line without one is not counted. Knows no command.
"""

from __future__ import annotations

from outlookimap.server.content import values
from outlookimap.server.envelope import envelope_of
from outlookimap.server.mime_fields import parametrized, token, tokens
from outlookimap.server.mime_parts import Entity
from outlookimap.wire.structure import Body, Disposition, Extension, Multipart, Part

_NAMES = frozenset(
    (b"content-id", b"content-description", b"content-transfer-encoding", b"content-md5", b"content-disposition",
     b"content-language", b"content-location")
)  # fmt: skip


def body_of(octets: bytes, entity: Entity, *, extended: bool, empty_as_nil: bool = False) -> Body:
    """Return what describes a part of the message `octets`, with extension data when it is `extended`.

    `empty_as_nil` is that of the envelopes inside.

    Statements: X10:V0056, X3:V0054
    """
    found = values(octets[entity.start : entity.text], _NAMES)
    if entity.parts:
        parts = tuple(body_of(octets, part, extended=extended, empty_as_nil=empty_as_nil) for part in entity.parts)
        extension = _extension(found, entity) if extended else None
        return Multipart(parts, entity.subtype, extension)
    envelope = body = None
    inner = entity.message
    if inner is not None:
        envelope = envelope_of(octets[inner.start : inner.text], empty_as_nil=empty_as_nil)
        body = body_of(octets, inner, extended=extended, empty_as_nil=empty_as_nil)
    counted = inner is not None or entity.media.upper() == b"TEXT"
    return Part(
        media=entity.media,
        subtype=entity.subtype,
        params=entity.content_type.params,
        id=_first(found, b"content-id"),
        description=_first(found, b"content-description"),
        encoding=token(_first(found, b"content-transfer-encoding") or b"") or b"7BIT",
        octets=entity.end - entity.text,
        lines=octets.count(b"\n", entity.text, entity.end) if counted else None,
        envelope=envelope,
        body=body,
        extension=_extension(found, entity) if extended else None,
    )


def _first(found: dict[bytes, list[bytes]], name: bytes) -> bytes | None:
    """Return the value of a field, None when it is missing or empty."""
    return next((value for value in found.get(name, ()) if value), None)


def _extension(found: dict[bytes, list[bytes]], entity: Entity) -> Extension:
    disposition = parametrized(_first(found, b"content-disposition") or b"")
    return Extension(
        md5=None if entity.parts else _first(found, b"content-md5"),
        params=entity.content_type.params if entity.parts else (),
        disposition=Disposition(disposition.value, disposition.params) if disposition.value else None,
        language=tokens(_first(found, b"content-language") or b""),
        location=_first(found, b"content-location"),
    )
