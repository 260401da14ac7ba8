"""ENVELOPE and BODYSTRUCTURE as values: RFC 3501 section 7.4.2.

Every string is the octets of the wire; None is NIL. An empty parameter list is NIL on the wire and () here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Params: TypeAlias = tuple[tuple[bytes, bytes], ...]
"""Parameters in the order given, as (attribute, value)."""

ExtensionValue: TypeAlias = "bytes | int | tuple[ExtensionValue, ...] | None"
"""A `body-extension`: a nstring, a number, or a parenthesized list of them."""


@dataclass(frozen=True, slots=True)
class Address:
    """An `address`: personal name, source route, mailbox name, host name (RFC 3501 section 7.4.2)."""

    name: bytes | None = None
    adl: bytes | None = None
    mailbox: bytes | None = None
    host: bytes | None = None


Addresses: TypeAlias = tuple[Address, ...]
"""An address list; () is NIL."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An `envelope`, fields in the order of the wire (RFC 3501 section 7.4.2)."""

    date: bytes | None = None
    subject: bytes | None = None
    from_: Addresses = ()
    sender: Addresses = ()
    reply_to: Addresses = ()
    to: Addresses = ()
    cc: Addresses = ()
    bcc: Addresses = ()
    in_reply_to: bytes | None = None
    message_id: bytes | None = None


@dataclass(frozen=True, slots=True)
class Disposition:
    """A `body-fld-dsp`: the disposition type and its parameters."""

    kind: bytes
    params: Params = ()


@dataclass(frozen=True, slots=True)
class Extension:
    """The extension data of a body structure: a part has `md5`, a multipart `params` instead.

    `further` holds `body-extension` values beyond RFC 3501.
    """

    md5: bytes | None = None
    params: Params = ()
    disposition: Disposition | None = None
    language: tuple[bytes, ...] = ()
    location: bytes | None = None
    further: tuple[ExtensionValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A `body-type-1part`: a text part has `lines`, a MESSAGE/RFC822 part `envelope`, `body` and `lines`."""

    media: bytes
    subtype: bytes
    params: Params = ()
    id: bytes | None = None
    description: bytes | None = None
    encoding: bytes = b"7BIT"
    octets: int = 0
    lines: int | None = None
    envelope: Envelope | None = None
    body: Body | None = None
    extension: Extension | None = None

    @property
    def is_text(self) -> bool:
        """Whether the grammar gives this part a line count."""
        return self.media.upper() == b"TEXT"

    @property
    def is_message(self) -> bool:
        """Whether the grammar gives this part an envelope, a body and a line count."""
        return self.media.upper() == b"MESSAGE" and self.subtype.upper() == b"RFC822"


@dataclass(frozen=True, slots=True)
class Multipart:
    """A `body-type-mpart`: at least one part, then the subtype."""

    parts: tuple[Body, ...]
    subtype: bytes
    extension: Extension | None = None


Body: TypeAlias = "Part | Multipart"
"""Either form of `body`."""


def is_extended(body: Body) -> bool:
    """Tell whether a body structure, or one inside it, has extension data."""
    if body.extension is not None:
        return True
    if isinstance(body, Multipart):
        return any(is_extended(part) for part in body.parts)
    return body.body is not None and is_extended(body.body)
