"""What FETCH names: data items and sections, the same in a request and in an answer (RFC 3501 section 9, `fetch-att`).

An item of a request may carry PEEK and a partial range; an item of an answer the origin octet of one. RFC 1730's
RFC822.PEEK is known besides, because Outlook sends it to servers that know no IMAP4rev1 (O5:V0055).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from outlookimap.errors import LocalProtocolError

ENVELOPE = b"ENVELOPE"
FLAGS = b"FLAGS"
INTERNALDATE = b"INTERNALDATE"
RFC822 = b"RFC822"
RFC822_HEADER = b"RFC822.HEADER"
RFC822_SIZE = b"RFC822.SIZE"
RFC822_TEXT = b"RFC822.TEXT"
RFC822_PEEK = b"RFC822.PEEK"
BODY = b"BODY"
BODY_PEEK = b"BODY.PEEK"
BODYSTRUCTURE = b"BODYSTRUCTURE"
UID = b"UID"

PLAIN_NAMES = frozenset(
    (
        ENVELOPE,
        FLAGS,
        INTERNALDATE,
        RFC822,
        RFC822_HEADER,
        RFC822_SIZE,
        RFC822_TEXT,
        RFC822_PEEK,
        BODY,
        BODYSTRUCTURE,
        UID,
    )
)
"""Items that stand without a section in a request."""

MACROS = (b"ALL", b"FULL", b"FAST")

HEADER = b"HEADER"
HEADER_FIELDS = b"HEADER.FIELDS"
HEADER_FIELDS_NOT = b"HEADER.FIELDS.NOT"
TEXT = b"TEXT"
MIME = b"MIME"
SPECIFIERS = (HEADER, HEADER_FIELDS, HEADER_FIELDS_NOT, TEXT, MIME)

NAME = re.compile(rb"[A-Za-z0-9.\-_/$:]+")
"""What a reader takes as the name of an item, known or not."""


@dataclass(frozen=True, slots=True)
class Section:
    """A `section`: part numbers, then at most one specifier, then the field names of HEADER.FIELDS.

    ``Section()`` is the whole message, ``[]``. Raises LocalProtocolError for a combination the grammar lacks.
    """

    part: tuple[int, ...] = ()
    specifier: bytes | None = None
    fields: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if any(number < 1 for number in self.part):
            raise LocalProtocolError(f"part {self.part}: part numbers start at 1")
        if self.specifier is not None and self.specifier not in SPECIFIERS:
            raise LocalProtocolError(f"{self.specifier!r} is no part specifier")
        if self.specifier == MIME and not self.part:
            raise LocalProtocolError("MIME names a part: a part number goes before it")
        wants_fields = self.specifier in (HEADER_FIELDS, HEADER_FIELDS_NOT)
        if wants_fields != bool(self.fields):
            raise LocalProtocolError(f"section {self.specifier!r} with the fields {self.fields!r}")

    def folded(self) -> tuple[object, ...]:
        """Return what two sections that name the same octets have in common."""
        return self.part, self.specifier, frozenset(field.upper() for field in self.fields)


@dataclass(frozen=True, slots=True)
class FetchAtt:
    """One data item by name, with a section where it is BODY[...] or BODY.PEEK[...].

    `origin` is the first octet of a partial, `count` its length in octets: a request has both, an answer only `origin`.
    """

    name: bytes
    section: Section | None = None
    origin: int | None = None
    count: int | None = None

    def __post_init__(self) -> None:
        if self.section is None:
            if self.name == BODY_PEEK:
                raise LocalProtocolError("BODY.PEEK needs a section")
            if self.origin is not None:
                raise LocalProtocolError("only a section has an origin octet")
        elif self.name not in (BODY, BODY_PEEK):
            raise LocalProtocolError(f"{self.name!r} has no section")
        if self.count is not None and (self.origin is None or self.count < 1):
            raise LocalProtocolError(f"a partial of {self.count} octets from {self.origin}")

    def answered_by(self, other: FetchAtt) -> bool:
        """Tell whether `other`, an item of an answer, is what this item of a request asked for.

        Field names may come back in another case and order.
        """
        if self.section is not None:
            same = other.section is not None and other.section.folded() == self.section.folded()
            return same and other.name == BODY and other.origin == self.origin
        return other.section is None and other.name == (RFC822 if self.name == RFC822_PEEK else self.name)
